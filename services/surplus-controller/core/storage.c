/* SPDX-License-Identifier: Apache-2.0
 * storage.c -- the steps in their order: what is needed, what each battery may do, what it is told.
 *
 * Ours follow need = batteries - grid: what the sun leaves when batteries are taken out. It does
 * not move when a battery does, so that no gain has to fit a battery's lag; what is left of its lag
 * is the time between its value and the meter's, and the filter is longer than that. */
#include "services/surplus-controller/core/reason.h"
#include "services/surplus-controller/core/storage_layers.h"

enum {
    IDLE_STEP_MS = 3600000,
    SKEW_MS = 1500,   /* grid meter and battery do not read at the same instant */
    LATE_MS = 15000,  /* a value that is older than the frame is taken all the same after this */
    SOC_BAND_PM = 20, /* back inside the window by this before it counts again */
    MOVED_W = 300,    /* a change of ours that a working meter cannot miss ... */
    FROZEN_MS = 5000, /* ... for so long */
    CLASH_MS = 15000, /* two batteries against each other for so long ... */

    CALM_MS = 10000, /* between two raises of a bound */

    MARGIN_PM = 10, /* of the operator's limit */
};
static const struct reason_row rows[] = {STORAGE_REASONS(REASON_ROW)};

void storage_reason_text(const struct storage_reason *r, struct reason *out)
{
    reason_fill(&rows[r->code], r->p, NULL, out);
}
enum limit storage_reason_limit(enum storage_code code)
{
    return rows[code].limit;
}
struct storage_config storage_config_default(void)
{
    return (struct storage_config){
        .grid_target_w = -100, .dead_band_w = 50, .filter_ms = 1500, .write_ms = 1000};
}

/* ---- what is needed ---- */
/* A value of battery i that does not belong to the frame: it would look like sun that comes and
 * goes with the battery itself. */
static bool unsure(const struct step *t, int i)
{
    const struct storage_unit_in *u = &t->in->units[i];
    const struct storage_unit_state *x = &t->s->units[i];
    int64_t older = t->in->frame_at.ms - u->at.ms;
    if (t->c->units[i].ours && older > 0 && x->changed_at.ms > u->at.ms)
        return true; /* it moves, and only the meter has seen it */
    if (older <= SKEW_MS)
        return false;
    if (t->c->units[i].ours)
        return x->changed_at.ms + SETTLED_MS > u->at.ms;
    return t->s->need_set && t->now - t->s->need_at.ms < LATE_MS;
}
/* Ours have moved and the meter shows the very same: following it would drive them to their end. */
static bool frozen(struct step *t)
{
    struct storage_state *s = t->s;
    int64_t ours = 0;
    bool after = true; /* their values are newer than the meter's last change */
    if (t->in->grid_w != s->same_w || t->in->grid_w == 0 || !s->frame_at.ms) {
        s->same_w = t->in->grid_w;
        s->same_since = t->in->frame_at;
        s->moved_from_w.set = s->frozen = false;
    }
    for (int i = 0; i < t->c->n; i++)
        if (t->c->units[i].ours && t->in->units[i].power_w.set) {
            ours += t->in->units[i].power_w.v;
            after = after && t->in->units[i].at.ms >= s->same_since.ms;
        }
    if (after && !s->moved_from_w.set)
        s->moved_from_w = SOME_I32(sat_i32(ours));
    int64_t moved = s->moved_from_w.set ? ours - s->moved_from_w.v : 0;
    if ((moved > MOVED_W || moved < -MOVED_W) && t->now - s->same_since.ms >= FROZEN_MS)
        s->frozen = true;
    return s->frozen;
}
static void observe(struct step *t)
{
    struct storage_state *s = t->s;
    int64_t sum = -(int64_t)t->in->grid_w;
    if (t->in->meter > METER_SUSPECT || frozen(t)) {
        s->need_set = false;
        return;
    }
    if (t->in->frame_at.ms == s->frame_at.ms && s->need_set)
        return;
    for (int i = 0; i < t->c->n; i++) {
        const struct storage_unit_in *u = &t->in->units[i];
        if (u->power_w.set && unsure(t, i))
            return;
        sum += u->power_w.set ? u->power_w.v : 0;
    }
    int64_t dt = t->in->frame_at.ms - s->frame_at.ms;
    s->raw_w = sat_i32(sum);
    if (!s->need_set || dt <= 0)
        s->need_w = s->raw_w;
    else
        s->need_w += sat_i32(((int64_t)s->raw_w - s->need_w) * dt / (dt + t->c->filter_ms));
    s->frame_at = t->in->frame_at;
    s->need_at.ms = t->now;
    s->need_set = true;
}
/* ---- what each may do ---- */
static void cap_charge(struct storage_unit_state *x, int32_t w, enum storage_code code, int32_t a,
                       int32_t b)
{
    if (w >= x->charge_cap_w)
        return;
    x->charge_cap_w = max_i32(w, 0);
    x->charge_why = (struct storage_reason){code, {a, b, 0}};
}
static void cap_discharge(struct storage_unit_state *x, int32_t w, enum storage_code code,
                          int32_t a, int32_t b)
{
    if (w >= x->discharge_cap_w)
        return;
    x->discharge_cap_w = max_i32(w, 0);
    x->discharge_why = (struct storage_reason){code, {a, b, 0}};
}
static void cap_chosen(struct step *t, int i)
{
    const struct storage_unit_in *u = &t->in->units[i];
    struct storage_unit_state *x = &t->s->units[i];
    x->charge_cap_w = x->discharge_cap_w = STORAGE_NO_CAP;
    x->charge_why = x->discharge_why = (struct storage_reason){STORAGE_NORMAL, {0}};
    x->forced = u->mode == BATTERY_MODE_CHARGE;
    if (u->mode == BATTERY_MODE_HOLD)
        cap_discharge(x, 0, STORAGE_HOLD, 0, 0);
    if (u->discharge_w.set && !x->forced)
        cap_discharge(x, u->discharge_w.v, STORAGE_LIMIT, u->discharge_w.v, 0);
    if (u->charge_w.set && !x->forced)
        cap_charge(x, u->charge_w.v, STORAGE_LIMIT, u->charge_w.v, 0);
    if (u->rule_charge_w.set)
        cap_charge(x, u->rule_charge_w.v, STORAGE_RULE, u->rule_charge_w.v, 0);
    if (u->rule_discharge_w.set)
        cap_discharge(x, u->rule_discharge_w.v, STORAGE_RULE, u->rule_discharge_w.v, 0);
}
static bool below(bool was, int32_t soc, int32_t edge)
{
    return soc <= edge || (was && soc < edge + SOC_BAND_PM);
}
static bool above(bool was, int32_t soc, int32_t edge)
{
    return soc >= edge || (was && soc > edge - SOC_BAND_PM);
}
static void cap_soc(struct step *t, int i)
{
    const struct storage_unit_in *u = &t->in->units[i];
    const struct storage_unit_conf *k = &t->c->units[i];
    struct storage_unit_state *x = &t->s->units[i];
    int32_t lo = u->min_soc_pm.set ? u->min_soc_pm.v : k->min_soc_pm;
    int32_t hi = u->max_soc_pm.set ? u->max_soc_pm.v : k->max_soc_pm;
    int32_t first = u->first_until_soc_pm.set ? u->first_until_soc_pm.v : k->first_until_soc_pm;
    if (!u->soc_pm.set) {
        if (k->ours) {
            cap_charge(x, 0, STORAGE_SOC_UNKNOWN, 0, 0);
            cap_discharge(x, 0, STORAGE_SOC_UNKNOWN, 0, 0);
        }
        return;
    }
    int32_t soc = u->soc_pm.v;
    struct storage_kept *e = &x->kept;
    e->low = below(e->low, soc, lo);
    e->car_low = below(e->car_low, soc, max_i32(lo, k->car_min_soc_pm));
    /* Full is the battery's own business, and it may balance its cells there. */
    e->high = hi < 1000 && above(e->high, soc, hi);
    /* Cars that take the sun make it serve the house: it is soon a little lower again. */
    e->fed = above(e->fed, soc, first);
    if (e->low)
        cap_discharge(x, 0, STORAGE_SOC_LOW, soc / 10, lo / 10);
    if (e->high)
        cap_charge(x, 0, STORAGE_SOC_HIGH, soc / 10, hi / 10);
}
static void find_sides(struct step *t)
{
    struct storage_state *s = t->s;
    bool up = false, down = false;
    for (int i = 0; i < t->c->n; i++) {
        const struct opt_i32 *w = &t->in->units[i].power_w;
        bool own = !t->c->units[i].ours && !s->units[i].forced;
        up = up || (own && w->set && w->v > CLASH_W);
        down = down || (own && w->set && w->v < -CLASH_W);
    }
    if (!(up && down))
        s->clash.on = false;
    else
        timer_start(t, &s->clash);
    if (timer_done(t, &s->clash, CLASH_MS)) {
        if (!s->sides.on)
            s->side_charge = s->raw_w >= 0;
        s->sides = (struct control_timer){true, {t->now}};
    }
    if (timer_done(t, &s->sides, SIDES_MS))
        s->sides.on = false;
    if (s->need_set && (s->need_w > CLASH_W || s->need_w < -CLASH_W))
        s->side_charge = s->need_w > 0;
}
/* One budget: none is emptied into another. */
static void cap_others(struct step *t)
{
    bool forced = false;
    find_sides(t);
    for (int i = 0; i < t->c->n; i++)
        forced = forced || (t->c->units[i].control && t->s->units[i].forced &&
                            t->s->units[i].charge_cap_w > 0);
    for (int i = 0; i < t->c->n; i++) {
        struct storage_unit_state *x = &t->s->units[i];
        if (forced && !x->forced)
            cap_discharge(x, 0, STORAGE_OTHER, 0, 0);
        if (!t->s->sides.on || x->forced || t->c->units[i].ours)
            continue;
        if (t->s->side_charge)
            cap_discharge(x, 0, STORAGE_AGAINST, 0, 0);
        else
            cap_charge(x, 0, STORAGE_AGAINST, 0, 0);
    }
}
/* Follows w calmly: lower at once, higher after a while, and nothing for a little. */
static int32_t calm(struct step *t, struct storage_calm *x, int32_t w)
{
    int32_t band = max_i32(t->c->dead_band_w, 100);
    bool higher = x->w.set && w >= x->w.v + band;
    if (higher)
        due(t, x->at.ms + CALM_MS);
    if (!x->w.set || w <= x->w.v - band || (w == 0 && x->w.v) ||
        (higher && t->now - x->at.ms >= CALM_MS))
        *x = (struct storage_calm){SOME_I32(w), {t->now}};
    return x->w.v;
}
static void cap_cars(struct step *t)
{
    int64_t sum = 0;
    for (int i = 0; i < t->c->n; i++)
        if (usable(t, i) && t->s->units[i].discharge_cap_w)
            sum += rating(t->in->units[i].max_discharge_w);
    for (int i = 0; i < t->c->n; i++) {
        struct storage_unit_state *x = &t->s->units[i];
        if (!t->in->block_discharge || !sum) {
            x->block.w.set = false;
            continue;
        }
        int32_t rated = rating(t->in->units[i].max_discharge_w);
        int32_t part = sat_i32((int64_t)max_i32(t->in->may_carry_w, 0) * rated / sum);
        int32_t cap = t->c->units[i].ours ? part : calm(t, &x->block, part);
        cap_discharge(x, cap, STORAGE_CARS, cap, 0);
    }
}
/* Charging from the grid gives way to cars, fuses and the operator. */
static void cap_grid(struct step *t)
{
    struct storage_state *s = t->s;
    const struct storage_in *in = t->in;
    int64_t sun = s->need_set ? max_i32(0, s->raw_w) : 0, now_w = 0, left = INT32_MAX;
    if (in->cars_short)
        s->cars_short = (struct control_timer){true, {t->now}};
    if (timer_done(t, &s->cars_short, YIELD_MS))
        s->cars_short.on = false;
    for (int i = 0; i < t->c->n; i++)
        if (s->units[i].forced && in->units[i].power_w.set)
            now_w += max_i32(0, in->units[i].power_w.v);
    enum storage_code code = STORAGE_FUSE;
    if (!s->need_set)
        left = 0, code = STORAGE_BLIND;
    else if (s->cars_short.on)
        left = sun, code = STORAGE_CARS_SHORT;
    else if (in->room_w.set)
        left = max_i64(now_w + in->room_w.v, 0);
    if (in->consume_w.set && s->need_set) {
        int64_t limit = (int64_t)in->consume_w.v * (1000 - MARGIN_PM) / 1000;
        /* As for cars: the limit and what is produced beyond the other loads, for all that we
         * control; other loads beyond the limit are not fought. */
        int64_t own = max_i64(0, (int64_t)s->raw_w + in->cars_w);
        int64_t free_w = max_i64(0, limit + own - in->cars_w - in->cars_rise_w);
        if (free_w < left)
            left = free_w, code = STORAGE_GRID_LIMIT;
    }
    for (int i = 0; i < t->c->n; i++) {
        struct storage_unit_state *x = &s->units[i];
        if (!x->forced) {
            x->grid.w.set = false;
            continue;
        }
        int32_t w =
            in->units[i].charge_w.set ? in->units[i].charge_w.v : rating(in->units[i].max_charge_w);
        cap_charge(x, w, STORAGE_CHARGE, w, 0);
        int32_t part = calm(t, &x->grid, min_i32(w, sat_i32(left)));
        cap_charge(x, part, code, code == STORAGE_GRID_LIMIT ? in->consume_w.v : part, part);
        left -= min_i64(left, x->charge_cap_w);
    }
}
static void cap_ratings(struct step *t)
{
    for (int i = 0; i < t->c->n; i++) {
        struct storage_unit_state *x = &t->s->units[i];
        if (!t->c->units[i].ours)
            continue;
        x->charge_cap_w = min_i32(x->charge_cap_w, rating(t->in->units[i].max_charge_w));
        x->discharge_cap_w = min_i32(x->discharge_cap_w, rating(t->in->units[i].max_discharge_w));
    }
}

void storage_step(struct storage_state *s, const struct storage_in *in,
                  const struct storage_config *c, struct now now, struct storage_out *out)
{
    struct step t = {s, in, c, now.mono.ms};
    s->next.ms = t.now + IDLE_STEP_MS;
    observe(&t);
    for (int i = 0; i < c->n; i++) {
        cap_chosen(&t, i);
        cap_soc(&t, i);
    }
    cap_grid(&t);
    cap_others(&t);
    storage_for_cars(&t, out); /* before the cars' own bounds: it is what they may ask for */
    cap_cars(&t);
    cap_ratings(&t);
    for (int i = 0; i < c->n; i++)
        storage_tell(&t, i, &out->units[i]);
    out->next = s->next;
}
