/* SPDX-License-Identifier: Apache-2.0
 * The feed-in limit: shares of inverters, the closed loop at the grid connection, and what
 * batteries and cars get of the sun that it costs. */
#include "services/surplus-controller/core/feedin.h"
#include "tests/unit/run.h"
#include "tests/unit/surplus-controller/plant.h"

/* Check's own asserts cost a system call each, also when they hold; these run millions of times. */
#define NEED(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond))                                                                               \
            ck_abort_msg("%s", #cond);                                                             \
    } while (0)
#define NEED_ge(a, b) NEED((a) >= (b))
#define NEED_gt(a, b) NEED((a) > (b))
#define NEED_le(a, b) NEED((a) <= (b))

enum { UNITS = 3 };
static struct feedin_unit_conf units[UNITS];
static struct feedin_unit_in ins[UNITS];
static struct feedin_unit_state states[UNITS];
static struct feedin_order orders[UNITS];
static struct feedin_config conf;
static struct feedin_in in;
static struct feedin_state state;
static struct feedin_out out;
static struct now now;

static void begin(int n, int32_t limit_w)
{
    memset(ins, 0, sizeof ins);
    memset(states, 0, sizeof states);
    memset(&state, 0, sizeof state);
    conf = feedin_config_default();
    conf.units = units;
    conf.n = n;
    conf.limit_w = limit_w < 0 ? (struct opt_i32){0} : SOME_I32(limit_w);
    for (int i = 0; i < n; i++) {
        units[i].control = true;
        ins[i] = (struct feedin_unit_in){.power_w = SOME_I32(0), .max_w = SOME_I32(10000)};
    }
    in =
        (struct feedin_in){.units = ins, .meter = METER_GOOD, .begun = true, .config_agreed = true};
    state.units = states;
    out.units = orders;
    now = (struct now){{1000000}, {1750000000000}};
}
static void step(void)
{
    feedin_step(&state, &in, &conf, now, &out);
}
static void frame(int64_t ms, int32_t grid_w)
{
    now.mono.ms += ms;
    in.frame_at = now.mono;
    in.grid_w = grid_w;
    for (int i = 0; i < conf.n; i++)
        ins[i].at = now.mono;
    step();
}

START_TEST(without_a_limit_nothing_is_told)
{
    begin(1, -1);
    ins[0].power_w = SOME_I32(8000);
    frame(1000, -7000);
    ck_assert(!orders[0].send);
    ck_assert_int_eq(orders[0].reason.code, FEEDIN_FREE);
    in.produce_w = SOME_I32(3000);
    step();
    ck_assert(orders[0].send);
    ck_assert_int_eq(orders[0].limit_w.v, 8000 - 7000 + 3000 - 50);
    ck_assert_int_eq(orders[0].reason.code, FEEDIN_OPERATOR);
    ck_assert_int_eq(orders[0].fallback_w.v, 3000);
    in.produce_w.set = false;
    step();
    ck_assert(orders[0].send); /* it has to hear that it is free */
    ck_assert(!orders[0].limit_w.set && !orders[0].fallback_w.set);
}
END_TEST
START_TEST(the_lowest_limit_wins)
{
    begin(1, 6000);
    ins[0].power_w = SOME_I32(8000);
    in.produce_w = SOME_I32(7000);
    frame(1000, -7000);
    ck_assert_int_eq(out.limit_w.v, 6000);
    ck_assert_int_eq(orders[0].limit_w.v, 6950);
    ck_assert_int_eq(orders[0].reason.code, FEEDIN_PLANT);
    in.produce_w = SOME_I32(0);
    step();
    ck_assert_int_eq(out.limit_w.v, 0);
    ck_assert_int_eq(orders[0].limit_w.v, 950); /* at once, without a new frame */
    ck_assert_int_eq(orders[0].fallback_w.v, 0);
}
END_TEST
START_TEST(shares_are_in_proportion_to_the_rated_power)
{
    begin(3, 0);
    ins[1].max_w = SOME_I32(5000);
    units[2].control = false; /* a second regulator, or not to be touched */
    for (int i = 0; i < 3; i++)
        ins[i].power_w = SOME_I32(4000);
    frame(1000, -9000); /* 3000 are used here, 4000 of them come from the third */
    ck_assert_int_eq(orders[0].limit_w.v, 0);
    ck_assert(!orders[2].send);
    ck_assert_int_eq(orders[2].reason.code, FEEDIN_ALONE);
    begin(2, 3050);
    ins[1].max_w = SOME_I32(5000);
    ins[0].power_w = SOME_I32(8000);
    ins[1].power_w = SOME_I32(4000);
    frame(1000, -9000);
    ck_assert_int_eq(orders[0].limit_w.v, 4000);
    ck_assert_int_eq(orders[1].limit_w.v, 2000);
}
END_TEST
START_TEST(what_one_cannot_give_the_others_may)
{
    begin(2, 50);
    ins[0].power_w = SOME_I32(1000); /* in the shade */
    ins[1].power_w = SOME_I32(9000);
    frame(1000, -2000);
    ck_assert_int_ge(orders[1].limit_w.v, 6998);
    ck_assert_int_le(orders[1].limit_w.v, 7000);
    ck_assert_int_eq(orders[0].limit_w.v, orders[1].limit_w.v); /* the same share */
}
END_TEST
START_TEST(without_a_meter_the_share_of_the_limit)
{
    begin(3, 6000);
    ins[1].max_w = SOME_I32(5000);
    ins[2].max_w = SOME_I32(3000);
    units[2].control = false; /* its full power is taken for granted */
    frame(1000, -1000);
    for (enum control_meter m = METER_MISSING; m <= METER_NONE; m++) {
        in.meter = m;
        step();
        ck_assert_int_eq(orders[0].limit_w.v, 2000);
        ck_assert_int_eq(orders[1].limit_w.v, 1000);
        ck_assert_int_eq(orders[0].fallback_w.v, 2000);
        ck_assert_int_eq(orders[0].reason.code, FEEDIN_BLIND);
    }
    in.meter = METER_GOOD;
    frame(1000, 3000);
    ck_assert_int_gt(orders[0].limit_w.v, 2000);
    ck_assert_int_eq(orders[0].reason.code, FEEDIN_PLANT);
    begin(1, 6000);
    in.begun = false;
    frame(1000, 0);
    ck_assert(!orders[0].send);
}
END_TEST
START_TEST(nothing_is_raised_on_a_late_meter)
{
    begin(1, 0);
    ins[0].power_w = SOME_I32(3000);
    frame(1000, 0);
    int32_t was = orders[0].limit_w.v;
    in.meter = METER_SUSPECT;
    for (int i = 0; i < 30; i++)
        frame(1000, 2000);
    ck_assert_int_eq(orders[0].limit_w.v, was);
    frame(1000, -500);
    ck_assert_int_lt(orders[0].limit_w.v, was);
    in.meter = METER_GOOD;
    in.config_agreed = false;
    was = orders[0].limit_w.v;
    for (int i = 0; i < 30; i++)
        frame(1000, 2000);
    ck_assert_int_eq(orders[0].limit_w.v, was);
}
END_TEST
START_TEST(a_frozen_meter_lifts_no_limit)
{
    begin(1, 500);
    frame(1000, 2000);
    for (int i = 0; i < 30; i++) { /* it seems to need ever more */
        ins[0].power_w = orders[0].limit_w;
        frame(1000, 2000);
    }
    ck_assert_int_eq(orders[0].limit_w.v, 500);
    ck_assert_int_eq(orders[0].reason.code, FEEDIN_BLIND);
    frame(1000, -300);
    ck_assert_int_eq(orders[0].reason.code, FEEDIN_PLANT);
}
END_TEST
START_TEST(an_unknown_rating_is_what_it_ever_gave)
{
    begin(1, 500);
    ins[0].max_w.set = false;
    frame(1000, 0);
    in.meter = METER_MISSING;
    step();
    ck_assert_int_eq(orders[0].limit_w.v, 500);
    ck_assert_int_le(orders[0].fallback_w.v, 1000);
}
END_TEST

/* ---- the closed loop ---- */
struct loop {
    int n;
    struct lagged ramp[UNITS];
    int32_t sun_w[UNITS], gives_w[UNITS];
    struct seen inverter[UNITS], meter;
    int32_t load_w, grid_w, worst_w;
    int changes, over_ms;
    /* a battery that regulates itself */
    struct lagged battery;
    int32_t battery_max_w;
};
static void loop_begin(struct loop *l, int n, int32_t limit_w, int32_t lag, int32_t dead,
                       int32_t meter_ms, int32_t inverter_ms, int32_t late)
{
    memset(l, 0, sizeof *l);
    begin(n, limit_w);
    l->n = n;
    l->meter.interval_ms = meter_ms;
    l->battery.lag_ms = 2000;
    for (int i = 0; i < n; i++) {
        l->ramp[i].lag_ms = lag;
        l->ramp[i].dead_ms = dead;
        l->inverter[i].interval_ms = inverter_ms;
        l->inverter[i].late_ms = late;
        lagged_step(&l->ramp[i], 10000);
        l->ramp[i].now_mw = 10000000;
        for (int k = 0; k < PLANT_LATE; k++)
            l->ramp[i].orders[k] = 10000;
    }
}
static void loop_step(struct loop *l)
{
    int32_t before[UNITS], pv = 0;
    now.mono.ms += PLANT_STEP_MS;
    for (int i = 0; i < l->n; i++) {
        before[i] = orders[i].limit_w.v;
        int32_t may = lagged_step(&l->ramp[i], orders[i].limit_w.set ? orders[i].limit_w.v : 10000);
        l->gives_w[i] = min_i32(may, l->sun_w[i]);
        pv += l->gives_w[i];
        seen_step(&l->inverter[i], now.mono, l->gives_w[i]);
        ins[i].power_w = SOME_I32(l->inverter[i].shown);
        ins[i].at = l->inverter[i].at;
    }
    int32_t balance = l->load_w - pv, old = (int32_t)(l->battery.now_mw / 1000);
    int32_t stored = lagged_step(&l->battery, clamp_i32(-balance, 0, l->battery_max_w));
    l->grid_w = balance + stored;
    in.battery_room_w = l->battery_max_w - old;
    seen_step(&l->meter, now.mono, l->grid_w);
    in.frame_at = l->meter.at;
    in.grid_w = l->meter.shown;
    step();
    for (int i = 0; i < l->n; i++)
        l->changes += orders[i].limit_w.v != before[i];
    l->worst_w = max_i32(l->worst_w, -l->grid_w - conf.limit_w.v);
    l->over_ms += -l->grid_w > conf.limit_w.v ? PLANT_STEP_MS : 0;
}
static void loop_run(struct loop *l, int32_t ms)
{
    for (int32_t k = 0; k < ms; k += PLANT_STEP_MS)
        loop_step(l);
}
static const struct {
    int n;
    int32_t limit_w, lag, dead, meter_ms, inverter_ms, late;
    int over_s; /* above the limit after a jump of the sun, at most */
} loops[] = {
    {1, 0, 200, 0, 200, 200, 0, 2},
    {1, 0, 1000, 300, 1000, 1000, 0, 7},
    {1, 6000, 1000, 300, 1000, 1000, 500, 7},
    {2, 0, 1000, 300, 1000, 1000, 300, 7},
    {3, 7000, 2000, 500, 1000, 1000, 700, 14},
    {2, 3000, 300, 0, 200, 1000, 0, 3},
    {1, 0, 1000, 300, 1000, 5000, 300, 12},
    {1, 0, 1000, 300, 5000, 1000, 300, 14},
    {2, 5000, 3000, 1000, 1000, 1000, 1000, 20},
};
START_TEST(the_limit_holds_after_a_jump_of_the_sun)
{
    struct loop l;
    loop_begin(&l, loops[_i].n, loops[_i].limit_w, loops[_i].lag, loops[_i].dead,
               loops[_i].meter_ms, loops[_i].inverter_ms, loops[_i].late);
    l.load_w = 1500;
    for (int i = 0; i < l.n; i++)
        l.sun_w[i] = 500;
    loop_run(&l, 60000);
    for (int i = 0; i < l.n; i++)
        l.sun_w[i] = 9000 - 1000 * i; /* a cloud is gone */
    l.over_ms = l.worst_w = 0;
    loop_run(&l, 120000);
    int over_s = l.over_ms / 1000;
    int32_t lost = loops[_i].limit_w + l.grid_w; /* of what could be fed in */
    l.changes = 0;
    loop_run(&l, 300000);
    int steady = l.changes;
    l.load_w = 4000; /* more is used: more may be given */
    loop_run(&l, 60000);
    int32_t sun = 0;
    for (int i = 0; i < l.n; i++)
        sun += l.sun_w[i];
    int32_t lost_later = min_i32(loops[_i].limit_w, sun - l.load_w) + l.grid_w;
    l.over_ms = 0;
    l.load_w = 600; /* and less */
    loop_run(&l, 60000);
    if (getenv("WATTBUS_PRINT"))
        printf("%d inverters, limit %d, lag %d dead %d meter %d inverter %d late %d: over for %d s "
               "by %d W, again %d s, lost %d %d W, changes %d\n",
               l.n, loops[_i].limit_w, loops[_i].lag, loops[_i].dead, loops[_i].meter_ms,
               loops[_i].inverter_ms, loops[_i].late, over_s, l.worst_w, l.over_ms / 1000, lost,
               lost_later, steady);
    ck_assert_int_le(over_s, loops[_i].over_s);
    ck_assert_int_le(l.over_ms / 1000, loops[_i].over_s);
    ck_assert_int_eq(steady, 0);
    ck_assert_int_le(lost, 160 * l.n);
    ck_assert_int_le(lost_later, 160 * l.n);
    ck_assert_int_ge(lost_later, 0);
}
END_TEST
START_TEST(batteries_are_asked_to_take_it_first)
{
    struct loop l;
    loop_begin(&l, 1, 0, 1000, 300, 1000, 1000, 0);
    l.sun_w[0] = 6000;
    l.load_w = 500;
    l.battery_max_w = 3000;
    loop_run(&l, 240000);
    ck_assert_int_ge(l.gives_w[0], 3300); /* 500 W for the house, the battery full of it */
    ck_assert_int_le(-l.grid_w, 0);
    l.battery_max_w = 0; /* full: now it does not take it */
    l.over_ms = 0;
    loop_run(&l, 60000);
    ck_assert_int_le(l.over_ms, 12000);
    ck_assert_int_le(l.gives_w[0], 500);
}
END_TEST
START_TEST(a_battery_that_does_not_take_is_not_asked_again_soon)
{
    struct loop l;
    loop_begin(&l, 1, 0, 1000, 300, 1000, 1000, 0);
    l.sun_w[0] = 6000;
    l.load_w = 500;
    loop_run(&l, 30000);
    l.over_ms = l.worst_w = 0;
    for (int k = 0; k < 6000; k++) { /* ten minutes; it only says that it could */
        loop_step(&l);
        in.battery_room_w = 3000;
    }
    for (int k = 0; k < 6000; k++) {
        l.battery_max_w = 0;
        loop_step(&l);
    }
    ck_assert_int_le(l.over_ms, 40000);
    ck_assert_int_le(l.worst_w, 700);
}
END_TEST
START_TEST(the_operator_is_not_asked_for_patience)
{
    begin(1, -1);
    in.produce_w = SOME_I32(0);
    in.battery_room_w = 3000;
    ins[0].power_w = SOME_I32(500);
    frame(1000, 0);
    for (int i = 0; i < 60; i++)
        frame(1000, 0);
    ck_assert_int_le(orders[0].limit_w.v, 500);
}
END_TEST
START_TEST(what_the_limit_costs_is_estimated)
{
    begin(1, 0);
    ins[0].power_w = SOME_I32(300);
    frame(1000, 1000);
    ck_assert_int_eq(out.curtailed_w, 0);
    ins[0].power_w = SOME_I32(7000); /* the sun comes: this much it could */
    frame(1000, -5700);
    ins[0].power_w = SOME_I32(orders[0].limit_w.v);
    frame(1000, 50);
    ck_assert(orders[0].curtailed);
    ck_assert_int_eq(out.curtailed_w, 7000 - orders[0].limit_w.v);
    int32_t first = out.curtailed_w;
    for (int i = 0; i < 180; i++)
        frame(1000, 50);
    ck_assert_int_ge(out.curtailed_w, first + 1000); /* it grows: more may be behind it */
    ins[0].power_w = SOME_I32(2000); /* a car took some; there is less than thought */
    for (int i = 0; i < 60; i++)
        frame(1000, 4000);
    ck_assert(!orders[0].curtailed);
    ck_assert_int_eq(out.curtailed_w, 0);
    for (int i = 0; i < 60; i++)
        frame(1000, -10);
    ck_assert_int_le(out.curtailed_w, 100);
    for (int i = 0; i < 300; i++) { /* and for a while nothing is guessed */
        ins[0].power_w = SOME_I32(min_i32(2000, orders[0].limit_w.v));
        frame(1000, ins[0].power_w.v > 1200 ? -100 : 50);
    }
    ck_assert_int_le(out.curtailed_w, 1000);
}
END_TEST

/* ---- whatever comes ---- */
static uint32_t seed;
static int32_t rnd(int32_t lo, int32_t hi)
{
    seed = seed * 1664525u + 1013904223u;
    return lo + (int32_t)((seed >> 8) % (uint32_t)(hi - lo + 1));
}
static void must_hold(void)
{
    int64_t fallback = 0, alone = 0;
    for (int i = 0; i < conf.n; i++) {
        const struct feedin_order *o = &orders[i];
        NEED(units[i].control || !o->send);
        if (!units[i].control) {
            alone += ins[i].max_w.v;
            continue;
        }
        NEED(o->limit_w.set == out.limit_w.set || !o->send);
        NEED_ge(o->limit_w.v, 0);
        NEED_le(o->limit_w.v, ins[i].max_w.v);
        fallback += o->fallback_w.v;
        struct reason text;
        feedin_reason_text(&o->reason, &text);
        NEED(text.code[0] && text.text[0] && !strchr(text.text, '{'));
        if (in.meter > METER_SUSPECT && out.limit_w.set)
            NEED_le(o->limit_w.v, o->fallback_w.v);
    }
    if (out.limit_w.set)
        NEED_le(fallback, max_i64(0, out.limit_w.v - alone));
    NEED_ge(out.curtailed_w, 0);
    NEED_gt(out.next.ms, now.mono.ms);
}
START_TEST(bounds_hold_whatever_comes)
{
    seed = (uint32_t)_i * 7919u + 5;
    begin(3, _i % 3 ? rnd(0, 20000) : -1);
    units[2].control = _i % 2;
    for (int i = 0; i < 3; i++)
        ins[i].max_w = SOME_I32(rnd(1, 30000));
    for (int k = 0; k < 3000; k++) {
        in.meter = (enum control_meter)(rnd(0, 3) ? METER_GOOD : rnd(0, METER_NONE));
        in.config_agreed = rnd(0, 9) != 0;
        in.battery_room_w = rnd(-1000, 5000);
        in.produce_w = rnd(0, 3) ? (struct opt_i32){0} : SOME_I32(rnd(0, 9000));
        for (int i = 0; i < 3; i++)
            ins[i].power_w = rnd(0, 9) ? SOME_I32(rnd(-3000, ins[i].max_w.v)) : (struct opt_i32){0};
        frame(rnd(50, 4000), rnd(-20000, 9000));
        must_hold();
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("feedin");
    tcase_add_test(t, without_a_limit_nothing_is_told);
    tcase_add_test(t, the_lowest_limit_wins);
    tcase_add_test(t, shares_are_in_proportion_to_the_rated_power);
    tcase_add_test(t, what_one_cannot_give_the_others_may);
    tcase_add_test(t, without_a_meter_the_share_of_the_limit);
    tcase_add_test(t, nothing_is_raised_on_a_late_meter);
    tcase_add_test(t, a_frozen_meter_lifts_no_limit);
    tcase_add_test(t, an_unknown_rating_is_what_it_ever_gave);
    tcase_add_loop_test(t, the_limit_holds_after_a_jump_of_the_sun, 0, COUNT_OF(loops));
    tcase_add_test(t, batteries_are_asked_to_take_it_first);
    tcase_add_test(t, a_battery_that_does_not_take_is_not_asked_again_soon);
    tcase_add_test(t, the_operator_is_not_asked_for_patience);
    tcase_add_test(t, what_the_limit_costs_is_estimated);
    tcase_add_loop_test(t, bounds_hold_whatever_comes, 0, 12);
    return run_case(t, "feedin");
}
