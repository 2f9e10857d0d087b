/* SPDX-License-Identifier: Apache-2.0
 * choices_show.c -- choices as control shows them: what is in force, who said so, until when. */
#include "services/surplus-controller/io/brain.h"
#include "services/surplus-controller/io/choices.h"
#include "services/surplus-controller/io/inbox.h"

static const struct kept_override *chosen(const struct kept_charger *k, const char *field)
{
    return inbox_find(k->overrides, k->overrides_n, field);
}
static void fill_overrides(const struct kept_charger *k, struct charger_control *c)
{
    for (int i = 0; i < k->overrides_n; i++) {
        struct shown_override *o = &c->overrides[c->overrides_n++];
        str_copyz(o->field, sizeof o->field, k->overrides[i].field);
        o->since = SOME_I64(k->overrides[i].since);
        o->until = k->overrides[i].until;
        if (k->overrides[i].until_unplugged.v)
            o->until_unplugged = SOME_BOOL(true);
    }
}
static void fill_mode(const struct choices *all, const struct choose_out *o,
                      const struct kept_override *by, struct now now, struct charger_control *c)
{
    c->mode = o->mode;
    c->mode_source = o->mode_source;
    c->active_mode = o->active;
    c->active_source = o->active_source;
    c->local_start = SOME_BOOL(o->local_start);
    if (by) {
        c->mode_until = by->until;
        c->until_unplugged = by->until_unplugged;
    }
    c->mode_reason_set = true;
    choose_reason(o, &all->zone, now.wall, c->mode_until, c->until_unplugged.v, &c->mode_reason);
    if (o->until.set && (!c->next_change.set || o->until.v < c->next_change.v))
        c->next_change = o->until;
}
static void fill_target(const struct choice_io *x, struct charger_control *c)
{
    const struct target_out *t = &x->out.target;
    c->target_energy_wh = x->out.energy_wh;
    c->target_soc_pm = x->out.soc_pm;
    str_copyz(c->target_time, sizeof c->target_time, x->when_text);
    if (x->out.mode != CHARGE_MODE_TARGET)
        return;
    c->target_deadline = t->deadline;
    c->target_start = t->start;
    if (t->phase >= TARGET_REACHED)
        c->target_need_wh = SOME_I64(t->need_wh);
}
const char *vehicle_at(const struct brain *b, int i)
{
    int16_t v = b->choices->v[i].vehicle;
    return v == NO_VEHICLE ? "" : b->choices->vehicles[v].id;
}
void choices_fill(const struct brain *b, int i, struct now now, struct charger_control *c)
{
    const struct choice_io *x = &b->choices->v[i];
    const struct charger_io *io = &b->ios[i];
    const struct control_charger_in *in = &b->charger_ins[i];
    fill_mode(b->choices, &x->out, chosen(&io->kept, "mode"), now, c);
    fill_overrides(&io->kept, c);
    fill_target(x, c);
    c->max_current_ma = in->max_ma;
    c->min_current_ma = SOME_I32(max_i32(b->chargers[i].min_ma, in->min_ma.set ? in->min_ma.v : 0));
    c->priority = SOME_I32(in->priority.set ? in->priority.v : b->chargers[i].priority);
    c->phase_use = x->out.phases;
    c->solar_share_pm = SOME_I32(in->solar_share_pm);
    c->use_house_battery = SOME_BOOL(in->use_battery);
    str_copyz(c->start_power, sizeof c->start_power, x->start_text);
    str_copyz(c->week, sizeof c->week, chosen(&io->kept, "week") ? io->kept.week : io->conf->week);
    str_copyz(c->vehicle, sizeof c->vehicle, vehicle_at(b, i));
}
