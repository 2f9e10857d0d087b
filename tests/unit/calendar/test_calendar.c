/* SPDX-License-Identifier: Apache-2.0
 * The zones of this machine, as we read them, against the C library's own arithmetic. */
#include "libcommon/pure/calendar.h"
#include "libcommon/tz/tz.h"
#include <check.h>
#include <ftw.h>
#include "tests/unit/run.h"

enum { QUARTER_MS = 900000 };
static struct zone zone;

static void use(const char *name)
{
    struct err_text why = {0};
    ck_assert_msg(tz_load(name, &zone, &why) == ERR_OK, "%s", why.s);
    setenv("TZ", name, 1);
    tzset();
}

static int64_t utc_s(int year, int month, int day)
{
    return civil_days(year, month, day) * 86400;
}

/* Says whether we and libc read the same on a clock at t. */
static bool same_civil(int64_t t, struct civil *got, struct tm *want)
{
    time_t tt = (time_t)t;
    localtime_r(&tt, want);
    *got = zone_civil(&zone, (struct wall){t * 1000});
    return got->year == want->tm_year + 1900 && got->month == want->tm_mon + 1 &&
           got->day == want->tm_mday && got->hour == want->tm_hour && got->minute == want->tm_min &&
           got->second == want->tm_sec && got->weekday == (want->tm_wday + 6) % 7 &&
           zone_offset_s(&zone, (struct wall){t * 1000}) == want->tm_gmtoff;
}

static void compare(const char *name, int64_t from, int64_t to, int64_t step)
{
    struct civil got;
    struct tm want;
    int wrong = 0;
    for (int64_t t = from; t < to; t += step) {
        if (same_civil(t, &got, &want) || wrong++)
            continue;
        printf("%s at %lld: %d-%d-%d %d:%d, libc %d-%d-%d %d:%d\n", name, (long long)t, got.year,
               got.month, got.day, got.hour, got.minute, want.tm_year + 1900, want.tm_mon + 1,
               want.tm_mday, want.tm_hour, want.tm_min);
    }
    ck_assert_msg(wrong == 0, "%s: %d differences", name, wrong);
}

static const char *const places[] = {"Europe/Berlin", "America/New_York", "Asia/Kolkata",
                                     "Australia/Lord_Howe"};
START_TEST(every_quarter_hour)
{
    use(places[_i]);
    compare(places[_i], utc_s(2024, 1, 1), utc_s(2031, 1, 1), 900);
}
END_TEST

/* Local to UTC and back over every quarter hour; what is shown twice yields the first. */
START_TEST(there_and_back)
{
    use(places[_i]);
    for (int64_t t = utc_s(2024, 1, 1); t < utc_s(2031, 1, 1); t += 900) {
        struct wall w = {t * 1000};
        struct civil c = zone_civil(&zone, w);
        struct wall back = zone_utc(&zone, c);
        if (back.ms == w.ms)
            continue;
        struct civil again = zone_civil(&zone, back);
        int32_t shift = zone_offset_s(&zone, back) - zone_offset_s(&zone, w);
        ck_assert(back.ms < w.ms && w.ms - back.ms == shift * 1000);
        ck_assert(memcmp(&again, &c, sizeof c) == 0);
    }
}
END_TEST

/* Past 2037 only the rule in the last line counts: the whole span, at odd times. */
START_TEST(long_span)
{
    static const char *const more[] = {
        "Europe/Berlin",     "America/New_York", "Asia/Kolkata",        "America/Sao_Paulo",
        "Africa/Casablanca", "Europe/Dublin",    "Australia/Lord_Howe", "Pacific/Apia",
        "America/Nuuk",      "Asia/Gaza"};
    for (size_t i = 0; i < COUNT_OF(more); i++) {
        use(more[i]);
        compare(more[i], utc_s(1970, 1, 1), utc_s(2101, 1, 1), 9901);
    }
}
END_TEST

static int visited;
static int visit(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    UNUSED(st);
    UNUSED(ftw);
    static const char root[] = "/usr/share/zoneinfo/";
    const char *name = path + strlen(root);
    char magic[5] = {0};
    FILE *f = kind == FTW_F ? fopen(path, "rbe") : NULL;
    if (f && fread(magic, 1, 4, f) == 4 && strcmp(magic, "TZif") == 0 &&
        strncmp(name, "right/", 6) != 0) { /* right/ counts leap seconds, which UTC here does not */
        use(name);
        compare(name, utc_s(1970, 1, 1), utc_s(2101, 1, 1), 86400 * 5 + 3600 * 7 + 900);
        visited++;
    }
    if (f)
        fclose(f);
    return 0;
}
START_TEST(all_zones_of_the_system)
{
    ck_assert(nftw("/usr/share/zoneinfo", visit, 16, FTW_PHYS) == 0);
    ck_assert_int_gt(visited, 300);
}
END_TEST

static int quarters(int year, int month, int day)
{
    struct wall noon = {(utc_s(year, month, day) + 43200) * 1000};
    noon.ms -= (int64_t)zone_offset_s(&zone, noon) * 1000;
    struct wall a = zone_day_start(&zone, noon, 0), b = zone_day_start(&zone, noon, 1);
    struct civil c = zone_civil(&zone, a);
    ck_assert_int_eq(c.year, year);
    ck_assert_int_eq(c.month, month);
    ck_assert_int_eq(c.day, day);
    ck_assert_int_eq((b.ms - a.ms) % QUARTER_MS, 0);
    return (int)((b.ms - a.ms) / QUARTER_MS);
}
START_TEST(day_lengths)
{
    static const struct {
        const char *zone;
        int year, month, day, quarters;
    } rows[] = {
        {"Europe/Berlin", 2026, 3, 29, 92},       {"Europe/Berlin", 2026, 10, 25, 100},
        {"Europe/Berlin", 2026, 3, 28, 96},       {"Europe/Berlin", 2026, 3, 30, 96},
        {"Europe/Berlin", 2050, 3, 27, 92},       {"Europe/Berlin", 2099, 10, 25, 100},
        {"America/New_York", 2026, 3, 8, 92},     {"America/New_York", 2026, 11, 1, 100},
        {"Australia/Lord_Howe", 2026, 10, 4, 94}, {"Australia/Lord_Howe", 2026, 4, 5, 98},
        {"Asia/Kolkata", 2026, 3, 29, 96},        {"America/Sao_Paulo", 2018, 11, 4, 92},
        {"America/Sao_Paulo", 2018, 2, 17, 100},  {"Asia/Kathmandu", 2026, 6, 1, 96},
        {"America/Havana", 2026, 3, 8, 92},       {"America/Havana", 2026, 11, 1, 100},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        use(rows[i].zone);
        ck_assert_msg(quarters(rows[i].year, rows[i].month, rows[i].day) == rows[i].quarters,
                      "%s %d-%d-%d: %d", rows[i].zone, rows[i].year, rows[i].month, rows[i].day,
                      quarters(rows[i].year, rows[i].month, rows[i].day));
    }
}
END_TEST

START_TEST(skipped_and_doubled)
{
    use("Europe/Berlin");
    struct civil gap = {.year = 2026, .month = 3, .day = 29, .hour = 2, .minute = 30};
    ck_assert_int_eq(zone_utc(&zone, gap).ms / 1000, utc_s(2026, 3, 29) + 3600);
    struct civil twice = {.year = 2026, .month = 10, .day = 25, .hour = 2, .minute = 30};
    ck_assert_int_eq(zone_utc(&zone, twice).ms / 1000, utc_s(2026, 10, 25) + 1800);
    struct civil rolls = {.year = 2026, .month = 12, .day = 32, .hour = 1};
    ck_assert_int_eq(zone_utc(&zone, rolls).ms / 1000, utc_s(2027, 1, 1));
}
END_TEST

START_TEST(days_of_dates)
{
    ck_assert_int_eq(civil_days(1970, 1, 1), 0);
    ck_assert_int_eq(civil_days(1969, 12, 31), -1);
    ck_assert_int_eq(civil_days(2000, 3, 1), 11017);
    ck_assert_int_eq(civil_days(2026, 14, 1), civil_days(2027, 2, 1));
    ck_assert_int_eq(civil_days(1, 1, 1), -719162);
    ck_assert_int_eq(zone_offset_s(&zone, (struct wall){INT64_MAX}) % 900, 0);
    ck_assert_int_eq(zone_civil(&zone, (struct wall){INT64_MIN}).year, 1);
    ck_assert_int_eq(zone_civil(&zone, (struct wall){INT64_MAX}).year, 9999);
}
END_TEST

static enum err rule(const char *text)
{
    static struct zone z;
    z = (struct zone){0};
    struct err_text why;
    return zone_parse_rule(str_of(text), &z, &why);
}
START_TEST(rules)
{
    static const char *const good[] = {"UTC0",
                                       "CET-1CEST,M3.5.0,M10.5.0/3",
                                       "<+0530>-5:30",
                                       "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
                                       "AAA3BBB2:30,J60/25,300",
                                       "IST-1GMT0,M10.5.0,M3.5.0/1",
                                       "XXX3EDT4,0/0,J365/23"};
    static const char *const bad[] = {"",
                                      "UT0",
                                      "UTC",
                                      "UTC0x",
                                      "CET-1CEST",
                                      "CET-1CEST,M3.5.0",
                                      "CET-1CEST,M13.5.0,M10.5.0",
                                      "CET-1CEST,M3.6.0,M10.5.0",
                                      "CET-1CEST,M3.0.0,M10.5.0",
                                      "CET-1CEST,J0,M10.5.0",
                                      "CET-1CEST,M3.5.7,M10.5.0",
                                      "CET-26",
                                      "CET-1:60",
                                      "<+05",
                                      "CET-99999999999",
                                      "CET-1CEST,M3.5.0/168,M10.5.0"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        ck_assert_msg(rule(good[i]) == ERR_OK, "%s", good[i]);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        ck_assert_msg(rule(bad[i]) == ERR_SYNTAX, "%s", bad[i]);
}
END_TEST

/* Every cut of a good file is refused; every flipped byte is refused or harmless. */
START_TEST(damaged_files)
{
    static uint8_t bytes[ZONE_FILE_MAX], copy[ZONE_FILE_MAX];
    static struct zone z;
    struct err_text why;
    FILE *f = fopen("/usr/share/zoneinfo/Europe/Berlin", "rbe");
    ck_assert_ptr_nonnull(f);
    size_t len = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    ck_assert(zone_parse(bytes, len, &z, &why) == ERR_OK);
    for (size_t cut = 0; cut < len; cut++)
        ck_assert_msg(zone_parse(bytes, cut, &z, &why) != ERR_OK, "cut at %zu", cut);
    for (size_t i = 0; i < len; i++) {
        memcpy(copy, bytes, len);
        copy[i] ^= 0xFF;
        if (zone_parse(copy, len, &z, &why) == ERR_OK)
            (void)zone_day_start(&z, (struct wall){1800000000000}, 1);
    }
    copy[0] = 'x';
    ck_assert(zone_parse(copy, len, &z, &why) == ERR_SYNTAX);
}
END_TEST

START_TEST(names)
{
    static const char *const bad[] = {"",
                                      "/etc/passwd",
                                      "../../../etc/passwd",
                                      "Europe/Nowhere",
                                      "Europe",
                                      "Europe/Berlin ",
                                      "zone.tab"};
    struct err_text why;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        ck_assert_msg(tz_load(bad[i], &zone, &why) != ERR_OK, "%s", bad[i]);
        ck_assert_msg(strstr(why.s, "time zone") != NULL, "%s", why.s);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("calendar");
    TCase *t = tcase_create("calendar");
    tcase_set_timeout(t, 100);
    tcase_add_loop_test(t, every_quarter_hour, 0, (int)COUNT_OF(places));
    tcase_add_loop_test(t, there_and_back, 0, (int)COUNT_OF(places));
    tcase_add_test(t, long_span);
    tcase_add_test(t, all_zones_of_the_system);
    tcase_add_test(t, day_lengths);
    tcase_add_test(t, skipped_and_doubled);
    tcase_add_test(t, days_of_dates);
    tcase_add_test(t, rules);
    tcase_add_test(t, damaged_files);
    tcase_add_test(t, names);
    suite_add_tcase(s, t);
    return run_suite(s);
}
