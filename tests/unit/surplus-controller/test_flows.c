/* SPDX-License-Identifier: Apache-2.0
 * Derived meters, who covers whom, quarters of an hour: sums that must be equal, values that must
 * stay missing, days of 23 and 25 hours. */
#include "services/surplus-controller/core/flows.h"
#include "services/surplus-controller/core/metering.h"
#include "tests/unit/run.h"

enum { ITEMS = 8 };
static const enum flow_part parts[ITEMS] = {
    FLOW_GRID,        FLOW_PRODUCER, FLOW_PRODUCER, FLOW_STORAGE_HOME,
    FLOW_STORAGE_ALL, FLOW_LOAD,     FLOW_CHARGER,  FLOW_CHARGER,
};
enum { GRID, ROOF, SHED, HOME, ALL, PUMP, LEFT, RIGHT };
static struct flow_item items[ITEMS];
static struct flow_value values[ITEMS];
static struct flow_state state;
static struct flow_config conf;
static struct flow_in in;
static struct flow_out out;
static struct zone berlin;
static struct now now;

static void setup(void)
{
    struct err_text why;
    ck_assert_int_eq(zone_parse_rule(str_of("CET-1CEST,M3.5.0,M10.5.0/3"), &berlin, &why), ERR_OK);
    memset(items, 0, sizeof items);
    memset(values, 0, sizeof values);
    memset(&state, 0, sizeof state);
    state.items = items;
    conf = (struct flow_config){.parts = parts, .n = ITEMS, .mean_ms = 10000, .zone = &berlin};
    in = (struct flow_in){.items = values};
    now = (struct now){{1000000}, {1750000000000}};
}
static void set(int i, int32_t w)
{
    values[i].power_w = SOME_I32(w);
    values[i].until = mono_after(now.mono, 10000);
}
static void all(int32_t grid, int32_t roof, int32_t home, int32_t left)
{
    for (int i = 0; i < ITEMS; i++)
        set(i, 0);
    set(GRID, grid);
    set(ROOF, roof);
    set(HOME, home);
    set(LEFT, left);
}
static void step(void)
{
    flow_step(&state, &in, &conf, now, &out);
}
static void later(int64_t ms)
{
    now.mono.ms += ms;
    now.wall.ms += ms;
    for (int i = 0; i < ITEMS; i++)
        values[i].until.ms += values[i].power_w.set ? ms : 0;
    step();
}
static int32_t meter(enum derived_meter d)
{
    ck_assert_msg(out.meters[d].set, "%s is missing", derived_rows[d].id);
    return out.meters[d].v;
}
static int64_t to_sum(const struct flow_links *l, int to)
{
    int64_t sum = 0;
    for (int a = 0; a < FLOW_FROM; a++)
        sum += l->w[a][to];
    return sum;
}
static int64_t from_sum(const struct flow_links *l, int from)
{
    int64_t sum = 0;
    for (int b = 0; b < FLOW_TO; b++)
        sum += l->w[from][b];
    return sum;
}
static uint32_t seed;
static int32_t draw(int32_t lo, int32_t hi)
{
    seed = seed * 1664525 + 1013904223;
    return lo + (int32_t)((seed >> 8) % (uint32_t)(hi - lo + 1));
}

/* ---- derived meters ---- */
START_TEST(derived_meters)
{
    static const struct {
        int32_t grid, pv, home, all, load, car; /* in */
        int32_t non_evse, house, surplus;       /* expected */
    } rows[] = {
        {500, 0, 0, 0, 0, 0, 500, 500, -500},
        {-3000, 5000, 0, 0, 0, 0, 2000, 2000, 3000},
        {-100, 9000, 0, 0, 0, 8000, 900, 900, 8100},
        {0, 5000, 4000, 0, 0, 0, 1000, 1000, 4000},    /* a charging battery is surplus */
        {0, 0, -1000, 0, 0, 0, 1000, 1000, -1000},     /* a discharging one is none ... */
        {-2000, 0, -3000, 0, 0, 0, 1000, 1000, -1000}, /* ... whatever it feeds */
        {-2000, 0, 0, -3000, 0, 0, 1000, 1000, 2000},  /* that for all is */
        {0, 0, 0, -3000, 0, 2000, 1000, 1000, 2000},   /* and may charge a car */
        {0, 6000, 0, 1000, 0, 2000, 3000, 3000, 3000}, /* its charging counts too */
        {0, 6000, 0, 0, 2000, 3000, 3000, 1000, 5000}, /* what is under control is no house */
        {1000, -8, 0, 0, 0, 0, 1000, 1000, -1000},     /* an inverter's own draw at night */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        all(rows[i].grid, rows[i].pv, rows[i].home, rows[i].car);
        set(ALL, rows[i].all);
        set(PUMP, rows[i].load);
        step();
        ck_assert_int_eq(meter(DERIVED_GRID_DEMAND), rows[i].grid);
        ck_assert_int_eq(meter(DERIVED_PRODUCED_POWER), rows[i].pv);
        ck_assert_int_eq(meter(DERIVED_STORAGE_HOME), rows[i].home);
        ck_assert_int_eq(meter(DERIVED_STORAGE_ALL), rows[i].all);
        ck_assert_int_eq(meter(DERIVED_CONSUMED_EVSE), rows[i].car);
        ck_assert_int_eq(meter(DERIVED_CONSUMED_NON_EVSE), rows[i].non_evse);
        ck_assert_int_eq(meter(DERIVED_HOUSE), rows[i].house);
        ck_assert_msg(meter(DERIVED_SURPLUS) == rows[i].surplus, "row %zu: %d", i,
                      meter(DERIVED_SURPLUS));
    }
}
END_TEST
START_TEST(what_needs_a_missing_value_is_missing)
{
    /* meter, and the items without which it is known all the same */
    static const struct {
        enum derived_meter d;
        unsigned needs;
    } rows[] = {
        {DERIVED_GRID_DEMAND, 1u << GRID},
        {DERIVED_PRODUCED_POWER, 1u << ROOF | 1u << SHED},
        {DERIVED_CONSUMED_EVSE, 1u << LEFT | 1u << RIGHT},
        {DERIVED_STORAGE_HOME, 1u << HOME},
        {DERIVED_STORAGE_ALL, 1u << ALL},
        {DERIVED_SURPLUS, 0xff & ~(1u << ROOF | 1u << SHED)},
        {DERIVED_CONSUMED_NON_EVSE, 0xff & ~(1u << PUMP)},
        {DERIVED_HOUSE, 0xff},
        {DERIVED_ERROR_EVSE, 1u << LEFT | 1u << RIGHT},
    };
    for (int gone = 0; gone < ITEMS; gone++) {
        all(100, 200, 300, 400);
        if (gone % 2)
            values[gone].power_w.set = false;
        else
            values[gone].until.ms = now.mono.ms - 1; /* too old */
        step();
        for (size_t i = 0; i < COUNT_OF(rows); i++)
            ck_assert_msg(out.meters[rows[i].d].set == !(rows[i].needs >> gone & 1),
                          "%s without item %d", derived_rows[rows[i].d].id, gone);
        ck_assert(!out.balanced);
    }
    all(100, 200, 300, 400);
    step();
    ck_assert(out.balanced);
}
END_TEST
START_TEST(without_a_grid_meter)
{
    static const enum flow_part own[ITEMS] = {FLOW_CONSUMER,     FLOW_PRODUCER, FLOW_PRODUCER,
                                              FLOW_STORAGE_HOME, FLOW_COUNTED,  FLOW_LOAD,
                                              FLOW_CHARGER,      FLOW_CHARGER};
    conf.parts = own;
    all(900, 5000, 300, 2000);
    set(PUMP, 100);
    set(ALL, 7777); /* counted only: no part of any sum */
    step();
    ck_assert(!out.meters[DERIVED_GRID_DEMAND].set); /* not so configured */
    ck_assert(!out.meters[DERIVED_SURPLUS].set);
    conf.derive_grid = true;
    step();
    ck_assert_int_eq(meter(DERIVED_GRID_DEMAND), 900 + 300 + 2000 + 100 - 5000);
    ck_assert_int_eq(meter(DERIVED_HOUSE), 900);
    ck_assert_int_eq(meter(DERIVED_SURPLUS), 4100);
    ck_assert(!out.meters[DERIVED_STORAGE_ALL].set);
    values[ROOF].power_w.set = false;
    step();
    ck_assert(!out.meters[DERIVED_GRID_DEMAND].set);
}
END_TEST
START_TEST(what_is_left_for_cars)
{
    all(4000, 0, 0, 3000);
    step();
    ck_assert(!out.meters[DERIVED_POWER_REMAINING_EVSE].set);
    in.fuse_room_w = SOME_I32(9000);
    step();
    ck_assert_int_eq(meter(DERIVED_POWER_REMAINING_EVSE), 9000);
    ck_assert_int_eq(meter(DERIVED_POWER_AVAILABLE_EVSE), 12000);
    in.limit_w = SOME_I32(4200);
    values[LEFT].over_w = SOME_I32(250);
    step();
    ck_assert_int_eq(meter(DERIVED_POWER_REMAINING_EVSE), 200);
    ck_assert_int_eq(meter(DERIVED_POWER_AVAILABLE_EVSE), 3200);
    ck_assert_int_eq(meter(DERIVED_ERROR_EVSE), 250);
    values[GRID].power_w.set = false; /* the limit can't be compared with anything */
    step();
    ck_assert(!out.meters[DERIVED_POWER_REMAINING_EVSE].set);
}
END_TEST
START_TEST(the_mean_is_over_time)
{
    all(-1000, 1000, 0, 0);
    step();
    ck_assert_int_eq(meter(DERIVED_SURPLUS_AVG), 1000);
    for (int i = 0; i < 20; i++)
        later(1000);
    ck_assert_int_eq(meter(DERIVED_SURPLUS_AVG), 1000);
    set(GRID, -5000); /* many frames do not weigh more than few */
    for (int i = 0; i < 50; i++)
        later(100);
    ck_assert_int_ge(meter(DERIVED_SURPLUS_AVG), 2700);
    ck_assert_int_le(meter(DERIVED_SURPLUS_AVG), 3300);
    for (int i = 0; i < 20; i++)
        later(1000);
    ck_assert_int_eq(meter(DERIVED_SURPLUS_AVG), 5000);
    values[GRID].power_w.set = false;
    step();
    ck_assert(!out.meters[DERIVED_SURPLUS_AVG].set);
}
END_TEST

/* ---- who covers whom ---- */
START_TEST(links)
{
    static const struct {
        int32_t grid, pv, battery, load, sun_car, car; /* in */
        int from, to;
        int32_t w; /* expected */
    } rows[] = {
        {500, 0, 0, 0, 0, 0, FROM_GRID, TO_HOUSE, 500},
        {-3000, 5000, 0, 0, 0, 0, FROM_PV, TO_HOUSE, 2000},
        {-3000, 5000, 0, 0, 0, 0, FROM_PV, TO_GRID, 3000},
        {1000, 3000, 0, 0, 0, 3500, FROM_PV, TO_HOUSE, 500}, /* the house comes first ... */
        {1000, 3000, 0, 0, 0, 3500, FROM_GRID, TO_CHARGERS, 1000},
        {2000, 0, 1500, 0, 0, 0, FROM_GRID, TO_BATTERY, 1500},
        {0, 0, -1500, 0, 0, 0, FROM_BATTERY, TO_HOUSE, 1500},
        {-500, 0, -1500, 0, 0, 0, FROM_BATTERY, TO_GRID, 500},
        {0, 4000, 1000, 0, 2000, 0, FROM_PV, TO_BATTERY, 1000}, /* ... then cars, then it */
        {2000, 4000, 1000, 0, 4000, 0, FROM_PV, TO_BATTERY, 0},
        {2000, 4000, 1000, 0, 0, 4000, FROM_PV, TO_BATTERY, 1000}, /* then cars that want more */
        {0, 4000, 0, 1200, 0, 0, FROM_PV, TO_LOADS, 1200},
        {-600, 0, 0, 0, 0, 400, FROM_UNMEASURED, TO_GRID, 600}, /* a panel on the balcony */
        {-600, 0, 0, 0, 0, 400, FROM_UNMEASURED, TO_CHARGERS, 400},
        {1000, 0, 0, 0, 0, 1400, FROM_UNMEASURED, TO_CHARGERS, 400},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        all(rows[i].grid, rows[i].pv, rows[i].battery, rows[i].sun_car);
        set(PUMP, rows[i].load);
        set(RIGHT, rows[i].car);
        values[LEFT].follows_sun = true;
        step();
        ck_assert_msg(out.links.w[rows[i].from][rows[i].to] == rows[i].w, "row %zu: %d", i,
                      out.links.w[rows[i].from][rows[i].to]);
    }
}
END_TEST
START_TEST(a_car_that_follows_the_sun_gets_it_first)
{
    all(3000, 3000, 0, 2500);
    set(RIGHT, 3000);
    step();
    ck_assert_int_eq(items[LEFT].from_w[FROM_PV], (int)(2500 * (int64_t)2500 / 5500));
    values[LEFT].follows_sun = true;
    step();
    ck_assert_int_eq(items[LEFT].from_w[FROM_PV], 2500);
    ck_assert_int_eq(items[RIGHT].from_w[FROM_PV], 0);
    ck_assert_int_eq(items[RIGHT].from_w[FROM_GRID], 3000);
}
END_TEST
/* Every link once and completely, whatever comes in, in W and in Wh. */
START_TEST(nothing_is_lost)
{
    seed = 4711;
    for (int k = 0; k < 3000; k++) {
        for (int i = 0; i < ITEMS; i++)
            set(i, draw(0, 3) ? draw(-20000, 20000) : 0);
        for (int i = LEFT; i <= RIGHT; i++) {
            set(i, draw(0, 2) ? draw(0, 22000) : 0);
            values[i].follows_sun = draw(0, 1);
        }
        set(PUMP, draw(0, 9000));
        later(draw(1, 3000));
        ck_assert(out.balanced);
        int32_t battery = meter(DERIVED_STORAGE_HOME) + meter(DERIVED_STORAGE_ALL);
        int32_t grid = meter(DERIVED_GRID_DEMAND), house = meter(DERIVED_HOUSE);
        const struct flow_links *l = &out.links;
        for (int a = 0; a < FLOW_FROM; a++)
            for (int b = 0; b < FLOW_TO; b++)
                ck_assert_int_ge(l->w[a][b], 0);
        ck_assert_int_eq(from_sum(l, FROM_PV), max_i32(0, meter(DERIVED_PRODUCED_POWER)));
        ck_assert_int_eq(from_sum(l, FROM_BATTERY), max_i32(0, -battery));
        ck_assert_int_eq(from_sum(l, FROM_GRID), max_i32(0, grid));
        ck_assert_int_eq(from_sum(l, FROM_UNMEASURED), max_i32(0, -house));
        ck_assert_int_eq(to_sum(l, TO_HOUSE), max_i32(0, house));
        ck_assert_int_eq(to_sum(l, TO_LOADS), values[PUMP].power_w.v);
        ck_assert_int_eq(to_sum(l, TO_CHARGERS), meter(DERIVED_CONSUMED_EVSE));
        ck_assert_int_eq(to_sum(l, TO_BATTERY), max_i32(0, battery));
        ck_assert_int_eq(to_sum(l, TO_GRID), max_i32(0, -grid));
        ck_assert_int_eq(l->w[FROM_BATTERY][TO_BATTERY], 0);
        ck_assert_int_eq(l->w[FROM_GRID][TO_GRID], 0);
        for (int a = 0; a < FLOW_FROM; a++)
            ck_assert_int_eq(items[LEFT].from_w[a] + items[RIGHT].from_w[a], l->w[a][TO_CHARGERS]);
        for (int i = PUMP; i <= RIGHT; i++) {
            int64_t sum = 0;
            for (int a = 0; a < FLOW_FROM; a++) {
                ck_assert_int_ge(items[i].from_w[a], 0);
                sum += items[i].from_w[a];
            }
            ck_assert_int_eq(sum, values[i].power_w.v);
        }
    }
    for (int a = 0; a < FLOW_FROM; a++) /* cars' sessions are the cars' link, to the last W ms */
        ck_assert_int_eq(items[LEFT].session[a] + items[RIGHT].session[a],
                         state.ever.v[a][TO_CHARGERS]);
}
END_TEST

/* ---- energy ---- */
START_TEST(energy_is_power_over_known_time)
{
    all(1000, 0, 0, 0);
    step();
    for (int i = 0; i < 6; i++)
        later(10000);
    ck_assert_int_eq(state.ever.v[FROM_GRID][TO_HOUSE], 60000000);
    ck_assert_int_eq(items[GRID].plus, 60000000);
    now.mono.ms += 3600000; /* an hour of silence: the value counted for 10 s of it */
    now.wall.ms += 1;
    step();
    ck_assert_int_eq(items[GRID].plus, 70000000);
    ck_assert(items[GRID].gap);
    set(GRID, -500);
    step();
    later(4000);
    ck_assert_int_eq(items[GRID].minus, 2000000);
    ck_assert_int_eq(items[GRID].plus, 70000000);
}
END_TEST
START_TEST(counters_win)
{
    all(1000, 0, 0, 0);
    values[GRID].plus_wh = SOME_I64(5000);
    step();
    later(10000);
    ck_assert_int_eq(items[GRID].plus, 0); /* the reading at the beginning adds nothing */
    values[GRID].plus_wh.v = 5003;
    later(10000);
    ck_assert_int_eq(items[GRID].plus, 3 * FLOW_WH);
    values[GRID].plus_wh.v = 7; /* another device */
    later(10000);
    ck_assert_int_eq(items[GRID].plus, 3 * FLOW_WH);
    values[GRID].plus_wh.set = false; /* silent: not integrated, it comes back */
    later(10000);
    values[GRID].plus_wh = SOME_I64(9);
    later(10000);
    ck_assert_int_eq(items[GRID].plus, 5 * FLOW_WH);
}
END_TEST
/* Quarters of a local day: 100 in October, 92 in March, and the day begins at local midnight. */
START_TEST(quarters_and_days_over_summer_time)
{
    static const struct {
        int32_t year;
        uint8_t month, day;
        int quarters;
    } days[] = {{2026, 10, 25, 100}, {2026, 3, 29, 92}, {2026, 6, 1, 96}};
    for (size_t d = 0; d < COUNT_OF(days); d++) {
        setup();
        struct civil c = {.year = days[d].year, .month = days[d].month, .day = days[d].day};
        struct wall midnight = zone_utc(&berlin, c);
        now.wall.ms = midnight.ms - 450000;
        all(360, 0, 0, 0);
        step();
        int64_t first = state.day_start.ms;
        ck_assert_int_lt(first, midnight.ms);
        int closed = 0, guard = 0;
        int64_t day_wh = 0, last = 0;
        while (state.day_start.ms <= midnight.ms && guard++ < 20000) {
            day_wh = state.day.v[FROM_GRID][TO_HOUSE];
            later(7001);
            if (!out.closed)
                continue;
            ck_assert(!last || out.closed_start_ms == last + QUARTER_MS);
            last = out.closed_start_ms;
            ck_assert_int_eq(items[GRID].closed.plus_wh, last < midnight.ms ? 45 : 90);
            ck_assert_int_eq(items[GRID].closed.complete, last >= midnight.ms);
            struct civil at = zone_civil(&berlin, (struct wall){last});
            ck_assert_int_eq(at.minute % 15, 0);
            closed += last >= midnight.ms;
        }
        ck_assert_int_eq(closed, days[d].quarters);
        ck_assert_int_ge(day_wh, (int64_t)(days[d].quarters * 90 - 1) * FLOW_WH);
        ck_assert_int_le(day_wh, (int64_t)days[d].quarters * 90 * FLOW_WH);
        ck_assert_int_lt(state.day.v[FROM_GRID][TO_HOUSE], FLOW_WH);
    }
}
END_TEST
START_TEST(a_clock_that_jumps)
{
    now.wall.ms = 1944444 * (int64_t)QUARTER_MS + 1000;
    all(1000, 0, 0, 0);
    step();
    now.wall.ms -= 2 * QUARTER_MS; /* back: no quarter closes twice */
    for (int i = 0; i < 200; i++) {
        later(10000);
        ck_assert(!out.closed || out.closed_start_ms == 1944444 * (int64_t)QUARTER_MS);
    }
    now.wall.ms += 10 * (int64_t)QUARTER_MS; /* ahead: what was open closes, as incomplete */
    later(1000);
    ck_assert(out.closed);
    ck_assert(!items[GRID].closed.complete);
    now.wall.ms -= 100 * (int64_t)QUARTER_MS; /* far back: the clock was wrong */
    later(1000);
    ck_assert(!out.closed);
    ck_assert_int_eq(state.quarter, now.wall.ms / QUARTER_MS);
}
END_TEST
START_TEST(the_next_step_is_due)
{
    now.wall.ms = 1944444 * (int64_t)QUARTER_MS + QUARTER_MS - 500;
    all(1000, 0, 0, 0);
    step();
    ck_assert_int_eq(out.next.ms, now.mono.ms + 500);
    later(600);
    values[ROOF].until.ms = now.mono.ms + 50;
    step();
    ck_assert_int_eq(out.next.ms, now.mono.ms + 51); /* then it is too old */
}
END_TEST

/* ---- metering points ---- */
START_TEST(shares)
{
    /* two points of one roof, and what they get */
    static const struct {
        uint8_t priority[2];
        int32_t share[2];
        int64_t consumed[2], produced, covered[2];
    } rows[] = {
        {{1, 1}, {1000, 1000}, {100, 100}, 0, {0, 0}},
        {{1, 1}, {1000, 1000}, {100, 100}, 120, {60, 60}},
        {{1, 1}, {1000, 1000}, {30, 100}, 120, {30, 90}}, /* what one leaves the other takes */
        {{1, 1}, {1000, 1000}, {100, 100}, 500, {100, 100}},
        {{1, 2}, {1000, 1000}, {100, 100}, 120, {100, 20}}, /* priority */
        {{2, 1}, {1000, 1000}, {100, 100}, 120, {20, 100}},
        {{1, 1}, {600, 400}, {100, 100}, 100, {60, 40}},
        {{1, 1}, {600, 400}, {100, 10}, 100, {60, 10}}, /* no more than one's share */
        {{1, 2}, {500, 1000}, {100, 100}, 100, {50, 50}},
        {{1, 1}, {1000, 1000}, {100, 100}, 1, {1, 0}}, /* one Wh can't be halved */
        {{1, 1}, {750, 250}, {1000, 1000}, 1001, {750, 250}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct metering_point p[2];
        bool takes[2] = {true, true};
        for (int k = 0; k < 2; k++)
            p[k] = (struct metering_point){.priority = rows[i].priority[k],
                                           .share_pm = rows[i].share[k],
                                           .consumed_wh = rows[i].consumed[k]};
        int64_t left = metering_share(p, 2, &rows[i].produced, 1, takes);
        for (int k = 0; k < 2; k++)
            ck_assert_msg(p[k].covered_wh == rows[i].covered[k], "row %zu point %d: %d", i, k,
                          (int)p[k].covered_wh);
        ck_assert_int_eq(left + p[0].covered_wh + p[1].covered_wh, rows[i].produced);
    }
}
END_TEST
START_TEST(shares_of_any_house)
{
    enum { POINTS = 9, ROOFS = 3 };
    seed = 99;
    for (int k = 0; k < 3000; k++) {
        struct metering_point p[POINTS] = {0};
        int64_t produced[ROOFS], all_of[ROOFS] = {0}, sum = 0;
        bool takes[ROOFS * POINTS];
        for (int i = 0; i < POINTS; i++)
            p[i] = (struct metering_point){.priority = (uint8_t)draw(1, 3),
                                           .share_pm = draw(1, 1000),
                                           .consumed_wh = draw(0, 2) ? draw(0, 5000) : 0};
        for (int r = 0; r < ROOFS; r++)
            produced[r] = draw(0, 3) ? draw(0, 9000) : 0;
        for (int i = 0; i < ROOFS * POINTS; i++)
            takes[i] = draw(0, 2);
        int64_t left = metering_share(p, POINTS, produced, ROOFS, takes);
        for (int r = 0; r < ROOFS; r++)
            all_of[0] += produced[r];
        for (int i = 0; i < POINTS; i++) {
            int64_t most = 0;
            for (int r = 0; r < ROOFS; r++)
                most += takes[r * POINTS + i] ? produced[r] * p[i].share_pm / 1000 : 0;
            ck_assert_int_ge(p[i].covered_wh, 0);
            ck_assert_int_le(p[i].covered_wh, p[i].consumed_wh);
            ck_assert_int_le(p[i].covered_wh, most);
            sum += p[i].covered_wh;
        }
        ck_assert_int_eq(sum + left, all_of[0]);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("flows");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, derived_meters);
    tcase_add_test(t, what_needs_a_missing_value_is_missing);
    tcase_add_test(t, without_a_grid_meter);
    tcase_add_test(t, what_is_left_for_cars);
    tcase_add_test(t, the_mean_is_over_time);
    tcase_add_test(t, links);
    tcase_add_test(t, a_car_that_follows_the_sun_gets_it_first);
    tcase_add_test(t, nothing_is_lost);
    tcase_add_test(t, energy_is_power_over_known_time);
    tcase_add_test(t, counters_win);
    tcase_add_test(t, quarters_and_days_over_summer_time);
    tcase_add_test(t, a_clock_that_jumps);
    tcase_add_test(t, the_next_step_is_due);
    tcase_add_test(t, shares);
    tcase_add_test(t, shares_of_any_house);
    return run_case(t, "flows");
}
