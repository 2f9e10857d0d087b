/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/io/svc.h"
#include "libcommon/io/bus_private.h"
#include "libcommon/io/discovery.h"
#include "libcommon/io/log.h"
#include "libcommon/io/svc_status.h"
#include "libcommon/io/watchdog.h"
#include "proto/codec.h"
#include <errno.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sysexits.h>

enum {
    STATUS_INTERVAL_MS = 10000,
    STATUS_MIN_GAP_MS = 200, /* faults that flap don't flood the bus */
    TAKEOVERS_MAX = 3,
    TAKEOVER_WINDOW_MS = 10000,
    LAST_WORDS_MS = 500,
    WILL_MAX = 512,
};

enum { LINKS_MAX = 1 };
struct extra_link {
    char host[96], user[ID_CAP], password[256], service[ID_CAP], will[WILL_MAX];
    int port;
    struct bus *bus;
};
struct svc_private {
    uv_signal_t sigterm, sigint, sighup;
    uv_timer_t status_timer;
    struct watchdog *watchdog;
    struct status_book book;
    struct wall started;
    struct mono status_sent;
    bool status_soon;
    int exit_code;
    bool start_anew;
    int argc;
    char **argv;
    char host[96], password[256], will[WILL_MAX];
    int port;
    struct extra_link links[LINKS_MAX];
    int links_n;
    struct mono lost[TAKEOVERS_MAX]; /* when the link was lost, newest first */
    bool twin_is_older;              /* another process runs under our name, started before us */
};

struct now svc_now(void)
{
    struct timespec m, w;
    clock_gettime(CLOCK_MONOTONIC, &m);
    clock_gettime(CLOCK_REALTIME, &w);
    return (struct now){{(int64_t)m.tv_sec * 1000 + m.tv_nsec / 1000000},
                        {(int64_t)w.tv_sec * 1000 + w.tv_nsec / 1000000}};
}

/* ---- life sign ---- */

static void status_build(struct svc *s, struct service_status *st, bool online)
{
    struct svc_private *p = s->priv;
    *st = (struct service_status){.v = CONTRACT_VERSION,
                                  .ts = svc_now().wall.ms,
                                  .interval_ms = STATUS_INTERVAL_MS,
                                  .max_age_ms = 3 * STATUS_INTERVAL_MS,
                                  .online = online,
                                  .started = SOME_I64(p->started.ms)};
    str_copyz(st->boot, sizeof st->boot, s->boot);
    str_copyz(st->version, sizeof st->version, WATTBUS_VERSION);
    str_copyz(st->config_hash, sizeof st->config_hash, s->site->hash);
    if (!online)
        return;
    status_set(&p->book, "bus_dropped", bus_dropped(s->bus));
    status_set(&p->book, "bus_refused", bus_refused_payloads(s->bus));
    status_set(&p->book, "bus_reconnects", bus_reconnects(s->bus));
    status_fill(&p->book, st);
}

static void status_send(struct svc *s, bool online)
{
    static struct service_status st; /* large; loop thread only */
    status_build(s, &st, online);
    bus_publish(s->bus, MSG_SERVICE_STATUS, s->name, NULL, &st, BUS_KEEP);
    s->priv->status_sent = svc_now().mono;
    s->priv->status_soon = false;
}

static void on_status_timer(uv_timer_t *t)
{
    status_send(t->data, true);
    uv_timer_start(t, on_status_timer, STATUS_INTERVAL_MS, 0);
}

static void status_changed(struct svc *s)
{
    struct svc_private *p = s->priv;
    if (p->status_soon)
        return;
    p->status_soon = true;
    int64_t since = mono_since_ms(svc_now().mono, p->status_sent);
    int64_t wait = max_i64(STATUS_MIN_GAP_MS - since, 0);
    uv_timer_start(&p->status_timer, on_status_timer, (uint64_t)wait, 0);
}

static void on_bus_fault(void *user, const char *code, const char *device, const char *text)
{
    svc_fault(user, code, device, text);
}

void svc_fault(struct svc *s, const char *code, const char *device, const char *text)
{
    if (status_fault(&s->priv->book, code, device, text, svc_now().wall))
        status_changed(s);
}

void svc_count(struct svc *s, const char *counter, int64_t add)
{
    status_count(&s->priv->book, counter, add);
}

void svc_own(struct svc *s, const char *id)
{
    status_own(&s->priv->book, id);
}

/* The will of an earlier connection may arrive after our "online"; and a twin may run. */
static void on_own_status(void *user, const struct bus_msg *m)
{
    struct svc *s = user;
    const struct service_status *st = m->body;
    bool ours = st && strcmp(st->boot, s->boot) == 0;
    /* A twin that throws us out is never online at the same time: what it left behind, alive or as
     * its will, is there when we are back. Before our own first word it may be our predecessor's.
     */
    if (st && !ours && (!m->retained || s->priv->lost[0].ms))
        s->priv->twin_is_older = st->started.set && st->started.v <= s->priv->started.ms;
    if (!m->retained && !(ours && st->online))
        status_changed(s);
}

static void stop_loop(struct svc *s, int exit_code)
{
    s->priv->exit_code = exit_code;
    uv_stop(&s->loop);
}

static void on_link_down(void *user)
{
    struct svc *s = user;
    struct svc_private *p = s->priv;
    memmove(&p->lost[1], &p->lost[0], (TAKEOVERS_MAX - 1) * sizeof p->lost[0]);
    p->lost[0] = svc_now().mono;
    struct mono oldest = p->lost[TAKEOVERS_MAX - 1];
    if (p->twin_is_older && oldest.ms && mono_since_ms(p->lost[0], oldest) < TAKEOVER_WINDOW_MS) {
        log_error("event=twin detail=\"another %s runs on this site and started earlier: I leave\"",
                  s->name);
        stop_loop(s, EX_TEMPFAIL);
    }
}

/* ---- signals ---- */

static void on_stop_signal(uv_signal_t *h, int signum)
{
    log_info("event=stop signal=%d", signum);
    stop_loop(h->data, EX_OK);
}

static void on_reload_signal(uv_signal_t *h, int signum)
{
    struct svc *s = h->data;
    struct site_report report;
    struct site *fresh = NULL;
    UNUSED(signum);
    enum err rc = site_load(s->site_path, &fresh, &report);
    if (rc != ERR_OK) {
        log_error("event=reload_refused detail=\"the old configuration stays\"");
        fputs(report.text, stderr);
        svc_fault(s, "config_refused", "", report.text[0] ? report.text : err_name(rc));
    } else if (strcmp(fresh->hash, s->site->hash) != 0) {
        log_info("event=reload config_hash=%s", fresh->hash);
        s->priv->start_anew = true;
        stop_loop(s, EX_OK);
    } else {
        svc_fault(s, "config_refused", "", NULL);
    }
    site_report_free(&report);
    site_free(fresh);
}

static void on_watchdog_stall(const char *what)
{
    log_error("event=stalled detail=\"%s\"", what);
}

/* ---- start ---- */

static enum err read_password(const char *path, char *out, size_t cap, struct err_text *why)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return err_set(why, ERR_IO, "%s: can't read the password: %s", path, strerror(errno));
    bool ok = fgets(out, (int)cap, f) != NULL;
    fclose(f);
    out[strcspn(out, "\r\n")] = '\0';
    if (!ok || !out[0])
        return err_set(why, ERR_MISSING, "%s: expected a password in the first line, found none",
                       path);
    return ERR_OK;
}

static enum err read_broker(const char *text, char *out, size_t cap, int *port,
                            struct err_text *why)
{
    struct str rest = str_of(text);
    struct str host = str_word(&rest, ':');
    int32_t number = 1883;
    if (!str_copy(out, cap, host) || !host.len ||
        (rest.len && (!str_i32(rest, &number) || number < 1 || number > 65535)))
        return err_set(why, ERR_SYNTAX, "broker: expected host or host:port, got \"%s\"", text);
    *port = number;
    return ERR_OK;
}

/* The broker of the service itself, from its environment. */
static enum err read_environment(struct svc_private *p)
{
    const char *broker = getenv("WATTBUS_BROKER"), *secret = getenv("WATTBUS_PASSWORD_FILE");
    struct err_text why;
    enum err e = read_broker(broker && *broker ? broker : "127.0.0.1:1883", p->host, sizeof p->host,
                             &p->port, &why);
    if (e == ERR_OK && secret && *secret)
        e = read_password(secret, p->password, sizeof p->password, &why);
    if (e != ERR_OK)
        log_error("%s", why.s);
    return e;
}

static enum err make_state_dir(struct svc *s, const char *arg)
{
    const char *env = getenv("WATTBUS_STATE");
    int n = arg || (env && *env)
                ? snprintf(s->state_dir, sizeof s->state_dir, "%s", arg ? arg : env)
                : snprintf(s->state_dir, sizeof s->state_dir, "/var/lib/wattbus/%s", s->name);
    if (n < 0 || (size_t)n >= sizeof s->state_dir)
        return ERR_RANGE;
    for (char *p = s->state_dir + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        (void)mkdir(s->state_dir, 0755);
        *p = '/';
    }
    if ((mkdir(s->state_dir, 0700) != 0 && errno != EEXIST) || access(s->state_dir, W_OK) != 0) {
        log_error("%s: the state directory is not writable: %s", s->state_dir, strerror(errno));
        return ERR_IO;
    }
    return ERR_OK;
}

static void make_boot_id(char boot[20])
{
    unsigned char r[8];
    if (getrandom(r, sizeof r, 0) != sizeof r)
        abort();
    for (size_t i = 0; i < sizeof r; i++)
        snprintf(boot + 2 * i, 3, "%02x", r[i]);
}

static void add_signal(struct svc *s, uv_signal_t *h, uv_signal_cb cb, int signum)
{
    uv_signal_init(&s->loop, h);
    h->data = s;
    uv_signal_start(h, cb, signum);
}

static void make_bus(struct svc *s)
{
    struct svc_private *p = s->priv;
    static struct service_status will;
    status_build(s, &will, false);
    struct buf b = buf_of(p->will, sizeof p->will);
    enum err rc = record_encode(&service_status_record, &will, &b);
    assert(rc == ERR_OK);
    UNUSED(rc);
    const char *user = getenv("WATTBUS_USER");
    struct link_conf c = {s->site->general.site,
                          s->name,
                          p->host,
                          p->port,
                          p->password[0] ? (user && *user ? user : s->name) : NULL,
                          p->password,
                          {b.p, b.len}};
    s->bus = bus_new(&s->loop, &c, on_bus_fault, s);
    bus_on(s->bus, MSG_SERVICE_STATUS, s->name, on_own_status, s);
    bus_on_link(s->bus, NULL, on_link_down, s);
}

/* Offline as the last word of a link that has no status of its own. */
static void link_will(struct extra_link *x, const struct svc *s)
{
    static struct service_status will;
    will = (struct service_status){.v = CONTRACT_VERSION,
                                   .ts = svc_now().wall.ms,
                                   .interval_ms = STATUS_INTERVAL_MS,
                                   .max_age_ms = 3 * STATUS_INTERVAL_MS};
    str_copyz(will.boot, sizeof will.boot, s->boot);
    struct buf b = buf_of(x->will, sizeof x->will);
    enum err rc = record_encode(&service_status_record, &will, &b);
    assert(rc == ERR_OK);
    UNUSED(rc);
}

enum err svc_link(struct svc *s, const struct svc_link *l, struct bus **out, struct err_text *why)
{
    struct svc_private *p = s->priv;
    assert(p->links_n < LINKS_MAX);
    struct extra_link *x = &p->links[p->links_n];
    const char *user = getenv("WATTBUS_USER");
    enum err e = ERR_OK;
    str_copyz(x->host, sizeof x->host, p->host);
    str_copyz(x->password, sizeof x->password, p->password);
    x->port = p->port;
    if (l->broker[0])
        e = read_broker(l->broker, x->host, sizeof x->host, &x->port, why);
    if (e == ERR_OK && l->password_file[0])
        e = read_password(l->password_file, x->password, sizeof x->password, why);
    if (e != ERR_OK)
        return e;
    str_copyz(x->user, sizeof x->user,
              l->password_file[0] ? l->service : (user && *user ? user : s->name));
    str_copyz(x->service, sizeof x->service, l->service);
    link_will(x, s);
    struct link_conf c = {l->site,
                          x->service,
                          x->host,
                          x->port,
                          x->password[0] ? x->user : NULL,
                          x->password,
                          {x->will, strlen(x->will)}};
    p->links_n++;
    *out = x->bus = bus_new(&s->loop, &c, on_bus_fault, s);
    return ERR_OK;
}

static int usage(const char *name)
{
    fprintf(stderr, "usage: %s [-c SITE.yaml] [-s STATE_DIR] [-n]\n", name);
    return EX_USAGE;
}

static enum err load_config(struct svc *s, int *exit_code)
{
    struct site_report report;
    enum err rc = site_load(s->site_path, &s->site, &report);
    fputs(report.text, stderr);
    if (rc != ERR_OK && report.errors == 0)
        fprintf(stderr, "%s: %s\n", s->site_path, err_name(rc));
    site_report_free(&report);
    *exit_code = EX_CONFIG;
    return rc;
}

enum err svc_init(struct svc *s, const char *name, int argc, char **argv, int *exit_code)
{
    const char *state_arg = NULL, *env = getenv("WATTBUS_SITE");
    *s = (struct svc){.name = name, .site_path = env && *env ? env : "/etc/wattbus/site.yaml"};
    for (int c; (c = getopt(argc, argv, "c:s:n")) != -1;) {
        if (c == 'c')
            s->site_path = optarg;
        else if (c == 's')
            state_arg = optarg;
        else if (c == 'n')
            s->check_only = true;
        else {
            *exit_code = usage(name);
            return ERR_SYNTAX;
        }
    }
    if (load_config(s, exit_code) != ERR_OK)
        return ERR_SYNTAX;
    s->priv = calloc(1, sizeof *s->priv);
    if (!s->priv)
        abort();
    struct svc_private *p = s->priv;
    p->argc = argc;
    p->argv = argv;
    if (read_environment(p) != ERR_OK)
        return ERR_SYNTAX;
    *exit_code = EX_CANTCREAT;
    if (!s->check_only && make_state_dir(s, state_arg) != ERR_OK)
        return ERR_IO;
    make_boot_id(s->boot);
    p->started = svc_now().wall;
    if (uv_loop_init(&s->loop) != 0)
        return ERR_IO;
    add_signal(s, &p->sigterm, on_stop_signal, SIGTERM);
    add_signal(s, &p->sigint, on_stop_signal, SIGINT);
    add_signal(s, &p->sighup, on_reload_signal, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    uv_timer_init(&s->loop, &p->status_timer);
    p->status_timer.data = s;
    make_bus(s);
    if (!s->check_only)
        s->discovery = discovery_new(s);
    *exit_code = EX_OK;
    return ERR_OK;
}

int svc_run(struct svc *s)
{
    struct svc_private *p = s->priv;
    log_info("event=start service=%s version=%s boot=%s config_hash=%s broker=%s:%d", s->name,
             WATTBUS_VERSION, s->boot, s->site->hash, p->host, p->port);
    p->watchdog = watchdog_new(&s->loop, on_watchdog_stall);
    bus_start(s->bus);
    for (int i = 0; i < p->links_n; i++)
        bus_start(p->links[i].bus);
    on_status_timer(&p->status_timer);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    status_send(s, false);
    return p->exit_code;
}

static void close_handle(uv_handle_t *h, void *arg)
{
    UNUSED(arg);
    if (!uv_is_closing(h))
        uv_close(h, NULL);
}

void svc_fini(struct svc *s)
{
    struct svc_private *p = s->priv;
    if (s->bus) {
        bus_stop(s->bus, p->watchdog ? LAST_WORDS_MS : 0);
        for (int i = 0; i < p->links_n; i++)
            bus_stop(p->links[i].bus, p->watchdog ? LAST_WORDS_MS : 0);
        watchdog_free(p->watchdog);
        uv_walk(&s->loop, close_handle, NULL);
        uv_run(&s->loop, UV_RUN_DEFAULT);
        int rc = uv_loop_close(&s->loop);
        assert(rc == 0); /* a handle somebody forgot */
        UNUSED(rc);
        bus_free(s->bus);
        for (int i = 0; i < p->links_n; i++)
            bus_free(p->links[i].bus);
        discovery_free(s->discovery);
    }
    site_free(s->site);
    bool anew = p && p->start_anew;
    char **argv = p ? p->argv : NULL;
    free(p);
    *s = (struct svc){0};
    if (anew) {
        execv("/proc/self/exe", argv);
        log_error("event=reload_failed detail=\"%s\"", strerror(errno));
    }
}
