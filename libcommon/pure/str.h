/* SPDX-License-Identifier: Apache-2.0
 * str.h -- pointer+length strings and bounded parsing of numbers. Nothing here allocates. */
#ifndef WATTBUS_STR_H
#define WATTBUS_STR_H
#include "libcommon/pure/base.h"

struct str {
    const char *p; /* not NUL-terminated */
    size_t len;
};
#define STR_ARG(s) (int)(s).len, (s).p /* for "%.*s" */

static inline struct str str_of(const char *z)
{
    return (struct str){z, z ? strlen(z) : 0};
}
bool str_eq(struct str a, const char *z);
bool str_eq_nocase(struct str a, struct str b); /* ASCII letters only */
/* Copies into dst[cap], always terminates. False when it had to cut. */
bool str_copy(char *dst, size_t cap, struct str s);
bool str_copyz(char *dst, size_t cap, const char *z);
/* Cuts the text before the first `sep` off the front of *rest and returns it. */
struct str str_word(struct str *rest, char sep);
struct str str_trim(struct str s); /* ASCII blanks at both ends */
/* Whole string, decimal with optional sign (0x allowed for i64), nothing else around it. */
bool str_i64(struct str s, int64_t *v);
bool str_i32(struct str s, int32_t *v);
/* Whole string; refuses nan, inf and hex. */
bool str_f64(struct str s, double *v);
/* True for site.yaml keys: [a-z0-9_-]{1,32}. Such text may become a topic level. */
bool str_is_id(struct str s);
/* True when the bytes are well-formed UTF-8 without NUL and without control characters. */
bool str_is_text(struct str s);
/* Cuts an incomplete UTF-8 character off the end of z, as bounded copies leave it. */
void str_trim_partial(char *z);
uint64_t str_hash(struct str s); /* FNV-1a, for config_hash and tables */

/* Text builder over caller's storage: never overruns, remembers that it was too small. */
struct buf {
    char *p;
    size_t cap, len;
    bool cut;
};
static inline struct buf buf_of(char *p, size_t cap)
{
    return (struct buf){p, cap, 0, false};
}
void buf_add(struct buf *b, struct str s);
void buf_addz(struct buf *b, const char *z);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_addi(struct buf *b, int64_t v);            /* decimal, without printf */
void buf_add_json_str(struct buf *b, struct str s); /* quoted and escaped */
#endif
