/* SPDX-License-Identifier: Apache-2.0
 * storage.h -- house batteries on the bus: what people chose for them, the core's step after the
 * chargers', setpoints as leases, control messages. Loop thread only. */
#ifndef WATTBUS_STORAGE_IO_H
#define WATTBUS_STORAGE_IO_H
#include "libcommon/io/bus.h"
#include "libcommon/site/site.h"
#include "services/surplus-controller/core/storage.h"
#include "services/surplus-controller/io/kept.h"

struct brain;
enum { BATTERY_CHOICES = 6 }; /* override rows of class battery */
#define KEPT_BATTERY_ROWS(F, S)                                                                    \
    F(S, REQ, STR, id, ID_CAP, "", 0, 0, NONE, "battery")                                          \
    F(S, OPT, BOOL, below_min, , "", 0, 1, NONE, "until it is clearly above")                      \
    F(S, OPT, BOOL, above_max, , "", 0, 1, NONE, "until it is clearly below")                      \
    F(S, OPT, BOOL, below_car_min, , "", 0, 1, NONE, "not enough for cars")                        \
    F(S, OPT, BOOL, fed, , "", 0, 1, NONE, "had what it is given before solar cars")               \
    F(S, OPT, I32, appetite_w, , "W", 0, POWER_HI, NONE, "it takes at most, near full")            \
    F(S, OPT, I32, appetite_soc_pm, , "permille", 0, 1000, NONE, "... from here on")               \
    F(S, OPT, LIST, overrides, kept_override, "", 0, BATTERY_CHOICES, NONE, "in force")            \
    F(S, OPT, LIST, taken, kept_override, "", 0, KEPT_TAKEN, NONE,                                 \
      "taken lately; a broker that lost its memory may bring them back")                           \
    F(S, OPT, LIST, results, request_result, "", 0, MAX_RESULTS, NONE, "refused overrides")
RECORD_STRUCT(kept_battery, KEPT_BATTERY_ROWS)

struct battery_io {
    const char *id;
    struct opt_i32 conf_charge_w, conf_discharge_w; /* of the site file; else as reported */
    struct opt_i32 info_charge_w, info_discharge_w;
    struct kept_battery kept;
    struct storage_kept as_kept;
    int rev, rev_told;
    struct mono sent_at, control_at; /* 0: not yet on this connection */
    struct storage_order sent, told;
};
struct storage_io {
    struct storage_config conf;
    struct storage_unit_conf *units;
    struct storage_unit_in *ins;
    struct storage_state state;
    struct storage_in in;
    struct storage_out out;
    struct battery_io *ios;
};
/* NULL: the site has no batteries; all the others accept that. */
struct storage_io *storage_new(const struct site *site);
void storage_free(struct storage_io *x);
void storage_subscribe(struct brain *b);
void storage_relink(struct storage_io *x); /* setpoints and control go out anew */
/* After control_step: decides and publishes. Returns when the next step is due. */
int64_t storage_run(struct brain *b, struct now now);

/* storage_memory.c */
void storage_load(struct brain *b);
void storage_save(struct brain *b);
void storage_track(struct brain *b); /* what the next process is to know: due to be saved */
/* storage_choices.c */
int storage_index(const struct brain *b, const char *id); /* -1: none */
void storage_choices_subscribe(struct brain *b);
/* Ends what has ended and fills what people chose; returns when that changes by itself. */
int64_t storage_choices_refresh(struct brain *b, struct now now);
const struct kept_override *storage_choice(const struct battery_io *io, const char *field);
#endif
