/* SPDX-License-Identifier: Apache-2.0
 * ha_private.h -- what ha.c and ha_document.c share. */
#ifndef WATTBUS_HA_PRIVATE_H
#define WATTBUS_HA_PRIVATE_H
#include "proto/ha.h"

/* One entity: a field, or one phase of it (0..2; else -1). */
struct ha_slot {
    const struct field *field;
    int phase;
};
bool ha_slot_at(enum message_id m, int slot, struct ha_slot *out);
void ha_slot_key(const struct ha_slot *s, char key[HA_KEY_CAP]);
/* What people call it: "Current L1". */
void ha_slot_name(enum message_id m, const struct ha_slot *s, struct buf *out);
#endif
