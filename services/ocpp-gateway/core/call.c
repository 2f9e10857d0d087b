/* SPDX-License-Identifier: Apache-2.0 */
#include "services/ocpp-gateway/core/call.h"
#include "services/ocpp-gateway/core/iso_time.h"

enum {
    BACKDATED_MS = 60000, /* a box whose clock is behind must not wait for its profile */
    NOMINAL_V = 230,
};

static void add_pair(struct buf *b, const char *name, const char *text)
{
    buf_addf(b, "\"%s\":", name);
    buf_add_json_str(b, str_of(text));
}

/* One decimal, rounded down: amperes, or watts of all phases. */
static void add_limit(struct buf *b, const struct call *c)
{
    int64_t deci = c->limit.ma / 100;
    if (c->style.in_watts)
        deci = (int64_t)c->limit.ma * NOMINAL_V *
               (c->limit.phases ? c->limit.phases : c->style.phases) / 1000 * 10;
    buf_addi(b, deci / 10);
    buf_addz(b, ".");
    buf_addi(b, deci % 10);
}

static void add_profile(struct buf *b, const struct call *c, struct wall now)
{
    const struct limit_command *l = &c->limit;
    const struct limit_variant *v = limit_variant(l->purpose, l->variant);
    assert(v);
    buf_addz(b, "\"connectorId\":");
    buf_addi(b, v->station ? 0 : c->style.connector);
    buf_addz(b, ",\"csChargingProfiles\":{\"chargingProfileId\":");
    buf_addi(b, c->style.profile_id);
    if (l->purpose == PURPOSE_TX) {
        buf_addz(b, ",\"transactionId\":");
        buf_addi(b, l->transaction);
    }
    buf_addz(b, ",\"stackLevel\":");
    buf_addi(b, v->max_level ? c->style.max_level : 0);
    buf_addz(b, l->purpose == PURPOSE_TX ? ",\"chargingProfilePurpose\":\"TxProfile\""
                                         : ",\"chargingProfilePurpose\":\"TxDefaultProfile\"");
    buf_addz(b, v->absolute ? ",\"chargingProfileKind\":\"Absolute\""
                            : ",\"chargingProfileKind\":\"Relative\"");
    buf_addz(b, ",\"chargingSchedule\":{");
    if (l->purpose == PURPOSE_TX) {
        buf_addz(b, "\"duration\":");
        buf_addi(b, (l->duration_ms + BACKDATED_MS) / 1000);
        buf_addz(b, ",");
    }
    if (v->absolute) {
        buf_addz(b, "\"startSchedule\":\"");
        iso_time_add(b, (struct wall){now.ms - BACKDATED_MS});
        buf_addz(b, "\",");
    }
    buf_addz(b, c->style.in_watts ? "\"chargingRateUnit\":\"W\"" : "\"chargingRateUnit\":\"A\"");
    buf_addz(b, ",\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":");
    add_limit(b, c);
    if (l->phases) {
        buf_addz(b, ",\"numberPhases\":");
        buf_addi(b, l->phases);
    }
    buf_addz(b, "}]}}");
}

static void add_keys(struct buf *b, struct str csv)
{
    buf_addz(b, "\"key\":[");
    for (bool first = true; csv.len > 0; first = false) {
        buf_addz(b, first ? "" : ",");
        buf_add_json_str(b, str_word(&csv, ','));
    }
    buf_addz(b, "]");
}

static void add_payload(struct buf *b, const struct call *c, struct wall now)
{
    switch (c->action) {
    case ACTION_SET_CHARGING_PROFILE: add_profile(b, c, now); break;
    case ACTION_CHANGE_CONFIGURATION:
        add_pair(b, "key", c->key);
        buf_addz(b, ",");
        add_pair(b, "value", c->value);
        break;
    case ACTION_GET_CONFIGURATION:
        if (c->key[0]) {
            buf_addz(b, "\"key\":[");
            buf_add_json_str(b, str_of(c->key));
            buf_addz(b, "]");
        } else if (c->value[0]) {
            add_keys(b, str_of(c->value));
        }
        break;
    case ACTION_REMOTE_START:
        buf_addf(b, "\"connectorId\":%d,", (int)c->connector);
        add_pair(b, "idTag", c->tag);
        break;
    case ACTION_REMOTE_STOP: buf_addf(b, "\"transactionId\":%d", (int)c->transaction); break;
    case ACTION_RESET: add_pair(b, "type", c->key); break;
    case ACTION_TRIGGER_MESSAGE:
        add_pair(b, "requestedMessage", c->key);
        if (c->connector > 0)
            buf_addf(b, ",\"connectorId\":%d", (int)c->connector);
        break;
    case ACTION_UNLOCK_CONNECTOR: buf_addf(b, "\"connectorId\":%d", (int)c->connector); break;
    case ACTION_CHANGE_AVAILABILITY:
        buf_addf(b, "\"connectorId\":%d,", (int)c->connector);
        add_pair(b, "type", c->key);
        break;
    default: /* ClearChargingProfile: all of them */ break;
    }
}

void call_encode(const struct call *c, const char *id, struct wall now, struct buf *b)
{
    buf_addz(b, "[2,\"");
    buf_addz(b, id);
    buf_addz(b, "\",\"");
    buf_addz(b, action_rules(c->action).name);
    buf_addz(b, "\",{");
    add_payload(b, c, now);
    buf_addz(b, "}]");
}
