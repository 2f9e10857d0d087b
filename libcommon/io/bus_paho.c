/* SPDX-License-Identifier: Apache-2.0
 * A handle is made anew for every try: Paho's own reconnect took 3.6 s where this takes 0.1 s. */
#include "libcommon/io/bus_paho.h"
#include <MQTTAsync.h>

enum {
    KEEPALIVE_S = 5, /* a hung broker is noticed within two of these */
    CONNECT_TIMEOUT_S = 2,
    BUFFERED_MAX = 100000,
};

extern const char nodelay_is_linked;

struct paho {
    MQTTAsync handle;
    struct bus_queue *q;
    unsigned link;
};

static void put(struct paho *p, enum bus_event_kind kind, int code)
{
    bus_queue_put(p->q, kind, p->link, code, "", 0, "", 0, false);
}

static void on_connected(void *ctx, MQTTAsync_successData *d)
{
    UNUSED(d);
    put(ctx, BUS_EV_CONNECTED, 0);
}
static void on_failed(void *ctx, MQTTAsync_failureData *d)
{
    put(ctx, BUS_EV_FAILED, d ? d->code : 0);
}
static void on_subscribed(void *ctx, MQTTAsync_successData *d)
{
    UNUSED(d);
    put(ctx, BUS_EV_SUBSCRIBED, 0);
}
static void on_lost(void *ctx, char *cause)
{
    UNUSED(cause);
    put(ctx, BUS_EV_LOST, 0);
}
static int on_arrived(void *ctx, char *topic, int topic_len, MQTTAsync_message *m)
{
    struct paho *p = ctx;
    size_t n = topic_len > 0 ? (size_t)topic_len : strlen(topic);
    bus_queue_put(p->q, BUS_EV_MESSAGE, p->link, 0, topic, n, m->payload,
                  m->payloadlen > 0 ? (size_t)m->payloadlen : 0, m->retained != 0);
    MQTTAsync_freeMessage(&m);
    MQTTAsync_free(topic);
    return 1;
}

struct paho *paho_connect(const struct paho_conf *c, struct bus_queue *q, unsigned link)
{
    struct paho *p = calloc(1, sizeof *p);
    if (!p || !nodelay_is_linked)
        abort();
    *p = (struct paho){.q = q, .link = link};
    MQTTAsync_createOptions co = MQTTAsync_createOptions_initializer;
    co.maxBufferedMessages = BUFFERED_MAX;
    if (MQTTAsync_createWithOptions(&p->handle, c->uri, c->client_id, MQTTCLIENT_PERSISTENCE_NONE,
                                    NULL, &co) != MQTTASYNC_SUCCESS) {
        free(p);
        return NULL;
    }
    MQTTAsync_setCallbacks(p->handle, p, on_lost, on_arrived, NULL);
    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
    will.topicName = c->will_topic;
    will.payload.len = (int)c->will_payload.len;
    will.payload.data = c->will_payload.p;
    will.retained = 1;
    will.qos = 1;
    MQTTAsync_connectOptions o = MQTTAsync_connectOptions_initializer;
    o.keepAliveInterval = KEEPALIVE_S;
    o.connectTimeout = CONNECT_TIMEOUT_S;
    o.cleansession = 1;
    o.MQTTVersion = MQTTVERSION_3_1_1;
    o.username = c->user;
    o.password = c->user ? c->password : NULL;
    o.will = &will;
    o.context = p;
    o.onSuccess = on_connected;
    o.onFailure = on_failed;
    if (MQTTAsync_connect(p->handle, &o) != MQTTASYNC_SUCCESS) {
        paho_free(p, 0);
        return NULL;
    }
    return p;
}

bool paho_subscribe(struct paho *p, char *const *patterns, int n)
{
    MQTTAsync_responseOptions r = MQTTAsync_responseOptions_initializer;
    r.onSuccess = on_subscribed;
    r.onFailure = on_failed;
    r.context = p;
    int *qos = calloc((size_t)n, sizeof *qos);
    if (!qos)
        abort();
    for (int i = 0; i < n; i++)
        qos[i] = 1;
    int rc = MQTTAsync_subscribeMany(p->handle, n, patterns, qos, &r);
    free(qos);
    return rc == MQTTASYNC_SUCCESS;
}

void paho_unsubscribe(struct paho *p, const char *pattern)
{
    (void)MQTTAsync_unsubscribe(p->handle, pattern, NULL);
}

bool paho_publish(struct paho *p, const char *topic, struct str payload)
{
    return MQTTAsync_send(p->handle, topic, (int)payload.len, payload.p, 1, 1, NULL) ==
           MQTTASYNC_SUCCESS;
}

void paho_free(struct paho *p, int wait_ms)
{
    if (!p)
        return;
    MQTTAsync_token *tokens = NULL;
    if (wait_ms > 0 && MQTTAsync_getPendingTokens(p->handle, &tokens) == MQTTASYNC_SUCCESS &&
        tokens) {
        for (int i = 0; tokens[i] != -1; i++) {
            if (MQTTAsync_waitForCompletion(p->handle, tokens[i], (unsigned long)wait_ms) !=
                MQTTASYNC_SUCCESS)
                break;
        }
        MQTTAsync_free(tokens);
    }
    MQTTAsync_setCallbacks(p->handle, p, NULL, on_arrived, NULL);
    MQTTAsync_disconnectOptions d = MQTTAsync_disconnectOptions_initializer;
    if (MQTTAsync_isConnected(p->handle))
        (void)MQTTAsync_disconnect(p->handle, &d);
    MQTTAsync_destroy(&p->handle);
    free(p);
}
