/* SPDX-License-Identifier: Apache-2.0
 * What recording costs: one house with one car, every frame another; a decision as the controller
 * makes it on the bus (without the broker), with recording off and on. */
#include "services/surplus-controller/io/brain.h"
#include "tests/unit/surplus-controller/fake_bus.h"
#include <stdio.h>

enum { STEPS = 4000, ROUNDS = 25 };
static struct svc svc;
static struct site site;
static struct site_circuits circuits[1];
static struct site_meters meters[1];
static struct site_chargers chargers[1];

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* what others do does not count */
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
static void make_site(void)
{
    str_copyz(site.general.site, ID_CAP, "home");
    str_copyz(site.general.timezone, sizeof site.general.timezone, "UTC");
    site.control = (struct control_conf){.grid_target_w = -100,
                                         .dead_band_w = 140,
                                         .mean_ms = 10000,
                                         .settling_ms = 10000,
                                         .follow_ms = 5000,
                                         .hold_ms = 300000,
                                         .restart_ms = 480000,
                                         .frozen_ms = 60000,
                                         .lease_ms = 15000,
                                         .refresh_ms = 5000,
                                         .imbalance = IMBALANCE_CARS,
                                         .max_imbalance_va = 4600,
                                         .record_mb = 4096};
    circuits[0].conf = (struct circuit_conf){.phases = 3, .max_current_ma = 35000};
    str_copyz(circuits[0].id, ID_CAP, "main");
    str_copyz(meters[0].id, ID_CAP, "grid");
    meters[0].conf.role = ROLE_GRID;
    meters[0].conf.position = POSITION_GRID;
    str_copyz(chargers[0].id, ID_CAP, "garage");
    chargers[0].conf = (struct charger_conf){.phases = 3,
                                             .rotation = ROTATION_L123,
                                             .min_current_ma = 6000,
                                             .max_current_ma = 16000,
                                             .fallback_ma = 6000,
                                             .priority = 1,
                                             .mode = CHARGE_MODE_SOLAR_PURE,
                                             .max_age_ms = 60000};
    str_copyz(chargers[0].conf.circuit, ID_CAP, "main");
    site.circuits = circuits;
    site.meters = meters;
    site.chargers = chargers;
    site.circuits_n = site.meters_n = site.chargers_n = 1;
}
/* Mean ns from a frame's arrival until all is said about it. */
static int64_t run(struct brain *b, bool record)
{
    site.control.record = record;
    int64_t from = now_ns();
    for (int k = 0; k < STEPS; k++) {
        struct meter_state m = {
            .v = 1, .ts = fake.now.wall.ms, .interval_ms = 1000, .max_age_ms = 10000};
        for (int p = 0; p < PHASES; p++) {
            phase_put(&m.current_phase_ma, p, -9000 + k * 7919 % 3000);
            phase_put(&m.voltage_phase_mv, p, 230000 + k * 31 % 500);
        }
        fake.now.mono.ms += 1000;
        fake.now.wall.ms += 1000;
        fake_message(MSG_METER_STATE, "grid", &m, false);
        fake.notes_n = 0;
    }
    UNUSED(b);
    return (now_ns() - from) / STEPS;
}
int main(void)
{
    char dir[] = "/tmp/bench_record.XXXXXX";
    int64_t off = INT64_MAX, on = INT64_MAX;
    if (!mkdtemp(dir))
        return 1;
    fake_reset();
    make_site();
    svc = (struct svc){
        .name = "surplus-controller", .site_path = "site.yaml", .boot = "me", .site = &site};
    str_copyz(svc.state_dir, sizeof svc.state_dir, dir);
    struct brain *b = uv_loop_init(&svc.loop) == 0 ? brain_new(&svc) : NULL;
    if (!b)
        return 1;
    fake_link(true);
    struct charger_state c = {.v = 1,
                              .ts = fake.now.wall.ms,
                              .interval_ms = 1000,
                              .max_age_ms = AGE_HI,
                              .online = true,
                              .evse_state = EVSE_STATE_C};
    fake_message(MSG_CHARGER_STATE, "garage", &c, false);
    for (int k = 0; k < ROUNDS; k++) { /* other processes of the machine only ever add */
        off = min_i64(off, run(b, false));
        on = min_i64(on, run(b, true));
    }
    printf("decision_ns %lld\nrecorded_ns %lld\nrecord_permille %lld\n", (long long)off,
           (long long)on, (long long)((on - off) * 1000 / off));
    uv_close((uv_handle_t *)&b->timer, NULL);
    uv_run(&svc.loop, UV_RUN_DEFAULT);
    uv_loop_close(&svc.loop);
    brain_finish(b, 0);
    brain_free(b);
    fake_remove(dir);
    return 0;
}
