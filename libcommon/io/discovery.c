/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/io/discovery.h"
#include "libcommon/io/bus.h"
#include "libcommon/io/discovery_store.h"
#include "libcommon/io/log.h"

enum {
    QUIET_MS = 1000,      /* a device's messages come one after the other */
    INFO_WAIT_MS = 10000, /* so long its identity is waited for */
    BIRTH_MIN_MS = 200,   /* not every service at once */
    BIRTH_SPREAD_MS = 2000,
};
static const char birth_topic[] = "homeassistant/status";

struct discovery {
    struct svc *svc;
    struct discovery_book book;
    uv_timer_t changed, birth;
    uint32_t *allowed; /* one per override row */
    struct log_latch unsaved;
    char text[HA_DOCUMENT_MAX];
};

/* ---- what may be set ---- */
/* What people can tell apart, in our unit: 1 A, 100 W, 0.1 kWh, 1 %. */
static int32_t step_of(const char *unit)
{
    static const struct {
        const char *unit;
        int32_t step;
    } steps[] = {{"mA", 1000}, {"W", 100}, {"Wh", 100}, {"permille", 10}};
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (strcmp(unit, steps[i].unit) == 0)
            return steps[i].step;
    return 1;
}
/* What this kind of load knows. */
static void load_choice(const struct load_conf *c, const char *field, struct ha_choice *out)
{
    if (strcmp(field, "mode") == 0) {
        out->values &= site_load_modes(c);
    } else if (strcmp(field, "power") == 0) {
        out->offered = out->offered && !c->output[0] &&
                       (c->kind == LOAD_KIND_POWER || c->kind == LOAD_KIND_GENERATOR);
        out->hi = c->max_power_w;
        out->hi_is_default = true;
    }
}
static struct ha_choice choice_of(const struct discovery *d, int row, const char *id)
{
    const struct override_row *o = &override_rows[row];
    const struct site_chargers *item =
        strcmp(o->cls, "charger") == 0 ? site_charger(d->svc->site, id) : NULL;
    const struct charger_conf *c = item ? &item->conf : NULL;
    struct ha_choice out = {.offered = d->allowed[row] != 0,
                            .values = d->allowed[row],
                            .lo = sat_i32(o->lo),
                            .hi = sat_i32(o->hi),
                            .step = step_of(o->unit),
                            .lo_is_none = strncmp(o->field, "target_", 7) == 0};
    const struct site_loads *load =
        strcmp(o->cls, "load") == 0 ? site_load_of(d->svc->site, id) : NULL;
    if (load)
        load_choice(&load->conf, o->field, &out);
    if (!c)
        return out;
    if (strcmp(o->field, "max_current") == 0) {
        out.hi = c->max_current_ma;
        out.hi_is_default = true;
    } else if (strcmp(o->field, "min_current") == 0) {
        out.hi = min_i32(out.hi, c->max_current_ma);
    } else if (strcmp(o->field, "phases") == 0) {
        out.offered = out.offered && c->can_switch_phases;
    }
    return out;
}

/* ---- documents ---- */
static void publish(struct discovery *d, struct discovery_device *dev, bool again)
{
    struct ha_choice choices[64];
    assert(override_rows_n <= (int)COUNT_OF(choices));
    for (int i = 0; i < override_rows_n; i++)
        choices[i] = choice_of(d, i, dev->id);
    struct ha_device *h = &dev->ha;
    *h = discovery_view(&d->book, dev);
    struct buf b = buf_of(d->text, sizeof d->text);
    enum err e = ha_document(h, choices, &b);
    if (e == ERR_FULL)
        log_warn("event=discovery_full device=%s", dev->id);
    if (e != ERR_OK)
        return;
    struct str text = {b.p, b.len};
    uint64_t hash = str_hash(text);
    if (hash != dev->sent_hash || again)
        bus_publish_text(d->svc->bus, ha_topic(h).s, text);
    dev->sent_hash = hash;
}

static void save(struct discovery *d)
{
    bool bad = discovery_save(&d->book, d->svc->state_dir) != ERR_OK;
    (void)log_fault(&d->unsaved, bad, "discovery_unsaved", d->svc->state_dir);
}

static void on_changed(uv_timer_t *t)
{
    struct discovery *d = t->data;
    struct mono now = svc_now().mono;
    bool waiting = false, changed = false;
    for (size_t i = 0; i < d->book.n; i++) {
        struct discovery_device *dev = &d->book.v[i];
        if (!dev->dirty)
            continue;
        if (discovery_lacks_info(dev) && mono_since_ms(now, dev->first) < INFO_WAIT_MS) {
            waiting = true;
            continue;
        }
        dev->dirty = false;
        changed = true;
        publish(d, dev, false);
    }
    if (changed)
        save(d);
    if (waiting)
        uv_timer_start(t, on_changed, QUIET_MS, 0);
}

static void touch(struct discovery *d)
{
    if (!uv_is_active((uv_handle_t *)&d->changed))
        uv_timer_start(&d->changed, on_changed, QUIET_MS, 0);
}

void discovery_seen(void *discovery, enum message_id m, const char *id, const void *body)
{
    struct discovery *d = discovery;
    if (discovery_note(&d->book, m, id, body, svc_now().mono))
        touch(d);
}

/* ---- Home Assistant's own life ---- */
static void on_birth_timer(uv_timer_t *t)
{
    struct discovery *d = t->data;
    for (size_t i = 0; i < d->book.n; i++)
        if (d->book.v[i].sent_hash)
            publish(d, &d->book.v[i], true);
}

static void on_birth(void *user, const char *topic, struct str payload)
{
    struct discovery *d = user;
    UNUSED(topic);
    if (!str_eq(payload, "online"))
        return;
    uint64_t jitter = str_hash(str_of(d->svc->boot)) % BIRTH_SPREAD_MS;
    uv_timer_start(&d->birth, on_birth_timer, BIRTH_MIN_MS + jitter, 0);
}

/* A cleared document takes its entities with it. Sent at every start: it is not known whether the
 * broker heard it the last time. */
static void clear_gone(struct discovery *d)
{
    for (size_t i = 0; i < d->book.gone_n; i++) {
        const struct discovery_gone *g = &d->book.gone[i];
        struct ha_device h = {
            .site = d->book.site, .service = d->book.service, .cls = g->cls, .id = g->id};
        bus_publish_text(d->svc->bus, ha_topic(&h).s, str_of(""));
    }
}

void discovery_allow(struct discovery *d, const char *cls, const char *field, uint32_t values)
{
    if (!d)
        return;
    for (int i = 0; i < override_rows_n; i++)
        if (strcmp(override_rows[i].cls, cls) == 0 && strcmp(override_rows[i].field, field) == 0)
            d->allowed[i] = values;
    for (size_t i = 0; i < d->book.n; i++)
        d->book.v[i].dirty = true;
    touch(d);
}

struct discovery *discovery_new(struct svc *s)
{
    struct discovery *d = calloc(1, sizeof *d);
    if (!d)
        abort();
    d->svc = s;
    d->allowed = calloc((size_t)override_rows_n, sizeof *d->allowed);
    if (!d->allowed)
        abort();
    for (int i = 0; i < override_rows_n; i++)
        d->allowed[i] = UINT32_MAX;
    uv_timer_init(&s->loop, &d->changed);
    uv_timer_init(&s->loop, &d->birth);
    d->changed.data = d->birth.data = d;
    d->book.site = s->site->general.site;
    d->book.service = s->name;
    d->book.currency = s->site->general.currency;
    enum err e = discovery_load(&d->book, s->state_dir, s->site);
    if (e != ERR_OK && e != ERR_MISSING)
        log_warn("event=discovery_lost detail=\"%s: %s; learnt anew\"", s->state_dir, err_name(e));
    clear_gone(d);
    if (d->book.n)
        touch(d);
    bus_on_text(s->bus, birth_topic, on_birth, d);
    bus_on_publish(s->bus, discovery_seen, d);
    return d;
}

void discovery_free(struct discovery *d)
{
    if (!d)
        return;
    discovery_book_free(&d->book);
    free(d->allowed);
    free(d);
}
