/* SPDX-License-Identifier: Apache-2.0
 * plant.h -- the physics of a day and what instruments show of it. */
#ifndef WATTBUS_SIM_PLANT_H
#define WATTBUS_SIM_PLANT_H
#include "libcommon/pure/lease.h"
#include "tests/sim/day/day.h"

enum { VOLT_MV = 230000, HISTORY = 4, CALM_S = 3600, STEPS = 2 * LOADS, CAR_MIN_MA = 6000 };

/* A wallbox and its bridge. */
struct box {
    int circuit, car; /* car: index of the visit, -1: none */
    uint8_t wired, turn;
    uint8_t car_uses; /* mask of the grid phases that the car would draw on */
    uint8_t uses;     /* of them those whose contacts are closed */
    bool can_switch;
    int closed, wish;      /* contacts: 1 or 3 phases; what was asked for last */
    int switching_s;       /* it opens and closes contacts, for so long to come */
    int switched_s;        /* the last time it closed others */
    bool under_current;    /* it was asked to while current flowed */
    enum phase_use phases; /* what people want */
    int32_t start_pm;      /* solar_plus */
    struct opt_i32 start_w;
    bool answers, obeys, metered;
    struct lease_hold lease;
    int32_t slot_ma[LEASE_WRITERS], slot_fallback_ma[LEASE_WRITERS];
    int slot_contacts[LEASE_WRITERS];
    int32_t offer_ma;    /* limit inside the box */
    int32_t fallback_ma; /* what the bridge would fall back to */
    int silent_s;        /* for so long the box heard nothing */
    int32_t ma;          /* what flows per used phase */
    int offered_s, paused_s;
    bool asleep;
    int64_t charged_mwh;
    /* what people want of it */
    enum charge_mode mode;
    bool paused;
    struct opt_i32 max_ma, min_ma, priority;
};
/* A load under control and its bridge. */
struct device {
    int circuit;
    uint8_t wired;
    enum load_mode mode; /* what people want */
    struct opt_i32 max_w;
    bool answers, free;
    bool told, leased;                  /* ever; and now */
    struct control_load_decision order; /* the last one that reached it */
    int told_s;
    bool on;   /* it is told to run, or encouraged; after a lease what its fallback says */
    int32_t w; /* it draws; a generator yields it, negative */
    int64_t mwh;
};
struct plant {
    const struct day *d;
    int second;
    bool calm;       /* from here on nothing changes by itself */
    bool lease_lost; /* bridges go on for ever */
    int parent[CIRCUITS], box_of[CARS];
    struct box boxes[CHARGERS];
    struct device devices[DEVICES];
    int32_t load_ma[CIRCUITS][PHASES]; /* appliances, without PV */
    int32_t flow_ma[CIRCUITS][PHASES]; /* true */
    int32_t shown_ma[HISTORY][CIRCUITS][PHASES];
    int32_t pv_w, house_w, cars_w, battery_w;
    int32_t devices_w; /* loads under control, without generators */
    int32_t yield_w;   /* of generators */
    int64_t battery_mwh;
    struct storage_order battery_order; /* in force for lease_ms */
    int battery_told_s;
    int32_t limit_w; /* -1: none */
    int32_t *sun_w;  /* per second from d->from */
    struct load_step {
        int at;
        int16_t circuit;
        uint8_t phases;
        int32_t ma;
    } steps[STEPS];
    int steps_n, step_next;
    int frame_due, touched_s; /* touched: somebody changed something */
    uint64_t noise;
    bool active[ILL_COUNT]; /* any of this kind now */
};
bool plant_init(struct plant *p, const struct day *d);
void plant_end(struct plant *p);
void plant_second(struct plant *p);
/* A setpoint on its way to the box; what the bridge makes of it. */
void plant_setpoint(struct plant *p, int i, const char *boot, int64_t seq,
                    const struct control_decision *d, struct mono now);
/* The same for a load. */
void plant_order(struct plant *p, int k, const struct control_load_decision *d);
bool plant_hungry(const struct plant *p, int i); /* a car that is not full is there */
bool plant_fault(const struct plant *p, enum ill kind, const char *where);
/* What the controller may see; true when a frame or other news came. */
struct views {
    struct control_snapshot in;
    struct control_charger_in chargers[TAKERS]; /* loads behind the chargers */
    struct control_load_in loads[DEVICES];
    struct control_reading circuits[CIRCUITS];
};
static inline void views_wire(struct views *v)
{
    v->in.chargers = v->chargers;
    v->in.loads = v->loads;
    v->in.circuits = v->circuits;
}
bool plant_show(struct plant *p, struct views *v, struct mono now);
/* choices.c: its mode is not simply what somebody set. */
bool choices_used(const struct day *d, const char *charger);
static inline int32_t plant_soc_pm(const struct plant *p)
{
    return p->d->battery.power_w ? (int32_t)(p->battery_mwh / p->d->battery.capacity_wh) : 0;
}
/* ---- plant_loads.c ---- */
void devices_init(struct plant *p);
void devices_second(struct plant *p);
/* What they say; true when something came that is worth a step of its own. */
bool devices_show(struct plant *p, struct views *v, struct mono now);
/* What load k has use for now; INT32_MAX: all it may have. */
int32_t device_demand_w(const struct plant *p, int k);
static inline bool device_running(const struct control_load_decision *o)
{
    return o->on.v || o->sg == SG_STATE_RECOMMENDED || o->sg == SG_STATE_FORCED;
}
/* What sun and generators leave for those who are under control. */
static inline int32_t plant_sun_w(const struct plant *p)
{
    return p->pv_w - p->house_w + p->yield_w;
}
/* The monotonic clock of everybody. */
static inline struct mono plant_now(const struct plant *p)
{
    return (struct mono){((int64_t)p->second + 1000) * 1000};
}
static inline int lanes(uint8_t mask)
{
    return (mask & 1) + (mask >> 1 & 1) + (mask >> 2 & 1);
}
static inline int32_t watts(int64_t ma)
{
    return (int32_t)(ma * VOLT_MV / 1000000);
}
/* Phases that the closed contacts of a box connect. */
static inline uint8_t box_wired(const struct box *b)
{
    uint8_t one = (uint8_t)(1u << b->turn);
    return b->closed == 1 ? (uint8_t)(b->wired & one) : b->wired;
}
static inline int32_t box_w(const struct box *b)
{
    return watts((int64_t)b->ma * lanes(b->uses));
}
static inline uint64_t dice(uint64_t *s)
{
    uint64_t z = *s += 0x9e3779b97f4a7c15u; /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
#endif
