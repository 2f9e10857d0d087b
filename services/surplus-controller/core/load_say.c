/* SPDX-License-Identifier: Apache-2.0
 * load_say.c -- the decision about a load, in its own terms: on or off, W, SG Ready state, and the
 * reasons of chargers in words that fit a load. */
#include "services/surplus-controller/core/layers.h"
#include "services/surplus-controller/core/load.h"

/* ---- reasons ---- */
/* mA: bits of the parameters that are currents there and powers here. */
static const struct {
    enum control_code from, to;
    uint8_t ma;
} words[] = {
    {CONTROL_OFFLINE, CONTROL_LOAD_OFFLINE, 0},
    {CONTROL_FULL_POWER, CONTROL_LOAD_ON, 1},
    {CONTROL_OVERRIDE_MAX, CONTROL_LOAD_MAX, 1},
    {CONTROL_TRIMMED, CONTROL_LOAD_TRIMMED, 1},
    {CONTROL_CIRCUIT, CONTROL_LOAD_CIRCUIT, 1},
    {CONTROL_CIRCUIT_PAUSE, CONTROL_LOAD_CIRCUIT_OFF, 3},
    {CONTROL_REDUCED, CONTROL_LOAD_REDUCED, 1},
    {CONTROL_IMBALANCE, CONTROL_LOAD_IMBALANCE, 1},
    {CONTROL_TURN, CONTROL_LOAD_TURN, 0},
    {CONTROL_GRID_LIMIT, CONTROL_LOAD_GRID_LIMIT, 1},
    {CONTROL_GRID_LIMIT_PAUSE, CONTROL_LOAD_GRID_LIMIT_OFF, 0},
    {CONTROL_METER_MISSING, CONTROL_LOAD_METER, 1},
    {CONTROL_METER_FROZEN, CONTROL_LOAD_METER, 1},
    {CONTROL_SURPLUS, CONTROL_LOAD_SURPLUS, 0},
    {CONTROL_SETTLING, CONTROL_LOAD_SETTLING, 0},
};
static void in_words(struct control_reason *why, const struct control_charger_state *x)
{
    for (size_t k = 0; k < COUNT_OF(words); k++) {
        if (words[k].from != why->code)
            continue;
        why->code = words[k].to;
        for (int p = 0; p < 3; p++)
            if (words[k].ma >> p & 1)
                why->p[p] = load_w(why->p[p], x->lanes);
        break;
    }
    if (why->code == CONTROL_LOAD_SURPLUS) {
        why->p[1] = why->p[0];
        why->p[0] = load_w(x->current_ma, x->lanes);
    }
}
static void say_block(const struct step *t, int k, struct control_reason *why)
{
    const struct control_load_conf *c = &t->c->loads[k];
    const struct control_load_state *l = &t->s->loads[k];
    bool off = t->in->loads[k].mode == LOAD_MODE_OFF;
    if (l->block.on)
        *why = (struct control_reason){
            off ? CONTROL_LOAD_OFF_BLOCKED : CONTROL_LOAD_BLOCKED,
            {left_min(t, l->block.since, c->block_max_ms), off ? 0 : t->in->consume_w.v},
            0};
    else if (l->released.on && !l->on && (off || t->in->consume_w.set))
        *why = (struct control_reason){
            CONTROL_LOAD_BLOCK_OVER, {left_min(t, l->released.since, c->block_pause_ms)}, 0};
}

/* ---- when ---- */
static void next_change(const struct step *t, int k, enum control_code code, struct opt_i64 *next)
{
    const struct control_load_conf *c = &t->c->loads[k];
    const struct control_load_state *l = &t->s->loads[k];
    int64_t at = -1;
    switch (code) {
    case CONTROL_LOAD_DELAY: at = l->above.since.ms + c->on_delay_ms; break;
    case CONTROL_LOAD_HOLD: at = l->below.since.ms + c->off_delay_ms; break;
    case CONTROL_LOAD_MIN_RUN: at = l->switched_at.ms + c->min_run_ms; break;
    case CONTROL_LOAD_REST: at = l->switched_at.ms + c->min_rest_ms; break;
    case CONTROL_LOAD_BLOCKED:
    case CONTROL_LOAD_OFF_BLOCKED: at = l->block.since.ms + c->block_max_ms; break;
    case CONTROL_LOAD_BLOCK_OVER: at = l->released.since.ms + c->block_pause_ms; break;
    default: return; /* what holds for chargers too */
    }
    *next = at > t->now ? SOME_I64(at) : (struct opt_i64){0};
}

/* ---- the decision ---- */
static enum sg_state sg_of(const struct step *t, int k)
{
    const struct control_load_conf *c = &t->c->loads[k];
    const struct control_load_state *l = &t->s->loads[k];
    if (c->kind != CONTROL_LOAD_SG_READY)
        return SG_STATE_UNSET;
    if (l->block.on)
        return SG_STATE_BLOCK;
    if (!l->on)
        return SG_STATE_NORMAL;
    return c->can_force && t->in->loads[k].mode == LOAD_MODE_ON ? SG_STATE_FORCED
                                                                : SG_STATE_RECOMMENDED;
}
static enum control_load_fault fault_of(const struct step *t, int k)
{
    const struct control_load_conf *c = &t->c->loads[k];
    const struct control_load_state *l = &t->s->loads[k];
    if (t->in->loads[k].free)
        return LOAD_FAULT_FREE;
    if (l->deaf.on && since_ms(t, l->deaf.since) >= c->react_ms)
        return l->on ? LOAD_FAULT_WILL_NOT : LOAD_FAULT_WILL_STILL;
    if (l->released.on && !l->on && t->in->consume_w.set)
        return LOAD_FAULT_BLOCK_OVER;
    return LOAD_FAULT_NONE;
}
void load_decide(const struct step *t, int i, struct control_decision *d,
                 struct control_load_decision *out)
{
    int k = i - t->c->chargers_n;
    const struct control_load_conf *c = &t->c->loads[k];
    const struct control_load_state *l = &t->s->loads[k];
    const struct control_charger_state *x = &t->s->chargers[i];
    bool generator = c->kind == CONTROL_LOAD_GENERATOR;
    *out = (struct control_load_decision){
        .power_w = load_w(x->current_ma, x->lanes),
        .fallback_w = load_w(d->fallback_ma, x->lanes),
        .sg = sg_of(t, k),
        .fault = fault_of(t, k),
    };
    if (c->kind != CONTROL_LOAD_SG_READY &&
        !(generator && t->in->loads[k].mode == LOAD_MODE_NORMAL))
        out->on = SOME_BOOL(l->on);
    if (generator && l->on)
        out->power_w =
            min_i32(c->power_w,
                    t->in->loads[k].max_power_w.set ? t->in->loads[k].max_power_w.v : INT32_MAX);
    if (t->in->loads[k].free)
        d->send = false; /* not fought */
    in_words(&d->reason, x);
    if (!t->in->loads[k].free && t->in->chargers[i].known && t->in->chargers[i].online)
        say_block(t, k, &d->reason);
    next_change(t, k, d->reason.code, &d->next_mono_ms);
}
