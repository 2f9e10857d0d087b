/* SPDX-License-Identifier: Apache-2.0
 * watch_view.h -- the house as a table for a terminal of 80 columns. Pure. */
#ifndef WATTBUS_CLI_WATCH_VIEW_H
#define WATTBUS_CLI_WATCH_VIEW_H
#include "libcommon/pure/clock.h"
#include "services/wattbus/house.h"

enum { VIEW_COLUMNS = 80 };
/* Lines ended by \n. `clock` is shown as it is (the caller knows the zone). Colours are SGR
 * sequences; without them the text alone says the same. */
void watch_view(const struct house *h, struct wall now, const char *clock, bool colour,
                struct buf *out);
#endif
