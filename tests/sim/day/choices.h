/* SPDX-License-Identifier: Apache-2.0
 * choices.h -- week tables, targets with plans, rules by price: from what people and prices say to
 * the snapshot's choices, through core/choose and core/rules as in production. */
#ifndef WATTBUS_SIM_CHOICES_H
#define WATTBUS_SIM_CHOICES_H
#include "services/surplus-controller/core/rules.h"
#include "tests/sim/day/core.h"
#include "tests/sim/day/plant.h"

enum { PLAN_SLOTS = 192, SLOT_MS = 900000 };
struct choices {
    const struct day *d;
    bool any;
    struct zone zone;
    int64_t first_ms; /* UTC of the first midnight */
    struct choice {
        bool used;
        struct choose_settings people, site;
        struct week people_week, site_week;
        struct control_cap caps[CAPS];
        struct rule rules[2];
        struct choose_state state;
        struct choose_out out;
        struct target_plan plan;
        struct slot slots[PLAN_SLOTS];
        int64_t planned_slot; /* number of the quarter hour it was made in */
    } v[CHARGERS];
};
void choices_init(struct choices *x, const struct day *d);
/* The same people in another place of memory. */
void choices_copy(struct choices *to, const struct choices *from);
struct wall choices_wall(const struct choices *x, int second);
struct opt_i64 choices_price(const struct day *d, int second);
/* What people do, alive or not. */
void choices_people(struct choices *x, const struct plant *p);
/* Fills the choices of v; true when what is in force has changed. */
bool choices_second(struct choices *x, struct plant *p, const struct core *c, struct views *v);
/* Another process: only what the state directory keeps. */
void choices_restart(struct choices *x);
#endif
