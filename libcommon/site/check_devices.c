/* SPDX-License-Identifier: Apache-2.0
 * Buses and the devices on them. */
#include "libcommon/site/private.h"
#include <sys/stat.h>

/* The keys that meters, inverters and batteries share. */
struct device {
    enum site_section sec;
    const char *id, *bus, *profile;
    int32_t unit, interval_ms, max_age_ms;
};

static const enum site_section device_sections[] = {SITE_meters, SITE_inverters, SITE_batteries};

static int devices_in(const struct site *s, enum site_section sec, int i, struct device *d)
{
#define TAKE(list)                                                                                 \
    *d = (struct device)                                                                           \
    {                                                                                              \
        sec, s->list[i].id, s->list[i].conf.bus, s->list[i].conf.profile, s->list[i].conf.unit,    \
            s->list[i].conf.interval_ms, s->list[i].conf.max_age_ms                                \
    }
    if (i >= site_items(s, sec))
        return 0;
    if (sec == SITE_meters)
        TAKE(meters);
    else if (sec == SITE_inverters)
        TAKE(inverters);
    else
        TAKE(batteries);
#undef TAKE
    return 1;
}

/* ---- buses ---- */
static bool is_serial(const struct bus_conf *b)
{
    return b->type == BUS_TYPE_MODBUS_RTU;
}

static void check_owner(const struct check *c, const struct site_buses *b)
{
    char list[120];
    struct buf names = buf_of(list, sizeof list);
    for (int i = 0; i < site_services_n; i++) {
        if (!site_services[i].buses)
            continue;
        if (strcmp(site_services[i].name, b->conf.owner) == 0)
            return;
        buf_addf(&names, "%s%s", names.len ? " or " : "", site_services[i].name);
    }
    check_error(c, SITE_buses, b->id, "owner", "owner: expected %s, got %s", list, b->conf.owner);
}

static bool same_wire(const struct bus_conf *a, const struct bus_conf *b)
{
    if (is_serial(a) != is_serial(b))
        return false;
    if (is_serial(a))
        return strcmp(a->device, b->device) == 0;
    return a->port == b->port && str_eq_nocase(str_of(a->host), str_of(b->host));
}

static void check_bus(const struct check *c, int i)
{
    const struct site_buses *b = &c->site->buses[i];
    const char *type = enum_text(&bus_type_enum, (int)b->conf.type);
    check_owner(c, b);
    if (is_serial(&b->conf) && !b->conf.device[0])
        check_error(c, SITE_buses, b->id, "type",
                    "type %s needs device, such as /dev/serial/by-id/…", type);
    else if (!is_serial(&b->conf) && !b->conf.host[0])
        check_error(c, SITE_buses, b->id, "type", "type %s needs host", type);
    else if (is_serial(&b->conf) && b->conf.host[0])
        check_error(c, SITE_buses, b->id, "host", "host is not for type %s", type);
    else if (!is_serial(&b->conf) && b->conf.device[0])
        check_error(c, SITE_buses, b->id, "device", "device is not for type %s", type);
    else
        for (int k = 0; k < i; k++)
            if (same_wire(&b->conf, &c->site->buses[k].conf)) {
                check_error(c, SITE_buses, b->id, is_serial(&b->conf) ? "device" : "host",
                            "is the same wire as bus %s: put all its devices on one bus",
                            c->site->buses[k].id);
                return;
            }
}

/* ---- devices ---- */

/* Where profiles lie: as the services find them. Where there are none nothing can be said. */
static const char *profile_dir(void)
{
    const char *dir = getenv("WATTBUS_PROFILES");
    struct stat st;
    dir = dir && dir[0] ? dir : "deploy/profiles";
    return stat(dir, &st) == 0 && S_ISDIR(st.st_mode) ? dir : NULL;
}

/* "eastron-sdm630", or with its class in front, "meter/eastron-sdm630". */
static void check_profile(const struct check *c, const struct device *d, const char *dir)
{
    char path[512];
    struct stat st;
    const char *cls = site_section_row(d->sec)->one;
    struct str name = str_of(d->profile), head = str_word(&name, '/');
    bool with_class = head.len < strlen(d->profile);
    if (!with_class)
        name = head;
    if (!str_is_id(name) || (with_class && !str_eq(head, cls))) {
        check_error(c, d->sec, d->id, "profile", "profile: expected a profile of class %s, got %s",
                    cls, d->profile);
        return;
    }
    if (!dir)
        return;
    snprintf(path, sizeof path, "%s/%s/%.*s.yaml", dir, cls, STR_ARG(name));
    if (stat(path, &st) != 0)
        check_error(c, d->sec, d->id, "profile", "profile %s: there is no %s", d->profile, path);
}

static void check_device(const struct check *c, const struct device *d)
{
    /* of a meter, which may have an expression instead */
    if (!d->bus[0])
        check_error(c, d->sec, d->id, NULL, "bus is missing (the bus it hangs on)");
    else if (!site_bus(c->site, d->bus))
        check_error(c, d->sec, d->id, "bus", "bus %s is not under buses", d->bus);
    if (!d->profile[0])
        check_error(c, d->sec, d->id, NULL,
                    "profile is missing (device profile (deploy/profiles))");
    if (d->max_age_ms < d->interval_ms)
        check_error(c, d->sec, d->id, "max_age", "max_age %s is shorter than interval %s",
                    duration(d->max_age_ms).s, duration(d->interval_ms).s);
}

/* One address can be a hybrid inverter and its battery, but not two meters. */
static void check_address(const struct check *c, const struct device *d, int i)
{
    struct device other;
    for (int k = 0; k < i && devices_in(c->site, d->sec, k, &other); k++)
        if (other.unit == d->unit && d->bus[0] && strcmp(other.bus, d->bus) == 0) {
            check_error(c, d->sec, d->id, "unit", "unit %" PRId32 " on bus %s is already %s.%s",
                        d->unit, d->bus, site_section_row(d->sec)->one, other.id);
            return;
        }
}

static void check_grid_meter(const struct check *c)
{
    const char *first = NULL;
    for (int i = 0; i < c->site->meters_n; i++) {
        const struct site_meters *m = &c->site->meters[i];
        if (m->conf.factor == 0)
            check_error(c, SITE_meters, m->id, "factor", "factor: expected 1 or -1, got 0");
        if (m->conf.role != ROLE_GRID)
            continue;
        if (first)
            check_error(c, SITE_meters, m->id, "role", "role grid is already that of meter %s",
                        first);
        else
            first = m->id;
    }
    if (!first && c->site->control.grid_source != GRID_SOURCE_SUM)
        check_warning(c, SITE_meters, NULL, NULL,
                      "no meter has role: grid; without one nothing charges from the sun");
}

static void check_inverters(const struct check *c)
{
    for (int i = 0; i < c->site->inverters_n; i++) {
        const struct inverter_conf *v = &c->site->inverters[i].conf;
        if (v->max_power_w.set && v->fallback_w.set && v->fallback_w.v > v->max_power_w.v)
            check_error(c, SITE_inverters, c->site->inverters[i].id, "fallback",
                        "fallback %s is above max_power %s", watts(v->fallback_w.v).s,
                        watts(v->max_power_w.v).s);
    }
}

void check_devices(const struct check *c)
{
    struct device d;
    const char *dir = profile_dir();
    for (int i = 0; i < c->site->buses_n; i++)
        check_bus(c, i);
    for (size_t k = 0; k < COUNT_OF(device_sections); k++)
        for (int i = 0; devices_in(c->site, device_sections[k], i, &d); i++) {
            if (d.sec == SITE_meters && c->site->meters[i].conf.expression[0])
                continue;
            check_device(c, &d);
            if (d.profile[0])
                check_profile(c, &d, dir);
            check_address(c, &d, i);
        }
    check_grid_meter(c);
    check_inverters(c);
}
