/* SPDX-License-Identifier: Apache-2.0
 * kept_flows.h -- what is kept of energies, as rows. Energies in W ms unless the name says Wh. */
#ifndef WATTBUS_KEPT_FLOWS_H
#define WATTBUS_KEPT_FLOWS_H
#include "proto/proto.h"

enum { KEPT_LINKS = 20 };
#define KEPT_LINK_ROWS(F, S)                                                                       \
    F(S, REQ, I32, from, , "", 0, 3, NONE, "source")                                               \
    F(S, REQ, I32, to, , "", 0, 4, NONE, "sink")                                                   \
    F(S, REQ, I64, day, , "", 0, INT64_MAX, NONE, "since day_start")                               \
    F(S, REQ, I64, ever, , "", 0, INT64_MAX, NONE, "since the first day")
#define KEPT_FLOWS_ROWS(F, S)                                                                      \
    F(S, REQ, TIME, day_start, , "ms", 0, TIME_HI, NONE, "local midnight")                         \
    F(S, REQ, I64, quarter, , "", 0, INT64_MAX, NONE, "the open one, counted from 1970")           \
    F(S, REQ, I64, house, , "", 0, INT64_MAX, NONE, "derived meter")                               \
    F(S, REQ, I64, non_evse, , "", 0, INT64_MAX, NONE, "derived meter")                            \
    F(S, OPT, LIST, links, kept_link, "", 0, KEPT_LINKS, NONE, "who covered whom")
#define KEPT_ITEM_ROWS(F, S)                                                                       \
    F(S, REQ, STR, id, 48, "", 0, 0, NONE, "class/id")                                             \
    F(S, REQ, I64, plus, , "", 0, INT64_MAX, NONE, "in the direction of +")                        \
    F(S, REQ, I64, minus, , "", 0, INT64_MAX, NONE, "in the direction of -")                       \
    F(S, OPT, I64, plus_wh, , "Wh", 0, COUNTER_HI, NONE, "counter as last seen")                   \
    F(S, OPT, I64, minus_wh, , "Wh", 0, COUNTER_HI, NONE, "counter as last seen")                  \
    F(S, REQ, I64, quarter_plus_wh, , "Wh", 0, INT64_MAX, NONE, "when the quarter began")          \
    F(S, REQ, I64, quarter_minus_wh, , "Wh", 0, INT64_MAX, NONE, "when the quarter began")         \
    F(S, REQ, BOOL, gap, , "", 0, 1, NONE, "values were missing in this quarter")                  \
    F(S, REQ, I64, from_pv, , "", 0, INT64_MAX, NONE, "session")                                   \
    F(S, REQ, I64, from_battery, , "", 0, INT64_MAX, NONE, "session")                              \
    F(S, REQ, I64, from_grid, , "", 0, INT64_MAX, NONE, "session")                                 \
    F(S, REQ, I64, from_unmeasured, , "", 0, INT64_MAX, NONE, "session")                           \
    F(S, OPT, TIME, session_start, , "ms", 0, TIME_HI, NONE, "session")                            \
    F(S, OPT, I64, transaction, , "", -COUNTER_HI, COUNTER_HI, NONE, "session")                    \
    F(S, REQ, BOOL, plugged, , "", 0, 1, NONE, "a car was there")
#define KEPT_POINT_ROWS(F, S)                                                                      \
    F(S, REQ, STR, id, ID_CAP, "", 0, 0, NONE, "metering point")                                   \
    F(S, REQ, I64, consumed_wh, , "Wh", 0, COUNTER_HI, NONE, "of all quarters")                    \
    F(S, REQ, I64, covered_wh, , "Wh", 0, COUNTER_HI, NONE, "of that from its producers")          \
    F(S, OPT, LIST, quarters, quarter, "", 0, MAX_QUARTERS, NONE, "the last ones, newest last")
RECORD_STRUCT(kept_link, KEPT_LINK_ROWS)
RECORD_STRUCT(kept_flows, KEPT_FLOWS_ROWS)
RECORD_STRUCT(kept_item, KEPT_ITEM_ROWS)
RECORD_STRUCT(kept_point, KEPT_POINT_ROWS)
#endif
