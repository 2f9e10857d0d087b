/* SPDX-License-Identifier: Apache-2.0
 * What cars say and draw, and how much of it the grid meter has seen, by numbers. */
#include "tests/unit/surplus-controller/observe_bed.h"

/* ---- cars ---- */
static const struct {
    int32_t lo, hi, max, min; /* of the box; overrides, X: none */
    int32_t max_then, min_then;
} bounds[] = {{6000, 16000, X, X, 16000, 6000},     {6000, 16000, 16001, X, 16000, 6000},
              {6000, 16000, 15999, X, 15999, 6000}, {6000, 16000, X, 5999, 16000, 6000},
              {6000, 16000, X, 6001, 16000, 6001},  {6000, 16000, 0, 9000, 0, 9000}};
START_TEST(bounds_of_a_box)
{
    setup();
    ins[0].max_ma = (struct opt_i32){bounds[_i].max, bounds[_i].max != X};
    ins[0].min_ma = (struct opt_i32){bounds[_i].min, bounds[_i].min != X};
    observe(&t);
    ck_assert_int_eq(x[0].max_ma, bounds[_i].max_then);
    ck_assert_int_eq(x[0].min_ma, bounds[_i].min_then);
}
END_TEST
START_TEST(priorities_and_modes)
{
    static const struct {
        int32_t said, is;
    } rows[] = {{X, 5}, {1, 1}, {0, 1}, {-7, 1}, {99, 99}, {100, 99}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        setup();
        ins[0].priority = (struct opt_i32){rows[i].said, rows[i].said != X};
        observe(&t);
        ck_assert_int_eq(x[0].priority, rows[i].is);
    }
    for (enum charge_mode m = CHARGE_MODE_LOCK; m <= CHARGE_MODE_SOLAR_PLUS; m++) {
        setup();
        ins[0].mode = m;
        observe(&t);
        ck_assert_int_eq(x[0].solar, m == CHARGE_MODE_SOLAR_PURE || m == CHARGE_MODE_SOLAR_PLUS);
        ck_assert_int_eq(x[0].plus, m == CHARGE_MODE_SOLAR_PLUS);
    }
}
END_TEST
/* From where it goes on: what the box was told, or our own last order. */
START_TEST(where_it_goes_on)
{
    static const struct {
        int32_t applied, own, is;
        bool known;
    } rows[] = {{6000, 0, 6000, true},   {5999, 9000, 0, true},    {16000, 0, 16000, true},
                {16001, 0, 16000, true}, {X, 9000, 9000, true},    {X, 20000, 16000, true},
                {X, 5999, 0, true},      {9000, 7000, 7000, false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        setup();
        x[0].current_ma = rows[i].own;
        ins[0].known = rows[i].known;
        ins[0].applied_ma = (struct opt_i32){rows[i].applied, rows[i].applied != X};
        observe(&t);
        ck_assert_msg(x[0].current_ma == rows[i].is, "row %zu: %d", i, x[0].current_ma);
        ck_assert_int_eq(x[0].seen, rows[i].known);
        bool on = rows[i].is && rows[i].known;
        ck_assert_int_eq(x[0].changed_at.ms, on ? NOW : LONG_AGO);
        ck_assert_int_eq(x[0].served_at.ms, on ? NOW : LONG_AGO);
        ins[0].applied_ma = SOME_I32(12000); /* only once */
        observe(&t);
        ck_assert_int_eq(x[0].current_ma, rows[i].is);
    }
}
END_TEST
START_TEST(who_is_connected)
{
    static const struct {
        enum evse_state state;
        bool known, online, connected;
    } rows[] = {{EVSE_STATE_A, true, true, false},  {EVSE_STATE_B, true, true, true},
                {EVSE_STATE_C, true, true, true},   {EVSE_STATE_E, true, true, false},
                {EVSE_STATE_F, true, true, false},  {EVSE_STATE_UNSET, true, true, true},
                {EVSE_STATE_C, false, true, false}, {EVSE_STATE_C, true, false, false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        setup();
        ins[1].state = rows[i].state;
        ins[1].known = rows[i].known;
        ins[1].online = rows[i].online;
        x[1].turn = 0;
        observe(&t);
        ck_assert_msg(x[1].connected == rows[i].connected, "row %zu", i);
        ck_assert_int_eq(x[1].turn, rows[i].connected ? 2 : 0); /* the first car has 1 */
        observe(&t);
        ck_assert_int_eq(x[1].turn, rows[i].connected ? 2 : 0);
    }
}
END_TEST
/* What was learnt of a car goes with it. */
START_TEST(a_car_leaves)
{
    static const struct control_timer on = {true, {NOW - 5}};
    for (int plugged = 0; plugged < 3; plugged++) {
        setup();
        x[0].used = 1;
        x[0].under_ma = 900;
        x[0].learnt = x[0].trimmed = x[0].probing = x[0].seen = true;
        x[0].hold = x[0].stopped = on;
        x[0].turn = 7;
        x[0].order_at.ms = NOW - 1;
        x[0].mode = CHARGE_MODE_POWER;
        ins[0].state = plugged ? EVSE_STATE_B : EVSE_STATE_A;
        ins[0].online = plugged < 2;
        observe(&t);
        bool stays = plugged > 0;
        ck_assert_int_eq(x[0].used, stays);
        ck_assert_int_eq(x[0].under_ma, stays ? 900 : 0);
        ck_assert_int_eq(x[0].learnt, stays);
        ck_assert_int_eq(x[0].hold.on, stays);
        ck_assert_int_eq(x[0].stopped.on, stays);
        ck_assert_int_eq(x[0].turn, stays ? 7 : 0);
        ck_assert_int_eq(x[0].order_at.ms, stays ? NOW - 1 : LONG_AGO);
    }
}
END_TEST
START_TEST(a_mode_ends_the_dwell_times)
{
    for (int seen = 0; seen < 2; seen++) {
        setup();
        x[0].seen = seen;
        x[0].mode = CHARGE_MODE_SOLAR_PURE;
        x[0].hold.on = x[0].stopped.on = true;
        observe(&t);
        ck_assert_int_eq(x[0].hold.on, !seen);
        ck_assert_int_eq(x[0].stopped.on, !seen);
    }
}
END_TEST
/* A hold goes on: another way to use the sun brings none. */
START_TEST(another_solar_mode_does_not_begin_the_hold_again)
{
    static const struct {
        enum charge_mode was, is;
        bool stays;
    } rows[] = {{CHARGE_MODE_SOLAR_PURE, CHARGE_MODE_SOLAR_PLUS, true},
                {CHARGE_MODE_SOLAR_PLUS, CHARGE_MODE_SOLAR_PURE, true},
                {CHARGE_MODE_SOLAR_PLUS, CHARGE_MODE_POWER, false},
                {CHARGE_MODE_POWER, CHARGE_MODE_SOLAR_PURE, false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        setup();
        x[0].seen = x[0].hold.on = x[0].stopped.on = x[0].crowded.on = true;
        x[0].mode = rows[i].was;
        x[0].solar = rows[i].was != CHARGE_MODE_POWER;
        ins[0].mode = rows[i].is;
        observe(&t);
        ck_assert_int_eq(x[0].hold.on, rows[i].stays);
        ck_assert(!x[0].stopped.on && !x[0].crowded.on);
    }
}
END_TEST

/* ---- what a car draws ---- */
static const struct {
    bool known, online;
    enum evse_state state;
    bool reported;
    int32_t age, power, ma; /* ma of L1; X: not reported */
    bool drawing_known;
    int32_t draw[PHASES];
} draws[] = {
    {true, true, EVSE_STATE_C, true, 0, X, 9000, true, {9000, 0, 0}},
    {true, true, EVSE_STATE_C, true, 10000, X, 9000, true, {9000, 0, 0}},
    {true, true, EVSE_STATE_C, true, 10001, X, 9000, false, {10000, 10000, 10000}},
    {true, true, EVSE_STATE_C, false, 0, X, 9000, false, {10000, 10000, 10000}},
    {true, true, EVSE_STATE_C, true, 0, X, X, false, {10000, 10000, 10000}},
    {true, true, EVSE_STATE_C, true, 0, 6900, X, true, {10000, 10000, 10000}},
    {true, true, EVSE_STATE_C, true, 0, X, -500, true, {0, 0, 0}},
    {true, true, EVSE_STATE_B, false, 0, X, 9000, false, {0, 0, 0}},
    {true, true, EVSE_STATE_E, false, 0, X, 9000, false, {0, 0, 0}},
    {true, false, EVSE_STATE_C, false, 0, X, 9000, false, {0, 0, 0}},
    {false, true, EVSE_STATE_C, true, 0, X, 9000, false, {0, 0, 0}},
    {true, true, EVSE_STATE_B, true, 1, X, 9000, true, {0, 0, 0}}, /* the state is newer */
    {true, true, EVSE_STATE_B, true, 0, X, 9000, true, {9000, 0, 0}},
};
START_TEST(what_a_car_draws)
{
    setup();
    x[0].seen = true;
    x[0].mode = CHARGE_MODE_POWER;
    x[0].current_ma = 10000;
    x[0].load = ALL_PHASES;
    ins[0].known = draws[_i].known;
    ins[0].online = draws[_i].online;
    ins[0].state = draws[_i].state;
    ins[0].meas = reading(draws[_i].ma, X, X);
    ins[0].meas.known = draws[_i].reported;
    ins[0].meas.at.ms = NOW - draws[_i].age;
    ins[0].meas.power_w = (struct opt_i32){draws[_i].power, draws[_i].power != X};
    observe(&t);
    ck_assert_int_eq(x[0].drawing_known, draws[_i].drawing_known);
    for (int p = 0; p < PHASES; p++)
        ck_assert_int_eq(x[0].draw[p], draws[_i].draw[p]);
}
END_TEST
/* A wallbox's value from after the time that a car takes to follow says what it made of the order.
 */
START_TEST(when_a_draw_is_certain)
{
    for (int ms = 4999; ms <= 5000; ms++) {
        setup();
        x[0].order_at.ms = NOW - ms;
        observe(&t);
        ck_assert_int_eq(x[0].certain, ms == 5000);
        setup();
        ins[0].meas.known = false;
        x[0].order_at.ms = NOW - ms;
        observe(&t);
        ck_assert_int_eq(x[0].certain, ms == 5000);
    }
}
END_TEST
/* More than 1 A for 5 s, by a value that is newer than its beginning. */
START_TEST(which_phases_a_car_uses)
{
    static const struct {
        int32_t ma, for_ms;
        uint8_t used;
    } rows[] = {{1000, 20000, 0}, {1001, 4999, 0}, {1001, 5000, 1}, {16000, 5000, 1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        setup();
        x[0].drawing = (struct control_timer){true, {NOW - rows[i].for_ms}};
        ins[0].meas = reading(rows[i].ma, 0, 0);
        observe(&t);
        ck_assert_msg(x[0].used == rows[i].used, "row %zu: %d", i, x[0].used);
        ck_assert_int_eq(x[0].load, rows[i].used ? 1 : ALL_PHASES);
        ck_assert_int_eq(x[0].lanes, rows[i].used ? 1 : 3);
        ck_assert_int_eq(x[0].drawing.on, rows[i].ma > 1000);
    }
    setup();
    x[0].used = 1;
    ins[0].meas = reading(0, 9000, 0);
    x[0].drawing = (struct control_timer){true, {NOW - 5000}};
    observe(&t);
    ck_assert_int_eq(x[0].used, 3); /* it only grows */
    setup();
    chargers[0].can_switch = true;
    chargers[0].one_phase = 4;
    ins[0].contacts_closed = SOME_I32(1);
    x[0].used = 3;
    observe(&t);
    ck_assert_int_eq(x[0].closed, 4);
    ck_assert_int_eq(x[0].load, 4);
    ins[0].contacts_closed = SOME_I32(3);
    observe(&t);
    ck_assert_int_eq(x[0].load, 3);
    ins[0].contacts_closed = SOME_I32(1);
    chargers[0].can_switch = false; /* it says so, but nobody switches it */
    observe(&t);
    ck_assert_int_eq(x[0].closed, ALL_PHASES);
}
END_TEST

/* A car that leaves more than 2 A is trimmed after the time to follow, until it comes within 1.25
 * A. */
static const struct {
    enum evse_state state;
    bool reported;
    int32_t current, top, served_ms, slack_ms; /* slack X: not yet */
    bool slack, trimmed;
} slacks[] = {
    {EVSE_STATE_C, true, 10000, 7999, 90000, X, true, false},
    {EVSE_STATE_C, true, 10000, 8000, 90000, X, false, false},
    {EVSE_STATE_C, true, 10000, 8750, 90000, 5000, true, true},
    {EVSE_STATE_C, true, 10000, 8750, 90000, 4999, true, false},
    {EVSE_STATE_C, true, 10000, 8751, 90000, 5000, false, false},
    {EVSE_STATE_C, true, 10000, 500, 0, X, true, false},
    {EVSE_STATE_C, true, 10000, 499, 44999, X, false, false}, /* it may still wake up */
    {EVSE_STATE_C, true, 10000, 499, 45000, X, true, false},
    {EVSE_STATE_E, true, 10000, 3000, 90000, 5000, false, false},
    {EVSE_STATE_C, false, 10000, 3000, 90000, 5000, false, false},
    {EVSE_STATE_C, true, 0, 0, 90000, 5000, false, false},
};
START_TEST(a_car_that_leaves_much)
{
    for (int trimmed = 0; trimmed < 2; trimmed++) {
        setup();
        x[0].seen = true;
        x[0].mode = CHARGE_MODE_POWER;
        x[0].current_ma = slacks[_i].current;
        x[0].trimmed = trimmed;
        x[0].served_at.ms = NOW - slacks[_i].served_ms;
        x[0].probe_at.ms = NOW - 100;
        if (slacks[_i].slack_ms != X)
            x[0].slack = (struct control_timer){true, {NOW - slacks[_i].slack_ms}};
        ins[0].state = slacks[_i].state;
        ins[0].meas = reading(X, slacks[_i].top, X);
        ins[0].meas.known = slacks[_i].reported;
        observe(&t);
        bool stays = trimmed && (slacks[_i].slack || slacks[_i].top < 8751) &&
                     slacks[_i].reported && slacks[_i].current && slacks[_i].state == EVSE_STATE_C;
        ck_assert_int_eq(x[0].slack.on, slacks[_i].slack);
        ck_assert_int_eq(x[0].trimmed, slacks[_i].trimmed || stays);
        ck_assert(!x[0].probing);
        ck_assert_int_eq(x[0].probe_at.ms, slacks[_i].trimmed && !trimmed ? NOW : NOW - 100);
    }
}
END_TEST
/* Every ten minutes a trimmed car is asked for half a minute whether it would take more. */
START_TEST(a_trimmed_car_is_asked_again)
{
    static const struct {
        int32_t ms;
        bool probing, again;
    } rows[] = {
        {599999, false, false}, {600000, true, false}, {629999, true, false}, {630000, true, true}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        setup();
        x[0].seen = x[0].trimmed = true;
        x[0].mode = CHARGE_MODE_POWER;
        x[0].current_ma = 10000;
        x[0].probe_at.ms = NOW - rows[i].ms;
        ins[0].meas = reading(5000, X, X);
        observe(&t);
        ck_assert_int_eq(x[0].probing, rows[i].probing);
        ck_assert_int_eq(x[0].probe_at.ms, rows[i].again ? NOW : NOW - rows[i].ms);
    }
}
END_TEST
/* Less than half an ampere for a minute, while it is offered something. */
START_TEST(an_idle_car)
{
    static const struct {
        int32_t current, top, ms; /* ms X: not yet */
        enum evse_state state;
        bool since, idle;
    } rows[] = {{10000, 499, X, EVSE_STATE_C, true, false},
                {10000, 500, X, EVSE_STATE_C, false, false},
                {10000, 499, 59999, EVSE_STATE_C, true, false},
                {10000, 499, 60000, EVSE_STATE_C, true, true},
                {10000, 500, 60000, EVSE_STATE_C, false, false},
                {0, 0, 60000, EVSE_STATE_C, false, false},
                {10000, 0, 60000, EVSE_STATE_F, false, false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        setup();
        x[0].seen = true;
        x[0].mode = CHARGE_MODE_POWER;
        x[0].current_ma = rows[i].current;
        if (rows[i].ms != X)
            x[0].idle_since = (struct control_timer){true, {NOW - rows[i].ms}};
        ins[0].state = rows[i].state;
        ins[0].meas = reading(X, X, rows[i].top);
        observe(&t);
        ck_assert_msg(x[0].idle == rows[i].idle && x[0].idle_since.on == rows[i].since, "row %zu",
                      i);
    }
}
END_TEST
/* What it takes less than it is offered: at once when it is less than known, slowly when more. */
START_TEST(what_a_car_leaves)
{
    static const struct {
        int32_t top, known, then;
        bool certain;
    } rows[] = {{9000, 2000, 1000, true},  {9000, 0, 250, true}, {9000, 997, 998, true},
                {10500, 800, 0, true},     {8751, 0, 313, true}, {8750, 77, 77, true},
                {9000, 2000, 2000, false}, {10000, 1, 0, true}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        setup();
        x[0].seen = true;
        x[0].mode = CHARGE_MODE_POWER;
        x[0].current_ma = 10000;
        x[0].under_ma = rows[i].known;
        x[0].order_at.ms = rows[i].certain ? LONG_AGO : NOW - 1;
        ins[0].meas = reading(rows[i].top, 0, 0);
        observe(&t);
        ck_assert_msg(x[0].under_ma == rows[i].then, "row %zu: %d", i, x[0].under_ma);
    }
}
END_TEST

/* ---- what the grid meter's frame contains of it ---- */
/* Earlier values of the wallbox, ms before (-) or after the frame, and what is taken of them. */
static const struct {
    int32_t off[3], ma[3]; /* newest first; off X: there is none */
    int32_t est;
} windows[] = {
    {{0, X, X}, {9000, 0, 0}, 9000},
    {{-1500, X, X}, {9000, 0, 0}, 9000},
    {{1500, X, X}, {9000, 0, 0}, 9000},
    {{-1501, X, X}, {9000, 0, 0}, 9000},      /* none, but it is certain */
    {{0, -1000, X}, {9000, 8000, 0}, 9000},   /* about the same: the newest ... */
    {{188, -1000, X}, {9000, 8000, 0}, 8000}, /* ... unless it is later than the frame */
    {{187, -1000, X}, {9000, 8000, 0}, 9000},
    {{188, 187, -1000}, {9000, 8500, 8000}, 8500},
    {{0, -1000, X}, {9000, 7001, 0}, 9000},
    {{0, -1000, X}, {7000, 9000, 0}, 9000}, /* it moves: the most */
    {{0, -1000, -2000}, {7000, 6000, 16000}, 7000},
    {{1000, -500, -1000}, {6000, 8000, 7000}, 8000},
};
START_TEST(what_the_frame_contains)
{
    setup();
    in.grid.at.ms = NOW - 2000;
    for (int i = 0; i < 3 && windows[_i].off[i] != X; i++) {
        if (i > 0) {
            x[0].past[i - 1].at.ms = NOW - 2000 + windows[_i].off[i];
            x[0].past[i - 1].ma[1] = windows[_i].ma[i];
        }
    }
    ins[0].meas = reading(0, windows[_i].ma[0], 0);
    ins[0].meas.at.ms = NOW - 2000 + windows[_i].off[0];
    observe(&t);
    ck_assert_int_eq(x[0].est[1], windows[_i].est);
    ck_assert_int_eq(x[0].est[0], 0);
    ck_assert_int_eq(k[MAIN].house_ma[1], 2000 - windows[_i].est);
}
END_TEST
/* An order under way, nothing measured: as much of it as the grid meter has moved, or as time has
 * passed, whichever is more. */
static const struct {
    int32_t from, to, ago_ms, base, meter, est;
} flights[] = {
    {6000, 16000, 0, 10000, 10000, 6000},     {6000, 16000, 0, 10000, 15000, 11000},
    {6000, 16000, 0, 10000, 30000, 16000},    {6000, 16000, 0, 10000, 5000, 6000},
    {16000, 6000, 1000, 20000, 15000, 11000}, {16000, 6000, 1000, 20000, 25000, 16000},
    {6000, 16000, 4000, 10000, 10000, 11000}, {6000, 16000, 4999, 10000, 10000, 12990},
    {6000, 16000, 1500, 10000, 10000, 6000},  {6000, 16000, 1505, 10000, 10000, 6010},
    {6000, 6499, 1000, 10000, 30000, 6099},   {6000, 6500, 1000, 10000, 10250, 6250},
    {6499, 6000, 1000, 10000, 30000, 6400},   {6500, 6000, 1000, 10000, 9750, 6250},
};
START_TEST(what_is_under_way)
{
    setup();
    x[0].seen = true;
    x[0].mode = CHARGE_MODE_POWER;
    ins[0].meas.known = false;
    for (int p = 0; p < PHASES; p++) {
        x[0].from[p] = flights[_i].from;
        x[0].to[p] = flights[_i].to;
        k[MAIN].base_ma[p] = flights[_i].base;
    }
    x[0].order_at.ms = x[0].flight_at.ms = s.base_at.ms = NOW - flights[_i].ago_ms;
    in.grid = reading(flights[_i].meter, flights[_i].meter, flights[_i].meter);
    observe(&t);
    ck_assert_int_eq(x[0].est[0], flights[_i].est);
    ck_assert_int_eq(k[MAIN].to[0], flights[_i].to);
    ck_assert_int_eq(k[MAIN].est[0], flights[_i].est);
    ck_assert_int_eq(k[MAIN].cut[0], min_i32(0, flights[_i].to - flights[_i].est));
}
END_TEST
/* A box that says nothing new for a while, and the meter jumps by what its car was told to do.
 * Frames a second apart; the value is from before the first one. */
static const struct {
    int32_t value, to, ago_ms; /* what the box measured; what was ordered, when */
    int32_t off_ms;            /* the value, to the first frame */
    int32_t meter[3];          /* before, and the two frames */
    int32_t est[2];
} jumps[] = {
    {0, 16000, 9000, -1000, {2000, 18000, 18000}, {16000, 16000}}, /* it began to charge */
    {0, 16000, 9000, -1000, {2000, 19000, 18000}, {16000, 16000}}, /* the rest is the house's */
    {0, 16000, 9000, -1000, {2000, 10000, 14000}, {8000, 12000}},  /* slowly */
    {0, 16000, 9000, -1000, {2000, 9999, 14000}, {0, 0}},          /* less than half: a kettle */
    {0, 16000, 9000, -1000, {2000, 10000, 4000}, {8000, 8000}},    /* a fall is somebody else's */
    {0, 16000, 9000, -1000, {2000, -14000, -14000}, {0, 0}},
    {0, 16000, 9000, 0, {2000, 18000, 18000}, {0, 0}}, /* the box has looked since */
    {0, 16000, 59000, -1000, {2000, 18000, 18000}, {16000, 16000}},
    {0, 16000, 60001, -1000, {2000, 18000, 18000}, {0, 0}}, /* it had its time */
    {14000, 16000, 9000, -1000, {15000, 17000, 17000}, {14000, 14000}},
    {13999, 16000, 9000, -1000, {15000, 17000, 17000}, {15999, 15999}},
    {16000, 6000, 9000, -1000, {20000, 10000, 10000}, {6000, 6000}}, /* it goes down */
    {16000, 6000, 9000, -1000, {20000, 9200, 9200}, {5200, 5200}},   /* a little more than told */
    {16000, 6000, 9000, -1000, {20000, 5000, 5000}, {4000, 4000}},
    {16000, 6000, 9000, -1000, {20000, 15000, 12000}, {11000, 8000}},
    {16000, 6000, 9000, -1000, {20000, 15001, 12000}, {16000, 16000}},
    {1000, 0, 9000, -1000, {20000, 0, 0}, {1000, 1000}},
    {3000, 0, 9000, -1000, {20000, 0, 0}, {0, 0}},
};
START_TEST(what_the_meter_shows_before_the_box)
{
    setup();
    x[0].seen = true;
    x[0].mode = CHARGE_MODE_POWER;
    x[0].current_ma = x[0].to[1] = jumps[_i].to;
    x[0].order_at.ms = x[0].flight_at.ms = NOW - jumps[_i].ago_ms;
    k[MAIN].house_known = true;
    k[MAIN].meter_ma[1] = jumps[_i].meter[0];
    ins[0].meas = reading(0, jumps[_i].value, 0);
    ins[0].meas.at.ms = NOW + jumps[_i].off_ms;
    for (int n = 0; n < 2; n++) {
        in.grid = reading(0, jumps[_i].meter[1 + n], 0);
        in.grid.at.ms = NOW + 1000 * n;
        observe(&t);
        ck_assert_msg(x[0].est[1] == jumps[_i].est[n], "frame %d: %d", n, x[0].est[1]);
        ck_assert_int_eq(k[MAIN].house_ma[1], jumps[_i].meter[1 + n] - jumps[_i].est[n]);
        ck_assert_int_eq(x[0].est[0], 0);
    }
    ins[0].meas = reading(0, 1234, 0); /* the box has its say */
    ins[0].meas.at.ms = in.grid.at.ms = NOW + 2000;
    observe(&t);
    ck_assert_int_eq(x[0].est[1], 1234);
}
END_TEST
/* One jump is not two cars'. */
START_TEST(a_jump_is_given_once)
{
    setup();
    for (int i = 0; i < CARS; i++) {
        chargers[i].circuit = MAIN;
        x[i].seen = true;
        x[i].mode = CHARGE_MODE_POWER;
        x[i].current_ma = x[i].to[1] = 10000;
        x[i].order_at.ms = NOW - 9000;
        ins[i].meas.at.ms = NOW - 1000;
    }
    k[MAIN].house_known = true;
    in.grid = reading(0, 16000, 0);
    observe(&t);
    ck_assert_int_eq(x[0].est[1], 10000);
    ck_assert_int_eq(x[1].est[1], 6000);
    ck_assert_int_eq(k[MAIN].house_ma[1], 0);
}
END_TEST
/* Sums go up to the circuit above; who does not measure makes both uncertain. */
START_TEST(sums_of_circuits)
{
    setup();
    ins[0].meas = reading(1000, 2000, 3000);
    ins[1].meas = reading(4000, 5000, 6000);
    in.grid = reading(10000, 10000, 10000);
    readings[SUB] = reading(7000, 7000, 7000);
    observe(&t);
    for (int p = 0; p < PHASES; p++) {
        ck_assert_int_eq(k[SUB].est[p], 4000 + 1000 * p);
        ck_assert_int_eq(k[MAIN].est[p], 5000 + 2000 * p);
        ck_assert_int_eq(k[SUB].house_ma[p], 3000 - 1000 * p);
        ck_assert_int_eq(k[MAIN].house_ma[p], 5000 - 2000 * p);
    }
    ck_assert(!k[MAIN].unmetered && !k[SUB].unmetered);
    ck_assert_int_eq(k[SUB].house_w, 21000 * 23 / 100 - 15000 * 23 / 100);
    ins[1].meas.known = false;
    observe(&t);
    ck_assert(k[MAIN].unmetered && k[SUB].unmetered);
    ins[1].state = EVSE_STATE_A;
    ins[0].meas.known = false;
    observe(&t);
    ck_assert(k[MAIN].unmetered && !k[SUB].unmetered);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("observe_cars");
    tcase_add_loop_test(tc, bounds_of_a_box, 0, COUNT_OF(bounds));
    tcase_add_test(tc, priorities_and_modes);
    tcase_add_test(tc, where_it_goes_on);
    tcase_add_test(tc, who_is_connected);
    tcase_add_test(tc, a_car_leaves);
    tcase_add_test(tc, a_mode_ends_the_dwell_times);
    tcase_add_test(tc, another_solar_mode_does_not_begin_the_hold_again);
    tcase_add_loop_test(tc, what_a_car_draws, 0, COUNT_OF(draws));
    tcase_add_test(tc, when_a_draw_is_certain);
    tcase_add_test(tc, which_phases_a_car_uses);
    tcase_add_loop_test(tc, a_car_that_leaves_much, 0, COUNT_OF(slacks));
    tcase_add_test(tc, a_trimmed_car_is_asked_again);
    tcase_add_test(tc, an_idle_car);
    tcase_add_test(tc, what_a_car_leaves);
    tcase_add_loop_test(tc, what_the_frame_contains, 0, COUNT_OF(windows));
    tcase_add_loop_test(tc, what_is_under_way, 0, COUNT_OF(flights));
    tcase_add_loop_test(tc, what_the_meter_shows_before_the_box, 0, COUNT_OF(jumps));
    tcase_add_test(tc, a_jump_is_given_once);
    tcase_add_test(tc, sums_of_circuits);
    return run_case(tc, "observe_cars");
}
