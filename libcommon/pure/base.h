/* SPDX-License-Identifier: Apache-2.0
 * base.h -- what every file of wattbus may rely on: errors, attributes, small helpers. Pure. */
#ifndef WATTBUS_BASE_H
#define WATTBUS_BASE_H
#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define COUNT_OF(a)       (sizeof(a) / sizeof((a)[0]))
#define UNUSED(x)         ((void)(x))

/* One error enum for the whole project. 0 is success. Details travel beside it, in struct err_text.
 */
#define ERR_LIST(X)                                                                                \
    X(OK, "ok")                                                                                    \
    X(SYNTAX, "malformed input")                                                                   \
    X(RANGE, "value out of range")                                                                 \
    X(UNKNOWN, "unknown name")                                                                     \
    X(MISSING, "required value is missing")                                                        \
    X(FULL, "limit reached")                                                                       \
    X(IO, "input or output failed")                                                                \
    X(TIMEOUT, "no answer in time")                                                                \
    X(REFUSED, "refused by the peer")                                                              \
    X(STATE, "not allowed in this state")                                                          \
    X(CONFLICT, "owned by somebody else")
enum err {
#define X(name, text) ERR_##name,
    ERR_LIST(X)
#undef X
        ERR_COUNT
};
const char *err_name(enum err e); /* static text, never NULL */

/* One line that a user can act on: where, what was expected, what came. Always NUL-terminated. */
struct err_text {
    char s[240];
};
/* Formats into *t (may be NULL) and returns e, so that a parser can `return err_set(...)`. */
enum err err_set(struct err_text *t, enum err e, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Puts "prefix: " before what *t already says. */
void err_prefix(struct err_text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);

static inline int32_t min_i32(int32_t a, int32_t b)
{
    return a < b ? a : b;
}
static inline int32_t max_i32(int32_t a, int32_t b)
{
    return a > b ? a : b;
}
static inline int64_t min_i64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}
static inline int64_t max_i64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}
static inline int32_t clamp_i32(int32_t v, int32_t lo, int32_t hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}
/* Narrows with saturation; for values whose range was not checked before. */
static inline int32_t sat_i32(int64_t v)
{
    return v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : (int32_t)v;
}
/* Nearest integer, halves away from zero; NaN and values outside int64 saturate. */
int64_t round_i64(double v);

enum { PHASES = 3 };
#endif
