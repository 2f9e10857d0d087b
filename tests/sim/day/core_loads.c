/* SPDX-License-Identifier: Apache-2.0
 * core_loads.c -- loads of a day to the core's configuration, as
 * services/surplus-controller/io/loads.c does it. */
#include "tests/sim/day/core.h"
#include "tests/sim/day/plant.h"

static int32_t or_else(struct opt_i32 v, int32_t otherwise)
{
    return v.set ? v.v : otherwise;
}
static struct control_load_conf load_conf_of(const struct day_device *c)
{
    static const struct {
        enum control_load_kind kind;
        int32_t min_run_ms, min_rest_ms;
    } kinds[LOAD_KIND_COUNT] = {
        [LOAD_KIND_SWITCHED] = {CONTROL_LOAD_SWITCHED, 0, 0},
        [LOAD_KIND_POWER] = {CONTROL_LOAD_POWER, 0, 0},
        [LOAD_KIND_SG_READY] = {CONTROL_LOAD_SG_READY, 600000, 600000},
        [LOAD_KIND_GENERATOR] = {CONTROL_LOAD_GENERATOR, 1800000, 600000},
    };
    int32_t needs_w = c->kind == LOAD_KIND_POWER ? max_i32(1, c->min_power_w) : c->max_power_w;
    int32_t on_w = or_else(c->on_above_w, needs_w);
    bool two = c->kind == LOAD_KIND_SG_READY && c->contacts == 2;
    return (struct control_load_conf){
        .kind = kinds[c->kind].kind,
        .power_w = c->max_power_w,
        .on_above_w = on_w,
        .off_below_w = or_else(c->off_below_w, min_i32(on_w, needs_w)),
        .on_delay_ms = c->on_delay_ms,
        .off_delay_ms = c->off_delay_ms,
        .min_run_ms = or_else(c->min_run_ms, kinds[c->kind].min_run_ms),
        .min_rest_ms = or_else(c->min_rest_ms, kinds[c->kind].min_rest_ms),
        .block_max_ms = c->block_max_ms,
        .block_pause_ms = c->block_pause_ms,
        .react_ms = c->react_ms,
        .can_block = two,
        .can_force = two,
    };
}
void core_place_loads(struct core *x, const struct day *d)
{
    x->c.loads_n = d->devices_n;
    for (int k = 0; k < d->devices_n; k++) {
        const struct day_device *c = &d->devices[k];
        uint8_t wired =
            (uint8_t)(c->phases == 3 ? ALL_PHASES : 1u << (c->rotation - ROTATION_L123));
        int n = lanes(wired);
        int32_t most = c->kind == LOAD_KIND_GENERATOR ? 0 : load_ma(c->max_power_w, n);
        x->load_confs[k] = load_conf_of(c);
        x->charger_confs[d->chargers_n + k] = (struct control_charger_conf){
            .circuit = (int16_t)day_circuit_index(d, c->circuit),
            .phases = wired,
            .priority = (uint8_t)c->priority,
            .min_ma = c->kind == LOAD_KIND_POWER ? max_i32(1, load_ma(c->min_power_w, n)) : most,
            .max_ma = most,
            .fallback_ma = load_ma(c->fallback_w, n),
            .one_phase = wired,
        };
    }
}
