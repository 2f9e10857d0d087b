/* SPDX-License-Identifier: Apache-2.0
 * plant.h -- sun, house, batteries and inverters that follow with a lag, and meters that see them
 * late; around the pure storage and feed-in cores. Steps of 100 ms. */
#ifndef WATTBUS_TEST_PLANT_H
#define WATTBUS_TEST_PLANT_H
#include "libcommon/pure/sample.h"

enum { PLANT_STEP_MS = 100, PLANT_LATE = 64 };
/* A value that arrives at its target with a dead time and a first-order lag. */
struct lagged {
    int32_t lag_ms, dead_ms;
    int64_t now_mw;
    int32_t orders[PLANT_LATE]; /* of the last steps, newest first */
};
static inline int32_t lagged_step(struct lagged *x, int32_t order_w)
{
    memmove(&x->orders[1], &x->orders[0], sizeof x->orders - sizeof x->orders[0]);
    x->orders[0] = order_w;
    int64_t aim = (int64_t)x->orders[x->dead_ms / PLANT_STEP_MS] * 1000;
    int64_t by = (aim - x->now_mw) * PLANT_STEP_MS / (x->lag_ms + PLANT_STEP_MS);
    x->now_mw = by ? x->now_mw + by : aim;
    return (int32_t)(x->now_mw / 1000);
}
/* A meter: a new value every interval, which is late by `late`. */
struct seen {
    int32_t interval_ms, late_ms;
    int32_t past[PLANT_LATE];
    int32_t shown;
    struct mono at; /* when the shown value was measured */
    bool fresh;     /* it came with this step */
};
static inline void seen_step(struct seen *m, struct mono now, int32_t w)
{
    memmove(&m->past[1], &m->past[0], sizeof m->past - sizeof m->past[0]);
    m->past[0] = w;
    m->fresh = now.ms % m->interval_ms == 0;
    if (!m->fresh)
        return;
    m->shown = m->past[m->late_ms / PLANT_STEP_MS];
    m->at = (struct mono){now.ms - m->late_ms};
}
#endif
