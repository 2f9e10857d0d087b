/* SPDX-License-Identifier: Apache-2.0
 * What the bus wants of a charger. */
#include "services/ocpp-gateway/io/gateway.h"

enum { EXPIRES_MAX_MS = 60000, CLOCK_SLACK_MS = 5000 };

static struct connector *find_connector(struct gateway *g, const char *id, struct peer **p)
{
    for (int i = 0; i < g->stations_n; i++)
        for (int k = 0; k < g->stations[i].n; k++)
            if (strcmp(g->stations[i].c[k].conf.id, id) == 0) {
                *p = &g->peers[i];
                return &g->stations[i].c[k];
            }
    return NULL;
}

/* The path that is measured: nothing here that can wait. */
static void on_setpoint(void *user, const struct bus_msg *m)
{
    struct peer *p;
    struct connector *c = find_connector(user, m->match.id, &p);
    const struct charger_setpoint *sp = m->body;
    if (!c || !sp)
        return; /* cleared: the lease goes on until its end */
    struct limit_setpoint s = {
        .current_ma = sp->current_ma, .fallback_ma = sp->fallback_ma, .seq = sp->seq};
    if (sp->phases.set)
        s.phases = sp->phases.v == 1 ? 1 : PHASES;
    str_copyz(s.boot, sizeof s.boot, sp->boot);
    if (!limit_setpoint(&c->limit, &s, sp->valid_ms, m->retained, m->at.mono))
        return;
    if (limit_settle(&c->limit, &c->conf.limit, m->at.mono))
        return; /* only renewed: shown with the next state */
    outgoing_pump(p, m->at);
}

static void refuse(struct connector *c, const struct request *r, enum result result,
                   const char *text, struct now now)
{
    connector_result(c, r->id, r->action, result, text, now.wall);
}

/* Remembered on disk first: after a crash it is rather not done than done twice. */
static void begin(struct gateway *g, struct peer *p, struct connector *c, const struct request *r,
                  struct now now)
{
    struct err_text why = {""};
    struct journal_line j = {.kind = JOURNAL_REQUEST};
    str_copyz(j.charger, sizeof j.charger, c->conf.id);
    str_copyz(j.request, sizeof j.request, r->id);
    connector_request_remember(c, r->id);
    journal_write(g, &j);
    enum err e = station_request(p->station, (int)(c - p->station->c), r, &why);
    if (e != ERR_OK)
        refuse(c, r, e == ERR_STATE || e == ERR_FULL ? RESULT_FAILED : RESULT_INVALID, why.s, now);
}

/* Better to say so here than to let the box find out. */
static bool card_refused(const struct gateway *g, const struct connector *c,
                         const struct request *r, struct wall now)
{
    struct card_place at = {c->conf.id, c->conf.card_needed};
    return strcmp(r->action, "start") == 0 && r->tag[0] &&
           cards_check(&g->cards, str_of(r->tag), &at, 1, now).answer != CARD_ACCEPTED;
}

static void on_request(void *user, const struct bus_msg *m)
{
    struct gateway *g = user;
    struct peer *p;
    struct connector *c = find_connector(g, m->match.id, &p);
    const struct request *r = m->body;
    if (!c || !r || !station_knows_action(r->action))
        return; /* pause and resume are the controller's */
    bus_clear(g->svc->bus, MSG_CHARGER_REQUEST, c->conf.id, NULL);
    if (!connector_request_new(c, r->id))
        return; /* done before */
    int64_t left_ms = r->expires - m->at.wall.ms;
    log_info("event=request charger=%s id=\"%s\" action=%s", c->conf.id, r->id, r->action);
    if (left_ms < 0)
        refuse(c, r, RESULT_EXPIRED, "it came too late", m->at);
    else if (left_ms > EXPIRES_MAX_MS + CLOCK_SLACK_MS)
        refuse(c, r, RESULT_INVALID, "it may expire at most 60 s ahead", m->at);
    else if (card_refused(g, c, r, m->at.wall))
        refuse(c, r, RESULT_REJECTED, "this card is not accepted here", m->at);
    else
        begin(g, p, c, r, m->at);
    outgoing_pump(p, m->at);
}

void inbox_subscribe(struct gateway *g)
{
    for (int i = 0; i < g->connectors_n; i++) {
        bus_on(g->svc->bus, MSG_CHARGER_SETPOINT, g->connectors[i].conf.id, on_setpoint, g);
        bus_on(g->svc->bus, MSG_CHARGER_REQUEST, g->connectors[i].conf.id, on_request, g);
    }
}
