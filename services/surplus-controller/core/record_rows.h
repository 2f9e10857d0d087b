/* SPDX-License-Identifier: Apache-2.0
 * record_rows.h -- every member of what control_step gets and gives, in the order of control.h.
 * X(struct, kind, member, argument): argument is the table of a SUB, the enum of an ENUM (NONE: a
 * number), the length of an ARR32. PTR: an array that is a part of its own (record.c). */
#ifndef WATTBUS_RECORD_ROWS_H
#define WATTBUS_RECORD_ROWS_H

/* ---- small structs ---- */
#define REC_AGE_RULE(X, S) X(S, I32, interval_ms, NONE) X(S, I32, max_age_ms, NONE)
#define REC_READING(X, S)                                                                          \
    X(S, MONO, at, NONE)                                                                           \
    X(S, SUB, rule, age_rule)                                                                      \
    X(S, OPT32, power_w, NONE)                                                                     \
    X(S, PHASE3, power_phase_w, NONE)                                                              \
    X(S, PHASE3, current_ma, NONE)                                                                 \
    X(S, PHASE3, voltage_mv, NONE)                                                                 \
    X(S, BOOL, known, NONE)
#define REC_CAP(X, S)                                                                              \
    X(S, OPT32, current_ma, NONE)                                                                  \
    X(S, CODE, why, NONE)                                                                          \
    X(S, ARR32, p, 3)
#define REC_GROUP(X, S)                                                                            \
    X(S, BOOL, member, NONE)                                                                       \
    X(S, BOOL, lost, NONE)                                                                         \
    X(S, OPT32, max_ma, NONE)
#define REC_REASON(X, S)                                                                           \
    X(S, CODE, code, NONE)                                                                         \
    X(S, ARR32, p, 3)                                                                              \
    X(S, I16, circuit, NONE)

/* ---- configuration ---- */
#define REC_CIRCUIT_CONF(X, S)                                                                     \
    X(S, I16, parent, NONE)                                                                        \
    X(S, U8, phases, NONE)                                                                         \
    X(S, BOOL, metered, NONE)                                                                      \
    X(S, I32, max_current_ma, NONE)                                                                \
    X(S, I32, reserve_ma, NONE)                                                                    \
    X(S, OPT32, max_power_w, NONE)
#define REC_CHARGER_CONF(X, S)                                                                     \
    X(S, I16, circuit, NONE)                                                                       \
    X(S, U8, phases, NONE)                                                                         \
    X(S, U8, priority, NONE)                                                                       \
    X(S, I32, min_ma, NONE)                                                                        \
    X(S, I32, max_ma, NONE)                                                                        \
    X(S, I32, fallback_ma, NONE)                                                                   \
    X(S, BOOL, can_switch, NONE)                                                                   \
    X(S, U8, one_phase, NONE)                                                                      \
    X(S, I32, switch_pause_ms, NONE)
#define REC_LOAD_CONF(X, S)                                                                        \
    X(S, ENUM, kind, NONE)                                                                         \
    X(S, I32, power_w, NONE)                                                                       \
    X(S, I32, on_above_w, NONE)                                                                    \
    X(S, I32, off_below_w, NONE)                                                                   \
    X(S, I32, on_delay_ms, NONE)                                                                   \
    X(S, I32, off_delay_ms, NONE)                                                                  \
    X(S, I32, min_run_ms, NONE)                                                                    \
    X(S, I32, min_rest_ms, NONE)                                                                   \
    X(S, I32, block_max_ms, NONE)                                                                  \
    X(S, I32, block_pause_ms, NONE)                                                                \
    X(S, I32, react_ms, NONE)                                                                      \
    X(S, BOOL, can_block, NONE)                                                                    \
    X(S, BOOL, can_force, NONE)
#define REC_CONFIG(X, S)                                                                           \
    X(S, PTR, circuits, NONE)                                                                      \
    X(S, PTR, chargers, NONE)                                                                      \
    X(S, PTR, loads, NONE)                                                                         \
    X(S, I32, circuits_n, NONE)                                                                    \
    X(S, I32, chargers_n, NONE)                                                                    \
    X(S, I32, loads_n, NONE)                                                                       \
    X(S, BOOL, has_grid_meter, NONE)                                                               \
    X(S, BOOL, has_battery, NONE)                                                                  \
    X(S, ENUM, balance, NONE)                                                                      \
    X(S, I32, imbalance_va, NONE)                                                                  \
    X(S, I32, grid_target_w, NONE)                                                                 \
    X(S, I32, dead_band_w, NONE)                                                                   \
    X(S, I32, mean_ms, NONE)                                                                       \
    X(S, I32, settling_ms, NONE)                                                                   \
    X(S, I32, follow_ms, NONE)                                                                     \
    X(S, I32, hold_ms, NONE)                                                                       \
    X(S, I32, hold_max_ms, NONE)                                                                   \
    X(S, I32, restart_ms, NONE)                                                                    \
    X(S, I32, reduced_ms, NONE)                                                                    \
    X(S, I32, room_wait_ms, NONE)                                                                  \
    X(S, I32, frozen_ms, NONE)                                                                     \
    X(S, I32, margin_pm, NONE)                                                                     \
    X(S, I32, slice_ms, NONE)                                                                      \
    X(S, I32, probe_ms, NONE)                                                                      \
    X(S, I32, phase_check_ms, NONE)                                                                \
    X(S, I32, phase_up_pm, NONE)

/* ---- snapshot ---- */
#define REC_CIRCUIT_IN(X, S) X(S, PHASE3, current_ma, NONE) X(S, OPT32, power_w, NONE)
#define REC_CHARGER_IN(X, S)                                                                       \
    X(S, BOOL, known, NONE)                                                                        \
    X(S, BOOL, online, NONE)                                                                       \
    X(S, ENUM, state, evse_state)                                                                  \
    X(S, SUB, meas, reading)                                                                       \
    X(S, OPT32, applied_ma, NONE)                                                                  \
    X(S, ENUM, mode, charge_mode)                                                                  \
    X(S, BOOL, paused, NONE)                                                                       \
    X(S, OPT32, max_ma, NONE)                                                                      \
    X(S, OPT32, min_ma, NONE)                                                                      \
    X(S, OPT32, priority, NONE)                                                                    \
    X(S, ENUM, contacts, NONE)                                                                     \
    X(S, OPT32, start_power_w, NONE)                                                               \
    X(S, I32, start_pm, NONE)                                                                      \
    X(S, I32, solar_share_pm, NONE)                                                                \
    X(S, BOOL, use_battery, NONE)                                                                  \
    X(S, SUB, cap, cap)                                                                            \
    X(S, OPT32, contacts_closed, NONE)                                                             \
    X(S, ENUM, switching, NONE)                                                                    \
    X(S, OPT32, switch_pause_ms, NONE)
#define REC_LOAD_IN(X, S)                                                                          \
    X(S, ENUM, mode, load_mode)                                                                    \
    X(S, OPT32, max_power_w, NONE)                                                                 \
    X(S, OPTB, runs, NONE)                                                                         \
    X(S, BOOL, free, NONE)
#define REC_SNAPSHOT(X, S)                                                                         \
    X(S, SUB, grid, reading)                                                                       \
    X(S, PTR, circuits, NONE)                                                                      \
    X(S, PTR, limits, NONE)                                                                        \
    X(S, PTR, chargers, NONE)                                                                      \
    X(S, PTR, loads, NONE)                                                                         \
    X(S, OPT32, battery_w, NONE)                                                                   \
    X(S, BOOL, battery_late, NONE)                                                                 \
    X(S, OPT32, battery_can_w, NONE)                                                               \
    X(S, I32, reserved_w, NONE)                                                                    \
    X(S, I32, curtailed_w, NONE)                                                                   \
    X(S, OPT32, consume_w, NONE)                                                                   \
    X(S, BOOL, config_agreed, NONE)                                                                \
    X(S, SUB, group, group)

/* ---- result ---- */
#define REC_DECISION(X, S)                                                                         \
    X(S, BOOL, send, NONE)                                                                         \
    X(S, I32, current_ma, NONE)                                                                    \
    X(S, I32, fallback_ma, NONE)                                                                   \
    X(S, U8, contacts, NONE)                                                                       \
    X(S, U8, switched_to, NONE)                                                                    \
    X(S, U8, load, NONE)                                                                           \
    X(S, BOOL, load_detected, NONE)                                                                \
    X(S, SUB, reason, reason)                                                                      \
    X(S, BOOL, overdraws, NONE)                                                                    \
    X(S, BOOL, ignores, NONE)                                                                      \
    X(S, OPT64, next_mono_ms, NONE)
#define REC_LOAD_OUT(X, S)                                                                         \
    X(S, OPTB, on, NONE)                                                                           \
    X(S, I32, power_w, NONE)                                                                       \
    X(S, I32, fallback_w, NONE)                                                                    \
    X(S, ENUM, sg, sg_state)                                                                       \
    X(S, ENUM, fault, NONE)
#define REC_CIRCUIT_OUT(X, S) X(S, PHASE3, current_ma, NONE) X(S, PHASE3, available_ma, NONE)
#define REC_BATTERY_OUT(X, S) X(S, BOOL, block_discharge, NONE) X(S, I32, may_carry_w, NONE)
#define REC_OUT(X, S)                                                                              \
    X(S, PTR, chargers, NONE)                                                                      \
    X(S, PTR, loads, NONE)                                                                         \
    X(S, PTR, circuits, NONE)                                                                      \
    X(S, ENUM, meter, NONE)                                                                        \
    X(S, BOOL, implausible, NONE)                                                                  \
    X(S, OPT32, surplus_w, NONE)                                                                   \
    X(S, I32, charger_w, NONE)                                                                     \
    X(S, I32, load_w, NONE)                                                                        \
    X(S, I32, imbalance_va, NONE)                                                                  \
    X(S, SUB, battery, battery_out)                                                                \
    X(S, MONO, next, NONE)

/* struct, table, rows; a table comes before those that use it */
#define REC_TABLES(T)                                                                              \
    T(age_rule, age_rule, REC_AGE_RULE)                                                            \
    T(control_reading, reading, REC_READING)                                                       \
    T(control_cap, cap, REC_CAP)                                                                   \
    T(control_group, group, REC_GROUP)                                                             \
    T(control_reason, reason, REC_REASON)                                                          \
    T(control_circuit_conf, circuit_conf, REC_CIRCUIT_CONF)                                        \
    T(control_charger_conf, charger_conf, REC_CHARGER_CONF)                                        \
    T(control_load_conf, load_conf, REC_LOAD_CONF)                                                 \
    T(control_config, config, REC_CONFIG)                                                          \
    T(control_circuit_in, circuit_in, REC_CIRCUIT_IN)                                              \
    T(control_charger_in, charger_in, REC_CHARGER_IN)                                              \
    T(control_load_in, load_in, REC_LOAD_IN)                                                       \
    T(control_snapshot, snapshot, REC_SNAPSHOT)                                                    \
    T(control_decision, decision, REC_DECISION)                                                    \
    T(control_load_decision, load_out, REC_LOAD_OUT)                                               \
    T(control_circuit_out, circuit_out, REC_CIRCUIT_OUT)                                           \
    T(control_battery_out, battery_out, REC_BATTERY_OUT)                                           \
    T(control_out, out, REC_OUT)
#endif
