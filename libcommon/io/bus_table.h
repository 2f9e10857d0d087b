/* SPDX-License-Identifier: Apache-2.0
 * bus_table.h -- last value per topic: what is sent again after a reconnect, and which topics the
 * broker has proven to accept from us. Open addressing over the topic's hash; entries never go. */
#ifndef WATTBUS_BUS_TABLE_H
#define WATTBUS_BUS_TABLE_H
#include "libcommon/pure/clock.h"
#include "libcommon/pure/str.h"

enum proof { PROOF_NONE, PROOF_WAITING, PROOF_DONE };
struct bus_entry {
    char *topic;   /* NULL: free place */
    char *payload; /* last value to keep, NULL: none */
    size_t len;
    bool sent;        /* on this connection */
    int own_clears;   /* echoes of our own empty publish that are still to come */
    enum proof proof; /* has the broker let us write here */
    struct mono proof_since;
    char device[33]; /* id in the topic, for the fault */
};
struct bus_table {
    struct bus_entry *at;
    size_t cap, n;
};
void bus_table_fini(struct bus_table *t);
/* The entry of the topic; made when it is not there. Valid until the next call with a new topic. */
struct bus_entry *bus_table_get(struct bus_table *t, const char *topic);
struct bus_entry *bus_table_find(struct bus_table *t, const char *topic); /* NULL: none */
void bus_entry_keep(struct bus_entry *e, struct str payload);
#endif
