/* SPDX-License-Identifier: Apache-2.0
 * choices_house.h -- a controller on the fake bus with two wallboxes and two known cars. */
#ifndef WATTBUS_TEST_CHOICES_HOUSE_H
#define WATTBUS_TEST_CHOICES_HOUSE_H
#include "tests/unit/surplus-controller/fake_bus.h"
#include <check.h>

enum { MIN = 60000, HOUR = 60 * MIN };
extern struct brain *b; /* the controller */

/* A fixture: Friday, 2026-11-20 07:50 in Berlin. */
void choices_setup(void);
void choices_teardown(void);
void boot(void); /* the process starts, and ends */
void halt(void);
/* The link is up; a car is at the garage, the yard is empty. */
void begin(void);
void charger_at(const char *id, enum evse_state state, int32_t ma, int32_t session_wh,
                const char *tag, bool retained);
void meter(int32_t ma);
void later(int64_t ms);
void set(const char *field, const char *payload); /* an override of the garage */
/* What control would say of a charger now. */
const struct charger_control *control_of(const char *id);
const struct request_result *last_result(void); /* of the garage */
int32_t order(void);                            /* mA for the garage */
#endif
