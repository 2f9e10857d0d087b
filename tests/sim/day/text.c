/* SPDX-License-Identifier: Apache-2.0
 * text.c -- a day from a file and to a file, both driven by the rows. */
#include "libcommon/io/yaml.h"
#include "tests/sim/day/day.h"

ENUM_DEFINE(ill, ILL, ILL_VALUES)
CONF_DEFINE(day_circuit, DAY_CIRCUIT_ROWS, "a fuse")
CONF_DEFINE(day_charger, DAY_CHARGER_ROWS, "a wallbox")
CONF_DEFINE(day_car, DAY_CAR_ROWS, "a visit of a car")
CONF_DEFINE(day_load, DAY_LOAD_ROWS, "an appliance that runs once")
CONF_DEFINE(day_device, DAY_DEVICE_ROWS, "a load under control")
CONF_DEFINE(day_demand, DAY_DEMAND_ROWS, "what a load has use for")
CONF_DEFINE(day_order, DAY_ORDER_ROWS, "what a person does with a load")
CONF_DEFINE(day_sun, DAY_SUN_ROWS, "a step of the PV power")
CONF_DEFINE(day_cloud, DAY_CLOUD_ROWS, "a cloud")
CONF_DEFINE(day_change, DAY_CHANGE_ROWS, "what a person does")
CONF_DEFINE(day_price, DAY_PRICE_ROWS, "a price")
CONF_DEFINE(day_limit, DAY_LIMIT_ROWS, "a limit of the grid operator")
CONF_DEFINE(day_fault, DAY_FAULT_ROWS, "a fault")
CONF_DEFINE(day_battery, DAY_BATTERY_ROWS, "a house battery")
CONF_DEFINE(day_expect, DAY_EXPECT_ROWS, "what must be seen")
CONF_DEFINE(day, DAY_ROWS, "a day")

/* ---- defaults and names ---- */
static void defaults(const struct record *rec, void *dst)
{
    static struct yml_report ignored; /* required keys are missing, that is known */
    struct yml_node none = {.kind = YML_MAP, .line = 1, .col = 1};
    yml_report_init(&ignored, "defaults");
    ignored.currency = "EUR";
    bool complete = yml_decode(rec, &none, dst, &ignored);
    UNUSED(complete);
}
static void sections(struct day *d)
{
    if (!d->control_set)
        defaults(&control_conf_record, &d->control);
    if (!d->battery_set)
        defaults(&day_battery_record, &d->battery);
    d->control_set = d->battery_set = true;
}
void day_default(struct day *d)
{
    defaults(&day_record, d);
    sections(d);
}
void day_item(const struct record *rec, void *item)
{
    defaults(rec, item);
}
int day_circuit_index(const struct day *d, const char *id)
{
    for (int i = 0; i < d->circuits_n; i++)
        if (strcmp(d->circuits[i].id, id) == 0)
            return i;
    return id[0] ? -1 : 0;
}
int day_charger_index(const struct day *d, const char *id)
{
    for (int i = 0; i < d->chargers_n; i++)
        if (strcmp(d->chargers[i].id, id) == 0)
            return i;
    return -1;
}
int day_device_index(const struct day *d, const char *id)
{
    for (int k = 0; k < d->devices_n; k++)
        if (strcmp(d->devices[k].id, id) == 0)
            return k;
    return -1;
}
static bool wrong_name(char wrong[200], const char *what, const char *id)
{
    snprintf(wrong, 200, "there is no %s \"%s\"", what, id);
    return false;
}
bool day_date(const char *date, struct zone *zone, int64_t *first_ms)
{
    struct err_text why;
    struct target_when when;
    char midnight[40];
    snprintf(midnight, sizeof midnight, "%s 00:00", date);
    memset(zone, 0, sizeof *zone); /* a rule alone says nothing of the changes of the past */
    if (zone_parse_rule(str_of("CET-1CEST,M3.5.0,M10.5.0/3"), zone, &why) != ERR_OK ||
        target_when_parse(str_of(midnight), zone, &when, &why) != ERR_OK ||
        when.kind != TARGET_ONCE)
        return false;
    *first_ms = when.at.ms;
    return true;
}
static bool choice_sound(const char *week, const char *time, const struct zone *zone,
                         char wrong[200])
{
    struct week w;
    struct target_when when;
    struct err_text why = {""};
    bool bad =
        (week[0] && week_parse(str_of(week), &charge_mode_enum, CHOOSE_TABLE_MODES, &w, &why)) ||
        (time[0] && target_when_parse(str_of(time), zone, &when, &why));
    if (bad)
        str_copyz(wrong, 200, why.s);
    return !bad;
}
static bool choices_sound(const struct day *d, char wrong[200])
{
    struct zone zone;
    int64_t first_ms;
    if (d->date[0] && !day_date(d->date, &zone, &first_ms))
        return wrong_name(wrong, "date", d->date);
    for (int i = 0; i < d->chargers_n; i++) {
        const struct day_charger *c = &d->chargers[i];
        bool needs = c->mode == CHARGE_MODE_TIME || c->mode == CHARGE_MODE_TARGET ||
                     c->cheap_below_micro.set || c->week[0];
        if (needs && !d->date[0])
            return wrong_name(wrong, "date for the choices of", c->id);
        if (needs && !choice_sound(c->week, "", &zone, wrong))
            return false;
    }
    for (int i = 0; i < d->changes_n; i++) {
        const struct day_change *c = &d->changes[i];
        bool needs = c->mode == CHARGE_MODE_TIME || c->mode == CHARGE_MODE_TARGET || c->week[0] ||
                     c->target_time[0] || c->target_energy_wh.set;
        if (needs && !d->date[0])
            return wrong_name(wrong, "date for the choices of", c->charger);
        if (needs && !choice_sound(c->week, c->target_time, &zone, wrong))
            return false;
    }
    return true;
}
static bool devices_sound(const struct day *d, char wrong[200])
{
    for (int i = 0; i < d->devices_n; i++)
        if (day_circuit_index(d, d->devices[i].circuit) < 0)
            return wrong_name(wrong, "circuit", d->devices[i].circuit);
    for (int i = 0; i < d->demands_n; i++)
        if (day_device_index(d, d->demands[i].device) < 0)
            return wrong_name(wrong, "device", d->demands[i].device);
    for (int i = 0; i < d->orders_n; i++)
        if (day_device_index(d, d->orders[i].device) < 0)
            return wrong_name(wrong, "device", d->orders[i].device);
    for (int i = 0; i < d->expects_n; i++)
        if (d->expects[i].device[0] && day_device_index(d, d->expects[i].device) < 0)
            return wrong_name(wrong, "device", d->expects[i].device);
    return true;
}
static bool fault_sound(const struct day *d, const struct day_fault *f, char wrong[200])
{
    bool charger = f->kind == ILL_DEAF || f->kind == ILL_OFFLINE;
    if (charger && day_charger_index(d, f->where) < 0)
        return wrong_name(wrong, "charger", f->where);
    bool device = f->kind == ILL_DEVICE_OFFLINE || f->kind == ILL_DEVICE_FREE;
    if (device && day_device_index(d, f->where) < 0)
        return wrong_name(wrong, "device", f->where);
    if (f->kind == ILL_SUB_DEAD && day_circuit_index(d, f->where) <= 0)
        return wrong_name(wrong, "circuit below the grid connection", f->where);
    return true;
}
bool day_sound(const struct day *d, char wrong[200])
{
    snprintf(wrong, 200, "a day needs at least one circuit, and its end behind its beginning");
    if (!d->circuits_n || d->to <= d->from || d->to >= DAY_END_S)
        return false;
    for (int i = 0; i < d->circuits_n; i++) {
        int up = day_circuit_index(d, d->circuits[i].parent);
        if (i && (!d->circuits[i].parent[0] || up < 0 || up >= i))
            return wrong_name(wrong, "circuit above it", d->circuits[i].parent);
    }
    for (int i = 0; i < d->chargers_n; i++) {
        int32_t pm;
        struct opt_i32 w;
        if (day_circuit_index(d, d->chargers[i].circuit) < 0)
            return wrong_name(wrong, "circuit", d->chargers[i].circuit);
        if (!site_parse_start_power(d->chargers[i].start_power, &pm, &w))
            return wrong_name(wrong, "start_power", d->chargers[i].start_power);
    }
    for (int i = 0; i < d->loads_n; i++)
        if (day_circuit_index(d, d->loads[i].circuit) < 0)
            return wrong_name(wrong, "circuit", d->loads[i].circuit);
    for (int i = 0; i < d->cars_n; i++)
        if (day_charger_index(d, d->cars[i].charger) < 0)
            return wrong_name(wrong, "charger", d->cars[i].charger);
    for (int i = 0; i < d->changes_n; i++)
        if (day_charger_index(d, d->changes[i].charger) < 0)
            return wrong_name(wrong, "charger", d->changes[i].charger);
    for (int i = 0; i < d->expects_n; i++)
        if (d->expects[i].charger[0] && day_charger_index(d, d->expects[i].charger) < 0)
            return wrong_name(wrong, "charger", d->expects[i].charger);
    if (!devices_sound(d, wrong) || !choices_sound(d, wrong))
        return false;
    for (int i = 0; i < d->faults_n; i++)
        if (!fault_sound(d, &d->faults[i], wrong))
            return false;
    return true;
}

/* ---- in ---- */
/* "14:05" and "14:05:30" become the seconds that the rows want. */
static bool clock_of(struct str s, int *seconds)
{
    int32_t part[3] = {0};
    int n = 0;
    for (struct str rest = s; rest.len && n < 3; n++) {
        struct str one = str_word(&rest, ':');
        if ((one.len != 2 && (n || one.len != 3)) || one.p[0] < '0' || one.p[0] > '9' ||
            !str_i32(one, &part[n]))
            return false;
    }
    *seconds = part[0] * 3600 + part[1] * 60 + part[2];
    return n >= 2 && s.p[s.len - 1] != ':' && part[1] < 60 && part[2] < 60;
}
enum { CLOCKS_MAX = 4000 };
struct clock_texts {
    char s[CLOCKS_MAX][12];
    int n;
};
static void clocks(struct yml_node *n, struct clock_texts *all)
{
    int seconds;
    for (struct yml_node *c = n->first; c; c = c->next)
        clocks(c, all);
    if (n->kind != YML_TEXT || n->quoted || all->n == CLOCKS_MAX || !clock_of(n->text, &seconds))
        return;
    snprintf(all->s[all->n], sizeof all->s[0], "%d", seconds);
    n->text = str_of(all->s[all->n++]);
}
struct day *day_load(const char *path)
{
    static struct clock_texts texts;
    struct yml_report rep;
    struct day *d = calloc(1, sizeof *d);
    char wrong[200];
    yml_report_init(&rep, path);
    rep.currency = "EUR";
    texts.n = 0;
    struct yml_node *root = yml_load(path, &rep, NULL);
    bool ok = d && root;
    if (ok) {
        clocks(root, &texts);
        ok = yml_decode(&day_record, root, d, &rep);
        sections(d);
    }
    char *lines = yml_report_text(&rep);
    fputs(lines, stderr);
    free(lines);
    yml_free(root);
    if (ok && !day_sound(d, wrong)) {
        fprintf(stderr, "%s: %s\n", path, wrong);
        ok = false;
    }
    if (ok)
        return d;
    free(d);
    return NULL;
}

/* ---- out ---- */
static int64_t number_at(const struct field *f, const char *item)
{
    if (f->kind == KIND_I64)
        return *(const int64_t *)(const void *)(item + f->off);
    return *(const int32_t *)(const void *)(item + f->off);
}
static bool is_set(const struct field *f, const char *item)
{
    if (f->kind == KIND_STR)
        return item[f->off] != '\0';
    if (f->kind == KIND_ENUM)
        return number_at(f, item) != 0;
    if (f->kind == KIND_BOOL)
        return ((const struct opt_bool *)(const void *)(item + f->off))->set;
    return f->kind == KIND_I32 ? ((const struct opt_i32 *)(const void *)(item + f->off))->set
                               : ((const struct opt_i64 *)(const void *)(item + f->off))->set;
}
static bool worth(const struct field *f, const char *item, const char *usual)
{
    if (f->kind == KIND_LIST || f->kind == KIND_REC || f->kind == KIND_IDS)
        return false;
    if (!f->required)
        return is_set(f, item);
    if (!f->def)
        return true;
    if (f->kind == KIND_STR)
        return strcmp(item + f->off, usual + f->off) != 0;
    if (f->kind == KIND_BOOL)
        return item[f->off] != usual[f->off];
    return number_at(f, item) != number_at(f, usual);
}
static void print_value(const struct field *f, const char *item, FILE *to)
{
    if (f->kind == KIND_STR) {
        fprintf(to, f->cap > ID_CAP ? "\"%s\"" : "%s", item + f->off);
    } else if (f->kind == KIND_BOOL) {
        fputs(item[f->off] ? "true" : "false", to);
    } else if (f->kind == KIND_ENUM) {
        fputs(enum_text(f->en, (int)number_at(f, item)), to);
    } else if (strcmp(f->unit, "clock") == 0) {
        int s = (int)number_at(f, item);
        fprintf(to, "%02d:%02d", s / 3600, s / 60 % 60);
        if (s % 60)
            fprintf(to, ":%02d", s % 60);
    } else {
        fputs(unit_format(f->unit, "EUR", number_at(f, item)).s, to);
    }
}
static void print_item(const struct record *rec, const char *item, const char *before,
                       const char *between, FILE *to)
{
    char *usual = calloc(1, rec->size);
    const char *sep = before;
    if (!usual)
        abort();
    defaults(rec, usual);
    for (int i = 0; i < rec->nfields; i++)
        if (worth(&rec->fields[i], item, usual)) {
            fprintf(to, "%s%s: ", sep, yml_key_of(&rec->fields[i]).s);
            print_value(&rec->fields[i], item, to);
            sep = between;
        }
    free(usual);
}
void day_print(const struct day *d, FILE *to)
{
    const char *base = (const char *)d;
    print_item(&day_record, base, "", "\n", to);
    fputc('\n', to);
    for (int i = 0; i < day_record.nfields; i++) {
        const struct field *f = &day_record.fields[i];
        if (f->kind == KIND_REC) {
            char line[2000] = "";
            FILE *mem = fmemopen(line, sizeof line, "w");
            if (!mem)
                abort();
            print_item(f->rec, base + f->off, "", ", ", mem);
            fclose(mem);
            if (line[0])
                fprintf(to, "%s: {%s}\n", f->name, line);
        }
        int n = f->kind == KIND_LIST ? *(const uint16_t *)(const void *)(base + f->off2) : 0;
        if (n)
            fprintf(to, "%s:\n", f->name);
        for (int k = 0; k < n; k++) {
            fputs("  - {", to);
            print_item(f->rec, base + f->off + f->rec->size * (size_t)k, "", ", ", to);
            fputs("}\n", to);
        }
    }
}
