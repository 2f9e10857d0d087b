/* SPDX-License-Identifier: Apache-2.0
 * validate.h -- holds a payload against its rows (core/schema.h), and reads fields of a payload
 * that has passed. Unknown fields are ignored. */
#ifndef OCPP_WIRE_VALIDATE_H
#define OCPP_WIRE_VALIDATE_H
#include "libcommon/pure/sample.h"
#include "services/ocpp-gateway/wire/frame.h"

/* payload NULL is {}. ERR_SYNTAX: *why has the CALLERROR code and names the field. */
enum err payload_check(json_object *payload, const struct rule *rules,
                       struct complaint *why) MUST_CHECK;

/* Blanks at both ends are gone. "" when absent. */
struct str field_text(json_object *o, const char *name);
struct opt_i64 field_int(json_object *o, const char *name);
bool field_bool(json_object *o, const char *name);
/* Number of items; 0 when absent. */
size_t field_items(json_object *o, const char *name, json_object **array);
#endif
