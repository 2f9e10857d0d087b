/* SPDX-License-Identifier: Apache-2.0
 * A walk through the values of a house's meters: derived meters, who covers whom, energies,
 * quarters and days; and quarters shared out among metering points. */
#include "services/surplus-controller/core/flows.h"
#include "services/surplus-controller/core/metering.h"
#include "tests/unit/run.h"
#include "tests/unit/surplus-controller/walk.h"

enum { ITEMS = 9 };
static const enum flow_part parts[ITEMS] = {FLOW_GRID,         FLOW_PRODUCER,    FLOW_PRODUCER,
                                            FLOW_STORAGE_HOME, FLOW_STORAGE_ALL, FLOW_LOAD,
                                            FLOW_CHARGER,      FLOW_CHARGER,     FLOW_COUNTED};
static enum flow_part my_parts[ITEMS];
static struct flow_item items[ITEMS];
static struct flow_value values[ITEMS];
static struct flow_state state;
static struct flow_config conf;
static struct flow_in in;
static struct flow_out out;
static struct zone berlin;
static struct now now;
static int32_t counts[ITEMS];

#define X WALK_UNSET
#define ITEM(k, ...)                                                                               \
    {"i" #k, WALK_OPT, &values[k].power_w, WALK_VALUES(__VA_ARGS__)},                              \
    {                                                                                              \
        "i" #k " counts", WALK_I32, &counts[k], WALK_VALUES(0, 1, 2, 3)                            \
    }
static const struct walk_field fields[] = {
    ITEM(0, X, -3000, 0, 1, 2500, 9000),
    ITEM(1, X, 0, 1, 4000, 8000),
    ITEM(2, X, 0, 700, -20),
    ITEM(3, X, -2000, 0, 1500),
    ITEM(4, X, -1000, 0, 0, 500),
    ITEM(5, X, 0, 1200, -300),
    ITEM(6, X, 0, 3680, 11000),
    ITEM(7, X, 0, 1, 7000),
    ITEM(8, X, 0, 5000),
    {"over6", WALK_OPT, &values[6].over_w, WALK_VALUES(X, -5, 0, 300, 9000)},
    {"over7", WALK_OPT, &values[7].over_w, WALK_VALUES(X, 100)},
    {"sun6", WALK_BOOL, &values[6].follows_sun, WALK_VALUES(0, 1)},
    {"sun7", WALK_BOOL, &values[7].follows_sun, WALK_VALUES(0, 1)},
    {"room", WALK_OPT, &in.fuse_room_w, WALK_VALUES(X, -200, 0, 7000)},
    {"limit", WALK_OPT, &in.limit_w, WALK_VALUES(X, 0, 4200)},
    {"no grid meter", WALK_BOOL, &conf.derive_grid, WALK_VALUES(0, 1)},
};
static void begin(uint32_t seed)
{
    struct err_text why;
    ck_assert_int_eq(zone_parse_rule(str_of("CET-1CEST,M3.5.0,M10.5.0/3"), &berlin, &why), ERR_OK);
    memset(items, 0, sizeof items);
    memset(values, 0, sizeof values);
    memset(&state, 0, sizeof state);
    memcpy(my_parts, parts, sizeof parts);
    if (seed % 3 == 0)
        my_parts[0] = FLOW_CONSUMER;
    if (seed % 4 == 0)
        my_parts[3] = FLOW_COUNTED;
    state.items = items;
    conf = (struct flow_config){.parts = my_parts, .n = ITEMS, .mean_ms = 16000, .zone = &berlin};
    conf.derive_grid = seed % 3 == 0;
    in = (struct flow_in){.items = values};
    for (int i = 0; i < ITEMS; i++) {
        values[i].power_w = SOME_I32(i * 300);
        counts[i] = i % 4;
    }
    now = (struct now){{1000000}, {1750024400000 + (int64_t)(seed % 5) * 3600000}};
}
static int64_t kws(int64_t w_ms)
{
    return w_ms / 1000000;
}
static void links(struct walk *w)
{
    char text[400] = "";
    struct buf b = buf_of(text, sizeof text);
    for (int f = 0; f < FLOW_FROM; f++)
        for (int t = 0; t < FLOW_TO; t++)
            if (out.links.w[f][t])
                buf_addf(&b, " %d>%d %d", f, t, out.links.w[f][t]);
    walk_line(w, 0, "links%s%s", out.balanced ? "" : " unknown", text[0] ? text : " none");
}
static void meters(struct walk *w)
{
    char text[400] = "";
    struct buf b = buf_of(text, sizeof text);
    for (int m = 0; m < DERIVED_COUNT; m++)
        if (out.meters[m].set)
            buf_addf(&b, " %d: %d", m, out.meters[m].v);
    walk_line(w, 1, "meters%s", text);
    b = buf_of(text, sizeof text);
    for (int i = 0; out.closed && i < ITEMS; i++)
        buf_addf(&b, " %" PRId64 "/%" PRId64 "%s", items[i].closed.plus_wh,
                 items[i].closed.minus_wh, items[i].closed.complete ? "" : "?");
    if (out.closed)
        walk_line(w, 2, "quarter of %" PRId64 " s ago:%s",
                  (now.wall.ms - out.closed_start_ms) / 1000, text);
}
static void answer(struct walk *w)
{
    char text[700] = "";
    struct buf b = buf_of(text, sizeof text);
    links(w);
    meters(w);
    for (int f = 0; f < FLOW_FROM; f++)
        for (int t = 0; t < FLOW_TO; t++)
            if (state.ever.v[f][t])
                buf_addf(&b, " %d>%d %" PRId64 "/%" PRId64, f, t, kws(state.day.v[f][t]),
                         kws(state.ever.v[f][t]));
    for (int i = 6; i < 8; i++)
        buf_addf(&b, ", car %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, kws(items[i].session[0]),
                 kws(items[i].session[1]), kws(items[i].session[2]), kws(items[i].session[3]));
    walk_numbers(w,
                 "kWs%s, house %" PRId64 " %" PRId64 ", i5 %" PRId64 "/%" PRId64 ", next +%" PRId64,
                 text, kws(state.house), kws(state.non_evse), kws(items[5].plus),
                 kws(items[5].minus), out.next.ms - now.mono.ms);
}
/* Counters of devices that go on with what flows; some stand still, one falls back to zero. */
static void count(int i, int64_t ms)
{
    struct flow_value *v = &values[i];
    int64_t wh = v->power_w.set ? (int64_t)v->power_w.v * ms / 3600000 : 0;
    v->plus_wh = v->minus_wh = (struct opt_i64){0};
    if (counts[i] == 1 || counts[i] == 3)
        v->plus_wh = SOME_I64(items[i].plus_wh.v + max_i64(0, wh));
    if (counts[i] == 2 || counts[i] == 3)
        v->minus_wh = SOME_I64(items[i].minus_wh.v + max_i64(0, -wh));
    if (counts[i] == 3 && i == 5)
        v->plus_wh = SOME_I64(7);
}
static void pass(struct walk *w, uint32_t seed, int steps)
{
    static const int32_t pauses[] = {500,   999,    1000,   1001,   15999,   16000,   60000,
                                     60000, 300000, 900000, 899000, 3600000, 43200000};
    walk_title(w, seed, "meters of a house");
    begin(seed);
    for (int k = 0; k < steps; k++) {
        int32_t ms = walk_pick(w, pauses, COUNT_OF(pauses)), kind = walk_dice(w, 0, 7);
        for (int c = walk_dice(w, 1, 2); k && c; c--)
            walk_change(w, fields, COUNT_OF(fields));
        walk_note(w, "+%d ms", ms);
        now.mono.ms += ms;
        now.wall.ms += ms;
        if (kind == 0) {
            now.wall.ms -= 5000000;
            walk_note(w, "the clock is put back");
        }
        for (int i = 0; i < ITEMS; i++) {
            count(i, ms);
            values[i].until.ms = now.mono.ms + (kind == 1 && i == 1 ? -1 : kind == 2 ? 0 : 100000);
        }
        if (kind == 1 || kind == 2)
            walk_note(w, kind == 1 ? "i1 is too old" : "all just count");
        flow_step(&state, &in, &conf, now, &out);
        answer(w);
    }
}
START_TEST(flows)
{
    struct walk w;
    walk_begin(&w);
    for (uint32_t seed = 1; seed <= 14; seed++)
        pass(&w, seed, 14);
    walk_end(&w, "flows");
}
END_TEST

/* ---- metering points ---- */
static void share(struct walk *w, int producers_n, int points_n)
{
    static const int32_t priorities[] = {1, 1, 2, 99}, shares[] = {0, 1, 333, 500, 1000},
                         consumed[] = {0, 1, 7, 100, 1000}, produced[] = {0, 1, 10, 999};
    struct metering_point p[3] = {{0}};
    int64_t have[2];
    bool takes[6];
    char text[300] = "";
    struct buf b = buf_of(text, sizeof text);
    for (int k = 0; k < producers_n; k++)
        have[k] = walk_pick(w, produced, COUNT_OF(produced));
    for (int i = 0; i < points_n; i++) {
        p[i].priority = (uint8_t)walk_pick(w, priorities, COUNT_OF(priorities));
        p[i].share_pm = walk_pick(w, shares, COUNT_OF(shares));
        p[i].consumed_wh = walk_pick(w, consumed, COUNT_OF(consumed));
        p[i].covered_wh = 77; /* of the quarter before */
        buf_addf(&b, "p%d share %d of %" PRId64 " Wh from", p[i].priority, p[i].share_pm,
                 p[i].consumed_wh);
        for (int k = 0; k < producers_n; k++) {
            takes[k * points_n + i] = walk_dice(w, 0, 3) != 0;
            buf_addf(&b, " %d", takes[k * points_n + i]);
        }
        buf_addz(&b, ", ");
    }
    int64_t left = metering_share(p, points_n, have, producers_n, takes);
    buf_addf(&b, "of %" PRId64 " and %" PRId64 ":", have[0], producers_n > 1 ? have[1] : 0);
    for (int i = 0; i < points_n; i++)
        buf_addf(&b, " %" PRId64, p[i].covered_wh);
    ck_assert(!b.cut);
    walk_note(w, "%d by %d", producers_n, points_n);
    walk_line(w, 0, "%s, left %" PRId64, text, left);
    w->wrote = false;
}
START_TEST(shares)
{
    struct walk w;
    walk_begin(&w);
    walk_title(&w, 1, "producers by points");
    for (int k = 0; k < 80; k++)
        share(&w, 1 + k % 2, 1 + k % 3);
    walk_end(&w, "metering");
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("walk_flows");
    tcase_set_timeout(t, 120); /* a busy machine, with sanitizers */
    tcase_add_test(t, flows);
    tcase_add_test(t, shares);
    return run_case(t, "walk_flows");
}
