/* SPDX-License-Identifier: Apache-2.0
 * record.c -- rows to tables, differences to JSON, state to bytes. */
#include "services/surplus-controller/core/record.h"
#include "services/surplus-controller/core/record_rows.h"

/* ---- every member has its row ---- */
/* A row too few leaves a member without initialiser, one too many is an excess element, a doubled
 * one declares its name twice, and the type is that of the kind. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wmissing-field-initializers"
#define MEMBER(S, m)      ((struct S *)0)->m
#define FILL_BOOL(S, m)   MEMBER(S, m)
#define FILL_U8(S, m)     MEMBER(S, m)
#define FILL_I16(S, m)    MEMBER(S, m)
#define FILL_I32(S, m)    MEMBER(S, m)
#define FILL_U32(S, m)    MEMBER(S, m)
#define FILL_I64(S, m)    MEMBER(S, m)
#define FILL_ENUM(S, m)   MEMBER(S, m)
#define FILL_CODE(S, m)   MEMBER(S, m)
#define FILL_PTR(S, m)    MEMBER(S, m)
#define FILL_MONO(S, m)   MEMBER(S, m)
#define FILL_OPTB(S, m)   MEMBER(S, m)
#define FILL_OPT32(S, m)  MEMBER(S, m)
#define FILL_OPT64(S, m)  MEMBER(S, m)
#define FILL_PHASE3(S, m) MEMBER(S, m)
#define FILL_SUB(S, m)    MEMBER(S, m)
#define FILL_ARR32(S, m)                                                                           \
    {                                                                                              \
        0                                                                                          \
    }
#define FILL(S, kind, member, arg) FILL_##kind(S, member),
#define T(S, table, ROWS)          (void)sizeof((struct S){ROWS(FILL, S)});
__attribute__((unused)) static void all_members_are_listed(void){REC_TABLES(T)}
#undef T
#pragma GCC diagnostic pop
#define NAMED(S, kind, member, arg) ONE_##S##_##member,
#define T(S, table, ROWS)           enum { ROWS(NAMED, S) COUNT_##S };
REC_TABLES(T)
#undef T
#define IS(S, m, type)              _Generic(MEMBER(S, m), type : 1, default : 0)
#define TYPE_BOOL(S, m)             IS(S, m, bool)
#define TYPE_U8(S, m)               IS(S, m, uint8_t)
#define TYPE_I16(S, m)              IS(S, m, int16_t)
#define TYPE_I32(S, m)              IS(S, m, int32_t)
#define TYPE_U32(S, m)              IS(S, m, uint32_t)
#define TYPE_I64(S, m)              IS(S, m, int64_t)
#define TYPE_ENUM(S, m)             (sizeof(MEMBER(S, m)) == sizeof(int))
#define TYPE_CODE(S, m)             (sizeof(MEMBER(S, m)) == sizeof(enum control_code))
#define TYPE_PTR(S, m)              (sizeof(MEMBER(S, m)) == sizeof(void *))
#define TYPE_MONO(S, m)             IS(S, m, struct mono)
#define TYPE_OPTB(S, m)             IS(S, m, struct opt_bool)
#define TYPE_OPT32(S, m)            IS(S, m, struct opt_i32)
#define TYPE_OPT64(S, m)            IS(S, m, struct opt_i64)
#define TYPE_PHASE3(S, m)           IS(S, m, struct phases_i32)
#define TYPE_SUB(S, m)              1 /* its own rows say it */
#define TYPE_ARR32(S, m)            IS(S, m[0], int32_t)
#define TYPED(S, kind, member, arg) static_assert(TYPE_##kind(S, member), #S "." #member);
#define T(S, table, ROWS)           ROWS(TYPED, S)
    REC_TABLES(T)
#undef T

/* ---- the tables ---- */
#define EN_NONE        NULL
#define EN_evse_state  &evse_state_enum
#define EN_charge_mode &charge_mode_enum
#define EN_load_mode   &load_mode_enum
#define EN_sg_state    &sg_state_enum
#define ROW_OF(S, K, m, length, table, en)                                                         \
    {#m, REC_##K, (uint32_t)offsetof(struct S, m), length, table, en},
#define ROW_BOOL(S, m, a)         ROW_OF(S, BOOL, m, 0, NULL, NULL)
#define ROW_U8(S, m, a)           ROW_OF(S, U8, m, 0, NULL, NULL)
#define ROW_I16(S, m, a)          ROW_OF(S, I16, m, 0, NULL, NULL)
#define ROW_I32(S, m, a)          ROW_OF(S, I32, m, 0, NULL, NULL)
#define ROW_U32(S, m, a)          ROW_OF(S, U32, m, 0, NULL, NULL)
#define ROW_I64(S, m, a)          ROW_OF(S, I64, m, 0, NULL, NULL)
#define ROW_MONO(S, m, a)         ROW_OF(S, MONO, m, 0, NULL, NULL)
#define ROW_ENUM(S, m, a)         ROW_OF(S, ENUM, m, 0, NULL, EN_##a)
#define ROW_CODE(S, m, a)         ROW_OF(S, CODE, m, 0, NULL, NULL)
#define ROW_OPTB(S, m, a)         ROW_OF(S, OPTB, m, 0, NULL, NULL)
#define ROW_OPT32(S, m, a)        ROW_OF(S, OPT32, m, 0, NULL, NULL)
#define ROW_OPT64(S, m, a)        ROW_OF(S, OPT64, m, 0, NULL, NULL)
#define ROW_PHASE3(S, m, a)       ROW_OF(S, PHASE3, m, 0, NULL, NULL)
#define ROW_PTR(S, m, a)          ROW_OF(S, PTR, m, 0, NULL, NULL)
#define ROW_SUB(S, m, a)          ROW_OF(S, SUB, m, 0, &a##_table, NULL)
#define ROW_ARR32(S, m, a)        ROW_OF(S, ARR32, m, a, NULL, NULL)
#define ROW(S, kind, member, arg) ROW_##kind(S, member, arg)
#define T(S, table, ROWS)                                                                          \
    static const struct rec_row table##_rows[] = {ROWS(ROW, S)};                                   \
    static const struct rec_table table##_table = {#S, table##_rows, COUNT_OF(table##_rows),       \
                                                   sizeof(struct S)};
        REC_TABLES(T)
#undef T

/* ---- parts ---- */
#define ONE(name, table, p)     ((struct rec_part){name, &table##_table, unconst(p), 1, false})
#define MANY(name, table, p, n) ((struct rec_part){name, &table##_table, unconst(p), n, true})
            static void *unconst(const void *p)
{
    void *q;
    memcpy(&q, &p, sizeof q);
    return q;
}
int rec_config(const struct control_config *c, struct rec_part parts[REC_PARTS])
{
    parts[0] = ONE("config", config, c);
    parts[1] = MANY("circuits", circuit_conf, c->circuits, c->circuits_n);
    parts[2] = MANY("chargers", charger_conf, c->chargers, takers_n(c));
    parts[3] = MANY("loads", load_conf, c->loads, c->loads_n);
    return 4;
}
int rec_snapshot(const struct control_config *c, const struct control_snapshot *in,
                 struct rec_part parts[REC_PARTS])
{
    parts[0] = ONE("in", snapshot, in);
    parts[1] = MANY("circuits_in", circuit_in, in->limits, in->limits ? c->circuits_n : 0);
    parts[2] = MANY("meters_in", reading, in->circuits, c->circuits_n);
    parts[3] = MANY("chargers_in", charger_in, in->chargers, takers_n(c));
    parts[4] = MANY("loads_in", load_in, in->loads, c->loads_n);
    return 5;
}
int rec_result(const struct control_config *c, const struct control_out *out,
               struct rec_part parts[REC_PARTS])
{
    parts[0] = ONE("out", out, out);
    parts[1] = MANY("chargers_out", decision, out->chargers, takers_n(c));
    parts[2] = MANY("circuits_out", circuit_out, out->circuits, c->circuits_n);
    parts[3] = MANY("loads_out", load_out, out->loads, c->loads_n);
    return 4;
}
size_t rec_size(const struct rec_part *p)
{
    return p->table->size * (size_t)p->n;
}
static size_t table_text_max(const struct rec_table *t)
{
    enum { VALUE_MAX = 80 }; /* three phases; the longest enum text */
    size_t sum = 8;
    for (int i = 0; i < t->n; i++)
        sum += strlen(t->rows[i].name) + 4 +
               (t->rows[i].sub ? table_text_max(t->rows[i].sub) : VALUE_MAX);
    return sum;
}
size_t rec_text_max(const struct rec_part *parts, int n)
{
    size_t sum = 0;
    for (int i = 0; i < n; i++)
        sum +=
            strlen(parts[i].name) + 16 + (table_text_max(parts[i].table) + 12) * (size_t)parts[i].n;
    return sum;
}

/* ---- values ---- */
static const char *const code_names[] = {
#define R(id, name, limit, text, a, b, c) name,
    CONTROL_REASONS(R)
#undef R
};
const char *rec_code_name(enum control_code code)
{
    return (unsigned)code < CONTROL_CODES ? code_names[code] : "";
}
int rec_code_of(struct str name)
{
    for (int i = 0; i < CONTROL_CODES; i++)
        if (str_eq(name, code_names[i]))
            return i;
    return -1;
}
static bool same_phases(const struct phases_i32 *a, const struct phases_i32 *b)
{
    if (a->set != b->set)
        return false;
    for (int p = 0; p < PHASES; p++)
        if (phase_set(a, p) && a->v[p] != b->v[p])
            return false;
    return true;
}
static size_t plain_size(enum rec_kind kind)
{
    static const uint8_t sizes[] = {[REC_BOOL] = sizeof(bool),
                                    [REC_U8] = 1,
                                    [REC_I16] = 2,
                                    [REC_I32] = 4,
                                    [REC_U32] = 4,
                                    [REC_I64] = 8,
                                    [REC_MONO] = 8,
                                    [REC_ENUM] = 4,
                                    [REC_CODE] = 4};
    return sizes[kind];
}
bool rec_same(const struct rec_row *r, const void *a, const void *b)
{
    const struct opt_bool *f = a, *g = b;
    const struct opt_i32 *x = a, *y = b;
    const struct opt_i64 *u = a, *v = b;
    switch (r->kind) {
    case REC_OPTB: return f->set == g->set && (!f->set || f->v == g->v);
    case REC_OPT32: return x->set == y->set && (!x->set || x->v == y->v);
    case REC_OPT64: return u->set == v->set && (!u->set || u->v == v->v);
    case REC_PHASE3: return same_phases(a, b);
    case REC_ARR32: return memcmp(a, b, r->n * sizeof(int32_t)) == 0;
    case REC_PTR: return true;
    case REC_SUB:
        for (int i = 0; i < r->sub->n; i++)
            if (!rec_same(&r->sub->rows[i], (const char *)a + r->sub->rows[i].off,
                          (const char *)b + r->sub->rows[i].off))
                return false;
        return true;
    default: return memcmp(a, b, plain_size(r->kind)) == 0;
    }
}
static void add_list(struct buf *b, const int32_t *v, int n, unsigned set)
{
    for (int i = 0; i < n; i++) {
        buf_addz(b, i ? "," : "[");
        if (set >> i & 1)
            buf_addi(b, v[i]);
        else
            buf_addz(b, "null");
    }
    buf_addz(b, "]");
}
static void add_opt(struct buf *b, bool set, int64_t v)
{
    if (set)
        buf_addi(b, v);
    else
        buf_addz(b, "null");
}
#define LOAD(type) (*(const type *)p)
void rec_value(const struct rec_row *r, const void *p, struct buf *b)
{
    const struct phases_i32 *ph = p;
    int32_t e;
    switch (r->kind) {
    case REC_BOOL: buf_addz(b, LOAD(bool) ? "true" : "false"); return;
    case REC_U8: buf_addi(b, LOAD(uint8_t)); return;
    case REC_I16: buf_addi(b, LOAD(int16_t)); return;
    case REC_I32: buf_addi(b, LOAD(int32_t)); return;
    case REC_U32: buf_addi(b, LOAD(uint32_t)); return;
    case REC_I64:
    case REC_MONO: buf_addi(b, LOAD(int64_t)); return;
    case REC_ENUM:
    case REC_CODE:
        memcpy(&e, p, sizeof e);
        const char *text = r->kind == REC_CODE ? rec_code_name((enum control_code)e)
                           : r->en             ? enum_text(r->en, e)
                                               : "";
        if (text[0])
            buf_add_json_str(b, str_of(text));
        else
            buf_addi(b, e);
        return;
    case REC_OPTB:
        buf_addz(b, !LOAD(struct opt_bool).set ? "null"
                    : LOAD(struct opt_bool).v  ? "true"
                                               : "false");
        return;
    case REC_OPT32: add_opt(b, LOAD(struct opt_i32).set, LOAD(struct opt_i32).v); return;
    case REC_OPT64: add_opt(b, LOAD(struct opt_i64).set, LOAD(struct opt_i64).v); return;
    case REC_PHASE3: add_list(b, ph->v, PHASES, ph->set); return;
    case REC_ARR32: add_list(b, p, r->n, UINT_MAX); return;
    case REC_SUB:
    case REC_PTR: return;
    }
}

/* ---- differences ---- */
/* Writes {"a":1,…} of what differs; false, and nothing, when nothing does. */
static bool write_struct(const struct rec_table *t, const char *now, const char *old, struct buf *b)
{
    bool any = false;
    for (int i = 0; i < t->n; i++) {
        const struct rec_row *r = &t->rows[i];
        if (rec_same(r, now + r->off, old + r->off))
            continue;
        buf_addz(b, any ? ",\"" : "{\"");
        buf_addz(b, r->name);
        buf_addz(b, "\":");
        if (r->kind == REC_SUB)
            (void)write_struct(r->sub, now + r->off, old + r->off, b);
        else
            rec_value(r, now + r->off, b);
        any = true;
    }
    if (any)
        buf_addz(b, "}");
    return any;
}
static bool write_part(const struct rec_part *p, char *old, struct buf *b)
{
    bool any = false;
    const char *items = p->items;
    for (int i = 0; i < p->n; i++) {
        size_t at = p->table->size * (size_t)i, before = b->len;
        /* Bytes between members may differ too; then nothing is written. */
        if (memcmp(items + at, old + at, p->table->size) == 0)
            continue;
        if (!any) {
            buf_addz(b, "\"");
            buf_addz(b, p->name);
            buf_addz(b, p->many ? "\":{" : "\":");
        }
        if (p->many) {
            buf_addz(b, any ? ",\"" : "\"");
            buf_addi(b, i);
            buf_addz(b, "\":");
        }
        bool wrote = write_struct(p->table, items + at, old + at, b);
        if (!wrote)
            b->len = before;
        any = any || wrote;
        memcpy(old + at, items + at, p->table->size);
    }
    if (any && p->many)
        buf_addz(b, "}");
    return any;
}
bool rec_write(const struct rec_part *parts, int n, void *const *old, struct buf *b)
{
    bool any = false;
    for (int i = 0; i < n; i++) {
        size_t before = b->len;
        if (any)
            buf_addz(b, ",");
        if (write_part(&parts[i], old[i], b))
            any = true;
        else
            b->len = before;
    }
    return any;
}
