/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/pure/str.h"
#include <ctype.h>
#include <errno.h>

bool str_eq(struct str a, const char *z)
{
    return strlen(z) == a.len && memcmp(a.p, z, a.len) == 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

bool str_copy(char *dst, size_t cap, struct str s)
{
    assert(cap > 0);
    size_t n = s.len < cap ? s.len : cap - 1;
    if (n)
        memcpy(dst, s.p, n);
    dst[n] = '\0';
    return n == s.len;
}

bool str_copyz(char *dst, size_t cap, const char *z)
{
    return str_copy(dst, cap, str_of(z));
}

struct str str_word(struct str *rest, char sep)
{
    const char *hit = rest->len ? memchr(rest->p, sep, rest->len) : NULL;
    struct str w = {rest->p, hit ? (size_t)(hit - rest->p) : rest->len};
    size_t used = w.len + (hit ? 1 : 0);
    *rest = (struct str){rest->p + used, rest->len - used};
    return w;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
    while (s.len && blank(s.p[0]))
        s = (struct str){s.p + 1, s.len - 1};
    while (s.len && blank(s.p[s.len - 1]))
        s.len--;
    return s;
}

bool str_i64(struct str s, int64_t *v)
{
    char z[32];
    if (s.len == 0 || s.len >= sizeof z || !str_copy(z, sizeof z, s))
        return false;
    if (!isdigit((unsigned char)z[0]) &&
        !((z[0] == '-' || z[0] == '+') && isdigit((unsigned char)z[1])))
        return false;
    bool hex = z[0] == '0' && (z[1] == 'x' || z[1] == 'X');
    char *end = NULL;
    errno = 0;
    long long n = strtoll(z, &end, hex ? 16 : 10);
    if (errno != 0 || end != z + s.len || (hex && s.len == 2))
        return false;
    *v = n;
    return true;
}

bool str_i32(struct str s, int32_t *v)
{
    int64_t n;
    if (!str_i64(s, &n) || n < INT32_MIN || n > INT32_MAX)
        return false;
    *v = (int32_t)n;
    return true;
}

bool str_f64(struct str s, double *v)
{
    char z[64];
    if (s.len == 0 || s.len >= sizeof z || !str_copy(z, sizeof z, s))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!strchr("0123456789+-.eE", z[i]))
            return false;
    char *end = NULL;
    errno = 0;
    double d = strtod(z, &end);
    if (end != z + s.len || errno == ERANGE)
        return false;
    *v = d;
    return true;
}

bool str_is_id(struct str s)
{
    if (s.len < 1 || s.len > 32)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return true;
}

/* Length of the UTF-8 sequence at p (RFC 3629: no surrogates, no overlong forms), 0 when malformed.
 */
static size_t utf8_len(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return 1;
    size_t n = p[0] >= 0xC2 && p[0] <= 0xDF   ? 2
               : (p[0] & 0xF0) == 0xE0        ? 3
               : p[0] >= 0xF0 && p[0] <= 0xF4 ? 4
                                              : 0;
    if (n == 0 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
        (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return n;
}

bool str_is_text(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0; i < s.len;) {
        size_t n = utf8_len(p + i, s.len - i);
        if (n == 0 || p[i] < 0x20 || p[i] == 0x7F)
            return false;
        i += n;
    }
    return true;
}

void str_trim_partial(char *z)
{
    size_t n = strlen(z), back = 0;
    while (back < n && back < 3 && ((unsigned char)z[n - 1 - back] & 0xC0) == 0x80)
        back++;
    if (back == n || (unsigned char)z[n - 1 - back] < 0xC0)
        return; /* ends with ASCII, or is no UTF-8 at all */
    if (utf8_len((const unsigned char *)&z[n - 1 - back], back + 1) != back + 1)
        z[n - 1 - back] = '\0';
}

uint64_t str_hash(struct str s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
    return h;
}

void buf_add(struct buf *b, struct str s)
{
    assert(b->cap > 0);
    size_t room = b->cap - 1 - b->len;
    if (s.len > room) {
        b->cut = true;
        s.len = room;
    }
    if (s.len)
        memcpy(b->p + b->len, s.p, s.len);
    b->len += s.len;
    b->p[b->len] = '\0';
}

void buf_addz(struct buf *b, const char *z)
{
    buf_add(b, str_of(z));
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(b->p + b->len, b->cap - b->len, fmt, ap);
    va_end(ap);
    size_t room = b->cap - 1 - b->len;
    if (n < 0 || (size_t)n > room)
        b->cut = true;
    b->len += n < 0 ? 0 : (size_t)n > room ? room : (size_t)n;
    b->p[b->len] = '\0';
}

void buf_addi(struct buf *b, int64_t v)
{
    char t[24];
    size_t i = sizeof t;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        t[--i] = (char)('0' + u % 10);
        u /= 10;
    } while (u);
    if (v < 0)
        t[--i] = '-';
    buf_add(b, (struct str){t + i, sizeof t - i});
}

void buf_add_json_str(struct buf *b, struct str s)
{
    buf_addz(b, "\"");
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(b, (struct str){s.p + from, i - from});
        if (c == '"' || c == '\\')
            buf_add(b, (struct str){c == '"' ? "\\\"" : "\\\\", 2});
        else
            buf_addf(b, "\\u%04x", c);
        from = i + 1;
    }
    buf_add(b, (struct str){s.p + from, s.len - from});
    buf_addz(b, "\"");
}
