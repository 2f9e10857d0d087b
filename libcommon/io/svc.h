/* SPDX-License-Identifier: Apache-2.0
 * svc.h -- the skeleton that every service shares: arguments, site file, state directory, loop,
 * signals, watchdog, bus, life sign. Loop thread only.
 *
 * Arguments:  -c FILE site file (or WATTBUS_SITE, default /etc/wattbus/site.yaml)
 *             -s DIR  state directory (or WATTBUS_STATE, default /var/lib/wattbus/<name>)
 *             -n      check the configuration and exit
 * Environment: WATTBUS_BROKER host[:port] (127.0.0.1:1883), WATTBUS_USER (default: the name),
 *             WATTBUS_PASSWORD_FILE, WATTBUS_LOG, WATTBUS_PROFILES (deploy/profiles).
 * SIGTERM, SIGINT: clean stop. SIGHUP: when the site file is good, start anew with it; when it is
 * bad, say so and go on with the old one. */
#ifndef WATTBUS_SVC_H
#define WATTBUS_SVC_H
#include "libcommon/pure/clock.h"
#include "libcommon/site/site.h"
#include "proto/proto.h"
#include <uv.h>

struct bus;
struct discovery;
struct svc {
    uv_loop_t loop;
    const char *name; /* "meter-reader" */
    const char *site_path;
    char state_dir[256];         /* exists and is writable after svc_init */
    char boot[20];               /* differs for every start */
    struct site *site;           /* never NULL after svc_init */
    struct bus *bus;             /* connects in the background; usable at once */
    struct discovery *discovery; /* Home Assistant; NULL with -n */
    bool check_only;             /* -n: svc_init has checked; main just returns */
    struct svc_private *priv;
};

/* Fills *s. On anything but ERR_OK the reason is on stderr and *exit_code is what main returns
 * (EX_USAGE, EX_CONFIG, EX_CANTCREAT). */
enum err svc_init(struct svc *s, const char *name, int argc, char **argv,
                  int *exit_code) MUST_CHECK;
/* Connects the bus, sends the life sign, runs until a signal. Returns main's exit code. */
int svc_run(struct svc *s);
void svc_fini(struct svc *s);
/* Both clocks, read now. Call once per event and hand it down. */
struct now svc_now(void);

/* A second link, to another site's tree: group member to leader. Strings live as long as the
 * service; the service starts, stops and frees it. */
struct svc_link {
    const char *site, *service;         /* <site> of the topics; name of its life sign there */
    const char *broker, *password_file; /* host[:port]; "": those of the service itself */
};
enum err svc_link(struct svc *s, const struct svc_link *l, struct bus **out,
                  struct err_text *why) MUST_CHECK;

/* For the life sign: ids owned, faults and counters. A fault with the same code and device replaces
 * the old one; text NULL ends it. Changes are published at once, else every 10 s. */
void svc_own(struct svc *s, const char *id);
void svc_fault(struct svc *s, const char *code, const char *device, const char *text);
void svc_count(struct svc *s, const char *counter, int64_t add);
#endif
