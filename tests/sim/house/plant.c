/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/house/plant.h"

#include <assert.h>

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t max64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* First order lag, backward Euler: stable for every dt. Arrives where the rounding would stop it.
 */
static int64_t lag(int64_t value, int64_t target, int64_t dt_ms, int64_t tau_ms)
{
    if (dt_ms == 0)
        return value;
    int64_t change = (target - value) * dt_ms / (tau_ms + dt_ms);
    return change == 0 ? target : value + change;
}

static int32_t permille(int64_t uj, int32_t capacity_wh)
{
    return (int32_t)(uj / (capacity_wh * (UJ_PER_WH / 1000)));
}

static int64_t stored(int32_t capacity_wh, int32_t soc_permille)
{
    return capacity_wh * (UJ_PER_WH / 1000) * soc_permille;
}

void plant_init(struct plant *p, const struct plant_config *config)
{
    assert(config->n_chargers >= 0 && config->n_chargers <= MAX_CHARGERS);
    assert(config->voltage_mv > 0);
    *p = (struct plant){.config = *config};
    p->control = (struct plant_control){NO_LIMIT_W, config->battery.max_charge_w,
                                        config->battery.max_discharge_w, false,
                                        config->battery.min_soc_permille};
    p->battery_uj = stored(config->battery.capacity_wh, config->battery.soc_permille);
    for (int32_t i = 0; i < config->n_chargers; i++) {
        const struct charger_config *c = &config->charger[i];
        assert(c->car.capacity_wh > 0 && c->car.phases >= 1 && c->car.phases <= PHASES);
        p->charger[i].delivered_uj = c->meter_wh * UJ_PER_WH;
        p->charger[i].offered_phases = PHASES;
        p->charger[i].stored_uj = stored(c->car.capacity_wh, c->car.soc_permille);
    }
}

void plant_plug(struct charger *c, const struct car_config *car, bool plugged)
{
    c->plugged = plugged;
    c->wait_ms = car->delay_ms;
    if (!plugged)
        plant_open_contactor(c);
}

void plant_open_contactor(struct charger *c)
{
    c->drawn_ua = 0;
}

int32_t plant_car_phases(const struct plant *p, int32_t i)
{
    int32_t car = p->config.charger[i].car.phases;
    return p->charger[i].offered_phases < car ? p->charger[i].offered_phases : car;
}

int32_t plant_car_permille(const struct plant *p, int32_t i)
{
    return permille(p->charger[i].stored_uj, p->config.charger[i].car.capacity_wh);
}

int32_t plant_battery_permille(const struct plant *p)
{
    return p->config.battery.present ? permille(p->battery_uj, p->config.battery.capacity_wh) : 0;
}

/* Most that the car takes at its state of charge: full up to 80 %, then down to a tenth. */
static int64_t car_appetite_ma(const struct car_config *car, int32_t soc_permille)
{
    if (soc_permille >= 1000)
        return 0;
    if (soc_permille <= 800)
        return car->max_ma;
    return max64((int64_t)car->max_ma * (1000 - soc_permille) / 200, car->max_ma / 10);
}

static int64_t car_target_ua(const struct plant *p, int32_t i, int64_t dt_ms)
{
    const struct car_config *car = &p->config.charger[i].car;
    const struct charger *c = &p->charger[i];
    if (!c->plugged || c->offered_ma < MIN_OFFER_MA || c->wait_ms > dt_ms)
        return 0;
    int64_t offered = min64(c->offered_ma, p->config.charger[i].max_ma) - car->below_ma;
    return 1000 * min64(offered, car_appetite_ma(car, plant_car_permille(p, i)));
}

static void step_car(struct plant *p, int32_t i, int64_t dt_ms)
{
    const struct car_config *car = &p->config.charger[i].car;
    struct charger *c = &p->charger[i];
    int64_t target = car_target_ua(p, i, dt_ms);
    if (!c->plugged || c->offered_ma < MIN_OFFER_MA)
        c->wait_ms = car->delay_ms;
    else
        c->wait_ms = max64(c->wait_ms - dt_ms, 0);
    /* 95 % after three time constants */
    c->drawn_ua = lag(c->drawn_ua, target, dt_ms, car->settle_ms / 3);
    if (!c->plugged || (target == 0 && c->drawn_ua < 300000)) /* the contactor opens */
        c->drawn_ua = 0;

    int32_t phases = plant_car_phases(p, i), rotation = p->config.charger[i].rotation;
    int64_t mw = c->drawn_ua * p->config.voltage_mv / 1000000, total = 0;
    for (int32_t k = 0; k < PHASES; k++) {
        c->mw[(k + rotation) % PHASES] = k < phases ? mw : 0;
        total += k < phases ? mw : 0;
    }
    c->stored_uj = min64(c->stored_uj + total * dt_ms, stored(car->capacity_wh, 1000));
    c->delivered_uj += total * dt_ms;
    p->cars_mw += total;
    p->energy.cars += total * dt_ms;
}

/* Where the battery wants to be: grid at zero, inside the commanded and the physical window. */
static int64_t battery_target_mw(const struct plant *p, int64_t sun_mw)
{
    const struct battery_config *b = &p->config.battery;
    int64_t low = -INT64_C(1000) * p->control.discharge_max_w;
    int64_t high = INT64_C(1000) * p->control.charge_max_w;
    int64_t want = sun_mw - p->house_mw - p->cars_mw;
    want = min64(max64(want, low), high);
    if (!p->control.grid_charge)
        want = min64(want, max64(sun_mw, 0));
    return min64(max64(want, -INT64_C(1000) * b->max_discharge_w), INT64_C(1000) * b->max_charge_w);
}

/* Inverter with PV and battery on the DC side. The AC limit caps PV + discharge; PV goes first, and
 * what the battery charges need not pass the AC side. */
static void step_inverter(struct plant *p, int64_t dt_ms)
{
    const struct battery_config *b = &p->config.battery;
    int64_t sun = INT64_C(1000) * p->input.pv_w;
    int64_t limit =
        p->control.ac_limit_w == NO_LIMIT_W ? INT64_MAX / 4 : INT64_C(1000) * p->control.ac_limit_w;
    limit = min64(limit, INT64_C(1000) * p->config.pv_rated_w);
    int64_t charge = 0;
    if (b->present) {
        charge = lag(p->battery_mw, battery_target_mw(p, sun), dt_ms, b->lag_ms);
        int64_t room = stored(b->capacity_wh, 1000) - p->battery_uj;
        int64_t usable = p->battery_uj - stored(b->capacity_wh, p->control.reserve_permille);
        charge = min64(charge, room / max64(dt_ms, 1));
        charge = max64(charge, -max64(usable, 0) / max64(dt_ms, 1));
    }
    p->pv_mw = min64(sun, limit + max64(charge, 0));
    if (charge < 0)
        charge = max64(charge, -max64(limit - p->pv_mw, 0));
    p->battery_mw = charge;
    p->inverter_mw = p->pv_mw - charge;
    p->battery_uj += charge * dt_ms;
    p->energy.pv += p->pv_mw * dt_ms;
    p->energy.inverter += max64(p->inverter_mw, 0) * dt_ms;
    p->energy.charged += max64(charge, 0) * dt_ms;
    p->energy.discharged += max64(-charge, 0) * dt_ms;
}

static void watch_fuse(struct plant *p, int32_t phase, int64_t dt_ms)
{
    struct fuse_watch *f = &p->fuse[phase];
    int32_t ma = plant_phase_ma(p, phase), over = ma - p->config.fuse_ma;
    if (ma > f->peak_ma)
        f->peak_ma = ma;
    f->events += over > 0 && !f->over;
    f->over = over > 0;
    if (!f->over) {
        f->over_ms = 0;
        return;
    }
    f->over_ms += dt_ms;
    f->total_over_ms += dt_ms;
    f->longest_over_ms = max64(f->longest_over_ms, f->over_ms);
    if (over > f->worst_over_ma)
        f->worst_over_ma = over;
}

static void watch_charger(struct plant *p, int32_t i, int64_t dt_ms)
{
    struct charger *c = &p->charger[i];
    int32_t allowed = c->commanded_ma < MIN_OFFER_MA ? 0 : c->commanded_ma;
    int32_t over = (int32_t)(c->drawn_ua / 1000) - allowed;
    if (over <= 100) { /* resolution of a limit on the wire: 0.1 A */
        c->over_ms = 0;
        return;
    }
    bool was = c->over_ms > OVERDRAW_GRACE;
    c->over_ms += dt_ms;
    c->longest_over_ms = max64(c->longest_over_ms, c->over_ms);
    if (c->over_ms <= OVERDRAW_GRACE)
        return;
    if (!was)
        c->violations++;
    if (over > c->worst_over_ma)
        c->worst_over_ma = over;
}

static void step_grid(struct plant *p, int64_t dt_ms)
{
    int64_t third = p->inverter_mw / PHASES;
    p->grid_mw = 0;
    for (int32_t k = 0; k < PHASES; k++) {
        int64_t mw = INT64_C(1000) * p->input.load_w[k];
        mw -= k < PHASES - 1 ? third : p->inverter_mw - third * (PHASES - 1);
        for (int32_t i = 0; i < p->config.n_chargers; i++)
            mw += p->charger[i].mw[k];
        p->phase_mw[k] = mw;
        p->grid_mw += mw;
        p->energy.import_phase[k] += max64(mw, 0) * dt_ms;
        p->energy.export_phase[k] += max64(-mw, 0) * dt_ms;
        watch_fuse(p, k, dt_ms);
    }
    p->energy.import += max64(p->grid_mw, 0) * dt_ms;
    p->energy.export += max64(-p->grid_mw, 0) * dt_ms;
}

void plant_step(struct plant *p, int64_t dt_ms)
{
    assert(dt_ms >= 0);
    p->now_ms += dt_ms;
    p->house_mw = 0;
    for (int32_t k = 0; k < PHASES; k++)
        p->house_mw += INT64_C(1000) * p->input.load_w[k];
    p->energy.house += p->house_mw * dt_ms;
    p->cars_mw = 0;
    for (int32_t i = 0; i < p->config.n_chargers; i++) {
        step_car(p, i, dt_ms);
        watch_charger(p, i, dt_ms);
    }
    step_inverter(p, dt_ms);
    step_grid(p, dt_ms);
}

int32_t plant_phase_ma(const struct plant *p, int32_t phase)
{
    int64_t mw = p->phase_mw[phase];
    return (int32_t)((mw < 0 ? -mw : mw) * 1000 / p->config.voltage_mv);
}

int32_t plant_charger_ma(const struct plant *p, int32_t i, int32_t phase)
{
    return phase < plant_car_phases(p, i) ? (int32_t)(p->charger[i].drawn_ua / 1000) : 0;
}

int64_t plant_charger_mw(const struct plant *p, int32_t i)
{
    return p->charger[i].mw[0] + p->charger[i].mw[1] + p->charger[i].mw[2];
}

int64_t plant_imbalance_uj(const struct plant *p)
{
    const struct energy *e = &p->energy;
    return e->import - e->export - (e->house + e->cars + e->charged - e->discharged - e->pv);
}
