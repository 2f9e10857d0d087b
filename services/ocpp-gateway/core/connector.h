/* SPDX-License-Identifier: Apache-2.0
 * connector.h -- one connector of a charge point, which is one charger on the bus. Pure. */
#ifndef OCPP_CORE_CONNECTOR_H
#define OCPP_CORE_CONNECTOR_H
#include "proto/proto.h"
#include "services/ocpp-gateway/core/journal.h"
#include "services/ocpp-gateway/core/limit.h"
#include "services/ocpp-gateway/core/meter.h"
#include "services/ocpp-gateway/core/session.h"

enum { REQUEST_IDS_KEPT = 32, STATUS_CAP = 21, ERROR_CAP = 51 };

struct connector_conf {
    id_text id;
    char name[48], identity[49];
    int32_t number; /* at its station, from 1 */
    int32_t min_current_ma, max_current_ma;
    int32_t interval_ms, max_age_ms;
    struct meter_wiring meter;
    struct limit_conf limit;
    bool card_needed; /* nothing is charged without the card of a user */
    bool remote_start;
};
struct connector_status {
    bool known;             /* the box has told it since it connected */
    char word[STATUS_CAP];  /* of OCPP */
    char error[ERROR_CAP];  /* "" for NoError */
    char detail[ERROR_CAP]; /* vendor's code or info */
    int64_t error_since_ms;
};
struct connector {
    struct connector_conf conf;
    struct connector_status status;
    struct meter_reading reading; /* flows are absent when they are unknown */
    struct opt_i64 energy_wh;     /* register, kept while the box is away */
    struct opt_i64 measured_ms;
    int64_t last_stamp_ms; /* of meter values that came late, and when: see connector_meter */
    struct wall last_stamp_at;
    struct limiter limit;
    struct sessions sessions;
    struct request_result results[MAX_RESULTS];
    uint16_t results_n;
    char request_ids[REQUEST_IDS_KEPT][REQUEST_ID_CAP];
    int request_next;
    int32_t saved_phases;     /* what the journal has, 0: nothing */
    int32_t saved_default_ma; /* what the journal has, -1: nothing */
    struct mono default_saved;
    struct mono remote_start_at; /* not before */
    char card[ID_TAG_CAP];       /* last one shown, "" for none */
    int64_t card_at_ms;          /* differs each time */
    bool triggered;              /* its status was asked for since the connection */
    bool changed;                /* to be published */
    struct mono published;
    enum lease_phase shown_phase; /* in the state that was published last */
};

void connector_connected(struct connector *c, struct mono now);
void connector_disconnected(struct connector *c);

struct status_message {
    struct str status, error, info, vendor_error;
};
/* True when a session was presumed to have ended: *ended. */
bool connector_status(struct connector *c, const struct status_message *m, struct wall now,
                      struct session_rec **ended);
/* One MeterValue. tx 0: none was named. stamp_ms 0: no time. A transaction that we did not know of
 * is recovered: *recovered is its new record, else NULL. */
void connector_meter(struct connector *c, const struct meter_sum *sum, int32_t tx, int64_t stamp_ms,
                     struct wall now, struct session_rec **recovered);
/* Keeps limit and live values in step after a session began or ended. */
void connector_session_changed(struct connector *c);

/* A card is held to its reader. */
void connector_card(struct connector *c, struct str tag, struct wall now);

/* False: this id was begun before (a repeated or retained request). */
bool connector_request_new(const struct connector *c, const char *id);
void connector_request_remember(struct connector *c, const char *id);
void connector_result(struct connector *c, const char *id, const char *action, enum result result,
                      const char *text, struct wall now);

/* Fills the messages of the bus. */
void connector_state(const struct connector *c, bool online, struct now now,
                     struct charger_state *out);
void connector_info(const struct connector *c, const struct box_identity *box, struct wall now,
                    struct charger_info *out);
void connector_session(const struct session_rec *r, struct wall now, struct session *out);
enum evse_state connector_evse_state(const struct connector *c);
/* No car can draw from it: free, or a car waits without a transaction. */
bool connector_quiet(const struct connector *c);
#endif
