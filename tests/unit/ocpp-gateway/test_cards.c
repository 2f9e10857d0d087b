/* SPDX-License-Identifier: Apache-2.0
 * Which cards are accepted where. anna everywhere, ben at "right", cleo until noon. */
#include "services/ocpp-gateway/core/cards.h"
#include "tests/unit/ocpp-gateway/suites.h"

enum { ANNA, BEN, CLEO, USERS };
static struct card_user users[USERS];
static id_text plain[1];
static struct cards cards;
static const struct wall noon = {1795176000000};

static void setup(void)
{
    static const char *const names[] = {"anna", "ben", "cleo"};
    memset(users, 0, sizeof users);
    for (int i = 0; i < USERS; i++) {
        users[i].id = names[i];
        users[i].told = true;
        users[i].list.cards_n = 1;
        str_copyz(users[i].list.cards[0].tag, CARD_TAG_CAP, names[i]);
        users[i].list.cards[0].status = CARD_STATUS_ACCEPTED;
    }
    users[ANNA].list.cards_n = 3;
    users[ANNA].list.cards[1] = (struct card_entry){"04a2b3", CARD_STATUS_BLOCKED};
    users[ANNA].list.cards[2] = (struct card_entry){"04ff", CARD_STATUS_EXPIRED};
    users[BEN].list.chargers_n = 1;
    str_copyz(users[BEN].list.chargers[0], ID_CAP, "right");
    users[CLEO].list.expires = SOME_I64(noon.ms);
    str_copyz(plain[0], ID_CAP, "Old");
    cards = (struct cards){users, USERS, plain, 1, "wattbus"};
}
static struct card_info ask(const char *tag, int first, int n, bool needed, int64_t at_ms)
{
    const struct card_place places[] = {{"left", needed}, {"right", needed}};
    return cards_check(&cards, str_of(tag), places + first, n, (struct wall){at_ms});
}

enum { LEFT = 0, RIGHT = 1 };
static const struct {
    const char *tag;
    int first, n;
    enum card_answer answer;
    const char *user;
} rows[] = {
    {"anna", LEFT, 1, CARD_ACCEPTED, "anna"},    {"ANNA", LEFT, 2, CARD_ACCEPTED, "anna"},
    {"04:A2:B3", LEFT, 1, CARD_BLOCKED, "anna"}, {"04FF", LEFT, 1, CARD_EXPIRED, "anna"},
    {"ben", RIGHT, 1, CARD_ACCEPTED, "ben"},     {"ben", LEFT, 1, CARD_INVALID, NULL},
    {"ben", LEFT, 2, CARD_ACCEPTED, "ben"}, /* Authorize: one of them will be right */
    {"old", LEFT, 1, CARD_ACCEPTED, NULL},       {"wattbus", LEFT, 1, CARD_ACCEPTED, NULL},
    {"stranger", LEFT, 2, CARD_INVALID, NULL},   {"", LEFT, 1, CARD_INVALID, NULL},
    {"::", LEFT, 1, CARD_INVALID, NULL},         {"cleo", LEFT, 1, CARD_ACCEPTED, "cleo"},
};
START_TEST(answers)
{
    struct card_info i = ask(rows[_i].tag, rows[_i].first, rows[_i].n, true, noon.ms - 1);
    ck_assert_int_eq(i.answer, rows[_i].answer);
    if (rows[_i].user)
        ck_assert_str_eq(i.user, rows[_i].user);
    else
        ck_assert_ptr_null(i.user);
}
END_TEST
START_TEST(a_card_expires)
{
    ck_assert_int_eq(ask("cleo", LEFT, 1, true, noon.ms).answer, CARD_EXPIRED);
    ck_assert_int_eq(ask("cleo", LEFT, 1, true, noon.ms).expires_ms.v, noon.ms);
    ck_assert_int_eq(ask("cleo", LEFT, 1, false, noon.ms).answer, CARD_ACCEPTED);
}
END_TEST
START_TEST(where_no_card_is_needed)
{
    ck_assert_int_eq(ask("ben", LEFT, 1, false, 0).answer, CARD_ACCEPTED);
    ck_assert_int_eq(ask("04A2B3", LEFT, 1, false, 0).answer, CARD_ACCEPTED);
    ck_assert_int_eq(ask("stranger", LEFT, 1, false, 0).answer, CARD_INVALID); /* ocpp.id_tags */
    cards.plain_n = 0;
    ck_assert_int_eq(ask("stranger", LEFT, 1, false, 0).answer, CARD_ACCEPTED);
}
END_TEST
START_TEST(before_the_lists_came)
{
    for (int i = 0; i < USERS; i++)
        cards_take(&cards, users[i].id, NULL);
    ck_assert_int_eq(ask("old", LEFT, 1, true, 0).answer, CARD_ACCEPTED);
    ck_assert_int_eq(ask("anna", LEFT, 1, true, 0).answer, CARD_INVALID);
    cards.plain_n = 0;
    ck_assert_int_eq(ask("anna", LEFT, 1, true, 0).answer, CARD_ACCEPTED);
    struct authorisation none = {.v = 1};
    cards_take(&cards, "ben", &none); /* from now on it is known who is who */
    ck_assert_int_eq(ask("anna", LEFT, 1, true, 0).answer, CARD_INVALID);
}
END_TEST
START_TEST(what_changes_an_answer)
{
    struct authorisation l = users[ANNA].list;
    ck_assert(!cards_take(&cards, "anna", &l));
    l.ts = 99; /* told again */
    ck_assert(!cards_take(&cards, "anna", &l));
    l.cards[0].status = CARD_STATUS_BLOCKED;
    ck_assert(cards_take(&cards, "anna", &l));
    ck_assert_int_eq(ask("anna", LEFT, 1, true, 0).answer, CARD_BLOCKED);
    ck_assert(cards_take(&cards, "anna", NULL));
    ck_assert(!cards_take(&cards, "anna", NULL));
    ck_assert_int_eq(ask("anna", LEFT, 1, true, 0).answer, CARD_INVALID);
    ck_assert(!cards_take(&cards, "nobody", &l));
}
END_TEST

TCase *cards_tests(void)
{
    TCase *t = tcase_create("cards");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_loop_test(t, answers, 0, (int)COUNT_OF(rows));
    tcase_add_test(t, a_card_expires);
    tcase_add_test(t, where_no_card_is_needed);
    tcase_add_test(t, before_the_lists_came);
    tcase_add_test(t, what_changes_an_answer);
    return t;
}
