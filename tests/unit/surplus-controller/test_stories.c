/* SPDX-License-Identifier: Apache-2.0
 * Stories in rows: what happens for how long, then what the first charger is told and why. */
#include "tests/unit/surplus-controller/house.h"
#include <check.h>
#include "tests/unit/run.h"

#define SUN(w)                                                                                     \
    {                                                                                              \
        -(w)*1000 / 690, -(w)*1000 / 690, -(w)*1000 / 690                                          \
    }
struct row {
    int seconds;
    int32_t load_ma[PHASES];
    int32_t lo_ma, hi_ma; /* expected setpoint of charger 0 */
    enum control_code code;
};
static struct house h;

static void play(const struct row *rows, int n)
{
    for (int i = 0; i < n; i++) {
        memcpy(h.load_ma, rows[i].load_ma, sizeof h.load_ma);
        house_run(&h, rows[i].seconds);
        struct reason why;
        control_reason_text(&h.decisions[0].reason, "main", &why);
        int32_t ma = h.decisions[0].current_ma;
        ck_assert_msg(ma >= rows[i].lo_ma && ma <= rows[i].hi_ma,
                      "row %d: %d mA not in %d..%d (%s: %s)", i, ma, rows[i].lo_ma, rows[i].hi_ma,
                      why.code, why.text);
        ck_assert_msg(h.decisions[0].reason.code == rows[i].code, "row %d: %s: %s", i, why.code,
                      why.text);
    }
}
#define PLAY(...)                                                                                  \
    play((const struct row[]){__VA_ARGS__},                                                        \
         (int)(sizeof((const struct row[]){__VA_ARGS__}) / sizeof(struct row)))

START_TEST(solar_pure_follows_the_sun_and_outlives_a_cloud)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    house_start(&h);
    PLAY({30, SUN(4000), 0, 0, CONTROL_WAIT_SURPLUS},  /* 4.0 - 0.1 kW are not 4.14 */
         {30, SUN(4500), 6000, 6400, CONTROL_SURPLUS}, /* 4.4 kW */
         {60, SUN(8000), 11000, 11500, CONTROL_SURPLUS},
         {60, SUN(20000), 16000, 16000, CONTROL_FULL_POWER},
         {30, SUN(2000), 6000, 6000, CONTROL_HOLD}, {200, SUN(2000), 6000, 6000, CONTROL_HOLD},
         {30, SUN(6000), 8000, 8600, CONTROL_SURPLUS}, /* back within the hold: cancelled */
         {280, SUN(0), 6000, 6000, CONTROL_HOLD}, {60, SUN(0), 0, 0, CONTROL_RESTART_WAIT},
         {400, SUN(9000), 0, 0, CONTROL_RESTART_WAIT},
         {120, SUN(9000), 12700, 13000, CONTROL_SURPLUS});
}
END_TEST
START_TEST(one_phase_needs_1400_w)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    h.chargers[0].phases = 1;
    h.cars[0].phases = 1;
    house_start(&h);
    PLAY({30, SUN(1400), 0, 0, CONTROL_WAIT_SURPLUS}, {30, SUN(1700), 6000, 7000, CONTROL_SURPLUS});
    ck_assert_int_eq(h.decisions[0].load, 1);
}
END_TEST
START_TEST(phases_of_the_car_are_detected)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 35000);
    h.chargers[0].max_ma = 32000;
    h.cars[0].phases = 2;
    house_start(&h);
    PLAY({5, {0}, 19000, 20000, CONTROL_IMBALANCE}); /* unknown: at most the imbalance limit */
    ck_assert(!h.decisions[0].load_detected);
    house_run(&h, 20);
    ck_assert_int_eq(h.decisions[0].load, 2);
    ck_assert_int_le(h.decisions[0].current_ma, 20000);
    h.cars[0].plugged = false;
    house_run(&h, 5);
    h.cars[0].plugged = true;
    h.cars[0].phases = ALL_PHASES;
    PLAY({60, {0}, 32000, 32000, CONTROL_FULL_POWER});
}
END_TEST
START_TEST(battery_discharge_is_no_surplus)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    h.c.has_battery = true;
    house_start(&h);
    h.battery_w = 4000; /* charging counts: the car comes first */
    PLAY({30, SUN(5000), 6500, 7200, CONTROL_SURPLUS});
    h.battery_w = -4000; /* carries the car */
    PLAY({30, SUN(0), 6000, 6000, CONTROL_HOLD}, {320, SUN(0), 0, 0, CONTROL_RESTART_WAIT});
}
END_TEST
/* It carries the minimum after the hold for as long as it can; the start is the sun's alone. */
START_TEST(the_house_battery_carries_a_running_car)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    h.c.has_battery = true;
    h.in[0].use_battery = true;
    h.snap.battery_can_w = SOME_I32(5000);
    house_start(&h);
    PLAY({60, SUN(2000), 0, 0, CONTROL_WAIT_SURPLUS},
         {60, SUN(8000), 11000, 11500, CONTROL_SURPLUS}, {290, SUN(1000), 6000, 6000, CONTROL_HOLD},
         {900, SUN(1000), 6000, 6000, CONTROL_BATTERY});
    ck_assert(!h.out.battery.block_discharge);
    h.snap.battery_can_w = SOME_I32(3100); /* 900 W of sun and 3.1 kW are not 4.14 kW */
    PLAY({1, SUN(1000), 0, 0, CONTROL_RESTART_WAIT});
}
END_TEST
START_TEST(a_car_may_be_kept_from_the_house_battery)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 35000);
    h.c.has_battery = true;
    house_start(&h);
    PLAY({60, {1000, 1000, 1000}, 16000, 16000, CONTROL_FULL_POWER});
    ck_assert(h.out.battery.block_discharge);
    ck_assert_int_ge(h.out.battery.may_carry_w, 680); /* the house's 690 W */
    ck_assert_int_le(h.out.battery.may_carry_w, 700);
    h.in[0].use_battery = true;
    house_run(&h, 1);
    ck_assert(!h.out.battery.block_discharge);
    h.in[0].use_battery = false;
    h.in[0].mode = CHARGE_MODE_SOLAR_PURE;
    PLAY({60, SUN(8000), 11000, 11500, CONTROL_SURPLUS});
    ck_assert(h.out.battery.block_discharge);
    PLAY({60, SUN(2000), 6000, 6000, CONTROL_HOLD}); /* through a cloud it may */
    ck_assert(!h.out.battery.block_discharge);
    h.in[0].mode = CHARGE_MODE_LOCK;
    house_run(&h, 20);
    ck_assert(!h.out.battery.block_discharge);
}
END_TEST
START_TEST(silent_battery_means_unknown_surplus)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    h.c.has_battery = true;
    house_start(&h);
    PLAY({60, SUN(8000), 11000, 11500, CONTROL_SURPLUS});
    h.battery_mute = true;
    PLAY({280, SUN(8000), 6000, 6000, CONTROL_HOLD},
         {600, SUN(8000), 0, 0, CONTROL_BATTERY_UNKNOWN});
    h.battery_mute = false;
    PLAY({30, SUN(8000), 11000, 11500, CONTROL_SURPLUS});
}
END_TEST
START_TEST(a_late_battery_raises_nothing)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    h.c.has_battery = true;
    house_start(&h);
    h.battery_w = 3000;
    PLAY({60, SUN(8000), 11000, 11500, CONTROL_SURPLUS});
    /* It makes room for the car, but the last that was heard is that it charges: the grid stays at
     * zero whatever the car takes, and the surplus would seem to grow with it. */
    h.battery_shown_w = SOME_I32(3000);
    h.battery_w = 0;
    PLAY({30, SUN(8000), 11000, 11500, CONTROL_SURPLUS},
         {30, SUN(12000), 11000, 11500, CONTROL_SURPLUS},
         {20, SUN(2000), 7000, 7200, CONTROL_SURPLUS}); /* less is always possible */
    h.battery_shown_w.set = false;
    PLAY({40, SUN(8000), 11000, 11500, CONTROL_SURPLUS});
}
END_TEST
START_TEST(fuse_cuts_at_once_and_stays_reduced)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 25000);
    house_start(&h);
    PLAY({40, {5000, 5000, 5000}, 16000, 16000, CONTROL_FULL_POWER},
         {1, {5000, 15000, 5000}, 9000, 10000, CONTROL_REDUCED}, /* one frame, exactly once */
         {10, {5000, 15000, 5000}, 9000, 10000, CONTROL_REDUCED},
         {200, {5000, 5000, 5000}, 9000, 10000, CONTROL_REDUCED},
         {150, {5000, 5000, 5000}, 16000, 16000, CONTROL_FULL_POWER},
         {2, {5000, 20000, 5000}, 0, 0, CONTROL_CIRCUIT_PAUSE});
}
END_TEST
START_TEST(one_overload_is_answered_once)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 35000);
    h.chargers[0].max_ma = 32000;
    h.cars[0].lag_s = 5;
    h.cars[0].interval_s = 10;
    house_start(&h);
    PLAY({60, {0}, 32000, 32000, CONTROL_FULL_POWER},
         {1, {10000, 0, 0}, 24000, 25000, CONTROL_REDUCED},
         {4, {10000, 0, 0}, 24000, 25000, CONTROL_REDUCED},
         {30, {10000, 0, 0}, 23500, 25000, CONTROL_REDUCED});
}
END_TEST
START_TEST(lock_and_pause)
{
    house_init(&h, 1, CHARGE_MODE_LOCK, 35000);
    house_start(&h);
    PLAY({10, {0}, 0, 0, CONTROL_LOCKED});
    h.in[0].mode = CHARGE_MODE_POWER;
    PLAY({20, {0}, 16000, 16000, CONTROL_FULL_POWER});
    ck_assert_int_eq(h.decisions[0].fallback_ma, 6000);
    h.in[0].paused = true;
    PLAY({1, {0}, 0, 0, CONTROL_PAUSED});
    ck_assert_int_eq(h.decisions[0].fallback_ma, 0);
    h.in[0].paused = false;
    h.in[0].max_ma = SOME_I32(8000);
    PLAY({30, {0}, 8000, 8000, CONTROL_OVERRIDE_MAX});
    h.in[0].max_ma = SOME_I32(5000);
    PLAY({1, {0}, 0, 0, CONTROL_MAX_ZERO});
}
END_TEST
START_TEST(missing_meter)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 35000);
    house_start(&h);
    PLAY({30, {0}, 16000, 16000, CONTROL_FULL_POWER});
    h.meter_dead = true;
    PLAY({8, {0}, 16000, 16000, CONTROL_FULL_POWER}, {4, {0}, 6000, 6000, CONTROL_METER_MISSING},
         {600, {0}, 6000, 6000, CONTROL_METER_MISSING});
    h.in[0].mode = CHARGE_MODE_SOLAR_PURE;
    PLAY({290, {0}, 6000, 6000, CONTROL_METER_MISSING}, {20, {0}, 0, 0, CONTROL_METER_STOP});
    h.in[0].mode = CHARGE_MODE_POWER; /* blind, nothing starts */
    PLAY({30, {0}, 0, 0, CONTROL_METER_MISSING});
    h.meter_dead = false;
    PLAY({30, {0}, 16000, 16000, CONTROL_FULL_POWER});
}
END_TEST
START_TEST(suspect_meter_raises_nothing)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 35000);
    h.in[0].max_ma = SOME_I32(8000);
    house_start(&h);
    PLAY({30, {0}, 8000, 8000, CONTROL_OVERRIDE_MAX});
    h.meter_dead = true;
    house_run(&h, 5);
    h.in[0].max_ma = SOME_I32(12000);
    PLAY({3, {0}, 8000, 8000, CONTROL_METER_SUSPECT});
}
END_TEST
START_TEST(frozen_meter)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    house_start(&h);
    PLAY({60, SUN(8000), 11000, 11500, CONTROL_SURPLUS});
    h.meter_stuck = true;
    h.in[0].max_ma = SOME_I32(8000); /* the car moves, the meter does not */
    PLAY({10, SUN(8000), 8000, 8000, CONTROL_OVERRIDE_MAX},
         {10, SUN(8000), 6000, 6000, CONTROL_METER_FROZEN},
         {300, SUN(8000), 0, 0, CONTROL_METER_STOP});
    h.meter_stuck = false;
    PLAY({170, SUN(8000), 0, 0, CONTROL_RESTART_WAIT},
         {60, SUN(8000), 0, 8000, CONTROL_RESTART_WAIT});
}
END_TEST
START_TEST(quiet_house_is_not_frozen)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 35000);
    house_start(&h);
    PLAY({600, {3000, 2000, 1000}, 16000, 16000, CONTROL_FULL_POWER});
    ck_assert_int_eq(h.out.meter, METER_GOOD);
}
END_TEST
START_TEST(no_meter_by_configuration)
{
    house_init(&h, 2, CHARGE_MODE_POWER, 20000);
    h.c.has_grid_meter = false;
    h.circuits[0].metered = false;
    house_start(&h);
    house_run(&h, 60);
    ck_assert_int_le(h.decisions[0].current_ma + h.decisions[1].current_ma, 20000);
    ck_assert_int_ge(h.decisions[0].current_ma + h.decisions[1].current_ma, 19000);
    h.in[0].mode = CHARGE_MODE_SOLAR_PURE;
    PLAY({2, {0}, 0, 0, CONTROL_NO_METER});
}
END_TEST
START_TEST(grid_limit_binds_at_once)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 35000);
    h.c.room_wait_ms = 0;
    house_start(&h);
    PLAY({30, {0}, 16000, 16000, CONTROL_FULL_POWER});
    h.snap.consume_w = SOME_I32(4600);
    PLAY({1, {0}, 6400, 6670, CONTROL_GRID_LIMIT});
    h.snap.consume_w = SOME_I32(4000);
    PLAY({1, {0}, 0, 0, CONTROL_GRID_LIMIT_PAUSE},
         {30, SUN(3000), 8500, 10200, CONTROL_GRID_LIMIT});
    h.snap.consume_w = (struct opt_i32){0};
    PLAY({30, SUN(0), 16000, 16000, CONTROL_FULL_POWER});
}
END_TEST
START_TEST(choices_of_people_act_at_once)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    house_start(&h);
    PLAY({60, SUN(5000), 6500, 7200, CONTROL_SURPLUS},
         {2, SUN(9000), 6500, 12000, CONTROL_SETTLING});
    h.in[0].mode = CHARGE_MODE_POWER;
    PLAY({1, SUN(9000), 16000, 16000, CONTROL_FULL_POWER});
    h.in[0].paused = true;
    PLAY({1, {0}, 0, 0, CONTROL_PAUSED});
    h.in[0].paused = false;
    PLAY({1, {0}, 16000, 16000, CONTROL_FULL_POWER});
    h.in[0].max_ma = SOME_I32(7000);
    PLAY({1, {0}, 7000, 7000, CONTROL_OVERRIDE_MAX});
    h.in[0].max_ma.set = false;
    PLAY({1, {0}, 16000, 16000, CONTROL_FULL_POWER});
    h.snap.consume_w = SOME_I32(4600);
    PLAY({1, {0}, 6400, 6670, CONTROL_GRID_LIMIT});
    h.snap.consume_w.set = false;
    PLAY({1, {0}, 16000, 16000, CONTROL_FULL_POWER});
}
END_TEST
START_TEST(a_cap_of_rules_or_budgets_binds_with_its_reason)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 35000);
    house_start(&h);
    PLAY({30, {0}, 16000, 16000, CONTROL_FULL_POWER});
    h.in[0].cap = (struct control_cap){SOME_I32(8000), CONTROL_OVERRIDE_MAX, {8000}};
    PLAY({1, {0}, 8000, 8000, CONTROL_OVERRIDE_MAX});
    h.in[0].cap = (struct control_cap){SOME_I32(5000), CONTROL_PAUSED, {0}};
    PLAY({1, {0}, 0, 0, CONTROL_PAUSED});
    h.in[0].cap.current_ma.set = false;
    PLAY({1, {0}, 16000, 16000, CONTROL_FULL_POWER});
}
END_TEST
/* The manual's example: 50 % of 11 kW from a surplus of 60 % of that on. */
START_TEST(solar_plus_fills_the_gap_from_the_grid)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PLUS, 35000);
    h.in[0].start_pm = 500;
    h.in[0].solar_share_pm = 600;
    house_start(&h);
    PLAY({60, SUN(3300), 0, 0, CONTROL_WAIT_SURPLUS}, /* 60 % of 5.52 kW and 100 W of export */
         {30, SUN(3500), 8000, 8000, CONTROL_PLUS}, {60, SUN(8000), 11000, 11500, CONTROL_SURPLUS},
         {30, SUN(4000), 8000, 8000, CONTROL_PLUS}, {280, SUN(0), 6000, 6000, CONTROL_HOLD},
         {60, SUN(0), 0, 0, CONTROL_RESTART_WAIT}, {390, SUN(5000), 0, 0, CONTROL_RESTART_WAIT},
         {60, SUN(5000), 8000, 8000, CONTROL_PLUS});
    h.in[0].solar_share_pm = 0; /* charging in the evening */
    PLAY({600, SUN(0), 8000, 8000, CONTROL_PLUS});
    h.in[0].start_power_w = SOME_I32(6900);
    PLAY({1, SUN(0), 10000, 10000, CONTROL_PLUS});
}
END_TEST
START_TEST(waits_for_the_first_values)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 35000);
    h.meter_dead = true;
    house_start(&h);
    PLAY({5, {0}, 0, 0, CONTROL_STARTING});
    ck_assert(!h.decisions[0].send);
}
END_TEST
START_TEST(restart_goes_on_from_applied)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    h.cars[0].ma = 11000;
    h.in[0].applied_ma = SOME_I32(11000);
    h.decisions[0] = (struct control_decision){.send = true, .current_ma = 11000};
    house_start(&h);
    PLAY({1, SUN(7690), 10800, 11100, CONTROL_SURPLUS},
         {60, SUN(7690), 10800, 11100, CONTROL_SURPLUS});
}
END_TEST
START_TEST(benchmark_settings_react_to_every_frame)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 63000);
    h.c.settling_ms = h.c.mean_ms = h.c.dead_band_w = 0;
    h.chargers[0].max_ma = 32000;
    h.cars[0].obeys = false; /* the register is all there is */
    h.cars[0].ma = 6000;
    house_start(&h);
    house_run(&h, 10);
    int32_t last = h.decisions[0].current_ma;
    for (int i = 0; i < 100; i++) {
        int32_t ma = -10000 - (i * 37 % 50) * 100;
        h.load_ma[0] = h.load_ma[1] = h.load_ma[2] = ma;
        house_second(&h);
        ck_assert_int_ne(h.decisions[0].current_ma, last);
        last = h.decisions[0].current_ma;
    }
}
END_TEST

/* A car that takes a little less than it is offered does so after a cut, too: until its slow box
 * shows it, the draw is expected where it will be, and the house does not seem to give more. */
START_TEST(a_cut_leads_to_what_the_car_will_draw)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 35000);
    h.cars[0].under_ma = 900;
    h.cars[0].interval_s = 10;
    house_start(&h);
    house_run(&h, 120);
    ck_assert_int_eq(h.cars[0].ma, 15100);
    while (h.now.mono.ms / 1000 % 10 != 1) /* nine seconds until the next value */
        house_second(&h);
    h.in[0].max_ma = SOME_I32(15000);
    house_run(&h, 7);
    ck_assert_int_eq(h.cars[0].ma, 14100);
    ck_assert_int_eq(h.charger_states[0].est[0], 14100);
    ck_assert_int_eq(h.s.circuits[0].house_ma[0], 0);
}
END_TEST
/* What a car draws before its slow box shows it looks like a cloud: no hold runs before. */
START_TEST(a_hold_begins_when_the_car_draws)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    h.cars[0].interval_s = 30;
    h.cars[0].max_ma = 0;
    house_start(&h);
    h.load_ma[0] = h.load_ma[1] = h.load_ma[2] = -10000;
    while (!h.decisions[0].current_ma)
        house_second(&h);
    house_run(&h, 10);
    h.load_ma[0] = h.load_ma[1] = h.load_ma[2] = -3000;
    house_run(&h, 40); /* the box had its say: that was not the car */
    ck_assert_int_eq(h.decisions[0].reason.code, CONTROL_HOLD);
    int64_t began = h.now.mono.ms;
    h.cars[0].max_ma = 16000;
    while (h.decisions[0].current_ma)
        house_second(&h);
    ck_assert_int_ge((int)(h.now.mono.ms - began), 300000);
}
END_TEST
/* While nobody charges from the sun there is no dead band: not in what others take of it either. */
START_TEST(what_others_leave_is_sun_at_once)
{
    house_init(&h, 2, CHARGE_MODE_SOLAR_PURE, 63000);
    h.in[0].mode = CHARGE_MODE_POWER;
    house_start(&h);
    h.load_ma[0] = h.load_ma[1] = h.load_ma[2] = -22087; /* 4100 W more than the first takes */
    house_run(&h, 60);
    ck_assert_int_eq(h.decisions[1].current_ma, 0);
    h.cars[0].max_ma = 15900;
    house_run(&h, 60);
    ck_assert_int_ge(h.decisions[1].current_ma, 6000);
}
END_TEST
START_TEST(a_change_of_mode_needs_no_new_start)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 35000);
    house_start(&h);
    PLAY({60, SUN(6000), 16000, 16000, CONTROL_FULL_POWER});
    h.in[0].mode = CHARGE_MODE_SOLAR_PURE;
    PLAY({1, SUN(6000), 8300, 8700, CONTROL_SURPLUS}, {60, SUN(6000), 8300, 8700, CONTROL_SURPLUS});
}
END_TEST
START_TEST(the_next_step_is_announced)
{
    house_init(&h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    house_start(&h);
    PLAY({40, SUN(8000), 11000, 11500, CONTROL_SURPLUS}, {40, SUN(0), 6000, 6000, CONTROL_HOLD});
    int64_t stop = h.charger_states[0].hold.since.ms + h.c.hold_ms;
    ck_assert_int_eq(h.decisions[0].next_mono_ms.v, stop);
    /* Without any message the announced times alone lead there. */
    h.snap.grid.rule.max_age_ms = h.in[0].meas.rule.max_age_ms = 3600000;
    h.snap.grid.rule.interval_ms = 3600000;
    for (int i = 0; i < 20 && h.decisions[0].current_ma; i++) {
        ck_assert_int_gt(h.out.next.ms, h.now.mono.ms);
        ck_assert_int_le(h.out.next.ms, stop);
        h.now.mono = h.out.next;
        control_step(&h.s, &h.snap, &h.c, h.now, &h.out);
    }
    ck_assert_int_eq(h.now.mono.ms, stop);
    ck_assert_int_eq(h.decisions[0].current_ma, 0);
    ck_assert_int_eq(h.decisions[0].next_mono_ms.v, stop + h.c.restart_ms);
}
END_TEST
START_TEST(a_cut_in_flight_keeps_its_way)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 35000);
    h.cars[0].lag_s = 5;
    house_start(&h);
    house_run(&h, 2); /* the car is on its way up */
    h.snap.consume_w = SOME_I32(9000);
    PLAY({1, {0}, 12500, 13050, CONTROL_GRID_LIMIT}, {20, {0}, 12500, 13050, CONTROL_GRID_LIMIT});
}
END_TEST

int main(void)
{
    Suite *s = suite_create("stories");
    TCase *t = tcase_create("stories");
    tcase_add_test(t, solar_pure_follows_the_sun_and_outlives_a_cloud);
    tcase_add_test(t, one_phase_needs_1400_w);
    tcase_add_test(t, phases_of_the_car_are_detected);
    tcase_add_test(t, battery_discharge_is_no_surplus);
    tcase_add_test(t, silent_battery_means_unknown_surplus);
    tcase_add_test(t, a_late_battery_raises_nothing);
    tcase_add_test(t, fuse_cuts_at_once_and_stays_reduced);
    tcase_add_test(t, one_overload_is_answered_once);
    tcase_add_test(t, lock_and_pause);
    tcase_add_test(t, missing_meter);
    tcase_add_test(t, suspect_meter_raises_nothing);
    tcase_add_test(t, frozen_meter);
    tcase_add_test(t, quiet_house_is_not_frozen);
    tcase_add_test(t, no_meter_by_configuration);
    tcase_add_test(t, grid_limit_binds_at_once);
    tcase_add_test(t, choices_of_people_act_at_once);
    tcase_add_test(t, a_cap_of_rules_or_budgets_binds_with_its_reason);
    tcase_add_test(t, solar_plus_fills_the_gap_from_the_grid);
    tcase_add_test(t, the_house_battery_carries_a_running_car);
    tcase_add_test(t, a_car_may_be_kept_from_the_house_battery);
    tcase_add_test(t, waits_for_the_first_values);
    tcase_add_test(t, restart_goes_on_from_applied);
    tcase_add_test(t, a_cut_leads_to_what_the_car_will_draw);
    tcase_add_test(t, a_hold_begins_when_the_car_draws);
    tcase_add_test(t, what_others_leave_is_sun_at_once);
    tcase_add_test(t, a_change_of_mode_needs_no_new_start);
    tcase_add_test(t, the_next_step_is_announced);
    tcase_add_test(t, a_cut_in_flight_keeps_its_way);
    tcase_add_test(t, benchmark_settings_react_to_every_frame);
    suite_add_tcase(s, t);
    return run_suite(s);
}
