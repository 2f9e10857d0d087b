/* SPDX-License-Identifier: Apache-2.0
 * rules.h -- rules of the site file, and what they make of chargers, batteries and users now. Loop
 * thread only. */
#ifndef WATTBUS_RULES_IO_H
#define WATTBUS_RULES_IO_H
#include "services/surplus-controller/core/control.h"
#include "services/surplus-controller/core/load.h"
#include "services/surplus-controller/core/rules.h"

struct brain;
struct rule_book;
#define KEPT_RULE_ROWS(F, S)                                                                       \
    F(S, REQ, STR, cls, 12, "", 0, 0, NONE, "charger or load")                                     \
    F(S, REQ, STR, id, ID_CAP, "", 0, 0, NONE, "which one")                                        \
    F(S, OPT, STR, rule, ID_CAP, "", 0, 0, NONE, "the last rule that held; absent: none")          \
    F(S, REQ, I32, value, , "", 0, INT32_MAX, NONE, "mA per phase, or W")                          \
    F(S, REQ, BOOL, sun, , "", 0, 1, NONE, "follows the sun with at most that")
RECORD_STRUCT(kept_rule, KEPT_RULE_ROWS)

struct rule_book *rules_new(struct brain *b, struct err_text *why); /* NULL: *why says it */
void rules_free(struct rule_book *r);
/* So that a restart is invisible: what the rules came to, in a file. */
void rules_load_kept(struct rule_book *r);
void rules_save_kept(struct rule_book *r); /* when it changed */
/* The time of this step; returns when rules want to be asked again. */
int64_t rules_clock(struct rule_book *r, struct now now);
/* Charger i has rules, which take the place of the mode in the site file. */
bool rules_decide(const struct brain *b, int i);
/* Mode and cap that they come to now: power with their value, or the sun with at most that. Not
 * asked while a person has chosen a mode. */
void rules_charger(struct brain *b, int i, enum charge_mode *mode, struct control_cap *cap);
/* What the rules with these ids leave of charger i: for users. False: there are none. */
bool rules_cap(struct brain *b, const id_text *ids, int n, int i, struct control_cap *cap);
/* Power that battery i may charge or discharge with at most; unset: it has no rules, or its maximum
 * is known to nobody. max_w: its rated power for that side. */
struct opt_i32 rules_battery_w(struct brain *b, int i, enum rule_side side, struct opt_i32 max_w);
/* The same for load k, into its mode and maximum; a power of 0 is mode normal where it has that,
 * else off. `chosen`: a person chose its mode, and rules are not asked. */
void rules_load(struct brain *b, int k, bool chosen, struct control_load_in *in);
bool rules_decide_load(const struct brain *b, int k); /* the last rules_load did */
/* Adds the rule to a reason that is about the mode. */
void rules_explain_load(const struct brain *b, int k, const struct control_reason *r,
                        struct reason *out);
/* Name for a reason with a rule (parameter 2 is its index). */
const char *rules_name(const struct brain *b, const struct control_reason *r);
#endif
