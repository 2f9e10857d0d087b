/* SPDX-License-Identifier: Apache-2.0
 * When a setpoint may move: the layer alone, by numbers. Two cars behind one fuse; the first goes
 * from 8 A to 12 A where a row does not say otherwise. */
#include "services/surplus-controller/core/layers.h"
#include "tests/unit/run.h"

enum { NOW = 50000000, CARS = 2, NO = -1 };
static struct control_circuit_conf circuits[2];
static struct control_charger_conf chargers[CARS];
static struct control_circuit_state k[2];
static struct control_charger_state x[CARS];
static struct control_charger_in ins[CARS];
static struct control_snapshot in;
static struct control_config c;
static struct control_state s;
static int16_t order_of[CARS];
static struct step t = {.s = &s, .in = &in, .c = &c};

static void setup(void)
{
    circuits[0] = (struct control_circuit_conf){-1, ALL_PHASES, true, 40000, 0, {0}};
    circuits[1] = (struct control_circuit_conf){0, ALL_PHASES, false, 40000, 0, {0}};
    memset(k, 0, sizeof k);
    memset(x, 0, sizeof x);
    memset(ins, 0, sizeof ins);
    for (int i = 0; i < CARS; i++) {
        chargers[i] = (struct control_charger_conf){(int16_t)i, ALL_PHASES, 1, 6000, 16000, 6000};
        x[i] = (struct control_charger_state){.load = ALL_PHASES,
                                              .lanes = 3,
                                              .max_ma = 16000,
                                              .min_ma = 6000,
                                              .certain = true,
                                              .seen = true};
        x[i].why.code = CONTROL_FULL_POWER;
        x[i].order_at.ms = x[i].changed_at.ms = x[i].flight_at.ms = x[i].served_at.ms = NOW - 10000;
        ins[i].known = ins[i].online = true;
        order_of[i] = (int16_t)i;
        for (int p = 0; p < PHASES; p++) {
            k[i].cap[p] = 38600;
            k[i].meter_ma[p] = 100 + p;
            k[i].base_ma[p] = 7;
        }
    }
    x[0].current_ma = 8000;
    x[0].got_ma = 12000;
    for (int p = 0; p < PHASES; p++)
        x[0].est[p] = 8000;
    in = (struct control_snapshot){.chargers = ins, .config_agreed = true};
    c = control_config_default();
    c.circuits = circuits;
    c.chargers = chargers;
    c.circuits_n = 2;
    c.chargers_n = CARS;
    s = (struct control_state){.chargers = x, .circuits = k, .order = order_of, .volt_mv = 230000};
    s.next.ms = NOW + 3600000;
    t.now = NOW;
}

/* ---- raising ---- */
static const struct {
    int32_t got, current, max, dead_band_w;
    uint8_t blind;
    bool battery_late, solar, group, not_agreed, uncertain, urgent;
    int32_t since_ms;
    int32_t is;
    enum control_code code;
} raises[] = {
    {12000, 8000, 16000, 140, 0, 0, 0, 0, 0, 0, 0, 10000, 12000, CONTROL_FULL_POWER},
    {8204, 8000, 16000, 140, 0, 0, 0, 0, 0, 0, 0, 10000, 8000, CONTROL_FULL_POWER},
    {8205, 8000, 16000, 140, 0, 0, 0, 0, 0, 0, 0, 10000, 8205, CONTROL_FULL_POWER},
    {8204, 8000, 16000, 140, 0, 0, 0, 0, 0, 0, 1, 10000, 8204, CONTROL_FULL_POWER},
    {8001, 8000, 8001, 140, 0, 0, 0, 0, 0, 0, 0, 10000, 8001, CONTROL_FULL_POWER},
    {8001, 8000, 16000, 0, 0, 0, 0, 0, 0, 0, 0, 10000, 8001, CONTROL_FULL_POWER},
    {6000, 0, 16000, 9000, 0, 0, 0, 0, 0, 0, 0, 10000, 6000, CONTROL_FULL_POWER},
    {12000, 8000, 16000, 140, METER_SUSPECT, 0, 0, 0, 0, 0, 1, 10000, 8000, CONTROL_METER_SUSPECT},
    {12000, 8000, 16000, 140, METER_MISSING, 0, 0, 0, 0, 0, 1, 10000, 8000, CONTROL_FULL_POWER},
    {12000, 8000, 16000, 140, 0, 1, 1, 0, 0, 0, 1, 10000, 8000, CONTROL_BATTERY_LATE},
    {12000, 8000, 16000, 140, 0, 1, 0, 0, 0, 0, 0, 10000, 12000, CONTROL_FULL_POWER},
    {12000, 8000, 16000, 140, 0, 0, 1, 0, 0, 0, 0, 10000, 12000, CONTROL_FULL_POWER},
    {12000, 8000, 16000, 140, 0, 0, 0, 1, 0, 0, 1, 10000, 8000, CONTROL_GROUP_WAIT},
    {12000, 8000, 16000, 140, 0, 0, 0, 0, 1, 0, 1, 10000, 8000, CONTROL_CONFIG},
    {12000, 8000, 16000, 140, 0, 0, 0, 0, 0, 0, 0, 9999, 8000, CONTROL_SETTLING},
    {12000, 8000, 16000, 140, 0, 0, 0, 0, 0, 1, 0, 10000, 8000, CONTROL_SETTLING},
    {12000, 8000, 16000, 140, 0, 0, 0, 0, 0, 1, 1, 0, 12000, CONTROL_FULL_POWER},
};
START_TEST(when_it_may_rise)
{
    setup();
    x[0].got_ma = raises[_i].got;
    x[0].current_ma = raises[_i].current;
    x[0].max_ma = raises[_i].max;
    c.dead_band_w = raises[_i].dead_band_w;
    x[0].blind = raises[_i].blind;
    x[0].solar = raises[_i].solar;
    x[0].urgent = raises[_i].urgent;
    x[0].certain = !raises[_i].uncertain;
    x[0].changed_at.ms = NOW - raises[_i].since_ms;
    in.battery_late = raises[_i].battery_late;
    in.group.member = raises[_i].group;
    in.config_agreed = !raises[_i].not_agreed;
    shape(&t);
    ck_assert_int_eq(x[0].got_ma, raises[_i].is);
    ck_assert_int_eq(x[0].current_ma, raises[_i].is);
    ck_assert_int_eq(x[0].why.code, raises[_i].code);
    if (raises[_i].code != CONTROL_FULL_POWER)
        ck_assert_int_eq(x[0].why.p[0], 8000);
    if (raises[_i].since_ms == 9999)
        ck_assert_int_eq(s.next.ms, NOW + 1);
    bool moved = raises[_i].is != raises[_i].current;
    ck_assert_int_eq(x[0].changed_at.ms, moved ? NOW : NOW - raises[_i].since_ms);
    ck_assert_int_eq(x[0].urgent, raises[_i].urgent && !moved);
    ck_assert_int_eq(k[0].base_ma[1], moved ? 101 : 7);
    ck_assert_int_eq(k[1].base_ma[2], moved ? 102 : 7);
}
END_TEST
START_TEST(a_leader_that_has_spoken)
{
    setup();
    in.group.member = true;
    in.group.max_ma = SOME_I32(20000);
    shape(&t);
    ck_assert_int_eq(x[0].current_ma, 12000);
    setup();
    c.settling_ms = 0;
    x[0].certain = false;
    x[0].changed_at.ms = NOW;
    shape(&t);
    ck_assert_int_eq(x[0].current_ma, 12000);
}
END_TEST

/* ---- only into what is free now ---- */
static const struct {
    int32_t cap, est, current, is; /* cap of L2 of the circuit above both */
    enum control_code code;
} rooms[] = {
    {12000, 8000, 8000, 12000, CONTROL_FULL_POWER},
    {11999, 8000, 8000, 11999, CONTROL_SETTLING},
    {8001, 8000, 8000, 8001, CONTROL_SETTLING},
    {8000, 8000, 8000, 8000, CONTROL_SETTLING},
    {7000, 8000, 8000, 8000, CONTROL_SETTLING},
    {10000, 9000, 8000, 10000, CONTROL_SETTLING},   /* it draws more than it was told */
    {12000, 3000, 8000, 12000, CONTROL_FULL_POWER}, /* or less: its offer counts */
    {6000, 0, 0, 6000, CONTROL_SETTLING},
    {5999, 0, 0, 0, CONTROL_SETTLING},
};
START_TEST(into_what_is_free)
{
    for (int circuit = 0; circuit < 2; circuit++) {
        setup();
        chargers[0].circuit = (int16_t)circuit;
        k[0].cap[1] = rooms[_i].cap;
        x[0].current_ma = rooms[_i].current;
        for (int p = 0; p < PHASES; p++)
            x[0].est[p] = rooms[_i].est;
        shape(&t);
        ck_assert_int_eq(x[0].current_ma, rooms[_i].is);
        ck_assert_int_eq(x[0].why.code, rooms[_i].code);
        setup();
        chargers[0].circuit = (int16_t)circuit;
        k[0].cap[1] = rooms[_i].cap;
        x[0].load = 5; /* not on that phase */
        shape(&t);
        ck_assert_int_eq(x[0].current_ma, 12000);
    }
}
END_TEST
/* The first in order takes it; who does not answer is not counted twice. */
START_TEST(one_after_the_other)
{
    for (int first = 0; first < 2; first++)
        for (int offline = 0; offline < 3; offline++) {
            setup();
            order_of[0] = (int16_t)first;
            order_of[1] = (int16_t)!first;
            x[1].current_ma = 8000;
            x[1].got_ma = 12000;
            memcpy(x[1].est, x[0].est, sizeof x[0].est);
            k[0].cap[0] = 20000;
            ins[1].known = offline != 1;
            ins[1].online = offline != 2;
            shape(&t);
            bool second = !offline && first == 1;
            ck_assert_int_eq(x[0].current_ma, second ? 8000 : 12000);
            ck_assert_int_eq(x[1].current_ma, second ? 12000 : 8000);
            ck_assert_int_eq(x[1].seen, !offline);
            ck_assert_int_eq(x[1].got_ma, x[1].current_ma);
        }
}
END_TEST

/* ---- lowering ---- */
static const struct {
    enum control_code why;
    int32_t current, got, is;
} cuts[] = {
    {CONTROL_CIRCUIT, 8040, 8000, 8040},    {CONTROL_CIRCUIT, 8041, 8000, 8000},
    {CONTROL_IMBALANCE, 8040, 8000, 8040},  {CONTROL_GRID_LIMIT, 8040, 8000, 8040},
    {CONTROL_FULL_POWER, 8040, 8000, 8000}, {CONTROL_CIRCUIT, 10, 0, 0},
    {CONTROL_SURPLUS, 8001, 8000, 8000},
};
START_TEST(down_at_once)
{
    setup();
    x[0].current_ma = cuts[_i].current;
    x[0].got_ma = cuts[_i].got;
    x[0].why.code = cuts[_i].why;
    x[0].blind = METER_MISSING;
    x[0].urgent = true;
    in.config_agreed = false;
    x[0].changed_at.ms = NOW - 1;
    shape(&t);
    ck_assert_int_eq(x[0].current_ma, cuts[_i].is);
    ck_assert(!x[0].urgent);
}
END_TEST

/* ---- orders ---- */
static const struct {
    int32_t was, to, est; /* the order; what flows */
    int32_t flies_to;     /* NO: the last order is old */
    bool idle, uncertain;
    int32_t from_then, to_then; /* on a phase that it uses */
} orders_of[] = {
    {8000, 12000, 8000, NO, 0, 0, 8000, 12000},
    {8000, 12000, 6000, NO, 0, 0, 6000, 12000},
    {8000, 12000, 5999, NO, 0, 0, 5999, 5999},    /* it does not follow */
    {8000, 12000, 8000, NO, 1, 0, 8000, 8000},    /* it does nothing */
    {0, 12000, 0, NO, 0, 0, 0, 12000},            /* it starts */
    {8000, 12000, 2000, 7000, 0, 0, 2000, 12000}, /* on its way to 7 A */
    {8000, 12000, 2000, 5000, 0, 0, 2000, 5000},
    {12000, 8000, 12000, NO, 0, 0, 12000, 8000},
    {12000, 8000, 5000, NO, 0, 0, 5000, 5000},
    {12000, 8000, 5000, 12000, 0, 0, 5000, 8000},
    {12000, 8000, 12000, 7000, 0, 0, 12000, 7000},
};
START_TEST(what_an_order_leads_to)
{
    setup();
    x[0].current_ma = orders_of[_i].was;
    x[0].got_ma = orders_of[_i].to;
    x[0].idle = orders_of[_i].idle;
    x[0].load = 3;
    x[0].urgent = true;
    bool flies = orders_of[_i].flies_to != NO;
    for (int p = 0; p < PHASES; p++) {
        x[0].est[p] = p < 2 ? orders_of[_i].est : 0;
        x[0].to[p] = flies && p < 2 ? orders_of[_i].flies_to : 0;
    }
    x[0].order_at.ms = x[0].flight_at.ms = NOW - (flies ? 4999 : 5000);
    x[1].from[0] = 9; /* nothing new for the other one ... */
    x[1].est[0] = 5;
    x[1].order_at.ms = NOW - (_i % 2 ? 5000 : 4999); /* ... but a new base, while it moves */
    shape(&t);
    ck_assert_int_eq(x[0].current_ma, orders_of[_i].to);
    for (int p = 0; p < 2; p++) {
        ck_assert_int_eq(x[0].from[p], orders_of[_i].from_then);
        ck_assert_int_eq(x[0].to[p], orders_of[_i].to_then);
    }
    ck_assert_int_eq(x[0].to[2], 0);
    ck_assert_int_eq(x[0].order_at.ms, NOW);
    ck_assert_int_eq(x[0].changed_at.ms, NOW);
    ck_assert_int_eq(s.base_at.ms, NOW);
    ck_assert_int_eq(x[0].flight_at.ms, flies ? NOW - 4999 : NOW);
    ck_assert_int_eq(x[0].served_at.ms, orders_of[_i].was ? NOW - 10000 : NOW);
    ck_assert(!x[0].certain);
    ck_assert_int_eq(x[1].from[0], _i % 2 ? 9 : 5);
    ck_assert_int_eq(x[1].order_at.ms, NOW - (_i % 2 ? 5000 : 4999));
}
END_TEST
START_TEST(nothing_to_order)
{
    setup();
    x[0].got_ma = 8000;
    shape(&t);
    ck_assert_int_eq(x[0].order_at.ms, NOW - 10000);
    ck_assert_int_eq(s.base_at.ms, 0);
    ck_assert_int_eq(k[0].base_ma[0], 7);
    ck_assert(x[0].certain);
    setup();
    c.follow_ms = 0; /* cars that follow at once */
    shape(&t);
    ck_assert(x[0].certain);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("shape");
    tcase_add_loop_test(tc, when_it_may_rise, 0, COUNT_OF(raises));
    tcase_add_test(tc, a_leader_that_has_spoken);
    tcase_add_loop_test(tc, into_what_is_free, 0, COUNT_OF(rooms));
    tcase_add_test(tc, one_after_the_other);
    tcase_add_loop_test(tc, down_at_once, 0, COUNT_OF(cuts));
    tcase_add_loop_test(tc, what_an_order_leads_to, 0, COUNT_OF(orders_of));
    tcase_add_test(tc, nothing_to_order);
    return run_case(tc, "shape");
}
