/* SPDX-License-Identifier: Apache-2.0
 * budget.h -- an amount of energy or charging time per period of the calendar. Pure.
 *
 * A period begins at reset_time of a local day: every day, a weekday, a day of the month, a day of
 * the year; a day that a month does not have is its last. Summer time moves no border: it stands
 * where the clocks on the wall show reset_time (skipped in spring: at the skip; shown twice in
 * autumn: the first). */
#ifndef WATTBUS_BUDGET_H
#define WATTBUS_BUDGET_H
#include "libcommon/pure/calendar.h"
#include "libcommon/pure/sample.h"
#include "proto/proto.h"

struct budget_terms {
    enum budget_period period; /* UNSET counts as ONCE */
    int32_t reset_day;         /* WEEK: Monday is 1; MONTH and YEAR: day of the month */
    int32_t reset_month;       /* YEAR: 1..12 */
    int32_t reset_min;         /* minutes after midnight */
    bool carry_over;           /* what is left goes to the next period, an overdraw too */
    struct opt_i64 amount_wh;  /* unset: energy does not count */
    struct opt_i64 amount_ms;  /* of charging; unset: time does not count */
};
struct budget_span {
    int64_t from_ms;         /* UTC, first ms of the period */
    struct opt_i64 until_ms; /* first ms of the next; unset: it never ends */
};
/* The period that t lies in. */
struct budget_span budget_span_at(const struct budget_terms *c, const struct zone *z,
                                  struct wall t);

struct budget_account {
    bool begun;
    struct budget_span span;
    int64_t used_wh, used_ms;
    int64_t extra_wh, extra_ms; /* carried over and topped up; negative: overdrawn before */
};
/* Brings the account to the period of `now`; true when it changed. A clock that was not set yet
 * changes nothing. A clock that went back, or a configuration with other periods, gives no budget
 * twice: what was used stays as long as the account's period had not ended before the new one
 * began. */
bool budget_roll(struct budget_account *a, const struct budget_terms *c, const struct zone *z,
                 struct wall now);
/* Books what was charged until `at`. What belongs to a period that is over only shortens what was
 * carried over from it. */
void budget_book(struct budget_account *a, const struct budget_terms *c, int64_t wh, int64_t ms,
                 struct wall at);
/* Unset: not limited in that way. Negative: overdrawn. */
struct opt_i64 budget_left_wh(const struct budget_account *a, const struct budget_terms *c);
struct opt_i64 budget_left_ms(const struct budget_account *a, const struct budget_terms *c);
bool budget_is_used(const struct budget_account *a, const struct budget_terms *c);
#endif
