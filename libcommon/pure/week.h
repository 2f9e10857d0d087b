/* SPDX-License-Identifier: Apache-2.0
 * week.h -- a table of the week in quarter hours of local time. Pure.
 *
 *   mon-fri 08:00-12:00 lock; sat,sun 00:00-24:00 solar_pure; 22:00-06:00 power; else solar_pure
 *
 * Rows are parted by semicolons, the last match wins; a row without days is for all of them; one
 * that ends before it begins goes on into the next day. Where no row and no `else` says anything,
 * the value is 0. Days follow the clock on the wall: on the day of 25 hours the doubled hour has
 * its row twice, on the day of 23 hours the skipped hour's row does not happen. */
#ifndef WATTBUS_WEEK_H
#define WATTBUS_WEEK_H
#include "libcommon/pure/calendar.h"
#include "libcommon/pure/field.h"
#include "libcommon/pure/sample.h"

enum { WEEK_DAYS = 7, WEEK_SLOTS = 96, WEEK_SLOT_MIN = 15 };
struct week {
    uint8_t slot[WEEK_DAYS][WEEK_SLOTS]; /* [Monday 0][quarter hour]: value, 0: nothing said */
};

/* Words are those of `values` whose bit in `allowed` is set (bit i for value i). On an error *why
 * names the position in the text, what stands there and what was expected; *out is then
 * meaningless. ERR_MISSING: a text without a row. */
enum err week_parse(struct str text, const struct enum_desc *values, uint32_t allowed,
                    struct week *out, struct err_text *why) MUST_CHECK;
/* Value at that moment. */
int week_at(const struct week *w, const struct zone *z, struct wall t);
/* First moment after t with another value; unset: there is none, the table is of one value. */
struct opt_i64 week_next(const struct week *w, const struct zone *z, struct wall t);

/* "mon-fri,sun" as bits, Monday is bit 0; fri-mon goes over the weekend. False: not days. */
bool week_days(struct str text, uint8_t *days);
/* "06:30" as minutes since midnight; "24:00" is 1440. */
bool week_clock(struct str text, int32_t *minutes);
/* "mon" for 0. */
const char *week_day_name(int day);
#endif
