/* SPDX-License-Identifier: Apache-2.0
 * Limits of circuits that come with the snapshot: per phase, over all phases, and none. */
#include "tests/unit/surplus-controller/house.h"
#include <check.h>
#include "tests/unit/run.h"

static struct house h;
static struct control_circuit_in limits[CIRCUITS_MAX];

static void setup(void)
{
    memset(limits, 0, sizeof limits);
    house_init(&h, 2, CHARGE_MODE_POWER, 63000);
    h.c.circuits_n = 2; /* the second car hangs on a circuit of its own */
    h.circuits[1] = h.circuits[0];
    h.circuits[1].parent = 0;
    h.circuits[1].metered = false;
    h.chargers[1].circuit = 1;
    h.snap.limits = limits;
    house_start(&h);
}
static void is(int car, int32_t ma)
{
    ck_assert_msg(h.decisions[car].current_ma == ma, "car %d has %d mA, not %d", car,
                  h.decisions[car].current_ma, ma);
}

START_TEST(without_a_limit_the_fuse_counts)
{
    house_run(&h, 60);
    is(0, 16000);
    is(1, 16000);
}
END_TEST

START_TEST(the_smallest_phase_counts_and_at_once)
{
    house_run(&h, 60);
    phase_put(&limits[1].current_ma, 0, 15000);
    phase_put(&limits[1].current_ma, 1, 9000);
    house_second(&h);
    is(0, 16000);
    is(1, 9000);
    ck_assert_int_eq(h.decisions[1].reason.code, CONTROL_CIRCUIT);
    ck_assert_int_eq(h.decisions[1].reason.circuit, 1);
    limits[1].current_ma.set = 0;
    house_run(&h, 60);
    is(1, 16000);
}
END_TEST

START_TEST(a_limit_above_the_fuse_changes_nothing)
{
    h.circuits[1].max_current_ma = 10000;
    for (int p = 0; p < PHASES; p++)
        phase_put(&limits[1].current_ma, p, 16000);
    house_run(&h, 60);
    is(1, 9900); /* 1 % stays free */
}
END_TEST

START_TEST(a_limit_on_the_power_of_all_phases)
{
    house_run(&h, 60);
    limits[0].power_w = SOME_I32(13800); /* 20 A on three phases for both */
    house_second(&h);
    int32_t sum = h.decisions[0].current_ma + h.decisions[1].current_ma;
    ck_assert_msg(sum <= 20000 && sum >= 19500, "%d mA", sum);
    h.circuits[0].max_power_w = SOME_I32(9000);
    house_second(&h);
    sum = h.decisions[0].current_ma + h.decisions[1].current_ma;
    ck_assert_msg(sum <= 13043 && sum >= 12500, "%d mA", sum);
}
END_TEST

START_TEST(a_limit_below_the_minimum_pauses)
{
    house_run(&h, 60);
    for (int p = 0; p < PHASES; p++)
        phase_put(&limits[1].current_ma, p, 5000);
    house_second(&h);
    is(1, 0);
    ck_assert_int_eq(h.decisions[1].reason.code, CONTROL_CIRCUIT_PAUSE);
    is(0, 16000);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("limits");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, without_a_limit_the_fuse_counts);
    tcase_add_test(t, the_smallest_phase_counts_and_at_once);
    tcase_add_test(t, a_limit_above_the_fuse_changes_nothing);
    tcase_add_test(t, a_limit_on_the_power_of_all_phases);
    tcase_add_test(t, a_limit_below_the_minimum_pauses);
    return run_case(t, "limits");
}
