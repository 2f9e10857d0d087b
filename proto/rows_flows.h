/* SPDX-License-Identifier: Apache-2.0
 * rows_flows.h -- the part of the contract about energy: who covers whom, derived meters, virtual
 * metering points. Part of rows.h. */
#ifndef WATTBUS_PROTO_ROWS_FLOWS_H
#define WATTBUS_PROTO_ROWS_FLOWS_H

/* clang-format off */
enum { MAX_QUARTERS = 96 };

/* Who covers whom. SOURCES and SINKS have the same sum. LINKS say which source covers which sink; the
 * links of a sink add up to it, and those of a source too. The house comes first to the sun and then
 * to the battery, after it consumers under control, cars that follow the sun, the battery, other cars
 * and the grid. E makes a row of each: name, doc. */
#define FLOW_SOURCES(E, F, S)                                                                      \
    E(F, S, pv, "production")                                                                      \
    E(F, S, battery_discharge, "from batteries")                                                   \
    E(F, S, grid_import, "from the grid")                                                          \
    E(F, S, unmeasured, "comes from a source that nothing measures, or from values that do not "   \
                        "belong to the same moment")
#define FLOW_SINKS(E, F, S)                                                                        \
    E(F, S, house, "everything that is not listed elsewhere")                                      \
    E(F, S, loads, "heat pumps, rods and other consumers under control")                           \
    E(F, S, chargers, "all cars")                                                                  \
    E(F, S, battery_charge, "into batteries")                                                      \
    E(F, S, grid_export, "into the grid")
#define FLOW_LINKS(E, F, S)                                                                        \
    E(F, S, pv_to_house, "sun into the house")                                                     \
    E(F, S, pv_to_loads, "sun into consumers under control")                                       \
    E(F, S, pv_to_chargers, "sun into cars")                                                       \
    E(F, S, pv_to_battery, "sun into batteries")                                                   \
    E(F, S, pv_to_grid, "sun into the grid")                                                       \
    E(F, S, battery_to_house, "battery into the house")                                            \
    E(F, S, battery_to_loads, "battery into consumers under control")                              \
    E(F, S, battery_to_chargers, "battery into cars")                                              \
    E(F, S, battery_to_grid, "battery into the grid")                                              \
    E(F, S, grid_to_house, "grid into the house")                                                  \
    E(F, S, grid_to_loads, "grid into consumers under control")                                    \
    E(F, S, grid_to_chargers, "grid into cars")                                                    \
    E(F, S, grid_to_battery, "grid into batteries")                                                \
    E(F, S, unmeasured_to_house, "unmeasured into the house")                                      \
    E(F, S, unmeasured_to_loads, "unmeasured into consumers under control")                        \
    E(F, S, unmeasured_to_chargers, "unmeasured into cars")                                        \
    E(F, S, unmeasured_to_battery, "unmeasured into batteries")                                    \
    E(F, S, unmeasured_to_grid, "unmeasured into the grid")
#define FLOW_NOW(F, S, n, doc)        F(S, OPT, I32, n##_w, , "W", 0, POWER_HI, POWER, doc)
#define FLOW_NOW_HIDDEN(F, S, n, doc) F(S, OPT, I32, n##_w, , "W", 0, POWER_HI, NONE, doc)
#define FLOW_DAY(F, S, n, doc)                                                                     \
    F(S, OPT, I64, today_##n##_wh, , "Wh", 0, COUNTER_HI, ENERGY, doc ", since day_start")
#define FLOW_DAY_HIDDEN(F, S, n, doc)                                                              \
    F(S, OPT, I64, today_##n##_wh, , "Wh", 0, COUNTER_HI, NONE, doc ", since day_start")
#define FLOW_EVER(F, S, n, doc)                                                                    \
    F(S, OPT, I64, total_##n##_wh, , "Wh", 0, COUNTER_HI, ENERGY, doc ", never falls")
#define SITE_FLOWS_ROWS(F, S)                                                                      \
    STATE_ROWS(F, S)                                                                               \
    FLOW_SOURCES(FLOW_NOW, F, S)                                                                   \
    FLOW_SINKS(FLOW_NOW, F, S)                                                                     \
    FLOW_LINKS(FLOW_NOW_HIDDEN, F, S)                                                              \
    F(S, OPT, TIME, day_start, , "ms", 0, TIME_HI, NONE, "local midnight")                         \
    FLOW_SOURCES(FLOW_DAY, F, S)                                                                   \
    FLOW_SINKS(FLOW_DAY, F, S)                                                                     \
    FLOW_LINKS(FLOW_DAY_HIDDEN, F, S)                                                              \
    F(S, OPT, I32, today_autarky_pm, , "permille", 0, 1000, NUMBER,                                \
      "how much of what was used did not come from the grid")                                      \
    F(S, OPT, I32, today_own_use_pm, , "permille", 0, 1000, NUMBER,                                \
      "how much of the production was not fed in")                                                 \
    FLOW_SOURCES(FLOW_EVER, F, S)                                                                  \
    FLOW_SINKS(FLOW_EVER, F, S)

#define CHARGER_FLOWS_ROWS(F, S)                                                                   \
    STATE_ROWS(F, S)                                                                               \
    F(S, OPT, I32, from_pv_w, , "W", 0, POWER_HI, POWER, "sun in its power now")                   \
    F(S, OPT, I32, from_battery_w, , "W", 0, POWER_HI, POWER, "battery in its power now")          \
    F(S, OPT, I32, from_grid_w, , "W", 0, POWER_HI, POWER, "grid in its power now")                \
    F(S, OPT, I32, from_unmeasured_w, , "W", 0, POWER_HI, NONE, "of unknown origin")               \
    F(S, OPT, TIME, session_start, , "ms", 0, TIME_HI, NONE,                                       \
      "when the car was plugged in, or the transaction began; kept until the next one")            \
    F(S, OPT, I64, session_pv_wh, , "Wh", 0, COUNTER_HI, ENERGY, "sun in this session")            \
    F(S, OPT, I64, session_battery_wh, , "Wh", 0, COUNTER_HI, ENERGY, "battery in this session")   \
    F(S, OPT, I64, session_grid_wh, , "Wh", 0, COUNTER_HI, ENERGY, "grid in this session")         \
    F(S, OPT, I64, session_unmeasured_wh, , "Wh", 0, COUNTER_HI, NONE, "of unknown origin")        \
    F(S, OPT, I32, session_solar_pm, , "permille", 0, 1000, NUMBER, "sun's share of the session")

/* Meters that the controller computes and publishes like real ones, as meter/<id>/info and state
 * with role display: id, name, what power_w is. The prefix is reserved: no site file may use it. */
#define DERIVED_PREFIX "derived_"
#define DERIVED_METERS(D)                                                                          \
    D(GRID_DEMAND, "grid_demand", "Grid demand", "at the grid connection, - fed in")               \
    D(PRODUCED_POWER, "produced_power", "Produced power", "all producers")                         \
    D(CONSUMED_EVSE, "consumed_evse", "Consumption of cars", "all chargers")                       \
    D(CONSUMED_NON_EVSE, "consumed_non_evse", "Consumption without cars",                          \
      "everything but chargers and batteries")                                                     \
    D(HOUSE, "house", "House", "the same without consumers under control")                         \
    D(SURPLUS, "surplus", "Surplus",                                                               \
      "what would be fed in without cars; storage_home may not discharge for it")                  \
    D(SURPLUS_AVG, "surplus_avg", "Surplus, mean", "its mean over control.mean")                   \
    D(POWER_AVAILABLE_EVSE, "power_available_evse", "Available for cars",                          \
      "what fuses and the grid operator leave for all cars")                                       \
    D(POWER_REMAINING_EVSE, "power_remaining_evse", "Remaining for cars",                          \
      "the same less what they draw; negative: overload")                                          \
    D(ERROR_EVSE, "error_evse", "Overdraw of cars",                                                \
      "what cars draw above their limit, after the time they have to follow")                      \
    D(STORAGE_HOME, "storage_home", "Storage for the house", "+ charging; its discharge is no surplus") \
    D(STORAGE_ALL, "storage_all", "Storage for all", "+ charging; its discharge is surplus")
/* What is shared out among consumers in a quarter of an hour. */
#define QUARTER_ROWS(F, S)                                                                         \
    F(S, REQ, TIME, start, , "ms", 0, TIME_HI, NONE, "first ms of the quarter")                    \
    F(S, REQ, I64, consumed_wh, , "Wh", 0, COUNTER_HI, NONE, "drawn by its consumers")             \
    F(S, REQ, I64, produced_wh, , "Wh", 0, COUNTER_HI, NONE, "of its producers, for all points")   \
    F(S, REQ, I64, covered_wh, , "Wh", 0, COUNTER_HI, NONE, "of that counted for its consumers")   \
    F(S, REQ, BOOL, complete, , "", 0, 1, NONE, "false: values were missing; what is known counts")
#define METERING_POINT_STATE_ROWS(F, S)                                                            \
    STATE_ROWS(F, S)                                                                               \
    F(S, OPT, STR, name, 48, "", 0, 0, NONE, "name for people")                                    \
    F(S, OPT, I64, consumed_wh, , "Wh", 0, COUNTER_HI, ENERGY, "of all quarters, never falls")     \
    F(S, OPT, I64, covered_wh, , "Wh", 0, COUNTER_HI, ENERGY, "of that from its producers")        \
    F(S, OPT, I64, grid_wh, , "Wh", 0, COUNTER_HI, ENERGY, "the rest")                             \
    F(S, OPT, LIST, quarters, quarter, "", 0, MAX_QUARTERS, NONE, "the last ones, newest last")
#endif
