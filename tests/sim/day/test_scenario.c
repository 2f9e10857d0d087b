/* SPDX-License-Identifier: Apache-2.0
 * The golden days of tests/scenario: nothing is violated, what the file expects is seen, and a
 * controller that gives nothing or everything is not what it expects. And every decision is the one
 * in golden/; WATTBUS_GOLDEN=write makes those files anew. */
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
static void no_loads(struct control_load_decision *d, const struct control_config *c,
                     const struct control_snapshot *in, int s)
{
    UNUSED(in);
    UNUSED(s);
    for (int k = 0; k < c->loads_n; k++)
        d[k] = (struct control_load_decision){.on = SOME_BOOL(false), .sg = SG_STATE_NORMAL};
}
static void all_loads(struct control_load_decision *d, const struct control_config *c,
                      const struct control_snapshot *in, int s)
{
    UNUSED(in);
    UNUSED(s);
    for (int k = 0; k < c->loads_n; k++)
        d[k] = (struct control_load_decision){
            .on = SOME_BOOL(true), .sg = SG_STATE_FORCED, .power_w = c->loads[k].power_w};
}
START_TEST(another_controller_would_fail)
{
    struct day_result none, all;
    struct day *d = day_load(files.gl_pathv[_i]);
    ck_assert_msg(d != NULL, "%s", files.gl_pathv[_i]);
    day_run(d, &(struct day_options){.spoil = nothing, .spoil_loads = no_loads}, &none);
    day_run(d, &(struct day_options){.spoil = everything, .spoil_loads = all_loads}, &all);
    ck_assert_msg(none.count[DAY_EXPECT] || all.count[DAY_EXPECT], "%s", files.gl_pathv[_i]);
    free(d);
}
END_TEST
/* tests/scenario/golden/NAME.txt of tests/scenario/NAME.yaml */
static void golden_path(const char *day, char path[static 512])
{
    const char *name = strrchr(day, '/') + 1;
    snprintf(path, 512, "%.*sgolden/%.*stxt", (int)(name - day), day, (int)strlen(name) - 4, name);
}
static void same_lines(const char *path, const char *is)
{
    FILE *f = fopen(path, "re");
    char want[256], line[256];
    ck_assert_msg(f != NULL, "%s is missing", path);
    for (int n = 1; *is; n++) {
        int length = (int)strcspn(is, "\n") + 1;
        snprintf(line, sizeof line, "%.*s", length, is);
        if (!fgets(want, sizeof want, f))
            want[0] = '\0';
        ck_assert_msg(strcmp(want, line) == 0, "%s:%d is\n%snow it is\n%s", path, n, want, line);
        is += length;
    }
    ck_assert_msg(!fgets(want, sizeof want, f), "%s goes on with %s", path, want);
    fclose(f);
}
START_TEST(decisions_are_as_written)
{
    struct day_result r;
    char *text = NULL, path[512];
    size_t bytes = 0;
    const char *mode = getenv("WATTBUS_GOLDEN");
    struct day *d = day_load(files.gl_pathv[_i]);
    ck_assert_msg(d != NULL, "%s", files.gl_pathv[_i]);
    FILE *to = open_memstream(&text, &bytes);
    ck_assert_ptr_nonnull(to);
    day_run(d, &(struct day_options){.golden = to}, &r);
    fclose(to);
    golden_path(files.gl_pathv[_i], path);
    if (mode && strcmp(mode, "write") == 0) {
        FILE *f = fopen(path, "we");
        ck_assert_ptr_nonnull(f);
        fputs(text, f);
        fclose(f);
    }
    same_lines(path, text);
    free(text);
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
    tcase_add_loop_test(t, decisions_are_as_written, 0, (int)files.gl_pathc);
    tcase_add_test(t, a_wrong_file_is_told);
    int failed = run_case(t, "scenario");
    globfree(&files);
    return failed;
}
