/* SPDX-License-Identifier: Apache-2.0
 * env.h -- the one place with the values of the bus that expressions and rules use. Only what is
 * used is subscribed; a value older than its max_age is unknown. Loop thread only. */
#ifndef WATTBUS_ENV_H
#define WATTBUS_ENV_H
#include "libcommon/pure/rule_value.h"
#include "libcommon/site/names.h"
#include "services/surplus-controller/core/rules.h"

struct brain;
struct env;

enum { ENV_VALUES_MAX = 4096, ENV_SOURCES_MAX = 2048 };

struct env *env_new(struct brain *b); /* before anything is parsed */
void env_free(struct env *e);
/* Expressions and values of the site file; an error is a defect of its check, and is said. */
enum err env_expr(struct env *e, const char *text, int each, struct expr *out,
                  struct err_text *why) MUST_CHECK;
enum err env_rule_value(struct env *e, const char *text, struct rule_value *out,
                        struct err_text *why) MUST_CHECK;
/* Index of the value of that name, ERR_FULL in *why when there are too many. */
enum err env_value(struct env *e, const char *name, int *index, struct err_text *why) MUST_CHECK;
void env_use_prices(struct env *e); /* rules ask for prices or CO2 */
void env_use_time(struct env *e);   /* rules ask for local time */
/* After everything is parsed. */
void env_subscribe(struct env *e);
/* Ends what is too old, reads the clock. Returns when that changes by itself. */
int64_t env_refresh(struct env *e, struct now now);
const struct expr_value *env_values(const struct env *e);
const struct rules_env *env_rules(const struct env *e);
/* Variables are computed here, not read from the bus. True when the expression uses variable i. */
void env_set_variable(struct env *e, int variable, struct expr_value v);
bool env_uses_variable(const struct env *e, const struct expr *x, int variable);
#endif
