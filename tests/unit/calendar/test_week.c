/* SPDX-License-Identifier: Apache-2.0
 * Week tables: what is written, what is refused and where, and what holds at a moment, the days of
 * 23 and 25 hours included, against the C library's clock. */
#include "libcommon/pure/week.h"
#include "libcommon/tz/tz.h"
#include <check.h>
#include <time.h>
#include "tests/unit/run.h"

enum { A = 1, B, C, MIN_MS = 60000 };
static const char *const words[] = {NULL, "lock", "power", "solar", "time"};
static const struct enum_desc modes = {"mode", words, 5};
static const uint32_t allowed = 1u << A | 1u << B | 1u << C;
static struct zone zone;
static struct week w;
static struct err_text why;

static void use(const char *name)
{
    ck_assert_msg(tz_load(name, &zone, &why) == ERR_OK, "%s", why.s);
    setenv("TZ", name, 1);
    tzset();
}
static void table(const char *text)
{
    enum err rc = week_parse(str_of(text), &modes, allowed, &w, &why);
    ck_assert_msg(rc == ERR_OK, "%s: %s", text, why.s);
}
static struct wall local(int year, int month, int day, int hour, int minute)
{
    return zone_utc(&zone, (struct civil){.year = year,
                                          .month = (uint8_t)month,
                                          .day = (uint8_t)day,
                                          .hour = (uint8_t)hour,
                                          .minute = (uint8_t)minute});
}

/* ---- words ---- */
static const struct {
    const char *text;
    int day, hour, minute, value;
} said[] = {
    {"mon-fri 08:00-12:00 lock", 0, 8, 0, A},
    {"mon-fri 08:00-12:00 lock", 0, 7, 45, 0},
    {"mon-fri 08:00-12:00 lock", 4, 11, 45, A},
    {"mon-fri 08:00-12:00 lock", 4, 12, 0, 0},
    {"mon-fri 08:00-12:00 lock", 5, 8, 0, 0},
    {"08:00-08:15 power", 6, 8, 0, B},
    {"08:00-08:15 power", 6, 8, 15, 0},
    {"00:00-24:00 solar", 3, 23, 45, C},
    {"sat,sun 00:00-24:00 solar; mon-sun 10:00-11:00 power", 5, 10, 0, B}, /* the last row wins */
    {"mon-sun 10:00-11:00 power; sat,sun 00:00-24:00 solar", 5, 10, 0, C},
    {"fri-mon 10:00-11:00 lock", 6, 10, 0, A},
    {"fri-mon 10:00-11:00 lock", 1, 10, 0, 0},
    {"fri 22:00-06:00 power", 4, 22, 0, B},
    {"fri 22:00-06:00 power", 5, 5, 45, B}, /* into Saturday */
    {"fri 22:00-06:00 power", 5, 6, 0, 0},
    {"fri 22:00-06:00 power", 4, 5, 45, 0},
    {"sun 22:00-06:00 power", 0, 0, 0, B}, /* into the next week */
    {"22:00-00:00 power", 2, 23, 45, B},
    {"22:00-00:00 power", 3, 0, 0, 0},
    {"mon 08:00-09:00 lock; else solar", 1, 3, 0, C},
    {"else solar; mon 08:00-09:00 lock", 0, 8, 45, A},
    {"else power", 6, 12, 0, B},
    {" ; mon   08:00-09:00    lock ;; ", 0, 8, 0, A},
};
START_TEST(rows_say_what_they_say)
{
    table(said[_i].text);
    int slot = (said[_i].hour * 60 + said[_i].minute) / WEEK_SLOT_MIN;
    ck_assert_msg(w.slot[said[_i].day][slot] == said[_i].value, "%s: day %d slot %d is %d",
                  said[_i].text, said[_i].day, slot, w.slot[said[_i].day][slot]);
}
END_TEST

static const struct {
    const char *text, *why;
} wrong[] = {
    {"", "expected rows such as mon-fri 08:00-12:00 lock"},
    {" ; ; ", "expected rows such as mon-fri 08:00-12:00 lock"},
    {"mon 08:00-12:00", "at character 16: expected one of lock power solar, got nothing"},
    {"mon 08:00-12:00 fast", "at character 17: expected one of lock power solar, got fast"},
    {"mon 08:00-12:00 time", "at character 17: expected one of lock power solar, got time"},
    {"mon-fri 08:10-12:00 lock", "at character 9: expected quarter hours such as 08:15-12:00"},
    {"mon 08:00-12:05 lock", "at character 5: expected quarter hours such as 08:15-12:00"},
    {"mon 8:00-12:00 lock", "at character 5: expected a time such as 08:00-12:00, got 8:00-12:00"},
    {"mon 08:00 lock", "at character 5: expected a time such as 08:00-12:00, got 08:00"},
    {"mon 24:00-12:00 lock", "at character 5: expected a time such as 08:00-12:00"},
    {"mon 08:00-24:15 lock", "at character 5: expected a time such as 08:00-12:00"},
    {"mon 08:60-12:00 lock", "at character 5: expected a time such as 08:00-12:00"},
    {"mon 08:00-08:00 lock", "at character 5: expected a time that lasts"},
    {"mo 08:00-12:00 lock", "at character 1: expected days such as mon-fri"},
    {"mon,, 08:00-12:00 lock", "at character 1: expected days such as mon-fri"},
    {"mon 08:00-12:00 lock power", "at character 22: expected ; and the next row, got power"},
    {"mon 08:00-12:00 lock; tue 08:00-12:00 run", "at character 39: expected one of lock power"},
    {"else", "at character 5: expected one of lock power solar, got nothing"},
    {"power", "at character 1: expected days such as mon-fri"},
    {"mon 08:00-12:00 lock\xc3\xa4", "at character 17: expected one of"},
};
START_TEST(what_is_wrong_is_named_with_its_place)
{
    ck_assert_int_ne(week_parse(str_of(wrong[_i].text), &modes, allowed, &w, &why), ERR_OK);
    ck_assert_msg(strncmp(why.s, wrong[_i].why, strlen(wrong[_i].why)) == 0, "%s: %s",
                  wrong[_i].text, why.s);
}
END_TEST

/* ---- in time ---- */
static const struct {
    const char *zone;
    int year, month, day; /* in the middle of what is compared */
} moments[] = {
    {"Europe/Berlin", 2026, 3, 29},   {"Europe/Berlin", 2026, 10, 25},
    {"Europe/Berlin", 2027, 6, 15},   {"America/New_York", 2026, 11, 1},
    {"America/New_York", 2026, 3, 8}, {"Australia/Lord_Howe", 2026, 4, 5},
    {"Asia/Kathmandu", 2026, 1, 1},   {"UTC", 2026, 12, 31},
    {"America/Santiago", 2026, 9, 6}, /* the clocks change at midnight */
};
/* Minute by minute over three weeks: the slot is that of the clock on the wall, and the announced
 * next change is where the value changes. */
START_TEST(the_table_follows_the_clock)
{
    use(moments[_i].zone);
    table("mon-fri 08:00-12:00 lock; sun 01:45-02:15 power; sun 02:30-03:00 lock; sun 03:00-03:15 "
          "power; sat 22:00-00:30 power; wed 23:45-24:00 lock; else solar");
    int64_t mid = civil_days(moments[_i].year, moments[_i].month, moments[_i].day) * 86400000;
    int64_t next = 0;
    int before = -1, changes = 0;
    for (int64_t t = mid - INT64_C(864000000); t < mid + INT64_C(864000000); t += MIN_MS) {
        time_t s = (time_t)(t / 1000);
        struct tm tm;
        localtime_r(&s, &tm);
        int want = w.slot[(tm.tm_wday + 6) % 7][(tm.tm_hour * 60 + tm.tm_min) / 15];
        ck_assert_int_eq(week_at(&w, &zone, (struct wall){t}), want);
        if (before >= 0)
            ck_assert_msg((want != before) == (t == next),
                          "%" PRId64 ": %d after %d, next %" PRId64, t, want, before, next);
        if (want != before) {
            struct opt_i64 n = week_next(&w, &zone, (struct wall){t});
            ck_assert(n.set && n.v > t);
            next = n.v;
            changes++;
        }
        before = want;
    }
    ck_assert_int_gt(changes, 40);
}
END_TEST

START_TEST(days_of_23_and_25_hours)
{
    use("Europe/Berlin");
    table("sun 02:00-03:00 power; else lock");
    struct opt_i64 on = week_next(&w, &zone, local(2026, 10, 24, 12, 0));
    struct opt_i64 off = week_next(&w, &zone, (struct wall){on.v});
    ck_assert_int_eq(off.v - on.v, 2 * 3600000); /* the doubled hour */
    on = week_next(&w, &zone, local(2026, 3, 28, 12, 0));
    ck_assert_int_eq(on.v, local(2026, 4, 5, 2, 0).ms); /* the skipped hour: a week later */
    table("sun 00:00-24:00 power; else lock");
    on = week_next(&w, &zone, local(2026, 3, 28, 12, 0));
    off = week_next(&w, &zone, (struct wall){on.v});
    ck_assert_int_eq(off.v - on.v, 23 * 3600000);
    on = week_next(&w, &zone, local(2026, 10, 24, 12, 0));
    off = week_next(&w, &zone, (struct wall){on.v});
    ck_assert_int_eq(off.v - on.v, 25 * 3600000);
}
END_TEST

START_TEST(a_table_of_one_value_never_changes)
{
    use("Europe/Berlin");
    table("else power");
    ck_assert(!week_next(&w, &zone, local(2026, 3, 28, 12, 0)).set);
    table("mon-sun 00:00-24:00 lock");
    ck_assert(!week_next(&w, &zone, local(2026, 3, 28, 12, 0)).set);
    table("mon 00:00-00:15 lock"); /* and nothing else said */
    ck_assert_int_eq(week_next(&w, &zone, local(2026, 3, 28, 12, 1)).v,
                     local(2026, 3, 30, 0, 0).ms);
    ck_assert_int_eq(week_next(&w, &zone, local(2026, 3, 30, 0, 14)).v,
                     local(2026, 3, 30, 0, 15).ms);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("week");
    tcase_set_timeout(t, 30);
    tcase_add_loop_test(t, rows_say_what_they_say, 0, COUNT_OF(said));
    tcase_add_loop_test(t, what_is_wrong_is_named_with_its_place, 0, COUNT_OF(wrong));
    tcase_add_loop_test(t, the_table_follows_the_clock, 0, COUNT_OF(moments));
    tcase_add_test(t, days_of_23_and_25_hours);
    tcase_add_test(t, a_table_of_one_value_never_changes);
    return run_case(t, "week");
}
