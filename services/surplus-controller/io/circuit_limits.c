/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/io/circuit_limits.h"
#include "services/surplus-controller/io/brain.h"
#include "services/surplus-controller/io/env.h"

struct limit_expr {
    const struct site_circuits *conf;
    int circuit;                 /* index in the core */
    struct expr current[PHASES]; /* n 0: none */
    struct expr power;
    bool unknown; /* as it was said */
};
struct circuit_limits {
    struct brain *b;
    struct control_circuit_in *in; /* [circuits_n] */
    int n;
    struct limit_expr items[];
};

static enum err parse(struct circuit_limits *l, struct limit_expr *x, struct err_text *why)
{
    struct env *e = l->b->formulas.env;
    enum err err = ERR_OK;
    for (int p = 0; p < PHASES && x->conf->conf.current_limit[0] && err == ERR_OK; p++)
        err = env_expr(e, x->conf->conf.current_limit, p, &x->current[p], why);
    if (x->conf->conf.power_limit[0] && err == ERR_OK)
        err = env_expr(e, x->conf->conf.power_limit, -1, &x->power, why);
    return err;
}
struct circuit_limits *circuit_limits_new(struct brain *b, struct err_text *why)
{
    const struct site *s = b->svc->site;
    struct circuit_limits *l = calloc(1, sizeof *l + (size_t)s->circuits_n * sizeof l->items[0]);
    if (!l || !(l->in = calloc((size_t)b->conf.circuits_n, sizeof *l->in)))
        abort();
    l->b = b;
    for (int i = 0; i < s->circuits_n; i++) {
        struct limit_expr *x = &l->items[l->n];
        x->conf = &s->circuits[i];
        if (!x->conf->conf.current_limit[0] && !x->conf->conf.power_limit[0])
            continue;
        while (strcmp(b->circuit_ids[x->circuit], x->conf->id) != 0)
            x->circuit++;
        if (parse(l, x, why) != ERR_OK) {
            err_prefix(why, "circuit.%s", x->conf->id);
            circuit_limits_free(l);
            return NULL;
        }
        l->n++;
    }
    b->in.limits = l->n ? l->in : NULL;
    return l;
}
void circuit_limits_free(struct circuit_limits *l)
{
    if (l)
        free(l->in);
    free(l);
}
/* Never negative, never above what the fuse is good for. */
static int32_t limit_of(struct expr_value v, int32_t fallback, int32_t hi, bool *unknown)
{
    struct opt_i64 n = expr_i64(v);
    *unknown = *unknown || !n.set;
    return n.set ? (int32_t)max_i64(0, min_i64(n.v, hi)) : fallback;
}
void circuit_limits_refresh(struct circuit_limits *l)
{
    const struct expr_value *values = env_values(l->b->formulas.env);
    for (int i = 0; i < l->n; i++) {
        struct limit_expr *x = &l->items[i];
        const struct circuit_conf *k = &x->conf->conf;
        struct control_circuit_in *in = &l->in[x->circuit];
        bool unknown = false;
        *in = (struct control_circuit_in){0};
        for (int p = 0; p < PHASES; p++)
            if (x->current[p].n)
                phase_put(&in->current_ma, p,
                          limit_of(expr_eval(&x->current[p], values), k->current_fallback_ma,
                                   k->max_current_ma, &unknown));
        if (x->power.n)
            in->power_w = SOME_I32(
                limit_of(expr_eval(&x->power, values), k->power_fallback_w, POWER_HI, &unknown));
        if (unknown != x->unknown)
            svc_fault(l->b->svc, "limit_unknown", x->conf->id,
                      unknown ? "a value of its limit is missing: the fallback counts" : NULL);
        x->unknown = unknown;
    }
}
