/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/house/ocpp_profiles.h"
#include "tests/sim/house/ocpp_time.h"
#include "tests/unit/sim-house/tests.h"

#define NOW INT64_C(1700000000000)
static struct profile_store s;
static struct profile_site site;

static void setup(void)
{
    s.n = 0;
    site = (struct profile_site){32000, 230000, 3, NOW - 60000};
}

static struct profile make(int32_t id, enum profile_purpose purpose, int32_t stack, int64_t limit)
{
    return (struct profile){.id = id,
                            .stack = stack,
                            .connector = purpose == PURPOSE_MAX ? 0 : 1,
                            .purpose = purpose,
                            .start_ms = NOW - 1000,
                            .received_ms = NOW - 1000,
                            .n_periods = 1,
                            .period = {{0, limit, 0}}};
}

static void put(struct profile p)
{
    ck_assert(profiles_set(&s, &p));
}

static int32_t limit_at(int64_t ms)
{
    return profiles_effective(&s, NOW + ms, &site).ma;
}

START_TEST(nothing_said_means_the_hardware_limit)
{
    ck_assert_int_eq(limit_at(0), 32000);
}
END_TEST

START_TEST(tx_replaces_default_and_the_ceiling_caps_both)
{
    put(make(1, PURPOSE_DEFAULT, 0, 6000));
    ck_assert_int_eq(limit_at(0), 6000);
    put(make(2, PURPOSE_TX, 0, 16000));
    ck_assert_int_eq(limit_at(0), 16000); /* not the minimum of the two */
    put(make(3, PURPOSE_MAX, 0, 10000));
    ck_assert_int_eq(limit_at(0), 10000);
    site.tx_start_ms = 0;
    ck_assert_int_eq(limit_at(0), 6000); /* no transaction, no TxProfile */
}
END_TEST

START_TEST(higher_stack_level_wins_while_it_runs)
{
    struct profile high = make(2, PURPOSE_DEFAULT, 3, 20000);
    high.duration_ms = 5000;
    put(make(1, PURPOSE_DEFAULT, 0, 8000));
    put(high);
    ck_assert_int_eq(limit_at(0), 20000);
    ck_assert_int_eq(limit_at(3999), 20000);
    ck_assert_int_eq(limit_at(4000), 8000);
}
END_TEST

START_TEST(expired_tx_profile_falls_back_to_default)
{
    struct profile tx = make(2, PURPOSE_TX, 0, 16000);
    tx.duration_ms = 30000;
    struct profile low = make(1, PURPOSE_DEFAULT, 0, 6000);
    low.start_ms = NOW - 60000;
    put(low);
    put(tx);
    ck_assert_int_eq(limit_at(28999), 16000);
    ck_assert_int_eq(limit_at(29000), 6000);
    ck_assert_int_eq(limit_at(-2000), 6000); /* starts in the future */
}
END_TEST

START_TEST(without_start_the_schedule_runs_from_the_transaction)
{
    struct profile tx = make(2, PURPOSE_TX, 0, 16000);
    tx.start_ms = 0;
    tx.n_periods = 2;
    tx.period[1] = (struct profile_period){61000, 7000, 0};
    put(tx);
    ck_assert_int_eq(limit_at(0), 16000);
    ck_assert_int_eq(limit_at(1000), 7000);
}
END_TEST

START_TEST(daily_profile_comes_again)
{
    struct profile p = make(1, PURPOSE_DEFAULT, 0, 9000);
    p.kind = KIND_RECURRING;
    p.recur_ms = 86400000;
    p.duration_ms = 3600000;
    p.start_ms = NOW;
    put(p);
    ck_assert_int_eq(limit_at(86400000 + 1000), 9000);
    ck_assert_int_eq(limit_at(86400000 - 1000), 32000);
}
END_TEST

START_TEST(watts_are_shared_by_the_phases)
{
    struct profile p = make(1, PURPOSE_DEFAULT, 0, 4140000);
    p.watts = true;
    put(p);
    ck_assert_int_eq(limit_at(0), 6000);
    p.period[0].phases = 1;
    put(p);
    ck_assert_int_eq(limit_at(0), 18000);
    ck_assert_int_eq(profiles_effective(&s, NOW, &site).phases, 1);
}
END_TEST

START_TEST(same_slot_replaces_and_a_full_store_refuses)
{
    put(make(1, PURPOSE_DEFAULT, 0, 8000));
    put(make(7, PURPOSE_DEFAULT, 0, 9000));
    ck_assert_uint_eq(s.n, 1);
    put(make(7, PURPOSE_TX, 2, 9000));
    ck_assert_uint_eq(s.n, 1);
    ck_assert_int_eq((int)s.at[0].purpose, PURPOSE_TX);
    for (int i = 0; i < PROFILES_MAX - 1; i++) {
        struct profile p = make(100 + i, PURPOSE_DEFAULT, i, 8000);
        ck_assert(profiles_set(&s, &p));
    }
    struct profile more = make(999, PURPOSE_MAX, 0, 8000);
    ck_assert(!profiles_set(&s, &more));
}
END_TEST

START_TEST(clear_filters)
{
    put(make(1, PURPOSE_DEFAULT, 0, 8000));
    put(make(2, PURPOSE_TX, 0, 8000));
    put(make(3, PURPOSE_MAX, 1, 8000));
    ck_assert_int_eq(profiles_clear(&s, 9, -1, -1, -1), 0);
    ck_assert_int_eq(profiles_clear(&s, -1, -1, PURPOSE_TX, -1), 1);
    ck_assert_int_eq(profiles_clear(&s, -1, -1, -1, 1), 1);
    ck_assert_int_eq(profiles_clear(&s, -1, -1, -1, -1), 1);
    ck_assert_uint_eq(s.n, 0);
}
END_TEST

START_TEST(times)
{
    int64_t ms = 0;
    char text[ISO_TIME_SIZE];
    ck_assert(ocpp_time_parse("2023-11-14T22:13:20Z", &ms));
    ck_assert_int_eq(ms, NOW);
    ck_assert(ocpp_time_parse("2023-11-14T23:13:20.250+01:00", &ms));
    ck_assert_int_eq(ms, NOW + 250);
    ck_assert(!ocpp_time_parse("2023-11-14", &ms));
    ck_assert(!ocpp_time_parse("2023-13-14T22:13:20Z", &ms));
    ck_assert(!ocpp_time_parse("2023-11-14T22:13:20Zx", &ms));
    ocpp_time_format(NOW, text);
    ck_assert_str_eq(text, "2023-11-14T22:13:20Z");
}
END_TEST

TCase *profile_tests(void)
{
    TCase *t = tcase_create("profiles");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, nothing_said_means_the_hardware_limit);
    tcase_add_test(t, tx_replaces_default_and_the_ceiling_caps_both);
    tcase_add_test(t, higher_stack_level_wins_while_it_runs);
    tcase_add_test(t, expired_tx_profile_falls_back_to_default);
    tcase_add_test(t, without_start_the_schedule_runs_from_the_transaction);
    tcase_add_test(t, daily_profile_comes_again);
    tcase_add_test(t, watts_are_shared_by_the_phases);
    tcase_add_test(t, same_slot_replaces_and_a_full_store_refuses);
    tcase_add_test(t, clear_filters);
    tcase_add_test(t, times);
    return t;
}
