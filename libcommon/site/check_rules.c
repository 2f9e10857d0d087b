/* SPDX-License-Identifier: Apache-2.0
 * Rules, and who uses them. */
#include "libcommon/pure/rule_value.h"
#include "libcommon/site/private.h"

struct action {
    const char *key, *text;
};
enum { ACTIONS = 5 };
static void actions_of(const struct rule_conf *r, struct action out[ACTIONS])
{
    const struct action all[ACTIONS] = {{"set", r->set},
                                        {"add", r->add},
                                        {"multiply", r->multiply},
                                        {"at_least", r->at_least},
                                        {"at_most", r->at_most}};
    memcpy(out, all, sizeof all);
}

/* ---- actions ---- */
static void check_value(const struct check *c, const struct site_rules *r, const struct action *a)
{
    struct check_names names = {.site = c->site, .each = -1};
    struct rule_value v;
    struct err_text why;
    int col;
    if (rule_value_parse(str_of(a->text), check_resolve, &names, &v, &col, &why) != ERR_OK) {
        check_text_error(c, SITE_rules, r->id, a->key, col, "%s", why.s);
        return;
    }
    bool factor = strcmp(a->key, "multiply") == 0;
    bool share = v.unit == RULE_OF_MAXIMUM;
    if (factor && v.unit != RULE_PLAIN && !share)
        check_error(c, SITE_rules, r->id, a->key,
                    "%s: expected a factor such as 0.5 or 50 %%, got %s", a->key, a->text);
    else if (!factor && v.unit == RULE_PLAIN)
        check_error(c, SITE_rules, r->id, a->key, "%s: expected a value with A, W or %%, got %s",
                    a->key, a->text);
    else if (v.unit == RULE_OF_SURPLUS && !r->conf.surplus)
        check_warning(c, SITE_rules, r->id, a->key,
                      "%s: a value of the surplus without surplus: true starts and stops with "
                      "every cloud",
                      a->key);
}
static void check_actions(const struct check *c, const struct site_rules *r)
{
    struct action all[ACTIONS];
    const char *first = NULL;
    actions_of(&r->conf, all);
    for (int i = 0; i < ACTIONS; i++) {
        if (!all[i].text[0])
            continue;
        if (first)
            check_error(c, SITE_rules, r->id, all[i].key, "%s: %s is already the action",
                        all[i].key, first);
        first = all[i].key;
        check_value(c, r, &all[i]);
    }
    if (!first && !r->conf.surplus && !r->conf.finish)
        check_error(c, SITE_rules, r->id, NULL,
                    "does nothing: expected set, add, multiply, at_least, at_most, surplus or "
                    "finish");
}

/* ---- conditions ---- */
static void check_times(const struct check *c, const struct site_rules *r)
{
    const struct rule_conf *k = &r->conf;
    uint8_t days;
    int32_t from = 0, to = 0;
    if (!site_parse_days(k->days, &days))
        check_error(c, SITE_rules, r->id, "days",
                    "days: expected mon-fri, sat,sun and the like, got %s", k->days);
    if (!k->from[0] != !k->to[0])
        check_error(c, SITE_rules, r->id, k->from[0] ? "from" : "to", "from and to go together");
    if (!k->from[0] || !k->to[0])
        return;
    if (!site_parse_clock(k->from, &from) || from == 24 * 60)
        check_error(c, SITE_rules, r->id, "from", "from: expected a time such as 06:30, got %s",
                    k->from);
    else if (!site_parse_clock(k->to, &to))
        check_error(c, SITE_rules, r->id, "to", "to: expected a time such as 22:00, got %s", k->to);
    else if (from == to)
        check_error(c, SITE_rules, r->id, "to",
                    "from and to are both %s; a whole day is 00:00 to 24:00", k->to);
}
static bool has_tariff(const struct site *s, enum tariff_kind kind)
{
    for (int i = 0; i < s->tariffs_n; i++)
        if (s->tariffs[i].conf.kind == kind)
            return true;
    return false;
}
static void check_tariff(const struct check *c, const struct site_rules *r, const char *key,
                         bool used, enum tariff_kind kind)
{
    if (used && !has_tariff(c->site, kind))
        check_error(c, SITE_rules, r->id, key, "%s: there is no tariff of kind %s", key,
                    enum_text(&tariff_kind_enum, (int)kind));
}
static void check_input(const struct check *c, const struct site_rules *r, const char *key,
                        const char *id)
{
    if (id[0] && !site_find(c->site, SITE_inputs, id))
        check_error(c, SITE_rules, r->id, key, "input %s is not under inputs", id);
}
static void check_conditions(const struct check *c, const struct site_rules *r)
{
    struct check_names names = {.site = c->site, .each = -1};
    const struct rule_conf *k = &r->conf;
    struct err_text why;
    struct expr e;
    int col;
    check_times(c, r);
    check_tariff(c, r, "price_below", k->price_below_micro.set, TARIFF_KIND_IMPORT);
    check_tariff(c, r, "price_above", k->price_above_micro.set, TARIFF_KIND_IMPORT);
    check_tariff(c, r, "price_level", k->price_level_pm.set, TARIFF_KIND_IMPORT);
    check_tariff(c, r, "cheapest", k->cheapest_ms.set, TARIFF_KIND_IMPORT);
    check_tariff(c, r, "co2_below", k->co2_below.set, TARIFF_KIND_CO2);
    check_input(c, r, "input", k->input);
    check_input(c, r, "input_off", k->input_off);
    if (k->when[0] && expr_parse(str_of(k->when), check_resolve, &names, &e, &col, &why) != ERR_OK)
        check_text_error(c, SITE_rules, r->id, "when", col, "%s", why.s);
}

/* ---- users ---- */
/* A battery has neither a current nor a mode for the sun. */
static void check_battery_rule(const struct check *c, const char *battery, const char *key,
                               const struct site_rules *r)
{
    struct check_names names = {.site = c->site, .each = -1};
    struct action all[ACTIONS];
    if (r->conf.surplus)
        check_error(c, SITE_batteries, battery, key,
                    "rule %s is for chargers: it has surplus: true", r->id);
    actions_of(&r->conf, all);
    for (int i = 0; i < ACTIONS; i++) {
        struct rule_value v;
        struct err_text why;
        int col;
        if (all[i].text[0] &&
            rule_value_parse(str_of(all[i].text), check_resolve, &names, &v, &col, &why) ==
                ERR_OK &&
            v.unit == RULE_MA)
            check_error(c, SITE_batteries, battery, key,
                        "rule %s is for chargers: %s: %s; a battery takes W or %%", r->id,
                        all[i].key, all[i].text);
    }
}
static const struct site_rules *find_rule(const struct site *s, const char *id)
{
    for (int i = 0; i < s->rules_n; i++)
        if (strcmp(s->rules[i].id, id) == 0)
            return &s->rules[i];
    return NULL;
}
/* Every section whose items have a list `rules`. */
static void check_lists(const struct check *c, enum site_section sec)
{
    const struct record *rec = site_section_row(sec)->rec;
    const struct field *f = record_field(rec, str_of("rules"));
    if (!f || f->kind != KIND_IDS)
        return;
    for (int i = 0; i < site_items(c->site, sec); i++) {
        const char *conf = site_item_conf(c->site, sec, i);
        const id_text *ids = (const void *)(conf + f->off);
        int n = *(const uint16_t *)(const void *)(conf + f->off2);
        for (int k = 0; k < n; k++) {
            char key[24];
            const struct site_rules *r = find_rule(c->site, ids[k]);
            snprintf(key, sizeof key, "rules.%d", k + 1);
            if (!r)
                check_error(c, sec, site_item_id(c->site, sec, i), key,
                            "rule %s is not under rules", ids[k]);
            else if (sec == SITE_batteries)
                check_battery_rule(c, site_item_id(c->site, sec, i), key, r);
        }
    }
}
void check_rules(const struct check *c)
{
    for (int i = 0; i < c->site->rules_n; i++) {
        check_conditions(c, &c->site->rules[i]);
        check_actions(c, &c->site->rules[i]);
    }
    for (int sec = 0; sec < SITE_SECTIONS; sec++)
        if (site_section_row((enum site_section)sec)->map)
            check_lists(c, (enum site_section)sec);
}
