/* SPDX-License-Identifier: Apache-2.0
 * Messages of SML telegrams. Recorded meters: tests/interop/sml. */
#include "libcommon/telegram/sml.h"
#include <check.h>
#include "libcommon/telegram/sml_stream.h"
#include "tests/unit/run.h"

static uint8_t data[SML_TELEGRAM_MAX];
static size_t n;
static struct sml_list l;
static struct err_text why;

static void raw(const char *bytes, size_t len)
{
    memcpy(data + n, bytes, len);
    n += len;
}
#define RAW(bytes) raw(bytes, sizeof(bytes) - 1)
/* A message around what `body` puts; its checksum. */
static void message(const char *tag, size_t tag_n, void (*body)(void))
{
    size_t from = n;
    RAW("\x76\x05\1\2\3\4\x62\0\x62\0\x72");
    raw(tag, tag_n);
    body();
    uint16_t crc = 0xffff;
    for (size_t i = from; i < n; i++)
        crc = sml_crc_byte(crc, data[i]);
    crc = (uint16_t)~crc;
    const char two[] = {0x63, (char)(crc & 0xff), (char)(crc >> 8), 0};
    raw(two, sizeof two);
}
static const char *value;
static size_t value_n;
static int entries;
static void list_body(void)
{
    RAW("\x77\1"                           /* no client */
        "\x0b\x0a\1\x41\x42\x43\0\0\0\0\7" /* server */
        "\x07\1\0\x62\x0a\xff\xff"         /* name of the list */
        "\x72\x62\1\x62\5");               /* seconds */
    data[n++] = (uint8_t)(entries < 16 ? 0x70 | entries : 0xf0 | entries >> 4);
    if (entries >= 16)
        data[n++] = (uint8_t)(entries & 15);
    for (int i = 0; i < entries; i++) {
        RAW("\x77\x07\1\0\1\x08\0\xff\1\1\x62\x1e\x52\xff");
        data[n - 10] = (uint8_t)(1 + i);
        raw(value, value_n);
        RAW("\1");
    }
    RAW("\1\1");
}
static void one(const char *bytes, size_t len, int many)
{
    n = 0;
    value = bytes;
    value_n = len;
    entries = many;
    message("\x63\7\1", 3, list_body);
}
static enum err decode(void)
{
    return sml_decode(data, n, &l, &why);
}

/* Type, length and value as on the wire. */
static const struct {
    char bytes[12];
    size_t len;
    enum sml_kind kind;
    int64_t number;
    size_t octets;
} values[] = {
    {"\x62\x7f", 2, SML_NUMBER, 127, 1},
    {"\x62\xff", 2, SML_NUMBER, 255, 1},
    {"\x52\xff", 2, SML_NUMBER, -1, 1},
    {"\x53\x80\x00", 3, SML_NUMBER, -32768, 2},
    {"\x63\x80\x00", 3, SML_NUMBER, 32768, 2},
    {"\x54\xfe\xcc\x3d", 4, SML_NUMBER, -78787, 3},
    {"\x64\x00\x80\x25", 4, SML_NUMBER, 32805, 3},
    {"\x55\xff\xff\xff\xff", 5, SML_NUMBER, -1, 4},
    {"\x56\x01\x00\x00\x00\x00", 6, SML_NUMBER, INT64_C(1) << 32, 5},
    {"\x59\x80\0\0\0\0\0\0\0", 9, SML_NUMBER, INT64_MIN, 8},
    {"\x69\x7f\xff\xff\xff\xff\xff\xff\xff", 9, SML_NUMBER, INT64_MAX, 8},
    {"\x69\x80\0\0\0\0\0\0\0", 9, SML_ABSENT, 0, 8}, /* no counter comes that far */
    {"\x6a\0\0\0\0\0\0\0\0\1", 10, SML_ABSENT, 0, 9},
    {"\x42\x01", 2, SML_NUMBER, 1, 1},
    {"\x01", 1, SML_ABSENT, 0, 0},
    {"\x04ISK", 4, SML_OCTETS, 0, 3},
    {"\x80\x05ISK", 5, SML_OCTETS, 0, 3}, /* two bytes of length */
    {"\x72\x62\1\x62\5", 5, SML_ABSENT, 0, 0},
    {"\x71\x71\x71\x01", 4, SML_ABSENT, 0, 0},
};
START_TEST(a_value)
{
    one(values[_i].bytes, values[_i].len, 1);
    ck_assert_msg(decode() == ERR_OK, "%s", why.s);
    ck_assert_int_eq(l.n, 1);
    const struct sml_entry *e = &l.entries[0];
    ck_assert_int_eq(e->kind, values[_i].kind);
    if (e->kind == SML_NUMBER)
        ck_assert(e->number == values[_i].number);
    if (e->kind == SML_OCTETS)
        ck_assert_int_eq(memcmp(e->octets, "ISK", 3), 0);
    if (values[_i].octets)
        ck_assert_uint_eq(e->octets_len, values[_i].octets);
    ck_assert_int_eq(e->unit, 30);
    ck_assert_int_eq(e->scaler, -1);
    ck_assert_uint_eq(l.server_len, 10);
    ck_assert_int_eq(memcmp(l.server, "\x0a\1ABC", 5), 0);
}
END_TEST
START_TEST(scalers_and_signs)
{
    static const struct {
        int64_t number;
        size_t len;
        int8_t scaler;
        double is, taken_unsigned;
    } rows[] = {{1234, 2, 0, 1234, 1234},
                {1234, 2, 2, 123400, 123400},
                {1234, 2, -4, 0.1234, 0.1234},
                {-29912, 2, -2, -299.12, 356.24},
                {-1, 1, 0, -1, 255},
                {-1, 3, 0, -1, 16777215},
                {-5, 8, 0, -5, -5},
                {0, 2, 0, 0, 0}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sml_entry e = {.kind = SML_NUMBER,
                              .number = rows[i].number,
                              .octets_len = rows[i].len,
                              .scaler = rows[i].scaler};
        ck_assert_double_eq_tol(sml_value(&e), rows[i].is, 1e-9);
        ck_assert_double_eq_tol(sml_value_unsigned(&e), rows[i].taken_unsigned, 1e-9);
    }
}
END_TEST
START_TEST(entries_are_found_by_their_code)
{
    one("\x62\x05", 2, 3);
    ck_assert_int_eq(decode(), ERR_OK);
    ck_assert_ptr_eq(sml_find(&l, (const uint8_t *)"\1\0\2\x08\0\xff"), &l.entries[1]);
    ck_assert_ptr_null(sml_find(&l, (const uint8_t *)"\1\0\x09\x08\0\xff"));
    one("\x62\x05", 2, SML_ENTRIES_MAX + 5);
    ck_assert_int_eq(decode(), ERR_OK);
    ck_assert_int_eq(l.n, SML_ENTRIES_MAX);
    ck_assert_int_eq(l.left_out, 5);
}
END_TEST
static void other_body(void)
{
    RAW("\x73\1\x71\x62\1\x03XY");
}
START_TEST(other_messages_are_passed_over)
{
    n = 0;
    message("\x63\1\1", 3, other_body);
    value = "\x62\x07";
    value_n = 2;
    entries = 2;
    message("\x63\7\1", 3, list_body);
    message("\x65\0\0\2\1", 5, other_body);
    message("\x65\0\0\7\1", 5, list_body); /* the tag may be wider */
    ck_assert_msg(decode() == ERR_OK, "%s", why.s);
    ck_assert_int_eq(l.n, 4);
}
END_TEST
/* Cut anywhere, or with one bit flipped: refused, and nothing is left in the list. */
START_TEST(a_damaged_message_is_refused)
{
    one("\x55\0\1\2\3", 5, 4);
    static uint8_t good[sizeof data];
    size_t len = n;
    memcpy(good, data, len);
    ck_assert_int_eq(decode(), ERR_OK);
    for (n = 0; n < len; n++) {
        uint8_t *tight = malloc(n ? n : 1); /* the sanitizer sees a read beyond */
        memcpy(tight, good, n);
        ck_assert_int_eq(sml_decode(tight, n, &l, &why), ERR_SYNTAX);
        ck_assert(l.n == 0 && !l.server);
        ck_assert_ptr_nonnull(strstr(why.s, "SML message: byte "));
        free(tight);
    }
    n = len;
    for (size_t bit = 0; bit < 8 * len; bit++) {
        memcpy(data, good, len);
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_msg(decode() == ERR_SYNTAX, "bit %zu", bit);
        ck_assert_int_eq(l.n, 0);
    }
}
END_TEST
START_TEST(what_is_wrong_is_said)
{
    static const struct {
        char bytes[12];
        size_t len;
        const char *says;
    } rows[] = {{"\x62\1", 2, "six parts"},
                {"\x86", 1, "it ends here"},
                {"\x80\x80\x80\x80\1", 5, "more than four bytes"},
                {"\x76\x0f", 2, "longer than what is left"},
                {"\x76\x80\x01", 3, "longer than what is left"},
                {"\x76\x71\x71\x71\x71\x71\x71\x71\x71\x71\x71", 11, "lists in lists"},
                {"\x76\1\1\1\x71\1\1", 7, "body of a message"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        n = 0;
        raw(rows[i].bytes, rows[i].len);
        ck_assert_int_eq(decode(), ERR_SYNTAX);
        ck_assert_msg(strstr(why.s, rows[i].says) != NULL, "row %zu: %s", i, why.s);
    }
    n = 0;
    ck_assert_int_eq(decode(), ERR_SYNTAX);
    ck_assert_ptr_nonnull(strstr(why.s, "it is empty"));
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("sml");
    tcase_add_loop_test(t, a_value, 0, COUNT_OF(values));
    tcase_add_test(t, scalers_and_signs);
    tcase_add_test(t, entries_are_found_by_their_code);
    tcase_add_test(t, other_messages_are_passed_over);
    tcase_add_test(t, a_damaged_message_is_refused);
    tcase_add_test(t, what_is_wrong_is_said);
    return run_case(t, "sml");
}
