/* SPDX-License-Identifier: Apache-2.0
 * setup.h -- what a station is asked and told beside limits, once per connection or boot. Pure. */
#ifndef OCPP_CORE_SETUP_H
#define OCPP_CORE_SETUP_H
#include "services/ocpp-gateway/core/station.h"

/* The box has restarted: ask it everything again. */
void setup_restart(struct station *s);
/* What must be known before limits can be told. */
bool setup_first(struct station *s, struct outstanding *next);
/* The rest, when nothing else is to be done. */
bool setup_later(struct station *s, struct mono now, struct outstanding *next);
void setup_answered(struct station *s, const struct outstanding *out, enum outcome o, bool yes);
#endif
