/* SPDX-License-Identifier: Apache-2.0
 * schema.h -- documents made from the rows: JSON Schema (draft 2020-12) and docs/mqtt.md. The
 * program proto-gen writes them into the tree, and tests/unit/proto fails when they drift. */
#ifndef WATTBUS_SCHEMA_H
#define WATTBUS_SCHEMA_H
#include "proto/proto.h"

enum { DOCUMENT_MAX = 262144 };
/* One JSON Schema document, indented, ending with a newline. Check b->cut. */
void schema_write(const struct message *m, struct buf *b);
/* The whole of docs/mqtt.md. */
void mqtt_doc_write(struct buf *b);
#endif
