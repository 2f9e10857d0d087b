/* SPDX-License-Identifier: Apache-2.0
 * engine.h -- every device on the buses of one service: polled as its profile says, published,
 * and commanded. meter-reader and inverter-bridge are this engine and nothing else. */
#ifndef WATTBUS_ENGINE_H
#define WATTBUS_ENGINE_H
#include "libcommon/io/svc.h"

struct engine;
/* Opens the buses whose owner is the service's name and loads the profiles of their devices
 * ($WATTBUS_PROFILES/<class>/<profile>.yaml). With check_only it opens nothing. NULL: what is wrong
 * is on stderr, a line each. Polling begins with the loop. */
struct engine *engine_new(struct svc *s);
void engine_stop(struct engine *e); /* before svc_fini: no device is touched after it. NULL: fine */
void engine_free(struct engine *e); /* after svc_fini. NULL is fine */
/* The whole main() of a service that is this engine under its name; returns the exit code. */
int engine_main(const char *service, int argc, char **argv);
#endif
