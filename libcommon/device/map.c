/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/device/map.h"

struct opt_i32 map_i32(struct opt_f64 v, int32_t lo, int32_t hi)
{
    if (!v.set || v.v < (double)lo - 0.5 || v.v > (double)hi + 0.5)
        return (struct opt_i32){0};
    return SOME_I32(clamp_i32((int32_t)round_i64(v.v), lo, hi));
}

static struct opt_i64 counter(struct opt_f64 v, double ratio)
{
    if (!v.set || v.v < 0 || v.v * ratio > (double)COUNTER_HI)
        return (struct opt_i64){0};
    return SOME_I64(round_i64(v.v * ratio));
}

static struct opt_f64 times(struct opt_f64 v, double f)
{
    return v.set ? SOME_F64(v.v * f) : v;
}

int map_phase(enum rotation r, int terminal)
{
    int shift = r == ROTATION_L231 ? 1 : r == ROTATION_L312 ? 2 : 0;
    return (terminal + shift) % PHASES;
}

struct opt_i64 counter_pass(struct counter_guard *g, struct opt_i64 v)
{
    if (!v.set)
        return v;
    g->fell = g->last.set && v.v < g->last.v;
    if (!g->fell)
        g->last = v;
    return g->last;
}

/* The three values from quantity `first` on, put on their grid phases. */
static struct phases_i32 phases(const struct readings *r, enum quantity first,
                                const struct wiring *w, double factor, int32_t lo, int32_t hi)
{
    struct phases_i32 out = {0};
    for (int t = 0; t < PHASES; t++) {
        struct opt_i32 v = map_i32(times(r->num[(int)first + t], factor), lo, hi);
        if (v.set)
            phase_put(&out, map_phase(w->rotation, t), v.v);
    }
    return out;
}

struct electric {
    struct opt_i32 power_w;
    struct phases_i32 power_phase_w, current_phase_ma, voltage_phase_mv;
};

/* Many devices count currents without a sign: it is that of the phase's power. */
static void sign_currents(struct electric *e)
{
    for (int i = 0; i < PHASES; i++) {
        if (!phase_set(&e->current_phase_ma, i) || !phase_set(&e->power_phase_w, i))
            continue;
        int32_t ma = e->current_phase_ma.v[i], w = e->power_phase_w.v[i];
        int32_t size = ma < 0 ? -ma : ma;
        if (w != 0)
            e->current_phase_ma.v[i] = w < 0 ? -size : size;
    }
}

static struct electric electric(const struct readings *r, const struct wiring *w)
{
    double ct = w->ct_ratio, turn = ct * w->factor;
    struct electric e = {
        .power_w = map_i32(times(r->num[QUANTITY_POWER], turn), -POWER_HI, POWER_HI),
        .power_phase_w = phases(r, QUANTITY_POWER_L1, w, turn, -POWER_HI, POWER_HI),
        .current_phase_ma = phases(r, QUANTITY_CURRENT_L1, w, turn, -CURRENT_HI, CURRENT_HI),
        .voltage_phase_mv = phases(r, QUANTITY_VOLTAGE_L1, w, 1, 0, 1000000),
    };
    if (!e.power_w.set && e.power_phase_w.set == ALL_PHASES)
        e.power_w = SOME_I32(e.power_phase_w.v[0] + e.power_phase_w.v[1] + e.power_phase_w.v[2]);
    sign_currents(&e);
    return e;
}

void map_meter(const struct readings *r, const struct wiring *w, struct meter_state *out)
{
    struct electric e = electric(r, w);
    out->power_w = e.power_w;
    out->power_phase_w = e.power_phase_w;
    out->current_phase_ma = e.current_phase_ma;
    out->voltage_phase_mv = e.voltage_phase_mv;
    out->frequency_mhz = map_i32(r->num[QUANTITY_FREQUENCY], 0, 100000);
    bool turned = w->factor < 0;
    out->import_wh = counter(r->num[turned ? QUANTITY_EXPORT : QUANTITY_IMPORT], w->ct_ratio);
    out->export_wh = counter(r->num[turned ? QUANTITY_IMPORT : QUANTITY_EXPORT], w->ct_ratio);
}

/* Status words are SunSpec's numbers, which are the contract's. */
static int status(struct opt_f64 v, int count)
{
    struct opt_i32 n = map_i32(v, 1, count - 1);
    return n.set ? n.v : 0;
}

void map_inverter(const struct readings *r, const struct wiring *w, struct inverter_state *out)
{
    struct electric e = electric(r, w);
    out->status = (enum inverter_status)status(r->num[QUANTITY_STATUS], INVERTER_STATUS_COUNT);
    out->power_w = e.power_w;
    out->power_phase_w = e.power_phase_w;
    out->current_phase_ma = e.current_phase_ma;
    out->voltage_phase_mv = e.voltage_phase_mv;
    out->pv_power_w = map_i32(r->num[QUANTITY_PV_POWER], -POWER_HI, POWER_HI);
    out->frequency_mhz = map_i32(r->num[QUANTITY_FREQUENCY], 0, 100000);
    out->yield_wh = counter(r->num[QUANTITY_YIELD], 1);
    const struct opt_f64 *on = &r->num[QUANTITY_LIMIT_ON], *pm = &r->num[QUANTITY_LIMIT];
    const struct opt_f64 *base = &r->num[QUANTITY_LIMIT_BASE];
    out->limit_w = (struct opt_i32){0};
    if (on->set && on->v == 1 && pm->set && base->set)
        out->limit_w = map_i32(SOME_F64(pm->v * base->v / 1000), 0, POWER_HI);
}

void map_battery(const struct readings *r, struct battery_state *out)
{
    out->status = (enum battery_status)status(r->num[QUANTITY_STATUS], BATTERY_STATUS_COUNT);
    out->power_w = map_i32(r->num[QUANTITY_POWER], -POWER_HI, POWER_HI);
    out->soc_pm = map_i32(r->num[QUANTITY_SOC], 0, 1000);
    out->soh_pm = map_i32(r->num[QUANTITY_SOH], 0, 1000);
    out->voltage_mv = map_i32(r->num[QUANTITY_VOLTAGE], 0, 2000000);
    out->current_ma = map_i32(r->num[QUANTITY_CURRENT], -CURRENT_HI, CURRENT_HI);
}
