/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL, which lws includes, has a type of the name of one of our errors. */
#define ERR_STATE openssl_err_state
#include <libwebsockets.h>
#undef ERR_STATE
#include "libcommon/io/ws_server.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum {
    MAX_PROTOCOLS = 4,
    PING_S = 30,
    HANGUP_S = 75,
    CLOSE_GRACE_S = 3,
    TURNS_MAX = 10000,
    STILL_TURNS = 4,
    DESTROY_STEPS = 4 /* lws 4.1 needs two, 4.3 three */
};

struct packet {
    struct packet *next;
    size_t len;
    unsigned char bytes[]; /* LWS_PRE bytes of room, then the text */
};
struct ws_conn {
    struct ws_server *server;
    struct lws *wsi;
    void *user;
    struct packet *first, *last;
    size_t queued; /* bytes of text */
    char *in;      /* the message being reassembled */
    size_t in_len, in_cap;
    bool open;   /* the handshake is done */
    bool silent; /* the user has let go of it */
    bool close_sent;
    uint16_t close_code;
};
struct ws_server {
    struct ws_conf conf;
    uv_loop_t *loop;
    struct lws_context *context;
    struct lws_protocols protocols[MAX_PROTOCOLS + 1];
    lws_retry_bo_t retry;
    int conns; /* sockets, handshakes included */
    bool ending;
};

static struct ws_server *server_of(struct lws *wsi)
{
    return lws_context_user(lws_get_context(wsi));
}

static void conn_free(struct ws_conn *c)
{
    while (c->first) {
        struct packet *next = c->first->next;
        free(c->first);
        c->first = next;
    }
    free(c->in);
    free(c);
}

static void conn_gone(struct lws *wsi)
{
    struct ws_conn *c = lws_get_opaque_user_data(wsi);
    if (!c)
        return;
    lws_set_opaque_user_data(wsi, NULL);
    if (!c->silent && !c->server->ending)
        c->server->conf.closed(c->server->conf.user, c);
    conn_free(c);
}

/* ---- handshake ---- */

static bool basic_auth(struct lws *wsi, char *out, int cap, struct ws_hello *h)
{
    char header[512];
    int n = lws_hdr_copy(wsi, header, sizeof header, WSI_TOKEN_HTTP_AUTHORIZATION);
    if (n < 7 || strncasecmp(header, "Basic ", 6) != 0)
        return false;
    int len = lws_b64_decode_string_len(header + 6, n - 6, out, cap);
    char *colon = len > 0 ? memchr(out, ':', (size_t)len) : NULL;
    if (!colon)
        return false;
    h->user = (struct str){out, (size_t)(colon - out)};
    h->password = (struct str){colon + 1, (size_t)(len - (colon + 1 - out))};
    return true;
}

/* The first subprotocol of the client's list that we speak; false: it offers only others. */
static bool choose_subprotocol(const struct ws_server *s, struct str offered, struct str *chosen)
{
    *chosen = str_of("");
    if (str_trim(offered).len == 0)
        return true;
    while (offered.len > 0) {
        struct str one = str_trim(str_word(&offered, ','));
        for (int i = 0; s->conf.subprotocols[i]; i++)
            if (str_eq(one, s->conf.subprotocols[i])) {
                *chosen = one;
                return true;
            }
    }
    return false;
}

/* Written by hand: before the upgrade lws would answer as HTTP/1.0, which clients do not take. */
static int refuse(struct lws *wsi, int status)
{
    static const struct {
        int status;
        const char *text;
    } answers[] = {
        {400, "400 Bad Request"},
        {401, "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"charge points\""},
        {404, "404 Not Found"},
        {503, "503 Service Unavailable"},
    };
    char head[LWS_PRE + 256];
    size_t i = 0;
    while (i + 1 < COUNT_OF(answers) && answers[i].status != status)
        i++;
    int n =
        snprintf(head + LWS_PRE, sizeof head - LWS_PRE,
                 "HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", answers[i].text);
    lws_write(wsi, (unsigned char *)head + LWS_PRE, (size_t)n, LWS_WRITE_HTTP_HEADERS);
    return -1; /* written or not, this connection ends here */
}

static int on_upgrade(struct ws_server *s, struct lws *wsi, const char *kind)
{
    char path[256], offered[128], auth[384], peer[64];
    int path_len = lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI);
    int offered_len = lws_hdr_copy(wsi, offered, sizeof offered, WSI_TOKEN_PROTOCOL);
    struct ws_hello h = {0};

    if (strcasecmp(kind, "websocket") != 0 || path_len <= 0 || offered_len < 0)
        return refuse(wsi, 400);
    if (!choose_subprotocol(s, (struct str){offered, (size_t)offered_len}, &h.subprotocol))
        return refuse(wsi, 400);
    h.path = (struct str){path, (size_t)path_len};
    h.has_auth = basic_auth(wsi, auth, sizeof auth, &h);
    h.peer = lws_get_peer_simple(wsi, peer, sizeof peer);
    if (!h.peer)
        h.peer = "?";

    struct ws_conn *c = calloc(1, sizeof *c);
    if (!c)
        return refuse(wsi, 503);
    c->server = s;
    c->wsi = wsi;
    int status = s->conf.open(s->conf.user, c, &h);
    if (status != 0) {
        conn_free(c);
        return refuse(wsi, status);
    }
    lws_set_opaque_user_data(wsi, c);
    return 0;
}

/* ---- messages ---- */

/* Says goodbye by ourselves: a callback's -1 kills the socket before lws sends its close frame. */
static int send_close(struct lws *wsi, struct ws_conn *c)
{
    unsigned char frame[LWS_PRE + 4] = {0}, *p = frame + LWS_PRE;
    if (c->close_sent)
        return 0;
    c->close_sent = true;
    p[0] = 0x88; /* final, close */
    p[1] = 2;
    p[2] = (unsigned char)(c->close_code >> 8);
    p[3] = (unsigned char)c->close_code;
    /* the peer's answer ends it, or the timeout that ws_close has set */
    return lws_write(wsi, p, 4, LWS_WRITE_RAW) < 0 ? -1 : 0;
}

/* The peer broke a rule. */
static int fail(struct ws_conn *c, uint16_t code)
{
    c->server->conf.closed(c->server->conf.user, c);
    ws_close(c, code);
    return 0;
}

static bool room_for(struct ws_conn *c, size_t len)
{
    if (c->in_len + len > WS_MESSAGE_MAX)
        return false;
    if (c->in_len + len <= c->in_cap)
        return true;
    size_t cap = c->in_cap ? c->in_cap : 2048;
    while (cap < c->in_len + len)
        cap *= 2;
    char *p = realloc(c->in, cap);
    if (!p)
        return false;
    c->in = p;
    c->in_cap = cap;
    return true;
}

static int on_receive(struct lws *wsi, struct ws_conn *c, const char *bytes, size_t len)
{
    if (!c || c->silent)
        return 0;
    lws_validity_confirmed(wsi);
    if (lws_frame_is_binary(wsi))
        return fail(c, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE);
    if (!room_for(c, len))
        return fail(c, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE);
    memcpy(c->in + c->in_len, bytes, len);
    c->in_len += len;
    if (lws_remaining_packet_payload(wsi) > 0 || !lws_is_final_fragment(wsi))
        return 0;
    struct str text = {c->in, c->in_len};
    c->in_len = 0;
    c->server->conf.message(c->server->conf.user, c, text);
    if (c->in_cap > 8192) { /* one large message must not be paid for ever after */
        free(c->in);
        c->in = NULL;
        c->in_cap = 0;
    }
    return 0;
}

static int on_writeable(struct lws *wsi, struct ws_conn *c)
{
    if (!c)
        return 0;
    if (c->silent)
        return send_close(wsi, c);
    struct packet *p = c->first;
    if (!p)
        return 0;
    int n = lws_write(wsi, p->bytes + LWS_PRE, p->len, LWS_WRITE_TEXT);
    if (n < (int)p->len)
        return -1;
    c->first = p->next;
    if (!c->first)
        c->last = NULL;
    c->queued -= p->len;
    free(p);
    if (c->first)
        lws_callback_on_writable(wsi);
    return 0;
}

static void on_established(struct lws *wsi, struct ws_conn *c)
{
    int one = 1;
    setsockopt(lws_get_socket_fd(wsi), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->open = true;
    if (c->first || c->silent)
        lws_callback_on_writable(wsi);
}

static int on_event(struct lws *wsi, enum lws_callback_reasons why, void *session, void *in,
                    size_t len)
{
    UNUSED(session);
    struct ws_server *s;
    switch (why) {
    case LWS_CALLBACK_WSI_CREATE: server_of(wsi)->conns++; return 0;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        s = server_of(wsi);
        return s->conns > s->conf.max_conns ? -1 : 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return on_upgrade(server_of(wsi), wsi, in);
    case LWS_CALLBACK_HTTP: return refuse(wsi, 404);
    case LWS_CALLBACK_ESTABLISHED:
        if (!lws_get_opaque_user_data(wsi))
            return -1;
        on_established(wsi, lws_get_opaque_user_data(wsi));
        return 0;
    case LWS_CALLBACK_RECEIVE: return on_receive(wsi, lws_get_opaque_user_data(wsi), in, len);
    case LWS_CALLBACK_SERVER_WRITEABLE: return on_writeable(wsi, lws_get_opaque_user_data(wsi));
    case LWS_CALLBACK_CLOSED: conn_gone(wsi); return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        server_of(wsi)->conns--;
        conn_gone(wsi);
        return 0;
    default: return 0;
    }
}

/* ---- life ---- */

static void count_handle(uv_handle_t *h, void *arg)
{
    UNUSED(h);
    ++*(int *)arg;
}

/* Handles are closed in turns of the loop. Others' handles may stay open: turn until the number of
 * handles stands still. */
static void turn_until_still(uv_loop_t *loop)
{
    int handles = -1;
    for (int still = 0, turns = 0; still < STILL_TURNS && turns < TURNS_MAX; turns++) {
        int now = 0;
        uv_run(loop, UV_RUN_NOWAIT);
        uv_walk(loop, count_handle, &now);
        still = now == handles ? still + 1 : 0;
        handles = now;
    }
}

void ws_server_free(struct ws_server *s)
{
    if (!s)
        return;
    s->ending = true;
    for (int i = 0; i < DESTROY_STEPS && s->context; i++) {
        lws_context_destroy(s->context); /* the last step writes NULL there (pcontext) */
        turn_until_still(s->loop);
    }
    assert(!s->context);
    free(s);
}

struct ws_server *ws_server_new(uv_loop_t *loop, const struct ws_conf *conf, struct err_text *why)
{
    struct ws_server *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->conf = *conf;
    s->loop = loop;
    for (int i = 0; i < MAX_PROTOCOLS && conf->subprotocols[i]; i++)
        s->protocols[i] = (struct lws_protocols){
            .name = conf->subprotocols[i], .callback = on_event, .rx_buffer_size = 4096};
    s->retry =
        (lws_retry_bo_t){.secs_since_valid_ping = PING_S, .secs_since_valid_hangup = HANGUP_S};
    void *loops[1] = {loop};
    struct lws_context_creation_info info = {
        .port = conf->port,
        .iface = strcmp(conf->bind, "0.0.0.0") == 0 ? NULL : conf->bind,
        .protocols = s->protocols,
        .user = s,
        .foreign_loops = loops,
        .pcontext = &s->context,
        .timeout_secs = WS_HANDSHAKE_MS / 1000,
        .retry_and_idle_policy = &s->retry,
        .max_http_header_data = 4096,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_VALIDATE_UTF8 | LWS_SERVER_OPTION_DISABLE_IPV6 |
                   LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN |
                   LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND,
    };
    lws_set_log_level(LLL_ERR, NULL);
    s->context = lws_create_context(&info);
    if (s->context && !lws_create_vhost(s->context, &info))
        ws_server_free(s);
    else if (!s->context)
        free(s);
    else
        return s;
    err_set(why, ERR_IO, "cannot listen on %s port %u", conf->bind, conf->port);
    return NULL;
}

int ws_server_port(const struct ws_server *s)
{
    return lws_get_vhost_listen_port(lws_get_vhost_by_name(s->context, "default"));
}

void ws_set_user(struct ws_conn *c, void *data)
{
    c->user = data;
}

void *ws_user(const struct ws_conn *c)
{
    return c->user;
}

enum err ws_send(struct ws_conn *c, struct str text)
{
    if (c->silent)
        return ERR_STATE;
    struct packet *p = NULL;
    if (text.len <= WS_MESSAGE_MAX && c->queued + text.len <= WS_QUEUE_BYTES)
        p = malloc(sizeof *p + LWS_PRE + text.len);
    if (!p) {
        lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
        return ERR_FULL;
    }
    p->next = NULL;
    p->len = text.len;
    memcpy(p->bytes + LWS_PRE, text.p, text.len);
    if (c->last)
        c->last->next = p;
    else
        c->first = p;
    c->last = p;
    c->queued += text.len;
    if (c->open)
        lws_callback_on_writable(c->wsi);
    return ERR_OK;
}

void ws_close(struct ws_conn *c, uint16_t code)
{
    c->silent = true;
    c->close_code = code;
    if (!c->open)
        return; /* on_established ends it */
    lws_callback_on_writable(c->wsi);
    /* a peer that does not read never becomes writable */
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_REASON_BASE, CLOSE_GRACE_S);
}
