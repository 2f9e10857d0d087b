/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/core/choose.h"

enum { NOMINAL_V = 230 };

static bool is_plain(enum charge_mode m)
{
    return m > CHARGE_MODE_UNSET && m < 32 && (CHOOSE_TABLE_MODES >> m & 1);
}
/* What holds where time and target say nothing. */
static enum charge_mode usual(const struct choose_in *in)
{
    return is_plain(in->site->mode) ? in->site->mode : CHARGE_MODE_SOLAR_PURE;
}
static struct opt_i32 first_i32(struct opt_i32 a, struct opt_i32 b)
{
    return a.set ? a : b;
}

/* ---- time ---- */
static void find_place(struct choose_place *p, const struct week *week, const struct zone *z,
                       struct wall now)
{
    bool still = p->week == week && now.ms >= p->from.ms && (!p->until.set || now.ms < p->until.v);
    if (!still)
        *p = (struct choose_place){week, now, week_next(week, z, now), week_at(week, z, now)};
}
static void by_table(struct choose_place *p, const struct choose_in *in, const struct zone *z,
                     struct wall now, struct choose_out *o)
{
    const struct week *week = in->people->week ? in->people->week : in->site->week;
    o->active = usual(in);
    o->active_source = SOURCE_DEFAULT;
    o->code = CHOOSE_NO_TABLE;
    if (!week)
        return;
    find_place(p, week, z, now);
    o->until = o->next = p->until;
    o->code = p->value ? o->until.set ? CHOOSE_TABLE : CHOOSE_TABLE_ALWAYS : CHOOSE_TABLE_GAP;
    if (!p->value)
        return;
    o->active = (enum charge_mode)p->value;
    o->active_source = SOURCE_TABLE;
}

/* ---- target ---- */
/* What the car is expected to draw. Phases that nobody knows count as one: a start that was too
 * early is soon seen and taken back, one that was too late is not. */
static int32_t full_w(const struct choose_in *in)
{
    int32_t ma = in->people->max_ma.set ? min_i32(in->people->max_ma.v, in->max_ma) : in->max_ma;
    enum phase_use use = in->people->phases ? in->people->phases : in->site->phases;
    int32_t lanes = in->used ? in->used : 1;
    if (in->car && in->car->phases.set)
        lanes = in->car->phases.v;
    if (in->car && in->car->max_ma.set)
        ma = min_i32(ma, in->car->max_ma.v);
    lanes = use == PHASE_USE_ONE ? 1 : min_i32(lanes, in->wired);
    if (in->lopsided_ma && lanes < PHASES)
        ma = min_i32(ma, in->lopsided_ma);
    return max_i32(1, sat_i32((int64_t)ma * lanes * NOMINAL_V / 1000));
}
static struct target_in goal_of(const struct choose_in *in)
{
    struct target_in t = {
        .plugged = in->plugged,
        .energy_wh = first_i32(in->people->energy_wh, in->site->energy_wh),
        .soc_pm = first_i32(in->people->soc_pm, in->site->soc_pm),
        .when = in->people->when.kind != TARGET_OPEN ? in->people->when : in->site->when,
        .session_wh = in->session_wh,
        .efficiency_pm = 1000,
        .full_w = full_w(in),
        .power_w = in->power_w,
        .margin_ms = in->margin_ms,
        .plan = in->plan,
    };
    if (in->car) {
        t.car_soc_pm = in->car->soc_pm;
        t.capacity_wh = in->car->capacity_wh;
        t.efficiency_pm = in->car->efficiency_pm;
    }
    return t;
}
static void by_target(struct choose_state *s, const struct choose_in *in, const struct zone *z,
                      struct wall now, struct choose_out *o)
{
    static const struct {
        enum choose_code code;
        enum charge_mode mode;
        bool plan;
    } acts[] = {
        [TARGET_NO_GOAL] = {CHOOSE_NO_GOAL, CHARGE_MODE_SOLAR_PURE, false},
        [TARGET_NO_SOC] = {CHOOSE_NO_SOC, CHARGE_MODE_SOLAR_PURE, false},
        [TARGET_UNPLUGGED] = {CHOOSE_WAIT_CAR, CHARGE_MODE_SOLAR_PURE, false},
        [TARGET_PAST] = {CHOOSE_PAST, CHARGE_MODE_SOLAR_PURE, false},
        [TARGET_REACHED] = {CHOOSE_REACHED, CHARGE_MODE_SOLAR_PURE, false},
        [TARGET_SUN] = {CHOOSE_SUN, CHARGE_MODE_SOLAR_PURE, false},
        [TARGET_WAIT] = {CHOOSE_WAIT, CHARGE_MODE_SOLAR_PURE, false},
        [TARGET_PLANNED] = {CHOOSE_PLANNED, CHARGE_MODE_POWER, true},
        [TARGET_BETWEEN] = {CHOOSE_BETWEEN, CHARGE_MODE_SOLAR_PURE, true},
        [TARGET_MUST] = {CHOOSE_MUST, CHARGE_MODE_POWER, false},
        [TARGET_LATE] = {CHOOSE_LATE, CHARGE_MODE_POWER, false},
    };
    struct target_in t = goal_of(in);
    target_step(&s->target, &t, z, now, &o->target);
    o->active = acts[o->target.phase].mode;
    o->active_source = acts[o->target.phase].plan ? SOURCE_PLAN : o->mode_source;
    o->code = acts[o->target.phase].code;
    o->next = o->target.next;
    if (o->target.phase == TARGET_WAIT || o->target.phase == TARGET_BETWEEN)
        o->until = o->target.next;
}

/* ---- caps ---- */
static int32_t lanes_of(const struct choose_in *in)
{
    return in->used ? in->used : in->wired;
}
/* The plan's power as a current; a state of charge that is reached is also the limit, an energy is
 * only what is needed at least. */
static struct control_cap plan_cap(const struct choose_in *in, const struct choose_out *o)
{
    struct control_cap c = {0};
    if (o->mode != CHARGE_MODE_TARGET)
        return c;
    if (o->target.phase == TARGET_REACHED && o->target.by_soc) {
        c.current_ma = SOME_I32(0);
        c.why = CONTROL_TARGET_REACHED;
    } else if (o->target.plan_w.set) {
        int32_t ma = sat_i32((int64_t)o->target.plan_w.v * 1000 / NOMINAL_V / lanes_of(in));
        c.current_ma = SOME_I32(max_i32(ma, in->min_ma));
        c.why = CONTROL_PLAN;
        c.p[0] = c.current_ma.v;
    }
    return c;
}
static struct control_cap smallest(const struct choose_in *in, const struct choose_out *o)
{
    struct control_cap least = {0};
    for (int i = 0; i < CAPS; i++) {
        struct control_cap c = i == CAP_PLAN ? plan_cap(in, o) : in->caps[i];
        if (c.current_ma.set && (!least.current_ma.set || c.current_ma.v < least.current_ma.v))
            least = c;
    }
    return least;
}

/* ---- settings ---- */
static void settle(const struct choose_in *in, const struct choose_out *o,
                   struct control_charger_in *to)
{
    static const enum control_contacts contacts[PHASE_USE_COUNT] = {
        [PHASE_USE_THREE] = CONTACTS_THREE,
        [PHASE_USE_ONE] = CONTACTS_ONE,
        [PHASE_USE_AUTO] = CONTACTS_AUTO};
    const struct choose_settings *p = in->people, *d = in->site;
    const struct choose_settings *start = p->start_set ? p : d;
    struct opt_bool battery = p->use_battery.set ? p->use_battery : d->use_battery;
    to->mode = o->active;
    to->paused = in->paused;
    to->max_ma = first_i32(p->max_ma, d->max_ma);
    to->min_ma = first_i32(p->min_ma, d->min_ma);
    to->priority = first_i32(p->priority, d->priority);
    to->contacts = contacts[o->phases];
    to->start_power_w = start->start_w;
    to->start_pm = start->start_pm;
    to->solar_share_pm = first_i32(p->share_pm, d->share_pm).v;
    to->use_battery = !battery.set || battery.v;
    to->cap = smallest(in, o);
    to->switching = in->car && in->car->switching_set && in->car->switching > in->switching
                        ? in->car->switching
                        : in->switching;
    to->switch_pause_ms = in->car ? in->car->switch_pause_ms : (struct opt_i32){0};
}
bool choose_asks_rules(const struct choose_settings *people, const struct choose_settings *site)
{
    return !people->mode && is_plain(site->mode);
}
void choose(struct choose_state *s, const struct choose_in *in, const struct zone *z,
            struct wall now, struct choose_out *o, struct control_charger_in *to)
{
    *o = (struct choose_out){0};
    o->mode_source = in->people->mode ? SOURCE_OVERRIDE : SOURCE_DEFAULT;
    o->mode = in->people->mode ? in->people->mode : in->site->mode;
    o->phases = in->people->phases ? in->people->phases : in->site->phases;
    o->energy_wh = first_i32(in->people->energy_wh, in->site->energy_wh);
    o->soc_pm = first_i32(in->people->soc_pm, in->site->soc_pm);
    if (o->mode == CHARGE_MODE_TIME) {
        by_table(&s->place, in, z, now, o);
    } else if (o->mode == CHARGE_MODE_TARGET) {
        by_target(s, in, z, now, o);
    } else if (in->rule_mode && choose_asks_rules(in->people, in->site)) {
        o->mode = o->active = in->rule_mode;
        o->mode_source = o->active_source = SOURCE_RULE;
        o->code = CHOOSE_RULE;
    } else {
        o->active = o->mode;
        o->active_source = o->mode_source;
        o->code = o->mode_source == SOURCE_OVERRIDE ? CHOOSE_BY_HAND : CHOOSE_USUAL;
    }
    if (o->mode != CHARGE_MODE_TARGET)
        s->target = (struct target_state){0};
    o->local_start = o->active != CHARGE_MODE_LOCK && o->mode != CHARGE_MODE_TIME;
    settle(in, o, to);
}
