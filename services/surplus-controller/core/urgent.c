/* SPDX-License-Identifier: Apache-2.0
 * urgent.c -- what acts at once: a choice that changed, a limit of the grid operator that was
 * lifted. */
#include "services/surplus-controller/core/layers.h"

/* A choice of a person acts at once; only what follows the sun waits for settling. */
void choice_observe(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    const struct control_charger_in *in = &t->in->chargers[i];
    const int32_t choice[CONTROL_CHOICES] = {
        (int32_t)in->mode,
        in->paused,
        in->max_ma.set ? in->max_ma.v : -1,
        in->min_ma.set ? in->min_ma.v : -1,
        in->priority.set ? in->priority.v : -1,
        (int32_t)in->contacts,
        in->start_power_w.set ? in->start_power_w.v : -1,
        in->start_pm,
        in->solar_share_pm,
        in->use_battery,
        /* a rule that follows the sun settles; one that lets the car start does not */
        in->cap.current_ma.set && in->cap.current_ma.v < t->c->chargers[i].min_ma,
    };
    if (x->seen && memcmp(choice, x->choice, sizeof choice) != 0)
        x->urgent = true;
    memcpy(x->choice, choice, sizeof choice);
}
void limit_observe(struct step *t)
{
    const struct opt_i32 *now = &t->in->consume_w, *was = &t->s->limit_was;
    bool lifted = was->set && (!now->set || now->v > was->v);
    for (int i = 0; i < takers_n(t->c) && lifted; i++)
        t->s->chargers[i].urgent = true;
    t->s->limit_was = *now;
}
