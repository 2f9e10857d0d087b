/* SPDX-License-Identifier: Apache-2.0
 * commands.c -- what people want: overrides and requests. Both are inboxes: taken, written down,
 * cleared. What is refused is answered in control.results, and the old choice stays. */
#include "services/surplus-controller/io/brain.h"
#include "libcommon/io/log.h"
#include "services/surplus-controller/io/inbox.h"

enum { EXPIRES_MAX_MS = 60000 };

static struct inbox inbox_of(struct brain *b, int i)
{
    return INBOX_OF(&b->ios[i].kept, &b->ios[i].rev);
}
void commands_answer(struct brain *b, int i, const char *id, const char *action, enum result result,
                     const char *text)
{
    struct inbox x = inbox_of(b, i);
    inbox_answer(&x, id, action, result, text);
}

/* ---- overrides ---- */
/* A text counts by its hash; only short ones are kept here. */
static struct kept_override choice_of(const struct bus_msg *m)
{
    const struct override_row *row = &override_rows[m->match.override];
    struct kept_override o = inbox_choice(m);
    if (row->kind == KIND_STR) {
        o.value = (int32_t)(str_hash(str_of(m->override->text)) & INT32_MAX);
        if (row->hi < KEPT_TEXT)
            str_copyz(o.text, sizeof o.text, m->override->text);
    }
    return o;
}
static void on_override(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    int i = charger_index(b, m->match.id);
    if (i < 0 || !m->override)
        return;
    struct inbox x = inbox_of(b, i);
    struct kept_override o = choice_of(m);
    struct err_text no = {""};
    if (m->override->clear || choices_check(b, i, &o, m->override->text, m->at, &no) == ERR_OK)
        no.s[0] = '\0';
    bool changed = inbox_receive(&x, m, &o, no.s);
    if (changed && !m->override->clear && strcmp(o.field, "week") == 0)
        str_copyz(b->ios[i].kept.week, sizeof b->ios[i].kept.week, m->override->text);
    b->choices->claims_changed = b->choices->claims_changed || changed;
    inbox_close(b, m, changed);
}
bool commands_chosen(const struct brain *b, int i, const char *field)
{
    const struct kept_charger *k = &b->ios[i].kept;
    return inbox_find(k->overrides, k->overrides_n, field) != NULL;
}
void commands_choose(struct brain *b, int i, const char *field, int32_t value)
{
    struct now now = svc_now();
    struct inbox x = inbox_of(b, i);
    struct kept_override o = {
        .value = value, .since = now.wall.ms, .until_unplugged = SOME_BOOL(true)};
    str_copyz(o.field, sizeof o.field, field);
    struct err_text no = {""};
    if (choices_check(b, i, &o, "", now, &no) != ERR_OK)
        commands_answer(b, i, field, "card", RESULT_REJECTED, no.s);
    else
        inbox_take(&x, &o);
    b->choices->claims_changed = b->save_due = true;
}
void commands_pause(struct brain *b, int i, bool pause)
{
    b->ios[i].kept.paused = SOME_BOOL(pause);
    b->ios[i].rev++;
    b->save_due = true;
}
void commands_unplugged(struct brain *b, int i)
{
    struct kept_charger *k = &b->ios[i].kept;
    if (k->paused.v) {
        k->paused = (struct opt_bool){0};
        b->ios[i].rev++;
        b->save_due = true;
    }
    struct inbox x = inbox_of(b, i);
    for (int o = k->overrides_n - 1; o >= 0; o--)
        if (k->overrides[o].until_unplugged.v) {
            char field[sizeof k->overrides[o].field];
            str_copyz(field, sizeof field, k->overrides[o].field);
            b->save_due = inbox_end(&x, field) || b->save_due;
            b->choices->claims_changed = true;
        }
    choices_left(b, i);
}

/* ---- requests ---- */
static bool handled(const struct kept_charger *k, const char *id)
{
    for (int i = 0; i < k->results_n; i++)
        if (strcmp(k->results[i].id, id) == 0)
            return true;
    return false;
}
static void on_request(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    const struct request *r = m->body;
    int i = charger_index(b, m->match.id);
    if (i < 0 || !r)
        return;
    bool pause = strcmp(r->action, "pause") == 0;
    if (!pause && strcmp(r->action, "resume") != 0)
        return; /* for the bridge */
    if (handled(&b->ios[i].kept, r->id)) {
        bus_clear(b->svc->bus, MSG_CHARGER_REQUEST, m->match.id, NULL);
        return;
    }
    if (r->expires <= m->at.wall.ms) {
        commands_answer(b, i, r->id, r->action, RESULT_EXPIRED, "it came too late");
    } else if (r->expires > m->at.wall.ms + EXPIRES_MAX_MS) {
        commands_answer(b, i, r->id, r->action, RESULT_INVALID,
                        "expires may be at most 60 s ahead");
    } else {
        b->ios[i].kept.paused = (struct opt_bool){pause, true};
        commands_answer(b, i, r->id, r->action, RESULT_DONE, "");
    }
    log_info("event=request charger=%s action=%s id=%s", m->match.id, r->action, r->id);
    if (b->ready)
        brain_step(b);
    memory_save(b);
    bus_clear(b->svc->bus, MSG_CHARGER_REQUEST, m->match.id, NULL);
}

int64_t commands_refresh(struct brain *b, struct now now)
{
    int64_t next = INT64_MAX;
    for (int i = 0; i < b->conf.chargers_n; i++) {
        struct inbox x = inbox_of(b, i);
        if (!inbox_expire(&x, now, &next))
            continue;
        b->choices->claims_changed = b->save_due = true;
    }
    return min_i64(next, choices_refresh(b, now));
}
void commands_subscribe(struct brain *b)
{
    for (int i = 0; i < b->conf.chargers_n; i++) {
        bus_on_override(b->svc->bus, "charger", b->ios[i].id, on_override, b);
        bus_on(b->svc->bus, MSG_CHARGER_REQUEST, b->ios[i].id, on_request, b);
    }
}
