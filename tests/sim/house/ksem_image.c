/* SPDX-License-Identifier: Apache-2.0
 * KOSTAL Smart Energy Meter: holding registers, power as pairs P+ / P- (one of them 0), and the
 * same values as SunSpec meter model 203 at 40000. */
#include "tests/sim/house/image.h"

enum { SUNSPEC_AT = 40000, M203 = SUNSPEC_AT + 2 + 68, M203_LEN = 105 };

void ksem_init(struct image *img)
{
    image_init(img, 125);
    image_add(img, 3, 0, 28);
    image_add(img, 3, 40, 106);
    image_add(img, 3, 512, 40);
    image_add(img, 3, 592, 200);
    image_add(img, 3, SUNSPEC_AT, M203 - SUNSPEC_AT + 2 + M203_LEN + 2);
    uint32_t at = sunspec_common(img, SUNSPEC_AT, "Simulated", "KSEM", "SIM-METER-1");
    image_u16(img, at, 203);
    image_u16(img, at + 1, M203_LEN);
    for (uint32_t i = 2; i < 2 + M203_LEN; i++)
        image_u16(img, at + i, 0x8000);
    image_u16(img, at + 2 + M203_LEN, 0xFFFF);
    image_u16(img, at + 3 + M203_LEN, 0);
}

static int64_t tenth_w(int64_t mw)
{
    return mw > 0 ? mw / 100 : 0;
}

static int64_t tenth_wh(int64_t uj)
{
    return uj / (UJ_PER_WH / 10);
}

/* What the connection may see for a while: the fuse, or all boxes at once. */
static int64_t rated(const struct plant *p)
{
    int64_t boxes_ma = 0;
    for (int32_t i = 0; i < p->config.n_chargers; i++)
        boxes_ma += p->config.charger[i].max_ma;
    int64_t ma = boxes_ma > p->config.fuse_ma ? boxes_ma : p->config.fuse_ma;
    return ma * p->config.voltage_mv * PHASES / 1000000;
}

static void encode_203(struct image *img, const struct plant *p)
{
    const struct energy *e = &p->energy;
    int64_t sum_ma = 0, rated_w = rated(p);
    image_u16(img, M203 + 6, -2);  /* A_SF */
    image_u16(img, M203 + 15, -1); /* V_SF */
    image_u16(img, M203 + 17, -2); /* Hz_SF */
    image_u16(img, M203 + 54, 0);  /* TotWh_SF */
    for (uint32_t k = 0; k < PHASES; k++) {
        int64_t ma = plant_phase_ma(p, (int32_t)k);
        sum_ma += ma;
        image_u16(img, M203 + 3 + k, ma / 10);
        image_u16(img, M203 + 8 + k, p->config.voltage_mv / 100);
        image_watts(img, M203 + 19 + k, M203 + 22, p->phase_mw[k] / 1000, rated_w);
        image_u32(img, M203 + 40 + 2 * k, e->export_phase[k] / UJ_PER_WH);
        image_u32(img, M203 + 48 + 2 * k, e->import_phase[k] / UJ_PER_WH);
    }
    image_u16(img, M203 + 2, sum_ma / 10);
    image_u16(img, M203 + 7, p->config.voltage_mv / 100);
    image_u16(img, M203 + 16, 5000);
    image_watts(img, M203 + 18, M203 + 22, p->grid_mw / 1000, rated_w);
    image_u32(img, M203 + 38, e->export / UJ_PER_WH);
    image_u32(img, M203 + 46, e->import / UJ_PER_WH);
    image_u32(img, M203 + 105, 0);
}

void ksem_encode(struct image *img, const struct plant *p)
{
    const struct energy *e = &p->energy;
    image_u32(img, 0, tenth_w(p->grid_mw));
    image_u32(img, 2, tenth_w(-p->grid_mw));
    image_u32(img, 24, 1000);
    image_u32(img, 26, 50000);
    for (uint32_t k = 0; k < PHASES; k++) {
        uint32_t base = 40 + 40 * k;
        image_u32(img, base, tenth_w(p->phase_mw[k]));
        image_u32(img, base + 2, tenth_w(-p->phase_mw[k]));
        image_u32(img, base + 20, plant_phase_ma(p, (int32_t)k));
        image_u32(img, base + 22, p->config.voltage_mv);
        image_u32(img, base + 24, 1000);
        image_u64(img, 592 + 80 * k, tenth_wh(e->import_phase[k]));
        image_u64(img, 596 + 80 * k, tenth_wh(e->export_phase[k]));
    }
    image_u64(img, 512, tenth_wh(e->import));
    image_u64(img, 516, tenth_wh(e->export));
    encode_203(img, p);
}
