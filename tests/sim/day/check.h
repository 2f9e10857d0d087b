/* SPDX-License-Identifier: Apache-2.0
 * check.h -- what must always hold, judged by the true values of the plant. */
#ifndef WATTBUS_SIM_CHECK_H
#define WATTBUS_SIM_CHECK_H
#include "tests/sim/day/plant.h"

enum {
    FOLLOW_S = 6,   /* a car's own time */
    MISSING_S = 10, /* a silent meter can't be known to be dead before */
    QUIET_S = 60,   /* around a change of mode, limit or fault */
    NEVER = -1000000,
};
struct check_box {
    int32_t last_ma, was_ma; /* order now, and a second before */
    int32_t min_ma, max_ma;
    enum charge_mode mode;
    int obeys_s, mode_s, lock_s;
    bool known;             /* its car has drawn on all contacts for long enough to tell */
    int switched_s;         /* last switch of its contacts */
    int climb_s;            /* three phases would be carried, for so long */
    int draws_s, plugged_s; /* for so long */
    int drew_s;             /* last time */
    /* dwell times */
    bool stopped, verdict; /* verdict: a stop that may turn out to be a change of places */
    int stopped_s, started_s, enough_s, enough_for_s, early_s;
    int wait_s, lazy_s; /* for so long */
    int raised_s, hour, writes;
    int turned_s, probed_s; /* last turn and probe in the calm */
    int32_t dead_ma;        /* limit when the controller died */
};
struct check_load {
    bool known, on, was_leased;
    int switched_s, steady_s, obeys_s, blocked_s, free_s, wait_s, lazy_s;
    int32_t told_w; /* a second before */
};
struct check_choice {
    int wrong_s, clear_s; /* for so long; clear: nothing keeps it from full power */
    int64_t deadline_ms, left_mwh;
    int32_t goal_wh;
};
/* What those who obey draw below a circuit and what they were allowed there. */
struct check_share {
    int64_t draw_ma, allowed_ma;
    bool draws, above, strangers; /* strangers: others draw there too */
};
struct check {
    const struct day *d;
    struct day_result *r;
    const struct plant *p;
    const struct control_out *out;
    const struct control_config *c;
    const struct views *v;
    struct check_box boxes[CHARGERS];
    struct check_load loads[DEVICES];
    struct check_choice choices[CHARGERS];
    int outside_s; /* the battery, for so long */
    int64_t battery_mwh, against_mwh;
    int64_t rods_mwh, rods_grid_mwh;
    int limited_s; /* last time under a limit of the grid operator */
    int over_s[CIRCUITS][PHASES], power_s[CIRCUITS]; /* for so long */
    int near_s[CIRCUITS];                            /* last time close to its rating */
    int bad_s[CIRCUITS];                             /* its meter is bad for so long */
    int down_s;                                      /* the controller is down for so long */
    int up_s;                                        /* it started then */
    int tilt_s, limit_s;                             /* for so long */
    int blind_s;                                     /* last time a meter was bad */
    int disturbed_s, people_s, window_s;             /* last time; window: of turns and probes */
    int reaction_s, limit_at_s;                      /* limit_at: it changed */
    int32_t limit_w;
};
void check_init(struct check *k, const struct day *d, struct day_result *r);
/* alive: the controller runs; `restarted`: a new process has begun in this second. */
void check_second(struct check *k, const struct plant *p, const struct control_out *out,
                  const struct control_config *c, const struct views *v, bool alive,
                  bool restarted);
void check_end(struct check *k);
void check_note(struct check *k, enum day_property what, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* ---- between the files of the check ---- */
bool check_obedient(const struct check *k, int i);
bool check_excused(const struct check *k, int circuit);
void check_safety(struct check *k); /* check_safety.c */
void check_dwell(struct check *k);  /* check_dwell.c */
void check_calm(struct check *k);
static inline bool is_solar(enum charge_mode m)
{
    return m == CHARGE_MODE_SOLAR_PURE || m == CHARGE_MODE_SOLAR_PLUS;
}
/* Power that the sun leaves for charger i after the house and what others draw or are told to. */
int32_t check_surplus_w(const struct check *k, int i); /* -1: for none of them */
int32_t check_noise_w(const struct check *k);
/* What was given below a circuit and does not flow yet. */
int32_t check_claims_ma(const struct check *k, int circuit, int phase);

/* check_battery.c: what it takes before solar cars. */
int32_t check_battery_first_w(const struct check *k);
void check_battery(struct check *k);
void check_battery_end(struct check *k);
struct choices;
void check_choices(struct check *k, const struct choices *x); /* check_choices.c */

/* ---- check_loads.c ---- */
void check_loads(struct check *k);
void check_loads_end(struct check *k);
int32_t check_loads_claim_w(const struct check *k);
int32_t check_loads_to_come_ma(const struct check *k, int circuit, int phase);
void check_loads_share(const struct check *k, int circuit, int phase, struct check_share *s);
/* Under a limit: what obeys; heat pumps as they like; those that nobody can know. */
void check_loads_limit(const struct check *k, int64_t *ours_w, int64_t *aside_w, int64_t *others_w);
#endif
