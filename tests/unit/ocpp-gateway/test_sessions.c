/* SPDX-License-Identifier: Apache-2.0
 * Sessions and the journal. */
#include "services/ocpp-gateway/core/journal.h"
#include "tests/unit/ocpp-gateway/suites.h"

#define T0 INT64_C(1795168800000)
static const struct wall now = {T0};
static struct sessions s;

static void setup(void)
{
    memset(&s, 0, sizeof s);
}
static struct session_rec *begin(int32_t tx, int64_t stamp_ms, int64_t wh)
{
    int32_t dropped;
    struct session_start start = {
        .id_tag = str_of("TAG"), .stamp_ms = stamp_ms, .meter_start_wh = wh};
    return session_begin(&s, tx, &start, now, &dropped);
}
static struct session_stop stop_at(int64_t ms, int64_t wh)
{
    return (struct session_stop){
        .stamp_ms = ms, .meter_stop_wh = SOME_I64(wh), .reason = str_of("")};
}

START_TEST(a_repeated_start_is_the_same_session)
{
    struct session_start again = {
        .id_tag = str_of("tag"), .stamp_ms = T0 - 5, .meter_start_wh = 100};
    struct session_rec *r = begin(7, T0 - 5, 100);
    ck_assert_ptr_eq(session_repeated(&s, &again), r);
    session_end(r, &(struct session_stop){.reason = str_of("x")}, now);
    ck_assert_ptr_eq(session_repeated(&s, &again), r); /* also when it is over */
    again.meter_start_wh = 101;
    ck_assert_ptr_null(session_repeated(&s, &again));
    again.meter_start_wh = 100;
    again.stamp_ms = T0 - 4;
    ck_assert_ptr_null(session_repeated(&s, &again));
    again.stamp_ms = T0 - 5;
    again.id_tag = str_of("OTHER");
    ck_assert_ptr_null(session_repeated(&s, &again));
    again = (struct session_start){.id_tag = str_of("TAG"), .stamp_ms = 0, .meter_start_wh = 1};
    begin(8, 0, 1);
    ck_assert_ptr_null(session_repeated(&s, &again)); /* without a time two starts are two */
}
END_TEST

static const struct {
    int64_t stamp, want;
} clocks[] = {{T0 - 3600000, T0 - 3600000},
              {T0 + 299999, T0 + 299999},
              {T0 + 300001, T0},
              {0, T0},
              {1000, T0},
              {INT64_MAX, T0}};
START_TEST(times_of_mad_clocks_are_replaced)
{
    ck_assert_int_eq(begin(1, clocks[_i].stamp, 0)->started_ms, clocks[_i].want);
}
END_TEST

START_TEST(an_end_counts_once)
{
    struct session_rec *r = begin(1, T0 - 60000, 1000);
    struct session_stop first = stop_at(T0 - 10, 4000), second = stop_at(T0, 9000);
    ck_assert_ptr_eq(session_running(&s), r);
    ck_assert(session_end(r, &first, now));
    ck_assert_ptr_null(session_running(&s));
    ck_assert(!session_end(r, &second, now));
    ck_assert_int_eq(r->meter_stop_wh.v, 4000);
    ck_assert_int_eq(session_energy_wh(r, SOME_I64(9999)).v, 3000);
    ck_assert_str_eq(r->reason, "Local"); /* the default of the specification */
}
END_TEST

START_TEST(a_presumed_end_is_corrected)
{
    struct session_rec *r = begin(1, T0 - 60000, 1000);
    struct session_stop real = stop_at(T0 - 30000, 2500);
    ck_assert(session_presume_end(r, "Lost", SOME_I64(2400), now));
    ck_assert(!session_presume_end(r, "Lost", SOME_I64(9), now));
    ck_assert_int_eq(session_energy_wh(r, (struct opt_i64){0}).v, 1400);
    ck_assert(session_end(r, &real, now));
    ck_assert_int_eq(r->ended_ms.v, T0 - 30000);
    ck_assert_int_eq(session_energy_wh(r, (struct opt_i64){0}).v, 1500);
    ck_assert(!session_end(r, &real, now));
}
END_TEST

START_TEST(an_end_is_never_before_the_begin)
{
    struct session_rec *r = begin(1, T0 - 1000, 0);
    struct session_stop early = stop_at(T0 - 5000, 10);
    session_end(r, &early, now);
    ck_assert_int_eq(r->ended_ms.v, T0 - 1000);
}
END_TEST

START_TEST(energy_is_never_negative)
{
    struct session_rec *r = begin(1, T0, 1000);
    ck_assert(!session_energy_wh(r, (struct opt_i64){0}).set);
    ck_assert(!session_energy_wh(r, SOME_I64(999)).set);
    ck_assert_int_eq(session_energy_wh(r, SOME_I64(1001)).v, 1);
}
END_TEST

START_TEST(the_ring_keeps_the_newest)
{
    int32_t dropped = 0;
    for (int32_t tx = 1; tx <= SESSIONS_KEPT + 3; tx++) {
        struct session_start start = {.id_tag = str_of("A"), .stamp_ms = T0 + tx};
        struct session_stop stop = stop_at(T0, 0);
        session_end(session_begin(&s, tx, &start, now, &dropped), &stop, now);
        ck_assert_int_eq(dropped, tx > SESSIONS_KEPT ? tx - SESSIONS_KEPT : 0);
    }
    ck_assert_ptr_null(session_find(&s, 3));
    ck_assert_ptr_nonnull(session_find(&s, 4));
    ck_assert_ptr_null(session_find(&s, 0));
    ck_assert_ptr_null(session_find(&s, -1));
}
END_TEST

/* ---- journal ---- */

static const struct journal_line lines[] = {
    {.kind = JOURNAL_NEXT, .number = 1790000000},
    {.kind = JOURNAL_DEFAULT, .charger = "a-b_1", .number = 6000},
    {.kind = JOURNAL_PHASES, .charger = "a-b_1", .number = 1},
    {.kind = JOURNAL_REQUEST, .charger = "-", .request = "id with % and \xc3\xa4"},
    {.kind = JOURNAL_BOOT,
     .charger = "c",
     .box = {.vendor = "V - 1", .model = "-", .serial = "", .firmware = "1.0\t"}},
    {.kind = JOURNAL_SESSION,
     .charger = "c",
     .session =
         {.tx = INT32_MAX, .started_ms = T0, .stamp_ms = 0, .id_tag = "12345678901234567890"}},
    {.kind = JOURNAL_SESSION,
     .charger = "c",
     .session = {.tx = 1,
                 .started_ms = T0,
                 .stamp_ms = T0,
                 .ended_ms = {T0 + 1, true},
                 .meter_start_wh = {-5, true},
                 .meter_stop_wh = {INT64_MAX, true},
                 .id_tag = "%41",
                 .reason = "EVDisconnected",
                 .presumed = true}},
};
START_TEST(a_line_comes_back)
{
    char text[JOURNAL_LINE_MAX];
    struct journal_line back;
    struct buf b = buf_of(text, sizeof text);
    journal_encode(&lines[_i], &b);
    ck_assert(!b.cut);
    ck_assert_ptr_null(strpbrk(text, "\n\t"));
    ck_assert_int_eq(journal_decode((struct str){b.p, b.len}, &back), ERR_OK);
    ck_assert_mem_eq(&back, &lines[_i], sizeof back);
    for (size_t cut = 0; cut + 1 < b.len; cut++) /* half a line may be read, but never overruns */
        if (journal_decode((struct str){text, cut}, &back) == ERR_OK)
            ck_assert_int_eq(back.kind, lines[_i].kind);
}
END_TEST

START_TEST(the_longest_line_fits)
{
    struct journal_line j = {.kind = JOURNAL_BOOT};
    char text[JOURNAL_LINE_MAX];
    struct buf b = buf_of(text, sizeof text);
    memset(j.charger, '-', sizeof j.charger - 1);
    memset(j.box.vendor, 0xc3, sizeof j.box.vendor - 1);
    memset(j.box.model, '%', sizeof j.box.model - 1);
    memset(j.box.serial, ' ', sizeof j.box.serial - 1);
    memset(j.box.firmware, '-', sizeof j.box.firmware - 1);
    journal_encode(&j, &b);
    ck_assert(!b.cut);
}
END_TEST

static const char *const bad_lines[] = {"",
                                        "next",
                                        "next - x",
                                        "next - 0",
                                        "next - 99999999999",
                                        "next - 1 2",
                                        "foo - 1",
                                        "default a -1",
                                        "session c 1",
                                        "session c 0 1 1 - - - A B 0",
                                        "session c 1 - 1 - - - A B 0",
                                        "session c 1 1 1 - - - AAAAAAAAAAAAAAAAAAAAA B 0",
                                        "request c %",
                                        "request c %4",
                                        "request c %zz",
                                        "request c %00",
                                        "request  x",
                                        "boot c a b c"};
START_TEST(a_bad_line_is_refused)
{
    struct journal_line j;
    ck_assert_int_ne(journal_decode(str_of(bad_lines[_i]), &j), ERR_OK);
}
END_TEST

START_TEST(sessions_survive_in_order)
{
    struct sessions back = {0};
    struct session_stop stop = stop_at(T0, 500);
    for (int32_t tx = 1; tx <= 5; tx++) {
        struct session_rec *r = begin(tx, T0 - 1000 * tx, 0);
        session_restore(&back, r); /* the line at its begin */
        if (tx < 5) {
            session_end(r, &stop, now);
            session_restore(&back, r); /* and at its end */
        }
    }
    ck_assert_mem_eq(&back, &s, sizeof s);
    ck_assert_int_eq(session_running(&back)->tx, 5);
    session_restore(&back, session_find(&s, 2)); /* a late correction moves nothing */
    ck_assert_int_eq(session_running(&back)->tx, 5);
}
END_TEST

TCase *session_tests(void)
{
    TCase *t = tcase_create("sessions");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, a_repeated_start_is_the_same_session);
    tcase_add_loop_test(t, times_of_mad_clocks_are_replaced, 0, (int)COUNT_OF(clocks));
    tcase_add_test(t, an_end_counts_once);
    tcase_add_test(t, a_presumed_end_is_corrected);
    tcase_add_test(t, an_end_is_never_before_the_begin);
    tcase_add_test(t, energy_is_never_negative);
    tcase_add_test(t, the_ring_keeps_the_newest);
    tcase_add_loop_test(t, a_line_comes_back, 0, (int)COUNT_OF(lines));
    tcase_add_test(t, the_longest_line_fits);
    tcase_add_loop_test(t, a_bad_line_is_refused, 0, (int)COUNT_OF(bad_lines));
    tcase_add_test(t, sessions_survive_in_order);
    return t;
}
