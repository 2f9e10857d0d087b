/* SPDX-License-Identifier: Apache-2.0
 * group.c -- the leader's budget is a lease like every setpoint: after it the group falls to
 * min(applied, fallback), and right after a start it goes on with what its chargers have, raising
 * nothing, until the leader has had time to speak. */
#include "services/surplus-controller/io/group.h"
#include "libcommon/io/log.h"
#include "services/surplus-controller/io/brain.h"

enum {
    STATE_MS = 1000,  /* at most so often ... */
    ANYWAY_MS = 2000, /* ... and at least: what the leader may count on */
    MAX_AGE_MS = 10000,
    SILENCE_MS = 15000, /* after our start the leader has so long to speak */
};

static void on_setpoint(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    struct group *g = &b->group;
    const struct charger_setpoint *sp = m->body;
    int slot;
    if (!sp)
        return;
    struct lease_offer o = {sp->boot, sp->seq, sp->valid_ms, sp->current_ma, m->retained};
    if (lease_offer(&g->lease, &o, m->at.mono, &slot) != LEASE_TAKEN)
        return;
    g->slot[slot] = *sp;
    if (b->ready)
        brain_step(b);
}
static void tell_info(struct brain *b, struct now now)
{
    static struct charger_info i;
    memset(&i, 0, sizeof i);
    i.v = CONTRACT_VERSION;
    i.ts = now.wall.ms;
    str_copyz(i.name, sizeof i.name, b->svc->site->general.name);
    str_copyz(i.vendor, sizeof i.vendor, "wattbus");
    str_copyz(i.model, sizeof i.model, "charge-point group");
    str_copyz(i.address, sizeof i.address, b->svc->site->general.site);
    str_copyz(i.protocol, sizeof i.protocol, "wattbus");
    i.max_current_ma = SOME_I32(b->circuits[0].max_current_ma);
    i.has_meter = SOME_BOOL(true);
    bus_publish(b->group.bus, MSG_CHARGER_INFO, b->group.charger, NULL, &i, BUS_KEEP);
}
static void on_ready(void *user)
{
    struct brain *b = user;
    b->group.sent_at.ms = 0;
    tell_info(b, svc_now());
    brain_soon(b);
}
enum err group_init(struct brain *b, struct err_text *why)
{
    const struct group_conf *c = &b->svc->site->group;
    struct group *g = &b->group;
    if (!c->leader[0] || b->svc->check_only)
        return ERR_OK;
    char service[ID_CAP];
    snprintf(service, sizeof service, "group-%s", c->charger);
    g->charger = c->charger;
    struct svc_link link = {c->leader, service, c->broker, c->password_file};
    enum err e = svc_link(b->svc, &link, &g->bus, why);
    if (e != ERR_OK)
        return e;
    g->on = true;
    g->since = svc_now().mono;
    bus_on(g->bus, MSG_CHARGER_SETPOINT, g->charger, on_setpoint, b);
    bus_on_link(g->bus, on_ready, NULL, b);
    return ERR_OK;
}

/* What the chargers of the group have been allowed together, on the phase that has most of it. */
static int32_t granted_ma(const struct brain *b)
{
    int64_t sum[PHASES] = {0};
    for (int i = 0; i < b->conf.chargers_n; i++)
        for (int p = 0; p < PHASES; p++)
            sum[p] += b->chargers[i].phases >> p & 1 ? b->state.chargers[i].current_ma : 0;
    return sat_i32(max_i64(sum[0], max_i64(sum[1], sum[2])));
}
int64_t group_refresh(struct brain *b, struct now now)
{
    struct group *g = &b->group;
    if (!g->on)
        return INT64_MAX;
    int slot = lease_in_force(&g->lease, now.mono);
    b->in.group = (struct control_group){.member = true};
    if (slot >= 0) {
        g->last = g->slot[slot];
        g->since = now.mono;
        b->in.group.max_ma = SOME_I32(g->last.current_ma);
    } else if (g->last.boot[0]) { /* it spoke once and is silent now */
        b->in.group.lost = true;
        b->in.group.max_ma = SOME_I32(lease_fallback_ma(g->applied_ma.v, g->last.fallback_ma));
    } else if (mono_since_ms(now.mono, g->since) >= SILENCE_MS) {
        int32_t has = g->applied_ma.set ? g->applied_ma.v : granted_ma(b);
        b->in.group.lost = true;
        b->in.group.max_ma = SOME_I32(lease_fallback_ma(has, b->svc->site->group.fallback_ma));
    }
    if (b->in.group.max_ma.set)
        g->applied_ma = b->in.group.max_ma;
    svc_fault(b->svc, "leader_silent", NULL,
              b->in.group.lost ? "the leader of this group is silent: charging is at its fallback"
                               : NULL);
    int64_t next = lease_next_ms(&g->lease, now.mono);
    if (next >= 0)
        return now.mono.ms + next;
    return b->in.group.lost ? INT64_MAX : g->since.ms + SILENCE_MS;
}

static enum evse_state state_of(const struct brain *b)
{
    enum evse_state state = EVSE_STATE_A;
    for (int i = 0; i < b->conf.chargers_n; i++) {
        const struct control_charger_state *x = &b->state.chargers[i];
        if (!x->connected)
            continue;
        if (state == EVSE_STATE_A)
            state = EVSE_STATE_B;
        if (x->draw[0] + x->draw[1] + x->draw[2] > 0)
            state = EVSE_STATE_C;
    }
    return state;
}
static void tell_state(struct brain *b, struct now now, enum evse_state state)
{
    static struct charger_state s;
    struct group *g = &b->group;
    int64_t ma[PHASES] = {0};
    memset(&s, 0, sizeof s);
    s.v = CONTRACT_VERSION;
    s.ts = now.wall.ms;
    s.interval_ms = ANYWAY_MS;
    s.max_age_ms = MAX_AGE_MS;
    s.online = true;
    s.evse_state = state;
    s.power_w = SOME_I32(b->out.charger_w);
    for (int i = 0; i < b->conf.chargers_n; i++)
        for (int p = 0; p < PHASES; p++)
            ma[p] += b->state.chargers[i].draw[p];
    for (int p = 0; p < PHASES; p++)
        phase_put(&s.current_phase_ma, p, sat_i32(ma[p]));
    s.applied_set = true;
    s.applied.lease = (enum lease)lease_phase_of(&g->lease, now.mono);
    s.applied.current_ma = g->applied_ma;
    if (g->last.boot[0]) {
        s.applied.seq = SOME_I64(g->last.seq);
        str_copyz(s.applied.boot, sizeof s.applied.boot, g->last.boot);
    }
    bus_publish(g->bus, MSG_CHARGER_STATE, g->charger, NULL, &s, BUS_KEEP);
    g->sent_at = now.mono;
    g->sent_state = state;
    g->sent_applied_ma = g->applied_ma;
}
int64_t group_publish(struct brain *b, struct now now)
{
    struct group *g = &b->group;
    if (!g->on || !bus_is_ready(g->bus) || !b->state.begun)
        return INT64_MAX;
    enum evse_state state = state_of(b);
    bool news = state != g->sent_state || g->applied_ma.v != g->sent_applied_ma.v;
    if (news || !g->sent_at.ms || mono_since_ms(now.mono, g->sent_at) >= STATE_MS)
        tell_state(b, now, state);
    return g->sent_at.ms + ANYWAY_MS;
}
