/* SPDX-License-Identifier: Apache-2.0
 * users_requests.c -- one-shot actions for people, cards and budgets. Inboxes: written down before
 * they are cleared; a request that was seen is not obeyed again. */
#include "libcommon/io/log.h"
#include "libcommon/io/yaml.h"
#include "services/surplus-controller/io/brain.h"

enum { EXPIRES_MAX_MS = 60000 };

struct answer {
    enum result result;
    struct err_text text;
};
static struct answer done(void)
{
    return (struct answer){.result = RESULT_DONE};
}
PRINTF_LIKE(2, 3)
static struct answer no(enum result result, const char *fmt, ...)
{
    struct answer a = {.result = result};
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(a.text.s, sizeof a.text.s, fmt, ap);
    va_end(ap);
    return a;
}
static bool is(const struct request *r, const char *action)
{
    return strcmp(r->action, action) == 0;
}
static void note(struct request_result *list, uint16_t *n, const char *id, const char *action,
                 const struct answer *a)
{
    if (*n == MAX_RESULTS)
        memmove(&list[0], &list[1], --*n * sizeof list[0]);
    struct request_result *r = &list[(*n)++];
    memset(r, 0, sizeof *r);
    str_copyz(r->id, sizeof r->id, id);
    str_copyz(r->action, sizeof r->action, action);
    r->result = a->result;
    r->ts = svc_now().wall.ms;
    str_copyz(r->text, sizeof r->text, a->text.s);
}
static bool seen(const struct request_result *list, int n, const char *id)
{
    for (int i = 0; i < n; i++)
        if (strcmp(list[i].id, id) == 0)
            return true;
    return false;
}
/* RESULT_UNSET: it is in time. */
static struct answer too_late(const struct request *r, struct now now)
{
    if (r->expires <= now.wall.ms)
        return no(RESULT_EXPIRED, "it came too late");
    if (r->expires > now.wall.ms + EXPIRES_MAX_MS)
        return no(RESULT_INVALID, "expires may be at most 60 s ahead");
    return (struct answer){0};
}

/* ---- learning ---- */
static struct answer learn(struct brain *b, int user, const char *charger, struct now now)
{
    struct users_io *u = b->users;
    int i = charger_index(b, charger);
    if (charger[0] && i < 0)
        return no(RESULT_INVALID, "there is no charger %s", charger);
    if (u->user_ios[user].kept.learned_n == LEARNED_MAX)
        return no(RESULT_REJECTED, "%d cards were learned: forget one first", LEARNED_MAX);
    if (u->state.learn.on)
        users_mark(u, u->state.learn.user, NOW);
    u->state.learn =
        (struct users_learn){true, (int16_t)user, (int16_t)i, {now.wall.ms + USERS_LEARN_MS}};
    users_mark(u, user, NOW);
    return (struct answer){.result = RESULT_ACCEPTED};
}
void users_learned(struct brain *b, int user, const struct tag *tag)
{
    struct users_io *u = b->users;
    struct kept_user *k = &u->user_ios[user].kept;
    struct answer a = no(RESULT_DONE, "%s", tag->s);
    if (strlen(tag->s) >= ID_CAP)
        a = no(RESULT_REJECTED, "a card of more than %d characters is not learned", ID_CAP - 1);
    else
        str_copyz(k->learned[k->learned_n++], ID_CAP, tag->s);
    note(k->results, &k->results_n, tag->s, "learn", &a);
    users_cards(b);
    users_mark(u, user, NOW);
    users_save(b);
}
void users_not_learned(struct brain *b, int user)
{
    struct kept_user *k = &b->users->user_ios[user].kept;
    struct answer a = no(RESULT_TIMEOUT, "no card was shown within a minute");
    note(k->results, &k->results_n, "", "learn", &a);
    users_mark(b->users, user, NOW);
}
void users_known(struct brain *b, int user, const struct tag *tag, int owner)
{
    struct users_io *u = b->users;
    struct kept_user *k = &u->user_ios[user].kept;
    struct answer a = owner >= 0 ? no(RESULT_REJECTED, "it is a card of %s", u->user_ios[owner].id)
                                 : no(RESULT_REJECTED, "it is in ocpp.id_tags");
    note(k->results, &k->results_n, tag->s, "learn", &a);
    users_mark(u, user, NOW);
    u->save_soon = true;
}
static struct answer forget(struct brain *b, int user, const char *text)
{
    struct users_io *u = b->users;
    struct kept_user *k = &u->user_ios[user].kept;
    struct tag tag = tag_of(str_of(text));
    for (int i = 0; i < k->learned_n; i++)
        if (strcmp(k->learned[i], tag.s) == 0) {
            memmove(k->learned[i], k->learned[--k->learned_n], ID_CAP);
            users_cards(b);
            users_mark(u, user, NOW);
            return done();
        }
    return no(RESULT_REJECTED, "this card was not learned; one of the site file is changed there");
}

/* ---- budgets ---- */
void users_top_up(struct brain *b, int budget, struct opt_i64 wh, struct opt_i64 ms)
{
    struct users_io *u = b->users;
    u->state.accounts[budget].extra_wh += wh.v;
    u->state.accounts[budget].extra_ms += ms.v;
    users_mark_budgets(u, NOW);
    for (int i = 0; i < u->conf.users_n; i++)
        users_mark(u, i, NOW);
    u->save_soon = true;
}
static struct answer top_up(struct brain *b, int budget, const char *text)
{
    const struct budget_terms *t = &b->users->budgets[budget].terms;
    struct opt_i64 wh = {0}, ms = {0};
    wh.set = unit_parse("Wh", "", str_of(text), &wh.v);
    ms.set = !wh.set && unit_parse("ms", "", str_of(text), &ms.v);
    if ((!wh.set && !ms.set) || wh.v > POWER_HI || wh.v < -POWER_HI || ms.v > TIME_HI / 2)
        return no(RESULT_INVALID, "value: expected an energy or a time such as 10 kWh, 90 min");
    if ((wh.set && !t->amount_wh.set) || (ms.set && !t->amount_ms.set))
        return no(RESULT_INVALID, "this budget counts %s", wh.set ? "time" : "energy");
    users_top_up(b, budget, wh, ms);
    return done();
}
static struct answer restart(struct brain *b, int budget)
{
    struct budget_account *a = &b->users->state.accounts[budget];
    a->used_wh = a->used_ms = a->extra_wh = a->extra_ms = 0;
    users_top_up(b, budget, (struct opt_i64){0}, (struct opt_i64){0});
    return done();
}

/* ---- the inboxes ---- */
static void end(struct brain *b, const struct bus_msg *m)
{
    b->users->stale = true;
    users_save(b);
    bus_clear(b->svc->bus, m->match.msg, m->match.id, NULL);
    if (b->ready)
        brain_step(b);
}
static void on_user_request(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    const struct request *r = m->body;
    int i = user_index(b->users, m->match.id);
    if (i < 0 || !r)
        return;
    struct kept_user *k = &b->users->user_ios[i].kept;
    if (!seen(k->results, k->results_n, r->id)) {
        struct answer a = too_late(r, m->at);
        if (!a.result)
            a = is(r, "learn")    ? learn(b, i, r->key, m->at)
                : is(r, "forget") ? forget(b, i, r->tag)
                                  : no(RESULT_INVALID, "a user knows learn and forget");
        note(k->results, &k->results_n, r->id, r->action, &a);
        users_mark(b->users, i, NOW);
        log_info("event=request user=%s action=%s result=%s", m->match.id, r->action,
                 enum_text(&result_enum, (int)a.result));
    }
    end(b, m);
}
static void on_budget_request(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    const struct request *r = m->body;
    int i = budget_index(b->users, m->match.id);
    if (i < 0 || !r)
        return;
    struct kept_budget *k = &b->users->budget_ios[i].kept;
    if (!seen(k->results, k->results_n, r->id)) {
        struct answer a = too_late(r, m->at);
        if (!a.result)
            a = is(r, "top_up")    ? top_up(b, i, r->value[0] ? r->value : r->key)
                : is(r, "restart") ? restart(b, i)
                                   : no(RESULT_INVALID, "a budget knows top_up and restart");
        note(k->results, &k->results_n, r->id, r->action, &a);
        b->users->budget_ios[i].state = NOW;
        log_info("event=request budget=%s action=%s result=%s", m->match.id, r->action,
                 enum_text(&result_enum, (int)a.result));
    }
    end(b, m);
}

static struct answer authorise(struct brain *b, int i, const struct request *r, struct now now)
{
    struct users_io *u = b->users;
    struct tag tag = tag_of(str_of(r->tag));
    int card = users_find_card(&u->conf, &tag);
    if (card < 0 || u->cards[card].action == USERS_TOP_UP)
        return no(RESULT_REJECTED, "this card or PIN is not known here");
    users_ask(&u->state, &u->conf, i, &tag, now.wall);
    struct users_verdict v = users_decide(&u->state, &u->conf, i, now.wall);
    if (v.kind == USERS_REFUSED && v.why != USERS_BUDGET_WH && v.why != USERS_BUDGET_MS) {
        users_release(&u->state, i);
        return no(RESULT_REJECTED,
                  v.why == USERS_EXPIRED ? "it has expired" : "it is not accepted at this charger");
    }
    users_obey_card(b, i, card);
    return done();
}
static void on_charger_request(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    const struct request *r = m->body;
    int i = charger_index(b, m->match.id);
    if (i < 0 || !r || (!is(r, "authorise") && !is(r, "release") && !is(r, "learn")))
        return;
    const struct kept_charger *k = &b->ios[i].kept;
    if (!seen(k->results, k->results_n, r->id)) {
        struct answer a = too_late(r, m->at);
        int learner = user_index(b->users, r->key);
        if (!a.result && is(r, "authorise"))
            a = authorise(b, i, r, m->at);
        else if (!a.result && is(r, "learn"))
            a = learner >= 0 ? learn(b, learner, m->match.id, m->at)
                             : no(RESULT_INVALID, "key: expected the id of a user");
        else if (!a.result) {
            users_release(&b->users->state, i);
            a = done();
        }
        commands_answer(b, i, r->id, r->action, a.result, a.text.s);
        log_info("event=request charger=%s action=%s result=%s", m->match.id, r->action,
                 enum_text(&result_enum, (int)a.result));
    }
    memory_save(b);
    end(b, m);
}
void users_subscribe_requests(struct brain *b)
{
    for (int i = 0; i < b->users->conf.users_n; i++)
        bus_on(b->svc->bus, MSG_USER_REQUEST, b->users->user_ios[i].id, on_user_request, b);
    for (int i = 0; i < b->users->conf.budgets_n; i++)
        bus_on(b->svc->bus, MSG_BUDGET_REQUEST, b->users->budget_ios[i].id, on_budget_request, b);
    for (int i = 0; i < b->conf.chargers_n; i++)
        bus_on(b->svc->bus, MSG_CHARGER_REQUEST, b->ios[i].id, on_charger_request, b);
}
