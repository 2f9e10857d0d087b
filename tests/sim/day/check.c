/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/day/check.h"

enum {
    FOLLOW_S = 6,   /* a car's own time */
    MISSING_S = 10, /* a bad meter can't be known before */
    EXEMPT_S = 60,  /* around a change of mode, limit or fault */
    NEVER = -1000000,
    HOLD_S = 290,
    PAUSE_S = 478,
    CALM_S = 1200,
    MIN_MA = 6000,
    IMBALANCE_MA = 20000,
};

void check_init(struct check *k, const struct day_plan *d, struct day_result *r)
{
    memset(k, 0, sizeof *k);
    memset(r, 0, sizeof *r);
    k->d = d;
    k->r = r;
    k->disturbed_s = NEVER;
    for (int i = 0; i < DAY_CARS; i++)
        k->cars[i] = (struct check_car){.stopped_s = NEVER, .enough_s = NEVER, .mode_s = NEVER};
}
void check_note(struct check *k, enum day_property what, int second, const char *fmt, ...)
{
    va_list ap;
    if (k->r->count[what]++)
        return;
    int n = snprintf(k->r->first[what], sizeof k->r->first[what], "%02d:%02d:%02d ", second / 3600,
                     second / 60 % 60, second % 60);
    va_start(ap, fmt);
    vsnprintf(k->r->first[what] + n, sizeof k->r->first[what] - (size_t)n, fmt, ap);
    va_end(ap);
}
static int reaction_s(const struct check *k)
{
    return k->d->frame_s + k->d->lag_s + 1;
}
static bool obedient(const struct check *k, int i)
{
    return k->cars[i].obeys_s > FOLLOW_S + reaction_s(k);
}
static int32_t watts(int64_t ma)
{
    return (int32_t)(ma * VOLT_MV / 1000000);
}
static int lanes(uint8_t mask)
{
    return (mask & 1) + (mask >> 1 & 1) + (mask >> 2 & 1);
}
/* A frozen meter can be told only when cars move; then the controller says so itself. */
static bool excused(const struct check *k, const struct plant *p, const struct control_out *out)
{
    bool stuck = !p->calm && in_span(k->d->stuck, p->second);
    return k->bad_s > 0 && (k->bad_s < MISSING_S + reaction_s(k) + FOLLOW_S ||
                            (stuck && out->meter != METER_FROZEN));
}
static void fuse(struct check *k, const struct plant *p, const struct control_out *out)
{
    for (int ph = 0; ph < PHASES; ph++) {
        int64_t rest = p->grid_ma[ph], allowed = 0;
        bool draws = false, above = false;
        for (int i = 0; i < k->d->cars_n; i++) {
            if (!(k->d->cars[i].phases >> ph & 1) || !obedient(k, i) || p->cars[i].ma < 500)
                continue;
            draws = true;
            rest -= p->cars[i].ma;
            allowed += min_i32(k->cars[i].last_ma, k->d->cars[i].max_ma);
            above = above || k->cars[i].last_ma > MIN_MA;
        }
        bool over = p->grid_ma[ph] > k->d->fuse_ma + k->d->fuse_ma / 100 && draws && allowed > 0 &&
                    rest + allowed > k->d->fuse_ma && !excused(k, p, out) &&
                    (k->bad_s == 0 || above);
        k->over_s[ph] = over ? k->over_s[ph] + 1 : 0;
        if (k->over_s[ph] == FOLLOW_S + reaction_s(k) + 1)
            check_note(k, DAY_FUSE, p->second, "L%d %d mA, fuse %d mA, cars allowed %d mA", ph + 1,
                       p->grid_ma[ph], k->d->fuse_ma, (int)allowed);
    }
}
static void balance(struct check *k, const struct plant *p)
{
    int32_t ma[PHASES] = {0};
    bool all = true;
    for (int i = 0; i < k->d->cars_n; i++) {
        all = all && obedient(k, i);
        for (int ph = 0; ph < PHASES; ph++)
            ma[ph] += k->d->cars[i].phases >> ph & 1 ? p->cars[i].ma : 0;
    }
    int32_t most = max_i32(ma[0], max_i32(ma[1], ma[2]));
    bool bad = all && most - min_i32(ma[0], min_i32(ma[1], ma[2])) > IMBALANCE_MA * 101 / 100;
    k->tilt_s = bad ? k->tilt_s + 1 : 0;
    if (k->tilt_s == 11)
        check_note(k, DAY_BALANCE, p->second, "%d/%d/%d mA", ma[0], ma[1], ma[2]);
}
static void grid_limit(struct check *k, const struct plant *p, const struct control_out *out)
{
    int64_t ours = 0, others = 0;
    for (int i = 0; i < k->d->cars_n; i++) {
        int32_t w = watts((int64_t)p->cars[i].ma * lanes(k->d->cars[i].phases));
        if (obedient(k, i))
            ours += w;
        else
            others += w;
    }
    int64_t may = p->limit_w + max_i32(0, p->pv_w - p->house_w) - others;
    bool bad =
        p->limit_w >= 0 && ours > max_i64(may, 0) * 102 / 100 && others == 0 && !excused(k, p, out);
    k->limit_s = bad ? k->limit_s + 1 : 0;
    if (k->limit_s == FOLLOW_S + reaction_s(k) + 1)
        check_note(k, DAY_LIMIT, p->second, "%d W of %d W", (int)ours, (int)may);
}
static void blind(struct check *k, const struct plant *p, const struct control_out *out, int i)
{
    const struct check_car *c = &k->cars[i];
    bool dead = !p->calm && in_span(k->d->dead, p->second) &&
                p->second - k->d->dead.from_s > MISSING_S + k->d->frame_s;
    if ((dead || out->meter == METER_FROZEN) && c->last_ma > c->was_ma && p->cars[i].obeys)
        check_note(k, DAY_BLIND, p->second, "cp%d raised %d to %d mA", i, c->was_ma, c->last_ma);
    if (dead && c->last_ma > MIN_MA && obedient(k, i) && out->chargers[i].send)
        check_note(k, DAY_BLIND, p->second, "cp%d goes on with %d mA", i, c->last_ma);
}
/* Surplus for charger i: what the sun leaves after the house and the other cars. */
static int32_t surplus_for(const struct check *k, const struct plant *p, int i)
{
    int64_t w = p->pv_w - p->house_w;
    for (int o = 0; o < k->d->cars_n; o++)
        if (o != i)
            w -=
                watts((int64_t)max_i32(p->cars[o].ma, p->cars[o].plugged ? k->cars[o].last_ma : 0) *
                      lanes(k->d->cars[o].phases));
    return (int32_t)w;
}
static void dwell(struct check *k, const struct plant *p, const struct control_out *out, int i)
{
    struct check_car *c = &k->cars[i];
    int32_t need = watts((int64_t)MIN_MA * lanes(out->chargers[i].load));
    bool enough = surplus_for(k, p, i) >= need + need / 10 + 200;
    c->enough_for_s = enough ? c->enough_for_s + 1 : 0;
    if (c->enough_for_s >= 10)
        c->enough_s = p->second;
    bool exempt = p->second - k->disturbed_s < EXEMPT_S || p->second - c->mode_s < EXEMPT_S ||
                  !obedient(k, i) || !p->cars[i].plugged || c->mode != CHARGE_MODE_SOLAR_PURE;
    if (!p->cars[i].plugged || p->second - c->mode_s < 2)
        c->stopped = false;
    if (c->was_ma && !c->last_ma) {
        if (!exempt && p->second - c->enough_s < HOLD_S)
            check_note(k, DAY_STOP, p->second, "cp%d, %d s after enough sun", i,
                       p->second - c->enough_s);
        c->stopped = !exempt;
        c->stopped_s = p->second;
    } else if (!c->was_ma && c->last_ma) {
        k->r->starts++;
        if (!exempt && c->stopped && p->second - c->stopped_s < PAUSE_S)
            check_note(k, DAY_RESTART, p->second, "cp%d, %d s after the stop", i,
                       p->second - c->stopped_s);
    }
}
static void energy(struct check *k, const struct plant *p)
{
    int64_t solar = 0, rest = 0, above = 0;
    for (int i = 0; i < k->d->cars_n; i++) {
        int64_t w = watts((int64_t)p->cars[i].ma * lanes(k->d->cars[i].phases));
        if (k->cars[i].mode == CHARGE_MODE_SOLAR_PURE && obedient(k, i)) {
            solar += w;
            above += k->cars[i].last_ma > MIN_MA ? w : 0;
        } else {
            rest += w;
        }
    }
    int64_t lack = max_i64(0, solar - max_i64(0, p->pv_w - p->house_w - rest));
    k->r->solar_mwh += solar * 1000 / 3600;
    k->r->power_mwh += rest * 1000 / 3600;
    k->r->hold_mwh += (solar - above) * 1000 / 3600;
    k->r->solar_grid_mwh += k->bad_s ? 0 : min_i64(lack, above) * 1000 / 3600;
}
static void words(struct check *k, const struct plant *p, const struct control_out *out, int i)
{
    const struct control_decision *d = &out->chargers[i];
    struct reason why;
    int32_t ma = d->current_ma;
    if (ma < 0 || (ma > 0 && ma < MIN_MA) || ma > k->d->conf[i].max_ma)
        check_note(k, DAY_RANGE, p->second, "cp%d %d mA", i, ma);
    if ((unsigned)d->reason.code >= CONTROL_CODES) {
        check_note(k, DAY_REASON, p->second, "cp%d code %d", i, (int)d->reason.code);
        return;
    }
    control_reason_text(&d->reason, "main", &why);
    bool silent = !why.text[0] || !why.code[0] ||
                  (d->reason.code == CONTROL_FULL_POWER && ma < k->d->conf[i].max_ma) ||
                  (d->reason.code == CONTROL_NO_CAR && ma);
    if (silent && d->send)
        check_note(k, DAY_REASON, p->second, "cp%d %d mA: %s %s", i, ma, why.code, why.text);
}
static void fallback(struct check *k, const struct plant *p, const struct control_out *out)
{
    int64_t ma[PHASES] = {0}, w = 0;
    for (int i = 0; i < k->d->cars_n; i++) {
        for (int ph = 0; ph < PHASES; ph++)
            ma[ph] += k->d->conf[i].phases >> ph & 1 ? out->chargers[i].fallback_ma : 0;
        w += watts((int64_t)out->chargers[i].fallback_ma * lanes(k->d->conf[i].phases));
    }
    for (int ph = 0; ph < PHASES; ph++)
        if (ma[ph] > k->d->fuse_ma)
            check_note(k, DAY_FALLBACK, p->second, "L%d: %d mA", ph + 1, (int)ma[ph]);
    if (p->limit_w >= 0 && w > p->limit_w)
        check_note(k, DAY_FALLBACK, p->second, "%d W, limit %d W", (int)w, p->limit_w);
}
static void disturbances(struct check *k, const struct plant *p, const struct control_out *out)
{
    bool near = false;
    for (int ph = 0; ph < PHASES; ph++)
        near = near || p->grid_ma[ph] > k->d->fuse_ma - 2 * MIN_MA;
    for (int i = 0; i < k->d->cars_n; i++)
        near = near || !p->cars[i].obeys;
    k->bad_s = plant_bad_meter(p) ? k->bad_s + 1 : 0;
    if (near || k->bad_s || p->limit_w >= 0 || out->meter > METER_SUSPECT)
        k->disturbed_s = p->second;
}
void check_second(struct check *k, const struct plant *p, const struct control_out *out,
                  const struct control_snapshot *in)
{
    disturbances(k, p, out);
    for (int i = 0; i < k->d->cars_n; i++) {
        struct check_car *c = &k->cars[i];
        c->obeys_s = p->cars[i].obeys ? c->obeys_s + 1 : 0;
        if (in->chargers[i].mode != c->mode)
            c->mode_s = p->second;
        c->mode = in->chargers[i].mode;
        c->was_ma = c->last_ma;
        c->last_ma = out->chargers[i].current_ma;
        k->r->changes += c->was_ma != c->last_ma;
        words(k, p, out, i);
        blind(k, p, out, i);
        dwell(k, p, out, i);
        bool charges = c->mode == CHARGE_MODE_LOCK && p->cars[i].ma > 500 && obedient(k, i);
        c->lock_s = charges ? c->lock_s + 1 : 0;
        if (c->lock_s == FOLLOW_S + reaction_s(k) + 1)
            check_note(k, DAY_LOCK, p->second, "cp%d %d mA", i, p->cars[i].ma);
        if (p->calm && p->second > DAY_S + CALM_S && c->was_ma != c->last_ma)
            check_note(k, DAY_CALM, p->second, "cp%d %d to %d mA", i, c->was_ma, c->last_ma);
    }
    fallback(k, p, out);
    fuse(k, p, out);
    balance(k, p);
    grid_limit(k, p, out);
    energy(k, p);
}
