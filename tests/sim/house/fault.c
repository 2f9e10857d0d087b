/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/house/fault.h"

#include <string.h>

static const char *const names[FAULT_KINDS] = {"none",  "mute",    "garbage", "slow",  "frozen",
                                               "reset", "offline", "ignore",  "reject"};

const char *fault_name(enum fault_kind kind)
{
    return names[kind];
}

bool fault_parse(const char *name, enum fault_kind *out)
{
    for (int i = 0; i < FAULT_KINDS; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (enum fault_kind)i;
            return true;
        }
    return false;
}
