/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/pure/calendar.h"

enum { DAY_S = 86400 };
/* 0001-01-01 and 9999-12-31 with a day to spare: keeps every later sum far from overflow. */
static const int64_t FIRST_S = -62135510400, LAST_S = 253402214400;

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Counts in years that begin in March, so that the leap day is the last of its year; 400 years
 * have 146097 days. */
int64_t civil_days(int32_t year, int32_t month, int32_t day)
{
    int64_t m = (int64_t)month - 3;
    int64_t y = year + floor_div(m, 12);
    m -= floor_div(m, 12) * 12;
    int64_t era = floor_div(y, 400), yoe = y - era * 400;
    int64_t doy = (153 * m + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void date_of(int64_t days, struct civil *c)
{
    int64_t z = days + 719468;
    int64_t era = floor_div(z, 146097), doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t m = (5 * doy + 2) / 153;
    c->day = (uint8_t)(doy - (153 * m + 2) / 5 + 1);
    c->month = (uint8_t)(m < 10 ? m + 3 : m - 9);
    c->year = (int32_t)(yoe + era * 400 + (c->month <= 2));
    c->weekday = (uint8_t)(days + 3 - floor_div(days + 3, 7) * 7); /* 1970-01-01: Thursday */
}

static struct civil civil_of(int64_t local_s)
{
    struct civil c = {0};
    int64_t days = floor_div(local_s, DAY_S), s = local_s - days * DAY_S;
    date_of(days, &c);
    c.hour = (uint8_t)(s / 3600);
    c.minute = (uint8_t)(s / 60 % 60);
    c.second = (uint8_t)(s % 60);
    return c;
}

static bool leap(int64_t y)
{
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

/* Local seconds (since 1970, as if local were UTC) at which the rule strikes in that year. */
static int64_t rule_local_s(const struct zone_rule *r, int32_t year)
{
    int64_t jan1 = civil_days(year, 1, 1), day = jan1;
    if (r->kind == RULE_JULIAN) {
        day = jan1 + r->day - 1 + (leap(year) && r->day >= 60);
    } else if (r->kind == RULE_DAY) {
        day = jan1 + r->day;
    } else {
        int64_t first = civil_days(year, r->month, 1);
        int64_t next = civil_days(year, r->month + 1, 1);
        int64_t sunday0 = first + 4 - floor_div(first + 4, 7) * 7; /* weekday, Sunday 0 */
        day = first + (r->day - sunday0 + 7) % 7 + (int64_t)(r->week - 1) * 7;
        while (day >= next)
            day -= 7;
    }
    return day * DAY_S + r->time_s;
}

static int32_t rule_offset_s(const struct zone *z, int64_t t)
{
    if (!z->has_dst)
        return z->rule_std_s;
    int32_t year = civil_of(t + z->rule_std_s).year;
    int64_t on = rule_local_s(&z->to_dst, year) - z->rule_std_s;
    int64_t off = rule_local_s(&z->to_std, year) - z->rule_dst_s;
    bool dst = on < off ? t >= on && t < off : t >= on || t < off;
    return dst ? z->rule_dst_s : z->rule_std_s;
}

static int32_t offset_at(const struct zone *z, int64_t t)
{
    int lo = 0, hi = z->changes; /* changes before lo are <= t, from hi on they are > t */
    while (lo < hi) {
        int mid = lo + (hi - lo) / 2;
        if (z->at_s[mid] <= t)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == z->changes && z->has_rule)
        return rule_offset_s(z, t);
    return z->offset_s[lo ? z->type[lo - 1] : 0];
}

static int64_t seconds_of(struct wall t)
{
    return max_i64(FIRST_S, min_i64(LAST_S, floor_div(t.ms, 1000)));
}

int32_t zone_offset_s(const struct zone *z, struct wall t)
{
    return offset_at(z, seconds_of(t));
}

struct civil zone_civil(const struct zone *z, struct wall t)
{
    int64_t s = seconds_of(t);
    return civil_of(s + offset_at(z, s));
}

/* The UTC second at which local time shows local_s. */
static int64_t utc_of(const struct zone *z, int64_t local_s)
{
    int32_t before = offset_at(z, local_s - DAY_S), after = offset_at(z, local_s + DAY_S);
    int64_t a = local_s - max_i32(before, after), b = local_s - min_i32(before, after);
    if (a + offset_at(z, a) == local_s)
        return a; /* the earlier one when it is shown twice */
    if (b + offset_at(z, b) == local_s)
        return b;
    /* Skipped: a lies before the change and b after it. */
    while (b - a > 1) {
        int64_t mid = a + (b - a) / 2;
        if (mid + offset_at(z, mid) < local_s)
            a = mid;
        else
            b = mid;
    }
    return b;
}

struct wall zone_utc(const struct zone *z, struct civil c)
{
    int64_t s = civil_days(c.year, c.month, c.day) * DAY_S;
    s += (int64_t)c.hour * 3600 + c.minute * 60 + c.second;
    s = max_i64(FIRST_S, min_i64(LAST_S, s));
    return (struct wall){utc_of(z, s) * 1000};
}

struct wall zone_day_start(const struct zone *z, struct wall t, int days)
{
    int64_t s = seconds_of(t);
    int64_t day = floor_div(s + offset_at(z, s), DAY_S) + days;
    return (struct wall){utc_of(z, day * DAY_S) * 1000};
}
