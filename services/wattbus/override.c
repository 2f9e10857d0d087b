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

/* The value in the row's unit, as it stands in the payload. */
static enum err value_text(const struct override_row *row, const char *value, char out[48],
                           struct err_text *why)
{
    int64_t v;
    if (row->kind == KIND_ENUM) {
        if (enum_from(row->en, str_of(value))) {
            snprintf(out, 48, "\"%s\"", value);
            return ERR_OK;
        }
        char list[160];
        struct buf b = buf_of(list, sizeof list);
        for (int i = 1; i < row->en->n; i++)
            buf_addf(&b, "%s, ", row->en->texts[i]);
        return err_set(why, ERR_UNKNOWN, "%s: expected one of %sauto, got %s", row->field, list,
                       value);
    }
    if (!unit_parse(row->unit, "", str_of(value), &v))
        return err_set(why, ERR_SYNTAX, "%s: expected %s or auto, got %s", row->field,
                       unit_expected(row->unit, "").s, value);
    if (v < row->lo || v > row->hi)
        return err_set(why, ERR_RANGE, "%s: expected %s to %s, got %s", row->field,
                       unit_format(row->unit, "", row->lo).s, unit_format(row->unit, "", row->hi).s,
                       value);
    snprintf(out, 48, "%" PRId64, v);
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

enum err order_make(const char *site, const char *target, const char *field, const char *value,
                    const char *until, struct wall now, struct order *out, struct err_text *why)
{
    char text[48] = "", when[64] = "";
    *out = (struct order){0};
    bool clear = strcmp(value, "auto") == 0 || strcmp(value, "clear") == 0;
    enum err rc = find_row(target, field, out, why);
    if (rc == ERR_OK && !clear)
        rc = value_text(&override_rows[out->row], value, text, why);
    if (rc == ERR_OK && until)
        rc = clear ? err_set(why, ERR_STATE, "--until goes with a value, not with %s", value)
                   : until_text(until, now, when, why);
    if (rc != ERR_OK)
        return rc;
    out->topic = topic_override(site, out->row, out->id);
    if (until)
        snprintf(out->payload, sizeof out->payload, "{\"value\":%s,\"until\":%s}", text, when);
    else if (text[0] == '"') /* a plain scalar, as people send it by hand */
        snprintf(out->payload, sizeof out->payload, "%.*s", (int)strlen(text) - 2, text + 1);
    else
        str_copyz(out->payload, sizeof out->payload, text);
    return override_decode(out->row, target, str_of(out->payload), &out->value, why);
}

/* The control message's field for this override; false when it is absent there. */
static bool shown_value(const struct order *o, const struct charger_control *k, int64_t *v)
{
    const struct override_row *row = &override_rows[o->row];
    const struct field *f = record_field(&charger_control_record, str_of(row->shown_as));
    const char *p = (const char *)k + f->off;
    int e;
    assert(f->kind == KIND_ENUM || (f->kind == KIND_I32 && !f->required));
    if (f->kind == KIND_ENUM) {
        memcpy(&e, p, sizeof e);
        *v = e;
        return e != 0;
    }
    const struct opt_i32 *n = (const void *)p;
    *v = n->v;
    return n->set;
}

static bool is_mode(const struct order *o)
{
    return strcmp(override_rows[o->row].field, "mode") == 0;
}

bool order_is_shown(const struct order *o, const struct charger_control *k)
{
    int64_t v = 0;
    bool there = shown_value(o, k, &v);
    if (is_mode(o) && (k->mode_source == SOURCE_OVERRIDE) == o->value.clear)
        return false;
    /* Other fields may show their default when the override is gone, so any answer will do. */
    return o->value.clear || (there && v == o->value.value);
}

void order_describe(const struct order *o, const struct charger_control *k, struct buf *out)
{
    const struct override_row *row = &override_rows[o->row];
    int64_t v = 0;
    buf_addf(out, "%s/%s: %s ", row->cls, o->id, row->field);
    if (!shown_value(o, k, &v))
        buf_addz(out, "automatic");
    else if (row->kind == KIND_ENUM)
        buf_addz(out, enum_text(row->en, (int)v));
    else
        buf_addz(out, unit_format(row->unit, "", v).s);
    if (is_mode(o) && k->mode_source != SOURCE_UNSET)
        buf_addf(out, " (%s%s)", enum_text(&source_enum, (int)k->mode_source),
                 k->until_unplugged.set && k->until_unplugged.v ? " until unplugged" : "");
    if (k->reason.text[0])
        buf_addf(out, "; %s", k->reason.text);
}
