/* SPDX-License-Identifier: Apache-2.0
 * What a decision about a load is called: reasons in W, when it changes by itself, SG Ready states,
 * faults. All of it by tables, the load alone in its house. */
#include "services/surplus-controller/core/layers.h"
#include "services/surplus-controller/core/load.h"
#include "tests/unit/run.h"

enum { NOW = 10000000, MIN = 60000 };
static struct control_load_conf conf;
static struct control_load_in in;
static struct control_load_state load;
static struct control_charger_state taker;
static struct control_charger_in taker_in;
static struct control_config config;
static struct control_snapshot snap;
static struct control_state state;
static struct control_decision d;
static struct control_load_decision out;
static const struct step step = {.s = &state, .in = &snap, .c = &config, .now = NOW};

static void setup(void)
{
    conf = (struct control_load_conf){.kind = CONTROL_LOAD_POWER,
                                      .power_w = 3000,
                                      .on_delay_ms = 1 * MIN,
                                      .off_delay_ms = 2 * MIN,
                                      .min_run_ms = 3 * MIN,
                                      .min_rest_ms = 4 * MIN,
                                      .block_max_ms = 5 * MIN,
                                      .block_pause_ms = 6 * MIN,
                                      .react_ms = 30000};
    in = (struct control_load_in){.mode = LOAD_MODE_SOLAR};
    load = (struct control_load_state){0};
    taker = (struct control_charger_state){.lanes = 1, .current_ma = 4000};
    taker_in = (struct control_charger_in){.known = true, .online = true};
    config = control_config_default();
    config.loads = &conf;
    config.loads_n = 1;
    snap = (struct control_snapshot){.chargers = &taker_in, .loads = &in};
    state = (struct control_state){.chargers = &taker, .loads = &load};
    d = (struct control_decision){.send = true, .fallback_ma = 2000};
}
static void decide(enum control_code code)
{
    d.reason = (struct control_reason){code, {1000, 2000, 3000}, 7};
    load_decide(&step, 0, &d, &out);
}

/* Parameters 1000, 2000 and 3000: what is a current there is a power here, the rest stays. */
static const struct {
    enum control_code from, to;
    int32_t p[3];
} words[] = {
    {CONTROL_OFFLINE, CONTROL_LOAD_OFFLINE, {1000, 2000, 3000}},
    {CONTROL_FULL_POWER, CONTROL_LOAD_ON, {230, 2000, 3000}},
    {CONTROL_OVERRIDE_MAX, CONTROL_LOAD_MAX, {230, 2000, 3000}},
    {CONTROL_TRIMMED, CONTROL_LOAD_TRIMMED, {230, 2000, 3000}},
    {CONTROL_CIRCUIT, CONTROL_LOAD_CIRCUIT, {230, 2000, 3000}},
    {CONTROL_CIRCUIT_PAUSE, CONTROL_LOAD_CIRCUIT_OFF, {230, 460, 3000}},
    {CONTROL_REDUCED, CONTROL_LOAD_REDUCED, {230, 2000, 3000}},
    {CONTROL_IMBALANCE, CONTROL_LOAD_IMBALANCE, {230, 2000, 3000}},
    {CONTROL_TURN, CONTROL_LOAD_TURN, {1000, 2000, 3000}},
    {CONTROL_GRID_LIMIT, CONTROL_LOAD_GRID_LIMIT, {230, 2000, 3000}},
    {CONTROL_GRID_LIMIT_PAUSE, CONTROL_LOAD_GRID_LIMIT_OFF, {1000, 2000, 3000}},
    {CONTROL_METER_MISSING, CONTROL_LOAD_METER, {230, 2000, 3000}},
    {CONTROL_METER_FROZEN, CONTROL_LOAD_METER, {230, 2000, 3000}},
    {CONTROL_SETTLING, CONTROL_LOAD_SETTLING, {1000, 2000, 3000}},
    {CONTROL_SURPLUS, CONTROL_LOAD_SURPLUS, {920, 1000, 3000}}, /* its power, the surplus */
    {CONTROL_RULE, CONTROL_RULE, {1000, 2000, 3000}},
    {CONTROL_LOAD_OFF, CONTROL_LOAD_OFF, {1000, 2000, 3000}},
};
START_TEST(reasons_of_chargers_in_words_for_loads)
{
    for (int lanes = 1; lanes <= 3; lanes += 2) {
        setup();
        taker.lanes = (uint8_t)lanes;
        decide(words[_i].from);
        ck_assert_int_eq(d.reason.code, words[_i].to);
        ck_assert_int_eq(d.reason.circuit, 7);
        for (int p = 0; p < 3; p++) {
            int32_t raw = (p + 1) * 1000, want = words[_i].p[p];
            if (want != raw && !(words[_i].from == CONTROL_SURPLUS && p == 1))
                want *= lanes;
            ck_assert_msg(d.reason.p[p] == want, "%d: %d", p, d.reason.p[p]);
        }
        ck_assert(!d.next_mono_ms.set);
    }
}
END_TEST

/* Each timer began at another time; 0: nothing changes by itself. */
static const struct {
    enum control_code code;
    int64_t at;
} changes[] = {
    {CONTROL_LOAD_DELAY, NOW - 10000 + 1 * MIN},
    {CONTROL_LOAD_HOLD, NOW - 20000 + 2 * MIN},
    {CONTROL_LOAD_MIN_RUN, NOW - 30000 + 3 * MIN},
    {CONTROL_LOAD_REST, NOW - 30000 + 4 * MIN},
    {CONTROL_LOAD_BLOCKED, NOW - 40000 + 5 * MIN},
    {CONTROL_LOAD_OFF_BLOCKED, NOW - 40000 + 5 * MIN},
    {CONTROL_LOAD_BLOCK_OVER, NOW - 50000 + 6 * MIN},
};
START_TEST(when_it_changes_by_itself)
{
    setup();
    load.above.since.ms = NOW - 10000;
    load.below.since.ms = NOW - 20000;
    load.switched_at.ms = NOW - 30000;
    load.block.since.ms = NOW - 40000;
    load.released.since.ms = NOW - 50000;
    decide(changes[_i].code);
    ck_assert(d.next_mono_ms.set);
    ck_assert_int_eq(d.next_mono_ms.v, changes[_i].at);
    d.next_mono_ms = SOME_I64(5);
    decide(CONTROL_LOAD_OFF);
    ck_assert_int_eq(d.next_mono_ms.v, 5); /* what holds for chargers too stays */
    conf.on_delay_ms = 10000;
    decide(CONTROL_LOAD_DELAY); /* it is now */
    ck_assert(!d.next_mono_ms.set);
    conf.on_delay_ms = 10001;
    decide(CONTROL_LOAD_DELAY);
    ck_assert_int_eq(d.next_mono_ms.v, NOW + 1);
}
END_TEST

static const struct {
    enum control_load_kind kind;
    bool block, on, can_force;
    enum load_mode mode;
    enum sg_state sg;
    int on_told; /* -1: it runs as it likes */
} states[] = {
    {CONTROL_LOAD_POWER, true, true, true, LOAD_MODE_ON, SG_STATE_UNSET, 1},
    {CONTROL_LOAD_SWITCHED, false, false, false, LOAD_MODE_ON, SG_STATE_UNSET, 0},
    {CONTROL_LOAD_SG_READY, true, true, true, LOAD_MODE_ON, SG_STATE_BLOCK, -1},
    {CONTROL_LOAD_SG_READY, false, false, true, LOAD_MODE_ON, SG_STATE_NORMAL, -1},
    {CONTROL_LOAD_SG_READY, false, true, true, LOAD_MODE_ON, SG_STATE_FORCED, -1},
    {CONTROL_LOAD_SG_READY, false, true, false, LOAD_MODE_ON, SG_STATE_RECOMMENDED, -1},
    {CONTROL_LOAD_SG_READY, false, true, true, LOAD_MODE_SOLAR, SG_STATE_RECOMMENDED, -1},
    {CONTROL_LOAD_GENERATOR, false, true, false, LOAD_MODE_SOLAR, SG_STATE_UNSET, 1},
    {CONTROL_LOAD_GENERATOR, false, true, false, LOAD_MODE_NORMAL, SG_STATE_UNSET, -1},
    {CONTROL_LOAD_SWITCHED, false, true, false, LOAD_MODE_NORMAL, SG_STATE_UNSET, 1},
};
START_TEST(what_it_is_told)
{
    setup();
    conf.kind = states[_i].kind;
    conf.can_force = states[_i].can_force;
    load.block.on = states[_i].block;
    load.on = states[_i].on;
    in.mode = states[_i].mode;
    decide(CONTROL_LOAD_NORMAL);
    ck_assert_int_eq(out.sg, states[_i].sg);
    ck_assert_int_eq(out.on.set ? out.on.v : -1, states[_i].on_told);
    ck_assert_int_eq(out.fallback_w, 460);
    bool yields = conf.kind == CONTROL_LOAD_GENERATOR && load.on;
    ck_assert_int_eq(out.power_w, yields ? 3000 : 920);
    in.max_power_w = SOME_I32(2000);
    decide(CONTROL_LOAD_NORMAL);
    ck_assert_int_eq(out.power_w, yields ? 2000 : 920);
    in.max_power_w = SOME_I32(4000);
    decide(CONTROL_LOAD_NORMAL);
    ck_assert_int_eq(out.power_w, yields ? 3000 : 920);
}
END_TEST

static const struct {
    bool free, deaf, on, released, limit;
    int64_t deaf_ms;
    enum control_load_fault fault;
} faults[] = {
    {false, false, false, false, false, 0, LOAD_FAULT_NONE},
    {true, true, true, true, true, 90000, LOAD_FAULT_FREE},
    {false, true, true, false, false, 29999, LOAD_FAULT_NONE},
    {false, true, true, false, false, 30000, LOAD_FAULT_WILL_NOT},
    {false, true, false, false, false, 30000, LOAD_FAULT_WILL_STILL},
    {false, false, true, false, false, 90000, LOAD_FAULT_NONE},
    {false, false, false, true, true, 0, LOAD_FAULT_BLOCK_OVER},
    {false, false, true, true, true, 0, LOAD_FAULT_NONE},
    {false, false, false, true, false, 0, LOAD_FAULT_NONE},
    {false, false, false, false, true, 0, LOAD_FAULT_NONE},
};
START_TEST(what_is_wrong_with_it)
{
    setup();
    in.free = faults[_i].free;
    load.deaf = (struct control_timer){faults[_i].deaf, {NOW - faults[_i].deaf_ms}};
    load.on = faults[_i].on;
    load.released.on = faults[_i].released;
    snap.consume_w = (struct opt_i32){4200, faults[_i].limit};
    decide(CONTROL_LOAD_NORMAL);
    ck_assert_int_eq(out.fault, faults[_i].fault);
    ck_assert_int_eq(d.send, !faults[_i].free);
}
END_TEST

static const struct {
    bool block, released, on, off, limit, online, free;
    enum control_code code;
    int32_t p0, p1;
} blocks[] = {
    {false, false, false, false, true, true, false, CONTROL_LOAD_NORMAL, 1000, 2000},
    {true, false, false, false, true, true, false, CONTROL_LOAD_BLOCKED, 5, 4200},
    {true, false, false, true, true, true, false, CONTROL_LOAD_OFF_BLOCKED, 5, 0},
    {true, true, false, false, true, true, false, CONTROL_LOAD_BLOCKED, 5, 4200},
    {false, true, false, false, true, true, false, CONTROL_LOAD_BLOCK_OVER, 6, 0},
    {false, true, false, true, false, true, false, CONTROL_LOAD_BLOCK_OVER, 6, 0},
    {false, true, false, false, false, true, false, CONTROL_LOAD_NORMAL, 1000, 2000},
    {false, true, true, true, true, true, false, CONTROL_LOAD_NORMAL, 1000, 2000},
    {true, true, false, true, true, false, false, CONTROL_LOAD_NORMAL, 1000, 2000},
    {true, true, false, true, true, true, true, CONTROL_LOAD_NORMAL, 1000, 2000},
};
START_TEST(why_it_is_blocked)
{
    setup();
    conf.kind = CONTROL_LOAD_SG_READY;
    load.block = (struct control_timer){blocks[_i].block, {NOW}};
    load.released = (struct control_timer){blocks[_i].released, {NOW}};
    load.on = blocks[_i].on;
    in.mode = blocks[_i].off ? LOAD_MODE_OFF : LOAD_MODE_SOLAR;
    in.free = blocks[_i].free;
    snap.consume_w = (struct opt_i32){4200, blocks[_i].limit};
    taker_in.online = blocks[_i].online;
    decide(CONTROL_LOAD_NORMAL);
    ck_assert_int_eq(d.reason.code, blocks[_i].code);
    ck_assert_int_eq(d.reason.p[0], blocks[_i].p0);
    ck_assert_int_eq(d.reason.p[1], blocks[_i].p1);
    setup();
    taker_in.known = false;
    load.block = (struct control_timer){true, {NOW}};
    decide(CONTROL_LOAD_NORMAL);
    ck_assert_int_eq(d.reason.code, CONTROL_LOAD_NORMAL);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("load_say");
    tcase_add_loop_test(t, reasons_of_chargers_in_words_for_loads, 0, COUNT_OF(words));
    tcase_add_loop_test(t, when_it_changes_by_itself, 0, COUNT_OF(changes));
    tcase_add_loop_test(t, what_it_is_told, 0, COUNT_OF(states));
    tcase_add_loop_test(t, what_is_wrong_with_it, 0, COUNT_OF(faults));
    tcase_add_loop_test(t, why_it_is_blocked, 0, COUNT_OF(blocks));
    return run_case(t, "load_say");
}
