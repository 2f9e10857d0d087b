/* SPDX-License-Identifier: Apache-2.0
 * lease.h -- who may command a device right now, and for how long. Pure.
 *
 * A setpoint holds valid_ms from its live receipt on our monotonic clock; a retained one changes
 * nothing, because its age is unknown. seq must rise within one boot of the writer, so a replay is
 * dropped. A second writer (other boot id while the first lease is live) does not take over: both
 * count and the lower rank wins, until one of them ends. A restarted controller looks like that
 * for the rest of its old lease; only when the old one writes again are there really two. */
#ifndef WATTBUS_LEASE_H
#define WATTBUS_LEASE_H
#include "libcommon/pure/clock.h"

enum { LEASE_BOOT_CAP = 20 };

/* Same numbers as the contract's `enum lease` (static_assert where both are seen). */
enum lease_phase { LEASE_PHASE_NONE = 1, LEASE_PHASE_LIVE, LEASE_PHASE_EXPIRED };

enum lease_verdict {
    LEASE_TAKEN,    /* counts from now on */
    LEASE_RETAINED, /* refused: age unknown */
    LEASE_REPLAY,   /* refused: seq did not rise */
};

/* The head of a setpoint. rank: what "lower wins" is judged by, e.g. the current in mA; a writer
 * that limits nothing has INT32_MAX. */
struct lease_offer {
    const char *boot;
    int64_t seq;
    int32_t valid_ms;
    int32_t rank;
    bool retained;
};

enum { LEASE_WRITERS = 2 };
struct lease_writer {
    char boot[LEASE_BOOT_CAP];
    int64_t seq;
    int32_t rank;
    struct mono until;
    bool known;
};
/* Zeroed: no lease yet. */
struct lease_hold {
    struct lease_writer w[LEASE_WRITERS];
    int newest;     /* index of the writer that appeared last */
    bool old_spoke; /* the other one wrote after it appeared */
};

/* On LEASE_TAKEN *slot (0 or 1) is where the caller keeps the values of this setpoint. A third
 * writer takes the slot of the two others' higher rank: of rivals the most careful one stays. */
enum lease_verdict lease_offer(struct lease_hold *l, const struct lease_offer *o, struct mono now,
                               int *slot);
/* Slot of the setpoint in force, -1 when none is. */
int lease_in_force(const struct lease_hold *l, struct mono now);
enum lease_phase lease_phase_of(const struct lease_hold *l, struct mono now);
/* Two writers are at work: fault two_writers. */
bool lease_rivals(const struct lease_hold *l, struct mono now);
/* ms until the next lease ends, -1 when none is live. */
int64_t lease_next_ms(const struct lease_hold *l, struct mono now);
/* What a charger gets after its lease: never more than applied, so that nothing is raised or
 * started by a fallback. mA, 0 pauses. */
static inline int32_t lease_fallback_ma(int32_t applied_ma, int32_t fallback_ma)
{
    return min_i32(applied_ma, fallback_ma);
}
#endif
