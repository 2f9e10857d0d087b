/* SPDX-License-Identifier: Apache-2.0
 * load.h -- heat pumps, heating rods, switched consumers, generators. Pure.
 *
 * A load is a taker among the chargers: what is common (circuit, phases, priority, currents,
 * measured values, mode) stands in the arrays of chargers at chargers_n + k, what only a load has
 * in the arrays of loads at k. Its power is counted in mA per phase at the nominal voltage, so that
 * a setpoint does not wander with the mains. A switched load and a heat pump take their whole power
 * or nothing; a generator takes nothing and is only told to run or to rest.
 *
 * Once on it stays on for min_run_ms, once off it rests for min_rest_ms, whoever wishes otherwise;
 * only fuses and the grid operator are above that. An SG Ready heat pump in state normal runs as it
 * likes: where it is measured its draw is set aside before anybody is served. */
#ifndef WATTBUS_LOAD_H
#define WATTBUS_LOAD_H
#include "services/surplus-controller/core/control.h"

enum control_load_kind {
    CONTROL_LOAD_SWITCHED,
    CONTROL_LOAD_POWER,
    CONTROL_LOAD_SG_READY,
    CONTROL_LOAD_GENERATOR,
};
struct control_load_conf {
    enum control_load_kind kind;
    int32_t power_w;                 /* at most; of a generator what it yields */
    int32_t on_above_w, off_below_w; /* surplus, its own draw in it */
    int32_t on_delay_ms, off_delay_ms, min_run_ms, min_rest_ms;
    int32_t block_max_ms, block_pause_ms; /* SG Ready state 1 */
    int32_t react_ms;                     /* it has so long to follow an order */
    bool can_block, can_force;            /* contacts for SG Ready states 1 and 4 */
};
struct control_load_in {
    enum load_mode mode;
    struct opt_i32 max_power_w; /* override */
    struct opt_bool runs;       /* as reported */
    bool free;                  /* it has dropped out of external control */
};
enum control_load_fault {
    LOAD_FAULT_NONE,
    LOAD_FAULT_FREE,       /* has left external control */
    LOAD_FAULT_WILL_NOT,   /* told to run, does not */
    LOAD_FAULT_WILL_STILL, /* told to rest, runs */
    LOAD_FAULT_BLOCK_OVER, /* the grid operator's limit is exceeded: no longer block is allowed */
};
struct control_load_decision {
    struct opt_bool on; /* unset: it runs as it likes */
    int32_t power_w;    /* what it is given; 0 when off */
    int32_t fallback_w;
    enum sg_state sg; /* UNSET: not SG Ready */
    enum control_load_fault fault;
};
struct control_load_state {
    bool on, dwells;                   /* ordered; switched_at means something */
    struct mono switched_at;           /* these and the timers survive a restart: resume.h */
    struct control_timer above, below; /* the surplus is there, or missing, since */
    struct control_timer block;        /* in SG Ready state 1 since */
    struct control_timer released;     /* out of it since, because it was long enough */
    struct control_timer freed;        /* ... or because it could be */
    int32_t block_used_ms;             /* then: so long it had been; it goes on from there */
    struct mono block_at;              /* when this piece of it began */
    struct control_timer deaf;         /* it does not follow since */
    int32_t block_w;                   /* what it drew, or might, when it was blocked */
    /* during one step */
    bool locked, asked;
    int32_t held_ma, held_w; /* set aside of every room, of the operator's budget only ... */
    int32_t unseen_ma;       /* ... of circuits without a meter */
};

/* mA per phase on `lanes` phases, and back; at the nominal voltage, rounded so that W survive. */
int32_t load_ma(int32_t power_w, int lanes);
int32_t load_w(int32_t ma, int lanes);
/* What a load looks like among the chargers: mode, state and maximum of *x; the rest of it is the
 * caller's. */
void load_as_charger(const struct control_load_in *in, uint8_t phases,
                     struct control_charger_in *x);
#endif
