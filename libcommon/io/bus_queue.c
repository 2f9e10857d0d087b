/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/io/bus_queue.h"

void bus_queue_init(struct bus_queue *q, uv_async_t *wake, size_t max_bytes)
{
    *q = (struct bus_queue){.wake = wake, .max_bytes = max_bytes};
    q->last = &q->first;
    if (uv_mutex_init(&q->lock) != 0)
        abort();
}

void bus_queue_fini(struct bus_queue *q)
{
    for (struct bus_event *e = bus_queue_take_all(q), *next; e; e = next) {
        next = e->next;
        free(e);
    }
    uv_mutex_destroy(&q->lock);
}

void bus_queue_put(struct bus_queue *q, enum bus_event_kind kind, unsigned link, int code,
                   const char *topic, size_t topic_len, const void *payload, size_t payload_len,
                   bool retained)
{
    size_t size = sizeof(struct bus_event) + topic_len + payload_len + 2;
    struct bus_event *e = malloc(size);
    if (!e)
        abort();
    *e = (struct bus_event){.kind = kind,
                            .link = link,
                            .code = code,
                            .retained = retained,
                            .topic_len = topic_len,
                            .payload_len = payload_len};
    if (topic_len)
        memcpy(e->data, topic, topic_len);
    e->data[topic_len] = '\0';
    if (payload_len)
        memcpy(e->data + topic_len + 1, payload, payload_len);
    e->data[topic_len + 1 + payload_len] = '\0';

    uv_mutex_lock(&q->lock);
    bool fits = kind != BUS_EV_MESSAGE || q->bytes + size <= q->max_bytes;
    if (fits) {
        *q->last = e;
        q->last = &e->next;
        q->bytes += size;
    } else {
        q->dropped++;
    }
    uv_mutex_unlock(&q->lock);
    if (!fits)
        free(e);
    uv_async_send(q->wake);
}

struct bus_event *bus_queue_take_all(struct bus_queue *q)
{
    uv_mutex_lock(&q->lock);
    struct bus_event *e = q->first;
    q->first = NULL;
    q->last = &q->first;
    q->bytes = 0;
    uv_mutex_unlock(&q->lock);
    return e;
}
