/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/house/ocpp_profiles.h"

const char *profile_purpose_name(enum profile_purpose purpose)
{
    static const char *const names[PURPOSES] = {"ChargePointMaxProfile", "TxDefaultProfile",
                                                "TxProfile"};
    return names[purpose];
}

static void drop(struct profile_store *s, size_t i)
{
    for (s->n--; i < s->n; i++)
        s->at[i] = s->at[i + 1];
}

bool profiles_set(struct profile_store *s, const struct profile *p)
{
    for (size_t i = s->n; i-- > 0;) {
        const struct profile *old = &s->at[i];
        if (old->id == p->id || (old->purpose == p->purpose && old->stack == p->stack &&
                                 old->connector == p->connector))
            drop(s, i);
    }
    if (s->n == PROFILES_MAX)
        return false;
    s->at[s->n++] = *p;
    return true;
}

int profiles_clear(struct profile_store *s, int32_t id, int32_t connector, int32_t purpose,
                   int32_t stack)
{
    int gone = 0;
    for (size_t i = s->n; i-- > 0;) {
        const struct profile *p = &s->at[i];
        if ((id >= 0 && p->id != id) || (connector >= 0 && p->connector != connector) ||
            (purpose >= 0 && (int32_t)p->purpose != purpose) || (stack >= 0 && p->stack != stack))
            continue;
        drop(s, i);
        gone++;
    }
    return gone;
}

/* Time since the schedule began, or -1 when it is not running. */
static int64_t elapsed(const struct profile *p, int64_t now_ms, const struct profile_site *site)
{
    if ((p->valid_from_ms && now_ms < p->valid_from_ms) ||
        (p->valid_to_ms && now_ms >= p->valid_to_ms))
        return -1;
    /* Without a start the schedule runs from the start of charging; a ceiling of the whole box,
     * which needs no transaction, from its arrival. */
    int64_t start = p->start_ms;
    if (p->kind == KIND_RELATIVE || start == 0)
        start = site->tx_start_ms && p->purpose != PURPOSE_MAX ? site->tx_start_ms : p->received_ms;
    int64_t t = now_ms - start;
    if (t < 0)
        return -1;
    if (p->kind == KIND_RECURRING && p->recur_ms > 0)
        t %= p->recur_ms;
    return p->duration_ms && t >= p->duration_ms ? -1 : t;
}

static const struct profile_period *running(const struct profile *p, int64_t now_ms,
                                            const struct profile_site *site)
{
    const struct profile_period *found = NULL;
    int64_t t = elapsed(p, now_ms, site);
    for (size_t i = 0; t >= 0 && i < p->n_periods && p->period[i].start_ms <= t; i++)
        found = &p->period[i];
    return found;
}

/* Within a purpose the highest running stack level counts; for equal levels the connector's own. */
static bool limit_of(const struct profile_store *s, enum profile_purpose purpose, int64_t now_ms,
                     const struct profile_site *site, struct profile_limit *out)
{
    const struct profile *best = NULL;
    const struct profile_period *best_period = NULL;
    for (size_t i = 0; i < s->n; i++) {
        const struct profile *p = &s->at[i];
        const struct profile_period *period = running(p, now_ms, site);
        if (p->purpose != purpose || !period)
            continue;
        if (best &&
            (p->stack < best->stack || (p->stack == best->stack && p->connector < best->connector)))
            continue;
        best = p;
        best_period = period;
    }
    if (!best)
        return false;
    int64_t ma = best_period->limit;
    int32_t phases = best_period->phases ? best_period->phases : site->phases;
    if (best->watts)
        ma = ma * 1000 / site->voltage_mv / phases;
    out->ma = ma > site->max_ma ? site->max_ma : (int32_t)ma;
    out->phases = best_period->phases;
    return true;
}

struct profile_limit profiles_effective(const struct profile_store *s, int64_t now_ms,
                                        const struct profile_site *site)
{
    struct profile_limit out = {site->max_ma, 0}, got;
    bool tx = site->tx_start_ms && limit_of(s, PURPOSE_TX, now_ms, site, &got);
    if (tx || limit_of(s, PURPOSE_DEFAULT, now_ms, site, &got))
        out = got;
    if (limit_of(s, PURPOSE_MAX, now_ms, site, &got)) {
        if (got.ma < out.ma)
            out.ma = got.ma;
        if (got.phases && (!out.phases || got.phases < out.phases))
            out.phases = got.phases;
    }
    return out;
}
