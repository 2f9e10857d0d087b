/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/pure/rule_value.h"

static const struct {
    const char *word;
    enum rule_unit unit;
    double factor;
} units[] = {{"A", RULE_MA, 1000},
             {"mA", RULE_MA, 1},
             {"W", RULE_W, 1},
             {"kW", RULE_W, 1000},
             {"%", RULE_OF_MAXIMUM, 10}};
static const struct {
    const char *word;
    enum rule_unit unit;
} bases[] = {
    {"maximum", RULE_OF_MAXIMUM}, {"production", RULE_OF_PRODUCTION}, {"surplus", RULE_OF_SURPLUS}};

static const char expected[] =
    "expected 16 A, 4.2 kW, 50 %, 80 % of production, surplus or (expression) with a unit";

static struct str head(struct str s, size_t len)
{
    return (struct str){s.p, len};
}
static struct str tail(struct str s, size_t from)
{
    return (struct str){s.p + from, s.len - from};
}
/* The last word of *s: letters, or a percent sign. Cuts it off. */
static struct str last_word(struct str *s)
{
    *s = str_trim(*s);
    size_t at = s->len;
    if (at && s->p[at - 1] == '%')
        at--;
    else
        while (at && ((s->p[at - 1] >= 'a' && s->p[at - 1] <= 'z') ||
                      (s->p[at - 1] >= 'A' && s->p[at - 1] <= 'Z')))
            at--;
    struct str word = tail(*s, at);
    *s = str_trim(head(*s, at));
    return word;
}
/* A decimal number, or one pair of brackets around everything. */
static bool is_operand(struct str s)
{
    double number;
    if (str_f64(s, &number))
        return true;
    int depth = 0;
    for (size_t i = 0; i < s.len; i++) {
        depth += s.p[i] == '(' ? 1 : s.p[i] == ')' ? -1 : 0;
        if (depth <= 0 && i + 1 < s.len)
            return false;
    }
    return s.len && s.p[0] == '(' && depth == 0;
}
static bool take_base(struct str word, struct rule_value *out)
{
    for (size_t i = 0; i < COUNT_OF(bases); i++)
        if (str_eq(word, bases[i].word)) {
            out->unit = bases[i].unit;
            return true;
        }
    return false;
}
static bool take_unit(struct str word, struct rule_value *out)
{
    out->unit = RULE_PLAIN;
    out->factor = 1;
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (str_eq(word, units[i].word)) {
            out->unit = units[i].unit;
            out->factor = units[i].factor;
            return true;
        }
    return word.len == 0;
}
enum err rule_value_parse(struct str text, expr_resolve *resolve, void *user,
                          struct rule_value *out, int *col, struct err_text *why)
{
    struct str rest = str_trim(text), word = last_word(&rest), of = rest;
    enum rule_unit base = RULE_PLAIN;
    *col = 1;
    if (take_base(word, out)) {
        base = out->unit;
        if (rest.len == 0) { /* all of it */
            out->factor = 1000;
            return expr_parse(str_of("1"), resolve, user, &out->expr, col, why);
        }
        if (!str_eq(last_word(&of), "of"))
            return err_set(why, ERR_SYNTAX, "%s, got \"%.*s\"", expected, (int)text.len, text.p);
        rest = of;
        word = last_word(&rest);
    }
    bool unit = take_unit(word, out);
    if (!unit || !is_operand(rest) || (base != RULE_PLAIN && out->unit != RULE_OF_MAXIMUM))
        return err_set(why, ERR_SYNTAX, "%s, got \"%.*s\"", expected, (int)text.len, text.p);
    if (base != RULE_PLAIN)
        out->unit = base;
    enum err e = expr_parse(rest, resolve, user, &out->expr, col, why);
    *col += (int)(rest.p - text.p);
    return e;
}
