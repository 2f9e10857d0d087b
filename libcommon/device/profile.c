/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/device/profile.h"
#include "libcommon/io/yaml.h"

RECORD_STRUCT(point_conf, POINT_ROWS)
RECORD_STRUCT(step_conf, STEP_ROWS)
CONF_DEFINE(profile_conf, PROFILE_ROWS, "A device profile")
CONF_DEFINE(modbus_conf, MODBUS_ROWS, "How its registers are read")
CONF_DEFINE(point_conf, POINT_ROWS, "A value of the device")
CONF_DEFINE(step_conf, STEP_ROWS, "A write of a sequence")

/* ---- values shared by points and steps ---- */
static void read_scale(struct yml_report *r, const struct yml_node *n, const char *text,
                       double *out)
{
    *out = 1;
    if (text[0] && (!str_f64(str_of(text), out) || *out == 0))
        yml_error(r, yml_find(n, "scale"), "scale: expected a number other than 0, got %s", text);
}

/* Protocol address of a key; maps are often printed in hex. */
static int32_t read_address(struct yml_report *r, const struct yml_node *n, const char *key,
                            const char *text)
{
    int64_t v = -1;
    if (!str_i64(str_of(text), &v) || v < 0 || v > 65535)
        yml_error(r, yml_find(n, key), "%s: expected an address 0 to 65535, got %s", key, text);
    return (int32_t)clamp_i32(sat_i32(v), 0, 65535);
}

static void read_nan(struct yml_report *r, const struct yml_node *n, const char *text,
                     struct reg_format *f)
{
    int64_t bits;
    struct str s = str_of(text);
    if (s.len == 0)
        return;
    if (str_eq(s, "standard")) {
        f->nan = REG_NAN_STANDARD;
    } else if (str_eq(s, "zero")) {
        f->nan = REG_NAN_ZERO;
    } else if (str_i64(s, &bits) && bits >= 0) {
        f->nan = REG_NAN_GIVEN;
        f->nan_bits = (uint64_t)bits;
    } else {
        yml_error(r, yml_find(n, "nan"), "nan: expected standard, zero or a bit pattern, got %s",
                  text);
    }
}

static void read_refs(struct yml_report *r, const struct yml_node *n, const char *text,
                      struct profile_point *p)
{
    struct str rest = str_of(text);
    while (rest.len) {
        struct str alt = str_word(&rest, '|');
        struct err_text why;
        if (p->nalts == PROFILE_ALTS_MAX) {
            yml_error(r, yml_find(n, "sunspec"), "sunspec: more than %d places", PROFILE_ALTS_MAX);
            return;
        }
        if (sun_ref_parse(alt, &p->alts[p->nalts++], &why) != ERR_OK)
            yml_error(r, yml_find(n, "sunspec"), "sunspec: %s", why.s);
    }
}

static bool one_place(struct yml_report *r, const struct yml_node *n, bool address, bool sunspec)
{
    if (address != sunspec)
        return true;
    yml_error(r, n,
              address ? "expected address or sunspec, not both"
                      : "expected an address, or sunspec: \"MODEL: POINT\"");
    return false;
}

/* ---- points ---- */
/* Unit of a SunSpec point: every alternative must be of the right kind. */
static void sunspec_unit(struct yml_report *r, const struct yml_node *n, struct profile_point *p)
{
    const struct quantity_row *row = quantity_of(p->q);
    for (int i = 0; i < p->nalts && p->alts[i].n; i++) {
        const struct sun_point *sp = sun_point_of(p->alts[i].lo[0], str_of(p->alts[i].name));
        double f;
        bool text = sp && sp->type == REG_TYPE_STR;
        if (!sp)
            continue; /* reported by read_refs */
        if (!unit_factor(row->dim, str_of(sp->unit), &f) || text != (row->dim == DIM_TEXT))
            yml_error(r, yml_find(n, "sunspec"), "sunspec: %s is in %s, but %s is in %s",
                      p->alts[i].name,
                      text          ? "words"
                      : sp->unit[0] ? sp->unit
                                    : "no unit",
                      row->word, row->dim == DIM_TEXT ? "words" : unit_words(row->dim));
        p->factor *= i == 0 ? f : 1; /* the same dimension has the same unit in all models */
    }
}

static void plain_unit(struct yml_report *r, const struct yml_node *n, const struct point_conf *c,
                       struct profile_point *p)
{
    const struct quantity_row *row = quantity_of(p->q);
    double f = 1;
    if (!unit_factor(row->dim, str_of(c->unit), &f)) {
        const struct yml_node *at = yml_find(n, "unit");
        yml_error(r, at ? at : n, "unit: expected %s, got %s", unit_words(row->dim),
                  c->unit[0] ? c->unit : "none");
    }
    p->factor *= f;
    if ((p->fmt.type == REG_TYPE_STR) != (row->dim == DIM_TEXT))
        yml_error(r, n, "type: expected %s, got %s", row->dim == DIM_TEXT ? "str" : "a number type",
                  enum_text(&reg_type_enum, (int)p->fmt.type));
    if (p->fmt.type == REG_TYPE_STR && !c->count.set)
        yml_error(r, n, "count: a str needs its number of registers");
}

static void read_point(struct yml_report *r, const struct yml_node *n, struct profile *out)
{
    struct point_conf c;
    struct profile_point *p = &out->points[out->npoints];
    const struct modbus_conf *m = &out->modbus;
    *p = (struct profile_point){.q = quantity_from(out->head.class, n->key), .minus = -1};
    if (p->q == QUANTITY_COUNT) {
        struct yml_node at = {
            .line = n->key_line, .col = n->key_col, .key_line = n->key_line, .key_col = n->key_col};
        yml_error(r, &at, "unknown value \"%.40s\" for a %s", n->key.p,
                  enum_text(&device_class_enum, (int)out->head.class));
        return;
    }
    if (!yml_decode(&point_conf_record, n, &c, r) ||
        !one_place(r, n, c.address[0] != '\0', c.sunspec[0] != '\0'))
        return;
    p->group = c.group ? c.group : quantity_of(p->q)->group;
    read_scale(r, n, c.scale, &p->factor);
    p->factor *= c.negate ? -1 : 1;
    if (c.sunspec[0]) {
        read_refs(r, n, c.sunspec, p);
        sunspec_unit(r, n, p);
        out->sunspec = true;
    } else {
        p->function = (uint8_t)(c.function.set ? c.function.v : m->function);
        p->address = (uint16_t)read_address(r, n, "address", c.address);
        p->minus = c.minus[0] ? read_address(r, n, "minus", c.minus) : -1;
        p->fmt.type = c.type ? c.type : m->type;
        p->fmt.low_word_first = (c.words ? c.words : m->words) == REG_WORDS_LOW;
        p->fmt.count = (uint8_t)c.count.v;
        read_nan(r, n, c.nan, &p->fmt);
        plain_unit(r, n, &c, p);
    }
    out->npoints++;
}

/* ---- sequences ---- */
static void read_value(struct yml_report *r, const struct yml_node *n, const char *text,
                       struct profile_step *s)
{
    s->var = (enum variable)enum_from(&variable_enum, str_of(text));
    if (s->var || str_f64(str_of(text), &s->constant))
        return;
    char words[160];
    struct buf b = buf_of(words, sizeof words);
    for (int i = 1; i < variable_enum.n; i++)
        buf_addf(&b, "%s%s", i > 1 ? ", " : "", variable_enum.texts[i]);
    yml_error(r, yml_find(n, "value"), "value: expected a number or one of %s, got %s", words,
              text);
}

static void read_step(struct yml_report *r, const struct yml_node *n, struct profile *out,
                      struct profile_step *s)
{
    struct step_conf c;
    *s = (struct profile_step){0};
    if (!yml_decode(&step_conf_record, n, &c, r) ||
        !one_place(r, n, c.address[0] != '\0', c.sunspec[0] != '\0'))
        return;
    read_value(r, n, c.value, s);
    read_scale(r, n, c.scale, &s->scale);
    s->round = c.round;
    s->optional = c.optional;
    s->function = (uint8_t)(c.function.set ? c.function.v : out->modbus.write_function);
    if (s->function > 6 && s->function != 16)
        yml_error(r, n, "function: expected 5, 6 or 16, got %d", s->function);
    if (c.address[0])
        s->address = (uint16_t)read_address(r, n, "address", c.address);
    s->fmt.type = c.type ? c.type : out->modbus.type;
    s->fmt.low_word_first = (c.words ? c.words : out->modbus.words) == REG_WORDS_LOW;
    s->sunspec = c.sunspec[0] != '\0';
    out->sunspec = out->sunspec || s->sunspec;
    struct err_text why;
    if (s->sunspec && sun_ref_parse(str_of(c.sunspec), &s->ref, &why) != ERR_OK)
        yml_error(r, yml_find(n, "sunspec"), "sunspec: %s", why.s);
    if (!s->sunspec && s->function < 16 && reg_count(&s->fmt) > 1)
        yml_error(r, n, "function %d writes one register, the type has more", s->function);
}

static void read_sequence(struct yml_report *r, const struct yml_node *n, struct profile *out)
{
    int seq = enum_from(&sequence_enum, n->key);
    bool inverter = out->head.class == CLASS_INVERTER;
    bool battery = out->head.class == CLASS_BATTERY;
    bool mine = inverter  ? seq == SEQUENCE_LIMIT || seq == SEQUENCE_RELEASE
                : battery ? seq && seq != SEQUENCE_RELEASE
                          : false;
    if (!mine) {
        yml_error(r, n, "unknown sequence \"%.40s\": expected %s", n->key.p,
                  inverter  ? "limit or release"
                  : battery ? "normal, hold, charge, limit or power"
                            : "none for a meter");
        return;
    }
    if (n->kind != YML_LIST || n->n == 0 || n->n > PROFILE_STEPS_MAX) {
        yml_error(r, n, "expected a list of 1 to %d writes", PROFILE_STEPS_MAX);
        return;
    }
    for (const struct yml_node *i = n->first; i; i = i->next)
        read_step(r, i, out, &out->steps[seq][out->nsteps[seq]++]);
}

/* ---- the file ---- */
bool profile_parse(const struct yml_node *root, enum device_class c, struct profile *out,
                   struct yml_report *r)
{
    static const char *const known[] = {"class",  "vendor", "model",  "untested",
                                        "modbus", "points", "control"};
    static const struct yml_node none = {
        .kind = YML_MAP, .line = 1, .col = 1, .key_line = 1, .key_col = 1};
    *out = (struct profile){0};
    yml_check_keys(r, root, known, COUNT_OF(known));
    const struct yml_node *modbus = yml_find(root, "modbus"), *points = yml_find(root, "points");
    if (!yml_decode_some(&profile_conf_record, root, &out->head, r) ||
        !yml_decode(&modbus_conf_record, modbus ? modbus : &none, &out->modbus, r))
        return false;
    if (out->head.class != c) {
        yml_error(r, yml_find(root, "class"), "class: expected %s, got %s",
                  enum_text(&device_class_enum, (int)c),
                  enum_text(&device_class_enum, (int)out->head.class));
        return false;
    }
    if (!points || points->kind != YML_MAP || points->n == 0 || points->n > PROFILE_POINTS_MAX) {
        yml_error(r, points ? points : root, "points: expected 1 to %d values of the device",
                  PROFILE_POINTS_MAX);
        return false;
    }
    for (const struct yml_node *n = points->first; n; n = n->next) {
        snprintf(r->where, sizeof r->where, "points.%.40s", n->key.p);
        read_point(r, n, out);
    }
    const struct yml_node *control = yml_find(root, "control");
    for (const struct yml_node *n = control ? control->first : NULL; n; n = n->next) {
        snprintf(r->where, sizeof r->where, "control.%.40s", n->key.p);
        read_sequence(r, n, out);
    }
    r->where[0] = '\0';
    return r->errors == 0;
}

bool profile_load(const char *path, enum device_class c, struct profile *out, struct yml_report *r)
{
    struct yml_node *root = yml_load(path, r, NULL);
    bool ok = root && profile_parse(root, c, out, r);
    yml_free(root);
    return ok;
}
