/* SPDX-License-Identifier: Apache-2.0
 * bus_private.h -- what bus.c (link and dispatch) and svc.c share, and nobody else. */
#ifndef WATTBUS_BUS_PRIVATE_H
#define WATTBUS_BUS_PRIVATE_H
#include "libcommon/io/bus.h"
#include <uv.h>

struct link_conf {
    const char *site, *service; /* live as long as the bus */
    const char *host;
    int port;
    const char *user, *password; /* user NULL: anonymous */
    struct str will;             /* offline status of this boot */
};
/* Reports of the link: text NULL ends the fault. */
typedef void bus_fault_cb(void *user, const char *code, const char *device, const char *text);

struct bus *bus_new(uv_loop_t *loop, const struct link_conf *c, bus_fault_cb *fault, void *user);
void bus_start(struct bus *b);
/* Waits up to wait_ms for the last publishes, then closes handles; the loop must run once more
 * before bus_free. */
void bus_stop(struct bus *b, int wait_ms);
void bus_free(struct bus *b);
int64_t bus_reconnects(const struct bus *b);
int64_t bus_refused_payloads(const struct bus *b);
#endif
