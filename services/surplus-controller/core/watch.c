/* SPDX-License-Identifier: Apache-2.0
 * watch.c -- who does not do what he was told: a car that takes more than it was offered, a wallbox
 * that ignores its limit. They are reported, and what they take beyond their limit is nobody
 * else's (envelope.c). */
#include "services/surplus-controller/core/layers.h"

static void watch_draw(struct step *t, struct control_charger_state *x)
{
    int32_t top = greatest(x->draw);
    int32_t most = x->current_ma + max_i32(OVERDRAW_MA, x->current_ma / 20);
    if (x->drawing_known && top <= most)
        x->over.on = false;
    else if (x->drawing_known && x->certain) /* after a decrease it gets the time to follow */
        timer_start(&x->over, t);
    if (x->drawing_known && x->certain && x->current_ma)
        x->over_ma = x->over.on ? top - x->current_ma : 0;
    else if (x->over_ma && !x->current_ma && timer_done(t, &x->quiet, t->c->slice_ms))
        x->over_ma = 0; /* it may have learnt; once in a while it is tried */
    x->overdraws = timer_done(t, &x->over, OVERDRAW_MS);
}
static void watch_order(struct step *t, struct control_charger_state *x,
                        const struct control_charger_in *in)
{
    const struct opt_i32 *told = &in->applied_ma;
    int32_t off = told->set ? told->v - x->current_ma : 0;
    if (in->known && in->online && x->seen && (off > DEAF_MA || off < -DEAF_MA))
        timer_start(&x->deaf, t);
    else
        x->deaf.on = false;
    x->ignores = timer_done(t, &x->deaf, DEAF_MS);
}
void watch(struct step *t)
{
    for (int i = 0; i < t->c->chargers_n; i++) {
        watch_draw(t, &t->s->chargers[i]);
        watch_order(t, &t->s->chargers[i], &t->in->chargers[i]);
    }
}
