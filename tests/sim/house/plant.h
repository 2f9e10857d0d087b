/* SPDX-License-Identifier: Apache-2.0
 * The physics of the simulated house: sun, loads, inverter, battery, cars, grid connection. Pure:
 * no IO, clock or allocation; time comes in as dt. Nothing here knows a protocol.
 *
 * Units: power in mW, current in uA or mA, energy in uJ (= mW x ms; 3.6e9 uJ = 1 Wh). Integers, so
 * that the energy accounts balance to the last uJ. Signs: grid + import, battery + charging,
 * PV + production, house and cars + consumption. Cos phi is 1 everywhere and the battery has no
 * losses: what goes in comes out. */
#ifndef SIM_PLANT_H
#define SIM_PLANT_H
#include <stdbool.h>
#include <stdint.h>

enum { PHASES = 3, MAX_CHARGERS = 8, MIN_OFFER_MA = 6000 };
#define UJ_PER_WH      INT64_C(3600000000)
#define NO_LIMIT_W     INT32_MAX
#define OVERDRAW_GRACE 6000 /* ms a car may take to follow a lower limit (IEC 61851: 5 s) */

struct car_config {
    int32_t phases;       /* 1..3 */
    int32_t max_ma;       /* per phase */
    int32_t capacity_wh;  /* > 0 */
    int32_t soc_permille; /* at start, 0..1000 */
    int32_t below_ma;     /* draws this much less than offered */
    int32_t delay_ms;     /* from an offer to the first current */
    int32_t settle_ms;    /* reaches 95 % of a new offer in this time */
};
struct charger_config {
    int32_t max_ma;   /* hardware limit per phase */
    int32_t rotation; /* 0: L1L2L3, 1: L2L3L1, 2: L3L1L2 */
    int64_t meter_wh; /* counter at start */
    struct car_config car;
};
struct battery_config {
    bool present; /* regulates the grid to zero by itself */
    int32_t capacity_wh, max_charge_w, max_discharge_w;
    int32_t soc_permille, min_soc_permille;
    int32_t lag_ms;
};
struct plant_config {
    int32_t fuse_ma;    /* of the grid connection, per phase */
    int32_t voltage_mv; /* L-N, constant */
    int32_t pv_rated_w; /* nameplate of the inverter (WMax) */
    struct battery_config battery;
    int32_t n_chargers;
    struct charger_config charger[MAX_CHARGERS];
};

/* What the sun and the people do. */
struct plant_input {
    int32_t pv_w;           /* what the sun would give */
    int32_t load_w[PHASES]; /* house without cars */
};
/* What the inverter was told over its interface. charge_max_w and discharge_max_w form the window
 * -discharge_max..charge_max for the battery; a negative end forces the other direction. */
struct plant_control {
    int32_t ac_limit_w; /* >= 0, NO_LIMIT_W: none */
    int32_t charge_max_w, discharge_max_w;
    bool grid_charge;         /* the battery may charge from the grid */
    int32_t reserve_permille; /* no discharge below this state of charge */
};

struct charger {
    bool plugged;
    int32_t offered_ma;     /* on the pilot; < 6 A is a pause */
    int32_t offered_phases; /* 1 or 3: contactors of the box */
    int32_t commanded_ma;   /* what the box was told; differs from offered when it disobeys */
    int64_t wait_ms;        /* until the car starts */
    int64_t drawn_ua;       /* per active phase */
    int64_t stored_uj;      /* in the car */
    int64_t delivered_uj;   /* meter of the box */
    int64_t mw[PHASES];     /* on the grid's phases */
    int64_t over_ms, longest_over_ms; /* draw above the command */
    int32_t worst_over_ma, violations;
};
struct fuse_watch {
    int32_t peak_ma; /* highest current seen at all */
    bool over;
    int64_t over_ms, longest_over_ms, total_over_ms;
    int32_t worst_over_ma, events;
};
struct energy {
    int64_t pv, house, cars, charged, discharged, import, export, inverter;
    int64_t import_phase[PHASES], export_phase[PHASES];
};
struct plant {
    struct plant_config config;
    struct plant_input input;
    struct plant_control control;
    struct charger charger[MAX_CHARGERS];
    int64_t battery_uj;
    int64_t pv_mw, battery_mw, inverter_mw, house_mw, cars_mw, grid_mw;
    int64_t phase_mw[PHASES]; /* at the grid connection */
    struct energy energy;     /* uJ since start */
    struct fuse_watch fuse[PHASES];
    int64_t now_ms; /* plant time since start */
};

/* Sets all state from the configuration, cars unplugged. */
void plant_init(struct plant *p, const struct plant_config *config);
/* Lets dt_ms (>= 0) pass under the present input, control and offers. */
void plant_step(struct plant *p, int64_t dt_ms);
void plant_plug(struct charger *c, const struct car_config *car, bool plugged);
/* The box cuts the current at once. */
void plant_open_contactor(struct charger *c);
/* Phases the car uses under the present contactor position: 0..3. */
int32_t plant_car_phases(const struct plant *p, int32_t i);
/* Current through a grid phase, mA, unsigned as meters show it. */
int32_t plant_phase_ma(const struct plant *p, int32_t phase);
/* Current on the box's own phase (0..2), mA. */
int32_t plant_charger_ma(const struct plant *p, int32_t i, int32_t phase);
/* Power of one charger, all phases, mW. */
int64_t plant_charger_mw(const struct plant *p, int32_t i);
int32_t plant_battery_permille(const struct plant *p);
int32_t plant_car_permille(const struct plant *p, int32_t i);
/* import - export - (house + cars + charged - discharged - pv); 0 or the books are wrong. */
int64_t plant_imbalance_uj(const struct plant *p);
#endif
