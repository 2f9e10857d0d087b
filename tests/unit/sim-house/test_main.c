/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sim-house/tests.h"
#include "tests/unit/run.h"

int main(void)
{
    Suite *s = suite_create("sim-house");
    suite_add_tcase(s, plant_tests());
    suite_add_tcase(s, profile_tests());
    suite_add_tcase(s, image_tests());
    suite_add_tcase(s, form_tests());
    return run_suite(s);
}
