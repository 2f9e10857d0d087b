/* SPDX-License-Identifier: Apache-2.0
 * When prices are published, with a bus, a timer and a clock of the test's own. */
#include "libcommon/io/bus.h"
#include "services/tariff-service/io/from_site.h"
#include "services/tariff-service/io/prices.h"
#include <check.h>
#include "tests/unit/run.h"

enum { HALF_PAST_MS = 1800000 };
static const int64_t noon_ms = 1795172400000; /* 2026-11-20 12:00 in Berlin */
static struct now clock_now;
static uv_timer_cb timer_cb;
static uv_timer_t *timer;
static uint64_t timer_ms;
static int published;
static int64_t now_micro;
static bool fault;

void bus_publish(struct bus *b, enum message_id m, const char *id, const char *leaf,
                 const void *body, enum bus_keep keep)
{
    UNUSED(b);
    const struct tariff_state *s = body;
    ck_assert(m == MSG_TARIFF_STATE && keep == BUS_KEEP && !leaf);
    ck_assert_str_eq(id, "import");
    ck_assert_int_eq(s->ts, clock_now.wall.ms);
    now_micro = s->now_micro.v;
    published++;
}
struct now svc_now(void)
{
    return clock_now;
}
void svc_own(struct svc *s, const char *id)
{
    UNUSED(s);
    ck_assert_str_eq(id, "import");
}
void svc_fault(struct svc *s, const char *code, const char *device, const char *text)
{
    UNUSED(s);
    UNUSED(device);
    ck_assert_str_eq(code, "clock_not_set");
    fault = text != NULL;
}
int uv_timer_init(uv_loop_t *loop, uv_timer_t *t)
{
    UNUSED(loop);
    timer = t;
    return 0;
}
int uv_timer_start(uv_timer_t *t, uv_timer_cb cb, uint64_t ms, uint64_t repeat)
{
    ck_assert(t == timer && repeat == 0);
    timer_cb = cb;
    timer_ms = ms;
    return 0;
}

static void fire(void)
{
    clock_now.wall.ms += (int64_t)timer_ms;
    timer_cb(timer);
}
/* The timer runs until the wall clock has moved on by ms; returns how often was published. */
static int run(int64_t ms)
{
    int before = published;
    for (int64_t end = clock_now.wall.ms + ms; clock_now.wall.ms + (int64_t)timer_ms <= end;)
        fire();
    return published - before;
}

static struct site site;
static struct site_tariffs tariffs[] = {{"import",
                                         {.kind = TARIFF_KIND_IMPORT,
                                          .price_micro = 300000,
                                          .periods = {{"mon-sun", "12:30", "13:00", 200000}},
                                          .periods_n = 1}}};
static struct svc svc = {.site = &site, .site_path = "site.yaml"};

static struct prices *start(int64_t wall_ms)
{
    site = (struct site){.tariffs = tariffs, .tariffs_n = 1};
    str_copyz(site.general.timezone, sizeof site.general.timezone, "Europe/Berlin");
    str_copyz(site.general.currency, sizeof site.general.currency, "EUR");
    clock_now.wall.ms = wall_ms;
    published = 0;
    fault = false;
    struct prices *p = prices_new(&svc);
    ck_assert_ptr_nonnull(p);
    ck_assert_uint_eq(timer_ms, 0);
    fire();
    return p;
}

START_TEST(at_the_start_and_at_each_quarter)
{
    struct prices *p = start(noon_ms + 60000);
    ck_assert_int_eq(published, 1);
    ck_assert_int_eq(now_micro, 300000);
    ck_assert_uint_le(timer_ms, 20000);
    ck_assert_int_eq(run(13 * 60000), 0);
    ck_assert_int_eq(run(61000), 1);
    ck_assert_int_eq(run(15 * 60000), 1);
    ck_assert_int_eq(now_micro, 200000);
    ck_assert_int_eq(run(24 * 3600000), 96);
    prices_free(p);
}
END_TEST

START_TEST(the_boundary_is_met)
{
    struct prices *p = start(noon_ms + SLOT_MS - 1234);
    ck_assert_uint_eq(timer_ms, 1234);
    fire();
    ck_assert_int_eq(published, 2);
    ck_assert_int_eq(clock_now.wall.ms, noon_ms + SLOT_MS);
    prices_free(p);
}
END_TEST

START_TEST(the_clock_jumps)
{
    struct prices *p = start(noon_ms);
    clock_now.wall.ms += 3 * 86400000 + HALF_PAST_MS; /* suspended, or set by the network */
    ck_assert_int_eq(run(20000), 1);
    ck_assert_int_eq(now_micro, 200000);
    clock_now.wall.ms -= 3 * 86400000 + HALF_PAST_MS;
    ck_assert_int_eq(run(20000), 1);
    ck_assert_int_eq(now_micro, 300000);
    prices_free(p);
}
END_TEST

START_TEST(nothing_before_the_clock_is_set)
{
    struct prices *p = start(86400000);
    ck_assert(fault);
    ck_assert_int_eq(run(3600000), 0);
    clock_now.wall.ms = noon_ms;
    ck_assert_int_eq(run(20000), 1);
    ck_assert(!fault);
    prices_free(p);
}
END_TEST

START_TEST(unknown_zone)
{
    prices_free(start(noon_ms));
    str_copyz(site.general.timezone, sizeof site.general.timezone, "Europe/Bonn");
    ck_assert_ptr_null(prices_new(&svc));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("prices");
    TCase *t = tcase_create("prices");
    tcase_add_test(t, at_the_start_and_at_each_quarter);
    tcase_add_test(t, the_boundary_is_met);
    tcase_add_test(t, the_clock_jumps);
    tcase_add_test(t, nothing_before_the_clock_is_set);
    tcase_add_test(t, unknown_zone);
    suite_add_tcase(s, t);
    return run_suite(s);
}
