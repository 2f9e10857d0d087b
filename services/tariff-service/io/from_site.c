/* SPDX-License-Identifier: Apache-2.0 */
#include "services/tariff-service/io/from_site.h"

static struct price_rule rule_of(const struct tariff_period *p)
{
    struct price_rule r = {.price_micro = p->price_micro};
    int32_t from, to;
    bool ok = site_parse_days(p->days, &r.days) && site_parse_clock(p->from, &from) &&
              site_parse_clock(p->to, &to);
    assert(ok);
    r.from_min = (int16_t)from;
    r.to_min = (int16_t)to;
    return r;
}

struct tariff tariff_from_site(const char *id, const struct tariff_conf *conf, const char *currency)
{
    struct tariff t = {.kind = conf->kind,
                       .price_micro = conf->price_micro,
                       .base_fee_micro_month = conf->base_fee_micro};
    str_copyz(t.id, sizeof t.id, id);
    str_copyz(t.name, sizeof t.name, conf->name);
    snprintf(t.unit, sizeof t.unit, "%s/kWh", currency);
    static_assert(COUNT_OF(conf->periods) == TARIFF_RULES, "every period has its rule");
    for (; t.rules_n < conf->periods_n; t.rules_n++)
        t.rules[t.rules_n] = rule_of(&conf->periods[t.rules_n]);
    return t;
}
