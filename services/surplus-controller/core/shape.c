/* SPDX-License-Identifier: Apache-2.0
 * shape.c -- when a setpoint may move. Down: now. Up: on a fresh meter, after the settling time,
 * when the car has shown what it makes of the last order, by more than the dead band, and only into
 * what is free at this moment: what another car was just told to leave is still being drawn. What a
 * person chose and what a lifted limit gives back goes up without settling. */
#include "services/surplus-controller/core/layers.h"

/* cap - what flows - what is offered and not yet drawn, per circuit; kept in room. */
static void room_now(struct step *t)
{
    struct control_circuit_state *k = t->s->circuits;
    for (int c = 0; c < t->c->circuits_n; c++)
        memset(k[c].n, 0, sizeof k[c].n);
    for (int i = 0; i < takers_n(t->c); i++) {
        const struct control_charger_state *x = &t->s->chargers[i];
        if (!t->in->chargers[i].known || !t->in->chargers[i].online)
            continue; /* reserved already */
        int32_t offer = min_i32(x->current_ma, x->got_ma);
        for (int p = 0; p < PHASES; p++)
            k[t->c->chargers[i].circuit].n[p] +=
                max_i32(x->est[p] - x->beyond_ma, x->load >> p & 1 ? offer : 0);
    }
    for (int c = t->c->circuits_n - 1; c >= 0; c--)
        for (int p = 0; p < PHASES; p++) {
            k[c].room[p] = k[c].cap[p] - k[c].n[p];
            if (c > 0)
                k[t->c->circuits[c].parent].n[p] += k[c].n[p];
        }
}
static int32_t free_now(const struct step *t, int i)
{
    const struct control_charger_state *x = &t->s->chargers[i];
    int32_t ma = NO_BOUND;
    for (int k = t->c->chargers[i].circuit; k >= 0; k = t->c->circuits[k].parent)
        for (int p = 0; p < PHASES; p++)
            if (x->load >> p & 1)
                ma = min_i32(ma, t->s->circuits[k].room[p]);
    return ma;
}
static void take_now(struct step *t, int i, int32_t ma)
{
    for (int k = t->c->chargers[i].circuit; k >= 0; k = t->c->circuits[k].parent)
        for (int p = 0; p < PHASES; p++)
            t->s->circuits[k].room[p] -= t->s->chargers[i].load >> p & 1 ? ma : 0;
}
static void held(struct control_charger_state *x, enum control_code code)
{
    x->why = (struct control_reason){code, {x->current_ma}, 0};
}
/* Worth a change: more than the dead band, or the last step to what was wished. */
static bool worth(const struct step *t, const struct control_charger_state *x)
{
    int32_t more = x->got_ma - x->current_ma;
    return !x->current_ma || x->got_ma == x->max_ma || !t->c->dead_band_w ||
           watt((int64_t)more * x->lanes, t->s->volt_mv) > t->c->dead_band_w;
}
static int32_t raise_to(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    if (!worth(t, x) && !x->urgent)
        return x->current_ma;
    if (x->blind != METER_GOOD) {
        if (x->blind == METER_SUSPECT)
            held(x, CONTROL_METER_SUSPECT);
        return x->current_ma;
    }
    if (x->solar && t->in->battery_late) {
        held(x, CONTROL_BATTERY_LATE);
        return x->current_ma;
    }
    if (t->in->group.member && !t->in->group.max_ma.set) {
        held(x, CONTROL_GROUP_WAIT);
        return x->current_ma;
    }
    if (!t->in->config_agreed) {
        held(x, CONTROL_CONFIG);
        return x->current_ma;
    }
    if (t->c->settling_ms && !x->urgent) {
        step_due(t, x->changed_at.ms + t->c->settling_ms);
        if (since_ms(t, x->changed_at) < t->c->settling_ms || !x->certain) {
            held(x, CONTROL_SETTLING);
            return x->current_ma;
        }
    }
    int32_t base = 0;
    for (int p = 0; p < PHASES; p++)
        if (x->load >> p & 1)
            base = max_i32(base, max_i32(x->est[p], x->current_ma));
    int32_t to = min_i32(x->got_ma, base + max_i32(0, free_now(t, i)));
    if (to < x->got_ma)
        held(x, CONTROL_SETTLING);
    if (to <= x->current_ma || to < x->min_ma)
        return x->current_ma;
    take_now(t, i, to - base);
    return to;
}

/* Meter noise moves a bound a little at every frame; the margin of the bounds covers that much. */
static bool too_small(const struct step *t, const struct control_charger_state *x)
{
    enum limit by = control_reason_limit(x->why.code);
    bool covered = by == LIMIT_CIRCUIT || by == LIMIT_IMBALANCE || by == LIMIT_GRID_OPERATOR;
    return covered && x->got_ma &&
           x->current_ma - x->got_ma <= (int64_t)x->got_ma * t->c->margin_pm / 2000;
}

/* ---- orders ---- */
static void order(struct step *t, struct control_charger_state *x, int32_t ma)
{
    int32_t was = x->current_ma;
    bool pending = in_flight(t, x) || !x->certain;
    for (int p = 0; p < PHASES; p++) {
        int32_t heads = pending ? x->to[p] : x->est[p]; /* where it is going already */
        bool follows = was == 0 || heads >= was - SLACK_MA;
        x->from[p] = x->est[p];
        x->to[p] = heads;
        if (ma < was)
            x->to[p] = min_i32(heads, drawn_of(x, ma));
        else if (follows && !x->idle && (x->load >> p & 1))
            x->to[p] = ma;
    }
    if (!in_flight(t, x))
        x->flight_at.ms = t->now;
    x->order_at = x->changed_at = (struct mono){t->now};
    x->certain = t->c->follow_ms == 0;
    if (!was)
        x->served_at.ms = t->now;
    x->current_ma = ma;
}
static void orders(struct step *t)
{
    bool any = false;
    for (int i = 0; i < takers_n(t->c); i++)
        any = any || t->s->chargers[i].got_ma != t->s->chargers[i].current_ma;
    if (!any)
        return;
    for (int i = 0; i < takers_n(t->c); i++) {
        struct control_charger_state *x = &t->s->chargers[i];
        if (x->got_ma != x->current_ma) {
            x->urgent = false;
            order(t, x, x->got_ma);
        } else if (in_flight(t, x)) /* from here on counted against the new base */
            memcpy(x->from, x->est, sizeof x->from);
    }
    t->s->base_at.ms = t->now;
    for (int c = 0; c < t->c->circuits_n; c++)
        memcpy(t->s->circuits[c].base_ma, t->s->circuits[c].meter_ma,
               sizeof t->s->circuits[c].base_ma);
}
void shape(struct step *t)
{
    room_now(t);
    for (int j = 0; j < takers_n(t->c); j++) {
        int i = t->s->order[j];
        struct control_charger_state *x = &t->s->chargers[i];
        if (!t->in->chargers[i].known || !t->in->chargers[i].online) {
            x->seen = false; /* when it is back, it goes on from what was applied */
            x->got_ma = x->current_ma;
        } else if (x->got_ma > x->current_ma) {
            x->got_ma = raise_to(t, i);
        } else {
            x->urgent = false;
            if (x->got_ma < x->current_ma && too_small(t, x))
                x->got_ma = x->current_ma;
        }
    }
    orders(t);
    loads_settle(t);
}
