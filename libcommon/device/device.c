/* SPDX-License-Identifier: Apache-2.0
 * Finding and polling. */
#include "libcommon/device/device.h"

static void step(struct device *d);
static void on_timer(uv_timer_t *t);

int32_t device_slow_ms(const struct device *d)
{
    int32_t v = d->conf.interval_ms > INT32_MAX / 10 ? INT32_MAX : 10 * d->conf.interval_ms;
    return max_i32(clamp_i32(v, DEVICE_SLOW_MIN_MS, DEVICE_SLOW_MAX_MS), d->conf.interval_ms);
}

void device_fault(struct device *d, enum device_fault f, const char *text)
{
    static const char *const codes[DEVICE_FAULT_COUNT] = {[DEVICE_SILENT] = "device_silent",
                                                          [DEVICE_STRANGE] = "device_strange",
                                                          [DEVICE_COUNTER] = "counter_fell",
                                                          [DEVICE_WRITE] = "write_failed",
                                                          [DEVICE_TWO_WRITERS] = "two_writers"};
    char what[96];
    if (!text && !d->fault[f].on)
        return;
    snprintf(what, sizeof what, "%s device=%s", codes[f], d->conf.id);
    log_fault(&d->fault[f].latch, text != NULL, what, text ? text : "");
    if (text && !d->fault[f].on)
        d->fault[f].since = svc_now().wall;
    d->fault[f].on = text != NULL;
    str_copyz(d->fault[f].text, sizeof d->fault[f].text, text ? text : "");
    svc_fault(d->svc, codes[f], d->conf.id, text ? d->fault[f].text : NULL);
}

static void again_in(struct device *d, int64_t ms)
{
    if (!d->stopped)
        uv_timer_start(&d->timer, on_timer, (uint64_t)ms, 0);
}

/* ---- jobs ---- */
static enum err ask(struct modbus_job *job, const struct image *im, bool stand)
{
    struct modbus_op ops[LAYOUT_SPANS_MAX];
    static_assert((int)LAYOUT_SPANS_MAX <= (int)MODBUS_OPS_MAX, "a group is one job");
    for (int i = 0; i < im->n; i++)
        ops[i] = (struct modbus_op){.function = im->spans[i].function,
                                    .addr = im->spans[i].addr,
                                    .count = im->spans[i].count};
    if (stand)
        return modbus_job_stand(job, ops, im->n, DEVICE_ALIVE_MS);
    return modbus_job_start(job, ops, im->n);
}

/* Takes the registers over. ERR_REFUSED: the device refused every read. */
static enum err fill(struct image *im, const struct modbus_result *r)
{
    size_t used = 0;
    bool any = im->n == 0;
    for (int i = 0; i < im->n; i++) {
        im->ok[i] = r->exception[i] == 0;
        any = any || im->ok[i];
        used += im->spans[i].count;
    }
    memcpy(im->regs, r->regs, used * sizeof im->regs[0]);
    return any ? ERR_OK : ERR_REFUSED;
}

static enum err plan(struct device *d, enum group g)
{
    return layout_spans(&d->layout, g, d->profile.modbus.block, d->gap[g], &d->image[g]);
}

/* Registers between two values may not exist: without gaps every value can be read. Only while no
 * read of the group is under way. False: there is nothing left to try. */
static bool plan_without_gaps(struct device *d, enum group g)
{
    int gap = d->gap[g];
    if (gap == 0)
        return false;
    d->gap[g] = 0;
    if (plan(d, g) == ERR_OK)
        return true;
    d->gap[g] = gap;
    (void)plan(d, g); /* as it was */
    return false;
}

static bool refused_any(const struct image *im)
{
    for (int i = 0; i < im->n; i++)
        if (!im->ok[i])
            return true;
    return false;
}

/* ---- failure ---- */
static void failed(struct device *d, const struct err_text *why)
{
    if (++d->fails < DEVICE_FAILS_MAX)
        return;
    if (!d->fault[DEVICE_SILENT].on && d->stage == DEVICE_RUN && d->profile.sunspec) {
        d->find_again = true;
        modbus_job_sit(d->read);
    }
    device_fault(d, DEVICE_SILENT, why->s);
    command_lost(&d->command);
    d->known = false;
}

static void answered(struct device *d)
{
    d->fails = 0;
    device_fault(d, DEVICE_SILENT, NULL);
}

static void start_over(struct device *d, const char *text)
{
    device_fault(d, DEVICE_STRANGE, text);
    d->stage = DEVICE_FIND;
    sun_walk_start(&d->walk);
    again_in(d, DEVICE_SLOW_MAX_MS);
}

/* ---- FIND and ONCE ---- */
static void lay_out(struct device *d)
{
    struct err_text why = {""};
    const struct sun_chain *chain = d->profile.sunspec ? &d->walk.chain : NULL;
    enum err e = layout_make(&d->profile, chain, &d->layout, &why);
    for (int g = 1; e == ERR_OK && g < GROUP_COUNT; g++) {
        e = plan(d, (enum group)g);
        if (e != ERR_OK)
            err_set(&why, e, "the %s group needs more than %d reads", enum_text(&group_enum, g),
                    LAYOUT_SPANS_MAX);
    }
    if (e != ERR_OK) {
        start_over(d, why.s);
        return;
    }
    d->proven = d->slow_tried = false;
    d->generation++;
    d->stage = DEVICE_ONCE;
    step(d);
}

static void found(struct device *d, const struct modbus_result *r)
{
    switch (sun_walk_feed(&d->walk, r->exception[0] ? NULL : r->regs)) {
    case SUN_MORE: step(d); return;
    case SUN_NONE: start_over(d, "no SunSpec models at 40000, 50000 or 0"); return;
    case SUN_DONE: break;
    }
    if (d->walk.note[0])
        log_warn("event=sunspec device=%s detail=\"%s\" models=%d", d->conf.id, d->walk.note,
                 d->walk.chain.n);
    lay_out(d);
}

static void run(struct device *d)
{
    device_fault(d, DEVICE_STRANGE, NULL);
    device_publish_info(d);
    d->stage = DEVICE_RUN;
    d->slow_at = (struct now){{INT64_MIN / 2}, {0}};
    step(d);
}

/* Where the device does not say what 100 % is, the site file may. */
static void complete_ratings(struct device *d)
{
    struct opt_f64 *num = d->readings.num;
    if (!num[QUANTITY_LIMIT_BASE].set && d->conf.max_power_w.set)
        num[QUANTITY_LIMIT_BASE] = SOME_F64((double)d->conf.max_power_w.v);
    if (!num[QUANTITY_MAX_CHARGE].set && d->conf.max_charge_w.set)
        num[QUANTITY_MAX_CHARGE] = SOME_F64((double)d->conf.max_charge_w.v);
    if (!num[QUANTITY_MAX_DISCHARGE].set && d->conf.max_discharge_w.set)
        num[QUANTITY_MAX_DISCHARGE] = SOME_F64((double)d->conf.max_discharge_w.v);
}

static void read_once(struct device *d, const struct modbus_result *r)
{
    struct image *im = &d->image[GROUP_ONCE];
    (void)fill(im, r);
    if (refused_any(im) && plan_without_gaps(d, GROUP_ONCE)) {
        step(d);
        return;
    }
    layout_decode(&d->layout, GROUP_ONCE, im, &d->readings);
    complete_ratings(d);
    run(d);
}

/* ---- RUN ---- */
static void on_slow(void *user, const struct modbus_result *r)
{
    struct device *d = user;
    struct image *im = &d->image[GROUP_SLOW];
    if (d->stopped || d->stage != DEVICE_RUN)
        return;
    if (d->slow_generation != d->generation) {
        step(d);
        return;
    }
    if (r->err != ERR_OK) { /* of a silent device it may be the one that is asked again and again */
        failed(d, &r->why);
    } else {
        (void)fill(im, r);
        if (refused_any(im) && plan_without_gaps(d, GROUP_SLOW)) {
            step(d);
            return;
        }
        layout_decode(&d->layout, GROUP_SLOW, im, &d->readings);
        d->slow_at = r->at;
    }
    bool first = !d->slow_tried;
    d->slow_tried = true;
    if (first)
        step(d);
}

static void read_fast(struct device *d, const struct modbus_result *r)
{
    struct image *im = &d->image[GROUP_FAST];
    enum err e = fill(im, r);
    if (!d->proven && refused_any(im) && plan_without_gaps(d, GROUP_FAST)) {
        step(d);
        return;
    }
    d->proven = true;
    device_fault(d, DEVICE_STRANGE,
                 e == ERR_OK ? NULL : "it refuses every register of the fast group");
    if (e == ERR_OK) {
        layout_decode(&d->layout, GROUP_FAST, im, &d->readings);
        d->fast_at = r->at;
        d->known = true;
        device_publish_state(d, svc_now());
        device_command_run(d);
    }
    if (d->conf.interval_ms == 0)
        step(d); /* no-op while the standing read goes on */
}

static void got(struct device *d, const struct modbus_result *r)
{
    if (r->err != ERR_OK) {
        failed(d, &r->why);
        if (d->stage != DEVICE_RUN)
            again_in(d, DEVICE_RETRY_MS);
        return;
    }
    answered(d);
    if (d->stage == DEVICE_FIND)
        found(d, r);
    else if (d->stage == DEVICE_ONCE)
        read_once(d, r);
    else
        read_fast(d, r);
}

static void on_read(void *user, const struct modbus_result *r)
{
    struct device *d = user;
    if (d->stopped)
        return;
    if (!d->find_again || r->err != ERR_OK) /* an answer now may be another device's */
        got(d, r);
    if (d->find_again && !modbus_job_busy(d->read)) {
        d->find_again = false;
        d->stage = DEVICE_FIND;
        sun_walk_start(&d->walk);
        again_in(d, DEVICE_RETRY_MS);
    }
}

static bool slow_is_due(const struct device *d, struct mono now)
{
    return d->image[GROUP_SLOW].n > 0 &&
           mono_since_ms(now, d->slow_at.mono) >= device_slow_ms(d) - DEVICE_SLOW_MIN_MS / 2 &&
           !modbus_job_busy(d->slow);
}

static void poll(struct device *d)
{
    bool stand = d->conf.interval_ms == 0 && d->proven;
    if (slow_is_due(d, svc_now().mono)) {
        d->slow_generation = d->generation;
        if (ask(d->slow, &d->image[GROUP_SLOW], false) != ERR_OK)
            log_error("event=poll device=%s group=slow detail=\"busy\"", d->conf.id);
    }
    if (!d->slow_tried && d->image[GROUP_SLOW].n > 0)
        return;
    if (!modbus_job_busy(d->read) && ask(d->read, &d->image[GROUP_FAST], stand) != ERR_OK)
        log_error("event=poll device=%s group=fast detail=\"busy\"", d->conf.id);
}

/* One step of the life; called when the last one is done. */
static void step(struct device *d)
{
    if (d->stage == DEVICE_FIND && !d->profile.sunspec) {
        lay_out(d);
        return;
    }
    if (d->stage == DEVICE_FIND) {
        struct modbus_op op = {.function = 3, .addr = sun_walk_want(&d->walk), .count = 2};
        if (modbus_job_start(d->read, &op, 1) != ERR_OK)
            again_in(d, DEVICE_RETRY_MS);
        return;
    }
    if (d->stage == DEVICE_ONCE) {
        if (d->image[GROUP_ONCE].n == 0)
            run(d);
        else if (ask(d->read, &d->image[GROUP_ONCE], false) != ERR_OK)
            again_in(d, DEVICE_RETRY_MS);
        return;
    }
    int64_t every = d->conf.interval_ms ? d->conf.interval_ms : DEVICE_SLOW_MIN_MS;
    if (!uv_is_active((uv_handle_t *)&d->timer))
        uv_timer_start(&d->timer, on_timer, (uint64_t)every, (uint64_t)every);
    poll(d);
}

static void on_timer(uv_timer_t *t)
{
    struct device *d = t->data;
    if (d->stage != DEVICE_RUN && modbus_job_busy(d->read))
        again_in(d, DEVICE_RETRY_MS);
    else
        step(d);
}

/* ---- life ---- */
void device_init(struct device *d, struct svc *s, const struct device_conf *conf)
{
    d->svc = s;
    d->conf = *conf;
}

void device_start(struct device *d, struct modbus_bus *bus, const char *address)
{
    for (int g = 0; g < GROUP_COUNT; g++)
        d->gap[g] = d->profile.modbus.gap;
    str_copyz(d->address, sizeof d->address, address);
    d->read = modbus_job_new(bus, d->conf.unit, MODBUS_FAST, on_read, d);
    d->slow = modbus_job_new(bus, d->conf.unit, MODBUS_SLOW, on_slow, d);
    d->write = modbus_job_new(bus, d->conf.unit, MODBUS_WRITE, device_written, d);
    uv_timer_init(&d->svc->loop, &d->timer);
    uv_timer_init(&d->svc->loop, &d->command_timer);
    d->timer.data = d->command_timer.data = d;
    sun_walk_start(&d->walk);
    svc_own(d->svc, d->conf.id);
    device_command_init(d);
    again_in(d, 0);
}

void device_stop(struct device *d)
{
    d->stopped = true;
    if (!d->read)
        return;
    uv_close((uv_handle_t *)&d->timer, NULL);
    uv_close((uv_handle_t *)&d->command_timer, NULL);
}
