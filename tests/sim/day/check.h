/* SPDX-License-Identifier: Apache-2.0
 * check.h -- what must always hold, judged by the true values of the plant. */
#ifndef WATTBUS_SIM_CHECK_H
#define WATTBUS_SIM_CHECK_H
#include "tests/sim/day/plant.h"

struct check_car {
    int obeys_s, mode_s, stopped_s, enough_s, enough_for_s, lock_s;
    int32_t last_ma, was_ma; /* command now, and a second before */
    enum charge_mode mode;
    bool stopped;
};
struct check {
    const struct day_plan *d;
    struct day_result *r;
    struct check_car cars[DAY_CARS];
    int over_s[PHASES], tilt_s, limit_s, disturbed_s; /* disturbed: last reason for an exemption */
    int bad_s;                                        /* the meter is bad for so long */
    int calm_changes;
};
void check_init(struct check *k, const struct day_plan *d, struct day_result *r);
void check_second(struct check *k, const struct plant *p, const struct control_out *out,
                  const struct control_snapshot *in);
void check_note(struct check *k, enum day_property what, int second, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
#endif
