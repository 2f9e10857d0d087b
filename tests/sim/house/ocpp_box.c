/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/house/ocpp_box.h"

#include <string.h>
#include <strings.h>

#include "tests/sim/house/clock.h"

enum { PLUG_TO_AUTH_MS = 500, CHANGE_MA = 1000, MIN_SAMPLE_GAP_MS = 1000 };

static struct charger *pilot(const struct box *b)
{
    return &b->plant->charger[b->index];
}

const char *box_status_name(enum box_status s)
{
    static const char *const names[STATUS_COUNT] = {"Available",   "Preparing",     "Charging",
                                                    "SuspendedEV", "SuspendedEVSE", "Finishing",
                                                    "Unavailable"};
    return names[s];
}

int64_t box_meter_wh(const struct box *b)
{
    return pilot(b)->delivered_uj / UJ_PER_WH;
}

int32_t box_tx_id(const struct box *b)
{
    return b->tx.active ? b->tx_id[b->tx.seq % TX_MEMORY] : 0;
}

void box_count(struct box *b, const char *action, bool in, int64_t mono_ns)
{
    size_t i = 0;
    while (i < b->n_counters && strcmp(b->counter[i].action, action) != 0)
        i++;
    if (i == BOX_COUNTERS)
        return;
    struct box_counter *c = &b->counter[i];
    if (i == b->n_counters) {
        snprintf(c->action, sizeof c->action, "%s", action);
        b->n_counters++;
    }
    *(in ? &c->in : &c->out) += 1;
    *(in ? &c->last_in_ns : &c->last_out_ns) = mono_ns;
}

struct profile_site box_site(const struct box *b)
{
    return (struct profile_site){b->charger_config->max_ma, b->plant->config.voltage_mv, PHASES,
                                 b->tx.active ? b->tx.start_wall_ms : 0};
}

void box_apply(struct box *b)
{
    struct charger *c = pilot(b);
    struct profile_site site = box_site(b);
    struct profile_limit limit = profiles_effective(&b->profiles, clock_wall_ms(), &site);
    int32_t ma = b->tx.active && b->reboot_due_ms == 0 ? limit.ma : 0;
    int32_t phases = b->config.phase_switch && limit.phases == 1 ? 1 : PHASES;
    int32_t offered = c->offered_ma;
    c->commanded_ma = ma;
    if (b->fault.kind != FAULT_IGNORE || !b->tx.active)
        offered = ma;
    if (c->offered_ma == offered && c->offered_phases == phases)
        return;
    c->offered_ma = offered;
    c->offered_phases = phases;
    b->changed(b->owner);
}

static enum box_status status_now(const struct box *b)
{
    const struct charger *c = pilot(b);
    if (b->tx.active) {
        if (c->offered_ma < MIN_OFFER_MA)
            return STATUS_SUSPENDED_EVSE;
        return c->drawn_ua > 0 ? STATUS_CHARGING : STATUS_SUSPENDED_EV;
    }
    if (!b->operative)
        return STATUS_UNAVAILABLE;
    if (!c->plugged)
        return STATUS_AVAILABLE;
    return b->finished ? STATUS_FINISHING : STATUS_PREPARING;
}

void box_start_tx(struct box *b, const char *tag)
{
    if (b->tx.active || !pilot(b)->plugged || !b->operative)
        return;
    b->tx.active = true;
    b->tx.seq++;
    b->tx_id[b->tx.seq % TX_MEMORY] = 0;
    b->tx.start_wall_ms = clock_wall_ms();
    b->tx.meter_start_wh = box_meter_wh(b);
    snprintf(b->tx.tag, sizeof b->tx.tag, "%s", tag);
    b->finished = false;
    b->remote_tag[0] = 0;
    b->auth_due_ms = 0;
    b->sample_due_ms = clock_mono_ms();
    calls_start(b);
    box_apply(b);
}

void box_stop_tx(struct box *b, const char *reason)
{
    if (!b->tx.active)
        return;
    plant_open_contactor(pilot(b)); /* nothing flows that no transaction counts */
    calls_stop(b, reason);
    b->tx.active = false;
    b->finished = pilot(b)->plugged;
    if (!b->operative_next)
        b->operative = false;
    profiles_clear(&b->profiles, -1, -1, PURPOSE_TX, -1);
    box_apply(b);
}

void box_authorized(struct box *b, const char *tag)
{
    box_start_tx(b, tag);
}

static void authorize(struct box *b, const char *tag)
{
    b->auth_due_ms = 0;
    snprintf(b->auth_tag, sizeof b->auth_tag, "%s", tag);
    if (b->link.up)
        calls_authorize(b, b->auth_tag);
    else /* offline: the car shall not wait */
        box_authorized(b, b->auth_tag);
}

void box_plug(struct box *b, bool plugged)
{
    if (pilot(b)->plugged == plugged)
        return;
    if (!plugged)
        box_stop_tx(b, "EVDisconnected");
    plant_plug(pilot(b), &b->charger_config->car, plugged);
    b->finished = false;
    b->auth_due_ms = plugged && b->config.tag[0] ? clock_mono_ms() + PLUG_TO_AUTH_MS : 0;
    if (plugged && b->remote_tag[0])
        box_start_tx(b, b->remote_tag);
    b->changed(b->owner);
}

void box_rfid(struct box *b, const char *tag)
{
    if (b->tx.active && strcasecmp(b->tx.tag, tag) == 0)
        box_stop_tx(b, "Local");
    else if (!b->tx.active)
        authorize(b, tag);
}

void box_reboot(struct box *b, const char *reason)
{
    box_stop_tx(b, reason);
    profiles_clear(&b->profiles, -1, -1, PURPOSE_TX, -1);
    b->reset_due_ms = 0;
    b->booted = false;
    b->finished = false;
    b->remote_tag[0] = 0;
    b->reboot_due_ms = clock_mono_ms() + b->config.reboot_ms;
    ocpp_link_want(&b->link, false);
    box_apply(b);
}

static void boot_finished(struct box *b)
{
    b->reboot_due_ms = 0;
    if (b->link.context && b->fault.kind != FAULT_OFFLINE)
        ocpp_link_want(&b->link, true);
    if (pilot(b)->plugged && b->config.tag[0]) /* plug and charge begins anew */
        b->auth_due_ms = clock_mono_ms() + PLUG_TO_AUTH_MS + 1000;
}

void box_set_fault(struct box *b, struct fault fault)
{
    if (fault.kind == FAULT_RESET) {
        box_reboot(b, "PowerLoss");
        return;
    }
    b->fault = fault;
    if (b->link.context && b->reboot_due_ms == 0 && b->link.wanted != (fault.kind != FAULT_OFFLINE))
        ocpp_link_want(&b->link, fault.kind != FAULT_OFFLINE);
    box_apply(b);
}

static void on_open(void *owner)
{
    struct box *b = owner;
    b->reported = false;
    if (b->config.boot_on_reconnect)
        b->booted = false;
    b->boot_due_ms = 0;
    if (!b->booted)
        calls_boot(b);
}

static void on_closed(void *owner)
{
    calls_disconnected(owner);
}

static void answer(struct box *b, json_object *frame, int64_t mono_ns)
{
    const char *id = json_object_get_string(json_object_array_get_idx(frame, 1));
    const char *action = json_object_get_string(json_object_array_get_idx(frame, 2));
    json_object *out = json_object_new_array(), *reply = json_object_new_object();
    box_count(b, action ? action : "?", true, mono_ns);
    b->answering = true;
    const char *error = request_handle(b, action ? action : "", json_object_array_get_idx(frame, 3),
                                       reply, mono_ns);
    json_object_array_add(out, json_object_new_int(error ? 4 : 3));
    json_object_array_add(out, json_object_new_string(id ? id : ""));
    if (error) {
        json_object_array_add(out, json_object_new_string(error));
        json_object_array_add(out, json_object_new_string(""));
    }
    json_object_array_add(out, reply);
    size_t len;
    const char *text = json_object_to_json_string_length(out, JSON_C_TO_STRING_PLAIN, &len);
    ocpp_link_send(&b->link, text, len);
    json_object_put(out);
    b->answering = false;
    calls_pump(b);
}

static void on_text(void *owner, const char *text, size_t len, int64_t mono_ns)
{
    struct box *b = owner;
    if (b->fault.kind == FAULT_MUTE)
        return;
    struct json_tokener *tok = json_tokener_new_ex(16);
    json_object *frame = tok ? json_tokener_parse_ex(tok, text, (int)len + 1) : NULL;
    json_tokener_free(tok);
    if (json_object_is_type(frame, json_type_array) && json_object_array_length(frame) >= 3) {
        int type = json_object_get_int(json_object_array_get_idx(frame, 0));
        const char *id = json_object_get_string(json_object_array_get_idx(frame, 1));
        if (type == 2)
            answer(b, frame, mono_ns);
        else if (type == 3)
            calls_result(b, id ? id : "", json_object_array_get_idx(frame, 2));
        else if (type == 4)
            calls_result(b, id ? id : "", NULL);
    } else {
        box_count(b, "malformed", true, mono_ns);
    }
    json_object_put(frame);
}

void box_init(struct box *b, uv_loop_t *loop)
{
    b->operative = b->operative_next = true;
    keys_init(b);
    b->link.id = b->config.id;
    b->link.password = b->config.password;
    b->link.ops = (struct link_ops){on_open, on_text, on_closed};
    b->link.owner = b;
    ocpp_link_init(&b->link, loop);
    if (b->link.context)
        ocpp_link_want(&b->link, true);
}

static bool sample_changed(const struct box *b)
{
    for (int32_t k = 0; k < PHASES; k++)
        if (abs(plant_charger_ma(b->plant, b->index, k) - b->sampled_ma[k]) >= CHANGE_MA)
            return true;
    return false;
}

static void tick_samples(struct box *b, int64_t now_ms)
{
    int32_t every_s = key_number(b, "MeterValueSampleInterval", 0);
    if (!b->tx.active || every_s <= 0)
        return;
    bool due = now_ms >= b->sample_due_ms;
    if (!due && !(sample_changed(b) && now_ms - b->last_sample_ms >= MIN_SAMPLE_GAP_MS))
        return;
    b->last_sample_ms = now_ms;
    b->sample_due_ms = now_ms + INT64_C(1000) * every_s;
    for (int32_t k = 0; k < PHASES; k++)
        b->sampled_ma[k] = plant_charger_ma(b->plant, b->index, k);
    if (b->link.up && b->booted)
        calls_meter(b, "Sample.Periodic");
}

static void tick_online(struct box *b, int64_t now_ms)
{
    if (b->boot_due_ms && now_ms >= b->boot_due_ms) {
        b->boot_due_ms = 0;
        calls_boot(b);
    }
    if (!b->booted)
        return;
    enum box_status status = status_now(b);
    if (!b->reported)
        calls_status(b, 0);
    if (!b->reported || status != b->status) {
        b->status = status;
        calls_status(b, 1);
    }
    b->reported = true;
    if (b->heartbeat_due_ms && now_ms >= b->heartbeat_due_ms)
        calls_heartbeat(b);
}

void box_tick(struct box *b)
{
    int64_t now_ms = clock_mono_ms();
    if (b->reset_due_ms && now_ms >= b->reset_due_ms)
        box_reboot(b, b->reset_reason);
    if (b->reboot_due_ms && now_ms >= b->reboot_due_ms && !b->link.wsi)
        boot_finished(b);
    if (b->auth_due_ms && now_ms >= b->auth_due_ms && b->reboot_due_ms == 0)
        authorize(b, b->config.tag);
    if (b->remote_tag[0] && now_ms >= b->remote_until_ms)
        b->remote_tag[0] = 0;
    if (!b->tx.active)
        b->operative = b->operative_next;
    box_apply(b); /* schedules move on by themselves */
    if (b->link.up)
        tick_online(b, now_ms);
    else
        b->status = status_now(b);
    tick_samples(b, now_ms);
    calls_timeout(b);
    calls_pump(b);
}
