/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/telegram/sml.h"
#include "libcommon/telegram/sml_stream.h"

enum {
    TYPE_OCTETS = 0,
    TYPE_BOOL = 4,
    TYPE_SIGNED = 5,
    TYPE_UNSIGNED = 6,
    TYPE_LIST = 7,
    DEPTH_MAX = 8,
    MESSAGE_PARTS = 6,
    LIST_RESPONSE = 0x0701,
    LIST_PARTS = 7,
    ENTRY_PARTS = 7,
    NUMBER_MAX = 8,
};
struct reader {
    const uint8_t *begin, *p, *end;
    struct err_text *why;
    bool bad;
};
static void fail(struct reader *r, const char *text)
{
    if (!r->bad)
        (void)err_set(r->why, ERR_SYNTAX, "SML message: byte %zu: %s", (size_t)(r->p - r->begin),
                      text);
    r->bad = true;
}
/* Type and length of what comes next: octets of its content, or elements of a list. */
struct head {
    uint8_t type;
    size_t n;
};
static struct head head(struct reader *r)
{
    struct head h = {0};
    size_t used = 0;
    uint8_t b = 0;
    do {
        if (r->p == r->end || used == 4) {
            fail(r, used == 4 ? "a length of more than four bytes" : "it ends here");
            return (struct head){0};
        }
        b = *r->p++;
        if (!used)
            h.type = b >> 4 & 7;
        h.n = h.n << 4 | (b & 15);
        used++;
    } while (b & 0x80);
    if (h.type == TYPE_LIST)
        return h;
    if (h.n < used || h.n - used > (size_t)(r->end - r->p)) {
        fail(r, "a value that is longer than what is left");
        return (struct head){0};
    }
    h.n -= used;
    return h;
}
static void skip(struct reader *r, int depth)
{
    struct head h = head(r);
    if (h.type != TYPE_LIST) {
        r->p += h.n;
        return;
    }
    if (depth == DEPTH_MAX)
        fail(r, "lists in lists, too many of them");
    for (size_t i = 0; i < h.n && !r->bad; i++)
        skip(r, depth + 1);
}
static void list_of(struct reader *r, size_t n, const char *what)
{
    struct head h = head(r);
    if (!r->bad && (h.type != TYPE_LIST || h.n != n))
        fail(r, what);
}
/* A number, octets, or nothing; a list is passed over. */
static struct sml_entry value(struct reader *r)
{
    struct sml_entry v = {0};
    const uint8_t *at = r->p;
    struct head h = head(r);
    if (r->bad)
        return v;
    if (h.type == TYPE_LIST) {
        r->p = at;
        skip(r, 0);
        return v;
    }
    bool number = h.type == TYPE_SIGNED || h.type == TYPE_UNSIGNED || h.type == TYPE_BOOL;
    if (number && h.n > 0 && h.n <= NUMBER_MAX) {
        bool minus = h.type == TYPE_SIGNED && (r->p[0] & 0x80);
        uint64_t u = minus ? UINT64_MAX : 0;
        for (size_t i = 0; i < h.n; i++)
            u = u << 8 | r->p[i];
        v.kind = minus || u <= INT64_MAX ? SML_NUMBER : SML_ABSENT;
        v.number = (int64_t)u;
    } else if (h.type == TYPE_OCTETS && h.n > 0) {
        v.kind = SML_OCTETS;
        v.octets = r->p;
    }
    v.octets_len = h.n;
    r->p += h.n;
    return v;
}
static int64_t small(struct reader *r, int64_t lo, int64_t hi, const char *what)
{
    struct sml_entry v = value(r);
    if (v.kind == SML_ABSENT)
        return 0;
    if (v.kind != SML_NUMBER || v.number < lo || v.number > hi)
        fail(r, what);
    return v.number;
}
static void entry(struct reader *r, struct sml_list *out)
{
    list_of(r, ENTRY_PARTS, "expected a value of seven parts");
    struct sml_entry name = value(r);
    skip(r, 0); /* status */
    skip(r, 0); /* time */
    uint8_t unit = (uint8_t)small(r, 0, 255, "a unit that is none");
    int8_t scaler = (int8_t)small(r, -128, 127, "a scaler that is none");
    struct sml_entry e = value(r);
    skip(r, 0); /* signature */
    if (r->bad || name.kind != SML_OCTETS || name.octets_len != SML_OBIS_LEN)
        return; /* what has no OBIS code is of no use */
    if (out->n == SML_ENTRIES_MAX) {
        out->left_out++;
        return;
    }
    memcpy(e.obis, name.octets, SML_OBIS_LEN);
    e.unit = unit;
    e.scaler = scaler;
    out->entries[out->n++] = e;
}
static void list_response(struct reader *r, struct sml_list *out)
{
    list_of(r, LIST_PARTS, "expected a list response of seven parts");
    skip(r, 0); /* client */
    struct sml_entry server = value(r);
    if (server.kind == SML_OCTETS) {
        out->server = server.octets;
        out->server_len = server.octets_len;
    }
    skip(r, 0); /* name of the list */
    skip(r, 0); /* time */
    struct head h = head(r);
    if (!r->bad && h.type != TYPE_LIST)
        fail(r, "expected a list of values");
    for (size_t i = 0; i < h.n && !r->bad; i++)
        entry(r, out);
    skip(r, 0); /* signature */
    skip(r, 0); /* time of the gateway */
}
/* The CRC goes over the message up to itself, low byte first; a leading 00 may be left out. */
static void checksum(struct reader *r, const uint8_t *from)
{
    uint16_t x25 = 0xffff, kermit = 0;
    for (const uint8_t *p = from; p < r->p; p++) {
        x25 = sml_crc_byte(x25, *p);
        kermit = sml_crc_byte(kermit, *p);
    }
    x25 = (uint16_t)~x25;
    bool marked = r->p < r->end && (*r->p >> 4 & 7) == TYPE_UNSIGNED;
    const struct sml_entry v = value(r);
    if (r->bad)
        return;
    uint16_t crc = (uint16_t)((v.number & 0xff) << 8 | (v.number >> 8 & 0xff));
    if (!marked || v.kind != SML_NUMBER || v.number > UINT16_MAX || (crc != x25 && crc != kermit))
        fail(r, "wrong checksum");
}
static void message(struct reader *r, struct sml_list *out)
{
    const uint8_t *from = r->p;
    list_of(r, MESSAGE_PARTS, "expected a message of six parts");
    skip(r, 0); /* transaction */
    skip(r, 0); /* group */
    skip(r, 0); /* what to do about errors */
    list_of(r, 2, "expected the body of a message");
    struct sml_entry tag = value(r);
    if (!r->bad && tag.kind == SML_NUMBER && tag.number == LIST_RESPONSE)
        list_response(r, out);
    else
        skip(r, 0);
    if (!r->bad)
        checksum(r, from);
    if (!r->bad && (r->p == r->end || *r->p++ != 0))
        fail(r, "expected the end of the message");
}
enum err sml_decode(const uint8_t *data, size_t len, struct sml_list *out, struct err_text *why)
{
    struct reader r = {data, data, data + len, why, false};
    memset(out, 0, sizeof *out);
    if (!len)
        fail(&r, "it is empty");
    while (r.p < r.end && !r.bad)
        message(&r, out);
    if (r.bad)
        memset(out, 0, sizeof *out);
    return r.bad ? ERR_SYNTAX : ERR_OK;
}

/* ---- values ---- */
const struct sml_entry *sml_find(const struct sml_list *l, const uint8_t obis[SML_OBIS_LEN])
{
    for (int i = 0; i < l->n; i++)
        if (memcmp(l->entries[i].obis, obis, SML_OBIS_LEN) == 0)
            return &l->entries[i];
    return NULL;
}
static double scaled(double x, int8_t scaler)
{
    for (int s = scaler; s > 0; s--)
        x *= 10;
    for (int s = scaler; s < 0; s++)
        x /= 10;
    return x;
}
double sml_value(const struct sml_entry *e)
{
    return scaled((double)e->number, e->scaler);
}
double sml_value_unsigned(const struct sml_entry *e)
{
    bool wraps = e->number < 0 && e->octets_len < sizeof e->number;
    int64_t v = wraps ? e->number + (INT64_C(1) << 8 * e->octets_len) : e->number;
    return scaled((double)v, e->scaler);
}
