/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/device/command.h"

static_assert(LEASE_PHASE_NONE == (int)LEASE_NONE && LEASE_PHASE_LIVE == (int)LEASE_LIVE &&
                  LEASE_PHASE_EXPIRED == (int)LEASE_EXPIRED,
              "phases are the contract's");

static enum lease_verdict take(struct command *c, const struct lease_offer *o,
                               const struct order *order, struct opt_i32 fallback_w,
                               struct mono now)
{
    int i;
    enum lease_verdict v = lease_offer(&c->hold, o, now, &i);
    if (v != LEASE_TAKEN)
        return v;
    c->slot[i].order = *order;
    c->slot[i].fallback_w = fallback_w;
    c->slot[i].seq = o->seq;
    str_copyz(c->slot[i].boot, sizeof c->slot[i].boot, o->boot);
    c->last_slot = i;
    return v;
}

static struct order limit_order(struct opt_i32 limit_w)
{
    return (struct order){.sequence = limit_w.set ? SEQUENCE_LIMIT : SEQUENCE_RELEASE,
                          .limit_w = limit_w};
}

enum lease_verdict command_inverter(struct command *c, const struct inverter_setpoint *s,
                                    bool retained, struct mono now)
{
    struct lease_offer o = {s->boot, s->seq, s->valid_ms, s->limit_w.set ? s->limit_w.v : INT32_MAX,
                            retained};
    struct order order = limit_order(s->limit_w);
    return take(c, &o, &order, s->fallback_w, now);
}

/* Of two writers the one that draws less from the grid wins: a hold before a limit before normal
 * before an exact power before charging. */
enum lease_verdict command_battery(struct command *c, const struct battery_setpoint *s,
                                   bool retained, struct mono now)
{
    static const struct {
        enum sequence sequence;
        int32_t rank;
    } rows[BATTERY_MODE_COUNT] = {
        [BATTERY_MODE_NORMAL] = {SEQUENCE_NORMAL, 2}, [BATTERY_MODE_HOLD] = {SEQUENCE_HOLD, 0},
        [BATTERY_MODE_CHARGE] = {SEQUENCE_CHARGE, 4}, [BATTERY_MODE_LIMIT] = {SEQUENCE_LIMIT, 1},
        [BATTERY_MODE_POWER] = {SEQUENCE_POWER, 3},
    };
    struct lease_offer o = {s->boot, s->seq, s->valid_ms, rows[s->mode].rank, retained};
    struct order order = {.sequence = rows[s->mode].sequence,
                          .mode = s->mode,
                          .charge_w = s->charge_w,
                          .discharge_w = s->discharge_w,
                          .power_w = s->mode == BATTERY_MODE_POWER && !s->power_w.set ? SOME_I32(0)
                                                                                      : s->power_w};
    return take(c, &o, &order, (struct opt_i32){0}, now);
}

static struct opt_i32 lower(struct opt_i32 a, struct opt_i32 b)
{
    if (a.set && b.set)
        return SOME_I32(min_i32(a.v, b.v));
    return a.set ? a : b;
}

struct order command_wanted(const struct command *c, struct mono now)
{
    int i = lease_in_force(&c->hold, now);
    if (i >= 0)
        return c->slot[i].order;
    if (lease_phase_of(&c->hold, now) == LEASE_PHASE_NONE)
        return (struct order){0};
    if (c->battery)
        return (struct order){.sequence = SEQUENCE_NORMAL, .mode = BATTERY_MODE_NORMAL};
    return limit_order(lower(c->slot[c->last_slot].fallback_w, c->fallback_w));
}

static bool same_i32(struct opt_i32 a, struct opt_i32 b)
{
    return a.set == b.set && (!a.set || a.v == b.v);
}

static bool same(const struct order *a, const struct order *b)
{
    return a->sequence == b->sequence && a->mode == b->mode && same_i32(a->limit_w, b->limit_w) &&
           same_i32(a->charge_w, b->charge_w) && same_i32(a->discharge_w, b->discharge_w) &&
           same_i32(a->power_w, b->power_w);
}

/* The device forgets it after its own lease. */
static bool reverts(const struct order *o)
{
    return o->sequence != SEQUENCE_RELEASE && o->sequence != SEQUENCE_NORMAL;
}

static struct mono rewrite_at(const struct command *c)
{
    return mono_after(c->told_at.mono, c->box_lease_ms / 2);
}

bool command_due(const struct command *c, const struct order *o, struct mono now)
{
    if (o->sequence == SEQUENCE_UNSET)
        return false;
    if (!c->is_told || !same(o, &c->told))
        return true;
    return reverts(o) && mono_reached(now, rewrite_at(c));
}

void command_acknowledged(struct command *c, const struct order *o, struct now at)
{
    c->told = *o;
    c->told_at = at;
    c->is_told = true;
}

void command_lost(struct command *c)
{
    c->is_told = false;
}

int64_t command_next_ms(const struct command *c, struct mono now)
{
    int64_t next = lease_next_ms(&c->hold, now);
    if (!c->is_told || !reverts(&c->told))
        return next;
    int64_t again = max_i64(mono_since_ms(rewrite_at(c), now), 0);
    return next < 0 ? again : min_i64(next, again);
}

struct applied command_applied(const struct command *c, struct mono now)
{
    struct applied a = {.lease = (enum lease)lease_phase_of(&c->hold, now)};
    int i = lease_in_force(&c->hold, now);
    if (i >= 0) {
        a.seq = SOME_I64(c->slot[i].seq);
        str_copyz(a.boot, sizeof a.boot, c->slot[i].boot);
    }
    if (!c->is_told)
        return a;
    a.mode = c->told.mode;
    a.power_w = !c->battery           ? c->told.limit_w
                : c->told.power_w.set ? c->told.power_w
                                      : c->told.charge_w;
    a.at = SOME_I64(c->told_at.wall.ms);
    return a;
}

static struct opt_f64 watts(struct opt_i32 w)
{
    return w.set ? SOME_F64((double)w.v) : (struct opt_f64){0};
}

static struct opt_f64 percent(struct opt_i32 w, struct opt_f64 base, struct opt_f64 absent)
{
    if (!w.set)
        return absent;
    if (!base.set || base.v <= 0)
        return (struct opt_f64){0};
    double p = 100.0 * (double)w.v / base.v;
    return SOME_F64(p > 100 ? 100 : p < -100 ? -100 : p);
}

static struct opt_f64 first(struct opt_f64 a, struct opt_f64 b)
{
    return a.set ? a : b;
}

void command_variables(const struct order *o, const struct readings *r, int32_t box_lease_ms,
                       struct opt_f64 vars[VARIABLE_COUNT])
{
    struct opt_f64 none = {0}, all = SOME_F64(100);
    struct opt_f64 rate = r->num[QUANTITY_RATE_BASE];
    /* A charge without a power is a charge with all it has; a limit bounds only what it names. */
    vars[VARIABLE_UNSET] = none;
    vars[VARIABLE_LIMIT_W] = watts(o->limit_w);
    vars[VARIABLE_LIMIT_PERCENT] = percent(o->limit_w, r->num[QUANTITY_LIMIT_BASE], none);
    vars[VARIABLE_CHARGE_W] = first(watts(o->charge_w), r->num[QUANTITY_MAX_CHARGE]);
    vars[VARIABLE_CHARGE_PERCENT] =
        percent(o->charge_w, first(rate, r->num[QUANTITY_MAX_CHARGE]), all);
    vars[VARIABLE_DISCHARGE_W] = first(watts(o->discharge_w), r->num[QUANTITY_MAX_DISCHARGE]);
    vars[VARIABLE_DISCHARGE_PERCENT] =
        percent(o->discharge_w, first(r->num[QUANTITY_MAX_DISCHARGE], rate), all);
    /* Rates of both directions are of the same base where a profile writes an exact power. */
    vars[VARIABLE_POWER_W] = watts(o->power_w);
    vars[VARIABLE_POWER_PERCENT] =
        percent(o->power_w, first(rate, r->num[QUANTITY_MAX_CHARGE]), none);
    vars[VARIABLE_LEASE_S] = SOME_F64((double)((box_lease_ms + 999) / 1000));
}
