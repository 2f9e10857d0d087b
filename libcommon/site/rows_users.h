/* SPDX-License-Identifier: Apache-2.0
 * rows_users.h -- rows of site.yaml for users and budgets; a part of rows.h. */
#ifndef WATTBUS_SITE_ROWS_USERS_H
#define WATTBUS_SITE_ROWS_USERS_H

/* clang-format off */
/* auto: as soon as a user may charge there. */
#define CARD_NEED_VALUES(X, P)                                                                 \
    X(P, OFF, "off") X(P, REQUIRED, "required") X(P, AUTO, "auto")
#define CARD_ACTION_VALUES(X, P)                                                                   \
    X(P, CHARGE, "charge") X(P, TOGGLE, "toggle") X(P, TOP_UP, "top_up")
#define CARD_CONF_ROWS(F, S)                                                                       \
    F(S, REQ, STR, tag, 40, "", 0, 0, NULL,                                                        \
      "RFID, OCPP idTag, PIN, or MAC or EVCCID of the car; case, blanks, : and - do not count")    \
    F(S, DEF, ENUM, action, card_action, "", 0, 0, "charge",                                       \
      "charge; toggle: and shown again it pauses and resumes; top_up: only adds to a budget")      \
    F(S, OPT, ENUM, mode, charge_mode, "", 0, 0, NULL, "shown: this mode until unplugged")         \
    F(S, OPT, ENUM, phases, phase_use, "", 0, 0, NULL, "shown: these phases until unplugged")      \
    F(S, OPT, I32, max_current_ma, , "mA", 6000, 1000000, NULL,                                    \
      "shown: at most this current until unplugged")                                               \
    F(S, OPT, STR, budget, ID_CAP, "", 0, 0, NULL, "of top_up: the budget that it adds to")        \
    F(S, OPT, I64, energy_wh, , "Wh", 1, 1000000000, NULL, "of top_up: what it adds")              \
    F(S, OPT, I64, time_ms, , "ms", 60000, 31622400000, NULL, "of top_up: what it adds")
#define USER_CONF_ROWS(F, S)                                                                       \
    NAME_ROW(F, S)                                                                                 \
    F(S, OPT, LIST, cards, card_conf, "", 0, 16, NULL, "what the user is known by")                \
    F(S, OPT, IDS, chargers, 32, "", 0, 0, NULL, "where the cards are accepted; default: everywhere")\
    F(S, OPT, STR, expires, 11, "", 0, 0, NULL, "YYYY-MM-DD: last day on which they are accepted") \
    F(S, OPT, ENUM, mode, charge_mode, "", 0, 0, NULL, "mode where the user charges, if none is chosen")\
    F(S, OPT, I32, priority, , "", 1, 99, NULL, "priority where the user charges, if none is chosen")\
    F(S, OPT, IDS, rules, RULES_MAX, "", 0, 0, NULL,                                               \
      "rules from top to bottom: what they leave to the user wherever it charges; of the charger's "\
      "own rules and these the smaller value wins")
#define BUDGET_CONF_ROWS(F, S)                                                                     \
    NAME_ROW(F, S)                                                                                 \
    F(S, OPT, STR, user, ID_CAP, "", 0, 0, NULL, "whose charging counts; default: everybody's")    \
    F(S, OPT, STR, card, 40, "", 0, 0, NULL, "only what this card of the user charges")            \
    F(S, OPT, STR, charger, ID_CAP, "", 0, 0, NULL, "only what is charged here")                   \
    F(S, OPT, I64, energy_wh, , "Wh", 0, 1000000000, NULL, "energy per period")                    \
    F(S, OPT, I64, time_ms, , "ms", 0, 31622400000, NULL, "time of charging per period")           \
    F(S, DEF, ENUM, period, budget_period, "", 0, 0, "month", "how often it is renewed")           \
    F(S, DEF, I32, reset_day, , "", 1, 31, "1",                                                    \
      "week: 1 is Monday; month, year: day of the month, or its last if it has no such day")       \
    F(S, DEF, I32, reset_month, , "", 1, 12, "1", "year: month in which it is renewed")            \
    F(S, DEF, STR, reset_time, 6, "", 0, 0, "00:00", "local time HH:MM")                           \
    F(S, DEF, BOOL, carry_over, , "", 0, 1, "false",                                               \
      "what is left, or was overdrawn, goes to the next period")
#endif
