/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/pure/lease.h"
#include "proto/proto.h"
#include <check.h>
#include "tests/unit/run.h"

static_assert(LEASE_PHASE_NONE == (int)LEASE_NONE && LEASE_PHASE_LIVE == (int)LEASE_LIVE &&
                  LEASE_PHASE_EXPIRED == (int)LEASE_EXPIRED,
              "phases are the contract's");

/* One row: at t a setpoint comes (boot "" : nothing comes), then the state is looked at. */
struct row {
    int64_t t_ms;
    const char *boot;
    int64_t seq;
    int32_t valid_ms, rank;
    bool retained;
    enum lease_verdict verdict;
    enum lease_phase phase;
    int32_t in_force; /* rank in force, -1: none */
    bool rivals;
};
#define NOTHING "", 0, 0, 0, false, LEASE_TAKEN

static void play(const struct row *rows, size_t n)
{
    struct lease_hold l = {0};
    for (size_t i = 0; i < n; i++) {
        const struct row *r = &rows[i];
        struct mono now = {r->t_ms};
        if (r->boot[0]) {
            int slot = -1;
            struct lease_offer o = {r->boot, r->seq, r->valid_ms, r->rank, r->retained};
            ck_assert_msg(lease_offer(&l, &o, now, &slot) == r->verdict, "verdict in row %zu", i);
            ck_assert_int_eq(slot >= 0, r->verdict == LEASE_TAKEN);
        }
        int k = lease_in_force(&l, now);
        ck_assert_msg((k < 0 ? -1 : l.w[k].rank) == r->in_force, "in force in row %zu: %d", i,
                      k < 0 ? -1 : l.w[k].rank);
        ck_assert_msg(lease_phase_of(&l, now) == r->phase, "phase in row %zu", i);
        ck_assert_msg(lease_rivals(&l, now) == r->rivals, "rivals in row %zu", i);
    }
}

START_TEST(a_lease_lives_from_receipt_and_ends)
{
    static const struct row rows[] = {
        {0, NOTHING, LEASE_PHASE_NONE, -1, false},
        {10, "a", 1, 1000, 6000, true, LEASE_RETAINED, LEASE_PHASE_NONE, -1, false},
        {20, "a", 1, 1000, 6000, false, LEASE_TAKEN, LEASE_PHASE_LIVE, 6000, false},
        {1019, NOTHING, LEASE_PHASE_LIVE, 6000, false},
        {1020, NOTHING, LEASE_PHASE_EXPIRED, -1, false},
        {1030, "a", 1, 1000, 6000, false, LEASE_REPLAY, LEASE_PHASE_EXPIRED, -1, false},
        {1040, "a", 2, 1000, 0, false, LEASE_TAKEN, LEASE_PHASE_LIVE, 0, false},
    };
    play(rows, COUNT_OF(rows));
}
END_TEST

START_TEST(a_replay_changes_nothing)
{
    static const struct row rows[] = {
        {0, "a", 5, 1000, 8000, false, LEASE_TAKEN, LEASE_PHASE_LIVE, 8000, false},
        {1, "a", 5, 1000, 32000, false, LEASE_REPLAY, LEASE_PHASE_LIVE, 8000, false},
        {2, "a", 4, 1000, 32000, false, LEASE_REPLAY, LEASE_PHASE_LIVE, 8000, false},
        {3, "a", 7, 1000, 9000, false, LEASE_TAKEN, LEASE_PHASE_LIVE, 9000, false},
    };
    play(rows, COUNT_OF(rows));
}
END_TEST

START_TEST(a_restarted_controller_is_careful_until_its_old_lease_ends)
{
    static const struct row rows[] = {
        {0, "a", 90, 1000, 8000, false, LEASE_TAKEN, LEASE_PHASE_LIVE, 8000, false},
        {500, "b", 1, 2000, 16000, false, LEASE_TAKEN, LEASE_PHASE_LIVE, 8000, false},
        {600, "b", 2, 2000, 6000, false, LEASE_TAKEN, LEASE_PHASE_LIVE, 6000, false},
        {700, "b", 3, 2000, 16000, false, LEASE_TAKEN, LEASE_PHASE_LIVE, 8000, false},
        {1000, NOTHING, LEASE_PHASE_LIVE, 16000, false},
        {1100, "a", 90, 1000, 32000, false, LEASE_REPLAY, LEASE_PHASE_LIVE, 16000, false},
    };
    play(rows, COUNT_OF(rows));
}
END_TEST

START_TEST(of_two_writers_the_lower_wins_and_it_is_reported)
{
    static const struct row rows[] = {
        {0, "a", 1, 1000, 16000, false, LEASE_TAKEN, LEASE_PHASE_LIVE, 16000, false},
        {100, "b", 1, 1000, 8000, false, LEASE_TAKEN, LEASE_PHASE_LIVE, 8000, false},
        {200, "a", 2, 1000, 16000, false, LEASE_TAKEN, LEASE_PHASE_LIVE, 8000, true},
        {300, "b", 2, 1000, 20000, false, LEASE_TAKEN, LEASE_PHASE_LIVE, 16000, true},
        {400, "c", 1, 100, 32000, false, LEASE_TAKEN, LEASE_PHASE_LIVE, 16000, false},
        {1200, NOTHING, LEASE_PHASE_EXPIRED, -1, false},
    };
    play(rows, COUNT_OF(rows));
}
END_TEST

START_TEST(the_next_end_is_known)
{
    struct lease_hold l = {0};
    int slot;
    ck_assert_int_eq(lease_next_ms(&l, (struct mono){0}), -1);
    lease_offer(&l, &(struct lease_offer){"a", 1, 1000, 1, false}, (struct mono){0}, &slot);
    lease_offer(&l, &(struct lease_offer){"b", 1, 300, 1, false}, (struct mono){0}, &slot);
    ck_assert_int_eq(lease_next_ms(&l, (struct mono){100}), 200);
    ck_assert_int_eq(lease_next_ms(&l, (struct mono){400}), 600);
    ck_assert_int_eq(lease_next_ms(&l, (struct mono){1000}), -1);
}
END_TEST

START_TEST(a_fallback_never_raises_or_starts)
{
    ck_assert_int_eq(lease_fallback_ma(16000, 6000), 6000);
    ck_assert_int_eq(lease_fallback_ma(0, 6000), 0);
    ck_assert_int_eq(lease_fallback_ma(6000, 10000), 6000);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("lease");
    TCase *t = tcase_create("lease");
    tcase_add_test(t, a_lease_lives_from_receipt_and_ends);
    tcase_add_test(t, a_replay_changes_nothing);
    tcase_add_test(t, a_restarted_controller_is_careful_until_its_old_lease_ends);
    tcase_add_test(t, of_two_writers_the_lower_wins_and_it_is_reported);
    tcase_add_test(t, the_next_end_is_known);
    tcase_add_test(t, a_fallback_never_raises_or_starts);
    suite_add_tcase(s, t);
    return run_suite(s);
}
