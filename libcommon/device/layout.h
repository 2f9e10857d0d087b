/* SPDX-License-Identifier: Apache-2.0
 * layout.h -- a profile applied to one device: which registers to read, what they mean, what a
 * sequence writes. Pure; the SunSpec chain is an input. */
#ifndef WATTBUS_LAYOUT_H
#define WATTBUS_LAYOUT_H
#include "libcommon/device/profile.h"

enum {
    LAYOUT_POINTS_MAX = 64,
    LAYOUT_SPANS_MAX = 16,
    LAYOUT_REGS_MAX = 1000,
    LAYOUT_TEXT_CAP = 65,
    TEXTS = QUANTITY_COUNT - QUANTITY_VENDOR,
};

struct layout_point {
    enum quantity q;
    enum group group;
    uint8_t function;
    uint16_t addr;
    int32_t minus, sf; /* addresses, -1: none */
    struct reg_format fmt;
    double factor;
};
struct layout_step {
    const struct profile_step *p;
    uint16_t addr;
    int32_t sf;
    struct reg_format fmt;
};
struct layout {
    int npoints;
    struct layout_point points[LAYOUT_POINTS_MAX];
    bool can[SEQUENCE_COUNT];   /* the device has what the sequence writes */
    int nsteps[SEQUENCE_COUNT]; /* without the optional ones it lacks */
    struct layout_step steps[SEQUENCE_COUNT][PROFILE_STEPS_MAX];
};
/* Repeated blocks give several points of one quantity: they are summed. chain may be NULL for a
 * profile without SunSpec. ERR_MISSING: none of the profile's fast points is there. */
enum err layout_make(const struct profile *p, const struct sun_chain *chain, struct layout *out,
                     struct err_text *why) MUST_CHECK;

/* One read: adjacent and overlapping registers, and gaps up to the limit, are merged. */
struct span {
    uint8_t function;
    uint16_t addr, count;
    uint16_t off; /* of its first register in the image */
};
struct image {
    int n;
    struct span spans[LAYOUT_SPANS_MAX];
    bool ok[LAYOUT_SPANS_MAX]; /* the read of the span succeeded */
    uint16_t regs[LAYOUT_REGS_MAX];
};
/* Reads of one group. ERR_FULL: more reads or registers than an image holds. A point wider than
 * the block is read by itself. */
enum err layout_spans(const struct layout *l, enum group g, int block, int gap,
                      struct image *out) MUST_CHECK;

/* Decoded values, each in the unit of its dimension. */
struct readings {
    struct opt_f64 num[QUANTITY_COUNT];
    char text[TEXTS][LAYOUT_TEXT_CAP];
};
/* Replaces the group's quantities by what the image holds; the others stay. */
void layout_decode(const struct layout *l, enum group g, const struct image *im,
                   struct readings *r);

struct write_op {
    uint8_t function;
    bool optional;
    uint16_t addr, count;
    uint16_t regs[4];
};
/* The writes of a sequence. `once` is the image of the once group (scale factors). ERR_MISSING: a
 * variable or a scale factor is absent; ERR_RANGE: a value does not fit. */
enum err layout_write(const struct layout *l, enum sequence s, const struct image *once,
                      const struct opt_f64 vars[VARIABLE_COUNT],
                      struct write_op out[PROFILE_STEPS_MAX], int *n,
                      struct err_text *why) MUST_CHECK;
#endif
