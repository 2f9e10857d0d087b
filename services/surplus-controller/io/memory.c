/* SPDX-License-Identifier: Apache-2.0
 * memory.c -- what outlives the process: choices of people, dwell times, answers. One JSON object
 * per line; written when something changed, never per sample. */
#include "services/surplus-controller/io/loads.h"
#include "libcommon/io/log.h"
#include "libcommon/io/state.h"
#include "proto/codec.h"

RECORD_DEFINE(kept_override, KEPT_OVERRIDE_ROWS, "a choice of a person")
RECORD_DEFINE(kept_charger, KEPT_CHARGER_ROWS, "what is kept of a charger")
RECORD_DEFINE(kept_circuit, KEPT_CIRCUIT_ROWS, "what is kept of a circuit")

enum { MISSING_MJ = 100000000 }; /* saved in steps of 100 kJ */
enum { LEAVES_MA = 200, LONG_IDLE_MS = 3600000, LINE_MAX_LEN = 16384, FILE_MAX = 64 << 20 };
static const char chargers_file[] = "chargers.jsonl", circuits_file[] = "circuits.jsonl";

/* ---- times ---- */
struct opt_i64 memory_wall_of(const struct control_timer *x, struct now now)
{
    if (!x->on)
        return (struct opt_i64){0};
    return SOME_I64(now.wall.ms - mono_since_ms(now.mono, x->since));
}
/* A wall clock that jumped may shorten a dwell time, never make it longer than it is. */
struct control_timer memory_timer_of(struct opt_i64 wall, struct now now)
{
    int64_t age = wall.set ? max_i64(0, now.wall.ms - wall.v) : 0;
    return (struct control_timer){wall.set, {now.mono.ms - min_i64(age, AGE_HI)}};
}
static bool timer_changed(struct control_timer *kept, const struct control_timer *now)
{
    bool changed = kept->on != now->on || (now->on && kept->since.ms != now->since.ms);
    *kept = *now;
    return changed;
}
/* A switch of the contacts goes on where it was; the box may have done it by then. */
static void track_switch(struct brain *b, int i, struct now now)
{
    const struct control_charger_state *x = &b->state.chargers[i];
    struct kept_charger *k = &b->ios[i].kept;
    struct control_timer quiet = {x->change.to && x->quiet.on, x->quiet.since};
    bool begun = x->change.to != (k->switch_to.set ? k->switch_to.v : 0);
    if (begun || quiet.on != k->quiet_since.set || x->switched_to) {
        struct control_timer since = {x->change.to != 0, x->change.since};
        struct control_timer done = {x->switched_at.ms > 0, x->switched_at};
        k->switch_to = (struct opt_i32){x->change.to, x->change.to != 0};
        k->switch_since = memory_wall_of(&since, now);
        k->quiet_since = memory_wall_of(&quiet, now);
        k->switched_at = memory_wall_of(&done, now);
        b->save_due = true;
    }
}
static void load_switch(struct brain *b, int i, struct now now)
{
    struct control_charger_state *x = &b->state.chargers[i];
    const struct kept_charger *k = &b->ios[i].kept;
    if (k->switched_at.set)
        x->switched_at = memory_timer_of(k->switched_at, now).since;
    if (!k->switch_to.set)
        return;
    x->change = (struct control_change){.to = (uint8_t)k->switch_to.v, .asked = true};
    x->change.since = memory_timer_of(k->switch_since, now).since;
    x->quiet = memory_timer_of(k->quiet_since, now);
}
/* What was learnt of a car; small changes are not worth a write. */
static void track_car(struct brain *b, int i)
{
    const struct control_charger_state *x = &b->state.chargers[i];
    struct kept_charger *k = &b->ios[i].kept;
    int32_t off = x->under_ma - (k->car_leaves_ma.set ? k->car_leaves_ma.v : 0);
    if (x->used == (k->car_phases.set ? k->car_phases.v : 0) && off < LEAVES_MA &&
        off > -LEAVES_MA && x->learnt == k->car_tried.v && x->idle == k->car_idle.v)
        return;
    k->car_phases = SOME_I32(x->used);
    k->car_leaves_ma = SOME_I32(x->under_ma);
    k->car_tried = SOME_BOOL(x->learnt);
    k->car_idle = SOME_BOOL(x->idle);
    b->save_due = true;
}
static void load_car(struct brain *b, int i, struct now now)
{
    struct control_charger_state *x = &b->state.chargers[i];
    const struct kept_charger *k = &b->ios[i].kept;
    x->used = (uint8_t)(k->car_phases.set ? k->car_phases.v : 0);
    x->under_ma = k->car_leaves_ma.set ? k->car_leaves_ma.v : 0;
    x->learnt = k->car_tried.v;
    if (k->car_idle.v)
        x->idle_since = (struct control_timer){true, mono_after(now.mono, -LONG_IDLE_MS)};
}
static void track_stops(struct brain *b, int i, struct now now)
{
    const struct control_charger_state *x = &b->state.chargers[i];
    struct charger_io *io = &b->ios[i];
    int64_t more = x->missing.mj - io->kept.hold_missing_mj.v;
    bool hold = timer_changed(&io->hold, &x->hold),
         stopped = timer_changed(&io->stopped, &x->stopped);
    bool crowded = timer_changed(&io->crowded, &x->crowded);
    bool spent = x->hold.on && (more < 0 || more >= MISSING_MJ);
    if (!hold && !stopped && !crowded && !spent)
        return;
    io->kept.hold_since = memory_wall_of(&x->hold, now);
    io->kept.hold_missing_mj = (struct opt_i64){x->missing.mj, x->hold.on};
    struct control_timer counted = {x->hold.on, {x->missing.until_ms.v}};
    io->kept.hold_counted_at = memory_wall_of(&counted, now);
    io->kept.stopped_at = memory_wall_of(&x->stopped, now);
    io->kept.crowded_at = memory_wall_of(&x->crowded, now);
    b->save_due = true;
}
void memory_track(struct brain *b, struct now now)
{
    for (int i = 0; i < b->conf.chargers_n; i++) {
        track_stops(b, i, now);
        track_switch(b, i, now);
        track_car(b, i);
    }
    for (int i = 0; i < b->conf.circuits_n; i++) {
        const struct control_circuit_state *k = &b->state.circuits[i];
        struct phases_i32 ma = {{0}, 0};
        struct control_timer last = {0};
        for (int p = 0; p < PHASES; p++)
            if (k->reduced[p].on) {
                phase_put(&ma, p, k->reduced_ma[p]);
                if (!last.on || k->reduced[p].since.ms > last.since.ms)
                    last = k->reduced[p];
            }
        struct kept_circuit *kept = &b->circuits_kept[i];
        if (memcmp(&ma, &kept->reduced_ma, sizeof ma) == 0)
            continue;
        kept->reduced_ma = ma;
        kept->since = memory_wall_of(&last, now);
        b->save_due = true;
    }
}

/* ---- files ---- */
void memory_save_file(struct brain *b, const char *name, const struct record *r, const char *items,
                      size_t stride, int n)
{
    size_t cap = (size_t)(n + 1) * LINE_MAX_LEN;
    char *text = malloc(cap);
    if (!text)
        abort();
    struct buf out = buf_of(text, cap);
    enum err e = ERR_OK;
    for (int i = 0; i < n && e == ERR_OK; i++) {
        e = record_encode(r, items + stride * (size_t)i, &out);
        buf_addz(&out, "\n");
    }
    if (e == ERR_OK)
        e = state_save(b->svc->state_dir, name, (struct str){text, out.len});
    free(text);
    svc_fault(b->svc, "state_not_saved", name, e == ERR_OK ? NULL : err_name(e));
    if (e != ERR_OK)
        log_error("event=state_not_saved file=%s/%s error=\"%s\"", b->svc->state_dir, name,
                  err_name(e));
}
void memory_save(struct brain *b)
{
    b->save_due = false;
    memory_save_file(b, chargers_file, &kept_charger_record,
                     (const char *)b->ios + offsetof(struct charger_io, kept), sizeof b->ios[0],
                     b->conf.chargers_n);
    memory_save_file(b, circuits_file, &kept_circuit_record, (const char *)b->circuits_kept,
                     sizeof b->circuits_kept[0], b->conf.circuits_n);
    loads_save(b);
    storage_save(b);
}
void memory_load_file(struct brain *b, const char *name, const struct record *r, void *item,
                      memory_line_cb *cb, void *user)
{
    char *text;
    size_t len;
    enum err e = state_load(b->svc->state_dir, name, FILE_MAX, &text, &len);
    if (e != ERR_OK) {
        if (e != ERR_MISSING)
            log_error("event=state_not_read file=%s/%s error=\"%s\"", b->svc->state_dir, name,
                      err_name(e));
        return;
    }
    struct str rest = {text, len};
    while (rest.len) {
        struct str line = str_word(&rest, '\n');
        struct err_text why;
        if (line.len && record_decode(r, line, item, &why) != ERR_OK)
            log_error("event=state_ignored file=%s why=\"%s\"", name, why.s);
        else if (line.len)
            cb(user, item);
    }
    free(text);
}
static void load_charger(void *user, const void *item)
{
    struct brain *b = user;
    const struct kept_charger *k = item;
    int i = charger_index(b, k->id);
    if (i < 0)
        return;
    b->ios[i].kept = *k;
    b->ios[i].plugged = k->plugged.v;
}
static void load_circuit(void *user, const void *item)
{
    struct brain *b = user;
    const struct kept_circuit *k = item;
    for (int i = 0; i < b->conf.circuits_n; i++)
        if (strcmp(b->circuits_kept[i].id, k->id) == 0)
            b->circuits_kept[i] = *k;
}
void memory_load(struct brain *b, struct now now)
{
    static struct kept_charger charger; /* large, and there is one loop */
    struct kept_circuit circuit;
    memory_load_file(b, chargers_file, &kept_charger_record, &charger, load_charger, b);
    memory_load_file(b, circuits_file, &kept_circuit_record, &circuit, load_circuit, b);
    loads_load(b, now);
    for (int i = 0; i < b->conf.chargers_n; i++) {
        struct control_charger_state *x = &b->state.chargers[i];
        struct charger_io *io = &b->ios[i];
        x->hold = io->hold = memory_timer_of(io->kept.hold_since, now);
        struct control_timer counted = memory_timer_of(io->kept.hold_counted_at, now);
        x->missing =
            (struct control_missing){io->kept.hold_missing_mj.v, {counted.since.ms, counted.on}};
        x->stopped = io->stopped = memory_timer_of(io->kept.stopped_at, now);
        x->crowded = io->crowded = memory_timer_of(io->kept.crowded_at, now);
        load_switch(b, i, now);
        load_car(b, i, now);
    }
    for (int i = 0; i < b->conf.circuits_n; i++) {
        const struct kept_circuit *k = &b->circuits_kept[i];
        for (int p = 0; p < PHASES; p++)
            if (phase_set(&k->reduced_ma, p)) {
                b->state.circuits[i].reduced_ma[p] = k->reduced_ma.v[p];
                b->state.circuits[i].reduced[p] = memory_timer_of(k->since, now);
            }
    }
}
