/* SPDX-License-Identifier: Apache-2.0
 * flows.c -- derived meters, links from sources to sinks, and their energy. */
#include "services/surplus-controller/core/flows.h"

enum { NOMINAL_MV = 230000, LATE_QUARTERS = 4 };

struct opt_i32 flow_power_w(const struct control_reading *r)
{
    int64_t sum = 0;
    if (!r->known || r->power_w.set)
        return r->known ? r->power_w : (struct opt_i32){0};
    const struct phases_i32 *v = r->power_phase_w.set ? &r->power_phase_w : &r->current_ma;
    for (int p = 0; p < PHASES; p++) {
        int32_t mv = phase_set(&r->voltage_mv, p) ? r->voltage_mv.v[p] : NOMINAL_MV;
        if (phase_set(v, p))
            sum += v == &r->current_ma ? (int64_t)v->v[p] * mv / 1000000 : v->v[p];
    }
    return v->set ? SOME_I32(sat_i32(sum)) : (struct opt_i32){0};
}

/* ---- who covers whom ---- */
/* Gives `have` to the sinks of one rank in proportion to what they still need; the roundings of the
 * running sums add up to all of it, and nobody gets more than it needs. */
static int64_t split_rank(int64_t have, int source, int rank, const struct flow_sink *sinks, int n,
                          int32_t (*from)[FLOW_FROM])
{
    int64_t needed = 0, seen = 0, given = 0;
#define NEEDS(i)                                                                                   \
    ((int64_t)sinks[i].w - from[i][FROM_PV] - from[i][FROM_BATTERY] - from[i][FROM_GRID] -         \
     from[i][FROM_UNMEASURED])
    for (int i = 0; i < n; i++)
        needed += sinks[i].rank == rank ? NEEDS(i) : 0;
    have = min_i64(have, needed);
    for (int i = 0; i < n && needed; i++) {
        if (sinks[i].rank != rank)
            continue;
        seen += NEEDS(i);
        int64_t part = have * seen / needed - given;
        from[i][source] = (int32_t)part;
        given += part;
    }
#undef NEEDS
    return given;
}
void flow_split(const int64_t sources[FLOW_FROM], const struct flow_sink *sinks, int n,
                int32_t (*from)[FLOW_FROM])
{
    /* The grid comes last: whoever comes late pays for it. */
    static const int order[FLOW_FROM] = {FROM_PV, FROM_UNMEASURED, FROM_BATTERY, FROM_GRID};
    int last = 0;
    for (int i = 0; i < n; i++) {
        last = sinks[i].rank > last ? sinks[i].rank : last;
        memset(from[i], 0, sizeof from[i]);
    }
    for (int k = 0; k < FLOW_FROM; k++) {
        int64_t left = sources[order[k]];
        for (int rank = 0; rank <= last && left > 0; rank++)
            left -= split_rank(left, order[k], rank, sinks, n, from);
    }
}

/* ---- sums over items ---- */
struct sum {
    int64_t w;
    int n;      /* items of that part */
    bool known; /* all of them have a value */
};
struct step {
    struct flow_state *s;
    const struct flow_in *in;
    const struct flow_config *c;
    int64_t now;
    struct sum part[FLOW_COUNTED + 1];
};
static bool usable(const struct step *t, int i)
{
    const struct flow_value *v = &t->in->items[i];
    return v->power_w.set && t->now <= v->until.ms;
}
static void sum_up(struct step *t)
{
    t->s->until.ms = INT64_MAX;
    for (int k = 0; k <= FLOW_COUNTED; k++)
        t->part[k] = (struct sum){0, 0, true};
    for (int i = 0; i < t->c->n; i++) {
        const struct flow_value *v = &t->in->items[i];
        struct sum *sum = &t->part[t->c->parts[i]];
        sum->n++;
        t->s->items[i].power_w = usable(t, i) ? v->power_w : (struct opt_i32){0};
        if (!usable(t, i)) {
            sum->known = false;
            continue;
        }
        sum->w += v->power_w.v;
        t->s->until.ms = min_i64(t->s->until.ms, v->until.ms);
    }
    if (!t->c->derive_grid)
        return;
    struct sum *grid = &t->part[FLOW_GRID];
    *grid = (struct sum){-t->part[FLOW_PRODUCER].w, 1, t->part[FLOW_PRODUCER].known};
    for (int k = FLOW_STORAGE_HOME; k <= FLOW_CONSUMER; k++) {
        grid->w += t->part[k].w;
        grid->known = grid->known && t->part[k].known;
    }
}
static struct opt_i32 shown(bool known, int64_t w)
{
    return known ? SOME_I32(sat_i32(w)) : (struct opt_i32){0};
}
/* What is not there at all counts as 0 in sums, but has no meter of its own. */
static struct opt_i32 meter_of(const struct sum *x)
{
    return shown(x->known && x->n, x->w);
}

/* ---- mean of the surplus, weighted by time ---- */
static void mean_add(struct step *t, int64_t from, int64_t to)
{
    struct flow_state *s = t->s;
    if (!s->surplus_w.set || t->c->mean_ms < FLOW_MEAN || to <= from)
        return;
    int64_t len = t->c->mean_ms / FLOW_MEAN;
    from = max_i64(from, to - t->c->mean_ms);
    for (int64_t slot = from / len; slot <= to / len; slot++) {
        int64_t ms = min_i64(to, (slot + 1) * len) - max_i64(from, slot * len);
        int k = (int)((slot % FLOW_MEAN + FLOW_MEAN) % FLOW_MEAN);
        if (s->mean[k].slot != slot) {
            s->mean[k].slot = slot;
            s->mean[k].sum = s->mean[k].ms = 0;
        }
        s->mean[k].sum += ms * s->surplus_w.v;
        s->mean[k].ms += ms;
    }
}
static struct opt_i32 mean_of(const struct step *t)
{
    const struct flow_state *s = t->s;
    if (t->c->mean_ms < FLOW_MEAN)
        return s->surplus_w;
    int64_t sum = 0, ms = 0, slot = t->now / (t->c->mean_ms / FLOW_MEAN);
    for (int k = 0; k < FLOW_MEAN; k++)
        if (slot - s->mean[k].slot < FLOW_MEAN && s->mean[k].slot <= slot) {
            sum += s->mean[k].sum;
            ms += s->mean[k].ms;
        }
    return ms ? shown(s->surplus_w.set, sum / ms) : s->surplus_w;
}

/* ---- energy ---- */
/* The values of the last step, for as long as they counted. */
static void integrate(struct step *t, int64_t from, int64_t to)
{
    struct flow_state *s = t->s;
    int64_t ms = max_i64(0, min_i64(to, s->until.ms) - from);
    for (int i = 0; i < t->c->n; i++) {
        struct flow_item *x = &s->items[i];
        bool counted = x->plus_wh.set || x->minus_wh.set;
        if (!x->power_w.set || ms < to - from)
            x->gap = x->gap || !counted;
        if (!x->power_w.set)
            continue;
        if (!x->plus_wh.set && x->power_w.v > 0)
            x->plus += ms * x->power_w.v;
        if (!x->minus_wh.set && x->power_w.v < 0)
            x->minus -= ms * x->power_w.v;
        for (int k = 0; k < FLOW_FROM && s->balanced; k++)
            x->session[k] += ms * x->from_w[k];
    }
    for (int a = 0; a < FLOW_FROM && s->balanced; a++)
        for (int b = 0; b < FLOW_TO; b++) {
            s->day.v[a][b] += ms * s->links.w[a][b];
            s->ever.v[a][b] += ms * s->links.w[a][b];
        }
    s->house += s->house_w.set ? ms * max_i32(0, s->house_w.v) : 0;
    s->non_evse += s->non_evse_w.set ? ms * max_i32(0, s->non_evse_w.v) : 0;
    mean_add(t, from, from + ms);
}
/* A counter that runs on while we were away loses nothing; one that starts anew (another device)
 * adds nothing. */
static void take_counter(int64_t *energy, struct opt_i64 *last, struct opt_i64 now)
{
    if (!now.set)
        return;
    if (last->set && now.v > last->v)
        *energy += min_i64(now.v - last->v, INT64_MAX / 4 / FLOW_WH) * FLOW_WH;
    *last = now;
}
static void quarter_end(struct step *t, struct flow_out *out)
{
    for (int i = 0; i < t->c->n; i++) {
        struct flow_item *x = &t->s->items[i];
        int64_t plus = x->plus / FLOW_WH, minus = x->minus / FLOW_WH;
        x->closed =
            (struct flow_quarter){plus - x->quarter_plus_wh, minus - x->quarter_minus_wh, !x->gap};
        x->quarter_plus_wh = plus;
        x->quarter_minus_wh = minus;
        x->gap = false;
    }
    out->closed = true;
    out->closed_start_ms = t->s->quarter * QUARTER_MS;
}
/* A counter bridges what was not seen, but cannot say in which quarter it was. */
static void gap_in(struct step *t, bool counted_too)
{
    for (int i = 0; i < t->c->n; i++) {
        struct flow_item *x = &t->s->items[i];
        x->gap = x->gap || counted_too || !(x->plus_wh.set || x->minus_wh.set);
    }
}
static void day_begin(struct step *t, struct wall now)
{
    struct wall start = zone_day_start(t->c->zone, now, 0);
    if (start.ms == t->s->day_start.ms)
        return;
    t->s->day_start = start;
    memset(&t->s->day, 0, sizeof t->s->day);
}
/* Brings the energies up to now. Quarters are those of UTC, which are the local ones too, and a
 * local day begins with one; a clock that was set back within the hour closes nothing twice. */
static void advance(struct step *t, struct now now, struct flow_out *out)
{
    struct flow_state *s = t->s;
    int64_t quarter = now.wall.ms / QUARTER_MS, from = s->begun ? s->at.ms : t->now;
    bool fresh = !s->quarter, back = quarter < s->quarter - LATE_QUARTERS;
    bool late = !fresh && quarter > s->quarter && (quarter > s->quarter + 1 || !s->begun);
    if (fresh || back || late || !s->begun)
        gap_in(t, fresh || back || late);
    if (fresh || back)
        s->quarter = quarter;
    if (quarter > s->quarter) {
        int64_t edge = t->now - (now.wall.ms - quarter * QUARTER_MS);
        edge = max_i64(from, min_i64(edge, t->now));
        integrate(t, from, edge);
        quarter_end(t, out);
        if (late)
            gap_in(t, true);
        s->quarter = quarter;
        day_begin(t, (struct wall){quarter * QUARTER_MS});
        from = edge;
    }
    integrate(t, from, t->now);
    if (fresh || back)
        day_begin(t, now.wall);
}

/* ---- now ---- */
static void derive(struct step *t, struct flow_out *out)
{
    const struct sum *p = t->part;
    struct flow_state *s = t->s;
    struct opt_i32 *m = out->meters;
    int64_t home = p[FLOW_STORAGE_HOME].w, all = p[FLOW_STORAGE_ALL].w;
    bool grid = p[FLOW_GRID].known && p[FLOW_GRID].n;
    bool cars = p[FLOW_CHARGER].known, loads = p[FLOW_LOAD].known;
    bool storage = p[FLOW_STORAGE_HOME].known && p[FLOW_STORAGE_ALL].known;
    bool rest = grid && cars && storage && p[FLOW_PRODUCER].known;
    int64_t non_evse =
        p[FLOW_GRID].w + max_i64(0, p[FLOW_PRODUCER].w) - home - all - p[FLOW_CHARGER].w;
    int64_t over = 0;
    for (int i = 0; i < t->c->n; i++)
        over += t->in->items[i].over_w.set ? t->in->items[i].over_w.v : 0;
    s->non_evse_w = shown(rest, non_evse);
    s->house_w = shown(rest && loads, non_evse - p[FLOW_LOAD].w);
    s->surplus_w =
        shown(grid && cars && loads && storage,
              p[FLOW_CHARGER].w + p[FLOW_LOAD].w + home + max_i64(0, all) - p[FLOW_GRID].w);
    m[DERIVED_GRID_DEMAND] = meter_of(&p[FLOW_GRID]);
    m[DERIVED_PRODUCED_POWER] = meter_of(&p[FLOW_PRODUCER]);
    m[DERIVED_CONSUMED_EVSE] = meter_of(&p[FLOW_CHARGER]);
    m[DERIVED_CONSUMED_NON_EVSE] = s->non_evse_w;
    m[DERIVED_HOUSE] = s->house_w;
    m[DERIVED_SURPLUS] = s->surplus_w;
    m[DERIVED_SURPLUS_AVG] = mean_of(t);
    m[DERIVED_STORAGE_HOME] = meter_of(&p[FLOW_STORAGE_HOME]);
    m[DERIVED_STORAGE_ALL] = meter_of(&p[FLOW_STORAGE_ALL]);
    m[DERIVED_ERROR_EVSE] = shown(p[FLOW_CHARGER].n && cars, over);
    int64_t room = t->in->fuse_room_w.v;
    if (t->in->limit_w.set)
        room = min_i64(room, (int64_t)t->in->limit_w.v - p[FLOW_GRID].w);
    bool have_room = p[FLOW_CHARGER].n && t->in->fuse_room_w.set && (grid || !t->in->limit_w.set);
    m[DERIVED_POWER_REMAINING_EVSE] = shown(have_room, room);
    m[DERIVED_POWER_AVAILABLE_EVSE] = shown(have_room && cars, room + p[FLOW_CHARGER].w);
}
/* The loads, or one kind of cars, in proportion: each item's sources add up to what it draws. */
static void share_items(struct step *t, enum flow_part part, bool sun, const int32_t got[FLOW_FROM])
{
    static const int order[FLOW_FROM] = {FROM_PV, FROM_UNMEASURED, FROM_BATTERY, FROM_GRID};
    struct flow_item *x = t->s->items;
#define OF_KIND(i)                                                                                 \
    (t->c->parts[i] == part && (part == FLOW_LOAD || t->in->items[i].follows_sun == sun))
#define NEEDS(i)                                                                                   \
    ((int64_t)max_i32(0, x[i].power_w.v) - x[i].from_w[FROM_PV] - x[i].from_w[FROM_BATTERY] -      \
     x[i].from_w[FROM_GRID] - x[i].from_w[FROM_UNMEASURED])
    for (int k = 0; k < FLOW_FROM; k++) {
        int64_t needed = 0, seen = 0, given = 0;
        for (int i = 0; i < t->c->n; i++)
            needed += OF_KIND(i) ? NEEDS(i) : 0;
        for (int i = 0; i < t->c->n && needed; i++) {
            if (!OF_KIND(i))
                continue;
            seen += NEEDS(i);
            x[i].from_w[order[k]] = (int32_t)(got[order[k]] * seen / needed - given);
            given += x[i].from_w[order[k]];
        }
    }
#undef OF_KIND
#undef NEEDS
}
/* A battery charges from the sun as a rule; a car that takes what it wants gets what is left. */
enum { RANK_HOUSE, RANK_LOADS, RANK_SUN_CARS, RANK_BATTERY, RANK_CARS, RANK_GRID, RANKS };
/* Sources and sinks of this moment; both sides have the same sum. */
static void balance(const struct step *t, int64_t from[FLOW_FROM], int64_t to[RANKS])
{
    const struct sum *p = t->part;
    int64_t battery = p[FLOW_STORAGE_HOME].w + p[FLOW_STORAGE_ALL].w;
    from[FROM_PV] = max_i64(0, p[FLOW_PRODUCER].w);
    from[FROM_BATTERY] = max_i64(0, -battery);
    from[FROM_GRID] = max_i64(0, p[FLOW_GRID].w);
    memset(to, 0, RANKS * sizeof to[0]);
    to[RANK_BATTERY] = max_i64(0, battery);
    to[RANK_GRID] = max_i64(0, -p[FLOW_GRID].w);
    for (int i = 0; i < t->c->n; i++) {
        int64_t w = max_i32(0, t->in->items[i].power_w.v);
        if (t->c->parts[i] == FLOW_LOAD)
            to[RANK_LOADS] += w;
        if (t->c->parts[i] == FLOW_CHARGER)
            to[t->in->items[i].follows_sun ? RANK_SUN_CARS : RANK_CARS] += w;
    }
    int64_t house = from[FROM_PV] + from[FROM_BATTERY] + from[FROM_GRID];
    for (int k = RANK_LOADS; k < RANKS; k++)
        house -= to[k];
    to[RANK_HOUSE] = max_i64(0, house);
    from[FROM_UNMEASURED] = max_i64(0, -house);
}
static void link_up(struct step *t, struct flow_out *out)
{
    static const int lane[RANKS] = {
        [RANK_HOUSE] = TO_HOUSE,     [RANK_LOADS] = TO_LOADS,   [RANK_SUN_CARS] = TO_CHARGERS,
        [RANK_BATTERY] = TO_BATTERY, [RANK_CARS] = TO_CHARGERS, [RANK_GRID] = TO_GRID};
    struct flow_state *s = t->s;
    int64_t from[FLOW_FROM], to[RANKS];
    struct flow_sink sinks[RANKS];
    int32_t got[RANKS][FLOW_FROM];
    for (int i = 0; i < t->c->n; i++)
        memset(s->items[i].from_w, 0, sizeof s->items[i].from_w);
    memset(&s->links, 0, sizeof s->links);
    out->balanced = s->balanced = s->house_w.set;
    if (!s->balanced)
        return;
    balance(t, from, to);
    for (int k = 0; k < RANKS; k++)
        sinks[k] = (struct flow_sink){sat_i32(to[k]), k};
    flow_split(from, sinks, RANKS, got);
    for (int k = 0; k < RANKS; k++)
        for (int a = 0; a < FLOW_FROM; a++)
            s->links.w[a][lane[k]] += got[k][a];
    share_items(t, FLOW_LOAD, false, got[RANK_LOADS]);
    share_items(t, FLOW_CHARGER, true, got[RANK_SUN_CARS]);
    share_items(t, FLOW_CHARGER, false, got[RANK_CARS]);
    out->links = s->links;
}

void flow_step(struct flow_state *s, const struct flow_in *in, const struct flow_config *c,
               struct now now, struct flow_out *out)
{
    struct step t = {.s = s, .in = in, .c = c, .now = now.mono.ms};
    memset(out, 0, sizeof *out);
    advance(&t, now, out);
    for (int i = 0; i < c->n; i++) {
        take_counter(&s->items[i].plus, &s->items[i].plus_wh, in->items[i].plus_wh);
        take_counter(&s->items[i].minus, &s->items[i].minus_wh, in->items[i].minus_wh);
    }
    sum_up(&t);
    derive(&t, out);
    link_up(&t, out);
    s->at = now.mono;
    s->begun = true;
    int64_t edge = t.now + QUARTER_MS - now.wall.ms % QUARTER_MS;
    out->next.ms = s->until.ms < edge ? s->until.ms + 1 : edge;
}
