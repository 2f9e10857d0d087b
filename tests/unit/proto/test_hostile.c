/* SPDX-License-Identifier: Apache-2.0
 * What a broker may bring: every message with one thing wrong is refused with a line that names the
 * field; random damage never crashes (the test build has ASan and UBSan). */
#include "test_proto.h"

struct row {
    enum message_id m;
    const char *json, *says; /* says NULL: accepted */
};
#define HEAD "\"v\":1,\"ts\":5,\"interval_ms\":1000,\"max_age_ms\":10000"
static const struct row rows[] = {
    {MSG_METER_STATE, "{" HEAD "}", NULL},
    {MSG_METER_STATE, "{" HEAD ",\"power_w\":null,\"unknown\":[1,{}]}", NULL},
    {MSG_METER_STATE, "{" HEAD ",\"power_w\":16.0}", NULL},
    {MSG_METER_STATE, " {" HEAD "} \n", NULL},
    {MSG_METER_STATE, "{" HEAD ",\"power_phase_w\":[1,null,3]}", NULL},
    {MSG_METER_STATE, "", "t: expected"},
    {MSG_METER_STATE, "null", "expected a JSON object, got null"},
    {MSG_METER_STATE, "5", "expected a JSON object, got 5"},
    {MSG_METER_STATE, "[]", "expected a JSON object, got []"},
    {MSG_METER_STATE, "{" HEAD, "expected JSON"},
    {MSG_METER_STATE, "{" HEAD "}x", "expected JSON"},
    {MSG_METER_STATE, "{" HEAD ",}", "expected JSON"},
    {MSG_METER_STATE, "{'v':1}", "field ts: is missing"},
    {MSG_METER_STATE, "{" HEAD ",\"power_w\":\"5\"}",
     "field power_w: expected a whole number -100000000..100000000 W, got \"5\""},
    {MSG_METER_STATE, "{" HEAD ",\"power_w\":1.5}", "field power_w: expected a whole number"},
    {MSG_METER_STATE, "{" HEAD ",\"power_w\":1e99}", "field power_w"},
    {MSG_METER_STATE, "{" HEAD ",\"power_w\":99999999999999999999}", "field power_w"},
    {MSG_METER_STATE, "{" HEAD ",\"power_w\":true}", "field power_w"},
    {MSG_METER_STATE, "{" HEAD ",\"power_w\":[1]}", "field power_w"},
    {MSG_METER_STATE, "{" HEAD ",\"power_phase_w\":[1,2]}",
     "field power_phase_w: expected an array [L1,L2,L3], got [1,2]"},
    {MSG_METER_STATE, "{" HEAD ",\"power_phase_w\":[1,2,\"3\"]}", "field power_phase_w"},
    {MSG_METER_STATE, "{" HEAD ",\"import_wh\":-1}", "field import_wh"},
    {MSG_METER_STATE, "{" HEAD ",\"role\":\"Grid\"}",
     "field role: expected one of grid, producer, consumer, storage_home, storage_all, display, "
     "got \"Grid\""},
    {MSG_METER_STATE, "{" HEAD ",\"faults\":{}}", "field faults: expected an array"},
    {MSG_METER_STATE, "{" HEAD ",\"faults\":[{\"code\":\"x\"}]}",
     "faults[0]: field text: is missing"},
    {MSG_METER_STATE, "{\"v\":2,\"ts\":5,\"interval_ms\":1000,\"max_age_ms\":10000}",
     "field v: expected a whole number 1..1, got 2"},
    {MSG_METER_STATE, "{\"v\":1,\"interval_ms\":1000,\"max_age_ms\":10000}",
     "field ts: is missing"},
    {MSG_METER_STATE, "{\"v\":1,\"ts\":5,\"interval_ms\":0,\"max_age_ms\":10000}",
     "field interval_ms"},
    {MSG_CHARGER_STATE, "{" HEAD ",\"online\":1}", "field online: expected true or false, got 1"},
    {MSG_CHARGER_STATE, "{" HEAD ",\"online\":true,\"id_tag\":\"\\u0000\"}", "field id_tag"},
    {MSG_CHARGER_STATE, "{" HEAD ",\"online\":true,\"id_tag\":\"a\\nb\"}", "field id_tag"},
    {MSG_CHARGER_STATE,
     "{" HEAD ",\"online\":true,\"status\":\"0123456789012345678901234567890123\"}",
     "field status: expected a text of at most 31 bytes"},
    {MSG_CHARGER_STATE, "{" HEAD ",\"online\":true,\"applied\":{}}",
     "applied: field lease: is missing"},
    {MSG_METER_STATE, "{" HEAD ",\"a\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}",
     "expected JSON"},
    {MSG_METER_STATE, "{" HEAD ",\"a\":\"\xff\xfe\"}", "expected JSON"},
    {MSG_METER_STATE, "{" HEAD ",\"power_w\":NaN}", "field power_w"},
};

START_TEST(one_wrong_thing_is_named)
{
    static union any_message out;
    struct err_text why = {""};
    const struct row *r = &rows[_i];
    enum err rc = message_decode(r->m, "t", str_of(r->json), &out, &why);
    if (!r->says) {
        ck_assert_msg(rc == ERR_OK, "%s: %s", r->json, why.s);
        return;
    }
    ck_assert_msg(rc != ERR_OK, "accepted: %s", r->json);
    ck_assert_msg(strncmp(why.s, "t: ", 3) == 0, "no topic in: %s", why.s);
    ck_assert_msg(strstr(why.s, r->says) != NULL, "%s\n said: %s\n not:  %s", r->json, why.s,
                  r->says);
}
END_TEST

START_TEST(every_required_field_is_missed)
{
    static union any_message in, out;
    static char text[PAYLOAD_MAX];
    const struct record *r = message_of((enum message_id)_i)->rec;
    uint64_t seed = 3;
    for (int i = 0; i < r->nfields; i++) {
        if (!r->fields[i].required)
            continue;
        char name[80];
        struct err_text why;
        struct buf b = buf_of(text, sizeof text);
        fill_record(r, (char *)&in, &seed, 0);
        ck_assert_int_eq(record_encode(r, &in, &b), ERR_OK);
        snprintf(name, sizeof name, "\"%s\":", r->fields[i].name);
        char *hit = strstr(text, name);
        ck_assert_ptr_nonnull(hit);
        hit[1] = '#';
        enum err rc = message_decode((enum message_id)_i, "t", str_of(text), &out, &why);
        ck_assert_int_eq(rc, ERR_MISSING);
        ck_assert_ptr_nonnull(strstr(why.s, r->fields[i].name));
    }
}
END_TEST

START_TEST(random_damage_never_crashes)
{
    static union any_message in, out;
    static char text[PAYLOAD_MAX];
    enum message_id m = (enum message_id)_i;
    const struct record *r = message_of(m)->rec;
    uint64_t seed = 11 + (uint64_t)_i;
    int refused = 0;
    for (int n = 0; n < 300; n++) {
        struct buf b = buf_of(text, sizeof text);
        fill_record(r, (char *)&in, &seed, 60);
        ck_assert_int_eq(record_encode(r, &in, &b), ERR_OK);
        for (unsigned k = 0; k < 1 + rnd(&seed) % 4; k++)
            text[rnd(&seed) % b.len] = (char)rnd(&seed);
        size_t len = rnd(&seed) % 3 ? b.len : rnd(&seed) % (b.len + 1);
        struct err_text why;
        enum err rc = message_decode(m, "t", (struct str){text, len}, &out, &why);
        refused += rc != ERR_OK;
        if (rc != ERR_OK)
            ck_assert_msg(str_is_text(str_of(why.s)) || strlen(why.s) >= sizeof why.s - 4,
                          "message is not text: %s", why.s);
    }
    ck_assert_int_gt(refused, 50);
}
END_TEST

TCase *hostile_tests(void)
{
    TCase *tc = tcase_create("hostile");
    tcase_add_loop_test(tc, one_wrong_thing_is_named, 0, COUNT_OF(rows));
    tcase_add_loop_test(tc, every_required_field_is_missed, 0, MSG_COUNT);
    tcase_add_loop_test(tc, random_damage_never_crashes, 0, MSG_COUNT);
    return tc;
}
