/* SPDX-License-Identifier: Apache-2.0
 * ws_server.h -- a websocket server on the service's own libuv loop. Loop thread only.
 *
 * Text messages only, reassembled, UTF-8 checked, bounded; binary frames, longer messages and a
 * full outbound queue end the connection. No permessage-deflate. Pings after 30 s of silence, hangs
 * up after 75 s without any sign of life. Signals stay with the service. */
#ifndef WATTBUS_IO_WS_SERVER_H
#define WATTBUS_IO_WS_SERVER_H
#include "libcommon/pure/str.h"
#include <uv.h>

enum {
    WS_MESSAGE_MAX = 65536,  /* bytes of one message, both ways */
    WS_QUEUE_BYTES = 262144, /* of one connection, not yet on the wire */
    WS_HANDSHAKE_MS = 10000,
};

struct ws_server;
struct ws_conn; /* lives from `open` until `closed` returns, or until ws_close */

/* What the peer asks for. All texts live during the call only. */
struct ws_hello {
    struct str path;        /* percent-decoded once, without the query */
    struct str subprotocol; /* the one that was chosen, "" when the peer offered none */
    bool has_auth;          /* an Authorization: Basic header that could be decoded */
    struct str user;
    struct str password; /* any bytes */
    const char *peer;    /* address of the peer */
};
struct ws_conf {
    const char *bind;                /* address, e.g. "0.0.0.0" */
    uint16_t port;                   /* 0: the system chooses, see ws_server_port */
    const char *const *subprotocols; /* NULL-terminated, at most 4; the client's order decides */
    int max_conns;                   /* open connections; handshakes count */
    /* Returns 0 to accept or the HTTP status of the refusal (401, 404, 503). The connection may be
     * used at once: what is sent waits for the handshake. */
    int (*open)(void *user, struct ws_conn *c, const struct ws_hello *h);
    void (*message)(void *user, struct ws_conn *c, struct str text);
    /* The peer is gone or broke a rule; c is invalid afterwards. Not called after ws_close. */
    void (*closed)(void *user, struct ws_conn *c);
    void *user;
};

/* NULL: could not listen; *why says so. *conf is copied, the texts must live as long as it. */
struct ws_server *ws_server_new(uv_loop_t *loop, const struct ws_conf *conf, struct err_text *why);
/* Ends all connections; no callback comes after this returns. Turns the loop until the handles are
 * closed, so it must be called when the loop is not running. */
void ws_server_free(struct ws_server *s);
int ws_server_port(const struct ws_server *s);

void ws_set_user(struct ws_conn *c, void *data);
void *ws_user(const struct ws_conn *c); /* NULL until ws_set_user */
/* Queues one text message. ERR_FULL: too long, or the peer does not read: it is being closed. */
enum err ws_send(struct ws_conn *c, struct str text) MUST_CHECK;
/* Ends the connection with a close code; no callback comes for it any more. */
void ws_close(struct ws_conn *c, uint16_t code);
#endif
