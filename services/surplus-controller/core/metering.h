/* SPDX-License-Identifier: Apache-2.0
 * metering.h -- virtual metering points: the production of a quarter of an hour shared out among
 * consumers, as a community plant or a landlord's roof is billed. Pure.
 *
 * Each producer's energy goes to the points that name it: by priority, 1 first; within a priority
 * in proportion to their shares. A point gets no more than it has consumed and no more than its
 * share of that producer's energy. What a point does not take goes on to those of the same
 * priority, then to the next; the rest was fed in. Energies in Wh, shares in permille. */
#ifndef WATTBUS_METERING_H
#define WATTBUS_METERING_H
#include "libcommon/pure/base.h"

struct metering_point {
    uint8_t priority; /* 1 to 99; 1 is served first */
    int32_t share_pm;
    /* this quarter */
    int64_t consumed_wh; /* not negative */
    int64_t covered_wh;  /* result */
    int64_t got_wh;      /* during one producer */
};
/* takes[k * points_n + i]: point i names producer k. Sets covered_wh of all points. Returns what is
 * left of all producers. */
int64_t metering_share(struct metering_point *points, int points_n, const int64_t *produced_wh,
                       int producers_n, const bool *takes);
#endif
