/* SPDX-License-Identifier: Apache-2.0
 * Energies between the bus and the core: what is published and how often, sessions, quarters, and
 * what outlives a restart. */
#include "services/surplus-controller/io/flows.h"
#include "tests/unit/surplus-controller/fake_bus.h"
#include "tests/unit/run.h"

static struct svc svc;
static struct site site;
static struct site_circuits circuits[1];
static struct site_meters meters[2];
static struct site_inverters inverters[1];
static struct site_batteries batteries[1];
static struct site_chargers chargers[1];
static struct site_metering_points points[1];
static struct brain *b;
static char dir[64];

static void make_site(void)
{
    memset(&site, 0, sizeof site);
    memset(points, 0, sizeof points);
    str_copyz(site.general.site, ID_CAP, "home");
    str_copyz(site.general.timezone, sizeof site.general.timezone, "Europe/Berlin");
    site.control = (struct control_conf){.follow_ms = 5000,
                                         .mean_ms = 10000,
                                         .frozen_ms = 60000,
                                         .lease_ms = 15000,
                                         .refresh_ms = 5000,
                                         .grid_source = GRID_SOURCE_METER,
                                         .imbalance = IMBALANCE_OFF};
    circuits[0].conf = (struct circuit_conf){.phases = 3, .max_current_ma = 35000};
    str_copyz(circuits[0].id, ID_CAP, "main");
    memset(meters, 0, sizeof meters);
    str_copyz(meters[0].id, ID_CAP, "grid");
    meters[0].conf.role = ROLE_GRID;
    meters[0].conf.position = POSITION_GRID;
    str_copyz(meters[1].id, ID_CAP, "flat");
    meters[1].conf.role = ROLE_DISPLAY;
    memset(inverters, 0, sizeof inverters);
    str_copyz(inverters[0].id, ID_CAP, "roof");
    str_copyz(inverters[0].conf.bus, ID_CAP, "hybrid");
    memset(batteries, 0, sizeof batteries);
    str_copyz(batteries[0].id, ID_CAP, "cellar");
    str_copyz(batteries[0].conf.bus, ID_CAP, "hybrid");
    batteries[0].conf.role = ROLE_STORAGE_HOME;
    memset(chargers, 0, sizeof chargers);
    str_copyz(chargers[0].id, ID_CAP, "garage");
    chargers[0].conf = (struct charger_conf){.phases = 3,
                                             .rotation = ROTATION_L123,
                                             .min_current_ma = 6000,
                                             .max_current_ma = 16000,
                                             .priority = 1,
                                             .mode = CHARGE_MODE_SOLAR_PURE};
    str_copyz(chargers[0].conf.circuit, ID_CAP, "main");
    str_copyz(points[0].id, ID_CAP, "tenant");
    points[0].conf = (struct metering_point_conf){
        .consumers_n = 1, .producers_n = 1, .priority = 1, .share_pm = 1000};
    str_copyz(points[0].conf.consumers[0], ID_CAP, "flat");
    str_copyz(points[0].conf.producers[0], ID_CAP, "roof");
    site.circuits = circuits;
    site.meters = meters;
    site.inverters = inverters;
    site.batteries = batteries;
    site.chargers = chargers;
    site.metering_points = points;
    site.circuits_n = site.inverters_n = site.batteries_n = site.chargers_n = 1;
    site.meters_n = 2;
    site.metering_points_n = 1;
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
static void close_handle(uv_handle_t *h, void *user)
{
    UNUSED(user);
    uv_close(h, NULL);
}
static void halt(void)
{
    ck_assert_int_eq(brain_finish(b, 0), 0);
    uv_walk(&svc.loop, close_handle, NULL);
    while (uv_run(&svc.loop, UV_RUN_DEFAULT))
        ;
    ck_assert_int_eq(uv_loop_close(&svc.loop), 0);
    brain_free(b);
    fake_forget();
}
static void setup(void)
{
    str_copyz(dir, sizeof dir, "/tmp/test_flow_io.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    fake_reset();
    fake.now.wall.ms = 1944444 * (int64_t)QUARTER_MS + 100000;
    make_site();
    boot();
}
static void teardown(void)
{
    halt();
    fake_remove(dir);
}
static void meter(const char *id, int32_t w, struct opt_i64 import_wh)
{
    struct meter_state m = {.v = 1,
                            .ts = fake.now.wall.ms,
                            .interval_ms = 1000,
                            .max_age_ms = 10000,
                            .power_w = SOME_I32(w),
                            .import_wh = import_wh};
    fake_message(MSG_METER_STATE, id, &m, false);
}
static void roof(struct opt_i32 dc_w, int32_t ac_w)
{
    struct inverter_state s = {.v = 1,
                               .ts = fake.now.wall.ms,
                               .interval_ms = 1000,
                               .max_age_ms = 10000,
                               .pv_power_w = dc_w,
                               .power_w = SOME_I32(ac_w)};
    fake_message(MSG_INVERTER_STATE, "roof", &s, false);
}
static void cellar(int32_t w)
{
    struct battery_state s = {.v = 1,
                              .ts = fake.now.wall.ms,
                              .interval_ms = 1000,
                              .max_age_ms = 10000,
                              .power_w = SOME_I32(w)};
    fake_message(MSG_BATTERY_STATE, "cellar", &s, false);
}
static void car(enum evse_state state, int32_t w, struct opt_i64 transaction)
{
    struct charger_state c = {.v = 1,
                              .ts = fake.now.wall.ms,
                              .interval_ms = 1000,
                              .max_age_ms = 60000,
                              .online = true,
                              .evse_state = state,
                              .transaction = transaction,
                              .power_w = SOME_I32(w)};
    fake_message(MSG_CHARGER_STATE, "garage", &c, false);
}
/* A second of a sunny house: 5 kW from the roof, 1 kW into the battery, the rest as given. */
static void second(int32_t grid_w, int32_t car_w)
{
    fake_later(b, 1000);
    cellar(1000);
    roof(SOME_I32(5000), 0);
    car(car_w ? EVSE_STATE_C : EVSE_STATE_B, car_w, (struct opt_i64){0});
    meter("flat", 600, (struct opt_i64){0});
    meter("grid", grid_w, (struct opt_i64){0});
}
static void seconds(int n, int32_t grid_w, int32_t car_w)
{
    for (int i = 0; i < n; i++)
        second(grid_w, car_w);
    fake_later(b, 1000);
}

START_TEST(derived_meters_on_the_bus)
{
    fake_link(true);
    ck_assert_str_eq(fake.derived_info.name, "Storage for the house"); /* the last there is */
    ck_assert_int_eq(fake.derived_info.role, ROLE_DISPLAY);
    ck_assert(!fake.derived[DERIVED_HOUSE].power_w.set); /* nothing is known: nothing, not 0 */
    seconds(5, -1000, 2000);
    ck_assert_int_eq(fake.derived[DERIVED_GRID_DEMAND].power_w.v, -1000);
    ck_assert_int_eq(fake.derived[DERIVED_PRODUCED_POWER].power_w.v, 5000);
    ck_assert_int_eq(fake.derived[DERIVED_CONSUMED_EVSE].power_w.v, 2000);
    ck_assert_int_eq(fake.derived[DERIVED_HOUSE].power_w.v, 1000);
    ck_assert_int_eq(fake.derived[DERIVED_SURPLUS].power_w.v, 4000);
    ck_assert_int_eq(fake.derived[DERIVED_STORAGE_HOME].power_w.v, 1000);
    ck_assert_int_eq(fake.derived[DERIVED_HOUSE].role, ROLE_DISPLAY);
    ck_assert(!fake.derived[DERIVED_STORAGE_ALL].v); /* there is none */
    ck_assert_int_gt(fake.derived[DERIVED_POWER_REMAINING_EVSE].power_w.v, 15000);
    for (int i = 0; i < 11; i++) { /* the roof falls silent */
        fake_later(b, 1000);
        meter("grid", -1000 - i, (struct opt_i64){0});
    }
    fake_later(b, 1000);
    ck_assert(fake.derived[DERIVED_GRID_DEMAND].power_w.set);
    ck_assert(!fake.derived[DERIVED_PRODUCED_POWER].power_w.set);
    ck_assert(!fake.derived[DERIVED_HOUSE].power_w.set);
    ck_assert(!fake.flows.pv_w.set);
    ck_assert(fake.flows.today_pv_wh.set);
}
END_TEST
START_TEST(at_most_once_a_second_and_only_what_is_new)
{
    fake_link(true);
    seconds(3, 0, 0);
    int n = fake.derived_n, flows = fake.flows_n;
    for (int i = 0; i < 50; i++) { /* a fast meter */
        fake.now.mono.ms += 100;
        fake.now.wall.ms += 100;
        cellar(1000);
        roof(SOME_I32(5000), 0);
        car(EVSE_STATE_B, 0, (struct opt_i64){0});
        meter("grid", 100 + i, (struct opt_i64){0});
    }
    ck_assert_int_eq(fake.derived_n - n, 5);
    ck_assert_int_le(fake.flows_n - flows, 5);
    n = fake.derived_n;
    seconds(4, 149, 0);
    ck_assert_int_le(fake.derived_n - n, 1);
}
END_TEST
START_TEST(a_hybrid_without_its_panels_value)
{
    fake_link(true);
    for (int i = 0; i < 3; i++) {
        fake_later(b, 1000);
        cellar(1500);
        roof((struct opt_i32){0}, 2500); /* AC: what the battery leaves */
        car(EVSE_STATE_A, 0, (struct opt_i64){0});
        meter("grid", -500, (struct opt_i64){0});
    }
    fake_later(b, 1000);
    ck_assert_int_eq(fake.derived[DERIVED_PRODUCED_POWER].power_w.v, 4000);
    ck_assert_int_eq(fake.flows.house_w.v, 2000);
    ck_assert_int_eq(fake.flows.pv_to_battery_w.v, 1500);
}
END_TEST
static int64_t sources(void)
{
    return fake.flows.today_pv_wh.v + fake.flows.today_battery_discharge_wh.v +
           fake.flows.today_grid_import_wh.v + fake.flows.today_unmeasured_wh.v;
}
static int64_t sinks(void)
{
    return fake.flows.today_house_wh.v + fake.flows.today_chargers_wh.v +
           fake.flows.today_battery_charge_wh.v + fake.flows.today_grid_export_wh.v +
           fake.flows.today_loads_wh.v;
}
START_TEST(sessions_and_a_restart)
{
    fake_link(true);
    car(EVSE_STATE_A, 0, (struct opt_i64){0});
    seconds(300, 2000, 4000); /* 2 of 5 kW for the house, the rest for the car */
    ck_assert_int_eq(sources(), sinks());
    ck_assert_int_gt(sources(), 550);
    ck_assert_int_eq(fake.charger_flows.from_pv_w.v, 3000);
    ck_assert_int_eq(fake.charger_flows.from_grid_w.v, 1000);
    struct charger_flows before = fake.charger_flows;
    struct site_flows day = fake.flows;
    ck_assert_int_gt(before.session_pv_wh.v, 100);
    ck_assert_int_ge(before.session_solar_pm.v, 740);
    ck_assert_int_le(before.session_solar_pm.v, 760);
    halt();
    memset(&fake.charger_flows, 0, sizeof fake.charger_flows);
    boot();
    fake_link(true);
    seconds(2, 2000, 4000);
    ck_assert_int_eq(fake.charger_flows.session_start.v, before.session_start.v);
    ck_assert_int_ge(fake.charger_flows.session_pv_wh.v, before.session_pv_wh.v);
    ck_assert_int_le(fake.charger_flows.session_pv_wh.v, before.session_pv_wh.v + 3);
    ck_assert_int_ge(fake.flows.today_pv_wh.v, day.today_pv_wh.v);
    ck_assert_int_ge(fake.flows.total_house_wh.v, day.total_house_wh.v);
    ck_assert_int_le(fake.flows.total_house_wh.v, day.total_house_wh.v + 4);
    ck_assert_int_eq(sources(), sinks());
    fake_later(b, 1000);
    car(EVSE_STATE_A, 0, (struct opt_i64){0}); /* unplugged: kept to be read */
    fake_later(b, 1000);
    ck_assert_int_ge(fake.charger_flows.session_pv_wh.v, before.session_pv_wh.v);
    seconds(1, 0, 0); /* the next car */
    ck_assert_int_eq(fake.charger_flows.session_pv_wh.v, 0);
    ck_assert_int_gt(fake.charger_flows.session_start.v, before.session_start.v);
}
END_TEST
START_TEST(another_transaction_is_another_session)
{
    fake_link(true);
    seconds(60, 0, 3000);
    car(EVSE_STATE_C, 3000, SOME_I64(7));
    fake_later(b, 1000);
    ck_assert_int_gt(fake.charger_flows.session_pv_wh.v, 20); /* the first id of this session */
    car(EVSE_STATE_C, 3000, SOME_I64(8));
    fake_later(b, 1000);
    ck_assert_int_eq(fake.charger_flows.session_pv_wh.v, 0);
}
END_TEST
START_TEST(quarters_of_a_metering_point)
{
    int64_t first = fake.now.wall.ms / QUARTER_MS;
    fake_link(true);
    ck_assert_int_eq(fake.point.quarters_n, 0);
    while (fake.now.wall.ms / QUARTER_MS < first + 2)
        second(-3000, 0);
    fake_later(b, 1000);
    ck_assert_int_eq(fake.point.quarters_n, 2);
    ck_assert_int_eq(fake.point.quarters[0].start, first * QUARTER_MS);
    ck_assert(!fake.point.quarters[0].complete); /* we came in the middle of it */
    ck_assert(fake.point.quarters[1].complete);
    ck_assert_int_eq(fake.point.quarters[1].produced_wh, 1250);
    ck_assert_int_eq(fake.point.quarters[1].consumed_wh, 150);
    ck_assert_int_eq(fake.point.quarters[1].covered_wh, 150);
    ck_assert_int_eq(fake.point.grid_wh.v, 0);
    for (int i = 0; i < 100; i++)
        second(-3000, 0);
    int64_t consumed = fake.point.consumed_wh.v;
    halt();
    memset(&fake.point, 0, sizeof fake.point);
    boot();
    fake_link(true);
    ck_assert_int_eq(fake.point.quarters_n, 2);
    ck_assert_int_eq(fake.point.consumed_wh.v, consumed);
    while (fake.now.wall.ms / QUARTER_MS < first + 3)
        second(-3000, 0);
    fake_later(b, 1000);
    ck_assert_int_eq(fake.point.quarters_n, 3);
    ck_assert_int_ge(fake.point.quarters[2].consumed_wh, 149); /* what was before counts */
    ck_assert(!fake.point.quarters[2].complete);
    ck_assert_int_eq(fake.point.consumed_wh.v, consumed + fake.point.quarters[2].consumed_wh);
}
END_TEST
START_TEST(the_sum_in_the_place_of_a_grid_meter)
{
    halt();
    meters[0].conf.role = ROLE_CONSUMER;
    site.control.grid_source = GRID_SOURCE_SUM;
    boot();
    fake_link(true);
    for (int i = 0; i < 20; i++) {
        fake_later(b, 1000);
        cellar(0);
        roof(SOME_I32(9000), 0);
        car(EVSE_STATE_B, 0, (struct opt_i64){0});
        meter("grid", 1000, (struct opt_i64){0}); /* what the house draws */
    }
    ck_assert_int_eq(b->out.meter, METER_GOOD);
    ck_assert_int_eq(fake.derived[DERIVED_GRID_DEMAND].power_w.v, -8000);
    ck_assert_int_gt(fake.setpoint.current_ma, 9000);
    ck_assert_str_eq(fake.setpoint.reason.code, "surplus");
    for (int i = 0; i < 15; i++) { /* without the roof's value nothing is known */
        fake_later(b, 1000);
        cellar(0);
        car(EVSE_STATE_B, 0, (struct opt_i64){0});
        meter("grid", 1000, (struct opt_i64){0});
    }
    ck_assert_int_eq(b->out.meter, METER_MISSING);
}
END_TEST
START_TEST(loads_are_no_house)
{
    halt();
    struct site_loads rod = {.conf = {.kind = LOAD_KIND_POWER,
                                      .phases = 1,
                                      .rotation = ROTATION_L123,
                                      .min_power_w = 500,
                                      .max_power_w = 3000,
                                      .priority = 2,
                                      .mode = LOAD_MODE_SOLAR}};
    str_copyz(rod.id, ID_CAP, "rod");
    str_copyz(rod.conf.circuit, ID_CAP, "main");
    site.loads = &rod;
    site.loads_n = 1;
    boot();
    fake_link(true);
    for (int i = 0; i < 5; i++) {
        struct load_state s = {.v = 1,
                               .ts = fake.now.wall.ms + 1000,
                               .interval_ms = 1000,
                               .max_age_ms = 10000,
                               .power_w = SOME_I32(1500)};
        second(0, 0);
        fake_message(MSG_LOAD_STATE, "rod", &s, false);
    }
    fake_later(b, 1000);
    ck_assert_int_eq(fake.flows.loads_w.v, 1500);
    ck_assert_int_eq(fake.flows.pv_to_loads_w.v, 1500);
    ck_assert_int_eq(fake.flows.house_w.v, 2500);
    ck_assert_int_eq(fake.derived[DERIVED_CONSUMED_NON_EVSE].power_w.v, 4000);
    ck_assert_int_eq(fake.derived[DERIVED_SURPLUS].power_w.v, 2500);
    halt();
    site.loads_n = 0;
    boot();
}
END_TEST
START_TEST(own_meters_lead_to_nothing)
{
    fake_link(true);
    seconds(3, 0, 0);
    int n = fake.notes_n;
    struct meter_state m = fake.derived[0];
    fake.now.mono.ms += 5000;
    for (int i = 0; i < 100; i++)
        fake_message(MSG_METER_STATE, derived_rows[i % DERIVED_COUNT].id, &m, false);
    uv_run(&svc.loop, UV_RUN_NOWAIT);
    ck_assert_int_eq(fake.notes_n, n);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("flow_io");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, derived_meters_on_the_bus);
    tcase_add_test(t, at_most_once_a_second_and_only_what_is_new);
    tcase_add_test(t, a_hybrid_without_its_panels_value);
    tcase_add_test(t, sessions_and_a_restart);
    tcase_add_test(t, another_transaction_is_another_session);
    tcase_add_test(t, quarters_of_a_metering_point);
    tcase_add_test(t, the_sum_in_the_place_of_a_grid_meter);
    tcase_add_test(t, loads_are_no_house);
    tcase_add_test(t, own_meters_lead_to_nothing);
    return run_case(t, "flow_io");
}
