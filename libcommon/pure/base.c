/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/pure/base.h"

const char *err_name(enum err e)
{
    static const char *const names[ERR_COUNT] = {
#define X(name, text) [ERR_##name] = text,
        ERR_LIST(X)
#undef X
    };
    return (unsigned)e < ERR_COUNT ? names[e] : "unknown error";
}

enum err err_set(struct err_text *t, enum err e, const char *fmt, ...)
{
    if (t) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(t->s, sizeof t->s, fmt, ap);
        va_end(ap);
    }
    return e;
}

void err_prefix(struct err_text *t, const char *fmt, ...)
{
    if (!t)
        return;
    struct err_text old = *t;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(t->s, sizeof t->s, fmt, ap);
    va_end(ap);
    size_t used = n < 0 ? 0 : (size_t)n < sizeof t->s ? (size_t)n : sizeof t->s - 1;
    snprintf(t->s + used, sizeof t->s - used, ": %s", old.s);
}

int64_t round_i64(double v)
{
    if (!(v == v)) /* NaN */
        return INT64_MIN;
    if (v >= 9.2e18)
        return INT64_MAX;
    if (v <= -9.2e18)
        return INT64_MIN;
    return (int64_t)(v < 0 ? v - 0.5 : v + 0.5);
}
