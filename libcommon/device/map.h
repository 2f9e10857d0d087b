/* SPDX-License-Identifier: Apache-2.0
 * map.h -- readings of a device to the messages of the contract: mounting, transformer ratio,
 * phases, signs. Pure. Heads (v, ts, interval) and faults are the caller's. */
#ifndef WATTBUS_MAP_H
#define WATTBUS_MAP_H
#include "libcommon/device/layout.h"
#include "libcommon/site/site.h"

/* How a device is wired, from the site file. */
struct wiring {
    int factor; /* -1: mounted the wrong way round: powers turn, import and export change places */
    int ct_ratio; /* of current transformers the device does not know of: power, current, energy */
    enum rotation rotation; /* grid phases on its terminals 1, 2, 3 */
};
/* Grid phase (0..2) of a device's terminal (0..2): with L2L3L1 terminal 0 is on L2. */
int map_phase(enum rotation r, int terminal);

/* A counter that falls (a meter swapped, a wrong read) is held and flagged, never published. */
struct counter_guard {
    struct opt_i64 last;
    bool fell;
};
struct opt_i64 counter_pass(struct counter_guard *g, struct opt_i64 v);

void map_meter(const struct readings *r, const struct wiring *w, struct meter_state *out);
void map_inverter(const struct readings *r, const struct wiring *w, struct inverter_state *out);
void map_battery(const struct readings *r, struct battery_state *out);
/* Nearest integer in the row's range, absent when it is absent or outside. */
struct opt_i32 map_i32(struct opt_f64 v, int32_t lo, int32_t hi);
#endif
