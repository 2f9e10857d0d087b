/* SPDX-License-Identifier: Apache-2.0
 * feedin.c -- from the snapshot to the inverters, and out on the bus. */
#include "services/surplus-controller/io/feedin.h"
#include "services/surplus-controller/io/brain.h"

enum { NUMBERS_MS = 10000 };

static struct opt_i32 plant_limit(const struct feed_in_conf *f)
{
    if (f->limit_w.set)
        return f->limit_w;
    if (!f->share_pm.set || !f->peak_power_w.set)
        return (struct opt_i32){0};
    return SOME_I32(sat_i32((int64_t)f->peak_power_w.v * f->share_pm.v / 1000));
}
/* One address is a hybrid inverter and its battery: then the battery is behind the inverter. */
static bool outside(const struct site *site, const struct battery_conf *c)
{
    for (int i = 0; i < site->inverters_n; i++)
        if (strcmp(site->inverters[i].conf.bus, c->bus) == 0 &&
            site->inverters[i].conf.unit == c->unit)
            return false;
    return true;
}
struct feedin_io *feedin_new(const struct site *site)
{
    int n = site->inverters_n;
    if (!n)
        return NULL;
    struct feedin_io *x = brain_array(1, sizeof *x);
    x->units = brain_array(n, sizeof *x->units);
    x->ins = brain_array(n, sizeof *x->ins);
    x->ios = brain_array(n, sizeof *x->ios);
    x->state.units = brain_array(n, sizeof *x->state.units);
    x->out.units = brain_array(n, sizeof *x->out.units);
    x->outside = brain_array(site->batteries_n, sizeof *x->outside);
    x->conf = feedin_config_default();
    x->conf.units = x->units;
    x->conf.n = n;
    x->conf.limit_w = plant_limit(&site->feed_in);
    x->conf.margin_w = site->feed_in.margin_w;
    x->conf.rise_ms = site->feed_in.rise_ms;
    x->conf.take_ms = site->feed_in.take_ms;
    x->cars_first = site->feed_in.cars_first;
    x->in.units = x->ins;
    for (int i = 0; i < n; i++) {
        x->units[i].control = site->inverters[i].conf.control;
        x->ios[i].id = site->inverters[i].id;
        x->ios[i].conf_max_w = site->inverters[i].conf.max_power_w;
    }
    for (int i = 0; i < site->batteries_n; i++)
        x->outside[i] = outside(site, &site->batteries[i].conf);
    for (int i = 0; i < site->meters_n; i++)
        x->house_meter = x->house_meter || (site->meters[i].conf.role == ROLE_GRID &&
                                            site->meters[i].conf.position == POSITION_HOUSE);
    return x;
}
void feedin_free(struct feedin_io *x)
{
    if (!x)
        return;
    void *all[] = {x->units, x->ins, x->ios, x->state.units, x->out.units, x->outside, x};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        free(all[i]);
}
static void on_info(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    const struct inverter_info *info = m->body;
    for (int i = 0; info && i < b->feedin->conf.n; i++)
        if (strcmp(b->feedin->ios[i].id, m->match.id) == 0) {
            b->feedin->ios[i].info_max_w = info->max_power_w;
            b->feedin->units[i].control = b->svc->site->inverters[i].conf.control &&
                                          (!info->can_limit.set || info->can_limit.v);
        }
}
void feedin_subscribe(struct brain *b)
{
    if (b->feedin)
        bus_on(b->svc->bus, MSG_INVERTER_INFO, NULL, on_info, b);
}
void feedin_relink(struct feedin_io *x)
{
    for (int i = 0; x && i < x->conf.n; i++)
        x->ios[i].sent_at.ms = x->ios[i].control_at.ms = 0;
}

/* ---- a meter of the house only ---- */
static bool fresh(const struct control_reading *r, struct mono now)
{
    return r->known && mono_since_ms(now, r->at) <= r->rule.max_age_ms;
}
static void subtract(struct control_reading *r, const struct control_reading *p, int sign)
{
    if (r->power_w.set)
        r->power_w.v -= sign * p->power_w.v;
    for (int i = 0; i < PHASES; i++) {
        int32_t w = sign * (phase_set(&p->power_phase_w, i) ? p->power_phase_w.v[i]
                                                            : p->power_w.v / PHASES);
        int32_t mv = phase_set(&r->voltage_mv, i) && r->voltage_mv.v[i] > 100000
                         ? r->voltage_mv.v[i]
                         : 230000;
        if (phase_set(&r->power_phase_w, i))
            r->power_phase_w.v[i] -= w;
        if (phase_set(&r->current_ma, i))
            r->current_ma.v[i] -= sat_i32((int64_t)w * 1000000 / mv);
    }
}
void feedin_position(const struct brain *b, struct control_reading *r, struct mono now)
{
    if (!b->feedin || !b->feedin->house_meter)
        return;
    for (int i = 0; i < b->inverters_n; i++) {
        if (!fresh(&b->inverters[i].ac, now))
            r->known = false; /* what the house draws alone says nothing about the grid */
        subtract(r, &b->inverters[i].ac, 1);
    }
    for (int i = 0; i < b->batteries_n; i++) {
        if (!b->feedin->outside[i])
            continue;
        if (!fresh(&b->batteries[i].reading, now))
            r->known = false;
        subtract(r, &b->batteries[i].reading, -1);
    }
}

/* ---- to the core ---- */
static struct opt_i32 produce_limit(const struct brain *b, struct now now, int64_t *next)
{
    struct opt_i32 least = {0};
    for (int i = 0; i < b->limits_n; i++) {
        const struct grid_limit *l = &b->limits[i].limit;
        if (!l->active || !l->produce_w.set || (l->until.set && now.wall.ms >= l->until.v))
            continue;
        if (l->until.set)
            *next = min_i64(*next, now.mono.ms + l->until.v - now.wall.ms);
        if (!least.set || l->produce_w.v < least.v)
            least = l->produce_w;
    }
    return least;
}
static void take_values(struct brain *b, struct now now)
{
    for (int i = 0; i < b->feedin->conf.n; i++) {
        const struct control_reading *ac = &b->inverters[i].ac;
        struct feedin_unit_in *u = &b->feedin->ins[i];
        u->power_w = fresh(ac, now.mono) ? ac->power_w : (struct opt_i32){0};
        u->at = ac->at;
        u->max_w = b->feedin->ios[i].conf_max_w.set ? b->feedin->ios[i].conf_max_w
                                                    : b->feedin->ios[i].info_max_w;
    }
}

/* ---- out ---- */
static void send_setpoint(struct brain *b, int i, struct now now)
{
    struct inverter_io *io = &b->feedin->ios[i];
    const struct feedin_order *o = &b->feedin->out.units[i];
    struct inverter_setpoint sp = {.v = CONTRACT_VERSION,
                                   .ts = now.wall.ms,
                                   .seq = ++b->seq,
                                   .valid_ms = b->svc->site->control.lease_ms,
                                   .limit = feedin_reason_limit(o->reason.code),
                                   .limit_w = o->limit_w,
                                   .fallback_w = o->fallback_w};
    str_copyz(sp.boot, sizeof sp.boot, b->svc->boot);
    feedin_reason_text(&o->reason, &sp.reason);
    bus_publish(b->svc->bus, MSG_INVERTER_SETPOINT, io->id, NULL, &sp, BUS_ONCE);
    svc_count(b->svc, "setpoints", 1);
    io->sent = *o;
    io->sent_at = now.mono;
}
static void send_control(struct brain *b, int i, struct now now)
{
    struct inverter_io *io = &b->feedin->ios[i];
    const struct feedin_order *o = &b->feedin->out.units[i];
    static struct inverter_control c;
    memset(&c, 0, sizeof c);
    c.v = CONTRACT_VERSION;
    c.ts = now.wall.ms;
    c.allowed_w = o->limit_w;
    c.curtailed = SOME_BOOL(o->curtailed);
    feedin_reason_text(&o->reason, &c.reason);
    c.limit = feedin_reason_limit(o->reason.code);
    bus_publish(b->svc->bus, MSG_INVERTER_CONTROL, io->id, NULL, &c, BUS_KEEP);
    io->told = *o;
    io->control_at = now.mono;
}
static bool same_w(struct opt_i32 a, struct opt_i32 b)
{
    return a.set == b.set && (!a.set || a.v == b.v);
}
static int64_t publish(struct brain *b, int i, struct now now)
{
    struct inverter_io *io = &b->feedin->ios[i];
    const struct feedin_order *o = &b->feedin->out.units[i];
    int64_t next = INT64_MAX, due;
    if (o->send && !b->svc->site->control.observe) {
        due = io->sent_at.ms + b->svc->site->control.refresh_ms;
        if (!io->sent_at.ms || !same_w(o->limit_w, io->sent.limit_w) ||
            !same_w(o->fallback_w, io->sent.fallback_w) || now.mono.ms >= due) {
            send_setpoint(b, i, now);
            due = now.mono.ms + b->svc->site->control.refresh_ms;
        }
        next = due;
    }
    bool news = !io->control_at.ms || o->reason.code != io->told.reason.code ||
                o->curtailed != io->told.curtailed;
    bool numbers = !same_w(o->limit_w, io->told.limit_w);
    due = io->control_at.ms + NUMBERS_MS;
    if (news || (numbers && now.mono.ms >= due))
        send_control(b, i, now);
    else if (numbers)
        next = min_i64(next, due);
    return next;
}
int64_t feedin_run(struct brain *b, struct now now)
{
    struct feedin_io *x = b->feedin;
    int64_t next = INT64_MAX;
    if (!x)
        return next;
    take_values(b, now);
    x->in.meter = b->out.meter;
    x->in.frame_at = b->state.frame.at;
    x->in.grid_w = b->state.circuits[0].meter_w;
    x->in.begun = b->state.begun;
    x->in.config_agreed = b->in.config_agreed;
    x->in.produce_w = produce_limit(b, now, &next);
    x->in.battery_room_w = b->storage ? b->storage->out.can_take_w : 0;
    feedin_step(&x->state, &x->in, &x->conf, now, &x->out);
    b->in.curtailed_w = x->cars_first ? x->out.curtailed_w : 0;
    next = min_i64(next, x->out.next.ms);
    for (int i = 0; i < x->conf.n && bus_is_ready(b->svc->bus); i++)
        next = min_i64(next, publish(b, i, now));
    return next;
}
void feedin_show(const struct brain *b, struct site_state *s)
{
    if (!b->feedin)
        return;
    s->feed_in_limit_w = b->feedin->out.limit_w;
    s->curtailed_w = SOME_I32(b->feedin->out.curtailed_w);
    feedin_reason_text(&b->feedin->out.reason, &s->feed_in);
    s->feed_in_set = true;
}
