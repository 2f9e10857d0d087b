/* SPDX-License-Identifier: Apache-2.0
 * brain.c -- when to decide: at every frame of the grid meter, at every change that matters, and
 * when a time runs out; there is no tick. */
#include "services/surplus-controller/io/brain.h"
#include "services/surplus-controller/io/loads.h"
#include "libcommon/io/log.h"
#include "services/surplus-controller/io/flows.h"
#include "services/surplus-controller/io/recorder.h"
#include <sysexits.h>

enum { SAVE_AFTER_MS = 1000 };

static void schedule(struct brain *b, struct now now, int64_t next_ms);

void brain_step(struct brain *b)
{
    struct now now = svc_now();
    int64_t next = formulas_refresh(b, now);
    next = min_i64(next, users_refresh(b, now));
    next = min_i64(next, commands_refresh(b, now));
    next = min_i64(next, loads_refresh(b, now));
    next = min_i64(next, inputs_refresh(b, now));
    next = min_i64(next, group_refresh(b, now));
    flows_before(b->flows, now);
    recorder_before(b->recorder, now);
    control_step(&b->state, &b->in, &b->conf, now, &b->out);
    next = min_i64(next, b->out.next.ms);
    next = min_i64(next, storage_run(b, now));
    next = min_i64(next, feedin_run(b, now));
    next = min_i64(next, outputs_publish(b, now));
    recorder_after(b->recorder, now);
    next = min_i64(next, formulas_publish(b, now));
    next = min_i64(next, loads_publish(b, now));
    next = min_i64(next, group_publish(b, now));
    next = min_i64(next, flows_after(b->flows, now));
    next = min_i64(next, users_publish(b, now));
    next = min_i64(next, users_save_due(b, now));
    memory_track(b, now);
    loads_track(b, now);
    storage_track(b);
    if (b->save_due) /* after the setpoints are out: a slow card delays nobody */
        next = min_i64(next, now.mono.ms + SAVE_AFTER_MS);
    schedule(b, now, next);
}
static void on_timer(uv_timer_t *t)
{
    struct brain *b = t->data;
    if (b->ready)
        brain_step(b);
    if (b->save_due)
        memory_save(b);
}
static void schedule(struct brain *b, struct now now, int64_t next_ms)
{
    uv_update_time(&b->svc->loop);
    uv_timer_start(&b->timer, on_timer, (uint64_t)max_i64(1, next_ms - now.mono.ms), 0);
}
void brain_soon(struct brain *b)
{
    if (b->ready)
        uv_timer_start(&b->timer, on_timer, 0, 0);
}
static void on_ready(void *user)
{
    struct brain *b = user;
    for (int i = 0; i < b->conf.chargers_n; i++)
        b->ios[i].sent_at.ms = b->ios[i].control_at.ms = 0;
    storage_relink(b->storage);
    feedin_relink(b->feedin);
    loads_again(b);
    b->site_at.ms = 0;
    formulas_linked(b);
    vehicles_again(b);
    users_publish_all(b);
    if (!b->ready)
        control_init(&b->state, &b->conf, svc_now()); /* from here on it waits for values */
    b->ready = true;
    flows_link_up(b->flows);
    brain_step(b);
}
static void on_down(void *user)
{
    UNUSED(user); /* setpoints end with their leases; what we know ages by itself */
}

struct brain *brain_new(struct svc *s)
{
    struct err_text why;
    struct brain *b = calloc(1, sizeof *b);
    if (!b)
        abort();
    b->svc = s;
    b->started = svc_now().wall;
    b->recorder = recorder_new(b);
    if (brain_configure(b, &why) != ERR_OK || group_init(b, &why) != ERR_OK ||
        formulas_init(b, &why) != ERR_OK || !(b->flows = flows_new(b, &why))) {
        log_error("%s: %s", s->site_path, why.s);
        brain_release(b);
        free(b);
        return NULL;
    }
    uv_timer_init(&s->loop, &b->timer);
    b->timer.data = b;
    if (s->check_only)
        return b;
    control_init(&b->state, &b->conf, svc_now());
    memory_load(b, svc_now());
    flows_load(b->flows);
    users_load(b);
    storage_load(b);
    svc_own(s, s->site->general.site);
    for (int i = 0; i < b->conf.circuits_n; i++)
        if (b->circuit_ids[i][0])
            svc_own(s, b->circuit_ids[i]);
    formulas_start(b);
    inputs_subscribe(b);
    commands_subscribe(b);
    choices_subscribe(b);
    flows_subscribe(b->flows);
    users_subscribe(b);
    storage_subscribe(b);
    feedin_subscribe(b);
    loads_subscribe(b);
    bus_on_link(s->bus, on_ready, on_down, b);
    return b;
}
int brain_finish(struct brain *b, int exit_code)
{
    if (b->save_due)
        memory_save(b);
    flows_save(b->flows);
    if (b->users && (b->users->save_soon || b->users->save_later))
        users_save(b);
    return b->refused ? EX_TEMPFAIL : exit_code;
}
void brain_free(struct brain *b)
{
    if (b)
        brain_release(b);
    free(b);
}
