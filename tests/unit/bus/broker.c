/* SPDX-License-Identifier: Apache-2.0 */
#include "broker.h"
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

static int free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, len), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    close(fd);
    return ntohs(a.sin_port);
}

static bool answers(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                            .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    close(fd);
    return ok;
}

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "we");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

void broker_again(struct broker *b)
{
    char conf[128];
    snprintf(conf, sizeof conf, "%s/broker.conf", b->dir);
    b->pid = fork();
    ck_assert_int_ge(b->pid, 0);
    if (b->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl("/usr/sbin/mosquitto", "mosquitto", "-c", conf, (char *)NULL);
        execlp("mosquitto", "mosquitto", "-c", conf, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 500 && !answers(b->port); i++)
        poll(NULL, 0, 10); /* until its socket listens */
    ck_assert_msg(answers(b->port), "mosquitto does not start");
}

void broker_start(struct broker *b, const char *acl)
{
    char conf[512], acl_line[128] = "";
    *b = (struct broker){.dir = "/tmp/wattbus-broker-XXXXXX", .port = free_port()};
    ck_assert_ptr_nonnull(mkdtemp(b->dir));
    if (acl) {
        write_file(b->dir, "acl", acl);
        snprintf(acl_line, sizeof acl_line, "acl_file %s/acl\n", b->dir);
    }
    snprintf(conf, sizeof conf,
             "listener %d 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n"
             "set_tcp_nodelay true\nmax_queued_messages 1000000\nlog_dest none\n%s",
             b->port, acl_line);
    write_file(b->dir, "broker.conf", conf);
    broker_again(b);
}

void broker_kill(struct broker *b)
{
    kill(b->pid, SIGKILL);
    while (waitpid(b->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

void broker_stop(struct broker *b)
{
    char path[128];
    broker_kill(b);
    snprintf(path, sizeof path, "%s/broker.conf", b->dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/acl", b->dir);
    unlink(path);
    rmdir(b->dir);
}
