/* SPDX-License-Identifier: Apache-2.0
 * value.h -- Modbus registers to numbers and back. Pure.
 *
 * A register is 16 bits, big-endian on the wire and already in host order here. Wider types have
 * the high word first unless the format says otherwise. "No value" (NaN, sentinels) comes out as
 * absent, never as a number. Doubles carry every integer up to 2^53 exactly; above the decode they
 * become integers in the units of the bus contract. */
#ifndef WATTBUS_VALUE_H
#define WATTBUS_VALUE_H
#include "libcommon/pure/field.h"

#define REG_TYPE_VALUES(X, P)                                                                      \
    X(P, U16, "u16")                                                                               \
    X(P, S16, "s16")                                                                               \
    X(P, U32, "u32")                                                                               \
    X(P, S32, "s32")                                                                               \
    X(P, U64, "u64") X(P, S64, "s64") X(P, F32, "f32") X(P, F64, "f64") X(P, STR, "str")
ENUM_DECLARE(reg_type, REG_TYPE, REG_TYPE_VALUES)
#define REG_WORDS_VALUES(X, P) X(P, HIGH, "high") X(P, LOW, "low")
ENUM_DECLARE(reg_words, REG_WORDS, REG_WORDS_VALUES)

enum reg_nan {
    REG_NAN_NONE,     /* every bit pattern is a number (f32, f64: except NaN and infinity) */
    REG_NAN_STANDARD, /* unsigned: all ones; signed: only the top bit set */
    REG_NAN_ZERO,     /* zero (SunSpec accumulators) */
    REG_NAN_GIVEN,    /* the pattern in nan_bits */
};
struct reg_format {
    enum reg_type type;
    bool low_word_first;
    enum reg_nan nan;
    uint64_t nan_bits;
    uint8_t count; /* STR: registers; else ignored */
};
struct opt_f64 {
    double v;
    bool set;
};
#define SOME_F64(x) ((struct opt_f64){.v = (x), .set = true})

enum { REG_STR_MAX = 32 };                 /* registers of a text */
int reg_count(const struct reg_format *f); /* registers of one value, 1..32 */
/* regs holds reg_count registers. STR has no number. */
struct opt_f64 reg_number(const struct reg_format *f, const uint16_t *regs);
/* Text of n registers, two characters each, high byte first, cut at the first NUL, trimmed. False
 * (and "") when it is empty or not printable UTF-8. */
bool reg_text(const uint16_t *regs, int n, char *out, size_t cap);

#define ROUNDING_VALUES(X, P) X(P, NEAREST, "nearest") X(P, DOWN, "down") X(P, UP, "up")
ENUM_DECLARE(rounding, ROUNDING, ROUNDING_VALUES)
/* Writes v in the format's type; integers are rounded as asked (down: towards minus infinity).
 * ERR_RANGE when it does not fit or would read as "no value". */
enum err reg_encode(const struct reg_format *f, double v, enum rounding how,
                    uint16_t *regs) MUST_CHECK;
/* 10^exponent for a SunSpec scale factor; absent for 0x8000 and anything beyond +-10. */
struct opt_f64 reg_scale_factor(uint16_t raw);
#endif
