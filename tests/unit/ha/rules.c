/* SPDX-License-Identifier: Apache-2.0 */
#include "rules.h"
#include <json-c/json.h>

#define COMMON                                                                                     \
    "platform", "unique_id", "default_entity_id", "name", "state_topic", "value_template",         \
        "entity_category", "availability", "device_class"
static const char *const root_keys[] = {
    "device", "origin", "availability", "availability_mode", "qos", "components", NULL};
static const char *const device_keys[] = {"identifiers",   "name",       "manufacturer", "model",
                                          "serial_number", "sw_version", "hw_version",   NULL};
static const char *const origin_keys[] = {"name", "sw_version", NULL};
static const char *const entry_keys[] = {"topic", "value_template", NULL};
static const char *const sensor_keys[] = {COMMON,
                                          "unit_of_measurement",
                                          "state_class",
                                          "suggested_display_precision",
                                          "expire_after",
                                          "options",
                                          NULL};
static const char *const binary_keys[] = {COMMON, "expire_after", NULL};
static const char *const select_keys[] = {COMMON, "command_topic", "retain", "options", NULL};
static const char *const number_keys[] = {COMMON,
                                          "command_topic",
                                          "command_template",
                                          "retain",
                                          "unit_of_measurement",
                                          "mode",
                                          "min",
                                          "max",
                                          "step",
                                          NULL};

static const char *const switch_keys[] = {COMMON,        "command_topic", "retain",    "payload_on",
                                          "payload_off", "state_on",      "state_off", NULL};
static const char *const text_keys[] = {COMMON, "command_topic", "retain",  "min",
                                        "max",  "mode",          "pattern", NULL};

static const struct platform {
    const char *name;
    const char *const *keys;
    bool writes;
} platforms[] = {{"sensor", sensor_keys, false}, {"binary_sensor", binary_keys, false},
                 {"select", select_keys, true},  {"number", number_keys, true},
                 {"switch", switch_keys, true},  {"text", text_keys, true}};

/* platform, class, unit (NULL: must have none), state class (NULL: none) */
static const struct {
    const char *platform, *device_class, *unit, *state_class;
} fits[] = {
    {"sensor", "power", "W", "measurement"},
    {"sensor", "apparent_power", "VA", "measurement"},
    {"sensor", "energy", "kWh", "total_increasing"},
    {"sensor", "energy_storage", "kWh", "measurement"},
    {"sensor", "battery", "%", "measurement"},
    {"sensor", "current", "A", "measurement"},
    {"sensor", "voltage", "V", "measurement"},
    {"sensor", "frequency", "Hz", "measurement"},
    {"sensor", "temperature", "°C", "measurement"},
    {"sensor", "enum", NULL, NULL},
    {"sensor", "timestamp", NULL, NULL},
    {"sensor", NULL, "EUR/kWh", "measurement"},
    {"sensor", NULL, "kWh", "measurement"},
    {"sensor", NULL, "km", "measurement"},
    {"sensor", NULL, "%", "measurement"},
    {"sensor", NULL, "min", "measurement"},
    {"sensor", NULL, NULL, "measurement"},
    {"sensor", NULL, NULL, NULL},
    {"binary_sensor", "connectivity", NULL, NULL},
    {"binary_sensor", "running", NULL, NULL},
    {"binary_sensor", NULL, NULL, NULL},
    {"number", "current", "A", NULL},
    {"number", "power", "W", NULL},
    {"number", "energy", "kWh", NULL},
    {"number", NULL, "%", NULL},
    {"number", NULL, NULL, NULL},
    {"switch", NULL, NULL, NULL},
    {"text", NULL, NULL, NULL},
    {"select", NULL, NULL, NULL},
};

static struct err_text fault;
#define NEED(cond, ...)                                                                            \
    do {                                                                                           \
        if (!(cond) && !fault.s[0])                                                                \
            err_set(&fault, ERR_SYNTAX, __VA_ARGS__);                                              \
    } while (0)

static const char *text(json_object *o, const char *key)
{
    json_object *v;
    return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_string)
               ? json_object_get_string(v)
               : NULL;
}
static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}
static bool made_of(const char *s, const char *also)
{
    static const char base[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    for (; s && *s; s++)
        if (!strchr(base, *s) && !strchr(also, *s))
            return false;
    return s != NULL;
}

static void closed(json_object *o, const char *const *keys, const char *where)
{
    NEED(json_object_is_type(o, json_type_object), "%s: no object", where);
    if (fault.s[0])
        return;
    json_object_object_foreach(o, key, value)
    {
        bool known = false;
        for (int i = 0; keys[i]; i++)
            known = known || strcmp(keys[i], key) == 0;
        NEED(known, "%s: unknown key %s", where, key);
        NEED(value, "%s: %s is null", where, key);
        const char *s =
            json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "x";
        NEED(s[0], "%s: %s is empty", where, key);
    }
}

static void check_availability(json_object *list, const char *where)
{
    NEED(json_object_is_type(list, json_type_array) && json_object_array_length(list) > 0,
         "%s: availability is no list", where);
    for (size_t i = 0; !fault.s[0] && i < json_object_array_length(list); i++) {
        json_object *e = json_object_array_get_idx(list, i);
        closed(e, entry_keys, where);
        NEED(text(e, "topic") && text(e, "value_template"), "%s: availability topic", where);
    }
}

static void check_template(const char *t, const char *where)
{
    int depth = 0;
    for (; t && *t; t++)
        depth += *t == '{' ? 1 : *t == '}' ? -1 : 0;
    NEED(depth == 0, "%s: braces of the template", where);
}

static void check_options(json_object *o, const char *where)
{
    json_object *list;
    bool have = json_object_object_get_ex(o, "options", &list);
    bool want = same(text(o, "device_class"), "enum") || same(text(o, "platform"), "select");
    NEED(have == want, "%s: options", where);
    NEED(!have || json_object_array_length(list) > 0, "%s: no option", where);
}

static double num(json_object *o, const char *key)
{
    json_object *v;
    bool have = json_object_object_get_ex(o, key, &v) &&
                (json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_double));
    NEED(have, "%s: no number", key);
    return have ? json_object_get_double(v) : 0;
}

static void check_writing(json_object *o, bool writes, const char *where)
{
    json_object *retain;
    NEED((text(o, "command_topic") != NULL) == writes, "%s: command_topic", where);
    NEED(json_object_object_get_ex(o, "retain", &retain) == writes, "%s: retain", where);
    NEED(!writes || json_object_get_boolean(retain), "%s: retain is not true", where);
    const char *category = text(o, "entity_category");
    NEED(!category || same(category, writes ? "config" : "diagnostic"), "%s: entity_category",
         where);
    if (same(text(o, "platform"), "number")) {
        NEED(num(o, "min") <= num(o, "max"), "%s: min above max", where);
        NEED(num(o, "step") >= 0.001, "%s: step", where);
    }
}

static void unique(struct rules *r, const char *kind, const char *value)
{
    char t[128];
    snprintf(t, sizeof t, "%s %s", kind, value ? value : "");
    for (int i = 0; i < r->n; i++)
        NEED(strcmp(r->ids[i], t) != 0, "%s: used twice", t);
    if (r->n < (int)COUNT_OF(r->ids))
        str_copyz(r->ids[r->n++], sizeof r->ids[0], t);
}

static void check_component(struct rules *r, const char *device, const char *key, json_object *o)
{
    const struct platform *p = NULL;
    for (size_t i = 0; i < COUNT_OF(platforms); i++)
        if (same(text(o, "platform"), platforms[i].name))
            p = &platforms[i];
    NEED(p, "%s: platform", key);
    if (!p)
        return;
    closed(o, p->keys, key);
    NEED(text(o, "name") && text(o, "state_topic") && text(o, "unique_id"), "%s: key missing", key);
    NEED(!strpbrk(text(o, "state_topic") ? text(o, "state_topic") : "", "+#"), "%s: wildcard", key);
    const char *entity = text(o, "default_entity_id");
    NEED(made_of(entity, ".") && strncmp(entity, p->name, strlen(p->name)) == 0 &&
             entity[strlen(p->name)] == '.',
         "%s: default_entity_id %s", key, entity ? entity : "-");
    bool fit = false;
    for (size_t i = 0; i < COUNT_OF(fits); i++)
        fit = fit || (same(fits[i].platform, p->name) &&
                      same(fits[i].device_class, text(o, "device_class")) &&
                      same(fits[i].unit, text(o, "unit_of_measurement")) &&
                      same(fits[i].state_class, text(o, "state_class")));
    NEED(fit, "%s: class, unit and state class do not fit", key);
    check_options(o, key);
    check_writing(o, p->writes, key);
    check_template(text(o, "value_template"), key);
    json_object *list;
    if (json_object_object_get_ex(o, "availability", &list))
        check_availability(list, key);
    char id[128];
    snprintf(id, sizeof id, "%s %s", p->name, text(o, "unique_id") ? text(o, "unique_id") : "");
    unique(r, "id", id);
    snprintf(id, sizeof id, "%s %s", device, text(o, "name") ? text(o, "name") : "");
    unique(r, "name", id);
}

static void check_device(json_object *o, char *id, size_t cap)
{
    json_object *device, *list;
    NEED(json_object_object_get_ex(o, "device", &device), "no device");
    if (fault.s[0])
        return;
    closed(device, device_keys, "device");
    bool have = json_object_object_get_ex(device, "identifiers", &list) &&
                json_object_is_type(list, json_type_array) && json_object_array_length(list) == 1;
    NEED(have, "device: identifiers");
    if (have)
        str_copyz(id, cap, json_object_get_string(json_object_array_get_idx(list, 0)));
}

static void check_root(struct rules *r, json_object *o)
{
    char device[64] = "";
    json_object *origin = NULL, *list, *components = NULL;
    closed(o, root_keys, "root");
    check_device(o, device, sizeof device);
    NEED(json_object_object_get_ex(o, "origin", &origin), "no origin");
    if (origin)
        closed(origin, origin_keys, "origin");
    NEED(origin && text(origin, "name"), "origin: name");
    if (json_object_object_get_ex(o, "availability", &list)) {
        check_availability(list, "root");
        NEED(same(text(o, "availability_mode"), "all"), "availability_mode");
    }
    NEED(json_object_object_get_ex(o, "components", &components) &&
             json_object_object_length(components) > 0,
         "no components");
    if (fault.s[0])
        return;
    json_object_object_foreach(components, key, value)
    {
        check_component(r, device, key, value);
    }
}

static void check_topic(const char *topic)
{
    static const char head[] = "homeassistant/device/", tail[] = "/config";
    size_t n = strlen(topic), h = strlen(head), t = strlen(tail);
    bool framed = n > h + t && strncmp(topic, head, h) == 0 && strcmp(topic + n - t, tail) == 0;
    NEED(framed, "topic %s", topic);
    char id[160];
    if (framed) {
        str_copy(id, sizeof id, (struct str){topic + h, n - h - t});
        NEED(made_of(id, "-"), "topic %s", topic);
    }
}

struct err_text rules_check(struct rules *r, const char *topic, const char *json)
{
    fault.s[0] = '\0';
    check_topic(topic);
    json_object *o = json_tokener_parse(json);
    NEED(json_object_is_type(o, json_type_object), "no JSON object");
    if (!fault.s[0])
        check_root(r, o);
    json_object_put(o);
    return fault;
}
