/* SPDX-License-Identifier: Apache-2.0
 * discovery.h -- tells Home Assistant which entities there are. Loop thread only.
 *
 * Learns from what the service publishes (bus_on_publish) which fields a device has, writes one
 * document per device (proto/ha.h) and publishes it retained: a second after something new was
 * seen, at the start from what was seen before (state file `discovery`), and when Home Assistant
 * says that it has started. Documents of devices that site.yaml no longer gives to this service are
 * cleared. svc owns it. */
#ifndef WATTBUS_DISCOVERY_H
#define WATTBUS_DISCOVERY_H
#include "libcommon/io/svc.h"

struct discovery;
struct discovery *discovery_new(struct svc *s);
void discovery_free(struct discovery *d); /* after the loop has closed its handles; may be NULL */

/* What the service really does: only these values of an enum override are offered (bit i for value
 * i); with 0 the field is only shown, numbers too. Without this call all is offered. NULL: nothing
 * happens. */
void discovery_allow(struct discovery *d, const char *cls, const char *field, uint32_t values);
/* What bus_on_publish calls; for tests. */
void discovery_seen(void *discovery, enum message_id m, const char *id, const void *body);
#endif
