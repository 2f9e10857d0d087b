/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/modbus-bus/server.h"
#include <arpa/inet.h>
#include <modbus/modbus.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>

struct server {
    modbus_t *ctx;
    modbus_mapping_t *map;
    int listener, conn, port;
    bool stop;
    pthread_t thread;
    pthread_mutex_t mutex;
    struct {
        enum behaviour b;
        int late_ms;
    } unit[256];
    struct server_log log;
    int hole;
};

static void pause_ms(int ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

static bool in_hole(const struct server *s, const uint8_t *req)
{
    int addr = req[8] << 8 | req[9], n = req[10] << 8 | req[11];
    return req[7] <= 4 && s->hole >= addr && s->hole < addr + n;
}

static void answer(struct server *s, const uint8_t *req, int len)
{
    static const uint8_t junk[] = {0xDE, 0xAD, 0xBE, 0xEF, 0, 3, 7, 8, 9, 10, 11, 12};
    uint8_t other[MODBUS_TCP_MAX_ADU_LENGTH];
    pthread_mutex_lock(&s->mutex);
    enum behaviour b = s->unit[req[6]].b;
    int late_ms = s->unit[req[6]].late_ms;
    pthread_mutex_unlock(&s->mutex);
    if (b == SERVER_LATE)
        pause_ms(late_ms);
    pthread_mutex_lock(&s->mutex);
    if (b == SERVER_GARBAGE)
        send(s->conn, junk, sizeof junk, MSG_NOSIGNAL);
    else if (b == SERVER_REFUSE || in_hole(s, req))
        modbus_reply_exception(s->ctx, req, MODBUS_EXCEPTION_ILLEGAL_DATA_ADDRESS);
    else if (b == SERVER_HANGUP)
        shutdown(s->conn, SHUT_RDWR);
    else if (b == SERVER_OK || b == SERVER_LATE)
        modbus_reply(s->ctx, req, len, s->map);
    else if (b == SERVER_WRONG_ID) {
        memcpy(other, req, (size_t)len);
        other[1]++;
        modbus_reply(s->ctx, other, len, s->map);
    }
    pthread_mutex_unlock(&s->mutex);
}

static void serve(struct server *s)
{
    uint8_t req[MODBUS_TCP_MAX_ADU_LENGTH];
    int one = 1, len;
    setsockopt(s->conn, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    modbus_set_socket(s->ctx, s->conn);
    while ((len = modbus_receive(s->ctx, req)) > 0) {
        pthread_mutex_lock(&s->mutex);
        struct server_log *l = &s->log;
        if (l->n < SERVER_LOG_MAX) {
            l->row[l->n].unit = req[6];
            l->row[l->n].function = req[7];
            l->row[l->n++].addr = (uint16_t)(req[8] << 8 | req[9]);
        }
        pthread_mutex_unlock(&s->mutex);
        answer(s, req, len);
    }
}

static void *run(void *arg)
{
    struct server *s = arg;
    for (;;) {
        int fd = accept(s->listener, NULL, NULL);
        pthread_mutex_lock(&s->mutex);
        bool stop = s->stop || fd < 0;
        s->conn = fd;
        pthread_mutex_unlock(&s->mutex);
        if (!stop)
            serve(s);
        pthread_mutex_lock(&s->mutex);
        if (s->conn >= 0)
            close(s->conn);
        s->conn = -1;
        pthread_mutex_unlock(&s->mutex);
        if (stop)
            return NULL;
    }
}

struct server *server_new(int port, int regs)
{
    struct server *s = calloc(1, sizeof *s);
    assert(s);
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int one = 1;
    s->conn = s->hole = -1;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    int rc = bind(s->listener, (struct sockaddr *)&a, sizeof a);
    assert(rc == 0);
    rc = listen(s->listener, 8);
    assert(rc == 0);
    getsockname(s->listener, (struct sockaddr *)&a, &len);
    s->port = ntohs(a.sin_port);
    s->ctx = modbus_new_tcp("127.0.0.1", s->port);
    s->map = modbus_mapping_new(64, 64, regs, regs);
    free(s->map->tab_input_registers);
    s->map->tab_input_registers = s->map->tab_registers;
    pthread_mutex_init(&s->mutex, NULL);
    rc = pthread_create(&s->thread, NULL, run, s);
    assert(rc == 0);
    UNUSED(rc);
    return s;
}

void server_free(struct server *s)
{
    pthread_mutex_lock(&s->mutex);
    s->stop = true;
    shutdown(s->listener, SHUT_RDWR);
    if (s->conn >= 0)
        shutdown(s->conn, SHUT_RDWR);
    pthread_mutex_unlock(&s->mutex);
    pthread_join(s->thread, NULL);
    close(s->listener);
    s->map->tab_input_registers = NULL;
    modbus_mapping_free(s->map);
    modbus_set_socket(s->ctx, -1);
    modbus_free(s->ctx);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}

int server_port(const struct server *s)
{
    return s->port;
}

void server_behave(struct server *s, uint8_t unit, enum behaviour b, int late_ms)
{
    pthread_mutex_lock(&s->mutex);
    s->unit[unit].b = b;
    s->unit[unit].late_ms = late_ms;
    pthread_mutex_unlock(&s->mutex);
}

void server_hole(struct server *s, int addr)
{
    pthread_mutex_lock(&s->mutex);
    s->hole = addr;
    pthread_mutex_unlock(&s->mutex);
}

void server_set(struct server *s, uint16_t addr, uint16_t value)
{
    pthread_mutex_lock(&s->mutex);
    s->map->tab_registers[addr] = value;
    pthread_mutex_unlock(&s->mutex);
}

uint16_t server_get(struct server *s, uint16_t addr)
{
    pthread_mutex_lock(&s->mutex);
    uint16_t v = s->map->tab_registers[addr];
    pthread_mutex_unlock(&s->mutex);
    return v;
}

void server_log_of(struct server *s, struct server_log *out)
{
    pthread_mutex_lock(&s->mutex);
    *out = s->log;
    pthread_mutex_unlock(&s->mutex);
}
