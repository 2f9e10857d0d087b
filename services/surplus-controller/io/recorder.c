/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/io/recorder.h"
#include "libcommon/io/log.h"
#include "services/surplus-controller/core/record.h"
#include "services/surplus-controller/io/loads.h"
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>

enum {
    ON_REQUEST_MS = 900000,
    FLUSH_MS = 1000,
    PARTS = 3 * REC_PARTS,
    FILE_BUFFER = 65536,
};
static const char now_file[] = "decisions.jsonl", old_file[] = "decisions.1.jsonl";

struct recorder {
    struct brain *b;
    uv_signal_t signals[2];
    struct mono until; /* on request */
    FILE *f;           /* NULL: nothing is being written */
    bool failed;       /* said so; not tried again until it is asked for anew */
    int64_t bytes;
    struct mono flushed_at;
    /* what was written last: configuration, snapshot, result */
    void *old[PARTS];
    size_t sizes[PARTS];
    char *text;
    size_t text_cap;
    char buffer[FILE_BUFFER];
};

/* All parts in the order of `old`; returns how many of each. */
struct parts {
    struct rec_part v[PARTS];
    int config, in, out;
};
static struct parts parts_of(const struct brain *b)
{
    struct parts p;
    p.config = rec_config(&b->conf, p.v);
    p.in = rec_snapshot(&b->conf, &b->in, p.v + p.config);
    p.out = rec_result(&b->conf, &b->out, p.v + p.config + p.in);
    return p;
}
static bool wanted(const struct recorder *r, struct now now)
{
    return !r->failed && (r->b->svc->site->control.record || now.mono.ms < r->until.ms);
}
static void give_up(struct recorder *r, const char *what)
{
    log_error("event=record_failed file=%s/%s what=%s error=\"%s\"", r->b->svc->state_dir, now_file,
              what, strerror(errno));
    svc_fault(r->b->svc, "record_failed", NULL, "decisions can't be recorded; see the log");
    if (r->f)
        fclose(r->f);
    r->f = NULL;
    r->failed = true;
}
static void stop(struct recorder *r)
{
    if (r->f && fclose(r->f) != 0) {
        r->f = NULL;
        give_up(r, "close");
    }
    r->f = NULL;
}

/* ---- the first line ---- */
static void add_ids(const struct brain *b, struct buf *out)
{
    buf_addz(out, "\"ids\":{\"circuits\":[");
    for (int i = 0; i < b->conf.circuits_n; i++) {
        buf_addz(out, i ? "," : "");
        buf_add_json_str(out, str_of(b->circuit_ids[i]));
    }
    buf_addz(out, "],\"chargers\":[");
    for (int i = 0; i < b->conf.chargers_n; i++) {
        buf_addz(out, i ? "," : "");
        buf_add_json_str(out, str_of(b->ios[i].id));
    }
    buf_addz(out, "],\"loads\":[");
    for (int k = 0; k < b->conf.loads_n; k++) {
        buf_addz(out, k ? "," : "");
        buf_add_json_str(out, str_of(b->loads->v[k].id));
    }
    buf_addz(out, "]}");
}
/* For people: the state itself is bytes. */
static void add_view(const struct brain *b, struct now now, struct buf *out)
{
    buf_addz(out, "\"view\":{");
    for (int i = 0; i < b->conf.chargers_n; i++) {
        const struct control_charger_state *x = &b->state.chargers[i];
        buf_addz(out, i ? "," : "");
        buf_add_json_str(out, str_of(b->ios[i].id));
        buf_addf(out,
                 ":{\"mode\":\"%s\",\"current_ma\":%" PRId32 ",\"phases\":%d,\"reason\":\"%s\"",
                 enum_text(&charge_mode_enum, (int)x->mode), x->current_ma, x->used,
                 rec_code_name(x->why.code));
        if (x->hold.on)
            buf_addf(out, ",\"held_ms\":%" PRId64, mono_since_ms(now.mono, x->hold.since));
        if (x->stopped.on)
            buf_addf(out, ",\"stopped_ms\":%" PRId64, mono_since_ms(now.mono, x->stopped.since));
        buf_addz(out, "}");
    }
    buf_addz(out, "}");
}
static void add_head(struct recorder *r, struct now now, const struct parts *p, struct buf *out)
{
    const struct brain *b = r->b;
    buf_addf(out,
             "{\"record\":1,\"version\":\"%s\",\"site\":\"%s\",\"config_hash\":\"%s\","
             "\"layout\":\"%016" PRIx64 "\",\"wall\":%" PRId64 ",\"mono\":%" PRId64 ",",
             WATTBUS_VERSION, b->svc->site->general.site, b->svc->site->hash, rec_fingerprint(),
             now.wall.ms, now.mono.ms);
    add_ids(b, out);
    buf_addz(out, ",");
    for (int i = 0; i < PARTS; i++)
        if (i < p->config + p->in + p->out && r->old[i])
            memset(r->old[i], 0, rec_size(&p->v[i]));
    if (rec_write(p->v, p->config, r->old, out))
        buf_addz(out, ",");
    add_view(b, now, out);
    buf_addz(out, ",\"state\":\"");
    size_t at = out->len;
    rec_state_write(&b->state, &b->conf, out);
    uint64_t check = str_hash((struct str){out->p + at, out->len - at});
    buf_addf(out, "\",\"check\":\"%016" PRIx64 "\"}\n", check);
}

/* ---- the file ---- */
static void write_text(struct recorder *r, const struct buf *b)
{
    assert(!b->cut);
    if (fwrite(b->p, 1, b->len, r->f) != b->len)
        give_up(r, "write");
    else
        r->bytes += (int64_t)b->len;
}
static void begin(struct recorder *r, struct now now, const struct parts *p)
{
    char path[512], older[512];
    struct buf b = buf_of(r->text, r->text_cap);
    snprintf(path, sizeof path, "%s/%s", r->b->svc->state_dir, now_file);
    snprintf(older, sizeof older, "%s/%s", r->b->svc->state_dir, old_file);
    stop(r);
    if (rename(path, older) != 0 && errno != ENOENT) {
        give_up(r, "rename");
        return;
    }
    mode_t mask = umask(077);
    r->f = fopen(path, "we");
    umask(mask);
    if (!r->f) {
        give_up(r, "open");
        return;
    }
    setvbuf(r->f, r->buffer, _IOFBF, sizeof r->buffer);
    r->bytes = 0;
    r->flushed_at = now.mono;
    log_info("event=record_begun file=%s", path);
    add_head(r, now, p, &b);
    write_text(r, &b);
}
static void free_room(struct recorder *r)
{
    for (int i = 0; i < PARTS; i++) {
        free(r->old[i]);
        r->old[i] = NULL;
    }
    free(r->text);
    r->text = NULL;
}
/* Room for the largest line, and what was written last; once it is needed. */
static void make_room(struct recorder *r, const struct parts *p)
{
    enum { HEAD = 4096, PER_ID = 300 };
    struct rec_block blocks[REC_BLOCKS];
    int n = p->config + p->in + p->out;
    size_t state = 0;
    bool same = r->text != NULL;
    for (int i = 0; i < n && same; i++)
        same = r->sizes[i] == rec_size(&p->v[i]);
    if (same)
        return;
    stop(r);
    free_room(r);
    for (int i = rec_state(&r->b->state, &r->b->conf, blocks) - 1; i >= 0; i--)
        state += blocks[i].size;
    r->text_cap = HEAD + (size_t)(takers_n(&r->b->conf) + r->b->conf.circuits_n) * PER_ID +
                  state / 3 * 4 + rec_text_max(p->v, n);
    r->text = malloc(r->text_cap);
    if (!r->text)
        abort();
    for (int i = 0; i < n; i++) {
        r->sizes[i] = rec_size(&p->v[i]);
        r->old[i] = calloc(1, r->sizes[i] + 1);
        if (!r->old[i])
            abort();
    }
}
/* The configuration is written once; when it has changed since, a new file begins. */
static bool config_changed(const struct recorder *r, const struct parts *p)
{
    for (int i = 0; i < p->config; i++)
        if (memcmp(r->old[i], p->v[i].items, rec_size(&p->v[i])) != 0)
            return true;
    return false;
}
void recorder_before(struct recorder *r, struct now now)
{
    if (!wanted(r, now)) {
        if (r->f)
            stop(r);
        return;
    }
    struct parts p = parts_of(r->b);
    make_room(r, &p);
    int64_t most = (int64_t)r->b->svc->site->control.record_mb << 20;
    if (!r->f || r->bytes >= most || config_changed(r, &p))
        begin(r, now, &p);
}
void recorder_after(struct recorder *r, struct now now)
{
    if (!r->f)
        return;
    struct parts p = parts_of(r->b);
    struct buf b = buf_of(r->text, r->text_cap);
    buf_addz(&b, "{\"wall\":");
    buf_addi(&b, now.wall.ms);
    buf_addz(&b, ",\"mono\":");
    buf_addi(&b, now.mono.ms);
    buf_addz(&b, ",");
    size_t before = b.len;
    if (!rec_write(p.v + p.config, p.in + p.out, r->old + p.config, &b))
        b.len = before - 1;
    buf_addz(&b, "}\n");
    write_text(r, &b);
    if (r->f && mono_since_ms(now.mono, r->flushed_at) >= FLUSH_MS) {
        r->flushed_at = now.mono;
        if (fflush(r->f) != 0)
            give_up(r, "flush");
    }
}

/* ---- on request ---- */
void recorder_on(struct recorder *r, struct now now, int64_t ms)
{
    r->until = mono_after(now.mono, ms);
    r->failed = false;
    svc_fault(r->b->svc, "record_failed", NULL, NULL);
}
static void on_signal(uv_signal_t *h, int number)
{
    struct recorder *r = h->data;
    bool on = number == SIGUSR1;
    log_info("event=record_%s by=signal", on ? "on" : "off");
    recorder_on(r, svc_now(), on ? ON_REQUEST_MS : 0);
}
void recorder_signals(struct recorder *r)
{
    static const int numbers[] = {SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        uv_signal_init(&r->b->svc->loop, &r->signals[i]);
        r->signals[i].data = r;
        uv_signal_start(&r->signals[i], on_signal, numbers[i]);
    }
}
struct recorder *recorder_new(struct brain *b)
{
    struct recorder *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->b = b;
    return r;
}
void recorder_free(struct recorder *r)
{
    if (!r)
        return;
    stop(r);
    free_room(r);
    free(r);
}
