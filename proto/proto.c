/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/proto.h"

ENUM_DEFINE(fault_level, FAULT_LEVEL, FAULT_LEVEL_VALUES)
ENUM_DEFINE(role, ROLE, ROLE_VALUES)
ENUM_DEFINE(evse_state, EVSE_STATE, EVSE_STATE_VALUES)
ENUM_DEFINE(charge_mode, CHARGE_MODE, CHARGE_MODE_VALUES)
ENUM_DEFINE(phase_use, PHASE_USE, PHASE_USE_VALUES)
ENUM_DEFINE(battery_mode, BATTERY_MODE, BATTERY_MODE_VALUES)
ENUM_DEFINE(inverter_status, INVERTER_STATUS, INVERTER_STATUS_VALUES)
ENUM_DEFINE(battery_status, BATTERY_STATUS, BATTERY_STATUS_VALUES)
ENUM_DEFINE(current_type, CURRENT_TYPE, CURRENT_TYPE_VALUES)
ENUM_DEFINE(lease, LEASE, LEASE_VALUES)
ENUM_DEFINE(result, RESULT, RESULT_VALUES)
ENUM_DEFINE(tariff_kind, TARIFF_KIND, TARIFF_KIND_VALUES)
ENUM_DEFINE(meter_trust, METER_TRUST, METER_TRUST_VALUES)
ENUM_DEFINE(sg_state, SG_STATE, SG_STATE_VALUES)
ENUM_DEFINE(load_mode, LOAD_MODE, LOAD_MODE_VALUES)
ENUM_DEFINE(source, SOURCE, SOURCE_VALUES)
ENUM_DEFINE(limit, LIMIT, LIMIT_VALUES)
ENUM_DEFINE(budget_period, BUDGET_PERIOD, BUDGET_PERIOD_VALUES)
ENUM_DEFINE(authorised, AUTHORISED, AUTHORISED_VALUES)
ENUM_DEFINE(card_status, CARD_STATUS, CARD_STATUS_VALUES)

RECORD_DEFINE(fault, FAULT_ROWS, "Something that is wrong")
RECORD_DEFINE(param, PARAM_ROWS, "A number or word of a reason")
RECORD_DEFINE(reason, REASON_ROWS, "Why something is as it is")
RECORD_DEFINE(request_result, RESULT_ROWS, "What became of a request")
RECORD_DEFINE(phase_change, PHASE_CHANGE_ROWS, "A switch between one phase and three")
RECORD_DEFINE(slot, SLOT_ROWS, "A value from its start to the next slot's start")
RECORD_DEFINE(applied, APPLIED_ROWS, "The setpoint in force at the device")
RECORD_DEFINE(shown_override, SHOWN_OVERRIDE_ROWS, "An override in force")
RECORD_DEFINE(counter, DEVICE_COUNT_ROWS, "A counter of a service")
RECORD_DEFINE(site_state, SITE_STATE_ROWS, "The house in one look")
RECORD_DEFINE(site_flows, SITE_FLOWS_ROWS, "Who covers whom")
RECORD_DEFINE(circuit_state, CIRCUIT_STATE_ROWS, "A node of the circuit tree")
RECORD_DEFINE(meter_info, METER_INFO_ROWS, "Identity of a meter")
RECORD_DEFINE(meter_state, METER_STATE_ROWS, "What a meter shows")
RECORD_DEFINE(quarter, QUARTER_ROWS, "A quarter of an hour of a metering point")
RECORD_DEFINE(metering_point_state, METERING_POINT_STATE_ROWS, "A virtual metering point")
RECORD_DEFINE(inverter_info, INVERTER_INFO_ROWS, "Identity of an inverter")
RECORD_DEFINE(inverter_state, INVERTER_STATE_ROWS, "What an inverter does")
RECORD_DEFINE(inverter_setpoint, INVERTER_SETPOINT_ROWS, "Lease on an inverter's power limit")
RECORD_DEFINE(inverter_control, INVERTER_CONTROL_ROWS, "How the controller limits an inverter")
RECORD_DEFINE(battery_info, BATTERY_INFO_ROWS, "Identity of a battery")
RECORD_DEFINE(battery_state, BATTERY_STATE_ROWS, "What a battery does")
RECORD_DEFINE(battery_setpoint, BATTERY_SETPOINT_ROWS, "Lease on a battery's mode")
RECORD_DEFINE(battery_control, BATTERY_CONTROL_ROWS, "How the controller sees a battery")
RECORD_DEFINE(charger_info, CHARGER_INFO_ROWS, "Identity of a connector")
RECORD_DEFINE(charger_state, CHARGER_STATE_ROWS, "What a connector does")
RECORD_DEFINE(charger_setpoint, CHARGER_SETPOINT_ROWS, "Lease on a charger's current")
RECORD_DEFINE(charger_control, CHARGER_CONTROL_ROWS, "How a charger is controlled")
RECORD_DEFINE(charger_flows, CHARGER_FLOWS_ROWS, "Where a charger's energy comes from")
RECORD_DEFINE(session, SESSION_ROWS, "One charging session")
RECORD_DEFINE(vehicle_state, VEHICLE_STATE_ROWS, "What is known of a car")
RECORD_DEFINE(load_info, LOAD_INFO_ROWS, "Identity of a load")
RECORD_DEFINE(load_state, LOAD_STATE_ROWS, "What a load does")
RECORD_DEFINE(load_setpoint, LOAD_SETPOINT_ROWS, "Lease on a load")
RECORD_DEFINE(load_control, LOAD_CONTROL_ROWS, "How a load is controlled")
RECORD_DEFINE(output_state, OUTPUT_STATE_ROWS, "A relay or analogue output")
RECORD_DEFINE(output_setpoint, OUTPUT_SETPOINT_ROWS, "Lease on an output")
RECORD_DEFINE(input_state, INPUT_STATE_ROWS, "A contact or analogue input")
RECORD_DEFINE(user_state, USER_STATE_ROWS, "A user and the budget")
RECORD_DEFINE(budget_state, BUDGET_STATE_ROWS, "An amount to charge per period")
RECORD_DEFINE(card_entry, CARD_ENTRY_ROWS, "A card")
RECORD_DEFINE(authorisation, AUTHORISATION_ROWS, "The cards of a user")
RECORD_DEFINE(variable_state, VARIABLE_STATE_ROWS, "A user variable")
RECORD_DEFINE(grid_limit, GRID_LIMIT_ROWS, "What the grid operator allows")
RECORD_DEFINE(tariff_state, TARIFF_STATE_ROWS, "Prices in slots")
RECORD_DEFINE(forecast_state, FORECAST_STATE_ROWS, "Expected production in slots")
RECORD_DEFINE(plan_state, PLAN_STATE_ROWS, "What is planned, in slots")
RECORD_DEFINE(request, REQUEST_ROWS, "A one-shot action")
RECORD_DEFINE(marker, MARKER_ROWS, "Proof of one's own subscriptions")
RECORD_DEFINE(service_status, SERVICE_STATUS_ROWS, "Life sign of a process")

const struct derived_row derived_rows[DERIVED_COUNT] = {
#define D(id, name, text, doc) [DERIVED_##id] = {DERIVED_PREFIX name, text, doc},
    DERIVED_METERS(D)
#undef D
};

static const struct message messages[MSG_COUNT] = {
#define M(id, path, type, writer, doc)                                                             \
    [MSG_##id] = {#id, path, &type##_record, WRITER_##writer, doc},
    MESSAGE_LIST(M)
#undef M
};

const struct message *message_of(enum message_id id)
{
    assert((unsigned)id < MSG_COUNT);
    return &messages[id];
}

const char *writer_text(enum writer w)
{
    static const char *const texts[] = {
#define W(name, text) [WRITER_##name] = text,
        WRITER_LIST(W)
#undef W
    };
    return texts[w];
}

const struct override_row override_rows[] = {
#define O(cls, field, kind, en, unit, lo, hi, shown, doc)                                          \
    {#cls, #field, KIND_##kind, en, unit, lo, hi, shown, doc},
    OVERRIDE_LIST(O)
#undef O
};
const int override_rows_n = COUNT_OF(override_rows);

/* Fills the +es of `path` from args, in order; a NULL argument leaves its + in place. */
static struct topic fill(const char *site, const char *path, const char *id, const char *leaf)
{
    struct topic t;
    struct buf b = buf_of(t.s, sizeof t.s);
    const char *args[] = {id, leaf};
    size_t n = 0;
    buf_addf(&b, "wattbus/%s/", site);
    for (const char *p = path; *p; p++) {
        if (*p != '+') {
            buf_add(&b, (struct str){p, 1});
            continue;
        }
        const char *arg = n < COUNT_OF(args) ? args[n] : NULL;
        n++;
        assert(!arg || str_is_id(str_of(arg)));
        buf_addz(&b, arg ? arg : "+");
    }
    assert(!b.cut);
    return t;
}

struct topic topic_format(const char *site, enum message_id m, const char *id, const char *leaf)
{
    struct topic t = fill(site, message_of(m)->path, id, leaf);
    assert(!strchr(t.s, '+'));
    return t;
}

struct topic topic_pattern(const char *site, enum message_id m, const char *id)
{
    return fill(site, message_of(m)->path, id, NULL);
}

struct topic topic_override(const char *site, int row, const char *id)
{
    assert(row >= 0 && row < override_rows_n);
    struct topic t;
    struct buf b = buf_of(t.s, sizeof t.s);
    const struct override_row *o = &override_rows[row];
    buf_addf(&b, "wattbus/%s/%s/%s/override/%s", site, o->cls, id, o->field);
    assert(!b.cut);
    return t;
}

/* Matches `rest` against a path with +; each + must be an id. */
static bool path_match(const char *path, struct str rest, char out[2][ID_CAP])
{
    struct str pat = str_of(path);
    int n = 0;
    out[0][0] = out[1][0] = '\0';
    while (pat.len) {
        struct str want = str_word(&pat, '/');
        if (!rest.p || (rest.len == 0 && want.len))
            return false;
        struct str got = str_word(&rest, '/');
        if (want.len == 1 && want.p[0] == '+') {
            if (!str_is_id(got) || n == 2)
                return false;
            str_copy(out[n++], ID_CAP, got);
        } else if (want.len != got.len || memcmp(want.p, got.p, want.len) != 0) {
            return false;
        }
    }
    return rest.len == 0;
}

static bool override_match(struct str rest, struct topic_match *out)
{
    struct str cls = str_word(&rest, '/'), id = str_word(&rest, '/');
    struct str word = str_word(&rest, '/');
    if (!str_eq(word, "override") || !str_is_id(id))
        return false;
    for (int i = 0; i < override_rows_n; i++) {
        if (str_eq(cls, override_rows[i].cls) && str_eq(rest, override_rows[i].field)) {
            out->override = i;
            str_copy(out->id, sizeof out->id, id);
            return true;
        }
    }
    return false;
}

bool topic_parse(const char *site, struct str topic, struct topic_match *out)
{
    *out = (struct topic_match){.msg = MSG_COUNT, .override = -1};
    struct str root = str_word(&topic, '/'), home = str_word(&topic, '/');
    if (!str_eq(root, "wattbus") || !str_eq(home, site) || topic.len == 0)
        return false;
    if (topic.p[topic.len - 1] == '/')
        return false;
    for (int m = 0; m < MSG_COUNT; m++) {
        char ids[2][ID_CAP];
        if (!path_match(messages[m].path, topic, ids))
            continue;
        out->msg = (enum message_id)m;
        str_copyz(out->id, sizeof out->id, ids[0]);
        str_copyz(out->leaf, sizeof out->leaf, ids[1]);
        return true;
    }
    return override_match(topic, out);
}
