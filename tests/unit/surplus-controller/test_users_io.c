/* SPDX-License-Identifier: Apache-2.0
 * Users on the bus: cards and requests in, caps, lists, states and files out. One charger "garage",
 * mode power; users anna (a budget of 10 kWh a day) and ben (nowhere else but at another). */
#include "tests/unit/surplus-controller/fake_bus.h"
#include <check.h>
#include <sys/stat.h>
#include "tests/unit/run.h"

static struct svc svc;
static struct site site;
static struct site_circuits circuits[1];
static struct site_meters meters[1];
static struct site_chargers chargers[2];
static struct site_users users[2];
static struct site_budgets budgets[2];
static struct site_rules rules[2];
static struct brain *b;
static char dir[64];
static struct charger_state box;
static int request_no;

static void add_card(int user, const char *tag, struct card_conf c)
{
    struct user_conf *u = &users[user].conf;
    u->cards[u->cards_n] = c;
    if (!c.action)
        u->cards[u->cards_n].action = CARD_ACTION_CHARGE;
    str_copyz(u->cards[u->cards_n++].tag, CARD_TAG_CAP, tag);
}
static void make_users(void)
{
    memset(users, 0, sizeof users);
    memset(budgets, 0, sizeof budgets);
    str_copyz(users[0].id, ID_CAP, "anna");
    str_copyz(users[1].id, ID_CAP, "ben");
    add_card(0, "04:A2", (struct card_conf){0});
    add_card(0, "toggle", (struct card_conf){.action = CARD_ACTION_TOGGLE});
    add_card(0, "slow",
             (struct card_conf){.mode = CHARGE_MODE_POWER, .max_current_ma = SOME_I32(8000)});
    struct card_conf more = {.action = CARD_ACTION_TOP_UP, .energy_wh = SOME_I64(2000)};
    str_copyz(more.budget, ID_CAP, "daily");
    add_card(0, "more", more);
    add_card(1, "ben", (struct card_conf){0});
    str_copyz(users[1].conf.chargers[users[1].conf.chargers_n++], ID_CAP, "carport");
    str_copyz(budgets[0].id, ID_CAP, "daily");
    budgets[0].conf = (struct budget_conf){.energy_wh = SOME_I64(10000),
                                           .period = BUDGET_PERIOD_DAY,
                                           .reset_day = 1,
                                           .reset_month = 1};
    str_copyz(budgets[0].conf.user, ID_CAP, "anna");
    str_copyz(budgets[0].conf.reset_time, 6, "00:00");
    site.users = users;
    site.budgets = budgets;
    site.users_n = 2;
    site.budgets_n = 1;
}
static void make_site(void)
{
    memset(&site, 0, sizeof site);
    memset(chargers, 0, sizeof chargers);
    str_copyz(site.general.site, ID_CAP, "home");
    str_copyz(site.general.timezone, sizeof site.general.timezone, "Europe/Berlin");
    str_copyz(site.hash, sizeof site.hash, "abc");
    site.control = (struct control_conf){.follow_ms = 5000,
                                         .hold_ms = 300000,
                                         .restart_ms = 480000,
                                         .reduced_ms = 300000,
                                         .frozen_ms = 60000,
                                         .lease_ms = 15000,
                                         .refresh_ms = 5000,
                                         .imbalance = IMBALANCE_OFF};
    circuits[0].conf = (struct circuit_conf){.phases = 3, .max_current_ma = 35000};
    str_copyz(circuits[0].id, ID_CAP, "main");
    str_copyz(meters[0].id, ID_CAP, "grid");
    meters[0].conf.role = ROLE_GRID;
    for (int i = 0; i < 2; i++) {
        str_copyz(chargers[i].id, ID_CAP, i ? "carport" : "garage");
        chargers[i].conf = (struct charger_conf){.phases = 3,
                                                 .rotation = ROTATION_L123,
                                                 .min_current_ma = 6000,
                                                 .max_current_ma = 16000,
                                                 .fallback_ma = 6000,
                                                 .priority = 1,
                                                 .mode = CHARGE_MODE_POWER,
                                                 .phase_use = PHASE_USE_THREE,
                                                 .phase_switch = PHASE_SWITCH_ALLOWED,
                                                 .authorisation = CARD_NEED_AUTO,
                                                 .interval_ms = 1000,
                                                 .max_age_ms = 60000};
        str_copyz(chargers[i].conf.circuit, ID_CAP, "main");
        str_copyz(chargers[i].conf.start_power, sizeof chargers[i].conf.start_power, "min");
    }
    site.circuits = circuits;
    site.meters = meters;
    site.chargers = chargers;
    site.circuits_n = site.meters_n = site.chargers_n = 1;
    make_users();
}
static void boot(void)
{
    svc = (struct svc){
        .name = "surplus-controller", .site_path = "site.yaml", .boot = "me", .site = &site};
    str_copyz(svc.state_dir, sizeof svc.state_dir, dir);
    ck_assert_int_eq(uv_loop_init(&svc.loop), 0);
    b = brain_new(&svc);
    ck_assert_ptr_nonnull(b);
}
/* clean: a stop; else the power fails */
static void halt(bool clean)
{
    if (clean)
        ck_assert_int_eq(brain_finish(b, 0), 0);
    uv_close((uv_handle_t *)&b->timer, NULL);
    while (uv_run(&svc.loop, UV_RUN_DEFAULT))
        ;
    ck_assert_int_eq(uv_loop_close(&svc.loop), 0);
    brain_free(b);
    fake_forget();
}
static void meter(void)
{
    static int wobble;
    struct meter_state m = {
        .v = 1, .ts = fake.now.wall.ms, .interval_ms = 1000, .max_age_ms = 10000};
    for (int p = 0; p < PHASES; p++) {
        phase_put(&m.current_phase_ma, p, 1000);
        phase_put(&m.voltage_phase_mv, p, 230000 + wobble++ % 7);
    }
    m.power_w = SOME_I32(690);
    fake_message(MSG_METER_STATE, "grid", &m, false);
}
static void tell(void)
{
    box.ts = fake.now.wall.ms;
    fake_message(MSG_CHARGER_STATE, "garage", &box, false);
    meter(); /* decides */
}
static void later(int64_t ms)
{
    fake_later(b, ms);
    tell();
}
static void setup(void)
{
    str_copyz(dir, sizeof dir, "/tmp/test_users.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    fake_reset();
    request_no = 0;
    box = (struct charger_state){.v = 1,
                                 .interval_ms = 1000,
                                 .max_age_ms = 60000,
                                 .online = true,
                                 .evse_state = EVSE_STATE_B,
                                 .applied_set = true};
    box.applied.lease = LEASE_LIVE;
    box.applied.current_ma = SOME_I32(0);
    make_site();
    boot();
    fake_link(true);
    tell();
}
static void teardown(void)
{
    static const char *const files[] = {"chargers.jsonl", "circuits.jsonl", "users.jsonl"};
    char path[128];
    halt(true);
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        unlink(path);
    }
    rmdir(dir);
}
static void session(const char *tag, int64_t number, int32_t wh)
{
    box.evse_state = EVSE_STATE_C;
    box.transaction = (struct opt_i64){number, number > 0};
    box.session_wh = (struct opt_i32){wh, number > 0};
    str_copyz(box.id_tag, sizeof box.id_tag, tag);
    tell();
}
static void show(const char *tag)
{
    str_copyz(box.card, sizeof box.card, tag);
    box.card_at = SOME_I64(++fake.now.wall.ms);
    tell();
}
static void request(enum message_id m, const char *id, const char *action, const char *tag,
                    const char *key, const char *value)
{
    struct request r = {.expires = fake.now.wall.ms + 30000};
    snprintf(r.id, sizeof r.id, "r%d", ++request_no);
    str_copyz(r.action, sizeof r.action, action);
    str_copyz(r.tag, sizeof r.tag, tag);
    str_copyz(r.key, sizeof r.key, key);
    str_copyz(r.value, sizeof r.value, value);
    fake_message(m, id, &r, false);
}
static void expect(int32_t ma, const char *reason)
{
    ck_assert_str_eq(fake.control.reason.code, reason);
    ck_assert_int_eq(fake.control.current_ma.v, ma);
    ck_assert_int_eq(fake.setpoint.current_ma, ma);
}
static enum result result_of(const struct request_result *list, int n)
{
    ck_assert_int_gt(n, 0);
    return list[n - 1].result;
}

START_TEST(a_card_is_needed_as_soon_as_there_are_users)
{
    expect(0, "not_authorised");
    ck_assert_int_eq(fake.control.authorised, AUTHORISED_WAITING);
    ck_assert_int_eq(fake.control.limit, LIMIT_AUTHORISATION);
    session("04a2", 7, 0);
    expect(16000, "full_power");
    ck_assert_str_eq(fake.control.user, "anna");
    ck_assert_int_eq(fake.control.authorised, AUTHORISED_ACCEPTED);
    session("stranger", 8, 0);
    expect(0, "card_unknown");
    ck_assert_str_eq(fake.control.user, "");
    session("BEN", 9, 0);
    expect(0, "card_elsewhere");
    ck_assert_str_eq(fake.control.user, "ben");
}
END_TEST
START_TEST(without_users_nothing_changes)
{
    halt(true);
    site.users_n = site.budgets_n = 0;
    boot();
    fake_link(true);
    box.ts++;
    tell();
    later(20000);
    expect(16000, "full_power");
    ck_assert_ptr_null(b->users);
    ck_assert_int_eq(fake.control.authorised, AUTHORISED_UNSET);
}
END_TEST
START_TEST(a_budget_is_used_up_and_renewed)
{
    session("04a2", 7, 9990);
    expect(16000, "full_power");
    fake.now.wall.ms += 1000;
    session("04a2", 7, 10010);
    expect(0, "budget_used");
    ck_assert_ptr_nonnull(strstr(fake.control.reason.text, "10 kWh"));
    ck_assert_int_eq(fake.control.next_change.v, fake.budget.until.v);
    ck_assert(fake.budget.used_up.v);
    ck_assert_int_eq(fake.budget.left_wh.v, -10);
    fake.now.wall.ms = fake.budget.until.v;
    fake_later(b, 20000);
    session("04a2", 7, 10010);
    expect(16000, "full_power");
    ck_assert(!fake.budget.used_up.v);
    ck_assert_int_eq(fake.budget.left_wh.v, 10000);
}
END_TEST
START_TEST(the_restart_is_invisible)
{
    session("04a2", 7, 4000);
    later(20000);
    ck_assert_int_eq(fake.budget.used_wh.v, 4000);
    session("04a2", 7, 6000); /* not written down yet when the power fails */
    halt(false);
    memset(&fake.budget, 0, sizeof fake.budget);
    boot();
    fake_link(true);
    session("04a2", 7, 6500);
    later(20000);
    ck_assert_int_eq(fake.budget.used_wh.v, 6500);
    halt(true); /* and once more, cleanly: unplugged and ended meanwhile */
    boot();
    struct session done = {.v = 1,
                           .ts = fake.now.wall.ms,
                           .number = 7,
                           .started = fake.now.wall.ms - 60000,
                           .ended = SOME_I64(fake.now.wall.ms),
                           .transaction = SOME_I64(7),
                           .energy_wh = SOME_I64(8000)};
    str_copyz(done.id_tag, sizeof done.id_tag, "04A2");
    fake_message(MSG_CHARGER_SESSION, "garage", &done, true);
    fake_link(true);
    fake_message(MSG_CHARGER_SESSION, "garage", &done, true);
    box.evse_state = EVSE_STATE_A;
    box.transaction.set = box.session_wh.set = false;
    later(20000);
    ck_assert_int_eq(fake.budget.used_wh.v, 8000);
}
END_TEST
START_TEST(by_request)
{
    request(MSG_CHARGER_REQUEST, "garage", "authorise", "9999", "", "");
    ck_assert_int_eq(result_of(fake.control.results, fake.control.results_n), RESULT_REJECTED);
    request(MSG_CHARGER_REQUEST, "garage", "authorise", "ben", "", "");
    ck_assert_int_eq(result_of(fake.control.results, fake.control.results_n), RESULT_REJECTED);
    expect(0, "not_authorised");
    request(MSG_CHARGER_REQUEST, "garage", "authorise", "04a2", "", "");
    ck_assert_int_eq(result_of(fake.control.results, fake.control.results_n), RESULT_DONE);
    tell();
    expect(16000, "full_power");
    halt(true); /* survives a restart */
    boot();
    fake_link(true);
    tell();
    later(20000);
    expect(16000, "full_power");
    request(MSG_CHARGER_REQUEST, "garage", "release", "", "", "");
    expect(0, "not_authorised");
    request(MSG_CHARGER_REQUEST, "garage", "authorise", "04a2", "", "");
    box.evse_state = EVSE_STATE_A;
    tell();
    box.evse_state = EVSE_STATE_B;
    tell();
    expect(0, "not_authorised");
}
END_TEST
START_TEST(a_request_is_obeyed_once_and_in_time)
{
    struct request r = {.id = "x", .action = "top_up", .value = "1 kWh"};
    r.expires = fake.now.wall.ms - 1;
    fake_message(MSG_BUDGET_REQUEST, "daily", &r, false);
    ck_assert_int_eq(result_of(fake.budget.results, fake.budget.results_n), RESULT_EXPIRED);
    r.expires = fake.now.wall.ms + 61000;
    str_copyz(r.id, sizeof r.id, "y");
    fake_message(MSG_BUDGET_REQUEST, "daily", &r, false);
    ck_assert_int_eq(result_of(fake.budget.results, fake.budget.results_n), RESULT_INVALID);
    ck_assert_int_eq(fake.budget.left_wh.v, 10000);
    r.expires = fake.now.wall.ms + 60000;
    str_copyz(r.id, sizeof r.id, "z");
    fake_message(MSG_BUDGET_REQUEST, "daily", &r, false);
    fake_message(MSG_BUDGET_REQUEST, "daily", &r, true);
    halt(true);
    boot();
    fake_message(MSG_BUDGET_REQUEST, "daily", &r, true); /* our clearing was lost */
    fake_link(true);
    tell();
    ck_assert_int_eq(fake.budget.left_wh.v, 11000);
}
END_TEST
START_TEST(top_ups)
{
    static const struct {
        const char *value;
        enum result result;
        int64_t left;
    } rows[] = {{"2.5 kWh", RESULT_DONE, 12500}, {"500 Wh", RESULT_DONE, 10500},
                {"-4 kWh", RESULT_DONE, 6000},   {"10", RESULT_INVALID, 10000},
                {"", RESULT_INVALID, 10000},     {"30 min", RESULT_INVALID, 10000},
                {"10 kW", RESULT_INVALID, 10000}};
    request(MSG_BUDGET_REQUEST, "daily", "top_up", "", "", rows[_i].value);
    ck_assert_int_eq(result_of(fake.budget.results, fake.budget.results_n), rows[_i].result);
    ck_assert_int_eq(fake.budget.left_wh.v, rows[_i].left);
    session("04a2", 7, 7000);
    request(MSG_BUDGET_REQUEST, "daily", "restart", "", "", "");
    ck_assert_int_eq(fake.budget.left_wh.v, 10000);
    request(MSG_BUDGET_REQUEST, "daily", "explode", "", "", "");
    ck_assert_int_eq(result_of(fake.budget.results, fake.budget.results_n), RESULT_INVALID);
}
END_TEST
START_TEST(cards_that_do_more)
{
    show("slow");
    expect(8000, "max_current");
    ck_assert_int_eq(fake.control.mode, CHARGE_MODE_POWER);
    show("more");
    tell();
    ck_assert_int_eq(fake.budget.left_wh.v, 12000); /* once per showing */
    box.evse_state = EVSE_STATE_A;
    tell();
    box.evse_state = EVSE_STATE_B;
    later(20000);
    show("toggle");
    later(20000);
    expect(16000, "full_power");
    show("toggle");
    expect(0, "paused");
    tell();
    expect(0, "paused");
    show("toggle");
    later(20000);
    expect(16000, "full_power");
}
END_TEST
START_TEST(a_card_shown_long_ago_does_nothing)
{
    str_copyz(box.card, sizeof box.card, "more");
    box.card_at = SOME_I64(fake.now.wall.ms - 61000);
    tell();
    ck_assert_int_eq(fake.budget.left_wh.v, 10000);
    halt(true); /* nor again after a restart */
    box.card_at = SOME_I64(fake.now.wall.ms - 5000);
    boot();
    fake_link(true);
    tell();
    ck_assert_int_eq(fake.budget.left_wh.v, 12000);
    halt(true);
    boot();
    fake_link(true);
    tell();
    ck_assert_int_eq(fake.budget.left_wh.v, 12000);
}
END_TEST
START_TEST(learn_a_card)
{
    request(MSG_USER_REQUEST, "ben", "learn", "", "", "");
    ck_assert_int_eq(fake.user.learning_until.v, fake.now.wall.ms + 60000);
    users[1].conf.chargers_n = 0; /* read at the next start */
    int before = fake.lists;
    show("AB:CD");
    ck_assert_int_eq(fake.user.learned_n, 1);
    ck_assert_str_eq(fake.user.learned[0], "abcd");
    ck_assert(!fake.user.learning_until.set);
    ck_assert_int_eq(fake.lists, before + 1);
    ck_assert_int_eq(fake.list.cards_n, 2);
    halt(false);
    boot();
    fake_link(true);
    session("abcd", 3, 0);
    later(20000);
    expect(16000, "full_power");
    ck_assert_str_eq(fake.control.user, "ben");
    request(MSG_USER_REQUEST, "ben", "forget", "AB-CD", "", "");
    ck_assert_int_eq(result_of(fake.user.results, fake.user.results_n), RESULT_DONE);
    expect(0, "card_unknown");
    ck_assert_int_eq(fake.list.cards_n, 1);
    request(MSG_USER_REQUEST, "ben", "forget", "ben", "", "");
    ck_assert_int_eq(result_of(fake.user.results, fake.user.results_n), RESULT_REJECTED);
}
END_TEST
START_TEST(nothing_to_learn)
{
    request(MSG_CHARGER_REQUEST, "garage", "learn", "", "ben", "");
    ck_assert_int_eq(result_of(fake.control.results, fake.control.results_n), RESULT_ACCEPTED);
    show("04a2");
    ck_assert_int_eq(result_of(fake.user.results, fake.user.results_n), RESULT_REJECTED);
    request(MSG_USER_REQUEST, "ben", "learn", "", "nowhere", "");
    ck_assert_int_eq(result_of(fake.user.results, fake.user.results_n), RESULT_INVALID);
    request(MSG_USER_REQUEST, "ben", "learn", "", "", "");
    later(60000);
    ck_assert_int_eq(result_of(fake.user.results, fake.user.results_n), RESULT_TIMEOUT);
    ck_assert(!fake.user.learning_until.set);
}
END_TEST
START_TEST(lists_for_the_gateways)
{
    ck_assert_int_eq(fake.lists, 2);
    ck_assert_str_eq(fake.list.cards[0].tag, "ben");
    ck_assert_str_eq(fake.list.chargers[0], "carport");
    session("04a2", 7, 10000); /* anna's budget */
    later(20000);
    ck_assert_int_eq(fake.lists, 3);
    ck_assert_int_eq(fake.list.cards_n, 3); /* the one for topping up is not for charging */
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(fake.list.cards[i].status, CARD_STATUS_BLOCKED);
    later(20000);
    ck_assert_int_eq(fake.lists, 3);
}
END_TEST
START_TEST(who_left_the_site_file_is_cleared)
{
    tell();
    later(2000);
    halt(true);
    site.users_n = 1;
    fake.notes_n = 0;
    boot();
    int cleared = 0;
    for (int i = 0; i < fake.notes_n; i++)
        cleared += fake.notes[i].kind == NOTE_CLEAR && strcmp(fake.notes[i].id, "ben") == 0;
    ck_assert_int_eq(cleared, 2);
    fake_link(true);
    tell();
    halt(true);
    site.users_n = site.budgets_n = 0; /* the last ones, too */
    fake.notes_n = cleared = 0;
    boot();
    for (int i = 0; i < fake.notes_n; i++)
        cleared += fake.notes[i].kind == NOTE_CLEAR;
    ck_assert_int_eq(cleared, 3); /* anna, her list, her budget */
    halt(true);
    fake.notes_n = 0;
    boot();
    ck_assert_int_eq(fake.notes_n, 0); /* once */
    fake_link(true);
}
END_TEST
START_TEST(mode_and_priority_of_a_user)
{
    users[0].conf.mode = CHARGE_MODE_LOCK;
    users[0].conf.priority = SOME_I32(7);
    session("04a2", 7, 0);
    expect(0, "locked");
    ck_assert_int_eq(fake.control.priority.v, 7);
    fake_override("garage", "mode", (struct override){.value = CHARGE_MODE_POWER}, false);
    fake_override("garage", "priority", (struct override){.value = 2}, false);
    tell();
    expect(16000, "full_power");
    ck_assert_int_eq(fake.control.priority.v, 2);
}
END_TEST
/* "gentle": 8 A; "first": 7 A, of the charger. */
static void make_rules(void)
{
    static const char *const set[] = {"8 A", "7 A"};
    memset(rules, 0, sizeof rules);
    for (int i = 0; i < 2; i++) {
        str_copyz(rules[i].id, ID_CAP, i ? "first" : "gentle");
        str_copyz(rules[i].conf.days, sizeof rules[i].conf.days, "mon-sun");
        str_copyz(rules[i].conf.set, sizeof rules[i].conf.set, set[i]);
        rules[i].conf.direction = RULE_DIRECTION_BOTH;
    }
    site.rules = rules;
    site.rules_n = 2;
    str_copyz(users[0].conf.rules[0], ID_CAP, "gentle");
    users[0].conf.rules_n = 1;
}
START_TEST(rules_of_a_user)
{
    halt(true);
    make_rules();
    if (_i == 1) { /* and of the charger: the smaller wins */
        str_copyz(chargers[0].conf.rules[0], ID_CAP, "first");
        chargers[0].conf.rules_n = 1;
    }
    boot();
    fake_link(true);
    box.ts++;
    session("04a2", 7, 0);
    later(20000);
    expect(_i == 1 ? 7000 : 8000, "rule");
    fake_override("garage", "mode", (struct override){.value = CHARGE_MODE_POWER}, false);
    tell();
    expect(16000, "full_power"); /* a person's choice goes before rules */
    session("stranger", 8, 0);
    expect(0, "card_unknown"); /* but not before authorisation */
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("users_io");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_card_is_needed_as_soon_as_there_are_users);
    tcase_add_test(t, without_users_nothing_changes);
    tcase_add_test(t, a_budget_is_used_up_and_renewed);
    tcase_add_test(t, the_restart_is_invisible);
    tcase_add_test(t, by_request);
    tcase_add_test(t, a_request_is_obeyed_once_and_in_time);
    tcase_add_loop_test(t, top_ups, 0, 7);
    tcase_add_test(t, cards_that_do_more);
    tcase_add_test(t, a_card_shown_long_ago_does_nothing);
    tcase_add_test(t, learn_a_card);
    tcase_add_test(t, nothing_to_learn);
    tcase_add_test(t, lists_for_the_gateways);
    tcase_add_test(t, who_left_the_site_file_is_cleared);
    tcase_add_test(t, mode_and_priority_of_a_user);
    tcase_add_loop_test(t, rules_of_a_user, 0, 2);
    return run_case(t, "users_io");
}
