/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/pure/week.h"

enum { DAY_MIN = 24 * 60, SLOT_MS = WEEK_SLOT_MIN * 60000 };

/* ---- words ---- */
const char *week_day_name(int day)
{
    static const char *const names[WEEK_DAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    assert(day >= 0 && day < WEEK_DAYS);
    return names[day];
}
static int day_of(struct str s)
{
    for (int i = 0; i < WEEK_DAYS; i++)
        if (str_eq(s, week_day_name(i)))
            return i;
    return -1;
}
bool week_days(struct str rest, uint8_t *days)
{
    unsigned mask = 0;
    if (rest.len == 0 || rest.p[rest.len - 1] == ',')
        return false;
    while (rest.len) {
        struct str part = str_trim(str_word(&rest, ','));
        struct str from = str_trim(str_word(&part, '-'));
        bool range = part.p > from.p + from.len;
        int a = day_of(from), b = range ? day_of(str_trim(part)) : a;
        if (a < 0 || b < 0)
            return false;
        for (int d = a;; d = (d + 1) % WEEK_DAYS) { /* fri-mon goes over the weekend */
            mask |= 1u << d;
            if (d == b)
                break;
        }
    }
    *days = (uint8_t)mask;
    return true;
}
bool week_clock(struct str s, int32_t *minutes)
{
    int32_t h, m;
    if (s.len != 5 || s.p[2] != ':')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (i != 2 && (s.p[i] < '0' || s.p[i] > '9'))
            return false;
    if (!str_i32((struct str){s.p, 2}, &h) || !str_i32((struct str){s.p + 3, 2}, &m) || m > 59 ||
        h > 24 || (h == 24 && m > 0))
        return false;
    *minutes = 60 * h + m;
    return true;
}

/* ---- rows ---- */
struct parser {
    struct str text; /* whole, for positions */
    const struct enum_desc *values;
    uint32_t allowed;
    struct week *out;
    struct err_text *why;
};
static enum err refuse(const struct parser *p, struct str at, const char *expected)
{
    char shown[40];
    if (!str_copy(shown, sizeof shown, at))
        str_trim_partial(shown);
    return err_set(p->why, ERR_SYNTAX, "at character %zu: expected %s, got %s",
                   (size_t)(at.p - p->text.p) + 1, expected, shown[0] ? shown : "nothing");
}
static struct str next_word(struct str *rest)
{
    *rest = str_trim(*rest);
    return str_word(rest, ' ');
}
static enum err value_of(const struct parser *p, struct str word, int *v)
{
    char want[160];
    struct buf b = buf_of(want, sizeof want);
    *v = enum_from(p->values, word);
    if (*v > 0 && p->allowed >> *v & 1)
        return ERR_OK;
    buf_addz(&b, "one of");
    for (int i = 1; i < p->values->n; i++)
        if (p->allowed >> i & 1)
            buf_addf(&b, " %s", p->values->texts[i]);
    return refuse(p, word, want);
}
static enum err span_of(const struct parser *p, struct str word, int32_t *from, int32_t *to)
{
    struct str rest = word, a = str_word(&rest, '-');
    if (!week_clock(a, from) || !week_clock(rest, to) || *from == DAY_MIN)
        return refuse(p, word, "a time such as 08:00-12:00");
    if (*from % WEEK_SLOT_MIN || *to % WEEK_SLOT_MIN)
        return refuse(p, word, "quarter hours such as 08:15-12:00");
    if (*from == *to)
        return refuse(p, word, "a time that lasts (a whole day is 00:00-24:00)");
    return ERR_OK;
}
/* to <= from: into the next day. */
static void paint(struct week *w, int day, int32_t from, int32_t to, int value)
{
    int32_t length = (to > from ? to : to + DAY_MIN) - from;
    for (int32_t m = from; m < from + length; m += WEEK_SLOT_MIN)
        w->slot[(day + m / DAY_MIN) % WEEK_DAYS][m % DAY_MIN / WEEK_SLOT_MIN] = (uint8_t)value;
}
static enum err parse_row(struct parser *p, struct str row, int *otherwise)
{
    struct str rest = row, word = next_word(&rest);
    uint8_t days = (1u << WEEK_DAYS) - 1;
    int32_t from = 0, to = 0;
    int value = 0;
    enum err rc = ERR_OK;
    bool alone = str_eq(word, "else");
    if (!alone && word.len && (word.p[0] < '0' || word.p[0] > '9')) {
        if (!week_days(word, &days))
            return refuse(p, word, "days such as mon-fri or sat,sun, a time, or else");
        word = next_word(&rest);
    }
    if (!alone)
        rc = span_of(p, word, &from, &to);
    if (rc == ERR_OK)
        rc = value_of(p, next_word(&rest), &value);
    rest = str_trim(rest);
    if (rc == ERR_OK && rest.len)
        rc = refuse(p, rest, "; and the next row");
    if (alone)
        *otherwise = value;
    for (int d = 0; d < WEEK_DAYS && !alone && rc == ERR_OK; d++)
        if (days >> d & 1)
            paint(p->out, d, from, to, value);
    return rc;
}
enum err week_parse(struct str text, const struct enum_desc *values, uint32_t allowed,
                    struct week *out, struct err_text *why)
{
    struct parser p = {text, values, allowed, out, why};
    struct str rest = text;
    int rows = 0, otherwise = 0;
    memset(out, 0, sizeof *out);
    while (rest.len) {
        struct str row = str_trim(str_word(&rest, ';'));
        enum err rc = row.len ? parse_row(&p, row, &otherwise) : ERR_OK;
        if (rc != ERR_OK)
            return rc;
        rows += row.len > 0;
    }
    if (!rows)
        return err_set(why, ERR_MISSING, "expected rows such as mon-fri 08:00-12:00 %s",
                       values->n > 1 ? values->texts[1] : "");
    for (int d = 0; d < WEEK_DAYS; d++)
        for (int s = 0; s < WEEK_SLOTS; s++)
            if (!out->slot[d][s])
                out->slot[d][s] = (uint8_t)otherwise;
    return ERR_OK;
}

/* ---- in time ---- */
int week_at(const struct week *w, const struct zone *z, struct wall t)
{
    struct civil c = zone_civil(z, t);
    return w->slot[c.weekday][(c.hour * 60 + c.minute) / WEEK_SLOT_MIN];
}
static bool uniform(const struct week *w)
{
    for (int d = 0; d < WEEK_DAYS; d++)
        for (int s = 0; s < WEEK_SLOTS; s++)
            if (w->slot[d][s] != w->slot[0][0])
                return false;
    return true;
}
/* The next moment at which a quarter hour begins on the clock. Offsets of zones are multiples of a
 * quarter hour nowadays, so that a change of the clocks is such a moment too. */
static struct wall next_slot(const struct zone *z, struct wall t)
{
    int64_t local_ms = t.ms + (int64_t)zone_offset_s(z, t) * 1000;
    int64_t into = (local_ms % SLOT_MS + SLOT_MS) % SLOT_MS;
    return (struct wall){t.ms - into + SLOT_MS};
}
struct opt_i64 week_next(const struct week *w, const struct zone *z, struct wall t)
{
    int now = week_at(w, z, t);
    if (uniform(w))
        return (struct opt_i64){0};
    /* Two weeks: an hour that is skipped may hold the only other value. */
    for (int i = 0; i <= 2 * WEEK_DAYS * WEEK_SLOTS; i++) {
        t = next_slot(z, t);
        if (week_at(w, z, t) != now)
            return SOME_I64(t.ms);
    }
    return (struct opt_i64){0};
}
