/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/device/value.h"

ENUM_DEFINE(reg_type, REG_TYPE, REG_TYPE_VALUES)
ENUM_DEFINE(reg_words, REG_WORDS, REG_WORDS_VALUES)
ENUM_DEFINE(rounding, ROUNDING, ROUNDING_VALUES)

static const struct type_row {
    uint8_t words;
    bool is_signed, is_float;
} type_rows[REG_TYPE_COUNT] = {
    [REG_TYPE_U16] = {1, false, false}, [REG_TYPE_S16] = {1, true, false},
    [REG_TYPE_U32] = {2, false, false}, [REG_TYPE_S32] = {2, true, false},
    [REG_TYPE_U64] = {4, false, false}, [REG_TYPE_S64] = {4, true, false},
    [REG_TYPE_F32] = {2, true, true},   [REG_TYPE_F64] = {4, true, true},
    [REG_TYPE_STR] = {1, false, false},
};

static const struct type_row *row_of(const struct reg_format *f)
{
    assert(f->type > REG_TYPE_UNSET && f->type < REG_TYPE_COUNT);
    return &type_rows[f->type];
}

int reg_count(const struct reg_format *f)
{
    return f->type == REG_TYPE_STR ? f->count : row_of(f)->words;
}

static uint64_t gather(const struct reg_format *f, int words, const uint16_t *regs)
{
    uint64_t bits = 0;
    for (int i = 0; i < words; i++)
        bits = bits << 16 | regs[f->low_word_first ? words - 1 - i : i];
    return bits;
}

static void scatter(const struct reg_format *f, int words, uint64_t bits, uint16_t *regs)
{
    for (int i = 0; i < words; i++) {
        regs[f->low_word_first ? i : words - 1 - i] = (uint16_t)bits;
        bits >>= 16;
    }
}

static bool is_sentinel(const struct reg_format *f, const struct type_row *t, uint64_t bits)
{
    uint64_t ones = t->words == 4 ? UINT64_MAX : (UINT64_C(1) << 16 * t->words) - 1;
    switch (f->nan) {
    case REG_NAN_NONE: return false;
    case REG_NAN_ZERO: return bits == 0;
    case REG_NAN_GIVEN: return bits == (f->nan_bits & ones);
    case REG_NAN_STANDARD: break;
    }
    if (t->is_float)
        return false; /* NaN itself is tested by the caller */
    return bits == (t->is_signed ? ones / 2 + 1 : ones);
}

static bool is_finite(double v)
{
    return v - v == 0; /* false for NaN and both infinities */
}

static double float_of(int words, uint64_t bits)
{
    if (words == 4) {
        double d;
        memcpy(&d, &bits, sizeof d);
        return d;
    }
    uint32_t low = (uint32_t)bits;
    float s;
    memcpy(&s, &low, sizeof s);
    return (double)s;
}

/* Two's complement of `words` registers without relying on the sign of a conversion. */
static double signed_of(int words, uint64_t bits)
{
    uint64_t top = UINT64_C(1) << (16 * words - 1);
    if (!(bits & top))
        return (double)bits;
    uint64_t magnitude = (top - (bits & (top - 1)));
    return -(double)magnitude;
}

struct opt_f64 reg_number(const struct reg_format *f, const uint16_t *regs)
{
    const struct type_row *t = row_of(f);
    if (f->type == REG_TYPE_STR)
        return (struct opt_f64){0};
    uint64_t bits = gather(f, t->words, regs);
    if (is_sentinel(f, t, bits))
        return (struct opt_f64){0};
    double v = t->is_float    ? float_of(t->words, bits)
               : t->is_signed ? signed_of(t->words, bits)
                              : (double)bits;
    return is_finite(v) ? SOME_F64(v) : (struct opt_f64){0};
}

bool reg_text(const uint16_t *regs, int n, char *out, size_t cap)
{
    char raw[2 * REG_STR_MAX];
    assert(n >= 0 && n <= REG_STR_MAX);
    for (int i = 0; i < n; i++) {
        raw[2 * i] = (char)(regs[i] >> 8);
        raw[2 * i + 1] = (char)(regs[i] & 0xFF);
    }
    const char *end = memchr(raw, '\0', (size_t)n * 2);
    struct str s = str_trim((struct str){raw, end ? (size_t)(end - raw) : (size_t)n * 2});
    out[0] = '\0';
    return s.len > 0 && str_is_text(s) && str_copy(out, cap, s);
}

/* |v| < 2^63 */
static int64_t round_to(double v, enum rounding how)
{
    if (how == ROUNDING_NEAREST || how == ROUNDING_UNSET)
        return round_i64(v);
    int64_t n = (int64_t)v; /* towards zero */
    /* A limit of 70 % may arrive as 69.99999999999999: a hair is no reason to lose a step. */
    double off = v - (double)n, hair = 1e-9 * (v < 0 ? 1 - v : 1 + v);
    if (how == ROUNDING_DOWN)
        return off < -hair ? n - 1 : off > 1 - hair ? n + 1 : n;
    return off > hair ? n + 1 : off < hair - 1 ? n - 1 : n;
}

static enum err encode_float(const struct reg_format *f, double v, uint16_t *regs)
{
    uint64_t bits = 0;
    if (f->type == REG_TYPE_F64) {
        memcpy(&bits, &v, sizeof v);
        scatter(f, 4, bits, regs);
        return ERR_OK;
    }
    float s = (float)v;
    uint32_t low;
    if (!is_finite((double)s))
        return ERR_RANGE;
    memcpy(&low, &s, sizeof low);
    scatter(f, 2, low, regs);
    return ERR_OK;
}

enum err reg_encode(const struct reg_format *f, double v, enum rounding how, uint16_t *regs)
{
    const struct type_row *t = row_of(f);
    if (f->type == REG_TYPE_STR || !is_finite(v))
        return ERR_RANGE;
    if (t->is_float)
        return encode_float(f, v, regs);
    if (v >= 9.2e18 || v <= -9.2e18)
        return ERR_RANGE;
    int64_t n = round_to(v, how);
    int bits = 16 * t->words;
    int64_t hi = bits == 64     ? INT64_MAX
                 : t->is_signed ? (INT64_C(1) << (bits - 1)) - 1
                                : (INT64_C(1) << bits) - 1;
    int64_t lo = t->is_signed ? -hi - 1 : 0;
    uint64_t mask = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    if (n < lo || n > hi || is_sentinel(f, t, (uint64_t)n & mask))
        return ERR_RANGE;
    scatter(f, t->words, (uint64_t)n & mask, regs);
    return ERR_OK;
}

struct opt_f64 reg_scale_factor(uint16_t raw)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10};
    int e = raw >= 0x8000 ? raw - 0x10000 : raw;
    if (e < -10 || e > 10)
        return (struct opt_f64){0};
    return SOME_F64(e < 0 ? 1 / powers[-e] : powers[e]);
}
