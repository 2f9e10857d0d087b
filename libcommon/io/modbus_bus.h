/* SPDX-License-Identifier: Apache-2.0
 * modbus_bus.h -- one Modbus wire or host: a thread that blocks in libmodbus, and jobs.
 *
 * A job is a short list of reads or writes for one unit. It is made once and started again and
 * again; it is queued at most once, so the queue is bounded by the number of jobs. The thread does
 * one operation at a time and picks the next by priority, so a write or a fast read goes between
 * two reads of a slow job; slow jobs get their turn after SLOW_WAIT_MS all the same. A standing job
 * starts itself anew without the loop and reports only changes, and every quiet_ms.
 *
 * A unit that does not answer costs its own timeout: it is left alone for a while (doubling to
 * UNIT_REST_MAX_MS); its reads wait, its writes fail at once. After a timeout what still comes is
 * thrown away; an answer with a foreign transaction id ends the connection. Callbacks come on the
 * loop thread only. */
#ifndef WATTBUS_MODBUS_BUS_H
#define WATTBUS_MODBUS_BUS_H
#include "libcommon/pure/clock.h"
#include "libcommon/site/site.h"
#include <uv.h>

enum {
    MODBUS_OPS_MAX = 16,
    MODBUS_READ_MAX = 125,  /* registers of one read */
    MODBUS_WRITE_MAX = 16,  /* registers of one write */
    MODBUS_REGS_MAX = 1024, /* read by one job */
    MODBUS_SLOW_WAIT_MS = 250,
    MODBUS_UNIT_REST_MAX_MS = 10000,
    MODBUS_ALONE_REST_MAX_MS = 1000, /* the only unit of its bus: nobody is held up by asking */
    MODBUS_LINK_REST_MAX_MS = 2000,
};

struct modbus_bus;
struct modbus_job;

/* NULL with *why: the configuration can't be used. Connects when the first job is started. `id` is
 * for messages. */
struct modbus_bus *modbus_bus_new(uv_loop_t *loop, const char *id, const struct bus_conf *conf,
                                  struct err_text *why);
/* Ends the thread (waits for an operation in progress, at most its timeout). No callback comes
 * after it returns; its jobs are gone. The loop must run once more. NULL is fine. */
void modbus_bus_free(struct modbus_bus *b);

enum modbus_priority { MODBUS_WRITE, MODBUS_FAST, MODBUS_SLOW };
struct modbus_op {
    uint8_t function; /* 1..4 read, 5, 6, 16 write */
    bool optional;    /* a refusal does not end the job */
    uint16_t addr, count;
    uint16_t regs[MODBUS_WRITE_MAX]; /* to write; coils: 0 or 1 */
};
struct modbus_result {
    enum err err;        /* of the job: ERR_OK, ERR_TIMEOUT, ERR_IO (link), ERR_REFUSED
                            (exception), ERR_SYNTAX (garbage) */
    struct err_text why; /* "" when ok */
    uint8_t exception[MODBUS_OPS_MAX]; /* Modbus exception per operation, 0: done */
    int nops;
    struct now at;        /* when the first operation was answered */
    const uint16_t *regs; /* of the reads, one after the other; during the callback */
};
typedef void modbus_cb(void *user, const struct modbus_result *r);

/* Lives as long as the bus. */
struct modbus_job *modbus_job_new(struct modbus_bus *b, uint8_t unit, enum modbus_priority p,
                                  modbus_cb *cb, void *user);
/* A read that is refused (exception) is noted and the next one done; a refused write ends the job.
 * ERR_STATE: it is still under way, nothing was changed. ERR_FULL, ERR_RANGE: too much. */
enum err modbus_job_start(struct modbus_job *j, const struct modbus_op *ops, int nops) MUST_CHECK;
/* Reads over and over. An error is reported like a change, once. */
enum err modbus_job_stand(struct modbus_job *j, const struct modbus_op *ops, int nops,
                          int quiet_ms) MUST_CHECK;
/* Ends a standing job after the read that is under way; it reports once more. */
void modbus_job_sit(struct modbus_job *j);
bool modbus_job_busy(const struct modbus_job *j);
#endif
