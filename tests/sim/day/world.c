/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/day/world.h"

static void set_clock(struct world *w, int late_ms)
{
    w->now.mono = plant_now(&w->p);
    w->now.mono.ms += late_ms;
    w->now.wall.ms = 1750000000000 + w->now.mono.ms;
}
void world_init(struct world *w, const struct day *d, const struct day_options *o)
{
    memset(w, 0, sizeof *w);
    w->d = d;
    w->o = o;
    w->alive = true;
    if (!plant_init(&w->p, d))
        abort();
    w->p.lease_lost = o->lease_lost;
    set_clock(w, 0);
    core_start(&w->x, d, w->now);
    choices_init(&w->choices, d);
}
void world_end(struct world *w)
{
    plant_end(&w->p);
}
void world_copy(struct world *to, const struct world *from)
{
    *to = *from;
    core_copy(&to->x, &from->x);
    choices_copy(&to->choices, &from->choices);
    views_wire(&to->v);
}
void world_spoil(const struct world *w, struct core *c)
{
    if (w->o->spoil)
        w->o->spoil(c->decisions, &c->c, &w->v.in, w->p.second);
    if (w->o->spoil_loads)
        w->o->spoil_loads(c->load_outs, &c->c, &w->v.in, w->p.second);
}

/* ---- a second ---- */
void world_passes(struct world *w)
{
    int late_ms = w->d->jitter_ms ? (int)(dice(&w->p.noise) % (uint64_t)w->d->jitter_ms) : 0;
    plant_second(&w->p);
    set_clock(w, late_ms);
    if (w->d->date[0])
        w->now.wall = choices_wall(&w->choices, w->p.second);
    choices_people(&w->choices, &w->p);
    w->news = plant_show(&w->p, &w->v, w->now.mono);
}
void world_chooses(struct world *w)
{
    if (!(w->o->no_clock && w->p.second > w->d->from))
        w->news = choices_second(&w->choices, &w->p, &w->x, &w->v) || w->news;
    for (int i = 0; w->o->no_haste && i < w->d->chargers_n; i++)
        if (w->choices.v[i].out.mode == CHARGE_MODE_TARGET)
            w->v.chargers[i].mode = CHARGE_MODE_SOLAR_PURE;
}
static void run_battery(struct world *w)
{
    struct core *c = &w->x;
    if (!w->d->battery.managed && !w->d->battery.ours)
        return;
    core_battery(c, &w->v.in, plant_soc_pm(&w->p), w->now.mono, w->now);
    if (w->o->spoil_battery)
        w->o->spoil_battery(&c->battery_order, w->p.second);
    if (!c->battery_order.send)
        return;
    w->p.battery_order = c->battery_order;
    w->p.battery_told_s = w->p.second;
}
static void send(struct world *w)
{
    char boot[LEASE_BOOT_CAP];
    snprintf(boot, sizeof boot, "boot%d", w->process);
    for (int i = 0; i < w->d->chargers_n; i++) {
        const struct control_decision *d = &w->x.decisions[i], *old = &w->sent[i].d;
        bool due = w->p.second - w->sent[i].at_s >= w->d->control.refresh_ms / 1000;
        if (!d->send ||
            !(due || d->current_ma != old->current_ma || d->fallback_ma != old->fallback_ma))
            continue;
        plant_setpoint(&w->p, i, boot, ++w->seq, d, w->now.mono);
        w->sent[i].d = *d;
        w->sent[i].at_s = w->p.second;
    }
}
bool world_orders_differ(const struct control_load_decision *a,
                         const struct control_load_decision *b)
{
    return a->on.set != b->on.set || a->on.v != b->on.v || a->sg != b->sg ||
           a->power_w != b->power_w || a->fallback_w != b->fallback_w;
}
static void send_orders(struct world *w)
{
    for (int k = 0; k < w->d->devices_n; k++) {
        const struct control_load_decision *d = &w->x.load_outs[k];
        bool due = w->p.second - w->told[k].at_s >= w->d->control.refresh_ms / 1000;
        if (!w->x.decisions[w->d->chargers_n + k].send ||
            !(due || world_orders_differ(d, &w->told[k].d) || !w->p.devices[k].told))
            continue;
        plant_order(&w->p, k, d);
        w->told[k].d = *d;
        w->told[k].at_s = w->p.second;
    }
}
void world_controls(struct world *w)
{
    if (w->news || w->now.mono.ms >= w->due_ms || w->p.second % 10 == 0) {
        core_step(&w->x, &w->v.in, w->now);
        w->due_ms = w->x.out.next.ms;
        world_spoil(w, &w->x);
    }
    run_battery(w);
    send(w);
    send_orders(w);
}

/* ---- another process ---- */
/* Stored messages come one after the other: of the boxes it knows nothing yet. */
static void first_message(struct world *w)
{
    struct control_charger_in heard[COUNT_OF(w->v.chargers)];
    memcpy(heard, w->v.chargers, sizeof heard);
    memset(w->v.chargers, 0, sizeof heard);
    core_step(&w->x, &w->v.in, w->now);
    memcpy(w->v.chargers, heard, sizeof heard);
}
void world_restarts(struct world *w)
{
    static struct core old;
    core_copy(&old, &w->x);
    if (w->o->amnesia)
        core_start(&w->x, w->d, w->now);
    else
        core_restart(&w->x, w->d, &old, w->now);
    choices_restart(&w->choices);
    w->process++;
    w->due_ms = 0;
    first_message(w);
}
