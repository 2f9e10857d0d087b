/* SPDX-License-Identifier: Apache-2.0
 * plant_loads.c -- heat pumps, rods, switched consumers, generators: what they make of their orders
 * and what they say. */
#include "tests/sim/day/plant.h"

enum { SHOW_EVERY_S = 2, MAX_AGE_MS = 30000 };

static uint8_t wired_of(const struct day_device *c)
{
    return (uint8_t)(c->phases == 3 ? ALL_PHASES : 1u << (c->rotation - ROTATION_L123));
}
void devices_init(struct plant *p)
{
    for (int k = 0; k < p->d->devices_n; k++) {
        const struct day_device *c = &p->d->devices[k];
        p->devices[k] = (struct device){
            .circuit = day_circuit_index(p->d, c->circuit),
            .wired = wired_of(c),
            .mode = c->mode                          ? c->mode
                    : c->kind == LOAD_KIND_GENERATOR ? LOAD_MODE_NORMAL
                                                     : LOAD_MODE_SOLAR,
            .answers = true,
        };
    }
}
void plant_order(struct plant *p, int k, const struct control_load_decision *d)
{
    struct device *o = &p->devices[k];
    if (!o->answers || o->free)
        return;
    o->order = *d;
    o->told = true;
    o->told_s = p->second;
}
static const struct day_demand *demand_of(const struct plant *p, int k, bool *any)
{
    *any = false;
    for (int i = 0; i < p->d->demands_n; i++) {
        const struct day_demand *x = &p->d->demands[i];
        if (strcmp(x->device, p->d->devices[k].id) != 0)
            continue;
        *any = true;
        if (in_span(x->from, x->to, p->calm ? p->d->to - 1 : p->second))
            return x;
    }
    return NULL;
}
int32_t device_demand_w(const struct plant *p, int k)
{
    bool any;
    const struct day_demand *x = demand_of(p, k, &any);
    return x ? x->power_w : any ? 0 : INT32_MAX;
}
static bool by_itself(const struct plant *p, int k)
{
    bool any;
    const struct day_demand *x = demand_of(p, k, &any);
    return x && x->own;
}
/* What it may draw; *on: it is told to run. */
static int32_t may_w(const struct plant *p, int k, bool *on)
{
    const struct day_device *c = &p->d->devices[k];
    const struct device *o = &p->devices[k];
    const struct control_load_decision *d = &o->order;
    int32_t own = by_itself(p, k) ? c->max_power_w : 0;
    bool sg = c->kind == LOAD_KIND_SG_READY, generator = c->kind == LOAD_KIND_GENERATOR;
    *on = o->leased && device_running(d);
    if (!o->leased) {
        bool was = o->told && device_running(d) && !o->free && d->fallback_w > 0;
        *on = was && !sg && !generator;
        return sg || generator ? own : was ? min_i32(d->power_w, d->fallback_w) : 0;
    }
    if (sg)
        return d->sg == SG_STATE_BLOCK ? 0 : *on ? c->max_power_w : own;
    if (generator)
        return d->on.set ? (d->on.v ? d->power_w : 0) : own;
    return !d->on.v ? 0 : c->kind == LOAD_KIND_POWER ? d->power_w : c->max_power_w;
}
static void device_second(struct plant *p, int k)
{
    const struct day_device *c = &p->d->devices[k];
    struct device *o = &p->devices[k];
    bool generator = c->kind == LOAD_KIND_GENERATOR;
    o->answers = !plant_fault(p, ILL_DEVICE_OFFLINE, c->id);
    o->free = plant_fault(p, ILL_DEVICE_FREE, c->id);
    o->leased = o->told && !o->free && p->second - o->told_s <= p->d->control.lease_ms / 1000;
    int32_t aim = min_i32(may_w(p, k, &o->on), device_demand_w(p, k));
    if (generator) /* heat is not what limits it here */
        aim = -may_w(p, k, &o->on);
    o->w += (int32_t)((int64_t)(aim - o->w) * 1000 / max_i32(1000, c->lag_ms));
    if (o->w - aim < 20 && aim - o->w < 20)
        o->w = aim;
    o->mwh += p->calm ? 0 : (int64_t)o->w * 1000 / 3600;
    if (generator)
        p->yield_w -= o->w;
    else
        p->devices_w += o->w;
}
static void orders_of_people(struct plant *p)
{
    for (int i = 0; i < p->d->orders_n; i++) {
        const struct day_order *x = &p->d->orders[i];
        bool first = p->second == p->d->from && x->at < p->second;
        if (x->at != p->second && !first)
            continue;
        struct device *o = &p->devices[day_device_index(p->d, x->device)];
        p->touched_s = p->second;
        o->mode = x->mode ? x->mode : o->mode;
        o->max_w = x->max_power_w.set ? x->max_power_w : o->max_w;
    }
}
void devices_second(struct plant *p)
{
    p->devices_w = p->yield_w = 0;
    if (!p->calm)
        orders_of_people(p);
    for (int k = 0; k < p->d->devices_n; k++)
        device_second(p, k);
}

/* ---- what they say ---- */
static struct opt_i32 applied(const struct plant *p, int k)
{
    const struct day_device *c = &p->d->devices[k];
    const struct device *o = &p->devices[k];
    int n = lanes(o->wired);
    if (!o->told)
        return (struct opt_i32){0};
    if (!o->on)
        return SOME_I32(0);
    int32_t w =
        c->kind == LOAD_KIND_POWER
            ? (o->leased ? o->order.power_w : min_i32(o->order.power_w, o->order.fallback_w))
            : c->max_power_w;
    if (c->kind == LOAD_KIND_GENERATOR)
        return SOME_I32(0);
    return SOME_I32(max_i32(load_ma(w, n), max_i32(1, load_ma(c->min_power_w, n))));
}
static bool show(struct plant *p, struct views *v, int k, struct mono now)
{
    const struct day_device *c = &p->d->devices[k];
    const struct device *o = &p->devices[k];
    struct control_charger_in *in = &v->chargers[p->d->chargers_n + k];
    struct control_load_in *x = &v->loads[k], was = *x;
    bool online = in->online, news;
    x->mode = o->mode;
    x->max_power_w = o->max_w;
    in->known = in->online = true;
    in->use_battery = true; /* it blocks no battery */
    in->online = o->answers;
    if (o->answers) {
        x->free = o->free;
        x->runs = (struct opt_bool){o->w > 50 || o->w < -50, c->reports};
        in->applied_ma = applied(p, k);
    }
    news = x->mode != was.mode || x->free != was.free || x->runs.v != was.runs.v ||
           x->max_power_w.v != was.max_power_w.v || online != in->online;
    if (o->answers && c->meter[0] && c->kind != LOAD_KIND_GENERATOR &&
        p->second % SHOW_EVERY_S == 0) {
        int n = lanes(o->wired);
        in->meas = (struct control_reading){.at = now,
                                            .rule = {SHOW_EVERY_S * 1000, MAX_AGE_MS},
                                            .power_w = SOME_I32(o->w),
                                            .known = true};
        for (int q = 0; q < PHASES; q++)
            phase_put(&in->meas.current_ma, q, o->wired >> q & 1 ? load_ma(o->w, n) : 0);
        news = true;
    }
    load_as_charger(x, o->wired, in);
    return news;
}
bool devices_show(struct plant *p, struct views *v, struct mono now)
{
    bool news = false;
    for (int k = 0; k < p->d->devices_n; k++)
        news = show(p, v, k, now) || news;
    return news;
}
