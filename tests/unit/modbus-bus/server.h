/* SPDX-License-Identifier: Apache-2.0
 * server.h -- a libmodbus TCP server in a thread, for tests: registers that the test sets, a
 * behaviour per unit, and a log of what was asked. */
#ifndef WATTBUS_TEST_SERVER_H
#define WATTBUS_TEST_SERVER_H
#include "libcommon/pure/base.h"

enum behaviour {
    SERVER_OK,
    SERVER_MUTE,     /* never answers */
    SERVER_LATE,     /* answers after late_ms */
    SERVER_GARBAGE,  /* answers with bytes that are no Modbus */
    SERVER_REFUSE,   /* exception 2 for every request */
    SERVER_WRONG_ID, /* answers with another transaction id */
    SERVER_HANGUP,   /* closes the connection */
};
enum { SERVER_LOG_MAX = 4096 };
struct server_log {
    int n;
    struct {
        uint8_t unit, function;
        uint16_t addr;
    } row[SERVER_LOG_MAX];
};

struct server;
/* Listens on 127.0.0.1; port 0: any free one. Holding and input registers are the same table;
 * reads beyond `regs` get exception 2. */
struct server *server_new(int port, int regs);
void server_free(struct server *s);
int server_port(const struct server *s);
void server_behave(struct server *s, uint8_t unit, enum behaviour b, int late_ms);
/* Reads that touch this register are refused with exception 2; -1: none. */
void server_hole(struct server *s, int addr);
void server_set(struct server *s, uint16_t addr, uint16_t value);
uint16_t server_get(struct server *s, uint16_t addr);
void server_log_of(struct server *s, struct server_log *out);
#endif
