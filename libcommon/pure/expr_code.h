/* SPDX-License-Identifier: Apache-2.0
 * expr_code.h -- between the parser and the evaluator of expressions; not for anybody else. */
#ifndef WATTBUS_EXPR_CODE_H
#define WATTBUS_EXPR_CODE_H
#include "libcommon/pure/expr.h"

enum expr_code {
    EXPR_NUMBER,
    EXPR_VAR,
    EXPR_ADD,
    EXPR_SUB,
    EXPR_MUL,
    EXPR_DIV,
    EXPR_MOD,
    EXPR_POW,
    EXPR_NEG,
    EXPR_LT,
    EXPR_LE,
    EXPR_GT,
    EXPR_GE,
    EXPR_EQ,
    EXPR_NE,
    EXPR_AND,
    EXPR_OR,
    EXPR_NOT,
    EXPR_SELECT, /* condition, value when true, value when false */
#define F(name, code, lo, hi, doc) EXPR_##code,
    EXPR_FUNCTIONS(F)
#undef F
        EXPR_CODES
};
#endif
