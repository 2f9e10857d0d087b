/* SPDX-License-Identifier: Apache-2.0
 * feedin.c -- limit at the grid connection to limits of inverters.
 *
 * may = inverters + grid + limit does not move when an inverter follows its order, so that no gain
 * has to fit its ramp. All of ours get one common share of their rated power: the highest with
 * which the sum of what they can give stays below what they may. */
#include "services/surplus-controller/core/feedin.h"
#include "services/surplus-controller/core/reason.h"

enum {
    IDLE_STEP_MS = 3600000,
    ALL_PPM = 1000000,
    SKEW_MS = 1500,      /* grid meter and inverter do not read at the same instant */
    RAISE_PPM = 10000,   /* a smaller raise is none */
    LOOSE_PPM = 50000,   /* above what they give, where nobody is held back */
    CALM_MS = 10000,     /* between two changes of a limit that holds nobody back */
    ASK_MIN_W = 200,     /* batteries are asked to take at least so much more */
    ASK_PPM = 50000,     /* and at most this share of the rated power at once */
    REFUSED_MS = 300000, /* they did not: not asked again for so long */
    GROW_PPM = 50000,    /* of the rated power per minute: how fast an estimate grows */
    MINUTE_MS = 60000,
    PATIENCE_MS = 1800000,   /* after an estimate that was too high; doubled each time ... */
    PATIENCE_MAX = 14400000, /* ... up to this */
    GUESS_W = 4500,          /* at most so much that nobody has seen: enough to start a car */
    MOVED_W = 300,           /* a change of inverters that a working meter cannot miss ... */
    FROZEN_MS = 10000,       /* ... for so long */
    UNKNOWN_W = 1000,        /* rating of an inverter that nobody knows and that never gave more */
};
struct step {
    struct feedin_state *s;
    const struct feedin_in *in;
    const struct feedin_config *c;
    int64_t now;
    int32_t limit_w; /* at the grid connection */
    int64_t rated_w; /* of those that we limit */
    int64_t alone_w; /* rated, of the others */
    bool by_operator;
};
static const struct reason_row rows[] = {FEEDIN_REASONS(REASON_ROW)};

void feedin_reason_text(const struct feedin_reason *r, struct reason *out)
{
    reason_fill(&rows[r->code], r->p, NULL, out);
}
enum limit feedin_reason_limit(enum feedin_code code)
{
    return rows[code].limit;
}
struct feedin_config feedin_config_default(void)
{
    return (struct feedin_config){
        .margin_w = 50, .rise_ms = 5000, .follow_ms = 5000, .take_ms = 10000};
}
static void due(struct step *t, int64_t at)
{
    if (at > t->now && at < t->s->next.ms)
        t->s->next.ms = at;
}
static bool passed(struct step *t, struct mono since, int64_t ms)
{
    due(t, since.ms + ms);
    return t->now - since.ms >= ms;
}

/* ---- what is known ---- */
static struct opt_i32 lowest(const struct step *t)
{
    struct opt_i32 a = t->c->limit_w, b = t->in->produce_w;
    if (!a.set || (b.set && b.v < a.v))
        return b;
    return a;
}
static void ratings(struct step *t)
{
    for (int i = 0; i < t->c->n; i++) {
        const struct feedin_unit_in *u = &t->in->units[i];
        struct feedin_unit_state *x = &t->s->units[i];
        if (u->power_w.set)
            x->seen_w = max_i32(x->seen_w, u->power_w.v);
        x->max_w = u->max_w.set && u->max_w.v > 0 ? u->max_w.v : max_i32(x->seen_w, UNKNOWN_W);
        if (t->c->units[i].control)
            t->rated_w += x->max_w;
        else
            t->alone_w += x->max_w;
    }
}
/* The inverters have moved and the meter shows the very same. */
static bool frozen(struct step *t)
{
    struct feedin_state *s = t->s;
    int64_t sum = 0;
    bool after = true; /* their values are newer than the meter's last change */
    if (t->in->grid_w != s->same_w || t->in->grid_w == 0) {
        s->same_w = t->in->grid_w;
        s->same_since = t->in->frame_at;
        s->moved_from_w.set = s->frozen = false;
    }
    for (int i = 0; i < t->c->n; i++)
        if (t->in->units[i].power_w.set) {
            sum += t->in->units[i].power_w.v;
            after = after && t->in->units[i].at.ms >= s->same_since.ms;
        }
    if (after && !s->moved_from_w.set)
        s->moved_from_w = SOME_I32(sat_i32(sum));
    int64_t moved = s->moved_from_w.set ? sum - s->moved_from_w.v : 0;
    if ((moved > MOVED_W || moved < -MOVED_W) && t->now - s->same_since.ms >= FROZEN_MS)
        s->frozen = true;
    return s->frozen;
}
/* True: a value is too old for this frame. */
static bool observe_units(struct step *t)
{
    int64_t sum = 0;
    bool old = false;
    for (int i = 0; i < t->c->n; i++) {
        const struct feedin_unit_in *u = &t->in->units[i];
        struct feedin_unit_state *x = &t->s->units[i];
        if (!t->c->units[i].control)
            continue;
        old = old || (u->power_w.set && t->in->frame_at.ms - u->at.ms > SKEW_MS);
        /* A silent one gives at most what it was told; what it gives shows at the meter. */
        x->power_w = u->power_w.set ? u->power_w.v : 0;
        int32_t band = max_i32(x->max_w / 50, 50);
        int32_t edge = x->limit_w - (x->bound ? 2 * band : band);
        x->bound = t->s->set && u->power_w.set && x->limit_w < x->max_w && x->power_w >= edge;
        sum += x->power_w;
    }
    t->s->power_w = sat_i32(sum);
    return old;
}

/* ---- the common share ---- */
static int64_t given_w(const struct step *t, int64_t ppm)
{
    int64_t sum = 0;
    for (int i = 0; i < t->c->n; i++)
        if (t->c->units[i].control)
            sum += min_i64(t->s->units[i].can_w, ppm * t->s->units[i].max_w / ALL_PPM);
    return sum;
}
/* The share with which they give `may` together. */
static int32_t share_for(struct step *t, int64_t may)
{
    int64_t plain = t->rated_w ? max_i64(0, may) * ALL_PPM / t->rated_w : 0, most = 0;
    int ours = 0;
    for (int i = 0; i < t->c->n; i++) {
        struct feedin_unit_state *x = &t->s->units[i];
        if (!t->c->units[i].control)
            continue;
        ours++;
        x->can_w = x->bound ? x->max_w : clamp_i32(x->power_w, 0, x->max_w);
        most = max_i64(most, (int64_t)x->can_w * ALL_PPM / x->max_w);
    }
    if (may <= 0 || ours <= 1)
        return (int32_t)min_i64(plain, ALL_PPM);
    if (given_w(t, ALL_PPM) <= may)
        return (int32_t)min_i64(max_i64(plain, most + LOOSE_PPM), ALL_PPM);
    int64_t lo = 0, hi = ALL_PPM;
    while (hi - lo > 1) {
        int64_t mid = (lo + hi) / 2;
        if (given_w(t, mid) <= may)
            lo = mid;
        else
            hi = mid;
    }
    return (int32_t)lo;
}

/* ---- batteries first ---- */
static bool any_bound(const struct step *t)
{
    for (int i = 0; i < t->c->n; i++)
        if (t->s->units[i].bound && t->c->units[i].control)
            return true;
    return false;
}
/* W that the batteries are asked to take more; the limit is exceeded by it until they do. Not
 * where the operator sets the limit: that one holds at once. */
static int32_t asking_w(struct step *t)
{
    struct feedin_state *s = t->s;
    if (s->refused.on && passed(t, s->refused.since, REFUSED_MS))
        s->refused.on = false;
    bool ask = t->c->take_ms > 0 && !t->by_operator && !s->refused.on &&
               t->in->battery_room_w >= ASK_MIN_W && (s->asked.on || any_bound(t));
    if (!ask) {
        s->asked.on = false;
        return 0;
    }
    int64_t most = max_i64(t->rated_w * ASK_PPM / ALL_PPM, ASK_MIN_W);
    return (int32_t)min_i64(t->in->battery_room_w, most);
}

/* ---- regulation ---- */
static void set_share(struct step *t, int32_t ppm)
{
    t->s->ppm = ppm;
    t->s->calm_at.ms = t->now;
    for (int i = 0; i < t->c->n; i++)
        t->s->units[i].limit_w = (int32_t)((int64_t)ppm * t->s->units[i].max_w / ALL_PPM);
}
static void cut(struct step *t, int64_t may)
{
    int32_t ppm = share_for(t, may);
    t->s->mean_set = false;
    t->s->asked.on = false;
    if (ppm >= t->s->ppm)
        return;
    set_share(t, ppm);
    t->s->cut_at.ms = t->now;
}
static void mean_push(struct step *t, int64_t may, int64_t dt)
{
    struct feedin_state *s = t->s;
    if (!s->mean_set || dt <= 0)
        s->mean_w = may;
    else
        s->mean_w += (may - s->mean_w) * dt / (dt + t->c->rise_ms);
    s->mean_set = true;
}
static void raise_or_ease(struct step *t, int64_t may, int32_t ask)
{
    struct feedin_state *s = t->s;
    int32_t up = share_for(t, s->mean_w + ask), now = share_for(t, may);
    bool rises = t->in->meter == METER_GOOD && t->in->config_agreed;
    if (up > s->ppm && rises && (up - s->ppm >= RAISE_PPM || up == ALL_PPM)) {
        set_share(t, up);
        if (ask)
            s->asked = (struct control_timer){true, {t->now}};
    } else if (!any_bound(t) && now < s->ppm - LOOSE_PPM && passed(t, s->calm_at, CALM_MS)) {
        set_share(t, now); /* nobody feels it; the next gust meets it */
    }
}
static void regulate(struct step *t)
{
    struct feedin_state *s = t->s;
    bool fresh = t->in->frame_at.ms != s->frame_at.ms || !s->set;
    bool news = !s->limit_was.set || s->limit_was.v != t->limit_w;
    int64_t dt = t->in->frame_at.ms - s->frame_at.ms;
    bool old = fresh && observe_units(t);
    if (!fresh && !news)
        return;
    int64_t over = -(int64_t)t->in->grid_w - t->limit_w;
    int64_t may = s->power_w + (int64_t)t->in->grid_w + t->limit_w - t->c->margin_w;
    s->frame_at = t->in->frame_at;
    if (!s->set) {
        set_share(t, share_for(t, may));
        s->set = true;
        return;
    }
    int32_t ask = asking_w(t);
    bool following = t->now - s->cut_at.ms < t->c->follow_ms;
    bool taken = over <= t->c->margin_w;
    if (s->asked.on && (taken || passed(t, s->asked.since, t->c->take_ms))) {
        if (!taken)
            s->refused = (struct control_timer){true, {t->now}};
        s->asked.on = false;
        ask = taken ? ask : 0;
    }
    if (over > (s->asked.on ? ask + t->c->margin_w : 0)) {
        if (!(old && following))
            cut(t, may);
        return;
    }
    if (old || following || s->asked.on || !fresh)
        return;
    mean_push(t, may, dt);
    raise_or_ease(t, may, ask);
}

/* ---- what the limit costs ---- */
static void estimate(struct step *t)
{
    struct feedin_state *s = t->s;
    int64_t dt = t->now - s->est_at.ms;
    if (!any_bound(t)) {
        bool missed = s->avail_w > s->power_w + t->rated_w / 10 && s->est_at.ms;
        if (missed && !s->missed.on) {
            s->patience_ms = clamp_i32(2 * s->patience_ms, PATIENCE_MS, PATIENCE_MAX);
            s->missed = (struct control_timer){true, {t->now}};
        }
        s->avail_w = s->known_w = s->power_w;
        s->est_at.ms = t->now;
        return;
    }
    if (s->missed.on && t->now - s->missed.since.ms >= s->patience_ms)
        s->missed.on = false;
    s->known_w = max_i32(s->known_w, s->power_w);
    if (s->power_w > s->avail_w) {
        s->avail_w = s->power_w; /* it follows a raise: the guess was not too high */
        s->patience_ms = 0;
    }
    if (dt >= MINUTE_MS && !s->missed.on) {
        int64_t grown = s->avail_w + t->rated_w * GROW_PPM / ALL_PPM;
        int64_t most = min_i64(t->rated_w, (int64_t)s->known_w + GUESS_W);
        s->avail_w = sat_i32(max_i64(s->avail_w, min_i64(grown, most)));
    }
    if (dt >= MINUTE_MS)
        s->est_at.ms = t->now;
    due(t, s->est_at.ms + MINUTE_MS);
}

/* ---- orders ---- */
static void hold_shares(struct step *t)
{
    int64_t may = max_i64(0, t->limit_w - t->alone_w);
    t->s->set = t->s->mean_set = t->s->asked.on = false;
    for (int i = 0; i < t->c->n; i++)
        t->s->units[i].bound = false;
    t->s->avail_w = t->s->known_w = t->s->power_w = 0;
    t->s->est_at.ms = 0;
    set_share(t, (int32_t)min_i64(ALL_PPM, t->rated_w ? may * ALL_PPM / t->rated_w : 0));
}
static void order(const struct step *t, int i, enum feedin_code code, struct feedin_order *o)
{
    const struct feedin_unit_state *x = &t->s->units[i];
    int64_t may = max_i64(0, t->limit_w - t->alone_w);
    o->reason = (struct feedin_reason){code, {t->limit_w, x->limit_w, 0}};
    o->send = true;
    o->limit_w = SOME_I32(x->limit_w);
    int64_t part = t->rated_w ? may * x->max_w / t->rated_w : 0;
    o->fallback_w = SOME_I32((int32_t)min_i64(part, x->max_w));
    o->curtailed = x->bound;
}
void feedin_step(struct feedin_state *s, const struct feedin_in *in, const struct feedin_config *c,
                 struct now now, struct feedin_out *out)
{
    struct step t = {.s = s, .in = in, .c = c, .now = now.mono.ms};
    struct opt_i32 limit = lowest(&t);
    enum feedin_code code = FEEDIN_FREE;
    s->next.ms = t.now + IDLE_STEP_MS;
    ratings(&t);
    t.limit_w = limit.v;
    t.by_operator = in->produce_w.set && in->produce_w.v <= limit.v;
    if (limit.set && in->begun) {
        s->active = true;
        code = t.by_operator ? FEEDIN_OPERATOR : FEEDIN_PLANT;
        if (in->meter <= METER_SUSPECT && !frozen(&t)) {
            regulate(&t);
            estimate(&t);
        } else {
            hold_shares(&t);
            code = FEEDIN_BLIND;
        }
    } else {
        s->set = s->mean_set = s->asked.on = false;
        s->est_at.ms = 0;
    }
    s->limit_was = limit;
    int64_t sum = 0;
    for (int i = 0; i < c->n; i++) {
        struct feedin_order *o = &out->units[i];
        *o = (struct feedin_order){.reason = {FEEDIN_FREE, {0}}};
        if (!c->units[i].control)
            o->reason.code = FEEDIN_ALONE;
        else if (!in->begun)
            o->reason.code = FEEDIN_STARTING;
        else if (!limit.set)
            o->send = s->active; /* never limited: somebody else may do it */
        else
            order(&t, i, code, o);
        sum += o->limit_w.v;
    }
    out->limit_w = limit;
    out->reason =
        (struct feedin_reason){in->begun ? code : FEEDIN_STARTING, {t.limit_w, sat_i32(sum), 0}};
    out->curtailed_w = limit.set && s->set ? max_i32(0, s->avail_w - s->power_w) : 0;
    out->next = s->next;
}
