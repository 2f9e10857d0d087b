/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/day/story.h"

void story_init(struct story *s, const struct day *d, FILE *to)
{
    memset(s, 0, sizeof *s);
    s->d = d;
    s->to = to;
    for (int i = 0; i < d->expects_n; i++) {
        s->expects[i].charger =
            d->expects[i].charger[0] ? day_charger_index(d, d->expects[i].charger) : 0;
        s->expects[i].device =
            d->expects[i].device[0] ? day_device_index(d, d->expects[i].device) : -1;
    }
}

/* ---- for people ---- */
static void tell(struct story *s, const struct check *k, int i)
{
    const struct control_decision *d = &k->out->chargers[i];
    const struct box *b = &k->p->boxes[i];
    struct reason why;
    int at = k->p->second;
    if (b->switched_s == at)
        fprintf(s->to, "%02d:%02d:%02d %s has closed %d phase%s\n", at / 3600, at / 60 % 60,
                at % 60, s->d->chargers[i].id, b->closed, b->closed == 1 ? "" : "s");
    if (s->boxes[i].told && s->boxes[i].ma == d->current_ma && s->boxes[i].code == d->reason.code)
        return;
    s->boxes[i].told = true;
    s->boxes[i].ma = d->current_ma;
    s->boxes[i].code = d->reason.code;
    control_reason_text(&d->reason, s->d->circuits[d->reason.circuit].id, &why);
    fprintf(s->to, "%02d:%02d:%02d %s %.1f A %s: %s\n", at / 3600, at / 60 % 60, at % 60,
            s->d->chargers[i].id, d->current_ma / 1000.0, why.code, why.text);
}
static void tell_device(struct story *s, const struct check *k, int i)
{
    const struct control_decision *d = &k->out->chargers[s->d->chargers_n + i];
    const struct control_load_decision *o = &k->out->loads[i];
    struct reason why;
    int at = k->p->second;
    int32_t w = o->power_w;
    if (s->devices[i].told && s->devices[i].ma == w && s->devices[i].code == d->reason.code)
        return;
    s->devices[i].told = true;
    s->devices[i].ma = w;
    s->devices[i].code = d->reason.code;
    control_reason_text(&d->reason, s->d->circuits[d->reason.circuit].id, &why);
    fprintf(s->to, "%02d:%02d:%02d %s %s %d W %s%s: %s\n", at / 3600, at / 60 % 60, at % 60,
            s->d->devices[i].id, device_running(o) ? "on" : "off", w,
            o->sg ? enum_text(&sg_state_enum, (int)o->sg) : "", why.code, why.text);
}

/* ---- what is expected ---- */
static void wrong(struct story *s, struct check *k, int e, const char *what, long is)
{
    if (s->expects[e].done)
        return;
    s->expects[e].done = true;
    const struct day_expect *x = &s->d->expects[e];
    check_note(k, DAY_EXPECT, "expectation %d (%s): %s, it is %ld", e + 1,
               x->charger[0]  ? x->charger
               : x->device[0] ? x->device
                              : "site",
               what, is);
}
static bool code_is(const struct control_decision *d, const char *code)
{
    struct reason why;
    control_reason_text(&d->reason, "", &why);
    return strcmp(why.code, code) == 0;
}
static void setpoint(struct story *s, struct check *k, int e)
{
    const struct day_expect *x = &s->d->expects[e];
    const struct control_decision *d = &k->out->chargers[s->expects[e].charger];
    if (x->at_least_ma.set && d->current_ma < x->at_least_ma.v)
        wrong(s, k, e, "setpoint too low, mA", d->current_ma);
    if (x->at_most_ma.set && d->current_ma > x->at_most_ma.v)
        wrong(s, k, e, "setpoint too high, mA", d->current_ma);
    const struct box *b = &k->p->boxes[s->expects[e].charger];
    if (x->phases.set && b->closed != x->phases.v)
        wrong(s, k, e, "other contacts are closed, phases", b->closed);
    if (x->mode && b->mode != x->mode)
        wrong(s, k, e, "another mode is in force", (long)b->mode);
    if (b->switched_s == k->p->second)
        s->expects[e].switches++;
    if (x->reason[0] && !code_is(d, x->reason))
        wrong(s, k, e, "another reason than expected, code", d->reason.code);
    if (x->never[0] && code_is(d, x->never))
        wrong(s, k, e, "a reason that may not be, code", d->reason.code);
    if (x->once[0] && code_is(d, x->once))
        s->expects[e].once = true;
    if (k->p->second > x->from && !s->expects[e].was_ma && d->current_ma)
        s->expects[e].starts++;
    s->expects[e].was_ma = d->current_ma;
    s->expects[e].energy_mwh += (int64_t)box_w(&k->p->boxes[s->expects[e].charger]) * 1000 / 3600;
}
static void device(struct story *s, struct check *k, int e)
{
    const struct day_expect *x = &s->d->expects[e];
    int i = s->expects[e].device;
    const struct control_decision *d = &k->out->chargers[s->d->chargers_n + i];
    const struct device *o = &k->p->devices[i];
    bool runs = device_running(&k->out->loads[i]);
    if (x->runs.set && runs != x->runs.v)
        wrong(s, k, e, "told to run", runs);
    if (x->draws_above_w.set && o->w < x->draws_above_w.v)
        wrong(s, k, e, "draws too little, W", o->w);
    if (x->draws_below_w.set && o->w > x->draws_below_w.v)
        wrong(s, k, e, "draws too much, W", o->w);
    if (x->reason[0] && !code_is(d, x->reason))
        wrong(s, k, e, "another reason than expected, code", d->reason.code);
    if (x->never[0] && code_is(d, x->never))
        wrong(s, k, e, "a reason that may not be, code", d->reason.code);
    if (x->once[0] && code_is(d, x->once))
        s->expects[e].once = true;
    if (k->p->second > x->from && !s->expects[e].ran && runs)
        s->expects[e].starts++;
    s->expects[e].ran = runs;
    s->expects[e].energy_mwh += (int64_t)o->w * 1000 / 3600;
}
static void grid(struct story *s, struct check *k, int e)
{
    const struct day_expect *x = &s->d->expects[e];
    int64_t w = 0;
    if (x->battery_at_least_w.set && k->p->battery_w < x->battery_at_least_w.v)
        wrong(s, k, e, "the battery charges too little, W", k->p->battery_w);
    if (x->battery_at_most_w.set && k->p->battery_w > x->battery_at_most_w.v)
        wrong(s, k, e, "the battery charges too much, W", k->p->battery_w);
    for (int p = 0; p < PHASES; p++) {
        w += watts(k->p->flow_ma[0][p]);
        if (x->grid_below_ma.set && k->p->flow_ma[0][p] > x->grid_below_ma.v)
            wrong(s, k, e, "grid current too high, mA", k->p->flow_ma[0][p]);
    }
    s->expects[e].import_mwh += max_i64(0, w) * 1000 / 3600;
}
void story_second(struct story *s, struct check *k)
{
    for (int i = 0; s->to && i < s->d->chargers_n; i++)
        tell(s, k, i);
    for (int i = 0; s->to && i < s->d->devices_n; i++)
        tell_device(s, k, i);
    for (int e = 0; e < s->d->expects_n; e++)
        if (in_span(s->d->expects[e].from, s->d->expects[e].to, k->p->second)) {
            if (s->expects[e].device >= 0)
                device(s, k, e);
            else if (s->d->chargers_n)
                setpoint(s, k, e);
            grid(s, k, e);
        }
}
void story_end(struct story *s, struct check *k)
{
    for (int e = 0; e < s->d->expects_n; e++) {
        const struct day_expect *x = &s->d->expects[e];
        int64_t wh = s->expects[e].energy_mwh / 1000, in = s->expects[e].import_mwh / 1000;
        if (x->once[0] && !s->expects[e].once)
            wrong(s, k, e, "a reason never came, seen", 0);
        if (x->starts.set && s->expects[e].starts != x->starts.v)
            wrong(s, k, e, "another number of starts", s->expects[e].starts);
        if (x->switches.set && s->expects[e].switches != x->switches.v)
            wrong(s, k, e, "another number of switches", s->expects[e].switches);
        if (x->energy_above_wh.set && wh <= x->energy_above_wh.v)
            wrong(s, k, e, "too little energy, Wh", (long)wh);
        if (x->energy_below_wh.set && wh >= x->energy_below_wh.v)
            wrong(s, k, e, "too much energy, Wh", (long)wh);
        if (x->import_below_wh.set && in >= x->import_below_wh.v)
            wrong(s, k, e, "too much from the grid, Wh", (long)in);
    }
}
