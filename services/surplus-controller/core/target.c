/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/core/target.h"

enum {
    TAPER_FROM_PM = 800, /* above this a car charges more slowly ... */
    TAPER_PM = 1500,     /* ... and so much longer */
    LONGER_PM = 1050,    /* plans of cars and of people are never exact */
    LEARN_MS = 60000,    /* full power was ordered so long ago: what is drawn now is that */
    REAL_W = 700,        /* less is a car that does not charge, not a slow one */
    AGAIN_MS = 1800000,  /* so much time to spare: back to the sun */
    PLAN_MS = 300000,    /* ... or to the plan */
    SOC_AGAIN_PM = 30,   /* below the goal by this: it is no longer reached */
    SAME_DEADLINE_MS = 60000,
    ENOUGH_PM = 950, /* of the need must be in the plan */
    FULL_PM = 900,   /* a slot with so much of the full power is one with all of it */
    LATE_MS = 60000,
    DAY_MS = 86400000,
};

/* ---- when ---- */
static enum err bad_time(struct str text, struct err_text *why)
{
    char shown[40];
    if (!str_copy(shown, sizeof shown, text))
        str_trim_partial(shown);
    return err_set(why, ERR_SYNTAX,
                   "expected a time such as 07:00, mon-fri 07:00, 2026-11-21 07:00 or one with a "
                   "zone behind it, got %s",
                   shown);
}
static bool date_of(struct str s, struct civil *c)
{
    int32_t y, m, d;
    if (s.len != 10 || s.p[4] != '-' || s.p[7] != '-' || !str_i32((struct str){s.p, 4}, &y) ||
        !str_i32((struct str){s.p + 5, 2}, &m) || !str_i32((struct str){s.p + 8, 2}, &d))
        return false;
    bool ok = y >= 2000 && y < 10000 && m >= 1 && m <= 12 && d >= 1 &&
              d <= civil_days(y, m + 1, 1) - civil_days(y, m, 1);
    *c = (struct civil){.year = y, .month = (uint8_t)(ok ? m : 1), .day = (uint8_t)(ok ? d : 1)};
    return ok;
}
/* "Z", "+01:00" or nothing behind a local time. */
static bool zone_of(struct str s, bool *has, int32_t *offset_s)
{
    int32_t minutes;
    *has = s.len > 0;
    *offset_s = 0;
    if (!s.len || str_eq(s, "Z"))
        return true;
    if ((s.p[0] != '+' && s.p[0] != '-') || !week_clock((struct str){s.p + 1, s.len - 1}, &minutes))
        return false;
    *offset_s = (s.p[0] == '-' ? -60 : 60) * minutes;
    return true;
}
static bool once_of(struct str text, const struct zone *z, struct target_when *out)
{
    struct civil c;
    int32_t minutes, offset_s;
    int64_t ms;
    bool zoned;
    out->kind = TARGET_ONCE;
    if (text.len > 10 && str_i64(text, &ms) && ms > 0 && ms <= TIME_HI) {
        out->at.ms = ms;
        return true;
    }
    if (text.len < 16 || (text.p[10] != ' ' && text.p[10] != 'T') ||
        !date_of((struct str){text.p, 10}, &c) ||
        !week_clock((struct str){text.p + 11, 5}, &minutes))
        return false;
    struct str rest = {text.p + 16, text.len - 16};
    if (rest.len >= 3 && rest.p[0] == ':' && rest.p[1] >= '0' && rest.p[1] <= '5' &&
        rest.p[2] >= '0' && rest.p[2] <= '9') /* seconds: nobody means them */
        rest = (struct str){rest.p + 3, rest.len - 3};
    if (!zone_of(rest, &zoned, &offset_s))
        return false;
    c.hour = (uint8_t)(minutes / 60);
    c.minute = (uint8_t)(minutes % 60);
    if (zoned)
        out->at.ms = (civil_days(c.year, c.month, c.day) * 86400 + minutes * 60 - offset_s) * 1000;
    else
        out->at = zone_utc(z, c);
    return true;
}
enum err target_when_parse(struct str text, const struct zone *z, struct target_when *out,
                           struct err_text *why)
{
    text = str_trim(text);
    *out = (struct target_when){.kind = TARGET_DAILY, .days = (1u << WEEK_DAYS) - 1};
    struct str rest = text, days = str_word(&rest, ' ');
    if (week_clock(text, &out->minutes))
        return out->minutes < 24 * 60 ? ERR_OK : bad_time(text, why);
    if (week_days(days, &out->days) && week_clock(str_trim(rest), &out->minutes) &&
        out->minutes < 24 * 60)
        return ERR_OK;
    return once_of(text, z, out) ? ERR_OK : bad_time(text, why);
}
/* The first time after t that is meant. */
static struct wall next_time(const struct target_when *w, const struct zone *z, struct wall t)
{
    if (w->kind == TARGET_ONCE)
        return w->at;
    for (int day = 0; day <= WEEK_DAYS; day++) {
        struct civil c = zone_civil(z, zone_day_start(z, t, day));
        if (!(w->days >> c.weekday & 1))
            continue;
        c.hour = (uint8_t)(w->minutes / 60);
        c.minute = (uint8_t)(w->minutes % 60);
        c.second = 0;
        struct wall at = zone_utc(z, c);
        if (at.ms > t.ms)
            return at;
    }
    return (struct wall){t.ms + DAY_MS};
}

/* ---- how much and how long ---- */
static int32_t wall_wh(const struct target_in *in, int32_t from_pm, int32_t to_pm)
{
    if (to_pm <= from_pm)
        return 0;
    int64_t battery_mwh = (int64_t)(to_pm - from_pm) * in->capacity_wh.v;
    return sat_i32((battery_mwh + in->efficiency_pm - 1) / in->efficiency_pm);
}
static bool soc_known(const struct target_in *in)
{
    return in->car_soc_pm.set && in->capacity_wh.set && in->capacity_wh.v > 0;
}
static bool wants(struct opt_i32 goal)
{
    return goal.set && goal.v > 0;
}
int64_t target_duration_ms(const struct target_in *in, int32_t need_wh, int32_t power_w)
{
    int64_t slow_wh = 0;
    if (soc_known(in)) /* what lies above the bend */
        slow_wh = max_i64(0, (int64_t)need_wh - wall_wh(in, in->car_soc_pm.v, TAPER_FROM_PM));
    int64_t equal_mwh = (int64_t)need_wh * 1000 + slow_wh * (TAPER_PM - 1000);
    return equal_mwh * 3600 / max_i32(power_w, 1);
}
/* False: it can't be said. */
static bool need_of(const struct target_in *in, int32_t *need_wh, bool *by_soc)
{
    int32_t energy = wants(in->energy_wh) ? max_i32(0, in->energy_wh.v - in->session_wh) : 0;
    *by_soc = wants(in->soc_pm) && soc_known(in);
    *need_wh = energy;
    if (!*by_soc)
        return wants(in->energy_wh);
    int32_t soc = wall_wh(in, in->car_soc_pm.v, in->soc_pm.v);
    *by_soc = soc >= energy;
    *need_wh = max_i32(soc, energy);
    return true;
}

/* ---- plan ---- */
static int64_t overlap_ms(const struct target_plan *p, int i, int64_t from, int64_t to)
{
    int64_t a = max_i64(p->slots[i].start, from), b = min_i64(p->slots[i].start + p->slot_ms, to);
    return max_i64(0, b - a);
}
/* A plan that is fresh, for this deadline, and whose rest is enough for what is still needed. */
static bool plan_holds(const struct target_in *in, const struct target_out *o, struct wall now)
{
    const struct target_plan *p = in->plan;
    if (!p || !p->fresh || !o->deadline.set || p->deadline.ms - o->deadline.v > SAME_DEADLINE_MS ||
        o->deadline.v - p->deadline.ms > SAME_DEADLINE_MS)
        return false;
    int64_t sum_wh = 0;
    for (int i = 0; i < p->slots_n; i++)
        sum_wh += overlap_ms(p, i, now.ms, o->deadline.v) * min_i64(p->slots[i].value, in->full_w) /
                  3600000;
    return sum_wh >= (int64_t)o->need_wh * ENOUGH_PM / 1000;
}
static void follow_plan(const struct target_in *in, struct target_out *o, struct wall now)
{
    const struct target_plan *p = in->plan;
    o->phase = TARGET_BETWEEN;
    for (int i = 0; i < p->slots_n; i++) {
        const struct slot *k = &p->slots[i];
        bool here = now.ms >= k->start && now.ms < k->start + p->slot_ms;
        if (here && k->value > 0) {
            o->phase = TARGET_PLANNED;
            if (k->value < (int64_t)in->full_w * FULL_PM / 1000)
                o->plan_w = SOME_I32(sat_i32(k->value));
        }
        int64_t edge = here ? k->start + p->slot_ms : k->start;
        if (edge > now.ms && (!o->next.set || edge < o->next.v))
            o->next = SOME_I64(edge);
    }
}

/* ---- state ---- */
static uint32_t goal_of(const struct target_in *in)
{
    struct buf b;
    char text[120];
    b = buf_of(text, sizeof text);
    buf_addf(&b, "%d %d %d %d %d %" PRId64, wants(in->energy_wh) ? (int)in->energy_wh.v : 0,
             wants(in->soc_pm) ? (int)in->soc_pm.v : 0, (int)in->when.kind, (int)in->when.days,
             (int)in->when.minutes, in->when.at.ms);
    uint64_t h = str_hash((struct str){b.p, b.len});
    return (uint32_t)(h ^ h >> 32) | 1u;
}
/* A deadline stays the one until it is reached, so that a late car goes on; a daily one ends with
 * the next. One that had passed before the car came is none. */
static bool over(const struct target_state *s, const struct target_in *in, const struct zone *z,
                 struct wall now)
{
    if (!s->deadline.set || now.ms < s->deadline.v || in->when.kind != TARGET_DAILY)
        return false;
    return s->reached || now.ms >= next_time(&in->when, z, (struct wall){s->deadline.v}).ms;
}
static void keep_deadline(struct target_state *s, const struct target_in *in, const struct zone *z,
                          struct wall now)
{
    uint32_t goal = goal_of(in);
    if (!in->plugged || goal != s->goal)
        *s = (struct target_state){.goal = goal, .learnt_w = in->plugged ? s->learnt_w : 0};
    else if (over(s, in, z, now))
        *s = (struct target_state){.goal = goal, .learnt_w = s->learnt_w};
    if (s->deadline.set || in->when.kind == TARGET_OPEN || !in->plugged)
        return;
    struct wall at = next_time(&in->when, z, now);
    if (at.ms > now.ms)
        s->deadline = SOME_I64(at.ms);
}
/* The real power takes the place of the expected one. */
static void learn(struct target_state *s, const struct target_in *in, struct wall now)
{
    if (s->forced && s->forced_at.set && now.ms - s->forced_at.v >= LEARN_MS &&
        in->power_w >= REAL_W)
        s->learnt_w = in->power_w;
}
static void force(struct target_state *s, bool on, struct wall now)
{
    if (on && !s->forced)
        s->forced_at = SOME_I64(now.ms);
    if (!on)
        s->forced_at = (struct opt_i64){0};
    s->forced = on;
}
static void wait_or_go(struct target_state *s, const struct target_in *in, struct wall now,
                       struct target_out *o)
{
    int32_t power_w = s->learnt_w ? s->learnt_w : in->full_w;
    int64_t takes = target_duration_ms(in, o->need_wh, power_w);
    int64_t careful = takes * LONGER_PM / 1000 + in->margin_ms;
    o->start = SOME_I64(o->deadline.v - careful);
    bool planned = plan_holds(in, o, now);
    /* A plan may use the margin, but not time that is not there. */
    int64_t last = planned ? o->deadline.v - takes : o->start.v;
    if (now.ms >= last)
        force(s, true, now);
    else if (s->forced && last - now.ms > (planned ? PLAN_MS : AGAIN_MS))
        force(s, false, now);
    if (s->forced) {
        o->late_ms = max_i64(0, now.ms + takes - o->deadline.v);
        o->phase = o->late_ms > LATE_MS ? TARGET_LATE : TARGET_MUST;
        o->late_ms = o->phase == TARGET_LATE ? o->late_ms : 0;
        o->next = SOME_I64(max_i64(now.ms, s->forced_at.v) + LEARN_MS);
        return;
    }
    o->phase = TARGET_WAIT;
    if (planned)
        follow_plan(in, o, now);
    if (!o->next.set || last < o->next.v)
        o->next = SOME_I64(last);
}
void target_step(struct target_state *s, const struct target_in *in, const struct zone *z,
                 struct wall now, struct target_out *o)
{
    assert(in->full_w > 0 && in->efficiency_pm > 0);
    *o = (struct target_out){0};
    keep_deadline(s, in, z, now);
    o->deadline = s->deadline;
    if (!in->plugged && in->when.kind != TARGET_OPEN)
        o->deadline = SOME_I64(next_time(&in->when, z, now).ms);
    bool known = need_of(in, &o->need_wh, &o->by_soc);
    learn(s, in, now);
    int32_t near_wh = s->reached && o->by_soc ? wall_wh(in, 0, SOC_AGAIN_PM) : 0;
    if (known && in->plugged)
        s->reached = o->need_wh <= near_wh;
    if (!wants(in->energy_wh) && !wants(in->soc_pm))
        o->phase = TARGET_NO_GOAL;
    else if (!in->plugged)
        o->phase = TARGET_UNPLUGGED;
    else if (!known)
        o->phase = TARGET_NO_SOC;
    else if (s->reached)
        o->phase = TARGET_REACHED;
    else if (in->when.kind == TARGET_OPEN)
        o->phase = TARGET_SUN;
    else if (!s->deadline.set)
        o->phase = TARGET_PAST;
    else
        wait_or_go(s, in, now, o);
    if (o->phase == TARGET_REACHED) {
        o->need_wh = 0;
        force(s, false, now);
        if (s->deadline.set && s->deadline.v > now.ms)
            o->next = s->deadline;
    }
}
