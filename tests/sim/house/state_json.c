/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/house/clock.h"
#include "tests/sim/house/control_socket.h"

static json_object *ints(const int64_t *v, int n, int64_t divisor)
{
    json_object *a = json_object_new_array();
    for (int i = 0; i < n; i++)
        json_object_array_add(a, json_object_new_int64(v[i] / divisor));
    return a;
}

static json_object *grid_json(const struct plant *p)
{
    json_object *o = json_object_new_object(), *watch = json_object_new_array();
    int64_t ma[PHASES];
    for (int32_t k = 0; k < PHASES; k++) {
        const struct fuse_watch *f = &p->fuse[k];
        json_object *w = json_object_new_object();
        ma[k] = plant_phase_ma(p, k);
        json_put_int(w, "peak_ma", f->peak_ma);
        json_put_int(w, "worst_over_ma", f->worst_over_ma);
        json_put_int(w, "longest_over_ms", f->longest_over_ms);
        json_put_int(w, "total_over_ms", f->total_over_ms);
        json_put_int(w, "events", f->events);
        json_object_array_add(watch, w);
    }
    json_put_int(o, "power_w", p->grid_mw / 1000);
    json_object_object_add(o, "phase_w", ints(p->phase_mw, PHASES, 1000));
    json_object_object_add(o, "phase_ma", ints(ma, PHASES, 1));
    json_put_int(o, "import_wh", p->energy.import / UJ_PER_WH);
    json_put_int(o, "export_wh", p->energy.export / UJ_PER_WH);
    json_put_int(o, "fuse_ma", p->config.fuse_ma);
    json_object_object_add(o, "fuse", watch);
    return o;
}

static json_object *inverter_json(const struct plant *p)
{
    json_object *o = json_object_new_object();
    json_put_int(o, "power_w", p->inverter_mw / 1000);
    json_put_int(o, "pv_w", p->pv_mw / 1000);
    json_put_int(o, "sun_w", p->input.pv_w);
    json_put_int(o, "pv_wh", p->energy.pv / UJ_PER_WH);
    if (p->control.ac_limit_w != NO_LIMIT_W)
        json_put_int(o, "limit_w", p->control.ac_limit_w);
    return o;
}

static json_object *battery_json(const struct plant *p)
{
    json_object *o = json_object_new_object();
    json_put_int(o, "power_w", p->battery_mw / 1000);
    json_put_int(o, "soc_permille", plant_battery_permille(p));
    json_put_int(o, "charge_max_w", p->control.charge_max_w);
    json_put_int(o, "discharge_max_w", p->control.discharge_max_w);
    json_put_bool(o, "grid_charge", p->control.grid_charge);
    json_put_int(o, "charged_wh", p->energy.charged / UJ_PER_WH);
    json_put_int(o, "discharged_wh", p->energy.discharged / UJ_PER_WH);
    return o;
}

static json_object *counters_json(const struct box *b)
{
    json_object *all = json_object_new_object();
    for (size_t i = 0; i < b->n_counters; i++) {
        const struct box_counter *c = &b->counter[i];
        json_object *o = json_object_new_object();
        json_put_int(o, "in", c->in);
        json_put_int(o, "out", c->out);
        json_put_int(o, "last_in_ns", c->last_in_ns);
        json_put_int(o, "last_out_ns", c->last_out_ns);
        json_object_object_add(all, c->action, o);
    }
    return all;
}

static json_object *arrivals_json(const struct box *b)
{
    json_object *list = json_object_new_array();
    int64_t first = b->arrivals > PROFILE_LOG ? b->arrivals - PROFILE_LOG : 0;
    for (int64_t i = first; i < b->arrivals; i++) {
        const struct profile_arrival *a = &b->arrival[i % PROFILE_LOG];
        json_object *o = json_object_new_object();
        json_put_int(o, "n", i + 1);
        json_put_int(o, "mono_ns", a->mono_ns);
        json_put_text(o, "purpose", profile_purpose_name(a->purpose));
        json_put_int(o, "id", a->id);
        json_put_int(o, "stack_level", a->stack);
        json_put_int(o, "connector", a->connector);
        json_put_int(o, "transaction", a->tx_id);
        json_put_int(o, "limit", a->limit);
        json_put_text(o, "unit", a->watts ? "mW" : "mA");
        json_put_bool(o, "accepted", a->accepted);
        json_object_array_add(list, o);
    }
    return list;
}

static json_object *transaction_json(const struct box *b)
{
    if (!b->tx.active)
        return NULL;
    json_object *o = json_object_new_object();
    json_put_int(o, "id", box_tx_id(b));
    json_put_text(o, "tag", b->tx.tag);
    json_put_int(o, "energy_wh", box_meter_wh(b) - b->tx.meter_start_wh);
    return o;
}

static void put_link(json_object *o, const struct box *b)
{
    int64_t queued = 0;
    for (const struct call *c = b->head; c; c = c->next)
        queued++;
    json_put_bool(o, "online", b->link.up);
    json_put_bool(o, "booted", b->booted);
    json_put_text(o, "status", box_status_name(b->status));
    json_put_text(o, "fault", fault_name(b->fault.kind));
    json_put_int(o, "connections", b->link.opens);
    json_put_int(o, "dials", b->link.dials);
    json_put_int(o, "queued_calls", queued);
}

static json_object *charger_json(struct house *h, int32_t i)
{
    const struct charger *c = &h->plant.charger[i];
    const struct box *b = &h->box[i];
    json_object *o = json_object_new_object(), *profiles = json_object_new_array();
    int64_t ma[PHASES];
    for (int32_t k = 0; k < PHASES; k++)
        ma[k] = plant_charger_ma(&h->plant, i, k);
    json_put_text(o, "id", b->config.id);
    put_link(o, b);
    json_put_bool(o, "plugged", c->plugged);
    json_put_int(o, "offered_ma", c->offered_ma);
    json_put_int(o, "commanded_ma", c->commanded_ma);
    json_put_int(o, "offered_phases", c->offered_phases);
    json_object_object_add(o, "drawn_ma", ints(ma, PHASES, 1));
    json_object_object_add(o, "grid_phase_w", ints(c->mw, PHASES, 1000));
    json_put_int(o, "power_w", plant_charger_mw(&h->plant, i) / 1000);
    json_put_int(o, "energy_wh", box_meter_wh(b));
    json_put_int(o, "car_soc_permille", plant_car_permille(&h->plant, i));
    json_object_object_add(o, "transaction", transaction_json(b));
    json_put_int(o, "overdraw_violations", c->violations);
    json_put_int(o, "overdraw_worst_ma", c->worst_over_ma);
    json_put_int(o, "overdraw_longest_ms", c->longest_over_ms);
    for (size_t k = 0; k < b->profiles.n; k++)
        json_object_array_add(profiles, profile_to_json(&b->profiles.at[k]));
    json_object_object_add(o, "profiles", profiles);
    json_put_int(o, "profiles_received", b->arrivals);
    json_object_object_add(o, "profile_arrivals", arrivals_json(b));
    json_object_object_add(o, "messages", counters_json(b));
    return o;
}

static json_object *server_json(const struct modbus_server *s, int port)
{
    json_object *o = json_object_new_object(), *list = json_object_new_array();
    int64_t first = s->writes_total > WRITE_LOG ? s->writes_total - WRITE_LOG : 0;
    json_put_int(o, "port", port);
    json_put_text(o, "fault", fault_name(s->fault.kind));
    json_put_int(o, "clients", s->clients);
    json_put_int(o, "requests", s->requests);
    json_put_int(o, "exceptions", s->exceptions);
    json_put_int(o, "last_request_ns", s->last_request_ns);
    json_put_int(o, "writes_total", s->writes_total);
    for (int64_t i = first; i < s->writes_total; i++) {
        const struct modbus_write *w = &s->writes[i % WRITE_LOG];
        json_object *e = json_object_new_object();
        json_put_int(e, "mono_ns", w->mono_ns);
        json_put_int(e, "addr", w->addr);
        json_put_int(e, "value", w->value);
        json_object_array_add(list, e);
    }
    json_object_object_add(o, "writes", list);
    return o;
}

json_object *state_json(struct house *h)
{
    const struct plant *p = &h->plant;
    json_object *o = json_object_new_object(), *chargers = json_object_new_array();
    int64_t load[PHASES] = {p->input.load_w[0], p->input.load_w[1], p->input.load_w[2]};
    json_put_bool(o, "ok", true);
    json_put_int(o, "mono_ns", clock_mono_ns());
    json_put_int(o, "plant_ms", p->now_ms);
    json_put_int(o, "energy_imbalance_uj", plant_imbalance_uj(p));
    json_object_object_add(o, "grid", grid_json(p));
    json_object_object_add(o, "inverter", inverter_json(p));
    if (p->config.battery.present)
        json_object_object_add(o, "battery", battery_json(p));
    json_object_object_add(o, "load_w", ints(load, PHASES, 1));
    for (int32_t i = 0; i < h->options.n_chargers; i++)
        json_object_array_add(chargers, charger_json(h, i));
    json_object_object_add(o, "chargers", chargers);
    json_object_object_add(o, "meter_server", server_json(&h->meter, h->meter_port));
    json_object_object_add(o, "inverter_server", server_json(&h->inverter, h->inverter_port));
    return o;
}
