/* SPDX-License-Identifier: Apache-2.0
 * loads_commands.c -- what people want of a load: taken from the inbox, written down, cleared. What
 * is refused is answered in control.results, and the old choice stays. */
#include "libcommon/io/log.h"
#include "services/surplus-controller/io/loads.h"

enum { ROLLBACK_MS = 600000 }; /* twice a broker's autosave: so old may be what it brings back */

static void reject(struct load_io *o, const char *field, const char *text)
{
    struct kept_load *k = &o->kept;
    if (k->results_n == MAX_RESULTS)
        memmove(&k->results[0], &k->results[1], --k->results_n * sizeof k->results[0]);
    struct request_result *r = &k->results[k->results_n++];
    memset(r, 0, sizeof *r);
    str_copyz(r->id, sizeof r->id, field);
    str_copyz(r->action, sizeof r->action, "override");
    r->result = RESULT_REJECTED;
    r->ts = svc_now().wall.ms;
    str_copyz(r->text, sizeof r->text, text);
    o->rev++;
}
const struct kept_override *load_override(const struct load_io *o, const char *field)
{
    for (int i = 0; i < o->kept.overrides_n; i++)
        if (strcmp(o->kept.overrides[i].field, field) == 0)
            return &o->kept.overrides[i];
    return NULL;
}
static void end_override(struct load_io *o, const char *field)
{
    struct kept_load *k = &o->kept;
    const struct kept_override *gone = load_override(o, field);
    if (!gone)
        return;
    k->overrides[gone - k->overrides] = k->overrides[k->overrides_n - 1];
    memset(&k->overrides[--k->overrides_n], 0, sizeof k->overrides[0]);
    o->rev++;
}
static bool same_choice(const struct kept_override *a, const struct kept_override *b)
{
    return strcmp(a->field, b->field) == 0 && a->value == b->value &&
           a->until.set == b->until.set && (!a->until.set || a->until.v == b->until.v);
}
/* A stored message that we took already: our clearing of it was lost with the broker's memory. */
static bool rolled_back(const struct kept_load *k, const struct kept_override *o)
{
    for (int i = 0; i < k->taken_n; i++)
        if (same_choice(&k->taken[i], o) && o->since - k->taken[i].since < ROLLBACK_MS)
            return true;
    return false;
}
/* NULL when the choice can be obeyed. */
static const char *why_not(const struct load_io *o, const struct kept_override *want,
                           struct now now)
{
    bool power = strcmp(want->field, "power") == 0, mode = strcmp(want->field, "mode") == 0;
    bool follows = o->conf->kind == LOAD_KIND_POWER || o->conf->kind == LOAD_KIND_GENERATOR;
    if (mode && !(site_load_modes(o->conf) >> want->value & 1))
        return "this kind of load does not know that mode";
    if (power && (!follows || o->conf->output[0]))
        return "this load is only switched; it can't be set to a power";
    if (want->until_unplugged.v)
        return "a load is never unplugged; take a time";
    if (want->until.set && want->until.v <= now.wall.ms)
        return "its end is in the past";
    return NULL;
}
static void take(struct load_io *o, const struct kept_override *want)
{
    struct kept_load *k = &o->kept;
    end_override(o, want->field);
    assert(k->overrides_n < KEPT_OVERRIDES); /* fewer fields than slots */
    k->overrides[k->overrides_n++] = *want;
    if (k->taken_n == KEPT_TAKEN)
        memmove(&k->taken[0], &k->taken[1], --k->taken_n * sizeof k->taken[0]);
    k->taken[k->taken_n++] = *want;
    o->rev++;
}
void load_on_override(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    int k = load_index(b, m->match.id);
    if (k < 0 || !m->override)
        return;
    struct load_io *o = &b->loads->v[k];
    struct kept_override want = {.value = m->override->value,
                                 .since = m->at.wall.ms,
                                 .until = m->override->until_ms,
                                 .until_unplugged = {m->override->until_unplugged, true}};
    str_copyz(want.field, sizeof want.field, override_rows[m->match.override].field);
    const char *no = m->override->clear ? NULL : why_not(o, &want, m->at);
    const struct kept_override *is = load_override(o, want.field);
    bool changes = m->override->clear && is;
    if (m->override->clear) {
        end_override(o, want.field);
    } else if (no) {
        reject(o, want.field, no);
    } else if (!m->retained || !rolled_back(&o->kept, &want)) {
        changes = true;
        take(o, &want);
    } else if (!is || !same_choice(is, &want)) {
        reject(o, want.field,
               "an old choice came back from the broker; set it again if you want it");
    }
    b->save_due = b->save_due || !changes; /* an answer can wait, a flood of them writes once */
    log_info("event=override load=%s field=%s value=%d clear=%d refused=\"%s\"", m->match.id,
             want.field, want.value, m->override->clear, no ? no : "");
    if (b->ready)
        brain_step(b); /* obeyed at once: a slow card delays nobody ... */
    if (changes)
        memory_save(b); /* ... and written down before the inbox forgets it */
    bus_clear_override(b->svc->bus, m->match.override, m->match.id);
}

/* ---- to the snapshot ---- */
static int64_t expire(struct brain *b, struct load_io *o, struct now now)
{
    int64_t next = INT64_MAX;
    for (int i = o->kept.overrides_n - 1; i >= 0; i--) {
        const struct kept_override *v = &o->kept.overrides[i];
        if (!v->until.set)
            continue;
        int64_t left = v->until.v - now.wall.ms;
        if (left > 0) {
            next = min_i64(next, now.mono.ms + min_i64(left, AGE_HI));
            continue;
        }
        char field[sizeof v->field];
        str_copyz(field, sizeof field, v->field);
        end_override(o, field);
        b->save_due = true;
    }
    return next;
}
static struct opt_i32 value_of(const struct load_io *o, const char *field)
{
    const struct kept_override *v = load_override(o, field);
    return v ? SOME_I32(v->value) : (struct opt_i32){0};
}
int64_t loads_refresh(struct brain *b, struct now now)
{
    int64_t next = INT64_MAX;
    for (int k = 0; k < b->loads->n; k++) {
        struct load_io *o = &b->loads->v[k];
        struct control_load_in *in = &b->loads->in[k];
        int i = b->conf.chargers_n + k;
        next = min_i64(next, expire(b, o, now));
        struct opt_i32 mode = value_of(o, "mode");
        enum load_mode usual =
            o->conf->kind == LOAD_KIND_GENERATOR ? LOAD_MODE_NORMAL : LOAD_MODE_SOLAR;
        in->mode = mode.set ? (enum load_mode)mode.v : o->conf->mode ? o->conf->mode : usual;
        in->max_power_w = value_of(o, "power");
        rules_load(b, k, mode.set, in);
        b->charger_ins[i].priority = value_of(o, "priority");
        load_as_charger(in, b->chargers[i].phases, &b->charger_ins[i]);
    }
    return next;
}
