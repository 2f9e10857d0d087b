/* SPDX-License-Identifier: Apache-2.0
 * load.c -- what a load may have: mode, thresholds with their delays, shortest run and rest, the
 * SG Ready block, and what runs by itself. */
#include "services/surplus-controller/core/load.h"
#include "services/surplus-controller/core/layers.h"

int32_t load_ma(int32_t power_w, int lanes)
{
    int64_t mv = (int64_t)NOMINAL_MV * lanes;
    return sat_i32(((int64_t)power_w * 1000000 + mv - 1) / mv);
}
int32_t load_w(int32_t ma, int lanes)
{
    return watt((int64_t)ma * lanes, NOMINAL_MV);
}
void load_as_charger(const struct control_load_in *in, uint8_t phases, struct control_charger_in *x)
{
    static const enum charge_mode of[LOAD_MODE_COUNT] = {[LOAD_MODE_OFF] = CHARGE_MODE_LOCK,
                                                         [LOAD_MODE_ON] = CHARGE_MODE_POWER,
                                                         [LOAD_MODE_SOLAR] = CHARGE_MODE_SOLAR_PURE,
                                                         [LOAD_MODE_NORMAL] = CHARGE_MODE_LOCK};
    x->mode = of[in->mode];
    x->state = in->runs.set && !in->runs.v ? EVSE_STATE_B : EVSE_STATE_C;
    x->max_ma = (struct opt_i32){load_ma(in->max_power_w.v, lanes_of(phases)), in->max_power_w.set};
}

struct load {
    const struct control_load_conf *c;
    const struct control_load_in *in;
    struct control_load_state *l;
    struct control_charger_state *x;
    bool there; /* it answers */
};
static struct load load_at(const struct step *t, int i)
{
    int k = i - t->c->chargers_n;
    const struct control_charger_in *in = &t->in->chargers[i];
    return (struct load){&t->c->loads[k], &t->in->loads[k], &t->s->loads[k], &t->s->chargers[i],
                         in->known && in->online};
}
bool load_is_locked(const struct step *t, int i)
{
    return is_load(t, i) && load_at(t, i).l->locked;
}
struct mono load_served_at(const struct step *t, int i)
{
    const struct control_load_state *l = load_at(t, i).l;
    return l->on && l->dwells ? l->switched_at : (struct mono){t->now};
}
/* It must not change before that. */
static bool dwells(struct step *t, struct load o)
{
    int64_t ms = o.l->on ? o.c->min_run_ms : o.c->min_rest_ms;
    return o.l->dwells && !timer_done(t, &(struct control_timer){true, o.l->switched_at}, ms);
}
static void refuse(struct load o, enum control_code code)
{
    o.x->want_ma = 0;
    o.x->why = (struct control_reason){code, {0}, 0};
}
static void say_dwell(struct step *t, struct load o)
{
    int64_t ms = o.l->on ? o.c->min_run_ms : o.c->min_rest_ms;
    o.x->why = (struct control_reason){
        o.l->on ? CONTROL_LOAD_MIN_RUN : CONTROL_LOAD_REST, {left_min(t, o.l->switched_at, ms)}, 0};
}
static int32_t own_w(const struct step *t, const struct control_charger_state *x)
{
    return watt((int64_t)x->est[0] + x->est[1] + x->est[2], t->s->volt_mv);
}
static void switch_to(struct step *t, struct load o, bool on)
{
    if (o.l->on == on)
        return;
    o.l->on = on;
    o.l->dwells = true;
    o.l->switched_at.ms = t->now;
    o.l->above.on = o.l->below.on = false;
    if (t->in->consume_w.set) /* what it does by itself now may be too much */
        step_due(t, t->now + 1);
}

/* ---- wishes ---- */
/* Only told to run or to rest; in mode normal what it does by itself starts the dwell times. */
static void wish_generator(struct step *t, struct load o)
{
    refuse(o, CONTROL_LOAD_NORMAL);
    if (o.in->mode == LOAD_MODE_NORMAL) {
        switch_to(t, o, o.in->runs.set ? o.in->runs.v : o.l->on);
        return;
    }
    bool on = o.in->mode == LOAD_MODE_ON;
    if (on != o.l->on && dwells(t, o)) {
        say_dwell(t, o);
        return;
    }
    switch_to(t, o, on);
    o.x->why.code = on ? CONTROL_LOAD_ON : CONTROL_LOAD_OFF;
    o.x->why.p[0] = min_i32(o.c->power_w, o.in->max_power_w.set ? o.in->max_power_w.v : INT32_MAX);
}
/* What a measured heat pump leaves of its power others may have, until it takes more. */
static void trim_minimum(struct load o)
{
    int32_t taken = greatest(o.x->draw);
    if (o.l->on && o.x->trimmed)
        o.x->min_ma = min_i32(o.x->min_ma, taken + SLACK_MA);
}
void load_wish(struct step *t, int i)
{
    struct load o = load_at(t, i);
    struct control_charger_state *x = o.x;
    o.l->asked = false;
    o.l->locked =
        o.there && !o.in->free && o.l->on && dwells(t, o) && o.c->kind != CONTROL_LOAD_GENERATOR;
    x->want_ma = x->max_ma;
    x->floor_ma = 0;
    x->why = (struct control_reason){CONTROL_FULL_POWER, {x->max_ma}, 0};
    if (x->max_ma < t->c->chargers[i].max_ma)
        x->why.code = CONTROL_OVERRIDE_MAX;
    trim_minimum(o);
    if (!t->in->chargers[i].known && t->now - t->s->started.ms < WAIT_MS) {
        refuse(o, CONTROL_STARTING);
    } else if (!o.there) {
        refuse(o, CONTROL_LOAD_OFFLINE);
    } else if (o.in->free) {
        refuse(o, CONTROL_LOAD_FREE);
    } else if (o.c->kind == CONTROL_LOAD_GENERATOR) {
        wish_generator(t, o);
    } else if (o.in->mode == LOAD_MODE_OFF || o.in->mode == LOAD_MODE_NORMAL) {
        refuse(o, o.in->mode == LOAD_MODE_OFF ? CONTROL_LOAD_OFF : CONTROL_LOAD_NORMAL);
    } else if (x->max_ma < x->min_ma) {
        refuse(o, CONTROL_LOAD_MAX_LOW);
        x->why.p[0] = load_w(x->max_ma, x->lanes);
        x->why.p[1] = load_w(x->min_ma, x->lanes);
    } else if (x->solar && t->s->meter == METER_NONE) {
        refuse(o, CONTROL_LOAD_NO_METER);
    } else if (!o.l->on && dwells(t, o)) {
        x->want_ma = 0;
        say_dwell(t, o);
    }
}
void load_keep(struct step *t, int i)
{
    struct load o = load_at(t, i);
    if (!o.l->locked || o.x->want_ma >= o.x->min_ma)
        return;
    o.x->want_ma = o.x->min_ma;
    say_dwell(t, o);
}

/* ---- sun ---- */
static void say_sun(struct load o, enum control_code code, int64_t have, int32_t need, int32_t left)
{
    o.x->why = (struct control_reason){code, {sat_i32(max_i64(have, 0)), need, left}, 0};
}
/* Goes on while the surplus is there, and for off_delay_ms and its shortest run without. */
static bool goes_on(struct step *t, struct load o, int64_t have, bool enough)
{
    if (enough) {
        if (mean_filled(t)) /* after a start it only goes on: its last minutes go on too */
            o.l->below.on = false;
        return true;
    }
    timer_start(&o.l->below, t);
    o.x->want_ma = o.x->min_ma;
    if (!timer_done(t, &o.l->below, o.c->off_delay_ms)) {
        say_sun(o, CONTROL_LOAD_HOLD, have, o.c->off_below_w,
                left_min(t, o.l->below.since, o.c->off_delay_ms));
        return true;
    }
    if (o.l->locked) {
        say_dwell(t, o);
        return true;
    }
    say_sun(o, CONTROL_LOAD_WAIT, have, o.c->on_above_w, 0);
    return false;
}
bool load_grants(struct step *t, int i)
{
    struct load o = load_at(t, i);
    /* What it draws by itself was counted with those who take theirs first. */
    int64_t own = o.x->current_ma ? 0 : own_w(t, o.x);
    int64_t have = sun_left_w(t) + own;
    bool known = surplus_known(t);
    bool blind = o.x->blind >= METER_MISSING;
    o.l->asked = true;
    if (o.x->why.code == CONTROL_FULL_POWER)
        say_sun(o, CONTROL_SURPLUS, have, 0, 0);
    bool carried = sun_carries(t, o.c->off_below_w - own, o.l->below.on);
    bool enough = known && !blind && (carried || left_over(t, o.c->off_below_w));
    if (o.x->current_ma)
        return goes_on(t, o, have, enough);
    if (!known || have < o.c->on_above_w || !mean_filled(t)) {
        if (mean_filled(t)) /* after a start the surplus is not known yet: the wait goes on */
            o.l->above.on = false;
        say_sun(o, CONTROL_LOAD_WAIT, have, o.c->on_above_w, 0);
        if (t->c->has_battery && !t->in->battery_w.set)
            o.x->why.code = CONTROL_BATTERY_UNKNOWN;
        return false;
    }
    timer_start(&o.l->above, t);
    if (!timer_done(t, &o.l->above, o.c->on_delay_ms)) {
        int64_t left = o.l->above.since.ms + o.c->on_delay_ms - t->now;
        say_sun(o, CONTROL_LOAD_DELAY, have, in_s(left), 0);
        return false;
    }
    t->s->solar_w += own;
    return true;
}

/* ---- what runs by itself ---- */
/* What it draws, or may draw, without having been told to. */
static int32_t unasked_w(const struct step *t, struct load o)
{
    if (o.x->drawing_known)
        return own_w(t, o.x);
    bool rests = o.in->runs.set && !o.in->runs.v;
    return o.c->kind == CONTROL_LOAD_SG_READY && !rests ? o.c->power_w : 0;
}
static void unblock(struct step *t, struct load o)
{
    struct control_load_state *l = o.l;
    if (timer_done(t, &l->block, o.c->block_max_ms)) {
        l->released = (struct control_timer){true, {t->now}};
    } else if (l->block.on) {
        l->freed = (struct control_timer){true, {t->now}};
        l->block_used_ms = sat_i32(since_ms(t, l->block.since));
    }
    l->block.on = false;
}
/* What was used up of the longest block comes back only with a whole pause. */
static void begin_block(struct step *t, struct load o, int32_t draws_w)
{
    struct control_load_state *l = o.l;
    bool again = l->freed.on && since_ms(t, l->freed.since) < o.c->block_pause_ms;
    l->block = (struct control_timer){true, {t->now - (again ? l->block_used_ms : 0)}};
    l->block_at.ms = t->now;
    l->freed.on = false;
    l->block_w = draws_w;
    timer_done(t, &l->block, o.c->block_max_ms);
}
/* State 1 is the last resort: only when the operator's limit can't be met with everybody else at
 * zero, or when a person has switched it off; never longer than block_max_ms. */
static void block(struct step *t, struct load o)
{
    struct control_load_state *l = o.l;
    bool off = o.in->mode == LOAD_MODE_OFF, limit = t->in->consume_w.set;
    if (l->released.on && timer_done(t, &l->released, o.c->block_pause_ms))
        l->released.on = false;
    if (o.in->free) /* its lease ends: it is in normal by itself */
        unblock(t, o);
    if (!o.c->can_block || o.in->free)
        return;
    if (l->block.on) {
        if (!off && !l->block_w) /* it was a person who blocked it so far */
            l->block_w = o.c->power_w;
        /* A budget that moves with the sun must not make the contact flap. */
        bool fits = t->s->budget_w >= l->block_w &&
                    timer_done(t, &(struct control_timer){true, l->block_at}, o.c->min_rest_ms);
        if (timer_done(t, &l->block, o.c->block_max_ms) || (!off && (!limit || fits)))
            unblock(t, o);
        return;
    }
    int32_t draws = unasked_w(t, o);
    if (o.x->current_ma || l->released.on || !(off || (limit && draws > t->s->budget_w)))
        return;
    begin_block(t, o, off ? 0 : draws);
}
/* A circuit without a meter does not show what it draws by itself. */
static void hold_unseen(struct step *t, int i, int32_t ma)
{
    const struct control_charger_state *x = &t->s->chargers[i];
    for (int k = t->c->chargers[i].circuit; k >= 0 && !t->c->circuits[k].metered;
         k = t->c->circuits[k].parent)
        for (int p = 0; p < PHASES; p++)
            t->s->circuits[k].room[p] -= x->load >> p & 1 ? ma : 0;
}
void load_hold(struct step *t, int i, bool hold)
{
    if (!is_load(t, i))
        return;
    struct load o = load_at(t, i);
    if (o.l->held_ma)
        room_take(t, i, hold ? o.l->held_ma : -o.l->held_ma);
    if (o.l->unseen_ma)
        hold_unseen(t, i, hold ? o.l->unseen_ma : -o.l->unseen_ma);
    if (t->s->budget_w < NO_BOUND)
        t->s->budget_w -= hold ? o.l->held_w : -o.l->held_w;
}
void loads_set_aside(struct step *t)
{
    for (int j = 0; j < takers_n(t->c); j++) {
        int i = t->s->order[j];
        if (!is_load(t, i))
            continue;
        struct load o = load_at(t, i);
        o.l->held_ma = o.l->held_w = o.l->unseen_ma = 0;
        if (!o.there) /* what it may draw is reserved already */
            continue;
        if (o.c->kind == CONTROL_LOAD_SG_READY)
            block(t, o);
        if (o.l->block.on)
            o.x->want_ma = 0;
        if (o.x->current_ma || o.l->block.on)
            continue;
        int32_t w = unasked_w(t, o);
        if (o.x->drawing_known) { /* a stop is believed until it could be followed */
            o.l->held_ma = !o.x->certain ? 0 : greatest(o.x->est);
        } else {
            o.l->unseen_ma = ma_of_w(w, lanes_mv(t, o.x));
            o.l->held_w = t->in->consume_w.set ? w : 0;
        }
        load_hold(t, i, true);
    }
}

/* ---- after the orders ---- */
static void follow(struct step *t, struct load o)
{
    bool sg = o.c->kind == CONTROL_LOAD_SG_READY, as_it_likes = o.in->mode == LOAD_MODE_NORMAL;
    bool rests = o.in->runs.set && !o.in->runs.v, runs = o.in->runs.set && o.in->runs.v;
    /* A rod may be hot; a contact or a generator has no such excuse. */
    bool will_not = o.l->on && rests && o.c->kind != CONTROL_LOAD_POWER;
    bool will_still = !o.l->on && runs;
    if (!o.there || o.in->free || sg || as_it_likes || !(will_not || will_still))
        o.l->deaf.on = false;
    else if (!o.l->deaf.on || o.l->deaf.since.ms < o.l->switched_at.ms)
        o.l->deaf = (struct control_timer){true, {t->now}};
    timer_done(t, &o.l->deaf, o.c->react_ms);
}
void loads_settle(struct step *t)
{
    for (int i = t->c->chargers_n; i < takers_n(t->c); i++) {
        struct load o = load_at(t, i);
        if (!o.l->asked)
            o.l->above.on = false;
        if (o.x->seen && o.there && o.c->kind != CONTROL_LOAD_GENERATOR)
            switch_to(t, o, o.x->current_ma > 0);
        follow(t, o);
    }
}
