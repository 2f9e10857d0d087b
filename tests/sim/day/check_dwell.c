/* SPDX-License-Identifier: Apache-2.0
 * check_dwell.c -- use of the sun, dwell times, cars that wait for nothing, calm. */
#include "tests/sim/day/check.h"

enum {
    HOLD_SLACK_S = 10,
    RESTART_SLACK_S = 2,
    DISPLACED_S = 60, /* another car starts in its place */
    LAZY_S = 150,
    LAZY_W = 1500,
    SUN_WAIT_S = 120, /* on top of hold and restart pause */
    SETTLED_S = 2500, /* of calm, until all timers have run out */
    SWITCHED_S = 220, /* a stop may turn out to be the begin of a switch */
    CHECK_S = 900,    /* one look for three phases to the next */
    WINDOW_S = 90,    /* after a turn or a probe */
    TURN_S = 1780,
    PROBE_S = 590,
    SLACK_MA = 1000,
};

/* ---- what is there ---- */
static int32_t claim_ma(const struct check *k, int i)
{
    const struct box *b = &k->p->boxes[i];
    return max_i32(b->ma, b->car >= 0 ? k->boxes[i].last_ma : 0);
}
static uint8_t load_of(const struct check *k, int i)
{
    const struct box *b = &k->p->boxes[i];
    return k->boxes[i].known ? b->uses : box_wired(b);
}
/* Surplus that starts it and keeps it going. */
static int32_t need_of(const struct check *k, int i, int n)
{
    const struct check_box *c = &k->boxes[i];
    const struct box *b = &k->p->boxes[i];
    int64_t least = watts((int64_t)c->min_ma * n);
    if (c->mode != CHARGE_MODE_SOLAR_PLUS)
        return (int32_t)least;
    int64_t start_ma = (int64_t)k->d->chargers[i].max_current_ma * b->start_pm / 1000;
    int64_t w = watts(max_i64(c->min_ma, min_i64(start_ma, c->max_ma)) * n);
    if (b->start_w.set)
        w = b->start_w.v;
    /* On more phases than the start power asks for it is like solar_pure: one phase would do. */
    bool too_many = n > 1 && b->can_switch && b->phases == PHASE_USE_AUTO && w <= least;
    return (int32_t)(too_many ? least : w * k->d->chargers[i].solar_share_pm / 1000);
}
/* Its contacts are the controller's to choose. */
static bool free_contacts(const struct check *k, int i)
{
    const struct box *b = &k->p->boxes[i];
    return b->can_switch && b->phases == PHASE_USE_AUTO &&
           k->d->chargers[i].phase_switch == PHASE_SWITCH_ALLOWED;
}
int32_t check_surplus_w(const struct check *k, int i)
{
    int64_t w = plant_sun_w(k->p) - check_loads_claim_w(k) - check_battery_first_w(k);
    for (int o = 0; o < k->d->chargers_n; o++)
        if (o != i)
            w -= watts((int64_t)claim_ma(k, o) * lanes(load_of(k, o)));
    return (int32_t)w;
}
/* What meter noise may hide. */
int32_t check_noise_w(const struct check *k)
{
    int64_t ma = 0;
    for (int p = 0; p < PHASES; p++)
        ma += k->p->flow_ma[0][p] < 0 ? -k->p->flow_ma[0][p] : k->p->flow_ma[0][p];
    return 200 + (int32_t)(watts(ma) * (int64_t)k->d->noise_pm / 1000);
}
static bool disturbed(const struct check *k, int i)
{
    const struct check_box *c = &k->boxes[i];
    int s = k->p->second;
    bool near = false;
    for (int n = k->p->boxes[i].circuit; n >= 0; n = k->p->parent[n])
        near = near || s - k->near_s[n] < QUIET_S;
    return near || s - k->disturbed_s < QUIET_S || s - c->mode_s < QUIET_S || k->down_s ||
           !check_obedient(k, i);
}
int32_t check_claims_ma(const struct check *k, int circuit, int phase)
{
    int64_t ma = check_loads_to_come_ma(k, circuit, phase);
    for (int o = 0; o < k->d->chargers_n; o++) {
        const struct box *b = &k->p->boxes[o];
        int at = b->circuit;
        while (at > circuit)
            at = k->p->parent[at];
        if (at == circuit && (load_of(k, o) >> phase & 1))
            ma += claim_ma(k, o) - (b->uses >> phase & 1 ? b->ma : 0);
    }
    return (int32_t)ma;
}
/* The fuses, the balance and the claims of others leave `ma` more on every phase of its load. */
static bool room(const struct check *k, int i, int32_t ma)
{
    uint8_t load = load_of(k, i);
    int32_t tilt[PHASES] = {0};
    int32_t limit = (int32_t)((int64_t)k->d->control.max_imbalance_va * 970000 / VOLT_MV);
    for (int o = 0; o < k->d->chargers_n; o++)
        for (int p = 0; p < PHASES; p++)
            if (o != i && (load_of(k, o) != ALL_PHASES || !k->boxes[o].known))
                tilt[p] += load_of(k, o) >> p & 1 ? claim_ma(k, o) : 0;
    bool tilts =
        k->d->control.imbalance != IMBALANCE_OFF && (load != ALL_PHASES || !k->boxes[i].known);
    for (int p = 0; p < PHASES; p++)
        if (tilts && (load >> p & 1) && tilt[p] + claim_ma(k, i) + ma > limit)
            return false;
    for (int n = k->p->boxes[i].circuit; n >= 0; n = k->p->parent[n]) {
        const struct day_circuit *c = &k->d->circuits[n];
        int64_t w = 0;
        for (int p = 0; p < PHASES; p++) {
            int64_t flow = (int64_t)k->p->flow_ma[n][p] + check_claims_ma(k, n, p);
            w += watts(max_i64(flow, 0) + (load >> p & 1 ? ma : 0));
            if ((load >> p & 1) && flow + ma > c->max_current_ma * 96 / 100 - c->reserve_ma)
                return false;
        }
        if (c->max_power_w.set && w > (int64_t)c->max_power_w.v * 95 / 100)
            return false;
    }
    return true;
}

/* ---- P3 ---- */
static bool displaced(const struct check *k, int i)
{
    for (int o = 0; o < k->d->chargers_n; o++)
        if (o != i && k->boxes[o].started_s >= k->boxes[i].stopped_s - DISPLACED_S)
            return true;
    return false;
}
static void verdict(struct check *k, int i)
{
    struct check_box *c = &k->boxes[i];
    int wait_s = k->p->boxes[i].can_switch ? SWITCHED_S : DISPLACED_S;
    if (!c->verdict || (k->p->second - c->stopped_s < wait_s && !c->last_ma))
        return;
    c->verdict = false;
    if (displaced(k, i))
        c->stopped = false;
    else if (c->early_s < k->d->control.hold_ms / 1000 - HOLD_SLACK_S)
        check_note(k, DAY_STOP, "%s stopped at %02d:%02d:%02d, %d s after enough sun",
                   k->d->chargers[i].id, c->stopped_s / 3600, c->stopped_s / 60 % 60,
                   c->stopped_s % 60, c->early_s);
}
static void dwell(struct check *k, int i)
{
    struct check_box *c = &k->boxes[i];
    int s = k->p->second;
    int32_t need = need_of(k, i, lanes(load_of(k, i)));
    bool enough = check_surplus_w(k, i) >= need + need / 10 + check_noise_w(k);
    c->enough_for_s = enough ? c->enough_for_s + 1 : 0;
    if (c->enough_for_s >= 10)
        c->enough_s = s;
    verdict(k, i);
    bool stops = c->was_ma && !c->last_ma;
    bool exempt =
        disturbed(k, i) || s - k->people_s < QUIET_S ||
        s - k->blind_s < k->d->control.hold_ms / 1000 + QUIET_S || /* the hold began blind */
        !k->p->boxes[i].obeys || k->p->boxes[i].car < 0 || !is_solar(c->mode) ||
        k->p->boxes[i].switching_s;
    if (k->p->boxes[i].car < 0 || s - c->mode_s < 2)
        c->stopped = c->verdict = false;
    if (stops) {
        c->stopped = c->verdict = !exempt && room(k, i, max_i32(0, c->min_ma - claim_ma(k, i)));
        c->stopped_s = s;
        c->early_s = s - max_i32(c->enough_s, c->started_s);
    } else if (!c->was_ma && c->last_ma) {
        k->r->starts++;
        c->started_s = s;
        if (!exempt && c->stopped &&
            s - c->stopped_s < k->d->control.restart_ms / 1000 - RESTART_SLACK_S)
            check_note(k, DAY_RESTART, "%s, %d s after the stop", k->d->chargers[i].id,
                       s - c->stopped_s);
    }
}

/* ---- who waits, and why ---- */
static bool hungry(const struct check *k, int i)
{
    const struct box *b = &k->p->boxes[i];
    const struct check_box *c = &k->boxes[i];
    bool mode = c->mode == CHARGE_MODE_POWER || is_solar(c->mode);
    int pause_s = k->d->chargers[i].switch_pause_ms / 1000;
    if (b->switching_s || k->p->second - b->switched_s < pause_s + QUIET_S)
        return false;
    return plant_hungry(k->p, i) && c->plugged_s > QUIET_S && mode && !b->paused &&
           c->max_ma >= c->min_ma;
}
static void waits(struct check *k, int i)
{
    struct check_box *c = &k->boxes[i];
    const struct control_conf *conf = &k->d->control;
    bool solar = is_solar(c->mode), sun = true, one = free_contacts(k, i);
    int allowed_s = conf->reduced_ms / 1000 + QUIET_S;
    if (solar) {
        int32_t need =
            need_of(k, i, one && c->mode == CHARGE_MODE_SOLAR_PURE ? 1 : lanes(load_of(k, i)));
        sun = check_surplus_w(k, i) >=
              need + need / 10 + check_noise_w(k) - conf->grid_target_w + conf->dead_band_w;
        allowed_s = max_i32(allowed_s, conf->restart_ms / 1000 + SUN_WAIT_S);
        allowed_s += one ? CHECK_S + SWITCHED_S : 0;
    }
    bool waiting = !c->last_ma && hungry(k, i) && sun && !disturbed(k, i) && room(k, i, c->min_ma);
    c->wait_s = waiting ? c->wait_s + 1 : 0;
    if (c->wait_s == allowed_s)
        check_note(k, DAY_WAIT, "%s waits for %d s", k->d->chargers[i].id, allowed_s);
}
static void lazy(struct check *k, int i)
{
    struct check_box *c = &k->boxes[i];
    int32_t left = check_surplus_w(k, i) - watts((int64_t)claim_ma(k, i) * lanes(load_of(k, i))) -
                   check_noise_w(k);
    bool takes = k->p->boxes[i].ma > c->last_ma - SLACK_MA;
    /* Below its share solar_plus is owed nothing: it stops, or a battery carries its minimum. */
    takes = takes && (c->mode != CHARGE_MODE_SOLAR_PLUS ||
                      check_surplus_w(k, i) >= need_of(k, i, lanes(load_of(k, i))));
    bool bad = c->last_ma && c->last_ma < c->max_ma - SLACK_MA && takes && hungry(k, i) &&
               is_solar(c->mode) && left > LAZY_W && !disturbed(k, i) && room(k, i, SLACK_MA);
    c->lazy_s = bad ? c->lazy_s + 1 : 0;
    if (c->lazy_s == LAZY_S + k->d->control.reduced_ms / 1000)
        check_note(k, DAY_LAZY, "%s stays at %d mA, %d W are left", k->d->chargers[i].id,
                   c->last_ma, left);
}

/* On one phase although three are carried, by more than the 107 % at which it must look up. */
static void climbs(struct check *k, int i)
{
    struct check_box *c = &k->boxes[i];
    const struct box *b = &k->p->boxes[i];
    int32_t three = watts((int64_t)c->min_ma * PHASES) * 112 / 100 + check_noise_w(k);
    bool bad = free_contacts(k, i) && b->closed == 1 && c->last_ma && hungry(k, i) &&
               is_solar(c->mode) && check_surplus_w(k, i) > three && !disturbed(k, i) &&
               room(k, i, 0);
    for (int p = 0; p < PHASES && bad; p++) /* room on the phases that are not closed, roughly */
        for (int n = b->circuit; n >= 0; n = k->p->parent[n])
            bad = bad && k->p->flow_ma[n][p] + 2 * c->min_ma < k->d->circuits[n].max_current_ma;
    c->climb_s = bad ? c->climb_s + 1 : 0;
    if (c->climb_s == CHECK_S + SWITCHED_S)
        check_note(k, DAY_LAZY, "%s stays on one phase with %d W", k->d->chargers[i].id,
                   check_surplus_w(k, i));
}

/* ---- P2: while what the cars draw is measured, and is what they were offered ---- */
static bool greedy(const struct check *k, int i)
{
    const struct box *b = &k->p->boxes[i];
    return b->car >= 0 && k->d->cars[b->car].bias_ma < 0;
}
static void energy(struct check *k)
{
    bool seen = !check_excused(k, 0) && !k->bad_s[0];
    int64_t solar = 0, first = 0, rest = 0, above = 0;
    for (int i = 0; i < k->d->chargers_n; i++) {
        const struct check_box *c = &k->boxes[i];
        int64_t w = box_w(&k->p->boxes[i]);
        seen = seen && (!w || k->p->boxes[i].metered);
        if (c->mode == CHARGE_MODE_SOLAR_PURE && check_obedient(k, i)) {
            solar += w;
            above += c->last_ma > c->min_ma ? w : 0;
        } else {
            rest += w;
            seen = seen && !(is_solar(c->mode) && greedy(k, i));
            first += c->mode == CHARGE_MODE_SOLAR_PLUS ? 0 : w; /* that one may use the grid */
        }
    }
    int64_t lack = max_i64(0, solar - max_i64(0, plant_sun_w(k->p) - k->p->devices_w - first));
    k->r->solar_mwh += solar * 1000 / 3600;
    k->r->power_mwh += rest * 1000 / 3600;
    k->r->hold_mwh += (solar - above) * 1000 / 3600;
    k->r->solar_grid_mwh += seen ? min_i64(lack, above) * 1000 / 3600 : 0;
}

/* ---- P9: turns and probes are changes by the clock ---- */
static bool crowded(const struct check *k, int i)
{
    for (int o = 0; o < k->d->chargers_n; o++)
        if (o != i && hungry(k, o) && !k->boxes[o].last_ma)
            return true;
    return false;
}
static bool by_the_clock(struct check *k, int i)
{
    struct check_box *c = &k->boxes[i];
    int s = k->p->second;
    if (c->was_ma && !c->last_ma && crowded(k, i) && s - c->turned_s > TURN_S) {
        c->turned_s = s;
        return true;
    }
    bool slack = k->p->boxes[i].ma < c->was_ma - SLACK_MA;
    if (c->last_ma > c->was_ma && slack && s - c->probed_s > PROBE_S) {
        c->probed_s = s;
        return true;
    }
    return false;
}
void check_calm(struct check *k)
{
    int s = k->p->second;
    for (int i = 0; i < k->d->chargers_n; i++)
        if (k->boxes[i].last_ma != k->boxes[i].was_ma && by_the_clock(k, i))
            k->window_s = s;
    for (int i = 0; i < k->d->chargers_n; i++) {
        const struct check_box *c = &k->boxes[i];
        if (s > k->d->to + SETTLED_S && c->last_ma != c->was_ma && s - k->window_s > WINDOW_S)
            check_note(k, DAY_CALM, "%s %d to %d mA", k->d->chargers[i].id, c->was_ma, c->last_ma);
    }
}

void check_dwell(struct check *k)
{
    for (int i = 0; i < k->d->chargers_n; i++) {
        dwell(k, i);
        waits(k, i);
        lazy(k, i);
        climbs(k, i);
    }
    energy(k);
}
