/* SPDX-License-Identifier: Apache-2.0
 * storage_tell.c -- from what each battery may do to what it is told; and what cars may ask. */
#include "services/surplus-controller/core/storage_layers.h"

/* Power of all batteries together that keeps the grid at its target. */
static int32_t wanted_w(const struct step *t)
{
    int32_t need = t->s->need_w, up = need + t->c->grid_target_w;
    int32_t down = need + max_i32(0, t->c->grid_target_w);
    return up > 0 ? up : down < 0 ? down : 0;
}

/* ---- what each is told ---- */
static struct opt_i32 bound(int32_t cap)
{
    return cap >= STORAGE_NO_CAP ? (struct opt_i32){0} : SOME_I32(cap);
}
/* Ours: the common wish in proportion to what each can; all with one sign. */
static int32_t part_of(const struct step *t, int i, int64_t rest)
{
    int64_t sum = 0;
    for (int k = 0; k < t->c->n; k++) {
        const struct storage_unit_state *x = &t->s->units[k];
        if (t->c->units[k].ours && !x->forced && usable(t, k))
            sum += rest > 0 ? x->charge_cap_w : x->discharge_cap_w;
    }
    const struct storage_unit_state *x = &t->s->units[i];
    int64_t cap = rest > 0 ? x->charge_cap_w : x->discharge_cap_w;
    if (!sum || !rest)
        return 0;
    if (rest >= sum || rest <= -sum)
        return sat_i32(rest > 0 ? cap : -cap);
    return sat_i32(rest * cap / sum);
}
static int32_t forced_w(const struct step *t)
{
    int64_t sum = 0;
    for (int i = 0; i < t->c->n; i++)
        if (t->s->units[i].forced && usable(t, i))
            sum += t->s->units[i].charge_cap_w;
    return sat_i32(sum);
}
/* What it should be told, before dead band and write rate. */
static int32_t wish_ours(const struct step *t, int i, int32_t old)
{
    const struct storage_unit_state *x = &t->s->units[i];
    int32_t forced = forced_w(t), band = t->c->dead_band_w, want;
    if (!t->in->units[i].power_w.set)
        return 0;
    if (x->forced)
        return x->charge_cap_w;
    if (!t->s->need_set)
        return 0;
    want = part_of(t, i, (int64_t)wanted_w(t) - forced);
    if (forced > 0 && want < 0)
        return 0;
    int32_t least = old ? band : 2 * band;
    return want > -least && want < least ? 0 : want;
}
static struct storage_reason why_ours(const struct step *t, int i)
{
    const struct storage_unit_state *x = &t->s->units[i];
    int32_t wanted = wanted_w(t);
    if (x->forced)
        return x->charge_why;
    if (!t->s->need_set)
        return (struct storage_reason){STORAGE_BLIND, {0}};
    if (wanted > 0 && x->charge_why.code != STORAGE_NORMAL && x->power_w >= x->charge_cap_w)
        return x->charge_why;
    if (wanted < 0 && x->discharge_why.code != STORAGE_NORMAL && -x->power_w >= x->discharge_cap_w)
        return x->discharge_why;
    return (struct storage_reason){x->power_w ? STORAGE_ZERO_GRID : STORAGE_IDLE,
                                   {x->power_w, 0, 0}};
}
static void tell_ours(struct step *t, int i, struct storage_order *o)
{
    struct storage_unit_state *x = &t->s->units[i];
    int32_t old = clamp_i32(x->power_w, -x->discharge_cap_w, x->charge_cap_w);
    int32_t want = wish_ours(t, i, old), by = want > old ? want - old : old - want;
    /* To zero and to the other direction all go at once: never two with opposite signs. */
    bool same_way = old == 0 || (want != 0 && (want > 0) == (old > 0));
    bool less = same_way && (old < 0 ? want >= old : want <= old) && old != 0;
    if ((t->in->meter != METER_GOOD || !t->in->config_agreed) && !less)
        want = same_way ? old : 0; /* nothing is raised */
    bool cut = old != x->power_w || !t->s->need_set || !same_way || !t->in->units[i].power_w.set;
    bool news = want != old && (want == 0 || by > t->c->dead_band_w);
    bool wait = t->now - x->changed_at.ms < t->c->write_ms;
    if (news && wait && !cut)
        due(t, x->changed_at.ms + t->c->write_ms);
    if (!news || (wait && !cut))
        want = old;
    if (want != x->power_w)
        x->changed_at.ms = t->now;
    x->power_w = want;
    o->mode = BATTERY_MODE_POWER;
    o->power_w = SOME_I32(x->power_w);
    o->reason = why_ours(t, i);
}
static void tell_self(struct step *t, int i, struct storage_order *o)
{
    struct storage_unit_state *x = &t->s->units[i];
    bool free_up = x->charge_cap_w >= STORAGE_NO_CAP,
         free_down = x->discharge_cap_w >= STORAGE_NO_CAP;
    o->mode = BATTERY_MODE_NORMAL;
    if (x->forced && x->charge_cap_w > 0) {
        o->mode = BATTERY_MODE_CHARGE;
        o->charge_w = bound(x->charge_cap_w);
        o->reason = x->charge_why;
    } else if (x->forced) { /* what the sun leaves it may still take */
        o->mode = BATTERY_MODE_HOLD;
        o->reason = x->charge_why;
    } else if (!free_down && x->discharge_cap_w == 0 && free_up) {
        o->mode = BATTERY_MODE_HOLD;
        o->reason = x->discharge_why;
    } else if (!free_up || !free_down) {
        o->mode = BATTERY_MODE_LIMIT;
        o->charge_w = bound(x->charge_cap_w);
        o->discharge_w = bound(x->discharge_cap_w);
        o->reason = free_down ? x->charge_why : x->discharge_why;
    }
    if (o->mode != BATTERY_MODE_NORMAL)
        x->touched = true;
}
void storage_tell(struct step *t, int i, struct storage_order *o)
{
    struct storage_unit_state *x = &t->s->units[i];
    *o = (struct storage_order){.mode = BATTERY_MODE_NORMAL,
                                .max_charge_w = x->charge_cap_w,
                                .max_discharge_w = x->discharge_cap_w};
    o->reason.code = STORAGE_NORMAL;
    if (!t->in->begun || !t->c->units[i].control) {
        o->reason.code = t->c->units[i].control ? STORAGE_STARTING : STORAGE_ALONE;
        return;
    }
    if (t->c->units[i].ours)
        tell_ours(t, i, o);
    else
        tell_self(t, i, o);
    /* A battery that never was told anything is not told "normal": somebody else may steer it. */
    o->send = t->c->units[i].ours || x->touched;
    if (!t->in->units[i].power_w.set)
        o->reason.code = STORAGE_SILENT;
    if (o->reason.code == STORAGE_CARS_SHORT)
        o->next_mono_ms = SOME_I64(t->s->cars_short.since.ms + YIELD_MS);
    if (o->reason.code == STORAGE_AGAINST)
        o->next_mono_ms = SOME_I64(t->s->sides.since.ms + SIDES_MS);
}

/* ---- over a restart ---- */
bool storage_kept_differs(const struct storage_kept *a, const struct storage_kept *b)
{
    int32_t w = a->appetite_w - b->appetite_w;
    return a->low != b->low || a->high != b->high || a->car_low != b->car_low || a->fed != b->fed ||
           a->appetite_set != b->appetite_set ||
           (a->appetite_set &&
            (w >= WORTH_W || w <= -WORTH_W || a->appetite_soc_pm != b->appetite_soc_pm));
}

/* ---- for the cars ---- */
/* What it takes when there is more: its rating, or less near full. */
static int32_t appetite(struct step *t, int i)
{
    const struct storage_unit_in *u = &t->in->units[i];
    struct storage_kept *k = &t->s->units[i].kept;
    int32_t most = min_i32(rating(u->max_charge_w), t->s->units[i].charge_cap_w);
    if (u->soc_pm.set && u->soc_pm.v < k->appetite_soc_pm - APPETITE_SOC_PM)
        k->appetite_set = false;
    if (timer_done(t, &t->s->spare, SETTLED_MS)) {
        k->appetite_w = max_i32(0, u->power_w.v);
        k->appetite_soc_pm = u->soc_pm.v;
        k->appetite_set = true;
    }
    if (k->appetite_set)
        k->appetite_w = max_i32(k->appetite_w, u->power_w.v);
    return k->appetite_set ? min_i32(most, k->appetite_w) : most;
}
void storage_for_cars(struct step *t, struct storage_out *out)
{
    int64_t deliver = 0, take = 0, reserve = 0;
    if (t->s->need_set && t->in->grid_w < t->c->grid_target_w - CLASH_W)
        timer_start(t, &t->s->spare);
    else
        t->s->spare.on = false;
    for (int i = 0; i < t->c->n; i++) {
        const struct storage_unit_in *u = &t->in->units[i];
        const struct storage_unit_state *x = &t->s->units[i];
        if (!u->power_w.set)
            continue;
        int32_t hungry = appetite(t, i);
        if (u->soc_pm.set && !x->kept.car_low)
            deliver += min_i32(rating(u->max_discharge_w), x->discharge_cap_w);
        if (!u->soc_pm.set || u->soc_pm.v < 1000)
            take += max_i32(0, hungry - max_i32(0, u->power_w.v));
        if (u->soc_pm.set && !x->kept.fed)
            reserve += hungry >= STORAGE_NO_CAP ? max_i32(0, u->power_w.v) : hungry;
    }
    out->can_deliver_w = sat_i32(deliver);
    out->can_take_w = sat_i32(take);
    out->reserve_w = sat_i32(reserve);
}
