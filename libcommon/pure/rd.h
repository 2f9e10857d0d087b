/* SPDX-License-Identifier: Apache-2.0
 * rd.h -- byte cursor that cannot overrun. The error is sticky: read everything, test `bad` once,
 * and when it is set use nothing of what was read. Big-endian unless the name says otherwise. */
#ifndef WATTBUS_RD_H
#define WATTBUS_RD_H
#include "libcommon/pure/base.h"

struct rd {
    const uint8_t *p, *end;
    bool bad;
};
static inline struct rd rd_of(const void *p, size_t len)
{
    const uint8_t *b = p;
    return (struct rd){b, b ? b + len : b, false};
}
static inline size_t rd_left(const struct rd *r)
{
    return (size_t)(r->end - r->p);
}
static inline uint8_t rd_u8(struct rd *r)
{
    r->bad = r->bad || r->p == r->end;
    return r->bad ? 0 : *r->p++;
}
static inline uint16_t rd_u16(struct rd *r)
{
    uint16_t hi = rd_u8(r);
    return (uint16_t)(hi << 8 | rd_u8(r));
}
static inline uint32_t rd_u32(struct rd *r)
{
    uint32_t hi = rd_u16(r);
    return hi << 16 | rd_u16(r);
}
static inline uint64_t rd_u64(struct rd *r)
{
    uint64_t hi = rd_u32(r);
    return hi << 32 | rd_u32(r);
}
#endif
