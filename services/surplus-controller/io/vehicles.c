/* SPDX-License-Identifier: Apache-2.0
 * vehicles.c -- the cars of the site file on the bus: their state of charge comes in, what is known
 * of them goes out. */
#include "libcommon/io/log.h"
#include "services/surplus-controller/io/brain.h"
#include "services/surplus-controller/io/choices.h"

RECORD_DEFINE(kept_vehicle, KEPT_VEHICLE_ROWS, "what is kept of a car")

static const char file[] = "vehicles.jsonl";
enum {
    INTERVAL_MS = 60000,
    AT_MOST_MS = 1000, /* between two publications when something changed */
    AHEAD_MS = 60000,  /* a car's clock may be ahead of ours by this */
};

int vehicle_index(const struct choices *c, const char *id)
{
    for (int i = 0; i < c->vehicles_n; i++)
        if (strcmp(c->vehicles[i].id, id) == 0)
            return i;
    return -1;
}

/* ---- what outlives us ---- */
static void load(void *user, const void *item)
{
    struct choices *c = user;
    const struct kept_vehicle *k = item;
    int i = vehicle_index(c, k->id);
    if (i >= 0)
        c->vehicles[i].soc = (struct vehicle_soc){k->soc_pm, {k->soc_at.v}, k->session_wh.v};
}
void vehicles_load(struct brain *b)
{
    struct kept_vehicle k;
    memory_load_file(b, file, &kept_vehicle_record, &k, load, b->choices);
}
static void save(struct brain *b)
{
    const struct choices *c = b->choices;
    struct kept_vehicle *k = calloc((size_t)c->vehicles_n + 1, sizeof *k);
    if (!k)
        abort();
    for (int i = 0; i < c->vehicles_n; i++) {
        const struct vehicle_soc *s = &c->vehicles[i].soc;
        str_copyz(k[i].id, ID_CAP, c->vehicles[i].id);
        k[i].soc_pm = s->soc_pm;
        k[i].soc_at = (struct opt_i64){s->at.ms, s->soc_pm.set};
        k[i].session_wh = (struct opt_i32){s->session_wh, s->soc_pm.set};
    }
    memory_save_file(b, file, &kept_vehicle_record, (const char *)k, sizeof *k, c->vehicles_n);
    free(k);
}

/* ---- who stands where ---- */
static int16_t by_hand(const struct choices *c, const struct kept_charger *k)
{
    for (int o = 0; o < k->overrides_n; o++)
        if (strcmp(k->overrides[o].field, "vehicle") == 0) {
            int v = vehicle_index(c, k->overrides[o].text);
            return v >= 0 ? (int16_t)v : GUEST; /* a car that left the site file is one */
        }
    return NO_VEHICLE;
}
static int16_t by_tag(const struct choices *c, const char *tag)
{
    for (int v = 0; v < c->vehicles_n && tag[0]; v++)
        for (int t = 0; t < c->vehicles[v].conf->tags_n; t++)
            if (site_same_tag(c->vehicles[v].conf->tags[t], tag))
                return (int16_t)v;
    return NO_VEHICLE;
}
static int16_t usual(const struct choices *c, const char *charger)
{
    for (int v = 0; v < c->vehicles_n; v++)
        if (strcmp(c->vehicles[v].conf->charger, charger) == 0)
            return (int16_t)v;
    return NO_VEHICLE;
}
void vehicles_claim(struct brain *b)
{
    struct choices *c = b->choices;
    c->claims_changed = false;
    for (int i = 0; i < b->conf.chargers_n; i++)
        c->claims[i] = (struct vehicle_claim){
            by_hand(c, &b->ios[i].kept), by_tag(c, b->ios[i].kept.id_tag), usual(c, b->ios[i].id)};
    vehicle_assign(c->claims, b->conf.chargers_n, c->given);
    for (int v = 0; v < c->vehicles_n; v++)
        c->vehicles[v].charger = -1;
    for (int i = 0; i < b->conf.chargers_n; i++) {
        if (c->v[i].vehicle != c->given[i])
            b->ios[i].rev++;
        c->v[i].vehicle = c->given[i];
        if (c->given[i] != NO_VEHICLE && b->ios[i].plugged)
            c->vehicles[c->given[i]].charger = (int16_t)i;
    }
}

/* ---- state of charge ---- */
static struct opt_i32 capacity_of(const struct vehicle_io *v)
{
    return v->conf->capacity_wh;
}
static struct opt_i32 soc_of(const struct choices *c, const struct vehicle_io *v, bool *estimated)
{
    int32_t session_wh = v->charger >= 0 ? c->v[v->charger].session_wh : 0;
    *estimated = false;
    if (v->charger >= 0 && c->v[v->charger].box_soc_pm.set)
        return c->v[v->charger].box_soc_pm; /* the wallbox asks it all the time */
    return vehicle_soc_now(&v->soc, session_wh, capacity_of(v), v->conf->efficiency_pm, estimated);
}
bool vehicles_car(const struct brain *b, int i, struct choose_car *out)
{
    static const enum control_switching switching[PHASE_SWITCH_COUNT] = {
        [PHASE_SWITCH_ALLOWED] = SWITCHING_ALLOWED,
        [PHASE_SWITCH_IDLE_ONLY] = SWITCHING_IDLE_ONLY,
        [PHASE_SWITCH_NEVER] = SWITCHING_NEVER};
    const struct choices *c = b->choices;
    bool estimated;
    if (c->v[i].vehicle == NO_VEHICLE)
        return false;
    const struct vehicle_io *v = &c->vehicles[c->v[i].vehicle];
    *out = (struct choose_car){
        .phases = v->conf->phases,
        .max_ma = v->conf->max_current_ma,
        .capacity_wh = capacity_of(v),
        .soc_pm = soc_of(c, v, &estimated),
        .efficiency_pm = v->conf->efficiency_pm,
        .switching_set = v->conf->phase_switch != PHASE_SWITCH_UNSET,
        .switching = switching[v->conf->phase_switch],
        .switch_pause_ms = v->conf->switch_pause_ms,
    };
    return true;
}
static void refuse(struct brain *b, const char *id, const char *text, const char *why)
{
    svc_fault(b->svc, "soc_refused", id, why);
    if (why)
        log_warn("event=soc_refused vehicle=%s got=\"%s\" why=\"%s\"", id, text, why);
}
/* A cable that is out: what was said is of before the drive. */
void vehicles_left(struct brain *b, int i)
{
    struct choices *c = b->choices;
    if (c->v[i].vehicle == NO_VEHICLE)
        return;
    vehicle_left(&c->vehicles[c->v[i].vehicle].soc);
    save(b);
}
static void on_soc(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    const struct override *o = m->override;
    int v = vehicle_index(b->choices, m->match.id);
    int32_t soc_pm;
    if (v < 0 || !o)
        return;
    struct vehicle_io *car = &b->choices->vehicles[v];
    int64_t at = o->ts_ms.set ? o->ts_ms.v : m->at.wall.ms;
    int32_t session_wh = car->charger >= 0 ? b->choices->v[car->charger].session_wh : 0;
    if (o->clear) {
        vehicle_left(&car->soc);
    } else if (!vehicle_parse_soc(str_of(o->text), &soc_pm)) {
        refuse(b, car->id, o->text, "expected a state of charge in %, such as 64 or 64.5");
    } else if (at > m->at.wall.ms + AHEAD_MS) {
        refuse(b, car->id, o->text, "its ts is in the future");
    } else if (!car->soc.soc_pm.set || at >= car->soc.at.ms) { /* else the broker's memory */
        vehicle_said(&car->soc, soc_pm, (struct wall){at}, session_wh);
        refuse(b, car->id, "", NULL);
    }
    if (b->ready)
        brain_step(b);
    save(b); /* written down before the inbox forgets it */
    bus_clear_override(b->svc->bus, m->match.override, m->match.id);
}

/* ---- out ---- */
static void state_of(const struct brain *b, const struct vehicle_io *v, struct now now,
                     struct vehicle_state *s)
{
    bool estimated;
    memset(s, 0, sizeof *s);
    s->v = CONTRACT_VERSION;
    s->ts = now.wall.ms;
    s->interval_ms = INTERVAL_MS;
    s->max_age_ms = 3 * INTERVAL_MS;
    str_copyz(s->name, sizeof s->name, v->conf->name);
    if (v->charger >= 0)
        str_copyz(s->charger, sizeof s->charger, b->ios[v->charger].id);
    s->soc_pm = soc_of(b->choices, v, &estimated);
    if (s->soc_pm.set && v->soc.soc_pm.set) {
        s->soc_at = SOME_I64(v->soc.at.ms);
        s->soc_estimated = SOME_BOOL(estimated);
    }
    s->capacity_wh = capacity_of(v);
    s->phases = v->conf->phases;
    s->max_current_ma = v->conf->max_current_ma;
}
static bool news(const struct vehicle_state *a, const struct vehicle_state *b)
{
    return strcmp(a->charger, b->charger) != 0 || a->soc_pm.set != b->soc_pm.set ||
           a->soc_pm.v != b->soc_pm.v || a->soc_at.v != b->soc_at.v ||
           a->soc_estimated.v != b->soc_estimated.v;
}
int64_t vehicles_publish(struct brain *b, struct now now)
{
    int64_t next = INT64_MAX;
    for (int i = 0; i < b->choices->vehicles_n; i++) {
        struct vehicle_io *v = &b->choices->vehicles[i];
        struct vehicle_state s;
        state_of(b, v, now, &s);
        int64_t due = v->sent_at.ms + (news(&s, &v->sent) ? AT_MOST_MS : INTERVAL_MS);
        if (v->sent_at.ms && now.mono.ms < due) {
            next = min_i64(next, due);
            continue;
        }
        bus_publish(b->svc->bus, MSG_VEHICLE_STATE, v->id, NULL, &s, BUS_KEEP);
        v->sent = s;
        v->sent_at = now.mono;
        next = min_i64(next, now.mono.ms + INTERVAL_MS);
    }
    return next;
}
void vehicles_again(struct brain *b)
{
    for (int i = 0; i < b->choices->vehicles_n; i++)
        b->choices->vehicles[i].sent_at.ms = 0;
}

/* ---- life ---- */
void vehicles_configure(struct brain *b)
{
    const struct site *site = b->svc->site;
    struct choices *c = b->choices;
    c->vehicles = calloc((size_t)site->vehicles_n + 1, sizeof *c->vehicles);
    if (!c->vehicles)
        abort();
    for (int i = 0; i < site->vehicles_n; i++)
        c->vehicles[i] = (struct vehicle_io){
            .id = site->vehicles[i].id, .conf = &site->vehicles[i].conf, .charger = -1};
    c->vehicles_n = site->vehicles_n;
    c->claims_changed = true;
}
void vehicles_subscribe(struct brain *b)
{
    for (int i = 0; i < b->choices->vehicles_n; i++) {
        svc_own(b->svc, b->choices->vehicles[i].id);
        bus_on_override(b->svc->bus, "vehicle", b->choices->vehicles[i].id, on_soc, b);
    }
}
