/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/device/layout.h"
#include "tests/unit/run.h"

static struct profile_point plain(enum quantity q, uint16_t addr, enum reg_type type)
{
    return (struct profile_point){.q = q,
                                  .group = GROUP_FAST,
                                  .factor = 1,
                                  .function = 3,
                                  .address = addr,
                                  .minus = -1,
                                  .fmt = {.type = type}};
}

static struct layout layout_of(const struct profile *p, const struct sun_chain *c)
{
    struct layout l;
    struct err_text why = {""};
    ck_assert_msg(layout_make(p, c, &l, &why) == ERR_OK, "%s", why.s);
    return l;
}

/* Addresses of u16 points, block and gap, and the reads that must come out. */
static const struct {
    uint16_t addr[6];
    int n, block, gap;
    struct {
        uint16_t addr, count;
    } want[6];
    int nwant;
} merges[] = {
    {{10, 11, 12}, 3, 100, 0, {{10, 3}}, 1},
    {{12, 10, 11}, 3, 100, 0, {{10, 3}}, 1},
    {{10, 10, 11}, 3, 100, 0, {{10, 2}}, 1},
    {{10, 15}, 2, 100, 3, {{10, 1}, {15, 1}}, 2},
    {{10, 15}, 2, 100, 4, {{10, 6}}, 1},
    {{10, 15}, 2, 5, 4, {{10, 1}, {15, 1}}, 2},
    {{10, 15}, 2, 6, 4, {{10, 6}}, 1},
    {{0, 1, 2, 3, 4, 5}, 6, 2, 0, {{0, 2}, {2, 2}, {4, 2}}, 3},
    {{65535}, 1, 100, 0, {{65535, 1}}, 1},
};

START_TEST(reads_are_merged)
{
    struct profile p = {.npoints = merges[_i].n};
    for (int i = 0; i < p.npoints; i++)
        p.points[i] = plain(QUANTITY_POWER, merges[_i].addr[i], REG_TYPE_U16);
    struct layout l = layout_of(&p, NULL);
    struct image im;
    ck_assert_int_eq(layout_spans(&l, GROUP_FAST, merges[_i].block, merges[_i].gap, &im), ERR_OK);
    ck_assert_int_eq(im.n, merges[_i].nwant);
    for (int i = 0; i < im.n; i++) {
        ck_assert_uint_eq(im.spans[i].addr, merges[_i].want[i].addr);
        ck_assert_uint_eq(im.spans[i].count, merges[_i].want[i].count);
    }
    ck_assert_int_eq(layout_spans(&l, GROUP_SLOW, 100, 0, &im), ERR_OK);
    ck_assert_int_eq(im.n, 0);
}
END_TEST

START_TEST(function_codes_are_never_merged)
{
    struct profile p = {.npoints = 2};
    p.points[0] = plain(QUANTITY_POWER, 0, REG_TYPE_U16);
    p.points[1] = plain(QUANTITY_POWER_L1, 1, REG_TYPE_U16);
    p.points[1].function = 4;
    struct layout l = layout_of(&p, NULL);
    struct image im;
    ck_assert_int_eq(layout_spans(&l, GROUP_FAST, 100, 10, &im), ERR_OK);
    ck_assert_int_eq(im.n, 2);
}
END_TEST

START_TEST(what_can_not_be_read_is_refused)
{
    struct profile p = {.npoints = 1};
    p.points[0] = plain(QUANTITY_POWER, 65535, REG_TYPE_U32); /* past the last register */
    struct layout l = layout_of(&p, NULL);
    struct image im;
    ck_assert_int_eq(layout_spans(&l, GROUP_FAST, 100, 0, &im), ERR_RANGE);
    p.npoints = 20;
    for (int i = 0; i < 20; i++)
        p.points[i] = plain(QUANTITY_POWER, (uint16_t)(100 * i), REG_TYPE_U16);
    l = layout_of(&p, NULL);
    ck_assert_int_eq(layout_spans(&l, GROUP_FAST, 100, 0, &im), ERR_FULL);
    p.points[0].group = GROUP_SLOW;
    p.npoints = 1;
    struct err_text why;
    ck_assert_int_eq(layout_make(&p, NULL, &l, &why), ERR_MISSING);
}
END_TEST

/* Fills an image whose reads all succeeded: the register at address a holds value(a). */
static void answer(struct image *im, const uint16_t *table, size_t n)
{
    for (int i = 0; i < im->n; i++) {
        im->ok[i] = true;
        for (int k = 0; k < im->spans[i].count; k++) {
            size_t a = (size_t)im->spans[i].addr + (size_t)k;
            im->regs[im->spans[i].off + k] = a < n ? table[a] : 0;
        }
    }
}

START_TEST(a_pair_is_subtracted)
{
    struct profile p = {.npoints = 1};
    p.points[0] = plain(QUANTITY_POWER, 0, REG_TYPE_U32);
    p.points[0].minus = 2;
    p.points[0].factor = 0.1;
    p.points[0].fmt.nan = REG_NAN_STANDARD;
    struct layout l = layout_of(&p, NULL);
    struct image im;
    struct readings r = {0};
    ck_assert_int_eq(layout_spans(&l, GROUP_FAST, 100, 0, &im), ERR_OK);
    answer(&im, (const uint16_t[]){0, 0, 0, 12345}, 4);
    layout_decode(&l, GROUP_FAST, &im, &r);
    ck_assert_double_eq_tol(r.num[QUANTITY_POWER].v, -1234.5, 1e-9);
    answer(&im, (const uint16_t[]){0, 777, 0, 0}, 4);
    layout_decode(&l, GROUP_FAST, &im, &r);
    ck_assert_double_eq_tol(r.num[QUANTITY_POWER].v, 77.7, 1e-9);
    answer(&im, (const uint16_t[]){0, 777, 0xFFFF, 0xFFFF}, 4);
    layout_decode(&l, GROUP_FAST, &im, &r);
    ck_assert(!r.num[QUANTITY_POWER].set);
    im.ok[0] = false;
    r.num[QUANTITY_POWER] = SOME_F64(1);
    layout_decode(&l, GROUP_FAST, &im, &r);
    ck_assert(!r.num[QUANTITY_POWER].set); /* a read that failed leaves nothing old behind */
}
END_TEST

/* ---- SunSpec ---- */
static struct profile_point sun(enum quantity q, const char *ref, double factor)
{
    struct profile_point p = {.q = q, .group = GROUP_FAST, .factor = factor, .nalts = 1};
    ck_assert_int_eq(sun_ref_parse(str_of(ref), &p.alts[0], NULL), ERR_OK);
    return p;
}
static const struct sun_chain chain = {.n = 2, .models = {{103, 50, 100}, {160, 48, 160}}};

START_TEST(scale_factors_come_from_the_device)
{
    uint16_t regs[300] = {0};
    struct profile p = {.npoints = 2};
    p.points[0] = sun(QUANTITY_POWER, "103: W", 1);
    p.points[1] = sun(QUANTITY_CURRENT_L1, "103: AphA", 1000);
    struct layout l = layout_of(&p, &chain);
    struct image im;
    struct readings r = {0};
    ck_assert_int_eq(layout_spans(&l, GROUP_FAST, 100, 10, &im), ERR_OK);
    ck_assert_int_eq(im.n, 1);
    regs[114] = (uint16_t)-420;
    regs[115] = 1;
    regs[103] = 1234;
    regs[106] = (uint16_t)-2;
    answer(&im, regs, COUNT_OF(regs));
    layout_decode(&l, GROUP_FAST, &im, &r);
    ck_assert_double_eq(r.num[QUANTITY_POWER].v, -4200);
    ck_assert_double_eq_tol(r.num[QUANTITY_CURRENT_L1].v, 12340, 1e-6);
    regs[115] = 0x8000; /* scale factor not implemented: no value */
    regs[103] = 0xFFFF; /* value not implemented */
    answer(&im, regs, COUNT_OF(regs));
    layout_decode(&l, GROUP_FAST, &im, &r);
    ck_assert(!r.num[QUANTITY_POWER].set);
    ck_assert(!r.num[QUANTITY_CURRENT_L1].set);
}
END_TEST

START_TEST(strings_are_summed_as_far_as_they_are)
{
    uint16_t regs[300] = {0};
    struct profile p = {.npoints = 1};
    p.points[0] = sun(QUANTITY_PV_POWER, "160: DCW[*]", 1);
    struct layout l = layout_of(&p, &chain);
    struct image im;
    struct readings r = {0};
    ck_assert_int_eq(layout_spans(&l, GROUP_FAST, 100, 30, &im), ERR_OK);
    regs[181] = 300;
    regs[201] = 50;
    regs[164] = 1;
    answer(&im, regs, COUNT_OF(regs));
    layout_decode(&l, GROUP_FAST, &im, &r);
    ck_assert_double_eq(r.num[QUANTITY_PV_POWER].v, 3500);
    regs[201] = 0xFFFF;
    answer(&im, regs, COUNT_OF(regs));
    layout_decode(&l, GROUP_FAST, &im, &r);
    ck_assert_double_eq(r.num[QUANTITY_PV_POWER].v, 3000);
    regs[181] = 0xFFFF;
    answer(&im, regs, COUNT_OF(regs));
    layout_decode(&l, GROUP_FAST, &im, &r);
    ck_assert(!r.num[QUANTITY_PV_POWER].set);
}
END_TEST

/* ---- writes ---- */
static struct profile limit_profile(void)
{
    struct profile p = {.npoints = 1, .nsteps = {[SEQUENCE_LIMIT] = 3}};
    p.points[0] = plain(QUANTITY_POWER, 0, REG_TYPE_U16);
    struct profile_step *s = p.steps[SEQUENCE_LIMIT];
    static const char *const refs[] = {"123: WMaxLimPct_RvrtTms", "123: WMaxLimPct",
                                       "123: WMaxLim_Ena"};
    for (int i = 0; i < 3; i++) {
        s[i] = (struct profile_step){.sunspec = true, .function = 16, .scale = 1};
        ck_assert_int_eq(sun_ref_parse(str_of(refs[i]), &s[i].ref, NULL), ERR_OK);
    }
    s[0].var = VARIABLE_LEASE_S;
    s[0].optional = true;
    s[1].var = VARIABLE_LIMIT_PERCENT;
    s[1].round = ROUNDING_DOWN;
    s[2].constant = 1;
    return p;
}
static const struct sun_chain control = {.n = 1, .models = {{123, 24, 500}}};

START_TEST(a_limit_is_written_and_never_exceeded)
{
    static const struct {
        double percent;
        uint16_t sf, want;
    } rows[] = {{33.33, 0, 33}, {33.339, 0xFFFE, 3333}, {70, 0xFFFE, 7000}, {100, 0, 100},
                {0, 0, 0},      {12.99, 0xFFFF, 129}};
    struct profile p = limit_profile();
    struct layout l = layout_of(&p, &control);
    struct image once;
    ck_assert(l.can[SEQUENCE_LIMIT]);
    ck_assert_int_eq(layout_spans(&l, GROUP_ONCE, 100, 0, &once), ERR_OK);
    ck_assert_int_eq(once.n, 1);
    ck_assert_uint_eq(once.spans[0].addr, 523);
    once.ok[0] = true;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct opt_f64 vars[VARIABLE_COUNT] = {[VARIABLE_LEASE_S] = SOME_F64(60),
                                               [VARIABLE_LIMIT_PERCENT] =
                                                   SOME_F64(rows[i].percent)};
        struct write_op w[PROFILE_STEPS_MAX];
        int n;
        once.regs[0] = rows[i].sf;
        ck_assert_int_eq(layout_write(&l, SEQUENCE_LIMIT, &once, vars, w, &n, NULL), ERR_OK);
        ck_assert_int_eq(n, 3);
        ck_assert_uint_eq(w[0].addr, 507);
        ck_assert_uint_eq(w[0].regs[0], 60);
        ck_assert(w[0].optional);
        ck_assert_uint_eq(w[1].addr, 505);
        ck_assert_msg(w[1].regs[0] == rows[i].want, "row %zu: %u", i, w[1].regs[0]);
        ck_assert_uint_eq(w[2].addr, 509);
        ck_assert_uint_eq(w[2].regs[0], 1);
    }
}
END_TEST

START_TEST(what_is_not_known_is_not_written)
{
    struct profile p = limit_profile();
    struct layout l = layout_of(&p, &control);
    struct image once = {0};
    struct opt_f64 vars[VARIABLE_COUNT] = {[VARIABLE_LIMIT_PERCENT] = SOME_F64(50)};
    struct write_op w[PROFILE_STEPS_MAX];
    struct err_text why;
    int n;
    ck_assert_int_eq(layout_write(&l, SEQUENCE_LIMIT, &once, vars, w, &n, &why), ERR_MISSING);
    ck_assert_str_eq(why.s, "a scale factor is not known");
    ck_assert_int_eq(layout_spans(&l, GROUP_ONCE, 100, 0, &once), ERR_OK);
    once.ok[0] = true;
    vars[VARIABLE_LIMIT_PERCENT].set = false;
    ck_assert_int_eq(layout_write(&l, SEQUENCE_LIMIT, &once, vars, w, &n, &why), ERR_MISSING);
    ck_assert_str_eq(why.s, "limit_percent is not known");
    ck_assert_int_eq(layout_write(&l, SEQUENCE_HOLD, &once, vars, w, &n, &why), ERR_MISSING);
    l = layout_of(&p, &chain); /* a device without model 123 */
    ck_assert(!l.can[SEQUENCE_LIMIT]);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("layout");
    tcase_add_loop_test(t, reads_are_merged, 0, (int)COUNT_OF(merges));
    tcase_add_test(t, function_codes_are_never_merged);
    tcase_add_test(t, what_can_not_be_read_is_refused);
    tcase_add_test(t, a_pair_is_subtracted);
    tcase_add_test(t, scale_factors_come_from_the_device);
    tcase_add_test(t, strings_are_summed_as_far_as_they_are);
    tcase_add_test(t, a_limit_is_written_and_never_exceeded);
    tcase_add_test(t, what_is_not_known_is_not_written);
    return run_case(t, "layout");
}
