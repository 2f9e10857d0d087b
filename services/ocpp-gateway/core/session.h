/* SPDX-License-Identifier: Apache-2.0
 * session.h -- the transactions of one connector: none lost, none doubled. Pure. */
#ifndef OCPP_CORE_SESSION_H
#define OCPP_CORE_SESSION_H
#include "libcommon/pure/sample.h"
#include "libcommon/pure/str.h"

enum { SESSIONS_KEPT = 16, ID_TAG_CAP = 21, STOP_REASON_CAP = 24 };

struct session_rec {
    int32_t tx;         /* > 0; 0: empty */
    int64_t started_ms; /* UTC; the box's time when it is plausible, else the arrival */
    int64_t stamp_ms;   /* timestamp as the box said it, 0: none; part of its identity */
    struct opt_i64 ended_ms;
    struct opt_i64 meter_start_wh, meter_stop_wh;
    char id_tag[ID_TAG_CAP];
    char reason[STOP_REASON_CAP];
    bool presumed; /* the end is concluded, the StopTransaction may still come */
};
/* A ring, newest at index newest. */
struct sessions {
    struct session_rec rec[SESSIONS_KEPT];
    int newest;
};

struct session_start {
    struct str id_tag;
    int64_t stamp_ms; /* 0: none */
    int64_t meter_start_wh;
};
struct session_stop {
    int64_t stamp_ms;
    struct opt_i64 meter_stop_wh;
    struct str reason;
};

/* The one that runs, else NULL. */
struct session_rec *session_running(struct sessions *s);
struct session_rec *session_find(struct sessions *s, int32_t tx); /* NULL: unknown; tx > 0 */
/* A StartTransaction that was heard before (the box repeats until it has the answer), else NULL. */
struct session_rec *session_repeated(struct sessions *s, const struct session_start *start);
/* Begins a session; the oldest leaves the ring (*dropped_tx, 0: none). The caller has ended the
 * one that ran. */
struct session_rec *session_begin(struct sessions *s, int32_t tx, const struct session_start *start,
                                  struct wall now, int32_t *dropped_tx);
/* Ends it. False: it has ended before and nothing changes. */
bool session_end(struct session_rec *r, const struct session_stop *stop, struct wall now);
/* It must have ended, but the box has not said so (yet). False: it does not run. */
bool session_presume_end(struct session_rec *r, const char *reason, struct opt_i64 meter_wh,
                         struct wall now);
struct opt_i64 session_energy_wh(const struct session_rec *r, struct opt_i64 register_wh);
/* Puts back what the journal says; a record with the same tx is replaced. */
void session_restore(struct sessions *s, const struct session_rec *r);
/* The box's time if it is between 2020 and five minutes ahead, else now. */
int64_t plausible_ms(int64_t stamp_ms, struct wall now);
#endif
