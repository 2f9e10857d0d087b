/* SPDX-License-Identifier: Apache-2.0
 * A walk through the inputs of the feed-in core; its inverters follow in most of the steps, so that
 * cuts, raises, batteries that are asked and the estimate of what the limit costs all come up. */
#include "services/surplus-controller/core/feedin.h"
#include "tests/unit/run.h"
#include "tests/unit/surplus-controller/walk.h"

enum { UNITS = 2 };
static struct feedin_unit_conf units[UNITS];
static struct feedin_unit_in ins[UNITS];
static struct feedin_unit_state states[UNITS];
static struct feedin_order orders[UNITS];
static struct feedin_config conf;
static struct feedin_in in;
static struct feedin_state state;
static struct feedin_out out;
static struct now now;
static int32_t sun_w[UNITS], house_w, taken_w, grid_w;

#define X WALK_UNSET
static const struct walk_field fields[] = {
    {"meter", WALK_ENUM, &in.meter,
     WALK_VALUES(METER_GOOD, METER_GOOD, METER_GOOD, METER_SUSPECT, METER_MISSING, METER_FROZEN)},
    {"begun", WALK_BOOL, &in.begun, WALK_VALUES(1, 1, 1, 1, 0)},
    {"agreed", WALK_BOOL, &in.config_agreed, WALK_VALUES(1, 1, 1, 0)},
    {"produce", WALK_OPT, &in.produce_w, WALK_VALUES(X, X, 0, 2000, 5999, 6000, 6001)},
    {"limit", WALK_OPT, &conf.limit_w, WALK_VALUES(X, 0, 3000, 6000, 6000, 6000)},
    {"room", WALK_I32, &in.battery_room_w, WALK_VALUES(0, 199, 200, 201, 999, 1000, 1001, 3000)},
    {"taken", WALK_I32, &taken_w, WALK_VALUES(0, 0, 200, 1000)},
    {"sun0", WALK_I32, &sun_w[0], WALK_VALUES(0, 100, 4000, 8000, 8000, 10000)},
    {"sun1", WALK_I32, &sun_w[1], WALK_VALUES(0, 3000, 8000, 8000)},
    {"house", WALK_I32, &house_w, WALK_VALUES(0, 300, 1500, 4000, 9000)},
    {"max0", WALK_OPT, &ins[0].max_w, WALK_VALUES(X, 0, 10000, 10000)},
    {"max1", WALK_OPT, &ins[1].max_w, WALK_VALUES(X, 1, 5000, 10000)},
    {"ours1", WALK_BOOL, &units[1].control, WALK_VALUES(0, 1, 1)},
};
static const int32_t pauses[] = {200,   1000,  1000,  1000,  1000,  4999,  5000,   5001,   9999,
                                 10000, 10001, 30000, 59999, 60000, 60000, 299999, 300000, 1800000};

static void answer(struct walk *w)
{
    struct reason why;
    for (int i = 0; i < UNITS; i++) {
        const struct feedin_order *o = &orders[i];
        feedin_reason_text(&o->reason, &why);
        walk_line(w, i, "i%d %s%d W, alone %s%d W%s %s(%d %d)", i, o->limit_w.set ? "" : "free ",
                  o->limit_w.v, o->fallback_w.set ? "" : "free ", o->fallback_w.v,
                  o->curtailed ? ", curtailed" : "", why.code, o->reason.p[0], o->reason.p[1]);
    }
    feedin_reason_text(&out.reason, &why);
    walk_line(w, UNITS, "%s(%d %d) costs %d W", why.code, out.reason.p[0], out.reason.p[1],
              out.curtailed_w);
    walk_line(w, UNITS + 1, "sent %d %d", orders[0].send, orders[1].send);
    walk_numbers(w, "next +%" PRId64, out.next.ms - now.mono.ms);
}
/* What the inverters give and the meter shows now. */
static void physics(struct walk *w, int kind)
{
    int32_t sum = 0;
    for (int i = 0; i < UNITS; i++) {
        int32_t most = orders[i].limit_w.set ? orders[i].limit_w.v : INT32_MAX;
        int32_t is = sun_w[i] < most ? sun_w[i] : most;
        if (kind == 4 && ins[i].power_w.set) { /* slow: half of the way */
            is = (ins[i].power_w.v + is) / 2;
            walk_note(w, "i%d slow", i);
        }
        sum += is;
        ins[i].power_w = SOME_I32(is);
        if (kind == 5 && i == 0) {
            ins[i].power_w.set = false;
            walk_note(w, "i0 silent");
        }
    }
    if (kind != 6)
        grid_w = house_w + taken_w - sum;
    else
        walk_note(w, "meter stands still");
}
static void pass(struct walk *w, uint32_t seed, int steps)
{
    walk_title(w, seed, seed % 3 ? "two inverters" : "only the first may be limited");
    memset(ins, 0, sizeof ins);
    memset(states, 0, sizeof states);
    memset(orders, 0, sizeof orders);
    memset(&state, 0, sizeof state);
    conf = feedin_config_default();
    conf.units = units;
    conf.n = UNITS;
    conf.limit_w = SOME_I32(6000);
    for (int i = 0; i < UNITS; i++) {
        units[i].control = true;
        ins[i].max_w = SOME_I32(i ? 5000 : 10000);
        sun_w[i] = i ? 3000 : 8000;
    }
    units[1].control = seed % 3 != 0;
    house_w = taken_w = 0;
    in =
        (struct feedin_in){.units = ins, .meter = METER_GOOD, .begun = true, .config_agreed = true};
    state.units = states;
    out.units = orders;
    now = (struct now){{1000000}, {1750000000000}};
    for (int k = 0; k < steps; k++) {
        int32_t ms = walk_pick(w, pauses, COUNT_OF(pauses)), kind = walk_dice(w, 0, 11);
        if (k && walk_dice(w, 0, 2) == 0)
            walk_change(w, fields, COUNT_OF(fields));
        walk_note(w, "+%d ms", ms);
        now.mono.ms += ms;
        physics(w, kind);
        if (kind == 0)
            walk_note(w, "no frame");
        else
            in.frame_at = now.mono, in.grid_w = grid_w;
        int32_t late = kind == 1 ? 1500 : kind == 2 ? 1501 : 0;
        if (late)
            walk_note(w, "late %d", late);
        ins[0].at.ms = now.mono.ms - late;
        ins[1].at = now.mono;
        feedin_step(&state, &in, &conf, now, &out);
        answer(w);
    }
}
START_TEST(feedin_answers)
{
    struct walk w;
    walk_begin(&w);
    for (uint32_t seed = 1; seed <= 18; seed++)
        pass(&w, seed, 20);
    walk_end(&w, "feedin");
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("walk_feedin");
    tcase_set_timeout(t, 120); /* a busy machine, with sanitizers */
    tcase_add_test(t, feedin_answers);
    return run_case(t, "walk_feedin");
}
