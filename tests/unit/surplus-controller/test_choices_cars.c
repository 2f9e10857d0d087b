/* SPDX-License-Identifier: Apache-2.0
 * Mode target on the bus: energy, pushed states of charge, cars and the plan. */
#include "tests/unit/surplus-controller/choices_house.h"
#include "tests/unit/run.h"

/* ---- target and cars ---- */
START_TEST(a_pushed_state_of_charge_and_a_time_are_a_plan)
{
    begin();
    ck_assert(fake_payload("vehicle", "zoe", "soc", "62"));
    later(1000);
    ck_assert_int_eq(fake.vehicle.soc_pm.v, 620);
    ck_assert_str_eq(fake.vehicle.charger, "garage");
    set("target_soc", "800"); /* 9 kWh into the battery, 10 kWh at the wallbox */
    set("target_time", "20:00");
    set("mode", "target");
    const struct charger_control *c = control_of("garage");
    ck_assert_int_eq(c->target_need_wh.v, 10000);
    /* 54.35 min at 11.04 kW, 5 % and 10 min */
    ck_assert_int_eq((c->target_deadline.v - c->target_start.v) / MIN, 67);
    ck_assert_str_eq(c->mode_reason.text,
                     "10.0 kWh by 20:00: the sun first, full power from 18:52.");
    ck_assert_int_eq(order(), 0);
    later(c->target_start.v - fake.now.wall.ms);
    charger_at("garage", EVSE_STATE_B, 0, 0, "", false);
    meter(0);
    ck_assert_int_eq(order(), 16000);
    charger_at("garage", EVSE_STATE_C, 16000, 5000, "", false); /* half of it: counted on */
    meter(16000);
    ck_assert_int_eq(control_of("garage")->target_need_wh.v, 5000);
    later(2000);
    ck_assert_int_eq(fake.vehicle.soc_pm.v, 710);
    ck_assert(fake.vehicle.soc_estimated.v);
    charger_at("garage", EVSE_STATE_C, 16000, 10000, "", false);
    meter(16000);
    ck_assert_int_eq(order(), 0);
    ck_assert_str_eq(control_of("garage")->mode_reason.code, "target_reached");
    ck_assert_int_eq(b->out.chargers[0].reason.code, CONTROL_TARGET_REACHED);
}
END_TEST
static void counter(enum evse_state state, int64_t energy_wh, int32_t session_wh, bool running)
{
    struct charger_state c = {.v = 1,
                              .ts = fake.now.wall.ms,
                              .interval_ms = 1000,
                              .max_age_ms = 60000,
                              .online = true,
                              .evse_state = state,
                              .energy_wh = SOME_I64(energy_wh),
                              .session_wh = SOME_I32(session_wh),
                              .transaction = {7, running}};
    fake_message(MSG_CHARGER_STATE, "garage", &c, false);
    meter(0);
}
START_TEST(energy_counts_from_the_cable_on)
{
    fake_link(true);
    set("target_energy", "10000");
    set("target_time", "20:00");
    set("mode", "target");
    counter(EVSE_STATE_C, 90000, 4000, true); /* it came while we were away */
    ck_assert_int_eq(control_of("garage")->target_need_wh.v, 6000);
    counter(EVSE_STATE_C, 92000, 6000, true);
    counter(EVSE_STATE_B, 92000, 6000, false);
    counter(EVSE_STATE_C, 93000, 1000, true); /* a new session of the same car */
    ck_assert_int_eq(control_of("garage")->target_need_wh.v, 3000);
    counter(EVSE_STATE_A, 93000, 0, false);
    counter(EVSE_STATE_B, 93000, 1000, false); /* the old session, of another car */
    ck_assert_int_eq(control_of("garage")->target_need_wh.v, 10000);
    halt();
    boot();
    fake_link(true);
    counter(EVSE_STATE_C, 95000, 500, true);
    ck_assert_int_eq(control_of("garage")->target_need_wh.v, 8000);
}
END_TEST
START_TEST(an_unknown_state_of_charge_is_said)
{
    begin();
    set("target_soc", "800");
    set("target_time", "20:00");
    set("mode", "target");
    ck_assert_str_eq(control_of("garage")->mode_reason.code, "target_no_soc");
    ck_assert(fake_payload("vehicle", "zoe", "soc", "{\"value\":64.5}"));
    later(1000);
    ck_assert_int_eq(fake.vehicle.soc_pm.v, 645);
    ck_assert_str_eq(control_of("garage")->mode_reason.code, "target_wait");
    charger_at("garage", EVSE_STATE_A, 0, 0, "", false); /* off for a drive */
    charger_at("garage", EVSE_STATE_B, 0, 0, "", false);
    meter(0);
    ck_assert_str_eq(control_of("garage")->mode_reason.code, "target_no_soc");
}
END_TEST
START_TEST(odd_states_of_charge_change_nothing)
{
    static const char *const odd[] = {"101", "-1", "full", "{\"value\":5,\"ts\":1895157400000}"};
    begin();
    ck_assert(fake_payload("vehicle", "zoe", "soc", "64"));
    later(1000);
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        ck_assert(fake_payload("vehicle", "zoe", "soc", odd[i]));
        ck_assert_str_eq(fake.fault, "soc_refused");
        ck_assert_int_eq(fake.vehicle.soc_pm.v, 640);
    }
    ck_assert(fake_payload("vehicle", "zoe", "soc", "{\"value\":5,\"ts\":1795157300000}"));
    ck_assert_int_eq(b->choices->vehicles[0].soc.soc_pm.v, 640); /* older than what is known */
    ck_assert(fake_payload("vehicle", "zoe", "soc", ""));
    later(2000);
    ck_assert(!fake.vehicle.soc_pm.set);
}
END_TEST
START_TEST(cars_are_recognised_chosen_or_usual)
{
    begin();
    ck_assert_str_eq(control_of("garage")->vehicle, "zoe");
    charger_at("garage", EVSE_STATE_B, 0, 0, "04a2b1", false);
    meter(0);
    ck_assert_str_eq(control_of("garage")->vehicle, "up");
    set("vehicle", "zoe");
    ck_assert_str_eq(control_of("garage")->vehicle, "zoe");
    set("vehicle", "{\"value\":\"guest\",\"until\":\"unplugged\"}");
    ck_assert_str_eq(control_of("garage")->vehicle, "");
    charger_at("garage", EVSE_STATE_A, 0, 0, "", false);
    meter(0);
    ck_assert_str_eq(control_of("garage")->vehicle, "zoe");
    ck_assert(fake_payload("charger", "yard", "vehicle", "zoe")); /* it can't be at two places */
    ck_assert_str_eq(control_of("garage")->vehicle, "");
    ck_assert_str_eq(control_of("yard")->vehicle, "zoe");
}
END_TEST

/* ---- plan ---- */
START_TEST(the_plan_on_the_bus_is_carried_out)
{
    static struct plan_state p;
    begin();
    charger_at("garage", EVSE_STATE_B, 0, 0, "", false);
    set("target_energy", "5500");
    set("target_time", "20:00");
    set("mode", "target");
    const struct charger_control *c = control_of("garage");
    p = (struct plan_state){.v = 1,
                            .ts = fake.now.wall.ms,
                            .interval_ms = HOUR,
                            .max_age_ms = 3 * HOUR,
                            .deadline = c->target_deadline,
                            .slot_ms = 15 * MIN,
                            .slots_n = 3};
    p.slots[0] = (struct slot){fake.now.wall.ms - 5 * MIN, 0};
    p.slots[1] = (struct slot){fake.now.wall.ms + 10 * MIN, 11040};
    p.slots[2] = (struct slot){fake.now.wall.ms + 25 * MIN, 11040};
    fake_message(MSG_PLAN_STATE, "garage", &p, true);
    later(0);
    ck_assert_str_eq(control_of("garage")->mode_reason.code, "target_between");
    ck_assert_int_eq(control_of("garage")->active_source, SOURCE_PLAN);
    ck_assert_int_eq(order(), 0);
    later(10 * MIN);
    charger_at("garage", EVSE_STATE_B, 0, 0, "", false);
    meter(0);
    ck_assert_int_eq(order(), 16000);
    ck_assert_str_eq(control_of("garage")->mode_reason.code, "target_planned");
    fake_message(MSG_PLAN_STATE, "garage", NULL, false); /* the planner is gone */
    meter(0);
    ck_assert_int_eq(order(), 6000); /* the hold through a cloud, then nothing */
    ck_assert_str_eq(control_of("garage")->mode_reason.code, "target_wait");
    fake_message(MSG_PLAN_STATE, "garage", &p, true);
    meter(0);
    ck_assert_int_eq(order(), 16000);
    p.ts -= 3 * HOUR; /* or silent for too long */
    fake_message(MSG_PLAN_STATE, "garage", &p, true);
    meter(0);
    ck_assert_int_eq(order(), 6000);
    fake_message(MSG_PLAN_STATE, "nowhere", &p, true);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("choices_cars");
    tcase_add_checked_fixture(t, choices_setup, choices_teardown);
    tcase_add_test(t, a_pushed_state_of_charge_and_a_time_are_a_plan);
    tcase_add_test(t, energy_counts_from_the_cable_on);
    tcase_add_test(t, an_unknown_state_of_charge_is_said);
    tcase_add_test(t, odd_states_of_charge_change_nothing);
    tcase_add_test(t, cars_are_recognised_chosen_or_usual);
    tcase_add_test(t, the_plan_on_the_bus_is_carried_out);
    return run_case(t, "choices_cars");
}
