/* SPDX-License-Identifier: Apache-2.0
 * users_memory.c -- users.jsonl: budgets, learned cards, and what of the chargers' counters is
 * booked. Choices of people are written at once; amounts every few minutes, since what was not
 * written is booked again from the counters. */
#include "libcommon/io/log.h"
#include "libcommon/io/state.h"
#include "proto/codec.h"
#include "services/surplus-controller/io/brain.h"

ENUM_DEFINE(kept_kind, KEPT_KIND, KEPT_KIND_VALUES)
RECORD_DEFINE(kept_head, KEPT_HEAD_ROWS, "what a line is about")
RECORD_DEFINE(kept_user, KEPT_USER_ROWS, "what is kept of a user")
RECORD_DEFINE(kept_budget, KEPT_BUDGET_ROWS, "what is kept of a budget")
RECORD_DEFINE(kept_session, KEPT_SESSION_ROWS, "what was booked of a session")
RECORD_DEFINE(kept_ledger, KEPT_LEDGER_ROWS, "what was booked of a charger")

enum {
    LINE_MAX_LEN = 16384,
    FILE_MAX = 64 << 20,
    SOON_MS = 1000,
    PER_CHARGER_MS = 20,
    AMOUNTS_SAVED_MS = 300000
};
static const char file_name[] = "users.jsonl";

/* ---- accounts <-> rows ---- */
static void put_who(const struct users_io *u, const struct ledger_who *w, char user[ID_CAP],
                    char tag[CARD_TAG_CAP])
{
    str_copyz(user, ID_CAP, w->user >= 0 ? u->user_ios[w->user].id : "");
    str_copyz(tag, CARD_TAG_CAP, w->tag.s);
}
static struct ledger_who get_who(const struct users_io *u, const char *user, const char *tag)
{
    return (struct ledger_who){(int16_t)user_index(u, user), tag_of(str_of(tag))};
}
static struct opt_i64 some_time(int64_t ms)
{
    return (struct opt_i64){ms, ms > 0 && ms <= TIME_HI};
}
static void put_budget(struct users_io *u, int i)
{
    struct kept_budget *k = &u->budget_ios[i].kept;
    const struct budget_account *a = &u->state.accounts[i];
    k->from = (struct opt_i64){a->span.from_ms, a->begun};
    k->until = a->span.until_ms;
    k->used_wh = SOME_I64(a->used_wh);
    k->used_ms = SOME_I64(a->used_ms);
    k->extra_wh = SOME_I64(a->extra_wh);
    k->extra_ms = SOME_I64(a->extra_ms);
}
static void get_budget(struct users_io *u, int i)
{
    const struct kept_budget *k = &u->budget_ios[i].kept;
    u->state.accounts[i] = (struct budget_account){.begun = k->from.set,
                                                   .span = {k->from.v, k->until},
                                                   .used_wh = k->used_wh.v,
                                                   .used_ms = k->used_ms.v,
                                                   .extra_wh = k->extra_wh.v,
                                                   .extra_ms = k->extra_ms.v};
}
static void put_ledger(const struct brain *b, int i, struct kept_ledger *k)
{
    const struct users_io *u = b->users;
    const struct users_charger *x = &u->state.chargers[i];
    const struct ledger *l = &x->ledger;
    memset(k, 0, sizeof *k);
    k->kind = KEPT_KIND_CHARGER;
    str_copyz(k->id, sizeof k->id, b->ios[i].id);
    k->begun = (struct opt_i64){l->begun_ms, l->begun};
    k->ts = (struct opt_i64){l->ts_ms, l->begun};
    k->register_wh = l->register_wh;
    k->rest_wms = SOME_I64(l->rest_wms);
    k->drawing = SOME_BOOL(l->drawing);
    k->has_sessions = SOME_BOOL(l->has_sessions);
    k->plugged = SOME_BOOL(x->plugged);
    k->in_session = SOME_BOOL(x->in_session);
    put_who(u, &l->who, k->user, k->tag);
    str_copyz(k->session_tag, sizeof k->session_tag, x->tag.s);
    str_copyz(k->asked, sizeof k->asked, x->asked.s);
    k->asked_at = some_time(x->asked_at.ms);
    k->shown = some_time(x->shown_stamp_ms);
    for (int n = 0; n < l->sessions_n; n++) {
        struct kept_session *s = &k->sessions[k->sessions_n++];
        s->number = l->sessions[n].number;
        s->booked_wh = l->sessions[n].booked_wh;
        s->ended = SOME_BOOL(l->sessions[n].ended);
        put_who(u, &l->sessions[n].who, s->user, s->tag);
    }
}
static void get_ledger(struct brain *b, int i, const struct kept_ledger *k)
{
    struct users_io *u = b->users;
    struct users_charger *x = &u->state.chargers[i];
    *x = (struct users_charger){.plugged = k->plugged.v,
                                .in_session = k->in_session.v,
                                .tag = tag_of(str_of(k->session_tag)),
                                .asked = tag_of(str_of(k->asked)),
                                .asked_at = {k->asked_at.v},
                                .shown_stamp_ms = k->shown.v};
    x->ledger = (struct ledger){.begun = k->begun.set,
                                .begun_ms = k->begun.v,
                                .ts_ms = k->ts.v,
                                .register_wh = k->register_wh,
                                .rest_wms = k->rest_wms.v,
                                .drawing = k->drawing.v,
                                .has_sessions = k->has_sessions.v,
                                .who = get_who(u, k->user, k->tag)};
    for (int n = 0; n < k->sessions_n; n++)
        x->ledger.sessions[x->ledger.sessions_n++] =
            (struct ledger_session){.number = k->sessions[n].number,
                                    .booked_wh = k->sessions[n].booked_wh,
                                    .ended = k->sessions[n].ended.v,
                                    .who = get_who(u, k->sessions[n].user, k->sessions[n].tag)};
}

/* ---- the file ---- */
static enum err add(const struct record *r, const void *src, struct buf *out)
{
    enum err e = record_encode(r, src, out);
    buf_addz(out, "\n");
    return e == ERR_OK && out->cut ? ERR_FULL : e;
}
static enum err write_all(struct brain *b, struct buf *out)
{
    static struct kept_ledger k;
    struct users_io *u = b->users;
    enum err e = ERR_OK;
    for (int i = 0; i < u->conf.users_n && e == ERR_OK; i++) {
        u->user_ios[i].kept.total_wh = SOME_I64(u->state.total_wh[i]);
        e = add(&kept_user_record, &u->user_ios[i].kept, out);
    }
    for (int i = 0; i < u->conf.budgets_n && e == ERR_OK; i++) {
        put_budget(u, i);
        e = add(&kept_budget_record, &u->budget_ios[i].kept, out);
    }
    for (int i = 0; i < b->conf.chargers_n && e == ERR_OK; i++) {
        put_ledger(b, i, &k);
        e = add(&kept_ledger_record, &k, out);
    }
    return e;
}
void users_save(struct brain *b)
{
    struct users_io *u = b->users;
    if (!u)
        return;
    size_t lines = (size_t)(u->conf.users_n + u->conf.budgets_n + b->conf.chargers_n + 1);
    char *text = malloc(lines * LINE_MAX_LEN);
    if (!text)
        abort();
    struct buf out = buf_of(text, lines * LINE_MAX_LEN);
    enum err e = write_all(b, &out);
    if (e == ERR_OK)
        e = state_save(b->svc->state_dir, file_name, (struct str){text, out.len});
    free(text);
    svc_fault(b->svc, "state_not_saved", file_name, e == ERR_OK ? NULL : err_name(e));
    if (e != ERR_OK)
        log_error("event=state_not_saved file=%s/%s error=\"%s\"", b->svc->state_dir, file_name,
                  err_name(e));
    u->save_soon = u->save_later = false;
    u->saved_at = svc_now().mono;
}
int64_t users_save_due(struct brain *b, struct now now)
{
    struct users_io *u = b->users;
    if (!u || (!u->save_soon && !u->save_later))
        return INT64_MAX;
    /* the file grows with the chargers, and so does the number of changes */
    int64_t soon_ms = SOON_MS + PER_CHARGER_MS * b->conf.chargers_n;
    int64_t at = u->saved_at.ms + (u->save_soon ? soon_ms : AMOUNTS_SAVED_MS);
    if (now.mono.ms < at)
        return at;
    users_save(b);
    return INT64_MAX;
}

/* Somebody who is not in the site file any more: what we told of them goes. */
static void forget(struct brain *b, const struct kept_head *h)
{
    if (h->kind == KEPT_KIND_USER) {
        bus_clear(b->svc->bus, MSG_USER_STATE, h->id, NULL);
        bus_clear(b->svc->bus, MSG_AUTHORISATION, h->id, NULL);
    } else if (h->kind == KEPT_KIND_BUDGET) {
        bus_clear(b->svc->bus, MSG_BUDGET_STATE, h->id, NULL);
    }
    if (b->users)
        b->users->save_soon = true;
}
static enum err load_line(struct brain *b, struct str line, struct err_text *why)
{
    static struct kept_ledger ledger;
    struct users_io *u = b->users;
    struct kept_head h;
    enum err e = record_decode(&kept_head_record, line, &h, why);
    if (e != ERR_OK)
        return e;
    int i = !u                           ? NOBODY
            : h.kind == KEPT_KIND_USER   ? user_index(u, h.id)
            : h.kind == KEPT_KIND_BUDGET ? budget_index(u, h.id)
                                         : charger_index(b, h.id);
    if (i < 0) {
        forget(b, &h);
        return ERR_OK;
    }
    switch (h.kind) {
    case KEPT_KIND_USER: {
        struct kept_user *k = &u->user_ios[i].kept;
        e = record_decode(&kept_user_record, line, k, why);
        u->state.total_wh[i] = k->total_wh.v;
        return e;
    }
    case KEPT_KIND_BUDGET:
        e = record_decode(&kept_budget_record, line, &u->budget_ios[i].kept, why);
        if (e == ERR_OK)
            get_budget(u, i);
        return e;
    default:
        e = record_decode(&kept_ledger_record, line, &ledger, why);
        if (e == ERR_OK)
            get_ledger(b, i, &ledger);
        return e;
    }
}
void users_load(struct brain *b)
{
    char *text;
    size_t len;
    enum err e = state_load(b->svc->state_dir, file_name, FILE_MAX, &text, &len);
    if (e != ERR_OK) {
        if (e != ERR_MISSING)
            log_error("event=state_not_read file=%s/%s error=\"%s\"", b->svc->state_dir, file_name,
                      err_name(e));
        return;
    }
    struct str rest = {text, len};
    while (rest.len) {
        struct err_text why = {""};
        struct str line = str_word(&rest, '\n');
        if (line.len && load_line(b, line, &why) != ERR_OK)
            log_error("event=state_ignored file=%s why=\"%s\"", file_name, why.s);
    }
    free(text);
    if (b->users)
        users_cards(b);
    else if (len && state_save(b->svc->state_dir, file_name, (struct str){"", 0}) != ERR_OK)
        log_warn("event=state_not_saved file=%s/%s", b->svc->state_dir, file_name);
}
