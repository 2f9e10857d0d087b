/* SPDX-License-Identifier: Apache-2.0
 * control.c -- the layers in their order, and the result. */
#include "services/surplus-controller/core/layers.h"
#include "services/surplus-controller/core/load.h"

enum { IDLE_STEP_MS = 3600000 };

struct control_config control_config_default(void)
{
    return (struct control_config){
        .has_grid_meter = true,
        .balance = BALANCE_CARS,
        .imbalance_va = 4600,
        .grid_target_w = -100,
        .dead_band_w = 140,
        .mean_ms = 10000,
        .settling_ms = 10000,
        .follow_ms = 5000,
        .hold_ms = 300000,
        .hold_max_ms = 900000,
        .restart_ms = 480000,
        .reduced_ms = 300000,
        .room_wait_ms = 300000,
        .frozen_ms = 60000,
        .margin_pm = 10,
        .slice_ms = 1800000,
        .probe_ms = 600000,
        .phase_check_ms = 900000,
        .phase_up_pm = 1070,
    };
}
int32_t control_lopsided_ma(const struct control_config *c)
{
    bool bound = c->balance != BALANCE_OFF && c->circuits[0].phases == ALL_PHASES;
    return bound ? sat_i32((int64_t)c->imbalance_va * (1000 - c->margin_pm) * 1000 / NOMINAL_MV)
                 : 0;
}
void control_init(struct control_state *s, const struct control_config *c, struct now now)
{
    s->started = now.mono;
    s->volt_mv = NOMINAL_MV;
    s->frame.at.ms = LONG_AGO;
    for (int i = 0; i < c->circuits_n; i++) {
        assert(c->circuits[i].parent < i);
        s->circuits[i].volt_mv = NOMINAL_MV;
    }
    for (int i = 0; i < takers_n(c); i++) {
        struct control_charger_state *x = &s->chargers[i];
        assert(c->chargers[i].circuit >= 0 && c->chargers[i].circuit < c->circuits_n);
        x->order_at.ms = x->changed_at.ms = x->flight_at.ms = LONG_AGO;
        for (int k = 0; k < PAST; k++)
            x->past[k].at.ms = LONG_AGO;
        x->switched_at.ms = LONG_AGO;
        x->mark_at.ms = x->meas_at.ms = x->served_at.ms = x->probe_at.ms = LONG_AGO;
        x->priority = c->chargers[i].priority;
        s->order[i] = (int16_t)i;
    }
}
static void next_of(const struct step *t, int i, struct opt_i64 *next)
{
    const struct control_charger_state *x = &t->s->chargers[i];
    int64_t at = -1;
    switch (x->why.code) {
    case CONTROL_HOLD:
    case CONTROL_METER_MISSING:
    case CONTROL_METER_FROZEN: at = x->hold.on ? x->hold_end.ms : -1; break;
    case CONTROL_RESTART_WAIT: at = x->stopped.since.ms + t->c->restart_ms; break;
    case CONTROL_ROOM_WAIT: at = x->crowded.since.ms + t->c->room_wait_ms; break;
    case CONTROL_SETTLING: at = x->changed_at.ms + t->c->settling_ms; break;
    case CONTROL_REDUCED:
        for (int p = 0; p < PHASES; p++) {
            const struct control_timer *r = &t->s->circuits[x->why.circuit].reduced[p];
            if (r->on && (x->load >> p & 1))
                at = max_i64(at, r->since.ms + t->c->reduced_ms);
        }
        break;
    default: break;
    }
    *next = at > t->now ? SOME_I64(at) : (struct opt_i64){0};
}
static void decide(struct step *t, int i, struct control_decision *d)
{
    const struct control_charger_state *x = &t->s->chargers[i];
    const struct control_charger_in *in = &t->in->chargers[i];
    *d = (struct control_decision){
        .send = t->s->begun && in->known && in->online,
        .current_ma = x->current_ma,
        .fallback_ma = in->paused || (x->mode != CHARGE_MODE_POWER && !x->solar)
                           ? 0
                           : min_i32(x->fallback_ma, max_i32(0, x->max_ma)),
        .contacts = phases_ask(t, i),
        .switched_to = x->switched_to,
        .load = x->load,
        .load_detected = x->used != 0,
        .reason = x->why,
    };
    d->overdraws = x->overdraws;
    d->ignores = x->ignores;
    next_of(t, i, &d->next_mono_ms);
}
/* A car that may not use the house battery keeps it from discharging for it, but for the hold. */
static struct control_battery_out battery_out(const struct step *t)
{
    struct control_battery_out out = {0};
    int64_t carry_w = t->s->circuits[0].house_w - (t->in->battery_w.set ? t->in->battery_w.v : 0);
    for (int i = 0; i < t->c->chargers_n && t->c->has_battery; i++) {
        const struct control_charger_state *x = &t->s->chargers[i];
        bool holds = x->solar && x->hold.on;
        if (t->in->chargers[i].use_battery || holds)
            carry_w += watt((int64_t)x->draw[0] + x->draw[1] + x->draw[2], t->s->volt_mv);
        else
            out.block_discharge = out.block_discharge || x->current_ma > 0;
    }
    out.may_carry_w = sat_i32(max_i64(0, carry_w));
    return out;
}
static void report(const struct step *t, struct control_out *out)
{
    const struct control_state *s = t->s;
    int64_t ma[PHASES] = {0};
    out->meter = s->meter;
    out->battery = battery_out(t);
    out->implausible = s->implausible;
    out->surplus_w = s->surplus_w;
    for (int i = 0; i < t->c->chargers_n; i++)
        for (int p = 0; p < PHASES; p++)
            ma[p] += s->chargers[i].draw[p];
    out->load_w = 0;
    for (int i = t->c->chargers_n; i < takers_n(t->c); i++)
        for (int p = 0; p < PHASES; p++)
            out->load_w += watt(s->chargers[i].draw[p], s->volt_mv);
    out->charger_w = watt(ma[0] + ma[1] + ma[2], s->volt_mv);
    for (int p = 0; p < PHASES && t->c->balance == BALANCE_ALL; p++)
        ma[p] = s->circuits[0].meter_ma[p];
    int64_t most = max_i64(ma[0], max_i64(ma[1], ma[2]));
    out->imbalance_va = watt(most - min_i64(ma[0], min_i64(ma[1], ma[2])), s->volt_mv);
    for (int c = 0; c < t->c->circuits_n; c++) {
        const struct control_circuit_state *k = &s->circuits[c];
        struct control_circuit_out *o = &out->circuits[c];
        *o = (struct control_circuit_out){0};
        for (int p = 0; p < PHASES; p++)
            if (t->c->circuits[c].phases >> p & 1) {
                int32_t flows =
                    t->c->circuits[c].metered ? k->meter_ma[p] : k->house_ma[p] + k->est[p];
                phase_put(&o->current_ma, p, flows);
                phase_put(&o->available_ma, p, k->cap[p] - k->est[p]);
            }
    }
}
void control_step(struct control_state *s, const struct control_snapshot *in,
                  const struct control_config *c, struct now now, struct control_out *out)
{
    struct step t = {s, in, c, now.mono.ms};
    s->next.ms = t.now + IDLE_STEP_MS;
    observe(&t);
    watch(&t);
    if (s->begun) {
        fallbacks(&t);
        envelope(&t);
        wishes(&t);
        allocate(&t);
        phases(&t);
        shape(&t);
    }
    for (int i = 0; i < takers_n(c); i++) {
        if (!s->begun)
            s->chargers[i].why = (struct control_reason){CONTROL_STARTING, {0}, 0};
        decide(&t, i, &out->chargers[i]);
        if (is_load(&t, i))
            load_decide(&t, i, &out->chargers[i], &out->loads[i - c->chargers_n]);
    }
    report(&t, out);
    out->next = s->next;
}
