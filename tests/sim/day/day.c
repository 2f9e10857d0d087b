/* SPDX-License-Identifier: Apache-2.0
 * day.c -- one day: plant, controller, checks; then an hour in which nothing changes by itself. */
#include "tests/sim/day/check.h"
#include "tests/sim/day/choices.h"
#include "tests/sim/day/core.h"
#include "tests/sim/day/golden.h"
#include "tests/sim/day/story.h"

enum {
    COMPARE_EVERY_S = 97,
    SEAM_S = 60,
    SEAM_MA = 2600 /* a trimmed offer or not */,
    SEAM_ON_S = 8,
    SEAM_FOR_S = 20
};

struct run {
    const struct day *d;
    const struct day_options *o;
    struct plant p;
    struct core x, shadow; /* shadow: the one that was not restarted, fed with the same */
    struct views v;
    struct check k;
    struct choices choices;
    struct story story;
    struct golden golden;
    struct now now;
    bool alive;
    int64_t due_ms, seq;
    int process, shadow_until_s, other_s[CHARGERS], off_s[CHARGERS], apart_s[CHARGERS],
        beyond_s[CHARGERS];
    bool charged[CHARGERS]; /* before the restart */
    struct {
        struct control_decision d;
        int at_s;
    } sent[CHARGERS];
    struct {
        struct control_load_decision d;
        int at_s;
    } told[DEVICES];
    int load_off_s[DEVICES];
};
static void spoil(struct run *x, struct core *c)
{
    if (x->o->spoil)
        x->o->spoil(c->decisions, &c->c, &x->v.in, x->p.second);
    if (x->o->spoil_loads)
        x->o->spoil_loads(c->load_outs, &c->c, &x->v.in, x->p.second);
}
static bool differs(const struct control_decision *a, const struct control_decision *b)
{
    return a->current_ma != b->current_ma || memcmp(&a->reason, &b->reason, sizeof a->reason) != 0;
}
static bool orders_differ(const struct control_load_decision *a,
                          const struct control_load_decision *b)
{
    return a->on.set != b->on.set || a->on.v != b->on.v || a->sg != b->sg ||
           a->power_w != b->power_w || a->fallback_w != b->fallback_w;
}
static void compare(struct run *x)
{
    static struct core a, b;
    core_copy(&a, &x->x);
    core_copy(&b, &x->x);
    core_step(&a, &x->v.in, x->now);
    core_step(&b, &x->v.in, x->now);
    spoil(x, &a);
    spoil(x, &b);
    for (int i = 0; i < x->d->chargers_n; i++)
        if (differs(&a.decisions[i], &b.decisions[i]))
            check_note(&x->k, DAY_EQUAL, "%s", x->d->chargers[i].id);
    for (int k = 0; k < x->d->devices_n; k++)
        if (orders_differ(&a.load_outs[k], &b.load_outs[k]))
            check_note(&x->k, DAY_EQUAL, "%s", x->d->devices[k].id);
}

/* ---- restarts ---- */
/* The shadow believes that another car charges, or not, long enough for the plant to have followed;
 * or it sees this one draw what it did not order. What it sees from there on is not the house that
 * it thinks of. */
static bool astray(const struct run *x, int i)
{
    if (x->beyond_s[i] >= FOLLOW_S)
        return true;
    for (int o = 0; o < x->d->chargers_n; o++)
        if (o != i && x->apart_s[o] >= FOLLOW_S)
            return true;
    return false;
}
/* The new process must do what the old one would have done; a little later is allowed. */
static void seam(struct run *x)
{
    if (x->p.second >= x->shadow_until_s)
        return;
    core_step(&x->shadow, &x->v.in, x->now);
    for (int i = 0; i < x->d->chargers_n; i++) {
        int32_t old = x->shadow.decisions[i].current_ma, new = x->x.decisions[i].current_ma;
        const struct box *b = &x->p.boxes[i];
        int32_t takes = b->car < 0 ? 0 : x->d->cars[b->car].max_current_ma;
        old = min_i32(old, takes); /* more is seen by nobody */
        new = min_i32(new, takes);
        bool apart = (old == 0) != (new == 0), off = old - new > SEAM_MA || new - old > SEAM_MA;
        bool judged = plant_hungry(&x->p, i) && b->metered && !astray(x, i);
        /* Nothing starts before the mean is one, and somebody else may be first then. */
        int on_s = !new && !x->charged[i] ? SEAM_FOR_S : SEAM_ON_S;
        x->apart_s[i] += apart;
        x->beyond_s[i] = b->ma > old + SEAM_MA ? x->beyond_s[i] + 1 : 0;
        x->other_s[i] = apart && judged ? x->other_s[i] + 1 : 0;
        off = off && !apart && x->apart_s[i] < FOLLOW_S;
        x->off_s[i] = off && judged ? x->off_s[i] + 1 : 0;
        if (x->other_s[i] == on_s + x->k.reaction_s || x->off_s[i] == SEAM_FOR_S + x->k.reaction_s)
            check_note(&x->k, DAY_SEAM, "%s %d mA, it would have been %d mA", x->d->chargers[i].id,
                       new, old);
    }
}
static void seam_loads(struct run *x)
{
    if (x->p.second >= x->shadow_until_s)
        return;
    for (int k = 0; k < x->d->devices_n; k++) {
        const struct control_load_decision *old = &x->shadow.load_outs[k],
                                           *new = &x->x.load_outs[k];
        bool off = (device_running(old) != device_running(new) || old->sg != new->sg) &&
                   x->p.devices[k].answers && !x->p.devices[k].free;
        x->load_off_s[k] = off ? x->load_off_s[k] + 1 : 0;
        if (x->load_off_s[k] == SEAM_ON_S + x->k.reaction_s)
            check_note(&x->k, DAY_SEAM, "%s %d W, it would have been %d W", x->d->devices[k].id,
                       new->power_w, old->power_w);
    }
}
/* Stored messages come one after the other: of the boxes it knows nothing yet. */
static void first_message(struct run *x)
{
    struct control_charger_in heard[COUNT_OF(x->v.chargers)];
    memcpy(heard, x->v.chargers, sizeof heard);
    memset(x->v.chargers, 0, sizeof heard);
    core_step(&x->x, &x->v.in, x->now);
    memcpy(x->v.chargers, heard, sizeof heard);
}
/* True when a new process began. */
static bool life(struct run *x)
{
    bool was = x->alive;
    x->alive = !plant_fault(&x->p, ILL_RESTART, NULL);
    if (was == x->alive)
        return false;
    if (!x->alive) {
        core_copy(&x->shadow, &x->x);
        x->shadow_until_s = x->p.second;
        return false;
    }
    if (x->o->amnesia)
        core_start(&x->x, x->d, x->now);
    else
        core_restart(&x->x, x->d, &x->shadow, x->now);
    choices_restart(&x->choices);
    if (x->p.second - x->shadow_until_s <= 5) /* a longer gap is seen, of course */
        x->shadow_until_s = x->p.second + SEAM_S;
    memset(x->other_s, 0, sizeof x->other_s);
    memset(x->off_s, 0, sizeof x->off_s);
    memset(x->load_off_s, 0, sizeof x->load_off_s);
    memset(x->apart_s, 0, sizeof x->apart_s);
    memset(x->beyond_s, 0, sizeof x->beyond_s);
    for (int i = 0; i < x->d->chargers_n; i++)
        x->charged[i] = x->shadow.chargers[i].current_ma > 0;
    x->process++;
    x->due_ms = 0;
    first_message(x);
    return true;
}

/* ---- a second ---- */
static void send(struct run *x)
{
    char boot[LEASE_BOOT_CAP];
    snprintf(boot, sizeof boot, "boot%d", x->process);
    for (int i = 0; i < x->d->chargers_n; i++) {
        const struct control_decision *d = &x->x.decisions[i], *old = &x->sent[i].d;
        bool due = x->p.second - x->sent[i].at_s >= x->d->control.refresh_ms / 1000;
        if (!d->send ||
            !(due || d->current_ma != old->current_ma || d->fallback_ma != old->fallback_ma))
            continue;
        plant_setpoint(&x->p, i, boot, ++x->seq, d, x->now.mono);
        x->sent[i].d = *d;
        x->sent[i].at_s = x->p.second;
    }
}
static void send_orders(struct run *x)
{
    for (int k = 0; k < x->d->devices_n; k++) {
        const struct control_load_decision *d = &x->x.load_outs[k];
        bool due = x->p.second - x->told[k].at_s >= x->d->control.refresh_ms / 1000;
        if (!x->x.decisions[x->d->chargers_n + k].send ||
            !(due || orders_differ(d, &x->told[k].d) || !x->p.devices[k].told))
            continue;
        plant_order(&x->p, k, d);
        x->told[k].d = *d;
        x->told[k].at_s = x->p.second;
    }
}
static void run_battery(struct run *x)
{
    struct core *c = &x->x;
    if (!x->d->battery.managed && !x->d->battery.ours)
        return;
    core_battery(c, &x->v.in, plant_soc_pm(&x->p), x->now.mono, x->now);
    if (x->o->spoil_battery)
        x->o->spoil_battery(&c->battery_order, x->p.second);
    if (!c->battery_order.send)
        return;
    x->p.battery_order = c->battery_order;
    x->p.battery_told_s = x->p.second;
}
static void second(struct run *x)
{
    int late_ms = x->d->jitter_ms ? (int)(dice(&x->p.noise) % (uint64_t)x->d->jitter_ms) : 0;
    plant_second(&x->p);
    x->now.mono = plant_now(&x->p);
    x->now.mono.ms += late_ms;
    x->now.wall.ms = 1750000000000 + x->now.mono.ms;
    if (x->d->date[0])
        x->now.wall = choices_wall(&x->choices, x->p.second);
    choices_people(&x->choices, &x->p);
    bool news = plant_show(&x->p, &x->v, x->now.mono), began = life(x);
    if (x->alive && !(x->o->no_clock && x->p.second > x->d->from))
        news = choices_second(&x->choices, &x->p, &x->x, &x->v) || news;
    for (int i = 0; x->o->no_haste && i < x->d->chargers_n; i++)
        if (x->choices.v[i].out.mode == CHARGE_MODE_TARGET)
            x->v.chargers[i].mode = CHARGE_MODE_SOLAR_PURE;
    if (x->alive) {
        if (x->p.second % COMPARE_EVERY_S == 0)
            compare(x);
        if (news || began || x->now.mono.ms >= x->due_ms || x->p.second % 10 == 0) {
            core_step(&x->x, &x->v.in, x->now);
            x->due_ms = x->x.out.next.ms;
            spoil(x, &x->x);
        }
        run_battery(x);
        send(x);
        send_orders(x);
    }
    check_second(&x->k, &x->p, &x->x.out, &x->x.c, &x->v, x->alive, began);
    check_choices(&x->k, &x->choices);
    if (x->alive) {
        seam(x);
        seam_loads(x);
    }
    story_second(&x->story, &x->k);
    if (x->alive)
        golden_second(&x->golden, &x->x.out, x->p.second);
}
void day_run(const struct day *d, const struct day_options *o, struct day_result *r)
{
    static struct run x;
    int end = d->to + (d->calm ? CALM_S : 0);
    memset(&x, 0, sizeof x);
    x.d = d;
    x.o = o;
    x.alive = true;
    if (!plant_init(&x.p, d))
        abort();
    x.p.lease_lost = o->lease_lost;
    check_init(&x.k, d, r);
    x.k.p = &x.p;
    story_init(&x.story, d, o->story);
    golden_init(&x.golden, d, o->golden);
    x.now.mono = plant_now(&x.p);
    x.now.wall.ms = 1750000000000 + x.now.mono.ms;
    core_start(&x.x, d, x.now);
    choices_init(&x.choices, d);
    for (int s = d->from; s < end; s++)
        second(&x);
    check_end(&x.k);
    story_end(&x.story, &x.k);
    plant_end(&x.p);
}
