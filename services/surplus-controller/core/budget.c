/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/core/budget.h"

enum { DAY_MS = 86400000 };
#define CLOCK_SET_MS INT64_C(1704067200000) /* 2024: a clock that shows less was not set yet */

static int32_t days_in_month(int32_t year, int32_t month)
{
    return (int32_t)(civil_days(year, month + 1, 1) - civil_days(year, month, 1));
}

/* The border k periods after the one that belongs to the date of `c`; k may be negative. */
static struct wall border(const struct budget_terms *conf, const struct zone *z, struct civil c,
                          int32_t k)
{
    int32_t year = c.year, month = c.month, day = c.day;
    switch (conf->period) {
    case BUDGET_PERIOD_DAY: day += k; break;
    case BUDGET_PERIOD_WEEK: day += 7 * k + (conf->reset_day - 1) - c.weekday; break;
    case BUDGET_PERIOD_MONTH: month += k; break;
    default: year += k; month = conf->reset_month;
    }
    year += (month - 1 + 12 * 100) / 12 - 100;
    month = (month - 1 + 12 * 100) % 12 + 1;
    if (conf->period == BUDGET_PERIOD_MONTH || conf->period == BUDGET_PERIOD_YEAR)
        day = min_i32(conf->reset_day, days_in_month(year, month));
    /* the day as a date again: it may lie in another month */
    static const struct zone utc;
    struct civil at =
        zone_civil(&utc, (struct wall){(civil_days(year, month, 1) + day - 1) * DAY_MS});
    at.hour = (uint8_t)(conf->reset_min / 60);
    at.minute = (uint8_t)(conf->reset_min % 60);
    at.second = 0;
    return zone_utc(z, at);
}

struct budget_span budget_span_at(const struct budget_terms *c, const struct zone *z, struct wall t)
{
    if (c->period == BUDGET_PERIOD_ONCE || c->period == BUDGET_PERIOD_UNSET)
        return (struct budget_span){0};
    struct civil day = zone_civil(z, t);
    int32_t k = 1; /* the one of its own day, month or year may be yet to come */
    while (k > -2 && border(c, z, day, k).ms > t.ms)
        k--;
    return (struct budget_span){border(c, z, day, k).ms, SOME_I64(border(c, z, day, k + 1).ms)};
}

static bool same_span(const struct budget_span *a, const struct budget_span *b)
{
    return a->from_ms == b->from_ms && a->until_ms.set == b->until_ms.set &&
           a->until_ms.v == b->until_ms.v;
}
static bool runs_at(const struct budget_span *s, struct wall t)
{
    return !s->until_ms.set || t.ms < s->until_ms.v;
}
static int64_t carried(struct opt_i64 left, bool carry_over)
{
    return carry_over && left.set ? left.v : 0;
}

static void begin(struct budget_account *a, const struct budget_span *span)
{
    bool over = a->begun && a->span.from_ms < span->from_ms;
    if (over)
        *a = (struct budget_account){0};
    a->begun = true;
    a->span = *span;
}

bool budget_roll(struct budget_account *a, const struct budget_terms *c, const struct zone *z,
                 struct wall now)
{
    bool changed = false;
    struct budget_span fresh = budget_span_at(c, z, now);
    struct budget_span configured = budget_span_at(c, z, (struct wall){a->span.from_ms});
    if (now.ms < CLOCK_SET_MS)
        return false;
    if (!a->begun || !same_span(&configured, &a->span) || a->span.from_ms > now.ms + DAY_MS) {
        begin(a, &fresh);
        return true;
    }
    while (!runs_at(&a->span, now)) {
        int64_t wh = carried(budget_left_wh(a, c), c->carry_over);
        int64_t ms = carried(budget_left_ms(a, c), c->carry_over);
        /* the periods in between add to what is carried over, else they are as good as none */
        if (c->carry_over)
            fresh = budget_span_at(c, z, (struct wall){a->span.until_ms.v});
        *a = (struct budget_account){.begun = true, .span = fresh, .extra_wh = wh, .extra_ms = ms};
        changed = true;
    }
    return changed;
}

void budget_book(struct budget_account *a, const struct budget_terms *c, int64_t wh, int64_t ms,
                 struct wall at)
{
    if (at.ms >= a->span.from_ms) {
        a->used_wh += wh;
        a->used_ms += ms;
    } else if (c->carry_over) {
        a->extra_wh -= wh;
        a->extra_ms -= ms;
    }
}

struct opt_i64 budget_left_wh(const struct budget_account *a, const struct budget_terms *c)
{
    return (struct opt_i64){c->amount_wh.v + a->extra_wh - a->used_wh, c->amount_wh.set};
}
struct opt_i64 budget_left_ms(const struct budget_account *a, const struct budget_terms *c)
{
    return (struct opt_i64){c->amount_ms.v + a->extra_ms - a->used_ms, c->amount_ms.set};
}
bool budget_is_used(const struct budget_account *a, const struct budget_terms *c)
{
    struct opt_i64 wh = budget_left_wh(a, c), ms = budget_left_ms(a, c);
    return (wh.set && wh.v <= 0) || (ms.set && ms.v <= 0);
}
