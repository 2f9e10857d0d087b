/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/surplus-controller/house.h"
#include "tests/unit/surplus-controller/fence.h"

enum { VOLT_MV = 230000 };
void house_unfence(struct house *h)
{
    NO_FENCES(h);
}
void house_init(struct house *h, int cars, enum charge_mode mode, int32_t fuse_ma)
{
    house_unfence(h);
    memset(h, 0, sizeof *h);
    h->c = control_config_default();
    h->circuits[0] = (struct control_circuit_conf){-1, ALL_PHASES, true, fuse_ma, 0, {0}};
    h->c.circuits_n = 1;
    h->c.chargers_n = cars;
    for (int i = 0; i < cars; i++) {
        h->chargers[i] = (struct control_charger_conf){0, ALL_PHASES, 1, 6000, 16000, 6000};
        h->cars[i] = (struct car){true, false, true, ALL_PHASES, 32000, 3, 0, 1};
        h->in[i] = (struct control_charger_in){
            .known = true, .online = true, .applied_ma = SOME_I32(0), .mode = mode};
    }
    h->snap.config_agreed = true;
    h->now = (struct now){{1000000}, {1750000000000}};
}
void house_start(struct house *h)
{
    h->c.circuits = h->circuits;
    h->c.chargers = h->chargers;
    h->s.chargers = h->charger_states;
    h->s.circuits = h->circuit_states;
    h->s.order = h->order;
    h->snap.circuits = h->circuit_in;
    h->snap.chargers = h->in;
    h->out.chargers = h->decisions;
    h->out.circuits = h->circuit_outs;
    int takers = takers_n(&h->c), circuits = h->c.circuits_n;
    FENCE(h->chargers, takers);
    FENCE(h->charger_states, takers);
    FENCE(h->in, takers);
    FENCE(h->decisions, takers);
    FENCE(h->circuits, circuits);
    FENCE(h->circuit_states, circuits);
    FENCE(h->circuit_in, circuits);
    FENCE(h->circuit_outs, circuits);
    control_init(&h->s, &h->c, h->now);
}
/* Phases on which it draws: terminal 1 of a box is on L1 here. */
static uint8_t lanes(const struct car *car)
{
    return car->switches && car->closed == 1 ? car->phases & 1 : car->phases;
}
/* The box switches when it is told to and counts it as a fault when current flows. */
static void contacts_second(struct car *car, const struct control_decision *d)
{
    enum { SWITCH_S = 5 };
    if (!car->switches || car->stuck || !d->contacts || d->contacts == car->closed)
        car->switch_left_s = 0;
    else if (car->switch_left_s == 0)
        car->switch_left_s = SWITCH_S;
    else if (--car->switch_left_s == 1) {
        car->closed = d->contacts;
        car->switches_n++;
        car->switches_under_current += car->ma != 0;
        car->switch_left_s = 0;
    }
}
int32_t house_grid_ma(const struct house *h, int phase)
{
    int32_t ma = h->load_ma[phase];
    for (int i = 0; i < h->c.chargers_n; i++)
        ma += lanes(&h->cars[i]) >> phase & 1 ? h->cars[i].ma : 0;
    return ma + (int32_t)((int64_t)h->battery_w * 1000000 / VOLT_MV / PHASES);
}
static struct control_reading reading(const struct house *h, const int32_t ma[PHASES],
                                      int32_t interval_ms)
{
    struct control_reading r = {.at = h->now.mono, .known = true};
    int64_t w = 0;
    r.rule = (struct age_rule){interval_ms, 10000};
    for (int p = 0; p < PHASES; p++) {
        phase_put(&r.current_ma, p, ma[p]);
        phase_put(&r.voltage_mv, p, VOLT_MV);
        w += (int64_t)ma[p] * VOLT_MV / 1000000;
    }
    r.power_w = SOME_I32((int32_t)w);
    return r;
}
static void car_second(struct house *h, int i)
{
    struct car *car = &h->cars[i];
    int32_t offer = h->decisions[i].send ? h->decisions[i].current_ma : 0;
    int32_t aim = !car->plugged || offer < 6000 ? 0 : offer < car->max_ma ? offer : car->max_ma;
    contacts_second(car, &h->decisions[i]);
    if (car->under_ma && aim)
        aim -= car->under_ma;
    if (car->switch_left_s)
        aim = 0;
    if (car->obeys)
        car->ma = car->lag_s <= 1 || car->ma == aim ? aim : car->ma + (aim - car->ma) / 2;
    if (car->obeys && car->ma - aim < 200 && aim - car->ma < 200)
        car->ma = aim;
    struct control_charger_in *in = &h->in[i];
    in->state = !car->plugged ? EVSE_STATE_A : car->ma ? EVSE_STATE_C : EVSE_STATE_B;
    if (car->fault)
        in->state = car->fault;
    if (in->online)
        in->applied_ma = h->told_ma[i].set ? h->told_ma[i] : SOME_I32(offer);
    if (in->online && car->switches)
        in->contacts_closed = SOME_I32(car->closed);
    if (car->mute || !in->online || h->now.mono.ms / 1000 % car->interval_s)
        return;
    int32_t ma[PHASES];
    for (int p = 0; p < PHASES; p++)
        ma[p] = lanes(car) >> p & 1 ? car->ma : 0;
    in->meas = reading(h, ma, car->interval_s * 1000);
    in->meas.rule.max_age_ms = 60000;
}
void house_second(struct house *h)
{
    int32_t ma[PHASES];
    h->now.mono.ms += 1000;
    h->now.wall.ms += 1000;
    for (int i = 0; i < h->c.chargers_n; i++)
        car_second(h, i);
    for (int p = 0; p < PHASES; p++)
        ma[p] = house_grid_ma(h, p);
    h->snap.battery_w = (struct opt_i32){h->battery_w, h->c.has_battery && !h->battery_mute};
    h->snap.battery_late = h->battery_shown_w.set;
    if (h->battery_shown_w.set)
        h->snap.battery_w = h->battery_shown_w;
    if (h->meter_stuck)
        h->snap.grid.at = h->now.mono;
    else if (!h->meter_dead)
        h->snap.grid = reading(h, ma, 1000);
    if (h->meter_shows && !h->meter_stuck && !h->meter_dead)
        h->meter_shows(&h->snap.grid);
    control_step(&h->s, &h->snap, &h->c, h->now, &h->out);
}
void house_run(struct house *h, int seconds)
{
    for (int i = 0; i < seconds; i++)
        house_second(h);
}
