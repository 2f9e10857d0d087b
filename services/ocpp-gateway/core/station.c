/* SPDX-License-Identifier: Apache-2.0 */
#include "services/ocpp-gateway/core/station.h"
#include "services/ocpp-gateway/core/setup.h"

enum {
    ANSWER_MS = 30000,
    FIRST_ANSWER_MS = 5000,
    QUIET_START_MS = 300, /* a box that boots says so first */
    REMOTE_START_MS = 60000,
    LIMIT_PROFILES = 2, /* ids per connector */
};

void station_connected(struct station *s, struct mono now)
{
    s->online = true;
    s->heard = false;
    s->boot_triggered = false;
    s->asked = false;
    s->connected = now;
    s->out.busy = false;
    for (int i = 0; i < s->n; i++)
        connector_connected(&s->c[i], now);
}

static void fail_request(struct station *s, const struct station_request *r, enum result result,
                         const char *text, struct wall now)
{
    connector_result(&s->c[r->connector], r->id, r->action, result, text, now);
}

void station_disconnected(struct station *s, struct now now)
{
    if (s->out.busy)
        station_answered(s, OUTCOME_LOST, "the connection was lost", now);
    for (int i = 0; i < s->queue_n; i++)
        fail_request(s, &s->queue[i], RESULT_FAILED, "the connection was lost", now.wall);
    s->queue_n = 0;
    s->online = false;
    for (int i = 0; i < s->n; i++)
        connector_disconnected(&s->c[i]);
}

void station_heard(struct station *s, bool booted, struct mono now)
{
    s->heard = true;
    if (!booted)
        return;
    setup_restart(s);
    for (int i = 0; i < s->n; i++) {
        limit_connected(&s->c[i].limit, s->connected);
        s->c[i].changed = true;
    }
    UNUSED(now);
}

static bool next_limit(struct station *s, struct mono now, struct outstanding *next)
{
    for (int i = 0; i < s->n; i++) {
        struct connector *c = &s->c[i];
        struct limit_command cmd;
        if (!limit_next(&c->limit, &c->conf.limit, now, &cmd))
            continue;
        next->purpose = FOR_LIMIT;
        next->connector = i;
        next->call = (struct call){
            .action = ACTION_SET_CHARGING_PROFILE,
            .limit = cmd,
            .style = {.max_level = s->max_level,
                      .in_watts = s->in_watts,
                      .phases = c->conf.meter.phases,
                      .connector = c->conf.number,
                      .profile_id = s->profile_base + i * LIMIT_PROFILES + (int32_t)cmd.purpose},
        };
        return true;
    }
    return false;
}

static bool next_request(struct station *s, struct wall now, struct outstanding *next)
{
    while (s->queue_n > 0) {
        struct station_request r = s->queue[0];
        memmove(s->queue, s->queue + 1, sizeof s->queue - sizeof s->queue[0]);
        s->queue_n--;
        if (now.ms > r.expires.ms) {
            fail_request(s, &r, RESULT_EXPIRED, "it waited too long", now);
            continue;
        }
        next->purpose = FOR_REQUEST;
        next->connector = r.connector;
        next->call = r.call;
        str_copyz(next->request_id, sizeof next->request_id, r.id);
        str_copyz(next->request_action, sizeof next->request_action, r.action);
        return true;
    }
    return false;
}

/* Where the box waits for a card and the site says that none is needed. */
static bool next_remote_start(struct station *s, struct mono now, struct outstanding *next)
{
    for (int i = 0; i < s->n; i++) {
        struct connector *c = &s->c[i];
        if (!c->conf.remote_start || c->limit.running || strcmp(c->status.word, "Preparing") != 0 ||
            limit_phase(&c->limit, now) != LEASE_PHASE_LIVE || c->limit.last.current_ma == 0 ||
            !mono_reached(now, c->remote_start_at))
            continue;
        c->remote_start_at = mono_after(now, REMOTE_START_MS);
        next->purpose = FOR_REMOTE_START;
        next->connector = i;
        next->call = (struct call){.action = ACTION_REMOTE_START, .connector = c->conf.number};
        str_copyz(next->call.tag, sizeof next->call.tag, s->remote_tag);
        return true;
    }
    return false;
}

bool station_next(struct station *s, struct now now, struct outstanding *next)
{
    if (!s->online || s->out.busy)
        return false;
    if (!s->heard && mono_since_ms(now.mono, s->connected) < QUIET_START_MS)
        return false;
    *next = (struct outstanding){.connector = -1};
    /* the box's own rules for profiles come first, and a quiet box is cleared before it is limited
     */
    if (setup_first(s, next))
        return true;
    return next_limit(s, now.mono, next) || next_request(s, now.wall, next) ||
           next_remote_start(s, now.mono, next) || setup_later(s, now.mono, next);
}

void station_sent(struct station *s, const struct outstanding *next, struct mono now)
{
    s->out = *next;
    s->out.busy = true;
    /* limits wait for the first GetConfiguration, but not for ever */
    bool first = next->purpose == FOR_SETUP && next->call.action == ACTION_GET_CONFIGURATION;
    s->out.deadline = mono_after(now, first ? FIRST_ANSWER_MS : ANSWER_MS);
}

static bool is_yes(const char *status)
{
    static const char *const yes[] = {"Accepted", "RebootRequired", "Unlocked", "Scheduled", ""};
    for (size_t i = 0; i < COUNT_OF(yes); i++)
        if (strcmp(status, yes[i]) == 0)
            return true;
    return false;
}

static void request_answered(struct station *s, const struct outstanding *o, enum outcome how,
                             const char *text, struct wall now)
{
    enum result r = how == OUTCOME_LOST    ? RESULT_TIMEOUT
                    : how == OUTCOME_ERROR ? RESULT_FAILED
                    : is_yes(text)         ? RESULT_DONE
                                           : RESULT_REJECTED;
    if (o->call.action == ACTION_GET_CONFIGURATION && how == OUTCOME_RESULT)
        r = *text ? RESULT_DONE : RESULT_REJECTED;
    connector_result(&s->c[o->connector], o->request_id, o->request_action, r, text, now);
}

void station_answered(struct station *s, enum outcome o, const char *text, struct now now)
{
    struct outstanding out = s->out;
    bool yes = o == OUTCOME_RESULT && is_yes(text);
    assert(out.busy);
    s->out.busy = false;
    switch (out.purpose) {
    case FOR_LIMIT: {
        struct connector *c = &s->c[out.connector];
        enum limit_answer a = o == OUTCOME_LOST ? LIMIT_LOST : yes ? LIMIT_ACCEPTED : LIMIT_REFUSED;
        limit_answered(&c->limit, &out.call.limit, a, now);
        limit_settle(&c->limit, &c->conf.limit, now.mono);
        c->changed = true;
        break;
    }
    case FOR_REQUEST: request_answered(s, &out, o, text, now.wall); break;
    case FOR_REMOTE_START: break; /* accepted is not started: its StartTransaction tells */
    case FOR_SETUP: setup_answered(s, &out, o, yes); break;
    }
}

bool station_timeout(struct station *s, struct now now)
{
    if (!s->out.busy || !mono_reached(now.mono, s->out.deadline))
        return false;
    station_answered(s, OUTCOME_LOST, "no answer", now);
    return true;
}
