/* SPDX-License-Identifier: Apache-2.0
 * replay.c -- lines of a recording to the core's structs, by the same rows that wrote them. */
#include "services/wattbus/replay.h"
#include <json-c/json.h>

enum { ITEMS_MAX = 10000, NESTING = 8 };

/* ---- values ---- */
static struct json_object *member(struct json_object *o, const char *key)
{
    struct json_object *v = NULL;
    if (o && json_object_is_type(o, json_type_object))
        json_object_object_get_ex(o, key, &v);
    return v;
}
static bool whole(struct json_object *v, int64_t lo, int64_t hi, int64_t *out)
{
    if (!json_object_is_type(v, json_type_int))
        return false;
    *out = json_object_get_int64(v);
    return *out >= lo && *out <= hi;
}
static bool list(struct json_object *v, int n, int32_t *out, uint8_t *set)
{
    int64_t x;
    if (!json_object_is_type(v, json_type_array) || json_object_array_length(v) != (size_t)n)
        return false;
    for (int i = 0; i < n; i++) {
        struct json_object *e = json_object_array_get_idx(v, (size_t)i);
        if (!e && set)
            continue;
        if (!whole(e, INT32_MIN, INT32_MAX, &x))
            return false;
        out[i] = (int32_t)x;
        if (set)
            *set = (uint8_t)(*set | 1u << i);
    }
    return true;
}
static bool word(const struct rec_row *r, struct json_object *v, int64_t *out)
{
    if (!json_object_is_type(v, json_type_string))
        return whole(v, INT32_MIN, INT32_MAX, out);
    struct str s = str_of(json_object_get_string(v));
    *out = r->kind == REC_CODE ? rec_code_of(s) : r->en ? enum_from(r->en, s) : 0;
    return *out > 0 || (r->kind == REC_CODE && *out == 0);
}
static bool read_struct(const struct rec_table *t, struct json_object *o, char *dst,
                        struct err_text *why);
static bool read_value(const struct rec_row *r, struct json_object *v, char *p,
                       struct err_text *why)
{
    int64_t x = 0;
    struct phases_i32 ph = {{0}, 0};
    bool ok;
    switch (r->kind) {
    case REC_BOOL:
        ok = json_object_is_type(v, json_type_boolean);
        *(bool *)p = json_object_get_boolean(v);
        return ok;
    case REC_U8:
        ok = whole(v, 0, UINT8_MAX, &x);
        *(uint8_t *)p = (uint8_t)x;
        return ok;
    case REC_I16:
        ok = whole(v, INT16_MIN, INT16_MAX, &x);
        memcpy(p, &(int16_t){(int16_t)x}, sizeof(int16_t));
        return ok;
    case REC_U32:
        ok = whole(v, 0, UINT32_MAX, &x);
        memcpy(p, &(uint32_t){(uint32_t)x}, sizeof(uint32_t));
        return ok;
    case REC_I32:
    case REC_ENUM:
    case REC_CODE:
        ok = r->kind == REC_I32 ? whole(v, INT32_MIN, INT32_MAX, &x) : word(r, v, &x);
        memcpy(p, &(int32_t){(int32_t)x}, sizeof(int32_t));
        return ok;
    case REC_I64:
    case REC_MONO:
        ok = whole(v, INT64_MIN, INT64_MAX, &x);
        memcpy(p, &x, sizeof x);
        return ok;
    case REC_OPTB:
        ok = !v || json_object_is_type(v, json_type_boolean);
        memcpy(p, &(struct opt_bool){json_object_get_boolean(v), v != NULL},
               sizeof(struct opt_bool));
        return ok;
    case REC_OPT32:
        ok = !v || whole(v, INT32_MIN, INT32_MAX, &x);
        memcpy(p, &(struct opt_i32){(int32_t)x, v != NULL}, sizeof(struct opt_i32));
        return ok;
    case REC_OPT64:
        ok = !v || whole(v, INT64_MIN, INT64_MAX, &x);
        memcpy(p, &(struct opt_i64){x, v != NULL}, sizeof(struct opt_i64));
        return ok;
    case REC_PHASE3:
        ok = list(v, PHASES, ph.v, &ph.set);
        memcpy(p, &ph, sizeof ph);
        return ok;
    case REC_ARR32: return list(v, r->n, (int32_t *)(void *)p, NULL);
    case REC_SUB: return read_struct(r->sub, v, p, why);
    case REC_PTR: return true;
    }
    return false;
}
static bool read_struct(const struct rec_table *t, struct json_object *o, char *dst,
                        struct err_text *why)
{
    if (!json_object_is_type(o, json_type_object)) {
        err_set(why, ERR_SYNTAX, "%s: expected an object", t->name);
        return false;
    }
    for (int i = 0; i < t->n; i++) {
        struct json_object *v = NULL;
        if (!json_object_object_get_ex(o, t->rows[i].name, &v))
            continue;
        if (!read_value(&t->rows[i], v, dst + t->rows[i].off, why)) {
            if (!why->s[0])
                err_set(why, ERR_RANGE, "%s: no value for %s: %s", t->name, t->rows[i].name,
                        json_object_to_json_string(v));
            return false;
        }
    }
    return true;
}
static bool read_part(const struct rec_part *p, struct json_object *line, struct err_text *why)
{
    struct json_object *o = member(line, p->name);
    if (!o || !p->many)
        return !o || read_struct(p->table, o, p->items, why);
    json_object_object_foreach(o, key, v)
    {
        int32_t i;
        if (!str_i32(str_of(key), &i) || i < 0 || i >= p->n) {
            err_set(why, ERR_RANGE, "%s: there is no item %s", p->name, key);
            return false;
        }
        if (!read_struct(p->table, v, (char *)p->items + p->table->size * (size_t)i, why))
            return false;
    }
    return true;
}
static bool read_parts(const struct rec_part *parts, int n, struct json_object *line,
                       struct err_text *why)
{
    for (int i = 0; i < n; i++)
        if (!read_part(&parts[i], line, why))
            return false;
    return true;
}

/* ---- the first line ---- */
static void *array(int n, size_t size)
{
    void *p = calloc((size_t)n + 1, size);
    if (!p)
        abort();
    return p;
}
static void clear(struct replay *r)
{
    void *all[] = {r->circuit_ids,
                   r->charger_ids,
                   r->circuits,
                   r->chargers,
                   r->state.chargers,
                   r->state.circuits,
                   r->state.order,
                   r->limits,
                   r->meters,
                   r->charger_ins,
                   r->out.chargers,
                   r->out.circuits,
                   r->recorded.chargers,
                   r->recorded.circuits,
                   r->loads,
                   r->state.loads,
                   r->load_ins,
                   r->out.loads,
                   r->recorded.loads};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        free(all[i]);
    memset(r, 0, sizeof *r);
}
static void place(struct replay *r)
{
    int nc = r->conf.circuits_n, n = takers_n(&r->conf);
    r->conf.circuits = r->circuits = array(nc, sizeof *r->circuits);
    r->conf.chargers = r->chargers = array(n, sizeof *r->chargers);
    r->conf.loads = r->loads = array(r->conf.loads_n, sizeof *r->loads);
    r->state.loads = array(r->conf.loads_n, sizeof *r->state.loads);
    r->in.loads = r->load_ins = array(r->conf.loads_n, sizeof *r->load_ins);
    r->out.loads = array(r->conf.loads_n, sizeof *r->out.loads);
    r->recorded.loads = array(r->conf.loads_n, sizeof *r->recorded.loads);
    r->circuit_ids = array(nc, sizeof *r->circuit_ids);
    r->charger_ids = array(n, sizeof *r->charger_ids);
    r->state.chargers = array(n, sizeof *r->state.chargers);
    r->state.circuits = array(nc, sizeof *r->state.circuits);
    r->state.order = array(n, sizeof *r->state.order);
    r->in.limits = r->limits = array(nc, sizeof *r->limits);
    r->in.circuits = r->meters = array(nc, sizeof *r->meters);
    r->in.chargers = r->charger_ins = array(n, sizeof *r->charger_ins);
    r->out.chargers = array(n, sizeof *r->out.chargers);
    r->out.circuits = array(nc, sizeof *r->out.circuits);
    r->recorded.chargers = array(n, sizeof *r->recorded.chargers);
    r->recorded.circuits = array(nc, sizeof *r->recorded.circuits);
}
static void read_ids(struct json_object *ids, const char *key, char (*out)[ID_CAP], int n)
{
    struct json_object *l = member(ids, key);
    if (!json_object_is_type(l, json_type_array))
        return;
    for (int i = 0; i < n && (size_t)i < json_object_array_length(l); i++)
        str_copyz(out[i], ID_CAP, json_object_get_string(json_object_array_get_idx(l, (size_t)i)));
}
/* What the core takes for granted of its configuration and its state. */
static bool is_sound(const struct replay *r)
{
    const struct control_config *c = &r->conf;
    int n = takers_n(c);
    for (int i = 0; i < c->circuits_n; i++)
        if (c->circuits[i].parent >= i || c->circuits[i].parent < (i ? 0 : -1))
            return false;
    for (int i = 0; i < n; i++)
        if (c->chargers[i].circuit < 0 || c->chargers[i].circuit >= c->circuits_n ||
            r->state.order[i] < 0 || r->state.order[i] >= n)
            return false;
    return true;
}
static bool read_state(struct replay *r, struct json_object *head, struct err_text *why)
{
    char text[20];
    const char *layout = json_object_get_string(member(head, "layout"));
    const char *check = json_object_get_string(member(head, "check"));
    const char *state = json_object_get_string(member(head, "state"));
    snprintf(text, sizeof text, "%016" PRIx64, rec_fingerprint());
    if (!layout || strcmp(layout, text) != 0) {
        err_set(why, ERR_CONFLICT,
                "recorded by wattbus %s with another core (layout %s, this is %s): replay it with "
                "the program that recorded it",
                r->version, layout ? layout : "none", text);
        return false;
    }
    snprintf(text, sizeof text, "%016" PRIx64, str_hash(str_of(state)));
    if (!state || !check || strcmp(check, text) != 0 ||
        !rec_state_read(&r->state, &r->conf, str_of(state)) || !is_sound(r)) {
        err_set(why, ERR_SYNTAX, "the state in the first line is damaged");
        return false;
    }
    return true;
}
static bool begin(struct replay *r, struct json_object *head, struct err_text *why)
{
    struct rec_part parts[REC_PARTS];
    clear(r);
    str_copyz(r->site, sizeof r->site, json_object_get_string(member(head, "site")));
    str_copyz(r->version, sizeof r->version, json_object_get_string(member(head, "version")));
    (void)rec_config(&r->conf, parts);
    if (!read_part(&parts[0], head, why))
        return false;
    const struct control_config *c = &r->conf;
    if (c->circuits_n < 1 || c->circuits_n > ITEMS_MAX || c->chargers_n < 0 ||
        c->chargers_n > ITEMS_MAX || c->loads_n < 0 || c->loads_n > ITEMS_MAX) {
        err_set(why, ERR_RANGE, "%d circuits and %d chargers: no such house", c->circuits_n,
                c->chargers_n);
        memset(&r->conf, 0, sizeof r->conf);
        return false;
    }
    place(r);
    read_ids(member(head, "ids"), "circuits", r->circuit_ids, c->circuits_n);
    read_ids(member(head, "ids"), "chargers", r->charger_ids, c->chargers_n);
    read_ids(member(head, "ids"), "loads", r->charger_ids + c->chargers_n, c->loads_n);
    r->begun =
        read_parts(parts, rec_config(&r->conf, parts), head, why) && read_state(r, head, why);
    return r->begun;
}

/* ---- a decision ---- */
static bool decide(struct replay *r, struct json_object *line, struct err_text *why)
{
    struct rec_part parts[REC_PARTS];
    int64_t wall, mono;
    if (!whole(member(line, "wall"), 0, INT64_MAX, &wall) ||
        !whole(member(line, "mono"), INT64_MIN / 2, INT64_MAX / 2, &mono)) {
        err_set(why, ERR_MISSING, "expected wall and mono, the times of the decision");
        return false;
    }
    if (!read_parts(parts, rec_snapshot(&r->conf, &r->in, parts), line, why) ||
        !read_parts(parts, rec_result(&r->conf, &r->recorded, parts), line, why))
        return false;
    r->now = (struct now){{mono}, {wall}};
    control_step(&r->state, &r->in, &r->conf, r->now, &r->out);
    r->decisions++;
    return true;
}
bool replay_line(struct replay *r, struct str line, struct err_text *why)
{
    struct json_tokener *tok = json_tokener_new_ex(NESTING);
    if (!tok || line.len > INT_MAX)
        abort();
    why->s[0] = '\0';
    struct json_object *o = json_tokener_parse_ex(tok, line.p, (int)line.len);
    bool ok = o && json_object_is_type(o, json_type_object);
    if (!ok)
        err_set(why, ERR_SYNTAX, "expected a JSON object: %s",
                json_tokener_error_desc(json_tokener_get_error(tok)));
    else if (member(o, "record"))
        ok = begin(r, o, why);
    else if (!r->begun)
        ok = err_set(why, ERR_MISSING, "no recording: its first line is missing") == ERR_OK;
    else
        ok = decide(r, o, why);
    json_object_put(o);
    json_tokener_free(tok);
    return ok;
}
struct replay *replay_new(void)
{
    return array(1, sizeof(struct replay));
}
void replay_free(struct replay *r)
{
    if (r)
        clear(r);
    free(r);
}
const char *replay_circuit(const struct replay *r, int i)
{
    return i >= 0 && i < r->conf.circuits_n ? r->circuit_ids[i] : "";
}
