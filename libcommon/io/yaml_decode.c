/* SPDX-License-Identifier: Apache-2.0
 * A tree to a struct, driven by rows. Goes on after an error, so that one run shows them all. */
#include "libcommon/io/yaml.h"

enum { KEYS_MAX = 64 };

static_assert(sizeof(enum field_kind) == sizeof(int), "enums are stored as int");

/* What stands there, shortened, for the message. */
static struct unit_text show(const struct yml_node *n)
{
    struct unit_text t;
    struct buf b = buf_of(t.s, sizeof t.s);
    if (n->kind != YML_TEXT) {
        buf_addz(&b, n->kind == YML_MAP ? "keys below it" : "a list");
    } else if (n->text.len == 0) {
        buf_addz(&b, "nothing");
    } else if (n->text.len < 40) {
        buf_add(&b, n->text);
    } else {
        size_t len = 36;
        while (len && ((unsigned char)n->text.p[len] & 0xC0) == 0x80) /* keep UTF-8 whole */
            len--;
        buf_add(&b, (struct str){n->text.p, len});
        buf_addz(&b, "…");
    }
    for (char *p = t.s; *p; p++)
        if (*p == '\n')
            *p = ' ';
    return t;
}

bool yml_number(struct yml_report *r, const struct yml_node *n, const char *unit, int64_t lo,
                int64_t hi, int64_t *out)
{
    int64_t v;
    if (n->kind != YML_TEXT || !unit_parse(unit, r->currency, n->text, &v)) {
        yml_error(r, n, "expected %s, got %s", unit_expected(unit, r->currency).s, show(n).s);
        return false;
    }
    if (v < lo || v > hi) {
        yml_error(r, n, "expected %s to %s, got %s", unit_format(unit, r->currency, lo).s,
                  unit_format(unit, r->currency, hi).s, show(n).s);
        return false;
    }
    *out = v;
    return true;
}

bool yml_bool(struct yml_report *r, const struct yml_node *n, bool *out)
{
    bool yes = n->kind == YML_TEXT && !n->quoted && str_eq(n->text, "true");
    bool no = n->kind == YML_TEXT && !n->quoted && str_eq(n->text, "false");
    if (!yes && !no)
        yml_error(r, n, "expected true or false, got %s%s", n->quoted ? "the text " : "",
                  show(n).s);
    else
        *out = yes;
    return yes || no;
}

bool yml_enum(struct yml_report *r, const struct yml_node *n, const struct enum_desc *en, int *out)
{
    int v = n->kind == YML_TEXT ? enum_from(en, n->text) : 0;
    if (v == 0) {
        char want[160];
        struct buf b = buf_of(want, sizeof want);
        for (int i = 1; i < en->n; i++)
            buf_addf(&b, "%s%s", i == 1 ? "" : i == en->n - 1 ? " or " : ", ", en->texts[i]);
        yml_error(r, n, "expected %s, got %s", want, show(n).s);
        return false;
    }
    *out = v;
    return true;
}

bool yml_text(struct yml_report *r, const struct yml_node *n, char *dst, size_t cap)
{
    if (n->kind == YML_TEXT && n->text.len > 0 && n->text.len < cap && str_is_text(n->text))
        return str_copy(dst, cap, n->text);
    yml_error(r, n, "expected a text of 1 to %zu bytes, got %s", cap - 1, show(n).s);
    return false;
}

struct yml_key yml_key_of(const struct field *f)
{
    struct yml_key k;
    const struct unit_row *row = unit_row_of(f->unit);
    struct str name = str_of(f->name);
    if (row && name.len > strlen(row->suffix) &&
        strcmp(name.p + name.len - strlen(row->suffix), row->suffix) == 0)
        name.len -= strlen(row->suffix);
    bool whole = str_copy(k.s, sizeof k.s, name);
    assert(whole);
    return k;
}

/* Adds ": sub" (or "sub") to where and returns what it was, to be put back. */
static size_t enter(struct yml_report *r, const char *sub)
{
    size_t old = strlen(r->where);
    snprintf(r->where + old, sizeof r->where - old, "%s%s", old ? ": " : "", sub);
    return old;
}

static void leave(struct yml_report *r, size_t old)
{
    r->where[old] = '\0';
}

static bool decode_number(struct yml_report *r, const struct field *f, const struct yml_node *n,
                          char *p)
{
    int64_t v;
    if (!yml_number(r, n, f->unit, f->lo, f->hi, &v))
        return false;
    if (f->kind == KIND_I32) {
        *(int32_t *)(void *)p = (int32_t)v;
        if (!f->required)
            ((struct opt_i32 *)(void *)p)->set = true;
    } else {
        *(int64_t *)(void *)p = v;
        if (!f->required)
            ((struct opt_i64 *)(void *)p)->set = true;
    }
    return true;
}

static bool decode_items(struct yml_report *r, const struct field *f, const struct yml_node *list,
                         char *dst)
{
    if (list->kind != YML_LIST || list->n > f->cap) {
        yml_error(r, list, "expected a list of at most %u, got %s", f->cap,
                  list->kind == YML_LIST ? "more" : show(list).s);
        return false;
    }
    bool ok = true;
    int i = 0;
    for (const struct yml_node *n = list->first; n; n = n->next, i++) {
        char sub[24];
        snprintf(sub, sizeof sub, "%d", i + 1);
        size_t old = enter(r, sub);
        if (f->kind == KIND_IDS)
            ok &= yml_text(r, n, dst + f->off + (size_t)i * ID_CAP, ID_CAP);
        else
            ok &= yml_decode(f->rec, n, dst + f->off + (size_t)i * f->rec->size, r);
        leave(r, old);
    }
    *(uint16_t *)(void *)(dst + f->off2) = (uint16_t)i;
    return ok;
}

static bool decode_value(struct yml_report *r, const struct field *f, const struct yml_node *n,
                         char *dst)
{
    char *p = dst + f->off;
    int e = 0;
    switch (f->kind) {
    case KIND_BOOL:
        if (!yml_bool(r, n, (bool *)p))
            return false;
        if (!f->required)
            ((struct opt_bool *)(void *)p)->set = true;
        return true;
    case KIND_I32:
    case KIND_I64: return decode_number(r, f, n, p);
    case KIND_STR: return yml_text(r, n, p, f->cap);
    case KIND_ENUM:
        if (!yml_enum(r, n, f->en, &e))
            return false;
        memcpy(p, &e, sizeof e);
        return true;
    case KIND_LIST:
    case KIND_IDS: return decode_items(r, f, n, dst);
    case KIND_REC:
        if (!f->required)
            *(bool *)(dst + f->off2) = true;
        return yml_decode(f->rec, n, p, r);
    case KIND_TIME:
    case KIND_PHASES: break; /* files have no such fields */
    }
    abort();
}

/* A default goes through the same parser as the file; one that it refuses is our own mistake. */
static void decode_default(const struct field *f, char *dst)
{
    struct yml_report own;
    yml_report_init(&own, "default");
    struct yml_node n = {.kind = YML_TEXT, .line = 1, .col = 1, .text = str_of(f->def)};
    bool ok = decode_value(&own, f, &n, dst);
    assert(ok);
}

struct key_list {
    struct yml_key keys[KEYS_MAX];
    const char *known[KEYS_MAX];
    int n;
};
static void keys_of(const struct record *rec, struct key_list *l)
{
    assert(rec->nfields <= KEYS_MAX);
    for (l->n = 0; l->n < rec->nfields; l->n++) {
        l->keys[l->n] = yml_key_of(&rec->fields[l->n]);
        l->known[l->n] = l->keys[l->n].s;
    }
}

/* A key that was only misspelt is reported once, as unknown. */
static bool is_misspelt(const struct yml_node *map, const struct key_list *l, const char *key)
{
    for (const struct yml_node *c = map->first; c; c = c->next) {
        bool known = false;
        for (int i = 0; i < l->n && !known; i++)
            known = str_eq(c->key, l->known[i]);
        if (!known && yml_nearest(c->key, l->known, l->n) == key)
            return true;
    }
    return false;
}

static void report_missing(struct yml_report *r, const struct field *f, const char *key,
                           const struct yml_node *map)
{
    struct yml_node at = {.key_line = map->key_line, .key_col = map->key_col};
    if (unit_row_of(f->unit))
        yml_error(r, &at, "%s is missing (%s; expected %s)", key, f->doc,
                  unit_expected(f->unit, r->currency).s);
    else
        yml_error(r, &at, "%s is missing (%s)", key, f->doc);
}

static bool decode_map(const struct record *rec, const struct yml_node *map, void *dst,
                       struct yml_report *r, bool alone)
{
    struct key_list l;
    memset(dst, 0, rec->size);
    if (map->kind != YML_MAP) {
        yml_error(r, map, "expected keys and values below it, got %s", show(map).s);
        return false;
    }
    int before = r->errors;
    keys_of(rec, &l);
    for (int i = 0; i < rec->nfields; i++) {
        const struct field *f = &rec->fields[i];
        const struct yml_node *n = yml_find(map, l.known[i]);
        if (n) {
            size_t old = enter(r, l.known[i]);
            bool ok = decode_value(r, f, n, dst);
            UNUSED(ok); /* counted in the report */
            leave(r, old);
        } else if (f->def) {
            decode_default(f, dst);
        } else if (f->required && !(alone && is_misspelt(map, &l, l.known[i]))) {
            report_missing(r, f, l.known[i], map);
        }
    }
    if (alone)
        yml_check_keys(r, map, l.known, l.n);
    return r->errors == before;
}

bool yml_decode(const struct record *rec, const struct yml_node *map, void *dst,
                struct yml_report *r)
{
    return decode_map(rec, map, dst, r, true);
}

bool yml_decode_some(const struct record *rec, const struct yml_node *map, void *dst,
                     struct yml_report *r)
{
    return decode_map(rec, map, dst, r, false);
}
