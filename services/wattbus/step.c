/* SPDX-License-Identifier: Apache-2.0
 * step.c -- lines of JSON to the core's configuration and snapshot, its decisions back. */
#include "services/wattbus/step.h"
#include <json-c/json.h>
#include <math.h>

enum {
    MAX_AGE_MS = 10000,
    FRAME_MIN_MS = 1000, /* the shortest declared interval of the grid meter */
    FRAME_MAX_MS = 60000,
    NESTING = 8,
    VOLT_MV = 230000,
    START_MS = 1000000, /* of our monotonic clock at the first frame */
};
struct step_session {
    bool hello, begun;
    int64_t first_ms, last_ms; /* of now_ms */
    struct control_config conf;
    struct control_circuit_conf circuit;
    struct control_charger_conf chargers[STEP_CHARGERS];
    uint8_t rotation[STEP_CHARGERS];
    char ids[STEP_CHARGERS][40];
    struct control_state state;
    struct control_circuit_state circuit_state;
    struct control_charger_state charger_states[STEP_CHARGERS];
    int16_t order[STEP_CHARGERS];
    struct control_snapshot in;
    struct control_reading circuit_in;
    struct control_charger_in charger_ins[STEP_CHARGERS];
    struct control_out out;
    struct control_decision decisions[STEP_CHARGERS];
    struct control_circuit_out circuit_out;
};

/* ---- members, each with its default ---- */
static struct json_object *member(struct json_object *o, const char *key)
{
    struct json_object *v = NULL;
    if (!o || !json_object_is_type(o, json_type_object))
        return NULL;
    json_object_object_get_ex(o, key, &v);
    return v;
}
static bool is_number(struct json_object *v)
{
    return json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_double);
}
/* Bounded as on the bus; the core counts on that. */
static int32_t rounded(double v)
{
    return isfinite(v) ? (int32_t)lround(fmax(-CURRENT_HI, fmin(CURRENT_HI, v))) : 0;
}
static double number_or(struct json_object *o, const char *key, double otherwise)
{
    struct json_object *v = member(o, key);
    return is_number(v) ? json_object_get_double(v) : otherwise;
}
static int32_t i32_or(struct json_object *o, const char *key, int32_t otherwise)
{
    struct json_object *v = member(o, key);
    return is_number(v) ? rounded(json_object_get_double(v)) : otherwise;
}
static bool flag_or(struct json_object *o, const char *key, bool otherwise)
{
    struct json_object *v = member(o, key);
    return json_object_is_type(v, json_type_boolean) ? json_object_get_boolean(v) : otherwise;
}
static const char *text_or(struct json_object *o, const char *key, const char *otherwise)
{
    struct json_object *v = member(o, key);
    return json_object_is_type(v, json_type_string) ? json_object_get_string(v) : otherwise;
}
static struct opt_i32 opt_of(struct json_object *o, const char *key)
{
    struct json_object *v = member(o, key);
    return is_number(v) ? SOME_I32(rounded(json_object_get_double(v))) : (struct opt_i32){0};
}
/* Three numbers, given for terminals 1..3, as phases of the grid. */
static struct phases_i32 phases_of(struct json_object *o, const char *key, int rotation)
{
    struct phases_i32 p = {{0}, 0};
    struct json_object *list = member(o, key);
    if (!json_object_is_type(list, json_type_array) || json_object_array_length(list) != PHASES)
        return p;
    for (size_t k = 0; k < PHASES; k++) {
        struct json_object *v = json_object_array_get_idx(list, k);
        if (is_number(v))
            phase_put(&p, ((int)k + rotation) % PHASES, rounded(json_object_get_double(v)));
    }
    return p;
}

/* ---- hello ---- */
static int rotation_of(const char *text)
{
    return strcmp(text, "L2L3L1") == 0 ? 1 : strcmp(text, "L3L1L2") == 0 ? 2 : 0;
}
static bool read_charger_conf(struct step_session *s, int i, struct json_object *o)
{
    struct control_charger_conf *k = &s->chargers[i];
    const char *id = text_or(o, "id", "");
    s->rotation[i] = (uint8_t)rotation_of(text_or(o, "rotation", ""));
    uint8_t first = (uint8_t)(1u << s->rotation[i]);
    int32_t phases = i32_or(o, "phases", 3);
    *k = (struct control_charger_conf){
        .phases = phases == 1 ? first : ALL_PHASES,
        .one_phase = first,
        .can_switch = phases == 3 && flag_or(o, "can_switch", false),
        .priority = (uint8_t)clamp_i32(i32_or(o, "priority", 1), 1, 99),
        .min_ma = i32_or(o, "min_current_ma", 6000),
        .max_ma = i32_or(o, "max_current_ma", 16000),
        .switch_pause_ms = i32_or(o, "switch_pause_ms", 180000),
    };
    k->fallback_ma = k->min_ma;
    return *id && str_copyz(s->ids[i], sizeof s->ids[i], id) && k->min_ma > 0 &&
           k->max_ma >= k->min_ma;
}
static const char *read_hello(struct step_session *s, struct json_object *root)
{
    struct json_object *site = member(root, "site"), *list = member(site, "chargers");
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    int32_t fuse_ma = i32_or(site, "fuse_ma", 0);
    if (fuse_ma <= 0 || n > STEP_CHARGERS)
        return "site: expected fuse_ma above 0 and at most 64 chargers";
    memset(s, 0, sizeof *s);
    s->conf = control_config_default();
    s->circuit = (struct control_circuit_conf){
        .parent = -1, .phases = ALL_PHASES, .metered = true, .max_current_ma = fuse_ma};
    for (size_t i = 0; i < n; i++)
        if (!read_charger_conf(s, (int)i, json_object_array_get_idx(list, i)))
            return "site.chargers: expected id, and currents with minimum <= maximum";
    struct json_object *battery = member(site, "battery");
    s->conf.imbalance_va = i32_or(site, "imbalance_va", s->conf.imbalance_va);
    s->conf.grid_target_w = i32_or(site, "grid_target_w", s->conf.grid_target_w);
    s->conf.has_battery = json_object_is_type(battery, json_type_object);
    s->conf.circuits = &s->circuit;
    s->conf.chargers = s->chargers;
    s->conf.circuits_n = 1;
    s->conf.chargers_n = (int)n;
    s->state.chargers = s->charger_states;
    s->state.circuits = &s->circuit_state;
    s->state.order = s->order;
    s->in.circuits = &s->circuit_in;
    s->in.chargers = s->charger_ins;
    s->in.config_agreed = true;
    s->out.chargers = s->decisions;
    s->out.circuits = &s->circuit_out;
    s->hello = true;
    return NULL;
}

/* ---- frames ---- */
static void read_grid(struct step_session *s, struct json_object *grid, int64_t now_ms,
                      int32_t interval_ms)
{
    struct phases_i32 power_w = phases_of(grid, "p_w", 0), ma = phases_of(grid, "i_ma", 0);
    if (!power_w.set && !ma.set)
        return; /* the last that was heard of it ages */
    s->in.grid = (struct control_reading){
        .at = {now_ms - clamp_i32(i32_or(grid, "age_ms", 0), 0, 86400000)},
        .rule = {interval_ms, max_i32(MAX_AGE_MS, 3 * interval_ms)},
        .power_phase_w = power_w,
        .current_ma = ma,
        .known = true,
    };
    for (int p = 0; p < PHASES; p++)
        phase_put(&s->in.grid.voltage_mv, p, VOLT_MV);
}
static enum charge_mode mode_of(const char *text)
{
    int v = enum_from(&charge_mode_enum, str_of(text));
    return v > 0 ? (enum charge_mode)v : CHARGE_MODE_LOCK;
}
static void read_charger(struct step_session *s, int i, struct json_object *o, int64_t now_ms,
                         int32_t interval_ms)
{
    static const struct {
        char letter;
        enum evse_state state;
    } states[] = {{'A', EVSE_STATE_A}, {'B', EVSE_STATE_B}, {'C', EVSE_STATE_C},
                  {'D', EVSE_STATE_D}, {'E', EVSE_STATE_E}, {'F', EVSE_STATE_F}};
    struct control_charger_in *in = &s->charger_ins[i];
    char letter = text_or(o, "state", "")[0];
    in->known = true;
    in->online = flag_or(o, "online", true);
    for (size_t k = 0; k < COUNT_OF(states); k++)
        if (letter == states[k].letter)
            in->state = states[k].state;
    in->mode = mode_of(text_or(o, "mode", "lock"));
    in->solar_share_pm = clamp_i32(rounded(number_or(o, "solar_share", 0.5) * 1000), 0, 1000);
    in->start_power_w = opt_of(o, "start_power_w");
    in->use_battery = flag_or(o, "use_house_battery", false);
    if (!in->online)
        return; /* the readings are the last known ones */
    in->applied_ma = opt_of(o, "offered_ma");
    in->contacts_closed = opt_of(o, "phases_active");
    in->meas = (struct control_reading){
        .at = {now_ms},
        .rule = {interval_ms, max_i32(60000, 3 * interval_ms)},
        .power_w = opt_of(o, "p_w"),
        .current_ma = phases_of(o, "i_ma", s->rotation[i]),
        .known = true,
    };
}
static int charger_by_id(const struct step_session *s, const char *id)
{
    for (int i = 0; i < s->conf.chargers_n; i++)
        if (strcmp(s->ids[i], id) == 0)
            return i;
    return -1;
}
static const char *read_frame(struct step_session *s, struct json_object *root, struct now *now)
{
    struct json_object *ms = member(root, "now_ms"), *list = member(root, "chargers");
    if (!json_object_is_type(ms, json_type_int))
        return "expected now_ms";
    int64_t at = json_object_get_int64(ms);
    if (at < 0 || at > TIME_HI || (s->begun && at < s->last_ms))
        return "now_ms goes back";
    if (!s->begun)
        s->first_ms = s->last_ms = at;
    int32_t interval = clamp_i32(sat_i32(at - s->last_ms), FRAME_MIN_MS, FRAME_MAX_MS);
    *now = (struct now){{START_MS + at - s->first_ms}, {at}};
    read_grid(s, member(root, "grid"), now->mono.ms, interval);
    s->in.battery_w = opt_of(member(root, "battery"), "p_w");
    s->in.consume_w = opt_of(member(root, "limit"), "consume_w");
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t k = 0; k < n; k++) {
        struct json_object *o = json_object_array_get_idx(list, k);
        int i = charger_by_id(s, text_or(o, "id", ""));
        if (i >= 0)
            read_charger(s, i, o, now->mono.ms, interval);
    }
    s->last_ms = at;
    if (!s->begun)
        control_init(&s->state, &s->conf, *now);
    s->begun = true;
    return NULL;
}

/* ---- answers ---- */
static void write_decisions(const struct step_session *s, struct buf *out)
{
    const char *comma = "";
    buf_addz(out, "{\"set\":[");
    for (int i = 0; i < s->conf.chargers_n; i++) {
        const struct control_decision *d = &s->decisions[i];
        struct reason why;
        if (!d->send)
            continue;
        control_reason_text(&d->reason, "house", &why);
        buf_addz(out, comma);
        buf_addz(out, "{\"id\":");
        buf_add_json_str(out, str_of(s->ids[i]));
        buf_addf(out, ",\"current_ma\":%d,\"phases\":%d,\"why\":", d->current_ma, d->contacts);
        buf_add_json_str(out, str_of(why.text));
        buf_addz(out, "}");
        comma = ",";
    }
    buf_addf(out, "],\"battery\":{\"block_discharge\":%s}}",
             s->out.battery.block_discharge ? "true" : "false");
}
static bool refuse(struct buf *out, const char *why)
{
    buf_addz(out, "{\"error\":");
    buf_add_json_str(out, str_of(why));
    buf_addz(out, ",\"set\":[]}");
    return false;
}
static bool answer(struct step_session *s, struct json_object *root, struct buf *out)
{
    struct now now;
    if (!json_object_is_type(root, json_type_object))
        return refuse(out, "expected a JSON object");
    if (member(root, "hello")) {
        const char *why = read_hello(s, root);
        if (why)
            return refuse(out, why);
        buf_addz(out, "{\"hello\":1,\"name\":\"wattbus " WATTBUS_VERSION "\"}");
        return true;
    }
    if (!s->hello)
        return refuse(out, "expected hello first");
    const char *why = read_frame(s, root, &now);
    if (why)
        return refuse(out, why);
    control_step(&s->state, &s->in, &s->conf, now, &s->out);
    write_decisions(s, out);
    return true;
}
bool step_line(struct step_session *s, struct str line, struct buf *out)
{
    struct json_tokener *parser = json_tokener_new_ex(NESTING);
    if (!parser)
        abort();
    struct json_object *root =
        line.len < INT32_MAX ? json_tokener_parse_ex(parser, line.p, (int)line.len) : NULL;
    bool whole = root && json_tokener_get_error(parser) == json_tokener_success &&
                 str_trim((struct str){line.p + json_tokener_get_parse_end(parser),
                                       line.len - json_tokener_get_parse_end(parser)})
                         .len == 0;
    bool good = whole ? answer(s, root, out) : refuse(out, "not one JSON object");
    json_object_put(root);
    json_tokener_free(parser);
    return good;
}
struct step_session *step_new(void)
{
    struct step_session *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    return s;
}
void step_free(struct step_session *s)
{
    free(s);
}
