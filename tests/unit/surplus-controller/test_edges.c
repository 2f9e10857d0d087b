/* SPDX-License-Identifier: Apache-2.0
 * Edges of the core's small functions: exactly at a limit, one before, one behind. */
#include "services/surplus-controller/core/budget.h"
#include "services/surplus-controller/core/choose.h"
#include "services/surplus-controller/core/flows.h"
#include "services/surplus-controller/core/ledger.h"
#include "services/surplus-controller/core/metering.h"
#include "services/surplus-controller/core/rules.h"
#include "services/surplus-controller/core/target.h"
#include "services/surplus-controller/core/vehicle.h"
#include "tests/unit/run.h"

static struct zone zone;
static struct err_text why;
static void berlin(void)
{
    ck_assert_int_eq(zone_parse_rule(str_of("CET-1CEST,M3.5.0,M10.5.0/3"), &zone, &why), ERR_OK);
}

/* ---- times of a target ---- */
static const struct {
    const char *text;
    int64_t ms; /* 0: no time */
} times_ms[] = {
    {"2026-11-21 07:45", 1795243500000},
    {"2026-11-21 07:01", 1795240860000},
    {"2026-11-21T07:45Z", 1795247100000},
    {"2026-11-21T07:45:59Z", 1795247100000},
    {"2026-11-21T07:45:00-00:15", 1795248000000},
    {"2026-11-21T07:45:09", 1795243500000},
    {"2026-11-21T07:45:60", 0},
    {"2026-11-21T07:45:5", 0},
    {"2026-11-21T07:45:5x", 0},
    {"2026-11-21T07:45:x5", 0},
    {"2026-11-21T07:45.30", 0},
    {"2026-11-21T07:45 ", 1795243500000},
    {"2026-11-21T24:00", 1795302000000},
    {"2026-01-31 00:00Z", 1769817600000},
    {"2026-01-32 00:00Z", 0},
    {"2026-04-30 00:00Z", 1777507200000},
    {"2026-04-31 00:00Z", 0},
    {"2026-12-01 00:00Z", 1796083200000},
    {"2026x11-21 07:00", 0},
    {"2026-11x21 07:00", 0},
    {"202x-11-21 07:00", 0},
    {"2026-1x-21 07:00", 0},
    {"2026-11-2x 07:00", 0},
    {"9999-12-31 00:00Z", 253402214400000},
    {"12345678901", 12345678901},
    {"1234567890", 0}, /* seconds, not ms */
    {"-12345678901", 0},
    {"00000000000", 0},
    {"253402300799999", 253402300799999}, /* the end of 9999 */
    {"253402300800000", 0},
};
START_TEST(times)
{
    struct target_when w;
    enum err e = target_when_parse(str_of(times_ms[_i].text), &zone, &w, &why);
    ck_assert_msg((e == ERR_OK) == (times_ms[_i].ms != 0), "%s", times_ms[_i].text);
    if (e == ERR_OK)
        ck_assert_msg(w.at.ms == times_ms[_i].ms, "%s: %lld", times_ms[_i].text,
                      (long long)w.at.ms);
}
END_TEST
/* A message never cuts a character in two. */
START_TEST(a_long_time_is_shown_whole)
{
    struct target_when w;
    for (int n = 1; n < 60; n++) {
        char text[200];
        struct buf b = buf_of(text, sizeof text);
        for (int i = 0; i < n; i++)
            buf_addz(&b, i == 0 && n % 2 ? "x" : "\xc3\xbc");
        ck_assert_int_eq(target_when_parse(str_of(text), &zone, &w, &why), ERR_SYNTAX);
        size_t end = strlen(why.s);
        ck_assert_msg((unsigned char)why.s[end - 1] != 0xc3, "%d: %s", n, why.s);
    }
}
END_TEST

/* ---- when the reason names a time ---- */
START_TEST(times_near_and_far)
{
    static const struct {
        int64_t after_s;
        const char *shown;
    } rows[] = {{0, "12:00"},
                {43199, "23:59"},
                {43200, "Sat 00:00"},
                {-43200, "00:00"},
                {-43201, "Thu 23:59"},
                {-86399, "Thu 12:00"},
                {-86400, "2026-11-19 12:00"},
                {518399, "Thu 11:59"},
                {518400, "2026-11-26 12:00"}};
    struct wall now =
        zone_utc(&zone, (struct civil){.year = 2026, .month = 11, .day = 20, .hour = 12});
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct choose_out o = {.code = CHOOSE_BY_HAND};
        struct reason r;
        char text[80];
        choose_reason(&o, &zone, now, SOME_I64(now.ms + rows[i].after_s * 1000), false, &r);
        snprintf(text, sizeof text, "Chosen by hand until %s.", rows[i].shown);
        ck_assert_str_eq(r.text, text);
        ck_assert_int_eq(r.params_n, 1);
        ck_assert_str_eq(r.params[0].name, "until");
        ck_assert_int_eq(r.params[0].value.v, now.ms + rows[i].after_s * 1000);
    }
}
END_TEST
START_TEST(needs_and_delays_in_words)
{
    static const struct {
        int32_t wh;
        int64_t late_ms;
        const char *shown;
    } rows[] = {{1, 1, "0.1 kWh by 12:00: full power, it will be 1 min late."},
                {100, 60000, "0.1 kWh by 12:00: full power, it will be 1 min late."},
                {101, 60001, "0.2 kWh by 12:00: full power, it will be 2 min late."},
                {9900, 3540000, "9.9 kWh by 12:00: full power, it will be 59 min late."},
                {9901, 3600000, "10.0 kWh by 12:00: full power, it will be 1 h 0 min late."},
                {20000, 7260000, "20.0 kWh by 12:00: full power, it will be 2 h 1 min late."}};
    struct wall now =
        zone_utc(&zone, (struct civil){.year = 2026, .month = 11, .day = 20, .hour = 12});
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct choose_out o = {.code = CHOOSE_LATE};
        struct reason r;
        o.target = (struct target_out){
            .need_wh = rows[i].wh, .late_ms = rows[i].late_ms, .deadline = SOME_I64(now.ms)};
        choose_reason(&o, &zone, now, (struct opt_i64){0}, false, &r);
        ck_assert_str_eq(r.text, rows[i].shown);
    }
}
END_TEST

/* ---- metering points ---- */
START_TEST(shares_in_proportion)
{
    static const struct {
        int64_t produced, consumed[3];
        int32_t share[3], priority[3];
        int64_t covered[3];
    } rows[] = {
        {999, {9999, 9999, 0}, {1000, 500, 0}, {1, 1, 1}, {666, 333, 0}},
        {1000, {9999, 9999, 9999}, {1000, 1000, 1000}, {1, 1, 1}, {334, 333, 333}},
        {1000, {100, 9999, 0}, {1000, 1000, 0}, {1, 1, 1}, {100, 900, 0}},
        {1000, {9999, 9999, 0}, {300, 500, 0}, {1, 1, 1}, {300, 500, 0}},
        {1000, {9999, 9999, 0}, {700, 700, 0}, {1, 2, 1}, {700, 300, 0}},
        {1000, {9999, 9999, 0}, {700, 700, 0}, {99, 98, 1}, {300, 700, 0}},
        {1, {9999, 9999, 0}, {500, 500, 0}, {1, 1, 1}, {0, 0, 0}},
        {7, {5, 5, 5}, {1000, 1000, 1000}, {1, 1, 1}, {3, 2, 2}},
        {0, {5, 5, 5}, {1000, 1000, 1000}, {1, 1, 1}, {0, 0, 0}},
    };
    static const bool takes[3] = {true, true, true};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct metering_point p[3];
        int64_t sum = 0;
        for (int k = 0; k < 3; k++)
            p[k] = (struct metering_point){(uint8_t)rows[i].priority[k], rows[i].share[k],
                                           rows[i].consumed[k], 5, 5};
        int64_t left = metering_share(p, 3, &rows[i].produced, 1, takes);
        for (int k = 0; k < 3; k++) {
            sum += p[k].covered_wh;
            ck_assert_msg(p[k].covered_wh == rows[i].covered[k], "row %zu point %d: %lld", i, k,
                          (long long)p[k].covered_wh);
        }
        ck_assert_int_eq(sum + left, rows[i].produced);
    }
}
END_TEST

/* ---- readings ---- */
START_TEST(power_of_a_reading)
{
    struct control_reading r = {0};
    ck_assert(!flow_power_w(&r).set);
    r.power_w = SOME_I32(5);
    ck_assert(!flow_power_w(&r).set); /* nothing ever came */
    r.known = true;
    ck_assert_int_eq(flow_power_w(&r).v, 5);
    r.power_w.set = false;
    ck_assert(!flow_power_w(&r).set);
    phase_put(&r.current_ma, 0, 10000);
    phase_put(&r.current_ma, 2, -1000);
    ck_assert_int_eq(flow_power_w(&r).v, 2300 - 230);
    phase_put(&r.voltage_mv, 0, 200000);
    ck_assert_int_eq(flow_power_w(&r).v, 2000 - 230);
    phase_put(&r.power_phase_w, 1, 77);
    phase_put(&r.power_phase_w, 2, 3);
    ck_assert_int_eq(flow_power_w(&r).v, 80);
}
END_TEST

/* Ranks from 0 on, one after the other; within one in proportion. */
START_TEST(sources_by_rank)
{
    static const struct flow_sink sinks[] = {{300, 0}, {600, 1}, {300, 1}, {100, 2}};
    static const int64_t sources[FLOW_FROM] = {
        [FROM_PV] = 600, [FROM_BATTERY] = 500, [FROM_GRID] = 190, [FROM_UNMEASURED] = 10};
    static const int32_t want[4][FLOW_FROM] = {
        {[FROM_PV] = 300},
        {[FROM_PV] = 200, [FROM_BATTERY] = 333, [FROM_GRID] = 60, [FROM_UNMEASURED] = 7},
        {[FROM_PV] = 100, [FROM_BATTERY] = 167, [FROM_GRID] = 30, [FROM_UNMEASURED] = 3},
        {[FROM_GRID] = 100}};
    int32_t from[4][FLOW_FROM];
    memset(from, 0x55, sizeof from);
    flow_split(sources, sinks, 4, from);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < FLOW_FROM; k++)
            ck_assert_msg(from[i][k] >= want[i][k] - 1 && from[i][k] <= want[i][k] + 1,
                          "sink %d source %d: %d", i, k, from[i][k]);
}
END_TEST

/* ---- vehicles ---- */
START_TEST(states_of_charge)
{
    static const struct {
        const char *text;
        int32_t pm; /* -1: none */
    } rows[] = {{"0", 0},     {"100", 1000},   {"100.1", -1}, {"-0.1", -1}, {"64.5 %", 645},
                {"64,5", -1}, {" 64 % ", 640}, {"%", -1},     {"", -1},     {"0.05", 1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int32_t pm = -1;
        ck_assert_int_eq(vehicle_parse_soc(str_of(rows[i].text), &pm), rows[i].pm >= 0);
        ck_assert_int_eq(pm, rows[i].pm);
    }
}
END_TEST
START_TEST(a_state_of_charge_goes_on)
{
    static const struct {
        int32_t session_wh, capacity_wh, soc_pm; /* capacity -1: not known */
        bool estimated;
    } rows[] = {{1000, 50000, 500, false}, {999, 50000, 500, false}, {1055, 50000, 500, false},
                {1056, 50000, 501, true},  {6000, 50000, 590, true}, {6000, -1, 500, false},
                {6000, 0, 500, false},     {1001, 1, 1000, true},    {90000, 50000, 1000, true},
                {1002, 1, 1000, true}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct vehicle_soc s;
        bool estimated;
        vehicle_said(&s, 500, (struct wall){1}, 1000);
        struct opt_i32 is = vehicle_soc_now(&s, rows[i].session_wh,
                                            rows[i].capacity_wh < 0 ? (struct opt_i32){0}
                                                                    : SOME_I32(rows[i].capacity_wh),
                                            900, &estimated);
        ck_assert_msg(is.set && is.v == rows[i].soc_pm, "row %zu: %d", i, is.v);
        ck_assert_int_eq(estimated, rows[i].estimated);
    }
}
END_TEST

/* ---- ledger ---- */
START_TEST(a_counter_that_moves_oddly)
{
    static const struct {
        int64_t from, to, s; /* seconds between two states of a box of 22 kW at most */
        int64_t wh;
        bool jumped;
    } rows[] = {
        {5000, 5000, 1, 0, false},    {5000, 5001, 1, 1, false},
        {5000, 4999, 1, 0, false},    {5000, 4900, 1, 0, false}, /* rounded */
        {5000, 4899, 1, 0, true},     {200, 99, 1, 99, false},   /* began again at 0 */
        {5000, 5472, 1, 472, false},  {5000, 5473, 1, 0, true},  /* 61 s of 22 kW, and 100 Wh */
        {5000, 5833, 60, 833, false}, {5000, 5834, 60, 0, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct ledger l = {.who.user = NOBODY};
        struct ledger_reading r = {.ts_ms = 1000000, .max_w = 22000, .who.user = NOBODY};
        r.register_wh = SOME_I64(rows[i].from);
        ledger_read(&l, &r);
        r.ts_ms += rows[i].s * 1000;
        r.register_wh = SOME_I64(rows[i].to);
        struct ledger_entry e = ledger_read(&l, &r);
        ck_assert_msg(e.wh == rows[i].wh && e.jumped == rows[i].jumped, "row %zu: %lld Wh %d", i,
                      (long long)e.wh, e.jumped);
    }
}
END_TEST
START_TEST(time_and_power_between_two_states)
{
    static const struct {
        int64_t ms, counted_ms, wh;
    } rows[] = {{0, 0, 0},
                {1000, 1000, 3},
                {60000, 60000, 200},
                {60001, 60001, 0},
                {-1000, 0, 0},
                {-59999, 0, 0},
                {-60000, 0, 0},
                {3600000, 3600000, 0},
                {3600001, 3600000, 0},
                {7200000, 3600000, 0}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct ledger l = {.who.user = NOBODY};
        struct ledger_reading r = {.ts_ms = 100000000, .drawing = true, .max_w = 22000};
        r.power_w = SOME_I32(12000);
        ledger_read(&l, &r);
        r.ts_ms += rows[i].ms;
        struct ledger_entry e = ledger_read(&l, &r);
        ck_assert_msg(e.ms == rows[i].counted_ms && e.wh == rows[i].wh, "row %zu: %lld ms %lld Wh",
                      i, (long long)e.ms, (long long)e.wh);
        /* a late message does not put the clock back, a set clock does */
        ck_assert_int_eq(l.ts_ms, rows[i].ms < 0 && rows[i].ms > -60000 ? 100000000 : r.ts_ms);
    }
}
END_TEST

/* A record without an end is of a session that runs; the end is booked once. */
START_TEST(the_record_of_a_session)
{
    struct ledger l = {.who.user = NOBODY};
    struct ledger_reading r = {.ts_ms = 1000000, .max_w = 22000, .who = {3, {"ann"}}};
    struct ledger_final f = {7, {0}, SOME_I64(5000), {3, {"ann"}}};
    r.session = SOME_I64(7);
    r.session_wh = SOME_I64(0);
    ledger_read(&l, &r);
    r.ts_ms += 1000000;
    r.session_wh = SOME_I64(1000);
    ck_assert_int_eq(ledger_read(&l, &r).wh, 1000);
    ck_assert_int_eq(ledger_close(&l, &f).wh, 0);
    r.session_wh = SOME_I64(1500);
    r.ts_ms += 1000000;
    ck_assert_int_eq(ledger_read(&l, &r).wh, 500); /* it goes on */
    f.ended_ms = SOME_I64(r.ts_ms);
    struct ledger_entry e = ledger_close(&l, &f);
    ck_assert_int_eq(e.wh, 3500);
    ck_assert_int_eq(e.who.user, 3);
    ck_assert_int_eq(ledger_close(&l, &f).wh, 0);
    f.number = 6; /* another one, which ended before our time, at it, and nobody's */
    f.ended_ms = SOME_I64(999999);
    ck_assert_int_eq(ledger_close(&l, &f).wh, 0);
    f.ended_ms = SOME_I64(1000000);
    f.who.user = NOBODY;
    e = ledger_close(&l, &f);
    ck_assert_int_eq(e.wh, 5000);
    ck_assert_int_eq(e.at_ms, 1000000);
}
END_TEST

/* ---- rules ---- */
START_TEST(prices_of_a_day)
{
    static const struct slot slots[] = {{1000, 50}, {2000, 30}, {3000, 30}, {4000, 10}, {5000, 70}};
    static const struct {
        int64_t now, from, to;
        int64_t price, mean, cheaper_ms; /* price -1: none */
    } rows[] = {
        {999, 0, 9000, -1, 0, 0},         {1000, 1000, 5001, 50, 38, 3000},
        {1999, 1000, 5001, 50, 38, 3000}, {2000, 1000, 5001, 30, 38, 1000},
        {3000, 1000, 5001, 30, 38, 2000}, {4000, 1000, 5000, 10, 30, 0},
        {5999, 1000, 5000, 70, 30, 4000}, {6000, 1000, 5000, -1, 0, 0},
        {4000, 1001, 4000, 10, 30, 0},    {4000, 4000, 4000, 10, -1, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rules_env env = {0};
        rules_prices(slots, COUNT_OF(slots), 1000, (struct wall){rows[i].now},
                     (struct wall){rows[i].from}, (struct wall){rows[i].to}, &env);
        struct opt_i64 v =
            rules_slot_value(slots, COUNT_OF(slots), 1000, (struct wall){rows[i].now});
        ck_assert_int_eq(env.price_micro.set, rows[i].price >= 0);
        ck_assert_int_eq(v.set, rows[i].price >= 0);
        if (rows[i].price < 0)
            continue;
        ck_assert_int_eq(v.v, rows[i].price);
        ck_assert_int_eq(env.price_micro.v, rows[i].price);
        ck_assert_int_eq(env.price_mean_micro.set, rows[i].mean >= 0);
        if (rows[i].mean >= 0)
            ck_assert_int_eq(env.price_mean_micro.v, rows[i].mean);
        ck_assert_msg(env.cheaper_ms.v == rows[i].cheaper_ms, "row %zu: %lld", i,
                      (long long)env.cheaper_ms.v);
    }
}
END_TEST
/* Conditions of a rule exactly at their limits. */
START_TEST(conditions_at_their_limits)
{
    static const struct {
        int32_t from, to, minutes;
        uint8_t days, weekday;
        bool known, holds;
    } rows[] = {
        {-1, 0, 0, 0x7f, 0, false, true},        {-1, 0, 0, 0x3f, 0, false, false},
        {-1, 0, 0, 0x01, 0, true, true},         {-1, 0, 0, 0x01, 1, true, false},
        {480, 720, 479, 0x7f, 0, true, false},   {480, 720, 480, 0x7f, 0, true, true},
        {480, 720, 719, 0x7f, 0, true, true},    {480, 720, 720, 0x7f, 0, true, false},
        {0, 60, 0, 0x7f, 0, true, true},         {0, 60, 0, 0x7f, 0, false, false},
        {1320, 360, 1319, 0x01, 0, true, false}, {1320, 360, 1320, 0x01, 0, true, true},
        {1320, 360, 359, 0x01, 1, true, true},   {1320, 360, 360, 0x01, 1, true, false},
        {1320, 360, 359, 0x01, 0, true, false},  {1320, 360, 359, 0x40, 0, true, true},
        {1320, 360, 1320, 0x01, 1, true, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rule r = {.days = rows[i].days, .from = rows[i].from, .to = rows[i].to};
        r.input = r.input_off = -1;
        struct rules_env env = {
            .minutes = rows[i].minutes, .weekday = rows[i].weekday, .time_known = rows[i].known};
        ck_assert_msg(rule_holds(&r, &env) == rows[i].holds, "row %zu", i);
    }
}
END_TEST
START_TEST(amounts_at_their_limits)
{
    static const struct {
        int32_t above, below, is; /* -1: unset */
        bool holds;
    } rows[] = {{100, -1, 100, false}, {100, -1, 101, true}, {-1, 100, 100, false},
                {-1, 100, 99, true},   {100, -1, -1, false}, {-1, 100, -1, false},
                {-1, -1, -1, true},    {99, 101, 100, true}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int what = 0; what < 3; what++) {
            struct rule r = {.days = 0x7f, .from = -1, .input = -1, .input_off = -1};
            struct rules_env env = {0};
            struct opt_i32 above = {rows[i].above, rows[i].above >= 0},
                           below = {rows[i].below, rows[i].below >= 0},
                           is = {rows[i].is, rows[i].is >= 0};
            if (what == 0)
                r.surplus_above_w = above, r.surplus_below_w = below, env.surplus_w = is;
            if (what == 1)
                r.solar_above_w = above, r.solar_below_w = below, env.production_w = is;
            if (what == 2) {
                r.price_above = (struct opt_i64){above.v, above.set};
                r.price_below = (struct opt_i64){below.v, below.set};
                env.price_micro = (struct opt_i64){is.v, is.set};
            }
            ck_assert_msg(rule_holds(&r, &env) == rows[i].holds, "row %zu of %d", i, what);
        }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("edges");
    tcase_add_checked_fixture(t, berlin, NULL);
    tcase_add_loop_test(t, times, 0, COUNT_OF(times_ms));
    tcase_add_test(t, a_long_time_is_shown_whole);
    tcase_add_test(t, times_near_and_far);
    tcase_add_test(t, needs_and_delays_in_words);
    tcase_add_test(t, shares_in_proportion);
    tcase_add_test(t, power_of_a_reading);
    tcase_add_test(t, sources_by_rank);
    tcase_add_test(t, states_of_charge);
    tcase_add_test(t, a_state_of_charge_goes_on);
    tcase_add_test(t, a_counter_that_moves_oddly);
    tcase_add_test(t, time_and_power_between_two_states);
    tcase_add_test(t, the_record_of_a_session);
    tcase_add_test(t, prices_of_a_day);
    tcase_add_test(t, conditions_at_their_limits);
    tcase_add_test(t, amounts_at_their_limits);
    return run_case(t, "edges");
}
