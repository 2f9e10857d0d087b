/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/day/plant.h"

enum { CLEAR_FROM_S = 6 * 3600, CLEAR_TO_S = 20 * 3600, CLOUD_S = DAY_S / CLOUDS };

void plant_init(struct plant *p, const struct day_plan *d)
{
    memset(p, 0, sizeof *p);
    p->d = d;
    p->noise = d->seed ^ 0x5bd1e995u;
    p->battery_mwh = d->battery_mwh / 3;
    p->limit_w = -1;
}
/* -1000..1000 */
static int32_t noise(struct plant *p)
{
    p->noise = p->noise * 6364136223846793005u + 1442695040888963407u;
    return (int32_t)(p->noise >> 33) % 2001 - 1000;
}
static int32_t sun_w(const struct day_plan *d, int second)
{
    if (second < CLEAR_FROM_S || second >= CLEAR_TO_S)
        return 0;
    int64_t x = second - CLEAR_FROM_S, len = CLEAR_TO_S - CLEAR_FROM_S;
    int64_t clear = 4 * d->pv_w * x / len * (len - x) / len; /* a parabola is near enough */
    int slot = second / CLOUD_S, in_slot = second % CLOUD_S, edge = CLOUD_S / 4;
    int64_t pm = d->cloud_pm[slot];
    if (in_slot > CLOUD_S - edge) /* clouds have soft edges */
        pm += (d->cloud_pm[slot + 1] - pm) * (in_slot - CLOUD_S + edge) / edge;
    return (int32_t)(clear * pm / 1000);
}
static void loads(struct plant *p)
{
    const struct day_plan *d = p->d;
    int64_t house = 0;
    p->pv_w = sun_w(d, p->second);
    for (int k = 0; k < PHASES; k++) {
        int32_t ma = d->base_ma[k];
        for (int j = 0; j < JOBS; j++)
            if (p->second >= d->jobs[j].from_s && p->second < d->jobs[j].to_s &&
                (d->jobs[j].phase == k || d->jobs[j].phase == 3))
                ma += d->jobs[j].ma;
        house += ma;
        p->load_ma[k] = ma;
        if (d->pv_phase == 3)
            p->load_ma[k] -= (int32_t)((int64_t)p->pv_w * 1000000 / VOLT_MV / 3);
        else if (d->pv_phase == k)
            p->load_ma[k] -= (int32_t)((int64_t)p->pv_w * 1000000 / VOLT_MV);
    }
    p->house_w = (int32_t)(house * VOLT_MV / 1000000);
}
static void car(struct plant *p, int i)
{
    const struct day_car *c = &p->d->cars[i];
    struct plant_car *x = &p->cars[i];
    if (!p->calm)
        x->plugged = p->second >= c->arrive_s && p->second < c->leave_s;
    if (!x->plugged)
        *x = (struct plant_car){.obeys = x->obeys, .answers = x->answers};
    if (x->offer_ma < 6000)
        x->offered_s = p->second;
    bool full = !p->calm && x->charged_mwh >= c->need_mwh;
    bool on = x->plugged && !full && p->second - x->offered_s >= c->start_s;
    int32_t aim = on ? max_i32(0, min_i32(x->offer_ma - c->bias_ma, c->max_ma)) : 0;
    if (x->offer_ma < 6000)
        aim = 0;
    x->ma += (int32_t)((int64_t)(aim - x->ma) * 1000 / max_i32(1000, c->lag_ms));
    if (x->ma - aim < 100 && aim - x->ma < 100)
        x->ma = aim;
    int lanes = (c->phases & 1) + (c->phases >> 1 & 1) + (c->phases >> 2 & 1);
    int32_t w = (int32_t)((int64_t)x->ma * lanes * VOLT_MV / 1000000);
    p->cars_w += w;
    x->charged_mwh += p->calm ? 0 : (int64_t)w * 1000 / 3600;
}
/* Steers the grid power to zero by itself, with a lag. */
static void battery(struct plant *p)
{
    int32_t want = p->pv_w - p->house_w - p->cars_w;
    int32_t most = p->d->battery_w;
    if (!p->d->battery)
        return;
    want = clamp_i32(want, p->battery_mwh > 0 ? -most : 0,
                     p->battery_mwh < p->d->battery_mwh ? most : 0);
    p->battery_w += (want - p->battery_w) / 3;
    p->battery_mwh += p->calm ? 0 : (int64_t)p->battery_w * 1000 / 3600;
}
void plant_second(struct plant *p, const struct control_decision *decisions, bool known)
{
    const struct day_plan *d = p->d;
    p->second++;
    if (!p->calm)
        loads(p);
    p->limit_w = !p->calm && in_span(d->limit, p->second) ? d->limit_w : -1;
    p->cars_w = 0;
    for (int i = 0; i < d->cars_n; i++) {
        struct plant_car *x = &p->cars[i];
        x->answers = p->calm || !in_span(d->cars[i].offline, p->second);
        x->obeys = p->calm || (x->answers && !in_span(d->cars[i].deaf, p->second));
        if (x->obeys && known && decisions[i].send)
            x->offer_ma = decisions[i].current_ma;
        car(p, i);
    }
    battery(p);
    memmove(&p->shown_ma[1], &p->shown_ma[0], sizeof p->shown_ma - sizeof p->shown_ma[0]);
    for (int k = 0; k < PHASES; k++) {
        p->grid_ma[k] =
            p->load_ma[k] + (int32_t)((int64_t)p->battery_w * 1000000 / VOLT_MV / PHASES);
        for (int i = 0; i < d->cars_n; i++)
            p->grid_ma[k] += d->cars[i].phases >> k & 1 ? p->cars[i].ma : 0;
        p->shown_ma[0][k] = p->grid_ma[k];
    }
}
bool plant_bad_meter(const struct plant *p)
{
    return !p->calm && (in_span(p->d->dead, p->second) || in_span(p->d->stuck, p->second));
}
static struct control_reading reading(struct plant *p, const int32_t ma[PHASES], int64_t at,
                                      int32_t interval_ms, int32_t noise_pm)
{
    struct control_reading r = {.at = {at}, .rule = {interval_ms, 10000}, .known = true};
    int64_t w = 0;
    for (int k = 0; k < PHASES; k++) {
        int32_t v = ma[k] + (int32_t)((int64_t)ma[k] * noise(p) / 1000 * noise_pm / 1000);
        phase_put(&r.current_ma, k, v);
        phase_put(&r.voltage_mv, k, VOLT_MV + (noise_pm ? noise(p) / 10 : 0));
        w += v;
    }
    r.power_w = SOME_I32((int32_t)(w * VOLT_MV / 1000000));
    return r;
}
static void show_car(struct plant *p, int i, struct control_charger_in *in, int64_t now_ms)
{
    const struct day_car *c = &p->d->cars[i];
    const struct plant_car *x = &p->cars[i];
    int32_t ma[PHASES];
    in->known = true;
    in->mode = p->second >= c->mode_at_s ? c->later : c->mode;
    in->online = x->answers;
    if (!x->answers)
        return;
    in->state = !x->plugged ? EVSE_STATE_A : x->ma > 500 ? EVSE_STATE_C : EVSE_STATE_B;
    in->applied_ma = SOME_I32(x->offer_ma);
    if (p->second % c->interval_s)
        return;
    for (int k = 0; k < PHASES; k++)
        ma[k] = c->phases >> k & 1 ? x->ma : 0;
    in->meas = reading(p, ma, now_ms, c->interval_s * 1000, 0);
    in->meas.rule.max_age_ms = 60000;
}
bool plant_show(struct plant *p, struct control_snapshot *in, struct control_charger_in *cars,
                int64_t now_ms)
{
    const struct day_plan *d = p->d;
    for (int i = 0; i < d->cars_n; i++)
        show_car(p, i, &cars[i], now_ms);
    in->consume_w = (struct opt_i32){max_i32(0, p->limit_w), p->limit_w >= 0};
    in->battery_w = (struct opt_i32){p->battery_w, d->battery};
    if (p->second % d->frame_s || (!p->calm && in_span(d->dead, p->second)))
        return false;
    if (!p->calm && in_span(d->stuck, p->second)) {
        in->grid.at.ms = now_ms; /* the same values, and they look fresh */
        return true;
    }
    in->grid = reading(p, p->shown_ma[d->lag_s], now_ms, d->frame_s * 1000, p->calm ? 0 : 3);
    return true;
}
