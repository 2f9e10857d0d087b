/* SPDX-License-Identifier: Apache-2.0
 * A walk through what people, tables, rules, cars and plans say about one charger. Time goes on
 * from Friday noon; the car charges what the answer lets it, so that targets are reached, missed
 * and learnt from. */
#include "services/surplus-controller/core/choose.h"
#include "tests/unit/run.h"
#include "tests/unit/surplus-controller/walk.h"

enum { MIN = 60000, HOUR = 60 * MIN, SLOTS = 6 };
static struct zone zone;
static struct choose_settings people, site;
static struct choose_car car;
static struct control_cap caps[CAPS];
static struct choose_state state;
static struct choose_in in;
static struct choose_out out;
static struct control_charger_in to;
static struct week weeks[3];
static struct target_plan plan;
static struct slot slots[SLOTS];
static int32_t when, table, car_known, plan_known, plan_off_ms, real_w, people_battery;
static struct wall now;

#define X WALK_UNSET
static const struct walk_field fields[] = {
    {"mode", WALK_ENUM, &people.mode,
     WALK_VALUES(CHARGE_MODE_UNSET, CHARGE_MODE_POWER, CHARGE_MODE_TIME, CHARGE_MODE_TARGET,
                 CHARGE_MODE_TARGET)},
    {"site mode", WALK_ENUM, &site.mode,
     WALK_VALUES(CHARGE_MODE_LOCK, CHARGE_MODE_SOLAR_PLUS, CHARGE_MODE_TIME, CHARGE_MODE_TARGET)},
    {"max", WALK_OPT, &people.max_ma, WALK_VALUES(X, 9000)},
    {"min", WALK_OPT, &people.min_ma, WALK_VALUES(X, 8000)},
    {"priority", WALK_OPT, &people.priority, WALK_VALUES(X, 2)},
    {"phases", WALK_ENUM, &people.phases,
     WALK_VALUES(PHASE_USE_UNSET, PHASE_USE_ONE, PHASE_USE_AUTO, PHASE_USE_THREE)},
    {"share", WALK_OPT, &people.share_pm, WALK_VALUES(X, 600)},
    {"start chosen", WALK_BOOL, &people.start_set, WALK_VALUES(0, 1)},
    {"start", WALK_OPT, &people.start_w, WALK_VALUES(X, 2000)},
    {"battery", WALK_I32, &people_battery, WALK_VALUES(0, 1, 2)},
    {"energy", WALK_OPT, &people.energy_wh, WALK_VALUES(X, 0, 1, 49, 50, 51, 5000, 20000)},
    {"energy", WALK_OPT, &people.energy_wh, WALK_VALUES(X, 1000, 5000, 20000)},
    {"soc", WALK_OPT, &people.soc_pm, WALK_VALUES(X, 0, 500, 800, 900)},
    {"when", WALK_I32, &when, WALK_VALUES(0, 1, 2, 3, 4)},
    {"when", WALK_I32, &when, WALK_VALUES(1, 1, 2, 2, 4)},
    {"table", WALK_I32, &table, WALK_VALUES(0, 1, 2, 3)},
    {"car", WALK_I32, &car_known, WALK_VALUES(1, 1, 0)},
    {"car soc", WALK_OPT, &car.soc_pm, WALK_VALUES(X, 0, 400, 790, 800, 801, 880, 900)},
    {"car phases", WALK_OPT, &car.phases, WALK_VALUES(X, 1, 3)},
    {"car max", WALK_OPT, &car.max_ma, WALK_VALUES(X, 10000, 32000)},
    {"capacity", WALK_OPT, &car.capacity_wh, WALK_VALUES(X, 0, 1, 50000)},
    {"switching set", WALK_BOOL, &car.switching_set, WALK_VALUES(0, 1)},
    {"switching", WALK_ENUM, &car.switching,
     WALK_VALUES(SWITCHING_ALLOWED, SWITCHING_IDLE_ONLY, SWITCHING_NEVER)},
    {"box switching", WALK_ENUM, &in.switching,
     WALK_VALUES(SWITCHING_ALLOWED, SWITCHING_IDLE_ONLY, SWITCHING_NEVER)},
    {"user cap", WALK_OPT, &caps[CAP_USER].current_ma, WALK_VALUES(X, X, 0, 7000)},
    {"rule cap", WALK_OPT, &caps[CAP_RULE].current_ma, WALK_VALUES(X, X, 7000, 7001)},
    {"rules", WALK_ENUM, &in.rule_mode, WALK_VALUES(CHARGE_MODE_UNSET, CHARGE_MODE_SOLAR_PURE)},
    {"plugged", WALK_BOOL, &in.plugged, WALK_VALUES(1, 1, 1, 0)},
    {"paused", WALK_BOOL, &in.paused, WALK_VALUES(0, 1)},
    {"wired", WALK_I32, &in.wired, WALK_VALUES(1, 3)},
    {"used", WALK_I32, &in.used, WALK_VALUES(0, 1, 3)},
    {"margin", WALK_I32, &in.margin_ms, WALK_VALUES(0, 10 * MIN)},
    {"real", WALK_I32, &real_w, WALK_VALUES(0, 999, 1000, 3600, 11000)},
    {"plan", WALK_I32, &plan_known, WALK_VALUES(0, 1, 1)},
    {"plan fresh", WALK_BOOL, &plan.fresh, WALK_VALUES(1, 1, 0)},
    {"plan off", WALK_I32, &plan_off_ms, WALK_VALUES(0, 0, 0, 60000, 60001, -60000, -60001)},
};
/* What the numbers of the walk stand for. */
static void dress(void)
{
    static const char *const times[] = {"", "07:00", "2026-11-20 18:00", "mon-fri 13:30",
                                        "2026-11-20 10:00"};
    struct err_text why;
    people.when = (struct target_when){0};
    if (when)
        ck_assert_int_eq(target_when_parse(str_of(times[when]), &zone, &people.when, &why), ERR_OK);
    people.week = table ? &weeks[table - 1] : NULL;
    people.use_battery = (struct opt_bool){people_battery == 1, people_battery != 0};
    in.car = car_known ? &car : NULL;
    in.plan = plan_known ? &plan : NULL;
    if (out.target.deadline.set)
        plan.deadline.ms = out.target.deadline.v + plan_off_ms;
}
static void begin(uint32_t seed)
{
    static const char *const tables[] = {"else power",
                                         "mon-fri 13:00-15:00 power; sat 00:00-24:00 power",
                                         "22:00-06:00 lock; else solar_plus"};
    struct err_text why;
    ck_assert_int_eq(zone_parse_rule(str_of("CET-1CEST,M3.5.0,M10.5.0/3"), &zone, &why), ERR_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_msg(week_parse(str_of(tables[i]), &charge_mode_enum, CHOOSE_TABLE_MODES,
                                 &weeks[i], &why) == ERR_OK,
                      "%s", why.s);
    people = (struct choose_settings){.mode = seed % 3 ? CHARGE_MODE_TARGET : CHARGE_MODE_UNSET};
    people.energy_wh = seed % 2 ? SOME_I32(20000) : (struct opt_i32){0};
    people.soc_pm = seed % 2 ? (struct opt_i32){0} : SOME_I32(900);
    site = (struct choose_settings){.mode = CHARGE_MODE_SOLAR_PURE,
                                    .phases = PHASE_USE_THREE,
                                    .share_pm = SOME_I32(500),
                                    .start_set = true,
                                    .start_pm = 250,
                                    .use_battery = SOME_BOOL(true)};
    car = (struct choose_car){.efficiency_pm = 900,
                              .soc_pm = SOME_I32(700),
                              .capacity_wh = SOME_I32(50000),
                              .switch_pause_ms = SOME_I32(9000)};
    memset(caps, 0, sizeof caps);
    caps[CAP_USER].why = CONTROL_BUDGET_USED;
    caps[CAP_RULE].why = CONTROL_RULE;
    memset(&to, 0, sizeof to);
    memset(&out, 0, sizeof out);
    state = (struct choose_state){0};
    in = (struct choose_in){.people = &people,
                            .site = &site,
                            .caps = caps,
                            .plugged = true,
                            .wired = 3,
                            .min_ma = 6000,
                            .max_ma = 16000,
                            .margin_ms = 10 * MIN};
    now = zone_utc(&zone, (struct civil){.year = 2026, .month = 11, .day = 20, .hour = 12});
    for (int i = 0; i < SLOTS; i++)
        slots[i] = (struct slot){now.ms + (i + i / 2) * HOUR, i % 3 ? 9000 + i * 400 : 11040};
    plan = (struct target_plan){.fresh = true, .slot_ms = HOUR, .slots = slots, .slots_n = SLOTS};
    when = (int32_t)(seed % 5);
    table = (int32_t)(seed / 2 % 4);
    car_known = plan_known = 1;
    plan_off_ms = people_battery = 0;
    real_w = 11000;
}
static long long from_now(struct opt_i64 ms)
{
    return ms.set ? (long long)(ms.v - now.ms) / 1000 : -1;
}
static void answer(struct walk *w)
{
    const struct target_out *t = &out.target;
    struct reason why;
    choose_reason(&out, &zone, now, when % 2 ? SOME_I64(now.ms + HOUR) : (struct opt_i64){0},
                  when == 2, &why);
    walk_line(w, 0, "%s by %s is %s by %s, %s: %s", enum_text(&charge_mode_enum, (int)out.mode),
              enum_text(&source_enum, (int)out.mode_source),
              enum_text(&charge_mode_enum, (int)to.mode),
              enum_text(&source_enum, (int)out.active_source), why.code, why.text);
    walk_line(w, 1, "target phase %d, by soc %d, need %d Wh, plan %d W, learnt %d W", t->phase,
              t->by_soc, t->need_wh, t->plan_w.set ? t->plan_w.v : -1, state.target.learnt_w);
    walk_line(w, 2, "max %d min %d priority %d contacts %d start %d %d share %d battery %d",
              to.max_ma.v, to.min_ma.v, to.priority.v, to.contacts, to.start_power_w.v, to.start_pm,
              to.solar_share_pm, to.use_battery);
    walk_line(w, 3, "cap %d code %d (%d), switching %d pause %d, paused %d, local start %d",
              to.cap.current_ma.set ? to.cap.current_ma.v : -1, to.cap.why, to.cap.p[0],
              to.switching, to.switch_pause_ms.v, to.paused, out.local_start);
    walk_numbers(w, "deadline +%lld s, start +%lld s, late %lld s, next +%lld s, until +%lld s",
                 from_now(t->deadline), from_now(t->start), (long long)t->late_ms / 1000,
                 from_now(out.next), from_now(out.until));
}
static void pass(struct walk *w, uint32_t seed, int steps)
{
    static const int32_t minutes[] = {0, 1, 1, 2, 5, 15, 30, 60, 60, 180, 720};
    walk_title(w, seed, "one charger");
    begin(seed);
    for (int k = 0; k < steps; k++) {
        int32_t wait = walk_pick(w, minutes, COUNT_OF(minutes));
        if (k && walk_dice(w, 0, 3))
            walk_change(w, fields, COUNT_OF(fields));
        walk_note(w, "+%d min", wait);
        now.ms += wait * MIN;
        in.power_w = to.mode == CHARGE_MODE_POWER && in.plugged ? real_w : 0;
        int32_t wh = (int32_t)((int64_t)in.power_w * wait / 60);
        in.session_wh = in.plugged ? in.session_wh + wh : 0;
        if (car.soc_pm.set && car.capacity_wh.v > 1)
            car.soc_pm.v = min_i32(1000, car.soc_pm.v + wh * 900 / car.capacity_wh.v);
        dress();
        choose(&state, &in, &zone, now, &out, &to);
        answer(w);
    }
}
START_TEST(choices)
{
    struct walk w;
    walk_begin(&w);
    for (uint32_t seed = 1; seed <= 30; seed++)
        pass(&w, seed, 22);
    walk_end(&w, "choose");
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("walk_choose");
    tcase_set_timeout(t, 120); /* a busy machine, with sanitizers */
    tcase_add_test(t, choices);
    return run_case(t, "walk_choose");
}
