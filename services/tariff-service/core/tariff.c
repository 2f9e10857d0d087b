/* SPDX-License-Identifier: Apache-2.0 */
#include "services/tariff-service/core/tariff.h"

static bool rule_matches(const struct price_rule *r, int weekday, int minute)
{
    bool today = r->days >> weekday & 1, yesterday = r->days >> (weekday + 6) % 7 & 1;
    if (r->to_min > r->from_min)
        return today && minute >= r->from_min && minute < r->to_min;
    return (today && minute >= r->from_min) || (yesterday && minute < r->to_min);
}

int64_t tariff_price_micro(const struct tariff *t, struct civil local)
{
    int minute = local.hour * 60 + local.minute;
    for (int i = t->rules_n - 1; i >= 0; i--)
        if (rule_matches(&t->rules[i], local.weekday, minute))
            return t->rules[i].price_micro;
    return t->price_micro;
}

struct wall tariff_slot(const struct zone *z, struct wall now)
{
    struct wall day = zone_day_start(z, now, 0);
    return (struct wall){now.ms - (now.ms - day.ms) % SLOT_MS};
}

bool tariff_clock_ok(struct wall now)
{
    return now.ms >= 1577836800000; /* 2020-01-01 */
}

void tariff_message(const struct tariff *t, const struct zone *z, struct wall now,
                    struct tariff_state *out)
{
    struct wall at = zone_day_start(z, now, 0), end = zone_day_start(z, now, 2);
    *out = (struct tariff_state){.v = CONTRACT_VERSION,
                                 .ts = now.ms,
                                 .interval_ms = SLOT_MS,
                                 .max_age_ms = TARIFF_MAX_AGE_MS,
                                 .kind = t->kind,
                                 .base_fee_micro_month = SOME_I64(t->base_fee_micro_month),
                                 .slot_ms = SLOT_MS};
    str_copyz(out->name, sizeof out->name, t->name);
    str_copyz(out->unit, sizeof out->unit, t->unit);
    for (; at.ms < end.ms && out->slots_n < MAX_SLOTS; at.ms += SLOT_MS) {
        int64_t price = tariff_price_micro(t, zone_civil(z, at));
        out->slots[out->slots_n++] = (struct slot){.start = at.ms, .value = price};
        if (now.ms >= at.ms && now.ms < at.ms + SLOT_MS)
            out->now_micro = SOME_I64(price);
    }
}
