/* SPDX-License-Identifier: Apache-2.0
 * core.h -- the controller of the day: the core, its storage, what it keeps over a restart. */
#ifndef WATTBUS_SIM_CORE_H
#define WATTBUS_SIM_CORE_H
#include "tests/sim/day/day.h"

struct core {
    struct control_state s;
    struct control_config c;
    struct control_charger_conf charger_confs[TAKERS];
    struct control_circuit_conf circuit_confs[CIRCUITS];
    struct control_charger_state chargers[TAKERS];
    struct control_circuit_state circuits[CIRCUITS];
    int16_t order[TAKERS];
    struct control_decision decisions[TAKERS];
    struct control_load_conf load_confs[DEVICES];
    struct control_load_state loads[DEVICES];
    struct control_load_decision load_outs[DEVICES];
    struct control_circuit_out circuit_outs[CIRCUITS];
    struct control_out out;
    struct now stepped; /* the last time */
    struct storage_state storage;
    struct storage_config storage_conf;
    struct storage_unit_conf battery_conf;
    struct storage_unit_state battery;
    struct storage_unit_in battery_in;
    struct storage_order battery_order;
    struct storage_out storage_out;
};
void core_start(struct core *x, const struct day *d, struct now now);
/* The same process goes on in another place of memory. */
void core_copy(struct core *to, const struct core *from);
/* A new process that has only what the state directory keeps. */
void core_restart(struct core *x, const struct day *d, const struct core *old, struct now now);
/* core_storage.c: a battery under control; after core_step, for the next one. */
void core_place_battery(struct core *x, const struct day *d);
void core_wire_battery(struct core *x);
void core_battery(struct core *x, struct control_snapshot *in, int32_t soc_pm, struct mono at,
                  struct now now);
/* core_loads.c */
void core_place_loads(struct core *x, const struct day *d);
void core_step(struct core *x, const struct control_snapshot *in, struct now now);
#endif
