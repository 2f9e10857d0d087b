/* SPDX-License-Identifier: Apache-2.0 */
#include "services/ocpp-gateway/wire/frame.h"

enum { ID_CHARS_MAX = 36 };

struct wire {
    struct json_tokener *tok;
};

struct wire *wire_new(void)
{
    struct wire *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->tok = json_tokener_new_ex(JSON_DEPTH);
    if (!w->tok) {
        free(w);
        return NULL;
    }
    json_tokener_set_flags(w->tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    return w;
}

void wire_free(struct wire *w)
{
    if (!w)
        return;
    json_tokener_free(w->tok);
    free(w);
}

static enum err complain(struct complaint *why, enum call_error code, const char *text)
{
    why->code = code;
    str_copyz(why->text, sizeof why->text, text);
    return ERR_SYNTAX;
}

static bool read_id(json_object *o, struct frame *f)
{
    struct buf b = buf_of(f->id, sizeof f->id);
    if (json_object_is_type(o, json_type_int)) {
        buf_addi(&b, json_object_get_int64(o));
        return true;
    }
    int len = json_object_get_string_len(o);
    if (!json_object_is_type(o, json_type_string) || len < 1 || len > ID_CHARS_MAX)
        return false;
    struct str id = {json_object_get_string(o), (size_t)len};
    if (!str_is_text(id))
        return false;
    buf_add_json_str(&b, id);
    if (b.cut)
        f->id[0] = '\0';
    return !b.cut;
}

static struct str text_at(json_object *array, size_t i)
{
    json_object *o = json_object_array_get_idx(array, i);
    if (!json_object_is_type(o, json_type_string))
        return (struct str){NULL, 0};
    return (struct str){json_object_get_string(o), (size_t)json_object_get_string_len(o)};
}

static enum err read_payload(struct frame *f, size_t at, struct complaint *why)
{
    json_object *p = json_object_array_get_idx(f->root, at);
    if (p && !json_object_is_type(p, json_type_object))
        return complain(why, CALL_ERROR_FORMATION, "the payload is no object");
    f->payload = p;
    return ERR_OK;
}

static enum err read_parts(struct frame *f, struct complaint *why)
{
    size_t n = json_object_array_length(f->root);
    json_object *type = n > 0 ? json_object_array_get_idx(f->root, 0) : NULL;
    if (n < 2 || !json_object_is_type(type, json_type_int))
        return complain(why, CALL_ERROR_FORMATION, "a message is [type, id, …]");
    int64_t t = json_object_get_int64(type);
    if (!read_id(json_object_array_get_idx(f->root, 1), f))
        return complain(why, CALL_ERROR_FORMATION, "an id has 1 to 36 characters");
    struct str action = text_at(f->root, 2);
    switch (t) {
    case FRAME_CALL:
        f->type = FRAME_CALL;
        if (n > 4 || action.len == 0 || !str_copy(f->text, sizeof f->text, action))
            return complain(why, CALL_ERROR_FORMATION, "a call is [2, id, action, payload]");
        return read_payload(f, 3, why);
    case FRAME_RESULT: f->type = FRAME_RESULT; return read_payload(f, 2, why);
    case FRAME_ERROR:
        f->type = FRAME_ERROR;
        snprintf(f->text, sizeof f->text, "%.*s: %.*s", STR_ARG(action),
                 STR_ARG(text_at(f->root, 3)));
        return ERR_OK;
    default: return complain(why, CALL_ERROR_PROTOCOL, "the message type is none of 2, 3, 4");
    }
}

enum err frame_parse(struct wire *w, struct str text, struct frame *f, struct complaint *why)
{
    *f = (struct frame){0};
    *why = (struct complaint){0};
    text = str_trim(text);
    if (text.len == 0 || text.p[0] != '[' || text.len > INT32_MAX)
        return complain(why, CALL_ERROR_FORMATION, "a message is a JSON array");
    json_tokener_reset(w->tok);
    f->root = json_tokener_parse_ex(w->tok, text.p, (int)text.len);
    if (json_tokener_get_error(w->tok) != json_tokener_success ||
        json_tokener_get_parse_end(w->tok) != text.len) {
        json_tokener_reset(w->tok); /* what it holds of a cut message is given back now */
        return complain(why, CALL_ERROR_FORMATION, "no JSON, or nested too deep");
    }
    return read_parts(f, why);
}

void frame_fini(struct frame *f)
{
    json_object_put(f->root);
    f->root = f->payload = NULL;
}

bool frame_answers(const struct frame *f, const char *our_id)
{
    struct str id = str_of(f->id);
    if (id.len >= 2 && id.p[0] == '"')
        id = (struct str){id.p + 1, id.len - 2};
    return *our_id && str_eq(id, our_id);
}

void frame_add_result(struct buf *b, const char *id, struct str payload)
{
    buf_addz(b, "[3,");
    buf_addz(b, id);
    buf_addz(b, ",");
    buf_add(b, payload);
    buf_addz(b, "]");
}

void frame_add_error(struct buf *b, const char *id, const struct complaint *c)
{
    buf_addz(b, "[4,");
    buf_addz(b, id);
    buf_addz(b, ",\"");
    buf_addz(b, call_error_text(c->code));
    buf_addz(b, "\",");
    buf_add_json_str(b, str_of(c->text));
    buf_addz(b, ",{}]");
}
