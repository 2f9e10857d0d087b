/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sim-house/tests.h"

int main(void)
{
    Suite *s = suite_create("sim-house");
    suite_add_tcase(s, plant_tests());
    suite_add_tcase(s, profile_tests());
    suite_add_tcase(s, image_tests());
    suite_add_tcase(s, form_tests());
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
