/* SPDX-License-Identifier: Apache-2.0 */
#include "services/ocpp-gateway/core/meter.h"

enum { NOMINAL_MV = 230000, VOLTAGE_MAX_MV = 1000000 };

static const struct {
    const char *measurand;
    enum meter_kind kind;
    int milli;       /* our unit per unit of the table */
    bool in_the_car; /* the only one that is measured there */
} kinds[] = {
    {"Energy.Active.Import.Register", METER_ENERGY, 1, false},
    {"Power.Active.Import", METER_POWER, 1, false},
    {"Current.Import", METER_CURRENT, 1000, false},
    {"Voltage", METER_VOLTAGE, 1000, false},
    {"SoC", METER_SOC, 10, true},
};

static const struct {
    const char *phase;
    enum { TOTAL, PLAIN, NEUTRAL, LINE } how;
    int index;
} phase_names[] = {
    {"", TOTAL, 0},       {"L1", PLAIN, 0},     {"L2", PLAIN, 1},     {"L3", PLAIN, 2},
    {"L1-N", NEUTRAL, 0}, {"L2-N", NEUTRAL, 1}, {"L3-N", NEUTRAL, 2}, {"L1-L2", LINE, 0},
    {"L2-L3", LINE, 1},   {"L3-L1", LINE, 2},
};

static bool is_or_empty(struct str s, const char *word)
{
    return s.len == 0 || str_eq_nocase(s, str_of(word));
}

static void put(int64_t v[PHASES], uint8_t *has, int i, int64_t value)
{
    v[i] = value;
    *has = (uint8_t)(*has | 1u << i);
}

static bool store(struct meter_quantity *q, struct str phase, int64_t value)
{
    for (size_t i = 0; i < COUNT_OF(phase_names); i++) {
        if (!str_eq_nocase(phase, str_of(phase_names[i].phase)))
            continue;
        int at = phase_names[i].index;
        switch (phase_names[i].how) {
        case TOTAL:
            q->total = value;
            q->has_total = true;
            break;
        case PLAIN: put(q->plain, &q->has_plain, at, value); break;
        case NEUTRAL: put(q->neutral, &q->has_neutral, at, value); break;
        case LINE: put(q->line, &q->has_line, at, value); break;
        }
        return true;
    }
    return false; /* N and what else there is */
}

bool meter_add(struct meter_sum *m, const struct meter_sample *s)
{
    struct str measurand = str_trim(s->measurand), unit = str_trim(s->unit);
    struct str location = str_trim(s->location);
    double v;
    if (measurand.len == 0)
        measurand = str_of("Energy.Active.Import.Register");
    if (!is_or_empty(str_trim(s->format), "Raw"))
        return false; /* SignedData is a text, however much it looks like a number */
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (!str_eq_nocase(measurand, str_of(kinds[i].measurand)))
            continue;
        if (!kinds[i].in_the_car && !is_or_empty(location, "Outlet") &&
            !is_or_empty(location, "Cable"))
            return false;
        if (!str_f64(str_trim(s->value), &v) || v > 1e12 || v < -1e12)
            return false;
        double scale = unit.len > 1 && unit.p[0] == 'k' ? 1000 : 1;
        return store(&m->q[kinds[i].kind], str_trim(s->phase),
                     round_i64(v * scale * kinds[i].milli));
    }
    return false;
}

/* Per terminal: to neutral, else plain, else between lines. The first is what every voltage and
 * most currents mean. */
static bool terminal(const struct meter_quantity *q, int i, bool voltage, int64_t *v)
{
    if (q->has_neutral >> i & 1)
        *v = q->neutral[i];
    else if (q->has_plain >> i & 1)
        *v = q->plain[i];
    else if (voltage && (q->has_line >> i & 1))
        *v = q->line[i] * 1000 / 1732;
    else
        return false;
    return true;
}

static void spread(const struct meter_quantity *q, const struct meter_wiring *c, bool voltage,
                   bool total_is_each, struct phases_i32 *out)
{
    for (int i = 0; i < PHASES; i++) {
        int64_t v;
        if (terminal(q, i, voltage, &v))
            phase_put(out, (i + c->shift) % PHASES, sat_i32(v));
        else if (total_is_each && q->has_total && i < c->phases)
            phase_put(out, (i + c->shift) % PHASES, sat_i32(q->total));
    }
}

static struct opt_i64 total_of(const struct meter_quantity *q)
{
    struct opt_i64 sum = {q->total, q->has_total};
    for (int i = 0; i < PHASES && !q->has_total; i++) {
        int64_t v;
        if (terminal(q, i, false, &v))
            sum = (struct opt_i64){sum.v + v, true};
    }
    return sum;
}

static struct opt_i32 narrow(struct opt_i64 v)
{
    return (struct opt_i32){sat_i32(v.v), v.set};
}

void meter_reading_of(const struct meter_sum *m, const struct meter_wiring *c,
                      struct meter_reading *out)
{
    *out = (struct meter_reading){.power_w = narrow(total_of(&m->q[METER_POWER])),
                                  .energy_wh = total_of(&m->q[METER_ENERGY]),
                                  .soc_pm = narrow(total_of(&m->q[METER_SOC]))};
    spread(&m->q[METER_POWER], c, false, c->phases == 1, &out->power_phase_w);
    spread(&m->q[METER_CURRENT], c, false, true, &out->current_phase_ma);
    spread(&m->q[METER_VOLTAGE], c, true, true, &out->voltage_phase_mv);
    for (int i = 0; i < PHASES; i++)
        if (out->voltage_phase_mv.v[i] < 0 || out->voltage_phase_mv.v[i] > VOLTAGE_MAX_MV)
            out->voltage_phase_mv.set = (uint8_t)(out->voltage_phase_mv.set & ~(1u << i));
    if (out->energy_wh.set && out->energy_wh.v < 0)
        out->energy_wh.set = false;
    if (out->soc_pm.set && (out->soc_pm.v < 0 || out->soc_pm.v > 1000))
        out->soc_pm.set = false;
    if (out->power_w.set || out->current_phase_ma.set == 0)
        return;
    int64_t uw = 0; /* microwatts: mA x mV */
    for (int i = 0; i < PHASES; i++)
        if (phase_set(&out->current_phase_ma, i))
            uw += (int64_t)out->current_phase_ma.v[i] *
                  (phase_set(&out->voltage_phase_mv, i) && out->voltage_phase_mv.v[i] > 0
                       ? out->voltage_phase_mv.v[i]
                       : NOMINAL_MV);
    out->power_w = SOME_I32(sat_i32(uw / 1000000));
}
