/* SPDX-License-Identifier: Apache-2.0
 * Why a wallbox or a load gets nothing, in the order of the reasons; and the first ten seconds. */
#include "tests/unit/run.h"
#include "tests/unit/surplus-controller/load_house.h"

static struct load_house l;

/* One step of a house that began ms ago; nothing moves in it. */
static const struct control_decision *step_after(int64_t ms, int i)
{
    struct house *h = &l.h;
    loads_start(&l);
    h->now.mono.ms += ms;
    h->snap.grid = (struct control_reading){
        .at = h->now.mono, .rule = {1000, 10000}, .power_w = SOME_I32(500), .known = true};
    for (int p = 0; p < PHASES; p++)
        phase_put(&h->snap.grid.current_ma, p, 725);
    control_step(&h->s, &h->snap, &h->c, h->now, &h->out);
    return &h->decisions[i];
}
/* Each row has one thing more that is in the way; the first of them is told. */
static const struct {
    enum control_code code;
    bool unknown, offline, locked, paused, low, capped;
    enum evse_state state;
    int32_t p[2];
} rows[] = {
    {CONTROL_FULL_POWER, 0, 0, 0, 0, 0, 0, EVSE_STATE_B, {16000, 0}},
    {CONTROL_RULE, 0, 0, 0, 0, 0, 1, EVSE_STATE_B, {11, 22}},
    {CONTROL_MAX_ZERO, 0, 0, 0, 0, 1, 1, EVSE_STATE_B, {5999, 6000}},
    {CONTROL_PAUSED, 0, 0, 0, 1, 1, 1, EVSE_STATE_B, {0, 0}},
    {CONTROL_NO_CAR, 0, 0, 0, 1, 1, 1, EVSE_STATE_A, {0, 0}},
    {CONTROL_LOCKED, 0, 0, 1, 1, 1, 1, EVSE_STATE_A, {0, 0}},
    {CONTROL_FAULT, 0, 0, 1, 1, 1, 1, EVSE_STATE_E, {0, 0}},
    {CONTROL_FAULT, 0, 0, 1, 1, 1, 1, EVSE_STATE_F, {0, 0}},
    {CONTROL_OFFLINE, 0, 1, 1, 1, 1, 1, EVSE_STATE_F, {0, 0}},
    {CONTROL_STARTING, 1, 1, 1, 1, 1, 1, EVSE_STATE_F, {0, 0}},
};
START_TEST(why_a_car_gets_nothing)
{
    loads_init(&l, 1, rows[_i].locked ? CHARGE_MODE_LOCK : CHARGE_MODE_POWER, 40000);
    struct control_charger_in *in = &l.h.in[0];
    in->known = !rows[_i].unknown;
    in->online = !rows[_i].offline;
    in->paused = rows[_i].paused;
    in->state = rows[_i].state;
    in->max_ma = (struct opt_i32){5999, rows[_i].low};
    in->cap = (struct control_cap){{5000, rows[_i].capped}, CONTROL_RULE, {11, 22, 33}};
    const struct control_decision *d = step_after(1000, 0);
    ck_assert_int_eq(d->reason.code, rows[_i].code);
    ck_assert_int_eq(d->reason.p[0], rows[_i].p[0]);
    ck_assert_int_eq(d->reason.p[1], rows[_i].p[1]);
    ck_assert_int_eq(d->current_ma, rows[_i].code == CONTROL_FULL_POWER ? 16000 : 0);
}
END_TEST
/* A cap of exactly the minimum is enough; one of the wish is none. */
START_TEST(caps_at_their_limits)
{
    static const struct {
        int32_t cap, max, told;
        enum control_code code;
    } caps[] = {{5999, 16000, 0, CONTROL_RULE},
                {6000, 16000, 6000, CONTROL_RULE},
                {15999, 16000, 15999, CONTROL_RULE},
                {16000, 16000, 16000, CONTROL_FULL_POWER},
                {16000, 15999, 15999, CONTROL_OVERRIDE_MAX},
                {0, 6000, 0, CONTROL_RULE},
                {9000, 6000, 6000, CONTROL_OVERRIDE_MAX}};
    for (size_t i = 0; i < COUNT_OF(caps); i++) {
        loads_init(&l, 1, CHARGE_MODE_POWER, 40000);
        l.h.in[0].state = EVSE_STATE_B;
        l.h.in[0].max_ma = SOME_I32(caps[i].max);
        l.h.in[0].cap = (struct control_cap){SOME_I32(caps[i].cap), CONTROL_RULE, {1, 2, 3}};
        const struct control_decision *d = step_after(1000, 0);
        ck_assert_msg(d->current_ma == caps[i].told, "row %zu: %d", i, d->current_ma);
        ck_assert_int_eq(d->reason.code, caps[i].code);
    }
}
END_TEST
/* A box or a device of which nothing ever came: it may still come for ten seconds. */
START_TEST(the_first_ten_seconds)
{
    for (int ms = 9999; ms <= 10000; ms++) {
        loads_init(&l, 1, CHARGE_MODE_POWER, 40000);
        loads_add(&l, CONTROL_LOAD_SWITCHED, 2000, LOAD_MODE_ON);
        l.h.in[0].known = l.h.in[1].known = false;
        const struct control_decision *d = step_after(ms, 0);
        ck_assert_int_eq(d->reason.code, ms < 10000 ? CONTROL_STARTING : CONTROL_OFFLINE);
        ck_assert_int_eq(d[1].reason.code, ms < 10000 ? CONTROL_STARTING : CONTROL_LOAD_OFFLINE);
        ck_assert(!d[0].send && !d[1].send);
    }
}
END_TEST
START_TEST(sun_without_a_grid_meter)
{
    static const struct {
        enum charge_mode mode;
        int32_t share_pm;
        enum control_code code;
    } modes[] = {{CHARGE_MODE_SOLAR_PURE, 1000, CONTROL_NO_METER},
                 {CHARGE_MODE_SOLAR_PURE, 0, CONTROL_NO_METER},
                 {CHARGE_MODE_SOLAR_PLUS, 1, CONTROL_NO_METER},
                 {CHARGE_MODE_POWER, 1000, CONTROL_FULL_POWER}};
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        loads_init(&l, 1, modes[i].mode, 40000);
        loads_add(&l, CONTROL_LOAD_SWITCHED, 2000, LOAD_MODE_SOLAR);
        l.h.c.has_grid_meter = l.h.circuits[0].metered = false;
        l.h.in[0].state = EVSE_STATE_B;
        l.h.in[0].solar_share_pm = modes[i].share_pm;
        load_as_charger(&l.in[0], 1, &l.h.in[1]);
        const struct control_decision *d = step_after(1000, 0);
        ck_assert_int_eq(d->reason.code, modes[i].code);
        ck_assert_int_eq(d[1].reason.code, CONTROL_LOAD_NO_METER);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("wish");
    tcase_add_loop_test(t, why_a_car_gets_nothing, 0, COUNT_OF(rows));
    tcase_add_test(t, caps_at_their_limits);
    tcase_add_test(t, the_first_ten_seconds);
    tcase_add_test(t, sun_without_a_grid_meter);
    return run_case(t, "wish");
}
