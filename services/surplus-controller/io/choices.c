/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/io/choices.h"
#include "libcommon/io/log.h"
#include "libcommon/tz/tz.h"
#include "services/surplus-controller/io/brain.h"

enum { LEARNT_PM = 50 /* a learnt power that moved by less is not written down */ };

/* ---- overrides as settings ---- */
static bool set_number(struct choose_settings *p, const struct kept_override *o)
{
    static const struct {
        const char *field;
        size_t off;
    } numbers[] = {
        {"max_current", offsetof(struct choose_settings, max_ma)},
        {"min_current", offsetof(struct choose_settings, min_ma)},
        {"priority", offsetof(struct choose_settings, priority)},
        {"solar_share", offsetof(struct choose_settings, share_pm)},
        {"target_energy", offsetof(struct choose_settings, energy_wh)},
        {"target_soc", offsetof(struct choose_settings, soc_pm)},
    };
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        if (strcmp(o->field, numbers[i].field) == 0) {
            *(struct opt_i32 *)(void *)((char *)p + numbers[i].off) = SOME_I32(o->value);
            return true;
        }
    return false;
}
static void set_word(struct choices *all, struct choice_io *c, const struct kept_override *o,
                     const char *week)
{
    struct choose_settings *p = &c->people;
    struct err_text why = {""};
    enum err rc = ERR_OK;
    if (strcmp(o->field, "mode") == 0)
        p->mode = (enum charge_mode)o->value;
    else if (strcmp(o->field, "phases") == 0)
        p->phases = (enum phase_use)o->value;
    else if (strcmp(o->field, "use_house_battery") == 0)
        p->use_battery = SOME_BOOL(o->value != 0);
    else if (strcmp(o->field, "start_power") == 0)
        p->start_set = site_parse_start_power(o->text, &p->start_pm, &p->start_w) &&
                       str_copyz(c->start_text, sizeof c->start_text, o->text);
    else if (strcmp(o->field, "target_time") == 0) {
        rc = target_when_parse(str_of(o->text), &all->zone, &p->when, &why);
        str_copyz(c->when_text, sizeof c->when_text, o->text);
    } else if (strcmp(o->field, "week") == 0) {
        rc = week_parse(str_of(week), &charge_mode_enum, CHOOSE_TABLE_MODES, &c->people_week, &why);
        p->week = rc == ERR_OK ? &c->people_week : NULL;
    }
    if (rc != ERR_OK) /* it was refused when it came, so this is an older file */
        log_error("event=choice_ignored field=%s why=\"%s\"", o->field, why.s);
}
static void parse(struct brain *b, int i)
{
    struct choice_io *c = &b->choices->v[i];
    const struct kept_charger *k = &b->ios[i].kept;
    if (c->parsed_rev == b->ios[i].rev)
        return;
    c->parsed_rev = b->ios[i].rev;
    c->people = (struct choose_settings){0};
    c->state.place.week = NULL;
    str_copyz(c->start_text, sizeof c->start_text, b->ios[i].conf->start_power);
    c->when_text[0] = '\0';
    for (int o = 0; o < k->overrides_n; o++)
        if (!set_number(&c->people, &k->overrides[o]))
            set_word(b->choices, c, &k->overrides[o], k->week);
}

/* ---- what is refused ---- */
static enum err check_text(const struct brain *b, const char *field, const char *text,
                           struct now now, struct err_text *why)
{
    struct week week;
    struct target_when when;
    struct opt_i32 w;
    int32_t pm;
    enum err rc = ERR_OK;
    if (strcmp(field, "week") == 0)
        rc = week_parse(str_of(text), &charge_mode_enum, CHOOSE_TABLE_MODES, &week, why);
    if (strcmp(field, "target_time") == 0) {
        rc = target_when_parse(str_of(text), &b->choices->zone, &when, why);
        if (rc == ERR_OK && when.kind == TARGET_ONCE && when.at.ms <= now.wall.ms)
            rc = err_set(why, ERR_RANGE, "%s is in the past", text);
    }
    if (strcmp(field, "start_power") == 0 && !site_parse_start_power(text, &pm, &w))
        rc = err_set(why, ERR_SYNTAX,
                     "expected min, max, a share such as 50%% or a power such as 5.5 kW, got %s",
                     text);
    if (strcmp(field, "vehicle") == 0 && strcmp(text, "guest") != 0 &&
        vehicle_index(b->choices, text) < 0)
        rc = err_set(why, ERR_UNKNOWN, "%s is not under vehicles; an unknown car is a guest", text);
    return rc;
}
enum err choices_check(const struct brain *b, int i, const struct kept_override *o,
                       const char *text, struct now now, struct err_text *why)
{
    if (o->until.set && o->until.v <= now.wall.ms)
        return err_set(why, ERR_RANGE, "its end is in the past");
    if (strcmp(o->field, "phases") == 0 && !b->chargers[i].can_switch)
        return err_set(why, ERR_STATE, "this wallbox does not switch phases");
    return check_text(b, o->field, text, now, why);
}

/* ---- plan ---- */
static void on_plan(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    const struct plan_state *p = m->body;
    int i = charger_index(b, m->match.id);
    if (i < 0)
        return;
    struct choice_io *c = &b->choices->v[i];
    if (!p) {
        free(c->plan);
        c->plan = NULL;
    } else {
        if (!c->plan && !(c->plan = malloc(sizeof *c->plan)))
            abort();
        c->plan->msg = *p;
        c->plan->at = m->at.mono;
    }
    brain_soon(b);
}
/* Its age is that of its own time stamp: it may have waited at the broker. */
static const struct target_plan *plan_of(const struct choice_io *c, struct now now,
                                         struct target_plan *out, int64_t *next)
{
    const struct plan_state *p = c->plan ? &c->plan->msg : NULL;
    if (!p || !p->deadline.set)
        return NULL;
    int64_t left = p->ts + p->max_age_ms - now.wall.ms;
    *out = (struct target_plan){.fresh = left >= 0,
                                .deadline = {p->deadline.v},
                                .slot_ms = p->slot_ms,
                                .slots = p->slots,
                                .slots_n = p->slots_n};
    if (left >= 0)
        *next = min_i64(*next, now.mono.ms + left + 1);
    return out;
}

/* ---- to the snapshot ---- */
static void keep(struct brain *b, int i)
{
    const struct target_state *t = &b->choices->v[i].state.target;
    struct kept_charger *k = &b->ios[i].kept;
    bool learnt = t->learnt_w - k->target_learnt_w.v > k->target_learnt_w.v * LEARNT_PM / 1000 ||
                  k->target_learnt_w.v - t->learnt_w > k->target_learnt_w.v * LEARNT_PM / 1000;
    if (!learnt && t->goal == (uint64_t)k->target_goal.v &&
        t->deadline.set == k->target_deadline.set && t->deadline.v == k->target_deadline.v &&
        t->reached == k->target_reached.v && t->forced_at.set == k->target_forced.set &&
        t->forced_at.v == k->target_forced.v)
        return;
    k->target_deadline = t->deadline;
    k->target_reached = (struct opt_bool){t->reached, t->goal != 0};
    k->target_forced = t->forced_at;
    k->target_learnt_w = (struct opt_i32){t->learnt_w, t->learnt_w != 0};
    k->target_goal = (struct opt_i64){t->goal, t->goal != 0};
    b->save_due = true;
}
static void restore(struct brain *b, int i)
{
    const struct kept_charger *k = &b->ios[i].kept;
    b->choices->v[i].state.target = (struct target_state){
        .deadline = k->target_deadline,
        .reached = k->target_reached.v,
        .forced = k->target_forced.set,
        .forced_at = k->target_forced,
        .learnt_w = k->target_learnt_w.v,
        .goal = (uint32_t)k->target_goal.v,
    };
}
/* What a person sees at once, other than by the numbers that go on counting. */
static bool shown_differs(const struct choose_out *a, const struct choose_out *b)
{
    enum { START_MOVED_MS = 60000, NEED_STEP_WH = 100 };
    int64_t moved = a->target.start.v - b->target.start.v;
    return a->mode != b->mode || a->active != b->active || a->code != b->code ||
           a->mode_source != b->mode_source || a->active_source != b->active_source ||
           a->until.v != b->until.v || a->phases != b->phases ||
           a->target.deadline.v != b->target.deadline.v || moved > START_MOVED_MS ||
           moved < -START_MOVED_MS ||
           a->target.need_wh / NEED_STEP_WH != b->target.need_wh / NEED_STEP_WH;
}
static int32_t phases_in(uint8_t mask)
{
    return (mask & 1) + (mask >> 1 & 1) + (mask >> 2 & 1);
}
/* Rules of a wallbox make a mode and its cap together; both are gone when somebody chooses. */
static enum charge_mode by_rules(struct brain *b, int i)
{
    struct choice_io *c = &b->choices->v[i];
    enum charge_mode mode = c->site.mode;
    c->caps[CAP_RULE] = (struct control_cap){0};
    if (!rules_decide(b, i) || !choose_asks_rules(&c->people, &c->site))
        return CHARGE_MODE_UNSET;
    rules_charger(b, i, &mode, &c->caps[CAP_RULE]);
    return mode;
}
static int64_t refresh(struct brain *b, int i, struct now now)
{
    struct choice_io *c = &b->choices->v[i];
    const struct control_charger_conf *conf = &b->chargers[i];
    struct control_charger_in *in = &b->charger_ins[i];
    struct choose_out before = c->out;
    struct choose_car car;
    struct target_plan plan;
    int64_t next = INT64_MAX;
    parse(b, i);
    struct choose_in ask = {
        .people = &c->people,
        .site = &c->site,
        .car = vehicles_car(b, i, &car) ? &car : NULL,
        .plan = plan_of(c, now, &plan, &next),
        .caps = c->caps,
        .rule_mode = by_rules(b, i),
        .switching = c->switching,
        .plugged = b->ios[i].plugged,
        .paused = b->ios[i].kept.paused.v,
        .session_wh = c->session_wh,
        .power_w = in->meas.known && in->online ? in->meas.power_w.v : 0,
        .wired = phases_in(conf->phases),
        .used = phases_in(b->state.chargers[i].used),
        .min_ma = conf->min_ma,
        .max_ma = conf->max_ma,
        .margin_ms = b->svc->site->control.target_margin_ms,
        .lopsided_ma = control_lopsided_ma(&b->conf),
    };
    choose(&c->state, &ask, &b->choices->zone, now.wall, &c->out, in);
    keep(b, i);
    if (shown_differs(&before, &c->out))
        c->parsed_rev = ++b->ios[i].rev; /* to be told; the overrides are the same */
    if (c->out.next.set)
        next =
            min_i64(next, now.mono.ms + min_i64(max_i64(1, c->out.next.v - now.wall.ms), AGE_HI));
    return next;
}
int64_t choices_refresh(struct brain *b, struct now now)
{
    int64_t next = INT64_MAX;
    if (b->choices->claims_changed)
        vehicles_claim(b);
    for (int i = 0; i < b->conf.chargers_n; i++)
        next = min_i64(next, refresh(b, i, now));
    return next;
}
struct control_cap *choices_cap(struct brain *b, int i, enum choose_cap cap)
{
    return &b->choices->v[i].caps[cap];
}

/* ---- from the wallbox ---- */
void choices_charger(struct brain *b, int i, const struct charger_state *s)
{
    struct choice_io *c = &b->choices->v[i];
    struct kept_charger *k = &b->ios[i].kept;
    bool plugged = b->ios[i].plugged;
    if (plugged != k->plugged.v) {
        k->plugged = SOME_BOOL(plugged);
        k->plug_wh = plugged ? s->energy_wh : (struct opt_i64){0};
        if (s->transaction.set && s->session_wh.set) /* it came while we were away */
            k->plug_wh.v -= min_i64(s->session_wh.v, k->plug_wh.v);
        b->save_due = b->choices->claims_changed = true;
    }
    if (strcmp(k->id_tag, plugged ? s->id_tag : "") != 0) {
        str_copyz(k->id_tag, sizeof k->id_tag, plugged ? s->id_tag : "");
        b->save_due = b->choices->claims_changed = true;
    }
    c->box_soc_pm = plugged ? s->soc_pm : (struct opt_i32){0};
    /* By the counter: a wallbox may begin several sessions while one car stays. */
    if (!plugged)
        c->session_wh = 0;
    else if (s->energy_wh.set && k->plug_wh.set)
        c->session_wh = sat_i32(max_i64(0, s->energy_wh.v - k->plug_wh.v));
    else if (s->session_wh.set)
        c->session_wh = s->session_wh.v;
}
void choices_left(struct brain *b, int i)
{
    vehicles_left(b, i);
    b->choices->v[i].session_wh = 0;
    b->choices->claims_changed = true;
}

/* ---- life ---- */
static void site_settings(struct choice_io *c, const struct charger_conf *conf)
{
    static const enum control_switching switching[PHASE_SWITCH_COUNT] = {
        [PHASE_SWITCH_ALLOWED] = SWITCHING_ALLOWED,
        [PHASE_SWITCH_IDLE_ONLY] = SWITCHING_IDLE_ONLY,
        [PHASE_SWITCH_NEVER] = SWITCHING_NEVER};
    struct err_text why;
    struct choose_settings *d = &c->site;
    c->switching = switching[conf->phase_switch];
    *d = (struct choose_settings){.mode = conf->mode,
                                  .phases = conf->phase_use,
                                  .share_pm = SOME_I32(conf->solar_share_pm),
                                  .start_set = true,
                                  .use_battery = SOME_BOOL(conf->use_house_battery)};
    bool read = site_parse_start_power(conf->start_power, &d->start_pm, &d->start_w);
    if (conf->week[0]) {
        enum err rc = week_parse(str_of(conf->week), &charge_mode_enum, CHOOSE_TABLE_MODES,
                                 &c->site_week, &why);
        read = read && rc == ERR_OK;
        d->week = &c->site_week;
    }
    assert(read); /* site_check has read it too */
}
enum err choices_configure(struct brain *b, struct err_text *why)
{
    const struct site *site = b->svc->site;
    int n = b->conf.chargers_n;
    struct choices *c = b->choices = brain_array(1, sizeof *c);
    c->v = brain_array(n, sizeof *c->v);
    c->claims = brain_array(n, sizeof *c->claims);
    c->given = brain_array(n, sizeof *c->given);
    for (int i = 0; i < n; i++) {
        site_settings(&c->v[i], &site->chargers[i].conf);
        c->v[i].parsed_rev = -1;
        c->v[i].vehicle = NO_VEHICLE;
    }
    vehicles_configure(b);
    return tz_load(site->general.timezone, &c->zone, why);
}
void choices_free(struct brain *b)
{
    struct choices *c = b->choices;
    if (!c)
        return;
    for (int i = 0; i < b->conf.chargers_n; i++)
        free(c->v[i].plan);
    void *all[] = {c->v, c->claims, c->given, c->vehicles, c};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        free(all[i]);
    b->choices = NULL;
}
void choices_subscribe(struct brain *b)
{
    for (int i = 0; i < b->conf.chargers_n; i++)
        restore(b, i);
    vehicles_load(b);
    bus_on(b->svc->bus, MSG_PLAN_STATE, NULL, on_plan, b);
    vehicles_subscribe(b);
}
