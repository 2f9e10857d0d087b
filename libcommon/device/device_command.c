/* SPDX-License-Identifier: Apache-2.0
 * Setpoints to writes. */
#include "libcommon/device/device.h"

static void on_command_timer(uv_timer_t *t)
{
    device_command_run(t->data);
}

static void arm(struct device *d, int64_t ms)
{
    if (ms >= 0 && !d->stopped)
        uv_timer_start(&d->command_timer, on_command_timer, (uint64_t)ms, 0);
}

static void write_failed(struct device *d, const char *why)
{
    device_fault(d, DEVICE_WRITE, why);
    d->write_after = mono_after(svc_now().mono, DEVICE_RETRY_MS);
    arm(d, DEVICE_RETRY_MS);
}

static void write_order(struct device *d, const struct order *o)
{
    struct opt_f64 vars[VARIABLE_COUNT];
    struct write_op w[PROFILE_STEPS_MAX];
    struct modbus_op ops[PROFILE_STEPS_MAX];
    struct err_text why;
    int n;
    command_variables(o, &d->readings, d->conf.box_lease_ms, vars);
    if (layout_write(&d->layout, o->sequence, &d->image[GROUP_ONCE], vars, w, &n, &why) != ERR_OK) {
        write_failed(d, why.s);
        return;
    }
    for (int i = 0; i < n; i++) {
        ops[i] = (struct modbus_op){.function = w[i].function,
                                    .optional = w[i].optional,
                                    .addr = w[i].addr,
                                    .count = w[i].count};
        memcpy(ops[i].regs, w[i].regs, sizeof w[i].regs);
    }
    d->writing = *o;
    if (modbus_job_start(d->write, ops, n) != ERR_OK)
        write_failed(d, "the write could not be queued");
}

void device_command_run(struct device *d)
{
    if (d->stopped || !d->conf.control || d->conf.class == CLASS_METER)
        return;
    struct mono now = svc_now().mono;
    device_fault(d, DEVICE_TWO_WRITERS,
                 lease_rivals(&d->command.hold, now) ? "two writers send setpoints; the lower wins"
                                                     : NULL);
    struct order o = command_wanted(&d->command, now);
    /* Writes wait for a device that answers: a silent one is told after its next reading. */
    bool due = command_due(&d->command, &o, now);
    bool may = d->known && !modbus_job_busy(d->write) && mono_reached(now, d->write_after);
    if (due && may)
        write_order(d, &o);
    else if (!due)
        arm(d, command_next_ms(&d->command, now));
}

void device_written(void *user, const struct modbus_result *r)
{
    struct device *d = user;
    if (d->stopped)
        return;
    if (r->err != ERR_OK) {
        write_failed(d, r->why.s);
        return;
    }
    device_fault(d, DEVICE_WRITE, NULL);
    struct now now = svc_now();
    command_acknowledged(&d->command, &d->writing, now);
    if (d->known)
        device_publish_state(d, now);
    device_command_run(d); /* it may have changed meanwhile */
}

static void on_setpoint(void *user, const struct bus_msg *m)
{
    struct device *d = user;
    if (d->stopped || !m->body)
        return;
    enum lease_verdict v = d->conf.class == CLASS_INVERTER
                               ? command_inverter(&d->command, m->body, m->retained, m->at.mono)
                               : command_battery(&d->command, m->body, m->retained, m->at.mono);
    if (v == LEASE_REPLAY)
        svc_count(d->svc, "setpoints_replayed", 1);
    if (v == LEASE_TAKEN)
        device_command_run(d);
}

void device_command_init(struct device *d)
{
    d->command.battery = d->conf.class == CLASS_BATTERY;
    d->command.box_lease_ms = d->conf.box_lease_ms;
    d->command.fallback_w = d->conf.fallback_w;
    if (!d->conf.control || d->conf.class == CLASS_METER)
        return;
    enum message_id m =
        d->conf.class == CLASS_INVERTER ? MSG_INVERTER_SETPOINT : MSG_BATTERY_SETPOINT;
    bus_on(d->svc->bus, m, d->conf.id, on_setpoint, d);
}
