/* SPDX-License-Identifier: Apache-2.0
 * rules.h -- what Home Assistant accepts as a device document, as a check of our own. It is
 * stricter than the original: a key that Home Assistant would silently drop is an error here. */
#ifndef TEST_HA_RULES_H
#define TEST_HA_RULES_H
#include "libcommon/pure/str.h"

/* All documents of a house: ids and names must not meet across them. */
struct rules {
    char ids[2048][128];
    int n;
};
/* "" when the document is fine, else the first fault. */
struct err_text rules_check(struct rules *r, const char *topic, const char *json);
#endif
