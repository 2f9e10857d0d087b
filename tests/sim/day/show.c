/* SPDX-License-Identifier: Apache-2.0
 * show.c -- what instruments show of the plant: late, noisy, at their own pace, or not at all. */
#include "tests/sim/day/plant.h"

/* -1000..1000 */
static int32_t noise(struct plant *p)
{
    return (int32_t)(dice(&p->noise) % 2001) - 1000;
}
static struct control_reading reading(struct plant *p, const int32_t ma[PHASES], struct mono at,
                                      struct age_rule rule, int32_t noise_pm)
{
    struct control_reading r = {.at = at, .rule = rule, .known = true};
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
/* True when something came that is worth a step of its own. */
static bool show_box(struct plant *p, int i, struct control_charger_in *in, struct mono now)
{
    const struct box *b = &p->boxes[i];
    const struct day_charger *c = &p->d->chargers[i];
    struct control_charger_in was = *in;
    int32_t ma[PHASES];
    in->known = true;
    in->mode = b->mode;
    in->paused = b->paused;
    in->max_ma = b->max_ma;
    in->min_ma = b->min_ma;
    in->priority = b->priority;
    in->contacts = b->phases == PHASE_USE_ONE     ? CONTACTS_ONE
                   : b->phases == PHASE_USE_THREE ? CONTACTS_THREE
                                                  : CONTACTS_AUTO;
    in->switching = c->phase_switch == PHASE_SWITCH_NEVER       ? SWITCHING_NEVER
                    : c->phase_switch == PHASE_SWITCH_IDLE_ONLY ? SWITCHING_IDLE_ONLY
                                                                : SWITCHING_ALLOWED;
    in->solar_share_pm = c->solar_share_pm;
    in->start_pm = b->start_pm;
    in->start_power_w = b->start_w;
    in->use_battery = c->use_house_battery;
    in->online = b->answers;
    if (b->answers) {
        in->state = b->car < 0 ? EVSE_STATE_A : b->ma > 500 ? EVSE_STATE_C : EVSE_STATE_B;
        in->applied_ma = SOME_I32(b->offer_ma);
        in->contacts_closed = (struct opt_i32){b->closed, b->can_switch};
    }
    bool news = !was.known || in->online != was.online || in->state != was.state ||
                in->mode != was.mode || in->paused != was.paused || in->contacts != was.contacts ||
                in->contacts_closed.v != was.contacts_closed.v ||
                in->max_ma.set != was.max_ma.set || in->max_ma.v != was.max_ma.v;
    if (!b->answers || !b->metered || p->second % max_i32(1, c->interval_ms / 1000))
        return news;
    for (int k = 0; k < PHASES; k++)
        ma[k] = b->uses >> k & 1 ? b->ma : 0;
    in->meas = reading(p, ma, now, (struct age_rule){c->interval_ms, c->max_age_ms}, 0);
    return true;
}
static bool frame_due(struct plant *p)
{
    if (p->second < p->frame_due)
        return false;
    int step = p->d->frame_ms / 1000;
    if (step > 1 && p->d->jitter_ms && dice(&p->noise) % 4 == 0)
        step += (int)(dice(&p->noise) % 3) - 1;
    if (plant_fault(p, ILL_METER_LATE, NULL))
        step *= 4;
    p->frame_due = p->second + step;
    return true;
}
static bool show_meters(struct plant *p, struct views *v, struct mono now)
{
    const struct day *d = p->d;
    struct age_rule rule = {d->frame_ms, max_i32(10000, 2 * d->frame_ms)};
    int32_t noise_pm = p->calm ? 0 : d->noise_pm;
    int lag = min_i32(HISTORY - 1, d->lag_ms / 1000);
    if (!frame_due(p))
        return false;
    for (int i = 1; i < d->circuits_n; i++)
        if (d->circuits[i].meter[0] && !plant_fault(p, ILL_SUB_DEAD, d->circuits[i].id))
            v->circuits[i] = reading(p, p->shown_ma[lag][i], now, rule, noise_pm);
    if (!d->circuits[0].meter[0] || plant_fault(p, ILL_METER_DEAD, NULL))
        return d->circuits_n > 1;
    if (plant_fault(p, ILL_METER_STUCK, NULL) && v->in.grid.known)
        v->in.grid.at = now; /* the same values, and they look fresh */
    else
        v->in.grid = reading(p, p->shown_ma[lag][0], now, rule, noise_pm);
    return true;
}
bool plant_show(struct plant *p, struct views *v, struct mono now)
{
    const struct day *d = p->d;
    struct opt_i32 limit = {max_i32(0, p->limit_w), p->limit_w >= 0};
    bool news = limit.set != v->in.consume_w.set || limit.v != v->in.consume_w.v;
    views_wire(v);
    v->in.config_agreed = true;
    v->in.consume_w = limit;
    for (int i = 0; i < d->chargers_n; i++)
        if (show_box(p, i, &v->chargers[i], now))
            news = true;
    if (devices_show(p, v, now))
        news = true;
    bool mute = plant_fault(p, ILL_BATTERY_DEAD, NULL);
    v->in.battery_w = (struct opt_i32){p->battery_w, d->battery.power_w && !mute};
    if (show_meters(p, v, now))
        news = true;
    return news;
}
