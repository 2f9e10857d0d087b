/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/device/engine.h"
#include "libcommon/device/device.h"
#include "libcommon/io/yaml.h"
#include <sysexits.h>

struct engine {
    struct svc *svc;
    struct modbus_bus **buses; /* by index of site->buses; NULL: not ours */
    struct device **devices;
    int ndevices;
    bool failed;
};

/* ---- profiles ---- */
/* "eastron-sdm630" or "meter/eastron-sdm630"; both parts are ids, so that no path leads outside. */
static bool profile_path(const char *cls, const char *profile, char *out, size_t cap)
{
    const char *env = getenv("WATTBUS_PROFILES");
    struct str name = str_of(profile), word = str_word(&name, '/');
    if (word.len < strlen(profile) && !str_eq(word, cls))
        return false;
    if (word.len == strlen(profile))
        name = word;
    int n = snprintf(out, cap, "%s/%s/%.*s.yaml", env && *env ? env : "deploy/profiles", cls,
                     STR_ARG(name));
    return str_is_id(name) && n > 0 && (size_t)n < cap;
}

static bool load_profile(struct device *d)
{
    const char *cls = enum_text(&device_class_enum, (int)d->conf.class);
    char path[512];
    if (!profile_path(cls, d->conf.profile, path, sizeof path)) {
        fprintf(stderr, "%s.%s: profile: \"%s\" is no name of a %s profile\n", cls, d->conf.id,
                d->conf.profile, cls);
        return false;
    }
    struct yml_report *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    yml_report_init(r, path);
    bool ok = profile_load(path, d->conf.class, &d->profile, r);
    char *text = yml_report_text(r);
    fputs(text, stderr);
    if (!ok)
        fprintf(stderr, "%s.%s: profile \"%s\" can't be used\n", cls, d->conf.id, d->conf.profile);
    free(text);
    free(r);
    return ok;
}

/* ---- devices ---- */
static void add(struct engine *e, const struct device_conf *conf)
{
    struct device *d = calloc(1, sizeof *d);
    struct device **more = realloc(e->devices, ((size_t)e->ndevices + 1) * sizeof(struct device *));
    if (!d || !more)
        abort();
    e->devices = more;
    e->devices[e->ndevices++] = d;
    device_init(d, e->svc, conf);
    e->failed = !load_profile(d) || e->failed;
}

#define COMMON_CONF(cls, item)                                                                     \
    .class = CLASS_##cls, .id = (item)->id, .name = (item)->conf.name,                             \
    .profile = (item)->conf.profile, .unit = (uint8_t)(item)->conf.unit,                           \
    .interval_ms = (item)->conf.interval_ms, .max_age_ms = (item)->conf.max_age_ms

static bool ours(const struct engine *e, const char *bus)
{
    const struct site_buses *b = site_bus(e->svc->site, bus);
    return b && strcmp(b->conf.owner, e->svc->name) == 0;
}

static void add_meters(struct engine *e)
{
    const struct site *s = e->svc->site;
    for (int i = 0; i < s->meters_n; i++) {
        const struct site_meters *m = &s->meters[i];
        struct wiring w = {m->conf.factor < 0 ? -1 : 1, m->conf.ct_ratio, m->conf.rotation};
        struct device_conf c = {COMMON_CONF(METER, m), .wiring = w, .role = m->conf.role};
        if (ours(e, m->conf.bus))
            add(e, &c);
    }
}

static void add_inverters(struct engine *e)
{
    const struct site *s = e->svc->site;
    for (int i = 0; i < s->inverters_n; i++) {
        const struct site_inverters *v = &s->inverters[i];
        struct device_conf c = {
            COMMON_CONF(INVERTER, v),         .wiring = {1, 1, v->conf.rotation},
            .control = v->conf.control,       .box_lease_ms = v->conf.box_lease_ms,
            .fallback_w = v->conf.fallback_w, .max_power_w = v->conf.max_power_w};
        if (ours(e, v->conf.bus))
            add(e, &c);
    }
}

static void add_batteries(struct engine *e)
{
    const struct site *s = e->svc->site;
    for (int i = 0; i < s->batteries_n; i++) {
        const struct site_batteries *b = &s->batteries[i];
        struct device_conf c = {COMMON_CONF(BATTERY, b),
                                .control = b->conf.control,
                                .box_lease_ms = b->conf.box_lease_ms,
                                .capacity_wh = b->conf.capacity_wh,
                                .max_charge_w = b->conf.max_charge_w,
                                .max_discharge_w = b->conf.max_discharge_w};
        if (ours(e, b->conf.bus))
            add(e, &c);
    }
}

/* ---- buses ---- */
static const char *bus_of(const struct site *s, const struct device_conf *c)
{
    const struct site_meters *m = c->class == CLASS_METER ? site_meter(s, c->id) : NULL;
    const struct inverter_conf *v =
        c->class == CLASS_INVERTER ? site_find(s, SITE_inverters, c->id) : NULL;
    const struct battery_conf *b =
        c->class == CLASS_BATTERY ? site_find(s, SITE_batteries, c->id) : NULL;
    return m ? m->conf.bus : v ? v->bus : b ? b->bus : "";
}

static void open_buses(struct engine *e)
{
    const struct site *s = e->svc->site;
    for (int i = 0; i < s->buses_n; i++) {
        struct err_text why;
        if (strcmp(s->buses[i].conf.owner, e->svc->name) != 0)
            continue;
        e->buses[i] = modbus_bus_new(&e->svc->loop, s->buses[i].id, &s->buses[i].conf, &why);
        if (!e->buses[i]) {
            fprintf(stderr, "%s\n", why.s);
            e->failed = true;
        }
    }
}

static void start(struct engine *e, struct device *d)
{
    const struct site *s = e->svc->site;
    const struct site_buses *b = site_bus(s, bus_of(s, &d->conf));
    char address[192];
    bool serial = b->conf.type == BUS_TYPE_MODBUS_RTU;
    if (serial)
        snprintf(address, sizeof address, "unit %u on %s", d->conf.unit, b->conf.device);
    else
        snprintf(address, sizeof address, "unit %u at %s:%d", d->conf.unit, b->conf.host,
                 b->conf.port);
    device_start(d, e->buses[b - s->buses], address);
}

struct engine *engine_new(struct svc *s)
{
    struct engine *e = calloc(1, sizeof *e);
    struct modbus_bus **buses = calloc((size_t)s->site->buses_n + 1, sizeof(struct modbus_bus *));
    if (!e || !buses)
        abort();
    e->svc = s;
    e->buses = buses;
    add_meters(e);
    add_inverters(e);
    add_batteries(e);
    if (!e->failed && !s->check_only)
        open_buses(e);
    if (e->failed) {
        engine_stop(e);
        uv_run(&s->loop, UV_RUN_NOWAIT); /* lets the buses end before their memory goes */
        engine_free(e);
        return NULL;
    }
    for (int i = 0; i < e->ndevices && !s->check_only; i++)
        start(e, e->devices[i]);
    return e;
}

void engine_stop(struct engine *e)
{
    if (!e)
        return;
    for (int i = 0; i < e->ndevices; i++)
        device_stop(e->devices[i]);
    for (int i = 0; i < e->svc->site->buses_n; i++) {
        modbus_bus_free(e->buses[i]);
        e->buses[i] = NULL;
    }
}

void engine_free(struct engine *e)
{
    if (!e)
        return;
    for (int i = 0; i < e->ndevices; i++)
        free(e->devices[i]);
    free(e->devices);
    free(e->buses);
    free(e);
}

int engine_main(const char *service, int argc, char **argv)
{
    struct svc s;
    int code;
    if (svc_init(&s, service, argc, argv, &code) != ERR_OK)
        return code;
    struct engine *engine = engine_new(&s);
    if (!engine)
        code = EX_CONFIG;
    else
        code = s.check_only ? EX_OK : svc_run(&s);
    engine_stop(engine);
    svc_fini(&s);
    engine_free(engine);
    return code;
}
