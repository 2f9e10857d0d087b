/* SPDX-License-Identifier: Apache-2.0
 * observe_bed.h -- the layer that observes, alone: a house of 40 A with a metered circuit of 20 A
 * below; two cars, one in each. */
#ifndef WATTBUS_TEST_OBSERVE_BED_H
#define WATTBUS_TEST_OBSERVE_BED_H
#include "services/surplus-controller/core/layers.h"
#include "tests/unit/run.h"

enum { NOW = 50000000, MAIN = 0, SUB = 1, CIRCUITS = 2, CARS = 2, X = INT32_MIN };
static struct control_circuit_conf circuits[CIRCUITS];
static struct control_charger_conf chargers[CARS];
static struct control_circuit_state k[CIRCUITS];
static struct control_charger_state x[CARS];
static struct control_charger_in ins[CARS];
static struct control_reading readings[CIRCUITS];
static struct control_snapshot in;
static struct control_config c;
static struct control_state s;
static int16_t order[CARS];
static struct step t = {.s = &s, .in = &in, .c = &c};

static inline struct control_reading reading(int32_t a, int32_t b, int32_t d)
{
    const int32_t ma[PHASES] = {a, b, d};
    struct control_reading r = {.at = {NOW}, .rule = {1000, 10000}, .known = true};
    for (int p = 0; p < PHASES; p++)
        if (ma[p] != X)
            phase_put(&r.current_ma, p, ma[p]);
    return r;
}
static inline void setup(void)
{
    circuits[MAIN] = (struct control_circuit_conf){-1, ALL_PHASES, true, 40000, 0, {0}};
    circuits[SUB] = (struct control_circuit_conf){MAIN, ALL_PHASES, true, 20000, 0, {0}};
    memset(k, 0, sizeof k);
    memset(x, 0, sizeof x);
    memset(ins, 0, sizeof ins);
    for (int i = 0; i < CARS; i++) {
        chargers[i] = (struct control_charger_conf){(int16_t)i, ALL_PHASES, 5, 6000, 16000, 8000};
        ins[i].known = ins[i].online = true;
        ins[i].mode = CHARGE_MODE_POWER;
        ins[i].state = EVSE_STATE_C;
        ins[i].meas = reading(0, 0, 0);
        ins[i].applied_ma = SOME_I32(0);
    }
    c = control_config_default();
    c.circuits = circuits;
    c.chargers = chargers;
    c.circuits_n = CIRCUITS;
    c.chargers_n = CARS;
    s = (struct control_state){.chargers = x, .circuits = k, .order = order};
    control_init(&s, &c, (struct now){{NOW - 100000}, {0}});
    s.next.ms = NOW + 3600000;
    readings[MAIN] = readings[SUB] = reading(0, 0, 0);
    in = (struct control_snapshot){.chargers = ins, .circuits = readings};
    in.grid = reading(1000, 2000, 3000);
    t.now = NOW;
}

#endif
