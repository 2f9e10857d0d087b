/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/io/bus_table.h"

void bus_table_fini(struct bus_table *t)
{
    for (size_t i = 0; i < t->cap; i++) {
        free(t->at[i].topic);
        free(t->at[i].payload);
    }
    free(t->at);
    *t = (struct bus_table){0};
}

static size_t place(const struct bus_table *t, const char *topic)
{
    size_t i = str_hash(str_of(topic)) & (t->cap - 1);
    while (t->at[i].topic && strcmp(t->at[i].topic, topic) != 0)
        i = (i + 1) & (t->cap - 1);
    return i;
}

static void grow(struct bus_table *t)
{
    struct bus_table bigger = {.cap = t->cap ? t->cap * 2 : 64, .n = t->n};
    bigger.at = calloc(bigger.cap, sizeof *bigger.at);
    if (!bigger.at)
        abort();
    for (size_t i = 0; i < t->cap; i++)
        if (t->at[i].topic)
            bigger.at[place(&bigger, t->at[i].topic)] = t->at[i];
    free(t->at);
    *t = bigger;
}

struct bus_entry *bus_table_find(struct bus_table *t, const char *topic)
{
    if (t->cap == 0)
        return NULL;
    struct bus_entry *e = &t->at[place(t, topic)];
    return e->topic ? e : NULL;
}

struct bus_entry *bus_table_get(struct bus_table *t, const char *topic)
{
    if (t->n * 2 >= t->cap)
        grow(t);
    struct bus_entry *e = &t->at[place(t, topic)];
    if (!e->topic) {
        e->topic = strdup(topic);
        if (!e->topic)
            abort();
        t->n++;
    }
    return e;
}

void bus_entry_keep(struct bus_entry *e, struct str payload)
{
    if (!e->payload || payload.len > e->len) {
        free(e->payload);
        e->payload = malloc(payload.len + 1);
        if (!e->payload)
            abort();
    }
    memcpy(e->payload, payload.p, payload.len);
    e->payload[payload.len] = '\0';
    e->len = payload.len;
}
