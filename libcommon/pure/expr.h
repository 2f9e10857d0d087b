/* SPDX-License-Identifier: Apache-2.0
 * expr.h -- expressions over values of the bus: parsed once into a bounded program, evaluated in
 * bounded time, without allocation, loops or side effects. Pure.
 *
 *   meter.grid.power_w < -2 kW and (time.hour >= 10 or variable.holiday) ? 16 A : 6 A
 *
 * From the loosest to the tightest: ?:, or ||, and &&, not, comparison (< <= > >= == !=, not
 * chained), + -, * / %, unary - + !, ^ (from the right; -2^2 is -4). Booleans are 1 and 0; any
 * number but 0 is true. Functions: EXPR_FUNCTIONS. true and false are words.
 *
 * A number may carry a unit, which turns it into the unit of the bus: 16 A is 16000 (mA), 4.2 kW is
 * 4200 (W), 10 kWh 10000 (Wh), 5 min 300000 (ms), 0.25 EUR/kWh or 25 ct/kWh 250000 (micro per kWh).
 * There is no percent sign for percentages: % is the remainder, and shares on the bus are permille.
 *
 * Values are doubles; each operation is rounded once, so the same values give the same result.
 * A value may be unknown. Unknown stays unknown and never becomes 0; only these look through it:
 * `0 and x` is 0, `1 or x` is 1, c ? a : b needs only c and the side it takes, known(x) tells, and
 * default(x, y) is y when x is unknown. What is no finite number (1/0, sqrt(-1), an overflow) is
 * unknown too: neither NaN nor infinity comes out. */
#ifndef WATTBUS_EXPR_H
#define WATTBUS_EXPR_H
#include "libcommon/pure/sample.h"
#include "libcommon/pure/str.h"

enum {
    EXPR_TEXT_MAX = 255, /* bytes of a text */
    EXPR_OPS = 96,       /* of a program; more is refused */
    EXPR_DEPTH = 24,     /* of brackets, and of values that wait for their operator */
    EXPR_NAME_MAX = 100,
};

struct expr_value {
    double v; /* finite; 0 when it is not known */
    bool known;
};
static inline struct expr_value expr_known(double v)
{
    return (struct expr_value){v, true};
}

/* name, fewest and most arguments, what it gives */
#define EXPR_FUNCTIONS(F)                                                                          \
    F(min, MIN, 1, 16, "the smallest")                                                             \
    F(max, MAX, 1, 16, "the largest")                                                              \
    F(avg, AVG, 1, 16, "the mean")                                                                 \
    F(abs, ABS, 1, 1, "without its sign")                                                          \
    F(sqrt, SQRT, 1, 1, "square root")                                                             \
    F(round, ROUND, 1, 1, "nearest whole number, halves away from zero")                           \
    F(floor, FLOOR, 1, 1, "next whole number below")                                               \
    F(ceil, CEIL, 1, 1, "next whole number above")                                                 \
    F(clamp, CLAMP, 3, 3, "clamp(x, lo, hi): x, but at least lo and at most hi")                   \
    F(known, KNOWN, 1, 1, "1 when the value is there, else 0")                                     \
    F(default, DEFAULT, 2, 2, "default(x, y): x, or y when x is unknown")

struct expr_op {
    double number; /* of a constant */
    uint8_t code;  /* enum expr_code (expr.c) */
    uint8_t n;     /* values it takes off the stack */
    uint16_t var;  /* of a variable: index into the caller's values */
};
struct expr {
    struct expr_op ops[EXPR_OPS];
    int n; /* 0: no program */
};

/* Turns a name such as meter.grid.power_w into an index >= 0 of the caller's values. On an error
 * *why says what was expected; the parser adds the place. Asked for every name in the text, and
 * for a name with a - in it again with the part before its last -, because ids may contain one. */
typedef enum err expr_resolve(void *user, struct str name, uint16_t *var, struct err_text *why);

/* On an error *col is the column of the culprit in the text, from 1, and *why says what was
 * expected and what came; *out is then meaningless. ERR_SYNTAX, ERR_UNKNOWN, ERR_FULL or what the
 * resolver returned. */
enum err expr_parse(struct str text, expr_resolve *resolve, void *user, struct expr *out, int *col,
                    struct err_text *why) MUST_CHECK;
/* vars: indexed by what the resolver gave. At most EXPR_OPS steps. */
struct expr_value expr_eval(const struct expr *e, const struct expr_value *vars);
/* No variable in it: it is always the same. */
bool expr_is_constant(const struct expr *e);
bool expr_uses(const struct expr *e, uint16_t var);

/* The nearest whole number; unset when the value is unknown. */
struct opt_i64 expr_i64(struct expr_value v);
/* Unset when it is unknown; any number but 0 is true. */
struct opt_bool expr_bool(struct expr_value v);
#endif
