/* SPDX-License-Identifier: Apache-2.0
 * A client of raw sockets against the server, both on one loop: no library helps it to be polite.
 */
#include "libcommon/io/ws_server.h"
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include "tests/unit/run.h"

enum { PATIENCE_NS = 2000000000 };
static uv_loop_t loop;
static struct ws_server *server;
static struct {
    int opens, messages, closes, verdict;
    char path[64], protocol[16], user[32], password[32], text[WS_MESSAGE_MAX + 1];
    size_t len;
    struct ws_conn *conn;
} seen;

static int on_open(void *user, struct ws_conn *c, const struct ws_hello *h)
{
    ck_assert_ptr_null(user);
    seen.opens++;
    str_copy(seen.path, sizeof seen.path, h->path);
    str_copy(seen.protocol, sizeof seen.protocol, h->subprotocol);
    str_copy(seen.user, sizeof seen.user, h->user);
    str_copy(seen.password, sizeof seen.password, h->password);
    seen.conn = seen.verdict ? NULL : c;
    return seen.verdict;
}
static void on_message(void *user, struct ws_conn *c, struct str text)
{
    UNUSED(user);
    UNUSED(c);
    seen.messages++;
    seen.len = text.len;
    memcpy(seen.text, text.p, text.len);
    seen.text[text.len] = 0;
}
static void on_closed(void *user, struct ws_conn *c)
{
    UNUSED(user);
    UNUSED(c);
    seen.closes++;
    seen.conn = NULL;
}

static void setup(void)
{
    static const char *const protocols[] = {"ocpp1.6", "ocpp2.0.1", NULL};
    struct ws_conf conf = {.bind = "127.0.0.1",
                           .subprotocols = protocols,
                           .max_conns = 3,
                           .open = on_open,
                           .message = on_message,
                           .closed = on_closed};
    struct err_text why = {""};
    memset(&seen, 0, sizeof seen);
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    server = ws_server_new(&loop, &conf, &why);
    ck_assert_msg(server != NULL, "%s", why.s);
}
static void teardown(void)
{
    ws_server_free(server);
    ck_assert_int_eq(uv_loop_close(&loop), 0); /* EBUSY when lws left a handle behind */
}

static int dial(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)ws_server_port(server)),
                            .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}
static void put(int fd, const void *p, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = send(fd, (const char *)p + done, len - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0)
            done += (size_t)n;
        else if (errno != EAGAIN)
            return; /* the server has had enough: what the test then looks at */
        uv_run(&loop, UV_RUN_NOWAIT);
    }
}
/* Reads at least `want` bytes; fewer when the server hangs up. */
static size_t get(int fd, char *p, size_t cap, size_t want)
{
    size_t len = 0;
    uint64_t end = uv_hrtime() + PATIENCE_NS;
    while (len < want && uv_hrtime() < end) {
        uv_run(&loop, UV_RUN_NOWAIT);
        ssize_t n = recv(fd, p + len, cap - 1 - len, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN))
            break;
        if (n > 0)
            len += (size_t)n;
    }
    p[len] = 0;
    return len;
}
/* The server has hung up, or has said goodbye and waits for our answer. */
static bool hung_up(int fd)
{
    unsigned char p[512] = {0};
    uint64_t end = uv_hrtime() + PATIENCE_NS;
    while (uv_hrtime() < end) {
        uv_run(&loop, UV_RUN_NOWAIT);
        ssize_t n = recv(fd, p, sizeof p, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN) || (n >= 2 && p[0] == 0x88))
            return true;
    }
    return false;
}
static void until(const int *counter, int value)
{
    uint64_t end = uv_hrtime() + PATIENCE_NS;
    while (*counter < value && uv_hrtime() < end)
        uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert_int_eq(*counter, value);
}
static int handshake(const char *path, const char *extra, char *answer, size_t cap)
{
    char req[1024];
    int fd = dial();
    int n = snprintf(req, sizeof req,
                     "GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     "%s\r\n",
                     path, extra);
    put(fd, req, (size_t)n);
    get(fd, answer, cap, 20);
    return fd;
}
/* One masked frame; the mask is zero, which is allowed. */
static void frame(int fd, int first_byte, const char *p, size_t len)
{
    unsigned char head[14] = {(unsigned char)first_byte};
    size_t n = 2;
    if (len < 126) {
        head[1] = (unsigned char)(0x80 | len);
    } else if (len < 65536) {
        head[1] = 0x80 | 126;
        head[2] = (unsigned char)(len >> 8);
        head[3] = (unsigned char)len;
        n = 4;
    } else {
        head[1] = 0x80 | 127;
        for (int i = 0; i < 8; i++)
            head[2 + i] = (unsigned char)((uint64_t)len >> (8 * (7 - i)));
        n = 10;
    }
    put(fd, head, n + 4);
    put(fd, p, len);
}
static int connected(void)
{
    char answer[512];
    int fd =
        handshake("/ocpp/CP%201", "Sec-WebSocket-Protocol: ocpp1.6\r\n", answer, sizeof answer);
    ck_assert_msg(strstr(answer, " 101 ") != NULL, "%s", answer);
    ck_assert_ptr_nonnull(seen.conn);
    return fd;
}
enum { TEXT = 0x81, TEXT_MORE = 0x01, CONT_MORE = 0x00, CONT = 0x80, BINARY = 0x82, PING = 0x89 };

START_TEST(hello_is_handed_over)
{
    char answer[512];
    int fd = handshake("/ocpp/CP%201?x=1",
                       "Sec-WebSocket-Protocol: foo, ocpp1.6\r\n"
                       "Authorization: Basic Q1AgMTpzZWM6cmV0\r\n", /* CP 1:sec:ret */
                       answer, sizeof answer);
    ck_assert_ptr_nonnull(strstr(answer, " 101 "));
    ck_assert_ptr_nonnull(strcasestr(answer, "sec-websocket-protocol: ocpp1.6"));
    ck_assert_ptr_null(strcasestr(answer, "permessage-deflate"));
    ck_assert_str_eq(seen.path, "/ocpp/CP 1");
    ck_assert_str_eq(seen.protocol, "ocpp1.6");
    ck_assert_str_eq(seen.user, "CP 1");
    ck_assert_str_eq(seen.password, "sec:ret");
    close(fd);
    until(&seen.closes, 1);
}
END_TEST

static const struct {
    const char *extra;
    int verdict;
    const char *status;
} refusals[] = {
    {"Sec-WebSocket-Protocol: ocpp1.6\r\n", 401, "HTTP/1.1 401 "},
    {"Sec-WebSocket-Protocol: ocpp1.6\r\n", 404, "HTTP/1.1 404 "},
    {"Sec-WebSocket-Protocol: ocpp1.5, soap\r\n", 0, " 400 "},
};
START_TEST(refused)
{
    char answer[512];
    seen.verdict = refusals[_i].verdict;
    int fd = handshake("/CP1", refusals[_i].extra, answer, sizeof answer);
    ck_assert_msg(strstr(answer, refusals[_i].status) != NULL, "%s", answer);
    ck_assert(hung_up(fd));
    ck_assert_int_eq(seen.closes, 0);
    ck_assert_int_eq(strcasestr(answer, "www-authenticate") != NULL, refusals[_i].verdict == 401);
    close(fd);
}
END_TEST

START_TEST(no_subprotocol_is_left_to_the_user)
{
    char answer[512];
    int fd = handshake("/CP1", "", answer, sizeof answer);
    ck_assert_ptr_nonnull(strstr(answer, " 101 "));
    ck_assert_ptr_null(strcasestr(answer, "sec-websocket-protocol"));
    ck_assert_str_eq(seen.protocol, "");
    close(fd);
}
END_TEST

START_TEST(plain_http_is_404)
{
    char answer[512];
    int fd = dial();
    put(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27);
    get(fd, answer, sizeof answer, 12);
    ck_assert_ptr_nonnull(strstr(answer, "HTTP/1.1 404 "));
    ck_assert_int_eq(seen.opens, 0);
    close(fd);
}
END_TEST

START_TEST(both_ways)
{
    char in[64];
    int fd = connected();
    frame(fd, TEXT, "[2,\"1\"]", 7);
    until(&seen.messages, 1);
    ck_assert_str_eq(seen.text, "[2,\"1\"]");
    ck_assert_int_eq(ws_send(seen.conn, str_of("one")), ERR_OK);
    ck_assert_int_eq(ws_send(seen.conn, str_of("two")), ERR_OK);
    ck_assert_uint_eq(get(fd, in, sizeof in, 10), 10);
    ck_assert_mem_eq(in, "\x81\x03one\x81\x03two", 10);
    frame(fd, PING, "p", 1);
    ck_assert_uint_eq(get(fd, in, sizeof in, 3), 3);
    ck_assert_mem_eq(in, "\x8a\x01p", 3);
    close(fd);
}
END_TEST

START_TEST(fragments_are_joined)
{
    int fd = connected();
    frame(fd, TEXT_MORE, "ab", 2);
    frame(fd, CONT_MORE, "cd", 2);
    frame(fd, PING, "", 0);
    frame(fd, CONT, "ef", 2);
    until(&seen.messages, 1);
    ck_assert_str_eq(seen.text, "abcdef");
    close(fd);
}
END_TEST

START_TEST(largest_message)
{
    static char big[WS_MESSAGE_MAX + 1];
    int fd = connected();
    memset(big, 'x', sizeof big);
    frame(fd, TEXT, big, WS_MESSAGE_MAX);
    until(&seen.messages, 1);
    ck_assert_uint_eq(seen.len, WS_MESSAGE_MAX);
    frame(fd, TEXT, big, sizeof big);
    ck_assert(hung_up(fd));
    until(&seen.closes, 1);
    ck_assert_int_eq(seen.messages, 1);
    close(fd);
}
END_TEST

START_TEST(bad_frames_end_it)
{
    static const struct {
        int head;
        const char *p;
        size_t len;
    } bad[] = {{BINARY, "x", 1}, {TEXT, "\xc3\x28", 2}, {CONT, "x", 1}, {0xf1, "x", 1}};
    int fd = connected();
    frame(fd, bad[_i].head, bad[_i].p, bad[_i].len);
    ck_assert(hung_up(fd));
    close(fd);
    until(&seen.closes, 1);
    ck_assert_int_eq(seen.messages, 0);
}
END_TEST

START_TEST(a_peer_that_does_not_read)
{
    static char big[WS_MESSAGE_MAX];
    int fd = connected(), sent = 0;
    memset(big, 'x', sizeof big);
    for (; sent < 1000 && seen.conn; sent++) {
        if (ws_send(seen.conn, (struct str){big, sizeof big}) != ERR_OK)
            break;
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    ck_assert_int_lt(sent, 1000);
    until(&seen.closes, 1);
    close(fd);
}
END_TEST

START_TEST(closing_is_silent)
{
    char in[8];
    int fd = connected();
    ws_close(seen.conn, 1008);
    ck_assert_uint_ge(get(fd, in, sizeof in, 4), 4);
    ck_assert_mem_eq(in, "\x88\x02\x03\xf0", 4); /* 1008 */
    close(fd);
    for (int i = 0; i < 100; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert_int_eq(seen.closes, 0);
}
END_TEST

START_TEST(connections_are_limited_and_come_back)
{
    char answer[512];
    int fd[3];
    for (int i = 0; i < 3; i++)
        fd[i] = connected();
    int over = handshake("/CP1", "", answer, sizeof answer);
    ck_assert_str_eq(answer, "");
    close(over);
    close(fd[0]);
    until(&seen.closes, 1);
    fd[0] = connected();
    for (int i = 0; i < 3; i++)
        close(fd[i]);
}
END_TEST

START_TEST(ends_while_connections_are_open)
{
    int fd = connected(), half = dial();
    put(half, "GET / HT", 8);
    int opens = seen.opens;
    ws_server_free(server); /* teardown runs it on a new one */
    ck_assert_int_eq(seen.closes, 0);
    ck_assert(hung_up(fd));
    close(fd);
    close(half);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    setup();
    ck_assert_int_eq(opens, 1);
}
END_TEST

START_TEST(a_taken_port_is_said)
{
    static const char *const none[] = {"ocpp1.6", NULL};
    struct ws_conf conf = {.bind = "127.0.0.1",
                           .port = (uint16_t)ws_server_port(server),
                           .subprotocols = none,
                           .max_conns = 1};
    struct err_text why = {""};
    ck_assert_ptr_null(ws_server_new(&loop, &conf, &why));
    ck_assert_ptr_nonnull(strstr(why.s, "127.0.0.1"));
    for (int i = 0; i < 10; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ws_server");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 20);
    tcase_add_test(t, hello_is_handed_over);
    tcase_add_loop_test(t, refused, 0, (int)COUNT_OF(refusals));
    tcase_add_test(t, no_subprotocol_is_left_to_the_user);
    tcase_add_test(t, plain_http_is_404);
    tcase_add_test(t, both_ways);
    tcase_add_test(t, fragments_are_joined);
    tcase_add_test(t, largest_message);
    tcase_add_loop_test(t, bad_frames_end_it, 0, 4);
    tcase_add_test(t, a_peer_that_does_not_read);
    tcase_add_test(t, closing_is_silent);
    tcase_add_test(t, connections_are_limited_and_come_back);
    tcase_add_test(t, ends_while_connections_are_open);
    tcase_add_test(t, a_taken_port_is_said);
    suite_add_tcase(s, t);
    return run_suite(s);
}
