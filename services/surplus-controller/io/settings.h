/* SPDX-License-Identifier: Apache-2.0
 * settings.h -- `control` of site.yaml, as the core takes it. The simulated days take it the same
 * way. Pure. */
#ifndef WATTBUS_SURPLUS_SETTINGS_H
#define WATTBUS_SURPLUS_SETTINGS_H
#include "libcommon/site/site.h"
#include "services/surplus-controller/core/control.h"

/* Onto what control_config_default gave; circuits, chargers and loads are not touched. */
void settings_place(struct control_config *k, const struct control_conf *c);
#endif
