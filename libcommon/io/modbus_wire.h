/* SPDX-License-Identifier: Apache-2.0
 * modbus_wire.h -- libmodbus for one bus: open, one operation, close, and what its errors mean.
 * Used by the thread of modbus_bus only; every call blocks up to the bus's timeout. */
#ifndef WATTBUS_MODBUS_WIRE_H
#define WATTBUS_MODBUS_WIRE_H
#include "libcommon/io/modbus_bus.h"
#include <modbus/modbus.h>
#include <pthread.h>

struct modbus_wire {
    struct bus_conf conf;
    modbus_t *ctx;
    int lock_fd; /* serial: held as long as the bus lives; -1 */
    bool open;
    bool late;  /* an answer was missed on this connection and may still come */
    int missed; /* answers missed in a row */
    pthread_mutex_t fd_mutex;
    int fd; /* for wire_interrupt; -1 */
};
/* Checks the configuration and locks a serial port that is there already. */
enum err wire_init(struct modbus_wire *w, const struct bus_conf *conf,
                   struct err_text *why) MUST_CHECK;
void wire_fini(struct modbus_wire *w);
enum err wire_open(struct modbus_wire *w, struct err_text *why) MUST_CHECK;
void wire_close(struct modbus_wire *w);
/* Pause that the wire needs between two requests, ms. */
int wire_gap_ms(const struct bus_conf *c);
/* ERR_OK; ERR_REFUSED with *exception; ERR_TIMEOUT; ERR_SYNTAX: the answer was no answer to this;
 * ERR_IO: the link is gone (and closed). */
enum err wire_do(struct modbus_wire *w, uint8_t unit, const struct modbus_op *op, uint16_t *regs,
                 uint8_t *exception, struct err_text *why) MUST_CHECK;
/* Any thread: ends a wait for an answer over TCP. */
void wire_interrupt(struct modbus_wire *w);
#endif
