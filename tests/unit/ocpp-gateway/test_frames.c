/* SPDX-License-Identifier: Apache-2.0
 * Frames, message rules, identities, passwords, times. */
#include "services/ocpp-gateway/core/call.h"
#include "services/ocpp-gateway/core/ident.h"
#include "services/ocpp-gateway/core/iso_time.h"
#include "services/ocpp-gateway/core/text.h"
#include "services/ocpp-gateway/wire/validate.h"
#include "tests/unit/ocpp-gateway/suites.h"

/* What the gateway says to one message: "" when it says nothing bad. */
static enum call_error judge(const char *text, char *id, char *why_text)
{
    struct wire *w = wire_new();
    struct frame f;
    struct complaint why;
    enum call_error code = CALL_ERROR_NONE;
    if (frame_parse(w, str_of(text), &f, &why) != ERR_OK) {
        code = why.code;
    } else if (f.type == FRAME_CALL) {
        enum action a = action_from_box(str_of(f.text));
        if (a == ACTION_COUNT)
            code = CALL_ERROR_NOT_IMPLEMENTED;
        else if (payload_check(f.payload, action_rules(a).fields, &why) != ERR_OK)
            code = why.code;
    }
    str_copyz(id, FRAME_ID_CAP, f.id);
    str_copyz(why_text, FRAME_TEXT_CAP, why.text);
    frame_fini(&f);
    wire_free(w);
    return code;
}

#define STATUS(body) "[2,\"1\",\"StatusNotification\",{" body "}]"
#define START(body)  "[2,\"1\",\"StartTransaction\",{" body "}]"
#define VALUES(body) "[2,\"1\",\"MeterValues\",{\"connectorId\":1,\"meterValue\":" body "}]"
static const struct {
    const char *text;
    enum call_error code;
    const char *id, *names;
} messages[] = {
    {"[2,\"1\",\"Heartbeat\",{}]", CALL_ERROR_NONE, "\"1\"", ""},
    {"[2,\"1\",\"Heartbeat\"]", CALL_ERROR_NONE, "\"1\"", ""},
    {"[2,\"1\",\"Heartbeat\",null] \r\n", CALL_ERROR_NONE, "\"1\"", ""},
    {"[2,17,\"Heartbeat\",{\"more\":1}]", CALL_ERROR_NONE, "17", ""},
    {"[2,\"a\\\"b\",\"Heartbeat\",{}]", CALL_ERROR_NONE, "\"a\\\"b\"", ""},
    {"[2,\"123456789012345678901234567890123456\",\"Heartbeat\",{}]", CALL_ERROR_NONE,
     "\"123456789012345678901234567890123456\"", ""},
    {"[2,\"1234567890123456789012345678901234567\",\"Heartbeat\",{}]", CALL_ERROR_FORMATION, "",
     ""},
    {"[2,\"\",\"Heartbeat\",{}]", CALL_ERROR_FORMATION, "", ""},
    {"[2,{},\"Heartbeat\",{}]", CALL_ERROR_FORMATION, "", ""},
    {"[2,\"1\",\"Heartbeat\",[]]", CALL_ERROR_FORMATION, "\"1\"", ""},
    {"[2,\"1\",\"Heartbeat\",\"x\"]", CALL_ERROR_FORMATION, "\"1\"", ""},
    {"[2,\"1\",\"Heartbeat\",{},{}]", CALL_ERROR_FORMATION, "\"1\"", ""},
    {"[2,\"1\",5,{}]", CALL_ERROR_FORMATION, "\"1\"", ""},
    {"[2,\"1\"]", CALL_ERROR_FORMATION, "\"1\"", ""},
    {"[9,\"1\",\"Heartbeat\",{}]", CALL_ERROR_PROTOCOL, "\"1\"", ""},
    {"[\"2\",\"1\",\"Heartbeat\",{}]", CALL_ERROR_FORMATION, "", ""},
    {"{}", CALL_ERROR_FORMATION, "", ""},
    {"", CALL_ERROR_FORMATION, "", ""},
    {"[]", CALL_ERROR_FORMATION, "", ""},
    {"[2,\"1\",\"Heartbeat\",{}", CALL_ERROR_FORMATION, "", ""},
    {"[2,\"1\",\"Heartbeat\",{}]]", CALL_ERROR_FORMATION, "", ""},
    {"[2,\"1\",\"Heartbeat\",{\"a\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}]", CALL_ERROR_FORMATION,
     "", ""},
    {"[2,\"1\",\"Heartbeat\",{\"a\":\"\xff\"}]", CALL_ERROR_FORMATION, "", ""},
    {"[2,\"1\",\"heartbeat\",{}]", CALL_ERROR_NOT_IMPLEMENTED, "\"1\"", ""},
    {"[2,\"1\",\"SetChargingProfile\",{}]", CALL_ERROR_NOT_IMPLEMENTED, "\"1\"", ""},
    {"[3,\"1\",{\"status\":\"Accepted\"}]", CALL_ERROR_NONE, "\"1\"", ""},
    {"[4,\"1\",\"InternalError\",\"\",{}]", CALL_ERROR_NONE, "\"1\"", ""},
    {"[4,\"1\"]", CALL_ERROR_NONE, "\"1\"", ""},
    {STATUS("\"connectorId\":1,\"errorCode\":\"NoError\",\"status\":\"Available\""),
     CALL_ERROR_NONE, "\"1\"", ""},
    {STATUS("\"connectorId\":\" 1 \",\"errorCode\":\"Odd\",\"status\":\"available \""),
     CALL_ERROR_NONE, "\"1\"", ""},
    {STATUS("\"connectorId\":1.5,\"errorCode\":\"NoError\",\"status\":\"Available\""),
     CALL_ERROR_TYPE, "\"1\"", "connectorId"},
    {STATUS("\"connectorId\":true,\"errorCode\":\"NoError\",\"status\":\"Available\""),
     CALL_ERROR_TYPE, "\"1\"", "connectorId"},
    {STATUS("\"errorCode\":\"NoError\",\"status\":\"Available\""), CALL_ERROR_OCCURRENCE, "\"1\"",
     "connectorId"},
    {STATUS("\"connectorId\":1,\"errorCode\":\"NoError\",\"status\":\"Broken\""),
     CALL_ERROR_PROPERTY, "\"1\"", "status"},
    {STATUS("\"connectorId\":1,\"errorCode\":{},\"status\":\"Available\""), CALL_ERROR_TYPE,
     "\"1\"", "errorCode"},
    {STATUS("\"connectorId\":1,\"errorCode\":\"NoError\",\"status\":\"Available\",\"timestamp\":5"),
     CALL_ERROR_TYPE, "\"1\"", "timestamp"},
    {"[2,\"1\",\"Authorize\",{\"idTag\":\"12345678901234567890\"}]", CALL_ERROR_NONE, "\"1\"", ""},
    {"[2,\"1\",\"Authorize\",{\"idTag\":\"123456789012345678901\"}]", CALL_ERROR_PROPERTY, "\"1\"",
     "idTag"},
    {"[2,\"1\",\"Authorize\",{\"idTag\":\"a\\u0000b\"}]", CALL_ERROR_PROPERTY, "\"1\"", "idTag"},
    {"[2,\"1\",\"Authorize\",{\"idTag\":null}]", CALL_ERROR_OCCURRENCE, "\"1\"", "idTag"},
    {START("\"connectorId\":1,\"idTag\":\"A\",\"meterStart\":\"12\",\"timestamp\":\"never\""),
     CALL_ERROR_NONE, "\"1\"", ""},
    {START("\"connectorId\":1,\"idTag\":\"A\",\"meterStart\":[],\"timestamp\":\"\""),
     CALL_ERROR_TYPE, "\"1\"", "meterStart"},
    {VALUES("[{\"timestamp\":\"x\",\"sampledValue\":[{\"value\":\"1\",\"measurand\":\"Odd\"}]}]"),
     CALL_ERROR_NONE, "\"1\"", ""},
    {VALUES("[{\"timestamp\":\"x\",\"sampledValue\":[{}]}]"), CALL_ERROR_OCCURRENCE, "\"1\"",
     "value"},
    {VALUES("[{\"sampledValue\":[]}]"), CALL_ERROR_OCCURRENCE, "\"1\"", "timestamp"},
    {VALUES("[5]"), CALL_ERROR_TYPE, "\"1\"", "meterValue"},
    {VALUES("{}"), CALL_ERROR_TYPE, "\"1\"", "meterValue"},
};
START_TEST(each_message_gets_its_code)
{
    char id[FRAME_ID_CAP], why[FRAME_TEXT_CAP];
    enum call_error code = judge(messages[_i].text, id, why);
    ck_assert_msg(code == messages[_i].code, "%s: %s", messages[_i].text, call_error_text(code));
    ck_assert_str_eq(id, messages[_i].id);
    ck_assert_msg(strncmp(why, messages[_i].names, strlen(messages[_i].names)) == 0, "%s", why);
}
END_TEST

START_TEST(too_many_items)
{
    static char text[8192];
    char id[FRAME_ID_CAP], why[FRAME_TEXT_CAP];
    for (int n = 100; n <= 101; n++) {
        struct buf b = buf_of(text, sizeof text);
        buf_addz(&b, "[2,\"1\",\"MeterValues\",{\"connectorId\":1,\"meterValue\":[");
        for (int i = 0; i < n; i++)
            buf_addz(&b, i ? ",{\"timestamp\":\"\",\"sampledValue\":[]}"
                           : "{\"timestamp\":\"\",\"sampledValue\":[]}");
        buf_addz(&b, "]}]");
        ck_assert(!b.cut);
        ck_assert_int_eq(judge(text, id, why), n == 100 ? CALL_ERROR_NONE : CALL_ERROR_OCCURRENCE);
    }
}
END_TEST

START_TEST(codes_are_spelt_as_in_1_6)
{
    ck_assert_str_eq(call_error_text(CALL_ERROR_OCCURRENCE), "OccurenceConstraintViolation");
    ck_assert_str_eq(call_error_text(CALL_ERROR_FORMATION), "FormationViolation");
    char text[128];
    struct buf b = buf_of(text, sizeof text);
    frame_add_error(&b, "17", &(struct complaint){CALL_ERROR_TYPE, "a \"b\""});
    ck_assert_str_eq(text, "[4,17,\"TypeConstraintViolation\",\"a \\\"b\\\"\",{}]");
    b = buf_of(text, sizeof text);
    frame_add_result(&b, "\"x\"", str_of("{}"));
    ck_assert_str_eq(text, "[3,\"x\",{}]");
}
END_TEST

START_TEST(answers_find_their_call)
{
    static const struct {
        const char *text, *ours;
        bool match;
    } rows[] = {{"[3,\"12\",{}]", "12", true},
                {"[3,12,{}]", "12", true},
                {"[3,\"12 \",{}]", "12", false},
                {"[3,\"1\",{}]", "12", false},
                {"[3,\"12\",{}]", "", false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct wire *w = wire_new();
        struct frame f;
        struct complaint why;
        ck_assert_int_eq(frame_parse(w, str_of(rows[i].text), &f, &why), ERR_OK);
        ck_assert_int_eq(frame_answers(&f, rows[i].ours), rows[i].match);
        frame_fini(&f);
        wire_free(w);
    }
}
END_TEST

START_TEST(fields_of_any_type)
{
    json_object *o = json_tokener_parse("{\"a\":\" x \",\"b\":7,\"c\":\"8\",\"d\":9.0,\"e\":true}");
    ck_assert(str_eq(field_text(o, "a"), "x"));
    ck_assert(str_eq(field_text(o, "b"), "7"));
    ck_assert_int_eq(field_int(o, "b").v, 7);
    ck_assert_int_eq(field_int(o, "c").v, 8);
    ck_assert_int_eq(field_int(o, "d").v, 9);
    ck_assert(!field_int(o, "a").set);
    ck_assert(!field_int(o, "z").set);
    ck_assert(!field_int(NULL, "z").set);
    ck_assert(field_bool(o, "e"));
    ck_assert_uint_eq(field_text(o, "z").len, 0);
    json_object_put(o);
}
END_TEST

static const struct {
    const char *path, *identity; /* NULL: refused */
} paths[] = {
    {"/CP1", "CP1"},
    {"/ocpp/CP1", "CP1"},
    {"/a/b/c/CP1/", "CP1"},
    {"CP1", "CP1"},
    {"/CP 1", "CP 1"},
    {"/CP%31", "CP%31"}, /* decoded once already */
    {"/W\xc3\xa4rme", "W\xc3\xa4rme"},
    {"/123456789012345678901234567890123456789012345678",
     "123456789012345678901234567890123456789012345678"},
    {"/1234567890123456789012345678901234567890123456789", NULL},
    {"/", NULL},
    {"", NULL},
    {"//", NULL},
    {"/a//", NULL},
    {"/CP\n1", NULL},
    {"/CP\x7f", NULL},
    {"/CP\xff", NULL},
};
START_TEST(identity_is_the_last_segment)
{
    char out[IDENTITY_CAP];
    bool ok = identity_from_path(str_of(paths[_i].path), out);
    ck_assert_int_eq(ok, paths[_i].identity != NULL);
    if (ok)
        ck_assert_str_eq(out, paths[_i].identity);
}
END_TEST

START_TEST(passwords)
{
    struct str secret = {"s\0cret", 6};
    ck_assert(secret_equal((struct str){"s\0cret", 6}, secret));
    ck_assert(!secret_equal((struct str){"s\0creT", 6}, secret));
    ck_assert(!secret_equal((struct str){"s\0cre", 5}, secret));
    ck_assert(!secret_equal((struct str){"s\0crets\0cret", 12}, secret));
    ck_assert(!secret_equal(str_of(""), secret));
    ck_assert(!secret_equal(str_of("x"), str_of("")));
}
END_TEST

#define T0 INT64_C(1795168800000) /* 2026-11-20T10:00:00Z */
static const struct {
    const char *text;
    int64_t ms; /* -1: refused */
} times[] = {
    {"2026-11-20T10:00:00Z", T0},
    {"2026-11-20T10:00:00.250Z", T0 + 250},
    {"2026-11-20T10:00:00.1234567Z", T0 + 123},
    {" 2026-11-20t10:00:00z ", T0},
    {"2026-11-20T10:00:00", T0},
    {"2026-11-20 10:00:00", T0},
    {"2026-11-20T11:00:00+01:00", T0},
    {"2026-11-20T09:30:00-0030", T0},
    {"2026-11-20T11:00:00+01", T0},
    {"1970-01-01T00:00:00Z", 0},
    {"2024-02-29T00:00:00Z", INT64_C(1709164800000)},
    {"2100-01-01T00:00:00Z", INT64_C(4102444800000)},
    {"1970-01-01T00:00:00+01:00", -1},
    {"2026-13-20T10:00:00Z", -1},
    {"2026-11-20T24:00:00Z", -1},
    {"2026-11-20T10:00Z", -1},
    {"2026-11-20", -1},
    {"2026-11-20T10:00:00Zx", -1},
    {"2026-11-20T10:00:00+99:00", -1},
    {"", -1},
};
START_TEST(times_are_read)
{
    struct opt_i64 t = iso_time_parse(str_of(times[_i].text));
    ck_assert_int_eq(t.set, times[_i].ms >= 0);
    if (t.set)
        ck_assert_int_eq(t.v, times[_i].ms);
}
END_TEST

START_TEST(times_are_written_without_fraction)
{
    char text[32];
    struct buf b = buf_of(text, sizeof text);
    iso_time_add(&b, (struct wall){T0 + 999});
    ck_assert_str_eq(text, "2026-11-20T10:00:00Z");
    for (int64_t day = 0; day < 80000; day += 7) { /* and every date comes back */
        b = buf_of(text, sizeof text);
        iso_time_add(&b, (struct wall){day * 86400000});
        ck_assert_int_eq(iso_time_parse(str_of(text)).v, day * 86400000);
    }
}
END_TEST

static const struct {
    struct call call;
    const char *text;
} calls[] = {
    {{.action = ACTION_CLEAR_CHARGING_PROFILE}, "[2,\"7\",\"ClearChargingProfile\",{}]"},
    {{.action = ACTION_GET_CONFIGURATION}, "[2,\"7\",\"GetConfiguration\",{}]"},
    {{.action = ACTION_GET_CONFIGURATION, .key = "a\"b"},
     "[2,\"7\",\"GetConfiguration\",{\"key\":[\"a\\\"b\"]}]"},
    {{.action = ACTION_GET_CONFIGURATION, .value = "a,b"},
     "[2,\"7\",\"GetConfiguration\",{\"key\":[\"a\",\"b\"]}]"},
    {{.action = ACTION_CHANGE_CONFIGURATION, .key = "k", .value = "v"},
     "[2,\"7\",\"ChangeConfiguration\",{\"key\":\"k\",\"value\":\"v\"}]"},
    {{.action = ACTION_REMOTE_START, .connector = 2, .tag = "T"},
     "[2,\"7\",\"RemoteStartTransaction\",{\"connectorId\":2,\"idTag\":\"T\"}]"},
    {{.action = ACTION_REMOTE_STOP, .transaction = 9},
     "[2,\"7\",\"RemoteStopTransaction\",{\"transactionId\":9}]"},
    {{.action = ACTION_RESET, .key = "Soft"}, "[2,\"7\",\"Reset\",{\"type\":\"Soft\"}]"},
    {{.action = ACTION_UNLOCK_CONNECTOR, .connector = 1},
     "[2,\"7\",\"UnlockConnector\",{\"connectorId\":1}]"},
    {{.action = ACTION_TRIGGER_MESSAGE, .connector = 1, .key = "StatusNotification"},
     "[2,\"7\",\"TriggerMessage\",{\"requestedMessage\":\"StatusNotification\",\"connectorId\":1}"
     "]"},
    {{.action = ACTION_CHANGE_AVAILABILITY, .connector = 1, .key = "Inoperative"},
     "[2,\"7\",\"ChangeAvailability\",{\"connectorId\":1,\"type\":\"Inoperative\"}]"},
    {{.action = ACTION_SET_CHARGING_PROFILE,
      .limit = {.purpose = PURPOSE_TX_DEFAULT, .ma = 6090},
      .style = {.max_level = 8, .connector = 2, .profile_id = 100, .phases = 3}},
     "[2,\"7\",\"SetChargingProfile\",{\"connectorId\":2,\"csChargingProfiles\":"
     "{\"chargingProfileId\":100,\"stackLevel\":8,\"chargingProfilePurpose\":\"TxDefaultProfile\","
     "\"chargingProfileKind\":\"Absolute\",\"chargingSchedule\":{"
     "\"startSchedule\":\"2026-11-20T09:59:00Z\",\"chargingRateUnit\":\"A\","
     "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":6.0}]}}}]"},
    {{.action = ACTION_SET_CHARGING_PROFILE,
      .limit = {.purpose = PURPOSE_TX_DEFAULT, .variant = 3, .ma = 0},
      .style = {.max_level = 8, .connector = 2, .profile_id = 100, .phases = 3}},
     "[2,\"7\",\"SetChargingProfile\",{\"connectorId\":0,\"csChargingProfiles\":"
     "{\"chargingProfileId\":100,\"stackLevel\":0,\"chargingProfilePurpose\":\"TxDefaultProfile\","
     "\"chargingProfileKind\":\"Relative\",\"chargingSchedule\":{\"chargingRateUnit\":\"A\","
     "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":0.0}]}}}]"},
    {{.action = ACTION_SET_CHARGING_PROFILE,
      .limit = {.purpose = PURPOSE_TX_DEFAULT, .variant = 2, .ma = 16000, .phases = 1},
      .style = {.max_level = 8, .in_watts = true, .phases = 3, .connector = 2, .profile_id = 100}},
     "[2,\"7\",\"SetChargingProfile\",{\"connectorId\":2,\"csChargingProfiles\":"
     "{\"chargingProfileId\":100,\"stackLevel\":0,\"chargingProfilePurpose\":\"TxDefaultProfile\","
     "\"chargingProfileKind\":\"Relative\",\"chargingSchedule\":{\"chargingRateUnit\":\"W\","
     "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":3680.0,\"numberPhases\":1}]}}}]"},
    {{.action = ACTION_SET_CHARGING_PROFILE,
      .limit = {.purpose = PURPOSE_TX,
                .variant = 1,
                .ma = 10999,
                .transaction = 5,
                .duration_ms = 120000},
      .style = {.max_level = 8, .in_watts = true, .phases = 3, .connector = 1, .profile_id = 101}},
     "[2,\"7\",\"SetChargingProfile\",{\"connectorId\":1,\"csChargingProfiles\":"
     "{\"chargingProfileId\":101,\"transactionId\":5,\"stackLevel\":0,"
     "\"chargingProfilePurpose\":\"TxProfile\",\"chargingProfileKind\":\"Absolute\","
     "\"chargingSchedule\":{\"duration\":180,\"startSchedule\":\"2026-11-20T09:59:00Z\","
     "\"chargingRateUnit\":\"W\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":7589.0}]}"
     "}}]"},
};
START_TEST(calls_are_written)
{
    char text[CALL_TEXT_MAX];
    struct buf b = buf_of(text, sizeof text);
    call_encode(&calls[_i].call, "7", (struct wall){T0}, &b);
    ck_assert(!b.cut);
    ck_assert_str_eq(text, calls[_i].text);
}
END_TEST

START_TEST(texts_are_cut_between_characters)
{
    static const struct {
        const char *in, *out; /* into 5 bytes and the NUL */
    } rows[] = {{"abcde", "abcde"},
                {"abcdef", "abcde"},
                {"abcd\xc3\xa4", "abcd"},
                {"abc\xc3\xa4x", "abc\xc3\xa4"},
                {"abcd\xe2\x82\xac", "abcd"},
                {"abc\xe2\x82\xac", "abc"},
                {"ab\xe2\x82\xacx", "ab\xe2\x82\xac"},
                {"ab\xf0\x9f\x98\x80", "ab"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char out[6];
        text_copy(out, sizeof out, str_of(rows[i].in));
        ck_assert_str_eq(out, rows[i].out);
    }
}
END_TEST

TCase *frames_tests(void)
{
    TCase *t = tcase_create("frames");
    tcase_add_loop_test(t, each_message_gets_its_code, 0, (int)COUNT_OF(messages));
    tcase_add_test(t, too_many_items);
    tcase_add_test(t, codes_are_spelt_as_in_1_6);
    tcase_add_test(t, answers_find_their_call);
    tcase_add_test(t, fields_of_any_type);
    tcase_add_loop_test(t, identity_is_the_last_segment, 0, (int)COUNT_OF(paths));
    tcase_add_test(t, passwords);
    tcase_add_test(t, texts_are_cut_between_characters);
    tcase_add_loop_test(t, times_are_read, 0, (int)COUNT_OF(times));
    tcase_add_test(t, times_are_written_without_fraction);
    tcase_add_loop_test(t, calls_are_written, 0, (int)COUNT_OF(calls));
    return t;
}
