/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/io/rules.h"
#include "services/surplus-controller/io/brain.h"

/* A value that moves by less, with nothing else changed, is not passed on: every change of a cap is
 * a write to the wallbox. */
enum { STILL_MA = 300, STILL_W = 100 };
/* A new process goes on with what the old one found, until the values of the bus are there. */
enum { GRACE_MS = 15000, KEEP_STEPS = 8 };
static const char file[] = "rules.jsonl";

RECORD_DEFINE(kept_rule, KEPT_RULE_ROWS, "what the rules of a taker came to")

struct rule_list {
    int n;
    const struct rule *rules[RULES_MAX];
};
struct taker_rules { /* of a charger or a load */
    struct rule_list list;
    struct rules_result last;
    bool decide;           /* of a load: nobody else does now */
    bool known;            /* kept says something */
    struct kept_rule kept; /* what the next process goes on with */
};
struct rule_book {
    struct brain *b;
    struct rule *all;           /* as in the site file */
    struct taker_rules *takers; /* the chargers, then the loads */
    int n;
    struct rule_list *batteries;
    struct mono now, started; /* started 0: not yet */
    bool save_due;
};
static struct taker_rules *load_rules(const struct brain *b, int k)
{
    return &b->formulas.rules->takers[b->conf.chargers_n + k];
}

/* ---- from the site file ---- */
static enum err input_index(struct env *e, const char *id, int *index, struct err_text *why)
{
    char name[ID_CAP + 16];
    *index = -1;
    snprintf(name, sizeof name, "input.%s.on", id);
    return id[0] ? env_value(e, name, index, why) : ERR_OK;
}
static enum err take_action(struct env *e, const struct rule_conf *k, struct rule *r,
                            struct err_text *why)
{
    const struct {
        const char *text;
        enum rule_action action;
    } all[] = {{k->set, RULE_SET},
               {k->add, RULE_ADD},
               {k->multiply, RULE_MULTIPLY},
               {k->at_least, RULE_AT_LEAST},
               {k->at_most, RULE_AT_MOST}};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (all[i].text[0]) {
            r->action = all[i].action;
            return env_rule_value(e, all[i].text, &r->value, why);
        }
    return ERR_OK;
}
static enum err take_rule(struct env *e, const struct site_rules *site, struct rule *r,
                          struct err_text *why)
{
    static const enum rule_side sides[RULE_DIRECTION_COUNT] = {
        [RULE_DIRECTION_BOTH] = RULE_BOTH,
        [RULE_DIRECTION_CHARGE] = RULE_CHARGE,
        [RULE_DIRECTION_DISCHARGE] = RULE_DISCHARGE};
    const struct rule_conf *k = &site->conf;
    *r = (struct rule){.name = k->name[0] ? k->name : site->id,
                       .from = -1,
                       .price_below = k->price_below_micro,
                       .price_above = k->price_above_micro,
                       .price_level_pm = k->price_level_pm,
                       .cheapest_ms = k->cheapest_ms,
                       .co2_below = k->co2_below,
                       .surplus_above_w = k->surplus_above_w,
                       .surplus_below_w = k->surplus_below_w,
                       .solar_above_w = k->solar_above_w,
                       .solar_below_w = k->solar_below_w,
                       .surplus = k->surplus,
                       .finish = k->finish,
                       .side = sides[k->direction]};
    if (!site_parse_days(k->days, &r->days) ||
        (k->from[0] && (!site_parse_clock(k->from, &r->from) || !site_parse_clock(k->to, &r->to))))
        return err_set(why, ERR_SYNTAX, "days, from or to can't be read");
    if (r->from >= 0 || r->days != 0x7f)
        env_use_time(e);
    if (k->price_below_micro.set || k->price_above_micro.set || k->price_level_pm.set ||
        k->cheapest_ms.set || k->co2_below.set)
        env_use_prices(e);
    enum err err = k->when[0] ? env_expr(e, k->when, -1, &r->when, why) : ERR_OK;
    if (err == ERR_OK)
        err = input_index(e, k->input, &r->input, why);
    if (err == ERR_OK)
        err = input_index(e, k->input_off, &r->input_off, why);
    return err == ERR_OK ? take_action(e, k, r, why) : err;
}
static void take_list(const struct brain *b, const struct rule_book *book, const id_text *ids,
                      int n, struct rule_list *out)
{
    const struct site *s = b->svc->site;
    out->n = 0;
    for (int k = 0; k < n && k < RULES_MAX; k++)
        for (int i = 0; i < s->rules_n; i++)
            if (strcmp(s->rules[i].id, ids[k]) == 0)
                out->rules[out->n++] = &book->all[i];
}
struct rule_book *rules_new(struct brain *b, struct err_text *why)
{
    const struct site *s = b->svc->site;
    struct rule_book *r = calloc(1, sizeof *r);
    int n = s->chargers_n + s->loads_n;
    if (!r || !(r->all = calloc((size_t)s->rules_n + 1, sizeof *r->all)) ||
        !(r->takers = calloc((size_t)n + 1, sizeof *r->takers)) ||
        !(r->batteries = calloc((size_t)s->batteries_n + 1, sizeof *r->batteries)))
        abort();
    r->b = b;
    r->n = n;
    for (int i = 0; i < s->rules_n; i++)
        if (take_rule(b->formulas.env, &s->rules[i], &r->all[i], why) != ERR_OK) {
            err_prefix(why, "rule.%s", s->rules[i].id);
            rules_free(r);
            return NULL;
        }
    for (int i = 0; i < n; i++) {
        int k = i - s->chargers_n;
        struct taker_rules *x = &r->takers[i];
        if (k < 0)
            take_list(b, r, s->chargers[i].conf.rules, s->chargers[i].conf.rules_n, &x->list);
        else
            take_list(b, r, s->loads[k].conf.rules, s->loads[k].conf.rules_n, &x->list);
        str_copyz(x->kept.cls, sizeof x->kept.cls, k < 0 ? "charger" : "load");
        str_copyz(x->kept.id, ID_CAP, k < 0 ? s->chargers[i].id : s->loads[k].id);
    }
    for (int i = 0; i < s->batteries_n; i++)
        take_list(b, r, s->batteries[i].conf.rules, s->batteries[i].conf.rules_n, &r->batteries[i]);
    return r;
}
void rules_free(struct rule_book *r)
{
    if (!r)
        return;
    free(r->all);
    free(r->takers);
    free(r->batteries);
    free(r);
}

/* ---- over a restart ---- */
static bool in_grace(const struct rule_book *book)
{
    return !book->started.ms || mono_since_ms(book->now, book->started) < GRACE_MS;
}
static void load_line(void *user, const void *item)
{
    struct rule_book *r = user;
    const struct kept_rule *k = item;
    for (int i = 0; i < r->n; i++)
        if (r->takers[i].list.n && strcmp(r->takers[i].kept.cls, k->cls) == 0 &&
            strcmp(r->takers[i].kept.id, k->id) == 0) {
            r->takers[i].kept = *k;
            r->takers[i].known = true;
        }
}
void rules_load_kept(struct rule_book *r)
{
    struct kept_rule k;
    memory_load_file(r->b, file, &kept_rule_record, &k, load_line, r);
}
void rules_save_kept(struct rule_book *r)
{
    if (!r->save_due)
        return;
    r->save_due = false;
    memory_save_file(r->b, file, &kept_rule_record,
                     (const char *)r->takers + offsetof(struct taker_rules, kept),
                     sizeof r->takers[0], r->n);
}
int64_t rules_clock(struct rule_book *r, struct now now)
{
    r->now = now.mono;
    if (!r->started.ms && r->b->ready)
        r->started = now.mono;
    return r->started.ms && in_grace(r) ? r->started.ms + GRACE_MS : INT64_MAX;
}

/* ---- now ---- */
bool rules_decide(const struct brain *b, int i)
{
    return b->formulas.rules->takers[i].list.n > 0;
}
static struct rules_taker charger_taker(const struct brain *b, int i)
{
    const struct control_charger_state *x = &b->state.chargers[i];
    return (struct rules_taker){.amps = true,
                                .min = b->chargers[i].min_ma,
                                .max = b->chargers[i].max_ma,
                                .lanes = x->lanes ? x->lanes : b->ios[i].conf->phases,
                                .volt_mv = b->state.volt_mv,
                                .side = RULE_BOTH};
}
static bool still(const struct rules_result *a, const struct rules_result *b, int32_t min,
                  int32_t step)
{
    int32_t by = a->value > b->value ? a->value - b->value : b->value - a->value;
    return a->rule == b->rule && a->surplus == b->surplus && by < step &&
           (a->value >= min) == (b->value >= min);
}
/* Where the list has that rule; -1: nowhere. */
static int16_t place_of(const struct rule_book *book, const struct rule_list *l, const char *id)
{
    const struct site *s = book->b->svc->site;
    for (int i = 0; i < l->n; i++)
        if (strcmp(s->rules[l->rules[i] - book->all].id, id) == 0)
            return (int16_t)i;
    return -1;
}
/* Rarely: the file is written for another rule or a large step, not for every number. */
static void keep(struct rule_book *book, struct taker_rules *x, const struct rules_taker *t,
                 int32_t step)
{
    struct rules_result was = {x->kept.value, place_of(book, &x->list, x->kept.rule), x->kept.sun};
    if (x->known && still(&was, &x->last, t->min, KEEP_STEPS * step))
        return;
    x->known = true;
    x->kept.value = x->last.value;
    x->kept.sun = x->last.surplus;
    x->kept.rule[0] = '\0';
    if (x->last.rule >= 0)
        str_copyz(x->kept.rule, ID_CAP,
                  book->b->svc->site->rules[x->list.rules[x->last.rule] - book->all].id);
    book->save_due = true;
}
static void ask(struct brain *b, struct taker_rules *x, const struct rules_taker *t, int32_t step)
{
    struct rule_book *book = b->formulas.rules;
    struct rules_result r;
    if (x->known && in_grace(book))
        r = (struct rules_result){min_i32(x->kept.value, t->max),
                                  place_of(book, &x->list, x->kept.rule), x->kept.sun};
    else
        r = rules_eval(x->list.rules, x->list.n, t, env_rules(b->formulas.env));
    if (!still(&x->last, &r, t->min, step))
        x->last = r;
    if (!in_grace(book))
        keep(book, x, t, step);
}
static struct control_cap cap_of(const struct brain *b, const struct rule_list *l,
                                 const struct rules_result *r, int32_t min)
{
    struct control_cap cap = {.current_ma = SOME_I32(r->value), .why = CONTROL_RULE};
    cap.p[0] = r->value;
    if (r->rule >= 0)
        cap.p[2] = (int32_t)(l->rules[r->rule] - b->formulas.rules->all);
    if (r->value < min)
        cap.why = r->rule < 0 ? CONTROL_NO_RULE : CONTROL_RULE_PAUSE;
    return cap;
}
void rules_charger(struct brain *b, int i, enum charge_mode *mode, struct control_cap *cap)
{
    struct taker_rules *c = &b->formulas.rules->takers[i];
    struct rules_taker t = charger_taker(b, i);
    ask(b, c, &t, STILL_MA);
    if (!c->last.surplus)
        *mode = CHARGE_MODE_POWER;
    else if (*mode != CHARGE_MODE_SOLAR_PLUS)
        *mode = CHARGE_MODE_SOLAR_PURE;
    *cap = cap_of(b, &c->list, &c->last, t.min);
}
bool rules_cap(struct brain *b, const id_text *ids, int n, int i, struct control_cap *cap)
{
    struct rules_taker t = charger_taker(b, i);
    struct rule_list l;
    take_list(b, b->formulas.rules, ids, n, &l);
    if (l.n == 0)
        return false;
    struct rules_result r = rules_eval(l.rules, l.n, &t, env_rules(b->formulas.env));
    *cap = cap_of(b, &l, &r, t.min);
    return true;
}
struct opt_i32 rules_battery_w(struct brain *b, int i, enum rule_side side, struct opt_i32 max_w)
{
    const struct rule_list *l = &b->formulas.rules->batteries[i];
    if (l->n == 0 || !max_w.set)
        return (struct opt_i32){0};
    struct rules_taker t = {
        .start = max_w.v, .max = max_w.v, .lanes = 1, .volt_mv = b->state.volt_mv, .side = side};
    return SOME_I32(rules_eval(l->rules, l->n, &t, env_rules(b->formulas.env)).value);
}
void rules_load(struct brain *b, int k, bool chosen, struct control_load_in *in)
{
    struct taker_rules *l = load_rules(b, k);
    const struct load_conf *c = &b->svc->site->loads[k].conf;
    bool modulates = c->kind == LOAD_KIND_POWER;
    struct rules_taker t = {.min = modulates ? max_i32(1, c->min_power_w) : 1,
                            .max = c->max_power_w,
                            .lanes = c->phases,
                            .volt_mv = b->state.volt_mv,
                            .side = RULE_BOTH};
    l->decide = l->list.n > 0 && !chosen;
    if (!l->decide)
        return;
    ask(b, l, &t, STILL_W);
    uint32_t modes = site_load_modes(c);
    enum load_mode rest = modes >> LOAD_MODE_NORMAL & 1 ? LOAD_MODE_NORMAL : LOAD_MODE_OFF;
    bool sun = l->last.surplus && modes >> LOAD_MODE_SOLAR & 1;
    in->mode = l->last.value < t.min ? rest : sun ? LOAD_MODE_SOLAR : LOAD_MODE_ON;
    if (modulates && in->mode != rest &&
        (!in->max_power_w.set || l->last.value < in->max_power_w.v))
        in->max_power_w = SOME_I32(l->last.value);
}
bool rules_decide_load(const struct brain *b, int k)
{
    return load_rules(b, k)->decide;
}
void rules_explain_load(const struct brain *b, int k, const struct control_reason *r,
                        struct reason *out)
{
    const struct taker_rules *l = load_rules(b, k);
    bool about = r->code == CONTROL_LOAD_OFF || r->code == CONTROL_LOAD_ON ||
                 r->code == CONTROL_LOAD_NORMAL || r->code == CONTROL_LOAD_MAX;
    size_t len = strlen(out->text);
    struct buf text = buf_of(out->text + len, sizeof out->text - len);
    if (!l->decide || !about)
        return;
    if (l->last.rule < 0) {
        buf_addz(&text, " None of its rules applies.");
        return;
    }
    buf_addf(&text, " By rule \"%s\".", l->list.rules[l->last.rule]->name);
    str_trim_partial(out->text);
}
const char *rules_name(const struct brain *b, const struct control_reason *r)
{
    if (r->code != CONTROL_RULE && r->code != CONTROL_RULE_PAUSE)
        return "";
    return b->formulas.rules->all[r->p[2]].name;
}
