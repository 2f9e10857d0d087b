/* SPDX-License-Identifier: Apache-2.0
 * sim-house: wiring only. */
#include <signal.h>
#include <string.h>

#include "tests/sim/house/control_socket.h"

static struct house house;
static struct control control;

static void on_signal(uv_signal_t *s, int number)
{
    (void)number;
    uv_stop(s->loop);
}

int main(int argc, char **argv)
{
    char error[256] = "";
    uv_loop_t *loop = uv_default_loop();
    uv_signal_t term, interrupt;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        options_print(stdout);
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    if (!options_parse(&house.options, argc, (const char *const *)argv, error, sizeof error) ||
        !house_start(&house, loop, error, sizeof error)) {
        fprintf(stderr, "sim-house: %s\n", error);
        return 2;
    }
    int port = control_start(&control, &house, house.options.control_port);
    if (port < 0) {
        fprintf(stderr, "sim-house: control: %s\n", uv_strerror(port));
        return 2;
    }
    uv_signal_init(loop, &term);
    uv_signal_init(loop, &interrupt);
    uv_signal_start(&term, on_signal, SIGTERM);
    uv_signal_start(&interrupt, on_signal, SIGINT);
    printf("{\"meter_port\":%d,\"inverter_port\":%d,\"control_port\":%d,\"pid\":%ld}\n",
           house.meter_port, house.inverter_port, port, (long)getpid());
    fflush(stdout);
    uv_run(loop, UV_RUN_DEFAULT);
    return 0; /* sockets and memory go with the process */
}
