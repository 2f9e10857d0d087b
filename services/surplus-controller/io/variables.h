/* SPDX-License-Identifier: Apache-2.0
 * variables.h -- user variables: computed from their expressions, at most once a second, or set by
 * people over override/value and then kept. Loop thread only. */
#ifndef WATTBUS_VARIABLES_H
#define WATTBUS_VARIABLES_H
#include "libcommon/pure/clock.h"
#include "proto/proto.h"

struct brain;
struct variables;

#define KEPT_VARIABLE_ROWS(F, S)                                                                   \
    F(S, REQ, STR, id, ID_CAP, "", 0, 0, NONE, "variable")                                         \
    F(S, OPT, STR, value, 32, "", 0, 0, NONE, "set by a person")                                   \
    F(S, OPT, TIME, until, , "ms", 0, TIME_HI, NONE, "when that ends")                             \
    F(S, OPT, STR, taken, 32, "", 0, 0, NONE, "the last value that was taken from the inbox ...")  \
    F(S, OPT, TIME, taken_at, , "ms", 0, TIME_HI, NONE, "... and when")
RECORD_STRUCT(kept_variable, KEPT_VARIABLE_ROWS)

struct variables *variables_new(struct brain *b, struct err_text *why); /* NULL: *why says it */
void variables_free(struct variables *v);
void variables_load(struct variables *v); /* what was set before the restart */
void variables_subscribe(struct variables *v);
/* Computes when a second has passed; returns when it wants to again. */
int64_t variables_refresh(struct variables *v, struct now now);
void variables_publish(struct variables *v, struct now now); /* what has changed */
void variables_forget_published(struct variables *v);        /* a new connection */
#endif
