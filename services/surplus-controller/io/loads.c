/* SPDX-License-Identifier: Apache-2.0
 * loads.c -- loads of the site file to the core's configuration, and what devices, outputs and
 * pinned meters say to the snapshot. */
#include "services/surplus-controller/io/loads.h"

int load_index(const struct brain *b, const char *id)
{
    for (int k = 0; k < b->loads->n; k++)
        if (strcmp(b->loads->v[k].id, id) == 0)
            return k;
    return -1;
}
static struct control_charger_in *taker_in(struct brain *b, int k)
{
    return &b->charger_ins[b->conf.chargers_n + k];
}

/* ---- configuration ---- */
static const struct {
    enum control_load_kind kind;
    int32_t min_run_ms, min_rest_ms; /* where the site file says nothing */
} kinds[LOAD_KIND_COUNT] = {
    [LOAD_KIND_SWITCHED] = {CONTROL_LOAD_SWITCHED, 0, 0},
    [LOAD_KIND_POWER] = {CONTROL_LOAD_POWER, 0, 0},
    [LOAD_KIND_SG_READY] = {CONTROL_LOAD_SG_READY, 600000, 600000},
    [LOAD_KIND_GENERATOR] = {CONTROL_LOAD_GENERATOR, 1800000, 600000},
};
static int32_t or_else(struct opt_i32 v, int32_t otherwise)
{
    return v.set ? v.v : otherwise;
}
static uint8_t phases_of(const struct load_conf *c, uint8_t circuit)
{
    static const uint8_t first[ROTATION_COUNT] = {
        [ROTATION_L123] = 1, [ROTATION_L231] = 2, [ROTATION_L312] = 4};
    uint8_t wired = c->phases == 1 ? first[c->rotation] : ALL_PHASES;
    return wired & circuit ? wired & circuit : circuit;
}
static struct control_load_conf load_conf_of(const struct load_conf *c)
{
    int32_t needs_w = c->kind == LOAD_KIND_POWER ? max_i32(1, c->min_power_w) : c->max_power_w;
    int32_t on_w = or_else(c->on_above_w, needs_w);
    bool sg = c->kind == LOAD_KIND_SG_READY;
    bool two = sg && (c->output[0] ? c->block_output[0] != '\0' : c->contacts == 2);
    return (struct control_load_conf){
        .kind = kinds[c->kind].kind,
        .power_w = c->max_power_w,
        .on_above_w = on_w,
        .off_below_w = or_else(c->off_below_w, min_i32(on_w, needs_w)),
        .on_delay_ms = c->on_delay_ms,
        .off_delay_ms = c->off_delay_ms,
        .min_run_ms = or_else(c->min_run_ms, kinds[c->kind].min_run_ms),
        .min_rest_ms = or_else(c->min_rest_ms, kinds[c->kind].min_rest_ms),
        .block_max_ms = c->block_max_ms,
        .block_pause_ms = c->block_pause_ms,
        .react_ms = c->react_ms,
        .can_block = two,
        .can_force = two,
    };
}
static enum err place_load(struct brain *b, int k, struct err_text *why)
{
    const struct site_loads *w = &b->svc->site->loads[k];
    const struct load_conf *c = &w->conf;
    int circuit = 0;
    while (circuit < b->conf.circuits_n && strcmp(b->circuit_ids[circuit], c->circuit) != 0)
        circuit++;
    if (circuit == b->conf.circuits_n)
        return err_set(why, ERR_UNKNOWN, "load.%s: no circuit \"%s\"", w->id, c->circuit);
    uint8_t phases = phases_of(c, b->circuits[circuit].phases);
    int lanes = (phases & 1) + (phases >> 1 & 1) + (phases >> 2 & 1);
    int32_t most = c->kind == LOAD_KIND_GENERATOR ? 0 : load_ma(c->max_power_w, lanes);
    b->chargers[b->conf.chargers_n + k] = (struct control_charger_conf){
        .circuit = (int16_t)circuit,
        .phases = phases,
        .priority = (uint8_t)c->priority,
        .min_ma = c->kind == LOAD_KIND_POWER ? max_i32(1, load_ma(c->min_power_w, lanes)) : most,
        .max_ma = most,
        .fallback_ma = load_ma(c->fallback_w, lanes),
        .one_phase = phases,
    };
    taker_in(b, k)->use_battery = true; /* it blocks no battery */
    b->loads->conf[k] = load_conf_of(c);
    b->loads->v[k].id = w->id;
    b->loads->v[k].conf = c;
    str_copyz(b->loads->v[k].kept.id, ID_CAP, w->id);
    return ERR_OK;
}
enum err loads_configure(struct brain *b, struct err_text *why)
{
    int n = b->svc->site->loads_n;
    enum err rc = ERR_OK;
    b->loads = brain_array(1, sizeof *b->loads);
    b->loads->n = n;
    b->loads->v = brain_array(n, sizeof *b->loads->v);
    b->loads->conf = brain_array(n, sizeof *b->loads->conf);
    b->loads->in = brain_array(n, sizeof *b->loads->in);
    b->state.loads = brain_array(n, sizeof *b->state.loads);
    b->out.loads = brain_array(n, sizeof *b->out.loads);
    b->conf.loads = b->loads->conf;
    b->conf.loads_n = n;
    b->in.loads = b->loads->in;
    for (int k = 0; k < n && rc == ERR_OK; k++)
        rc = place_load(b, k, why);
    return rc;
}
void loads_free(struct brain *b)
{
    free(b->state.loads);
    free(b->out.loads);
    if (!b->loads)
        return;
    free(b->loads->v);
    free(b->loads->conf);
    free(b->loads->in);
    free(b->loads);
}

/* ---- what they say ---- */
static void is_there(struct brain *b, int k, bool online)
{
    struct control_charger_in *in = taker_in(b, k);
    if (online && !in->online)
        b->loads->v[k].sent.at.ms = 0; /* back: it needs a live order, not the next refresh */
    in->known = true;
    in->online = online;
}
/* What it goes on from after our start, in mA: what it was told last. */
static struct opt_i32 applied_ma(const struct brain *b, int k, const struct applied *a)
{
    const struct control_charger_conf *c = &b->chargers[b->conf.chargers_n + k];
    int lanes = (c->phases & 1) + (c->phases >> 1 & 1) + (c->phases >> 2 & 1);
    if (a->sg_state)
        return SOME_I32(a->sg_state >= SG_STATE_RECOMMENDED ? c->max_ma : 0);
    if (a->on.set && !a->on.v)
        return SOME_I32(0);
    if (a->power_w.set) /* on with 0 W is on: a rod that waits for the sun to come back */
        return SOME_I32(max_i32(load_ma(max_i32(0, a->power_w.v), lanes), a->on.v ? c->min_ma : 0));
    return a->on.set ? SOME_I32(c->max_ma) : (struct opt_i32){0};
}
static void on_load(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    const struct load_state *s = m->body;
    int k = load_index(b, m->match.id);
    struct mono at;
    if (k < 0 || !s || !inputs_measured_at(&b->loads->v[k].skew, m, s->ts, s->max_age_ms, &at))
        return;
    const struct load_io *o = &b->loads->v[k];
    struct control_charger_in *in = taker_in(b, k);
    is_there(b, k, !s->online.set || s->online.v);
    b->loads->in[k].runs = s->on;
    b->loads->in[k].free = s->controllable.set && !s->controllable.v;
    in->applied_ma = s->applied_set ? applied_ma(b, k, &s->applied) : (struct opt_i32){0};
    if (!o->conf->meter[0] && o->conf->kind != LOAD_KIND_GENERATOR)
        in->meas = (struct control_reading){
            .at = at,
            .rule = {s->interval_ms, s->max_age_ms},
            .power_w = s->power_w,
            .power_phase_w = s->power_phase_w,
            .current_ma = s->current_phase_ma,
            .voltage_mv = s->voltage_phase_mv,
            .known = s->power_w.set || s->power_phase_w.set || s->current_phase_ma.set,
        };
    brain_soon(b);
}
/* A contact that is closed is a consumer that may run; of a heat pump it says nothing. */
static void on_output(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    const struct output_state *s = m->body;
    struct mono at;
    for (int k = 0; k < b->loads->n && s; k++) {
        const struct load_conf *c = b->loads->v[k].conf;
        if (strcmp(c->output, m->match.id) != 0 ||
            !inputs_measured_at(&b->loads->v[k].skew, m, s->ts, s->max_age_ms, &at))
            continue;
        is_there(b, k, s->on.set);
        if (c->kind != LOAD_KIND_SG_READY)
            b->loads->in[k].runs = s->on;
        taker_in(b, k)->applied_ma =
            SOME_I32(s->on.v ? b->chargers[b->conf.chargers_n + k].max_ma : 0);
        brain_soon(b);
    }
}
static void on_meter(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    const struct meter_state *s = m->body;
    struct mono at;
    for (int k = 0; k < b->loads->n && s; k++)
        if (strcmp(b->loads->v[k].conf->meter, m->match.id) == 0 &&
            inputs_measured_at(&b->loads->v[k].meter_skew, m, s->ts, s->max_age_ms, &at)) {
            struct control_reading r = meter_reading(s, at);
            if (r.known && b->loads->v[k].conf->kind != LOAD_KIND_GENERATOR)
                taker_in(b, k)->meas = r;
            brain_soon(b);
        }
}
void loads_subscribe(struct brain *b)
{
    struct bus *bus = b->svc->bus;
    for (int k = 0; k < b->loads->n; k++) {
        const struct load_io *o = &b->loads->v[k];
        if (o->conf->output[0])
            bus_on(bus, MSG_OUTPUT_STATE, o->conf->output, on_output, b);
        else
            bus_on(bus, MSG_LOAD_STATE, o->id, on_load, b);
        if (o->conf->meter[0])
            bus_on(bus, MSG_METER_STATE, o->conf->meter, on_meter, b);
        bus_on_override(bus, "load", o->id, load_on_override, b);
    }
}
void loads_again(struct brain *b)
{
    for (int k = 0; k < b->loads->n; k++)
        b->loads->v[k].sent.at.ms = b->loads->v[k].told.at.ms = 0;
}
