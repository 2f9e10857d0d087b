/* SPDX-License-Identifier: Apache-2.0
 * wish.c -- what each charger may have by its mode, by people, rules and a blind meter. */
#include "services/surplus-controller/core/layers.h"

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
    int32_t taken = greatest(x->draw);
    if (!x->trimmed || !t->s->wanting_many || x->want_ma == 0)
        return;
    if (!x->probing)
        step_due(t, x->probe_at.ms + t->c->probe_ms);
    else
        step_due(t, x->probe_at.ms + t->c->probe_ms + PROBE_LONG_MS);
    int32_t offer = max_i32(x->min_ma, taken + (x->probing ? PROBE_MA : SLACK_MA));
    /* A car that tapers off is followed in steps, not milliampere by milliampere. */
    if (x->current_ma > offer && x->current_ma <= offer + TRIM_STEP_MA)
        offer = x->current_ma;
    if (offer >= x->want_ma)
        return;
    x->want_ma = offer;
    x->why = (struct control_reason){CONTROL_TRIMMED, {taken}, 0};
}
/* Rules, budgets, authorisation. */
static void wish_capped(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    const struct control_cap *cap = &t->in->chargers[i].cap;
    if (!cap->current_ma.set || cap->current_ma.v >= x->want_ma)
        return;
    x->want_ma = cap->current_ma.v < x->min_ma ? 0 : cap->current_ma.v;
    x->why = (struct control_reason){cap->why, {cap->p[0], cap->p[1], cap->p[2]}, 0};
}
static void wish_load(struct step *t, int i)
{
    t->s->chargers[i].blind = blind_of(t, i);
    load_wish(t, i);
    if (t->s->chargers[i].want_ma) {
        wish_capped(t, i);
        wish_trim(t, i);
        wish_blind(t, i);
    }
    load_keep(t, i);
}
static void wish(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    const struct control_charger_in *in = &t->in->chargers[i];
    bool always = x->plus && in->solar_share_pm == 0; /* does not wait for the sun */
    x->blind = blind_of(t, i);
    x->want_ma = x->max_ma;
    x->floor_ma = 0;
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
    } else if (x->solar && !always && t->s->meter == METER_NONE)
        refuse(x, CONTROL_NO_METER);
    else {
        wish_capped(t, i);
        wish_trim(t, i);
        wish_blind(t, i);
        if (phases_hold_back(t, i))
            x->want_ma = 0;
    }
    if (x->want_ma == 0 && in->known)
        x->hold.on = false;
}
void wishes(struct step *t)
{
    int many = 0;
    for (int i = 0; i < takers_n(t->c); i++)
        many += t->s->chargers[i].connected && t->s->chargers[i].mode != CHARGE_MODE_LOCK;
    t->s->wanting_many = many > 1;
    solar_budget(t);
    for (int i = 0; i < takers_n(t->c); i++)
        if (is_load(t, i))
            wish_load(t, i);
        else
            wish(t, i);
}
