/* SPDX-License-Identifier: Apache-2.0
 * rows.h -- the contract on the bus, one row per field. This is the only place where a field of a
 * message is written down: struct, encode, decode, JSON Schema, docs/mqtt.md and Home Assistant
 * discovery all come from these rows (libcommon/pure/field.h explains the columns).
 *
 * Signs: power_w + is drawn from the grid / consumed / charging, - is fed in / discharging;
 * an inverter's power_w + is production. Phases are the grid's L1, L2, L3: bridges undo rotation.
 * Times are UTC ms. Consumers ignore unknown fields; producers may add; nothing changes meaning. */
#ifndef WATTBUS_PROTO_ROWS_H
#define WATTBUS_PROTO_ROWS_H
#include "proto/rows_flows.h"

#include "proto/rows_users.h"

/* clang-format off */
#define TIME_HI 253402300799999 /* 9999-12-31 */
#define POWER_HI 100000000      /* W: 100 MW */
#define CURRENT_HI 10000000     /* mA: 10 kA */
#define AGE_HI 86400000         /* ms: one day */
#define PRICE_HI 1000000000     /* micro-units per kWh: 1000 EUR/kWh */
#define COUNTER_HI 9007199254740991 /* 2^53-1: what JSON readers keep exactly */
enum { MAX_FAULTS = 8, MAX_SLOTS = 400, MAX_RESULTS = 16, MAX_SWITCHES = 16, MAX_PARAMS = 6, MAX_REASONS = 4 };

/* ---- enums ---- */
#define FAULT_LEVEL_VALUES(X, P) X(P, INFO, "info") X(P, WARNING, "warning") X(P, ERROR, "error")
#define ROLE_VALUES(X, P)                                                                          \
    X(P, GRID, "grid") X(P, PRODUCER, "producer") X(P, CONSUMER, "consumer")                       \
    X(P, STORAGE_HOME, "storage_home") X(P, STORAGE_ALL, "storage_all") X(P, DISPLAY, "display")
/* IEC 61851-1 vehicle states; OCPP and register maps are translated to these by the bridges. */
#define EVSE_STATE_VALUES(X, P)                                                                    \
    X(P, A, "A") X(P, B, "B") X(P, C, "C") X(P, D, "D") X(P, E, "E") X(P, F, "F")
#define CHARGE_MODE_VALUES(X, P)                                                                   \
    X(P, LOCK, "lock") X(P, POWER, "power") X(P, SOLAR_PURE, "solar_pure")                         \
    X(P, SOLAR_PLUS, "solar_plus") X(P, TIME, "time") X(P, TARGET, "target")
/* Phases to charge with: by people's choice, or as the power that there is asks for. */
#define PHASE_USE_VALUES(X, P) X(P, THREE, "3") X(P, ONE, "1") X(P, AUTO, "auto")
#define BATTERY_MODE_VALUES(X, P)                                                                  \
    X(P, NORMAL, "normal") X(P, HOLD, "hold") X(P, CHARGE, "charge") X(P, LIMIT, "limit")        \
    X(P, POWER, "power")
#define INVERTER_STATUS_VALUES(X, P)                                                               \
    X(P, OFF, "off") X(P, SLEEPING, "sleeping") X(P, STARTING, "starting")                         \
    X(P, PRODUCING, "producing") X(P, THROTTLED, "throttled") X(P, STOPPING, "stopping")           \
    X(P, FAULT, "fault") X(P, STANDBY, "standby")
#define BATTERY_STATUS_VALUES(X, P)                                                                \
    X(P, OFF, "off") X(P, EMPTY, "empty") X(P, DISCHARGING, "discharging")                         \
    X(P, CHARGING, "charging") X(P, FULL, "full") X(P, HOLDING, "holding")                         \
    X(P, TESTING, "testing") X(P, FAULT, "fault")
#define CURRENT_TYPE_VALUES(X, P) X(P, AC, "ac") X(P, DC, "dc")
#define LEASE_VALUES(X, P) X(P, NONE, "none") X(P, LIVE, "live") X(P, EXPIRED, "expired")
#define RESULT_VALUES(X, P)                                                                        \
    X(P, ACCEPTED, "accepted") X(P, DONE, "done") X(P, REJECTED, "rejected")                       \
    X(P, FAILED, "failed") X(P, TIMEOUT, "timeout") X(P, EXPIRED, "expired") X(P, INVALID, "invalid")
#define TARIFF_KIND_VALUES(X, P)                                                                   \
    X(P, IMPORT, "import") X(P, EXPORT, "export") X(P, CO2, "co2")
/* How far the grid meter can be trusted: late is suspect, and nothing is raised on it. */
#define METER_TRUST_VALUES(X, P)                                                                   \
    X(P, GOOD, "good") X(P, SUSPECT, "suspect") X(P, MISSING, "missing") X(P, FROZEN, "frozen")    \
    X(P, NONE, "no_meter")
#define SG_STATE_VALUES(X, P)                                                                      \
    X(P, BLOCK, "block") X(P, NORMAL, "normal") X(P, RECOMMENDED, "recommended")                   \
    X(P, FORCED, "forced")
#define LOAD_MODE_VALUES(X, P)                                                                     \
    X(P, OFF, "off") X(P, ON, "on") X(P, SOLAR, "solar") X(P, NORMAL, "normal")
#define SOURCE_VALUES(X, P)                                                                        \
    X(P, DEFAULT, "default") X(P, OVERRIDE, "override") X(P, TABLE, "table") X(P, RULE, "rule")    \
    X(P, PLAN, "plan")
/* What binds a setpoint. */
#define LIMIT_VALUES(X, P)                                                                         \
    X(P, NONE, "none") X(P, DEVICE, "device") X(P, CIRCUIT, "circuit")                             \
    X(P, IMBALANCE, "imbalance") X(P, GRID_OPERATOR, "grid_operator") X(P, SURPLUS, "surplus")     \
    X(P, MODE, "mode") X(P, BLIND, "blind") X(P, OVERRIDE, "override") X(P, DWELL, "dwell")        \
    X(P, SHARE, "share") X(P, AUTHORISATION, "authorisation") X(P, RULE, "rule")

/* ---- small records ---- */
#define FAULT_ROWS(F, S)                                                                           \
    F(S, REQ, STR, code, 40, "", 0, 0, NONE, "stable name, e.g. meter_frozen")                     \
    F(S, OPT, ENUM, level, fault_level, "", 0, 0, NONE, "how bad it is")                           \
    F(S, OPT, STR, device, ID_CAP, "", 0, 0, NONE, "id of the device it is about")                 \
    F(S, OPT, TIME, since, , "ms", 0, TIME_HI, NONE, "when it began")                              \
    F(S, REQ, STR, text, 160, "", 0, 0, NONE, "for people")
#define PARAM_ROWS(F, S)                                                                           \
    F(S, REQ, STR, name, 24, "", 0, 0, NONE, "name of the parameter, with its unit")               \
    F(S, OPT, I64, value, , "", -COUNTER_HI, COUNTER_HI, NONE, "when it is a number")              \
    F(S, OPT, STR, text, 40, "", 0, 0, NONE, "when it is a word")
#define REASON_ROWS(F, S)                                                                          \
    F(S, REQ, STR, code, 40, "", 0, 0, NONE, "stable name of the reason, e.g. wait_surplus")           \
    F(S, OPT, LIST, params, param, "", 0, MAX_PARAMS, NONE, "the numbers in the text")             \
    F(S, REQ, STR, text, 200, "", 0, 0, TEXT, "the reason in words")
#define RESULT_ROWS(F, S)                                                                          \
    F(S, REQ, STR, id, 40, "", 0, 0, NONE, "id of the request")                                    \
    F(S, REQ, STR, action, 32, "", 0, 0, NONE, "what was asked")                                   \
    F(S, REQ, ENUM, result, result, "", 0, 0, NONE, "what became of it")                           \
    F(S, REQ, TIME, ts, , "ms", 0, TIME_HI, NONE, "when")                                          \
    F(S, OPT, STR, text, 160, "", 0, 0, NONE, "details for people")
#define PHASE_CHANGE_ROWS(F, S)                                                                    \
    F(S, REQ, TIME, ts, , "ms", 0, TIME_HI, NONE, "when the contacts were seen changed")           \
    F(S, REQ, I32, from, , "", 1, 3, NONE, "phases before: 1 or 3")                                \
    F(S, REQ, I32, to, , "", 1, 3, NONE, "phases after it")                                        \
    F(S, OPT, STR, vehicle, ID_CAP, "", 0, 0, NONE, "car that was taken to be plugged in")
#define SLOT_ROWS(F, S)                                                                            \
    F(S, REQ, TIME, start, , "ms", 0, TIME_HI, NONE, "first ms of the slot")                       \
    F(S, REQ, I64, value, , "", -COUNTER_HI, COUNTER_HI, NONE,                                     \
      "price in micro-units per kWh, g CO2 per kWh, or W, as the message says")
#define APPLIED_ROWS(F, S)                                                                         \
    F(S, REQ, ENUM, lease, lease, "", 0, 0, NONE, "is a setpoint in force")                        \
    F(S, OPT, I64, seq, , "", 0, COUNTER_HI, NONE, "seq of the setpoint in force")                 \
    F(S, OPT, STR, boot, 20, "", 0, 0, NONE, "boot id of its writer")                              \
    F(S, OPT, I32, current_ma, , "mA", 0, CURRENT_HI, NONE, "limit told to the device, per phase") \
    F(S, OPT, I32, power_w, , "W", -POWER_HI, POWER_HI, NONE, "limit or setpoint told to it")      \
    F(S, OPT, I32, phases, , "", 1, 3, NONE, "phases told to it")                                  \
    F(S, OPT, ENUM, mode, battery_mode, "", 0, 0, NONE, "battery mode in force")                   \
    F(S, OPT, BOOL, on, , "", 0, 1, NONE, "run or rest, as told to a load")                        \
    F(S, OPT, ENUM, sg_state, sg_state, "", 0, 0, NONE, "SG Ready state told to it")               \
    F(S, OPT, TIME, at, , "ms", 0, TIME_HI, NONE, "when the device acknowledged it")

/* ---- heads ---- */
#define HEAD_ROWS(F, S)                                                                            \
    F(S, REQ, I32, v, , "", 1, 1, NONE, "version of the contract")                                 \
    F(S, REQ, TIME, ts, , "ms", 0, TIME_HI, NONE, "when it was true")
#define STATE_ROWS(F, S)                                                                           \
    HEAD_ROWS(F, S)                                                                                \
    F(S, REQ, I32, interval_ms, , "ms", 1, AGE_HI, NONE,                                           \
      "how often a new one comes; older than 3 intervals is suspect")                              \
    F(S, REQ, I32, max_age_ms, , "ms", 1, AGE_HI, NONE, "older than this is missing")              \
    F(S, OPT, LIST, faults, fault, "", 0, MAX_FAULTS, NONE, "what is wrong with the device")
/* A setpoint is a lease: it holds valid_ms from its live receipt, then the fallback. */
#define LEASE_ROWS(F, S)                                                                           \
    HEAD_ROWS(F, S)                                                                                \
    F(S, REQ, I64, seq, , "", 0, COUNTER_HI, NONE, "rises with every setpoint of this boot")       \
    F(S, REQ, STR, boot, 20, "", 0, 0, NONE, "boot id of the writer")                              \
    F(S, REQ, I32, valid_ms, , "ms", 100, 3600000, NONE,                                           \
      "length of the lease, on the receiver's monotonic clock from a live receipt")                \
    F(S, REQ, REC, reason, reason, "", 0, 0, NONE, "why")                                          \
    F(S, OPT, ENUM, limit, limit, "", 0, 0, NONE, "what binds it")
#define IDENTITY_ROWS(F, S)                                                                        \
    HEAD_ROWS(F, S)                                                                                \
    F(S, OPT, STR, name, 48, "", 0, 0, NONE, "name for people")                                    \
    F(S, OPT, STR, vendor, 48, "", 0, 0, NONE, "maker")                                            \
    F(S, OPT, STR, model, 48, "", 0, 0, NONE, "model")                                             \
    F(S, OPT, STR, serial, 48, "", 0, 0, NONE, "serial number")                                    \
    F(S, OPT, STR, firmware, 64, "", 0, 0, NONE, "firmware version")                               \
    F(S, OPT, STR, hardware, 48, "", 0, 0, NONE, "hardware version")                               \
    F(S, OPT, STR, address, 96, "", 0, 0, NONE, "wire identity: OCPP id, unit, SKI")               \
    F(S, OPT, STR, profile, 64, "", 0, 0, NONE, "device profile in use")
#define ELECTRIC_ROWS(F, S)                                                                        \
    F(S, OPT, I32, power_w, , "W", -POWER_HI, POWER_HI, POWER, "active power, all phases")         \
    F(S, OPT, PHASES, power_phase_w, , "W", -POWER_HI, POWER_HI, POWER, "active power")            \
    F(S, OPT, PHASES, current_phase_ma, , "mA", -CURRENT_HI, CURRENT_HI, CURRENT,                  \
      "current, signed like the power of its phase")                                               \
    F(S, OPT, PHASES, voltage_phase_mv, , "mV", 0, 1000000, VOLTAGE, "voltage to neutral")

/* ---- site and circuits ---- */
#define SITE_STATE_ROWS(F, S)                                                                      \
    STATE_ROWS(F, S)                                                                               \
    F(S, OPT, STR, name, 48, "", 0, 0, NONE, "name of the house")                                  \
    F(S, OPT, STR, timezone, 48, "", 0, 0, NONE, "IANA time zone of all calendar rules")           \
    F(S, OPT, STR, currency, 4, "", 0, 0, NONE, "ISO 4217")                                        \
    F(S, OPT, STR, config_hash, 20, "", 0, 0, NONE, "hash of the site file in force")              \
    F(S, OPT, I32, grid_power_w, , "W", -POWER_HI, POWER_HI, POWER, "at the grid connection")      \
    F(S, OPT, I32, pv_power_w, , "W", -POWER_HI, POWER_HI, POWER, "production of all inverters")   \
    F(S, OPT, I32, battery_power_w, , "W", -POWER_HI, POWER_HI, POWER, "all batteries, + charging")\
    F(S, OPT, I32, charger_power_w, , "W", -POWER_HI, POWER_HI, POWER, "all chargers")             \
    F(S, OPT, I32, load_power_w, , "W", -POWER_HI, POWER_HI, POWER,                                \
      "all controlled loads, as far as they are measured or told to run")                          \
    F(S, OPT, I32, house_power_w, , "W", -POWER_HI, POWER_HI, POWER, "everything else")            \
    F(S, OPT, I32, surplus_w, , "W", -POWER_HI, POWER_HI, POWER, "what chargers may take of the sun")\
    F(S, OPT, I32, feed_in_limit_w, , "W", 0, POWER_HI, POWER, "lowest feed-in limit in force")    \
    F(S, OPT, I32, curtailed_w, , "W", 0, POWER_HI, POWER, "estimate: sun that the limit costs")   \
    F(S, OPT, REC, feed_in, reason, "", 0, 0, TEXT, "what limits the feed-in, and why")            \
    F(S, OPT, I32, imbalance_va, , "VA", 0, POWER_HI, APPARENT, "largest difference of two phases")\
    F(S, OPT, ENUM, grid_meter, meter_trust, "", 0, 0, ENUM, "how far the grid meter is trusted")  \
    F(S, OPT, BOOL, blind, , "", 0, 1, FLAG, "the grid meter can't be trusted now")                \
    F(S, OPT, BOOL, config_agreed, , "", 0, 1, FLAG, "all services run the same site file")
#define CIRCUIT_STATE_ROWS(F, S)                                                                   \
    STATE_ROWS(F, S)                                                                               \
    F(S, OPT, I32, max_current_ma, , "mA", 0, CURRENT_HI, CURRENT, "rating per phase")             \
    F(S, OPT, I32, max_power_w, , "W", 0, POWER_HI, POWER, "rating over all phases")               \
    F(S, OPT, PHASES, limit_phase_ma, , "mA", 0, CURRENT_HI, NONE,                                 \
      "what current_limit of the site file leaves to loads now")                                   \
    F(S, OPT, I32, limit_w, , "W", 0, POWER_HI, NONE, "what power_limit leaves to them")           \
    F(S, OPT, PHASES, current_phase_ma, , "mA", -CURRENT_HI, CURRENT_HI, CURRENT, "measured")      \
    F(S, OPT, PHASES, available_phase_ma, , "mA", -CURRENT_HI, CURRENT_HI, CURRENT,                \
      "what is left for the loads below it; negative: overload")                                   \
    F(S, OPT, I32, power_w, , "W", -POWER_HI, POWER_HI, POWER, "measured")

/* ---- meters ---- */
#define METER_INFO_ROWS(F, S)                                                                      \
    IDENTITY_ROWS(F, S)                                                                            \
    F(S, OPT, ENUM, role, role, "", 0, 0, NONE, "what it measures for the site")
#define METER_STATE_ROWS(F, S)                                                                     \
    STATE_ROWS(F, S)                                                                               \
    F(S, OPT, ENUM, role, role, "", 0, 0, NONE, "what it measures for the site")                   \
    ELECTRIC_ROWS(F, S)                                                                            \
    F(S, OPT, I32, frequency_mhz, , "mHz", 0, 100000, FREQUENCY, "grid frequency")                 \
    F(S, OPT, I64, import_wh, , "Wh", 0, COUNTER_HI, ENERGY, "counter, never falls")               \
    F(S, OPT, I64, export_wh, , "Wh", 0, COUNTER_HI, ENERGY, "counter, never falls")

/* ---- inverters and batteries ---- */
#define INVERTER_INFO_ROWS(F, S)                                                                   \
    IDENTITY_ROWS(F, S)                                                                            \
    F(S, OPT, I32, max_power_w, , "W", 0, POWER_HI, NONE, "rated AC power")                        \
    F(S, OPT, BOOL, can_limit, , "", 0, 1, NONE, "active power can be limited")
#define INVERTER_STATE_ROWS(F, S)                                                                  \
    STATE_ROWS(F, S)                                                                               \
    F(S, OPT, ENUM, status, inverter_status, "", 0, 0, ENUM, "operating state")                    \
    ELECTRIC_ROWS(F, S)                                                                            \
    F(S, OPT, I32, pv_power_w, , "W", -POWER_HI, POWER_HI, POWER, "DC power of all PV strings")    \
    F(S, OPT, I32, frequency_mhz, , "mHz", 0, 100000, FREQUENCY, "grid frequency")                 \
    F(S, OPT, I64, yield_wh, , "Wh", 0, COUNTER_HI, ENERGY, "AC energy counter")                   \
    F(S, OPT, I32, limit_w, , "W", 0, POWER_HI, POWER, "limit that the device reports in force")   \
    F(S, OPT, REC, applied, applied, "", 0, 0, NONE, "setpoint in force")
#define INVERTER_SETPOINT_ROWS(F, S)                                                               \
    LEASE_ROWS(F, S)                                                                               \
    F(S, OPT, I32, limit_w, , "W", 0, POWER_HI, NONE, "AC power limit; absent: unlimited")         \
    F(S, OPT, I32, fallback_w, , "W", 0, POWER_HI, NONE, "limit after the lease; absent: unlimited")
#define INVERTER_CONTROL_ROWS(F, S)                                                                \
    HEAD_ROWS(F, S)                                                                                \
    F(S, OPT, I32, allowed_w, , "W", 0, POWER_HI, POWER, "AC power limit now; absent: unlimited")  \
    F(S, OPT, BOOL, curtailed, , "", 0, 1, FLAG, "it would give more than it may")                 \
    F(S, REQ, REC, reason, reason, "", 0, 0, TEXT, "why")                                          \
    F(S, OPT, ENUM, limit, limit, "", 0, 0, ENUM, "what binds it")                                 \
    F(S, OPT, TIME, next_change, , "ms", 0, TIME_HI, TIMESTAMP, "earliest time of the next step")
#define BATTERY_INFO_ROWS(F, S)                                                                    \
    IDENTITY_ROWS(F, S)                                                                            \
    F(S, OPT, I32, capacity_wh, , "Wh", 0, POWER_HI, NONE, "usable energy")                        \
    F(S, OPT, I32, max_charge_w, , "W", 0, POWER_HI, NONE, "rated")                                \
    F(S, OPT, I32, max_discharge_w, , "W", 0, POWER_HI, NONE, "rated")                             \
    F(S, OPT, BOOL, can_control, , "", 0, 1, NONE, "charge and discharge can be limited")
#define BATTERY_STATE_ROWS(F, S)                                                                   \
    STATE_ROWS(F, S)                                                                               \
    F(S, OPT, ENUM, status, battery_status, "", 0, 0, ENUM, "what it does")                        \
    F(S, OPT, I32, power_w, , "W", -POWER_HI, POWER_HI, POWER, "+ charging, - discharging")        \
    F(S, OPT, I32, soc_pm, , "permille", 0, 1000, SOC, "state of charge")                          \
    F(S, OPT, I32, soh_pm, , "permille", 0, 1000, NONE, "state of health")                         \
    F(S, OPT, I32, voltage_mv, , "mV", 0, 2000000, VOLTAGE, "DC")                                  \
    F(S, OPT, I32, current_ma, , "mA", -CURRENT_HI, CURRENT_HI, CURRENT, "DC, + charging")         \
    F(S, OPT, REC, applied, applied, "", 0, 0, NONE, "setpoint in force")
#define BATTERY_SETPOINT_ROWS(F, S)                                                                \
    LEASE_ROWS(F, S)                                                                               \
    F(S, REQ, ENUM, mode, battery_mode, "", 0, 0, NONE, "after the lease: normal")                 \
    F(S, OPT, I32, charge_w, , "W", 0, POWER_HI, NONE,                                             \
      "charge: power to charge with, from the grid too; limit: most that may be charged")          \
    F(S, OPT, I32, discharge_w, , "W", 0, POWER_HI, NONE, "limit: most that may be discharged")    \
    F(S, OPT, I32, power_w, , "W", -POWER_HI, POWER_HI, NONE,                                      \
      "power: exactly this, + charging, - discharging")
#define BATTERY_CONTROL_ROWS(F, S)                                                                 \
    HEAD_ROWS(F, S)                                                                                \
    F(S, REQ, ENUM, mode, battery_mode, "", 0, 0, ENUM, "mode in force, as chosen")                \
    F(S, OPT, ENUM, mode_source, source, "", 0, 0, NONE, "who chose it")                           \
    F(S, OPT, TIME, mode_until, , "ms", 0, TIME_HI, TIMESTAMP, "when that choice ends")            \
    F(S, OPT, I32, charge_power_w, , "W", 0, POWER_HI, POWER,                                      \
      "chosen: charge with it (charge), charge with no more (else)")                               \
    F(S, OPT, I32, discharge_power_w, , "W", 0, POWER_HI, POWER, "chosen: discharge with no more") \
    F(S, OPT, I32, min_soc_pm, , "permille", 0, 1000, NUMBER, "not discharged below it")           \
    F(S, OPT, I32, max_soc_pm, , "permille", 0, 1000, NUMBER, "not charged above it")              \
    F(S, OPT, I32, first_until_soc_pm, , "permille", 0, 1000, NUMBER,                              \
      "charged before solar cars up to here")                                                      \
    F(S, OPT, ENUM, order, battery_mode, "", 0, 0, ENUM, "what the setpoint says")                 \
    F(S, OPT, I32, wanted_w, , "W", -POWER_HI, POWER_HI, POWER, "power asked for, + charging")     \
    F(S, OPT, I32, max_charge_w, , "W", 0, POWER_HI, POWER, "most it may charge now")              \
    F(S, OPT, I32, max_discharge_w, , "W", 0, POWER_HI, POWER, "most it may discharge now")        \
    F(S, REQ, REC, reason, reason, "", 0, 0, TEXT, "why")                                          \
    F(S, OPT, ENUM, limit, limit, "", 0, 0, ENUM, "what binds it")                                 \
    F(S, OPT, TIME, next_change, , "ms", 0, TIME_HI, TIMESTAMP, "earliest time of the next step")  \
    F(S, OPT, LIST, results, request_result, "", 0, MAX_RESULTS, NONE, "refused overrides")

/* ---- chargers ---- */
#define CHARGER_INFO_ROWS(F, S)                                                                    \
    IDENTITY_ROWS(F, S)                                                                            \
    F(S, OPT, STR, protocol, 24, "", 0, 0, NONE, "e.g. ocpp1.6")                                   \
    F(S, OPT, I32, connector, , "", 1, 64, NONE, "number of the connector at its station")         \
    F(S, OPT, ENUM, current_type, current_type, "", 0, 0, NONE, "AC or DC")                        \
    F(S, OPT, I32, phases, , "", 1, 3, NONE, "phases wired")                                       \
    F(S, OPT, I32, min_current_ma, , "mA", 0, CURRENT_HI, NONE, "below it charging pauses")        \
    F(S, OPT, I32, max_current_ma, , "mA", 0, CURRENT_HI, NONE, "most it can offer")               \
    F(S, OPT, BOOL, can_switch_phases, , "", 0, 1, NONE, "1/3 phases by command")                  \
    F(S, OPT, BOOL, has_meter, , "", 0, 1, NONE, "reports what it draws")                          \
    F(S, OPT, BOOL, has_rfid, , "", 0, 1, NONE, "reports cards")
#define CHARGER_STATE_ROWS(F, S)                                                                   \
    STATE_ROWS(F, S)                                                                               \
    F(S, REQ, BOOL, online, , "", 0, 1, CONNECTIVITY, "the box talks to us")                       \
    F(S, OPT, ENUM, evse_state, evse_state, "", 0, 0, ENUM,                                        \
      "A no car, B connected, C charging, D ventilation, E no power, F fault")                     \
    F(S, OPT, STR, status, 32, "", 0, 0, TEXT, "status word of its own protocol")                  \
    ELECTRIC_ROWS(F, S)                                                                            \
    F(S, OPT, TIME, measured_at, , "ms", 0, TIME_HI, NONE, "time of the measured values")          \
    F(S, OPT, I64, energy_wh, , "Wh", 0, COUNTER_HI, ENERGY, "counter, never falls")               \
    F(S, OPT, I32, session_wh, , "Wh", 0, POWER_HI, NUMBER, "in this session")                     \
    F(S, OPT, STR, id_tag, 40, "", 0, 0, NONE, "card or user of this session")                     \
    F(S, OPT, STR, card, 40, "", 0, 0, NONE, "last card held to the reader, accepted or not")      \
    F(S, OPT, TIME, card_at, , "ms", 0, TIME_HI, NONE, "when that was; differs each time")         \
    F(S, OPT, I64, transaction, , "", -COUNTER_HI, COUNTER_HI, NONE, "OCPP transactionId")         \
    F(S, OPT, I32, soc_pm, , "permille", 0, 1000, SOC, "of the car, where the box knows it")       \
    F(S, OPT, REC, applied, applied, "", 0, 0, NONE, "setpoint in force at the box")               \
    F(S, OPT, LIST, results, request_result, "", 0, MAX_RESULTS, NONE, "last requests, newest last")
#define CHARGER_SETPOINT_ROWS(F, S)                                                                \
    LEASE_ROWS(F, S)                                                                               \
    F(S, REQ, I32, current_ma, , "mA", 0, CURRENT_HI, CURRENT,                                     \
      "limit per phase; 0 pauses; never between 0 and the minimum")                                \
    F(S, OPT, I32, phases, , "", 1, 3, NONE, "contacts to close; absent: leave them")              \
    F(S, REQ, I32, fallback_ma, , "mA", 0, CURRENT_HI, NONE,                                       \
      "after the lease the box gets min(applied, fallback)")
#define SHOWN_OVERRIDE_ROWS(F, S)                                                                          \
    F(S, REQ, STR, field, 24, "", 0, 0, NONE, "override/<field>")                                  \
    F(S, OPT, TIME, since, , "ms", 0, TIME_HI, NONE, "when it was taken")                          \
    F(S, OPT, TIME, until, , "ms", 0, TIME_HI, NONE, "when it ends by itself")                     \
    F(S, OPT, BOOL, until_unplugged, , "", 0, 1, NONE, "it ends with the cable")
#define CHARGER_CONTROL_ROWS(F, S)                                                                 \
    HEAD_ROWS(F, S)                                                                                \
    F(S, REQ, ENUM, mode, charge_mode, "", 0, 0, ENUM, "mode that was chosen")                     \
    F(S, OPT, ENUM, mode_source, source, "", 0, 0, NONE, "who chose it")                           \
    F(S, OPT, TIME, mode_until, , "ms", 0, TIME_HI, TIMESTAMP, "when that choice ends")            \
    F(S, OPT, ENUM, active_mode, charge_mode, "", 0, 0, ENUM,                                      \
      "what it comes to now: time and target act as one of the others")                            \
    F(S, OPT, ENUM, active_source, source, "", 0, 0, ENUM, "who decides that")                     \
    F(S, OPT, REC, mode_reason, reason, "", 0, 0, TEXT, "why that mode is active now")             \
    F(S, OPT, BOOL, local_start, , "", 0, 1, NONE,                                                 \
      "buttons and cards at the box may start a charge; false in lock and in time")                \
    F(S, OPT, BOOL, until_unplugged, , "", 0, 1, NONE, "the choice ends with the cable")           \
    F(S, OPT, I32, max_current_ma, , "mA", 0, CURRENT_HI, CURRENT, "upper limit set by override")  \
    F(S, OPT, I32, min_current_ma, , "mA", 0, CURRENT_HI, CURRENT, "minimum in force")             \
    F(S, OPT, I32, priority, , "", 1, 99, NUMBER, "1 is served first")                             \
    F(S, OPT, ENUM, phase_use, phase_use, "", 0, 0, ENUM, "phases to charge with")           \
    F(S, OPT, I32, solar_share_pm, , "permille", 0, 1000, NUMBER, "of solar_plus")                 \
    F(S, OPT, STR, start_power, 16, "", 0, 0, TEXT, "of solar_plus")                               \
    F(S, OPT, BOOL, use_house_battery, , "", 0, 1, FLAG, "the house battery may serve this car")   \
    F(S, OPT, I32, target_energy_wh, , "Wh", 0, 1000000, NUMBER, "wanted in this session")         \
    F(S, OPT, I32, target_soc_pm, , "permille", 0, 1000, NUMBER, "wanted state of charge")         \
    F(S, OPT, STR, target_time, 40, "", 0, 0, TEXT, "when it is wanted")                           \
    F(S, OPT, TIME, target_deadline, , "ms", 0, TIME_HI, TIMESTAMP, "the next time it is wanted")  \
    F(S, OPT, TIME, target_start, , "ms", 0, TIME_HI, TIMESTAMP, "latest start at full power")     \
    F(S, OPT, I64, target_need_wh, , "Wh", 0, COUNTER_HI, NUMBER, "still to be charged for it")    \
    F(S, OPT, STR, week, 1000, "", 0, 0, TEXT, "table of mode time")                               \
    F(S, OPT, STR, vehicle, ID_CAP, "", 0, 0, TEXT, "car that is taken to be plugged in")          \
    F(S, OPT, LIST, overrides, shown_override, "", 0, 24, NONE, "overrides in force")                      \
    F(S, OPT, I32, current_ma, , "mA", 0, CURRENT_HI, CURRENT, "setpoint now")                     \
    F(S, OPT, I32, phases, , "", 1, 3, NUMBER, "phases it counts with")                            \
    F(S, REQ, REC, reason, reason, "", 0, 0, TEXT, "why the setpoint is what it is")               \
    F(S, OPT, ENUM, limit, limit, "", 0, 0, ENUM, "what binds it")                                 \
    F(S, OPT, STR, user, ID_CAP, "", 0, 0, TEXT, "id of who charges, by card or request")          \
    F(S, OPT, ENUM, authorised, authorised, "", 0, 0, ENUM, "absent: there are no users")          \
    F(S, OPT, TIME, next_change, , "ms", 0, TIME_HI, TIMESTAMP, "earliest time of the next step")  \
    F(S, OPT, LIST, phase_switches, phase_change, "", 0, MAX_SWITCHES, NONE,                       \
      "the last switches between one phase and three, newest last")                                \
    F(S, OPT, LIST, results, request_result, "", 0, MAX_RESULTS, NONE, "last requests and refused overrides")
#define SESSION_ROWS(F, S)                                                                         \
    HEAD_ROWS(F, S)                                                                                \
    F(S, REQ, I64, number, , "", 0, COUNTER_HI, NONE, "the <n> of its topic")                      \
    F(S, REQ, TIME, started, , "ms", 0, TIME_HI, NONE, "begin")                                    \
    F(S, OPT, TIME, ended, , "ms", 0, TIME_HI, NONE, "end; absent while it runs")                  \
    F(S, OPT, STR, id_tag, 40, "", 0, 0, NONE, "card or user")                                     \
    F(S, OPT, I64, transaction, , "", -COUNTER_HI, COUNTER_HI, NONE, "OCPP transactionId")         \
    F(S, OPT, I64, meter_start_wh, , "Wh", 0, COUNTER_HI, NONE, "register at the begin")           \
    F(S, OPT, I64, meter_stop_wh, , "Wh", 0, COUNTER_HI, NONE, "register at the end")              \
    F(S, OPT, I64, energy_wh, , "Wh", 0, COUNTER_HI, NONE, "charged")                              \
    F(S, OPT, STR, stop_reason, 32, "", 0, 0, NONE, "why it ended")

/* ---- vehicles, loads, outputs, inputs, users, variables ---- */
#define VEHICLE_STATE_ROWS(F, S)                                                                   \
    STATE_ROWS(F, S)                                                                               \
    F(S, OPT, STR, name, 48, "", 0, 0, NONE, "name for people")                                    \
    F(S, OPT, STR, charger, ID_CAP, "", 0, 0, NONE, "where it is plugged in")                      \
    F(S, OPT, I32, soc_pm, , "permille", 0, 1000, SOC, "state of charge")                          \
    F(S, OPT, TIME, soc_at, , "ms", 0, TIME_HI, TIMESTAMP, "when the car said so")                 \
    F(S, OPT, BOOL, soc_estimated, , "", 0, 1, FLAG, "counted on from there by what was charged")  \
    F(S, OPT, I32, range_km, , "km", 0, 5000, NUMBER, "range")                                     \
    F(S, OPT, I32, capacity_wh, , "Wh", 0, 10000000, NONE, "usable energy")                        \
    F(S, OPT, I32, phases, , "", 1, 3, NUMBER, "phases the car uses")                              \
    F(S, OPT, I32, max_current_ma, , "mA", 0, CURRENT_HI, NONE, "most it takes per phase")
#define LOAD_INFO_ROWS(F, S)                                                                       \
    IDENTITY_ROWS(F, S)                                                                            \
    F(S, OPT, I32, min_power_w, , "W", 0, POWER_HI, NONE, "least when it runs")                    \
    F(S, OPT, I32, max_power_w, , "W", 0, POWER_HI, NONE, "most")                                  \
    F(S, OPT, I32, phases, , "", 1, 3, NONE, "phases wired")
#define LOAD_STATE_ROWS(F, S)                                                                      \
    STATE_ROWS(F, S)                                                                               \
    F(S, OPT, BOOL, online, , "", 0, 1, CONNECTIVITY, "the device talks to us; absent: it does")   \
    F(S, OPT, BOOL, controllable, , "", 0, 1, FLAG,                                                \
      "obeys external control; false: it has dropped out of it; absent: it obeys")                 \
    ELECTRIC_ROWS(F, S)                                                                            \
    F(S, OPT, BOOL, on, , "", 0, 1, RUNNING, "it runs")                                            \
    F(S, OPT, ENUM, sg_state, sg_state, "", 0, 0, ENUM, "SG Ready state")                          \
    F(S, OPT, I32, temperature_mc, , "m°C", -100000, 1000000, TEMPERATURE, "of its storage")       \
    F(S, OPT, I64, energy_wh, , "Wh", 0, COUNTER_HI, ENERGY, "counter, never falls")               \
    F(S, OPT, REC, applied, applied, "", 0, 0, NONE, "setpoint in force")
#define LOAD_SETPOINT_ROWS(F, S)                                                                   \
    LEASE_ROWS(F, S)                                                                               \
    F(S, OPT, BOOL, on, , "", 0, 1, NONE, "run or rest; absent: as it likes")                      \
    F(S, OPT, I32, power_w, , "W", 0, POWER_HI, NONE, "for loads with continuous power")           \
    F(S, OPT, ENUM, sg_state, sg_state, "", 0, 0, NONE, "for SG Ready; after the lease: normal")   \
    F(S, OPT, I32, fallback_w, , "W", 0, POWER_HI, NONE,                                           \
      "after the lease it gets min(applied, fallback); absent: off")
#define LOAD_CONTROL_ROWS(F, S)                                                                    \
    HEAD_ROWS(F, S)                                                                                \
    F(S, REQ, ENUM, mode, load_mode, "", 0, 0, ENUM, "mode in force")                              \
    F(S, OPT, ENUM, mode_source, source, "", 0, 0, NONE, "who chose it")                           \
    F(S, OPT, TIME, mode_until, , "ms", 0, TIME_HI, TIMESTAMP, "when that choice ends")            \
    F(S, OPT, I32, max_power_w, , "W", 0, POWER_HI, POWER, "upper limit set by override")          \
    F(S, OPT, I32, priority, , "", 1, 99, NUMBER, "1 is served first")                             \
    F(S, OPT, BOOL, run, , "", 0, 1, RUNNING, "told to run")                                       \
    F(S, OPT, I32, given_w, , "W", 0, POWER_HI, POWER, "power it is given now")                    \
    F(S, OPT, ENUM, sg_order, sg_state, "", 0, 0, ENUM, "SG Ready state told to it")               \
    F(S, REQ, REC, reason, reason, "", 0, 0, TEXT, "why")                                          \
    F(S, OPT, ENUM, limit, limit, "", 0, 0, ENUM, "what binds it")                                 \
    F(S, OPT, TIME, next_change, , "ms", 0, TIME_HI, TIMESTAMP, "earliest time of the next step")  \
    F(S, OPT, LIST, results, request_result, "", 0, MAX_RESULTS, NONE, "refused overrides")
#define OUTPUT_STATE_ROWS(F, S)                                                                    \
    STATE_ROWS(F, S)                                                                               \
    F(S, OPT, BOOL, on, , "", 0, 1, RUNNING, "contact closed")                                     \
    F(S, OPT, I64, value, , "", -COUNTER_HI, COUNTER_HI, NUMBER, "analogue value")
#define OUTPUT_SETPOINT_ROWS(F, S)                                                                 \
    LEASE_ROWS(F, S)                                                                               \
    F(S, OPT, BOOL, on, , "", 0, 1, NONE, "close the contact")                                     \
    F(S, OPT, I64, value, , "", -COUNTER_HI, COUNTER_HI, NONE, "analogue value")
#define INPUT_STATE_ROWS(F, S)                                                                     \
    STATE_ROWS(F, S)                                                                               \
    F(S, OPT, BOOL, on, , "", 0, 1, FLAG, "contact closed")                                        \
    F(S, OPT, I64, value, , "", -COUNTER_HI, COUNTER_HI, NUMBER, "analogue value")
#define VARIABLE_STATE_ROWS(F, S)                                                                  \
    HEAD_ROWS(F, S)                                                                                \
    F(S, OPT, STR, name, 48, "", 0, 0, NONE, "name for people")                                    \
    F(S, OPT, I64, value_milli, , "1/1000", -COUNTER_HI, COUNTER_HI, NUMBER, "value x 1000")       \
    F(S, OPT, STR, unit, 16, "", 0, 0, NONE, "unit for people")

/* ---- limits, prices, plans ---- */
#define GRID_LIMIT_ROWS(F, S)                                                                      \
    STATE_ROWS(F, S)                                                                               \
    F(S, REQ, BOOL, active, , "", 0, 1, FLAG, "a limit is in force")                               \
    F(S, OPT, I32, consume_w, , "W", 0, POWER_HI, POWER, "most that may be drawn")                 \
    F(S, OPT, I32, produce_w, , "W", 0, POWER_HI, POWER, "most that may be fed in")                \
    F(S, OPT, TIME, until, , "ms", 0, TIME_HI, TIMESTAMP, "when it ends by itself")                \
    F(S, OPT, BOOL, failsafe, , "", 0, 1, FLAG, "the source is lost, this is the failsafe value")  \
    F(S, OPT, I32, heartbeat_age_ms, , "ms", 0, AGE_HI, NONE, "age of the source's heartbeat")
#define TARIFF_STATE_ROWS(F, S)                                                                    \
    STATE_ROWS(F, S)                                                                               \
    F(S, REQ, ENUM, kind, tariff_kind, "", 0, 0, NONE, "import, export or co2")                    \
    F(S, OPT, STR, name, 48, "", 0, 0, NONE, "name of the tariff")                                 \
    F(S, OPT, STR, unit, 16, "", 0, 0, NONE, "EUR/kWh and the like, or g/kWh")                     \
    F(S, OPT, I64, now_micro, , "micro/kWh", -PRICE_HI, PRICE_HI, PRICE, "price of this slot")     \
    F(S, OPT, I64, base_fee_micro_month, , "micro/month", 0, 1000000000000, NONE, "monthly fee")   \
    F(S, REQ, I32, slot_ms, , "ms", 60000, 86400000, NONE, "length of every slot")                 \
    F(S, OPT, LIST, slots, slot, "", 0, MAX_SLOTS, NONE, "value in micro-units of currency per kWh")
#define FORECAST_STATE_ROWS(F, S)                                                                  \
    STATE_ROWS(F, S)                                                                               \
    F(S, REQ, I32, slot_ms, , "ms", 60000, 86400000, NONE, "length of every slot")                 \
    F(S, OPT, LIST, slots, slot, "", 0, MAX_SLOTS, NONE, "value in W")
#define PLAN_STATE_ROWS(F, S)                                                                      \
    STATE_ROWS(F, S)                                                                               \
    F(S, OPT, TIME, deadline, , "ms", 0, TIME_HI, TIMESTAMP, "when it must be done")               \
    F(S, OPT, I64, energy_wh, , "Wh", 0, COUNTER_HI, NUMBER, "energy planned")                     \
    F(S, OPT, I64, cost_micro, , "micro", -COUNTER_HI, COUNTER_HI, NONE, "what it will cost")      \
    F(S, REQ, I32, slot_ms, , "ms", 60000, 86400000, NONE, "length of every slot")                 \
    F(S, OPT, LIST, slots, slot, "", 0, MAX_SLOTS, NONE, "value in W")

/* ---- inboxes and services ---- */
#define REQUEST_ROWS(F, S)                                                                         \
    F(S, REQ, STR, id, 40, "", 0, 0, NONE, "chosen by the sender, unique")                         \
    F(S, REQ, STR, action, 32, "", 0, 0, NONE,                                                     \
      "unlock, reset, pause, resume, start, stop, authorise, release, learn, forget, top_up …")\
    F(S, REQ, TIME, expires, , "ms", 0, TIME_HI, NONE, "at most 60 s ahead; later it is refused")  \
    F(S, OPT, STR, tag, 40, "", 0, 0, NONE, "card or PIN: of start, authorise, forget")            \
    F(S, OPT, STR, key, 64, "", 0, 0, NONE, "configuration key, message to trigger, reset type, charger to learn at") \
    F(S, OPT, STR, value, 512, "", 0, 0, NONE, "configuration value; energy or time of top_up: 10 kWh, 90 min")
#define MARKER_ROWS(F, S)                                                                          \
    F(S, REQ, I64, link, , "", 0, COUNTER_HI, NONE, "number of the connection it was sent on")
#define DEVICE_COUNT_ROWS(F, S)                                                                    \
    F(S, REQ, STR, name, 32, "", 0, 0, NONE, "name of the counter")                                \
    F(S, REQ, I64, value, , "", 0, COUNTER_HI, NONE, "since the start of the service")
#define SERVICE_STATUS_ROWS(F, S)                                                                  \
    STATE_ROWS(F, S)                                                                               \
    F(S, REQ, BOOL, online, , "", 0, 1, CONNECTIVITY, "false is the last will")                    \
    F(S, REQ, STR, boot, 20, "", 0, 0, NONE, "differs for every start of the process")             \
    F(S, OPT, STR, version, 24, "", 0, 0, TEXT, "of wattbus")                                      \
    F(S, OPT, STR, config_hash, 20, "", 0, 0, NONE, "hash of the site file it runs on")            \
    F(S, OPT, TIME, started, , "ms", 0, TIME_HI, NONE, "start of the process")                     \
    F(S, OPT, IDS, ids, LIST_ID_MAX, "", 0, 0, NONE, "what it owns, the first 64")                 \
    F(S, OPT, LIST, counters, counter, "", 0, 24, NONE, "dropped messages, reconnects, …")
#endif
