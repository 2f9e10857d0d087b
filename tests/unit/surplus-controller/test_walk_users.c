/* SPDX-License-Identifier: Apache-2.0
 * A walk through cards, sessions and meter values of two wallboxes: who may charge, what is booked
 * on whom, what budgets leave. */
#include "services/surplus-controller/core/users.h"
#include "tests/unit/run.h"
#include "tests/unit/surplus-controller/walk.h"

enum { USERS = 3, CARDS = 6, BUDGETS = 4, CHARGERS = 2, HOUR = 3600000 };
static struct zone zone;
static const int16_t bens[] = {1};
static struct users_user people[USERS];
static struct users_card cards[CARDS];
static struct users_budget budgets[BUDGETS];
static struct budget_account accounts[BUDGETS];
static struct users_charger chargers[CHARGERS];
static struct users_reading readings[CHARGERS];
static int32_t power_w[CHARGERS], counts[CHARGERS];
static int64_t totals[USERS], charged_wh[CHARGERS], session_wh[CHARGERS], number;
static bool needed[CHARGERS];
static struct users_conf c;
static struct users_state s;
static struct wall now;
static const char *const tags[] = {"", "anna", "ben", "cleo", "plus", "guest", "nobody", "wattbus"};

static void begin(uint32_t seed)
{
    static const enum budget_period periods[] = {BUDGET_PERIOD_DAY, BUDGET_PERIOD_WEEK,
                                                 BUDGET_PERIOD_MONTH, BUDGET_PERIOD_YEAR,
                                                 BUDGET_PERIOD_ONCE};
    struct err_text why;
    ck_assert_int_eq(zone_parse_rule(str_of("CET-1CEST,M3.5.0,M10.5.0/3"), &zone, &why), ERR_OK);
    now.ms = 1795168800000 + (int64_t)(seed % 7) * 30 * HOUR; /* from 2026-11-20 on */
    memset(chargers, 0, sizeof chargers);
    memset(accounts, 0, sizeof accounts);
    memset(totals, 0, sizeof totals);
    memset(readings, 0, sizeof readings);
    memset(session_wh, 0, sizeof session_wh);
    memset(people, 0, sizeof people);
    number = 0;
    people[1] = (struct users_user){bens, 1, {0}};
    people[2].expires_ms = SOME_I64(now.ms + 2 * HOUR);
    for (int i = 0; i < CARDS; i++)
        cards[i] = (struct users_card){tag_of(str_of(tags[i + 1])), (int16_t)(i < 3 ? i : NOBODY),
                                       USERS_CHARGE, NOBODY};
    cards[1].action = USERS_TOGGLE;
    cards[3] = (struct users_card){tag_of(str_of("plus")), 0, USERS_TOP_UP, 0};
    for (int i = 0; i < BUDGETS; i++)
        budgets[i] =
            (struct users_budget){.terms = {.period = periods[(seed + (uint32_t)i) % 5],
                                            .reset_day = 1 + (int32_t)(seed % 31),
                                            .reset_month = 1 + (int32_t)(seed % 12),
                                            .reset_min = (int32_t)(seed % 3) * 90,
                                            .carry_over = (seed + (uint32_t)i) % 2,
                                            .amount_wh = {20000, i != 2},
                                            .amount_ms = {2 * HOUR, i == 2 || seed % 4 == 0}},
                                  .user = (int16_t)(i < 2 ? i : NOBODY),
                                  .charger = (int16_t)(i == 2 ? 1 : NOBODY)};
    if (budgets[0].terms.period == BUDGET_PERIOD_WEEK)
        budgets[0].terms.reset_day = 3;
    budgets[3].card = tag_of(str_of("anna"));
    for (int i = 0; i < CHARGERS; i++) {
        chargers[i].ledger.who.user = NOBODY;
        readings[i].online = true;
        needed[i] = i == 0 || seed % 3;
        charged_wh[i] = 1000;
        power_w[i] = 11000;
        counts[i] = (int32_t)(seed % 4);
    }
    c = (struct users_conf){.users = people,
                            .cards = cards,
                            .budgets = budgets,
                            .card_needed = needed,
                            .users_n = USERS,
                            .cards_n = CARDS,
                            .budgets_n = BUDGETS,
                            .chargers_n = CHARGERS,
                            .remote = tag_of(str_of("wattbus")),
                            .zone = &zone};
    s = (struct users_state){chargers, accounts, totals, {0}};
    users_cards_changed(&s, &c);
}
static void said(struct walk *w, const char *what, struct users_booked b)
{
    walk_line(w, 0, "%s: people %d, amounts %d of %d, jumped %d", what, b.people, b.amounts, b.user,
              b.jumped);
    w->was[0][0] = '\0';
}
/* Time goes on; a plugged car that may charge does so. */
static void meters(struct walk *w, int i, int64_t ms)
{
    struct users_reading *r = &readings[i];
    bool may = users_decide(&s, &c, i, now).kind <= USERS_ACCEPTED && r->plugged;
    int64_t wh = may && r->meter.drawing ? power_w[i] * ms / HOUR : 0;
    charged_wh[i] += wh;
    session_wh[i] += r->in_session ? wh : 0;
    r->meter.ts_ms = now.ms;
    r->meter.max_w = 11000;
    r->meter.drawing = r->plugged && may && power_w[i];
    r->meter.power_w = (struct opt_i32){r->meter.drawing ? power_w[i] : 0, counts[i] != 2};
    r->meter.register_wh = (struct opt_i64){charged_wh[i], counts[i] != 1};
    r->meter.session = (struct opt_i64){number + i * 1000, r->in_session};
    r->meter.session_wh = (struct opt_i64){session_wh[i], r->in_session && counts[i] == 3};
    struct users_booked b = users_read(&s, &c, i, r, now);
    if (b.people || b.amounts || b.jumped)
        said(w, i ? "second box" : "first box", b);
}
static void plug(struct walk *w, int i)
{
    struct users_reading *r = &readings[i];
    r->plugged = !r->plugged;
    walk_note(w, "box %d %s", i, r->plugged ? "plugged" : "left");
    if (r->plugged || !r->in_session)
        return;
    struct ledger_final f = {number + i * 1000, SOME_I64(now.ms - 500), {0}, {0}};
    f.energy_wh = (struct opt_i64){session_wh[i] + walk_dice(w, -50, 50), walk_dice(w, 0, 2) != 0};
    if (walk_dice(w, 0, 4) == 0)
        f.ended_ms.set = false;
    said(w, "record", users_session(&s, &c, i, &r->tag, f));
    r->in_session = false;
    r->tag = (struct tag){""};
}
static void event(struct walk *w)
{
    static const int32_t powers[] = {0, 1, 3600, 11000},
                         jumps[] = {-99, -100, -101, -900, 400, 90000};
    int i = walk_dice(w, 0, CHARGERS - 1), k = walk_dice(w, 1, COUNT_OF(tags) - 1);
    struct tag tag = tag_of(str_of(tags[k]));
    switch (walk_dice(w, 0, 12)) {
    case 0:
    case 1: plug(w, i); return;
    case 2:
    case 3:
    case 4: {
        struct users_shown x = users_show(&s, &c, i, &tag, now.ms, now);
        walk_note(w, "%s shown at box %d", tags[k], i);
        walk_line(w, 1, "shown: effect %d card %d user %d", x.effect, x.card, x.user);
        w->was[1][0] = '\0';
        if (x.effect == USERS_TOPPED)
            accounts[cards[x.card].budget].extra_wh += 5000;
        return;
    }
    case 5:
        users_ask(&s, &c, i, &tag, now);
        walk_note(w, "%s asked for at box %d", tags[k], i);
        return;
    case 6:
        users_release(&s, i);
        walk_note(w, "box %d released", i);
        return;
    case 7:
    case 8:
        readings[i].in_session = true;
        readings[i].tag = walk_dice(w, 0, 1) ? tag : chargers[i].asked;
        session_wh[i] = 0;
        number++;
        walk_note(w, "box %d begins a session of \"%s\"", i, readings[i].tag.s);
        return;
    case 9:
        s.learn = (struct users_learn){
            true, 1, (int16_t)(walk_dice(w, 0, 1) ? i : NOBODY), {now.ms + USERS_LEARN_MS}};
        walk_note(w, "learning at %d", s.learn.charger);
        return;
    case 10:
        power_w[i] = walk_pick(w, powers, COUNT_OF(powers));
        counts[i] = walk_dice(w, 0, 3);
        walk_note(w, "box %d draws %d W, counts %d", i, power_w[i], counts[i]);
        return;
    case 11:
        charged_wh[i] = max_i64(0, charged_wh[i] + walk_pick(w, jumps, COUNT_OF(jumps)));
        walk_note(w, "counter of box %d jumps to %lld", i, (long long)charged_wh[i]);
        return;
    default:
        readings[i].online = !readings[i].online;
        walk_note(w, "box %d online %d", i, readings[i].online);
        return;
    }
}
static void answer(struct walk *w, int64_t next, bool rolled)
{
    for (int i = 0; i < CHARGERS; i++) {
        struct users_verdict v = users_decide(&s, &c, i, now);
        walk_line(w, 2 + i, "box %d: kind %d why %d user %d card %d budget %d until +%lld s", i,
                  v.kind, v.why, v.user, v.card, v.budget,
                  v.until_ms.set ? (long long)(v.until_ms.v - now.ms) / 1000 : -1LL);
    }
    char text[400] = "";
    struct buf b = buf_of(text, sizeof text);
    for (int i = 0; i < BUDGETS; i++) {
        struct opt_i64 wh = budget_left_wh(&accounts[i], &budgets[i].terms);
        struct opt_i64 ms = budget_left_ms(&accounts[i], &budgets[i].terms);
        buf_addf(&b, " %lld Wh %lld s%s,", wh.set ? (long long)wh.v : -1LL,
                 ms.set ? (long long)ms.v / 1000 : -1LL,
                 budget_is_used(&accounts[i], &budgets[i].terms) ? " used" : "");
    }
    int blocked = users_blocked(&s, &c, 0, &cards[0].tag);
    walk_line(w, 4, "left:%s anna's card blocked by %d", text, blocked);
    walk_numbers(w, "totals %lld %lld %lld, next +%lld s, rolled %d", (long long)totals[0],
                 (long long)totals[1], (long long)totals[2],
                 next == INT64_MAX ? -1LL : (long long)(next - now.ms) / 1000, rolled);
}
START_TEST(users)
{
    static const int32_t pauses[] = {0,      1000,   1000,    30000,   59999,   60000,    60001,
                                     300000, 300001, 1800000, 3600000, 3600001, 43200000, 86400000};
    struct walk w;
    walk_begin(&w);
    for (uint32_t seed = 1; seed <= 18; seed++) {
        walk_title(&w, seed, "two wallboxes");
        begin(seed);
        for (int k = 0; k < 22; k++) {
            int64_t next;
            int32_t ms = walk_pick(&w, pauses, k % 3 ? 8 : COUNT_OF(pauses));
            event(&w);
            walk_note(&w, "+%d ms", ms);
            now.ms += ms;
            bool rolled = users_tick(&s, &c, now, &next);
            for (int i = 0; i < CHARGERS; i++)
                meters(&w, i, ms);
            answer(&w, next, rolled);
        }
    }
    walk_end(&w, "users");
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("walk_users");
    tcase_set_timeout(t, 120); /* a busy machine, with sanitizers */
    tcase_add_test(t, users);
    return run_case(t, "walk_users");
}
