/* SPDX-License-Identifier: Apache-2.0 */
#include "services/wattbus/mqtt.h"
#include <MQTTClient.h>

enum { CONNECT_S = 3, PUBLISH_MS = 3000 };

struct mqtt {
    MQTTClient client;
    char marker[TOPIC_MAX];
    MQTTClient_message *last;
};

static const char *connect_error(int rc)
{
    switch (rc) {
    case 4: return "the user or password is wrong";
    case 5: return "the broker does not let this user in";
    default: return "unreachable";
    }
}

struct mqtt *mqtt_open(const struct cli *c, struct err_text *why)
{
    struct mqtt *m = calloc(1, sizeof *m);
    if (!m)
        abort();
    char uri[128], id[48];
    struct now now = cli_now();
    snprintf(uri, sizeof uri, "tcp://%s:%d", c->host, c->port);
    snprintf(id, sizeof id, "wattbus-cli-%d-%" PRId64, (int)getpid(), now.mono.ms);
    snprintf(m->marker, sizeof m->marker, "wattbus/%s/service/+/marker", c->site);
    if (MQTTClient_create(&m->client, uri, id, MQTTCLIENT_PERSISTENCE_NONE, NULL) !=
        MQTTCLIENT_SUCCESS)
        abort();
    MQTTClient_connectOptions o = MQTTClient_connectOptions_initializer;
    o.keepAliveInterval = 20;
    o.cleansession = 1;
    o.connectTimeout = CONNECT_S;
    o.username = c->user;
    o.password = c->user && c->password[0] ? c->password : NULL;
    int rc = MQTTClient_connect(m->client, &o);
    if (rc == MQTTCLIENT_SUCCESS)
        return m;
    err_set(why, ERR_IO, "broker %s:%d: %s", c->host, c->port, connect_error(rc));
    mqtt_close(m);
    return NULL;
}

/* QoS 0: the broker sends what it has retained before it answers the next packet on the connection,
 * so the answer to a second subscription proves that all has arrived. No window delays it. */
bool mqtt_subscribe(struct mqtt *m, const char *pattern)
{
    return MQTTClient_subscribe(m->client, pattern, 0) == MQTTCLIENT_SUCCESS &&
           MQTTClient_subscribe(m->client, m->marker, 0) == MQTTCLIENT_SUCCESS;
}

int mqtt_next(struct mqtt *m, int wait_ms, struct mqtt_msg *out)
{
    char *topic = NULL;
    int len = 0;
    if (m->last)
        MQTTClient_freeMessage(&m->last);
    m->last = NULL;
    int rc = MQTTClient_receive(m->client, &topic, &len, &m->last, (unsigned long)wait_ms);
    if (rc != MQTTCLIENT_SUCCESS && rc != MQTTCLIENT_TOPICNAME_TRUNCATED)
        return -1;
    if (!m->last)
        return MQTTClient_isConnected(m->client) ? 0 : -1;
    bool whole = str_copyz(out->topic, sizeof out->topic, topic) && rc == MQTTCLIENT_SUCCESS;
    MQTTClient_free(topic);
    if (!whole) /* longer than any topic of ours */
        out->topic[0] = '\0';
    out->payload = (struct str){m->last->payload, (size_t)m->last->payloadlen};
    out->retained = m->last->retained;
    return 1;
}

bool mqtt_publish(struct mqtt *m, const char *topic, struct str payload)
{
    MQTTClient_deliveryToken token;
    return MQTTClient_publish(m->client, topic, (int)payload.len, payload.p, 1, 1, &token) ==
               MQTTCLIENT_SUCCESS &&
           MQTTClient_waitForCompletion(m->client, token, PUBLISH_MS) == MQTTCLIENT_SUCCESS;
}

void mqtt_close(struct mqtt *m)
{
    if (!m)
        return;
    if (m->last)
        MQTTClient_freeMessage(&m->last);
    MQTTClient_disconnect(m->client, 0);
    MQTTClient_destroy(&m->client);
    free(m);
}
