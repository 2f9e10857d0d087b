/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/io/env.h"
#include "services/surplus-controller/io/brain.h"
#include "services/surplus-controller/io/choices.h"

enum { MINUTE_MS = 60000, CLOCK_SET_S = 1600000000 /* a clock before 2020 was never set */ };

struct env_value {
    struct site_name name;
    int source; /* NAME_FIELD: index */
};
/* One topic that is listened to. */
struct env_source {
    struct env *env;
    enum message_id msg;
    id_text id;
    struct clock_skew skew;
    struct mono until; /* then it is too old; 0: nothing is known */
    bool ages;         /* the message says how long it holds */
};
/* Slots of a tariff, as they were published last. */
struct env_slots {
    const char *id; /* NULL: there is no such tariff */
    struct slot slots[MAX_SLOTS];
    int n;
    int32_t slot_ms;
};
struct env {
    struct brain *b;
    struct env_value *items;
    struct expr_value *values;
    int n, cap;
    struct env_source **sources; /* each stays where it is: callbacks point to it */
    int sources_n, sources_cap;
    struct env_slots import, co2;
    bool uses_time, uses_prices;
    struct rules_env rules;
};

static void *grow(void *p, int n, int *cap, size_t size)
{
    if (n < *cap)
        return p;
    *cap = *cap ? 2 * *cap : 16;
    p = realloc(p, (size_t)*cap * size);
    if (!p)
        abort();
    return p;
}
struct env *env_new(struct brain *b)
{
    struct env *e = calloc(1, sizeof *e);
    if (!e)
        abort();
    e->b = b;
    return e;
}
void env_free(struct env *e)
{
    if (!e)
        return;
    for (int i = 0; i < e->sources_n; i++)
        free(e->sources[i]);
    free(e->sources);
    free(e->items);
    free(e->values);
    free(e);
}

/* ---- names ---- */
static int source_of(struct env *e, const struct site_name *n)
{
    for (int i = 0; i < e->sources_n; i++)
        if (e->sources[i]->msg == n->msg && strcmp(e->sources[i]->id, n->id) == 0)
            return i;
    if (e->sources_n == ENV_SOURCES_MAX)
        return -1;
    e->sources = grow(e->sources, e->sources_n, &e->sources_cap, sizeof e->sources[0]);
    struct env_source *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->env = e;
    s->msg = n->msg;
    str_copyz(s->id, ID_CAP, n->id);
    s->ages = record_field(message_of(n->msg)->rec, str_of("max_age_ms")) != NULL;
    e->sources[e->sources_n] = s;
    return e->sources_n++;
}
struct names {
    struct env *env;
    int each;
};
static enum err resolve(void *user, struct str name, uint16_t *var, struct err_text *why)
{
    struct names *names = user;
    struct env *e = names->env;
    struct env_value v = {.source = -1};
    enum err err = site_name_find(e->b->svc->site, name, names->each, &v.name, why);
    if (err != ERR_OK)
        return err;
    for (int i = 0; i < e->n; i++)
        if (site_name_same(&e->items[i].name, &v.name)) {
            *var = (uint16_t)i;
            return ERR_OK;
        }
    if (v.name.kind == NAME_FIELD)
        v.source = source_of(e, &v.name);
    if (e->n == ENV_VALUES_MAX || (v.name.kind == NAME_FIELD && v.source < 0))
        return err_set(why, ERR_FULL, "too many different values in expressions");
    e->uses_time = e->uses_time || v.name.kind == NAME_TIME;
    e->items = grow(e->items, e->n, &(int){e->cap}, sizeof e->items[0]);
    e->values = grow(e->values, e->n, &e->cap, sizeof e->values[0]);
    e->items[e->n] = v;
    e->values[e->n] = (struct expr_value){0, false};
    *var = (uint16_t)e->n++;
    return ERR_OK;
}
enum err env_expr(struct env *e, const char *text, int each, struct expr *out, struct err_text *why)
{
    struct names names = {e, each};
    int col;
    return expr_parse(str_of(text), resolve, &names, out, &col, why);
}
enum err env_rule_value(struct env *e, const char *text, struct rule_value *out,
                        struct err_text *why)
{
    struct names names = {e, -1};
    int col;
    return rule_value_parse(str_of(text), resolve, &names, out, &col, why);
}
enum err env_value(struct env *e, const char *name, int *index, struct err_text *why)
{
    struct names names = {e, -1};
    uint16_t var = 0;
    enum err err = resolve(&names, str_of(name), &var, why);
    *index = var;
    return err;
}
void env_use_prices(struct env *e)
{
    const struct site *s = e->b->svc->site;
    e->uses_prices = true;
    for (int i = 0; i < s->tariffs_n; i++) {
        if (s->tariffs[i].conf.kind == TARIFF_KIND_IMPORT && !e->import.id)
            e->import.id = s->tariffs[i].id;
        if (s->tariffs[i].conf.kind == TARIFF_KIND_CO2 && !e->co2.id)
            e->co2.id = s->tariffs[i].id;
    }
}
void env_use_time(struct env *e)
{
    e->uses_time = true;
}
void env_set_variable(struct env *e, int variable, struct expr_value v)
{
    for (int i = 0; i < e->n; i++)
        if (e->items[i].name.kind == NAME_VARIABLE && e->items[i].name.item == variable)
            e->values[i] = v;
}
bool env_uses_variable(const struct env *e, const struct expr *x, int variable)
{
    for (int i = 0; i < e->n; i++)
        if (e->items[i].name.kind == NAME_VARIABLE && e->items[i].name.item == variable)
            return expr_uses(x, (uint16_t)i);
    return false;
}

/* ---- messages ---- */
static int64_t head_number(const struct record *r, const void *body, const char *field)
{
    const struct field *f = record_field(r, str_of(field));
    const char *p = (const char *)body + f->off;
    if (f->kind == KIND_I32)
        return *(const int32_t *)(const void *)p;
    return *(const int64_t *)(const void *)p;
}
static void take_values(struct env *e, int source, const void *body)
{
    bool changed = false;
    for (int i = 0; i < e->n; i++) {
        if (e->items[i].source != source)
            continue;
        struct expr_value v = {0, false};
        if (body)
            v = site_name_read(&e->items[i].name, body);
        changed = changed || v.known != e->values[i].known || v.v != e->values[i].v;
        e->values[i] = v;
    }
    if (changed)
        brain_soon(e->b);
}
static void on_message(void *user, const struct bus_msg *m)
{
    struct env_source *s = user;
    struct env *e = s->env;
    const struct record *r = message_of(s->msg)->rec;
    struct mono at = m->at.mono;
    int64_t max_age = AGE_HI;
    int i = 0;
    while (e->sources[i] != s)
        i++;
    if (m->body && s->ages) {
        max_age = head_number(r, m->body, "max_age_ms");
        if (!inputs_measured_at(&s->skew, m, head_number(r, m->body, "ts"), (int32_t)max_age, &at))
            return;
    }
    s->until.ms = m->body ? at.ms + max_age + 1 : 0;
    take_values(e, i, m->body);
}
static void on_tariff(void *user, const struct bus_msg *m)
{
    struct env *e = user;
    const struct tariff_state *t = m->body;
    struct env_slots *all[] = {&e->import, &e->co2};
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct env_slots *s = all[i];
        if (!s->id || strcmp(s->id, m->match.id) != 0)
            continue;
        s->n = t ? t->slots_n : 0;
        s->slot_ms = t ? t->slot_ms : 0;
        if (t)
            memcpy(s->slots, t->slots, (size_t)s->n * sizeof s->slots[0]);
        brain_soon(e->b);
    }
}
void env_subscribe(struct env *e)
{
    struct bus *bus = e->b->svc->bus;
    for (int i = 0; i < e->sources_n; i++)
        bus_on(bus, e->sources[i]->msg, e->sources[i]->id, on_message, e->sources[i]);
    if (e->import.id)
        bus_on(bus, MSG_TARIFF_STATE, e->import.id, on_tariff, e);
    if (e->co2.id)
        bus_on(bus, MSG_TARIFF_STATE, e->co2.id, on_tariff, e);
}

/* ---- time ---- */
static int64_t expire(struct env *e, struct now now)
{
    int64_t next = INT64_MAX;
    for (int i = 0; i < e->sources_n; i++) {
        struct env_source *s = e->sources[i];
        if (!s->ages || !s->until.ms)
            continue;
        if (now.mono.ms < s->until.ms) {
            next = min_i64(next, s->until.ms);
            continue;
        }
        s->until.ms = 0;
        take_values(e, i, NULL);
    }
    return next;
}
static void read_clock(struct env *e, struct now now)
{
    bool set = now.wall.ms / 1000 > CLOCK_SET_S;
    struct civil c = {0};
    if (set)
        c = zone_civil(&e->b->choices->zone, now.wall);
    e->rules.time_known = set;
    e->rules.minutes = 60 * c.hour + c.minute;
    e->rules.weekday = c.weekday;
    for (int i = 0; i < e->n; i++)
        if (e->items[i].name.kind == NAME_TIME)
            e->values[i] = (struct expr_value){
                set ? site_time_value((enum site_time)e->items[i].name.item, c) : 0, set};
}
static void read_prices(struct env *e, struct now now)
{
    const struct env_slots *s = &e->import;
    const struct zone *z = &e->b->choices->zone;
    rules_prices(s->slots, s->n, s->slot_ms, now.wall, zone_day_start(z, now.wall, 0),
                 zone_day_start(z, now.wall, 1), &e->rules);
    e->rules.co2_g = rules_slot_value(e->co2.slots, e->co2.n, e->co2.slot_ms, now.wall);
}
static void read_house(struct env *e, struct now now)
{
    const struct brain *b = e->b;
    int64_t pv = 0;
    bool all = b->inverters_n > 0;
    for (int i = 0; i < b->inverters_n; i++) {
        const struct control_reading *r = &b->inverters[i].reading;
        all = all && r->known && mono_since_ms(now.mono, r->at) <= r->rule.max_age_ms;
        pv += r->power_w.v;
    }
    e->rules.production_w = all ? SOME_I32(sat_i32(pv)) : (struct opt_i32){0};
    e->rules.surplus_w = (struct opt_i32){0};
    if (b->out.meter <= METER_SUSPECT) /* late once is no reason to stop */
        e->rules.surplus_w = b->out.surplus_w;
}
int64_t env_refresh(struct env *e, struct now now)
{
    int64_t next = expire(e, now);
    e->rules.values = e->values;
    read_house(e, now);
    if (e->uses_time || e->uses_prices) {
        read_clock(e, now);
        next = min_i64(next, now.mono.ms + MINUTE_MS - now.wall.ms % MINUTE_MS);
    }
    if (e->uses_prices && e->rules.time_known)
        read_prices(e, now);
    return next;
}
const struct expr_value *env_values(const struct env *e)
{
    return e->values;
}
const struct rules_env *env_rules(const struct env *e)
{
    return &e->rules;
}
