/* SPDX-License-Identifier: Apache-2.0
 * inputs.c -- from messages to the snapshot: values with their age on our own clock. */
#include "services/surplus-controller/io/brain.h"
#include "libcommon/io/log.h"

enum {
    CLOCKS_AGREE_MS = 2000, /* ts and our wall clock differ by less: taken as the same clock */
    DIFFER_MS = 10000,      /* site files differ for so long: no longer a reload under way */
};

bool inputs_measured_at(struct clock_skew *k, const struct bus_msg *m, int64_t ts_ms,
                        int32_t max_age_ms, struct mono *at)
{
    int64_t late = m->at.wall.ms - ts_ms;
    if (m->retained) {
        *at = mono_after(m->at.mono, -max_i64(late, 0));
        return late >= -CLOCKS_AGREE_MS && late <= max_age_ms;
    }
    /* Values age no faster than time passes: a greater step is a clock that was set. */
    bool stepped =
        k->set && late - k->last_ms > mono_since_ms(m->at.mono, k->last_at) + CLOCKS_AGREE_MS;
    if (!k->set || stepped || late < k->least_ms)
        k->least_ms = late;
    *k = (struct clock_skew){k->least_ms, late, m->at.mono, true};
    bool agree = k->least_ms > -CLOCKS_AGREE_MS && k->least_ms < CLOCKS_AGREE_MS;
    int64_t age = agree ? max_i64(late, 0) : late - k->least_ms;
    *at = mono_after(m->at.mono, -age);
    return true;
}

/* ---- meters ---- */
struct control_reading meter_reading(const struct meter_state *s, struct mono at)
{
    return (struct control_reading){
        .at = at,
        .rule = {s->interval_ms, s->max_age_ms},
        .power_w = s->power_w,
        .power_phase_w = s->power_phase_w,
        .current_ma = s->current_phase_ma,
        .voltage_mv = s->voltage_phase_mv,
        .known = s->power_w.set || s->power_phase_w.set || s->current_phase_ma.set,
    };
}
static void on_meter(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    const struct meter_state *s = m->body;
    struct mono at;
    bool grid = b->grid_meter && strcmp(m->match.id, b->grid_meter) == 0;
    if (!s || strncmp(m->match.id, DERIVED_PREFIX, sizeof DERIVED_PREFIX - 1) == 0)
        return; /* our own would lead to the next of them */
    if (grid && inputs_measured_at(&b->grid_skew, m, s->ts, s->max_age_ms, &at)) {
        struct control_reading r = meter_reading(s, at);
        feedin_position(b, &r, m->at.mono);
        if (r.known) /* a meter that shows nothing is one that does not answer */
            b->in.grid = r;
    }
    for (int i = grid ? 1 : 0; i < b->conf.circuits_n; i++)
        if (strcmp(b->circuit_meters[i], m->match.id) == 0 &&
            inputs_measured_at(&b->circuit_skews[i], m, s->ts, s->max_age_ms, &at)) {
            struct control_reading r = meter_reading(s, at);
            if (r.known)
                b->circuit_readings[i] = r;
        }
    if (b->ready && !m->retained)
        brain_step(b); /* at once: this is the path that protects a fuse */
    else
        brain_soon(b);
}

/* ---- inverters and batteries ---- */
static void take_power(struct power_source *src, int n, const struct bus_msg *m, int64_t ts,
                       struct age_rule rule, struct opt_i32 power_w)
{
    struct mono at;
    for (int i = 0; i < n; i++)
        if (strcmp(src[i].id, m->match.id) == 0 && power_w.set &&
            inputs_measured_at(&src[i].skew, m, ts, rule.max_age_ms, &at))
            src[i].reading =
                (struct control_reading){.at = at, .rule = rule, .power_w = power_w, .known = true};
}
static struct power_source *source_of(struct power_source *src, int n, const char *id)
{
    for (int i = 0; i < n; i++)
        if (strcmp(src[i].id, id) == 0)
            return &src[i];
    return NULL;
}
static void on_inverter(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    const struct inverter_state *s = m->body;
    if (!s)
        return;
    take_power(b->inverters, b->inverters_n, m, s->ts,
               (struct age_rule){s->interval_ms, s->max_age_ms},
               s->pv_power_w.set ? s->pv_power_w : s->power_w);
    struct power_source *p = source_of(b->inverters, b->inverters_n, m->match.id);
    if (p && s->power_w.set) {
        p->ac = p->reading;
        p->ac.power_w = s->power_w;
        p->ac.power_phase_w = s->power_phase_w;
    }
}
static void on_battery(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    const struct battery_state *s = m->body;
    struct power_source *p = source_of(b->batteries, b->batteries_n, m->match.id);
    if (s && p)
        p->soc_pm = s->soc_pm;
    if (s)
        take_power(b->batteries, b->batteries_n, m, s->ts,
                   (struct age_rule){s->interval_ms, s->max_age_ms}, s->power_w);
}
static bool usable(const struct power_source *p, struct now now)
{
    return p->reading.known && mono_since_ms(now.mono, p->reading.at) <= p->reading.rule.max_age_ms;
}

/* ---- chargers ---- */
int charger_index(const struct brain *b, const char *id)
{
    for (int i = 0; i < b->conf.chargers_n; i++)
        if (strcmp(b->ios[i].id, id) == 0)
            return i;
    return -1;
}
static void on_charger(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    const struct charger_state *s = m->body;
    int i = charger_index(b, m->match.id);
    struct mono at, measured;
    if (i < 0 || !s || !inputs_measured_at(&b->ios[i].skew, m, s->ts, s->max_age_ms, &at))
        return;
    struct control_charger_in *in = &b->charger_ins[i];
    int64_t older =
        s->measured_at.set ? clamp_i32(sat_i32(s->ts - s->measured_at.v), 0, AGE_HI) : 0;
    measured = mono_after(at, -older);
    if (s->online && !in->online)
        b->ios[i].sent_at.ms = 0; /* back: its bridge needs a live order, not the next refresh */
    in->known = true;
    in->online = s->online;
    in->state = s->evse_state;
    in->applied_ma = s->applied_set ? s->applied.current_ma : (struct opt_i32){0};
    in->contacts_closed = s->applied_set ? s->applied.phases : (struct opt_i32){0};
    in->meas = (struct control_reading){
        .at = measured,
        .rule = {s->interval_ms, s->max_age_ms},
        .power_w = s->power_w,
        .power_phase_w = s->power_phase_w,
        .current_ma = s->current_phase_ma,
        .voltage_mv = s->voltage_phase_mv,
        .known = true,
    };
    if (s->online && s->evse_state == EVSE_STATE_A && b->ios[i].plugged)
        commands_unplugged(b, i);
    b->ios[i].plugged = s->online ? s->evse_state != EVSE_STATE_A : b->ios[i].plugged;
    choices_charger(b, i, s);
    brain_soon(b);
}

/* ---- grid operator ---- */
static void on_limit(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    const struct grid_limit *l = m->body;
    int i = 0;
    while (i < b->limits_n && strcmp(b->limits[i].id, m->match.id) != 0)
        i++;
    if (!l) { /* its owner cleared it: the source is gone */
        if (i < b->limits_n)
            b->limits[i] = b->limits[--b->limits_n];
    } else if (i < LIMITS_MAX) {
        b->limits_n = max_i32(b->limits_n, i + 1);
        str_copyz(b->limits[i].id, ID_CAP, m->match.id);
        b->limits[i].limit = *l;
        b->limits[i].at = m->at.mono;
    } else {
        svc_fault(b->svc, "too_many_limits", m->match.id, "more than 16 sources of grid limits");
    }
    if (b->ready)
        brain_step(b);
}
/* A limit stays in force until its time or its source ends it: a silent gateway lifts nothing. */
static int64_t limits_refresh(struct brain *b, struct now now)
{
    int64_t next = INT64_MAX;
    b->in.consume_w = (struct opt_i32){0};
    for (int i = 0; i < b->limits_n; i++) {
        const struct grid_limit *l = &b->limits[i].limit;
        if (!l->active || !l->consume_w.set || (l->until.set && now.wall.ms >= l->until.v))
            continue;
        if (l->until.set)
            next = min_i64(next, now.mono.ms + l->until.v - now.wall.ms);
        if (!b->in.consume_w.set || l->consume_w.v < b->in.consume_w.v)
            b->in.consume_w = l->consume_w;
    }
    return next;
}

/* ---- other services ---- */
static void on_status(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    const struct service_status *s = m->body;
    int i = 0;
    if (strcmp(m->match.id, b->svc->name) == 0) {
        if (s && !m->retained && s->online && strcmp(s->boot, b->svc->boot) != 0 && b->ready &&
            s->started.set && s->started.v < b->started.ms) {
            log_error(
                "event=second_controller detail=\"boot %s steers this site already: I leave\"",
                s->boot);
            b->refused = true;
            uv_stop(&b->svc->loop);
        }
        return;
    }
    while (i < b->peers_n && strcmp(b->peers[i].name, m->match.id) != 0)
        i++;
    if (i == PEERS_MAX)
        return;
    b->peers_n = max_i32(b->peers_n, i + 1);
    str_copyz(b->peers[i].name, ID_CAP, m->match.id);
    str_copyz(b->peers[i].hash, sizeof b->peers[i].hash, s ? s->config_hash : "");
    b->peers[i].online = s && s->online;
    brain_soon(b);
}
static int64_t agreement_refresh(struct brain *b, struct now now)
{
    const char *who = NULL;
    for (int i = 0; i < b->peers_n; i++)
        if (b->peers[i].online && b->peers[i].hash[0] &&
            strcmp(b->peers[i].hash, b->svc->site->hash) != 0)
            who = b->peers[i].name;
    if (!who)
        b->differ_since.ms = 0;
    else if (!b->differ_since.ms)
        b->differ_since = now.mono;
    bool agreed = !who || mono_since_ms(now.mono, b->differ_since) < DIFFER_MS;
    if (agreed != b->in.config_agreed)
        svc_fault(b->svc, "config_differs", NULL,
                  agreed ? NULL
                         : "another service runs on a different site file; nothing is raised");
    b->in.config_agreed = agreed;
    return who && agreed ? b->differ_since.ms + DIFFER_MS : INT64_MAX;
}

int64_t inputs_refresh(struct brain *b, struct now now)
{
    int64_t next = limits_refresh(b, now), sum = 0;
    b->in.battery_w = (struct opt_i32){0};
    b->in.battery_late = false;
    bool all = b->batteries_n > 0;
    for (int i = 0; i < b->batteries_n; i++) {
        const struct control_reading *r = &b->batteries[i].reading;
        int64_t late_ms = r->at.ms + 3 * (int64_t)r->rule.interval_ms + 1;
        all = all && usable(&b->batteries[i], now);
        sum += r->power_w.v;
        if (!r->known)
            continue;
        b->in.battery_late = b->in.battery_late || now.mono.ms >= late_ms;
        next = min_i64(next, now.mono.ms < late_ms ? late_ms : r->at.ms + r->rule.max_age_ms + 1);
    }
    if (all)
        b->in.battery_w = SOME_I32(sat_i32(sum));
    return min_i64(next, agreement_refresh(b, now));
}
void inputs_subscribe(struct brain *b)
{
    struct bus *bus = b->svc->bus;
    bool sub_metered = false;
    for (int i = 1; i < b->conf.circuits_n; i++)
        sub_metered = sub_metered || b->circuit_meters[i][0];
    if (sub_metered)
        bus_on(bus, MSG_METER_STATE, NULL, on_meter, b);
    else if (b->grid_meter)
        bus_on(bus, MSG_METER_STATE, b->grid_meter, on_meter, b);
    if (b->inverters_n)
        bus_on(bus, MSG_INVERTER_STATE, NULL, on_inverter, b);
    if (b->batteries_n)
        bus_on(bus, MSG_BATTERY_STATE, NULL, on_battery, b);
    bus_on(bus, MSG_CHARGER_STATE, NULL, on_charger, b);
    bus_on(bus, MSG_GRID_LIMIT, NULL, on_limit, b);
    bus_on(bus, MSG_SERVICE_STATUS, NULL, on_status, b);
}
