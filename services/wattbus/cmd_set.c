/* SPDX-License-Identifier: Apache-2.0
 * Overrides: checked against the rows before they are sent, then the answer is awaited on the
 * control topic. */
#include "services/wattbus/mqtt.h"
#include "services/wattbus/override.h"
#include "proto/codec.h"
#include <sysexits.h>

enum { ANSWER_MS = 3000 };

/* The controller's refusal of our override, NULL when there is none that was not there before. */
static const struct request_result *refusal(const struct order *o, const void *k,
                                            const void *before)
{
    int n, old_n = 0;
    const struct request_result *all = order_results(o, k, &n);
    const struct request_result *old = before ? order_results(o, before, &old_n) : NULL;
    for (int i = n - 1; i >= 0; i--) {
        const struct request_result *r = &all[i];
        bool known = false;
        if (strcmp(r->action, "override") != 0 || strcmp(r->id, override_rows[o->row].field) != 0 ||
            r->result != RESULT_REJECTED)
            continue;
        for (int was = 0; was < old_n; was++)
            known = known || memcmp(r, &old[was], sizeof *r) == 0;
        if (!known)
            return r;
    }
    return NULL;
}

/* Prints what the controller says now; 0 when the override is in force, 1 when it was refused, -1:
 * not yet. `before` is the control message that was retained, or NULL. */
static int judge(const struct order *o, const void *k, const void *before)
{
    const struct request_result *no = refusal(o, k, before);
    if (no)
        return cli_fail(1, "refused: %s", no->text);
    if (!order_is_shown(o, k))
        return -1;
    char text[OVERRIDE_TEXT_CAP + 400];
    struct buf b = buf_of(text, sizeof text);
    order_describe(o, k, &b);
    puts(text);
    return 0;
}

static int await(struct mqtt *m, const struct order *o, const char *control)
{
    static union any_message before, now; /* large */
    enum message_id kind = order_control(o);
    struct mono end = mono_after(cli_now().mono, ANSWER_MS);
    bool have = false;
    int rc = -1;
    struct mqtt_msg msg;
    struct err_text why;
    if (!mqtt_subscribe(m, control))
        return cli_fail(EX_UNAVAILABLE, "the broker does not let us read %s", control);
    while (mqtt_next(m, 1, &msg) > 0)
        if (strcmp(msg.topic, control) == 0)
            have = message_decode(kind, control, msg.payload, &before, &why) == ERR_OK;
    if (!mqtt_publish(m, o->topic.s, str_of(o->payload)))
        return cli_fail(EX_UNAVAILABLE, "the broker has not taken it; may this user write there?");
    while (rc < 0 && !mono_reached(cli_now().mono, end)) {
        int got = mqtt_next(m, 100, &msg);
        if (got < 0)
            return cli_fail(EX_UNAVAILABLE, "the broker has closed the connection");
        if (got == 0 || msg.retained || strcmp(msg.topic, control) != 0 ||
            message_decode(kind, msg.topic, msg.payload, &now, &why) != ERR_OK)
            continue;
        rc = judge(o, &now, have ? &before : NULL);
    }
    if (rc < 0 && have && order_is_shown(o, &before))
        return judge(o, &before, &before); /* it was so already */
    return rc >= 0 ? rc
                   : cli_fail(1,
                              "sent, but no answer within %d s: is surplus-controller up? "
                              "(a broker also drops what the user may not write)",
                              ANSWER_MS / 1000);
}

int cmd_set(struct cli *c)
{
    struct err_text why;
    struct order o;
    if (order_make(c->site, c->argv[0], c->argv[1], c->argv[2], c->until, cli_now().wall, &o,
                   &why) != ERR_OK)
        return cli_fail(EX_USAGE, "%s", why.s);
    struct mqtt *m = mqtt_open(c, &why);
    if (!m)
        return cli_fail(EX_UNAVAILABLE, "%s", why.s);
    int rc = 0;
    if (override_rows[o.row].shown_as[0]) {
        struct topic control = topic_format(c->site, order_control(&o), o.id, NULL);
        rc = await(m, &o, control.s);
    } else if (mqtt_publish(m, o.topic.s, str_of(o.payload))) {
        printf("%s/%s %s: sent; the bus has no topic that would answer\n", override_rows[o.row].cls,
               o.id, override_rows[o.row].field);
    } else {
        rc = cli_fail(EX_UNAVAILABLE, "the broker has not taken it; may this user write there?");
    }
    mqtt_close(m);
    return rc;
}
