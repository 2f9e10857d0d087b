/* SPDX-License-Identifier: Apache-2.0
 * test_days [N [SEED]]: N random days (50) must be free of violations, and each property must catch
 * a controller that is spoilt in its way. */
#include "tests/sim/day/day.h"
#include <check.h>
#include "tests/unit/run.h"

static int days = 50;
static uint64_t first_seed = 1;

static void tell(uint64_t seed, const struct day_result *r)
{
    for (int i = 0; i < DAY_PROPERTY_COUNT; i++)
        if (r->count[i])
            fprintf(stderr, "seed %llu: %s: %d times, first %s\n", (unsigned long long)seed,
                    day_property_text((enum day_property)i), r->count[i], r->first[i]);
}
START_TEST(random_days)
{
    static struct day_plan d;
    struct day_result r;
    int64_t solar = 0, from_grid = 0, hold = 0, power = 0, changes = 0, starts = 0;
    int bad = 0;
    for (int i = 0; i < days; i++) {
        day_draw(first_seed + (uint64_t)i, &d);
        day_run(&d, NULL, &r);
        bad += day_violations(&r) > 0;
        tell(first_seed + (uint64_t)i, &r);
        solar += r.solar_mwh;
        from_grid += r.solar_grid_mwh;
        hold += r.hold_mwh;
        power += r.power_mwh;
        starts += r.starts;
        changes += r.changes;
    }
    printf("%d days: solar %lld Wh (%lld Wh of it at the minimum, %lld Wh from the grid above it), "
           "other modes %lld Wh, %lld starts, %lld changes\n",
           days, (long long)solar / 1000, (long long)hold / 1000, (long long)from_grid / 1000,
           (long long)power / 1000, (long long)starts, (long long)changes);
    fflush(stdout);
    ck_assert_msg(bad == 0, "%d of %d days violated", bad, days);
    ck_assert_int_gt(solar, 0); /* a controller that never charges violates nothing */
    ck_assert_int_gt(power, 0);
}
END_TEST

/* ---- spoilt controllers ---- */
static int32_t kept[DAY_CARS];
static void no_fuse(struct control_decision *d, int n, const struct control_snapshot *in, int s)
{
    UNUSED(s);
    for (int i = 0; i < n; i++)
        if (d[i].current_ma && in->chargers[i].mode == CHARGE_MODE_POWER)
            d[i].current_ma = 16000;
}
static void no_stop(struct control_decision *d, int n, const struct control_snapshot *in, int s)
{
    UNUSED(s);
    for (int i = 0; i < n; i++)
        if (in->chargers[i].mode == CHARGE_MODE_SOLAR_PURE)
            d[i].current_ma = 10000;
}
static void no_hold(struct control_decision *d, int n, const struct control_snapshot *in, int s)
{
    UNUSED(in);
    UNUSED(s);
    for (int i = 0; i < n; i++)
        if (d[i].reason.code == CONTROL_HOLD)
            d[i].current_ma = 0;
}
static void no_balance(struct control_decision *d, int n, const struct control_snapshot *in, int s)
{
    UNUSED(in);
    UNUSED(s);
    for (int i = 0; i < n; i++)
        if (d[i].reason.code == CONTROL_IMBALANCE)
            d[i].current_ma = 32000;
}
static void no_limit(struct control_decision *d, int n, const struct control_snapshot *in, int s)
{
    UNUSED(s);
    for (int i = 0; i < n; i++)
        if (in->consume_w.set && in->chargers[i].mode == CHARGE_MODE_POWER)
            d[i].current_ma = 16000;
}
static void no_eyes(struct control_decision *d, int n, const struct control_snapshot *in, int s)
{
    UNUSED(in);
    for (int i = 0; i < n; i++)
        if (d[i].reason.code == CONTROL_METER_MISSING)
            d[i].current_ma = 10000 + s % 100;
}
static void big_fallback(struct control_decision *d, int n, const struct control_snapshot *in,
                         int s)
{
    UNUSED(in);
    UNUSED(s);
    for (int i = 0; i < n; i++)
        d[i].fallback_ma = 32000;
}
static void wrong_word(struct control_decision *d, int n, const struct control_snapshot *in, int s)
{
    UNUSED(in);
    UNUSED(s);
    for (int i = 0; i < n; i++)
        d[i].reason.code = CONTROL_NO_CAR;
}
static void moody(struct control_decision *d, int n, const struct control_snapshot *in, int s)
{
    static int mood;
    UNUSED(in);
    UNUSED(s);
    for (int i = 0; i < n; i++)
        if (d[i].current_ma > 6000)
            d[i].current_ma -= mood++ % 2;
}
static void restless(struct control_decision *d, int n, const struct control_snapshot *in, int s)
{
    UNUSED(in);
    for (int i = 0; i < n; i++)
        if (d[i].current_ma > 6000)
            d[i].current_ma -= s / 30 % 2;
}
static void tiny(struct control_decision *d, int n, const struct control_snapshot *in, int s)
{
    UNUSED(in);
    UNUSED(s);
    for (int i = 0; i < n; i++)
        d[i].current_ma = d[i].current_ma == 6000 ? 5000 : d[i].current_ma;
}
static void open_lock(struct control_decision *d, int n, const struct control_snapshot *in, int s)
{
    UNUSED(s);
    for (int i = 0; i < n; i++)
        if (in->chargers[i].mode == CHARGE_MODE_LOCK)
            d[i].current_ma = 6000;
}
static void no_pause(struct control_decision *d, int n, const struct control_snapshot *in, int s)
{
    UNUSED(in);
    UNUSED(s);
    for (int i = 0; i < n; i++) {
        if (d[i].reason.code == CONTROL_RESTART_WAIT && kept[i]++ > 60)
            d[i].current_ma = 6000;
        if (d[i].reason.code != CONTROL_RESTART_WAIT)
            kept[i] = 0;
    }
}
static const struct {
    enum day_property p;
    day_spoil *spoil;
} spoilt[] = {
    {DAY_FUSE, no_fuse},     {DAY_SUN, no_stop},           {DAY_STOP, no_hold},
    {DAY_RESTART, no_pause}, {DAY_BALANCE, no_balance},    {DAY_LIMIT, no_limit},
    {DAY_BLIND, no_eyes},    {DAY_FALLBACK, big_fallback}, {DAY_REASON, wrong_word},
    {DAY_EQUAL, moody},      {DAY_CALM, restless},         {DAY_RANGE, tiny},
    {DAY_LOCK, open_lock},
};
START_TEST(a_spoilt_controller_is_caught)
{
    static struct day_plan d;
    struct day_result r;
    for (uint64_t seed = 1; seed < 200; seed++) {
        day_draw(seed, &d);
        day_run(&d, spoilt[_i].spoil, &r);
        if (r.count[spoilt[_i].p])
            return;
    }
    ck_abort_msg("never caught: %s", day_property_text(spoilt[_i].p));
}
END_TEST
START_TEST(every_property_has_its_spoiler)
{
    ck_assert_int_eq(COUNT_OF(spoilt), DAY_PROPERTY_COUNT);
}
END_TEST
START_TEST(a_seed_is_a_day)
{
    static struct day_plan d;
    struct day_result a, b;
    day_draw(7, &d);
    day_run(&d, NULL, &a);
    day_run(&d, NULL, &b);
    ck_assert_int_eq(memcmp(&a, &b, sizeof a), 0);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1)
        days = (int)strtol(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    Suite *s = suite_create("days");
    TCase *t = tcase_create("days");
    tcase_set_timeout(t, 3600);
    tcase_add_test(t, random_days);
    tcase_add_loop_test(t, a_spoilt_controller_is_caught, 0, (int)COUNT_OF(spoilt));
    tcase_add_test(t, every_property_has_its_spoiler);
    tcase_add_test(t, a_seed_is_a_day);
    suite_add_tcase(s, t);
    return run_suite(s);
}
