/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/io/state.h"
#include "services/ocpp-gateway/io/gateway.h"

#define JOURNAL_NAME "journal"
enum { JOURNAL_MAX_BYTES = 16 << 20, COMPACT_LINES = 5000, DEFAULTS_MS = 1000 };

static struct connector *connector_of(struct gateway *g, const char *id)
{
    for (int i = 0; i < g->connectors_n; i++)
        if (strcmp(g->connectors[i].conf.id, id) == 0)
            return &g->connectors[i];
    return NULL;
}

static struct station *station_of(struct gateway *g, const struct connector *c)
{
    for (int i = 0; i < g->stations_n; i++)
        if (c >= g->stations[i].c && c < g->stations[i].c + g->stations[i].n)
            return &g->stations[i];
    return NULL;
}

static void apply(struct gateway *g, const struct journal_line *j)
{
    struct connector *c = connector_of(g, j->charger);
    if (j->kind == JOURNAL_NEXT)
        g->next_tx = max_i32(g->next_tx, j->number);
    if (j->kind == JOURNAL_SESSION)
        g->next_tx = max_i32(g->next_tx, sat_i32((int64_t)j->session.tx + 1));
    if (!c)
        return; /* a charger that is not in the site file any more */
    switch (j->kind) {
    case JOURNAL_SESSION: session_restore(&c->sessions, &j->session); break;
    case JOURNAL_DEFAULT:
        c->saved_default_ma = j->number;
        c->limit.remembered = SOME_I32(j->number);
        break;
    case JOURNAL_PHASES: c->saved_phases = c->limit.phases = j->number; break;
    case JOURNAL_REQUEST: connector_request_remember(c, j->request); break;
    case JOURNAL_BOOT: station_of(g, c)->box = j->box; break;
    case JOURNAL_NEXT: break;
    }
}

static void read_lines(struct gateway *g, struct str text)
{
    int bad = 0;
    const char *end;
    while (text.len > 0 && (end = memchr(text.p, '\n', text.len))) {
        struct journal_line j;
        struct str line = str_word(&text, '\n');
        UNUSED(end);
        if (journal_decode(line, &j) == ERR_OK)
            apply(g, &j);
        else
            bad++;
    }
    /* what has no line end was being written when we died: it was never answered */
    if (bad > 0)
        log_warn("event=journal_skipped lines=%d", bad);
}

static void add_line(struct buf *b, const struct journal_line *j)
{
    journal_encode(j, b);
    buf_addz(b, "\n");
}

static void add_connector(struct gateway *g, const struct connector *c, struct buf *b)
{
    struct journal_line j = {0};
    str_copyz(j.charger, sizeof j.charger, c->conf.id);
    const struct station *s = station_of(g, c);
    if (c == s->c && s->box.vendor[0]) {
        j.kind = JOURNAL_BOOT;
        j.box = s->box;
        add_line(b, &j);
    }
    if (c->saved_default_ma >= 0) {
        j.kind = JOURNAL_DEFAULT;
        j.number = c->saved_default_ma;
        add_line(b, &j);
    }
    if (c->saved_phases) {
        j.kind = JOURNAL_PHASES;
        j.number = c->saved_phases;
        add_line(b, &j);
    }
    for (int i = 1; i <= SESSIONS_KEPT; i++) { /* oldest first */
        j.kind = JOURNAL_SESSION;
        j.session = c->sessions.rec[(c->sessions.newest + i) % SESSIONS_KEPT];
        if (j.session.tx > 0)
            add_line(b, &j);
    }
    for (int i = 0; i < REQUEST_IDS_KEPT; i++) {
        j.kind = JOURNAL_REQUEST;
        str_copyz(j.request, sizeof j.request,
                  c->request_ids[(c->request_next + i) % REQUEST_IDS_KEPT]);
        if (j.request[0])
            add_line(b, &j);
    }
}

/* Writes what counts and nothing else. */
static enum err compact(struct gateway *g)
{
    size_t cap = ((size_t)g->connectors_n * (SESSIONS_KEPT + REQUEST_IDS_KEPT + 2) + 2) *
                 (JOURNAL_LINE_MAX + 1);
    char *text = malloc(cap);
    if (!text)
        return ERR_FULL;
    struct buf b = buf_of(text, cap);
    add_line(&b, &(struct journal_line){.kind = JOURNAL_NEXT, .number = g->next_tx});
    for (int i = 0; i < g->connectors_n; i++)
        add_connector(g, &g->connectors[i], &b);
    assert(!b.cut);
    enum err e = state_save(g->svc->state_dir, JOURNAL_NAME, (struct str){b.p, b.len});
    free(text);
    g->journal_lines = 0;
    return e;
}

enum err journal_load(struct gateway *g)
{
    char *text = NULL;
    size_t len = 0;
    enum err e = state_load(g->svc->state_dir, JOURNAL_NAME, JOURNAL_MAX_BYTES, &text, &len);
    if (e == ERR_OK)
        read_lines(g, (struct str){text, len});
    free(text);
    if (e != ERR_OK && e != ERR_MISSING) {
        log_error("event=journal_unreadable dir=%s error=\"%s\"", g->svc->state_dir, err_name(e));
        return e;
    }
    /* A lost journal must not give out ids again that boxes still have in their queues. */
    if (g->next_tx <= 0)
        g->next_tx = (int32_t)((svc_now().wall.ms / 1000) & 0x3fffffff) + 1;
    for (int i = 0; i < g->connectors_n; i++)
        connector_session_changed(&g->connectors[i]);
    e = compact(g);
    if (e != ERR_OK)
        log_error("event=journal_unwritable dir=%s error=\"%s\"", g->svc->state_dir, err_name(e));
    return e;
}

void journal_write(struct gateway *g, const struct journal_line *j)
{
    char text[JOURNAL_LINE_MAX];
    struct buf b = buf_of(text, sizeof text);
    journal_encode(j, &b);
    assert(!b.cut);
    enum err e = state_append(g->svc->state_dir, JOURNAL_NAME, (struct str){b.p, b.len});
    if (e == ERR_OK && ++g->journal_lines > COMPACT_LINES)
        e = compact(g);
    if ((e != ERR_OK) != g->journal_bad) {
        g->journal_bad = e != ERR_OK;
        log_line(g->journal_bad ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "event=journal_write result=%s",
                 err_name(e));
        svc_fault(g->svc, "journal", "",
                  g->journal_bad ? "the journal cannot be written: sessions may be lost" : NULL);
    }
}

void journal_session(struct gateway *g, const struct connector *c, const struct session_rec *r)
{
    struct journal_line j = {.kind = JOURNAL_SESSION, .session = *r};
    str_copyz(j.charger, sizeof j.charger, c->conf.id);
    journal_write(g, &j);
}

/* Contacts move rarely, and a restart must not move them: written at once. */
static void save_phases(struct gateway *g, struct connector *c)
{
    struct journal_line j = {.kind = JOURNAL_PHASES, .number = c->limit.phases};
    if (c->limit.phases == c->saved_phases)
        return;
    str_copyz(j.charger, sizeof j.charger, c->conf.id);
    c->saved_phases = c->limit.phases;
    journal_write(g, &j);
}

void journal_defaults(struct gateway *g, struct now now)
{
    for (int i = 0; i < g->connectors_n; i++) {
        struct connector *c = &g->connectors[i];
        save_phases(g, c);
        const struct limit_profile *d = &c->limit.box[PURPOSE_TX_DEFAULT];
        if (!d->acked || d->ma == c->saved_default_ma ||
            mono_since_ms(now.mono, c->default_saved) < DEFAULTS_MS)
            continue;
        struct journal_line j = {.kind = JOURNAL_DEFAULT, .number = d->ma};
        str_copyz(j.charger, sizeof j.charger, c->conf.id);
        c->saved_default_ma = d->ma;
        c->default_saved = now.mono;
        journal_write(g, &j);
    }
}

int32_t journal_new_tx(struct gateway *g)
{
    int32_t tx = g->next_tx;
    g->next_tx = tx == INT32_MAX ? 1 : tx + 1;
    return tx;
}
