/* SPDX-License-Identifier: Apache-2.0
 * The lists of cards, from the bus and in a file: a reader must work while the controller does not.
 * One line per user: its id, a blank, the list as it came. */
#include "libcommon/io/state.h"
#include "proto/codec.h"
#include "services/ocpp-gateway/io/gateway.h"

#define CARDS_NAME "cards.jsonl"
enum { CARDS_LINE_MAX = 8192, CARDS_MAX_BYTES = 8 << 20 };

enum err cards_configure(struct gateway *g)
{
    const struct site *site = g->svc->site;
    g->cards = (struct cards){.users = calloc((size_t)site->users_n + 1, sizeof *g->cards.users),
                              .plain = site->ocpp.id_tags,
                              .plain_n = site->ocpp.id_tags_n,
                              .remote = site_remote_tag(site)};
    if (!g->cards.users)
        return ERR_FULL;
    for (; g->cards.users_n < site->users_n; g->cards.users_n++)
        g->cards.users[g->cards.users_n].id = site->users[g->cards.users_n].id;
    return ERR_OK;
}

static void load_line(struct gateway *g, struct str line)
{
    static struct authorisation list;
    struct err_text why = {""};
    id_text id;
    struct str word = str_word(&line, ' ');
    if (!str_copy(id, sizeof id, word) ||
        record_decode(&authorisation_record, line, &list, &why) != ERR_OK)
        log_warn("event=cards_skipped why=\"%s\"", why.s);
    else
        cards_take(&g->cards, id, &list);
}
void cards_load(struct gateway *g)
{
    char *text = NULL;
    size_t len = 0;
    enum err e = state_load(g->svc->state_dir, CARDS_NAME, CARDS_MAX_BYTES, &text, &len);
    struct str rest = {text, len};
    while (e == ERR_OK && rest.len) {
        struct str line = str_word(&rest, '\n');
        if (line.len)
            load_line(g, line);
    }
    free(text);
    if (e != ERR_OK && e != ERR_MISSING)
        log_error("event=cards_unreadable dir=%s error=\"%s\"", g->svc->state_dir, err_name(e));
}

static void save(struct gateway *g)
{
    size_t cap = ((size_t)g->cards.users_n + 1) * CARDS_LINE_MAX;
    char *text = malloc(cap);
    if (!text)
        abort();
    struct buf b = buf_of(text, cap);
    enum err e = ERR_OK;
    for (int i = 0; i < g->cards.users_n && e == ERR_OK; i++) {
        if (!g->cards.users[i].told)
            continue;
        buf_addf(&b, "%s ", g->cards.users[i].id);
        e = record_encode(&authorisation_record, &g->cards.users[i].list, &b);
        buf_addz(&b, "\n");
    }
    if (e == ERR_OK)
        e = b.cut ? ERR_FULL : state_save(g->svc->state_dir, CARDS_NAME, (struct str){b.p, b.len});
    free(text);
    svc_fault(g->svc, "cards_not_saved", "",
              e == ERR_OK ? NULL : "the list of cards cannot be written: an old one may be used");
    if (e != ERR_OK)
        log_error("event=cards_not_saved dir=%s error=\"%s\"", g->svc->state_dir, err_name(e));
}
static void on_list(void *user, const struct bus_msg *m)
{
    struct gateway *g = user;
    if (cards_take(&g->cards, m->match.id, m->body))
        save(g);
}
void cards_subscribe(struct gateway *g)
{
    if (g->cards.users_n)
        bus_on(g->svc->bus, MSG_AUTHORISATION, NULL, on_list, g);
}
