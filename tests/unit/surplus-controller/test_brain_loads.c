/* SPDX-License-Identifier: Apache-2.0
 * Loads between the bus and the core: leases, contacts, pinned meters, inboxes, faults, what
 * outlives a restart. */
#include "services/surplus-controller/io/loads.h"
#include "tests/unit/surplus-controller/fake_bus.h"
#include <check.h>
#include "tests/unit/run.h"

enum { LEASE_MS = 15000, REFRESH_MS = 5000, HOUR_MS = 3600000 };
static struct svc svc;
static struct site site;
static struct site_circuits circuits[1];
static struct site_meters meters[2];
static struct site_loads loads[1];
static struct brain *b;
static char dir[64];

/* One load "heat" of that kind, alone in the house. */
static void make_site(enum load_kind kind, int32_t power_w)
{
    memset(&site, 0, sizeof site);
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
                                         .lease_ms = LEASE_MS,
                                         .refresh_ms = REFRESH_MS,
                                         .imbalance = IMBALANCE_CARS,
                                         .max_imbalance_va = 4600};
    circuits[0].conf = (struct circuit_conf){.phases = 3, .max_current_ma = 35000};
    str_copyz(circuits[0].id, ID_CAP, "main");
    str_copyz(meters[0].id, ID_CAP, "grid");
    meters[0].conf.role = ROLE_GRID;
    str_copyz(meters[1].id, ID_CAP, "pinned");
    str_copyz(loads[0].id, ID_CAP, "heat");
    loads[0].conf = (struct load_conf){.kind = kind,
                                       .contacts = 2,
                                       .phases = 1,
                                       .rotation = ROTATION_L123,
                                       .max_power_w = power_w,
                                       .priority = 2,
                                       .on_delay_ms = 0,
                                       .off_delay_ms = 60000,
                                       .block_max_ms = 7200000,
                                       .block_pause_ms = 7200000,
                                       .react_ms = 300000};
    str_copyz(loads[0].conf.circuit, ID_CAP, "main");
    site.circuits = circuits;
    site.meters = meters;
    site.loads = loads;
    site.circuits_n = site.loads_n = 1;
    site.meters_n = 2;
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
static void setup(void)
{
    str_copyz(dir, sizeof dir, "/tmp/test_loads.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    fake_reset();
}
static void teardown(void)
{
    halt();
    fake_remove(dir);
}
static void meter(const char *id, int32_t w)
{
    static int wobble;
    struct meter_state m = {
        .v = 1, .ts = fake.now.wall.ms, .interval_ms = 1000, .max_age_ms = 10000};
    for (int p = 0; p < PHASES; p++)
        phase_put(&m.voltage_phase_mv, p, 230000 + wobble++ % 7);
    m.power_w = SOME_I32(w);
    fake_message(MSG_METER_STATE, id, &m, false);
}
static struct load_state said(void)
{
    return (struct load_state){
        .v = 1, .ts = fake.now.wall.ms, .interval_ms = 1000, .max_age_ms = 60000};
}
static void say(const struct load_state *s)
{
    fake_message(MSG_LOAD_STATE, "heat", s, false);
}
static void begin(void)
{
    boot();
    fake_link(true);
    say(&(struct load_state){
        .v = 1, .ts = fake.now.wall.ms, .interval_ms = 1000, .max_age_ms = 60000});
    meter("grid", 0);
}
/* Seconds with so much at the grid meter. */
static void run(int seconds, int32_t grid_w)
{
    for (int i = 0; i < seconds; i++) {
        fake_later(b, 1000);
        meter("grid", grid_w);
    }
}
static void wish(const char *field, int32_t v)
{
    fake_override_of("load", "heat", field, (struct override){.value = v}, false);
}
static int published(enum message_id m)
{
    int n = 0;
    for (int i = 0; i < fake.notes_n; i++)
        n += fake.notes[i].kind == NOTE_PUBLISH && fake.notes[i].msg == m;
    return n;
}
static void about(struct opt_i32 is, int32_t w) /* powers go through mA */
{
    ck_assert(is.set && is.v >= w - 2 && is.v <= w + 2);
}
static const char *refusal(void)
{
    ck_assert_int_gt(fake.load_control.results_n, 0);
    return fake.load_control.results[fake.load_control.results_n - 1].id;
}

START_TEST(nothing_is_sent_before_the_device_is_known)
{
    make_site(LOAD_KIND_POWER, 3000);
    boot();
    fake_link(true);
    meter("grid", -2000);
    ck_assert_int_eq(published(MSG_LOAD_SETPOINT), 0);
    ck_assert_str_eq(fake.load_control.reason.code, "starting");
    struct load_state s = said();
    say(&s);
    fake_later(b, 10);
    ck_assert_int_eq(published(MSG_LOAD_SETPOINT), 1);
    ck_assert(fake.load_setpoint.on.set && fake.load_setpoint.power_w.set);
    ck_assert_int_eq(fake.load_setpoint.valid_ms, LEASE_MS);
    ck_assert_int_eq(fake.load_setpoint.fallback_w.v, 0);
    ck_assert_str_eq(fake.load_setpoint.boot, "me");
    ck_assert_int_eq(fake.load_setpoint.sg_state, SG_STATE_UNSET);
}
END_TEST
START_TEST(a_rod_gets_its_power_again_and_again)
{
    make_site(LOAD_KIND_POWER, 3000);
    begin();
    wish("mode", LOAD_MODE_ON);
    ck_assert_int_eq(fake.load_setpoint.power_w.v, 3000);
    ck_assert(fake.load_setpoint.on.v);
    ck_assert_int_eq(fake.load_control.mode, LOAD_MODE_ON);
    ck_assert_int_eq(fake.load_control.mode_source, SOURCE_OVERRIDE);
    ck_assert_int_eq(fake.load_control.given_w.v, 3000);
    int n = published(MSG_LOAD_SETPOINT);
    run(20, 3000);
    n = published(MSG_LOAD_SETPOINT) - n;
    ck_assert(n >= 4 && n <= 5);
    wish("power", 1000);
    ck_assert_int_eq(fake.load_setpoint.power_w.v, 1000);
    ck_assert_int_eq(fake.load_control.max_power_w.v, 1000);
    ck_assert_str_eq(fake.load_control.reason.code, "load_max_power");
    struct load_state s = said();
    s.online = SOME_BOOL(false);
    say(&s);
    fake_later(b, 10);
    n = published(MSG_LOAD_SETPOINT);
    run(20, 0);
    ck_assert_int_eq(published(MSG_LOAD_SETPOINT), n);
    ck_assert_str_eq(fake.load_control.reason.code, "load_offline");
    s = said();
    say(&s); /* back: it gets a live order at once */
    fake_later(b, 10);
    ck_assert_int_eq(published(MSG_LOAD_SETPOINT), n + 1);
}
END_TEST
START_TEST(a_rod_follows_the_sun_at_once_with_each_frame)
{
    make_site(LOAD_KIND_POWER, 3000);
    begin();
    fake_later(b, 1000);
    meter("grid", -2100);
    ck_assert_int_eq(fake.load_setpoint.power_w.v, 2000);
    ck_assert_str_eq(fake.load_setpoint.reason.code, "load_surplus");
    ck_assert_int_eq(fake.site.load_power_w.v, 0);
    struct load_state s = said();
    s.power_w = SOME_I32(1990); /* its own meter */
    say(&s);
    run(2, -110);
    about(fake.site.load_power_w, 1990);
    about(fake.site.house_power_w, -110 - 1990);
}
END_TEST
START_TEST(a_switched_consumer_at_an_output)
{
    make_site(LOAD_KIND_SWITCHED, 2000);
    str_copyz(loads[0].conf.output, ID_CAP, "relay");
    boot();
    fake_link(true);
    meter("grid", 0);
    struct output_state o = {.v = 1,
                             .ts = fake.now.wall.ms,
                             .interval_ms = 1000,
                             .max_age_ms = 60000,
                             .on = SOME_BOOL(false)};
    fake_message(MSG_OUTPUT_STATE, "relay", &o, false);
    fake_later(b, 10);
    ck_assert_int_eq(published(MSG_LOAD_SETPOINT), 0);
    ck_assert_int_eq(published(MSG_OUTPUT_SETPOINT), 1);
    ck_assert(fake.output_setpoints[0].on.set && !fake.output_setpoints[0].on.v);
    ck_assert_int_eq(fake.output_setpoints[0].valid_ms, LEASE_MS);
    wish("mode", LOAD_MODE_ON);
    ck_assert(fake.output_setpoints[0].on.v);
    ck_assert_str_eq(fake.output_setpoints[0].reason.code, "load_on");
    wish("power", 1000);
    ck_assert_str_eq(refusal(), "power");
    run(310, 0); /* the relay does not close */
    ck_assert_str_eq(fake.fault, "load_does_not_run");
}
END_TEST
START_TEST(two_outputs_are_the_contacts_of_sg_ready)
{
    static const struct {
        enum load_mode mode;
        bool a, b;
        enum sg_state shown;
    } rows[] = {{LOAD_MODE_OFF, true, false, SG_STATE_BLOCK},
                {LOAD_MODE_NORMAL, false, false, SG_STATE_NORMAL},
                {LOAD_MODE_ON, true, true, SG_STATE_FORCED}};
    make_site(LOAD_KIND_SG_READY, 2000);
    loads[0].conf.min_run_ms = loads[0].conf.min_rest_ms = SOME_I32(0);
    str_copyz(loads[0].conf.output, ID_CAP, "contact_b");
    str_copyz(loads[0].conf.block_output, ID_CAP, "contact_a");
    boot();
    fake_link(true);
    struct output_state o = {.v = 1,
                             .ts = fake.now.wall.ms,
                             .interval_ms = 1000,
                             .max_age_ms = 60000,
                             .on = SOME_BOOL(false)};
    fake_message(MSG_OUTPUT_STATE, "contact_b", &o, false);
    meter("grid", 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        wish("mode", (int32_t)rows[i].mode);
        run(2, 0);
        ck_assert_int_eq(fake.output_setpoints[1].on.v, rows[i].a);
        ck_assert_int_eq(fake.output_setpoints[0].on.v, rows[i].b);
        ck_assert_int_eq(fake.load_control.sg_order, rows[i].shown);
    }
    wish("mode", LOAD_MODE_SOLAR);
    run(10, -2500);
    ck_assert(!fake.output_setpoints[1].on.v && fake.output_setpoints[0].on.v);
    ck_assert_int_eq(fake.load_control.sg_order, SG_STATE_RECOMMENDED);
    ck_assert_int_eq(published(MSG_LOAD_SETPOINT), 0);
}
END_TEST
START_TEST(one_contact_knows_two_states)
{
    make_site(LOAD_KIND_SG_READY, 2000);
    loads[0].conf.contacts = 1;
    loads[0].conf.min_run_ms = loads[0].conf.min_rest_ms = SOME_I32(0);
    begin();
    wish("mode", LOAD_MODE_ON);
    ck_assert_int_eq(fake.load_setpoint.sg_state, SG_STATE_RECOMMENDED);
    ck_assert(!fake.load_setpoint.on.set && !fake.load_setpoint.power_w.set);
    wish("mode", LOAD_MODE_OFF);
    run(2, 0);
    ck_assert_int_eq(fake.load_setpoint.sg_state, SG_STATE_NORMAL);
}
END_TEST
START_TEST(a_pinned_meter_counts_instead_of_what_the_device_says)
{
    make_site(LOAD_KIND_SG_READY, 3000);
    str_copyz(loads[0].conf.meter, ID_CAP, "pinned");
    begin();
    struct load_state s = said();
    s.power_w = SOME_I32(50);
    say(&s);
    meter("pinned", 1700);
    run(2, 1700);
    about(fake.site.load_power_w, 1700);
    about(fake.site.house_power_w, 0);
}
END_TEST
START_TEST(what_a_load_does_not_know_is_refused)
{
    struct override o = {.value = LOAD_MODE_ON, .until_unplugged = true};
    make_site(LOAD_KIND_SWITCHED, 2000);
    begin();
    wish("mode", LOAD_MODE_NORMAL);
    ck_assert_str_eq(refusal(), "mode");
    ck_assert_int_eq(fake.load_control.mode, LOAD_MODE_SOLAR);
    wish("power", 500);
    ck_assert_str_eq(refusal(), "power");
    fake_override_of("load", "heat", "mode", o, false);
    ck_assert_int_eq(fake.load_control.results_n, 3);
    o = (struct override){.value = LOAD_MODE_ON, .until_ms = SOME_I64(fake.now.wall.ms - 1)};
    fake_override_of("load", "heat", "mode", o, false);
    ck_assert_int_eq(fake.load_control.results_n, 4);
    ck_assert_int_eq(fake.load_control.mode, LOAD_MODE_SOLAR);
    wish("priority", 7);
    ck_assert_int_eq(fake.load_control.priority.v, 7);
    ck_assert_int_eq(b->state.chargers[0].priority, 7);
}
END_TEST
START_TEST(choices_end_and_old_ones_do_not_come_back)
{
    struct override o = {.value = LOAD_MODE_ON, .until_ms = SOME_I64(fake.now.wall.ms + 60000)};
    make_site(LOAD_KIND_SWITCHED, 2000);
    begin();
    fake_override_of("load", "heat", "mode", o, false);
    ck_assert_int_eq(fake.load_control.mode_until.v, o.until_ms.v);
    run(61, 0);
    ck_assert_int_eq(fake.load_control.mode, LOAD_MODE_SOLAR);
    wish("mode", LOAD_MODE_OFF);
    wish("mode", LOAD_MODE_ON);
    fake_override_of("load", "heat", "mode", (struct override){.value = LOAD_MODE_OFF}, true);
    ck_assert_int_eq(fake.load_control.mode, LOAD_MODE_ON);
    ck_assert_str_eq(refusal(), "mode");
    fake_override_of("load", "heat", "mode", (struct override){.clear = true}, false);
    ck_assert_int_eq(fake.load_control.mode, LOAD_MODE_SOLAR);
}
END_TEST
START_TEST(a_device_out_of_control_is_a_fault_and_gets_no_orders)
{
    make_site(LOAD_KIND_GENERATOR, 5000);
    begin();
    ck_assert(!fake.load_setpoint.on.set); /* mode normal */
    wish("mode", LOAD_MODE_ON);
    ck_assert(fake.load_setpoint.on.v);
    ck_assert_int_eq(fake.load_setpoint.power_w.v, 5000);
    struct load_state s = said();
    s.controllable = SOME_BOOL(false);
    say(&s);
    fake_later(b, 10);
    ck_assert_str_eq(fake.fault, "load_free");
    ck_assert_str_eq(fake.load_control.reason.code, "load_free");
    int n = published(MSG_LOAD_SETPOINT);
    run(20, 0);
    ck_assert_int_eq(published(MSG_LOAD_SETPOINT), n);
    s = said();
    say(&s);
    fake_later(b, 10);
    ck_assert_int_gt(published(MSG_LOAD_SETPOINT), n);
    ck_assert(fake.load_setpoint.on.v);
}
END_TEST
START_TEST(the_grid_operator_blocks_a_heat_pump)
{
    struct grid_limit g = {.v = 1,
                           .ts = fake.now.wall.ms,
                           .interval_ms = 1000,
                           .max_age_ms = 2000,
                           .active = true,
                           .consume_w = SOME_I32(1000)};
    make_site(LOAD_KIND_SG_READY, 3000);
    loads[0].conf.mode = LOAD_MODE_NORMAL;
    begin();
    ck_assert_int_eq(fake.load_setpoint.sg_state, SG_STATE_NORMAL);
    fake_message(MSG_GRID_LIMIT, "eebus", &g, false);
    ck_assert_int_eq(fake.load_setpoint.sg_state, SG_STATE_BLOCK);
    ck_assert_int_eq(fake.load_setpoint.limit, LIMIT_GRID_OPERATOR);
    ck_assert(fake.load_control.next_change.set);
    halt(); /* half an hour later: the block goes on, and ends after two hours in all */
    fake.now.mono.ms += HOUR_MS / 2;
    fake.now.wall.ms += HOUR_MS / 2;
    boot();
    fake_message(MSG_GRID_LIMIT, "eebus", &g, true);
    fake_link(true);
    struct load_state s = said();
    say(&s);
    meter("grid", 0);
    fake_later(b, 10);
    ck_assert_int_eq(fake.load_setpoint.sg_state, SG_STATE_BLOCK);
    for (int i = 0; i < 539; i++) {
        fake.notes_n = 0; /* they are many */
        run(10, 0);
    }
    ck_assert_int_eq(fake.load_setpoint.sg_state, SG_STATE_BLOCK);
    run(20, 0);
    ck_assert_int_eq(fake.load_setpoint.sg_state, SG_STATE_NORMAL);
    ck_assert_str_eq(fake.fault, "load_block_over");
}
END_TEST
START_TEST(a_restart_forgets_neither_choices_nor_times)
{
    make_site(LOAD_KIND_SWITCHED, 2000);
    loads[0].conf.min_run_ms = SOME_I32(600000);
    begin();
    wish("mode", LOAD_MODE_ON);
    wish("priority", 5);
    ck_assert(fake.load_setpoint.on.v);
    run(100, 2000);
    halt();
    fake.now.mono.ms = 5000; /* the machine has started again too */
    fake.now.wall.ms += 100000;
    int n = published(MSG_LOAD_SETPOINT);
    boot();
    fake_link(true);
    ck_assert_int_eq(published(MSG_LOAD_SETPOINT), n);
    struct load_state s = said();
    s.on = SOME_BOOL(true);
    s.applied_set = true;
    s.applied.on = SOME_BOOL(true);
    say(&s);
    meter("grid", 2000);
    ck_assert(fake.load_setpoint.on.v);
    ck_assert_int_eq(fake.load_control.mode, LOAD_MODE_ON);
    ck_assert_int_eq(fake.load_control.priority.v, 5);
    wish("mode", LOAD_MODE_OFF);
    ck_assert_str_eq(fake.load_control.reason.code, "load_min_run");
    run(390, 2000);
    ck_assert(fake.load_setpoint.on.v);
    run(20, 2000);
    ck_assert(!fake.load_setpoint.on.v);
}
END_TEST
START_TEST(goes_on_from_what_it_was_told)
{
    static const struct {
        struct opt_bool on;
        struct opt_i32 power_w;
        int32_t expect_w;
        bool expect_on;
    } rows[] = {{{0}, {1234, true}, 1234, true},
                {{true, true}, {1234, true}, 1234, true},
                {{false, true}, {1234, true}, 0, false},
                {{true, true}, {0, true}, 0, true}, /* it waits for the sun to come back */
                {{true, true}, {0}, 3000, true},
                {{0}, {0}, 0, false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        make_site(LOAD_KIND_POWER, 3000);
        boot();
        fake_link(true);
        struct load_state s = said();
        s.applied_set = true;
        s.applied.on = rows[i].on;
        s.applied.power_w = rows[i].power_w;
        say(&s);
        fake_later(b, 10);
        meter("grid", -100);
        ck_assert_int_eq(fake.load_setpoint.power_w.v, rows[i].expect_w);
        ck_assert_int_eq(fake.load_setpoint.on.v, rows[i].expect_on);
        if (i + 1 < COUNT_OF(rows))
            halt();
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("brain: loads");
    TCase *t = tcase_create("loads");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, nothing_is_sent_before_the_device_is_known);
    tcase_add_test(t, a_rod_gets_its_power_again_and_again);
    tcase_add_test(t, a_rod_follows_the_sun_at_once_with_each_frame);
    tcase_add_test(t, a_switched_consumer_at_an_output);
    tcase_add_test(t, two_outputs_are_the_contacts_of_sg_ready);
    tcase_add_test(t, one_contact_knows_two_states);
    tcase_add_test(t, a_pinned_meter_counts_instead_of_what_the_device_says);
    tcase_add_test(t, what_a_load_does_not_know_is_refused);
    tcase_add_test(t, choices_end_and_old_ones_do_not_come_back);
    tcase_add_test(t, a_device_out_of_control_is_a_fault_and_gets_no_orders);
    tcase_add_test(t, the_grid_operator_blocks_a_heat_pump);
    tcase_add_test(t, a_restart_forgets_neither_choices_nor_times);
    tcase_add_test(t, goes_on_from_what_it_was_told);
    suite_add_tcase(s, t);
    return run_suite(s);
}
