/* SPDX-License-Identifier: Apache-2.0
 * Topics, overrides, and the committed documents. */
#include "test_proto.h"
#include "tests/unit/run.h"

START_TEST(topics_are_made_and_read_back)
{
    enum message_id m = (enum message_id)_i;
    struct topic_match got;
    bool two = strchr(strchr(message_of(m)->path, '+') + 1, '+') != NULL;
    struct topic t = topic_format("home", m, "garage-1", two ? "7" : NULL);
    ck_assert(topic_parse("home", str_of(t.s), &got));
    ck_assert_int_eq(got.msg, m);
    ck_assert_str_eq(got.id, "garage-1");
    ck_assert_str_eq(got.leaf, two ? "7" : "");
    ck_assert(!topic_parse("other", str_of(t.s), &got));
}
END_TEST

START_TEST(foreign_topics_match_nothing)
{
    static const char *const bad[] = {
        "",
        "wattbus",
        "wattbus/home",
        "wattbus/home/",
        "wattbus/home/meter/grid",
        "wattbus/home/meter/grid/state/",
        "wattbus/home/meter/grid/state/x",
        "wattbus/home/meter//state",
        "wattbus/home/meter/GRID/state",
        "wattbus/home/meter/+/state",
        "wattbus/home/meter/#",
        "wattbus/home/meter/a b/state",
        "wattbus/home/meter/123456789012345678901234567890123/state",
        "wattbus/home/charger/a/override/",
        "wattbus/home/charger/a/override/nonsense",
        "wattbus/home/charger/a/override/mode/x",
        "other/home/meter/grid/state",
    };
    struct topic_match got;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        ck_assert_msg(!topic_parse("home", str_of(bad[i]), &got), "matched: %s", bad[i]);
        ck_assert_int_eq(got.msg, MSG_COUNT);
        ck_assert_int_eq(got.override, -1);
    }
}
END_TEST

static int row_of(const char *cls, const char *field)
{
    for (int i = 0; i < override_rows_n; i++)
        if (strcmp(override_rows[i].cls, cls) == 0 && strcmp(override_rows[i].field, field) == 0)
            return i;
    return -1;
}

struct ov {
    const char *field, *payload;
    enum err rc;
    bool clear;
    int32_t value;
    int64_t until;
    bool unplugged;
    const char *text;
};
static const struct ov ovs[] = {
    {"mode", "solar_pure", ERR_OK, .value = CHARGE_MODE_SOLAR_PURE},
    {"mode", " lock\n", ERR_OK, .value = CHARGE_MODE_LOCK},
    {"mode", "\"power\"", ERR_OK, .value = CHARGE_MODE_POWER},
    {"mode", "", ERR_OK, .clear = true},
    {"mode", "auto", ERR_OK, .clear = true},
    {"mode", "Solar", ERR_RANGE},
    {"mode", "null", ERR_RANGE},
    {"mode", "\xff\xfe", ERR_RANGE},
    {"mode", "1", ERR_RANGE},
    {"mode", "{\"value\":\"lock\",\"until\":\"unplugged\"}", ERR_OK, .value = CHARGE_MODE_LOCK,
     .unplugged = true},
    {"mode", "{\"value\":\"lock\",\"until\":\"2026-11-20T18:00:00+01:00\"}", ERR_OK,
     .value = CHARGE_MODE_LOCK, .until = 1795194000000 - 0},
    {"mode", "{\"value\":\"lock\",\"until\":1795194000000}", ERR_OK, .value = CHARGE_MODE_LOCK,
     .until = 1795194000000},
    {"mode", "{\"value\":\"lock\",\"until\":\"tomorrow\"}", ERR_RANGE},
    {"mode", "{\"until\":5}", ERR_MISSING},
    {"mode", "{}", ERR_MISSING},
    {"phases", "3", ERR_OK, .value = PHASE_USE_THREE},
    {"phases", "\"1\"", ERR_OK, .value = PHASE_USE_ONE},
    {"phases", "{\"value\":1}", ERR_OK, .value = PHASE_USE_ONE},
    {"phases", "auto", ERR_OK, .value = PHASE_USE_AUTO}, /* a value, not the end */
    {"phases", "", ERR_OK, .clear = true},
    {"phases", "2", ERR_RANGE},
    {"phases", "3.0", ERR_RANGE},
    {"phases", "[3]", ERR_RANGE},
    {"mode", "1", ERR_RANGE},
    {"use_house_battery", "true", ERR_OK, .value = 1},
    {"use_house_battery", "OFF", ERR_OK, .value = 0},
    {"use_house_battery", "{\"value\":false,\"until\":\"unplugged\"}", ERR_OK, .unplugged = true},
    {"use_house_battery", "1", ERR_OK, .value = 1},
    {"use_house_battery", "yes", ERR_RANGE},
    {"use_house_battery", "{}", ERR_MISSING},
    {"target_time", "07:00", ERR_OK, .text = "07:00"},
    {"target_time", " \"07:00\" ", ERR_OK, .text = "07:00"},
    {"target_time", "{\"value\":\"07:00\",\"until\":5}", ERR_OK, .until = 5, .text = "07:00"},
    {"target_time", "12", ERR_OK, .text = "12"}, /* a text; what it means is another's matter */
    {"target_time", "{\"value\":12}", ERR_OK, .text = "12"},
    {"target_time", "auto", ERR_OK, .clear = true},
    {"target_time", "[1]", ERR_RANGE},
    {"target_time", "{\"value\":[1]}", ERR_RANGE},
    {"target_time", "a\tb", ERR_RANGE},
    {"target_time", "1234567890123456789012345678901234567890", ERR_RANGE},
    {"max_current", "8000", ERR_OK, .value = 8000},
    {"max_current", "8000.0", ERR_OK, .value = 8000},
    {"max_current", "0", ERR_OK, .value = 0},
    {"max_current", "-1", ERR_RANGE},
    {"max_current", "8000.5", ERR_RANGE},
    {"max_current", "1e99", ERR_RANGE},
    {"max_current", "0x10", ERR_RANGE},
    {"max_current", "+5", ERR_RANGE},
    {"max_current", "6 A", ERR_RANGE},
    {"max_current", "on", ERR_RANGE},
    {"max_current", "true", ERR_RANGE},
    {"max_current", "[8000]", ERR_RANGE},
};

START_TEST(overrides_are_scalars_or_objects)
{
    const struct ov *o = &ovs[_i];
    struct override got;
    struct err_text why = {""};
    enum err rc = override_decode(row_of("charger", o->field), "t", str_of(o->payload), &got, &why);
    ck_assert_msg(rc == o->rc, "%s: %d %s", o->payload, (int)rc, why.s);
    if (rc != ERR_OK) {
        ck_assert_msg(strncmp(why.s, "t: field ", 9) == 0, "%s", why.s);
        return;
    }
    ck_assert_int_eq(got.clear, o->clear);
    ck_assert_int_eq(got.value, o->value);
    ck_assert_int_eq(got.until_ms.v, o->until);
    ck_assert_int_eq(got.until_unplugged, o->unplugged);
    ck_assert_str_eq(got.text, o->text ? o->text : "");
}
END_TEST

static char made[DOCUMENT_MAX], there[DOCUMENT_MAX];

static void check_file(const char *rel, const struct buf *b)
{
    char path[512];
    const char *root = getenv("WATTBUS_SOURCE");
    ck_assert_msg(root != NULL, "WATTBUS_SOURCE is not set");
    snprintf(path, sizeof path, "%s/%s", root, rel);
    FILE *f = fopen(path, "re");
    ck_assert_msg(f != NULL, "%s is missing: run the target `generate`", path);
    size_t n = fread(there, 1, sizeof there - 1, f);
    fclose(f);
    there[n] = '\0';
    ck_assert_msg(!b->cut, "%s does not fit", rel);
    ck_assert_msg(n == b->len && memcmp(there, b->p, n) == 0,
                  "%s has drifted from proto/rows.h: run the target `generate`", rel);
}

START_TEST(committed_documents_are_those_of_the_rows)
{
    for (int i = 0; i < MSG_COUNT; i++) {
        char rel[96];
        struct buf b = buf_of(made, sizeof made);
        const struct message *m = message_of((enum message_id)i);
        schema_write(m, &b);
        snprintf(rel, sizeof rel, "proto/schema/%s.json", m->name);
        check_file(rel, &b);
    }
    struct buf b = buf_of(made, sizeof made);
    mqtt_doc_write(&b);
    check_file("docs/mqtt.md", &b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("proto");
    TCase *tc = tcase_create("topics");
    tcase_add_loop_test(tc, topics_are_made_and_read_back, 0, MSG_COUNT);
    tcase_add_test(tc, foreign_topics_match_nothing);
    tcase_add_loop_test(tc, overrides_are_scalars_or_objects, 0, COUNT_OF(ovs));
    tcase_add_test(tc, committed_documents_are_those_of_the_rows);
    suite_add_tcase(s, tc);
    suite_add_tcase(s, roundtrip_tests());
    suite_add_tcase(s, hostile_tests());
    return run_suite(s);
}
