/* SPDX-License-Identifier: Apache-2.0
 * What people and central systems write: options and charging profiles in JSON. */
#include <string.h>

#include "tests/sim/house/options.h"
#include "tests/unit/sim-house/tests.h"

static struct options o;
static char error[256];

#define PARSE(...)                                                                                 \
    parse((const char *[]){"sim-house", __VA_ARGS__},                                              \
          (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)))

static bool parse(const char *const *argv, int n)
{
    return options_parse(&o, n + 1, argv, error, sizeof error);
}

START_TEST(options_for_all_and_for_one)
{
    ck_assert(PARSE("--meter", "ksem", "--phases", "1", "--charger", "id=a,phases=3", "--charger",
                    "id=b,tag=", "--battery", "none", "--fuse-ma", "20000"));
    struct plant_config c = options_plant(&o);
    ck_assert_int_eq(o.meter, METER_KSEM);
    ck_assert_int_eq(c.n_chargers, 2);
    ck_assert_int_eq(c.charger[0].car.phases, 3);
    ck_assert_int_eq(c.charger[1].car.phases, 1);
    ck_assert_str_eq(o.charger[1].box.id, "b");
    ck_assert_str_eq(o.charger[1].box.tag, "");
    ck_assert(!c.battery.present);
    ck_assert_int_eq(c.fuse_ma, 20000);
}
END_TEST

START_TEST(bad_options_are_named)
{
    ck_assert(!PARSE("--phases", "4"));
    ck_assert_ptr_nonnull(strstr(error, "--phases"));
    ck_assert(!PARSE("--charger", "id=a,colour=red"));
    ck_assert_ptr_nonnull(strstr(error, "colour=red"));
    ck_assert(!PARSE("--meter-port"));
    ck_assert(!PARSE("--meter-port", "80x"));
    ck_assert(!PARSE("--nonsense", "1"));
    ck_assert(!PARSE("--config", "/nonexistent/house.json"));
}
END_TEST

static bool profile(const char *text, struct profile *out)
{
    json_object *in = json_tokener_parse(text);
    bool ok = profile_from_json(in, 1, out);
    json_object_put(in);
    return ok;
}

#define HEAD                                                                                       \
    "{\"chargingProfileId\":7,\"stackLevel\":2,\"transactionId\":41,"                              \
    "\"chargingProfilePurpose\":\"TxProfile\",\"chargingProfileKind\":\"Absolute\","               \
    "\"chargingSchedule\":{\"duration\":60,\"startSchedule\":\"2023-11-14T22:13:20Z\","
#define PERIODS(p) "\"chargingSchedulePeriod\":[" p "]}}"

START_TEST(profile_is_read_whole)
{
    struct profile p;
    ck_assert(profile(HEAD "\"chargingRateUnit\":\"A\"," PERIODS(
                          "{\"startPeriod\":0,\"limit\":10.1,\"numberPhases\":1},"
                          "{\"startPeriod\":30,\"limit\":6}"),
                      &p));
    ck_assert_int_eq(p.id, 7);
    ck_assert_int_eq(p.stack, 2);
    ck_assert_int_eq(p.tx_id, 41);
    ck_assert_int_eq(p.start_ms, INT64_C(1700000000000));
    ck_assert_int_eq(p.duration_ms, 60000);
    ck_assert_uint_eq(p.n_periods, 2);
    ck_assert_int_eq(p.period[0].limit, 10100);
    ck_assert_int_eq(p.period[0].phases, 1);
    ck_assert_int_eq(p.period[1].start_ms, 30000);
    ck_assert(!p.watts);
}
END_TEST

START_TEST(broken_profiles_are_refused)
{
    static const char *const bad[] = {
        "null",
        "{}",
        HEAD "\"chargingRateUnit\":\"V\"," PERIODS("{\"startPeriod\":0,\"limit\":6}"),
        HEAD "\"chargingRateUnit\":\"A\"," PERIODS(""),
        HEAD "\"chargingRateUnit\":\"A\"," PERIODS("{\"startPeriod\":5,\"limit\":6}"),
        HEAD "\"chargingRateUnit\":\"A\"," PERIODS("{\"startPeriod\":0,\"limit\":-1}"),
        HEAD "\"chargingRateUnit\":\"A\"," PERIODS("{\"startPeriod\":0,\"limit\":\"6\"}"),
        HEAD "\"chargingRateUnit\":\"A\"," PERIODS("{\"startPeriod\":0}"),
        HEAD "\"chargingRateUnit\":\"A\"," PERIODS("{\"startPeriod\":0,\"limit\":6},"
                                                   "{\"startPeriod\":0,\"limit\":7}"),
    };
    struct profile p;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!profile(bad[i], &p), "accepted: %s", bad[i]);
}
END_TEST

START_TEST(composite_schedule_shows_each_change)
{
    struct profile_store s = {.n = 1};
    struct profile_site site = {16000, 230000, 3, INT64_C(1700000000000)};
    ck_assert(profile(HEAD "\"chargingRateUnit\":\"A\"," PERIODS(
                          "{\"startPeriod\":0,\"limit\":10},{\"startPeriod\":30,\"limit\":6}"),
                      &s.at[0]));
    json_object *o2 = composite_schedule(&s, &site, site.tx_start_ms, 90, false);
    const char *text = json_object_to_json_string_ext(o2, JSON_C_TO_STRING_PLAIN);
    ck_assert_ptr_nonnull(strstr(text, "[{\"startPeriod\":0,\"limit\":10.0},"
                                       "{\"startPeriod\":30,\"limit\":6.0},"
                                       "{\"startPeriod\":60,\"limit\":16.0}]"));
    json_object_put(o2);
}
END_TEST

TCase *form_tests(void)
{
    TCase *t = tcase_create("forms");
    tcase_add_test(t, options_for_all_and_for_one);
    tcase_add_test(t, bad_options_are_named);
    tcase_add_test(t, profile_is_read_whole);
    tcase_add_test(t, broken_profiles_are_refused);
    tcase_add_test(t, composite_schedule_shows_each_change);
    return t;
}
