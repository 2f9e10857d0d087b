/* SPDX-License-Identifier: Apache-2.0
 * What Home Assistant is told, and when; with a bus, timers and a clock of the test's own. */
#include "libcommon/io/bus.h"
#include "libcommon/io/discovery.h"
#include "libcommon/io/state.h"
#include <check.h>
#include "tests/unit/run.h"

/* ---- the world ---- */
enum { SENT_MAX = 64 };
static struct {
    char topic[TOPIC_MAX];
    char *text;
} sent[SENT_MAX];
static int sent_n;
static struct now clock_now;
static bus_text_cb *birth_cb;
static void *birth_user;
static uv_timer_t *timers[2]; /* changed, birth */
static int timers_n;
static uv_timer_cb timer_cb[2];
static uint64_t timer_ms[2];

void bus_publish_text(struct bus *b, const char *topic, struct str text)
{
    UNUSED(b);
    ck_assert_int_lt(sent_n, SENT_MAX);
    str_copyz(sent[sent_n].topic, TOPIC_MAX, topic);
    sent[sent_n++].text = strndup(text.p, text.len);
}
void bus_on_text(struct bus *b, const char *pattern, bus_text_cb *cb, void *user)
{
    UNUSED(b);
    ck_assert_str_eq(pattern, "homeassistant/status");
    birth_cb = cb;
    birth_user = user;
}
void bus_on_publish(struct bus *b, bus_sent_cb *cb, void *user)
{
    UNUSED(b);
    UNUSED(user);
    ck_assert(cb == discovery_seen);
}
struct now svc_now(void)
{
    return clock_now;
}
int uv_timer_init(uv_loop_t *loop, uv_timer_t *t)
{
    UNUSED(loop);
    timers[timers_n++] = t;
    return 0;
}
static int index_of(const void *t)
{
    return t == timers[1];
}
int uv_timer_start(uv_timer_t *t, uv_timer_cb cb, uint64_t ms, uint64_t repeat)
{
    UNUSED(repeat);
    timer_cb[index_of(t)] = cb;
    timer_ms[index_of(t)] = ms;
    return 0;
}
int uv_is_active(const uv_handle_t *h)
{
    return timer_cb[index_of(h)] != NULL;
}
static bool fire(int i)
{
    uv_timer_cb cb = timer_cb[i];
    if (!cb)
        return false;
    clock_now.mono.ms += (int64_t)timer_ms[i];
    timer_cb[i] = NULL;
    cb(timers[i]);
    return true;
}

/* ---- the house ---- */
static struct site site;
static struct site_buses buses[] = {{"wire", {.owner = "meter-reader"}},
                                    {"other", {.owner = "inverter-bridge"}}};
static struct site_meters meters[] = {{"grid", {.bus = "wire"}}, {"heat", {.bus = "wire"}}};
static struct site_chargers chargers[] = {
    {"garage", {.ocpp = "box1", .max_current_ma = 16000, .phases = 3, .can_switch_phases = true}}};
static struct svc svc;
static struct discovery *d;

static void start(const char *service)
{
    site = (struct site){.buses = buses,
                         .buses_n = 2,
                         .meters = meters,
                         .meters_n = COUNT_OF(meters),
                         .chargers = chargers,
                         .chargers_n = 1};
    str_copyz(site.general.site, sizeof site.general.site, "home");
    str_copyz(site.general.currency, sizeof site.general.currency, "EUR");
    svc.name = service;
    svc.site = &site;
    str_copyz(svc.boot, sizeof svc.boot, "b1");
    timers_n = 0;
    timer_cb[0] = timer_cb[1] = NULL;
    for (int i = 0; i < sent_n; i++)
        free(sent[i].text);
    sent_n = 0;
    d = discovery_new(&svc);
}
static void stop(void)
{
    discovery_free(d);
    d = NULL;
}
static void setup(void)
{
    clock_now = (struct now){{1000}, {1800000000000}};
    str_copyz(svc.state_dir, sizeof svc.state_dir, "/tmp/discovery-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(svc.state_dir));
    str_copyz(meters[0].conf.bus, ID_CAP, "wire");
    str_copyz(meters[1].id, ID_CAP, "heat");
    start("meter-reader");
}
static void teardown(void)
{
    char path[300];
    stop();
    snprintf(path, sizeof path, "%s/discovery", svc.state_dir);
    (void)unlink(path);
    (void)rmdir(svc.state_dir);
}

static void info(const char *id)
{
    struct meter_info m = {.v = 1};
    str_copyz(m.vendor, sizeof m.vendor, "Eastron\tInc");
    str_copyz(m.model, sizeof m.model, "SDM630");
    discovery_seen(d, MSG_METER_INFO, id, &m);
}
static void state(const char *id, bool frequency)
{
    struct meter_state m = {.v = 1, .interval_ms = 1000, .max_age_ms = 5000};
    m.power_w = SOME_I32(230);
    if (frequency)
        m.frequency_mhz = SOME_I32(50000);
    discovery_seen(d, MSG_METER_STATE, id, &m);
}
static bool last_has(const char *what)
{
    return sent_n > 0 && strstr(sent[sent_n - 1].text, what) != NULL;
}

START_TEST(one_document_when_it_is_quiet)
{
    info("grid");
    state("grid", false);
    ck_assert_int_eq(sent_n, 0);
    ck_assert(fire(0));
    ck_assert_int_eq(sent_n, 1);
    ck_assert_str_eq(sent[0].topic, "homeassistant/device/home_meter_grid__meter-reader/config");
    ck_assert(last_has("\"manufacturer\":\"Eastron") && last_has("\"model\":\"SDM630\""));
    ck_assert(last_has("home_meter_grid_power_w\"") && !last_has("frequency"));
    ck_assert(last_has("\"expire_after\":5"));
    state("grid", false);
    ck_assert(!fire(0));
    state("grid", true);
    ck_assert(fire(0));
    ck_assert_int_eq(sent_n, 2);
    ck_assert(last_has("home_meter_grid_frequency_mhz\""));
    state("grid", false); /* what was there once stays */
    ck_assert(!fire(0));
}
END_TEST

START_TEST(identity_is_waited_for)
{
    state("grid", false);
    int rounds = 0;
    for (; sent_n == 0 && fire(0); rounds++)
        ;
    ck_assert_int_ge(rounds, 9);
    ck_assert_int_le(rounds, 11);
    ck_assert(last_has("\"name\":\"Meter grid\"") && !last_has("manufacturer"));
    info("grid");
    ck_assert(fire(0));
    ck_assert(last_has("manufacturer"));
}
END_TEST

START_TEST(a_restart_says_the_same)
{
    info("grid");
    state("grid", true);
    info("heat");
    state("heat", false);
    fire(0);
    ck_assert_int_eq(sent_n, 2);
    char *before[2] = {strdup(sent[0].text), strdup(sent[1].text)};
    stop();
    start("meter-reader");
    ck_assert(fire(0)); /* before any device has answered */
    ck_assert_int_eq(sent_n, 2);
    /* A tab cannot be kept in the file. */
    for (int i = 0; i < 2; i++)
        for (char *c; (c = strstr(before[i], "\\u0009")) != NULL;) {
            *c = ' ';
            memmove(c + 1, c + 6, strlen(c + 6) + 1);
        }
    for (int i = 0; i < 2; i++) {
        ck_assert_str_eq(sent[i].text, before[i]);
        free(before[i]);
    }
    state("grid", false);
    ck_assert(!fire(0));
}
END_TEST

START_TEST(gone_is_cleared)
{
    info("heat");
    state("heat", false);
    info("grid");
    state("grid", false);
    fire(0);
    stop();
    str_copyz(meters[1].id, ID_CAP, "cold");        /* heat is no longer configured */
    str_copyz(meters[0].conf.bus, ID_CAP, "other"); /* grid has moved to another service */
    for (int round = 0; round < 2; round++) {
        start("meter-reader");
        ck_assert_int_eq(sent_n, 2);
        ck_assert_str_eq(sent[0].topic,
                         "homeassistant/device/home_meter_heat__meter-reader/config");
        ck_assert_str_eq(sent[1].topic,
                         "homeassistant/device/home_meter_grid__meter-reader/config");
        ck_assert_str_eq(sent[0].text, "");
        ck_assert_str_eq(sent[1].text, "");
        state("cold", false); /* saves the file */
        while (sent_n == 2 && fire(0))
            ;
        stop();
    }
    str_copyz(meters[0].conf.bus, ID_CAP, "wire");
    start("meter-reader");
    info("grid");
    state("grid", false);
    while (fire(0))
        ;
    stop();
    start("meter-reader");
    ck_assert_int_eq(sent_n, 1); /* it has come back: only heat is cleared */
    ck_assert_str_eq(sent[0].topic, "homeassistant/device/home_meter_heat__meter-reader/config");
}
END_TEST

START_TEST(birth_of_home_assistant)
{
    info("grid");
    state("grid", false);
    fire(0);
    birth_cb(birth_user, "homeassistant/status", str_of("offline"));
    ck_assert(!fire(1));
    birth_cb(birth_user, "homeassistant/status", str_of("online"));
    ck_assert_uint_ge(timer_ms[1], 200);
    ck_assert_uint_lt(timer_ms[1], 2200);
    ck_assert(fire(1));
    ck_assert_int_eq(sent_n, 2);
    ck_assert_str_eq(sent[0].text, sent[1].text);
}
END_TEST

START_TEST(choices_of_a_charger)
{
    stop();
    start("surplus-controller");
    struct charger_control c = {.v = 1, .mode = CHARGE_MODE_POWER, .phase_use = PHASE_USE_THREE};
    c.min_current_ma = SOME_I32(6000);
    str_copyz(c.reason.text, sizeof c.reason.text, "because");
    discovery_allow(d, "charger", "mode", 1u << CHARGE_MODE_POWER | 1u << CHARGE_MODE_LOCK);
    discovery_seen(d, MSG_CHARGER_CONTROL, "garage", &c);
    ck_assert(fire(0)); /* no identity to wait for: the gateway tells it */
    ck_assert_int_eq(sent_n, 1);
    ck_assert_str_eq(sent[0].topic,
                     "homeassistant/device/home_charger_garage__surplus-controller/config");
    ck_assert(last_has("{\"identifiers\":[\"wattbus_home_charger_garage\"]}"));
    ck_assert(last_has("\"options\":[\"lock\",\"power\",\"auto\"]"));
    ck_assert(last_has("\"min\":0,\"max\":16,\"step\":1") && last_has("{{ 16 if v is none"));
    ck_assert(last_has("\"min\":6,\"max\":16,\"step\":1"));
    ck_assert(last_has("/charger/garage/override/week\"")); /* nothing set: offered all the same */
    ck_assert(last_has("\"min\":0,\"max\":1000,\"step\":0.1")); /* kWh of target mode */
    ck_assert(!last_has("priority"));                           /* control has not shown it */
    ck_assert(last_has("override/phases"));
    discovery_allow(d, "charger", "phases", 0);
    ck_assert(fire(0));
    ck_assert(last_has("\"sensor.home_charger_garage_phase_use\""));
    ck_assert(!last_has("override/phases"));
    struct charger_setpoint s = {.v = 1, .current_ma = 6000};
    discovery_seen(d, MSG_CHARGER_SETPOINT, "garage", &s);
    ck_assert(!fire(0));
}
END_TEST

START_TEST(damaged_file)
{
    static const char text[] = "METER_STATE\tgrid\tx\tpower_w\tnonsense\n"
                               "NO_SUCH\tgrid\t1\tpower_w\n\n\t\t\n"
                               "METER_STATE\tNot An Id\t1\tpower_w\nMETER_STATE\n"
                               "CHARGER_REQUEST\tgarage\t1\nidentity\tmeter\tnobody\tName\n"
                               "gone\t../x\tgrid\ngone\tmeter\nMETER_STATE\theat\t-5\tpower_w";
    stop();
    ck_assert(state_save(svc.state_dir, "discovery", str_of(text)) == ERR_OK);
    start("meter-reader");
    while (sent_n < 2 && fire(0))
        ;
    ck_assert_int_eq(sent_n, 2); /* grid and heat, with what could be read */
    ck_assert(last_has("home_meter_heat_power_w\"") && !last_has("expire_after"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("discovery");
    TCase *t = tcase_create("discovery");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, one_document_when_it_is_quiet);
    tcase_add_test(t, identity_is_waited_for);
    tcase_add_test(t, a_restart_says_the_same);
    tcase_add_test(t, gone_is_cleared);
    tcase_add_test(t, birth_of_home_assistant);
    tcase_add_test(t, choices_of_a_charger);
    tcase_add_test(t, damaged_file);
    suite_add_tcase(s, t);
    return run_suite(s);
}
