/* SPDX-License-Identifier: Apache-2.0
 * Counts its own checks rather than elapsed time: a process that was stopped (SIGSTOP, a sleeping
 * laptop) gets the same chances as one that ran. */
#include "libcommon/io/watchdog.h"
#include <stdatomic.h>

enum { TICK_MS = 2000, CHECK_MS = 4000, CHECKS = 4 };

struct watchdog {
    uv_timer_t timer;
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t cond;
    bool stop;
    atomic_uint ticks;
    void (*stalled)(const char *what);
};

static void on_tick(uv_timer_t *t)
{
    struct watchdog *w = t->data;
    atomic_fetch_add(&w->ticks, 1);
}

static void watch(void *arg)
{
    struct watchdog *w = arg;
    unsigned last = atomic_load(&w->ticks);
    int missed = 0;
    uv_mutex_lock(&w->lock);
    while (!w->stop) {
        uv_cond_timedwait(&w->cond, &w->lock, (uint64_t)CHECK_MS * 1000000);
        unsigned now = atomic_load(&w->ticks);
        missed = now == last ? missed + 1 : 0;
        last = now;
        if (missed >= CHECKS && !w->stop) {
            w->stalled("the loop has not turned for 16 s");
            abort();
        }
    }
    uv_mutex_unlock(&w->lock);
}

static void on_closed(uv_handle_t *h)
{
    free(h->data);
}

struct watchdog *watchdog_new(uv_loop_t *loop, void (*stalled)(const char *what))
{
    struct watchdog *w = calloc(1, sizeof *w);
    if (!w)
        abort();
    w->stalled = stalled;
    uv_timer_init(loop, &w->timer);
    w->timer.data = w;
    uv_timer_start(&w->timer, on_tick, TICK_MS, TICK_MS);
    if (uv_mutex_init(&w->lock) != 0 || uv_cond_init(&w->cond) != 0 ||
        uv_thread_create(&w->thread, watch, w) != 0)
        abort();
    return w;
}

void watchdog_free(struct watchdog *w)
{
    if (!w)
        return;
    uv_mutex_lock(&w->lock);
    w->stop = true;
    uv_cond_signal(&w->cond);
    uv_mutex_unlock(&w->lock);
    uv_thread_join(&w->thread);
    uv_mutex_destroy(&w->lock);
    uv_cond_destroy(&w->cond);
    uv_close((uv_handle_t *)&w->timer, on_closed);
}
