/* SPDX-License-Identifier: Apache-2.0 */
#include "services/ocpp-gateway/core/session.h"
#include "services/ocpp-gateway/core/text.h"

#define YEAR_2020_MS INT64_C(1577836800000)
enum { AHEAD_MS = 300000 };

int64_t plausible_ms(int64_t stamp_ms, struct wall now)
{
    return stamp_ms >= YEAR_2020_MS && stamp_ms <= now.ms + AHEAD_MS ? stamp_ms : now.ms;
}

struct session_rec *session_running(struct sessions *s)
{
    struct session_rec *r = &s->rec[s->newest];
    return r->tx > 0 && !r->ended_ms.set ? r : NULL;
}

struct session_rec *session_find(struct sessions *s, int32_t tx)
{
    for (int i = 0; i < SESSIONS_KEPT && tx > 0; i++)
        if (s->rec[i].tx == tx)
            return &s->rec[i];
    return NULL;
}

struct session_rec *session_repeated(struct sessions *s, const struct session_start *start)
{
    for (int i = 0; i < SESSIONS_KEPT && start->stamp_ms > 0; i++) {
        struct session_rec *r = &s->rec[i];
        if (r->tx > 0 && r->stamp_ms == start->stamp_ms && r->meter_start_wh.set &&
            r->meter_start_wh.v == start->meter_start_wh &&
            str_eq_nocase(start->id_tag, str_of(r->id_tag)))
            return r;
    }
    return NULL;
}

static struct session_rec *next_place(struct sessions *s, int32_t *dropped_tx)
{
    if (s->rec[s->newest].tx > 0)
        s->newest = (s->newest + 1) % SESSIONS_KEPT;
    struct session_rec *r = &s->rec[s->newest];
    *dropped_tx = r->tx;
    *r = (struct session_rec){0};
    return r;
}

struct session_rec *session_begin(struct sessions *s, int32_t tx, const struct session_start *start,
                                  struct wall now, int32_t *dropped_tx)
{
    assert(tx > 0 && !session_running(s));
    struct session_rec *r = next_place(s, dropped_tx);
    r->tx = tx;
    r->started_ms = plausible_ms(start->stamp_ms, now);
    r->stamp_ms = start->stamp_ms;
    r->meter_start_wh = SOME_I64(start->meter_start_wh);
    text_copy(r->id_tag, sizeof r->id_tag, start->id_tag);
    return r;
}

bool session_end(struct session_rec *r, const struct session_stop *stop, struct wall now)
{
    if (r->ended_ms.set && !r->presumed)
        return false;
    r->ended_ms = SOME_I64(max_i64(plausible_ms(stop->stamp_ms, now), r->started_ms));
    r->presumed = false;
    if (stop->meter_stop_wh.set)
        r->meter_stop_wh = stop->meter_stop_wh;
    text_copy(r->reason, sizeof r->reason, stop->reason.len > 0 ? stop->reason : str_of("Local"));
    return true;
}

bool session_presume_end(struct session_rec *r, const char *reason, struct opt_i64 meter_wh,
                         struct wall now)
{
    if (r->ended_ms.set)
        return false;
    r->ended_ms = SOME_I64(max_i64(now.ms, r->started_ms));
    r->presumed = true;
    r->meter_stop_wh = meter_wh;
    str_copyz(r->reason, sizeof r->reason, reason);
    return true;
}

struct opt_i64 session_energy_wh(const struct session_rec *r, struct opt_i64 register_wh)
{
    struct opt_i64 end = r->ended_ms.set ? r->meter_stop_wh : register_wh;
    if (!end.set || !r->meter_start_wh.set || end.v < r->meter_start_wh.v)
        return (struct opt_i64){0};
    return SOME_I64(end.v - r->meter_start_wh.v);
}

void session_restore(struct sessions *s, const struct session_rec *r)
{
    int32_t dropped;
    struct session_rec *old = session_find(s, r->tx);
    *(old ? old : next_place(s, &dropped)) = *r;
}
