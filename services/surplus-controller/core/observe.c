/* SPDX-License-Identifier: Apache-2.0
 * observe.c -- what the meters and the cars say. How much of our last orders that shows: frame.c.
 */
#include "services/surplus-controller/core/layers.h"

static bool phases_equal(const struct phases_i32 *a, const struct phases_i32 *b)
{
    if (a->set != b->set)
        return false;
    for (int p = 0; p < PHASES; p++)
        if (phase_set(a, p) && a->v[p] != b->v[p])
            return false;
    return true;
}
static bool values_equal(const struct control_reading *a, const struct control_reading *b)
{
    return a->power_w.set == b->power_w.set && (!a->power_w.set || a->power_w.v == b->power_w.v) &&
           phases_equal(&a->power_phase_w, &b->power_phase_w) &&
           phases_equal(&a->current_ma, &b->current_ma) &&
           phases_equal(&a->voltage_mv, &b->voltage_mv);
}
static bool any_load(const struct control_reading *r)
{
    bool any = r->power_w.set && r->power_w.v;
    for (int p = 0; p < PHASES; p++)
        any = any || (phase_set(&r->current_ma, p) && r->current_ma.v[p]) ||
              (phase_set(&r->power_phase_w, p) && r->power_phase_w.v[p]);
    return any;
}
static int32_t mean_volt(const struct control_reading *r)
{
    int64_t sum = 0;
    int n = 0;
    for (int p = 0; p < PHASES; p++)
        if (phase_set(&r->voltage_mv, p) && r->voltage_mv.v[p] > 100000 &&
            r->voltage_mv.v[p] < 300000) {
            sum += r->voltage_mv.v[p];
            n++;
        }
    return n ? (int32_t)(sum / n) : NOMINAL_MV;
}
/* Current of a phase; from power where the device reports no current. */
static int32_t phase_ma(const struct control_reading *r, uint8_t mask, int p, int32_t mv)
{
    if (phase_set(&r->current_ma, p))
        return r->current_ma.v[p];
    if (phase_set(&r->power_phase_w, p))
        return sat_i32((int64_t)r->power_phase_w.v[p] * 1000000 / mv);
    if (r->current_ma.set || r->power_phase_w.set || !r->power_w.set || !(mask >> p & 1))
        return 0;
    return sat_i32((int64_t)r->power_w.v * 1000000 / mv / lanes_of(mask));
}
static int32_t reading_w(const struct control_reading *r, int32_t mv)
{
    int64_t ma = 0, w = 0;
    if (r->power_w.set)
        return r->power_w.v;
    for (int p = 0; p < PHASES; p++) {
        ma += phase_set(&r->current_ma, p) ? r->current_ma.v[p] : 0;
        w += phase_set(&r->power_phase_w, p) ? r->power_phase_w.v[p] : 0;
    }
    return r->power_phase_w.set ? sat_i32(w) : watt(ma, mv);
}
/* A value that no meter behind this fuse can show comes from a fault on the line. */
static bool plausible(const struct control_reading *r, int32_t fuse_ma)
{
    int64_t most = (int64_t)fuse_ma * PLAUSIBLE_TIMES;
    int64_t most_w = most * NOMINAL_MV / 1000000;
    bool ok =
        !r->power_w.set || (r->power_w.v <= PHASES * most_w && r->power_w.v >= -PHASES * most_w);
    for (int p = 0; p < PHASES; p++) {
        int64_t ma = phase_set(&r->current_ma, p) ? r->current_ma.v[p] : 0;
        int64_t w = phase_set(&r->power_phase_w, p) ? r->power_phase_w.v[p] : 0;
        ok = ok && ma <= most && ma >= -most && w <= most_w && w >= -most_w;
    }
    return ok;
}
static enum control_meter meter_age(struct step *t, const struct control_reading *r)
{
    struct age_rule rule = {max_i32(r->rule.interval_ms, SUSPECT_MIN_MS / 3 + 1),
                            r->rule.max_age_ms};
    static const enum control_meter of[] = {METER_GOOD, METER_SUSPECT, METER_MISSING};
    if (!r->known)
        return METER_MISSING;
    step_due(t, r->at.ms + 3 * (int64_t)rule.interval_ms + 1);
    step_due(t, r->at.ms + rule.max_age_ms + 1);
    return of[freshness_of(t->now - r->at.ms, rule)];
}

/* ---- grid meter ---- */
/* Identical values prove nothing while nothing moves: a quiet house is allowed to be quiet. Unless
 * the noise of this meter has never let them stand still. */
static bool cars_moved(struct step *t)
{
    for (int i = 0; i < takers_n(t->c); i++) {
        struct control_charger_state *x = &t->s->chargers[i];
        int64_t sum = 0, ordered = 0;
        for (int p = 0; p < PHASES; p++) {
            sum += x->draw[p];
            ordered += x->to[p] - x->from[p];
        }
        if (!x->drawing_known) { /* a load may have no use for what it was given */
            if (!is_load(t, i) && x->connected && x->order_at.ms > t->s->same_since.ms &&
                (ordered > MOVES_MA || ordered < -MOVES_MA))
                return true;
        } else if (x->mark_at.ms != t->s->same_since.ms) {
            if (x->meas_at.ms >= t->s->same_since.ms) {
                x->mark_at = t->s->same_since;
                x->mark_ma = sat_i32(sum);
            }
        } else if (sum - x->mark_ma > MOVES_MA || x->mark_ma - sum > MOVES_MA) {
            return true;
        }
    }
    return false;
}
static bool frozen(struct step *t)
{
    struct control_state *s = t->s;
    if (!any_load(&s->frame))
        return false;
    if (!s->moved.on && cars_moved(t))
        timer_start(&s->moved, t);
    if (s->same_since.ms - s->lively_since.ms >= LIVELY_MS &&
        timer_done(t, &(struct control_timer){true, s->same_since}, t->c->frozen_ms))
        return true;
    return timer_done(t, &s->moved, 2 * (int64_t)t->c->follow_ms) &&
           timer_done(t, &(struct control_timer){true, s->same_since}, t->c->frozen_ms);
}
static void observe_frame_of_grid(struct step *t, const struct control_reading *g)
{
    struct control_state *s = t->s;
    bool differs = g->known && !values_equal(g, &s->frame);
    s->new_frame = g->known && (g->at.ms != s->frame.at.ms || differs || !s->frame.known);
    if (differs || !s->frame.known) {
        if (!s->frame.known || g->at.ms - s->same_since.ms >= STANDS_MS)
            s->lively_since = g->at;
        s->same_since = g->at;
        s->moved.on = false;
    }
    if (s->new_frame) {
        s->frame = *g;
        s->volt_mv = mean_volt(g);
    }
}
static void observe_grid(struct step *t)
{
    struct control_state *s = t->s;
    const struct control_reading *g = &t->in->grid;
    s->new_frame = false;
    s->implausible = t->c->has_grid_meter && !plausible(g, t->c->circuits[0].max_current_ma);
    if (s->implausible) /* the last good one grows old instead */
        g = &s->frame;
    s->begun = s->begun || resume_ready(t, g);
    if (!t->c->has_grid_meter) {
        s->meter = METER_NONE;
        s->volt_mv = NOMINAL_MV;
        return;
    }
    if (s->begun)
        observe_frame_of_grid(t, g);
    s->meter = meter_age(t, g);
    if (s->meter == METER_GOOD && frozen(t))
        s->meter = METER_FROZEN;
}

/* ---- chargers ---- */
static void charger_modes(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    const struct control_charger_in *in = &t->in->chargers[i];
    const struct control_charger_conf *k = &t->c->chargers[i];
    bool one = in->contacts_closed.set && in->contacts_closed.v == 1 && k->can_switch;
    x->closed = one ? k->one_phase : k->phases;
    choice_observe(t, i);
    bool plus = in->mode == CHARGE_MODE_SOLAR_PLUS;
    bool solar = in->mode == CHARGE_MODE_SOLAR_PURE || plus;
    if (x->seen && in->mode != x->mode) { /* people are exempt from the dwell times ... */
        x->stopped.on = x->crowded.on = false;
        x->hold.on = x->hold.on && x->solar && solar; /* ... but give nobody sun */
    }
    x->plus = plus;
    x->solar = solar;
    x->mode = in->mode;
    x->priority = (uint8_t)(in->priority.set ? clamp_i32(in->priority.v, 1, 99) : k->priority);
    x->max_ma = in->max_ma.set ? min_i32(k->max_ma, in->max_ma.v) : k->max_ma;
    x->min_ma = in->min_ma.set ? max_i32(k->min_ma, in->min_ma.v) : k->min_ma;
    /* Go on from what the box was told before our start; a bridge that has just started itself
     * does not know, then from our own last order: the box still has it. */
    if (!x->seen && in->known) {
        x->seen = true;
        int32_t was = in->applied_ma.set ? in->applied_ma.v : x->current_ma;
        x->current_ma = was < k->min_ma ? 0 : min_i32(was, k->max_ma);
        if (x->current_ma)
            x->changed_at = (struct mono){t->now};
        if (x->current_ma && x->served_at.ms == LONG_AGO) /* a restart ends nobody's turn */
            x->served_at = is_load(t, i) ? load_served_at(t, i) : (struct mono){t->now};
    }
}
static void charger_plug(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    const struct control_charger_in *in = &t->in->chargers[i];
    bool fault = in->state == EVSE_STATE_E || in->state == EVSE_STATE_F;
    x->connected = in->known && in->online && !fault && in->state != EVSE_STATE_A;
    if (in->known && in->online && in->state == EVSE_STATE_A) {
        x->used = 0;
        x->under_ma = x->over_ma = 0;
        x->learnt = false;
        x->hold.on = x->stopped.on = x->drawing.on = x->idle_since.on = x->slack.on = false;
        x->trimmed = x->probing = false;
        x->order_at.ms = LONG_AGO;
        x->turn = 0;
        x->crowded.on = false;
    }
    if (x->connected && !x->turn) /* whoever was plugged in first is served first */
        x->turn = ++t->s->turns;
}
/* Values older than max_age, or none at all: the full offer on the configured phases. */
static void charger_draw(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    const struct control_charger_in *in = &t->in->chargers[i];
    const struct control_reading *r = &in->meas;
    uint8_t mask = x->closed;
    if (in->known && in->online && (in->state == EVSE_STATE_A || in->state == EVSE_STATE_B))
        timer_start(&x->rest, t);
    else
        x->rest.on = false;
    bool values = r->power_w.set || r->current_ma.set || r->power_phase_w.set;
    x->drawing_known = in->known && r->known && values && t->now - r->at.ms <= r->rule.max_age_ms;
    if (!x->drawing_known) {
        bool on = x->connected && in->state != EVSE_STATE_B;
        for (int p = 0; p < PHASES; p++)
            x->draw[p] = on && (mask >> p & 1) ? x->current_ma : 0;
        x->certain = !in_flight(t, x);
        return;
    }
    for (int p = 0; p < PHASES; p++)
        x->draw[p] = max_i32(0, phase_ma(r, x->load ? x->load : mask, p, t->s->volt_mv));
    /* Many boxes send no more values when the car has stopped: the state is newer. */
    if (x->rest.on && r->at.ms < x->rest.since.ms)
        memset(x->draw, 0, sizeof x->draw);
    if (r->at.ms != x->meas_at.ms) {
        memmove(&x->past[1], &x->past[0], (PAST - 1) * sizeof x->past[0]);
        x->past[0].at = r->at;
    }
    memcpy(x->past[0].ma, x->draw, sizeof x->draw);
    x->meas_at = r->at;
    x->certain = r->at.ms >= x->order_at.ms + t->c->follow_ms;
}
static void charger_phases(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    const struct phases_i32 *ma = &t->in->chargers[i].meas.current_ma;
    uint8_t now = 0;
    if (is_load(t, i)) {
        x->used = x->load = x->closed;
        x->lanes = lanes_of(x->load);
        return;
    }
    for (int p = 0; p < PHASES; p++)
        if (x->connected && x->drawing_known && phase_set(ma, p) && ma->v[p] > DRAWS_MA)
            now = (uint8_t)(now | 1u << p);
    if (now)
        timer_start(&x->drawing, t);
    else
        x->drawing.on = false;
    bool all = x->closed == t->c->chargers[i].phases;
    if (all && timer_done(t, &x->drawing, DETECT_MS) && x->meas_at.ms > x->drawing.since.ms)
        x->used |= now;
    x->load = all && x->used ? x->used : x->closed;
    x->lanes = lanes_of(x->load);
}
/* A car that follows its offer still takes a little less, always about the same. What it leaves
 * shows when it goes along with another offer. At one offer a full battery or a maximum of the
 * car's own may leave more; counted on, that is drawn when the offer falls. Most cars leave
 * LEAVES_MA at most, which may be learnt at any time. */
static void charger_under(struct step *t, struct control_charger_state *x, int32_t top)
{
    struct control_followed *f = &x->followed;
    int32_t more = x->current_ma - f->offer_ma, went = top - f->draw_ma;
    int32_t less = max_i32(0, x->current_ma - top);
    if (!x->certain || !x->drawing_known)
        return;
    if (more >= FOLLOW_STEP_MA || more <= -FOLLOW_STEP_MA)
        f->went = (struct control_timer){more > 0 ? 2 * went >= more : 2 * went <= more, {t->now}};
    if (more) {
        f->offer_ma = x->current_ma;
        f->draw_ma = top;
    }
    if (!x->current_ma || less >= FOLLOWS_MA)
        return;
    bool shows = less < LEAVES_MA || (f->went.on && since_ms(t, f->went.since) < WENT_MS);
    if (less < x->under_ma)
        x->under_ma = less;
    else if (shows)
        x->under_ma += (less - x->under_ma + UNDER_SHARE - 1) / UNDER_SHARE;
}
static void charger_habits(struct step *t, int i)
{
    struct control_charger_state *x = &t->s->chargers[i];
    if (!t->in->chargers[i].known) /* after a start: what is kept of it goes on */
        return;
    int32_t top = greatest(x->draw);
    /* A rod that was given little draws little; so does no car. */
    int32_t idle_ma = is_load(t, i) ? min_i32(IDLE_MA, x->current_ma / 2) : IDLE_MA;
    if (x->connected && x->drawing_known && x->current_ma && top < idle_ma)
        timer_start(&x->idle_since, t);
    else
        x->idle_since.on = false;
    x->idle = timer_done(t, &x->idle_since, IDLE_MS);
    charger_under(t, x, top);
    if (!x->connected || !x->drawing_known || !x->current_ma || top > x->current_ma - FOLLOWS_MA)
        x->slack.on = x->trimmed = false;
    else if (x->certain && top < x->current_ma - SLACK_MA &&
             (top >= IDLE_MA || since_ms(t, x->served_at) >= WAKE_MS))
        timer_start(&x->slack, t);
    if (!x->trimmed && timer_done(t, &x->slack, t->c->follow_ms)) {
        x->trimmed = true;
        x->probe_at.ms = t->now;
    }
    x->probing = x->trimmed && since_ms(t, x->probe_at) >= t->c->probe_ms;
    if (x->probing && since_ms(t, x->probe_at) >= t->c->probe_ms + PROBE_LONG_MS)
        x->probe_at.ms = t->now;
}

/* ---- circuits with a meter ---- */
static bool circuit_frame(struct step *t, int i)
{
    struct control_circuit_state *k = &t->s->circuits[i];
    const struct control_circuit_conf *conf = &t->c->circuits[i];
    if (!conf->metered)
        return false;
    const struct control_reading *r =
        i == 0 && t->c->has_grid_meter ? &t->in->grid : &t->in->circuits[i];
    k->blind = (uint8_t)meter_age(t, r);
    if (i == 0 && t->s->meter == METER_FROZEN)
        k->blind = METER_FROZEN;
    if (!t->s->begun || (i == 0 && t->s->implausible))
        return false;
    if (!r->known || !plausible(r, conf->max_current_ma) ||
        (k->house_known && r->at.ms == k->frame_at.ms && !(i == 0 && t->s->new_frame)))
        return false;
    k->frame_at = r->at;
    k->volt_mv = mean_volt(r);
    k->meter_w = reading_w(r, k->volt_mv);
    for (int p = 0; p < PHASES; p++) {
        int32_t ma = phase_ma(r, conf->phases, p, k->volt_mv);
        k->jump_ma[p] = k->house_known ? ma - k->meter_ma[p] : 0;
        k->meter_ma[p] = ma;
    }
    return true;
}
static void sums_below(struct step *t)
{
    struct control_circuit_state *k = t->s->circuits;
    for (int i = 0; i < t->c->circuits_n; i++) {
        k[i].unmetered = false;
        for (int p = 0; p < PHASES; p++)
            k[i].est[p] = k[i].cut[p] = k[i].to[p] = 0;
    }
    for (int i = 0; i < takers_n(t->c); i++) {
        const struct control_charger_state *x = &t->s->chargers[i];
        struct control_circuit_state *own = &k[t->c->chargers[i].circuit];
        own->unmetered =
            own->unmetered || (i < t->c->chargers_n && x->connected && !x->drawing_known);
        /* A cut that nobody measures may have helped nothing; another one does not prolong it. */
        bool believed = x->drawing_known || since_ms(t, x->flight_at) < t->c->follow_ms;
        for (int p = 0; p < PHASES; p++) {
            int32_t to = in_flight(t, x) ? x->to[p] : x->est[p];
            own->est[p] += x->est[p];
            own->to[p] += to;
            own->cut[p] += believed ? min_i32(0, to - x->est[p]) : 0;
        }
    }
    for (int i = t->c->circuits_n - 1; i > 0; i--) {
        struct control_circuit_state *up = &k[t->c->circuits[i].parent];
        up->unmetered = up->unmetered || k[i].unmetered;
        for (int p = 0; p < PHASES; p++) {
            up->est[p] += k[i].est[p];
            up->to[p] += k[i].to[p];
            up->cut[p] += k[i].cut[p];
        }
    }
}
void observe(struct step *t)
{
    observe_grid(t);
    limit_observe(t);
    for (int i = 0; i < takers_n(t->c); i++) {
        charger_modes(t, i);
        charger_plug(t, i);
        charger_draw(t, i);
        charger_phases(t, i);
        charger_habits(t, i);
        phases_observe(t, i);
    }
    /* The estimate belongs to a frame of the grid meter; between two frames it stays. */
    struct control_circuit_state *k = t->s->circuits;
    for (int i = 0; i < t->c->circuits_n; i++)
        k[i].framed = circuit_frame(t, i);
    int32_t own[PHASES];
    if (t->s->new_frame || !t->c->circuits[0].metered)
        frame_observe(t, 0, own);
    sums_below(t);
    for (int i = 0; i < t->c->circuits_n; i++) {
        if (!k[i].framed)
            continue;
        if (i > 0)
            frame_observe(t, i, own);
        k[i].house_known = true;
        for (int p = 0; p < PHASES; p++)
            k[i].house_ma[p] = k[i].meter_ma[p] - own[p];
        k[i].house_w = k[i].meter_w - watt((int64_t)own[0] + own[1] + own[2], k[i].volt_mv);
    }
}
