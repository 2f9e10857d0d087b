/* SPDX-License-Identifier: Apache-2.0
 * check_battery.c -- the window of a battery under control, and that one of ours neither feeds the
 * grid nor is fed by it. */
#include "tests/sim/day/check.h"

enum {
    WINDOW_PM = 5, /* what flows while the order is on its way */
    OUTSIDE_S = 20,
    AGAINST_W = 300,
    AGAINST_PM = 30,
    QUICK_S = 30, /* after a jump of the house or of the sun */
};

int32_t check_battery_first_w(const struct check *k)
{
    const struct day_battery *b = &k->d->battery;
    bool first = (b->managed || b->ours) && plant_soc_pm(k->p) < b->first_until_soc_pm + 30;
    return first ? b->power_w : 0;
}
void check_battery(struct check *k)
{
    const struct day_battery *b = &k->d->battery;
    int32_t soc = plant_soc_pm(k->p), w = k->p->battery_w;
    int64_t grid = 0;
    if (!b->managed && !b->ours)
        return;
    for (int p = 0; p < PHASES; p++)
        grid += watts(k->p->flow_ma[0][p]);
    bool seen = !check_excused(k, 0) && !k->bad_s[0] &&
                !plant_fault(k->p, ILL_BATTERY_DEAD, NULL) && !k->down_s &&
                k->p->second - k->up_s > QUICK_S;
    bool outside = seen && ((soc < b->min_soc_pm - WINDOW_PM && w < -AGAINST_W) ||
                            (soc > b->max_soc_pm + WINDOW_PM && w > AGAINST_W && b->ours));
    k->outside_s = outside ? k->outside_s + 1 : 0;
    if (k->outside_s == OUTSIDE_S)
        check_note(k, DAY_BATTERY, "%d W at %d permille", w, soc);
    if (!seen || !b->ours)
        return;
    int64_t all = w < 0 ? -w : w, against = 0;
    if ((w < 0 && grid < 0) || (w > 0 && grid > 0))
        against = min_i64(all, grid < 0 ? -grid : grid);
    k->battery_mwh += all * 1000 / 3600;
    k->against_mwh += against * 1000 / 3600;
}
/* It is some seconds behind the sun, as its meter is. */
void check_battery_end(struct check *k)
{
    if (k->against_mwh > k->battery_mwh * AGAINST_PM / 1000 + 50000)
        check_note(k, DAY_BATTERY, "%lld of %lld Wh from or into the grid",
                   (long long)(k->against_mwh / 1000), (long long)(k->battery_mwh / 1000));
}
