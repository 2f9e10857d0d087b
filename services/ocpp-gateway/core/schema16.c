/* SPDX-License-Identifier: Apache-2.0
 * OCPP 1.6-J: what charge points send, as far as this service reads it.
 *
 * Where a value that the specification does not list would make the box repeat its message for
 * ever without harm to us (reasons, measurands, error codes), it is not listed here either. */
#include "services/ocpp-gateway/core/schema.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define END                                                                                        \
    {                                                                                              \
        .name = NULL                                                                               \
    }

static const struct rule none[] = {END};

static const struct rule authorize[] = {{"idTag", RULE_STRING, true, 20, NULL, NULL}, END};
static const struct rule boot_notification[] = {
    {"chargePointVendor", RULE_STRING, true, 20, NULL, NULL},
    {"chargePointModel", RULE_STRING, true, 20, NULL, NULL},
    {"chargePointSerialNumber", RULE_STRING, false, 25, NULL, NULL},
    {"chargeBoxSerialNumber", RULE_STRING, false, 25, NULL, NULL},
    {"firmwareVersion", RULE_STRING, false, 50, NULL, NULL},
    {"iccid", RULE_STRING, false, 20, NULL, NULL},
    {"imsi", RULE_STRING, false, 20, NULL, NULL},
    {"meterSerialNumber", RULE_STRING, false, 25, NULL, NULL},
    {"meterType", RULE_STRING, false, 25, NULL, NULL},
    END};
static const struct rule data_transfer[] = {{"vendorId", RULE_STRING, true, 255, NULL, NULL},
                                            {"messageId", RULE_STRING, false, 50, NULL, NULL},
                                            {"data", RULE_STRING, false, 0, NULL, NULL},
                                            END};
static const struct rule diagnostics_status[] = {
    {"status", RULE_STRING, true, 20, WORDS("Idle", "Uploaded", "UploadFailed", "Uploading"), NULL},
    END};
static const struct rule firmware_status[] = {
    {"status", RULE_STRING, true, 20,
     WORDS("Downloaded", "DownloadFailed", "Downloading", "Idle", "InstallationFailed",
           "Installing", "Installed"),
     NULL},
    END};

static const struct rule sampled_value[] = {{"value", RULE_STRING, true, 0, NULL, NULL},
                                            {"context", RULE_STRING, false, 50, NULL, NULL},
                                            {"format", RULE_STRING, false, 50, NULL, NULL},
                                            {"measurand", RULE_STRING, false, 50, NULL, NULL},
                                            {"phase", RULE_STRING, false, 10, NULL, NULL},
                                            {"location", RULE_STRING, false, 20, NULL, NULL},
                                            {"unit", RULE_STRING, false, 20, NULL, NULL},
                                            END};
static const struct rule meter_value[] = {
    {"timestamp", RULE_TIME, true, 0, NULL, NULL},
    {"sampledValue", RULE_ARRAY, true, 100, NULL, sampled_value},
    END};
static const struct rule meter_values[] = {{"connectorId", RULE_INT, true, 0, NULL, NULL},
                                           {"transactionId", RULE_INT, false, 0, NULL, NULL},
                                           {"meterValue", RULE_ARRAY, true, 100, NULL, meter_value},
                                           END};
static const struct rule start_transaction[] = {{"connectorId", RULE_INT, true, 0, NULL, NULL},
                                                {"idTag", RULE_STRING, true, 20, NULL, NULL},
                                                {"meterStart", RULE_INT, true, 0, NULL, NULL},
                                                {"reservationId", RULE_INT, false, 0, NULL, NULL},
                                                {"timestamp", RULE_TIME, true, 0, NULL, NULL},
                                                END};
static const struct rule stop_transaction[] = {
    {"transactionId", RULE_INT, true, 0, NULL, NULL},
    {"meterStop", RULE_INT, true, 0, NULL, NULL},
    {"timestamp", RULE_TIME, true, 0, NULL, NULL},
    {"idTag", RULE_STRING, false, 20, NULL, NULL},
    {"reason", RULE_STRING, false, 20, NULL, NULL},
    {"transactionData", RULE_ARRAY, false, 100, NULL, meter_value},
    END};
static const struct rule status_notification[] = {
    {"connectorId", RULE_INT, true, 0, NULL, NULL},
    {"errorCode", RULE_STRING, true, 50, NULL, NULL},
    {"status", RULE_STRING, true, 20,
     WORDS("Available", "Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing",
           "Reserved", "Unavailable", "Faulted"),
     NULL},
    {"info", RULE_STRING, false, 50, NULL, NULL},
    {"timestamp", RULE_TIME, false, 0, NULL, NULL},
    {"vendorId", RULE_STRING, false, 255, NULL, NULL},
    {"vendorErrorCode", RULE_STRING, false, 50, NULL, NULL},
    END};

static const struct rule status_only[] = {{"status", RULE_STRING, true, 40, NULL, NULL}, END};
static const struct rule configuration_key[] = {{"key", RULE_STRING, true, 50, NULL, NULL},
                                                {"readonly", RULE_BOOL, false, 0, NULL, NULL},
                                                {"value", RULE_STRING, false, 0, NULL, NULL},
                                                END};
static const struct rule configuration[] = {
    {"configurationKey", RULE_ARRAY, false, 500, NULL, configuration_key}, END};

static const struct rule *const fields_of[ACTION_COUNT] = {
    [ACTION_AUTHORIZE] = authorize,
    [ACTION_BOOT_NOTIFICATION] = boot_notification,
    [ACTION_DATA_TRANSFER] = data_transfer,
    [ACTION_DIAGNOSTICS_STATUS] = diagnostics_status,
    [ACTION_FIRMWARE_STATUS] = firmware_status,
    [ACTION_HEARTBEAT] = none,
    [ACTION_METER_VALUES] = meter_values,
    [ACTION_START_TRANSACTION] = start_transaction,
    [ACTION_STATUS_NOTIFICATION] = status_notification,
    [ACTION_STOP_TRANSACTION] = stop_transaction,
    [ACTION_CHANGE_AVAILABILITY] = status_only,
    [ACTION_CHANGE_CONFIGURATION] = status_only,
    [ACTION_CLEAR_CHARGING_PROFILE] = status_only,
    [ACTION_GET_CONFIGURATION] = configuration,
    [ACTION_REMOTE_START] = status_only,
    [ACTION_REMOTE_STOP] = status_only,
    [ACTION_RESET] = status_only,
    [ACTION_SET_CHARGING_PROFILE] = status_only,
    [ACTION_TRIGGER_MESSAGE] = status_only,
    [ACTION_UNLOCK_CONNECTOR] = status_only,
};
enum { BOX = true, US = false };
static const struct action_head {
    const char *name;
    bool from_box;
} heads[ACTION_COUNT] = {
#define A(id, text, who) [ACTION_##id] = {text, who},
    ACTION_LIST(A)
#undef A
};

struct action_rules action_rules(enum action a)
{
    assert(a < ACTION_COUNT);
    return (struct action_rules){heads[a].name, heads[a].from_box, fields_of[a]};
}

enum action action_from_box(struct str name)
{
    for (int a = 0; a < ACTION_COUNT; a++)
        if (heads[a].from_box && str_eq(name, heads[a].name))
            return (enum action)a;
    return ACTION_COUNT;
}

const char *call_error_text(enum call_error e)
{
    static const char *const texts[] = {
#define E(id, text) text,
        CALL_ERROR_LIST(E)
#undef E
    };
    return texts[e];
}
