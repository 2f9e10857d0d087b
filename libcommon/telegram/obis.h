/* SPDX-License-Identifier: Apache-2.0
 * obis.h -- what OBIS codes mean to us (IEC 62056-61; SML and D0 name values by them). Pure. */
#ifndef WATTBUS_OBIS_H
#define WATTBUS_OBIS_H
#include "libcommon/device/quantity.h"

/* A-B:C.D.E of *code; F is not looked at. False: it is not one of ours. */
bool obis_quantity(const uint8_t code[6], enum quantity *out);
#endif
