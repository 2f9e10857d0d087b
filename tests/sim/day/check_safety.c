/* SPDX-License-Identifier: Apache-2.0
 * check_safety.c -- fuses, balance, the grid operator, blindness, fallbacks. */
#include "tests/sim/day/check.h"

enum { LESS_MA = 1000 };

static bool below(const struct check *k, int i, int circuit)
{
    int c = k->p->boxes[i].circuit;
    while (c > circuit)
        c = k->p->parent[c];
    return c == circuit;
}
static int32_t fallback_of(const struct check *k, int i)
{
    return max_i32(k->boxes[i].min_ma, k->d->chargers[i].fallback_ma);
}
static int32_t car_max_ma(const struct check *k, int i)
{
    const struct box *b = &k->p->boxes[i];
    return b->car < 0 ? 0 : min_i32(k->boxes[i].last_ma, k->d->cars[b->car].max_current_ma);
}
static struct check_share obedient_share(const struct check *k, int circuit, int phase)
{
    struct check_share s = {0};
    for (int i = 0; i < k->d->chargers_n; i++) {
        const struct box *b = &k->p->boxes[i];
        if (!(b->uses >> phase & 1) || b->ma < 500 || !below(k, i, circuit))
            continue;
        if (!check_obedient(k, i)) {
            s.strangers = true;
            continue;
        }
        s.draws = true;
        s.draw_ma += b->ma;
        s.allowed_ma += car_max_ma(k, i);
        s.above = s.above || k->boxes[i].last_ma > fallback_of(k, i);
    }
    check_loads_share(k, circuit, phase, &s);
    return s;
}
static void fuse(struct check *k, int c)
{
    int32_t rating = k->d->circuits[c].max_current_ma;
    struct opt_i32 most_w = k->d->circuits[c].max_power_w;
    int64_t w = 0, excess_w = 0;
    bool draws = false;
    for (int ph = 0; ph < PHASES; ph++) {
        int32_t flow = k->p->flow_ma[c][ph];
        w += watts(flow);
        bool over = flow > rating + rating / 100;
        if (over || most_w.set) {
            struct check_share s = obedient_share(k, c, ph);
            over = over && s.draws && s.allowed_ma > 0 &&
                   flow - s.draw_ma + s.allowed_ma > rating && !check_excused(k, c) &&
                   (k->bad_s[c] == 0 || s.above);
            excess_w += watts(s.allowed_ma - s.draw_ma);
            draws = draws || (s.draws && s.allowed_ma);
            /* That somebody does not listen is seen when he should have followed. */
            int found_s = s.strangers ? FOLLOW_S + k->reaction_s : 0;
            if (over && k->over_s[c][ph] == FOLLOW_S + k->reaction_s + found_s)
                check_note(k, DAY_FUSE, "%s L%d %d mA of %d mA, cars allowed %d mA",
                           k->d->circuits[c].id, ph + 1, flow, rating, (int)s.allowed_ma);
        }
        k->over_s[c][ph] = over ? k->over_s[c][ph] + 1 : 0;
    }
    bool over = most_w.set && draws && w > (int64_t)most_w.v * 102 / 100 &&
                w + excess_w > most_w.v && k->bad_s[c] == 0 && !check_excused(k, c);
    k->power_s[c] = over ? k->power_s[c] + 1 : 0;
    if (k->power_s[c] == FOLLOW_S + k->reaction_s + 1)
        check_note(k, DAY_FUSE, "%s %d W of %d W", k->d->circuits[c].id, (int)w, most_w.v);
}
static int32_t spread(const int32_t ma[PHASES])
{
    return max_i32(ma[0], max_i32(ma[1], ma[2])) - min_i32(ma[0], min_i32(ma[1], ma[2]));
}
static void balance(struct check *k)
{
    int32_t all[PHASES] = {0}, ours[PHASES] = {0};
    int32_t limit = (int32_t)((int64_t)k->d->control.max_imbalance_va * 1010000 / VOLT_MV);
    for (int i = 0; i < k->d->chargers_n; i++)
        for (int ph = 0; ph < PHASES; ph++)
            if (k->p->boxes[i].uses >> ph & 1) {
                all[ph] += k->p->boxes[i].ma;
                ours[ph] += check_obedient(k, i) ? k->p->boxes[i].ma : 0;
            }
    bool bad = k->d->control.imbalance != IMBALANCE_OFF && spread(all) > limit &&
               spread(ours) > limit && !check_excused(k, 0);
    k->tilt_s = bad ? k->tilt_s + 1 : 0;
    if (k->tilt_s == 12)
        check_note(k, DAY_BALANCE, "%d/%d/%d mA", all[0], all[1], all[2]);
}
/* A wallbox without a meter counts with its full offer on its configured phases: with a car
 * that uses fewer of them, or takes less, nobody knows what the own production has left. */
static bool known_draw(const struct box *b)
{
    return b->metered || (b->uses == box_wired(b) && b->ma > b->offer_ma - LESS_MA);
}
static void grid_limit(struct check *k)
{
    const struct plant *p = k->p;
    int64_t ours = 0, others = 0, aside = 0;
    check_loads_limit(k, &ours, &aside, &others);
    for (int i = 0; i < k->d->chargers_n; i++)
        if (check_obedient(k, i) && known_draw(&p->boxes[i]))
            ours += box_w(&p->boxes[i]);
        else
            others += box_w(&p->boxes[i]);
    int64_t may = p->limit_w + max_i32(0, plant_sun_w(p)) - others - aside;
    bool bad = p->limit_w >= 0 && ours > max_i64(may, 0) * 102 / 100 && others == 0 &&
               !check_excused(k, 0);
    k->limit_s = bad ? k->limit_s + 1 : 0;
    if (k->limit_s == FOLLOW_S + k->reaction_s + 1)
        check_note(k, DAY_LIMIT, "%d W of %d W", (int)ours, (int)may);
}
static bool blind_way(const struct check *k, int i)
{
    for (int c = k->p->boxes[i].circuit; c >= 0; c = k->p->parent[c])
        if (k->bad_s[c] > MISSING_S + k->reaction_s &&
            (c > 0 || plant_fault(k->p, ILL_METER_DEAD, NULL)))
            return true;
    return false;
}
static void blind(struct check *k, int i)
{
    const struct check_box *c = &k->boxes[i];
    bool dead = blind_way(k, i), solar = is_solar(c->mode);
    if (k->down_s || k->p->second - k->up_s < MISSING_S || !k->p->boxes[i].obeys)
        return;
    if ((dead || k->out->meter == METER_FROZEN) && c->last_ma > c->was_ma)
        check_note(k, DAY_BLIND, "%s raised %d to %d mA", k->d->chargers[i].id, c->was_ma,
                   c->last_ma);
    if (!dead || !check_obedient(k, i) || !k->out->chargers[i].send)
        return;
    if (c->last_ma > (solar ? c->min_ma : fallback_of(k, i)))
        check_note(k, DAY_BLIND, "%s goes on with %d mA", k->d->chargers[i].id, c->last_ma);
    int hold_s = k->d->control.hold_ms / 1000 + MISSING_S + k->reaction_s + 2;
    bool waits = c->mode == CHARGE_MODE_SOLAR_PURE || k->d->chargers[i].solar_share_pm > 0;
    if (solar && waits && c->last_ma && k->bad_s[0] > hold_s)
        check_note(k, DAY_BLIND, "%s: %d mA after the hold time", k->d->chargers[i].id, c->last_ma);
}
static void fallbacks(struct check *k)
{
    int64_t w = 0;
    int64_t ma[CIRCUITS][PHASES] = {0};
    for (int i = 0; i < k->d->chargers_n; i++) {
        int32_t own = k->out->chargers[i].fallback_ma;
        for (int ph = 0; ph < PHASES; ph++)
            ma[k->p->boxes[i].circuit][ph] += box_wired(&k->p->boxes[i]) >> ph & 1 ? own : 0;
        w += watts((int64_t)own * lanes(box_wired(&k->p->boxes[i])));
    }
    for (int i = 0; i < k->d->devices_n; i++) {
        const struct device *o = &k->p->devices[i];
        int32_t own = load_ma(k->out->loads[i].fallback_w, lanes(o->wired));
        for (int ph = 0; ph < PHASES; ph++)
            ma[o->circuit][ph] += o->wired >> ph & 1 ? own : 0;
        w += k->out->loads[i].fallback_w;
    }
    for (int c = k->d->circuits_n - 1; c >= 0; c--)
        for (int ph = 0; ph < PHASES; ph++) {
            if (ma[c][ph] > k->d->circuits[c].max_current_ma)
                check_note(k, DAY_FALLBACK, "%s L%d: %d mA", k->d->circuits[c].id, ph + 1,
                           (int)ma[c][ph]);
            if (c)
                ma[k->p->parent[c]][ph] += ma[c][ph];
        }
    if (k->p->limit_w >= 0 && w > k->p->limit_w)
        check_note(k, DAY_FALLBACK, "%d W, limit %d W", (int)w, k->p->limit_w);
}
void check_safety(struct check *k)
{
    for (int c = 0; c < k->d->circuits_n; c++)
        fuse(k, c);
    for (int i = 0; i < k->d->chargers_n; i++)
        blind(k, i);
    if (!k->down_s)
        fallbacks(k);
    balance(k);
    grid_limit(k);
}
