/* SPDX-License-Identifier: Apache-2.0
 * house.h -- the last message of every topic of a site, decoded, as `watch` shows it. */
#ifndef WATTBUS_CLI_HOUSE_H
#define WATTBUS_CLI_HOUSE_H
#include "proto/proto.h"

struct house_entry {
    enum message_id msg;
    id_text id;
    void *body; /* the message's struct */
};
struct house {
    const char *site;            /* borrowed */
    struct house_entry *entries; /* ordered by message and id */
    int n, cap;
    int refused; /* messages that did not decode */
};
enum { HOUSE_MAX = 20000 }; /* topics kept; more are ignored */

/* Takes a message; true when something that is shown changed. An empty payload forgets it. */
bool house_take(struct house *h, const char *topic, struct str payload);
/* NULL when there is none. */
const void *house_find(const struct house *h, enum message_id m, const char *id);
/* The i-th message of that kind, in the order of ids; NULL after the last. id may be NULL. */
const void *house_nth(const struct house *h, enum message_id m, int i, const char **id);
void house_free(struct house *h);
#endif
