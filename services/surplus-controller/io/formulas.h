/* SPDX-License-Identifier: Apache-2.0
 * formulas.h -- everything of the site file that is computed from the bus: values, variables,
 * limits of circuits, meters and rules, in the order in which they stand on each other. */
#ifndef WATTBUS_FORMULAS_H
#define WATTBUS_FORMULAS_H
#include "services/surplus-controller/io/computed.h"
#include "services/surplus-controller/io/env.h"
#include "services/surplus-controller/io/circuit_limits.h"
#include "services/surplus-controller/io/rules.h"
#include "services/surplus-controller/io/variables.h"

struct formulas {
    struct env *env;
    struct variables *variables;
    struct circuit_limits *limits;
    struct computed *computed;
    struct rule_book *rules;
};
enum err formulas_init(struct brain *b, struct err_text *why) MUST_CHECK; /* after setup */
void formulas_free(struct formulas *f);
void formulas_start(struct brain *b); /* files, subscriptions */
void formulas_linked(struct brain *b);
/* Before everything else of a step; both return when they want to be asked again. */
int64_t formulas_refresh(struct brain *b, struct now now);
int64_t formulas_publish(struct brain *b, struct now now);
#endif
