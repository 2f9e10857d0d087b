/* SPDX-License-Identifier: Apache-2.0
 * A hybrid inverter behind SunSpec models 1, 103, 120, 121, 122, 123, 124, 802, 160. Integer models
 * with scale factors; offsets below count from the model's ID register as in the model tables.
 * Model 802 W: + discharging, as a generator counts. */
#include "tests/sim/house/image.h"

enum { BASE = 40000, STRINGS = 2 };

static const struct {
    uint16_t id, length;
    bool battery;
    size_t slot;
} chain[] = {
    {103, 50, false, offsetof(struct sunspec, m103)},
    {120, 26, false, offsetof(struct sunspec, m120)},
    {121, 30, false, offsetof(struct sunspec, m121)},
    {122, 44, false, offsetof(struct sunspec, m122)},
    {123, 24, false, offsetof(struct sunspec, m123)},
    {124, 24, true, offsetof(struct sunspec, m124)},
    {802, 62, true, offsetof(struct sunspec, m802)},
    {160, 8 + 20 * STRINGS, false, offsetof(struct sunspec, m160)},
};

/* What a master may write, with the largest value it may hold. */
static const struct {
    uint16_t model, offset;
    int32_t min, max;
} writable[] = {
    {123, 4, 0, 1},           {123, 5, 0, 10000},       {123, 6, 0, 65535},  {123, 7, 0, 65535},
    {123, 8, 0, 65535},       {123, 9, 0, 1},           {124, 5, 0, 3},      {124, 7, 0, 10000},
    {124, 12, -10000, 10000}, {124, 13, -10000, 10000}, {124, 14, 0, 65535}, {124, 15, 0, 65535},
    {124, 16, 0, 65535},      {124, 17, 0, 1},
};

uint32_t sunspec_common(struct image *img, uint32_t at, const char *maker, const char *model,
                        const char *serial)
{
    image_text(img, at, 2, "SunS");
    image_u16(img, at + 2, 1);
    image_u16(img, at + 3, 66);
    image_text(img, at + 4, 16, maker);
    image_text(img, at + 20, 16, model);
    image_text(img, at + 36, 8, "");
    image_text(img, at + 44, 8, "1.0");
    image_text(img, at + 52, 16, serial);
    image_u16(img, at + 68, 1);
    image_u16(img, at + 69, 0x8000);
    return at + 70;
}

static void set_all(struct image *img, uint32_t from, uint32_t count, uint16_t value)
{
    for (uint32_t i = 0; i < count; i++)
        image_u16(img, from + i, value);
}

static void write_nameplate(struct sunspec *s, const struct plant_config *c)
{
    struct image *img = &s->img;
    const struct battery_config *b = &c->battery;
    image_u16(img, s->m120 + 2, s->battery ? 82 : 4); /* PV with storage, or PV */
    image_u16(img, s->m120 + 3, c->pv_rated_w / 10);
    image_u16(img, s->m120 + 4, 1);
    image_u16(img, s->m121 + 2, c->pv_rated_w / 10);
    image_u16(img, s->m121 + 22, 1);
    if (!s->battery)
        return;
    image_u16(img, s->m120 + 19, b->capacity_wh / 10);
    image_u16(img, s->m120 + 20, 1);
    image_u16(img, s->m120 + 23, b->max_charge_w / 10);
    image_u16(img, s->m120 + 24, 1);
    image_u16(img, s->m120 + 25, b->max_discharge_w / 10);
    image_u16(img, s->m120 + 26, 1);
    image_u16(img, s->m124 + 2, b->max_charge_w / 10);
    image_u16(img, s->m124 + 18, 1);
    image_u16(img, s->m802 + 3, b->capacity_wh / 10);
    image_u16(img, s->m802 + 4, b->max_charge_w / 10);
    image_u16(img, s->m802 + 5, b->max_discharge_w / 10);
    image_u16(img, s->m802 + 7, 1000);
    image_u16(img, s->m802 + 8, b->min_soc_permille);
    image_u16(img, s->m802 + 53, 1);
    image_u16(img, s->m802 + 54, 1);
    image_u16(img, s->m802 + 56, -1);
}

/* Controls in their state after power-up: nothing limited. */
static void write_controls(struct sunspec *s, const struct plant_config *c)
{
    struct image *img = &s->img;
    set_all(img, s->m123 + 2, 21, 0);
    image_u16(img, s->m123 + 4, 1);
    image_u16(img, s->m123 + 5, 10000);
    image_u16(img, s->m123 + 23, -2);
    image_u16(img, s->m123 + 24, -2);
    image_u16(img, s->m123 + 25, -2);
    if (!s->battery)
        return;
    image_u16(img, s->m124 + 5, 0);
    image_u16(img, s->m124 + 7, c->battery.min_soc_permille * 10);
    image_u16(img, s->m124 + 12, 10000);
    image_u16(img, s->m124 + 13, 10000);
    set_all(img, s->m124 + 14, 4, 0);
    image_u16(img, s->m124 + 21, -2);
    image_u16(img, s->m124 + 22, -1);
    image_u16(img, s->m124 + 25, -2);
}

void sunspec_init(struct sunspec *s, const struct plant_config *config)
{
    *s = (struct sunspec){.battery = config->battery.present};
    uint32_t length = 70 + 2;
    for (size_t i = 0; i < sizeof chain / sizeof chain[0]; i++)
        length += !chain[i].battery || s->battery ? 2U + chain[i].length : 0;
    image_init(&s->img, 125);
    image_add(&s->img, 3, BASE, (uint16_t)length);
    uint32_t at = sunspec_common(&s->img, BASE, "Simulated", "Hybrid", "SIM-INVERTER-1");
    for (size_t i = 0; i < sizeof chain / sizeof chain[0]; i++) {
        if (chain[i].battery && !s->battery)
            continue;
        *(uint32_t *)(void *)((char *)s + chain[i].slot) = at;
        image_u16(&s->img, at, chain[i].id);
        image_u16(&s->img, at + 1, chain[i].length);
        set_all(&s->img, at + 2, chain[i].length, 0x8000); /* not implemented */
        at += 2U + chain[i].length;
    }
    image_u16(&s->img, at, 0xFFFF);
    image_u16(&s->img, at + 1, 0);
    write_nameplate(s, config);
    write_controls(s, config);
}

static void encode_103(struct sunspec *s, const struct plant *p)
{
    struct image *img = &s->img;
    uint32_t m = s->m103;
    int64_t w = p->inverter_mw / 1000, ma = p->inverter_mw * 1000 / 3 / p->config.voltage_mv;
    ma = ma < 0 ? -ma : ma;
    image_u16(img, m + 2, 3 * ma / 10);
    image_u16(img, m + 6, -2);
    for (uint32_t k = 0; k < PHASES; k++) {
        image_u16(img, m + 3 + k, ma / 10);
        image_u16(img, m + 10 + k, p->config.voltage_mv / 100);
    }
    image_u16(img, m + 13, -1);
    image_watts(img, m + 14, m + 15, w, p->config.pv_rated_w);
    image_u16(img, m + 16, 5000);
    image_u16(img, m + 17, -2);
    image_watts(img, m + 18, m + 19, w < 0 ? -w : w, p->config.pv_rated_w);
    image_u32(img, m + 24, p->energy.inverter / UJ_PER_WH);
    image_u16(img, m + 26, 0);
    image_watts(img, m + 31, m + 32, p->pv_mw / 1000, p->config.pv_rated_w);
    bool cut = p->pv_mw / 1000 < p->input.pv_w;
    image_u16(img, m + 38, p->input.pv_w <= 0 && w == 0 ? 2 : cut ? 5 : 4);
    set_all(img, m + 40, 12, 0);
}

static void encode_strings(struct sunspec *s, const struct plant *p)
{
    struct image *img = &s->img;
    image_u16(img, s->m160 + 2, -2);
    image_u16(img, s->m160 + 3, -1);
    image_u16(img, s->m160 + 4, 0);
    image_u16(img, s->m160 + 5, 0);
    image_u32(img, s->m160 + 6, 0);
    image_u16(img, s->m160 + 8, STRINGS);
    image_u16(img, s->m160 + 9, 0xFFFF);
    int64_t half = p->pv_mw / STRINGS / 1000, volt = 600;
    for (uint32_t k = 0; k < STRINGS; k++) {
        uint32_t at = s->m160 + 10 + 20 * k;
        int64_t w = k == 0 ? p->pv_mw / 1000 - half : half;
        image_u16(img, at, k + 1);
        image_text(img, at + 1, 8, k == 0 ? "String 1" : "String 2");
        image_u16(img, at + 9, w * 100 / volt);
        image_u16(img, at + 10, volt * 10);
        image_u16(img, at + 11, w);
        image_u32(img, at + 12, p->energy.pv / STRINGS / UJ_PER_WH);
        image_u16(img, at + 17, 4);
    }
}

static void encode_battery(struct sunspec *s, const struct plant *p)
{
    struct image *img = &s->img;
    int32_t soc = plant_battery_permille(p);
    int64_t w = p->battery_mw / 1000;
    int state = 6; /* holding */
    if (w > 0)
        state = 4;
    else if (w < 0)
        state = 3;
    else if (soc >= 1000)
        state = 5;
    else if (soc <= p->config.battery.min_soc_permille)
        state = 2;
    image_u16(img, s->m124 + 8, soc);
    image_u16(img, s->m124 + 11, state);
    image_u16(img, s->m802 + 11, soc);
    image_u16(img, s->m802 + 16, state);
    image_u16(img, s->m802 + 22, 3); /* connected */
    image_u16(img, s->m802 + 34, 4000);
    image_u16(img, s->m802 + 59, -1);
    image_u16(img, s->m802 + 44, -w * 100 / 400 / 10);
    image_u16(img, s->m802 + 61, -1);
    image_watts(img, s->m802 + 47, s->m802 + 63, -w, p->config.battery.max_charge_w);
}

void sunspec_encode(struct sunspec *s, const struct plant *p)
{
    encode_103(s, p);
    encode_strings(s, p);
    image_u16(&s->img, s->m122 + 2, 7); /* connected, available, operating */
    image_u64(&s->img, s->m122 + 5, p->energy.inverter / UJ_PER_WH);
    if (s->battery)
        encode_battery(s, p);
}

uint8_t sunspec_write(struct sunspec *s, uint16_t addr, uint16_t value, int64_t now_ms)
{
    for (size_t i = 0; i < sizeof writable / sizeof writable[0]; i++) {
        bool storage = writable[i].model == 124;
        uint32_t model = storage ? s->m124 : s->m123;
        if (model == 0 || addr != model + writable[i].offset)
            continue;
        int32_t v = writable[i].min < 0 ? (int16_t)value : value;
        if (v < writable[i].min || v > writable[i].max)
            return 3;
        *image_reg(&s->img, addr) = value;
        if (storage)
            s->storage_ms = now_ms;
        else
            s->limit_ms = now_ms;
        return 0;
    }
    return 2;
}

/* A revert time of 0 means: never. */
static bool expired(struct sunspec *s, uint32_t addr, int64_t since_ms, int64_t now_ms)
{
    int64_t seconds = *image_reg(&s->img, addr);
    return seconds > 0 && now_ms - since_ms >= seconds * 1000;
}

static int32_t share_w(struct sunspec *s, uint32_t addr, int32_t of_w)
{
    return (int32_t)((int64_t)of_w * (int16_t)*image_reg(&s->img, addr) / 10000);
}

struct plant_control sunspec_control(struct sunspec *s, const struct plant_config *c,
                                     int64_t now_ms)
{
    const struct battery_config *b = &c->battery;
    struct plant_control out = {NO_LIMIT_W, b->max_charge_w, b->max_discharge_w, false,
                                b->min_soc_permille};
    if (expired(s, s->m123 + 7, s->limit_ms, now_ms))
        image_u16(&s->img, s->m123 + 9, 0);
    if (*image_reg(&s->img, s->m123 + 9))
        out.ac_limit_w = share_w(s, s->m123 + 5, c->pv_rated_w);
    if (!*image_reg(&s->img, s->m123 + 4))
        out.ac_limit_w = 0;
    if (!s->battery)
        return out;
    if (expired(s, s->m124 + 15, s->storage_ms, now_ms))
        image_u16(&s->img, s->m124 + 5, 0);
    uint16_t mode = *image_reg(&s->img, s->m124 + 5);
    if (mode & 1)
        out.charge_max_w = share_w(s, s->m124 + 13, b->max_charge_w);
    if (mode & 2)
        out.discharge_max_w = share_w(s, s->m124 + 12, b->max_discharge_w);
    out.reserve_permille = *image_reg(&s->img, s->m124 + 7) / 10;
    out.grid_charge = *image_reg(&s->img, s->m124 + 17) == 1;
    return out;
}
