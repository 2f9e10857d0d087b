/* SPDX-License-Identifier: Apache-2.0
 * Rules, variables, limits and meters of a site file, between the bus and the core. */
#include "tests/unit/surplus-controller/fake_bus.h"
#include <check.h>
#include "tests/unit/run.h"

static const char text[] =
    "timezone: Europe/Berlin\n"
    "buses:\n"
    "  m: {type: modbus-tcp, owner: meter-reader, host: 192.0.2.10}\n"
    "meters:\n"
    "  grid: {bus: m, unit: 1, profile: sunspec, role: grid}\n"
    "  flat: {bus: m, unit: 2, profile: sunspec}\n"
    "  rest: {expression: meter.grid.power_w - meter.flat.power_w,\n"
    "         expression_l1: meter.grid.current_phase_ma.l1, max_age: 5 s}\n"
    "circuits:\n"
    "  house:\n"
    "    max_current: 35 A\n"
    "    current_limit: variable.fuse - meter.flat.current_phase_ma.each\n"
    "    current_fallback: 7 A\n"
    "chargers:\n"
    "  garage: {ocpp: BOX1, circuit: house, max_current: 16 A, rules: [sun, night, cheap, gate]}\n"
    "inputs:\n"
    "  gate: {name: Gate}\n"
    "tariffs:\n"
    "  power: {kind: import, price: 0.30 EUR/kWh}\n"
    "variables:\n"
    "  double: {expression: variable.fuse * 2}\n"
    "  fixed: {expression: '1.5'}\n"
    "  fuse: {expression: 50 A, settable: true, unit: mA}\n"
    "rules:\n"
    "  sun: {surplus: true, when: variable.fuse > 60 A}\n"
    "  night: {from: '22:00', to: '06:00', set: 8 A}\n"
    "  cheap: {name: Cheap power, price_below: 0.20 EUR/kWh, set: 100 %}\n"
    "  gate: {input: gate, at_most: 10 A}\n";

static struct svc svc;
static struct site *site;
static struct brain *b;
static char dir[64];

static void boot(void)
{
    svc = (struct svc){
        .name = "surplus-controller", .site_path = "site.yaml", .boot = "me", .site = site};
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
static void load(const char *yaml)
{
    struct site_report rep;
    enum err e = site_parse(str_of(yaml), "site.yaml", &site, &rep);
    ck_assert_msg(e == ERR_OK, "%s", rep.text);
    site_report_free(&rep);
}
static void setup(void)
{
    str_copyz(dir, sizeof dir, "/tmp/test_formulas.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    load(text);
    fake_reset();
    fake.now.wall.ms = 1750327200000; /* 2025-06-19 10:00 UTC, 12:00 in Berlin */
    boot();
}
static void teardown(void)
{
    halt();
    fake_remove(dir);
    site_free(site);
}

/* ---- what comes in ---- */
static void meter(const char *id, int32_t w, int32_t ma)
{
    struct meter_state m = {
        .v = 1, .ts = fake.now.wall.ms, .interval_ms = 1000, .max_age_ms = 10000};
    static int wobble;
    m.power_w = SOME_I32(w);
    for (int p = 0; p < PHASES; p++) {
        phase_put(&m.current_phase_ma, p, ma + p * 1000);
        phase_put(&m.voltage_phase_mv, p, 230000 + wobble++ % 7);
    }
    fake_message(MSG_METER_STATE, id, &m, false);
}
static void charger(void)
{
    struct charger_state c = {.v = 1,
                              .ts = fake.now.wall.ms,
                              .interval_ms = 1000,
                              .max_age_ms = 60000,
                              .online = true,
                              .evse_state = EVSE_STATE_B,
                              .applied_set = true};
    c.applied.current_ma = SOME_I32(fake.setpoint.current_ma);
    fake_message(MSG_CHARGER_STATE, "garage", &c, false);
}
static void gate(bool on)
{
    struct input_state s = {.v = 1,
                            .ts = fake.now.wall.ms,
                            .interval_ms = 60000,
                            .max_age_ms = 600000,
                            .on = SOME_BOOL(on)};
    fake_message(MSG_INPUT_STATE, "gate", &s, false);
}
static void price(int64_t micro)
{
    static struct tariff_state t;
    t = (struct tariff_state){.v = 1,
                              .ts = fake.now.wall.ms,
                              .interval_ms = 900000,
                              .max_age_ms = 86400000,
                              .kind = TARIFF_KIND_IMPORT,
                              .slot_ms = 900000,
                              .slots_n = 96};
    for (int i = 0; i < t.slots_n; i++)
        t.slots[i] = (struct slot){fake.now.wall.ms + (i - 4) * (int64_t)900000, micro};
    fake_message(MSG_TARIFF_STATE, "power", &t, false);
}
static void seconds(int n)
{
    for (; n > 0; n--) {
        meter("grid", 300, 500);
        meter("flat", 100, 2000);
        charger();
        fake_later(b, 1000);
    }
}
static void begin(void)
{
    fake_link(true);
    seconds(15);
}
static struct override word(const char *value)
{
    struct override o = {.clear = value[0] == '\0'};
    str_copyz(o.text, sizeof o.text, value);
    return o;
}
static void set(const char *value)
{
    fake_override_of("variable", "fuse", "value", word(value), false);
}

/* ---- rules ---- */
START_TEST(no_rule_pauses_and_says_so)
{
    begin();
    ck_assert_int_eq(fake.control.mode, CHARGE_MODE_POWER);
    ck_assert_int_eq(fake.control.mode_source, SOURCE_RULE);
    ck_assert_int_eq(fake.setpoint.current_ma, 0);
    ck_assert_str_eq(fake.setpoint.reason.code, "no_rule");
    ck_assert_int_eq(fake.setpoint.limit, LIMIT_RULE);
}
END_TEST

START_TEST(a_price_starts_and_an_input_limits)
{
    begin();
    price(190000);
    seconds(3);
    ck_assert_int_eq(fake.setpoint.current_ma, 16000);
    gate(true);
    seconds(2);
    ck_assert_int_eq(fake.setpoint.current_ma, 10000);
    ck_assert_str_eq(fake.setpoint.reason.code, "rule");
    ck_assert_str_eq(fake.setpoint.reason.text, "Rule \"gate\" allows 10 A.");
    ck_assert_str_eq(fake.setpoint.reason.params[1].name, "rule");
    ck_assert_str_eq(fake.setpoint.reason.params[1].text, "gate");
    gate(false);
    seconds(15); /* a higher cap waits for settling */
    ck_assert_int_eq(fake.setpoint.current_ma, 16000);
    price(200000);
    seconds(2);
    ck_assert_int_eq(fake.setpoint.current_ma, 0);
}
END_TEST

START_TEST(time_of_day_is_local)
{
    begin();
    fake.now.wall.ms += 10 * 3600000 - 15000; /* 22:00 in Berlin */
    seconds(2);
    ck_assert_int_eq(fake.setpoint.current_ma, 8000);
    fake.now.wall.ms += 8 * 3600000;
    seconds(2);
    ck_assert_int_eq(fake.setpoint.current_ma, 0);
}
END_TEST

START_TEST(a_clock_that_was_never_set_has_no_time)
{
    fake.now.wall.ms = 22 * 3600000; /* 1970 */
    begin();
    ck_assert_int_eq(fake.setpoint.current_ma, 0);
}
END_TEST

static void restart(void)
{
    halt();
    boot();
    fake_link(true);
}
START_TEST(a_restart_goes_on_with_what_the_rules_said)
{
    begin();
    price(190000);
    seconds(16);
    gate(true);
    seconds(2);
    ck_assert_int_eq(fake.setpoint.current_ma, 10000);
    restart(); /* neither price nor gate are heard of */
    for (int i = 0; i < 14; i++) {
        seconds(1);
        ck_assert_str_ne(fake.control.reason.code, "no_rule");
        ck_assert_int_le(fake.setpoint.current_ma, 10000);
    }
    ck_assert_str_eq(fake.control.reason.text, "Rule \"gate\" allows 10 A.");
    seconds(3);
    ck_assert_str_eq(fake.control.reason.code, "no_rule");
    ck_assert_int_eq(fake.setpoint.current_ma, 0);
    restart();
    price(190000);
    seconds(5);
    ck_assert_str_eq(fake.control.reason.code, "no_rule"); /* kept as well */
    seconds(13);
    ck_assert_int_eq(fake.setpoint.current_ma, 16000);
}
END_TEST

START_TEST(a_person_goes_before_the_rules)
{
    begin();
    fake_override("garage", "mode", (struct override){.value = CHARGE_MODE_POWER}, false);
    seconds(2);
    ck_assert_int_eq(fake.setpoint.current_ma, 16000);
    ck_assert_int_eq(fake.control.mode_source, SOURCE_OVERRIDE);
    fake_override("garage", "mode", (struct override){.clear = true}, false);
    seconds(2);
    ck_assert_int_eq(fake.setpoint.current_ma, 0);
}
END_TEST

START_TEST(the_surplus_flag_chooses_the_sun)
{
    begin();
    set("70 A");
    seconds(1);
    ck_assert_int_eq(fake.control.mode, CHARGE_MODE_SOLAR_PURE);
    ck_assert_str_eq(fake.setpoint.reason.code, "wait_surplus");
    set("");
    seconds(1);
    ck_assert_int_eq(fake.control.mode, CHARGE_MODE_POWER);
}
END_TEST

/* ---- rules of loads ---- */
static const char with_load[] =
    "buses:\n"
    "  m: {type: modbus-tcp, owner: meter-reader, host: 192.0.2.10}\n"
    "meters:\n"
    "  grid: {bus: m, unit: 1, profile: sunspec, role: grid}\n"
    "circuits:\n"
    "  house: {max_current: 35 A}\n"
    "loads:\n"
    "  heat: {kind: %s, circuit: house, max_power: 3 kW, on_delay: 0 s, min_run: 0 s,\n"
    "         min_rest: 0 s, rules: [night, sun]}\n"
    "variables:\n"
    "  want: {expression: '0', settable: true}\n"
    "  sunny: {expression: '0', settable: true}\n"
    "rules:\n"
    "  night: {name: At night, when: variable.want > 0, set: (variable.want) W}\n"
    "  sun: {when: variable.sunny, surplus: true}\n";
static void say_load(void)
{
    struct load_state s = {
        .v = 1, .ts = fake.now.wall.ms, .interval_ms = 1000, .max_age_ms = 60000};
    fake_message(MSG_LOAD_STATE, "heat", &s, false);
}
static void wait_load(int n)
{
    for (; n > 0; n--) {
        meter("grid", 300, 500);
        say_load();
        fake_later(b, 1000);
    }
}
static void with_a_load(const char *kind)
{
    char yaml[1000];
    struct buf out = buf_of(yaml, sizeof yaml);
    halt();
    site_free(site);
    buf_addf(&out, with_load, kind);
    ck_assert(!out.cut);
    load(yaml);
    boot();
    fake_link(true);
    wait_load(15);
}
static void want(const char *variable, const char *value)
{
    fake_override_of("variable", variable, "value", word(value), false);
    wait_load(2);
}
START_TEST(rules_give_a_rod_its_power)
{
    with_a_load("power");
    ck_assert_int_eq(fake.load_control.mode, LOAD_MODE_OFF);
    ck_assert_int_eq(fake.load_control.mode_source, SOURCE_RULE);
    ck_assert_str_eq(fake.load_control.reason.text,
                     "Switched off (mode off). None of its rules applies.");
    want("want", "2000");
    wait_load(12);
    ck_assert_int_eq(fake.load_control.mode, LOAD_MODE_ON);
    ck_assert_int_eq(fake.load_setpoint.power_w.v, 2000);
    ck_assert_ptr_nonnull(strstr(fake.load_control.reason.text, " By rule \"At night\"."));
    want("want", "1950"); /* too little to be told */
    ck_assert_int_eq(fake.load_setpoint.power_w.v, 2000);
    want("want", "1500");
    ck_assert_int_eq(fake.load_setpoint.power_w.v, 1500);
    want("sunny", "1");
    ck_assert_int_eq(fake.load_control.mode, LOAD_MODE_SOLAR);
    fake_override_of("load", "heat", "mode", (struct override){.value = LOAD_MODE_ON}, false);
    wait_load(12);
    ck_assert_int_eq(fake.load_control.mode_source, SOURCE_OVERRIDE);
    ck_assert_int_eq(fake.load_setpoint.power_w.v, 3000);
}
END_TEST
START_TEST(a_heat_pump_without_a_rule_runs_by_itself)
{
    with_a_load("sg_ready");
    ck_assert_int_eq(fake.load_control.mode, LOAD_MODE_NORMAL);
    want("want", "100"); /* it takes all or nothing */
    ck_assert_int_eq(fake.load_control.mode, LOAD_MODE_ON);
    ck_assert(!fake.load_control.max_power_w.set);
    want("sunny", "1");
    ck_assert_int_eq(fake.load_control.mode, LOAD_MODE_SOLAR);
}
END_TEST

/* ---- rules of batteries ---- */
START_TEST(rules_bound_each_side_of_a_battery)
{
    halt();
    site_free(site);
    load("buses:\n"
         "  m: {type: modbus-tcp, owner: inverter-bridge, host: 192.0.2.10}\n"
         "meters:\n"
         "  grid: {bus: m, unit: 1, profile: sunspec, role: grid}\n"
         "batteries:\n"
         "  free: {bus: m, unit: 2, profile: sunspec}\n"
         "  bound: {bus: m, unit: 3, profile: sunspec, rules: [keep, half]}\n"
         "rules:\n"
         "  keep: {direction: discharge, set: 0 W}\n"
         "  half: {direction: charge, multiply: 50 %}\n");
    boot();
    fake_link(true);
    meter("grid", 300, 500);
    fake_later(b, 1000);
    struct opt_i32 max = SOME_I32(5000);
    ck_assert(!rules_battery_w(b, 0, RULE_CHARGE, max).set);
    ck_assert_int_eq(rules_battery_w(b, 1, RULE_CHARGE, max).v, 2500);
    ck_assert_int_eq(rules_battery_w(b, 1, RULE_DISCHARGE, max).v, 0);
    ck_assert(rules_battery_w(b, 1, RULE_DISCHARGE, max).set);
    ck_assert(!rules_battery_w(b, 1, RULE_DISCHARGE, (struct opt_i32){0}).set);
}
END_TEST

/* ---- variables ---- */
START_TEST(a_variable_can_be_set_and_survives_a_restart)
{
    begin();
    ck_assert_int_eq(fake.variable.value_milli.v, 50000000);
    set("40.5 A");
    ck_assert_str_eq(fake.variable.unit, "mA");
    ck_assert_int_eq(fake.variable.value_milli.v, 40500000);
    halt();
    boot();
    fake.variable.value_milli.set = false;
    begin();
    ck_assert_int_eq(fake.variable.value_milli.v, 40500000);
    set("");
    ck_assert_int_eq(fake.variable.value_milli.v, 50000000);
    halt();
    boot();
    begin();
    ck_assert_int_eq(fake.variable.value_milli.v, 50000000);
}
END_TEST

static int published(enum message_id m, const char *id)
{
    int n = 0;
    for (int i = 0; i < fake.notes_n; i++)
        n += fake.notes[i].kind == NOTE_PUBLISH && fake.notes[i].msg == m &&
             strcmp(fake.notes[i].id, id) == 0;
    return n;
}
START_TEST(variables_are_published_when_they_change)
{
    begin();
    ck_assert_int_eq(published(MSG_VARIABLE_STATE, "fixed"), 1);
    ck_assert_int_eq(published(MSG_VARIABLE_STATE, "fuse"), 1);
    set("20 A");
    seconds(3);
    ck_assert_int_eq(published(MSG_VARIABLE_STATE, "fuse"), 2);
    ck_assert_int_eq(published(MSG_VARIABLE_STATE, "fixed"), 1);
    fake_link(false);
    fake_link(true);
    ck_assert_int_eq(published(MSG_VARIABLE_STATE, "fixed"), 2);
}
END_TEST

START_TEST(wrong_values_of_variables_are_refused)
{
    static const char *const bad[] = {"abc",   "1 +", "meter.grid.power_w",
                                      "1 / 0", "1 2", "0.0000000000000000000000000000001"};
    begin();
    set("20 A");
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int faults = fake.faults;
        set(bad[i]);
        ck_assert_msg(fake.faults == faults + 1, "%s", bad[i]);
        ck_assert_str_eq(fake.fault, "variable_refused");
        ck_assert_int_eq(fake.notes[fake.notes_n - 1].kind == NOTE_CLEAR_OVERRIDE ||
                             fake.notes[fake.notes_n - 2].kind == NOTE_CLEAR_OVERRIDE,
                         1);
    }
    seconds(2);
    ck_assert_int_eq(published(MSG_VARIABLE_STATE, "fuse"), 2);
    struct override o = word("30 A");
    o.until_unplugged = true;
    fake_override_of("variable", "fuse", "value", o, false);
    ck_assert_str_eq(fake.fault_text, "a variable is plugged in nowhere");
}
END_TEST

START_TEST(a_variable_ends_with_its_time)
{
    begin();
    struct override o = word("20 A");
    o.until_ms = SOME_I64(fake.now.wall.ms + 5000);
    fake_override_of("variable", "fuse", "value", o, false);
    seconds(3);
    ck_assert_int_eq(published(MSG_VARIABLE_STATE, "fuse"), 2);
    seconds(4);
    ck_assert_int_eq(published(MSG_VARIABLE_STATE, "fuse"), 3);
    fake_override_of("variable", "fuse", "value", o, false);
    ck_assert_str_eq(fake.fault_text, "its end is in the past");
}
END_TEST

START_TEST(a_broker_that_lost_its_memory_sets_nothing)
{
    begin();
    set("20 A");
    set("");
    fake_override_of("variable", "fuse", "value", word("20 A"), true);
    ck_assert_str_eq(fake.fault_text, "an old value came back from the broker");
    fake_later(b, 600001);
    fake_override_of("variable", "fuse", "value", word("20 A"), true);
    ck_assert_int_eq(published(MSG_VARIABLE_STATE, "fuse"), 4);
}
END_TEST

/* ---- limits ---- */
START_TEST(a_limit_follows_its_expression_and_falls_back)
{
    begin();
    fake_override("garage", "mode", (struct override){.value = CHARGE_MODE_POWER}, false);
    set("16 A"); /* less 2, 3 and 4 A of the flat, per phase */
    seconds(30);
    ck_assert_int_eq(fake.setpoint.current_ma, 12000);
    ck_assert_str_eq(fake.setpoint.reason.code, "circuit");
    ck_assert_int_eq(fake.circuit.limit_phase_ma.set, ALL_PHASES);
    ck_assert_int_eq(fake.circuit.limit_phase_ma.v[0], 14000);
    ck_assert_int_eq(fake.circuit.limit_phase_ma.v[2], 12000);
    ck_assert(!fake.circuit.limit_w.set);
    for (int i = 0; i < 12; i++) { /* the flat's meter is silent */
        meter("grid", 300, 500);
        charger();
        fake_later(b, 1000);
    }
    ck_assert_int_eq(fake.setpoint.current_ma, 7000);
    ck_assert_str_eq(fake.fault, "limit_unknown");
    set("1 A");
    seconds(2);
    ck_assert_int_eq(fake.setpoint.current_ma, 0);
    ck_assert_str_eq(fake.setpoint.reason.code, "circuit_pause");
}
END_TEST

/* ---- meters ---- */
START_TEST(a_computed_meter_is_published_like_any_other)
{
    begin();
    ck_assert_int_eq(published(MSG_METER_INFO, "rest"), 1);
    ck_assert_int_ge(published(MSG_METER_STATE, "rest"), 10);
    ck_assert_int_eq(fake.meter.power_w.v, 200);
    ck_assert_int_eq(fake.meter.current_phase_ma.set, 1);
    ck_assert_int_eq(fake.meter.current_phase_ma.v[0], 500);
    ck_assert_int_eq(fake.meter.max_age_ms, 5000);
    int before = published(MSG_METER_STATE, "rest");
    for (int i = 0; i < 20; i++) { /* one of its values is too old: it shows nothing */
        meter("grid", 300, 500);
        fake_later(b, 1000);
    }
    ck_assert_int_le(published(MSG_METER_STATE, "rest"), before + 11);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("formulas");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, no_rule_pauses_and_says_so);
    tcase_add_test(t, a_price_starts_and_an_input_limits);
    tcase_add_test(t, time_of_day_is_local);
    tcase_add_test(t, a_clock_that_was_never_set_has_no_time);
    tcase_add_test(t, a_restart_goes_on_with_what_the_rules_said);
    tcase_add_test(t, a_person_goes_before_the_rules);
    tcase_add_test(t, the_surplus_flag_chooses_the_sun);
    tcase_add_test(t, rules_give_a_rod_its_power);
    tcase_add_test(t, a_heat_pump_without_a_rule_runs_by_itself);
    tcase_add_test(t, rules_bound_each_side_of_a_battery);
    tcase_add_test(t, a_variable_can_be_set_and_survives_a_restart);
    tcase_add_test(t, variables_are_published_when_they_change);
    tcase_add_test(t, wrong_values_of_variables_are_refused);
    tcase_add_test(t, a_variable_ends_with_its_time);
    tcase_add_test(t, a_broker_that_lost_its_memory_sets_nothing);
    tcase_add_test(t, a_limit_follows_its_expression_and_falls_back);
    tcase_add_test(t, a_computed_meter_is_published_like_any_other);
    return run_case(t, "formulas");
}
