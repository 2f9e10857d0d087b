/* SPDX-License-Identifier: Apache-2.0
 * Telegrams in a stream: whole, damaged, one after the other. */
#include "libcommon/telegram/sml_stream.h"
#include <check.h>
#include "tests/unit/run.h"

static struct sml_stream s;
static struct err_text why;
static uint8_t wire[3 * SML_TELEGRAM_MAX];
static size_t wire_n;

static uint16_t crc_of(const uint8_t *p, size_t n, bool kermit)
{
    uint16_t crc = kermit ? 0 : 0xffff;
    while (n--)
        crc = sml_crc_byte(crc, *p++);
    return kermit ? crc : (uint16_t)~crc;
}
static void raw(const void *p, size_t n)
{
    memcpy(wire + wire_n, p, n);
    wire_n += n;
}
/* A telegram as a meter sends it; the messages are filled up with 00. */
static void frame(const uint8_t *data, size_t n, bool kermit)
{
    size_t from = wire_n, run = 0;
    raw("\x1b\x1b\x1b\x1b\1\1\1\1", 8);
    for (size_t i = 0; i < n; i++) {
        raw(&data[i], 1);
        run = data[i] == 0x1b ? run + 1 : 0;
        if (run == 4) {
            raw("\x1b\x1b\x1b\x1b", 4);
            run = 0;
        }
    }
    uint8_t pads = (uint8_t)((4 - n % 4) % 4);
    raw("\0\0\0", pads);
    raw("\x1b\x1b\x1b\x1b\x1a", 5);
    raw(&pads, 1);
    uint16_t crc = crc_of(wire + from, wire_n - from, kermit);
    uint8_t two[] = {(uint8_t)crc, (uint8_t)(crc >> 8)};
    raw(two, 2);
}
static void begin(void)
{
    sml_stream_init(&s);
    wire_n = 0;
    why.s[0] = 0;
}
/* Everything that is on the wire. How many telegrams; *bad: how many damaged ones. */
static int listen(int *bad)
{
    int good = 0;
    *bad = 0;
    for (size_t i = 0; i < wire_n; i++) {
        enum sml_found f = sml_stream_byte(&s, wire[i], &why);
        good += f == SML_TELEGRAM;
        *bad += f == SML_DAMAGED;
        if (f != SML_NOTHING)
            ck_assert(!s.inside || strstr(why.s, "begins"));
    }
    wire_n = 0;
    return good;
}

/* Published check values of both CRCs. */
START_TEST(checksums)
{
    ck_assert_uint_eq(crc_of((const uint8_t *)"123456789", 9, false), 0x906e);
    ck_assert_uint_eq(crc_of((const uint8_t *)"123456789", 9, true), 0x2189);
}
END_TEST
START_TEST(every_length_and_both_checksums)
{
    static uint8_t data[SML_TELEGRAM_MAX];
    int bad;
    for (size_t n = 0; n < 300; n++)
        for (int kermit = 0; kermit < 2; kermit++) {
            begin();
            for (size_t i = 0; i < n; i++)
                data[i] = (uint8_t)(i * 7 + n);
            frame(data, n, kermit);
            ck_assert_int_eq(listen(&bad), 1);
            ck_assert_int_eq(bad, 0);
            ck_assert_uint_eq(s.len, n);
            ck_assert_int_eq(memcmp(s.data, data, n), 0);
        }
}
END_TEST
START_TEST(escapes_within_the_messages)
{
    static const struct {
        uint8_t data[16];
        size_t n;
    } rows[] = {
        {{0x1b, 0x1b, 0x1b, 0x1b}, 4},
        {{7, 0x1b, 0x1b, 0x1b, 0x1b, 8, 9, 0}, 8},
        {{0x1b, 0x1b, 0x1b, 0x1b, 0x1b, 0x1b, 0x1b, 0x1b, 1}, 9},
        {{0x1b, 0x1b, 0x1b, 1, 0x1b, 0x1b, 0x1b, 0}, 8},
        {{0x1b, 0x1b, 0x1b, 0x1b, 1, 1, 1, 1}, 8},
        {{1, 0x1b, 0x1b, 0x1b, 0x1b, 0x1a, 0, 0}, 8},
    };
    int bad;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        begin();
        frame(rows[i].data, rows[i].n, false);
        ck_assert_int_eq(listen(&bad), 1);
        ck_assert_uint_eq(s.len, rows[i].n);
        ck_assert_int_eq(memcmp(s.data, rows[i].data, rows[i].n), 0);
    }
}
END_TEST
/* Every flipped bit: never another telegram, and the next one is heard. */
START_TEST(a_flipped_bit_is_no_telegram)
{
    static const uint8_t data[] = "0123456789ab\x1b\x1b\x1b\x1bzz";
    begin();
    frame(data, sizeof data, false);
    static uint8_t good[128];
    size_t n = wire_n;
    memcpy(good, wire, n);
    int bad;
    for (size_t bit = 0; bit < 8 * n; bit++) {
        begin();
        raw(good, n);
        wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
        raw(good, n);
        raw(good, n);
        int heard = listen(&bad);
        ck_assert_msg(heard == 1 || heard == 2, "bit %zu: %d", bit, heard);
        ck_assert_uint_eq(s.len, sizeof data);
        ck_assert_int_eq(memcmp(s.data, data, sizeof data), 0);
    }
}
END_TEST
START_TEST(what_is_wrong_is_said)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *says;
    } rows[] = {
        {"\x1b\x1b\x1b\x1b\1\1\1\1abcd\x1b\x1b\x1b\x1b\x1a\0\0\0", 20, "wrong checksum"},
        {"\x1b\x1b\x1b\x1b\1\1\1\1abcd\x1b\x1b\x1b\x1b\2\0\0\0", 20, "unknown escape"},
        {"\x1b\x1b\x1b\x1b\1\1\1\1abcd\x1b\x1b\x1b\x1b\1\1\1\1", 20, "broke off"},
    };
    int bad;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        begin();
        raw(rows[i].bytes, rows[i].n);
        ck_assert_int_eq(listen(&bad), 0);
        ck_assert_int_eq(bad, 1);
        ck_assert_ptr_nonnull(strstr(why.s, rows[i].says));
    }
    begin();
    raw("\x1b\x1b\x1b\x1b\1\1\1\1", 8);
    raw("\x1b\x1b\x1b\x1b\x1a\4", 6); /* four fill bytes are one group too much */
    uint16_t crc = crc_of(wire, wire_n, false);
    uint8_t two[] = {(uint8_t)crc, (uint8_t)(crc >> 8)};
    raw(two, 2);
    ck_assert_int_eq(listen(&bad), 0);
    ck_assert_ptr_nonnull(strstr(why.s, "fill bytes"));
}
END_TEST
START_TEST(what_broke_off_hides_nothing)
{
    int bad;
    begin();
    raw("\x1b\x1b\x1b\x1b\1\1\1\1half", 12);
    frame((const uint8_t *)"whole", 5, false);
    ck_assert_int_eq(listen(&bad), 1);
    ck_assert_int_eq(bad, 1);
    ck_assert_uint_eq(s.len, 5);
}
END_TEST
/* Noise, and the tail of another telegram, before the first one. */
START_TEST(the_start_is_found)
{
    static const char *const noise[] = {"",
                                        "x",
                                        "\x1b",
                                        "\x1b\x1b\x1b\x1b",
                                        "\x1b\x1b\x1b\x1b\1\1\1",
                                        "\x1b\x1b\x1b\x1b\1\x1b",
                                        "\1\1\1\1",
                                        "rest\x1b\x1b\x1b\x1b\x1a\2\3\4"};
    int bad;
    for (size_t i = 0; i < COUNT_OF(noise); i++) {
        begin();
        raw(noise[i], strlen(noise[i]));
        frame((const uint8_t *)"hello", 5, false);
        ck_assert_msg(listen(&bad) == 1, "noise %zu", i);
        ck_assert_int_eq(bad, 0);
    }
}
END_TEST
START_TEST(the_longest_one)
{
    static uint8_t data[SML_TELEGRAM_MAX + 4];
    int bad;
    begin();
    frame(data, SML_TELEGRAM_MAX - 4, false); /* its end takes four for a moment */
    ck_assert_int_eq(listen(&bad), 1);
    begin();
    frame(data, SML_TELEGRAM_MAX + 4, false);
    frame(data, 8, false);
    ck_assert_int_eq(listen(&bad), 1);
    ck_assert_int_eq(bad, 1);
    ck_assert_ptr_nonnull(strstr(why.s, "longer than 4096"));
    ck_assert_uint_eq(s.len, 8);
    begin(); /* escapes count as what they stand for */
    memset(data, 0x1b, sizeof data);
    frame(data, SML_TELEGRAM_MAX + 4, false);
    ck_assert_int_eq(listen(&bad), 0);
    ck_assert_int_eq(bad, 1);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("sml stream");
    tcase_add_test(t, checksums);
    tcase_add_test(t, every_length_and_both_checksums);
    tcase_add_test(t, escapes_within_the_messages);
    tcase_add_test(t, a_flipped_bit_is_no_telegram);
    tcase_add_test(t, what_is_wrong_is_said);
    tcase_add_test(t, what_broke_off_hides_nothing);
    tcase_add_test(t, the_start_is_found);
    tcase_add_test(t, the_longest_one);
    return run_case(t, "sml stream");
}
