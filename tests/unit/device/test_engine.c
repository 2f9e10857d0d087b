/* SPDX-License-Identifier: Apache-2.0
 * Devices against a libmodbus server, without a broker: what they would publish is observed. */
#include "libcommon/device/device.h"
#include "libcommon/io/yaml.h"
#include "tests/unit/run.h"
#include "tests/unit/modbus-bus/server.h"
#include <sysexits.h>

enum { PATIENCE_MS = 20000, TIMEOUT_MS = 40, REGS = 41000 };

static struct svc svc;
static struct server *srv;
static struct modbus_bus *bus;
static struct device *dev;
static char dir[] = "/tmp/test-engine-XXXXXX";

static struct seen {
    int info, state; /* messages */
    struct meter_state meter;
    struct inverter_state inverter;
    struct inverter_info inverter_info;
    struct battery_state battery;
} seen;

static void on_publish(void *user, enum message_id m, const char *id, const void *body)
{
    UNUSED(user);
    ck_assert_str_eq(m == MSG_SERVICE_STATUS ? "dut" : id, "dut");
    seen.info += m == MSG_METER_INFO || m == MSG_INVERTER_INFO || m == MSG_BATTERY_INFO;
    seen.state += m == MSG_METER_STATE || m == MSG_INVERTER_STATE || m == MSG_BATTERY_STATE;
    if (m == MSG_METER_STATE)
        seen.meter = *(const struct meter_state *)body;
    if (m == MSG_INVERTER_STATE)
        seen.inverter = *(const struct inverter_state *)body;
    if (m == MSG_INVERTER_INFO)
        seen.inverter_info = *(const struct inverter_info *)body;
    if (m == MSG_BATTERY_STATE)
        seen.battery = *(const struct battery_state *)body;
}

static void set_up(void)
{
    char path[64], *argv[] = {(char[]){"test"}, (char[]){"-s"}, dir, (char[]){"-c"}, path, NULL};
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/site.yaml", dir);
    FILE *f = fopen(path, "we");
    fputs("name: test\n", f);
    fclose(f);
    int code;
    optind = 1;
    ck_assert_int_eq(svc_init(&svc, "test-engine", 5, argv, &code), ERR_OK);
    unlink(path);
    bus_on_publish(svc.bus, on_publish, NULL);
    srv = server_new(0, REGS);
    struct bus_conf c = {
        .type = BUS_TYPE_MODBUS_TCP, .port = server_port(srv), .timeout_ms = TIMEOUT_MS};
    str_copyz(c.host, sizeof c.host, "127.0.0.1");
    bus = modbus_bus_new(&svc.loop, "wire", &c, NULL);
    dev = calloc(1, sizeof *dev);
    ck_assert_ptr_nonnull(dev);
}

static void tear_down(void)
{
    device_stop(dev);
    modbus_bus_free(bus);
    svc_fini(&svc);
    free(dev);
    server_free(srv);
    rmdir(dir);
}

static void start(enum device_class class, const char *profile, int32_t interval_ms)
{
    char path[512];
    struct yml_report r;
    struct device_conf conf = {.class = class,
                               .id = "dut",
                               .name = "",
                               .profile = profile,
                               .unit = 1,
                               .interval_ms = interval_ms,
                               .max_age_ms = 10000,
                               .wiring = {1, 1, ROTATION_L123},
                               .control = class != CLASS_METER,
                               .box_lease_ms = 60000};
    snprintf(path, sizeof path, "%s/deploy/profiles/%s/%s.yaml", getenv("WATTBUS_SOURCE"),
             enum_text(&device_class_enum, (int)class), profile);
    yml_report_init(&r, path);
    device_init(dev, &svc, &conf);
    ck_assert(profile_load(path, class, &dev->profile, &r));
    device_start(dev, bus, "unit 1");
}

static void on_late(uv_timer_t *t)
{
    *(bool *)t->data = true;
}

#define WAIT_FOR(condition)                                                                        \
    do {                                                                                           \
        bool late_ = false;                                                                        \
        uv_timer_t t_;                                                                             \
        uv_timer_init(&svc.loop, &t_);                                                             \
        t_.data = &late_;                                                                          \
        uv_timer_start(&t_, on_late, PATIENCE_MS, 0);                                              \
        while (!(condition) && !late_)                                                             \
            uv_run(&svc.loop, UV_RUN_ONCE);                                                        \
        uv_close((uv_handle_t *)&t_, NULL);                                                        \
        uv_run(&svc.loop, UV_RUN_NOWAIT);                                                          \
        ck_assert_msg(!late_, "waited in vain for " #condition);                                   \
    } while (0)

static void set_f32(uint16_t addr, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    server_set(srv, addr, (uint16_t)(bits >> 16));
    server_set(srv, (uint16_t)(addr + 1), (uint16_t)bits);
}

static void sdm630(void)
{
    set_f32(0x34, -600.0f);
    set_f32(0x0C, 100.0f);
    set_f32(0x0E, -200.0f);
    set_f32(0x10, -500.0f);
    set_f32(0x06, 1.5f);
    set_f32(0x08, 2.5f);
    set_f32(0x0A, 3.5f);
    set_f32(0x00, 230.5f);
    set_f32(0x46, 50.01f);
    set_f32(0x48, 12.345f);
    set_f32(0x4A, 100.0f);
}

START_TEST(a_meter_is_published_whole)
{
    sdm630();
    start(CLASS_METER, "eastron-sdm630", 50);
    WAIT_FOR(seen.state >= 1);
    ck_assert_int_eq(seen.info, 1);
    const struct meter_state *m = &seen.meter;
    ck_assert_int_eq(m->power_w.v, -600);
    ck_assert_int_eq(m->power_phase_w.v[1], -200);
    ck_assert_int_eq(m->current_phase_ma.v[2], -3500);
    ck_assert_int_eq(m->voltage_phase_mv.v[0], 230500);
    ck_assert_int_eq(m->frequency_mhz.v, 50010);
    ck_assert_int_eq(m->import_wh.v, 12345);
    ck_assert_int_eq(m->export_wh.v, 100000);
    ck_assert_int_eq(m->interval_ms, 50);
    int64_t ts = m->ts;
    ck_assert_int_lt(svc_now().wall.ms - ts, PATIENCE_MS);
    WAIT_FOR(seen.meter.ts >= ts + 50);
    ck_assert_int_ge(seen.meter.ts, ts + 50);
}
END_TEST

static const enum behaviour faults[] = {SERVER_MUTE, SERVER_GARBAGE, SERVER_HANGUP};

START_TEST(a_silent_device_is_not_repeated_and_comes_back)
{
    sdm630();
    start(CLASS_METER, "eastron-sdm630", _i % 2 ? 0 : 50);
    WAIT_FOR(seen.state >= 2);
    server_behave(srv, 1, faults[_i / 2], 0);
    WAIT_FOR(dev->fault[DEVICE_SILENT].on);
    int n = seen.state, fails = dev->fails;
    WAIT_FOR(dev->fails > fails);
    ck_assert_int_eq(seen.state, n);
    set_f32(0x34, 42.0f);
    server_behave(srv, 1, SERVER_OK, 0);
    WAIT_FOR(seen.state > n);
    ck_assert_int_eq(seen.meter.power_w.v, 42);
    ck_assert(!dev->fault[DEVICE_SILENT].on);
}
END_TEST

START_TEST(back_to_back_tells_changes_at_once_and_life_now_and_then)
{
    sdm630();
    start(CLASS_METER, "eastron-sdm630", 0);
    WAIT_FOR(seen.state >= 2);
    for (int i = 0; i < 5; i++) {
        set_f32(0x34, (float)(1000 + i));
        WAIT_FOR(seen.meter.power_w.v == 1000 + i);
    }
    int n = seen.state;
    int64_t ts = seen.meter.ts;
    WAIT_FOR(seen.state > n);
    ck_assert_int_gt(seen.meter.ts, ts);
    ck_assert_int_eq(seen.meter.interval_ms, DEVICE_ALIVE_MS);
}
END_TEST

START_TEST(a_hole_between_registers_is_read_around)
{
    sdm630();
    server_hole(srv, 0x20); /* between power_l3 and power */
    start(CLASS_METER, "eastron-sdm630", _i ? 0 : 50);
    WAIT_FOR(seen.state >= 2);
    ck_assert_int_eq(seen.meter.power_w.v, -600);
    ck_assert_int_eq(seen.meter.power_phase_w.v[0], 100);
}
END_TEST

START_TEST(a_counter_that_falls_is_held)
{
    sdm630();
    start(CLASS_METER, "eastron-sdm630", 50);
    WAIT_FOR(seen.state >= 1);
    set_f32(0x48, 1.0f);
    WAIT_FOR(seen.meter.faults_n == 1);
    ck_assert_str_eq(seen.meter.faults[0].code, "counter_fell");
    ck_assert_int_eq(seen.meter.import_wh.v, 12345);
}
END_TEST

/* ---- SunSpec ---- */
enum { M1 = 40002, M103 = 40070, M120 = 40122, M123 = 40150, M124 = 40176, END = 40202 };

static void text(uint16_t addr, const char *s)
{
    for (uint16_t i = 0; i * 2u < strlen(s); i++)
        server_set(srv, (uint16_t)(addr + i),
                   (uint16_t)((unsigned char)s[2 * i] << 8 | (unsigned char)s[2 * i + 1]));
}

static void hybrid(void)
{
    static const uint16_t rows[][2] = {
        {40000, 0x5375},  {40001, 0x6E53},     {M1, 1},          {M1 + 1, 66},
        {M103, 103},      {M103 + 1, 50},      {M103 + 3, 1234}, {M103 + 6, 0xFFFE},
        {M103 + 14, 420}, {M103 + 15, 1},      {M103 + 38, 4},   {M120, 120},
        {M120 + 1, 26},   {M120 + 3, 1000},    {M120 + 4, 1},    {M123, 123},
        {M123 + 1, 24},   {M123 + 23, 0xFFFE}, {M124, 124},      {M124 + 1, 24},
        {M124 + 2, 500},  {M124 + 18, 1},      {M124 + 8, 505},  {M124 + 22, 0xFFFF},
        {M124 + 11, 4},   {M124 + 25, 0xFFFE}, {END, 0xFFFF}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        server_set(srv, rows[i][0], rows[i][1]);
    text(M1 + 2, "Maker");
    text(M1 + 50, "SN 1");
}

START_TEST(an_inverter_is_found_limited_and_released)
{
    hybrid();
    start(CLASS_INVERTER, "sunspec", 50);
    WAIT_FOR(seen.state >= 1);
    ck_assert_int_eq(seen.inverter.power_w.v, 4200);
    ck_assert_int_eq(seen.inverter.current_phase_ma.v[0], 12340);
    ck_assert_int_eq(seen.inverter.status, INVERTER_STATUS_PRODUCING);
    ck_assert_str_eq(seen.inverter_info.vendor, "Maker");
    ck_assert_str_eq(seen.inverter_info.serial, "SN 1");
    ck_assert_int_eq(seen.inverter_info.max_power_w.v, 10000);
    ck_assert(seen.inverter_info.can_limit.v);
    ck_assert_int_eq(seen.inverter.applied.lease, LEASE_NONE);

    struct inverter_setpoint s = {
        .seq = 1, .boot = "b", .valid_ms = 300, .limit_w = SOME_I32(3333)};
    command_inverter(&dev->command, &s, false, svc_now().mono);
    device_command_run(dev);
    WAIT_FOR(seen.inverter.applied.power_w.set);
    ck_assert_uint_eq(server_get(srv, M123 + 5), 3333);
    ck_assert_uint_eq(server_get(srv, M123 + 7), 60);
    ck_assert_uint_eq(server_get(srv, M123 + 9), 1);
    ck_assert_int_eq(seen.inverter.applied.lease, LEASE_LIVE);
    WAIT_FOR(server_get(srv, M123 + 9) == 0); /* the lease ended; there is no fallback */
    WAIT_FOR(seen.inverter.applied.lease == LEASE_EXPIRED && !seen.inverter.applied.power_w.set);
}
END_TEST

START_TEST(a_device_that_was_away_is_told_again)
{
    hybrid();
    start(CLASS_INVERTER, "sunspec", 50);
    WAIT_FOR(seen.state >= 1);
    struct inverter_setpoint s = {
        .seq = 1, .boot = "b", .valid_ms = 60000, .limit_w = SOME_I32(5000)};
    command_inverter(&dev->command, &s, false, svc_now().mono);
    device_command_run(dev);
    WAIT_FOR(seen.inverter.applied.power_w.set);
    server_behave(srv, 1, SERVER_MUTE, 0);
    WAIT_FOR(dev->fault[DEVICE_SILENT].on);
    server_set(srv, M123 + 5, 0); /* it has forgotten */
    server_set(srv, M123 + 9, 0);
    server_behave(srv, 1, SERVER_OK, 0);
    WAIT_FOR(server_get(srv, M123 + 9) == 1);
    ck_assert_uint_eq(server_get(srv, M123 + 5), 5000);
}
END_TEST

START_TEST(a_sunspec_device_that_was_away_is_found_anew)
{
    hybrid();
    start(CLASS_INVERTER, "sunspec", _i ? 0 : 50);
    WAIT_FOR(seen.state >= 2);
    server_behave(srv, 1, SERVER_MUTE, 0);
    WAIT_FOR(dev->fault[DEVICE_SILENT].on);
    text(M1 + 50, "SN 2");
    server_set(srv, M103 + 14, 77);
    server_behave(srv, 1, SERVER_OK, 0);
    WAIT_FOR(seen.inverter.power_w.v == 770);
    ck_assert_int_eq(seen.info, 2);
    ck_assert_str_eq(seen.inverter_info.serial, "SN 2");
}
END_TEST

START_TEST(a_write_that_fails_is_reported_and_repeated)
{
    hybrid();
    server_set(srv, M123 + 23, 0x8000); /* the scale factor of the limit is not implemented */
    start(CLASS_INVERTER, "sunspec", 50);
    WAIT_FOR(seen.state >= 1);
    struct inverter_setpoint s = {
        .seq = 1, .boot = "b", .valid_ms = 60000, .limit_w = SOME_I32(5000)};
    command_inverter(&dev->command, &s, false, svc_now().mono);
    device_command_run(dev);
    ck_assert(dev->fault[DEVICE_WRITE].on);
    WAIT_FOR(seen.inverter.faults_n == 1);
    ck_assert_str_eq(seen.inverter.faults[0].code, "write_failed");
    ck_assert(!seen.inverter.applied.power_w.set);
}
END_TEST

START_TEST(a_battery_without_802_has_its_charge_and_obeys)
{
    hybrid();
    start(CLASS_BATTERY, "sunspec", 50);
    WAIT_FOR(seen.state >= 1);
    ck_assert_int_eq(seen.battery.soc_pm.v, 505);
    ck_assert_int_eq(seen.battery.status, BATTERY_STATUS_CHARGING);
    ck_assert(!seen.battery.power_w.set);
    struct battery_setpoint s = {.seq = 1,
                                 .boot = "b",
                                 .valid_ms = 300,
                                 .mode = BATTERY_MODE_CHARGE,
                                 .charge_w = SOME_I32(1250)};
    command_battery(&dev->command, &s, false, svc_now().mono);
    device_command_run(dev);
    WAIT_FOR(seen.battery.applied.mode == BATTERY_MODE_CHARGE);
    ck_assert_uint_eq(server_get(srv, M124 + 5), 3);
    ck_assert_uint_eq(server_get(srv, M124 + 13), 2500);
    ck_assert_uint_eq(server_get(srv, M124 + 12), 0x10000 - 2500);
    ck_assert_uint_eq(server_get(srv, M124 + 15), 60);
    ck_assert_uint_eq(server_get(srv, M124 + 17), 1);
    WAIT_FOR(server_get(srv, M124 + 5) == 0 && server_get(srv, M124 + 17) == 0);
}
END_TEST

START_TEST(no_sunspec_device_is_said)
{
    start(CLASS_INVERTER, "sunspec", 50);
    WAIT_FOR(dev->fault[DEVICE_STRANGE].on);
    ck_assert_str_eq(dev->fault[DEVICE_STRANGE].text, "no SunSpec models at 40000, 50000 or 0");
    ck_assert_int_eq(seen.state + seen.info, 0);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("engine");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_meter_is_published_whole);
    tcase_add_loop_test(t, a_silent_device_is_not_repeated_and_comes_back, 0,
                        2 * (int)COUNT_OF(faults));
    tcase_add_test(t, back_to_back_tells_changes_at_once_and_life_now_and_then);
    tcase_add_loop_test(t, a_hole_between_registers_is_read_around, 0, 2);
    tcase_add_test(t, a_counter_that_falls_is_held);
    tcase_add_test(t, an_inverter_is_found_limited_and_released);
    tcase_add_test(t, a_device_that_was_away_is_told_again);
    tcase_add_loop_test(t, a_sunspec_device_that_was_away_is_found_anew, 0, 2);
    tcase_add_test(t, a_write_that_fails_is_reported_and_repeated);
    tcase_add_test(t, a_battery_without_802_has_its_charge_and_obeys);
    tcase_add_test(t, no_sunspec_device_is_said);
    return run_case(t, "engine");
}
