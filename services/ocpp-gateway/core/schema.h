/* SPDX-License-Identifier: Apache-2.0
 * schema.h -- the rules of a message as rows. Pure data; wire/validate.c applies them.
 *
 * A version of OCPP is one table of actions (schema16.c), whose rows point to tables of fields. */
#ifndef OCPP_CORE_SCHEMA_H
#define OCPP_CORE_SCHEMA_H
#include "libcommon/pure/str.h"

enum rule_type {
    RULE_STRING,
    RULE_INT,    /* also accepted as a text that is one: boxes do that */
    RULE_NUMBER, /* likewise */
    RULE_BOOL,
    RULE_TIME, /* any text: clocks that are off must not block a queue */
    RULE_OBJECT,
    RULE_ARRAY, /* of objects */
};
struct rule {
    const char *name; /* NULL ends the table */
    enum rule_type type;
    bool required;
    uint16_t max;             /* longest text in characters, most items; 0: no limit of its own */
    const char *const *words; /* allowed values, NULL-terminated; NULL: any */
    const struct rule *sub;   /* fields of the object or of the items */
};

#define ACTION_LIST(A)                                                                             \
    A(AUTHORIZE, "Authorize", BOX)                                                                 \
    A(BOOT_NOTIFICATION, "BootNotification", BOX)                                                  \
    A(DATA_TRANSFER, "DataTransfer", BOX)                                                          \
    A(DIAGNOSTICS_STATUS, "DiagnosticsStatusNotification", BOX)                                    \
    A(FIRMWARE_STATUS, "FirmwareStatusNotification", BOX)                                          \
    A(HEARTBEAT, "Heartbeat", BOX)                                                                 \
    A(METER_VALUES, "MeterValues", BOX)                                                            \
    A(START_TRANSACTION, "StartTransaction", BOX)                                                  \
    A(STATUS_NOTIFICATION, "StatusNotification", BOX)                                              \
    A(STOP_TRANSACTION, "StopTransaction", BOX)                                                    \
    A(CHANGE_AVAILABILITY, "ChangeAvailability", US)                                               \
    A(CHANGE_CONFIGURATION, "ChangeConfiguration", US)                                             \
    A(CLEAR_CHARGING_PROFILE, "ClearChargingProfile", US)                                          \
    A(GET_CONFIGURATION, "GetConfiguration", US)                                                   \
    A(REMOTE_START, "RemoteStartTransaction", US)                                                  \
    A(REMOTE_STOP, "RemoteStopTransaction", US)                                                    \
    A(RESET, "Reset", US)                                                                          \
    A(SET_CHARGING_PROFILE, "SetChargingProfile", US)                                              \
    A(TRIGGER_MESSAGE, "TriggerMessage", US)                                                       \
    A(UNLOCK_CONNECTOR, "UnlockConnector", US)
enum action {
#define A(id, name, who) ACTION_##id,
    ACTION_LIST(A)
#undef A
        ACTION_COUNT
};
struct action_rules {
    const char *name;
    bool from_box;             /* the box calls us; else we call the box */
    const struct rule *fields; /* of what the box sends: its request, or its answer to ours */
};
struct action_rules action_rules(enum action a);
/* The action of that name that a box may call, ACTION_COUNT when there is none. */
enum action action_from_box(struct str name);

/* CALLERROR codes in the spelling of OCPP-J 1.6, typo included. */
#define CALL_ERROR_LIST(E)                                                                         \
    E(NONE, "")                                                                                    \
    E(NOT_IMPLEMENTED, "NotImplemented")                                                           \
    E(NOT_SUPPORTED, "NotSupported")                                                               \
    E(INTERNAL, "InternalError")                                                                   \
    E(PROTOCOL, "ProtocolError")                                                                   \
    E(SECURITY, "SecurityError")                                                                   \
    E(FORMATION, "FormationViolation")                                                             \
    E(PROPERTY, "PropertyConstraintViolation")                                                     \
    E(OCCURRENCE, "OccurenceConstraintViolation")                                                  \
    E(TYPE, "TypeConstraintViolation")                                                             \
    E(GENERIC, "GenericError")
enum call_error {
#define E(id, text) CALL_ERROR_##id,
    CALL_ERROR_LIST(E)
#undef E
};
const char *call_error_text(enum call_error e);
#endif
