/* SPDX-License-Identifier: Apache-2.0
 * load_reasons.h -- why a load does what it does; part of CONTROL_REASONS. */
#ifndef WATTBUS_LOAD_REASONS_H
#define WATTBUS_LOAD_REASONS_H

#define LOAD_REASONS(R)                                                                            \
    R(LOAD_OFFLINE, "load_offline", DEVICE, "The device does not answer.", "", "", "")             \
    R(LOAD_FREE, "load_free", DEVICE,                                                              \
      "The device has left external control; it is told nothing until it obeys again.", "", "",    \
      "")                                                                                          \
    R(LOAD_OFF, "load_off", MODE, "Switched off (mode off).", "", "", "")                          \
    R(LOAD_NORMAL, "load_normal", MODE, "Runs by itself (mode normal).", "", "", "")               \
    R(LOAD_ON, "load_on", MODE, "Told to run with {0} W (mode on).", "power_w", "", "")            \
    R(LOAD_MAX, "load_max_power", OVERRIDE, "Limited to your maximum of {0} W.", "max_w", "", "")  \
    R(LOAD_MAX_LOW, "load_max_power_low", OVERRIDE,                                                \
      "Your maximum of {0} W is below the {1} W that it needs.", "max_w", "min_w", "")             \
    R(LOAD_NO_METER, "load_no_meter", MODE,                                                        \
      "Running on solar surplus needs a grid meter and none is configured.", "", "", "")           \
    R(LOAD_SURPLUS, "load_surplus", SURPLUS,                                                       \
      "Runs with {0} W; the solar surplus for it is {1} W.", "power_w", "surplus_w", "")           \
    R(LOAD_WAIT, "load_wait_surplus", SURPLUS,                                                     \
      "Waiting for the sun: {0} W of surplus, it starts at {1} W.", "surplus_w", "needed_w", "")   \
    R(LOAD_DELAY, "load_start_delay", DWELL, "Enough sun ({0} W); starts in {1} s if it lasts.",   \
      "surplus_w", "left_s", "")                                                                   \
    R(LOAD_HOLD, "load_hold", SURPLUS,                                                             \
      "Too little sun ({0} W of {1} W): stops in {2} min unless the sun is back.", "surplus_w",    \
      "needed_w", "left_min")                                                                      \
    R(LOAD_MIN_RUN, "load_min_run", DWELL,                                                         \
      "Kept running for {0} min more: once on it stays on for a while.", "left_min", "", "")       \
    R(LOAD_REST, "load_rest", DWELL, "Rests for {0} min more before it may start again.",          \
      "left_min", "", "")                                                                          \
    R(LOAD_TRIMMED, "load_trimmed", DEVICE, "It takes only {0} W; the rest goes to others.",       \
      "taken_w", "", "")                                                                           \
    R(LOAD_CIRCUIT, "load_circuit", CIRCUIT, "Limited to {0} W by the fuse of {c}.", "power_w",    \
      "", "")                                                                                      \
    R(LOAD_CIRCUIT_OFF, "load_circuit_off", CIRCUIT,                                               \
      "Off: the fuse of {c} leaves {0} W, it needs {1} W.", "available_w", "needed_w", "")         \
    R(LOAD_REDUCED, "load_reduced", CIRCUIT,                                                       \
      "Reduced to {0} W after an overload of {c}; for {1} min more.", "power_w", "left_min", "")   \
    R(LOAD_IMBALANCE, "load_imbalance", IMBALANCE,                                                 \
      "Limited to {0} W so that the phases stay balanced.", "power_w", "", "")                     \
    R(LOAD_TURN, "load_turn", SHARE, "Waiting for its turn: another one runs first.", "", "", "")  \
    R(LOAD_GRID_LIMIT, "load_grid_limit", GRID_OPERATOR,                                           \
      "The grid operator limits it: {0} W of {1} W.", "power_w", "limit_w", "")                    \
    R(LOAD_GRID_LIMIT_OFF, "load_grid_limit_off", GRID_OPERATOR,                                   \
      "Off: the grid operator allows {0} W, it needs {1} W.", "limit_w", "needed_w", "")           \
    R(LOAD_BLOCKED, "load_blocked", GRID_OPERATOR,                                                 \
      "Blocked for {0} min at most: the grid operator allows {1} W.", "left_min", "limit_w", "")   \
    R(LOAD_BLOCK_OVER, "load_block_over", GRID_OPERATOR,                                           \
      "It was blocked for as long as is allowed; it runs by itself for {0} min.", "left_min", "",  \
      "")                                                                                          \
    R(LOAD_OFF_BLOCKED, "load_off_blocked", MODE, "Blocked for {0} min at most (mode off).",       \
      "left_min", "", "")                                                                          \
    R(LOAD_METER, "load_meter_lost", BLIND,                                                        \
      "The grid meter can't be trusted: {0} W until it can.", "power_w", "", "")                   \
    R(LOAD_SETTLING, "load_settling", DWELL,                                                       \
      "More is free; waiting until the meter shows the last step.", "", "", "")
#endif
