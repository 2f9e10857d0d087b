/* SPDX-License-Identifier: Apache-2.0
 * flows_publish.c -- energies for people and for others: at most once a second, and only what is
 * new; now and then anyway, so that nothing grows old. */
#include "proto/codec.h"
#include "services/surplus-controller/io/flows.h"

enum {
    PEOPLE_MS = 1000,
    ANYWAY_MS = 10000,
    QUIET_MS = 60000,      /* a charger where nothing happens; a park has thousands */
    POINT_AGE_MS = 3600000 /* a quarter comes every 15 minutes */
};

/* True when the message says something new, or has not been sent for `anyway` ms. Its ts must be 0;
 * it is set then. */
static bool news(struct flow_told *told, enum message_id m, void *body, int64_t *ts, struct now now,
                 int64_t anyway)
{
    static char text[65536];
    struct buf b = buf_of(text, sizeof text);
    enum err e = record_encode(message_of(m)->rec, body, &b);
    assert(e == ERR_OK);
    uint64_t hash = str_hash((struct str){b.p, b.len});
    if (told->at.ms && hash == told->hash && mono_since_ms(now.mono, told->at) < anyway)
        return false;
    *told = (struct flow_told){hash, now.mono};
    *ts = now.wall.ms;
    return true;
}

/* ---- derived meters ---- */
static void energies(const struct flows *f, enum derived_meter d, struct meter_state *s)
{
    static const struct {
        enum derived_meter d;
        enum flow_part part;
        bool minus;
    } rows[] = {{DERIVED_GRID_DEMAND, FLOW_GRID, true},
                {DERIVED_PRODUCED_POWER, FLOW_PRODUCER, false},
                {DERIVED_CONSUMED_EVSE, FLOW_CHARGER, false},
                {DERIVED_STORAGE_HOME, FLOW_STORAGE_HOME, true},
                {DERIVED_STORAGE_ALL, FLOW_STORAGE_ALL, true}};
    const struct flow_state *st = &f->state;
    if (d == DERIVED_HOUSE || d == DERIVED_CONSUMED_NON_EVSE)
        s->import_wh = SOME_I64((d == DERIVED_HOUSE ? st->house : st->non_evse) / FLOW_WH);
    for (size_t k = 0; k < COUNT_OF(rows); k++) {
        int64_t plus = 0, minus = 0;
        int n = 0;
        for (int i = 0; i < f->conf.n && rows[k].d == d; i++)
            if (f->parts[i] == rows[k].part) {
                plus += st->items[i].plus / FLOW_WH;
                minus += st->items[i].minus / FLOW_WH;
                n++;
            }
        if (!n)
            continue;
        s->import_wh = SOME_I64(plus);
        if (rows[k].minus)
            s->export_wh = SOME_I64(minus);
    }
}
static bool has_part(const struct flows *f, enum flow_part part)
{
    for (int i = 0; i < f->conf.n; i++)
        if (f->parts[i] == part)
            return true;
    return false;
}
/* A house without cars or batteries has no meters for them. */
static bool is_there(const struct flows *f, enum derived_meter d)
{
    bool grid = f->conf.derive_grid || has_part(f, FLOW_GRID);
    switch (d) {
    case DERIVED_PRODUCED_POWER: return has_part(f, FLOW_PRODUCER);
    case DERIVED_STORAGE_HOME: return has_part(f, FLOW_STORAGE_HOME);
    case DERIVED_STORAGE_ALL: return has_part(f, FLOW_STORAGE_ALL);
    case DERIVED_CONSUMED_EVSE:
    case DERIVED_ERROR_EVSE:
    case DERIVED_POWER_AVAILABLE_EVSE:
    case DERIVED_POWER_REMAINING_EVSE: return has_part(f, FLOW_CHARGER);
    default: return grid;
    }
}
static void publish_derived(struct flows *f, struct now now)
{
    for (int d = 0; d < DERIVED_COUNT; d++) {
        struct meter_state s = {.v = CONTRACT_VERSION,
                                .interval_ms = ANYWAY_MS,
                                .max_age_ms = 3 * ANYWAY_MS,
                                .role = ROLE_DISPLAY,
                                .power_w = f->out.meters[d]};
        if (!is_there(f, (enum derived_meter)d))
            continue;
        energies(f, (enum derived_meter)d, &s);
        if (news(&f->derived_told[d], MSG_METER_STATE, &s, &s.ts, now, ANYWAY_MS))
            bus_publish(f->brain->svc->bus, MSG_METER_STATE, derived_rows[d].id, NULL, &s,
                        BUS_KEEP);
    }
}
static void publish_infos(struct flows *f, struct now now)
{
    for (int d = 0; d < DERIVED_COUNT; d++) {
        struct meter_info info = {
            .v = CONTRACT_VERSION, .ts = now.wall.ms, .vendor = "wattbus", .role = ROLE_DISPLAY};
        str_copyz(info.name, sizeof info.name, derived_rows[d].name);
        if (is_there(f, (enum derived_meter)d))
            bus_publish(f->brain->svc->bus, MSG_METER_INFO, derived_rows[d].id, NULL, &info,
                        BUS_KEEP);
    }
}

/* ---- the house ---- */
static int64_t sum_of(const struct flow_energy *e, int from, int to)
{
    int64_t wh = 0;
    for (int a = 0; a < FLOW_FROM; a++)
        for (int b = 0; b < FLOW_TO; b++)
            if ((from < 0 || a == from) && (to < 0 || b == to))
                wh += e->v[a][b] / FLOW_WH; /* link by link, so that all sums agree */
    return wh;
}
static int32_t power_of(const struct flow_links *l, int from, int to)
{
    int64_t w = 0;
    for (int a = 0; a < FLOW_FROM; a++)
        for (int b = 0; b < FLOW_TO; b++)
            if ((from < 0 || a == from) && (to < 0 || b == to))
                w += l->w[a][b];
    return sat_i32(w);
}
/* name of the fields, source, sink; -1: all of them */
#define ENDS(E)                                                                                    \
    E(pv, FROM_PV, -1)                                                                             \
    E(battery_discharge, FROM_BATTERY, -1)                                                         \
    E(grid_import, FROM_GRID, -1)                                                                  \
    E(unmeasured, FROM_UNMEASURED, -1)                                                             \
    E(house, -1, TO_HOUSE)                                                                         \
    E(loads, -1, TO_LOADS)                                                                         \
    E(chargers, -1, TO_CHARGERS)                                                                   \
    E(battery_charge, -1, TO_BATTERY)                                                              \
    E(grid_export, -1, TO_GRID)
#define LINKS(E)                                                                                   \
    E(pv_to_house, FROM_PV, TO_HOUSE)                                                              \
    E(pv_to_loads, FROM_PV, TO_LOADS)                                                              \
    E(pv_to_chargers, FROM_PV, TO_CHARGERS)                                                        \
    E(pv_to_battery, FROM_PV, TO_BATTERY)                                                          \
    E(pv_to_grid, FROM_PV, TO_GRID)                                                                \
    E(battery_to_house, FROM_BATTERY, TO_HOUSE)                                                    \
    E(battery_to_loads, FROM_BATTERY, TO_LOADS)                                                    \
    E(battery_to_chargers, FROM_BATTERY, TO_CHARGERS)                                              \
    E(battery_to_grid, FROM_BATTERY, TO_GRID)                                                      \
    E(grid_to_house, FROM_GRID, TO_HOUSE)                                                          \
    E(grid_to_loads, FROM_GRID, TO_LOADS)                                                          \
    E(grid_to_chargers, FROM_GRID, TO_CHARGERS)                                                    \
    E(grid_to_battery, FROM_GRID, TO_BATTERY)                                                      \
    E(unmeasured_to_house, FROM_UNMEASURED, TO_HOUSE)                                              \
    E(unmeasured_to_loads, FROM_UNMEASURED, TO_LOADS)                                              \
    E(unmeasured_to_chargers, FROM_UNMEASURED, TO_CHARGERS)                                        \
    E(unmeasured_to_battery, FROM_UNMEASURED, TO_BATTERY)                                          \
    E(unmeasured_to_grid, FROM_UNMEASURED, TO_GRID)
static struct opt_i32 share(int64_t part, int64_t whole)
{
    if (whole <= 0)
        return (struct opt_i32){0};
    return SOME_I32(clamp_i32(sat_i32(part * 1000 / whole), 0, 1000));
}
static void publish_site(struct flows *f, struct now now)
{
    static struct site_flows s;
    const char *site = f->brain->svc->site->general.site;
    const struct flow_energy *day = &f->state.day, *ever = &f->state.ever;
    memset(&s, 0, sizeof s);
    s.v = CONTRACT_VERSION;
    s.interval_ms = ANYWAY_MS;
    s.max_age_ms = 3 * ANYWAY_MS;
#define E(name, from, to) s.name##_w = SOME_I32(power_of(&f->out.links, from, to));
    if (f->out.balanced) {
        ENDS(E) LINKS(E)
    }
#undef E
#define E(name, from, to) s.today_##name##_wh = SOME_I64(sum_of(day, from, to));
    ENDS(E)
    LINKS(E)
#undef E
#define E(name, from, to) s.total_##name##_wh = SOME_I64(sum_of(ever, from, to));
    ENDS(E)
#undef E
    s.day_start = SOME_I64(f->state.day_start.ms);
    /* What goes into the battery is used when it comes out. */
    int64_t used =
        sum_of(day, -1, TO_HOUSE) + sum_of(day, -1, TO_LOADS) + sum_of(day, -1, TO_CHARGERS);
    int64_t bought =
        s.today_grid_to_house_wh.v + s.today_grid_to_loads_wh.v + s.today_grid_to_chargers_wh.v;
    s.today_autarky_pm = share(used - bought, used);
    s.today_own_use_pm = share(s.today_pv_wh.v - s.today_pv_to_grid_wh.v, s.today_pv_wh.v);
    if (news(&f->site_told, MSG_SITE_FLOWS, &s, &s.ts, now, ANYWAY_MS))
        bus_publish(f->brain->svc->bus, MSG_SITE_FLOWS, site, NULL, &s, BUS_KEEP);
}

/* ---- chargers ---- */
static void publish_charger(struct flows *f, int i, struct now now)
{
    const struct flow_item *x = &f->state.items[i];
    int64_t wh[FLOW_FROM], sum = 0;
    for (int a = 0; a < FLOW_FROM; a++) {
        wh[a] = x->session[a] / FLOW_WH;
        sum += wh[a];
    }
    struct charger_flows s = {.v = CONTRACT_VERSION,
                              .interval_ms = QUIET_MS,
                              .max_age_ms = 3 * QUIET_MS,
                              .session_start = f->sources[i].session_start,
                              .session_pv_wh = SOME_I64(wh[FROM_PV]),
                              .session_battery_wh = SOME_I64(wh[FROM_BATTERY]),
                              .session_grid_wh = SOME_I64(wh[FROM_GRID]),
                              .session_unmeasured_wh = SOME_I64(wh[FROM_UNMEASURED]),
                              .session_solar_pm = share(wh[FROM_PV], sum)};
    if (f->out.balanced) {
        s.from_pv_w = SOME_I32(x->from_w[FROM_PV]);
        s.from_battery_w = SOME_I32(x->from_w[FROM_BATTERY]);
        s.from_grid_w = SOME_I32(x->from_w[FROM_GRID]);
        s.from_unmeasured_w = SOME_I32(x->from_w[FROM_UNMEASURED]);
    }
    if (f->sources[i].known &&
        news(&f->charger_told[i], MSG_CHARGER_FLOWS, &s, &s.ts, now, QUIET_MS))
        bus_publish(f->brain->svc->bus, MSG_CHARGER_FLOWS, f->sources[i].id, NULL, &s, BUS_KEEP);
}

/* ---- metering points ---- */
void flows_publish_points(struct flows *f, struct now now)
{
    static struct metering_point_state s;
    if (!bus_is_ready(f->brain->svc->bus))
        return;
    for (int i = 0; i < f->points_n; i++) {
        const struct kept_point *k = &f->points[i].kept;
        memset(&s, 0, sizeof s);
        s.v = CONTRACT_VERSION;
        s.interval_ms = QUARTER_MS;
        s.max_age_ms = POINT_AGE_MS;
        s.consumed_wh = SOME_I64(k->consumed_wh);
        s.covered_wh = SOME_I64(k->covered_wh);
        s.grid_wh = SOME_I64(k->consumed_wh - k->covered_wh);
        s.quarters_n = k->quarters_n;
        memcpy(s.quarters, k->quarters, sizeof s.quarters);
        str_copyz(s.name, sizeof s.name, f->points[i].site->conf.name);
        if (news(&f->points[i].told, MSG_METERING_POINT_STATE, &s, &s.ts, now, QUARTER_MS))
            bus_publish(f->brain->svc->bus, MSG_METERING_POINT_STATE, k->id, NULL, &s, BUS_KEEP);
    }
}

void flows_link_up(struct flows *f)
{
    struct now now = svc_now();
    f->site_told.at.ms = f->at.ms = 0;
    for (int d = 0; d < DERIVED_COUNT; d++)
        f->derived_told[d].at.ms = 0;
    for (int i = 0; i < f->conf.n; i++)
        f->charger_told[i].at.ms = 0;
    for (int i = 0; i < f->points_n; i++)
        f->points[i].told.at.ms = 0;
    publish_infos(f, now);
    flows_publish_points(f, now);
}
int64_t flows_publish(struct flows *f, struct now now)
{
    if (!bus_is_ready(f->brain->svc->bus))
        return INT64_MAX;
    if (f->at.ms && mono_since_ms(now.mono, f->at) < PEOPLE_MS)
        return f->at.ms + PEOPLE_MS;
    f->at = now.mono;
    publish_derived(f, now);
    publish_site(f, now);
    for (int i = 0; i < f->conf.n; i++)
        if (f->parts[i] == FLOW_CHARGER)
            publish_charger(f, i, now);
    return now.mono.ms + ANYWAY_MS;
}
