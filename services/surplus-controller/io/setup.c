/* SPDX-License-Identifier: Apache-2.0
 * setup.c -- site.yaml to the core's configuration and its arrays. */
#include "services/surplus-controller/io/brain.h"
#include "services/surplus-controller/io/flows.h"
#include "services/surplus-controller/io/loads.h"
#include "services/surplus-controller/io/recorder.h"
#include "services/surplus-controller/io/settings.h"

void *brain_array(int n, size_t size)
{
    void *p = calloc((size_t)max_i32(n, 1), size);
    if (!p)
        abort();
    return p;
}
static int circuit_index(const struct brain *b, const char *id)
{
    for (int i = 0; i < b->conf.circuits_n; i++)
        if (strcmp(b->circuit_ids[i], id) == 0)
            return i;
    return -1;
}
/* Parents before children, the grid connection first. */
static void place_circuits(struct brain *b, const struct site *site)
{
    const struct site_circuits *root = site_root(site);
    for (int placed = -1; placed < b->conf.circuits_n;) {
        placed = b->conf.circuits_n;
        for (int k = 0; k < site->circuits_n; k++) {
            const struct site_circuits *c = &site->circuits[k];
            int parent = c == root ? -1 : circuit_index(b, c->conf.parent);
            if (circuit_index(b, c->id) >= 0 || (c != root && parent < 0))
                continue;
            int i = b->conf.circuits_n++;
            b->circuit_ids[i] = c->id;
            b->circuit_meters[i] = c->conf.meter;
            b->circuits[i] = (struct control_circuit_conf){
                .parent = (int16_t)parent,
                .phases = c->conf.phases == 1 ? 1 : ALL_PHASES,
                .metered = c->conf.meter[0] != '\0',
                .max_current_ma = c->conf.max_current_ma,
                .reserve_ma = c->conf.reserve_ma,
                .max_power_w = c->conf.max_power_w,
            };
            if (parent >= 0)
                b->circuits[i].phases &= b->circuits[parent].phases;
        }
    }
    if (b->conf.circuits_n)
        return;
    /* A site without circuits has no chargers either; the core wants a grid connection. */
    b->conf.circuits_n = 1;
    b->circuit_ids[0] = b->circuit_meters[0] = "";
    b->circuits[0] = (struct control_circuit_conf){-1, ALL_PHASES, false, CURRENT_HI, 0, {0}};
}
/* The grid phase on its terminal 1. */
static uint8_t first_phase(const struct charger_conf *c, uint8_t circuit)
{
    static const uint8_t first[ROTATION_COUNT] = {
        [ROTATION_L123] = 1, [ROTATION_L231] = 2, [ROTATION_L312] = 4};
    return first[c->rotation] & circuit ? first[c->rotation] : circuit;
}
static enum err place_chargers(struct brain *b, const struct site *site, struct err_text *why)
{
    for (int i = 0; i < site->chargers_n; i++) {
        const struct charger_conf *c = &site->chargers[i].conf;
        int circuit = circuit_index(b, c->circuit);
        if (circuit < 0)
            return err_set(why, ERR_UNKNOWN, "charger.%s: no circuit \"%s\"", site->chargers[i].id,
                           c->circuit);
        uint8_t first = first_phase(c, b->circuits[circuit].phases);
        b->chargers[i] = (struct control_charger_conf){
            .circuit = (int16_t)circuit,
            .phases = c->phases == 1 ? first : b->circuits[circuit].phases,
            .priority = (uint8_t)c->priority,
            .min_ma = c->min_current_ma,
            .max_ma = c->max_current_ma,
            .fallback_ma = c->fallback_ma,
            .can_switch = c->can_switch_phases && b->circuits[circuit].phases == ALL_PHASES,
            .one_phase = first,
            .switch_pause_ms = c->switch_pause_ms,
        };
        b->ios[i].id = site->chargers[i].id;
        b->ios[i].conf = c;
        str_copyz(b->ios[i].kept.id, ID_CAP, b->ios[i].id);
    }
    return ERR_OK;
}
/* The meter at the grid connection: role grid, else the meter of the root circuit. */
static void place_meters(struct brain *b, const struct site *site)
{
    for (int i = site->meters_n - 1; i >= 0; i--)
        if (site->meters[i].conf.role == ROLE_GRID)
            b->grid_meter = site->meters[i].id;
    if (!b->grid_meter && b->circuit_meters[0][0])
        b->grid_meter = b->circuit_meters[0];
    bool sum = site->control.grid_source == GRID_SOURCE_SUM;
    b->conf.has_grid_meter = b->circuits[0].metered = b->grid_meter || sum;
}
enum err brain_configure(struct brain *b, struct err_text *why)
{
    const struct site *site = b->svc->site;
    int nc = site->circuits_n + 1, n = site->chargers_n, takers = n + site->loads_n;
    b->conf = control_config_default();
    settings_place(&b->conf, &site->control);
    b->circuits = brain_array(nc, sizeof *b->circuits);
    b->circuit_ids = brain_array(nc, sizeof *b->circuit_ids);
    b->circuit_meters = brain_array(nc, sizeof *b->circuit_meters);
    b->circuit_readings = brain_array(nc, sizeof *b->circuit_readings);
    b->circuit_skews = brain_array(nc, sizeof *b->circuit_skews);
    b->circuits_kept = brain_array(nc, sizeof *b->circuits_kept);
    b->circuits_as_kept = brain_array(nc, sizeof *b->circuits_as_kept);
    b->state.circuits = brain_array(nc, sizeof *b->state.circuits);
    b->out.circuits = brain_array(nc, sizeof *b->out.circuits);
    b->chargers = brain_array(takers, sizeof *b->chargers);
    b->charger_ins = brain_array(takers, sizeof *b->charger_ins);
    b->ios = brain_array(n, sizeof *b->ios);
    b->state.chargers = brain_array(takers, sizeof *b->state.chargers);
    b->state.order = brain_array(takers, sizeof *b->state.order);
    b->out.chargers = brain_array(takers, sizeof *b->out.chargers);
    b->inverters = brain_array(site->inverters_n, sizeof *b->inverters);
    b->batteries = brain_array(site->batteries_n, sizeof *b->batteries);
    place_circuits(b, site);
    place_meters(b, site);
    b->conf.circuits = b->circuits;
    b->conf.chargers = b->chargers;
    b->conf.chargers_n = n;
    b->conf.has_battery = site->batteries_n > 0;
    b->in.circuits = b->circuit_readings;
    b->in.chargers = b->charger_ins;
    b->in.config_agreed = true;
    for (b->inverters_n = 0; b->inverters_n < site->inverters_n; b->inverters_n++)
        b->inverters[b->inverters_n].id = site->inverters[b->inverters_n].id;
    for (b->batteries_n = 0; b->batteries_n < site->batteries_n; b->batteries_n++)
        b->batteries[b->batteries_n].id = site->batteries[b->batteries_n].id;
    for (int i = 0; i < b->conf.circuits_n; i++)
        str_copyz(b->circuits_kept[i].id, ID_CAP, b->circuit_ids[i]);
    b->storage = storage_new(site);
    b->feedin = feedin_new(site);
    enum err rc = place_chargers(b, site, why);
    if (rc == ERR_OK)
        rc = choices_configure(b, why);
    if (rc == ERR_OK)
        rc = loads_configure(b, why);
    if (rc == ERR_OK)
        users_configure(b);
    return rc;
}
void brain_release(struct brain *b)
{
    formulas_free(&b->formulas);
    choices_free(b);
    users_free(b);
    loads_free(b);
    void *all[] = {b->circuits,       b->circuit_ids,   b->circuit_meters,   b->circuit_readings,
                   b->circuit_skews,  b->circuits_kept, b->circuits_as_kept, b->state.circuits,
                   b->out.circuits,   b->chargers,      b->charger_ins,      b->ios,
                   b->state.chargers, b->state.order,   b->out.chargers,     b->inverters,
                   b->batteries};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        free(all[i]);
    flows_free(b->flows);
    storage_free(b->storage);
    feedin_free(b->feedin);
    recorder_free(b->recorder);
}
