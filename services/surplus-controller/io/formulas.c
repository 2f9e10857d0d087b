/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/io/formulas.h"
#include "services/surplus-controller/io/brain.h"

enum err formulas_init(struct brain *b, struct err_text *why)
{
    struct formulas *f = &b->formulas;
    f->env = env_new(b);
    if (!(f->variables = variables_new(b, why)) || !(f->limits = circuit_limits_new(b, why)) ||
        !(f->computed = computed_new(b, why)) || !(f->rules = rules_new(b, why)))
        return ERR_SYNTAX; /* brain_release ends what there is */
    return ERR_OK;
}
void formulas_free(struct formulas *f)
{
    rules_free(f->rules);
    computed_free(f->computed);
    circuit_limits_free(f->limits);
    variables_free(f->variables);
    env_free(f->env);
}
void formulas_start(struct brain *b)
{
    const struct site *s = b->svc->site;
    for (int i = 0; i < s->variables_n; i++)
        svc_own(b->svc, s->variables[i].id);
    for (int i = 0; i < s->meters_n; i++)
        if (s->meters[i].conf.expression[0])
            svc_own(b->svc, s->meters[i].id);
    variables_load(b->formulas.variables);
    rules_load_kept(b->formulas.rules);
    env_subscribe(b->formulas.env);
    variables_subscribe(b->formulas.variables);
}
void formulas_linked(struct brain *b)
{
    variables_forget_published(b->formulas.variables);
    computed_forget_published(b->formulas.computed);
}
int64_t formulas_refresh(struct brain *b, struct now now)
{
    int64_t next = env_refresh(b->formulas.env, now);
    next = min_i64(next, variables_refresh(b->formulas.variables, now));
    circuit_limits_refresh(b->formulas.limits);
    return min_i64(next, rules_clock(b->formulas.rules, now));
}
int64_t formulas_publish(struct brain *b, struct now now)
{
    if (!bus_is_ready(b->svc->bus))
        return INT64_MAX;
    variables_publish(b->formulas.variables, now);
    rules_save_kept(b->formulas.rules); /* the setpoints are out */
    return computed_publish(b->formulas.computed, now);
}
