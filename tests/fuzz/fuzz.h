/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WATTBUS_FUZZ_H
#define WATTBUS_FUZZ_H
#include "libcommon/pure/base.h"
/* One input: must neither crash nor leak. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
#endif
