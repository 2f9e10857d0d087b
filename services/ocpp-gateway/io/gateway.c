/* SPDX-License-Identifier: Apache-2.0 */
#include "services/ocpp-gateway/io/gateway.h"

enum { TICK_MS = 100, CONNS_SPARE = 16 };

/* Leases that end, renewals, timeouts, the regular state: nothing of it needs to be sharper. */
static void on_tick(uv_timer_t *t)
{
    struct gateway *g = t->data;
    struct now now = svc_now();
    for (int i = 0; i < g->stations_n; i++)
        outgoing_pump(&g->peers[i], now);
    publish_due(g, now);
    journal_defaults(g, now);
}

static enum err listen_begin(struct gateway *g)
{
    static const char *const subprotocols[] = {"ocpp1.6", NULL};
    struct err_text why = {""};
    struct ws_conf conf = {.bind = g->svc->site->ocpp.bind,
                           .port = (uint16_t)g->svc->site->ocpp.port,
                           .subprotocols = subprotocols,
                           .max_conns = 2 * g->stations_n + GUESTS_MAX + CONNS_SPARE,
                           .open = listen_open,
                           .message = listen_message,
                           .closed = listen_closed,
                           .user = g};
    g->ws = ws_server_new(&g->svc->loop, &conf, &why);
    if (!g->ws) {
        log_error("event=listen error=\"%s\"", why.s);
        return ERR_IO;
    }
    log_info("event=listening address=%s port=%d stations=%d", conf.bind, ws_server_port(g->ws),
             g->stations_n);
    return ERR_OK;
}

static void show_all(struct gateway *g)
{
    struct now now = svc_now();
    for (int i = 0; i < g->stations_n; i++) {
        struct station *s = &g->stations[i];
        publish_info(g, s, now);
        publish_changes(g, s, now);
        for (int k = 0; k < s->n; k++)
            for (int n = 0; n < SESSIONS_KEPT; n++)
                if (s->c[k].sessions.rec[n].tx > 0)
                    publish_session(g, &s->c[k], &s->c[k].sessions.rec[n], now);
    }
}

static enum err start(struct gateway *g)
{
    g->wire = wire_new();
    if (!g->wire || config_load(g) != ERR_OK || cards_configure(g) != ERR_OK)
        return ERR_IO;
    if (g->svc->check_only)
        return ERR_OK;
    if (journal_load(g) != ERR_OK || listen_begin(g) != ERR_OK)
        return ERR_IO;
    cards_load(g);
    cards_subscribe(g);
    inbox_subscribe(g);
    show_all(g);
    uv_timer_init(&g->svc->loop, &g->tick);
    g->tick.data = g;
    uv_timer_start(&g->tick, on_tick, TICK_MS, TICK_MS);
    return ERR_OK;
}

enum err gateway_new(struct svc *svc, struct gateway **out)
{
    struct gateway *g = calloc(1, sizeof *g);
    *out = g;
    if (!g)
        return ERR_FULL;
    g->svc = svc;
    return start(g);
}

void gateway_stop(struct gateway *g)
{
    if (!g)
        return;
    ws_server_free(g->ws);
    g->ws = NULL;
    for (int i = 0; i < g->stations_n; i++) /* the bus may still deliver something */
        g->peers[i].conn = NULL;
    if (g->tick.data)
        uv_timer_stop(&g->tick);
}

void gateway_free(struct gateway *g)
{
    if (!g)
        return;
    wire_free(g->wire);
    free(g->stations);
    free(g->connectors);
    free(g->peers);
    free(g->cards.users);
    free(g);
}
