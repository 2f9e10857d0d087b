/* SPDX-License-Identifier: Apache-2.0
 * choose_text.c -- why the mode in force is what it is, in words and in numbers. */
#include "services/surplus-controller/core/choose.h"

enum { DAY_MS = 86400000, WEEK_MS = 7 * DAY_MS, MIN_MS = 60000, HOUR_MIN = 60 };

static const struct {
    const char *name, *text;
} rows[] = {
#define R(id, name, text) {name, text},
    CHOOSE_REASONS(R)
#undef R
};

/* "12:00" today, "Mon 12:00" within a week, else with the date. */
static void add_time(struct buf *b, const struct zone *z, struct wall now, int64_t ms)
{
    struct wall at = {ms};
    struct civil c = zone_civil(z, at), today = zone_civil(z, now);
    bool near = ms - now.ms < WEEK_MS - DAY_MS && now.ms - ms < DAY_MS;
    bool same = c.year == today.year && c.month == today.month && c.day == today.day;
    if (!near)
        buf_addf(b, "%d-%02d-%02d ", (int)c.year, c.month, c.day);
    else if (!same)
        buf_addf(b, "%c%s ", week_day_name(c.weekday)[0] - 'a' + 'A', week_day_name(c.weekday) + 1);
    buf_addf(b, "%02d:%02d", c.hour, c.minute);
}
static void add_energy(struct buf *b, int32_t wh)
{
    int32_t tenths = (wh + 99) / 100; /* up: the last 50 Wh are still to go */
    buf_addf(b, "%d.%d kWh", (int)(tenths / 10), (int)(tenths % 10));
}
static void add_span(struct buf *b, int64_t ms)
{
    int64_t minutes = (ms + MIN_MS - 1) / MIN_MS;
    if (minutes >= HOUR_MIN)
        buf_addf(b, "%d h ", (int)(minutes / HOUR_MIN));
    buf_addf(b, "%d min", (int)(minutes % HOUR_MIN));
}
struct teller {
    const struct choose_out *o;
    const struct zone *z;
    struct wall now;
    struct opt_i64 until;
    struct buf b;
    struct reason *out;
};
static void add_param(struct teller *t, const char *name, int64_t v)
{
    struct param *p = &t->out->params[t->out->params_n++];
    str_copyz(p->name, sizeof p->name, name);
    p->value = SOME_I64(v);
}
static void add_slot(struct teller *t, struct str slot)
{
    const struct target_out *g = &t->o->target;
    const struct {
        const char *slot;
        int64_t at;
    } times[] = {{"until", t->until.v}, {"deadline", g->deadline.v}, {"start", g->start.v}};
    for (size_t i = 0; i < COUNT_OF(times); i++)
        if (str_eq(slot, times[i].slot)) {
            add_time(&t->b, t->z, t->now, times[i].at);
            add_param(t, times[i].slot, times[i].at);
            return;
        }
    if (str_eq(slot, "need")) {
        add_energy(&t->b, g->need_wh);
        add_param(t, "need_wh", g->need_wh);
    } else {
        assert(str_eq(slot, "late"));
        add_span(&t->b, g->late_ms);
        add_param(t, "late_ms", g->late_ms);
    }
}
void choose_reason(const struct choose_out *o, const struct zone *z, struct wall now,
                   struct opt_i64 people_until, bool until_unplugged, struct reason *out)
{
    enum choose_code code = o->code;
    if (code == CHOOSE_BY_HAND)
        code = people_until.set  ? CHOOSE_BY_HAND_UNTIL
               : until_unplugged ? CHOOSE_UNPLUGGED
                                 : CHOOSE_BY_HAND;
    if (code == CHOOSE_TABLE_GAP && !o->until.set)
        code = CHOOSE_USUAL;
    struct teller t = {.o = o, .z = z, .now = now, .out = out};
    t.until = code == CHOOSE_BY_HAND_UNTIL ? people_until : o->until;
    memset(out, 0, sizeof *out);
    t.b = buf_of(out->text, sizeof out->text);
    str_copyz(out->code, sizeof out->code, rows[code].name);
    for (struct str rest = str_of(rows[code].text); rest.len;) {
        buf_add(&t.b, str_word(&rest, '{'));
        if (rest.len)
            add_slot(&t, str_word(&rest, '}'));
    }
}
