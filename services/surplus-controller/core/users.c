/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/core/users.h"

enum { REFUSED_SHOWN_MS = 60000 }; /* so long people may read why their card was not accepted */

int users_find_card(const struct users_conf *c, const struct tag *tag)
{
    for (int i = 0; i < c->cards_n; i++)
        if (tag_same(&c->cards[i].tag, tag))
            return i;
    return NOBODY;
}

bool users_allowed_at(const struct users_user *u, int charger)
{
    for (int i = 0; i < u->chargers_n; i++)
        if (u->chargers[i] == charger)
            return true;
    return u->chargers_n == 0;
}

/* The card by which somebody charges; NOBODY: none, or none that is for charging. */
static int charging_card(const struct users_conf *c, const struct tag *tag)
{
    int card = users_find_card(c, tag);
    return card >= 0 && c->cards[card].action == USERS_TOP_UP ? NOBODY : card;
}

/* The session's card before what was asked; a card without a person does not hide one with. */
static int card_in_force(const struct users_conf *c, const struct users_charger *x)
{
    if (x->tag_card >= 0 && (c->cards[x->tag_card].user != NOBODY || x->asked_card < 0))
        return x->tag_card;
    return x->asked_card;
}
static void set_asked(const struct users_conf *c, struct users_charger *x, struct tag tag)
{
    x->asked = tag;
    x->asked_card = (int16_t)charging_card(c, &tag);
}
static void set_tag(const struct users_conf *c, struct users_charger *x, struct tag tag)
{
    x->tag = tag;
    x->tag_card = (int16_t)charging_card(c, &tag);
}
void users_cards_changed(struct users_state *s, const struct users_conf *c)
{
    for (int i = 0; i < c->chargers_n; i++) {
        set_tag(c, &s->chargers[i], s->chargers[i].tag);
        set_asked(c, &s->chargers[i], s->chargers[i].asked);
    }
}

static struct ledger_who who_at(const struct users_conf *c, const struct users_charger *x)
{
    int card = card_in_force(c, x);
    struct ledger_who w = {NOBODY, {""}};
    if (card >= 0)
        w = (struct ledger_who){c->cards[card].user, c->cards[card].tag};
    return w;
}

/* ---- booking ---- */
static bool counts(const struct users_budget *b, int charger, int user, const struct tag *card)
{
    return (b->user == NOBODY || b->user == user) &&
           (b->charger == NOBODY || b->charger == charger) &&
           (!b->card.s[0] || tag_same(&b->card, card));
}

static bool book(struct users_state *s, const struct users_conf *c, int charger,
                 const struct ledger_entry *e)
{
    if (e->wh == 0 && e->ms == 0)
        return false;
    for (int i = 0; i < c->budgets_n; i++)
        if (counts(&c->budgets[i], charger, e->who.user, &e->who.tag))
            budget_book(&s->accounts[i], &c->budgets[i].terms, e->wh, e->ms,
                        (struct wall){e->at_ms});
    if (e->who.user >= 0)
        s->total_wh[e->who.user] += e->wh;
    return true;
}

static bool come_or_gone(const struct users_conf *c, struct users_charger *x,
                         const struct users_reading *r, struct wall now)
{
    bool left = x->plugged && !r->plugged, came = !x->plugged && r->plugged;
    bool over = x->in_session && !r->in_session;
    bool late = came && now.ms - x->asked_at.ms > USERS_BEFORE_MS;
    bool news = left || came || over || strcmp(x->tag.s, r->tag.s) != 0;
    if (left || over || late)
        set_asked(c, x, (struct tag){""});
    x->plugged = r->plugged;
    x->in_session = r->in_session;
    if (strcmp(x->tag.s, r->tag.s) != 0)
        set_tag(c, x, r->tag);
    return news;
}

struct users_booked users_read(struct users_state *s, const struct users_conf *c, int charger,
                               const struct users_reading *r, struct wall now)
{
    struct users_charger *x = &s->chargers[charger];
    struct users_booked out = {0};
    struct ledger_reading m = r->meter;
    if (!r->online)
        return out; /* its values are old; what it charges meanwhile its counter will tell */
    out.people = come_or_gone(c, x, r, now);
    m.who = who_at(c, x);
    struct ledger_entry e = ledger_read(&x->ledger, &m);
    out.amounts = book(s, c, charger, &e);
    out.user = e.who.user;
    out.jumped = e.jumped;
    return out;
}

struct users_booked users_session(struct users_state *s, const struct users_conf *c, int charger,
                                  const struct tag *tag, struct ledger_final f)
{
    int card = charging_card(c, tag);
    f.who = (struct ledger_who){card >= 0 ? c->cards[card].user : NOBODY, *tag};
    struct ledger_entry e = ledger_close(&s->chargers[charger].ledger, &f);
    return (struct users_booked){.amounts = book(s, c, charger, &e), .user = e.who.user};
}

/* ---- cards ---- */
static bool learning_at(const struct users_learn *l, int charger, struct wall now)
{
    return l->on && now.ms < l->until.ms && (l->charger == NOBODY || l->charger == charger);
}

struct users_shown users_show(struct users_state *s, const struct users_conf *c, int charger,
                              const struct tag *tag, int64_t stamp_ms, struct wall now)
{
    struct users_charger *x = &s->chargers[charger];
    int card = users_find_card(c, tag);
    struct users_shown out = {USERS_NOTHING, (int16_t)card, NOBODY};
    if (!tag->s[0] || stamp_ms == x->shown_stamp_ms)
        return out;
    x->shown = *tag;
    x->shown_at = now;
    x->shown_stamp_ms = stamp_ms;
    out.effect = USERS_SHOWN;
    if (learning_at(&s->learn, charger, now)) {
        out.effect = card < 0 ? USERS_LEARN : USERS_KNOWN;
        out.user = s->learn.user;
        s->learn.on = false;
        return out;
    }
    if (card < 0)
        return out;
    out.user = c->cards[card].user;
    if (c->cards[card].action == USERS_TOP_UP) {
        out.effect = USERS_TOPPED;
        return out;
    }
    if (x->plugged && card == card_in_force(c, x))
        out.effect = USERS_AGAIN;
    if (!x->in_session) /* in a session it is shown to end it */
        users_ask(s, c, charger, tag, now);
    return out;
}

void users_ask(struct users_state *s, const struct users_conf *c, int charger,
               const struct tag *tag, struct wall now)
{
    set_asked(c, &s->chargers[charger], *tag);
    s->chargers[charger].asked_at = now;
}

void users_release(struct users_state *s, int charger)
{
    s->chargers[charger].asked = (struct tag){""};
    s->chargers[charger].asked_card = NOBODY;
}

bool users_tick(struct users_state *s, const struct users_conf *c, struct wall now,
                int64_t *next_ms)
{
    bool rolled = false;
    *next_ms = INT64_MAX;
    for (int i = 0; i < c->budgets_n; i++) {
        struct budget_account *a = &s->accounts[i];
        rolled = budget_roll(a, &c->budgets[i].terms, c->zone, now) || rolled;
        if (a->begun && a->span.until_ms.set)
            *next_ms = min_i64(*next_ms, a->span.until_ms.v);
    }
    if (s->learn.on && now.ms >= s->learn.until.ms)
        s->learn.on = false;
    if (s->learn.on)
        *next_ms = min_i64(*next_ms, s->learn.until.ms);
    return rolled;
}

/* ---- the verdict ---- */
static struct users_verdict budgets_of(const struct users_state *s, const struct users_conf *c,
                                       int charger, struct users_verdict v)
{
    const struct tag none = {""}, *tag = v.card >= 0 ? &c->cards[v.card].tag : &none;
    for (int i = 0; i < c->budgets_n; i++) {
        const struct budget_account *a = &s->accounts[i];
        if (!counts(&c->budgets[i], charger, v.user, tag) ||
            !budget_is_used(a, &c->budgets[i].terms))
            continue;
        /* of several the one that lasts longest */
        if (v.why != USERS_OK && v.until_ms.set &&
            (!a->span.until_ms.set || a->span.until_ms.v > v.until_ms.v))
            v.why = USERS_OK;
        if (v.why != USERS_OK)
            continue;
        struct opt_i64 wh = budget_left_wh(a, &c->budgets[i].terms);
        v.kind = USERS_REFUSED;
        v.why = wh.set && wh.v <= 0 ? USERS_BUDGET_WH : USERS_BUDGET_MS;
        v.budget = (int16_t)i;
        v.until_ms = a->span.until_ms;
    }
    return v;
}

static struct users_verdict refuse(struct users_verdict v, enum users_why why)
{
    v.kind = why == USERS_NO_CARD ? USERS_WAITING : USERS_REFUSED;
    v.why = why;
    return v;
}

/* Nobody is known: what to tell. */
static struct users_verdict nobody(const struct users_conf *c, const struct users_charger *x,
                                   struct users_verdict v, struct wall now)
{
    bool strange = x->tag.s[0] && !tag_same(&x->tag, &c->remote);
    bool shown = x->shown.s[0] && now.ms - x->shown_at.ms < REFUSED_SHOWN_MS &&
                 charging_card(c, &x->shown) < 0;
    v = refuse(v, strange || shown ? USERS_UNKNOWN_CARD : USERS_NO_CARD);
    if (shown && !strange)
        v.until_ms = SOME_I64(x->shown_at.ms + REFUSED_SHOWN_MS);
    return v;
}

struct users_verdict users_decide(const struct users_state *s, const struct users_conf *c,
                                  int charger, struct wall now)
{
    const struct users_charger *x = &s->chargers[charger];
    bool needed = c->card_needed[charger];
    int card = card_in_force(c, x);
    struct users_verdict v = {.kind = needed ? USERS_ACCEPTED : USERS_FREE,
                              .card = (int16_t)card,
                              .user = card >= 0 ? c->cards[card].user : (int16_t)NOBODY,
                              .budget = NOBODY};
    if (needed && card < 0)
        return nobody(c, x, v, now);
    if (v.user >= 0) {
        const struct users_user *u = &c->users[v.user];
        if (needed && u->expires_ms.set && now.ms >= u->expires_ms.v)
            return refuse(v, USERS_EXPIRED);
        if (needed && !users_allowed_at(u, charger))
            return refuse(v, USERS_OTHER_CHARGER);
        if (needed && u->expires_ms.set)
            v.until_ms = u->expires_ms;
        v.kind = USERS_ACCEPTED;
    }
    struct opt_i64 until = v.until_ms;
    v.until_ms = (struct opt_i64){0};
    v = budgets_of(s, c, charger, v);
    if (v.why == USERS_OK)
        v.until_ms = until;
    return v;
}

int users_blocked(const struct users_state *s, const struct users_conf *c, int user,
                  const struct tag *tag)
{
    for (int i = 0; i < c->budgets_n; i++) {
        const struct users_budget *b = &c->budgets[i];
        if (b->charger == NOBODY && (b->user != NOBODY || b->card.s[0]) &&
            counts(b, NOBODY, user, tag) && budget_is_used(&s->accounts[i], &b->terms))
            return i;
    }
    return NOBODY;
}
