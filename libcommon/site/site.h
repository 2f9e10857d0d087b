/* SPDX-License-Identifier: Apache-2.0
 * site.h -- the one configuration of a house: site.yaml as C structs.
 *
 * site_load parses, applies defaults and checks the file as a whole (unknown keys, units, ranges,
 * dangling references, owners, fuses). It prints nothing: messages go to a list of
 * "file:line:column: what" lines, and a site with errors is not handed out. */
#ifndef WATTBUS_SITE_H
#define WATTBUS_SITE_H
#include "libcommon/pure/field.h"
#include "libcommon/site/rows.h"
#include "proto/proto.h"

ENUM_DECLARE(bus_type, BUS_TYPE, BUS_TYPE_VALUES)
ENUM_DECLARE(parity, PARITY, PARITY_VALUES)
ENUM_DECLARE(rotation, ROTATION, ROTATION_VALUES)
ENUM_DECLARE(unknown, UNKNOWN, UNKNOWN_VALUES)
ENUM_DECLARE(imbalance, IMBALANCE, IMBALANCE_VALUES)
ENUM_DECLARE(grid_source, GRID_SOURCE, GRID_SOURCE_VALUES)
ENUM_DECLARE(card_need, CARD_NEED, CARD_NEED_VALUES)
ENUM_DECLARE(card_action, CARD_ACTION, CARD_ACTION_VALUES)
ENUM_DECLARE(phase_switch, PHASE_SWITCH, PHASE_SWITCH_VALUES)
ENUM_DECLARE(position, POSITION, POSITION_VALUES)
ENUM_DECLARE(regulated, REGULATED, REGULATED_VALUES)
ENUM_DECLARE(rule_direction, RULE_DIRECTION, RULE_DIRECTION_VALUES)
ENUM_DECLARE(load_kind, LOAD_KIND, LOAD_KIND_VALUES)

RECORD_STRUCT(general_conf, GENERAL_CONF_ROWS)
RECORD_STRUCT(bus_conf, BUS_CONF_ROWS)
RECORD_STRUCT(meter_conf, METER_CONF_ROWS)
RECORD_STRUCT(inverter_conf, INVERTER_CONF_ROWS)
RECORD_STRUCT(battery_conf, BATTERY_CONF_ROWS)
RECORD_STRUCT(circuit_conf, CIRCUIT_CONF_ROWS)
RECORD_STRUCT(charger_conf, CHARGER_CONF_ROWS)
RECORD_STRUCT(input_conf, INPUT_CONF_ROWS)
RECORD_STRUCT(variable_conf, VARIABLE_CONF_ROWS)
RECORD_STRUCT(rule_conf, RULE_CONF_ROWS)
RECORD_STRUCT(vehicle_conf, VEHICLE_CONF_ROWS)
RECORD_STRUCT(card_conf, CARD_CONF_ROWS)
RECORD_STRUCT(user_conf, USER_CONF_ROWS)
RECORD_STRUCT(budget_conf, BUDGET_CONF_ROWS)
RECORD_STRUCT(load_conf, LOAD_CONF_ROWS)
RECORD_STRUCT(tariff_period, TARIFF_PERIOD_ROWS)
RECORD_STRUCT(tariff_conf, TARIFF_CONF_ROWS)
RECORD_STRUCT(metering_point_conf, METERING_POINT_CONF_ROWS)
RECORD_STRUCT(ocpp_conf, OCPP_CONF_ROWS)
RECORD_STRUCT(feed_in_conf, FEED_IN_CONF_ROWS)
RECORD_STRUCT(group_conf, GROUP_CONF_ROWS)
RECORD_STRUCT(control_conf, CONTROL_CONF_ROWS)

/* Sections of the file. ONE: a map of settings, may be left out. MAP: id -> item, with the word for
 * one item, which is also the class of a device's topics. The general
 * keys (site, name, timezone, currency) stand at the top level. */
#define SITE_ONE_LIST(X)                                                                           \
    X(ocpp, ocpp_conf, "the OCPP central system")                                                  \
    X(feed_in, feed_in_conf, "how much the plant may feed in; inverters are limited for it")       \
    X(group, group_conf, "this site as a charge-point group of another one")                       \
    X(control, control_conf, "how calm and how careful the controller is")
#define SITE_MAP_LIST(X)                                                                           \
    X(buses, bus, bus_conf, "wires and hosts; each belongs to exactly one service")                \
    X(circuits, circuit, circuit_conf, "the tree of fuses; exactly one is the grid connection")    \
    X(meters, meter, meter_conf, "electricity meters")                                             \
    X(inverters, inverter, inverter_conf, "PV and hybrid inverters")                               \
    X(batteries, battery, battery_conf, "house batteries")                                         \
    X(chargers, charger, charger_conf, "connectors of wallboxes")                                  \
    X(vehicles, vehicle, vehicle_conf, "cars that are known: for mode target and phase switching") \
    X(inputs, input, input_conf, "contacts and analogue inputs that rules may look at")            \
    X(variables, variable, variable_conf, "values of your own, for rules and expressions")         \
    X(rules, rule, rule_conf, "conditions and what they do to a current or power limit")           \
    X(metering_points, metering_point, metering_point_conf,                                        \
      "virtual meters: production shared out among consumers per quarter hour")                    \
    X(users, user, user_conf, "who may charge where, and their cards")                             \
    X(budgets, budget, budget_conf, "how much energy or time may be charged per period")           \
    X(loads, load, load_conf, "heat pumps, heating rods, switched consumers, CHP")                 \
    X(tariffs, tariff, tariff_conf, "prices")

/* The sections as data: for the loader, the checks and the documents. */
enum site_section {
#define X(name, ...) SITE_##name,
    SITE_ONE_LIST(X) SITE_MAP_LIST(X)
#undef X
        SITE_SECTIONS
};
struct site_section_row {
    const char *name; /* "chargers" */
    const char *one;  /* "charger": an item in messages; also the class of a device's topics */
    const char *doc;
    const struct record *rec;
    bool map;          /* id -> item; else one map of settings */
    size_t off, n_off; /* of the array's pointer (or of the one struct) and its count, in site */
    size_t item, conf; /* size of an item; offset of conf in it; the id stands at 0 */
    int max;           /* items */
};
const struct site_section_row *site_section_row(enum site_section s);

struct site {
    struct general_conf general;
#define X(name, type, doc) struct type name;
    SITE_ONE_LIST(X)
#undef X
    /* Items in the order of the file. */
#define X(name, one, type, doc)                                                                    \
    struct site_##name {                                                                           \
        id_text id;                                                                                \
        struct type conf;                                                                          \
    } * name;                                                                                      \
    int name##_n;
    SITE_MAP_LIST(X)
#undef X
    char hash[20]; /* of the file's bytes: the config_hash of service status */
};

/* Lines for people, "site.yaml:14:9: charger.garage: …", in the order of the file. */
struct site_report {
    char *text; /* owned; lines ended by \n; "" when there is nothing to say; warnings included */
    int errors, warnings;
};

/* Reads and checks the file. On ERR_OK *out is the caller's, to be ended with site_free. In any
 * case *report is filled and ended with site_report_free. ERR_IO: not readable. */
enum err site_load(const char *path, struct site **out, struct site_report *report) MUST_CHECK;
/* The same for bytes in memory; `file` is what the lines begin with. */
enum err site_parse(struct str bytes, const char *file, struct site **out,
                    struct site_report *report) MUST_CHECK;
void site_free(struct site *s); /* NULL is fine */
void site_report_free(struct site_report *r);

/* NULL when there is none. */
const struct site_buses *site_bus(const struct site *s, const char *id);
const struct site_circuits *site_circuit(const struct site *s, const char *id);
const struct site_meters *site_meter(const struct site *s, const char *id);
const struct site_chargers *site_charger(const struct site *s, const char *id);
const struct site_loads *site_load_of(const struct site *s, const char *id);
/* Bits of enum load_mode that a load of this kind knows. */
uint32_t site_load_modes(const struct load_conf *c);
/* Item i of a map section, 0 <= i < site_items: its id and its conf. */
int site_items(const struct site *s, enum site_section sec);
const char *site_item_id(const struct site *s, enum site_section sec, int i);
const void *site_item_conf(const struct site *s, enum site_section sec, int i);
/* NULL when the section has no such id. */
const void *site_find(const struct site *s, enum site_section sec, const char *id);
/* The services of this suite and what the site file gives them to own. */
struct site_service {
    const char *name;   /* "meter-reader" */
    enum writer writer; /* OWNER: bridges and gateways; else the messages that are its alone */
    bool buses;         /* may be the owner of a bus and drives every device on it */
    bool ocpp;          /* drives the chargers with an OCPP identity */
};
extern const struct site_service site_services[];
extern const int site_services_n;
/* True when that service drives item i of a section of devices. */
bool site_drives(const struct site *s, const struct site_service *svc, enum site_section sec,
                 int i);
/* "mon-fri,sun" as bits, Monday is bit 0; false when it is none. */
bool site_parse_days(const char *text, uint8_t *days);
/* "06:30" as minutes since midnight; "24:00" is 1440. */
bool site_parse_clock(const char *text, int32_t *minutes);

/* Modes that a week table may name. */
enum {
    SITE_WEEK_MODES = 1u << CHARGE_MODE_LOCK | 1u << CHARGE_MODE_POWER |
                      1u << CHARGE_MODE_SOLAR_PURE | 1u << CHARGE_MODE_SOLAR_PLUS
};
/* What two spellings of a card, MAC or EVCCID have in common: "04:A2-b1 c3" and "04a2b1c3" are one.
 */
bool site_same_tag(const char *a, const char *b);
/* "min", "max", "50 %" as permille of the maximum (min: 0), or a power in W; false: neither. */
bool site_parse_start_power(const char *text, int32_t *pm, struct opt_i32 *power_w);

/* True when nothing is charged there without a card: by its `authorisation`, and when that is auto,
 * as soon as a user may charge there. */
bool site_card_needed(const struct site *s, int charger);
bool site_user_allowed(const struct user_conf *u, const char *charger);
/* idTag of transactions that are started from here for nobody: the first of ocpp.id_tags. */
const char *site_remote_tag(const struct site *s);
/* "2026-12-31"; false when it is no date of the calendar. */
bool site_parse_date(const char *text, int32_t *year, int32_t *month, int32_t *day);

/* The circuit without a parent; a loaded site has exactly one when it has any. */
const struct site_circuits *site_root(const struct site *s);
#endif
