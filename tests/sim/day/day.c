/* SPDX-License-Identifier: Apache-2.0
 * day.c -- one day: plant, controller, checks; then an hour in which nothing changes by itself. */
#include "tests/sim/day/golden.h"
#include "tests/sim/day/seam.h"
#include "tests/sim/day/story.h"

enum { COMPARE_EVERY_S = 97 };

struct run {
    struct world w;
    struct seam seam;
    struct check k;
    struct story story;
    struct golden golden;
};
static bool differs(const struct control_decision *a, const struct control_decision *b)
{
    return a->current_ma != b->current_ma || memcmp(&a->reason, &b->reason, sizeof a->reason) != 0;
}
/* The same state and the same snapshot give the same answer. */
static void compare(struct run *x)
{
    static struct core a, b;
    const struct world *w = &x->w;
    core_copy(&a, &w->x);
    core_copy(&b, &w->x);
    core_step(&a, &w->v.in, w->now);
    core_step(&b, &w->v.in, w->now);
    world_spoil(w, &a);
    world_spoil(w, &b);
    for (int i = 0; i < w->d->chargers_n; i++)
        if (differs(&a.decisions[i], &b.decisions[i]))
            check_note(&x->k, DAY_EQUAL, "%s", w->d->chargers[i].id);
    for (int k = 0; k < w->d->devices_n; k++)
        if (world_orders_differ(&a.load_outs[k], &b.load_outs[k]))
            check_note(&x->k, DAY_EQUAL, "%s", w->d->devices[k].id);
}

/* True when a new process began. */
static bool life(struct run *x)
{
    struct world *w = &x->w;
    bool was = w->alive;
    w->alive = !plant_fault(&w->p, ILL_RESTART, NULL);
    if (was && !w->alive)
        seam_dies(&x->seam, w);
    if (was || !w->alive)
        return false;
    world_restarts(w);
    seam_restarts(&x->seam, w);
    return true;
}
static void second(struct run *x)
{
    struct world *w = &x->w;
    world_passes(w);
    bool began = life(x);
    seam_second(&x->seam);
    if (w->alive) {
        world_chooses(w);
        if (w->p.second % COMPARE_EVERY_S == 0)
            compare(x);
        world_controls(w);
    }
    check_second(&x->k, &w->p, &w->x.out, &w->x.c, &w->v, w->alive, began);
    check_choices(&x->k, &w->choices);
    seam_check(&x->seam, w, &x->k);
    story_second(&x->story, &x->k);
    if (w->alive)
        golden_second(&x->golden, &w->x.out, w->p.second);
}
void day_run(const struct day *d, const struct day_options *o, struct day_result *r)
{
    static struct run x;
    int end = d->to + (d->calm ? CALM_S : 0);
    memset(&x, 0, sizeof x);
    world_init(&x.w, d, o);
    check_init(&x.k, d, r);
    x.k.p = &x.w.p;
    story_init(&x.story, d, o->story);
    golden_init(&x.golden, d, o->golden);
    for (int s = d->from; s < end; s++)
        second(&x);
    check_end(&x.k);
    story_end(&x.story, &x.k);
    world_end(&x.w);
}
