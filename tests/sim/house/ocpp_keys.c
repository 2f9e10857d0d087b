/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "tests/sim/house/ocpp_box.h"

static const struct box_key defaults[] = {
    {"SupportedFeatureProfiles", "Core,SmartCharging,RemoteTrigger", true},
    {"NumberOfConnectors", "1", true},
    {"HeartbeatInterval", "60", false},
    {"MeterValueSampleInterval", "5", false},
    {"MeterValuesSampledData",
     "Current.Import,Power.Active.Import,Energy.Active.Import.Register,Voltage", false},
    {"MeterValuesAlignedData", "", false},
    {"ClockAlignedDataInterval", "0", false},
    {"ConnectionTimeOut", "60", false},
    {"WebSocketPingInterval", "20", true},
    {"AuthorizeRemoteTxRequests", "false", true},
    {"LocalAuthorizeOffline", "true", true},
    {"StopTransactionOnInvalidId", "true", true},
    {"StopTransactionOnEVSideDisconnect", "true", true},
    {"ChargeProfileMaxStackLevel", "8", true},
    {"ChargingScheduleAllowedChargingRateUnit", "Current,Power", true},
    {"ChargingScheduleMaxPeriods", "24", true},
    {"MaxChargingProfilesInstalled", "16", true},
    {"ConnectorSwitch3to1PhaseSupported", "false", true},
};

static struct box_key *find(const struct box *b, const char *key)
{
    for (size_t i = 0; i < b->n_keys; i++)
        if (strcasecmp(b->key[i].key, key) == 0)
            return (struct box_key *)(uintptr_t)&b->key[i];
    return NULL;
}

void keys_init(struct box *b)
{
    _Static_assert(sizeof defaults / sizeof defaults[0] <= BOX_KEYS, "room for all keys");
    b->n_keys = sizeof defaults / sizeof defaults[0];
    memcpy(b->key, defaults, sizeof defaults);
    snprintf(find(b, "MeterValueSampleInterval")->value, 16, "%d", (int)b->config.sample_s);
    if (b->config.phase_switch)
        snprintf(find(b, "ConnectorSwitch3to1PhaseSupported")->value, 16, "true");
}

const char *key_get(const struct box *b, const char *key)
{
    const struct box_key *k = find(b, key);
    return k ? k->value : NULL;
}

int32_t key_number(const struct box *b, const char *key, int32_t otherwise)
{
    const char *text = key_get(b, key);
    char *end;
    long v = text ? strtol(text, &end, 10) : 0;
    return text && *text && *end == 0 && v >= 0 && v < INT32_MAX ? (int32_t)v : otherwise;
}

const char *key_change(struct box *b, const char *key, const char *value)
{
    struct box_key *k = find(b, key);
    if (!k)
        return "NotSupported";
    if (k->readonly || strlen(value) >= sizeof k->value)
        return "Rejected";
    bool number = strlen(key) > 8 && (strstr(k->key, "Interval") || strstr(k->key, "TimeOut"));
    if (number && strspn(value, "0123456789") != strlen(value))
        return "Rejected";
    snprintf(k->value, sizeof k->value, "%s", value);
    return "Accepted";
}

static void add(json_object *list, const struct box_key *k)
{
    json_object *o = json_object_new_object();
    json_put_text(o, "key", k->key);
    json_put_bool(o, "readonly", k->readonly);
    json_put_text(o, "value", k->value);
    json_object_array_add(list, o);
}

void keys_report(const struct box *b, json_object *wanted, json_object *reply)
{
    json_object *known = json_object_new_array(), *unknown = json_object_new_array();
    size_t n = json_object_is_type(wanted, json_type_array) ? json_object_array_length(wanted) : 0;
    for (size_t i = 0; n == 0 && i < b->n_keys; i++)
        add(known, &b->key[i]);
    for (size_t i = 0; i < n; i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(wanted, i));
        const struct box_key *k = name ? find(b, name) : NULL;
        if (k)
            add(known, k);
        else
            json_object_array_add(unknown, json_object_new_string(name ? name : ""));
    }
    json_object_object_add(reply, "configurationKey", known);
    json_object_object_add(reply, "unknownKey", unknown);
}
