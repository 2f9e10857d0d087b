/* SPDX-License-Identifier: Apache-2.0
 * kept.h -- what the controller keeps in files, as rows. Times are UTC: they outlive a reboot. */
#ifndef WATTBUS_KEPT_H
#define WATTBUS_KEPT_H
#include "proto/proto.h"

enum { KEPT_OVERRIDES = 16, KEPT_TAKEN = 16, KEPT_TEXT = 48 };
#define KEPT_OVERRIDE_ROWS(F, S)                                                                   \
    F(S, REQ, STR, field, 24, "", 0, 0, NONE, "override/<field>")                                  \
    F(S, REQ, I32, value, , "", INT32_MIN, INT32_MAX, NONE,                                        \
      "number, index of the enum, or hash of the text")                                            \
    F(S, OPT, STR, text, KEPT_TEXT, "", 0, 0, NONE,                                                \
      "where it is a text; a week table has its own place")                                        \
    F(S, REQ, TIME, since, , "ms", 0, TIME_HI, NONE, "when it was taken from the inbox")           \
    F(S, OPT, TIME, until, , "ms", 0, TIME_HI, NONE, "when it ends")                               \
    F(S, OPT, BOOL, until_unplugged, , "", 0, 1, NONE, "it ends with the cable")
#define KEPT_CHARGER_ROWS(F, S)                                                                    \
    F(S, REQ, STR, id, ID_CAP, "", 0, 0, NONE, "charger")                                          \
    F(S, OPT, LIST, overrides, kept_override, "", 0, KEPT_OVERRIDES, NONE, "in force")             \
    F(S, OPT, LIST, taken, kept_override, "", 0, KEPT_TAKEN, NONE,                                 \
      "taken lately; a broker that lost its memory may bring them back")                           \
    F(S, OPT, STR, week, OVERRIDE_TEXT_CAP, "", 0, 0, NONE, "of override/week")                    \
    F(S, OPT, BOOL, paused, , "", 0, 1, NONE, "paused on request")                                 \
    F(S, OPT, I32, car_phases, , "", 0, 7, NONE, "grid phases that its car was seen to use, bits") \
    F(S, OPT, I32, car_leaves_ma, , "mA", 0, CURRENT_HI, NONE,                                     \
      "of its offer, what it does not draw")                                                       \
    F(S, OPT, I32, car_beyond_ma, , "mA", 0, CURRENT_HI, NONE, "beyond its offer, what it draws")  \
    F(S, OPT, BOOL, car_tried, , "", 0, 1, NONE, "its phases were tried with too little sun")      \
    F(S, OPT, BOOL, plugged, , "", 0, 1, NONE, "a car is there")                                   \
    F(S, OPT, I64, plug_wh, , "Wh", 0, COUNTER_HI, NONE, "energy counter when it came")            \
    F(S, OPT, STR, id_tag, 40, "", 0, 0, NONE, "card of its session")                              \
    F(S, OPT, TIME, target_deadline, , "ms", 0, TIME_HI, NONE, "mode target: worked for")          \
    F(S, OPT, BOOL, target_reached, , "", 0, 1, NONE, "mode target: it is")                        \
    F(S, OPT, TIME, target_forced, , "ms", 0, TIME_HI, NONE, "mode target: at full power since")   \
    F(S, OPT, I32, target_learnt_w, , "W", 0, POWER_HI, NONE, "what the car draws at full power")  \
    F(S, OPT, I64, target_goal, , "", 0, COUNTER_HI, NONE, "for which goal")                       \
    F(S, OPT, TIME, hold_since, , "ms", 0, TIME_HI, NONE, "cloud hold began")                      \
    F(S, OPT, I64, hold_missing_mj, , "mJ", 0, COUNTER_HI, NONE,                                   \
      "what the sun did not give in it")                                                           \
    F(S, OPT, TIME, hold_counted_at, , "ms", 0, TIME_HI, NONE, "... counted until then")           \
    F(S, OPT, TIME, crowded_at, , "ms", 0, TIME_HI, NONE, "paused for lack of room")               \
    F(S, OPT, TIME, stopped_at, , "ms", 0, TIME_HI, NONE, "stopped for lack of sun")               \
    F(S, OPT, I32, switch_to, , "", 1, 3, NONE, "a phase switch under way")                        \
    F(S, OPT, TIME, switch_since, , "ms", 0, TIME_HI, NONE, "it began")                            \
    F(S, OPT, BOOL, switch_done, , "", 0, 1, NONE, "its contacts are closed, the pause runs")      \
    F(S, OPT, TIME, quiet_since, , "ms", 0, TIME_HI, NONE, "no current is offered, none flows")    \
    F(S, OPT, TIME, refused_at, , "ms", 0, TIME_HI, NONE, "the box did not switch as asked")       \
    F(S, OPT, TIME, one_since, , "ms", 0, TIME_HI, NONE, "on one phase, or the last look")         \
    F(S, OPT, TIME, learn_since, , "ms", 0, TIME_HI, NONE, "sun for one phase, nobody knows it")   \
    F(S, OPT, TIME, share_since, , "ms", 0, TIME_HI, NONE, "solar_plus: its share is missing")     \
    F(S, OPT, TIME, short_since, , "ms", 0, TIME_HI, NONE, "room for one phase only")              \
    F(S, OPT, TIME, idle_since, , "ms", 0, TIME_HI, NONE, "its car draws nothing of its offer")    \
    F(S, OPT, TIME, served_at, , "ms", 0, TIME_HI, NONE, "its turn began")                         \
    F(S, OPT, I64, turn, , "", 0, UINT32_MAX, NONE, "its place among those of its priority")       \
    F(S, OPT, BOOL, yields, , "", 0, 1, NONE, "it had its turn and goes behind the others")        \
    F(S, OPT, TIME, trimmed_at, , "ms", 0, TIME_HI, NONE, "offered little more than it takes")     \
    F(S, OPT, TIME, switched_at, , "ms", 0, TIME_HI, NONE, "the last one was done")                \
    F(S, OPT, LIST, phase_switches, phase_change, "", 0, MAX_SWITCHES, NONE, "the last ones")      \
    F(S, OPT, LIST, results, request_result, "", 0, MAX_RESULTS, NONE, "handled requests")
#define KEPT_VEHICLE_ROWS(F, S)                                                                    \
    F(S, REQ, STR, id, ID_CAP, "", 0, 0, NONE, "vehicle")                                          \
    F(S, OPT, I32, soc_pm, , "permille", 0, 1000, NONE, "as it was said")                          \
    F(S, OPT, TIME, soc_at, , "ms", 0, TIME_HI, NONE, "when")                                      \
    F(S, OPT, I32, session_wh, , "Wh", 0, POWER_HI, NONE, "charged in that session by then")
#define KEPT_CIRCUIT_ROWS(F, S)                                                                    \
    F(S, REQ, STR, id, ID_CAP, "", 0, 0, NONE, "circuit")                                          \
    F(S, OPT, PHASES, reduced_ma, , "mA", 0, CURRENT_HI, NONE, "cap after an overdraw")            \
    F(S, OPT, TIME, since, , "ms", 0, TIME_HI, NONE, "when it began")
RECORD_STRUCT(kept_override, KEPT_OVERRIDE_ROWS)
RECORD_STRUCT(kept_charger, KEPT_CHARGER_ROWS)
RECORD_STRUCT(kept_vehicle, KEPT_VEHICLE_ROWS)
RECORD_STRUCT(kept_circuit, KEPT_CIRCUIT_ROWS)
#endif
