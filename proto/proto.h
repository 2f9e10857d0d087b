/* SPDX-License-Identifier: Apache-2.0
 * proto.h -- the messages of wattbus as C types, and their topics. Pure.
 *
 * A topic is wattbus/<site>/<path>; MESSAGE_LIST gives the paths, + standing for an id. Encode and
 * decode are in proto/codec.h. Nothing outside proto/ spells out a topic: topic_format does. */
#ifndef WATTBUS_PROTO_H
#define WATTBUS_PROTO_H
#include "libcommon/pure/field.h"
#include "proto/rows.h"

/* clang-format off */
/* name, path below wattbus/<site>/, struct (rows in rows.h), who writes it, what it is */
#define MESSAGE_LIST(M)                                                                            \
    M(SITE_STATE, "site/+/state", site_state, CONTROLLER, "the house in one look")                 \
    M(SITE_FLOWS, "site/+/flows", site_flows, CONTROLLER, "who covers whom, now and today")        \
    M(CIRCUIT_STATE, "circuit/+/state", circuit_state, CONTROLLER, "a node of the circuit tree")   \
    M(METER_INFO, "meter/+/info", meter_info, OWNER, "identity of a meter")                        \
    M(METER_STATE, "meter/+/state", meter_state, OWNER, "what a meter shows")                      \
    M(INVERTER_INFO, "inverter/+/info", inverter_info, OWNER, "identity of an inverter")           \
    M(INVERTER_STATE, "inverter/+/state", inverter_state, OWNER, "what an inverter does")          \
    M(INVERTER_SETPOINT, "inverter/+/setpoint", inverter_setpoint, CONTROLLER, "lease: power limit")\
    M(INVERTER_CONTROL, "inverter/+/control", inverter_control, CONTROLLER, "how it is limited")   \
    M(BATTERY_INFO, "battery/+/info", battery_info, OWNER, "identity of a battery")                \
    M(BATTERY_STATE, "battery/+/state", battery_state, OWNER, "what a battery does")               \
    M(BATTERY_SETPOINT, "battery/+/setpoint", battery_setpoint, CONTROLLER, "lease: battery mode") \
    M(BATTERY_CONTROL, "battery/+/control", battery_control, CONTROLLER, "how it is controlled")   \
    M(CHARGER_INFO, "charger/+/info", charger_info, OWNER, "identity of a connector")              \
    M(CHARGER_STATE, "charger/+/state", charger_state, OWNER, "what a connector does")             \
    M(CHARGER_SETPOINT, "charger/+/setpoint", charger_setpoint, CONTROLLER, "lease: current limit")\
    M(CHARGER_CONTROL, "charger/+/control", charger_control, CONTROLLER, "how it is controlled")   \
    M(CHARGER_FLOWS, "charger/+/flows", charger_flows, CONTROLLER, "where its energy comes from")   \
    M(CHARGER_REQUEST, "charger/+/request", request, INBOX, "a one-shot action")                   \
    M(CHARGER_SESSION, "charger/+/session/+", session, OWNER, "one charging session")              \
    M(VEHICLE_STATE, "vehicle/+/state", vehicle_state, CONTROLLER, "what is known of a car")       \
    M(LOAD_INFO, "load/+/info", load_info, OWNER, "identity of a load")                            \
    M(LOAD_STATE, "load/+/state", load_state, OWNER, "what a load does")                           \
    M(LOAD_SETPOINT, "load/+/setpoint", load_setpoint, CONTROLLER, "lease: on, power or SG state") \
    M(LOAD_CONTROL, "load/+/control", load_control, CONTROLLER, "how it is controlled")            \
    M(OUTPUT_STATE, "output/+/state", output_state, OWNER, "a relay or analogue output")           \
    M(OUTPUT_SETPOINT, "output/+/setpoint", output_setpoint, CONTROLLER, "lease: contact or value")\
    M(INPUT_STATE, "input/+/state", input_state, OWNER, "a contact or analogue input")             \
    M(USER_STATE, "user/+/state", user_state, CONTROLLER, "a user and the budget")                 \
    M(USER_REQUEST, "user/+/request", request, INBOX, "a one-shot action: learn, forget")          \
    M(BUDGET_STATE, "budget/+/state", budget_state, CONTROLLER, "what is left of a budget")        \
    M(BUDGET_REQUEST, "budget/+/request", request, INBOX, "a one-shot action: top_up, restart")    \
    M(AUTHORISATION, "authorisation/+", authorisation, CONTROLLER,                                 \
      "the cards of a user, for the gateways; nobody else may read it")                            \
    M(VARIABLE_STATE, "variable/+/state", variable_state, CONTROLLER, "a user variable")           \
    M(GRID_LIMIT, "grid/limit/+", grid_limit, SIGNAL, "what the grid operator allows")             \
    M(TARIFF_STATE, "tariff/+/state", tariff_state, TARIFF, "prices in slots")                     \
    M(FORECAST_STATE, "forecast/+/state", forecast_state, TARIFF, "expected production")           \
    M(PLAN_STATE, "plan/+/state", plan_state, PLANNER, "what is planned")                          \
    M(METERING_POINT_STATE, "metering_point/+/state", metering_point_state, CONTROLLER,            \
      "consumption and production shared out per quarter hour")                                    \
    M(SERVICE_STATUS, "service/+/status", service_status, ITSELF, "life sign of a process")        \
    M(SERVICE_MARKER, "service/+/marker", marker, ITSELF,                                  \
      "written and read by the service itself: its retained topics have all arrived")

#define WRITER_LIST(W)                                                                             \
    W(OWNER, "the bridge that owns the id")                                                        \
    W(CONTROLLER, "surplus-controller")                                                            \
    W(TARIFF, "tariff-service")                                                                    \
    W(PLANNER, "planner")                                                                          \
    W(SIGNAL, "the gateway of that source")                                                        \
    W(ITSELF, "the service itself")                                                                \
    W(INBOX, "anyone with the right; the obeying service clears it")

/* clang-format on */
enum writer {
#define W(name, text) WRITER_##name,
    WRITER_LIST(W)
#undef W
        WRITER_COUNT
};
enum message_id {
#define M(id, path, type, writer, doc) MSG_##id,
    MESSAGE_LIST(M)
#undef M
        MSG_COUNT
};
struct message {
    const char *name; /* "METER_STATE" */
    const char *path; /* below wattbus/<site>/, + for an id */
    const struct record *rec;
    enum writer writer;
    const char *doc;
};
const struct message *message_of(enum message_id id);
const char *writer_text(enum writer w);

ENUM_DECLARE(fault_level, FAULT_LEVEL, FAULT_LEVEL_VALUES)
ENUM_DECLARE(role, ROLE, ROLE_VALUES)
ENUM_DECLARE(evse_state, EVSE_STATE, EVSE_STATE_VALUES)
ENUM_DECLARE(charge_mode, CHARGE_MODE, CHARGE_MODE_VALUES)
ENUM_DECLARE(phase_use, PHASE_USE, PHASE_USE_VALUES)
ENUM_DECLARE(battery_mode, BATTERY_MODE, BATTERY_MODE_VALUES)
ENUM_DECLARE(inverter_status, INVERTER_STATUS, INVERTER_STATUS_VALUES)
ENUM_DECLARE(battery_status, BATTERY_STATUS, BATTERY_STATUS_VALUES)
ENUM_DECLARE(current_type, CURRENT_TYPE, CURRENT_TYPE_VALUES)
ENUM_DECLARE(lease, LEASE, LEASE_VALUES)
ENUM_DECLARE(result, RESULT, RESULT_VALUES)
ENUM_DECLARE(tariff_kind, TARIFF_KIND, TARIFF_KIND_VALUES)
ENUM_DECLARE(meter_trust, METER_TRUST, METER_TRUST_VALUES)
ENUM_DECLARE(sg_state, SG_STATE, SG_STATE_VALUES)
ENUM_DECLARE(load_mode, LOAD_MODE, LOAD_MODE_VALUES)
ENUM_DECLARE(source, SOURCE, SOURCE_VALUES)
ENUM_DECLARE(limit, LIMIT, LIMIT_VALUES)
ENUM_DECLARE(budget_period, BUDGET_PERIOD, BUDGET_PERIOD_VALUES)
ENUM_DECLARE(authorised, AUTHORISED, AUTHORISED_VALUES)
ENUM_DECLARE(card_status, CARD_STATUS, CARD_STATUS_VALUES)

RECORD_STRUCT(fault, FAULT_ROWS)
RECORD_STRUCT(param, PARAM_ROWS)
RECORD_STRUCT(reason, REASON_ROWS)
RECORD_STRUCT(request_result, RESULT_ROWS)
RECORD_STRUCT(phase_change, PHASE_CHANGE_ROWS)
RECORD_STRUCT(slot, SLOT_ROWS)
RECORD_STRUCT(applied, APPLIED_ROWS)
RECORD_STRUCT(counter, DEVICE_COUNT_ROWS)
RECORD_STRUCT(site_state, SITE_STATE_ROWS)
RECORD_STRUCT(site_flows, SITE_FLOWS_ROWS)
RECORD_STRUCT(circuit_state, CIRCUIT_STATE_ROWS)
RECORD_STRUCT(meter_info, METER_INFO_ROWS)
RECORD_STRUCT(meter_state, METER_STATE_ROWS)
RECORD_STRUCT(quarter, QUARTER_ROWS)
RECORD_STRUCT(metering_point_state, METERING_POINT_STATE_ROWS)
RECORD_STRUCT(inverter_info, INVERTER_INFO_ROWS)
RECORD_STRUCT(inverter_state, INVERTER_STATE_ROWS)
RECORD_STRUCT(inverter_setpoint, INVERTER_SETPOINT_ROWS)
RECORD_STRUCT(inverter_control, INVERTER_CONTROL_ROWS)
RECORD_STRUCT(battery_info, BATTERY_INFO_ROWS)
RECORD_STRUCT(battery_state, BATTERY_STATE_ROWS)
RECORD_STRUCT(battery_setpoint, BATTERY_SETPOINT_ROWS)
RECORD_STRUCT(battery_control, BATTERY_CONTROL_ROWS)
RECORD_STRUCT(charger_info, CHARGER_INFO_ROWS)
RECORD_STRUCT(charger_state, CHARGER_STATE_ROWS)
RECORD_STRUCT(charger_setpoint, CHARGER_SETPOINT_ROWS)
RECORD_STRUCT(shown_override, SHOWN_OVERRIDE_ROWS)
RECORD_STRUCT(charger_control, CHARGER_CONTROL_ROWS)
RECORD_STRUCT(charger_flows, CHARGER_FLOWS_ROWS)
RECORD_STRUCT(session, SESSION_ROWS)
RECORD_STRUCT(vehicle_state, VEHICLE_STATE_ROWS)
RECORD_STRUCT(load_info, LOAD_INFO_ROWS)
RECORD_STRUCT(load_state, LOAD_STATE_ROWS)
RECORD_STRUCT(load_setpoint, LOAD_SETPOINT_ROWS)
RECORD_STRUCT(load_control, LOAD_CONTROL_ROWS)
RECORD_STRUCT(output_state, OUTPUT_STATE_ROWS)
RECORD_STRUCT(output_setpoint, OUTPUT_SETPOINT_ROWS)
RECORD_STRUCT(input_state, INPUT_STATE_ROWS)
RECORD_STRUCT(user_state, USER_STATE_ROWS)
RECORD_STRUCT(budget_state, BUDGET_STATE_ROWS)
RECORD_STRUCT(card_entry, CARD_ENTRY_ROWS)
RECORD_STRUCT(authorisation, AUTHORISATION_ROWS)
RECORD_STRUCT(variable_state, VARIABLE_STATE_ROWS)
RECORD_STRUCT(grid_limit, GRID_LIMIT_ROWS)
RECORD_STRUCT(tariff_state, TARIFF_STATE_ROWS)
RECORD_STRUCT(forecast_state, FORECAST_STATE_ROWS)
RECORD_STRUCT(plan_state, PLAN_STATE_ROWS)
RECORD_STRUCT(request, REQUEST_ROWS)
RECORD_STRUCT(marker, MARKER_ROWS)
RECORD_STRUCT(service_status, SERVICE_STATUS_ROWS)

/* ---- derived meters ---- */
enum derived_meter {
#define D(id, name, text, doc) DERIVED_##id,
    DERIVED_METERS(D)
#undef D
        DERIVED_COUNT
};
struct derived_row {
    const char *id;   /* "derived_surplus": the id of its topics */
    const char *name; /* for people */
    const char *doc;  /* what power_w is */
};
extern const struct derived_row derived_rows[DERIVED_COUNT];

/* Large enough for any message; only tariff, forecast and plan come near it. */
union any_message {
#define M(id, path, type, writer, doc) struct type id;
    MESSAGE_LIST(M)
#undef M
};

enum { CONTRACT_VERSION = 1, TOPIC_MAX = 160, PAYLOAD_MAX = 262144 };

/* ---- topics ---- */
struct topic {
    char s[TOPIC_MAX];
};
/* The topic of message `m` for `id` (and `leaf` for a second +, else NULL). Ids are checked by the
 * caller's configuration; one that is no id is our bug and asserts. */
struct topic topic_format(const char *site, enum message_id m, const char *id, const char *leaf);
/* The subscription pattern of `m` for one id, or for all when id is NULL. */
struct topic topic_pattern(const char *site, enum message_id m, const char *id);

/* What a received topic is. */
struct topic_match {
    enum message_id msg; /* MSG_COUNT when it is none of them */
    int override;        /* index into the override rows, or -1 */
    char id[ID_CAP];     /* first + */
    char leaf[ID_CAP];   /* second +, "" when there is none */
};
bool topic_parse(const char *site, struct str topic, struct topic_match *out);

/* ---- overrides: charger/<id>/override/<field> and the like ---- */
/* class, field, kind, enum or -, unit, lo, hi (STR: most bytes), where it is shown, doc */
#define OVERRIDE_LIST(O)                                                                           \
    O(charger, mode, ENUM, &charge_mode_enum, "", 0, 0, "mode", "charging mode")                   \
    O(charger, max_current, I32, NULL, "mA", 0, CURRENT_HI, "max_current_ma",                      \
      "upper limit per phase; 0 pauses")                                                           \
    O(charger, min_current, I32, NULL, "mA", 6000, 16000, "min_current_ma",                        \
      "what a pause is decided on")                                                                \
    O(charger, phases, ENUM, &phase_use_enum, "", 0, 0, "phase_use",                               \
      "phases to charge with; auto: as the power asks for (empty: as configured)")                 \
    O(charger, priority, I32, NULL, "", 1, 99, "priority", "1 is served first")                    \
    O(charger, solar_share, I32, NULL, "permille", 0, 1000, "solar_share_pm",                      \
      "solar_plus: starts at this share of the start power; 0 never waits for the sun")            \
    O(charger, start_power, STR, NULL, "", 0, 15, "start_power",                                   \
      "solar_plus: power to charge with at least: min, 50%, 75%, max or such as 5500 W")           \
    O(charger, use_house_battery, BOOL, NULL, "", 0, 1, "use_house_battery",                       \
      "the house battery may serve this car")                                                      \
    O(charger, target_energy, I32, NULL, "Wh", 0, 1000000, "target_energy_wh",                     \
      "target: energy of this session; 0: none")                                                   \
    O(charger, target_soc, I32, NULL, "permille", 0, 1000, "target_soc_pm",                        \
      "target: state of charge; 0: none")                                                          \
    O(charger, target_time, STR, NULL, "", 0, 39, "target_time",                                   \
      "target: when it must be done: 07:00, mon-fri 07:00, 2026-11-21 07:00 or with zone")         \
    O(charger, week, STR, NULL, "", 0, 999, "week",                                                \
      "time: rows such as mon-fri 08:00-12:00 lock; sat,sun 00:00-24:00 solar_plus; else power")   \
    O(charger, vehicle, STR, NULL, "", 0, 32, "vehicle", "id of the car that is plugged in")       \
    O(vehicle, soc, STR, NULL, "%", 0, 15, "",                                                     \
      "state of charge as the car says it, such as 64 or 64.5; in an object ts may say when")      \
    O(variable, value, STR, NULL, "", 0, 31, "",                                                   \
      "a number such as 21.5 or 16 A, in the place of the expression")                             \
    O(battery, mode, ENUM, &battery_mode_enum, "", 0, 0, "mode", "normal, hold, charge or limit")  \
    O(battery, charge_power, I32, NULL, "W", 0, POWER_HI, "charge_power_w",                        \
      "mode charge: charge with it, from the grid too; else charge with no more")                  \
    O(battery, discharge_power, I32, NULL, "W", 0, POWER_HI, "discharge_power_w",                  \
      "discharge with no more")                                                                    \
    O(battery, min_soc, I32, NULL, "permille", 50, 1000, "min_soc_pm", "not discharged below it")  \
    O(battery, max_soc, I32, NULL, "permille", 50, 1000, "max_soc_pm", "not charged above it")     \
    O(battery, first_until_soc, I32, NULL, "permille", 0, 1000, "first_until_soc_pm",              \
      "charged before solar cars up to here")                                                      \
    O(load, mode, ENUM, &load_mode_enum, "", 0, 0, "mode", "off, on, solar, or normal: by itself") \
    O(load, power, I32, NULL, "W", 0, POWER_HI, "max_power_w",                                     \
      "power to run with; in mode solar the most that it may take")                                \
    O(load, priority, I32, NULL, "", 1, 99, "priority", "1 is served first")

struct override_row {
    const char *cls, *field;
    enum field_kind kind; /* ENUM, I32, BOOL or STR */
    const struct enum_desc *en;
    const char *unit;
    int64_t lo, hi;
    const char *shown_as; /* field of the class's `control` message that shows it, "" for none */
    const char *doc;
};
extern const struct override_row override_rows[];
extern const int override_rows_n;
struct topic topic_override(const char *site, int row, const char *id); /* id "+" for all */

enum { OVERRIDE_TEXT_CAP = 1000 };
struct override {
    bool clear;              /* empty payload: back to automatic */
    int32_t value;           /* enum index, number in the row's unit, 0 or 1 */
    struct opt_i64 until_ms; /* UTC */
    struct opt_i64 ts_ms;    /* UTC, when it was true; unset: nobody said so */
    bool until_unplugged;
    char text[OVERRIDE_TEXT_CAP]; /* STR; else "" */
};
#endif
