/* SPDX-License-Identifier: Apache-2.0
 * reason.h -- a reason as a row of a table: its stable name, its sentence with slots, its numbers.
 * Chargers, batteries and inverters each have their own table. Pure. */
#ifndef WATTBUS_REASON_H
#define WATTBUS_REASON_H
#include "proto/proto.h"

struct reason_row {
    const char *name, *text; /* {0}..{2}: the parameters, {0*}: mA shown as A, {c}: a circuit */
    enum limit limit;
    const char *params[3]; /* names with their units, "" for none */
};
#define REASON_ROW(id, name, limit, text, a, b, c) {name, text, LIMIT_##limit, {a, b, c}},

/* Fills the message's reason. `circuit` is the name for {c}; may be NULL. */
void reason_fill(const struct reason_row *r, const int32_t p[3], const char *circuit,
                 struct reason *out);
#endif
