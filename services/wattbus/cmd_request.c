/* SPDX-License-Identifier: Apache-2.0
 * One-shot actions. The obeying service answers in the ring of results of the charger's state or
 * control, under the id that we chose. */
#include "services/wattbus/mqtt.h"
#include "proto/codec.h"
#include <sysexits.h>

enum { ANSWER_MS = 12000, EXPIRES_MS = 30000, PAYLOAD_CAP = 2048 };

static void make_id(char *out, size_t cap, struct now now)
{
    snprintf(out, cap, "cli-%" PRIx64 "-%x", (uint64_t)now.wall.ms, (unsigned)getpid());
}

static const struct request_result *find(const struct request_result *r, int n, const char *id)
{
    for (int i = n - 1; i >= 0; i--)
        if (strcmp(r[i].id, id) == 0)
            return &r[i];
    return NULL;
}

/* Who takes requests, and where the results are. */
static const struct {
    const char *cls;
    enum message_id inbox;
} targets[] = {
    {"charger", MSG_CHARGER_REQUEST}, {"user", MSG_USER_REQUEST}, {"budget", MSG_BUDGET_REQUEST}};

/* The result in a state or control message, NULL when it is not there. */
static const struct request_result *result_in(const struct cli *c, const struct mqtt_msg *msg,
                                              const char *id)
{
    static union any_message body;
    struct topic_match t;
    struct err_text why;
    if (!topic_parse(c->site, str_of(msg->topic), &t) || t.override >= 0 ||
        message_decode(t.msg, msg->topic, msg->payload, &body, &why) != ERR_OK)
        return NULL;
    switch (t.msg) {
    case MSG_CHARGER_STATE:
        return find(body.CHARGER_STATE.results, body.CHARGER_STATE.results_n, id);
    case MSG_CHARGER_CONTROL:
        return find(body.CHARGER_CONTROL.results, body.CHARGER_CONTROL.results_n, id);
    case MSG_USER_STATE: return find(body.USER_STATE.results, body.USER_STATE.results_n, id);
    case MSG_BUDGET_STATE: return find(body.BUDGET_STATE.results, body.BUDGET_STATE.results_n, id);
    default: return NULL;
    }
}

static int await(const struct cli *c, struct mqtt *m, const char *id)
{
    struct mono end = mono_after(cli_now().mono, ANSWER_MS);
    enum result seen = RESULT_UNSET;
    struct mqtt_msg msg;
    while (!mono_reached(cli_now().mono, end)) {
        int got = mqtt_next(m, 100, &msg);
        if (got < 0)
            return cli_fail(EX_UNAVAILABLE, "the broker has closed the connection");
        const struct request_result *r = got > 0 ? result_in(c, &msg, id) : NULL;
        if (!r || r->result == seen)
            continue;
        seen = r->result;
        printf("%s: %s%s%s\n", r->action, enum_text(&result_enum, (int)seen),
               r->text[0] ? ", " : "", r->text);
        if (seen != RESULT_ACCEPTED)
            return seen == RESULT_DONE ? 0 : 1;
    }
    return seen == RESULT_ACCEPTED ? 0 : cli_fail(1, "no answer within %d s", ANSWER_MS / 1000);
}

static enum err fill(const struct cli *c, struct request *r, struct err_text *why)
{
    struct now now = cli_now();
    *r = (struct request){.expires = now.wall.ms + EXPIRES_MS};
    make_id(r->id, sizeof r->id, now);
    bool fits = str_copyz(r->action, sizeof r->action, c->argv[1]);
    fits &= c->argc < 3 || str_copyz(r->key, sizeof r->key, c->argv[2]);
    fits &= c->argc < 4 || str_copyz(r->value, sizeof r->value, c->argv[3]);
    fits &= !c->tag || str_copyz(r->tag, sizeof r->tag, c->tag);
    return fits ? ERR_OK : err_set(why, ERR_FULL, "an argument is too long");
}

int cmd_request(struct cli *c)
{
    struct err_text why;
    struct request r;
    id_text cls, id;
    char text[PAYLOAD_CAP], pattern[TOPIC_MAX];
    struct buf b = buf_of(text, sizeof text);
    bool known = cli_target(c->argv[0], cls, id);
    size_t t = 0;
    while (known && t < COUNT_OF(targets) && strcmp(cls, targets[t].cls) != 0)
        t++;
    if (!known || t == COUNT_OF(targets))
        return cli_fail(EX_USAGE,
                        "target: expected such as charger/garage, user/anna, budget/daily, got %s",
                        c->argv[0]);
    struct request back;
    if (fill(c, &r, &why) != ERR_OK || record_encode(&request_record, &r, &b) != ERR_OK ||
        record_decode(&request_record, str_of(text), &back, &why) != ERR_OK)
        return cli_fail(EX_USAGE, "%s", why.s);
    struct topic inbox = topic_format(c->site, targets[t].inbox, id, NULL);
    struct mqtt *m = mqtt_open(c, &why);
    if (!m)
        return cli_fail(EX_UNAVAILABLE, "%s", why.s);
    snprintf(pattern, sizeof pattern, "wattbus/%s/%s/%s/+", c->site, cls, id);
    int rc;
    if (!mqtt_subscribe(m, pattern))
        rc = cli_fail(EX_UNAVAILABLE, "the broker does not let us read %s", pattern);
    else if (!mqtt_publish(m, inbox.s, str_of(text)))
        rc = cli_fail(EX_UNAVAILABLE, "the broker has not taken it; may this user write there?");
    else
        rc = await(c, m, r.id);
    mqtt_close(m);
    return rc;
}
