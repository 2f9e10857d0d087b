/* SPDX-License-Identifier: Apache-2.0
 * bus_state.h -- the link's own state, shared by bus.c (its life) and bus_deliver.c (what arrives).
 */
#ifndef WATTBUS_BUS_STATE_H
#define WATTBUS_BUS_STATE_H
#include "libcommon/io/bus_paho.h"
#include "libcommon/io/bus_private.h"
#include "libcommon/io/bus_table.h"
#include "libcommon/io/log.h"

enum { LATCHES = 64 };

enum link_state { LINK_DOWN, LINK_CONNECTING, LINK_SUBSCRIBING, LINK_SYNCING, LINK_READY };

struct sub {
    char *pattern;
    enum message_id msg; /* MSG_COUNT: overrides or text */
    char cls[16];        /* overrides of this class */
    char id[ID_CAP];     /* "" for all */
    bus_msg_cb *cb;
    bus_text_cb *text;
    void *user;
};
struct listener {
    bus_cb *ready, *down;
    bus_sent_cb *sent;
    void *user;
};

struct bus {
    struct link_conf conf;
    char uri[128], client_id[96];
    uv_loop_t *loop;
    uv_async_t wake;
    uv_timer_t timer; /* retry while down, sync timeout while connecting, proofs while ready */
    struct bus_queue queue;
    struct paho *paho;
    unsigned link;
    enum link_state state;
    bool started, stopped;
    int retry_ms;
    struct mono ready_since;
    int short_lives;
    int64_t reconnects, refused;
    int proofs_waiting;
    struct sub *subs;
    int subs_n;
    struct listener *listeners;
    int listeners_n;
    struct bus_table table;
    struct {
        uint64_t topic;
        struct log_latch latch;
    } latches[LATCHES]; /* topics whose last payload was refused */
    bus_fault_cb *fault;
    void *fault_user;
    struct log_latch down_latch;
    union any_message *body; /* decode space of the message in delivery */
    char *out;               /* encode space, PAYLOAD_MAX */
};

/* Gives an arrived message to the subscriptions that want it; what the rows refuse is reported. */
void bus_deliver(struct bus *b, const struct bus_event *e, struct now now);
#endif
