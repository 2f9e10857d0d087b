/* SPDX-License-Identifier: Apache-2.0
 * Which mode is in force and with which settings: every pair of who may say something, and the
 * words for it. */
#include "services/surplus-controller/core/choose.h"
#include <check.h>
#include "tests/unit/run.h"

enum { MIN = 60000 };
static struct zone zone;
static struct err_text why;
static struct choose_settings people, site;
static struct choose_car car;
static struct control_cap caps[CAPS];
static struct choose_state state;
static struct choose_in in;
static struct choose_out out;
static struct control_charger_in to;
static struct week week, other;

static struct wall local(int day, int hour, int minute) /* of November 2026; 23rd is a Monday */
{
    return zone_utc(&zone, (struct civil){.year = 2026,
                                          .month = 11,
                                          .day = (uint8_t)day,
                                          .hour = (uint8_t)hour,
                                          .minute = (uint8_t)minute});
}
static void table(struct week *w, const char *text)
{
    enum err e = week_parse(str_of(text), &charge_mode_enum, CHOOSE_TABLE_MODES, w, &why);
    ck_assert_msg(e == ERR_OK, "%s", why.s);
}
static void setup(void)
{
    ck_assert_int_eq(zone_parse_rule(str_of("CET-1CEST,M3.5.0,M10.5.0/3"), &zone, &why), ERR_OK);
    people = (struct choose_settings){0};
    site = (struct choose_settings){.mode = CHARGE_MODE_SOLAR_PURE,
                                    .phases = PHASE_USE_THREE,
                                    .share_pm = SOME_I32(500),
                                    .start_set = true,
                                    .start_pm = 250,
                                    .use_battery = SOME_BOOL(true)};
    car = (struct choose_car){.efficiency_pm = 900};
    memset(caps, 0, sizeof caps);
    memset(&to, 0xa5, sizeof to);
    state = (struct choose_state){0};
    in = (struct choose_in){.people = &people,
                            .site = &site,
                            .caps = caps,
                            .plugged = true,
                            .wired = 3,
                            .min_ma = 6000,
                            .max_ma = 16000,
                            .margin_ms = 10 * MIN};
}
static void at(struct wall now)
{
    choose(&state, &in, &zone, now, &out, &to);
}
static const char *words(struct wall now, struct opt_i64 until, bool unplugged)
{
    static struct reason r;
    choose_reason(&out, &zone, now, until, unplugged, &r);
    ck_assert(r.code[0] && r.text[0] && !strpbrk(r.text, "{}"));
    return r.text;
}

/* ---- who chooses ---- */
/* Every mode of people (none too) over every mode of the site file, with and without tables. */
START_TEST(people_then_the_site_file)
{
    table(&week, "else power");
    table(&other, "else lock");
    for (int p = CHARGE_MODE_UNSET; p < CHARGE_MODE_COUNT; p++)
        for (int d = CHARGE_MODE_LOCK; d < CHARGE_MODE_COUNT; d++)
            for (int tables = 0; tables < 4; tables++) {
                people = (struct choose_settings){.mode = (enum charge_mode)p};
                site.mode = (enum charge_mode)d;
                people.week = tables & 1 ? &week : NULL;
                site.week = tables & 2 ? &other : NULL;
                at(local(23, 12, 0));
                enum charge_mode chosen = (enum charge_mode)(p ? p : d);
                enum source who = p ? SOURCE_OVERRIDE : SOURCE_DEFAULT;
                enum charge_mode usual =
                    d <= CHARGE_MODE_SOLAR_PLUS ? site.mode : CHARGE_MODE_SOLAR_PURE;
                enum charge_mode active = chosen;
                if (chosen == CHARGE_MODE_TARGET)
                    active = CHARGE_MODE_SOLAR_PURE; /* without a goal */
                if (chosen == CHARGE_MODE_TIME) {
                    active = tables & 1 ? CHARGE_MODE_POWER : tables & 2 ? CHARGE_MODE_LOCK : usual;
                    ck_assert_int_eq((int)out.active_source,
                                     tables ? SOURCE_TABLE : SOURCE_DEFAULT);
                } else {
                    ck_assert_int_eq((int)out.active_source, (int)who);
                }
                ck_assert_int_eq((int)out.mode, (int)chosen);
                ck_assert_int_eq((int)out.mode_source, (int)who);
                ck_assert_int_eq((int)out.active, (int)active);
                ck_assert_int_eq((int)to.mode, (int)active);
                ck_assert_int_eq(out.local_start,
                                 active != CHARGE_MODE_LOCK && chosen != CHARGE_MODE_TIME);
                words(local(23, 12, 0), (struct opt_i64){0}, false);
            }
}
END_TEST

/* Rules decide where people, table and target say nothing. */
START_TEST(rules_come_after_people_and_table)
{
    table(&week, "else lock");
    site.week = &week;
    for (int p = CHARGE_MODE_UNSET; p < CHARGE_MODE_COUNT; p++)
        for (int d = CHARGE_MODE_LOCK; d < CHARGE_MODE_COUNT; d++)
            for (int r = CHARGE_MODE_UNSET; r <= CHARGE_MODE_SOLAR_PLUS; r++) {
                people.mode = (enum charge_mode)p;
                site.mode = (enum charge_mode)d;
                in.rule_mode = (enum charge_mode)r;
                at(local(23, 12, 0));
                bool rules = r && !p && d <= CHARGE_MODE_SOLAR_PLUS;
                ck_assert_int_eq(out.mode_source == SOURCE_RULE, rules);
                ck_assert_int_eq(out.active_source == SOURCE_RULE, rules);
                if (rules)
                    ck_assert_int_eq((int)to.mode, r);
                if (rules)
                    ck_assert_str_eq(words(local(23, 12, 0), (struct opt_i64){0}, false),
                                     "By the rules of this wallbox.");
                else
                    ck_assert_int_eq((int)out.mode, p ? p : d);
                ck_assert_int_eq(choose_asks_rules(&people, &site),
                                 !p && d <= CHARGE_MODE_SOLAR_PLUS);
            }
}
END_TEST
START_TEST(a_table_goes_through_the_week)
{
    static const struct {
        int day, hour;
        enum charge_mode mode;
        enum source source;
        const char *text;
    } rows[] = {
        {23, 7, CHARGE_MODE_SOLAR_PLUS, SOURCE_DEFAULT,
         "The week table says nothing until 08:00: the usual mode of this wallbox."},
        {23, 8, CHARGE_MODE_LOCK, SOURCE_TABLE, "By the week table, until 12:00."},
        {23, 12, CHARGE_MODE_SOLAR_PLUS, SOURCE_DEFAULT,
         "The week table says nothing until 22:00: the usual mode of this wallbox."},
        {23, 22, CHARGE_MODE_POWER, SOURCE_TABLE, "By the week table, until Tue 06:00."},
        {27, 12, CHARGE_MODE_SOLAR_PLUS, SOURCE_DEFAULT,
         "The week table says nothing until 22:00: the usual mode of this wallbox."},
        {28, 0, CHARGE_MODE_POWER, SOURCE_TABLE, "By the week table, until 06:00."},
        {28, 6, CHARGE_MODE_SOLAR_PURE, SOURCE_TABLE, "By the week table, until Sun 22:00."},
    };
    table(&week, "sat,sun 06:00-24:00 solar_pure; sun 00:00-22:00 solar_pure; mon-fri 08:00-12:00 "
                 "lock; sun 22:00-24:00 power; mon-fri 22:00-06:00 power; ");
    site.mode = CHARGE_MODE_SOLAR_PLUS;
    people.mode = CHARGE_MODE_TIME;
    people.week = &week;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct wall now = local(rows[i].day, rows[i].hour, 0);
        at(now);
        ck_assert_int_eq((int)out.active, (int)rows[i].mode);
        ck_assert_int_eq((int)out.active_source, (int)rows[i].source);
        ck_assert_str_eq(words(now, (struct opt_i64){0}, false), rows[i].text);
        ck_assert(out.next.set && out.next.v == out.until.v && out.next.v > now.ms);
    }
    at(local(23, 7, 0)); /* a clock that was set back */
    ck_assert_int_eq((int)out.active, CHARGE_MODE_SOLAR_PLUS);
    people.mode = CHARGE_MODE_POWER; /* another mode ends it */
    at(local(23, 8, 0));
    ck_assert_int_eq((int)out.active, CHARGE_MODE_POWER);
    ck_assert(!out.next.set && out.local_start);
}
END_TEST

START_TEST(words_for_what_people_chose)
{
    struct wall now = local(23, 12, 0);
    at(now);
    ck_assert_str_eq(words(now, (struct opt_i64){0}, false), "The usual mode of this wallbox.");
    people.mode = CHARGE_MODE_LOCK;
    at(now);
    ck_assert_str_eq(words(now, (struct opt_i64){0}, false), "Chosen by hand.");
    ck_assert_str_eq(words(now, (struct opt_i64){0}, true), "Chosen by hand until the car leaves.");
    ck_assert_str_eq(words(now, SOME_I64(local(23, 18, 0).ms), false),
                     "Chosen by hand until 18:00.");
    ck_assert_str_eq(words(now, SOME_I64(local(25, 18, 5).ms), false),
                     "Chosen by hand until Wed 18:05.");
    ck_assert_str_eq(words(now, SOME_I64(local(30, 18, 5).ms), false),
                     "Chosen by hand until 2026-11-30 18:05.");
}
END_TEST

/* Every number in the words is a parameter too, by its name. */
START_TEST(numbers_of_a_reason_have_names)
{
    struct reason r;
    out = (struct choose_out){.code = CHOOSE_LATE};
    out.target = (struct target_out){
        .need_wh = 8201, .deadline = SOME_I64(local(24, 7, 0).ms), .late_ms = 61 * MIN};
    choose_reason(&out, &zone, local(23, 20, 0), (struct opt_i64){0}, false, &r);
    ck_assert_str_eq(r.text, "8.3 kWh by Tue 07:00: full power, it will be 1 h 1 min late.");
    ck_assert_str_eq(r.code, "target_late");
    ck_assert_int_eq(r.params_n, 3);
    ck_assert_str_eq(r.params[0].name, "need_wh");
    ck_assert_int_eq(r.params[0].value.v, 8201);
    ck_assert_str_eq(r.params[1].name, "deadline");
    ck_assert_int_eq(r.params[1].value.v, local(24, 7, 0).ms);
    ck_assert_str_eq(r.params[2].name, "late_ms");
    ck_assert_int_eq(r.params[2].value.v, 61 * MIN);
    out.code = CHOOSE_WAIT;
    out.target.start = SOME_I64(local(23, 23, 59).ms);
    choose_reason(&out, &zone, local(23, 20, 0), (struct opt_i64){0}, false, &r);
    ck_assert_str_eq(r.text, "8.3 kWh by Tue 07:00: the sun first, full power from 23:59.");
    ck_assert_str_eq(r.params[2].name, "start");
    ck_assert_int_eq(r.params[2].value.v, local(23, 23, 59).ms);
    choose_reason(&out, &zone, local(25, 8, 0), (struct opt_i64){0}, false, &r);
    ck_assert_str_eq(
        r.text, "8.3 kWh by 2026-11-24 07:00: the sun first, full power from 2026-11-23 23:59.");
}
END_TEST

/* ---- target ---- */
static void target(const char *when)
{
    people.mode = CHARGE_MODE_TARGET;
    people.energy_wh = SOME_I32(11040);
    ck_assert_int_eq(target_when_parse(str_of(when), &zone, &people.when, &why), ERR_OK);
    car.phases = SOME_I32(3);
    in.car = &car;
}
START_TEST(target_comes_to_sun_and_power)
{
    target("07:00"); /* 60 min at 11.04 kW, 5 % and 10 min more */
    struct wall now = local(23, 20, 0);
    at(now);
    ck_assert_int_eq((int)out.active, CHARGE_MODE_SOLAR_PURE);
    ck_assert_int_eq((int)out.active_source, SOURCE_OVERRIDE);
    ck_assert_int_eq(out.until.v, local(24, 5, 47).ms);
    ck_assert_str_eq(words(now, (struct opt_i64){0}, false),
                     "11.1 kWh by Tue 07:00: the sun first, full power from Tue 05:47.");
    now = local(24, 5, 47);
    at(now);
    ck_assert_int_eq((int)out.active, CHARGE_MODE_POWER);
    ck_assert_str_eq(words(now, (struct opt_i64){0}, false),
                     "11.1 kWh by 07:00: it is time for full power.");
    now = local(24, 6, 30);
    at(now);
    ck_assert_int_eq((int)out.active, CHARGE_MODE_POWER);
    ck_assert_str_eq(words(now, (struct opt_i64){0}, false),
                     "11.1 kWh by 07:00: full power, it will be 30 min late.");
    now = local(24, 7, 30);
    at(now);
    ck_assert_str_eq(words(now, (struct opt_i64){0}, false),
                     "11.1 kWh by 07:00: full power, it will be 1 h 30 min late.");
    in.session_wh = 11040; /* an energy is a minimum: the sun goes on */
    at(now);
    ck_assert_int_eq((int)out.active, CHARGE_MODE_SOLAR_PURE);
    ck_assert(!to.cap.current_ma.set);
    ck_assert_str_eq(words(now, (struct opt_i64){0}, false), "The target is reached.");
}
END_TEST

START_TEST(a_state_of_charge_is_a_limit_too)
{
    target("07:00");
    people.energy_wh.set = false;
    people.soc_pm = SOME_I32(800);
    at(local(23, 20, 0));
    ck_assert_str_eq(words(local(23, 20, 0), (struct opt_i64){0}, false),
                     "The car's state of charge or its capacity is not known: the sun alone. Say "
                     "it (vehicle/<id>/override/soc) or set target_energy.");
    car.capacity_wh = SOME_I32(50000);
    car.soc_pm = SOME_I32(790);
    at(local(23, 20, 0));
    ck_assert(!to.cap.current_ma.set);
    ck_assert_int_eq(out.target.need_wh, 556);
    car.soc_pm = SOME_I32(800);
    at(local(23, 20, 1));
    ck_assert(to.cap.current_ma.set && to.cap.current_ma.v == 0);
    ck_assert_int_eq((int)to.cap.why, CONTROL_TARGET_REACHED);
    people.mode = CHARGE_MODE_POWER; /* it belongs to mode target */
    at(local(23, 20, 2));
    ck_assert(!to.cap.current_ma.set);
}
END_TEST

static const struct {
    int used, wired, car_phases, car_ma; /* 0: not known */
    enum phase_use use;
    int minutes; /* of 11.04 kWh before 07:00 */
    int lopsided_ma;
} powers[] = {
    {0, 3, 0, 0, PHASE_USE_THREE, 199}, /* unknown counts as one phase: 3.68 kW, 180 min */
    {3, 3, 0, 0, PHASE_USE_THREE, 73},
    {1, 3, 0, 0, PHASE_USE_THREE, 199},
    {0, 3, 3, 0, PHASE_USE_THREE, 73},
    {0, 3, 2, 0, PHASE_USE_THREE, 104},
    {0, 1, 3, 0, PHASE_USE_THREE, 199},
    {0, 3, 3, 0, PHASE_USE_ONE, 199},
    {0, 3, 3, 8000, PHASE_USE_AUTO, 136}, /* 8 A: twice as long */
    {1, 3, 3, 0, PHASE_USE_THREE, 73},    /* what the file says is the car */
    /* the balance leaves a car on one or two phases 8 A */
    {0, 3, 0, 0, PHASE_USE_THREE, 388, 8000},
    {1, 3, 0, 0, PHASE_USE_THREE, 388, 8000},
    {2, 3, 0, 0, PHASE_USE_THREE, 199, 8000},
    {3, 3, 0, 0, PHASE_USE_THREE, 73, 8000},
    {3, 3, 0, 0, PHASE_USE_ONE, 388, 8000},
    {0, 1, 3, 0, PHASE_USE_THREE, 388, 8000},
    {1, 3, 0, 0, PHASE_USE_THREE, 199, 16000},
};
START_TEST(full_power_is_that_of_car_and_wallbox)
{
    target("07:00");
    in.used = powers[_i].used;
    in.wired = powers[_i].wired;
    in.lopsided_ma = powers[_i].lopsided_ma;
    car.phases = (struct opt_i32){powers[_i].car_phases, powers[_i].car_phases != 0};
    car.max_ma = (struct opt_i32){powers[_i].car_ma, powers[_i].car_ma != 0};
    people.phases = powers[_i].use;
    at(local(23, 20, 0));
    ck_assert_int_eq((local(24, 7, 0).ms - out.target.start.v) / MIN, powers[_i].minutes);
    people.max_ma = SOME_I32(4000);
    at(local(23, 20, 0));
    ck_assert_int_gt((local(24, 7, 0).ms - out.target.start.v) / MIN, powers[_i].minutes);
}
END_TEST

static struct slot slots[2];
START_TEST(the_plan_decides_and_caps)
{
    target("07:00");
    struct wall now = local(23, 20, 0);
    slots[0] = (struct slot){now.ms, 5520};
    slots[1] = (struct slot){now.ms + 120 * MIN, 11040};
    struct target_plan plan = {true, local(24, 7, 0), 120 * MIN, slots, 2};
    in.plan = &plan;
    in.used = 3;
    at(now);
    ck_assert_int_eq((int)out.active, CHARGE_MODE_POWER);
    ck_assert_int_eq((int)out.active_source, SOURCE_PLAN);
    ck_assert_int_eq(to.cap.current_ma.v, 8000);
    ck_assert_int_eq((int)to.cap.why, CONTROL_PLAN);
    ck_assert_int_eq(to.cap.p[0], 8000);
    slots[0].value = 1000; /* below the minimum: the least that charges */
    at(now);
    ck_assert_int_eq(to.cap.current_ma.v, 6000);
    slots[0].value = 11000;
    at(now);
    ck_assert(!to.cap.current_ma.set);
    slots[0].value = 0;
    at(now);
    ck_assert_int_eq((int)out.active, CHARGE_MODE_SOLAR_PURE);
    ck_assert_int_eq((int)out.active_source, SOURCE_PLAN);
    ck_assert_str_eq(words(now, (struct opt_i64){0}, false),
                     "11.1 kWh by Tue 07:00: the sun until the plan goes on at 22:00.");
}
END_TEST

/* ---- caps ---- */
START_TEST(the_smallest_cap_wins)
{
    static const struct {
        int32_t user, rule; /* -1: none */
        int32_t want;
        enum control_code why;
    } rows[] = {
        {-1, -1, -1, 0},
        {0, -1, 0, CONTROL_PAUSED},
        {-1, 0, 0, CONTROL_TURN},
        {8000, 10000, 8000, CONTROL_PAUSED},
        {10000, 8000, 8000, CONTROL_TURN},
        {8000, 8000, 8000, CONTROL_PAUSED}, /* people first */
        {0, 16000, 0, CONTROL_PAUSED},
    };
    for (int mode = CHARGE_MODE_UNSET; mode < CHARGE_MODE_COUNT; mode++)
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
            people.mode = (enum charge_mode)mode; /* whoever chose it */
            caps[CAP_USER] =
                (struct control_cap){{rows[i].user, rows[i].user >= 0}, CONTROL_PAUSED, {1, 2, 3}};
            caps[CAP_RULE] =
                (struct control_cap){{rows[i].rule, rows[i].rule >= 0}, CONTROL_TURN, {0}};
            at(local(23, 20, 0));
            ck_assert_int_eq(to.cap.current_ma.set, rows[i].want >= 0);
            if (rows[i].want < 0)
                continue;
            ck_assert_int_eq(to.cap.current_ma.v, rows[i].want);
            ck_assert_int_eq((int)to.cap.why, (int)rows[i].why);
            ck_assert_int_eq(to.cap.p[1], rows[i].why == CONTROL_PAUSED ? 2 : 0);
        }
}
END_TEST
START_TEST(plan_and_rules_tighten_each_other)
{
    target("07:00");
    struct wall now = local(23, 20, 0);
    slots[0] = (struct slot){now.ms, 5520};
    slots[1] = (struct slot){now.ms + 120 * MIN, 11040};
    struct target_plan plan = {true, local(24, 7, 0), 120 * MIN, slots, 2};
    in.plan = &plan;
    in.used = 3;
    for (int32_t ma = 6000; ma <= 10000; ma += 1000) {
        caps[CAP_RULE] = (struct control_cap){SOME_I32(ma), CONTROL_TURN, {0}};
        at(now);
        ck_assert_int_eq(to.cap.current_ma.v, min_i32(ma, 8000));
        ck_assert_int_eq((int)to.cap.why, ma <= 8000 ? CONTROL_TURN : CONTROL_PLAN);
    }
}
END_TEST

/* ---- settings ---- */
START_TEST(a_setting_is_the_persons_else_the_files)
{
    at(local(23, 12, 0));
    ck_assert(!to.max_ma.set && !to.min_ma.set && !to.priority.set && !to.start_power_w.set);
    ck_assert_int_eq((int)to.contacts, CONTACTS_THREE);
    ck_assert_int_eq(to.start_pm, 250);
    ck_assert_int_eq(to.solar_share_pm, 500);
    ck_assert(to.use_battery && !to.paused);
    people = (struct choose_settings){.max_ma = SOME_I32(10000),
                                      .min_ma = SOME_I32(8000),
                                      .priority = SOME_I32(3),
                                      .phases = PHASE_USE_AUTO,
                                      .share_pm = SOME_I32(0),
                                      .start_set = true,
                                      .start_w = SOME_I32(5000),
                                      .use_battery = SOME_BOOL(false)};
    in.paused = true;
    at(local(23, 12, 0));
    ck_assert_int_eq(to.max_ma.v, 10000);
    ck_assert_int_eq(to.min_ma.v, 8000);
    ck_assert_int_eq(to.priority.v, 3);
    ck_assert_int_eq((int)to.contacts, CONTACTS_AUTO);
    ck_assert(to.start_power_w.set && to.start_power_w.v == 5000 && to.start_pm == 0);
    ck_assert_int_eq(to.solar_share_pm, 0);
    ck_assert(!to.use_battery && to.paused);
    people.phases = PHASE_USE_ONE;
    at(local(23, 12, 0));
    ck_assert_int_eq((int)to.contacts, CONTACTS_ONE);
}
END_TEST
START_TEST(pause_works_in_every_mode)
{
    in.paused = true;
    for (int mode = CHARGE_MODE_LOCK; mode < CHARGE_MODE_COUNT; mode++) {
        people.mode = (enum charge_mode)mode;
        at(local(23, 12, 0));
        ck_assert(to.paused);
    }
}
END_TEST
START_TEST(the_stricter_of_car_and_wallbox_says_when_phases_switch)
{
    for (int box = SWITCHING_ALLOWED; box <= SWITCHING_NEVER; box++)
        for (int k = SWITCHING_ALLOWED; k <= SWITCHING_NEVER; k++) {
            in.switching = (enum control_switching)box;
            in.car = NULL;
            at(local(23, 12, 0));
            ck_assert_int_eq((int)to.switching, box);
            ck_assert(!to.switch_pause_ms.set);
            in.car = &car;
            car.switching_set = false;
            car.switching = (enum control_switching)k;
            car.switch_pause_ms = SOME_I32(300000);
            at(local(23, 12, 0));
            ck_assert_int_eq((int)to.switching, box);
            ck_assert_int_eq(to.switch_pause_ms.v, 300000);
            car.switching_set = true;
            at(local(23, 12, 0));
            ck_assert_int_eq((int)to.switching, max_i32(box, k));
        }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("choose");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, people_then_the_site_file);
    tcase_add_test(t, rules_come_after_people_and_table);
    tcase_add_test(t, a_table_goes_through_the_week);
    tcase_add_test(t, words_for_what_people_chose);
    tcase_add_test(t, numbers_of_a_reason_have_names);
    tcase_add_test(t, target_comes_to_sun_and_power);
    tcase_add_test(t, a_state_of_charge_is_a_limit_too);
    tcase_add_loop_test(t, full_power_is_that_of_car_and_wallbox, 0, COUNT_OF(powers));
    tcase_add_test(t, the_plan_decides_and_caps);
    tcase_add_test(t, the_smallest_cap_wins);
    tcase_add_test(t, plan_and_rules_tighten_each_other);
    tcase_add_test(t, a_setting_is_the_persons_else_the_files);
    tcase_add_test(t, pause_works_in_every_mode);
    tcase_add_test(t, the_stricter_of_car_and_wallbox_says_when_phases_switch);
    return run_case(t, "choose");
}
