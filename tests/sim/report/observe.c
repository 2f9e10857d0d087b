/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/report/report.h"

#include <MQTTClient.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t report_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* NULL: no connection within 10 s. */
static MQTTClient bus_connect(const struct arguments *a)
{
    char url[128], password[128] = "";
    MQTTClient client = NULL;
    MQTTClient_connectOptions o = MQTTClient_connectOptions_initializer;
    FILE *f = fopen(a->password_file, "re");
    if (!f || !fgets(password, sizeof password, f))
        fprintf(stderr, "demo-report: no password in %s\n", a->password_file);
    if (f)
        fclose(f);
    password[strcspn(password, "\r\n")] = 0;
    snprintf(url, sizeof url, "tcp://%s", a->broker);
    if (MQTTClient_create(&client, url, "demo-report", MQTTCLIENT_PERSISTENCE_NONE, NULL))
        return NULL;
    o.username = a->user;
    o.password = password;
    o.connectTimeout = 2;
    for (int64_t end = report_now_ns() + INT64_C(10000000000); report_now_ns() < end;) {
        if (MQTTClient_connect(client, &o) == MQTTCLIENT_SUCCESS &&
            MQTTClient_subscribe(client, "wattbus/#", 0) == MQTTCLIENT_SUCCESS)
            return client;
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
    MQTTClient_destroy(&client);
    return NULL;
}

static void take(struct tally *t, char *topic, MQTTClient_message *m, int64_t at_ns)
{
    char *path = strchr(topic, '/');
    path = path ? strchr(path + 1, '/') : NULL;
    char *text = malloc((size_t)m->payloadlen + 1);
    if (path && text) {
        memcpy(text, m->payload, (size_t)m->payloadlen);
        text[m->payloadlen] = 0;
        tally_message(t, path + 1, text, at_ns);
    }
    free(text);
}

static void listen(MQTTClient *client, const struct arguments *a, struct tally *t,
                   struct house_truth *truth, int64_t end_ns)
{
    int64_t next_ask = 0;
    while (report_now_ns() < end_ns) {
        char *topic = NULL;
        int len = 0;
        MQTTClient_message *m = NULL;
        int rc = MQTTClient_receive(*client, &topic, &len, &m, 50);
        int64_t at = report_now_ns();
        if (m) {
            take(t, topic, m, at);
            MQTTClient_freeMessage(&m);
            MQTTClient_free(topic);
        }
        /* The broker was killed: it is part of the game. */
        if (rc != MQTTCLIENT_SUCCESS && rc != MQTTCLIENT_TOPICNAME_TRUNCATED) {
            MQTTClient_destroy(client);
            *client = bus_connect(a);
            if (!*client)
                return;
        }
        if (at >= next_ask && house_ask(a->control, truth)) {
            t->sun_w = truth->sun_w;
            t->top_sun_w = t->sun_w > t->top_sun_w ? t->sun_w : t->top_sun_w;
            next_ask = at + INT64_C(500000000);
        }
    }
}

bool observe(const struct arguments *a, struct tally *t, struct house_truth *start,
             struct house_truth *end)
{
    tally_init(t);
    MQTTClient client = bus_connect(a);
    if (!client || !house_ask(a->control, start)) {
        fprintf(stderr, "demo-report: no broker at %s or no house at %d\n", a->broker, a->control);
        return false;
    }
    *end = *start;
    listen(&client, a, t, end, report_now_ns() + a->seconds * INT64_C(1000000000));
    house_ask(a->control, end);
    return true;
}
