/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/io/modbus_wire.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>

enum { MISSED_MAX = 2 }; /* then the connection itself is suspected */

/* ---- serial port: one owner ---- */
/* The lock is taken before libmodbus touches the port, so that a second owner can't even change
 * its settings. A port that is not there (unplugged) is no error: it is locked when it comes. */
static enum err port_lock(struct modbus_wire *w, struct err_text *why)
{
    const char *dev = w->conf.device;
    if (w->lock_fd >= 0)
        return ERR_OK;
    int fd = open(dev, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return err_set(why, errno == EBUSY ? ERR_CONFLICT : ERR_IO, "%s: %s", dev,
                       errno == EBUSY ? "in use by another process" : strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return err_set(why, ERR_CONFLICT, "%s: owned by another process", dev);
    }
    w->lock_fd = fd;
    return ERR_OK;
}

static void port_unlock(struct modbus_wire *w)
{
    if (w->lock_fd >= 0)
        close(w->lock_fd);
    w->lock_fd = -1;
}

/* ---- life ---- */
static modbus_t *make(const struct bus_conf *c)
{
    static const char parity[PARITY_COUNT] = {
        [PARITY_NONE] = 'N', [PARITY_EVEN] = 'E', [PARITY_ODD] = 'O'};
    char port[8];
    if (c->type == BUS_TYPE_MODBUS_RTU)
        return modbus_new_rtu(c->device, c->baud, parity[c->parity], 8, c->stop_bits);
    snprintf(port, sizeof port, "%d", c->port);
    return modbus_new_tcp_pi(c->host, port);
}

enum err wire_init(struct modbus_wire *w, const struct bus_conf *conf, struct err_text *why)
{
    *w = (struct modbus_wire){.conf = *conf, .lock_fd = -1, .fd = -1};
    if (conf->type == BUS_TYPE_MODBUS_RTU_TCP)
        return err_set(why, ERR_UNKNOWN, "type modbus-rtu-over-tcp is not supported yet");
    bool rtu = conf->type == BUS_TYPE_MODBUS_RTU;
    if (rtu ? !conf->device[0] : !conf->host[0])
        return err_set(why, ERR_MISSING, "a %s bus needs a %s",
                       enum_text(&bus_type_enum, (int)conf->type), rtu ? "device" : "host");
    if (rtu && port_lock(w, why) == ERR_CONFLICT)
        return ERR_CONFLICT;
    w->ctx = make(conf);
    if (!w->ctx) {
        port_unlock(w);
        return err_set(why, ERR_RANGE, "libmodbus refuses the settings: %s",
                       modbus_strerror(errno));
    }
    uint32_t s = (uint32_t)conf->timeout_ms / 1000, us = (uint32_t)conf->timeout_ms % 1000 * 1000;
    modbus_set_response_timeout(w->ctx, s, us);
    modbus_set_byte_timeout(w->ctx, 0, 0); /* the whole answer within the timeout */
    modbus_set_error_recovery(w->ctx, MODBUS_ERROR_RECOVERY_NONE);
    pthread_mutex_init(&w->fd_mutex, NULL);
    return ERR_OK;
}

static void publish_fd(struct modbus_wire *w, int fd)
{
    pthread_mutex_lock(&w->fd_mutex);
    w->fd = fd;
    pthread_mutex_unlock(&w->fd_mutex);
}

void wire_interrupt(struct modbus_wire *w)
{
    pthread_mutex_lock(&w->fd_mutex);
    if (w->fd >= 0)
        shutdown(w->fd, SHUT_RDWR);
    pthread_mutex_unlock(&w->fd_mutex);
}

void wire_close(struct modbus_wire *w)
{
    if (!w->open)
        return;
    publish_fd(w, -1);
    modbus_close(w->ctx);
    w->open = w->late = false;
    w->missed = 0;
}

void wire_fini(struct modbus_wire *w)
{
    wire_close(w);
    modbus_free(w->ctx);
    port_unlock(w);
    pthread_mutex_destroy(&w->fd_mutex);
}

enum err wire_open(struct modbus_wire *w, struct err_text *why)
{
    const struct bus_conf *c = &w->conf;
    bool rtu = c->type == BUS_TYPE_MODBUS_RTU;
    if (w->open)
        return ERR_OK;
    if (rtu) {
        /* Anew each time: after a replug the old descriptor locks a device that is gone. */
        port_unlock(w);
        enum err e = port_lock(w, why);
        if (e != ERR_OK)
            return e;
    }
    if (modbus_connect(w->ctx) != 0) {
        int code = errno ? errno : ECONNREFUSED;
        return err_set(why, ERR_IO, "%s: %s", rtu ? c->device : c->host, modbus_strerror(code));
    }
    int fd = modbus_get_socket(w->ctx);
    if (rtu) {
        ioctl(fd, TIOCEXCL);
        tcflush(fd, TCIOFLUSH);
    } else {
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        publish_fd(w, fd);
    }
    w->open = true;
    return ERR_OK;
}

/* RTU frames are told apart by 3.5 characters of silence: 11 bits each, rounded up. */
int wire_gap_ms(const struct bus_conf *c)
{
    int silence = c->type == BUS_TYPE_MODBUS_RTU ? 38500 / c->baud + 1 : 0;
    return c->gap_ms > silence ? c->gap_ms : silence;
}

/* ---- one operation ---- */
static int read_bits(modbus_t *m, const struct modbus_op *op, uint16_t *regs)
{
    uint8_t bits[MODBUS_READ_MAX];
    int n = op->function == 1 ? modbus_read_bits(m, op->addr, op->count, bits)
                              : modbus_read_input_bits(m, op->addr, op->count, bits);
    for (int i = 0; i < n; i++)
        regs[i] = bits[i];
    return n;
}

/* Number of registers done, or -1 with errno. */
static int call(modbus_t *m, const struct modbus_op *op, uint16_t *regs)
{
    switch (op->function) {
    case 1:
    case 2: return read_bits(m, op, regs);
    case 3: return modbus_read_registers(m, op->addr, op->count, regs);
    case 4: return modbus_read_input_registers(m, op->addr, op->count, regs);
    case 5: return modbus_write_bit(m, op->addr, op->regs[0] != 0);
    case 6: return modbus_write_register(m, op->addr, op->regs[0]);
    default: return modbus_write_registers(m, op->addr, op->count, op->regs);
    }
}

static enum err classify(int code, uint8_t *exception)
{
    if (code == ETIMEDOUT || code == EMBXGTAR || code == EMBXGPATH)
        return ERR_TIMEOUT; /* a gateway's word for "the unit does not answer" */
    if (code > MODBUS_ENOBASE && code < EMBXGPATH) {
        *exception = (uint8_t)(code - MODBUS_ENOBASE);
        return ERR_REFUSED;
    }
    if (code >= EMBBADCRC && code <= EMBBADSLAVE)
        return ERR_SYNTAX;
    return ERR_IO;
}

static enum err attempt(struct modbus_wire *w, uint8_t unit, const struct modbus_op *op,
                        uint16_t *regs, uint8_t *exception, struct err_text *why)
{
    bool rtu = w->conf.type == BUS_TYPE_MODBUS_RTU;
    if (modbus_set_slave(w->ctx, unit) != 0)
        return err_set(why, ERR_TIMEOUT, "unit %u is not possible here", unit);
    if (w->late || rtu)
        modbus_flush(w->ctx); /* nothing that came before the request can be its answer */
    errno = 0;
    int n = call(w->ctx, op, regs);
    int code = errno;
    if (n >= 0) {
        w->missed = 0;
        return n == op->count ? ERR_OK : err_set(why, ERR_SYNTAX, "short answer");
    }
    enum err e = classify(code, exception);
    err_set(why, e, "unit %u, function %u, register %u: %s", unit, op->function, op->addr,
            modbus_strerror(code));
    if (e == ERR_REFUSED)
        w->missed = 0;
    return e;
}

enum err wire_do(struct modbus_wire *w, uint8_t unit, const struct modbus_op *op, uint16_t *regs,
                 uint8_t *exception, struct err_text *why)
{
    *exception = 0;
    enum err e = attempt(w, unit, op, regs, exception, why);
    if (w->conf.type == BUS_TYPE_MODBUS_RTU) {
        if (e == ERR_IO)
            wire_close(w);
        return e;
    }
    if (e == ERR_SYNTAX && w->late) {
        /* The answer that was missed before has come now: start over on a clean connection. */
        wire_close(w);
        if (wire_open(w, why) != ERR_OK)
            return ERR_IO;
        e = attempt(w, unit, op, regs, exception, why);
    }
    if (e == ERR_TIMEOUT) {
        w->late = true;
        w->missed++;
    }
    if (e == ERR_IO || e == ERR_SYNTAX || w->missed >= MISSED_MAX)
        wire_close(w);
    return e;
}
