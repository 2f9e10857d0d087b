/* SPDX-License-Identifier: Apache-2.0
 * A walk through the inputs of the storage core. */
#include "tests/unit/surplus-controller/storage_bed.h"
#include "tests/unit/surplus-controller/walk.h"

static const int32_t pauses[] = {100,   400,    1000,   1000,    1000,   1499,  1500,
                                 1501,  4999,   5000,   9999,    10000,  14999, 15000,
                                 60000, 299999, 300000, 1799999, 1800000};
#define X WALK_UNSET
#define UNIT(k)                                                                                    \
    {"b" #k ".power", WALK_OPT, &ins[k].power_w,                                                   \
     WALK_VALUES(X, 0, 0, 1500, 151, 150, -150, -151, -1200, 300, 301, -300, -301)},               \
        {"b" #k ".soc", WALK_OPT, &ins[k].soc_pm,                                                  \
         WALK_VALUES(X, 49, 50, 51, 69, 70, 71, 399, 400, 449, 450, 500, 979, 980, 999, 1000)},    \
        {"b" #k ".max_charge", WALK_OPT, &ins[k].max_charge_w, WALK_VALUES(X, 2500, 5000)},        \
        {"b" #k ".max_discharge", WALK_OPT, &ins[k].max_discharge_w, WALK_VALUES(X, 4000, 1000)},  \
        {"b" #k ".mode", WALK_ENUM, &ins[k].mode,                                                  \
         WALK_VALUES(BATTERY_MODE_NORMAL, BATTERY_MODE_NORMAL, BATTERY_MODE_NORMAL,                \
                     BATTERY_MODE_HOLD, BATTERY_MODE_CHARGE, BATTERY_MODE_LIMIT)},                 \
        {"b" #k ".charge", WALK_OPT, &ins[k].charge_w, WALK_VALUES(X, X, X, 0, 1, 2000, 6000)},    \
        {"b" #k ".discharge", WALK_OPT, &ins[k].discharge_w, WALK_VALUES(X, X, X, 0, 1, 1500)},    \
        {"b" #k ".min_soc", WALK_OPT, &ins[k].min_soc_pm, WALK_VALUES(X, 0, 400, 500)},            \
        {"b" #k ".max_soc", WALK_OPT, &ins[k].max_soc_pm, WALK_VALUES(X, 500, 501, 1000)},         \
        {"b" #k ".first", WALK_OPT, &ins[k].first_until_soc_pm, WALK_VALUES(X, 500, 501, 900)},    \
        {"b" #k ".rule_charge", WALK_OPT, &ins[k].rule_charge_w, WALK_VALUES(X, X, X, 0, 800)},    \
    {                                                                                              \
        "b" #k ".rule_discharge", WALK_OPT, &ins[k].rule_discharge_w, WALK_VALUES(X, X, X, 0, 9)   \
    }
static const struct walk_field storage_fields[] = {
    {"meter", WALK_ENUM, &in.meter,
     WALK_VALUES(METER_GOOD, METER_GOOD, METER_GOOD, METER_SUSPECT, METER_MISSING, METER_NONE)},
    {"begun", WALK_BOOL, &in.begun, WALK_VALUES(1, 1, 1, 1, 1, 1, 0)},
    {"agreed", WALK_BOOL, &in.config_agreed, WALK_VALUES(1, 1, 1, 1, 1, 1, 0)},
    {"block", WALK_BOOL, &in.block_discharge, WALK_VALUES(0, 1)},
    {"may_carry", WALK_I32, &in.may_carry_w,
     WALK_VALUES(-1, 0, 99, 100, 101, 1000, 1099, 1100, 5000)},
    {"consume", WALK_OPT, &in.consume_w, WALK_VALUES(X, X, 0, 1000, 4200)},
    {"cars", WALK_I32, &in.cars_w, WALK_VALUES(0, 1000, 3680)},
    {"rise", WALK_I32, &in.cars_rise_w, WALK_VALUES(0, 0, 500, 4000)},
    {"room", WALK_OPT, &in.room_w, WALK_VALUES(X, -1500, 0, 1000, 9000)},
    {"short", WALK_BOOL, &in.cars_short, WALK_VALUES(0, 0, 0, 1)},
    UNIT(0),
    UNIT(1),
};
static const int32_t grids[] = {0,   0,    400,  -100, -251, -250,  -249, 99,  100,
                                101, -199, -200, -201, -150, -3100, 3000, 9000};

static void storage_answer(struct walk *w)
{
    for (int i = 0; i < conf.n; i++) {
        const struct storage_order *o = &orders[i];
        char text[400] = "";
        struct buf b = buf_of(text, sizeof text);
        struct reason why;
        storage_reason_text(&o->reason, &why);
        buf_addf(&b, "b%d %s%s", i, o->send ? "" : "unsent ",
                 enum_text(&battery_mode_enum, (int)o->mode));
        if (o->charge_w.set)
            buf_addf(&b, ", charge %d", o->charge_w.v);
        if (o->discharge_w.set)
            buf_addf(&b, ", discharge %d", o->discharge_w.v);
        if (o->power_w.set)
            buf_addf(&b, " %d", o->power_w.v);
        if (o->max_discharge_w < NONE)
            buf_addf(&b, ", down to %d", -o->max_discharge_w);
        if (o->max_charge_w < NONE)
            buf_addf(&b, ", up to %d", o->max_charge_w);
        buf_addf(&b, ", %s(%d %d)", why.code, o->reason.p[0], o->reason.p[1]);
        if (o->next_mono_ms.set)
            buf_addf(&b, " until +%" PRId64, o->next_mono_ms.v - now.mono.ms);
        walk_line(w, i, "%s", text);
    }
    walk_line(w, conf.n, "deliver %d, take %d, reserve %d", out.can_deliver_w, out.can_take_w,
              out.reserve_w);
    walk_numbers(w, "next +%" PRId64, out.next.ms - now.mono.ms);
}
static void storage_pass(struct walk *w, int n, unsigned ours, uint32_t seed, int steps)
{
    static const char *const titles[] = {"ours: none", "ours: the first", "ours: the second",
                                         "ours: all"};
    walk_title(w, seed, titles[ours]);
    begin(n, false);
    for (int i = 0; i < n; i++)
        units[i].ours = ours >> i & 1;
    units[0].car_min_soc_pm = 400;
    units[n - 1].first_until_soc_pm = 700;
    if (seed % 3 == 0) {
        ins[0].mode = BATTERY_MODE_CHARGE;
        ins[0].charge_w = SOME_I32(3000);
    }
    if (seed % 5 == 0) {
        ins[0].power_w = SOME_I32(1500);
        ins[n - 1].power_w = SOME_I32(-1200);
    }
    for (int k = 0; k < steps; k++) {
        int32_t ms = walk_pick(w, pauses, COUNT_OF(pauses)), age = walk_dice(w, 0, 9);
        for (int c = walk_dice(w, 1, 3); c > 0 && k; c--)
            walk_change(w, storage_fields, n == 1 ? 22 : COUNT_OF(storage_fields));
        if (walk_dice(w, 0, 1)) {
            in.grid_w = walk_pick(w, grids, COUNT_OF(grids));
            walk_note(w, "grid %d", in.grid_w);
        }
        walk_note(w, "+%d ms", ms);
        now.mono.ms += ms;
        if (age > 0)
            in.frame_at = now.mono;
        else
            walk_note(w, "no frame");
        for (int i = 0; i < n; i++) { /* ours follow, most of the time */
            if (units[i].ours && ins[i].power_w.set && walk_dice(w, 0, 2) && orders[i].power_w.set)
                ins[i].power_w = orders[i].power_w;
            int32_t late = age == 1 ? 1500 : age == 2 ? 1501 : age == 3 ? 20000 : 0;
            ins[i].at.ms = now.mono.ms - late;
            if (late)
                walk_note(w, "b%d late %d", i, late);
        }
        step();
        storage_answer(w);
    }
}
START_TEST(storage_answers)
{
    struct walk w;
    walk_begin(&w);
    for (uint32_t seed = 1; seed <= 44; seed++)
        storage_pass(&w, 1 + (seed % 3 > 0), seed % 4, seed, 9);
    walk_end(&w, "storage");
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("walk_storage");
    tcase_set_timeout(t, 120); /* a busy machine, with sanitizers */
    tcase_add_test(t, storage_answers);
    return run_case(t, "walk_storage");
}
