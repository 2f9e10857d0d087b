/* SPDX-License-Identifier: Apache-2.0
 * The figures of the KOSTAL Smart Energy Meter's manual (chapter 5.7), one test each;
 * docs/charging.md names them. 1.4, 3.7, 4.1 and 11 kW are 6 and 16 A at 230 V on one and three
 * phases. */
#include "tests/unit/surplus-controller/house.h"
#include "tests/unit/run.h"

static struct house h;
enum { ONE = 1 };

static int32_t spread(int32_t w)
{
    return -w * 1000 / 690;
}
static void sun(int32_t w, int seconds)
{
    for (int p = 0; p < PHASES; p++)
        h.load_ma[p] = spread(w);
    house_run(&h, seconds);
}
static void begin(enum charge_mode mode, uint8_t phases)
{
    house_init(&h, 1, mode, 35000);
    h.chargers[0].phases = phases;
    h.cars[0].phases = phases;
    h.c.grid_target_w = 0; /* the manual has none */
    h.c.hold_max_ms = h.c.hold_ms;
    house_start(&h);
}
static int32_t power_w(void)
{
    int32_t lanes = h.chargers[0].phases == ONE ? 1 : 3;
    return h.cars[0].ma * lanes * 230 / 1000;
}
/* 5.7.4: 1-phase 1.4 to 3.7 kW, 3-phase 4.1 to 11 kW */
static const struct {
    uint8_t phases;
    int32_t least_w, most_w;
} ranges[] = {{ONE, 1380, 3680}, {ALL_PHASES, 4140, 11040}};

START_TEST(solar_pure_starts_at_the_minimum_power)
{
    begin(CHARGE_MODE_SOLAR_PURE, ranges[_i].phases);
    sun(ranges[_i].least_w - 100, 120);
    ck_assert_int_eq(power_w(), 0);
    sun(ranges[_i].least_w + 100, 60);
    ck_assert_int_ge(power_w(), ranges[_i].least_w);
    ck_assert_int_le(power_w(), ranges[_i].least_w + 250);
}
END_TEST
START_TEST(solar_pure_ends_at_the_maximum_power)
{
    begin(CHARGE_MODE_SOLAR_PURE, ranges[_i].phases);
    sun(ranges[_i].most_w + 3000, 300);
    ck_assert_int_eq(power_w(), ranges[_i].most_w);
}
END_TEST
START_TEST(power_mode_takes_the_maximum_power)
{
    begin(CHARGE_MODE_POWER, ranges[_i].phases);
    sun(0, 60);
    ck_assert_int_eq(power_w(), ranges[_i].most_w);
}
END_TEST
START_TEST(lock_mode_charges_nothing)
{
    begin(CHARGE_MODE_LOCK, ranges[_i].phases);
    sun(20000, 600);
    ck_assert_int_eq(power_w(), 0);
}
END_TEST

/* "charging is maintained for approx. 5 minutes at the minimum charging power ... and only resumed
 * after a wait time of approx. 8 minutes" */
START_TEST(clouds_five_minutes_of_hold_eight_of_rest)
{
    begin(CHARGE_MODE_SOLAR_PURE, ALL_PHASES);
    sun(8000, 120);
    sun(2000, 30);
    int hold = 30, rest = 0;
    for (; h.decisions[0].current_ma; hold++) {
        ck_assert_int_eq(h.decisions[0].current_ma, 6000);
        sun(2000, 1);
    }
    ck_assert_int_ge(hold, 300);
    ck_assert_int_le(hold, 315);
    for (; !h.decisions[0].current_ma; rest++)
        sun(8000, 1);
    ck_assert_int_ge(rest, 480);
    ck_assert_int_le(rest, 490);
}
END_TEST

/* "Min. 1.4 / 4.1 kW, 50 % 1.85 / 5.5 kW, 75 % 2.8 / 8.25 kW, Max. 3.7 / 11 kW" */
static const struct {
    uint8_t phases;
    int32_t start_pm, w;
} starts[] = {
    {ONE, 0, 1380},          {ONE, 500, 1840},          {ONE, 750, 2760},
    {ONE, 1000, 3680},       {ALL_PHASES, 0, 4140},     {ALL_PHASES, 500, 5520},
    {ALL_PHASES, 750, 8280}, {ALL_PHASES, 1000, 11040},
};
START_TEST(solar_plus_charges_with_the_start_power)
{
    begin(CHARGE_MODE_SOLAR_PLUS, starts[_i].phases);
    h.in[0].start_pm = starts[_i].start_pm;
    h.in[0].solar_share_pm = 600;
    sun(starts[_i].w * 600 / 1000 - 100, 120);
    ck_assert_int_eq(power_w(), 0);
    sun(starts[_i].w * 600 / 1000 + 100, 60);
    ck_assert_int_ge(power_w(), starts[_i].w - 5);
    ck_assert_int_le(power_w(), starts[_i].w + 5);
}
END_TEST
/* "50 % of 11 kW ... 60 % of 5.5 kW = 3.3 kW ... 2.2 kW from the grid" */
START_TEST(solar_plus_example_of_50_and_60_percent)
{
    begin(CHARGE_MODE_SOLAR_PLUS, ALL_PHASES);
    h.in[0].start_pm = 500;
    h.in[0].solar_share_pm = 600;
    sun(3400, 60);
    ck_assert_int_ge(power_w(), 5500);
    int32_t grid_w =
        (house_grid_ma(&h, 0) + house_grid_ma(&h, 1) + house_grid_ma(&h, 2)) * 230 / 1000;
    ck_assert_int_ge(grid_w, 2050);
    ck_assert_int_le(grid_w, 2250);
    sun(8000, 120); /* more sun raises it above the start power */
    ck_assert_int_ge(power_w(), 7500);
}
END_TEST
/* "If 30 % solar power / 70 % drawn from grid is set, there must be at least 30 % solar power" */
START_TEST(solar_plus_example_of_30_percent)
{
    begin(CHARGE_MODE_SOLAR_PLUS, ALL_PHASES);
    h.in[0].start_pm = 1000;
    h.in[0].solar_share_pm = 300;
    sun(3200, 60); /* 30 % of 11.04 kW are 3.3 kW */
    ck_assert_int_eq(power_w(), 0);
    sun(3400, 60);
    ck_assert_int_ge(power_w(), 11000);
}
END_TEST
/* "to charge the electric vehicle in the evening" */
START_TEST(solar_plus_without_a_share_needs_no_sun)
{
    begin(CHARGE_MODE_SOLAR_PLUS, ALL_PHASES);
    h.in[0].start_pm = 0;
    h.in[0].solar_share_pm = 0;
    sun(-500, 60);
    ck_assert_int_eq(power_w(), 4140);
}
END_TEST

/* 5.7.7: minimum charging current per phase from 6 to 16 A: it replaces 6 A everywhere */
START_TEST(a_higher_minimum_current_moves_start_hold_and_pause)
{
    begin(CHARGE_MODE_SOLAR_PURE, ALL_PHASES);
    h.in[0].min_ma = SOME_I32(8000);
    sun(5400, 120); /* 3 x 8 A are 5.52 kW */
    ck_assert_int_eq(power_w(), 0);
    sun(5650, 60);
    ck_assert_int_ge(power_w(), 5520);
    sun(3000, 60);
    ck_assert_int_eq(h.decisions[0].current_ma, 8000);
    ck_assert_int_eq(h.decisions[0].reason.code, CONTROL_HOLD);
}
END_TEST

/* "the charging power of the wallbox is reduced to remain below the maximum house connection
 * capacity (e.g. 63 A per house connection phase)" */
START_TEST(blackout_protection_at_63_a)
{
    begin(CHARGE_MODE_POWER, ALL_PHASES);
    h.circuits[0].max_current_ma = 63000;
    h.load_ma[1] = 50000;
    house_run(&h, 30);
    ck_assert_int_le(house_grid_ma(&h, 1), 63000);
    ck_assert_int_ge(h.decisions[0].current_ma, 11500);
    h.load_ma[1] = 58000;
    house_run(&h, 30); /* less than 6 A are left: it pauses */
    ck_assert_int_eq(h.decisions[0].current_ma, 0);
    ck_assert_int_eq(h.decisions[0].reason.code, CONTROL_CIRCUIT_PAUSE);
}
END_TEST
/* 5.7.6: "must not exceed ... 4600 VA", which is 20 A at 230 V */
START_TEST(unbalanced_load_stays_below_4600_va)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 63000);
    h.chargers[0].max_ma = 32000;
    h.chargers[0].phases = h.cars[0].phases = ONE;
    house_start(&h);
    house_run(&h, 120);
    ck_assert_int_le(h.out.imbalance_va, 4600);
    ck_assert_int_ge(h.out.imbalance_va, 4400);
    ck_assert_int_eq(h.decisions[0].reason.code, CONTROL_IMBALANCE);
}
END_TEST
/* The fuses 63, 50 and 35 A of the manual's example: the smallest counts. */
START_TEST(the_smallest_fuse_of_the_chain_counts)
{
    house_init(&h, 3, CHARGE_MODE_POWER, 63000);
    h.circuits[1] = (struct control_circuit_conf){0, ALL_PHASES, false, 50000, 0, {0}};
    h.circuits[2] = (struct control_circuit_conf){1, ALL_PHASES, false, 35000, 0, {0}};
    h.c.circuits_n = 3;
    for (int i = 0; i < 3; i++)
        h.chargers[i].circuit = 2;
    house_start(&h);
    house_run(&h, 60);
    int32_t sum = 0;
    for (int i = 0; i < 3; i++)
        sum += h.cars[i].ma;
    ck_assert_int_le(sum, 35000);
    ck_assert_int_ge(sum, 34000);
}
END_TEST
int main(void)
{
    TCase *t = tcase_create("manual");
    tcase_add_loop_test(t, solar_pure_starts_at_the_minimum_power, 0, (int)COUNT_OF(ranges));
    tcase_add_loop_test(t, solar_pure_ends_at_the_maximum_power, 0, (int)COUNT_OF(ranges));
    tcase_add_loop_test(t, power_mode_takes_the_maximum_power, 0, (int)COUNT_OF(ranges));
    tcase_add_loop_test(t, lock_mode_charges_nothing, 0, (int)COUNT_OF(ranges));
    tcase_add_test(t, clouds_five_minutes_of_hold_eight_of_rest);
    tcase_add_loop_test(t, solar_plus_charges_with_the_start_power, 0, (int)COUNT_OF(starts));
    tcase_add_test(t, solar_plus_example_of_50_and_60_percent);
    tcase_add_test(t, solar_plus_example_of_30_percent);
    tcase_add_test(t, solar_plus_without_a_share_needs_no_sun);
    tcase_add_test(t, a_higher_minimum_current_moves_start_hold_and_pause);
    tcase_add_test(t, blackout_protection_at_63_a);
    tcase_add_test(t, unbalanced_load_stays_below_4600_va);
    tcase_add_test(t, the_smallest_fuse_of_the_chain_counts);
    return run_case(t, "manual");
}
