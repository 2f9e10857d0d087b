/* SPDX-License-Identifier: Apache-2.0
 * storage_memory.c -- what of a battery outlives the process: choices of people, on which side of
 * its states of charge it is, what it was seen to take. */
#include "proto/codec.h"
#include "services/surplus-controller/io/brain.h"

RECORD_DEFINE(kept_battery, KEPT_BATTERY_ROWS, "what is kept of a battery")
static const char file[] = "batteries.jsonl";

void storage_save(struct brain *b)
{
    const struct storage_io *x = b->storage;
    if (x)
        memory_save_file(b, file, &kept_battery_record,
                         (const char *)x->ios + offsetof(struct battery_io, kept), sizeof x->ios[0],
                         x->conf.n);
}
void storage_track(struct brain *b)
{
    for (int i = 0; b->storage && i < b->storage->conf.n; i++) {
        const struct storage_kept *e = &b->storage->state.units[i].kept;
        struct battery_io *io = &b->storage->ios[i];
        struct kept_battery *k = &io->kept;
        if (!storage_kept_differs(e, &io->as_kept))
            continue;
        io->as_kept = *e;
        k->below_min = SOME_BOOL(e->low);
        k->above_max = SOME_BOOL(e->high);
        k->below_car_min = SOME_BOOL(e->car_low);
        k->fed = SOME_BOOL(e->fed);
        k->appetite_w = (struct opt_i32){clamp_i32(e->appetite_w, 0, POWER_HI), e->appetite_set};
        k->appetite_soc_pm =
            (struct opt_i32){clamp_i32(e->appetite_soc_pm, 0, 1000), e->appetite_set};
        b->save_due = true;
    }
}
static void load_line(void *user, const void *item)
{
    struct brain *b = user;
    const struct kept_battery *k = item;
    int i = storage_index(b, k->id);
    if (i < 0)
        return;
    b->storage->ios[i].kept = *k;
    struct storage_kept e = {
        .low = k->below_min.v,
        .high = k->above_max.v,
        .car_low = k->below_car_min.v,
        .fed = k->fed.v,
        .appetite_set = k->appetite_w.set,
        .appetite_w = k->appetite_w.v,
        .appetite_soc_pm = k->appetite_soc_pm.v,
    };
    b->storage->ios[i].as_kept = b->storage->state.units[i].kept = e;
}
void storage_load(struct brain *b)
{
    static struct kept_battery kept; /* large, and there is one loop */
    if (b->storage)
        memory_load_file(b, file, &kept_battery_record, &kept, load_line, b);
}
