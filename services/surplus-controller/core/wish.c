/* SPDX-License-Identifier: Apache-2.0
 * wish.c -- what each charger may have by mode: the solar budget, the cloud hold, a blind meter. */
#include "services/surplus-controller/core/layers.h"

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
    for (int i = 0; i < t->c->chargers_n && t->c->settling_ms; i++) {
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
    for (int i = 0; i < t->c->chargers_n; i++) {
        const struct control_charger_state *x = &t->s->chargers[i];
        const int32_t *ma = t->c->settling_ms ? x->est : x->draw;
        if (!x->solar || !others_only)
            sum += (int64_t)ma[0] + ma[1] + ma[2];
    }
    return watt(sum, t->s->volt_mv);
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
                s->circuits[0].meter_w + t->c->grid_target_w;
    /* A battery that takes less by now would look like sun that is not there. */
    if (t->in->battery_late && s->basis_set)
        w = min_i32(w, s->basis_w);
    timer_start(&s->first_sample, t);
    s->sample = (struct control_timer){true, {t->now}};
    s->surplus_w = SOME_I32(mean_push(t, w));
    follow_banded(&s->basis_w, s->surplus_w.v, s->basis_set ? t->c->dead_band_w : 0);
    s->basis_set = true;
}

/* ---- solar_pure ---- */
static void solar_say(struct step *t, struct control_charger_state *x, enum control_code code)
{
    int32_t have = sat_i32(max_i64(t->s->solar_w, 0)), need = need_w(t, x);
    x->why = (struct control_reason){code, {have, need, 0}, 0};
    if (code == CONTROL_HOLD)
        x->why.p[2] = left_min(t, x->hold.since, t->c->hold_ms);
    if (code == CONTROL_RESTART_WAIT)
        x->why = (struct control_reason){
            code, {left_min(t, x->stopped.since, t->c->restart_ms), need, 0}, 0};
}
/* After a start: until the mean is one, nothing starts and what runs goes on. */
static bool mean_filled(struct step *t)
{
    return t->c->mean_ms <= 0 || timer_done(t, &t->s->first_sample, t->c->mean_ms);
}
static bool surplus_known(const struct step *t)
{
    return t->s->meter <= METER_SUSPECT && t->s->basis_set &&
           (!t->c->has_battery || t->in->battery_w.set);
}
/* Minimum power through a cloud; then stop, then a pause. */
static bool solar_holds(struct step *t, struct control_charger_state *x)
{
    timer_start(&x->hold, t);
    if (!timer_done(t, &x->hold, t->c->hold_ms)) {
        x->want_ma = x->min_ma;
        if (x->blind < METER_MISSING)
            solar_say(t, x, CONTROL_HOLD);
        return true;
    }
    x->hold.on = false;
    x->stopped = (struct control_timer){true, {t->now}};
    solar_say(t, x, CONTROL_RESTART_WAIT);
    return false;
}
bool solar_grants(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    bool enough = surplus_known(t) && t->s->solar_w >= need_w(t, x);
    if (x->current_ma) {
        if (enough)
            x->hold.on = false;
        return enough || solar_holds(t, x);
    }
    x->hold.on = false;
    if (x->stopped.on && timer_done(t, &x->stopped, t->c->restart_ms))
        x->stopped.on = false;
    if (enough && !x->stopped.on && mean_filled(t))
        return true;
    solar_say(t, x, x->stopped.on ? CONTROL_RESTART_WAIT : CONTROL_WAIT_SURPLUS);
    if (t->c->has_battery && !t->in->battery_w.set)
        x->why.code = CONTROL_BATTERY_UNKNOWN;
    if (t->s->meter == METER_MISSING || t->s->meter == METER_FROZEN)
        x->why.code = CONTROL_METER_STOP;
    return false;
}

/* ---- wishes ---- */
static void refuse(struct control_charger_state *x, enum control_code code)
{
    x->want_ma = 0;
    x->why = (struct control_reason){code, {0}, 0};
}
/* Worst meter on the way up to the grid connection. */
static uint8_t blind_of(const struct step *t, int i)
{
    uint8_t worst = METER_GOOD;
    for (int k = t->c->chargers[i].circuit; k >= 0; k = t->c->circuits[k].parent)
        if (t->s->circuits[k].blind != METER_NONE && t->s->circuits[k].blind > worst)
            worst = t->s->circuits[k].blind;
    if (t->s->meter != METER_NONE && t->s->meter > worst)
        worst = (uint8_t)t->s->meter;
    return worst;
}
/* Never "keep going as before": what is there is cut to the fallback, nothing starts. */
static void wish_blind(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    if (x->blind < METER_MISSING)
        return;
    int32_t safe = x->solar ? x->min_ma : x->fallback_ma;
    x->want_ma = min_i32(x->want_ma, min_i32(safe, x->current_ma));
    x->why.code = x->blind == METER_FROZEN ? CONTROL_METER_FROZEN : CONTROL_METER_MISSING;
    if (x->want_ma < x->min_ma)
        refuse(x, x->solar ? CONTROL_METER_STOP : x->why.code);
    x->why.p[0] = x->want_ma;
}
static void wish_trim(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    int32_t taken = max_i32(x->draw[0], max_i32(x->draw[1], x->draw[2]));
    if (!x->trimmed || !t->s->wanting_many || x->want_ma == 0)
        return;
    if (!x->probing)
        step_due(t, x->probe_at.ms + t->c->probe_ms);
    else
        step_due(t, x->probe_at.ms + t->c->probe_ms + PROBE_LONG_MS);
    int32_t offer = max_i32(x->min_ma, taken + (x->probing ? PROBE_MA : SLACK_MA));
    if (offer >= x->want_ma)
        return;
    x->want_ma = offer;
    x->why = (struct control_reason){CONTROL_TRIMMED, {taken}, 0};
}
static void wish(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    const struct control_charger_in *in = &t->in->chargers[i];
    x->blind = blind_of(t, i);
    x->want_ma = x->max_ma;
    x->why = (struct control_reason){CONTROL_FULL_POWER, {x->max_ma}, 0};
    if (x->max_ma < t->c->chargers[i].max_ma)
        x->why.code = CONTROL_OVERRIDE_MAX;
    if (!in->known && t->now - t->s->started.ms < WAIT_MS)
        refuse(x, CONTROL_STARTING);
    else if (!in->known || !in->online)
        refuse(x, CONTROL_OFFLINE);
    else if (in->state == EVSE_STATE_E || in->state == EVSE_STATE_F)
        refuse(x, CONTROL_FAULT);
    else if (x->mode != CHARGE_MODE_POWER && !x->solar)
        refuse(x, CONTROL_LOCKED);
    else if (in->state == EVSE_STATE_A)
        refuse(x, CONTROL_NO_CAR);
    else if (in->paused)
        refuse(x, CONTROL_PAUSED);
    else if (x->max_ma < x->min_ma) {
        refuse(x, CONTROL_MAX_ZERO);
        x->why.p[0] = x->max_ma;
        x->why.p[1] = x->min_ma;
    } else if (x->solar && t->s->meter == METER_NONE)
        refuse(x, CONTROL_NO_METER);
    else {
        wish_trim(t, i);
        wish_blind(t, i);
    }
    if (x->want_ma == 0)
        x->hold.on = false;
}
void wishes(struct step *t)
{
    int many = 0;
    solar_sample(t);
    for (int i = 0; i < t->c->chargers_n; i++)
        many += t->s->chargers[i].connected && t->s->chargers[i].mode != CHARGE_MODE_LOCK;
    t->s->wanting_many = many > 1;
    /* Cars in other modes take theirs first. */
    follow_banded(&t->s->others_w, cars_w(t, true), t->c->dead_band_w);
    t->s->solar_w = t->s->basis_set ? t->s->basis_w - t->s->others_w : 0;
    if (t->s->basis_set && !mean_filled(t)) {
        int64_t runs = 0;
        for (int i = 0; i < t->c->chargers_n; i++)
            if (t->s->chargers[i].solar)
                runs += (int64_t)t->s->chargers[i].current_ma * t->s->chargers[i].lanes;
        t->s->solar_w = max_i64(t->s->solar_w, watt(runs, t->s->volt_mv) + 1);
    }
    for (int i = 0; i < t->c->chargers_n; i++)
        wish(t, i);
}
