/* SPDX-License-Identifier: Apache-2.0
 * Which entities a message has. ha_document.c writes them. */
#include "proto/ha.h"
#include "proto/ha_private.h"

/* Below wattbus/<site>/: "<class>/+/<leaf>"; a class may have a slash ("grid/limit/+"). */
static bool split_path(enum message_id m, struct str *cls, struct str *leaf)
{
    struct str rest = str_of(message_of(m)->path);
    *cls = str_word(&rest, '+');
    if (cls->len < 2)
        return false;
    cls->len--; /* the slash */
    *leaf = rest.len ? (struct str){rest.p + 1, rest.len - 1} : rest;
    return !leaf->len || !memchr(leaf->p, '+', leaf->len);
}

bool ha_class_of(enum message_id m, char out[HA_CLASS_CAP])
{
    struct str cls, leaf;
    if (!split_path(m, &cls, &leaf) || !str_copy(out, HA_CLASS_CAP, cls))
        return false;
    for (char *c = out; *c; c++)
        if (*c == '/')
            *c = '_';
    return true;
}

bool ha_slot_at(enum message_id m, int slot, struct ha_slot *out)
{
    const struct record *r = message_of(m)->rec;
    for (int i = 0; i < r->nfields && slot >= 0; i++) {
        const struct field *f = &r->fields[i];
        int width = f->ha == HA_NONE ? 0 : f->kind == KIND_PHASES ? PHASES : 1;
        if (slot < width) {
            *out = (struct ha_slot){f, f->kind == KIND_PHASES ? slot : -1};
            return true;
        }
        slot -= width;
    }
    return false;
}

void ha_slot_key(const struct ha_slot *s, char key[HA_KEY_CAP])
{
    struct buf b = buf_of(key, HA_KEY_CAP);
    buf_addz(&b, s->field->name);
    if (s->phase >= 0)
        buf_addf(&b, "_l%d", s->phase + 1);
    assert(!b.cut);
}

bool ha_key(enum message_id m, int slot, char key[HA_KEY_CAP])
{
    struct ha_slot s;
    if (!ha_slot_at(m, slot, &s))
        return false;
    ha_slot_key(&s, key);
    return true;
}

bool ha_is_shown(enum message_id m)
{
    struct str cls, leaf;
    struct ha_slot first;
    return split_path(m, &cls, &leaf) && ha_slot_at(m, 0, &first) &&
           (!leaf.len || str_eq(leaf, "state") || str_eq(leaf, "control") ||
            str_eq(leaf, "flows") || str_eq(leaf, "status"));
}

static bool has_value(const struct ha_slot *s, const char *body)
{
    const struct field *f = s->field;
    const void *p = body + f->off;
    int v;
    switch (f->kind) {
    case KIND_BOOL: return f->required || ((const struct opt_bool *)p)->set;
    case KIND_I32: return f->required || ((const struct opt_i32 *)p)->set;
    case KIND_I64:
    case KIND_TIME: return f->required || ((const struct opt_i64 *)p)->set;
    case KIND_STR: return *(const char *)p != '\0';
    case KIND_ENUM: memcpy(&v, p, sizeof v); return v != 0;
    case KIND_PHASES: return phase_set(p, s->phase);
    case KIND_REC: return f->required || *(const bool *)(body + f->off2);
    case KIND_LIST:
    case KIND_IDS: return false;
    }
    return false;
}

uint64_t ha_seen(enum message_id m, const void *body)
{
    uint64_t seen = 0;
    struct ha_slot s;
    for (int i = 0; i < HA_SLOTS && ha_slot_at(m, i, &s); i++)
        if (has_value(&s, body))
            seen |= UINT64_C(1) << i;
    return seen;
}

int32_t ha_max_age_ms(enum message_id m, const void *body)
{
    const struct field *f = record_field(message_of(m)->rec, str_of("max_age_ms"));
    int32_t v = 0;
    if (f)
        memcpy(&v, (const char *)body + f->off, sizeof v);
    return v;
}
