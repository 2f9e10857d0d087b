/* SPDX-License-Identifier: Apache-2.0 */
#include "services/wattbus/house.h"
#include "proto/codec.h"

static int compare(const struct house_entry *e, enum message_id m, const char *id)
{
    return e->msg != m ? (e->msg < m ? -1 : 1) : strcmp(e->id, id);
}

/* Index of the entry, or where it would have to stand. */
static int lower_bound(const struct house *h, enum message_id m, const char *id)
{
    int lo = 0, hi = h->n;
    while (lo < hi) {
        int mid = lo + (hi - lo) / 2;
        if (compare(&h->entries[mid], m, id) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool is_at(const struct house *h, int i, enum message_id m, const char *id)
{
    return i < h->n && compare(&h->entries[i], m, id) == 0;
}

static void insert(struct house *h, int i, enum message_id m, const char *id)
{
    if (h->n == h->cap) {
        h->cap = h->cap ? 2 * h->cap : 64;
        h->entries = realloc(h->entries, (size_t)h->cap * sizeof *h->entries);
        if (!h->entries)
            abort();
    }
    memmove(&h->entries[i + 1], &h->entries[i], (size_t)(h->n - i) * sizeof *h->entries);
    h->entries[i] = (struct house_entry){.msg = m};
    str_copyz(h->entries[i].id, ID_CAP, id);
    h->n++;
}

static void drop(struct house *h, int i)
{
    free(h->entries[i].body);
    h->n--;
    memmove(&h->entries[i], &h->entries[i + 1], (size_t)(h->n - i) * sizeof *h->entries);
}

bool house_take(struct house *h, const char *topic, struct str payload)
{
    struct topic_match t;
    if (!topic_parse(h->site, str_of(topic), &t) || t.msg == MSG_COUNT || t.leaf[0] ||
        t.msg == MSG_SERVICE_MARKER)
        return false;
    int i = lower_bound(h, t.msg, t.id);
    bool known = is_at(h, i, t.msg, t.id);
    if (payload.len == 0) {
        if (known)
            drop(h, i);
        return known;
    }
    void *body = malloc(message_of(t.msg)->rec->size);
    if (!body)
        abort();
    struct err_text why;
    if ((!known && h->n == HOUSE_MAX) ||
        message_decode(t.msg, topic, payload, body, &why) != ERR_OK) {
        h->refused++;
        free(body);
        return false;
    }
    if (!known)
        insert(h, i, t.msg, t.id);
    free(h->entries[i].body);
    h->entries[i].body = body;
    return true;
}

const void *house_find(const struct house *h, enum message_id m, const char *id)
{
    int i = lower_bound(h, m, id);
    return is_at(h, i, m, id) ? h->entries[i].body : NULL;
}

const void *house_nth(const struct house *h, enum message_id m, int i, const char **id)
{
    int at = lower_bound(h, m, "") + i;
    if (at >= h->n || h->entries[at].msg != m)
        return NULL;
    if (id)
        *id = h->entries[at].id;
    return h->entries[at].body;
}

void house_free(struct house *h)
{
    for (int i = 0; i < h->n; i++)
        free(h->entries[i].body);
    free(h->entries);
    *h = (struct house){0};
}
