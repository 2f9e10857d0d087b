/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a time zone file: refused, or a zone in which days begin and end. */
#include "libcommon/pure/calendar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct zone z;
    struct err_text why;
    if (zone_parse(data, size, &z, &why) != ERR_OK) {
        struct zone rule = {0};
        if (zone_parse_rule((struct str){(const char *)data, size}, &rule, &why) != ERR_OK)
            return 0;
        z = rule;
    }
    static const int64_t moments[] = {INT64_MIN,     -1,       0, 1774746000000, 1792893600000,
                                      4102444800000, INT64_MAX};
    for (size_t i = 0; i < COUNT_OF(moments); i++) {
        struct wall t = {moments[i]};
        struct civil c = zone_civil(&z, t);
        assert(c.month >= 1 && c.month <= 12 && c.day >= 1 && c.day <= 31 && c.weekday < 7);
        (void)zone_utc(&z, c);
        (void)zone_day_start(&z, t, 1);
    }
    return 0;
}
