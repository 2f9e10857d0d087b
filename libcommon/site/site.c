/* SPDX-License-Identifier: Apache-2.0
 * site.yaml to struct site. The sections are a table; the rows do the rest. */
#include "libcommon/site/site.h"
#include "libcommon/site/private.h"

ENUM_DEFINE(bus_type, BUS_TYPE, BUS_TYPE_VALUES)
ENUM_DEFINE(parity, PARITY, PARITY_VALUES)
ENUM_DEFINE(rotation, ROTATION, ROTATION_VALUES)
ENUM_DEFINE(unknown, UNKNOWN, UNKNOWN_VALUES)
ENUM_DEFINE(imbalance, IMBALANCE, IMBALANCE_VALUES)
ENUM_DEFINE(grid_source, GRID_SOURCE, GRID_SOURCE_VALUES)
ENUM_DEFINE(card_need, CARD_NEED, CARD_NEED_VALUES)
ENUM_DEFINE(card_action, CARD_ACTION, CARD_ACTION_VALUES)
ENUM_DEFINE(phase_switch, PHASE_SWITCH, PHASE_SWITCH_VALUES)
ENUM_DEFINE(position, POSITION, POSITION_VALUES)
ENUM_DEFINE(regulated, REGULATED, REGULATED_VALUES)
ENUM_DEFINE(rule_direction, RULE_DIRECTION, RULE_DIRECTION_VALUES)
ENUM_DEFINE(load_kind, LOAD_KIND, LOAD_KIND_VALUES)

CONF_DEFINE(general_conf, GENERAL_CONF_ROWS, "Keys at the top of the file")
CONF_DEFINE(bus_conf, BUS_CONF_ROWS, "A wire or a host")
CONF_DEFINE(meter_conf, METER_CONF_ROWS, "A meter")
CONF_DEFINE(inverter_conf, INVERTER_CONF_ROWS, "An inverter")
CONF_DEFINE(battery_conf, BATTERY_CONF_ROWS, "A house battery")
CONF_DEFINE(circuit_conf, CIRCUIT_CONF_ROWS, "A fuse")
CONF_DEFINE(charger_conf, CHARGER_CONF_ROWS, "A connector of a wallbox")
CONF_DEFINE(input_conf, INPUT_CONF_ROWS, "An input")
CONF_DEFINE(variable_conf, VARIABLE_CONF_ROWS, "A variable")
CONF_DEFINE(rule_conf, RULE_CONF_ROWS, "A rule")
CONF_DEFINE(vehicle_conf, VEHICLE_CONF_ROWS, "A car")
CONF_DEFINE(card_conf, CARD_CONF_ROWS, "A card")
CONF_DEFINE(user_conf, USER_CONF_ROWS, "Somebody who charges")
CONF_DEFINE(budget_conf, BUDGET_CONF_ROWS, "An amount per period")
CONF_DEFINE(load_conf, LOAD_CONF_ROWS, "A heat pump, heating rod, switched consumer or generator")
CONF_DEFINE(tariff_period, TARIFF_PERIOD_ROWS, "A period of a tariff")
CONF_DEFINE(tariff_conf, TARIFF_CONF_ROWS, "A tariff")
CONF_DEFINE(metering_point_conf, METERING_POINT_CONF_ROWS, "A virtual metering point")
CONF_DEFINE(ocpp_conf, OCPP_CONF_ROWS, "The OCPP central system")
CONF_DEFINE(feed_in_conf, FEED_IN_CONF_ROWS, "The feed-in limit")
CONF_DEFINE(group_conf, GROUP_CONF_ROWS, "A charge-point group")
CONF_DEFINE(control_conf, CONTROL_CONF_ROWS, "The controller")

/* A charging park has thousands of connectors; everything else stays small. */
enum { CHARGERS_MAX = 2000, ITEMS_MAX = 500 };

static const struct site_section_row sections[SITE_SECTIONS] = {
#define X(NAME, TYPE, DOC)                                                                         \
    [SITE_##NAME] = {.name = #NAME,                                                                \
                     .one = #NAME,                                                                 \
                     .doc = DOC,                                                                   \
                     .rec = &TYPE##_record,                                                        \
                     .off = offsetof(struct site, NAME)},
    SITE_ONE_LIST(X)
#undef X
#define X(NAME, ONE, TYPE, DOC)                                                                    \
    [SITE_##NAME] = {.name = #NAME,                                                                \
                     .one = #ONE,                                                                  \
                     .doc = DOC,                                                                   \
                     .rec = &TYPE##_record,                                                        \
                     .map = true,                                                                  \
                     .off = offsetof(struct site, NAME),                                           \
                     .n_off = offsetof(struct site, NAME##_n),                                     \
                     .item = sizeof(struct site_##NAME),                                           \
                     .conf = offsetof(struct site_##NAME, conf),                                   \
                     .max = SITE_##NAME == SITE_chargers ? CHARGERS_MAX : ITEMS_MAX},
        SITE_MAP_LIST(X)
#undef X
};

const struct site_section_row *site_section_row(enum site_section s)
{
    assert((unsigned)s < SITE_SECTIONS);
    return &sections[s];
}

/* ---- access ---- */
int site_items(const struct site *s, enum site_section sec)
{
    const struct site_section_row *row = site_section_row(sec);
    int n = 0;
    if (row->map)
        memcpy(&n, (const char *)s + row->n_off, sizeof n);
    return n;
}

static char *item_at(const struct site *s, enum site_section sec, int i)
{
    const struct site_section_row *row = site_section_row(sec);
    char *items;
    assert(i >= 0 && i < site_items(s, sec));
    memcpy(&items, (const char *)s + row->off, sizeof items);
    return items + (size_t)i * row->item;
}

const char *site_item_id(const struct site *s, enum site_section sec, int i)
{
    return item_at(s, sec, i);
}

const void *site_item_conf(const struct site *s, enum site_section sec, int i)
{
    return item_at(s, sec, i) + site_section_row(sec)->conf;
}

static const char *find_item(const struct site *s, enum site_section sec, const char *id)
{
    for (int i = 0, n = site_items(s, sec); i < n; i++)
        if (strcmp(item_at(s, sec, i), id) == 0)
            return item_at(s, sec, i);
    return NULL;
}

const void *site_find(const struct site *s, enum site_section sec, const char *id)
{
    const char *item = find_item(s, sec, id);
    return item ? item + site_section_row(sec)->conf : NULL;
}

const struct site_buses *site_bus(const struct site *s, const char *id)
{
    return (const void *)find_item(s, SITE_buses, id);
}

const struct site_circuits *site_circuit(const struct site *s, const char *id)
{
    return (const void *)find_item(s, SITE_circuits, id);
}

const struct site_meters *site_meter(const struct site *s, const char *id)
{
    return (const void *)find_item(s, SITE_meters, id);
}

const struct site_chargers *site_charger(const struct site *s, const char *id)
{
    return (const void *)find_item(s, SITE_chargers, id);
}

const struct site_loads *site_load_of(const struct site *s, const char *id)
{
    return (const void *)find_item(s, SITE_loads, id);
}

const struct site_circuits *site_root(const struct site *s)
{
    for (int i = 0; i < s->circuits_n; i++)
        if (s->circuits[i].conf.parent[0] == '\0')
            return &s->circuits[i];
    return NULL;
}

void site_free(struct site *s)
{
    if (!s)
        return;
#define X(name, ...) free(s->name);
    SITE_MAP_LIST(X)
#undef X
    free(s);
}

/* ---- loading ---- */
static bool is_empty(const struct yml_node *n)
{
    return n->kind == YML_TEXT && n->text.len == 0 && !n->quoted;
}

static void load_item(struct yml_report *r, const struct site_section_row *row,
                      const struct yml_node *n, char *item)
{
    if (!str_is_id(n->key)) {
        struct yml_node at = {.key_line = n->key_line, .key_col = n->key_col};
        yml_error(r, &at, "%s: expected an id of 1 to 32 of a-z, 0-9, _ and -, got %.40s",
                  row->name, n->key.p);
        return;
    }
    str_copy(item, ID_CAP, n->key);
    snprintf(r->where, sizeof r->where, "%s.%s", row->one, item);
    bool ok = yml_decode(row->rec, n, item + row->conf, r);
    UNUSED(ok); /* counted in the report */
    r->where[0] = '\0';
}

static void load_map(struct yml_report *r, const struct site_section_row *row,
                     const struct yml_node *map, char *site)
{
    if (map->kind != YML_MAP || map->n > row->max) {
        yml_error(r, map, "%s: expected ids with settings below them (%d at most)", row->name,
                  row->max);
        return;
    }
    char *items = calloc((size_t)map->n + 1, row->item);
    if (!items)
        abort();
    memcpy(site + row->off, &items, sizeof items);
    memcpy(site + row->n_off, &map->n, sizeof map->n);
    for (const struct yml_node *n = map->first; n; n = n->next, items += row->item)
        load_item(r, row, n, items);
}

static void load_sections(struct yml_report *r, const struct yml_node *root, struct site *s)
{
    struct yml_node none = {.kind = YML_MAP, .line = 1, .col = 1, .key_line = 1, .key_col = 1};
    for (int i = 0; i < SITE_SECTIONS; i++) {
        const struct site_section_row *row = &sections[i];
        const struct yml_node *n = yml_find(root, row->name);
        if (!n || is_empty(n))
            n = &none;
        if (row->map) {
            load_map(r, row, n, (char *)s);
            continue;
        }
        str_copyz(r->where, sizeof r->where, row->name);
        bool ok = yml_decode(row->rec, n, (char *)s + row->off, r);
        UNUSED(ok);
        r->where[0] = '\0';
    }
}

static void load_top(struct yml_report *r, const struct yml_node *root, struct site *s)
{
    const char *known[SITE_SECTIONS + 8];
    int n = 0;
    struct yml_key keys[8];
    assert(general_conf_record.nfields <= (int)COUNT_OF(keys));
    for (int i = 0; i < general_conf_record.nfields; i++) {
        keys[i] = yml_key_of(&general_conf_record.fields[i]);
        known[n++] = keys[i].s;
    }
    for (int i = 0; i < SITE_SECTIONS; i++)
        known[n++] = sections[i].name;
    yml_check_keys(r, root, known, n);
    bool ok = yml_decode_some(&general_conf_record, root, &s->general, r);
    UNUSED(ok);
}

/* Takes the tree (NULL: it could not be parsed) and ends it; the report says what is wrong. */
static enum err decode(struct yml_node *root, const char *hash, struct yml_report *r,
                       struct site **out, struct site_report *report)
{
    struct site *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    if (root) {
        str_copyz(s->hash, sizeof s->hash, hash);
        load_top(r, root, s);
        if (s->general.currency[0])
            r->currency = s->general.currency;
        load_sections(r, root, s);
        if (r->errors == 0)
            site_check(&(struct check){s, root, r});
    }
    yml_free(root);
    *report = (struct site_report){yml_report_text(r), r->errors, r->warnings};
    *out = r->errors == 0 ? s : NULL;
    if (!*out)
        site_free(s);
    return *out ? ERR_OK : ERR_SYNTAX;
}

enum err site_load(const char *path, struct site **out, struct site_report *report)
{
    struct yml_report r;
    char hash[17];
    yml_report_init(&r, path);
    struct yml_node *root = yml_load(path, &r, hash);
    enum err e = decode(root, hash, &r, out, report);
    return e != ERR_OK && hash[0] == '\0' ? ERR_IO : e;
}

enum err site_parse(struct str bytes, const char *file, struct site **out,
                    struct site_report *report)
{
    struct yml_report r;
    char hash[17];
    yml_report_init(&r, file);
    snprintf(hash, sizeof hash, "%016" PRIx64, str_hash(bytes));
    return decode(yml_parse(bytes, &r), hash, &r, out, report);
}

void site_report_free(struct site_report *r)
{
    free(r->text);
    *r = (struct site_report){0};
}
