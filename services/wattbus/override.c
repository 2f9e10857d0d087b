/* SPDX-License-Identifier: Apache-2.0 */
#include "services/wattbus/override.h"
#include "libcommon/io/yaml.h"
#include "proto/codec.h"
#include "services/wattbus/cli.h"

static enum err find_row(const char *target, const char *field, struct order *o,
                         struct err_text *why)
{
    id_text cls;
    char known[200];
    struct buf b = buf_of(known, sizeof known);
    if (!cli_target(target, cls, o->id))
        return err_set(why, ERR_SYNTAX, "target: expected such as charger/garage, got %s", target);
    for (int i = 0; i < override_rows_n; i++) {
        if (strcmp(override_rows[i].cls, cls) != 0)
            continue;
        if (strcmp(override_rows[i].field, field) == 0) {
            o->row = i;
            return ERR_OK;
        }
        buf_addf(&b, "%s%s", b.len ? ", " : "", override_rows[i].field);
    }
    if (!b.len)
        return err_set(why, ERR_UNKNOWN, "nothing can be set on this: %s", cls);
    return err_set(why, ERR_UNKNOWN, "field: expected one of %s, got %s", known, field);
}

/* A word, in quotes. */
static enum err word_text(const struct override_row *row, const char *value, struct buf *out,
                          struct err_text *why)
{
    if (!str_is_text(str_of(value)) || strlen(value) > (size_t)row->hi)
        return err_set(why, ERR_RANGE, "%s: expected a text of at most %" PRId64 " bytes",
                       row->field, row->hi);
    buf_add_json_str(out, str_of(value));
    return ERR_OK;
}

/* The value in the row's unit, as it stands in the payload. */
static enum err value_text(const struct override_row *row, const char *value, struct buf *out,
                           struct err_text *why)
{
    int64_t v;
    if (row->kind == KIND_STR || row->kind == KIND_BOOL) {
        struct override_row text = *row;
        text.hi = row->kind == KIND_STR ? row->hi : 8;
        return word_text(&text, value, out, why);
    }
    if (row->kind == KIND_ENUM) {
        if (enum_from(row->en, str_of(value))) {
            buf_addf(out, "\"%s\"", value);
            return ERR_OK;
        }
        char list[160];
        struct buf b = buf_of(list, sizeof list);
        for (int i = 1; i < row->en->n; i++)
            buf_addf(&b, "%s, ", row->en->texts[i]);
        return err_set(why, ERR_UNKNOWN, "%s: expected one of %sclear, got %s", row->field, list,
                       value);
    }
    if (!unit_parse(row->unit, "", str_of(value), &v))
        return err_set(why, ERR_SYNTAX, "%s: expected %s or auto, got %s", row->field,
                       unit_expected(row->unit, "").s, value);
    if (v < row->lo || v > row->hi)
        return err_set(why, ERR_RANGE, "%s: expected %s to %s, got %s", row->field,
                       unit_format(row->unit, "", row->lo).s, unit_format(row->unit, "", row->hi).s,
                       value);
    buf_addi(out, v);
    return ERR_OK;
}

/* Today's or tomorrow's HH:MM on this machine's clock. */
static int64_t next_clock_ms(int32_t minutes, struct wall now)
{
    time_t t = (time_t)(now.ms / 1000);
    struct tm tm;
    localtime_r(&t, &tm);
    tm.tm_hour = minutes / 60;
    tm.tm_min = minutes % 60;
    tm.tm_sec = 0;
    tm.tm_isdst = -1;
    struct tm again = tm;
    int64_t at = (int64_t)mktime(&tm) * 1000;
    if (at > now.ms)
        return at;
    again.tm_mday++;
    return (int64_t)mktime(&again) * 1000;
}

/* JSON of "until"; a time with zone is left to the payload's own check. */
static enum err until_text(const char *until, struct wall now, char out[64], struct err_text *why)
{
    int64_t span;
    int32_t minutes;
    if (unit_parse("ms", "", str_of(until), &span) && span > 0)
        snprintf(out, 64, "%" PRId64, now.ms + span);
    else if (site_parse_clock(until, &minutes))
        snprintf(out, 64, "%" PRId64, next_clock_ms(minutes, now));
    else if (strlen(until) < 40 && str_is_text(str_of(until)) && !strpbrk(until, "\"\\"))
        snprintf(out, 64, "\"%s\"", until);
    else
        return err_set(why, ERR_SYNTAX,
                       "--until: expected 18:00, 2 h, unplugged or a time with zone");
    return ERR_OK;
}

static bool is_clear(const struct override_row *row, const char *value)
{
    bool word = row->kind == KIND_ENUM && enum_from(row->en, str_of(value));
    return !word && (strcmp(value, "auto") == 0 || strcmp(value, "clear") == 0);
}

enum err order_make(const char *site, const char *target, const char *field, const char *value,
                    const char *until, struct wall now, struct order *out, struct err_text *why)
{
    char when[64] = "";
    struct buf b = buf_of(out->payload, sizeof out->payload);
    *out = (struct order){0};
    enum err rc = find_row(target, field, out, why);
    if (rc != ERR_OK)
        return rc;
    const struct override_row *row = &override_rows[out->row];
    bool clear = is_clear(row, value);
    if (until)
        rc = clear ? err_set(why, ERR_STATE, "--until goes with a value, not with %s", value)
                   : until_text(until, now, when, why);
    /* Alone it goes as a plain scalar, as people send it by hand. */
    bool plain = !until && row->kind != KIND_STR;
    buf_addz(&b, until ? "{\"value\":" : "");
    if (rc == ERR_OK && !clear)
        rc = value_text(row, value, &b, why);
    if (rc != ERR_OK)
        return rc;
    if (until)
        buf_addf(&b, ",\"until\":%s}", when);
    if (plain && b.len > 1 && b.p[0] == '"') {
        memmove(b.p, b.p + 1, b.len - 2);
        b.p[b.len - 2] = '\0';
    }
    out->topic = topic_override(site, out->row, out->id);
    return override_decode(out->row, target, str_of(out->payload), &out->value, why);
}

/* ---- the control message of its class ---- */
enum message_id order_control(const struct order *o)
{
    char path[64];
    int m = 0;
    snprintf(path, sizeof path, "%s/+/control", override_rows[o->row].cls);
    while (m < MSG_COUNT && strcmp(message_of((enum message_id)m)->path, path) != 0)
        m++;
    return (enum message_id)m;
}
static const struct field *control_field(const struct order *o, const char *name)
{
    return record_field(message_of(order_control(o))->rec, str_of(name));
}
const struct request_result *order_results(const struct order *o, const void *k, int *n)
{
    const struct field *f = control_field(o, "results");
    uint16_t count = 0;
    if (f)
        memcpy(&count, (const char *)k + f->off2, sizeof count);
    *n = count;
    return f ? (const void *)((const char *)k + f->off) : NULL;
}
static enum source mode_source(const struct order *o, const void *k)
{
    const struct field *f = control_field(o, "mode_source");
    enum source s = SOURCE_UNSET;
    if (f)
        memcpy(&s, (const char *)k + f->off, sizeof s);
    return s;
}
static bool until_unplugged(const struct order *o, const void *k)
{
    const struct field *f = control_field(o, "until_unplugged");
    const struct opt_bool *b = f ? (const void *)((const char *)k + f->off) : NULL;
    return b && b->set && b->v;
}
static const char *reason_text(const struct order *o, const void *k)
{
    const struct field *f = control_field(o, "reason");
    const struct reason *r = f ? (const void *)((const char *)k + f->off) : NULL;
    return r ? r->text : "";
}
/* What the control message says of this override, as a number and as people read it; false when it
 * is absent there. */
static bool shown_value(const struct order *o, const void *k, int64_t *v, const char **text)
{
    const struct override_row *row = &override_rows[o->row];
    const struct field *f = control_field(o, row->shown_as);
    const void *p = (const char *)k + f->off;
    int e;
    *text = NULL;
    assert(f->kind == KIND_ENUM || !f->required);
    switch (f->kind) {
    case KIND_ENUM:
        memcpy(&e, p, sizeof e);
        *v = e;
        *text = enum_text(f->en, e);
        return e != 0;
    case KIND_STR:
        *text = p;
        *v = 0;
        return **text != '\0';
    case KIND_BOOL:
        *v = ((const struct opt_bool *)p)->v;
        *text = *v ? "true" : "false";
        return ((const struct opt_bool *)p)->set;
    default: *v = ((const struct opt_i32 *)p)->v; return ((const struct opt_i32 *)p)->set;
    }
}

static bool is_mode(const struct order *o)
{
    return strcmp(override_rows[o->row].field, "mode") == 0;
}

bool order_is_shown(const struct order *o, const void *k)
{
    int64_t v = 0;
    const char *text;
    bool there = shown_value(o, k, &v, &text);
    if (is_mode(o) && (mode_source(o, k) == SOURCE_OVERRIDE) == o->value.clear)
        return false;
    /* Other fields may show their default when the override is gone, so any answer will do. */
    if (o->value.clear)
        return true;
    if (override_rows[o->row].kind == KIND_STR)
        return there && strcmp(text, o->value.text) == 0;
    return (there && v == o->value.value) || (!there && o->value.value == 0);
}

void order_describe(const struct order *o, const void *k, struct buf *out)
{
    const struct override_row *row = &override_rows[o->row];
    int64_t v = 0;
    const char *text;
    buf_addf(out, "%s/%s: %s ", row->cls, o->id, row->field);
    if (!shown_value(o, k, &v, &text))
        buf_addz(out, "automatic");
    else
        buf_addz(out, text ? text : unit_format(row->unit, "", v).s);
    if (is_mode(o) && mode_source(o, k) != SOURCE_UNSET)
        buf_addf(out, " (%s%s)", enum_text(&source_enum, (int)mode_source(o, k)),
                 until_unplugged(o, k) ? " until unplugged" : "");
    if (reason_text(o, k)[0])
        buf_addf(out, "; %s", reason_text(o, k));
}
