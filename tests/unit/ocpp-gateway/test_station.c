/* SPDX-License-Identifier: Apache-2.0
 * What a station is told, in which order, and what the bus sees of it. */
#include "services/ocpp-gateway/core/station.h"
#include "tests/unit/ocpp-gateway/suites.h"

#define T0 INT64_C(1795168800000)
static struct connector c[2];
static struct station s;
static struct now now;
static struct outstanding next;

static void setup(void)
{
    now = (struct now){{1000000}, {T0}};
    memset(c, 0, sizeof c);
    for (int i = 0; i < 2; i++) {
        c[i].conf = (struct connector_conf){.number = i + 1,
                                            .interval_ms = 10000,
                                            .max_age_ms = 60000,
                                            .meter = {.phases = 3},
                                            .limit = {16000, 6000, 120000}};
        str_copyz(c[i].conf.id, ID_CAP, i ? "right" : "left");
    }
    s = (struct station){.c = c, .n = 1, .profile_base = 100, .remote_tag = "us"};
    str_copyz(s.identity, sizeof s.identity, "box");
    str_copyz(s.box.vendor, sizeof s.box.vendor, "Vendor");
    station_connected(&s, now.mono);
}
static void pass(int64_t ms)
{
    now.mono.ms += ms;
    now.wall.ms += ms;
}
static void status(int i, const char *word, const char *error)
{
    struct session_rec *ended;
    struct status_message m = {.status = str_of(word), .error = str_of(error)};
    connector_status(&c[i], &m, now.wall, &ended);
}
static void setpoint(int i, int32_t ma)
{
    static int64_t seq;
    struct limit_setpoint sp = {.current_ma = ma, .fallback_ma = 6000, .seq = ++seq, .boot = "b"};
    ck_assert(limit_setpoint(&c[i].limit, &sp, 600000, false, now.mono));
}
/* The next call must be this one; answers it. */
static void expect(enum action a, enum outcome o, const char *answer)
{
    ck_assert_msg(station_next(&s, now, &next), "nothing, expected %s", action_rules(a).name);
    ck_assert_str_eq(action_rules(next.call.action).name, action_rules(a).name);
    station_sent(&s, &next, now.mono);
    struct outstanding other;
    ck_assert(!station_next(&s, now, &other)); /* one at a time */
    station_answered(&s, o, answer, now);
}
static void expect_nothing(void)
{
    bool any = station_next(&s, now, &next);
    ck_assert_msg(!any, "unexpected %s", any ? action_rules(next.call.action).name : "");
}
static void configured(void)
{
    station_heard(&s, true, now.mono);
    expect(ACTION_GET_CONFIGURATION, OUTCOME_RESULT, "");
}
/* All that is left to set up, accepted. */
static void settle(void)
{
    for (int i = 0; station_next(&s, now, &next); i++) {
        ck_assert_int_lt(i, 20);
        station_sent(&s, &next, now.mono);
        station_answered(&s, OUTCOME_RESULT, "Accepted", now);
    }
}

START_TEST(a_quiet_box_is_asked_cleared_limited_set_up)
{
    expect_nothing(); /* it may be about to boot */
    station_heard(&s, true, now.mono);
    setpoint(0, 10000);
    expect(ACTION_GET_CONFIGURATION, OUTCOME_RESULT, "");
    status(0, "Available", "NoError");
    expect(ACTION_CLEAR_CHARGING_PROFILE, OUTCOME_RESULT, "Unknown");
    expect(ACTION_SET_CHARGING_PROFILE, OUTCOME_RESULT, "Accepted");
    ck_assert_int_eq(next.call.limit.ma, 6000);
    expect(ACTION_CHANGE_CONFIGURATION, OUTCOME_RESULT, "Accepted");
    ck_assert_str_eq(next.call.key, "MeterValuesSampledData");
    expect(ACTION_CHANGE_CONFIGURATION, OUTCOME_RESULT, "RebootRequired");
    ck_assert_str_eq(next.call.key, "MeterValueSampleInterval");
    ck_assert_str_eq(next.call.value, "10");
    expect_nothing();
}
END_TEST

START_TEST(no_boot_is_needed)
{
    setpoint(0, 10000);
    pass(299);
    expect_nothing();
    pass(1);
    expect(ACTION_GET_CONFIGURATION, OUTCOME_ERROR, "NotSupported: no");
    expect(ACTION_SET_CHARGING_PROFILE, OUTCOME_RESULT,
           "Accepted"); /* status unknown: not cleared */
    expect(ACTION_CHANGE_CONFIGURATION, OUTCOME_RESULT, "Accepted");
    expect(ACTION_CHANGE_CONFIGURATION, OUTCOME_RESULT, "Accepted");
    expect_nothing();
    pass(700);
    expect(ACTION_TRIGGER_MESSAGE, OUTCOME_RESULT, "Accepted");
    ck_assert_str_eq(next.call.key, "StatusNotification");
    ck_assert_int_eq(next.call.connector, 1);
    expect_nothing();
    status(0, "Available", "");
    expect(ACTION_CLEAR_CHARGING_PROFILE, OUTCOME_RESULT, "Accepted");
    expect(ACTION_SET_CHARGING_PROFILE, OUTCOME_RESULT, "Accepted"); /* ours went with the others */
}
END_TEST

START_TEST(a_transaction_is_not_cleared)
{
    int32_t dropped;
    struct session_start start = {.id_tag = str_of("T"), .stamp_ms = T0};
    session_begin(&c[0].sessions, 5, &start, now.wall, &dropped);
    connector_session_changed(&c[0]);
    configured();
    status(0, "Charging", "NoError");
    setpoint(0, 10000);
    expect(ACTION_SET_CHARGING_PROFILE, OUTCOME_RESULT, "Accepted");
    ck_assert_int_eq(next.call.limit.purpose, PURPOSE_TX);
    ck_assert_int_eq(next.call.limit.transaction, 5);
    ck_assert_int_eq(next.call.style.profile_id, 101);
    expect(ACTION_SET_CHARGING_PROFILE, OUTCOME_RESULT, "Accepted");
    ck_assert_int_eq(next.call.limit.purpose, PURPOSE_TX_DEFAULT);
    settle();
    ck_assert(!s.cleared);
}
END_TEST

START_TEST(the_latest_setpoint_wins)
{
    configured();
    settle();
    setpoint(0, 0);
    ck_assert(station_next(&s, now, &next));
    station_sent(&s, &next, now.mono);
    setpoint(0, 10000);
    setpoint(0, 12000);
    setpoint(0, 14000);
    ck_assert(!station_next(&s, now, &next));
    station_answered(&s, OUTCOME_RESULT, "Accepted", now);
    expect(ACTION_SET_CHARGING_PROFILE, OUTCOME_RESULT, "Accepted");
    ck_assert_int_eq(next.call.limit.from.current_ma, 14000);
    expect_nothing();
}
END_TEST

START_TEST(no_answer_frees_the_way)
{
    configured();
    settle();
    setpoint(0, 10000);
    ck_assert(station_next(&s, now, &next));
    station_sent(&s, &next, now.mono);
    pass(29999);
    ck_assert(!station_timeout(&s, now));
    pass(1);
    ck_assert(station_timeout(&s, now));
    ck_assert(!station_timeout(&s, now));
    pass(1000);
    expect(ACTION_SET_CHARGING_PROFILE, OUTCOME_RESULT, "Accepted");
}
END_TEST

static const struct {
    const char *key, *value;
    bool readonly;
    const char *wanted; /* what is changed; "": nothing */
} keys[] = {
    {"MeterValuesSampledData",
     "SoC, voltage,Current.Import,Power.Active.Import,"
     "Energy.Active.Import.Register,Other",
     false, ""},
    {"MeterValuesSampledData", "Energy.Active.Import.Register", true, ""},
    {"metervaluessampleddata", "Voltage", false,
     "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC"},
    {"MeterValuesSampledDataMaxLength", "3", true,
     "Energy.Active.Import.Register,Power.Active.Import,Current.Import"},
};
START_TEST(only_what_differs_is_changed)
{
    station_heard(&s, true, now.mono);
    ck_assert(station_next(&s, now, &next));
    station_sent(&s, &next, now.mono);
    station_key(&s, str_of(keys[_i].key), str_of(keys[_i].value), keys[_i].readonly);
    station_key(&s, str_of("MeterValueSampleInterval"), str_of(" 10 "), false);
    station_answered(&s, OUTCOME_RESULT, "", now);
    if (keys[_i].wanted[0]) {
        expect(ACTION_CHANGE_CONFIGURATION, OUTCOME_RESULT, "Accepted");
        ck_assert_str_eq(next.call.value, keys[_i].wanted);
    }
    expect_nothing();
    station_disconnected(&s, now);
    station_connected(&s, now.mono);
    station_heard(&s, false, now.mono);
    expect_nothing(); /* and not again at a reconnect */
}
END_TEST

START_TEST(refused_lists_get_shorter)
{
    configured();
    for (int i = 0; i < WANTED_LISTS; i++) {
        expect(ACTION_CHANGE_CONFIGURATION, OUTCOME_RESULT, "Rejected");
        ck_assert_str_eq(next.call.key, "MeterValuesSampledData");
    }
    ck_assert_str_eq(next.call.value, "Energy.Active.Import.Register,Current.Import");
    expect(ACTION_CHANGE_CONFIGURATION, OUTCOME_RESULT, "Rejected");
    ck_assert_str_eq(next.call.key, "MeterValueSampleInterval");
    expect_nothing();
}
END_TEST

static const struct {
    const char *value;
    bool watts;
} units[] = {{"Current", false}, {"Power", true}, {"Current,Power", false}, {"A;W", false},
             {"W", true},        {"Amp", false},  {"Power;Current", false}, {"", false}};
START_TEST(the_unit_is_learnt)
{
    station_key(&s, str_of("ChargingScheduleAllowedChargingRateUnit"), str_of(units[_i].value),
                true);
    ck_assert_int_eq(s.in_watts, units[_i].watts);
}
END_TEST

START_TEST(two_connectors_take_turns)
{
    s.n = 2;
    station_connected(&s, now.mono);
    configured();
    settle();
    setpoint(0, 10000);
    setpoint(1, 10000);
    expect(ACTION_SET_CHARGING_PROFILE, OUTCOME_RESULT, "Accepted");
    ck_assert_int_eq(next.call.style.connector, 1);
    expect(ACTION_SET_CHARGING_PROFILE, OUTCOME_RESULT, "Accepted");
    ck_assert_int_eq(next.call.style.connector, 2);
    ck_assert_int_eq(next.call.style.profile_id, 102);
}
END_TEST

START_TEST(remote_start_when_a_car_waits)
{
    c[0].conf.remote_start = true;
    configured();
    settle();
    setpoint(0, 0);
    status(0, "Preparing", "NoError");
    settle();
    setpoint(0, 10000);
    expect(ACTION_SET_CHARGING_PROFILE, OUTCOME_RESULT, "Accepted");
    expect(ACTION_REMOTE_START, OUTCOME_RESULT, "Accepted");
    ck_assert_str_eq(next.call.tag, "us");
    expect_nothing();
    pass(59999);
    expect_nothing();
    pass(1); /* accepted is not started */
    expect(ACTION_REMOTE_START, OUTCOME_RESULT, "Rejected");
}
END_TEST

/* ---- requests ---- */

static const struct {
    const char *action, *key, *tag;
    enum err err;
    enum action call;
    const char *text; /* key or tag of the call */
} requests[] = {
    {"unlock", "", "", ERR_OK, ACTION_UNLOCK_CONNECTOR, ""},
    {"reset", "", "", ERR_OK, ACTION_RESET, "Soft"},
    {"reset", "hard", "", ERR_OK, ACTION_RESET, "Hard"},
    {"reset", "warm", "", ERR_RANGE, ACTION_RESET, ""},
    {"start", "", "", ERR_OK, ACTION_REMOTE_START, "us"},
    {"start", "", "12345678901234567890", ERR_OK, ACTION_REMOTE_START, "12345678901234567890"},
    {"start", "", "123456789012345678901", ERR_RANGE, ACTION_REMOTE_START, ""},
    {"stop", "", "", ERR_MISSING, ACTION_REMOTE_STOP, ""},
    {"trigger", "", "", ERR_OK, ACTION_TRIGGER_MESSAGE, "StatusNotification"},
    {"trigger", "MeterValues", "", ERR_OK, ACTION_TRIGGER_MESSAGE, "MeterValues"},
    {"get_configuration", "", "", ERR_MISSING, ACTION_GET_CONFIGURATION, ""},
    {"get_configuration", "X", "", ERR_OK, ACTION_GET_CONFIGURATION, "X"},
    {"change_configuration", "X", "", ERR_OK, ACTION_CHANGE_CONFIGURATION, "X"},
    {"availability", "inoperative", "", ERR_OK, ACTION_CHANGE_AVAILABILITY, "Inoperative"},
    {"availability", "", "", ERR_MISSING, ACTION_CHANGE_AVAILABILITY, ""},
    {"pause", "", "", ERR_UNKNOWN, ACTION_RESET, ""},
};
START_TEST(requests_become_calls)
{
    struct request r = {.id = "1", .expires = T0 + 1000};
    struct err_text why = {""};
    str_copyz(r.action, sizeof r.action, requests[_i].action);
    str_copyz(r.key, sizeof r.key, requests[_i].key);
    str_copyz(r.tag, sizeof r.tag, requests[_i].tag);
    configured();
    settle();
    enum err e = station_request(&s, 0, &r, &why);
    ck_assert_int_eq(e, requests[_i].err);
    ck_assert_int_eq(e == ERR_OK, why.s[0] == 0);
    if (e != ERR_OK)
        return expect_nothing();
    expect(requests[_i].call, OUTCOME_RESULT, "Accepted");
    ck_assert_str_eq(next.call.tag[0] ? next.call.tag : next.call.key, requests[_i].text);
    ck_assert_int_eq(c[0].results_n, 1);
    ck_assert_int_eq(c[0].results[0].result, RESULT_DONE);
    ck_assert_str_eq(c[0].results[0].id, "1");
}
END_TEST

static const struct {
    enum outcome o;
    const char *answer;
    enum result result;
} results[] = {{OUTCOME_RESULT, "Unlocked", RESULT_DONE},
               {OUTCOME_RESULT, "UnlockFailed", RESULT_REJECTED},
               {OUTCOME_RESULT, "Rejected", RESULT_REJECTED},
               {OUTCOME_ERROR, "NotSupported: ", RESULT_FAILED},
               {OUTCOME_LOST, "no answer", RESULT_TIMEOUT}};
START_TEST(results_say_what_happened)
{
    struct request r = {.id = "1", .action = "unlock", .expires = T0 + 1000};
    struct err_text why;
    configured();
    settle();
    ck_assert_int_eq(station_request(&s, 0, &r, &why), ERR_OK);
    expect(ACTION_UNLOCK_CONNECTOR, results[_i].o, results[_i].answer);
    ck_assert_int_eq(c[0].results[0].result, results[_i].result);
    ck_assert_str_eq(c[0].results[0].text, results[_i].answer);
}
END_TEST

START_TEST(requests_expire_and_are_bounded)
{
    struct request r = {.id = "1", .action = "unlock", .expires = T0 + 1000};
    struct err_text why;
    configured();
    status(0, "Finishing", "");
    settle();
    for (int i = 0; i < STATION_QUEUE; i++)
        ck_assert_int_eq(station_request(&s, 0, &r, &why), ERR_OK);
    ck_assert_int_eq(station_request(&s, 0, &r, &why), ERR_FULL);
    pass(1001);
    expect_nothing();
    ck_assert_int_eq(c[0].results_n, STATION_QUEUE);
    ck_assert_int_eq(c[0].results[0].result, RESULT_EXPIRED);
    r.expires = now.wall.ms + 1000;
    ck_assert_int_eq(station_request(&s, 0, &r, &why), ERR_OK);
    station_disconnected(&s, now);
    ck_assert_int_eq(c[0].results[STATION_QUEUE].result, RESULT_FAILED);
    ck_assert_int_eq(station_request(&s, 0, &r, &why), ERR_STATE);
}
END_TEST

START_TEST(ids_and_results_are_rings)
{
    char id[12];
    for (int i = 0; i < 40; i++) {
        snprintf(id, sizeof id, "%d", i);
        ck_assert(connector_request_new(&c[0], id));
        connector_request_remember(&c[0], id);
        connector_result(&c[0], id, "unlock", RESULT_DONE, "", now.wall);
    }
    ck_assert(!connector_request_new(&c[0], "39"));
    ck_assert(!connector_request_new(&c[0], "8"));
    ck_assert(connector_request_new(&c[0], "7"));
    ck_assert_int_eq(c[0].results_n, MAX_RESULTS);
    ck_assert_str_eq(c[0].results[0].id, "24");
    ck_assert_str_eq(c[0].results[MAX_RESULTS - 1].id, "39");
}
END_TEST

/* ---- what the bus sees ---- */

static const struct {
    const char *status;
    enum evse_state evse;
} words[] = {
    {"Available", EVSE_STATE_A},   {"Preparing", EVSE_STATE_B},     {"Charging", EVSE_STATE_C},
    {"SuspendedEV", EVSE_STATE_B}, {"SuspendedEVSE", EVSE_STATE_B}, {"Finishing", EVSE_STATE_B},
    {"Reserved", EVSE_STATE_A},    {"Unavailable", EVSE_STATE_E},   {"Faulted", EVSE_STATE_F}};
START_TEST(status_becomes_evse_state)
{
    struct charger_state st;
    status(0, words[_i].status, "GroundFailure");
    connector_state(&c[0], true, now, &st);
    ck_assert_int_eq(st.evse_state, words[_i].evse);
    ck_assert_str_eq(st.status, words[_i].status);
    ck_assert_int_eq(st.faults_n, 1);
    ck_assert_str_eq(st.faults[0].code, "box_error");
    ck_assert_str_eq(st.faults[0].text, "GroundFailure");
    status(0, words[_i].status, "noerror");
    connector_state(&c[0], true, now, &st);
    ck_assert_int_eq(st.faults_n, 0);
}
END_TEST

static void meter(const char *watts, const char *wh, int32_t tx, int64_t stamp_ms,
                  struct session_rec **recovered)
{
    struct meter_sum sum = {0};
    meter_add(&sum, &(struct meter_sample){.value = str_of(wh)});
    meter_add(&sum, &(struct meter_sample){.value = str_of(watts),
                                           .measurand = str_of("Power.Active.Import")});
    connector_meter(&c[0], &sum, tx, stamp_ms, now.wall, recovered);
}

START_TEST(a_box_that_left_shows_no_old_flows)
{
    struct charger_state st;
    struct session_rec *r;
    status(0, "Charging", "");
    meter("7000", "123", 0, T0, &r);
    connector_state(&c[0], true, now, &st);
    ck_assert_int_eq(st.power_w.v, 7000);
    ck_assert_int_eq(st.measured_at.v, T0);
    station_disconnected(&s, now);
    connector_state(&c[0], false, now, &st);
    ck_assert(!st.online && !st.power_w.set && !st.measured_at.set);
    ck_assert_int_eq(st.evse_state, EVSE_STATE_UNSET);
    ck_assert_int_eq(st.energy_wh.v, 123);
}
END_TEST

START_TEST(a_replayed_queue_moves_nothing)
{
    struct session_rec *r;
    meter("7000", "123", 0, T0, &r);
    meter("3000", "100", 0, T0 - 3600000, &r);
    meter("3100", "101", 0, T0 - 3590000, &r); /* faster than the time goes: a queue */
    ck_assert_int_eq(c[0].reading.power_w.v, 7000);
    ck_assert_int_eq(c[0].energy_wh.v, 123);
}
END_TEST

START_TEST(a_clock_that_is_behind_is_no_queue)
{
    struct session_rec *r;
    meter("3000", "100", 0, T0 - 3600000, &r);
    ck_assert(!c[0].reading.power_w.set);
    pass(10000);
    meter("3100", "101", 0, T0 - 3590000, &r);
    ck_assert_int_eq(c[0].reading.power_w.v, 3100);
    ck_assert_int_eq(c[0].measured_ms.v, now.wall.ms);
}
END_TEST

START_TEST(a_transaction_is_recovered_from_its_values)
{
    struct session_rec *r;
    meter("0", "1", 77, T0, &r);
    ck_assert_ptr_null(r); /* status unknown */
    status(0, "Available", "");
    meter("0", "1", 77, T0, &r);
    ck_assert_ptr_null(r);
    status(0, "SuspendedEV", "");
    meter("0", "1", 0, T0, &r);
    ck_assert_ptr_null(r);
    meter("0", "1", 77, T0, &r);
    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(c[0].limit.transaction, 77);
    ck_assert(c[0].limit.running);
    meter("0", "1", 77, T0, &r);
    ck_assert_ptr_null(r); /* once */
}
END_TEST

START_TEST(closing_values_do_not_revive_a_session)
{
    struct session_rec *r;
    int32_t dropped;
    struct session_start start = {.id_tag = str_of("T"), .stamp_ms = T0};
    struct session_stop stop = {.stamp_ms = T0, .reason = str_of("")};
    status(0, "Charging", "");
    r = session_begin(&c[0].sessions, 5, &start, now.wall, &dropped);
    connector_session_changed(&c[0]);
    meter("7000", "10", 5, T0, &r);
    session_end(session_find(&c[0].sessions, 5), &stop, now.wall);
    connector_session_changed(&c[0]);
    ck_assert_int_eq(c[0].reading.power_w.v, 0);
    meter("7000", "20", 5, T0, &r);
    ck_assert_ptr_null(r);
    ck_assert_int_eq(c[0].reading.power_w.v, 0);
    ck_assert_int_eq(c[0].energy_wh.v, 20);
    ck_assert(!c[0].limit.running);
}
END_TEST

START_TEST(available_ends_a_lost_session)
{
    struct session_rec *ended = NULL;
    int32_t dropped;
    struct session_start start = {.id_tag = str_of("T"), .stamp_ms = T0, .meter_start_wh = 10};
    struct status_message m = {.status = str_of("Available")};
    session_begin(&c[0].sessions, 5, &start, now.wall, &dropped);
    connector_session_changed(&c[0]);
    c[0].energy_wh = SOME_I64(500);
    ck_assert(connector_status(&c[0], &m, now.wall, &ended));
    ck_assert_int_eq(ended->tx, 5);
    ck_assert(ended->presumed);
    ck_assert_int_eq(ended->meter_stop_wh.v, 500);
    ck_assert(!c[0].limit.running);
    ck_assert(!connector_status(&c[0], &m, now.wall, &ended));
}
END_TEST

START_TEST(a_box_that_refuses_is_shown)
{
    struct charger_state st;
    configured();
    setpoint(0, 10000);
    for (int i = 0; i < 4; i++)
        expect(ACTION_SET_CHARGING_PROFILE, OUTCOME_RESULT, "Rejected");
    connector_state(&c[0], true, now, &st);
    ck_assert_int_eq(st.faults_n, 1);
    ck_assert_str_eq(st.faults[0].code, "profile_refused");
    ck_assert(!st.applied.current_ma.set);
}
END_TEST

START_TEST(two_controllers_are_shown_and_the_lower_counts)
{
    struct charger_state st;
    struct limit_setpoint a = {.current_ma = 16000, .fallback_ma = 6000, .seq = 1, .boot = "a"};
    struct limit_setpoint b = {.current_ma = 8000, .fallback_ma = 6000, .seq = 1, .boot = "b"};
    struct limit_command cmd;
    limit_setpoint(&c[0].limit, &a, 15000, false, now.mono);
    limit_setpoint(&c[0].limit, &b, 15000, false, now.mono);
    a.seq = 2;
    limit_setpoint(&c[0].limit, &a, 15000, false, now.mono);
    limit_transaction(&c[0].limit, true, 1);
    ck_assert(limit_next(&c[0].limit, &c[0].conf.limit, now.mono, &cmd));
    ck_assert_int_eq(cmd.ma, 8000);
    connector_state(&c[0], true, now, &st);
    ck_assert_str_eq(st.faults[0].code, "two_writers");
}
END_TEST

START_TEST(a_box_that_never_said_what_it_is_is_asked)
{
    s.box.vendor[0] = 0;
    station_heard(&s, false, now.mono);
    status(0, "Finishing", "");
    settle();
    pass(4999);
    expect_nothing();
    pass(1);
    expect(ACTION_TRIGGER_MESSAGE, OUTCOME_RESULT, "Accepted");
    ck_assert_str_eq(next.call.key, "BootNotification");
    ck_assert_int_eq(next.call.connector, 0);
    expect_nothing();
}
END_TEST

TCase *station_tests(void)
{
    TCase *t = tcase_create("station");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, a_quiet_box_is_asked_cleared_limited_set_up);
    tcase_add_test(t, no_boot_is_needed);
    tcase_add_test(t, a_transaction_is_not_cleared);
    tcase_add_test(t, the_latest_setpoint_wins);
    tcase_add_test(t, no_answer_frees_the_way);
    tcase_add_loop_test(t, only_what_differs_is_changed, 0, (int)COUNT_OF(keys));
    tcase_add_test(t, refused_lists_get_shorter);
    tcase_add_loop_test(t, the_unit_is_learnt, 0, (int)COUNT_OF(units));
    tcase_add_test(t, two_connectors_take_turns);
    tcase_add_test(t, remote_start_when_a_car_waits);
    tcase_add_loop_test(t, requests_become_calls, 0, (int)COUNT_OF(requests));
    tcase_add_loop_test(t, results_say_what_happened, 0, (int)COUNT_OF(results));
    tcase_add_test(t, requests_expire_and_are_bounded);
    tcase_add_test(t, ids_and_results_are_rings);
    tcase_add_loop_test(t, status_becomes_evse_state, 0, (int)COUNT_OF(words));
    tcase_add_test(t, a_box_that_left_shows_no_old_flows);
    tcase_add_test(t, a_replayed_queue_moves_nothing);
    tcase_add_test(t, a_clock_that_is_behind_is_no_queue);
    tcase_add_test(t, a_transaction_is_recovered_from_its_values);
    tcase_add_test(t, closing_values_do_not_revive_a_session);
    tcase_add_test(t, available_ends_a_lost_session);
    tcase_add_test(t, a_box_that_refuses_is_shown);
    tcase_add_test(t, two_controllers_are_shown_and_the_lower_counts);
    tcase_add_test(t, a_box_that_never_said_what_it_is_is_asked);
    return t;
}
