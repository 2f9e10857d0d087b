/* SPDX-License-Identifier: Apache-2.0
 * The regulator of ours in a closed loop with lags and late meters; and bounds whatever comes. */
#include "tests/unit/surplus-controller/storage_bed.h"

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
    TCase *t = tcase_create("storage_loop");
    tcase_add_loop_test(t, ours_settle_without_a_swing, 0, COUNT_OF(loops));
    tcase_add_test(t, a_calm_house_costs_few_writes);
    tcase_add_loop_test(t, bounds_hold_whatever_comes, 0, 12);
    tcase_add_test(t, equal_snapshots_give_equal_orders);
    return run_case(t, "storage_loop");
}
