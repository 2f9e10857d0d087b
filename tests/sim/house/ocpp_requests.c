/* SPDX-License-Identifier: Apache-2.0
 * One function per action a central system may ask for; the table at the end is the list. */
#include <string.h>

#include "tests/sim/house/clock.h"
#include "tests/sim/house/ocpp_box.h"
#include "tests/sim/house/ocpp_time.h"

static void status(json_object *reply, const char *text)
{
    json_put_text(reply, "status", text);
}

static const char *remote_start(struct box *b, json_object *in, json_object *reply, int64_t mono_ns)
{
    (void)mono_ns;
    const char *tag = json_text(in, "idTag", "");
    json_object *wish = NULL;
    struct profile p;
    if (!tag[0] || strlen(tag) >= TAG_SIZE)
        return "FormationViolation";
    bool profile = json_object_object_get_ex(in, "chargingProfile", &wish);
    if (b->tx.active || !b->operative || json_int(in, "connectorId", 1) != 1 ||
        (profile && (!profile_from_json(wish, 1, &p) || p.purpose != PURPOSE_TX))) {
        status(reply, "Rejected");
        return NULL;
    }
    status(reply, "Accepted");
    if (profile)
        profiles_set(&b->profiles, &p);
    if (b->plant->charger[b->index].plugged) {
        box_start_tx(b, tag);
    } else {
        snprintf(b->remote_tag, sizeof b->remote_tag, "%s", tag);
        b->remote_until_ms =
            clock_mono_ms() + INT64_C(1000) * key_number(b, "ConnectionTimeOut", 60);
    }
    return NULL;
}

static const char *remote_stop(struct box *b, json_object *in, json_object *reply, int64_t mono_ns)
{
    (void)mono_ns;
    bool ours = b->tx.active && json_int(in, "transactionId", -1) == box_tx_id(b);
    status(reply, ours ? "Accepted" : "Rejected");
    if (ours)
        box_stop_tx(b, "Remote");
    return NULL;
}

static bool profile_fits(const struct box *b, const struct profile *p)
{
    switch (p->purpose) {
    case PURPOSE_MAX: return p->connector == 0;
    case PURPOSE_TX:
        return p->connector == 1 && b->tx.active && (p->tx_id == 0 || p->tx_id == box_tx_id(b));
    default: return true;
    }
}

static const char *set_profile(struct box *b, json_object *in, json_object *reply, int64_t mono_ns)
{
    struct profile p;
    json_object *wish = NULL;
    int64_t connector = json_int(in, "connectorId", -1);
    if (connector < 0 || connector > 1)
        return "PropertyConstraintViolation";
    if (!json_object_object_get_ex(in, "csChargingProfiles", &wish) ||
        !profile_from_json(wish, (int32_t)connector, &p))
        return "FormationViolation";
    bool ok =
        b->fault.kind != FAULT_REJECT && profile_fits(b, &p) && profiles_set(&b->profiles, &p);
    b->arrival[b->arrivals++ % PROFILE_LOG] = (struct profile_arrival){
        mono_ns, p.period[0].limit, p.id, p.stack, p.connector, p.tx_id, p.purpose, p.watts, ok};
    status(reply, ok ? "Accepted" : "Rejected");
    box_apply(b);
    return NULL;
}

static const char *clear_profile(struct box *b, json_object *in, json_object *reply,
                                 int64_t mono_ns)
{
    (void)mono_ns;
    const char *name = json_text(in, "chargingProfilePurpose", NULL);
    int32_t purpose = -1;
    for (int32_t i = 0; name && i < PURPOSES; i++)
        if (strcmp(name, profile_purpose_name((enum profile_purpose)i)) == 0)
            purpose = i;
    int gone = 0;
    if (!name || purpose >= 0)
        gone = profiles_clear(&b->profiles, (int32_t)json_int(in, "id", -1),
                              (int32_t)json_int(in, "connectorId", -1), purpose,
                              (int32_t)json_int(in, "stackLevel", -1));
    status(reply, gone ? "Accepted" : "Unknown");
    box_apply(b);
    return NULL;
}

static const char *get_composite(struct box *b, json_object *in, json_object *reply,
                                 int64_t mono_ns)
{
    (void)mono_ns;
    int64_t seconds = json_int(in, "duration", -1), connector = json_int(in, "connectorId", -1);
    if (seconds < 0 || seconds > 86400 || connector < 0 || connector > 1) {
        status(reply, "Rejected");
        return NULL;
    }
    char now[ISO_TIME_SIZE];
    struct profile_site site = box_site(b);
    bool watts = strcmp(json_text(in, "chargingRateUnit", "A"), "W") == 0;
    ocpp_time_format(clock_wall_ms(), now);
    status(reply, "Accepted");
    json_put_int(reply, "connectorId", connector);
    json_put_text(reply, "scheduleStart", now);
    json_object_object_add(
        reply, "chargingSchedule",
        composite_schedule(&b->profiles, &site, clock_wall_ms(), seconds, watts));
    return NULL;
}

static const char *trigger(struct box *b, json_object *in, json_object *reply, int64_t mono_ns)
{
    (void)mono_ns;
    const char *what = json_text(in, "requestedMessage", "");
    int64_t connector = json_int(in, "connectorId", -1);
    if (connector > 1) {
        status(reply, "Rejected");
    } else if (strcmp(what, "BootNotification") == 0) {
        status(reply, "Accepted");
        calls_boot(b);
    } else if (strcmp(what, "Heartbeat") == 0) {
        status(reply, "Accepted");
        calls_heartbeat(b);
    } else if (strcmp(what, "MeterValues") == 0) {
        status(reply, "Accepted");
        calls_meter(b, "Trigger");
    } else if (strcmp(what, "StatusNotification") == 0) {
        status(reply, "Accepted");
        for (int i = 0; i <= 1; i++)
            if (connector < 0 || connector == i)
                calls_status(b, i);
    } else {
        status(reply, "NotImplemented");
    }
    return NULL;
}

static const char *get_configuration(struct box *b, json_object *in, json_object *reply,
                                     int64_t mono_ns)
{
    (void)mono_ns;
    json_object *wanted = NULL;
    json_object_object_get_ex(in, "key", &wanted);
    keys_report(b, wanted, reply);
    return NULL;
}

static const char *change_configuration(struct box *b, json_object *in, json_object *reply,
                                        int64_t mono_ns)
{
    (void)mono_ns;
    status(reply, key_change(b, json_text(in, "key", ""), json_text(in, "value", "")));
    return NULL;
}

static const char *reset(struct box *b, json_object *in, json_object *reply, int64_t mono_ns)
{
    (void)mono_ns;
    bool hard = strcmp(json_text(in, "type", ""), "Hard") == 0;
    status(reply, "Accepted");
    b->reset_reason = hard ? "HardReset" : "SoftReset";
    box_stop_tx(b, b->reset_reason);
    /* answer and StopTransaction get a moment before the connection goes */
    b->reset_due_ms = clock_mono_ms() + 500;
    return NULL;
}

static const char *change_availability(struct box *b, json_object *in, json_object *reply,
                                       int64_t mono_ns)
{
    (void)mono_ns;
    int64_t connector = json_int(in, "connectorId", -1);
    const char *type = json_text(in, "type", "");
    if (connector < 0 || connector > 1 ||
        (strcmp(type, "Operative") != 0 && strcmp(type, "Inoperative") != 0)) {
        status(reply, "Rejected");
        return NULL;
    }
    b->operative_next = strcmp(type, "Operative") == 0;
    status(reply, b->tx.active && !b->operative_next ? "Scheduled" : "Accepted");
    return NULL;
}

static const char *unlock(struct box *b, json_object *in, json_object *reply, int64_t mono_ns)
{
    (void)mono_ns;
    if (json_int(in, "connectorId", -1) != 1) {
        status(reply, "NotSupported");
        return NULL;
    }
    box_stop_tx(b, "UnlockCommand");
    status(reply, "Unlocked");
    return NULL;
}

static const char *clear_cache(struct box *b, json_object *in, json_object *reply, int64_t mono_ns)
{
    (void)b, (void)in, (void)mono_ns;
    status(reply, "Accepted");
    return NULL;
}

static const char *data_transfer(struct box *b, json_object *in, json_object *reply,
                                 int64_t mono_ns)
{
    (void)b, (void)in, (void)mono_ns;
    status(reply, "UnknownVendorId");
    return NULL;
}

static const struct {
    const char *action;
    const char *(*handle)(struct box *, json_object *, json_object *, int64_t);
} table[] = {
    {"RemoteStartTransaction", remote_start},
    {"RemoteStopTransaction", remote_stop},
    {"SetChargingProfile", set_profile},
    {"ClearChargingProfile", clear_profile},
    {"GetCompositeSchedule", get_composite},
    {"TriggerMessage", trigger},
    {"GetConfiguration", get_configuration},
    {"ChangeConfiguration", change_configuration},
    {"Reset", reset},
    {"ChangeAvailability", change_availability},
    {"UnlockConnector", unlock},
    {"ClearCache", clear_cache},
    {"DataTransfer", data_transfer},
};

const char *request_handle(struct box *b, const char *action, json_object *in, json_object *reply,
                           int64_t mono_ns)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(action, table[i].action) == 0)
            return table[i].handle(b, in, reply, mono_ns);
    return "NotImplemented";
}
