/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/device/sunspec.h"
#include "tests/unit/run.h"

/* A device as a list of (address, two registers); everything else is refused. */
struct cell {
    uint32_t addr;
    uint16_t a, b;
};
static enum sun_step walk(struct sun_walk *w, const struct cell *cells, size_t n)
{
    sun_walk_start(w);
    for (int steps = 0; steps < 200; steps++) {
        uint16_t want = sun_walk_want(w), regs[2];
        bool there = false;
        for (size_t i = 0; i < n && !there; i++) {
            there = cells[i].addr == want;
            regs[0] = cells[i].a;
            regs[1] = cells[i].b;
        }
        enum sun_step s = sun_walk_feed(w, there ? regs : NULL);
        if (s != SUN_MORE)
            return s;
    }
    ck_abort_msg("the walk does not end");
    return SUN_NONE;
}

START_TEST(a_good_chain_is_walked)
{
    static const struct cell cells[] = {
        {40000, 0x5375, 0x6E53}, {40002, 1, 66}, {40070, 103, 50}, {40122, 0xFFFF, 0}};
    struct sun_walk w;
    ck_assert_int_eq(walk(&w, cells, COUNT_OF(cells)), SUN_DONE);
    ck_assert_str_eq(w.note, "");
    ck_assert_int_eq(w.chain.n, 2);
    ck_assert_uint_eq(w.chain.base, 40000);
    ck_assert_uint_eq(w.chain.models[1].id, 103);
    ck_assert_uint_eq(w.chain.models[1].addr, 40070);
    ck_assert_uint_eq(w.chain.models[1].len, 50);
}
END_TEST

START_TEST(other_bases_are_found)
{
    static const struct cell at_zero[] = {
        {40000, 1, 2}, {0, 0x5375, 0x6E53}, {2, 1, 66}, {70, 0xFFFF, 0}};
    static const struct cell at_50000[] = {
        {50000, 0x5375, 0x6E53}, {50002, 203, 105}, {50109, 0xFFFF, 0}};
    struct sun_walk w;
    ck_assert_int_eq(walk(&w, at_zero, COUNT_OF(at_zero)), SUN_DONE);
    ck_assert_uint_eq(w.chain.base, 0);
    ck_assert_int_eq(walk(&w, at_50000, COUNT_OF(at_50000)), SUN_DONE);
    ck_assert_uint_eq(w.chain.base, 50000);
    ck_assert_int_eq(walk(&w, NULL, 0), SUN_NONE);
    static const struct cell empty[] = {{40000, 0x5375, 0x6E53}, {40002, 0xFFFF, 0}};
    ck_assert_int_eq(walk(&w, empty, COUNT_OF(empty)), SUN_NONE);
}
END_TEST

START_TEST(broken_chains_keep_what_they_have)
{
    static const struct cell no_end[] = {{40000, 0x5375, 0x6E53}, {40002, 1, 66}, {40070, 103, 50}};
    static const struct cell zero[] = {{40000, 0x5375, 0x6E53}, {40002, 1, 66}, {40070, 103, 0}};
    static const struct cell past[] = {
        {40000, 0x5375, 0x6E53}, {40002, 1, 66}, {40070, 103, 60000}};
    struct sun_walk w;
    ck_assert_int_eq(walk(&w, no_end, COUNT_OF(no_end)), SUN_DONE);
    ck_assert_int_eq(w.chain.n, 2);
    ck_assert_ptr_nonnull(strstr(w.note, "no end marker"));
    ck_assert_int_eq(walk(&w, zero, COUNT_OF(zero)), SUN_DONE);
    ck_assert_int_eq(w.chain.n, 1);
    ck_assert_ptr_nonnull(strstr(w.note, "length 0"));
    ck_assert_int_eq(walk(&w, past, COUNT_OF(past)), SUN_DONE);
    ck_assert_int_eq(w.chain.n, 1);
    ck_assert_ptr_nonnull(strstr(w.note, "past the last register"));
}
END_TEST

START_TEST(an_endless_chain_ends)
{
    struct sun_walk w;
    uint16_t start[] = {0x5375, 0x6E53}, again[] = {103, 1}; /* the same two words everywhere */
    sun_walk_start(&w);
    enum sun_step s = sun_walk_feed(&w, start);
    for (int i = 0; i < 100 && s == SUN_MORE; i++)
        s = sun_walk_feed(&w, again);
    ck_assert_int_eq(s, SUN_DONE);
    ck_assert_int_eq(w.chain.n, SUN_MODELS_MAX);
    ck_assert_ptr_nonnull(strstr(w.note, "does not end"));
}
END_TEST

/* text, what is wrong with it (NULL: nothing) */
static const struct {
    const char *text, *wrong;
} refs[] = {
    {"103: W", NULL},
    {"101-103 111-113: W", NULL},
    {"160: DCW[*]", NULL},
    {"160: DCW[2]", NULL},
    {"103", "expected \"MODEL: POINT\""},
    {": W", "no model"},
    {"103:", "no point name"},
    {"x: W", "no model or range"},
    {"0: W", "no model or range"},
    {"113-111: W", "no model or range"},
    {"103: Watt", "model 103 has no point \"Watt\""},
    {"101-104: W", "model 104 has no point"},
    {"160: DCW", "repeats: write [1] or [*]"},
    {"103: W[1]", "does not repeat"},
    {"160: DCW[0]", "expected [1], [2]"},
    {"160: DCW[", "expected [1], [2]"},
    {"101 102 103 111 112: W", "more than 4 ranges"},
};

START_TEST(references_are_checked)
{
    struct sun_ref r;
    struct err_text why = {""};
    enum err e = sun_ref_parse(str_of(refs[_i].text), &r, &why);
    ck_assert_msg((e == ERR_OK) == !refs[_i].wrong, "%s: %s", refs[_i].text, why.s);
    if (refs[_i].wrong)
        ck_assert_msg(strstr(why.s, refs[_i].wrong) != NULL, "%s: %s", refs[_i].text, why.s);
}
END_TEST

static struct sun_place locate(const struct sun_chain *c, const char *text, bool *found)
{
    struct sun_ref r;
    struct sun_place p = {0};
    ck_assert_int_eq(sun_ref_parse(str_of(text), &r, NULL), ERR_OK);
    *found = sun_locate(c, &r, &p);
    return p;
}

START_TEST(points_are_located)
{
    struct sun_chain c = {.n = 3, .models = {{1, 66, 40002}, {103, 50, 40070}, {160, 48, 40200}}};
    bool found;
    struct sun_place p = locate(&c, "101-103: W", &found);
    ck_assert(found);
    ck_assert_uint_eq(p.addr[0], 40084);
    ck_assert_uint_eq(p.sf_addr, 40085);
    p = locate(&c, "160: DCW[2]", &found);
    ck_assert(found);
    ck_assert_uint_eq(p.addr[0], 40200 + 10 + 20 + 11);
    ck_assert_uint_eq(p.sf_addr, 40204);
    p = locate(&c, "160: DCW[*]", &found);
    ck_assert(found);
    ck_assert_int_eq(p.n, 2);
    locate(&c, "160: DCW[3]", &found);
    ck_assert(!found);
    locate(&c, "203: W", &found);
    ck_assert(!found);
    c.models[1].len = 10; /* cut off before W */
    locate(&c, "103: W", &found);
    ck_assert(!found);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("sunspec");
    tcase_add_test(t, a_good_chain_is_walked);
    tcase_add_test(t, other_bases_are_found);
    tcase_add_test(t, broken_chains_keep_what_they_have);
    tcase_add_test(t, an_endless_chain_ends);
    tcase_add_loop_test(t, references_are_checked, 0, (int)COUNT_OF(refs));
    tcase_add_test(t, points_are_located);
    return run_case(t, "sunspec");
}
