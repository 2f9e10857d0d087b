/* SPDX-License-Identifier: Apache-2.0
 * story.h -- what a user would have seen, and whether it is what the scenario expects. */
#ifndef WATTBUS_SIM_STORY_H
#define WATTBUS_SIM_STORY_H
#include "tests/sim/day/check.h"

struct story {
    const struct day *d;
    FILE *to;
    struct {
        int32_t ma;
        enum control_code code;
        bool told;
    } boxes[CHARGERS], devices[DEVICES];
    struct {
        bool done; /* was noted as wrong */
        bool once;
        int starts, switches, charger, device; /* device: -1: none */
        int64_t energy_mwh, import_mwh;
        int32_t was_ma;
        bool ran;
    } expects[EXPECTS];
};
void story_init(struct story *s, const struct day *d, FILE *to);
void story_second(struct story *s, struct check *k);
void story_end(struct story *s, struct check *k);
#endif
