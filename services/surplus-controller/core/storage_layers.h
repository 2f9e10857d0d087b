/* SPDX-License-Identifier: Apache-2.0
 * storage_layers.h -- between the files of storage_step; not for anybody else. */
#ifndef WATTBUS_STORAGE_LAYERS_H
#define WATTBUS_STORAGE_LAYERS_H
#include "services/surplus-controller/core/storage.h"

enum {
    CLASH_W = 150,      /* two batteries against each other, or sun that nobody takes */
    SETTLED_MS = 10000, /* a battery does what it was told after so long */
    SIDES_MS = 1800000, /* after a clash only one direction for all, for so long */
    YIELD_MS = 300000,  /* no charging from the grid after a car was held back by a fuse */
    APPETITE_SOC_PM = 50,
    WORTH_W = 100, /* of what is kept */
};
struct step {
    struct storage_state *s;
    const struct storage_in *in;
    const struct storage_config *c;
    int64_t now;
};
static inline void due(struct step *t, int64_t at)
{
    if (at > t->now && at < t->s->next.ms)
        t->s->next.ms = at;
}
static inline void timer_start(const struct step *t, struct control_timer *x)
{
    if (!x->on)
        *x = (struct control_timer){true, {t->now}};
}
static inline bool timer_done(struct step *t, const struct control_timer *x, int64_t ms)
{
    if (x->on)
        due(t, x->since.ms + ms);
    return x->on && t->now - x->since.ms >= ms;
}

static inline int32_t rating(struct opt_i32 w)
{
    return w.set && w.v < STORAGE_NO_CAP ? w.v : STORAGE_NO_CAP;
}
static inline bool usable(const struct step *t, int i)
{
    return t->c->units[i].control && t->in->units[i].power_w.set;
}

/* storage_tell.c */
void storage_tell(struct step *t, int i, struct storage_order *o);
/* What solar cars may ask of the batteries, and what they may not. */
void storage_for_cars(struct step *t, struct storage_out *out);
#endif
