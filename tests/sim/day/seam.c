/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/day/seam.h"

enum {
    GAP_S = 5, /* a longer one is seen, of course */
    SEAM_S = 60,
    SEAM_MA = 2600, /* a trimmed offer or not */
    ON_S = 8,
    FOR_S = 20,
};

static bool charges(const struct world *w, int i)
{
    return w->x.decisions[i].current_ma > 0;
}
void seam_dies(struct seam *s, const struct world *w)
{
    memset(s, 0, sizeof *s);
    world_copy(&s->other, w);
    s->other.alive = s->running = s->fresh = true;
    s->down_s = w->p.second;
    for (int i = 0; i < w->d->chargers_n; i++)
        s->charged[i] = charges(w, i);
}
void seam_restarts(struct seam *s, const struct world *w)
{
    s->running = s->running && w->p.second - s->down_s <= GAP_S;
    s->until_s = w->p.second + SEAM_S;
    s->up = w->now.mono;
    /* Not judged: who was started or stopped while nobody was there to do it. */
    for (int i = 0; i < w->d->chargers_n; i++)
        s->excused[i] = charges(&s->other, i) != s->charged[i];
}
static bool holds_since(const struct world *w, int i, struct mono at)
{
    const struct control_timer *hold = &w->x.chargers[i].hold;
    return hold->on && hold->since.ms > at.ms;
}
/* Nor who has just so much sun that the dead band decides, which has no history any more. */
static void excuse(struct seam *s, const struct world *w)
{
    int32_t off = s->other.x.s.basis_w - w->x.s.basis_w;
    bool banded = off <= w->d->control.dead_band_w && off >= -w->d->control.dead_band_w;
    for (int i = 0; i < w->d->chargers_n && banded; i++)
        if (holds_since(w, i, s->up) != holds_since(&s->other, i, s->up))
            s->excused[i] = true;
}
void seam_second(struct seam *s)
{
    struct world *o = &s->other;
    if (!s->running || (s->until_s && o->p.second >= s->until_s))
        return;
    if (!s->fresh)
        world_passes(o);
    s->fresh = false;
    world_chooses(o);
    world_controls(o);
}

/* ---- both ---- */
/* Somebody else charges in one of them and not in the other for long enough to be seen: from then
 * on they are two different houses. */
static bool astray(const struct seam *s, int i)
{
    for (int o = 0; o < TAKERS; o++)
        if (o != i && s->apart_s[o] >= FOLLOW_S)
            return true;
    return false;
}
static int32_t seen_ma(const struct world *w, int i)
{
    const struct box *b = &w->p.boxes[i];
    int32_t takes = b->car < 0 ? 0 : w->d->cars[b->car].max_current_ma;
    return min_i32(w->x.decisions[i].current_ma, takes); /* more is seen by nobody */
}
static void charger(struct seam *s, const struct world *w, int i, struct check *k)
{
    int32_t old = seen_ma(&s->other, i), new = seen_ma(w, i);
    bool apart = (old == 0) != (new == 0), off = old - new > SEAM_MA || new - old > SEAM_MA;
    bool judged =
        plant_hungry(&w->p, i) && w->p.boxes[i].metered && !astray(s, i) && !s->excused[i];
    /* Nothing starts before the mean is one, and somebody else may be first then. */
    int on_s = !new && !s->charged[i] ? FOR_S : ON_S;
    s->apart_s[i] += apart;
    s->other_s[i] = apart && judged ? s->other_s[i] + 1 : 0;
    off = off && !apart && s->apart_s[i] < FOLLOW_S;
    s->off_s[i] = off && judged ? s->off_s[i] + 1 : 0;
    if (s->other_s[i] == on_s + k->reaction_s || s->off_s[i] == FOR_S + k->reaction_s)
        check_note(k, DAY_SEAM, "%s %d mA, it would have been %d mA", w->d->chargers[i].id, new,
                   old);
}
static void load(struct seam *s, const struct world *w, int n, struct check *k)
{
    const struct control_load_decision *old = &s->other.x.load_outs[n], *new = &w->x.load_outs[n];
    int i = w->d->chargers_n + n;
    bool apart = device_running(old) != device_running(new) || old->sg != new->sg;
    bool judged = w->p.devices[n].answers && !w->p.devices[n].free && !astray(s, i);
    s->apart_s[i] += apart;
    s->other_s[i] = apart && judged ? s->other_s[i] + 1 : 0;
    if (s->other_s[i] == ON_S + k->reaction_s)
        check_note(k, DAY_SEAM, "%s %d W, it would have been %d W", w->d->devices[n].id,
                   new->power_w, old->power_w);
}
/* The new process must do what the old one does; a little later is allowed. */
void seam_check(struct seam *s, const struct world *w, struct check *k)
{
    if (!s->running || !w->alive || w->p.second >= s->until_s)
        return;
    excuse(s, w);
    for (int i = 0; i < w->d->chargers_n; i++)
        charger(s, w, i, k);
    for (int n = 0; n < w->d->devices_n; n++)
        load(s, w, n, k);
}
