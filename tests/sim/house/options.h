/* SPDX-License-Identifier: Apache-2.0
 * Options of sim-house, the same names on the command line (--name value) and in a JSON file. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H
#include "tests/sim/house/ocpp_box.h"
#include "tests/sim/house/plant.h"

enum meter_kind { METER_SDM630, METER_KSEM };
struct charger_options {
    struct charger_config charger;
    struct box_config box;
};
struct options {
    int32_t meter, meter_port, inverter_port, control_port, meter_interval_ms, speed;
    int32_t battery; /* 0 none, 1 self */
    int32_t n_chargers;
    char ocpp[256], curve[256];
    struct plant_config plant; /* its chargers come from charger[] */
    struct charger_options charger[MAX_CHARGERS];
};

/* Fills defaults, then the arguments in order. False: a message is in error. */
bool options_parse(struct options *o, int argc, const char *const *argv, char *error, size_t size);
/* The whole plant configuration. */
struct plant_config options_plant(const struct options *o);
/* Names, defaults and ranges, for --help. */
void options_print(FILE *out);
#endif
