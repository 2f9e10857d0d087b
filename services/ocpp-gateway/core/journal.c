/* SPDX-License-Identifier: Apache-2.0 */
#include "services/ocpp-gateway/core/journal.h"

static const char *const kind_words[] = {"next", "session", "default", "request", "phases", "boot"};

static void add_text(struct buf *b, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:";
    buf_addz(b, *text ? " " : " -");
    for (const char *p = text; *p; p++) {
        if (strchr(plain, *p))
            buf_add(b, (struct str){p, 1});
        else
            buf_addf(b, "%%%02X", (unsigned)(unsigned char)*p);
    }
}
static void add_number(struct buf *b, struct opt_i64 v)
{
    buf_addz(b, v.set ? " " : " -");
    if (v.set)
        buf_addi(b, v.v);
}

static int unhex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}
static bool get_text(struct str *rest, char *out, size_t cap)
{
    struct str w = str_word(rest, ' ');
    size_t n = 0;
    out[0] = 0;
    if (w.len == 0)
        return false;
    if (str_eq(w, "-"))
        return true;
    for (size_t i = 0; i < w.len; i++, n++) {
        int c = (unsigned char)w.p[i];
        if (c == '%') {
            int hi = i + 2 < w.len ? unhex(w.p[i + 1]) : -1, lo = hi < 0 ? -1 : unhex(w.p[i + 2]);
            if (lo < 0)
                return false;
            c = hi << 4 | lo;
            i += 2;
        }
        if (n + 1 >= cap || c == 0)
            return false;
        out[n] = (char)c;
        out[n + 1] = 0;
    }
    return true;
}
static bool get_number(struct str *rest, struct opt_i64 *v)
{
    struct str w = str_word(rest, ' ');
    *v = (struct opt_i64){0};
    if (str_eq(w, "-"))
        return true;
    v->set = str_i64(w, &v->v);
    return v->set;
}
static bool get_i32(struct str *rest, int32_t lo, int32_t *v)
{
    return str_i32(str_word(rest, ' '), v) && *v >= lo;
}

static void encode_session(const struct session_rec *r, struct buf *b)
{
    add_number(b, SOME_I64(r->tx));
    add_number(b, SOME_I64(r->started_ms));
    add_number(b, SOME_I64(r->stamp_ms));
    add_number(b, r->ended_ms);
    add_number(b, r->meter_start_wh);
    add_number(b, r->meter_stop_wh);
    add_text(b, r->id_tag);
    add_text(b, r->reason);
    buf_addz(b, r->presumed ? " 1" : " 0");
}
static bool decode_session(struct str *rest, struct session_rec *r)
{
    struct opt_i64 started, stamp;
    int32_t presumed;
    *r = (struct session_rec){0};
    if (!get_i32(rest, 1, &r->tx) || !get_number(rest, &started) || !get_number(rest, &stamp) ||
        !get_number(rest, &r->ended_ms) || !get_number(rest, &r->meter_start_wh) ||
        !get_number(rest, &r->meter_stop_wh) || !get_text(rest, r->id_tag, sizeof r->id_tag) ||
        !get_text(rest, r->reason, sizeof r->reason) || !get_i32(rest, 0, &presumed))
        return false;
    r->started_ms = started.v;
    r->stamp_ms = stamp.v;
    r->presumed = presumed != 0;
    return started.set && stamp.set;
}

void journal_encode(const struct journal_line *j, struct buf *b)
{
    buf_addz(b, kind_words[j->kind]);
    add_text(b, j->charger);
    switch (j->kind) {
    case JOURNAL_NEXT:
    case JOURNAL_PHASES:
    case JOURNAL_DEFAULT: add_number(b, SOME_I64(j->number)); break;
    case JOURNAL_SESSION: encode_session(&j->session, b); break;
    case JOURNAL_REQUEST: add_text(b, j->request); break;
    case JOURNAL_BOOT:
        add_text(b, j->box.vendor);
        add_text(b, j->box.model);
        add_text(b, j->box.serial);
        add_text(b, j->box.firmware);
        break;
    }
}

static bool decode_body(struct str *rest, struct journal_line *j)
{
    switch (j->kind) {
    case JOURNAL_NEXT: return get_i32(rest, 1, &j->number);
    case JOURNAL_PHASES: return get_i32(rest, 1, &j->number);
    case JOURNAL_DEFAULT: return get_i32(rest, 0, &j->number);
    case JOURNAL_SESSION: return decode_session(rest, &j->session);
    case JOURNAL_REQUEST: return get_text(rest, j->request, sizeof j->request);
    case JOURNAL_BOOT:
        return get_text(rest, j->box.vendor, sizeof j->box.vendor) &&
               get_text(rest, j->box.model, sizeof j->box.model) &&
               get_text(rest, j->box.serial, sizeof j->box.serial) &&
               get_text(rest, j->box.firmware, sizeof j->box.firmware);
    }
    return false;
}

enum err journal_decode(struct str line, struct journal_line *j)
{
    struct str rest = line, word = str_word(&rest, ' ');
    *j = (struct journal_line){0};
    size_t kind = 0;
    while (kind < COUNT_OF(kind_words) && !str_eq(word, kind_words[kind]))
        kind++;
    if (kind == COUNT_OF(kind_words))
        return ERR_UNKNOWN;
    j->kind = (enum journal_kind)kind;
    if (!get_text(&rest, j->charger, sizeof j->charger) || !decode_body(&rest, j) || rest.len > 0)
        return ERR_SYNTAX;
    return ERR_OK;
}
