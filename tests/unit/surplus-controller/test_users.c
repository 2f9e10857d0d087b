/* SPDX-License-Identifier: Apache-2.0
 * Who may charge where, and why not. Users: anna (everywhere), ben (charger 1), cleo (expires).
 * Chargers 0 and 1 need a card, 2 does not. */
#include "services/surplus-controller/core/users.h"
#include <check.h>
#include "tests/unit/run.h"

enum { ANNA, BEN, CLEO, USERS, CHARGERS = 3 };
static struct zone zone;
static const int16_t bens[] = {1};
static struct users_user people[USERS];
static struct users_card cards[8];
static struct users_budget budgets[4];
static struct budget_account accounts[4];
static struct users_charger chargers[CHARGERS];
static int64_t totals[USERS];
static const bool needed[CHARGERS] = {true, true, false};
static struct users_conf c;
static struct users_state s;
static struct wall now;

static struct tag tag(const char *text)
{
    return tag_of(str_of(text));
}
static void setup(void)
{
    struct err_text why;
    ck_assert_int_eq(zone_parse_rule(str_of("CET-1CEST,M3.5.0,M10.5.0/3"), &zone, &why), ERR_OK);
    now.ms = 1795168800000; /* 2026-11-20 */
    memset(chargers, 0, sizeof chargers);
    memset(accounts, 0, sizeof accounts);
    memset(totals, 0, sizeof totals);
    for (int i = 0; i < CHARGERS; i++)
        chargers[i].ledger.who.user = NOBODY;
    memset(people, 0, sizeof people);
    people[BEN] = (struct users_user){bens, 1, {0}};
    people[CLEO].expires_ms = SOME_I64(now.ms + 1000);
    cards[0] = (struct users_card){tag("04:A2:B3"), ANNA, USERS_CHARGE, NOBODY};
    cards[1] = (struct users_card){tag("BEN-1"), BEN, USERS_TOGGLE, NOBODY};
    cards[2] = (struct users_card){tag("cleo"), CLEO, USERS_CHARGE, NOBODY};
    cards[3] = (struct users_card){tag("plus"), ANNA, USERS_TOP_UP, 0};
    cards[4] = (struct users_card){tag("old"), NOBODY, USERS_CHARGE, NOBODY};
    cards[5] = (struct users_card){tag("anna2"), ANNA, USERS_CHARGE, NOBODY};
    c = (struct users_conf){.users = people,
                            .cards = cards,
                            .budgets = budgets,
                            .card_needed = needed,
                            .users_n = USERS,
                            .cards_n = 6,
                            .chargers_n = CHARGERS,
                            .remote = tag("wattbus"),
                            .zone = &zone};
    s = (struct users_state){chargers, accounts, totals, {0}};
    users_cards_changed(&s, &c);
}
static struct users_booked state(int charger, bool plugged, const char *session_tag)
{
    struct users_reading r = {.online = true,
                              .plugged = plugged,
                              .in_session = session_tag != NULL,
                              .tag = tag(session_tag ? session_tag : "")};
    now.ms += 1000;
    r.meter.ts_ms = now.ms;
    r.meter.max_w = 22000;
    return users_read(&s, &c, charger, &r, now);
}
static struct users_shown show(int charger, const char *text)
{
    struct tag t = tag(text);
    return users_show(&s, &c, charger, &t, now.ms, now);
}
static void ask(int charger, const char *text)
{
    struct tag t = tag(text);
    users_ask(&s, &c, charger, &t, now);
}
static struct users_verdict verdict(int charger)
{
    return users_decide(&s, &c, charger, now);
}
static void expect(int charger, enum users_verdict_kind kind, enum users_why why, int user)
{
    struct users_verdict v = verdict(charger);
    ck_assert_msg(v.kind == kind && v.why == why && v.user == user,
                  "kind %d why %d user %d, expected %d %d %d", v.kind, v.why, v.user, kind, why,
                  user);
}

/* ---- tags ---- */
START_TEST(tags_are_compared_in_one_form)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"04:A2:B3", "04a2b3", true},
        {"04-a2-b3", "04 A2 B3", true},
        {"VID:AABBCCDDEEFF", "aa:bb:cc:dd:ee:ff", true},
        {"vid:AABB", "AABB", true},
        {"VID:", "vid:", true},
        {"AZaz09", "azaz09", true},
        {"1234", "1235", false},
        {"1234", "12345", false},
        {"", "", false},
        {"- :", "", false},
        {"0123456789012345678901234567890123456789", "0123456789012345678901234567890123456789",
         false}, /* too long for a card */
        {"012345678901234567890123456789012345678", "012345678901234567890123456789012345678",
         true},
    };
    struct tag a = tag(rows[_i].a), b = tag(rows[_i].b);
    ck_assert(tag_same(&a, &b) == rows[_i].same);
}
END_TEST

/* ---- verdicts ---- */
START_TEST(sessions_by_card)
{
    static const struct {
        int charger;
        const char *tag;
        enum users_verdict_kind kind;
        enum users_why why;
        int user;
    } rows[] = {
        {0, NULL, USERS_WAITING, USERS_NO_CARD, NOBODY},
        {0, "", USERS_WAITING, USERS_NO_CARD, NOBODY},
        {0, "wattbus", USERS_WAITING, USERS_NO_CARD, NOBODY}, /* started from here, for nobody */
        {0, "04a2b3", USERS_ACCEPTED, USERS_OK, ANNA},
        {0, "04:A2:B3", USERS_ACCEPTED, USERS_OK, ANNA},
        {0, "stranger", USERS_REFUSED, USERS_UNKNOWN_CARD, NOBODY},
        {0, "ben1", USERS_REFUSED, USERS_OTHER_CHARGER, BEN},
        {1, "ben1", USERS_ACCEPTED, USERS_OK, BEN},
        {0, "old", USERS_ACCEPTED, USERS_OK, NOBODY},
        {0, "plus", USERS_REFUSED, USERS_UNKNOWN_CARD, NOBODY}, /* nobody charges with it */
        {2, NULL, USERS_FREE, USERS_OK, NOBODY},
        {2, "stranger", USERS_FREE, USERS_OK, NOBODY},
        {2, "ben1", USERS_ACCEPTED, USERS_OK, BEN}, /* known, and counted */
        {2, "anna2", USERS_ACCEPTED, USERS_OK, ANNA},
    };
    state(rows[_i].charger, true, rows[_i].tag);
    expect(rows[_i].charger, rows[_i].kind, rows[_i].why, rows[_i].user);
}
END_TEST
START_TEST(cards_come_and_go)
{
    state(0, true, _i ? "fresh" : NULL);
    if (!_i)
        ask(0, "fresh");
    ck_assert_int_ne(verdict(0).kind, USERS_ACCEPTED);
    cards[c.cards_n++] = (struct users_card){tag("fresh"), ANNA, USERS_CHARGE, NOBODY};
    users_cards_changed(&s, &c);
    expect(0, USERS_ACCEPTED, USERS_OK, ANNA);
    c.cards_n--;
    users_cards_changed(&s, &c);
    ck_assert_int_ne(verdict(0).kind, USERS_ACCEPTED);
}
END_TEST
START_TEST(what_is_told_of_a_stranger)
{
    state(0, true, "stranger");
    show(0, "another");
    expect(0, USERS_REFUSED, USERS_UNKNOWN_CARD, NOBODY);
    ck_assert(!verdict(0).until_ms.set); /* not only for a minute */
    state(0, true, NULL);
    now.ms += 60000;
    show(0, "04a2b3"); /* known, and taken back */
    users_release(&s, 0);
    expect(0, USERS_WAITING, USERS_NO_CARD, NOBODY);
}
END_TEST
START_TEST(what_a_reading_tells)
{
    struct users_reading r = {.online = true, .plugged = true, .tag = tag("04a2b3")};
    r.meter =
        (struct ledger_reading){.ts_ms = now.ms, .register_wh = SOME_I64(1000), .max_w = 11000};
    users_read(&s, &c, 0, &r, now);
    r.meter.ts_ms += 10000;
    r.meter.register_wh.v += 20;
    struct users_booked b = users_read(&s, &c, 0, &r, now);
    ck_assert(b.amounts && !b.jumped);
    ck_assert_int_eq(b.user, ANNA);
    ck_assert_int_eq(totals[ANNA], 20);
    r.meter.ts_ms += 10000;
    r.meter.register_wh.v += 100000;
    b = users_read(&s, &c, 0, &r, now);
    ck_assert(b.jumped && !b.amounts);
}
END_TEST
START_TEST(a_card_expires_while_it_charges)
{
    now.ms -= 1000;
    state(0, true, "cleo");
    now.ms = people[CLEO].expires_ms.v - 1;
    expect(0, USERS_ACCEPTED, USERS_OK, CLEO);
    ck_assert_int_eq(verdict(0).until_ms.v, people[CLEO].expires_ms.v);
    now.ms++;
    expect(0, USERS_REFUSED, USERS_EXPIRED, CLEO);
    ck_assert(!verdict(0).until_ms.set);
}
END_TEST
START_TEST(the_session_before_the_request)
{
    state(1, true, NULL);
    ask(1, "04a2b3");
    expect(1, USERS_ACCEPTED, USERS_OK, ANNA);
    state(1, true, "wattbus"); /* the session that follows from it */
    expect(1, USERS_ACCEPTED, USERS_OK, ANNA);
    state(1, true, "ben1");
    expect(1, USERS_ACCEPTED, USERS_OK, BEN);
    ask(1, "04a2b3");
    expect(1, USERS_ACCEPTED, USERS_OK, BEN);
    state(1, true, "old"); /* nobody's card hides no person */
    ask(1, "04a2b3");
    expect(1, USERS_ACCEPTED, USERS_OK, ANNA);
    users_release(&s, 1);
    expect(1, USERS_ACCEPTED, USERS_OK, NOBODY);
}
END_TEST
START_TEST(what_was_asked_ends)
{
    state(0, true, NULL);
    ask(0, "04a2b3");
    if (_i == 0)
        state(0, false, NULL); /* unplugged */
    else if (_i == 1) {
        state(0, true, "wattbus");
        state(0, true, NULL); /* the session is over, the cable still there */
    } else
        users_release(&s, 0);
    state(0, true, NULL);
    expect(0, USERS_WAITING, USERS_NO_CARD, NOBODY);
}
END_TEST
START_TEST(shown_before_the_car_is_plugged_in)
{
    state(0, false, NULL);
    ck_assert_int_eq(show(0, "04a2b3").effect, USERS_SHOWN);
    now.ms += _i ? USERS_BEFORE_MS : USERS_BEFORE_MS - 2000;
    state(0, true, NULL);
    expect(0, _i ? USERS_WAITING : USERS_ACCEPTED, _i ? USERS_NO_CARD : USERS_OK,
           _i ? NOBODY : ANNA);
    now.ms += 86400000; /* once plugged in it stays */
    if (!_i)
        expect(0, USERS_ACCEPTED, USERS_OK, ANNA);
}
END_TEST
START_TEST(a_box_that_is_offline_tells_nothing)
{
    state(0, true, NULL);
    ask(0, "04a2b3");
    struct users_reading r = {.online = false, .plugged = false};
    users_read(&s, &c, 0, &r, now);
    expect(0, USERS_ACCEPTED, USERS_OK, ANNA);
}
END_TEST
START_TEST(a_refused_card_is_told_for_a_minute)
{
    state(0, true, NULL);
    show(0, "stranger");
    expect(0, USERS_REFUSED, USERS_UNKNOWN_CARD, NOBODY);
    ck_assert_int_eq(verdict(0).until_ms.v, now.ms + 60000);
    now.ms += 60000;
    expect(0, USERS_WAITING, USERS_NO_CARD, NOBODY);
    show(0, "stranger");
    show(0, "04a2b3");
    now.ms++;
    show(0, "04a2b3");
    expect(0, USERS_ACCEPTED, USERS_OK, ANNA);
}
END_TEST

/* ---- cards held to the reader ---- */
START_TEST(each_showing_counts_once)
{
    struct tag t = tag("04a2b3");
    state(0, true, NULL);
    ck_assert_int_eq(users_show(&s, &c, 0, &t, 5, now).effect, USERS_SHOWN);
    ck_assert_int_eq(users_show(&s, &c, 0, &t, 5, now).effect, USERS_NOTHING);
    ck_assert_int_eq(users_show(&s, &c, 0, &t, 6, now).effect, USERS_AGAIN);
    t = tag("");
    ck_assert_int_eq(users_show(&s, &c, 0, &t, 7, now).effect, USERS_NOTHING);
}
END_TEST
START_TEST(shown_in_a_session_it_starts_nothing_new)
{
    state(0, true, "04a2b3");
    ck_assert_int_eq(show(0, "anna2").effect, USERS_SHOWN);
    state(0, true, NULL); /* it was shown to end the session */
    expect(0, USERS_WAITING, USERS_NO_CARD, NOBODY);
}
END_TEST
START_TEST(a_top_up_card_does_not_charge)
{
    state(0, true, NULL);
    struct users_shown e = show(0, "plus");
    ck_assert_int_eq(e.effect, USERS_TOPPED);
    ck_assert_int_eq(e.card, 3);
    ck_assert_int_eq(e.user, ANNA);
    ck_assert_int_eq(verdict(0).kind, USERS_REFUSED);
}
END_TEST
START_TEST(learning)
{
    static const struct {
        int at, where;
        int64_t after_ms;
        const char *card;
        enum users_effect effect;
    } rows[] = {
        {NOBODY, 0, 0, "fresh", USERS_LEARN},     {NOBODY, 1, 59999, "fresh", USERS_LEARN},
        {NOBODY, 1, 60000, "fresh", USERS_SHOWN}, {1, 1, 0, "fresh", USERS_LEARN},
        {1, 0, 0, "fresh", USERS_SHOWN}, /* at another charger */
        {NOBODY, 0, 0, "ben1", USERS_KNOWN},      {NOBODY, 0, 0, "old", USERS_KNOWN},
        {NOBODY, 0, 0, "04a2b3", USERS_KNOWN},
    };
    s.learn = (struct users_learn){true, CLEO, (int16_t)rows[_i].at, {now.ms + USERS_LEARN_MS}};
    now.ms += rows[_i].after_ms;
    struct users_shown e = show(rows[_i].where, rows[_i].card);
    ck_assert_int_eq(e.effect, rows[_i].effect);
    bool done = e.effect == USERS_LEARN || e.effect == USERS_KNOWN;
    if (done)
        ck_assert_int_eq(e.user, CLEO);
    ck_assert(s.learn.on == !done);
    now.ms++;
    if (done)
        ck_assert_int_eq(show(rows[_i].where, "other").effect, USERS_SHOWN); /* one card */
}
END_TEST
START_TEST(learning_ends_by_itself)
{
    int64_t next;
    s.learn = (struct users_learn){true, CLEO, NOBODY, {now.ms + 60000}};
    users_tick(&s, &c, now, &next);
    ck_assert(s.learn.on);
    ck_assert_int_eq(next, now.ms + 60000);
    now.ms += 60000;
    users_tick(&s, &c, now, &next);
    ck_assert(!s.learn.on);
    ck_assert_int_eq(next, INT64_MAX);
}
END_TEST

/* ---- budgets ---- */
static void budget(int i, int user, int charger, const char *card, int64_t wh, int64_t minutes,
                   enum budget_period p)
{
    int64_t next;
    budgets[i] = (struct users_budget){.terms = {.period = p,
                                                 .reset_day = 1,
                                                 .reset_month = 1,
                                                 .amount_wh = {wh, wh > 0},
                                                 .amount_ms = {minutes * 60000, minutes > 0}},
                                       .user = (int16_t)user,
                                       .charger = (int16_t)charger,
                                       .card = tag(card)};
    c.budgets_n = max_i32(c.budgets_n, i + 1);
    users_tick(&s, &c, now, &next);
}
static void charge(int charger, const char *card, int64_t number, int64_t wh)
{
    struct users_reading r = {
        .online = true, .plugged = true, .in_session = true, .tag = tag(card)};
    now.ms += 60000;
    r.meter = (struct ledger_reading){.ts_ms = now.ms,
                                      .drawing = true,
                                      .session = SOME_I64(number),
                                      .session_wh = SOME_I64(wh),
                                      .max_w = 22000};
    users_read(&s, &c, charger, &r, now);
}
START_TEST(which_budgets_count)
{
    static const struct {
        int user, charger;
        const char *card;
        int at;
        const char *by;
        bool counts;
    } rows[] = {
        {ANNA, NOBODY, "", 0, "04a2b3", true},
        {ANNA, NOBODY, "", 0, "anna2", true},
        {ANNA, NOBODY, "", 1, "ben1", false},
        {ANNA, NOBODY, "04a2b3", 0, "04a2b3", true},
        {ANNA, NOBODY, "anna2", 0, "anna2", true},
        {ANNA, NOBODY, "anna2", 0, "04a2b3", false},
        {NOBODY, 1, "", 1, "ben1", true},
        {NOBODY, 1, "", 0, "04a2b3", false},
        {NOBODY, 2, "", 2, "", true}, /* nobody known */
        {ANNA, 1, "", 1, "04a2b3", true},
        {ANNA, 1, "", 0, "04a2b3", false},
        {ANNA, 1, "", 1, "ben1", false},
    };
    budget(0, rows[_i].user, rows[_i].charger, rows[_i].card, 1000, 0, BUDGET_PERIOD_MONTH);
    charge(rows[_i].at, rows[_i].by, 1, 999);
    ck_assert_int_ne(verdict(rows[_i].at).kind, USERS_REFUSED);
    charge(rows[_i].at, rows[_i].by, 1, 1000);
    ck_assert_int_eq(accounts[0].used_wh, rows[_i].counts ? 1000 : 0);
    struct users_verdict v = verdict(rows[_i].at);
    ck_assert(v.kind == (rows[_i].counts       ? USERS_REFUSED
                         : needed[rows[_i].at] ? USERS_ACCEPTED
                                               : USERS_FREE));
    if (rows[_i].counts) {
        ck_assert_int_eq(v.why, USERS_BUDGET_WH);
        ck_assert_int_eq(v.budget, 0);
        ck_assert_int_eq(v.until_ms.v, accounts[0].span.until_ms.v);
    }
}
END_TEST
START_TEST(a_new_period_lets_it_go_on)
{
    int64_t next;
    budget(0, ANNA, NOBODY, "", 1000, 0, BUDGET_PERIOD_DAY);
    charge(0, "04a2b3", 1, 1100);
    expect(0, USERS_REFUSED, USERS_BUDGET_WH, ANNA);
    now.ms = verdict(0).until_ms.v;
    ck_assert(users_tick(&s, &c, now, &next));
    expect(0, USERS_ACCEPTED, USERS_OK, ANNA);
    charge(0, "04a2b3", 1, 1200); /* the same session: only what is new */
    ck_assert_int_eq(accounts[0].used_wh, 100);
    ck_assert_int_eq(totals[ANNA], 1200);
    users_tick(&s, &c, now, &next);
    ck_assert_int_eq(next, accounts[0].span.until_ms.v);
}
END_TEST
START_TEST(minutes)
{
    budget(0, ANNA, NOBODY, "", 0, 2, BUDGET_PERIOD_WEEK);
    charge(0, "04a2b3", 1, 100); /* a minute between two */
    charge(0, "04a2b3", 1, 200);
    expect(0, USERS_ACCEPTED, USERS_OK, ANNA);
    charge(0, "04a2b3", 1, 300);
    expect(0, USERS_REFUSED, USERS_BUDGET_MS, ANNA);
}
END_TEST
START_TEST(of_several_the_longest_is_told)
{
    budget(0, ANNA, NOBODY, "", 1000, 0, BUDGET_PERIOD_DAY);
    budget(1, NOBODY, 0, "", 500, 0, BUDGET_PERIOD_MONTH);
    budget(2, ANNA, NOBODY, "", 5000, 0, BUDGET_PERIOD_YEAR);
    charge(0, "04a2b3", 1, 600);
    ck_assert_int_eq(verdict(0).budget, 1);
    charge(0, "04a2b3", 1, 1100);
    ck_assert_int_eq(verdict(0).budget, 1);
    charge(0, "04a2b3", 1, 5000);
    ck_assert_int_eq(verdict(0).budget, 2);
    budget(3, ANNA, NOBODY, "", 1, 0, BUDGET_PERIOD_ONCE);
    charge(0, "04a2b3", 1, 5001);
    ck_assert_int_eq(verdict(0).budget, 3);
    ck_assert(!verdict(0).until_ms.set);
}
END_TEST
START_TEST(one_without_an_end_comes_before_all)
{
    budget(0, ANNA, NOBODY, "", 1, 0, BUDGET_PERIOD_ONCE);
    budget(1, ANNA, NOBODY, "", 1, 0, BUDGET_PERIOD_DAY);
    charge(0, "04a2b3", 1, 600);
    ck_assert_int_eq(verdict(0).budget, 0);
    ck_assert(!verdict(0).until_ms.set);
}
END_TEST
START_TEST(a_session_that_nobody_saw)
{
    budget(0, ANNA, NOBODY, "", 9000, 0, BUDGET_PERIOD_MONTH);
    state(0, true, NULL);
    struct tag t = tag("04A2B3");
    struct ledger_final f = {
        .number = 5, .ended_ms = SOME_I64(now.ms + 1000), .energy_wh = SOME_I64(700)};
    struct users_booked b = users_session(&s, &c, 0, &t, f);
    ck_assert(b.amounts);
    ck_assert_int_eq(b.user, ANNA);
    ck_assert_int_eq(accounts[0].used_wh, 700);
    t = tag("plus"); /* with which nobody charges */
    f.number = 6;
    ck_assert_int_eq(users_session(&s, &c, 0, &t, f).user, NOBODY);
}
END_TEST
START_TEST(cards_that_are_blocked_everywhere)
{
    const struct tag first = tag("04a2b3"), second = tag("anna2"), bens_card = tag("ben1");
    budget(0, ANNA, NOBODY, "anna2", 1000, 0, BUDGET_PERIOD_MONTH);
    budget(1, NOBODY, 0, "", 1000, 0, BUDGET_PERIOD_MONTH);
    budget(2, ANNA, 1, "", 1000, 0, BUDGET_PERIOD_MONTH);
    charge(0, "anna2", 1, 1000);
    ck_assert_int_eq(users_blocked(&s, &c, ANNA, &second), 0);
    ck_assert_int_eq(users_blocked(&s, &c, ANNA, &first), NOBODY); /* only at charger 0 */
    ck_assert_int_eq(users_blocked(&s, &c, BEN, &bens_card), NOBODY);
    budget(3, ANNA, NOBODY, "", 500, 0, BUDGET_PERIOD_MONTH);
    charge(0, "04a2b3", 2, 500);
    ck_assert_int_eq(users_blocked(&s, &c, ANNA, &first), 3);
}
END_TEST
START_TEST(the_record_of_a_session)
{
    budget(0, ANNA, NOBODY, "", 9000, 0, BUDGET_PERIOD_MONTH);
    charge(0, "04a2b3", 1, 600);
    struct tag t = tag("04A2B3");
    struct ledger_final f = {.number = 1, .ended_ms = SOME_I64(now.ms), .energy_wh = SOME_I64(700)};
    ck_assert(users_session(&s, &c, 0, &t, f).amounts);
    ck_assert(!users_session(&s, &c, 0, &t, f).amounts);
    ck_assert_int_eq(accounts[0].used_wh, 700);
    /* asked for by request: the session's own tag is nobody's */
    state(0, false, NULL);
    state(0, true, NULL);
    ask(0, "04a2b3");
    charge(0, "wattbus", 2, 100);
    t = tag("wattbus");
    f = (struct ledger_final){
        .number = 2, .ended_ms = SOME_I64(now.ms), .energy_wh = SOME_I64(150)};
    state(0, true, NULL);
    users_session(&s, &c, 0, &t, f);
    ck_assert_int_eq(accounts[0].used_wh, 850);
}
END_TEST
START_TEST(who_came_and_went)
{
    ck_assert(state(0, true, NULL).people);
    ck_assert(!state(0, true, NULL).people);
    ck_assert(state(0, true, "04a2b3").people);
    ck_assert(!state(0, true, "04a2b3").people);
    ck_assert(state(0, true, NULL).people);
    ck_assert(state(0, false, NULL).people);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("users");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_loop_test(t, tags_are_compared_in_one_form, 0, 12);
    tcase_add_loop_test(t, sessions_by_card, 0, 14);
    tcase_add_test(t, a_card_expires_while_it_charges);
    tcase_add_test(t, the_session_before_the_request);
    tcase_add_loop_test(t, what_was_asked_ends, 0, 3);
    tcase_add_loop_test(t, shown_before_the_car_is_plugged_in, 0, 2);
    tcase_add_test(t, a_box_that_is_offline_tells_nothing);
    tcase_add_test(t, a_refused_card_is_told_for_a_minute);
    tcase_add_test(t, each_showing_counts_once);
    tcase_add_test(t, shown_in_a_session_it_starts_nothing_new);
    tcase_add_test(t, a_top_up_card_does_not_charge);
    tcase_add_loop_test(t, learning, 0, 8);
    tcase_add_test(t, learning_ends_by_itself);
    tcase_add_loop_test(t, which_budgets_count, 0, 12);
    tcase_add_test(t, a_new_period_lets_it_go_on);
    tcase_add_test(t, minutes);
    tcase_add_test(t, of_several_the_longest_is_told);
    tcase_add_test(t, cards_that_are_blocked_everywhere);
    tcase_add_test(t, the_record_of_a_session);
    tcase_add_test(t, who_came_and_went);
    tcase_add_loop_test(t, cards_come_and_go, 0, 2);
    tcase_add_test(t, what_is_told_of_a_stranger);
    tcase_add_test(t, what_a_reading_tells);
    tcase_add_test(t, one_without_an_end_comes_before_all);
    tcase_add_test(t, a_session_that_nobody_saw);
    return run_case(t, "users");
}
