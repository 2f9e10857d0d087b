/* SPDX-License-Identifier: Apache-2.0
 * The evaluator: one pass over the program with a small stack. Both sides of ?:, and, or are
 * computed: nothing has a side effect, and the time is the same whatever the values are. */
#include "libcommon/pure/expr_code.h"
#include <math.h>

static const struct expr_value unknown;

static struct expr_value checked(double v)
{
    return isfinite(v) ? expr_known(v) : unknown;
}
static double arithmetic(enum expr_code code, double a, double b)
{
    switch (code) {
    case EXPR_ADD: return a + b;
    case EXPR_SUB: return a - b;
    case EXPR_MUL: return a * b;
    case EXPR_DIV: return a / b;
    case EXPR_MOD: return fmod(a, b);
    case EXPR_POW: return pow(a, b);
    case EXPR_LT: return a < b;
    case EXPR_LE: return a <= b;
    case EXPR_GT: return a > b;
    case EXPR_GE: return a >= b;
    case EXPR_EQ: return a == b;
    case EXPR_NE: return a != b;
    default: break;
    }
    assert(false);
    return 0;
}
static double one(enum expr_code code, double a)
{
    switch (code) {
    case EXPR_NEG: return -a;
    case EXPR_NOT: return a == 0;
    case EXPR_ABS: return fabs(a);
    case EXPR_SQRT: return sqrt(a);
    case EXPR_ROUND: return round(a);
    case EXPR_FLOOR: return floor(a);
    case EXPR_CEIL: return ceil(a);
    default: break;
    }
    assert(false);
    return 0;
}
static double many(enum expr_code code, const struct expr_value *a, int n)
{
    double v = a[0].v;
    for (int i = 1; i < n; i++)
        if (code == EXPR_AVG)
            v += a[i].v;
        else if (code == EXPR_MIN ? a[i].v < v : a[i].v > v)
            v = a[i].v;
    return code == EXPR_AVG ? v / n : v;
}
/* `decides` alone settles it, whatever the other side is. */
static struct expr_value logic(struct expr_value a, struct expr_value b, bool decides)
{
    if ((a.known && (a.v != 0) == decides) || (b.known && (b.v != 0) == decides))
        return expr_known(decides);
    return a.known && b.known ? expr_known(!decides) : unknown;
}
static struct expr_value apply(const struct expr_op *op, const struct expr_value *a)
{
    enum expr_code code = op->code;
    switch (code) {
    case EXPR_AND: return logic(a[0], a[1], false);
    case EXPR_OR: return logic(a[0], a[1], true);
    case EXPR_SELECT: return !a[0].known ? unknown : a[0].v != 0 ? a[1] : a[2];
    case EXPR_KNOWN: return expr_known(a[0].known);
    case EXPR_DEFAULT: return a[0].known ? a[0] : a[1];
    default: break;
    }
    for (int i = 0; i < op->n; i++)
        if (!a[i].known)
            return unknown;
    if (code == EXPR_MIN || code == EXPR_MAX || code == EXPR_AVG)
        return checked(many(code, a, op->n));
    if (code == EXPR_CLAMP) /* lo wins over a smaller hi */
        return expr_known(fmax(a[1].v, fmin(a[2].v, a[0].v)));
    return checked(op->n == 1 ? one(code, a[0].v) : arithmetic(code, a[0].v, a[1].v));
}
struct expr_value expr_eval(const struct expr *e, const struct expr_value *vars)
{
    struct expr_value stack[EXPR_DEPTH + 1] = {{0}};
    int n = 0;
    for (int i = 0; i < e->n; i++) {
        const struct expr_op *op = &e->ops[i];
        assert(op->n <= n && n <= EXPR_DEPTH);
        struct expr_value v;
        if (op->code == EXPR_NUMBER)
            v = expr_known(op->number);
        else if (op->code == EXPR_VAR)
            v = vars[op->var].known ? checked(vars[op->var].v) : unknown;
        else
            v = apply(op, &stack[n - op->n]);
        n -= op->n;
        stack[n++] = v;
    }
    return n == 1 ? stack[0] : unknown;
}
bool expr_is_constant(const struct expr *e)
{
    for (int i = 0; i < e->n; i++)
        if (e->ops[i].code == EXPR_VAR)
            return false;
    return true;
}
bool expr_uses(const struct expr *e, uint16_t var)
{
    for (int i = 0; i < e->n; i++)
        if (e->ops[i].code == EXPR_VAR && e->ops[i].var == var)
            return true;
    return false;
}
struct opt_i64 expr_i64(struct expr_value v)
{
    return v.known ? SOME_I64(round_i64(v.v)) : (struct opt_i64){0};
}
struct opt_bool expr_bool(struct expr_value v)
{
    return v.known ? SOME_BOOL(v.v != 0) : (struct opt_bool){0};
}
