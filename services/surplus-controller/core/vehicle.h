/* SPDX-License-Identifier: Apache-2.0
 * vehicle.h -- a car's state of charge between the times at which somebody says it, and which car
 * stands where. Pure. */
#ifndef WATTBUS_VEHICLE_H
#define WATTBUS_VEHICLE_H
#include "libcommon/pure/sample.h"
#include "libcommon/pure/str.h"

/* What was said of a car. Zero it; survives a restart. */
struct vehicle_soc {
    struct opt_i32 soc_pm;
    struct wall at;
    int32_t session_wh; /* of the session in which it was said, at that moment */
};
/* "64", "64.5", "64 %", 64.50: percent to permille, rounded. False: none. */
bool vehicle_parse_soc(struct str text, int32_t *soc_pm);
/* session_wh: charged so far in the session that runs; 0 without one. */
void vehicle_said(struct vehicle_soc *s, int32_t soc_pm, struct wall at, int32_t session_wh);
/* A session has ended: what was said is of before the drive. What is said from now on until the
 * next session counts for that. */
void vehicle_left(struct vehicle_soc *s);
/* Counted on by what was charged since (capacity unset: as it was said). *estimated: it was. */
struct opt_i32 vehicle_soc_now(const struct vehicle_soc *s, int32_t session_wh,
                               struct opt_i32 capacity_wh, int32_t efficiency_pm, bool *estimated);

/* ---- who stands where ---- */
enum { NO_VEHICLE = -1, GUEST = -2 };
struct vehicle_claim {
    int16_t by_hand; /* override: index of the vehicle; GUEST: none that is known; NO_VEHICLE:
                        nobody said so */
    int16_t by_tag;  /* recognised in this session */
    int16_t usual;   /* the one of the site file */
};
/* Gives each charger its vehicle: by hand before by tag before usual, and each vehicle to one
 * charger only (the first in order of the stronger claim). */
void vehicle_assign(const struct vehicle_claim *claims, int chargers_n, int16_t *out);
#endif
