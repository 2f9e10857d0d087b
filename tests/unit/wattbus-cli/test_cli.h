/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WATTBUS_TEST_CLI_H
#define WATTBUS_TEST_CLI_H
#include <check.h>
TCase *step_case(void);
TCase *view_case(void);
#endif
