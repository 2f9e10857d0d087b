/* SPDX-License-Identifier: Apache-2.0
 * mqtt.h -- a tool's link to the broker: connect, ask, wait. It writes no life sign, so it needs no
 * rights but those for what it is asked to do. */
#ifndef WATTBUS_CLI_MQTT_H
#define WATTBUS_CLI_MQTT_H
#include "services/wattbus/cli.h"

struct mqtt;
struct mqtt_msg {
    char topic[TOPIC_MAX];
    struct str payload; /* valid until the next call */
    bool retained;
};
/* NULL with a reason in *why. */
struct mqtt *mqtt_open(const struct cli *c, struct err_text *why) MUST_CHECK;
/* Subscribes to one pattern. When it returns true, the broker has sent all retained messages of it;
 * they come from mqtt_next. */
bool mqtt_subscribe(struct mqtt *m, const char *pattern) MUST_CHECK;
/* Waits for a message: 1 there is one, 0 none within wait_ms, -1 the link is lost. */
int mqtt_next(struct mqtt *m, int wait_ms, struct mqtt_msg *out) MUST_CHECK;
/* QoS 1, retained; true when the broker has acknowledged it. */
bool mqtt_publish(struct mqtt *m, const char *topic, struct str payload) MUST_CHECK;
void mqtt_close(struct mqtt *m); /* NULL is fine */
#endif
