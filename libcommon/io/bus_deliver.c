/* SPDX-License-Identifier: Apache-2.0
 * From a topic and its bytes to the callbacks: match, decode by the rows, deliver. */
#include "libcommon/io/bus_state.h"
#include "proto/codec.h"

static void report_payload(struct bus *b, const char *topic, const char *device, bool bad,
                           const char *why)
{
    uint64_t h = str_hash(str_of(topic));
    size_t i = h % LATCHES;
    if (bad)
        b->refused++;
    if (b->latches[i].topic != h) {
        if (!bad)
            return;
        b->latches[i].topic = h;
        b->latches[i].latch = (struct log_latch){0};
    }
    if (log_fault(&b->latches[i].latch, bad, "bad_payload", bad ? why : topic))
        b->fault(b->fault_user, "bad_payload", device, bad ? why : NULL);
}

static bool sub_wants(const struct sub *s, const struct topic_match *m)
{
    if (s->id[0] && strcmp(s->id, m->id) != 0)
        return false;
    if (m->override >= 0)
        return s->cb && s->cls[0] && strcmp(s->cls, override_rows[m->override].cls) == 0;
    return s->cb && s->msg == m->msg && m->msg != MSG_COUNT;
}

static bool text_matches(const char *pattern, const char *topic)
{
    struct str p = str_of(pattern), t = str_of(topic);
    while (p.len) {
        struct str want = str_word(&p, '/');
        if (str_eq(want, "#"))
            return true;
        if (!t.len)
            return false;
        struct str got = str_word(&t, '/');
        if (!str_eq(want, "+") && (want.len != got.len || memcmp(want.p, got.p, got.len) != 0))
            return false;
    }
    return t.len == 0;
}

/* True when the message is only our own doing: the marker, a proof, the echo of a clear. */
static bool is_own_echo(struct bus *b, const struct bus_event *e)
{
    struct bus_entry *entry = bus_table_find(&b->table, bus_event_topic(e));
    if (!entry)
        return false;
    if (entry->proof == PROOF_WAITING && !e->retained && e->payload_len) {
        entry->proof = PROOF_DONE;
        b->proofs_waiting--;
        b->fault(b->fault_user, "bus_refused", entry->device, NULL);
        bool wanted = false;
        struct topic_match m;
        topic_parse(b->conf.site, str_of(entry->topic), &m);
        for (int i = 0; i < b->subs_n; i++)
            wanted = wanted || sub_wants(&b->subs[i], &m);
        if (!wanted)
            paho_unsubscribe(b->paho, entry->topic);
        return !wanted;
    }
    if (e->payload_len == 0 && entry->own_clears > 0) {
        entry->own_clears--;
        return true;
    }
    return false;
}

static bool decode(struct bus *b, const struct bus_event *e, struct bus_msg *m,
                   struct override *override)
{
    struct err_text why = {""};
    struct str payload = {bus_event_payload(e), e->payload_len};
    enum err rc = ERR_OK;
    if (m->match.override >= 0) {
        rc = override_decode(m->match.override, m->topic, payload, override, &why);
        m->override = override;
    } else if (e->payload_len) {
        rc = message_decode(m->match.msg, m->topic, payload, b->body, &why);
        m->body = b->body;
    }
    report_payload(b, m->topic, m->match.id, rc != ERR_OK, why.s);
    return rc == ERR_OK;
}

static void deliver_text(struct bus *b, const struct bus_event *e)
{
    for (int i = 0; i < b->subs_n; i++)
        if (b->subs[i].text && text_matches(b->subs[i].pattern, bus_event_topic(e)))
            b->subs[i].text(b->subs[i].user, bus_event_topic(e),
                            (struct str){bus_event_payload(e), e->payload_len});
}

void bus_deliver(struct bus *b, const struct bus_event *e, struct now now)
{
    struct bus_msg m = {.topic = bus_event_topic(e), .retained = e->retained, .at = now};
    struct override override;
    if (is_own_echo(b, e))
        return;
    if (!topic_parse(b->conf.site, (struct str){m.topic, e->topic_len}, &m.match)) {
        if (strncmp(m.topic, "wattbus/", 8) != 0) {
            deliver_text(b, e);
            return;
        }
        char why[TOPIC_MAX + 80];
        snprintf(why, sizeof why, "%s: expected a topic of the contract, this is none", m.topic);
        report_payload(b, m.topic, "", e->payload_len > 0, why);
        return;
    }
    bool wanted = false;
    for (int i = 0; i < b->subs_n && !wanted; i++)
        wanted = sub_wants(&b->subs[i], &m.match);
    if (!wanted || !decode(b, e, &m, &override))
        return;
    for (int i = 0; i < b->subs_n; i++)
        if (sub_wants(&b->subs[i], &m.match))
            b->subs[i].cb(b->subs[i].user, &m);
}
