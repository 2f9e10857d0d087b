/* SPDX-License-Identifier: Apache-2.0
 * rows_users.h -- rows of users, budgets and cards; a part of rows.h. */
#ifndef WATTBUS_PROTO_ROWS_USERS_H
#define WATTBUS_PROTO_ROWS_USERS_H

/* clang-format off */
enum { MAX_CARDS = 32 };

/* A day, week, month or year of the calendar of the site; once: never renewed. */
#define BUDGET_PERIOD_VALUES(X, P)                                                                 \
    X(P, ONCE, "once") X(P, DAY, "day") X(P, WEEK, "week") X(P, MONTH, "month") X(P, YEAR, "year")
#define AUTHORISED_VALUES(X, P)                                                                    \
    X(P, FREE, "not_needed") X(P, ACCEPTED, "accepted") X(P, WAITING, "waiting")                   \
    X(P, REFUSED, "refused")
#define CARD_STATUS_VALUES(X, P)                                                                   \
    X(P, ACCEPTED, "accepted") X(P, BLOCKED, "blocked") X(P, EXPIRED, "expired")

#define USER_STATE_ROWS(F, S)                                                                      \
    HEAD_ROWS(F, S)                                                                                \
    F(S, OPT, STR, name, 48, "", 0, 0, NONE, "name for people")                                    \
    F(S, OPT, I64, energy_wh, , "Wh", 0, COUNTER_HI, ENERGY, "charged in all, never falls")        \
    F(S, OPT, I32, cards, , "", 0, 64, NUMBER, "cards, the learned ones included")                 \
    F(S, OPT, BOOL, blocked, , "", 0, 1, FLAG, "a budget of all cards is used up")                 \
    F(S, OPT, STR, budget, ID_CAP, "", 0, 0, NONE, "the budget with least left, which follows")    \
    F(S, OPT, I64, used_wh, , "Wh", -COUNTER_HI, COUNTER_HI, NUMBER, "charged in its period")      \
    F(S, OPT, I64, budget_wh, , "Wh", -COUNTER_HI, COUNTER_HI, NUMBER,                             \
      "what there is for its period, with what was carried over and topped up")                    \
    F(S, OPT, I64, left_wh, , "Wh", -COUNTER_HI, COUNTER_HI, NUMBER, "negative: overdrawn")        \
    F(S, OPT, I64, left_min, , "min", -COUNTER_HI, COUNTER_HI, NUMBER, "minutes of charging left") \
    F(S, OPT, ENUM, period, budget_period, "", 0, 0, ENUM, "how often it is renewed")              \
    F(S, OPT, TIME, until, , "ms", 0, TIME_HI, TIMESTAMP, "when it is renewed")                    \
    F(S, OPT, IDS, chargers, 16, "", 0, 0, NONE, "where this user charges now")                    \
    F(S, OPT, TIME, learning_until, , "ms", 0, TIME_HI, NONE, "the next card shown is learned")    \
    F(S, OPT, IDS, learned, 32, "", 0, 0, NONE, "cards learned, not in the site file")             \
    F(S, OPT, LIST, results, request_result, "", 0, MAX_RESULTS, NONE, "last requests, newest last")
#define BUDGET_STATE_ROWS(F, S)                                                                    \
    HEAD_ROWS(F, S)                                                                                \
    F(S, OPT, STR, name, 48, "", 0, 0, NONE, "name for people")                                    \
    F(S, OPT, STR, user, ID_CAP, "", 0, 0, NONE, "whose charging counts; absent: everybody's")     \
    F(S, OPT, STR, charger, ID_CAP, "", 0, 0, NONE, "where it counts; absent: everywhere")         \
    F(S, REQ, ENUM, period, budget_period, "", 0, 0, ENUM, "how often it is renewed")              \
    F(S, OPT, TIME, from, , "ms", 0, TIME_HI, NONE, "when this period began")                      \
    F(S, OPT, TIME, until, , "ms", 0, TIME_HI, TIMESTAMP, "when it is renewed")                    \
    F(S, OPT, BOOL, used_up, , "", 0, 1, FLAG, "nothing is left")                                  \
    F(S, OPT, I64, budget_wh, , "Wh", -COUNTER_HI, COUNTER_HI, NUMBER,                             \
      "what there is for the period, with what was carried over and topped up")                    \
    F(S, OPT, I64, used_wh, , "Wh", -COUNTER_HI, COUNTER_HI, NUMBER, "charged in this period")     \
    F(S, OPT, I64, left_wh, , "Wh", -COUNTER_HI, COUNTER_HI, NUMBER, "negative: overdrawn")        \
    F(S, OPT, I64, budget_min, , "min", -COUNTER_HI, COUNTER_HI, NUMBER, "the same in minutes")    \
    F(S, OPT, I64, used_min, , "min", -COUNTER_HI, COUNTER_HI, NUMBER, "minutes of charging")      \
    F(S, OPT, I64, left_min, , "min", -COUNTER_HI, COUNTER_HI, NUMBER, "negative: overdrawn")      \
    F(S, OPT, LIST, results, request_result, "", 0, MAX_RESULTS, NONE, "last requests, newest last")
/* Who may charge, for the gateways, which keep it in a file and answer from there. Cards are easily
 * copied and PINs short: a hash would hide nothing, so the access list does (wattbus acl). */
#define CARD_ENTRY_ROWS(F, S)                                                                      \
    F(S, REQ, STR, tag, 40, "", 0, 0, NONE,                                                        \
      "small letters, without blanks, colons, hyphens and a leading VID:")                         \
    F(S, REQ, ENUM, status, card_status, "", 0, 0, NONE, "what the reader shows")
#define AUTHORISATION_ROWS(F, S)                                                                   \
    HEAD_ROWS(F, S)                                                                                \
    F(S, OPT, TIME, expires, , "ms", 0, TIME_HI, NONE, "from then on no card is accepted")         \
    F(S, OPT, IDS, chargers, 32, "", 0, 0, NONE, "where the cards are accepted; absent: everywhere")\
    F(S, OPT, LIST, cards, card_entry, "", 0, MAX_CARDS, NONE, "for charging")
#endif
