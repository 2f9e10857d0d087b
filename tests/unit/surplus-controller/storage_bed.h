/* SPDX-License-Identifier: Apache-2.0
 * storage_bed.h -- the storage core with up to three batteries, for its two test programs. */
#ifndef WATTBUS_TEST_STORAGE_BED_H
#define WATTBUS_TEST_STORAGE_BED_H
#include "services/surplus-controller/core/storage.h"
#include "tests/unit/run.h"
#include "tests/unit/surplus-controller/fence.h"
#include "tests/unit/surplus-controller/plant.h"

enum { UNITS = 3, NONE = STORAGE_NO_CAP };
static struct storage_unit_conf units[UNITS];
static struct storage_unit_in ins[UNITS];
static struct storage_unit_state states[UNITS];
static struct storage_order orders[UNITS];
static struct storage_config conf;
static struct storage_in in;
static struct storage_state state;
static struct storage_out out;
static struct now now;

static inline void begin(int n, bool ours)
{
    NO_FENCES(&units);
    NO_FENCES(&ins);
    NO_FENCES(&states);
    NO_FENCES(&orders);
    memset(ins, 0, sizeof ins);
    memset(states, 0, sizeof states);
    memset(&state, 0, sizeof state);
    conf = storage_config_default();
    conf.units = units;
    conf.n = n;
    for (int i = 0; i < n; i++) {
        units[i] = (struct storage_unit_conf){
            .control = true, .ours = ours, .min_soc_pm = 50, .max_soc_pm = 1000};
        ins[i] = (struct storage_unit_in){.power_w = SOME_I32(0),
                                          .soc_pm = SOME_I32(500),
                                          .max_charge_w = SOME_I32(5000),
                                          .max_discharge_w = SOME_I32(4000),
                                          .mode = BATTERY_MODE_NORMAL};
    }
    in = (struct storage_in){
        .units = ins, .meter = METER_GOOD, .begun = true, .config_agreed = true};
    state.units = states;
    out.units = orders;
    FENCE(units, n);
    FENCE(ins, n);
    FENCE(states, n);
    FENCE(orders, n);
    now = (struct now){{1000000}, {1750000000000}};
}
static inline void step(void)
{
    storage_step(&state, &in, &conf, now, &out);
}
/* ms pass; then a frame of the grid meter, and the batteries' values with it. */
static inline void frame(int64_t ms, int32_t grid_w)
{
    now.mono.ms += ms;
    now.wall.ms += ms;
    in.frame_at = now.mono;
    in.grid_w = grid_w;
    for (int i = 0; i < conf.n; i++)
        ins[i].at = now.mono;
    step();
}
#endif
