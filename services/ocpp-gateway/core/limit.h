/* SPDX-License-Identifier: Apache-2.0
 * limit.h -- from setpoints to the charging profiles inside the box. Pure.
 *
 * Two profiles make the lease: a static TxDefaultProfile of min(limit, fallback), which can neither
 * raise nor start anything, and above it, while a transaction runs, a TxProfile with the limit and
 * a `duration`, renewed at half its life. When we die the TxProfile ends inside the box.
 *
 * Pull design: limit_next says what the box should be told now, the caller sends it and hands the
 * answer to limit_answered. Only what the box has acknowledged counts as applied. */
#ifndef OCPP_CORE_LIMIT_H
#define OCPP_CORE_LIMIT_H
#include "libcommon/pure/lease.h"
#include "libcommon/pure/sample.h"

enum limit_purpose { PURPOSE_TX_DEFAULT, PURPOSE_TX, PURPOSE_COUNT };

/* The ways to say it, tried in this order until the box accepts one. */
struct limit_variant {
    bool max_level; /* the box's highest stackLevel; else 0 */
    bool absolute;  /* Absolute with startSchedule; else Relative without */
    bool station;   /* on connector 0 instead of our own */
};
const struct limit_variant *limit_variant(enum limit_purpose p, int i); /* NULL: no more */

struct limit_conf {
    int32_t max_current_ma;
    int32_t fallback_ma;  /* while no setpoint was heard */
    int32_t box_lease_ms; /* life of a TxProfile */
    bool can_switch;      /* numberPhases tells it which contacts to close */
    bool leave_alone;     /* without a setpoint nothing is told to the box: observe mode */
};
/* The part of a setpoint that matters here. */
struct limit_setpoint {
    int32_t current_ma, fallback_ma;
    int32_t phases; /* 1 or 3; 0: leave the contacts as they are */
    int64_t seq;
    char boot[LEASE_BOOT_CAP];
};
/* A profile inside the box. */
struct limit_profile {
    bool acked; /* ma is what the box has accepted last */
    bool stale; /* it may have lost it: tell it again */
    int32_t ma, phases;
    int variant;
    int rounds;        /* how often all variants were refused */
    struct mono retry; /* not before */
    struct mono until; /* TxProfile: end of its duration */
};
struct limiter {
    struct lease_hold lease;
    struct limit_setpoint slot[LEASE_WRITERS], last; /* last: that was in force */
    struct limit_profile box[PURPOSE_COUNT];
    bool running; /* a transaction */
    int32_t transaction;
    struct mono connected;
    struct opt_i32 remembered;     /* TxDefaultProfile of an earlier run, mA */
    int32_t phases;                /* that it has confirmed last, 0: none; outlives us */
    struct limit_setpoint applied; /* the setpoint that the box follows; seq 0 and "" for none */
    struct wall applied_at;
};

struct limit_command {
    enum limit_purpose purpose;
    int variant;
    int32_t ma;     /* per phase, 0 or at least 6000 */
    int32_t phases; /* 0: not said */
    int32_t transaction;
    int32_t duration_ms;
    struct limit_setpoint from;
};
enum limit_answer {
    LIMIT_ACCEPTED,
    LIMIT_REFUSED, /* Rejected, NotSupported or a CALLERROR */
    LIMIT_LOST,    /* no answer: nobody knows */
};

/* Takes a setpoint. False: refused by the lease (retained, replay). */
bool limit_setpoint(struct limiter *l, const struct limit_setpoint *s, int32_t valid_ms,
                    bool retained, struct mono now);
/* The box is back (booted: by a restart): it is told everything again. */
void limit_connected(struct limiter *l, struct mono now);
/* Its profiles were cleared. */
void limit_cleared(struct limiter *l);
void limit_transaction(struct limiter *l, bool running, int32_t id);
/* What to tell the box now; false: nothing. */
bool limit_next(const struct limiter *l, const struct limit_conf *c, struct mono now,
                struct limit_command *out);
void limit_answered(struct limiter *l, const struct limit_command *cmd, enum limit_answer a,
                    struct now now);
/* Notes a setpoint that asks for what already holds; true when applied changed. */
bool limit_settle(struct limiter *l, const struct limit_conf *c, struct mono now);
/* The limit in force at the box, mA; not set: we have not told it any. */
struct opt_i32 limit_applied_ma(const struct limiter *l, struct mono now);
/* Contacts that the box was told to close; not set: it does not switch. Without numberPhases a box
 * closes three (OCPP 1.6, ChargingSchedulePeriod). */
struct opt_i32 limit_applied_phases(const struct limiter *l, const struct limit_conf *c);
enum lease_phase limit_phase(const struct limiter *l, struct mono now);
/* True when the box takes no TxProfile: its limits have no life of their own then. */
bool limit_unleased(const struct limiter *l, struct mono now);
#endif
