/* SPDX-License-Identifier: Apache-2.0
 * sunspec.h -- SunSpec over Modbus: the chain of models and their points by name. Pure.
 *
 * A device starts at 40000, 50000 or 0 with "SunS"; then models follow, each an id, a length and
 * so many registers; id 0xFFFF ends the chain. Devices in the field loop, announce length 0 or
 * forget the end, so the walk is bounded and keeps what it has. Only points in our table exist;
 * offsets count from the model's id register as in the SunSpec model reference. */
#ifndef WATTBUS_SUNSPEC_H
#define WATTBUS_SUNSPEC_H
#include "libcommon/device/value.h"

enum { SUN_MODELS_MAX = 48, SUN_REPEATS_MAX = 8 };

struct sun_model {
    uint16_t id, len; /* len: registers after id and len */
    uint16_t addr;    /* of the id register */
};
struct sun_chain {
    uint16_t base;
    int n;
    struct sun_model models[SUN_MODELS_MAX];
};

enum sun_step {
    SUN_MORE, /* read what sun_walk_want says, then feed it */
    SUN_DONE, /* chain is complete; `note` says what was odd, or is "" */
    SUN_NONE, /* no SunSpec device at any base */
};
struct sun_walk {
    struct sun_chain chain;
    int base_i;
    uint32_t at; /* address of the next id register; 0: still searching the base */
    const char *note;
};
void sun_walk_start(struct sun_walk *w);
/* The two registers to read next. */
uint16_t sun_walk_want(const struct sun_walk *w);
/* regs: the two registers, or NULL when the device refused the address. */
enum sun_step sun_walk_feed(struct sun_walk *w, const uint16_t *regs);

/* A point of a model. */
struct sun_point {
    uint16_t model_lo, model_hi; /* models that have it here */
    const char *name;
    uint16_t off; /* from the id register; in a repeating block from the block's start */
    enum reg_type type;
    enum reg_nan nan;
    uint8_t count;         /* STR: registers */
    uint8_t sf;            /* offset of its scale factor, 0: none */
    const char *unit;      /* "" when it has none */
    uint8_t first, stride; /* repeating block: offset of the first one, and length; 0: fixed */
};
const struct sun_point *sun_point_of(uint16_t model, struct str name); /* NULL: none */

/* One place where a value may be: "101-103 111: W" or "160: DCW[*]". */
struct sun_ref {
    uint16_t lo[4], hi[4];
    uint8_t n;
    char name[24];
    uint8_t index; /* of a repeating block from 1; 0: all of them */
    bool repeating;
};
/* Parses one alternative. Every model in it must have the point. */
enum err sun_ref_parse(struct str text, struct sun_ref *out, struct err_text *why) MUST_CHECK;

/* Where a value is on this device. */
struct sun_place {
    const struct sun_point *point;
    uint16_t addr[SUN_REPEATS_MAX]; /* several for [*] */
    int n;
    uint16_t sf_addr; /* valid when point->sf */
};
/* False: the chain has none of its models, or the model is too short for the point. */
bool sun_locate(const struct sun_chain *c, const struct sun_ref *ref, struct sun_place *out);
#endif
