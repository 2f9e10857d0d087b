/* SPDX-License-Identifier: Apache-2.0
 * Paho MQTT C 1.3.12 has no option for TCP_NODELAY (paho.mqtt.c issue 530), and without it a
 * publish waits up to 40 ms for a delayed acknowledgement. This connect() stands in front of libc's
 * for the whole process and sets the option on every TCP socket. */
#include "libcommon/pure/base.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

extern const char nodelay_is_linked; /* bus_paho.c names it, so that the linker takes this file */
const char nodelay_is_linked = 1;

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
    if (addr && (addr->sa_family == AF_INET || addr->sa_family == AF_INET6)) {
        int on = 1; /* fails harmlessly on UDP */
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    return (int)syscall(SYS_connect, fd, addr, len);
}
