/* SPDX-License-Identifier: Apache-2.0
 * golden.h -- the decisions of a day as text to be compared and read: a line when a setpoint moves,
 * a reason changes or contacts, phases or fallbacks do, and all the numbers every five minutes. */
#ifndef WATTBUS_SIM_GOLDEN_H
#define WATTBUS_SIM_GOLDEN_H
#include "tests/sim/day/day.h"

struct golden {
    const struct day *d;
    FILE *to;
    int told_s[CHARGERS], site_s, every_s;
    struct control_decision was[CHARGERS];
    int64_t mas[CHARGERS]; /* setpoints summed over the seconds since its last line */
    int reasons[CHARGERS]; /* how often its reason changed since then */
    enum control_code code[CHARGERS];
    struct {
        int told_s;
        struct control_load_decision was;
        enum control_code code;
    } loads[DEVICES];
    enum control_meter meter;
    struct control_battery_out battery;
};
void golden_init(struct golden *g, const struct day *d, FILE *to);
void golden_second(struct golden *g, const struct control_out *out, int second);
#endif
