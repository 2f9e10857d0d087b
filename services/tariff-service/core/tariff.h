/* SPDX-License-Identifier: Apache-2.0
 * tariff.h -- what energy costs at a moment, and the slots of today and tomorrow. Pure. */
#ifndef TARIFF_SERVICE_TARIFF_H
#define TARIFF_SERVICE_TARIFF_H
#include "libcommon/pure/calendar.h"
#include "proto/proto.h"

enum { SLOT_MS = 900000, TARIFF_MAX_AGE_MS = 3600000, TARIFF_RULES = 32 };

/* A period of site.yaml. It belongs to the days on which it begins, and begins and ends on quarter
 * hours, so that no price changes within a slot. */
struct price_rule {
    uint8_t days;             /* bit 0: Monday … bit 6: Sunday */
    int16_t from_min, to_min; /* minutes of the day; to <= from: ends on the day after */
    int64_t price_micro;      /* per kWh */
};
struct tariff {
    char id[ID_CAP], name[48], unit[16];
    enum tariff_kind kind;
    int64_t price_micro; /* outside of all rules */
    int64_t base_fee_micro_month;
    struct price_rule rules[TARIFF_RULES];
    int rules_n;
};

/* Micro-units of currency per kWh at that local time; may be negative. The last rule that matches
 * wins. */
int64_t tariff_price_micro(const struct tariff *t, struct civil local);
/* The whole message: slots from the start of today to the end of tomorrow, as the clocks of `z`
 * count days, and the price of the slot in which `now` lies. */
void tariff_message(const struct tariff *t, const struct zone *z, struct wall now,
                    struct tariff_state *out);
/* Start of the slot in which `now` lies. */
struct wall tariff_slot(const struct zone *z, struct wall now);
/* False while the clock has obviously not been set (before 2020). */
bool tariff_clock_ok(struct wall now);
#endif
