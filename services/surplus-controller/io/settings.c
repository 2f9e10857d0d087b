/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/io/settings.h"

void settings_place(struct control_config *k, const struct control_conf *c)
{
    static const enum control_balance balance[IMBALANCE_COUNT] = {[IMBALANCE_OFF] = BALANCE_OFF,
                                                                  [IMBALANCE_CARS] = BALANCE_CARS,
                                                                  [IMBALANCE_ALL] = BALANCE_ALL};
    k->grid_target_w = c->grid_target_w;
    k->dead_band_w = c->dead_band_w;
    k->mean_ms = c->mean_ms;
    k->settling_ms = c->settling_ms;
    k->follow_ms = c->follow_ms;
    k->hold_ms = c->hold_ms;
    k->hold_max_ms = c->hold_max_ms;
    k->room_wait_ms = c->room_wait_ms;
    k->restart_ms = c->restart_ms;
    k->reduced_ms = c->reduced_ms;
    k->frozen_ms = c->frozen_ms;
    k->phase_check_ms = c->phase_check_ms;
    k->phase_up_pm = c->phase_up_pm;
    k->balance = balance[c->imbalance];
    k->imbalance_va = c->max_imbalance_va;
}
