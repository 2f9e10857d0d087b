/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/site/names.h"
#include "libcommon/io/yaml.h"

enum { WORDS = 7 };
struct words {
    struct str w[WORDS];
    int n;
};
static const char *const times[] = {
#define T(name, doc) #name,
    SITE_TIMES(T)
#undef T
};

static bool split(struct str name, struct words *out)
{
    for (out->n = 0; name.p && out->n < WORDS;) {
        struct str word = str_word(&name, '.');
        out->w[out->n++] = word;
        if (word.len == 0)
            return false;
        if (name.len == 0)
            return word.p + word.len == name.p; /* a point at the end leaves p behind it */
    }
    return false;
}

/* ---- the way to a number inside of a message ---- */
static enum err last_part(const struct field *f, const struct words *w, int at, int each,
                          struct site_name *out, struct err_text *why)
{
    static const char *const phases[] = {"l1", "l2", "l3"};
    struct str part = at < w->n ? w->w[at] : str_of("");
    out->part = -1;
    if (f->kind == KIND_PHASES) {
        for (int p = 0; p < PHASES; p++)
            if (str_eq(part, phases[p]))
                out->part = p;
        if (str_eq(part, "each") && each >= 0)
            out->part = each;
        if (out->part < 0)
            return err_set(why, ERR_UNKNOWN, "%s: expected .l1, .l2 or .l3%s behind it", f->name,
                           each >= 0 ? " or .each" : "");
    } else if (f->kind == KIND_ENUM) {
        out->part = part.len ? enum_from(f->en, part) : 0;
        if (out->part == 0)
            return err_set(why, ERR_UNKNOWN, "%s: expected one of its words behind it, such as .%s",
                           f->name, f->en->texts[1]);
    }
    int used = at + (out->part >= 0);
    if (used < w->n)
        return err_set(why, ERR_UNKNOWN, "%s: nothing may follow it, got .%.*s", f->name,
                       STR_ARG(w->w[used]));
    return ERR_OK;
}
static enum err find_field(const struct record *r, const struct words *w, int at, int each,
                           struct site_name *out, struct err_text *why)
{
    for (out->nfields = 0; at < w->n && out->nfields < NAME_FIELDS; at++) {
        const struct field *f = record_field(r, w->w[at]);
        if (!f)
            return ERR_MISSING; /* perhaps of another message of this id */
        out->fields[out->nfields++] = f;
        if (f->kind == KIND_STR || f->kind == KIND_LIST || f->kind == KIND_IDS)
            return err_set(why, ERR_UNKNOWN, "%s is no number", f->name);
        if (f->kind != KIND_REC)
            return last_part(f, w, at + 1, each, out, why);
        r = f->rec;
    }
    return err_set(why, ERR_UNKNOWN, "expected the name of a field at its end");
}

/* ---- which message ---- */
static const struct site_section_row *section_of(struct str cls, enum site_section *sec)
{
    for (int i = 0; i < SITE_SECTIONS; i++) {
        const struct site_section_row *row = site_section_row((enum site_section)i);
        *sec = (enum site_section)i;
        if (row->map && str_eq(cls, row->one))
            return row;
    }
    return NULL;
}
/* A tariff may be named by its kind. */
static const char *tariff_of(const struct site *s, struct str word)
{
    for (int i = 0; i < s->tariffs_n; i++)
        if (str_eq(word, s->tariffs[i].id))
            return s->tariffs[i].id;
    for (int i = 0; i < s->tariffs_n; i++)
        if (str_eq(word, enum_text(&tariff_kind_enum, (int)s->tariffs[i].conf.kind)))
            return s->tariffs[i].id;
    return NULL;
}
/* Meters that the controller derives from others. */
static bool is_derived(struct str cls, struct str word)
{
    for (int i = 0; str_eq(cls, "meter") && i < DERIVED_COUNT; i++)
        if (str_eq(word, derived_rows[i].id))
            return true;
    return false;
}
static enum err find_id(const struct site *s, struct str cls, struct str word,
                        struct site_name *out, struct err_text *why)
{
    enum site_section sec;
    const struct site_section_row *row = section_of(cls, &sec);
    bool is_id = str_is_id(word);
    str_copy(out->id, sizeof out->id, word);
    if (str_eq(cls, "tariff")) {
        const char *id = tariff_of(s, word);
        str_copyz(out->id, sizeof out->id, id ? id : "");
        is_id = id != NULL;
    } else if (row && is_id) {
        is_id = site_find(s, sec, out->id) != NULL || is_derived(cls, word);
    }
    if (!is_id && row)
        return err_set(why, ERR_UNKNOWN, "%.*s %.*s is not under %s", STR_ARG(cls), STR_ARG(word),
                       row->name);
    return is_id ? ERR_OK : err_set(why, ERR_UNKNOWN, "expected an id behind %.*s.", STR_ARG(cls));
}
/* The words of a name against the path of a message: "meter/+/state". On a match *at is the first
 * word of the field. `named`: the last part of the path must be there, else it must not. */
static bool path_fits(const char *path, const struct words *w, bool named, int *at, struct str *id)
{
    struct str rest = str_of(path);
    int i = 0, part = 0;
    *id = str_of("");
    while (rest.len) {
        struct str want = str_word(&rest, '/');
        bool last = rest.len == 0;
        if (part == 1 && str_eq(want, "+") && str_eq(w->w[0], "site")) {
            part++;
            continue; /* the site has no id */
        }
        if (last && !named && !str_eq(want, "+"))
            break;
        if (i >= w->n)
            return false;
        if (str_eq(want, "+"))
            *id = w->w[i];
        else if (want.len != w->w[i].len || memcmp(want.p, w->w[i].p, want.len) != 0)
            return false;
        i++;
        part++;
    }
    *at = i;
    return true;
}
static bool ends_with(const char *path, const char *leaf)
{
    size_t n = strlen(path), k = strlen(leaf);
    return n > k && strcmp(path + n - k, leaf) == 0;
}
/* In which messages a field is looked for, when the leaf is not named. */
static int rank_of(const struct message *m)
{
    return ends_with(m->path, "/state") ? 0 : ends_with(m->path, "/control") ? 1 : 2;
}
static bool may_be_read(const struct message *m)
{
    const char *plus = strchr(m->path, '+');
    return m->writer != WRITER_INBOX && !ends_with(m->path, "/marker") && plus &&
           !strchr(plus + 1, '+');
}
static enum err find_message(const struct site *s, const struct words *w, int each,
                             struct site_name *out, struct err_text *why)
{
    bool known = false;
    enum err found = ERR_MISSING;
    /* rank -1: the leaf is named */
    for (int rank = -1; rank < 3 && found == ERR_MISSING; rank++)
        for (int m = 0; m < MSG_COUNT && found == ERR_MISSING; m++) {
            const struct message *msg = message_of((enum message_id)m);
            struct str id;
            int at;
            if (!may_be_read(msg) || (rank >= 0 && rank_of(msg) != rank) ||
                !path_fits(msg->path, w, rank < 0, &at, &id))
                continue;
            known = true;
            out->msg = (enum message_id)m;
            if (!id.p || id.len == 0)
                str_copyz(out->id, sizeof out->id, s->general.site);
            else if (find_id(s, w->w[0], id, out, why) != ERR_OK)
                return ERR_UNKNOWN;
            found = find_field(msg->rec, w, at, each, out, why);
        }
    if (found != ERR_MISSING)
        return found;
    if (!known)
        return err_set(why, ERR_UNKNOWN,
                       "expected a class (meter, battery, charger, circuit, site, variable, time "
                       "…), an id and a field, got \"%.*s\"",
                       (int)min_i32(40, (int)w->w[0].len), w->w[0].p);
    return err_set(why, ERR_UNKNOWN, "%.*s has no field \"%.*s\"; docs/mqtt.md lists them",
                   STR_ARG(w->w[0]), (int)min_i32(60, (int)w->w[w->n - 1].len), w->w[w->n - 1].p);
}
static enum err find_time(struct str word, struct site_name *out, struct err_text *why)
{
    out->kind = NAME_TIME;
    for (int i = 0; i < SITE_TIME_COUNT; i++)
        if (str_eq(word, times[i])) {
            out->item = i;
            return ERR_OK;
        }
    const char *near = yml_nearest(word, times, SITE_TIME_COUNT);
    return err_set(why, ERR_UNKNOWN, "there is no time.%.*s%s%s", STR_ARG(word),
                   near ? "; did you mean time." : "", near ? near : "");
}
static enum err find_variable(const struct site *s, struct str word, struct site_name *out,
                              struct err_text *why)
{
    out->kind = NAME_VARIABLE;
    for (int i = 0; i < s->variables_n; i++)
        if (str_eq(word, s->variables[i].id)) {
            out->item = i;
            return ERR_OK;
        }
    return err_set(why, ERR_UNKNOWN, "variable %.*s is not under variables", STR_ARG(word));
}
enum err site_name_find(const struct site *s, struct str name, int each, struct site_name *out,
                        struct err_text *why)
{
    struct words w;
    memset(out, 0, sizeof *out);
    if (!split(name, &w))
        return err_set(why, ERR_UNKNOWN, "expected a name such as meter.grid.power_w, got \"%.*s\"",
                       STR_ARG(name));
    if (w.n == 2 && str_eq(w.w[0], "time"))
        return find_time(w.w[1], out, why);
    if (w.n == 2 && str_eq(w.w[0], "variable"))
        return find_variable(s, w.w[1], out, why);
    return find_message(s, &w, each, out, why);
}

/* ---- values ---- */
static struct expr_value opt(bool set, double v)
{
    return set ? expr_known(v) : (struct expr_value){0, false};
}
static struct expr_value number(const struct field *f, const char *p, int part)
{
    int e;
    switch (f->kind) {
    case KIND_BOOL:
        if (f->required)
            return expr_known(*(const bool *)p);
        return opt(((const struct opt_bool *)(const void *)p)->set,
                   ((const struct opt_bool *)(const void *)p)->v);
    case KIND_I32:
        if (f->required)
            return expr_known(*(const int32_t *)(const void *)p);
        return opt(((const struct opt_i32 *)(const void *)p)->set,
                   ((const struct opt_i32 *)(const void *)p)->v);
    case KIND_I64:
    case KIND_TIME:
        if (f->required)
            return expr_known((double)*(const int64_t *)(const void *)p);
        return opt(((const struct opt_i64 *)(const void *)p)->set,
                   (double)((const struct opt_i64 *)(const void *)p)->v);
    case KIND_ENUM: memcpy(&e, p, sizeof e); return opt(e != 0, e == part);
    case KIND_PHASES: {
        const struct phases_i32 *v = (const void *)p;
        return opt(phase_set(v, part), v->v[part]);
    }
    default: break;
    }
    assert(false); /* find_field lets no other kind through */
    return opt(false, 0);
}
struct expr_value site_name_read(const struct site_name *n, const void *body)
{
    const char *p = body;
    assert(n->kind == NAME_FIELD && n->nfields > 0);
    for (int i = 0; i < n->nfields - 1; i++) {
        const struct field *f = n->fields[i];
        if (!f->required && !*(const bool *)(p + f->off2))
            return opt(false, 0);
        p += f->off;
    }
    const struct field *f = n->fields[n->nfields - 1];
    return number(f, p + f->off, n->part);
}
double site_time_value(enum site_time t, struct civil c)
{
    switch (t) {
    case SITE_TIME_hour: return c.hour;
    case SITE_TIME_minute: return c.minute;
    case SITE_TIME_minutes: return 60 * c.hour + c.minute;
    case SITE_TIME_weekday: return c.weekday + 1;
    case SITE_TIME_day: return c.day;
    case SITE_TIME_month: return c.month;
    case SITE_TIME_year: return c.year;
    case SITE_TIME_COUNT: break;
    }
    return 0;
}
bool site_name_same(const struct site_name *a, const struct site_name *b)
{
    if (a->kind != b->kind || a->item != b->item || a->msg != b->msg || a->part != b->part ||
        a->nfields != b->nfields || strcmp(a->id, b->id) != 0)
        return false;
    return memcmp(a->fields, b->fields, sizeof a->fields) == 0;
}
