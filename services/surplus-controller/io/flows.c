/* SPDX-License-Identifier: Apache-2.0
 * flows.c -- from messages to the values of the flows, and when they are stepped. */
#include "services/surplus-controller/io/flows.h"
#include "libcommon/tz/tz.h"

enum {
    OVER_MA = 500, /* so much more than its limit a car may seem to draw: two meters' errors */
    SAVE_MS = 300000,
    NOMINAL_VOLT = 230,
};

/* ---- messages ---- */
static struct flow_source *source_of(struct flows *f, enum site_section sec, const char *id)
{
    for (int i = 0; i < f->conf.n; i++)
        if (f->sources[i].sec == sec && strcmp(f->sources[i].id, id) == 0)
            return &f->sources[i];
    return NULL;
}
/* False: an old stored message, or one that is not for us. */
static bool said(struct flow_source *s, const struct bus_msg *m, int64_t ts, struct age_rule rule)
{
    struct mono at;
    if (!s || !inputs_measured_at(&s->skew, m, ts, rule.max_age_ms, &at))
        return false;
    s->known = true;
    s->said = at;
    s->rule = rule;
    return true;
}
static void on_meter(void *user, const struct bus_msg *m)
{
    struct flows *f = user;
    const struct meter_state *s = m->body;
    struct flow_source *src = source_of(f, SITE_meters, m->match.id);
    if (!s || !said(src, m, s->ts, (struct age_rule){s->interval_ms, s->max_age_ms}))
        return;
    src->plus_wh = s->import_wh;
    src->minus_wh = s->export_wh;
    src->reading = (struct control_reading){.at = src->said,
                                            .rule = src->rule,
                                            .power_w = s->power_w,
                                            .power_phase_w = s->power_phase_w,
                                            .current_ma = s->current_phase_ma,
                                            .voltage_mv = s->voltage_phase_mv,
                                            .known = true};
    brain_soon(f->brain);
}
static void on_inverter(void *user, const struct bus_msg *m)
{
    struct flows *f = user;
    const struct inverter_state *s = m->body;
    struct flow_source *src = source_of(f, SITE_inverters, m->match.id);
    if (!s || !said(src, m, s->ts, (struct age_rule){s->interval_ms, s->max_age_ms}))
        return;
    src->plus_wh = s->yield_wh;
    src->direct = s->pv_power_w.set;
    src->reading =
        (struct control_reading){.at = src->said,
                                 .rule = src->rule,
                                 .power_w = s->pv_power_w.set ? s->pv_power_w : s->power_w,
                                 .known = true};
    brain_soon(f->brain);
}
static void on_battery(void *user, const struct bus_msg *m)
{
    struct flows *f = user;
    const struct battery_state *s = m->body;
    struct flow_source *src = source_of(f, SITE_batteries, m->match.id);
    if (!s || !said(src, m, s->ts, (struct age_rule){s->interval_ms, s->max_age_ms}))
        return;
    src->reading = (struct control_reading){
        .at = src->said, .rule = src->rule, .power_w = s->power_w, .known = true};
    brain_soon(f->brain);
}
/* A session begins with the cable, or with another transaction. */
static void session(struct flows *f, struct flow_source *src, const struct charger_state *s,
                    struct now now)
{
    bool plugged = s->evse_state != EVSE_STATE_A && s->evse_state != EVSE_STATE_UNSET;
    bool other =
        s->transaction.set && src->transaction.set && s->transaction.v != src->transaction.v;
    if (!s->online || s->evse_state == EVSE_STATE_UNSET)
        return;
    if ((plugged && !src->plugged) || other) {
        struct flow_item *x = &f->state.items[src - f->sources];
        memset(x->session, 0, sizeof x->session);
        src->session_start = SOME_I64(now.wall.ms);
        src->transaction = s->transaction;
    }
    if (s->transaction.set)
        src->transaction = s->transaction;
    src->plugged = plugged;
}
static void on_charger(void *user, const struct bus_msg *m)
{
    struct flows *f = user;
    const struct charger_state *s = m->body;
    struct flow_source *src = source_of(f, SITE_chargers, m->match.id);
    if (!s || !said(src, m, s->ts, (struct age_rule){s->interval_ms, s->max_age_ms}))
        return;
    int64_t older =
        s->measured_at.set ? clamp_i32(sat_i32(s->ts - s->measured_at.v), 0, AGE_HI) : 0;
    src->plus_wh = s->energy_wh;
    src->online = s->online;
    src->resting = s->evse_state == EVSE_STATE_A || s->evse_state == EVSE_STATE_B;
    src->reading = (struct control_reading){.at = mono_after(src->said, -older),
                                            .rule = src->rule,
                                            .power_w = s->power_w,
                                            .power_phase_w = s->power_phase_w,
                                            .current_ma = s->current_phase_ma,
                                            .voltage_mv = s->voltage_phase_mv,
                                            .known = true};
    session(f, src, s, m->at);
}

/* ---- values ---- */
/* Above what it was told, a while after it was told so. */
static struct opt_i32 over_of(const struct flows *f, const struct flow_source *src)
{
    const struct brain *b = f->brain;
    const struct control_charger_state *x = &b->state.chargers[src->charger];
    const struct control_reading *r = &src->reading;
    int64_t over = 0;
    if (!r->current_ma.set || mono_since_ms(r->at, x->order_at) < b->conf.follow_ms)
        return (struct opt_i32){0};
    for (int p = 0; p < PHASES; p++)
        if (phase_set(&r->current_ma, p))
            over += max_i32(0, r->current_ma.v[p] - x->current_ma - OVER_MA);
    return SOME_I32(sat_i32(over * NOMINAL_VOLT / 1000));
}
static struct flow_value charger_value(const struct flows *f, const struct flow_source *src)
{
    enum charge_mode mode = f->brain->charger_ins[src->charger].mode;
    struct flow_value v = {.plus_wh = src->plus_wh,
                           .follows_sun =
                               mode == CHARGE_MODE_SOLAR_PURE || mode == CHARGE_MODE_SOLAR_PLUS};
    if (!src->online)
        return v;
    /* Many boxes send no more values when the car has stopped: the state is newer. */
    v.power_w = src->resting ? SOME_I32(0) : flow_power_w(&src->reading);
    v.until = mono_after(src->resting ? src->said : src->reading.at, src->rule.max_age_ms);
    v.over_w = src->resting ? SOME_I32(0) : over_of(f, src);
    return v;
}
/* As the controller counts it: measured, or where nothing measures it what it is told to take. */
static struct flow_value load_value(const struct flows *f, const struct flow_source *src)
{
    const struct brain *b = f->brain;
    const struct control_charger_in *in = &b->charger_ins[src->charger];
    const struct control_charger_state *x = &b->state.chargers[src->charger];
    struct flow_value v = {.power_w = flow_power_w(&in->meas),
                           .until = mono_after(in->meas.at, in->meas.rule.max_age_ms)};
    if (!in->known || !in->online)
        return (struct flow_value){0};
    if (v.power_w.set)
        return v;
    int64_t ma = (int64_t)x->draw[0] + x->draw[1] + x->draw[2];
    v.power_w = SOME_I32(sat_i32(ma * NOMINAL_VOLT / 1000));
    v.until.ms = INT64_MAX;
    return v;
}
static struct flow_value value_of(const struct flows *f, int i)
{
    const struct flow_source *src = &f->sources[i], *battery;
    if (f->parts[i] == FLOW_LOAD)
        return load_value(f, src);
    if (src->charger >= 0)
        return charger_value(f, src);
    /* What the controller takes for the grid, wherever its meter sits. */
    bool grid = f->parts[i] == FLOW_GRID;
    const struct control_reading *r = grid ? &f->brain->in.grid : &src->reading;
    struct flow_value v = {.power_w = flow_power_w(r),
                           .until = mono_after(r->at, r->rule.max_age_ms)};
    if (!grid || src->at_grid) {
        v.plus_wh = src->plus_wh;
        v.minus_wh = src->minus_wh;
    }
    if (src->battery >= 0 && !src->direct && v.power_w.set) {
        /* AC is what the panels give less what the battery takes. */
        battery = &f->sources[src->battery];
        struct opt_i32 w = flow_power_w(&battery->reading);
        v.power_w = w.set ? SOME_I32(sat_i32((int64_t)v.power_w.v + w.v)) : (struct opt_i32){0};
        v.until.ms = min_i64(v.until.ms, battery->reading.at.ms + battery->reading.rule.max_age_ms);
    }
    if (grid && f->brain->out.meter == METER_FROZEN)
        v.power_w.set = false;
    return v;
}
static void fill(struct flows *f)
{
    const struct brain *b = f->brain;
    const struct control_circuit_out *root = &b->out.circuits[0];
    for (int i = 0; i < f->conf.n; i++)
        f->values[i] = value_of(f, i);
    f->in.limit_w = b->in.consume_w;
    f->in.fuse_room_w = (struct opt_i32){0};
    int64_t room = 0;
    for (int p = 0; p < PHASES && b->state.begun; p++)
        room += phase_set(&root->available_ma, p)
                    ? (int64_t)root->available_ma.v[p] * b->state.volt_mv / 1000000
                    : 0;
    if (b->state.begun && b->circuit_ids[0][0])
        f->in.fuse_room_w = SOME_I32(sat_i32(room));
    if (b->circuits[0].max_power_w.set &&
        (!f->in.limit_w.set || b->circuits[0].max_power_w.v < f->in.limit_w.v))
        f->in.limit_w = b->circuits[0].max_power_w;
}
void flows_before(struct flows *f, struct now now)
{
    UNUSED(now);
    if (!f->conf.derive_grid)
        return;
    int64_t sum = 0;
    struct control_reading r = {.at = {INT64_MAX}, .rule = {1, AGE_HI}, .known = true};
    for (int i = 0; i < f->conf.n; i++) {
        struct flow_value v = value_of(f, i);
        const struct flow_source *src = &f->sources[i];
        if (f->parts[i] == FLOW_COUNTED)
            continue;
        if (!v.power_w.set)
            return; /* the last sum grows old */
        sum += f->parts[i] == FLOW_PRODUCER ? -(int64_t)v.power_w.v : v.power_w.v;
        r.at.ms = min_i64(r.at.ms, v.until.ms - src->rule.max_age_ms);
        r.rule.interval_ms = max_i32(r.rule.interval_ms, src->rule.interval_ms);
        r.rule.max_age_ms = min_i32(r.rule.max_age_ms, src->rule.max_age_ms);
    }
    r.power_w = SOME_I32(sat_i32(sum));
    f->brain->in.grid = r;
}
int64_t flows_after(struct flows *f, struct now now)
{
    fill(f);
    flow_step(&f->state, &f->in, &f->conf, now, &f->out);
    f->dirty = true;
    int64_t next = f->out.next.ms;
    if (f->out.closed) {
        flows_close_quarter(f);
        flows_publish_points(f, now);
    }
    next = min_i64(next, flows_publish(f, now));
    if (!f->saved_at.ms)
        f->saved_at = now.mono;
    if (f->out.closed || mono_since_ms(now.mono, f->saved_at) >= SAVE_MS) {
        flows_save(f);
        f->saved_at = now.mono;
    }
    return next;
}

/* ---- setup ---- */
static void add(struct flows *f, enum site_section sec, const char *id, enum flow_part part,
                int charger)
{
    int i = f->conf.n++;
    f->parts[i] = part;
    f->sources[i] = (struct flow_source){.sec = sec, .id = id, .charger = charger, .battery = -1};
}
static bool in_a_point(const struct site *s, const char *id)
{
    for (int i = 0; i < s->metering_points_n; i++) {
        const struct metering_point_conf *c = &s->metering_points[i].conf;
        for (int k = 0; k < c->consumers_n; k++)
            if (strcmp(c->consumers[k], id) == 0)
                return true;
        for (int k = 0; k < c->producers_n; k++)
            if (strcmp(c->producers[k], id) == 0)
                return true;
    }
    return false;
}
static void add_meters(struct flows *f, const struct site *s)
{
    static const enum flow_part parts[ROLE_COUNT] = {
        [ROLE_UNSET] = FLOW_COUNTED,          [ROLE_GRID] = FLOW_COUNTED,
        [ROLE_PRODUCER] = FLOW_PRODUCER,      [ROLE_CONSUMER] = FLOW_CONSUMER,
        [ROLE_DISPLAY] = FLOW_COUNTED,        [ROLE_STORAGE_HOME] = FLOW_STORAGE_HOME,
        [ROLE_STORAGE_ALL] = FLOW_STORAGE_ALL};
    const char *grid = f->brain->grid_meter;
    for (int i = 0; i < s->meters_n; i++) {
        const char *id = s->meters[i].id;
        enum flow_part part = parts[s->meters[i].conf.role];
        if (grid && strcmp(grid, id) == 0)
            part = FLOW_GRID;
        /* A consumer beside a grid meter is a part of the house that needs no sum. */
        if (part == FLOW_CONSUMER && !f->conf.derive_grid)
            part = FLOW_COUNTED;
        if (part != FLOW_COUNTED || in_a_point(s, id))
            add(f, SITE_meters, id, part, -1);
        if (part == FLOW_GRID)
            source_of(f, SITE_meters, id)->at_grid = s->meters[i].conf.position == POSITION_GRID;
    }
}
/* A hybrid inverter and its battery are one device on one bus. */
static void pair_hybrids(struct flows *f, const struct site *s)
{
    for (int i = 0; i < s->inverters_n; i++)
        for (int k = 0; k < s->batteries_n; k++) {
            const struct inverter_conf *v = &s->inverters[i].conf;
            const struct battery_conf *b = &s->batteries[k].conf;
            if (v->unit == b->unit && strcmp(v->bus, b->bus) == 0)
                source_of(f, SITE_inverters, s->inverters[i].id)->battery =
                    (int)(source_of(f, SITE_batteries, s->batteries[k].id) - f->sources);
        }
}
struct flows *flows_new(struct brain *b, struct err_text *why)
{
    const struct site *s = b->svc->site;
    struct flows *f = brain_array(1, sizeof *f);
    int most = s->meters_n + s->inverters_n + s->batteries_n + s->chargers_n + s->loads_n;
    if (tz_load(s->general.timezone, &f->zone, why) != ERR_OK) {
        free(f);
        return NULL;
    }
    f->brain = b;
    f->parts = brain_array(most, sizeof *f->parts);
    f->sources = brain_array(most, sizeof *f->sources);
    f->values = brain_array(most, sizeof *f->values);
    f->state.items = brain_array(most, sizeof *f->state.items);
    f->charger_told = brain_array(most, sizeof *f->charger_told);
    f->conf = (struct flow_config){.parts = f->parts,
                                   .derive_grid =
                                       !b->grid_meter && s->control.grid_source == GRID_SOURCE_SUM,
                                   .mean_ms = s->control.mean_ms,
                                   .zone = &f->zone};
    f->in.items = f->values;
    add_meters(f, s);
    for (int i = 0; i < s->inverters_n; i++)
        add(f, SITE_inverters, s->inverters[i].id, FLOW_PRODUCER, -1);
    for (int i = 0; i < s->batteries_n; i++)
        add(f, SITE_batteries, s->batteries[i].id,
            s->batteries[i].conf.role == ROLE_STORAGE_ALL ? FLOW_STORAGE_ALL : FLOW_STORAGE_HOME,
            -1);
    for (int i = 0; i < s->chargers_n; i++)
        add(f, SITE_chargers, s->chargers[i].id, FLOW_CHARGER, i);
    for (int k = 0; k < s->loads_n; k++)
        if (s->loads[k].conf.kind != LOAD_KIND_GENERATOR) /* a meter with role producer says it */
            add(f, SITE_loads, s->loads[k].id, FLOW_LOAD, b->conf.chargers_n + k);
    pair_hybrids(f, s);
    flows_place_points(f);
    return f;
}
void flows_subscribe(struct flows *f)
{
    static const struct {
        enum site_section sec;
        enum message_id m;
        bus_msg_cb *cb;
    } rows[] = {{SITE_meters, MSG_METER_STATE, on_meter},
                {SITE_inverters, MSG_INVERTER_STATE, on_inverter},
                {SITE_batteries, MSG_BATTERY_STATE, on_battery}};
    struct bus *bus = f->brain->svc->bus;
    for (int i = 0; i < f->conf.n; i++)
        for (size_t k = 0; k < COUNT_OF(rows); k++)
            if (f->sources[i].sec == rows[k].sec)
                bus_on(bus, rows[k].m, f->sources[i].id, rows[k].cb, f);
    bus_on(bus, MSG_CHARGER_STATE, NULL, on_charger, f);
}
void flows_free(struct flows *f)
{
    if (!f)
        return;
    void *all[] = {f->parts,  f->sources, f->values,    f->state.items, f->charger_told,
                   f->points, f->shares,  f->producers, f->produced_wh, f->takes};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        free(all[i]);
    free(f);
}
