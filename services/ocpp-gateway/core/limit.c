/* SPDX-License-Identifier: Apache-2.0 */
#include "services/ocpp-gateway/core/limit.h"

enum {
    MIN_MA = 6000,      /* IEC 61851: there is nothing between 0 and 6 A */
    STEP_MA = 100,      /* `limit` has one decimal */
    SILENCE_MS = 10000, /* a controller that lives has spoken by then */
    REFUSED_MS = 2000,  /* some boxes know a transaction only a while after it began */
    GIVEN_UP_MS = 10000,
    LOST_MS = 1000,
    ROUNDS_MAX = 2,
};

static const struct limit_variant tx_default_variants[] = {
    {true, true, false}, {false, true, false}, {false, false, false}, {false, false, true}};
/* Without startSchedule the duration would count from the begin of the transaction. */
static const struct limit_variant tx_variants[] = {{true, true, false}, {false, true, false}};

const struct limit_variant *limit_variant(enum limit_purpose p, int i)
{
    const struct limit_variant *v = p == PURPOSE_TX ? tx_variants : tx_default_variants;
    size_t n = p == PURPOSE_TX ? COUNT_OF(tx_variants) : COUNT_OF(tx_default_variants);
    return i >= 0 && (size_t)i < n ? &v[i] : NULL;
}

static int32_t snap(int32_t ma)
{
    return ma < MIN_MA ? 0 : ma - ma % STEP_MA;
}

static const struct limit_setpoint *in_force(const struct limiter *l, struct mono now)
{
    int slot = lease_in_force(&l->lease, now);
    return slot < 0 ? NULL : &l->slot[slot];
}

bool limit_setpoint(struct limiter *l, const struct limit_setpoint *s, int32_t valid_ms,
                    bool retained, struct mono now)
{
    struct lease_offer o = {.boot = s->boot,
                            .seq = s->seq,
                            .valid_ms = valid_ms,
                            .rank = s->current_ma,
                            .retained = retained};
    int slot;
    if (lease_offer(&l->lease, &o, now, &slot) != LEASE_TAKEN)
        return false;
    l->slot[slot] = *s;
    const struct limit_setpoint *f = in_force(l, now);
    l->last = f ? *f : *s;
    return true;
}

void limit_connected(struct limiter *l, struct mono now)
{
    l->connected = now;
    limit_cleared(l);
}

void limit_cleared(struct limiter *l)
{
    for (int p = 0; p < PURPOSE_COUNT; p++) {
        l->box[p].stale = true;
        l->box[p].rounds = 0;
        l->box[p].retry = (struct mono){0};
    }
}

void limit_transaction(struct limiter *l, bool running, int32_t id)
{
    if (l->running == running && (!running || l->transaction == id))
        return;
    struct limit_profile *tx = &l->box[PURPOSE_TX];
    l->running = running;
    l->transaction = id;
    *tx = (struct limit_profile){.variant = tx->variant}; /* it died with its transaction */
}

static bool tx_lives(const struct limiter *l, struct mono now)
{
    const struct limit_profile *tx = &l->box[PURPOSE_TX];
    return l->running && tx->acked && !mono_reached(now, tx->until);
}

struct opt_i32 limit_applied_ma(const struct limiter *l, struct mono now)
{
    const struct limit_profile *p = &l->box[tx_lives(l, now) ? PURPOSE_TX : PURPOSE_TX_DEFAULT];
    return (struct opt_i32){p->ma, p->acked};
}

struct opt_i32 limit_applied_phases(const struct limiter *l, const struct limit_conf *c)
{
    return (struct opt_i32){l->phases ? l->phases : PHASES, c->can_switch};
}

enum lease_phase limit_phase(const struct limiter *l, struct mono now)
{
    return lease_phase_of(&l->lease, now);
}

bool limit_unleased(const struct limiter *l, struct mono now)
{
    return l->box[PURPOSE_TX].rounds >= ROUNDS_MAX && !tx_lives(l, now);
}

/* The limit that should hold and its fallback. False: we know nothing and touch nothing. */
static bool wanted(const struct limiter *l, const struct limit_conf *c, struct mono now,
                   int32_t *ma, struct limit_setpoint *from)
{
    const struct limit_setpoint *s = in_force(l, now);
    struct opt_i32 applied = limit_applied_ma(l, now);
    if (!applied.set)
        applied = l->remembered;
    if (s) {
        *from = *s;
        *ma = snap(min_i32(s->current_ma, c->max_current_ma));
        return true;
    }
    if (c->leave_alone)
        return false;
    *from = (struct limit_setpoint){.fallback_ma = c->fallback_ma};
    if (limit_phase(l, now) == LEASE_PHASE_EXPIRED)
        from->fallback_ma = l->last.fallback_ma;
    else if (mono_since_ms(now, l->connected) < SILENCE_MS)
        return false;
    *ma = snap(applied.set ? lease_fallback_ma(applied.v, from->fallback_ma) : from->fallback_ma);
    return true;
}

static bool tx_needed(const struct limiter *l, const struct limit_conf *c, struct mono now,
                      const struct limit_command *cmd)
{
    int32_t ma = cmd->ma;
    const struct limit_profile *tx = &l->box[PURPOSE_TX];
    if (!l->running || !mono_reached(now, tx->retry))
        return false;
    if (limit_phase(l, now) != LEASE_PHASE_LIVE) /* only lowered, then left to run out */
        return tx_lives(l, now) && tx->ma > ma;
    return !tx->acked || tx->stale || tx->ma != ma || tx->phases != cmd->phases ||
           mono_reached(now, mono_after(tx->until, -(int64_t)c->box_lease_ms / 2));
}

bool limit_next(const struct limiter *l, const struct limit_conf *c, struct mono now,
                struct limit_command *out)
{
    int32_t ma;
    struct limit_setpoint from;
    if (!wanted(l, c, now, &ma, &from))
        return false;
    *out = (struct limit_command){.ma = ma, .from = from};
    if (c->can_switch)
        out->phases = from.phases ? from.phases : limit_applied_phases(l, c).v;
    if (tx_needed(l, c, now, out)) {
        out->purpose = PURPOSE_TX;
        out->variant = l->box[PURPOSE_TX].variant;
        out->transaction = l->transaction;
        out->duration_ms = c->box_lease_ms;
        return true;
    }
    /* The TxDefaultProfile follows the TxProfile: it never says more than the limit in force. */
    const struct limit_profile *d = &l->box[PURPOSE_TX_DEFAULT];
    bool alone = l->running && limit_unleased(l, now);
    if (l->running && !alone && limit_phase(l, now) == LEASE_PHASE_LIVE &&
        !(tx_lives(l, now) && l->box[PURPOSE_TX].ma == ma) && d->acked && !d->stale)
        ma = min_i32(ma, d->ma); /* until the box has the TxProfile nothing is raised */
    out->ma = alone ? ma : min_i32(ma, snap(from.fallback_ma));
    out->variant = d->variant;
    return mono_reached(now, d->retry) &&
           (!d->acked || d->stale || d->ma != out->ma || d->phases != out->phases);
}

/* A TxProfile that lives hides the TxDefaultProfile: then a new one is tried until it is taken. */
static void refused(struct limit_profile *p, enum limit_purpose purpose, bool tx_is_alive,
                    struct mono now)
{
    if (limit_variant(purpose, ++p->variant))
        return;
    p->variant = 0;
    p->rounds++;
    p->retry = mono_after(now, p->rounds < ROUNDS_MAX || tx_is_alive ? REFUSED_MS : GIVEN_UP_MS);
}

void limit_answered(struct limiter *l, const struct limit_command *cmd, enum limit_answer a,
                    struct now now)
{
    struct limit_profile *p = &l->box[cmd->purpose];
    if (cmd->purpose == PURPOSE_TX && (!l->running || cmd->transaction != l->transaction))
        return; /* its transaction has ended meanwhile */
    switch (a) {
    case LIMIT_ACCEPTED:
        p->acked = true;
        p->stale = false;
        p->ma = cmd->ma;
        p->phases = cmd->phases;
        l->phases = cmd->phases ? cmd->phases : l->phases;
        p->rounds = 0;
        p->until = mono_after(now.mono, cmd->duration_ms);
        l->applied_at = now.wall;
        break;
    case LIMIT_REFUSED: refused(p, cmd->purpose, tx_lives(l, now.mono), now.mono); break;
    case LIMIT_LOST:
        p->stale = true;
        p->retry = mono_after(now.mono, LOST_MS);
        break;
    }
}

bool limit_settle(struct limiter *l, const struct limit_conf *c, struct mono now)
{
    struct limit_command cmd;
    const struct limit_setpoint *s = in_force(l, now);
    struct opt_i32 applied = limit_applied_ma(l, now);
    if (!s || !applied.set || limit_next(l, c, now, &cmd))
        return false;
    if (l->applied.seq == s->seq && strcmp(l->applied.boot, s->boot) == 0)
        return false;
    l->applied = *s;
    return true;
}
