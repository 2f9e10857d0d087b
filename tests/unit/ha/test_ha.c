/* SPDX-License-Identifier: Apache-2.0
 * Discovery documents of every class, against Home Assistant's rules and against golden files.
 * WATTBUS_GOLDEN=write makes the files anew. */
#include "proto/ha.h"
#include "rules.h"
#include <check.h>
#include "tests/unit/run.h"

static struct rules rules;
static char text[HA_DOCUMENT_MAX], pretty[HA_DOCUMENT_MAX + 4096];
static struct ha_choice choices[64];

static const char *service_of(enum writer w, const char *id)
{
    static const char *const names[WRITER_COUNT] = {
        [WRITER_OWNER] = "bridge",          [WRITER_CONTROLLER] = "surplus-controller",
        [WRITER_TARIFF] = "tariff-service", [WRITER_PLANNER] = "planner",
        [WRITER_SIGNAL] = "signal-bridge",  [WRITER_ITSELF] = NULL,
        [WRITER_INBOX] = "nobody",
    };
    return names[w] ? names[w] : id;
}

static void offer(const char *cls, const char *field, struct ha_choice c)
{
    for (int i = 0; i < override_rows_n; i++)
        if (strcmp(override_rows[i].cls, cls) == 0 && strcmp(override_rows[i].field, field) == 0)
            choices[i] = c;
}

static void offer_all(void)
{
    uint32_t modes =
        1u << CHARGE_MODE_LOCK | 1u << CHARGE_MODE_POWER | 1u << CHARGE_MODE_SOLAR_PURE;
    static const char *const plain[] = {"start_power", "use_house_battery", "target_time", "week",
                                        "vehicle"};
    struct ha_choice number = {.offered = true, .lo = 0, .hi = 1000, .step = 10};
    ck_assert_uint_ge(COUNT_OF(choices), (size_t)override_rows_n);
    offer("charger", "mode", (struct ha_choice){.offered = true, .values = modes});
    offer("charger", "max_current",
          (struct ha_choice){
              .offered = true, .lo = 0, .hi = 16000, .step = 1000, .hi_is_default = true});
    offer("charger", "min_current",
          (struct ha_choice){.offered = true, .lo = 6000, .hi = 16000, .step = 500});
    offer("charger", "phases", (struct ha_choice){.offered = true, .values = UINT32_MAX});
    offer("charger", "priority", (struct ha_choice){.offered = true, .lo = 1, .hi = 99, .step = 1});
    offer("charger", "solar_share", number);
    number.lo_is_none = true;
    offer("charger", "target_soc", number);
    number.step = 100;
    number.hi = 1000000;
    offer("charger", "target_energy", number);
    for (size_t i = 0; i < COUNT_OF(plain); i++)
        offer("charger", plain[i], (struct ha_choice){.offered = true});
    uint32_t battery = 1u << BATTERY_MODE_NORMAL | 1u << BATTERY_MODE_HOLD |
                       1u << BATTERY_MODE_CHARGE | 1u << BATTERY_MODE_LIMIT;
    struct ha_choice power = {.offered = true, .lo = 0, .hi = 5000, .step = 100};
    struct ha_choice soc = {.offered = true, .lo = 50, .hi = 1000, .step = 10};
    offer("battery", "mode", (struct ha_choice){.offered = true, .values = battery});
    offer("battery", "charge_power", power);
    offer("battery", "discharge_power", power);
    offer("battery", "min_soc", soc);
    offer("battery", "max_soc", soc);
    offer("battery", "first_until_soc", soc);
    uint32_t load = 1u << LOAD_MODE_OFF | 1u << LOAD_MODE_ON | 1u << LOAD_MODE_SOLAR;
    offer("load", "mode", (struct ha_choice){.offered = true, .values = load});
    offer("load", "power",
          (struct ha_choice){
              .offered = true, .lo = 0, .hi = 3000, .step = 100, .hi_is_default = true});
    offer("load", "priority", (struct ha_choice){.offered = true, .lo = 1, .hi = 99, .step = 1});
}

/* The device of class `cls` as the writer w of its messages tells it, with every field seen. */
static struct ha_device device_of(const char *cls, enum writer w, const char *id)
{
    struct ha_device d = {.site = "home", .cls = cls, .id = id, .currency = "EUR"};
    d.service = service_of(w, id);
    for (int m = 0; m < MSG_COUNT; m++) {
        char c[HA_CLASS_CAP];
        if (!ha_class_of((enum message_id)m, c) || strcmp(c, cls) != 0 ||
            message_of((enum message_id)m)->writer != w || !ha_is_shown((enum message_id)m))
            continue;
        ck_assert_int_lt(d.shown_n, HA_MESSAGES);
        d.shown[d.shown_n++] = (struct ha_shown){(enum message_id)m, UINT64_MAX, 10000};
    }
    return d;
}

static const char *document(const struct ha_device *d)
{
    struct buf b = buf_of(text, sizeof text);
    ck_assert_int_eq(ha_document(d, choices, &b), ERR_OK);
    return text;
}

/* One entity per line, so that a change can be read. */
static void make_pretty(void)
{
    struct buf b = buf_of(pretty, sizeof pretty);
    for (const char *p = text; *p; p++) {
        buf_add(&b, (struct str){p, 1});
        if (p > text && p[-1] == '}' && p[0] == ',')
            buf_addz(&b, "\n");
    }
    buf_addz(&b, "\n");
    ck_assert(!b.cut);
}

static void golden(const struct ha_device *d)
{
    static char want[sizeof pretty];
    char path[512];
    const char *root = getenv("WATTBUS_SOURCE"), *mode = getenv("WATTBUS_GOLDEN");
    snprintf(path, sizeof path, "%s/tests/unit/ha/golden/%s__%s.json", root ? root : ".", d->cls,
             d->service);
    make_pretty();
    if (mode && strcmp(mode, "write") == 0) {
        FILE *f = fopen(path, "we");
        ck_assert_ptr_nonnull(f);
        fputs(pretty, f);
        fclose(f);
    }
    FILE *f = fopen(path, "re");
    ck_assert_msg(f != NULL, "%s is missing", path);
    want[fread(want, 1, sizeof want - 1, f)] = '\0';
    fclose(f);
    ck_assert_msg(strcmp(want, pretty) == 0, "%s differs from\n%s", path, pretty);
}

START_TEST(every_class_is_accepted)
{
    int documents = 0;
    rules.n = 0;
    offer_all();
    for (int m = 0; m < MSG_COUNT; m++) {
        enum writer w = message_of((enum message_id)m)->writer;
        char cls[HA_CLASS_CAP];
        if (!ha_is_shown((enum message_id)m) || !ha_class_of((enum message_id)m, cls))
            continue;
        struct ha_device d = device_of(cls, w, "garage-1");
        if (d.shown[0].msg != (enum message_id)m)
            continue; /* written with the first message of the class */
        d.describes =
            w != WRITER_CONTROLLER || (strcmp(cls, "charger") != 0 && strcmp(cls, "battery") != 0 &&
                                       strcmp(cls, "inverter") != 0);
        str_copyz(d.vendor, sizeof d.vendor, "Maker \"A\"");
        str_copyz(d.name, sizeof d.name, documents % 2 ? "Name" : "");
        struct err_text e = rules_check(&rules, ha_topic(&d).s, document(&d));
        ck_assert_msg(!e.s[0], "%s: %s\n%s", ha_topic(&d).s, e.s, text);
        golden(&d);
        documents++;
    }
    ck_assert_int_ge(documents, 17);
}
END_TEST

/* Every topic of a document is one of ours. */
static void topics_of(const char *key, int *messages, int *overrides)
{
    char quoted[40];
    snprintf(quoted, sizeof quoted, "\"%s\":\"", key);
    for (const char *p = text; (p = strstr(p, quoted)) != NULL;) {
        p += strlen(quoted);
        struct topic_match m;
        struct str t = {p, strcspn(p, "\"")};
        ck_assert_msg(topic_parse("home", t, &m), "%.*s", STR_ARG(t));
        *messages += m.msg != MSG_COUNT;
        *overrides += m.override >= 0;
    }
}
START_TEST(topics_are_of_the_contract)
{
    int messages = 0, overrides = 0;
    offer_all();
    struct ha_device d = device_of("charger", WRITER_CONTROLLER, "garage");
    document(&d);
    topics_of("state_topic", &messages, &overrides);
    ck_assert_int_ge(messages, 10);
    ck_assert_int_eq(overrides, 0);
    messages = 0;
    topics_of("command_topic", &messages, &overrides);
    ck_assert_int_eq(messages, 0);
    ck_assert_int_eq(overrides, 13);
    topics_of("topic", &messages, &overrides);
    ck_assert_int_eq(messages, 1);
    d = device_of("charger", WRITER_OWNER, "garage");
    document(&d);
    messages = 0;
    topics_of("topic", &messages, &overrides);
    ck_assert_int_eq(messages,
                     3); /* service and box; the connection itself needs only the service */
}
END_TEST

START_TEST(only_what_was_seen)
{
    struct meter_state s = {.power_w = SOME_I32(0), .import_wh = SOME_I64(5)};
    phase_put(&s.current_phase_ma, 1, 0);
    struct ha_device d = device_of("meter", WRITER_OWNER, "grid");
    d.shown[0].seen = ha_seen(MSG_METER_STATE, &s);
    document(&d);
    static const char *const in[] = {"_power_w\"", "_current_phase_ma_l2\"", "_import_wh\""};
    static const char *const out[] = {"_power_phase_w_l1\"", "_current_phase_ma_l1\"",
                                      "_export_wh\"", "_frequency_mhz\""};
    for (size_t i = 0; i < COUNT_OF(in); i++)
        ck_assert_ptr_nonnull(strstr(text, in[i]));
    for (size_t i = 0; i < COUNT_OF(out); i++)
        ck_assert_ptr_null(strstr(text, out[i]));
    d.shown[0].seen = 0;
    struct buf b = buf_of(text, sizeof text);
    ck_assert_int_eq(ha_document(&d, NULL, &b), ERR_MISSING);
    b = buf_of(text, 300);
    d.shown[0].seen = UINT64_MAX;
    ck_assert_int_eq(ha_document(&d, NULL, &b), ERR_FULL);
}
END_TEST

START_TEST(without_choices_all_is_read_only)
{
    struct ha_device d = device_of("charger", WRITER_CONTROLLER, "garage");
    struct buf b = buf_of(text, sizeof text);
    ck_assert_int_eq(ha_document(&d, NULL, &b), ERR_OK);
    ck_assert_ptr_null(strstr(text, "command_topic"));
    ck_assert_ptr_nonnull(
        strstr(text, "\"default_entity_id\":\"sensor.home_charger_garage_mode\""));
}
END_TEST

START_TEST(only_offered_modes)
{
    offer_all();
    struct ha_device d = device_of("charger", WRITER_CONTROLLER, "garage");
    document(&d);
    ck_assert_ptr_nonnull(strstr(text, "\"options\":[\"lock\",\"power\",\"solar_pure\",\"auto\"]"));
    ck_assert_ptr_nonnull(strstr(text, "\"options\":[\"3\",\"1\",\"auto\"]"));
    /* Offered although nothing was set yet; 0 is none. */
    d.shown[0].seen = 0;
    document(&d);
    ck_assert_ptr_nonnull(strstr(text, "default(none) %}{{ 0 if v is none else v / 1000 }}"));
    ck_assert_ptr_nonnull(strstr(text, "{{ '' if v is none else v[:255] }}"));
    ck_assert_ptr_null(strstr(text, "_use_house_battery"));
    d = device_of("charger", WRITER_CONTROLLER, "garage");
    document(&d);
    ck_assert_ptr_nonnull(strstr(text, "\"min\":6,\"max\":16,\"step\":0.5"));
}
END_TEST

START_TEST(keys_and_slots)
{
    for (int m = 0; m < MSG_COUNT; m++) {
        char key[HA_KEY_CAP], other[HA_KEY_CAP];
        ck_assert(!ha_key((enum message_id)m, HA_SLOTS, key));
        for (int i = 0; ha_key((enum message_id)m, i, key); i++)
            for (int j = 0; j < i; j++) {
                ck_assert(ha_key((enum message_id)m, j, other));
                ck_assert_str_ne(key, other);
            }
    }
    ck_assert(!ha_is_shown(MSG_CHARGER_SETPOINT) && !ha_is_shown(MSG_CHARGER_SESSION));
    ck_assert(!ha_is_shown(MSG_SERVICE_MARKER) && ha_is_shown(MSG_SERVICE_STATUS));
    char cls[HA_CLASS_CAP];
    ck_assert(ha_class_of(MSG_GRID_LIMIT, cls));
    ck_assert_str_eq(cls, "grid_limit");
    ck_assert(!ha_class_of(MSG_CHARGER_SESSION, cls));
    struct charger_state s = {.max_age_ms = 60000};
    ck_assert_int_eq(ha_max_age_ms(MSG_CHARGER_STATE, &s), 60000);
    struct charger_control c = {.v = 1};
    ck_assert_int_eq(ha_max_age_ms(MSG_CHARGER_CONTROL, &c), 0);
}
END_TEST

/* The rules themselves must be able to say no. */
START_TEST(rules_refuse)
{
    static const struct {
        const char *from, *to, *says;
    } rows[] = {
        {"\"origin\"", "\"orgin\"", "root: unknown key orgin"},
        {"\"unique_id\"", "\"unique\"", "unknown key unique"},
        {"\"platform\":\"sensor\"", "\"platform\":\"sensr\"", "platform"},
        {"\"W\"", "\"w\"", "do not fit"},
        {"\"power\"", "\"energy\"", "do not fit"},
        {"total_increasing", "measurement", "do not fit"},
        {"\"identifiers\"", "\"ids\"", "unknown key ids"},
        {"\"Power\"", "\"Frequency\"", "used twice"},
        {"{{ none if", "{ none if", "braces"},
        {"sensor.home", "sensor-home", "default_entity_id"},
    };
    struct ha_device d = device_of("meter", WRITER_OWNER, "grid");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        static char changed[HA_DOCUMENT_MAX];
        document(&d);
        char *at = strstr(text, rows[i].from);
        ck_assert_msg(at != NULL, "%s", rows[i].from);
        snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, rows[i].to,
                 at + strlen(rows[i].from));
        rules.n = 0;
        struct err_text e = rules_check(&rules, ha_topic(&d).s, changed);
        ck_assert_msg(strstr(e.s, rows[i].says) != NULL, "%s -> %s: \"%s\"", rows[i].from,
                      rows[i].to, e.s);
    }
    rules.n = 0;
    ck_assert(rules_check(&rules, "homeassistant/device/a b/config", document(&d)).s[0]);
    rules.n = 0;
    ck_assert(!rules_check(&rules, ha_topic(&d).s, document(&d)).s[0]);
    ck_assert(rules_check(&rules, ha_topic(&d).s, document(&d)).s[0]); /* the same ids again */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ha");
    TCase *t = tcase_create("ha");
    tcase_add_test(t, every_class_is_accepted);
    tcase_add_test(t, topics_are_of_the_contract);
    tcase_add_test(t, only_what_was_seen);
    tcase_add_test(t, without_choices_all_is_read_only);
    tcase_add_test(t, only_offered_modes);
    tcase_add_test(t, keys_and_slots);
    tcase_add_test(t, rules_refuse);
    suite_add_tcase(s, t);
    return run_suite(s);
}
