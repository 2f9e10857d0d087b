/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/surplus-controller/choices_house.h"
#include <stdlib.h>
#include <unistd.h>

static struct svc svc;
static struct site site;
static struct site_circuits circuits[1];
static struct site_meters meters[1];
static struct site_chargers chargers[2];
static struct site_vehicles vehicles[2];
struct brain *b;
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
void boot(void)
{
    svc = (struct svc){
        .name = "surplus-controller", .site_path = "site.yaml", .boot = "me", .site = &site};
    str_copyz(svc.state_dir, sizeof svc.state_dir, dir);
    ck_assert_int_eq(uv_loop_init(&svc.loop), 0);
    b = brain_new(&svc);
    ck_assert_ptr_nonnull(b);
}
void halt(void)
{
    ck_assert_int_eq(brain_finish(b, 0), 0);
    uv_close((uv_handle_t *)&b->timer, NULL);
    while (uv_run(&svc.loop, UV_RUN_DEFAULT))
        ;
    ck_assert_int_eq(uv_loop_close(&svc.loop), 0);
    brain_free(b);
    fake_forget();
}
void charger_at(const char *id, enum evse_state state, int32_t ma, int32_t session_wh,
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
void meter(int32_t ma)
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
void begin(void)
{
    fake_link(true);
    charger_at("yard", EVSE_STATE_A, 0, 0, "", false);
    charger_at("garage", EVSE_STATE_B, 0, 0, "", false);
    meter(0);
}
void choices_setup(void)
{
    str_copyz(dir, sizeof dir, "/tmp/test_choices.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    fake_reset();
    fake.now.wall.ms = INT64_C(1795157400000);
    make_site();
    boot();
}
void choices_teardown(void)
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
void later(int64_t ms)
{
    fake.now.mono.ms += ms;
    fake.now.wall.ms += ms;
    charger_at("yard", EVSE_STATE_A, 0, 0, "", false);
    meter(0);
}
void set(const char *field, const char *payload)
{
    ck_assert(fake_payload("charger", "garage", field, payload));
}
/* The last control message of a charger. */
const struct charger_control *control_of(const char *id)
{
    static struct charger_control c;
    int i = charger_index(b, id);
    memset(&c, 0, sizeof c);
    choices_fill(b, i, fake.now, &c);
    return &c;
}
const struct request_result *last_result(void)
{
    const struct kept_charger *k = &b->ios[0].kept;
    ck_assert_int_gt(k->results_n, 0);
    return &k->results[k->results_n - 1];
}
int32_t order(void)
{
    return b->out.chargers[0].current_ma;
}
