/* SPDX-License-Identifier: Apache-2.0
 * flows.h -- energy on the bus: derived meters, who covers whom, metering points. Loop thread only.
 *
 * Takes what meters, inverters, batteries and chargers say, asks core/flows.c after each decision,
 * and publishes at most once a second what has changed. Energies are kept in files of the state
 * directory, every five minutes, at the end of a quarter and of the process. */
#ifndef WATTBUS_CONTROLLER_FLOWS_H
#define WATTBUS_CONTROLLER_FLOWS_H
#include "services/surplus-controller/core/flows.h"
#include "services/surplus-controller/core/metering.h"
#include "services/surplus-controller/io/brain.h"
#include "services/surplus-controller/io/kept_flows.h"

struct flow_source {
    enum site_section sec;
    const char *id;
    struct clock_skew skew;
    struct control_reading reading;
    struct mono said;     /* when the device said it, whatever it measured */
    struct age_rule rule; /* of that message */
    struct opt_i64 plus_wh, minus_wh;
    int charger;          /* index; -1 */
    int battery;          /* item of the battery behind an inverter whose AC power is all we have */
    bool resting, online; /* chargers: no car draws, whatever was measured last */
    bool at_grid;         /* meters: its counters are those of the grid connection */
    bool direct;          /* inverters: the value is that of the panels alone */
    bool plugged, known;
    struct opt_i64 transaction;
    struct opt_i64 session_start; /* UTC ms */
};
/* What was published last: a hash of it, and when. */
struct flow_told {
    uint64_t hash;
    struct mono at; /* 0: not yet on this connection */
};
struct flow_point {
    const struct site_metering_points *site;
    struct kept_point kept;
    struct flow_told told;
};
struct flows {
    struct brain *brain;
    struct zone zone;
    struct flow_config conf;
    struct flow_state state;
    struct flow_in in;
    struct flow_out out;
    enum flow_part *parts;
    struct flow_value *values;
    struct flow_source *sources;
    struct flow_told site_told, derived_told[DERIVED_COUNT], *charger_told; /* per item */
    struct mono at; /* last publication of anything */
    struct mono saved_at;
    bool dirty; /* something was counted since */
    /* metering points */
    struct flow_point *points;
    struct metering_point *shares;
    int points_n;
    int *producers; /* items */
    int64_t *produced_wh;
    bool *takes; /* [producers_n * points_n] */
    int producers_n;
};

/* NULL: *why says what is wrong. */
struct flows *flows_new(struct brain *b, struct err_text *why);
void flows_subscribe(struct flows *f);
/* Where there is no grid meter but the sum of all others: before the decision. */
void flows_before(struct flows *f, struct now now);
/* After the decision. Returns when it wants to be called again. */
int64_t flows_after(struct flows *f, struct now now);
void flows_link_up(struct flows *f); /* a new connection: everything is published again */
void flows_save(struct flows *f);
void flows_free(struct flows *f);

/* flows_publish.c */
int64_t flows_publish(struct flows *f, struct now now);
void flows_publish_points(struct flows *f, struct now now);
/* flows_keep.c */
void flows_load(struct flows *f);
/* points of this quarter; flows_points.c */
void flows_place_points(struct flows *f);
void flows_close_quarter(struct flows *f);
#endif
