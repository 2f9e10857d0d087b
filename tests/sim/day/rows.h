/* SPDX-License-Identifier: Apache-2.0
 * rows.h -- a day as rows: what a seed draws, what a scenario file says, what shrinking takes away
 * and what is printed of a violated day are one and the same (libcommon/pure/field.h explains the
 * columns). Circuits, chargers and `control` have the keys of site.yaml. A time of day has the unit
 * "clock": seconds since midnight, written HH:MM or HH:MM:SS; 24:00 is the end of the first day. */
#ifndef WATTBUS_SIM_ROWS_H
#define WATTBUS_SIM_ROWS_H
#include "libcommon/site/site.h"

enum {
    DAY_S = 86400,
    DAY_END_S = 14 * DAY_S,
    CIRCUITS = 24,
    CHARGERS = 40,
    CARS = 80,
    LOADS = 240,
    SUNS = 200,
    CLOUDS = 400,
    CHANGES = 80,
    LIMITS = 16,
    FAULTS = 120,
    EXPECTS = 60,
    DEVICES = 4,
    DEMANDS = 40,
    ORDERS = 24,
    TAKERS = CHARGERS + DEVICES,
    PRICES = 400,
    MA_HI = 10000000,
    W_HI = 10000000,
};
/* clang-format off */
#define ILL_VALUES(X, P)                                                                         \
    X(P, METER_DEAD, "meter_dead") X(P, METER_STUCK, "meter_stuck")                                \
    X(P, METER_LATE, "meter_late") X(P, SUB_DEAD, "sub_meter_dead")                                \
    X(P, DEAF, "charger_deaf") X(P, OFFLINE, "charger_offline")                                    \
    X(P, BATTERY_DEAD, "battery_dead") X(P, RESTART, "controller_down")                            \
    X(P, DEVICE_OFFLINE, "device_offline") X(P, DEVICE_FREE, "device_free")
/* clang-format on */
#define SPAN_ROWS(F, S)                                                                            \
    F(S, DEF, I32, from, , "clock", 0, DAY_END_S, "0", "begins")                                   \
    F(S, DEF, I32, to, , "clock", 0, DAY_END_S, "1209600", "is over")
#define DAY_CIRCUIT_ROWS(F, S)                                                                     \
    F(S, REQ, STR, id, ID_CAP, "", 0, 0, NULL, "name; the first one is the grid connection")       \
    CIRCUIT_CONF_ROWS(F, S)
#define DAY_CHARGER_ROWS(F, S)                                                                     \
    F(S, REQ, STR, id, ID_CAP, "", 0, 0, NULL, "name")                                             \
    CHARGER_CONF_ROWS(F, S)                                                                        \
    F(S, DEF, BOOL, metered, , "", 0, 1, "true", "it reports what the car draws")                  \
    F(S, OPT, I64, cheap_below_micro, , "micro/kWh", -W_HI, W_HI, NULL,                            \
      "rules instead of mode: power below this price, else the sun")
#define DAY_CAR_ROWS(F, S)                                                                         \
    F(S, REQ, STR, charger, ID_CAP, "", 0, 0, NULL, "where it is plugged in")                      \
    SPAN_ROWS(F, S)                                                                                \
    F(S, DEF, I32, phases, , "", 1, 3, "3", "uses terminals 1 to this one")                        \
    F(S, DEF, I32, max_current_ma, , "mA", 6000, MA_HI, "16 A", "of the car")                      \
    F(S, DEF, I32, bias_ma, , "mA", -10000, 10000, "0 A", "less than offered; negative: greedy")   \
    F(S, DEF, I32, lag_ms, , "ms", 100, 10000, "1 s", "time constant when it follows")             \
    F(S, DEF, I32, delay_ms, , "ms", 0, 600000, "3 s", "from an offer to the first current")       \
    F(S, DEF, I32, need_wh, , "Wh", 0, W_HI, "100 kWh", "until it is full")                        \
    F(S, DEF, I32, taper_wh, , "Wh", 0, W_HI, "0 Wh", "its maximum falls to a quarter over these") \
    F(S, DEF, BOOL, sleeps, , "", 0, 1, "false", "after 5 min of pause it needs 30 s to wake up")  \
    F(S, DEF, BOOL, vehicle, , "", 0, 1, "false", "its phases and maximum are in the site file")
#define DAY_LOAD_ROWS(F, S)                                                                        \
    F(S, OPT, STR, circuit, ID_CAP, "", 0, 0, NULL, "where; else at the grid connection")          \
    SPAN_ROWS(F, S)                                                                                \
    F(S, DEF, I32, phase, , "", 0, 3, "0", "1, 2 or 3; 0: on each of them")                        \
    F(S, REQ, I32, current_ma, , "mA", 0, MA_HI, NULL, "per phase")
#define DAY_DEVICE_ROWS(F, S)                                                                      \
    F(S, REQ, STR, id, ID_CAP, "", 0, 0, NULL, "name")                                             \
    LOAD_CONF_ROWS(F, S)                                                                           \
    F(S, DEF, BOOL, reports, , "", 0, 1, "false", "it says whether it runs")                       \
    F(S, DEF, I32, lag_ms, , "ms", 100, 60000, "1 s", "time constant when it follows")
#define DAY_DEMAND_ROWS(F, S)                                                                      \
    F(S, REQ, STR, device, ID_CAP, "", 0, 0, NULL, "which; one without a demand takes all it may") \
    SPAN_ROWS(F, S)                                                                                \
    F(S, REQ, I32, power_w, , "W", 0, W_HI, NULL, "it has use for so much")                        \
    F(S, DEF, BOOL, own, , "", 0, 1, "false", "and takes it where it may run as it likes")
#define DAY_ORDER_ROWS(F, S)                                                                       \
    F(S, REQ, STR, device, ID_CAP, "", 0, 0, NULL, "whose")                                        \
    F(S, REQ, I32, at, , "clock", 0, DAY_END_S, NULL, "when somebody does it")                     \
    F(S, OPT, ENUM, mode, load_mode, "", 0, 0, NULL, "mode")                                       \
    F(S, OPT, I32, max_power_w, , "W", 0, W_HI, NULL, "override")
#define DAY_SUN_ROWS(F, S)                                                                         \
    F(S, REQ, I32, at, , "clock", 0, DAY_END_S, NULL, "from here on")                              \
    F(S, REQ, I32, power_w, , "W", 0, W_HI, NULL, "PV power")
#define DAY_CLOUD_ROWS(F, S)                                                                       \
    SPAN_ROWS(F, S)                                                                                \
    F(S, REQ, I32, through_pm, , "permille", 0, 1000, NULL, "what it lets through")                \
    F(S, DEF, I32, edge_ms, , "ms", 0, 600000, "30 s", "from clear to dark")
#define DAY_CHANGE_ROWS(F, S)                                                                      \
    F(S, REQ, STR, charger, ID_CAP, "", 0, 0, NULL, "whose")                                       \
    F(S, REQ, I32, at, , "clock", 0, DAY_END_S, NULL, "when somebody does it")                     \
    F(S, OPT, ENUM, mode, charge_mode, "", 0, 0, NULL, "mode")                                     \
    F(S, OPT, BOOL, paused, , "", 0, 1, NULL, "pause or resume")                                   \
    F(S, OPT, I32, max_current_ma, , "mA", 0, MA_HI, NULL, "override")                             \
    F(S, OPT, I32, min_current_ma, , "mA", 6000, 16000, NULL, "override")                          \
    F(S, OPT, I32, priority, , "", 1, 99, NULL, "override")                                        \
    F(S, OPT, ENUM, phases, phase_use, "", 0, 0, NULL, "override")                                 \
    F(S, OPT, STR, week, 512, "", 0, 0, NULL, "override")                                          \
    F(S, OPT, I32, target_energy_wh, , "Wh", 0, W_HI, NULL, "override")                            \
    F(S, OPT, STR, target_time, 40, "", 0, 0, NULL, "override, quoted")
#define DAY_PRICE_ROWS(F, S)                                                                       \
    F(S, REQ, I32, at, , "clock", 0, DAY_END_S, NULL, "from here on")                              \
    F(S, REQ, I64, price_micro, , "micro/kWh", -W_HI, W_HI, NULL, "of what is drawn from the grid")
#define DAY_LIMIT_ROWS(F, S)                                                                       \
    SPAN_ROWS(F, S)                                                                                \
    F(S, REQ, I32, consume_w, , "W", 0, W_HI, NULL, "of the grid operator")
#define DAY_FAULT_ROWS(F, S)                                                                       \
    F(S, REQ, ENUM, kind, ill, "", 0, 0, NULL, "what fails")                                       \
    F(S, OPT, STR, where, ID_CAP, "", 0, 0, NULL, "charger or circuit")                            \
    SPAN_ROWS(F, S)
#define DAY_BATTERY_ROWS(F, S)                                                                     \
    F(S, DEF, I32, power_w, , "W", 0, W_HI, "0 W", "most; 0: there is none")                       \
    F(S, DEF, I32, capacity_wh, , "Wh", 0, W_HI, "10 kWh", "usable")                               \
    F(S, DEF, I32, soc_pm, , "permille", 0, 1000, "30 %", "at the beginning")                      \
    F(S, DEF, I32, lag_ms, , "ms", 1000, 10000, "3 s", "time constant of its regulator")           \
    F(S, DEF, BOOL, managed, , "", 0, 1, "false", "the controller bounds it")                      \
    F(S, DEF, BOOL, ours, , "", 0, 1, "false", "it has no regulator: the controller tells it W")   \
    F(S, DEF, I32, min_soc_pm, , "permille", 0, 1000, "5 %", "not discharged below")               \
    F(S, DEF, I32, max_soc_pm, , "permille", 0, 1000, "100 %", "not charged above")                \
    F(S, DEF, I32, car_min_soc_pm, , "permille", 0, 1000, "5 %", "cars get nothing below")         \
    F(S, DEF, I32, first_until_soc_pm, , "permille", 0, 1000, "0 %", "charged before solar cars")
#define DAY_EXPECT_ROWS(F, S)                                                                      \
    F(S, OPT, STR, charger, ID_CAP, "", 0, 0, NULL, "whose setpoint")                              \
    F(S, OPT, STR, device, ID_CAP, "", 0, 0, NULL,                                                 \
      "or whose: runs, watts, reasons, starts, energy")                                            \
    SPAN_ROWS(F, S)                                                                                \
    F(S, OPT, BOOL, runs, , "", 0, 1, NULL, "the device is told to, all the time")                 \
    F(S, OPT, I32, draws_above_w, , "W", 0, W_HI, NULL, "the device draws, all the time")          \
    F(S, OPT, I32, draws_below_w, , "W", 0, W_HI, NULL, "the device draws, all the time")          \
    F(S, OPT, I32, at_least_ma, , "mA", 0, MA_HI, NULL, "setpoint, all the time")                  \
    F(S, OPT, I32, at_most_ma, , "mA", 0, MA_HI, NULL, "setpoint, all the time")                   \
    F(S, OPT, ENUM, mode, charge_mode, "", 0, 0, NULL, "in force, all the time")                   \
    F(S, OPT, I32, phases, , "", 1, 3, NULL, "closed contacts, all the time")                      \
    F(S, OPT, I32, switches, , "", 0, 1000, NULL, "of the contacts, exactly so often")             \
    F(S, OPT, STR, reason, 24, "", 0, 0, NULL, "code, all the time")                               \
    F(S, OPT, STR, never, 24, "", 0, 0, NULL, "code that may not appear")                          \
    F(S, OPT, STR, once, 24, "", 0, 0, NULL, "code that must appear")                              \
    F(S, OPT, I32, starts, , "", 0, 1000, NULL, "from 0 to a current, exactly so often")           \
    F(S, OPT, I32, energy_above_wh, , "Wh", 0, W_HI, NULL, "the car gets more in this time")       \
    F(S, OPT, I32, energy_below_wh, , "Wh", 0, W_HI, NULL, "the car gets less in this time")       \
    F(S, OPT, I32, battery_at_least_w, , "W", -W_HI, W_HI, NULL, "charges, all the time")          \
    F(S, OPT, I32, battery_at_most_w, , "W", -W_HI, W_HI, NULL, "charges; negative: discharges")   \
    F(S, OPT, I32, import_below_wh, , "Wh", 0, W_HI, NULL, "from the grid in this time")           \
    F(S, OPT, I32, grid_below_ma, , "mA", 0, MA_HI, NULL, "import of every phase, all the time")
#define DAY_ROWS(F, S)                                                                             \
    F(S, DEF, STR, name, 96, "", 0, 0, "a day", "what is shown")                                   \
    SPAN_ROWS(F, S)                                                                                \
    F(S, OPT, STR, date, 11, "", 0, 0, NULL,                                                       \
      "local date of its first midnight in Berlin; clocks here go on through a change of summer "  \
      "time")                                                                                      \
    F(S, DEF, I64, seed, , "", 0, INT64_MAX, "1", "of noise and jitter")                           \
    F(S, DEF, BOOL, calm, , "", 0, 1, "false", "at the end the world stands still for an hour")    \
    F(S, DEF, I32, frame_ms, , "ms", 1000, 60000, "1 s", "between two frames of the meters")       \
    F(S, DEF, I32, jitter_ms, , "ms", 0, 900, "0 ms", "of every frame")                            \
    F(S, DEF, I32, lag_ms, , "ms", 0, 3000, "0 s", "of the meters")                                \
    F(S, DEF, I32, noise_pm, , "permille", 0, 20, "0 %", "of the meters")                          \
    F(S, DEF, I32, pv_w, , "W", 0, W_HI, "0 W", "peak of a clear day")                             \
    F(S, DEF, I32, pv_phase, , "", 0, 3, "0", "1, 2 or 3; 0: on all of them")                      \
    F(S, OPT, REC, control, control_conf, "", 0, 0, NULL, "as in site.yaml")                       \
    F(S, OPT, REC, battery, day_battery, "", 0, 0, NULL, "regulates the grid to zero by itself")   \
    F(S, OPT, LIST, circuits, day_circuit, "", 0, CIRCUITS, NULL, "fuses")                         \
    F(S, OPT, LIST, chargers, day_charger, "", 0, CHARGERS, NULL, "wallboxes")                     \
    F(S, OPT, LIST, cars, day_car, "", 0, CARS, NULL, "visits")                                    \
    F(S, OPT, LIST, loads, day_load, "", 0, LOADS, NULL, "appliances")                             \
    F(S, OPT, LIST, devices, day_device, "", 0, DEVICES, NULL, "loads under control")              \
    F(S, OPT, LIST, demands, day_demand, "", 0, DEMANDS, NULL, "what those have use for")          \
    F(S, OPT, LIST, orders, day_order, "", 0, ORDERS, NULL, "what people do with them")            \
    F(S, OPT, LIST, sun, day_sun, "", 0, SUNS, NULL, "instead of a clear day")                     \
    F(S, OPT, LIST, clouds, day_cloud, "", 0, CLOUDS, NULL, "in front of the sun")                 \
    F(S, OPT, LIST, changes, day_change, "", 0, CHANGES, NULL, "what people do")                   \
    F(S, OPT, LIST, prices, day_price, "", 0, PRICES, NULL, "of the grid; a planner goes by them") \
    F(S, OPT, LIST, limits, day_limit, "", 0, LIMITS, NULL, "of the grid operator")                \
    F(S, OPT, LIST, faults, day_fault, "", 0, FAULTS, NULL, "what fails")                          \
    F(S, OPT, LIST, expects, day_expect, "", 0, EXPECTS, NULL, "what must be seen")
#endif
