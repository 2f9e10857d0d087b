/* SPDX-License-Identifier: Apache-2.0
 * check_loads.c -- loads: shortest run and rest, blocks of heat pumps, use of the sun, calm; judged
 * by what reached the device. */
#include "tests/sim/day/check.h"
#include "tests/sim/day/core.h"

enum {
    SLACK_S = 2,
    SUN_SLACK_S = 120,
    LAZY_W = 1500,
    LAZY_S = 150,
    LEAST_SUN_W = 300,
    SETTLED_S = 4000, /* of calm, until delays, runs and rests are over */
};

/* ---- for the checks of others ---- */
static bool obeys(const struct check *k, int i)
{
    const struct device *o = &k->p->devices[i];
    return o->leased && o->answers && k->loads[i].obeys_s > FOLLOW_S + k->reaction_s;
}
static int32_t told_w(const struct check *k, int i)
{
    const struct device *o = &k->p->devices[i];
    const struct day_device *c = &k->d->devices[i];
    if (c->kind == LOAD_KIND_GENERATOR || !o->leased || !device_running(&o->order))
        return 0;
    return c->kind == LOAD_KIND_POWER ? o->order.power_w : c->max_power_w;
}
static int32_t claim_w(const struct check *k, int i)
{
    return max_i32(0, max_i32(k->p->devices[i].w, told_w(k, i)));
}
static int32_t lane_ma(const struct check *k, int i, int32_t w)
{
    return load_ma(w, lanes(k->p->devices[i].wired));
}
int32_t check_loads_claim_w(const struct check *k)
{
    int64_t w = 0;
    for (int i = 0; i < k->d->devices_n; i++)
        w += claim_w(k, i);
    return (int32_t)w;
}
static bool below(const struct check *k, int i, int circuit, int phase)
{
    int c = k->p->devices[i].circuit;
    while (c > circuit)
        c = k->p->parent[c];
    return c == circuit && (k->p->devices[i].wired >> phase & 1);
}
int32_t check_loads_to_come_ma(const struct check *k, int circuit, int phase)
{
    int64_t ma = 0;
    for (int i = 0; i < k->d->devices_n; i++)
        if (below(k, i, circuit, phase))
            ma += lane_ma(k, i, claim_w(k, i) - max_i32(0, k->p->devices[i].w));
    return (int32_t)ma;
}
void check_loads_share(const struct check *k, int circuit, int phase, struct check_share *s)
{
    for (int i = 0; i < k->d->devices_n; i++) {
        const struct device *o = &k->p->devices[i];
        const struct day_device *c = &k->d->devices[i];
        int32_t told = told_w(k, i);
        if (!below(k, i, circuit, phase) || o->w < 100)
            continue;
        if (!obeys(k, i) || !told) {
            s->strangers = s->strangers || told || !o->leased;
            continue;
        }
        int32_t safe =
            c->kind == LOAD_KIND_POWER ? max_i32(c->min_power_w, c->fallback_w) : c->max_power_w;
        s->draws = true;
        s->draw_ma += lane_ma(k, i, o->w);
        s->allowed_ma += lane_ma(k, i, told);
        s->above = s->above || told > safe;
    }
}
void check_loads_limit(const struct check *k, int64_t *ours_w, int64_t *aside_w, int64_t *others_w)
{
    for (int i = 0; i < k->d->devices_n; i++) {
        const struct device *o = &k->p->devices[i];
        bool measured = k->d->devices[i].meter[0] != '\0';
        int32_t told = told_w(k, i);
        if (k->d->devices[i].kind == LOAD_KIND_GENERATOR)
            continue;
        if (!obeys(k, i) || (!measured && o->w < told))
            *others_w += max_i32(1, o->w); /* a stranger; or it looks like production */
        else if (told)
            *ours_w += o->w;
        else /* a heat pump as it likes: blocked only when nothing else helps */
            *aside_w += o->w;
    }
}

/* ---- of one load ---- */
static bool near(const struct check *k, int i)
{
    int s = k->p->second;
    for (int n = k->p->devices[i].circuit; n >= 0; n = k->p->parent[n])
        if (s - k->near_s[n] < QUIET_S)
            return true;
    return false;
}
static void dwells(struct check *k, int i)
{
    struct check_load *c = &k->loads[i];
    const struct device *o = &k->p->devices[i];
    const struct control_load_conf *conf = &k->c->loads[i];
    int s = k->p->second, for_s = s - c->switched_s;
    if (!o->leased || !o->answers) {
        c->known = false; /* what it does by itself is nobody's order */
        return;
    }
    bool as_it_likes = conf->kind == CONTROL_LOAD_GENERATOR && !o->order.on.set;
    c->steady_s = as_it_likes || !c->known ? 0 : c->steady_s + 1;
    c->known = !as_it_likes;
    if (c->steady_s < FOLLOW_S) { /* how long it has run is not known */
        c->on = o->on;
        c->switched_s = NEVER;
        return;
    }
    if (o->on == c->on)
        return;
    bool above = near(k, i) || s - k->limited_s < QUIET_S;
    if (!o->on && !above && for_s < conf->min_run_ms / 1000 - SLACK_S)
        check_note(k, DAY_DWELL, "%s ran for %d s", k->d->devices[i].id, for_s);
    if (o->on && for_s < conf->min_rest_ms / 1000 - SLACK_S)
        check_note(k, DAY_DWELL, "%s rested for %d s", k->d->devices[i].id, for_s);
    c->on = o->on;
    c->switched_s = s;
}
static void blocks(struct check *k, int i)
{
    struct check_load *c = &k->loads[i];
    const struct device *o = &k->p->devices[i];
    const struct control_load_conf *conf = &k->c->loads[i];
    bool is = o->leased && o->order.sg == SG_STATE_BLOCK;
    c->free_s = is ? 0 : c->free_s + 1;
    if (c->free_s >= conf->block_pause_ms / 1000)
        c->blocked_s = 0;
    c->blocked_s += is;
    /* A controller that is down just then lifts it with the end of its lease. */
    if (c->blocked_s == conf->block_max_ms / 1000 + 5 + k->d->control.lease_ms / 1000)
        check_note(k, DAY_BLOCK, "%s for %d s", k->d->devices[i].id, c->blocked_s);
}
/* What the sun leaves for it; what it draws by itself is the house's unless somebody measures it.
 */
static int32_t sun_for(const struct check *k, int i)
{
    bool seen = k->d->devices[i].meter[0] || told_w(k, i);
    return check_surplus_w(k, -1) + (seen ? claim_w(k, i) : 0);
}
static bool fits(const struct check *k, int i, int32_t w)
{
    int32_t ma = lane_ma(k, i, w);
    for (int n = k->p->devices[i].circuit; n >= 0; n = k->p->parent[n]) {
        const struct day_circuit *c = &k->d->circuits[n];
        int64_t sum_w = 0;
        for (int p = 0; p < PHASES; p++) {
            int64_t flow = (int64_t)k->p->flow_ma[n][p] + check_claims_ma(k, n, p);
            sum_w += watts(max_i64(flow, 0) + (k->p->devices[i].wired >> p & 1 ? ma : 0));
            if ((k->p->devices[i].wired >> p & 1) &&
                flow + ma > c->max_current_ma * 96 / 100 - c->reserve_ma)
                return false;
        }
        if (c->max_power_w.set && sum_w > (int64_t)c->max_power_w.v * 95 / 100)
            return false;
    }
    return true;
}
static void waits(struct check *k, int i)
{
    struct check_load *c = &k->loads[i];
    const struct device *o = &k->p->devices[i];
    const struct control_load_conf *conf = &k->c->loads[i];
    int s = k->p->second;
    bool quiet = obeys(k, i) && !near(k, i) && s - k->disturbed_s > QUIET_S &&
                 s - k->people_s > QUIET_S && o->mode == LOAD_MODE_SOLAR && !k->down_s &&
                 (!o->max_w.set || o->max_w.v >= k->d->devices[i].max_power_w);
    int32_t sun = sun_for(k, i), need = max_i32(conf->on_above_w, LEAST_SUN_W);
    int32_t whole = k->d->devices[i].max_power_w, told = told_w(k, i);
    int32_t least = conf->kind == CONTROL_LOAD_POWER ? k->d->devices[i].min_power_w : whole;
    need += need / 10 + check_noise_w(k) - k->d->control.grid_target_w + k->d->control.dead_band_w;
    bool waiting = quiet && !o->on && sun > need && fits(k, i, least);
    c->wait_s = waiting ? c->wait_s + 1 : 0;
    int allowed_s =
        (conf->on_delay_ms + max_i32(conf->min_rest_ms, k->d->control.reduced_ms)) / 1000 +
        SUN_SLACK_S;
    if (c->wait_s == allowed_s)
        check_note(k, DAY_LOADWAIT, "%s waits for %d s with %d W", k->d->devices[i].id, allowed_s,
                   sun);
    bool takes = o->w > told - 100 && device_demand_w(k->p, i) > told + LAZY_W;
    bool lazy = quiet && o->on && conf->kind == CONTROL_LOAD_POWER && takes &&
                told < whole - LAZY_W && sun - claim_w(k, i) - check_noise_w(k) > LAZY_W &&
                fits(k, i, LAZY_W);
    c->lazy_s = lazy ? c->lazy_s + 1 : 0;
    if (c->lazy_s == LAZY_S + k->d->control.reduced_ms / 1000)
        check_note(k, DAY_LOADWAIT, "%s stays at %d W, %d W are left", k->d->devices[i].id, told,
                   sun - claim_w(k, i));
}
static void calm(struct check *k, int i)
{
    const struct check_load *c = &k->loads[i];
    const struct device *o = &k->p->devices[i];
    bool slack =
        o->w < told_w(k, i) - 100; /* it is asked from time to time whether it takes more */
    if (k->p->calm && k->p->second > k->d->to + SETTLED_S && o->mode == LOAD_MODE_SOLAR && !slack &&
        c->told_w != told_w(k, i) && c->was_leased && o->leased && k->p->second > k->window_s)
        check_note(k, DAY_CALM, "%s %d to %d W", k->d->devices[i].id, c->told_w, told_w(k, i));
}

/* ---- of all ---- */
/* While their draw is known, and they have more than their least. */
static void energy(struct check *k)
{
    int64_t solar = 0, above = 0, rest = 0;
    bool seen = !check_excused(k, 0) && !k->bad_s[0];
    for (int i = 0; i < k->d->devices_n; i++) {
        const struct device *o = &k->p->devices[i];
        if (o->w <= 0)
            continue;
        bool rod = k->d->devices[i].kind == LOAD_KIND_POWER && o->mode == LOAD_MODE_SOLAR;
        if (!rod || !obeys(k, i))
            rest += o->w;
        else
            solar += o->w;
        above += rod ? max_i32(0, o->w - max_i32(k->d->devices[i].min_power_w, 100)) : 0;
        seen = seen && (!rod || k->d->devices[i].meter[0] || o->w > told_w(k, i) - 100);
    }
    for (int i = 0; i < k->d->chargers_n; i++) {
        const struct box *b = &k->p->boxes[i];
        rest += k->boxes[i].mode == CHARGE_MODE_SOLAR_PLUS ? 0 : box_w(b); /* it may use the grid */
        /* What nobody measures leads the others astray. */
        seen = seen && (!b->ma || (b->metered && check_obedient(k, i)));
    }
    int64_t lack = max_i64(0, solar - max_i64(0, plant_sun_w(k->p) - rest));
    k->rods_mwh += solar * 1000 / 3600;
    k->rods_grid_mwh += seen ? min_i64(lack, above) * 1000 / 3600 : 0;
}
void check_loads(struct check *k)
{
    int s = k->p->second;
    if (k->p->limit_w >= 0)
        k->limited_s = s;
    for (int i = 0; i < k->d->devices_n; i++) {
        struct check_load *c = &k->loads[i];
        const struct device *o = &k->p->devices[i];
        c->obeys_s = o->leased && o->answers ? c->obeys_s + 1 : 0;
        if (!o->answers || o->free)
            k->disturbed_s = s;
        dwells(k, i);
        blocks(k, i);
        waits(k, i);
        calm(k, i);
        c->told_w = told_w(k, i);
        c->was_leased = o->leased;
    }
    energy(k);
}
void check_loads_end(struct check *k)
{
    if (k->rods_grid_mwh > k->rods_mwh / 100 + 50000 * k->d->devices_n)
        check_note(k, DAY_LOADSUN, "%lld of %lld Wh", (long long)(k->rods_grid_mwh / 1000),
                   (long long)(k->rods_mwh / 1000));
}
