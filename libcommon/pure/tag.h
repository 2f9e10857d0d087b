/* SPDX-License-Identifier: Apache-2.0
 * tag.h -- what identifies who charges: an RFID card, an OCPP idTag, a PIN, a car's MAC or EVCCID.
 * All are short texts that readers write in their own ways, so they are compared in one form. Pure.
 */
#ifndef WATTBUS_TAG_H
#define WATTBUS_TAG_H
#include "libcommon/pure/str.h"

enum { CARD_TAG_CAP = 40 }; /* with the NUL, as id_tag on the bus; an OCPP 1.6 idTag has 20 */

struct tag {
    char s[CARD_TAG_CAP]; /* "" for none */
};
/* Small letters, without blanks, colons and hyphens, and without the "VID:" that OCPP boxes put
 * before a car's MAC: "04:A2:B3" and "04a2b3" are one card. Text that is too long becomes "",
 * which is no card. */
struct tag tag_of(struct str text);
static inline bool tag_same(const struct tag *a, const struct tag *b)
{
    return a->s[0] && strcmp(a->s, b->s) == 0;
}
#endif
