/* SPDX-License-Identifier: Apache-2.0
 * day.c -- one day: plant, controller, checks; then a quarter of an hour and more in which nothing
 * changes by itself any more. */
#include "tests/sim/day/check.h"

enum { CALM_LONG_S = 1500, COMPARE_EVERY_S = 97 };

struct core {
    struct control_state s;
    struct control_charger_state chargers[DAY_CARS];
    struct control_circuit_state circuits[1];
    int16_t order[DAY_CARS];
    struct control_decision decisions[DAY_CARS];
    struct control_circuit_out circuit_outs[1];
    struct control_out out;
};
static void core_wire(struct core *x)
{
    x->s.chargers = x->chargers;
    x->s.circuits = x->circuits;
    x->s.order = x->order;
    x->out.chargers = x->decisions;
    x->out.circuits = x->circuit_outs;
}
const char *day_property_text(enum day_property p)
{
    static const char *const text[] = {
#define P(id, t) t,
        DAY_PROPERTIES(P)
#undef P
    };
    return text[p];
}
int day_violations(const struct day_result *r)
{
    int n = 0;
    for (int i = 0; i < DAY_PROPERTY_COUNT; i++)
        n += r->count[i];
    return n;
}
static void compare(struct check *k, const struct core *x, const struct control_snapshot *in,
                    const struct control_config *c, struct now now, day_spoil *spoil, int second)
{
    static struct core a, b;
    a = b = *x;
    core_wire(&a);
    core_wire(&b);
    control_step(&a.s, in, c, now, &a.out);
    control_step(&b.s, in, c, now, &b.out);
    if (spoil) {
        spoil(a.decisions, c->chargers_n, in, second);
        spoil(b.decisions, c->chargers_n, in, second);
    }
    for (int i = 0; i < c->chargers_n; i++)
        if (a.decisions[i].current_ma != b.decisions[i].current_ma ||
            memcmp(&a.decisions[i].reason, &b.decisions[i].reason, sizeof a.decisions[i].reason))
            check_note(k, DAY_EQUAL, second, "cp%d", i);
}
void day_run(const struct day_plan *d, day_spoil *spoil, struct day_result *r)
{
    static struct core x;
    static struct plant p;
    static struct check k;
    struct control_circuit_conf circuit = {-1, ALL_PHASES, true, d->fuse_ma, 0, {0}};
    struct control_config c = control_config_default();
    struct control_charger_in cars[DAY_CARS] = {0};
    struct control_reading unused = {0};
    struct control_snapshot in = {.circuits = &unused, .chargers = cars, .config_agreed = true};
    c.circuits = &circuit;
    c.circuits_n = 1;
    c.chargers = d->conf;
    c.chargers_n = d->cars_n;
    c.has_battery = d->battery;
    c.slice_ms = c.probe_ms = 2 * DAY_S * 1000; /* turns and probes are changes by the clock */
    memset(&x, 0, sizeof x);
    core_wire(&x);
    struct now now = {{1000}, {1750000000000}};
    control_init(&x.s, &c, now);
    plant_init(&p, d);
    check_init(&k, d, r);
    int64_t due = 0;
    for (int second = 1; second < DAY_S + CALM_LONG_S; second++) {
        p.calm = second >= DAY_S;
        now.mono.ms += 1000;
        now.wall.ms += 1000;
        plant_second(&p, x.decisions, second > 1);
        struct opt_i32 limit = in.consume_w;
        bool frame = plant_show(&p, &in, cars, now.mono.ms);
        bool news = limit.set != in.consume_w.set || limit.v != in.consume_w.v;
        if (second % COMPARE_EVERY_S == 0)
            compare(&k, &x, &in, &c, now, spoil, second);
        if (frame || news || now.mono.ms >= due || second % 10 == 0) {
            control_step(&x.s, &in, &c, now, &x.out);
            due = x.out.next.ms;
            if (spoil)
                spoil(x.decisions, c.chargers_n, &in, second);
        }
        check_second(&k, &p, &x.out, &in);
    }
    /* A cloud is seen a few seconds late; that much is no habit. */
    if (r->solar_grid_mwh > r->solar_mwh / 100 + 50000)
        check_note(&k, DAY_SUN, DAY_S, "%lld of %lld Wh", (long long)(r->solar_grid_mwh / 1000),
                   (long long)(r->solar_mwh / 1000));
}
