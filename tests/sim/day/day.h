/* SPDX-License-Identifier: Apache-2.0
 * day.h -- whole days of a house around the pure controller, thousands of times faster than life.
 * Sun and clouds, loads, a battery that regulates itself, cars with habits, faults, limits of the
 * grid operator, changes of mode: all drawn from one seed. What must always hold is checked by
 * physics, not by asking the controller. */
#ifndef WATTBUS_SIM_DAY_H
#define WATTBUS_SIM_DAY_H
#include "services/surplus-controller/core/control.h"

enum { DAY_CARS = 4, DAY_S = 86400, CLOUDS = 400, JOBS = 60 };
/* What is violated, and a word on it. */
#define DAY_PROPERTIES(P)                                                                          \
    P(FUSE, "P1 obedient chargers keep a phase above its rating")                                  \
    P(SUN, "P2 solar_pure takes more than 1 % from grid and battery")                              \
    P(STOP, "P3 stopped before the hold was over")                                                 \
    P(RESTART, "P3 started again before the pause was over")                                       \
    P(BALANCE, "P5 cars unbalance the phases")                                                     \
    P(LIMIT, "P6 grid operator's limit exceeded")                                                  \
    P(BLIND, "P7 raised or went on without a grid meter")                                          \
    P(FALLBACK, "P7 fallbacks do not fit together, or start a paused charge")                      \
    P(REASON, "P8 no reason a user can read")                                                      \
    P(EQUAL, "P8 equal snapshots, different decisions")                                            \
    P(CALM, "P9 setpoints move although nothing else does")                                        \
    P(RANGE, "a setpoint is neither 0 nor between minimum and maximum")                            \
    P(LOCK, "charging in mode lock")
enum day_property {
#define P(id, text) DAY_##id,
    DAY_PROPERTIES(P)
#undef P
        DAY_PROPERTY_COUNT
};
const char *day_property_text(enum day_property p);

struct day_job {             /* an appliance that runs once */
    int from_s, to_s, phase; /* 3: on all of them */
    int32_t ma;
};
struct day_span {
    int from_s, to_s;
};
struct day_car {
    uint8_t phases; /* grid phases the car uses */
    int32_t max_ma, bias_ma, lag_ms, start_s;
    int arrive_s, leave_s, mode_at_s;
    int64_t need_mwh; /* until it is full, mWh */
    enum charge_mode mode, later;
    int interval_s;
    struct day_span deaf, offline; /* ignores commands; does not answer */
};
struct day_plan {
    uint64_t seed;
    int32_t pv_w, fuse_ma, base_ma[PHASES], battery_w;
    int64_t battery_mwh;
    int pv_phase; /* 3: on all of them */
    int cars_n, frame_s, lag_s;
    bool battery;
    struct day_job jobs[JOBS];
    int32_t cloud_pm[CLOUDS + 1];
    struct day_car cars[DAY_CARS];
    struct day_span dead, stuck, limit;
    int32_t limit_w;
    struct control_charger_conf conf[DAY_CARS];
};
void day_draw(uint64_t seed, struct day_plan *d);

struct day_result {
    int count[DAY_PROPERTY_COUNT];
    char first[DAY_PROPERTY_COUNT][160];
    int64_t solar_mwh, solar_grid_mwh, hold_mwh, power_mwh; /* energy of cars */
    int starts, changes;
};
/* Changes decisions before they reach the wallboxes: to prove that the checks can fail. */
typedef void day_spoil(struct control_decision *d, int n, const struct control_snapshot *in,
                       int second);
void day_run(const struct day_plan *d, day_spoil *spoil, struct day_result *r);
int day_violations(const struct day_result *r);
#endif
