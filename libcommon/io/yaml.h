/* SPDX-License-Identifier: Apache-2.0
 * yaml.h -- YAML files as a tree in which every key and value knows its line and column, and the
 * adapter from such a tree to a record described by rows (libcommon/pure/field.h, CONF_DEFINE).
 *
 * Only the plain part of YAML is accepted: one document of maps, lists and texts. Anchors, aliases,
 * tags, tabs, duplicate keys, a byte order mark and bytes that are not UTF-8 are refused. A file is
 * bounded by YML_BYTES_MAX, YML_DEPTH_MAX, YML_NODES_MAX and YML_KEYS_MAX.
 *
 *   struct yml_report rep;
 *   yml_report_init(&rep, path);
 *   struct yml_node *root = yml_load(path, &rep, NULL);      // NULL: see the report
 *   const struct yml_node *n = yml_find(root, "max_current");
 *   int32_t ma;  if (n) yml_number(&rep, n, "mA", 0, 1000000, &value);
 *   yml_free(root);
 *   char *lines = yml_report_text(&rep);                      // in the order of the file
 *   free(lines);
 *
 * Names begin with yml_: libyaml exports yaml_free and others.
 * Out of memory ends the process: its supervisor restarts it. */
#ifndef WATTBUS_YAML_H
#define WATTBUS_YAML_H
#include "libcommon/pure/field.h"

enum {
    YML_BYTES_MAX = 1048576,
    YML_DEPTH_MAX = 16,
    YML_NODES_MAX = 100000,
    YML_KEYS_MAX = 4096, /* per map or list */
    YML_LINES_MAX = 50,  /* messages kept; more are only counted */
};

/* ---- what is wrong with a file ---- */
struct yml_line {
    int line, col; /* from 1; 0: the file as a whole */
    bool warning;
    char text[280];
};
struct yml_report {
    const char *file;     /* as it is shown; borrowed */
    const char *currency; /* accepted in prices, e.g. "EUR"; borrowed */
    char where[128];      /* shown after the position, e.g. "charger.garage"; "" for none */
    int errors, warnings;
    int n;
    struct yml_line lines[YML_LINES_MAX];
};
struct yml_node;
void yml_report_init(struct yml_report *r, const char *file);
/* `at` NULL: about the file as a whole. */
void yml_error(struct yml_report *r, const struct yml_node *at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void yml_warning(struct yml_report *r, const struct yml_node *at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* "file:line:column: where: text\n" per message, ordered by position; "" when there is none. The
 * caller frees it. */
char *yml_report_text(const struct yml_report *r);

/* ---- the tree ---- */
enum yml_kind { YML_TEXT, YML_MAP, YML_LIST };
struct yml_node {
    enum yml_kind kind;
    int line, col;          /* of the value, from 1 */
    int key_line, key_col;  /* of its key when it is a member of a map, else as line, col */
    struct str key;         /* "" when it is no member of a map; NUL-terminated */
    struct str text;        /* YML_TEXT: the scalar without its quotes; NUL-terminated */
    bool quoted;            /* YML_TEXT: it stood in quotes or in a block */
    int n;                  /* members or items */
    struct yml_node *first; /* first member or item, in the order of the file */
    struct yml_node *next;  /* the next one in the same map or list */
};
/* Reads and parses a file; NULL with an error in the report when that failed. The top must be a map
 * (an empty file is an empty map). `hash` may be NULL; else it gets FNV-1a of the bytes as 16 hex
 * digits. */
struct yml_node *yml_load(const char *path, struct yml_report *r, char hash[17]) MUST_CHECK;
struct yml_node *yml_parse(struct str bytes, struct yml_report *r) MUST_CHECK;
void yml_free(struct yml_node *root); /* NULL is fine */
/* The member of a map; NULL when there is none, or when the node is no map or NULL. */
const struct yml_node *yml_find(const struct yml_node *map, const char *key);
/* Error for each key of the map that is not in known[n], naming the nearest known one. */
void yml_check_keys(struct yml_report *r, const struct yml_node *map, const char *const *known,
                    int n);

/* The known key that was probably meant by a wrong one; NULL when none is near. */
const char *yml_nearest(struct str key, const char *const *known, int n);

/* ---- single values; false with an error in the report ---- */
/* unit: as in the rows ("mA", "W", "ms", "micro/kWh" …); "" takes whole numbers. The value is in
 * the row's unit and must lie in lo..hi. */
bool yml_number(struct yml_report *r, const struct yml_node *n, const char *unit, int64_t lo,
                int64_t hi, int64_t *out) MUST_CHECK;
bool yml_bool(struct yml_report *r, const struct yml_node *n, bool *out) MUST_CHECK;
bool yml_enum(struct yml_report *r, const struct yml_node *n, const struct enum_desc *en,
              int *out) MUST_CHECK;
/* Non-empty text of at most cap - 1 bytes without control characters. */
bool yml_text(struct yml_report *r, const struct yml_node *n, char *dst, size_t cap) MUST_CHECK;

/* ---- rows ---- */
/* Key of a row in the file: the field's name without its unit suffix (max_current_ma ->
 * max_current). */
struct yml_key {
    char s[48];
};
struct yml_key yml_key_of(const struct field *f);
/* Reads a map into dst (r->size bytes), which is zeroed first: unit of every value, ranges,
 * required keys, defaults. Everything that is wrong is reported, not only the first thing. True
 * when nothing was. yml_decode_some takes keys of others as given and does not report them. */
bool yml_decode(const struct record *rec, const struct yml_node *map, void *dst,
                struct yml_report *r) MUST_CHECK;
bool yml_decode_some(const struct record *rec, const struct yml_node *map, void *dst,
                     struct yml_report *r) MUST_CHECK;

/* ---- units (yaml_units.c) ---- */
struct unit_word {
    const char *word; /* "CUR" stands for the site's currency */
    int64_t factor;   /* of the row's unit */
};
struct unit_row {
    const char *unit;    /* of the row: "mA" */
    const char *suffix;  /* of the field's name: "_ma" */
    const char *noun;    /* "a current" */
    const char *example; /* "16 A" */
    struct unit_word words[4];
};
extern const struct unit_row unit_rows[];
extern const int unit_rows_n;
const struct unit_row *unit_row_of(const char *unit); /* NULL: a plain number */
/* Exact decimal arithmetic; false when it is no number with one of the unit's words, does not fit,
 * or is finer than the row's unit. */
bool unit_parse(const char *unit, const char *currency, struct str text, int64_t *out);
/* The shortest exact way to write v, e.g. 16000 mA -> "16 A". */
struct unit_text {
    char s[48];
};
struct unit_text unit_format(const char *unit, const char *currency, int64_t v);
/* What a user should write: "a current such as 16 A". */
struct unit_text unit_expected(const char *unit, const char *currency);
#endif
