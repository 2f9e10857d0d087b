/* SPDX-License-Identifier: Apache-2.0
 * Batteries and inverters between the bus and their cores: inboxes, leases, ratings, meters. */
#include "tests/unit/surplus-controller/fake_bus.h"
#include <check.h>
#include <unistd.h>
#include "tests/unit/run.h"

static struct svc svc;
static struct site site;
static struct site_circuits circuits[1];
static struct site_meters meters[1];
static struct site_batteries batteries[1];
static struct site_inverters inverters[1];
static struct brain *b;
static char dir[64];

static void make_site(void)
{
    memset(&site, 0, sizeof site);
    memset(batteries, 0, sizeof batteries);
    memset(inverters, 0, sizeof inverters);
    memset(meters, 0, sizeof meters);
    str_copyz(site.general.site, ID_CAP, "home");
    str_copyz(site.general.timezone, sizeof site.general.timezone, "Europe/Berlin");
    str_copyz(site.hash, sizeof site.hash, "abc");
    site.control = (struct control_conf){.grid_target_w = -100,
                                         .dead_band_w = 140,
                                         .follow_ms = 5000,
                                         .frozen_ms = 60000,
                                         .lease_ms = 15000,
                                         .refresh_ms = 5000,
                                         .imbalance = IMBALANCE_CARS,
                                         .max_imbalance_va = 4600};
    site.feed_in = (struct feed_in_conf){.margin_w = 50, .rise_ms = 5000, .take_ms = 10000};
    circuits[0].conf = (struct circuit_conf){.phases = 3, .max_current_ma = 35000};
    str_copyz(circuits[0].id, ID_CAP, "main");
    str_copyz(meters[0].id, ID_CAP, "grid");
    meters[0].conf.role = ROLE_GRID;
    meters[0].conf.position = POSITION_GRID;
    str_copyz(batteries[0].id, ID_CAP, "cellar");
    batteries[0].conf = (struct battery_conf){.min_soc_pm = 50,
                                              .max_soc_pm = 1000,
                                              .control = true,
                                              .regulated_by = REGULATED_SELF,
                                              .max_charge_w = SOME_I32(5000),
                                              .unit = 1};
    str_copyz(batteries[0].conf.bus, ID_CAP, "hybrid");
    str_copyz(inverters[0].id, ID_CAP, "roof");
    inverters[0].conf = (struct inverter_conf){.control = true, .unit = 1};
    str_copyz(inverters[0].conf.bus, ID_CAP, "hybrid");
    site.circuits = circuits;
    site.meters = meters;
    site.batteries = batteries;
    site.inverters = inverters;
    site.circuits_n = site.meters_n = site.batteries_n = site.inverters_n = 1;
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
    str_copyz(dir, sizeof dir, "/tmp/test_plant.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    fake_reset();
    make_site();
}
static void teardown(void)
{
    halt();
    fake_remove(dir);
}
static void meter(int32_t w)
{
    struct meter_state m = {
        .v = 1, .ts = fake.now.wall.ms, .interval_ms = 1000, .max_age_ms = 10000};
    m.power_w = SOME_I32(w);
    for (int p = 0; p < PHASES; p++)
        phase_put(&m.current_phase_ma, p, w * 1000 / 690);
    fake_message(MSG_METER_STATE, "grid", &m, false);
}
static void battery(int32_t w, int32_t soc_pm)
{
    struct battery_state s = {.v = 1,
                              .ts = fake.now.wall.ms,
                              .interval_ms = 1000,
                              .max_age_ms = 10000,
                              .power_w = SOME_I32(w),
                              .soc_pm = SOME_I32(soc_pm)};
    fake_message(MSG_BATTERY_STATE, "cellar", &s, false);
}
static void inverter(int32_t ac_w, int32_t pv_w)
{
    struct inverter_state s = {.v = 1,
                               .ts = fake.now.wall.ms,
                               .interval_ms = 1000,
                               .max_age_ms = 10000,
                               .power_w = SOME_I32(ac_w),
                               .pv_power_w = SOME_I32(pv_w)};
    fake_message(MSG_INVERTER_STATE, "roof", &s, false);
}
static void infos(void)
{
    struct battery_info bi = {.max_charge_w = SOME_I32(3000), .max_discharge_w = SOME_I32(4000)};
    struct inverter_info ii = {.max_power_w = SOME_I32(10000)};
    fake_message(MSG_BATTERY_INFO, "cellar", &bi, true);
    fake_message(MSG_INVERTER_INFO, "roof", &ii, true);
}
static void begin(void)
{
    boot();
    infos();
    fake_link(true);
    battery(0, 500);
    inverter(0, 0);
    meter(300);
}
static void later(int64_t ms)
{
    fake.now.mono.ms += ms;
    fake.now.wall.ms += ms;
}
static void wish(const char *field, int32_t v)
{
    fake_override_of("battery", "cellar", field, (struct override){.value = v}, false);
}

START_TEST(nothing_is_sent_until_something_is_wanted)
{
    begin();
    for (int i = 0; i < 30; i++) {
        later(1000);
        battery(-300, 500);
        inverter(4000, 4000);
        meter(-3000 - i);
    }
    ck_assert_int_eq(fake.battery_setpoints, 0);
    ck_assert_int_eq(fake.inverter_setpoints, 0);
    ck_assert_str_eq(fake.battery_control.reason.code, "normal");
    ck_assert_str_eq(fake.inverter_control.reason.code, "unlimited");
    ck_assert_int_eq(fake.battery_control.min_soc_pm.v, 50);
    ck_assert(!fake.site.feed_in_limit_w.set);
    ck_assert_str_eq(fake.site.feed_in.code, "unlimited");
}
END_TEST
START_TEST(a_choice_becomes_a_lease)
{
    begin();
    wish("mode", BATTERY_MODE_HOLD);
    ck_assert_int_eq(fake.battery_setpoints, 1);
    ck_assert_int_eq(fake.battery.mode, BATTERY_MODE_HOLD);
    ck_assert_int_eq(fake.battery.valid_ms, 15000);
    ck_assert_str_eq(fake.battery.boot, "me");
    ck_assert_int_eq(fake.battery_control.mode, BATTERY_MODE_HOLD);
    ck_assert_int_eq(fake.battery_control.mode_source, SOURCE_OVERRIDE);
    ck_assert_int_ge(fake.notes_n, 2); /* obeyed first, then taken out of the inbox */
    ck_assert_int_eq(fake.notes[fake.notes_n - 2].kind, NOTE_PUBLISH);
    ck_assert_int_eq(fake.notes[fake.notes_n - 1].kind, NOTE_CLEAR_OVERRIDE);
    fake_later(b, 5000); /* renewed */
    ck_assert_int_eq(fake.battery_setpoints, 2);
    wish("mode", BATTERY_MODE_CHARGE);
    wish("charge_power", 2000);
    ck_assert_int_eq(fake.battery.mode, BATTERY_MODE_CHARGE);
    ck_assert_int_eq(fake.battery.charge_w.v, 2000);
    ck_assert_int_eq(fake.battery_control.wanted_w.v, 2000);
    fake_override_of("battery", "cellar", "mode", (struct override){.clear = true}, false);
    ck_assert_int_eq(fake.battery.mode, BATTERY_MODE_LIMIT); /* the power bounds it still */
    fake_override_of("battery", "cellar", "charge_power", (struct override){.clear = true}, false);
    ck_assert_int_eq(fake.battery.mode, BATTERY_MODE_NORMAL);
    ck_assert_int_eq(fake.battery_control.mode_source, SOURCE_DEFAULT);
}
END_TEST
START_TEST(a_choice_outlives_us_and_ends_in_time)
{
    begin();
    struct override o = {.value = BATTERY_MODE_HOLD,
                         .until_ms = SOME_I64(fake.now.wall.ms + 60000)};
    fake_override_of("battery", "cellar", "mode", o, false);
    wish("min_soc", 300);
    halt();
    memset(&fake.battery, 0, sizeof fake.battery);
    later(20000);
    begin();
    ck_assert_int_eq(fake.battery.mode, BATTERY_MODE_HOLD);
    ck_assert_int_eq(fake.battery_control.min_soc_pm.v, 300);
    ck_assert_int_eq(fake.battery_control.mode_until.v, o.until_ms.v);
    ck_assert_int_eq(fake.battery_control.next_change.v, o.until_ms.v);
    later(40000);
    battery(0, 500);
    meter(310);
    ck_assert_int_eq(fake.battery.mode, BATTERY_MODE_NORMAL);
    fake_override_of("battery", "cellar", "mode", o, true); /* the broker brings it back */
    ck_assert_int_eq(fake.battery.mode, BATTERY_MODE_NORMAL);
    ck_assert_int_gt(fake.battery_control.results_n, 0);
}
END_TEST
static void restart(void)
{
    halt();
    fake.now.mono.ms = 5000; /* the machine has started again too */
    fake.now.wall.ms += 100000;
    boot();
    infos();
    fake_link(true);
}
START_TEST(a_restart_forgets_nothing_of_a_battery)
{
    batteries[0].conf.first_until_soc_pm = 600;
    begin();
    battery(2000, 500);
    meter(300);
    ck_assert_int_eq(b->in.reserved_w, 5000); /* its rating */
    for (int i = 0; i < 12; i++) {
        later(1000);
        battery(2000, 500);
        meter(-900 - i); /* there is more and it does not take it */
    }
    ck_assert_int_eq(b->in.reserved_w, 2000);
    fake_later(b, 2000);
    restart();
    battery(1500, 510);
    meter(300);
    ck_assert_int_eq(b->in.reserved_w, 2000);
    battery(1500, 600); /* it had what it is given first */
    meter(301);
    ck_assert_int_eq(b->in.reserved_w, 0);
    fake_later(b, 2000);
    restart();
    battery(-500, 590); /* ... and still has, a little lower */
    meter(300);
    ck_assert_int_eq(b->in.reserved_w, 0);
}
END_TEST
START_TEST(what_cannot_be_is_answered)
{
    batteries[0].conf.control = true;
    begin();
    wish("mode", BATTERY_MODE_POWER);
    ck_assert_int_eq(fake.battery_setpoints, 0);
    ck_assert_int_eq(fake.battery_control.results_n, 1);
    ck_assert_int_eq(fake.battery_control.results[0].result, RESULT_REJECTED);
    struct override o = {.value = BATTERY_MODE_HOLD, .until_ms = SOME_I64(1)};
    fake_override_of("battery", "cellar", "mode", o, false);
    ck_assert_int_eq(fake.battery_control.results_n, 2);
    for (int i = 0; i < 20; i++)
        wish("mode", BATTERY_MODE_POWER);
    ck_assert_int_eq(fake.battery_control.results_n, MAX_RESULTS);
}
END_TEST
START_TEST(ratings_come_from_the_site_file_or_the_device)
{
    begin();
    wish("mode", BATTERY_MODE_CHARGE);
    ck_assert_int_eq(fake.battery.charge_w.v, 5000); /* the site file's */
    ck_assert_int_eq(b->storage->ins[0].max_discharge_w.v, 4000);
    ck_assert_int_eq(b->in.battery_can_w.v, 4000);
}
END_TEST
START_TEST(ours_are_told_a_power)
{
    batteries[0].conf.regulated_by = REGULATED_WATTBUS;
    begin();
    later(2000);
    battery(0, 500);
    meter(900);
    ck_assert_int_eq(fake.battery.mode, BATTERY_MODE_POWER);
    ck_assert_int_lt(fake.battery.power_w.v, -300);
    ck_assert_int_ge(fake.battery.power_w.v, -900);
    int32_t before = fake.battery.power_w.v;
    later(11000); /* the meter is silent */
    battery(before, 500);
    fake_later(b, 0);
    ck_assert_int_eq(fake.battery.power_w.v, 0);
    ck_assert_str_eq(fake.battery.reason.code, "blind");
}
END_TEST
START_TEST(the_feed_in_limit_reaches_the_inverter)
{
    site.feed_in.limit_w = SOME_I32(1000);
    begin();
    ck_assert_int_eq(fake.inverter.limit_w.v, 300 + 1000 - 50); /* from the first frame on */
    later(1000);
    inverter(5000, 5000); /* it has not heard of it yet */
    battery(0, 1000);
    meter(-4000);
    ck_assert_int_eq(fake.inverter.limit_w.v, 300 + 1000 - 50);
    ck_assert_int_eq(fake.inverter.fallback_w.v, 1000);
    ck_assert_int_eq(fake.inverter.valid_ms, 15000);
    ck_assert_int_eq(fake.inverter_control.allowed_w.v, 1250);
    struct grid_limit l = {.v = 1,
                           .ts = fake.now.wall.ms,
                           .interval_ms = 60000,
                           .max_age_ms = 120000,
                           .active = true,
                           .produce_w = SOME_I32(0),
                           .until = SOME_I64(fake.now.wall.ms + 30000)};
    fake_message(MSG_GRID_LIMIT, "eebus", &l, false);
    ck_assert_int_eq(fake.inverter.limit_w.v, 950); /* at once */
    ck_assert_str_eq(fake.inverter.reason.code, "grid_limit");
    ck_assert_int_eq(fake.inverter.limit, LIMIT_GRID_OPERATOR);
    ck_assert_int_eq(fake.inverter.fallback_w.v, 0);
    for (int i = 0; i < 40; i++) {
        later(1000);
        inverter(fake.inverter.limit_w.v, 950);
        battery(0, 1000);
        meter(1000 - fake.inverter.limit_w.v);
    }
    ck_assert_str_eq(fake.inverter.reason.code, "feed_in"); /* its time is over */
    ck_assert_int_gt(fake.inverter.limit_w.v, 1700);
    ck_assert_int_eq(fake.site.feed_in_limit_w.v, 1000);
    ck_assert_str_eq(fake.site.feed_in.code, "feed_in");
    later(11000);
    fake_later(b, 0);
    ck_assert_int_eq(fake.inverter.limit_w.v, 1000);
    ck_assert_str_eq(fake.inverter.reason.code, "blind");
}
END_TEST
START_TEST(share_of_the_peak_power)
{
    site.feed_in.share_pm = SOME_I32(600);
    site.feed_in.peak_power_w = SOME_I32(9000);
    begin();
    ck_assert_int_eq(fake.site.feed_in_limit_w.v, 5400);
    ck_assert_int_eq(fake.inverter.fallback_w.v, 5400);
}
END_TEST
START_TEST(cars_see_the_sun_behind_the_limit)
{
    site.feed_in.limit_w = SOME_I32(0);
    site.feed_in.cars_first = true;
    begin();
    for (int i = 0; i < 12; i++) {
        later(1000);
        inverter(i == 0 ? 6000 : fake.inverter.limit_w.v, 6000);
        battery(0, 1000);
        meter(i == 0 ? -5000 : 50);
    }
    ck_assert_int_gt(fake.site.curtailed_w.v, 4500);
    ck_assert_int_gt(fake.site.surplus_w.v, 2000); /* the mean is on its way */
    ck_assert(fake.inverter_control.curtailed.v);
}
END_TEST
START_TEST(a_meter_of_the_house_alone)
{
    meters[0].conf.position = POSITION_HOUSE;
    begin();
    later(1000);
    battery(1000, 500); /* behind the inverter: it is in its AC power */
    inverter(3000, 4000);
    meter(500);
    ck_assert_int_eq(b->in.grid.power_w.v, -2500);
    ck_assert_int_eq(b->in.grid.current_ma.v[0], 500 * 1000 / 690 - 1000 * 1000 / 230);
    later(9000);
    battery(1000, 500);
    meter(510);
    ck_assert_int_eq(b->in.grid.power_w.v, -2490);
    later(2000); /* the inverter is silent now: nobody knows the grid */
    meter(520);
    ck_assert_int_eq(b->in.grid.power_w.v, -2490);
    halt();
    str_copyz(batteries[0].conf.bus, ID_CAP, "other"); /* coupled on the AC side */
    begin();
    later(1000);
    battery(1000, 500);
    inverter(3000, 3000);
    meter(500);
    ck_assert_int_eq(b->in.grid.power_w.v, -1500);
}
END_TEST
START_TEST(what_a_device_cannot_is_not_asked_of_it)
{
    site.feed_in.limit_w = SOME_I32(0);
    begin();
    struct battery_info bi = {.can_control = SOME_BOOL(false)};
    struct inverter_info ii = {.can_limit = SOME_BOOL(false)};
    fake_message(MSG_BATTERY_INFO, "cellar", &bi, false);
    fake_message(MSG_INVERTER_INFO, "roof", &ii, false);
    int battery_before = fake.battery_setpoints, inverter_before = fake.inverter_setpoints;
    wish("mode", BATTERY_MODE_HOLD);
    later(10000);
    inverter(6000, 6000);
    meter(-5000);
    ck_assert_int_eq(fake.battery_setpoints, battery_before);
    ck_assert_int_eq(fake.inverter_setpoints, inverter_before);
    ck_assert_str_eq(fake.battery_control.reason.code, "left_alone");
    ck_assert_int_eq(fake.battery_control.results_n, 1);
    ck_assert_str_eq(fake.inverter_control.reason.code, "left_alone");
}
END_TEST
START_TEST(who_only_observes_writes_nothing)
{
    site.control.observe = true;
    site.feed_in.limit_w = SOME_I32(0);
    begin();
    wish("mode", BATTERY_MODE_HOLD);
    later(1000);
    inverter(6000, 6000);
    meter(-5000);
    ck_assert_int_eq(fake.battery_setpoints, 0);
    ck_assert_int_eq(fake.inverter_setpoints, 0);
    ck_assert_str_eq(fake.battery_control.reason.code, "hold");
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("plant");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, nothing_is_sent_until_something_is_wanted);
    tcase_add_test(t, a_choice_becomes_a_lease);
    tcase_add_test(t, a_choice_outlives_us_and_ends_in_time);
    tcase_add_test(t, a_restart_forgets_nothing_of_a_battery);
    tcase_add_test(t, what_cannot_be_is_answered);
    tcase_add_test(t, ratings_come_from_the_site_file_or_the_device);
    tcase_add_test(t, ours_are_told_a_power);
    tcase_add_test(t, the_feed_in_limit_reaches_the_inverter);
    tcase_add_test(t, share_of_the_peak_power);
    tcase_add_test(t, cars_see_the_sun_behind_the_limit);
    tcase_add_test(t, a_meter_of_the_house_alone);
    tcase_add_test(t, what_a_device_cannot_is_not_asked_of_it);
    tcase_add_test(t, who_only_observes_writes_nothing);
    return run_case(t, "plant");
}
