/* SPDX-License-Identifier: Apache-2.0
 * replay_view.c -- differences and explanations of a replay, in words. */
#include "services/wattbus/replay.h"

/* ---- differences ---- */
struct comparison {
    replay_difference *cb;
    void *user;
    int n;
};
static void compare(struct comparison *c, const struct rec_table *t, const char *was,
                    const char *now, const char *path)
{
    char sub[160], a[120], b[120];
    for (int i = 0; i < t->n; i++) {
        const struct rec_row *r = &t->rows[i];
        if (rec_same(r, was + r->off, now + r->off))
            continue;
        snprintf(sub, sizeof sub, "%s.%s", path, r->name);
        if (r->kind == REC_SUB) {
            compare(c, r->sub, was + r->off, now + r->off, sub);
            continue;
        }
        struct buf x = buf_of(a, sizeof a), y = buf_of(b, sizeof b);
        a[0] = b[0] = '\0';
        rec_value(r, was + r->off, &x);
        rec_value(r, now + r->off, &y);
        c->n++;
        if (c->cb)
            c->cb(c->user, sub, a, b);
    }
}
static const char *item_id(const struct replay *r, const struct rec_part *p, int i)
{
    return strcmp(p->name, "chargers_out") == 0   ? r->charger_ids[i]
           : strcmp(p->name, "circuits_out") == 0 ? r->circuit_ids[i]
           : strcmp(p->name, "loads_out") == 0    ? r->charger_ids[r->conf.chargers_n + i]
                                                  : "";
}
int replay_compare(const struct replay *r, replay_difference *cb, void *user)
{
    struct rec_part was[REC_PARTS], now[REC_PARTS];
    struct comparison c = {cb, user, 0};
    char path[80];
    rec_result(&r->conf, &r->recorded, was);
    for (int n = rec_result(&r->conf, &r->out, now), k = 0; k < n; k++)
        for (int i = 0; i < now[k].n; i++) {
            size_t at = now[k].table->size * (size_t)i;
            const char *id = now[k].many ? item_id(r, &now[k], i) : "";
            if (!now[k].many)
                str_copyz(path, sizeof path, now[k].name);
            else if (id[0])
                snprintf(path, sizeof path, "%s.%s", now[k].name, id);
            else
                snprintf(path, sizeof path, "%s.%d", now[k].name, i);
            compare(&c, now[k].table, (const char *)was[k].items + at,
                    (const char *)now[k].items + at, path);
        }
    return c.n;
}

/* ---- why ---- */
static void amps(struct buf *b, int32_t ma)
{
    buf_addf(b, "%.1f A", (double)ma / 1000);
}
static void phases(struct buf *b, const struct phases_i32 *p)
{
    for (int i = 0; i < PHASES; i++) {
        buf_addz(b, i ? " / " : "");
        if (phase_set(p, i))
            amps(b, p->v[i]);
        else
            buf_addz(b, "–");
    }
}
static void reading(const struct replay *r, const struct control_reading *m, struct buf *b)
{
    if (!m->known) {
        buf_addz(b, "no value yet");
        return;
    }
    if (m->power_w.set)
        buf_addf(b, "%" PRId32 " W, ", m->power_w.v);
    phases(b, &m->current_ma);
    buf_addf(b, ", %.1f s old", (double)mono_since_ms(r->now.mono, m->at) / 1000);
}
static void opt(struct buf *b, const char *name, struct opt_i32 v, const char *unit)
{
    if (v.set)
        buf_addf(b, "  %s %" PRId32 " %s\n", name, v.v, unit);
}
static void timer(const struct replay *r, struct buf *b, const char *name,
                  const struct control_timer *t)
{
    if (t->on)
        buf_addf(b, "    %s for %.1f s\n", name,
                 (double)mono_since_ms(r->now.mono, t->since) / 1000);
}
static void explain_house(const struct replay *r, struct buf *b)
{
    static const char *const meters[] = {[METER_GOOD] = "good",
                                         [METER_SUSPECT] = "late",
                                         [METER_MISSING] = "missing",
                                         [METER_FROZEN] = "frozen",
                                         [METER_NONE] = "none"};
    buf_addz(b, "grid: ");
    reading(r, &r->in.grid, b);
    buf_addf(b, "; trust %s%s\n", meters[r->out.meter],
             r->out.implausible ? ", its last value is impossible" : "");
    opt(b, "surplus, mean", r->out.surplus_w, "W");
    opt(b, "battery", r->in.battery_w, r->in.battery_late ? "W (late)" : "W");
    opt(b, "battery could deliver", r->in.battery_can_w, "W");
    opt(b, "grid operator allows", r->in.consume_w, "W");
    buf_addf(b, "  cars %" PRId32 " W, imbalance %" PRId32 " VA\n", r->out.charger_w,
             r->out.imbalance_va);
    if (!r->in.config_agreed)
        buf_addz(b, "  services run on different site files\n");
    if (r->in.group.member) {
        buf_addf(b, "  group: leader %s", r->in.group.lost ? "lost" : "there");
        opt(b, ", allows", r->in.group.max_ma, "mA");
        buf_addz(b, "\n");
    }
    for (int i = 0; i < r->conf.circuits_n; i++) {
        buf_addf(b, "circuit %s: flows ", r->circuit_ids[i]);
        phases(b, &r->out.circuits[i].current_ma);
        buf_addz(b, "; left ");
        phases(b, &r->out.circuits[i].available_ma);
        buf_addz(b, "; rating ");
        amps(b, r->circuits[i].max_current_ma);
        buf_addz(b, "\n");
    }
}
static void explain_charger(const struct replay *r, int i, struct buf *b)
{
    const struct control_charger_in *in = &r->charger_ins[i];
    const struct control_charger_state *x = &r->state.chargers[i];
    const struct control_decision *d = &r->out.chargers[i];
    struct reason why;
    control_reason_text(&d->reason, replay_circuit(r, d->reason.circuit), &why);
    buf_addf(b, "%s %s: ", i < r->conf.chargers_n ? "charger" : "load", r->charger_ids[i]);
    amps(b, d->current_ma);
    buf_addf(b, " (fallback ");
    amps(b, d->fallback_ma);
    buf_addf(b, ")%s\n  why: %s [%s, bound by %s]\n",
             d->send ? "" : ", nothing is sent: too little is known", why.text, why.code,
             enum_text(&limit_enum, (int)control_reason_limit(d->reason.code)));
    buf_addf(b, "  mode %s%s, state %s, %s, priority %d\n",
             enum_text(&charge_mode_enum, (int)in->mode), in->paused ? " (paused)" : "",
             in->state ? enum_text(&evse_state_enum, (int)in->state) : "unknown",
             !in->known   ? "never heard of"
             : in->online ? "online"
                          : "offline",
             x->priority);
    buf_addz(b, "  draws ");
    reading(r, &in->meas, b);
    buf_addf(b, "; counts with %d phase(s)%s\n", x->lanes,
             d->load_detected ? ", as seen" : ", as configured");
    opt(b, "its bridge told the box", in->applied_ma, "mA");
    opt(b, "maximum chosen", in->max_ma, "mA");
    opt(b, "minimum chosen", in->min_ma, "mA");
    opt(b, "cap of rules and budgets", in->cap.current_ma, "mA");
    timer(r, b, "minimum power through a cloud", &x->hold);
    timer(r, b, "stopped for lack of sun", &x->stopped);
    timer(r, b, "takes less than offered", &x->slack);
    timer(r, b, "offered, does not charge", &x->idle_since);
    if (d->next_mono_ms.set)
        buf_addf(b, "  next step in %.1f s\n", (double)(d->next_mono_ms.v - r->now.mono.ms) / 1000);
}
void replay_explain(const struct replay *r, int charger, struct buf *out)
{
    explain_house(r, out);
    for (int i = 0; i < takers_n(&r->conf); i++)
        if (charger < 0 || charger == i)
            explain_charger(r, i, out);
}
