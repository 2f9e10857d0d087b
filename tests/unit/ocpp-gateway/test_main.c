/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ocpp-gateway/suites.h"

int main(void)
{
    Suite *s = suite_create("ocpp-gateway");
    suite_add_tcase(s, frames_tests());
    suite_add_tcase(s, limit_tests());
    suite_add_tcase(s, meter_tests());
    suite_add_tcase(s, session_tests());
    suite_add_tcase(s, station_tests());
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
