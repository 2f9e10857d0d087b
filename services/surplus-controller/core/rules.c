/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/core/rules.h"

/* ---- conditions ---- */
/* A window over midnight belongs to the day on which it began. */
static bool in_time(const struct rule *r, const struct rules_env *env)
{
    bool today = r->days >> env->weekday & 1, yesterday = r->days >> (env->weekday + 6) % 7 & 1;
    int32_t m = env->minutes;
    if (r->days == 0x7f && r->from < 0)
        return true;
    if (!env->time_known)
        return false;
    if (r->from < 0)
        return today;
    if (r->from < r->to)
        return today && m >= r->from && m < r->to;
    return (today && m >= r->from) || (yesterday && m < r->to);
}
static bool below(struct opt_i64 limit, struct opt_i64 v)
{
    return !limit.set || (v.set && v.v < limit.v);
}
static bool above(struct opt_i64 limit, struct opt_i64 v)
{
    return !limit.set || (v.set && v.v > limit.v);
}
static struct opt_i64 wide(struct opt_i32 v)
{
    return (struct opt_i64){v.v, v.set};
}
static bool price_fits(const struct rule *r, const struct rules_env *env)
{
    if (!below(r->price_below, env->price_micro) || !above(r->price_above, env->price_micro))
        return false;
    if (r->price_level_pm.set && (!env->price_micro.set || !env->price_mean_micro.set))
        return false;
    /* permille of the mean; both sides scaled, so that nothing is rounded */
    if (r->price_level_pm.set &&
        env->price_micro.v * 1000 > env->price_mean_micro.v * r->price_level_pm.v)
        return false;
    return below(wide(r->cheapest_ms), env->cheaper_ms);
}
static bool is_input(int index, const struct rules_env *env, bool on)
{
    return index < 0 || (env->values[index].known && (env->values[index].v != 0) == on);
}
bool rule_holds(const struct rule *r, const struct rules_env *env)
{
    struct opt_i64 surplus = wide(env->surplus_w), solar = wide(env->production_w);
    if (!in_time(r, env) || !price_fits(r, env) || !below(r->co2_below, env->co2_g) ||
        !above(wide(r->surplus_above_w), surplus) || !below(wide(r->surplus_below_w), surplus) ||
        !above(wide(r->solar_above_w), solar) || !below(wide(r->solar_below_w), solar) ||
        !is_input(r->input, env, true) || !is_input(r->input_off, env, false))
        return false;
    struct opt_bool when = {true, true};
    if (r->when.n)
        when = expr_bool(expr_eval(&r->when, env->values));
    return when.set && when.v;
}

/* ---- values ---- */
static double from_w(double w, const struct rules_taker *t)
{
    return t->amps ? w * 1e6 / ((double)t->volt_mv * t->lanes) : w;
}
static double from_ma(double ma, const struct rules_taker *t)
{
    return t->amps ? ma : ma * t->volt_mv * t->lanes / 1e6;
}
static struct expr_value share_of(struct opt_i32 w, double permille, const struct rules_taker *t)
{
    return w.set ? expr_known(from_w(w.v * permille / 1000, t)) : (struct expr_value){0, false};
}
/* In the taker's unit; a factor as it is. */
static struct expr_value amount(const struct rule *r, const struct rules_taker *t,
                                const struct rules_env *env)
{
    struct expr_value v = expr_eval(&r->value.expr, env->values);
    double x = v.v * r->value.factor;
    if (!v.known)
        return v;
    switch (r->value.unit) {
    case RULE_MA: return expr_known(from_ma(x, t));
    case RULE_W: return expr_known(from_w(x, t));
    case RULE_OF_MAXIMUM:
        return expr_known((r->action == RULE_MULTIPLY ? 1.0 : (double)t->max) * x / 1000);
    case RULE_OF_PRODUCTION: return share_of(env->production_w, x, t);
    case RULE_OF_SURPLUS: return share_of(env->surplus_w, x, t);
    case RULE_PLAIN: break;
    }
    return expr_known(x);
}
static double act(enum rule_action action, double value, double x)
{
    switch (action) {
    case RULE_SET: return x;
    case RULE_ADD: return value + x;
    case RULE_MULTIPLY: return value * x;
    case RULE_AT_LEAST: return value < x ? x : value;
    case RULE_AT_MOST: return value > x ? x : value;
    case RULE_NOTHING: break;
    }
    return value;
}
static int32_t bounded(double v, int32_t lo, int32_t hi)
{
    int64_t n = round_i64(v);
    return n < lo ? lo : n > hi ? hi : (int32_t)n;
}
/* The mode follows the sun by itself: its value is a cap, and never makes it stop in a cloud. */
static bool ask_surplus(const struct rule *const *rules, int n, const struct rules_taker *t,
                        const struct rules_env *env, struct rules_result *out)
{
    double value = t->max;
    for (int i = 0; i < n; i++) {
        const struct rule *r = rules[i];
        if (!r->surplus || !rule_holds(r, env))
            continue;
        struct expr_value x = expr_known(0);
        if (r->action != RULE_NOTHING)
            x = amount(r, t, env);
        bool of_surplus = r->action != RULE_NOTHING && r->value.unit == RULE_OF_SURPLUS;
        if (of_surplus && (!x.known || x.v < t->min))
            x = expr_known(t->min);
        if (!x.known || act(r->action, value, x.v) < 0)
            continue; /* takes no part */
        value = act(r->action, value, x.v);
        *out = (struct rules_result){0, (int16_t)i, true};
        if (r->finish)
            break;
    }
    if (out->surplus)
        out->value = bounded(value, 0, t->max);
    return out->surplus;
}
struct rules_result rules_eval(const struct rule *const *rules, int n, const struct rules_taker *t,
                               const struct rules_env *env)
{
    struct rules_result out = {0, -1, false};
    double value = t->start;
    if (ask_surplus(rules, n, t, env, &out))
        return out;
    for (int i = 0; i < n; i++) {
        const struct rule *r = rules[i];
        if (r->surplus || !(r->side & t->side) || !rule_holds(r, env))
            continue;
        struct expr_value x = expr_known(0);
        if (r->action != RULE_NOTHING)
            x = amount(r, t, env);
        if (!x.known)
            continue;
        value = act(r->action, value, x.v);
        out.rule = (int16_t)i;
        if (r->finish)
            break;
    }
    out.value = bounded(value, 0, t->max);
    return out;
}

/* ---- prices ---- */
static int slot_at(const struct slot *slots, int n, int32_t slot_ms, struct wall now)
{
    for (int i = 0; i < n; i++)
        if (now.ms >= slots[i].start && now.ms < slots[i].start + slot_ms)
            return i;
    return -1;
}
struct opt_i64 rules_slot_value(const struct slot *slots, int n, int32_t slot_ms, struct wall now)
{
    int i = slot_at(slots, n, slot_ms, now);
    return i < 0 ? (struct opt_i64){0} : SOME_I64(slots[i].value);
}
void rules_prices(const struct slot *slots, int n, int32_t slot_ms, struct wall now,
                  struct wall day_from, struct wall day_to, struct rules_env *env)
{
    int at = slot_at(slots, n, slot_ms, now);
    int64_t sum = 0, cheaper_ms = 0;
    int count = 0;
    env->price_micro = env->price_mean_micro = env->cheaper_ms = (struct opt_i64){0};
    if (at < 0)
        return;
    for (int i = 0; i < n; i++) {
        const struct slot *s = &slots[i];
        if (s->start < day_from.ms || s->start >= day_to.ms)
            continue;
        sum += s->value;
        count++;
        if (s->value < slots[at].value ||
            (s->value == slots[at].value && s->start < slots[at].start))
            cheaper_ms += slot_ms;
    }
    env->price_micro = SOME_I64(slots[at].value);
    if (count)
        env->price_mean_micro = SOME_I64(sum / count);
    env->cheaper_ms = SOME_I64(cheaper_ms);
}
