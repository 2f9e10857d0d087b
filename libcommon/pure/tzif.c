/* SPDX-License-Identifier: Apache-2.0
 * TZif files (RFC 9636) and the POSIX TZ string at their end. */
#include "libcommon/pure/calendar.h"
#include "libcommon/pure/rd.h"

struct head {
    uint32_t isutc, isstd, leap, time, type, chars;
    uint8_t version;
};

static bool read_head(struct rd *r, struct head *h)
{
    uint32_t magic = rd_u32(r);
    h->version = rd_u8(r);
    for (int i = 0; i < 15; i++)
        rd_u8(r);
    h->isutc = rd_u32(r);
    h->isstd = rd_u32(r);
    h->leap = rd_u32(r);
    h->time = rd_u32(r);
    h->type = rd_u32(r);
    h->chars = rd_u32(r);
    return !r->bad && magic == 0x545A6966; /* "TZif" */
}

static void skip(struct rd *r, uint64_t n)
{
    r->bad = r->bad || n > rd_left(r);
    if (!r->bad)
        r->p += n;
}

static enum err read_changes(struct rd *r, const struct head *h, struct zone *z,
                             struct err_text *why)
{
    if (h->time > ZONE_CHANGES || h->type > ZONE_TYPES)
        return err_set(why, ERR_FULL, "%u changes and %u types, at most %d and %d", h->time,
                       h->type, ZONE_CHANGES, ZONE_TYPES);
    if (h->type == 0)
        return err_set(why, ERR_SYNTAX, "no local time type");
    z->changes = (int)h->time;
    z->types = (int)h->type;
    for (int i = 0; i < z->changes; i++)
        z->at_s[i] = (int64_t)rd_u64(r);
    for (int i = 0; i < z->changes; i++)
        z->type[i] = rd_u8(r);
    for (int i = 0; i < z->types; i++) {
        z->offset_s[i] = (int32_t)rd_u32(r);
        rd_u16(r); /* is dst, index of the abbreviation: nothing depends on them */
    }
    for (int i = 0; i < z->changes && !r->bad; i++) {
        if (i && z->at_s[i] <= z->at_s[i - 1])
            return err_set(why, ERR_SYNTAX, "change %d is not after the one before it", i);
        if (z->type[i] >= z->types)
            return err_set(why, ERR_RANGE, "change %d has type %d of %d", i, z->type[i], z->types);
    }
    for (int i = 0; i < z->types && !r->bad; i++)
        if (z->offset_s[i] < -93600 || z->offset_s[i] > 93600)
            return err_set(why, ERR_RANGE, "offset of %d s", (int)z->offset_s[i]);
    return ERR_OK;
}

enum err zone_parse(const void *tzif, size_t len, struct zone *out, struct err_text *why)
{
    struct rd r = rd_of(tzif, len);
    struct head h;
    *out = (struct zone){0};
    if (!read_head(&r, &h))
        return err_set(why, ERR_SYNTAX, "not a TZif file");
    if (h.version < '2')
        return err_set(why, ERR_SYNTAX, "TZif version 1 ends in 2037; version 2 or later needed");
    /* The block for 32-bit readers comes first. */
    skip(&r, (uint64_t)h.time * 5 + (uint64_t)h.type * 6 + (uint64_t)h.chars +
                 (uint64_t)h.leap * 8 + (uint64_t)h.isstd + (uint64_t)h.isutc);
    if (!read_head(&r, &h))
        return err_set(why, ERR_SYNTAX, "TZif file without a 64-bit block");
    enum err e = read_changes(&r, &h, out, why);
    if (e != ERR_OK)
        return e;
    skip(&r, (uint64_t)h.chars + (uint64_t)h.leap * 12 + (uint64_t)h.isstd + (uint64_t)h.isutc);
    uint8_t open = rd_u8(&r);
    if (r.bad || open != '\n')
        return err_set(why, ERR_SYNTAX, "TZif file is cut short");
    struct str rest = {(const char *)r.p, rd_left(&r)};
    if (!rest.len || !memchr(rest.p, '\n', rest.len))
        return err_set(why, ERR_SYNTAX, "TZif file without its last line");
    struct str rule = str_word(&rest, '\n');
    return rule.len ? zone_parse_rule(rule, out, why) : ERR_OK;
}

/* ---- POSIX TZ: std offset [dst [offset] , date[/time] , date[/time]] ---- */
static bool take(struct str *s, char c)
{
    if (!s->len || s->p[0] != c)
        return false;
    *s = (struct str){s->p + 1, s->len - 1};
    return true;
}

static bool take_number(struct str *s, int32_t hi, int32_t *v)
{
    int32_t n = 0;
    size_t digits = 0;
    while (s->len && s->p[0] >= '0' && s->p[0] <= '9' && digits < 4) {
        n = n * 10 + (s->p[0] - '0');
        take(s, s->p[0]);
        digits++;
    }
    *v = n;
    return digits > 0 && n <= hi;
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(struct str *s, int32_t hi_hours, int32_t *seconds)
{
    int32_t h = 0, m = 0, sec = 0;
    bool minus = take(s, '-');
    if (!minus)
        take(s, '+');
    if (!take_number(s, hi_hours, &h))
        return false;
    if (take(s, ':') && (!take_number(s, 59, &m) || (take(s, ':') && !take_number(s, 59, &sec))))
        return false;
    *seconds = (h * 3600 + m * 60 + sec) * (minus ? -1 : 1);
    return true;
}

static bool take_name(struct str *s)
{
    size_t n = 0;
    if (take(s, '<')) {
        while (s->len && s->p[0] != '>')
            take(s, s->p[0]);
        return take(s, '>');
    }
    while (s->len && ((s->p[0] | 0x20) >= 'a' && (s->p[0] | 0x20) <= 'z')) {
        take(s, s->p[0]);
        n++;
    }
    return n >= 3;
}

static bool take_rule(struct str *s, struct zone_rule *r)
{
    *r = (struct zone_rule){.kind = RULE_DAY, .time_s = 7200};
    bool ok;
    if (take(s, 'M')) {
        r->kind = RULE_MONTH;
        ok = take_number(s, 12, &r->month) && take(s, '.') && take_number(s, 5, &r->week) &&
             take(s, '.') && take_number(s, 6, &r->day) && r->month >= 1 && r->week >= 1;
    } else if (take(s, 'J')) {
        r->kind = RULE_JULIAN;
        ok = take_number(s, 365, &r->day) && r->day >= 1;
    } else {
        ok = take_number(s, 365, &r->day);
    }
    return ok && (!take(s, '/') || take_time(s, 167, &r->time_s));
}

enum err zone_parse_rule(struct str posix_tz, struct zone *out, struct err_text *why)
{
    struct str s = posix_tz;
    int32_t west = 0;
    bool ok = take_name(&s) && take_time(&s, 25, &west);
    out->rule_std_s = -west;
    out->has_dst = ok && s.len > 0;
    if (out->has_dst) {
        out->rule_dst_s = out->rule_std_s + 3600;
        ok = take_name(&s);
        if (ok && s.len && s.p[0] != ',') {
            ok = take_time(&s, 25, &west);
            out->rule_dst_s = -west;
        }
        ok = ok && take(&s, ',') && take_rule(&s, &out->to_dst) && take(&s, ',') &&
             take_rule(&s, &out->to_std);
    }
    out->has_rule = ok && s.len == 0;
    if (!out->has_rule)
        return err_set(why, ERR_SYNTAX, "time zone rule \"%.*s\" is not understood",
                       (int)min_i64((int64_t)posix_tz.len, 60), posix_tz.p);
    if (out->types == 0) { /* a rule alone is a zone too */
        out->types = 1;
        out->offset_s[0] = out->rule_std_s;
    }
    return ERR_OK;
}
