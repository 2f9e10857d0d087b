/* SPDX-License-Identifier: Apache-2.0
 * users_publish.c -- people and budgets on the bus: news at once, amounts now and then; the lists
 * of cards for the gateways whenever they change. */
#include "services/surplus-controller/io/brain.h"

enum { AMOUNTS_MS = 10000, MINUTE_MS = 60000 };

void users_fill_control(const struct brain *b, int i, struct charger_control *c)
{
    static const enum authorised shown[] = {[USERS_FREE] = AUTHORISED_FREE,
                                            [USERS_ACCEPTED] = AUTHORISED_ACCEPTED,
                                            [USERS_WAITING] = AUTHORISED_WAITING,
                                            [USERS_REFUSED] = AUTHORISED_REFUSED};
    const struct users_io *u = b->users;
    if (!u)
        return;
    const struct users_verdict *v = &u->verdicts[i];
    if (v->user >= 0)
        str_copyz(c->user, sizeof c->user, u->user_ios[v->user].id);
    c->authorised = shown[v->kind];
    if (c->limit == LIMIT_AUTHORISATION && v->until_ms.set)
        c->next_change = v->until_ms;
}

/* ---- budgets ---- */
static struct opt_i64 minutes(struct opt_i64 ms)
{
    return (struct opt_i64){ms.v / MINUTE_MS, ms.set};
}
static struct opt_i64 beside(struct opt_i64 amount, int64_t v) /* set like the amount */
{
    return (struct opt_i64){v, amount.set};
}
static void publish_budget(struct brain *b, int i, struct now now)
{
    static struct budget_state s;
    const struct users_io *u = b->users;
    const struct budget_io *io = &u->budget_ios[i];
    const struct budget_account *a = &u->state.accounts[i];
    const struct budget_terms *t = &u->budgets[i].terms;
    memset(&s, 0, sizeof s);
    s.v = CONTRACT_VERSION;
    s.ts = now.wall.ms;
    str_copyz(s.name, sizeof s.name, io->conf->name);
    str_copyz(s.user, sizeof s.user, io->conf->user);
    str_copyz(s.charger, sizeof s.charger, io->conf->charger);
    s.period = t->period;
    if (a->begun && t->period != BUDGET_PERIOD_ONCE)
        s.from = SOME_I64(a->span.from_ms);
    s.until = a->span.until_ms;
    s.used_up = SOME_BOOL(budget_is_used(a, t));
    s.budget_wh = beside(t->amount_wh, t->amount_wh.v + a->extra_wh);
    s.used_wh = beside(t->amount_wh, a->used_wh);
    s.left_wh = budget_left_wh(a, t);
    s.budget_min = minutes(beside(t->amount_ms, t->amount_ms.v + a->extra_ms));
    s.used_min = minutes(beside(t->amount_ms, a->used_ms));
    s.left_min = minutes(budget_left_ms(a, t));
    s.results_n = io->kept.results_n;
    memcpy(s.results, io->kept.results, sizeof s.results);
    bus_publish(b->svc->bus, MSG_BUDGET_STATE, io->id, NULL, &s, BUS_KEEP);
}

/* ---- users ---- */
/* What is left of a budget, in thousandths. */
static int64_t rest_pm(const struct users_io *u, int budget)
{
    const struct budget_terms *t = &u->budgets[budget].terms;
    const struct budget_account *a = &u->state.accounts[budget];
    struct opt_i64 wh = budget_left_wh(a, t), ms = budget_left_ms(a, t);
    int64_t rest = INT64_MAX;
    if (wh.set)
        rest = wh.v * 1000 / max_i64(1, t->amount_wh.v + a->extra_wh);
    if (ms.set)
        rest = min_i64(rest, ms.v * 1000 / max_i64(1, t->amount_ms.v + a->extra_ms));
    return rest;
}
static void fill_budget(const struct users_io *u, int user, struct user_state *s)
{
    int least = NOBODY;
    for (int i = 0; i < u->conf.budgets_n; i++)
        if (u->budgets[i].user == user && (least < 0 || rest_pm(u, i) < rest_pm(u, least)))
            least = i;
    if (least < 0)
        return;
    const struct budget_terms *t = &u->budgets[least].terms;
    const struct budget_account *a = &u->state.accounts[least];
    str_copyz(s->budget, sizeof s->budget, u->budget_ios[least].id);
    s->used_wh = beside(t->amount_wh, a->used_wh);
    s->budget_wh = beside(t->amount_wh, t->amount_wh.v + a->extra_wh);
    s->left_wh = budget_left_wh(a, t);
    s->left_min = minutes(budget_left_ms(a, t));
    s->period = t->period;
    s->until = a->span.until_ms;
}
static void publish_user(struct brain *b, int i, struct now now)
{
    static struct user_state s;
    const struct users_io *u = b->users;
    const struct user_io *io = &u->user_ios[i];
    const struct tag none = {""};
    memset(&s, 0, sizeof s);
    s.v = CONTRACT_VERSION;
    s.ts = now.wall.ms;
    str_copyz(s.name, sizeof s.name, io->conf->name);
    s.energy_wh = SOME_I64(u->state.total_wh[i]);
    s.cards = SOME_I32(io->conf->cards_n + io->kept.learned_n);
    s.blocked = SOME_BOOL(users_blocked(&u->state, &u->conf, i, &none) >= 0);
    fill_budget(u, i, &s);
    for (int k = 0; k < b->conf.chargers_n && s.chargers_n < COUNT_OF(s.chargers); k++)
        if (u->verdicts[k].user == i)
            str_copyz(s.chargers[s.chargers_n++], ID_CAP, b->ios[k].id);
    if (u->state.learn.on && u->state.learn.user == i)
        s.learning_until = SOME_I64(u->state.learn.until.ms);
    memcpy(s.learned, io->kept.learned, sizeof io->kept.learned);
    s.learned_n = io->kept.learned_n;
    s.results_n = io->kept.results_n;
    memcpy(s.results, io->kept.results, sizeof s.results);
    bus_publish(b->svc->bus, MSG_USER_STATE, io->id, NULL, &s, BUS_KEEP);
}

/* ---- lists of cards ---- */
static void publish_list(struct brain *b, int i, struct now now)
{
    static struct authorisation s;
    struct users_io *u = b->users;
    const struct users_user *who = &u->users[i];
    memset(&s, 0, sizeof s);
    s.v = CONTRACT_VERSION;
    s.expires = who->expires_ms;
    for (int k = 0; k < who->chargers_n; k++)
        str_copyz(s.chargers[s.chargers_n++], ID_CAP, u->user_ios[i].conf->chargers[k]);
    for (int k = 0; k < u->conf.cards_n && s.cards_n < MAX_CARDS; k++) {
        const struct users_card *c = &u->cards[k];
        if (c->user != i || c->action == USERS_TOP_UP)
            continue;
        bool blocked = users_blocked(&u->state, &u->conf, i, &c->tag) >= 0;
        bool expired = who->expires_ms.set && now.wall.ms >= who->expires_ms.v;
        struct card_entry *e = &s.cards[s.cards_n++];
        str_copyz(e->tag, sizeof e->tag, c->tag.s);
        e->status = expired   ? CARD_STATUS_EXPIRED
                    : blocked ? CARD_STATUS_BLOCKED
                              : CARD_STATUS_ACCEPTED;
    }
    uint64_t hash = str_hash((struct str){(const char *)&s, sizeof s});
    if (hash == u->user_ios[i].list_hash)
        return;
    u->user_ios[i].list_hash = hash;
    s.ts = now.wall.ms;
    bus_publish(b->svc->bus, MSG_AUTHORISATION, u->user_ios[i].id, NULL, &s, BUS_KEEP);
}

static bool due(enum users_dirty *d, bool amounts)
{
    bool yes = *d == NOW || (*d == LATER && amounts);
    if (yes)
        *d = CLEAN;
    return yes;
}
int64_t users_publish(struct brain *b, struct now now)
{
    struct users_io *u = b->users;
    if (!u || !bus_is_ready(b->svc->bus))
        return INT64_MAX;
    bool amounts = mono_since_ms(now.mono, u->amounts_at) >= AMOUNTS_MS, waits = false;
    if (amounts)
        u->amounts_at = now.mono;
    for (int i = 0; i < u->conf.users_n; i++) {
        if (due(&u->user_ios[i].list, amounts))
            publish_list(b, i, now);
        if (due(&u->user_ios[i].state, amounts))
            publish_user(b, i, now);
        waits = waits || u->user_ios[i].state == LATER;
    }
    for (int i = 0; i < u->conf.budgets_n; i++) {
        if (due(&u->budget_ios[i].state, amounts))
            publish_budget(b, i, now);
        waits = waits || u->budget_ios[i].state == LATER;
    }
    return waits ? u->amounts_at.ms + AMOUNTS_MS : INT64_MAX;
}
void users_publish_all(struct brain *b)
{
    struct users_io *u = b->users;
    if (!u)
        return;
    for (int i = 0; i < u->conf.users_n; i++)
        users_mark(u, i, NOW);
    users_mark_budgets(u, NOW);
}
