/* SPDX-License-Identifier: Apache-2.0
 * feedin.h -- inverters on the bus: the plant's feed-in limit and the grid operator's, as leases.
 * Also the one place that turns a meter of the house's consumption into one of the grid. */
#ifndef WATTBUS_FEEDIN_IO_H
#define WATTBUS_FEEDIN_IO_H
#include "libcommon/io/bus.h"
#include "libcommon/site/site.h"
#include "services/surplus-controller/core/feedin.h"

struct brain;
struct inverter_io {
    const char *id;
    struct opt_i32 conf_max_w, info_max_w;
    struct mono sent_at, control_at; /* 0: not yet on this connection */
    struct feedin_order sent, told;
};
struct feedin_io {
    struct feedin_config conf;
    struct feedin_unit_conf *units;
    struct feedin_unit_in *ins;
    struct feedin_state state;
    struct feedin_in in;
    struct feedin_out out;
    struct inverter_io *ios;
    bool cars_first, house_meter;
    bool *outside; /* [batteries]: coupled on the AC side, not behind the inverter */
};
/* NULL: the site has no inverters; all the others accept that. */
struct feedin_io *feedin_new(const struct site *site);
void feedin_free(struct feedin_io *x);
void feedin_subscribe(struct brain *b);
void feedin_relink(struct feedin_io *x);
/* After storage_run. Returns when the next step is due. */
int64_t feedin_run(struct brain *b, struct now now);
void feedin_show(const struct brain *b, struct site_state *s);
/* A reading of the grid meter: grid = house - PV - battery where it measures the house only. */
void feedin_position(const struct brain *b, struct control_reading *r, struct mono now);
#endif
