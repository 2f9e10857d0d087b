/* SPDX-License-Identifier: Apache-2.0
 * draw.c -- what a seed means. */
#include "tests/sim/day/plant.h"

static int between(uint64_t *s, int lo, int hi)
{
    return lo + (int)(dice(s) % (uint64_t)(hi - lo + 1));
}
static bool chance(uint64_t *s, int percent)
{
    return between(s, 0, 99) < percent;
}
#define PICK(s, list) (list)[between(s, 0, (int)COUNT_OF(list) - 1)]

/* ---- fuses ---- */
static struct day_circuit *circuit(struct day *d, const char *parent, int32_t fuse_ma)
{
    struct day_circuit *c = &d->circuits[d->circuits_n];
    day_item(&day_circuit_record, c);
    snprintf(c->id, sizeof c->id, d->circuits_n ? "sub%d" : "main", d->circuits_n);
    str_copyz(c->parent, sizeof c->parent, parent);
    c->max_current_ma = fuse_ma;
    d->circuits_n++;
    return c;
}
static void metered(struct day_circuit *c)
{
    snprintf(c->meter, sizeof c->meter, "meter");
}
static void subcircuit(uint64_t *s, struct day *d, const char *parent, int32_t fuse_ma)
{
    struct day_circuit *c = circuit(d, parent, fuse_ma);
    if (chance(s, 60))
        metered(c);
    if (chance(s, 15))
        c->reserve_ma = between(s, 1, 4) * 1000;
    if (chance(s, 15))
        c->max_power_w = SOME_I32(watts((int64_t)fuse_ma * between(s, 15, 30) / 10));
}
static void fuses_of_home(uint64_t *s, struct day *d)
{
    static const int32_t main_ma[] = {25000, 35000, 35000, 50000, 63000};
    static const int32_t sub_ma[] = {16000, 20000, 25000, 32000};
    metered(circuit(d, "", PICK(s, main_ma)));
    if (chance(s, 30))
        subcircuit(s, d, "main", PICK(s, sub_ma));
    if (d->circuits_n == 2 && chance(s, 40))
        subcircuit(s, d, "sub1", PICK(s, sub_ma));
}
/* Two to four levels: connection, halls, rows, pairs. */
static void fuses_of_park(uint64_t *s, struct day *d, int chargers)
{
    metered(circuit(d, "", 25000 + chargers * between(s, 3, 9) * 1000));
    int halls = between(s, 1, 3), rows = between(s, 0, 3);
    for (int h = 0; h < halls; h++)
        subcircuit(s, d, "main", 32000 + chargers * between(s, 2, 8) * 1000 / halls);
    for (int r = 0; r < rows; r++) {
        char hall[ID_CAP];
        snprintf(hall, sizeof hall, "sub%d", between(s, 1, halls));
        subcircuit(s, d, hall, between(s, 20, 63) * 1000);
        if (chance(s, 40)) {
            char row[ID_CAP];
            str_copyz(row, sizeof row, d->circuits[d->circuits_n - 1].id);
            subcircuit(s, d, row, between(s, 16, 32) * 1000);
        }
    }
}

/* ---- wallboxes and cars ---- */
static enum charge_mode mode(uint64_t *s)
{
    static const enum charge_mode modes[] = {CHARGE_MODE_SOLAR_PURE, CHARGE_MODE_SOLAR_PURE,
                                             CHARGE_MODE_SOLAR_PLUS, CHARGE_MODE_POWER,
                                             CHARGE_MODE_LOCK};
    return chance(s, 85) ? PICK(s, modes) : CHARGE_MODE_SOLAR_PURE;
}
static void draw_contacts(uint64_t *s, struct day_charger *c)
{
    static const enum phase_use uses[] = {PHASE_USE_AUTO, PHASE_USE_AUTO, PHASE_USE_AUTO,
                                          PHASE_USE_ONE, PHASE_USE_THREE};
    static const enum phase_switch cars[] = {PHASE_SWITCH_ALLOWED, PHASE_SWITCH_ALLOWED,
                                             PHASE_SWITCH_ALLOWED, PHASE_SWITCH_IDLE_ONLY,
                                             PHASE_SWITCH_NEVER};
    c->can_switch_phases = true;
    c->phase_use = PICK(s, uses);
    c->phase_switch = PICK(s, cars);
    c->switch_pause_ms = chance(s, 70) ? 180000 : 60000;
}
static void draw_plus(uint64_t *s, struct day_charger *c)
{
    static const char *const powers[] = {"min", "50 %", "75 %", "max", "5.5 kW"};
    str_copyz(c->start_power, sizeof c->start_power, PICK(s, powers));
    c->solar_share_pm = chance(s, 15) ? 0 : between(s, 3, 10) * 100;
}
static void draw_charger(uint64_t *s, struct day *d)
{
    static const int32_t fallbacks[] = {6000, 6000, 6000, 0, 8000};
    struct day_charger *c = &d->chargers[d->chargers_n++];
    day_item(&day_charger_record, c);
    snprintf(c->id, sizeof c->id, "cp%d", d->chargers_n);
    str_copyz(c->circuit, sizeof c->circuit, d->circuits[between(s, 0, d->circuits_n - 1)].id);
    c->phases = chance(s, 85) ? 3 : 1;
    c->rotation = (enum rotation)(ROTATION_L123 + between(s, 0, 2));
    c->max_current_ma = chance(s, 70) ? 16000 : 32000;
    c->min_current_ma = chance(s, 90) ? 6000 : 8000;
    c->fallback_ma = PICK(s, fallbacks);
    c->priority = between(s, 1, 2);
    c->mode = mode(s);
    c->interval_ms = chance(s, 60) ? 1000 : 10000;
    c->metered = chance(s, 92);
    if (c->phases == 3 && chance(s, 50))
        draw_contacts(s, c);
    draw_plus(s, c);
}
static void draw_car(uint64_t *s, struct day *d, const char *charger, int from, int to)
{
    static const int32_t maxima[] = {10000, 16000, 16000, 32000};
    static const int uses[] = {1, 2, 3, 3, 3};
    struct day_car *c = &d->cars[d->cars_n++];
    day_item(&day_car_record, c);
    str_copyz(c->charger, sizeof c->charger, charger);
    c->from = from;
    c->to = to;
    c->phases = PICK(s, uses);
    c->max_current_ma = PICK(s, maxima);
    c->bias_ma = chance(s, 96) ? between(s, 0, 9) * 100 : -between(s, 5, 40) * 100;
    c->lag_ms = between(s, 5, 16) * 100;
    c->delay_ms = between(s, 2, 12) * 1000;
    c->need_wh = between(s, 3, 60) * 1000;
    c->taper_wh = chance(s, 50) ? between(s, 1, 8) * 1000 : 0;
    c->sleeps = chance(s, 30);
}
static void draw_visits(uint64_t *s, struct day *d, const char *charger)
{
    int at = between(s, 0, 12 * 3600);
    for (int n = chance(s, 30) ? 2 : 1; n > 0 && d->cars_n < CARS && at < DAY_S; n--) {
        int to = at + between(s, 2 * 3600, (n > 1 ? 5 : 16) * 3600);
        draw_car(s, d, charger, at, to);
        at = to + between(s, 60, 3600);
    }
}
static void draw_change(uint64_t *s, struct day *d, const char *charger, int at)
{
    if (d->changes_n == CHANGES)
        return;
    struct day_change *c = &d->changes[d->changes_n++];
    day_item(&day_change_record, c);
    str_copyz(c->charger, sizeof c->charger, charger);
    c->at = at;
    switch (between(s, 0, 6)) {
    case 6: c->phases = (enum phase_use)between(s, 1, PHASE_USE_COUNT - 1); break;
    case 0: c->paused = SOME_BOOL(true); break;
    case 1: c->max_current_ma = SOME_I32(between(s, 6, 16) * 1000); break;
    case 2: c->min_current_ma = SOME_I32(between(s, 6, 10) * 1000); break;
    case 3: c->priority = SOME_I32(between(s, 1, 3)); break;
    default: c->mode = mode(s);
    }
    if (c->paused.set && d->changes_n < CHANGES) {
        d->changes[d->changes_n] = *c;
        d->changes[d->changes_n].paused.v = false;
        d->changes[d->changes_n++].at = at + between(s, 60, 5400);
    }
}

/* ---- faults ---- */
static void draw_fault(uint64_t *s, struct day *d, enum ill kind, const char *where, int lo, int hi)
{
    if (d->faults_n == FAULTS)
        return;
    struct day_fault *f = &d->faults[d->faults_n++];
    day_item(&day_fault_record, f);
    f->kind = kind;
    str_copyz(f->where, sizeof f->where, where);
    f->from = between(s, 3600, DAY_S - 7200);
    f->to = f->from + between(s, lo, hi);
}
static void draw_faults(uint64_t *s, struct day *d)
{
    if (chance(s, 30))
        draw_fault(s, d, ILL_METER_DEAD, "", 5, 900);
    if (chance(s, 20))
        draw_fault(s, d, ILL_METER_STUCK, "", 60, 600);
    if (chance(s, 20))
        draw_fault(s, d, ILL_METER_LATE, "", 60, 1200);
    if (d->battery.power_w && chance(s, 10))
        draw_fault(s, d, ILL_BATTERY_DEAD, "", 10, 900);
    for (int i = 1; i < d->circuits_n; i++)
        if (d->circuits[i].meter[0] && chance(s, 15))
            draw_fault(s, d, ILL_SUB_DEAD, d->circuits[i].id, 5, 900);
    for (int i = 0; i < d->chargers_n; i++) {
        if (chance(s, 10))
            draw_fault(s, d, ILL_DEAF, d->chargers[i].id, 60, 300);
        if (chance(s, 10))
            draw_fault(s, d, ILL_OFFLINE, d->chargers[i].id, 30, 300);
    }
    for (int n = between(s, 0, 8); n > 0; n--)
        draw_fault(s, d, ILL_RESTART, "", 1, chance(s, 80) ? 4 : 90);
}

/* ---- the rest ---- */
static void draw_loads(uint64_t *s, struct day *d)
{
    struct day_load *l;
    for (int p = 1; p <= PHASES; p++) {
        l = &d->loads[d->loads_n++];
        day_item(&day_load_record, l);
        l->phase = p;
        l->current_ma = between(s, 200, 2500);
    }
    for (int i = 0; i < 60; i++) {
        bool big = i < 4 && chance(s, 50);
        l = &d->loads[d->loads_n++];
        day_item(&day_load_record, l);
        l->from = between(s, 0, DAY_S);
        l->to = l->from + between(s, 20, big ? 600 : 3600);
        l->phase = big ? 0 : between(s, 1, 3);
        l->current_ma = between(s, 1000, big ? 18000 : 9500);
        const struct day_circuit *c = &d->circuits[between(s, 0, d->circuits_n - 1)];
        if (c->meter[0] && !big && chance(s, 30))
            str_copyz(l->circuit, sizeof l->circuit, c->id);
    }
}
static void draw_sky(uint64_t *s, struct day *d, int chargers)
{
    d->pv_w = between(s, 3000, 15000) * (chargers > 4 ? chargers / 3 : 1);
    d->pv_phase = d->pv_w < 4600 && chance(s, 50) ? between(s, 1, 3) : 0;
    for (int n = chance(s, 30) ? 0 : between(s, 20, 250), at = 5 * 3600; n > 0; n--) {
        struct day_cloud *c = &d->clouds[d->clouds_n];
        day_item(&day_cloud_record, c);
        at += between(s, 5, 500);
        c->from = at;
        c->to = at + between(s, 20, 900);
        c->through_pm = between(s, 100, 900);
        c->edge_ms = between(s, 5, 120) * 1000;
        d->clouds_n++;
        if (chance(s, 80))
            at = c->to;
    }
}
void day_draw(uint64_t seed, struct day *d)
{
    uint64_t rng = seed, *s = &rng;
    int chargers = chance(s, 55)   ? 1
                   : chance(s, 80) ? between(s, 2, 4)
                   : chance(s, 70) ? between(s, 5, 16)
                                   : between(s, 17, CHARGERS);
    day_default(d);
    d->seed = (int64_t)seed;
    snprintf(d->name, sizeof d->name, "seed %llu", (unsigned long long)seed);
    d->to = DAY_S;
    d->calm = true;
    d->frame_ms = between(s, 1, 5) * 1000;
    d->jitter_ms = chance(s, 50) ? between(s, 100, 800) : 0;
    d->lag_ms = between(s, 0, 1) * 1000;
    d->noise_pm = chance(s, 90) ? 3 : between(s, 0, 5);
    if (chance(s, 50)) {
        d->battery.power_w = between(s, 3000, 8000);
        d->battery.capacity_wh = between(s, 5, 15) * 1000;
        d->battery.soc_pm = between(s, 0, 10) * 100;
        d->battery.lag_ms = between(s, 2, 4) * 1000;
    }
    d->control.imbalance = chance(s, 90) ? IMBALANCE_CARS : IMBALANCE_OFF;
    if (chargers > 4)
        fuses_of_park(s, d, chargers);
    else
        fuses_of_home(s, d);
    draw_sky(s, d, chargers);
    draw_loads(s, d);
    for (int i = 0; i < chargers; i++) {
        draw_charger(s, d);
        draw_visits(s, d, d->chargers[i].id);
        for (int n = chance(s, 40) ? between(s, 1, 3) : 0, at = 6 * 3600; n > 0; n--) {
            at += between(s, 600, 5 * 3600);
            draw_change(s, d, d->chargers[i].id, at);
        }
    }
    for (int n = chance(s, 40) ? between(s, 1, 3) : 0; n > 0; n--) {
        struct day_limit *l = &d->limits[d->limits_n++];
        day_item(&day_limit_record, l);
        l->from = between(s, 3600, DAY_S - 7200);
        l->to = l->from + between(s, 300, 3600);
        l->consume_w = between(s, 3000, 9000) * (chargers > 4 ? 3 : 1);
    }
    draw_faults(s, d);
    day_draw_more(seed, d);
}
