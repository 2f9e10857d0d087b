/* SPDX-License-Identifier: Apache-2.0
 * resume.h -- what of the state outlives the process, so that nobody sees a restart. Everything
 * else is measured again within seconds, or is in the first messages. Pure: where it is kept is the
 * caller's. */
#ifndef WATTBUS_RESUME_H
#define WATTBUS_RESUME_H
#include "services/surplus-controller/core/load.h"

/* Timers of a charger's state that are kept as they are. */
#define CONTROL_KEPT_TIMERS(T)                                                                     \
    T(hold)                                                                                        \
    T(stopped)                                                                                     \
    T(crowded) T(quiet) T(refused) T(one_since) T(learn) T(short_of) T(short_since) T(idle_since)
struct control_kept_charger {
#define T(name) struct control_timer name;
    CONTROL_KEPT_TIMERS(T)
#undef T
    int64_t missing_mj;            /* what the sun did not give in the hold ... */
    struct control_timer counted;  /* ... counted until then */
    struct control_timer served;   /* its turn began */
    struct control_timer trimmed;  /* its offer is trimmed; asked whether it takes more since */
    struct control_timer changing; /* a switch of the contacts is under way ... */
    uint8_t change_to;             /* ... to 1 or 3; 0: none */
    bool changed;                  /* the box has closed them; the pause runs */
    struct control_timer switched; /* the last switch was done */
    uint8_t used;                  /* grid phases that its car was seen to use, mask */
    int32_t under_ma;              /* of its offer, what the car does not draw */
    int32_t over_ma;               /* beyond its offer, what it draws */
    bool learnt;                   /* its phases were tried with too little sun */
    uint32_t turn;                 /* its place among those of its priority; 0: none */
    bool yield;                    /* it had its turn and goes behind the others */
};
#define CONTROL_KEPT_LOAD_TIMERS(T) T(above) T(below) T(block) T(released) T(freed)
struct control_kept_load {
#define T(name) struct control_timer name;
    CONTROL_KEPT_LOAD_TIMERS(T)
#undef T
    bool on;
    struct control_timer switched;   /* since when it runs, or rests */
    struct control_timer piece;      /* this piece of a block began */
    int32_t block_used_ms;           /* so long the block had been when it was freed */
    int32_t block_w;                 /* what it drew when it was blocked */
    struct control_timer trimmed;    /* measured: others have what it leaves; asked since */
    struct control_timer idle_since; /* measured: it takes nothing since */
};
struct control_kept_circuit {
    struct phases_i32 reduced_ma; /* cap after an overdraw */
    struct control_timer since;   /* of the last one */
};

/* What is to be kept now. Timers that run for less than a few seconds are left out where losing
 * them costs no more than that: what flickers is not worth a write. */
struct control_kept_charger control_keep_charger(const struct control_charger_state *x,
                                                 struct now now);
struct control_kept_load control_keep_load(const struct control_state *s,
                                           const struct control_config *c, int k, struct now now);
struct control_kept_circuit control_keep_circuit(const struct control_circuit_state *k);
/* False when nothing changed that is worth a write. */
bool control_kept_differs(const struct control_kept_charger *a,
                          const struct control_kept_charger *b);
bool control_kept_load_differs(const struct control_kept_load *a,
                               const struct control_kept_load *b);
/* After control_init and before the first step. */
void control_resume_charger(struct control_state *s, int i, const struct control_kept_charger *k);
void control_resume_load(struct control_state *s, const struct control_config *c, int k,
                         const struct control_kept_load *kept);
void control_resume_circuit(struct control_state *s, int i, const struct control_kept_circuit *k);
#endif
