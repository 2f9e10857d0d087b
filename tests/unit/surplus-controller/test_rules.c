/* SPDX-License-Identifier: Apache-2.0
 * Rules: conditions, actions, their order, the surplus flag, and prices. */
#include "services/surplus-controller/core/rules.h"
#include <check.h>
#include "tests/unit/run.h"

static struct expr_value values[3]; /* a, b, unknown u */
static struct rules_env env;
static const struct rules_taker box = {
    .amps = true, .min = 6000, .max = 16000, .lanes = 3, .volt_mv = 230000, .side = RULE_BOTH};
static const struct rules_taker battery = {
    .start = 5000, .max = 5000, .lanes = 1, .volt_mv = 230000, .side = RULE_CHARGE};

static enum err resolve(void *user, struct str name, uint16_t *var, struct err_text *why)
{
    UNUSED(user);
    UNUSED(why);
    *var = name.p[0] == 'a' ? 0 : name.p[0] == 'b' ? 1 : 2;
    return ERR_OK;
}
static void setup(void)
{
    values[0] = expr_known(10);
    values[1] = expr_known(0);
    values[2] = (struct expr_value){0, false};
    env = (struct rules_env){.values = values,
                             .minutes = 12 * 60,
                             .weekday = 2,
                             .time_known = true,
                             .price_micro = SOME_I64(250000),
                             .price_mean_micro = SOME_I64(300000),
                             .cheaper_ms = SOME_I64(3600000),
                             .co2_g = SOME_I64(300),
                             .surplus_w = SOME_I32(3000),
                             .production_w = SOME_I32(6000)};
}
/* A rule that always holds. */
static struct rule make(enum rule_action action, const char *value)
{
    struct rule r = {.name = "r",
                     .days = 0x7f,
                     .from = -1,
                     .input = -1,
                     .input_off = -1,
                     .side = RULE_BOTH,
                     .action = action};
    struct err_text why;
    int col;
    if (action != RULE_NOTHING) {
        enum err e = rule_value_parse(str_of(value), resolve, NULL, &r.value, &col, &why);
        ck_assert_msg(e == ERR_OK, "%s", why.s);
    }
    return r;
}
static struct rules_result eval(const struct rule *rules, int n, const struct rules_taker *t)
{
    const struct rule *list[8] = {NULL};
    for (int i = 0; i < n; i++)
        list[i] = &rules[i];
    return rules_eval(list, n, t, &env);
}
static void is(struct rules_result r, int32_t value, int rule, bool surplus)
{
    ck_assert_int_eq(r.value, value);
    ck_assert_int_eq(r.rule, rule);
    ck_assert_int_eq(r.surplus, surplus);
}

START_TEST(without_a_rule_the_start_value_stays)
{
    is(eval(NULL, 0, &box), 0, -1, false);
    is(eval(NULL, 0, &battery), 5000, -1, false);
}
END_TEST

START_TEST(actions_in_every_unit)
{
    static const struct {
        enum rule_action action;
        const char *value;
        int32_t box, battery; /* from 8 A or 2 kW */
    } rows[] = {
        {RULE_SET, "10 A", 10000, -1},
        {RULE_SET, "0 A", 0, -1},
        {RULE_SET, "6.9 kW", 10000, 5000},
        {RULE_SET, "690 W", 1000, 690},
        {RULE_SET, "50 %", 8000, 2500},
        {RULE_SET, "50 % of production", 4348, 3000},
        {RULE_SET, "surplus", 4348, 3000},
        {RULE_SET, "(a) A", 10000, -1},
        {RULE_SET, "(a * 100) W", 1449, 1000},
        {RULE_SET, "20 A", 16000, -1},
        {RULE_SET, "-1 A", 0, -1},
        {RULE_ADD, "2 A", 10000, -1},
        {RULE_ADD, "-1 kW", 6551, 1000},
        {RULE_ADD, "-10 kW", 0, 0},
        {RULE_ADD, "10 %", 9600, 2500},
        {RULE_MULTIPLY, "0.5", 4000, 1000},
        {RULE_MULTIPLY, "150 %", 12000, 3000},
        {RULE_MULTIPLY, "(b)", 0, 0},
        {RULE_AT_LEAST, "5 A", 8000, -1},
        {RULE_AT_LEAST, "9 A", 9000, -1},
        {RULE_AT_LEAST, "3 kW", 8000, 3000},
        {RULE_AT_MOST, "5 A", 5000, -1},
        {RULE_AT_MOST, "9 A", 8000, -1},
        {RULE_AT_MOST, "1 kW", 1449, 1000},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rule r[2] = {make(RULE_SET, "8 A"), make(rows[i].action, rows[i].value)};
        struct rules_result got = eval(r, 2, &box);
        ck_assert_msg(got.value == rows[i].box, "%s: %d", rows[i].value, got.value);
        r[0] = make(RULE_SET, "2 kW");
        got = eval(r, 2, &battery);
        ck_assert_msg(rows[i].battery < 0 || got.value == rows[i].battery, "%s: %d", rows[i].value,
                      got.value);
    }
}
END_TEST

START_TEST(one_phase_turns_power_into_three_times_the_current)
{
    struct rule r = make(RULE_SET, "2.3 kW");
    struct rules_taker one = box;
    one.lanes = 1;
    is(eval(&r, 1, &one), 10000, 0, false);
    one.amps = false;
    one.max = 22000;
    r = make(RULE_SET, "10 A");
    is(eval(&r, 1, &one), 2300, 0, false);
    one.lanes = 3;
    is(eval(&r, 1, &one), 6900, 0, false);
}
END_TEST

START_TEST(from_top_to_bottom_until_finish)
{
    struct rule r[3] = {make(RULE_SET, "6 A"), make(RULE_ADD, "4 A"), make(RULE_MULTIPLY, "2")};
    is(eval(r, 3, &box), 16000, 2, false);
    is(eval(r, 2, &box), 10000, 1, false);
    r[0].finish = true;
    is(eval(r, 3, &box), 6000, 0, false);
    r[0].days = 0; /* does not hold: its finish does not count */
    is(eval(r, 3, &box), 8000, 2, false);
    struct rule stop[2] = {make(RULE_NOTHING, ""), make(RULE_SET, "16 A")};
    stop[0].finish = true;
    is(eval(stop, 2, &box), 0, 0, false);
}
END_TEST

START_TEST(what_is_unknown_does_not_hold)
{
    struct rule r[2] = {make(RULE_SET, "8 A"), make(RULE_SET, "(u) A")};
    is(eval(r, 2, &box), 8000, 0, false);
    r[1] = make(RULE_SET, "16 A");
    int col;
    struct err_text why;
    ck_assert_int_eq(expr_parse(str_of("u or b"), resolve, NULL, &r[1].when, &col, &why), ERR_OK);
    is(eval(r, 2, &box), 8000, 0, false);
    ck_assert_int_eq(expr_parse(str_of("u or a"), resolve, NULL, &r[1].when, &col, &why), ERR_OK);
    is(eval(r, 2, &box), 16000, 1, false);
    ck_assert_int_eq(expr_parse(str_of("b"), resolve, NULL, &r[1].when, &col, &why), ERR_OK);
    is(eval(r, 2, &box), 8000, 0, false);
    env.production_w.set = env.surplus_w.set = false;
    r[1] = make(RULE_SET, "50 % of production");
    is(eval(r, 2, &box), 8000, 0, false);
    r[1] = make(RULE_SET, "surplus");
    is(eval(r, 2, &box), 8000, 0, false);
}
END_TEST

/* ---- conditions ---- */
static bool holds(const struct rule *r)
{
    return rule_holds(r, &env);
}
START_TEST(times_and_days)
{
    struct rule r = make(RULE_NOTHING, "");
    static const struct {
        int from, to, minutes;
        uint8_t days, weekday;
        bool holds;
    } rows[] = {
        {360, 720, 359, 0x7f, 2, false},
        {360, 720, 360, 0x7f, 2, true},
        {360, 720, 719, 0x7f, 2, true},
        {360, 720, 720, 0x7f, 2, false},
        {360, 720, 400, 0x04, 2, true},
        {360, 720, 400, 0x7b, 2, false},
        {360, 1440, 1439, 0x7f, 2, true},
        {0, 360, 0, 0x7f, 2, true},
        {0, 360, 360, 0x7f, 2, false},
        {1, 360, 0, 0x7f, 2, false},
        {1, 360, 1, 0x7f, 2, true},
        /* over midnight: fri 22:00 to sat 06:00 */
        {1320, 360, 1319, 0x10, 4, false},
        {1320, 360, 1320, 0x10, 4, true},
        {1320, 360, 0, 0x10, 5, true},
        {1320, 360, 359, 0x10, 5, true},
        {1320, 360, 360, 0x10, 5, false},
        {1320, 360, 1320, 0x10, 5, false},
        {1320, 360, 100, 0x10, 4, false},
        {1320, 360, 100, 0x40, 0, true}, /* sun to mon */
        {-1, 0, 100, 0x01, 0, true},
        {-1, 0, 100, 0x02, 0, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        r.from = rows[i].from;
        r.to = rows[i].to;
        r.days = rows[i].days;
        env.minutes = rows[i].minutes;
        env.weekday = rows[i].weekday;
        ck_assert_msg(holds(&r) == rows[i].holds, "row %zu", i);
    }
    r = make(RULE_NOTHING, "");
    env.time_known = false;
    ck_assert(holds(&r));
    r.days = 0x3f;
    ck_assert(!holds(&r));
}
END_TEST

START_TEST(prices_surplus_and_inputs)
{
#define TRY(field, value, want)                                                                    \
    do {                                                                                           \
        struct rule r = make(RULE_NOTHING, "");                                                    \
        r.field = value;                                                                           \
        ck_assert_msg(holds(&r) == (want), #field " " #value);                                     \
    } while (0)
    TRY(price_below, SOME_I64(250001), true);
    TRY(price_below, SOME_I64(250000), false);
    TRY(price_above, SOME_I64(249999), true);
    TRY(price_above, SOME_I64(250000), false);
    TRY(price_level_pm, SOME_I32(833), false); /* 250000 is 83.33 % of 300000 */
    TRY(price_level_pm, SOME_I32(834), true);
    TRY(cheapest_ms, SOME_I32(3600000), false);
    TRY(cheapest_ms, SOME_I32(3600001), true);
    TRY(co2_below, SOME_I64(301), true);
    TRY(co2_below, SOME_I64(300), false);
    TRY(surplus_above_w, SOME_I32(2999), true);
    TRY(surplus_above_w, SOME_I32(3000), false);
    TRY(surplus_below_w, SOME_I32(3001), true);
    TRY(surplus_below_w, SOME_I32(3000), false);
    TRY(solar_above_w, SOME_I32(5999), true);
    TRY(solar_above_w, SOME_I32(6000), false);
    TRY(solar_below_w, SOME_I32(6001), true);
    TRY(solar_below_w, SOME_I32(6000), false);
    TRY(input, 0, true);
    TRY(input, 1, false);
    TRY(input, 2, false);
    TRY(input_off, 0, false);
    TRY(input_off, 1, true);
    TRY(input_off, 2, false);
    env.price_mean_micro = env.price_micro;
    TRY(price_level_pm, SOME_I32(1000), true);
    env.price_micro.set = false;
    TRY(price_level_pm, SOME_I32(100000), false);
    env.price_micro.set = true;
    env.price_mean_micro.set = false;
    TRY(price_level_pm, SOME_I32(100000), false);
    env.price_micro.set = env.price_mean_micro.set = env.cheaper_ms.set = env.co2_g.set = false;
    env.surplus_w.set = env.production_w.set = false;
    TRY(price_below, SOME_I64(PRICE_HI), false);
    TRY(price_above, SOME_I64(-PRICE_HI), false);
    TRY(price_level_pm, SOME_I32(100000), false);
    TRY(cheapest_ms, SOME_I32(AGE_HI), false);
    TRY(co2_below, SOME_I64(10000), false);
    TRY(surplus_above_w, SOME_I32(-POWER_HI), false);
    TRY(solar_below_w, SOME_I32(POWER_HI), false);
    TRY(days, 0x7f, true);
#undef TRY
}
END_TEST

/* ---- surplus ---- */
START_TEST(surplus_is_asked_first_and_preferred)
{
    struct rule r[3] = {make(RULE_SET, "16 A"), make(RULE_NOTHING, ""), make(RULE_AT_MOST, "10 A")};
    r[1].surplus = true;
    is(eval(r, 3, &box), 16000, 1, true);
    r[2].surplus = true;
    is(eval(r, 3, &box), 10000, 2, true);
    r[1].finish = true;
    is(eval(r, 3, &box), 16000, 1, true);
    r[1].days = r[2].days = 0; /* neither holds: the normal rules apply */
    is(eval(r, 3, &box), 16000, 0, false);
}
END_TEST

START_TEST(a_negative_value_takes_no_part)
{
    struct rule r[2] = {make(RULE_SET, "(b - 1) A"), make(RULE_SET, "7 A")};
    r[0].surplus = true;
    is(eval(r, 2, &box), 7000, 1, false);
    values[1] = expr_known(12);
    is(eval(r, 2, &box), 11000, 0, true);
    r[0] = make(RULE_SET, "(u) A");
    r[0].surplus = true;
    is(eval(r, 2, &box), 7000, 1, false);
    r[0] = make(RULE_SET, "0 A"); /* part it takes, with nothing */
    r[0].surplus = true;
    is(eval(r, 2, &box), 0, 0, true);
}
END_TEST

/* The mode holds through clouds; a value of the surplus itself must not stop it before. */
START_TEST(a_value_of_the_surplus_never_goes_below_the_minimum)
{
    struct rule r = make(RULE_SET, "surplus");
    r.surplus = true;
    env.surplus_w = SOME_I32(6900);
    is(eval(&r, 1, &box), 10000, 0, true);
    env.surplus_w = SOME_I32(100);
    is(eval(&r, 1, &box), 6000, 0, true);
    env.surplus_w = SOME_I32(-500);
    is(eval(&r, 1, &box), 6000, 0, true);
    env.surplus_w.set = false;
    is(eval(&r, 1, &box), 6000, 0, true);
}
END_TEST

START_TEST(sides_of_a_battery)
{
    struct rule r[2] = {make(RULE_AT_MOST, "2 kW"), make(RULE_SET, "0 W")};
    struct rules_taker out = battery;
    out.side = RULE_DISCHARGE;
    r[0].side = RULE_CHARGE;
    r[1].side = RULE_DISCHARGE;
    is(eval(r, 2, &battery), 2000, 0, false);
    is(eval(r, 2, &out), 0, 1, false);
    r[1].side = RULE_BOTH;
    is(eval(r, 2, &battery), 0, 1, false);
}
END_TEST

/* ---- prices ---- */
START_TEST(price_mean_and_rank_of_the_day)
{
    enum { H = 3600000 };
    static const struct slot slots[] = {{-H, 1},      {0, 300},     {H, 200},
                                        {2 * H, 300}, {3 * H, 100}, {4 * H, 1}};
    struct wall from = {0}, to = {4 * H};
    static const struct {
        int64_t at, price, cheaper;
    } rows[] = {
        {0, 300, 2 * H}, {H - 1, 300, 2 * H}, {H, 200, H}, {2 * H, 300, 3 * H}, {3 * H, 100, 0}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        rules_prices(slots, COUNT_OF(slots), H, (struct wall){rows[i].at}, from, to, &env);
        ck_assert(env.price_micro.set && env.price_micro.v == rows[i].price);
        ck_assert(env.price_mean_micro.set && env.price_mean_micro.v == 225);
        ck_assert_msg(env.cheaper_ms.set && env.cheaper_ms.v == rows[i].cheaper, "row %zu", i);
    }
    rules_prices(slots, COUNT_OF(slots), H, (struct wall){5 * H}, from, to, &env);
    ck_assert(!env.price_micro.set && !env.price_mean_micro.set && !env.cheaper_ms.set);
    rules_prices(slots, 0, H, (struct wall){0}, from, to, &env);
    ck_assert(!env.price_micro.set);
    ck_assert(rules_slot_value(slots, 6, H, (struct wall){H}).v == 200);
    ck_assert(rules_slot_value(slots, 6, H, (struct wall){-1}).v == 1);
    ck_assert(rules_slot_value(slots, 1, H, (struct wall){-H}).set);
    ck_assert(!rules_slot_value(slots, 1, H, (struct wall){0}).set);
    ck_assert(!rules_slot_value(slots, 6, H, (struct wall){-H - 1}).set);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("rules");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, without_a_rule_the_start_value_stays);
    tcase_add_test(t, actions_in_every_unit);
    tcase_add_test(t, one_phase_turns_power_into_three_times_the_current);
    tcase_add_test(t, from_top_to_bottom_until_finish);
    tcase_add_test(t, what_is_unknown_does_not_hold);
    tcase_add_test(t, times_and_days);
    tcase_add_test(t, prices_surplus_and_inputs);
    tcase_add_test(t, surplus_is_asked_first_and_preferred);
    tcase_add_test(t, a_negative_value_takes_no_part);
    tcase_add_test(t, a_value_of_the_surplus_never_goes_below_the_minimum);
    tcase_add_test(t, sides_of_a_battery);
    tcase_add_test(t, price_mean_and_rank_of_the_day);
    return run_case(t, "rules");
}
