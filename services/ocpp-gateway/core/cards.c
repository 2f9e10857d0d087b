/* SPDX-License-Identifier: Apache-2.0 */
#include "services/ocpp-gateway/core/cards.h"

const char *card_answer_text(enum card_answer a)
{
    static const char *const texts[] = {[CARD_ACCEPTED] = "Accepted",
                                        [CARD_BLOCKED] = "Blocked",
                                        [CARD_EXPIRED] = "Expired",
                                        [CARD_INVALID] = "Invalid"};
    return texts[a];
}

static bool is_plain(const struct cards *c, const struct tag *tag)
{
    struct tag t = tag_of(str_of(c->remote));
    bool found = tag_same(&t, tag);
    for (int i = 0; i < c->plain_n && !found; i++) {
        t = tag_of(str_of(c->plain[i]));
        found = tag_same(&t, tag);
    }
    return found;
}

static bool allowed_at(const struct authorisation *l, const struct card_place *p, int n)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < l->chargers_n; k++)
            if (strcmp(l->chargers[k], p[i].charger) == 0)
                return true;
    return l->chargers_n == 0;
}

static enum card_answer answer_of(const struct authorisation *l, enum card_status status,
                                  struct wall now)
{
    if (status == CARD_STATUS_EXPIRED || (l->expires.set && now.ms >= l->expires.v))
        return CARD_EXPIRED;
    return status == CARD_STATUS_BLOCKED ? CARD_BLOCKED : CARD_ACCEPTED;
}

/* The user of the card, NULL: none. */
static const struct card_user *owner(const struct cards *c, const struct tag *tag,
                                     enum card_status *status)
{
    for (int i = 0; i < c->users_n; i++)
        for (int k = 0; c->users[i].told && k < c->users[i].list.cards_n; k++)
            if (strcmp(c->users[i].list.cards[k].tag, tag->s) == 0) {
                *status = c->users[i].list.cards[k].status;
                return &c->users[i];
            }
    return NULL;
}

struct card_info cards_check(const struct cards *c, struct str text,
                             const struct card_place *places, int places_n, struct wall now)
{
    struct tag tag = tag_of(text);
    struct card_info out = {.answer = CARD_INVALID};
    enum card_status status = CARD_STATUS_UNSET;
    bool told = false, needed = false;
    for (int i = 0; i < c->users_n; i++)
        told = told || c->users[i].told;
    for (int i = 0; i < places_n; i++)
        needed = needed || places[i].needed;
    if (!tag.s[0])
        return out;
    const struct card_user *u = owner(c, &tag, &status);
    if (is_plain(c, &tag)) {
        out.answer = CARD_ACCEPTED;
    } else if (u && (!needed || allowed_at(&u->list, places, places_n))) {
        out.answer = needed ? answer_of(&u->list, status, now) : CARD_ACCEPTED;
        out.user = u->id;
        out.expires_ms = u->list.expires;
    } else if (!u && (!told || !needed) && c->plain_n == 0) {
        out.answer = CARD_ACCEPTED;
    }
    return out;
}

bool cards_take(struct cards *c, const char *user, const struct authorisation *list)
{
    for (int i = 0; i < c->users_n; i++) {
        struct card_user *u = &c->users[i];
        if (strcmp(u->id, user) != 0)
            continue;
        struct authorisation fresh = list ? *list : (struct authorisation){0};
        fresh.ts = u->list.ts; /* does not count */
        bool same = u->told == (list != NULL) && memcmp(&fresh, &u->list, sizeof fresh) == 0;
        u->told = list != NULL;
        u->list = fresh;
        return !same;
    }
    return false; /* not in the site file (any more) */
}
