/* SPDX-License-Identifier: Apache-2.0
 * Readings to the bus. */
#include "libcommon/device/device.h"

static const char *text(const struct device *d, enum quantity q, const char *fallback)
{
    const char *t = d->readings.text[q - QUANTITY_VENDOR];
    return t[0] ? t : fallback;
}

#define FILL_IDENTITY(m, d)                                                                        \
    do {                                                                                           \
        (m).v = CONTRACT_VERSION;                                                                  \
        (m).ts = svc_now().wall.ms;                                                                \
        str_copyz((m).name, sizeof(m).name, (d)->conf.name);                                       \
        str_copyz((m).vendor, sizeof(m).vendor,                                                    \
                  text(d, QUANTITY_VENDOR, (d)->profile.head.vendor));                             \
        str_copyz((m).model, sizeof(m).model, text(d, QUANTITY_MODEL, (d)->profile.head.model));   \
        str_copyz((m).serial, sizeof(m).serial, text(d, QUANTITY_SERIAL, ""));                     \
        str_copyz((m).firmware, sizeof(m).firmware, text(d, QUANTITY_FIRMWARE, ""));               \
        str_copyz((m).address, sizeof(m).address, (d)->address);                                   \
        str_copyz((m).profile, sizeof(m).profile, (d)->conf.profile);                              \
    } while (0)

static struct opt_i32 rating(struct opt_i32 configured, struct opt_f64 reported)
{
    return configured.set ? configured : map_i32(reported, 0, POWER_HI);
}

void device_publish_info(struct device *d)
{
    const struct opt_f64 *num = d->readings.num;
    const struct layout *l = &d->layout;
    switch (d->conf.class) {
    case CLASS_INVERTER: {
        struct inverter_info m = {0};
        FILL_IDENTITY(m, d);
        m.max_power_w = rating(d->conf.max_power_w, num[QUANTITY_MAX_POWER]);
        m.can_limit = SOME_BOOL(d->conf.control && l->can[SEQUENCE_LIMIT]);
        bus_publish(d->svc->bus, MSG_INVERTER_INFO, d->conf.id, NULL, &m, BUS_KEEP);
        break;
    }
    case CLASS_BATTERY: {
        struct battery_info m = {0};
        FILL_IDENTITY(m, d);
        m.capacity_wh = rating(d->conf.capacity_wh, num[QUANTITY_CAPACITY]);
        m.max_charge_w = rating(d->conf.max_charge_w, num[QUANTITY_MAX_CHARGE]);
        m.max_discharge_w = rating(d->conf.max_discharge_w, num[QUANTITY_MAX_DISCHARGE]);
        m.can_control = SOME_BOOL(d->conf.control && l->can[SEQUENCE_NORMAL]);
        bus_publish(d->svc->bus, MSG_BATTERY_INFO, d->conf.id, NULL, &m, BUS_KEEP);
        break;
    }
    default: {
        struct meter_info m = {0};
        FILL_IDENTITY(m, d);
        m.role = d->conf.role;
        bus_publish(d->svc->bus, MSG_METER_INFO, d->conf.id, NULL, &m, BUS_KEEP);
    }
    }
}

static uint16_t fill_faults(const struct device *d, struct fault out[MAX_FAULTS])
{
    static const char *const codes[DEVICE_FAULT_COUNT] = {[DEVICE_COUNTER] = "counter_fell",
                                                          [DEVICE_WRITE] = "write_failed",
                                                          [DEVICE_TWO_WRITERS] = "two_writers"};
    uint16_t n = 0;
    for (int f = 0; f < DEVICE_FAULT_COUNT; f++) {
        if (!d->fault[f].on || !codes[f])
            continue;
        out[n] =
            (struct fault){.level = FAULT_LEVEL_WARNING, .since = SOME_I64(d->fault[f].since.ms)};
        str_copyz(out[n].code, sizeof out[n].code, codes[f]);
        str_copyz(out[n].device, sizeof out[n].device, d->conf.id);
        str_copyz(out[n++].text, sizeof out[n].text, d->fault[f].text);
    }
    return n;
}

#define FILL_HEAD(m, d)                                                                            \
    do {                                                                                           \
        (m).v = CONTRACT_VERSION;                                                                  \
        (m).ts = (d)->fast_at.wall.ms;                                                             \
        (m).interval_ms = (d)->conf.interval_ms ? (d)->conf.interval_ms : DEVICE_ALIVE_MS;         \
        (m).max_age_ms = (d)->conf.max_age_ms;                                                     \
        (m).faults_n = fill_faults(d, (m).faults);                                                 \
    } while (0)

/* Slow values that could not be read for long are no values any more. */
static void forget_slow(struct device *d, struct now now)
{
    static const struct image nothing;
    int64_t age = mono_since_ms(now.mono, d->slow_at.mono);
    if (age > 3 * (int64_t)device_slow_ms(d) + d->conf.max_age_ms)
        layout_decode(&d->layout, GROUP_SLOW, &nothing, &d->readings);
}

static void guard(struct device *d)
{
    bool fell = d->import.fell || d->export.fell || d->yield.fell;
    device_fault(d, DEVICE_COUNTER, fell ? "an energy counter runs backwards; held" : NULL);
}

void device_publish_state(struct device *d, struct now now)
{
    struct bus *bus = d->svc->bus;
    forget_slow(d, now);
    switch (d->conf.class) {
    case CLASS_INVERTER: {
        static struct inverter_state m;
        m = (struct inverter_state){0};
        map_inverter(&d->readings, &d->conf.wiring, &m);
        m.yield_wh = counter_pass(&d->yield, m.yield_wh);
        guard(d);
        m.applied_set = d->conf.control;
        m.applied = command_applied(&d->command, now.mono);
        FILL_HEAD(m, d);
        bus_publish(bus, MSG_INVERTER_STATE, d->conf.id, NULL, &m, BUS_KEEP);
        break;
    }
    case CLASS_BATTERY: {
        static struct battery_state m;
        m = (struct battery_state){0};
        map_battery(&d->readings, &m);
        m.applied_set = d->conf.control;
        m.applied = command_applied(&d->command, now.mono);
        FILL_HEAD(m, d);
        bus_publish(bus, MSG_BATTERY_STATE, d->conf.id, NULL, &m, BUS_KEEP);
        break;
    }
    default: {
        static struct meter_state m;
        m = (struct meter_state){0};
        map_meter(&d->readings, &d->conf.wiring, &m);
        m.role = d->conf.role;
        m.import_wh = counter_pass(&d->import, m.import_wh);
        m.export_wh = counter_pass(&d->export, m.export_wh);
        guard(d);
        FILL_HEAD(m, d);
        bus_publish(bus, MSG_METER_STATE, d->conf.id, NULL, &m, BUS_KEEP);
    }
    }
}
