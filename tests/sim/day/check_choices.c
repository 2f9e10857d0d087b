/* SPDX-License-Identifier: Apache-2.0
 * check_choices.c -- week tables by the clock on the wall, deadlines that could be kept. */
#include "tests/sim/day/check.h"
#include "tests/sim/day/choices.h"

enum { TABLE_S = 2, LOST_S = 240 /* settling, a car that wakes up */ };

static void table(struct check *k, const struct choices *x, int i)
{
    const struct choice *c = &x->v[i];
    struct check_choice *s = &k->choices[i];
    const struct week *w = c->people.week ? c->people.week : c->site.week;
    enum charge_mode chosen = c->people.mode ? c->people.mode : c->site.mode;
    if (chosen != CHARGE_MODE_TIME || !w || k->down_s) {
        s->wrong_s = 0;
        return;
    }
    int should = week_at(w, &x->zone, choices_wall(x, k->p->second));
    s->wrong_s = should && should != (int)k->p->boxes[i].mode ? s->wrong_s + 1 : 0;
    if (s->wrong_s == TABLE_S)
        check_note(k, DAY_TABLE, "%s", k->d->chargers[i].id);
}
/* Something keeps it from charging with all that it has. */
static bool impeded(const struct check *k, int i)
{
    const struct box *b = &k->p->boxes[i];
    const struct check_box *c = &k->boxes[i];
    int s = k->p->second;
    bool near = false;
    for (int n = b->circuit; n >= 0; n = k->p->parent[n])
        near = near || s - k->near_s[n] < QUIET_S;
    for (int o = 0; o < k->d->chargers_n; o++) /* the balance of phases is shared */
        near = near || (o != i && k->p->boxes[o].ma &&
                        (b->car_uses != ALL_PHASES || k->p->boxes[o].car_uses != ALL_PHASES));
    return near || s - k->disturbed_s < QUIET_S || k->down_s || s - k->up_s < QUIET_S ||
           !check_obedient(k, i) || b->paused || b->switching_s ||
           b->closed != k->d->chargers[i].phases || c->max_ma < k->d->chargers[i].max_current_ma ||
           k->p->limit_w >= 0;
}
static void deadline(struct check *k, const struct choices *x, int i)
{
    const struct choice *c = &x->v[i];
    struct check_choice *s = &k->choices[i];
    const struct box *b = &k->p->boxes[i];
    bool aims = c->people.mode == CHARGE_MODE_TARGET && c->out.target.deadline.set &&
                c->people.energy_wh.set && b->car >= 0;
    int64_t left_mwh = (int64_t)c->people.energy_wh.v * 1000 - b->charged_mwh;
    if (!aims || s->deadline_ms != c->out.target.deadline.v ||
        s->goal_wh != c->people.energy_wh.v || impeded(k, i)) {
        s->deadline_ms = aims ? c->out.target.deadline.v : 0;
        s->goal_wh = c->people.energy_wh.v;
        s->left_mwh = left_mwh; /* from here on nothing is in the way */
        s->clear_s = 0;
        return;
    }
    s->clear_s++;
    if (choices_wall(x, k->p->second + 1).ms != s->deadline_ms || left_mwh <= 0)
        return;
    const struct day_car *car = &k->d->cars[b->car];
    int64_t spare_mwh = ((int64_t)car->need_wh - car->taper_wh - s->goal_wh) * 1000;
    int32_t w = watts(
        (int64_t)min_i32(k->d->chargers[i].max_current_ma - car->bias_ma, car->max_current_ma) *
        lanes(b->car_uses));
    int64_t could_mwh = (int64_t)w * max_i32(0, s->clear_s - LOST_S) / 36 * 10;
    if (spare_mwh > 0 && could_mwh > s->left_mwh + s->left_mwh / 20)
        check_note(k, DAY_DEADLINE, "%s %d Wh of %d Wh are missing", k->d->chargers[i].id,
                   (int)(left_mwh / 1000), s->goal_wh);
}
void check_choices(struct check *k, const struct choices *x)
{
    for (int i = 0; x->any && !k->p->calm && i < k->d->chargers_n; i++)
        if (x->v[i].used) {
            table(k, x, i);
            deadline(k, x, i);
        }
}
