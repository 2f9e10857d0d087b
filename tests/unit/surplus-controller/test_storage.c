/* SPDX-License-Identifier: Apache-2.0
 * House batteries: who may bound them and how, and what ours are told. */
#include "tests/unit/surplus-controller/storage_bed.h"

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
/* Lower by the dead band exactly, higher by it, and zero at once. */
START_TEST(beside_a_car_it_follows_calmly)
{
    static const struct {
        int32_t carry, ms, told;
    } walk[] = {{500, 1000, 500}, {401, 100, 500}, {400, 100, 400}, {499, 5000, 400},
                {500, 4999, 400}, {500, 1, 500},   {9, 100, 9},     {0, 100, 0},
                {99, 10000, 0},   {100, 1, 100},   {99, 1, 100},    {1, 1, 100},
                {0, 1, 0}};
    begin(1, false);
    in.block_discharge = true;
    for (size_t i = 0; i < COUNT_OF(walk); i++) {
        in.may_carry_w = walk[i].carry;
        frame(walk[i].ms, 0);
        int32_t told = orders[0].mode == BATTERY_MODE_HOLD ? 0 : orders[0].discharge_w.v;
        ck_assert_msg(told == walk[i].told, "step %zu: %d", i, told);
    }
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
    frame(1000, 6000); /* what the house takes is not fought */
    is(0, BATTERY_MODE_CHARGE, STORAGE_GRID_LIMIT);
    ck_assert_int_eq(orders[0].charge_w.v, 4158);
    in.cars_rise_w = 2000; /* promised to a car */
    frame(1000, 6000);
    ck_assert_int_eq(orders[0].charge_w.v, 2158);
    in.cars_w = 1000; /* and what it draws */
    frame(1000, 7000);
    ck_assert_int_eq(orders[0].charge_w.v, 1158);
    in.cars_w = 0;
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
/* Two that are charged on request share what the fuses leave; and it is not kept for later. */
START_TEST(two_forced_ones_share_the_room)
{
    begin(2, false);
    for (int i = 0; i < 2; i++) {
        ins[i].mode = BATTERY_MODE_CHARGE;
        ins[i].charge_w = SOME_I32(3000);
    }
    in.room_w = SOME_I32(4000);
    frame(1000, 0);
    ck_assert_int_eq(orders[0].charge_w.v, 3000);
    ck_assert_int_eq(orders[1].charge_w.v, 1000);
    is(1, BATTERY_MODE_CHARGE, STORAGE_FUSE);
    ins[1].mode = BATTERY_MODE_NORMAL;
    frame(1000, 0);
    in.room_w = SOME_I32(9000);
    ins[1].mode = BATTERY_MODE_CHARGE;
    frame(1000, 0); /* it begins anew: no calm raise from 1 kW */
    ck_assert_int_eq(orders[1].charge_w.v, 3000);
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
    ins[0].soc_pm = SOME_I32(681); /* the house took a little of it back */
    frame(1000, 0);
    ck_assert_int_eq(out.reserve_w, 0);
    ins[0].soc_pm = SOME_I32(680);
    frame(1000, 0);
    ck_assert_int_eq(out.reserve_w, 5000);
    ins[0].soc_pm = SOME_I32(699);
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

START_TEST(what_is_kept_is_written_when_it_matters)
{
    const struct storage_kept was = {.appetite_set = true, .appetite_w = 2000};
    struct storage_kept is = was;
    ck_assert(!storage_kept_differs(&is, &was));
    is.appetite_w = 2099;
    ck_assert(!storage_kept_differs(&is, &was) && !storage_kept_differs(&was, &is));
    is.appetite_w = 2100;
    ck_assert(storage_kept_differs(&is, &was) && storage_kept_differs(&was, &is));
    is = was;
    is.appetite_soc_pm = 1;
    ck_assert(storage_kept_differs(&is, &was));
    is = (struct storage_kept){.appetite_w = 2000};
    ck_assert(storage_kept_differs(&is, &was));
    bool *sides[] = {&is.low, &is.high, &is.car_low, &is.fed};
    for (size_t i = 0; i < COUNT_OF(sides); i++) {
        is = was;
        *sides[i] = true;
        ck_assert(storage_kept_differs(&is, &was));
    }
    const struct storage_kept none = {.appetite_w = 10};
    is = (struct storage_kept){.appetite_w = 3000, .appetite_soc_pm = 7};
    ck_assert(!storage_kept_differs(&is, &none)); /* it means nothing while it is not set */
}
END_TEST
/* While the state of charge is not known, what was learnt of the battery is kept. */
START_TEST(a_silent_battery_keeps_its_appetite)
{
    begin(1, false);
    units[0].first_until_soc_pm = 700;
    ins[0].power_w = SOME_I32(2000);
    frame(1000, -900);
    frame(10000, -900);
    ck_assert_int_eq(out.reserve_w, 2000);
    struct opt_i32 soc = ins[0].soc_pm;
    ins[0].soc_pm.set = false;
    ins[0].soc_pm.v = 0;
    frame(1000, 0);
    ck_assert_int_eq(out.reserve_w, 0);
    ck_assert_int_eq(out.can_deliver_w, 0);
    ins[0].soc_pm = soc;
    frame(1000, 0);
    ck_assert_int_eq(out.reserve_w, 2000);
    ck_assert_int_gt(out.can_deliver_w, 0);
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

int main(void)
{
    TCase *t = tcase_create("storage");
    tcase_add_test(t, nothing_is_told_to_a_battery_that_needs_nothing);
    tcase_add_test(t, not_ours_to_command);
    tcase_add_loop_test(t, what_people_and_rules_chose, 0, COUNT_OF(chosen));
    tcase_add_test(t, beside_a_car_it_serves_the_house_only);
    tcase_add_test(t, beside_a_car_it_follows_calmly);
    tcase_add_test(t, two_forced_ones_share_the_room);
    tcase_add_test(t, the_window_of_the_charge_has_a_hysteresis);
    tcase_add_test(t, a_full_battery_is_its_own_business);
    tcase_add_test(t, charging_from_the_grid_obeys_the_operator);
    tcase_add_test(t, charging_from_the_grid_gives_way_to_fuses_and_cars);
    tcase_add_test(t, none_is_emptied_into_another);
    tcase_add_test(t, two_regulators_against_each_other_are_stopped);
    tcase_add_test(t, what_cars_may_ask);
    tcase_add_test(t, first_until_a_state_of_charge);
    tcase_add_test(t, what_is_kept_is_written_when_it_matters);
    tcase_add_test(t, a_silent_battery_keeps_its_appetite);
    tcase_add_test(t, ours_keep_the_grid_at_the_target);
    tcase_add_test(t, ours_rest_without_a_meter_or_a_state_of_charge);
    tcase_add_test(t, nothing_is_raised_on_a_late_meter);
    tcase_add_test(t, a_frozen_meter_drives_nothing_to_its_end);
    tcase_add_test(t, ours_are_bounded_like_others);
    tcase_add_test(t, a_tighter_bound_acts_at_once);
    return run_case(t, "storage");
}
