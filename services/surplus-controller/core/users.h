/* SPDX-License-Identifier: Apache-2.0
 * users.h -- who may charge where, and for how long their budgets last. Pure.
 *
 * A person is known by a card: the one of the running session, else one that was shown or named in
 * a request since the car was plugged in. Where a card is needed and none is there, or it is not
 * accepted, the charger gets 0 A and the reason; nothing here ever raises a current.
 * Arrays are the caller's; indices of users, cards, budgets and chargers are those of the
 * configuration, NOBODY stands for none. Times are UTC except where a name says otherwise. */
#ifndef WATTBUS_USERS_H
#define WATTBUS_USERS_H
#include "services/surplus-controller/core/budget.h"
#include "services/surplus-controller/core/ledger.h"

enum {
    USERS_LEARN_MS = 60000,  /* a card that is shown within this is learned */
    USERS_BEFORE_MS = 300000 /* a card shown so long before the car is plugged in counts */
};

/* ---- configuration ---- */
struct users_user {
    const int16_t *chargers; /* where cards are accepted; chargers_n 0: everywhere */
    int chargers_n;
    struct opt_i64 expires_ms; /* from then on no card is accepted */
};
enum users_action { USERS_CHARGE, USERS_TOGGLE, USERS_TOP_UP };
struct users_card {
    struct tag tag;
    int16_t user; /* NOBODY: accepted everywhere, but nobody's (ocpp.id_tags) */
    enum users_action action;
    int16_t budget; /* TOP_UP */
};
struct users_budget {
    struct budget_terms terms;
    int16_t user, charger; /* counts only what they charge; NOBODY: any */
    struct tag card;       /* "": any */
};
struct users_conf {
    const struct users_user *users;
    const struct users_card *cards; /* the learned ones included */
    const struct users_budget *budgets;
    const bool *card_needed; /* [chargers_n] */
    int users_n, cards_n, budgets_n, chargers_n;
    struct tag remote; /* what remote starts name when nobody else does: no card */
    const struct zone *zone;
};
/* NOBODY: no card of anyone. */
int users_find_card(const struct users_conf *c, const struct tag *tag);
bool users_allowed_at(const struct users_user *u, int charger);

/* ---- state ---- */
struct users_charger {
    struct ledger ledger;
    bool plugged, in_session;
    struct tag tag;               /* of the running session */
    int16_t tag_card, asked_card; /* cards for charging that these are, or NOBODY */
    struct tag asked;             /* shown or named in a request */
    struct wall asked_at;
    struct tag shown; /* the last one that was held to the reader */
    struct wall shown_at;
    int64_t shown_stamp_ms; /* the bridge's time of it: each counts once */
};
struct users_learn { /* who gets the next card */
    bool on;
    int16_t user, charger; /* charger NOBODY: at any */
    struct wall until;
};
struct users_state {
    struct users_charger *chargers;  /* [chargers_n] */
    struct budget_account *accounts; /* [budgets_n] */
    int64_t *total_wh;               /* [users_n], ever */
    struct users_learn learn;
};

/* ---- what happens ---- */
/* A state of a charger. */
struct users_reading {
    bool online, plugged, in_session;
    struct tag tag;              /* of the session */
    struct ledger_reading meter; /* `who` is filled here */
};
/* Books what was charged; true when it mattered (somebody came or went, energy or time was booked).
 */
struct users_booked {
    bool people, amounts, jumped;
    int16_t user; /* whose amounts */
};
struct users_booked users_read(struct users_state *s, const struct users_conf *c, int charger,
                               const struct users_reading *r, struct wall now);
/* A session's record (`who` is filled from the tag). */
struct users_booked users_session(struct users_state *s, const struct users_conf *c, int charger,
                                  const struct tag *tag, struct ledger_final f);

/* A card is held to a reader. */
enum users_effect {
    USERS_NOTHING,
    USERS_SHOWN,  /* accepted or not: users_decide tells */
    USERS_AGAIN,  /* the card of who charges there already: pause or resume (card's TOGGLE) */
    USERS_TOPPED, /* a top-up card of an accepted user */
    USERS_LEARN,  /* it is to be learned for learn.user, which is done with */
    USERS_KNOWN   /* it should have been learned, but it is a card already */
};
struct users_shown {
    enum users_effect effect;
    int16_t card; /* NOBODY: unknown */
    int16_t user; /* LEARN, KNOWN: for whom; else whose it is */
};
/* stamp_ms is the bridge's time of it, by which a repeated message is recognised. */
struct users_shown users_show(struct users_state *s, const struct users_conf *c, int charger,
                              const struct tag *tag, int64_t stamp_ms, struct wall now);
/* Cards came or went: call it once at the start, too. */
void users_cards_changed(struct users_state *s, const struct users_conf *c);
/* The same by request of a person (PIN, app): counts while the car stays. */
void users_ask(struct users_state *s, const struct users_conf *c, int charger,
               const struct tag *tag, struct wall now);
void users_release(struct users_state *s, int charger); /* takes that back */

/* Rolls budgets over and ends learning; true when a budget began a new period. *next_ms: when it
 * must be called again. */
bool users_tick(struct users_state *s, const struct users_conf *c, struct wall now,
                int64_t *next_ms);

/* ---- what follows ---- */
enum users_verdict_kind { USERS_FREE, USERS_ACCEPTED, USERS_WAITING, USERS_REFUSED };
enum users_why {
    USERS_OK,
    USERS_NO_CARD,
    USERS_UNKNOWN_CARD,
    USERS_OTHER_CHARGER,
    USERS_EXPIRED,
    USERS_BUDGET_WH,
    USERS_BUDGET_MS,
};
struct users_verdict {
    enum users_verdict_kind kind;
    enum users_why why;
    int16_t user, card;
    int16_t budget;          /* BUDGET_*: which one is used up */
    struct opt_i64 until_ms; /* when it may be otherwise by itself */
};
struct users_verdict users_decide(const struct users_state *s, const struct users_conf *c,
                                  int charger, struct wall now);
/* The first budget of a card that is used up wherever the card is shown, or NOBODY. */
int users_blocked(const struct users_state *s, const struct users_conf *c, int user,
                  const struct tag *tag);
#endif
