/* SPDX-License-Identifier: Apache-2.0
 * recorder.h -- every decision as a line of JSON in the state directory, for `wattbus replay`. Loop
 * thread only.
 *
 * On by control.record, or for 15 minutes by SIGUSR1 (SIGUSR2 ends it). decisions.jsonl begins with
 * the configuration and the state at that moment; when it has grown to control.record_mb it becomes
 * decisions.1.jsonl and a new one begins in the same way, so that each can be replayed alone. */
#ifndef WATTBUS_RECORDER_H
#define WATTBUS_RECORDER_H
#include "libcommon/pure/clock.h"

struct brain;
struct recorder;
struct recorder *recorder_new(struct brain *b);
/* On either side of control_step. */
void recorder_before(struct recorder *r, struct now now);
void recorder_after(struct recorder *r, struct now now);
/* For so long from now; 0 ms: no longer. What the site file says stays. */
void recorder_on(struct recorder *r, struct now now, int64_t ms);
/* Listens to the signals; ended by svc_fini with the other handles of the loop. */
void recorder_signals(struct recorder *r);
void recorder_free(struct recorder *r); /* NULL is fine */
#endif
