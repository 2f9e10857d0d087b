/* SPDX-License-Identifier: Apache-2.0
 * call.h -- what we ask of a charge point, as JSON text. Pure. */
#ifndef OCPP_CORE_CALL_H
#define OCPP_CORE_CALL_H
#include "libcommon/pure/str.h"
#include "services/ocpp-gateway/core/limit.h"
#include "services/ocpp-gateway/core/schema.h"

enum { CALL_ID_CAP = 24, CALL_TEXT_MAX = 2048, KEY_CAP = 64, VALUE_CAP = 512, TAG_CAP = 40 };

/* What the box said about how it wants its profiles. */
struct profile_style {
    int32_t max_level;  /* ChargeProfileMaxStackLevel */
    bool in_watts;      /* it takes power only */
    int32_t phases;     /* for watts */
    int32_t connector;  /* its number at the station */
    int32_t profile_id; /* stable, differs per connector and purpose */
};
/* One call of ours. Only the members that the action has are used. */
struct call {
    enum action action;
    int32_t connector; /* 0: the whole station, or not a parameter */
    int32_t transaction;
    char key[KEY_CAP];     /* configuration key; message to trigger; Hard, Soft; Operative … */
    char value[VALUE_CAP]; /* configuration value; GET_CONFIGURATION without key: keys, CSV */
    char tag[TAG_CAP];
    struct limit_command limit; /* SET_CHARGING_PROFILE */
    struct profile_style style;
};

/* [2,"<id>","<action>",{…}]; b->cut tells when it did not fit. */
void call_encode(const struct call *c, const char *id, struct wall now, struct buf *b);
#endif
