/* SPDX-License-Identifier: Apache-2.0
 * A few random days without violations; each property catches a controller that is spoilt in its
 * way; a day survives being written and read; a violated day shrinks. The many days: sim_days. */
#include "tests/sim/day/check.h"
#include <check.h>
#include "tests/unit/run.h"

enum { DAYS = 10, SEEDS = 200, WITH_LOADS = 17, WITH_CHOICES = 14 };

START_TEST(random_days)
{
    static struct day d;
    struct day_options o = {0};
    struct day_result r;
    int64_t solar = 0, power = 0;
    for (uint64_t seed = 1; seed <= DAYS; seed++) {
        day_draw(seed, &d);
        day_run(&d, &o, &r);
        for (int i = 0; i < DAY_PROPERTY_COUNT; i++)
            ck_assert_msg(!r.count[i], "seed %llu: %s: %s", (unsigned long long)seed,
                          day_property_text((enum day_property)i), r.first[i]);
        solar += r.solar_mwh;
        power += r.power_mwh;
    }
    ck_assert_int_gt(solar, 0); /* a controller that never charges violates little */
    ck_assert_int_gt(power, 0);
}
END_TEST

/* ---- spoilt controllers ---- */
#define SPOIL(name)                                                                                \
    static void name(struct control_decision *d, const struct control_config *c,                   \
                     const struct control_snapshot *in, int s)
#define EACH                                                                                       \
    UNUSED(in);                                                                                    \
    UNUSED(s);                                                                                     \
    for (int i = 0; i < c->chargers_n; i++)
static int32_t kept[CHARGERS];

SPOIL(no_fuse)
{
    EACH if (d[i].current_ma && in->chargers[i].mode == CHARGE_MODE_POWER) d[i].current_ma =
        c->chargers[i].max_ma;
}
SPOIL(no_stop)
{
    EACH if (in->chargers[i].mode == CHARGE_MODE_SOLAR_PURE) d[i].current_ma = 10000;
}
SPOIL(no_hold)
{
    EACH if (d[i].reason.code == CONTROL_HOLD) d[i].current_ma = 0;
}
SPOIL(no_balance)
{
    EACH if (d[i].reason.code == CONTROL_IMBALANCE) d[i].current_ma = 32000;
}
SPOIL(flip)
{
    EACH if (in->chargers[i].contacts_closed.set) d[i].contacts =
        in->chargers[i].contacts_closed.v == 3 ? 1 : 3;
}
SPOIL(no_limit)
{
    EACH if (in->consume_w.set && in->chargers[i].mode == CHARGE_MODE_POWER) d[i].current_ma =
        16000;
}
SPOIL(no_eyes)
{
    EACH if (d[i].reason.code == CONTROL_METER_MISSING) d[i].current_ma = 10000 + s % 100;
}
SPOIL(big_fallback)
{
    EACH d[i].fallback_ma = 32000;
}
SPOIL(wrong_word)
{
    EACH d[i].reason.code = CONTROL_NO_CAR;
}
SPOIL(moody)
{
    static int mood;
    EACH if (d[i].current_ma > 6000) d[i].current_ma -= mood++ % 2;
}
SPOIL(restless)
{
    EACH if (d[i].current_ma > 6000) d[i].current_ma -= s / 30 % 2;
}
SPOIL(hasty)
{
    EACH if (d[i].current_ma > 6000) d[i].current_ma -= s / 3 % 2 * 100;
}
SPOIL(tiny)
{
    EACH if (d[i].current_ma == 6000) d[i].current_ma = 5000;
}
SPOIL(open_lock)
{
    EACH if (in->chargers[i].mode == CHARGE_MODE_LOCK) d[i].current_ma = 6000;
}
SPOIL(no_pause)
{
    EACH
    {
        if (d[i].reason.code == CONTROL_RESTART_WAIT && kept[i]++ > 60)
            d[i].current_ma = 6000;
        if (d[i].reason.code != CONTROL_RESTART_WAIT)
            kept[i] = 0;
    }
}
SPOIL(forgetful) /* sees only the first car */
{
    EACH if (i > 0) d[i].current_ma = 0;
}
SPOIL(timid) /* starts, and stays at the minimum */
{
    EACH if (in->chargers[i].mode == CHARGE_MODE_SOLAR_PURE) d[i].current_ma =
        min_i32(d[i].current_ma, 6000);
}
#define SPOIL_LOADS(name)                                                                          \
    static void name(struct control_load_decision *d, const struct control_config *c,              \
                     const struct control_snapshot *in, int s)
#define EACH_LOAD                                                                                  \
    UNUSED(in);                                                                                    \
    UNUSED(s);                                                                                     \
    for (int k = 0; k < c->loads_n; k++)
SPOIL_LOADS(flickers)
{
    EACH_LOAD if (d[k].on.v) d[k].on.v = s / 60 % 2;
}
SPOIL_LOADS(blocks)
{
    EACH_LOAD if (d[k].sg) d[k].sg = SG_STATE_BLOCK;
}
SPOIL_LOADS(full)
{
    EACH_LOAD if (d[k].on.v) d[k].power_w = c->loads[k].power_w;
}
SPOIL_LOADS(rests)
{
    EACH_LOAD d[k].on.v = false;
}
static void wrong_way(struct storage_order *o, int s)
{
    UNUSED(s);
    o->power_w.v = -o->power_w.v;
}
static const struct {
    enum day_property p;
    day_spoil *spoil;
    bool lease_lost, amnesia, no_clock, no_haste;
    uint64_t from; /* the first seed that is tried: it was the one */
    day_spoil_loads *spoil_loads;
    day_spoil_battery *spoil_battery;
} spoilt[] = {
    {DAY_FUSE, no_fuse, .from = 36},
    {DAY_SUN, no_stop},
    {DAY_STOP, no_hold},
    {DAY_RESTART, no_pause},
    {DAY_SWITCH, flip, .from = 1},
    {DAY_BALANCE, no_balance, .from = 118},
    {DAY_LIMIT, no_limit, .from = 79},
    {DAY_BLIND, no_eyes, .from = 37},
    {DAY_FALLBACK, big_fallback},
    {DAY_LEASE, NULL, .lease_lost = true, .from = 3},
    {DAY_REASON, wrong_word},
    {DAY_EQUAL, moody},
    {DAY_CALM, restless, .from = 69},
    {DAY_WRITES, hasty},
    {DAY_RANGE, tiny},
    {DAY_LOCK, open_lock},
    {DAY_WAIT, forgetful, .from = 7},
    {DAY_LAZY, timid},
    {DAY_DWELL, NULL, .from = 9, .spoil_loads = flickers},
    {DAY_BLOCK, NULL, .from = 2, .spoil_loads = blocks},
    {DAY_LOADSUN, NULL, .from = 9, .spoil_loads = full},
    {DAY_LOADWAIT, NULL, .from = 9, .spoil_loads = rests},
    {DAY_TABLE, NULL, .no_clock = true},
    {DAY_DEADLINE, NULL, .no_haste = true, .from = 50},
    {DAY_BATTERY, NULL, .from = 30, .spoil_battery = wrong_way},
    {DAY_SEAM, NULL, .amnesia = true, .from = 118},
};
START_TEST(a_spoilt_controller_is_caught)
{
    static struct day d;
    struct day_options o = {.spoil = spoilt[_i].spoil,
                            .lease_lost = spoilt[_i].lease_lost,
                            .amnesia = spoilt[_i].amnesia,
                            .no_clock = spoilt[_i].no_clock,
                            .no_haste = spoilt[_i].no_haste,
                            .spoil_loads = spoilt[_i].spoil_loads,
                            .spoil_battery = spoilt[_i].spoil_battery};
    struct day_result r;
    for (uint64_t seed = spoilt[_i].from; seed < SEEDS; seed++) {
        day_draw(seed, &d);
        if (d.chargers_n > 4) /* the small ones are quicker */
            continue;
        day_run(&d, &o, &r);
        if (r.count[spoilt[_i].p])
            return;
    }
    ck_abort_msg("never caught: %s", day_property_text(spoilt[_i].p));
}
END_TEST
START_TEST(every_property_has_its_spoiler)
{
    ck_assert_int_eq(COUNT_OF(spoilt), DAY_EXPECT); /* the last one: tests/scenario */
}
END_TEST

/* ---- seeds and texts ---- */
START_TEST(a_seed_is_a_day)
{
    static struct day d;
    struct day_options o = {0};
    struct day_result a, b;
    day_draw(7, &d);
    day_run(&d, &o, &a);
    day_run(&d, &o, &b);
    ck_assert_int_eq(memcmp(&a, &b, sizeof a), 0);
}
END_TEST
START_TEST(a_day_survives_its_text)
{
    static const uint64_t seeds[] = {18, WITH_LOADS, WITH_CHOICES};
    static struct day d;
    struct day_options o = {0};
    struct day_result a, b;
    char path[] = "/tmp/day.XXXXXX";
    FILE *f = fdopen(mkstemp(path), "w");
    ck_assert_ptr_nonnull(f);
    day_draw(seeds[_i], &d);
    ck_assert_int_eq(d.devices_n > 0, seeds[_i] == WITH_LOADS);
    ck_assert_int_eq(d.date[0] != '\0', seeds[_i] == WITH_CHOICES);
    day_print(&d, f);
    fclose(f);
    struct day *read = day_load(path);
    unlink(path);
    ck_assert_ptr_nonnull(read);
    day_run(&d, &o, &a);
    day_run(read, &o, &b);
    ck_assert_int_eq(memcmp(&a, &b, sizeof a), 0);
    free(read);
}
END_TEST
START_TEST(a_violated_day_shrinks)
{
    static struct day d;
    struct day_options o = {.spoil = open_lock};
    struct day_result r = {0};
    for (uint64_t seed = 1; !r.count[DAY_LOCK]; seed++) {
        ck_assert_int_lt((int)seed, SEEDS);
        day_draw(seed, &d);
        day_run(&d, &o, &r);
    }
    day_shrink(&d, DAY_LOCK, &o, 200);
    day_run(&d, &o, &r);
    ck_assert_int_gt(r.count[DAY_LOCK], 0);
    ck_assert_int_eq(d.chargers_n, 1);
    ck_assert_int_eq(d.cars_n, 1);
    ck_assert_int_eq(d.loads_n + d.clouds_n + d.faults_n + d.limits_n, 0);
    ck_assert_int_lt(d.to - d.from, 3600);
}
END_TEST

/* Whatever the memory held before. */
START_TEST(a_date_has_its_zone)
{
    struct zone zone;
    int64_t first_ms = 0;
    memset(&zone, 0xff, sizeof zone);
    ck_assert(day_date("2026-03-29", &zone, &first_ms));
    ck_assert_int_eq(first_ms, 1774738800000);
    ck_assert_int_eq(zone_offset_s(&zone, (struct wall){first_ms}), 3600);
    ck_assert_int_eq(zone_offset_s(&zone, (struct wall){first_ms + 2 * 3600000}), 7200);
    ck_assert(!day_date("2026-13-29", &zone, &first_ms));
}
END_TEST
int main(void)
{
    Suite *s = suite_create("days");
    TCase *t = tcase_create("days");
    tcase_set_timeout(t, 3600);
    tcase_add_test(t, a_date_has_its_zone);
    tcase_add_test(t, random_days);
    tcase_add_loop_test(t, a_spoilt_controller_is_caught, 0, (int)COUNT_OF(spoilt));
    tcase_add_test(t, every_property_has_its_spoiler);
    tcase_add_test(t, a_seed_is_a_day);
    tcase_add_loop_test(t, a_day_survives_its_text, 0, 3);
    tcase_add_test(t, a_violated_day_shrinks);
    suite_add_tcase(s, t);
    return run_suite(s);
}
