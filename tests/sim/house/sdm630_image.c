/* SPDX-License-Identifier: Apache-2.0
 * Eastron SDM630: input registers, f32 high word first, W, A, V, kWh. Currents unsigned, power
 * signed
 * (+ import). At most 80 registers per request. */
#include "tests/sim/house/image.h"

void sdm630_init(struct image *img)
{
    image_init(img, 80);
    image_add(img, 4, 0, 0x180);
}

static float kwh(int64_t uj)
{
    return (float)((double)uj / (double)UJ_PER_WH / 1000.0);
}

void sdm630_encode(struct image *img, const struct plant *p)
{
    const struct energy *e = &p->energy;
    float sum_a = 0;
    for (uint32_t k = 0; k < PHASES; k++) {
        float a = (float)plant_phase_ma(p, (int32_t)k) / 1000.0F;
        float w = (float)p->phase_mw[k] / 1000.0F;
        sum_a += a;
        image_f32(img, 0x00 + 2 * k, (float)p->config.voltage_mv / 1000.0F);
        image_f32(img, 0x06 + 2 * k, a);
        image_f32(img, 0x0C + 2 * k, w);
        image_f32(img, 0x12 + 2 * k, w < 0 ? -w : w); /* VA */
        image_f32(img, 0x1E + 2 * k, w < 0 ? -1.0F : 1.0F);
        image_f32(img, 0x15A + 2 * k, kwh(e->import_phase[k]));
        image_f32(img, 0x160 + 2 * k, kwh(e->export_phase[k]));
    }
    float total = (float)p->grid_mw / 1000.0F;
    image_f32(img, 0x2A, (float)p->config.voltage_mv / 1000.0F);
    image_f32(img, 0x30, sum_a);
    image_f32(img, 0x34, total);
    image_f32(img, 0x38, total < 0 ? -total : total);
    image_f32(img, 0x3E, total < 0 ? -1.0F : 1.0F);
    image_f32(img, 0x46, 50.0F);
    image_f32(img, 0x48, kwh(e->import));
    image_f32(img, 0x4A, kwh(e->export));
    image_f32(img, 0x156, kwh(e->import + e->export));
}
