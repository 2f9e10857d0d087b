/* SPDX-License-Identifier: Apache-2.0
 * JSON lines on 127.0.0.1: one request object per line, one answer object per line. */
#ifndef SIM_CONTROL_SOCKET_H
#define SIM_CONTROL_SOCKET_H
#include "tests/sim/house/house.h"

struct control_client;
struct control {
    struct house *house;
    uv_tcp_t listener;
    uv_timer_t second;
    struct control_client *clients;
};
/* Returns the port in use or a negative libuv error. */
int control_start(struct control *c, struct house *h, int port);

/* control_commands.c: answers one request; sets *watch when the client wants the stream. */
json_object *control_command(struct house *h, json_object *request, bool *watch);
/* state_json.c: the whole truth. */
json_object *state_json(struct house *h);
#endif
