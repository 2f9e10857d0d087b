/* SPDX-License-Identifier: Apache-2.0
 * Requests of people, as calls to the box. */
#include "services/ocpp-gateway/core/station.h"

enum { TAG_MAX = 20 };

/* The words of a request and what OCPP calls them. */
static const struct {
    const char *action;
    enum action call;
    const char *key; /* default of the request's key; NULL: none is used; "": it must be there */
    bool connector;  /* it is about the connector, not the station */
} requests[] = {
    {"unlock", ACTION_UNLOCK_CONNECTOR, NULL, true},
    {"reset", ACTION_RESET, "Soft", false},
    {"start", ACTION_REMOTE_START, NULL, true},
    {"stop", ACTION_REMOTE_STOP, NULL, false},
    {"trigger", ACTION_TRIGGER_MESSAGE, "StatusNotification", true},
    {"get_configuration", ACTION_GET_CONFIGURATION, "", false},
    {"change_configuration", ACTION_CHANGE_CONFIGURATION, "", false},
    {"availability", ACTION_CHANGE_AVAILABILITY, "", true},
};
/* Keys that people write in lower case. */
static const struct {
    const char *said, *meant;
} words[] = {
    {"hard", "Hard"}, {"soft", "Soft"}, {"operative", "Operative"}, {"inoperative", "Inoperative"}};

static int row_of(const char *action)
{
    for (size_t i = 0; i < COUNT_OF(requests); i++)
        if (strcmp(requests[i].action, action) == 0)
            return (int)i;
    return -1;
}

bool station_knows_action(const char *action)
{
    return row_of(action) >= 0;
}

static enum err fill_key(struct call *call, const char *dflt, const struct request *r,
                         struct err_text *why)
{
    const char *key = r->key[0] ? r->key : dflt;
    if (!key[0])
        return err_set(why, ERR_MISSING, "%s needs a key", r->action);
    str_copyz(call->key, sizeof call->key, key);
    str_copyz(call->value, sizeof call->value, r->value);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(words[i].said, key) == 0)
            str_copyz(call->key, sizeof call->key, words[i].meant);
    bool allowed =
        call->action == ACTION_RESET
            ? strcmp(call->key, "Hard") == 0 || strcmp(call->key, "Soft") == 0
        : call->action == ACTION_CHANGE_AVAILABILITY
            ? strcmp(call->key, "Operative") == 0 || strcmp(call->key, "Inoperative") == 0
            : true;
    return allowed ? ERR_OK : err_set(why, ERR_RANGE, "%s does not know \"%s\"", r->action, key);
}

enum err station_request(struct station *s, int connector, const struct request *r,
                         struct err_text *why)
{
    int row = row_of(r->action);
    struct connector *c = &s->c[connector];
    if (row < 0)
        return err_set(why, ERR_UNKNOWN, "unknown action \"%s\"", r->action);
    if (!s->online)
        return err_set(why, ERR_STATE, "the charge point is not connected");
    if (s->queue_n == STATION_QUEUE)
        return err_set(why, ERR_FULL, "too many requests at once");
    struct station_request *q = &s->queue[s->queue_n];
    *q = (struct station_request){.connector = connector, .expires = {r->expires}};
    q->call.action = requests[row].call;
    q->call.connector = requests[row].connector ? c->conf.number : 0;
    str_copyz(q->id, sizeof q->id, r->id);
    str_copyz(q->action, sizeof q->action, r->action);
    if (requests[row].key) {
        enum err e = fill_key(&q->call, requests[row].key, r, why);
        if (e != ERR_OK)
            return e;
    }
    if (q->call.action == ACTION_REMOTE_START) {
        const char *tag = r->tag[0] ? r->tag : s->remote_tag;
        if (strlen(tag) > TAG_MAX)
            return err_set(why, ERR_RANGE, "a tag has at most %d characters", TAG_MAX);
        str_copyz(q->call.tag, sizeof q->call.tag, tag);
    }
    if (q->call.action == ACTION_REMOTE_STOP) {
        if (!c->limit.running)
            return err_set(why, ERR_MISSING, "no transaction runs");
        q->call.transaction = c->limit.transaction;
    }
    s->queue_n++;
    return ERR_OK;
}
