/* SPDX-License-Identifier: Apache-2.0
 * The broker link against a real mosquitto. Nothing sleeps: the loop runs until the awaited thing
 * has happened or a deadline has passed. */
#include "broker.h"
#include "libcommon/io/bus_private.h"
#include "libcommon/io/svc.h"
#include "proto/codec.h"
#include <check.h>
#include "tests/unit/run.h"

struct peer {
    uv_loop_t loop;
    uv_timer_t deadline;
    struct bus *bus;
    bool late;
    int ready, down, messages, retained, overrides, clears, faults, fault_ends;
    int until; /* `ready`, `messages` … to wait for */
    int *awaited;
    int32_t last;
    char fault[64];
};

static void note(struct peer *p)
{
    if (p->awaited && *p->awaited >= p->until)
        uv_stop(&p->loop);
}
static void on_ready(void *u)
{
    struct peer *p = u;
    p->ready++;
    note(p);
}
static void on_down(void *u)
{
    struct peer *p = u;
    p->down++;
    note(p);
}
static void on_fault(void *u, const char *code, const char *device, const char *text)
{
    struct peer *p = u;
    UNUSED(device);
    if (text) {
        str_copyz(p->fault, sizeof p->fault, code);
        p->faults++;
    } else {
        p->fault_ends++;
    }
    note(p);
}
static void on_setpoint(void *u, const struct bus_msg *m)
{
    struct peer *p = u;
    const struct charger_setpoint *s = m->body;
    p->messages++;
    p->retained += m->retained;
    p->clears += s == NULL;
    if (s)
        p->last = s->current_ma;
    note(p);
}
static void on_override(void *u, const struct bus_msg *m)
{
    struct peer *p = u;
    p->overrides++;
    p->clears += m->override->clear;
    p->last = m->override->value;
    if (!m->override->clear)
        bus_clear_override(p->bus, m->match.override, m->match.id);
    note(p);
}
static void on_deadline(uv_timer_t *t)
{
    struct peer *p = t->data;
    p->late = true;
    uv_stop(&p->loop);
}

/* Runs the loop until *what has reached `n`; false after 10 s. */
static bool wait_for(struct peer *p, int *what, int n)
{
    p->awaited = what;
    p->until = n;
    p->late = false;
    if (*what < n) {
        uv_timer_start(&p->deadline, on_deadline, 10000, 0);
        uv_run(&p->loop, UV_RUN_DEFAULT);
        uv_timer_stop(&p->deadline);
    }
    p->awaited = NULL;
    return !p->late;
}

static void peer_start(struct peer *p, const char *name, int port)
{
    *p = (struct peer){0};
    uv_loop_init(&p->loop);
    uv_timer_init(&p->loop, &p->deadline);
    p->deadline.data = p;
    struct link_conf c = {.site = "home",
                          .service = name,
                          .host = "127.0.0.1",
                          .port = port,
                          .will = str_of("{\"v\":1,\"ts\":1,\"interval_ms\":1,\"max_age_ms\":1,"
                                         "\"online\":false,\"boot\":\"x\"}")};
    p->bus = bus_new(&p->loop, &c, on_fault, p);
    bus_on_link(p->bus, on_ready, on_down, p);
}

static void peer_stop(struct peer *p)
{
    bus_stop(p->bus, 500);
    uv_close((uv_handle_t *)&p->deadline, NULL);
    uv_run(&p->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&p->loop), 0);
    bus_free(p->bus);
}

static struct charger_setpoint setpoint(int32_t ma)
{
    struct charger_setpoint s = {.v = 1, .ts = 1, .seq = 1, .valid_ms = 15000, .current_ma = ma};
    str_copyz(s.boot, sizeof s.boot, "b");
    str_copyz(s.reason.code, sizeof s.reason.code, "test");
    str_copyz(s.reason.text, sizeof s.reason.text, "test");
    return s;
}

START_TEST(ready_means_all_retained_are_here_even_5000)
{
    enum { N = 5000 };
    struct broker b;
    struct peer w, r;
    broker_start(&b, NULL);
    peer_start(&w, "writer", b.port);
    bus_start(w.bus);
    ck_assert(wait_for(&w, &w.ready, 1));
    bus_on(w.bus, MSG_CHARGER_SETPOINT, NULL, on_setpoint, &w);
    for (int i = 0; i < N; i++) {
        char id[16];
        struct charger_setpoint s = setpoint(i);
        snprintf(id, sizeof id, "cp%d", i);
        bus_publish(w.bus, MSG_CHARGER_SETPOINT, id, NULL, &s, BUS_ONCE);
    }
    ck_assert(wait_for(&w, &w.messages, N)); /* its own echo, live: the burst was delivered whole */
    ck_assert_int_eq(bus_dropped(w.bus), 0);

    peer_start(&r, "reader", b.port);
    bus_on(r.bus, MSG_CHARGER_SETPOINT, NULL, on_setpoint, &r);
    bus_start(r.bus);
    ck_assert(wait_for(&r, &r.ready, 1));
    ck_assert_int_eq(r.messages, N);
    ck_assert_int_eq(r.retained, N);
    peer_stop(&r);
    peer_stop(&w);
    broker_stop(&b);
}
END_TEST

START_TEST(a_killed_broker_gets_the_last_kept_values_back_and_no_setpoint)
{
    struct broker b;
    struct peer w, r;
    struct charger_setpoint s = setpoint(6000);
    struct meter_state m = {.v = 1, .ts = 1, .interval_ms = 1000, .max_age_ms = 10000};
    broker_start(&b, NULL);
    peer_start(&w, "writer", b.port);
    bus_start(w.bus);
    ck_assert(wait_for(&w, &w.ready, 1));
    bus_publish(w.bus, MSG_METER_STATE, "grid", NULL, &m, BUS_KEEP);
    bus_publish(w.bus, MSG_CHARGER_SETPOINT, "a", NULL, &s, BUS_ONCE);
    broker_kill(&b);
    ck_assert(wait_for(&w, &w.down, 1));
    m.power_w = SOME_I32(77); /* while it is down: the last value waits */
    bus_publish(w.bus, MSG_METER_STATE, "grid", NULL, &m, BUS_KEEP);
    bus_publish(w.bus, MSG_CHARGER_SETPOINT, "a", NULL, &s, BUS_ONCE);
    broker_again(&b);
    struct mono back = svc_now().mono;
    ck_assert(wait_for(&w, &w.ready, 2));
    ck_assert_int_lt(mono_since_ms(svc_now().mono, back), 2000);

    peer_start(&r, "reader", b.port);
    bus_on(r.bus, MSG_CHARGER_SETPOINT, NULL, on_setpoint, &r);
    bus_start(r.bus);
    ck_assert(wait_for(&r, &r.ready, 1));
    ck_assert_int_eq(r.messages, 0);
    peer_stop(&r);
    peer_stop(&w);
    broker_stop(&b);
}
END_TEST

START_TEST(overrides_are_taken_and_their_own_clear_is_silent)
{
    struct broker b;
    struct peer c, user;
    broker_start(&b, NULL);
    peer_start(&c, "controller", b.port);
    bus_on_override(c.bus, "charger", NULL, on_override, &c);
    bus_start(c.bus);
    ck_assert(wait_for(&c, &c.ready, 1));
    peer_start(&user, "user", b.port);
    bus_start(user.bus);
    ck_assert(wait_for(&user, &user.ready, 1));

    bus_publish_text(user.bus, "wattbus/home/charger/a/override/mode", str_of("power"));
    while (c.overrides < 1)
        uv_run(&user.loop, UV_RUN_NOWAIT), uv_run(&c.loop, UV_RUN_NOWAIT);
    ck_assert_int_eq(c.last, CHARGE_MODE_POWER);
    ck_assert_int_eq(c.clears, 0);
    /* bad ones reach nobody and are a fault; then a good one ends the fault */
    bus_publish_text(user.bus, "wattbus/home/charger/a/override/max_current", str_of("6 A"));
    ck_assert(wait_for(&c, &c.faults, 1));
    ck_assert_str_eq(c.fault, "bad_payload");
    bus_publish_text(user.bus, "wattbus/home/charger/a/override/max_current", str_of("8000"));
    ck_assert(wait_for(&c, &c.overrides, 2));
    ck_assert_int_eq(c.last, 8000);
    ck_assert_int_ge(c.fault_ends, 1);
    /* somebody else's empty payload is a clear, ours was none */
    bus_publish_text(user.bus, "wattbus/home/charger/a/override/mode", str_of(""));
    ck_assert(wait_for(&c, &c.overrides, 3));
    ck_assert_int_eq(c.clears, 1);
    peer_stop(&user);
    peer_stop(&c);
    broker_stop(&b);
}
END_TEST

START_TEST(a_broker_that_refuses_our_writes_is_noticed)
{
    struct broker b;
    struct peer w;
    struct meter_state m = {.v = 1, .ts = 1, .interval_ms = 1000, .max_age_ms = 10000};
    broker_start(&b, "topic readwrite wattbus/home/service/#\ntopic read wattbus/#\n");
    peer_start(&w, "writer", b.port);
    bus_start(w.bus);
    ck_assert(wait_for(&w, &w.ready, 1));
    bus_publish(w.bus, MSG_METER_STATE, "grid", NULL, &m, BUS_KEEP);
    ck_assert(wait_for(&w, &w.faults, 1));
    ck_assert_str_eq(w.fault, "bus_refused");
    peer_stop(&w);
    broker_stop(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bus");
    TCase *tc = tcase_create("bus");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, ready_means_all_retained_are_here_even_5000);
    tcase_add_test(tc, a_killed_broker_gets_the_last_kept_values_back_and_no_setpoint);
    tcase_add_test(tc, overrides_are_taken_and_their_own_clear_is_silent);
    tcase_add_test(tc, a_broker_that_refuses_our_writes_is_noticed);
    suite_add_tcase(s, tc);
    return run_suite(s);
}
