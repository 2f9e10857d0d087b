/* SPDX-License-Identifier: Apache-2.0
 * ISO 8601 as OCPP uses it. Pure. */
#ifndef SIM_OCPP_TIME_H
#define SIM_OCPP_TIME_H
#include <stdbool.h>
#include <stdint.h>

enum { ISO_TIME_SIZE = 32 };
/* "2024-05-01T10:00:00[.123](Z|+01:00|nothing = UTC)" to ms since 1970. */
bool ocpp_time_parse(const char *text, int64_t *ms);
/* UTC, whole seconds, "Z". */
void ocpp_time_format(int64_t ms, char out[ISO_TIME_SIZE]);
#endif
