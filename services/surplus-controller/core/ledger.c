/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/core/ledger.h"

enum {
    LATE_MS = 60000,  /* an older state within this is a late message, beyond it a set clock */
    GAP_MS = 3600000, /* the longest time between two states that counts as charging */
    SLACK_MS = 60000, /* values are not read when the state is sent */
    JITTER_WH = 100,  /* a register that falls by less was rounded, not reset */
    WMS_PER_WH = 3600000,
};

static struct ledger_session *find(struct ledger *l, int64_t number)
{
    for (int i = 0; i < l->sessions_n; i++)
        if (l->sessions[i].number == number)
            return &l->sessions[i];
    return NULL;
}

static struct ledger_session *find_or_begin(struct ledger *l, int64_t number,
                                            const struct ledger_who *who)
{
    struct ledger_session *s = find(l, number);
    if (s)
        return s;
    if (l->sessions_n == LEDGER_SESSIONS)
        memmove(&l->sessions[0], &l->sessions[1], (size_t)--l->sessions_n * sizeof l->sessions[0]);
    s = &l->sessions[l->sessions_n++];
    *s = (struct ledger_session){.number = number, .who = *who};
    return s;
}

/* What the register says was charged since the last state. */
static int64_t register_moved(struct ledger *l, const struct ledger_reading *r, int64_t since_ms,
                              bool *jumped)
{
    struct opt_i64 last = l->register_wh;
    if (!r->register_wh.set)
        return 0;
    l->register_wh = r->register_wh;
    if (!last.set)
        return 0;
    int64_t wh = r->register_wh.v - last.v;
    if (wh < 0 && wh >= -JITTER_WH) {
        l->register_wh = last;
        return 0;
    }
    if (wh < 0) /* it began again at 0 */
        wh = r->register_wh.v;
    int64_t most = r->max_w * ((since_ms + SLACK_MS) / 1000) / 3600 + JITTER_WH;
    *jumped = wh > most;
    return *jumped ? 0 : wh;
}

static int64_t power_moved(struct ledger *l, const struct ledger_reading *r, int64_t since_ms)
{
    if (r->register_wh.set || !r->power_w.set || r->power_w.v <= 0 || since_ms > LATE_MS)
        return 0;
    l->rest_wms += (int64_t)r->power_w.v * since_ms;
    int64_t wh = l->rest_wms / WMS_PER_WH;
    l->rest_wms %= WMS_PER_WH;
    return wh;
}

static int64_t energy(struct ledger *l, const struct ledger_reading *r, int64_t since_ms,
                      struct ledger_entry *e)
{
    int64_t moved = register_moved(l, r, since_ms, &e->jumped);
    moved += power_moved(l, r, since_ms);
    if (!r->session.set)
        return l->has_sessions ? 0 : moved; /* what is outside of sessions comes with their end */
    struct ledger_session *s = find_or_begin(l, r->session.v, &r->who);
    l->has_sessions = true;
    if (s->ended)
        return 0;
    if (s->who.user == NOBODY && !s->who.tag.s[0])
        s->who = r->who; /* whoever comes first has it all */
    e->who = r->who;
    if (r->session_wh.set)
        moved = max_i64(0, r->session_wh.v - s->booked_wh);
    s->booked_wh += moved;
    return moved;
}

struct ledger_entry ledger_read(struct ledger *l, const struct ledger_reading *r)
{
    struct ledger_entry e = {.who = l->who, .at_ms = r->ts_ms};
    int64_t since_ms = r->ts_ms - l->ts_ms;
    if (l->begun && since_ms < 0 && since_ms > -LATE_MS)
        return e;
    if (!l->begun) {
        l->begun = true;
        l->begun_ms = r->ts_ms;
        since_ms = 0;
    }
    if (since_ms < 0)
        since_ms = 0;
    if (l->who.user == NOBODY && !l->who.tag.s[0])
        e.who = r->who;
    bool fresh = r->session.set && !find(l, r->session.v); /* whoever drew before has gone */
    if (l->drawing && !fresh)
        e.ms = min_i64(since_ms, GAP_MS);
    e.wh = energy(l, r, since_ms, &e);
    l->ts_ms = r->ts_ms;
    l->drawing = r->drawing;
    l->who = r->who;
    return e;
}

struct ledger_entry ledger_close(struct ledger *l, const struct ledger_final *f)
{
    struct ledger_entry e = {.who = f->who, .at_ms = f->ended_ms.v};
    struct ledger_session *s = find(l, f->number);
    l->has_sessions = true;
    if (!f->ended_ms.set || (s && s->ended))
        return e;
    if (!s && (!l->begun || f->ended_ms.v < l->begun_ms))
        return e; /* from before our time */
    s = find_or_begin(l, f->number, &f->who);
    if (f->who.user == NOBODY)
        e.who = s->who; /* started by us: its card is not the person's */
    s->ended = true;
    if (f->energy_wh.set) {
        e.wh = f->energy_wh.v - s->booked_wh;
        s->booked_wh = f->energy_wh.v;
    }
    return e;
}
