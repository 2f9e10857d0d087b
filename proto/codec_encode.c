/* SPDX-License-Identifier: Apache-2.0
 * Rows to JSON. Absent optional fields are left out; an absent phase is null. */
#include "proto/codec.h"

static void encode_record(const struct record *r, const char *src, struct buf *b);

static const void *at(const char *src, uint32_t off)
{
    return src + off;
}

static int32_t get_enum(const void *p)
{
    int v;
    memcpy(&v, p, sizeof v); /* all of our enums are ints */
    return v;
}

static bool is_absent(const struct field *f, const char *src)
{
    const void *p = at(src, f->off);
    switch (f->kind) {
    case KIND_BOOL: return !f->required && !((const struct opt_bool *)p)->set;
    case KIND_I32: return !f->required && !((const struct opt_i32 *)p)->set;
    case KIND_I64:
    case KIND_TIME: return !f->required && !((const struct opt_i64 *)p)->set;
    case KIND_STR: return !f->required && *(const char *)p == '\0';
    case KIND_ENUM: return get_enum(p) == 0;
    case KIND_PHASES: return !f->required && ((const struct phases_i32 *)p)->set == 0;
    case KIND_REC: return !f->required && !*(const bool *)at(src, f->off2);
    case KIND_LIST:
    case KIND_IDS: return *(const uint16_t *)at(src, f->off2) == 0;
    }
    return true;
}

static void encode_phases(const struct phases_i32 *p, struct buf *b)
{
    for (int i = 0; i < PHASES; i++) {
        buf_addz(b, i ? "," : "[");
        if (phase_set(p, i))
            buf_addi(b, p->v[i]);
        else
            buf_addz(b, "null");
    }
    buf_addz(b, "]");
}

static void encode_list(const struct field *f, const char *src, struct buf *b)
{
    uint16_t n = *(const uint16_t *)at(src, f->off2);
    const char *item = at(src, f->off);
    buf_addz(b, "[");
    for (uint16_t i = 0; i < n && i < f->cap; i++) {
        if (i)
            buf_addz(b, ",");
        if (f->kind == KIND_IDS) {
            buf_add_json_str(b, str_of(item));
            item += ID_CAP;
        } else {
            encode_record(f->rec, item, b);
            item += f->rec->size;
        }
    }
    buf_addz(b, "]");
}

static void encode_value(const struct field *f, const char *src, struct buf *b)
{
    const void *p = at(src, f->off);
    switch (f->kind) {
    case KIND_BOOL: /* bool and opt_bool both begin with the value */
        buf_addz(b, *(const bool *)p ? "true" : "false");
        return;
    case KIND_I32: buf_addi(b, *(const int32_t *)p); return;
    case KIND_I64:
    case KIND_TIME: buf_addi(b, *(const int64_t *)p); return;
    case KIND_STR: buf_add_json_str(b, str_of(p)); return;
    case KIND_ENUM: buf_add_json_str(b, str_of(enum_text(f->en, get_enum(p)))); return;
    case KIND_PHASES: encode_phases(p, b); return;
    case KIND_REC: encode_record(f->rec, p, b); return;
    case KIND_LIST:
    case KIND_IDS: encode_list(f, src, b); return;
    }
}

static void encode_record(const struct record *r, const char *src, struct buf *b)
{
    const char *sep = "{\"";
    for (int i = 0; i < r->nfields; i++) {
        const struct field *f = &r->fields[i];
        if (is_absent(f, src))
            continue;
        buf_addz(b, sep);
        buf_addz(b, f->name);
        buf_addz(b, "\":");
        encode_value(f, src, b);
        sep = ",\"";
    }
    buf_addz(b, sep[0] == '{' ? "{}" : "}");
}

enum err record_encode(const struct record *r, const void *src, struct buf *b)
{
    encode_record(r, src, b);
    return b->cut ? ERR_FULL : ERR_OK;
}
