/* SPDX-License-Identifier: Apache-2.0
 * What fuses, phase balance, the leader of a group and the grid operator leave: the layer alone, by
 * numbers. A house connection of 40 A (1 A kept free, margin 1 %) with a circuit of 20 A below. */
#include "services/surplus-controller/core/layers.h"
#include "tests/unit/run.h"

enum { NOW = 50000000, MAIN = 0, SUB = 1, CIRCUITS = 2, CARS = 2 };
static struct control_circuit_conf circuits[CIRCUITS];
static struct control_charger_conf chargers[CARS];
static struct control_circuit_state k[CIRCUITS];
static struct control_charger_state x[CARS];
static struct control_charger_in ins[CARS];
static struct control_circuit_in limits[CIRCUITS];
static struct control_snapshot in;
static struct control_config c;
static struct control_state s;
static struct step t = {.s = &s, .in = &in, .c = &c};

static void setup(void)
{
    circuits[MAIN] = (struct control_circuit_conf){-1, ALL_PHASES, true, 40000, 1000, {0}};
    circuits[SUB] = (struct control_circuit_conf){MAIN, ALL_PHASES, false, 20000, 0, {0}};
    memset(k, 0, sizeof k);
    memset(x, 0, sizeof x);
    memset(ins, 0, sizeof ins);
    memset(limits, 0, sizeof limits);
    for (int i = 0; i < CARS; i++) {
        chargers[i] = (struct control_charger_conf){(int16_t)i, ALL_PHASES, 1, 6000, 16000, 8000};
        x[i].load = x[i].used = ALL_PHASES;
        x[i].lanes = PHASES;
        ins[i].known = ins[i].online = true;
    }
    in = (struct control_snapshot){.chargers = ins, .limits = limits};
    c = control_config_default();
    c.circuits = circuits;
    c.chargers = chargers;
    c.circuits_n = CIRCUITS;
    c.chargers_n = CARS;
    s = (struct control_state){.chargers = x, .circuits = k, .volt_mv = 230000};
    s.own_at.ms = NOW;
    t.now = NOW;
}
static void room_is(int circuit, int32_t a, int32_t b, int32_t d)
{
    const int32_t *r = k[circuit].cap;
    ck_assert_msg(r[0] == a && r[1] == b && r[2] == d, "circuit %d: %d %d %d", circuit, r[0], r[1],
                  r[2]);
}

/* ---- fuses ---- */
START_TEST(what_a_fuse_leaves)
{
    setup();
    k[MAIN].house_ma[0] = 5000;
    k[MAIN].house_ma[1] = -3000; /* sun on L2: more may be drawn there */
    k[SUB].house_ma[2] = 777;    /* of the step before: it has no meter */
    k[SUB].house_w = 777;
    k[SUB].blind = METER_FROZEN;
    circuits[SUB].phases = 5;
    circuits[SUB].max_power_w = SOME_I32(10000);
    envelope(&t);
    room_is(MAIN, 33600, 41600, 38600);
    room_is(SUB, 19800, 0, 19800);
    ck_assert_int_eq(k[MAIN].room_w, NO_BOUND);
    ck_assert_int_eq(k[SUB].room_w, 9900);
    ck_assert_int_eq(k[SUB].blind, METER_GOOD);
    ck_assert_int_eq(s.budget_w, NO_BOUND);
}
END_TEST
/* A circuit without a meter: what is known below it, and never what comes out of there. */
START_TEST(what_flows_below_a_circuit_without_a_meter)
{
    setup();
    circuits[MAIN].metered = false;
    circuits[SUB].metered = true;
    circuits[MAIN].max_power_w = circuits[SUB].max_power_w = SOME_I32(10000);
    k[MAIN].house_ma[1] = 9999;
    k[MAIN].house_w = 9999;
    k[SUB].house_ma[0] = 4000;
    k[SUB].house_ma[1] = -2000;
    k[SUB].house_w = 1500;
    envelope(&t);
    room_is(MAIN, 34600, 38600, 38600);
    room_is(SUB, 15800, 21800, 19800);
    ck_assert_int_eq(k[MAIN].room_w, 8400);
    ck_assert_int_eq(k[SUB].room_w, 8400);
    k[SUB].house_w = -900;
    envelope(&t);
    ck_assert_int_eq(k[MAIN].room_w, 9900);
    ck_assert_int_eq(k[SUB].room_w, 10800);
}
END_TEST
START_TEST(limits_of_expressions)
{
    setup();
    phase_put(&limits[SUB].current_ma, 0, 19799);
    phase_put(&limits[SUB].current_ma, 1, 19801);
    limits[SUB].power_w = SOME_I32(5000);
    limits[MAIN].power_w = SOME_I32(20000);
    envelope(&t);
    room_is(SUB, 19799, 19800, 19800);
    ck_assert_int_eq(k[SUB].room_w, 5000);
    ck_assert_int_eq(k[MAIN].room_w, 20000);
    in.limits = NULL;
    envelope(&t);
    room_is(SUB, 19800, 19800, 19800);
}
END_TEST
START_TEST(the_leader_of_a_group)
{
    static const struct {
        bool member, set;
        int32_t max, room;
        uint8_t binds;
    } rows[] = {{true, true, 38600, 38600, 0}, {true, true, 38599, 38599, 7},
                {true, true, 0, 0, 7},         {false, true, 0, 38600, 0},
                {true, false, 0, 38600, 0},    {true, true, 40000, 38600, 0}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        setup();
        s.group_binds = 2;
        in.group.member = rows[i].member;
        in.group.max_ma = (struct opt_i32){rows[i].max, rows[i].set};
        envelope(&t);
        room_is(MAIN, rows[i].room, rows[i].room, rows[i].room);
        room_is(SUB, 19800, 19800, 19800);
        ck_assert_int_eq(s.group_binds, rows[i].binds);
    }
    setup();
    k[MAIN].house_ma[1] = 20000;
    in.group.member = true;
    in.group.max_ma = SOME_I32(25000);
    envelope(&t);
    room_is(MAIN, 25000, 18600, 25000);
    ck_assert_int_eq(s.group_binds, 5);
}
END_TEST

/* ---- overdraw ---- */
static const struct {
    int32_t meter, cut, to; /* of L1 */
    bool framed, reduced, unmetered;
    int64_t since_ms;
    uint8_t strikes, strikes_then;
    bool on_then;
    int32_t was_ma, cap_then;
} overdraws[] = {
    {40000, 0, 16000, true, false, false, 0, 0, 0, false, 0, 0},
    {40001, 0, 16000, true, false, false, 0, 0, 0, true, 0, 15999},
    {42000, -2000, 16000, true, false, false, 0, 0, 0, false, 0, 0}, /* a cut is on its way */
    {42000, -1999, 16000, true, false, false, 0, 0, 0, true, 0, 15999},
    {42000, 0, 0, true, false, false, 0, 0, 0, false, 0, 0}, /* not the cars */
    {42000, 0, 1, true, false, false, 0, 0, 0, true, 0, 0},
    {42000, 0, 16000, false, false, false, 0, 0, 0, false, 0, 0}, /* no new frame */
    {42000, 0, 16000, true, false, false, 0, 4, 0, true, 0, 14000},
    {42000, 0, 32000, true, false, true, 0, 0, 3, true, 0, 16000}, /* 8 times, unmeasured */
    {42000, 0, 16000, true, true, false, 14999, 0, 1, true, 20000, 12000},
    {42000, 0, 16000, true, true, false, 15000, 2, 0, true, 20000, 14000},
    {42000, 0, 16000, true, true, false, 14999, 1, 2, true, 7000, 7000},
    {42000, 0, 16000, true, true, false, 14999, 1, 2, true, 9000, 8000},
    {40100, 0, 16000, true, true, false, 100, 5, 5, true, 20000, 12800},
    {30000, 0, 16000, true, true, false, 299999, 1, 1, true, 9000, 9000},
    {30000, 0, 16000, true, true, false, 300000, 1, 1, false, 9000, 9000},
};
START_TEST(an_overdraw_keeps_cars_reduced)
{
    setup();
    k[MAIN].meter_ma[0] = overdraws[_i].meter;
    k[MAIN].cut[0] = overdraws[_i].cut;
    k[MAIN].to[0] = overdraws[_i].to;
    k[MAIN].framed = overdraws[_i].framed;
    k[MAIN].unmetered = overdraws[_i].unmetered;
    k[MAIN].reduced[0] =
        (struct control_timer){overdraws[_i].reduced, {NOW - overdraws[_i].since_ms}};
    k[MAIN].reduced_ma[0] = overdraws[_i].was_ma;
    k[MAIN].strikes[0] = overdraws[_i].strikes;
    envelope(&t);
    ck_assert_int_eq(k[MAIN].reduced[0].on, overdraws[_i].on_then);
    ck_assert_int_eq(k[MAIN].reduced[1].on, false);
    if (overdraws[_i].on_then) {
        ck_assert_int_eq(k[MAIN].strikes[0], overdraws[_i].strikes_then);
        ck_assert_int_eq(k[MAIN].reduced_ma[0], overdraws[_i].cap_then);
        room_is(MAIN, overdraws[_i].cap_then, 38600, 38600);
    }
    if (overdraws[_i].meter > 40001 && overdraws[_i].on_then)
        ck_assert_int_eq(k[MAIN].reduced[0].since.ms, NOW);
    setup();
    c.reduced_ms = 0; /* switched off */
    k[MAIN].meter_ma[0] = 50000;
    k[MAIN].to[0] = 16000;
    k[MAIN].framed = true;
    envelope(&t);
    ck_assert(!k[MAIN].reduced[0].on);
}
END_TEST

/* ---- phase balance ---- */
START_TEST(balance)
{
    static const struct {
        enum control_balance balance;
        int32_t house[PHASES], tilt[PHASES];
    } rows[] = {
        {BALANCE_OFF, {1000, 2000, 3000}, {NO_BOUND, NO_BOUND, NO_BOUND}},
        {BALANCE_CARS, {1000, 2000, 3000}, {19800, 19800, 19800}},
        {BALANCE_ALL, {1000, 2000, 3000}, {19800, 18800, 17800}},
        {BALANCE_ALL, {5000, 1500, -500}, {14300, 17800, 19800}},
        {BALANCE_ALL, {0, -4000, 0}, {15800, 19800, 15800}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        setup();
        c.balance = rows[i].balance;
        memcpy(k[MAIN].house_ma, rows[i].house, sizeof rows[i].house);
        envelope(&t);
        for (int p = 0; p < PHASES; p++)
            ck_assert_msg(s.tilt[p] == rows[i].tilt[p], "row %zu L%d: %d", i, p + 1, s.tilt[p]);
    }
}
END_TEST

/* ---- the operator ---- */
static const struct {
    int32_t house_w, battery_w; /* battery INT32_MIN: not known; there is one unless 1 */
    enum control_meter meter;
    bool new_frame;
    int32_t own_was, dt, fall_was; /* at the last slope, ms ago, W/s then */
    int32_t fall_then;
    int64_t budget;
} budgets[] = {
    /* 4200 W and the own production, less 1 % */
    {3000, 1, METER_GOOD, true, 0, 0, 0, 0, 4158},
    {-3000, 1, METER_GOOD, true, 0, 0, 0, 0, 7128},
    {-3000, 1, METER_SUSPECT, true, 0, 0, 0, 0, 4158},
    {-3000, 500, METER_GOOD, true, 0, 0, 0, 0, 7623},
    {-3000, INT32_MIN, METER_GOOD, true, 0, 0, 0, 0, 4158},
    /* it fell by 1000 W/s, twice: 3.5 s ahead */
    {-6000, 1, METER_GOOD, true, 7000, 1000, -1000, -1000, 6633},
    {-6000, 1, METER_GOOD, true, 7000, 900, -1000, -1111, 6633},
    {-6000, 1, METER_GOOD, true, 7000, 899, -1000, -500, 10098}, /* too short to tell; -500 stays */
    {-6000, 1, METER_GOOD, false, 7000, 1000, -1000, -500, 10098},
    {-6000, 1, METER_GOOD, true, 7000, 15000, -1000, -66, 9870},
    {-6000, 1, METER_GOOD, true, 7000, 15001, -1000, 0, 10098},
    {-6000, 1, METER_GOOD, true, 5000, 1000, -1000, 0, 10098}, /* it rises */
    {-6000, 1, METER_GOOD, true, 7000, 1000, 0, -1000, 10098}, /* once: a kettle */
};
START_TEST(the_operator_s_budget)
{
    setup();
    in.consume_w = SOME_I32(4200);
    s.meter = budgets[_i].meter;
    s.new_frame = budgets[_i].new_frame;
    k[MAIN].house_w = budgets[_i].house_w;
    c.has_battery = budgets[_i].battery_w != 1;
    if (c.has_battery && budgets[_i].battery_w != INT32_MIN)
        in.battery_w = SOME_I32(budgets[_i].battery_w);
    s.own_w = budgets[_i].own_was;
    s.own_at.ms = NOW - budgets[_i].dt;
    bool counts = s.new_frame && budgets[_i].dt >= 900;
    s.own_fall[0] = counts ? budgets[_i].fall_was : -500;
    s.own_fall[1] = counts ? -9999 : 0;
    if (!budgets[_i].dt)
        s.own_fall[0] = 0;
    envelope(&t);
    ck_assert_int_eq(s.own_fall[0], budgets[_i].fall_then);
    ck_assert_msg(s.budget_w == budgets[_i].budget, "%lld", (long long)s.budget_w);
    if (counts) {
        ck_assert_int_eq(s.own_fall[1], budgets[_i].fall_was);
        ck_assert_int_eq(s.own_w, -budgets[_i].house_w);
        ck_assert_int_eq(s.own_at.ms, NOW);
    }
    in.consume_w.set = false;
    envelope(&t);
    ck_assert_int_eq(s.budget_w, NO_BOUND);
}
END_TEST

/* ---- boxes that do not answer, cars that take more ---- */
static const struct {
    bool known, online, over;
    int32_t applied, current, est; /* applied -1: it did not say */
    int32_t taken;                 /* of the room of both circuits */
} reserves[] = {
    {true, true, false, 16000, 16000, 16000, 0},
    {true, false, false, 16000, 16000, 0, 8000}, /* its fallback */
    {true, false, false, 7000, 16000, 0, 7000},  /* what it was told is less */
    {true, false, false, -1, 6500, 0, 6500},
    {true, false, false, -1, 9000, 0, 8000},
    {true, false, false, 7000, 16000, 12000, 12000}, /* what it draws is more */
    {false, false, false, 7000, 0, 0, 8000},
    {false, true, false, 0, 0, 0, 8000},
    {true, true, true, 10000, 10000, 12500, 2500},
    {true, true, true, 10000, 10000, 9000, 0},
    {true, true, false, 10000, 10000, 12500, 0},
    {true, false, true, 10000, 10000, 12500, 12500},
};
START_TEST(what_is_reserved)
{
    for (int phase = 0; phase < PHASES; phase++) {
        setup();
        ins[SUB].known = reserves[_i].known;
        ins[SUB].online = reserves[_i].online;
        ins[SUB].applied_ma = (struct opt_i32){reserves[_i].applied, reserves[_i].applied >= 0};
        x[SUB].over.on = reserves[_i].over;
        x[SUB].current_ma = reserves[_i].current;
        x[SUB].est[phase] = reserves[_i].est;
        envelope(&t);
        int32_t left = reserves[_i].taken;
        room_is(MAIN, 38600 - left, 38600 - left, 38600 - left);
        room_is(SUB, 19800 - left, 19800 - left, 19800 - left);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("envelope");
    tcase_add_test(tc, what_a_fuse_leaves);
    tcase_add_test(tc, what_flows_below_a_circuit_without_a_meter);
    tcase_add_test(tc, limits_of_expressions);
    tcase_add_test(tc, the_leader_of_a_group);
    tcase_add_loop_test(tc, an_overdraw_keeps_cars_reduced, 0, COUNT_OF(overdraws));
    tcase_add_test(tc, balance);
    tcase_add_loop_test(tc, the_operator_s_budget, 0, COUNT_OF(budgets));
    tcase_add_loop_test(tc, what_is_reserved, 0, COUNT_OF(reserves));
    return run_case(tc, "envelope");
}
