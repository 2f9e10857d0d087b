/* SPDX-License-Identifier: Apache-2.0
 * Every message, many random contents: encode, decode, encode again; bytes and structs agree. */
#include "test_proto.h"

static void fill_text(char *dst, size_t cap, uint64_t *seed, bool may_be_empty)
{
    static const char *const bits[] = {"a", "Z", "0", " ", "\"", "\\",
                                       "/", "ä", "€", "😀", "{",  "'"};
    struct buf b = buf_of(dst, cap);
    size_t n = rnd(seed) % cap + (may_be_empty ? 0 : 1);
    for (size_t i = 0; i < n; i++) {
        struct str s = str_of(bits[rnd(seed) % COUNT_OF(bits)]);
        if (b.len + s.len < cap)
            buf_add(&b, s);
    }
    if (b.len == 0)
        buf_addz(&b, "x");
}

static int64_t fill_number(const struct field *f, uint64_t *seed)
{
    switch (rnd(seed) % 4) {
    case 0: return f->lo;
    case 1: return f->hi;
    default: return f->lo + (int64_t)(rnd(seed) % ((uint64_t)(f->hi - f->lo) + 1));
    }
}

static void fill_phases(const struct field *f, struct phases_i32 *p, uint64_t *seed)
{
    unsigned mask = 1 + (unsigned)(rnd(seed) % 7);
    for (int i = 0; i < PHASES; i++)
        if (mask >> i & 1)
            phase_put(p, i, (int32_t)fill_number(f, seed));
}

static void fill_list(const struct field *f, char *dst, uint64_t *seed, unsigned density)
{
    uint16_t n = (uint16_t)(1 + rnd(seed) % f->cap);
    for (uint16_t i = 0; i < n; i++) {
        if (f->kind == KIND_IDS)
            fill_text(dst + f->off + i * ID_CAP, ID_CAP, seed, false);
        else
            fill_record(f->rec, dst + f->off + i * f->rec->size, seed, density);
    }
    memcpy(dst + f->off2, &n, sizeof n);
}

static void fill_field(const struct field *f, char *dst, uint64_t *seed, unsigned density)
{
    char *p = dst + f->off;
    int e;
    switch (f->kind) {
    case KIND_BOOL:
        *(bool *)p = rnd(seed) & 1;
        if (!f->required)
            ((struct opt_bool *)(void *)p)->set = true;
        return;
    case KIND_I32:
        *(int32_t *)(void *)p = (int32_t)fill_number(f, seed);
        if (!f->required)
            ((struct opt_i32 *)(void *)p)->set = true;
        return;
    case KIND_I64:
    case KIND_TIME:
        *(int64_t *)(void *)p = fill_number(f, seed);
        if (!f->required)
            ((struct opt_i64 *)(void *)p)->set = true;
        return;
    case KIND_STR: fill_text(p, f->cap, seed, false); return;
    case KIND_ENUM:
        e = 1 + (int)(rnd(seed) % (unsigned)(f->en->n - 1));
        memcpy(p, &e, sizeof e);
        return;
    case KIND_PHASES: fill_phases(f, (void *)p, seed); return;
    case KIND_LIST:
    case KIND_IDS: fill_list(f, dst, seed, density); return;
    case KIND_REC:
        fill_record(f->rec, p, seed, density);
        if (!f->required)
            *(bool *)(dst + f->off2) = true;
        return;
    }
}

void fill_record(const struct record *r, char *dst, uint64_t *seed, unsigned density)
{
    memset(dst, 0, r->size);
    for (int i = 0; i < r->nfields; i++)
        if (r->fields[i].required || rnd(seed) % 100 < density)
            fill_field(&r->fields[i], dst, seed, density);
}

static char first[PAYLOAD_MAX], second[PAYLOAD_MAX];

static void check_once(enum message_id m, unsigned density, uint64_t *seed)
{
    static union any_message in, out;
    const struct record *r = message_of(m)->rec;
    struct err_text why;
    struct buf a = buf_of(first, sizeof first), b = buf_of(second, sizeof second);
    fill_record(r, (char *)&in, seed, density);
    ck_assert_int_eq(record_encode(r, &in, &a), ERR_OK);
    enum err rc = message_decode(m, "t", (struct str){a.p, a.len}, &out, &why);
    ck_assert_msg(rc == ERR_OK, "%s: %s\n%s", message_of(m)->name, why.s, a.p);
    ck_assert_int_eq(record_encode(r, &out, &b), ERR_OK);
    ck_assert_str_eq(a.p, b.p);
    ck_assert_msg(memcmp(&in, &out, r->size) == 0, "%s: structs differ: %s", message_of(m)->name,
                  a.p);
}

START_TEST(every_message_survives_a_round_trip)
{
    uint64_t seed = 1 + (uint64_t)_i;
    for (int n = 0; n < 60; n++)
        check_once((enum message_id)_i, n < 20 ? 0 : n < 40 ? 50 : 100, &seed);
}
END_TEST

START_TEST(the_largest_message_fits)
{
    /* every list full, every text full of the characters that grow most when escaped */
    static union any_message in;
    const struct record *r = message_of((enum message_id)_i)->rec;
    uint64_t seed = 7;
    fill_record(r, (char *)&in, &seed, 100);
    for (int i = 0; i < r->nfields; i++) {
        const struct field *f = &r->fields[i];
        if (f->kind != KIND_LIST)
            continue;
        uint16_t n = f->cap;
        for (uint16_t k = 0; k < n; k++)
            fill_record(f->rec, (char *)&in + f->off + k * f->rec->size, &seed, 100);
        memcpy((char *)&in + f->off2, &n, sizeof n);
    }
    struct buf a = buf_of(first, sizeof first);
    ck_assert_int_eq(record_encode(r, &in, &a), ERR_OK);
    ck_assert_uint_lt(a.len, PAYLOAD_MAX / 4);
}
END_TEST

START_TEST(too_small_a_buffer_is_reported)
{
    struct meter_state m = {.v = 1, .ts = 1, .interval_ms = 1000, .max_age_ms = 10000};
    char space[20];
    struct buf b = buf_of(space, sizeof space);
    ck_assert_int_eq(record_encode(&meter_state_record, &m, &b), ERR_FULL);
}
END_TEST

TCase *roundtrip_tests(void)
{
    TCase *tc = tcase_create("roundtrip");
    tcase_add_loop_test(tc, every_message_survives_a_round_trip, 0, MSG_COUNT);
    tcase_add_loop_test(tc, the_largest_message_fits, 0, MSG_COUNT);
    tcase_add_test(tc, too_small_a_buffer_is_reported);
    return tc;
}
