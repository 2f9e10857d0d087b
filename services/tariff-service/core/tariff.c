/* SPDX-License-Identifier: Apache-2.0 */
#include "services/tariff-service/core/tariff.h"

static const char *const day_names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static int day_of(struct str s)
{
    for (int i = 0; i < 7; i++)
        if (str_eq_nocase(s, str_of(day_names[i])))
            return i;
    return -1;
}

/* "mon-fri, sun": days and spans of days; a span may run over Sunday. 0 when it is none. */
static uint8_t parse_days(struct str s)
{
    unsigned days = 0;
    do {
        struct str item = str_trim(str_word(&s, ','));
        bool span = item.len && memchr(item.p, '-', item.len);
        int first = day_of(str_trim(str_word(&item, '-')));
        int last = span ? day_of(str_trim(item)) : first;
        if (first < 0 || last < 0)
            return 0;
        for (int d = first;; d = (d + 1) % 7) {
            days |= 1u << d;
            if (d == last)
                break;
        }
    } while (s.len);
    return (uint8_t)days;
}

/* "HH:MM" on a quarter hour; -1 when it is not. */
static int parse_minutes(const char *z, int most)
{
    struct str rest = str_of(z);
    struct str hh = str_word(&rest, ':');
    int32_t h, m;
    if (hh.len != 2 || rest.len != 2 || !str_i32(hh, &h) || !str_i32(rest, &m))
        return -1;
    bool ok = h >= 0 && m >= 0 && m < 60 && m % 15 == 0 && h * 60 + m <= most;
    return ok ? h * 60 + m : -1;
}

static enum err compile_rule(const struct tariff_period *p, struct price_rule *out,
                             struct err_text *why)
{
    int from = parse_minutes(p->from, DAY_MIN - 15), to = parse_minutes(p->to, DAY_MIN);
    *out = (struct price_rule){.days = parse_days(str_of(p->days)),
                               .from_min = (int16_t)from,
                               .to_min = (int16_t)to,
                               .price_micro = p->price_micro};
    if (!out->days)
        return err_set(why, ERR_SYNTAX, "days: mon-fri, sat,sun and the like expected, not \"%s\"",
                       p->days);
    if (from < 0)
        return err_set(why, ERR_SYNTAX,
                       "from: a quarter hour from 00:00 to 23:45 expected, not \"%s\"", p->from);
    if (to < 0)
        return err_set(why, ERR_SYNTAX,
                       "to: a quarter hour from 00:00 to 24:00 expected, not \"%s\"", p->to);
    return ERR_OK;
}

enum err tariff_compile(const char *id, const struct tariff_conf *conf, const char *currency,
                        struct tariff *out, struct err_text *why)
{
    *out = (struct tariff){.kind = conf->kind,
                           .price_micro = conf->price_micro,
                           .base_fee_micro_month = conf->base_fee_micro};
    str_copyz(out->id, sizeof out->id, id);
    str_copyz(out->name, sizeof out->name, conf->name);
    snprintf(out->unit, sizeof out->unit, "%s/kWh", currency);
    if (conf->kind != TARIFF_KIND_IMPORT && conf->kind != TARIFF_KIND_EXPORT)
        return err_set(why, ERR_UNKNOWN, "tariffs.%s.kind: import or export expected, not %s", id,
                       enum_text(&tariff_kind_enum, (int)conf->kind));
    assert(conf->periods_n <= COUNT_OF(out->rules));
    for (int i = 0; i < conf->periods_n; i++) {
        enum err e = compile_rule(&conf->periods[i], &out->rules[i], why);
        if (e != ERR_OK) {
            err_prefix(why, "tariffs.%s.periods[%d]", id, i);
            return e;
        }
    }
    out->rules_n = conf->periods_n;
    return ERR_OK;
}

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
