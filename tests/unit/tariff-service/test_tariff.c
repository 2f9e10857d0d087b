/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/tz/tz.h"
#include "services/tariff-service/io/from_site.h"
#include <check.h>
#include "tests/unit/run.h"

enum { BASE = 300000, NIGHT = 200000, SUN = 100000, PEAK = 450000 };
static struct zone zone;
static struct tariff tariff;
static struct tariff_state message;

static void use_zone(const char *name)
{
    struct err_text why = {0};
    ck_assert_msg(tz_load(name, &zone, &why) == ERR_OK, "%s", why.s);
}

static struct tariff_conf conf_of(int n, const struct tariff_period *periods)
{
    struct tariff_conf c = {.kind = TARIFF_KIND_IMPORT, .price_micro = BASE};
    str_copyz(c.name, sizeof c.name, "Day and night");
    c.base_fee_micro = 12000000;
    c.periods_n = (uint16_t)n;
    for (int i = 0; i < n; i++)
        c.periods[i] = periods[i];
    return c;
}

static void compile(int n, const struct tariff_period *periods)
{
    struct tariff_conf c = conf_of(n, periods);
    tariff = tariff_from_site("home", &c, "EUR");
    ck_assert_str_eq(tariff.id, "home");
}

static struct wall local(int year, int month, int day, int hour, int minute)
{
    return zone_utc(&zone, (struct civil){.year = year,
                                          .month = (uint8_t)month,
                                          .day = (uint8_t)day,
                                          .hour = (uint8_t)hour,
                                          .minute = (uint8_t)minute});
}

static int64_t price(int weekday, int hour, int minute)
{
    struct civil c = {
        .weekday = (uint8_t)weekday, .hour = (uint8_t)hour, .minute = (uint8_t)minute};
    return tariff_price_micro(&tariff, c);
}
enum { MON, TUE, WED, THU, FRI, SAT, SUNDAY };

START_TEST(last_match_wins)
{
    compile(3, (struct tariff_period[]){{"mon-sun", "22:00", "06:00", NIGHT},
                                        {"sat,sun", "00:00", "24:00", SUN},
                                        {"sun", "18:00", "20:00", PEAK}});
    ck_assert_int_eq(price(WED, 12, 0), BASE);
    ck_assert_int_eq(price(WED, 21, 45), BASE);
    ck_assert_int_eq(price(WED, 22, 0), NIGHT);
    ck_assert_int_eq(price(WED, 0, 0), NIGHT);
    ck_assert_int_eq(price(WED, 5, 45), NIGHT);
    ck_assert_int_eq(price(WED, 6, 0), BASE);
    ck_assert_int_eq(price(SAT, 0, 0), SUN);
    ck_assert_int_eq(price(SAT, 23, 45), SUN);
    ck_assert_int_eq(price(SUNDAY, 18, 0), PEAK);
    ck_assert_int_eq(price(SUNDAY, 19, 45), PEAK);
    ck_assert_int_eq(price(SUNDAY, 20, 0), SUN);
    ck_assert_int_eq(price(MON, 0, 0), NIGHT); /* the night that began on Sunday */
}
END_TEST

START_TEST(over_midnight_belongs_to_its_first_day)
{
    compile(1, (struct tariff_period[]){{"fri", "22:00", "06:00", NIGHT}});
    ck_assert_int_eq(price(FRI, 5, 0), BASE);
    ck_assert_int_eq(price(FRI, 22, 0), NIGHT);
    ck_assert_int_eq(price(SAT, 5, 45), NIGHT);
    ck_assert_int_eq(price(SAT, 6, 0), BASE);
    ck_assert_int_eq(price(SAT, 22, 0), BASE);
    compile(1, (struct tariff_period[]){{"sun", "22:00", "06:00", NIGHT}});
    ck_assert_int_eq(price(MON, 0, 0), NIGHT);
    ck_assert_int_eq(price(SUNDAY, 0, 0), BASE);
}
END_TEST

START_TEST(ends_of_days)
{
    compile(1, (struct tariff_period[]){{"tue", "22:00", "00:00", NIGHT}});
    ck_assert_int_eq(price(TUE, 23, 45), NIGHT);
    ck_assert_int_eq(price(WED, 0, 0), BASE);
    compile(1, (struct tariff_period[]){{"tue", "06:00", "06:00", NIGHT}});
    ck_assert_int_eq(price(TUE, 5, 45), BASE);
    ck_assert_int_eq(price(TUE, 6, 0), NIGHT);
    ck_assert_int_eq(price(WED, 5, 45), NIGHT);
    ck_assert_int_eq(price(WED, 6, 0), BASE);
}
END_TEST

/* Slots without gap or overlap, from midnight to midnight, of which one is now. */
static void check_message(struct wall now, int want)
{
    tariff_message(&tariff, &zone, now, &message);
    ck_assert_int_eq(message.slots_n, want);
    ck_assert_int_eq(message.slots[0].start, zone_day_start(&zone, now, 0).ms);
    int current = 0;
    for (int i = 0; i < message.slots_n; i++) {
        struct slot s = message.slots[i];
        ck_assert_int_eq(s.start, message.slots[0].start + (int64_t)i * SLOT_MS);
        ck_assert_int_eq(s.value,
                         tariff_price_micro(&tariff, zone_civil(&zone, (struct wall){s.start})));
        if (s.start <= now.ms && now.ms < s.start + SLOT_MS) {
            current++;
            ck_assert(message.now_micro.set && message.now_micro.v == s.value);
            ck_assert_int_eq(tariff_slot(&zone, now).ms, s.start);
        }
    }
    ck_assert_int_eq(current, 1);
    struct wall last = {message.slots[want - 1].start};
    ck_assert_int_eq(last.ms + SLOT_MS, zone_day_start(&zone, now, 2).ms);
}

START_TEST(slots_of_days)
{
    static const struct {
        const char *zone;
        int year, month, day, slots; /* of that day and the next */
    } rows[] = {{"Europe/Berlin", 2026, 3, 28, 188},       {"Europe/Berlin", 2026, 3, 29, 188},
                {"Europe/Berlin", 2026, 3, 30, 192},       {"Europe/Berlin", 2026, 10, 24, 196},
                {"Europe/Berlin", 2026, 10, 25, 196},      {"America/New_York", 2026, 3, 8, 188},
                {"America/New_York", 2026, 11, 1, 196},    {"Asia/Kolkata", 2026, 3, 29, 192},
                {"Australia/Lord_Howe", 2026, 10, 4, 190}, {"Australia/Lord_Howe", 2026, 4, 5, 194},
                {"Asia/Kathmandu", 2026, 1, 1, 192}};
    compile(2, (struct tariff_period[]){{"mon-sun", "22:00", "06:00", NIGHT},
                                        {"sun", "02:00", "03:00", PEAK}});
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        use_zone(rows[i].zone);
        struct wall day = local(rows[i].year, rows[i].month, rows[i].day, 0, 0);
        struct wall next = zone_day_start(&zone, day, 1);
        check_message(day, rows[i].slots);
        check_message((struct wall){next.ms - 1}, rows[i].slots);
        for (int64_t t = day.ms; t < next.ms; t += SLOT_MS)
            check_message((struct wall){t + 1}, rows[i].slots);
    }
}
END_TEST

/* An hour of the clock costs its price as often as it is shown: not at all in spring, twice in
 * autumn. */
START_TEST(skipped_and_doubled_hour)
{
    use_zone("Europe/Berlin");
    compile(1, (struct tariff_period[]){{"sun", "02:00", "03:00", PEAK}});
    int n = 0;
    tariff_message(&tariff, &zone, local(2026, 3, 29, 12, 0), &message);
    for (int i = 0; i < message.slots_n; i++)
        n += message.slots[i].value == PEAK;
    ck_assert_int_eq(n, 0);
    tariff_message(&tariff, &zone, local(2026, 10, 25, 12, 0), &message);
    for (int i = 0; i < message.slots_n; i++)
        n += message.slots[i].value == PEAK;
    ck_assert_int_eq(n, 8);
}
END_TEST

START_TEST(head_of_the_message)
{
    use_zone("Europe/Berlin");
    compile(1, (struct tariff_period[]){{"mon-sun", "12:00", "14:00", -50000}});
    struct wall now = local(2026, 7, 1, 13, 59);
    tariff_message(&tariff, &zone, now, &message);
    ck_assert_int_eq(message.v, 1);
    ck_assert_int_eq(message.ts, now.ms);
    ck_assert_int_eq(message.interval_ms, 900000);
    ck_assert_int_eq(message.max_age_ms, 3600000);
    ck_assert_int_eq(message.slot_ms, 900000);
    ck_assert_int_eq(message.kind, TARIFF_KIND_IMPORT);
    ck_assert_int_eq(message.now_micro.v, -50000);
    ck_assert_int_eq(message.base_fee_micro_month.v, 12000000);
    ck_assert_str_eq(message.name, "Day and night");
    ck_assert_str_eq(message.unit, "EUR/kWh");
    ck_assert(!tariff_clock_ok((struct wall){1500000000000}));
    ck_assert(tariff_clock_ok(now));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tariff");
    TCase *t = tcase_create("tariff");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, last_match_wins);
    tcase_add_test(t, over_midnight_belongs_to_its_first_day);
    tcase_add_test(t, ends_of_days);
    tcase_add_test(t, slots_of_days);
    tcase_add_test(t, skipped_and_doubled_hour);
    tcase_add_test(t, head_of_the_message);
    suite_add_tcase(s, t);
    return run_suite(s);
}
