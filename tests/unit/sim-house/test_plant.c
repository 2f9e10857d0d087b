/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/house/curve.h"
#include "tests/unit/sim-house/tests.h"

static struct plant p;

static struct plant_config config(void)
{
    struct plant_config c = {
        .fuse_ma = 35000,
        .voltage_mv = 230000,
        .pv_rated_w = 10000,
        .battery = {true, 10000, 5000, 5000, 500, 50, 2000},
        .n_chargers = 2,
    };
    for (int i = 0; i < 2; i++)
        c.charger[i] = (struct charger_config){
            .max_ma = 32000, .rotation = i, .car = {3, 32000, 60000, 400, 500, 2000, 3600}};
    return c;
}

static void setup(void)
{
    struct plant_config c = config();
    plant_init(&p, &c);
    for (int k = 0; k < PHASES; k++)
        p.input.load_w[k] = 100 * (k + 1);
}

static void run(int64_t ms)
{
    for (; ms > 0; ms -= 100)
        plant_step(&p, 100);
}

static void offer(int i, int32_t ma)
{
    if (!p.charger[i].plugged)
        plant_plug(&p.charger[i], &p.config.charger[i].car, true);
    p.charger[i].offered_ma = p.charger[i].commanded_ma = ma;
}

START_TEST(books_balance_over_a_wild_hour)
{
    for (int i = 0; i < 36000; i++) {
        p.input.pv_w = (i * 37) % 11000;
        p.input.load_w[i % 3] = (i * 13) % 4000;
        p.control.ac_limit_w = i % 900 < 100 ? 2000 : NO_LIMIT_W;
        offer(i % 2, (i * 7) % 33000);
        plant_step(&p, i % 250);
        ck_assert_int_eq(p.phase_mw[0] + p.phase_mw[1] + p.phase_mw[2], p.grid_mw);
        ck_assert_int_eq(plant_imbalance_uj(&p), 0);
    }
    ck_assert_int_gt(p.energy.cars, UJ_PER_WH);
    ck_assert_int_gt(p.energy.charged, UJ_PER_WH);
    ck_assert_int_gt(p.energy.discharged, UJ_PER_WH);
}
END_TEST

START_TEST(car_starts_late_follows_and_stays_below_the_offer)
{
    offer(0, 16000);
    run(1900);
    ck_assert_int_eq(p.charger[0].drawn_ua, 0);
    run(200);
    ck_assert_int_gt(p.charger[0].drawn_ua, 0);
    run(4900);
    ck_assert_int_ge(p.charger[0].drawn_ua, 15500 * 950);
    run(60000);
    ck_assert_int_eq(plant_charger_ma(&p, 0, 0), 15500);
    offer(0, 8000);
    run(5000);
    ck_assert_int_le(p.charger[0].drawn_ua, 7500 * 1000 + 8000 * 50);
}
END_TEST

START_TEST(less_than_six_amps_is_a_pause)
{
    offer(0, 6000);
    run(10000);
    ck_assert_int_gt(p.charger[0].drawn_ua, 5000000);
    offer(0, 5900);
    run(8000);
    ck_assert_int_eq(p.charger[0].drawn_ua, 0);
    offer(0, 16000); /* the start delay counts again */
    run(1500);
    ck_assert_int_eq(p.charger[0].drawn_ua, 0);
}
END_TEST

START_TEST(appetite_falls_above_eighty_percent)
{
    struct charger *c = &p.charger[0];
    int64_t full = INT64_C(60000) * UJ_PER_WH;
    offer(0, 32000);
    c->stored_uj = full / 100 * 90;
    run(10000);
    ck_assert_int_lt(c->drawn_ua, 16100000);
    ck_assert_int_gt(c->drawn_ua, 14000000);
    c->stored_uj = full;
    run(10000);
    ck_assert_int_eq(c->drawn_ua, 0);
}
END_TEST

START_TEST(rotation_and_phases_show_on_the_grid)
{
    p.config.battery.present = false;
    p.config.charger[1].car.phases = 1; /* rotation 1: its L1 is the grid's L2 */
    offer(1, 16000);
    run(20000);
    ck_assert_int_eq(p.charger[1].mw[0], 0);
    ck_assert_int_gt(p.charger[1].mw[1], 3500000);
    ck_assert_int_eq(p.charger[1].mw[2], 0);
    ck_assert_int_eq(p.phase_mw[1], 200000 + p.charger[1].mw[1]);
    p.charger[0].offered_phases = 1;
    offer(0, 16000);
    run(20000);
    ck_assert_int_eq(plant_car_phases(&p, 0), 1);
    ck_assert_int_gt(p.charger[0].mw[0], 3500000);
    ck_assert_int_eq(p.charger[0].mw[1], 0);
}
END_TEST

START_TEST(battery_brings_the_grid_to_zero_with_lag)
{
    p.input.pv_w = 3000;
    run(2000);
    ck_assert_int_lt(p.grid_mw, -800000); /* still on its way */
    run(20000);
    ck_assert_int_ge(p.grid_mw, -10000);
    ck_assert_int_gt(p.battery_mw, 2350000);
    p.battery_uj = 10000 * UJ_PER_WH;
    run(100);
    ck_assert_int_le(p.battery_mw, 0);
    p.battery_uj = 500 * UJ_PER_WH; /* at its reserve */
    p.input.pv_w = 0;
    run(10000);
    ck_assert_int_eq(p.battery_mw, 0);
}
END_TEST

START_TEST(power_limit_caps_the_ac_side_only)
{
    p.input.pv_w = 9000;
    p.control.ac_limit_w = 2000;
    run(30000);
    ck_assert_int_le(p.inverter_mw, 2000000);
    ck_assert_int_gt(p.pv_mw, 6900000); /* the battery takes 5 kW on the DC side */
    p.config.battery.present = false;
    run(100);
    ck_assert_int_eq(p.pv_mw, 2000000);
}
END_TEST

START_TEST(storage_window_limits_and_forces)
{
    p.input.pv_w = 6000;
    p.control.charge_max_w = 1000;
    run(30000);
    ck_assert_int_le(p.battery_mw, 1000000);
    ck_assert_int_gt(p.battery_mw, 990000);
    p.input.pv_w = 0;
    p.control.charge_max_w = 5000;
    p.control.discharge_max_w = -2000; /* at least 2 kW in */
    run(30000);
    ck_assert_int_le(p.battery_mw, 0); /* no sun, and the grid is not allowed */
    p.control.grid_charge = true;
    run(30000);
    ck_assert_int_gt(p.battery_mw, 1990000);
}
END_TEST

START_TEST(observer_sees_the_fuse)
{
    p.config.battery.present = false;
    p.input.load_w[1] = 9200; /* 40 A */
    run(3000);
    p.input.load_w[1] = 0;
    run(1000);
    ck_assert_int_eq(p.fuse[1].events, 1);
    ck_assert_int_eq(p.fuse[1].worst_over_ma, 5000);
    ck_assert_int_eq(p.fuse[1].longest_over_ms, 3000);
    ck_assert_int_eq(p.fuse[1].peak_ma, 40000);
    ck_assert_int_eq(p.fuse[0].events, 0);
}
END_TEST

START_TEST(observer_sees_a_box_that_disobeys)
{
    offer(0, 16000);
    run(20000);
    offer(0, 8000);
    run(30000);
    ck_assert_int_eq(p.charger[0].violations, 0);
    p.charger[0].commanded_ma = 6000; /* told, but the pilot stays */
    run(5900);
    ck_assert_int_eq(p.charger[0].violations, 0);
    run(10000);
    ck_assert_int_eq(p.charger[0].violations, 1);
    ck_assert_int_ge(p.charger[0].worst_over_ma, 1400);
}
END_TEST

START_TEST(curve_joins_points_and_repeats)
{
    static struct curve c;
    ck_assert_int_eq(curve_parse(&c, "# demo\n0,0,10,20,30\n\n10, 1000, 20,20,30 # noon\n"), 0);
    ck_assert_int_eq(curve_at(&c, 5000).pv_w, 500);
    ck_assert_int_eq(curve_at(&c, 15000).load_w[0], 15);
    ck_assert_int_eq(curve_parse(&c, "0,0,0,0,0\n0,1,1,1,1\n"), 2);
    ck_assert_int_eq(curve_parse(&c, "0,0,0,0,0\n5,-1,1,1,1\n"), 2);
    ck_assert_int_eq(curve_parse(&c, "0,0,0,0\n"), 1);
    ck_assert_int_ne(curve_parse(&c, "0,0,0,0,0\n"), 0);
}
END_TEST

START_TEST(demo_has_sun_cloud_sun)
{
    static struct curve c;
    curve_demo(&c);
    ck_assert_int_gt(curve_at(&c, 20000).pv_w, 6 * 690 + 700);
    ck_assert_int_lt(curve_at(&c, 50000).pv_w, 6 * 690);
    ck_assert_int_gt(curve_at(&c, 65000).pv_w, 6 * 690 + 700);
}
END_TEST

TCase *plant_tests(void)
{
    TCase *t = tcase_create("plant");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, books_balance_over_a_wild_hour);
    tcase_add_test(t, car_starts_late_follows_and_stays_below_the_offer);
    tcase_add_test(t, less_than_six_amps_is_a_pause);
    tcase_add_test(t, appetite_falls_above_eighty_percent);
    tcase_add_test(t, rotation_and_phases_show_on_the_grid);
    tcase_add_test(t, battery_brings_the_grid_to_zero_with_lag);
    tcase_add_test(t, power_limit_caps_the_ac_side_only);
    tcase_add_test(t, storage_window_limits_and_forces);
    tcase_add_test(t, observer_sees_the_fuse);
    tcase_add_test(t, observer_sees_a_box_that_disobeys);
    tcase_add_test(t, curve_joins_points_and_repeats);
    tcase_add_test(t, demo_has_sun_cloud_sun);
    return t;
}
