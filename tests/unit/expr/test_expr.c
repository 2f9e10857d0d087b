/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/pure/expr.h"
#include "libcommon/io/yaml.h"
#include "tests/unit/expr/test_expr.h"
#include "tests/unit/run.h"
#include <math.h>

/* a=1 b=2 c=3, u is unknown; x-1.y and x.y have an id with and without a minus. */
static const struct {
    const char *name;
    struct expr_value v;
} names[] = {{"a", {1, true}},
             {"b", {2, true}},
             {"c", {3, true}},
             {"u", {0, false}},
             {"meter.grid.power_w", {-2500, true}},
             {"meter.sub-1.power_w", {400, true}},
             {"site.surplus_w", {3000, true}},
             {"charger.left.evse_state.C", {1, true}},
             {"huge", {1e300, true}}};

static enum err resolve(void *user, struct str name, uint16_t *var, struct err_text *why)
{
    UNUSED(user);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_eq(name, names[i].name)) {
            *var = (uint16_t)i;
            return ERR_OK;
        }
    return err_set(why, ERR_UNKNOWN, "no value \"%.*s\"", STR_ARG(name));
}
static struct expr_value eval(const char *text)
{
    struct expr_value vars[COUNT_OF(names)];
    struct expr e;
    struct err_text why;
    int col = 0;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        vars[i] = names[i].v;
    enum err err = expr_parse(str_of(text), resolve, NULL, &e, &col, &why);
    ck_assert_msg(err == ERR_OK, "%s: column %d: %s", text, col, why.s);
    return expr_eval(&e, vars);
}

START_TEST(values_of_expressions)
{
    static const struct {
        const char *text;
        double v;
    } rows[] = {
        {"1 + 2 * 3", 7},
        {"(1 + 2) * 3", 9},
        {"7 - 2 - 1", 4},
        {"12 / 2 / 3", 2},
        {"7 % 4", 3},
        {"-7 % 4", -3},
        {"7.5 % 2", 1.5},
        {"2 ^ 3 ^ 2", 512},
        {"-2 ^ 2", -4},
        {"2 ^ -1", 0.5},
        {"2 * -3", -6},
        {"- - 3", 3},
        {"+3", 3},
        {"1 < 2", 1},
        {"2 < 2", 0},
        {"2 <= 2", 1},
        {"3 <= 2", 0},
        {"2 > 2", 0},
        {"3 > 2", 1},
        {"2 >= 2", 1},
        {"1 >= 2", 0},
        {"2 == 2", 1},
        {"2 == 3", 0},
        {"2 != 3", 1},
        {"2 != 2", 0},
        {"1 + 1 == 2", 1},
        {"5 and -1", 1},
        {"5 && 0", 0},
        {"0 or 0", 0},
        {"0 || 3", 1},
        {"1 or 0 and 0", 1},
        {"not 0", 1},
        {"not 1 == 2", 1},
        {"!1 == 0", 1},
        {"not not 5", 1},
        {"!5", 0},
        {"not 0 and 0", 0},
        {"1 ? 10 : 20", 10},
        {"0 ? 10 : 20", 20},
        {"0 ? 1 : 0 ? 2 : 3", 3},
        {"1 ? 0 ? 1 : 2 : 3", 2},
        {"a < b ? b + 1 : c", 3},
        {"true", 1},
        {"false or true", 1},
        {"min(3, 1, 2)", 1},
        {"max(3, 1, 4, 2)", 4},
        {"avg(1, 2, 6)", 3},
        {"min(5)", 5},
        {"abs(-4)", 4},
        {"abs(4)", 4},
        {"sqrt(9)", 3},
        {"round(2.5)", 3},
        {"round(-2.5)", -3},
        {"round(2.4)", 2},
        {"floor(-1.1)", -2},
        {"ceil(1.1)", 2},
        {"clamp(5, 1, 3)", 3},
        {"clamp(0, 1, 3)", 1},
        {"clamp(2, 1, 3)", 2},
        {"clamp(9, 5, 3)", 5},
        {"100000000000000000", 1e17},
        {"16 A", 16000},
        {"16A", 16000},
        {"4.2 kW", 4200},
        {"0.29 EUR/kWh", 290000},
        {"29 ct/kWh", 290000},
        {"0.1 CHF/kWh * 2", 200000},
        {"10 kWh", 10000},
        {"5 min", 300000},
        {"1 h + 1 s", 3601000},
        {"230 V", 230000},
        {"2 kW and 1", 1},
        {"2 or 0", 1},
        {"6 A < 7 A ? 1 : 2", 1},
        {"-meter.grid.power_w / 2", 1250},
        {"site.surplus_w-meter.grid.power_w", 5500},
        {"meter.sub-1.power_w-100", 300},
        {"meter.sub-1.power_w - a", 399},
        {"charger.left.evse_state.C", 1},
        {"a-b", -1},
        {"min (1, 2)", 1},
        {"1+2", 3},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct expr_value v = eval(rows[i].text);
        ck_assert_msg(v.known && v.v == rows[i].v, "%s gave %g", rows[i].text, v.v);
    }
}
END_TEST

START_TEST(unknown_is_never_a_number)
{
    static const char *const unknowns[] = {
        "u", "u + 1", "u * 0", "-u", "u == u", "u != 1", "u < 1", "min(1, u)", "avg(u, 1)",
        "abs(u)", "clamp(1, u, 3)", "clamp(u, 1, 3)", "u ? 1 : 1", "1 ? u : 1", "0 ? 1 : u",
        "u and 1", "1 and u", "u or 0", "0 or u", "not u", "!u", "u and u", "default(u, u)",
        "u ^ 0",
        /* what is no finite number */
        "1 / 0", "0 / 0", "1 % 0", "sqrt(-1)", "huge * huge", "-huge * huge + huge * huge",
        "10 ^ 400", "(-8) ^ 0.5", "avg(huge * 1, 1 / 0)", "0 ^ -1"};
    for (size_t i = 0; i < COUNT_OF(unknowns); i++) {
        struct expr_value v = eval(unknowns[i]);
        ck_assert_msg(!v.known && v.v == 0, "%s gave %g", unknowns[i], v.v);
    }
    static const struct {
        const char *text;
        double v;
    } rows[] = {
        {"u and 0", 0},           {"0 and u", 0},   {"u or 1", 1},       {"1 or u", 1},
        {"known(u)", 0},          {"known(0)", 1},  {"known(1 / 0)", 0}, {"default(u, 7)", 7},
        {"default(5, u)", 5},     {"1 ? 2 : u", 2}, {"0 ? u : 3", 3},    {"not (u and 0)", 1},
        {"default(u, u) or 1", 1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct expr_value v = eval(rows[i].text);
        ck_assert_msg(v.known && v.v == rows[i].v, "%s gave %g", rows[i].text, v.v);
    }
}
END_TEST

START_TEST(a_value_that_is_not_finite_is_unknown)
{
    struct expr e = {{{0}}, 0};
    struct err_text why;
    int col;
    ck_assert_int_eq(expr_parse(str_of("a"), resolve, NULL, &e, &col, &why), ERR_OK);
    ck_assert(!expr_eval(&e, &(struct expr_value){NAN, true}).known);
    ck_assert(!expr_eval(&e, &(struct expr_value){INFINITY, true}).known);
    ck_assert(!expr_is_constant(&e));
    ck_assert_int_eq(expr_parse(str_of("2 * 3 A"), resolve, NULL, &e, &col, &why), ERR_OK);
    ck_assert(expr_is_constant(&e));
    e.n = 0;
    ck_assert(!expr_eval(&e, NULL).known);
}
END_TEST

START_TEST(errors_name_the_place)
{
    static const struct {
        const char *text;
        int col;
        enum err err;
        const char *why;
    } rows[] = {
        {"", 1, ERR_SYNTAX, "expected a number, a name or (, got the end"},
        {"   ", 4, ERR_SYNTAX, "expected a number, a name or (, got the end"},
        {"1 +", 4, ERR_SYNTAX, "expected a number, a name or (, got the end"},
        {"1 2", 3, ERR_SYNTAX, "expected an operator or the end, got \"2\""},
        {"(1 + 2", 7, ERR_SYNTAX, "expected an operator or ), got the end"},
        {"1 + 2)", 6, ERR_SYNTAX, "expected an operator or the end, got \")\""},
        {"1 ? 2", 6, ERR_SYNTAX, "expected an operator or the : of ?:, got the end"},
        {"a * * b", 5, ERR_SYNTAX, "expected a number, a name or (, got \"*\""},
        {"a ** b", 3, ERR_SYNTAX, "expected ^, got \"**\""},
        {"a <> b", 3, ERR_SYNTAX, "expected !=, got \"<>\""},
        {"a = b", 3, ERR_SYNTAX, "expected an operator or a value, got \"=\"; equality is =="},
        {"a & b", 3, ERR_SYNTAX, "expected an operator or a value, got \"&\"; it is && or and"},
        {"a | b", 3, ERR_SYNTAX, "expected an operator or a value, got \"|\"; it is || or or"},
        {"a < b < c", 7, ERR_SYNTAX, "expected and or or between two comparisons, got \"<\""},
        {"a == b == c", 8, ERR_SYNTAX, "expected and or or between two comparisons, got \"==\""},
        {"b + nothing.here", 5, ERR_UNKNOWN, "no value \"nothing.here\""},
        {"a + no.w-x.z", 5, ERR_UNKNOWN, "no value \"no.w-x.z\""},
        {"1 + foo(2)", 5, ERR_UNKNOWN,
         "no function \"foo\"; there are min, max, avg, abs, sqrt, round, floor, ceil, clamp, "
         "known, default"},
        {"2 * abs(1, 2)", 5, ERR_SYNTAX, "abs: expected 1 value, got 2"},
        {"clamp(1)", 1, ERR_SYNTAX, "clamp: expected 3 values, got 1"},
        {"min()", 1, ERR_SYNTAX, "min: expected 1 to 16 values, got 0"},
        {"min(1,)", 7, ERR_SYNTAX, "expected a number, a name or (, got \")\""},
        {"min(1 2)", 7, ERR_SYNTAX, "expected an operator, a comma or ), got \"2\""},
        {"16 Amp", 4, ERR_SYNTAX,
         "expected an operator or a unit such as A, kW, kWh, min or EUR/kWh, got \"Amp\""},
        {"1 eur/kWh", 3, ERR_SYNTAX,
         "expected an operator or a unit such as A, kW, kWh, min or EUR/kWh, got \"eur/kWh\""},
        {"1 EUr/kWh", 3, ERR_SYNTAX,
         "expected an operator or a unit such as A, kW, kWh, min or EUR/kWh, got \"EUr/kWh\""},
        {"1 aUR/kWh", 3, ERR_SYNTAX,
         "expected an operator or a unit such as A, kW, kWh, min or EUR/kWh, got \"aUR/kWh\""},
        {"1 EURO/kWh", 3, ERR_SYNTAX,
         "expected an operator or a unit such as A, kW, kWh, min or EUR/kWh, got \"EURO/kWh\""},
        {"1 EUR/kW", 3, ERR_SYNTAX,
         "expected an operator or a unit such as A, kW, kWh, min or EUR/kWh, got \"EUR/kW\""},
        {"z", 1, ERR_UNKNOWN, "no value \"z\""},
        {"Z", 1, ERR_UNKNOWN, "no value \"Z\""},
        {"1 aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeee", 3, ERR_SYNTAX,
         "expected an operator or a unit such as A, kW, kWh, min or EUR/kWh, got "
         "\"aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd\""},
        {"(1) aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeee", 5, ERR_SYNTAX,
         "expected an operator or the end, got \"aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd\""},
        {"soc > 80 %", 1, ERR_UNKNOWN, "no value \"soc\""},
        {"a > 80 %", 9, ERR_SYNTAX, "expected a number, a name or (, got the end"},
        {"1,5", 2, ERR_SYNTAX, "expected an operator or the end, got \",\""},
        {"1.", 2, ERR_SYNTAX, "expected digits around one decimal point, got \".\""},
        {"1.2.3", 4, ERR_SYNTAX, "expected digits around one decimal point, got \".\""},
        {".5", 1, ERR_SYNTAX, "expected an operator or a value, got \".\""},
        {"1234567890123456789", 1, ERR_SYNTAX, "expected a number of at most 18 digits"},
        {"a + \t1", 5, ERR_SYNTAX, "expected an operator or a value, got byte 0x09"},
        {"a + \xc3\xa4", 5, ERR_SYNTAX, "expected an operator or a value, got byte 0xc3"},
        {"a and", 6, ERR_SYNTAX, "expected a number, a name or (, got the end"},
        {"not", 4, ERR_SYNTAX, "expected a number, a name or (, got the end"},
        {"a +\n b", 4, ERR_SYNTAX, "expected an operator or a value, got byte 0x0a"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct expr e;
        struct err_text why = {""};
        int col = 0;
        enum err err = expr_parse(str_of(rows[i].text), resolve, NULL, &e, &col, &why);
        ck_assert_msg(err == rows[i].err && col == rows[i].col && strcmp(why.s, rows[i].why) == 0,
                      "'%s': %d at %d: %s", rows[i].text, (int)err, col, why.s);
    }
}
END_TEST

static enum err parse_repeated(const char *unit, int n, const char *last, const char *closing)
{
    char text[600];
    struct buf b = buf_of(text, sizeof text);
    struct expr e;
    struct err_text why;
    int col;
    for (int i = 0; i < n; i++)
        buf_addz(&b, unit);
    buf_addz(&b, last);
    for (int i = 0; i < n; i++)
        buf_addz(&b, closing);
    ck_assert(!b.cut);
    return expr_parse((struct str){text, b.len}, resolve, NULL, &e, &col, &why);
}
START_TEST(length_and_depth_are_bounded)
{
    ck_assert_int_eq(parse_repeated("(", EXPR_DEPTH, "1", ")"), ERR_OK);
    ck_assert_int_eq(parse_repeated("(", EXPR_DEPTH + 1, "1", ")"), ERR_FULL);
    ck_assert_int_eq(parse_repeated("-", EXPR_DEPTH, "1", ""), ERR_OK);
    ck_assert_int_eq(parse_repeated("-", EXPR_DEPTH + 1, "1", ""), ERR_FULL);
    ck_assert_int_eq(parse_repeated("not ", EXPR_DEPTH + 1, "1", ""), ERR_FULL);
    ck_assert_int_eq(parse_repeated("1^", EXPR_DEPTH + 1, "1", ""), ERR_FULL);
    ck_assert_int_eq(parse_repeated("1?1:", EXPR_DEPTH + 1, "1", ""), ERR_FULL);
    ck_assert_int_eq(parse_repeated("abs(", EXPR_DEPTH + 1, "1", ")"), ERR_FULL);
    /* one operation for each + and one for each number */
    ck_assert_int_eq(parse_repeated("1+", EXPR_OPS / 2 - 1, "1", ""), ERR_OK);
    ck_assert_int_eq(parse_repeated("1+", EXPR_OPS / 2, "1", ""), ERR_FULL);
    /* values that wait: every < needs the one behind it first */
    ck_assert_int_eq(parse_repeated("1+(", EXPR_DEPTH - 1, "1", ")"), ERR_OK);
    ck_assert_int_eq(parse_repeated("1+1*(", EXPR_DEPTH - 1, "1", ")"), ERR_FULL);
    ck_assert_int_eq(parse_repeated(" ", EXPR_TEXT_MAX - 1, "1", ""), ERR_OK);
    ck_assert_int_eq(parse_repeated(" ", EXPR_TEXT_MAX, "1", ""), ERR_FULL);
    ck_assert_int_eq(parse_repeated("a", EXPR_NAME_MAX, "", ""), ERR_UNKNOWN);
    ck_assert_int_eq(parse_repeated("a", EXPR_NAME_MAX + 1, "", ""), ERR_SYNTAX);
}
END_TEST

/* The words are those of the site file, so that 16 A is the same in both. */
START_TEST(units_are_those_of_the_site_file)
{
    int compared = 0;
    for (int r = 0; r < unit_rows_n; r++)
        for (size_t w = 0; w < COUNT_OF(unit_rows[r].words) && unit_rows[r].words[w].word; w++) {
            const char *word = unit_rows[r].words[w].word;
            char text[40];
            if (strstr(word, "month") || strstr(word, "%") || strstr(word, "‰"))
                continue;
            snprintf(text, sizeof text, "2 %s", strncmp(word, "CUR", 3) == 0 ? "EUR/kWh" : word);
            struct expr_value v = eval(text);
            ck_assert_msg(v.v == 2.0 * (double)unit_rows[r].words[w].factor, "%s", text);
            compared++;
        }
    ck_assert_int_ge(compared, 16);
}
END_TEST

START_TEST(results_as_whole_numbers_and_booleans)
{
    ck_assert_int_eq(expr_i64(expr_known(2.5)).v, 3);
    ck_assert_int_eq(expr_i64(expr_known(-2.5)).v, -3);
    ck_assert(expr_i64(expr_known(1e300)).v == INT64_MAX);
    ck_assert(!expr_i64((struct expr_value){0, false}).set);
    ck_assert(expr_bool(expr_known(-1)).v);
    ck_assert(expr_bool(expr_known(0)).set && !expr_bool(expr_known(0)).v);
    ck_assert(!expr_bool((struct expr_value){0, false}).set);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("expr");
    tcase_add_test(t, values_of_expressions);
    tcase_add_test(t, unknown_is_never_a_number);
    tcase_add_test(t, a_value_that_is_not_finite_is_unknown);
    tcase_add_test(t, errors_name_the_place);
    tcase_add_test(t, length_and_depth_are_bounded);
    tcase_add_test(t, units_are_those_of_the_site_file);
    tcase_add_test(t, results_as_whole_numbers_and_booleans);
    test_expr_random(t);
    test_rule_value(t);
    return run_case(t, "expr");
}
