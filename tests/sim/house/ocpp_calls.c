/* SPDX-License-Identifier: Apache-2.0
 * The outgoing queue of a box: one CALL in flight, first come first served. What belongs to a
 * transaction (Start, Stop) is kept until the other side took it. */
#include <string.h>

#include "tests/sim/house/clock.h"
#include "tests/sim/house/ocpp_box.h"
#include "tests/sim/house/ocpp_time.h"

enum { CALL_TIMEOUT_MS = 30000, MAX_TRIES = 5, BOOT_RETRY_MS = 10000 };

static void put_time(json_object *o, const char *key)
{
    char text[ISO_TIME_SIZE];
    ocpp_time_format(clock_wall_ms(), text);
    json_put_text(o, key, text);
}

static bool queued(const struct box *b, enum call_kind kind)
{
    for (const struct call *c = b->head; c; c = c->next)
        if (c->kind == kind)
            return true;
    return false;
}

static void enqueue(struct box *b, enum call_kind kind, const char *action, json_object *payload,
                    uint32_t tx_seq)
{
    struct call *head = b->head;
    bool twice = kind == CALL_BOOT && queued(b, CALL_BOOT);
    struct call *c = twice ? NULL : calloc(1, sizeof *c);
    if (!c) {
        json_object_put(payload);
        return;
    }
    c->kind = kind;
    c->action = action;
    c->payload = payload;
    c->tx_seq = tx_seq;
    if (kind == CALL_BOOT && head) { /* before all but the one in flight */
        struct call **at = head->sent_ms ? &head->next : &b->head;
        c->next = *at;
        *at = c;
        if (!c->next)
            b->tail = c;
    } else {
        if (b->tail)
            b->tail->next = c;
        else
            b->head = c;
        b->tail = c;
    }
    calls_pump(b);
}

static void remove_call(struct box *b, struct call *gone)
{
    struct call **at = &b->head, *last = NULL;
    while (*at) {
        struct call *c = *at;
        if (c == gone) {
            *at = c->next;
            json_object_put(c->payload);
            free(c);
        } else {
            last = c;
            at = &c->next;
        }
    }
    b->tail = last;
}

static bool kept(const struct call *c)
{
    return c->kind == CALL_START || c->kind == CALL_STOP;
}

/* The id is known only once the Start before it has been answered. False: leave it out. */
static bool fill_tx_id(struct box *b, struct call *c)
{
    if (c->kind != CALL_STOP && c->kind != CALL_METER)
        return true;
    int32_t id = c->tx_seq ? b->tx_id[c->tx_seq % TX_MEMORY] : 0;
    if (id == 0)
        return c->kind == CALL_METER;
    json_object_object_del(c->payload, "transactionId");
    json_put_int(c->payload, "transactionId", id);
    return true;
}

void calls_pump(struct box *b)
{
    struct call *c = b->head;
    if (!b->link.up || b->answering || !c || c->sent_ms || (!b->booted && c->kind != CALL_BOOT))
        return;
    if (!fill_tx_id(b, c)) {
        remove_call(b, c);
        calls_pump(b);
        return;
    }
    snprintf(c->id, sizeof c->id, "c%u", ++b->next_call); /* a repeated CALL is a new one */
    json_object *frame = json_object_new_array();
    json_object_array_add(frame, json_object_new_int(2));
    json_object_array_add(frame, json_object_new_string(c->id));
    json_object_array_add(frame, json_object_new_string(c->action));
    json_object_array_add(frame, json_object_get(c->payload));
    size_t len;
    const char *text = json_object_to_json_string_length(frame, JSON_C_TO_STRING_PLAIN, &len);
    ocpp_link_send(&b->link, text, len);
    json_object_put(frame);
    c->sent_ms = clock_mono_ms();
    c->tries++;
    box_count(b, c->action, false, clock_mono_ns());
}

/* No answer will come for c. */
static void failed(struct box *b, struct call *c)
{
    c->sent_ms = 0;
    if (kept(c) && c->tries < MAX_TRIES)
        return;
    enum call_kind kind = c->kind;
    remove_call(b, c);
    if (kind == CALL_BOOT && b->link.up)
        b->boot_due_ms = clock_mono_ms() + BOOT_RETRY_MS;
    if (kind == CALL_AUTHORIZE) /* as when offline */
        box_authorized(b, b->auth_tag);
}

void calls_timeout(struct box *b)
{
    struct call *c = b->head;
    if (c && c->sent_ms && clock_mono_ms() - c->sent_ms > CALL_TIMEOUT_MS)
        failed(b, c);
}

void calls_disconnected(struct box *b)
{
    for (struct call *c = b->head, *next; c; c = next) {
        next = c->next;
        if (kept(c)) {
            c->sent_ms = 0;
            c->tries = 0;
            continue;
        }
        bool authorize = c->kind == CALL_AUTHORIZE;
        remove_call(b, c);
        if (authorize && b->reboot_due_ms == 0)
            box_authorized(b, b->auth_tag);
    }
}

static bool accepted(json_object *result)
{
    json_object *info = NULL;
    json_object_object_get_ex(result, "idTagInfo", &info);
    return strcmp(json_text(info, "status", "Accepted"), "Accepted") == 0;
}

static void on_boot(struct box *b, json_object *result)
{
    int64_t interval_s = json_int(result, "interval", 0), now_ms = clock_mono_ms();
    if (interval_s <= 0 || interval_s > 86400) /* ours to choose */
        interval_s = 60;
    int64_t interval_ms = 1000 * interval_s;
    b->booted = strcmp(json_text(result, "status", ""), "Accepted") == 0;
    if (!b->booted) {
        b->boot_due_ms = now_ms + interval_ms;
        return;
    }
    char text[16];
    snprintf(text, sizeof text, "%d", (int)interval_s);
    key_change(b, "HeartbeatInterval", text);
    b->heartbeat_due_ms = now_ms + interval_ms;
}

static void on_start(struct box *b, uint32_t seq, json_object *result)
{
    int32_t id = (int32_t)json_int(result, "transactionId", 0);
    b->tx_id[seq % TX_MEMORY] = id;
    if (b->tx.active && b->tx.seq == seq && !accepted(result))
        box_stop_tx(b, "DeAuthorized");
}

void calls_result(struct box *b, const char *id, json_object *result)
{
    struct call *c = b->head;
    if (!c || !c->sent_ms || strcmp(c->id, id) != 0)
        return; /* too late, or not ours */
    if (!result) {
        c->tries = kept(c) ? c->tries : MAX_TRIES;
        failed(b, c);
        return; /* a kept call goes out again at the next tick */
    }
    enum call_kind kind = c->kind;
    uint32_t seq = c->tx_seq;
    remove_call(b, c);
    switch (kind) {
    case CALL_BOOT: on_boot(b, result); break;
    case CALL_START: on_start(b, seq, result); break;
    case CALL_AUTHORIZE:
        if (accepted(result))
            box_authorized(b, b->auth_tag);
        break;
    default: break;
    }
    calls_pump(b);
}

void calls_boot(struct box *b)
{
    json_object *o = json_object_new_object();
    json_put_text(o, "chargePointVendor", "Simulated");
    json_put_text(o, "chargePointModel", "House");
    json_put_text(o, "chargePointSerialNumber", b->config.id);
    json_put_text(o, "firmwareVersion", WATTBUS_VERSION);
    enqueue(b, CALL_BOOT, "BootNotification", o, 0);
}

void calls_heartbeat(struct box *b)
{
    int64_t every_ms = INT64_C(1000) * key_number(b, "HeartbeatInterval", 60);
    b->heartbeat_due_ms = every_ms > 0 ? clock_mono_ms() + every_ms : 0;
    enqueue(b, CALL_OTHER, "Heartbeat", json_object_new_object(), 0);
}

void calls_status(struct box *b, int connector)
{
    json_object *o = json_object_new_object();
    json_put_int(o, "connectorId", connector);
    json_put_text(o, "errorCode", "NoError");
    json_put_text(o, "status",
                  connector      ? box_status_name(b->status)
                  : b->operative ? "Available"
                                 : "Unavailable");
    put_time(o, "timestamp");
    enqueue(b, CALL_OTHER, "StatusNotification", o, 0);
}

void calls_authorize(struct box *b, const char *tag)
{
    json_object *o = json_object_new_object();
    json_put_text(o, "idTag", tag);
    enqueue(b, CALL_AUTHORIZE, "Authorize", o, 0);
}

void calls_start(struct box *b)
{
    json_object *o = json_object_new_object();
    json_put_int(o, "connectorId", 1);
    json_put_text(o, "idTag", b->tx.tag);
    json_put_int(o, "meterStart", b->tx.meter_start_wh);
    put_time(o, "timestamp");
    enqueue(b, CALL_START, "StartTransaction", o, b->tx.seq);
}

void calls_stop(struct box *b, const char *reason)
{
    json_object *o = json_object_new_object();
    json_put_int(o, "meterStop", box_meter_wh(b));
    put_time(o, "timestamp");
    json_put_text(o, "idTag", b->tx.tag);
    json_put_text(o, "reason", reason);
    enqueue(b, CALL_STOP, "StopTransaction", o, b->tx.seq);
}

static void add_sample(const struct box *b, json_object *list, const char *measurand,
                       const char *phase, const char *unit, const char *context, int64_t milli)
{
    char text[32];
    const char *wanted = key_get(b, "MeterValuesSampledData");
    if (!wanted || !strstr(wanted, measurand))
        return;
    snprintf(text, sizeof text, "%lld.%03d", (long long)(milli / 1000), (int)(milli % 1000));
    json_object *o = json_object_new_object();
    json_put_text(o, "value", text);
    json_put_text(o, "context", context);
    json_put_text(o, "measurand", measurand);
    if (phase)
        json_put_text(o, "phase", phase);
    json_put_text(o, "unit", unit);
    json_object_array_add(list, o);
}

void calls_meter(struct box *b, const char *context)
{
    static const char *const line[PHASES] = {"L1", "L2", "L3"};
    static const char *const neutral[PHASES] = {"L1-N", "L2-N", "L3-N"};
    const struct plant *p = b->plant;
    json_object *o = json_object_new_object(), *values = json_object_new_array();
    json_object *value = json_object_new_object(), *samples = json_object_new_array();
    for (int32_t k = 0; k < PHASES; k++)
        add_sample(b, samples, "Current.Import", line[k], "A", context,
                   plant_charger_ma(p, b->index, k));
    add_sample(b, samples, "Power.Active.Import", NULL, "W", context,
               plant_charger_mw(p, b->index));
    add_sample(b, samples, "Energy.Active.Import.Register", NULL, "Wh", context,
               b->plant->charger[b->index].delivered_uj / (UJ_PER_WH / 1000));
    for (int32_t k = 0; k < PHASES; k++)
        add_sample(b, samples, "Voltage", neutral[k], "V", context, p->config.voltage_mv);
    put_time(value, "timestamp");
    json_object_object_add(value, "sampledValue", samples);
    json_object_array_add(values, value);
    json_put_int(o, "connectorId", 1);
    json_object_object_add(o, "meterValue", values);
    enqueue(b, CALL_METER, "MeterValues", o, b->tx.active ? b->tx.seq : 0);
}
