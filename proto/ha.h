/* SPDX-License-Identifier: Apache-2.0
 * ha.h -- Home Assistant's MQTT discovery, written from the rows. Pure.
 *
 * A field of a state, control or status message that has a Home Assistant class becomes an entity;
 * a field per phase becomes three. A setpoint never does: control shows it. What an override may
 * change becomes a select or a number in the place of the control field that shows it.
 *
 * An entity's key is the field's name, with _l1 … _l3 for a phase: "power_w",
 * "current_phase_ma_l2". unique_id is <site>_<class>_<id>_<key>, the entity id
 * <platform>.<unique_id>. Only entities whose field has been seen are offered, so that nothing
 * stays "unknown" for ever. */
#ifndef WATTBUS_HA_H
#define WATTBUS_HA_H
#include "proto/proto.h"

enum {
    HA_SLOTS = 64,
    HA_CLASS_CAP = 24,
    HA_KEY_CAP = 40,
    HA_MESSAGES = 3,
    HA_DOCUMENT_MAX = 65536
};

/* True when fields of m may become entities. */
bool ha_is_shown(enum message_id m);
/* "charger", "grid_limit": the class of a message's topic. False: the message has no ids of one
 * device (sessions, inboxes). */
bool ha_class_of(enum message_id m, char cls[HA_CLASS_CAP]);
/* Entities of a message, in the order of its rows: 0 <= slot < HA_SLOTS; false: no such slot. */
bool ha_key(enum message_id m, int slot, char key[HA_KEY_CAP]);
/* Bit i: the field of slot i has a value in this message struct. */
uint64_t ha_seen(enum message_id m, const void *body);
/* The struct's max_age_ms; 0 where the message has none. */
int32_t ha_max_age_ms(enum message_id m, const void *body);

/* What an override may be set to for one id, in the row's unit. */
struct ha_choice {
    bool offered;
    uint32_t values;      /* enums: bit i for value i */
    int32_t lo, hi, step; /* numbers */
    bool hi_is_default;   /* shown as hi while the control message has no value */
    bool lo_is_none;      /* shown as lo then, and setting lo means none */
};

struct ha_device {
    const char *site, *service, *cls, *id;
    const char *currency; /* "EUR" */
    /* Who says what the device is: the others send its identifier only. Empty texts are left out;
     * without a name it is called by class and id. */
    bool describes;
    char name[48], vendor[48], model[48], serial[48], firmware[64], hardware[48];
    struct ha_shown {
        enum message_id msg;
        uint64_t seen;      /* bits of ha_seen, of all messages so far */
        int32_t max_age_ms; /* 0: values do not expire */
    } shown[HA_MESSAGES];
    int shown_n;
};

/* homeassistant/device/<site>_<class>_<id>__<service>/config */
struct topic ha_topic(const struct ha_device *d);
/* Writes the device document. choices: one per override row, or NULL. ERR_FULL: it does not fit;
 * ERR_MISSING: there is no entity to offer. */
enum err ha_document(const struct ha_device *d, const struct ha_choice *choices,
                     struct buf *out) MUST_CHECK;
#endif
