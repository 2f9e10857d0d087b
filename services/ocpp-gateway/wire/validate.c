/* SPDX-License-Identifier: Apache-2.0 */
#include "services/ocpp-gateway/wire/validate.h"

enum { NEST_MAX = 8 };

static enum err refuse(struct complaint *why, enum call_error code, const struct rule *r,
                       const char *what)
{
    why->code = code;
    snprintf(why->text, sizeof why->text, "%s: %s", r->name, what);
    return ERR_SYNTAX;
}

static struct str text_of(json_object *o)
{
    if (!o)
        return (struct str){NULL, 0};
    if (!json_object_is_type(o, json_type_string))
        return str_of(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
    return str_trim((struct str){json_object_get_string(o), (size_t)json_object_get_string_len(o)});
}

/* Characters, not bytes: that is what the specification counts. */
static size_t characters(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

static bool is_word(struct str s, const char *const *words)
{
    for (; *words; words++)
        if (str_eq_nocase(s, str_of(*words)))
            return true;
    return false;
}

static enum err check_text(json_object *v, const struct rule *r, struct complaint *why)
{
    struct str s = text_of(v);
    if (!json_object_is_type(v, json_type_string) && !json_object_is_type(v, json_type_int) &&
        !json_object_is_type(v, json_type_double))
        return refuse(why, CALL_ERROR_TYPE, r, "expected a text");
    if (memchr(s.p, 0, s.len))
        return refuse(why, CALL_ERROR_PROPERTY, r, "a text has no NUL");
    if (r->max > 0 && characters(s) > r->max)
        return refuse(why, CALL_ERROR_PROPERTY, r, "the text is too long");
    if (r->words && !is_word(s, r->words))
        return refuse(why, CALL_ERROR_PROPERTY, r, "this value is not allowed");
    return ERR_OK;
}

static enum err check_number(json_object *v, const struct rule *r, struct complaint *why)
{
    int64_t i;
    double d;
    struct str s = text_of(v);
    bool scalar = json_object_is_type(v, json_type_int) ||
                  json_object_is_type(v, json_type_double) ||
                  json_object_is_type(v, json_type_string);
    bool ok = scalar && (str_f64(s, &d) && (r->type == RULE_NUMBER || str_i64(s, &i) ||
                                            (d > -1e15 && d < 1e15 && d == (double)(int64_t)d)));
    return ok ? ERR_OK : refuse(why, CALL_ERROR_TYPE, r, "expected a number");
}

static enum err check_object(json_object *o, const struct rule *rules, int depth,
                             struct complaint *why);

static enum err check_array(json_object *v, const struct rule *r, int depth, struct complaint *why)
{
    if (!json_object_is_type(v, json_type_array))
        return refuse(why, CALL_ERROR_TYPE, r, "expected an array");
    size_t n = json_object_array_length(v);
    if (r->max > 0 && n > r->max)
        return refuse(why, CALL_ERROR_OCCURRENCE, r, "too many items");
    for (size_t i = 0; i < n; i++) {
        json_object *item = json_object_array_get_idx(v, i);
        if (!json_object_is_type(item, json_type_object))
            return refuse(why, CALL_ERROR_TYPE, r, "expected an array of objects");
        if (check_object(item, r->sub, depth + 1, why) != ERR_OK)
            return ERR_SYNTAX;
    }
    return ERR_OK;
}

static enum err check_value(json_object *v, const struct rule *r, int depth, struct complaint *why)
{
    switch (r->type) {
    case RULE_STRING: return check_text(v, r, why);
    case RULE_INT:
    case RULE_NUMBER: return check_number(v, r, why);
    case RULE_BOOL:
        return json_object_is_type(v, json_type_boolean)
                   ? ERR_OK
                   : refuse(why, CALL_ERROR_TYPE, r, "expected true or false");
    case RULE_TIME:
        return json_object_is_type(v, json_type_string)
                   ? ERR_OK
                   : refuse(why, CALL_ERROR_TYPE, r, "expected a date and time");
    case RULE_OBJECT:
        if (!json_object_is_type(v, json_type_object))
            return refuse(why, CALL_ERROR_TYPE, r, "expected an object");
        return check_object(v, r->sub, depth + 1, why);
    case RULE_ARRAY: return check_array(v, r, depth, why);
    }
    return ERR_OK;
}

static enum err check_object(json_object *o, const struct rule *rules, int depth,
                             struct complaint *why)
{
    assert(depth < NEST_MAX); /* our tables are not deeper */
    for (const struct rule *r = rules; r->name; r++) {
        json_object *v = NULL;
        if (o)
            json_object_object_get_ex(o, r->name, &v);
        if (!v && r->required)
            return refuse(why, CALL_ERROR_OCCURRENCE, r, "is missing");
        if (v && check_value(v, r, depth, why) != ERR_OK)
            return ERR_SYNTAX;
    }
    return ERR_OK;
}

enum err payload_check(json_object *payload, const struct rule *rules, struct complaint *why)
{
    return check_object(payload, rules, 0, why);
}

struct str field_text(json_object *o, const char *name)
{
    json_object *v = NULL;
    if (o)
        json_object_object_get_ex(o, name, &v);
    return v ? text_of(v) : str_of("");
}

struct opt_i64 field_int(json_object *o, const char *name)
{
    struct opt_i64 v = {0};
    double d;
    struct str s = field_text(o, name);
    v.set = str_i64(s, &v.v);
    if (!v.set && str_f64(s, &d)) /* 12.0 */
        v = SOME_I64(round_i64(d));
    return v;
}

bool field_bool(json_object *o, const char *name)
{
    json_object *v = NULL;
    return o && json_object_object_get_ex(o, name, &v) && json_object_get_boolean(v);
}

size_t field_items(json_object *o, const char *name, json_object **array)
{
    *array = NULL;
    if (!o || !json_object_object_get_ex(o, name, array) ||
        !json_object_is_type(*array, json_type_array))
        return 0;
    return json_object_array_length(*array);
}
