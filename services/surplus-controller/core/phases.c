/* SPDX-License-Identifier: Apache-2.0
 * phases.c -- one phase or three: which contacts a wallbox should close, and the way there.
 *
 * A switch is always: stop, wait until no current flows, ask for the contacts, wait for them, and
 * charge again when no current has flowed for switch_pause in all. Which contacts: what people
 * chose; else by the power available. Solar modes start on three phases when the surplus carries
 * them, else on one; on one phase they look every phase_check whether phase_up of the three-phase
 * minimum is there; on three, when the hold has ended and one phase would do, they go to one
 * instead of stopping. Power mode leaves three phases only while they have no room and one has. */
#include "services/surplus-controller/core/layers.h"

enum {
    GIVE_UP_MS = 300000, /* a box that does not close what it was asked for */
    CHOOSE_MS = 15000,   /* before a start on one phase */
    SHORT_MS = 60000,    /* power mode: no room on three phases for so long */
};

static bool has_three(const struct step *t, int i)
{
    return t->s->chargers[i].closed == t->c->chargers[i].phases;
}
static int64_t pause_ms(const struct step *t, int i)
{
    const struct opt_i32 *own = &t->in->chargers[i].switch_pause_ms;
    return own->set ? own->v : t->c->chargers[i].switch_pause_ms;
}
/* Phases that the car will use on so many contacts, as far as is known. */
static int32_t lanes_on(const struct step *t, int i, int contacts)
{
    const struct control_charger_state *x = &t->s->chargers[i];
    return contacts == 1 ? 1 : lanes_of(x->used ? x->used : t->c->chargers[i].phases);
}
static int32_t min_w_on(const struct step *t, int i, int contacts)
{
    const struct control_charger_state *x = &t->s->chargers[i];
    return watt((int64_t)(x->min_ma - x->under_ma) * lanes_on(t, i, contacts), t->s->volt_mv);
}

/* ---- the way there ---- */
/* No current is offered, and none flows by a value that is newer than the stop. */
static bool no_current(const struct step *t, int i)
{
    const struct control_charger_state *x = &t->s->chargers[i];
    const struct control_charger_in *in = &t->in->chargers[i];
    if (x->current_ma)
        return false;
    if (in->state == EVSE_STATE_A || !x->drawing_known)
        return in->state == EVSE_STATE_A ||
               since_ms(t, x->order_at) >= 2 * (int64_t)t->c->follow_ms;
    return x->meas_at.ms >= x->order_at.ms && x->draw[0] + x->draw[1] + x->draw[2] < STILL_MA;
}
static void switch_start(struct step *t, int i, uint8_t to)
{
    struct control_charger_state *x = &t->s->chargers[i];
    x->change = (struct control_change){.to = to, .since = {t->now}};
    x->hold.on = x->one_since.on = x->short_since.on = false;
}
void phases_observe(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    x->switched_to = 0;
    if (no_current(t, i))
        timer_start(&x->quiet, t);
    else
        x->quiet.on = false;
    if (x->quiet.on && t->in->chargers[i].state == EVSE_STATE_A && !x->change.to)
        x->quiet.since.ms = LONG_AGO; /* the next car has nothing to rest from */
    if (!x->change.to)
        return;
    bool there = has_three(t, i) == (x->change.to == 3);
    if (there && x->change.asked && !x->change.done) {
        x->change.done = true;
        x->switched_to = x->change.to;
        x->switched_at.ms = t->now;
    }
    if (x->change.done && x->quiet.on && timer_done(t, &x->quiet, pause_ms(t, i)))
        x->change = (struct control_change){0};
    else if (!x->change.done && since_ms(t, x->change.since) >= GIVE_UP_MS + pause_ms(t, i)) {
        x->change = (struct control_change){0};
        x->refused = (struct control_timer){true, {t->now}};
    }
}
static void say_switching(struct step *t, int i, uint8_t to)
{
    struct control_charger_state *x = &t->s->chargers[i];
    int64_t left = pause_ms(t, i) - (x->quiet.on ? since_ms(t, x->quiet.since) : 0);
    x->why = (struct control_reason){CONTROL_SWITCHING, {to, sat_i32(max_i64(left, 0) / 1000)}, 0};
}
/* True while it may not charge because of a switch. */
bool phases_hold_back(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    if (x->change.to)
        say_switching(t, i, x->change.to);
    return x->change.to != 0;
}
uint8_t phases_ask(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    if (!x->change.to || x->change.done || !x->quiet.on)
        return 0;
    x->change.asked = true;
    return x->change.to;
}

/* ---- which contacts ---- */
bool phases_can_change(const struct step *t, int i)
{
    const struct control_charger_in *in = &t->in->chargers[i];
    return i < t->c->chargers_n && t->c->chargers[i].can_switch && in->contacts_closed.set &&
           in->contacts == CONTACTS_AUTO && in->switching != SWITCHING_NEVER;
}
static bool may_switch(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    const struct control_charger_in *in = &t->in->chargers[i];
    if (!t->c->chargers[i].can_switch || !in->known || !in->online || !in->contacts_closed.set ||
        x->change.to)
        return false;
    if (x->refused.on && !timer_done(t, &x->refused, t->c->phase_check_ms))
        return false;
    x->refused.on = false;
    if (in->state == EVSE_STATE_A)
        return true;
    /* A car that has just been stopped is not idle: it would be the switch of a charging car. */
    return in->switching == SWITCHING_ALLOWED ||
           (in->switching == SWITCHING_IDLE_ONLY && !x->current_ma &&
            timer_done(t, &x->quiet, pause_ms(t, i)));
}
/* Between two switches lies at least the pause. */
static bool rested(struct step *t, int i)
{
    struct control_timer last = {true, t->s->chargers[i].switched_at};
    return timer_done(t, &last, pause_ms(t, i));
}
/* Sun for this car: what is left, what it has, and what those behind it have. */
static int64_t sun_for(const struct step *t, int i)
{
    const struct control_charger_state *x = &t->s->chargers[i];
    int64_t ma = 0;
    for (int k = 0; k < takers_n(t->c); k++) {
        const struct control_charger_state *o = &t->s->chargers[k];
        if (o->solar && !o->idle && (k == i || o->priority > x->priority))
            ma += (int64_t)drawn_of(o, o->got_ma) * o->lanes;
    }
    return t->s->solar_w + watt(ma, t->s->volt_mv);
}
/* Start power of solar_plus: what the sun does not give is filled up to it. */
static int32_t plus_power_w(const struct step *t, int i)
{
    const struct control_charger_in *in = &t->in->chargers[i];
    if (!t->s->chargers[i].plus)
        return 0;
    if (in->start_power_w.set)
        return in->start_power_w.v;
    return watt((int64_t)t->c->chargers[i].max_ma * in->start_pm / 1000 * lanes_on(t, i, 3),
                t->s->volt_mv);
}
static bool carries_three(const struct step *t, int i)
{
    int64_t have = max_i64(sun_for(t, i), plus_power_w(t, i));
    return have * 1000 >= (int64_t)min_w_on(t, i, 3) * t->c->phase_up_pm;
}
/* Sun that starts it on one phase. */
static int32_t need_on_one(const struct step *t, int i)
{
    return t->s->chargers[i].plus ? solar_plus_need_w(t, i) : min_w_on(t, i, 1);
}
bool phases_too_many(const struct step *t, int i)
{
    return phases_can_change(t, i) && has_three(t, i) && lanes_on(t, i, 3) > 1 &&
           plus_power_w(t, i) < min_w_on(t, i, 3);
}
bool phases_instead_of_stop(struct step *t, int i)
{
    const struct control_charger_in *in = &t->in->chargers[i];
    if (in->contacts != CONTACTS_AUTO || !has_three(t, i) || lanes_on(t, i, 3) == 1 ||
        !may_switch(t, i) || !rested(t, i) || t->s->solar_w < need_on_one(t, i))
        return false;
    switch_start(t, i, 1);
    return true;
}
/* Before a start: three phases at once when they are carried, one phase when that has not changed
 * for a while; the edge of a cloud passes through every power. */
static uint8_t solar_start(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    bool waits = x->got_ma || x->why.code == CONTROL_WAIT_SURPLUS;
    if (!waits || !x->connected || sun_for(t, i) < need_on_one(t, i))
        return 0;
    if (has_three(t, i) ? x->got_ma > 0 : carries_three(t, i))
        return 3;
    if (!has_three(t, i) && since_ms(t, x->switched_at) < 2 * pause_ms(t, i))
        return 1; /* it has just been chosen */
    timer_start(&x->choose, t);
    x->choosing = true;
    return timer_done(t, &x->choose, CHOOSE_MS) ? 1 : 0;
}
/* The looks are a clock of their own: every phase_check, whenever the car began on one phase. */
static bool look_due(struct step *t, struct control_charger_state *x)
{
    int64_t every = max_i32(1, t->c->phase_check_ms);
    timer_start(&x->one_since, t);
    int64_t next = (x->one_since.since.ms / every + 1) * every;
    step_due(t, next);
    if (t->now < next)
        return false;
    x->one_since = (struct control_timer){true, {t->now}};
    return true;
}
static uint8_t solar_contacts(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    if (lanes_on(t, i, 3) == 1 || t->s->meter != METER_GOOD || !t->in->config_agreed)
        return 0;
    if (!x->current_ma) {
        x->one_since.on = false;
        return solar_start(t, i);
    }
    if (has_three(t, i))
        return 0; /* the end of the hold decides */
    return look_due(t, x) && carries_three(t, i) ? 3 : 0;
}
/* Room of the fuses, the balance and the operator if other contacts were closed. */
static int32_t room_on(struct step *t, int i, uint8_t mask)
{
    struct control_charger_state *x = &t->s->chargers[i], was = *x;
    room_give_back(t, i, true);
    x->load = mask;
    x->lanes = lanes_of(mask);
    int32_t ma = room_for(t, i);
    x->load = was.load;
    x->lanes = was.lanes;
    room_give_back(t, i, false);
    return ma;
}
static uint8_t power_contacts(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    const struct control_charger_conf *k = &t->c->chargers[i];
    int32_t three = room_on(t, i, x->used ? x->used : k->phases);
    if (has_three(t, i)) {
        bool is_short = x->connected && x->first_ma < x->min_ma && !x->got_ma &&
                        room_on(t, i, k->one_phase) >= x->min_ma;
        x->one_since.on = false;
        if (is_short)
            timer_start(&x->short_since, t);
        else
            x->short_since.on = false;
        return timer_done(t, &x->short_since, SHORT_MS) ? 1 : 0;
    }
    bool enough = (int64_t)three * 1000 >= (int64_t)x->min_ma * t->c->phase_up_pm;
    if (!x->current_ma)
        return enough ? 3 : 0;
    return look_due(t, x) && enough ? 3 : 0;
}
static uint8_t contacts_for(struct step *t, int i)
{
    const struct control_charger_state *x = &t->s->chargers[i];
    const struct control_charger_in *in = &t->in->chargers[i];
    if (in->contacts == CONTACTS_ONE)
        return 1;
    if (in->contacts == CONTACTS_THREE)
        return 3;
    if (x->solar)
        return solar_contacts(t, i);
    enum limit by = control_reason_limit(x->why.code);
    bool wants = x->got_ma || by == LIMIT_CIRCUIT || by == LIMIT_GRID_OPERATOR;
    return x->mode == CHARGE_MODE_POWER && wants ? power_contacts(t, i) : 0;
}
/* True when it had got something in this step. */
static bool start_later(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    bool had = x->got_ma > 0;
    room_give_back(t, i, true);
    x->got_ma = 0;
    x->why = (struct control_reason){CONTROL_CHOOSING, {0}, 0};
    return had;
}
void phases(struct step *t)
{
    bool later = false;
    for (int i = 0; i < t->c->chargers_n; i++) {
        struct control_charger_state *x = &t->s->chargers[i];
        x->choosing = false;
        uint8_t to = may_switch(t, i) ? contacts_for(t, i) : 0;
        x->choose.on = x->choose.on && x->choosing;
        if (x->choosing && !to && x->got_ma && !x->current_ma)
            later = start_later(t, i) || later;
        if (!to || has_three(t, i) == (to == 3))
            continue;
        if (rested(t, i))
            switch_start(t, i, to);
        else if (x->current_ma)
            continue;
        later = start_later(t, i) || later;
        say_switching(t, i, to);
    }
    if (later)
        allocate_kept(t);
}
