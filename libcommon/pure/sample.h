/* SPDX-License-Identifier: Apache-2.0
 * sample.h -- values that may be absent, values per phase, and values with their age.
 * "No value" is part of the type: there is no -1, NaN or 0 that stands for it. */
#ifndef WATTBUS_SAMPLE_H
#define WATTBUS_SAMPLE_H
#include "libcommon/pure/clock.h"

struct opt_i32 {
    int32_t v;
    bool set;
};
struct opt_i64 {
    int64_t v;
    bool set;
};
struct opt_bool {
    bool v;
    bool set;
};
/* One value per phase L1, L2, L3 of the grid; bit i of `set` says that v[i] is there. */
struct phases_i32 {
    int32_t v[PHASES];
    uint8_t set;
};
#define SOME_I32(x)  ((struct opt_i32){.v = (x), .set = true})
#define SOME_I64(x)  ((struct opt_i64){.v = (x), .set = true})
#define SOME_BOOL(x) ((struct opt_bool){.v = (x), .set = true})
#define ALL_PHASES   7u

static inline bool phase_set(const struct phases_i32 *p, int i)
{
    return p->set >> i & 1;
}
static inline void phase_put(struct phases_i32 *p, int i, int32_t v)
{
    p->v[i] = v;
    p->set = (uint8_t)(p->set | 1u << i);
}

/* How much a reading may be trusted, from its age alone (design: 3 x interval, max_age). */
enum freshness {
    FRESH,   /* use it */
    SUSPECT, /* older than 3 intervals: nothing may be raised on it */
    MISSING, /* older than max_age, or never seen: act as if there were none */
};
struct age_rule {
    int32_t interval_ms; /* declared by the sender */
    int32_t max_age_ms;  /* default 10 s */
};
static inline enum freshness freshness_of(int64_t age_ms, struct age_rule r)
{
    if (age_ms > r.max_age_ms)
        return MISSING;
    return age_ms > 3 * (int64_t)r.interval_ms ? SUSPECT : FRESH;
}
#endif
