/* SPDX-License-Identifier: Apache-2.0
 * run.h -- the end of main() of a test program. */
#ifndef WATTBUS_TEST_RUN_H
#define WATTBUS_TEST_RUN_H
#include <check.h>
#include <stdlib.h>

/* Runs the suite and frees it; main's exit code. How much is printed: CK_VERBOSITY. */
static inline int run_suite(Suite *s)
{
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
/* The same for a program with one case. */
static inline int run_case(TCase *t, const char *name)
{
    Suite *s = suite_create(name);
    suite_add_tcase(s, t);
    return run_suite(s);
}
#endif
