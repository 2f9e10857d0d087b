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

enum { LINE_MAX_LEN = 16384, FILE_MAX = 64 << 20 };
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

void memory_write_times(const struct memory_time *times, size_t n, void *file, const void *core,
                        struct now now)
{
    for (size_t i = 0; i < n; i++) {
        const void *from = (const char *)core + times[i].core;
        void *to = (char *)file + times[i].file;
        *(struct opt_i64 *)to = memory_wall_of(from, now);
    }
}
void memory_read_times(const struct memory_time *times, size_t n, void *core, const void *file,
                       struct now now)
{
    for (size_t i = 0; i < n; i++) {
        const void *from = (const char *)file + times[i].file;
        void *to = (char *)core + times[i].core;
        *(struct control_timer *)to = memory_timer_of(*(const struct opt_i64 *)from, now);
    }
}

/* ---- between the core's and the file's ---- */
static const struct memory_time times[] = {
#define T(c, f)                                                                                    \
    {                                                                                              \
        offsetof(struct control_kept_charger, c), offsetof(struct kept_charger, f)                 \
    }
    T(hold, hold_since),      T(stopped, stopped_at),      T(quiet, quiet_since),
    T(refused, refused_at),   T(one_since, one_since),     T(learn, learn_since),
    T(short_of, share_since), T(short_since, short_since), T(idle_since, idle_since),
    T(served, served_at),     T(trimmed, trimmed_at),      T(changing, switch_since),
    T(switched, switched_at), T(crowded, crowded_at),      T(counted, hold_counted_at),
#undef T
};
static void write_charger(struct kept_charger *f, const struct control_kept_charger *k,
                          struct now now)
{
    memory_write_times(times, COUNT_OF(times), f, k, now);
    f->hold_missing_mj = (struct opt_i64){k->missing_mj, k->hold.on};
    f->switch_to = (struct opt_i32){k->change_to, k->change_to != 0};
    f->switch_done = SOME_BOOL(k->changed);
    f->car_phases = SOME_I32(k->used);
    f->car_leaves_ma = SOME_I32(k->under_ma);
    f->car_beyond_ma = SOME_I32(min_i32(k->over_ma, CURRENT_HI));
    f->car_tried = SOME_BOOL(k->learnt);
    f->turn = (struct opt_i64){k->turn, k->turn != 0};
    f->yields = SOME_BOOL(k->yield);
}
static struct control_kept_charger read_charger(const struct kept_charger *f, struct now now)
{
    struct control_kept_charger k = {
        .missing_mj = f->hold_missing_mj.v,
        .change_to = (uint8_t)(f->switch_to.set ? f->switch_to.v : 0),
        .changed = f->switch_done.v,
        .used = (uint8_t)(f->car_phases.set ? f->car_phases.v : 0),
        .under_ma = f->car_leaves_ma.set ? f->car_leaves_ma.v : 0,
        .over_ma = f->car_beyond_ma.set ? f->car_beyond_ma.v : 0,
        .learnt = f->car_tried.v,
        .turn = (uint32_t)(f->turn.set ? f->turn.v : 0),
        .yield = f->yields.v,
    };
    memory_read_times(times, COUNT_OF(times), &k, f, now);
    return k;
}
static bool circuit_changed(const struct control_kept_circuit *a,
                            const struct control_kept_circuit *b)
{
    return memcmp(&a->reduced_ma, &b->reduced_ma, sizeof a->reduced_ma) != 0 ||
           a->since.on != b->since.on || a->since.since.ms != b->since.since.ms;
}
void memory_track(struct brain *b, struct now now)
{
    for (int i = 0; i < b->conf.chargers_n; i++) {
        struct control_kept_charger k = control_keep_charger(&b->state.chargers[i], now);
        struct charger_io *io = &b->ios[i];
        if (!control_kept_differs(&k, &io->as_kept))
            continue;
        io->as_kept = k;
        write_charger(&io->kept, &k, now);
        b->save_due = true;
    }
    for (int i = 0; i < b->conf.circuits_n; i++) {
        struct control_kept_circuit k = control_keep_circuit(&b->state.circuits[i]);
        if (!circuit_changed(&k, &b->circuits_as_kept[i]))
            continue;
        b->circuits_as_kept[i] = k;
        b->circuits_kept[i].reduced_ma = k.reduced_ma;
        b->circuits_kept[i].since = memory_wall_of(&k.since, now);
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
        struct charger_io *io = &b->ios[i];
        io->as_kept = read_charger(&io->kept, now);
        control_resume_charger(&b->state, i, &io->as_kept);
    }
    for (int i = 0; i < b->conf.circuits_n; i++) {
        const struct kept_circuit *f = &b->circuits_kept[i];
        b->circuits_as_kept[i] =
            (struct control_kept_circuit){f->reduced_ma, memory_timer_of(f->since, now)};
        control_resume_circuit(&b->state, i, &b->circuits_as_kept[i]);
    }
}
