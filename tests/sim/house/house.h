/* SPDX-License-Identifier: Apache-2.0
 * The house: the plant and its devices on the wire, in step. */
#ifndef SIM_HOUSE_H
#define SIM_HOUSE_H
#include "tests/sim/house/curve.h"
#include "tests/sim/house/modbus_server.h"
#include "tests/sim/house/ocpp_box.h"
#include "tests/sim/house/options.h"

enum { STEP_MS = 100 };
/* Held values replace the curve: index 0 is the sun, 1..3 the load per phase. */
enum { HOLD_PV, HOLD_L1, HOLD_L2, HOLD_L3, HOLDS };
struct house {
    struct options options;
    uv_loop_t *loop;
    struct plant plant;
    struct curve curve;
    bool held[HOLDS];
    int32_t hold_w[HOLDS];
    struct image meter_image;
    struct sunspec sunspec;
    struct modbus_server meter, inverter;
    int meter_port, inverter_port;
    int64_t meter_fresh_ms; /* when the meter took its last values */
    struct ocpp_url url;
    struct box box[MAX_CHARGERS];
    bool plugged_at_start[MAX_CHARGERS];
    int64_t start_ms, step_ms;
    uv_timer_t tick;
};

/* Everything up and ticking on loop. False: a message is in error. */
bool house_start(struct house *h, uv_loop_t *loop, char *error, size_t size);
/* Brings the plant to this moment. */
void house_step(struct house *h);
#endif
