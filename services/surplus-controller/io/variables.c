/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/io/variables.h"
#include "libcommon/io/log.h"
#include "services/surplus-controller/io/brain.h"
#include "services/surplus-controller/io/env.h"

RECORD_DEFINE(kept_variable, KEPT_VARIABLE_ROWS, "a variable that people set")

enum { PACE_MS = 1000, ROLLBACK_MS = 600000, MILLI = 1000 };
static const char file[] = "variables.jsonl";

struct variable {
    const struct site_variables *conf;
    struct expr expr;
    struct kept_variable kept;
    struct expr_value now, told;
    bool was_told;
};
struct variables {
    struct brain *b;
    int n;
    int *order; /* what others stand on comes first */
    struct mono at;
    bool due; /* at once: somebody set one */
    struct variable items[];
};

/* The check has refused circles, so each round places at least one. */
static void sort(struct variables *v, const struct env *e)
{
    bool *placed = calloc((size_t)v->n + 1, sizeof *placed);
    int n = 0;
    if (!placed)
        abort();
    for (int before = -1; before != n;) {
        before = n;
        for (int i = 0; i < v->n; i++) {
            bool ready = !placed[i];
            for (int k = 0; k < v->n && ready; k++)
                ready = placed[k] || !env_uses_variable(e, &v->items[i].expr, k);
            if (ready) {
                v->order[n++] = i;
                placed[i] = true;
            }
        }
    }
    assert(n == v->n);
    free(placed);
}
struct variables *variables_new(struct brain *b, struct err_text *why)
{
    const struct site *s = b->svc->site;
    int n = s->variables_n;
    struct variables *v = calloc(1, sizeof *v + (size_t)n * sizeof v->items[0]);
    if (!v || !(v->order = calloc((size_t)n + 1, sizeof *v->order)))
        abort();
    v->b = b;
    v->n = n;
    for (int i = 0; i < n; i++) {
        struct variable *x = &v->items[i];
        x->conf = &s->variables[i];
        str_copyz(x->kept.id, ID_CAP, x->conf->id);
        if (env_expr(b->formulas.env, x->conf->conf.expression, -1, &x->expr, why) == ERR_OK)
            continue;
        err_prefix(why, "variable.%s", x->conf->id);
        variables_free(v);
        return NULL;
    }
    sort(v, b->formulas.env);
    return v;
}
void variables_free(struct variables *v)
{
    if (v)
        free(v->order);
    free(v);
}

/* ---- set by people ---- */
/* A number, with a unit if you like: 21.5, 16 A. */
static enum err no_names(void *user, struct str name, uint16_t *var, struct err_text *why)
{
    UNUSED(user);
    UNUSED(var);
    return err_set(why, ERR_UNKNOWN, "expected a number, got \"%.*s\"", STR_ARG(name));
}
static bool parse_value(const char *text, struct expr_value *out)
{
    struct expr e;
    struct err_text why;
    int col;
    if (expr_parse(str_of(text), no_names, NULL, &e, &col, &why) != ERR_OK)
        return false;
    *out = expr_eval(&e, NULL);
    return out->known;
}
static int index_of(const struct variables *v, const char *id)
{
    for (int i = 0; i < v->n; i++)
        if (strcmp(v->items[i].conf->id, id) == 0)
            return i;
    return -1;
}
static void save(struct variables *v)
{
    memory_save_file(v->b, file, &kept_variable_record,
                     (const char *)v->items + offsetof(struct variable, kept), sizeof v->items[0],
                     v->n);
}
/* Our clearing of the inbox was lost with the broker's memory. */
static bool rolled_back(const struct kept_variable *k, const struct bus_msg *m)
{
    return m->retained && k->taken_at.set && strcmp(k->taken, m->override->text) == 0 &&
           m->at.wall.ms - k->taken_at.v < ROLLBACK_MS;
}
static const char *why_not(const struct variable *x, const struct bus_msg *m)
{
    struct expr_value value;
    if (!x->conf->conf.settable)
        return "it is not settable";
    if (m->override->until_unplugged)
        return "a variable is plugged in nowhere";
    if (m->override->until_ms.set && m->override->until_ms.v <= m->at.wall.ms)
        return "its end is in the past";
    if (strlen(m->override->text) >= sizeof x->kept.value ||
        !parse_value(m->override->text, &value))
        return "expected a number such as 21.5 or 16 A";
    return rolled_back(&x->kept, m) ? "an old value came back from the broker" : NULL;
}
static void on_override(void *user, const struct bus_msg *m)
{
    struct variables *v = user;
    int i = index_of(v, m->match.id);
    if (i < 0 || !m->override || strcmp(override_rows[m->match.override].field, "value") != 0)
        return;
    struct variable *x = &v->items[i];
    const char *no = m->override->clear ? NULL : why_not(x, m);
    if (m->override->clear) {
        x->kept.value[0] = '\0';
        x->kept.until.set = false;
    } else if (!no) {
        str_copyz(x->kept.value, sizeof x->kept.value, m->override->text);
        str_copyz(x->kept.taken, sizeof x->kept.taken, m->override->text);
        x->kept.taken_at = SOME_I64(m->at.wall.ms);
        x->kept.until = m->override->until_ms;
    }
    log_info("event=variable id=%s value=\"%s\" clear=%d refused=\"%s\"", m->match.id,
             m->override->text, m->override->clear, no ? no : "");
    svc_fault(v->b->svc, "variable_refused", m->match.id, no);
    save(v); /* written down before the inbox forgets it */
    bus_clear_override(v->b->svc->bus, m->match.override, m->match.id);
    v->due = true;
    if (v->b->ready)
        brain_step(v->b);
}
void variables_subscribe(struct variables *v)
{
    for (int i = 0; i < v->n; i++)
        if (v->items[i].conf->conf.settable)
            bus_on_override(v->b->svc->bus, "variable", v->items[i].conf->id, on_override, v);
}
static void load_line(void *user, const void *kept)
{
    struct variables *v = user;
    const struct kept_variable *k = kept;
    int i = index_of(v, k->id);
    if (i >= 0 && v->items[i].conf->conf.settable)
        v->items[i].kept = *k;
}
void variables_load(struct variables *v)
{
    static struct kept_variable k;
    memory_load_file(v->b, file, &kept_variable_record, &k, load_line, v);
}

/* ---- values ---- */
int64_t variables_refresh(struct variables *v, struct now now)
{
    int64_t next = INT64_MAX;
    if (v->n == 0)
        return next;
    if (!v->due && v->at.ms && mono_since_ms(now.mono, v->at) < PACE_MS)
        return v->at.ms + PACE_MS;
    v->due = false;
    v->at = now.mono;
    for (int k = 0; k < v->n; k++) {
        struct variable *x = &v->items[v->order[k]];
        if (x->kept.until.set && x->kept.until.v <= now.wall.ms) {
            x->kept.value[0] = '\0';
            x->kept.until.set = false;
            save(v);
        }
        if (x->kept.until.set)
            next = min_i64(next, now.mono.ms + min_i64(x->kept.until.v - now.wall.ms, AGE_HI));
        x->now = expr_eval(&x->expr, env_values(v->b->formulas.env));
        if (x->kept.value[0] && !parse_value(x->kept.value, &x->now))
            x->now = (struct expr_value){0, false};
        env_set_variable(v->b->formulas.env, v->order[k], x->now);
    }
    return next;
}
static struct opt_i64 milli(struct expr_value v)
{
    if (v.known)
        v.v *= MILLI;
    struct opt_i64 out = expr_i64(v);
    out.set = out.set && out.v >= -COUNTER_HI && out.v <= COUNTER_HI;
    return out;
}
void variables_publish(struct variables *v, struct now now)
{
    for (int i = 0; i < v->n; i++) {
        struct variable *x = &v->items[i];
        struct opt_i64 value = milli(x->now), told = milli(x->told);
        if (x->was_told && value.set == told.set && value.v == told.v)
            continue;
        struct variable_state s = {.v = CONTRACT_VERSION, .ts = now.wall.ms, .value_milli = value};
        str_copyz(s.name, sizeof s.name, x->conf->conf.name);
        str_copyz(s.unit, sizeof s.unit, x->conf->conf.unit);
        bus_publish(v->b->svc->bus, MSG_VARIABLE_STATE, x->conf->id, NULL, &s, BUS_KEEP);
        x->told = x->now;
        x->was_told = true;
    }
}
void variables_forget_published(struct variables *v)
{
    for (int i = 0; i < v->n; i++)
        v->items[i].was_told = false;
}
