/* SPDX-License-Identifier: Apache-2.0
 * Alive is who says so on the bus and said so lately: a process that hangs, or that lost the
 * broker, is not healthy although its process exists. */
#include "services/wattbus/mqtt.h"
#include "proto/codec.h"
#include <sysexits.h>

enum { FRESH_MS = 30000, WAIT_MS = 2000 };

static int judge(const char *name, const struct mqtt_msg *msg)
{
    static struct service_status st;
    struct err_text why;
    if (message_decode(MSG_SERVICE_STATUS, msg->topic, msg->payload, &st, &why) != ERR_OK)
        return cli_fail(1, "%s", why.s);
    if (!st.online)
        return cli_fail(1, "%s is offline", name);
    int64_t age = cli_now().wall.ms - st.ts;
    if (age < -FRESH_MS || age >= FRESH_MS)
        return cli_fail(1, "%s: its life sign is %" PRId64 " s old", name, age / 1000);
    return 0;
}

int cmd_health(struct cli *c)
{
    const char *name = c->argv[0];
    struct err_text why;
    struct mqtt_msg msg;
    if (!str_is_id(str_of(name)))
        return cli_fail(EX_USAGE, "expected the name of a service, got %s", name);
    struct topic t = topic_format(c->site, MSG_SERVICE_STATUS, name, NULL);
    struct mqtt *m = mqtt_open(c, &why);
    if (!m)
        return cli_fail(1, "%s", why.s);
    int rc = -1;
    if (!mqtt_subscribe(m, t.s))
        rc = cli_fail(1, "the broker does not let %s read %s", c->user ? c->user : "us", t.s);
    struct mono end = mono_after(cli_now().mono, WAIT_MS);
    while (rc < 0 && !mono_reached(cli_now().mono, end)) {
        int got = mqtt_next(m, 100, &msg);
        if (got < 0)
            rc = cli_fail(1, "the broker has closed the connection");
        else if (got > 0 && strcmp(msg.topic, t.s) == 0)
            rc = judge(name, &msg);
    }
    mqtt_close(m);
    return rc >= 0 ? rc : cli_fail(1, "%s has no life sign on the bus", name);
}
