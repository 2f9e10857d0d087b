/* SPDX-License-Identifier: Apache-2.0
 * metering.c -- shares out a quarter. */
#include "services/surplus-controller/core/metering.h"

enum { WHOLE_PM = 1000, PRIORITIES = 100 };

struct producer {
    struct metering_point *points;
    int n;
    const bool *takes;
    int64_t produced_wh, left_wh;
};
/* What a point may still get of this producer. */
static int64_t wants(const struct producer *p, int i, int priority)
{
    const struct metering_point *x = &p->points[i];
    if (!p->takes[i] || x->priority != priority)
        return 0;
    int64_t share = p->produced_wh / WHOLE_PM * x->share_pm +
                    p->produced_wh % WHOLE_PM * x->share_pm / WHOLE_PM;
    return max_i64(0, min_i64(x->consumed_wh - x->covered_wh, share - x->got_wh));
}
static void give(struct producer *p, int i, int64_t wh)
{
    p->points[i].covered_wh += wh;
    p->points[i].got_wh += wh;
    p->left_wh -= wh;
}
/* Rounds of shares, until all are served or nothing is left; what is less than a round's shares can
 * split goes to the first ones. */
static void serve(struct producer *p, int priority)
{
    for (bool more = true; more && p->left_wh > 0;) {
        int64_t weights = 0, round = p->left_wh;
        more = false;
        for (int i = 0; i < p->n; i++)
            weights += wants(p, i, priority) ? p->points[i].share_pm : 0;
        for (int i = 0; i < p->n && p->left_wh > 0 && weights; i++) {
            int64_t want = wants(p, i, priority);
            int64_t part = round / weights * p->points[i].share_pm +
                           round % weights * p->points[i].share_pm / weights;
            part = min_i64(want, min_i64(p->left_wh, max_i64(1, part)));
            give(p, i, part);
            more = more || part > 0;
        }
    }
}
int64_t metering_share(struct metering_point *points, int points_n, const int64_t *produced_wh,
                       int producers_n, const bool *takes)
{
    int64_t left = 0;
    for (int i = 0; i < points_n; i++)
        points[i].covered_wh = 0;
    for (int k = 0; k < producers_n; k++) {
        int64_t wh = max_i64(0, produced_wh[k]);
        struct producer p = {points, points_n, takes + (size_t)k * (size_t)points_n, wh, wh};
        for (int i = 0; i < points_n; i++)
            points[i].got_wh = 0;
        for (int priority = 1; priority < PRIORITIES && p.left_wh > 0; priority++)
            serve(&p, priority);
        left += p.left_wh;
    }
    return left;
}
