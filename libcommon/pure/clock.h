/* SPDX-License-Identifier: Apache-2.0
 * clock.h -- the two kinds of time, as types that cannot be mixed. "now" is read once per event by
 * the io layer and handed down; nothing pure reads a clock. */
#ifndef WATTBUS_CLOCK_H
#define WATTBUS_CLOCK_H
#include "libcommon/pure/base.h"

struct mono {
    int64_t ms; /* CLOCK_MONOTONIC: ages, leases, dwell times, timeouts */
};
struct wall {
    int64_t ms; /* UTC since 1970: message time stamps, tariffs, logs */
};
/* Both clocks, read together at the start of an event. */
struct now {
    struct mono mono;
    struct wall wall;
};

static inline struct mono mono_after(struct mono t, int64_t ms)
{
    return (struct mono){t.ms + ms};
}
static inline int64_t mono_since_ms(struct mono now, struct mono then)
{
    return now.ms - then.ms;
}
static inline bool mono_reached(struct mono now, struct mono t)
{
    return now.ms >= t.ms;
}
#endif
