/* SPDX-License-Identifier: Apache-2.0
 * Cars and boxes that do not do what they were told, and meters that show the impossible. */
#include "tests/unit/surplus-controller/house.h"
#include "tests/unit/run.h"

static struct house h;

START_TEST(a_car_that_takes_more_than_offered_is_reported)
{
    house_init(&h, 2, CHARGE_MODE_POWER, 25000);
    house_start(&h);
    house_run(&h, 60);
    h.cars[0].obeys = false; /* whatever it is offered */
    h.cars[0].ma = 16000;
    house_run(&h, 9);
    ck_assert(!h.decisions[0].overdraws);
    house_run(&h, 30);
    ck_assert(h.decisions[0].overdraws);
    ck_assert(!h.decisions[1].overdraws);
    /* and the other one leaves room for it */
    house_run(&h, 600);
    ck_assert_int_le(house_grid_ma(&h, 0), 25000);
    ck_assert_int_le(h.decisions[1].current_ma, 9000);
    h.cars[0].obeys = true;
    house_run(&h, 30);
    ck_assert(!h.decisions[0].overdraws);
}
END_TEST
/* Its minimum would fit, with what it takes beyond it does not: it is not tried again and again,
 * and nobody else is stopped for what it draws while it is being stopped. */
START_TEST(a_greedy_car_without_room_does_not_start_again_and_again)
{
    int starts = 0;
    house_init(&h, 3, CHARGE_MODE_POWER, 20000);
    h.c.balance = BALANCE_OFF;
    h.chargers[2].priority = 2;
    h.cars[2].under_ma = -2500;
    house_start(&h);
    house_run(&h, 3);
    for (int i = 0; i < 600; i++) {
        int32_t was = h.decisions[2].current_ma;
        house_second(&h);
        control_step(&h.s, &h.snap, &h.c, h.now, &h.out); /* another message, nothing new */
        starts += !was && h.decisions[2].current_ma;
        ck_assert_int_ge(h.decisions[0].current_ma, 6000);
        ck_assert_int_ge(h.decisions[1].current_ma, 6000);
    }
    ck_assert_int_le(starts, 1);
    ck_assert_int_eq(h.decisions[2].current_ma, 0);
    ck_assert_int_eq(h.decisions[2].reason.code, CONTROL_TURN);
    h.cars[2].plugged = false;
    house_run(&h, 5);
    h.cars[2].plugged = true; /* the next car is another one */
    h.cars[2].under_ma = 0;
    house_run(&h, 60);
    ck_assert_int_ge(h.decisions[2].current_ma, 6000);
    h.cars[2].under_ma = -2500;
    house_run(&h, 60);
    ck_assert_int_eq(h.decisions[2].current_ma, 0);
    h.cars[2].under_ma = 0; /* and this one may have learnt */
    house_run(&h, 1600);
    ck_assert_int_eq(h.decisions[2].current_ma, 0);
    house_run(&h, 240);
    ck_assert_int_ge(h.decisions[2].current_ma, 6000);
}
END_TEST
/* What it draws beyond its offer counts once: the other one starts with what is left. */
START_TEST(what_is_drawn_beyond_an_offer_counts_once)
{
    house_init(&h, 2, CHARGE_MODE_POWER, 14200);
    h.c.balance = BALANCE_OFF;
    h.cars[0].under_ma = -1500;
    h.cars[1].plugged = false;
    house_start(&h);
    house_run(&h, 60);
    h.cars[1].plugged = true;
    house_run(&h, 60);
    ck_assert_int_ge(h.decisions[0].current_ma, 6000);
    ck_assert_int_ge(h.decisions[1].current_ma, 6000);
    ck_assert_int_le(house_grid_ma(&h, 0), 14200);
}
END_TEST
START_TEST(a_car_that_goes_on_in_lock_is_reported)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 35000);
    house_start(&h);
    house_run(&h, 60);
    h.cars[0].obeys = false;
    h.cars[0].ma = 8000;
    h.in[0].mode = CHARGE_MODE_LOCK;
    house_run(&h, 30);
    ck_assert_int_eq(h.decisions[0].current_ma, 0);
    ck_assert(h.decisions[0].overdraws);
}
END_TEST
START_TEST(a_box_that_is_told_something_else_is_reported)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 35000);
    house_start(&h);
    house_run(&h, 60);
    ck_assert(!h.decisions[0].ignores);
    h.told_ma[0] = SOME_I32(9000);
    house_run(&h, 29);
    ck_assert(!h.decisions[0].ignores);
    house_run(&h, 3);
    ck_assert(h.decisions[0].ignores);
    h.told_ma[0] = SOME_I32(h.decisions[0].current_ma - 500); /* rounded by the box */
    house_run(&h, 1);
    ck_assert(!h.decisions[0].ignores);
}
END_TEST
START_TEST(impossible_values_are_not_used_and_end_as_a_missing_meter)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 35000);
    house_start(&h);
    house_run(&h, 60);
    ck_assert_int_eq(h.decisions[0].current_ma, 16000);
    h.load_ma[1] = 5 * 35000 - 20000; /* a short circuit would look like this, and not for long */
    house_run(&h, 1);
    ck_assert(!h.out.implausible);
    h.load_ma[1] = 5 * 35000 + 5000;
    house_run(&h, 1);
    ck_assert(h.out.implausible);
    ck_assert_int_eq(h.out.meter, METER_GOOD);
    house_run(&h, 12);
    ck_assert_int_eq(h.out.meter, METER_MISSING);
    ck_assert_int_le(h.decisions[0].current_ma, 6000);
    h.load_ma[1] = -5 * 35000 - 25000;
    house_run(&h, 1);
    ck_assert(h.out.implausible);
    h.load_ma[1] = 0;
    house_run(&h, 2);
    ck_assert(!h.out.implausible);
    ck_assert_int_eq(h.out.meter, METER_GOOD);
}
END_TEST
int main(void)
{
    TCase *t = tcase_create("watch");
    tcase_add_test(t, a_car_that_takes_more_than_offered_is_reported);
    tcase_add_test(t, a_greedy_car_without_room_does_not_start_again_and_again);
    tcase_add_test(t, what_is_drawn_beyond_an_offer_counts_once);
    tcase_add_test(t, a_car_that_goes_on_in_lock_is_reported);
    tcase_add_test(t, a_box_that_is_told_something_else_is_reported);
    tcase_add_test(t, impossible_values_are_not_used_and_end_as_a_missing_meter);
    return run_case(t, "watch");
}
