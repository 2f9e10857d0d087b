/* SPDX-License-Identifier: Apache-2.0
 * core_storage.c -- the house battery of a day through storage.*, as
 * services/surplus-controller/io/storage.c does it. */
#include "tests/sim/day/core.h"

void core_place_battery(struct core *x, const struct day *d)
{
    const struct day_battery *b = &d->battery;
    x->storage_conf = storage_config_default();
    x->storage_conf.grid_target_w = d->control.grid_target_w;
    x->storage_conf.n = 1;
    x->battery_conf = (struct storage_unit_conf){
        .control = b->managed || b->ours,
        .ours = b->ours,
        .min_soc_pm = b->min_soc_pm,
        .max_soc_pm = b->max_soc_pm,
        .car_min_soc_pm = b->car_min_soc_pm,
        .first_until_soc_pm = b->first_until_soc_pm,
    };
    x->battery_in = (struct storage_unit_in){.max_charge_w = SOME_I32(b->power_w),
                                             .max_discharge_w = SOME_I32(b->power_w),
                                             .mode = BATTERY_MODE_NORMAL};
}
void core_wire_battery(struct core *x)
{
    x->storage_conf.units = &x->battery_conf;
    x->storage.units = &x->battery;
    x->storage_out.units = &x->battery_order;
}
static struct opt_i32 room_w(const struct core *x)
{
    const struct control_circuit_out *o = &x->circuit_outs[0];
    int64_t least = INT32_MAX;
    for (int p = 0; p < PHASES; p++)
        least = min_i64(least, o->available_ma.v[p]);
    int64_t w = least * PHASES * x->s.volt_mv / 1000000;
    if (x->circuit_confs[0].max_power_w.set)
        w = min_i64(w, (int64_t)x->circuit_confs[0].max_power_w.v - x->circuits[0].meter_w);
    return (struct opt_i32){sat_i32(w), o->available_ma.set != 0};
}
static void cars(const struct core *x, struct storage_in *in)
{
    int64_t rise_ma = 0, cars_ma = 0;
    for (int i = 0; i < takers_n(&x->c); i++) {
        const struct control_charger_state *c = &x->chargers[i];
        const struct control_reason *why = &x->decisions[i].reason;
        for (int p = 0; p < PHASES; p++) {
            rise_ma += max_i32(0, c->to[p] - c->est[p]);
            cars_ma += c->est[p];
        }
        bool fuse = why->code == CONTROL_CIRCUIT || why->code == CONTROL_CIRCUIT_PAUSE ||
                    why->code == CONTROL_REDUCED;
        in->cars_short = in->cars_short || (fuse && why->circuit == 0);
    }
    in->cars_w = sat_i32(cars_ma * x->s.volt_mv / 1000000);
    in->cars_rise_w = sat_i32(rise_ma * x->s.volt_mv / 1000000);
}
void core_battery(struct core *x, struct control_snapshot *in, int32_t soc_pm, struct mono at,
                  struct now now)
{
    x->battery_in.power_w = in->battery_w;
    x->battery_in.at = at;
    x->battery_in.soc_pm = (struct opt_i32){soc_pm, in->battery_w.set};
    struct storage_in ask = {
        .units = &x->battery_in,
        .meter = x->out.meter,
        .frame_at = x->s.frame.at,
        .grid_w = x->circuits[0].meter_w,
        .begun = x->s.begun,
        .config_agreed = in->config_agreed,
        .block_discharge = x->out.battery.block_discharge,
        .may_carry_w = x->out.battery.may_carry_w,
        .consume_w = in->consume_w,
        .room_w = room_w(x),
    };
    cars(x, &ask);
    storage_step(&x->storage, &ask, &x->storage_conf, now, &x->storage_out);
    in->battery_can_w = SOME_I32(x->storage_out.can_deliver_w);
    in->reserved_w = x->storage_out.reserve_w;
}
