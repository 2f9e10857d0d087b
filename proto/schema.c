/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/schema.h"

static void indent(struct buf *b, int depth)
{
    buf_addz(b, "\n");
    for (int i = 0; i < depth; i++)
        buf_addz(b, "  ");
}

static void schema_object(const struct record *r, struct buf *b, int depth);

static void schema_number(const struct field *f, struct buf *b)
{
    buf_addf(b, "\"type\": \"integer\", \"minimum\": %" PRId64 ", \"maximum\": %" PRId64, f->lo,
             f->hi);
}

static void schema_enum(const struct enum_desc *e, struct buf *b)
{
    buf_addz(b, "\"enum\": [");
    for (int i = 1; i < e->n; i++) {
        buf_addz(b, i > 1 ? ", " : "");
        buf_add_json_str(b, str_of(e->texts[i]));
    }
    buf_addz(b, "]");
}

static void schema_items(const struct field *f, struct buf *b, int depth)
{
    switch (f->kind) {
    case KIND_PHASES:
        buf_addf(b,
                 "\"type\": \"array\", \"minItems\": 3, \"maxItems\": 3, \"items\": {\"type\": "
                 "[\"integer\", \"null\"], \"minimum\": %" PRId64 ", \"maximum\": %" PRId64 "}",
                 f->lo, f->hi);
        return;
    case KIND_IDS:
        buf_addf(b,
                 "\"type\": \"array\", \"maxItems\": %u, \"items\": {\"type\": \"string\", "
                 "\"maxLength\": %d}",
                 f->cap, ID_CAP - 1);
        return;
    default: break;
    }
    buf_addf(b, "\"type\": \"array\", \"maxItems\": %u, \"items\": {", f->cap);
    schema_object(f->rec, b, depth + 1);
    buf_addz(b, "}");
}

static void schema_field(const struct field *f, struct buf *b, int depth)
{
    buf_addf(b, "\"%s\": {", f->name);
    switch (f->kind) {
    case KIND_BOOL: buf_addz(b, "\"type\": \"boolean\""); break;
    case KIND_I32:
    case KIND_I64:
    case KIND_TIME: schema_number(f, b); break;
    case KIND_STR: buf_addf(b, "\"type\": \"string\", \"maxLength\": %u", f->cap - 1u); break;
    case KIND_ENUM: schema_enum(f->en, b); break;
    case KIND_REC: schema_object(f->rec, b, depth + 1); break;
    case KIND_PHASES:
    case KIND_LIST:
    case KIND_IDS: schema_items(f, b, depth); break;
    }
    buf_addz(b, ", \"description\": ");
    char text[256];
    snprintf(text, sizeof text, "%s%s%s%s", f->doc, f->unit[0] ? " [" : "", f->unit,
             f->unit[0] ? "]" : "");
    buf_add_json_str(b, str_of(text));
    buf_addz(b, "}");
}

static void schema_object(const struct record *r, struct buf *b, int depth)
{
    buf_addz(b, "\"type\": \"object\", \"required\": [");
    const char *sep = "";
    for (int i = 0; i < r->nfields; i++) {
        if (!r->fields[i].required)
            continue;
        buf_addf(b, "%s\"%s\"", sep, r->fields[i].name);
        sep = ", ";
    }
    buf_addz(b, "], \"properties\": {");
    for (int i = 0; i < r->nfields; i++) {
        buf_addz(b, i ? "," : "");
        indent(b, depth + 1);
        schema_field(&r->fields[i], b, depth + 1);
    }
    indent(b, depth);
    buf_addz(b, "}");
}

void schema_write(const struct message *m, struct buf *b)
{
    buf_addz(b, "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n");
    buf_addf(b, "  \"title\": \"%s\",\n  \"description\": ", m->name);
    buf_add_json_str(b, str_of(m->doc));
    buf_addz(b, ",\n  ");
    schema_object(m->rec, b, 1);
    buf_addz(b, "\n}\n");
}

/* ---- docs/mqtt.md ---- */

static void doc_type(const struct field *f, struct buf *b)
{
    switch (f->kind) {
    case KIND_BOOL: buf_addz(b, "true or false"); return;
    case KIND_I32:
    case KIND_I64: buf_addf(b, "%" PRId64 "..%" PRId64, f->lo, f->hi); return;
    case KIND_TIME: buf_addz(b, "time"); return;
    case KIND_STR: buf_addf(b, "text ≤ %u", f->cap - 1u); return;
    case KIND_PHASES: buf_addf(b, "[L1,L2,L3] of %" PRId64 "..%" PRId64, f->lo, f->hi); return;
    case KIND_REC: buf_addf(b, "[%s](#%s)", f->rec->name, f->rec->name); return;
    case KIND_LIST: buf_addf(b, "≤ %u × [%s](#%s)", f->cap, f->rec->name, f->rec->name); return;
    case KIND_IDS: buf_addf(b, "≤ %u ids", f->cap); return;
    case KIND_ENUM: break;
    }
    for (int i = 1; i < f->en->n; i++)
        buf_addf(b, "%s`%s`", i > 1 ? " " : "", f->en->texts[i]);
}

static void doc_record(const struct record *r, struct buf *b)
{
    buf_addz(b, "\n| field | | unit | value | meaning |\n| --- | --- | --- | --- | --- |\n");
    for (int i = 0; i < r->nfields; i++) {
        const struct field *f = &r->fields[i];
        buf_addf(b, "| `%s` | %s | %s | ", f->name, f->required ? "always" : "", f->unit);
        doc_type(f, b);
        buf_addf(b, " | %s |\n", f->doc);
    }
}

static void doc_overrides(struct buf *b)
{
    buf_addz(b,
             "\n## Overrides\n\n"
             "Topic `wattbus/<site>/<class>/<id>/override/<field>`, retained. The payload is the "
             "value alone (`solar_pure`, `8000`)\nor `{\"value\": …, \"until\": …}` with a time "
             "(ISO 8601 with zone, or UTC ms) or `\"unplugged\"`. An empty payload or\n`auto` "
             "ends the override. The service that obeys takes it, clears the topic and shows the "
             "result in `control`.\n\n"
             "| class | field | unit | value | meaning |\n| --- | --- | --- | --- | --- |\n");
    for (int i = 0; i < override_rows_n; i++) {
        const struct override_row *o = &override_rows[i];
        struct field f = {.name = o->field, .kind = o->kind, .en = o->en, .lo = o->lo, .hi = o->hi};
        buf_addf(b, "| %s | `%s` | %s | ", o->cls, o->field, o->unit);
        doc_type(&f, b);
        buf_addf(b, " | %s |\n", o->doc);
    }
}

static const struct record *const parts[] = {
    &fault_record, &reason_record,  &param_record,   &request_result_record, &phase_change_record,
    &slot_record,  &applied_record, &counter_record, &shown_override_record, &quarter_record,
};

static void doc_derived(struct buf *b)
{
    buf_addz(b, "\n## Derived meters\n\n"
                "The controller publishes these as `meter/<id>/info` and `meter/<id>/state` with "
                "role `display`, at most once a second.\nA value that cannot be known is left "
                "out. Energies are counters of the devices where they have some, else\n"
                "integrated.\n\n| id | name | power_w |\n| --- | --- | --- |\n");
    for (int i = 0; i < DERIVED_COUNT; i++)
        buf_addf(b, "| `%s` | %s | %s |\n", derived_rows[i].id, derived_rows[i].name,
                 derived_rows[i].doc);
}

void mqtt_doc_write(struct buf *b)
{
    buf_addz(
        b, "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
           "<!-- Made from proto/rows.h by proto-gen; edit the rows, not this file. -->\n"
           "# The MQTT contract\n\n"
           "Every topic is `wattbus/<site>/<path>`, QoS 1 and retained; every payload is one JSON "
           "object in UTF-8 with the whole\nstate. The site is `home` by default; ids are the keys "
           "of site.yaml. Times are milliseconds since 1970 (UTC). Power is\npositive when drawn "
           "from the grid, consumed or charged; an inverter's power is positive when it produces. "
           "Phases are the\ngrid's L1, L2, L3. Unknown fields are ignored; fields that are missing "
           "or `null` have no value (never 0).\n\n"
           "Age is in the message: older than 3 × `interval_ms` is suspect, older than "
           "`max_age_ms` is missing. A setpoint is a\nlease: it holds `valid_ms` from a live (not "
           "retained) receipt. JSON Schemas are in `proto/schema/`.\n\n"
           "| topic | written by | what |\n| --- | --- | --- |\n");
    for (int i = 0; i < MSG_COUNT; i++) {
        const struct message *m = message_of((enum message_id)i);
        buf_addf(b, "| [`%s`](#%s) | %s | %s |\n", m->path, m->rec->name, writer_text(m->writer),
                 m->doc);
    }
    doc_overrides(b);
    doc_derived(b);
    buf_addz(b, "\n## Messages\n");
    for (int i = 0; i < MSG_COUNT; i++) {
        const struct message *m = message_of((enum message_id)i);
        buf_addf(b, "\n### %s\n\n`%s`: %s.\n", m->rec->name, m->path, m->doc);
        doc_record(m->rec, b);
    }
    buf_addz(b, "\n## Parts of messages\n");
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        buf_addf(b, "\n### %s\n\n%s.\n", parts[i]->name, parts[i]->doc);
        doc_record(parts[i], b);
    }
}
