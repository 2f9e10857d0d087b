/* SPDX-License-Identifier: Apache-2.0
 * meter.h -- the many ways in which charge points say what they measure, made one. Pure.
 *
 * Feed the sampled values of one MeterValue into a zeroed struct meter_sum, then meter_reading_of.
 */
#ifndef OCPP_CORE_METER_H
#define OCPP_CORE_METER_H
#include "libcommon/pure/sample.h"
#include "libcommon/pure/str.h"

/* One SampledValue as it came; empty texts mean the defaults of the specification. */
struct meter_sample {
    struct str value, measurand, phase, unit, format, location;
};
/* A quantity as told: for the whole connector and per terminal, in its milli or plain unit. */
struct meter_quantity {
    int64_t total, neutral[PHASES], plain[PHASES], line[PHASES];
    bool has_total;
    uint8_t has_neutral, has_plain, has_line; /* L1-N, L1, L1-L2: bits per phase */
};
enum meter_kind { METER_ENERGY, METER_POWER, METER_CURRENT, METER_VOLTAGE, METER_SOC, METER_KINDS };
struct meter_sum {
    struct meter_quantity q[METER_KINDS]; /* Wh, W, mA, mV, permille */
};

struct meter_wiring {
    int phases; /* wired: 1..3 */
    int shift;  /* terminal i is on grid phase (i + shift) % 3: 0 L1L2L3, 1 L2L3L1, 2 L3L1L2 */
};
/* Signs: + is consumption. Phases are the grid's. */
struct meter_reading {
    struct opt_i32 power_w, soc_pm;
    struct opt_i64 energy_wh; /* register of the connector */
    struct phases_i32 power_phase_w, current_phase_ma, voltage_phase_mv;
};

/* False: nothing that we can use (signed data, offered values, other places, no number). */
bool meter_add(struct meter_sum *m, const struct meter_sample *s);
void meter_reading_of(const struct meter_sum *m, const struct meter_wiring *c,
                      struct meter_reading *out);
#endif
