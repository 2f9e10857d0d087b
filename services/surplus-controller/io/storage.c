/* SPDX-License-Identifier: Apache-2.0
 * storage.c -- from the snapshot and the chargers' decision to the batteries, and out on the bus.
 */
#include "services/surplus-controller/io/storage.h"
#include "services/surplus-controller/io/brain.h"
#include "services/surplus-controller/io/rules.h"

enum { NUMBERS_MS = 10000, SOON_W = 50 };

struct storage_io *storage_new(const struct site *site)
{
    int n = site->batteries_n;
    if (!n)
        return NULL;
    struct storage_io *x = brain_array(1, sizeof *x);
    x->units = brain_array(n, sizeof *x->units);
    x->ins = brain_array(n, sizeof *x->ins);
    x->ios = brain_array(n, sizeof *x->ios);
    x->state.units = brain_array(n, sizeof *x->state.units);
    x->out.units = brain_array(n, sizeof *x->out.units);
    x->conf = storage_config_default();
    x->conf.grid_target_w = site->control.grid_target_w;
    x->conf.units = x->units;
    x->conf.n = n;
    x->in.units = x->ins;
    for (int i = 0; i < n; i++) {
        const struct battery_conf *c = &site->batteries[i].conf;
        x->units[i] = (struct storage_unit_conf){
            .control = c->control,
            .ours = c->regulated_by == REGULATED_WATTBUS,
            .min_soc_pm = c->min_soc_pm,
            .max_soc_pm = c->max_soc_pm,
            .car_min_soc_pm = c->car_min_soc_pm.set ? c->car_min_soc_pm.v : c->min_soc_pm,
            .first_until_soc_pm = c->first_until_soc_pm};
        x->ios[i].id = site->batteries[i].id;
        x->ios[i].conf_charge_w = c->max_charge_w;
        x->ios[i].conf_discharge_w = c->max_discharge_w;
        str_copyz(x->ios[i].kept.id, ID_CAP, x->ios[i].id);
    }
    return x;
}
void storage_free(struct storage_io *x)
{
    if (!x)
        return;
    void *all[] = {x->units, x->ins, x->ios, x->state.units, x->out.units, x};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        free(all[i]);
}
static void on_info(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    const struct battery_info *info = m->body;
    for (int i = 0; info && i < b->storage->conf.n; i++)
        if (strcmp(b->storage->ios[i].id, m->match.id) == 0) {
            b->storage->ios[i].info_charge_w = info->max_charge_w;
            b->storage->ios[i].info_discharge_w = info->max_discharge_w;
            b->storage->units[i].control = b->svc->site->batteries[i].conf.control &&
                                           (!info->can_control.set || info->can_control.v);
        }
}
void storage_subscribe(struct brain *b)
{
    if (b->storage)
        bus_on(b->svc->bus, MSG_BATTERY_INFO, NULL, on_info, b);
    storage_choices_subscribe(b);
}
void storage_relink(struct storage_io *x)
{
    for (int i = 0; x && i < x->conf.n; i++)
        x->ios[i].sent_at.ms = x->ios[i].control_at.ms = 0;
}

/* ---- to the core ---- */
/* Rules that leave it all it has are no bound. */
static struct opt_i32 rule_w(struct brain *b, int i, enum rule_side side, struct opt_i32 max_w)
{
    struct opt_i32 w = rules_battery_w(b, i, side, max_w);
    return w.set && w.v < max_w.v ? w : (struct opt_i32){0};
}
static void take_values(struct brain *b, struct now now)
{
    for (int i = 0; i < b->storage->conf.n; i++) {
        const struct power_source *p = &b->batteries[i];
        const struct battery_io *io = &b->storage->ios[i];
        struct storage_unit_in *u = &b->storage->ins[i];
        bool fresh = p->reading.known &&
                     mono_since_ms(now.mono, p->reading.at) <= p->reading.rule.max_age_ms;
        u->power_w = fresh ? p->reading.power_w : (struct opt_i32){0};
        u->soc_pm = fresh ? p->soc_pm : (struct opt_i32){0};
        u->at = p->reading.at;
        u->max_charge_w = io->conf_charge_w.set ? io->conf_charge_w : io->info_charge_w;
        u->max_discharge_w = io->conf_discharge_w.set ? io->conf_discharge_w : io->info_discharge_w;
        u->rule_charge_w = rule_w(b, i, RULE_CHARGE, u->max_charge_w);
        u->rule_discharge_w = rule_w(b, i, RULE_DISCHARGE, u->max_discharge_w);
    }
}
/* W that may still be drawn at the grid connection, all phases alike. */
static struct opt_i32 room_w(const struct brain *b)
{
    const struct control_circuit_out *o = &b->out.circuits[0];
    const struct control_circuit_conf *c = &b->circuits[0];
    int64_t least = INT32_MAX;
    int lanes = 0;
    if (!c->metered)
        return (struct opt_i32){0};
    for (int p = 0; p < PHASES; p++)
        if (phase_set(&o->available_ma, p)) {
            least = min_i64(least, o->available_ma.v[p]);
            lanes++;
        }
    int64_t w = least * lanes * b->state.volt_mv / 1000000;
    if (c->max_power_w.set)
        w = min_i64(w, (int64_t)c->max_power_w.v - b->state.circuits[0].meter_w);
    return lanes ? SOME_I32(sat_i32(w)) : (struct opt_i32){0};
}
static void take_cars(struct brain *b)
{
    struct storage_in *in = &b->storage->in;
    int64_t rise_ma = 0, cars_ma = 0;
    in->cars_short = false;
    for (int i = 0; i < takers_n(&b->conf); i++) {
        const struct control_charger_state *x = &b->state.chargers[i];
        const struct control_reason *why = &b->out.chargers[i].reason;
        for (int p = 0; p < PHASES; p++) {
            rise_ma += max_i32(0, x->to[p] - x->est[p]);
            cars_ma += x->est[p];
        }
        bool fuse = why->code == CONTROL_CIRCUIT || why->code == CONTROL_CIRCUIT_PAUSE ||
                    why->code == CONTROL_REDUCED;
        in->cars_short = in->cars_short || (fuse && why->circuit == 0);
    }
    in->cars_w = sat_i32(cars_ma * b->state.volt_mv / 1000000);
    in->cars_rise_w = sat_i32(rise_ma * b->state.volt_mv / 1000000);
    in->block_discharge = b->out.battery.block_discharge;
    in->may_carry_w = b->out.battery.may_carry_w;
}

/* ---- out ---- */
static void send_setpoint(struct brain *b, int i, struct now now)
{
    struct battery_io *io = &b->storage->ios[i];
    const struct storage_order *o = &b->storage->out.units[i];
    struct battery_setpoint sp = {.v = CONTRACT_VERSION,
                                  .ts = now.wall.ms,
                                  .seq = ++b->seq,
                                  .valid_ms = b->svc->site->control.lease_ms,
                                  .limit = storage_reason_limit(o->reason.code),
                                  .mode = o->mode,
                                  .charge_w = o->charge_w,
                                  .discharge_w = o->discharge_w,
                                  .power_w = o->power_w};
    str_copyz(sp.boot, sizeof sp.boot, b->svc->boot);
    storage_reason_text(&o->reason, &sp.reason);
    bus_publish(b->svc->bus, MSG_BATTERY_SETPOINT, io->id, NULL, &sp, BUS_ONCE);
    svc_count(b->svc, "setpoints", 1);
    io->sent = *o;
    io->sent_at = now.mono;
}
static struct opt_i32 shown(int32_t cap)
{
    return cap >= STORAGE_NO_CAP ? (struct opt_i32){0} : SOME_I32(cap);
}
static void send_control(struct brain *b, int i, struct now now)
{
    static struct battery_control c; /* large, and there is one loop */
    struct battery_io *io = &b->storage->ios[i];
    const struct storage_order *o = &b->storage->out.units[i];
    const struct storage_unit_in *u = &b->storage->ins[i];
    const struct storage_unit_conf *k = &b->storage->units[i];
    const struct kept_override *mode = storage_choice(io, "mode");
    memset(&c, 0, sizeof c);
    c.v = CONTRACT_VERSION;
    c.ts = now.wall.ms;
    c.mode = u->mode;
    c.mode_source = mode ? SOURCE_OVERRIDE : SOURCE_DEFAULT;
    if (mode)
        c.mode_until = mode->until;
    c.charge_power_w = u->charge_w;
    c.discharge_power_w = u->discharge_w;
    c.min_soc_pm = SOME_I32(u->min_soc_pm.set ? u->min_soc_pm.v : k->min_soc_pm);
    c.max_soc_pm = SOME_I32(u->max_soc_pm.set ? u->max_soc_pm.v : k->max_soc_pm);
    c.first_until_soc_pm =
        SOME_I32(u->first_until_soc_pm.set ? u->first_until_soc_pm.v : k->first_until_soc_pm);
    c.order = o->mode;
    c.wanted_w = o->mode == BATTERY_MODE_CHARGE ? o->charge_w : o->power_w;
    c.max_charge_w = shown(o->max_charge_w);
    c.max_discharge_w = shown(o->max_discharge_w);
    storage_reason_text(&o->reason, &c.reason);
    c.limit = storage_reason_limit(o->reason.code);
    int64_t own = o->next_mono_ms.v - now.mono.ms + now.wall.ms;
    bool until = mode && mode->until.set;
    if (o->next_mono_ms.set && (!until || own < mode->until.v))
        c.next_change = SOME_I64(own);
    else if (until)
        c.next_change = mode->until;
    c.results_n = io->kept.results_n;
    memcpy(c.results, io->kept.results, c.results_n * sizeof c.results[0]);
    bus_publish(b->svc->bus, MSG_BATTERY_CONTROL, io->id, NULL, &c, BUS_KEEP);
    io->told = *o;
    io->rev_told = io->rev;
    io->control_at = now.mono;
}
static bool same_w(struct opt_i32 a, struct opt_i32 b)
{
    return a.set == b.set && (!a.set || a.v == b.v);
}
static bool same_order(const struct storage_order *a, const struct storage_order *b)
{
    return a->mode == b->mode && same_w(a->charge_w, b->charge_w) &&
           same_w(a->discharge_w, b->discharge_w) && same_w(a->power_w, b->power_w);
}
static int64_t publish(struct brain *b, int i, struct now now)
{
    struct battery_io *io = &b->storage->ios[i];
    const struct storage_order *o = &b->storage->out.units[i];
    int64_t next = INT64_MAX, due;
    if (o->send && !b->svc->site->control.observe) {
        due = io->sent_at.ms + b->svc->site->control.refresh_ms;
        if (!io->sent_at.ms || !same_order(o, &io->sent) ||
            o->reason.code != io->sent.reason.code || now.mono.ms >= due) {
            send_setpoint(b, i, now);
            due = now.mono.ms + b->svc->site->control.refresh_ms;
        }
        next = due;
    }
    bool news = !io->control_at.ms || io->rev != io->rev_told || o->mode != io->told.mode ||
                o->reason.code != io->told.reason.code;
    bool numbers = memcmp(&o->reason, &io->told.reason, sizeof o->reason) != 0 ||
                   !same_order(o, &io->told) || o->max_charge_w != io->told.max_charge_w ||
                   o->max_discharge_w != io->told.max_discharge_w;
    due = io->control_at.ms + NUMBERS_MS;
    if (news || (numbers && now.mono.ms >= due))
        send_control(b, i, now);
    else if (numbers)
        next = min_i64(next, due);
    return next;
}
int64_t storage_run(struct brain *b, struct now now)
{
    struct storage_io *x = b->storage;
    if (!x)
        return INT64_MAX;
    int64_t next = storage_choices_refresh(b, now);
    take_values(b, now);
    take_cars(b);
    x->in.meter = b->out.meter;
    x->in.frame_at = b->state.frame.at;
    x->in.grid_w = b->state.circuits[0].meter_w;
    x->in.begun = b->state.begun;
    x->in.config_agreed = b->in.config_agreed;
    x->in.consume_w = b->in.consume_w;
    x->in.room_w = room_w(b);
    storage_step(&x->state, &x->in, &x->conf, now, &x->out);
    /* For the chargers' next decision. */
    b->in.battery_can_w = SOME_I32(x->out.can_deliver_w);
    b->in.reserved_w = x->out.reserve_w;
    next = min_i64(next, x->out.next.ms);
    for (int i = 0; i < x->conf.n && bus_is_ready(b->svc->bus); i++)
        next = min_i64(next, publish(b, i, now));
    return next;
}
