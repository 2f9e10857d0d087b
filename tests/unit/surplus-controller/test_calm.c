/* SPDX-License-Identifier: Apache-2.0
 * test_calm.c -- what keeps contactors still: what a hold may cost, and the wait after a pause for
 * lack of room. */
#include "tests/unit/run.h"
#include "tests/unit/surplus-controller/house.h"

enum { MIN_W = 4140, HOLD_S = 300, HOLD_MAX_S = 900 };
static struct house h;

static void begin(enum charge_mode mode)
{
    house_init(&h, 1, mode, 35000);
    h.c.grid_target_w = 0;
    h.c.dead_band_w = 0;
    h.c.mean_ms = 0;
    h.c.reduced_ms = 1000; /* another matter */
    house_start(&h);
}
static void sun(int32_t w, int seconds)
{
    for (int p = 0; p < PHASES; p++)
        h.load_ma[p] = -w * 1000 / 690;
    house_run(&h, seconds);
}
static int ma(void)
{
    return h.decisions[0].current_ma;
}
static enum control_code why(void)
{
    return h.decisions[0].reason.code;
}
/* Charges, then gets so much sun until it stops: seconds at the minimum. */
static int hold_s(int32_t w)
{
    sun(9000, 60);
    ck_assert_int_gt(ma(), 6000);
    sun(w, 1);
    int s = 1;
    for (; ma() && s < 2 * HOLD_MAX_S; s++) {
        ck_assert_int_eq(ma(), 6000);
        ck_assert_int_eq(why(), CONTROL_HOLD);
        sun(w, 1);
    }
    return s;
}

/* ---- a hold costs what hold without any sun costs ---- */
static const struct {
    int32_t sun_w;
    int seconds;
} holds[] = {
    {-3000, HOLD_S},
    {0, HOLD_S},
    {MIN_W / 4, HOLD_S * 4 / 3},
    {MIN_W / 2, HOLD_S * 2},
    {MIN_W * 3 / 5, HOLD_S * 5 / 2},
    {MIN_W * 9 / 10, HOLD_MAX_S},
    {MIN_W - 60, HOLD_MAX_S},
};
START_TEST(sun_that_pays_a_part_makes_it_longer)
{
    begin(CHARGE_MODE_SOLAR_PURE);
    int s = hold_s(holds[_i].sun_w);
    ck_assert_int_ge(s, holds[_i].seconds - 3);
    ck_assert_int_le(s, holds[_i].seconds + 10); /* the meter and the car lag a little */
}
END_TEST
START_TEST(hold_max_equal_to_hold_is_a_plain_clock)
{
    begin(CHARGE_MODE_SOLAR_PURE);
    h.c.hold_max_ms = _i ? h.c.hold_ms : 0;
    int s = hold_s(MIN_W * 9 / 10);
    ck_assert_int_ge(s, HOLD_S);
    ck_assert_int_le(s, HOLD_S + 5);
}
END_TEST
START_TEST(every_hold_has_the_whole_of_it)
{
    begin(CHARGE_MODE_SOLAR_PURE);
    sun(9000, 60);
    for (int k = 0; k < 5; k++) {
        sun(0, HOLD_S - 30);
        ck_assert_int_eq(ma(), 6000);
        sun(9000, 60);
        ck_assert_int_gt(ma(), 6000);
    }
    sun(0, HOLD_S - 10);
    ck_assert_int_eq(ma(), 6000);
    sun(0, 20);
    ck_assert_int_eq(ma(), 0);
    ck_assert_int_eq(why(), CONTROL_RESTART_WAIT);
}
END_TEST
/* Four minutes without sun leave a fifth; with half of the sun that lasts two more. */
START_TEST(what_was_spent_is_spent)
{
    begin(CHARGE_MODE_SOLAR_PURE);
    sun(9000, 60);
    sun(0, 240);
    sun(MIN_W / 2, 100);
    ck_assert_int_eq(ma(), 6000);
    sun(MIN_W / 2, 40);
    ck_assert_int_eq(ma(), 0);
}
END_TEST
START_TEST(the_end_of_a_hold_is_told)
{
    begin(CHARGE_MODE_SOLAR_PURE);
    sun(9000, 60);
    sun(MIN_W / 2, 30);
    ck_assert_int_eq(why(), CONTROL_HOLD);
    ck_assert_int_eq(h.decisions[0].reason.p[2], 10); /* min */
    ck_assert(h.decisions[0].next_mono_ms.set);
    int64_t left = h.decisions[0].next_mono_ms.v - h.now.mono.ms;
    ck_assert_int_ge(left, 560000);
    ck_assert_int_le(left, 580000);
    sun(0, 1);
    left = h.decisions[0].next_mono_ms.v - h.now.mono.ms;
    ck_assert_int_ge(left, 265000);
    ck_assert_int_le(left, 290000);
}
END_TEST
/* Without a meter nobody knows what the sun pays: the plain clock. */
START_TEST(blind_it_is_a_plain_clock)
{
    begin(CHARGE_MODE_SOLAR_PURE);
    sun(9000, 60);
    sun(MIN_W * 9 / 10, 60);
    ck_assert_int_eq(why(), CONTROL_HOLD);
    h.meter_dead = true;
    house_run(&h, HOLD_S - 65);
    ck_assert_int_eq(ma(), 6000);
    house_run(&h, 10);
    ck_assert_int_eq(ma(), 0);
    ck_assert_int_eq(why(), CONTROL_METER_STOP);
}
END_TEST
/* solar_plus: the share of its start power is what must be there. */
START_TEST(solar_plus_counts_what_its_share_lacks)
{
    begin(CHARGE_MODE_SOLAR_PLUS);
    h.in[0].start_pm = 500;
    h.in[0].solar_share_pm = 600; /* of 5520 W: 3312 W */
    int s = hold_s(1656);
    ck_assert_int_ge(s, 2 * HOLD_S - 3);
    ck_assert_int_le(s, 2 * HOLD_S + 10);
}
END_TEST
/* Its share may be more than its minimum: what the sun gives beyond that is taken. */
START_TEST(solar_plus_takes_the_sun_while_it_holds)
{
    begin(CHARGE_MODE_SOLAR_PLUS);
    h.cars[0].phases = 1;
    h.in[0].start_power_w = SOME_I32(3450);
    h.in[0].solar_share_pm = 1000;
    sun(4000, 120);
    ck_assert_int_ge(ma(), 15000);
    sun(2300, 60);
    ck_assert_int_eq(why(), CONTROL_HOLD);
    ck_assert_int_ge(ma(), 9500);
    ck_assert_int_le(ma(), 10000);
    sun(500, 60);
    ck_assert_int_eq(ma(), 6000);
}
END_TEST

/* ---- paused for lack of room ---- */
static void house_load(int32_t ma_per_phase, int seconds)
{
    for (int p = 0; p < PHASES; p++)
        h.load_ma[p] = ma_per_phase;
    house_run(&h, seconds);
}
START_TEST(what_had_no_room_waits)
{
    begin(CHARGE_MODE_POWER);
    house_load(5000, 60);
    ck_assert_int_eq(ma(), 16000);
    house_load(31000, 30); /* 35 A: less than 6 A are left */
    ck_assert_int_eq(ma(), 0);
    ck_assert_int_eq(why(), CONTROL_CIRCUIT_PAUSE); /* while there is none */
    house_load(5000, 200);
    ck_assert_int_eq(ma(), 0);
    ck_assert_int_eq(why(), CONTROL_ROOM_WAIT);
    ck_assert_int_le(h.decisions[0].reason.p[0], 100);
    ck_assert_int_ge(h.decisions[0].reason.p[0], 60);
    ck_assert_int_eq(h.decisions[0].reason.p[1], 6000);
    ck_assert(h.decisions[0].next_mono_ms.set);
    house_load(5000, h.decisions[0].reason.p[0] + 2);
    ck_assert_int_ge(ma(), 6000);
}
END_TEST
/* It lasts from the pause on, whatever happened since. */
START_TEST(the_wait_does_not_begin_again)
{
    begin(CHARGE_MODE_POWER);
    house_load(5000, 60);
    house_load(31000, 299);
    ck_assert_int_eq(ma(), 0);
    house_load(5000, 30);
    ck_assert_int_ge(ma(), 6000);
}
END_TEST
START_TEST(people_do_not_wait_for_it)
{
    begin(CHARGE_MODE_POWER);
    house_load(5000, 60);
    house_load(31000, 30);
    house_load(5000, 10);
    ck_assert_int_eq(why(), CONTROL_ROOM_WAIT);
    if (_i == 0)
        h.in[0].max_ma = SOME_I32(10000);
    else
        h.in[0].mode = CHARGE_MODE_SOLAR_PLUS;
    h.in[0].solar_share_pm = 0;
    house_run(&h, 2);
    ck_assert_int_ge(ma(), 6000);
}
END_TEST
START_TEST(the_next_car_does_not_wait_for_it)
{
    begin(CHARGE_MODE_POWER);
    house_load(5000, 60);
    house_load(31000, 30);
    h.cars[0].plugged = false;
    house_load(5000, 10);
    h.cars[0].plugged = true;
    house_run(&h, 20);
    ck_assert_int_ge(ma(), 6000);
}
END_TEST
START_TEST(a_car_that_never_had_room_starts_at_once)
{
    begin(CHARGE_MODE_POWER);
    h.cars[0].plugged = false;
    house_load(31000, 30);
    h.cars[0].plugged = true;
    house_run(&h, 30);
    ck_assert_int_eq(why(), CONTROL_CIRCUIT_PAUSE);
    house_load(5000, 20);
    ck_assert_int_ge(ma(), 6000);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("calm");
    Suite *s = suite_create("calm");
    tcase_add_loop_test(t, sun_that_pays_a_part_makes_it_longer, 0, (int)COUNT_OF(holds));
    tcase_add_loop_test(t, hold_max_equal_to_hold_is_a_plain_clock, 0, 2);
    tcase_add_test(t, every_hold_has_the_whole_of_it);
    tcase_add_test(t, what_was_spent_is_spent);
    tcase_add_test(t, the_end_of_a_hold_is_told);
    tcase_add_test(t, blind_it_is_a_plain_clock);
    tcase_add_test(t, solar_plus_counts_what_its_share_lacks);
    tcase_add_test(t, solar_plus_takes_the_sun_while_it_holds);
    tcase_add_test(t, what_had_no_room_waits);
    tcase_add_test(t, the_wait_does_not_begin_again);
    tcase_add_loop_test(t, people_do_not_wait_for_it, 0, 2);
    tcase_add_test(t, the_next_car_does_not_wait_for_it);
    tcase_add_test(t, a_car_that_never_had_room_starts_at_once);
    suite_add_tcase(s, t);
    return run_suite(s);
}
