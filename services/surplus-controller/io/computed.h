/* SPDX-License-Identifier: Apache-2.0
 * computed.h -- meters with an expression instead of a bus: computed from other values and
 * published like any other meter, at most once a second. Loop thread only. */
#ifndef WATTBUS_COMPUTED_H
#define WATTBUS_COMPUTED_H
#include "libcommon/pure/clock.h"

struct brain;
struct computed;
struct computed *computed_new(struct brain *b, struct err_text *why); /* NULL: *why says it */
void computed_free(struct computed *c);
/* Publishes what is due; returns when the next is. */
int64_t computed_publish(struct computed *c, struct now now);
void computed_forget_published(struct computed *c); /* a new connection */
#endif
