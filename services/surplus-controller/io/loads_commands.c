/* SPDX-License-Identifier: Apache-2.0
 * loads_commands.c -- what people want of a load: taken from the inbox, written down, cleared. What
 * is refused is answered in control.results, and the old choice stays. */
#include "services/surplus-controller/io/inbox.h"
#include "services/surplus-controller/io/loads.h"

const struct kept_override *load_override(const struct load_io *o, const char *field)
{
    return inbox_find(o->kept.overrides, o->kept.overrides_n, field);
}
/* NULL when the choice can be obeyed. */
static const char *why_not(const struct load_io *o, const struct kept_override *want,
                           struct now now)
{
    bool power = strcmp(want->field, "power") == 0, mode = strcmp(want->field, "mode") == 0;
    bool follows = o->conf->kind == LOAD_KIND_POWER || o->conf->kind == LOAD_KIND_GENERATOR;
    if (mode && !(site_load_modes(o->conf) >> want->value & 1))
        return "this kind of load does not know that mode";
    if (power && (!follows || o->conf->output[0]))
        return "this load is only switched; it can't be set to a power";
    if (want->until_unplugged.v)
        return "a load is never unplugged; take a time";
    if (want->until.set && want->until.v <= now.wall.ms)
        return "its end is in the past";
    return NULL;
}
void load_on_override(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    int k = load_index(b, m->match.id);
    if (k < 0 || !m->override)
        return;
    struct load_io *o = &b->loads->v[k];
    struct inbox x = INBOX_OF(&o->kept, &o->rev);
    struct kept_override want = inbox_choice(m);
    inbox_close(b, m, inbox_receive(&x, m, &want, why_not(o, &want, m->at)));
}

/* ---- to the snapshot ---- */
static struct opt_i32 value_of(const struct load_io *o, const char *field)
{
    const struct kept_override *v = load_override(o, field);
    return v ? SOME_I32(v->value) : (struct opt_i32){0};
}
int64_t loads_refresh(struct brain *b, struct now now)
{
    int64_t next = INT64_MAX;
    for (int k = 0; k < b->loads->n; k++) {
        struct load_io *o = &b->loads->v[k];
        struct control_load_in *in = &b->loads->in[k];
        int i = b->conf.chargers_n + k;
        struct inbox x = INBOX_OF(&o->kept, &o->rev);
        b->save_due = inbox_expire(&x, now, &next) || b->save_due;
        struct opt_i32 mode = value_of(o, "mode");
        enum load_mode usual =
            o->conf->kind == LOAD_KIND_GENERATOR ? LOAD_MODE_NORMAL : LOAD_MODE_SOLAR;
        in->mode = mode.set ? (enum load_mode)mode.v : o->conf->mode ? o->conf->mode : usual;
        in->max_power_w = value_of(o, "power");
        rules_load(b, k, mode.set, in);
        b->charger_ins[i].priority = value_of(o, "priority");
        load_as_charger(in, b->chargers[i].phases, &b->charger_ins[i]);
    }
    return next;
}
