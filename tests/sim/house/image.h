/* SPDX-License-Identifier: Apache-2.0
 * The register image of one simulated Modbus device, and the encoders that fill it from the plant.
 * Pure. Register facts: Eastron SDM630 and KOSTAL KSEM maps as collected from open drivers; SunSpec
 * model layouts (offsets count from the model's ID register). */
#ifndef SIM_IMAGE_H
#define SIM_IMAGE_H
#include <stddef.h>

#include "tests/sim/house/plant.h"

enum { IMAGE_BLOCKS = 8, IMAGE_REGS = 1024, IMAGE_PINS = 64 };
struct image_block {
    uint8_t fc; /* 3 or 4 */
    uint16_t start, count, at;
};
struct image_pin {
    uint16_t addr, value;
};
struct image {
    struct image_block block[IMAGE_BLOCKS];
    size_t n_blocks;
    uint16_t reg[IMAGE_REGS];
    size_t used;
    struct image_pin pin[IMAGE_PINS]; /* forced from outside, whatever the plant says */
    size_t n_pins;
    uint16_t max_read; /* registers per request */
};

void image_init(struct image *img, uint16_t max_read);
void image_add(struct image *img, uint8_t fc, uint16_t start, uint16_t count);
/* A register that must exist: our own encoders never leave the map. */
uint16_t *image_reg(struct image *img, uint32_t addr);
bool image_has(const struct image *img, uint32_t addr);
/* One block must hold the whole range. */
bool image_read(const struct image *img, uint8_t fc, uint16_t addr, uint16_t count, uint16_t *out);
/* False: no such register, or too many pins. */
bool image_force(struct image *img, uint16_t addr, uint16_t value);
void image_release(struct image *img);
void image_u16(struct image *img, uint32_t addr, int64_t value); /* also s16: low 16 bits */
void image_u32(struct image *img, uint32_t addr, int64_t value);
void image_u64(struct image *img, uint32_t addr, int64_t value);
void image_f32(struct image *img, uint32_t addr, float value);
/* A signed power with its scale factor: 1 W steps, or 10 W where rated_w needs them; clamped. */
void image_watts(struct image *img, uint32_t addr, uint32_t sf_addr, int64_t w, int64_t rated_w);
void image_text(struct image *img, uint32_t addr, uint32_t regs, const char *text);

void sdm630_init(struct image *img);
void sdm630_encode(struct image *img, const struct plant *p);

/* KSEM map plus SunSpec common model and 203 at 40000. */
void ksem_init(struct image *img);
void ksem_encode(struct image *img, const struct plant *p);

/* Hybrid inverter at 40000: models 1, 103, 120..123, [124, 802,] 160. */
struct sunspec {
    struct image img;
    bool battery;
    uint32_t m103, m120, m121, m122, m123, m124, m802, m160; /* addresses of the ID registers */
    int64_t limit_ms, storage_ms;                            /* last write, for the revert timers */
};
void sunspec_init(struct sunspec *s, const struct plant_config *config);
void sunspec_encode(struct sunspec *s, const struct plant *p);
/* A master writes one register. Returns 0 or a Modbus exception code (2 no register or read only,
 * 3 value out of range). */
uint8_t sunspec_write(struct sunspec *s, uint16_t addr, uint16_t value, int64_t now_ms);
/* Runs the revert timers and derives what the plant must obey. */
struct plant_control sunspec_control(struct sunspec *s, const struct plant_config *c,
                                     int64_t now_ms);
/* Shared by the chains of inverter and meter. */
uint32_t sunspec_common(struct image *img, uint32_t at, const char *maker, const char *model,
                        const char *serial);
#endif
