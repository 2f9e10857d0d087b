/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/pure/lease.h"
#include "libcommon/pure/str.h"

static bool live(const struct lease_writer *w, struct mono now)
{
    return w->known && !mono_reached(now, w->until);
}

static int find(const struct lease_hold *l, const char *boot)
{
    for (int i = 0; i < LEASE_WRITERS; i++)
        if (l->w[i].known && strcmp(l->w[i].boot, boot) == 0)
            return i;
    return -1;
}

/* A slot for a writer not seen before: a free one, then one that has ended (the older first, so
 * that its seq is remembered longest), then the less careful of two live ones. */
static int seat(const struct lease_hold *l, struct mono now)
{
    const struct lease_writer *a = &l->w[0], *b = &l->w[1];
    if (!a->known || !b->known)
        return a->known ? 1 : 0;
    if (live(a, now) != live(b, now))
        return live(a, now) ? 1 : 0;
    if (!live(a, now))
        return a->until.ms <= b->until.ms ? 0 : 1;
    return a->rank >= b->rank ? 0 : 1;
}

enum lease_verdict lease_offer(struct lease_hold *l, const struct lease_offer *o, struct mono now,
                               int *slot)
{
    if (o->retained)
        return LEASE_RETAINED;
    int i = find(l, o->boot);
    if (i >= 0 && o->seq <= l->w[i].seq)
        return LEASE_REPLAY;
    if (i < 0) {
        i = seat(l, now);
        l->newest = i;
        l->old_spoke = false;
    } else if (i != l->newest) {
        l->old_spoke = true;
    }
    struct lease_writer *w = &l->w[i];
    *w = (struct lease_writer){
        .seq = o->seq, .rank = o->rank, .until = mono_after(now, o->valid_ms), .known = true};
    str_copyz(w->boot, sizeof w->boot, o->boot);
    *slot = i;
    return LEASE_TAKEN;
}

int lease_in_force(const struct lease_hold *l, struct mono now)
{
    bool a = live(&l->w[0], now), b = live(&l->w[1], now);
    if (a && b) {
        if (l->w[0].rank == l->w[1].rank)
            return l->newest;
        return l->w[0].rank < l->w[1].rank ? 0 : 1;
    }
    return a ? 0 : b ? 1 : -1;
}

enum lease_phase lease_phase_of(const struct lease_hold *l, struct mono now)
{
    if (lease_in_force(l, now) >= 0)
        return LEASE_PHASE_LIVE;
    return l->w[0].known || l->w[1].known ? LEASE_PHASE_EXPIRED : LEASE_PHASE_NONE;
}

bool lease_rivals(const struct lease_hold *l, struct mono now)
{
    return l->old_spoke && live(&l->w[0], now) && live(&l->w[1], now);
}

int64_t lease_next_ms(const struct lease_hold *l, struct mono now)
{
    int64_t next = -1;
    for (int i = 0; i < LEASE_WRITERS; i++) {
        if (!live(&l->w[i], now))
            continue;
        int64_t left = mono_since_ms(l->w[i].until, now);
        next = next < 0 ? left : min_i64(next, left);
    }
    return next;
}
