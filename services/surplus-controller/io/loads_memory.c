/* SPDX-License-Identifier: Apache-2.0
 * loads_memory.c -- what of a load outlives the process: choices of people, run, rest and block
 * times. */
#include "proto/codec.h"
#include "services/surplus-controller/io/loads.h"

RECORD_DEFINE(kept_load, KEPT_LOAD_ROWS, "what is kept of a load")
static const char loads_file[] = "loads.jsonl";

static bool moved(const struct control_timer *a, const struct control_timer *b)
{
    return a->on != b->on || (a->on && a->since.ms != b->since.ms);
}
static struct control_timer switched(const struct control_load_state *l)
{
    return (struct control_timer){l->dwells, l->switched_at};
}
void loads_track(struct brain *b, struct now now)
{
    for (int k = 0; k < b->loads->n; k++) {
        const struct control_load_state *l = &b->state.loads[k];
        struct load_io *o = &b->loads->v[k];
        const struct control_timer run = switched(l), was = switched(&o->tracked);
        if (l->on == o->tracked.on && !moved(&run, &was) && !moved(&l->above, &o->tracked.above) &&
            !moved(&l->below, &o->tracked.below) && !moved(&l->block, &o->tracked.block) &&
            !moved(&l->released, &o->tracked.released) && !moved(&l->freed, &o->tracked.freed))
            continue;
        o->tracked = *l;
        o->kept.on = SOME_BOOL(l->on);
        o->kept.switched_at = memory_wall_of(&run, now);
        o->kept.above_since = memory_wall_of(&l->above, now);
        o->kept.below_since = memory_wall_of(&l->below, now);
        o->kept.block_since = memory_wall_of(&l->block, now);
        o->kept.block_w = (struct opt_i32){l->block_w, l->block.on};
        o->kept.freed_at = memory_wall_of(&l->freed, now);
        o->kept.block_used_ms =
            (struct opt_i32){clamp_i32(l->block_used_ms, 0, AGE_HI), l->freed.on};
        o->kept.released_at = memory_wall_of(&l->released, now);
        b->save_due = true;
    }
}
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
        const struct kept_load *o = &b->loads->v[k].kept;
        struct control_load_state *l = &b->state.loads[k];
        l->on = o->on.set && o->on.v;
        l->dwells = o->switched_at.set;
        l->switched_at = memory_timer_of(o->switched_at, now).since;
        l->above = memory_timer_of(o->above_since, now);
        l->below = memory_timer_of(o->below_since, now);
        l->block = memory_timer_of(o->block_since, now);
        l->block_w = o->block_w.v;
        l->freed = memory_timer_of(o->freed_at, now);
        l->block_used_ms = o->block_used_ms.v;
        l->released = memory_timer_of(o->released_at, now);
        b->loads->v[k].tracked = *l;
    }
}
void loads_save(struct brain *b)
{
    if (b->loads->n)
        memory_save_file(b, loads_file, &kept_load_record,
                         (const char *)b->loads->v + offsetof(struct load_io, kept),
                         sizeof b->loads->v[0], b->loads->n);
}
