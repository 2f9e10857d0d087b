/* SPDX-License-Identifier: Apache-2.0
 * The access list, the documents and what `set` sends. */
#include "tests/unit/wattbus-cli/test_cli.h"
#include "libcommon/site/site.h"
#include "services/wattbus/acl.h"
#include "services/wattbus/docs.h"
#include "services/wattbus/override.h"
#include "tests/unit/run.h"

static const char *source_path(const char *rest)
{
    static char path[512];
    const char *root = getenv("WATTBUS_SOURCE");
    ck_assert_ptr_nonnull(root);
    snprintf(path, sizeof path, "%s/%s", root, rest);
    return path;
}

START_TEST(configuration_is_fresh)
{
    static char want[CONFIGURATION_DOC_MAX], have[CONFIGURATION_DOC_MAX];
    struct buf b = buf_of(want, sizeof want);
    configuration_doc(&b);
    ck_assert(!b.cut);
    FILE *f = fopen(source_path("docs/configuration.md"), "re");
    ck_assert_ptr_nonnull(f);
    size_t n = fread(have, 1, sizeof have - 1, f);
    fclose(f);
    have[n] = '\0';
    ck_assert_msg(strcmp(have, want) == 0,
                  "stale: run `wattbus docs configuration > docs/configuration.md`");
}
END_TEST

/* ---- access list ---- */
static char acl[131072];

static void make_acl(void)
{
    struct site *s;
    struct site_report rep;
    enum err e = site_load(source_path("deploy/site/example.yaml"), &s, &rep);
    ck_assert_msg(e == ERR_OK, "%s", rep.text);
    ck_assert_uint_lt(acl_size_max(s), sizeof acl);
    struct buf b = buf_of(acl, acl_size_max(s));
    acl_write(s, &b);
    ck_assert(!b.cut);
    site_free(s);
    site_report_free(&rep);
}

/* Mosquitto's rule: the topic of a rule may have + and #. */
static bool matches(struct str rule, struct str topic)
{
    while (rule.len) {
        struct str want = str_word(&rule, '/');
        if (str_eq(want, "#"))
            return true;
        if (!topic.len)
            return false;
        struct str got = str_word(&topic, '/');
        if (!str_eq(want, "+") && (want.len != got.len || memcmp(want.p, got.p, got.len) != 0))
            return false;
    }
    return topic.len == 0;
}

/* As Mosquitto decides: a deny beats all that grants. */
static bool granted(const char *user, const char *access, const char *topic)
{
    struct str rest = str_of(acl);
    bool mine = false;
    while (rest.len) {
        struct str line = str_word(&rest, '\n'), word = str_word(&line, ' ');
        if (str_eq(word, "user"))
            mine = str_eq(line, user);
        if (!mine || !str_eq(word, "topic"))
            continue;
        struct str right = str_word(&line, ' ');
        if (str_eq(right, access) && matches(line, str_of(topic)))
            return true;
    }
    return false;
}

static bool may(const char *user, const char *access, const char *topic)
{
    return granted(user, access, topic) && !granted(user, "deny", topic);
}

static const struct {
    const char *user, *access, *topic;
    bool allowed;
} rights[] = {
    {"meter-reader", "read", "wattbus/home/charger/garage_left/setpoint", true},
    {"meter-reader", "read", "wattbus/other/meter/grid/state", false},
    {"meter-reader", "write", "wattbus/home/meter/grid/state", true},
    {"meter-reader", "write", "wattbus/home/meter/grid/info", true},
    {"meter-reader", "write", "wattbus/home/meter/other/state", false},
    {"meter-reader", "write", "wattbus/home/inverter/roof/state", false},
    {"meter-reader", "write", "wattbus/home/service/meter-reader/status", true},
    {"meter-reader", "write", "wattbus/home/service/meter-reader/marker", true},
    {"meter-reader", "write", "wattbus/home/service/ocpp-gateway/status", false},
    {"meter-reader", "write", "wattbus/home/charger/garage_left/setpoint", false},
    {"meter-reader", "write", "wattbus/home/meter/derived_surplus/state", false},
    {"surplus-controller", "write", "wattbus/home/meter/derived_surplus/state", true},
    {"surplus-controller", "write", "wattbus/home/meter/grid/state", false},
    {"surplus-controller", "write", "wattbus/home/site/home/flows", true},
    {"surplus-controller", "write", "wattbus/home/charger/garage_left/flows", true},
    {"meter-reader", "write", "homeassistant/device/home_meter_grid__meter-reader/config", true},
    {"meter-reader", "write", "homeassistant/device/home_meter_grid__ocpp-gateway/config", false},
    {"meter-reader", "read", "homeassistant/status", true},
    {"meter-reader", "write", "homeassistant/status", false},
    {"inverter-bridge", "write", "wattbus/home/inverter/roof/state", true},
    {"inverter-bridge", "write", "wattbus/home/battery/cellar_battery/state", true},
    {"inverter-bridge", "write", "wattbus/home/battery/cellar_battery/setpoint", false},
    {"inverter-bridge", "write", "wattbus/home/meter/grid/state", false},
    {"ocpp-gateway", "write", "wattbus/home/charger/visitor/state", true},
    {"ocpp-gateway", "write", "wattbus/home/charger/visitor/session/7", true},
    {"ocpp-gateway", "write", "wattbus/home/charger/visitor/request", true},
    {"ocpp-gateway", "write", "wattbus/home/charger/visitor/setpoint", false},
    {"ocpp-gateway", "write", "wattbus/home/charger/visitor/control", false},
    {"ocpp-gateway", "write", "wattbus/home/charger/visitor/override/mode", false},
    {"surplus-controller", "write", "wattbus/home/charger/visitor/setpoint", true},
    {"surplus-controller", "write", "wattbus/home/charger/visitor/control", true},
    {"surplus-controller", "write", "wattbus/home/charger/visitor/override/mode", true},
    {"surplus-controller", "write", "wattbus/home/charger/visitor/request", true},
    {"surplus-controller", "write", "wattbus/home/charger/visitor/state", false},
    {"surplus-controller", "write", "wattbus/home/battery/cellar_battery/setpoint", true},
    {"surplus-controller", "write", "wattbus/home/site/home/state", true},
    {"surplus-controller", "write", "wattbus/home/circuit/house/state", true},
    {"surplus-controller", "write", "wattbus/home/meter/grid/state", false},
    {"surplus-controller", "write", "wattbus/home/tariff/import/state", false},
    {"tariff-service", "write", "wattbus/home/tariff/import/state", true},
    {"tariff-service", "write", "wattbus/home/forecast/roof/state", true},
    {"tariff-service", "write", "wattbus/home/plan/garage_left/state", false},
    {"home", "read", "wattbus/home/meter/grid/state", true},
    {"home", "write", "wattbus/home/charger/visitor/override/mode", true},
    {"home", "write", "wattbus/home/battery/cellar_battery/override/mode", true},
    {"home", "write", "wattbus/home/battery/cellar_battery/control", false},
    {"home", "write", "wattbus/home/charger/visitor/request", true},
    {"home", "write", "homeassistant/status", true},
    {"home", "write", "wattbus/home/charger/visitor/setpoint", false},
    {"home", "write", "wattbus/home/meter/grid/state", false},
    {"home", "write", "wattbus/home/service/home/status", false},
    {"watch", "read", "wattbus/home/meter/grid/state", true},
    {"watch", "write", "wattbus/home/charger/visitor/override/mode", false},
    {"surplus-controller", "write", "wattbus/home/authorisation/anna", true},
    {"surplus-controller", "read", "wattbus/home/authorisation/anna", true},
    {"surplus-controller", "write", "wattbus/home/budget/anna_month/state", true},
    {"surplus-controller", "write", "wattbus/home/user/anna/request", true},
    {"surplus-controller", "write",
     "homeassistant/device/home_budget_guests_month__surplus-controller/config", true},
    {"ocpp-gateway", "read", "wattbus/home/authorisation/anna", true},
    {"ocpp-gateway", "write", "wattbus/home/authorisation/anna", false},
    {"home", "read", "wattbus/home/authorisation/anna", false},
    {"home", "write", "wattbus/home/user/anna/request", true},
    {"home", "write", "wattbus/home/budget/anna_month/request", true},
    {"home", "write", "wattbus/home/user/anna/state", false},
    {"watch", "read", "wattbus/home/authorisation/anna", false},
    {"watch", "read", "wattbus/home/user/anna/state", true},
    {"meter-reader", "read", "wattbus/home/authorisation/anna", false},
    {"nobody", "read", "wattbus/home/meter/grid/state", false},
};

START_TEST(access_list)
{
    make_acl();
    ck_assert_msg(may(rights[_i].user, rights[_i].access, rights[_i].topic) == rights[_i].allowed,
                  "%s %s %s", rights[_i].user, rights[_i].access, rights[_i].topic);
}
END_TEST

START_TEST(access_list_is_the_same_each_time)
{
    static char first[sizeof acl];
    make_acl();
    memcpy(first, acl, sizeof acl);
    memset(acl, 0, sizeof acl);
    make_acl();
    ck_assert_str_eq(acl, first);
}
END_TEST

/* ---- set ---- */
enum { NOW_MS = 1700000000 };
static const struct {
    const char *target, *field, *value, *until, *payload, *why;
} orders[] = {
    {"charger/garage", "mode", "solar_pure", NULL, "solar_pure", NULL},
    {"charger/garage", "mode", "auto", NULL, "", NULL},
    {"charger/garage", "max_current", "clear", NULL, "", NULL},
    {"charger/garage", "max_current", "8 A", NULL, "8000", NULL},
    {"charger/garage", "max_current", "0A", NULL, "0", NULL},
    {"charger/garage", "phases", "1", NULL, "1", NULL},
    {"charger/garage", "phases", "auto", NULL, "auto", NULL}, /* a choice of its own */
    {"charger/garage", "phases", "clear", NULL, "", NULL},
    {"charger/garage", "use_house_battery", "off", NULL, "off", NULL},
    {"charger/garage", "use_house_battery", "perhaps", NULL, NULL,
     "charger/garage: field use_house_battery: expected true or false"},
    {"charger/garage", "target_soc", "80 %", NULL, "800", NULL},
    {"charger/garage", "target_energy", "12.5 kWh", NULL, "12500", NULL},
    {"charger/garage", "target_time", "07:00", "unplugged",
     "{\"value\":\"07:00\",\"until\":\"unplugged\"}", NULL},
    {"charger/garage", "week", "mon-fri 08:00-12:00 lock; else power", NULL,
     "\"mon-fri 08:00-12:00 lock; else power\"", NULL},
    {"charger/garage", "target_time", "1234567890123456789012345678901234567890", NULL, NULL,
     "target_time: expected a text of at most 39 bytes"},
    {"vehicle/zoe", "soc", "64.5", NULL, "\"64.5\"", NULL},
    {"charger/garage", "mode", "lock", "unplugged", "{\"value\":\"lock\",\"until\":\"unplugged\"}",
     NULL},
    {"charger/garage", "max_current", "8 A", "2 h", "{\"value\":8000,\"until\":1707200000}", NULL},
    {"battery/b", "mode", "hold", NULL, "hold", NULL},
    {"battery/b", "charge_power", "3 kW", NULL, "3000", NULL},
    {"battery/b", "min_soc", "20 %", NULL, "200", NULL},
    {"inverter/i", "limit", "4.2 kW", NULL, NULL, "nothing can be set on this: inverter"},
    {"charger/garage", "mode", "power", "2026-11-20T17:00:00Z",
     "{\"value\":\"power\",\"until\":\"2026-11-20T17:00:00Z\"}", NULL},
    {"charger/garage", "mode", "sun", NULL, NULL, "mode: expected one of lock, "},
    {"charger/garage", "speed", "1", NULL, NULL, "field: expected one of mode, "},
    {"charger/garage", "max_current", "8", NULL, NULL, "max_current: expected a current such as"},
    {"charger/garage", "phases", "4", NULL, NULL,
     "phases: expected one of 3, 1, auto, clear, got 4"},
    {"charger/garage", "mode", "auto", "2 h", NULL, "--until goes with a value"},
    {"charger/garage", "mode", "power", "soon", NULL, "charger/garage: field until: expected "},
    {"charger/garage", "mode", "power", "\"x", NULL, "--until: expected "},
    {"meter/grid", "mode", "power", NULL, NULL, "nothing can be set on this: meter"},
    {"garage", "mode", "power", NULL, NULL, "target: expected such as charger/garage"},
    {"charger/a/b", "mode", "power", NULL, NULL, "target: expected such as charger/garage"},
    {"charger/+", "mode", "power", NULL, NULL, "target: expected such as charger/garage"},
};

START_TEST(order_table)
{
    struct order o;
    struct err_text why = {""};
    struct wall now = {NOW_MS};
    enum err e = order_make("home", orders[_i].target, orders[_i].field, orders[_i].value,
                            orders[_i].until, now, &o, &why);
    ck_assert_msg((e == ERR_OK) == (orders[_i].why == NULL), "%s", why.s);
    if (e == ERR_OK)
        ck_assert_str_eq(o.payload, orders[_i].payload);
    else
        ck_assert_msg(strncmp(why.s, orders[_i].why, strlen(orders[_i].why)) == 0, "%s", why.s);
}
END_TEST

START_TEST(order_until_a_clock_time_is_the_next_one)
{
    struct order o;
    struct err_text why;
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    struct wall noon = {INT64_C(1795172400000)}; /* 2026-11-20 12:00 in Berlin */
    ck_assert_int_eq(order_make("home", "charger/g", "mode", "power", "18:00", noon, &o, &why),
                     ERR_OK);
    ck_assert_int_eq(o.value.until_ms.v - noon.ms, 6 * 3600000);
    ck_assert_int_eq(order_make("home", "charger/g", "mode", "power", "11:30", noon, &o, &why),
                     ERR_OK);
    ck_assert_int_eq(o.value.until_ms.v - noon.ms, 23 * 3600000 + 1800000);
}
END_TEST

START_TEST(order_of_a_load_is_seen_in_its_control)
{
    struct order o;
    struct err_text why;
    char text[200];
    struct buf b = buf_of(text, sizeof text);
    struct load_control k = {.mode = LOAD_MODE_SOLAR, .mode_source = SOURCE_DEFAULT};
    int n;
    ck_assert_int_eq(order_make("home", "load/rod", "mode", "on", NULL, (struct wall){1}, &o, &why),
                     ERR_OK);
    ck_assert_int_eq(order_control(&o), MSG_LOAD_CONTROL);
    ck_assert(!order_is_shown(&o, &k));
    k.mode = LOAD_MODE_ON;
    k.mode_source = SOURCE_OVERRIDE;
    ck_assert(order_is_shown(&o, &k));
    str_copyz(k.reason.text, sizeof k.reason.text, "Told to run.");
    order_describe(&o, &k, &b);
    ck_assert_str_eq(text, "load/rod: mode on (override); Told to run.");
    ck_assert_int_eq(
        order_make("home", "load/rod", "power", "1.5 kW", NULL, (struct wall){1}, &o, &why),
        ERR_OK);
    ck_assert_str_eq(o.payload, "1500");
    ck_assert(!order_is_shown(&o, &k));
    k.max_power_w = SOME_I32(1500);
    ck_assert(order_is_shown(&o, &k));
    k.results_n = 1;
    str_copyz(k.results[0].id, sizeof k.results[0].id, "power");
    ck_assert_str_eq(order_results(&o, &k, &n)->id, "power");
    ck_assert_int_eq(n, 1);
}
END_TEST

START_TEST(order_is_seen_in_control)
{
    struct order o;
    struct err_text why;
    struct charger_control k = {.mode = CHARGE_MODE_POWER, .mode_source = SOURCE_DEFAULT};
    ck_assert_int_eq(
        order_make("home", "charger/g", "mode", "power", NULL, (struct wall){1}, &o, &why), ERR_OK);
    ck_assert(!order_is_shown(&o, &k)); /* the default happens to be the same */
    k.mode_source = SOURCE_OVERRIDE;
    ck_assert(order_is_shown(&o, &k));
    k.mode = CHARGE_MODE_LOCK;
    ck_assert(!order_is_shown(&o, &k));
    ck_assert_int_eq(
        order_make("home", "charger/g", "mode", "auto", NULL, (struct wall){1}, &o, &why), ERR_OK);
    ck_assert(!order_is_shown(&o, &k));
    k.mode_source = SOURCE_DEFAULT;
    ck_assert(order_is_shown(&o, &k));
    ck_assert_int_eq(
        order_make("home", "charger/g", "max_current", "8 A", NULL, (struct wall){1}, &o, &why),
        ERR_OK);
    ck_assert(!order_is_shown(&o, &k));
    k.max_current_ma = SOME_I32(8000);
    ck_assert(order_is_shown(&o, &k));
    ck_assert_int_eq(
        order_make("home", "charger/g", "week", "else power", NULL, (struct wall){1}, &o, &why),
        ERR_OK);
    ck_assert(!order_is_shown(&o, &k));
    str_copyz(k.week, sizeof k.week, "else power");
    ck_assert(order_is_shown(&o, &k));
    ck_assert_int_eq(order_make("home", "charger/g", "use_house_battery", "false", NULL,
                                (struct wall){1}, &o, &why),
                     ERR_OK);
    k.use_house_battery = SOME_BOOL(true);
    ck_assert(!order_is_shown(&o, &k));
    k.use_house_battery = SOME_BOOL(false);
    ck_assert(order_is_shown(&o, &k));
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("cli");
    tcase_add_test(t, configuration_is_fresh);
    tcase_add_loop_test(t, access_list, 0, COUNT_OF(rights));
    tcase_add_test(t, access_list_is_the_same_each_time);
    tcase_add_loop_test(t, order_table, 0, COUNT_OF(orders));
    tcase_add_test(t, order_until_a_clock_time_is_the_next_one);
    tcase_add_test(t, order_is_seen_in_control);
    tcase_add_test(t, order_of_a_load_is_seen_in_its_control);
    Suite *s = suite_create("wattbus-cli");
    suite_add_tcase(s, t);
    suite_add_tcase(s, step_case());
    suite_add_tcase(s, view_case());
    return run_suite(s);
}
