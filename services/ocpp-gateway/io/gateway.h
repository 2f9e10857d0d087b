/* SPDX-License-Identifier: Apache-2.0
 * gateway.h -- the OCPP central system: websockets and the bus around core/. Loop thread only. */
#ifndef OCPP_IO_GATEWAY_H
#define OCPP_IO_GATEWAY_H
#include "libcommon/io/bus.h"
#include "libcommon/io/log.h"
#include "libcommon/io/svc.h"
#include "libcommon/io/ws_server.h"
#include "services/ocpp-gateway/core/cards.h"
#include "services/ocpp-gateway/core/station.h"
#include "services/ocpp-gateway/wire/frame.h"

enum { SECRET_CAP = 128, GUESTS_MAX = 16, REPLY_MAX = 512 };

struct gateway;
/* One charge point that is connected, or may be. */
struct peer {
    struct gateway *g;
    struct station *station; /* NULL: a guest, unknown and without control */
    struct ws_conn *conn;    /* NULL: not connected */
    char identity[IDENTITY_CAP];
    char address[64];
    char secret[SECRET_CAP]; /* password, any bytes */
    size_t secret_len;
    bool locked;    /* a password is asked for */
    int bad_frames; /* in a row */
};
struct gateway {
    struct svc *svc;
    struct ws_server *ws;
    struct wire *wire;
    struct station *stations;
    struct connector *connectors; /* of all stations, a station's stand together */
    struct peer *peers;           /* peers[i] is stations[i] */
    int stations_n, connectors_n;
    struct peer guests[GUESTS_MAX];
    struct cards cards;
    uv_timer_t tick;
    int64_t calls; /* ids of our calls */
    int32_t next_tx;
    int journal_lines;
    bool journal_bad;
};

/* Reads the site and the journal, listens, subscribes. On an error the reason is logged; *out is to
 * be stopped and freed all the same. */
enum err gateway_new(struct svc *svc, struct gateway **out) MUST_CHECK;
/* Closes all connections; when the loop does not run any more, before svc_fini. NULL is fine. */
void gateway_stop(struct gateway *g);
/* After svc_fini, which closes the handles. NULL is fine. */
void gateway_free(struct gateway *g);

/* ---- between the files of io/ ---- */

enum err config_load(struct gateway *g) MUST_CHECK; /* config.c */

/* listen.c: websocket callbacks; user is the gateway */
int listen_open(void *user, struct ws_conn *c, const struct ws_hello *h);
void listen_message(void *user, struct ws_conn *c, struct str text);
void listen_closed(void *user, struct ws_conn *c);

/* incoming.c: answers a call of the box, the payload being checked. False: *why goes out. */
bool incoming_call(struct peer *p, enum action a, json_object *payload, struct now now,
                   struct buf *reply, struct complaint *why);
/* outgoing.c */
void outgoing_answer(struct peer *p, const struct frame *f, struct now now);
/* Sends what is due, if the way is free, then publishes what has changed. */
void outgoing_pump(struct peer *p, struct now now);

/* publish.c */
void publish_changes(struct gateway *g, struct station *s, struct now now);
void publish_due(struct gateway *g, struct now now); /* every interval */
void publish_info(struct gateway *g, struct station *s, struct now now);
void publish_session(struct gateway *g, const struct connector *c, const struct session_rec *r,
                     struct now now);
void publish_guests(struct gateway *g);

/* inbox.c: setpoints and requests */
void inbox_subscribe(struct gateway *g);

/* cards_file.c */
enum err cards_configure(struct gateway *g) MUST_CHECK;
void cards_load(struct gateway *g); /* what was told before the last stop */
void cards_subscribe(struct gateway *g);

/* journal_file.c */
enum err journal_load(struct gateway *g) MUST_CHECK;
/* On disk when it returns; a failure is logged and shown as a fault. */
void journal_write(struct gateway *g, const struct journal_line *j);
void journal_session(struct gateway *g, const struct connector *c, const struct session_rec *r);
void journal_defaults(struct gateway *g, struct now now); /* TxDefaultProfiles that changed */
int32_t journal_new_tx(struct gateway *g);
#endif
