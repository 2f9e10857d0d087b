/* SPDX-License-Identifier: Apache-2.0
 * Periods of the calendar, what is carried over, what is booked where. Times are local, Berlin. */
#include "services/surplus-controller/core/budget.h"
#include <check.h>
#include "tests/unit/run.h"

static struct zone zone;
static void setup(void)
{
    struct err_text why;
    ck_assert_int_eq(zone_parse_rule(str_of("CET-1CEST,M3.5.0,M10.5.0/3"), &zone, &why), ERR_OK);
}
/* 20260331.0930 as local date and time */
static struct wall at(int64_t date, int32_t hhmm)
{
    return zone_utc(&zone, (struct civil){.year = (int32_t)(date / 10000),
                                          .month = (uint8_t)(date / 100 % 100),
                                          .day = (uint8_t)(date % 100),
                                          .hour = (uint8_t)(hhmm / 100),
                                          .minute = (uint8_t)(hhmm % 100)});
}

/* ---- periods ---- */
#define P(x) BUDGET_PERIOD_##x
static const struct {
    enum budget_period period;
    int32_t day, month, hhmm; /* reset */
    int64_t date;
    int32_t time;
    int64_t from;
    int32_t from_time;
    int64_t until;
    int32_t until_time;
} spans[] = {
    {P(DAY), 1, 1, 0, 20260615, 0, 20260615, 0, 20260616, 0},
    {P(DAY), 1, 1, 0, 20260615, 2359, 20260615, 0, 20260616, 0},
    {P(DAY), 1, 1, 600, 20260615, 559, 20260614, 600, 20260615, 600},
    {P(DAY), 1, 1, 600, 20260615, 600, 20260615, 600, 20260616, 600},
    {P(DAY), 1, 1, 600, 20260101, 500, 20251231, 600, 20260101, 600},
    {P(DAY), 1, 1, 2359, 20260301, 2358, 20260228, 2359, 20260301, 2359},
    /* 29 March 2026: 02:00 is 03:00; the night has no 02:30 */
    {P(DAY), 1, 1, 230, 20260329, 100, 20260328, 230, 20260329, 300},
    {P(DAY), 1, 1, 230, 20260329, 300, 20260329, 300, 20260330, 230},
    {P(DAY), 1, 1, 0, 20260329, 1200, 20260329, 0, 20260330, 0},
    /* 25 October 2026: 02:30 comes twice, the first counts */
    {P(DAY), 1, 1, 230, 20261025, 230, 20261025, 230, 20261026, 230},
    {P(DAY), 1, 1, 230, 20261025, 300, 20261025, 230, 20261026, 230},
    /* 15 June 2026 is a Monday */
    {P(WEEK), 1, 1, 0, 20260615, 0, 20260615, 0, 20260622, 0},
    {P(WEEK), 1, 1, 0, 20260621, 2359, 20260615, 0, 20260622, 0},
    {P(WEEK), 1, 1, 600, 20260615, 559, 20260608, 600, 20260615, 600},
    {P(WEEK), 7, 1, 0, 20260615, 1200, 20260614, 0, 20260621, 0},
    {P(WEEK), 7, 1, 0, 20260614, 0, 20260614, 0, 20260621, 0},
    {P(WEEK), 3, 1, 0, 20260101, 1200, 20251231, 0, 20260107, 0},
    {P(WEEK), 4, 1, 0, 20260331, 1200, 20260326, 0, 20260402, 0}, /* over the change of March */
    {P(MONTH), 1, 1, 0, 20260601, 0, 20260601, 0, 20260701, 0},
    {P(MONTH), 1, 1, 0, 20260630, 2359, 20260601, 0, 20260701, 0},
    {P(MONTH), 15, 1, 0, 20260101, 1200, 20251215, 0, 20260115, 0},
    {P(MONTH), 15, 1, 0, 20261231, 1200, 20261215, 0, 20270115, 0},
    /* day 31: the last one of shorter months */
    {P(MONTH), 31, 1, 0, 20260215, 1200, 20260131, 0, 20260228, 0},
    {P(MONTH), 31, 1, 0, 20260228, 0, 20260228, 0, 20260331, 0},
    {P(MONTH), 31, 1, 0, 20260330, 1200, 20260228, 0, 20260331, 0},
    {P(MONTH), 31, 1, 0, 20260331, 0, 20260331, 0, 20260430, 0},
    {P(MONTH), 31, 1, 0, 20260501, 0, 20260430, 0, 20260531, 0},
    {P(MONTH), 30, 1, 0, 20280229, 0, 20280229, 0, 20280330, 0},
    {P(MONTH), 31, 1, 1800, 20280229, 1759, 20280131, 1800, 20280229, 1800},
    {P(YEAR), 1, 1, 0, 20260615, 1200, 20260101, 0, 20270101, 0},
    {P(YEAR), 15, 6, 600, 20260615, 559, 20250615, 600, 20260615, 600},
    {P(YEAR), 15, 6, 600, 20260615, 600, 20260615, 600, 20270615, 600},
    {P(YEAR), 1, 12, 0, 20260615, 1200, 20251201, 0, 20261201, 0},
    {P(YEAR), 31, 2, 0, 20280228, 1200, 20270228, 0, 20280229, 0},
    {P(YEAR), 31, 2, 0, 20280229, 0, 20280229, 0, 20290228, 0},
};
START_TEST(period_of_a_moment)
{
    const struct budget_terms c = {.period = spans[_i].period,
                                   .reset_day = spans[_i].day,
                                   .reset_month = spans[_i].month,
                                   .reset_min = spans[_i].hhmm / 100 * 60 + spans[_i].hhmm % 100};
    struct wall t = at(spans[_i].date, spans[_i].time);
    struct budget_span s = budget_span_at(&c, &zone, t);
    ck_assert_int_eq(s.from_ms, at(spans[_i].from, spans[_i].from_time).ms);
    ck_assert(s.until_ms.set);
    ck_assert_int_eq(s.until_ms.v, at(spans[_i].until, spans[_i].until_time).ms);
    /* all moments of a period have the same, the next begins where it ends */
    struct budget_span first = budget_span_at(&c, &zone, (struct wall){s.from_ms});
    struct budget_span last = budget_span_at(&c, &zone, (struct wall){s.until_ms.v - 1});
    struct budget_span next = budget_span_at(&c, &zone, (struct wall){s.until_ms.v});
    ck_assert_int_eq(first.from_ms, s.from_ms);
    ck_assert_int_eq(last.from_ms, s.from_ms);
    ck_assert_int_eq(last.until_ms.v, s.until_ms.v);
    ck_assert_int_eq(next.from_ms, s.until_ms.v);
}
END_TEST
/* Every three hours of three years lies in its period, and periods follow each other without a gap.
 */
START_TEST(periods_tile_the_calendar)
{
    const struct budget_terms all[] = {
        {.period = P(DAY), .reset_min = 150},
        {.period = P(WEEK), .reset_day = 7, .reset_min = 60},
        {.period = P(MONTH), .reset_day = 31},
        {.period = P(MONTH), .reset_day = 29, .reset_min = 150},
        {.period = P(YEAR), .reset_day = 29, .reset_month = 2, .reset_min = 1439}};
    const struct budget_terms *c = &all[_i];
    int64_t end = at(20290101, 0).ms;
    struct budget_span s = budget_span_at(c, &zone, at(20260101, 0));
    for (int64_t t = at(20260101, 0).ms; t < end; t += 3 * 3600000) {
        while (t >= s.until_ms.v) {
            struct budget_span next = budget_span_at(c, &zone, (struct wall){s.until_ms.v});
            ck_assert_int_eq(next.from_ms, s.until_ms.v);
            s = next;
        }
        struct budget_span here = budget_span_at(c, &zone, (struct wall){t});
        ck_assert_int_eq(here.from_ms, s.from_ms);
        ck_assert_int_eq(here.until_ms.v, s.until_ms.v);
    }
}
END_TEST
START_TEST(the_end_of_time_is_no_endless_loop)
{
    for (int p = 1; p < BUDGET_PERIOD_COUNT; p++) {
        struct budget_terms c = {
            .period = (enum budget_period)p, .reset_day = 1, .reset_month = 1, .carry_over = true};
        struct budget_span s = budget_span_at(&c, &zone, (struct wall){TIME_HI});
        ck_assert_int_le(s.from_ms, TIME_HI);
        s = budget_span_at(&c, &zone, (struct wall){0});
        ck_assert_int_le(s.from_ms, 0);
    }
}
END_TEST

/* ---- accounts ---- */
static struct budget_terms monthly(bool carry)
{
    return (struct budget_terms){.period = P(MONTH),
                                 .reset_day = 1,
                                 .carry_over = carry,
                                 .amount_wh = SOME_I64(10000),
                                 .amount_ms = SOME_I64(3600000)};
}
static struct budget_account begun(const struct budget_terms *c, struct wall t)
{
    struct budget_account a = {0};
    ck_assert(budget_roll(&a, c, &zone, t));
    ck_assert(!budget_roll(&a, c, &zone, t));
    return a;
}
START_TEST(left_and_used_up)
{
    struct budget_terms c = monthly(false);
    struct budget_account a = begun(&c, at(20260615, 0));
    ck_assert_int_eq(budget_left_wh(&a, &c).v, 10000);
    ck_assert(!budget_is_used(&a, &c));
    budget_book(&a, &c, 9999, 0, at(20260615, 1));
    ck_assert(!budget_is_used(&a, &c));
    budget_book(&a, &c, 1, 0, at(20260615, 2));
    ck_assert(budget_is_used(&a, &c));
    c.amount_wh.set = false; /* then only time counts */
    ck_assert(!budget_is_used(&a, &c));
    ck_assert(!budget_left_wh(&a, &c).set);
    budget_book(&a, &c, 0, 3600000, at(20260615, 3));
    ck_assert(budget_is_used(&a, &c));
}
END_TEST
START_TEST(a_new_period)
{
    const struct {
        bool carry;
        int64_t used, left;
    } rows[] = {
        {false, 4000, 10000}, {true, 4000, 16000}, {false, 10500, 10000}, {true, 10500, 9500}};
    struct budget_terms c = monthly(rows[_i].carry);
    struct budget_account a = begun(&c, at(20260615, 0));
    budget_book(&a, &c, rows[_i].used, 0, at(20260620, 0));
    ck_assert(!budget_roll(&a, &c, &zone, at(20260630, 2359)));
    ck_assert(budget_roll(&a, &c, &zone, at(20260701, 0)));
    ck_assert_int_eq(budget_left_wh(&a, &c).v, rows[_i].left);
    ck_assert_int_eq(a.used_wh, 0);
    ck_assert_int_eq(a.span.until_ms.v, at(20260801, 0).ms);
}
END_TEST
START_TEST(periods_slept_through)
{
    struct budget_terms c = monthly(true);
    struct budget_account a = begun(&c, at(20260615, 0));
    budget_book(&a, &c, 4000, 1800000, at(20260620, 0));
    ck_assert(budget_roll(&a, &c, &zone, at(20260915, 0)));
    ck_assert_int_eq(budget_left_wh(&a, &c).v, 6000 + 3 * 10000);
    ck_assert_int_eq(budget_left_ms(&a, &c).v, 1800000 + 3 * 3600000);
    ck_assert_int_eq(a.span.from_ms, at(20260901, 0).ms);
    c.carry_over = false;
    ck_assert(budget_roll(&a, &c, &zone, at(20270915, 0)));
    ck_assert_int_eq(budget_left_wh(&a, &c).v, 10000);
    ck_assert_int_eq(a.span.from_ms, at(20270901, 0).ms);
}
END_TEST
START_TEST(once_is_never_renewed)
{
    struct budget_terms c = {.period = P(ONCE), .amount_wh = SOME_I64(10000)};
    struct budget_account a = begun(&c, at(20260615, 0));
    budget_book(&a, &c, 10000, 0, at(20260620, 0));
    ck_assert(!budget_roll(&a, &c, &zone, at(20460620, 0)));
    ck_assert(budget_is_used(&a, &c));
    a.extra_wh += 5000;
    ck_assert_int_eq(budget_left_wh(&a, &c).v, 5000);
}
END_TEST
START_TEST(a_top_up_goes_the_way_of_what_is_left)
{
    struct budget_terms c = monthly(_i == 1);
    struct budget_account a = begun(&c, at(20260615, 0));
    a.extra_wh = 2000;
    ck_assert_int_eq(budget_left_wh(&a, &c).v, 12000);
    ck_assert(budget_roll(&a, &c, &zone, at(20260701, 0)));
    ck_assert_int_eq(budget_left_wh(&a, &c).v, _i == 1 ? 22000 : 10000);
}
END_TEST
START_TEST(what_was_charged_before_the_period_began)
{
    struct budget_terms c = monthly(_i == 1);
    struct budget_account a = begun(&c, at(20260615, 0));
    budget_roll(&a, &c, &zone, at(20260701, 0));
    budget_book(&a, &c, 3000, 60000, at(20260630, 2359)); /* told late */
    ck_assert_int_eq(a.used_wh, 0);
    ck_assert_int_eq(budget_left_wh(&a, &c).v, _i == 1 ? 17000 : 10000);
    ck_assert_int_eq(budget_left_ms(&a, &c).v, (_i == 1 ? 2 : 1) * 3600000 - (_i == 1) * 60000);
    budget_book(&a, &c, 3000, 60000, at(20260701, 0));
    ck_assert_int_eq(a.used_wh, 3000);
}
END_TEST
START_TEST(clocks_that_are_wrong)
{
    struct budget_terms c = monthly(true);
    struct budget_account a = {0};
    ck_assert(!budget_roll(&a, &c, &zone, (struct wall){5000})); /* not set yet */
    ck_assert(!a.begun);
    budget_book(&a, &c, 100, 0, (struct wall){5000});
    ck_assert(budget_roll(&a, &c, &zone, at(20260615, 0)));
    ck_assert_int_eq(a.used_wh, 100);
    budget_book(&a, &c, 5000, 0, at(20260615, 0));
    ck_assert(
        !budget_roll(&a, &c, &zone, (struct wall){5000})); /* started again, without a battery */
    ck_assert_int_eq(a.used_wh, 5100);
    ck_assert(!budget_roll(&a, &c, &zone, at(20260615, 0)));
    /* set back over the border by an hour: the new period stays */
    ck_assert(budget_roll(&a, &c, &zone, at(20260701, 0)));
    budget_book(&a, &c, 10, 0, at(20260701, 0));
    ck_assert(!budget_roll(&a, &c, &zone, at(20260630, 2300)));
    ck_assert_int_eq(a.used_wh, 10);
    /* it was years ahead: what was used then is not given back */
    ck_assert(budget_roll(&a, &c, &zone, at(20400101, 0)));
    budget_book(&a, &c, 77, 0, at(20400101, 0));
    ck_assert(budget_roll(&a, &c, &zone, at(20260702, 0)));
    ck_assert_int_eq(a.used_wh, 77);
    ck_assert_int_eq(a.span.from_ms, at(20260701, 0).ms);
}
END_TEST
START_TEST(edited_in_the_site_file)
{
    struct budget_terms c = monthly(false);
    struct budget_account a = begun(&c, at(20260615, 0));
    budget_book(&a, &c, 4000, 0, at(20260620, 0));
    c.amount_wh = SOME_I64(20000); /* the amount: at once */
    ck_assert(!budget_roll(&a, &c, &zone, at(20260620, 0)));
    ck_assert_int_eq(budget_left_wh(&a, &c).v, 16000);
    c.period = P(YEAR); /* a longer period began before: nothing is given back */
    c.reset_month = 1;
    ck_assert(budget_roll(&a, &c, &zone, at(20260620, 0)));
    ck_assert_int_eq(a.used_wh, 4000);
    ck_assert_int_eq(a.span.until_ms.v, at(20270101, 0).ms);
    c.period = P(WEEK); /* a shorter one began after */
    ck_assert(budget_roll(&a, &c, &zone, at(20260624, 0)));
    ck_assert_int_eq(a.used_wh, 0);
    ck_assert_int_eq(a.span.from_ms, at(20260622, 0).ms);
    c.period = P(MONTH); /* both began on this day: only the end differs */
    a = begun(&c, at(20270101, 0));
    c.period = P(YEAR);
    ck_assert(budget_roll(&a, &c, &zone, at(20270102, 0)));
    ck_assert_int_eq(a.span.until_ms.v, at(20280101, 0).ms);
    c.period = P(ONCE);
    ck_assert(budget_roll(&a, &c, &zone, at(20270102, 0)));
    ck_assert(!a.span.until_ms.set);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("budget");
    TCase *t = tcase_create("budget");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_loop_test(t, period_of_a_moment, 0, COUNT_OF(spans));
    tcase_add_loop_test(t, periods_tile_the_calendar, 0, 5);
    tcase_add_test(t, the_end_of_time_is_no_endless_loop);
    tcase_add_test(t, left_and_used_up);
    tcase_add_loop_test(t, a_new_period, 0, 4);
    tcase_add_test(t, periods_slept_through);
    tcase_add_test(t, once_is_never_renewed);
    tcase_add_loop_test(t, a_top_up_goes_the_way_of_what_is_left, 0, 2);
    tcase_add_loop_test(t, what_was_charged_before_the_period_began, 0, 2);
    tcase_add_test(t, clocks_that_are_wrong);
    tcase_add_test(t, edited_in_the_site_file);
    suite_add_tcase(s, t);
    return run_suite(s);
}
