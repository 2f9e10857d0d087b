/* SPDX-License-Identifier: Apache-2.0
 * solar.c -- the surplus, and what the solar modes make of it: start, cloud hold, restart wait. */
#include "services/surplus-controller/core/layers.h"

enum { CLEARLY_PM = 1050, FAR_BANDS = 3 };

/* ---- surplus: mean with dead band ---- */
static int32_t mean_push(struct step *t, int32_t w)
{
    struct control_mean *m = &t->s->mean;
    if (t->c->mean_ms <= 0)
        return w;
    int64_t len = max_i32(1, t->c->mean_ms / MEAN_BUCKETS), slot = t->now / len;
    int b = (int)((slot % MEAN_BUCKETS + MEAN_BUCKETS) % MEAN_BUCKETS);
    if (m->slot[b] != slot || !m->count[b]) {
        m->slot[b] = slot;
        m->sum[b] = m->count[b] = 0;
    }
    m->sum[b] += w;
    m->count[b]++;
    int64_t sum = 0;
    int n = 0;
    for (int i = 0; i < MEAN_BUCKETS; i++)
        if (m->count[i] && slot - m->slot[i] < MEAN_BUCKETS && m->slot[i] <= slot) {
            sum += m->sum[i] / m->count[i];
            n++;
        }
    return sat_i32(sum / n);
}
/* While cars are on their way between two orders the balance can't be known; it is skipped then,
 * but not for ever. With settling_ms 0 every frame counts as it is. */
static bool sample_due(struct step *t)
{
    struct control_state *s = t->s;
    int64_t unsure = 0;
    for (int i = 0; i < takers_n(t->c) && t->c->settling_ms; i++) {
        const struct control_charger_state *x = &s->chargers[i];
        if (!x->certain && !in_flight(t, x))
            for (int p = 0; p < PHASES; p++)
                unsure += x->to[p] > x->draw[p] ? x->to[p] - x->draw[p] : x->draw[p] - x->to[p];
    }
    return watt(unsure, s->volt_mv) <= t->c->dead_band_w || !s->sample.on ||
           since_ms(t, s->sample.since) >= SAMPLE_LATE_MS;
}
static void follow_banded(int32_t *value, int32_t to, int32_t band)
{
    if (to - *value > band || *value - to > band)
        *value = to;
}
static int32_t cars_w(const struct step *t, bool others_only)
{
    int64_t sum = 0;
    for (int i = 0; i < takers_n(t->c); i++) {
        const struct control_charger_state *x = &t->s->chargers[i];
        const int32_t *ma = t->c->settling_ms ? x->est : x->draw;
        bool by_itself = is_load(t, i) && !x->current_ma; /* nobody gave it that */
        if (!x->solar || by_itself || !others_only)
            sum += (int64_t)ma[0] + ma[1] + ma[2];
    }
    return watt(sum, t->s->volt_mv);
}
/* The mean is for noise. What leaves it by far is a cloud: down at once, up half of the way. */
static int32_t nearer(const struct step *t, int32_t mean_w, int32_t now_w)
{
    int64_t off = (int64_t)now_w - mean_w, far = FAR_BANDS * (int64_t)t->c->dead_band_w;
    if (off < -far)
        return now_w;
    return off > far ? sat_i32(mean_w + off / 2) : mean_w;
}
/* While nobody charges from the sun there is no setpoint that noise could move. */
static int32_t band_w(const struct step *t)
{
    for (int i = 0; i < takers_n(t->c); i++)
        if (t->s->chargers[i].solar && t->s->chargers[i].current_ma)
            return t->c->dead_band_w;
    return 0;
}
/* What all cars together may take of the sun, whoever takes it. */
static void solar_sample(struct step *t)
{
    struct control_state *s = t->s;
    if (!s->new_frame || s->meter != METER_GOOD || !sample_due(t) ||
        (t->c->has_battery && !t->in->battery_w.set))
        return;
    /* Discharge is negative and takes away what the battery only pretends to be surplus. */
    int32_t w = cars_w(t, false) + (t->in->battery_w.set ? t->in->battery_w.v : 0) -
                s->circuits[0].meter_w + t->c->grid_target_w + t->in->curtailed_w -
                t->in->reserved_w;
    /* A battery that takes less by now would look like sun that is not there. */
    if (t->in->battery_late && s->basis_set)
        w = min_i32(w, s->basis_w);
    timer_start(&s->first_sample, t);
    s->sample = (struct control_timer){true, {t->now}};
    s->surplus_w = SOME_I32(nearer(t, mean_push(t, w), w));
    follow_banded(&s->basis_w, s->surplus_w.v, s->basis_set ? band_w(t) : 0);
    s->basis_set = true;
}

/* ---- solar_pure and solar_plus ---- */
static int32_t start_ma(const struct step *t, int i)
{
    const struct control_charger_in *in = &t->in->chargers[i];
    const struct control_charger_state *x = &t->s->chargers[i];
    int64_t ma = (int64_t)t->c->chargers[i].max_ma * in->start_pm / 1000;
    if (in->start_power_w.set)
        ma = (int64_t)in->start_power_w.v * 1000000 / (x->lanes * t->s->volt_mv);
    return max_i32(x->min_ma, min_i32(sat_i32(ma), x->max_ma));
}
int32_t solar_plus_need_w(const struct step *t, int i)
{
    const struct control_charger_in *in = &t->in->chargers[i];
    int64_t start_w = in->start_power_w.set
                          ? in->start_power_w.v
                          : watt((int64_t)start_ma(t, i) * t->s->chargers[i].lanes, t->s->volt_mv);
    return sat_i32(start_w * in->solar_share_pm / 1000);
}
/* Surplus that starts it and keeps it going. On more phases than its start power asks for,
 * solar_plus is like solar_pure: the grid would fill up to the minimum of phases it can do without.
 */
static int32_t solar_need_w(const struct step *t, int i)
{
    const struct control_charger_state *x = &t->s->chargers[i];
    if (!x->plus)
        return need_w(t, x);
    int32_t need = solar_plus_need_w(t, i);
    return phases_too_many(t, i) ? max_i32(need, need_w(t, x)) : need;
}
static void solar_say(struct step *t, int i, enum control_code code)
{
    struct control_charger_state *x = &t->s->chargers[i];
    int32_t have = sat_i32(max_i64(t->s->solar_w, 0)), need = solar_need_w(t, i);
    x->why = (struct control_reason){code, {have, need, 0}, 0};
    if (code == CONTROL_HOLD)
        x->why.p[2] = left_min(t, (struct mono){t->now}, x->hold_end.ms - t->now);
    if (code == CONTROL_RESTART_WAIT)
        x->why = (struct control_reason){
            code, {left_min(t, x->stopped.since, t->c->restart_ms), need, 0}, 0};
}
/* After a start: until the mean is one, nothing starts and what runs goes on. */
bool mean_filled(struct step *t)
{
    return t->c->mean_ms <= 0 || timer_done(t, &t->s->first_sample, t->c->mean_ms);
}
bool surplus_known(const struct step *t)
{
    return t->s->meter <= METER_SUSPECT && t->s->basis_set &&
           (!t->c->has_battery || t->in->battery_w.set);
}
/* The house battery can fill the gap to the minimum, besides what it fills for others. */
static bool battery_carries(struct step *t, int i)
{
    const struct control_charger_state *x = &t->s->chargers[i];
    int64_t gap = need_w(t, x) - t->s->solar_w;
    if (!t->in->chargers[i].use_battery || !t->c->has_battery || !t->in->battery_can_w.set ||
        x->blind >= METER_MISSING || t->s->carried_w + gap > t->in->battery_can_w.v)
        return false;
    t->s->carried_w += max_i64(0, gap);
    return true;
}
/* On more phases than it needs the hold may be over although its share was there lately: it waits
 * for a moment that carries one phase, or until the share was missing for a hold of its own. */
static bool plus_waits(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    bool short_of = !surplus_known(t) || sun_left_w(t) < solar_plus_need_w(t, i);
    if (!x->plus || !short_of)
        x->short_of.on = false;
    else
        timer_start(&x->short_of, t);
    return phases_too_many(t, i) && x->plus && !timer_done(t, &x->short_of, t->c->hold_ms);
}
static int64_t missing_w(const struct step *t, int i)
{
    int64_t have = sun_left_w(t) - t->s->granted_w, need = solar_need_w(t, i);
    return max_i64(0, need - max_i64(0, have));
}
/* A hold costs what hold_ms without any sun cost. What the sun still gives makes it last longer,
 * but not beyond hold_max_ms; when the surplus is not known, nothing does. */
static int64_t hold_end_ms(const struct step *t, int i)
{
    const struct control_charger_state *x = &t->s->chargers[i];
    int64_t lack = missing_w(t, i),
            left = (int64_t)solar_need_w(t, i) * t->c->hold_ms - x->missing.mj;
    int64_t end = x->hold.since.ms + max_i32(t->c->hold_ms, t->c->hold_max_ms);
    if (lack > 0 && surplus_known(t))
        end = min_i64(end, t->now + (max_i64(0, left) + lack - 1) / lack);
    return max_i64(surplus_known(t) ? end : 0, x->hold.since.ms + t->c->hold_ms);
}
static bool hold_over(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    struct control_missing *m = &x->missing;
    if (!x->hold.on)
        m->mj = 0;
    if (x->hold.on && m->until_ms.set)
        m->mj += missing_w(t, i) * (t->now - m->until_ms.v);
    m->until_ms = SOME_I64(t->now);
    timer_start(&x->hold, t);
    x->hold_end.ms = hold_end_ms(t, i);
    step_due(t, x->hold_end.ms);
    return t->now >= x->hold_end.ms;
}
/* Minimum power through a cloud; then the house battery; then stop, then a pause. */
static bool solar_holds(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    /* A car that has not begun to draw can't be short of sun: its first current looks like a cloud
     * until its box has shown it. */
    if (x->idle_since.on && !x->idle && surplus_known(t))
        x->hold.on = false;
    bool waits = plus_waits(t, i), over = hold_over(t, i);
    if (over && phases_instead_of_stop(t, i)) {
        phases_hold_back(t, i);
        return false;
    }
    if (!over || waits) { /* solar_plus may lack its share and still have sun beyond the minimum */
        int32_t sun_ma = ma_of_w(sun_left_w(t), lanes_mv(t, x)) + x->under_ma;
        x->want_ma =
            max_i32(x->min_ma, min_i32(x->want_ma, x->plus && surplus_known(t) ? sun_ma : 0));
        if (x->blind < METER_MISSING)
            solar_say(t, i, CONTROL_HOLD);
        return true;
    }
    if (battery_carries(t, i)) {
        x->want_ma = x->min_ma;
        solar_say(t, i, CONTROL_BATTERY);
        return true;
    }
    x->hold.on = false;
    x->stopped = (struct control_timer){true, {t->now}};
    solar_say(t, i, CONTROL_RESTART_WAIT);
    return false;
}
/* A car on one phase behind three contacts that can't be switched could do with a third of what is
 * waited for, but nobody knows before it has charged. When that much is there for long, and at
 * least half of what three phases need, one hold tells; once while it is plugged in. */
static bool learn_start(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    int64_t have = sun_left_w(t);
    bool may = !x->used && !x->learnt && x->lanes == PHASES && x->connected && !x->stopped.on &&
               surplus_known(t) && !phases_can_change(t, i) && have * 2 >= need_w(t, x);
    if (!may)
        x->learn.on = false;
    else
        timer_start(&x->learn, t);
    if (!timer_done(t, &x->learn, t->c->hold_ms))
        return false;
    x->learn.on = false;
    x->learnt = true;
    return true;
}
bool left_over(const struct step *t, int32_t need)
{
    int64_t have = t->s->solar_w - t->s->told_w - t->c->dead_band_w;
    return surplus_known(t) && t->s->claim_w && have * 1000 >= (int64_t)need * CLEARLY_PM;
}
/* After a start what runs goes on until the mean is full; but who was short of sun before is short
 * until the first samples clearly say that he is not. */
bool sun_carries(struct step *t, int64_t need_w, bool was_short)
{
    int64_t have = sun_left_w(t);
    if (!was_short || mean_filled(t))
        return have >= need_w;
    return (have - t->s->granted_w) * 1000 >= need_w * CLEARLY_PM;
}
bool solar_grants(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    if (is_load(t, i))
        return load_grants(t, i);
    int32_t need = solar_need_w(t, i);
    bool enough = need <= 0 || (surplus_known(t) && sun_carries(t, need, x->hold.on));
    if (x->current_ma && left_over(t, need))
        enough = true;
    if (enough && x->plus)
        x->floor_ma = start_ma(t, i);
    if (x->current_ma) {
        if (enough && mean_filled(t)) /* until then it only goes on: a hold goes on too */
            x->hold.on = false;
        return enough || solar_holds(t, i);
    }
    x->hold.on = false;
    if (x->stopped.on && timer_done(t, &x->stopped, t->c->restart_ms))
        x->stopped.on = false;
    if ((enough || learn_start(t, i)) && !x->stopped.on && mean_filled(t))
        return true;
    solar_say(t, i, x->stopped.on ? CONTROL_RESTART_WAIT : CONTROL_WAIT_SURPLUS);
    if (t->c->has_battery && !t->in->battery_w.set)
        x->why.code = CONTROL_BATTERY_UNKNOWN;
    if (t->s->meter == METER_MISSING || t->s->meter == METER_FROZEN)
        x->why.code = CONTROL_METER_STOP;
    return false;
}

void solar_budget(struct step *t)
{
    struct control_state *s = t->s;
    s->carried_w = 0;
    solar_sample(t);
    /* Cars in other modes take theirs first. */
    follow_banded(&s->others_w, cars_w(t, true), band_w(t));
    s->solar_w = s->basis_set ? s->basis_w - s->others_w : 0;
    s->granted_w = 0;
    if (!s->basis_set || mean_filled(t))
        return;
    int64_t runs = 0;
    for (int i = 0; i < takers_n(t->c); i++)
        if (s->chargers[i].solar)
            runs += (int64_t)s->chargers[i].current_ma * s->chargers[i].lanes;
    s->granted_w = max_i64(0, watt(runs, s->volt_mv) + 1 - s->solar_w);
    s->solar_w += s->granted_w;
}
