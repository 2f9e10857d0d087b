/* SPDX-License-Identifier: Apache-2.0
 * codec.h -- messages to JSON and back, driven by the rows. Decode checks everything it hands out;
 * what it refuses changes nothing and says topic, field, what was expected and what came. */
#ifndef WATTBUS_CODEC_H
#define WATTBUS_CODEC_H
#include "proto/proto.h"

/* Writes `src` (a struct of r) as one JSON object. ERR_FULL when it does not fit into b. */
enum err record_encode(const struct record *r, const void *src, struct buf *b) MUST_CHECK;
/* Reads a JSON object into dst (r->size bytes), which is zeroed first and is only meaningful on
 * ERR_OK. Unknown fields are ignored. *why names field, expectation and value. */
enum err record_decode(const struct record *r, struct str json, void *dst,
                       struct err_text *why) MUST_CHECK;
/* The same for a bus message: *why starts with the topic, and `v` must be ours. */
enum err message_decode(enum message_id m, const char *topic, struct str json, void *dst,
                        struct err_text *why) MUST_CHECK;
/* An override's payload: empty or auto (clears), a scalar, or {"value":..,"until":ISO time, UTC ms
 * or "unplugged"}.
 */
enum err override_decode(int row, const char *topic, struct str payload, struct override *dst,
                         struct err_text *why) MUST_CHECK;
#endif
