/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ocpp-gateway/suites.h"
#include "tests/unit/run.h"

int main(void)
{
    Suite *s = suite_create("ocpp-gateway");
    suite_add_tcase(s, cards_tests());
    suite_add_tcase(s, frames_tests());
    suite_add_tcase(s, limit_tests());
    suite_add_tcase(s, meter_tests());
    suite_add_tcase(s, session_tests());
    suite_add_tcase(s, station_tests());
    return run_suite(s);
}
