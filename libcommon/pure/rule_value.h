/* SPDX-License-Identifier: Apache-2.0
 * rule_value.h -- the value in a rule of site.yaml: a number or an expression in brackets with its
 * unit, and what a percentage is of. Pure.
 *
 *   16 A | 4.2 kW | -2 A | 50 % | 80 % of production | surplus | (variable.amps) A | 0.5 */
#ifndef WATTBUS_RULE_VALUE_H
#define WATTBUS_RULE_VALUE_H
#include "libcommon/pure/expr.h"

enum rule_unit {
    RULE_PLAIN, /* a factor */
    RULE_MA,
    RULE_W,
    RULE_OF_MAXIMUM, /* permille of it */
    RULE_OF_PRODUCTION,
    RULE_OF_SURPLUS,
};
struct rule_value {
    struct expr expr;
    enum rule_unit unit;
    double factor; /* times the expression: mA, W or permille */
};
/* Errors as those of expr_parse. */
enum err rule_value_parse(struct str text, expr_resolve *resolve, void *user,
                          struct rule_value *out, int *col, struct err_text *why) MUST_CHECK;
#endif
