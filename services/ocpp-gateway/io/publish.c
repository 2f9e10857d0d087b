/* SPDX-License-Identifier: Apache-2.0 */
#include "services/ocpp-gateway/core/text.h"
#include "services/ocpp-gateway/io/gateway.h"

static void publish_state(struct gateway *g, struct station *s, struct connector *c, struct now now)
{
    struct charger_state st;
    connector_state(c, s->online, now, &st);
    c->changed = false;
    c->published = now.mono;
    c->shown_phase = limit_phase(&c->limit, now.mono);
    bus_publish(g->svc->bus, MSG_CHARGER_STATE, c->conf.id, NULL, &st, BUS_KEEP);
}

void publish_changes(struct gateway *g, struct station *s, struct now now)
{
    for (int i = 0; i < s->n; i++)
        if (s->c[i].changed)
            publish_state(g, s, &s->c[i], now);
}

void publish_due(struct gateway *g, struct now now)
{
    for (int k = 0; k < g->stations_n; k++) {
        struct station *s = &g->stations[k];
        for (int i = 0; i < s->n; i++)
            if (s->c[i].changed || limit_phase(&s->c[i].limit, now.mono) != s->c[i].shown_phase ||
                mono_since_ms(now.mono, s->c[i].published) >= s->c[i].conf.interval_ms)
                publish_state(g, s, &s->c[i], now);
    }
}

void publish_info(struct gateway *g, struct station *s, struct now now)
{
    for (int i = 0; i < s->n; i++) {
        struct charger_info info;
        connector_info(&s->c[i], &s->box, now.wall, &info);
        bus_publish(g->svc->bus, MSG_CHARGER_INFO, s->c[i].conf.id, NULL, &info, BUS_KEEP);
    }
}

void publish_session(struct gateway *g, const struct connector *c, const struct session_rec *r,
                     struct now now)
{
    struct session msg;
    char leaf[12];
    struct buf b = buf_of(leaf, sizeof leaf);
    buf_addi(&b, r->tx);
    connector_session(r, now.wall, &msg);
    bus_publish(g->svc->bus, MSG_CHARGER_SESSION, c->conf.id, leaf, &msg, BUS_KEEP);
}

void publish_guests(struct gateway *g)
{
    char text[160] = "";
    struct buf b = buf_of(text, sizeof text);
    int n = 0;
    for (int i = 0; i < GUESTS_MAX; i++) {
        const struct peer *p = &g->guests[i];
        if (!p->identity[0])
            continue;
        buf_addz(&b, n++ ? ", " : "unknown charge points wait to be added to the site file: ");
        buf_addz(&b, p->identity);
    }
    text_mend(text);
    svc_fault(g->svc, "ocpp_pending", "", n > 0 ? text : NULL);
}
