/* SPDX-License-Identifier: Apache-2.0
 * plant.h -- the physics of a day and what instruments show of it. */
#ifndef WATTBUS_SIM_PLANT_H
#define WATTBUS_SIM_PLANT_H
#include "tests/sim/day/day.h"

enum { VOLT_MV = 230000, HISTORY = 4 };
struct plant_car {
    bool plugged, obeys, answers, awake;
    int32_t offer_ma, ma; /* what the box was told last; what flows per used phase */
    int offered_s;        /* since when it is offered something */
    int64_t charged_mwh;
};
struct plant {
    const struct day_plan *d;
    int second;
    bool calm; /* from here on nothing changes by itself */
    struct plant_car cars[DAY_CARS];
    int32_t load_ma[PHASES]; /* house less PV */
    int32_t grid_ma[PHASES], shown_ma[HISTORY][PHASES];
    int32_t pv_w, house_w, cars_w, battery_w;
    int64_t battery_mwh;
    int32_t limit_w; /* -1: none */
    uint64_t noise;
};
void plant_init(struct plant *p, const struct day_plan *d);
void plant_second(struct plant *p, const struct control_decision *decisions, bool known);
bool plant_bad_meter(const struct plant *p);
/* What the controller may see; true when a new frame came. */
bool plant_show(struct plant *p, struct control_snapshot *in, struct control_charger_in *cars,
                int64_t now_ms);
static inline bool in_span(struct day_span s, int second)
{
    return second >= s.from_s && second < s.to_s;
}
#endif
