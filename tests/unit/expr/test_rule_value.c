/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/pure/rule_value.h"
#include "tests/unit/expr/test_expr.h"

static enum err resolve(void *user, struct str name, uint16_t *var, struct err_text *why)
{
    UNUSED(user);
    *var = 0;
    return str_eq(name, "a") ? ERR_OK : err_set(why, ERR_UNKNOWN, "no value");
}
START_TEST(values_of_rules)
{
    static const struct {
        const char *text;
        enum rule_unit unit;
        double v;
    } rows[] = {
        {"16 A", RULE_MA, 16000},
        {"16A", RULE_MA, 16000},
        {"500 mA", RULE_MA, 500},
        {"-2 A", RULE_MA, -2000},
        {"4.2 kW", RULE_W, 4200},
        {"3000 W", RULE_W, 3000},
        {"50 %", RULE_OF_MAXIMUM, 500},
        {"50%", RULE_OF_MAXIMUM, 500},
        {"50 % of maximum", RULE_OF_MAXIMUM, 500},
        {" 80 %  of production ", RULE_OF_PRODUCTION, 800},
        {"12.5 % of surplus", RULE_OF_SURPLUS, 125},
        {"surplus", RULE_OF_SURPLUS, 1000},
        {"production", RULE_OF_PRODUCTION, 1000},
        {"maximum", RULE_OF_MAXIMUM, 1000},
        {"0.5", RULE_PLAIN, 0.5},
        {"(a) A", RULE_MA, 7000},
        {"(a * 2)", RULE_PLAIN, 14},
        {"((a) + (1)) kW", RULE_W, 8000},
        {"(a) % of surplus", RULE_OF_SURPLUS, 70},
    };
    struct expr_value a = expr_known(7);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rule_value v;
        struct err_text why = {""};
        int col;
        enum err e = rule_value_parse(str_of(rows[i].text), resolve, NULL, &v, &col, &why);
        ck_assert_msg(e == ERR_OK, "%s: %s", rows[i].text, why.s);
        ck_assert_int_eq(v.unit, rows[i].unit);
        ck_assert_double_eq(expr_eval(&v.expr, &a).v * v.factor, rows[i].v);
    }
}
END_TEST

START_TEST(wrong_values_are_refused)
{
    static const struct {
        const char *text;
        int col;
    } rows[] = {
        {"", 1},
        {"A", 1},
        {"16 Amp", 1},
        {"6 A + 2 A", 1},
        {"a A", 1},
        {"(a", 1},
        {"(a) + (a) A", 1},
        {"5 % of moon", 1},
        {"5 of surplus", 1},
        {"5 A of surplus", 1},
        {"% of surplus", 1},
        {"(a)) A", 1},
        {"5 surplus", 1},
        {"of surplus", 1},
        {"(b) A", 2},
        {" (a + b) A", 7},
        {"(a +) A", 5},
        {"1e999 A", 1},
        {"nan A", 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rule_value v;
        struct err_text why = {""};
        int col = 0;
        ck_assert_msg(rule_value_parse(str_of(rows[i].text), resolve, NULL, &v, &col, &why) !=
                              ERR_OK &&
                          why.s[0],
                      "%s", rows[i].text);
        ck_assert_msg(col == rows[i].col, "%s: column %d", rows[i].text, col);
    }
}
END_TEST

void test_rule_value(TCase *t)
{
    tcase_add_test(t, values_of_rules);
    tcase_add_test(t, wrong_values_are_refused);
}
