/* SPDX-License-Identifier: Apache-2.0
 * names.h -- what a name in an expression stands for. Every number on the bus has one:
 *
 *   meter.grid.power_w                class, id, field of its state (or control, info, …)
 *   charger.garage.control.priority   the same, with the leaf named
 *   meter.grid.current_phase_ma.l1    one phase
 *   charger.garage.evse_state.C       1 while the word is C, else 0
 *   battery.house.applied.power_w     a record in a message
 *   site.surplus_w                    the site has no id
 *   tariff.import.now_micro           a tariff by its id or its kind
 *   variable.holiday                  a user variable
 *   time.hour                         local time: SITE_TIMES
 * Ids must be in site.yaml where it has a section for them. */
#ifndef WATTBUS_SITE_NAMES_H
#define WATTBUS_SITE_NAMES_H
#include "libcommon/pure/calendar.h"
#include "libcommon/pure/expr.h"
#include "libcommon/site/site.h"

/* name, what it is */
#define SITE_TIMES(T)                                                                              \
    T(hour, "0 to 23")                                                                             \
    T(minute, "0 to 59")                                                                           \
    T(minutes, "since local midnight, 0 to 1439")                                                  \
    T(weekday, "1 (Monday) to 7")                                                                  \
    T(day, "of the month, 1 to 31")                                                                \
    T(month, "1 to 12")                                                                            \
    T(year, "such as 2026")
enum site_time {
#define T(name, doc) SITE_TIME_##name,
    SITE_TIMES(T)
#undef T
        SITE_TIME_COUNT
};

enum { NAME_FIELDS = 3 };
struct site_name {
    enum { NAME_FIELD, NAME_TIME, NAME_VARIABLE } kind;
    enum message_id msg; /* NAME_FIELD: the message, ... */
    id_text id;          /* ... its id (NAME_VARIABLE: index in site->variables as item) ... */
    const struct field *fields[NAME_FIELDS]; /* ... and the way to the number */
    int nfields;
    int part; /* phase 0..2, or the value of an enum */
    int item; /* NAME_TIME: enum site_time; NAME_VARIABLE: index of the variable */
};
/* *each: the phase that the part "each" stands for, 0..2; -1: there is none. */
enum err site_name_find(const struct site *s, struct str name, int each, struct site_name *out,
                        struct err_text *why) MUST_CHECK;
/* The value in a message of that kind; unknown when the sender left it out. */
struct expr_value site_name_read(const struct site_name *n, const void *body);
double site_time_value(enum site_time t, struct civil c);
bool site_name_same(const struct site_name *a, const struct site_name *b);
#endif
