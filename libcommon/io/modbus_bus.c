/* SPDX-License-Identifier: Apache-2.0
 * The queue and the thread. Everything in struct modbus_bus below `mutex` is under it; the wire
 * belongs to the thread alone. */
#include "libcommon/io/modbus_bus.h"
#include "libcommon/io/modbus_wire.h"
#include <pthread.h>
#include <signal.h>

enum { LINK_REST_MS = 100, UNITS = 256, NEVER = 0 };

struct modbus_job {
    struct modbus_bus *bus;
    struct modbus_job *next;
    uint8_t unit;
    enum modbus_priority prio;
    modbus_cb *cb;
    void *user;
    /* request */
    bool queued, standing;
    int quiet_ms;
    int nops, pos, used; /* used: registers read so far */
    struct modbus_op ops[MODBUS_OPS_MAX];
    uint64_t turn;      /* order among equals */
    int64_t waiting_ms; /* since when, for slow jobs */
    struct modbus_result work;
    uint16_t work_regs[MODBUS_REGS_MAX];
    /* what the loop gets */
    bool pending, told;
    struct modbus_result out;
    int out_used;
    uint16_t out_regs[MODBUS_REGS_MAX];
};

struct modbus_bus {
    char id[ID_CAP];
    struct bus_conf conf;
    struct modbus_wire wire;
    int gap_ms;
    uv_async_t async;
    pthread_t thread;
    uint16_t shown[MODBUS_REGS_MAX]; /* loop thread: registers during a callback */
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool stop, wake;
    struct modbus_job *jobs;
    uint64_t turns;
    int64_t idle_until_ms; /* gap between requests, pause after connecting */
    int64_t link_until_ms; /* no attempt to connect before */
    int link_rest_ms;      /* 0: the link is not known to be bad */
    struct {
        int fails;
        int64_t until_ms;
    } units[UNITS];
    struct err_text last_why;
};

static int64_t clock_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- thread: results ---- */
static void requeue(struct modbus_job *j, int64_t now_ms)
{
    j->queued = true;
    j->pos = j->used = 0;
    j->turn = ++j->bus->turns;
    j->waiting_ms = now_ms;
    j->work = (struct modbus_result){.nops = j->nops};
}

static bool same_as_told(const struct modbus_job *j)
{
    return j->told && j->out.err == j->work.err && j->out_used == j->used &&
           memcmp(j->out.exception, j->work.exception, sizeof j->work.exception) == 0 &&
           memcmp(j->out_regs, j->work_regs, (size_t)j->used * sizeof j->work_regs[0]) == 0;
}

/* The job is done: to the loop, unless a standing one has nothing new to say. */
static void finish(struct modbus_job *j, enum err e, const struct err_text *why, int64_t now_ms)
{
    j->work.err = e;
    j->work.why = e == ERR_OK ? (struct err_text){""} : *why;
    if (j->work.at.mono.ms == NEVER)
        j->work.at = (struct now){{now_ms}, {clock_ms(CLOCK_REALTIME)}};
    j->queued = false;
    if (!j->standing || !same_as_told(j) || now_ms - j->out.at.mono.ms >= j->quiet_ms) {
        j->out = j->work;
        j->out_used = j->used;
        memcpy(j->out_regs, j->work_regs, (size_t)j->used * sizeof j->work_regs[0]);
        j->pending = j->told = true;
        j->bus->wake = true;
    }
    if (j->standing)
        requeue(j, now_ms);
}

static bool alone(const struct modbus_bus *b)
{
    for (const struct modbus_job *j = b->jobs; j; j = j->next)
        if (j->unit != b->jobs->unit)
            return false;
    return true;
}

static void rest_unit(struct modbus_bus *b, uint8_t unit, int64_t now_ms)
{
    /* One lost frame is tried again at once; from the second on the unit counts as dead. */
    int fails = ++b->units[unit].fails;
    int64_t rest = fails < 2 ? 0 : (int64_t)b->conf.timeout_ms << min_i32(fails - 2, 16);
    int64_t most = alone(b) ? MODBUS_ALONE_REST_MAX_MS : MODBUS_UNIT_REST_MAX_MS;
    b->units[unit].until_ms = now_ms + min_i64(rest, most);
}

/* The link is gone: every waiting job hears it, and nobody tries again before the rest is over. */
static void link_lost(struct modbus_bus *b, const struct err_text *why, int64_t now_ms)
{
    b->link_rest_ms =
        b->link_rest_ms ? min_i32(b->link_rest_ms * 2, MODBUS_LINK_REST_MAX_MS) : LINK_REST_MS;
    b->link_until_ms = now_ms + b->link_rest_ms;
    for (struct modbus_job *j = b->jobs; j; j = j->next)
        if (j->queued)
            finish(j, ERR_IO, why, now_ms);
}

/* ---- thread: choice ---- */
static int64_t not_before(const struct modbus_bus *b, const struct modbus_job *j)
{
    return max_i64(b->link_until_ms, b->units[j->unit].until_ms);
}

/* 0 write, 1 slow that waited long, 2 fast, 3 slow */
static int rank(const struct modbus_job *j, int64_t now_ms)
{
    if (j->prio == MODBUS_WRITE)
        return 0;
    if (j->prio == MODBUS_FAST)
        return 2;
    return now_ms - j->waiting_ms >= MODBUS_SLOW_WAIT_MS ? 1 : 3;
}

static struct modbus_job *pick(struct modbus_bus *b, int64_t now_ms, int64_t *wake_ms)
{
    struct modbus_job *best = NULL;
    *wake_ms = INT64_MAX;
    for (struct modbus_job *j = b->jobs; j; j = j->next) {
        if (!j->queued)
            continue;
        int64_t from = not_before(b, j);
        if (from > now_ms && j->prio == MODBUS_WRITE) {
            finish(j, ERR_TIMEOUT, &b->last_why, now_ms);
            continue;
        }
        from = max_i64(from, b->idle_until_ms);
        if (from > now_ms) {
            *wake_ms = min_i64(*wake_ms, from);
            continue;
        }
        int a = rank(j, now_ms), c = best ? rank(best, now_ms) : INT_MAX;
        if (a < c || (a == c && j->turn < best->turn))
            best = j;
    }
    return best;
}

/* ---- thread: work ---- */
static bool is_read(const struct modbus_op *op)
{
    return op->function <= 4;
}

/* Takes over what one operation brought; e is ERR_OK or ERR_REFUSED. */
static void advance(struct modbus_job *j, const struct modbus_op *op, enum err e, uint8_t exception,
                    const uint16_t *regs, const struct err_text *why, int64_t now_ms)
{
    if (j->work.at.mono.ms == NEVER)
        j->work.at = (struct now){{now_ms}, {clock_ms(CLOCK_REALTIME)}};
    j->work.exception[j->pos] = exception;
    if (is_read(op)) {
        size_t bytes = op->count * sizeof *regs;
        if (e == ERR_OK)
            memcpy(j->work_regs + j->used, regs, bytes);
        else
            memset(j->work_regs + j->used, 0, bytes);
        j->used += op->count;
    }
    bool goes_on = e == ERR_OK || is_read(op) || op->optional;
    j->pos++;
    j->waiting_ms = now_ms;
    if (!goes_on)
        finish(j, ERR_REFUSED, why, now_ms);
    else if (j->pos == j->nops)
        finish(j, ERR_OK, why, now_ms);
}

/* Connects if need be; true when an operation may be sent now. */
static bool be_connected(struct modbus_bus *b, struct err_text *why)
{
    bool was = b->wire.open;
    pthread_mutex_unlock(&b->mutex);
    enum err e = wire_open(&b->wire, why);
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
    pthread_mutex_lock(&b->mutex);
    if (e != ERR_OK) {
        b->last_why = *why;
        link_lost(b, why, now_ms);
        return false;
    }
    if (was || b->conf.connect_delay_ms == 0)
        return true;
    b->idle_until_ms = now_ms + b->conf.connect_delay_ms;
    return false;
}

static void work(struct modbus_bus *b, struct modbus_job *j)
{
    struct err_text why = {""};
    uint16_t regs[MODBUS_READ_MAX];
    uint8_t exception = 0;
    if (!be_connected(b, &why) || !j->queued)
        return;
    struct modbus_op op = j->ops[j->pos];
    pthread_mutex_unlock(&b->mutex);
    enum err e = wire_do(&b->wire, j->unit, &op, regs, &exception, &why);
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
    pthread_mutex_lock(&b->mutex);
    b->idle_until_ms = now_ms + b->gap_ms;
    if (e == ERR_OK || e == ERR_REFUSED) {
        b->units[j->unit].fails = 0;
        b->link_rest_ms = 0;
        advance(j, &op, e, exception, regs, &why, now_ms);
        return;
    }
    b->last_why = why;
    if (e == ERR_IO) {
        link_lost(b, &why, now_ms);
        return;
    }
    rest_unit(b, j->unit, now_ms);
    finish(j, e, &why, now_ms);
}

static void wait_until(struct modbus_bus *b, int64_t wake_ms)
{
    if (wake_ms == INT64_MAX) {
        pthread_cond_wait(&b->cond, &b->mutex);
        return;
    }
    struct timespec t = {.tv_sec = (time_t)(wake_ms / 1000), .tv_nsec = wake_ms % 1000 * 1000000};
    pthread_cond_timedwait(&b->cond, &b->mutex, &t);
}

static void *run(void *arg)
{
    struct modbus_bus *b = arg;
    pthread_mutex_lock(&b->mutex);
    while (!b->stop) {
        int64_t wake_ms;
        struct modbus_job *j = pick(b, clock_ms(CLOCK_MONOTONIC), &wake_ms);
        if (j)
            work(b, j);
        bool wake = b->wake;
        b->wake = false;
        if (wake) {
            pthread_mutex_unlock(&b->mutex);
            uv_async_send(&b->async);
            pthread_mutex_lock(&b->mutex);
        } else if (!j && !b->stop) {
            wait_until(b, wake_ms);
        }
    }
    pthread_mutex_unlock(&b->mutex);
    return NULL;
}

/* ---- loop ---- */
static void on_async(uv_async_t *a)
{
    struct modbus_bus *b = a->data;
    pthread_mutex_lock(&b->mutex);
    for (struct modbus_job *j = b->jobs; j; j = j->next) {
        if (!j->pending)
            continue;
        struct modbus_result r = j->out;
        j->pending = false;
        memcpy(b->shown, j->out_regs, (size_t)j->out_used * sizeof b->shown[0]);
        r.regs = b->shown;
        pthread_mutex_unlock(&b->mutex);
        j->cb(j->user, &r);
        pthread_mutex_lock(&b->mutex);
    }
    pthread_mutex_unlock(&b->mutex);
}

static void init_locks(struct modbus_bus *b)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&b->cond, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&b->mutex, NULL);
}

struct modbus_bus *modbus_bus_new(uv_loop_t *loop, const char *id, const struct bus_conf *conf,
                                  struct err_text *why)
{
    struct modbus_bus *b = calloc(1, sizeof *b);
    if (!b)
        abort();
    str_copyz(b->id, sizeof b->id, id);
    b->conf = *conf;
    b->gap_ms = wire_gap_ms(conf);
    if (wire_init(&b->wire, conf, why) != ERR_OK) {
        err_prefix(why, "bus %s", id);
        free(b);
        return NULL;
    }
    init_locks(b);
    b->async.data = b;
    uv_async_init(loop, &b->async, on_async);
    sigset_t all, old; /* signals are the loop's */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&b->thread, NULL, run, b);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    assert(rc == 0);
    UNUSED(rc);
    return b;
}

static void on_closed(uv_handle_t *h)
{
    struct modbus_bus *b = h->data;
    for (struct modbus_job *j = b->jobs, *next; j; j = next) {
        next = j->next;
        free(j);
    }
    pthread_cond_destroy(&b->cond);
    pthread_mutex_destroy(&b->mutex);
    free(b);
}

void modbus_bus_free(struct modbus_bus *b)
{
    if (!b)
        return;
    pthread_mutex_lock(&b->mutex);
    b->stop = true;
    pthread_cond_signal(&b->cond);
    pthread_mutex_unlock(&b->mutex);
    wire_interrupt(&b->wire);
    pthread_join(b->thread, NULL);
    wire_fini(&b->wire);
    uv_close((uv_handle_t *)&b->async, on_closed);
}

struct modbus_job *modbus_job_new(struct modbus_bus *b, uint8_t unit, enum modbus_priority p,
                                  modbus_cb *cb, void *user)
{
    struct modbus_job *j = calloc(1, sizeof *j);
    if (!j)
        abort();
    *j = (struct modbus_job){.bus = b, .unit = unit, .prio = p, .cb = cb, .user = user};
    pthread_mutex_lock(&b->mutex);
    struct modbus_job **tail = &b->jobs;
    while (*tail)
        tail = &(*tail)->next;
    *tail = j;
    pthread_mutex_unlock(&b->mutex);
    return j;
}

static enum err check(const struct modbus_op *ops, int nops)
{
    int regs = 0;
    if (nops < 1 || nops > MODBUS_OPS_MAX)
        return ERR_FULL;
    for (int i = 0; i < nops; i++) {
        const struct modbus_op *op = &ops[i];
        bool known = (op->function >= 1 && op->function <= 6) || op->function == 16;
        int most = is_read(op) ? MODBUS_READ_MAX : op->function == 16 ? MODBUS_WRITE_MAX : 1;
        if (!known || op->count < 1 || op->count > most || op->addr + op->count > 65536)
            return ERR_RANGE;
        regs += is_read(op) ? op->count : 0;
    }
    return regs <= MODBUS_REGS_MAX ? ERR_OK : ERR_FULL;
}

static enum err start(struct modbus_job *j, const struct modbus_op *ops, int nops, bool standing,
                      int quiet_ms)
{
    struct modbus_bus *b = j->bus;
    enum err e = check(ops, nops);
    if (e != ERR_OK)
        return e;
    pthread_mutex_lock(&b->mutex);
    if (j->queued || j->pending) {
        e = ERR_STATE;
    } else {
        memcpy(j->ops, ops, (size_t)nops * sizeof *ops);
        j->nops = nops;
        j->standing = standing;
        j->quiet_ms = quiet_ms;
        j->told = false;
        requeue(j, clock_ms(CLOCK_MONOTONIC));
        pthread_cond_signal(&b->cond);
    }
    pthread_mutex_unlock(&b->mutex);
    return e;
}

enum err modbus_job_start(struct modbus_job *j, const struct modbus_op *ops, int nops)
{
    return start(j, ops, nops, false, 0);
}

enum err modbus_job_stand(struct modbus_job *j, const struct modbus_op *ops, int nops, int quiet_ms)
{
    for (int i = 0; i < nops && i < MODBUS_OPS_MAX; i++)
        assert(is_read(&ops[i]));
    return start(j, ops, nops, true, quiet_ms);
}

void modbus_job_sit(struct modbus_job *j)
{
    pthread_mutex_lock(&j->bus->mutex);
    j->standing = false;
    pthread_mutex_unlock(&j->bus->mutex);
}

bool modbus_job_busy(const struct modbus_job *j)
{
    pthread_mutex_lock(&j->bus->mutex);
    bool busy = j->queued || j->pending;
    pthread_mutex_unlock(&j->bus->mutex);
    return busy;
}
