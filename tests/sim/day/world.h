/* SPDX-License-Identifier: Apache-2.0
 * world.h -- a plant, its controller, and what goes back and forth between them. Two of them may
 * live side by side: one in which the controller was started anew, one in which it was not. */
#ifndef WATTBUS_SIM_WORLD_H
#define WATTBUS_SIM_WORLD_H
#include "tests/sim/day/choices.h"

struct world {
    const struct day *d;
    const struct day_options *o;
    struct plant p;
    struct core x;
    struct views v;
    struct choices choices;
    struct now now;
    bool alive, news;
    int64_t due_ms, seq;
    int process;
    struct {
        struct control_decision d;
        int at_s;
    } sent[CHARGERS];
    struct {
        struct control_load_decision d;
        int at_s;
    } told[DEVICES];
};
void world_init(struct world *w, const struct day *d, const struct day_options *o);
void world_end(struct world *w);
/* The same goes on in another place of memory; not to be ended. */
void world_copy(struct world *to, const struct world *from);
/* A second passes: sun, people, cars; and what the controller may see of it. */
void world_passes(struct world *w);
/* Week tables, plans and rules; and then the controller, and its orders on their way. */
void world_chooses(struct world *w);
void world_controls(struct world *w);
/* Another process begins, with what the old one left behind. */
void world_restarts(struct world *w);
bool world_orders_differ(const struct control_load_decision *a,
                         const struct control_load_decision *b);
/* Something that the tests of the checks break. */
void world_spoil(const struct world *w, struct core *c);
#endif
