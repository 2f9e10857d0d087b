/* SPDX-License-Identifier: Apache-2.0
 * What meters say, by numbers. */
#include "tests/unit/surplus-controller/observe_bed.h"

/* ---- values of meters ---- */
static const struct {
    int32_t power, w[PHASES], ma[PHASES], mv[PHASES]; /* X: not reported */
    int32_t is_w, is_ma[PHASES], volt;
} values[] = {
    {5000, {X, X, X}, {1000, 2000, 3000}, {X, X, X}, 5000, {1000, 2000, 3000}, 230000},
    {X, {X, X, X}, {1000, 2000, 3000}, {X, X, X}, 1380, {1000, 2000, 3000}, 230000},
    {X, {X, X, X}, {1000, -2000, X}, {X, X, X}, -230, {1000, -2000, 0}, 230000},
    {X, {230, 460, -690}, {X, X, X}, {X, X, X}, 0, {1000, 2000, -3000}, 230000},
    {X, {230, X, 690}, {X, 5000, X}, {X, X, X}, 920, {1000, 5000, 3000}, 230000},
    {6900, {X, X, X}, {X, X, X}, {X, X, X}, 6900, {10000, 10000, 10000}, 230000},
    {-690, {X, X, X}, {X, X, X}, {200000, 200000, 200000}, -690, {-1150, -1150, -1150}, 200000},
    {6900, {X, X, X}, {7000, X, X}, {X, X, X}, 6900, {7000, 0, 0}, 230000},
    {6900, {X, 460, X}, {X, X, X}, {X, X, X}, 6900, {0, 2000, 0}, 230000},
    {X, {X, X, X}, {1000, 0, 0}, {240000, X, X}, 240, {1000, 0, 0}, 240000},
    {X, {X, X, X}, {1000, 0, 0}, {240000, 210000, X}, 225, {1000, 0, 0}, 225000},
    {X, {X, X, X}, {1000, 0, 0}, {100000, 240000, 300000}, 240, {1000, 0, 0}, 240000},
    {X, {X, X, X}, {1000, 0, 0}, {100001, 100001, 299998}, 166, {1000, 0, 0}, 166666},
    {X, {X, X, X}, {1000, 0, 0}, {0, 100000, 300000}, 230, {1000, 0, 0}, 230000},
};
static struct control_reading value(int row)
{
    struct control_reading r = {.at = {NOW}, .rule = {1000, 10000}, .known = true};
    r.power_w = (struct opt_i32){values[row].power, values[row].power != X};
    for (int p = 0; p < PHASES; p++) {
        if (values[row].w[p] != X)
            phase_put(&r.power_phase_w, p, values[row].w[p]);
        if (values[row].ma[p] != X)
            phase_put(&r.current_ma, p, values[row].ma[p]);
        if (values[row].mv[p] != X)
            phase_put(&r.voltage_mv, p, values[row].mv[p]);
    }
    return r;
}
START_TEST(what_a_meter_shows)
{
    for (int i = MAIN; i <= SUB; i++) {
        setup();
        if (i == MAIN)
            in.grid = value(_i);
        else
            readings[SUB] = value(_i);
        observe(&t);
        ck_assert_int_eq(k[i].meter_w, values[_i].is_w);
        ck_assert_int_eq(k[i].house_w, values[_i].is_w);
        ck_assert_int_eq(k[i].volt_mv, values[_i].volt);
        ck_assert_int_eq(i == MAIN ? s.volt_mv : 230000, i == MAIN ? values[_i].volt : 230000);
        for (int p = 0; p < PHASES; p++) {
            ck_assert_int_eq(k[i].meter_ma[p], values[_i].is_ma[p]);
            ck_assert_int_eq(k[i].house_ma[p], values[_i].is_ma[p]);
        }
        ck_assert(k[i].framed && k[i].house_known && k[i].blind == METER_GOOD);
    }
}
END_TEST
/* A circuit of one phase whose meter shows a power only. */
START_TEST(a_power_belongs_to_the_phases_of_the_circuit)
{
    setup();
    circuits[SUB].phases = 2;
    readings[SUB] = value(5);
    observe(&t);
    ck_assert_int_eq(k[SUB].meter_ma[0], 0);
    ck_assert_int_eq(k[SUB].meter_ma[1], 30000);
    ck_assert_int_eq(k[SUB].meter_ma[2], 0);
}
END_TEST

/* Five times the fuse of 40 A is the most that a meter can show: 200 A, 46 kW per phase. */
static const struct {
    int32_t ma, w, power;
    bool good;
} plausible[] = {
    {200000, X, X, true}, {200001, X, X, false}, {-200000, X, X, true}, {-200001, X, X, false},
    {0, 46000, X, true},  {0, 46001, X, false},  {0, -46000, X, true},  {0, -46001, X, false},
    {0, X, 138000, true}, {0, X, 138001, false}, {0, X, -138000, true}, {0, X, -138001, false},
};
START_TEST(what_no_meter_can_show)
{
    for (int p = 0; p < PHASES; p++) {
        setup();
        phase_put(&in.grid.current_ma, p, plausible[_i].ma);
        if (plausible[_i].w != X)
            phase_put(&in.grid.power_phase_w, p, plausible[_i].w);
        in.grid.power_w = (struct opt_i32){plausible[_i].power, plausible[_i].power != X};
        observe(&t);
        ck_assert_int_eq(s.implausible, !plausible[_i].good);
        ck_assert_int_eq(s.new_frame, plausible[_i].good);
        ck_assert_int_eq(k[MAIN].framed, plausible[_i].good);
        ck_assert_int_eq(s.meter, plausible[_i].good ? METER_GOOD : METER_MISSING);
        ck_assert(k[SUB].framed); /* the other meter is another one */
        setup();
        circuits[SUB].max_current_ma = 40000;
        readings[SUB] = in.grid;
        phase_put(&readings[SUB].current_ma, p, plausible[_i].ma);
        observe(&t);
        ck_assert_int_eq(k[SUB].framed, plausible[_i].ma >= -200000 && plausible[_i].ma <= 200000);
        ck_assert(!s.implausible);
    }
}
END_TEST
START_TEST(the_last_good_frame_grows_old_instead)
{
    setup();
    observe(&t);
    t.now += 3500;
    in.grid.at.ms = t.now;
    in.grid.current_ma.v[0] = 900000;
    observe(&t);
    ck_assert(s.implausible && !s.new_frame);
    ck_assert_int_eq(s.meter, METER_SUSPECT);
    ck_assert_int_eq(k[MAIN].meter_ma[0], 1000);
}
END_TEST

/* ---- age of a meter ---- */
static const struct {
    int32_t interval, max_age, age;
    enum control_meter meter;
    int64_t next;
} ages[] = {
    {1000, 10000, 0, METER_GOOD, 3001},
    {1000, 10000, 3000, METER_GOOD, 1},
    {1000, 10000, 3001, METER_SUSPECT, 7000},
    {1000, 10000, 10000, METER_SUSPECT, 1},
    {1000, 10000, 10001, METER_MISSING, 3600000},
    {100, 10000, 1002, METER_GOOD, 1},
    {100, 10000, 1003, METER_SUSPECT, 8998},
    {0, 10000, 0, METER_GOOD, 1003},
    {334, 10000, 1002, METER_GOOD, 1},
    {335, 10000, 1005, METER_GOOD, 1},
    {5000, 10000, 10000, METER_GOOD, 1},
    {5000, 10000, 10001, METER_MISSING, 5000},
};
START_TEST(how_old_a_meter_is)
{
    for (int i = MAIN; i <= SUB; i++) {
        setup();
        in.grid.rule.max_age_ms = readings[SUB].rule.max_age_ms = 10000000;
        in.grid.rule.interval_ms = readings[SUB].rule.interval_ms = 10000000;
        struct control_reading *r = i == MAIN ? &in.grid : &readings[SUB];
        r->rule = (struct age_rule){ages[_i].interval, ages[_i].max_age};
        r->at.ms = NOW - ages[_i].age;
        observe(&t);
        ck_assert_int_eq(i == MAIN ? (int)s.meter : k[SUB].blind, ages[_i].meter);
        ck_assert_int_eq(k[i].blind, ages[_i].meter);
        ck_assert_int_eq(s.next.ms - NOW, ages[_i].next);
    }
    setup();
    in.grid.known = false;
    observe(&t);
    ck_assert_int_eq(s.meter, METER_MISSING);
    ck_assert_int_eq(k[MAIN].blind, METER_MISSING);
    ck_assert(!k[MAIN].framed);
}
END_TEST
START_TEST(a_house_without_a_grid_meter)
{
    setup();
    c.has_grid_meter = circuits[MAIN].metered = false;
    in.grid.current_ma.v[0] = 900000; /* nobody's */
    observe(&t);
    ck_assert_int_eq(s.meter, METER_NONE);
    ck_assert_int_eq(s.volt_mv, 230000);
    ck_assert(s.begun && !s.new_frame && !s.implausible && !k[MAIN].framed && k[SUB].framed);
}
END_TEST
/* The first frame, or ten seconds without one. */
START_TEST(when_the_house_is_known)
{
    setup();
    s.started.ms = NOW - 9999;
    in.grid.known = false;
    observe(&t);
    ck_assert(!s.begun);
    ck_assert_int_eq(s.next.ms, NOW + 1);
    t.now++;
    observe(&t);
    ck_assert(s.begun);
    setup();
    s.started.ms = NOW;
    observe(&t);
    ck_assert(s.begun && s.new_frame);
    observe(&t);
    ck_assert(!s.new_frame && !k[MAIN].framed);
    in.grid.current_ma.v[1]++; /* another value at the same time */
    observe(&t);
    ck_assert(s.new_frame && k[MAIN].framed);
    ck_assert_int_eq(k[MAIN].meter_ma[1], 2001);
    in.grid.at.ms++; /* the same values at another time */
    observe(&t);
    ck_assert(s.new_frame && k[MAIN].framed);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("observe");
    tcase_add_loop_test(tc, what_a_meter_shows, 0, COUNT_OF(values));
    tcase_add_test(tc, a_power_belongs_to_the_phases_of_the_circuit);
    tcase_add_loop_test(tc, what_no_meter_can_show, 0, COUNT_OF(plausible));
    tcase_add_test(tc, the_last_good_frame_grows_old_instead);
    tcase_add_loop_test(tc, how_old_a_meter_is, 0, COUNT_OF(ages));
    tcase_add_test(tc, a_house_without_a_grid_meter);
    tcase_add_test(tc, when_the_house_is_known);
    return run_case(tc, "observe");
}
