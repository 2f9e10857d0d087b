/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_HOUSE_TESTS_H
#define SIM_HOUSE_TESTS_H
#include <check.h>

TCase *plant_tests(void);
TCase *profile_tests(void);
TCase *image_tests(void);
TCase *form_tests(void);
#endif
