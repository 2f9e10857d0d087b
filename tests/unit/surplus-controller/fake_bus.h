/* SPDX-License-Identifier: Apache-2.0
 * fake_bus.h -- bus and service skeleton without a broker: what is published and cleared is noted
 * in order, messages come from the test, time is the test's. */
#ifndef WATTBUS_TEST_FAKE_BUS_H
#define WATTBUS_TEST_FAKE_BUS_H
#include "services/surplus-controller/io/brain.h"

enum { NOTES_MAX = 65536 };
struct note {
    enum { NOTE_PUBLISH, NOTE_CLEAR, NOTE_CLEAR_OVERRIDE } kind;
    enum message_id msg;
    int row;
    id_text id;
};
struct fake {
    struct note notes[NOTES_MAX];
    int notes_n;
    struct charger_setpoint setpoint; /* the last ones */
    struct charger_control control;
    struct load_setpoint load_setpoint;
    struct load_control load_control;
    struct output_setpoint output_setpoints[2]; /* [1]: of output contact_a, [0]: of any other */
    struct site_state site;
    struct circuit_state circuit;
    struct variable_state variable;
    struct meter_state meter;
    struct battery_setpoint battery;
    struct battery_control battery_control;
    struct inverter_setpoint inverter;
    struct inverter_control inverter_control;
    int battery_setpoints, inverter_setpoints;
    char leader[ID_CAP];             /* the site that a group links to ... */
    struct charger_state as_charger; /* ... and what it tells it */
    struct user_state user;
    struct budget_state budget;
    struct authorisation list;
    int lists;
    int setpoints;
    struct meter_state derived[DERIVED_COUNT];
    struct meter_info derived_info;
    int derived_n; /* messages of the first of them */
    struct site_flows flows;
    int flows_n;
    struct charger_flows charger_flows;
    struct metering_point_state point;
    bool ready;
    struct now now;
    char fault[40], fault_text[160]; /* the last one that began */
    int faults;
    struct vehicle_state vehicle;
};
extern struct fake fake;

void fake_reset(void);
void fake_remove(const char *dir); /* a state directory with its files */
void fake_forget(void);            /* the process ended: its subscriptions are gone */
/* The link is up and all retained messages were delivered. */
void fake_link(bool up);
void fake_message(enum message_id m, const char *id, const void *body, bool retained);
void fake_override(const char *id, const char *field, struct override o, bool retained);
void fake_override_of(const char *cls, const char *id, const char *field, struct override o,
                      bool retained);
/* The same of another class than charger, by what arrives; false: the rows refuse it. */
bool fake_payload(const char *cls, const char *id, const char *field, const char *payload);
void fake_later(struct brain *b, int64_t ms); /* time passes, then the timer fires */
#endif
