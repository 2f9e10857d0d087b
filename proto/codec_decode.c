/* SPDX-License-Identifier: Apache-2.0
 * JSON to rows. json-c parses (depth and size bounded); every value is checked against its row. */
#include "proto/codec.h"
#include <json-c/json.h>

enum { DEPTH_MAX = 16, SHOWN_MAX = 40 };

static_assert(sizeof(enum role) == sizeof(int), "enums are stored as int");

/* The offending value, shortened, for the message. */
struct shown {
    char s[SHOWN_MAX + 8];
};
static struct shown show(struct json_object *o)
{
    struct shown out;
    const char *text = o ? json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN) : "null";
    if (!str_is_text(str_of(text))) {
        str_copyz(out.s, sizeof out.s, "bytes that are not UTF-8 text");
        return out;
    }
    bool whole = str_copy(out.s, SHOWN_MAX, str_of(text));
    if (!whole) {
        str_trim_partial(out.s);
        size_t n = strlen(out.s);
        snprintf(out.s + n, sizeof out.s - n, "…");
    }
    return out;
}

static enum err refuse(const struct field *f, struct json_object *o, const char *expected,
                       struct err_text *why)
{
    return err_set(why, ERR_RANGE, "field %s: expected %s, got %s", f->name, expected, show(o).s);
}

static enum err refuse_number(const struct field *f, struct json_object *o, struct err_text *why)
{
    char want[96];
    snprintf(want, sizeof want, "a whole number %" PRId64 "..%" PRId64 "%s%s", f->lo, f->hi,
             f->unit[0] ? " " : "", f->unit);
    return refuse(f, o, want, why);
}

/* Whole numbers only; 16.0 counts as one because many clients can't help writing it so. */
static bool whole_number(struct json_object *o, int64_t lo, int64_t hi, int64_t *v)
{
    if (json_object_is_type(o, json_type_int)) {
        int64_t n = json_object_get_int64(o); /* json-c saturates at the ends of int64 */
        *v = n;
        return n >= lo && n <= hi;
    }
    if (!json_object_is_type(o, json_type_double))
        return false;
    double d = json_object_get_double(o);
    if (!(d >= -9007199254740992.0 && d <= 9007199254740992.0) || (double)(int64_t)d != d)
        return false;
    *v = (int64_t)d;
    return *v >= lo && *v <= hi;
}

static enum err decode_record(const struct record *r, struct json_object *o, char *dst,
                              struct err_text *why);

static enum err decode_number(const struct field *f, struct json_object *o, char *p,
                              struct err_text *why)
{
    int64_t v;
    if (!whole_number(o, f->lo, f->hi, &v))
        return refuse_number(f, o, why);
    if (f->kind == KIND_I32) {
        *(int32_t *)(void *)p = (int32_t)v;
        if (!f->required)
            ((struct opt_i32 *)(void *)p)->set = true;
    } else {
        *(int64_t *)(void *)p = v;
        if (!f->required)
            ((struct opt_i64 *)(void *)p)->set = true;
    }
    return ERR_OK;
}

static enum err decode_phases(const struct field *f, struct json_object *o, char *p,
                              struct err_text *why)
{
    struct phases_i32 *ph = (void *)p;
    if (!json_object_is_type(o, json_type_array) || json_object_array_length(o) != PHASES)
        return refuse(f, o, "an array [L1,L2,L3]", why);
    for (int i = 0; i < PHASES; i++) {
        struct json_object *e = json_object_array_get_idx(o, (size_t)i);
        int64_t v;
        if (!e)
            continue;
        if (!whole_number(e, f->lo, f->hi, &v))
            return refuse_number(f, e, why);
        phase_put(ph, i, (int32_t)v);
    }
    return ERR_OK;
}

static enum err decode_text(const struct field *f, struct json_object *o, char *dst, size_t cap,
                            struct err_text *why)
{
    char want[48];
    snprintf(want, sizeof want, "a text of at most %zu bytes", cap - 1);
    if (!json_object_is_type(o, json_type_string))
        return refuse(f, o, want, why);
    struct str s = {json_object_get_string(o), (size_t)json_object_get_string_len(o)};
    if (s.len >= cap || !str_is_text(s))
        return refuse(f, o, want, why);
    str_copy(dst, cap, s);
    return ERR_OK;
}

static enum err decode_enum(const struct field *f, struct json_object *o, char *p,
                            struct err_text *why)
{
    int v = 0;
    if (json_object_is_type(o, json_type_string))
        v = enum_from(
            f->en, (struct str){json_object_get_string(o), (size_t)json_object_get_string_len(o)});
    if (v == 0) {
        char want[160];
        struct buf b = buf_of(want, sizeof want);
        buf_addz(&b, "one of");
        for (int i = 1; i < f->en->n; i++)
            buf_addf(&b, "%s %s", i > 1 ? "," : "", f->en->texts[i]);
        return refuse(f, o, want, why);
    }
    memcpy(p, &v, sizeof v);
    return ERR_OK;
}

static enum err decode_list(const struct field *f, struct json_object *o, char *dst,
                            struct err_text *why)
{
    char want[48];
    snprintf(want, sizeof want, "an array of at most %u", f->cap);
    if (!json_object_is_type(o, json_type_array) || json_object_array_length(o) > f->cap)
        return refuse(f, o, want, why);
    size_t n = json_object_array_length(o);
    for (size_t i = 0; i < n; i++) {
        struct json_object *e = json_object_array_get_idx(o, i);
        enum err rc;
        if (f->kind == KIND_IDS)
            rc = decode_text(f, e, dst + f->off + i * ID_CAP, ID_CAP, why);
        else
            rc = decode_record(f->rec, e, dst + f->off + i * f->rec->size, why);
        if (rc != ERR_OK) {
            if (f->kind == KIND_LIST)
                err_prefix(why, "%s[%zu]", f->name, i);
            return rc;
        }
    }
    *(uint16_t *)(void *)(dst + f->off2) = (uint16_t)n;
    return ERR_OK;
}

static enum err decode_field(const struct field *f, struct json_object *o, char *dst,
                             struct err_text *why)
{
    char *p = dst + f->off;
    switch (f->kind) {
    case KIND_BOOL:
        if (!json_object_is_type(o, json_type_boolean))
            return refuse(f, o, "true or false", why);
        *(bool *)p = json_object_get_boolean(o);
        if (!f->required)
            ((struct opt_bool *)(void *)p)->set = true;
        return ERR_OK;
    case KIND_I32:
    case KIND_I64:
    case KIND_TIME: return decode_number(f, o, p, why);
    case KIND_STR: return decode_text(f, o, p, f->cap, why);
    case KIND_ENUM: return decode_enum(f, o, p, why);
    case KIND_PHASES: return decode_phases(f, o, p, why);
    case KIND_LIST:
    case KIND_IDS: return decode_list(f, o, dst, why);
    case KIND_REC: break;
    }
    enum err rc = decode_record(f->rec, o, p, why);
    if (rc != ERR_OK)
        err_prefix(why, "%s", f->name);
    else if (!f->required)
        *(bool *)(dst + f->off2) = true;
    return rc;
}

static enum err decode_record(const struct record *r, struct json_object *o, char *dst,
                              struct err_text *why)
{
    if (!json_object_is_type(o, json_type_object))
        return err_set(why, ERR_SYNTAX, "expected a JSON object, got %s", show(o).s);
    for (int i = 0; i < r->nfields; i++) {
        const struct field *f = &r->fields[i];
        struct json_object *v = NULL;
        bool there = json_object_object_get_ex(o, f->name, &v);
        if (!there || !v) { /* null counts as absent */
            if (f->required)
                return err_set(why, ERR_MISSING, "field %s: is missing (%s)", f->name, f->doc);
            continue;
        }
        enum err rc = decode_field(f, v, dst, why);
        if (rc != ERR_OK)
            return rc;
    }
    return ERR_OK;
}

/* NULL with *why when the text is not exactly one JSON value. */
static struct json_object *parse(struct str json, struct err_text *why)
{
    if (json.len > PAYLOAD_MAX) {
        err_set(why, ERR_FULL, "expected at most %d bytes, got %zu", PAYLOAD_MAX, json.len);
        return NULL;
    }
    struct json_tokener *t = json_tokener_new_ex(DEPTH_MAX);
    if (!t)
        abort(); /* out of memory: the supervisor restarts us */
    json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *o = json_tokener_parse_ex(t, json.p, (int)json.len);
    enum json_tokener_error e = json_tokener_get_error(t);
    size_t used = json_tokener_get_parse_end(t);
    if (e == json_tokener_continue && o == NULL) { /* a bare number ends only at the terminator */
        o = json_tokener_parse_ex(t, "", 1);
        e = json_tokener_get_error(t);
        used = json.len;
    }
    bool whole = str_trim((struct str){json.p + used, json.len - used}).len == 0;
    if (e != json_tokener_success || !whole) {
        err_set(why, ERR_SYNTAX, "expected JSON, got %s at byte %zu",
                e == json_tokener_success ? "more text" : json_tokener_error_desc(e), used);
        json_object_put(o);
        o = NULL;
    }
    json_tokener_free(t);
    return o;
}

enum err record_decode(const struct record *r, struct str json, void *dst, struct err_text *why)
{
    memset(dst, 0, r->size);
    struct err_text own;
    if (!why)
        why = &own;
    why->s[0] = '\0';
    struct json_object *o = parse(json, why);
    if (!o)
        return why->s[0] ? ERR_SYNTAX
                         : err_set(why, ERR_SYNTAX, "expected a JSON object, got null");
    enum err rc = decode_record(r, o, dst, why);
    json_object_put(o);
    return rc;
}

enum err message_decode(enum message_id m, const char *topic, struct str json, void *dst,
                        struct err_text *why)
{
    enum err rc = record_decode(message_of(m)->rec, json, dst, why);
    if (rc != ERR_OK)
        err_prefix(why, "%s", topic);
    return rc;
}

/* "2026-11-20T17:00:00Z" or with an offset; false when it is none. */
static bool iso_time_ms(struct str s, int64_t *ms)
{
    char z[40];
    struct tm tm = {0};
    if (s.len < 20 || !str_copy(z, sizeof z, s))
        return false;
    const char *end = strptime(z, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!end)
        return false;
    if (*end == '.') {
        end++;
        end += strspn(end, "0123456789");
    }
    int sign = *end == '-' ? -1 : 1, h = 0, m = 0;
    if (*end == 'Z' && end[1] == '\0') {
        *ms = (int64_t)timegm(&tm) * 1000;
        return true;
    }
    if ((*end != '+' && *end != '-') || strlen(end) != 6 || end[3] != ':')
        return false;
    int32_t hh, mm;
    if (!str_i32((struct str){end + 1, 2}, &hh) || !str_i32((struct str){end + 4, 2}, &mm))
        return false;
    h = hh;
    m = mm;
    *ms = ((int64_t)timegm(&tm) - sign * (h * 3600 + m * 60)) * 1000;
    return true;
}

static bool has_value(const struct enum_desc *e, const char *text)
{
    return e && enum_from(e, str_of(text)) != 0;
}

/* Words of people and of switches that know no JSON. */
static enum err override_bool(const struct field *f, struct json_object *v, int32_t *out,
                              struct err_text *why)
{
    static const char *const words[][2] = {
        {"false", "true"}, {"off", "on"}, {"OFF", "ON"}, {"0", "1"}};
    const char *text = json_object_get_string(v);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        for (int k = 0; k < 2; k++)
            if (strcmp(text, words[i][k]) == 0) {
                *out = k;
                return ERR_OK;
            }
    return refuse(f, v, "true or false", why);
}

/* v: the value in JSON, NULL when it is none. bare: the payload, when it is the value itself. */
static enum err override_value(const struct override_row *row, struct json_object *v,
                               struct str bare, struct override *dst, struct err_text *why)
{
    struct field f = {.name = row->field,
                      .kind = row->kind,
                      .required = true,
                      .en = row->en,
                      .unit = row->unit,
                      .lo = row->lo,
                      .hi = row->hi};
    enum json_type type = json_object_get_type(v);
    bool word = type == json_type_int || type == json_type_double || type == json_type_boolean;
    const char *text = bare.p ? NULL : json_object_to_json_string_ext(v, JSON_C_TO_STRING_PLAIN);
    /* "3", 3 and true are the same word; only a number must be one. */
    if (!v || (word && row->kind != KIND_I32 && bare.p))
        v = json_object_new_string_len(bare.p, (int)bare.len);
    else if (word && row->kind != KIND_I32)
        v = json_object_new_string(text);
    else
        v = json_object_get(v);
    enum err rc = row->kind == KIND_ENUM   ? decode_enum(&f, v, (char *)&dst->value, why)
                  : row->kind == KIND_BOOL ? override_bool(&f, v, &dst->value, why)
                  : row->kind == KIND_STR  ? decode_text(&f, v, dst->text, (size_t)row->hi + 1, why)
                                           : decode_number(&f, v, (char *)&dst->value, why);
    json_object_put(v);
    return rc;
}

static bool override_time(struct json_object *o, int64_t *ms)
{
    if (json_object_is_type(o, json_type_string))
        return iso_time_ms(
            (struct str){json_object_get_string(o), (size_t)json_object_get_string_len(o)}, ms);
    return whole_number(o, 0, TIME_HI, ms);
}

static enum err override_until(struct json_object *o, struct override *dst, struct err_text *why)
{
    int64_t ms;
    if (json_object_is_type(o, json_type_string) &&
        strcmp(json_object_get_string(o), "unplugged") == 0) {
        dst->until_unplugged = true;
        return ERR_OK;
    }
    if (override_time(o, &ms)) {
        dst->until_ms = SOME_I64(ms);
        return ERR_OK;
    }
    return err_set(why, ERR_RANGE,
                   "field until: expected \"unplugged\", a time with zone or UTC ms, got %s",
                   show(o).s);
}

static enum err override_object(struct json_object *o, struct json_object **v, struct override *dst,
                                struct err_text *why)
{
    struct json_object *until = NULL, *ts = NULL;
    int64_t ms;
    *v = NULL;
    if (!json_object_object_get_ex(o, "value", v) || !*v)
        return err_set(why, ERR_MISSING, "field value: is missing");
    if (json_object_object_get_ex(o, "ts", &ts) && ts) {
        if (!override_time(ts, &ms))
            return err_set(why, ERR_RANGE, "field ts: expected a time with zone or UTC ms, got %s",
                           show(ts).s);
        dst->ts_ms = SOME_I64(ms);
    }
    if (json_object_object_get_ex(o, "until", &until) && until)
        return override_until(until, dst, why);
    return ERR_OK;
}

enum err override_decode(int row, const char *topic, struct str payload, struct override *dst,
                         struct err_text *why)
{
    assert(row >= 0 && row < override_rows_n);
    const struct override_row *r = &override_rows[row];
    assert(r->kind != KIND_STR || r->hi < OVERRIDE_TEXT_CAP);
    *dst = (struct override){0};
    struct str text = str_trim(payload);
    /* "auto": many clients can't send nothing */
    if (text.len == 0 || (str_eq(text, "auto") && !has_value(r->en, "auto"))) {
        dst->clear = true;
        return ERR_OK;
    }
    struct err_text ignored;
    struct json_object *o = parse(text, &ignored), *v = o;
    enum err rc = ERR_OK;
    if (json_object_is_type(o, json_type_object)) {
        rc = override_object(o, &v, dst, why);
        text = (struct str){0};
    }
    if (rc == ERR_OK)
        rc = override_value(r, v, text, dst, why);
    if (rc != ERR_OK)
        err_prefix(why, "%s", topic);
    json_object_put(o);
    return rc;
}
