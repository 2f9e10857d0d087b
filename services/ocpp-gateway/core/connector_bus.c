/* SPDX-License-Identifier: Apache-2.0
 * A connector as the bus sees it. */
#include "services/ocpp-gateway/core/connector.h"
#include "services/ocpp-gateway/core/text.h"

static void add_fault(struct charger_state *s, const char *code, enum fault_level level,
                      const struct connector *c, int64_t since, const char *text, const char *more)
{
    if (s->faults_n == MAX_FAULTS)
        return;
    struct fault *f = &s->faults[s->faults_n++];
    *f = (struct fault){.level = level, .since = {since, since > 0}};
    str_copyz(f->code, sizeof f->code, code);
    str_copyz(f->device, sizeof f->device, c->conf.id);
    struct buf b = buf_of(f->text, sizeof f->text);
    buf_addz(&b, text);
    if (*more)
        buf_addz(&b, " ");
    buf_addz(&b, more);
    text_mend(f->text);
}

static void fill_applied(const struct connector *c, struct now now, struct applied *a)
{
    const struct limiter *l = &c->limit;
    struct opt_i32 ma = limit_applied_ma(l, now.mono);
    *a = (struct applied){.lease = (enum lease)limit_phase(l, now.mono),
                          .current_ma = ma,
                          .phases = limit_applied_phases(l, &c->conf.limit)};
    if (l->applied.boot[0]) {
        a->seq = SOME_I64(l->applied.seq);
        str_copyz(a->boot, sizeof a->boot, l->applied.boot);
    }
    if (ma.set && l->applied_at.ms > 0)
        a->at = SOME_I64(l->applied_at.ms);
}

static void fill_session(const struct connector *c, struct charger_state *s)
{
    const struct session_rec *r = &c->sessions.rec[c->sessions.newest];
    if (r->tx <= 0 || (r->ended_ms.set && connector_evse_state(c) == EVSE_STATE_A))
        return;
    struct opt_i64 wh = session_energy_wh(r, c->energy_wh);
    s->session_wh = (struct opt_i32){sat_i32(wh.v), wh.set && wh.v <= POWER_HI};
    str_copyz(s->id_tag, sizeof s->id_tag, r->id_tag);
    if (!r->ended_ms.set)
        s->transaction = SOME_I64(r->tx);
}

/* It will not hear what it should; not being able to have a TxProfile is a lesser fault. */
static bool refusing(const struct limiter *l, struct mono now)
{
    return l->box[PURPOSE_TX_DEFAULT].rounds > 0 ||
           (l->box[PURPOSE_TX].rounds > 0 && !limit_unleased(l, now));
}

void connector_state(const struct connector *c, bool online, struct now now,
                     struct charger_state *out)
{
    *out = (struct charger_state){.v = CONTRACT_VERSION,
                                  .ts = now.wall.ms,
                                  .interval_ms = c->conf.interval_ms,
                                  .max_age_ms = c->conf.max_age_ms,
                                  .online = online,
                                  .evse_state = connector_evse_state(c),
                                  .power_w = c->reading.power_w,
                                  .power_phase_w = c->reading.power_phase_w,
                                  .current_phase_ma = c->reading.current_phase_ma,
                                  .voltage_phase_mv = c->reading.voltage_phase_mv,
                                  .measured_at = c->measured_ms,
                                  .energy_wh = c->energy_wh,
                                  .soc_pm = c->reading.soc_pm,
                                  .applied_set = true,
                                  .results_n = c->results_n};
    str_copyz(out->status, sizeof out->status, c->status.word);
    memcpy(out->results, c->results, sizeof out->results);
    str_copyz(out->card, sizeof out->card, c->card);
    out->card_at = (struct opt_i64){c->card_at_ms, c->card_at_ms > 0};
    fill_applied(c, now, &out->applied);
    fill_session(c, out);
    if (c->status.error[0])
        add_fault(out, "box_error", FAULT_LEVEL_ERROR, c, c->status.error_since_ms, c->status.error,
                  c->status.detail);
    if (lease_rivals(&c->limit.lease, now.mono))
        add_fault(out, "two_writers", FAULT_LEVEL_ERROR, c, 0,
                  "two controllers write setpoints: the lower one counts", "");
    if (online && limit_unleased(&c->limit, now.mono))
        add_fault(out, "no_box_lease", FAULT_LEVEL_WARNING, c, 0,
                  "the box refuses TxProfile: its limit stays if this service dies", "");
    if (online && refusing(&c->limit, now.mono))
        add_fault(out, "profile_refused", FAULT_LEVEL_ERROR, c, 0,
                  "the box refuses its charging profile: it keeps the limit it had", "");
}

void connector_info(const struct connector *c, const struct box_identity *box, struct wall now,
                    struct charger_info *out)
{
    *out = (struct charger_info){.v = CONTRACT_VERSION,
                                 .ts = now.ms,
                                 .connector = SOME_I32(c->conf.number),
                                 .current_type = CURRENT_TYPE_AC,
                                 .phases = SOME_I32(c->conf.meter.phases),
                                 .can_switch_phases = SOME_BOOL(c->conf.limit.can_switch),
                                 .min_current_ma = SOME_I32(c->conf.min_current_ma),
                                 .max_current_ma = SOME_I32(c->conf.max_current_ma)};
    str_copyz(out->name, sizeof out->name, c->conf.name);
    str_copyz(out->address, sizeof out->address, c->conf.identity);
    str_copyz(out->protocol, sizeof out->protocol, "ocpp1.6");
    str_copyz(out->vendor, sizeof out->vendor, box->vendor);
    str_copyz(out->model, sizeof out->model, box->model);
    str_copyz(out->serial, sizeof out->serial, box->serial);
    str_copyz(out->firmware, sizeof out->firmware, box->firmware);
}

void connector_session(const struct session_rec *r, struct wall now, struct session *out)
{
    *out = (struct session){.v = CONTRACT_VERSION,
                            .ts = now.ms,
                            .number = r->tx,
                            .started = r->started_ms,
                            .ended = r->ended_ms,
                            .transaction = SOME_I64(r->tx),
                            .meter_start_wh = r->meter_start_wh,
                            .meter_stop_wh = r->meter_stop_wh};
    if (r->ended_ms.set)
        out->energy_wh = session_energy_wh(r, (struct opt_i64){0});
    str_copyz(out->id_tag, sizeof out->id_tag, r->id_tag);
    str_copyz(out->stop_reason, sizeof out->stop_reason, r->reason);
}
