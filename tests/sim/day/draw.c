/* SPDX-License-Identifier: Apache-2.0
 * draw.c -- what a seed means. */
#include "tests/sim/day/day.h"

static uint64_t next(uint64_t *s)
{
    uint64_t z = *s += 0x9e3779b97f4a7c15u; /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
static int between(uint64_t *s, int lo, int hi)
{
    return lo + (int)(next(s) % (uint64_t)(hi - lo + 1));
}
static bool chance(uint64_t *s, int percent)
{
    return between(s, 0, 99) < percent;
}
static struct day_span span(uint64_t *s, int percent, int lo, int hi)
{
    if (!chance(s, percent))
        return (struct day_span){-1, -1};
    int from = between(s, 3600, DAY_S - 7200);
    return (struct day_span){from, from + between(s, lo, hi)};
}
static const enum charge_mode modes[] = {CHARGE_MODE_SOLAR_PURE, CHARGE_MODE_SOLAR_PURE,
                                         CHARGE_MODE_POWER, CHARGE_MODE_LOCK};

static void draw_car(uint64_t *s, struct day_plan *d, int i)
{
    static const int32_t maxima[] = {10000, 16000, 16000, 32000};
    static const uint8_t uses[] = {1, 3, 7, 7, 7};
    struct day_car *c = &d->cars[i];
    int turn = between(s, 0, 2);
    bool three = chance(s, 85);
    int32_t box = chance(s, 70) ? 16000 : 32000;
    uint8_t use = three ? uses[between(s, 0, 4)] : 1;
    c->phases = 0;
    for (int k = 0; k < PHASES; k++) /* terminal k is on grid phase k + turn */
        if (use >> k & 1)
            c->phases = (uint8_t)(c->phases | 1u << (k + turn) % PHASES);
    d->conf[i] = (struct control_charger_conf){
        .circuit = 0,
        .phases = (uint8_t)(three ? ALL_PHASES : 1u << turn),
        .priority = (uint8_t)between(s, 1, 2),
        .min_ma = 6000,
        .max_ma = box,
        .fallback_ma = 6000,
    };
    c->max_ma = min_i32(maxima[between(s, 0, 3)], box);
    c->bias_ma = between(s, 0, 900);
    c->lag_ms = between(s, 500, 1600);
    c->start_s = between(s, 2, 10);
    c->arrive_s = between(s, 0, 12 * 3600);
    c->leave_s = c->arrive_s + between(s, 2 * 3600, 16 * 3600);
    c->mode_at_s = between(s, 6 * 3600, 20 * 3600);
    c->need_mwh = (int64_t)between(s, 3, 60) * 1000000;
    c->mode = modes[between(s, 0, 3)];
    c->later = chance(s, 30) ? modes[between(s, 0, 3)] : c->mode;
    c->interval_s = chance(s, 60) ? 1 : 10;
    c->deaf = span(s, 10, 60, 120);
    c->offline = span(s, 10, 30, 120);
}
void day_draw(uint64_t seed, struct day_plan *d)
{
    uint64_t rng = seed, *s = &rng;
    static const int32_t fuses[] = {25000, 35000, 35000, 50000};
    memset(d, 0, sizeof *d);
    d->seed = seed;
    d->pv_w = between(s, 3000, 15000);
    d->pv_phase = d->pv_w < 4600 && chance(s, 50) ? between(s, 0, 2) : 3;
    d->fuse_ma = fuses[between(s, 0, 3)];
    d->frame_s = between(s, 1, 5);
    d->lag_s = between(s, 0, 1);
    d->battery = chance(s, 50);
    d->battery_w = between(s, 3000, 8000);
    d->battery_mwh = (int64_t)between(s, 5, 15) * 1000000;
    for (int p = 0; p < PHASES; p++)
        d->base_ma[p] = between(s, 200, 2500);
    for (int i = 0; i < JOBS; i++) {
        struct day_job *j = &d->jobs[i];
        bool big = i < 4 && chance(s, 50);
        j->from_s = between(s, 0, DAY_S);
        j->to_s = j->from_s + between(s, 20, big ? 600 : 3600);
        j->phase = big ? 3 : between(s, 0, 2);
        j->ma = between(s, 1000, big ? 18000 : 9500);
    }
    bool clear = chance(s, 30);
    for (int i = 0; i <= CLOUDS; i++)
        d->cloud_pm[i] = clear || chance(s, 55) ? between(s, 900, 1000) : between(s, 100, 700);
    d->dead = span(s, 30, 5, 900);
    d->stuck = span(s, 20, 60, 600);
    d->limit = span(s, 40, 300, 3600);
    d->limit_w = between(s, 3000, 9000);
    d->cars_n = chance(s, 60) ? 1 : between(s, 2, DAY_CARS);
    for (int i = 0; i < d->cars_n; i++)
        draw_car(s, d, i);
}
