/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H
#include <stdbool.h>
#include <stdint.h>

/* One list for all devices; which device knows which is in README.md. */
enum fault_kind {
    FAULT_NONE,
    FAULT_MUTE,    /* accepts, never answers */
    FAULT_GARBAGE, /* answers nonsense, another kind of it each time */
    FAULT_SLOW,    /* answers after ms */
    FAULT_FROZEN,  /* repeats its values */
    FAULT_RESET,   /* Modbus: cuts the connection on each request */
    FAULT_OFFLINE, /* charger: no connection, does not dial */
    FAULT_IGNORE,  /* charger: accepts limits and does not apply them */
    FAULT_REJECT,  /* charger: rejects limits */
    FAULT_KINDS
};
struct fault {
    enum fault_kind kind;
    int32_t ms;
};
const char *fault_name(enum fault_kind kind);
bool fault_parse(const char *name, enum fault_kind *out);
#endif
