/* SPDX-License-Identifier: Apache-2.0
 * choose.h -- which mode is in force for a charger, and with which settings. Pure.
 *
 * A mode is chosen by people (an override) or by the site file. Modes time and target come to one
 * of the others: by the week table, or by the plan and the latest start. Where neither people nor
 * table nor plan say anything, rules do. What rules, budgets, authorisation and the plan leave are
 * caps: they only tighten, whoever chose the mode, and the
 * smallest wins. A setting is the person's, else the site file's. */
#ifndef WATTBUS_CHOOSE_H
#define WATTBUS_CHOOSE_H
#include "services/surplus-controller/core/control.h"
#include "services/surplus-controller/core/target.h"

/* One layer of settings; what is unset passes through. */
struct choose_settings {
    enum charge_mode mode;
    struct opt_i32 max_ma, min_ma, priority;
    enum phase_use phases;
    struct opt_i32 share_pm;
    bool start_set; /* of solar_plus: start_w, or when that is unset start_pm of the maximum */
    struct opt_i32 start_w;
    int32_t start_pm;
    struct opt_bool use_battery;
    struct opt_i32 energy_wh, soc_pm;
    struct target_when when;
    const struct week *week; /* NULL: none; values are charge modes lock to solar_plus */
};
/* Modes that a week table may name. */
enum {
    CHOOSE_TABLE_MODES = 1u << CHARGE_MODE_LOCK | 1u << CHARGE_MODE_POWER |
                         1u << CHARGE_MODE_SOLAR_PURE | 1u << CHARGE_MODE_SOLAR_PLUS
};
struct choose_car {
    struct opt_i32 phases, max_ma; /* that it uses at most */
    struct opt_i32 capacity_wh, soc_pm;
    int32_t efficiency_pm;
    bool switching_set;
    enum control_switching switching;
    struct opt_i32 switch_pause_ms;
};
/* Of equal caps the first one is named. */
enum choose_cap { CAP_USER, CAP_RULE, CAP_PLAN, CAPS };
struct choose_in {
    const struct choose_settings *people, *site; /* site: mode, share, start and phases are set */
    const struct choose_car *car;                /* NULL: not known */
    const struct target_plan *plan;              /* NULL: none */
    const struct control_cap *caps;              /* [CAPS]; CAP_PLAN is ours */
    enum charge_mode rule_mode;       /* what rules make of the site file's mode; unset: no rules */
    enum control_switching switching; /* of the wallbox */
    bool plugged, paused;
    int32_t session_wh, power_w;
    int32_t wired; /* phases of the charger: 1 or 3 */
    int32_t used;  /* phases that the car was seen to use; 0: not known */
    int32_t min_ma, max_ma, margin_ms;
    int32_t lopsided_ma; /* what a car on one or two phases may draw for the balance; 0: no bound */
};
struct choose_state {
    struct target_state target;
    /* Where in the table we are: looking for its next change takes long. Zero `week` when the table
     * behind the pointer has changed. */
    struct choose_place {
        const struct week *week; /* NULL: nowhere */
        struct wall from;
        struct opt_i64 until;
        int value;
    } place;
};

/* Why the mode in force is what it is; choose_text.c fills the slots. */
#define CHOOSE_REASONS(R)                                                                          \
    R(BY_HAND, "by_hand", "Chosen by hand.")                                                       \
    R(BY_HAND_UNTIL, "by_hand_until", "Chosen by hand until {until}.")                             \
    R(UNPLUGGED, "by_hand_until_unplugged", "Chosen by hand until the car leaves.")                \
    R(USUAL, "usual", "The usual mode of this wallbox.")                                           \
    R(RULE, "rules", "By the rules of this wallbox.")                                              \
    R(TABLE, "table", "By the week table, until {until}.")                                         \
    R(TABLE_ALWAYS, "table_always", "By the week table.")                                          \
    R(TABLE_GAP, "table_gap",                                                                      \
      "The week table says nothing until {until}: the usual mode of this wallbox.")                \
    R(NO_TABLE, "no_table",                                                                        \
      "Mode time has no week table yet (override/week): the usual mode of this wallbox.")          \
    R(NO_GOAL, "target_no_goal",                                                                   \
      "Mode target has no goal yet (override/target_energy or target_soc): the sun alone.")        \
    R(NO_SOC, "target_no_soc",                                                                     \
      "The car's state of charge or its capacity is not known: the sun alone. Say it "             \
      "(vehicle/<id>/override/soc) or set target_energy.")                                         \
    R(WAIT_CAR, "target_no_car", "Waiting for the car.")                                           \
    R(PAST, "target_past", "The time that was set has passed before the car came: the sun alone.") \
    R(REACHED, "target_reached", "The target is reached.")                                         \
    R(SUN, "target_sun", "{need} to go; no time is set: the sun alone.")                           \
    R(WAIT, "target_wait", "{need} by {deadline}: the sun first, full power from {start}.")        \
    R(PLANNED, "target_planned", "{need} by {deadline}: the plan charges now.")                    \
    R(BETWEEN, "target_between",                                                                   \
      "{need} by {deadline}: the sun until the plan goes on at {until}.")                          \
    R(MUST, "target_must", "{need} by {deadline}: it is time for full power.")                     \
    R(LATE, "target_late", "{need} by {deadline}: full power, it will be {late} late.")
enum choose_code {
#define R(id, name, text) CHOOSE_##id,
    CHOOSE_REASONS(R)
#undef R
        CHOOSE_CODES
};
struct choose_out {
    enum charge_mode mode, active; /* chosen; and what it comes to: lock to solar_plus */
    enum source mode_source, active_source;
    enum choose_code code;
    bool local_start;     /* buttons at the box may start a charge */
    struct opt_i64 next;  /* UTC ms: choose again then at the latest */
    struct opt_i64 until; /* UTC ms: when the active mode changes by itself */
    struct target_out target;
    enum phase_use phases; /* in force, as the other settings in control_charger_in */
    struct opt_i32 energy_wh, soc_pm;
};
/* True when rules, if there are any, decide: nobody has chosen a mode, and the usual one is not
 * time or target. */
bool choose_asks_rules(const struct choose_settings *people, const struct choose_settings *site);
/* Fills what of `to` is chosen: mode, paused, max_ma, min_ma, priority, contacts, start, share,
 * battery, cap, switching and pause. */
void choose(struct choose_state *s, const struct choose_in *in, const struct zone *z,
            struct wall now, struct choose_out *out, struct control_charger_in *to);
/* The reason for people, times in local time. people_until: end of the chosen mode by hand. */
void choose_reason(const struct choose_out *o, const struct zone *z, struct wall now,
                   struct opt_i64 people_until, bool until_unplugged, struct reason *out);
#endif
