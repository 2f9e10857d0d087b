/* SPDX-License-Identifier: Apache-2.0
 * Choices on the bus: tables, targets, cars and settings as people send them, as control shows
 * them, and over a restart. */
#include "tests/unit/surplus-controller/fake_bus.h"
#include <check.h>
#include <stdlib.h>
#include <unistd.h>
#include "tests/unit/run.h"

enum { MIN = 60000, HOUR = 60 * MIN };
static struct svc svc;
static struct site site;
static struct site_circuits circuits[1];
static struct site_meters meters[1];
static struct site_chargers chargers[2];
static struct site_vehicles vehicles[2];
static struct brain *b;
static char dir[64];

static void charger_conf(int i, const char *id)
{
    str_copyz(chargers[i].id, ID_CAP, id);
    chargers[i].conf = (struct charger_conf){.phases = 3,
                                             .rotation = ROTATION_L123,
                                             .min_current_ma = 6000,
                                             .max_current_ma = 16000,
                                             .fallback_ma = 6000,
                                             .priority = 1,
                                             .mode = CHARGE_MODE_SOLAR_PURE,
                                             .can_switch_phases = true,
                                             .phase_use = PHASE_USE_THREE,
                                             .phase_switch = PHASE_SWITCH_ALLOWED,
                                             .switch_pause_ms = 180000,
                                             .solar_share_pm = 500,
                                             .use_house_battery = true,
                                             .interval_ms = 1000,
                                             .max_age_ms = 60000};
    str_copyz(chargers[i].conf.start_power, sizeof chargers[i].conf.start_power, "min");
    str_copyz(chargers[i].conf.circuit, ID_CAP, "main");
}
static void make_site(void)
{
    memset(&site, 0, sizeof site);
    memset(vehicles, 0, sizeof vehicles);
    memset(chargers, 0, sizeof chargers);
    str_copyz(site.general.site, ID_CAP, "home");
    str_copyz(site.general.timezone, sizeof site.general.timezone, "Europe/Berlin");
    str_copyz(site.hash, sizeof site.hash, "abc");
    site.control = (struct control_conf){.grid_target_w = -100,
                                         .dead_band_w = 140,
                                         .follow_ms = 5000,
                                         .hold_ms = 300000,
                                         .restart_ms = 480000,
                                         .reduced_ms = 300000,
                                         .frozen_ms = 60000,
                                         .phase_check_ms = 900000,
                                         .phase_up_pm = 1070,
                                         .target_margin_ms = 10 * MIN,
                                         .lease_ms = 15000,
                                         .refresh_ms = 5000,
                                         .imbalance = IMBALANCE_CARS,
                                         .max_imbalance_va = 4600};
    circuits[0].conf = (struct circuit_conf){.phases = 3, .max_current_ma = 63000};
    str_copyz(circuits[0].id, ID_CAP, "main");
    str_copyz(meters[0].id, ID_CAP, "grid");
    meters[0].conf.role = ROLE_GRID;
    charger_conf(0, "garage");
    charger_conf(1, "yard");
    for (int i = 0; i < 2; i++) {
        vehicles[i].conf = (struct vehicle_conf){
            .capacity_wh = SOME_I32(50000), .efficiency_pm = 900, .phases = SOME_I32(3)};
        str_copyz(vehicles[i].id, ID_CAP, i ? "up" : "zoe");
    }
    str_copyz(vehicles[0].conf.charger, ID_CAP, "garage");
    str_copyz(vehicles[1].conf.tags[0], ID_CAP, "04:A2:B1");
    vehicles[1].conf.tags_n = 1;
    vehicles[1].conf.phase_switch = PHASE_SWITCH_NEVER;
    vehicles[1].conf.switch_pause_ms = SOME_I32(300000);
    site.circuits = circuits;
    site.meters = meters;
    site.chargers = chargers;
    site.vehicles = vehicles;
    site.circuits_n = site.meters_n = 1;
    site.chargers_n = site.vehicles_n = 2;
}
static void boot(void)
{
    svc = (struct svc){
        .name = "surplus-controller", .site_path = "site.yaml", .boot = "me", .site = &site};
    str_copyz(svc.state_dir, sizeof svc.state_dir, dir);
    ck_assert_int_eq(uv_loop_init(&svc.loop), 0);
    b = brain_new(&svc);
    ck_assert_ptr_nonnull(b);
}
static void halt(void)
{
    ck_assert_int_eq(brain_finish(b, 0), 0);
    uv_close((uv_handle_t *)&b->timer, NULL);
    while (uv_run(&svc.loop, UV_RUN_DEFAULT))
        ;
    ck_assert_int_eq(uv_loop_close(&svc.loop), 0);
    brain_free(b);
    fake_forget();
}
static void charger_at(const char *id, enum evse_state state, int32_t ma, int32_t session_wh,
                       const char *tag, bool retained)
{
    struct charger_state c = {.v = 1,
                              .ts = fake.now.wall.ms,
                              .interval_ms = 1000,
                              .max_age_ms = 60000,
                              .online = true,
                              .evse_state = state,
                              .session_wh = SOME_I32(session_wh),
                              .power_w = SOME_I32(ma * 690 / 1000),
                              .applied_set = true};
    c.applied.lease = LEASE_LIVE;
    c.applied.current_ma = SOME_I32(ma);
    for (int p = 0; p < PHASES; p++)
        phase_put(&c.current_phase_ma, p, ma);
    str_copyz(c.id_tag, sizeof c.id_tag, tag);
    fake_message(MSG_CHARGER_STATE, id, &c, retained);
}
static void meter(int32_t ma)
{
    struct meter_state m = {
        .v = 1, .ts = fake.now.wall.ms, .interval_ms = 1000, .max_age_ms = 10000};
    static int wobble;
    for (int p = 0; p < PHASES; p++) {
        phase_put(&m.current_phase_ma, p, ma);
        phase_put(&m.voltage_phase_mv, p, 230000 + wobble++ % 7);
    }
    m.power_w = SOME_I32(ma * 690 / 1000);
    fake_message(MSG_METER_STATE, "grid", &m, false);
}
/* Friday, 2026-11-20 07:50 in Berlin; a car is at the garage, the yard is empty. */
static void begin(void)
{
    fake_link(true);
    charger_at("yard", EVSE_STATE_A, 0, 0, "", false);
    charger_at("garage", EVSE_STATE_B, 0, 0, "", false);
    meter(0);
}
static void setup(void)
{
    str_copyz(dir, sizeof dir, "/tmp/test_choices.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    fake_reset();
    fake.now.wall.ms = INT64_C(1795157400000);
    make_site();
    boot();
}
static void teardown(void)
{
    static const char *const files[] = {"chargers", "circuits", "vehicles"};
    char path[128];
    halt();
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        snprintf(path, sizeof path, "%s/%s.jsonl", dir, files[i]);
        unlink(path);
    }
    rmdir(dir);
}
static void later(int64_t ms)
{
    fake.now.mono.ms += ms;
    fake.now.wall.ms += ms;
    charger_at("yard", EVSE_STATE_A, 0, 0, "", false);
    meter(0);
}
static void set(const char *field, const char *payload)
{
    ck_assert(fake_payload("charger", "garage", field, payload));
}
/* The last control message of a charger. */
static const struct charger_control *control_of(const char *id)
{
    static struct charger_control c;
    int i = charger_index(b, id);
    memset(&c, 0, sizeof c);
    choices_fill(b, i, fake.now, &c);
    return &c;
}
static const struct request_result *last_result(void)
{
    const struct kept_charger *k = &b->ios[0].kept;
    ck_assert_int_gt(k->results_n, 0);
    return &k->results[k->results_n - 1];
}
static int32_t order(void)
{
    return b->out.chargers[0].current_ma;
}

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
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_table_sent_by_mqtt_moves_the_wallbox_at_the_quarter_hour);
    tcase_add_test(t, the_timer_is_set_to_the_slot);
    tcase_add_test(t, a_wrong_table_is_named_and_the_old_one_stays);
    tcase_add_test(t, settings_are_obeyed_and_shown);
    tcase_add_loop_test(t, what_can_not_be_is_said, 0, COUNT_OF(refused));
    tcase_add_test(t, a_pushed_state_of_charge_and_a_time_are_a_plan);
    tcase_add_test(t, energy_counts_from_the_cable_on);
    tcase_add_test(t, an_unknown_state_of_charge_is_said);
    tcase_add_test(t, odd_states_of_charge_change_nothing);
    tcase_add_test(t, cars_are_recognised_chosen_or_usual);
    tcase_add_test(t, the_plan_on_the_bus_is_carried_out);
    tcase_add_test(t, a_restart_forgets_nothing);
    tcase_add_test(t, a_car_that_left_while_we_were_away_ends_its_choices);
    tcase_add_test(t, a_text_that_the_broker_brings_back_is_known);
    tcase_add_test(t, a_cap_of_others_tightens);
    return run_case(t, "choices");
}
