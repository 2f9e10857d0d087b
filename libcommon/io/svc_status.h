/* SPDX-License-Identifier: Apache-2.0
 * svc_status.h -- the content of the life sign: faults, counters, owned ids. Plain values, no IO.
 */
#ifndef WATTBUS_SVC_STATUS_H
#define WATTBUS_SVC_STATUS_H
#include "proto/proto.h"

enum { STATUS_FAULTS = 32, STATUS_COUNTERS = 24 };
struct status_book {
    struct fault faults[STATUS_FAULTS];
    int faults_n;
    struct counter counters[STATUS_COUNTERS];
    int counters_n;
    id_text ids[LIST_ID_MAX];
    int ids_n;
    int more_ids; /* owned beyond the list */
};
/* True when something changed that is worth telling at once. text NULL ends the fault. */
bool status_fault(struct status_book *b, const char *code, const char *device, const char *text,
                  struct wall now);
void status_count(struct status_book *b, const char *name, int64_t add);
void status_set(struct status_book *b, const char *name, int64_t value);
void status_own(struct status_book *b, const char *id);
/* Copies what the message can hold; the newest faults win. */
void status_fill(const struct status_book *b, struct service_status *out);
#endif
