/* SPDX-License-Identifier: Apache-2.0
 * tz.h -- time zones of the system, by their IANA name. */
#ifndef WATTBUS_TZ_H
#define WATTBUS_TZ_H
#include "libcommon/pure/calendar.h"

/* Reads name ("Europe/Berlin") below /usr/share/zoneinfo, or below $TZDIR when that is set. On an
 * error *why says what is wrong and, for an unknown name, how names look. */
enum err tz_load(const char *name, struct zone *out, struct err_text *why) MUST_CHECK;
#endif
