/* SPDX-License-Identifier: Apache-2.0
 * House batteries: who may bound them and how, and the regulator of ours in a closed loop. */
#include "services/surplus-controller/core/storage.h"
#include "tests/unit/run.h"
#include "tests/unit/surplus-controller/plant.h"

/* Check's own asserts cost a system call each, also when they hold; these run millions of times. */
#define NEED(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond))                                                                               \
            ck_abort_msg("%s", #cond);                                                             \
    } while (0)
#define NEED_eq(a, b)       NEED((a) == (b))
#define NEED_ge(a, b)       NEED((a) >= (b))
#define NEED_le(a, b)       NEED((a) <= (b))
#define NEED_MSG(cond, ...) NEED(cond)

enum { UNITS = 3, NONE = STORAGE_NO_CAP };
static struct storage_unit_conf units[UNITS];
static struct storage_unit_in ins[UNITS];
static struct storage_unit_state states[UNITS];
static struct storage_order orders[UNITS];
static struct storage_config conf;
static struct storage_in in;
static struct storage_state state;
static struct storage_out out;
static struct now now;

static void begin(int n, bool ours)
{
    memset(ins, 0, sizeof ins);
    memset(states, 0, sizeof states);
    memset(&state, 0, sizeof state);
    conf = storage_config_default();
    conf.units = units;
    conf.n = n;
    for (int i = 0; i < n; i++) {
        units[i] = (struct storage_unit_conf){
            .control = true, .ours = ours, .min_soc_pm = 50, .max_soc_pm = 1000};
        ins[i] = (struct storage_unit_in){.power_w = SOME_I32(0),
                                          .soc_pm = SOME_I32(500),
                                          .max_charge_w = SOME_I32(5000),
                                          .max_discharge_w = SOME_I32(4000),
                                          .mode = BATTERY_MODE_NORMAL};
    }
    in = (struct storage_in){
        .units = ins, .meter = METER_GOOD, .begun = true, .config_agreed = true};
    state.units = states;
    out.units = orders;
    now = (struct now){{1000000}, {1750000000000}};
}
static void step(void)
{
    storage_step(&state, &in, &conf, now, &out);
}
/* ms pass; then a frame of the grid meter, and the batteries' values with it. */
static void frame(int64_t ms, int32_t grid_w)
{
    now.mono.ms += ms;
    now.wall.ms += ms;
    in.frame_at = now.mono;
    in.grid_w = grid_w;
    for (int i = 0; i < conf.n; i++)
        ins[i].at = now.mono;
    step();
}
static void is(int i, enum battery_mode mode, enum storage_code why)
{
    ck_assert_int_eq(orders[i].mode, mode);
    ck_assert_int_eq(orders[i].reason.code, why);
}

/* ---- batteries that regulate themselves ---- */
START_TEST(nothing_is_told_to_a_battery_that_needs_nothing)
{
    begin(1, false);
    frame(1000, 0);
    ck_assert(!orders[0].send);
    is(0, BATTERY_MODE_NORMAL, STORAGE_NORMAL);
    ins[0].mode = BATTERY_MODE_HOLD;
    frame(1000, 0);
    ck_assert(orders[0].send);
    is(0, BATTERY_MODE_HOLD, STORAGE_HOLD);
    ins[0].mode = BATTERY_MODE_NORMAL;
    frame(1000, 0);
    ck_assert(orders[0].send); /* it has to hear that it is free again */
    is(0, BATTERY_MODE_NORMAL, STORAGE_NORMAL);
}
END_TEST
START_TEST(not_ours_to_command)
{
    begin(1, false);
    units[0].control = false;
    ins[0].mode = BATTERY_MODE_HOLD;
    frame(1000, 0);
    ck_assert(!orders[0].send);
    ck_assert_int_eq(orders[0].reason.code, STORAGE_ALONE);
}
END_TEST
/* mode, charge, discharge, rules -> order */
static const struct {
    enum battery_mode mode;
    int32_t charge, discharge, rule_charge, rule_discharge; /* -1: unset */
    enum battery_mode told;
    int32_t told_charge, told_discharge;
    enum storage_code why;
} chosen[] = {
    {BATTERY_MODE_NORMAL, -1, -1, -1, -1, BATTERY_MODE_NORMAL, -1, -1, STORAGE_NORMAL},
    {BATTERY_MODE_HOLD, -1, -1, -1, -1, BATTERY_MODE_HOLD, -1, -1, STORAGE_HOLD},
    {BATTERY_MODE_HOLD, 1000, -1, -1, -1, BATTERY_MODE_LIMIT, 1000, 0, STORAGE_HOLD},
    {BATTERY_MODE_LIMIT, 2000, -1, -1, -1, BATTERY_MODE_LIMIT, 2000, -1, STORAGE_LIMIT},
    {BATTERY_MODE_LIMIT, -1, 700, -1, -1, BATTERY_MODE_LIMIT, -1, 700, STORAGE_LIMIT},
    {BATTERY_MODE_LIMIT, 0, 0, -1, -1, BATTERY_MODE_LIMIT, 0, 0, STORAGE_LIMIT},
    {BATTERY_MODE_NORMAL, -1, 900, -1, -1, BATTERY_MODE_LIMIT, -1, 900, STORAGE_LIMIT},
    {BATTERY_MODE_NORMAL, -1, -1, 800, -1, BATTERY_MODE_LIMIT, 800, -1, STORAGE_RULE},
    {BATTERY_MODE_LIMIT, -1, 700, -1, 300, BATTERY_MODE_LIMIT, -1, 300, STORAGE_RULE},
    {BATTERY_MODE_LIMIT, -1, 300, -1, 700, BATTERY_MODE_LIMIT, -1, 300, STORAGE_LIMIT},
    {BATTERY_MODE_NORMAL, -1, -1, -1, 0, BATTERY_MODE_HOLD, -1, -1, STORAGE_RULE},
    {BATTERY_MODE_CHARGE, 3000, -1, -1, -1, BATTERY_MODE_CHARGE, 3000, -1, STORAGE_CHARGE},
    {BATTERY_MODE_CHARGE, -1, -1, -1, -1, BATTERY_MODE_CHARGE, 5000, -1, STORAGE_CHARGE},
    {BATTERY_MODE_CHARGE, 3000, -1, 1200, -1, BATTERY_MODE_CHARGE, 1200, -1, STORAGE_RULE},
};
static struct opt_i32 maybe(int32_t v)
{
    return v < 0 ? (struct opt_i32){0} : SOME_I32(v);
}
static int32_t or_none(struct opt_i32 v)
{
    return v.set ? v.v : -1;
}
START_TEST(what_people_and_rules_chose)
{
    begin(1, false);
    ins[0].mode = chosen[_i].mode;
    ins[0].charge_w = maybe(chosen[_i].charge);
    ins[0].discharge_w = maybe(chosen[_i].discharge);
    ins[0].rule_charge_w = maybe(chosen[_i].rule_charge);
    ins[0].rule_discharge_w = maybe(chosen[_i].rule_discharge);
    frame(1000, 0);
    is(0, chosen[_i].told, chosen[_i].why);
    ck_assert_int_eq(or_none(orders[0].charge_w), chosen[_i].told_charge);
    ck_assert_int_eq(or_none(orders[0].discharge_w), chosen[_i].told_discharge);
}
END_TEST
START_TEST(beside_a_car_it_serves_the_house_only)
{
    begin(2, false);
    in.block_discharge = true;
    in.may_carry_w = 1000;
    frame(1000, 0);
    is(0, BATTERY_MODE_LIMIT, STORAGE_CARS);
    ck_assert_int_eq(orders[0].discharge_w.v, 500); /* two of the same size */
    ck_assert_int_eq(orders[1].discharge_w.v, 500);
    in.may_carry_w = 1150; /* within the dead band */
    frame(20000, 0);
    ck_assert_int_eq(orders[0].discharge_w.v, 500);
    in.may_carry_w = 400; /* lower at once */
    frame(100, 0);
    ck_assert_int_eq(orders[0].discharge_w.v, 200);
    in.may_carry_w = 2000; /* higher calmly */
    frame(100, 0);
    ck_assert_int_eq(orders[0].discharge_w.v, 200);
    ck_assert_int_eq(out.next.ms, now.mono.ms + 10000 - 100);
    frame(10000, 0);
    ck_assert_int_eq(orders[0].discharge_w.v, 1000);
    in.may_carry_w = 0;
    frame(100, 0);
    is(0, BATTERY_MODE_HOLD, STORAGE_CARS);
    in.block_discharge = false;
    frame(100, 0);
    is(0, BATTERY_MODE_NORMAL, STORAGE_NORMAL);
}
END_TEST
START_TEST(the_window_of_the_charge_has_a_hysteresis)
{
    static const struct {
        int32_t soc;
        bool discharges, charges;
    } walk[] = {{500, true, true},  {201, true, true},  {200, false, true}, {190, false, true},
                {219, false, true}, {220, true, true},  {899, true, true},  {900, true, false},
                {950, true, false}, {881, true, false}, {880, true, true}};
    begin(1, false);
    units[0].min_soc_pm = 200;
    units[0].max_soc_pm = 900;
    for (size_t i = 0; i < COUNT_OF(walk); i++) {
        ins[0].soc_pm = SOME_I32(walk[i].soc);
        frame(1000, 0);
        ck_assert_msg((orders[0].max_discharge_w > 0) == walk[i].discharges, "at %d", walk[i].soc);
        ck_assert_msg((orders[0].max_charge_w > 0) == walk[i].charges, "at %d", walk[i].soc);
    }
    ins[0].min_soc_pm = SOME_I32(900); /* people chose another window */
    frame(1000, 0);
    is(0, BATTERY_MODE_HOLD, STORAGE_SOC_LOW);
    ck_assert_int_eq(orders[0].reason.p[0], 88);
    ck_assert_int_eq(orders[0].reason.p[1], 90);
}
END_TEST
START_TEST(a_full_battery_is_its_own_business)
{
    begin(1, false);
    ins[0].soc_pm = SOME_I32(1000);
    frame(1000, -500);
    is(0, BATTERY_MODE_NORMAL, STORAGE_NORMAL);
}
END_TEST
START_TEST(charging_from_the_grid_obeys_the_operator)
{
    begin(1, false);
    ins[0].mode = BATTERY_MODE_CHARGE;
    ins[0].charge_w = SOME_I32(5000);
    ins[0].power_w = SOME_I32(5000);
    in.consume_w = SOME_I32(4200);
    frame(1000, 6000); /* the house takes 1000: 4158 - 1000 are left */
    is(0, BATTERY_MODE_CHARGE, STORAGE_GRID_LIMIT);
    ck_assert_int_eq(orders[0].charge_w.v, 3158);
    in.cars_rise_w = 2000; /* promised to a car */
    frame(1000, 6000);
    ck_assert_int_eq(orders[0].charge_w.v, 1158);
    in.cars_rise_w = 9000;
    frame(1000, 6000);
    is(0, BATTERY_MODE_HOLD, STORAGE_GRID_LIMIT); /* sun it may still take */
    in.consume_w.set = false;
    in.cars_rise_w = 0;
    frame(11000, 1000);
    ck_assert_int_eq(orders[0].charge_w.v, 5000);
    in.meter = METER_FROZEN; /* nobody knows what the fuses carry */
    frame(1000, 1000);
    is(0, BATTERY_MODE_HOLD, STORAGE_BLIND);
}
END_TEST
START_TEST(charging_from_the_grid_gives_way_to_fuses_and_cars)
{
    begin(1, false);
    ins[0].mode = BATTERY_MODE_CHARGE;
    ins[0].charge_w = SOME_I32(5000);
    ins[0].power_w = SOME_I32(5000);
    in.room_w = SOME_I32(-1500);
    frame(1000, 9000);
    is(0, BATTERY_MODE_CHARGE, STORAGE_FUSE);
    ck_assert_int_eq(orders[0].charge_w.v, 3500);
    ins[0].power_w = SOME_I32(3500);
    in.room_w = SOME_I32(0);
    in.cars_short = true;
    frame(1000, 8000);
    is(0, BATTERY_MODE_HOLD, STORAGE_CARS_SHORT);
    ck_assert_int_eq(orders[0].next_mono_ms.v, now.mono.ms + 300000);
    in.cars_short = false;
    ins[0].power_w = SOME_I32(2000);
    frame(1000, 0); /* 2 kW of sun are left: these it may have */
    ck_assert_int_eq(orders[0].mode, BATTERY_MODE_HOLD);
    frame(10000, 0);
    is(0, BATTERY_MODE_CHARGE, STORAGE_CARS_SHORT);
    ck_assert_int_eq(orders[0].charge_w.v, 2000);
    in.room_w = SOME_I32(6000);
    frame(290000, 0);
    frame(11000, 0);
    is(0, BATTERY_MODE_CHARGE, STORAGE_CHARGE);
}
END_TEST
START_TEST(none_is_emptied_into_another)
{
    begin(2, false);
    ins[0].mode = BATTERY_MODE_CHARGE;
    ins[0].charge_w = SOME_I32(3000);
    frame(1000, 0);
    is(0, BATTERY_MODE_CHARGE, STORAGE_CHARGE);
    is(1, BATTERY_MODE_HOLD, STORAGE_OTHER);
}
END_TEST
START_TEST(two_regulators_against_each_other_are_stopped)
{
    begin(2, false);
    ins[0].power_w = SOME_I32(1500);
    ins[1].power_w = SOME_I32(-1200);
    frame(1000, 0);
    frame(14000, 0);
    is(1, BATTERY_MODE_NORMAL, STORAGE_NORMAL);
    frame(1000, 0);
    is(0, BATTERY_MODE_HOLD, STORAGE_AGAINST);
    is(1, BATTERY_MODE_HOLD, STORAGE_AGAINST); /* there is sun left over */
    ins[0].power_w = ins[1].power_w = SOME_I32(0);
    for (int i = 0; i < 20; i++)
        frame(1000, 2000); /* now the house needs them */
    is(0, BATTERY_MODE_LIMIT, STORAGE_AGAINST);
    ck_assert_int_eq(orders[0].charge_w.v, 0);
    is(1, BATTERY_MODE_LIMIT, STORAGE_AGAINST);
    frame(1800000, 2000);
    is(0, BATTERY_MODE_NORMAL, STORAGE_NORMAL);
}
END_TEST
START_TEST(what_cars_may_ask)
{
    begin(2, false);
    units[0].car_min_soc_pm = 600;
    frame(1000, 0);
    ck_assert_int_eq(out.can_deliver_w, 4000); /* the first is below 60 % */
    ins[0].soc_pm = SOME_I32(640);
    frame(1000, 0);
    ck_assert_int_eq(out.can_deliver_w, 8000);
    in.block_discharge = true; /* what cars themselves block they may still ask for */
    frame(1000, 0);
    ck_assert_int_eq(out.can_deliver_w, 8000);
    ins[1].mode = BATTERY_MODE_HOLD;
    ins[0].discharge_w = SOME_I32(1500);
    frame(1000, 0);
    ck_assert_int_eq(out.can_deliver_w, 1500);
    ins[0].power_w.set = false;
    frame(1000, 0);
    ck_assert_int_eq(out.can_deliver_w, 0);
    ck_assert_int_eq(orders[0].reason.code, STORAGE_SILENT);
}
END_TEST
START_TEST(first_until_a_state_of_charge)
{
    begin(1, false);
    units[0].first_until_soc_pm = 700;
    ins[0].power_w = SOME_I32(2000);
    frame(1000, 0);
    ck_assert_int_eq(out.reserve_w, 5000);
    ck_assert_int_eq(out.can_take_w, 3000);
    frame(1000, -900); /* it does not take more although there is more */
    ck_assert_int_eq(out.reserve_w, 5000);
    frame(10000, -900);
    ck_assert_int_eq(out.reserve_w, 2000);
    frame(1000, 0);
    ck_assert_int_eq(out.reserve_w, 2000);
    ins[0].power_w = SOME_I32(2600);
    frame(1000, 0);
    ck_assert_int_eq(out.reserve_w, 2600);
    ins[0].soc_pm = SOME_I32(440); /* another day */
    frame(1000, 0);
    ck_assert_int_eq(out.reserve_w, 5000);
    ins[0].soc_pm = SOME_I32(700);
    frame(1000, 0);
    ck_assert_int_eq(out.reserve_w, 0);
    ins[0].first_until_soc_pm = SOME_I32(900);
    frame(1000, 0);
    ck_assert_int_eq(out.reserve_w, 5000);
}
END_TEST

/* ---- ours ---- */
START_TEST(ours_keep_the_grid_at_the_target)
{
    begin(2, true);
    ins[1].max_charge_w = SOME_I32(2500);
    ins[1].max_discharge_w = SOME_I32(4000);
    frame(1000, -3100);
    is(0, BATTERY_MODE_POWER, STORAGE_ZERO_GRID);
    ck_assert_int_eq(orders[0].power_w.v, 2000); /* in proportion to what each can */
    ck_assert_int_eq(orders[1].power_w.v, 1000);
    begin(2, true);
    frame(1000, 3000);
    ck_assert_int_eq(orders[0].power_w.v, -1500); /* aims at 0, not at an export */
    ck_assert_int_eq(orders[1].power_w.v, -1500);
    begin(1, true);
    frame(1000, -90); /* between the two aims */
    is(0, BATTERY_MODE_POWER, STORAGE_IDLE);
    ck_assert_int_eq(orders[0].power_w.v, 0);
    begin(1, true);
    frame(1000, 20000);
    ck_assert_int_eq(orders[0].power_w.v, -4000);
    begin(1, true);
    frame(1000, -20000);
    ck_assert_int_eq(orders[0].power_w.v, 5000);
}
END_TEST
START_TEST(ours_rest_without_a_meter_or_a_state_of_charge)
{
    for (enum control_meter m = METER_MISSING; m <= METER_NONE; m++) {
        begin(1, true);
        frame(1000, 3000);
        ck_assert_int_eq(orders[0].power_w.v, -3000);
        in.meter = m;
        step();
        is(0, BATTERY_MODE_POWER, STORAGE_BLIND);
        ck_assert_int_eq(orders[0].power_w.v, 0);
        ck_assert(orders[0].send);
    }
    begin(1, true);
    ins[0].soc_pm.set = false;
    frame(1000, 3000);
    is(0, BATTERY_MODE_POWER, STORAGE_SOC_UNKNOWN);
    ck_assert_int_eq(orders[0].power_w.v, 0);
    begin(1, true);
    ins[0].power_w.set = false;
    frame(1000, 3000);
    is(0, BATTERY_MODE_POWER, STORAGE_SILENT);
    ck_assert_int_eq(orders[0].power_w.v, 0);
    begin(1, true);
    in.begun = false;
    frame(1000, 3000);
    ck_assert(!orders[0].send);
}
END_TEST
START_TEST(nothing_is_raised_on_a_late_meter)
{
    begin(1, true);
    frame(1000, 1000);
    ck_assert_int_eq(orders[0].power_w.v, -1000);
    ins[0].power_w = SOME_I32(-1000);
    in.meter = METER_SUSPECT;
    for (int i = 0; i < 20; i++)
        frame(1000, 2000);
    ck_assert_int_eq(orders[0].power_w.v, -1000);
    for (int i = 0; i < 20; i++)
        frame(1000, -600);
    ck_assert_int_ge(orders[0].power_w.v, -460);
    for (int i = 0; i < 20; i++)
        frame(1000, -6000); /* the other direction: rest */
    ck_assert_int_eq(orders[0].power_w.v, 0);
    in.meter = METER_GOOD;
    in.config_agreed = false;
    frame(2000, -6000);
    ck_assert_int_eq(orders[0].power_w.v, 0);
}
END_TEST
START_TEST(a_frozen_meter_drives_nothing_to_its_end)
{
    begin(1, true);
    frame(1000, 400);
    for (int i = 0; i < 30; i++) {
        ins[0].power_w = orders[0].power_w;
        frame(1000, 400);
    }
    is(0, BATTERY_MODE_POWER, STORAGE_BLIND);
    ck_assert_int_eq(orders[0].power_w.v, 0);
    ins[0].power_w = SOME_I32(0);
    frame(1000, 410);
    frame(1000, 420);
    is(0, BATTERY_MODE_POWER, STORAGE_ZERO_GRID);
}
END_TEST
START_TEST(ours_are_bounded_like_others)
{
    begin(1, true);
    ins[0].soc_pm = SOME_I32(50);
    frame(1000, 3000);
    is(0, BATTERY_MODE_POWER, STORAGE_SOC_LOW);
    ck_assert_int_eq(orders[0].power_w.v, 0);
    begin(1, true);
    ins[0].mode = BATTERY_MODE_HOLD;
    frame(1000, 3000);
    is(0, BATTERY_MODE_POWER, STORAGE_HOLD);
    ck_assert_int_eq(orders[0].power_w.v, 0);
    frame(5000, -3000); /* the sun it still takes */
    ck_assert_int_gt(orders[0].power_w.v, 0);
    begin(1, true);
    in.block_discharge = true;
    in.may_carry_w = 600;
    frame(1000, 3000);
    is(0, BATTERY_MODE_POWER, STORAGE_CARS);
    ck_assert_int_eq(orders[0].power_w.v, -600);
    begin(2, true);
    ins[0].mode = BATTERY_MODE_CHARGE;
    ins[0].charge_w = SOME_I32(2000);
    frame(1000, 500);
    is(0, BATTERY_MODE_POWER, STORAGE_CHARGE);
    ck_assert_int_eq(orders[0].power_w.v, 2000);
    ck_assert_int_eq(orders[1].power_w.v, 0);
    begin(2, true);
    ins[0].mode = BATTERY_MODE_CHARGE;
    ins[0].charge_w = SOME_I32(2000);
    frame(1000, -4100);
    ck_assert_int_eq(orders[0].power_w.v, 2000);
    ck_assert_int_eq(orders[1].power_w.v, 2000); /* what the sun leaves beside it */
}
END_TEST
START_TEST(a_tighter_bound_acts_at_once)
{
    begin(1, true);
    frame(1000, 3000);
    ck_assert_int_eq(orders[0].power_w.v, -3000);
    now.mono.ms += 10; /* far below write_ms, and no new frame */
    ins[0].mode = BATTERY_MODE_HOLD;
    step();
    ck_assert_int_eq(orders[0].power_w.v, 0);
}
END_TEST

/* ---- the closed loop ---- */
struct loop {
    int n;
    struct lagged battery[UNITS];
    struct seen battery_meter[UNITS], grid_meter;
    int32_t other_w, grid_w;
    int changes;
    int32_t worst_import, worst_export;
};
static void loop_begin(struct loop *l, int n, int32_t lag, int32_t dead, int32_t grid_ms,
                       int32_t battery_ms, int32_t late)
{
    memset(l, 0, sizeof *l);
    begin(n, true);
    l->n = n;
    l->grid_meter.interval_ms = grid_ms;
    for (int i = 0; i < n; i++) {
        l->battery[i].lag_ms = lag;
        l->battery[i].dead_ms = dead;
        l->battery_meter[i].interval_ms = battery_ms;
        l->battery_meter[i].late_ms = late;
    }
}
static void loop_step(struct loop *l)
{
    now.mono.ms += PLANT_STEP_MS;
    l->grid_w = l->other_w;
    for (int i = 0; i < l->n; i++) {
        int32_t was = orders[i].power_w.v;
        int32_t w = lagged_step(&l->battery[i], orders[i].power_w.v);
        seen_step(&l->battery_meter[i], now.mono, w);
        l->grid_w += w;
        ins[i].power_w = SOME_I32(l->battery_meter[i].shown);
        ins[i].at = l->battery_meter[i].at;
        orders[i].power_w.v = was;
    }
    seen_step(&l->grid_meter, now.mono, l->grid_w);
    in.grid_w = l->grid_meter.shown;
    in.frame_at = l->grid_meter.at;
    int32_t before[UNITS];
    for (int i = 0; i < l->n; i++)
        before[i] = orders[i].power_w.v;
    step();
    for (int i = 0; i < l->n; i++) {
        l->changes += orders[i].power_w.v != before[i];
        for (int k = 0; k < l->n; k++)
            NEED_MSG((int64_t)orders[i].power_w.v * orders[k].power_w.v >= 0,
                     "opposite signs: %d and %d", orders[i].power_w.v, orders[k].power_w.v);
    }
    l->worst_import = max_i32(l->worst_import, l->grid_w);
    l->worst_export = max_i32(l->worst_export, -l->grid_w);
}
static void loop_run(struct loop *l, int32_t ms)
{
    for (int32_t k = 0; k < ms; k += PLANT_STEP_MS)
        loop_step(l);
}
/* Seconds until the grid stays within 160 W of the aim. */
static int settle(struct loop *l, int32_t other_w, int32_t aim_w)
{
    int settled = 0;
    l->other_w = other_w;
    l->worst_import = l->worst_export = 0;
    for (int k = 1; k <= 1200; k++) {
        loop_step(l);
        if (l->grid_w - aim_w > 160 || aim_w - l->grid_w > 160)
            settled = k;
    }
    return settled * PLANT_STEP_MS / 1000;
}
static const struct {
    int32_t lag, dead, grid_ms, battery_ms, late;
    int slowest_s;
    int32_t overshoot_w; /* after a step of 5 kW */
} loops[] = {
    {200, 0, 200, 200, 0, 15, 100},          {1000, 0, 1000, 1000, 0, 20, 100},
    {2000, 0, 1000, 1000, 0, 20, 100},       {4000, 0, 1000, 1000, 0, 30, 100},
    {2000, 1500, 1000, 1000, 0, 25, 100},    {2000, 500, 1000, 1000, 800, 30, 1100},
    {4000, 1500, 1000, 1000, 800, 40, 1100}, {200, 1500, 200, 1000, 800, 40, 1800},
    {200, 0, 1000, 1000, 1400, 40, 2500},    {2000, 500, 5000, 1000, 300, 60, 400},
    {2000, 500, 1000, 5000, 300, 75, 800},   {300, 0, 200, 5000, 0, 75, 600},
};
START_TEST(ours_settle_without_a_swing)
{
    struct loop l;
    loop_begin(&l, 1 + _i % 3, loops[_i].lag, loops[_i].dead, loops[_i].grid_ms,
               loops[_i].battery_ms, loops[_i].late);
    loop_run(&l, 20000);
    int up = settle(&l, -5000, -100); /* sun: 5 kW too much */
    int32_t up_over = l.worst_import;
    int down = settle(&l, 3000, 0);
    int32_t down_over = l.worst_export;
    l.changes = 0;
    loop_run(&l, 120000);
    if (getenv("WATTBUS_PRINT"))
        printf("lag %d dead %d grid %d battery %d late %d: up %d s +%d W, down %d s +%d W\n",
               loops[_i].lag, loops[_i].dead, loops[_i].grid_ms, loops[_i].battery_ms,
               loops[_i].late, up, up_over, down, down_over);
    ck_assert_int_eq(l.changes, 0);
    ck_assert_int_le(up, loops[_i].slowest_s);
    ck_assert_int_le(down, loops[_i].slowest_s);
    ck_assert_int_le(up_over, loops[_i].overshoot_w);
    ck_assert_int_le(down_over, loops[_i].overshoot_w + 100);
}
END_TEST
START_TEST(a_calm_house_costs_few_writes)
{
    struct loop l;
    uint32_t r = 1;
    loop_begin(&l, 1, 2000, 500, 1000, 1000, 300);
    loop_run(&l, 30000);
    l.changes = 0;
    for (int k = 0; k < 36000; k++) { /* an hour with 30 W of noise */
        r = r * 1664525u + 1013904223u;
        l.other_w = 800 + (int32_t)(r >> 16) % 61 - 30;
        loop_step(&l);
    }
    ck_assert_int_le(l.changes, 60);
}
END_TEST

/* ---- whatever comes ---- */
static uint32_t seed;
static int32_t rnd(int32_t lo, int32_t hi)
{
    seed = seed * 1664525u + 1013904223u;
    return lo + (int32_t)((seed >> 8) % (uint32_t)(hi - lo + 1));
}
static struct opt_i32 rnd_opt(int32_t lo, int32_t hi)
{
    return rnd(0, 2) ? (struct opt_i32){0} : SOME_I32(rnd(lo, hi));
}
static void shake(void)
{
    in.meter = (enum control_meter)(rnd(0, 3) ? METER_GOOD : rnd(0, METER_NONE));
    in.block_discharge = rnd(0, 2) == 0;
    in.may_carry_w = rnd(-500, 6000);
    in.consume_w = rnd_opt(0, 9000);
    in.room_w = rnd_opt(-4000, 20000);
    in.cars_rise_w = rnd(0, 3000);
    in.cars_short = rnd(0, 9) == 0;
    in.config_agreed = rnd(0, 9) != 0;
    for (int i = 0; i < conf.n; i++) {
        ins[i].mode = (enum battery_mode)rnd(BATTERY_MODE_NORMAL, BATTERY_MODE_LIMIT);
        ins[i].charge_w = rnd_opt(0, 6000);
        ins[i].discharge_w = rnd_opt(0, 6000);
        ins[i].rule_charge_w = rnd_opt(0, 6000);
        ins[i].rule_discharge_w = rnd_opt(0, 6000);
        ins[i].soc_pm = rnd(0, 9) ? SOME_I32(rnd(0, 1000)) : (struct opt_i32){0};
        ins[i].power_w = rnd(0, 9) ? SOME_I32(rnd(-4000, 5000)) : (struct opt_i32){0};
    }
}
static void must_hold(void)
{
    bool charges = false, discharges = false, forced = false;
    for (int i = 0; i < conf.n; i++) {
        const struct storage_order *o = &orders[i];
        const struct storage_unit_in *u = &ins[i];
        int32_t w = o->power_w.v;
        NEED_ge(o->max_charge_w, 0);
        NEED_ge(o->max_discharge_w, 0);
        forced = forced || (u->mode == BATTERY_MODE_CHARGE && o->charge_w.v + w > 0);
        if (units[i].ours) {
            charges = charges || w > 0;
            discharges = discharges || w < 0;
            NEED_le(w, min_i32(o->max_charge_w, 5000));
            NEED_ge(w, -min_i32(o->max_discharge_w, 4000));
            NEED(in.meter <= METER_SUSPECT || w == 0);
            NEED(u->power_w.set || w == 0);
        } else if (o->mode == BATTERY_MODE_CHARGE) {
            NEED(o->charge_w.set && o->charge_w.v > 0);
        }
        int32_t down = units[i].ours                    ? -min_i32(w, 0)
                       : o->mode == BATTERY_MODE_NORMAL ? NONE
                       : o->discharge_w.set             ? o->discharge_w.v
                       : o->mode == BATTERY_MODE_LIMIT  ? NONE
                                                        : 0;
        if (u->soc_pm.set && u->soc_pm.v <= units[i].min_soc_pm)
            NEED_eq(down, 0);
        if (u->mode == BATTERY_MODE_HOLD)
            NEED_eq(down, 0);
        if (u->rule_discharge_w.set)
            NEED_le(down, u->rule_discharge_w.v);
        int32_t up = units[i].ours ? max_i32(w, 0) : o->charge_w.set ? o->charge_w.v : 0;
        if (u->rule_charge_w.set)
            NEED_le(up, u->rule_charge_w.v);
        struct reason text;
        storage_reason_text(&o->reason, &text);
        NEED(text.code[0] && text.text[0] && !strchr(text.text, '{'));
    }
    NEED_MSG(!(charges && discharges), "opposite signs");
    NEED_MSG(!(forced && discharges), "discharged into another");
}
START_TEST(bounds_hold_whatever_comes)
{
    seed = (uint32_t)_i * 7919u + 1;
    begin(3, _i % 2 == 0);
    if (_i % 3 == 0)
        units[1].ours = !units[1].ours;
    for (int k = 0; k < 3000; k++) {
        if (k % 7 == 0)
            shake();
        frame(rnd(50, 4000), rnd(-9000, 9000));
        must_hold();
        ck_assert_int_gt(out.next.ms, now.mono.ms);
    }
}
END_TEST
START_TEST(equal_snapshots_give_equal_orders)
{
    struct storage_order first[400];
    for (int round = 0; round < 2; round++) {
        seed = 42;
        begin(2, true);
        for (int k = 0; k < 400; k++) {
            if (k % 5 == 0)
                shake();
            frame(rnd(100, 2000), rnd(-5000, 5000));
            if (round == 0)
                memcpy(&first[k], &orders[1], sizeof first[k]);
            else
                ck_assert_int_eq(memcmp(&first[k], &orders[1], sizeof first[k]), 0);
        }
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("storage");
    tcase_add_test(t, nothing_is_told_to_a_battery_that_needs_nothing);
    tcase_add_test(t, not_ours_to_command);
    tcase_add_loop_test(t, what_people_and_rules_chose, 0, COUNT_OF(chosen));
    tcase_add_test(t, beside_a_car_it_serves_the_house_only);
    tcase_add_test(t, the_window_of_the_charge_has_a_hysteresis);
    tcase_add_test(t, a_full_battery_is_its_own_business);
    tcase_add_test(t, charging_from_the_grid_obeys_the_operator);
    tcase_add_test(t, charging_from_the_grid_gives_way_to_fuses_and_cars);
    tcase_add_test(t, none_is_emptied_into_another);
    tcase_add_test(t, two_regulators_against_each_other_are_stopped);
    tcase_add_test(t, what_cars_may_ask);
    tcase_add_test(t, first_until_a_state_of_charge);
    tcase_add_test(t, ours_keep_the_grid_at_the_target);
    tcase_add_test(t, ours_rest_without_a_meter_or_a_state_of_charge);
    tcase_add_test(t, nothing_is_raised_on_a_late_meter);
    tcase_add_test(t, a_frozen_meter_drives_nothing_to_its_end);
    tcase_add_test(t, ours_are_bounded_like_others);
    tcase_add_test(t, a_tighter_bound_acts_at_once);
    tcase_add_loop_test(t, ours_settle_without_a_swing, 0, COUNT_OF(loops));
    tcase_add_test(t, a_calm_house_costs_few_writes);
    tcase_add_loop_test(t, bounds_hold_whatever_comes, 0, 12);
    tcase_add_test(t, equal_snapshots_give_equal_orders);
    return run_case(t, "storage");
}
