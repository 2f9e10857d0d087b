/* SPDX-License-Identifier: Apache-2.0
 * One OCPP 1.6-J wallbox with one connector: connection, transaction, profiles, and the pilot
 * signal it gives the car in the plant. */
#ifndef SIM_OCPP_BOX_H
#define SIM_OCPP_BOX_H
#include <json-c/json.h>

#include "tests/sim/house/fault.h"
#include "tests/sim/house/ocpp_link.h"
#include "tests/sim/house/ocpp_profiles.h"
#include "tests/sim/house/plant.h"

enum { TAG_SIZE = 21, BOX_KEYS = 20, BOX_COUNTERS = 40, PROFILE_LOG = 64, TX_MEMORY = 32 };
struct box_config {
    char id[64], tag[TAG_SIZE], password[64];
    int32_t sample_s, plug_at_s; /* plug_at_s < 0: starts unplugged */
    int32_t reboot_ms;
    bool boot_on_reconnect, phase_switch;
};
enum box_status {
    STATUS_AVAILABLE,
    STATUS_PREPARING,
    STATUS_CHARGING,
    STATUS_SUSPENDED_EV,
    STATUS_SUSPENDED_EVSE,
    STATUS_FINISHING,
    STATUS_UNAVAILABLE,
    STATUS_COUNT
};
enum call_kind { CALL_OTHER, CALL_BOOT, CALL_AUTHORIZE, CALL_START, CALL_STOP, CALL_METER };
struct call {
    struct call *next;
    enum call_kind kind;
    const char *action;
    json_object *payload;
    uint32_t tx_seq; /* transaction it belongs to; 0: none */
    char id[24];
    int tries;
    int64_t sent_ms; /* 0: waiting */
};
struct box_key {
    char key[48], value[200];
    bool readonly;
};
struct box_counter {
    char action[40];
    int64_t in, out, last_in_ns, last_out_ns;
};
struct profile_arrival {
    int64_t mono_ns, limit; /* limit of the first period, mA or mW */
    int32_t id, stack, connector, tx_id;
    enum profile_purpose purpose;
    bool watts, accepted;
};
struct transaction {
    bool active;
    uint32_t seq;
    char tag[TAG_SIZE];
    int64_t start_wall_ms, meter_start_wh;
};
struct box {
    struct box_config config;
    const struct charger_config *charger_config;
    struct plant *plant;
    int32_t index;
    void (*changed)(void *owner); /* the pilot changed: let the plant step now */
    void *owner;
    struct ocpp_link link;
    struct fault fault;

    bool answering;        /* our own calls wait until the answer is out */
    bool booted, reported; /* since boot; since the connection opened */
    int64_t boot_due_ms, heartbeat_due_ms, reboot_due_ms;
    int64_t reset_due_ms; /* a Reset was accepted: reboot then */
    const char *reset_reason;
    enum box_status status;
    bool operative, operative_next, finished;
    int64_t auth_due_ms;
    char auth_tag[TAG_SIZE], remote_tag[TAG_SIZE];
    int64_t remote_until_ms;
    struct transaction tx;
    int32_t tx_id[TX_MEMORY]; /* by seq; 0: not known yet */
    struct profile_store profiles;

    int64_t sample_due_ms, last_sample_ms;
    int32_t sampled_ma[PHASES];
    struct box_key key[BOX_KEYS];
    size_t n_keys;
    struct call *head, *tail;
    uint32_t next_call;
    struct box_counter counter[BOX_COUNTERS];
    size_t n_counters;
    struct profile_arrival arrival[PROFILE_LOG]; /* ring */
    int64_t arrivals;
};

/* ocpp_box.c */
void box_init(struct box *b, uv_loop_t *loop); /* the fields up to fault are set */
void box_tick(struct box *b);
void box_plug(struct box *b, bool plugged);
void box_rfid(struct box *b, const char *tag);
void box_set_fault(struct box *b, struct fault fault);
void box_reboot(struct box *b, const char *reason);
void box_authorized(struct box *b, const char *tag);
void box_start_tx(struct box *b, const char *tag);
void box_stop_tx(struct box *b, const char *reason);
/* Evaluates the profiles now and moves the pilot. */
void box_apply(struct box *b);
struct profile_site box_site(const struct box *b);
int32_t box_tx_id(const struct box *b); /* 0: none or unknown */
const char *box_status_name(enum box_status s);
int64_t box_meter_wh(const struct box *b);
void box_count(struct box *b, const char *action, bool in, int64_t mono_ns);

/* ocpp_calls.c: what the box asks */
void calls_boot(struct box *b);
void calls_heartbeat(struct box *b);
void calls_status(struct box *b, int connector);
void calls_authorize(struct box *b, const char *tag);
void calls_start(struct box *b);
void calls_stop(struct box *b, const char *reason);
void calls_meter(struct box *b, const char *context);
/* Sends the next one when it may. */
void calls_pump(struct box *b);
void calls_timeout(struct box *b);
/* The connection is gone: keeps what belongs to transactions, forgets the rest. */
void calls_disconnected(struct box *b);
/* result NULL: a CALLERROR came */
void calls_result(struct box *b, const char *id, json_object *result);

/* ocpp_keys.c */
void keys_init(struct box *b);
const char *key_get(const struct box *b, const char *key);
int32_t key_number(const struct box *b, const char *key, int32_t otherwise);
const char *key_change(struct box *b, const char *key, const char *value);
void keys_report(const struct box *b, json_object *wanted, json_object *reply);

/* ocpp_requests.c: what the box is asked. Returns NULL or an OCPP error code. */
const char *request_handle(struct box *b, const char *action, json_object *in, json_object *reply,
                           int64_t mono_ns);

/* ocpp_profile_json.c */
bool profile_from_json(json_object *in, int32_t connector, struct profile *out);
json_object *profile_to_json(const struct profile *p);
json_object *composite_schedule(const struct profile_store *s, const struct profile_site *site,
                                int64_t now_ms, int64_t seconds, bool watts);

/* json-c shorthands */
const char *json_text(json_object *o, const char *key, const char *otherwise);
int64_t json_int(json_object *o, const char *key, int64_t otherwise);
void json_put_text(json_object *o, const char *key, const char *value);
void json_put_int(json_object *o, const char *key, int64_t value);
void json_put_bool(json_object *o, const char *key, bool value);
#endif
