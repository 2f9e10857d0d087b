/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/day/choices.h"

bool choices_used(const struct day *d, const char *charger)
{
    const struct day_charger *c = &d->chargers[day_charger_index(d, charger)];
    if (c->mode == CHARGE_MODE_TIME || c->mode == CHARGE_MODE_TARGET || c->week[0] ||
        c->cheap_below_micro.set)
        return true;
    for (int k = 0; k < d->changes_n; k++) {
        const struct day_change *x = &d->changes[k];
        if (strcmp(x->charger, charger) == 0 &&
            (x->mode == CHARGE_MODE_TIME || x->mode == CHARGE_MODE_TARGET || x->week[0] ||
             x->target_time[0] || x->target_energy_wh.set))
            return true;
    }
    return false;
}
static void week(struct week *w, const struct week **to, const char *text)
{
    struct err_text why;
    if (!text[0])
        return;
    enum err e = week_parse(str_of(text), &charge_mode_enum, CHOOSE_TABLE_MODES, w, &why);
    assert(e == ERR_OK); /* day_sound has read it too */
    *to = w;
}
/* Full power while it is cheap, else the sun: the rule with the sun is asked first. */
static void make_rules(struct choice *c, const struct day_charger *conf)
{
    struct err_text why;
    struct rule r = {.from = -1,
                     .input = -1,
                     .input_off = -1,
                     .days = 127,
                     .action = RULE_SET,
                     .side = RULE_BOTH};
    int col;
    enum err e = rule_value_parse(str_of("100 %"), NULL, NULL, &r.value, &col, &why);
    assert(e == ERR_OK);
    c->rules[0] = c->rules[1] = r;
    c->rules[0].surplus = true;
    c->rules[0].price_above = SOME_I64(conf->cheap_below_micro.v - 1);
    c->rules[1].price_below = conf->cheap_below_micro;
}
void choices_init(struct choices *x, const struct day *d)
{
    memset(x, 0, sizeof *x);
    x->d = d;
    if (!d->date[0])
        return;
    bool read = day_date(d->date, &x->zone, &x->first_ms);
    for (int i = 0; i < d->chargers_n; i++) {
        const struct day_charger *conf = &d->chargers[i];
        struct choice *c = &x->v[i];
        c->used = choices_used(d, conf->id);
        x->any = x->any || c->used;
        c->planned_slot = -1;
        c->site = (struct choose_settings){
            .mode = conf->mode,
            .phases = conf->phase_use,
            .share_pm = SOME_I32(conf->solar_share_pm),
            .start_set = true,
            .use_battery = SOME_BOOL(conf->use_house_battery),
        };
        read =
            read && site_parse_start_power(conf->start_power, &c->site.start_pm, &c->site.start_w);
        week(&c->site_week, &c->site.week, conf->week);
        if (conf->cheap_below_micro.set)
            make_rules(c, conf);
    }
    assert(read);
}
void choices_copy(struct choices *to, const struct choices *from)
{
    *to = *from;
    for (int i = 0; i < to->d->chargers_n; i++) {
        struct choice *c = &to->v[i];
        if (c->people.week)
            c->people.week = &c->people_week;
        if (c->site.week)
            c->site.week = &c->site_week;
        c->plan.slots = c->slots;
        c->state.place.week = NULL;
    }
}
struct wall choices_wall(const struct choices *x, int second)
{
    return (struct wall){x->first_ms + second * INT64_C(1000)};
}
struct opt_i64 choices_price(const struct day *d, int second)
{
    struct opt_i64 price = {0};
    for (int i = 0; i < d->prices_n && d->prices[i].at <= second; i++)
        price = SOME_I64(d->prices[i].price_micro);
    return price;
}

/* ---- people ---- */
void choices_people(struct choices *x, const struct plant *p)
{
    const struct day *d = x->d;
    for (int k = 0; x->any && k < d->changes_n; k++) {
        const struct day_change *n = &d->changes[k];
        bool first = p->second == d->from && n->at < p->second;
        struct choice *c = &x->v[day_charger_index(d, n->charger)];
        struct err_text why;
        enum err e = ERR_OK;
        if ((n->at != p->second && !first) || !c->used)
            continue;
        c->people.mode = n->mode ? n->mode : c->people.mode;
        if (n->target_energy_wh.set)
            c->people.energy_wh = n->target_energy_wh;
        if (n->target_time[0])
            e = target_when_parse(str_of(n->target_time), &x->zone, &c->people.when, &why);
        assert(e == ERR_OK);
        if (n->week[0])
            c->state.place.week = NULL;
        week(&c->people_week, &c->people.week, n->week);
    }
}

/* ---- a planner ---- */
static int cheaper(const void *a, const void *b)
{
    const struct slot *x = a, *y = b;
    return x->value != y->value ? (x->value < y->value ? -1 : 1) : x->start < y->start ? -1 : 1;
}
static int earlier(const void *a, const void *b)
{
    return ((const struct slot *)a)->start < ((const struct slot *)b)->start ? -1 : 1;
}
/* The cheapest quarter hours that are enough, made anew each quarter hour. */
static const struct target_plan *plan(struct choices *x, struct choice *c, int second,
                                      int32_t full_w)
{
    int64_t now = choices_wall(x, second).ms, slot = now / SLOT_MS, need_mwh;
    const struct target_out *t = &c->out.target;
    if (!x->d->prices_n || !t->deadline.set || c->people.mode != CHARGE_MODE_TARGET)
        return NULL;
    bool same = c->planned_slot == slot && c->plan.deadline.ms == t->deadline.v;
    if (same)
        return &c->plan;
    int n = 0, used = 0;
    for (int64_t at = slot * SLOT_MS; at + SLOT_MS <= t->deadline.v && n < PLAN_SLOTS;
         at += SLOT_MS) {
        struct opt_i64 price = choices_price(x->d, (int)((at - x->first_ms) / 1000));
        c->slots[n++] = (struct slot){.start = at, .value = price.v};
    }
    qsort(c->slots, (size_t)n, sizeof c->slots[0], cheaper);
    need_mwh = (int64_t)t->need_wh * 1150;
    for (; used < n && need_mwh > 0; used++) {
        int64_t from = max_i64(now, c->slots[used].start);
        need_mwh -= (c->slots[used].start + SLOT_MS - from) * full_w / 3600;
        c->slots[used].value = full_w;
    }
    qsort(c->slots, (size_t)used, sizeof c->slots[0], earlier);
    c->plan = (struct target_plan){.fresh = true,
                                   .deadline = {t->deadline.v},
                                   .slot_ms = SLOT_MS,
                                   .slots = c->slots,
                                   .slots_n = used};
    c->planned_slot = slot;
    return &c->plan;
}

/* ---- to the snapshot ---- */
static enum charge_mode by_rules(struct choices *x, int i, const struct core *core, int second)
{
    struct choice *c = &x->v[i];
    const struct control_charger_conf *conf = &core->charger_confs[i];
    c->caps[CAP_RULE] = (struct control_cap){0};
    if (!x->d->chargers[i].cheap_below_micro.set || !choose_asks_rules(&c->people, &c->site))
        return CHARGE_MODE_UNSET;
    struct rules_env env = {.time_known = true, .price_micro = choices_price(x->d, second)};
    struct rules_taker taker = {.amps = true,
                                .min = conf->min_ma,
                                .max = conf->max_ma,
                                .lanes = max_i32(1, core->chargers[i].lanes),
                                .volt_mv = VOLT_MV,
                                .side = RULE_BOTH};
    const struct rule *rules[2] = {&c->rules[0], &c->rules[1]};
    struct rules_result r = rules_eval(rules, 2, &taker, &env);
    c->caps[CAP_RULE] = (struct control_cap){
        .current_ma = SOME_I32(r.value),
        .why = r.value >= conf->min_ma ? CONTROL_RULE
               : r.rule < 0            ? CONTROL_NO_RULE
                                       : CONTROL_RULE_PAUSE,
        .p = {r.value},
    };
    return r.surplus ? CHARGE_MODE_SOLAR_PURE : CHARGE_MODE_POWER;
}
static void take_settings(struct choice *c, const struct box *b)
{
    c->people.max_ma = b->max_ma;
    c->people.min_ma = b->min_ma;
    c->people.priority = b->priority;
    c->people.phases = b->phases;
}
static bool one(struct choices *x, int i, struct plant *p, const struct core *core, struct views *v)
{
    struct choice *c = &x->v[i];
    struct box *b = &p->boxes[i];
    struct control_charger_in *in = &v->chargers[i];
    const struct day_charger *conf = &x->d->chargers[i];
    const struct day_car *car = b->car >= 0 ? &x->d->cars[b->car] : NULL;
    struct choose_car known = {.efficiency_pm = 900};
    enum charge_mode was = c->out.active;
    take_settings(c, b);
    if (car) {
        known.phases = SOME_I32(car->phases);
        known.max_ma = SOME_I32(car->max_current_ma);
    }
    int32_t full_w = car ? watts((int64_t)min_i32(conf->max_current_ma, car->max_current_ma) *
                                 max_i32(1, lanes(b->car_uses)))
                         : 1;
    struct choose_in ask = {
        .people = &c->people,
        .site = &c->site,
        .car = car && car->vehicle ? &known : NULL,
        .plan = plan(x, c, p->second, full_w),
        .caps = c->caps,
        .rule_mode = by_rules(x, i, core, p->second),
        .switching = in->switching,
        .plugged = in->state != EVSE_STATE_A,
        .paused = b->paused,
        .session_wh = (int32_t)(b->charged_mwh / 1000),
        .power_w = in->meas.known && in->online ? in->meas.power_w.v : 0,
        .wired = conf->phases,
        .used = lanes(core->chargers[i].used),
        .min_ma = conf->min_current_ma,
        .max_ma = conf->max_current_ma,
        .margin_ms = x->d->control.target_margin_ms,
        .lopsided_ma = control_lopsided_ma(&core->c),
    };
    choose(&c->state, &ask, &x->zone, choices_wall(x, p->second), &c->out, in);
    b->mode = c->out.active;
    return was != c->out.active;
}
bool choices_second(struct choices *x, struct plant *p, const struct core *core, struct views *v)
{
    bool news = false;
    for (int i = 0; x->any && !p->calm && i < x->d->chargers_n; i++)
        if (x->v[i].used)
            news = one(x, i, p, core, v) || news;
    return news;
}
void choices_restart(struct choices *x)
{
    for (int i = 0; i < x->d->chargers_n; i++) /* the plan is another service's, and retained */
        x->v[i].state = (struct choose_state){.target = x->v[i].state.target};
}
