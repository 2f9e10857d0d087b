/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_OCPP_SUITES_H
#define TEST_OCPP_SUITES_H
#include <check.h>
TCase *cards_tests(void);
TCase *frames_tests(void);
TCase *limit_tests(void);
TCase *meter_tests(void);
TCase *session_tests(void);
TCase *station_tests(void);
#endif
