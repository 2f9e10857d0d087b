/* SPDX-License-Identifier: Apache-2.0
 * site.yaml: the example, and every wrong file of tests/corpus/site with its messages. */
#include "libcommon/site/site.h"
#include <check.h>
#include <dirent.h>
#include "tests/unit/run.h"

enum { FILES_MAX = 200 };
static char corpus[FILES_MAX][64];
static int corpus_n;

static const char *source_path(const char *rest)
{
    static char path[512];
    const char *root = getenv("WATTBUS_SOURCE");
    ck_assert_ptr_nonnull(root);
    snprintf(path, sizeof path, "%s/%s", root, rest);
    return path;
}

START_TEST(example_is_good)
{
    struct site *s;
    struct site_report rep;
    enum err e = site_load(source_path("deploy/site/example.yaml"), &s, &rep);
    ck_assert_msg(e == ERR_OK, "%s", rep.text);
    ck_assert_str_eq(rep.text, "");
    ck_assert_int_eq(s->chargers_n, 3);
    const struct site_chargers *c = site_charger(s, "garage_left");
    ck_assert(c && c->conf.max_current_ma == 16000 && c->conf.mode == CHARGE_MODE_POWER);
    ck_assert_int_eq(c->conf.interval_ms, 10000); /* a default */
    ck_assert_int_eq(site_charger(s, "visitor")->conf.fallback_ma, 6000);
    ck_assert_str_eq(site_root(s)->id, "house");
    ck_assert_str_eq(site_meter(s, "grid")->conf.profile, "kostal-ksem");
    ck_assert_ptr_null(site_bus(s, "nowhere"));
    ck_assert_int_eq(s->tariffs[0].conf.periods_n, 2);
    ck_assert_int_eq(s->tariffs[0].conf.periods[0].price_micro, 245000);
    ck_assert_int_eq(s->tariffs[1].conf.base_fee_micro, 0);
    ck_assert_int_eq(s->ocpp.id_tags_n, 2);
    ck_assert_int_eq((int)strlen(s->hash), 16);
    site_free(s);
    site_report_free(&rep);
}
END_TEST

static char *read_all(const char *path)
{
    FILE *f = fopen(path, "rbe");
    ck_assert_msg(f != NULL, "%s", path);
    char *text = calloc(1, 65536);
    ck_assert_ptr_nonnull(text);
    size_t n = fread(text, 1, 65535, f);
    ck_assert(n < 65535);
    fclose(f);
    return text;
}

START_TEST(wrong_file)
{
    struct site *s;
    struct site_report rep;
    char expected[80];
    snprintf(expected, sizeof expected, "%.*s.expected", (int)(strlen(corpus[_i]) - 5), corpus[_i]);
    char *want = read_all(expected);
    enum err e = site_load(corpus[_i], &s, &rep);
    ck_assert_msg(strcmp(rep.text, want) == 0, "%s: expected\n%sgot\n%s", corpus[_i], want,
                  rep.text);
    ck_assert((e == ERR_OK) == (rep.errors == 0));
    ck_assert((s != NULL) == (e == ERR_OK));
    ck_assert(rep.text[0] != '\0');
    site_free(s);
    site_report_free(&rep);
    free(want);
}
END_TEST

START_TEST(missing_file)
{
    struct site *s;
    struct site_report rep;
    ck_assert_int_eq(site_load("no-such-file.yaml", &s, &rep), ERR_IO);
    ck_assert_str_eq(rep.text, "no-such-file.yaml: cannot be read: No such file or directory\n");
    site_report_free(&rep);
}
END_TEST

static int is_yaml(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 5 && strcmp(d->d_name + n - 5, ".yaml") == 0;
}

static void find_corpus(void)
{
    struct dirent **list;
    int n = scandir(".", &list, is_yaml, alphasort);
    for (int i = 0; i < n; i++) {
        assert(corpus_n < FILES_MAX);
        str_copyz(corpus[corpus_n++], sizeof corpus[0], list[i]->d_name);
        free(list[i]);
    }
    free(list);
    assert(corpus_n >= 25);
}

int main(void)
{
    if (!getenv("WATTBUS_SOURCE") || chdir(getenv("WATTBUS_SOURCE")) != 0 ||
        chdir("tests/corpus/site") != 0) {
        fputs("WATTBUS_SOURCE is not the source tree\n", stderr);
        return EXIT_FAILURE;
    }
    setenv("WATTBUS_PROFILES", "../../../deploy/profiles", 1);
    find_corpus();
    TCase *t = tcase_create("site");
    tcase_add_test(t, example_is_good);
    tcase_add_loop_test(t, wrong_file, 0, corpus_n);
    tcase_add_test(t, missing_file);
    Suite *s = suite_create("site");
    suite_add_tcase(s, t);
    return run_suite(s);
}
