/* SPDX-License-Identifier: Apache-2.0
 * run.h -- main() of a test program of this folder: a case of named tests. */
#ifndef WATTBUS_TEST_RUN_H
#define WATTBUS_TEST_RUN_H
#include <check.h>
#include <stdlib.h>

static inline int run_case(TCase *t, const char *name)
{
    Suite *s = suite_create(name);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
#endif
