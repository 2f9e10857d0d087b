/* SPDX-License-Identifier: Apache-2.0
 * Mode target: times as people write them, how long it takes, when it must begin, what a plan
 * changes, what is late; and that it is never late when it can be made. */
#include "services/surplus-controller/core/target.h"
#include <check.h>
#include "tests/unit/run.h"

enum { MIN = 60000, HOUR = 60 * MIN };
static struct zone zone;
static struct err_text why;

static void berlin(void)
{
    ck_assert_int_eq(zone_parse_rule(str_of("CET-1CEST,M3.5.0,M10.5.0/3"), &zone, &why), ERR_OK);
}
static struct wall local(int year, int month, int day, int hour, int minute)
{
    return zone_utc(&zone, (struct civil){.year = year,
                                          .month = (uint8_t)month,
                                          .day = (uint8_t)day,
                                          .hour = (uint8_t)hour,
                                          .minute = (uint8_t)minute});
}
static struct target_when when(const char *text)
{
    struct target_when w;
    ck_assert_msg(target_when_parse(str_of(text), &zone, &w, &why) == ERR_OK, "%s", why.s);
    return w;
}

/* ---- when ---- */
static const struct {
    const char *text;
    int kind, days, minutes;
    int64_t utc_s; /* ONCE */
} times[] = {
    {"07:00", TARGET_DAILY, 127, 420, 0},
    {" 23:59 ", TARGET_DAILY, 127, 1439, 0},
    {"00:00", TARGET_DAILY, 127, 0, 0},
    {"mon-fri 06:30", TARGET_DAILY, 31, 390, 0},
    {"sat,sun  09:00", TARGET_DAILY, 96, 540, 0},
    {"2026-11-21 07:00", TARGET_ONCE, 0, 0, 1795240800},
    {"2026-11-21T07:00", TARGET_ONCE, 0, 0, 1795240800},
    {"2026-11-21T07:00:30", TARGET_ONCE, 0, 0, 1795240800},
    {"2026-11-21T07:00Z", TARGET_ONCE, 0, 0, 1795244400},
    {"2026-11-21T07:00:00Z", TARGET_ONCE, 0, 0, 1795244400},
    {"2026-11-21T07:00:00+02:00", TARGET_ONCE, 0, 0, 1795237200},
    {"2026-11-21T07:00-01:30", TARGET_ONCE, 0, 0, 1795249800},
    {"2026-07-21 07:00", TARGET_ONCE, 0, 0, 1784610000}, /* summer time */
    {"2028-02-29 12:00", TARGET_ONCE, 0, 0, 1835434800},
    {"2000-01-01 00:00Z", TARGET_ONCE, 0, 0, 946684800},
    {"2026-12-31 23:59Z", TARGET_ONCE, 0, 0, 1798761540},
    {"1795240800000", TARGET_ONCE, 0, 0, 1795240800},
};
START_TEST(times_as_people_write_them)
{
    struct target_when w = when(times[_i].text);
    ck_assert_int_eq((int)w.kind, times[_i].kind);
    if (w.kind == TARGET_ONCE) {
        ck_assert_int_eq(w.at.ms / 1000, times[_i].utc_s);
        return;
    }
    ck_assert_int_eq(w.days, times[_i].days);
    ck_assert_int_eq(w.minutes, times[_i].minutes);
}
END_TEST
static const char *const no_times[] = {
    "",
    "7:00",
    "24:00",
    "25:00",
    "07:60",
    "07:00 mon",
    "mon",
    "mon 24:00",
    "tomorrow",
    "mo 07:00",
    "2026-11-21",
    "2026-13-01 07:00",
    "0700",
    "2026-02-29 07:00",
    "12",
    "2026-11-21 07:00 CET",
    "-5",
    "2026-11-21T07:00+1",
    "07:00Z",
    "2026-11-21T07:00:61",
    "2026-11-00 07:00",
    "2026-00-10 07:00",
    "1999-12-31 07:00",
    "2026-11-31 07:00",
    "2026/11/21 07:00",
    "2026-11-21_07:00",
};
START_TEST(what_is_no_time_is_refused)
{
    struct target_when w;
    ck_assert_int_eq(target_when_parse(str_of(no_times[_i]), &zone, &w, &why), ERR_SYNTAX);
    ck_assert_ptr_nonnull(strstr(why.s, "expected a time such as 07:00"));
}
END_TEST

/* ---- a car ---- */
static struct target_state s;
static struct target_in in;
static struct target_out out;
static void car(void)
{
    berlin();
    s = (struct target_state){0};
    in = (struct target_in){.plugged = true,
                            .energy_wh = SOME_I32(11000),
                            .efficiency_pm = 1000,
                            .full_w = 11000,
                            .margin_ms = 10 * MIN};
    in.when = when("07:00");
}
static enum target_phase at(struct wall now)
{
    target_step(&s, &in, &zone, now, &out);
    return out.phase;
}
static void by_soc(int32_t now_pm, int32_t to_pm)
{
    in.energy_wh.set = false;
    in.soc_pm = SOME_I32(to_pm);
    in.car_soc_pm = SOME_I32(now_pm);
    in.capacity_wh = SOME_I32(50000);
    in.efficiency_pm = 900;
}

static const struct {
    int32_t need_wh, power_w, soc_pm; /* -1: not known */
    int64_t minutes;
} durations[] = {
    {11000, 11000, -1, 60},   {5500, 11000, -1, 30},
    {11000, 3680, -1, 179},   {11000, 11000, 200, 60}, /* 30 kWh below the bend at 80 % of 50 kWh */
    {10000, 10000, 800, 90},                           /* all of it above */
    {20000, 10000, 620, 150},                          /* 10 kWh below, 10 above */
    {0, 11000, 900, 0},
};
START_TEST(the_last_part_is_slow)
{
    in.capacity_wh = SOME_I32(50000);
    in.efficiency_pm = 900;
    in.car_soc_pm = (struct opt_i32){durations[_i].soc_pm, durations[_i].soc_pm >= 0};
    ck_assert_int_eq(target_duration_ms(&in, durations[_i].need_wh, durations[_i].power_w) / MIN,
                     durations[_i].minutes);
}
END_TEST

START_TEST(what_can_not_be_done_is_said)
{
    struct wall now = local(2026, 11, 20, 20, 0);
    in.energy_wh = SOME_I32(0);
    ck_assert_int_eq(at(now), TARGET_NO_GOAL);
    in.energy_wh.set = false;
    in.soc_pm = SOME_I32(0);
    ck_assert_int_eq(at(now), TARGET_NO_GOAL);
    in.soc_pm = SOME_I32(800);
    ck_assert_int_eq(at(now), TARGET_NO_SOC);
    in.car_soc_pm = SOME_I32(500);
    ck_assert_int_eq(at(now), TARGET_NO_SOC); /* and how large is it? */
    in.car_soc_pm.set = false;
    in.capacity_wh = SOME_I32(50000);
    ck_assert_int_eq(at(now), TARGET_NO_SOC);
    in.energy_wh = SOME_I32(5000); /* what is known is worked for */
    ck_assert_int_eq(at(now), TARGET_WAIT);
    ck_assert_int_eq(out.need_wh, 5000);
    ck_assert(!out.by_soc);
    in.plugged = false;
    ck_assert_int_eq(at(now), TARGET_UNPLUGGED);
    ck_assert_int_eq(out.deadline.v, local(2026, 11, 21, 7, 0).ms);
}
END_TEST

START_TEST(the_larger_need_counts)
{
    struct wall now = local(2026, 11, 20, 20, 0);
    by_soc(500, 800);
    ck_assert_int_eq(at(now), TARGET_WAIT);
    ck_assert_int_eq(out.need_wh, 16667); /* 15 kWh into the battery at 90 % */
    ck_assert(out.by_soc);
    in.energy_wh = SOME_I32(20000);
    at(now);
    ck_assert_int_eq(out.need_wh, 20000);
    ck_assert(!out.by_soc);
    in.session_wh = 12000;
    at(now);
    ck_assert_int_eq(out.need_wh, 16667);
}
END_TEST

START_TEST(waits_for_the_latest_start)
{
    /* 60 min, 5 % and 10 min before 07:00 */
    struct wall start = {local(2026, 11, 21, 7, 0).ms - 73 * MIN};
    ck_assert_int_eq(at(local(2026, 11, 20, 20, 0)), TARGET_WAIT);
    ck_assert_int_eq(out.start.v, start.ms);
    ck_assert_int_eq(out.next.v, start.ms);
    ck_assert_int_eq(at((struct wall){start.ms - 1}), TARGET_WAIT);
    ck_assert_int_eq(at(start), TARGET_MUST);
    ck_assert_int_eq(out.late_ms, 0);
    in.session_wh = 11000;
    ck_assert_int_eq(at((struct wall){start.ms + 60 * MIN}), TARGET_REACHED);
    ck_assert_int_eq(out.need_wh, 0);
    ck_assert_int_eq(out.next.v, local(2026, 11, 21, 7, 0).ms);
}
END_TEST

START_TEST(sun_that_came_moves_the_start)
{
    ck_assert_int_eq(at(local(2026, 11, 20, 12, 0)), TARGET_WAIT);
    int64_t first = out.start.v;
    in.session_wh = 5500;
    at(local(2026, 11, 20, 16, 0));
    ck_assert_int_eq(out.start.v - first, (30 * 105 * MIN) / 100);
}
END_TEST

START_TEST(late_is_said_and_charged_on)
{
    ck_assert_int_eq(at(local(2026, 11, 21, 6, 30)), TARGET_LATE);
    ck_assert_int_eq(out.late_ms, 30 * MIN);
    ck_assert_int_eq(at(local(2026, 11, 21, 6, 1)), TARGET_MUST); /* a minute is not late */
    ck_assert_int_eq(out.late_ms, 0);
    in.session_wh = 5500;
    ck_assert_int_eq(at(local(2026, 11, 21, 7, 15)), TARGET_LATE); /* past it, and not there yet */
    ck_assert_int_eq(out.late_ms, 45 * MIN);
    ck_assert_int_eq(out.deadline.v, local(2026, 11, 21, 7, 0).ms);
    in.session_wh = 11000;
    ck_assert_int_eq(at(local(2026, 11, 21, 7, 45)), TARGET_REACHED);
    ck_assert_int_eq(out.deadline.v, local(2026, 11, 21, 7, 0).ms);
    ck_assert_int_eq(at(local(2026, 11, 21, 7, 46)), TARGET_REACHED); /* and on to the next */
    ck_assert_int_eq(out.deadline.v, local(2026, 11, 22, 7, 0).ms);
}
END_TEST

START_TEST(a_car_that_never_gets_there_begins_anew_with_the_next_deadline)
{
    ck_assert_int_eq(at(local(2026, 11, 21, 6, 30)), TARGET_LATE);
    ck_assert_int_eq(at(local(2026, 11, 22, 6, 59)), TARGET_LATE);
    at(local(2026, 11, 22, 7, 0));
    ck_assert_int_eq(out.deadline.v, local(2026, 11, 23, 7, 0).ms);
    ck_assert_int_eq(out.phase, TARGET_WAIT);
}
END_TEST

START_TEST(less_power_than_thought_is_late_more_goes_back_to_the_sun)
{
    struct wall start = {local(2026, 11, 21, 7, 0).ms - 73 * MIN};
    ck_assert_int_eq(at(start), TARGET_MUST);
    ck_assert_int_eq(out.next.v, start.ms + MIN); /* then its power is known */
    in.power_w = 3680;
    ck_assert_int_eq(at((struct wall){start.ms + MIN - 1}),
                     TARGET_MUST); /* it is still coming up */
    ck_assert_int_eq(at((struct wall){start.ms + MIN}), TARGET_LATE);
    ck_assert_int_eq(out.late_ms / MIN, 1 + 179 - 73);
    in.power_w = 699; /* it pauses: that is not its power */
    ck_assert_int_eq(at((struct wall){start.ms + 2 * MIN}), TARGET_LATE);
    ck_assert_int_eq(out.late_ms / MIN, 2 + 179 - 73);

    s = (struct target_state){0};
    in.full_w = 3680; /* nobody knew that it has three phases */
    start.ms = local(2026, 11, 21, 0, 0).ms;
    at(start);
    in.power_w = 0;
    start.ms = out.start.v;
    ck_assert_int_eq(at(start), TARGET_MUST);
    in.power_w = 11000;
    ck_assert_int_eq(at((struct wall){start.ms + MIN}), TARGET_WAIT);
    ck_assert_int_eq(out.start.v, local(2026, 11, 21, 7, 0).ms - 73 * MIN);
    in.power_w = 0; /* learnt is learnt */
    ck_assert_int_eq(at((struct wall){start.ms + 2 * MIN}), TARGET_WAIT);
    ck_assert_int_eq(at((struct wall){out.start.v}), TARGET_MUST);
}
END_TEST

START_TEST(a_soc_that_falls_is_charged_again)
{
    by_soc(800, 800);
    struct wall now = local(2026, 11, 21, 5, 0);
    ck_assert_int_eq(at(now), TARGET_REACHED);
    in.car_soc_pm.v = 771; /* a little standby */
    ck_assert_int_eq(at(now), TARGET_REACHED);
    in.car_soc_pm.v = 769;
    ck_assert_int_ne(at(now), TARGET_REACHED);
    in.car_soc_pm.v = 799; /* not yet again */
    ck_assert_int_ne(at(now), TARGET_REACHED);
}
END_TEST

START_TEST(one_time_only)
{
    in.when = when("2026-11-21 07:00");
    ck_assert_int_eq(at(local(2026, 11, 21, 5, 0)), TARGET_WAIT);
    ck_assert_int_eq(at(local(2026, 11, 21, 8, 0)), TARGET_LATE);
    in.plugged = false;
    ck_assert_int_eq(at(local(2026, 11, 21, 9, 0)), TARGET_UNPLUGGED);
    in.plugged = true; /* the next car has nothing to do with it */
    ck_assert_int_eq(at(local(2026, 11, 21, 10, 0)), TARGET_PAST);
    ck_assert(!out.deadline.set);
    in.when = when("2026-11-21 12:00"); /* a new choice is */
    ck_assert_int_eq(at(local(2026, 11, 21, 10, 0)), TARGET_WAIT);
    in.when.kind = TARGET_OPEN;
    ck_assert_int_eq(at(local(2026, 11, 21, 10, 0)), TARGET_SUN);
}
END_TEST

START_TEST(a_new_goal_begins_anew)
{
    ck_assert_int_eq(at(local(2026, 11, 21, 6, 30)), TARGET_LATE);
    in.energy_wh = SOME_I32(1000); /* 5.5 min, so there is time */
    ck_assert_int_eq(at(local(2026, 11, 21, 6, 30)), TARGET_WAIT);
    in.when = when("mon-fri 07:00"); /* 21 November 2026 is a Saturday */
    at(local(2026, 11, 21, 6, 30));
    ck_assert_int_eq(out.deadline.v, local(2026, 11, 23, 7, 0).ms);
}
END_TEST

START_TEST(deadlines_over_the_change_of_the_clocks)
{
    in.when = when("02:30");
    at(local(2026, 3, 28, 20, 0)); /* 02:30 is skipped: when the clocks show 03:00 */
    ck_assert_int_eq(out.deadline.v, local(2026, 3, 29, 3, 0).ms);
    s = (struct target_state){0};
    at(local(2026, 10, 24, 20, 0)); /* shown twice: the first */
    ck_assert_int_eq(out.deadline.v - local(2026, 10, 25, 0, 0).ms, 150 * MIN);
    in.when = when("07:00");
    s = (struct target_state){0};
    at(local(2026, 3, 28, 7, 0));
    ck_assert_int_eq(out.deadline.v - local(2026, 3, 28, 7, 0).ms, 23 * HOUR);
    s = (struct target_state){0};
    at(local(2026, 10, 24, 7, 0));
    ck_assert_int_eq(out.deadline.v - local(2026, 10, 24, 7, 0).ms, 25 * HOUR);
}
END_TEST

/* ---- plan ---- */
static struct slot slots[96];
static struct target_plan plan;
/* Slots of a quarter hour from 20:00 on; '#': 11 kW, 'h': 5.5 kW, '.': nothing. */
static void planned(const char *text)
{
    plan = (struct target_plan){.fresh = true,
                                .deadline = local(2026, 11, 21, 7, 0),
                                .slot_ms = 15 * MIN,
                                .slots = slots,
                                .slots_n = (int)strlen(text)};
    for (int i = 0; text[i]; i++)
        slots[i] =
            (struct slot){local(2026, 11, 20, 20, 0).ms + i * 15 * MIN, text[i] == '#'   ? 11000
                                                                        : text[i] == 'h' ? 5500
                                                                                         : 0};
    in.plan = &plan;
}
static struct wall minute(int m)
{
    return (struct wall){local(2026, 11, 20, 20, 0).ms + (int64_t)m * MIN};
}
START_TEST(the_plan_is_carried_out)
{
    planned("..##..#...#");
    ck_assert_int_eq(at(minute(0)), TARGET_BETWEEN);
    ck_assert_int_eq(out.next.v, minute(15).ms);
    ck_assert_int_eq(at(minute(29)), TARGET_BETWEEN);
    ck_assert_int_eq(at(minute(30)), TARGET_PLANNED);
    ck_assert(!out.plan_w.set);
    in.session_wh = 5500;
    ck_assert_int_eq(at(minute(60)), TARGET_BETWEEN);
    ck_assert_int_eq(at(minute(90)), TARGET_PLANNED);
    in.session_wh = 8250;
    ck_assert_int_eq(at(minute(150)), TARGET_PLANNED);
    in.session_wh = 11000;
    ck_assert_int_eq(at(minute(165)), TARGET_REACHED);
}
END_TEST
START_TEST(a_deadline_is_the_same_within_a_minute)
{
    planned("####");
    plan.deadline.ms += MIN;
    ck_assert_int_eq(at(minute(0)), TARGET_PLANNED);
    plan.deadline.ms -= 2 * MIN;
    ck_assert_int_eq(at(minute(0)), TARGET_PLANNED);
}
END_TEST
START_TEST(a_part_of_the_power_is_a_cap)
{
    planned("hhhhhhhh");
    ck_assert_int_eq(at(minute(0)), TARGET_PLANNED);
    ck_assert(out.plan_w.set && out.plan_w.v == 5500);
}
END_TEST
START_TEST(a_plan_may_use_the_margin_but_no_more)
{
    static char text[45];
    memset(text, '.', 44);
    memset(text + 40, '#', 4); /* the last hour before 07:00 */
    planned(text);
    ck_assert_int_eq(at(minute(595)), TARGET_BETWEEN); /* without a plan it would charge by now */
    ck_assert_int_eq(at(minute(599)), TARGET_BETWEEN);
    ck_assert_int_eq(at(minute(600)), TARGET_MUST);
}
END_TEST
static const char *const no_plan[] = {"stale", "later", "little", "gone", "earlier"};
/* It gets less than the plan counts with, just enough to be there in time: that is no reason to go
 * back to the sun for a second, again and again. */
START_TEST(a_plan_without_time_to_spare_does_not_flap)
{
    static char text[45];
    memset(text, '.', 44);
    memset(text + 38, '#', 6);
    text[39] = '.';
    planned(text);
    s.learnt_w = 5500; /* eleven kWh in the last two hours */
    int changes = 0;
    enum target_phase was = at(minute(540));
    for (int sec = 0; sec < 1800; sec++) {
        struct wall now = {minute(540).ms + sec * INT64_C(1000)};
        in.session_wh = (int32_t)(5500 * (int64_t)(sec + sec % 3) / 3600); /* in steps */
        enum target_phase is = at(now);
        changes += (is == TARGET_MUST) != (was == TARGET_MUST);
        was = is;
    }
    ck_assert_int_le(changes, 2);
}
END_TEST
START_TEST(a_plan_that_does_not_fit_is_left_alone)
{
    planned("####........");
    if (_i == 0)
        plan.fresh = false;
    else if (_i == 1)
        plan.deadline.ms += 2 * MIN;
    else if (_i == 4)
        plan.deadline.ms -= 2 * MIN;
    else if (_i == 2)
        slots[3].value = slots[2].value = 0;
    enum target_phase phase = at(minute(_i == 3 ? 30 : 1));
    ck_assert_msg(phase == TARGET_WAIT, "%s: %d", no_plan[_i], (int)phase);
    ck_assert_int_eq(out.next.v, local(2026, 11, 21, 7, 0).ms - 73 * MIN);
}
END_TEST

/* ---- property: never late when it can be made ---- */
static uint32_t seed;
static int32_t rnd(int32_t lo, int32_t hi)
{
    seed = seed * 1664525u + 1013904223u;
    return lo + (int32_t)((seed >> 8) % (uint32_t)(hi - lo + 1));
}
/* A car with its real power, slower above 80 %; the sun gives now and then; asked every minute. */
START_TEST(never_late_when_it_can_be_made)
{
    seed = (uint32_t)_i * 7919u + 1u;
    int32_t real_w = rnd(0, 1) ? 11000 : 3680;
    bool soc = rnd(0, 1);
    int64_t battery_wms = 0, session_wms = 0;
    int32_t first_pm = rnd(50, 900);
    in.full_w = rnd(0, 1) ? real_w : 3680; /* unknown counts as one phase */
    in.energy_wh = SOME_I32(rnd(1000, 30000));
    if (soc)
        by_soc(first_pm, rnd(first_pm, 1000));
    struct wall now = {local(2026, 3, 1, 0, 0).ms + (int64_t)rnd(0, 60 * 24 * 60) * MIN};
    in.when = when(rnd(0, 1) ? "07:00" : "mon-fri 06:15");
    enum target_phase phase = at(now);
    struct target_in real = in;
    int64_t deadline = out.deadline.v, need = target_duration_ms(&real, out.need_wh, real_w);
    int64_t expected = target_duration_ms(&real, out.need_wh, in.full_w);
    bool can = deadline - now.ms > max_i64(need, expected) * 105 / 100 + 12 * MIN;
    int switches = 0;
    enum target_phase before = phase;
    for (; now.ms < deadline && phase != TARGET_REACHED; now.ms += MIN) {
        int32_t pm = first_pm + (int32_t)(battery_wms / 3600 / 50000);
        bool full = phase == TARGET_MUST || phase == TARGET_LATE;
        int32_t car_w = soc && pm >= 800 ? real_w * 2 / 3 : real_w;
        in.power_w = full ? car_w : rnd(0, 9) ? 0 : min_i32(car_w, rnd(1400, 4000));
        session_wms += (int64_t)in.power_w * MIN;
        battery_wms += (int64_t)in.power_w * MIN / 1000 * in.efficiency_pm;
        in.session_wh = (int32_t)(session_wms / 3600000);
        if (soc)
            in.car_soc_pm.v = min_i32(1000, first_pm + (int32_t)(battery_wms / 3600 / 50000));
        phase = at((struct wall){now.ms + MIN});
        switches += phase != before;
        before = phase;
    }
    if (can)
        ck_assert_msg(phase == TARGET_REACHED, "seed %d: phase %d, %d Wh to go", _i, (int)phase,
                      (int)out.need_wh);
    ck_assert_int_le(switches, 8); /* nothing flaps */
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("target");
    tcase_add_checked_fixture(t, car, NULL);
    tcase_add_loop_test(t, times_as_people_write_them, 0, COUNT_OF(times));
    tcase_add_loop_test(t, what_is_no_time_is_refused, 0, COUNT_OF(no_times));
    tcase_add_loop_test(t, the_last_part_is_slow, 0, COUNT_OF(durations));
    tcase_add_test(t, what_can_not_be_done_is_said);
    tcase_add_test(t, the_larger_need_counts);
    tcase_add_test(t, waits_for_the_latest_start);
    tcase_add_test(t, sun_that_came_moves_the_start);
    tcase_add_test(t, late_is_said_and_charged_on);
    tcase_add_test(t, a_car_that_never_gets_there_begins_anew_with_the_next_deadline);
    tcase_add_test(t, less_power_than_thought_is_late_more_goes_back_to_the_sun);
    tcase_add_test(t, a_soc_that_falls_is_charged_again);
    tcase_add_test(t, one_time_only);
    tcase_add_test(t, a_new_goal_begins_anew);
    tcase_add_test(t, deadlines_over_the_change_of_the_clocks);
    tcase_add_test(t, the_plan_is_carried_out);
    tcase_add_test(t, a_deadline_is_the_same_within_a_minute);
    tcase_add_test(t, a_part_of_the_power_is_a_cap);
    tcase_add_test(t, a_plan_may_use_the_margin_but_no_more);
    tcase_add_test(t, a_plan_without_time_to_spare_does_not_flap);
    tcase_add_loop_test(t, a_plan_that_does_not_fit_is_left_alone, 0, COUNT_OF(no_plan));
    tcase_add_loop_test(t, never_late_when_it_can_be_made, 0, 300);
    return run_case(t, "target");
}
