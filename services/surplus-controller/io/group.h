/* SPDX-License-Identifier: Apache-2.0
 * group.h -- this site as a charge-point group of another wattbus: towards its leader we are one
 * charger, whose setpoint limits all of ours together. A second link, to the leader's broker. Loop
 * thread only. */
#ifndef WATTBUS_GROUP_H
#define WATTBUS_GROUP_H
#include "libcommon/io/bus.h"
#include "libcommon/pure/lease.h"
#include "services/surplus-controller/core/control.h"

struct brain;
struct group {
    bool on;
    const char *charger; /* our id among the leader's chargers */
    struct bus *bus;
    struct lease_hold lease;
    struct charger_setpoint slot[LEASE_WRITERS], last; /* last: that was in force */
    struct mono since; /* for so long there is no lease: our start, or the end of the last one */
    struct opt_i32 applied_ma, sent_applied_ma;
    enum evse_state sent_state;
    struct mono sent_at, told_info_at;
};
/* Nothing without group.leader in the site file. ERR_*: *why says it. */
enum err group_init(struct brain *b, struct err_text *why) MUST_CHECK;
/* Fills the snapshot's group limit; returns when it changes by itself (mono ms). */
int64_t group_refresh(struct brain *b, struct now now);
/* Tells the leader what the group does; returns when the next is due. */
int64_t group_publish(struct brain *b, struct now now);
#endif
