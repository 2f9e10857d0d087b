/* SPDX-License-Identifier: Apache-2.0
 * prices.h -- publishes every tariff at the start and at each slot boundary. */
#ifndef TARIFF_SERVICE_PRICES_H
#define TARIFF_SERVICE_PRICES_H
#include "libcommon/io/svc.h"

struct prices;
/* Reads the time zone of the site; says on stderr what is wrong with it and returns NULL then.
 * Publishing begins with the loop. */
struct prices *prices_new(struct svc *s);
void prices_free(struct prices *p); /* after the loop; may be NULL */
#endif
