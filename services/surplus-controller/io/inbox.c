/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/io/inbox.h"
#include "libcommon/io/log.h"
#include "services/surplus-controller/io/brain.h"

enum { ROLLBACK_MS = 600000 }; /* twice a broker's autosave: so old may be what it brings back */

const struct kept_override *inbox_find(const struct kept_override *all, size_t n, const char *field)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].field, field) == 0)
            return &all[i];
    return NULL;
}
static struct kept_override *active(const struct inbox *x, const char *field)
{
    for (size_t i = 0; i < *x->overrides_n; i++)
        if (strcmp(x->overrides[i].field, field) == 0)
            return &x->overrides[i];
    return NULL;
}
bool inbox_end(const struct inbox *x, const char *field)
{
    struct kept_override *o = active(x, field);
    if (!o)
        return false;
    *o = x->overrides[--*x->overrides_n];
    memset(&x->overrides[*x->overrides_n], 0, sizeof *o);
    (*x->rev)++;
    return true;
}
void inbox_answer(const struct inbox *x, const char *id, const char *action, enum result result,
                  const char *text)
{
    if (*x->results_n == MAX_RESULTS)
        memmove(&x->results[0], &x->results[1], --*x->results_n * sizeof x->results[0]);
    struct request_result *r = &x->results[(*x->results_n)++];
    memset(r, 0, sizeof *r);
    str_copyz(r->id, sizeof r->id, id);
    str_copyz(r->action, sizeof r->action, action);
    r->result = result;
    r->ts = svc_now().wall.ms;
    str_copyz(r->text, sizeof r->text, text);
    (*x->rev)++;
}
static bool same_choice(const struct kept_override *a, const struct kept_override *b)
{
    return strcmp(a->field, b->field) == 0 && a->value == b->value &&
           a->until.set == b->until.set && (!a->until.set || a->until.v == b->until.v) &&
           a->until_unplugged.v == b->until_unplugged.v;
}
/* A stored message that we took already: our clearing of it was lost with the broker's memory. */
static bool rolled_back(const struct inbox *x, const struct kept_override *o)
{
    for (size_t i = 0; i < *x->taken_n; i++)
        if (same_choice(&x->taken[i], o) && o->since - x->taken[i].since < ROLLBACK_MS)
            return true;
    return false;
}
void inbox_take(const struct inbox *x, const struct kept_override *o)
{
    struct kept_override *slot = active(x, o->field);
    if (!slot && *x->overrides_n < x->cap)
        slot = &x->overrides[(*x->overrides_n)++];
    assert(slot); /* fewer fields than slots */
    *slot = *o;
    if (*x->taken_n == KEPT_TAKEN)
        memmove(&x->taken[0], &x->taken[1], --*x->taken_n * sizeof x->taken[0]);
    x->taken[(*x->taken_n)++] = *o;
    (*x->rev)++;
}
struct kept_override inbox_choice(const struct bus_msg *m)
{
    struct kept_override o = {.value = m->override->value,
                              .since = m->at.wall.ms,
                              .until = m->override->until_ms,
                              .until_unplugged = {m->override->until_unplugged, true}};
    str_copyz(o.field, sizeof o.field, override_rows[m->match.override].field);
    return o;
}
bool inbox_receive(const struct inbox *x, const struct bus_msg *m, const struct kept_override *o,
                   const char *no)
{
    const struct kept_override *is = active(x, o->field);
    bool changed = false;
    if (m->override->clear) {
        no = NULL;
        changed = inbox_end(x, o->field);
    } else if (no && no[0]) {
        inbox_answer(x, o->field, "override", RESULT_REJECTED, no);
    } else if (!m->retained || !rolled_back(x, o)) {
        changed = true;
        inbox_take(x, o);
    } else if (!is || !same_choice(is, o)) {
        inbox_answer(x, o->field, "override", RESULT_REJECTED,
                     "an old choice came back from the broker; set it again if you want it");
    }
    log_info("event=override %s=%s field=%s value=%d clear=%d refused=\"%s\"",
             override_rows[m->match.override].cls, m->match.id, o->field, o->value,
             m->override->clear, no ? no : "");
    return changed;
}
void inbox_close(struct brain *b, const struct bus_msg *m, bool changed)
{
    b->save_due = b->save_due || !changed; /* an answer can wait, a flood of them writes once */
    if (b->ready)
        brain_step(b); /* obeyed at once ... */
    if (changed)
        memory_save(b); /* ... and written down before the inbox forgets it */
    bus_clear_override(b->svc->bus, m->match.override, m->match.id);
}
bool inbox_expire(const struct inbox *x, struct now now, int64_t *next_mono_ms)
{
    bool ended = false;
    for (size_t i = *x->overrides_n; i-- > 0;) {
        const struct kept_override *o = &x->overrides[i];
        if (!o->until.set)
            continue;
        int64_t left = o->until.v - now.wall.ms;
        if (left > 0) {
            *next_mono_ms = min_i64(*next_mono_ms, now.mono.ms + min_i64(left, AGE_HI));
            continue;
        }
        char field[sizeof o->field];
        str_copyz(field, sizeof field, o->field);
        ended = inbox_end(x, field) || ended;
    }
    return ended;
}
