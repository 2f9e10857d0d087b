/* SPDX-License-Identifier: Apache-2.0
 * bus_queue.h -- what Paho's threads hand to the loop: copied values in a queue bounded in bytes.
 */
#ifndef WATTBUS_BUS_QUEUE_H
#define WATTBUS_BUS_QUEUE_H
#include "libcommon/pure/base.h"
#include <uv.h>

enum bus_event_kind {
    BUS_EV_CONNECTED,
    BUS_EV_FAILED,
    BUS_EV_LOST,
    BUS_EV_SUBSCRIBED,
    BUS_EV_MESSAGE
};

struct bus_event {
    struct bus_event *next;
    enum bus_event_kind kind;
    unsigned link; /* which handle it came from: events of an older one are stale */
    bool retained;
    int code; /* BUS_EV_FAILED: Paho's reason */
    size_t topic_len, payload_len;
    char data[]; /* topic, NUL, payload, NUL */
};
static inline const char *bus_event_topic(const struct bus_event *e)
{
    return e->data;
}
static inline const char *bus_event_payload(const struct bus_event *e)
{
    return e->data + e->topic_len + 1;
}

struct bus_queue {
    uv_mutex_t lock;
    uv_async_t *wake;
    struct bus_event *first, **last;
    size_t bytes, max_bytes;
    int64_t dropped; /* messages that did not fit; link events always fit */
};
void bus_queue_init(struct bus_queue *q, uv_async_t *wake, size_t max_bytes);
void bus_queue_fini(struct bus_queue *q);
/* Any thread. Copies topic and payload and wakes the loop. */
void bus_queue_put(struct bus_queue *q, enum bus_event_kind kind, unsigned link, int code,
                   const char *topic, size_t topic_len, const void *payload, size_t payload_len,
                   bool retained);
/* Loop thread: everything that waits, in order; the caller frees each. */
struct bus_event *bus_queue_take_all(struct bus_queue *q);
#endif
