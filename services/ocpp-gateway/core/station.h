/* SPDX-License-Identifier: Apache-2.0
 * station.h -- a charge point: what it is told next, and what its answers mean. Pure.
 *
 * One call of ours is outstanding at a time. There is no queue of limits: when the way is free,
 * station_next asks each connector what it needs now, so the latest setpoint wins by itself. Order:
 * limits, requests of people, remote start, set-up of the box. */
#ifndef OCPP_CORE_STATION_H
#define OCPP_CORE_STATION_H
#include "services/ocpp-gateway/core/call.h"
#include "services/ocpp-gateway/core/connector.h"
#include "services/ocpp-gateway/core/ident.h"

enum { STATION_QUEUE = 4, WANTED_LISTS = 4 };

enum call_purpose { FOR_LIMIT, FOR_REQUEST, FOR_REMOTE_START, FOR_SETUP };

/* A configuration key that we want to have a value. */
struct wanted_key {
    char value[VALUE_CAP]; /* what the box has */
    bool known, readonly, done;
    int attempt;
};
struct station_request {
    int connector; /* index */
    struct call call;
    char id[REQUEST_ID_CAP], action[32];
    struct wall expires;
};
struct outstanding {
    bool busy;
    enum call_purpose purpose;
    int connector; /* index; -1: the station */
    char id[CALL_ID_CAP];
    struct mono deadline;
    struct call call;
    char request_id[REQUEST_ID_CAP], request_action[32];
};
struct station {
    char identity[IDENTITY_CAP];
    char remote_tag[ID_TAG_CAP]; /* idTag of remote starts */
    int32_t profile_base;        /* chargingProfileIds of this station begin here */
    struct connector *c;         /* n, owned by the caller */
    int n;
    struct box_identity box;
    bool online;
    struct mono connected;
    bool boot_triggered;
    bool heard; /* it has called us on this connection, so it is ready to be called */
    /* what GetConfiguration said; kept over reconnects */
    bool asked, configured;
    int32_t max_level, data_max;
    bool in_watts;
    struct wanted_key data, interval;
    bool cleared; /* foreign profiles are gone */
    struct outstanding out;
    struct station_request queue[STATION_QUEUE];
    int queue_n;
};

void station_connected(struct station *s, struct mono now);
/* Its calls and requests fail. */
void station_disconnected(struct station *s, struct now now);
/* It has sent a call (booted: a BootNotification that we accept). */
void station_heard(struct station *s, bool booted, struct mono now);
/* One entry of GetConfiguration's answer. */
void station_key(struct station *s, struct str key, struct str value, bool readonly);

/* What to send now; false: nothing, or the way is not free. */
bool station_next(struct station *s, struct now now, struct outstanding *next);
/* It is on its way under this id; the deadline counts from now. */
void station_sent(struct station *s, const struct outstanding *next, struct mono now);

enum outcome {
    OUTCOME_RESULT, /* CALLRESULT; text is its status, "" when it has none */
    OUTCOME_ERROR,  /* CALLERROR; text is code and description */
    OUTCOME_LOST,   /* timeout or disconnect */
};
/* The answer to the outstanding call. For GetConfiguration the keys were handed over before. */
void station_answered(struct station *s, enum outcome o, const char *text, struct now now);
/* Ends a call that has waited too long. True: it did. */
bool station_timeout(struct station *s, struct now now);

/* Queues a request of a person. ERR_FULL, ERR_STATE (not connected), ERR_UNKNOWN (action),
 * ERR_MISSING (a parameter, or no transaction to stop). */
enum err station_request(struct station *s, int connector, const struct request *r,
                         struct err_text *why) MUST_CHECK;
bool station_knows_action(const char *action); /* else it is not ours to obey */
#endif
