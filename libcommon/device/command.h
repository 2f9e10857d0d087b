/* SPDX-License-Identifier: Apache-2.0
 * command.h -- what an inverter or a battery is told, and when it is told again. Pure.
 *
 * Setpoints are leases (libcommon/pure/lease.h). What is in force becomes an order: a sequence of
 * the profile with its variables. An order is written when it differs from what the device has
 * acknowledged, and again at half of the device's own revert timer; a device that was lost is told
 * anew. Before the first live setpoint nothing is written: a restarted bridge changes nothing. */
#ifndef WATTBUS_COMMAND_H
#define WATTBUS_COMMAND_H
#include "libcommon/device/layout.h"
#include "libcommon/pure/lease.h"
#include "proto/proto.h"

struct order {
    enum sequence sequence; /* SEQUENCE_UNSET: nothing to say */
    enum battery_mode mode; /* batteries */
    struct opt_i32 limit_w; /* inverters */
    struct opt_i32 charge_w, discharge_w;
    struct opt_i32 power_w; /* batteries: exactly this, + charging */
};
struct command {
    struct lease_hold hold;
    struct {
        struct order order;
        struct opt_i32 fallback_w;
        int64_t seq;
        char boot[LEASE_BOOT_CAP];
    } slot[LEASE_WRITERS];
    int last_slot;             /* of the last setpoint taken */
    struct opt_i32 fallback_w; /* inverter: of the site file */
    int32_t box_lease_ms;
    bool battery;
    struct order told; /* acknowledged by the device */
    struct now told_at;
    bool is_told;
};

enum lease_verdict command_inverter(struct command *c, const struct inverter_setpoint *s,
                                    bool retained, struct mono now);
enum lease_verdict command_battery(struct command *c, const struct battery_setpoint *s,
                                   bool retained, struct mono now);
/* What should be in force; after the lease the fallback. */
struct order command_wanted(const struct command *c, struct mono now);
/* The order must be written now. */
bool command_due(const struct command *c, const struct order *o, struct mono now);
void command_acknowledged(struct command *c, const struct order *o, struct now at);
void command_lost(struct command *c); /* the device may have forgotten everything */
/* ms until command_due may change by itself, -1: never. */
int64_t command_next_ms(const struct command *c, struct mono now);
/* For the state message. */
struct applied command_applied(const struct command *c, struct mono now);
/* Variables of the order's sequence. A limit in percent is of limit_base, rates are of the rated
 * charge and discharge power; values above the base become 100 %. */
void command_variables(const struct order *o, const struct readings *r, int32_t box_lease_ms,
                       struct opt_f64 vars[VARIABLE_COUNT]);
#endif
