/* SPDX-License-Identifier: Apache-2.0
 * target.h -- mode target: an energy or a state of charge by a time, at the least cost. Pure.
 *
 * Until it must, a car charges from the sun alone. It must when a plan says so (that is fresh, for
 * the same deadline and enough), or at the latest start that still makes it: counted back from the
 * deadline with full power, the slower end above 80 % and a margin. From then on it stays at full
 * power until the goal is reached; when it turns out that there is plenty of time after all (the
 * car draws more than was assumed), it goes back to the sun. When it can't be made it charges on
 * past the deadline and says by how much it will be late.
 *
 * Energies in Wh at the wallbox, powers in W, state of charge in permille. */
#ifndef WATTBUS_TARGET_H
#define WATTBUS_TARGET_H
#include "libcommon/pure/week.h"
#include "proto/proto.h"

/* ---- when ---- */
struct target_when {
    enum { TARGET_OPEN, TARGET_DAILY, TARGET_ONCE } kind; /* OPEN: no time was said */
    uint8_t days;                                         /* DAILY: of these days (bits) */
    int32_t minutes;                                      /* DAILY: of the day */
    struct wall at;                                       /* ONCE */
};
/* "07:00", "mon-fri 07:00", "2026-11-21 07:00" (or with T) in local time, with Z or +01:00 behind
 * it in that zone, or UTC ms. On an error *why says what is expected. */
enum err target_when_parse(struct str text, const struct zone *z, struct target_when *out,
                           struct err_text *why) MUST_CHECK;

/* ---- the plan of the planner, for one charger ---- */
struct target_plan {
    bool fresh;
    struct wall deadline;
    int32_t slot_ms;
    const struct slot *slots; /* value in W, in order of time */
    int slots_n;
};

/* ---- what is known ---- */
struct target_in {
    bool plugged;
    struct opt_i32 energy_wh, soc_pm; /* wanted; unset or 0: not */
    struct target_when when;
    int32_t session_wh;        /* charged in this session */
    struct opt_i32 car_soc_pm; /* of the car, now */
    struct opt_i32 capacity_wh;
    int32_t efficiency_pm; /* of what is charged, the battery gets this share */
    int32_t full_w;        /* what it is expected to draw at full power; above 0 */
    int32_t power_w;       /* what it draws */
    int32_t margin_ms;
    const struct target_plan *plan; /* NULL: none */
};
/* Zero it; survives a restart. */
struct target_state {
    struct opt_i64 deadline; /* UTC ms; the one that is being worked for */
    bool reached, forced;
    struct opt_i64 forced_at; /* UTC ms */
    int32_t learnt_w;         /* what it really draws at full power; 0: not known yet */
    uint32_t goal;            /* of which goal all this is: changes with what is wanted */
};

enum target_phase {
    TARGET_NO_GOAL,   /* neither energy nor state of charge is wanted */
    TARGET_NO_SOC,    /* wanted is a state of charge, but that of the car or its size is unknown */
    TARGET_UNPLUGGED, /* no car */
    TARGET_PAST,      /* the one time that was said had passed when the car came */
    TARGET_REACHED,
    TARGET_SUN,     /* no time was said: the sun alone */
    TARGET_WAIT,    /* the sun, until the latest start */
    TARGET_PLANNED, /* a slot of the plan */
    TARGET_BETWEEN, /* the sun, between two slots of the plan */
    TARGET_MUST,    /* full power: it is time */
    TARGET_LATE,    /* full power: it will not be made, or the deadline has passed */
};
struct target_out {
    enum target_phase phase;
    bool by_soc;             /* the state of charge is what needs more */
    int32_t need_wh;         /* still; 0 when reached */
    struct opt_i64 deadline; /* UTC ms */
    struct opt_i64 start;    /* latest start, with the margin */
    struct opt_i64 next;     /* UTC ms: ask again then at the latest */
    struct opt_i32 plan_w;   /* PLANNED: what the plan gives */
    int64_t late_ms;         /* LATE: after the deadline it will be reached */
};
void target_step(struct target_state *s, const struct target_in *in, const struct zone *z,
                 struct wall now, struct target_out *out);
/* Time that need_wh takes with that power, the slow end included (car_soc_pm and capacity known).
 */
int64_t target_duration_ms(const struct target_in *in, int32_t need_wh, int32_t power_w);
#endif
