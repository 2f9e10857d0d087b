/* SPDX-License-Identifier: Apache-2.0
 * field.h -- records described by rows. One row per field (kind, unit, range, doc) yields the C
 * struct member and its description; the description drives JSON in and out, YAML in, JSON Schema,
 * the generated documents and Home Assistant discovery. See proto/rows.h for the bus messages and
 * libcommon/site/rows.h for site.yaml.
 *
 *   #define POINT_ROWS(F, S) F(S, REQ, I32, power_w, , "W", -100, 100, POWER, "what it means")
 *   RECORD_STRUCT(point, POINT_ROWS)                 -> struct point { int32_t power_w; };
 *   RECORD_DEFINE(point, POINT_ROWS, "doc")          -> const struct record point_record
 *
 * need: REQ or OPT. kind and arg: BOOL; I32; I64; TIME (UTC ms); STR arg=capacity; ENUM arg=enum;
 * PHASES (three i32, absent phases are null); REC arg=record; LIST arg=record, at most `hi` items;
 * IDS arg=capacity of the list of ids. C types: a required number is the plain integer, an optional
 * one a struct opt_*; an absent string is ""; an absent enum is X_UNSET (0); a record has a
 * <name>_set flag beside it; a list has <name>_n. The site file's rows have the default in the
 * place of the Home Assistant class (CONF_DEFINE). */
#ifndef WATTBUS_FIELD_H
#define WATTBUS_FIELD_H
#include "libcommon/pure/sample.h"
#include "libcommon/pure/str.h"

enum field_kind {
    KIND_BOOL,
    KIND_I32,
    KIND_I64,
    KIND_TIME,
    KIND_STR,
    KIND_ENUM,
    KIND_PHASES,
    KIND_REC,
    KIND_LIST,
    KIND_IDS,
};

/* Home Assistant meaning of a field; the table in proto/ha.c turns it into platform, class, unit.
 */
enum ha_class {
    HA_NONE, /* not an entity */
    HA_POWER,
    HA_CURRENT,
    HA_VOLTAGE,
    HA_ENERGY, /* counter that only rises */
    HA_FREQUENCY,
    HA_SOC,
    HA_CAPACITY,
    HA_PRICE,
    HA_TEMPERATURE,
    HA_APPARENT,
    HA_ENUM,
    HA_TEXT,
    HA_TIMESTAMP,
    HA_NUMBER,
    HA_CONNECTIVITY, /* booleans from here on */
    HA_RUNNING,
    HA_FLAG,
};

struct enum_desc {
    const char *name;
    const char *const *texts; /* [0] is NULL: unset */
    int n;                    /* texts[1..n-1] are valid */
};

enum { ID_CAP = 33, LIST_ID_MAX = 64 };
typedef char id_text[ID_CAP];

struct record;
struct field {
    const char *name;
    enum field_kind kind;
    bool required;
    uint16_t cap;  /* STR: bytes with the NUL; IDS, LIST: most items */
    uint32_t off;  /* of the member */
    uint32_t off2; /* REC: of <name>_set; LIST and IDS: of <name>_n */
    const struct enum_desc *en;
    const struct record *rec;
    const char *unit; /* "" when it has none */
    int64_t lo, hi;   /* allowed range of a number, both ends included */
    enum ha_class ha;
    const char *def; /* site file only: the default, in the words of the file; NULL: none */
    const char *doc;
};
struct record {
    const char *name;
    const char *doc;
    const struct field *fields;
    int nfields;
    size_t size;
};

const struct field *record_field(const struct record *r, struct str name); /* NULL: no such field */
/* Index of the text in the enum, 0 when it is none of them. */
int enum_from(const struct enum_desc *e, struct str text);
/* "" for unset or out of range. */
const char *enum_text(const struct enum_desc *e, int v);

/* ---- rows to C ---- */
#define ENUM_MEMBER_(P, name, text) P##_##name,
#define ENUM_TEXT_(P, name, text)   text,
/* ENUM_DECLARE(mode, MODE, MODE_VALUES): enum mode { MODE_UNSET, MODE_..., MODE_COUNT } */
#define ENUM_DECLARE(name, P, VALUES)                                                              \
    enum name { P##_UNSET, VALUES(ENUM_MEMBER_, P) P##_COUNT };                                    \
    extern const struct enum_desc name##_enum;
#define ENUM_DEFINE(name, P, VALUES)                                                               \
    static const char *const name##_texts[] = {NULL, VALUES(ENUM_TEXT_, P)};                       \
    const struct enum_desc name##_enum = {#name, name##_texts, P##_COUNT};

#define MEMBER_REQ_BOOL(n, a, hi)   bool n;
#define MEMBER_OPT_BOOL(n, a, hi)   struct opt_bool n;
#define MEMBER_REQ_I32(n, a, hi)    int32_t n;
#define MEMBER_OPT_I32(n, a, hi)    struct opt_i32 n;
#define MEMBER_REQ_I64(n, a, hi)    int64_t n;
#define MEMBER_OPT_I64(n, a, hi)    struct opt_i64 n;
#define MEMBER_REQ_TIME(n, a, hi)   int64_t n;
#define MEMBER_OPT_TIME(n, a, hi)   struct opt_i64 n;
#define MEMBER_REQ_STR(n, a, hi)    char n[a];
#define MEMBER_OPT_STR(n, a, hi)    char n[a];
#define MEMBER_REQ_ENUM(n, a, hi)   enum a n;
#define MEMBER_OPT_ENUM(n, a, hi)   enum a n;
#define MEMBER_REQ_PHASES(n, a, hi) struct phases_i32 n;
#define MEMBER_OPT_PHASES(n, a, hi) struct phases_i32 n;
#define MEMBER_REQ_REC(n, a, hi)    struct a n;
#define MEMBER_OPT_REC(n, a, hi)                                                                   \
    struct a n;                                                                                    \
    bool n##_set;
#define MEMBER_OPT_LIST(n, a, hi)                                                                  \
    struct a n[hi];                                                                                \
    uint16_t n##_n;
#define MEMBER_OPT_IDS(n, a, hi)                                                                   \
    id_text n[a];                                                                                  \
    uint16_t n##_n;
#define MEMBER_(S, need, kind, name, arg, unit, lo, hi, ha, doc)                                   \
    MEMBER_##need##_##kind(name, arg, hi)
#define RECORD_STRUCT(S, ROWS)                                                                     \
    struct S {                                                                                     \
        ROWS(MEMBER_, S)                                                                           \
    };                                                                                             \
    extern const struct record S##_record;

/* Rows of the site file: need may also be DEF, which has a default and is stored like REQ. */
#define MEMBER_DEF_BOOL MEMBER_REQ_BOOL
#define MEMBER_DEF_I32  MEMBER_REQ_I32
#define MEMBER_DEF_I64  MEMBER_REQ_I64
#define MEMBER_DEF_STR  MEMBER_REQ_STR
#define MEMBER_DEF_ENUM MEMBER_REQ_ENUM
#define NEED_DEF        true
#define CONF_(S, need, kind, name, arg, unit, lo, hi, dflt, doc)                                   \
    CONF_INIT_(#name, KIND_##kind, NEED_##need, offsetof(struct S, name),                          \
               EXTRA_##kind(S, need, name, arg, hi), unit, lo, hi, dflt, doc),
#define CONF_INIT_(...) CONF_INIT2_(__VA_ARGS__)
#define CONF_INIT2_(nm, kd, req, of, cp, of2, e, r, un, l, h, df, dc)                              \
    {                                                                                              \
        .name = nm, .kind = kd, .required = req, .cap = cp, .off = of, .off2 = of2, .en = e,       \
        .rec = r, .unit = un, .lo = l, .hi = h, .def = df, .doc = dc                               \
    }
#define CONF_DEFINE(S, ROWS, text)                                                                 \
    static const struct field S##_fields[] = {ROWS(CONF_, S)};                                     \
    const struct record S##_record = {#S, text, S##_fields, COUNT_OF(S##_fields), sizeof(struct S)};

#define NEED_REQ                        true
#define NEED_OPT                        false
#define EXTRA_BOOL(S, need, n, a, hi)   0, 0, NULL, NULL
#define EXTRA_I32(S, need, n, a, hi)    0, 0, NULL, NULL
#define EXTRA_I64(S, need, n, a, hi)    0, 0, NULL, NULL
#define EXTRA_TIME(S, need, n, a, hi)   0, 0, NULL, NULL
#define EXTRA_PHASES(S, need, n, a, hi) 0, 0, NULL, NULL
#define EXTRA_STR(S, need, n, a, hi)    (a), 0, NULL, NULL
#define EXTRA_ENUM(S, need, n, a, hi)   0, 0, &a##_enum, NULL
#define EXTRA_REC(S, need, n, a, hi)    0, FLAG_##need(S, n), NULL, &a##_record
#define EXTRA_LIST(S, need, n, a, hi)   (hi), offsetof(struct S, n##_n), NULL, &a##_record
#define EXTRA_IDS(S, need, n, a, hi)    (a), offsetof(struct S, n##_n), NULL, NULL
#define FLAG_REQ(S, n)                  0
#define FLAG_OPT(S, n)                  offsetof(struct S, n##_set)
/* off precedes the extras in the initialiser below: name, kind, required, off, cap, off2, en, rec
 */
#define FIELD_(S, need, kind, name, arg, unit, lo, hi, ha, doc)                                    \
    FIELD_INIT_(#name, KIND_##kind, NEED_##need, offsetof(struct S, name),                         \
                EXTRA_##kind(S, need, name, arg, hi), unit, lo, hi, HA_##ha, doc),
#define FIELD_INIT_(...) FIELD_INIT2_(__VA_ARGS__)
#define FIELD_INIT2_(nm, kd, req, of, cp, of2, e, r, un, l, h, hc, dc)                             \
    {                                                                                              \
        .name = nm, .kind = kd, .required = req, .cap = cp, .off = of, .off2 = of2, .en = e,       \
        .rec = r, .unit = un, .lo = l, .hi = h, .ha = hc, .doc = dc                                \
    }
#define RECORD_DEFINE(S, ROWS, text)                                                               \
    static const struct field S##_fields[] = {ROWS(FIELD_, S)};                                    \
    const struct record S##_record = {#S, text, S##_fields, COUNT_OF(S##_fields), sizeof(struct S)};
#endif
