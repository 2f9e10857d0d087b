/* SPDX-License-Identifier: Apache-2.0
 * The golden days of tests/scenario: nothing is violated, what the file expects is seen, and a
 * controller that gives nothing or everything is not what it expects. */
#include "tests/sim/day/day.h"
#include <check.h>
#include <glob.h>
#include "tests/unit/run.h"

static glob_t files;

START_TEST(the_day_is_as_told)
{
    struct day_options o = {0};
    struct day_result r;
    struct day *d = day_load(files.gl_pathv[_i]);
    ck_assert_msg(d != NULL, "%s", files.gl_pathv[_i]);
    ck_assert_msg(d->expects_n > 0, "%s expects nothing", files.gl_pathv[_i]);
    day_run(d, &o, &r);
    for (int p = 0; p < DAY_PROPERTY_COUNT; p++)
        ck_assert_msg(!r.count[p], "%s: %s: %s", files.gl_pathv[_i],
                      day_property_text((enum day_property)p), r.first[p]);
    free(d);
}
END_TEST

static void nothing(struct control_decision *d, const struct control_config *c,
                    const struct control_snapshot *in, int s)
{
    UNUSED(in);
    UNUSED(s);
    for (int i = 0; i < c->chargers_n; i++)
        d[i].current_ma = 0;
}
static void everything(struct control_decision *d, const struct control_config *c,
                       const struct control_snapshot *in, int s)
{
    UNUSED(in);
    UNUSED(s);
    for (int i = 0; i < c->chargers_n; i++)
        d[i].current_ma = c->chargers[i].max_ma;
}
START_TEST(another_controller_would_fail)
{
    struct day_result none, all;
    struct day *d = day_load(files.gl_pathv[_i]);
    ck_assert_msg(d != NULL, "%s", files.gl_pathv[_i]);
    day_run(d, &(struct day_options){.spoil = nothing}, &none);
    day_run(d, &(struct day_options){.spoil = everything}, &all);
    ck_assert_msg(none.count[DAY_EXPECT] || all.count[DAY_EXPECT], "%s", files.gl_pathv[_i]);
    free(d);
}
END_TEST
START_TEST(a_wrong_file_is_told)
{
    char path[] = "/tmp/day.XXXXXX";
    FILE *f = fdopen(mkstemp(path), "w");
    ck_assert_ptr_nonnull(f);
    fputs("to: 24:00\ncircuits: [{id: main, max_current: 35 A}]\ncars: [{charger: nowhere}]\n", f);
    fclose(f);
    ck_assert_ptr_null(day_load(path));
    unlink(path);
}
END_TEST

int main(void)
{
    char pattern[512];
    const char *source = getenv("WATTBUS_SOURCE");
    snprintf(pattern, sizeof pattern, "%s/tests/scenario/*.yaml", source ? source : ".");
    if (glob(pattern, 0, NULL, &files) != 0) {
        fprintf(stderr, "no %s\n", pattern);
        return EXIT_FAILURE;
    }
    TCase *t = tcase_create("scenario");
    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, the_day_is_as_told, 0, (int)files.gl_pathc);
    tcase_add_loop_test(t, another_controller_would_fail, 0, (int)files.gl_pathc);
    tcase_add_test(t, a_wrong_file_is_told);
    int failed = run_case(t, "scenario");
    globfree(&files);
    return failed;
}
