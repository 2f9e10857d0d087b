/* SPDX-License-Identifier: Apache-2.0
 * draw_more.c -- what only some days have: loads under control; week tables, deadlines and prices;
 * batteries under control.
 * Each has a stream of its own, so that it is what it was when another one is added. */
#include "tests/sim/day/plant.h"

enum {
    LOADS_PC = 30,
    CHOICES_PC = 30,
    LOADS_STREAM = 0x2ad,
    CHOICES_STREAM = 0xc402,
    BATTERY_PC = 60 /* of those that have one */,
    BATTERY_STREAM = 0xbae7
};

static int between(uint64_t *s, int lo, int hi)
{
    return lo + (int)(dice(s) % (uint64_t)(hi - lo + 1));
}
static bool chance(uint64_t *s, int percent)
{
    return between(s, 0, 99) < percent;
}
#define PICK(s, list) (list)[between(s, 0, (int)COUNT_OF(list) - 1)]

/* ---- loads ---- */
static void draw_times(uint64_t *s, struct day_device *c)
{
    if (chance(s, 60))
        c->min_run_ms = SOME_I32(between(s, 0, 4) * 300000);
    if (chance(s, 60))
        c->min_rest_ms = SOME_I32(between(s, 0, 4) * 300000);
    if (chance(s, 30))
        c->on_delay_ms = between(s, 0, 5) * 60000;
    if (chance(s, 30))
        c->off_delay_ms = between(s, 0, 10) * 60000;
    if (c->kind == LOAD_KIND_SG_READY && chance(s, 50)) {
        c->block_max_ms = between(s, 2, 24) * 300000;
        c->block_pause_ms = between(s, 0, 24) * 300000;
    }
}
static void draw_needs(uint64_t *s, struct day *d, const struct day_device *c)
{
    bool sg = c->kind == LOAD_KIND_SG_READY;
    if (c->kind != LOAD_KIND_GENERATOR && !sg && (!c->meter[0] || chance(s, 50)))
        return; /* takes all that it may */
    for (int at = between(s, 0, 4 * 3600), n = between(s, 2, 8);
         n > 0 && at < DAY_S && d->demands_n < DEMANDS; n--) {
        struct day_demand *x = &d->demands[d->demands_n++];
        day_item(&day_demand_record, x);
        str_copyz(x->device, sizeof x->device, c->id);
        x->from = at;
        x->to = at + between(s, 900, 4 * 3600);
        x->power_w =
            c->meter[0] && chance(s, 30) ? c->max_power_w * between(s, 2, 9) / 10 : c->max_power_w;
        x->own = c->kind == LOAD_KIND_GENERATOR || (sg && chance(s, 40));
        at = x->to + between(s, 300, 2 * 3600);
    }
}
static void draw_orders(uint64_t *s, struct day *d, const struct day_device *c)
{
    static const enum load_mode modes[] = {LOAD_MODE_OFF, LOAD_MODE_ON, LOAD_MODE_SOLAR,
                                           LOAD_MODE_NORMAL};
    for (int n = chance(s, 40) ? between(s, 1, 3) : 0, at = 0; n > 0 && d->orders_n < ORDERS; n--) {
        struct day_order *x = &d->orders[d->orders_n++];
        day_item(&day_order_record, x);
        str_copyz(x->device, sizeof x->device, c->id);
        x->at = at += between(s, 1800, 7 * 3600);
        bool own = c->kind == LOAD_KIND_SG_READY || c->kind == LOAD_KIND_GENERATOR;
        x->mode = modes[between(s, 0, own ? 3 : 2)];
        if (c->kind == LOAD_KIND_GENERATOR && x->mode == LOAD_MODE_SOLAR)
            x->mode = LOAD_MODE_ON;
        if (c->kind == LOAD_KIND_POWER && chance(s, 30))
            x->max_power_w = SOME_I32(c->max_power_w * between(s, 2, 10) / 10);
    }
}
static void draw_ills(uint64_t *s, struct day *d, const struct day_device *c)
{
    static const enum ill ills[] = {ILL_DEVICE_OFFLINE, ILL_DEVICE_FREE};
    for (int i = 0; i < 2; i++) {
        if (!chance(s, 12) || d->faults_n == FAULTS)
            continue;
        struct day_fault *f = &d->faults[d->faults_n++];
        day_item(&day_fault_record, f);
        f->kind = ills[i];
        str_copyz(f->where, sizeof f->where, c->id);
        f->from = between(s, 3600, DAY_S - 7200);
        f->to = f->from + between(s, 30, 1800);
    }
}
static void draw_device(uint64_t *s, struct day *d)
{
    static const enum load_kind kinds[] = {LOAD_KIND_SWITCHED, LOAD_KIND_POWER,
                                           LOAD_KIND_POWER,    LOAD_KIND_SG_READY,
                                           LOAD_KIND_SG_READY, LOAD_KIND_GENERATOR};
    static const int32_t rods_w[] = {3000, 3000, 6000, 9000};
    struct day_device *c = &d->devices[d->devices_n++];
    day_item(&day_device_record, c);
    c->kind = PICK(s, kinds);
    snprintf(c->id, sizeof c->id, "%s%d", enum_text(&load_kind_enum, (int)c->kind), d->devices_n);
    str_copyz(c->circuit, sizeof c->circuit, d->circuits[between(s, 0, d->circuits_n - 1)].id);
    c->max_power_w = c->kind == LOAD_KIND_POWER ? PICK(s, rods_w) : between(s, 5, 40) * 100;
    c->phases = c->max_power_w > 3000 || chance(s, 30) ? 3 : 1;
    c->rotation = (enum rotation)(ROTATION_L123 + between(s, 0, 2));
    c->min_power_w = c->kind == LOAD_KIND_POWER && chance(s, 30) ? between(s, 2, 10) * 100 : 0;
    if (chance(s, 60))
        snprintf(c->meter, sizeof c->meter, "meter");
    c->priority = between(s, 1, 3);
    c->reports = c->kind != LOAD_KIND_POWER && chance(s, 50);
    bool machine = c->kind == LOAD_KIND_SG_READY || c->kind == LOAD_KIND_GENERATOR;
    c->lag_ms = machine ? between(s, 1, 2) * 1000 : 1000; /* what heats by wire has no inertia */
    if (c->kind != LOAD_KIND_GENERATOR && chance(s, 20))
        c->mode = chance(s, 50) ? LOAD_MODE_ON : LOAD_MODE_OFF;
    draw_times(s, c);
    draw_needs(s, d, c);
    draw_orders(s, d, c);
    draw_ills(s, d, c);
}
/* ---- week tables, deadlines, prices ---- */
static void draw_prices(uint64_t *s, struct day *d)
{
    for (int hour = 0; hour < 48 && d->prices_n < PRICES; hour++) {
        struct day_price *x = &d->prices[d->prices_n++];
        day_item(&day_price_record, x);
        x->at = hour * 3600;
        x->price_micro = between(s, -2, 40) * 10000;
    }
}
static void draw_week(uint64_t *s, char *text, size_t cap)
{
    static const char *const modes[] = {"lock", "power", "solar_pure", "solar_plus"};
    static const char *const days[] = {"", "mon-fri ", "sat,sun ", "sun "};
    struct buf b = buf_of(text, cap);
    for (int n = between(s, 1, 4); n > 0; n--) {
        int from = between(s, 0, 95), to = (from + between(s, 2, 60)) % 96;
        const char *day = PICK(s, days), *mode = PICK(s, modes);
        buf_addf(&b, "%s%02d:%02d-%02d:%02d %s; ", day, from / 4, from % 4 * 15, to / 4,
                 to % 4 * 15, mode);
    }
    buf_addf(&b, "else %s", PICK(s, modes));
}
/* A goal while the car is there; often one that can be reached. */
static void draw_goal(uint64_t *s, struct day *d, const struct day_car *car)
{
    int at = car->from + between(s, 60, 1800), by = at + between(s, 2, 9) * 3600 + 1800;
    if (d->changes_n == CHANGES || at >= DAY_S - 3600 || by >= car->to)
        return;
    struct day_change *x = &d->changes[d->changes_n++];
    day_item(&day_change_record, x);
    str_copyz(x->charger, sizeof x->charger, car->charger);
    x->at = at;
    x->mode = CHARGE_MODE_TARGET;
    x->target_energy_wh = SOME_I32(between(s, 2, 20) * 1000);
    snprintf(x->target_time, sizeof x->target_time, "%02d:%02d", by / 3600 % 24, by / 900 % 4 * 15);
}
static void draw_choice(uint64_t *s, struct day *d, int i)
{
    struct day_charger *c = &d->chargers[i];
    bool goals = c->metered && chance(s, 50), table = !goals && chance(s, 60);
    if (table) {
        c->mode = CHARGE_MODE_TIME;
        draw_week(s, c->week, sizeof c->week);
    } else if (!goals && d->prices_n) { /* without a price no rule holds, and it pauses */
        c->mode = CHARGE_MODE_SOLAR_PURE;
        c->cheap_below_micro = SOME_I64(between(s, 0, 25) * 10000);
    }
    for (int k = 0; goals && k < d->cars_n; k++)
        if (strcmp(d->cars[k].charger, c->id) == 0) {
            d->cars[k].vehicle = chance(s, 60);
            draw_goal(s, d, &d->cars[k]);
        }
}
static void draw_choices(uint64_t *s, struct day *d)
{
    static const char *const dates[] = {"2026-03-28", "2026-03-29", "2026-10-24",
                                        "2026-10-25", "2026-06-17", "2026-12-31"};
    str_copyz(d->date, sizeof d->date, PICK(s, dates));
    if (chance(s, 70))
        draw_prices(s, d);
    for (int i = 0; i < d->chargers_n; i++)
        if (i == 0 || chance(s, 50))
            draw_choice(s, d, i);
}
/* ---- a battery under control ---- */
static void draw_battery(uint64_t *s, struct day *d)
{
    struct day_battery *b = &d->battery;
    b->ours = chance(s, 50);
    b->managed = !b->ours;
    b->lag_ms = b->ours ? between(s, 1, 2) * 1000 : b->lag_ms;
    b->min_soc_pm = between(s, 1, 4) * 50;
    b->max_soc_pm = chance(s, 80) ? 1000 : 900;
    b->car_min_soc_pm = b->min_soc_pm + (chance(s, 50) ? between(s, 1, 8) * 50 : 0);
    b->first_until_soc_pm = chance(s, 40) ? between(s, 2, 16) * 50 : 0;
    for (int i = 0; i < d->chargers_n; i++)
        d->chargers[i].use_house_battery = chance(s, 70);
}
void day_draw_more(uint64_t seed, struct day *d)
{
    uint64_t loads = seed * 2 + LOADS_STREAM, choices = seed * 2 + CHOICES_STREAM,
             battery = seed * 2 + BATTERY_STREAM;
    if (chance(&loads, LOADS_PC))
        for (int n = between(&loads, 1, 3); n > 0; n--)
            draw_device(&loads, d);
    if (chance(&choices, CHOICES_PC))
        draw_choices(&choices, d);
    if (d->battery.power_w && chance(&battery, BATTERY_PC))
        draw_battery(&battery, d);
}
