/* SPDX-License-Identifier: Apache-2.0
 * flows.h -- derived meters, who covers whom, and the energy of it. Pure.
 *
 * An item is something measured: a meter with a role, an inverter, a battery, a consumer under
 * control, a charger. flow_step adds up what is known to the derived meters (control.md 8, their
 * list is DERIVED_METERS), splits it into links from sources to sinks, and counts the energy.
 * W as on the bus: grid + import, storage + charging, producers + production, the rest + draw.
 * A value that is missing makes everything missing that needs it; nothing becomes 0.
 *
 * The sources' sum is the sinks' sum, exactly: in W at any moment, and in Wh because the totals are
 * sums of the links. What the house needs more than is known to come in comes from "unmeasured".
 * Energies are kept in W ms (1 Wh = 3,600,000). Arrays are the caller's. */
#ifndef WATTBUS_FLOWS_H
#define WATTBUS_FLOWS_H
#include "libcommon/pure/calendar.h"
#include "services/surplus-controller/core/control.h"

enum flow_part {
    FLOW_GRID, /* at most one */
    FLOW_PRODUCER,
    FLOW_STORAGE_HOME,
    FLOW_STORAGE_ALL,
    FLOW_LOAD,
    FLOW_CHARGER,
    FLOW_CONSUMER, /* a part of the house; needed where there is no grid meter */
    FLOW_COUNTED,  /* only its energy, for metering points */
};
enum { FROM_PV, FROM_BATTERY, FROM_GRID, FROM_UNMEASURED, FLOW_FROM };
enum { TO_HOUSE, TO_LOADS, TO_CHARGERS, TO_BATTERY, TO_GRID, FLOW_TO };
enum { FLOW_MEAN = 16, FLOW_WH = 3600000, QUARTER_MS = 900000 };

struct flow_config {
    const enum flow_part *parts; /* [n] */
    int n;
    bool derive_grid; /* no grid meter: consumers, loads, cars and storages less producers */
    int32_t mean_ms;  /* of surplus_avg */
    const struct zone *zone;
};
struct flow_value {
    struct opt_i32 power_w;
    struct mono until;                /* it counts up to here */
    struct opt_i64 plus_wh, minus_wh; /* counters of the device, + and - direction of power_w */
    bool follows_sun;                 /* chargers: covered by the sun before the others */
    struct opt_i32 over_w;            /* chargers: drawn above their limit */
};
struct flow_in {
    const struct flow_value *items; /* [n] */
    struct opt_i32 fuse_room_w;     /* what the fuses still leave */
    struct opt_i32 limit_w;         /* what may be drawn from the grid in all; unset: no bound */
};
struct flow_quarter {
    int64_t plus_wh, minus_wh;
    bool complete;
};
struct flow_item {
    int64_t plus, minus;              /* energy in each direction, W ms, since the first day */
    struct opt_i64 plus_wh, minus_wh; /* counters as last seen */
    int64_t session[FLOW_FROM];       /* chargers: W ms by source */
    int64_t quarter_plus_wh, quarter_minus_wh; /* plus and minus when the quarter began */
    bool gap;                                  /* values were missing in this quarter */
    struct flow_quarter closed;                /* the quarter that ended last */
    /* between two steps */
    struct opt_i32 power_w;
    int32_t from_w[FLOW_FROM];
};
struct flow_links {
    int32_t w[FLOW_FROM][FLOW_TO];
};
struct flow_energy {
    int64_t v[FLOW_FROM][FLOW_TO]; /* W ms */
};
struct flow_state {
    struct flow_item *items; /* [n] */
    struct flow_energy day, ever;
    struct wall day_start;
    int64_t house, non_evse; /* W ms, of the derived meters */
    int64_t quarter;         /* number of the open one since 1970; 0: none yet */
    /* between two steps */
    bool begun, balanced;
    struct mono at, until; /* last step; the values of it count up to here */
    struct flow_links links;
    struct opt_i32 surplus_w, house_w, non_evse_w;
    struct {
        int64_t slot, sum, ms; /* W ms */
    } mean[FLOW_MEAN];
};
struct flow_out {
    struct opt_i32 meters[DERIVED_COUNT];
    bool balanced; /* links are there */
    struct flow_links links;
    bool closed; /* a quarter has ended: items[].closed, which began then */
    int64_t closed_start_ms;
    struct mono next; /* step again not later than this */
};
/* Zeroed state; what was kept is put in after it. */
void flow_step(struct flow_state *s, const struct flow_in *in, const struct flow_config *c,
               struct now now, struct flow_out *out);
/* Splits sources over sinks: in the order of ranks, within a rank in proportion. The sums of both
 * sides must be equal and no value negative; from[i] then adds up to sink i and each column to its
 * source, exactly. */
struct flow_sink {
    int32_t w;
    int rank;
};
void flow_split(const int64_t sources[FLOW_FROM], const struct flow_sink *sinks, int n,
                int32_t (*from)[FLOW_FROM]);
/* Power of a reading in W: its sum, else the sum over phases. Unset: it shows none. */
struct opt_i32 flow_power_w(const struct control_reading *r);
#endif
