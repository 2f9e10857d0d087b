/* SPDX-License-Identifier: Apache-2.0
 * Cars: what is said of their state of charge, counted on, and which one stands where. */
#include "services/surplus-controller/core/vehicle.h"
#include <check.h>
#include "tests/unit/run.h"

static const struct {
    const char *text;
    int pm; /* -1: refused */
} socs[] = {
    {"64", 640},        {"64.5", 645}, {" 64 % ", 640}, {"64.54", 645}, {"64.56%", 646},
    {"0", 0},           {"0.4", 4},    {"0.04", 0},     {"100", 1000},  {"99.99", 1000},
    {"100.1", -1},      {"-0.1", -1},  {"101", -1},     {"", -1},       {"%", -1},
    {"64 percent", -1}, {"nan", -1},   {"0x10", -1},    {"64,5", -1},   {"64%%", -1},
};
START_TEST(percent_as_cars_say_it)
{
    int32_t pm = -1;
    bool ok = vehicle_parse_soc(str_of(socs[_i].text), &pm);
    ck_assert_msg(ok == (socs[_i].pm >= 0) && (!ok || pm == socs[_i].pm), "%s: %d %d",
                  socs[_i].text, ok, (int)pm);
}
END_TEST

/* 50 kWh at 90 %: 1 kWh at the wallbox is 1.8 % */
static const struct {
    int said_pm, said_wh, now_wh, capacity_wh, want_pm;
    bool estimated;
} counted[] = {
    {600, 0, 0, 50000, 600, false},       {600, 0, 1000, 50000, 618, true},
    {600, 1000, 1000, 50000, 600, false}, {600, 1000, 11000, 50000, 780, true},
    {600, 1000, 0, 50000, 600, false}, /* a session anew: nothing is taken back */
    {600, 0, 55, 50000, 600, false},      {600, 0, 56, 50000, 601, true},
    {990, 0, 5000, 50000, 1000, true}, /* no fuller than full */
    {600, 0, 5000, 0, 600, false},     /* nobody knows how large it is */
};
START_TEST(counted_on_by_what_was_charged)
{
    struct vehicle_soc s = {0};
    bool estimated = true;
    struct opt_i32 capacity = {counted[_i].capacity_wh, counted[_i].capacity_wh > 0};
    ck_assert(!vehicle_soc_now(&s, 5000, capacity, 900, &estimated).set && !estimated);
    vehicle_said(&s, counted[_i].said_pm, (struct wall){7}, counted[_i].said_wh);
    ck_assert_int_eq(s.at.ms, 7);
    struct opt_i32 now = vehicle_soc_now(&s, counted[_i].now_wh, capacity, 900, &estimated);
    ck_assert(now.set);
    ck_assert_int_eq(now.v, counted[_i].want_pm);
    ck_assert_int_eq(estimated, counted[_i].estimated);
    vehicle_left(&s);
    ck_assert(!vehicle_soc_now(&s, 0, capacity, 900, &estimated).set);
}
END_TEST

enum { N = NO_VEHICLE, G = GUEST };
static const struct {
    struct vehicle_claim claims[3];
    int16_t want[3];
} places[] = {
    {{{N, N, N}, {N, N, N}, {N, N, N}}, {N, N, N}},
    {{{N, N, 0}, {N, N, 1}, {N, N, 2}}, {0, 1, 2}},
    {{{N, 1, 0}, {N, N, 1}, {N, N, N}}, {1, N, N}}, /* recognised there, so it is not here */
    {{{N, 1, 0}, {1, N, N}, {N, N, 0}}, {0, 1, N}}, /* by hand goes before recognised */
    {{{2, 1, 0}, {N, N, N}, {N, N, N}}, {2, N, N}},
    {{{0, N, N}, {0, N, 1}, {N, N, N}}, {0, 1, N}}, /* the first one keeps it */
    {{{G, 1, 0}, {N, N, 1}, {N, N, 0}}, {N, 1, 0}}, /* a guest takes nobody's place */
};
START_TEST(one_car_is_at_one_charger)
{
    int16_t got[3] = {9, 9, 9};
    vehicle_assign(places[_i].claims, 3, got);
    for (int i = 0; i < 3; i++)
        ck_assert_msg(got[i] == places[_i].want[i], "row %d charger %d: %d", _i, i, got[i]);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("vehicle");
    tcase_add_loop_test(t, percent_as_cars_say_it, 0, COUNT_OF(socs));
    tcase_add_loop_test(t, counted_on_by_what_was_charged, 0, COUNT_OF(counted));
    tcase_add_loop_test(t, one_car_is_at_one_charger, 0, COUNT_OF(places));
    return run_case(t, "vehicle");
}
