/* SPDX-License-Identifier: Apache-2.0
 * Cars, batteries and inverters together: the three cores as the controller runs them, one second
 * per step. Who gets the sun first, who empties what, and what a feed-in limit hides. */
#include <check.h>
#include <stdlib.h>
#include "services/surplus-controller/core/feedin.h"
#include "services/surplus-controller/core/storage.h"
#include "tests/unit/run.h"
#include "tests/unit/surplus-controller/house.h"

enum { VOLT_MV = 230000, MINUTE = 60 };
static struct plant {
    struct house h;
    struct storage_unit_conf battery_conf[1];
    struct storage_unit_in battery_in[1];
    struct storage_unit_state battery_state[1];
    struct storage_order battery[1];
    struct storage_config storage_conf;
    struct storage_in storage_in;
    struct storage_state storage_state;
    struct storage_out storage;
    struct feedin_unit_conf inverter_conf[1];
    struct feedin_unit_in inverter_in[1];
    struct feedin_unit_state inverter_state[1];
    struct feedin_order inverter[1];
    struct feedin_config feedin_conf;
    struct feedin_in feedin_in;
    struct feedin_state feedin_state;
    struct feedin_out feedin;
    /* the world */
    bool has_battery, ours;
    int32_t sun_w, load_w, gives_w, battery_w, capacity_ws;
    int64_t soc_ws;
    int64_t car_ws, export_ws, import_ws, charged_ws, discharged_ws, fed_by_battery_ws;
    int32_t worst_import_w;
} p;

static void begin(bool has_battery, bool ours, int32_t soc_pm, int32_t limit_w)
{
    house_unfence(&p.h);
    memset(&p, 0, sizeof p);
    house_init(&p.h, 1, CHARGE_MODE_SOLAR_PURE, 35000);
    p.has_battery = p.h.c.has_battery = has_battery;
    p.ours = ours;
    p.load_w = 500;
    p.capacity_ws = 10 * 3600 * 1000;
    p.soc_ws = (int64_t)p.capacity_ws * soc_pm / 1000;
    p.battery_conf[0] = (struct storage_unit_conf){
        .control = true, .ours = ours, .min_soc_pm = 100, .max_soc_pm = 1000};
    p.battery_in[0] = (struct storage_unit_in){.max_charge_w = SOME_I32(5000),
                                               .max_discharge_w = SOME_I32(5000),
                                               .mode = BATTERY_MODE_NORMAL};
    p.storage_conf = storage_config_default();
    p.storage_conf.units = p.battery_conf;
    p.storage_conf.n = has_battery;
    p.storage_in.units = p.battery_in;
    p.storage_state.units = p.battery_state;
    p.storage.units = p.battery;
    p.inverter_conf[0].control = true;
    p.inverter_in[0].max_w = SOME_I32(12000);
    p.feedin_conf = feedin_config_default();
    p.feedin_conf.units = p.inverter_conf;
    p.feedin_conf.n = 1;
    p.feedin_conf.limit_w = limit_w < 0 ? (struct opt_i32){0} : SOME_I32(limit_w);
    p.feedin_in.units = p.inverter_in;
    p.feedin_state.units = p.inverter_state;
    p.feedin.units = p.inverter;
    house_start(&p.h);
}
static int32_t car_w(void)
{
    return (int32_t)((int64_t)p.h.cars[0].ma * 3 * VOLT_MV / 1000000);
}
/* Where the battery wants to be within its order. */
static int32_t battery_aim(void)
{
    const struct storage_order *o = &p.battery[0];
    int32_t need = p.gives_w - p.load_w - car_w();
    int32_t up = o->charge_w.set && o->mode == BATTERY_MODE_LIMIT ? o->charge_w.v : 5000;
    int32_t down = o->mode == BATTERY_MODE_HOLD                          ? 0
                   : o->mode == BATTERY_MODE_LIMIT && o->discharge_w.set ? o->discharge_w.v
                                                                         : 5000;
    int32_t aim = clamp_i32(need, -down, up);
    if (o->mode == BATTERY_MODE_CHARGE)
        aim = o->charge_w.v;
    if (p.ours)
        aim = o->power_w.v;
    if (p.soc_ws <= p.capacity_ws / 20)
        aim = max_i32(aim, 0);
    if (p.soc_ws >= p.capacity_ws)
        aim = min_i32(aim, 0);
    return aim;
}
static void world(void)
{
    int32_t may = p.inverter[0].send && p.inverter[0].limit_w.set ? p.inverter[0].limit_w.v : 12000;
    int32_t to = min_i32(may, p.sun_w);
    p.gives_w += (to - p.gives_w) * 2 / 3;
    if (p.has_battery) {
        int32_t aim = battery_aim();
        p.battery_w += (aim - p.battery_w) / 2;
        if (aim - p.battery_w < 20 && p.battery_w - aim < 20)
            p.battery_w = aim;
        p.soc_ws += p.battery_w;
    }
    for (int i = 0; i < PHASES; i++)
        p.h.load_ma[i] = (int32_t)((int64_t)(p.load_w - p.gives_w) * 1000000 / VOLT_MV / PHASES);
    p.h.battery_w = p.battery_w;
}
static void storage_second(void)
{
    struct storage_in *in = &p.storage_in;
    p.battery_in[0].power_w = SOME_I32(p.battery_w);
    p.battery_in[0].at = p.h.now.mono;
    p.battery_in[0].soc_pm = SOME_I32((int32_t)(p.soc_ws * 1000 / p.capacity_ws));
    in->meter = p.h.out.meter;
    in->frame_at = p.h.s.frame.at;
    in->grid_w = p.h.s.circuits[0].meter_w;
    in->begun = in->config_agreed = true;
    in->block_discharge = p.h.out.battery.block_discharge;
    in->may_carry_w = p.h.out.battery.may_carry_w;
    /* As the controller fills it from the chargers' decision. */
    const struct control_circuit_out *o = &p.h.out.circuits[0];
    int32_t least =
        min_i32(o->available_ma.v[0], min_i32(o->available_ma.v[1], o->available_ma.v[2]));
    in->room_w = SOME_I32((int32_t)((int64_t)least * 3 * VOLT_MV / 1000000));
    in->consume_w = p.h.snap.consume_w;
    int64_t rise = 0, cars = 0;
    for (int i = 0; i < PHASES; i++) {
        rise += max_i32(0, p.h.s.chargers[0].to[i] - p.h.s.chargers[0].est[i]);
        cars += p.h.s.chargers[0].est[i];
    }
    in->cars_w = (int32_t)(cars * VOLT_MV / 1000000);
    in->cars_rise_w = (int32_t)(rise * VOLT_MV / 1000000);
    enum control_code why = p.h.decisions[0].reason.code;
    in->cars_short =
        why == CONTROL_CIRCUIT || why == CONTROL_CIRCUIT_PAUSE || why == CONTROL_REDUCED;
    storage_step(&p.storage_state, in, &p.storage_conf, p.h.now, &p.storage);
    p.h.snap.battery_can_w = SOME_I32(p.storage.can_deliver_w);
    p.h.snap.reserved_w = p.storage.reserve_w;
}
static void second(void)
{
    world();
    house_second(&p.h);
    if (p.has_battery)
        storage_second();
    p.inverter_in[0].power_w = SOME_I32(p.gives_w);
    p.inverter_in[0].at = p.h.now.mono;
    p.feedin_in.meter = p.h.out.meter;
    p.feedin_in.frame_at = p.h.s.frame.at;
    p.feedin_in.grid_w = p.h.s.circuits[0].meter_w;
    p.feedin_in.begun = p.feedin_in.config_agreed = true;
    p.feedin_in.battery_room_w = p.has_battery ? p.storage.can_take_w : 0;
    feedin_step(&p.feedin_state, &p.feedin_in, &p.feedin_conf, p.h.now, &p.feedin);
    p.h.snap.curtailed_w = p.feedin.curtailed_w;
    int32_t grid = p.load_w - p.gives_w + p.battery_w + car_w();
    p.car_ws += car_w();
    p.export_ws += max_i32(0, -grid);
    p.import_ws += max_i32(0, grid);
    p.worst_import_w = max_i32(p.worst_import_w, grid);
    p.charged_ws += max_i32(0, p.battery_w);
    p.discharged_ws += max_i32(0, -p.battery_w);
    if (car_w() > 0)
        p.fed_by_battery_ws += min_i32(car_w(), max_i32(0, -p.battery_w));
}
static void run(int seconds)
{
    p.car_ws = p.export_ws = p.import_ws = p.charged_ws = p.discharged_ws = p.fed_by_battery_ws = 0;
    for (int i = 0; i < seconds; i++)
        second();
}
static int32_t mean(int64_t ws, int seconds)
{
    return (int32_t)(ws / seconds);
}

START_TEST(the_car_comes_before_the_battery)
{
    begin(true, _i == 1, 500, -1);
    p.sun_w = 7500;
    run(5 * MINUTE);
    run(10 * MINUTE);
    ck_assert_int_gt(mean(p.car_ws, 600), 6100);
    ck_assert_int_lt(mean(p.charged_ws, 600), 700); /* what 1 A steps leave */
    ck_assert_int_lt(mean(p.discharged_ws, 600), 30);
    ck_assert_int_lt(mean(p.import_ws, 600), 30);
    p.h.cars[0].max_ma = 0; /* full: now the battery */
    run(MINUTE);
    run(5 * MINUTE);
    ck_assert_int_gt(mean(p.charged_ws, 300), 4900);
}
END_TEST
START_TEST(the_battery_comes_first_where_people_want_it)
{
    begin(true, _i == 1, 500, -1);
    p.battery_conf[0].first_until_soc_pm = 700;
    p.sun_w = 7500; /* 7000 left: 5000 for the battery, too little for a car */
    run(5 * MINUTE);
    run(5 * MINUTE);
    ck_assert_int_eq(mean(p.car_ws, 300), 0);
    ck_assert_int_gt(mean(p.charged_ws, 300), 4900);
    p.sun_w = 11000;
    run(5 * MINUTE);
    run(5 * MINUTE);
    ck_assert_int_gt(mean(p.car_ws, 300), 4800);
    ck_assert_int_gt(mean(p.charged_ws, 300), 4500);
    p.soc_ws = p.capacity_ws * 71LL / 100;
    p.sun_w = 7500;
    run(5 * MINUTE);
    run(5 * MINUTE);
    ck_assert_int_gt(mean(p.car_ws, 300), 6100);
}
END_TEST
START_TEST(clouds_do_not_empty_the_battery_into_the_car)
{
    begin(true, _i == 1, 500, -1);
    for (int k = 0; k < 12; k++) { /* sun and clouds of half a minute */
        p.sun_w = k % 2 ? 3000 : 9000;
        if (k == 4)
            p.fed_by_battery_ws = p.car_ws = 0;
        for (int i = 0; i < 30; i++)
            second();
    }
    p.sun_w = 2000; /* and then little: held for 15 min at most, then it stops */
    run(16 * MINUTE);
    run(20 * MINUTE);
    ck_assert_int_eq(p.car_ws, 0);
    ck_assert_int_eq(p.fed_by_battery_ws, 0);
}
END_TEST
static int changes(int seconds)
{
    int n = 0;
    for (int i = 0; i < seconds; i++) {
        struct storage_order was = p.battery[0];
        int32_t ma = p.h.decisions[0].current_ma;
        second();
        n += was.charge_w.v != p.battery[0].charge_w.v || was.power_w.v != p.battery[0].power_w.v ||
             was.mode != p.battery[0].mode || ma != p.h.decisions[0].current_ma;
    }
    return n;
}
/* 5 kW from the grid beside a car that wants 11 kW. */
static void charging(bool ours, int32_t fuse_ma, int32_t load_w)
{
    begin(true, ours, 300, -1);
    p.h.circuits[0].max_current_ma = fuse_ma;
    p.load_w = load_w;
    p.h.in[0].mode = CHARGE_MODE_POWER;
    p.h.in[0].use_battery = true;
    p.battery_in[0].mode = BATTERY_MODE_CHARGE;
    p.battery_in[0].charge_w = SOME_I32(5000);
    p.h.cars[0].plugged = false;
    run(3 * MINUTE);
    p.h.cars[0].plugged = true;
}
START_TEST(a_car_pushes_a_battery_off_the_fuse)
{
    charging(_i == 1, 25000, 4000);
    ck_assert_int_gt(p.battery_w, 4900);
    run(7 * MINUTE); /* an overload keeps the car reduced for five minutes */
    run(5 * MINUTE);
    ck_assert_int_gt(mean(p.car_ws, 300), 10000);
    ck_assert_int_lt(mean(p.charged_ws, 300), 2400);
    run(10 * MINUTE);
    for (int i = 0; i < 600; i++) {
        second();
        ck_assert_int_le(house_grid_ma(&p.h, 0), 25000);
    }
    ck_assert_int_le(changes(600), 2);
}
END_TEST
START_TEST(a_battery_takes_what_the_operator_leaves_beside_a_car)
{
    charging(_i == 1, 35000, 500);
    p.h.snap.consume_w = SOME_I32(9000);
    run(3 * MINUTE);
    run(5 * MINUTE);
    ck_assert_int_gt(mean(p.car_ws, 300), 7500);
    ck_assert_int_le(mean(p.car_ws + p.charged_ws, 300), 9000);
    p.h.cars[0].plugged = false;
    run(MINUTE);
    run(5 * MINUTE);
    ck_assert_int_gt(mean(p.charged_ws, 300), 4900);
    p.h.snap.consume_w = SOME_I32(4200);
    run(20);
    run(5 * MINUTE);
    ck_assert_int_le(mean(p.charged_ws, 300), 4200);
    ck_assert_int_gt(mean(p.charged_ws, 300), 4000);
    ck_assert_int_le(changes(600), 1);
}
END_TEST
START_TEST(a_car_in_power_mode_is_served_or_not)
{
    for (int may = 0; may < 2; may++) {
        begin(true, _i == 1, 500, -1);
        p.h.in[0].mode = CHARGE_MODE_POWER;
        p.h.in[0].use_battery = may;
        p.load_w = 1200;
        run(2 * MINUTE);
        run(10 * MINUTE);
        ck_assert_int_gt(mean(p.car_ws, 600), 10500);
        if (may) /* the battery first, with all it has */
            ck_assert_int_gt(mean(p.discharged_ws, 600), 4800);
        else { /* what the house needs, the car none of it */
            ck_assert_int_gt(mean(p.discharged_ws, 600), 900);
            ck_assert_int_lt(mean(p.discharged_ws, 600), 1300);
        }
        p.sun_w = 1000; /* now the house needs only 200 W of it */
        run(MINUTE);
        run(5 * MINUTE);
        if (!may)
            ck_assert_int_lt(mean(p.discharged_ws, 300), 300);
    }
}
END_TEST
START_TEST(a_running_car_is_carried_at_its_minimum_down_to_the_reserve)
{
    begin(true, _i == 1, 160, -1);
    p.h.in[0].use_battery = true;
    p.sun_w = 7500;
    run(5 * MINUTE);
    p.sun_w = 2000;
    run(6 * MINUTE);
    run(5 * MINUTE); /* past the hold */
    ck_assert_int_gt(mean(p.car_ws, 300), 4000);
    ck_assert_int_lt(mean(p.car_ws, 300), 4300);
    ck_assert_int_lt(mean(p.import_ws, 300), 100);
    run(30 * MINUTE);
    ck_assert_int_eq(car_w(), 0);
    ck_assert_int_ge((int32_t)(p.soc_ws * 1000 / p.capacity_ws), 97);
}
END_TEST
START_TEST(a_car_gets_the_sun_behind_the_limit)
{
    begin(false, false, 0, 0);
    p.sun_w = 400;
    run(2 * MINUTE);
    p.sun_w = 9000; /* the limit lets only 500 W through */
    run(30 * MINUTE);
    run(10 * MINUTE);
    ck_assert_int_gt(mean(p.car_ws, 600), 7400);
    ck_assert_int_lt(mean(p.export_ws, 600), 20);
    ck_assert_int_lt(mean(p.import_ws, 600), 150);
}
END_TEST
START_TEST(a_wrong_guess_costs_little)
{
    begin(false, false, 0, 0);
    p.sun_w = 1000; /* half of it is used; more is not there for a car */
    run(4 * 3600);
    /* In four hours a few starts: each holds the minimum for five minutes. */
    ck_assert_int_le(p.car_ws, 4LL * 310 * 4400);
    ck_assert_int_lt(p.worst_import_w, 4600);
    ck_assert_int_lt(mean(p.export_ws, 4 * 3600), 10);
}
END_TEST
START_TEST(car_and_battery_share_what_the_limit_would_cost)
{
    begin(true, _i == 1, 500, 0);
    p.sun_w = 9000;
    run(30 * MINUTE);
    run(10 * MINUTE);
    ck_assert_int_gt(mean(p.car_ws + p.charged_ws, 600), 7500);
    ck_assert_int_lt(mean(p.export_ws, 600), 60);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("plant");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, the_car_comes_before_the_battery, 0, 2);
    tcase_add_loop_test(t, the_battery_comes_first_where_people_want_it, 0, 2);
    tcase_add_loop_test(t, clouds_do_not_empty_the_battery_into_the_car, 0, 2);
    tcase_add_loop_test(t, a_car_pushes_a_battery_off_the_fuse, 0, 2);
    tcase_add_loop_test(t, a_battery_takes_what_the_operator_leaves_beside_a_car, 0, 2);
    tcase_add_loop_test(t, a_car_in_power_mode_is_served_or_not, 0, 2);
    tcase_add_loop_test(t, a_running_car_is_carried_at_its_minimum_down_to_the_reserve, 0, 2);
    tcase_add_test(t, a_car_gets_the_sun_behind_the_limit);
    tcase_add_test(t, a_wrong_guess_costs_little);
    tcase_add_loop_test(t, car_and_battery_share_what_the_limit_would_cost, 0, 2);
    return run_case(t, "plant");
}
