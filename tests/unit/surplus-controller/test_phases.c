/* SPDX-License-Identifier: Apache-2.0
 * One phase or three: when the contacts are switched, and how. */
#include "tests/unit/surplus-controller/house.h"
#include "tests/unit/run.h"

enum { L1 = 1, PAUSE_S = 180, CHECK_S = 900, HOLD_S = 300 };
static struct house h;

static void begin(enum charge_mode mode, int closed)
{
    house_init(&h, 1, mode, 35000);
    h.c.grid_target_w = 0;
    h.c.hold_max_ms = h.c.hold_ms; /* the manual's clock, whatever the sun gives */
    h.chargers[0].can_switch = true;
    h.chargers[0].one_phase = L1;
    h.chargers[0].switch_pause_ms = 1000 * PAUSE_S;
    h.cars[0].switches = true;
    h.cars[0].closed = closed;
    house_start(&h);
    h.cars[0].plugged = false;
    house_run(&h, 15);
    h.cars[0].plugged = true;
}
static void sun(int32_t w, int seconds)
{
    for (int p = 0; p < PHASES; p++)
        h.load_ma[p] = -w * 1000 / 690;
    house_run(&h, seconds);
}
static int32_t ma(void)
{
    return h.decisions[0].current_ma;
}
static enum control_code why(void)
{
    return h.decisions[0].reason.code;
}
/* Seconds until the contacts are as wanted, at most `most`. */
static int until_closed(int contacts, int most)
{
    int s = 0;
    for (; s < most && h.cars[0].closed != contacts; s++)
        house_second(&h);
    return s;
}
static int until_charging(int most)
{
    int s = 0;
    for (; s < most && !ma(); s++)
        house_second(&h);
    return s;
}
static void ck_range(int32_t v, int32_t lo, int32_t hi)
{
    ck_assert_int_ge(v, lo);
    ck_assert_int_le(v, hi);
}

START_TEST(starts_on_one_phase_when_three_are_not_carried)
{
    begin(CHARGE_MODE_SOLAR_PURE, 3);
    sun(2500, 60);
    ck_assert_int_eq(h.cars[0].closed, 1);
    ck_range(ma(), 10500, 11000); /* idle for long: no pause is needed */
    ck_assert_int_eq(h.decisions[0].load, L1);
    ck_assert_int_eq(h.cars[0].switches_n, 1);
}
END_TEST
START_TEST(starts_on_three_phases_when_they_are_carried)
{
    begin(CHARGE_MODE_SOLAR_PURE, 1);
    sun(6000, 60);
    ck_assert_int_eq(h.cars[0].closed, 3);
    ck_range(ma(), 8500, 8800);
    ck_assert_int_eq(h.cars[0].switches_n, 1);
}
END_TEST
/* 107 % of 4.14 kW are 4.43 kW. */
START_TEST(goes_up_at_107_percent_at_the_next_look)
{
    begin(CHARGE_MODE_SOLAR_PURE, 1);
    sun(2000, 60);
    sun(4350, 2 * CHECK_S);
    ck_assert_int_eq(h.cars[0].closed, 1);
    ck_assert_int_eq(ma(), 16000);
    sun(4550, 0);
    ck_range(until_closed(3, CHECK_S + 60), 1, CHECK_S + 20);
    ck_assert_int_eq(h.cars[0].switches_under_current, 0);
    int pause = until_charging(2 * PAUSE_S);
    ck_range(pause, PAUSE_S - 20, PAUSE_S);
    house_run(&h, 30);
    ck_range(ma(), 6400, 6700);
    ck_assert_int_eq(h.cars[0].closed, 3);
}
END_TEST
/* No look between two of them: constant sun that came a second after one waits for the next. */
START_TEST(looks_every_fifteen_minutes_only)
{
    begin(CHARGE_MODE_SOLAR_PURE, 1);
    sun(2000, 60);
    while (h.now.mono.ms / 1000 % CHECK_S != 1)
        house_second(&h);
    sun(9000, CHECK_S - 10);
    ck_assert_int_eq(ma(), 16000);
    house_run(&h, 15);
    ck_assert_int_eq(ma(), 0);
    ck_assert_int_eq(why(), CONTROL_SWITCHING);
}
END_TEST
START_TEST(goes_down_after_the_hold_and_pauses)
{
    begin(CHARGE_MODE_SOLAR_PURE, 3);
    sun(8000, 120);
    sun(2500, HOLD_S - 20);
    ck_assert_int_eq(ma(), 6000);
    ck_assert_int_eq(why(), CONTROL_HOLD);
    house_run(&h, 50);
    ck_assert_int_eq(ma(), 0);
    ck_assert_int_eq(why(), CONTROL_SWITCHING);
    ck_assert_int_eq(h.cars[0].closed, 1);
    ck_range(until_charging(2 * PAUSE_S), PAUSE_S - 60, PAUSE_S);
    ck_range(ma(), 10500, 11000);
    ck_assert_int_eq(h.cars[0].switches_under_current, 0);
}
END_TEST
START_TEST(stops_after_the_hold_when_one_phase_is_too_much)
{
    begin(CHARGE_MODE_SOLAR_PURE, 3);
    sun(8000, 120);
    sun(1000, HOLD_S + 40);
    ck_assert_int_eq(ma(), 0);
    ck_assert_int_eq(why(), CONTROL_RESTART_WAIT);
    ck_assert_int_eq(h.cars[0].closed, 3);
}
END_TEST
/* The sun came back while it was switching down: it goes back up before it charges. */
START_TEST(sun_that_is_back_takes_it_up_before_it_charges)
{
    begin(CHARGE_MODE_SOLAR_PURE, 3);
    sun(8000, 120);
    sun(2500, HOLD_S + 30);
    ck_assert_int_eq(h.cars[0].closed, 1);
    sun(8000, 0);
    ck_range(until_closed(3, 2 * PAUSE_S), PAUSE_S - 40, PAUSE_S + 20); /* a pause between two */
    house_run(&h, 30);
    ck_range(ma(), 11000, 11800);
    ck_assert_int_eq(h.cars[0].switches_n, 2);
}
END_TEST
START_TEST(a_person_chooses_the_phases)
{
    begin(CHARGE_MODE_POWER, 3);
    h.in[0].contacts = CONTACTS_THREE;
    sun(0, 30);
    ck_assert_int_eq(ma(), 16000);
    h.in[0].contacts = CONTACTS_ONE;
    house_run(&h, 1);
    ck_assert_int_eq(ma(), 0);
    ck_assert_int_eq(h.decisions[0].contacts, 0); /* current flows */
    ck_range(until_closed(1, 60), 5, 20);
    ck_range(until_charging(2 * PAUSE_S), PAUSE_S - 20, PAUSE_S);
    ck_assert_int_eq(ma(), 16000);
    ck_assert_int_eq(h.decisions[0].load, L1);
    ck_assert_int_eq(h.cars[0].switches_under_current, 0);
}
END_TEST
static const struct {
    enum control_switching rule;
    bool charging, plugged, switches;
} rules[] = {
    {SWITCHING_ALLOWED, true, true, true},    {SWITCHING_IDLE_ONLY, true, true, false},
    {SWITCHING_IDLE_ONLY, false, true, true}, {SWITCHING_NEVER, true, true, false},
    {SWITCHING_NEVER, false, true, false},    {SWITCHING_NEVER, false, false, true},
};
START_TEST(some_cars_must_not_be_switched)
{
    begin(rules[_i].charging ? CHARGE_MODE_POWER : CHARGE_MODE_LOCK, 3);
    h.in[0].contacts = CONTACTS_THREE;
    h.cars[0].plugged = rules[_i].plugged;
    sun(0, 60);
    h.in[0].contacts = CONTACTS_ONE;
    h.in[0].switching = rules[_i].rule;
    house_run(&h, 300);
    ck_assert_int_eq(h.cars[0].closed, rules[_i].switches ? 1 : 3);
    ck_assert_int_eq(h.cars[0].switches_under_current, 0);
}
END_TEST
/* Stopped for lack of sun is not at rest yet: a switch now is what the owner has ruled out. */
START_TEST(a_car_that_was_just_stopped_is_not_idle)
{
    begin(CHARGE_MODE_SOLAR_PURE, 3);
    h.in[0].switching = SWITCHING_IDLE_ONLY;
    sun(8000, 60);
    h.in[0].contacts = CONTACTS_ONE; /* chosen, and waits until it may */
    sun(2000, HOLD_S + 10);
    ck_assert_int_eq(ma(), 0);
    house_run(&h, PAUSE_S - 20);
    ck_assert_int_eq(h.cars[0].closed, 3);
    ck_range(until_closed(1, 60), 5, 50);
    ck_assert_int_eq(h.cars[0].switches_under_current, 0);
}
END_TEST
/* Its turn has come, but first its contacts are switched: until then the other one charges. */
START_TEST(a_switch_before_a_turn_stops_nobody)
{
    int handed = 0;
    house_init(&h, 2, CHARGE_MODE_POWER, 9000);
    h.c.balance = BALANCE_OFF;
    h.chargers[1].can_switch = true;
    h.chargers[1].one_phase = L1;
    h.chargers[1].switch_pause_ms = 1000 * PAUSE_S;
    h.cars[1].switches = true;
    h.cars[1].closed = 1;
    house_start(&h);
    for (int s = 0; s < 2400; s++) {
        house_second(&h);
        bool none = !h.decisions[0].current_ma && !h.decisions[1].current_ma;
        handed += none && h.decisions[1].reason.code == CONTROL_SWITCHING;
    }
    ck_assert_int_eq(h.cars[1].switches_n, 1);
    ck_assert_int_eq(handed, 0);
    ck_assert_int_ge(h.decisions[1].current_ma, 6000);
}
END_TEST
START_TEST(the_pause_of_a_car_counts)
{
    begin(CHARGE_MODE_POWER, 3);
    h.in[0].contacts = CONTACTS_THREE;
    h.in[0].switch_pause_ms = SOME_I32(60000);
    sun(0, 30);
    h.in[0].contacts = CONTACTS_ONE;
    house_run(&h, 1);
    ck_range(until_charging(300), 55, 70); /* from zero current on */
}
END_TEST
START_TEST(auto_in_power_mode_means_three)
{
    begin(CHARGE_MODE_POWER, 1);
    sun(0, 60);
    ck_assert_int_eq(h.cars[0].closed, 3);
    ck_assert_int_eq(ma(), 16000);
}
END_TEST
/* L2 and L3 are short, L1 is free: better one phase than none. */
START_TEST(power_mode_drops_to_one_phase_when_only_one_is_free)
{
    begin(CHARGE_MODE_POWER, 3);
    sun(0, 60);
    h.load_ma[1] = h.load_ma[2] = 32000;
    house_run(&h, 30);
    ck_assert_int_eq(ma(), 0);
    ck_assert_int_eq(h.cars[0].closed, 3);
    house_run(&h, 300);
    ck_assert_int_eq(h.cars[0].closed, 1);
    ck_assert_int_eq(ma(), 16000);
    h.load_ma[1] = h.load_ma[2] = 0; /* back at a look, after the overdraw is forgotten */
    ck_range(until_closed(3, 3 * CHECK_S), 1, 2 * CHECK_S);
    ck_assert_int_eq(h.cars[0].switches_under_current, 0);
}
END_TEST
/* A plan or a person may want full power while it waits to see how much sun there is. */
START_TEST(full_power_does_not_wait_for_the_choice_of_phases)
{
    begin(CHARGE_MODE_SOLAR_PURE, 1);
    for (int s = 0; s < 60 && why() != CONTROL_CHOOSING; s++)
        sun(2500, 1);
    ck_assert_int_eq(why(), CONTROL_CHOOSING);
    h.load_ma[1] = h.load_ma[2] = 32000; /* three phases have no room */
    h.in[0].mode = CHARGE_MODE_POWER;
    house_run(&h, 30);
    ck_assert_int_eq(ma(), 16000);
}
END_TEST
START_TEST(a_car_on_one_phase_is_not_switched_for_nothing)
{
    begin(CHARGE_MODE_SOLAR_PURE, 3);
    h.cars[0].phases = L1;
    sun(6000, 120);
    ck_assert_int_eq(ma(), 16000);
    ck_assert(h.decisions[0].load_detected);
    sun(2000, HOLD_S + 100); /* enough for its one phase */
    ck_range(ma(), 8400, 8800);
    ck_assert_int_eq(h.cars[0].switches_n, 0);
}
END_TEST
/* It waited to see whether the sun is enough for three phases, began on three, and turned out to
 * use one. After a stop there is nothing left to wait for. */
START_TEST(what_was_waited_for_once_holds_nobody_back_later)
{
    begin(CHARGE_MODE_SOLAR_PURE, 1);
    h.cars[0].phases = L1;
    h.in[0].switching = SWITCHING_IDLE_ONLY;
    for (int s = 0; s < 60 && why() != CONTROL_CHOOSING; s++)
        sun(2500, 1);
    ck_assert_int_eq(why(), CONTROL_CHOOSING);
    sun(9000, 120);
    ck_assert_int_eq(h.cars[0].closed, 3);
    ck_assert_int_eq(h.decisions[0].load, L1);
    sun(-500, HOLD_S + 60);
    ck_assert_int_eq(ma(), 0);
    sun(3000, 0);
    ck_assert_int_lt(until_charging(900), 900);
}
END_TEST
START_TEST(a_box_that_does_not_switch_is_left_alone)
{
    begin(CHARGE_MODE_SOLAR_PURE, 3);
    h.cars[0].stuck = true;
    sun(2500, 60);
    ck_assert_int_eq(why(), CONTROL_SWITCHING);
    house_run(&h, 600);
    ck_assert_int_eq(h.decisions[0].contacts, 0);
    sun(6000, 60); /* what it has is used */
    ck_range(ma(), 8500, 8800);
}
END_TEST
START_TEST(a_box_that_does_not_say_is_not_switched)
{
    begin(CHARGE_MODE_SOLAR_PURE, 3);
    h.cars[0].switches = false;
    h.in[0].contacts_closed.set = false;
    sun(2500, 300);
    ck_assert_int_eq(h.decisions[0].contacts, 0);
    ck_assert_int_eq(why(), CONTROL_WAIT_SURPLUS);
}
END_TEST
/* Nobody knows that this car uses one phase only: one hold tells, and then 1.4 kW are enough. */
START_TEST(a_car_behind_fixed_contacts_is_tried_once)
{
    begin(CHARGE_MODE_SOLAR_PURE, 3);
    h.cars[0].switches = false;
    h.in[0].contacts_closed.set = false;
    sun(1900, 2 * CHECK_S); /* less than half of three phases */
    ck_assert_int_eq(ma(), 0);
    sun(2500, HOLD_S - 10);
    ck_assert_int_eq(ma(), 0);
    house_run(&h, 30);
    ck_assert_int_eq(ma(), 6000);
    house_run(&h, HOLD_S);
    ck_assert_int_eq(ma(), 0); /* it uses three */
    house_run(&h, 3 * CHECK_S);
    ck_assert_int_eq(ma(), 0);
    h.cars[0].plugged = false;
    house_run(&h, 10);
    h.cars[0].plugged = true;
    h.cars[0].phases = L1;
    house_run(&h, HOLD_S + 60);
    ck_range(ma(), 10500, 11000);
}
END_TEST
START_TEST(a_switch_is_reported_once)
{
    int n = 0;
    begin(CHARGE_MODE_SOLAR_PURE, 3);
    sun(2500, 0);
    for (int s = 0; s < 60; s++) {
        house_second(&h);
        n += h.decisions[0].switched_to == 1;
        ck_assert_int_ne(h.decisions[0].switched_to, 3);
    }
    ck_assert_int_eq(n, 1);
}
END_TEST
/* Start power 1.4 kW of solar_plus: one phase will do, whatever its share says. */
START_TEST(solar_plus_with_little_power_uses_one_phase)
{
    begin(CHARGE_MODE_SOLAR_PLUS, 3);
    h.in[0].start_power_w = SOME_I32(2000);
    h.in[0].solar_share_pm = 500;
    sun(1200, 60); /* the dead band may hide 140 W of it */
    ck_assert_int_eq(h.cars[0].closed, 1);
    ck_range(ma(), 8600, 8800);
    ck_assert_int_eq(why(), CONTROL_PLUS);
    sun(9000, 0);
    ck_range(until_closed(3, 2 * CHECK_S), 1, CHECK_S + 30);
    sun(9000, 300);
    ck_range(ma(), 12500, 13200);
    sun(1500, HOLD_S + 60);
    ck_assert_int_eq(h.cars[0].closed, 1);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("phases");
    tcase_add_test(t, starts_on_one_phase_when_three_are_not_carried);
    tcase_add_test(t, starts_on_three_phases_when_they_are_carried);
    tcase_add_test(t, goes_up_at_107_percent_at_the_next_look);
    tcase_add_test(t, looks_every_fifteen_minutes_only);
    tcase_add_test(t, goes_down_after_the_hold_and_pauses);
    tcase_add_test(t, stops_after_the_hold_when_one_phase_is_too_much);
    tcase_add_test(t, sun_that_is_back_takes_it_up_before_it_charges);
    tcase_add_test(t, a_person_chooses_the_phases);
    tcase_add_loop_test(t, some_cars_must_not_be_switched, 0, COUNT_OF(rules));
    tcase_add_test(t, a_car_that_was_just_stopped_is_not_idle);
    tcase_add_test(t, a_switch_before_a_turn_stops_nobody);
    tcase_add_test(t, the_pause_of_a_car_counts);
    tcase_add_test(t, auto_in_power_mode_means_three);
    tcase_add_test(t, power_mode_drops_to_one_phase_when_only_one_is_free);
    tcase_add_test(t, full_power_does_not_wait_for_the_choice_of_phases);
    tcase_add_test(t, a_car_on_one_phase_is_not_switched_for_nothing);
    tcase_add_test(t, what_was_waited_for_once_holds_nobody_back_later);
    tcase_add_test(t, a_box_that_does_not_switch_is_left_alone);
    tcase_add_test(t, a_box_that_does_not_say_is_not_switched);
    tcase_add_test(t, a_car_behind_fixed_contacts_is_tried_once);
    tcase_add_test(t, a_switch_is_reported_once);
    tcase_add_test(t, solar_plus_with_little_power_uses_one_phase);
    Suite *s = suite_create("phases");
    suite_add_tcase(s, t);
    return run_suite(s);
}
