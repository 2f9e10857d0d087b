/* SPDX-License-Identifier: Apache-2.0
 * Nothing lost, nothing twice: counters, sessions, restarts, late and repeated messages. */
#include "services/surplus-controller/core/ledger.h"
#include <check.h>
#include "tests/unit/run.h"

static struct ledger l;
static int64_t ts, wh[3], ms[3]; /* booked for user 0, 1, nobody */
static struct ledger_reading r;

static void setup(void)
{
    memset(&l, 0, sizeof l);
    l.who.user = NOBODY;
    memset(wh, 0, sizeof wh);
    memset(ms, 0, sizeof ms);
    ts = 1795168800000;
    r = (struct ledger_reading){.max_w = 11000, .who = {0, {"a"}}};
}
static struct ledger_entry take(struct ledger_entry e)
{
    int u = e.who.user < 0 ? 2 : e.who.user;
    wh[u] += e.wh;
    ms[u] += e.ms;
    return e;
}
static struct ledger_entry say(int64_t after_ms)
{
    ts += after_ms;
    r.ts_ms = ts;
    return take(ledger_read(&l, &r));
}
static struct ledger_entry session(int64_t number, int64_t session_wh)
{
    r.session = SOME_I64(number);
    r.session_wh = SOME_I64(session_wh);
    r.drawing = true;
    return say(10000);
}
static void final(int64_t number, int64_t energy_wh, int16_t user)
{
    struct ledger_final f = {.number = number,
                             .ended_ms = SOME_I64(ts),
                             .energy_wh = {energy_wh, energy_wh >= 0},
                             .who = {.user = user}};
    if (user >= 0)
        f.who.tag.s[0] = 'a';
    take(ledger_close(&l, &f));
    r.session = r.session_wh = (struct opt_i64){0};
    r.drawing = false;
}

START_TEST(a_session_counts_once)
{
    r.register_wh = SOME_I64(500000);
    session(7, 0);
    session(7, 1000);
    session(7, 1000);
    session(7, 900); /* late */
    ck_assert_int_eq(wh[0], 1000);
    r.register_wh = SOME_I64(502500);
    session(7, 2500);
    ck_assert_int_eq(wh[0], 2500);
    final(7, 2600, 0);
    ck_assert_int_eq(wh[0], 2600);
    final(7, 2600, 0); /* told again after a reconnect */
    session(7, 2600);  /* a state that was under way */
    r.session = (struct opt_i64){0};
    r.register_wh = SOME_I64(502600); /* its end shows in the register too */
    say(10000);
    ck_assert_int_eq(wh[0], 2600);
    ck_assert_int_eq(wh[1] + wh[2], 0);
}
END_TEST
START_TEST(the_final_record_sets_it_right)
{
    session(7, 1000);
    final(7, 800, 0);
    ck_assert_int_eq(wh[0], 800);
    session(7, 1000); /* a state that was under way */
    ck_assert_int_eq(wh[0], 800);
    setup();
    session(8, 1000);
    final(8, -1, 0); /* it knows no energy: what was seen stays */
    ck_assert_int_eq(wh[0], 1000);
}
END_TEST
START_TEST(sessions_of_different_people)
{
    session(7, 1000);
    final(7, 1000, 0);
    r.who = (struct ledger_who){1, {"b"}};
    session(8, 500);
    final(8, 700, 1);
    ck_assert_int_eq(wh[0], 1000);
    ck_assert_int_eq(wh[1], 700);
    ck_assert_int_eq(ms[0] + ms[1], 0); /* one state each: no time between two of them */
}
END_TEST
START_TEST(a_session_that_began_with_a_card_of_nobody)
{
    session(7, 1000);
    final(7, 1200, NOBODY); /* started from here: the tag is not the person's */
    ck_assert_int_eq(wh[0], 1200);
}
END_TEST
START_TEST(who_comes_later_has_it_all)
{
    r.who = (struct ledger_who){NOBODY, {""}};
    session(7, 100);
    r.who = (struct ledger_who){0, {"a"}};
    session(7, 300);
    ck_assert_int_eq(wh[2], 100);
    final(7, 500, NOBODY);
    ck_assert_int_eq(wh[0], 400);
}
END_TEST
/* A box that has sessions charges nobody outside of them: their records tell all. */
START_TEST(outside_of_sessions)
{
    r.register_wh = SOME_I64(1000);
    if (_i)
        session(7, 0);
    else {
        say(10000);
        final(7, 50, 0);
    }
    int64_t before = wh[0];
    r.session = r.session_wh = (struct opt_i64){0};
    r.register_wh = SOME_I64(1020);
    say(10000);
    ck_assert_int_eq(wh[0], before);
}
END_TEST
/* Written down, then more, then killed: what was written is what the amounts belong to. */
START_TEST(a_restart_is_invisible)
{
    session(7, 1000);
    struct ledger kept = l;
    int64_t kept_wh = wh[0];
    session(7, 1500);
    l = kept;
    wh[0] = kept_wh;
    session(7, 1800);
    final(7, 2000, 0);
    ck_assert_int_eq(wh[0], 2000);
}
END_TEST
START_TEST(sessions_that_ended_while_we_were_away)
{
    session(7, 1000);
    ts += 3600000;
    final(7, 5000, 0);
    final(8, 300, 1); /* began and ended */
    ck_assert_int_eq(wh[0], 5000);
    ck_assert_int_eq(wh[1], 300);
}
END_TEST
START_TEST(sessions_from_before_our_time_are_not_ours)
{
    int64_t began = ts + 10000;
    final(3, 9000, 0); /* never heard of this charger */
    say(10000);
    struct ledger_final old = {
        .number = 4, .ended_ms = SOME_I64(began - 1), .energy_wh = SOME_I64(700), .who = {0, {""}}};
    take(ledger_close(&l, &old));
    ck_assert_int_eq(wh[0] + wh[1] + wh[2], 0);
    old.number = 5;
    old.ended_ms.v = began;
    take(ledger_close(&l, &old));
    ck_assert_int_eq(wh[0], 700);
}
END_TEST
START_TEST(many_sessions)
{
    for (int i = 1; i <= 100; i++) {
        session(i, 10);
        final(i, 20, 0);
        for (int back = i > 16 ? i - 16 : 1; back <= i; back++)
            final(back, 20, 0); /* a gateway tells its last 16 again */
    }
    ck_assert_int_eq(wh[0], 2000);
}
END_TEST

/* ---- boxes without sessions ---- */
static struct ledger_entry reg(int64_t after_ms, int64_t v)
{
    r.register_wh = SOME_I64(v);
    return say(after_ms);
}
START_TEST(by_the_register)
{
    static const struct {
        int64_t after_ms, to_wh, booked;
        bool jumped;
    } rows[] = {
        {10000, 100030, 30, false},
        {10000, 100000, 0, false},
        {3600000, 110900, 10900, false},
        {3600000, 130000, 0, true}, /* more than it can */
        {10000, 0, 0, false},
        {10000, 25, 25, false},                     /* reset */
        {10000, 5000000, 0, true},                  /* another box */
        {10000, 99950, 0, false},                   /* rounding */
        {86400000, 264000 + 100000, 264000, false}, /* we were away */
        {-30000, 100100, 0, false},                 /* a late message */
        {0, 100100, 100, false},
    };
    reg(10000, 100000);
    struct ledger_entry e = reg(rows[_i].after_ms, rows[_i].to_wh);
    ck_assert_int_eq(e.wh, rows[_i].booked);
    ck_assert(e.jumped == rows[_i].jumped);
    ts = max_i64(ts, l.ts_ms);
    int64_t base = l.register_wh.v; /* from there it goes on */
    ck_assert_int_eq(reg(10000, base + 30).wh, 30);
}
END_TEST
START_TEST(the_interval_belongs_to_who_was_there)
{
    reg(10000, 1000);
    r.who = (struct ledger_who){1, {"b"}};
    reg(10000, 1020);
    reg(10000, 1050);
    ck_assert_int_eq(wh[0], 20);
    ck_assert_int_eq(wh[1], 30);
}
END_TEST
START_TEST(rounding_counts_nothing)
{
    reg(10000, 1000);
    reg(10000, 950);
    reg(10000, 1000);
    reg(10000, 1010);
    ck_assert_int_eq(wh[0], 10);
}
END_TEST
START_TEST(the_register_before_the_power)
{
    r.power_w = SOME_I32(3600);
    reg(10000, 1000);
    reg(10000, 1010);
    reg(10000, 1020);
    ck_assert_int_eq(wh[0], 20);
}
END_TEST
START_TEST(who_is_known_only_at_the_end_of_an_interval)
{
    r.who = (struct ledger_who){NOBODY, {""}};
    reg(10000, 1000);
    r.who = (struct ledger_who){1, {"b"}};
    reg(10000, 1020);
    ck_assert_int_eq(wh[1], 20);
    r.who = (struct ledger_who){NOBODY, {"n"}}; /* nobody's card is somebody */
    reg(10000, 1030);
    r.who = (struct ledger_who){0, {"a"}};
    reg(10000, 1045);
    ck_assert_int_eq(wh[1], 30);
    ck_assert_int_eq(wh[2], 15);
}
END_TEST
START_TEST(a_clock_that_was_set)
{
    reg(10000, 1000);
    ck_assert_int_eq(reg(-86400000, 1030).wh, 30); /* a day back: goes on from there */
    ck_assert_int_eq(reg(10000, 1060).wh, 30);
    ck_assert_int_eq(reg(10 * INT64_C(31536000000), 1090).wh, 30);
}
END_TEST
START_TEST(by_power_alone)
{
    r.power_w = SOME_I32(3600);
    say(10000);
    for (int i = 0; i < 100; i++)
        say(1000); /* 1 Wh each */
    ck_assert_int_eq(wh[0], 100);
    r.power_w = SOME_I32(1);
    for (int i = 0; i < 3600; i++)
        say(1000);
    ck_assert_int_eq(wh[0], 101); /* small amounts add up */
    r.power_w = SOME_I32(-500);
    say(1000);
    say(120000); /* too long to know */
    ck_assert_int_eq(wh[0], 101);
}
END_TEST

/* ---- time ---- */
START_TEST(time_of_charging)
{
    r.drawing = true;
    say(10000);
    ck_assert_int_eq(ms[0], 0);
    say(10000);
    say(10000);
    ck_assert_int_eq(ms[0], 20000);
    say(0); /* repeated */
    r.drawing = false;
    say(5000);
    say(60000);
    ck_assert_int_eq(ms[0], 25000);
    r.drawing = true;
    say(10000);
    say(7 * 86400000); /* nobody knows what was in between: an hour at most */
    ck_assert_int_eq(ms[0], 25000 + 3600000);
    say(-86400000);
    ck_assert_int_eq(ms[0], 25000 + 3600000);
}
END_TEST
START_TEST(time_over_a_restart)
{
    r.drawing = true;
    say(10000);
    say(10000);
    struct ledger kept = l;
    int64_t kept_ms = ms[0];
    say(10000);
    l = kept;
    ms[0] = kept_ms;
    say(120000);
    ck_assert_int_eq(ms[0], 10000 + 130000);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ledger");
    TCase *t = tcase_create("ledger");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, a_session_counts_once);
    tcase_add_test(t, the_final_record_sets_it_right);
    tcase_add_test(t, sessions_of_different_people);
    tcase_add_test(t, a_session_that_began_with_a_card_of_nobody);
    tcase_add_test(t, who_comes_later_has_it_all);
    tcase_add_loop_test(t, outside_of_sessions, 0, 2);
    tcase_add_test(t, rounding_counts_nothing);
    tcase_add_test(t, the_register_before_the_power);
    tcase_add_test(t, who_is_known_only_at_the_end_of_an_interval);
    tcase_add_test(t, a_restart_is_invisible);
    tcase_add_test(t, sessions_that_ended_while_we_were_away);
    tcase_add_test(t, sessions_from_before_our_time_are_not_ours);
    tcase_add_test(t, many_sessions);
    tcase_add_loop_test(t, by_the_register, 0, 11);
    tcase_add_test(t, the_interval_belongs_to_who_was_there);
    tcase_add_test(t, a_clock_that_was_set);
    tcase_add_test(t, by_power_alone);
    tcase_add_test(t, time_of_charging);
    tcase_add_test(t, time_over_a_restart);
    suite_add_tcase(s, t);
    return run_suite(s);
}
