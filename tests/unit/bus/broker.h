/* SPDX-License-Identifier: Apache-2.0
 * broker.h -- a real mosquitto as a child of the test, on a free port of the loopback. */
#ifndef TEST_BROKER_H
#define TEST_BROKER_H
#include "libcommon/pure/base.h"
#include <sys/types.h>

struct broker {
    char dir[64];
    int port;
    pid_t pid;
};
/* acl NULL: everybody may do everything. */
void broker_start(struct broker *b, const char *acl);
void broker_again(struct broker *b); /* same port, after broker_kill */
void broker_kill(struct broker *b);  /* SIGKILL: what it had not saved is gone */
void broker_stop(struct broker *b);
#endif
