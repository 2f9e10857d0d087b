/* SPDX-License-Identifier: Apache-2.0
 * Users, their cards and budgets. */
#include "libcommon/pure/tag.h"
#include "libcommon/site/private.h"
#include <stdlib.h>

enum { OCPP_TAG_MAX = 20 };

/* ---- cards ---- */
struct seen {
    struct tag tag;
    const char *user; /* NULL: of ocpp.id_tags */
};
struct path {
    char s[32];
};
static struct path path_of(int card, const char *key)
{
    struct path p;
    snprintf(p.s, sizeof p.s, "cards.%d.%s", card + 1, key);
    return p;
}

/* NULL: fine. */
static const char *wrong_action(const struct card_conf *k, const char **key)
{
    bool adds = k->energy_wh.set || k->time_ms.set;
    if (k->action != CARD_ACTION_TOP_UP) {
        *key = k->budget[0] ? "budget" : k->energy_wh.set ? "energy" : "time";
        return k->budget[0] || adds ? "is only for action: top_up" : NULL;
    }
    *key = k->mode ? "mode" : k->phases ? "phases" : "max_current";
    if (k->mode || k->phases || k->max_current_ma.set)
        return "is not for action: top_up, with which nobody charges";
    *key = "action";
    return !k->budget[0] || !adds ? "top_up needs budget, and energy or time" : NULL;
}

static void check_top_up(const struct check *c, const struct site_users *u, int i)
{
    const struct card_conf *k = &u->conf.cards[i];
    const struct budget_conf *b = site_find(c->site, SITE_budgets, k->budget);
    if (!b)
        check_error(c, SITE_users, u->id, path_of(i, "budget").s, "budget %s is not under budgets",
                    k->budget);
    else if ((k->energy_wh.set && !b->energy_wh.set) || (k->time_ms.set && !b->time_ms.set))
        check_error(c, SITE_users, u->id, path_of(i, "budget").s, "budget %s has no %s to add to",
                    k->budget, k->energy_wh.set && !b->energy_wh.set ? "energy" : "time");
}

static void check_card(const struct check *c, const struct site_users *u, int i,
                       const struct seen *seen, int seen_n)
{
    const struct card_conf *k = &u->conf.cards[i];
    struct tag tag = tag_of(str_of(k->tag));
    const char *key, *wrong = wrong_action(k, &key);
    if (!tag.s[0])
        check_error(c, SITE_users, u->id, path_of(i, "tag").s,
                    "tag: expected at least a letter or digit, got %s", k->tag);
    for (int n = 0; n < seen_n; n++)
        if (tag_same(&seen[n].tag, &tag)) {
            check_error(c, SITE_users, u->id, path_of(i, "tag").s, "card %s is already %s%s",
                        k->tag, seen[n].user ? "that of user " : "in ocpp.id_tags",
                        seen[n].user ? seen[n].user : "");
            break;
        }
    if (strlen(k->tag) > OCPP_TAG_MAX)
        check_warning(c, SITE_users, u->id, path_of(i, "tag").s,
                      "tag %s has more than the %d characters that OCPP wallboxes report", k->tag,
                      OCPP_TAG_MAX);
    if (wrong)
        check_error(c, SITE_users, u->id, path_of(i, key).s, "%s %s", key, wrong);
    else if (k->action == CARD_ACTION_TOP_UP)
        check_top_up(c, u, i);
}

static void check_user(const struct check *c, const struct site_users *u)
{
    int32_t y, m, d;
    if (u->conf.mode > CHARGE_MODE_SOLAR_PLUS)
        check_error(c, SITE_users, u->id, "mode",
                    "mode: expected lock, power, solar_pure or solar_plus, got %s",
                    enum_text(&charge_mode_enum, (int)u->conf.mode));
    for (int i = 0; i < u->conf.chargers_n; i++) {
        char key[24];
        snprintf(key, sizeof key, "chargers.%d", i + 1);
        if (!site_charger(c->site, u->conf.chargers[i]))
            check_error(c, SITE_users, u->id, key, "charger %s is not under chargers",
                        u->conf.chargers[i]);
    }
    if (u->conf.expires[0] && !site_parse_date(u->conf.expires, &y, &m, &d))
        check_error(c, SITE_users, u->id, "expires",
                    "expires: expected a date such as 2026-12-31, got %s", u->conf.expires);
}

/* A user has no mode of its own to follow the sun in: only chargers have. */
static void check_user_rules(const struct check *c, const struct site_users *u)
{
    for (int i = 0; i < u->conf.rules_n; i++) {
        char key[24];
        const struct rule_conf *r = site_find(c->site, SITE_rules, u->conf.rules[i]);
        snprintf(key, sizeof key, "rules.%d", i + 1);
        if (r && r->surplus)
            check_error(c, SITE_users, u->id, key, "rule %s is for chargers: it has surplus: true",
                        u->conf.rules[i]);
    }
}

static void check_all_cards(const struct check *c)
{
    int n = c->site->ocpp.id_tags_n;
    for (int i = 0; i < c->site->users_n; i++)
        n += c->site->users[i].conf.cards_n;
    struct seen *seen = calloc((size_t)n + 1, sizeof *seen);
    if (!seen)
        abort();
    for (n = 0; n < c->site->ocpp.id_tags_n; n++)
        seen[n].tag = tag_of(str_of(c->site->ocpp.id_tags[n]));
    for (int i = 0; i < c->site->users_n; i++) {
        const struct site_users *u = &c->site->users[i];
        for (int k = 0; k < u->conf.cards_n; k++, n++) {
            check_card(c, u, k, seen, n);
            seen[n] = (struct seen){tag_of(str_of(u->conf.cards[k].tag)), u->id};
        }
    }
    free(seen);
}

/* ---- budgets ---- */
static bool has_card(const struct user_conf *u, const char *text)
{
    struct tag want = tag_of(str_of(text));
    for (int i = 0; i < u->cards_n; i++) {
        struct tag have = tag_of(str_of(u->cards[i].tag));
        if (tag_same(&have, &want))
            return true;
    }
    return false;
}

static void check_filter(const struct check *c, const struct site_budgets *b)
{
    const struct budget_conf *k = &b->conf;
    const struct user_conf *u = k->user[0] ? site_find(c->site, SITE_users, k->user) : NULL;
    if (!k->user[0] && !k->charger[0])
        check_error(c, SITE_budgets, b->id, NULL,
                    "user or charger is missing (whose budget it is)");
    if (k->user[0] && !u)
        check_error(c, SITE_budgets, b->id, "user", "user %s is not under users", k->user);
    if (k->charger[0] && !site_charger(c->site, k->charger))
        check_error(c, SITE_budgets, b->id, "charger", "charger %s is not under chargers",
                    k->charger);
    if (k->card[0] && !k->user[0])
        check_error(c, SITE_budgets, b->id, "card", "card: name the user that it belongs to, too");
    else if (k->card[0] && u && !has_card(u, k->card))
        check_error(c, SITE_budgets, b->id, "card", "card %s is none of user %s", k->card, k->user);
}

static void check_budget(const struct check *c, const struct site_budgets *b)
{
    const struct budget_conf *k = &b->conf;
    int32_t minutes;
    check_filter(c, b);
    if (!k->energy_wh.set && !k->time_ms.set)
        check_error(c, SITE_budgets, b->id, NULL,
                    "energy or time is missing (how much; such as 100 kWh, 20 h)");
    if (k->period == BUDGET_PERIOD_WEEK && k->reset_day > 7)
        check_error(c, SITE_budgets, b->id, "reset_day",
                    "reset_day: expected 1 (Monday) to 7 for a week, got %" PRId32, k->reset_day);
    if (!site_parse_clock(k->reset_time, &minutes) || minutes == 24 * 60)
        check_error(c, SITE_budgets, b->id, "reset_time",
                    "reset_time: expected a time such as 06:30, got %s", k->reset_time);
    if (k->period == BUDGET_PERIOD_ONCE && k->carry_over)
        check_error(c, SITE_budgets, b->id, "carry_over",
                    "carry_over: a budget with period: once has no next period");
}

void check_users(const struct check *c)
{
    check_all_cards(c);
    for (int i = 0; i < c->site->users_n; i++)
        check_user(c, &c->site->users[i]);
    for (int i = 0; i < c->site->users_n; i++)
        check_user_rules(c, &c->site->users[i]);
    for (int i = 0; i < c->site->budgets_n; i++)
        check_budget(c, &c->site->budgets[i]);
    for (int i = 0; i < c->site->chargers_n; i++) {
        const struct site_chargers *w = &c->site->chargers[i];
        bool anybody = c->site->ocpp.id_tags_n > 0;
        for (int k = 0; k < c->site->users_n; k++)
            anybody = anybody || site_user_allowed(&c->site->users[k].conf, w->id);
        if (w->conf.authorisation == CARD_NEED_REQUIRED && !anybody)
            check_warning(c, SITE_chargers, w->id, "authorisation",
                          "authorisation is required, but no user may charge here");
    }
}
