/* SPDX-License-Identifier: Apache-2.0
 * frame.c -- what of the cars a frame of a meter contains.
 *
 * A car needs seconds to follow, the grid meter lags, and a wallbox may report its current only
 * every 10 s. So that one overload is not answered five times, the draw that the grid meter's last
 * frame contains is estimated: while an order is in flight, the change seen at the grid in the
 * ordered direction is taken for the car, up to what was ordered; afterwards the wallbox's own
 * value, or, where that is older than the order, what was ordered. A value that was measured before
 * the meter jumped by what is missing is older than the car's answer. */
#include "services/surplus-controller/core/layers.h"

/* Smallest, greatest and latest value that the wallbox measured about when the grid meter did. */
struct window {
    int32_t lo, hi, mid;
    bool any;
};
static struct window measured_then(const struct control_charger_state *x, int p, int64_t frame)
{
    struct window w = {INT32_MAX, 0, 0, false};
    int64_t later = 0;
    for (int k = 0; k < PAST && x->drawing_known; k++) {
        int64_t off = x->past[k].at.ms - frame;
        if (off < -SKEW_MS || off > SKEW_MS)
            continue;
        w.lo = min_i32(w.lo, x->past[k].ma[p]);
        w.hi = max_i32(w.hi, x->past[k].ma[p]);
        if (!w.any || later > SKEW_MS / 8)
            w.mid = x->past[k].ma[p];
        later = off;
        w.any = true;
    }
    return w;
}
/* One frame of a circuit's meter, for the chargers below it. */
struct frame {
    int circuit;
    int64_t at;
    int32_t seen_pm[PHASES]; /* how much of what is ordered it shows */
    int32_t jump_ma[PHASES]; /* since the frame before, and nobody's yet */
};
static bool is_ahead(const struct step *t, const struct control_charger_state *x,
                     const struct frame *f)
{
    return x->drawing_known && x->past[0].at.ms < x->ahead_at.ms && x->ahead_at.ms <= f->at &&
           since_ms(t, x->order_at) <= LATE_MS;
}
/* A car follows when it likes. When the meter jumps by what is missing and the box's last value is
 * from before, it is the car, until the box says something else; else its start would be taken for
 * the house, and it would have no room for what it draws itself. */
static void take_jump(const struct step *t, struct control_charger_state *x, int p, struct frame *f)
{
    if (!x->drawing_known || x->past[0].at.ms >= f->at || since_ms(t, x->order_at) > LATE_MS)
        return;
    bool begun = is_ahead(t, x, f);
    int32_t gap = x->to[p] - (begun ? x->ahead_ma[p] : x->past[0].ma[p]);
    int32_t least = begun ? 0 : SLACK_MA, enough = begun ? 0 : gap / 2, jump = f->jump_ma[p];
    bool up = gap > least && jump > 0 && jump >= enough;
    bool down = gap < -least && jump < 0 && jump <= enough;
    if (!up && !down)
        return;
    int32_t by = up ? min_i32(jump, gap) : max_i32(jump, gap);
    if (!begun)
        memcpy(x->ahead_ma, x->past[0].ma, sizeof x->ahead_ma);
    x->ahead_ma[p] += by;
    x->ahead_at.ms = f->at;
    f->jump_ma[p] -= by;
}
/* Cars go a little below their offer. When all of them are there, what is left of a fall is
 * theirs. */
static void fall_further(struct control_charger_state *x, int p, struct frame *f)
{
    bool fell = x->ahead_at.ms == f->at && x->past[0].at.ms < f->at && x->ahead_ma[p] == x->to[p] &&
                x->past[0].ma[p] > x->to[p];
    if (!fell || f->jump_ma[p] >= 0)
        return;
    int32_t by = max_i32(f->jump_ma[p], -min_i32(SLACK_MA, x->ahead_ma[p]));
    x->ahead_ma[p] += by;
    f->jump_ma[p] -= by;
}
static int32_t est_of(const struct step *t, const struct control_charger_state *x, int p,
                      const struct frame *f)
{
    bool late = is_ahead(t, x, f);
    struct window w = measured_then(x, p, f->at);
    if (late && !in_flight(t, x))
        return x->ahead_ma[p];
    if (!late && w.any && w.hi - w.lo < SLACK_MA)
        return w.mid;
    if (!in_flight(t, x))
        return w.any ? w.hi : x->certain ? x->draw[p] : x->to[p];
    int64_t slow = (t->now - max_i64(t->s->base_at.ms, x->flight_at.ms + SKEW_MS)) * 1000 /
                   max_i32(1, t->c->follow_ms);
    int64_t pm = min_i64(max_i64(f->seen_pm[p], slow), 1000);
    int32_t est = x->from[p] + (int32_t)((x->to[p] - x->from[p]) * pm / 1000);
    return w.any && !late ? clamp_i32(est, w.lo, w.hi) : est;
}
static bool below(const struct step *t, int charger, int circuit)
{
    int k = t->c->chargers[charger].circuit;
    while (k > circuit) /* parents have smaller numbers */
        k = t->c->circuits[k].parent;
    return k == circuit;
}
static int32_t seen_of(struct step *t, const struct frame *f, int p)
{
    int64_t ordered = 0, at = t->now;
    for (int i = 0; i < takers_n(t->c); i++) {
        const struct control_charger_state *x = &t->s->chargers[i];
        if (in_flight(t, x) && below(t, i, f->circuit)) {
            ordered += x->to[p] - x->from[p];
            at = min_i64(at, x->order_at.ms);
            step_due(t, x->order_at.ms + t->c->follow_ms);
        }
    }
    if (ordered > -IDLE_MA && ordered < IDLE_MA)
        return t->c->follow_ms ? (int32_t)min_i64((t->now - at) * 1000 / t->c->follow_ms, 1000)
                               : 1000;
    const struct control_circuit_state *k = &t->s->circuits[f->circuit];
    if (!t->c->circuits[f->circuit].metered)
        return 0;
    int64_t moved = k->meter_ma[p] - k->base_ma[p];
    return (int32_t)max_i64(0, min_i64(moved * 1000 / ordered, 1000));
}
static void share_jumps(struct step *t, struct frame *f)
{
    for (int i = 0; i < takers_n(t->c); i++)
        for (int p = 0; p < PHASES && below(t, i, f->circuit); p++)
            take_jump(t, &t->s->chargers[i], p, f);
    for (int i = 0; i < takers_n(t->c); i++)
        for (int p = 0; p < PHASES && below(t, i, f->circuit); p++)
            fall_further(&t->s->chargers[i], p, f);
}
void frame_observe(struct step *t, int circuit, int32_t sum[PHASES])
{
    struct frame f = {.circuit = circuit, .at = t->now};
    if (t->c->circuits[circuit].metered)
        f.at = t->s->circuits[circuit].frame_at.ms;
    for (int p = 0; p < PHASES; p++) {
        f.seen_pm[p] = seen_of(t, &f, p);
        f.jump_ma[p] = t->s->circuits[circuit].framed ? t->s->circuits[circuit].jump_ma[p] : 0;
        sum[p] = 0;
    }
    share_jumps(t, &f);
    for (int i = 0; i < takers_n(t->c); i++) {
        struct control_charger_state *x = &t->s->chargers[i];
        for (int p = 0; p < PHASES && below(t, i, circuit); p++) {
            int32_t est = est_of(t, x, p, &f);
            sum[p] += est;
            if (circuit == 0)
                x->est[p] = est;
        }
    }
}
