/* SPDX-License-Identifier: Apache-2.0
 * seam.h -- nobody sees a restart: the day goes on beside itself for a minute with a controller
 * that was not started anew, and both decide alike, a little later at most. */
#ifndef WATTBUS_SIM_SEAM_H
#define WATTBUS_SIM_SEAM_H
#include "tests/sim/day/check.h"
#include "tests/sim/day/world.h"

struct seam {
    struct world other; /* in which the controller lives on */
    bool running, fresh;
    int down_s, until_s;
    struct mono up;         /* the new one began */
    bool charged[CHARGERS]; /* before the restart */
    bool excused[CHARGERS]; /* not judged */
    int apart_s[TAKERS];    /* one takes and the other does not: in all */
    int other_s[TAKERS];    /* ... for so long */
    int off_s[CHARGERS];    /* both, but not alike: for so long */
};
/* The controller of w, after world_passes. */
void seam_dies(struct seam *s, const struct world *w);
void seam_restarts(struct seam *s, const struct world *w);
void seam_second(struct seam *s); /* the same second in the other world */
void seam_check(struct seam *s, const struct world *w, struct check *k);
#endif
