/* SPDX-License-Identifier: Apache-2.0
 * Loads over random hours: whatever people, clouds, the grid operator and broken devices do, dwell
 * times hold, fuses and limits hold, blocks end, and the same hours come out the same. */
#include "tests/unit/surplus-controller/load_house.h"
#include <check.h>
#include "tests/unit/run.h"

enum { SEEDS = 12, HOURS = 2, FUSE_MA = 25000, CALM_S = 12, LIMIT_S = 20 };
static struct load_house l;
static uint32_t dice;
static struct watch { /* of one load */
    bool on;
    int since; /* second of the last switch; -1: never */
    int blocked, released;
} seen[LOADS_MAX];
static int second, over_s, excess_s;
static uint64_t print; /* of every decision */

static uint32_t roll(uint32_t n) /* 0 to n-1 */
{
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % n;
}
static bool chance(uint32_t one_in)
{
    return roll(one_in) == 0;
}

/* ---- the hours ---- */
static void build(uint32_t seed)
{
    static const enum load_mode modes[] = {LOAD_MODE_OFF, LOAD_MODE_ON, LOAD_MODE_SOLAR,
                                           LOAD_MODE_SOLAR};
    dice = seed * 2654435761u + 1;
    loads_init(&l, (int)roll(3), chance(2) ? CHARGE_MODE_POWER : CHARGE_MODE_SOLAR_PURE, FUSE_MA);
    for (int i = 0; i < l.h.c.chargers_n; i++)
        l.h.chargers[i].priority = (uint8_t)(1 + roll(4));
    for (int n = 1 + (int)roll(LOADS_MAX); n > 0; n--) {
        enum control_load_kind kind = (enum control_load_kind)roll(3);
        int k = loads_add(&l, kind, 500 + (int32_t)roll(35) * 100, modes[roll(4)]);
        struct control_charger_conf *c = loads_taker(&l, k);
        c->phases = (uint8_t)(1u << roll(3));
        c->priority = (uint8_t)(1 + roll(4));
        l.conf[k].min_run_ms = (int32_t)roll(4) * 300000;
        l.conf[k].min_rest_ms = (int32_t)roll(4) * 300000;
        l.conf[k].block_max_ms = 600000 + (int32_t)roll(3) * 600000;
        l.conf[k].block_pause_ms = 600000;
        l.device[k].metered = chance(2);
        l.device[k].reports = kind != CONTROL_LOAD_POWER && chance(2);
        seen[k] = (struct watch){false, -1, 0, 1 << 20};
    }
    second = over_s = excess_s = 0;
    print = 0;
    loads_house_w(&l, 500);
    loads_start(&l);
}
static void happen(void)
{
    struct house *h = &l.h;
    int k = (int)roll((uint32_t)h->c.loads_n);
    if (chance(60))
        loads_house_w(&l, (int32_t)roll(120) * 100 - 9000);
    if (chance(300))
        l.in[k].mode = (enum load_mode)(1 + roll(l.conf[k].kind == CONTROL_LOAD_SG_READY ? 4 : 3));
    if (chance(400))
        l.device[k].wants_w = chance(2) ? l.conf[k].power_w : (int32_t)roll(400);
    if (chance(400))
        l.device[k].own_w = chance(2) ? 0 : l.conf[k].power_w;
    if (h->c.chargers_n && chance(600))
        h->cars[0].plugged = !h->cars[0].plugged;
    if (chance(700))
        h->snap.consume_w = (struct opt_i32){(int32_t)roll(80) * 100, chance(2)};
    if (chance(1500))
        l.in[k].free = true;
    if (l.in[k].free && chance(200))
        l.in[k].free = false;
    if (chance(2000))
        h->meter_dead = true;
    if (h->meter_dead && chance(60))
        h->meter_dead = false;
}

/* ---- what must hold ---- */
static bool above_dwell(enum control_code c)
{
    return c == CONTROL_LOAD_CIRCUIT_OFF || c == CONTROL_LOAD_GRID_LIMIT_OFF ||
           c == CONTROL_LOAD_REDUCED || c == CONTROL_LOAD_TURN || c == CONTROL_LOAD_BLOCKED ||
           c == CONTROL_LOAD_FREE || c == CONTROL_LOAD_BLOCK_OVER;
}
static void check_dwell(int k)
{
    const struct control_load_conf *c = &l.conf[k];
    bool on = loads_runs(&l, k);
    enum control_code why = loads_decision(&l, k)->reason.code;
    if (on == seen[k].on)
        return;
    int64_t ms = (second - seen[k].since) * INT64_C(1000);
    if (seen[k].since >= 0 && on)
        ck_assert_msg(ms >= c->min_rest_ms, "load %d rested %d s", k, (int)(ms / 1000));
    if (seen[k].since >= 0 && !on && !above_dwell(why))
        ck_assert_msg(ms >= c->min_run_ms, "load %d ran %d s: %s", k, (int)(ms / 1000),
                      loads_why(&l, k));
    seen[k].on = on;
    seen[k].since = second;
}
static void check_block(int k)
{
    struct watch *w = &seen[k];
    bool is = l.out[k].sg == SG_STATE_BLOCK;
    if (is && !w->blocked)
        ck_assert_int_ge(w->released, 0);
    w->blocked = is ? w->blocked + 1 : 0;
    ck_assert_int_le(w->blocked, l.conf[k].block_max_ms / 1000);
    if (w->blocked == l.conf[k].block_max_ms / 1000)
        w->released = -l.conf[k].block_pause_ms / 1000 + 1; /* counts up to 0 */
    else if (!is)
        w->released++;
}
/* What nobody controls: the house, and heat pumps by themselves. */
static int32_t fixed_ma(int p)
{
    int32_t ma = l.others_ma[p];
    for (int k = 0; k < l.h.c.loads_n; k++)
        if ((l.out[k].sg == SG_STATE_NORMAL || l.in[k].free) &&
            (loads_taker(&l, k)->phases >> p & 1))
            ma += l.device[k].w * 1000 / 230;
    return ma;
}
static void check_fuse(void)
{
    bool over = false, fair = !l.h.meter_dead;
    for (int p = 0; p < PHASES; p++) {
        over = over || house_grid_ma(&l.h, p) > FUSE_MA;
        fair = fair && fixed_ma(p) < FUSE_MA * 97 / 100;
    }
    over_s = over && fair ? over_s + 1 : 0;
    ck_assert_msg(over_s <= CALM_S, "over the fuse for %d s", over_s);
}
/* What they really draw. An unmeasured load that takes less than it was told looks like production
 * of that much; it is brought down step by step. */
static void check_limit(void)
{
    int64_t w = 0, own = 0;
    for (int i = 0; i < l.h.c.chargers_n; i++)
        w += l.h.cars[i].ma * INT64_C(690) / 1000;
    for (int k = 0; k < l.h.c.loads_n; k++)
        w += loads_runs(&l, k) && !l.in[k].free ? l.device[k].w : 0;
    for (int p = 0; p < PHASES; p++)
        own -= l.others_ma[p] * INT64_C(230) / 1000;
    bool binds = l.h.snap.consume_w.set && !l.h.meter_dead && own < 0;
    excess_s = binds && w > l.h.snap.consume_w.v + 20 ? excess_s + 1 : 0;
    ck_assert_msg(excess_s <= LIMIT_S, "%d W drawn of %d W for %d s", (int)w, l.h.snap.consume_w.v,
                  excess_s);
}
static void note(void)
{
    for (int i = 0; i < takers_n(&l.h.c); i++)
        print = (print ^ (uint64_t)(uint32_t)l.h.decisions[i].current_ma ^
                 (uint64_t)l.h.decisions[i].reason.code << 32) *
                UINT64_C(1099511628211);
}
static void run_hours(uint32_t seed)
{
    build(seed);
    for (second = 0; second < HOURS * 3600; second++) {
        happen();
        loads_second(&l);
        for (int k = 0; k < l.h.c.loads_n; k++) {
            check_dwell(k);
            check_block(k);
            ck_assert(!l.in[k].free || !loads_decision(&l, k)->send);
        }
        check_fuse();
        check_limit();
        note();
    }
}
START_TEST(random_hours)
{
    run_hours((uint32_t)_i + 1);
    uint64_t first = print;
    run_hours((uint32_t)_i + 1);
    ck_assert_uint_eq(first, print);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("loads over random hours");
    TCase *t = tcase_create("random");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, random_hours, 0, SEEDS);
    suite_add_tcase(s, t);
    return run_suite(s);
}
