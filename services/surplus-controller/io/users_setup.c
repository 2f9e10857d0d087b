/* SPDX-License-Identifier: Apache-2.0
 * users_setup.c -- users and budgets of site.yaml to the core's configuration. */
#include "services/surplus-controller/io/brain.h"

int user_index(const struct users_io *u, const char *id)
{
    for (int i = 0; i < u->conf.users_n; i++)
        if (strcmp(u->user_ios[i].id, id) == 0)
            return i;
    return NOBODY;
}
int budget_index(const struct users_io *u, const char *id)
{
    for (int i = 0; i < u->conf.budgets_n; i++)
        if (strcmp(u->budget_ios[i].id, id) == 0)
            return i;
    return NOBODY;
}

/* ---- users ---- */
static struct opt_i64 expiry(const struct zone *z, const char *date)
{
    int32_t y, m, d;
    if (!date[0] || !site_parse_date(date, &y, &m, &d))
        return (struct opt_i64){0};
    struct civil day = {.year = y, .month = (uint8_t)m, .day = (uint8_t)(d + 1)};
    return SOME_I64(zone_utc(z, day).ms); /* the day named is the last one */
}
static void place_users(struct brain *b, const struct site *site)
{
    struct users_io *u = b->users;
    int16_t *next = u->allowed;
    for (int i = 0; i < site->users_n; i++) {
        const struct user_conf *c = &site->users[i].conf;
        u->user_ios[i] = (struct user_io){.id = site->users[i].id, .conf = c};
        str_copyz(u->user_ios[i].kept.id, ID_CAP, site->users[i].id);
        u->user_ios[i].kept.kind = KEPT_KIND_USER;
        u->users[i] = (struct users_user){.chargers = next,
                                          .chargers_n = c->chargers_n,
                                          .expires_ms = expiry(u->conf.zone, c->expires)};
        for (int k = 0; k < c->chargers_n; k++)
            *next++ = (int16_t)charger_index(b, c->chargers[k]);
    }
}

/* ---- cards ---- */
static void add_card(struct users_io *u, const char *text, int user, const struct card_conf *c)
{
    static const enum users_action actions[CARD_ACTION_COUNT] = {
        [CARD_ACTION_CHARGE] = USERS_CHARGE,
        [CARD_ACTION_TOGGLE] = USERS_TOGGLE,
        [CARD_ACTION_TOP_UP] = USERS_TOP_UP};
    int n = u->conf.cards_n++;
    u->card_confs[n] = c;
    u->cards[n] = (struct users_card){.tag = tag_of(str_of(text)),
                                      .user = (int16_t)user,
                                      .action = c ? actions[c->action] : USERS_CHARGE,
                                      .budget = (int16_t)(c ? budget_index(u, c->budget) : NOBODY)};
}
void users_cards(struct brain *b)
{
    struct users_io *u = b->users;
    const struct site *site = b->svc->site;
    u->conf.cards_n = 0;
    for (int i = 0; i < site->users_n; i++)
        for (int k = 0; k < site->users[i].conf.cards_n; k++)
            add_card(u, site->users[i].conf.cards[k].tag, i, &site->users[i].conf.cards[k]);
    for (int i = 0; i < site->ocpp.id_tags_n; i++)
        add_card(u, site->ocpp.id_tags[i], NOBODY, NULL);
    for (int i = 0; i < site->users_n; i++)
        for (int k = 0; k < u->user_ios[i].kept.learned_n; k++)
            add_card(u, u->user_ios[i].kept.learned[k], i, NULL);
    users_cards_changed(&u->state, &u->conf);
    u->stale = true;
}

/* ---- budgets ---- */
static void place_budgets(struct brain *b, const struct site *site)
{
    struct users_io *u = b->users;
    for (int i = 0; i < site->budgets_n; i++) {
        const struct budget_conf *c = &site->budgets[i].conf;
        int32_t minutes = 0;
        bool read = site_parse_clock(c->reset_time, &minutes);
        assert(read); /* site_check has read it too */
        u->budget_ios[i] = (struct budget_io){.id = site->budgets[i].id, .conf = c};
        str_copyz(u->budget_ios[i].kept.id, ID_CAP, site->budgets[i].id);
        u->budget_ios[i].kept.kind = KEPT_KIND_BUDGET;
        u->budgets[i] =
            (struct users_budget){.terms = {.period = c->period,
                                            .reset_day = c->reset_day,
                                            .reset_month = c->reset_month,
                                            .reset_min = minutes,
                                            .carry_over = c->carry_over,
                                            .amount_wh = c->energy_wh,
                                            .amount_ms = c->time_ms},
                                  .user = (int16_t)(c->user[0] ? user_index(u, c->user) : NOBODY),
                                  .charger = (int16_t)charger_index(b, c->charger),
                                  .card = tag_of(str_of(c->card))};
    }
}

void users_configure(struct brain *b)
{
    const struct site *site = b->svc->site;
    int n = site->chargers_n, cards = site->ocpp.id_tags_n, places = 0;
    bool needed = false;
    for (int i = 0; i < n; i++)
        needed = needed || site_card_needed(site, i);
    if (!site->users_n && !site->budgets_n && !needed)
        return;
    for (int i = 0; i < site->users_n; i++) {
        cards += site->users[i].conf.cards_n + LEARNED_MAX;
        places += site->users[i].conf.chargers_n;
    }
    struct users_io *u = b->users = brain_array(1, sizeof *u);
    u->users = brain_array(site->users_n, sizeof *u->users);
    u->user_ios = brain_array(site->users_n, sizeof *u->user_ios);
    u->allowed = brain_array(places, sizeof *u->allowed);
    u->cards = brain_array(cards, sizeof *u->cards);
    u->card_confs = brain_array(cards, sizeof *u->card_confs);
    u->budgets = brain_array(site->budgets_n, sizeof *u->budgets);
    u->budget_ios = brain_array(site->budgets_n, sizeof *u->budget_ios);
    u->card_needed = brain_array(n, sizeof *u->card_needed);
    u->verdicts = brain_array(n, sizeof *u->verdicts);
    u->jumped = brain_array(n, sizeof *u->jumped);
    u->state.chargers = brain_array(n, sizeof *u->state.chargers);
    u->state.accounts = brain_array(site->budgets_n, sizeof *u->state.accounts);
    u->state.total_wh = brain_array(site->users_n, sizeof *u->state.total_wh);
    for (int i = 0; i < n; i++) {
        u->card_needed[i] = site_card_needed(site, i);
        u->state.chargers[i].ledger.who.user = NOBODY;
        u->verdicts[i].user = u->verdicts[i].card = u->verdicts[i].budget = NOBODY;
    }
    u->conf = (struct users_conf){.users = u->users,
                                  .cards = u->cards,
                                  .budgets = u->budgets,
                                  .card_needed = u->card_needed,
                                  .users_n = site->users_n,
                                  .budgets_n = site->budgets_n,
                                  .chargers_n = n,
                                  .remote = tag_of(str_of(site_remote_tag(site))),
                                  .zone = &b->choices->zone};
    place_users(b, site);
    place_budgets(b, site);
    users_cards(b);
}
void users_free(struct brain *b)
{
    struct users_io *u = b->users;
    if (!u)
        return;
    void *all[] = {u->users,          u->user_ios,
                   u->allowed,        u->cards,
                   u->card_confs,     u->budgets,
                   u->budget_ios,     u->card_needed,
                   u->verdicts,       u->jumped,
                   u->state.chargers, u->state.accounts,
                   u->state.total_wh, u};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        free(all[i]);
    b->users = NULL;
}
