/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include "libcommon/pure/rd.h"
#include "libcommon/pure/sample.h"
#include "libcommon/pure/str.h"
#include "tests/unit/run.h"

START_TEST(whole_numbers_are_exact_or_refused)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t v;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"42", true, 42},
        {"+7", true, 7},
        {"-12", true, -12},
        {"0x1F", true, 31},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1.0", false, 0},
        {"0x", false, 0},
        {"--1", false, 0},
        {"1e3", false, 0},
        {"99999999999999999999999999999999", false, 0},
        {"a", false, 0},
        {"+", false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t v = -99;
        bool ok = str_i64(str_of(rows[i].text), &v);
        ck_assert_msg(ok == rows[i].ok, "'%s'", rows[i].text);
        ck_assert_int_eq(v, ok ? rows[i].v : -99);
    }
    int32_t v32 = 5;
    ck_assert(!str_i32(str_of("2147483648"), &v32));
    ck_assert(str_i32(str_of("-2147483648"), &v32));
    ck_assert_int_eq(v32, INT32_MIN);
}
END_TEST

START_TEST(decimals_refuse_nan_inf_and_hex)
{
    double v;
    ck_assert(str_f64(str_of("-1.5e3"), &v));
    ck_assert(v < -1499.9 && v > -1500.1);
    static const char *const bad[] = {"", "nan", "inf", "0x10", "1,5", "1.5 ", "e", "1e999", "."};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        ck_assert_msg(!str_f64(str_of(bad[i]), &v), "'%s'", bad[i]);
}
END_TEST

START_TEST(ids_are_narrow)
{
    static const char *const good[] = {"a", "grid", "a-b_0", "12345678901234567890123456789012"};
    static const char *const bad[] = {"",  "A", "a b",  "a/b", "a+",
                                      "#", "ä", "$sys", "a.b", "123456789012345678901234567890123"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        ck_assert(str_is_id(str_of(good[i])));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        ck_assert_msg(!str_is_id(str_of(bad[i])), "'%s'", bad[i]);
}
END_TEST

START_TEST(text_is_utf8_without_controls)
{
    static const char *const good[] = {"", "abc", "äöü €", "😀", "\xEF\xBF\xBD"};
    static const char *const bad[] = {"\x80",        "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                      "a\x01",       "\x7F",     "\xE2\x82",     "\xFF",
                                      "\xE0\x80\x80"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        ck_assert(str_is_text(str_of(good[i])));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        ck_assert_msg(!str_is_text(str_of(bad[i])), "row %zu", i);
}
END_TEST

START_TEST(half_characters_are_cut)
{
    static const struct {
        const char *in, *out;
    } rows[] = {{"", ""},        {"abc", "abc"}, {"ab\xC3", "ab"},     {"ab\xE2\x82", "ab"},
                {"ä", "ä"},      {"€", "€"},     {"\xF0\x9F\x98", ""}, {"x😀", "x😀"},
                {"\x82", "\x82"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char z[16];
        str_copyz(z, sizeof z, rows[i].in);
        str_trim_partial(z);
        ck_assert_str_eq(z, rows[i].out);
    }
}
END_TEST

START_TEST(words_and_copies)
{
    struct str s = str_of("a/bc//d");
    ck_assert(str_eq(str_word(&s, '/'), "a"));
    ck_assert(str_eq(str_word(&s, '/'), "bc"));
    ck_assert(str_eq(str_word(&s, '/'), ""));
    ck_assert(str_eq(str_word(&s, '/'), "d"));
    ck_assert_uint_eq(s.len, 0);
    char z[4];
    ck_assert(str_copyz(z, sizeof z, "abc"));
    ck_assert(!str_copyz(z, sizeof z, "abcd"));
    ck_assert_str_eq(z, "abc");
    ck_assert(str_eq_nocase(str_of("AbC-1"), str_of("aBc-1")));
    ck_assert(!str_eq_nocase(str_of("a"), str_of("ab")));
    ck_assert(str_eq(str_trim(str_of(" \t x y\r\n")), "x y"));
}
END_TEST

START_TEST(a_full_buffer_says_so)
{
    char z[8];
    struct buf b = buf_of(z, sizeof z);
    buf_addi(&b, INT64_MIN);
    ck_assert(b.cut);
    ck_assert_uint_eq(b.len, 7);
    ck_assert_str_eq(z, "-922337");
    char y[64];
    struct buf c = buf_of(y, sizeof y);
    buf_addi(&c, INT64_MIN);
    buf_addz(&c, ",");
    buf_addi(&c, 0);
    buf_addf(&c, ",%d", 5);
    buf_add_json_str(&c, str_of("a\"\\\n"));
    ck_assert_str_eq(y, "-9223372036854775808,0,5\"a\\\"\\\\\\u000a\"");
    ck_assert(!c.cut);
}
END_TEST

START_TEST(the_cursor_never_overruns)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7};
    struct rd r = rd_of(bytes, sizeof bytes);
    ck_assert_uint_eq(rd_u16(&r), 0x0102);
    ck_assert_uint_eq(rd_u32(&r), 0x03040506);
    ck_assert_uint_eq(rd_left(&r), 1);
    ck_assert(!r.bad);
    rd_u16(&r);
    ck_assert(r.bad);
    ck_assert_uint_eq(rd_u8(&r), 0);
}
END_TEST

START_TEST(age_decides_trust)
{
    struct age_rule rule = {1000, 10000};
    ck_assert_int_eq(freshness_of(0, rule), FRESH);
    ck_assert_int_eq(freshness_of(3000, rule), FRESH);
    ck_assert_int_eq(freshness_of(3001, rule), SUSPECT);
    ck_assert_int_eq(freshness_of(10000, rule), SUSPECT);
    ck_assert_int_eq(freshness_of(10001, rule), MISSING);
    struct age_rule slow = {300000, 360000}; /* max_age below 3 intervals: never suspect */
    ck_assert_int_eq(freshness_of(359999, slow), FRESH);
    ck_assert_int_eq(freshness_of(360001, slow), MISSING);
}
END_TEST

START_TEST(errors_have_texts_and_prefixes)
{
    struct err_text t;
    ck_assert_int_eq(err_set(&t, ERR_RANGE, "got %d", 5), ERR_RANGE);
    err_prefix(&t, "field %s", "x");
    ck_assert_str_eq(t.s, "field x: got 5");
    for (int e = 0; e < ERR_COUNT; e++)
        ck_assert_uint_gt(strlen(err_name((enum err)e)), 1);
    ck_assert_str_eq(err_name((enum err)99), "unknown error");
    ck_assert_int_eq(round_i64(2.5), 3);
    ck_assert_int_eq(round_i64(-2.5), -3);
    ck_assert_int_eq(round_i64(1e300), INT64_MAX);
    ck_assert_int_eq(round_i64(-1e300), INT64_MIN);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pure");
    TCase *tc = tcase_create("pure");
    tcase_add_test(tc, whole_numbers_are_exact_or_refused);
    tcase_add_test(tc, decimals_refuse_nan_inf_and_hex);
    tcase_add_test(tc, ids_are_narrow);
    tcase_add_test(tc, text_is_utf8_without_controls);
    tcase_add_test(tc, half_characters_are_cut);
    tcase_add_test(tc, words_and_copies);
    tcase_add_test(tc, a_full_buffer_says_so);
    tcase_add_test(tc, the_cursor_never_overruns);
    tcase_add_test(tc, age_decides_trust);
    tcase_add_test(tc, errors_have_texts_and_prefixes);
    suite_add_tcase(s, tc);
    return run_suite(s);
}
