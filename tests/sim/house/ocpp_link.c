/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/house/ocpp_link.h"

#include <libwebsockets.h>
#include <string.h>

#include "tests/sim/house/clock.h"

enum { RX_LIMIT = 256 * 1024, FIRST_RETRY_MS = 200, MIN_RETRY_MS = 1000, MAX_RETRY_MS = 10000 };

struct link_frame {
    struct link_frame *next;
    size_t len;
    unsigned char data[]; /* LWS_PRE, then the text */
};

bool ocpp_url_parse(const char *text, struct ocpp_url *out)
{
    int used = 0;
    *out = (struct ocpp_url){.port = 80};
    if (sscanf(text, "ws://%127[^:/]%n", out->host, &used) != 1)
        return false;
    text += used;
    if (*text == ':') {
        char *end;
        long port = strtol(text + 1, &end, 10);
        if (end == text + 1 || port < 1 || port > 65535)
            return false;
        out->port = (int)port;
        text = end;
    }
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == '/')
        len--;
    if (len >= sizeof out->path || (len > 0 && *text != '/'))
        return false;
    memcpy(out->path, text, len);
    return true;
}

static void drop_frames(struct ocpp_link *l)
{
    while (l->out_head) {
        struct link_frame *f = l->out_head;
        l->out_head = f->next;
        free(f);
    }
    l->out_tail = NULL;
}

static void dial(struct ocpp_link *l)
{
    char path[400], host[200];
    if (!l->wanted || l->wsi)
        return;
    snprintf(path, sizeof path, "%s/%s", l->url->path, l->id);
    snprintf(host, sizeof host, "%s:%d", l->url->host, l->url->port);
    struct lws_client_connect_info info = {
        .context = l->context,
        .address = l->url->host,
        .port = l->url->port,
        .path = path,
        .host = host,
        .origin = NULL,
        .protocol = "ocpp1.6",
        .local_protocol_name = "ocpp1.6",
        .userdata = l,
        .pwsi = &l->wsi,
    };
    l->dials++;
    /* On failure the error callback may have come already; either way the timer dials again. */
    if (!lws_client_connect_via_info(&info) && !uv_is_active((uv_handle_t *)&l->retry))
        uv_timer_start(&l->retry, l->retry.timer_cb, MIN_RETRY_MS, 0);
}

static void on_retry(uv_timer_t *t)
{
    dial(t->data);
}

static void gone(struct ocpp_link *l)
{
    bool was_up = l->up;
    l->up = false;
    l->wsi = NULL;
    l->rx_len = 0;
    drop_frames(l);
    if (was_up)
        l->ops.closed(l->owner);
    if (!l->wanted)
        return;
    int64_t wait = l->retry_ms;
    l->retry_ms = wait < MIN_RETRY_MS ? MIN_RETRY_MS : wait * 2;
    if (l->retry_ms > MAX_RETRY_MS)
        l->retry_ms = MAX_RETRY_MS;
    uv_timer_start(&l->retry, on_retry, (uint64_t)wait, 0);
}

static int add_authorization(struct ocpp_link *l, struct lws *wsi, unsigned char **at, size_t room)
{
    char plain[200], coded[300], line[320];
    if (!l->password || !l->password[0])
        return 0;
    snprintf(plain, sizeof plain, "%s:%s", l->id, l->password);
    if (lws_b64_encode_string(plain, (int)strlen(plain), coded, (int)sizeof coded) < 0)
        return -1;
    int len = snprintf(line, sizeof line, "Basic %s", coded);
    return lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, (unsigned char *)line,
                                        len, at, *at + room);
}

static int received(struct ocpp_link *l, struct lws *wsi, const char *in, size_t len)
{
    int64_t mono_ns = clock_mono_ns();
    char *grown = l->rx_len + len < RX_LIMIT ? realloc(l->rx, l->rx_len + len + 1) : NULL;
    if (!grown)
        return -1;
    l->rx = grown;
    memcpy(l->rx + l->rx_len, in, len);
    l->rx_len += len;
    l->rx[l->rx_len] = 0;
    if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi) > 0)
        return 0;
    size_t whole = l->rx_len;
    l->rx_len = 0;
    l->ops.text(l->owner, l->rx, whole, mono_ns);
    return 0;
}

static int send_next(struct ocpp_link *l, struct lws *wsi)
{
    struct link_frame *f = l->out_head;
    if (!f)
        return 0;
    l->out_head = f->next;
    if (!l->out_head)
        l->out_tail = NULL;
    int sent = lws_write(wsi, f->data + LWS_PRE, f->len, LWS_WRITE_TEXT);
    size_t len = f->len;
    free(f);
    if (l->out_head)
        lws_callback_on_writable(wsi);
    return sent < (int)len ? -1 : 0;
}

static int on_ws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                 size_t len)
{
    struct ocpp_link *l = user;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: return add_authorization(l, wsi, in, len);
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        l->up = true;
        l->opens++;
        l->retry_ms = FIRST_RETRY_MS;
        l->ops.open(l->owner);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE: return received(l, wsi, in, len);
    case LWS_CALLBACK_CLIENT_WRITEABLE: return send_next(l, wsi);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLIENT_CLOSED: gone(l); return 0;
    default: return 0;
    }
}

struct lws_context *ocpp_link_context(uv_loop_t *loop)
{
    static const struct lws_protocols protocols[] = {{.name = "ocpp1.6", .callback = on_ws}, {0}};
    void *loops[1] = {loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_LIBUV,
        .foreign_loops = loops,
        /* a peer that vanished without FIN */
        .ka_time = 10,
        .ka_interval = 5,
        .ka_probes = 3,
    };
    lws_set_log_level(LLL_ERR, NULL);
    return lws_create_context(&info);
}

void ocpp_link_init(struct ocpp_link *l, uv_loop_t *loop)
{
    uv_timer_init(loop, &l->retry);
    l->retry.data = l;
    l->retry.timer_cb = on_retry;
    l->retry_ms = FIRST_RETRY_MS;
}

void ocpp_link_want(struct ocpp_link *l, bool wanted)
{
    l->wanted = wanted;
    if (wanted) {
        l->retry_ms = FIRST_RETRY_MS;
        dial(l);
    } else {
        uv_timer_stop(&l->retry);
        if (l->wsi)
            lws_set_timeout(l->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    }
}

void ocpp_link_send(struct ocpp_link *l, const char *text, size_t len)
{
    if (!l->up)
        return;
    struct link_frame *f = malloc(sizeof *f + LWS_PRE + len);
    if (!f)
        return;
    f->next = NULL;
    f->len = len;
    memcpy(f->data + LWS_PRE, text, len);
    if (l->out_tail)
        l->out_tail->next = f;
    else
        l->out_head = f;
    l->out_tail = f;
    lws_callback_on_writable(l->wsi);
}
