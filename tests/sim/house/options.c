/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/house/options.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

enum option_type { OPT_INT, OPT_TEXT, OPT_BOOL, OPT_CHOICE };
struct option_row {
    const char *name;
    enum option_type type;
    size_t offset;
    int32_t min, max; /* OPT_TEXT: max is the size of the field */
    const char *help; /* OPT_CHOICE: the choices, '|' between */
};

#define HOUSE(field) offsetof(struct options, field)
#define CHG(field)   offsetof(struct charger_options, field)
static const struct option_row house_rows[] = {
    {"meter", OPT_CHOICE, HOUSE(meter), 0, 1, "sdm630|ksem"},
    {"meter-port", OPT_INT, HOUSE(meter_port), 0, 65535, "Modbus TCP, 0: any"},
    {"meter-interval", OPT_INT, HOUSE(meter_interval_ms), 0, 60000,
     "ms between new values, 0: always"},
    {"inverter-port", OPT_INT, HOUSE(inverter_port), 0, 65535, "Modbus TCP, 0: any"},
    {"control", OPT_INT, HOUSE(control_port), 0, 65535, "control socket, 0: any"},
    {"ocpp", OPT_TEXT, HOUSE(ocpp), 0, 256, "ws://host:port/path of the central system"},
    {"curve", OPT_TEXT, HOUSE(curve), 0, 256, "CSV of sun and load"},
    {"speed", OPT_INT, HOUSE(speed), 1, 3600, "of the curve"},
    {"chargers", OPT_INT, HOUSE(n_chargers), 0, MAX_CHARGERS, "how many"},
    {"fuse-ma", OPT_INT, HOUSE(plant.fuse_ma), 1000, 1000000, "per phase"},
    {"voltage-mv", OPT_INT, HOUSE(plant.voltage_mv), 100000, 400000, "L-N"},
    {"pv-rated-w", OPT_INT, HOUSE(plant.pv_rated_w), 100, 300000, "of the inverter"},
    {"battery", OPT_CHOICE, HOUSE(battery), 0, 1, "none|self"},
    {"battery-wh", OPT_INT, HOUSE(plant.battery.capacity_wh), 100, 300000, "capacity"},
    {"battery-charge-w", OPT_INT, HOUSE(plant.battery.max_charge_w), 0, 300000, "maximum"},
    {"battery-discharge-w", OPT_INT, HOUSE(plant.battery.max_discharge_w), 0, 300000, "maximum"},
    {"battery-soc", OPT_INT, HOUSE(plant.battery.soc_permille), 0, 1000, "permille at start"},
    {"battery-min-soc", OPT_INT, HOUSE(plant.battery.min_soc_permille), 0, 1000, "permille"},
    {"battery-lag-ms", OPT_INT, HOUSE(plant.battery.lag_ms), 0, 60000, "time constant"},
};
static const struct option_row charger_rows[] = {
    {"id", OPT_TEXT, CHG(box.id), 0, 64, "OCPP identity"},
    {"tag", OPT_TEXT, CHG(box.tag), 0, TAG_SIZE, "idTag at plug-in, empty: waits for a card"},
    {"password", OPT_TEXT, CHG(box.password), 0, 64, "basic auth, empty: none"},
    {"sample-interval", OPT_INT, CHG(box.sample_s), 0, 3600, "s between MeterValues, 0: none"},
    {"plug-at", OPT_INT, CHG(box.plug_at_s), -1, 86400, "s after start, -1: by command"},
    {"reboot-ms", OPT_INT, CHG(box.reboot_ms), 0, 600000, "dark time of a reset"},
    {"boot-on-reconnect", OPT_BOOL, CHG(box.boot_on_reconnect), 0, 1, "BootNotification each time"},
    {"phase-switch", OPT_BOOL, CHG(box.phase_switch), 0, 1, "obeys numberPhases 1"},
    {"max-ma", OPT_INT, CHG(charger.max_ma), 6000, 500000, "of the box"},
    {"rotation", OPT_INT, CHG(charger.rotation), 0, 2, "0 L1L2L3, 1 L2L3L1, 2 L3L1L2"},
    {"phases", OPT_INT, CHG(charger.car.phases), 1, 3, "of the car"},
    {"car-max-ma", OPT_INT, CHG(charger.car.max_ma), 1000, 500000, "of the car"},
    {"car-wh", OPT_INT, CHG(charger.car.capacity_wh), 100, 300000, "battery of the car"},
    {"car-soc", OPT_INT, CHG(charger.car.soc_permille), 0, 1000, "permille at start"},
    {"below-ma", OPT_INT, CHG(charger.car.below_ma), 0, 5000, "draws less than offered"},
    {"delay-ms", OPT_INT, CHG(charger.car.delay_ms), 0, 60000, "from offer to start"},
    {"settle-ms", OPT_INT, CHG(charger.car.settle_ms), 0, 60000, "until 95 % of a new offer"},
};

static int choice(const char *choices, const char *text)
{
    size_t len = strlen(text);
    for (int i = 0; *choices; i++) {
        size_t n = strcspn(choices, "|");
        if (n == len && strncmp(choices, text, n) == 0)
            return i;
        choices += n + (choices[n] == '|');
    }
    return -1;
}

/* Writes text into the field; false: does not fit. */
static bool assign(const struct option_row *row, void *base, const char *text)
{
    if (!text) /* a JSON null */
        return false;
    void *field = (char *)base + row->offset;
    if (row->type == OPT_TEXT) {
        if (strlen(text) >= (size_t)row->max)
            return false;
        snprintf(field, (size_t)row->max, "%s", text);
        return true;
    }
    if (row->type == OPT_BOOL) {
        bool yes = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
        if (!yes && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
            return false;
        *(bool *)field = yes;
        return true;
    }
    char *end;
    errno = 0;
    long v = row->type == OPT_CHOICE ? choice(row->help, text) : strtol(text, &end, 10);
    if (row->type == OPT_INT && (end == text || *end || errno))
        return false;
    if (v < row->min || v > row->max)
        return false;
    *(int32_t *)field = (int32_t)v;
    return true;
}

static const struct option_row *find(const struct option_row *rows, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}
#define FIND(rows, name) find(rows, sizeof rows / sizeof rows[0], name)

/* A charger's option without a charger is meant for all of them. */
static bool set(struct options *o, const char *name, const char *text)
{
    const struct option_row *row = FIND(house_rows, name);
    if (row)
        return assign(row, o, text);
    row = FIND(charger_rows, name);
    bool ok = row != NULL;
    for (int i = 0; ok && i < MAX_CHARGERS; i++)
        ok = assign(row, &o->charger[i], text);
    return ok;
}

static bool set_charger(struct options *o, int32_t index, const char *name, const char *text)
{
    const struct option_row *row = FIND(charger_rows, name);
    return row && index < MAX_CHARGERS && assign(row, &o->charger[index], text);
}

/* "name=value,name=value" */
static bool set_charger_list(struct options *o, int32_t index, const char *list, char *error,
                             size_t size)
{
    if (index >= MAX_CHARGERS) {
        snprintf(error, size, "--charger: at most %d", MAX_CHARGERS);
        return false;
    }
    if (index >= o->n_chargers)
        o->n_chargers = index + 1;
    while (*list) {
        char pair[160];
        size_t len = strcspn(list, ",");
        snprintf(pair, sizeof pair, "%.*s", (int)len, list);
        char *value = strchr(pair, '=');
        if (value)
            *value++ = 0;
        if (!value || !set_charger(o, index, pair, value)) {
            snprintf(error, size, "--charger: cannot use \"%.*s\"", (int)len, list);
            return false;
        }
        list += len + (list[len] == ',');
    }
    return true;
}

static bool set_json_chargers(struct options *o, json_object *list, char *error, size_t size)
{
    size_t n = json_object_array_length(list);
    if (n > MAX_CHARGERS) {
        snprintf(error, size, "chargers: at most %d", MAX_CHARGERS);
        return false;
    }
    o->n_chargers = (int32_t)n;
    for (int32_t i = 0; i < o->n_chargers; i++) {
        json_object *one = json_object_array_get_idx(list, (size_t)i);
        if (!json_object_is_type(one, json_type_object)) {
            snprintf(error, size, "chargers[%d]: not an object", (int)i);
            return false;
        }
        json_object_object_foreach(one, key, value)
        {
            if (!set_charger(o, i, key, json_object_get_string(value))) {
                snprintf(error, size, "chargers[%d]: cannot use \"%s\"", (int)i, key);
                return false;
            }
        }
    }
    return true;
}

static bool read_file(struct options *o, const char *path, char *error, size_t size)
{
    json_object *root = json_object_from_file(path);
    bool ok = json_object_is_type(root, json_type_object);
    if (!ok) {
        snprintf(error, size, "%s: not a JSON object", path);
        json_object_put(root);
        return false;
    }
    json_object_object_foreach(root, key, value)
    {
        if (!ok)
            break;
        if (strcmp(key, "chargers") == 0 && json_object_is_type(value, json_type_array)) {
            ok = set_json_chargers(o, value, error, size);
        } else {
            ok = set(o, key, json_object_get_string(value));
            if (!ok)
                snprintf(error, size, "%s: cannot use \"%s\"", path, key);
        }
    }
    json_object_put(root);
    return ok;
}

static void defaults(struct options *o)
{
    *o = (struct options){.speed = 1, .battery = 1, .n_chargers = 1};
    o->plant = (struct plant_config){
        .fuse_ma = 35000,
        .voltage_mv = 230000,
        .pv_rated_w = 10000,
        .battery = {true, 10000, 5000, 5000, 500, 50, 2000},
    };
    for (int32_t i = 0; i < MAX_CHARGERS; i++) {
        struct charger_options *c = &o->charger[i];
        /* every car a little different, the same in every run */
        c->charger = (struct charger_config){
            .max_ma = 16000,
            .meter_wh = 1000 * (i + 1),
            .car = {3, 16000, 60000, 400, 300 + 100 * (i % 8), 1000 + 700 * (i % 6), 3600}};
        c->box = (struct box_config){
            .sample_s = 5, .plug_at_s = -1, .reboot_ms = 2000, .boot_on_reconnect = true};
        snprintf(c->box.id, sizeof c->box.id, "box%d", (int)i + 1);
        snprintf(c->box.tag, sizeof c->box.tag, "CAR%d", (int)i + 1);
    }
}

bool options_parse(struct options *o, int argc, const char *const *argv, char *error, size_t size)
{
    int32_t chargers = 0;
    defaults(o);
    for (int i = 1; i < argc; i += 2) {
        const char *name = argv[i] + 2, *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strncmp(argv[i], "--", 2) != 0 || !value) {
            snprintf(error, size, "%s: expected --name value", argv[i]);
            return false;
        }
        bool ok;
        error[0] = 0;
        if (strcmp(name, "config") == 0)
            ok = read_file(o, value, error, size);
        else if (strcmp(name, "charger") == 0)
            ok = set_charger_list(o, chargers++, value, error, size);
        else
            ok = set(o, name, value);
        if (!ok && !error[0])
            snprintf(error, size, "--%s: cannot use \"%s\"", name, value);
        if (!ok)
            return false;
    }
    return true;
}

struct plant_config options_plant(const struct options *o)
{
    struct plant_config c = o->plant;
    c.battery.present = o->battery == 1;
    c.n_chargers = o->n_chargers;
    for (int32_t i = 0; i < o->n_chargers; i++)
        c.charger[i] = o->charger[i].charger;
    return c;
}

static void print_rows(FILE *out, const struct option_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf(out, "  --%-20s %s\n", rows[i].name, rows[i].help);
}

void options_print(FILE *out)
{
    fprintf(out, "sim-house: a house on Modbus TCP and OCPP. House:\n");
    print_rows(out, house_rows, sizeof house_rows / sizeof house_rows[0]);
    fprintf(out, "  --%-20s %s\n", "config", "JSON file with the same names");
    fprintf(out, "All chargers (or one by one: --charger name=value,...):\n");
    print_rows(out, charger_rows, sizeof charger_rows / sizeof charger_rows[0]);
}
