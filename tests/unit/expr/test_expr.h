/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WATTBUS_TEST_EXPR_H
#define WATTBUS_TEST_EXPR_H
#include <check.h>

void test_expr_random(TCase *t); /* test_expr_random.c */
void test_rule_value(TCase *t);  /* test_rule_value.c */
#endif
