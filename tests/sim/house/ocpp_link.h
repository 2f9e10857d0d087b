/* SPDX-License-Identifier: Apache-2.0
 * One WebSocket client connection (subprotocol ocpp1.6) that dials again by itself: first after
 * 200 ms, then 1 s, doubling to 10 s. */
#ifndef SIM_OCPP_LINK_H
#define SIM_OCPP_LINK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct lws;
struct lws_context;
struct ocpp_url {
    char host[128], path[256]; /* path without the trailing slash */
    int port;
};
struct link_ops {
    void (*open)(void *owner);
    /* text is NUL-terminated and valid during the call; mono_ns is its arrival */
    void (*text)(void *owner, const char *text, size_t len, int64_t mono_ns);
    void (*closed)(void *owner);
};
struct link_frame;
struct ocpp_link {
    struct lws_context *context;
    const struct ocpp_url *url;
    const char *id, *password; /* password NULL or "": no basic auth */
    struct link_ops ops;
    void *owner;
    struct lws *wsi;
    bool wanted, up;
    int64_t retry_ms, dials, opens;
    uv_timer_t retry;
    struct link_frame *out_head, *out_tail;
    char *rx;
    size_t rx_len;
};

/* "ws://host:port/path" */
bool ocpp_url_parse(const char *text, struct ocpp_url *out);
/* One context for all links on the caller's loop; NULL on failure. */
struct lws_context *ocpp_link_context(uv_loop_t *loop);
void ocpp_link_init(struct ocpp_link *l, uv_loop_t *loop);
/* wanted: dial now and keep dialling; else drop the connection and stay away. */
void ocpp_link_want(struct ocpp_link *l, bool wanted);
/* Copies len bytes; dropped when the link is down. */
void ocpp_link_send(struct ocpp_link *l, const char *text, size_t len);
#endif
