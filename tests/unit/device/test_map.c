/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/device/map.h"
#include "tests/unit/run.h"

static const struct wiring plain = {1, 1, ROTATION_L123};

static void put(struct readings *r, enum quantity q, double v)
{
    r->num[q] = SOME_F64(v);
}

static struct readings three_phases(void)
{
    struct readings r = {0};
    put(&r, QUANTITY_POWER, -600);
    put(&r, QUANTITY_POWER_L1, 100);
    put(&r, QUANTITY_POWER_L2, -200);
    put(&r, QUANTITY_POWER_L3, -500);
    put(&r, QUANTITY_CURRENT_L1, 1000);
    put(&r, QUANTITY_CURRENT_L2, 2000);
    put(&r, QUANTITY_CURRENT_L3, 3000);
    put(&r, QUANTITY_VOLTAGE_L1, 231000);
    put(&r, QUANTITY_VOLTAGE_L2, 232000);
    put(&r, QUANTITY_VOLTAGE_L3, 233000);
    put(&r, QUANTITY_IMPORT, 1234.4);
    put(&r, QUANTITY_EXPORT, 5678.6);
    return r;
}

static void expect(const struct phases_i32 *p, int32_t l1, int32_t l2, int32_t l3)
{
    ck_assert_uint_eq(p->set, ALL_PHASES);
    ck_assert_int_eq(p->v[0], l1);
    ck_assert_int_eq(p->v[1], l2);
    ck_assert_int_eq(p->v[2], l3);
}

START_TEST(unsigned_currents_take_the_sign_of_their_power)
{
    struct readings r = three_phases();
    struct meter_state m = {0};
    map_meter(&r, &plain, &m);
    ck_assert_int_eq(m.power_w.v, -600);
    expect(&m.power_phase_w, 100, -200, -500);
    expect(&m.current_phase_ma, 1000, -2000, -3000);
    expect(&m.voltage_phase_mv, 231000, 232000, 233000);
    ck_assert_int_eq(m.import_wh.v, 1234);
    ck_assert_int_eq(m.export_wh.v, 5679);
}
END_TEST

START_TEST(a_turned_meter_swaps_signs_and_counters)
{
    struct readings r = three_phases();
    struct meter_state m = {0};
    map_meter(&r, &(struct wiring){-1, 1, ROTATION_L123}, &m);
    ck_assert_int_eq(m.power_w.v, 600);
    expect(&m.power_phase_w, -100, 200, 500);
    expect(&m.current_phase_ma, -1000, 2000, 3000);
    ck_assert_int_eq(m.import_wh.v, 5679);
    ck_assert_int_eq(m.export_wh.v, 1234);
}
END_TEST

START_TEST(a_transformer_multiplies_all_but_the_voltage)
{
    struct readings r = three_phases();
    struct meter_state m = {0};
    map_meter(&r, &(struct wiring){1, 50, ROTATION_L123}, &m);
    ck_assert_int_eq(m.power_w.v, -30000);
    expect(&m.power_phase_w, 5000, -10000, -25000);
    expect(&m.current_phase_ma, 50000, -100000, -150000);
    expect(&m.voltage_phase_mv, 231000, 232000, 233000);
    ck_assert_int_eq(m.import_wh.v, 61720);
}
END_TEST

START_TEST(rotation_puts_terminals_on_their_grid_phase)
{
    struct readings r = three_phases();
    struct meter_state m = {0};
    ck_assert_int_eq(map_phase(ROTATION_L231, 0), 1); /* terminal 1 is on L2 */
    ck_assert_int_eq(map_phase(ROTATION_L312, 0), 2);
    map_meter(&r, &(struct wiring){1, 1, ROTATION_L231}, &m);
    expect(&m.power_phase_w, -500, 100, -200);
    expect(&m.current_phase_ma, -3000, 1000, -2000);
    expect(&m.voltage_phase_mv, 233000, 231000, 232000);
    m = (struct meter_state){0};
    map_meter(&r, &(struct wiring){1, 1, ROTATION_L312}, &m);
    expect(&m.power_phase_w, -200, -500, 100);
}
END_TEST

START_TEST(what_is_absent_stays_absent)
{
    struct readings r = {0};
    struct meter_state m = {0};
    map_meter(&r, &plain, &m);
    ck_assert(!m.power_w.set && !m.import_wh.set && !m.frequency_mhz.set);
    ck_assert_uint_eq(m.power_phase_w.set | m.current_phase_ma.set | m.voltage_phase_mv.set, 0);
    put(&r, QUANTITY_POWER_L1, 1);
    put(&r, QUANTITY_POWER_L2, 2);
    map_meter(&r, &plain, &m);
    ck_assert(!m.power_w.set); /* two of three are no total */
    put(&r, QUANTITY_POWER_L3, 3);
    map_meter(&r, &plain, &m);
    ck_assert_int_eq(m.power_w.v, 6);
    put(&r, QUANTITY_POWER, 1e12); /* absurd: not in the range of the contract */
    put(&r, QUANTITY_IMPORT, -5);
    m = (struct meter_state){0};
    r.num[QUANTITY_POWER_L3].set = false;
    map_meter(&r, &plain, &m);
    ck_assert(!m.power_w.set && !m.import_wh.set);
}
END_TEST

START_TEST(a_falling_counter_is_held_and_flagged)
{
    static const struct {
        struct opt_i64 in, out;
        bool fell;
    } rows[] = {
        {{0, false}, {0, false}, false},   {{100, true}, {100, true}, false},
        {{101, true}, {101, true}, false}, {{0, false}, {0, false}, false},
        {{50, true}, {101, true}, true},   {{0, false}, {0, false}, true},
        {{100, true}, {101, true}, true},  {{101, true}, {101, true}, false},
        {{200, true}, {200, true}, false},
    };
    struct counter_guard g = {0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct opt_i64 v = counter_pass(&g, rows[i].in);
        ck_assert_msg(v.set == rows[i].out.set && (!v.set || v.v == rows[i].out.v), "row %zu", i);
        ck_assert_msg(g.fell == rows[i].fell, "row %zu", i);
    }
}
END_TEST

START_TEST(inverters_and_batteries_are_mapped)
{
    struct readings r = {0};
    put(&r, QUANTITY_POWER, 4200.4);
    put(&r, QUANTITY_STATUS, 5);
    put(&r, QUANTITY_LIMIT, 700);
    put(&r, QUANTITY_LIMIT_ON, 1);
    put(&r, QUANTITY_LIMIT_BASE, 10000);
    put(&r, QUANTITY_YIELD, 77);
    struct inverter_state v = {0};
    map_inverter(&r, &plain, &v);
    ck_assert_int_eq(v.power_w.v, 4200);
    ck_assert_int_eq(v.status, INVERTER_STATUS_THROTTLED);
    ck_assert_int_eq(v.limit_w.v, 7000);
    ck_assert_int_eq(v.yield_wh.v, 77);
    put(&r, QUANTITY_LIMIT_ON, 0);
    put(&r, QUANTITY_STATUS, 9);
    map_inverter(&r, &plain, &v);
    ck_assert(!v.limit_w.set);
    ck_assert_int_eq(v.status, INVERTER_STATUS_UNSET);

    struct battery_state b = {0};
    put(&r, QUANTITY_SOC, 505);
    put(&r, QUANTITY_STATUS, 4);
    map_battery(&r, &b);
    ck_assert_int_eq(b.soc_pm.v, 505);
    ck_assert_int_eq(b.status, BATTERY_STATUS_CHARGING);
    put(&r, QUANTITY_SOC, 1010);
    map_battery(&r, &b);
    ck_assert(!b.soc_pm.set);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("map");
    tcase_add_test(t, unsigned_currents_take_the_sign_of_their_power);
    tcase_add_test(t, a_turned_meter_swaps_signs_and_counters);
    tcase_add_test(t, a_transformer_multiplies_all_but_the_voltage);
    tcase_add_test(t, rotation_puts_terminals_on_their_grid_phase);
    tcase_add_test(t, what_is_absent_stays_absent);
    tcase_add_test(t, a_falling_counter_is_held_and_flagged);
    tcase_add_test(t, inverters_and_batteries_are_mapped);
    return run_case(t, "map");
}
