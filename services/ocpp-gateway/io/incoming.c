/* SPDX-License-Identifier: Apache-2.0
 * What the box calls us for, one function per action. */
#include "services/ocpp-gateway/core/iso_time.h"
#include "services/ocpp-gateway/core/text.h"
#include "services/ocpp-gateway/io/gateway.h"
#include "services/ocpp-gateway/wire/validate.h"

enum { PENDING_S = 60, CONNECTORS_MAX = 64, SHOWN_BEFORE_MS = 300000 };

struct incoming {
    struct peer *p;
    struct station *s; /* NULL: a guest */
    json_object *in;
    struct now now;
    struct buf *out;
};

static struct connector *connector_at(const struct incoming *m, const char *field)
{
    struct opt_i64 number = field_int(m->in, field);
    for (int i = 0; i < m->s->n && number.set; i++)
        if (m->s->c[i].conf.number == number.v)
            return &m->s->c[i];
    return NULL;
}

static void session_changed(const struct incoming *m, struct connector *c, struct session_rec *r)
{
    journal_session(m->p->g, c, r);
    connector_session_changed(c);
    publish_session(m->p->g, c, r, m->now);
}

/* ---- the box itself ---- */

static bool add_boot(const struct incoming *m, const char *status, int64_t interval_s)
{
    buf_addf(m->out, "{\"status\":\"%s\",\"currentTime\":\"", status);
    iso_time_add(m->out, m->now.wall);
    buf_addf(m->out, "\",\"interval\":%d}", (int)interval_s);
    return true;
}

static bool on_boot(const struct incoming *m)
{
    if (!m->s)
        return add_boot(m, "Pending", PENDING_S);
    struct box_identity box = {0};
    struct str serial = field_text(m->in, "chargePointSerialNumber");
    if (serial.len == 0)
        serial = field_text(m->in, "chargeBoxSerialNumber");
    text_copy(box.vendor, sizeof box.vendor, field_text(m->in, "chargePointVendor"));
    text_copy(box.model, sizeof box.model, field_text(m->in, "chargePointModel"));
    text_copy(box.serial, sizeof box.serial, serial);
    text_copy(box.firmware, sizeof box.firmware, field_text(m->in, "firmwareVersion"));
    if (memcmp(&box, &m->s->box, sizeof box) != 0) {
        struct journal_line j = {.kind = JOURNAL_BOOT, .box = box};
        m->s->box = box;
        str_copyz(j.charger, sizeof j.charger, m->s->c[0].conf.id);
        journal_write(m->p->g, &j);
        publish_info(m->p->g, m->s, m->now);
    }
    log_info("event=boot identity=\"%s\" vendor=\"%s\" model=\"%s\" firmware=\"%s\"",
             m->p->identity, box.vendor, box.model, box.firmware);
    return add_boot(m, "Accepted", m->p->g->svc->site->ocpp.heartbeat_ms / 1000);
}

static bool on_heartbeat(const struct incoming *m)
{
    buf_addz(m->out, "{\"currentTime\":\"");
    iso_time_add(m->out, m->now.wall);
    buf_addz(m->out, "\"}");
    return true;
}

static bool on_data_transfer(const struct incoming *m)
{
    buf_addz(m->out, "{\"status\":\"UnknownVendorId\"}");
    return true;
}

static bool on_noted(const struct incoming *m)
{
    struct str status = field_text(m->in, "status");
    log_info("event=box_status identity=\"%s\" status=%.*s", m->p->identity, STR_ARG(status));
    buf_addz(m->out, "{}");
    return true;
}

/* ---- cards ---- */

static struct card_info check_card(const struct incoming *m, struct str tag,
                                   const struct connector *at)
{
    struct card_place places[CONNECTORS_MAX];
    int n = 0;
    for (int i = 0; i < m->s->n && n < CONNECTORS_MAX; i++)
        if (!at || at == &m->s->c[i])
            places[n++] = (struct card_place){m->s->c[i].conf.id, m->s->c[i].conf.card_needed};
    return cards_check(&m->p->g->cards, tag, places, n, m->now.wall);
}

/* A user's cards are one group: another of them may end a transaction. */
static void add_tag_info(const struct incoming *m, const struct card_info *i)
{
    buf_addf(m->out, "\"idTagInfo\":{\"status\":\"%s\"", card_answer_text(i->answer));
    if (i->user && strlen(i->user) < ID_TAG_CAP)
        buf_addf(m->out, ",\"parentIdTag\":\"%s\"", i->user);
    if (i->expires_ms.set) {
        buf_addz(m->out, ",\"expiryDate\":\"");
        iso_time_add(m->out, (struct wall){i->expires_ms.v});
        buf_addz(m->out, "\"");
    }
    buf_addz(m->out, "}");
}

/* Where the card is held to the reader: Authorize names no connector. NULL: it can't be told, then
 * the transaction will. */
static struct connector *reader_of(const struct incoming *m)
{
    struct connector *waits = NULL, *first = NULL;
    int waiting = 0, free_n = 0;
    for (int i = 0; i < m->s->n; i++) {
        struct connector *c = &m->s->c[i];
        bool waits_here = strcmp(c->status.word, "Preparing") == 0;
        waiting += waits_here;
        waits = waits_here ? c : waits;
        free_n += connector_evse_state(c) == EVSE_STATE_A;
        first = !first && !c->conf.remote_start ? c : first;
    }
    if (m->s->n == 1)
        return &m->s->c[0];
    return waiting == 1 ? waits : free_n == m->s->n ? first : NULL;
}

static bool on_authorize(const struct incoming *m)
{
    struct str tag = field_text(m->in, "idTag");
    struct card_info info = check_card(m, tag, NULL);
    struct connector *c = reader_of(m);
    if (c)
        connector_card(c, tag, m->now.wall);
    log_info("event=authorize identity=\"%s\" status=%s", m->p->identity,
             card_answer_text(info.answer));
    buf_addz(m->out, "{");
    add_tag_info(m, &info);
    buf_addz(m->out, "}");
    return true;
}

/* A transaction by a card that was not asked for just before (the box knew it): it is shown now. */
static void shown_at_start(struct connector *c, const struct incoming *m, struct str tag)
{
    bool ours = str_eq_nocase(tag, str_of(m->s->remote_tag));
    bool asked =
        str_eq_nocase(tag, str_of(c->card)) && m->now.wall.ms - c->card_at_ms < SHOWN_BEFORE_MS;
    if (!ours && !asked && tag.len > 0)
        connector_card(c, tag, m->now.wall);
}

/* ---- connectors ---- */

static bool on_status(const struct incoming *m)
{
    struct status_message msg = {.status = field_text(m->in, "status"),
                                 .error = field_text(m->in, "errorCode"),
                                 .info = field_text(m->in, "info"),
                                 .vendor_error = field_text(m->in, "vendorErrorCode")};
    struct connector *c = connector_at(m, "connectorId");
    struct session_rec *ended;
    if (c) { /* connector 0 is the station; others are not in the site file */
        log_info("event=status charger=%s status=%.*s error=%.*s", c->conf.id, STR_ARG(msg.status),
                 STR_ARG(msg.error));
        if (connector_status(c, &msg, m->now.wall, &ended))
            session_changed(m, c, ended);
    }
    buf_addz(m->out, "{}");
    return true;
}

static void add_samples(json_object *value, struct meter_sum *sum)
{
    json_object *list;
    size_t n = field_items(value, "sampledValue", &list);
    for (size_t i = 0; i < n; i++) {
        json_object *o = json_object_array_get_idx(list, i);
        struct meter_sample s = {.value = field_text(o, "value"),
                                 .measurand = field_text(o, "measurand"),
                                 .phase = field_text(o, "phase"),
                                 .unit = field_text(o, "unit"),
                                 .format = field_text(o, "format"),
                                 .location = field_text(o, "location")};
        meter_add(sum, &s);
    }
}

static bool on_meter_values(const struct incoming *m)
{
    struct connector *c = connector_at(m, "connectorId");
    struct opt_i64 tx = field_int(m->in, "transactionId");
    json_object *list;
    size_t n = field_items(m->in, "meterValue", &list);
    for (size_t i = 0; c && i < n; i++) {
        json_object *value = json_object_array_get_idx(list, i);
        struct meter_sum sum = {0};
        struct session_rec *recovered;
        add_samples(value, &sum);
        connector_meter(c, &sum, tx.set ? sat_i32(tx.v) : 0,
                        iso_time_parse(field_text(value, "timestamp")).v, m->now.wall, &recovered);
        if (recovered)
            session_changed(m, c, recovered);
    }
    buf_addz(m->out, "{}");
    return true;
}

/* ---- transactions ---- */

static void add_start(const struct incoming *m, int32_t tx, const struct card_info *info)
{
    buf_addf(m->out, "{\"transactionId\":%d,", (int)tx);
    add_tag_info(m, info);
    buf_addz(m->out, "}");
}

static struct session_rec *start_session(const struct incoming *m, struct connector *c,
                                         const struct session_start *start)
{
    int32_t dropped = 0;
    struct session_rec *r = session_running(&c->sessions);
    if (r && session_presume_end(r, "Lost", SOME_I64(start->meter_start_wh), m->now.wall))
        session_changed(m, c, r);
    r = session_begin(&c->sessions, journal_new_tx(m->p->g), start, m->now.wall, &dropped);
    if (dropped > 0) {
        char leaf[12];
        struct buf b = buf_of(leaf, sizeof leaf);
        buf_addi(&b, dropped);
        bus_clear(m->p->g->svc->bus, MSG_CHARGER_SESSION, c->conf.id, leaf);
    }
    session_changed(m, c, r);
    log_info("event=started charger=%s transaction=%d meter_wh=%" PRId64, c->conf.id, (int)r->tx,
             start->meter_start_wh);
    return r;
}

static bool on_start(const struct incoming *m)
{
    struct connector *c = connector_at(m, "connectorId");
    struct session_start start = {.id_tag = field_text(m->in, "idTag"),
                                  .stamp_ms = iso_time_parse(field_text(m->in, "timestamp")).v,
                                  .meter_start_wh = field_int(m->in, "meterStart").v};
    struct card_info info = check_card(m, start.id_tag, c);
    if (!c) { /* it happened all the same, and the box wants an id; it is not ours to control */
        struct journal_line j = {.kind = JOURNAL_NEXT};
        int32_t tx = journal_new_tx(m->p->g);
        j.number = m->p->g->next_tx;
        journal_write(m->p->g, &j);
        log_warn("event=unknown_connector identity=\"%s\" transaction=%d", m->p->identity, (int)tx);
        info = (struct card_info){.answer = CARD_INVALID};
        add_start(m, tx, &info);
        return true;
    }
    struct session_rec *r = session_repeated(&c->sessions, &start);
    if (!r) {
        shown_at_start(c, m, start.id_tag);
        r = start_session(m, c, &start);
    }
    add_start(m, r->tx, &info);
    return true;
}

/* The session that a StopTransaction means. Boxes that were offline make up ids of their own: then
 * it is the only one that runs. */
static struct session_rec *stopped_session(const struct incoming *m, int64_t tx,
                                           struct connector **at)
{
    struct session_rec *only = NULL;
    int running = 0;
    for (int i = 0; i < m->s->n; i++) {
        struct connector *c = &m->s->c[i];
        struct session_rec *r =
            tx > 0 && tx <= INT32_MAX ? session_find(&c->sessions, (int32_t)tx) : NULL;
        if (r) {
            *at = c;
            return r;
        }
        r = session_running(&c->sessions);
        running += r != NULL;
        if (r && tx <= 0) {
            only = r;
            *at = c;
        }
    }
    return running == 1 ? only : NULL;
}

static bool on_stop(const struct incoming *m)
{
    struct connector *c = NULL;
    struct opt_i64 tx = field_int(m->in, "transactionId");
    struct session_stop stop = {.stamp_ms = iso_time_parse(field_text(m->in, "timestamp")).v,
                                .meter_stop_wh = field_int(m->in, "meterStop"),
                                .reason = field_text(m->in, "reason")};
    struct str tag = field_text(m->in, "idTag");
    struct session_rec *r = stopped_session(m, tx.v, &c);
    if (!r) /* accepted, or the box repeats it for ever and blocks its queue */
        log_warn("event=unknown_stop identity=\"%s\" transaction=%" PRId64, m->p->identity, tx.v);
    else if (session_end(r, &stop, m->now.wall)) {
        if (stop.meter_stop_wh.set && session_find(&c->sessions, r->tx) &&
            &c->sessions.rec[c->sessions.newest] == r)
            c->energy_wh = stop.meter_stop_wh;
        session_changed(m, c, r);
        log_info("event=stopped charger=%s transaction=%d meter_wh=%" PRId64, c->conf.id,
                 (int)r->tx, stop.meter_stop_wh.v);
    }
    struct card_info info = check_card(m, tag, c);
    buf_addz(m->out, "{");
    if (tag.len > 0)
        add_tag_info(m, &info);
    buf_addz(m->out, "}");
    return true;
}

/* ---- the table ---- */

static const struct {
    bool (*fn)(const struct incoming *);
    bool guests; /* also for charge points that nobody has accepted yet */
} handlers[ACTION_COUNT] = {
    [ACTION_AUTHORIZE] = {on_authorize, false},
    [ACTION_BOOT_NOTIFICATION] = {on_boot, true},
    [ACTION_DATA_TRANSFER] = {on_data_transfer, false},
    [ACTION_DIAGNOSTICS_STATUS] = {on_noted, false},
    [ACTION_FIRMWARE_STATUS] = {on_noted, false},
    [ACTION_HEARTBEAT] = {on_heartbeat, true},
    [ACTION_METER_VALUES] = {on_meter_values, false},
    [ACTION_START_TRANSACTION] = {on_start, false},
    [ACTION_STATUS_NOTIFICATION] = {on_status, false},
    [ACTION_STOP_TRANSACTION] = {on_stop, false},
};

bool incoming_call(struct peer *p, enum action a, json_object *payload, struct now now,
                   struct buf *reply, struct complaint *why)
{
    struct incoming m = {.p = p, .s = p->station, .in = payload, .now = now, .out = reply};
    if (!m.s && !handlers[a].guests) {
        why->code = CALL_ERROR_SECURITY;
        str_copyz(why->text, sizeof why->text, "this charge point is not accepted yet");
        return false;
    }
    return handlers[a].fn(&m);
}
