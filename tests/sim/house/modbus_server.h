/* SPDX-License-Identifier: Apache-2.0
 * A Modbus TCP device: one listener, many masters, one register image, and the faults real devices
 * have. FC 3, 4, 6, 16. The owner fills the image when asked. */
#ifndef SIM_MODBUS_SERVER_H
#define SIM_MODBUS_SERVER_H
#include <uv.h>

#include "tests/sim/house/fault.h"
#include "tests/sim/house/image.h"

enum { WRITE_LOG = 64 };
struct modbus_write {
    int64_t mono_ns;
    uint16_t addr, value;
};
struct modbus_server;
struct modbus_ops {
    void (*refresh)(void *owner); /* the image must be true now */
    /* Returns a Modbus exception code or 0. NULL: read only. */
    uint8_t (*write)(void *owner, uint16_t addr, uint16_t value);
    void (*written)(void *owner); /* a whole request has been applied */
};
struct modbus_server {
    uv_tcp_t listener;
    struct image *image;
    uint8_t unit;
    struct modbus_ops ops;
    void *owner;
    struct fault fault;
    uint32_t garbage_turn;
    int64_t clients, requests, exceptions, writes_total, last_request_ns;
    struct modbus_write writes[WRITE_LOG]; /* ring, newest at (writes_total - 1) % WRITE_LOG */
};

/* Listens on 0.0.0.0:port (0: any free one). Returns the port in use or a negative libuv error. */
int modbus_server_start(struct modbus_server *s, uv_loop_t *loop, int port);
#endif
