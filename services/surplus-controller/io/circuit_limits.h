/* SPDX-License-Identifier: Apache-2.0
 * circuit_limits.h -- limits of circuits that are expressions, computed for every decision; while
 * one is unknown its fallback counts. Loop thread only. */
#ifndef WATTBUS_CIRCUIT_LIMITS_H
#define WATTBUS_CIRCUIT_LIMITS_H
#include "services/surplus-controller/core/control.h"

struct brain;
struct circuit_limits;
struct circuit_limits *circuit_limits_new(struct brain *b,
                                          struct err_text *why); /* NULL: *why says it */
void circuit_limits_free(struct circuit_limits *l);
void circuit_limits_refresh(struct circuit_limits *l); /* into the snapshot */
#endif
