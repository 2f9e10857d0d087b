/* SPDX-License-Identifier: Apache-2.0
 * quantity.h -- what a profile may name: one row per value of a device. Pure.
 *
 * The word is the key under `points:`; the dimension fixes the units that are allowed and the
 * unit of the decoded number; the group is how often it is read unless the profile says
 * otherwise; the letters are the classes that have it (m meter, i inverter, b battery). */
#ifndef WATTBUS_QUANTITY_H
#define WATTBUS_QUANTITY_H
#include "libcommon/device/value.h"

#define GROUP_VALUES(X, P) X(P, FAST, "fast") X(P, SLOW, "slow") X(P, ONCE, "once")
ENUM_DECLARE(group, GROUP, GROUP_VALUES)
#define CLASS_VALUES(X, P) X(P, METER, "meter") X(P, INVERTER, "inverter") X(P, BATTERY, "battery")
ENUM_DECLARE(device_class, CLASS, CLASS_VALUES)

/* Decoded numbers are in the unit at the right. */
enum dimension {
    DIM_PLAIN,     /* a number without unit: status, flags */
    DIM_TEXT,      /* identity */
    DIM_POWER,     /* W */
    DIM_CURRENT,   /* mA */
    DIM_VOLTAGE,   /* mV */
    DIM_ENERGY,    /* Wh */
    DIM_FREQUENCY, /* mHz */
    DIM_SHARE,     /* permille */
};

#define QUANTITY_LIST(Q)                                                                           \
    Q(POWER, "power", POWER, FAST, "mib", "active power over all phases; battery: DC")             \
    Q(POWER_L1, "power_l1", POWER, FAST, "mi", "active power on terminal 1")                       \
    Q(POWER_L2, "power_l2", POWER, FAST, "mi", "active power on terminal 2")                       \
    Q(POWER_L3, "power_l3", POWER, FAST, "mi", "active power on terminal 3")                       \
    Q(CURRENT, "current", CURRENT, FAST, "b", "DC current")                                        \
    Q(CURRENT_L1, "current_l1", CURRENT, FAST, "mi", "current on terminal 1")                      \
    Q(CURRENT_L2, "current_l2", CURRENT, FAST, "mi", "current on terminal 2")                      \
    Q(CURRENT_L3, "current_l3", CURRENT, FAST, "mi", "current on terminal 3")                      \
    Q(VOLTAGE, "voltage", VOLTAGE, SLOW, "b", "DC voltage")                                        \
    Q(VOLTAGE_L1, "voltage_l1", VOLTAGE, SLOW, "mi", "voltage of terminal 1 to neutral")           \
    Q(VOLTAGE_L2, "voltage_l2", VOLTAGE, SLOW, "mi", "voltage of terminal 2 to neutral")           \
    Q(VOLTAGE_L3, "voltage_l3", VOLTAGE, SLOW, "mi", "voltage of terminal 3 to neutral")           \
    Q(FREQUENCY, "frequency", FREQUENCY, SLOW, "mi", "grid frequency")                             \
    Q(IMPORT, "import", ENERGY, SLOW, "m", "energy drawn, counter")                                \
    Q(EXPORT, "export", ENERGY, SLOW, "m", "energy fed in, counter")                               \
    Q(YIELD, "yield", ENERGY, SLOW, "i", "AC energy produced, counter")                            \
    Q(PV_POWER, "pv_power", POWER, FAST, "i", "DC power of the PV strings")                        \
    Q(STATUS, "status", PLAIN, FAST, "ib", "operating state, SunSpec numbers 1..8")                \
    Q(LIMIT, "limit", SHARE, SLOW, "i", "limit in force, of limit_base")                           \
    Q(LIMIT_ON, "limit_on", PLAIN, SLOW, "i", "1: the limit is in force")                          \
    Q(LIMIT_BASE, "limit_base", POWER, ONCE, "i", "what 100 % of a limit is")                      \
    Q(SOC, "soc", SHARE, SLOW, "b", "state of charge")                                             \
    Q(SOH, "soh", SHARE, SLOW, "b", "state of health")                                             \
    Q(CAPACITY, "capacity", ENERGY, ONCE, "b", "usable energy")                                    \
    Q(MAX_POWER, "max_power", POWER, ONCE, "i", "rated AC power")                                  \
    Q(MAX_CHARGE, "max_charge", POWER, ONCE, "b", "rated charge power")                            \
    Q(MAX_DISCHARGE, "max_discharge", POWER, ONCE, "b", "rated discharge power")                   \
    Q(RATE_BASE, "rate_base", POWER, ONCE, "b", "what 100 % of a charge rate is")                  \
    Q(VENDOR, "vendor", TEXT, ONCE, "mib", "maker")                                                \
    Q(MODEL, "model", TEXT, ONCE, "mib", "model")                                                  \
    Q(SERIAL, "serial", TEXT, ONCE, "mib", "serial number")                                        \
    Q(FIRMWARE, "firmware", TEXT, ONCE, "mib", "firmware version")

enum quantity {
#define Q(id, word, dim, group, classes, doc) QUANTITY_##id,
    QUANTITY_LIST(Q)
#undef Q
        QUANTITY_COUNT
};
struct quantity_row {
    const char *word;
    enum dimension dim;
    enum group group;
    const char *classes;
    const char *doc;
};
const struct quantity_row *quantity_of(enum quantity q);
/* QUANTITY_COUNT when the class has no such value. */
enum quantity quantity_from(enum device_class c, struct str word);
/* Factor from a unit to the dimension's unit, e.g. kW: 1000. False: not a unit of it. */
bool unit_factor(enum dimension d, struct str unit, double *factor);
const char *unit_words(enum dimension d); /* "W, kW" for messages */
#endif
