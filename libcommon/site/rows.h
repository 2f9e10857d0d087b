/* SPDX-License-Identifier: Apache-2.0
 * rows.h -- site.yaml, one row per key. Struct, parser, range check, defaults and
 * docs/configuration.md come from these rows (libcommon/pure/field.h explains the columns).
 *
 * In the file a key has no unit and its value has one: the row max_current_ma is written
 * `max_current: 16 A`. A number without its unit is refused, so that nobody writes 16 mA. */
#ifndef WATTBUS_SITE_ROWS_H
#define WATTBUS_SITE_ROWS_H
#include "libcommon/site/rows_users.h"
#include "proto/rows.h"

/* clang-format off */
#define BUS_TYPE_VALUES(X, P)                                                                      \
    X(P, MODBUS_TCP, "modbus-tcp")                                                                 \
    X(P, MODBUS_RTU, "modbus-rtu") X(P, MODBUS_RTU_TCP, "modbus-rtu-over-tcp")
#define PARITY_VALUES(X, P) X(P, NONE, "none") X(P, EVEN, "even") X(P, ODD, "odd")
/* Which grid phases are on the device's terminals 1, 2, 3. */
#define ROTATION_VALUES(X, P)  X(P, L123, "L1L2L3") X(P, L231, "L2L3L1") X(P, L312, "L3L1L2")
#define UNKNOWN_VALUES(X, P)   X(P, REFUSE, "refuse") X(P, QUARANTINE, "quarantine")
#define IMBALANCE_VALUES(X, P) X(P, OFF, "off") X(P, CARS, "cars") X(P, ALL, "all")
#define POSITION_VALUES(X, P)  X(P, GRID, "grid") X(P, HOUSE, "house")
#define REGULATED_VALUES(X, P) X(P, SELF, "self") X(P, WATTBUS, "wattbus")

#define PHASE_SWITCH_VALUES(X, P)                                                                  \
    X(P, ALLOWED, "allowed") X(P, IDLE_ONLY, "idle_only") X(P, NEVER, "never")
/* A heat pump that takes a power is of kind power, so is an electrolyser; CHP and fuel cell are
 * generators. */
#define LOAD_KIND_VALUES(X, P)                                                                     \
    X(P, SWITCHED, "switched") X(P, POWER, "power") X(P, SG_READY, "sg_ready")                     \
    X(P, GENERATOR, "generator")

#define RULE_DIRECTION_VALUES(X, P)                                                                \
    X(P, BOTH, "both") X(P, CHARGE, "charge") X(P, DISCHARGE, "discharge")
enum { RULES_MAX = 12 }; /* of one charger, load, battery or user */
/* Without a grid meter its power may be taken from all others. */
#define GRID_SOURCE_VALUES(X, P) X(P, METER, "meter") X(P, SUM, "sum")

#define NAME_ROW(F, S) F(S, OPT, STR, name, 48, "", 0, 0, NULL, "name for people")
#define EXPR_CAP 256 /* bytes of an expression, with the NUL */
#define RULES_ROW(F, S)                                                                            \
    F(S, OPT, IDS, rules, RULES_MAX, "", 0, 0, NULL,                                               \
      "rules from top to bottom, ids of the section rules; they decide instead of mode")
#define DEVICE_CONF_ROWS(F, S) DEVICE_NEEDS_ROWS(F, S, REQ)
#define DEVICE_NEEDS_ROWS(F, S, need)                                                              \
    NAME_ROW(F, S)                                                                                 \
    F(S, need, STR, bus, ID_CAP, "", 0, 0, NULL, "the bus it hangs on")                            \
    F(S, DEF, I32, unit, , "", 0, 255, "1", "Modbus unit id")                                      \
    F(S, need, STR, profile, 64, "", 0, 0, NULL, "device profile (deploy/profiles)")               \
    F(S, DEF, I32, interval_ms, , "ms", 0, 3600000, "1 s", "polling; 0 s: back to back")           \
    F(S, DEF, I32, max_age_ms, , "ms", 100, AGE_HI, "10 s", "older values count as missing")       \
    F(S, DEF, ENUM, rotation, rotation, "", 0, 0, "L1L2L3", "grid phases on its terminals 1, 2, 3")

#define GENERAL_CONF_ROWS(F, S)                                                                    \
    F(S, DEF, STR, site, ID_CAP, "", 0, 0, "home", "the <site> of every topic")                    \
    NAME_ROW(F, S)                                                                                 \
    F(S, DEF, STR, timezone, 48, "", 0, 0, "Europe/Berlin", "IANA zone of all calendar rules")     \
    F(S, DEF, STR, currency, 4, "", 0, 0, "EUR", "ISO 4217 code of all prices")
#define BUS_CONF_ROWS(F, S)                                                                        \
    F(S, REQ, ENUM, type, bus_type, "", 0, 0, NULL, "transport")                                   \
    F(S, REQ, STR, owner, ID_CAP, "", 0, 0, NULL,                                                  \
      "the one service that opens it: meter-reader, inverter-bridge, …")                           \
    F(S, OPT, STR, host, 96, "", 0, 0, NULL, "host name or address (TCP)")                         \
    F(S, DEF, I32, port, , "", 1, 65535, "502", "TCP port")                                        \
    F(S, OPT, STR, device, 96, "", 0, 0, NULL, "serial device, best /dev/serial/by-id/… (RTU)")    \
    F(S, DEF, I32, baud, , "", 300, 921600, "9600", "bit rate (RTU)")                              \
    F(S, DEF, ENUM, parity, parity, "", 0, 0, "none", "parity (RTU)")                              \
    F(S, DEF, I32, stop_bits, , "", 1, 2, "1", "stop bits (RTU)")                                  \
    F(S, DEF, I32, timeout_ms, , "ms", 20, 30000, "500 ms", "longest wait for an answer")          \
    F(S, DEF, I32, gap_ms, , "ms", 0, 10000, "0 ms", "pause between two requests")                 \
    F(S, DEF, I32, connect_delay_ms, , "ms", 0, 30000, "0 ms", "pause after connecting")
#define METER_CONF_ROWS(F, S)                                                                      \
    DEVICE_NEEDS_ROWS(F, S, OPT)                                                                   \
    F(S, OPT, STR, expression, EXPR_CAP, "", 0, 0, NULL,                                           \
      "instead of bus and profile: the power in W, computed from other values")                    \
    F(S, OPT, STR, expression_l1, EXPR_CAP, "", 0, 0, NULL, "the same, the current of L1 in mA")   \
    F(S, OPT, STR, expression_l2, EXPR_CAP, "", 0, 0, NULL, "the current of L2")                   \
    F(S, OPT, STR, expression_l3, EXPR_CAP, "", 0, 0, NULL, "the current of L3")                   \
    F(S, OPT, STR, expression_import, EXPR_CAP, "", 0, 0, NULL, "the energy drawn, in Wh")         \
    F(S, OPT, STR, expression_export, EXPR_CAP, "", 0, 0, NULL, "the energy fed in, in Wh")        \
    F(S, DEF, ENUM, role, role, "", 0, 0, "display",                                               \
      "what it measures: grid (+ import), producer (+ production), consumer, storage_home and "    \
      "storage_all (+ charging; only the discharge of the latter is surplus), display: nothing "   \
      "that counts")                                                                               \
    F(S, DEF, ENUM, position, position, "", 0, 0, "grid",                                          \
      "role grid: at the grid connection, or measuring the house's consumption only")              \
    F(S, DEF, I32, factor, , "", -1, 1, "1", "-1 for a meter mounted the wrong way round")         \
    F(S, DEF, I32, ct_ratio, , "", 1, 10000, "1", "current transformer ratio")
#define INVERTER_CONF_ROWS(F, S)                                                                   \
    DEVICE_CONF_ROWS(F, S)                                                                         \
    F(S, OPT, I32, max_power_w, , "W", 0, POWER_HI, NULL, "AC power; default: what it reports")    \
    F(S, DEF, BOOL, control, , "", 0, 1, "true", "may be limited")                                 \
    F(S, OPT, I32, fallback_w, , "W", 0, POWER_HI, NULL, "limit after the lease; absent: none")    \
    F(S, DEF, I32, box_lease_ms, , "ms", 1000, 3600000, "60 s", "its own revert timer")
#define BATTERY_CONF_ROWS(F, S)                                                                    \
    DEVICE_CONF_ROWS(F, S)                                                                         \
    F(S, DEF, ENUM, role, role, "", 0, 0, "storage_home",                                          \
      "in derived meters: storage_home, or storage_all: its discharge is surplus")                 \
    F(S, OPT, I32, capacity_wh, , "Wh", 0, POWER_HI, NULL, "usable energy; default: reported")     \
    F(S, OPT, I32, max_charge_w, , "W", 0, POWER_HI, NULL, "default: reported")                    \
    F(S, OPT, I32, max_discharge_w, , "W", 0, POWER_HI, NULL, "default: reported")                 \
    F(S, DEF, I32, min_soc_pm, , "permille", 0, 1000, "5 %", "never discharged below it by us")    \
    F(S, DEF, I32, max_soc_pm, , "permille", 0, 1000, "100 %", "never charged above it by us")     \
    F(S, OPT, I32, car_min_soc_pm, , "permille", 0, 1000, NULL,                                    \
      "cars get nothing from it below this; default: min_soc")                                     \
    F(S, DEF, I32, first_until_soc_pm, , "permille", 0, 1000, "0 %",                               \
      "charged before solar cars up to here")                                                      \
    RULES_ROW(F, S)                                                                                \
    F(S, DEF, BOOL, control, , "", 0, 1, "true", "may be controlled")                              \
    F(S, DEF, ENUM, regulated_by, regulated, "", 0, 0, "self",                                     \
      "who keeps the grid at zero: the inverter itself, or wattbus second by second")              \
    F(S, DEF, I32, box_lease_ms, , "ms", 1000, 3600000, "60 s", "its own revert timer")
#define CIRCUIT_CONF_ROWS(F, S)                                                                    \
    NAME_ROW(F, S)                                                                                 \
    F(S, OPT, STR, parent, ID_CAP, "", 0, 0, NULL,                                                 \
      "the circuit above; the grid connection has none")                                           \
    F(S, DEF, I32, phases, , "", 1, 3, "3", "1 or 3")                                              \
    F(S, REQ, I32, max_current_ma, , "mA", 1000, CURRENT_HI, NULL, "fuse per phase")               \
    F(S, OPT, I32, max_power_w, , "W", 0, POWER_HI, NULL, "over all phases")                       \
    F(S, OPT, STR, meter, ID_CAP, "", 0, 0, NULL, "the meter that measures it")                    \
    F(S, DEF, I32, reserve_ma, , "mA", 0, CURRENT_HI, "0 A", "kept free, where values come late")  \
    F(S, OPT, STR, current_limit, EXPR_CAP, "", 0, 0, NULL,                                        \
      "expression: what chargers may draw per phase, in mA, at most max_current; "                 \
      "`.each` stands for the phase")                                                              \
    F(S, DEF, I32, current_fallback_ma, , "mA", 0, CURRENT_HI, "0 A",                              \
      "while current_limit is unknown")                                                            \
    F(S, OPT, STR, power_limit, EXPR_CAP, "", 0, 0, NULL,                                          \
      "expression: what chargers may draw over all phases, in W")                                  \
    F(S, DEF, I32, power_fallback_w, , "W", 0, POWER_HI, "0 W", "while power_limit is unknown")
#define CHARGER_CONF_ROWS(F, S)                                                                    \
    NAME_ROW(F, S)                                                                                 \
    F(S, OPT, STR, ocpp, 49, "", 0, 0, NULL, "OCPP identity of the charge point")                  \
    F(S, DEF, I32, connector, , "", 1, 64, "1", "its connector")                                   \
    F(S, OPT, STR, password_file, 128, "", 0, 0, NULL, "OCPP basic auth: file with the password")  \
    F(S, DEF, BOOL, group, , "", 0, 1, "false",                                                    \
      "it is another wattbus site with charge points of its own (its section group names us)")     \
    F(S, REQ, STR, circuit, ID_CAP, "", 0, 0, NULL, "the circuit it hangs on")                     \
    F(S, DEF, I32, phases, , "", 1, 3, "3", "phases wired: 1 or 3")                                \
    F(S, DEF, ENUM, rotation, rotation, "", 0, 0, "L1L2L3",                                        \
      "grid phases on its terminals 1, 2, 3")                                                      \
    F(S, DEF, I32, min_current_ma, , "mA", 6000, 16000, "6 A", "below it charging pauses")         \
    F(S, REQ, I32, max_current_ma, , "mA", 6000, 1000000, NULL, "per phase")                       \
    F(S, DEF, I32, fallback_ma, , "mA", 0, 1000000, "6 A", "after a lease has ended; 0 A: pause")  \
    F(S, DEF, I32, priority, , "", 1, 99, "1", "1 is served first")                                \
    F(S, DEF, ENUM, mode, charge_mode, "", 0, 0, "solar_pure", "mode when nothing else is chosen") \
    F(S, OPT, STR, week, OVERRIDE_TEXT_CAP, "", 0, 0, NULL,                                        \
      "of mode time: rows such as mon-fri 08:00-12:00 lock; sat,sun 00:00-24:00 solar_pure; else " \
      "power")                                                                                     \
    F(S, DEF, BOOL, can_switch_phases, , "", 0, 1, "false",                                        \
      "its contacts close 1 or 3 phases by command")                                               \
    F(S, DEF, ENUM, phase_use, phase_use, "", 0, 0, "3",                                           \
      "with such contacts: 3, 1, or auto: as many as the power available carries")                 \
    F(S, DEF, ENUM, phase_switch, phase_switch, "", 0, 0, "allowed",                               \
      "with a car: allowed, idle_only (at rest for switch_pause), never (only unplugged)")          \
    F(S, DEF, I32, switch_pause_ms, , "ms", 10000, 3600000, "180 s",                               \
      "from the stop for a phase switch until charging goes on")                                   \
    F(S, DEF, STR, start_power, 16, "", 0, 0, "min",                                               \
      "of solar_plus: min, max, 50 % of the maximum, or a power such as 5.5 kW")                   \
    F(S, DEF, I32, solar_share_pm, , "permille", 0, 1000, "50 %",                                  \
      "of solar_plus: it starts when the surplus is this share of start_power; 0 % never waits")   \
    F(S, DEF, BOOL, use_house_battery, , "", 0, 1, "true", "the house battery may serve the car")  \
    RULES_ROW(F, S)                                                                                \
    F(S, DEF, I32, interval_ms, , "ms", 1000, 3600000, "10 s", "wanted interval of its values")    \
    F(S, DEF, I32, max_age_ms, , "ms", 1000, AGE_HI, "60 s", "older values count as missing")      \
    F(S, DEF, I32, box_lease_ms, , "ms", 10000, 86400000, "120 s",                                 \
      "life of the limit inside the box; then it falls to its fallback")                           \
    F(S, DEF, ENUM, authorisation, card_need, "", 0, 0, "auto",                                    \
      "is a card of a user needed to charge; auto: as soon as a user may charge here")             \
    F(S, DEF, BOOL, remote_start, , "", 0, 1, "false", "start the transaction from here")
#define INPUT_CONF_ROWS(F, S) NAME_ROW(F, S)
#define VARIABLE_CONF_ROWS(F, S)                                                                   \
    NAME_ROW(F, S)                                                                                 \
    F(S, REQ, STR, expression, EXPR_CAP, "", 0, 0, NULL, "its value; a number is an expression")   \
    F(S, OPT, STR, unit, 16, "", 0, 0, NULL, "unit for people")                                    \
    F(S, DEF, BOOL, settable, , "", 0, 1, "false",                                                 \
      "variable/<id>/override/value takes the place of the expression, and is kept")
/* A rule: all of its conditions must hold; then its action changes the value. */
#define RULE_CONF_ROWS(F, S)                                                                       \
    NAME_ROW(F, S)                                                                                 \
    F(S, DEF, STR, days, 32, "", 0, 0, "mon-sun", "mon-fri, sat,sun …; the day on which from lies")\
    F(S, OPT, STR, from, 6, "", 0, 0, NULL, "local time HH:MM; with to")                           \
    F(S, OPT, STR, to, 6, "", 0, 0, NULL, "local time HH:MM; before from: on the next day")        \
    F(S, OPT, I64, price_below_micro, , "micro/kWh", -PRICE_HI, PRICE_HI, NULL, "import price now")\
    F(S, OPT, I64, price_above_micro, , "micro/kWh", -PRICE_HI, PRICE_HI, NULL, "import price now")\
    F(S, OPT, I32, price_level_pm, , "permille", 0, 100000, NULL,                                  \
      "import price now at most this share of the mean of the local day")                          \
    F(S, OPT, I32, cheapest_ms, , "ms", 60000, AGE_HI, NULL,                                       \
      "now is within the cheapest time of this length of the local day")                           \
    F(S, OPT, I64, co2_below, , "", 0, 10000, NULL, "g/kWh now, from the tariff of kind co2")      \
    F(S, OPT, I32, surplus_above_w, , "W", -POWER_HI, POWER_HI, NULL, "site.surplus_w")            \
    F(S, OPT, I32, surplus_below_w, , "W", -POWER_HI, POWER_HI, NULL, "site.surplus_w")            \
    F(S, OPT, I32, solar_above_w, , "W", -POWER_HI, POWER_HI, NULL, "production of all inverters") \
    F(S, OPT, I32, solar_below_w, , "W", -POWER_HI, POWER_HI, NULL, "production of all inverters") \
    F(S, OPT, STR, input, ID_CAP, "", 0, 0, NULL, "this input is on")                              \
    F(S, OPT, STR, input_off, ID_CAP, "", 0, 0, NULL, "this input is off")                         \
    F(S, OPT, STR, when, EXPR_CAP, "", 0, 0, NULL, "this expression is true")                      \
    F(S, DEF, BOOL, surplus, , "", 0, 1, "false",                                                  \
      "asked first: charge from the sun, at most with the value; negative: does not take part")    \
    F(S, DEF, ENUM, direction, rule_direction, "", 0, 0, "both", "of a battery, what it limits")   \
    F(S, OPT, STR, set, EXPR_CAP, "", 0, 0, NULL,                                                  \
      "the value becomes: 16 A, 4.2 kW, 50 % (of the maximum), 80 % of production, surplus, "      \
      "(expression) A, W or %")                                                                    \
    F(S, OPT, STR, add, EXPR_CAP, "", 0, 0, NULL, "the value rises by; the same forms")            \
    F(S, OPT, STR, multiply, EXPR_CAP, "", 0, 0, NULL, "the value times: 0.5, 50 %, (expression)") \
    F(S, OPT, STR, at_least, EXPR_CAP, "", 0, 0, NULL, "the value is raised to")                   \
    F(S, OPT, STR, at_most, EXPR_CAP, "", 0, 0, NULL, "the value is lowered to")                   \
    F(S, DEF, BOOL, finish, , "", 0, 1, "false", "no rule below it is looked at")
#define VEHICLE_CONF_ROWS(F, S)                                                                    \
    NAME_ROW(F, S)                                                                                 \
    F(S, OPT, I32, capacity_wh, , "Wh", 1000, 10000000, NULL, "usable energy of its battery")      \
    F(S, DEF, I32, efficiency_pm, , "permille", 500, 1000, "90 %",                                 \
      "of what the wallbox delivers, so much gets into the battery")                               \
    F(S, OPT, I32, phases, , "", 1, 3, NULL, "that it charges with at most")                       \
    F(S, OPT, I32, max_current_ma, , "mA", 6000, 1000000, NULL, "per phase; default: the wallbox's")\
    F(S, OPT, ENUM, phase_switch, phase_switch, "", 0, 0, NULL,                                    \
      "allowed, idle_only (at rest for switch_pause), never (unplugged); default: the wallbox's")   \
    F(S, OPT, I32, switch_pause_ms, , "ms", 10000, 3600000, NULL,                                  \
      "from the stop for a phase switch until charging goes on; default: the wallbox's")           \
    F(S, OPT, STR, charger, ID_CAP, "", 0, 0, NULL,                                                \
      "where it is taken to be plugged in, when nothing else is known")                            \
    F(S, OPT, IDS, tags, 8, "", 0, 0, NULL,                                                        \
      "what it is recognised by: card, MAC or EVCCID; case, blanks, : and - do not count")
#define LOAD_CONF_ROWS(F, S)                                                                       \
    NAME_ROW(F, S)                                                                                 \
    F(S, REQ, ENUM, kind, load_kind, "", 0, 0, NULL,                                               \
      "switched: on or off; power: any power from min_power to max_power (heating rod, "           \
      "electrolyser); sg_ready: heat pump with SG Ready contacts; generator: CHP, fuel cell")      \
    F(S, OPT, STR, output, ID_CAP, "", 0, 0, NULL,                                                 \
      "the output that switches it (SG Ready: contact B); absent: it is a device of its own")      \
    F(S, OPT, STR, block_output, ID_CAP, "", 0, 0, NULL, "the output at SG Ready contact A")       \
    F(S, DEF, I32, contacts, , "", 1, 2, "2",                                                      \
      "SG Ready contacts of a device of its own; 1: states 2 and 3 only")                          \
    F(S, REQ, STR, circuit, ID_CAP, "", 0, 0, NULL, "the circuit it hangs on")                     \
    F(S, DEF, I32, phases, , "", 1, 3, "1", "phases wired: 1 or 3")                                \
    F(S, DEF, ENUM, rotation, rotation, "", 0, 0, "L1L2L3",                                        \
      "grid phases on its terminals 1, 2, 3")                                                      \
    F(S, DEF, I32, min_power_w, , "W", 0, POWER_HI, "0 W", "least when it runs (kind power)")      \
    F(S, REQ, I32, max_power_w, , "W", 1, POWER_HI, NULL,                                          \
      "what it draws when it runs; a generator: what it yields")                                   \
    F(S, OPT, STR, meter, ID_CAP, "", 0, 0, NULL,                                                  \
      "the meter that measures it alone; without one it counts with max_power when it runs")       \
    F(S, DEF, I32, fallback_w, , "W", 0, POWER_HI, "0 W",                                          \
      "after a lease has ended; 0 W: off, SG Ready: normal")                                       \
    F(S, DEF, I32, priority, , "", 1, 99, "2", "1 is served first")                                \
    F(S, OPT, ENUM, mode, load_mode, "", 0, 0, NULL,                                               \
      "mode when nothing else is chosen; default: solar, of a generator normal")                   \
    RULES_ROW(F, S)                                                                                \
    F(S, OPT, I32, on_above_w, , "W", 0, POWER_HI, NULL,                                           \
      "mode solar: surplus that starts it; default: what it needs")                                \
    F(S, OPT, I32, off_below_w, , "W", -POWER_HI, POWER_HI, NULL,                                  \
      "mode solar: surplus, with its own draw in it, that stops it; default: what it needs, at "   \
      "most on_above")                                                                             \
    F(S, DEF, I32, on_delay_ms, , "ms", 0, AGE_HI, "1 min", "the surplus must be there so long")   \
    F(S, DEF, I32, off_delay_ms, , "ms", 0, AGE_HI, "5 min", "and be missing so long")             \
    F(S, OPT, I32, min_run_ms, , "ms", 0, AGE_HI, NULL,                                            \
      "once on it stays on so long, but for fuses and the grid operator; default: 10 min for "     \
      "sg_ready, 30 min for generators, else 0 s")                                                 \
    F(S, OPT, I32, min_rest_ms, , "ms", 0, AGE_HI, NULL,                                           \
      "once off it stays off so long; default: 10 min for sg_ready and generators, else 0 s")      \
    F(S, DEF, I32, block_max_ms, , "ms", 60000, 7200000, "2 h", "SG Ready state 1 at most so long")\
    F(S, DEF, I32, block_pause_ms, , "ms", 0, AGE_HI, "2 h", "and not again before")               \
    F(S, DEF, I32, react_ms, , "ms", 1000, AGE_HI, "5 min",                                        \
      "a device that has not followed its order for so long is reported")
#define TARIFF_PERIOD_ROWS(F, S)                                                                   \
    F(S, DEF, STR, days, 32, "", 0, 0, "mon-sun", "mon-fri, sat,sun …")                            \
    F(S, REQ, STR, from, 6, "", 0, 0, NULL, "local time HH:MM")                                    \
    F(S, REQ, STR, to, 6, "", 0, 0, NULL, "local time HH:MM; 24:00 is the end of the day")         \
    F(S, REQ, I64, price_micro, , "micro/kWh", -PRICE_HI, PRICE_HI, NULL, "price in this period")
#define TARIFF_CONF_ROWS(F, S)                                                                     \
    NAME_ROW(F, S)                                                                                 \
    F(S, REQ, ENUM, kind, tariff_kind, "", 0, 0, NULL, "import or export")                         \
    F(S, REQ, I64, price_micro, , "micro/kWh", -PRICE_HI, PRICE_HI, NULL,                          \
      "outside of all periods")                                                                    \
    F(S, DEF, I64, base_fee_micro, , "micro/month", 0, 1000000000000, "0 EUR/month",               \
      "monthly fee")                                                                               \
    F(S, OPT, LIST, periods, tariff_period, "", 0, 32, NULL,                                       \
      "time-of-use prices; the last match wins")
#define METERING_POINT_CONF_ROWS(F, S)                                                             \
    NAME_ROW(F, S)                                                                                 \
    F(S, OPT, IDS, consumers, 32, "", 0, 0, NULL, "meters and chargers whose consumption it is")   \
    F(S, OPT, IDS, producers, 16, "", 0, 0, NULL,                                                  \
      "inverters and meters whose production is shared out; of a meter that is no producer: what " \
      "it feeds in")                                                                               \
    F(S, DEF, I32, priority, , "", 1, 99, "1", "1 is served first")                                \
    F(S, DEF, I32, share_pm, , "permille", 1, 1000, "100 %",                                       \
      "of each producer at most; among points of one priority it is divided in this proportion")
#define OCPP_CONF_ROWS(F, S)                                                                       \
    F(S, DEF, I32, port, , "", 1, 65535, "19520", "where charge points connect")                   \
    F(S, DEF, STR, bind, 64, "", 0, 0, "0.0.0.0", "address to listen on")                          \
    F(S, DEF, ENUM, unknown, unknown, "", 0, 0, "refuse", "what to do with unknown charge points") \
    F(S, DEF, I32, heartbeat_ms, , "ms", 10000, 86400000, "5 min", "heartbeat interval")           \
    F(S, OPT, IDS, id_tags, 32, "", 0, 0, NULL,                                                    \
      "cards that are accepted everywhere and are nobody's; without users, empty: every card")
#define FEED_IN_CONF_ROWS(F, S)                                                                    \
    F(S, OPT, I32, limit_w, , "W", 0, POWER_HI, NULL, "most that the plant may feed in")           \
    F(S, OPT, I32, share_pm, , "permille", 0, 1000, NULL, "the same as a share of peak_power")     \
    F(S, OPT, I32, peak_power_w, , "W", 1, POWER_HI, NULL, "power of all PV modules (kWp)")        \
    F(S, DEF, I32, margin_w, , "W", 0, 10000, "50 W", "stay below the limit by it")                \
    F(S, DEF, I32, rise_ms, , "ms", 0, 600000, "5 s", "mean before an inverter may give more")     \
    F(S, DEF, I32, take_ms, , "ms", 0, 60000, "10 s",                                               \
      "time that batteries get to take what would be lost; 0 s: they are not asked")               \
    F(S, DEF, BOOL, cars_first, , "", 0, 1, "true",                                                \
      "solar cars are offered what would be lost")
#define GROUP_CONF_ROWS(F, S)                                                                      \
    F(S, OPT, STR, leader, ID_CAP, "", 0, 0, NULL,                                                 \
      "<site> of another wattbus whose charge-point group this site is")                           \
    F(S, OPT, STR, charger, ID_CAP, "", 0, 0, NULL, "our id among the chargers of the leader")     \
    F(S, OPT, STR, broker, 96, "", 0, 0, NULL, "host:port of its broker; default: our own")        \
    F(S, OPT, STR, password_file, 128, "", 0, 0, NULL,                                             \
      "password of the user group-<charger> at its broker; default: our own user")                 \
    F(S, DEF, I32, fallback_ma, , "mA", 0, CURRENT_HI, "6 A",                                      \
      "most for the whole group per phase while the leader never spoke")
#define CONTROL_CONF_ROWS(F, S)                                                                    \
    F(S, DEF, ENUM, grid_source, grid_source, "", 0, 0, "meter",                                   \
      "power at the grid: its meter, or where there is none sum: consumers, chargers and "         \
      "batteries less producers")                                                                  \
    F(S, DEF, BOOL, record, , "", 0, 1, "false",                                                   \
      "write every decision to the state directory, for wattbus replay")                           \
    F(S, DEF, I32, record_mb, , "", 1, 4096, "16", "megabytes of each of the two files of it")     \
    F(S, DEF, I32, grid_target_w, , "W", -100000, 100000, "-100 W", "aim at the grid connection")  \
    F(S, DEF, I32, dead_band_w, , "W", 0, 10000, "140 W", "around the aim")                        \
    F(S, DEF, I32, mean_ms, , "ms", 0, 600000, "10 s", "mean over the surplus")                    \
    F(S, DEF, I32, settling_ms, , "ms", 0, 600000, "10 s", "between two increases")                \
    F(S, DEF, I32, follow_ms, , "ms", 0, 60000, "5 s", "a car's time to follow its limit")         \
    F(S, DEF, I32, hold_ms, , "ms", 0, 3600000, "5 min", "minimum power through a cloud")          \
    F(S, DEF, I32, hold_max_ms, , "ms", 0, 3600000, "15 min",                                      \
      "so long at most while the sun gives part of it, at the cost of a hold without sun; "        \
      "equal to hold: a hold always ends after that time")                                         \
    F(S, DEF, I32, restart_ms, , "ms", 0, 3600000, "8 min", "pause after a stop for lack of sun")  \
    F(S, DEF, I32, reduced_ms, , "ms", 0, 3600000, "5 min", "stay reduced after an overdraw")      \
    F(S, DEF, I32, room_wait_ms, , "ms", 0, 3600000, "5 min",                                      \
      "what was paused for lack of room (fuse, balance, operator, turn) stays paused so long")     \
    F(S, DEF, I32, frozen_ms, , "ms", 1000, 3600000, "60 s",                                       \
      "identical values: the meter is frozen")                                                     \
    F(S, DEF, I32, phase_check_ms, , "ms", 60000, 86400000, "15 min",                              \
      "how often a car on one phase may be switched to three")                                     \
    F(S, DEF, I32, phase_up_pm, , "permille", 1000, 2000, "107 %",                                 \
      "of the three-phase minimum: so much current must be there for it")                          \
    F(S, DEF, I32, target_margin_ms, , "ms", 0, 86400000, "10 min",                                \
      "mode target: begins so much earlier than it must")                                          \
    F(S, DEF, I32, lease_ms, , "ms", 1000, 600000, "15 s", "life of a setpoint on the bus")        \
    F(S, DEF, I32, refresh_ms, , "ms", 100, 300000, "5 s",                                         \
      "a setpoint is renewed at least so often")                                                   \
    F(S, DEF, ENUM, imbalance, imbalance, "", 0, 0, "cars", "what counts for the imbalance limit") \
    F(S, DEF, I32, max_imbalance_va, , "VA", 0, 1000000, "4600 VA",                                \
      "largest difference of two phases")                                                         \
    F(S, DEF, BOOL, observe, , "", 0, 1, "false",                                                  \
      "compute and publish everything, command nothing")
#endif
