/* SPDX-License-Identifier: Apache-2.0
 * Loads: what each kind makes of its mode, thresholds and delays, shortest run and rest, and of
 * priorities against cars. */
#include "tests/unit/surplus-controller/load_house.h"
#include <check.h>
#include "tests/unit/run.h"

enum { FUSE_MA = 35000 };
static struct load_house l;

/* ---- powers ---- */
START_TEST(watts_survive_the_way_through_milliamperes)
{
    for (int lanes = 1; lanes <= 3; lanes += 2)
        for (int32_t w = 0; w < 30000; w += 7)
            ck_assert_int_eq(load_w(load_ma(w, lanes), lanes), w);
}
END_TEST

/* ---- modes ---- */
static const struct mode_row {
    enum control_load_kind kind;
    enum load_mode mode;
    bool sun, contacts; /* contacts: both of SG Ready */
    int on;             /* -1: not said */
    enum sg_state sg;
    const char *why;
} modes[] = {
    {CONTROL_LOAD_SWITCHED, LOAD_MODE_OFF, true, 0, 0, SG_STATE_UNSET, "load_off"},
    {CONTROL_LOAD_SWITCHED, LOAD_MODE_ON, false, 0, 1, SG_STATE_UNSET, "load_on"},
    {CONTROL_LOAD_SWITCHED, LOAD_MODE_SOLAR, false, 0, 0, SG_STATE_UNSET, "load_wait_surplus"},
    {CONTROL_LOAD_SWITCHED, LOAD_MODE_SOLAR, true, 0, 1, SG_STATE_UNSET, "load_surplus"},
    {CONTROL_LOAD_POWER, LOAD_MODE_OFF, true, 0, 0, SG_STATE_UNSET, "load_off"},
    {CONTROL_LOAD_POWER, LOAD_MODE_ON, false, 0, 1, SG_STATE_UNSET, "load_on"},
    {CONTROL_LOAD_POWER, LOAD_MODE_SOLAR, false, 0, 0, SG_STATE_UNSET, "load_wait_surplus"},
    {CONTROL_LOAD_POWER, LOAD_MODE_SOLAR, true, 0, 1, SG_STATE_UNSET, "load_surplus"},
    {CONTROL_LOAD_SG_READY, LOAD_MODE_OFF, true, true, -1, SG_STATE_BLOCK, "load_off_blocked"},
    {CONTROL_LOAD_SG_READY, LOAD_MODE_OFF, true, false, -1, SG_STATE_NORMAL, "load_off"},
    {CONTROL_LOAD_SG_READY, LOAD_MODE_NORMAL, true, true, -1, SG_STATE_NORMAL, "load_normal"},
    {CONTROL_LOAD_SG_READY, LOAD_MODE_SOLAR, false, true, -1, SG_STATE_NORMAL, "load_wait_surplus"},
    {CONTROL_LOAD_SG_READY, LOAD_MODE_SOLAR, true, true, -1, SG_STATE_RECOMMENDED, "load_surplus"},
    {CONTROL_LOAD_SG_READY, LOAD_MODE_SOLAR, true, false, -1, SG_STATE_RECOMMENDED, "load_surplus"},
    {CONTROL_LOAD_SG_READY, LOAD_MODE_ON, false, true, -1, SG_STATE_FORCED, "load_on"},
    {CONTROL_LOAD_SG_READY, LOAD_MODE_ON, false, false, -1, SG_STATE_RECOMMENDED, "load_on"},
    {CONTROL_LOAD_GENERATOR, LOAD_MODE_OFF, true, 0, 0, SG_STATE_UNSET, "load_off"},
    {CONTROL_LOAD_GENERATOR, LOAD_MODE_ON, true, 0, 1, SG_STATE_UNSET, "load_on"},
    {CONTROL_LOAD_GENERATOR, LOAD_MODE_NORMAL, true, 0, -1, SG_STATE_UNSET, "load_normal"},
};
START_TEST(every_kind_in_every_mode)
{
    const struct mode_row *r = &modes[_i];
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, r->kind, 2000, r->mode);
    l.conf[k].can_block = l.conf[k].can_force = r->contacts;
    loads_house_w(&l, r->sun ? -3000 : 500);
    loads_start(&l);
    loads_run(&l, 180);
    ck_assert_msg(strcmp(loads_why(&l, k), r->why) == 0, "row %d: %s, not %s", _i, loads_why(&l, k),
                  r->why);
    ck_assert_int_eq(l.out[k].on.set ? l.out[k].on.v : -1, r->on);
    ck_assert_int_eq(l.out[k].sg, r->sg);
    ck_assert_int_eq(l.out[k].power_w, loads_runs(&l, k) ? 2000 : 0);
    ck_assert_int_eq(l.out[k].fault, LOAD_FAULT_NONE);
    ck_assert(loads_decision(&l, k)->send);
}
END_TEST
START_TEST(every_reason_of_a_load_is_a_sentence)
{
    for (int c = CONTROL_LOAD_OFFLINE; c <= CONTROL_LOAD_SETTLING; c++) {
        struct reason out;
        control_reason_text(&(struct control_reason){(enum control_code)c, {7, 8, 9}, 0}, "cellar",
                            &out);
        ck_assert(strncmp(out.code, "load_", 5) == 0);
        ck_assert_ptr_null(strchr(out.text, '{'));
        ck_assert(out.text[strlen(out.text) - 1] == '.');
        ck_assert(control_reason_limit((enum control_code)c) != LIMIT_NONE);
        for (int p = 0; p < out.params_n; p++) { /* what the text says is there as a number too */
            const struct param *q = &out.params[p];
            char digits[2] = {(char)('7' + p), '\0'};
            ck_assert(q->text[0] || strstr(out.text, digits));
        }
    }
}
END_TEST

/* ---- thresholds ---- */
START_TEST(starts_after_the_delay_and_stops_after_the_other)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_SWITCHED, 2000, LOAD_MODE_SOLAR);
    loads_house_w(&l, 300);
    loads_start(&l);
    loads_run(&l, 30);
    loads_house_w(&l, -2500);
    int s = loads_seconds_until(&l, k, true, 300);
    ck_assert_int_ge(s, ON_DELAY_S);
    ck_assert_int_le(s, ON_DELAY_S + 15); /* and the mean */
    loads_run(&l, 900);                   /* its own draw does not hide the surplus */
    ck_assert(loads_runs(&l, k));
    ck_assert_str_eq(loads_why(&l, k), "load_surplus");
    loads_house_w(&l, -1000);
    loads_run(&l, 60);
    ck_assert_str_eq(loads_why(&l, k), "load_hold");
    ck_assert(loads_decision(&l, k)->next_mono_ms.set);
    s = loads_seconds_until(&l, k, false, 600);
    ck_assert_int_ge(s, OFF_DELAY_S - 70);
    ck_assert_int_le(s, OFF_DELAY_S - 45);
    ck_assert_str_eq(loads_why(&l, k), "load_wait_surplus");
}
END_TEST
START_TEST(a_cloud_shorter_than_the_delay_changes_nothing)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_SWITCHED, 2000, LOAD_MODE_SOLAR);
    loads_house_w(&l, -2500);
    loads_start(&l);
    ck_assert_int_lt(loads_seconds_until(&l, k, true, 300), 300);
    for (int round = 0; round < 5; round++) {
        loads_house_w(&l, -500);
        loads_run(&l, OFF_DELAY_S - 30);
        loads_house_w(&l, -2500);
        loads_run(&l, 60);
        ck_assert(loads_runs(&l, k));
    }
    loads_house_w(&l, 300); /* and the start counts from anew */
    ck_assert_int_lt(loads_seconds_until(&l, k, false, 600), 600);
    for (int round = 0; round < 5; round++) {
        loads_house_w(&l, -2500);
        loads_run(&l, ON_DELAY_S - 15);
        loads_house_w(&l, 300);
        loads_run(&l, 30);
        ck_assert(!loads_runs(&l, k));
    }
}
END_TEST
START_TEST(thresholds_may_ask_for_more_or_be_content_with_less)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int eager = loads_add(&l, CONTROL_LOAD_SWITCHED, 2000, LOAD_MODE_SOLAR);
    l.conf[eager].on_above_w = 1500;
    l.conf[eager].off_below_w = 500;
    loads_house_w(&l, -1400);
    loads_start(&l);
    loads_run(&l, 600);
    ck_assert(!loads_runs(&l, eager));
    loads_house_w(&l, -1800);
    ck_assert_int_lt(loads_seconds_until(&l, eager, true, 300), 300);
    loads_house_w(&l, -800);
    loads_run(&l, 1800);
    ck_assert(loads_runs(&l, eager));
    loads_house_w(&l, -300);
    ck_assert_int_lt(loads_seconds_until(&l, eager, false, 600), 600);
}
END_TEST
START_TEST(a_rod_follows_the_sun)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_POWER, 9000, LOAD_MODE_SOLAR);
    loads_taker(&l, k)->phases = ALL_PHASES;
    loads_taker(&l, k)->max_ma = load_ma(9000, 3);
    l.device[k].metered = true;
    for (int32_t sun = 500; sun <= 11000; sun += 1500) {
        loads_house_w(&l, -sun);
        if (sun == 500)
            loads_start(&l);
        loads_run(&l, 180);
        int32_t want = sun - 100 < 9000 ? sun - 100 : 9000, is = l.out[k].power_w;
        ck_assert_msg(is <= want + 150 && is >= want - 300, "%d W of sun: %d W", sun, is);
    }
    int32_t is = l.out[k].power_w; /* nothing moves, so nothing is moved */
    for (int s = 0; s < 600; s++) {
        loads_second(&l);
        ck_assert_int_eq(l.out[k].power_w, is);
    }
    loads_house_w(&l, 300);
    loads_run(&l, 60);
    ck_assert_int_le(l.out[k].power_w, 1); /* its least is next to nothing */
    ck_assert_int_lt(loads_seconds_until(&l, k, false, 600), 600);
}
END_TEST
/* Little current is what it was given, not a device without use for more. */
START_TEST(a_rod_at_low_power_is_not_taken_for_a_hot_one)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_POWER, 9000, LOAD_MODE_SOLAR);
    loads_taker(&l, k)->phases = 7;
    loads_taker(&l, k)->max_ma = load_ma(9000, 3);
    l.device[k].metered = true;
    loads_house_w(&l, -350);
    loads_start(&l);
    ck_assert_int_lt(loads_seconds_until(&l, k, true, 300), 300);
    for (int s = 0; s < 900; s++) {
        loads_second(&l);
        ck_assert_int_le(l.out[k].power_w, 500);
    }
}
END_TEST
/* When its thermostat closes it may take what the sun leaves, no more. */
START_TEST(a_hot_rod_is_offered_no_more_than_the_sun)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_POWER, 6000, LOAD_MODE_SOLAR);
    l.device[k].metered = true;
    l.device[k].wants_w = 0;
    loads_house_w(&l, -2000);
    loads_start(&l);
    loads_run(&l, 600);
    ck_assert(loads_runs(&l, k));
    ck_assert_int_ge(l.out[k].power_w, 1500);
    ck_assert_int_le(l.out[k].power_w, 2200);
}
END_TEST
START_TEST(a_power_of_a_person_is_the_most_it_gets)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_POWER, 3000, LOAD_MODE_ON);
    loads_start(&l);
    loads_run(&l, 60);
    ck_assert_int_eq(l.out[k].power_w, 3000);
    l.in[k].max_power_w = SOME_I32(1200);
    loads_run(&l, 2);
    ck_assert_int_eq(l.out[k].power_w, 1200);
    ck_assert_str_eq(loads_why(&l, k), "load_max_power");
    loads_taker(&l, k)->min_ma = load_ma(1500, 1);
    loads_run(&l, 2);
    ck_assert_int_eq(l.out[k].power_w, 0);
    ck_assert_str_eq(loads_why(&l, k), "load_max_power_low");
}
END_TEST

/* ---- shortest run and rest ---- */
START_TEST(runs_and_rests_for_its_time)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_SWITCHED, 2000, LOAD_MODE_OFF);
    l.conf[k].min_run_ms = 600000;
    l.conf[k].min_rest_ms = 900000;
    loads_start(&l);
    loads_run(&l, 10);
    l.in[k].mode = LOAD_MODE_ON; /* never switched yet: nothing to rest from */
    loads_run(&l, 2);
    ck_assert(loads_runs(&l, k));
    l.in[k].mode = LOAD_MODE_OFF;
    loads_run(&l, 2);
    ck_assert_str_eq(loads_why(&l, k), "load_min_run");
    ck_assert(loads_decision(&l, k)->next_mono_ms.set);
    int s = loads_seconds_until(&l, k, false, 1000);
    ck_assert_int_ge(s, 595);
    ck_assert_int_le(s, 600);
    ck_assert_str_eq(loads_why(&l, k), "load_off");
    l.in[k].mode = LOAD_MODE_ON;
    loads_run(&l, 2);
    ck_assert_str_eq(loads_why(&l, k), "load_rest");
    s = loads_seconds_until(&l, k, true, 1000);
    ck_assert_int_ge(s, 895);
    ck_assert_int_le(s, 900);
}
END_TEST
START_TEST(lack_of_sun_waits_for_the_shortest_run)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_SWITCHED, 2000, LOAD_MODE_SOLAR);
    l.conf[k].min_run_ms = 1800000;
    loads_house_w(&l, -2500);
    loads_start(&l);
    ck_assert_int_lt(loads_seconds_until(&l, k, true, 300), 300);
    loads_house_w(&l, 500);
    loads_run(&l, OFF_DELAY_S + 60);
    ck_assert_str_eq(loads_why(&l, k), "load_min_run");
    int s = loads_seconds_until(&l, k, false, 2000);
    ck_assert_int_ge(s, 1800 - OFF_DELAY_S - 65);
    ck_assert_int_le(s, 1800 - OFF_DELAY_S - 55);
}
END_TEST
START_TEST(a_lost_grid_meter_waits_for_it_and_starts_nothing)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int sun = loads_add(&l, CONTROL_LOAD_SWITCHED, 1000, LOAD_MODE_SOLAR);
    int on = loads_add(&l, CONTROL_LOAD_SWITCHED, 1000, LOAD_MODE_ON);
    int later = loads_add(&l, CONTROL_LOAD_SWITCHED, 1000, LOAD_MODE_OFF);
    l.conf[on].min_run_ms = 120000;
    loads_house_w(&l, -2500);
    loads_start(&l);
    ck_assert_int_lt(loads_seconds_until(&l, sun, true, 300), 300);
    loads_run(&l, 120);
    l.h.meter_dead = true;
    loads_run(&l, 30);
    l.in[later].mode = LOAD_MODE_ON;
    loads_run(&l, 10);
    ck_assert(!loads_runs(&l, on)); /* its fallback is off */
    ck_assert_str_eq(loads_why(&l, on), "load_meter_lost");
    ck_assert(!loads_runs(&l, later));
    ck_assert(loads_runs(&l, sun)); /* until its delay has passed */
    loads_run(&l, OFF_DELAY_S);
    ck_assert(!loads_runs(&l, sun));
    l.h.meter_dead = false;
    loads_run(&l, 10);
    ck_assert(loads_runs(&l, on));
    l.h.meter_dead = true;
    loads_run(&l, 30);
    ck_assert_str_eq(loads_why(&l, on), "load_min_run");
    loads_run(&l, 100);
    ck_assert(!loads_runs(&l, on));
}
END_TEST

/* ---- with cars ---- */
static const struct share_row {
    const char *what;
    int32_t fuse_ma, load_w;
    int car_priority, load_priority;
    int32_t car_ma; /* expected, within 400 mA */
    bool runs;
    const char *why;
} shares[] = {
    {"both fit", 35000, 3000, 1, 2, 16000, true, "load_on"},
    {"the car gives way above its minimum", 20000, 3000, 1, 2, 6800, true, "load_on"},
    {"the car is first, the load does not fit", 16000, 3000, 1, 2, 15800, false, "load_turn"},
    {"the load is first, the car does not fit", 16000, 3000, 2, 1, 0, true, "load_on"},
    {"neither", 5500, 3000, 1, 2, 0, false, "load_circuit_off"},
};
START_TEST(priorities_of_cars_and_loads)
{
    const struct share_row *r = &shares[_i];
    loads_init(&l, 1, CHARGE_MODE_POWER, r->fuse_ma);
    int k = loads_add(&l, CONTROL_LOAD_SWITCHED, r->load_w, LOAD_MODE_ON);
    l.h.chargers[0].priority = (uint8_t)r->car_priority;
    loads_taker(&l, k)->priority = (uint8_t)r->load_priority;
    loads_start(&l);
    loads_run(&l, 180);
    int32_t off = l.h.decisions[0].current_ma - r->car_ma;
    ck_assert_msg(off >= -400 && off <= 400, "%s: the car has %d mA", r->what,
                  l.h.decisions[0].current_ma);
    ck_assert_msg(loads_runs(&l, k) == r->runs, "%s", r->what);
    ck_assert_str_eq(loads_why(&l, k), r->why);
    ck_assert_int_le(house_grid_ma(&l.h, 0), r->fuse_ma);
}
END_TEST
START_TEST(the_sun_goes_by_priority)
{
    for (int load_first = 0; load_first < 2; load_first++) {
        loads_init(&l, 1, CHARGE_MODE_SOLAR_PURE, FUSE_MA);
        int k = loads_add(&l, CONTROL_LOAD_SWITCHED, 2000, LOAD_MODE_SOLAR);
        l.h.chargers[0].priority = load_first ? 2 : 1;
        loads_taker(&l, k)->priority = load_first ? 1 : 2;
        loads_house_w(&l, -5500); /* 4140 W for the car or 2000 W for the load, not both */
        loads_start(&l);
        loads_run(&l, 1200);
        ck_assert_int_eq(l.h.decisions[0].current_ma > 0, !load_first);
        ck_assert_int_eq(loads_runs(&l, k), load_first);
        /* Enough for both: what the first can take, and the second. */
        loads_house_w(&l, load_first ? -7000 : -13500);
        loads_run(&l, 600);
        ck_assert_int_gt(l.h.decisions[0].current_ma, 0);
        ck_assert(loads_runs(&l, k));
        int32_t grid_w = 0;
        for (int p = 0; p < PHASES; p++)
            grid_w += house_grid_ma(&l.h, p) * 230 / 1000;
        ck_assert_int_le(grid_w, 150); /* both together live on the sun */
        ck_assert_int_ge(grid_w, -700);
    }
}
END_TEST
START_TEST(a_load_does_not_start_from_what_is_coming_to_a_car)
{
    loads_init(&l, 1, CHARGE_MODE_SOLAR_PURE, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_SWITCHED, 1000, LOAD_MODE_SOLAR);
    l.conf[k].on_delay_ms = 0;
    loads_house_w(&l, -9000);
    loads_start(&l);
    for (int s = 0; s < 900;
         s++) { /* the car is of higher priority and takes all of it, step by step */
        loads_second(&l);
        ck_assert(!loads_runs(&l, k));
    }
    ck_assert_int_ge(l.h.decisions[0].current_ma, 12000);
    loads_house_w(&l, -13000); /* more than it can take */
    ck_assert_int_lt(loads_seconds_until(&l, k, true, 300), 300);
    loads_run(&l, 60);
    ck_assert(loads_runs(&l, k));
    ck_assert_int_ge(l.h.decisions[0].current_ma, 15900);
}
END_TEST
START_TEST(an_overload_sheds_by_inverse_priority)
{
    loads_init(&l, 1, CHARGE_MODE_POWER, FUSE_MA);
    int mid = loads_add(&l, CONTROL_LOAD_SWITCHED, 2000, LOAD_MODE_ON);
    int last = loads_add(&l, CONTROL_LOAD_SWITCHED, 2000, LOAD_MODE_ON);
    loads_taker(&l, last)->priority = 3;
    loads_start(&l);
    loads_run(&l, 60);
    ck_assert(loads_runs(&l, mid) && loads_runs(&l, last));
    l.others_ma[0] = 18000; /* 6 A for the car, 8.7 A for one of the two */
    loads_run(&l, 3);
    ck_assert_int_ge(l.h.decisions[0].current_ma, 6000);
    ck_assert(loads_runs(&l, mid) && !loads_runs(&l, last));
    ck_assert_str_eq(loads_why(&l, last), "load_turn");
    l.others_ma[0] = 27000;
    loads_run(&l, 8);
    ck_assert_int_ge(l.h.decisions[0].current_ma, 6000);
    ck_assert(!loads_runs(&l, mid));
    ck_assert_int_le(house_grid_ma(&l.h, 0), FUSE_MA);
}
END_TEST
START_TEST(a_load_within_its_shortest_run_comes_first_but_not_before_the_fuse)
{
    loads_init(&l, 1, CHARGE_MODE_POWER, 16000);
    int k = loads_add(&l, CONTROL_LOAD_SWITCHED, 2300, LOAD_MODE_ON);
    l.conf[k].min_run_ms = 600000;
    l.h.cars[0].plugged = false;
    loads_start(&l);
    loads_run(&l, 30);
    ck_assert(loads_runs(&l, k));
    l.h.cars[0].plugged = true; /* the car is of higher priority, and waits */
    loads_run(&l, 60);
    ck_assert(loads_runs(&l, k));
    ck_assert_int_eq(l.h.decisions[0].current_ma, 0);
    l.others_ma[0] = 7000; /* nobody runs into a fuse for it */
    loads_run(&l, 3);
    ck_assert(!loads_runs(&l, k));
    ck_assert_int_le(house_grid_ma(&l.h, 0), 16000);
}
END_TEST
START_TEST(a_measured_load_leaves_to_others_what_it_does_not_take)
{
    for (int metered = 0; metered < 2; metered++) {
        loads_init(&l, 1, CHARGE_MODE_SOLAR_PURE, FUSE_MA);
        int k = loads_add(&l, CONTROL_LOAD_SWITCHED, 3000, LOAD_MODE_SOLAR);
        loads_taker(&l, k)->priority = 1;
        l.h.chargers[0].priority = 2;
        l.device[k].metered = metered;
        l.device[k].wants_w = 800;
        loads_house_w(&l, -6500);
        loads_start(&l);
        loads_run(&l, 1800);
        ck_assert(loads_runs(&l, k));
        ck_assert_int_gt(l.h.decisions[0].current_ma, 0); /* 6.5 - 3 kW would not carry a car */
        l.device[k].wants_w = 3000; /* it wants all of it again: the car goes */
        loads_run(&l, 1200);
        ck_assert(loads_runs(&l, k));
        ck_assert_int_eq(l.h.decisions[0].current_ma, 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("loads");
    TCase *t = tcase_create("loads");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, watts_survive_the_way_through_milliamperes);
    tcase_add_loop_test(t, every_kind_in_every_mode, 0, COUNT_OF(modes));
    tcase_add_test(t, every_reason_of_a_load_is_a_sentence);
    tcase_add_test(t, starts_after_the_delay_and_stops_after_the_other);
    tcase_add_test(t, a_cloud_shorter_than_the_delay_changes_nothing);
    tcase_add_test(t, thresholds_may_ask_for_more_or_be_content_with_less);
    tcase_add_test(t, a_rod_follows_the_sun);
    tcase_add_test(t, a_rod_at_low_power_is_not_taken_for_a_hot_one);
    tcase_add_test(t, a_hot_rod_is_offered_no_more_than_the_sun);
    tcase_add_test(t, a_power_of_a_person_is_the_most_it_gets);
    tcase_add_test(t, runs_and_rests_for_its_time);
    tcase_add_test(t, lack_of_sun_waits_for_the_shortest_run);
    tcase_add_test(t, a_lost_grid_meter_waits_for_it_and_starts_nothing);
    tcase_add_loop_test(t, priorities_of_cars_and_loads, 0, COUNT_OF(shares));
    tcase_add_test(t, the_sun_goes_by_priority);
    tcase_add_test(t, a_load_does_not_start_from_what_is_coming_to_a_car);
    tcase_add_test(t, an_overload_sheds_by_inverse_priority);
    tcase_add_test(t, a_load_within_its_shortest_run_comes_first_but_not_before_the_fuse);
    tcase_add_test(t, a_measured_load_leaves_to_others_what_it_does_not_take);
    suite_add_tcase(s, t);
    return run_suite(s);
}
