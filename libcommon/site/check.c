/* SPDX-License-Identifier: Apache-2.0
 * What one key alone can't tell. Each check says what is wrong at the line where it can be put
 * right. */
#include "libcommon/site/private.h"

void site_check(const struct check *c)
{
    UNUSED(c);
}
