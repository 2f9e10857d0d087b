/* SPDX-License-Identifier: Apache-2.0
 * Who may connect, and what comes in. */
#include "services/ocpp-gateway/io/gateway.h"
#include "services/ocpp-gateway/wire/validate.h"

enum { BAD_FRAMES_MAX = 10, CLOSE_REPLACED = 1000, CLOSE_POLICY = 1008 };

static struct peer *find_peer(struct gateway *g, const char *identity)
{
    for (int i = 0; i < g->stations_n; i++)
        if (str_eq_nocase(str_of(g->stations[i].identity), str_of(identity)))
            return &g->peers[i];
    return NULL;
}

/* The guest's old place, or a free one; NULL: there are too many. */
static struct peer *find_guest(struct gateway *g, const char *identity)
{
    struct peer *free_place = NULL;
    for (int i = 0; i < GUESTS_MAX; i++) {
        struct peer *p = &g->guests[i];
        if (str_eq_nocase(str_of(p->identity), str_of(identity)))
            return p;
        if (!p->conn && (!free_place || free_place->identity[0]))
            free_place = p; /* one that was never used before one that has left */
    }
    return free_place;
}

/* The same work whether or not the identity is known: the time of the refusal tells nothing. */
static bool may_enter(const struct peer *p, const char *identity, const struct ws_hello *h)
{
    static const char decoy[] = "0123456789abcdef";
    struct str secret = p && p->locked ? (struct str){p->secret, p->secret_len} : str_of(decoy);
    bool secret_right = secret_equal(h->password, secret);
    bool user_right = h->has_auth && str_eq_nocase(h->user, str_of(identity));
    bool right = secret_right && user_right;
    return p && (!p->locked || right);
}

static void take_place(struct peer *p, struct ws_conn *c, const struct ws_hello *h, struct now now)
{
    if (p->conn) { /* newest wins: the old one is a half-open socket, or is being replaced */
        log_info("event=replaced identity=\"%s\" old=%s new=%s", p->identity, p->address, h->peer);
        ws_close(p->conn, CLOSE_REPLACED);
        if (p->station)
            station_disconnected(p->station, now);
    }
    p->conn = c;
    p->bad_frames = 0;
    str_copyz(p->address, sizeof p->address, h->peer);
    ws_set_user(c, p);
    svc_count(p->g->svc, "connects", 1);
}

static int admit_guest(struct gateway *g, const char *identity, struct ws_conn *c,
                       const struct ws_hello *h, struct now now)
{
    struct peer *p = find_guest(g, identity);
    if (!p)
        return 503;
    p->g = g;
    str_copyz(p->identity, sizeof p->identity, identity);
    take_place(p, c, h, now);
    log_warn("event=quarantine identity=\"%s\" peer=%s", identity, h->peer);
    publish_guests(g);
    return 0;
}

int listen_open(void *user, struct ws_conn *c, const struct ws_hello *h)
{
    struct gateway *g = user;
    struct now now = svc_now();
    char identity[IDENTITY_CAP] = "";
    bool named = identity_from_path(h->path, identity);
    struct peer *p = named ? find_peer(g, identity) : NULL;
    bool enter = may_enter(p, identity, h);

    if (!named || (!p && g->svc->site->ocpp.unknown != UNKNOWN_QUARANTINE)) {
        log_warn("event=refused status=404 identity=\"%s\" peer=%s", identity, h->peer);
        svc_count(g->svc, "refused", 1);
        return 404;
    }
    if (!p)
        return admit_guest(g, identity, c, h, now);
    if (!enter) {
        log_warn("event=refused status=401 identity=\"%s\" peer=%s why=\"%s\"", identity, h->peer,
                 h->has_auth ? "wrong user or password" : "no password given");
        svc_count(g->svc, "refused", 1);
        return 401;
    }
    take_place(p, c, h, now);
    station_connected(p->station, now.mono);
    log_info("event=connected identity=\"%s\" peer=%s", p->identity, h->peer);
    publish_changes(g, p->station, now);
    return 0;
}

void listen_closed(void *user, struct ws_conn *c)
{
    struct gateway *g = user;
    struct peer *p = ws_user(c);
    struct now now = svc_now();
    if (!p || p->conn != c)
        return;
    p->conn = NULL;
    log_info("event=disconnected identity=\"%s\"", p->identity);
    if (!p->station)
        return; /* a guest keeps its place on the list until another needs it */
    station_disconnected(p->station, now);
    publish_changes(g, p->station, now);
}

/* ---- messages ---- */

static void send_text(struct peer *p, const struct buf *b)
{
    assert(!b->cut);
    if (ws_send(p->conn, (struct str){b->p, b->len}) != ERR_OK)
        log_warn("event=send_failed identity=\"%s\"", p->identity);
}

static void complain(struct peer *p, const struct frame *f, const struct complaint *why)
{
    char text[REPLY_MAX];
    struct buf b = buf_of(text, sizeof text);
    svc_count(p->g->svc, "bad_messages", 1);
    log_warn("event=bad_message identity=\"%s\" code=%s what=\"%s: %s\"", p->identity,
             call_error_text(why->code), f->text, why->text);
    if (f->type == FRAME_CALL && f->id[0]) {
        frame_add_error(&b, f->id, why);
        send_text(p, &b);
    }
}

static bool answer_call(struct peer *p, const struct frame *f, struct now now,
                        struct complaint *why)
{
    char reply[REPLY_MAX], text[REPLY_MAX + FRAME_ID_CAP + 8];
    struct buf r = buf_of(reply, sizeof reply), b = buf_of(text, sizeof text);
    enum action a = action_from_box(str_of(f->text));
    if (a == ACTION_COUNT) {
        why->code = CALL_ERROR_NOT_IMPLEMENTED;
        str_copyz(why->text, sizeof why->text, "this action is not known here");
        return false;
    }
    if (payload_check(f->payload, action_rules(a).fields, why) != ERR_OK ||
        !incoming_call(p, a, f->payload, now, &r, why))
        return false;
    frame_add_result(&b, f->id, (struct str){r.p, r.len});
    send_text(p, &b);
    if (p->station)
        station_heard(p->station, a == ACTION_BOOT_NOTIFICATION, now.mono);
    return true;
}

static void take_frame(struct peer *p, const struct frame *f, struct now now)
{
    struct complaint why = {0};
    if (f->type != FRAME_CALL) {
        if (p->station)
            outgoing_answer(p, f, now);
    } else if (!answer_call(p, f, now, &why)) {
        complain(p, f, &why);
    }
}

void listen_message(void *user, struct ws_conn *c, struct str text)
{
    struct gateway *g = user;
    struct peer *p = ws_user(c);
    struct now now = svc_now();
    struct frame f;
    struct complaint why;
    if (!p || p->conn != c)
        return;
    if (frame_parse(g->wire, text, &f, &why) == ERR_OK) {
        p->bad_frames = 0;
        take_frame(p, &f, now);
    } else {
        complain(p, &f, &why);
        p->bad_frames++;
    }
    frame_fini(&f);
    if (p->bad_frames >= BAD_FRAMES_MAX) {
        listen_closed(g, c);
        ws_close(c, CLOSE_POLICY);
        return;
    }
    if (p->station)
        outgoing_pump(p, now);
}
