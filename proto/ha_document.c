/* SPDX-License-Identifier: Apache-2.0
 * The device document. Home Assistant refuses all of it for one unknown key at its root, and an
 * entity for a unit that does not fit its class: the tables below hold what it accepts. */
#include "proto/ha_private.h"

/* HA class -> entity. */
static const struct look {
    const char *platform, *device_class, *state_class; /* NULL: none */
    int precision;                                     /* digits shown; -1: not a number */
    bool diagnostic;
} looks[] = {
    [HA_POWER] = {"sensor", "power", "measurement", 0, false},
    [HA_CURRENT] = {"sensor", "current", "measurement", 1, false},
    [HA_VOLTAGE] = {"sensor", "voltage", "measurement", 1, false},
    [HA_ENERGY] = {"sensor", "energy", "total_increasing", 2, false},
    [HA_FREQUENCY] = {"sensor", "frequency", "measurement", 2, false},
    [HA_SOC] = {"sensor", "battery", "measurement", 0, false},
    [HA_CAPACITY] = {"sensor", "energy_storage", "measurement", 1, false},
    [HA_PRICE] = {"sensor", NULL, "measurement", 4, false},
    [HA_TEMPERATURE] = {"sensor", "temperature", "measurement", 1, false},
    [HA_APPARENT] = {"sensor", "apparent_power", "measurement", 0, false},
    [HA_ENUM] = {"sensor", "enum", NULL, -1, false},
    [HA_TEXT] = {"sensor", NULL, NULL, -1, false},
    [HA_TIMESTAMP] = {"sensor", "timestamp", NULL, -1, false},
    [HA_NUMBER] = {"sensor", NULL, "measurement", -1, false},
    [HA_CONNECTIVITY] = {"binary_sensor", "connectivity", NULL, -1, true},
    [HA_RUNNING] = {"binary_sensor", "running", NULL, -1, false},
    [HA_FLAG] = {"binary_sensor", NULL, NULL, -1, false},
};

/* Our unit -> the unit people read, and what to divide by. */
static const struct scale {
    const char *ours, *theirs; /* NULL: none */
    int32_t div;
} scales[] = {
    {"", NULL, 1},       {"W", "W", 1},          {"VA", "VA", 1},
    {"mA", "A", 1000},   {"mV", "V", 1000},      {"Wh", "kWh", 1000},
    {"mHz", "Hz", 1000}, {"permille", "%", 10},  {"m°C", "°C", 1000},
    {"km", "km", 1},     {"1/1000", NULL, 1000}, {"micro/kWh", "/kWh", 1000000},
    {"ms", NULL, 1},     {"min", "min", 1},
};

/* Every unit of a row with a Home Assistant class is in the table. */
static const struct scale *scale_of(const char *unit)
{
    const struct scale *s = scales, *end = scales + COUNT_OF(scales);
    while (s < end && strcmp(s->ours, unit) != 0)
        s++;
    assert(s < end);
    return s;
}

/* ---- JSON: pairs with a comma before all but the first ---- */
static void pair(struct buf *b, const char *key)
{
    char last = b->len ? b->p[b->len - 1] : '{';
    buf_addf(b, "%s\"%s\":", last == '{' || last == '[' ? "" : ",", key);
}
static void pair_text(struct buf *b, const char *key, const char *text)
{
    if (!text || !text[0])
        return;
    pair(b, key);
    buf_add_json_str(b, str_of(text));
}
static void pair_int(struct buf *b, const char *key, int64_t v)
{
    pair(b, key);
    buf_addi(b, v);
}
/* v/div without its trailing zeros: 6500/1000 -> 6.5 */
static void pair_scaled(struct buf *b, const char *key, int32_t v, int32_t div)
{
    pair(b, key);
    buf_addf(b, "%.10g", (double)v / div);
}

/* ---- templates ---- */
/* What a template sees: none when the message does not have the field. */
static void value_of(const struct ha_slot *s, struct buf *b)
{
    const char *name = s->field->name;
    if (s->phase >= 0)
        buf_addf(b, "(value_json.%s | default([none, none, none]))[%d]", name, s->phase);
    else if (s->field->kind == KIND_REC)
        buf_addf(b, "(value_json.%s | default({})).text | default(none)", name);
    else
        buf_addf(b, "value_json.%s | default(none)", name);
}

enum { STATE_MAX = 255 }; /* longest state that Home Assistant takes */

static void value_template(const struct ha_slot *s, const char *fallback, struct buf *out)
{
    char text[320];
    struct buf b = buf_of(text, sizeof text);
    int32_t div = scale_of(s->field->unit)->div;
    buf_addz(&b, "{% set v = ");
    value_of(s, &b);
    buf_addf(&b, " %%}{{ %s if v is none else ", fallback);
    if (s->field->ha == HA_TIMESTAMP)
        buf_addz(&b, "(v / 1000) | timestamp_custom('%Y-%m-%dT%H:%M:%S+00:00', false)");
    else if (s->field->kind == KIND_BOOL)
        buf_addz(&b, "'ON' if v else 'OFF'");
    else if (div != 1)
        buf_addf(&b, "v / %d", (int)div);
    else
        buf_addz(&b, "v");
    if (s->field->kind == KIND_STR && s->field->cap > STATE_MAX)
        buf_addf(&b, "[:%d]", STATE_MAX);
    buf_addz(&b, " }}");
    assert(!b.cut);
    pair_text(out, "value_template", text);
}

/* ---- availability ---- */
static const char available[] = "{{ 'online' if value_json.online else 'offline' }}";
static void availability_entry(const char *topic, struct buf *b)
{
    buf_addz(b, b->p[b->len - 1] == '[' ? "{" : ",{");
    pair_text(b, "topic", topic);
    pair_text(b, "value_template", available);
    buf_addz(b, "}");
}

static bool is_service(const struct ha_device *d)
{
    return strcmp(d->cls, "service") == 0;
}

/* own: also by what the device says of itself. A service's device is seen by its last will, which
 * is a value of its own and no lack of one. */
static void availability(const struct ha_device *d, bool own, struct buf *b)
{
    if (is_service(d))
        return;
    pair(b, "availability");
    buf_addz(b, "[");
    availability_entry(topic_format(d->site, MSG_SERVICE_STATUS, d->service, NULL).s, b);
    for (int i = 0; i < d->shown_n && own; i++)
        if (d->shown[i].msg == MSG_CHARGER_STATE)
            availability_entry(topic_format(d->site, MSG_CHARGER_STATE, d->id, NULL).s, b);
    buf_addz(b, "]");
}

/* ---- entities ---- */
static void identity(const struct ha_device *d, const char *platform, const char *key,
                     struct buf *b)
{
    char text[160];
    pair_text(b, "platform", platform);
    snprintf(text, sizeof text, "%s_%s_%s_%s", d->site, d->cls, d->id, key);
    pair_text(b, "unique_id", text);
    snprintf(text, sizeof text, "%s.%s_%s_%s_%s", platform, d->site, d->cls, d->id, key);
    for (char *c = text; *c; c++)
        if (*c == '-') /* an entity id has none */
            *c = '_';
    pair_text(b, "default_entity_id", text);
}

static void unit(const struct ha_device *d, const struct scale *s, struct buf *b)
{
    char text[24];
    if (!s->theirs)
        return;
    bool price = s->theirs[0] == '/';
    snprintf(text, sizeof text, "%s%s", price ? d->currency : "", s->theirs);
    pair_text(b, "unit_of_measurement", text);
}

static void option(const char *text, struct buf *b)
{
    if (b->p[b->len - 1] != '[')
        buf_addz(b, ",");
    buf_add_json_str(b, str_of(text));
}
/* may_clear: with a choice that gives the setting back to the controller. */
static void options(const struct enum_desc *e, uint32_t values, bool may_clear, struct buf *b)
{
    pair(b, "options");
    buf_addz(b, "[");
    for (int i = 1; i < e->n; i++)
        if (values >> i & 1)
            option(e->texts[i], b);
    if (may_clear && !enum_from(e, str_of("auto")))
        option("auto", b);
    buf_addz(b, "]");
}

static void read_only(const struct ha_device *d, const struct ha_shown *m, const struct ha_slot *s,
                      struct buf *b)
{
    const struct look *l = &looks[s->field->ha];
    const struct scale *sc = scale_of(s->field->unit);
    pair_text(b, "device_class", l->device_class);
    pair_text(b, "state_class", l->state_class);
    if (l->state_class)
        unit(d, sc, b);
    if (l->precision >= 0)
        pair_int(b, "suggested_display_precision", l->precision);
    if (l->diagnostic)
        pair_text(b, "entity_category", "diagnostic");
    if (s->field->ha == HA_ENUM)
        options(s->field->en, UINT32_MAX, false, b);
    if (m->max_age_ms)
        pair_int(b, "expire_after", (m->max_age_ms + 999) / 1000);
    if (s->field->ha == HA_CONNECTIVITY)
        availability(d, false, b);
    value_template(s, "none", b);
}

static const char *platform_of(const struct override_row *o)
{
    switch (o->kind) {
    case KIND_ENUM: return "select";
    case KIND_BOOL: return "switch";
    case KIND_STR: return "text";
    default: return "number";
    }
}
static void settable_number(const struct ha_device *d, const struct override_row *o,
                            const struct ha_choice *c, struct buf *b)
{
    static const char *const classes[][2] = {{"mA", "current"}, {"W", "power"}, {"Wh", "energy"}};
    const struct scale *sc = scale_of(o->unit);
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if (strcmp(o->unit, classes[i][0]) == 0)
            pair_text(b, "device_class", classes[i][1]);
    unit(d, sc, b);
    pair_text(b, "entity_category", "config");
    pair_text(b, "mode", "box");
    pair_scaled(b, "min", c->lo, sc->div);
    pair_scaled(b, "max", c->hi, sc->div);
    pair_scaled(b, "step", c->step, sc->div);
    if (sc->div != 1) {
        char text[64];
        snprintf(text, sizeof text, "{{ (value * %d) | round | int }}", (int)sc->div);
        pair_text(b, "command_template", text);
    }
}
static void settable(const struct ha_device *d, int row, const struct ha_choice *c,
                     const struct ha_slot *s, struct buf *b)
{
    const struct override_row *o = &override_rows[row];
    char fallback[16] = "none";
    if (o->kind == KIND_STR)
        str_copyz(fallback, sizeof fallback, "''");
    else if (c->hi_is_default || c->lo_is_none)
        snprintf(fallback, sizeof fallback, "%.10g",
                 (double)(c->hi_is_default ? c->hi : c->lo) / scale_of(o->unit)->div);
    pair_text(b, "command_topic", topic_override(d->site, row, d->id).s);
    buf_addz(b, ",\"retain\":true");
    value_template(s, fallback, b);
    switch (o->kind) {
    case KIND_ENUM: options(o->en, c->values, true, b); return;
    case KIND_BOOL:
        pair_text(b, "entity_category", "config");
        pair_text(b, "payload_on", "true");
        pair_text(b, "payload_off", "false");
        pair_text(b, "state_on", "ON");
        pair_text(b, "state_off", "OFF");
        return;
    case KIND_STR:
        pair_text(b, "entity_category", "config");
        pair_int(b, "max", min_i64(o->hi, STATE_MAX));
        return;
    default: settable_number(d, o, c, b);
    }
}

/* The override row that this field shows, -1 when there is none or it is not offered. */
static int override_of(const struct ha_device *d, const struct ha_choice *choices,
                       enum message_id m, const struct field *f)
{
    struct str path = str_of(message_of(m)->path);
    bool control = path.len > 8 && memcmp(path.p + path.len - 8, "/control", 8) == 0;
    for (int i = 0; choices && control && i < override_rows_n; i++)
        if (choices[i].offered && strcmp(override_rows[i].cls, d->cls) == 0 &&
            strcmp(override_rows[i].shown_as, f->name) == 0)
            return i;
    return -1;
}

/* All entities of a message; returns how many. */
static int components(const struct ha_device *d, const struct ha_shown *m,
                      const struct ha_choice *choices, struct buf *b)
{
    int n = 0;
    struct ha_slot s;
    for (int i = 0; i < HA_SLOTS && ha_slot_at(m->msg, i, &s); i++) {
        int row = override_of(d, choices, m->msg, s.field);
        bool always = row >= 0 && (choices[row].hi_is_default || choices[row].lo_is_none ||
                                   override_rows[row].kind == KIND_STR);
        if (!always && !(m->seen >> i & 1))
            continue;
        char key[HA_KEY_CAP], name[64];
        struct buf nb = buf_of(name, sizeof name);
        ha_slot_key(&s, key);
        ha_slot_name(m->msg, &s, &nb);
        pair(b, key);
        buf_addz(b, "{");
        identity(d, row < 0 ? looks[s.field->ha].platform : platform_of(&override_rows[row]), key,
                 b);
        pair_text(b, "name", name);
        pair_text(b, "state_topic", topic_format(d->site, m->msg, d->id, NULL).s);
        if (row >= 0)
            settable(d, row, &choices[row], &s, b);
        else
            read_only(d, m, &s, b);
        buf_addz(b, "}");
        n++;
    }
    return n;
}

static void device(const struct ha_device *d, struct buf *b)
{
    buf_addf(b, "{\"device\":{\"identifiers\":[\"wattbus_%s_%s_%s\"]", d->site, d->cls, d->id);
    if (d->describes) {
        char name[96];
        snprintf(name, sizeof name, "%s %s", d->cls, d->id);
        name[0] = (char)(name[0] - 'a' + 'A');
        for (size_t i = 0; i < strlen(d->cls); i++)
            if (name[i] == '_')
                name[i] = ' ';
        pair_text(b, "name", d->name[0] ? d->name : name);
        pair_text(b, "manufacturer", d->vendor);
        pair_text(b, "model", d->model);
        pair_text(b, "serial_number", d->serial);
        pair_text(b, "sw_version", d->firmware);
        pair_text(b, "hw_version", d->hardware);
    }
    buf_addz(b, "},\"origin\":{\"name\":\"wattbus\",\"sw_version\":\"" WATTBUS_VERSION "\"}");
}

struct topic ha_topic(const struct ha_device *d)
{
    struct topic t;
    int n = snprintf(t.s, sizeof t.s, "homeassistant/device/%s_%s_%s__%s/config", d->site, d->cls,
                     d->id, d->service);
    assert(n > 0 && (size_t)n < sizeof t.s);
    return t;
}

enum err ha_document(const struct ha_device *d, const struct ha_choice *choices, struct buf *out)
{
    int n = 0;
    device(d, out);
    availability(d, true, out);
    if (!is_service(d))
        pair_text(out, "availability_mode", "all");
    pair_int(out, "qos", 1);
    pair(out, "components");
    buf_addz(out, "{");
    for (int i = 0; i < d->shown_n; i++)
        n += components(d, &d->shown[i], choices, out);
    buf_addz(out, "}}");
    return out->cut ? ERR_FULL : n ? ERR_OK : ERR_MISSING;
}
