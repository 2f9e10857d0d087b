/* SPDX-License-Identifier: Apache-2.0
 * Calls of ours: out when the way is free, and what their answers say. */
#include "services/ocpp-gateway/core/text.h"
#include "services/ocpp-gateway/io/gateway.h"
#include "services/ocpp-gateway/wire/validate.h"

enum { TEXT_MAX = 160 };

static bool send_next(struct peer *p, struct now now)
{
    struct outstanding next;
    char text[CALL_TEXT_MAX];
    struct buf b = buf_of(text, sizeof text), id = {0};
    if (!p->conn || !station_next(p->station, now, &next))
        return false;
    id = buf_of(next.id, sizeof next.id);
    buf_addi(&id, ++p->g->calls);
    call_encode(&next.call, next.id, now.wall, &b);
    assert(!b.cut);
    station_sent(p->station, &next, now.mono);
    if (ws_send(p->conn, (struct str){b.p, b.len}) != ERR_OK)
        log_warn("event=send_failed identity=\"%s\"", p->identity);
    else
        log_debug("event=call identity=\"%s\" text=%s", p->identity, text);
    return true;
}

void outgoing_pump(struct peer *p, struct now now)
{
    if (station_timeout(p->station, now)) {
        svc_count(p->g->svc, "timeouts", 1);
        log_warn("event=timeout identity=\"%s\" action=%s", p->identity,
                 action_rules(p->station->out.call.action).name);
    }
    send_next(p, now);
    publish_changes(p->g, p->station, now);
}

/* Hands over the keys; returns a text for people in the case of a request. */
static void take_configuration(struct station *s, json_object *payload, struct buf *text)
{
    json_object *list;
    size_t n = field_items(payload, "configurationKey", &list);
    for (size_t i = 0; i < n; i++) {
        json_object *o = json_object_array_get_idx(list, i);
        struct str key = field_text(o, "key"), value = field_text(o, "value");
        station_key(s, key, value, field_bool(o, "readonly"));
        if (str_eq_nocase(key, str_of("AuthorizationKey")))
            value = str_of("(secret)");
        if (i > 0)
            buf_addz(text, "; ");
        buf_add(text, key);
        buf_addz(text, "=");
        buf_add(text, value);
    }
}

void outgoing_answer(struct peer *p, const struct frame *f, struct now now)
{
    struct station *s = p->station;
    struct complaint why;
    char text[TEXT_MAX] = "";
    struct buf b = buf_of(text, sizeof text);
    if (!s->out.busy || !frame_answers(f, s->out.id)) {
        log_debug("event=late_answer identity=\"%s\" id=%s", p->identity, f->id);
        return;
    }
    const char *action = action_rules(s->out.call.action).name;
    enum outcome o = OUTCOME_RESULT;
    if (f->type == FRAME_ERROR) {
        o = OUTCOME_ERROR;
        buf_addz(&b, f->text);
    } else if (payload_check(f->payload, action_rules(s->out.call.action).fields, &why) != ERR_OK) {
        o = OUTCOME_ERROR; /* an answer cannot be answered: the call has failed */
        buf_addz(&b, why.text);
    } else if (s->out.call.action == ACTION_GET_CONFIGURATION) {
        take_configuration(s, f->payload, &b);
    } else {
        buf_add(&b, field_text(f->payload, "status"));
    }
    text_mend(text);
    if (o != OUTCOME_RESULT || strcmp(text, "Rejected") == 0)
        log_warn("event=not_taken identity=\"%s\" action=%s answer=\"%s\"", p->identity, action,
                 text);
    station_answered(s, o, text, now);
}
