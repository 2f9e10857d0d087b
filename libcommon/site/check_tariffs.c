/* SPDX-License-Identifier: Apache-2.0
 * Tariffs: days and times of their periods. */
#include "libcommon/pure/week.h"
#include "libcommon/site/private.h"

bool site_parse_days(const char *text, uint8_t *days)
{
    return week_days(str_of(text), days);
}

bool site_parse_clock(const char *text, int32_t *minutes)
{
    return week_clock(str_of(text), minutes);
}

static void check_period(const struct check *c, const struct site_tariffs *t, int i)
{
    const struct tariff_period *p = &t->conf.periods[i];
    uint8_t days;
    int32_t from = 0, to = 0;
    char at[40];
#define AT(key) (snprintf(at, sizeof at, "periods.%d." key, i + 1), at)
    if (!site_parse_days(p->days, &days))
        check_error(c, SITE_tariffs, t->id, AT("days"),
                    "days: expected mon-fri, sat,sun and the like, got %s", p->days);
    if (!site_parse_clock(p->from, &from) || from == 24 * 60)
        check_error(c, SITE_tariffs, t->id, AT("from"),
                    "from: expected a time such as 06:30, got %s", p->from);
    if (!site_parse_clock(p->to, &to))
        check_error(c, SITE_tariffs, t->id, AT("to"), "to: expected a time such as 22:00, got %s",
                    p->to);
    else if (from % 15 || to % 15) /* a slot has one price */
        check_error(c, SITE_tariffs, t->id, AT("to"),
                    "from and to: expected quarter hours, got %s and %s", p->from, p->to);
    else if (from == to)
        check_error(c, SITE_tariffs, t->id, AT("to"),
                    "from and to are both %s; a whole day is 00:00 to 24:00", p->to);
#undef AT
}

void check_tariffs(const struct check *c)
{
    const char *seen[TARIFF_KIND_COUNT] = {NULL};
    for (int i = 0; i < c->site->tariffs_n; i++) {
        const struct site_tariffs *t = &c->site->tariffs[i];
        const char *kind = enum_text(&tariff_kind_enum, (int)t->conf.kind);
        if (t->conf.kind == TARIFF_KIND_CO2)
            check_error(c, SITE_tariffs, t->id, "kind", "kind: expected import or export, got co2");
        else if (seen[t->conf.kind])
            check_error(c, SITE_tariffs, t->id, "kind", "kind %s is already that of tariff %s",
                        kind, seen[t->conf.kind]);
        else
            seen[t->conf.kind] = t->id;
        for (int k = 0; k < t->conf.periods_n; k++)
            check_period(c, t, k);
    }
}
