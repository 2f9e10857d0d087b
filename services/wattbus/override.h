/* SPDX-License-Identifier: Apache-2.0
 * override.h -- what `wattbus set` sends: words of a person to the payload of an override. No IO.
 */
#ifndef WATTBUS_CLI_OVERRIDE_H
#define WATTBUS_CLI_OVERRIDE_H
#include "libcommon/pure/clock.h"
#include "proto/proto.h"

struct order {
    int row; /* of override_rows */
    id_text id;
    struct topic topic;
    char payload[OVERRIDE_TEXT_CAP + 128]; /* "" clears */
    struct override value;                 /* the payload as the controller will read it */
};
/* target "charger/garage", field "max_current", value "10 A", "solar_pure", or "auto" / "clear".
 * until: NULL, "unplugged", "18:00" (the next one, local time), "2 h", or a time with zone. */
enum err order_make(const char *site, const char *target, const char *field, const char *value,
                    const char *until, struct wall now, struct order *out,
                    struct err_text *why) MUST_CHECK;
/* The message that shows it, `<class>/+/control`; MSG_COUNT: there is none. Below, k is its struct.
 */
enum message_id order_control(const struct order *o);
/* True when the control message shows the override in force (or, for a clear, gone). */
bool order_is_shown(const struct order *o, const void *k);
/* The answers in it; *n: how many. */
const struct request_result *order_results(const struct order *o, const void *k, int *n);
/* "charger/garage: mode solar_pure (override until unplugged); <reason>" */
void order_describe(const struct order *o, const void *k, struct buf *out);
#endif
