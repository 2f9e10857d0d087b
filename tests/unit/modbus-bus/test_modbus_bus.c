/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/io/modbus_bus.h"
#include "tests/unit/modbus-bus/server.h"
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include "tests/unit/run.h"

enum { TIMEOUT_MS = 40, PATIENCE_MS = 20000 };

/* ---- a client on its loop ---- */
static uv_loop_t loop;
static struct server *srv;
static struct modbus_bus *bus;

struct client {
    struct modbus_job *job;
    int done, good;
    struct modbus_result last;
    uint16_t regs[16];
    struct modbus_op again[4]; /* started anew after each result when nagain > 0 */
    int nagain;
};

static void on_done(void *user, const struct modbus_result *r)
{
    struct client *c = user;
    c->done++;
    c->good += r->err == ERR_OK;
    c->last = *r;
    memcpy(c->regs, r->regs, sizeof c->regs);
    if (c->nagain)
        ck_assert_int_eq(modbus_job_start(c->job, c->again, c->nagain), ERR_OK);
}

static struct bus_conf tcp_conf(int port)
{
    struct bus_conf c = {.type = BUS_TYPE_MODBUS_TCP, .port = port, .timeout_ms = TIMEOUT_MS};
    str_copyz(c.host, sizeof c.host, "127.0.0.1");
    return c;
}

static void set_up(void)
{
    uv_loop_init(&loop);
    srv = server_new(0, 200);
    for (uint16_t i = 0; i < 200; i++)
        server_set(srv, i, (uint16_t)(1000 + i));
    struct bus_conf c = tcp_conf(server_port(srv));
    bus = modbus_bus_new(&loop, "wire", &c, NULL);
    ck_assert_ptr_nonnull(bus);
}

static void tear_down(void)
{
    modbus_bus_free(bus);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    if (srv)
        server_free(srv);
}

static void on_timer(uv_timer_t *t)
{
    *(bool *)t->data = true;
}

/* Runs the loop until *count reaches n. */
static void wait_for(const int *count, int n)
{
    bool late = false;
    uv_timer_t t;
    uv_timer_init(&loop, &t);
    t.data = &late;
    uv_timer_start(&t, on_timer, PATIENCE_MS, 0);
    while (*count < n && !late)
        uv_run(&loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&t, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert_msg(!late, "waited in vain: %d of %d", *count, n);
}

#define CLIENT(name, unit, prio)                                                                   \
    struct client name = {0};                                                                      \
    name.job = modbus_job_new(bus, unit, prio, on_done, &name)

static struct modbus_op rd(uint8_t function, uint16_t addr, uint16_t count)
{
    return (struct modbus_op){.function = function, .addr = addr, .count = count};
}

static void go(struct client *c, const struct modbus_op *ops, int n)
{
    int before = c->done;
    ck_assert_int_eq(modbus_job_start(c->job, ops, n), ERR_OK);
    wait_for(&c->done, before + 1);
}

/* ---- tests ---- */
START_TEST(reads_and_writes_reach_the_device)
{
    CLIENT(c, 1, MODBUS_FAST);
    struct modbus_op reads[] = {rd(3, 10, 2), rd(4, 100, 1), rd(3, 0, 1)};
    go(&c, reads, 3);
    ck_assert_int_eq(c.last.err, ERR_OK);
    ck_assert_uint_eq(c.regs[0], 1010);
    ck_assert_uint_eq(c.regs[1], 1011);
    ck_assert_uint_eq(c.regs[2], 1100);
    ck_assert_uint_eq(c.regs[3], 1000);
    CLIENT(w, 1, MODBUS_WRITE);
    struct modbus_op writes[] = {{.function = 6, .addr = 20, .count = 1, .regs = {7}},
                                 {.function = 16, .addr = 30, .count = 2, .regs = {8, 9}},
                                 {.function = 5, .addr = 3, .count = 1, .regs = {1}}};
    go(&w, writes, 3);
    ck_assert_int_eq(w.last.err, ERR_OK);
    ck_assert_uint_eq(server_get(srv, 20), 7);
    ck_assert_uint_eq(server_get(srv, 30), 8);
    ck_assert_uint_eq(server_get(srv, 31), 9);
    struct modbus_op coil = rd(1, 2, 3);
    go(&c, &coil, 1);
    ck_assert_uint_eq(c.regs[0], 0);
    ck_assert_uint_eq(c.regs[1], 1);
}
END_TEST

START_TEST(a_refused_read_costs_only_itself)
{
    CLIENT(c, 1, MODBUS_FAST);
    struct modbus_op ops[] = {rd(3, 1, 1), rd(3, 500, 2), rd(3, 2, 1)};
    go(&c, ops, 3);
    ck_assert_int_eq(c.last.err, ERR_OK);
    ck_assert_uint_eq(c.last.exception[0], 0);
    ck_assert_uint_eq(c.last.exception[1], 2);
    ck_assert_uint_eq(c.regs[0], 1001);
    ck_assert_uint_eq(c.regs[1], 0);
    ck_assert_uint_eq(c.regs[3], 1002);
}
END_TEST

START_TEST(a_refused_write_ends_the_job_unless_optional)
{
    CLIENT(c, 1, MODBUS_WRITE);
    struct modbus_op ops[] = {{.function = 6, .addr = 900, .count = 1, .optional = true},
                              {.function = 6, .addr = 5, .count = 1, .regs = {55}},
                              {.function = 6, .addr = 901, .count = 1},
                              {.function = 6, .addr = 6, .count = 1, .regs = {66}}};
    go(&c, ops, 4);
    ck_assert_int_eq(c.last.err, ERR_REFUSED);
    ck_assert_ptr_nonnull(strstr(c.last.why.s, "register 901"));
    ck_assert_uint_eq(server_get(srv, 5), 55);
    ck_assert_uint_eq(server_get(srv, 6), 1006);
}
END_TEST

START_TEST(a_dead_unit_does_not_starve_its_neighbour)
{
    server_behave(srv, 9, SERVER_MUTE, 0);
    CLIENT(dead, 9, MODBUS_FAST);
    CLIENT(well, 1, MODBUS_FAST);
    dead.again[0] = well.again[0] = rd(3, 0, 1);
    dead.nagain = well.nagain = 1;
    ck_assert_int_eq(modbus_job_start(dead.job, dead.again, 1), ERR_OK);
    ck_assert_int_eq(modbus_job_start(well.job, well.again, 1), ERR_OK);
    wait_for(&dead.done, 5); /* rests 0, 1, 2, 4 timeouts between them */
    ck_assert_int_eq(dead.good, 0);
    ck_assert_int_eq(dead.last.err, ERR_TIMEOUT);
    ck_assert_int_eq(well.good, well.done);
    ck_assert_msg(well.good > 100, "the neighbour was read %d times", well.good);
    dead.nagain = well.nagain = 0;
    server_behave(srv, 9, SERVER_OK, 0);
    int n = dead.done;
    wait_for(&dead.done, n + 1);
    ck_assert_int_eq(dead.last.err, ERR_OK);
}
END_TEST

START_TEST(writes_to_a_resting_unit_fail_at_once)
{
    server_behave(srv, 9, SERVER_MUTE, 0);
    CLIENT(r, 9, MODBUS_FAST);
    CLIENT(w, 9, MODBUS_WRITE);
    struct modbus_op read = rd(3, 0, 1), write = {.function = 6, .addr = 0, .count = 1};
    for (int i = 0; i < 4; i++)
        go(&r, &read, 1);
    struct server_log before, after;
    server_log_of(srv, &before);
    go(&w, &write, 1);
    server_log_of(srv, &after);
    ck_assert_int_eq(w.last.err, ERR_TIMEOUT);
    ck_assert_int_eq(before.n, after.n);
}
END_TEST

START_TEST(a_late_answer_is_never_taken_for_another)
{
    CLIENT(c, 1, MODBUS_FAST);
    for (int i = 0; i < 6; i++) {
        server_behave(srv, 1, SERVER_LATE, TIMEOUT_MS + 5 + 5 * i);
        struct modbus_op slow = rd(3, 1, 1);
        go(&c, &slow, 1);
        ck_assert_int_eq(c.last.err, ERR_TIMEOUT);
        server_behave(srv, 1, SERVER_OK, 0);
        struct modbus_op next = rd(3, 2, 1);
        do {
            go(&c, &next, 1);
            if (c.last.err == ERR_OK)
                ck_assert_uint_eq(c.regs[0], 1002);
        } while (c.last.err != ERR_OK);
    }
}
END_TEST

static const struct {
    enum behaviour b;
    enum err e;
} bad[] = {{SERVER_GARBAGE, ERR_SYNTAX},
           {SERVER_WRONG_ID, ERR_SYNTAX},
           {SERVER_HANGUP, ERR_IO},
           {SERVER_MUTE, ERR_TIMEOUT}};

START_TEST(a_bad_peer_is_reported_and_recovers)
{
    CLIENT(c, 1, MODBUS_FAST);
    struct modbus_op op = rd(3, 3, 1);
    server_behave(srv, 1, bad[_i].b, 0);
    for (int i = 0; i < 3; i++) {
        go(&c, &op, 1);
        ck_assert_msg(c.last.err == bad[_i].e, "got %s: %s", err_name(c.last.err), c.last.why.s);
        ck_assert_str_ne(c.last.why.s, "");
    }
    server_behave(srv, 1, SERVER_OK, 0);
    go(&c, &op, 1);
    ck_assert_int_eq(c.last.err, ERR_OK);
    ck_assert_uint_eq(c.regs[0], 1003);
}
END_TEST

START_TEST(a_lost_host_is_found_again)
{
    CLIENT(c, 1, MODBUS_FAST);
    struct modbus_op op = rd(3, 3, 1);
    go(&c, &op, 1);
    int port = server_port(srv);
    server_free(srv);
    go(&c, &op, 1);
    ck_assert_int_eq(c.last.err, ERR_IO);
    go(&c, &op, 1);
    ck_assert_int_eq(c.last.err, ERR_IO);
    srv = server_new(port, 10);
    do
        go(&c, &op, 1);
    while (c.last.err == ERR_IO);
    ck_assert_int_eq(c.last.err, ERR_OK);
}
END_TEST

START_TEST(fast_reads_and_writes_go_between_slow_ones)
{
    server_behave(srv, 1, SERVER_LATE, 10);
    CLIENT(slow, 1, MODBUS_SLOW);
    CLIENT(fast, 1, MODBUS_FAST);
    CLIENT(write, 1, MODBUS_WRITE);
    struct modbus_op ops[4] = {rd(3, 0, 1), rd(3, 1, 1), rd(3, 2, 1), rd(3, 3, 1)};
    struct modbus_op f = rd(3, 50, 1), w = {.function = 6, .addr = 60, .count = 1};
    ck_assert_int_eq(modbus_job_start(slow.job, ops, 4), ERR_OK);
    ck_assert_int_eq(modbus_job_start(fast.job, &f, 1), ERR_OK);
    ck_assert_int_eq(modbus_job_start(write.job, &w, 1), ERR_OK);
    wait_for(&slow.done, 1);
    struct server_log l;
    server_log_of(srv, &l);
    int at_write = -1, at_fast = -1, at_last = -1;
    for (int i = 0; i < l.n; i++) {
        at_write = l.row[i].addr == 60 ? i : at_write;
        at_fast = l.row[i].addr == 50 ? i : at_fast;
        at_last = l.row[i].addr == 3 ? i : at_last;
    }
    ck_assert_int_lt(at_write, at_fast);
    ck_assert_int_lt(at_fast, at_last);
    ck_assert_int_le(at_fast, 2);
}
END_TEST

START_TEST(slow_reads_are_not_starved_by_standing_ones)
{
    CLIENT(fast, 1, MODBUS_FAST);
    CLIENT(slow, 1, MODBUS_SLOW);
    struct modbus_op f = rd(3, 50, 1), ops[2] = {rd(3, 0, 1), rd(3, 1, 1)};
    ck_assert_int_eq(modbus_job_stand(fast.job, &f, 1, 60000), ERR_OK);
    ck_assert_int_eq(modbus_job_start(slow.job, ops, 2), ERR_OK);
    wait_for(&slow.done, 1);
    ck_assert_int_eq(slow.last.err, ERR_OK);
}
END_TEST

START_TEST(a_standing_read_tells_only_changes)
{
    CLIENT(c, 1, MODBUS_FAST);
    struct modbus_op op = rd(3, 50, 1);
    struct server_log l;
    ck_assert_int_eq(modbus_job_stand(c.job, &op, 1, 60000), ERR_OK);
    wait_for(&c.done, 1);
    ck_assert_uint_eq(c.regs[0], 1050);
    do
        server_log_of(srv, &l);
    while (l.n < 50);
    uv_run(&loop, UV_RUN_NOWAIT);
    ck_assert_int_eq(c.done, 1);
    server_set(srv, 50, 4711);
    wait_for(&c.done, 2);
    ck_assert_uint_eq(c.regs[0], 4711);
    ck_assert_int_eq(modbus_job_start(c.job, &op, 1), ERR_STATE);
    modbus_job_sit(c.job);
    wait_for(&c.done, 3);
    ck_assert(!modbus_job_busy(c.job));
}
END_TEST

START_TEST(freeing_does_not_wait_for_a_mute_peer)
{
    struct bus_conf conf = tcp_conf(server_port(srv));
    conf.timeout_ms = 30000;
    struct modbus_bus *slow = modbus_bus_new(&loop, "slow", &conf, NULL);
    server_behave(srv, 1, SERVER_MUTE, 0);
    struct client c = {0};
    c.job = modbus_job_new(slow, 1, MODBUS_FAST, on_done, &c);
    struct modbus_op op = rd(3, 0, 1);
    ck_assert_int_eq(modbus_job_start(c.job, &op, 1), ERR_OK);
    struct server_log l;
    do
        server_log_of(srv, &l);
    while (l.n == 0);
    uint64_t t0 = uv_hrtime();
    modbus_bus_free(slow);
    ck_assert_uint_lt((uv_hrtime() - t0) / 1000000, 5000);
    ck_assert_int_eq(c.done, 0);
}
END_TEST

START_TEST(requests_are_bounded)
{
    CLIENT(c, 1, MODBUS_FAST);
    struct modbus_op many[MODBUS_OPS_MAX + 1] = {{0}}, op = rd(3, 0, 126), end = rd(3, 65535, 2);
    struct modbus_op zero = rd(3, 0, 0), fc = rd(7, 0, 1);
    ck_assert_int_eq(modbus_job_start(c.job, many, COUNT_OF(many)), ERR_FULL);
    ck_assert_int_eq(modbus_job_start(c.job, &op, 1), ERR_RANGE);
    ck_assert_int_eq(modbus_job_start(c.job, &end, 1), ERR_RANGE);
    ck_assert_int_eq(modbus_job_start(c.job, &zero, 1), ERR_RANGE);
    ck_assert_int_eq(modbus_job_start(c.job, &fc, 1), ERR_RANGE);
}
END_TEST

START_TEST(what_is_not_there_is_said)
{
    struct err_text why;
    struct bus_conf c = {.type = BUS_TYPE_MODBUS_RTU_TCP, .timeout_ms = 100};
    ck_assert_ptr_null(modbus_bus_new(&loop, "b", &c, &why));
    ck_assert_str_eq(why.s, "bus b: type modbus-rtu-over-tcp is not supported yet");
    c.type = BUS_TYPE_MODBUS_TCP;
    ck_assert_ptr_null(modbus_bus_new(&loop, "b", &c, &why));
    ck_assert_str_eq(why.s, "bus b: a modbus-tcp bus needs a host");
}
END_TEST

/* ---- RTU on a pseudo terminal ---- */
static uint16_t crc16(const uint8_t *p, size_t n)
{
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int k = 0; k < 8; k++)
            crc = (uint16_t)(crc & 1 ? (crc >> 1) ^ 0xA001 : crc >> 1);
    }
    return crc;
}

struct line {
    int master;
    int garbage; /* answers that are garbage first */
};

/* Answers function 3 of unit 1 for one register with its address. */
static void *line_run(void *arg)
{
    struct line *l = arg;
    uint8_t req[8], rsp[7] = {1, 3, 2};
    for (;;) {
        for (size_t have = 0; have < sizeof req;) {
            ssize_t n = read(l->master, req + have, sizeof req - have);
            if (n < 0 && errno == EIO) { /* nobody has the other end open yet */
                poll(NULL, 0, 1);
                continue;
            }
            if (n <= 0)
                return NULL;
            have += (size_t)n;
        }
        rsp[3] = req[2];
        rsp[4] = req[3];
        uint16_t crc = crc16(rsp, 5);
        rsp[5] = (uint8_t)(crc & 0xFF);
        rsp[6] = (uint8_t)(crc >> 8);
        if (l->garbage-- > 0)
            rsp[6] ^= 0x55;
        if (req[3] == 0xFF) /* the test says good-bye */
            return NULL;
        if (write(l->master, rsp, sizeof rsp) != (ssize_t)sizeof rsp)
            return NULL;
    }
}

START_TEST(a_serial_line_has_one_owner_and_survives_noise)
{
    struct line l = {.master = posix_openpt(O_RDWR | O_NOCTTY), .garbage = 2};
    ck_assert_int_ge(l.master, 0);
    ck_assert_int_eq(grantpt(l.master) | unlockpt(l.master), 0);
    struct bus_conf c = {.type = BUS_TYPE_MODBUS_RTU,
                         .baud = 9600,
                         .parity = PARITY_NONE,
                         .stop_bits = 1,
                         .timeout_ms = 200};
    ck_assert_int_eq(ptsname_r(l.master, c.device, sizeof c.device), 0);
    struct modbus_bus *rtu = modbus_bus_new(&loop, "rtu", &c, NULL);
    ck_assert_ptr_nonnull(rtu);
    struct err_text why;
    ck_assert_ptr_null(modbus_bus_new(&loop, "second", &c, &why));
    ck_assert_ptr_nonnull(strstr(why.s, "owned by another process"));

    pthread_t t;
    pthread_create(&t, NULL, line_run, &l);
    struct client k = {0};
    k.job = modbus_job_new(rtu, 1, MODBUS_FAST, on_done, &k);
    struct modbus_op op = rd(3, 0x0142, 1), bye = rd(3, 0x00FF, 1);
    for (int i = 0; i < 2; i++) {
        go(&k, &op, 1);
        ck_assert_int_eq(k.last.err, ERR_SYNTAX);
    }
    go(&k, &op, 1);
    ck_assert_msg(k.last.err == ERR_OK, "%s", k.last.why.s);
    ck_assert_uint_eq(k.regs[0], 0x0142);
    go(&k, &bye, 1);
    ck_assert_int_eq(k.last.err, ERR_TIMEOUT);
    pthread_join(t, NULL);
    modbus_bus_free(rtu);
    close(l.master);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("modbus_bus");
    TCase *t = tcase_create("bus");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, reads_and_writes_reach_the_device);
    tcase_add_test(t, a_refused_read_costs_only_itself);
    tcase_add_test(t, a_refused_write_ends_the_job_unless_optional);
    tcase_add_test(t, a_dead_unit_does_not_starve_its_neighbour);
    tcase_add_test(t, writes_to_a_resting_unit_fail_at_once);
    tcase_add_test(t, a_late_answer_is_never_taken_for_another);
    tcase_add_loop_test(t, a_bad_peer_is_reported_and_recovers, 0, (int)COUNT_OF(bad));
    tcase_add_test(t, a_lost_host_is_found_again);
    tcase_add_test(t, fast_reads_and_writes_go_between_slow_ones);
    tcase_add_test(t, slow_reads_are_not_starved_by_standing_ones);
    tcase_add_test(t, a_standing_read_tells_only_changes);
    tcase_add_test(t, freeing_does_not_wait_for_a_mute_peer);
    tcase_add_test(t, requests_are_bounded);
    tcase_add_test(t, what_is_not_there_is_said);
    tcase_add_test(t, a_serial_line_has_one_owner_and_survives_noise);
    suite_add_tcase(s, t);
    return run_suite(s);
}
