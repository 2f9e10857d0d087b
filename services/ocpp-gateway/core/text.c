/* SPDX-License-Identifier: Apache-2.0 */
#include "services/ocpp-gateway/core/text.h"

void text_mend(char *z)
{
    size_t len = strlen(z), at = len;
    while (at > 0 && ((unsigned char)z[at - 1] & 0xc0) == 0x80)
        at--;
    if (at == 0)
        return;
    unsigned char lead = (unsigned char)z[at - 1];
    size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (len - (at - 1) < want)
        z[at - 1] = '\0';
}

void text_copy(char *dst, size_t cap, struct str s)
{
    if (!str_copy(dst, cap, s))
        text_mend(dst);
}
