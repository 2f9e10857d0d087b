/* SPDX-License-Identifier: Apache-2.0 */
#include "services/wattbus/mqtt.h"
#include "services/wattbus/watch_view.h"
#include <signal.h>
#include <sys/ioctl.h>
#include <sysexits.h>

enum {
    FRAME_MS = 250, /* at most 4 pictures a second */
    IDLE_MS = 1000, /* ages go on although nothing comes */
    PIPE_MS = 1000, /* no terminal: a picture per second is enough */
    RETRY_MS = 1000,
    FIRST_MS = 50, /* so that the first picture is not an empty house */
    ONCE_MS = 5000,
    SETTLE_MS = 100, /* --once: brokers that send retained messages late */
    VIEW_MAX = 4 << 20,
};

static volatile sig_atomic_t stopped;
static void on_signal(int sig)
{
    UNUSED(sig);
    stopped = 1;
}

/* Over the old picture instead of after a wipe, so that nothing flickers; what does not fit below
 * is left out, or the terminal would scroll. */
static void put_screen(const char *text)
{
    struct winsize w = {0};
    int rows = ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 1 ? w.ws_row - 1 : INT_MAX;
    struct str rest = str_of(text);
    fputs("\033[H", stdout);
    for (int i = 0; i < rows && rest.len; i++) {
        struct str line = str_word(&rest, '\n');
        printf("%.*s\033[K\n", STR_ARG(line));
    }
    fputs(rest.len ? "\033[J…" : "\033[J", stdout);
}

/* A screen is drawn over, a pipe gets one picture after the other. */
static void draw(const struct house *h, const char *note, bool screen)
{
    static char text[VIEW_MAX];
    char clock[40];
    bool tty = isatty(STDOUT_FILENO);
    struct buf b = buf_of(text, sizeof text);
    struct wall now = cli_now().wall;
    time_t t = (time_t)(now.ms / 1000);
    struct tm tm;
    localtime_r(&t, &tm);
    strftime(clock, sizeof clock, "%H:%M:%S", &tm);
    if (note)
        buf_addf(&b, "%s\n", note);
    watch_view(h, now, clock, tty, &b);
    if (screen)
        put_screen(text);
    else
        printf("%s\n", text);
    fflush(stdout);
}

/* Takes what comes until the time; false when the link is lost. */
static bool collect(struct mqtt *m, struct house *h, struct mono until, bool *changed)
{
    while (!stopped) {
        struct mqtt_msg msg;
        int64_t left = mono_since_ms(until, cli_now().mono);
        int rc = mqtt_next(m, (int)max_i64(left, 0), &msg);
        if (rc < 0)
            return false;
        if (rc > 0 && house_take(h, msg.topic, msg.payload))
            *changed = true;
        if (left <= 0)
            return true;
    }
    return true;
}

/* Ends when no retained message has come for a while; live ones may come all the time. */
static int once(struct mqtt *m, struct house *h)
{
    struct mono start = cli_now().mono, last = start;
    struct mqtt_msg msg;
    for (struct mono now = start;
         mono_since_ms(now, last) < SETTLE_MS && mono_since_ms(now, start) < ONCE_MS;
         now = cli_now().mono) {
        int rc = mqtt_next(m, SETTLE_MS, &msg);
        if (rc < 0)
            return cli_fail(EX_UNAVAILABLE, "the broker has closed the connection");
        if (rc > 0)
            house_take(h, msg.topic, msg.payload);
        if (rc > 0 && msg.retained)
            last = cli_now().mono;
    }
    draw(h, NULL, false);
    return 0;
}

static void follow(struct mqtt *m, struct house *h)
{
    bool tty = isatty(STDOUT_FILENO), changed = true;
    struct mono drawn = {0};
    if (!collect(m, h, mono_after(cli_now().mono, FIRST_MS), &changed))
        return;
    while (!stopped) {
        struct mono now = cli_now().mono;
        bool idle = tty && mono_since_ms(now, drawn) >= IDLE_MS;
        if (changed || idle) {
            draw(h, NULL, tty);
            drawn = now;
            changed = false;
        }
        if (!collect(m, h, mono_after(now, tty ? FRAME_MS : PIPE_MS), &changed))
            return;
    }
}

static struct mqtt *join(const struct cli *c, struct err_text *why)
{
    char pattern[TOPIC_MAX];
    snprintf(pattern, sizeof pattern, "wattbus/%s/#", c->site);
    struct mqtt *m = mqtt_open(c, why);
    if (m && !mqtt_subscribe(m, pattern)) {
        err_set(why, ERR_REFUSED, "the broker does not let us read %s", pattern);
        mqtt_close(m);
        m = NULL;
    }
    return m;
}

int cmd_watch(struct cli *c)
{
    struct err_text why;
    struct house h = {.site = c->site};
    struct mqtt *m = join(c, &why);
    if (!m)
        return cli_fail(EX_UNAVAILABLE, "%s", why.s);
    struct sigaction sa = {.sa_handler = on_signal};
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    int rc = 0;
    if (c->once)
        rc = once(m, &h);
    while (!c->once && !stopped) {
        if (m)
            follow(m, &h);
        mqtt_close(m);
        m = NULL;
        if (stopped)
            break;
        draw(&h, "the broker is gone; trying again", isatty(STDOUT_FILENO));
        nanosleep(&(struct timespec){.tv_sec = RETRY_MS / 1000}, NULL);
        m = join(c, &why);
    }
    mqtt_close(m);
    house_free(&h);
    return rc;
}
