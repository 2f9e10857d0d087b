/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/device/command.h"
#include "tests/unit/run.h"

#define NOW(t) ((struct mono){t})

static struct inverter_setpoint limit(int64_t seq, struct opt_i32 w, struct opt_i32 fallback)
{
    struct inverter_setpoint s = {
        .seq = seq, .valid_ms = 10000, .limit_w = w, .fallback_w = fallback};
    str_copyz(s.boot, sizeof s.boot, "a");
    return s;
}

/* Writes when it is due and acknowledges at once; returns whether it wrote. */
static bool tick(struct command *c, int64_t t, struct order *o)
{
    *o = command_wanted(c, NOW(t));
    if (!command_due(c, o, NOW(t)))
        return false;
    command_acknowledged(c, o, (struct now){NOW(t), {1000000 + t}});
    return true;
}

START_TEST(nothing_is_written_before_a_live_setpoint)
{
    struct command c = {.box_lease_ms = 60000};
    struct order o;
    struct inverter_setpoint s = limit(1, SOME_I32(3000), (struct opt_i32){0});
    ck_assert(!tick(&c, 0, &o));
    ck_assert_int_eq(command_inverter(&c, &s, true, NOW(10)), LEASE_RETAINED);
    ck_assert(!tick(&c, 20, &o));
    ck_assert_int_eq(command_applied(&c, NOW(20)).lease, LEASE_NONE);
    ck_assert_int_eq(command_next_ms(&c, NOW(20)), -1);
}
END_TEST

START_TEST(a_limit_is_written_on_change_and_at_half_the_box_lease)
{
    struct command c = {.box_lease_ms = 8000};
    struct order o;
    struct inverter_setpoint s = limit(1, SOME_I32(3000), (struct opt_i32){0});
    ck_assert_int_eq(command_inverter(&c, &s, false, NOW(0)), LEASE_TAKEN);
    ck_assert(tick(&c, 0, &o));
    ck_assert_int_eq(o.sequence, SEQUENCE_LIMIT);
    ck_assert_int_eq(o.limit_w.v, 3000);
    s.seq = 2;
    ck_assert_int_eq(command_inverter(&c, &s, false, NOW(1000)), LEASE_TAKEN);
    ck_assert(!tick(&c, 1000, &o)); /* the same again is no write */
    ck_assert_int_eq(command_next_ms(&c, NOW(1000)), 3000);
    ck_assert(!tick(&c, 3999, &o));
    ck_assert(tick(&c, 4000, &o));
    ck_assert_int_eq(command_inverter(&c, &s, false, NOW(4500)), LEASE_REPLAY);
    s = limit(3, SOME_I32(2500), (struct opt_i32){0});
    command_inverter(&c, &s, false, NOW(5000));
    ck_assert(tick(&c, 5000, &o));
    struct applied a = command_applied(&c, NOW(5000));
    ck_assert_int_eq(a.lease, LEASE_LIVE);
    ck_assert_int_eq(a.seq.v, 3);
    ck_assert_str_eq(a.boot, "a");
    ck_assert_int_eq(a.power_w.v, 2500);
    ck_assert_int_eq(a.at.v, 1005000);
    command_lost(&c); /* the inverter was away: it is told anew */
    ck_assert(!command_applied(&c, NOW(5100)).power_w.set);
    ck_assert(tick(&c, 5100, &o));
}
END_TEST

/* fallback of the setpoint, of the site file, what is in force after the lease */
static const struct {
    struct opt_i32 setpoint, site, want;
} fallbacks[] = {
    {{0, false}, {0, false}, {0, false}},       {{4000, true}, {0, false}, {4000, true}},
    {{0, false}, {5000, true}, {5000, true}},   {{4000, true}, {5000, true}, {4000, true}},
    {{6000, true}, {5000, true}, {5000, true}},
};

START_TEST(after_the_lease_comes_the_fallback)
{
    struct command c = {.box_lease_ms = 60000, .fallback_w = fallbacks[_i].site};
    struct order o;
    struct inverter_setpoint s = limit(1, SOME_I32(3000), fallbacks[_i].setpoint);
    command_inverter(&c, &s, false, NOW(0));
    ck_assert(tick(&c, 0, &o));
    ck_assert(!tick(&c, 9999, &o));
    ck_assert(tick(&c, 10000, &o));
    ck_assert_int_eq(o.sequence, fallbacks[_i].want.set ? SEQUENCE_LIMIT : SEQUENCE_RELEASE);
    ck_assert_int_eq(o.limit_w.v, fallbacks[_i].want.v);
    struct applied a = command_applied(&c, NOW(10000));
    ck_assert_int_eq(a.lease, LEASE_EXPIRED);
    ck_assert(!a.seq.set);
    ck_assert_int_eq(a.power_w.set, fallbacks[_i].want.set);
    ck_assert(!tick(&c, 20000, &o));
    ck_assert_int_eq(tick(&c, 40000, &o), fallbacks[_i].want.set); /* a release is said once */
}
END_TEST

static const struct {
    enum battery_mode mode;
    enum sequence sequence;
} modes[] = {{BATTERY_MODE_NORMAL, SEQUENCE_NORMAL},
             {BATTERY_MODE_HOLD, SEQUENCE_HOLD},
             {BATTERY_MODE_CHARGE, SEQUENCE_CHARGE},
             {BATTERY_MODE_LIMIT, SEQUENCE_LIMIT},
             {BATTERY_MODE_POWER, SEQUENCE_POWER}};

START_TEST(a_battery_goes_back_to_normal)
{
    struct command c = {.box_lease_ms = 60000, .battery = true};
    struct order o;
    struct battery_setpoint s = {
        .seq = 1, .valid_ms = 5000, .mode = modes[_i].mode, .charge_w = SOME_I32(1500)};
    str_copyz(s.boot, sizeof s.boot, "a");
    ck_assert_int_eq(command_battery(&c, &s, false, NOW(0)), LEASE_TAKEN);
    ck_assert(tick(&c, 0, &o));
    ck_assert_int_eq(o.sequence, modes[_i].sequence);
    ck_assert_int_eq(command_applied(&c, NOW(0)).mode, modes[_i].mode);
    tick(&c, 5000, &o);
    ck_assert_int_eq(o.sequence, SEQUENCE_NORMAL);
    ck_assert_int_eq(command_applied(&c, NOW(5000)).mode, BATTERY_MODE_NORMAL);
}
END_TEST

START_TEST(an_exact_power_of_a_battery)
{
    struct command c = {.box_lease_ms = 60000, .battery = true};
    struct order o;
    struct readings r = {0};
    struct opt_f64 v[VARIABLE_COUNT];
    struct battery_setpoint s = {
        .seq = 1, .valid_ms = 5000, .mode = BATTERY_MODE_POWER, .power_w = SOME_I32(-1250)};
    str_copyz(s.boot, sizeof s.boot, "a");
    r.num[QUANTITY_RATE_BASE] = SOME_F64(5000);
    command_battery(&c, &s, false, NOW(0));
    ck_assert(tick(&c, 0, &o));
    ck_assert_int_eq(command_applied(&c, NOW(0)).power_w.v, -1250);
    command_variables(&o, &r, 60000, v);
    ck_assert_double_eq(v[VARIABLE_POWER_W].v, -1250);
    ck_assert_double_eq(v[VARIABLE_POWER_PERCENT].v, -25);
    s.seq = 2;
    s.power_w = SOME_I32(-9000);
    command_battery(&c, &s, false, NOW(10));
    ck_assert(tick(&c, 10, &o));
    command_variables(&o, &r, 60000, v);
    ck_assert_double_eq(v[VARIABLE_POWER_PERCENT].v, -100);
    s.seq = 3;
    s.power_w.set = false; /* no power is none */
    command_battery(&c, &s, false, NOW(20));
    ck_assert(tick(&c, 20, &o));
    ck_assert(o.power_w.set && o.power_w.v == 0);
}
END_TEST

START_TEST(of_two_writers_the_lower_limit_counts)
{
    struct command c = {.box_lease_ms = 60000};
    struct order o;
    struct inverter_setpoint a = limit(1, SOME_I32(3000), (struct opt_i32){0});
    struct inverter_setpoint b = limit(1, (struct opt_i32){0}, (struct opt_i32){0});
    str_copyz(b.boot, sizeof b.boot, "b");
    command_inverter(&c, &a, false, NOW(0));
    tick(&c, 0, &o);
    command_inverter(&c, &b, false, NOW(100)); /* unlimited: the limit stays */
    ck_assert(!tick(&c, 100, &o));
    ck_assert(!lease_rivals(&c.hold, NOW(100)));
    a.seq = 2;
    command_inverter(&c, &a, false, NOW(200));
    ck_assert(lease_rivals(&c.hold, NOW(200)));
    ck_assert_int_eq(command_wanted(&c, NOW(200)).limit_w.v, 3000);
}
END_TEST

START_TEST(variables_are_shares_of_the_ratings)
{
    struct readings r = {0};
    struct opt_f64 v[VARIABLE_COUNT];
    struct order o = {.limit_w = SOME_I32(3333), .charge_w = SOME_I32(1250)};
    command_variables(&o, &r, 1500, v);
    ck_assert(!v[VARIABLE_LIMIT_PERCENT].set); /* of what? */
    ck_assert(!v[VARIABLE_CHARGE_PERCENT].set);
    ck_assert_double_eq(v[VARIABLE_DISCHARGE_PERCENT].v, 100); /* not named: not bounded */
    ck_assert_double_eq(v[VARIABLE_LEASE_S].v, 2);
    r.num[QUANTITY_LIMIT_BASE] = SOME_F64(10000);
    r.num[QUANTITY_RATE_BASE] = SOME_F64(5000);
    command_variables(&o, &r, 60000, v);
    ck_assert_double_eq_tol(v[VARIABLE_LIMIT_PERCENT].v, 33.33, 1e-9);
    ck_assert_double_eq(v[VARIABLE_CHARGE_PERCENT].v, 25);
    ck_assert_double_eq(v[VARIABLE_LEASE_S].v, 60);
    o.limit_w = SOME_I32(20000);
    command_variables(&o, &r, 60000, v);
    ck_assert_double_eq(v[VARIABLE_LIMIT_PERCENT].v, 100);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("command");
    tcase_add_test(t, nothing_is_written_before_a_live_setpoint);
    tcase_add_test(t, a_limit_is_written_on_change_and_at_half_the_box_lease);
    tcase_add_loop_test(t, after_the_lease_comes_the_fallback, 0, (int)COUNT_OF(fallbacks));
    tcase_add_loop_test(t, a_battery_goes_back_to_normal, 0, (int)COUNT_OF(modes));
    tcase_add_test(t, an_exact_power_of_a_battery);
    tcase_add_test(t, of_two_writers_the_lower_limit_counts);
    tcase_add_test(t, variables_are_shares_of_the_ratings);
    return run_case(t, "command");
}
