/* SPDX-License-Identifier: Apache-2.0
 * Choices on the bus: tables and settings as people send them, as control shows them, and over a
 * restart. */
#include "tests/unit/surplus-controller/choices_house.h"
#include "tests/unit/run.h"

START_TEST(a_table_sent_by_mqtt_moves_the_wallbox_at_the_quarter_hour)
{
    begin();
    set("week", "mon-fri 08:00-12:00 lock; else power");
    ck_assert_int_eq(order(), 0); /* solar_pure still */
    set("mode", "time");
    ck_assert_int_eq(order(), 16000);
    ck_assert_int_eq(fake.setpoint.current_ma, 16000);
    const struct charger_control *c = control_of("garage");
    ck_assert_int_eq(c->mode, CHARGE_MODE_TIME);
    ck_assert_int_eq(c->active_mode, CHARGE_MODE_POWER);
    ck_assert_int_eq(c->active_source, SOURCE_TABLE);
    ck_assert_str_eq(c->mode_reason.text, "By the week table, until 08:00.");
    ck_assert_int_eq(c->next_change.v - fake.now.wall.ms, 10 * MIN);
    ck_assert(c->local_start.set && !c->local_start.v);
    ck_assert_str_eq(c->week, "mon-fri 08:00-12:00 lock; else power");
    ck_assert_int_eq(c->overrides_n, 2);
    later(10 * MIN - 1);
    ck_assert_int_eq(order(), 16000);
    later(1);
    ck_assert_int_eq(order(), 0);
    ck_assert_int_eq(control_of("garage")->active_mode, CHARGE_MODE_LOCK);
    set("mode", "power"); /* another mode ends it; the table stays for the next time */
    ck_assert_int_eq(order(), 16000);
    ck_assert(control_of("garage")->local_start.v);
    ck_assert_str_eq(control_of("garage")->week, "mon-fri 08:00-12:00 lock; else power");
}
END_TEST
START_TEST(the_timer_is_set_to_the_slot)
{
    begin();
    set("week", "mon-fri 08:00-12:00 lock; else power");
    set("mode", "time");
    ck_assert_int_eq(choices_refresh(b, fake.now) - fake.now.mono.ms, 10 * MIN);
    set("mode", "power");
    ck_assert_int_eq(choices_refresh(b, fake.now), INT64_MAX);
}
END_TEST
START_TEST(a_wrong_table_is_named_and_the_old_one_stays)
{
    begin();
    set("week", "else power");
    set("week", "mon-fri 08:10-12:00 lock");
    ck_assert_int_eq(last_result()->result, RESULT_REJECTED);
    ck_assert_str_eq(last_result()->id, "week");
    ck_assert_str_eq(last_result()->text,
                     "at character 9: expected quarter hours such as 08:15-12:00, got 08:10-12:00");
    ck_assert_str_eq(control_of("garage")->week, "else power");
    set("week", "");
    ck_assert_str_eq(control_of("garage")->week, "");
    set("mode", "time");
    ck_assert_str_eq(control_of("garage")->mode_reason.code, "no_table");
    ck_assert_int_eq(control_of("garage")->active_mode, CHARGE_MODE_SOLAR_PURE);
}
END_TEST
START_TEST(settings_are_obeyed_and_shown)
{
    static const struct {
        const char *field, *payload;
    } all[] = {
        {"phases", "auto"},         {"solar_share", "300"},      {"start_power", "50%"},
        {"priority", "7"},          {"min_current", "8000"},     {"max_current", "10000"},
        {"target_energy", "12000"}, {"target_soc", "800"},       {"target_time", "mon-fri 07:00"},
        {"vehicle", "up"},          {"use_house_battery", "off"}};
    begin();
    for (size_t i = 0; i < COUNT_OF(all); i++)
        set(all[i].field, all[i].payload);
    const struct charger_control *c = control_of("garage");
    const struct control_charger_in *in = &b->charger_ins[0];
    ck_assert_int_eq(c->overrides_n, COUNT_OF(all));
    ck_assert_int_eq(c->phase_use, PHASE_USE_AUTO);
    ck_assert_int_eq((int)in->contacts, CONTACTS_AUTO);
    ck_assert_int_eq(c->solar_share_pm.v, 300);
    ck_assert_int_eq(in->solar_share_pm, 300);
    ck_assert_str_eq(c->start_power, "50%");
    ck_assert_int_eq(in->start_pm, 500);
    ck_assert_int_eq(in->priority.v, 7);
    ck_assert_int_eq(in->min_ma.v, 8000);
    ck_assert_int_eq(in->max_ma.v, 10000);
    ck_assert_int_eq(c->target_energy_wh.v, 12000);
    ck_assert_int_eq(c->target_soc_pm.v, 800);
    ck_assert_str_eq(c->target_time, "mon-fri 07:00");
    ck_assert_str_eq(c->vehicle, "up");
    ck_assert(c->use_house_battery.set && !c->use_house_battery.v && !in->use_battery);
    ck_assert_int_eq((int)in->switching, SWITCHING_NEVER); /* as that car wants it */
    ck_assert_int_eq(in->switch_pause_ms.v, 300000);
    for (size_t i = 0; i < COUNT_OF(all); i++)
        set(all[i].field, "");
    c = control_of("garage");
    ck_assert_int_eq(c->overrides_n, 0);
    ck_assert_int_eq(c->phase_use, PHASE_USE_THREE);
    ck_assert_str_eq(c->start_power, "min");
    ck_assert_str_eq(c->vehicle, "zoe");
    ck_assert_str_eq(c->target_time, "");
    ck_assert(!c->target_soc_pm.set && !c->target_energy_wh.set && c->use_house_battery.v);
    ck_assert_int_eq((int)in->switching, SWITCHING_ALLOWED);
}
END_TEST
static const struct {
    const char *field, *payload, *why;
} refused[] = {
    {"target_time", "tomorrow", "expected a time such as 07:00"},
    {"target_time", "2026-11-20 07:49", "2026-11-20 07:49 is in the past"},
    {"start_power", "half", "expected min, max, a share such as 50%"},
    {"vehicle", "tank", "tank is not under vehicles"},
    {"week", "mon", "at character 4: expected a time such as 08:00-12:00, got nothing"},
    {"mode", "{\"value\":\"lock\",\"until\":5}", "its end is in the past"},
};
START_TEST(what_can_not_be_is_said)
{
    begin();
    set(refused[_i].field, refused[_i].payload);
    ck_assert_int_eq(last_result()->result, RESULT_REJECTED);
    ck_assert_str_eq(last_result()->id, refused[_i].field);
    ck_assert_msg(strncmp(last_result()->text, refused[_i].why, strlen(refused[_i].why)) == 0, "%s",
                  last_result()->text);
    ck_assert_int_eq(control_of("garage")->overrides_n, 0);
}
END_TEST

/* ---- what outlives us ---- */
START_TEST(a_restart_forgets_nothing)
{
    begin();
    ck_assert(fake_payload("vehicle", "zoe", "soc", "62"));
    set("week", "mon-fri 08:00-12:00 lock; else power");
    set("target_soc", "800");
    set("target_time", "08:30");
    set("start_power", "5500 W");
    set("use_house_battery", "false");
    set("mode", "target");
    charger_at("garage", EVSE_STATE_C, 16000, 1000, "", false);
    later(2 * MIN);
    charger_at("garage", EVSE_STATE_C, 7000, 2000, "", false); /* it draws 4.8 kW */
    meter(7000);
    struct target_state before = b->choices->v[0].state.target;
    struct charger_control c = *control_of("garage");
    ck_assert_str_eq(c.mode_reason.code, "target_late");
    ck_assert_int_eq(before.learnt_w, 4830);
    halt();
    boot();
    fake_link(true);
    charger_at("garage", EVSE_STATE_C, 7000, 2000, "", true);
    meter(7000);
    const struct target_state *after = &b->choices->v[0].state.target;
    ck_assert_int_eq(after->deadline.v, before.deadline.v);
    ck_assert_int_eq(after->learnt_w, before.learnt_w);
    ck_assert(after->forced && after->forced_at.v == before.forced_at.v);
    const struct charger_control *d = control_of("garage");
    ck_assert_str_eq(d->mode_reason.text, c.mode_reason.text);
    ck_assert_str_eq(d->week, c.week);
    ck_assert_str_eq(d->start_power, "5500 W");
    ck_assert_int_eq(b->charger_ins[0].start_power_w.v, 5500);
    ck_assert(!d->use_house_battery.v);
    ck_assert_int_eq(d->overrides_n, c.overrides_n);
    ck_assert_int_eq(b->choices->vehicles[0].soc.soc_pm.v, 620);
}
END_TEST
START_TEST(a_car_that_left_while_we_were_away_ends_its_choices)
{
    begin();
    set("mode", "{\"value\":\"power\",\"until\":\"unplugged\"}");
    halt();
    boot();
    fake_link(true);
    charger_at("garage", EVSE_STATE_A, 0, 0, "", true);
    meter(0);
    ck_assert_int_eq(control_of("garage")->mode, CHARGE_MODE_SOLAR_PURE);
}
END_TEST
START_TEST(a_text_that_the_broker_brings_back_is_known)
{
    struct override o = {0};
    begin();
    set("week", "else power");
    set("week", "else lock");
    str_copyz(o.text, sizeof o.text, "else power");
    fake_override("garage", "week", o, true);
    ck_assert_str_eq(control_of("garage")->week, "else lock");
    ck_assert_int_eq(last_result()->result, RESULT_REJECTED);
    fake_override("garage", "week", o, false); /* a live one always counts */
    ck_assert_str_eq(control_of("garage")->week, "else power");
}
END_TEST
START_TEST(a_cap_of_others_tightens)
{
    begin();
    set("mode", "power");
    ck_assert_int_eq(order(), 16000);
    *choices_cap(b, 0, CAP_USER) = (struct control_cap){SOME_I32(8000), CONTROL_TURN, {0}};
    brain_step(b);
    ck_assert_int_eq(order(), 8000);
    *choices_cap(b, 0, CAP_USER) = (struct control_cap){SOME_I32(0), CONTROL_PAUSED, {0}};
    brain_step(b);
    ck_assert_int_eq(order(), 0);
    ck_assert_int_eq(b->out.chargers[0].reason.code, CONTROL_PAUSED);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("choices");
    tcase_add_checked_fixture(t, choices_setup, choices_teardown);
    tcase_add_test(t, a_table_sent_by_mqtt_moves_the_wallbox_at_the_quarter_hour);
    tcase_add_test(t, the_timer_is_set_to_the_slot);
    tcase_add_test(t, a_wrong_table_is_named_and_the_old_one_stays);
    tcase_add_test(t, settings_are_obeyed_and_shown);
    tcase_add_loop_test(t, what_can_not_be_is_said, 0, COUNT_OF(refused));
    tcase_add_test(t, a_restart_forgets_nothing);
    tcase_add_test(t, a_car_that_left_while_we_were_away_ends_its_choices);
    tcase_add_test(t, a_text_that_the_broker_brings_back_is_known);
    tcase_add_test(t, a_cap_of_others_tightens);
    return run_case(t, "choices");
}
