/* SPDX-License-Identifier: Apache-2.0
 * allocate.c -- who gets what of the room: minimums first by priority, then the rest by priority,
 * fair within a priority. Taking from the room takes from every circuit up to the grid connection.
 *
 * Fair: in each round everybody may add the smallest equal share on his way up; who is at his wish
 * or at a full circuit drops out. A few rounds come close to max-min fairness; a last pass hands
 * out what rounding left. */
#include "services/surplus-controller/core/layers.h"

enum { ROUNDS = 6, CRUMB_MA = 50 };

/* A car whose phases are not known may turn out to use any of them. */
static bool asymmetric(const struct step *t, const struct control_charger_state *x)
{
    if (t->c->balance == BALANCE_CARS && is_load(t, (int)(x - t->s->chargers)))
        return false;
    return t->c->balance != BALANCE_OFF && (!x->used || x->load != ALL_PHASES) &&
           t->c->circuits[0].phases == ALL_PHASES;
}
struct bound {
    int32_t ma;
    enum control_code code;
    int16_t circuit;
};
/* Balance and the operator's limit count what the car will really draw; a fuse counts what it may
 * draw. What it leaves of its offer is counted once, with its first share. */
static struct bound tightest(const struct step *t, int i, int32_t under)
{
    const struct control_charger_state *x = &t->s->chargers[i];
    struct bound b = {NO_BOUND, CONTROL_CIRCUIT, 0};
    for (int k = t->c->chargers[i].circuit; k >= 0; k = t->c->circuits[k].parent) {
        const struct control_circuit_state *c = &t->s->circuits[k];
        int32_t ma = c->room_w < NO_BOUND ? ma_of_w(c->room_w, lanes_mv(t, x)) : NO_BOUND;
        for (int p = 0; p < PHASES; p++)
            if (x->load >> p & 1)
                ma = min_i32(ma, c->room[p]);
        bool group = k == 0 && (t->s->group_binds & x->load);
        if (ma < b.ma)
            b = (struct bound){ma, group ? CONTROL_GROUP : CONTROL_CIRCUIT, (int16_t)k};
    }
    for (int p = 0; p < PHASES && asymmetric(t, x); p++)
        if ((x->load >> p & 1) && t->s->tilt[p] + under < b.ma)
            b = (struct bound){t->s->tilt[p] + under, CONTROL_IMBALANCE, 0};
    int32_t budget =
        t->s->budget_w < NO_BOUND ? ma_of_w(t->s->budget_w, lanes_mv(t, x)) + under : NO_BOUND;
    if (budget < b.ma)
        b = (struct bound){budget, CONTROL_GRID_LIMIT, 0};
    return b;
}
int32_t room_for(const struct step *t, int i)
{
    return tightest(t, i, 0).ma;
}
static void take(struct step *t, int i, int32_t ma, int32_t under)
{
    const struct control_charger_state *x = &t->s->chargers[i];
    int32_t w = watt((int64_t)ma * x->lanes, t->s->volt_mv);
    for (int k = t->c->chargers[i].circuit; k >= 0; k = t->c->circuits[k].parent) {
        struct control_circuit_state *c = &t->s->circuits[k];
        for (int p = 0; p < PHASES; p++)
            c->room[p] -= x->load >> p & 1 ? ma : 0;
        c->room_w -= c->room_w < NO_BOUND ? w : 0;
    }
    for (int p = 0; p < PHASES && asymmetric(t, x); p++)
        t->s->tilt[p] -= x->load >> p & 1 ? ma - under : 0;
    if (t->s->budget_w < NO_BOUND)
        t->s->budget_w -= watt((int64_t)(ma - under) * x->lanes, t->s->volt_mv);
}
void room_take(struct step *t, int i, int32_t ma)
{
    take(t, i, ma, 0);
}
void room_take_slow(struct step *t, int i, int32_t ma, int32_t soon_ma)
{
    take(t, i, ma, max_i32(0, ma - soon_ma));
}
void room_give_back(struct step *t, int i, bool back)
{
    const struct control_charger_state *x = &t->s->chargers[i];
    int32_t under = x->got_ma ? x->under_ma : 0;
    take(t, i, back ? -x->got_ma : x->got_ma, back ? -under : under);
}
static void give(struct step *t, int i, int32_t ma)
{
    struct control_charger_state *x = &t->s->chargers[i];
    int32_t under = x->got_ma ? 0 : x->under_ma;
    take(t, i, ma, under);
    x->got_ma += ma;
    if (x->solar && !x->idle) /* an idle car does not use the sun */
        t->s->solar_w -= watt((int64_t)(ma - under) * x->lanes, t->s->volt_mv);
}

/* ---- order ---- */
static bool before(const struct control_charger_state *a, const struct control_charger_state *b)
{
    bool wait_a = !a->current_ma || a->yield, wait_b = !b->current_ma || b->yield;
    if (a->priority != b->priority)
        return a->priority < b->priority;
    return wait_a != wait_b ? wait_b : a->turn < b->turn;
}
static void sort(struct step *t)
{
    int16_t *o = t->s->order;
    for (int i = 1; i < takers_n(t->c); i++) { /* nearly sorted from one step to the next */
        int16_t one = o[i];
        int j = i;
        for (; j > 0 && before(&t->s->chargers[one], &t->s->chargers[o[j - 1]]); j--)
            o[j] = o[j - 1];
        o[j] = one;
    }
}

/* ---- minimums ---- */
/* What it draws beyond its offer is reserved while it charges; it starts only with that. */
static int32_t least_ma(const struct control_charger_state *x)
{
    return x->min_ma + (x->current_ma ? 0 : x->over_ma);
}
static void too_little(struct step *t, int i, struct bound b)
{
    struct control_charger_state *x = &t->s->chargers[i];
    x->want_ma = 0;
    if (x->current_ma)
        x->crowded = (struct control_timer){true, {t->now}};
    x->why = (struct control_reason){b.code, {max_i32(0, b.ma), least_ma(x)}, b.circuit};
    if (x->first_ma >= least_ma(x))
        x->why.code = CONTROL_TURN;
    else if (b.code == CONTROL_CIRCUIT)
        x->why.code = CONTROL_CIRCUIT_PAUSE;
    else if (b.code == CONTROL_GROUP)
        x->why.code = CONTROL_GROUP_PAUSE;
    else if (b.code == CONTROL_GRID_LIMIT)
        x->why = (struct control_reason){
            CONTROL_GRID_LIMIT_PAUSE,
            {t->in->consume_w.v,
             watt((int64_t)(least_ma(x) - x->under_ma) * x->lanes, t->s->volt_mv)},
            0};
}
/* What limits come and go with, a kettle or a cloud, does not make contactors clatter. */
static bool waits_for_room(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    if (!x->crowded.on || x->current_ma || is_load(t, i))
        return false;
    if (x->urgent || timer_done(t, &x->crowded, t->c->room_wait_ms)) {
        x->crowded.on = false;
        return false;
    }
    int64_t left = t->c->room_wait_ms - since_ms(t, x->crowded.since);
    x->why = (struct control_reason){CONTROL_ROOM_WAIT, {in_s(left), x->min_ma}, 0};
    return true;
}
static void serve_minimum(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    if (!x->want_ma)
        return;
    load_hold(t, i, false);
    struct bound b = tightest(t, i, t->s->chargers[i].under_ma);
    if (b.ma < least_ma(x)) {
        too_little(t, i, b);
    } else if (waits_for_room(t, i)) {
        x->want_ma = 0;
    } else if (x->solar && !solar_grants(t, i)) {
        x->want_ma = 0;
    } else {
        give(t, i, x->min_ma);
    }
    if (!x->want_ma)
        load_hold(t, i, true);
}
/* What it takes of the sun beyond its minimum, by what it has been told; less than nothing while it
 * does not draw at all. */
static int64_t told_w(const struct step *t, int i)
{
    const struct control_charger_state *x = &t->s->chargers[i];
    if (!x->solar || x->idle || !x->got_ma)
        return 0;
    int32_t takes = x->draw[0] + x->draw[1] + x->draw[2] < STILL_MA ? 0 : x->current_ma;
    return watt((int64_t)(takes - x->got_ma) * x->lanes, t->s->volt_mv);
}
/* What it would take; those behind it start with what that leaves. It is taken from the room until
 * all of its priority have said theirs: two cars behind one fuse do not claim it twice. */
static int64_t claim_w(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    x->claimed_ma = 0;
    if (!x->solar || x->idle || !x->got_ma)
        return 0;
    x->claimed_ma = max_i32(0, min_i32(x->want_ma - x->got_ma, room_for(t, i)));
    room_take(t, i, x->claimed_ma);
    return watt((int64_t)x->claimed_ma * x->lanes, t->s->volt_mv);
}
/* What runs keeps its minimum, whoever would take more: that is no room to claim. */
static void keep_running(struct step *t, int from, int sign)
{
    for (int j = from; j < takers_n(t->c); j++) {
        int i = t->s->order[j];
        const struct control_charger_state *x = &t->s->chargers[i];
        if (x->want_ma && x->current_ma && !x->got_ma)
            take(t, i, sign * x->min_ma, sign * x->under_ma);
    }
}
static void serve_priority(struct step *t, int from, int to)
{
    const int16_t *o = t->s->order;
    for (int j = from; j < to; j++)
        if (!load_is_locked(t, o[j]))
            serve_minimum(t, o[j]);
    int64_t claims = 0, told = 0;
    keep_running(t, to, 1);
    for (int j = from; j < to; j++)
        if (!load_is_locked(t, o[j])) {
            claims += claim_w(t, o[j]);
            told += told_w(t, o[j]);
        }
    for (int j = from; j < to; j++)
        if (!load_is_locked(t, o[j]))
            room_take(t, o[j], -t->s->chargers[o[j]].claimed_ma);
    keep_running(t, to, -1);
    t->s->claim_w += claims;
    t->s->told_w += told;
}
/* First behind those from j on who has another priority. */
static int priority_end(const struct step *t, int j)
{
    const int16_t *o = t->s->order;
    int to = j + 1;
    while (to < takers_n(t->c) && t->s->chargers[o[to]].priority == t->s->chargers[o[j]].priority)
        to++;
    return to;
}
static void serve_minimums(struct step *t)
{
    const int16_t *o = t->s->order;
    t->s->claim_w = t->s->told_w = 0;
    /* A load within its shortest run comes before every wish, and takes its minimum only. */
    for (int j = 0; j < takers_n(t->c); j++)
        if (load_is_locked(t, o[j]))
            serve_minimum(t, o[j]);
    for (int from = 0, to; from < takers_n(t->c); from = to)
        serve_priority(t, from, to = priority_end(t, from));
}

/* ---- the rest ---- */
/* What the sun adds on n phases; solar_plus gets its start power from whatever there is. A car that
 * charges again begins slowly; a thermostat takes at once all that it is offered. */
static int32_t sun_share(const struct step *t, const struct control_charger_state *x, int64_t sun_w,
                         int32_t n)
{
    if (!x->solar || (x->idle && !is_load(t, (int)(x - t->s->chargers))))
        return NO_BOUND;
    int32_t ma =
        max_i32(ma_of_w(max_i64(sun_w, 0), t->s->volt_mv * max_i32(1, n)), x->floor_ma - x->got_ma);
    /* What is granted keeps up what runs; it is no sun that anybody could have more of. */
    return t->s->granted_w ? min_i32(ma, max_i32(0, x->current_ma - x->got_ma)) : ma;
}
struct takers {
    int32_t tilt[PHASES], lanes, solar_lanes;
};
static bool count_takers(struct step *t, int from, int to, struct takers *n)
{
    bool any = false;
    struct control_circuit_state *k = t->s->circuits;
    memset(n, 0, sizeof *n);
    for (int c = 0; c < t->c->circuits_n; c++)
        k[c].n[0] = k[c].n[1] = k[c].n[2] = k[c].weight = 0;
    for (int j = from; j < to; j++) {
        int i = t->s->order[j];
        const struct control_charger_state *x = &t->s->chargers[i];
        if (!x->active)
            continue;
        any = true;
        for (int p = 0; p < PHASES; p++) {
            k[t->c->chargers[i].circuit].n[p] += x->load >> p & 1;
            n->tilt[p] += asymmetric(t, x) && (x->load >> p & 1);
        }
        k[t->c->chargers[i].circuit].weight += x->lanes;
        n->lanes += x->lanes;
        n->solar_lanes += x->solar && !x->idle ? x->lanes : 0;
    }
    for (int c = t->c->circuits_n - 1; c > 0; c--) {
        struct control_circuit_state *up = &k[t->c->circuits[c].parent];
        for (int p = 0; p < PHASES; p++)
            up->n[p] += k[c].n[p];
        up->weight += k[c].weight;
    }
    return any;
}
static void circuit_shares(struct step *t)
{
    struct control_circuit_state *k = t->s->circuits;
    for (int c = 0; c < t->c->circuits_n; c++) {
        const struct control_circuit_state *up = c ? &k[t->c->circuits[c].parent] : NULL;
        for (int p = 0; p < PHASES; p++) {
            int32_t own = k[c].n[p] ? max_i32(0, k[c].room[p]) / k[c].n[p] : NO_BOUND;
            k[c].share[p] = up ? min_i32(own, up->share[p]) : own;
        }
        int32_t own = NO_BOUND;
        if (k[c].weight && k[c].room_w < NO_BOUND)
            own = ma_of_w(max_i32(0, k[c].room_w), t->s->volt_mv) / k[c].weight;
        k[c].share_w = up ? min_i32(own, up->share_w) : own;
    }
}
static int32_t share_of(const struct step *t, int i, const struct takers *n,
                        const int32_t tilt[PHASES], int32_t budget_ma)
{
    const struct control_charger_state *x = &t->s->chargers[i];
    const struct control_circuit_state *k = &t->s->circuits[t->c->chargers[i].circuit];
    int32_t ma = min_i32(x->want_ma - x->got_ma, min_i32(k->share_w, budget_ma));
    for (int p = 0; p < PHASES; p++)
        if (x->load >> p & 1) {
            ma = min_i32(ma, k->share[p]);
            if (asymmetric(t, x))
                ma = min_i32(ma, max_i32(0, tilt[p]) / max_i32(1, n->tilt[p]));
        }
    return ma;
}
static void one_round(struct step *t, int from, int to, const struct takers *n)
{
    const struct control_state *s = t->s;
    int32_t tilt[PHASES] = {s->tilt[0], s->tilt[1], s->tilt[2]};
    int32_t budget_ma = s->budget_w < NO_BOUND
                            ? ma_of_w(max_i64(0, s->budget_w), s->volt_mv) / max_i32(1, n->lanes)
                            : NO_BOUND;
    int64_t sun_w = s->solar_w;
    for (int j = from; j < to; j++) {
        struct control_charger_state *x = &t->s->chargers[s->order[j]];
        if (!x->active)
            continue;
        int32_t ma = share_of(t, s->order[j], n, tilt, budget_ma);
        ma = min_i32(ma, sun_share(t, x, sun_w, n->solar_lanes));
        if (ma > 0)
            give(t, s->order[j], ma);
        x->active = ma >= CRUMB_MA && x->got_ma < x->want_ma;
    }
}
static void serve_rest(struct step *t, int from, int to)
{
    struct takers n;
    for (int j = from; j < to; j++) {
        struct control_charger_state *x = &t->s->chargers[t->s->order[j]];
        x->active = x->got_ma && x->got_ma < x->want_ma;
    }
    for (int r = 0; r < ROUNDS && to - from > 1 && count_takers(t, from, to, &n); r++) {
        circuit_shares(t);
        one_round(t, from, to, &n);
    }
    for (int j = from; j < to; j++) {
        int i = t->s->order[j];
        const struct control_charger_state *x = &t->s->chargers[i];
        int32_t more = x->want_ma - x->got_ma;
        if (!x->got_ma || more <= 0)
            continue;
        more = min_i32(min_i32(more, room_for(t, i)), sun_share(t, x, t->s->solar_w, x->lanes));
        if (more > 0)
            give(t, i, more);
    }
}

/* ---- turns, reasons ---- */
/* When the minimums of a priority do not all fit, whoever had his time goes behind the others. */
static void turns(struct step *t)
{
    bool waits[100] = {false};
    for (int i = 0; i < takers_n(t->c); i++)
        if (t->s->chargers[i].why.code == CONTROL_TURN)
            waits[t->s->chargers[i].priority] = true;
    for (int i = 0; i < takers_n(t->c); i++) {
        struct control_charger_state *x = &t->s->chargers[i];
        if (!t->in->chargers[i].known) {
            continue; /* after a start its turn goes on */
        } else if (!x->current_ma) {
            x->yield = false;
        } else if (waits[x->priority] && !x->yield) {
            step_due(t, x->served_at.ms + t->c->slice_ms);
            if (since_ms(t, x->served_at) >= t->c->slice_ms) {
                x->yield = true;
                x->turn = ++t->s->turns;
                step_due(t, t->now + 1);
            }
        }
    }
}
static void say_bound(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    if (!x->got_ma || x->got_ma >= x->want_ma)
        return;
    struct bound b = tightest(t, i, 0);
    x->why = (struct control_reason){b.code, {x->got_ma}, b.circuit};
    if (x->solar && sun_share(t, x, t->s->solar_w, x->lanes) <= b.ma) {
        x->why = (struct control_reason){CONTROL_SURPLUS, {t->s->basis_w}, 0};
        if (x->got_ma <= x->floor_ma)
            x->why = (struct control_reason){CONTROL_PLUS, {x->got_ma, t->s->basis_w}, 0};
    } else if (b.code == CONTROL_GRID_LIMIT) {
        x->why.p[1] = t->in->consume_w.v;
    } else if (b.code == CONTROL_CIRCUIT) {
        for (int p = 0; p < PHASES; p++)
            if ((x->load >> p & 1) && t->s->circuits[b.circuit].reduced[p].on) {
                x->why.code = CONTROL_REDUCED;
                x->why.p[1] =
                    left_min(t, t->s->circuits[b.circuit].reduced[p].since, t->c->reduced_ms);
            }
    }
}
void allocate(struct step *t)
{
    int n = takers_n(t->c);
    sort(t);
    loads_set_aside(t);
    for (int i = 0; i < n; i++) {
        struct control_charger_state *x = &t->s->chargers[i];
        x->got_ma = 0;
        x->first_ma = x->want_ma ? tightest(t, i, x->under_ma).ma : 0;
    }
    serve_minimums(t);
    for (int from = 0, to; from < n; from = to)
        serve_rest(t, from, to = priority_end(t, from));
    for (int i = 0; i < n; i++)
        say_bound(t, i);
    turns(t);
}

/* In their order, as far as there is room; what they may have beyond that they get next time. */
void allocate_kept(struct step *t)
{
    for (int j = 0; j < takers_n(t->c); j++) {
        int i = t->s->order[j];
        struct control_charger_state *x = &t->s->chargers[i];
        if (!x->current_ma || x->got_ma || x->why.code != CONTROL_TURN)
            continue;
        x->crowded.on = false;
        x->want_ma = x->current_ma;
        x->why = (struct control_reason){CONTROL_SHARED, {x->current_ma}, 0};
        serve_minimum(t, i);
        serve_rest(t, j, j + 1);
        say_bound(t, i);
    }
}

/* All fallbacks together fit every fuse and the limit; who is served last falls to 0 first. */
void fallbacks(struct step *t)
{
    struct control_state *s = t->s;
    const struct opt_i32 *limit = &t->in->consume_w;
    if (s->fallback_done && limit->set == s->fallback_limit.set &&
        (!limit->set || limit->v == s->fallback_limit.v))
        return;
    s->fallback_done = true;
    s->fallback_limit = *limit;
    s->budget_w = limit->set ? limit->v : NO_BOUND;
    for (int p = 0; p < PHASES; p++)
        s->tilt[p] = NO_BOUND;
    for (int c = 0; c < t->c->circuits_n; c++) {
        const struct control_circuit_conf *k = &t->c->circuits[c];
        for (int p = 0; p < PHASES; p++)
            s->circuits[c].room[p] = k->phases >> p & 1 ? k->max_current_ma - k->reserve_ma : 0;
        s->circuits[c].room_w = k->max_power_w.set ? k->max_power_w.v : NO_BOUND;
    }
    for (int j = 0; j < takers_n(t->c); j++) {
        int i = s->order[j];
        struct control_charger_state *x = &s->chargers[i];
        const struct control_charger_conf *k = &t->c->chargers[i];
        uint8_t load = x->load, lanes = x->lanes;
        x->load = k->phases;
        x->lanes = lanes_of(k->phases);
        x->fallback_ma =
            k->fallback_ma >= k->min_ma && room_for(t, i) >= k->fallback_ma ? k->fallback_ma : 0;
        room_take(t, i, x->fallback_ma);
        x->load = load;
        x->lanes = lanes;
    }
}
