/* SPDX-License-Identifier: Apache-2.0
 * watchdog.h -- a service whose own loop stalls ends itself, so that its supervisor starts it anew:
 * a container engine restarts what has ended, not what hangs. */
#ifndef WATTBUS_WATCHDOG_H
#define WATTBUS_WATCHDOG_H
#include "libcommon/pure/base.h"
#include <uv.h>

struct watchdog;
/* `stalled` runs on the watchdog's thread just before abort(). */
struct watchdog *watchdog_new(uv_loop_t *loop, void (*stalled)(const char *what));
void watchdog_free(struct watchdog *w); /* before the loop closes; NULL is fine */
#endif
