/* SPDX-License-Identifier: Apache-2.0
 * cards.h -- whose cards are accepted where. Pure.
 *
 * The controller owns the lists and tells one per user; the gateway keeps them in a file and
 * answers from there, so a reader never waits and works while the controller is away. */
#ifndef OCPP_CORE_CARDS_H
#define OCPP_CORE_CARDS_H
#include "libcommon/pure/tag.h"
#include "proto/proto.h"

struct card_user {
    const char *id;
    bool told; /* list is there */
    struct authorisation list;
};
struct cards {
    struct card_user *users; /* of the site file */
    int users_n;
    const id_text *plain; /* ocpp.id_tags: accepted everywhere */
    int plain_n;
    const char *remote; /* idTag of our own remote starts, always accepted */
};
/* A connector that the answer may be about. */
struct card_place {
    const char *charger;
    bool needed; /* nothing is charged there without a card */
};
enum card_answer { CARD_ACCEPTED, CARD_BLOCKED, CARD_EXPIRED, CARD_INVALID };
struct card_info {
    enum card_answer answer;
    const char *user; /* NULL: nobody's */
    struct opt_i64 expires_ms;
};
/* Accepted when it is at one of the places. Until the controller has ever told a list, what
 * ocpp.id_tags says counts: these, or when it is empty every card (the controller still lets
 * nobody charge whom it does not know). */
struct card_info cards_check(const struct cards *c, struct str tag, const struct card_place *places,
                             int places_n, struct wall now);
const char *card_answer_text(enum card_answer a); /* as OCPP calls it */
/* Takes the list of a user, NULL: it is gone. True when that changes an answer. */
bool cards_take(struct cards *c, const char *user, const struct authorisation *list);
#endif
