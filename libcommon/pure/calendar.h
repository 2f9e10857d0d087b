/* SPDX-License-Identifier: Apache-2.0
 * calendar.h -- local time of one place: UTC to civil time and back, with daylight saving. Pure.
 *
 * A zone is parsed from the bytes of a TZif file (RFC 9636), which the io layer reads once
 * (libcommon/tz/tz.h). Nothing here looks at TZ, so one process can know several places and a test
 * can be anywhere. Valid for the years 1 to 9999; times outside are clamped to that span. */
#ifndef WATTBUS_CALENDAR_H
#define WATTBUS_CALENDAR_H
#include "libcommon/pure/clock.h"
#include "libcommon/pure/str.h"

/* A wall clock's reading. Weekday as ISO 8601 counts, from 0: Monday 0 … Sunday 6. */
struct civil {
    int32_t year;
    uint8_t month, day; /* from 1 */
    uint8_t hour, minute, second;
    uint8_t weekday;
};

/* When the clocks change, every year (the TZ string at the end of a TZif file). */
struct zone_rule {
    enum { RULE_MONTH, RULE_JULIAN, RULE_DAY } kind; /* Mm.w.d, Jn (no 29 February), n (from 0) */
    int32_t month, week, day;
    int32_t time_s; /* after local midnight; may be negative or more than a day */
};
enum { ZONE_CHANGES = 512, ZONE_TYPES = 64, ZONE_FILE_MAX = 65536 };
struct zone {
    int changes;                  /* offset_s[type[i]] holds from at_s[i] on */
    int64_t at_s[ZONE_CHANGES];   /* UTC, rising */
    uint8_t type[ZONE_CHANGES];   /* index into offset_s */
    int32_t offset_s[ZONE_TYPES]; /* east of Greenwich positive; [0] holds before at_s[0] */
    int types;
    bool has_rule, has_dst; /* the yearly rule that holds after the last change */
    int32_t rule_std_s, rule_dst_s;
    struct zone_rule to_dst, to_std;
};

/* ERR_SYNTAX, ERR_RANGE or ERR_FULL with the reason in *why; *out is then meaningless. */
enum err zone_parse(const void *tzif, size_t len, struct zone *out,
                    struct err_text *why) MUST_CHECK;
/* The footer of a TZif file alone, e.g. "CET-1CEST,M3.5.0,M10.5.0/3". */
enum err zone_parse_rule(struct str posix_tz, struct zone *out, struct err_text *why) MUST_CHECK;

/* Seconds that local time is ahead of UTC at that moment. */
int32_t zone_offset_s(const struct zone *z, struct wall t);
struct civil zone_civil(const struct zone *z, struct wall t);
/* The moment at which clocks show `c` (weekday is not read; day 0 or 32 and the like roll over).
 * Shown twice in autumn: the first. Skipped in spring: the moment of the skip. */
struct wall zone_utc(const struct zone *z, struct civil c);
/* First moment of the local day that lies `days` after the day of t. Two such calls, 1 apart, give
 * a day's length: 23, 24 or 25 hours. */
struct wall zone_day_start(const struct zone *z, struct wall t, int days);

/* Days since 1970-01-01 of a date in the Gregorian calendar; months beyond 12 roll over. */
int64_t civil_days(int32_t year, int32_t month, int32_t day);
#endif
