/* SPDX-License-Identifier: Apache-2.0
 * replay.h -- a recording of the controller, run again through the very same core. */
#ifndef WATTBUS_CLI_REPLAY_H
#define WATTBUS_CLI_REPLAY_H
#include "services/surplus-controller/core/record.h"

/* A recording under way. The arrays are owned. */
struct replay {
    bool begun; /* the first line was read */
    char site[ID_CAP], version[24];
    char (*circuit_ids)[ID_CAP], (*charger_ids)[ID_CAP]; /* [circuits_n], [takers_n] */
    struct control_config conf;
    struct control_circuit_conf *circuits;
    struct control_charger_conf *chargers;
    struct control_load_conf *loads;
    struct control_load_in *load_ins;
    struct control_state state;
    struct control_snapshot in;
    struct control_circuit_in *limits;
    struct control_reading *meters;
    struct control_charger_in *charger_ins;
    struct control_out out, recorded;
    struct now now; /* of the last decision */
    int64_t decisions;
};
struct replay *replay_new(void);
void replay_free(struct replay *r); /* NULL is fine */
/* Takes the next line: the first one begins (another first line begins anew), each other is a
 * decision: the snapshot is brought up to date, the core decides, and r->recorded is what was
 * decided then. False: *why says what is wrong with the line. */
bool replay_line(struct replay *r, struct str line, struct err_text *why) MUST_CHECK;
/* Calls cb for each member of the result that differs, with its path and both values. Returns how
 * many. */
typedef void replay_difference(void *user, const char *path, const char *recorded, const char *now);
int replay_compare(const struct replay *r, replay_difference *cb, void *user);
/* Values of the last decision, for people. */
void replay_explain(const struct replay *r, int charger, struct buf *out);
const char *replay_circuit(const struct replay *r, int i);
#endif
