/* SPDX-License-Identifier: Apache-2.0
 * Who gets what of one fuse: rows of fuse, priorities and maxima to currents after a minute. */
#include "tests/unit/surplus-controller/house.h"
#include <check.h>
#include "tests/unit/run.h"

static struct house h;

struct row {
    const char *what;
    int32_t fuse_ma;
    int32_t priority[4], max_ma[4], expect_ma[4]; /* expect within 300 mA */
};
static const struct row rows[] = {
    {"alone", 35000, {1}, {16000}, {16000}},
    {"two fit", 35000, {1, 1}, {16000, 16000}, {16000, 16000}},
    {"two share equally", 20000, {1, 1}, {16000, 16000}, {9900, 9900}},
    {"priority first, minimum for the other", 20000, {1, 2}, {16000, 16000}, {13800, 6000}},
    {"the other way round", 20000, {2, 1}, {16000, 16000}, {6000, 13800}},
    {"second minimum does not fit", 11000, {1, 2}, {16000, 16000}, {10890, 0}},
    {"what one does not want goes on",
     32000,
     {1, 1, 1},
     {8000, 16000, 16000},
     {8000, 11800, 11800}},
    {"three priorities", 35000, {3, 2, 1}, {16000, 16000, 16000}, {6000, 12600, 16000}},
    {"none fits", 5900, {1, 1}, {16000, 16000}, {0, 0}},
};
START_TEST(shares)
{
    const struct row *r = &rows[_i];
    int n = 0;
    while (n < 4 && r->priority[n])
        n++;
    house_init(&h, n, CHARGE_MODE_POWER, r->fuse_ma);
    for (int i = 0; i < n; i++) {
        h.chargers[i].priority = (uint8_t)r->priority[i];
        h.chargers[i].max_ma = r->max_ma[i];
    }
    house_start(&h);
    house_run(&h, 120);
    for (int i = 0; i < n; i++) {
        int32_t off = h.decisions[i].current_ma - r->expect_ma[i];
        ck_assert_msg(off >= -300 && off <= 300, "%s: charger %d has %d mA, not %d", r->what, i,
                      h.decisions[i].current_ma, r->expect_ma[i]);
    }
    ck_assert_int_le(house_grid_ma(&h, 0), r->fuse_ma);
}
END_TEST
START_TEST(a_car_that_takes_less_leaves_the_rest)
{
    house_init(&h, 2, CHARGE_MODE_POWER, 25000);
    h.cars[0].max_ma = 7000;
    house_start(&h);
    house_run(&h, 120);
    ck_assert_int_eq(h.decisions[0].current_ma, 9000); /* taken + margin */
    ck_assert_int_eq(h.decisions[0].reason.code, CONTROL_TRIMMED);
    ck_assert_int_ge(h.decisions[1].current_ma, 15500);
    h.cars[0].max_ma = 32000;
    house_run(&h, 60);
    ck_assert_int_ge(h.decisions[0].current_ma, 12000);
}
END_TEST
START_TEST(turns_of_half_an_hour)
{
    int served[2] = {0}, changes = 0;
    int32_t last = -1;
    house_init(&h, 2, CHARGE_MODE_POWER, 11000);
    house_start(&h);
    for (int i = 0; i < 4 * 3600; i++) {
        house_second(&h);
        ck_assert(!h.decisions[0].current_ma || !h.decisions[1].current_ma);
        served[0] += h.decisions[0].current_ma > 0;
        served[1] += h.decisions[1].current_ma > 0;
        int32_t who = h.decisions[0].current_ma > 0;
        changes += last >= 0 && who != last;
        last = who;
    }
    ck_assert_int_ge(served[0], 3600);
    ck_assert_int_ge(served[1], 3600);
    ck_assert_int_le(changes, 8);
}
END_TEST
START_TEST(sub_circuit_binds_its_members)
{
    house_init(&h, 3, CHARGE_MODE_POWER, 63000);
    h.circuits[1] = (struct control_circuit_conf){0, ALL_PHASES, false, 20000, 0, {0}};
    h.c.circuits_n = 2;
    h.chargers[0].circuit = h.chargers[1].circuit = 1;
    house_start(&h);
    house_run(&h, 60);
    ck_assert_int_le(h.decisions[0].current_ma + h.decisions[1].current_ma, 20000);
    ck_assert_int_ge(h.decisions[0].current_ma + h.decisions[1].current_ma, 19000);
    ck_assert_int_eq(h.decisions[2].current_ma, 16000);
    ck_assert_int_eq(h.decisions[0].reason.code, CONTROL_CIRCUIT);
    ck_assert_int_eq(h.decisions[0].reason.circuit, 1);
}
END_TEST
static void sub_meter(int32_t other_ma)
{
    struct control_reading r = {.at = h.now.mono, .rule = {1000, 10000}, .known = true};
    for (int p = 0; p < PHASES; p++)
        phase_put(&r.current_ma, p, other_ma + h.cars[0].ma);
    h.circuit_in[1] = r;
}
START_TEST(sub_circuit_with_its_own_meter)
{
    house_init(&h, 2, CHARGE_MODE_POWER, 63000);
    h.circuits[1] = (struct control_circuit_conf){0, ALL_PHASES, true, 20000, 0, {0}};
    h.c.circuits_n = 2;
    h.chargers[0].circuit = 1;
    house_start(&h);
    house_run(&h, 20);
    ck_assert_int_eq(h.decisions[0].current_ma, 0); /* nobody knows what flows there */
    ck_assert_int_eq(h.decisions[0].reason.code, CONTROL_METER_MISSING);
    ck_assert_int_eq(h.decisions[1].current_ma, 16000);
    for (int i = 0; i < 40; i++) {
        sub_meter(10000);
        house_second(&h);
    }
    ck_assert_int_ge(h.decisions[0].current_ma, 9000);
    ck_assert_int_le(h.decisions[0].current_ma, 10000);
    ck_assert_int_eq(h.decisions[0].reason.circuit, 1);
    house_run(&h, 12); /* silent again: its own car falls back, the other is not concerned */
    ck_assert_int_eq(h.decisions[0].current_ma, 6000);
    ck_assert_int_eq(h.decisions[1].current_ma, 16000);
}
END_TEST
START_TEST(a_sub_meter_that_is_faster_than_the_grid_meter)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 63000);
    h.circuits[1] = (struct control_circuit_conf){0, ALL_PHASES, true, 27000, 0, {0}};
    h.c.circuits_n = 2;
    h.chargers[0].circuit = 1;
    h.chargers[0].max_ma = 32000;
    h.cars[0].interval_s = 10;
    house_start(&h);
    for (int i = 0; i < 60; i++) { /* its frame comes first, then the old grid frame */
        sub_meter(10000);
        control_step(&h.s, &h.snap, &h.c, h.now, &h.out);
        if (h.decisions[0].current_ma) /* the raise is not mistaken for another load */
            ck_assert_int_ge(h.decisions[0].current_ma, 16000);
        house_second(&h);
    }
    ck_assert_int_le(h.decisions[0].current_ma, 17000);
}
END_TEST
START_TEST(an_unplugged_car_draws_nothing)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 35000);
    h.cars[0].interval_s = 10;
    house_start(&h);
    while (h.charger_states[0].draw[0] < 16000 || h.now.mono.ms % 10000)
        house_second(&h);
    h.cars[0].plugged = false;
    h.cars[0].ma = 0;
    house_run(&h, 3); /* its last values say 16 A for some seconds more */
    ck_assert_int_eq(h.in[0].meas.current_ma.v[0], 16000);
    ck_assert_int_eq(h.charger_states[0].est[0], 0);
    ck_assert_int_eq(h.out.charger_w, 0);
}
END_TEST
START_TEST(a_circuit_without_meter_is_the_sum_of_what_is_known_below)
{
    house_init(&h, 2, CHARGE_MODE_POWER, 25000);
    h.c.has_grid_meter = false;
    h.circuits[0].metered = false;
    h.circuits[1] = (struct control_circuit_conf){0, ALL_PHASES, true, 20000, 0, {0}};
    h.c.circuits_n = 2;
    h.chargers[0].circuit = 1;
    house_start(&h);
    for (int i = 0; i < 60; i++) {
        sub_meter(8000);
        house_second(&h);
    }
    int32_t sum = h.decisions[0].current_ma + h.decisions[1].current_ma;
    ck_assert_int_le(sum, 25000 - 8000);
    ck_assert_int_ge(sum, 15500);
}
END_TEST
START_TEST(circuit_with_a_power_limit)
{
    house_init(&h, 2, CHARGE_MODE_POWER, 63000);
    h.circuits[0].max_power_w = SOME_I32(14000);
    house_start(&h);
    house_run(&h, 60);
    int32_t w = (h.decisions[0].current_ma + h.decisions[1].current_ma) * 690 / 1000;
    ck_assert_int_le(w, 14000);
    ck_assert_int_ge(w, 13500);
}
END_TEST
/* A silent car may draw less than it is offered; then a cut that is too small helps nothing. The
 * limit is of a circuit without a meter, what flows is measured below it. */
START_TEST(a_power_limit_is_met_with_a_car_that_says_nothing)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 63000);
    h.c.circuits_n = 2;
    h.circuits[0].max_power_w = SOME_I32(8280);
    h.circuits[0].metered = false;
    h.circuits[1] = (struct control_circuit_conf){0, ALL_PHASES, true, 32000, 0, {0}};
    h.chargers[0].circuit = 1;
    h.cars[0].mute = true;
    h.cars[0].max_ma = 9900;
    house_start(&h);
    for (int i = 0; i < 115; i++) {
        if (i == 100)
            h.load_ma[0] = 7900;
        int32_t ma[PHASES] = {house_grid_ma(&h, 0), house_grid_ma(&h, 1), house_grid_ma(&h, 2)};
        struct control_reading *r = &h.circuit_in[1];
        *r = (struct control_reading){.at = h.now.mono, .rule = {1000, 10000}, .known = true};
        for (int p = 0; p < PHASES; p++)
            phase_put(&r->current_ma, p, ma[p]);
        house_second(&h);
    }
    ck_assert_int_le(h.cars[0].ma * 690 / 1000 + 7900 * 230 / 1000, 8280);
    ck_assert_int_ge(h.decisions[0].current_ma, 6000);
    ck_assert_int_eq(h.decisions[0].reason.code, CONTROL_REDUCED);
}
END_TEST
START_TEST(fallbacks_fit_the_fuse)
{
    house_init(&h, 4, CHARGE_MODE_POWER, 20000);
    h.chargers[0].priority = 2;
    house_start(&h);
    house_run(&h, 5);
    int32_t sum = 0;
    for (int i = 0; i < 4; i++)
        sum += h.decisions[i].fallback_ma;
    ck_assert_int_eq(sum, 18000);
    h.snap.consume_w = SOME_I32(4200); /* the operator's limit counts for them, too */
    house_run(&h, 1);
    sum = 0;
    for (int i = 0; i < 4; i++)
        sum += h.decisions[i].fallback_ma;
    ck_assert_int_eq(sum, 6000);
}
END_TEST
START_TEST(offline_box_keeps_its_fallback)
{
    house_init(&h, 2, CHARGE_MODE_POWER, 20000);
    house_start(&h);
    house_run(&h, 60);
    h.in[0].online = false;
    h.cars[0].ma = 0; /* nobody knows */
    h.in[0].meas.known = false;
    house_run(&h, 60);
    ck_assert(!h.decisions[0].send);
    ck_assert_int_eq(h.decisions[0].reason.code, CONTROL_OFFLINE);
    ck_assert_int_le(h.decisions[1].current_ma, 20000 - 6000);
    ck_assert_int_ge(h.decisions[1].current_ma, 13000);
}
END_TEST
START_TEST(silent_wallbox_counts_with_its_offer)
{
    house_init(&h, 2, CHARGE_MODE_POWER, 20000);
    h.cars[0].mute = true;
    house_start(&h);
    house_run(&h, 120);
    ck_assert_int_le(h.decisions[0].current_ma + h.decisions[1].current_ma, 20000);
    ck_assert_int_le(house_grid_ma(&h, 0), 20000);
    ck_assert_int_ge(h.decisions[1].current_ma, 9000);
}
END_TEST
START_TEST(one_phase_cars_stay_balanced)
{
    house_init(&h, 2, CHARGE_MODE_POWER, 63000);
    for (int i = 0; i < 2; i++) {
        h.chargers[i].phases = h.cars[i].phases = 1;
        h.chargers[i].max_ma = 32000;
    }
    house_start(&h);
    house_run(&h, 60);
    int32_t sum = h.decisions[0].current_ma + h.decisions[1].current_ma;
    ck_assert_int_le(sum, 20000);
    ck_assert_int_ge(sum, 19000);
    ck_assert_int_eq(h.decisions[1].reason.code, CONTROL_IMBALANCE);
}
END_TEST
START_TEST(the_whole_connection_may_be_balanced)
{
    house_init(&h, 1, CHARGE_MODE_POWER, 63000);
    h.c.balance = BALANCE_ALL;
    h.chargers[0].phases = h.cars[0].phases = 1;
    h.chargers[0].max_ma = 32000;
    h.load_ma[0] = 8000;
    house_start(&h);
    house_run(&h, 60);
    ck_assert_int_le(h.decisions[0].current_ma, 12000);
    ck_assert_int_ge(h.decisions[0].current_ma, 11000);
}
END_TEST
static void sun(int32_t ma)
{
    for (int p = 0; p < PHASES; p++)
        h.load_ma[p] = -ma;
}
/* The second starts with what the first leaves; once it runs, its minimum comes first. */
START_TEST(the_sun_goes_by_priority)
{
    house_init(&h, 2, CHARGE_MODE_SOLAR_PURE, 35000);
    h.chargers[1].priority = 2;
    sun(15000);
    house_start(&h);
    house_run(&h, 120);
    ck_assert_int_ge(h.decisions[0].current_ma, 14500);
    ck_assert_int_eq(h.decisions[1].current_ma, 0);
    sun(24000);
    house_run(&h, 120);
    ck_assert_int_eq(h.decisions[0].current_ma, 16000);
    ck_assert_int_ge(h.decisions[1].current_ma, 7500);
    sun(15000);
    house_run(&h, 120);
    ck_assert_int_ge(h.decisions[0].current_ma, 8500);
    ck_assert_int_le(h.decisions[0].current_ma, 9000);
    ck_assert_int_eq(h.decisions[1].current_ma, 6000);
    ck_assert_int_le(house_grid_ma(&h, 0), 200);
    house_run(&h, 240); /* its hold is over */
    ck_assert_int_ge(h.decisions[0].current_ma, 14500);
    ck_assert_int_eq(h.decisions[1].current_ma, 0);
}
END_TEST
/* The first would take more sun, but two others keep their minimums on its phase: that is no claim
 * for which a third would have to wait. */
START_TEST(a_claim_without_room_keeps_nobody_waiting)
{
    house_init(&h, 4, CHARGE_MODE_POWER, 63000);
    for (int i = 0; i < 4; i++) {
        h.cars[i].phases = (uint8_t)(i == 3 ? 2 : 1);
        h.chargers[i].phases = h.cars[i].phases;
        h.chargers[i].priority = (uint8_t)(i == 0 ? 1 : 2);
        h.chargers[i].max_ma = i == 1 || i == 2 ? 6000 : 16000;
    }
    h.in[0].mode = h.in[3].mode = CHARGE_MODE_SOLAR_PURE;
    h.cars[3].plugged = false;
    house_start(&h);
    h.load_ma[0] = h.load_ma[1] = h.load_ma[2] = -9000;
    house_run(&h, 120);
    ck_assert_int_ge(h.decisions[0].current_ma, 7500);
    ck_assert_int_le(h.decisions[0].current_ma, 7850); /* 20 A in all on L1 */
    h.cars[3].plugged = true;
    house_run(&h, 60);
    ck_assert_int_ge(h.decisions[3].current_ma, 6000);
}
END_TEST
START_TEST(equal_priorities_share_the_sun)
{
    house_init(&h, 2, CHARGE_MODE_SOLAR_PURE, 35000);
    sun(15000);
    house_start(&h);
    house_run(&h, 180);
    ck_assert_int_ge(h.decisions[0].current_ma, 7200);
    ck_assert_int_le(h.decisions[0].current_ma, 7700);
    ck_assert_int_ge(h.decisions[1].current_ma, 7200);
    ck_assert_int_le(h.decisions[1].current_ma, 7700);
}
END_TEST
START_TEST(equal_snapshots_give_equal_decisions)
{
    static struct house a, b;
    for (int k = 0; k < 2; k++) {
        struct house *x = k ? &b : &a;
        house_init(x, 3, CHARGE_MODE_POWER, 30000);
        house_start(x);
        for (int i = 0; i < 300; i++) {
            x->load_ma[i % 3] = i * 7919 % 20000;
            house_second(x);
        }
    }
    ck_assert_int_eq(memcmp(a.decisions, b.decisions, 3 * sizeof a.decisions[0]), 0);
}
END_TEST
START_TEST(reasons_read_like_sentences)
{
    struct reason r;
    control_reason_text(&(struct control_reason){CONTROL_CIRCUIT_PAUSE, {3450, 6000}, 0}, "main",
                        &r);
    ck_assert_str_eq(r.text, "Paused: the fuse of main leaves 3.5 A, the car needs 6 A.");
    ck_assert_str_eq(r.code, "circuit_pause");
    ck_assert_int_eq(r.params_n, 3);
    ck_assert_str_eq(r.params[0].name, "available_ma");
    ck_assert_int_eq(r.params[0].value.v, 3450);
    ck_assert_str_eq(r.params[2].text, "main");
    for (int i = 0; i < CONTROL_CODES; i++) { /* none is cut, none has a hole */
        control_reason_text(
            &(struct control_reason){(enum control_code)i, {-99999999, 99999999, 99999999}, 0},
            "a-name-as-long-as-an-id-may-be--", &r);
        ck_assert_ptr_null(strchr(r.text, '{'));
        ck_assert(r.text[strlen(r.text) - 1] == '.');
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("share");
    TCase *t = tcase_create("share");
    tcase_add_loop_test(t, shares, 0, (int)COUNT_OF(rows));
    tcase_add_test(t, a_car_that_takes_less_leaves_the_rest);
    tcase_add_test(t, turns_of_half_an_hour);
    tcase_add_test(t, sub_circuit_binds_its_members);
    tcase_add_test(t, sub_circuit_with_its_own_meter);
    tcase_add_test(t, a_sub_meter_that_is_faster_than_the_grid_meter);
    tcase_add_test(t, an_unplugged_car_draws_nothing);
    tcase_add_test(t, a_circuit_without_meter_is_the_sum_of_what_is_known_below);
    tcase_add_test(t, circuit_with_a_power_limit);
    tcase_add_test(t, a_power_limit_is_met_with_a_car_that_says_nothing);
    tcase_add_test(t, fallbacks_fit_the_fuse);
    tcase_add_test(t, offline_box_keeps_its_fallback);
    tcase_add_test(t, silent_wallbox_counts_with_its_offer);
    tcase_add_test(t, one_phase_cars_stay_balanced);
    tcase_add_test(t, the_whole_connection_may_be_balanced);
    tcase_add_test(t, the_sun_goes_by_priority);
    tcase_add_test(t, a_claim_without_room_keeps_nobody_waiting);
    tcase_add_test(t, equal_priorities_share_the_sun);
    tcase_add_test(t, equal_snapshots_give_equal_decisions);
    tcase_add_test(t, reasons_read_like_sentences);
    suite_add_tcase(s, t);
    return run_suite(s);
}
