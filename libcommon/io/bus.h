/* SPDX-License-Identifier: Apache-2.0
 * bus.h -- the link to the broker. Loop thread only.
 *
 * Everything is QoS 1 and retained. The link connects and reconnects by itself (100 ms, doubling to
 * 2 s, with jitter), subscribes again, and publishes again the last value of every topic that was
 * published with BUS_KEEP. While it is down only the last value of each topic waits. Payloads that
 * the rows refuse are reported once per topic and never reach a callback. */
#ifndef WATTBUS_BUS_H
#define WATTBUS_BUS_H
#include "libcommon/pure/clock.h"
#include "proto/proto.h"

struct bus;

struct bus_msg {
    struct topic_match match;
    const char *topic;
    const void *body; /* the message's struct, during the call; NULL: the topic was cleared */
    const struct override *override; /* for override topics, else NULL */
    bool retained; /* stored by the broker before we subscribed: its age is unknown, and a
                      setpoint that arrives so changes nothing */
    struct now at; /* arrival, both clocks */
};
typedef void bus_msg_cb(void *user, const struct bus_msg *m);
typedef void bus_cb(void *user);

/* Subscriptions; may be made at any time and live as long as the bus. id NULL: all ids. */
void bus_on(struct bus *b, enum message_id m, const char *id, bus_msg_cb *cb, void *user);
/* All override fields of a class ("charger") for one id. Clearing by ourselves is not reported. */
void bus_on_override(struct bus *b, const char *cls, const char *id, bus_msg_cb *cb, void *user);
/* `ready` is called after every (re)connect when all retained messages of the subscriptions have
 * been delivered (a marker published to oneself has come back); `down` when the link is lost. */
void bus_on_link(struct bus *b, bus_cb *ready, bus_cb *down, void *user);
bool bus_is_ready(const struct bus *b);

enum bus_keep {
    BUS_KEEP, /* state: sent again after a reconnect */
    BUS_ONCE, /* setpoints and answers: sent if the link is up, else dropped; the owner sends anew
               */
};
/* Publishes a message struct of `m`. `leaf` only for paths with a second +. The first publish for
 * an id is watched: when it does not come back, the broker refuses us (fault bus_refused). */
void bus_publish(struct bus *b, enum message_id m, const char *id, const char *leaf,
                 const void *body, enum bus_keep keep);
/* Empties a retained topic that we own or an inbox that we obey. */
void bus_clear(struct bus *b, enum message_id m, const char *id, const char *leaf);
void bus_clear_override(struct bus *b, int row, const char *id);
/* Text under a topic of another convention (Home Assistant discovery). Retained, kept. */
void bus_publish_text(struct bus *b, const char *topic, struct str text);
/* Any topic pattern of another convention; payload as it came. */
typedef void bus_text_cb(void *user, const char *topic, struct str payload);
void bus_on_text(struct bus *b, const char *pattern, bus_text_cb *cb, void *user);

/* Called for every bus_publish before it is sent: Home Assistant discovery learns from it which
 * fields a device has. */
typedef void bus_sent_cb(void *user, enum message_id m, const char *id, const void *body);
void bus_on_publish(struct bus *b, bus_sent_cb *cb, void *user);

int64_t bus_dropped(const struct bus *b); /* messages lost to a full queue since the start */
#endif
