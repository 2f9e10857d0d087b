/* SPDX-License-Identifier: Apache-2.0
 * resume.c -- see resume.h. Not kept, and why: what meters and boxes say (they say it again), means
 * and slopes (seconds; until then what runs goes on, control.h), the setpoint (the box has it). */
#include "services/surplus-controller/core/resume.h"
#include "services/surplus-controller/core/layers.h"

enum { YOUNG_MS = 10000, WORTH_MA = 200, WORTH_MJ = 100000000 };

/* Stored messages come one after the other. Without the boxes and loads, what they draw would be
 * taken for the house: surplus and room of the first moment would be wrong. */
bool resume_ready(struct step *t, const struct control_reading *g)
{
    struct control_timer wait = {true, t->s->started};
    bool meter = g->known || !t->c->has_grid_meter, boxes = true;
    for (int i = 0; i < takers_n(t->c); i++)
        boxes = boxes && t->in->chargers[i].known;
    if (meter && (boxes || timer_done(t, &wait, BOXES_MS)))
        return true;
    return timer_done(t, &wait, WAIT_MS);
}

/* ---- what is kept ---- */
static struct control_timer of_mono(struct mono at)
{
    return (struct control_timer){at.ms > LONG_AGO, at};
}
static void forget_young(struct control_timer *x, struct now now)
{
    if (x->on && now.mono.ms - x->since.ms < YOUNG_MS)
        x->on = false;
}
struct control_kept_charger control_keep_charger(const struct control_charger_state *x,
                                                 struct now now)
{
    struct control_kept_charger k = {
        .missing_mj = x->hold.on ? x->missing.mj : 0,
        .counted = {x->hold.on && x->missing.until_ms.set, {x->missing.until_ms.v}},
        .served = of_mono(x->served_at),
        .trimmed = {x->trimmed, x->probe_at},
        .changing = {x->change.to != 0, x->change.since},
        .change_to = x->change.to,
        .changed = x->change.done,
        .switched = of_mono(x->switched_at),
        .used = x->used,
        .under_ma = x->under_ma,
        .over_ma = x->over_ma,
        .learnt = x->learnt,
        .turn = x->turn,
        .yield = x->yield,
#define T(name) .name = x->name,
        CONTROL_KEPT_TIMERS(T)
#undef T
    };
    forget_young(&k.hold, now); /* it begins anew until the car draws */
    forget_young(&k.learn, now);
    forget_young(&k.short_of, now);
    forget_young(&k.short_since, now);
    forget_young(&k.idle_since, now);
    return k;
}
static bool moved(const struct control_timer *a, const struct control_timer *b)
{
    return a->on != b->on || (a->on && a->since.ms != b->since.ms);
}
static bool worth(int32_t a, int32_t b)
{
    return a - b >= WORTH_MA || b - a >= WORTH_MA;
}
bool control_kept_differs(const struct control_kept_charger *a,
                          const struct control_kept_charger *b)
{
#define T(name)                                                                                    \
    if (moved(&a->name, &b->name))                                                                 \
        return true;
    CONTROL_KEPT_TIMERS(T)
    T(served)
    T(trimmed)
    T(changing)
    T(switched)
#undef T
    int64_t spent = a->missing_mj - b->missing_mj;
    if (spent >= WORTH_MJ || spent <= -WORTH_MJ)
        return true;
    return a->change_to != b->change_to || a->changed != b->changed || a->used != b->used ||
           worth(a->under_ma, b->under_ma) || worth(a->over_ma, b->over_ma) ||
           a->learnt != b->learnt || a->turn != b->turn || a->yield != b->yield;
}
void control_resume_charger(struct control_state *s, int i, const struct control_kept_charger *k)
{
    struct control_charger_state *x = &s->chargers[i];
#define T(name) x->name = k->name;
    CONTROL_KEPT_TIMERS(T)
#undef T
    x->missing = (struct control_missing){k->missing_mj, {k->counted.since.ms, k->counted.on}};
    if (k->served.on)
        x->served_at = k->served.since;
    x->trimmed = k->trimmed.on;
    if (k->trimmed.on)
        x->probe_at = k->trimmed.since;
    if (k->switched.on)
        x->switched_at = k->switched.since;
    /* The box may have closed them meanwhile; whether it was asked nobody knows. */
    if (k->change_to)
        x->change = (struct control_change){k->change_to, true, k->changed, k->changing.since};
    x->used = k->used;
    x->under_ma = k->under_ma;
    x->over_ma = k->over_ma;
    x->learnt = k->learnt;
    x->turn = k->turn;
    x->yield = k->yield;
    if (k->turn > s->turns)
        s->turns = k->turn;
}

/* ---- loads ---- */
struct control_kept_load control_keep_load(const struct control_state *s,
                                           const struct control_config *c, int k, struct now now)
{
    const struct control_load_state *l = &s->loads[k];
    const struct control_charger_state *x = &s->chargers[c->chargers_n + k];
    struct control_kept_load kept = {.on = l->on,
                                     .switched = {l->dwells, l->switched_at},
                                     .piece = {l->block.on, l->block_at},
                                     .block_used_ms = l->freed.on ? l->block_used_ms : 0,
                                     .block_w = l->block.on ? l->block_w : 0,
                                     .trimmed = {x->trimmed, x->probe_at},
                                     .idle_since = x->idle_since,
#define T(name) .name = l->name,
                                     CONTROL_KEPT_LOAD_TIMERS(T)
#undef T
    };
    forget_young(&kept.above, now);
    forget_young(&kept.below, now);
    forget_young(&kept.idle_since, now);
    return kept;
}
bool control_kept_load_differs(const struct control_kept_load *a, const struct control_kept_load *b)
{
#define T(name)                                                                                    \
    if (moved(&a->name, &b->name))                                                                 \
        return true;
    CONTROL_KEPT_LOAD_TIMERS(T)
    T(switched)
    T(piece)
    T(trimmed)
    T(idle_since)
#undef T
    return a->on != b->on || a->block_used_ms != b->block_used_ms || a->block_w != b->block_w;
}
void control_resume_load(struct control_state *s, const struct control_config *c, int k,
                         const struct control_kept_load *kept)
{
    struct control_load_state *l = &s->loads[k];
    struct control_charger_state *x = &s->chargers[c->chargers_n + k];
#define T(name) l->name = kept->name;
    CONTROL_KEPT_LOAD_TIMERS(T)
#undef T
    l->on = kept->on;
    l->dwells = kept->switched.on;
    l->switched_at = kept->switched.since;
    l->block_at = kept->piece.since;
    l->block_used_ms = kept->block_used_ms;
    l->block_w = kept->block_w;
    x->idle_since = kept->idle_since;
    x->trimmed = kept->trimmed.on;
    if (kept->trimmed.on)
        x->probe_at = kept->trimmed.since;
}

/* ---- circuits ---- */
struct control_kept_circuit control_keep_circuit(const struct control_circuit_state *c)
{
    struct control_kept_circuit k = {0};
    for (int p = 0; p < PHASES; p++)
        if (c->reduced[p].on) {
            phase_put(&k.reduced_ma, p, c->reduced_ma[p]);
            if (!k.since.on || c->reduced[p].since.ms > k.since.since.ms)
                k.since = c->reduced[p];
        }
    return k;
}
void control_resume_circuit(struct control_state *s, int i, const struct control_kept_circuit *k)
{
    for (int p = 0; p < PHASES; p++)
        if (phase_set(&k->reduced_ma, p)) {
            s->circuits[i].reduced_ma[p] = k->reduced_ma.v[p];
            s->circuits[i].reduced[p] = k->since;
        }
}
