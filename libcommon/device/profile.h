/* SPDX-License-Identifier: Apache-2.0
 * profile.h -- a device profile: deploy/profiles/<class>/<vendor>-<model>.yaml as C structs. The
 * language is described in docs/profiles.md; its keys are the rows below. */
#ifndef WATTBUS_PROFILE_H
#define WATTBUS_PROFILE_H
#include "libcommon/device/quantity.h"
#include "libcommon/device/sunspec.h"

enum { PROFILE_POINTS_MAX = 48, PROFILE_ALTS_MAX = 3, PROFILE_STEPS_MAX = 8 };

/* What a sequence of writes does. The bridge knows when to run it. */
#define SEQUENCE_VALUES(X, P)                                                                      \
    X(P, LIMIT, "limit")                                                                           \
    X(P, RELEASE, "release")                                                                       \
    X(P, NORMAL, "normal") X(P, HOLD, "hold") X(P, CHARGE, "charge") X(P, POWER, "power")
ENUM_DECLARE(sequence, SEQUENCE, SEQUENCE_VALUES)

/* What a step may write, other than a number. */
#define VARIABLE_VALUES(X, P)                                                                      \
    X(P, LIMIT_W, "limit_w")                                                                       \
    X(P, LIMIT_PERCENT, "limit_percent")                                                           \
    X(P, CHARGE_W, "charge_w")                                                                     \
    X(P, CHARGE_PERCENT, "charge_percent")                                                         \
    X(P, DISCHARGE_W, "discharge_w")                                                               \
    X(P, DISCHARGE_PERCENT, "discharge_percent")                                                   \
    X(P, POWER_W, "power_w")                                                                       \
    X(P, POWER_PERCENT, "power_percent") X(P, LEASE_S, "lease_s")
ENUM_DECLARE(variable, VARIABLE, VARIABLE_VALUES)

/* ---- keys of the file; columns as in libcommon/site/rows.h ---- */
#define PROFILE_ROWS(F, S)                                                                         \
    F(S, REQ, ENUM, class, device_class, "", 0, 0, NULL, "meter, inverter or battery")             \
    F(S, OPT, STR, vendor, 48, "", 0, 0, NULL, "shown when the device does not say")               \
    F(S, OPT, STR, model, 48, "", 0, 0, NULL, "shown when the device does not say")                \
    F(S, DEF, BOOL, untested, , "", 0, 1, "false", "nobody has tried it on a device yet")
#define MODBUS_ROWS(F, S)                                                                          \
    F(S, DEF, I32, function, , "", 1, 4, "3", "function code of reads")                            \
    F(S, DEF, I32, write_function, , "", 5, 16, "16", "function code of writes: 5, 6 or 16")       \
    F(S, DEF, ENUM, type, reg_type, "", 0, 0, "u16", "type of the registers")                      \
    F(S, DEF, ENUM, words, reg_words, "", 0, 0, "high", "which word of a wide type comes first")   \
    F(S, DEF, I32, block, , "", 1, 125, "100", "most registers in one read")                       \
    F(S, DEF, I32, gap, , "", 0, 120, "10", "unused registers read along to save a request")
#define POINT_ROWS(F, S)                                                                           \
    F(S, OPT, STR, address, 12, "", 0, 0, NULL, "protocol address from 0, 0x too")                 \
    F(S, OPT, I32, function, , "", 1, 4, NULL, "function code, when it differs")                   \
    F(S, OPT, ENUM, type, reg_type, "", 0, 0, NULL, "type, when it differs")                       \
    F(S, OPT, ENUM, words, reg_words, "", 0, 0, NULL, "word order, when it differs")               \
    F(S, OPT, I32, count, , "", 1, 32, NULL, "registers of a str")                                 \
    F(S, OPT, STR, unit, 10, "", 0, 0, NULL, "unit of the number after scaling")                   \
    F(S, OPT, STR, scale, 20, "", 0, 0, NULL, "the number is raw x scale")                         \
    F(S, OPT, STR, nan, 24, "", 0, 0, NULL, "standard, zero or a bit pattern: no value")           \
    F(S, OPT, STR, minus, 12, "", 0, 0, NULL, "address that is subtracted (P+ and P-)")            \
    F(S, DEF, BOOL, negate, , "", 0, 1, "false", "the device counts the other way round")          \
    F(S, OPT, ENUM, group, group, "", 0, 0, NULL, "fast, slow or once")                            \
    F(S, OPT, STR, sunspec, 160, "", 0, 0, NULL, "model and point instead of an address")
#define STEP_ROWS(F, S)                                                                            \
    F(S, OPT, STR, address, 12, "", 0, 0, NULL, "protocol address from 0, 0x too")                 \
    F(S, OPT, I32, function, , "", 5, 16, NULL, "5, 6 or 16, when it differs")                     \
    F(S, OPT, ENUM, type, reg_type, "", 0, 0, NULL, "type, when it differs")                       \
    F(S, OPT, ENUM, words, reg_words, "", 0, 0, NULL, "word order, when it differs")               \
    F(S, OPT, STR, sunspec, 60, "", 0, 0, NULL, "model and point instead of an address")           \
    F(S, REQ, STR, value, 24, "", 0, 0, NULL, "a number or a variable")                            \
    F(S, OPT, STR, scale, 20, "", 0, 0, NULL, "the value is multiplied by it")                     \
    F(S, DEF, ENUM, round, rounding, "", 0, 0, "nearest", "nearest, down or up")                   \
    F(S, DEF, BOOL, optional, , "", 0, 1, "false", "a device without it is fine")

RECORD_STRUCT(profile_conf, PROFILE_ROWS)
RECORD_STRUCT(modbus_conf, MODBUS_ROWS)

struct profile_point {
    enum quantity q;
    enum group group;
    double factor; /* raw, after a SunSpec scale factor, to the unit of the quantity; signed */
    int nalts;     /* SunSpec: places, first found wins; 0: plain registers */
    struct sun_ref alts[PROFILE_ALTS_MAX];
    uint8_t function;
    uint16_t address;
    int32_t minus; /* -1: none */
    struct reg_format fmt;
};
struct profile_step {
    bool sunspec;
    struct sun_ref ref;
    uint8_t function; /* 5, 6 or 16 */
    uint16_t address;
    struct reg_format fmt;
    enum variable var; /* VARIABLE_UNSET: the constant */
    double constant, scale;
    enum rounding round;
    bool optional;
};
struct profile {
    struct profile_conf head;
    struct modbus_conf modbus;
    bool sunspec; /* has points by model */
    int npoints;
    struct profile_point points[PROFILE_POINTS_MAX];
    int nsteps[SEQUENCE_COUNT];
    struct profile_step steps[SEQUENCE_COUNT][PROFILE_STEPS_MAX];
};

struct yml_report;
struct yml_node;
/* Reads a profile of class c. False with errors (file:line:column) in the report. */
bool profile_load(const char *path, enum device_class c, struct profile *out,
                  struct yml_report *r) MUST_CHECK;
bool profile_parse(const struct yml_node *root, enum device_class c, struct profile *out,
                   struct yml_report *r) MUST_CHECK;
#endif
