/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/day/golden.h"

/* A setpoint that moves by less is part of the next line; the numbers of a reason never make one.
 */
enum { MOVED_MA = 100, MOVED_W = 100, EVERY_S = 300, LINES = 288 };

void golden_init(struct golden *g, const struct day *d, FILE *to)
{
    memset(g, 0, sizeof *g);
    g->d = d;
    g->to = to;
    g->every_s = max_i32(EVERY_S, (d->to - d->from) / LINES); /* a week needs no more than a day */
    g->site_s = -g->every_s;
    for (int i = 0; i < CHARGERS; i++)
        g->told_s[i] = -g->every_s;
    for (int k = 0; k < DEVICES; k++)
        g->loads[k].told_s = -g->every_s;
}
static void begin(const struct golden *g, int second, const char *who)
{
    fprintf(g->to, "%02d:%02d:%02d %s", second / 3600, second / 60 % 60, second % 60, who);
}
static void site(struct golden *g, const struct control_out *out, int second)
{
    static const char *const meters[] = {"good", "suspect", "missing", "frozen", "none"};
    if (second - g->site_s < g->every_s && g->meter == out->meter &&
        g->battery.block_discharge == out->battery.block_discharge)
        return;
    g->site_s = second;
    g->meter = out->meter;
    g->battery = out->battery;
    begin(g, second, "site");
    fprintf(g->to, " meter %s, surplus ", meters[out->meter]);
    if (out->surplus_w.set)
        fprintf(g->to, "%d W", out->surplus_w.v);
    else
        fputs("unknown", g->to);
    fprintf(g->to, ", cars %d W, imbalance %d VA%s\n", out->charger_w, out->imbalance_va,
            out->battery.block_discharge ? ", battery kept" : "");
    for (int i = 0; i < g->d->circuits_n; i++) {
        const struct control_circuit_out *c = &out->circuits[i];
        begin(g, second, g->d->circuits[i].id);
        for (int p = 0; p < PHASES; p++)
            if (c->current_ma.set >> p & 1)
                fprintf(g->to, " L%d %d/%d", p + 1, c->current_ma.v[p], c->available_ma.v[p]);
        fputs(" mA\n", g->to);
    }
}
static bool moved(const struct control_decision *a, const struct control_decision *b)
{
    int64_t by = (int64_t)a->current_ma - b->current_ma;
    return by >= MOVED_MA || by <= -MOVED_MA || !a->current_ma != !b->current_ma ||
           a->reason.code != b->reason.code || a->reason.circuit != b->reason.circuit ||
           a->fallback_ma != b->fallback_ma || a->contacts != b->contacts ||
           a->switched_to != b->switched_to || a->load != b->load ||
           a->load_detected != b->load_detected || a->overdraws != b->overdraws ||
           a->ignores != b->ignores || a->send != b->send;
}
static void charger(struct golden *g, const struct control_decision *d, int i, int second)
{
    struct reason why;
    g->mas[i] += d->current_ma;
    g->reasons[i] += d->reason.code != g->code[i];
    g->code[i] = d->reason.code;
    if (second - g->told_s[i] < g->every_s && !moved(d, &g->was[i]))
        return;
    g->told_s[i] = second;
    g->was[i] = *d;
    control_reason_text(&d->reason, "", &why);
    begin(g, second, g->d->chargers[i].id);
    fprintf(g->to, " %d mA", d->current_ma);
    for (int p = 0; p < PHASES; p++)
        if (d->load >> p & 1)
            fprintf(g->to, "%sL%d", d->load & ((1u << p) - 1) ? "+" : " ", p + 1);
    fprintf(g->to, "%s %s(%d %d %d @%d) fallback %d mA", d->load_detected ? " seen" : "", why.code,
            d->reason.p[0], d->reason.p[1], d->reason.p[2], d->reason.circuit, d->fallback_ma);
    if (d->contacts)
        fprintf(g->to, ", close %d", d->contacts);
    if (d->switched_to)
        fprintf(g->to, ", has closed %d", d->switched_to);
    fprintf(g->to, ", %lld mAs", (long long)g->mas[i]);
    if (g->reasons[i] > 1)
        fprintf(g->to, " for %d reasons", g->reasons[i]);
    g->mas[i] = g->reasons[i] = 0;
    fprintf(g->to, "%s%s%s\n", d->overdraws ? ", overdraws" : "", d->ignores ? ", ignores" : "",
            d->send ? "" : ", nothing is sent");
}
static void load(struct golden *g, const struct control_out *out, int k, int second)
{
    const struct control_decision *d = &out->chargers[g->d->chargers_n + k];
    const struct control_load_decision *o = &out->loads[k], *was = &g->loads[k].was;
    bool same = o->on.set == was->on.set && o->on.v == was->on.v && o->sg == was->sg &&
                o->fault == was->fault && d->reason.code == g->loads[k].code &&
                o->power_w - was->power_w < MOVED_W && was->power_w - o->power_w < MOVED_W;
    struct reason why;
    if (second - g->loads[k].told_s < g->every_s && same)
        return;
    g->loads[k].told_s = second;
    g->loads[k].was = *o;
    g->loads[k].code = d->reason.code;
    control_reason_text(&d->reason, "", &why);
    begin(g, second, g->d->devices[k].id);
    fprintf(g->to, " %s %d W %s%s%s(%d %d %d @%d) fallback %d W, fault %d%s\n",
            !o->on.set ? "free"
            : o->on.v  ? "on"
                       : "off",
            o->power_w, o->sg ? enum_text(&sg_state_enum, (int)o->sg) : "", o->sg ? " " : "",
            why.code, d->reason.p[0], d->reason.p[1], d->reason.p[2], d->reason.circuit,
            o->fallback_w, (int)o->fault, d->send ? "" : ", nothing is sent");
}
void golden_second(struct golden *g, const struct control_out *out, int second)
{
    if (!g->to)
        return;
    site(g, out, second);
    for (int i = 0; i < g->d->chargers_n; i++)
        charger(g, &out->chargers[i], i, second);
    for (int k = 0; k < g->d->devices_n; k++)
        load(g, out, k, second);
}
