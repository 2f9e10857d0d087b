/* SPDX-License-Identifier: Apache-2.0
 * loads.h -- heat pumps, rods, switched consumers and generators on the bus: what they say, what
 * people want of them, what they are told. Load k is taker chargers_n + k of the core. Loop thread
 * only. */
#ifndef WATTBUS_LOADS_IO_H
#define WATTBUS_LOADS_IO_H
#include "services/surplus-controller/core/resume.h"
#include "services/surplus-controller/io/brain.h"

#define KEPT_LOAD_ROWS(F, S)                                                                       \
    F(S, REQ, STR, id, ID_CAP, "", 0, 0, NONE, "load")                                             \
    F(S, OPT, LIST, overrides, kept_override, "", 0, KEPT_OVERRIDES, NONE, "in force")             \
    F(S, OPT, LIST, taken, kept_override, "", 0, KEPT_TAKEN, NONE,                                 \
      "taken lately; a broker that lost its memory may bring them back")                           \
    F(S, OPT, BOOL, on, , "", 0, 1, NONE, "told to run")                                           \
    F(S, OPT, TIME, switched_at, , "ms", 0, TIME_HI, NONE, "since when it runs, or rests")         \
    F(S, OPT, TIME, above_since, , "ms", 0, TIME_HI, NONE, "there is surplus enough to start")     \
    F(S, OPT, TIME, below_since, , "ms", 0, TIME_HI, NONE, "there is too little to go on")         \
    F(S, OPT, TIME, block_since, , "ms", 0, TIME_HI, NONE, "SG Ready state 1 began")               \
    F(S, OPT, I32, block_w, , "W", 0, POWER_HI, NONE, "what it drew when it was blocked")          \
    F(S, OPT, TIME, released_at, , "ms", 0, TIME_HI, NONE, "the longest block ended")              \
    F(S, OPT, TIME, freed_at, , "ms", 0, TIME_HI, NONE, "a shorter block ended")                   \
    F(S, OPT, I32, block_used_ms, , "ms", 0, AGE_HI, NONE, "that had been so long")                \
    F(S, OPT, TIME, block_piece_at, , "ms", 0, TIME_HI, NONE, "it was blocked again")              \
    F(S, OPT, TIME, trimmed_at, , "ms", 0, TIME_HI, NONE, "others have what it leaves")            \
    F(S, OPT, TIME, idle_since, , "ms", 0, TIME_HI, NONE, "it has no use for what it may take")    \
    F(S, OPT, LIST, results, request_result, "", 0, MAX_RESULTS, NONE, "refused overrides")
RECORD_STRUCT(kept_load, KEPT_LOAD_ROWS)

/* What was published: a new message goes out when it differs. */
struct load_said {
    struct control_load_decision load;
    struct control_decision taker;
    struct mono at; /* 0: not yet on this connection */
};
struct load_io {
    const char *id;
    const struct load_conf *conf;
    struct clock_skew skew, meter_skew;
    struct kept_load kept;
    struct control_kept_load as_kept;
    struct load_said sent, told; /* setpoint; control */
    int rev, rev_told;           /* counts what people changed */
    enum control_load_fault fault_told;
};
struct loads {
    struct load_io *v;
    struct control_load_conf *conf;
    struct control_load_in *in;
    int n;
};

/* loads.c: arrays and configuration; the brain's arrays of takers have their place already. */
enum err loads_configure(struct brain *b, struct err_text *why) MUST_CHECK;
void loads_free(struct brain *b);
void loads_subscribe(struct brain *b);
int load_index(const struct brain *b, const char *id); /* -1: none */
void loads_again(struct brain *b);                     /* a new connection */
/* loads_commands.c: ends what has ended, fills the snapshot; returns when that changes (mono). */
int64_t loads_refresh(struct brain *b, struct now now);
void load_on_override(void *user, const struct bus_msg *m);
const struct kept_override *load_override(const struct load_io *o, const char *field);
/* loads_publish.c: returns when the next is due */
int64_t loads_publish(struct brain *b, struct now now);
/* loads_memory.c */
void loads_load(struct brain *b, struct now now);
void loads_track(struct brain *b, struct now now); /* notes changed timers */
void loads_save(struct brain *b);
#endif
