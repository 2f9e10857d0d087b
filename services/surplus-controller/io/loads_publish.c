/* SPDX-License-Identifier: Apache-2.0
 * loads_publish.c -- setpoints of loads and of the outputs that switch them, at once when they
 * change and as often as their lease asks; how they are controlled; devices that do not obey. */
#include "services/surplus-controller/io/loads.h"

enum {
    NUMBERS_MS = 10000, /* numbers in a reason, when nothing else changed */
    NEXT_MOVED_MS = 2000,
};

static const char *circuit_name(const struct brain *b, int i)
{
    return i >= 0 && i < b->conf.circuits_n ? b->circuit_ids[i] : "";
}
static const struct control_decision *taker_of(const struct brain *b, int k)
{
    return &b->out.chargers[b->conf.chargers_n + k];
}

static void say_why(const struct brain *b, int k, struct reason *out)
{
    const struct control_reason *r = &taker_of(b, k)->reason;
    control_reason_text(r, circuit_name(b, r->circuit), out);
    rules_explain_load(b, k, r, out);
}

/* ---- setpoints ---- */
/* SG Ready contacts A:B; a plain consumer has B alone. */
static struct opt_bool contact_b(const struct control_load_decision *d)
{
    if (!d->sg)
        return d->on;
    return SOME_BOOL(d->sg == SG_STATE_RECOMMENDED || d->sg == SG_STATE_FORCED);
}
static bool contact_a(const struct control_load_decision *d)
{
    return d->sg == SG_STATE_BLOCK || d->sg == SG_STATE_FORCED;
}
static void send_output(struct brain *b, int k, const char *output, bool on, struct now now)
{
    const struct control_decision *d = taker_of(b, k);
    struct output_setpoint sp = {
        .v = CONTRACT_VERSION,
        .ts = now.wall.ms,
        .seq = ++b->seq,
        .valid_ms = b->svc->site->control.lease_ms,
        .limit = control_reason_limit(d->reason.code),
        .on = SOME_BOOL(on),
    };
    str_copyz(sp.boot, sizeof sp.boot, b->svc->boot);
    say_why(b, k, &sp.reason);
    bus_publish(b->svc->bus, MSG_OUTPUT_SETPOINT, output, NULL, &sp, BUS_ONCE);
    svc_count(b->svc, "setpoints", 1);
}
static void send_load(struct brain *b, int k, struct now now)
{
    const struct control_decision *d = taker_of(b, k);
    const struct control_load_decision *l = &b->out.loads[k];
    const struct load_io *o = &b->loads->v[k];
    bool follows = o->conf->kind == LOAD_KIND_POWER || o->conf->kind == LOAD_KIND_GENERATOR;
    struct load_setpoint sp = {
        .v = CONTRACT_VERSION,
        .ts = now.wall.ms,
        .seq = ++b->seq,
        .valid_ms = b->svc->site->control.lease_ms,
        .limit = control_reason_limit(d->reason.code),
        .on = l->on,
        .power_w = {l->power_w, follows && l->on.set},
        .sg_state = l->sg,
        .fallback_w = SOME_I32(l->fallback_w),
    };
    str_copyz(sp.boot, sizeof sp.boot, b->svc->boot);
    say_why(b, k, &sp.reason);
    bus_publish(b->svc->bus, MSG_LOAD_SETPOINT, o->id, NULL, &sp, BUS_ONCE);
    svc_count(b->svc, "setpoints", 1);
}
static void send_setpoint(struct brain *b, int k, struct now now)
{
    const struct load_conf *c = b->loads->v[k].conf;
    const struct control_load_decision *l = &b->out.loads[k];
    struct opt_bool on = contact_b(l);
    if (!c->output[0])
        send_load(b, k, now);
    else if (on.set) /* else nobody holds the contact */
        send_output(b, k, c->output, on.v, now);
    if (c->block_output[0])
        send_output(b, k, c->block_output, contact_a(l), now);
    b->loads->v[k].sent = (struct load_said){*l, *taker_of(b, k), now.mono};
}
static bool same_order(const struct control_load_decision *a, const struct control_load_decision *b)
{
    return a->on.set == b->on.set && a->on.v == b->on.v && a->power_w == b->power_w &&
           a->fallback_w == b->fallback_w && a->sg == b->sg;
}

/* ---- control ---- */
static void send_control(struct brain *b, int k, struct now now)
{
    static struct load_control c; /* large, and there is one loop */
    const struct control_decision *d = taker_of(b, k);
    const struct control_load_decision *l = &b->out.loads[k];
    struct load_io *o = &b->loads->v[k];
    const struct kept_override *mode = load_override(o, "mode");
    const struct opt_i32 *priority = &b->charger_ins[b->conf.chargers_n + k].priority;
    memset(&c, 0, sizeof c);
    c.v = CONTRACT_VERSION;
    c.ts = now.wall.ms;
    c.mode = b->loads->in[k].mode;
    c.mode_source = mode ? SOURCE_OVERRIDE : rules_decide_load(b, k) ? SOURCE_RULE : SOURCE_DEFAULT;
    c.mode_until = mode ? mode->until : (struct opt_i64){0};
    c.max_power_w = b->loads->in[k].max_power_w;
    c.priority = SOME_I32(priority->set ? priority->v : o->conf->priority);
    c.run = l->on;
    c.given_w = SOME_I32(l->power_w);
    c.sg_order = l->sg;
    c.limit = control_reason_limit(d->reason.code);
    say_why(b, k, &c.reason);
    if (d->next_mono_ms.set)
        c.next_change = SOME_I64(now.wall.ms + d->next_mono_ms.v - now.mono.ms);
    c.results_n = o->kept.results_n;
    memcpy(c.results, o->kept.results, c.results_n * sizeof c.results[0]);
    bus_publish(b->svc->bus, MSG_LOAD_CONTROL, o->id, NULL, &c, BUS_KEEP);
    o->told = (struct load_said){*l, *d, now.mono};
    o->rev_told = o->rev;
}
static int64_t control_due(const struct brain *b, int k, struct now now)
{
    const struct load_io *o = &b->loads->v[k];
    const struct control_decision *d = taker_of(b, k), *old = &o->told.taker;
    int64_t moved = d->next_mono_ms.v - old->next_mono_ms.v;
    if (!o->told.at.ms || o->rev != o->rev_told || d->reason.code != old->reason.code ||
        !same_order(&b->out.loads[k], &o->told.load) || d->reason.circuit != old->reason.circuit ||
        d->next_mono_ms.set != old->next_mono_ms.set || moved > NEXT_MOVED_MS ||
        moved < -NEXT_MOVED_MS)
        return now.mono.ms;
    if (memcmp(d->reason.p, old->reason.p, sizeof old->reason.p) == 0)
        return INT64_MAX;
    return o->told.at.ms + NUMBERS_MS;
}
static void tell_fault(struct brain *b, int k)
{
    static const struct {
        const char *code, *text;
    } faults[] = {
        [LOAD_FAULT_FREE] = {"load_free", "has left external control; it is told nothing"},
        [LOAD_FAULT_WILL_NOT] = {"load_does_not_run", "was told to run and does not"},
        [LOAD_FAULT_WILL_STILL] = {"load_does_not_rest", "was told to rest and runs"},
        [LOAD_FAULT_BLOCK_OVER] = {"load_block_over",
                                   "may not be blocked any longer, although the grid operator's "
                                   "limit asks for it"},
    };
    struct load_io *o = &b->loads->v[k];
    enum control_load_fault now = b->out.loads[k].fault;
    if (now == o->fault_told)
        return;
    if (o->fault_told)
        svc_fault(b->svc, faults[o->fault_told].code, o->id, NULL);
    if (now)
        svc_fault(b->svc, faults[now].code, o->id, faults[now].text);
    o->fault_told = now;
}
int64_t loads_publish(struct brain *b, struct now now)
{
    int64_t next = INT64_MAX, refresh_ms = b->svc->site->control.refresh_ms;
    if (!bus_is_ready(b->svc->bus))
        return next;
    for (int k = 0; k < b->loads->n; k++) {
        const struct load_io *o = &b->loads->v[k];
        const struct control_decision *d = taker_of(b, k);
        if (d->send && !b->svc->site->control.observe) {
            if (!o->sent.at.ms || !same_order(&b->out.loads[k], &o->sent.load) ||
                d->reason.code != o->sent.taker.reason.code ||
                now.mono.ms >= o->sent.at.ms + refresh_ms)
                send_setpoint(b, k, now);
            next = min_i64(next, o->sent.at.ms + refresh_ms);
        }
        int64_t due = control_due(b, k, now);
        if (now.mono.ms >= due)
            send_control(b, k, now);
        else
            next = min_i64(next, due);
        tell_fault(b, k);
    }
    return next;
}
