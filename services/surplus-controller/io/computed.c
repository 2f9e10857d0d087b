/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/io/computed.h"
#include "services/surplus-controller/io/brain.h"
#include "services/surplus-controller/io/env.h"

enum { PACE_MS = 1000 };
struct computed_meter {
    const struct site_meters *conf;
    struct expr power, current[PHASES], import, export;
    bool introduced;
};
struct computed {
    struct brain *b;
    struct mono at;
    int n;
    struct computed_meter items[];
};

static enum err parse(struct env *e, const char *text, struct expr *out, struct err_text *why)
{
    out->n = 0;
    return text[0] ? env_expr(e, text, -1, out, why) : ERR_OK;
}
static enum err parse_meter(struct env *e, struct computed_meter *m, struct err_text *why)
{
    const struct meter_conf *k = &m->conf->conf;
    const char *const texts[] = {k->expression,    k->expression_l1,     k->expression_l2,
                                 k->expression_l3, k->expression_import, k->expression_export};
    struct expr *const out[] = {&m->power,      &m->current[0], &m->current[1],
                                &m->current[2], &m->import,     &m->export};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (parse(e, texts[i], out[i], why) != ERR_OK) {
            err_prefix(why, "meter.%s", m->conf->id);
            return ERR_SYNTAX;
        }
    return ERR_OK;
}
struct computed *computed_new(struct brain *b, struct err_text *why)
{
    const struct site *s = b->svc->site;
    struct computed *c = calloc(1, sizeof *c + (size_t)s->meters_n * sizeof c->items[0]);
    if (!c)
        abort();
    c->b = b;
    for (int i = 0; i < s->meters_n; i++) {
        if (!s->meters[i].conf.expression[0])
            continue;
        struct computed_meter *m = &c->items[c->n];
        m->conf = &s->meters[i];
        if (parse_meter(b->formulas.env, m, why) != ERR_OK) {
            computed_free(c);
            return NULL;
        }
        c->n++;
    }
    return c;
}
void computed_free(struct computed *c)
{
    free(c);
}
static struct opt_i32 number(const struct expr *x, const struct expr_value *values, int32_t hi)
{
    struct opt_i64 v = expr_i64(x->n ? expr_eval(x, values) : (struct expr_value){0, false});
    bool fits = v.set && v.v >= -hi && v.v <= hi;
    return fits ? SOME_I32((int32_t)v.v) : (struct opt_i32){0};
}
static struct opt_i64 counter(const struct expr *x, const struct expr_value *values)
{
    struct opt_i64 v = expr_i64(x->n ? expr_eval(x, values) : (struct expr_value){0, false});
    v.set = v.set && v.v >= 0 && v.v <= COUNTER_HI;
    return v;
}
static void introduce(struct computed *c, struct computed_meter *m, struct now now)
{
    struct meter_info i = {.v = CONTRACT_VERSION, .ts = now.wall.ms, .role = m->conf->conf.role};
    str_copyz(i.name, sizeof i.name, m->conf->conf.name);
    str_copyz(i.model, sizeof i.model, "computed");
    bus_publish(c->b->svc->bus, MSG_METER_INFO, m->conf->id, NULL, &i, BUS_KEEP);
    m->introduced = true;
}
/* Without its power a meter shows nothing: its age tells. */
static void publish(struct computed *c, struct computed_meter *m, struct now now)
{
    static struct meter_state s; /* large, and there is one loop */
    const struct expr_value *values = env_values(c->b->formulas.env);
    memset(&s, 0, sizeof s);
    s.power_w = number(&m->power, values, POWER_HI);
    if (!s.power_w.set)
        return;
    s.v = CONTRACT_VERSION;
    s.ts = now.wall.ms;
    s.interval_ms = max_i32(PACE_MS, m->conf->conf.interval_ms);
    s.max_age_ms = m->conf->conf.max_age_ms;
    s.role = m->conf->conf.role;
    for (int p = 0; p < PHASES; p++) {
        struct opt_i32 ma = number(&m->current[p], values, CURRENT_HI);
        if (ma.set)
            phase_put(&s.current_phase_ma, p, ma.v);
    }
    s.import_wh = counter(&m->import, values);
    s.export_wh = counter(&m->export, values);
    if (!m->introduced)
        introduce(c, m, now);
    bus_publish(c->b->svc->bus, MSG_METER_STATE, m->conf->id, NULL, &s, BUS_KEEP);
}
int64_t computed_publish(struct computed *c, struct now now)
{
    if (c->n == 0)
        return INT64_MAX;
    if (c->at.ms && mono_since_ms(now.mono, c->at) < PACE_MS)
        return c->at.ms + PACE_MS;
    c->at = now.mono;
    for (int i = 0; i < c->n; i++)
        publish(c, &c->items[i], now);
    return now.mono.ms + PACE_MS;
}
void computed_forget_published(struct computed *c)
{
    c->at.ms = 0;
    for (int i = 0; i < c->n; i++)
        c->items[i].introduced = false;
}
