/* SPDX-License-Identifier: Apache-2.0
 * storage.h -- what the house batteries may and shall do: snapshot in, orders with reasons out.
 * Pure.
 *
 * Two kinds. A battery that regulates itself keeps the grid at zero and is only bounded: hold, a
 * limit, a forced charge. One of ours is told a power with every change, so that the grid
 * connection stays at the target; all of ours are one budget and never have opposite signs.
 * What every battery may do is narrowed in this order: people, rules, cars that it may not serve,
 * state of charge, the other batteries, grid operator and fuses, a blind meter.
 *
 * Units: W, permille, ms. Signs: grid + import, battery + charging. Caps are >= 0. All arrays are
 * the caller's; nothing is allocated. Same state, input, configuration and time give the same
 * result. */
#ifndef WATTBUS_STORAGE_H
#define WATTBUS_STORAGE_H
#include "services/surplus-controller/core/control.h"

enum { STORAGE_NO_CAP = 100000000 }; /* W: as much as it can */

struct storage_unit_conf {
    bool control;                   /* may be commanded */
    bool ours;                      /* has no regulator of its own */
    int32_t min_soc_pm, max_soc_pm; /* window, unless people chose another */
    int32_t car_min_soc_pm;         /* cars get nothing from it below this */
    int32_t first_until_soc_pm;     /* charged before solar cars up to here */
};
struct storage_config {
    const struct storage_unit_conf *units;
    int n;
    int32_t grid_target_w; /* while charging; discharging never aims at an export */
    int32_t dead_band_w;   /* a smaller change of an order is none */
    int32_t filter_ms;     /* of the balance that ours follow */
    int32_t write_ms;      /* between two changes of one order; cuts are exempt */
};
struct storage_config storage_config_default(void);

struct storage_unit_in {
    struct opt_i32 power_w; /* unset: it is silent */
    struct mono at;         /* when that was measured */
    struct opt_i32 soc_pm;
    struct opt_i32 max_charge_w, max_discharge_w; /* ratings */
    /* Chosen by people: NORMAL, HOLD, CHARGE or LIMIT; with CHARGE charge_w is the power, else
     * caps. */
    enum battery_mode mode;
    struct opt_i32 charge_w, discharge_w;
    struct opt_i32 min_soc_pm, max_soc_pm, first_until_soc_pm;
    /* What rules leave; unset: no rule. */
    struct opt_i32 rule_charge_w, rule_discharge_w;
};
struct storage_in {
    const struct storage_unit_in *units;
    enum control_meter meter;
    struct mono frame_at; /* of the grid meter's last frame */
    int32_t grid_w;
    bool begun;               /* the first values came, or were waited for long enough */
    bool config_agreed;       /* false: nothing is raised */
    bool block_discharge;     /* cars that the batteries may not serve charge ... */
    int32_t may_carry_w;      /* ... and this is what they may deliver to everything else */
    struct opt_i32 consume_w; /* the grid operator's limit */
    int32_t cars_w;           /* what cars and loads that we control draw ... */
    int32_t cars_rise_w;      /* ... and have been allowed and do not draw yet */
    struct opt_i32 room_w;    /* what the fuses still leave; negative: overload; unset: unknown */
    bool cars_short;          /* a fuse or the operator holds a car back */
};

/* ---- result ---- */
#define STORAGE_REASONS(R)                                                                         \
    R(STARTING, "starting", BLIND, "Waiting for the first values of the house.", "", "", "")       \
    R(ALONE, "left_alone", DEVICE, "It is only measured: it can't be controlled, or may not be.",  \
      "", "", "")                                                                                  \
    R(SILENT, "silent", DEVICE, "The battery does not answer.", "", "", "")                        \
    R(NORMAL, "normal", NONE, "It regulates itself, nothing restricts it.", "", "", "")            \
    R(ZERO_GRID, "zero_grid", SURPLUS,                                                             \
      "Keeps the grid connection at its target: {0} W (negative: discharging).", "power_w", "",    \
      "")                                                                                          \
    R(IDLE, "idle", SURPLUS, "Nothing to store and nothing to cover.", "", "", "")                 \
    R(HOLD, "hold", OVERRIDE, "Held on request: it is not discharged.", "", "", "")                \
    R(CHARGE, "charge", OVERRIDE, "Charging with {0} W on request, from the grid too.", "power_w", \
      "", "")                                                                                      \
    R(LIMIT, "limit", OVERRIDE, "Limited on request to {0} W.", "power_w", "", "")                 \
    R(RULE, "rule", MODE, "A rule limits it to {0} W.", "power_w", "", "")                         \
    R(CARS, "cars", MODE,                                                                          \
      "A car charges that it may not serve: it delivers at most {0} W, what the house needs.",     \
      "power_w", "", "")                                                                           \
    R(SOC_LOW, "soc_low", DEVICE, "It is at {0} % and not discharged below {1} %.", "soc_percent", \
      "min_soc_percent", "")                                                                       \
    R(SOC_HIGH, "soc_high", DEVICE, "It is at {0} % and not charged above {1} %.", "soc_percent",  \
      "max_soc_percent", "")                                                                       \
    R(SOC_UNKNOWN, "soc_unknown", BLIND, "Its state of charge is not known: it rests.", "", "",    \
      "")                                                                                          \
    R(OTHER, "other_charges", SHARE,                                                               \
      "Another battery is charged on request; this one does not feed it.", "", "", "")             \
    R(AGAINST, "against", SHARE, "It would work against another battery.", "", "", "")             \
    R(GRID_LIMIT, "grid_limit", GRID_OPERATOR,                                                     \
      "The grid operator allows {0} W: {1} W are left for charging.", "limit_w", "power_w", "")    \
    R(FUSE, "fuse", CIRCUIT, "The fuses leave {0} W for charging.", "power_w", "", "")             \
    R(CARS_SHORT, "cars_short", SHARE,                                                             \
      "A car needs what the grid connection leaves: only the sun charges it.", "", "", "")         \
    R(BLIND, "blind", BLIND, "Without a working grid meter it rests.", "", "", "")
enum storage_code {
#define R(id, name, limit, text, a, b, c) STORAGE_##id,
    STORAGE_REASONS(R)
#undef R
        STORAGE_CODES
};
struct storage_reason {
    enum storage_code code;
    int32_t p[3];
};
void storage_reason_text(const struct storage_reason *r, struct reason *out);
enum limit storage_reason_limit(enum storage_code code);

struct storage_order {
    bool send;              /* false: nothing was ever wanted of it, or too little is known */
    enum battery_mode mode; /* NORMAL, HOLD, CHARGE, LIMIT or POWER */
    struct opt_i32 charge_w, discharge_w, power_w; /* as the setpoint has them */
    int32_t max_charge_w, max_discharge_w;         /* STORAGE_NO_CAP: no bound */
    struct storage_reason reason;
    struct opt_i64 next_mono_ms; /* earliest time of the next step by itself */
};
struct storage_out {
    struct storage_order *units; /* [n] */
    int32_t can_deliver_w;       /* to cars now; 0 below car_min_soc */
    int32_t can_take_w;          /* more than they take now */
    int32_t reserve_w;           /* of the sun, theirs before solar cars get any */
    struct mono next;            /* run storage_step again not later than this */
};

/* ---- state: zero it ---- */
/* To be kept over a restart: on which side of its states of charge it is, with hysteresis; and what
 * was learnt of it. */
struct storage_kept {
    bool low, high; /* outside of its window */
    bool car_low;   /* too low to serve cars */
    bool fed;       /* it had what it is given before solar cars */
    bool appetite_set;
    int32_t appetite_w, appetite_soc_pm; /* most it takes, learnt while there was more */
};
/* False when nothing changed that is worth a write. */
bool storage_kept_differs(const struct storage_kept *a, const struct storage_kept *b);
struct storage_unit_state {
    struct storage_kept kept;
    bool touched;    /* it has been told something else than normal */
    int32_t power_w; /* ours: what it is told */
    struct mono changed_at;
    struct storage_calm {
        struct opt_i32 w;
        struct mono at;
    } block, grid; /* its part beside cars; of the grid connection */
    /* during one step */
    int32_t charge_cap_w, discharge_cap_w;
    struct storage_reason charge_why, discharge_why;
    bool forced;
};
struct storage_state {
    struct storage_unit_state *units; /* [n] */
    struct mono frame_at, need_at;
    struct mono same_since; /* the grid meter shows the same value since then ... */
    int32_t same_w;
    struct opt_i32 moved_from_w; /* ... and ours gave so much at that time */
    bool frozen;
    bool need_set;
    int32_t raw_w, need_w; /* sun left for batteries, negative: missing; newest and filtered */
    struct control_timer clash, sides, cars_short, spare;
    bool side_charge; /* while `sides`: only charging; else only discharging */
    struct mono next;
};
void storage_step(struct storage_state *s, const struct storage_in *in,
                  const struct storage_config *c, struct now now, struct storage_out *out);
#endif
