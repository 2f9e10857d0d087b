/* SPDX-License-Identifier: Apache-2.0
 * Loads: heat pumps that run by themselves, the grid operator and the SG Ready block, generators,
 * devices that do not obey, and restarts. */
#include "services/surplus-controller/core/resume.h"
#include "tests/unit/surplus-controller/load_house.h"
#include <check.h>
#include "tests/unit/run.h"

enum { FUSE_MA = 35000 };
static struct load_house l;

static void limit(int32_t w)
{
    l.h.snap.consume_w = SOME_I32(w);
}
static void no_limit(void)
{
    l.h.snap.consume_w = (struct opt_i32){0};
}
/* ---- SG Ready by itself ---- */
START_TEST(a_measured_heat_pump_by_itself_is_no_surplus_for_a_car)
{
    for (int metered = 0; metered < 2; metered++) {
        loads_init(&l, 1, CHARGE_MODE_SOLAR_PURE, FUSE_MA);
        int k = loads_add(&l, CONTROL_LOAD_SG_READY, 3000, LOAD_MODE_NORMAL);
        l.device[k].metered = metered;
        l.device[k].own_w = 2000;
        loads_house_w(&l, -5500); /* 3.5 kW are left: not enough */
        loads_start(&l);
        loads_run(&l, 280); /* before a car of unknown phases is tried */
        ck_assert_int_eq(l.h.decisions[0].current_ma, 0);
        ck_assert_int_eq(l.h.out.load_w > 1900, metered); /* else it is the house */
        l.device[k].own_w = 500;
        loads_run(&l, 600);
        ck_assert_int_gt(l.h.decisions[0].current_ma, 6000);
    }
}
END_TEST
START_TEST(its_own_draw_is_part_of_what_encourages_it)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_SG_READY, 3000, LOAD_MODE_SOLAR);
    l.device[k].metered = true;
    l.device[k].own_w = 1500;
    loads_house_w(&l, -3300); /* 1.8 kW at the meter, and 1.5 kW that it takes already */
    loads_start(&l);
    ck_assert_int_lt(loads_seconds_until(&l, k, true, 300), 300);
    ck_assert_int_eq(l.out[k].sg, SG_STATE_RECOMMENDED);
    loads_run(&l, 900);
    ck_assert_int_eq(l.out[k].sg, SG_STATE_RECOMMENDED);
}
END_TEST
START_TEST(what_runs_by_itself_is_kept_free_under_the_fuse)
{
    loads_init(&l, 1, CHARGE_MODE_POWER, 20000);
    int k = loads_add(&l, CONTROL_LOAD_SG_READY, 3000, LOAD_MODE_NORMAL);
    l.device[k].metered = true;
    loads_start(&l);
    loads_run(&l, 60);
    ck_assert_int_eq(l.h.decisions[0].current_ma, 16000);
    l.device[k].own_w = 3000;
    for (int s = 0; s < 300; s++) {
        loads_second(&l);
        if (s > 5) /* the car needs as long to leave */
            ck_assert_int_le(house_grid_ma(&l.h, 0), 20000);
    }
    ck_assert_int_ge(l.h.decisions[0].current_ma, 6000);
    ck_assert_int_eq(l.out[k].sg, SG_STATE_NORMAL);
}
END_TEST

/* ---- grid operator ---- */
static const struct limit_row {
    const char *what;
    enum control_load_kind kind;
    int32_t power_w, limit_w;
    int32_t expect_w; /* within 60 W */
    const char *why;
} limits[] = {
    {"a rod is cut", CONTROL_LOAD_POWER, 9000, 4200, 4158, "load_grid_limit"},
    {"a rod has room", CONTROL_LOAD_POWER, 3000, 4200, 3000, "load_on"},
    {"a contact opens", CONTROL_LOAD_SWITCHED, 5000, 4200, 0, "load_grid_limit_off"},
    {"a contact has room", CONTROL_LOAD_SWITCHED, 4000, 4200, 4000, "load_on"},
    {"zero", CONTROL_LOAD_POWER, 3000, 0, 0, "load_grid_limit_off"},
};
START_TEST(the_grid_operator_reaches_loads)
{
    const struct limit_row *r = &limits[_i];
    loads_init(&l, 0, CHARGE_MODE_LOCK, 63000);
    int k = loads_add(&l, r->kind, r->power_w, LOAD_MODE_ON);
    l.conf[k].min_run_ms = 3600000; /* does not count here */
    loads_house_w(&l, 500);
    loads_start(&l);
    loads_run(&l, 60);
    ck_assert_int_eq(l.out[k].power_w, r->power_w);
    limit(r->limit_w);
    loads_second(&l);
    int32_t off = l.out[k].power_w - r->expect_w;
    ck_assert_msg(off >= -60 && off <= 60, "%s: %d W", r->what, l.out[k].power_w);
    ck_assert_str_eq(loads_why(&l, k), r->why);
    no_limit();
    loads_run(&l, 30);
    ck_assert_int_eq(l.out[k].power_w, r->power_w);
}
END_TEST
START_TEST(cars_give_way_before_a_heat_pump_is_blocked)
{
    for (int metered = 0; metered < 2; metered++) {
        loads_init(&l, 1, CHARGE_MODE_POWER, FUSE_MA);
        int k = loads_add(&l, CONTROL_LOAD_SG_READY, 3000, LOAD_MODE_NORMAL);
        l.device[k].metered = metered;
        l.device[k].own_w = 3000;
        loads_start(&l);
        loads_run(&l, 60);
        ck_assert_int_eq(l.h.decisions[0].current_ma, 16000);
        limit(4200);
        loads_run(&l, 10);
        ck_assert_int_eq(l.out[k].sg, SG_STATE_NORMAL);
        ck_assert_int_eq(l.h.decisions[0].current_ma, 0); /* 1.2 kW are no 6 A on three phases */
        limit(8000);
        loads_run(&l, 60);
        ck_assert_int_ge(l.h.decisions[0].current_ma, 6000);
        ck_assert_int_le(l.h.decisions[0].current_ma, 7250);
        limit(2000);
        loads_run(&l, 3);
        ck_assert_int_eq(l.out[k].sg, SG_STATE_BLOCK);
        ck_assert_str_eq(loads_why(&l, k), "load_blocked");
        ck_assert_int_eq(l.h.decisions[0].current_ma, 0);
        no_limit();
        loads_run(&l, 3);
        ck_assert_int_eq(l.out[k].sg, SG_STATE_NORMAL);
    }
}
END_TEST
START_TEST(a_pump_that_is_known_to_rest_needs_no_block)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_SG_READY, 3000, LOAD_MODE_NORMAL);
    l.device[k].reports = true;
    loads_start(&l);
    limit(1000);
    loads_run(&l, 60);
    ck_assert_int_eq(l.out[k].sg, SG_STATE_NORMAL);
    l.device[k].own_w = 2500;
    loads_run(&l, 2);
    ck_assert_int_eq(l.out[k].sg, SG_STATE_BLOCK);
}
END_TEST
START_TEST(an_encouraged_pump_goes_to_normal_before_it_is_blocked)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_SG_READY, 3000, LOAD_MODE_ON);
    l.conf[k].min_run_ms = 600000;
    l.device[k].metered = true;
    l.device[k].own_w = 900;
    loads_start(&l);
    loads_run(&l, 60);
    ck_assert_int_eq(l.out[k].sg, SG_STATE_FORCED);
    limit(2000);
    loads_second(&l);
    ck_assert_int_eq(l.out[k].sg, SG_STATE_NORMAL);
    loads_run(&l, 600);
    ck_assert_int_eq(l.out[k].sg, SG_STATE_NORMAL);
}
END_TEST
START_TEST(a_block_ends_after_two_hours_and_is_reported)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_SG_READY, 3000, LOAD_MODE_NORMAL);
    int blocked = 0, longest = 0, run = 0, pause = 0, shortest_pause = 1 << 30;
    loads_start(&l);
    limit(1000);
    for (int s = 0; s < 10 * 3600; s++) {
        loads_second(&l);
        bool is = l.out[k].sg == SG_STATE_BLOCK;
        if (is && pause > 5 && blocked)
            shortest_pause = min_i32(shortest_pause, pause);
        if (!is && s > 10) {
            ck_assert_int_eq(l.out[k].fault, LOAD_FAULT_BLOCK_OVER);
            ck_assert_str_eq(loads_why(&l, k), "load_block_over");
        }
        blocked += is;
        run = is ? run + 1 : 0;
        pause = is ? 0 : pause + 1;
        longest = max_i32(longest, run);
    }
    ck_assert_int_le(longest, 7200);
    ck_assert_int_ge(longest, 7199);
    ck_assert_int_ge(shortest_pause, 7199);
    ck_assert_int_le(shortest_pause, 7201);
    ck_assert_int_ge(blocked, 5 * 3600);
    ck_assert_int_le(blocked, 6 * 3600 + 5);
}
END_TEST
START_TEST(a_block_in_pieces_is_one_block)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_SG_READY, 3000, LOAD_MODE_NORMAL);
    int blocked = 0;
    loads_start(&l);
    for (int s = 0; s < 4 * 3600; s++) { /* the limit is gone for a minute in every hour */
        limit(1000);
        if (s % 3600 >= 3540)
            no_limit();
        loads_second(&l);
        blocked += l.out[k].sg == SG_STATE_BLOCK;
    }
    ck_assert_int_le(blocked, 7200);
    ck_assert_int_ge(blocked, 7190);
    limit(1000);
    l.in[k].mode = LOAD_MODE_OFF; /* a person gets no other contact than the operator */
    loads_run(&l, 60);
    ck_assert_int_eq(l.out[k].sg, SG_STATE_NORMAL);
    loads_run(&l, 3600);
    ck_assert_int_eq(l.out[k].sg, SG_STATE_BLOCK);
    l.in[k].mode = LOAD_MODE_NORMAL; /* the operator goes on where the person ended */
    loads_run(&l, 3000);
    ck_assert_int_eq(l.out[k].sg, SG_STATE_BLOCK);
    loads_run(&l, 900);
    ck_assert_int_eq(l.out[k].sg, SG_STATE_NORMAL);
}
END_TEST
START_TEST(a_block_does_not_flap_with_the_sun)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_SG_READY, 3000, LOAD_MODE_NORMAL);
    int changes = 0;
    enum sg_state was = SG_STATE_UNSET;
    l.conf[k].min_rest_ms = 600000;
    loads_start(&l);
    limit(2000);
    for (int s = 0; s < 3600; s++) { /* half a minute of sun, half a minute of cloud */
        loads_house_w(&l, s / 30 % 2 ? -4000 : 0);
        loads_second(&l);
        changes += was != SG_STATE_UNSET && l.out[k].sg != was;
        was = l.out[k].sg;
    }
    ck_assert_int_ge(changes, 1);
    ck_assert_int_le(changes, 12);
}
END_TEST

/* ---- generators and bad devices ---- */
START_TEST(a_generator_runs_and_rests_for_its_time_and_takes_nothing)
{
    loads_init(&l, 1, CHARGE_MODE_POWER, 16000);
    int k = loads_add(&l, CONTROL_LOAD_GENERATOR, 5000, LOAD_MODE_NORMAL);
    l.conf[k].min_run_ms = 1800000;
    l.conf[k].min_rest_ms = 600000;
    loads_start(&l);
    loads_run(&l, 60);
    ck_assert(!l.out[k].on.set);
    l.in[k].mode = LOAD_MODE_ON;
    loads_run(&l, 2);
    ck_assert(l.out[k].on.v);
    ck_assert_int_eq(l.out[k].power_w, 5000);
    ck_assert_int_ge(l.h.decisions[0].current_ma, 15500); /* no room was taken from the car */
    ck_assert_int_eq(l.h.out.load_w, 0);
    l.in[k].mode = LOAD_MODE_OFF;
    loads_run(&l, 2);
    ck_assert_str_eq(loads_why(&l, k), "load_min_run");
    int s = loads_seconds_until(&l, k, false, 2000);
    ck_assert(s >= 1795 && s <= 1800);
    l.in[k].mode = LOAD_MODE_ON;
    loads_run(&l, 2);
    ck_assert_str_eq(loads_why(&l, k), "load_rest");
    l.in[k].max_power_w = SOME_I32(3000);
    s = loads_seconds_until(&l, k, true, 700);
    ck_assert(s >= 595 && s <= 600);
    ck_assert_int_eq(l.out[k].power_w, 3000);
}
END_TEST
START_TEST(what_a_generator_did_by_itself_counts_for_its_times)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_GENERATOR, 5000, LOAD_MODE_NORMAL);
    l.conf[k].min_run_ms = 600000;
    loads_start(&l);
    l.in[k].runs = SOME_BOOL(true);
    loads_run(&l, 60);
    l.in[k].mode = LOAD_MODE_OFF;
    loads_run(&l, 2);
    ck_assert(l.out[k].on.v);
    loads_run(&l, 540);
    ck_assert(!l.out[k].on.v);
}
END_TEST
START_TEST(a_device_that_left_external_control_is_not_fought)
{
    static const enum control_load_kind kinds[] = {CONTROL_LOAD_SWITCHED, CONTROL_LOAD_POWER,
                                                   CONTROL_LOAD_SG_READY, CONTROL_LOAD_GENERATOR};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
        int k = loads_add(&l, kinds[i], 2000, LOAD_MODE_ON);
        loads_start(&l);
        loads_run(&l, 60);
        ck_assert(loads_runs(&l, k) && loads_decision(&l, k)->send);
        l.in[k].free = true;
        loads_run(&l, 3);
        ck_assert(!loads_decision(&l, k)->send);
        ck_assert_int_eq(l.out[k].fault, LOAD_FAULT_FREE);
        ck_assert_str_eq(loads_why(&l, k), "load_free");
        l.in[k].free = false;
        loads_run(&l, 30);
        ck_assert(loads_runs(&l, k) && loads_decision(&l, k)->send);
        ck_assert_int_eq(l.out[k].fault, LOAD_FAULT_NONE);
    }
}
END_TEST
START_TEST(a_device_that_does_not_follow_is_reported)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_SWITCHED, 2000, LOAD_MODE_ON);
    l.device[k].reports = l.device[k].deaf = true;
    loads_start(&l);
    loads_run(&l, 295);
    ck_assert_int_eq(l.out[k].fault, LOAD_FAULT_NONE);
    loads_run(&l, 10);
    ck_assert_int_eq(l.out[k].fault, LOAD_FAULT_WILL_NOT);
    l.device[k].w = 2000; /* it does now; then it should rest */
    loads_run(&l, 2);
    ck_assert_int_eq(l.out[k].fault, LOAD_FAULT_NONE);
    l.in[k].mode = LOAD_MODE_OFF;
    loads_run(&l, 290);
    ck_assert_int_eq(l.out[k].fault, LOAD_FAULT_NONE);
    loads_run(&l, 15);
    ck_assert_int_eq(l.out[k].fault, LOAD_FAULT_WILL_STILL);
}
END_TEST
START_TEST(a_hot_rod_is_no_fault)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_POWER, 2000, LOAD_MODE_ON);
    l.device[k].reports = true;
    l.device[k].wants_w = 0;
    loads_start(&l);
    loads_run(&l, 900);
    ck_assert_int_eq(l.out[k].fault, LOAD_FAULT_NONE);
    ck_assert(loads_runs(&l, k));
}
END_TEST
START_TEST(a_silent_device_is_told_nothing_and_keeps_its_room)
{
    loads_init(&l, 1, CHARGE_MODE_POWER, 20000);
    int k = loads_add(&l, CONTROL_LOAD_SWITCHED, 2300, LOAD_MODE_ON);
    loads_taker(&l, k)->fallback_ma = loads_taker(&l, k)->max_ma;
    loads_start(&l);
    loads_run(&l, 120);
    int32_t beside = l.h.decisions[0].current_ma;
    ck_assert_int_le(beside, 10000);
    l.h.in[1].online = false;
    loads_run(&l, 120);
    ck_assert(!loads_decision(&l, k)->send);
    ck_assert_str_eq(loads_why(&l, k), "load_offline");
    ck_assert_int_le(l.h.decisions[0].current_ma, beside + 100);
}
END_TEST

/* ---- restart ---- */
/* Another process with what is kept of the loads and chargers. */
static void restart(void)
{
    struct control_kept_load kept[LOADS_MAX];
    struct control_kept_charger cars[CARS_MAX];
    for (int i = 0; i < l.h.c.chargers_n; i++)
        cars[i] = control_keep_charger(&l.h.charger_states[i], l.h.now);
    for (int k = 0; k < l.h.c.loads_n; k++)
        kept[k] = control_keep_load(&l.h.s, &l.h.c, k, l.h.now);
    house_unfence(&l.h);
    memset(l.state, 0, sizeof l.state);
    memset(l.h.charger_states, 0, sizeof l.h.charger_states);
    memset(l.h.circuit_states, 0, sizeof l.h.circuit_states);
    memset(&l.h.s, 0, sizeof l.h.s);
    loads_start(&l);
    for (int k = 0; k < l.h.c.loads_n; k++)
        control_resume_load(&l.h.s, &l.h.c, k, &kept[k]);
    for (int i = 0; i < l.h.c.chargers_n; i++)
        control_resume_charger(&l.h.s, i, &cars[i]);
}
START_TEST(a_restart_does_not_begin_the_wait_for_the_sun_again)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_SWITCHED, 2000, LOAD_MODE_SOLAR);
    l.conf[k].on_delay_ms = 300000;
    loads_house_w(&l, -2500);
    loads_start(&l);
    loads_run(&l, 200);
    ck_assert_str_eq(loads_why(&l, k), "load_start_delay");
    restart();
    int s = loads_seconds_until(&l, k, true, 400);
    ck_assert_msg(s >= 85 && s <= 125, "%d s", s);
}
END_TEST
START_TEST(a_restart_does_not_begin_the_last_minutes_again)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_SWITCHED, 2000, LOAD_MODE_SOLAR);
    loads_house_w(&l, -2500);
    loads_start(&l);
    ck_assert_int_lt(loads_seconds_until(&l, k, true, 300), 300);
    loads_run(&l, 60);
    loads_house_w(&l, 300);
    loads_run(&l, 200);
    ck_assert_str_eq(loads_why(&l, k), "load_hold");
    restart();
    int s = loads_seconds_until(&l, k, false, 400);
    ck_assert_msg(s >= 80 && s <= 125, "%d s", s);
}
END_TEST
/* A pump that is encouraged and has no use for it leaves the sun to others, before and after. */
START_TEST(a_restart_forgets_nobody_who_takes_nothing)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int pump = loads_add(&l, CONTROL_LOAD_SG_READY, 2200, LOAD_MODE_SOLAR);
    int fan = loads_add(&l, CONTROL_LOAD_SWITCHED, 2800, LOAD_MODE_SOLAR);
    loads_taker(&l, pump)->priority = 1;
    l.conf[fan].on_delay_ms = 600000;
    l.device[pump].metered = true;
    l.device[pump].wants_w = 0;
    loads_house_w(&l, -3600);
    loads_start(&l);
    ck_assert_int_lt(loads_seconds_until(&l, pump, true, 300), 300);
    loads_run(&l, 200);
    ck_assert_str_eq(loads_why(&l, fan), "load_start_delay");
    restart();
    int s = loads_seconds_until(&l, fan, true, 900);
    ck_assert_msg(s <= 460, "%d s", s);
}
END_TEST
/* The meter is heard of first: what the load draws is not the house's, and no reason to stop it. */
START_TEST(what_a_load_draws_is_not_taken_for_the_house_after_a_restart)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, 16000);
    int k = loads_add(&l, CONTROL_LOAD_SWITCHED, 2500, LOAD_MODE_SOLAR);
    loads_house_w(&l, 0);
    l.others_ma[1] = l.others_ma[2] = -16000; /* the sun is on the other phases */
    loads_start(&l);
    ck_assert_int_lt(loads_seconds_until(&l, k, true, 300), 300);
    loads_run(&l, 60);
    restart();
    struct control_charger_in heard = l.h.in[k];
    l.h.in[k] = (struct control_charger_in){0};
    control_step(&l.h.s, &l.h.snap, &l.h.c, l.h.now, &l.h.out);
    ck_assert(!loads_decision(&l, k)->send); /* it can't know yet */
    l.h.in[k] = heard;
    control_step(&l.h.s, &l.h.snap, &l.h.c, l.h.now, &l.h.out); /* the same frame of the meter */
    for (int i = 0; i < 20; i++, loads_second(&l))
        ck_assert_msg(loads_runs(&l, k), "%s", loads_why(&l, k));
}
END_TEST
/* Two pumps that together would be too much for the fuse; one of them is warm and takes nothing. */
START_TEST(a_restart_forgets_not_what_a_load_leaves_to_others)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, 16000);
    int warm = loads_add(&l, CONTROL_LOAD_SG_READY, 2200, LOAD_MODE_SOLAR);
    int cold = loads_add(&l, CONTROL_LOAD_SG_READY, 2200, LOAD_MODE_SOLAR);
    l.device[warm].metered = l.device[cold].metered = true;
    l.device[warm].wants_w = 0;
    l.conf[cold].on_delay_ms = 300000;
    l.others_ma[1] = l.others_ma[2] = -16000;
    loads_start(&l);
    ck_assert_int_lt(loads_seconds_until(&l, warm, true, 300), 300);
    ck_assert_int_lt(loads_seconds_until(&l, cold, true, 600), 600);
    loads_run(&l, 60);
    restart();
    for (int i = 0; i < 30; i++, loads_second(&l))
        ck_assert_msg(loads_runs(&l, warm) && loads_runs(&l, cold), "%d s %s", i,
                      loads_why(&l, warm));
}
END_TEST
START_TEST(a_restart_changes_nothing)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_SWITCHED, 2000, LOAD_MODE_SOLAR);
    l.conf[k].min_run_ms = 1200000;
    loads_house_w(&l, -2500);
    loads_start(&l);
    ck_assert_int_lt(loads_seconds_until(&l, k, true, 300), 300);
    loads_house_w(&l, 300);
    loads_run(&l, 500);
    struct control_decision last = *loads_decision(&l, k);
    restart();
    loads_run(&l, 5);
    ck_assert_int_eq(loads_decision(&l, k)->current_ma, last.current_ma);
    int s = loads_seconds_until(&l, k, false, 1000);
    ck_assert_msg(s >= 1200 - 510 && s <= 1200 - 500, "%d s", s);
}
END_TEST
/* What runs goes on until the mean is full; not who was short of sun before the restart. */
START_TEST(a_delay_ends_although_the_mean_is_new)
{
    loads_init(&l, 0, CHARGE_MODE_LOCK, FUSE_MA);
    int k = loads_add(&l, CONTROL_LOAD_SWITCHED, 2000, LOAD_MODE_SOLAR);
    l.conf[k].min_run_ms = 0;
    l.conf[k].off_delay_ms = 60000;
    loads_house_w(&l, -2500);
    loads_start(&l);
    ck_assert_int_lt(loads_seconds_until(&l, k, true, 300), 300);
    loads_run(&l, 30);
    loads_house_w(&l, 300);
    while (!l.state[k].below.on)
        loads_run(&l, 1);
    loads_run(&l, 57);
    ck_assert_int_gt(loads_decision(&l, k)->current_ma, 0);
    restart();
    loads_run(&l, 5);
    ck_assert_int_eq(loads_decision(&l, k)->current_ma, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("loads by themselves");
    TCase *t = tcase_create("by itself");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_measured_heat_pump_by_itself_is_no_surplus_for_a_car);
    tcase_add_test(t, its_own_draw_is_part_of_what_encourages_it);
    tcase_add_test(t, what_runs_by_itself_is_kept_free_under_the_fuse);
    tcase_add_loop_test(t, the_grid_operator_reaches_loads, 0, COUNT_OF(limits));
    tcase_add_test(t, cars_give_way_before_a_heat_pump_is_blocked);
    tcase_add_test(t, a_pump_that_is_known_to_rest_needs_no_block);
    tcase_add_test(t, an_encouraged_pump_goes_to_normal_before_it_is_blocked);
    tcase_add_test(t, a_block_ends_after_two_hours_and_is_reported);
    tcase_add_test(t, a_block_in_pieces_is_one_block);
    tcase_add_test(t, a_block_does_not_flap_with_the_sun);
    tcase_add_test(t, a_generator_runs_and_rests_for_its_time_and_takes_nothing);
    tcase_add_test(t, what_a_generator_did_by_itself_counts_for_its_times);
    tcase_add_test(t, a_device_that_left_external_control_is_not_fought);
    tcase_add_test(t, a_device_that_does_not_follow_is_reported);
    tcase_add_test(t, a_hot_rod_is_no_fault);
    tcase_add_test(t, a_silent_device_is_told_nothing_and_keeps_its_room);
    tcase_add_test(t, a_restart_does_not_begin_the_wait_for_the_sun_again);
    tcase_add_test(t, a_restart_does_not_begin_the_last_minutes_again);
    tcase_add_test(t, a_restart_forgets_nobody_who_takes_nothing);
    tcase_add_test(t, what_a_load_draws_is_not_taken_for_the_house_after_a_restart);
    tcase_add_test(t, a_restart_forgets_not_what_a_load_leaves_to_others);
    tcase_add_test(t, a_restart_changes_nothing);
    tcase_add_test(t, a_delay_ends_although_the_mean_is_new);
    suite_add_tcase(s, t);
    return run_suite(s);
}
