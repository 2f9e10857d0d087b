/* SPDX-License-Identifier: Apache-2.0
 * rules.h -- rules of people as small programs: from top to bottom, each rule whose conditions all
 * hold changes one value. Pure.
 *
 * The value of a charger is a current (mA per phase), of a battery or load a power (W). It begins
 * at 0 for chargers and loads (no rule holds: pause) and at the maximum for batteries. Rules with
 * the surplus flag are asked first: when one of them takes part, the taker follows the sun with at
 * most that value, and the others are not asked. A condition or value that is unknown does not
 * hold.
 */
#ifndef WATTBUS_RULES_H
#define WATTBUS_RULES_H
#include "libcommon/pure/rule_value.h"
#include "proto/proto.h"

/* What rules look at besides the values of expressions. */
struct rules_env {
    const struct expr_value *values; /* of all expressions */
    int32_t minutes;                 /* local time since midnight */
    uint8_t weekday;                 /* 0: Monday */
    bool time_known;
    struct opt_i64 price_micro, price_mean_micro; /* import: now; mean of the local day */
    struct opt_i64 cheaper_ms;                    /* time of the local day with a better price */
    struct opt_i64 co2_g;                         /* per kWh, now */
    struct opt_i32 surplus_w, production_w;
};

enum rule_action { RULE_NOTHING, RULE_SET, RULE_ADD, RULE_MULTIPLY, RULE_AT_LEAST, RULE_AT_MOST };
enum rule_side { RULE_CHARGE = 1, RULE_DISCHARGE = 2, RULE_BOTH = 3 };
struct rule {
    const char *name;
    uint8_t days;     /* bit 0: Monday */
    int32_t from, to; /* local minutes; from < 0: the whole day; from > to: over midnight */
    struct opt_i64 price_below, price_above; /* micro per kWh */
    struct opt_i64 co2_below;                /* g/kWh */
    struct opt_i32 price_level_pm, cheapest_ms;
    struct opt_i32 surplus_above_w, surplus_below_w, solar_above_w, solar_below_w;
    int input, input_off; /* index of its value, -1: none */
    struct expr when;     /* n 0: none */
    bool surplus, finish;
    enum rule_side side; /* of a battery */
    enum rule_action action;
    struct rule_value value;
};
struct rules_taker {
    bool amps;     /* its value is mA per phase, else W */
    int32_t start; /* value before the first rule */
    int32_t min, max;
    int32_t lanes;   /* phases it counts with, from 1 */
    int32_t volt_mv; /* phase to neutral */
    enum rule_side side;
};
struct rules_result {
    int32_t value; /* 0..max */
    int16_t rule;  /* index of the last one that held; -1: none */
    bool surplus;  /* follow the sun with at most the value */
};
bool rule_holds(const struct rule *r, const struct rules_env *env);
struct rules_result rules_eval(const struct rule *const *rules, int n,
                               const struct rules_taker *taker, const struct rules_env *env);
/* Price of now, mean and rank within the local day [from, to), from a tariff's slots. */
void rules_prices(const struct slot *slots, int n, int32_t slot_ms, struct wall now,
                  struct wall day_from, struct wall day_to, struct rules_env *env);
/* The value of the slot that `now` lies in. */
struct opt_i64 rules_slot_value(const struct slot *slots, int n, int32_t slot_ms, struct wall now);
#endif
