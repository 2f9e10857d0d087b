/* SPDX-License-Identifier: Apache-2.0
 * iso_time.h -- the date-times of OCPP. Pure. */
#ifndef OCPP_CORE_ISO_TIME_H
#define OCPP_CORE_ISO_TIME_H
#include "libcommon/pure/clock.h"
#include "libcommon/pure/sample.h"
#include "libcommon/pure/str.h"

/* "2026-11-20T10:00:00Z": whole seconds, because fractions break some charge points. */
void iso_time_add(struct buf *b, struct wall t);
/* UTC ms since 1970. Accepts a fraction, an offset or none (then UTC), a blank instead of the T.
 * Not set: it is no date-time between 1970 and 2199. */
struct opt_i64 iso_time_parse(struct str s);
#endif
