/* SPDX-License-Identifier: Apache-2.0
 * envelope.c -- what may be drawn at most: fuses per phase, phase balance, the grid operator.
 *
 * room = rating - reserve - margin - what else flows there. An overdraw (more than the rating,
 * after everything that is ordered and not yet seen) keeps the charging below that circuit reduced
 * by that amount for reduced_ms. */
#include "services/surplus-controller/core/layers.h"

/* What flows above the power limit, on each phase; in a circuit without a meter that is the sum of
 * what is measured below it. */
static int32_t power_over_ma(const struct step *t, int i)
{
    const struct control_circuit_state *k = &t->s->circuits[i];
    const struct opt_i32 *most = &t->c->circuits[i].max_power_w;
    if (!most->set || !k->news)
        return 0;
    int64_t drawn = (int64_t)k->est[0] + k->est[1] + k->est[2];
    int64_t cut = (int64_t)k->cut[0] + k->cut[1] + k->cut[2];
    int64_t w = (int64_t)k->house_w + watt(drawn + cut, t->s->volt_mv) - most->v;
    return sat_i32(w * 1000000 / t->s->volt_mv / max_i32(1, lanes_of(t->c->circuits[i].phases)));
}
static void circuit_overdraw(struct step *t, int i)
{
    struct control_circuit_state *k = &t->s->circuits[i];
    int32_t rating = t->c->circuits[i].max_current_ma, power_ma = power_over_ma(t, i);
    for (int p = 0; p < PHASES; p++) {
        int32_t over = k->framed ? k->meter_ma[p] + k->cut[p] - rating : 0;
        over = max_i32(over, power_ma);
        if (timer_done(t, &k->reduced[p], t->c->reduced_ms))
            k->reduced[p].on = false;
        if (over <= 0 || k->to[p] <= 0 || !t->c->reduced_ms)
            continue;
        /* A cut that helped nothing met a car that draws less than it may: the next one is deeper.
         */
        bool again = k->reduced[p].on && since_ms(t, k->reduced[p].since) < STRIKE_MS;
        int32_t first = k->unmetered ? STRIKES_BLIND : 0;
        k->strikes[p] = (uint8_t)min_i32(again ? k->strikes[p] + 1 : first, STRIKES_MAX);
        int32_t cap = max_i32(0, k->to[p] - over * (1 << k->strikes[p]));
        k->reduced_ma[p] = k->reduced[p].on ? min_i32(k->reduced_ma[p], cap) : cap;
        k->reduced[p] = (struct control_timer){true, {t->now}};
    }
}
/* What other loads draw below a circuit: by its own meter, or the sum of what is known below. */
static void circuit_house(struct step *t)
{
    struct control_circuit_state *k = t->s->circuits;
    const struct control_circuit_conf *c = t->c->circuits;
    for (int i = 0; i < t->c->circuits_n; i++) {
        k[i].news = k[i].framed;
        if (!c[i].metered) {
            memset(k[i].house_ma, 0, sizeof k[i].house_ma);
            k[i].house_w = 0;
            k[i].blind = METER_GOOD;
        }
    }
    for (int i = t->c->circuits_n - 1; i > 0; i--) {
        struct control_circuit_state *up = &k[c[i].parent];
        if (c[c[i].parent].metered)
            continue;
        for (int p = 0; p < PHASES; p++)
            up->house_ma[p] += max_i32(0, k[i].house_ma[p]);
        up->house_w += max_i32(0, k[i].house_w);
        up->news = up->news || k[i].news;
    }
}
/* The leader's budget is for the cars alone; what else flows here is in its own meters. */
static void group_room(struct step *t)
{
    const struct opt_i32 *max = &t->in->group.max_ma;
    struct control_circuit_state *root = &t->s->circuits[0];
    t->s->group_binds = 0;
    for (int p = 0; p < PHASES && t->in->group.member && max->set; p++)
        if (max->v < root->room[p]) {
            root->room[p] = max->v;
            t->s->group_binds = (uint8_t)(t->s->group_binds | 1u << p);
        }
}
static void circuit_limit(struct control_circuit_state *k, const struct control_circuit_in *in)
{
    for (int p = 0; p < PHASES; p++)
        if (phase_set(&in->current_ma, p))
            k->room[p] = min_i32(k->room[p], in->current_ma.v[p]);
    if (in->power_w.set)
        k->room_w = min_i32(k->room_w, in->power_w.v);
}
static void circuit_room(struct step *t, int i)
{
    struct control_circuit_state *k = &t->s->circuits[i];
    const struct control_circuit_conf *c = &t->c->circuits[i];
    int32_t margin = sat_i32((int64_t)c->max_current_ma * t->c->margin_pm / 1000);
    for (int p = 0; p < PHASES; p++) {
        k->room[p] = c->max_current_ma - c->reserve_ma - margin - k->house_ma[p];
        if (k->reduced[p].on)
            k->room[p] = min_i32(k->room[p], k->reduced_ma[p]);
        if (!(c->phases >> p & 1))
            k->room[p] = 0;
    }
    k->room_w = NO_BOUND;
    if (c->max_power_w.set)
        k->room_w =
            sat_i32((int64_t)c->max_power_w.v * (1000 - t->c->margin_pm) / 1000 - k->house_w);
    if (t->in->limits)
        circuit_limit(k, &t->in->limits[i]);
}
/* Asymmetric cars: the sum of them on one phase stays below the limit, which keeps the difference
 * of any two phases below it whatever the cars really take. */
static void balance_room(struct step *t)
{
    int32_t limit = sat_i32((int64_t)t->c->imbalance_va * 1000000 / t->s->volt_mv);
    const int32_t *house = t->s->circuits[0].house_ma;
    int32_t least = min_i32(house[0], min_i32(house[1], house[2]));
    limit -= sat_i32((int64_t)limit * t->c->margin_pm / 1000);
    for (int p = 0; p < PHASES; p++) {
        t->s->tilt[p] = t->c->balance == BALANCE_OFF ? NO_BOUND : limit;
        if (t->c->balance == BALANCE_ALL)
            t->s->tilt[p] = limit - (house[p] - least);
    }
}
/* Production less other loads, ahead by what meter and car are late when it falls: a cloud must not
 * lead the cars over the limit. */
static int64_t own_ahead(struct step *t)
{
    struct control_state *s = t->s;
    int32_t own = (t->in->battery_w.set ? t->in->battery_w.v : 0) - s->circuits[0].house_w;
    int64_t dt = since_ms(t, s->own_at);
    if (s->new_frame && dt >= SLOPE_MS) {
        s->own_fall[1] = s->own_fall[0];
        s->own_fall[0] = dt > SAMPLE_LATE_MS ? 0 : sat_i32(min_i64(0, own - s->own_w) * 1000 / dt);
        s->own_w = own;
        s->own_at.ms = t->now;
    }
    /* Both of the last two falls: a kettle is a step, only a cloud goes on. */
    int64_t ahead_ms = (int64_t)t->c->follow_ms * AHEAD_PM / 1000;
    return own + max_i32(s->own_fall[0], s->own_fall[1]) * ahead_ms / 1000;
}
/* All chargers together: limit + what the own production has left for them. */
static void operator_room(struct step *t)
{
    struct control_state *s = t->s;
    int64_t own = 0;
    s->budget_w = NO_BOUND;
    if (s->meter == METER_GOOD && (!t->c->has_battery || t->in->battery_w.set))
        own = own_ahead(t);
    if (!t->in->consume_w.set)
        return;
    int64_t sum = t->in->consume_w.v + max_i64(0, own);
    s->budget_w = sum - sum * t->c->margin_pm / 1000;
}
/* A box that does not answer holds what it will fall back to; that is nobody else's. */
static void offline_reserve(struct step *t, int i)
{
    const struct control_charger_in *in = &t->in->chargers[i];
    const struct control_charger_state *x = &t->s->chargers[i];
    if (in->known && in->online)
        return;
    int32_t applied = in->known && in->applied_ma.set ? in->applied_ma.v : x->current_ma;
    if (!in->known)
        applied = t->c->chargers[i].max_ma;
    int32_t held = min_i32(applied, t->c->chargers[i].fallback_ma);
    int32_t drawn = greatest(x->est);
    /* est was taken out of the house; what is above the fallback is going on right now */
    room_take(t, i, max_i32(held, drawn));
}
/* What a car takes beyond its limit is going on as well; known before it is worth a report. */
static void overdraw_reserve(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    int32_t drawn = greatest(x->est);
    /* A stop is believed until it could be followed: it is no reason to stop somebody else. */
    bool stopping = !x->current_ma && !x->certain;
    bool reserve = x->over.on && t->in->chargers[i].online && !stopping;
    x->beyond_ma = reserve ? max_i32(0, drawn - x->current_ma) : 0;
    /* A cut is on its way: balance and operator can wait for it, a fuse can't. */
    room_take_slow(t, i, x->beyond_ma, x->certain ? x->beyond_ma : x->over_ma);
}
void envelope(struct step *t)
{
    circuit_house(t);
    for (int i = 0; i < t->c->circuits_n; i++)
        circuit_overdraw(t, i);
    for (int i = 0; i < t->c->circuits_n; i++)
        circuit_room(t, i);
    group_room(t);
    balance_room(t);
    operator_room(t);
    for (int i = 0; i < takers_n(t->c); i++)
        offline_reserve(t, i);
    for (int i = 0; i < t->c->chargers_n; i++)
        overdraw_reserve(t, i);
    for (int i = 0; i < t->c->circuits_n; i++)
        memcpy(t->s->circuits[i].cap, t->s->circuits[i].room, sizeof t->s->circuits[i].cap);
}
