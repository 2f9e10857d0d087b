/* SPDX-License-Identifier: Apache-2.0
 * users.c -- what chargers report, for the accounts; who may charge, for the snapshot. */
#include "libcommon/io/log.h"
#include "services/surplus-controller/io/brain.h"

enum {
    SHOWN_LATE_MS = 60000, /* a card that was shown before our time has no effect any more */
    DRAWS_W = 100,         /* below it a car that may charge does not */
    VOLTS_MOST = 260,
    CLOCK_MS = 60000,
    STILL_MA = 300, /* a rule that says so little else says the same */
};

void users_mark(struct users_io *u, int user, enum users_dirty d)
{
    u->stale = true;
    if (user >= 0 && u->user_ios[user].state < d)
        u->user_ios[user].state = d;
    if (user >= 0)
        u->user_ios[user].list = NOW; /* sent only if it differs */
}
void users_mark_budgets(struct users_io *u, enum users_dirty d)
{
    u->stale = true;
    for (int i = 0; i < u->conf.budgets_n; i++)
        if (u->budget_ios[i].state < d)
            u->budget_ios[i].state = d;
}
/* After energy or time was booked. */
static void booked(struct brain *b, int i, struct users_booked what)
{
    struct users_io *u = b->users;
    if (what.amounts) {
        for (int k = 0; k < u->conf.users_n; k++)
            if (what.user == k || u->verdicts[i].user == k)
                users_mark(u, k, LATER);
        users_mark_budgets(u, LATER);
        u->save_later = true;
    }
    if (what.people)
        u->save_soon = u->stale = true;
    if (what.jumped && !u->jumped[i])
        log_warn("event=register_jumped charger=%s detail=\"what its counter moved by was not "
                 "charged: not booked\"",
                 b->ios[i].id);
    u->jumped[i] = what.jumped;
}

/* ---- cards ---- */
/* What a card sets beside who charges. */
void users_obey_card(struct brain *b, int i, int card)
{
    const struct card_conf *c = b->users->card_confs[card];
    if (!c)
        return;
    if (c->mode)
        commands_choose(b, i, "mode", (int32_t)c->mode);
    if (c->phases)
        commands_choose(b, i, "phases", (int32_t)c->phases);
    if (c->max_current_ma.set)
        commands_choose(b, i, "max_current", c->max_current_ma.v);
}
static void top_up(struct brain *b, int i, int card, struct now now)
{
    struct users_io *u = b->users;
    const struct users_user *who = &u->users[u->cards[card].user];
    const struct card_conf *c = u->card_confs[card];
    bool expired = who->expires_ms.set && now.wall.ms >= who->expires_ms.v;
    if (!expired && users_allowed_at(who, i))
        users_top_up(b, u->cards[card].budget, c->energy_wh, c->time_ms);
}
static void card_shown(struct brain *b, int i, const struct charger_state *s,
                       const struct bus_msg *m)
{
    struct users_io *u = b->users;
    struct users_charger *x = &u->state.chargers[i];
    struct tag tag = tag_of(str_of(s->card));
    if (!s->card_at.set || s->card_at.v == x->shown_stamp_ms)
        return;
    u->save_soon = u->stale = true;
    if (m->at.wall.ms - s->card_at.v > SHOWN_LATE_MS) {
        x->shown_stamp_ms = s->card_at.v;
        return;
    }
    struct users_shown e = users_show(&u->state, &u->conf, i, &tag, s->card_at.v, m->at.wall);
    const struct card_conf *c = e.card >= 0 ? u->card_confs[e.card] : NULL;
    bool toggles = e.effect == USERS_AGAIN && c && c->action == CARD_ACTION_TOGGLE;
    log_info("event=card charger=%s known=%d user=%s", b->ios[i].id, e.card >= 0,
             e.user >= 0 ? u->user_ios[e.user].id : "");
    switch (e.effect) {
    case USERS_LEARN: users_learned(b, e.user, &tag); break;
    case USERS_KNOWN: users_known(b, e.user, &tag, u->cards[e.card].user); break;
    case USERS_TOPPED: top_up(b, i, e.card, m->at); break;
    case USERS_AGAIN:
        if (toggles)
            commands_pause(b, i, !b->ios[i].kept.paused.v);
        break;
    case USERS_SHOWN:
        if (e.card >= 0 && users_decide(&u->state, &u->conf, i, m->at.wall).kind == USERS_ACCEPTED)
            users_obey_card(b, i, e.card);
        break;
    case USERS_NOTHING: break;
    }
}

/* ---- chargers ---- */
static bool draws(const struct charger_state *s)
{
    bool may = s->evse_state == EVSE_STATE_C || s->evse_state == EVSE_STATE_D;
    return may && (!s->power_w.set || s->power_w.v >= DRAWS_W);
}
static bool is_plugged(const struct charger_state *s, bool before)
{
    switch (s->evse_state) {
    case EVSE_STATE_A: return false;
    case EVSE_STATE_B:
    case EVSE_STATE_C:
    case EVSE_STATE_D: return true;
    default: return before; /* unknown, no power or a fault says nothing about the cable */
    }
}
static void on_charger(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    struct users_io *u = b->users;
    const struct charger_state *s = m->body;
    int i = charger_index(b, m->match.id);
    if (i < 0 || !s)
        return;
    const struct charger_conf *c = b->ios[i].conf;
    struct users_reading r = {
        .online = s->online,
        .plugged = is_plugged(s, u->state.chargers[i].plugged),
        .in_session = s->transaction.set,
        .meter = {.ts_ms = s->ts,
                  .drawing = s->online && draws(s),
                  .session = s->transaction,
                  .session_wh = {s->session_wh.v, s->session_wh.set},
                  .register_wh = s->energy_wh,
                  .power_w = s->power_w,
                  .max_w = (int64_t)c->max_current_ma * c->phases * VOLTS_MOST / 1000}};
    if (r.plugged)
        r.tag = tag_of(str_of(s->id_tag));
    booked(b, i, users_read(&u->state, &u->conf, i, &r, m->at.wall));
    card_shown(b, i, s, m);
    brain_soon(b);
}
static void on_session(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    const struct session *s = m->body;
    int i = charger_index(b, m->match.id);
    if (i < 0 || !s)
        return;
    struct tag tag = tag_of(str_of(s->id_tag));
    struct ledger_final f = {.number = s->transaction.set ? s->transaction.v : s->number,
                             .ended_ms = s->ended,
                             .energy_wh = s->energy_wh};
    booked(b, i, users_session(&b->users->state, &b->users->conf, i, &tag, f));
    brain_soon(b);
}
void users_subscribe(struct brain *b)
{
    if (!b->users)
        return;
    bus_on(b->svc->bus, MSG_CHARGER_STATE, NULL, on_charger, b);
    bus_on(b->svc->bus, MSG_CHARGER_SESSION, NULL, on_session, b);
    users_subscribe_requests(b);
}

/* ---- to the snapshot ---- */
static bool differs(const struct users_verdict *a, const struct users_verdict *b)
{
    return a->kind != b->kind || a->why != b->why || a->user != b->user || a->budget != b->budget ||
           a->until_ms.set != b->until_ms.set || a->until_ms.v != b->until_ms.v;
}
static void explain(const struct users_io *u, const struct users_verdict *v, struct now now,
                    struct control_cap *cap)
{
    static const enum control_code codes[] = {
        [USERS_OK] = CONTROL_NOT_AUTHORISED,         [USERS_NO_CARD] = CONTROL_NOT_AUTHORISED,
        [USERS_UNKNOWN_CARD] = CONTROL_CARD_UNKNOWN, [USERS_OTHER_CHARGER] = CONTROL_CARD_ELSEWHERE,
        [USERS_EXPIRED] = CONTROL_CARD_EXPIRED,      [USERS_BUDGET_WH] = CONTROL_BUDGET_USED,
        [USERS_BUDGET_MS] = CONTROL_TIME_USED};
    *cap = (struct control_cap){.current_ma = SOME_I32(0), .why = codes[v->why]};
    if (v->budget < 0)
        return;
    const struct budget_account *a = &u->state.accounts[v->budget];
    const struct budget_terms *t = &u->budgets[v->budget].terms;
    bool energy = v->why == USERS_BUDGET_WH;
    cap->p[0] =
        sat_i32(energy ? t->amount_wh.v + a->extra_wh : (t->amount_ms.v + a->extra_ms) / 60000);
    if (v->until_ms.set)
        cap->p[1] = sat_i32((v->until_ms.v - now.wall.ms + 3599999) / 3600000);
    else
        cap->why = energy ? CONTROL_BUDGET_EMPTY : CONTROL_TIME_EMPTY;
}
/* What the user's own rules leave; a mode that a person chose at the charger goes before them. */
static struct control_cap by_rules(struct brain *b, int i, const struct user_conf *who,
                                   const struct control_cap *last)
{
    struct control_cap cap = {0};
    if (!who || commands_chosen(b, i, "mode") || !rules_cap(b, who->rules, who->rules_n, i, &cap))
        return (struct control_cap){0};
    int32_t by = cap.current_ma.v - last->current_ma.v;
    bool pauses = cap.current_ma.v < b->chargers[i].min_ma;
    bool paused = last->current_ma.v < b->chargers[i].min_ma;
    bool still = last->current_ma.set && last->why == cap.why && pauses == paused &&
                 by < STILL_MA && by > -STILL_MA;
    return still ? *last : cap; /* every change is a write to the wallbox */
}
/* The cap, and what whoever charges there has in the place of the site file's mode and priority. */
static void apply(struct brain *b, int i, struct now now)
{
    const struct users_io *u = b->users;
    const struct users_verdict *v = &u->verdicts[i];
    const struct user_conf *who = v->user >= 0 ? u->user_ios[v->user].conf : NULL;
    struct choose_settings *site = &b->choices->v[i].site;
    struct control_cap *cap = choices_cap(b, i, CAP_USER);
    site->mode = who && who->mode ? who->mode : b->ios[i].conf->mode;
    site->priority = who ? who->priority : (struct opt_i32){0};
    if (v->kind == USERS_WAITING || v->kind == USERS_REFUSED)
        explain(u, v, now, cap);
    else
        *cap = by_rules(b, i, who, cap);
}
static void verdict_changed(struct brain *b, int i, const struct users_verdict *v)
{
    struct users_io *u = b->users;
    users_mark(u, v->user, NOW);
    users_mark(u, u->verdicts[i].user, NOW);
    if (v->budget >= 0)
        u->budget_ios[v->budget].state = NOW;
    u->verdicts[i] = *v;
    b->ios[i].rev++;
}
/* Rolls budgets over and asks who may charge; sets when that is due again. */
static void look(struct brain *b, struct now now)
{
    struct users_io *u = b->users;
    bool learning = u->state.learn.on;
    int learner = u->state.learn.user;
    int64_t next;
    if (users_tick(&u->state, &u->conf, now.wall, &next)) {
        users_mark_budgets(u, NOW);
        for (int k = 0; k < u->conf.users_n; k++)
            users_mark(u, k, NOW);
        u->save_soon = true;
    }
    if (learning && !u->state.learn.on)
        users_not_learned(b, learner);
    for (int i = 0; i < b->conf.chargers_n; i++) {
        struct users_verdict v = users_decide(&u->state, &u->conf, i, now.wall);
        if (v.until_ms.set)
            next = min_i64(next, v.until_ms.v);
        if (differs(&v, &u->verdicts[i]))
            verdict_changed(b, i, &v);
    }
    u->stale = false;
    u->looked = now.wall;
    u->due.ms = next;
}
int64_t users_refresh(struct brain *b, struct now now)
{
    struct users_io *u = b->users;
    if (!u)
        return INT64_MAX;
    if (u->stale || now.wall.ms >= u->due.ms || now.wall.ms < u->looked.ms)
        look(b, now);
    for (int i = 0; i < b->conf.chargers_n; i++)
        apply(b, i, now);
    if (u->due.ms == INT64_MAX)
        return INT64_MAX;
    /* a wall clock may be set: look again after a minute at the latest */
    return now.mono.ms + min_i64(max_i64(u->due.ms - now.wall.ms, 1), CLOCK_MS);
}
