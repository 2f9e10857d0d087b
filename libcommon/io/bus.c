/* SPDX-License-Identifier: Apache-2.0
 * The link's life: DOWN -> CONNECTING -> SUBSCRIBING -> SYNCING (marker sent) -> READY. Any failure
 * goes back to DOWN, and a timer tries again. Paho's threads reach us only through bus_queue. */
#include "libcommon/io/bus_state.h"
#include "libcommon/io/svc.h"
#include "proto/codec.h"

enum {
    RETRY_MIN_MS = 100,
    RETRY_MAX_MS = 500,   /* a returned broker is found within this; a try costs one SYN */
    SHORT_LIFE_MS = 2000, /* a link that ends sooner after it was ready … */
    SHORT_LIVES = 3,      /* … so often in a row is being thrown out … */
    THROWN_OUT_MS = 5000, /* … and knocks more slowly */
    SYNC_TIMEOUT_MS = 5000,
    PROOF_TIMEOUT_MS = 5000,
    QUEUE_BYTES = 16 * 1024 * 1024, /* as much as the broker queues for us */
};

static void go_down(struct bus *b, const char *why);

static void *grow_array(void *p, int n, size_t size)
{
    p = realloc(p, (size_t)(n + 1) * size);
    if (!p)
        abort();
    memset((char *)p + (size_t)n * size, 0, size);
    return p;
}

static struct topic marker_topic(const struct bus *b)
{
    return topic_format(b->conf.site, MSG_SERVICE_MARKER, b->conf.service, NULL);
}

/* ---- connecting ---- */

static void try_connect(struct bus *b)
{
    struct topic will = topic_format(b->conf.site, MSG_SERVICE_STATUS, b->conf.service, NULL);
    struct paho_conf pc = {b->uri,           b->client_id, b->conf.user,
                           b->conf.password, will.s,       b->conf.will};
    paho_free(b->paho, 0);
    b->link++;
    b->paho = paho_connect(&pc, &b->queue, b->link);
    b->state = LINK_CONNECTING;
    if (!b->paho)
        go_down(b, "no MQTT handle");
}

static void on_timer(uv_timer_t *t);

static void go_down(struct bus *b, const char *why)
{
    bool was_ready = b->state == LINK_READY;
    b->state = LINK_DOWN;
    if (b->stopped)
        return;
    log_fault(&b->down_latch, true, "broker_link", why);
    for (size_t i = 0; i < b->table.cap; i++) {
        b->table.at[i].sent = false;
        b->table.at[i].own_clears = 0;
    }
    /* Jitter keeps the services of a house from knocking all at once. */
    if (was_ready) {
        bool was_short = mono_since_ms(svc_now().mono, b->ready_since) < SHORT_LIFE_MS;
        b->short_lives = was_short ? b->short_lives + 1 : 0;
        if (b->short_lives == SHORT_LIVES)
            log_error(
                "event=thrown_out detail=\"the broker ends our link right after we write: its "
                "ACL may not fit, or another process uses our name\"");
    }
    int wait = b->retry_ms / 2 + (int)(uv_hrtime() / 1000 % (unsigned)(b->retry_ms / 2 + 1));
    if (b->short_lives >= SHORT_LIVES)
        wait = THROWN_OUT_MS;
    uv_timer_start(&b->timer, on_timer, (uint64_t)wait, 0);
    b->retry_ms = min_i32(b->retry_ms * 2, RETRY_MAX_MS);
    for (int i = 0; was_ready && i < b->listeners_n; i++)
        if (b->listeners[i].down)
            b->listeners[i].down(b->listeners[i].user);
}

static void check_proofs(struct bus *b)
{
    struct mono now = svc_now().mono;
    int waiting = 0;
    for (size_t i = 0; i < b->table.cap; i++) {
        struct bus_entry *e = &b->table.at[i];
        if (!e->topic || e->proof != PROOF_WAITING)
            continue;
        waiting++;
        if (mono_since_ms(now, e->proof_since) < PROOF_TIMEOUT_MS)
            continue;
        char text[TOPIC_MAX + 80];
        snprintf(text, sizeof text, "the broker does not let us write %s (check its ACL)",
                 e->topic);
        log_warn("event=bus_refused topic=%s detail=\"own message did not come back\"", e->topic);
        b->fault(b->fault_user, "bus_refused", e->device, text);
        e->proof_since = now; /* say it again while it lasts, every timeout */
    }
    b->proofs_waiting = waiting;
    if (waiting)
        uv_timer_start(&b->timer, on_timer, PROOF_TIMEOUT_MS, 0);
}

static void on_timer(uv_timer_t *t)
{
    struct bus *b = t->data;
    if (b->state == LINK_DOWN)
        try_connect(b);
    else if (b->state == LINK_READY)
        check_proofs(b);
    else
        go_down(b, "no answer to our own marker: the broker's ACL may not fit");
}

static void subscribe_all(struct bus *b)
{
    struct topic own = marker_topic(b);
    char **patterns = calloc((size_t)b->subs_n + 1, sizeof *patterns);
    if (!patterns)
        abort();
    int n = 0;
    patterns[n++] = own.s;
    for (int i = 0; i < b->subs_n; i++) {
        bool twice = false;
        for (int k = 0; k < n; k++)
            twice = twice || strcmp(patterns[k], b->subs[i].pattern) == 0;
        if (!twice)
            patterns[n++] = b->subs[i].pattern;
    }
    b->state = LINK_SUBSCRIBING;
    uv_timer_start(&b->timer, on_timer, SYNC_TIMEOUT_MS, 0);
    if (!paho_subscribe(b->paho, patterns, n))
        go_down(b, "can't subscribe");
    free(patterns);
}

/* Retained messages of our subscriptions are queued before anything we publish now, so the marker's
 * return proves that they have all arrived. */
static void send_marker(struct bus *b)
{
    b->state = LINK_SYNCING;
    char text[32];
    snprintf(text, sizeof text, "{\"link\":%u}", b->link);
    if (!paho_publish(b->paho, marker_topic(b).s, str_of(text)))
        go_down(b, "can't publish");
}

static void send_kept(struct bus *b)
{
    for (size_t i = 0; i < b->table.cap; i++) {
        struct bus_entry *e = &b->table.at[i];
        if (!e->topic || !e->payload || e->sent)
            continue;
        e->sent = paho_publish(b->paho, e->topic, (struct str){e->payload, e->len});
    }
}

static void become_ready(struct bus *b)
{
    b->state = LINK_READY;
    b->retry_ms = RETRY_MIN_MS;
    b->ready_since = svc_now().mono;
    b->reconnects++;
    log_fault(&b->down_latch, false, "broker_link", "");
    uv_timer_stop(&b->timer);
    send_kept(b);
    check_proofs(b);
    for (int i = 0; i < b->listeners_n; i++)
        if (b->listeners[i].ready)
            b->listeners[i].ready(b->listeners[i].user);
}

static void on_event(struct bus *b, const struct bus_event *e, struct now now)
{
    if (e->link != b->link || b->state == LINK_DOWN)
        return; /* from a handle that is gone */
    char text[64];
    switch (e->kind) {
    case BUS_EV_CONNECTED: subscribe_all(b); break;
    case BUS_EV_SUBSCRIBED:
        if (b->state == LINK_SUBSCRIBING)
            send_marker(b);
        break;
    case BUS_EV_FAILED:
        snprintf(text, sizeof text, "refused or unreachable (code %d)", e->code);
        go_down(b, text);
        break;
    case BUS_EV_LOST: go_down(b, "connection lost"); break;
    case BUS_EV_MESSAGE:
        if (strcmp(bus_event_topic(e), marker_topic(b).s) == 0) {
            if (b->state == LINK_SYNCING && !e->retained)
                become_ready(b);
            break;
        }
        bus_deliver(b, e, now);
        break;
    }
}

static void on_wake(uv_async_t *h)
{
    struct bus *b = h->data;
    struct now now = svc_now();
    for (struct bus_event *e = bus_queue_take_all(&b->queue), *next; e; e = next) {
        next = e->next;
        if (!b->stopped)
            on_event(b, e, now);
        free(e);
    }
}

/* ---- life ---- */

struct bus *bus_new(uv_loop_t *loop, const struct link_conf *c, bus_fault_cb *fault, void *user)
{
    struct bus *b = calloc(1, sizeof *b);
    if (!b)
        abort();
    b->conf = *c;
    b->loop = loop;
    b->retry_ms = RETRY_MIN_MS;
    b->fault = fault;
    b->fault_user = user;
    b->body = malloc(sizeof *b->body);
    b->out = malloc(PAYLOAD_MAX);
    if (!b->body || !b->out)
        abort();
    snprintf(b->uri, sizeof b->uri, "tcp://%s:%d", c->host, c->port);
    snprintf(b->client_id, sizeof b->client_id, "wattbus-%s-%s", c->site, c->service);
    uv_async_init(loop, &b->wake, on_wake);
    uv_timer_init(loop, &b->timer);
    b->wake.data = b->timer.data = b;
    bus_queue_init(&b->queue, &b->wake, QUEUE_BYTES);
    return b;
}

void bus_start(struct bus *b)
{
    b->started = true;
    try_connect(b);
}

void bus_stop(struct bus *b, int wait_ms)
{
    b->stopped = true;
    paho_free(b->paho, b->state == LINK_READY ? wait_ms : 0);
    b->paho = NULL;
    uv_close((uv_handle_t *)&b->wake, NULL);
    uv_close((uv_handle_t *)&b->timer, NULL);
}

void bus_free(struct bus *b)
{
    if (!b)
        return;
    bus_queue_fini(&b->queue);
    bus_table_fini(&b->table);
    for (int i = 0; i < b->subs_n; i++)
        free(b->subs[i].pattern);
    free(b->subs);
    free(b->listeners);
    free(b->body);
    free(b->out);
    free(b);
}

/* ---- what services call ---- */

static struct sub *add_sub(struct bus *b, const char *pattern, const char *id, void *user)
{
    b->subs = grow_array(b->subs, b->subs_n, sizeof *b->subs);
    struct sub *s = &b->subs[b->subs_n++];
    s->pattern = strdup(pattern);
    if (!s->pattern)
        abort();
    s->msg = MSG_COUNT;
    str_copyz(s->id, sizeof s->id, id ? id : "");
    s->user = user;
    if (b->state == LINK_SYNCING || b->state == LINK_READY)
        (void)paho_subscribe(b->paho, &s->pattern, 1);
    return s;
}

void bus_on(struct bus *b, enum message_id m, const char *id, bus_msg_cb *cb, void *user)
{
    struct sub *s = add_sub(b, topic_pattern(b->conf.site, m, id).s, id, user);
    s->msg = m;
    s->cb = cb;
}

void bus_on_override(struct bus *b, const char *cls, const char *id, bus_msg_cb *cb, void *user)
{
    char pattern[TOPIC_MAX];
    snprintf(pattern, sizeof pattern, "wattbus/%s/%s/%s/override/+", b->conf.site, cls,
             id ? id : "+");
    struct sub *s = add_sub(b, pattern, id, user);
    str_copyz(s->cls, sizeof s->cls, cls);
    s->cb = cb;
}

void bus_on_text(struct bus *b, const char *pattern, bus_text_cb *cb, void *user)
{
    add_sub(b, pattern, NULL, user)->text = cb;
}

void bus_on_link(struct bus *b, bus_cb *ready, bus_cb *down, void *user)
{
    b->listeners = grow_array(b->listeners, b->listeners_n, sizeof *b->listeners);
    b->listeners[b->listeners_n++] = (struct listener){ready, down, NULL, user};
}

void bus_on_publish(struct bus *b, bus_sent_cb *cb, void *user)
{
    b->listeners = grow_array(b->listeners, b->listeners_n, sizeof *b->listeners);
    b->listeners[b->listeners_n++] = (struct listener){NULL, NULL, cb, user};
}

bool bus_is_ready(const struct bus *b)
{
    return b->state == LINK_READY;
}
int64_t bus_dropped(const struct bus *b)
{
    return b->queue.dropped;
}
int64_t bus_reconnects(const struct bus *b)
{
    return max_i64(b->reconnects - 1, 0);
}
int64_t bus_refused_payloads(const struct bus *b)
{
    return b->refused;
}

static void send_now(struct bus *b, struct bus_entry *e, struct str payload)
{
    e->sent = b->state == LINK_READY && paho_publish(b->paho, e->topic, payload);
}

/* The first publish on a topic is watched until the broker has brought it back once. */
static void begin_proof(struct bus *b, struct bus_entry *e, const char *id)
{
    if (e->proof != PROOF_NONE || b->state != LINK_READY)
        return;
    e->proof = PROOF_WAITING;
    e->proof_since = svc_now().mono;
    str_copyz(e->device, sizeof e->device, id);
    (void)paho_subscribe(b->paho, &e->topic, 1);
    if (b->proofs_waiting++ == 0)
        uv_timer_start(&b->timer, on_timer, PROOF_TIMEOUT_MS, 0);
}

void bus_publish(struct bus *b, enum message_id m, const char *id, const char *leaf,
                 const void *body, enum bus_keep keep)
{
    struct topic t = topic_format(b->conf.site, m, id, leaf);
    struct buf out = buf_of(b->out, PAYLOAD_MAX);
    if (record_encode(message_of(m)->rec, body, &out) != ERR_OK)
        return; /* cannot be: the largest message of the rows fits PAYLOAD_MAX (tests/unit/proto) */
    struct str payload = {out.p, out.len};
    struct bus_entry *e = bus_table_get(&b->table, t.s);
    begin_proof(b, e, id);
    if (keep == BUS_KEEP)
        bus_entry_keep(e, payload);
    for (int i = 0; i < b->listeners_n; i++)
        if (b->listeners[i].sent)
            b->listeners[i].sent(b->listeners[i].user, m, id, body);
    send_now(b, e, payload);
}

/* A topic of ours is cleared again after a reconnect, because brokers roll back; an inbox is not:
 * what lies in it by then is somebody's new wish. */
static void clear_topic(struct bus *b, const char *topic, bool keep)
{
    struct bus_entry *e = bus_table_get(&b->table, topic);
    if (keep)
        bus_entry_keep(e, str_of(""));
    send_now(b, e, str_of(""));
    if (e->sent)
        e->own_clears++;
}

void bus_clear(struct bus *b, enum message_id m, const char *id, const char *leaf)
{
    clear_topic(b, topic_format(b->conf.site, m, id, leaf).s,
                message_of(m)->writer != WRITER_INBOX);
}

void bus_clear_override(struct bus *b, int row, const char *id)
{
    clear_topic(b, topic_override(b->conf.site, row, id).s, false);
}

void bus_publish_text(struct bus *b, const char *topic, struct str text)
{
    struct bus_entry *e = bus_table_get(&b->table, topic);
    bus_entry_keep(e, text);
    send_now(b, e, text);
}
