/* SPDX-License-Identifier: Apache-2.0 */
#include "services/ocpp-gateway/core/meter.h"
#include "tests/unit/ocpp-gateway/suites.h"

#define NONE INT32_MIN
struct want {
    int32_t power_w, energy_wh, soc_pm;
    int32_t current_ma[PHASES], voltage_mv[PHASES];
};
static const struct {
    const char *name;
    struct meter_wiring wiring;
    const char *samples; /* value|measurand|phase|unit|format|location; … */
    struct want want;
} rows[] = {
    {"defaults are energy in Wh",
     {3, 0},
     "1234",
     {NONE, 1234, NONE, {NONE, NONE, NONE}, {NONE, NONE, NONE}}},
    {"kWh and blanks",
     {3, 0},
     " 1.2345 |Energy.Active.Import.Register||kWh",
     {NONE, 1235, NONE, {NONE, NONE, NONE}, {NONE, NONE, NONE}}},
    {"energy per phase is summed",
     {3, 0},
     "1|Energy.Active.Import.Register|L1|kWh;2|Energy.Active.Import.Register|L2|kWh",
     {NONE, 3000, NONE, {NONE, NONE, NONE}, {NONE, NONE, NONE}}},
    {"single-phase box with L1 energy",
     {1, 0},
     "7|Energy.Active.Import.Register|L1|Wh",
     {NONE, 7, NONE, {NONE, NONE, NONE}, {NONE, NONE, NONE}}},
    {"total beats the sum",
     {3, 0},
     "7|Energy.Active.Import.Register;1|Energy.Active.Import.Register|L1",
     {NONE, 7, NONE, {NONE, NONE, NONE}, {NONE, NONE, NONE}}},
    {"kW, case of measurand",
     {3, 0},
     "3.6|power.active.import||kW",
     {3600, NONE, NONE, {NONE, NONE, NONE}, {NONE, NONE, NONE}}},
    {"power per phase",
     {3, 0},
     "1000|Power.Active.Import|L1|W;900|Power.Active.Import|L2-N|W;100|Power.Active.Import|N|W",
     {1900, NONE, NONE, {NONE, NONE, NONE}, {NONE, NONE, NONE}}},
    {"power derived from U and I",
     {3, 0},
     "10|Current.Import|L1|A;10|Current.Import|L2|A;220|Voltage|L1-N|V",
     {4500, NONE, NONE, {10000, 10000, NONE}, {220000, NONE, NONE}}},
    {"rotation L2L3L1",
     {3, 1},
     "1|Current.Import|L1|A;2|Current.Import|L2|A;3|Current.Import|L3|A;0|Power.Active.Import",
     {0, NONE, NONE, {3000, 1000, 2000}, {NONE, NONE, NONE}}},
    {"rotation L3L1L2, one phase",
     {1, 2},
     "6|Current.Import|L1|A;0|Power.Active.Import",
     {0, NONE, NONE, {NONE, NONE, 6000}, {NONE, NONE, NONE}}},
    {"current without phase on one phase",
     {1, 1},
     "6|Current.Import||A;0|Power.Active.Import",
     {0, NONE, NONE, {NONE, 6000, NONE}, {NONE, NONE, NONE}}},
    {"current without phase on three",
     {3, 0},
     "6|Current.Import||A;0|Power.Active.Import",
     {0, NONE, NONE, {6000, 6000, 6000}, {NONE, NONE, NONE}}},
    {"line voltage",
     {3, 0},
     "400|Voltage|L1-L2|V",
     {NONE, NONE, NONE, {NONE, NONE, NONE}, {230946, NONE, NONE}}},
    {"neutral beats line and plain",
     {3, 0},
     "400|Voltage|L1-L2|V;229|Voltage|L1|V;230|Voltage|L1-N|V",
     {NONE, NONE, NONE, {NONE, NONE, NONE}, {230000, NONE, NONE}}},
    {"offered is not measured",
     {3, 0},
     "16|Current.Offered||A;11|Power.Offered||kW;5|Energy.Active.Import.Interval",
     {NONE, NONE, NONE, {NONE, NONE, NONE}, {NONE, NONE, NONE}}},
    {"inlet is not outlet",
     {3, 0},
     "5000|Power.Active.Import||W||Inlet;7|Energy.Active.Import.Register||||Outlet",
     {NONE, 7, NONE, {NONE, NONE, NONE}, {NONE, NONE, NONE}}},
    {"soc is in the car",
     {3, 0},
     "55.5|SoC||Percent||EV",
     {NONE, NONE, 555, {NONE, NONE, NONE}, {NONE, NONE, NONE}}},
    {"impossible soc",
     {3, 0},
     "155|SoC||Percent",
     {NONE, NONE, NONE, {NONE, NONE, NONE}, {NONE, NONE, NONE}}},
    {"signed data is no number",
     {3, 0},
     "123|Energy.Active.Import.Register||Wh|SignedData",
     {NONE, NONE, NONE, {NONE, NONE, NONE}, {NONE, NONE, NONE}}},
    {"no numbers",
     {3, 0},
     "|Voltage;abc|Voltage;nan|Voltage;1e99|Voltage;0x10|Voltage;-5|Voltage|L1",
     {NONE, NONE, NONE, {NONE, NONE, NONE}, {NONE, NONE, NONE}}},
    {"negative register", {3, 0}, "-5", {NONE, NONE, NONE, {NONE, NONE, NONE}, {NONE, NONE, NONE}}},
};

static void check_phases(const char *what, const struct phases_i32 *p, const int32_t want[PHASES])
{
    for (int i = 0; i < PHASES; i++) {
        ck_assert_msg(phase_set(p, i) == (want[i] != NONE), "%s phase %d", what, i + 1);
        if (want[i] != NONE)
            ck_assert_int_eq(p->v[i], want[i]);
    }
}

START_TEST(values_are_made_one)
{
    struct meter_sum sum = {0};
    struct meter_reading r;
    const struct want *w = &rows[_i].want;
    struct str all = str_of(rows[_i].samples);
    while (all.len > 0) {
        struct str s = str_word(&all, ';');
        struct meter_sample m = {.value = str_word(&s, '|')};
        m.measurand = str_word(&s, '|');
        m.phase = str_word(&s, '|');
        m.unit = str_word(&s, '|');
        m.format = str_word(&s, '|');
        m.location = s;
        meter_add(&sum, &m);
    }
    meter_reading_of(&sum, &rows[_i].wiring, &r);
    ck_assert_msg(r.power_w.set == (w->power_w != NONE), "%s: power", rows[_i].name);
    if (r.power_w.set)
        ck_assert_int_eq(r.power_w.v, w->power_w);
    ck_assert_msg(r.energy_wh.set == (w->energy_wh != NONE), "%s: energy", rows[_i].name);
    if (r.energy_wh.set)
        ck_assert_int_eq(r.energy_wh.v, w->energy_wh);
    ck_assert_msg(r.soc_pm.set == (w->soc_pm != NONE), "%s: soc", rows[_i].name);
    if (r.soc_pm.set)
        ck_assert_int_eq(r.soc_pm.v, w->soc_pm);
    check_phases(rows[_i].name, &r.current_phase_ma, w->current_ma);
    check_phases(rows[_i].name, &r.voltage_phase_mv, w->voltage_mv);
}
END_TEST

TCase *meter_tests(void)
{
    TCase *t = tcase_create("meter");
    tcase_add_loop_test(t, values_are_made_one, 0, (int)COUNT_OF(rows));
    return t;
}
