/* SPDX-License-Identifier: Apache-2.0
 * bus_paho.h -- one Paho handle at a time. Callbacks run on Paho's threads and only fill the queue.
 */
#ifndef WATTBUS_BUS_PAHO_H
#define WATTBUS_BUS_PAHO_H
#include "libcommon/io/bus_queue.h"
#include "libcommon/pure/str.h"

struct paho;
struct paho_conf {
    const char *uri, *client_id, *user, *password; /* user NULL: anonymous */
    const char *will_topic;
    struct str will_payload;
};
/* Begins to connect; BUS_EV_CONNECTED or BUS_EV_FAILED with this `link` follows. NULL: no handle.
 */
struct paho *paho_connect(const struct paho_conf *c, struct bus_queue *q, unsigned link);
/* One SUBSCRIBE for all patterns, QoS 1; BUS_EV_SUBSCRIBED or BUS_EV_FAILED follows. */
bool paho_subscribe(struct paho *p, char *const *patterns, int n);
void paho_unsubscribe(struct paho *p, const char *pattern);
bool paho_publish(struct paho *p, const char *topic, struct str payload); /* QoS 1, retained */
/* Waits up to wait_ms for what was published, then disconnects and frees. NULL is fine. */
void paho_free(struct paho *p, int wait_ms);
#endif
