/* SPDX-License-Identifier: Apache-2.0
 * kept_users.h -- what is kept of users in users.jsonl, as rows: one file, because counters and
 * what was booked from them must be of the same moment. */
#ifndef WATTBUS_KEPT_USERS_H
#define WATTBUS_KEPT_USERS_H
#include "proto/proto.h"

enum { KEPT_SESSIONS = 20 };
#define KEPT_KIND_VALUES(X, P) X(P, USER, "user") X(P, BUDGET, "budget") X(P, CHARGER, "charger")
#define KEPT_HEAD_ROWS(F, S)                                                                       \
    F(S, REQ, ENUM, kind, kept_kind, "", 0, 0, NONE, "what the line is about")                     \
    F(S, REQ, STR, id, ID_CAP, "", 0, 0, NONE, "its id")
#define KEPT_USER_ROWS(F, S)                                                                       \
    KEPT_HEAD_ROWS(F, S)                                                                           \
    F(S, OPT, I64, total_wh, , "", 0, COUNTER_HI, NONE, "charged ever")                            \
    F(S, OPT, IDS, learned, 16, "", 0, 0, NONE, "learned cards")                                   \
    F(S, OPT, LIST, results, request_result, "", 0, MAX_RESULTS, NONE, "handled requests")
#define KEPT_BUDGET_ROWS(F, S)                                                                     \
    KEPT_HEAD_ROWS(F, S)                                                                           \
    F(S, OPT, TIME, from, , "ms", 0, TIME_HI, NONE, "its period; absent: not begun")               \
    F(S, OPT, TIME, until, , "ms", 0, TIME_HI, NONE, "end of the period")                          \
    F(S, OPT, I64, used_wh, , "", -COUNTER_HI, COUNTER_HI, NONE, "used")                           \
    F(S, OPT, I64, used_ms, , "", -COUNTER_HI, COUNTER_HI, NONE, "used")                           \
    F(S, OPT, I64, extra_wh, , "", -COUNTER_HI, COUNTER_HI, NONE, "carried over, topped up")       \
    F(S, OPT, I64, extra_ms, , "", -COUNTER_HI, COUNTER_HI, NONE, "carried over, topped up")       \
    F(S, OPT, LIST, results, request_result, "", 0, MAX_RESULTS, NONE, "handled requests")
#define KEPT_SESSION_ROWS(F, S)                                                                    \
    F(S, REQ, I64, number, , "", -COUNTER_HI, COUNTER_HI, NONE, "of the session")                  \
    F(S, REQ, I64, booked_wh, , "", -COUNTER_HI, COUNTER_HI, NONE, "booked of it")                 \
    F(S, OPT, BOOL, ended, , "", 0, 1, NONE, "and all of it")                                      \
    F(S, OPT, STR, user, ID_CAP, "", 0, 0, NONE, "whose it is")                                    \
    F(S, OPT, STR, tag, 40, "", 0, 0, NONE, "by which card")
#define KEPT_LEDGER_ROWS(F, S)                                                                     \
    KEPT_HEAD_ROWS(F, S)                                                                           \
    F(S, OPT, TIME, begun, , "ms", 0, TIME_HI, NONE, "counted since")                              \
    F(S, OPT, TIME, ts, , "ms", 0, TIME_HI, NONE, "of the last state")                             \
    F(S, OPT, I64, register_wh, , "", 0, COUNTER_HI, NONE, "its counter then")                     \
    F(S, OPT, I64, rest_wms, , "", 0, COUNTER_HI, NONE, "no whole Wh yet")                         \
    F(S, OPT, BOOL, drawing, , "", 0, 1, NONE, "the car drew power then")                          \
    F(S, OPT, BOOL, has_sessions, , "", 0, 1, NONE, "the box counts by sessions")                  \
    F(S, OPT, BOOL, plugged, , "", 0, 1, NONE, "a car was there then")                             \
    F(S, OPT, BOOL, in_session, , "", 0, 1, NONE, "a session ran then")                            \
    F(S, OPT, STR, user, ID_CAP, "", 0, 0, NONE, "who charged then")                               \
    F(S, OPT, STR, tag, 40, "", 0, 0, NONE, "by which card")                                       \
    F(S, OPT, STR, session_tag, 40, "", 0, 0, NONE, "card of the session")                         \
    F(S, OPT, STR, asked, 40, "", 0, 0, NONE, "card shown or asked for")                           \
    F(S, OPT, TIME, asked_at, , "ms", 0, TIME_HI, NONE, "when")                                    \
    F(S, OPT, TIME, shown, , "ms", 0, TIME_HI, NONE, "time of the last card shown")                \
    F(S, OPT, LIST, sessions, kept_session, "", 0, KEPT_SESSIONS, NONE, "the last ones")
ENUM_DECLARE(kept_kind, KEPT_KIND, KEPT_KIND_VALUES)
RECORD_STRUCT(kept_head, KEPT_HEAD_ROWS)
RECORD_STRUCT(kept_user, KEPT_USER_ROWS)
RECORD_STRUCT(kept_budget, KEPT_BUDGET_ROWS)
RECORD_STRUCT(kept_session, KEPT_SESSION_ROWS)
RECORD_STRUCT(kept_ledger, KEPT_LEDGER_ROWS)
#endif
