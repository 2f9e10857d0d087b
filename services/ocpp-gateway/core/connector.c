/* SPDX-License-Identifier: Apache-2.0 */
#include "services/ocpp-gateway/core/connector.h"
#include "services/ocpp-gateway/core/text.h"

static_assert((int)LEASE_PHASE_NONE == (int)LEASE_NONE &&
                  (int)LEASE_PHASE_LIVE == (int)LEASE_LIVE &&
                  (int)LEASE_PHASE_EXPIRED == (int)LEASE_EXPIRED,
              "lease.h and the contract count alike");

enum { PACE_MS = 2000 };

static const struct {
    const char *word;
    enum evse_state evse;
    bool quiet;
} statuses[] = {
    {"Available", EVSE_STATE_A, true},      {"Preparing", EVSE_STATE_B, true},
    {"Charging", EVSE_STATE_C, false},      {"SuspendedEV", EVSE_STATE_B, false},
    {"SuspendedEVSE", EVSE_STATE_B, false}, {"Finishing", EVSE_STATE_B, true},
    {"Reserved", EVSE_STATE_A, true},       {"Unavailable", EVSE_STATE_E, true},
    {"Faulted", EVSE_STATE_F, true},
};

static int status_row(const struct connector *c)
{
    for (size_t i = 0; i < COUNT_OF(statuses) && c->status.known; i++)
        if (strcmp(statuses[i].word, c->status.word) == 0)
            return (int)i;
    return -1;
}

enum evse_state connector_evse_state(const struct connector *c)
{
    int row = status_row(c);
    return row < 0 ? EVSE_STATE_UNSET : statuses[row].evse;
}

bool connector_quiet(const struct connector *c)
{
    int row = status_row(c);
    return !c->limit.running && row >= 0 && statuses[row].quiet;
}

static void forget_flows(struct connector *c)
{
    c->reading = (struct meter_reading){0};
    c->measured_ms = (struct opt_i64){0};
}

/* Nothing flows without a transaction; said so instead of leaving the last value standing. */
static void stop_flows(struct connector *c)
{
    struct meter_reading *r = &c->reading;
    if (r->power_w.set)
        r->power_w.v = 0;
    memset(r->power_phase_w.v, 0, sizeof r->power_phase_w.v);
    memset(r->current_phase_ma.v, 0, sizeof r->current_phase_ma.v);
    r->soc_pm.set = false;
}

void connector_connected(struct connector *c, struct mono now)
{
    c->status = (struct connector_status){0};
    c->triggered = false;
    c->remote_start_at = now;
    limit_connected(&c->limit, now);
    c->changed = true;
}

void connector_disconnected(struct connector *c)
{
    c->status = (struct connector_status){0};
    forget_flows(c);
    c->changed = true;
}

void connector_session_changed(struct connector *c)
{
    struct session_rec *r = session_running(&c->sessions);
    limit_transaction(&c->limit, r != NULL, r ? r->tx : 0);
    if (!r)
        stop_flows(c);
    c->changed = true;
}

bool connector_status(struct connector *c, const struct status_message *m, struct wall now,
                      struct session_rec **ended)
{
    struct connector_status *s = &c->status;
    char before[ERROR_CAP];
    str_copyz(before, sizeof before, s->error);
    s->known = true;
    c->changed = true;
    str_copy(s->word, sizeof s->word, m->status);
    bool fault = m->error.len > 0 && !str_eq_nocase(m->error, str_of("NoError"));
    text_copy(s->error, sizeof s->error, fault ? m->error : str_of(""));
    text_copy(s->detail, sizeof s->detail, m->vendor_error.len > 0 ? m->vendor_error : m->info);
    if (strcmp(before, s->error) != 0)
        s->error_since_ms = now.ms;
    struct session_rec *r = session_running(&c->sessions);
    if (!r || !str_eq_nocase(m->status, str_of("Available")))
        return false;
    /* the car is gone; the StopTransaction is lost or still in the box's queue */
    *ended = r;
    session_presume_end(r, "Lost", c->energy_wh, now);
    connector_session_changed(c);
    return true;
}

static struct session_rec *recover(struct connector *c, int32_t tx, struct wall now)
{
    int32_t dropped;
    int row = status_row(c);
    if (tx <= 0 || row < 0 || statuses[row].quiet || session_running(&c->sessions) ||
        session_find(&c->sessions, tx))
        return NULL;
    struct session_rec *r = session_begin(
        &c->sessions, tx, &(struct session_start){.id_tag = str_of("")}, now, &dropped);
    r->meter_start_wh = (struct opt_i64){0};
    connector_session_changed(c);
    return r;
}

/* Old stamps that go on as fast as the time does are a clock that is behind, not a queue. */
static bool paced(struct connector *c, int64_t stamp_ms, struct wall now)
{
    int64_t drift = (stamp_ms - c->last_stamp_ms) - (now.ms - c->last_stamp_at.ms);
    bool known = c->last_stamp_ms > 0;
    c->last_stamp_ms = stamp_ms;
    c->last_stamp_at = now;
    return known && drift > -PACE_MS && drift < PACE_MS;
}

void connector_meter(struct connector *c, const struct meter_sum *sum, int32_t tx, int64_t stamp_ms,
                     struct wall now, struct session_rec **recovered)
{
    struct meter_reading r;
    *recovered = recover(c, tx, now);
    meter_reading_of(sum, &c->conf.meter, &r);
    int64_t at = min_i64(plausible_ms(stamp_ms, now), now.ms);
    if (now.ms - at > c->conf.max_age_ms) {
        if (!paced(c, stamp_ms, now))
            return; /* a queue that is replayed must not move what is shown as now */
        at = now.ms;
    }
    if (r.energy_wh.set)
        c->energy_wh = r.energy_wh;
    struct session_rec *named = session_find(&c->sessions, tx);
    bool over = named && named->ended_ms.set; /* the closing values of a session */
    c->reading = r;
    c->measured_ms = SOME_I64(at);
    if (over)
        stop_flows(c);
    else if (!r.power_w.set && !c->limit.running)
        c->reading.power_w = SOME_I32(0); /* boxes that measure only in a transaction */
    c->changed = true;
}

void connector_card(struct connector *c, struct str tag, struct wall now)
{
    text_copy(c->card, sizeof c->card, tag);
    c->card_at_ms = max_i64(now.ms, c->card_at_ms + 1);
    c->changed = true;
}

/* ---- requests ---- */

bool connector_request_new(const struct connector *c, const char *id)
{
    for (int i = 0; i < REQUEST_IDS_KEPT; i++)
        if (strcmp(c->request_ids[i], id) == 0)
            return false;
    return true;
}

void connector_request_remember(struct connector *c, const char *id)
{
    str_copyz(c->request_ids[c->request_next], REQUEST_ID_CAP, id);
    c->request_next = (c->request_next + 1) % REQUEST_IDS_KEPT;
}

void connector_result(struct connector *c, const char *id, const char *action, enum result result,
                      const char *text, struct wall now)
{
    if (c->results_n == MAX_RESULTS) {
        memmove(c->results, c->results + 1, sizeof c->results - sizeof c->results[0]);
        c->results_n--;
    }
    struct request_result *r = &c->results[c->results_n++];
    *r = (struct request_result){.result = result, .ts = now.ms};
    str_copyz(r->id, sizeof r->id, id);
    str_copyz(r->action, sizeof r->action, action);
    text_copy(r->text, sizeof r->text, str_of(text));
    c->changed = true;
}
