/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/house/image.h"

#include <assert.h>
#include <string.h>

void image_init(struct image *img, uint16_t max_read)
{
    *img = (struct image){.max_read = max_read};
}

void image_add(struct image *img, uint8_t fc, uint16_t start, uint16_t count)
{
    assert(img->n_blocks < IMAGE_BLOCKS && img->used + count <= IMAGE_REGS);
    img->block[img->n_blocks++] = (struct image_block){fc, start, count, (uint16_t)img->used};
    img->used += count;
}

static const struct image_block *find(const struct image *img, uint32_t addr)
{
    for (size_t i = 0; i < img->n_blocks; i++)
        if (addr >= img->block[i].start &&
            addr < (uint32_t)img->block[i].start + img->block[i].count)
            return &img->block[i];
    return NULL;
}

bool image_has(const struct image *img, uint32_t addr)
{
    return find(img, addr) != NULL;
}

uint16_t *image_reg(struct image *img, uint32_t addr)
{
    const struct image_block *b = find(img, addr);
    assert(b != NULL);
    return &img->reg[b->at + addr - b->start];
}

bool image_read(const struct image *img, uint8_t fc, uint16_t addr, uint16_t count, uint16_t *out)
{
    const struct image_block *b = find(img, addr);
    if (!b || b->fc != fc || (uint32_t)addr + count > (uint32_t)b->start + b->count)
        return false;
    for (uint16_t i = 0; i < count; i++)
        out[i] = img->reg[b->at + addr - b->start + i];
    for (size_t i = 0; i < img->n_pins; i++) {
        uint16_t at = img->pin[i].addr;
        if (at >= addr && at < addr + count)
            out[at - addr] = img->pin[i].value;
    }
    return true;
}

bool image_force(struct image *img, uint16_t addr, uint16_t value)
{
    size_t i = 0;
    if (!image_has(img, addr))
        return false;
    while (i < img->n_pins && img->pin[i].addr != addr)
        i++;
    if (i == IMAGE_PINS)
        return false;
    img->pin[i] = (struct image_pin){addr, value};
    if (i == img->n_pins)
        img->n_pins++;
    return true;
}

void image_release(struct image *img)
{
    img->n_pins = 0;
}

void image_u16(struct image *img, uint32_t addr, int64_t value)
{
    *image_reg(img, addr) = (uint16_t)((uint64_t)value & 0xFFFF);
}

void image_u32(struct image *img, uint32_t addr, int64_t value)
{
    image_u16(img, addr, value >> 16);
    image_u16(img, addr + 1, value);
}

void image_u64(struct image *img, uint32_t addr, int64_t value)
{
    image_u32(img, addr, value >> 32);
    image_u32(img, addr + 2, value);
}

void image_f32(struct image *img, uint32_t addr, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    image_u32(img, addr, bits);
}

void image_watts(struct image *img, uint32_t addr, uint32_t sf_addr, int64_t w, int64_t rated_w)
{
    int64_t sf = rated_w > 32000 ? 1 : 0, v = sf ? w / 10 : w;
    if (v > INT16_MAX)
        v = INT16_MAX;
    if (v < -INT16_MAX)
        v = -INT16_MAX;
    image_u16(img, addr, v);
    image_u16(img, sf_addr, sf);
}

void image_text(struct image *img, uint32_t addr, uint32_t regs, const char *text)
{
    size_t len = strlen(text);
    for (uint32_t i = 0; i < regs; i++) {
        unsigned high = 2 * i < len ? (unsigned char)text[2 * i] : 0;
        unsigned low = 2 * i + 1 < len ? (unsigned char)text[2 * i + 1] : 0;
        image_u16(img, addr + i, (int64_t)(high << 8 | low));
    }
}
