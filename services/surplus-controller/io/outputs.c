/* SPDX-License-Identifier: Apache-2.0
 * outputs.c -- setpoints at once when they change, else as often as their lease asks; everything
 * that is only for people at most once a second. */
#include "services/surplus-controller/io/brain.h"
#include "libcommon/io/log.h"

enum {
    PEOPLE_MS = 1000,   /* site and circuits, at most so often ... */
    ANYWAY_MS = 10000,  /* ... and at least */
    NUMBERS_MS = 10000, /* numbers in a reason, when nothing else changed */
    NEXT_MOVED_MS = 2000,
};

static const char *circuit_name(const struct brain *b, int i)
{
    return i >= 0 && i < b->conf.circuits_n ? b->circuit_ids[i] : "";
}
/* Of the circuit or the rule in a reason. */
static const char *name_in(const struct brain *b, const struct control_reason *r)
{
    const char *rule = rules_name(b, r);
    return rule[0] ? rule : circuit_name(b, r->circuit);
}
static struct opt_i64 to_wall(struct opt_i64 mono, struct now now)
{
    return mono.set ? SOME_I64(now.wall.ms + mono.v - now.mono.ms) : (struct opt_i64){0};
}

/* ---- chargers ---- */
static void send_setpoint(struct brain *b, int i, struct now now)
{
    const struct control_decision *d = &b->out.chargers[i];
    struct charger_setpoint sp = {
        .v = CONTRACT_VERSION,
        .ts = now.wall.ms,
        .seq = ++b->seq,
        .valid_ms = b->svc->site->control.lease_ms,
        .limit = control_reason_limit(d->reason.code),
        .current_ma = d->current_ma,
        .fallback_ma = d->fallback_ma,
        .phases = {d->contacts, d->contacts != 0},
    };
    str_copyz(sp.boot, sizeof sp.boot, b->svc->boot);
    control_reason_text(&d->reason, name_in(b, &d->reason), &sp.reason);
    bus_publish(b->svc->bus, MSG_CHARGER_SETPOINT, b->ios[i].id, NULL, &sp, BUS_ONCE);
    svc_count(b->svc, "setpoints", 1);
    b->ios[i].sent = *d;
    b->ios[i].sent_at = now.mono;
}
static void send_control(struct brain *b, int i, struct now now)
{
    static struct charger_control c; /* large, and there is one loop */
    const struct control_decision *d = &b->out.chargers[i];
    const struct control_charger_state *x = &b->state.chargers[i];
    memset(&c, 0, sizeof c);
    c.v = CONTRACT_VERSION;
    c.ts = now.wall.ms;
    c.current_ma = SOME_I32(d->current_ma);
    if (x->lanes)
        c.phases = SOME_I32(x->lanes);
    c.limit = control_reason_limit(d->reason.code);
    control_reason_text(&d->reason, name_in(b, &d->reason), &c.reason);
    c.next_change = to_wall(d->next_mono_ms, now);
    choices_fill(b, i, now, &c);
    users_fill_control(b, i, &c);
    c.phase_switches_n = b->ios[i].kept.phase_switches_n;
    memcpy(c.phase_switches, b->ios[i].kept.phase_switches,
           c.phase_switches_n * sizeof c.phase_switches[0]);
    c.results_n = b->ios[i].kept.results_n;
    memcpy(c.results, b->ios[i].kept.results, c.results_n * sizeof c.results[0]);
    bus_publish(b->svc->bus, MSG_CHARGER_CONTROL, b->ios[i].id, NULL, &c, BUS_KEEP);
    b->ios[i].told = *d;
    b->ios[i].rev_told = b->ios[i].rev;
    b->ios[i].control_at = now.mono;
}
static int64_t control_due(const struct brain *b, int i, struct now now)
{
    const struct control_decision *d = &b->out.chargers[i], *old = &b->ios[i].told;
    int64_t moved = d->next_mono_ms.v - old->next_mono_ms.v;
    if (!b->ios[i].control_at.ms || b->ios[i].rev != b->ios[i].rev_told ||
        d->reason.code != old->reason.code || d->current_ma != old->current_ma ||
        d->load != old->load || d->reason.circuit != old->reason.circuit ||
        d->next_mono_ms.set != old->next_mono_ms.set || moved > NEXT_MOVED_MS ||
        moved < -NEXT_MOVED_MS)
        return now.mono.ms;
    if (memcmp(d->reason.p, old->reason.p, sizeof old->reason.p) == 0)
        return INT64_MAX;
    return b->ios[i].control_at.ms + NUMBERS_MS;
}
/* What the manual calls the recorded phase changes: when, which car, from and to. */
static void note_switch(struct brain *b, int i, struct now now)
{
    struct kept_charger *k = &b->ios[i].kept;
    int32_t to = b->out.chargers[i].switched_to, from = to == PHASES ? 1 : PHASES;
    const char *car = vehicle_at(b, i);
    if (k->phase_switches_n == MAX_SWITCHES)
        memmove(&k->phase_switches[0], &k->phase_switches[1],
                --k->phase_switches_n * sizeof k->phase_switches[0]);
    struct phase_change *s = &k->phase_switches[k->phase_switches_n++];
    *s = (struct phase_change){.ts = now.wall.ms, .from = from, .to = to};
    str_copyz(s->vehicle, sizeof s->vehicle, car);
    log_info("event=phases_switched charger=%s vehicle=%s from=%d to=%d", b->ios[i].id, car, from,
             to);
    svc_count(b->svc, "phase_switches", 1);
    b->ios[i].rev++;
    b->save_due = true;
}
static int64_t publish_charger(struct brain *b, int i, struct now now)
{
    const struct control_decision *d = &b->out.chargers[i], *old = &b->ios[i].sent;
    int64_t next = INT64_MAX;
    if (d->switched_to)
        note_switch(b, i, now);
    if (d->send && !b->svc->site->control.observe) {
        int64_t due = b->ios[i].sent_at.ms + b->svc->site->control.refresh_ms;
        if (!b->ios[i].sent_at.ms || d->current_ma != old->current_ma ||
            d->fallback_ma != old->fallback_ma || d->contacts != old->contacts ||
            d->reason.code != old->reason.code || now.mono.ms >= due) {
            send_setpoint(b, i, now);
            due = now.mono.ms + b->svc->site->control.refresh_ms;
        }
        next = due;
    }
    int64_t due = control_due(b, i, now);
    if (now.mono.ms >= due)
        send_control(b, i, now);
    else
        next = min_i64(next, due);
    return next;
}

/* ---- circuits and the house ---- */
static void publish_circuits(struct brain *b, struct now now)
{
    for (int i = 0; i < b->conf.circuits_n; i++) {
        if (!b->circuit_ids[i][0])
            continue;
        struct circuit_state s = {
            .v = CONTRACT_VERSION,
            .ts = now.wall.ms,
            .interval_ms = ANYWAY_MS,
            .max_age_ms = 3 * ANYWAY_MS,
            .max_current_ma = SOME_I32(b->circuits[i].max_current_ma),
            .max_power_w = b->circuits[i].max_power_w,
            .current_phase_ma = b->out.circuits[i].current_ma,
            .available_phase_ma = b->out.circuits[i].available_ma,
        };
        if (b->in.limits) {
            s.limit_phase_ma = b->in.limits[i].current_ma;
            s.limit_w = b->in.limits[i].power_w;
        }
        if (b->circuits[i].metered && b->state.circuits[i].house_known)
            s.power_w = SOME_I32(b->state.circuits[i].meter_w);
        bus_publish(b->svc->bus, MSG_CIRCUIT_STATE, b->circuit_ids[i], NULL, &s, BUS_KEEP);
    }
}
static void publish_site(struct brain *b, struct now now)
{
    static const enum meter_trust trust[] = {[METER_GOOD] = METER_TRUST_GOOD,
                                             [METER_SUSPECT] = METER_TRUST_SUSPECT,
                                             [METER_MISSING] = METER_TRUST_MISSING,
                                             [METER_FROZEN] = METER_TRUST_FROZEN,
                                             [METER_NONE] = METER_TRUST_NONE};
    const struct site *site = b->svc->site;
    static struct site_state s;
    int64_t pv = 0;
    bool all = b->inverters_n > 0, grid = b->out.meter == METER_GOOD;
    for (int i = 0; i < b->inverters_n; i++) {
        const struct control_reading *r = &b->inverters[i].reading;
        all = all && r->known && mono_since_ms(now.mono, r->at) <= r->rule.max_age_ms;
        pv += r->power_w.v;
    }
    memset(&s, 0, sizeof s);
    s.v = CONTRACT_VERSION;
    s.ts = now.wall.ms;
    s.interval_ms = ANYWAY_MS;
    s.max_age_ms = 3 * ANYWAY_MS;
    str_copyz(s.name, sizeof s.name, site->general.name);
    str_copyz(s.timezone, sizeof s.timezone, site->general.timezone);
    str_copyz(s.currency, sizeof s.currency, site->general.currency);
    str_copyz(s.config_hash, sizeof s.config_hash, site->hash);
    if (grid)
        s.grid_power_w = SOME_I32(b->state.circuits[0].meter_w);
    if (all)
        s.pv_power_w = SOME_I32(sat_i32(pv));
    s.battery_power_w = b->in.battery_w;
    s.charger_power_w = SOME_I32(b->out.charger_w);
    if (b->conf.loads_n)
        s.load_power_w = SOME_I32(b->out.load_w);
    if (grid && (all || !b->inverters_n) && (b->in.battery_w.set || !b->batteries_n))
        s.house_power_w = SOME_I32(sat_i32(b->state.circuits[0].meter_w + pv - b->in.battery_w.v -
                                           b->out.charger_w - b->out.load_w));
    if (grid)
        s.surplus_w = b->out.surplus_w;
    feedin_show(b, &s);
    s.imbalance_va = SOME_I32(b->out.imbalance_va);
    s.grid_meter = trust[b->out.meter];
    s.blind = SOME_BOOL(b->out.meter == METER_MISSING || b->out.meter == METER_FROZEN);
    s.config_agreed = SOME_BOOL(b->in.config_agreed);
    bus_publish(b->svc->bus, MSG_SITE_STATE, site->general.site, NULL, &s, BUS_KEEP);
}
static void tell_meter(struct brain *b)
{
    static const char *const text[] = {
        [METER_GOOD] = NULL,
        [METER_NONE] = NULL,
        [METER_SUSPECT] = NULL, /* late once is no fault */
        [METER_MISSING] = "the grid meter does not answer; charging falls to its fallback",
        [METER_FROZEN] = "the grid meter shows frozen values; charging falls to its fallback"};
    if (b->out.meter == b->meter_told)
        return;
    if (text[b->out.meter] || text[b->meter_told])
        svc_fault(b->svc, "grid_meter", b->grid_meter, text[b->out.meter]);
    b->meter_told = b->out.meter;
}
static void tell_implausible(struct brain *b)
{
    if (b->out.implausible != b->implausible_told)
        svc_fault(b->svc, "meter_implausible", b->grid_meter,
                  b->out.implausible ? "shows impossible values; they are not used" : NULL);
    b->implausible_told = b->out.implausible;
}

static void tell_flag(struct brain *b, int i, bool *told, bool now, const char *code,
                      const char *text)
{
    if (*told != now)
        svc_fault(b->svc, code, b->ios[i].id, now ? text : NULL);
    *told = now;
}
static void tell_disobedience(struct brain *b)
{
    for (int i = 0; i < b->conf.chargers_n; i++) {
        const struct control_decision *d = &b->out.chargers[i];
        tell_flag(b, i, &b->ios[i].told_overdraws, d->overdraws, "charger_overdraws",
                  "draws more than it is allowed; the others get less");
        tell_flag(b, i, &b->ios[i].told_ignores, d->ignores, "charger_ignores",
                  "does not follow its setpoint");
    }
}

int64_t outputs_publish(struct brain *b, struct now now)
{
    int64_t next = INT64_MAX;
    if (!bus_is_ready(b->svc->bus))
        return next;
    for (int i = 0; i < b->conf.chargers_n; i++)
        next = min_i64(next, publish_charger(b, i, now));
    next = min_i64(next, vehicles_publish(b, now));
    bool news = b->out.meter != b->meter_told;
    if (news || !b->site_at.ms || mono_since_ms(now.mono, b->site_at) >= PEOPLE_MS) {
        publish_site(b, now);
        publish_circuits(b, now);
        b->site_at = now.mono;
    }
    tell_meter(b);
    tell_implausible(b);
    tell_disobedience(b);
    return min_i64(next, b->site_at.ms + ANYWAY_MS);
}
