/* SPDX-License-Identifier: Apache-2.0
 * plant.c -- sun, appliances, wallboxes with their bridge, cars, a battery, the flow in every fuse.
 */
#include "tests/sim/day/plant.h"

enum {
    CLEAR_FROM_S = 6 * 3600,
    CLEAR_TO_S = 20 * 3600,
    SLEEP_AFTER_S = 300,
    WAKE_S = 30,
    SWITCH_S = 30,
    STILL_MA = 300,
};

/* ---- sun and appliances ---- */
static int32_t clear_w(const struct day *d, int second)
{
    int64_t x = second % DAY_S - CLEAR_FROM_S, len = CLEAR_TO_S - CLEAR_FROM_S;
    if (x < 0 || x >= len)
        return 0;
    return (int32_t)(4 * d->pv_w * x / len * (len - x) / len); /* near enough to the real curve */
}
static void draw_sun(struct plant *p)
{
    const struct day *d = p->d;
    int next = 0;
    int32_t w = 0;
    for (int s = d->from; s < d->to; s++) {
        for (; next < d->sun_n && d->sun[next].at <= s; next++)
            w = d->sun[next].power_w;
        p->sun_w[s - d->from] = d->sun_n ? w : clear_w(d, s);
    }
    for (int i = 0; i < d->clouds_n; i++) {
        const struct day_cloud *c = &d->clouds[i];
        int edge = max_i32(1, c->edge_ms / 1000);
        for (int s = max_i32(c->from, d->from); s < min_i32(c->to, d->to); s++) {
            int deep = min_i32(edge, min_i32(s - c->from, c->to - s));
            int64_t pm = 1000 - (int64_t)(1000 - c->through_pm) * deep / edge;
            p->sun_w[s - d->from] = (int32_t)(p->sun_w[s - d->from] * pm / 1000);
        }
    }
}
static int earlier(const void *a, const void *b)
{
    return ((const struct load_step *)a)->at - ((const struct load_step *)b)->at;
}
static void draw_loads(struct plant *p)
{
    for (int i = 0; i < p->d->loads_n; i++) {
        const struct day_load *l = &p->d->loads[i];
        struct load_step s = {
            .at = l->from,
            .circuit = (int16_t)day_circuit_index(p->d, l->circuit),
            .phases = (uint8_t)(l->phase ? 1u << (l->phase - 1) : ALL_PHASES),
            .ma = l->current_ma,
        };
        p->steps[p->steps_n++] = s;
        s.at = l->to;
        s.ma = -s.ma;
        p->steps[p->steps_n++] = s;
    }
    qsort(p->steps, (size_t)p->steps_n, sizeof p->steps[0], earlier);
}
static void loads(struct plant *p)
{
    for (; p->step_next < p->steps_n && p->steps[p->step_next].at <= p->second; p->step_next++) {
        const struct load_step *s = &p->steps[p->step_next];
        for (int k = 0; k < PHASES; k++)
            if (s->phases >> k & 1) {
                p->load_ma[s->circuit][k] += s->ma;
                p->house_w += watts(s->ma);
            }
    }
}

/* ---- begin and end ---- */
static uint8_t wired(const struct day_charger *c)
{
    return (uint8_t)(c->phases == 3 ? ALL_PHASES : 1u << (c->rotation - ROTATION_L123));
}
bool plant_init(struct plant *p, const struct day *d)
{
    memset(p, 0, sizeof *p);
    p->d = d;
    p->second = d->from - 1;
    p->frame_due = d->from;
    p->noise = (uint64_t)d->seed ^ 0x5bd1e995u;
    p->battery_mwh = (int64_t)d->battery.capacity_wh * d->battery.soc_pm;
    p->limit_w = -1;
    p->touched_s = -DAY_S;
    p->sun_w = calloc((size_t)(d->to - d->from), sizeof p->sun_w[0]);
    if (!p->sun_w)
        return false;
    draw_sun(p);
    draw_loads(p);
    for (int i = 0; i < d->circuits_n; i++)
        p->parent[i] = i ? day_circuit_index(d, d->circuits[i].parent) : -1;
    for (int i = 0; i < d->cars_n; i++)
        p->box_of[i] = day_charger_index(d, d->cars[i].charger);
    for (int i = 0; i < d->chargers_n; i++) {
        p->boxes[i] = (struct box){
            .circuit = day_circuit_index(d, d->chargers[i].circuit),
            .car = -1,
            .wired = wired(&d->chargers[i]),
            .turn = (uint8_t)(d->chargers[i].rotation - ROTATION_L123),
            .metered = d->chargers[i].metered,
            .mode = d->chargers[i].mode,
            .can_switch = d->chargers[i].can_switch_phases,
            .closed = d->chargers[i].phases,
            .switched_s = -DAY_S,
            .phases = d->chargers[i].phase_use,
        };
        bool read = site_parse_start_power(d->chargers[i].start_power, &p->boxes[i].start_pm,
                                           &p->boxes[i].start_w);
        assert(read); /* day_sound has read it too */
    }
    devices_init(p);
    return true;
}
void plant_end(struct plant *p)
{
    free(p->sun_w);
    p->sun_w = NULL;
}
bool plant_fault(const struct plant *p, enum ill kind, const char *where)
{
    if (p->calm || !p->active[kind])
        return false;
    for (int i = 0; i < p->d->faults_n; i++) {
        const struct day_fault *f = &p->d->faults[i];
        if (f->kind == kind && in_span(f->from, f->to, p->second) &&
            (!where || strcmp(f->where, where) == 0))
            return true;
    }
    return false;
}

bool plant_hungry(const struct plant *p, int i)
{
    const struct box *b = &p->boxes[i];
    return b->car >= 0 && (p->calm || b->charged_mwh < (int64_t)p->d->cars[b->car].need_wh * 1000);
}

/* ---- wallbox and bridge ---- */
void plant_setpoint(struct plant *p, int i, const char *boot, int64_t seq,
                    const struct control_decision *d, struct mono now)
{
    struct box *b = &p->boxes[i];
    struct lease_offer o = {boot, seq, p->d->control.lease_ms, d->current_ma, false};
    int slot;
    if (lease_offer(&b->lease, &o, now, &slot) != LEASE_TAKEN)
        return;
    b->slot_ma[slot] = d->current_ma;
    b->slot_fallback_ma[slot] = d->fallback_ma;
    b->slot_contacts[slot] = d->contacts;
}
static void bridge(struct plant *p, struct box *b, const struct day_charger *c)
{
    struct mono now = plant_now(p);
    int slot = lease_in_force(&b->lease, now);
    if (!b->answers) { /* the limit inside the box has a life of its own */
        if (++b->silent_s * 1000 > c->box_lease_ms)
            b->offer_ma = lease_fallback_ma(b->offer_ma, c->fallback_ma);
        return;
    }
    b->silent_s = 0;
    int32_t ma = slot >= 0 ? b->slot_ma[slot] : lease_fallback_ma(b->offer_ma, b->fallback_ma);
    if (slot < 0 && p->lease_lost)
        return;
    if (slot >= 0)
        b->fallback_ma = b->slot_fallback_ma[slot];
    if (!b->obeys || lease_phase_of(&b->lease, now) == LEASE_PHASE_NONE)
        return;
    b->offer_ma = ma;
    int wish = slot >= 0 ? b->slot_contacts[slot] : 0;
    if (wish && wish != b->closed && wish != b->wish && b->ma > 500)
        b->under_current = true;
    b->wish = wish;
}
/* It waits until nothing flows, and needs its time. */
static void contacts(struct plant *p, struct box *b)
{
    if (b->switching_s > 0 && --b->switching_s == 0) {
        b->closed = b->closed == 3 ? 1 : 3;
        b->switched_s = p->second;
    }
    if (b->can_switch && b->obeys && !b->switching_s && b->wish && b->wish != b->closed &&
        b->ma < STILL_MA)
        b->switching_s = SWITCH_S;
    b->uses = b->car_uses & box_wired(b);
}

/* ---- cars ---- */
static void plug(struct plant *p, int i)
{
    struct box *b = &p->boxes[i];
    int car = -1;
    for (int k = 0; k < p->d->cars_n && car < 0; k++)
        if (p->box_of[k] == i && in_span(p->d->cars[k].from, p->d->cars[k].to, p->second))
            car = k;
    if (car == b->car)
        return;
    b->car = car;
    b->ma = b->offered_s = b->paused_s = 0;
    b->charged_mwh = 0;
    b->asleep = false;
    b->car_uses = 0;
    for (int k = 0; car >= 0 && k < p->d->cars[car].phases; k++)
        b->car_uses = (uint8_t)(b->car_uses | 1u << (k + b->turn) % PHASES);
    b->car_uses &= b->wired;
}
/* True when it draws from what is offered. */
static bool awake(struct box *b, const struct day_car *c)
{
    if (b->offer_ma < CAR_MIN_MA || b->switching_s) {
        b->offered_s = 0;
        if (++b->paused_s > SLEEP_AFTER_S && c->sleeps && b->charged_mwh)
            b->asleep = true;
        return false;
    }
    b->offered_s++;
    if (b->ma == 0 && b->offered_s < (b->asleep ? WAKE_S : 1) + c->delay_ms / 1000)
        return false;
    b->asleep = false;
    b->paused_s = 0;
    return true;
}
static int32_t ceiling(const struct box *b, const struct day_car *c)
{
    int64_t left = (int64_t)c->need_wh * 1000 - b->charged_mwh, taper = (int64_t)c->taper_wh * 1000;
    if (left >= taper || taper == 0)
        return c->max_current_ma;
    left = max_i64(left, 0);
    return (int32_t)(c->max_current_ma / 4 + c->max_current_ma * 3 / 4 * left / taper);
}
static void car(struct plant *p, int i)
{
    struct box *b = &p->boxes[i];
    if (b->car < 0)
        return;
    const struct day_car *c = &p->d->cars[b->car];
    int32_t aim = 0;
    if (awake(b, c) && plant_hungry(p, i))
        aim = max_i32(0, min_i32(b->offer_ma - c->bias_ma, ceiling(b, c)));
    b->ma += (int32_t)((int64_t)(aim - b->ma) * 1000 / max_i32(1000, c->lag_ms));
    if (b->ma - aim < 100 && aim - b->ma < 100)
        b->ma = aim;
    p->cars_w += box_w(b);
    b->charged_mwh += p->calm ? 0 : (int64_t)box_w(b) * 1000 / 3600;
}
static void people(struct plant *p)
{
    for (int k = 0; k < p->d->changes_n; k++) {
        const struct day_change *c = &p->d->changes[k];
        bool first = p->second == p->d->from && c->at < p->second;
        if (c->at != p->second && !first)
            continue;
        struct box *b = &p->boxes[day_charger_index(p->d, c->charger)];
        b->mode = c->mode && !choices_used(p->d, c->charger) ? c->mode : b->mode;
        b->paused = c->paused.set ? c->paused.v : b->paused;
        b->max_ma = c->max_current_ma.set ? c->max_current_ma : b->max_ma;
        b->min_ma = c->min_current_ma.set ? c->min_current_ma : b->min_ma;
        b->priority = c->priority.set ? c->priority : b->priority;
        b->phases = c->phases ? c->phases : b->phases;
        p->touched_s = p->second;
    }
}

/* ---- the whole ---- */
/* Steers the grid power to zero by itself, with a lag, within what it was told; one without a
 * regulator does as it was told, and rests when nobody tells it anything. */
static int32_t battery_wish(const struct plant *p)
{
    const struct day_battery *b = &p->d->battery;
    const struct storage_order *o = &p->battery_order;
    bool leased = o->send && p->second - p->battery_told_s <= p->d->control.lease_ms / 1000;
    int32_t want = plant_sun_w(p) - p->cars_w - p->devices_w;
    if (b->ours)
        return leased ? o->power_w.v : 0;
    if (!leased || o->mode == BATTERY_MODE_NORMAL)
        return want;
    if (o->mode == BATTERY_MODE_HOLD)
        return max_i32(0, want);
    int32_t most = o->charge_w.set ? o->charge_w.v : INT32_MAX;
    int32_t least = o->discharge_w.set ? -o->discharge_w.v : -INT32_MAX;
    return o->mode == BATTERY_MODE_LIMIT ? clamp_i32(want, least, most) : want;
}
static void battery(struct plant *p)
{
    const struct day_battery *b = &p->d->battery;
    int64_t all = (int64_t)b->capacity_wh * 1000;
    int32_t want = clamp_i32(battery_wish(p), p->battery_mwh > 0 ? -b->power_w : 0,
                             p->battery_mwh < all ? b->power_w : 0);
    p->battery_w += (int32_t)((int64_t)(want - p->battery_w) * 1000 / max_i32(1000, b->lag_ms));
    p->battery_mwh += p->calm ? 0 : (int64_t)p->battery_w * 1000 / 3600;
}
static void flows(struct plant *p)
{
    const struct day *d = p->d;
    int64_t pv_ma = (int64_t)p->pv_w * 1000000 / VOLT_MV;
    memcpy(p->flow_ma, p->load_ma, sizeof p->flow_ma);
    for (int k = 0; k < PHASES; k++) {
        if (d->pv_phase == 0 || d->pv_phase == k + 1)
            p->flow_ma[0][k] -= (int32_t)(d->pv_phase ? pv_ma : pv_ma / PHASES);
        p->flow_ma[0][k] += (int32_t)((int64_t)p->battery_w * 1000000 / VOLT_MV / PHASES);
        for (int i = 0; i < d->devices_n; i++)
            if (p->devices[i].wired >> k & 1)
                p->flow_ma[p->devices[i].circuit][k] +=
                    (int32_t)((int64_t)p->devices[i].w * 1000000 / VOLT_MV /
                              lanes(p->devices[i].wired));
        for (int i = 0; i < d->chargers_n; i++)
            if (p->boxes[i].uses >> k & 1)
                p->flow_ma[p->boxes[i].circuit][k] += p->boxes[i].ma;
        for (int i = d->circuits_n - 1; i > 0; i--)
            p->flow_ma[p->parent[i]][k] += p->flow_ma[i][k];
    }
    memmove(&p->shown_ma[1], &p->shown_ma[0], sizeof p->shown_ma - sizeof p->shown_ma[0]);
    memcpy(p->shown_ma[0], p->flow_ma, sizeof p->flow_ma);
}
static void surroundings(struct plant *p)
{
    const struct day *d = p->d;
    p->pv_w = p->sun_w[p->second - d->from];
    loads(p);
    people(p);
    memset(p->active, 0, sizeof p->active);
    for (int i = 0; i < d->faults_n; i++)
        if (in_span(d->faults[i].from, d->faults[i].to, p->second))
            p->active[d->faults[i].kind] = true;
    p->limit_w = -1;
    for (int i = 0; i < d->limits_n; i++)
        if (in_span(d->limits[i].from, d->limits[i].to, p->second) &&
            (p->limit_w < 0 || d->limits[i].consume_w < p->limit_w))
            p->limit_w = d->limits[i].consume_w;
    for (int i = 0; i < d->chargers_n; i++)
        plug(p, i);
}
void plant_second(struct plant *p)
{
    const struct day *d = p->d;
    p->second++;
    if (p->second >= d->to)
        p->calm = true;
    if (!p->calm)
        surroundings(p);
    else
        p->limit_w = -1;
    p->cars_w = 0;
    for (int i = 0; i < d->chargers_n; i++) {
        struct box *b = &p->boxes[i];
        b->answers = !plant_fault(p, ILL_OFFLINE, d->chargers[i].id);
        b->obeys = b->answers && !plant_fault(p, ILL_DEAF, d->chargers[i].id);
        bridge(p, b, &d->chargers[i]);
        contacts(p, b);
        car(p, i);
    }
    devices_second(p);
    if (d->battery.power_w)
        battery(p);
    flows(p);
}
