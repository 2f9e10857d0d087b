/* SPDX-License-Identifier: Apache-2.0
 * storage_choices.c -- battery/<id>/override/…: inboxes, as for chargers: taken, written down,
 * cleared; what is refused is answered in battery/<id>/control. */
#include "libcommon/io/discovery.h"
#include "libcommon/io/log.h"
#include "libcommon/io/state.h"
#include "proto/codec.h"
#include "services/surplus-controller/io/brain.h"

RECORD_DEFINE(kept_battery, KEPT_BATTERY_ROWS, "what is kept of a battery")

enum {
    LINE_MAX_LEN = 8192,
    FILE_MAX = 1 << 20,
    ROLLBACK_MS = 600000, /* so old may be what a broker brings back after a crash */
};
static const char file[] = "batteries.jsonl";

static int index_of(const struct brain *b, const char *id)
{
    for (int i = 0; i < b->storage->conf.n; i++)
        if (strcmp(b->storage->ios[i].id, id) == 0)
            return i;
    return -1;
}
const struct kept_override *storage_choice(const struct battery_io *io, const char *field)
{
    for (int i = 0; i < io->kept.overrides_n; i++)
        if (strcmp(io->kept.overrides[i].field, field) == 0)
            return &io->kept.overrides[i];
    return NULL;
}

/* ---- file ---- */
static void save(struct brain *b)
{
    const struct storage_io *x = b->storage;
    size_t cap = (size_t)(x->conf.n + 1) * LINE_MAX_LEN;
    char *text = malloc(cap);
    if (!text)
        abort();
    struct buf out = buf_of(text, cap);
    enum err e = ERR_OK;
    for (int i = 0; i < x->conf.n && e == ERR_OK; i++) {
        e = record_encode(&kept_battery_record, &x->ios[i].kept, &out);
        buf_addz(&out, "\n");
    }
    if (e == ERR_OK)
        e = state_save(b->svc->state_dir, file, (struct str){text, out.len});
    free(text);
    svc_fault(b->svc, "state_not_saved", file, e == ERR_OK ? NULL : err_name(e));
}
void storage_choices_load(struct brain *b)
{
    char *text;
    size_t len;
    if (!b->storage || state_load(b->svc->state_dir, file, FILE_MAX, &text, &len) != ERR_OK)
        return;
    struct str rest = {text, len};
    while (rest.len) {
        static struct kept_battery k;
        struct err_text why;
        struct str line = str_word(&rest, '\n');
        if (!line.len)
            continue;
        if (record_decode(&kept_battery_record, line, &k, &why) != ERR_OK) {
            log_error("event=state_ignored file=%s why=\"%s\"", file, why.s);
            continue;
        }
        int i = index_of(b, k.id);
        if (i >= 0)
            b->storage->ios[i].kept = k;
    }
    free(text);
}

/* ---- inbox ---- */
static void answer(struct battery_io *io, const char *field, const char *text)
{
    struct kept_battery *k = &io->kept;
    if (k->results_n == MAX_RESULTS)
        memmove(&k->results[0], &k->results[1], --k->results_n * sizeof k->results[0]);
    struct request_result *r = &k->results[k->results_n++];
    memset(r, 0, sizeof *r);
    str_copyz(r->id, sizeof r->id, field);
    str_copyz(r->action, sizeof r->action, "override");
    r->result = RESULT_REJECTED;
    r->ts = svc_now().wall.ms;
    str_copyz(r->text, sizeof r->text, text);
}
static void end_choice(struct battery_io *io, const char *field)
{
    struct kept_battery *k = &io->kept;
    for (int i = 0; i < k->overrides_n; i++)
        if (strcmp(k->overrides[i].field, field) == 0) {
            k->overrides[i] = k->overrides[--k->overrides_n];
            memset(&k->overrides[k->overrides_n], 0, sizeof k->overrides[0]);
            return;
        }
}
static bool same_choice(const struct kept_override *a, const struct kept_override *b)
{
    return strcmp(a->field, b->field) == 0 && a->value == b->value &&
           a->until.set == b->until.set && (!a->until.set || a->until.v == b->until.v);
}
static bool rolled_back(const struct kept_battery *k, const struct kept_override *o)
{
    for (int i = 0; i < k->taken_n; i++)
        if (same_choice(&k->taken[i], o) && o->since - k->taken[i].since < ROLLBACK_MS)
            return true;
    return false;
}
static void take(struct battery_io *io, const struct kept_override *o)
{
    struct kept_battery *k = &io->kept;
    end_choice(io, o->field);
    assert(k->overrides_n < BATTERY_CHOICES);
    k->overrides[k->overrides_n++] = *o;
    if (k->taken_n == KEPT_TAKEN)
        memmove(&k->taken[0], &k->taken[1], --k->taken_n * sizeof k->taken[0]);
    k->taken[k->taken_n++] = *o;
}
static const char *why_not(const struct brain *b, int i, const struct bus_msg *m)
{
    const struct override *o = m->override;
    const char *field = override_rows[m->match.override].field;
    if (!b->storage->units[i].control)
        return "it can't be controlled, or may not be (control: false)";
    if (strcmp(field, "mode") == 0 && o->value == BATTERY_MODE_POWER)
        return "expected normal, hold, charge or limit";
    if (o->until_unplugged)
        return "a battery is not unplugged";
    if (o->until_ms.set && o->until_ms.v <= m->at.wall.ms)
        return "its end is in the past";
    return NULL;
}
static void on_override(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    int i = index_of(b, m->match.id);
    if (i < 0 || !m->override)
        return;
    struct battery_io *io = &b->storage->ios[i];
    struct kept_override o = {
        .value = m->override->value, .since = m->at.wall.ms, .until = m->override->until_ms};
    str_copyz(o.field, sizeof o.field, override_rows[m->match.override].field);
    const char *no = m->override->clear ? NULL : why_not(b, i, m);
    const struct kept_override *old = storage_choice(io, o.field);
    if (m->override->clear)
        end_choice(io, o.field);
    else if (no)
        answer(io, o.field, no);
    else if (!m->retained || !rolled_back(&io->kept, &o))
        take(io, &o);
    else if (!old || !same_choice(old, &o))
        answer(io, o.field, "an old choice came back from the broker; set it again if you want it");
    io->rev++;
    log_info("event=override battery=%s field=%s value=%d clear=%d refused=\"%s\"", io->id, o.field,
             o.value, m->override->clear, no ? no : "");
    save(b); /* written down before the inbox forgets it */
    bus_clear_override(b->svc->bus, m->match.override, io->id);
    if (b->ready)
        brain_step(b);
}
void storage_choices_subscribe(struct brain *b)
{
    if (!b->storage)
        return;
    discovery_allow(b->svc->discovery, "battery", "mode",
                    1u << BATTERY_MODE_NORMAL | 1u << BATTERY_MODE_HOLD |
                        1u << BATTERY_MODE_CHARGE | 1u << BATTERY_MODE_LIMIT);
    for (int i = 0; i < b->storage->conf.n; i++)
        bus_on_override(b->svc->bus, "battery", b->storage->ios[i].id, on_override, b);
}

/* ---- to the core ---- */
static struct opt_i32 value_of(const struct battery_io *io, const char *field)
{
    const struct kept_override *o = storage_choice(io, field);
    return o ? SOME_I32(o->value) : (struct opt_i32){0};
}
static bool end_old(struct battery_io *io, struct now now, int64_t *next)
{
    bool ended = false;
    for (int i = io->kept.overrides_n - 1; i >= 0; i--) {
        const struct kept_override *o = &io->kept.overrides[i];
        if (!o->until.set)
            continue;
        int64_t left = o->until.v - now.wall.ms;
        if (left > 0) {
            *next = min_i64(*next, now.mono.ms + min_i64(left, AGE_HI));
            continue;
        }
        char field[sizeof o->field];
        str_copyz(field, sizeof field, o->field);
        end_choice(io, field);
        io->rev++;
        ended = true;
    }
    return ended;
}
int64_t storage_choices_refresh(struct brain *b, struct now now)
{
    int64_t next = INT64_MAX;
    bool ended = false;
    for (int i = 0; i < b->storage->conf.n; i++) {
        struct battery_io *io = &b->storage->ios[i];
        struct storage_unit_in *u = &b->storage->ins[i];
        ended = end_old(io, now, &next) || ended;
        struct opt_i32 mode = value_of(io, "mode");
        u->mode = mode.set ? (enum battery_mode)mode.v : BATTERY_MODE_NORMAL;
        u->charge_w = value_of(io, "charge_power");
        u->discharge_w = value_of(io, "discharge_power");
        u->min_soc_pm = value_of(io, "min_soc");
        u->max_soc_pm = value_of(io, "max_soc");
        u->first_until_soc_pm = value_of(io, "first_until_soc");
    }
    if (ended)
        save(b);
    return next;
}
