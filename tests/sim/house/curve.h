/* SPDX-License-Identifier: Apache-2.0
 * Sun and house load over time: points with straight lines between them, repeated for ever. Pure.
 */
#ifndef SIM_CURVE_H
#define SIM_CURVE_H
#include <stddef.h>

#include "tests/sim/house/plant.h"

enum { CURVE_MAX = 512 };
struct curve_point {
    int64_t at_ms; /* rising */
    struct plant_input input;
};
struct curve {
    struct curve_point point[CURVE_MAX];
    size_t n;
};

/* 90 s: sun, a cloud from 40 s to 60 s, sun; a kettle on L1 from 70 s to 80 s. */
void curve_demo(struct curve *c);
/* Lines "seconds,pv_w,load_l1_w,load_l2_w,load_l3_w"; '#' starts a comment. Returns the number of
 * the first bad line (1..), or 0. Times must rise; there must be at least two points. */
int curve_parse(struct curve *c, const char *text);
/* Linear between the points; after the last point the curve starts again. */
struct plant_input curve_at(const struct curve *c, int64_t t_ms);
#endif
