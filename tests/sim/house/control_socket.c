/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/house/control_socket.h"

#include <string.h>

enum { LINE_MAX_BYTES = 16384 };
struct control_client {
    struct control_client *next;
    struct control *control;
    uv_tcp_t tcp;
    bool watching;
    size_t n;
    char line[LINE_MAX_BYTES];
};
struct line_out {
    uv_write_t req;
    char *text;
};

static void on_closed(uv_handle_t *h)
{
    free(h->data);
}

static void drop(struct control_client *c)
{
    struct control_client **at = &c->control->clients;
    if (uv_is_closing((uv_handle_t *)&c->tcp))
        return;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    uv_close((uv_handle_t *)&c->tcp, on_closed);
}

static void on_sent(uv_write_t *req, int status)
{
    struct line_out *out = req->data;
    (void)status;
    free(out->text);
    free(out);
}

/* Takes the object. */
static void send_object(struct control_client *c, json_object *o)
{
    size_t len;
    const char *text = json_object_to_json_string_length(o, JSON_C_TO_STRING_PLAIN, &len);
    struct line_out *out = calloc(1, sizeof *out);
    if (out)
        out->text = malloc(len + 1);
    if (out && out->text) {
        memcpy(out->text, text, len);
        out->text[len] = '\n';
        uv_buf_t buf = uv_buf_init(out->text, (unsigned)len + 1);
        out->req.data = out;
        if (uv_write(&out->req, (uv_stream_t *)&c->tcp, &buf, 1, on_sent) != 0)
            on_sent(&out->req, 0);
    } else {
        free(out);
    }
    json_object_put(o);
}

static void on_line(struct control_client *c, const char *line)
{
    if (!line[strspn(line, " \t\r")])
        return;
    json_object *request = json_tokener_parse(line);
    send_object(c, control_command(c->control->house, request, &c->watching));
    json_object_put(request);
}

static void on_data(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
    struct control_client *c = stream->data;
    (void)buf;
    if (got < 0) {
        drop(c);
        return;
    }
    c->n += (size_t)got;
    char *end;
    while ((end = memchr(c->line, '\n', c->n))) {
        size_t used = (size_t)(end - c->line) + 1;
        *end = 0;
        on_line(c, c->line);
        memmove(c->line, c->line + used, c->n - used);
        c->n -= used;
    }
    if (c->n == LINE_MAX_BYTES)
        drop(c);
}

static void on_alloc(uv_handle_t *h, size_t wanted, uv_buf_t *buf)
{
    struct control_client *c = h->data;
    (void)wanted;
    *buf = uv_buf_init(c->line + c->n, (unsigned)(LINE_MAX_BYTES - c->n));
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct control *control = listener->data;
    struct control_client *c = status == 0 ? calloc(1, sizeof *c) : NULL;
    if (!c)
        return;
    c->control = control;
    c->next = control->clients;
    control->clients = c;
    uv_tcp_init(listener->loop, &c->tcp);
    c->tcp.data = c;
    uv_tcp_nodelay(&c->tcp, 1);
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) != 0 ||
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_data) != 0)
        drop(c);
}

static void on_second(uv_timer_t *t)
{
    struct control *control = t->data;
    for (struct control_client *c = control->clients; c; c = c->next)
        if (c->watching)
            send_object(c, state_json(control->house));
}

int control_start(struct control *c, struct house *h, int port)
{
    struct sockaddr_in addr;
    int len = sizeof addr, rc;
    c->house = h;
    uv_tcp_init(h->loop, &c->listener);
    uv_timer_init(h->loop, &c->second);
    c->listener.data = c->second.data = c;
    if ((rc = uv_ip4_addr("127.0.0.1", port, &addr)) != 0 ||
        (rc = uv_tcp_bind(&c->listener, (struct sockaddr *)&addr, 0)) != 0 ||
        (rc = uv_listen((uv_stream_t *)&c->listener, 16, on_connection)) != 0 ||
        (rc = uv_tcp_getsockname(&c->listener, (struct sockaddr *)&addr, &len)) != 0 ||
        (rc = uv_timer_start(&c->second, on_second, 1000, 1000)) != 0)
        return rc;
    return ntohs(addr.sin_port);
}
