/* SPDX-License-Identifier: Apache-2.0
 * layers.h -- between the layers of control_step; not for anybody else. */
#ifndef WATTBUS_CONTROL_LAYERS_H
#define WATTBUS_CONTROL_LAYERS_H
#include "services/surplus-controller/core/control.h"

/* What every layer gets: state, snapshot, configuration and the time of this step. */
struct step {
    struct control_state *s;
    const struct control_snapshot *in;
    const struct control_config *c;
    int64_t now; /* mono ms */
};
enum {
    LONG_AGO = -1000000000, /* ms: an event that never happened */
    NOMINAL_MV = 230000,
    NO_BOUND = 1000000000,
    SUSPECT_MIN_MS = 1000, /* a back-to-back poll is not late after three milliseconds */
    LATE_MS = 60000,       /* a car may take so long until it follows */
    SKEW_MS = 1500,        /* grid meter and wallbox do not read at the same instant */
    DRAWS_MA = 1000,       /* from here on a phase counts as used */
    MOVES_MA = 1000,       /* a change that a working grid meter cannot miss */
    IDLE_MA = 500,         /* below it a car that is offered something does not charge */
    STILL_MA = 300,        /* over all phases: no current flows */
    IDLE_MS = 60000,
    STANDS_MS = 10000,  /* identical values for longer are common with this meter ... */
    LIVELY_MS = 600000, /* ... or not, when that has not happened for so long */
    WAKE_MS = 45000,    /* a car may need so long before it draws, from the offer on */
    DETECT_MS = 5000,   /* drawing for so long before its phases are believed */
    SLACK_MA = 2000,    /* a car that leaves more than this gets its offer trimmed ... */
    FOLLOWS_MA = 1250,  /* ... until it comes this close to its offer again */
    TRIM_STEP_MA = 500,
    UNDER_SHARE = 4, /* of a new value in what a car takes less than offered */
    LEAVES_MA = 600,
    FOLLOW_STEP_MA = 300, /* a change of an offer that shows whether the car goes along ... */
    WENT_MS = 30000,      /* ... while it comes to rest */
    AHEAD_PM = 700,       /* of follow_ms: what meter, frame and car are late in all */
    PROBE_MA = 5000,
    PROBE_LONG_MS = 30000,
    STRIKE_MS = 15000,   /* an overdraw so soon after a cut: the cut did not help */
    STRIKES_MAX = 5,     /* of the doubling */
    STRIKES_BLIND = 3,   /* where a car does not say what it draws, to begin with */
    OVERDRAW_MA = 1000,  /* so much, or a twentieth, above its limit is more than inaccuracy ... */
    OVERDRAW_MS = 10000, /* ... when it lasts */
    DEAF_MA = 500,
    DEAF_MS = 30000,        /* a slow bridge may need so long to tell the box */
    PLAUSIBLE_TIMES = 5,    /* of a fuse: no current that lasts until a meter shows it is higher */
    SAMPLE_LATE_MS = 15000, /* a surplus sample may be skipped for so long while cars move */
    SLOPE_MS = 900,         /* shortest time to tell a slope from noise */
    MINUTE_MS = 60000,
    WAIT_MS = 10000, /* for the first values after a start */
    BOXES_MS = 2000, /* ... and for what the wallboxes said before */
};

/* Taker i is a load, item i - chargers_n of the loads. */
static inline bool is_load(const struct step *t, int i)
{
    return i >= t->c->chargers_n;
}
static inline uint8_t lanes_of(uint8_t mask)
{
    return (uint8_t)((mask & 1) + (mask >> 1 & 1) + (mask >> 2 & 1));
}
static inline int64_t since_ms(const struct step *t, struct mono then)
{
    return t->now - then.ms;
}
static inline void timer_start(struct control_timer *x, const struct step *t)
{
    if (!x->on)
        *x = (struct control_timer){true, {t->now}};
}
/* The next step is due at this time, if that is still to come. */
static inline void step_due(struct step *t, int64_t at_ms)
{
    if (at_ms > t->now && at_ms < t->s->next.ms)
        t->s->next.ms = at_ms;
}
static inline bool timer_done(struct step *t, const struct control_timer *x, int64_t ms)
{
    if (x->on)
        step_due(t, x->since.ms + ms);
    return x->on && since_ms(t, x->since) >= ms;
}
static inline int32_t watt(int64_t ma, int32_t mv)
{
    return sat_i32(ma * mv / 1000000);
}
static inline int32_t ma_of_w(int64_t w, int32_t lanes_mv)
{
    return lanes_mv > 0 ? sat_i32(w * 1000000 / lanes_mv) : 0;
}
static inline int32_t lanes_mv(const struct step *t, const struct control_charger_state *x)
{
    return x->lanes * t->s->volt_mv;
}
static inline int32_t greatest(const int32_t ma[PHASES])
{
    return max_i32(ma[0], max_i32(ma[1], ma[2]));
}
/* What the sun leaves behind those who were served and what they may still take. */
static inline int64_t sun_left_w(const struct step *t)
{
    return t->s->solar_w - t->s->claim_w;
}
/* A rest of time in whole seconds, as a person counts it. */
static inline int32_t in_s(int64_t ms)
{
    return sat_i32((ms + 999) / 1000);
}
static inline bool in_flight(const struct step *t, const struct control_charger_state *x)
{
    return since_ms(t, x->order_at) < t->c->follow_ms;
}
static inline int32_t left_min(const struct step *t, struct mono since, int64_t ms)
{
    return sat_i32((since.ms + ms - t->now + MINUTE_MS - 1) / MINUTE_MS);
}
/* Power of the minimum of a charger, on the phases it is counted with. */
static inline int32_t need_w(const struct step *t, const struct control_charger_state *x)
{
    return watt((int64_t)(x->min_ma - x->under_ma) * x->lanes, t->s->volt_mv);
}

/* What a car will draw of an offer. */
static inline int32_t drawn_of(const struct control_charger_state *x, int32_t offer_ma)
{
    return offer_ma ? max_i32(0, offer_ma - x->under_ma) : 0;
}

/* The layers, in the order of control_step. */
void observe(struct step *t);
/* frame.c: after a frame of circuit; `sum`: what the chargers below it draw in it, mA. The estimate
 * of the grid meter's frame is kept with the charger: it is what the whole step counts with. */
void frame_observe(struct step *t, int circuit, int32_t sum[PHASES]);
void watch(struct step *t);     /* watch.c: who does not do what he was told */
void fallbacks(struct step *t); /* allocate.c; before the envelope, whose rooms it borrows */
void envelope(struct step *t);
void wishes(struct step *t);
void allocate(struct step *t);
void phases(struct step *t);
void shape(struct step *t);

/* allocate.c: what charger i may still draw per phase, and taking it; not the solar budget. */
int32_t room_for(const struct step *t, int i);
void room_take(struct step *t, int i, int32_t ma);
/* Of the fuses ma, of balance and operator what it will be soon. */
void room_take_slow(struct step *t, int i, int32_t ma, int32_t soon_ma);
/* What charger i got so far goes back to the room, or is taken again. */
void room_give_back(struct step *t, int i, bool back);
/* A start was put off: whoever charges and was to make room for it goes on. */
void allocate_kept(struct step *t);
/* solar.c: what all cars together may take of the sun; */
void solar_budget(struct step *t);
/* true when the solar budget or the hold carries the minimum of charger i. */
bool solar_grants(struct step *t, int i);
bool surplus_known(const struct step *t);
/* What is left of the sun carries `need_w`; was_short: it did not before. */
bool sun_carries(struct step *t, int64_t need_w, bool was_short);
/* Those of higher priority could take it, but have not: what runs goes on while it is clearly
 * there. */
bool left_over(const struct step *t, int32_t need);
bool mean_filled(struct step *t); /* after a start: the surplus is a mean already */
/* load.c: the same for loads; they do nothing for a taker that is none. */
void load_wish(struct step *t, int i); /* before caps, trimming and a blind meter ... */
void load_keep(struct step *t, int i); /* ... and after them: its shortest run */
bool load_grants(struct step *t, int i);
void loads_set_aside(struct step *t); /* what runs by itself, before anybody is served */
void load_hold(struct step *t, int i, bool hold); /* gives its own back while it is served itself */
bool load_is_locked(const struct step *t, int i);
struct mono load_served_at(const struct step *t, int i); /* it runs since then, as is known */
void loads_settle(struct step *t);                       /* after the orders */
/* load_say.c */
void load_decide(const struct step *t, int i, struct control_decision *d,
                 struct control_load_decision *out);
/* resume.c: after a start, enough is known to decide; `g` is the grid meter's frame. */
bool resume_ready(struct step *t, const struct control_reading *g);
/* urgent.c */
void choice_observe(struct step *t, int i);
void limit_observe(struct step *t);
/* phases.c: what the box has done; may charging go on; which contacts to ask for now, 0: none. */
void phases_observe(struct step *t, int i);
bool phases_hold_back(struct step *t, int i);
uint8_t phases_ask(struct step *t, int i);
/* True when it is on three phases that solar_plus can do without. */
bool phases_too_many(const struct step *t, int i);
/* solar.c: surplus from which solar_plus charges. */
int32_t solar_plus_need_w(const struct step *t, int i);
/* True when its contacts are ours to choose. */
bool phases_can_change(const struct step *t, int i);
/* The hold is over: true when one phase will do instead of a stop; the switch has begun then. */
bool phases_instead_of_stop(struct step *t, int i);
#endif
