/* SPDX-License-Identifier: Apache-2.0
 * A restart is not seen: a new process with what was kept decides like the one that goes on, also
 * when the boxes are heard of later than the grid meter. */
#include "services/surplus-controller/core/resume.h"
#include "tests/unit/surplus-controller/house.h"
#include <check.h>
#include "tests/unit/run.h"

static struct house h;

static void sun(int32_t w)
{
    h.load_ma[0] = h.load_ma[1] = h.load_ma[2] = -w * 1000 / 690;
}
/* A new process that has what was kept, and hears of the meter first. */
static void restart(void)
{
    struct control_kept_charger chargers[CARS_MAX];
    struct control_kept_circuit circuit = control_keep_circuit(&h.circuit_states[0]);
    struct control_charger_in heard[CARS_MAX];
    for (int i = 0; i < h.c.chargers_n; i++)
        chargers[i] = control_keep_charger(&h.charger_states[i], h.now);
    memset(&h.s, 0, sizeof h.s);
    size_t n = (size_t)h.c.chargers_n;
    memset(h.charger_states, 0, n * sizeof h.charger_states[0]);
    memset(h.circuit_states, 0, (size_t)h.c.circuits_n * sizeof h.circuit_states[0]);
    house_start(&h);
    for (int i = 0; i < h.c.chargers_n; i++)
        control_resume_charger(&h.s, i, &chargers[i]);
    control_resume_circuit(&h.s, 0, &circuit);
    memcpy(heard, h.in, n * sizeof heard[0]);
    memset(h.in, 0, n * sizeof h.in[0]);
    control_step(&h.s, &h.snap, &h.c, h.now, &h.out);
    ck_assert(!h.decisions[0].send); /* it can't know yet */
    memcpy(h.in, heard, n * sizeof heard[0]);
    control_step(&h.s, &h.snap, &h.c, h.now, &h.out); /* no new frame of the meter meanwhile */
    ck_assert(h.decisions[0].send);
}
/* Cars at one fuse, at full power. */
static void park(int cars, int32_t fuse_ma)
{
    house_init(&h, cars, CHARGE_MODE_POWER, fuse_ma);
    h.c.balance = BALANCE_OFF;
}

/* ---- times ---- */
START_TEST(a_hold_goes_on)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    house_start(&h);
    sun(8000);
    house_run(&h, 60);
    sun(0);
    house_run(&h, 150);
    ck_assert_int_eq(h.decisions[0].reason.code, CONTROL_HOLD);
    restart();
    house_run(&h, 100);
    ck_assert_int_eq(h.decisions[0].current_ma, 6000);
    house_run(&h, 60); /* 5 min in all */
    ck_assert_int_eq(h.decisions[0].reason.code, CONTROL_RESTART_WAIT);
}
END_TEST
/* A restart in the last seconds of a hold: the stop is not put off until the mean is full again. */
START_TEST(a_hold_ends_although_the_mean_is_new)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    house_start(&h);
    sun(8000);
    house_run(&h, 60);
    sun(0);
    while (!h.charger_states[0].hold.on)
        house_second(&h);
    house_run(&h, 297);
    ck_assert_int_eq(h.decisions[0].current_ma, 6000);
    restart();
    house_run(&h, 5);
    ck_assert_int_eq(h.decisions[0].current_ma, 0);
}
END_TEST
START_TEST(what_runs_goes_on_until_the_mean_is_full)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    house_start(&h);
    sun(8000);
    house_run(&h, 60);
    int32_t before = h.decisions[0].current_ma;
    restart();
    for (int i = 0; i < 60; i++) {
        house_second(&h);
        ck_assert_int_eq(h.decisions[0].current_ma, before);
    }
}
END_TEST
START_TEST(the_try_with_unknown_phases_is_not_put_off)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    h.cars[0].phases = 1;
    house_start(&h);
    sun(3000); /* enough for one phase, not for three */
    house_run(&h, 250);
    ck_assert_int_eq(h.decisions[0].current_ma, 0);
    restart();
    house_run(&h, 70);
    ck_assert_int_ge(h.decisions[0].current_ma, 6000);
}
END_TEST

/* What cars draw is not taken for the house while their boxes are not heard of. */
START_TEST(boxes_come_after_the_meter)
{
    park(2, 35000);
    house_start(&h);
    house_run(&h, 60);
    ck_assert_int_eq(h.decisions[1].current_ma, 16000);
    restart();
    for (int i = 0; i < 20; i++, house_second(&h))
        ck_assert_int_eq(h.decisions[1].current_ma, 16000);
}
END_TEST
/* A box that is not heard of for long keeps nobody waiting, and loses nothing. */
START_TEST(a_box_that_is_late_goes_on_with_its_hold)
{
    house_init(&h, 2, CHARGE_MODE_SOLAR_PURE, 63000);
    h.in[0].mode = CHARGE_MODE_POWER;
    house_start(&h);
    sun(21000);
    house_run(&h, 60);
    sun(10000); /* nothing for the second */
    house_run(&h, 200);
    ck_assert_int_eq(h.decisions[1].reason.code, CONTROL_HOLD);
    restart();
    struct control_charger_in late = h.in[1];
    h.in[1] = (struct control_charger_in){0};
    h.charger_states[1].seen = false;
    for (int i = 0; i < 5; i++) {
        h.now.mono.ms += 1000;
        h.snap.grid.at = h.now.mono;
        control_step(&h.s, &h.snap, &h.c, h.now, &h.out);
    }
    ck_assert(h.decisions[0].send);
    h.in[1] = late;
    h.decisions[1] = (struct control_decision){.send = true, .current_ma = 6000};
    house_run(&h, 60);
    ck_assert_int_eq(h.decisions[1].current_ma, 6000);
    house_run(&h, 50); /* 5 min in all */
    ck_assert_int_eq(h.decisions[1].current_ma, 0);
}
END_TEST

/* ---- places ---- */
/* Two minimums do not fit: whoever had his turn before the restart does not get it again. */
START_TEST(a_turn_goes_on)
{
    park(2, 11000);
    h.cars[0].plugged = false;
    house_start(&h);
    house_run(&h, 60);
    h.cars[0].plugged = true;
    house_run(&h, 1000); /* the second came first and charges */
    ck_assert_int_eq(h.decisions[0].current_ma, 0);
    restart();
    house_run(&h, 700);
    ck_assert_int_eq(h.decisions[0].current_ma, 0);
    house_run(&h, 180); /* 30 min in all */
    ck_assert_int_ge(h.decisions[0].current_ma, 6000);
    ck_assert_int_eq(h.decisions[1].current_ma, 0);
    restart();
    house_run(&h, 1200);
    ck_assert_int_ge(h.decisions[0].current_ma, 6000);
}
END_TEST
START_TEST(who_came_first_is_served_first)
{
    park(3, 11000);
    h.cars[0].plugged = h.cars[1].plugged = false;
    house_start(&h);
    house_run(&h, 60);
    h.cars[1].plugged = true;
    house_run(&h, 60);
    h.cars[0].plugged = true;
    house_run(&h, 60);
    restart();
    h.cars[2].plugged = false; /* the next one is who waits for longer */
    house_run(&h, 60);
    ck_assert_int_eq(h.decisions[0].current_ma, 0);
    ck_assert_int_ge(h.decisions[1].current_ma, 6000);
}
END_TEST

/* Whoever had his turn has his place behind the others already, and does not go back further. */
START_TEST(a_turn_that_was_had_is_not_had_again)
{
    struct control_charger_state *x = h.charger_states;
    park(3, 17000); /* two of three */
    house_start(&h);
    house_run(&h, 60);
    while (!x[0].yield && !x[1].yield)
        house_second(&h);
    house_run(&h, 2);
    uint32_t was[] = {x[0].turn, x[1].turn, x[2].turn};
    bool had[] = {x[0].yield, x[1].yield, x[2].yield};
    ck_assert(had[0] || had[1]);
    restart();
    house_run(&h, 2);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(x[i].turn, was[i]);
        ck_assert_int_eq(x[i].yield, had[i]);
    }
}
END_TEST

/* ---- cars ---- */
START_TEST(a_trimmed_offer_stays)
{
    park(2, 25000);
    h.cars[0].max_ma = 7000;
    house_start(&h);
    house_run(&h, 120);
    ck_assert_int_eq(h.decisions[0].reason.code, CONTROL_TRIMMED);
    int32_t had = h.decisions[1].current_ma;
    restart();
    for (int i = 0; i < 60; i++) {
        house_second(&h);
        ck_assert_int_le(h.decisions[0].current_ma, 9000);
        ck_assert_int_ge(h.decisions[1].current_ma, had - 300);
    }
}
END_TEST
START_TEST(a_car_that_fell_asleep_is_known)
{
    house_init(&h, 2, CHARGE_MODE_SOLAR_PURE, 35000);
    house_start(&h);
    sun(9000);
    house_run(&h, 60);
    h.cars[0].max_ma = 0;
    house_run(&h, 55); /* a minute makes it idle */
    restart();
    house_run(&h, 20);
    ck_assert(h.charger_states[0].idle);
}
END_TEST
/* A box that refused to switch is not asked again, which would stop the car again. */
START_TEST(a_refused_switch_is_remembered)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    h.chargers[0].can_switch = true;
    h.chargers[0].one_phase = 1;
    h.chargers[0].switch_pause_ms = 60000;
    h.cars[0].switches = h.cars[0].stuck = true;
    h.cars[0].closed = 3;
    house_start(&h);
    sun(2500);
    house_run(&h, 420);
    ck_assert(h.charger_states[0].refused.on);
    restart();
    for (int i = 0; i < 120; i++) {
        house_second(&h);
        ck_assert_int_ne(h.decisions[0].reason.code, CONTROL_SWITCHING);
    }
}
END_TEST
/* The pause of a switch counts from the moment when no current flowed any more. */
START_TEST(what_rested_need_not_rest_again)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    h.chargers[0].can_switch = true;
    h.chargers[0].one_phase = 1;
    h.chargers[0].switch_pause_ms = 180000;
    h.cars[0].switches = true;
    h.cars[0].closed = 3;
    house_start(&h);
    house_run(&h, 300);
    restart();
    sun(2500);
    house_run(&h, 60);
    ck_assert_int_eq(h.cars[0].closed, 1);
    ck_assert_int_ge(h.decisions[0].current_ma, 6000);
}
END_TEST
START_TEST(a_switch_is_logged_once)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    h.chargers[0].can_switch = true;
    h.chargers[0].one_phase = 1;
    h.chargers[0].switch_pause_ms = 60000;
    h.cars[0].switches = true;
    h.cars[0].closed = 3;
    house_start(&h);
    sun(2500);
    while (!h.decisions[0].switched_to)
        house_second(&h);
    restart();
    for (int i = 0; i < 100; i++, house_second(&h))
        ck_assert_int_eq(h.decisions[0].switched_to, 0);
    ck_assert_int_ge(h.decisions[0].current_ma, 6000);
}
END_TEST

/* ---- what is worth a write ---- */
START_TEST(what_flickers_is_not_kept)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    house_start(&h);
    house_run(&h, 30);
    struct control_kept_charger was = control_keep_charger(&h.charger_states[0], h.now);
    h.charger_states[0].learn = (struct control_timer){true, h.now.mono};
    struct control_kept_charger k = control_keep_charger(&h.charger_states[0], h.now);
    ck_assert(!control_kept_differs(&was, &k));
    h.now.mono.ms += 10000;
    k = control_keep_charger(&h.charger_states[0], h.now);
    ck_assert(control_kept_differs(&was, &k));
    k = was;
    k.under_ma += 199;
    ck_assert(!control_kept_differs(&was, &k));
    k.under_ma += 1;
    ck_assert(control_kept_differs(&was, &k));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("resume");
    TCase *t = tcase_create("resume");
    tcase_add_test(t, a_hold_goes_on);
    tcase_add_test(t, a_hold_ends_although_the_mean_is_new);
    tcase_add_test(t, what_runs_goes_on_until_the_mean_is_full);
    tcase_add_test(t, the_try_with_unknown_phases_is_not_put_off);
    tcase_add_test(t, a_turn_goes_on);
    tcase_add_test(t, who_came_first_is_served_first);
    tcase_add_test(t, a_turn_that_was_had_is_not_had_again);
    tcase_add_test(t, a_trimmed_offer_stays);
    tcase_add_test(t, a_car_that_fell_asleep_is_known);
    tcase_add_test(t, a_refused_switch_is_remembered);
    tcase_add_test(t, a_switch_is_logged_once);
    tcase_add_test(t, what_rested_need_not_rest_again);
    tcase_add_test(t, boxes_come_after_the_meter);
    tcase_add_test(t, a_box_that_is_late_goes_on_with_its_hold);
    tcase_add_test(t, what_flickers_is_not_kept);
    suite_add_tcase(s, t);
    return run_suite(s);
}
