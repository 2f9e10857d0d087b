/* SPDX-License-Identifier: Apache-2.0
 * The controller between the bus and the core: inboxes, ages, leases, what outlives a restart. */
#include "tests/unit/surplus-controller/fake_bus.h"
#include <check.h>
#include <sys/stat.h>
#include "tests/unit/run.h"

static struct svc svc;
static struct site site;
static struct site_circuits circuits[1];
static struct site_meters meters[1];
static struct site_chargers chargers[1];
static struct brain *b;
static char dir[64];

static void make_site(void)
{
    memset(&site, 0, sizeof site);
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
                                         .lease_ms = 15000,
                                         .refresh_ms = 5000,
                                         .imbalance = IMBALANCE_CARS,
                                         .max_imbalance_va = 4600};
    circuits[0].conf = (struct circuit_conf){.phases = 3, .max_current_ma = 35000};
    str_copyz(circuits[0].id, ID_CAP, "main");
    str_copyz(meters[0].id, ID_CAP, "grid");
    meters[0].conf.role = ROLE_GRID;
    str_copyz(chargers[0].id, ID_CAP, "garage");
    chargers[0].conf = (struct charger_conf){.phases = 3,
                                             .rotation = ROTATION_L123,
                                             .min_current_ma = 6000,
                                             .max_current_ma = 16000,
                                             .fallback_ma = 6000,
                                             .priority = 1,
                                             .mode = CHARGE_MODE_SOLAR_PURE,
                                             .interval_ms = 1000,
                                             .max_age_ms = 60000};
    str_copyz(chargers[0].conf.circuit, ID_CAP, "main");
    site.circuits = circuits;
    site.meters = meters;
    site.chargers = chargers;
    site.circuits_n = site.meters_n = site.chargers_n = 1;
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
    while (uv_run(&svc.loop, UV_RUN_DEFAULT)) /* again after uv_stop */
        ;
    ck_assert_int_eq(uv_loop_close(&svc.loop), 0);
    brain_free(b);
    fake_forget();
}
static void setup(void)
{
    str_copyz(dir, sizeof dir, "/tmp/test_brain.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    fake_reset();
    make_site();
    boot();
}
static void teardown(void)
{
    halt();
    fake_remove(dir);
}
static void meter_at(int32_t ma, int64_t ts, bool retained)
{
    struct meter_state m = {.v = 1, .ts = ts, .interval_ms = 1000, .max_age_ms = 10000};
    static int wobble;
    for (int p = 0; p < PHASES; p++) {
        phase_put(&m.current_phase_ma, p, ma);
        phase_put(&m.voltage_phase_mv, p, 230000 + wobble++ % 7);
    }
    m.power_w = SOME_I32(ma * 690 / 1000);
    fake_message(MSG_METER_STATE, "grid", &m, retained);
}
static void meter(int32_t ma)
{
    meter_at(ma, fake.now.wall.ms, false);
}
static void charger(enum evse_state state, int32_t applied_ma, int32_t draws_ma)
{
    struct charger_state c = {.v = 1,
                              .ts = fake.now.wall.ms,
                              .interval_ms = 1000,
                              .max_age_ms = 60000,
                              .online = true,
                              .evse_state = state,
                              .applied_set = true};
    c.applied.lease = LEASE_LIVE;
    c.applied.current_ma = SOME_I32(applied_ma);
    for (int p = 0; p < PHASES; p++)
        phase_put(&c.current_phase_ma, p, draws_ma);
    fake_message(MSG_CHARGER_STATE, "garage", &c, false);
}
static void begin(void)
{
    fake_link(true);
    charger(EVSE_STATE_B, 0, 0);
    meter(0);
}
static struct override value(int32_t v)
{
    return (struct override){.value = v};
}
static int notes_of(int kind)
{
    int n = 0;
    for (int i = 0; i < fake.notes_n; i++)
        n += (int)fake.notes[i].kind == kind;
    return n;
}
static const struct request_result *last_result(void)
{
    ck_assert_int_gt(fake.control.results_n, 0);
    return &fake.control.results[fake.control.results_n - 1];
}

START_TEST(nothing_is_sent_before_it_is_known)
{
    fake_link(true);
    ck_assert_int_eq(fake.setpoints, 0);
    ck_assert_str_eq(fake.control.reason.code, "starting");
    charger(EVSE_STATE_B, 0, 0);
    fake_later(b, 10);
    ck_assert_int_eq(fake.setpoints, 0);
    meter(0);
    ck_assert_int_eq(fake.setpoints, 1);
    ck_assert_int_eq(fake.setpoint.current_ma, 0);
    ck_assert_int_eq(fake.setpoint.valid_ms, 15000);
    ck_assert_str_eq(fake.setpoint.boot, "me");
    ck_assert_str_eq(fake.setpoint.reason.code, "wait_surplus");
}
END_TEST
START_TEST(a_frame_decides_in_its_callback)
{
    begin();
    fake.now.mono.ms += 1000;
    fake.now.wall.ms += 1000;
    int64_t seq = fake.setpoint.seq;
    meter(-10000);
    ck_assert_int_gt(fake.setpoint.current_ma, 9000);
    ck_assert_int_gt(fake.setpoint.seq, seq);
    ck_assert_str_eq(fake.setpoint.reason.code, "surplus");
    ck_assert_int_eq(fake.control.mode, CHARGE_MODE_SOLAR_PURE);
    ck_assert_int_eq(fake.control.mode_source, SOURCE_DEFAULT);
}
END_TEST
START_TEST(old_stored_values_are_not_used)
{
    fake_link(true);
    charger(EVSE_STATE_B, 0, 0);
    meter_at(-20000, fake.now.wall.ms - 60000, true);
    fake_later(b, 10);
    ck_assert_int_eq(fake.setpoints, 0);
    meter_at(-20000, fake.now.wall.ms - 500, true); /* stored, and recent */
    fake_later(b, 10);
    ck_assert_int_eq(fake.setpoints, 1);
}
END_TEST
START_TEST(a_clock_an_hour_off_is_no_age)
{
    begin();
    for (int i = 0; i < 5; i++) {
        fake.now.mono.ms += 1000;
        fake.now.wall.ms += 1000;
        meter_at(-10000 - i, fake.now.wall.ms - 3600000, false);
    }
    ck_assert_int_gt(fake.setpoint.current_ma, 9000);
    int64_t stuck = fake.now.wall.ms - 3600000; /* the same measurement again and again */
    for (int i = 0; i < 15; i++) {
        fake.now.mono.ms += 1000;
        fake.now.wall.ms += 1000;
        meter_at(-10000, stuck, false);
    }
    ck_assert_int_eq(b->out.meter, METER_MISSING);
    ck_assert_str_eq(fake.fault, "grid_meter");
    ck_assert(fake.site.blind.v);
}
END_TEST
START_TEST(leases_are_renewed)
{
    begin();
    int n = fake.setpoints;
    for (int i = 0; i < 20; i++) {
        fake_later(b, 1000);
        meter(0);
    }
    ck_assert_int_eq(fake.setpoints - n, 4);
    fake_link(false);
    fake_later(b, 6000);
    n = fake.setpoints;
    fake_link(true);
    ck_assert_int_eq(fake.setpoints, n + 1);
}
END_TEST
START_TEST(an_override_is_written_down_then_cleared)
{
    char path[128];
    struct stat st;
    begin();
    fake_override("garage", "mode", value(CHARGE_MODE_POWER), false);
    ck_assert_int_eq(fake.setpoint.current_ma, 16000);
    ck_assert_int_eq(fake.control.mode, CHARGE_MODE_POWER);
    ck_assert_int_eq(fake.control.mode_source, SOURCE_OVERRIDE);
    ck_assert_int_eq(notes_of(NOTE_CLEAR_OVERRIDE), 1);
    snprintf(path, sizeof path, "%s/chargers.jsonl", dir);
    ck_assert_int_eq(stat(path, &st), 0);
    fake_override("garage", "mode", (struct override){.clear = true}, false);
    ck_assert_int_eq(fake.control.mode, CHARGE_MODE_SOLAR_PURE);
}
END_TEST
START_TEST(what_can_not_be_is_refused)
{
    begin();
    fake_override("garage", "mode", value(CHARGE_MODE_POWER), false);
    fake_override("garage", "phases", value(PHASE_USE_ONE), false);
    ck_assert_str_eq(last_result()->id, "phases");
    struct override past = value(CHARGE_MODE_LOCK);
    past.until_ms = SOME_I64(fake.now.wall.ms - 1);
    fake_override("garage", "mode", past, false);
    ck_assert_int_eq(last_result()->result, RESULT_REJECTED);
    ck_assert_int_eq(fake.control.mode, CHARGE_MODE_POWER);
    ck_assert_int_eq(notes_of(NOTE_CLEAR_OVERRIDE), 3); /* every inbox is emptied */
}
END_TEST
START_TEST(every_mode_is_obeyed)
{
    begin();
    for (int m = CHARGE_MODE_UNSET + 1; m < CHARGE_MODE_COUNT; m++) {
        fake_override("garage", "mode", value(m), false);
        ck_assert_int_eq((int)fake.control.mode, m);
        ck_assert_int_le((int)fake.control.active_mode, CHARGE_MODE_SOLAR_PLUS);
    }
}
END_TEST
START_TEST(a_broker_that_lost_its_memory_changes_nothing)
{
    begin();
    fake_override("garage", "mode", value(CHARGE_MODE_LOCK), false);
    fake_later(b, 60000);
    fake_override("garage", "mode", value(CHARGE_MODE_POWER), false);
    fake_override("garage", "mode", value(CHARGE_MODE_LOCK), true); /* stored: from long ago */
    ck_assert_int_eq(fake.control.mode, CHARGE_MODE_POWER);
    ck_assert_int_eq(last_result()->result, RESULT_REJECTED);
    fake_override("garage", "mode", value(CHARGE_MODE_LOCK), false); /* live: somebody means it */
    ck_assert_int_eq(fake.control.mode, CHARGE_MODE_LOCK);
    fake_later(b, 900000);
    fake_override("garage", "mode", value(CHARGE_MODE_POWER), true); /* set while we were away */
    ck_assert_int_eq(fake.control.mode, CHARGE_MODE_POWER);
}
END_TEST
START_TEST(choices_end)
{
    begin();
    struct override o = value(CHARGE_MODE_POWER);
    o.until_ms = SOME_I64(fake.now.wall.ms + 60000);
    fake_override("garage", "mode", o, false);
    ck_assert_int_eq(fake.control.mode_until.v, o.until_ms.v);
    fake_later(b, 61000);
    ck_assert_int_eq(fake.control.mode, CHARGE_MODE_SOLAR_PURE);
    o = value(8000);
    o.until_unplugged = true;
    fake_override("garage", "max_current", o, false);
    ck_assert_int_eq(fake.control.max_current_ma.v, 8000);
    charger(EVSE_STATE_A, 0, 0);
    fake_later(b, 10);
    ck_assert(!fake.control.max_current_ma.set);
}
END_TEST
START_TEST(pause_and_resume)
{
    begin();
    fake_override("garage", "mode", value(CHARGE_MODE_POWER), false);
    struct request r = {.id = "1", .action = "pause", .expires = fake.now.wall.ms + 5000};
    fake_message(MSG_CHARGER_REQUEST, "garage", &r, false);
    ck_assert_int_eq(fake.setpoint.current_ma, 0);
    ck_assert_str_eq(fake.setpoint.reason.code, "paused");
    ck_assert_int_eq(last_result()->result, RESULT_DONE);
    str_copyz(r.action, sizeof r.action, "resume"); /* the same id again: done already */
    fake_message(MSG_CHARGER_REQUEST, "garage", &r, false);
    ck_assert_int_eq(fake.setpoint.current_ma, 0);
    str_copyz(r.id, sizeof r.id, "2");
    r.expires = fake.now.wall.ms;
    fake_message(MSG_CHARGER_REQUEST, "garage", &r, false);
    ck_assert_int_eq(last_result()->result, RESULT_EXPIRED);
    str_copyz(r.id, sizeof r.id, "3");
    r.expires = fake.now.wall.ms + 61000;
    fake_message(MSG_CHARGER_REQUEST, "garage", &r, false);
    ck_assert_int_eq(last_result()->result, RESULT_INVALID);
    str_copyz(r.id, sizeof r.id, "4");
    r.expires = fake.now.wall.ms + 60000;
    fake_message(MSG_CHARGER_REQUEST, "garage", &r, false);
    ck_assert_int_eq(fake.setpoint.current_ma, 16000);
    int clears = notes_of(NOTE_CLEAR);
    str_copyz(r.id, sizeof r.id, "5");
    str_copyz(r.action, sizeof r.action, "unlock"); /* not ours */
    fake_message(MSG_CHARGER_REQUEST, "garage", &r, false);
    ck_assert_int_eq(notes_of(NOTE_CLEAR), clears);
}
END_TEST
START_TEST(a_restart_forgets_nothing)
{
    begin();
    fake_override("garage", "priority", value(3), false);
    for (int i = 0; i < 20; i++) { /* sun, then a cloud */
        fake_later(b, 1000);
        charger(EVSE_STATE_C, fake.setpoint.current_ma, fake.setpoint.current_ma);
        meter(i < 10 ? fake.setpoint.current_ma - 10000 : fake.setpoint.current_ma);
    }
    ck_assert_str_eq(fake.setpoint.reason.code, "hold");
    fake_later(b, 1000);
    halt();
    fake.now.mono.ms += 240000;
    fake.now.wall.ms += 240000;
    int32_t before = fake.setpoint.current_ma;
    int sent = fake.setpoints;
    boot();
    fake_link(true);
    ck_assert_int_eq(fake.setpoints, sent); /* it knows nothing yet, so it says nothing */
    charger(EVSE_STATE_C, 6000, 6000);
    meter(6000);
    ck_assert_int_eq(fake.setpoint.current_ma, before);
    ck_assert_str_eq(fake.setpoint.reason.code, "hold");
    ck_assert_int_eq(fake.control.priority.v, 3);
    for (int i = 0; i < 70; i++) {
        fake_later(b, 1000);
        charger(EVSE_STATE_C, fake.setpoint.current_ma, fake.setpoint.current_ma);
        meter(fake.setpoint.current_ma + i);
    }
    ck_assert_str_eq(fake.setpoint.reason.code, "restart_wait"); /* 5 min in all, not again 5 */
}
END_TEST
/* Whatever the core wants kept comes back from the file; each member has a value of its own. */
START_TEST(everything_that_is_kept_comes_back)
{
    begin();
    struct control_charger_state *x = &b->state.chargers[0];
    int64_t ago_ms = 60000;
#define T(name) x->name = (struct control_timer){true, {fake.now.mono.ms - (ago_ms += 1000)}};
    CONTROL_KEPT_TIMERS(T)
#undef T
    x->missing = (struct control_missing){345000000, SOME_I64(fake.now.mono.ms - 3000)};
    x->served_at.ms = fake.now.mono.ms - 7000;
    x->trimmed = true;
    x->probe_at.ms = fake.now.mono.ms - 8000;
    x->switched_at.ms = fake.now.mono.ms - 9000;
    x->change = (struct control_change){3, true, true, {fake.now.mono.ms - 11000}};
    x->used = 5;
    x->under_ma = 400;
    x->over_ma = 1500;
    x->learnt = true;
    x->turn = 17;
    x->yield = true;
    b->state.circuits[0].reduced[1] = (struct control_timer){true, {fake.now.mono.ms - 5000}};
    b->state.circuits[0].reduced_ma[1] = 9000;
    struct control_kept_charger was = control_keep_charger(x, fake.now), is;
    memory_track(b, fake.now);
    halt();
    boot();
    is = control_keep_charger(&b->state.chargers[0], fake.now);
    ck_assert(!control_kept_differs(&was, &is));
    ck_assert_int_eq(is.missing_mj, 345000000);
    ck_assert_int_eq(is.counted.since.ms, was.counted.since.ms);
    ck_assert_int_eq(is.under_ma, 400);
    ck_assert_int_eq(is.over_ma, 1500);
    ck_assert_int_eq(b->state.turns, 17);
    ck_assert(!b->state.circuits[0].reduced[0].on);
    ck_assert_int_eq(b->state.circuits[0].reduced_ma[1], 9000);
    ck_assert_int_eq(b->state.circuits[0].reduced[1].since.ms, fake.now.mono.ms - 5000);
    /* The same cap after another overdraw is a write too: its time begins again. */
    memory_track(b, fake.now);
    ck_assert(!b->save_due);
    b->state.circuits[0].reduced[1].since.ms += 4000;
    memory_track(b, fake.now);
    ck_assert(b->save_due);
}
END_TEST
START_TEST(the_lowest_limit_wins)
{
    begin();
    fake_override("garage", "mode", value(CHARGE_MODE_POWER), false);
    struct grid_limit l = {.v = 1,
                           .ts = fake.now.wall.ms,
                           .interval_ms = 1000,
                           .max_age_ms = 2000,
                           .active = true,
                           .consume_w = SOME_I32(9000)};
    fake_message(MSG_GRID_LIMIT, "eebus", &l, false);
    ck_assert_int_le(fake.setpoint.current_ma, 13043);
    l.consume_w = SOME_I32(5000);
    l.until = SOME_I64(fake.now.wall.ms + 30000);
    fake_message(MSG_GRID_LIMIT, "ripple", &l, false);
    ck_assert_int_le(fake.setpoint.current_ma, 7246);
    ck_assert_int_ge(fake.setpoint.current_ma, 6000);
    ck_assert_int_eq(fake.setpoint.limit, LIMIT_GRID_OPERATOR);
    for (int i = 0; i < 60; i++) { /* a silent gateway lifts nothing, its end does */
        fake_later(b, 1000);
        charger(EVSE_STATE_C, fake.setpoint.current_ma, fake.setpoint.current_ma);
        meter(fake.setpoint.current_ma);
    }
    ck_assert_int_gt(fake.setpoint.current_ma, 12000);
    ck_assert_int_le(fake.setpoint.current_ma, 13043);
    fake_message(MSG_GRID_LIMIT, "eebus", NULL, false);
    fake_later(b, 1000);
    meter(fake.setpoint.current_ma);
    ck_assert_int_eq(fake.setpoint.current_ma, 16000);
}
END_TEST
START_TEST(different_site_files_raise_nothing)
{
    begin();
    struct service_status s = {.v = 1, .online = true, .boot = "x", .config_hash = "other"};
    fake_message(MSG_SERVICE_STATUS, "meter-reader", &s, false);
    fake_later(b, 5000);
    meter(0);
    ck_assert(b->in.config_agreed); /* a reload takes a moment */
    fake_later(b, 6000);
    meter(-10000);
    ck_assert_int_eq(fake.setpoint.current_ma, 0);
    ck_assert_str_eq(fake.setpoint.reason.code, "config_differs");
    ck_assert_str_eq(fake.fault, "config_differs");
    str_copyz(s.config_hash, sizeof s.config_hash, "abc");
    fake_message(MSG_SERVICE_STATUS, "meter-reader", &s, false);
    fake_later(b, 1000);
    meter(-10001);
    ck_assert_int_gt(fake.setpoint.current_ma, 9000);
}
END_TEST
START_TEST(the_second_controller_leaves)
{
    begin();
    struct service_status s = {
        .v = 1, .online = true, .boot = "other", .started = SOME_I64(b->started.ms + 5)};
    fake_message(MSG_SERVICE_STATUS, "surplus-controller", &s, false);
    ck_assert(!b->refused); /* it came later: it will leave */
    s.started.v = b->started.ms - 5;
    fake_message(MSG_SERVICE_STATUS, "surplus-controller", &s, true);
    ck_assert(!b->refused); /* stored: it may be dead */
    fake_message(MSG_SERVICE_STATUS, "surplus-controller", &s, false);
    ck_assert(b->refused);
    ck_assert_int_ne(brain_finish(b, 0), 0);
    b->refused = false;
}
END_TEST
int main(void)
{
    Suite *s = suite_create("brain");
    TCase *t = tcase_create("brain");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, nothing_is_sent_before_it_is_known);
    tcase_add_test(t, a_frame_decides_in_its_callback);
    tcase_add_test(t, old_stored_values_are_not_used);
    tcase_add_test(t, a_clock_an_hour_off_is_no_age);
    tcase_add_test(t, leases_are_renewed);
    tcase_add_test(t, an_override_is_written_down_then_cleared);
    tcase_add_test(t, what_can_not_be_is_refused);
    tcase_add_test(t, every_mode_is_obeyed);
    tcase_add_test(t, a_broker_that_lost_its_memory_changes_nothing);
    tcase_add_test(t, choices_end);
    tcase_add_test(t, pause_and_resume);
    tcase_add_test(t, a_restart_forgets_nothing);
    tcase_add_test(t, everything_that_is_kept_comes_back);
    tcase_add_test(t, the_lowest_limit_wins);
    tcase_add_test(t, different_site_files_raise_nothing);
    tcase_add_test(t, the_second_controller_leaves);
    suite_add_tcase(s, t);
    return run_suite(s);
}
