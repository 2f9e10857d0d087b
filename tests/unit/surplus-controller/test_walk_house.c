/* SPDX-License-Identifier: Apache-2.0
 * A walk through the inputs of control_step: a house with three circuits, three cars and three
 * loads that do as they are told, and everything that people, cars, meters and the operator may do.
 */
#include "tests/unit/run.h"
#include "tests/unit/surplus-controller/load_house.h"
#include "tests/unit/surplus-controller/walk.h"

enum { CARS = 3, LOADS = 3, GARAGE = 1, CORNER = 2 };
static struct load_house l;
static struct control_circuit_in limits[CIRCUITS_MAX];
static int32_t sun_w, stove_ma, shows, volts, interval_ms, late_ms;

#define X WALK_UNSET
#define CAR(k)                                                                                     \
    {"c" #k ".mode", WALK_ENUM, &l.h.in[k].mode,                                                   \
     WALK_VALUES(CHARGE_MODE_POWER, CHARGE_MODE_POWER, CHARGE_MODE_SOLAR_PURE,                     \
                 CHARGE_MODE_SOLAR_PURE, CHARGE_MODE_SOLAR_PLUS, CHARGE_MODE_LOCK)},               \
        {"c" #k ".paused", WALK_BOOL, &l.h.in[k].paused, WALK_VALUES(0, 0, 1)},                    \
        {"c" #k ".max", WALK_OPT, &l.h.in[k].max_ma, WALK_VALUES(X, X, 5999, 6000, 9000)},         \
        {"c" #k ".min", WALK_OPT, &l.h.in[k].min_ma, WALK_VALUES(X, X, 6000, 8000)},               \
        {"c" #k ".priority", WALK_OPT, &l.h.in[k].priority, WALK_VALUES(X, 1, 3)},                 \
        {"c" #k ".contacts", WALK_ENUM, &l.h.in[k].contacts,                                       \
         WALK_VALUES(CONTACTS_AUTO, CONTACTS_ONE, CONTACTS_THREE)},                                \
        {"c" #k ".start_power", WALK_OPT, &l.h.in[k].start_power_w, WALK_VALUES(X, 1500, 5000)},   \
        {"c" #k ".start_pm", WALK_I32, &l.h.in[k].start_pm, WALK_VALUES(0, 400)},                  \
        {"c" #k ".share", WALK_I32, &l.h.in[k].solar_share_pm, WALK_VALUES(1000, 500)},            \
        {"c" #k ".use_battery", WALK_BOOL, &l.h.in[k].use_battery, WALK_VALUES(0, 1)},             \
        {"c" #k ".cap", WALK_OPT, &l.h.in[k].cap.current_ma, WALK_VALUES(X, X, 0, 7000)},          \
        {"c" #k ".known", WALK_BOOL, &l.h.in[k].known, WALK_VALUES(1, 1, 1, 0)},                   \
        {"c" #k ".online", WALK_BOOL, &l.h.in[k].online, WALK_VALUES(1, 1, 0)},                    \
        {"c" #k ".switching", WALK_ENUM, &l.h.in[k].switching,                                     \
         WALK_VALUES(SWITCHING_ALLOWED, SWITCHING_IDLE_ONLY, SWITCHING_NEVER)},                    \
        {"c" #k ".plugged", WALK_BOOL, &l.h.cars[k].plugged, WALK_VALUES(1, 1, 0)},                \
        {"c" #k ".uses", WALK_U8, &l.h.cars[k].phases, WALK_VALUES(7, 7, 1, 3)},                   \
        {"c" #k ".takes", WALK_I32, &l.h.cars[k].max_ma, WALK_VALUES(32000, 16000, 6500, 0)},      \
        {"c" #k ".mute", WALK_BOOL, &l.h.cars[k].mute, WALK_VALUES(0, 0, 1)},                      \
        {"c" #k ".obeys", WALK_BOOL, &l.h.cars[k].obeys, WALK_VALUES(1, 1, 0)},                    \
        {"c" #k ".under", WALK_I32, &l.h.cars[k].under_ma, WALK_VALUES(0, 0, 1500)},               \
        {"c" #k ".switches", WALK_BOOL, &l.h.cars[k].switches, WALK_VALUES(0, 1, 1)},              \
        {"c" #k ".lag", WALK_I32, &l.h.cars[k].lag_s, WALK_VALUES(1, 3, 10)},                      \
        {"c" #k ".every", WALK_I32, &l.h.cars[k].interval_s, WALK_VALUES(1, 5, 10)},               \
        {"c" #k ".fault", WALK_ENUM, &l.h.cars[k].fault,                                           \
         WALK_VALUES(EVSE_STATE_UNSET, EVSE_STATE_UNSET, EVSE_STATE_E, EVSE_STATE_F)},             \
    {                                                                                              \
        "c" #k ".told", WALK_OPT, &l.h.told_ma[k], WALK_VALUES(X, X, X, 10000)                     \
    }
#define LOAD(k)                                                                                    \
    {"l" #k ".mode", WALK_ENUM, &l.in[k].mode,                                                     \
     WALK_VALUES(LOAD_MODE_SOLAR, LOAD_MODE_SOLAR, LOAD_MODE_ON, LOAD_MODE_OFF)},                  \
        {"l" #k ".max_power", WALK_OPT, &l.in[k].max_power_w, WALK_VALUES(X, X, 0, 1000)},         \
        {"l" #k ".free", WALK_BOOL, &l.in[k].free, WALK_VALUES(0, 0, 0, 1)},                       \
        {"l" #k ".metered", WALK_BOOL, &l.device[k].metered, WALK_VALUES(0, 1)},                   \
        {"l" #k ".reports", WALK_BOOL, &l.device[k].reports, WALK_VALUES(0, 1)},                   \
        {"l" #k ".deaf", WALK_BOOL, &l.device[k].deaf, WALK_VALUES(0, 0, 1)},                      \
        {"l" #k ".own", WALK_I32, &l.device[k].own_w, WALK_VALUES(0, 0, 1200)},                    \
    {                                                                                              \
        "l" #k ".online", WALK_BOOL, &l.h.in[CARS + k].online, WALK_VALUES(1, 1, 1, 0)             \
    }
#define SITE                                                                                       \
    {"sun", WALK_I32, &sun_w, WALK_VALUES(0, 1500, 3000, 4500, 7000, 12000)},                      \
        {"sun", WALK_I32, &sun_w, WALK_VALUES(0, 1500, 3000, 4500, 7000, 12000)},                  \
        {"sun", WALK_I32, &sun_w, WALK_VALUES(2000, 3500, 5000, 9000)},                            \
        {"stove", WALK_I32, &stove_ma, WALK_VALUES(0, 0, 10000, 25000, 34000)},                    \
        {"meter shows", WALK_I32, &shows, WALK_VALUES(0, 0, 1, 2, 3, 4, 5)},                       \
        {"volts", WALK_I32, &volts, WALK_VALUES(0, 0, 99, 120, 240, 310)},                         \
        {"late", WALK_I32, &late_ms, WALK_VALUES(0, 0, 500, 1500, 2000)},                          \
        {"interval", WALK_I32, &interval_ms, WALK_VALUES(1000, 100, 333, 334, 5000)},              \
        {"agreed", WALK_BOOL, &l.h.snap.config_agreed, WALK_VALUES(1, 1, 1, 0)},                   \
        {"consume", WALK_OPT, &l.h.snap.consume_w, WALK_VALUES(X, X, 0, 4200, 9000)},              \
        {"reserved", WALK_I32, &l.h.snap.reserved_w, WALK_VALUES(0, 0, 2000)},                     \
        {"curtailed", WALK_I32, &l.h.snap.curtailed_w, WALK_VALUES(0, 0, 3000)},                   \
        {"battery", WALK_I32, &l.h.battery_w, WALK_VALUES(0, 2000, -2000)},                        \
        {"battery_can", WALK_OPT, &l.h.snap.battery_can_w, WALK_VALUES(X, 0, 2000, 5000)},         \
        {"battery_mute", WALK_BOOL, &l.h.battery_mute, WALK_VALUES(0, 0, 1)},                      \
        {"battery_shown", WALK_OPT, &l.h.battery_shown_w, WALK_VALUES(X, X, 1000)},                \
        {"meter_dead", WALK_BOOL, &l.h.meter_dead, WALK_VALUES(0, 0, 0, 1)},                       \
        {"meter_stuck", WALK_BOOL, &l.h.meter_stuck, WALK_VALUES(0, 0, 0, 1)},                     \
        {"group", WALK_BOOL, &l.h.snap.group.member, WALK_VALUES(0, 1)},                           \
        {"group.lost", WALK_BOOL, &l.h.snap.group.lost, WALK_VALUES(0, 0, 1)},                     \
        {"group.max", WALK_OPT, &l.h.snap.group.max_ma, WALK_VALUES(X, 5000, 20000, 40000)},       \
        {"main.limit", WALK_PHASES, &limits[0].current_ma, WALK_VALUES(X, X, 15000)},              \
        {"garage.limit", WALK_PHASES, &limits[GARAGE].current_ma, WALK_VALUES(X, X, 5000, 14000)}, \
    {                                                                                              \
        "garage.power", WALK_OPT, &limits[GARAGE].power_w, WALK_VALUES(X, X, 0, 6000)              \
    }
#define SUN                                                                                        \
    {"sun", WALK_I32, &sun_w, WALK_VALUES(0, 1500, 3000, 4500, 7000, 12000)},                      \
        {"stove", WALK_I32, &stove_ma, WALK_VALUES(0, 0, 34000, 38000)},                           \
    {                                                                                              \
        "consume", WALK_OPT, &l.h.snap.consume_w, WALK_VALUES(X, X, 0, 1900, 4200)                 \
    }
static const struct walk_field of_all[] = {SITE, CAR(0), CAR(1), CAR(2), LOAD(0), LOAD(1), LOAD(2)};
static const struct walk_field of_loads[] = {SUN, SUN, SITE, LOAD(0), LOAD(1), LOAD(2)};
static const struct walk_field of_a_car[] = {SUN, SUN, CAR(0)};
/* Meters that show less, or another thing: 1 power only, 2 powers of the phases, 3 the sum and the
 * phases, 4 a phase is missing, 5 what no fuse lets through. */
static void shown(struct control_reading *r)
{
    struct phases_i32 ma = r->current_ma;
    int32_t w = 0;
    r->rule.interval_ms = interval_ms;
    r->at.ms -= late_ms;
    for (int p = 0; p < PHASES && volts; p++)
        phase_put(&r->voltage_mv, p, volts * 1000);
    if (volts == 99)
        r->voltage_mv.set = 0;
    for (int p = 0; p < PHASES; p++)
        w += (int32_t)((int64_t)ma.v[p] * 230 / 1000);
    r->power_w = (struct opt_i32){w, shows != 2 && shows != 4};
    r->power_phase_w.set = 0;
    for (int p = 0; p < PHASES && (shows == 2 || shows == 3); p++)
        phase_put(&r->power_phase_w, p, (int32_t)((int64_t)ma.v[p] * 230 / 1000));
    if (shows == 1 || shows == 2)
        r->current_ma.set = 0;
    if (shows == 4)
        r->current_ma.set = 3;
    if (shows == 5)
        r->current_ma.v[2] = 900000;
}
static void site(uint32_t seed)
{
    static const enum charge_mode modes[] = {CHARGE_MODE_POWER, CHARGE_MODE_SOLAR_PURE,
                                             CHARGE_MODE_SOLAR_PLUS};
    struct house *h = &l.h;
    loads_init(&l, CARS, modes[seed % 3], 40000);
    h->circuits[GARAGE] = (struct control_circuit_conf){0, ALL_PHASES, seed % 2, 25000, 1000, {0}};
    if (seed % 5 == 0)
        h->circuits[GARAGE].max_power_w = SOME_I32(9000);
    h->circuits[CORNER] = (struct control_circuit_conf){GARAGE, ALL_PHASES, false, 20000, 0, {0}};
    if (seed % 6 == 4)
        h->circuits[CORNER].phases = 1;
    h->c.circuits_n = 3;
    h->snap.limits = limits;
    memset(limits, 0, sizeof limits);
    for (int i = 0; i < CARS; i++) {
        h->chargers[i].circuit = (int16_t)i;
        h->chargers[i].priority = (uint8_t)(1 + i % 2);
        h->chargers[i].can_switch = i != 1;
        h->chargers[i].one_phase = 1;
        h->chargers[i].switch_pause_ms = 30000;
        h->cars[i].closed = 3;
        h->cars[i].switches = i != 1;
        h->in[i].solar_share_pm = 1000;
        h->in[i].start_pm = 400;
        h->in[i].cap.why = CONTROL_RULE;
    }
    h->cars[2].phases = seed % 4 == 1 ? 1 : 7;
    h->c.has_battery = seed % 3 != 0;
    h->c.balance = (enum control_balance)(seed % 4 == 3 ? BALANCE_ALL : seed % 4);
    h->c.imbalance_va = 4600;
    if (seed % 4 == 2)
        h->c.dead_band_w = 400;
    loads_add(&l, seed % 2 ? CONTROL_LOAD_SG_READY : CONTROL_LOAD_SWITCHED, 2000, LOAD_MODE_SOLAR);
    loads_add(&l, CONTROL_LOAD_POWER, 3000, LOAD_MODE_SOLAR);
    loads_add(&l, seed % 3 ? CONTROL_LOAD_GENERATOR : CONTROL_LOAD_SG_READY, 1500, LOAD_MODE_SOLAR);
    l.device[0].metered = true;
    l.conf[0].min_run_ms = 120000;
    l.conf[2].min_rest_ms = 60000;
    sun_w = 5000;
    stove_ma = shows = volts = 0;
    interval_ms = 1000;
    late_ms = seed % 4 ? 0 : 1000;
    if (seed % 11 == 5) {
        h->c.has_grid_meter = h->circuits[0].metered = false;
        h->circuits[GARAGE].metered = true;
    }
    for (int k = 0; k < LOADS && seed % 2; k++) {
        l.conf[k].block_max_ms = 240000;
        l.conf[k].block_pause_ms = 180000;
        l.conf[k].on_delay_ms = 5000;
        l.conf[k].off_delay_ms = 20000;
        l.conf[k].react_ms = 60000;
    }
    if (seed % 7 == 0)
        h->c.mean_ms = 0;
    if (seed % 6 == 1)
        h->c.reduced_ms = h->c.follow_ms = 0;
    h->c.grid_target_w = seed % 5 ? 0 : -200;
    h->meter_shows = shown;
    loads_start(&l);
}
static void answer_of(struct walk *w, int i)
{
    const struct control_decision *d = &l.h.decisions[i];
    struct reason why;
    char text[400] = "";
    struct buf b = buf_of(text, sizeof text);
    control_reason_text(&d->reason, "", &why);
    buf_addf(&b, "%s%c%d %d mA, alone %d mA, %s@%d", d->send ? "" : "unsent ", i < CARS ? 'c' : 'l',
             i < CARS ? i : i - CARS, d->current_ma, d->fallback_ma, why.code, d->reason.circuit);
    buf_addf(&b, " L%d%s", d->load, d->load_detected ? " seen" : "");
    if (d->contacts || d->switched_to)
        buf_addf(&b, ", close %d, has %d", d->contacts, d->switched_to);
    buf_addf(&b, "%s%s", d->overdraws ? ", overdraws" : "", d->ignores ? ", ignores" : "");
    if (i >= CARS) {
        const struct control_load_decision *o = &l.out[i - CARS];
        buf_addf(&b, ", %s %d W, alone %d W, sg %d, fault %d",
                 !o->on.set ? "as it likes"
                 : o->on.v  ? "on"
                            : "off",
                 o->power_w, o->fallback_w, o->sg, o->fault);
    }
    walk_line(w, i, "%s", text);
}
/* What every taker was given over the seconds of a step, and how often its reason changed: a second
 * or a milliampere elsewhere shows. */
static struct {
    int64_t mas;
    int reasons;
    enum control_code code;
} given[CARS + LOADS];
static void add_up(void)
{
    for (int i = 0; i < CARS + LOADS; i++) {
        const struct control_decision *d = &l.h.decisions[i];
        given[i].mas += d->current_ma;
        given[i].reasons += d->reason.code != given[i].code;
        given[i].code = d->reason.code;
    }
}
static void given_line(struct walk *w)
{
    char text[300] = "";
    struct buf b = buf_of(text, sizeof text);
    for (int i = 0; i < CARS + LOADS; i++) {
        buf_addf(&b, " %lld", (long long)given[i].mas);
        if (given[i].reasons)
            buf_addf(&b, " (%d)", given[i].reasons);
        given[i].mas = given[i].reasons = 0;
    }
    walk_line(w, CARS + LOADS + 1, "mAs%s", text);
}
static void answer(struct walk *w)
{
    static const char *const meters[] = {"good", "suspect", "missing", "frozen", "none"};
    const struct house *h = &l.h;
    char text[600] = "";
    struct buf b = buf_of(text, sizeof text);
    for (int i = 0; i < CARS + LOADS; i++) {
        const int32_t *p = h->decisions[i].reason.p;
        answer_of(w, i);
        buf_addf(&b, " (%d %d %d)", p[0], p[1], p[2]);
        if (h->decisions[i].next_mono_ms.set)
            buf_addf(&b, "+%" PRId64, h->decisions[i].next_mono_ms.v - h->now.mono.ms);
    }
    walk_line(w, CARS + LOADS, "meter %s%s%s", meters[h->out.meter],
              h->out.implausible ? ", implausible" : "",
              h->out.battery.block_discharge ? ", battery kept" : "");
    given_line(w);
    for (int i = 0; i < h->c.circuits_n; i++) {
        const int32_t *room = h->out.circuits[i].available_ma.v;
        buf_addf(&b, ", room %d %d %d", room[0], room[1], room[2]);
    }
    walk_numbers(w, "surplus %d, cars %d, loads %d, tilt %d, may carry %d, next +%" PRId64 "%s",
                 h->out.surplus_w.set ? h->out.surplus_w.v : -1, h->out.charger_w, h->out.load_w,
                 h->out.imbalance_va, h->out.battery.may_carry_w, h->out.next.ms - h->now.mono.ms,
                 text);
}
/* What flows through the second circuit, as its meter shows it. */
static void sub_meter(void)
{
    struct control_reading *r = &l.h.circuit_in[GARAGE];
    *r = (struct control_reading){.at = {l.h.now.mono.ms + 1000}, .rule = {1000, 10000}};
    r->known = true;
    for (int p = 0; p < PHASES; p++) {
        int32_t ma = stove_ma / 10;
        for (int i = 1; i < CARS; i++)
            ma += l.h.cars[i].phases >> p & 1 ? l.h.cars[i].ma : 0;
        phase_put(&r->current_ma, p, ma);
        phase_put(&r->voltage_mv, p, 230000);
    }
    shown(r);
}
/* Faults do not last, or nothing but faults would be seen. */
static void mend(struct walk *w, int cars)
{
    struct house *h = &l.h;
    walk_note(w, "all is well");
    for (int i = 0; i < CARS; i++) {
        h->cars[i].plugged = i < cars;
        h->cars[i].fault = EVSE_STATE_UNSET;
        h->cars[i].obeys = true;
        h->cars[i].mute = false;
        h->in[i].paused = false;
    }
    for (int k = 0; k < LOADS; k++)
        l.in[k].free = l.device[k].deaf = false;
    for (int i = 0; i < CARS + LOADS; i++)
        h->in[i].known = h->in[i].online = true;
    h->snap.config_agreed = true;
    h->meter_dead = h->meter_stuck = h->battery_mute = false;
}
static void pass(struct walk *w, uint32_t seed, int steps, const char *title,
                 const struct walk_field *fields, int n)
{
    static const int32_t pauses[] = {1, 1, 2, 5, 10, 30, 59, 61, 120, 299, 310, 601};
    walk_title(w, seed, title);
    site(seed);
    memset(given, 0, sizeof given);
    for (int i = fields == of_a_car ? 1 : 0; i < CARS && fields != of_all; i++)
        l.h.cars[i].plugged = false;
    for (int k = 0; k < LOADS && fields == of_a_car; k++)
        l.in[k].mode = LOAD_MODE_OFF;
    for (int k = 0; k < steps; k++) {
        int32_t s = walk_pick(w, pauses, COUNT_OF(pauses));
        if (k && walk_dice(w, 0, 2) == 0)
            mend(w, fields == of_all ? CARS : fields == of_a_car);
        for (int c = walk_dice(w, 1, 2); c && k; c--)
            walk_change(w, fields, n);
        walk_note(w, "+%d s", s);
        for (; s; s--) {
            loads_house_w(&l, -sun_w);
            l.others_ma[0] += stove_ma;
            sub_meter();
            loads_second(&l);
            add_up();
        }
        answer(w);
    }
}
#define WALKS(name, walks, steps, title, fields)                                                   \
    START_TEST(name##_answers)                                                                     \
    {                                                                                              \
        struct walk w;                                                                             \
        walk_begin(&w);                                                                            \
        for (uint32_t seed = 1; seed <= (walks); seed++)                                           \
            pass(&w, seed, steps, title, fields, COUNT_OF(fields));                                \
        walk_end(&w, #name);                                                                       \
    }                                                                                              \
    END_TEST
WALKS(house, 26, 12, "three cars, three loads", of_all)
WALKS(loads, 18, 14, "three loads", of_loads)
WALKS(car, 18, 14, "one car", of_a_car)

int main(void)
{
    TCase *t = tcase_create("walk_house");
    tcase_set_timeout(t, 120); /* a busy machine, with sanitizers */
    tcase_add_test(t, house_answers);
    tcase_add_test(t, loads_answers);
    tcase_add_test(t, car_answers);
    return run_case(t, "walk_house");
}
