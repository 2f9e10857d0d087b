/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <dirent.h>
#include <sys/stat.h>
#include "libcommon/io/state.h"
#include "tests/unit/run.h"

static char dir[] = "/tmp/wattbus-state-XXXXXX";

static void load_is(const char *name, enum err want, const char *text)
{
    char *p;
    size_t n;
    ck_assert_int_eq(state_load(dir, name, 100, &p, &n), want);
    if (want == ERR_OK) {
        ck_assert_uint_eq(n, strlen(text));
        ck_assert_str_eq(p, text);
    } else {
        ck_assert_ptr_null(p);
    }
    free(p);
}

START_TEST(files_are_replaced_whole)
{
    load_is("a", ERR_MISSING, NULL);
    ck_assert_int_eq(state_save(dir, "a", str_of("one")), ERR_OK);
    load_is("a", ERR_OK, "one");
    ck_assert_int_eq(state_save(dir, "a", str_of("")), ERR_OK);
    load_is("a", ERR_OK, "");
    /* the new file can't be written: the old one stays */
    char block[64];
    snprintf(block, sizeof block, "%s/a.new", dir);
    ck_assert_int_eq(mkdir(block, 0700), 0);
    ck_assert_int_eq(state_save(dir, "a", str_of("two")), ERR_IO);
    load_is("a", ERR_OK, "");
    ck_assert_int_eq(rmdir(block), 0);
}
END_TEST

START_TEST(journals_grow_line_by_line)
{
    ck_assert_int_eq(state_append(dir, "j", str_of("1 a")), ERR_OK);
    ck_assert_int_eq(state_append(dir, "j", str_of("2 b")), ERR_OK);
    load_is("j", ERR_OK, "1 a\n2 b\n");
}
END_TEST

START_TEST(too_large_is_refused)
{
    char big[102];
    memset(big, 'x', sizeof big - 1);
    big[101] = '\0';
    ck_assert_int_eq(state_save(dir, "b", str_of(big)), ERR_OK);
    load_is("b", ERR_FULL, NULL);
}
END_TEST

START_TEST(a_missing_directory_is_an_error)
{
    ck_assert_int_eq(state_save("/nonexistent", "a", str_of("x")), ERR_IO);
    ck_assert_int_eq(state_append("/nonexistent", "a", str_of("x")), ERR_IO);
}
END_TEST

static void remove_all(void)
{
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(dir);
}

int main(void)
{
    if (!mkdtemp(dir))
        return 1;
    Suite *s = suite_create("state");
    TCase *tc = tcase_create("state");
    tcase_add_test(tc, files_are_replaced_whole);
    tcase_add_test(tc, journals_grow_line_by_line);
    tcase_add_test(tc, too_large_is_refused);
    tcase_add_test(tc, a_missing_directory_is_an_error);
    suite_add_tcase(s, tc);
    int code = run_suite(s);
    remove_all();
    return code;
}
