/* SPDX-License-Identifier: Apache-2.0 */
#include "services/ocpp-gateway/core/iso_time.h"

enum { DAY_S = 86400 };

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar (era of 400 years). */
static int64_t days_of(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    int64_t era = y / 400, yoe = y % 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void date_of(int64_t days, int64_t *y, int64_t *m, int64_t *d)
{
    int64_t z = days + 719468, era = z / 146097, doe = z % 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp + (mp < 10 ? 3 : -9);
    *y = yoe + era * 400 + (*m <= 2);
}

void iso_time_add(struct buf *b, struct wall t)
{
    int64_t s = max_i64(t.ms, 0) / 1000, rest = s % DAY_S, y, m, d;
    date_of(s / DAY_S, &y, &m, &d);
    buf_addf(b, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)y, (int)m, (int)d, (int)(rest / 3600),
             (int)(rest / 60 % 60), (int)(rest % 60));
}

/* Cuts exactly n digits off the front. */
static bool digits(struct str *s, size_t n, int64_t *v)
{
    *v = 0;
    if (s->len < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return false;
        *v = *v * 10 + (s->p[i] - '0');
    }
    *s = (struct str){s->p + n, s->len - n};
    return true;
}
static bool one_of(struct str *s, const char *set)
{
    if (s->len == 0 || !memchr(set, s->p[0], strlen(set)))
        return false;
    *s = (struct str){s->p + 1, s->len - 1};
    return true;
}

static bool offset_of(struct str *s, int64_t *offset_s)
{
    int64_t h = 0, min = 0;
    *offset_s = 0;
    if (s->len == 0 || one_of(s, "Zz"))
        return s->len == 0;
    int sign = s->p[0] == '-' ? -1 : 1;
    if (!one_of(s, "+-") || !digits(s, 2, &h))
        return false;
    one_of(s, ":");
    if (s->len > 0 && !digits(s, 2, &min))
        return false;
    *offset_s = sign * (h * 3600 + min * 60);
    return s->len == 0 && h < 15 && min < 60;
}

struct opt_i64 iso_time_parse(struct str text)
{
    struct str s = str_trim(text);
    int64_t y, mo, d, h = 0, mi = 0, sec = 0, ms = 0, digit, offset_s, scale = 100;
    bool ok = digits(&s, 4, &y) && one_of(&s, "-") && digits(&s, 2, &mo) && one_of(&s, "-") &&
              digits(&s, 2, &d) && one_of(&s, "Tt ") && digits(&s, 2, &h) && one_of(&s, ":") &&
              digits(&s, 2, &mi) && one_of(&s, ":") && digits(&s, 2, &sec);
    if (!ok)
        return (struct opt_i64){0};
    if (one_of(&s, ".,"))
        for (; digits(&s, 1, &digit); scale /= 10)
            ms += digit * scale;
    if (!offset_of(&s, &offset_s) || y < 1970 || y > 2199 || mo < 1 || mo > 12 || d < 1 || d > 31 ||
        h > 23 || mi > 59 || sec > 60)
        return (struct opt_i64){0};
    int64_t t = days_of(y, mo, d) * DAY_S + h * 3600 + mi * 60 + sec - offset_s;
    return t < 0 ? (struct opt_i64){0} : SOME_I64(t * 1000 + ms);
}
