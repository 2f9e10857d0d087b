/* SPDX-License-Identifier: Apache-2.0
 * commands.c -- what people want: overrides and requests. Both are inboxes: taken, written down,
 * cleared. What is refused is answered in control.results, and the old choice stays. */
#include "services/surplus-controller/io/brain.h"
#include "libcommon/io/log.h"

enum {
    EXPIRES_MAX_MS = 60000,
    /* Twice a broker's autosave: so old may be what it brings back after a crash. */
    ROLLBACK_MS = 600000,
};

void commands_answer(struct brain *b, int i, const char *id, const char *action, enum result result,
                     const char *text)
{
    struct kept_charger *k = &b->ios[i].kept;
    if (k->results_n == MAX_RESULTS)
        memmove(&k->results[0], &k->results[1], --k->results_n * sizeof k->results[0]);
    struct request_result *r = &k->results[k->results_n++];
    memset(r, 0, sizeof *r);
    str_copyz(r->id, sizeof r->id, id);
    str_copyz(r->action, sizeof r->action, action);
    r->result = result;
    r->ts = svc_now().wall.ms;
    str_copyz(r->text, sizeof r->text, text);
    b->ios[i].rev++;
}

/* ---- overrides ---- */
static struct kept_override *active(struct kept_charger *k, const char *field)
{
    for (int i = 0; i < k->overrides_n; i++)
        if (strcmp(k->overrides[i].field, field) == 0)
            return &k->overrides[i];
    return NULL;
}
static void end_override(struct brain *b, int i, const char *field)
{
    struct kept_charger *k = &b->ios[i].kept;
    struct kept_override *o = active(k, field);
    if (!o)
        return;
    *o = k->overrides[--k->overrides_n];
    memset(&k->overrides[k->overrides_n], 0, sizeof *o);
    b->choices->claims_changed = true;
    b->ios[i].rev++;
    b->save_due = true;
}
static bool same_choice(const struct kept_override *a, const struct kept_override *b)
{
    return strcmp(a->field, b->field) == 0 && a->value == b->value &&
           a->until.set == b->until.set && (!a->until.set || a->until.v == b->until.v) &&
           a->until_unplugged.v == b->until_unplugged.v;
}
/* A stored message that we took already: our clearing of it was lost with the broker's memory. */
static bool rolled_back(const struct kept_charger *k, const struct kept_override *o)
{
    for (int i = 0; i < k->taken_n; i++)
        if (same_choice(&k->taken[i], o) && o->since - k->taken[i].since < ROLLBACK_MS)
            return true;
    return false;
}
static void take(struct brain *b, int i, const struct kept_override *o, const char *text)
{
    struct kept_charger *k = &b->ios[i].kept;
    struct kept_override *slot = active(k, o->field);
    if (!slot && k->overrides_n < KEPT_OVERRIDES)
        slot = &k->overrides[k->overrides_n++];
    assert(slot); /* fewer fields than slots */
    *slot = *o;
    if (strcmp(o->field, "week") == 0)
        str_copyz(k->week, sizeof k->week, text);
    if (k->taken_n == KEPT_TAKEN)
        memmove(&k->taken[0], &k->taken[1], --k->taken_n * sizeof k->taken[0]);
    k->taken[k->taken_n++] = *o;
    b->ios[i].rev++;
    b->choices->claims_changed = true;
}
/* A text counts by its hash; only short ones are kept here. */
static struct kept_override choice_of(const struct bus_msg *m)
{
    const struct override_row *row = &override_rows[m->match.override];
    struct kept_override o = {.value = m->override->value,
                              .since = m->at.wall.ms,
                              .until = m->override->until_ms,
                              .until_unplugged = {m->override->until_unplugged, true}};
    str_copyz(o.field, sizeof o.field, row->field);
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
    struct kept_override o = choice_of(m);
    struct err_text no = {""};
    bool good =
        m->override->clear || choices_check(b, i, &o, m->override->text, m->at, &no) == ERR_OK;
    const struct kept_override *now_active = active(&b->ios[i].kept, o.field);
    bool changes = false;
    if (m->override->clear) {
        changes = now_active != NULL;
        end_override(b, i, o.field);
    } else if (!good) {
        commands_answer(b, i, o.field, "override", RESULT_REJECTED, no.s);
    } else if (!m->retained || !rolled_back(&b->ios[i].kept, &o)) {
        changes = true;
        take(b, i, &o, m->override->text);
    } else if (!now_active || !same_choice(now_active, &o)) {
        commands_answer(b, i, o.field, "override", RESULT_REJECTED,
                        "an old choice came back from the broker; set it again if you want it");
    }
    log_info("event=override charger=%s field=%s value=%d clear=%d refused=\"%s\"", m->match.id,
             o.field, o.value, m->override->clear, no.s);
    b->save_due = b->save_due || !changes; /* an answer can wait, a flood of them writes once */
    if (b->ready)
        brain_step(b); /* obeyed at once: a slow card delays nobody ... */
    if (changes)
        memory_save(b); /* ... and written down before the inbox forgets it */
    bus_clear_override(b->svc->bus, m->match.override, m->match.id);
}
bool commands_chosen(const struct brain *b, int i, const char *field)
{
    const struct kept_charger *k = &b->ios[i].kept;
    for (int o = 0; o < k->overrides_n; o++)
        if (strcmp(k->overrides[o].field, field) == 0)
            return true;
    return false;
}
void commands_choose(struct brain *b, int i, const char *field, int32_t value)
{
    struct now now = svc_now();
    struct kept_override o = {
        .value = value, .since = now.wall.ms, .until_unplugged = SOME_BOOL(true)};
    str_copyz(o.field, sizeof o.field, field);
    struct err_text no = {""};
    if (choices_check(b, i, &o, "", now, &no) != ERR_OK)
        commands_answer(b, i, field, "card", RESULT_REJECTED, no.s);
    else
        take(b, i, &o, "");
    b->save_due = true;
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
    for (int o = k->overrides_n - 1; o >= 0; o--)
        if (k->overrides[o].until_unplugged.v)
            end_override(b, i, k->overrides[o].field);
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
        struct kept_charger *k = &b->ios[i].kept;
        for (int o = k->overrides_n - 1; o >= 0; o--) {
            if (!k->overrides[o].until.set)
                continue;
            int64_t left = k->overrides[o].until.v - now.wall.ms;
            if (left <= 0)
                end_override(b, i, k->overrides[o].field);
            else
                next = min_i64(next, now.mono.ms + min_i64(left, AGE_HI));
        }
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
