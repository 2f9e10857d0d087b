/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/day/core.h"
#include "services/surplus-controller/core/resume.h"
#include "services/surplus-controller/io/settings.h"

static void wire(struct core *x)
{
    x->s.chargers = x->chargers;
    x->s.circuits = x->circuits;
    x->s.order = x->order;
    x->s.loads = x->loads;
    x->out.loads = x->load_outs;
    x->c.loads = x->load_confs;
    x->out.chargers = x->decisions;
    x->out.circuits = x->circuit_outs;
    x->c.circuits = x->circuit_confs;
    x->c.chargers = x->charger_confs;
    core_wire_battery(x);
}
static void configure(struct core *x, const struct day *d)
{
    x->c = control_config_default();
    settings_place(&x->c, &d->control);
    x->c.circuits_n = d->circuits_n;
    x->c.chargers_n = d->chargers_n;
    x->c.has_battery = d->battery.power_w > 0;
    x->c.has_grid_meter = d->circuits[0].meter[0] != '\0';
    for (int i = 0; i < d->circuits_n; i++) {
        const struct day_circuit *c = &d->circuits[i];
        x->circuit_confs[i] = (struct control_circuit_conf){
            .parent = (int16_t)(i ? day_circuit_index(d, c->parent) : -1),
            .phases = (uint8_t)(c->phases == 3 ? ALL_PHASES : 1),
            .metered = c->meter[0] != '\0',
            .max_current_ma = c->max_current_ma,
            .reserve_ma = c->reserve_ma,
            .max_power_w = c->max_power_w,
        };
    }
    for (int i = 0; i < d->chargers_n; i++) {
        const struct day_charger *c = &d->chargers[i];
        x->charger_confs[i] = (struct control_charger_conf){
            .circuit = (int16_t)day_circuit_index(d, c->circuit),
            .phases = (uint8_t)(c->phases == 3 ? ALL_PHASES : 1u << (c->rotation - ROTATION_L123)),
            .priority = (uint8_t)c->priority,
            .min_ma = c->min_current_ma,
            .max_ma = c->max_current_ma,
            .fallback_ma = c->fallback_ma,
            .can_switch = c->can_switch_phases,
            .one_phase = (uint8_t)(1u << (c->rotation - ROTATION_L123)),
            .switch_pause_ms = c->switch_pause_ms,
        };
    }
    core_place_loads(x, d);
    core_place_battery(x, d);
}
void core_start(struct core *x, const struct day *d, struct now now)
{
    memset(x, 0, sizeof *x);
    configure(x, d);
    wire(x);
    control_init(&x->s, &x->c, now);
}
void core_copy(struct core *to, const struct core *from)
{
    *to = *from;
    wire(to);
}
/* What services/surplus-controller/io/memory.c writes to its files. */
void core_restart(struct core *x, const struct day *d, const struct core *old, struct now now)
{
    core_start(x, d, now);
    for (int k = 0; k < d->devices_n; k++) {
        struct control_kept_load l = control_keep_load(&old->s, &old->c, k, old->stepped);
        control_resume_load(&x->s, &x->c, k, &l);
    }
    x->battery.kept = old->battery.kept;
    for (int i = 0; i < d->chargers_n; i++) {
        struct control_kept_charger k = control_keep_charger(&old->chargers[i], old->stepped);
        control_resume_charger(&x->s, i, &k);
    }
    for (int i = 0; i < d->circuits_n; i++) {
        struct control_kept_circuit k = control_keep_circuit(&old->circuits[i]);
        control_resume_circuit(&x->s, i, &k);
    }
}
void core_step(struct core *x, const struct control_snapshot *in, struct now now)
{
    x->stepped = now;
    control_step(&x->s, in, &x->c, now, &x->out);
}
