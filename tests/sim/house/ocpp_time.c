/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/house/ocpp_time.h"

#include <ctype.h>

bool ocpp_time_parse(const char *text, int64_t *ms)
{
    struct tm tm = {0};
    int used = 0;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec, &used) != 6)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    if (tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23)
        return false;
    int64_t out = INT64_C(1000) * timegm(&tm);
    text += used;
    if (*text == '.') {
        int scale = 100;
        for (text++; isdigit((unsigned char)*text); text++, scale /= 10)
            out += scale * (*text - '0');
    }
    int hours = 0, minutes = 0;
    if (*text == '+' || *text == '-') {
        if (sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2)
            return false;
        int64_t offset = (hours * INT64_C(60) + minutes) * 60000;
        out += *text == '+' ? -offset : offset;
        text += 1 + used;
    } else if (*text == 'Z') {
        text++;
    }
    *ms = out;
    return *text == 0;
}

void ocpp_time_format(int64_t ms, char out[ISO_TIME_SIZE])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(out, ISO_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}
