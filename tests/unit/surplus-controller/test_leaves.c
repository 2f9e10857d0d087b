/* SPDX-License-Identifier: Apache-2.0
 * test_leaves.c -- what a car leaves of its offer: learnt when it goes along with the offer, not
 * when something of its own bounds it. */
#include "tests/unit/run.h"
#include "tests/unit/surplus-controller/house.h"

static struct house h;

static void begin(enum charge_mode mode, int32_t leaves_ma)
{
    house_init(&h, 1, mode, 35000);
    h.c.grid_target_w = 0;
    h.cars[0].under_ma = leaves_ma;
    house_start(&h);
}
static void limit(int32_t w, int seconds)
{
    h.snap.consume_w = SOME_I32(w);
    house_run(&h, seconds);
}
static int32_t draws_w(void)
{
    return h.cars[0].ma * 690 / 1000;
}
/* Offered more by what it leaves, a car draws what the operator allows. */
START_TEST(what_it_leaves_is_offered_on_top)
{
    begin(CHARGE_MODE_POWER, 900);
    limit(6000, 60);
    limit(9000, 120);
    ck_assert_int_ge(draws_w(), 8800);
    ck_assert_int_le(draws_w(), 9000);
}
END_TEST
/* Its own maximum is 11.2 A, of 12.4 A. A lower limit must not count on the difference. */
START_TEST(what_bounds_it_itself_is_not_counted_on)
{
    begin(CHARGE_MODE_POWER, 100);
    h.cars[0].max_ma = 11200;
    for (int32_t w = 6000; w <= 8500; w += 100)
        limit(w, 15);
    ck_assert_int_eq(h.cars[0].ma, 11100);
    ck_assert_int_le(h.s.chargers[0].under_ma, 600);
    limit(6000, 1);
    ck_assert_int_le(h.decisions[0].current_ma * 690 / 1000, 6000 + 600 * 690 / 1000);
    limit(6000, 30);
    ck_assert_int_le(draws_w(), 6000);
    ck_assert_int_ge(draws_w(), 5800);
}
END_TEST
/* A battery that gets full takes less at one and the same offer. */
START_TEST(a_taper_teaches_nothing)
{
    begin(CHARGE_MODE_POWER, 300);
    house_run(&h, 60);
    ck_assert_int_eq(h.s.chargers[0].under_ma, 300);
    for (int i = 0; i < 90; i++) {
        h.cars[0].max_ma = 15700 - 10 * i;
        house_run(&h, 2);
    }
    ck_assert_int_ge(h.s.chargers[0].under_ma, 300);
    ck_assert_int_le(h.s.chargers[0].under_ma, 600);
}
END_TEST
START_TEST(another_car_is_learnt_anew)
{
    begin(CHARGE_MODE_POWER, 900);
    house_run(&h, 60);
    ck_assert_int_ge(h.s.chargers[0].under_ma, 850);
    h.cars[0].plugged = false;
    house_run(&h, 5);
    ck_assert_int_eq(h.s.chargers[0].under_ma, 0);
    h.cars[0].plugged = true;
    h.cars[0].under_ma = 0;
    house_run(&h, 60);
    ck_assert_int_eq(h.s.chargers[0].under_ma, 0);
}
END_TEST
int main(void)
{
    TCase *t = tcase_create("leaves");
    Suite *s = suite_create("leaves");
    tcase_add_test(t, what_it_leaves_is_offered_on_top);
    tcase_add_test(t, what_bounds_it_itself_is_not_counted_on);
    tcase_add_test(t, a_taper_teaches_nothing);
    tcase_add_test(t, another_car_is_learnt_anew);
    suite_add_tcase(s, t);
    return run_suite(s);
}
