/* SPDX-License-Identifier: Apache-2.0
 * loads_memory.c -- what of a load outlives the process: choices of people, run, rest and block
 * times. */
#include "proto/codec.h"
#include "services/surplus-controller/io/loads.h"

RECORD_DEFINE(kept_load, KEPT_LOAD_ROWS, "what is kept of a load")
static const char loads_file[] = "loads.jsonl";

/* ---- between the core's and the file's ---- */
static const struct memory_time times[] = {
#define T(c, f)                                                                                    \
    {                                                                                              \
        offsetof(struct control_kept_load, c), offsetof(struct kept_load, f)                       \
    }
    T(switched, switched_at), T(above, above_since),    T(below, below_since),
    T(block, block_since),    T(piece, block_piece_at), T(released, released_at),
    T(freed, freed_at),       T(trimmed, trimmed_at),   T(idle_since, idle_since),
#undef T
};
static void write_load(struct kept_load *f, const struct control_kept_load *k, struct now now)
{
    memory_write_times(times, COUNT_OF(times), f, k, now);
    f->on = SOME_BOOL(k->on);
    f->block_w = (struct opt_i32){k->block_w, k->block.on};
    f->block_used_ms = (struct opt_i32){clamp_i32(k->block_used_ms, 0, AGE_HI), k->freed.on};
}
static struct control_kept_load read_load(const struct kept_load *f, struct now now)
{
    struct control_kept_load k = {
        .on = f->on.v, .block_w = f->block_w.v, .block_used_ms = f->block_used_ms.v};
    memory_read_times(times, COUNT_OF(times), &k, f, now);
    return k;
}
void loads_track(struct brain *b, struct now now)
{
    for (int k = 0; k < b->loads->n; k++) {
        struct control_kept_load l = control_keep_load(&b->state, &b->conf, k, now);
        struct load_io *o = &b->loads->v[k];
        if (!control_kept_load_differs(&l, &o->as_kept))
            continue;
        o->as_kept = l;
        write_load(&o->kept, &l, now);
        b->save_due = true;
    }
}

/* ---- file ---- */
static void load_line(void *user, const void *item)
{
    struct brain *b = user;
    const struct kept_load *k = item;
    int i = load_index(b, k->id);
    if (i >= 0)
        b->loads->v[i].kept = *k;
}
void loads_load(struct brain *b, struct now now)
{
    static struct kept_load kept; /* large, and there is one loop */
    memory_load_file(b, loads_file, &kept_load_record, &kept, load_line, b);
    for (int k = 0; k < b->loads->n; k++) {
        struct load_io *o = &b->loads->v[k];
        o->as_kept = read_load(&o->kept, now);
        control_resume_load(&b->state, &b->conf, k, &o->as_kept);
    }
}
void loads_save(struct brain *b)
{
    if (b->loads->n)
        memory_save_file(b, loads_file, &kept_load_record,
                         (const char *)b->loads->v + offsetof(struct load_io, kept),
                         sizeof b->loads->v[0], b->loads->n);
}
