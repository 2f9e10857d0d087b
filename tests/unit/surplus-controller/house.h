/* SPDX-License-Identifier: Apache-2.0
 * house.h -- a small house around the pure core: cars that follow with a lag, a grid meter. */
#ifndef WATTBUS_TEST_HOUSE_H
#define WATTBUS_TEST_HOUSE_H
#include "services/surplus-controller/core/control.h"

enum { CARS_MAX = 8, CIRCUITS_MAX = 6 };
struct car {
    bool plugged, mute; /* mute: the wallbox reports no current */
    bool obeys;
    uint8_t phases;     /* mask of what the car uses */
    int32_t max_ma;     /* of the car */
    int32_t lag_s;      /* seconds until it is at its limit */
    int32_t ma;         /* now */
    int32_t interval_s; /* of the wallbox's values */
    int32_t under_ma;   /* takes so much less than it is offered */
    bool switches;      /* the box has contacts for 1 or 3 phases and says which are closed */
    bool stuck;         /* and does not do as it is told */
    int closed;         /* 1 or 3 */
    int switch_left_s;  /* its own time for a switch */
    int switches_n, switches_under_current;
    enum evse_state fault; /* E or F: what the box reports; unset: none */
};
struct house {
    struct control_circuit_conf circuits[CIRCUITS_MAX];
    struct control_charger_conf chargers[CARS_MAX];
    struct control_config c;
    struct control_circuit_state circuit_states[CIRCUITS_MAX];
    struct control_charger_state charger_states[CARS_MAX];
    int16_t order[CARS_MAX];
    struct control_state s;
    struct control_reading circuit_in[CIRCUITS_MAX];
    struct control_charger_in in[CARS_MAX];
    struct control_snapshot snap;
    struct control_decision decisions[CARS_MAX];
    struct control_circuit_out circuit_outs[CIRCUITS_MAX];
    struct control_out out;
    struct car cars[CARS_MAX];
    struct opt_i32 told_ma[CARS_MAX]; /* what the box says it was told; unset: what it was */
    int32_t load_ma[PHASES];          /* everything but the cars at the grid meter; - is export */
    int32_t battery_w;
    bool meter_dead, meter_stuck, battery_mute;
    void (*meter_shows)(struct control_reading *r); /* changes what the grid meter says; or NULL */
    struct opt_i32 battery_shown_w; /* a late battery: this is the last that was heard of it */
    struct now now;
};
/* One root circuit with a grid meter, `cars` chargers of 16 A on three phases, priority 1, all in
 * `mode` with a plugged three-phase car. Change what you like, then house_start. */
void house_init(struct house *h, int cars, enum charge_mode mode, int32_t fuse_ma);
void house_start(struct house *h);
/* Under the sanitizer house_start fences off what lies behind the last charger and circuit; before
 * the memory becomes something else, or more of them are added, this takes the fences away. */
void house_unfence(struct house *h);
/* One second: cars move, the meter shows it, the controller decides. */
void house_second(struct house *h);
void house_run(struct house *h, int seconds);
/* Current of the grid meter as it is now. */
int32_t house_grid_ma(const struct house *h, int phase);
#endif
