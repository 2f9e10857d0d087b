/* SPDX-License-Identifier: Apache-2.0
 * day.h -- whole days of a house around the pure controller, thousands of times faster than life.
 * Sun and clouds, loads, a battery that regulates itself, cars with habits, faults, limits of the
 * grid operator, people: drawn from a seed or read from a file. What must always hold is checked by
 * physics, not by asking the controller. */
#ifndef WATTBUS_SIM_DAY_H
#define WATTBUS_SIM_DAY_H
#include "services/surplus-controller/core/choose.h"
#include "services/surplus-controller/core/load.h"
#include "services/surplus-controller/core/storage.h"
#include "tests/sim/day/rows.h"

ENUM_DECLARE(ill, ILL, ILL_VALUES)
RECORD_STRUCT(day_circuit, DAY_CIRCUIT_ROWS)
RECORD_STRUCT(day_charger, DAY_CHARGER_ROWS)
RECORD_STRUCT(day_car, DAY_CAR_ROWS)
RECORD_STRUCT(day_load, DAY_LOAD_ROWS)
RECORD_STRUCT(day_device, DAY_DEVICE_ROWS)
RECORD_STRUCT(day_demand, DAY_DEMAND_ROWS)
RECORD_STRUCT(day_order, DAY_ORDER_ROWS)
RECORD_STRUCT(day_sun, DAY_SUN_ROWS)
RECORD_STRUCT(day_cloud, DAY_CLOUD_ROWS)
RECORD_STRUCT(day_change, DAY_CHANGE_ROWS)
RECORD_STRUCT(day_price, DAY_PRICE_ROWS)
RECORD_STRUCT(day_limit, DAY_LIMIT_ROWS)
RECORD_STRUCT(day_fault, DAY_FAULT_ROWS)
RECORD_STRUCT(day_battery, DAY_BATTERY_ROWS)
RECORD_STRUCT(day_expect, DAY_EXPECT_ROWS)
RECORD_STRUCT(day, DAY_ROWS)

/* ---- a day as text (text.c) ---- */
/* False: *wrong (200 bytes) says what. All names of a day must be there, parents before children.
 */
bool day_sound(const struct day *d, char wrong[200]);
/* NULL: messages went to stderr. The caller frees it. */
struct day *day_load(const char *path);
/* Only what differs from the defaults. */
void day_print(const struct day *d, FILE *to);
/* An empty day with every default. */
void day_default(struct day *d);
int day_circuit_index(const struct day *d, const char *id); /* "" is 0; -1: none */
int day_charger_index(const struct day *d, const char *id);
int day_device_index(const struct day *d, const char *id);
/* False: not a date such as 2026-03-29, and *first_ms, its local midnight, is not set. */
bool day_date(const char *date, struct zone *zone, int64_t *first_ms);
/* An item of one of the lists with every default. */
void day_item(const struct record *rec, void *item);

/* What a seed means (draw.c). */
void day_draw(uint64_t seed, struct day *d);
/* What some days have besides, from a second stream: a day without is what it would be anyway
 * (draw_more.c). */
void day_draw_more(uint64_t seed, struct day *d);

/* ---- what must always hold ---- */
#define DAY_PROPERTIES(P)                                                                          \
    P(FUSE, "P1 obedient chargers keep a phase above its rating")                                  \
    P(SUN, "P2 solar_pure takes more than 1 % from grid and battery")                              \
    P(STOP, "P3 stopped before the hold was over")                                                 \
    P(RESTART, "P3 started again before the pause was over")                                       \
    P(SWITCH, "P4 contacts switched under current, too often, or against the car")                 \
    P(BALANCE, "P5 cars unbalance the phases")                                                     \
    P(LIMIT, "P6 grid operator's limit exceeded")                                                  \
    P(BLIND, "P7 raised or went on without a grid meter")                                          \
    P(FALLBACK, "P7 fallbacks do not fit together, or start a paused charge")                      \
    P(LEASE, "P7 a setpoint outlives its lease")                                                   \
    P(REASON, "P8 no reason a user can read")                                                      \
    P(EQUAL, "P8 equal snapshots, different decisions")                                            \
    P(CALM, "P9 setpoints move although nothing else does")                                        \
    P(WRITES, "P10 raised more often than the settling time allows")                               \
    P(RANGE, "a setpoint is neither 0 nor between minimum and maximum")                            \
    P(LOCK, "charging in mode lock")                                                               \
    P(WAIT, "a car is left waiting although nothing is in its way")                                \
    P(LAZY, "sun is left to the grid although a car would take it")                                \
    P(DWELL, "a load runs or rests too briefly")                                                   \
    P(BLOCK, "a heat pump is blocked for too long or too soon again")                              \
    P(LOADSUN, "loads that follow the sun take more than 1 % from the grid")                       \
    P(LOADWAIT, "a load rests although the sun for it is there")                                   \
    P(TABLE, "the week table is not what is in force")                                             \
    P(DEADLINE, "a deadline that could be kept is missed")                                         \
    P(BATTERY, "a battery leaves its window, or works against the grid target")                    \
    P(SEAM, "a restart of the controller is seen at the wallbox")                                  \
    P(EXPECT, "what the scenario says")
enum day_property {
#define P(id, text) DAY_##id,
    DAY_PROPERTIES(P)
#undef P
        DAY_PROPERTY_COUNT
};
const char *day_property_text(enum day_property p);

struct day_result {
    int count[DAY_PROPERTY_COUNT], second[DAY_PROPERTY_COUNT]; /* how often, and first when */
    char first[DAY_PROPERTY_COUNT][160];
    int64_t solar_mwh, solar_grid_mwh, hold_mwh, power_mwh; /* energy of cars */
    int starts, changes;
};
/* Changes decisions before they reach the wallboxes: to prove that the checks can fail. */
typedef void day_spoil(struct control_decision *d, const struct control_config *c,
                       const struct control_snapshot *in, int second);
typedef void day_spoil_loads(struct control_load_decision *d, const struct control_config *c,
                             const struct control_snapshot *in, int second);
typedef void day_spoil_battery(struct storage_order *o, int second);
struct day_options {
    day_spoil *spoil;
    FILE *story;     /* every change of a setpoint or reason, for people */
    FILE *golden;    /* all that was decided, for tests/scenario/golden */
    bool lease_lost; /* bridges that forget the lease, */
    bool no_clock;   /* choices stay what they were in the first second, */
    bool no_haste;   /* a target waits for the sun for ever, */
    bool amnesia;    /* and a controller that keeps nothing over a restart: to prove the checks */
    day_spoil_loads *spoil_loads;
    day_spoil_battery *spoil_battery;
};
/* Needs day_sound. */
void day_run(const struct day *d, const struct day_options *o, struct day_result *r);
int day_violations(const struct day_result *r);
/* Takes away from *d what the first violation of `p` does not need, at the cost of about so many
 * days with one wallbox. */
void day_shrink(struct day *d, enum day_property p, const struct day_options *o, int days);

static inline bool in_span(int from, int to, int second)
{
    return second >= from && second < to;
}
#endif
