/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/house/modbus_server.h"

#include <assert.h>
#include <string.h>

#include "tests/sim/house/clock.h"

enum { MBAP = 7, FRAME_MAX = 260, RX_MAX = 4 * FRAME_MAX, BACKLOG = 128, SLOW_QUEUE = 32 };
enum { EX_FUNCTION = 1, EX_ADDRESS = 2, EX_VALUE = 3, EX_BUSY = 6, EX_NO_TARGET = 11 };

struct frame {
    size_t len;
    uint8_t byte[FRAME_MAX];
};
struct client {
    uv_tcp_t tcp;
    uv_timer_t slow;
    struct modbus_server *server;
    int open_handles;
    size_t n;
    uint8_t rx[RX_MAX];
    size_t queued; /* answers held back by the slow fault, oldest first */
    struct {
        uint64_t due_ms;
        struct frame frame;
    } queue[SLOW_QUEUE];
};
struct send_request {
    uv_write_t req;
    struct frame frame;
};

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void on_handle_closed(uv_handle_t *h)
{
    struct client *c = h->data;
    if (--c->open_handles == 0)
        free(c);
}

static void client_end(struct client *c, bool reset)
{
    if (uv_is_closing((uv_handle_t *)&c->tcp))
        return;
    c->server->clients--;
    if (!reset || uv_tcp_close_reset(&c->tcp, on_handle_closed) != 0)
        uv_close((uv_handle_t *)&c->tcp, on_handle_closed);
    uv_close((uv_handle_t *)&c->slow, on_handle_closed);
}

static void client_close(struct client *c)
{
    client_end(c, false);
}

static void on_sent(uv_write_t *req, int status)
{
    (void)status;
    free(req->data);
}

static void client_send(struct client *c, const struct frame *f)
{
    struct send_request *s = malloc(sizeof *s);
    if (!s) {
        client_close(c);
        return;
    }
    s->frame = *f;
    s->req.data = s;
    uv_buf_t buf = uv_buf_init((char *)s->frame.byte, (unsigned)s->frame.len);
    if (uv_write(&s->req, (uv_stream_t *)&c->tcp, &buf, 1, on_sent) != 0)
        free(s);
}

static void on_slow(uv_timer_t *t)
{
    struct client *c = t->data;
    uint64_t now = uv_now(t->loop);
    while (c->queued > 0 && c->queue[0].due_ms <= now) {
        client_send(c, &c->queue[0].frame);
        memmove(&c->queue[0], &c->queue[1], --c->queued * sizeof c->queue[0]);
    }
    if (c->queued > 0)
        uv_timer_start(t, on_slow, c->queue[0].due_ms - now, 0);
}

static void send_later(struct client *c, const struct frame *f, int32_t ms)
{
    if (c->queued == SLOW_QUEUE) /* a master that pipelines this much deserves a lost answer */
        return;
    c->queue[c->queued].due_ms = uv_now(c->tcp.loop) + (uint64_t)ms;
    c->queue[c->queued++].frame = *f;
    if (c->queued == 1)
        uv_timer_start(&c->slow, on_slow, (uint64_t)ms, 0);
}

/* Nonsense as seen in the field, one kind after the other. */
static void spoil(struct modbus_server *s, struct frame *f)
{
    switch (s->garbage_turn++ % 6) {
    case 0: /* no Modbus at all */
        for (size_t i = 0; i < f->len; i++)
            f->byte[i] = (uint8_t)(rand() >> 7);
        break;
    case 1: /* somebody else's transaction */ put16(f->byte, be16(f->byte) + 1000U); break;
    case 2: /* announces more than it sends */ put16(f->byte + 4, be16(f->byte + 4) + 40U); break;
    case 3: /* device failure */
        f->byte[7] = (uint8_t)(f->byte[7] | 0x80);
        f->byte[8] = 4;
        put16(f->byte + 4, 3);
        f->len = MBAP + 2;
        break;
    case 4: /* byte count that does not fit the request */
        f->byte[8] = (uint8_t)(f->byte[8] + 2);
        break;
    default: /* another unit */ f->byte[6] = (uint8_t)(f->byte[6] + 1); break;
    }
}

static void answer(struct client *c, struct frame *f)
{
    struct modbus_server *s = c->server;
    switch (s->fault.kind) {
    case FAULT_MUTE: break;
    case FAULT_RESET: client_end(c, true); break;
    case FAULT_SLOW: send_later(c, f, s->fault.ms); break;
    case FAULT_GARBAGE:
        spoil(s, f);
        client_send(c, f);
        break;
    default: client_send(c, f); break;
    }
}

static uint8_t read_registers(struct modbus_server *s, const uint8_t *pdu, struct frame *f)
{
    uint16_t out[125], addr = be16(pdu + 1), count = be16(pdu + 3);
    if (count < 1 || count > 125 || count > s->image->max_read)
        return EX_VALUE;
    if (s->fault.kind != FAULT_FROZEN)
        s->ops.refresh(s->owner);
    if (!image_read(s->image, pdu[0], addr, count, out))
        return EX_ADDRESS;
    f->byte[MBAP + 1] = (uint8_t)(2 * count);
    for (uint16_t i = 0; i < count; i++)
        put16(f->byte + MBAP + 2 + 2 * i, out[i]);
    f->len = MBAP + 2U + 2U * count;
    return 0;
}

static uint8_t write_one(struct modbus_server *s, uint16_t addr, uint16_t value)
{
    if (!s->ops.write)
        return image_has(s->image, addr) ? EX_FUNCTION : EX_ADDRESS;
    uint8_t error = s->ops.write(s->owner, addr, value);
    if (error == 0)
        s->writes[s->writes_total++ % WRITE_LOG] =
            (struct modbus_write){clock_mono_ns(), addr, value};
    return error;
}

static uint8_t write_registers(struct modbus_server *s, const uint8_t *pdu, size_t len,
                               struct frame *f)
{
    uint16_t addr = be16(pdu + 1);
    uint8_t error = 0;
    if (pdu[0] == 6) {
        error = write_one(s, addr, be16(pdu + 3));
    } else {
        uint16_t count = be16(pdu + 3);
        if (len < 6 || count < 1 || count > 123 || pdu[5] != 2 * count || len != 6U + 2U * count)
            return EX_VALUE;
        for (uint16_t i = 0; i < count && error == 0; i++)
            error = write_one(s, (uint16_t)(addr + i), be16(pdu + 6 + 2 * i));
    }
    if (s->ops.written)
        s->ops.written(s->owner);
    memcpy(f->byte + MBAP + 1, pdu + 1, 4);
    f->len = MBAP + 5;
    return error;
}

static void serve(struct client *c, const uint8_t *adu, size_t len)
{
    struct modbus_server *s = c->server;
    const uint8_t *pdu = adu + MBAP;
    struct frame f = {.len = MBAP + 2};
    uint8_t error = EX_FUNCTION, fc = pdu[0];
    s->requests++;
    s->last_request_ns = clock_mono_ns();
    memcpy(f.byte, adu, MBAP + 1);
    if (adu[6] != s->unit)
        error = EX_NO_TARGET;
    else if ((fc == 3 || fc == 4 || fc == 6 || fc == 16) && len < MBAP + 5)
        error = EX_VALUE;
    else if (fc == 3 || fc == 4)
        error = read_registers(s, pdu, &f);
    else if (fc == 6 || fc == 16)
        error = write_registers(s, pdu, len - MBAP, &f);
    if (error) {
        s->exceptions++;
        f.byte[MBAP] = (uint8_t)(fc | 0x80);
        f.byte[MBAP + 1] = error;
        f.len = MBAP + 2;
    }
    put16(f.byte + 4, (unsigned)(f.len - 6));
    answer(c, &f);
}

static void on_data(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
    struct client *c = stream->data;
    (void)buf;
    if (got < 0) {
        client_close(c);
        return;
    }
    c->n += (size_t)got;
    size_t at = 0;
    while (c->n - at >= MBAP && !uv_is_closing((uv_handle_t *)stream)) {
        size_t len = 6U + be16(c->rx + at + 4);
        if (be16(c->rx + at + 2) != 0 || len < MBAP + 1 || len > FRAME_MAX) {
            client_close(c); /* the stream cannot be synchronised again */
            return;
        }
        if (c->n - at < len)
            break;
        serve(c, c->rx + at, len);
        at += len;
    }
    memmove(c->rx, c->rx + at, c->n - at);
    c->n -= at;
}

static void on_alloc(uv_handle_t *h, size_t wanted, uv_buf_t *buf)
{
    struct client *c = h->data;
    (void)wanted;
    *buf = uv_buf_init((char *)c->rx + c->n, (unsigned)(RX_MAX - c->n));
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct modbus_server *s = listener->data;
    struct client *c = status == 0 ? calloc(1, sizeof *c) : NULL;
    if (!c)
        return;
    c->server = s;
    c->open_handles = 2;
    uv_tcp_init(listener->loop, &c->tcp);
    uv_timer_init(listener->loop, &c->slow);
    c->tcp.data = c->slow.data = c;
    s->clients++;
    uv_tcp_nodelay(&c->tcp, 1);
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) != 0 ||
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_data) != 0)
        client_close(c);
}

int modbus_server_start(struct modbus_server *s, uv_loop_t *loop, int port)
{
    struct sockaddr_in addr;
    int len = sizeof addr, rc;
    uv_tcp_init(loop, &s->listener);
    s->listener.data = s;
    if ((rc = uv_ip4_addr("0.0.0.0", port, &addr)) != 0 ||
        (rc = uv_tcp_bind(&s->listener, (struct sockaddr *)&addr, 0)) != 0 ||
        (rc = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection)) != 0 ||
        (rc = uv_tcp_getsockname(&s->listener, (struct sockaddr *)&addr, &len)) != 0)
        return rc;
    return ntohs(addr.sin_port);
}
