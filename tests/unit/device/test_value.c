/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/device/quantity.h"
#include "tests/unit/run.h"

#define ABSENT 1e300
#define HI     false
#define LO     true

/* type, low word first, nan rule, registers, number (ABSENT: none) */
static const struct {
    enum reg_type type;
    bool low;
    enum reg_nan nan;
    uint64_t bits;
    uint16_t regs[4];
    double want;
} reads[] = {
    {REG_TYPE_U16, HI, REG_NAN_NONE, 0, {0xFFFF}, 65535},
    {REG_TYPE_U16, HI, REG_NAN_STANDARD, 0, {0xFFFF}, ABSENT},
    {REG_TYPE_U16, HI, REG_NAN_STANDARD, 0, {0xFFFE}, 65534},
    {REG_TYPE_U16, HI, REG_NAN_ZERO, 0, {0}, ABSENT},
    {REG_TYPE_U16, HI, REG_NAN_GIVEN, 1000, {1000}, ABSENT},
    {REG_TYPE_U16, HI, REG_NAN_GIVEN, 1000, {1001}, 1001},
    {REG_TYPE_S16, HI, REG_NAN_NONE, 0, {0x8000}, -32768},
    {REG_TYPE_S16, HI, REG_NAN_STANDARD, 0, {0x8000}, ABSENT},
    {REG_TYPE_S16, HI, REG_NAN_STANDARD, 0, {0xFFFF}, -1},
    {REG_TYPE_S16, HI, REG_NAN_NONE, 0, {0x7FFF}, 32767},
    {REG_TYPE_U32, HI, REG_NAN_NONE, 0, {0x0001, 0x0002}, 65538},
    {REG_TYPE_U32, LO, REG_NAN_NONE, 0, {0x0001, 0x0002}, 131073},
    {REG_TYPE_U32, HI, REG_NAN_STANDARD, 0, {0xFFFF, 0xFFFF}, ABSENT},
    {REG_TYPE_U32, HI, REG_NAN_ZERO, 0, {0, 0}, ABSENT},
    {REG_TYPE_S32, HI, REG_NAN_NONE, 0, {0xFFFF, 0xFFFE}, -2},
    {REG_TYPE_S32, LO, REG_NAN_NONE, 0, {0xFFFE, 0xFFFF}, -2},
    {REG_TYPE_S32, HI, REG_NAN_STANDARD, 0, {0x8000, 0}, ABSENT},
    {REG_TYPE_S32, HI, REG_NAN_NONE, 0, {0x8000, 0}, -2147483648.0},
    {REG_TYPE_U64, HI, REG_NAN_NONE, 0, {0, 1, 2, 3}, 4295098371.0},
    {REG_TYPE_U64, LO, REG_NAN_NONE, 0, {3, 2, 1, 0}, 4295098371.0},
    {REG_TYPE_U64, HI, REG_NAN_STANDARD, 0, {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF}, ABSENT},
    {REG_TYPE_S64, HI, REG_NAN_NONE, 0, {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFB}, -5},
    {REG_TYPE_S64, HI, REG_NAN_STANDARD, 0, {0x8000, 0, 0, 0}, ABSENT},
    {REG_TYPE_S64, HI, REG_NAN_NONE, 0, {0x8000, 0, 0, 0}, -9223372036854775808.0},
    {REG_TYPE_F32, HI, REG_NAN_NONE, 0, {0x4366, 0x0000}, 230.0},
    {REG_TYPE_F32, LO, REG_NAN_NONE, 0, {0x0000, 0x4366}, 230.0},
    {REG_TYPE_F32, HI, REG_NAN_NONE, 0, {0xC2C8, 0x0000}, -100.0},
    {REG_TYPE_F32, HI, REG_NAN_NONE, 0, {0x7FC0, 0x0000}, ABSENT},
    {REG_TYPE_F32, HI, REG_NAN_NONE, 0, {0x7F80, 0x0000}, ABSENT},
    {REG_TYPE_F32, HI, REG_NAN_NONE, 0, {0xFF80, 0x0000}, ABSENT},
    {REG_TYPE_F64, HI, REG_NAN_NONE, 0, {0x40FE, 0x240C, 0x9FBE, 0x76C9}, 123456.789},
    {REG_TYPE_F64, LO, REG_NAN_NONE, 0, {0x76C9, 0x9FBE, 0x240C, 0x40FE}, 123456.789},
    {REG_TYPE_F64, HI, REG_NAN_NONE, 0, {0x7FF8, 0, 0, 0}, ABSENT},
    {REG_TYPE_STR, HI, REG_NAN_NONE, 0, {0x4142}, ABSENT},
};

START_TEST(every_type_is_read)
{
    struct reg_format f = {.type = reads[_i].type,
                           .low_word_first = reads[_i].low,
                           .nan = reads[_i].nan,
                           .nan_bits = reads[_i].bits,
                           .count = 1};
    struct opt_f64 v = reg_number(&f, reads[_i].regs);
    ck_assert_msg(v.set == (reads[_i].want != ABSENT), "row %d: presence", _i);
    if (v.set)
        ck_assert_msg(v.v == reads[_i].want, "row %d: got %.17g", _i, v.v);
}
END_TEST

START_TEST(every_number_is_written_as_it_is_read)
{
    struct reg_format f = {
        .type = reads[_i].type, .low_word_first = reads[_i].low, .nan = reads[_i].nan};
    uint16_t regs[4] = {0};
    if (reads[_i].want == ABSENT || reads[_i].nan == REG_NAN_GIVEN)
        return;
    ck_assert_int_eq(reg_encode(&f, reads[_i].want, ROUNDING_NEAREST, regs),
                     f.type == REG_TYPE_S64 && reads[_i].want < -9.2e18 ? ERR_RANGE : ERR_OK);
    if (reads[_i].want > -9.2e18)
        ck_assert_mem_eq(regs, reads[_i].regs, (size_t)reg_count(&f) * 2);
}
END_TEST

static const struct {
    enum reg_type type;
    enum reg_nan nan;
    double v;
    enum rounding how;
    enum err e;
    uint16_t want; /* of one-register types */
} writes[] = {
    {REG_TYPE_U16, REG_NAN_NONE, 69.9, ROUNDING_DOWN, ERR_OK, 69},
    {REG_TYPE_U16, REG_NAN_NONE, 69.9, ROUNDING_NEAREST, ERR_OK, 70},
    {REG_TYPE_U16, REG_NAN_NONE, 69.1, ROUNDING_UP, ERR_OK, 70},
    {REG_TYPE_U16, REG_NAN_NONE, 69.99999999999999, ROUNDING_DOWN, ERR_OK, 70},
    {REG_TYPE_U16, REG_NAN_NONE, 70.00000000000001, ROUNDING_UP, ERR_OK, 70},
    {REG_TYPE_S16, REG_NAN_NONE, -33.4, ROUNDING_UP, ERR_OK, 0x10000 - 33},
    {REG_TYPE_S16, REG_NAN_NONE, -33.4, ROUNDING_DOWN, ERR_OK, 0x10000 - 34},
    {REG_TYPE_U16, REG_NAN_NONE, -1, ROUNDING_NEAREST, ERR_RANGE, 0},
    {REG_TYPE_U16, REG_NAN_NONE, 65536, ROUNDING_NEAREST, ERR_RANGE, 0},
    {REG_TYPE_U16, REG_NAN_STANDARD, 65535, ROUNDING_NEAREST, ERR_RANGE, 0},
    {REG_TYPE_S16, REG_NAN_STANDARD, -32768, ROUNDING_NEAREST, ERR_RANGE, 0},
    {REG_TYPE_S16, REG_NAN_NONE, 32768, ROUNDING_NEAREST, ERR_RANGE, 0},
    {REG_TYPE_F32, REG_NAN_NONE, 1e39, ROUNDING_NEAREST, ERR_RANGE, 0},
    {REG_TYPE_S32, REG_NAN_NONE, 1e300, ROUNDING_NEAREST, ERR_RANGE, 0},
    {REG_TYPE_STR, REG_NAN_NONE, 1, ROUNDING_NEAREST, ERR_RANGE, 0},
};

START_TEST(writes_are_rounded_and_bounded)
{
    struct reg_format f = {.type = writes[_i].type, .nan = writes[_i].nan, .count = 1};
    uint16_t regs[4] = {0};
    ck_assert_int_eq(reg_encode(&f, writes[_i].v, writes[_i].how, regs), writes[_i].e);
    ck_assert_uint_eq(regs[0], writes[_i].want);
}
END_TEST

START_TEST(text_ends_at_nul_and_is_trimmed)
{
    char out[20];
    static const uint16_t padded[] = {0x4142, 0x4320, 0x2000, 0x5858};
    ck_assert(reg_text(padded, 4, out, sizeof out));
    ck_assert_str_eq(out, "ABC");
    static const uint16_t full[] = {0x4142, 0x4344}; /* no NUL at all */
    ck_assert(reg_text(full, 2, out, sizeof out));
    ck_assert_str_eq(out, "ABCD");
    static const uint16_t empty[] = {0x0041, 0x4242}, control[] = {0x4101}, high[] = {0xFFFF};
    ck_assert(!reg_text(empty, 2, out, sizeof out));
    ck_assert(!reg_text(control, 1, out, sizeof out));
    ck_assert(!reg_text(high, 1, out, sizeof out));
    ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(scale_factors_are_bounded)
{
    static const struct {
        uint16_t raw;
        double want;
    } rows[] = {{0, 1},           {1, 10},         {0xFFFF, 0.1},    {0xFFFE, 0.01},
                {10, 1e10},       {0xFFF6, 1e-10}, {0x8000, ABSENT}, {11, ABSENT},
                {0xFFF5, ABSENT}, {0x7FFF, ABSENT}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct opt_f64 v = reg_scale_factor(rows[i].raw);
        ck_assert_int_eq(v.set, rows[i].want != ABSENT);
        if (v.set)
            ck_assert_double_eq(v.v, rows[i].want);
    }
}
END_TEST

START_TEST(units_belong_to_their_dimension)
{
    double f;
    ck_assert(unit_factor(DIM_POWER, str_of("kW"), &f) && f == 1000);
    ck_assert(unit_factor(DIM_CURRENT, str_of("A"), &f) && f == 1000);
    ck_assert(unit_factor(DIM_PLAIN, str_of(""), &f) && f == 1);
    ck_assert(!unit_factor(DIM_POWER, str_of("kWh"), &f));
    ck_assert(!unit_factor(DIM_POWER, str_of(""), &f));
    ck_assert(!unit_factor(DIM_PLAIN, str_of("W"), &f));
    ck_assert_int_eq(quantity_from(CLASS_METER, str_of("soc")), QUANTITY_COUNT);
    ck_assert_int_eq(quantity_from(CLASS_BATTERY, str_of("soc")), QUANTITY_SOC);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("value");
    tcase_add_loop_test(t, every_type_is_read, 0, (int)COUNT_OF(reads));
    tcase_add_loop_test(t, every_number_is_written_as_it_is_read, 0, (int)COUNT_OF(reads));
    tcase_add_loop_test(t, writes_are_rounded_and_bounded, 0, (int)COUNT_OF(writes));
    tcase_add_test(t, text_ends_at_nul_and_is_trimmed);
    tcase_add_test(t, scale_factors_are_bounded);
    tcase_add_test(t, units_belong_to_their_dimension);
    return run_case(t, "value");
}
