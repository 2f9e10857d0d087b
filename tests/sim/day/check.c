/* SPDX-License-Identifier: Apache-2.0
 * check.c -- what the checks know of a second, and the checks of single setpoints. */
#include "tests/sim/day/check.h"

enum {
    KNOWN_S = 30,
    WRITES_PER_H = 720,
    SWITCH_IDLE_S = 36, /* the box's own time, and a little */
};

const char *day_property_text(enum day_property p)
{
    static const char *const text[] = {
#define P(id, t) t,
        DAY_PROPERTIES(P)
#undef P
    };
    return text[p];
}
int day_violations(const struct day_result *r)
{
    int n = 0;
    for (int i = 0; i < DAY_PROPERTY_COUNT; i++)
        n += r->count[i];
    return n;
}
void check_init(struct check *k, const struct day *d, struct day_result *r)
{
    memset(k, 0, sizeof *k);
    memset(r, 0, sizeof *r);
    k->d = d;
    k->r = r;
    k->disturbed_s = k->up_s = k->window_s = k->people_s = k->blind_s = k->limited_s = NEVER;
    for (int i = 0; i < DEVICES; i++)
        k->loads[i].switched_s = NEVER;
    for (int i = 0; i < CIRCUITS; i++)
        k->near_s[i] = NEVER;
    for (int i = 0; i < CHARGERS; i++)
        k->boxes[i] = (struct check_box){.stopped_s = NEVER,
                                         .started_s = NEVER,
                                         .enough_s = NEVER,
                                         .mode_s = NEVER,
                                         .raised_s = NEVER,
                                         .switched_s = NEVER,
                                         .turned_s = NEVER,
                                         .probed_s = NEVER};
}
void check_note(struct check *k, enum day_property what, const char *fmt, ...)
{
    va_list ap;
    int s = k->p->second;
    if (k->r->count[what]++)
        return;
    k->r->second[what] = s;
    int n = snprintf(k->r->first[what], sizeof k->r->first[what], "%02d:%02d:%02d ", s / 3600,
                     s / 60 % 60, s % 60);
    va_start(ap, fmt);
    vsnprintf(k->r->first[what] + n, sizeof k->r->first[what] - (size_t)n, fmt, ap);
    va_end(ap);
}
bool check_obedient(const struct check *k, int i)
{
    const struct box *b = &k->p->boxes[i];
    bool greedy = b->car >= 0 && k->d->cars[b->car].bias_ma < 0;
    return k->boxes[i].obeys_s > FOLLOW_S + k->reaction_s && !greedy;
}
/* The controller can't know better: its meter is bad, but not for long enough; or it is dead, and
 * its leases still hold. A frozen meter can be told only when cars move; then it says so itself. */
bool check_excused(const struct check *k, int circuit)
{
    int bad_s = k->bad_s[circuit];
    bool stuck = circuit == 0 && plant_fault(k->p, ILL_METER_STUCK, NULL);
    if (k->down_s && k->down_s < k->d->control.lease_ms / 1000 + FOLLOW_S + 2)
        return true;
    if (k->p->second - k->up_s < FOLLOW_S + k->reaction_s)
        return true;
    return bad_s && (bad_s < MISSING_S + k->reaction_s + FOLLOW_S ||
                     (stuck && k->out->meter != METER_FROZEN));
}

/* ---- what is known of this second ---- */
static void circuit_second(struct check *k, int i)
{
    const struct day_circuit *c = &k->d->circuits[i];
    bool bad =
        i == 0 ? plant_fault(k->p, ILL_METER_DEAD, NULL) || plant_fault(k->p, ILL_METER_STUCK, NULL)
               : plant_fault(k->p, ILL_SUB_DEAD, c->id);
    int64_t w = 0;
    k->bad_s[i] = bad ? k->bad_s[i] + 1 : 0;
    for (int p = 0; p < PHASES; p++) {
        w += watts(k->p->flow_ma[i][p]);
        if (k->p->flow_ma[i][p] > c->max_current_ma - c->reserve_ma - 2 * CAR_MIN_MA)
            k->near_s[i] = k->p->second;
    }
    if (c->max_power_w.set && w > c->max_power_w.v - watts(6 * CAR_MIN_MA))
        k->near_s[i] = k->p->second;
    if (bad)
        k->disturbed_s = k->blind_s = k->p->second;
}
static void box_second(struct check *k, int i)
{
    struct check_box *c = &k->boxes[i];
    const struct box *b = &k->p->boxes[i];
    const struct day_charger *conf = &k->d->chargers[i];
    c->obeys_s = b->obeys ? c->obeys_s + 1 : 0;
    if (b->mode != c->mode)
        c->mode_s = k->p->second;
    c->mode = b->mode;
    int32_t max_ma =
        b->max_ma.set ? min_i32(b->max_ma.v, conf->max_current_ma) : conf->max_current_ma;
    int32_t min_ma =
        b->min_ma.set ? max_i32(b->min_ma.v, conf->min_current_ma) : conf->min_current_ma;
    if (max_ma != c->max_ma || min_ma != c->min_ma || b->paused)
        c->mode_s = k->p->second;
    c->max_ma = max_ma;
    c->min_ma = min_ma;
    k->people_s = max_i32(k->people_s, max_i32(c->mode_s, k->p->touched_s));
    c->was_ma = c->last_ma;
    c->last_ma = k->down_s ? b->offer_ma : k->out->chargers[i].current_ma;
    k->r->changes += c->was_ma != c->last_ma;
    c->plugged_s = b->car >= 0 ? c->plugged_s + 1 : 0;
    c->draws_s = b->ma > 1500 ? c->draws_s + 1 : 0;
    if (b->ma)
        c->drew_s = k->p->second;
    if (b->car < 0)
        c->known = false;
    else if (b->metered && c->draws_s > KNOWN_S && b->closed == 3)
        c->known = true;
    if (!b->obeys)
        k->disturbed_s = k->p->second;
}

/* ---- single setpoints ---- */
static void words(struct check *k, int i)
{
    const struct control_decision *d = &k->out->chargers[i];
    int32_t ma = d->current_ma;
    struct reason why;
    if (ma < 0 || (ma > 0 && ma < CAR_MIN_MA) || ma > k->d->chargers[i].max_current_ma)
        check_note(k, DAY_RANGE, "%s %d mA", k->d->chargers[i].id, ma);
    if ((unsigned)d->reason.code >= CONTROL_CODES) {
        check_note(k, DAY_REASON, "%s code %d", k->d->chargers[i].id, (int)d->reason.code);
        return;
    }
    control_reason_text(&d->reason, "main", &why);
    bool silent = !why.text[0] || !why.code[0] ||
                  (d->reason.code == CONTROL_FULL_POWER && ma < k->d->chargers[i].max_current_ma) ||
                  (d->reason.code == CONTROL_NO_CAR && ma);
    if (silent && d->send)
        check_note(k, DAY_REASON, "%s %d mA: %s %s", k->d->chargers[i].id, ma, why.code, why.text);
}
static void writes(struct check *k, int i)
{
    struct check_box *c = &k->boxes[i];
    int s = k->p->second;
    if (s / 3600 != c->hour)
        c->writes = 0;
    c->hour = s / 3600;
    if (c->last_ma == c->was_ma)
        return;
    if (++c->writes == WRITES_PER_H + 1)
        check_note(k, DAY_WRITES, "%s %d times in an hour", k->d->chargers[i].id, c->writes);
    if (c->last_ma < c->was_ma)
        return;
    int settling_s = k->d->control.settling_ms / 1000;
    bool urgent = s - k->people_s <= 2 || s - k->limit_at_s <= 2;
    if (s - c->raised_s < settling_s - 1 && !urgent && k->p->boxes[i].obeys)
        check_note(k, DAY_WRITES, "%s %d to %d mA, %d s after the last time", k->d->chargers[i].id,
                   c->was_ma, c->last_ma, s - c->raised_s);
    c->raised_s = s;
}
static void contacts(struct check *k, int i)
{
    struct check_box *c = &k->boxes[i];
    const struct box *b = &k->p->boxes[i];
    const struct day_charger *conf = &k->d->chargers[i];
    int s = k->p->second, pause_s = conf->switch_pause_ms / 1000;
    if (b->under_current)
        check_note(k, DAY_SWITCH, "%s asked for %d phases while current flows", conf->id, b->wish);
    if (b->switched_s == s) {
        bool charged = s - c->drew_s < SWITCH_IDLE_S;
        if (s - c->switched_s < pause_s)
            check_note(k, DAY_SWITCH, "%s %d s after the last switch", conf->id, s - c->switched_s);
        if (b->car >= 0 && (conf->phase_switch == PHASE_SWITCH_NEVER ||
                            (conf->phase_switch == PHASE_SWITCH_IDLE_ONLY && charged)))
            check_note(k, DAY_SWITCH, "%s switched with a car that may not be", conf->id);
        c->switched_s = s;
        c->stopped = c->verdict = false;
    }
    if (!c->was_ma && c->last_ma && b->charged_mwh && c->switched_s >= c->stopped_s &&
        s - c->stopped_s < pause_s - 2)
        check_note(k, DAY_SWITCH, "%s goes on %d s after its stop for a switch", conf->id,
                   s - c->stopped_s);
}
static void lock(struct check *k, int i)
{
    struct check_box *c = &k->boxes[i];
    bool charges = c->mode == CHARGE_MODE_LOCK && k->p->boxes[i].ma > 500 && check_obedient(k, i);
    c->lock_s = charges && !check_excused(k, 0) ? c->lock_s + 1 : 0;
    if (c->lock_s == FOLLOW_S + k->reaction_s + 1)
        check_note(k, DAY_LOCK, "%s %d mA", k->d->chargers[i].id, k->p->boxes[i].ma);
}
/* A dead controller raises nothing, and when its leases are over every box is at its fallback. */
static void lease(struct check *k, int i)
{
    struct check_box *c = &k->boxes[i];
    const struct box *b = &k->p->boxes[i];
    if (k->down_s <= 1 || !b->obeys || c->obeys_s < k->down_s) {
        c->dead_ma = b->offer_ma;
        return;
    }
    bool over = k->down_s > k->d->control.lease_ms / 1000 + 2 &&
                b->offer_ma > k->out->chargers[i].fallback_ma;
    if (b->offer_ma > c->dead_ma || over)
        check_note(k, DAY_LEASE, "%s %d mA, fallback %d mA", k->d->chargers[i].id, b->offer_ma,
                   k->out->chargers[i].fallback_ma);
    c->dead_ma = b->offer_ma;
}

void check_second(struct check *k, const struct plant *p, const struct control_out *out,
                  const struct control_config *c, const struct views *v, bool alive, bool restarted)
{
    const struct day *d = k->d;
    bool late = plant_fault(p, ILL_METER_LATE, NULL);
    k->p = p;
    k->out = out;
    k->c = c;
    k->v = v;
    k->reaction_s = d->frame_ms / 1000 * (late ? 5 : 1) + d->lag_ms / 1000 + 1 +
                    (d->jitter_ms && d->frame_ms > 1000);
    k->down_s = alive ? 0 : k->down_s + 1;
    if (p->limit_w != k->limit_w)
        k->limit_at_s = p->second;
    k->limit_w = p->limit_w;
    if (restarted) {
        k->up_s = p->second;
        for (int i = 0; i < d->chargers_n; i++)
            k->boxes[i].known = false;
    }
    if (p->limit_w >= 0 || !alive || out->meter > METER_SUSPECT || late ||
        plant_fault(p, ILL_BATTERY_DEAD, NULL))
        k->disturbed_s = p->second;
    for (int i = 0; i < d->circuits_n; i++)
        circuit_second(k, i);
    for (int i = 0; i < d->chargers_n; i++)
        box_second(k, i);
    for (int i = 0; i < d->chargers_n; i++) {
        words(k, i);
        writes(k, i);
        contacts(k, i);
        lock(k, i);
        lease(k, i);
    }
    check_safety(k);
    check_dwell(k);
    check_loads(k);
    check_battery(k);
    if (p->calm)
        check_calm(k);
}
/* A cloud is seen a few seconds late; that much is no habit. */
void check_end(struct check *k)
{
    if (k->r->solar_grid_mwh > k->r->solar_mwh / 100 + 50000 * k->d->chargers_n)
        check_note(k, DAY_SUN, "%lld of %lld Wh", (long long)(k->r->solar_grid_mwh / 1000),
                   (long long)(k->r->solar_mwh / 1000));
    check_loads_end(k);
    check_battery_end(k);
}
