/* SPDX-License-Identifier: Apache-2.0
 * ledger.h -- what a charger has charged, for whom: nothing lost, nothing twice. Pure.
 *
 * Energy comes from the counters of the box, time from the states between. A session's energy is
 * booked as the difference to what was booked of that session before, so that a restart, a repeated
 * or a late message changes nothing; the final record of a session sets it right. A box without
 * sessions is counted by its register, one without a register by its power. The ledger must be
 * saved together with what was booked; then an older file only means that the same energy is booked
 * again from there. */
#ifndef WATTBUS_LEDGER_H
#define WATTBUS_LEDGER_H
#include "libcommon/pure/sample.h"
#include "libcommon/pure/tag.h"

enum { LEDGER_SESSIONS = 20 /* more than a gateway keeps */, NOBODY = -1 };

struct ledger_who {
    int16_t user;   /* index, or NOBODY */
    struct tag tag; /* the card, "" for none */
};
struct ledger_session {
    int64_t number;
    int64_t booked_wh;
    bool ended;
    struct ledger_who who;
};
struct ledger {
    bool begun;
    int64_t begun_ms; /* what ended before is not ours */
    int64_t ts_ms;    /* of the last state */
    struct opt_i64 register_wh;
    bool drawing, has_sessions;
    struct ledger_who who;                           /* since the last state */
    int64_t rest_wms;                                /* W x ms that are no whole Wh yet */
    struct ledger_session sessions[LEDGER_SESSIONS]; /* oldest first */
    int sessions_n;
};
struct ledger_reading {
    int64_t ts_ms;              /* UTC of the state */
    bool drawing;               /* the car takes power */
    struct opt_i64 session;     /* number of the running session */
    struct opt_i64 session_wh;  /* in this session */
    struct opt_i64 register_wh; /* counter that never falls */
    struct opt_i32 power_w;
    int64_t max_w; /* more than it can ever draw: what is beyond is no charging */
    struct ledger_who who;
};
/* What is to be booked; wh and ms are 0 when nothing is. */
struct ledger_entry {
    int64_t wh, ms;
    struct ledger_who who;
    int64_t at_ms; /* until then it was charged */
    bool jumped;   /* the register moved by what cannot have been charged: left out */
};
/* A state of the charger. */
struct ledger_entry ledger_read(struct ledger *l, const struct ledger_reading *r);
/* The record of a session; energy_wh unset: it says nothing about energy. `who` NOBODY without a
 * tag: as known before. */
struct ledger_final {
    int64_t number;
    struct opt_i64 ended_ms; /* unset: it runs */
    struct opt_i64 energy_wh;
    struct ledger_who who;
};
struct ledger_entry ledger_close(struct ledger *l, const struct ledger_final *f);
#endif
