/* SPDX-License-Identifier: Apache-2.0
 * storage_choices.c -- battery/<id>/override/…: inboxes, as for chargers: taken, written down,
 * cleared; what is refused is answered in battery/<id>/control. */
#include "libcommon/io/discovery.h"
#include "proto/codec.h"
#include "services/surplus-controller/io/brain.h"
#include "services/surplus-controller/io/inbox.h"

int storage_index(const struct brain *b, const char *id)
{
    for (int i = 0; i < b->storage->conf.n; i++)
        if (strcmp(b->storage->ios[i].id, id) == 0)
            return i;
    return -1;
}
const struct kept_override *storage_choice(const struct battery_io *io, const char *field)
{
    return inbox_find(io->kept.overrides, io->kept.overrides_n, field);
}

/* ---- inbox ---- */
static const char *why_not(const struct brain *b, int i, const struct bus_msg *m)
{
    const struct override *o = m->override;
    const char *field = override_rows[m->match.override].field;
    if (!b->storage->units[i].control)
        return "it can't be controlled, or may not be (control: false)";
    if (strcmp(field, "mode") == 0 && o->value == BATTERY_MODE_POWER)
        return "expected normal, hold, charge or limit";
    if (o->until_unplugged)
        return "a battery is not unplugged";
    if (o->until_ms.set && o->until_ms.v <= m->at.wall.ms)
        return "its end is in the past";
    return NULL;
}
static void on_override(void *user, const struct bus_msg *m)
{
    struct brain *b = user;
    int i = storage_index(b, m->match.id);
    if (i < 0 || !m->override)
        return;
    struct inbox x = INBOX_OF(&b->storage->ios[i].kept, &b->storage->ios[i].rev);
    struct kept_override o = inbox_choice(m);
    inbox_close(b, m, inbox_receive(&x, m, &o, why_not(b, i, m)));
}
void storage_choices_subscribe(struct brain *b)
{
    if (!b->storage)
        return;
    discovery_allow(b->svc->discovery, "battery", "mode",
                    1u << BATTERY_MODE_NORMAL | 1u << BATTERY_MODE_HOLD |
                        1u << BATTERY_MODE_CHARGE | 1u << BATTERY_MODE_LIMIT);
    for (int i = 0; i < b->storage->conf.n; i++)
        bus_on_override(b->svc->bus, "battery", b->storage->ios[i].id, on_override, b);
}

/* ---- to the core ---- */
static struct opt_i32 value_of(const struct battery_io *io, const char *field)
{
    const struct kept_override *o = storage_choice(io, field);
    return o ? SOME_I32(o->value) : (struct opt_i32){0};
}
int64_t storage_choices_refresh(struct brain *b, struct now now)
{
    int64_t next = INT64_MAX;
    for (int i = 0; i < b->storage->conf.n; i++) {
        struct battery_io *io = &b->storage->ios[i];
        struct storage_unit_in *u = &b->storage->ins[i];
        struct inbox x = INBOX_OF(&io->kept, &io->rev);
        b->save_due = inbox_expire(&x, now, &next) || b->save_due;
        struct opt_i32 mode = value_of(io, "mode");
        u->mode = mode.set ? (enum battery_mode)mode.v : BATTERY_MODE_NORMAL;
        u->charge_w = value_of(io, "charge_power");
        u->discharge_w = value_of(io, "discharge_power");
        u->min_soc_pm = value_of(io, "min_soc");
        u->max_soc_pm = value_of(io, "max_soc");
        u->first_until_soc_pm = value_of(io, "first_until_soc");
    }
    return next;
}
