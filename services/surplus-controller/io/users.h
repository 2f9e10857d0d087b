/* SPDX-License-Identifier: Apache-2.0
 * users.h -- users, cards and budgets on the bus. All calls do nothing in a site without them
 * (brain.users is NULL then). Loop thread only. */
#ifndef WATTBUS_CONTROLLER_USERS_H
#define WATTBUS_CONTROLLER_USERS_H
#include "services/surplus-controller/core/control.h"
#include "services/surplus-controller/core/users.h"
#include "services/surplus-controller/io/kept_users.h"

struct brain;
enum { LEARNED_MAX = 16 }; /* per user */

/* When something is to be published. */
enum users_dirty { CLEAN, LATER, NOW };
struct user_io {
    const char *id;
    const struct user_conf *conf;
    struct kept_user kept;
    enum users_dirty state, list; /* user/<id>/state, authorisation/<id> */
    uint64_t list_hash;           /* of what was published last */
};
struct budget_io {
    const char *id;
    const struct budget_conf *conf;
    struct kept_budget kept;
    enum users_dirty state;
};
struct users_io {
    struct users_conf conf;
    struct users_state state;
    struct users_user *users;
    struct users_card *cards;
    const struct card_conf **card_confs; /* [cards]; NULL: learned, or nobody's */
    struct users_budget *budgets;
    bool *card_needed;
    int16_t *allowed; /* the chargers of all users, one after the other */
    struct user_io *user_ios;
    struct budget_io *budget_ios;
    struct users_verdict *verdicts; /* [chargers_n] */
    bool *jumped;                   /* [chargers_n]: told */
    struct mono amounts_at;         /* when amounts were published */
    bool save_soon, save_later;
    bool stale;              /* look again who may charge ... */
    struct wall looked, due; /* ... or at the latest then */
    struct mono saved_at;
};

/* users_setup.c; after choices_configure. */
void users_configure(struct brain *b);
void users_free(struct brain *b);
/* The cards of the site file and the learned ones, anew. */
void users_cards(struct brain *b);
int user_index(const struct users_io *u, const char *id);
int budget_index(const struct users_io *u, const char *id);

/* users.c */
void users_subscribe(struct brain *b);
/* Before the choices are made: rolls budgets, says who charges where and pauses who may not.
 * Returns when that changes by itself (mono). */
int64_t users_refresh(struct brain *b, struct now now);
/* Choices that come with a card. */
void users_obey_card(struct brain *b, int i, int card);
void users_mark(struct users_io *u, int user, enum users_dirty d);
void users_mark_budgets(struct users_io *u, enum users_dirty d);

/* users_requests.c */
void users_subscribe_requests(struct brain *b);
void users_learned(struct brain *b, int user, const struct tag *tag);
void users_not_learned(struct brain *b, int user);
void users_known(struct brain *b, int user, const struct tag *tag, int owner);
void users_top_up(struct brain *b, int budget, struct opt_i64 wh, struct opt_i64 ms);

/* users_publish.c */
void users_fill_control(const struct brain *b, int i, struct charger_control *c);
int64_t users_publish(struct brain *b, struct now now); /* returns when the next is due */
void users_publish_all(struct brain *b);                /* on a new connection */

/* users_memory.c. Without users: what was told of those that there were goes. */
void users_load(struct brain *b);
void users_save(struct brain *b); /* now */
/* Writes what is due; returns when the next is. */
int64_t users_save_due(struct brain *b, struct now now);
#endif
