/* SPDX-License-Identifier: Apache-2.0
 * kept.h -- what the controller keeps in files, as rows. Times are UTC: they outlive a reboot. */
#ifndef WATTBUS_KEPT_H
#define WATTBUS_KEPT_H
#include "proto/proto.h"

enum { KEPT_OVERRIDES = 8, KEPT_TAKEN = 8 };
#define KEPT_OVERRIDE_ROWS(F, S)                                                                   \
    F(S, REQ, STR, field, 24, "", 0, 0, NONE, "override/<field>")                                  \
    F(S, REQ, I32, value, , "", INT32_MIN, INT32_MAX, NONE, "number, or index of the enum")        \
    F(S, REQ, TIME, since, , "ms", 0, TIME_HI, NONE, "when it was taken from the inbox")           \
    F(S, OPT, TIME, until, , "ms", 0, TIME_HI, NONE, "when it ends")                               \
    F(S, OPT, BOOL, until_unplugged, , "", 0, 1, NONE, "it ends with the cable")
#define KEPT_CHARGER_ROWS(F, S)                                                                    \
    F(S, REQ, STR, id, ID_CAP, "", 0, 0, NONE, "charger")                                          \
    F(S, OPT, LIST, overrides, kept_override, "", 0, KEPT_OVERRIDES, NONE, "in force")             \
    F(S, OPT, LIST, taken, kept_override, "", 0, KEPT_TAKEN, NONE,                                 \
      "taken lately; a broker that lost its memory may bring them back")                           \
    F(S, OPT, BOOL, paused, , "", 0, 1, NONE, "paused on request")                                 \
    F(S, OPT, I32, car_phases, , "", 0, 7, NONE, "grid phases that its car was seen to use, bits") \
    F(S, OPT, TIME, hold_since, , "ms", 0, TIME_HI, NONE, "cloud hold began")                      \
    F(S, OPT, TIME, stopped_at, , "ms", 0, TIME_HI, NONE, "stopped for lack of sun")               \
    F(S, OPT, LIST, results, request_result, "", 0, MAX_RESULTS, NONE, "handled requests")
#define KEPT_CIRCUIT_ROWS(F, S)                                                                    \
    F(S, REQ, STR, id, ID_CAP, "", 0, 0, NONE, "circuit")                                          \
    F(S, OPT, PHASES, reduced_ma, , "mA", 0, CURRENT_HI, NONE, "cap after an overdraw")            \
    F(S, OPT, TIME, since, , "ms", 0, TIME_HI, NONE, "when it began")
RECORD_STRUCT(kept_override, KEPT_OVERRIDE_ROWS)
RECORD_STRUCT(kept_charger, KEPT_CHARGER_ROWS)
RECORD_STRUCT(kept_circuit, KEPT_CIRCUIT_ROWS)
#endif
