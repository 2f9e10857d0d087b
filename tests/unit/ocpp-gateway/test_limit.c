/* SPDX-License-Identifier: Apache-2.0
 * The limiter against a box that keeps what it accepts: at every moment what is in force inside the
 * box must not be above what was allowed. */
#include "libcommon/pure/str.h"
#include "services/ocpp-gateway/core/limit.h"
#include "tests/unit/ocpp-gateway/suites.h"

static struct limit_conf conf;
static struct limiter l;
static struct now now;
static int64_t seq;
/* the box */
static struct {
    int32_t ma[PURPOSE_COUNT]; /* -1: none */
    int64_t until;
    char told[256]; /* "D6.0 T16.0 …" since the last look */
} box;

static void setup(void)
{
    conf =
        (struct limit_conf){.max_current_ma = 16000, .fallback_ma = 6000, .box_lease_ms = 120000};
    memset(&l, 0, sizeof l);
    memset(&box, 0, sizeof box);
    box.ma[0] = box.ma[1] = -1;
    now = (struct now){{1000000}, {1795168800000}};
    seq = 0;
    limit_connected(&l, now.mono);
}
static void pass(int64_t ms)
{
    now.mono.ms += ms;
    now.wall.ms += ms;
}
static void transaction(bool running, int32_t id)
{
    if (!running || l.transaction != id)
        box.ma[PURPOSE_TX] = -1; /* a TxProfile dies with its transaction */
    limit_transaction(&l, running, id);
}
static int32_t in_force(void)
{
    bool tx = l.running && box.ma[PURPOSE_TX] >= 0 && now.mono.ms < box.until;
    return box.ma[tx ? PURPOSE_TX : PURPOSE_TX_DEFAULT];
}
static void offer(int32_t ma, int32_t fallback_ma, int32_t valid_ms)
{
    struct limit_setpoint s = {
        .current_ma = ma, .fallback_ma = fallback_ma, .seq = ++seq, .boot = "b"};
    ck_assert(limit_setpoint(&l, &s, valid_ms, false, now.mono));
}
/* Sends all that is due; the box accepts it. Checks each step against `allowed`. */
static void run(int32_t allowed)
{
    struct limit_command c;
    struct buf b = buf_of(box.told, sizeof box.told);
    box.told[0] = 0;
    for (int i = 0; limit_next(&l, &conf, now.mono, &c); i++) {
        ck_assert_int_lt(i, 5);
        buf_addf(&b, "%s%c%d.%d", i ? " " : "", c.purpose == PURPOSE_TX ? 'T' : 'D', c.ma / 1000,
                 c.ma / 100 % 10);
        int32_t before = in_force();
        if (c.phases)
            buf_addf(&b, "x%d", (int)c.phases);
        box.ma[c.purpose] = c.ma;
        if (c.purpose == PURPOSE_TX) {
            ck_assert_int_eq(c.transaction, l.transaction);
            box.until = now.mono.ms + c.duration_ms;
        }
        /* while lowering it may still be what it was */
        ck_assert_int_le(in_force(), before > allowed ? before : allowed);
        limit_answered(&l, &c, LIMIT_ACCEPTED, now);
    }
    ck_assert_int_le(in_force(), allowed);
}
static void told(const char *what)
{
    ck_assert_str_eq(box.told, what);
}
static void applied(int32_t ma)
{
    struct opt_i32 a = limit_applied_ma(&l, now.mono);
    ck_assert(a.set);
    ck_assert_int_eq(a.v, ma);
    ck_assert_int_eq(in_force(), ma);
}

START_TEST(nothing_is_invented)
{
    struct limit_command c;
    ck_assert(!limit_next(&l, &conf, now.mono, &c));
    ck_assert(!limit_applied_ma(&l, now.mono).set);
    pass(9999);
    ck_assert(!limit_next(&l, &conf, now.mono, &c));
    pass(1); /* no controller has spoken: the fallback of the site file */
    run(6000);
    told("D6.0");
}
END_TEST

START_TEST(in_observe_mode_a_box_is_left_alone)
{
    struct limit_command c;
    conf.leave_alone = true;
    l.remembered = SOME_I32(0);
    pass(100000);
    ck_assert(!limit_next(&l, &conf, now.mono, &c));
}
END_TEST

START_TEST(what_is_remembered_is_not_raised)
{
    l.remembered = SOME_I32(0);
    pass(10000);
    run(0);
    told("D0.0");
}
END_TEST

START_TEST(a_retained_setpoint_changes_nothing)
{
    struct limit_command c;
    struct limit_setpoint s = {.current_ma = 16000, .fallback_ma = 6000, .seq = 1, .boot = "b"};
    ck_assert(!limit_setpoint(&l, &s, 15000, true, now.mono));
    ck_assert(!limit_next(&l, &conf, now.mono, &c));
    offer(10000, 6000, 15000);
    ck_assert(!limit_setpoint(&l, &s, 15000, false, now.mono)); /* and a replay neither */
}
END_TEST

START_TEST(without_a_transaction_the_default_stays_low)
{
    offer(16000, 6000, 15000);
    run(16000);
    told("D6.0");
    applied(6000);
    offer(0, 6000, 15000);
    run(0);
    told("D0.0");
}
END_TEST

START_TEST(a_transaction_gets_its_own_profile)
{
    offer(16000, 6000, 15000);
    run(16000);
    transaction(true, 42);
    run(16000);
    told("T16.0");
    applied(16000);
    offer(10000, 6000, 15000);
    run(10000);
    told("T10.0");
    offer(0, 6000, 15000);
    run(0);
    told("T0.0 D0.0"); /* lowering: what is in force first */
    applied(0);
    offer(12000, 6000, 15000);
    run(12000);
    told("T12.0 D6.0"); /* raising: the static one last */
    transaction(false, 0);
    run(12000);
    told("");
    applied(6000);
}
END_TEST

static const struct {
    int32_t ma, want;
} snaps[] = {{5999, 0},      {6000, 6000},   {6050, 6000},   {6099, 6000}, {6100, 6100},
             {15999, 15900}, {16000, 16000}, {32000, 16000}, {1, 0},       {0, 0}};
START_TEST(limits_are_snapped_and_rounded_down)
{
    transaction(true, 1);
    offer(snaps[_i].ma, 6000, 15000);
    run(min_i32(snaps[_i].ma, 16000));
    applied(snaps[_i].want);
}
END_TEST

START_TEST(the_profile_is_renewed_at_half_its_life)
{
    transaction(true, 1);
    offer(16000, 6000, 15000);
    run(16000);
    for (int i = 0; i < 11; i++) {
        pass(5000);
        offer(16000, 6000, 15000);
        run(16000);
        told("");
    }
    pass(5000); /* 60 s */
    offer(16000, 6000, 15000);
    run(16000);
    told("T16.0");
}
END_TEST

START_TEST(a_lease_that_ends_falls_once)
{
    transaction(true, 1);
    offer(16000, 8000, 15000);
    run(16000);
    told("T16.0 D8.0");
    pass(14999);
    run(16000);
    told("");
    pass(1);
    ck_assert_int_eq(limit_phase(&l, now.mono), LEASE_PHASE_EXPIRED);
    run(8000);
    told("T8.0");
    for (int i = 0; i < 100; i++) { /* no renewal: it may run out */
        pass(5000);
        run(8000);
        told("");
    }
    applied(8000);
}
END_TEST

START_TEST(an_ended_lease_raises_and_starts_nothing)
{
    transaction(true, 1);
    offer(0, 6000, 1000);
    run(0);
    pass(1000);
    run(0);
    told("");
    pass(200000);
    run(0);
    applied(0);
    limit_connected(&l, now.mono); /* even when the box comes back */
    run(0);
    told("D0.0");
    transaction(false, 0);
    transaction(true, 2);
    run(0);
    applied(0);
}
END_TEST

START_TEST(the_box_falls_back_when_we_die)
{
    transaction(true, 1);
    offer(16000, 6000, 15000);
    run(16000);
    pass(120000);
    ck_assert_int_eq(in_force(), 6000);
    ck_assert_int_eq(limit_applied_ma(&l, now.mono).v, 6000);
}
END_TEST

START_TEST(everything_is_told_again_after_a_reconnect)
{
    transaction(true, 1);
    offer(16000, 6000, 600000);
    run(16000);
    limit_connected(&l, now.mono);
    run(16000);
    told("T16.0 D6.0");
    limit_cleared(&l);
    run(16000);
    told("T16.0 D6.0");
}
END_TEST

START_TEST(refusals_walk_the_variants)
{
    struct limit_command c;
    offer(10000, 6000, 600000);
    for (int i = 0; i < 4; i++) {
        ck_assert(limit_next(&l, &conf, now.mono, &c));
        ck_assert_int_eq(c.purpose, PURPOSE_TX_DEFAULT);
        ck_assert_int_eq(c.variant, i);
        limit_answered(&l, &c, LIMIT_REFUSED, now);
    }
    ck_assert(!limit_next(&l, &conf, now.mono, &c)); /* a pause, then from the start */
    ck_assert(!limit_applied_ma(&l, now.mono).set);
    pass(2000);
    ck_assert(limit_next(&l, &conf, now.mono, &c));
    ck_assert_int_eq(c.variant, 0);
    limit_answered(&l, &c, LIMIT_REFUSED, now);
    ck_assert(limit_next(&l, &conf, now.mono, &c));
    limit_answered(&l, &c, LIMIT_ACCEPTED, now);
    limit_cleared(&l);
    ck_assert(limit_next(&l, &conf, now.mono, &c));
    ck_assert_int_eq(c.variant, 1); /* what worked is kept */
}
END_TEST

static void refuse_tx(void)
{
    struct limit_command c;
    while (limit_next(&l, &conf, now.mono, &c) && c.purpose == PURPOSE_TX)
        limit_answered(&l, &c, LIMIT_REFUSED, now);
}
START_TEST(a_box_without_tx_profiles_is_limited_all_the_same)
{
    transaction(true, 1);
    offer(10000, 6000, 600000);
    refuse_tx();
    ck_assert(!limit_unleased(&l, now.mono));
    run(10000);
    told("D6.0"); /* meanwhile it has the low one */
    pass(2000);
    refuse_tx();
    ck_assert(limit_unleased(&l, now.mono));
    run(10000);
    told("D10.0");
    offer(0, 6000, 600000);
    run(0);
    told("D0.0");
    transaction(false, 0);
    offer(10000, 6000, 600000);
    run(10000);
    told("D6.0");
}
END_TEST

START_TEST(a_box_that_stops_taking_profiles_is_asked_until_it_does)
{
    transaction(true, 1);
    offer(16000, 6000, 600000);
    run(16000);
    offer(9000, 6000, 600000);
    for (int i = 0; i < 10; i++) { /* the old TxProfile lives: only a new one can lower it */
        refuse_tx();
        ck_assert(!limit_unleased(&l, now.mono));
        ck_assert_int_eq(limit_applied_ma(&l, now.mono).v, 16000);
        pass(2000);
    }
    run(9000);
    told("T9.0");
    applied(9000);
}
END_TEST

START_TEST(a_box_that_takes_tx_profiles_later_is_found)
{
    transaction(true, 1);
    offer(10000, 6000, 600000);
    refuse_tx();
    pass(2000);
    refuse_tx();
    run(10000);
    told("D10.0");
    pass(10000);
    run(10000);
    told("T10.0 D6.0");
    ck_assert(!limit_unleased(&l, now.mono));
}
END_TEST

START_TEST(a_lost_answer_is_asked_again)
{
    struct limit_command c;
    offer(10000, 6000, 600000);
    ck_assert(limit_next(&l, &conf, now.mono, &c));
    limit_answered(&l, &c, LIMIT_LOST, now);
    ck_assert(!limit_next(&l, &conf, now.mono, &c));
    pass(1000);
    run(10000);
    told("D6.0");
}
END_TEST

START_TEST(a_late_answer_of_an_ended_transaction)
{
    struct limit_command c;
    transaction(true, 1);
    offer(10000, 6000, 600000);
    ck_assert(limit_next(&l, &conf, now.mono, &c));
    transaction(false, 0);
    transaction(true, 2);
    limit_answered(&l, &c, LIMIT_ACCEPTED, now);
    ck_assert(!l.box[PURPOSE_TX].acked);
    run(10000);
    told("T10.0 D6.0");
}
END_TEST

START_TEST(applied_follows_the_setpoint)
{
    offer(10000, 6000, 600000);
    ck_assert(!limit_settle(&l, &conf, now.mono)); /* not told yet */
    run(10000);
    ck_assert(limit_settle(&l, &conf, now.mono));
    ck_assert_int_eq(l.applied.seq, 1);
    ck_assert_str_eq(l.applied.boot, "b");
    offer(10000, 6000, 600000);
    ck_assert(limit_settle(&l, &conf, now.mono)); /* renewed, nothing to tell */
    ck_assert_int_eq(l.applied.seq, 2);
    ck_assert(!limit_settle(&l, &conf, now.mono));
}
END_TEST

/* Any order of setpoints, transactions, reconnects and silence: never above what is allowed. */
static void offer_phases(int32_t ma, int32_t phases)
{
    struct limit_setpoint s = {
        .current_ma = ma, .fallback_ma = 6000, .phases = phases, .seq = ++seq, .boot = "b"};
    ck_assert(limit_setpoint(&l, &s, 15000, false, now.mono));
}
START_TEST(contacts_close_as_the_setpoint_says)
{
    conf.can_switch = true;
    ck_assert_int_eq(limit_applied_phases(&l, &conf).v, 3); /* what OCPP assumes */
    transaction(true, 7);
    offer_phases(10000, 0);
    run(10000);
    told("T10.0x3 D6.0x3");
    offer_phases(0, 0);
    run(0);
    offer_phases(0, 1);
    run(0);
    told("T0.0x1 D0.0x1");
    ck_assert_int_eq(limit_applied_phases(&l, &conf).v, 1);
    offer_phases(8000, 0); /* left as they are */
    run(8000);
    told("T8.0x1 D6.0x1");
    pass(200000); /* nobody commands: the contacts stay */
    run(8000);
    ck_assert_int_eq(limit_applied_phases(&l, &conf).v, 1);
}
END_TEST
START_TEST(a_restart_leaves_the_contacts)
{
    conf.can_switch = true;
    l.phases = 1;
    offer_phases(6000, 0);
    run(6000);
    told("D6.0x1");
}
END_TEST
START_TEST(a_box_that_does_not_switch_hears_nothing_of_phases)
{
    offer_phases(6000, 1);
    run(6000);
    told("D6.0");
    ck_assert(!limit_applied_phases(&l, &conf).set);
}
END_TEST
START_TEST(never_above_in_a_long_random_walk)
{
    uint32_t r = 12345;
    int32_t allowed = 6000, fallback = 6000;
    offer(6000, 6000, 15000);
    run(6000);
    for (int i = 0; i < 20000; i++) {
        r = r * 1664525 + 1013904223;
        switch (r >> 28) {
        case 0: transaction(true, i + 1); break;
        case 1: transaction(false, 0); break;
        case 2: limit_connected(&l, now.mono); break;
        case 3: pass(20000); break;
        default:
            allowed = (int32_t)(r >> 8 & 0x3fff);
            fallback = r >> 24 & 1 ? 6000 : 0;
            offer(allowed, fallback, 15000);
            break;
        }
        if (limit_phase(&l, now.mono) == LEASE_PHASE_EXPIRED)
            allowed = min_i32(allowed, fallback);
        pass(r >> 5 & 0x3ff);
        if (limit_phase(&l, now.mono) == LEASE_PHASE_EXPIRED)
            allowed = min_i32(allowed, fallback);
        run(allowed);
    }
}
END_TEST

TCase *limit_tests(void)
{
    TCase *t = tcase_create("limit");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, nothing_is_invented);
    tcase_add_test(t, in_observe_mode_a_box_is_left_alone);
    tcase_add_test(t, what_is_remembered_is_not_raised);
    tcase_add_test(t, a_retained_setpoint_changes_nothing);
    tcase_add_test(t, without_a_transaction_the_default_stays_low);
    tcase_add_test(t, a_transaction_gets_its_own_profile);
    tcase_add_loop_test(t, limits_are_snapped_and_rounded_down, 0, (int)COUNT_OF(snaps));
    tcase_add_test(t, the_profile_is_renewed_at_half_its_life);
    tcase_add_test(t, a_lease_that_ends_falls_once);
    tcase_add_test(t, an_ended_lease_raises_and_starts_nothing);
    tcase_add_test(t, the_box_falls_back_when_we_die);
    tcase_add_test(t, everything_is_told_again_after_a_reconnect);
    tcase_add_test(t, refusals_walk_the_variants);
    tcase_add_test(t, a_box_without_tx_profiles_is_limited_all_the_same);
    tcase_add_test(t, a_box_that_stops_taking_profiles_is_asked_until_it_does);
    tcase_add_test(t, a_box_that_takes_tx_profiles_later_is_found);
    tcase_add_test(t, a_lost_answer_is_asked_again);
    tcase_add_test(t, a_late_answer_of_an_ended_transaction);
    tcase_add_test(t, applied_follows_the_setpoint);
    tcase_add_test(t, contacts_close_as_the_setpoint_says);
    tcase_add_test(t, a_restart_leaves_the_contacts);
    tcase_add_test(t, a_box_that_does_not_switch_hears_nothing_of_phases);
    tcase_add_test(t, never_above_in_a_long_random_walk);
    return t;
}
