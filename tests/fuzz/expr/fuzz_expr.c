/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as an expression: refused with a place inside the text, or a program that stays within
 * its bounds and gives a finite number or nothing. */
#include "tests/fuzz/fuzz.h"
#include "libcommon/pure/expr.h"
#include <math.h>

enum { VARS = 8 };

static enum err resolve(void *user, struct str name, uint16_t *var, struct err_text *why)
{
    UNUSED(user);
    *var = (uint16_t)(str_hash(name) % VARS);
    return *var == 7 ? err_set(why, ERR_UNKNOWN, "no such value") : ERR_OK;
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct expr_value vars[VARS] = {
        {0, true}, {1, true}, {-1.5, true}, {1e300, true}, {0, false}, {-1e300, true}, {7, true}};
    struct expr e;
    struct err_text why = {""};
    int col = 0;
    enum err err = expr_parse((struct str){(const char *)data, len}, resolve, NULL, &e, &col, &why);
    if (err != ERR_OK) {
        assert(col >= 1 && (size_t)col <= len + 1);
        assert(str_is_text(str_of(why.s)) && why.s[0]);
        return 0;
    }
    assert(e.n > 0 && e.n <= EXPR_OPS && len <= EXPR_TEXT_MAX);
    struct expr_value v = expr_eval(&e, vars), again = expr_eval(&e, vars);
    assert(isfinite(v.v) && (v.known || v.v == 0));
    assert(v.known == again.known && memcmp(&v.v, &again.v, sizeof v.v) == 0);
    return 0;
}
