/* SPDX-License-Identifier: Apache-2.0
 * Names in expressions: what they stand for, and what they read from a message. */
#include "libcommon/site/names.h"
#include <check.h>
#include "tests/unit/run.h"

static struct site site;
static struct site_meters meters[2];
static struct site_chargers chargers[1];
static struct site_tariffs tariffs[1];
static struct site_variables variables[2];

static void setup(void)
{
    memset(&site, 0, sizeof site);
    str_copyz(site.general.site, ID_CAP, "villa");
    str_copyz(meters[0].id, ID_CAP, "grid");
    str_copyz(meters[1].id, ID_CAP, "sub-1");
    str_copyz(chargers[0].id, ID_CAP, "garage");
    str_copyz(tariffs[0].id, ID_CAP, "provider");
    tariffs[0].conf.kind = TARIFF_KIND_IMPORT;
    str_copyz(variables[0].id, ID_CAP, "one");
    str_copyz(variables[1].id, ID_CAP, "two");
    site.meters = meters;
    site.meters_n = 2;
    site.chargers = chargers;
    site.tariffs = tariffs;
    site.variables = variables;
    site.chargers_n = site.tariffs_n = 1;
    site.variables_n = 2;
}
static struct site_name find(const char *name)
{
    struct site_name n;
    struct err_text why = {""};
    ck_assert_msg(site_name_find(&site, str_of(name), -1, &n, &why) == ERR_OK, "%s: %s", name,
                  why.s);
    return n;
}

START_TEST(names_lead_to_messages_and_fields)
{
    static const struct {
        const char *name;
        enum message_id msg;
        const char *id, *field;
    } rows[] = {
        {"meter.grid.power_w", MSG_METER_STATE, "grid", "power_w"},
        {"meter.sub-1.import_wh", MSG_METER_STATE, "sub-1", "import_wh"},
        {"meter.derived_surplus.power_w", MSG_METER_STATE, "derived_surplus", "power_w"},
        {"meter.grid.state.power_w", MSG_METER_STATE, "grid", "power_w"},
        {"meter.grid.current_phase_ma.l2", MSG_METER_STATE, "grid", "current_phase_ma"},
        {"charger.garage.power_w", MSG_CHARGER_STATE, "garage", "power_w"},
        {"charger.garage.current_ma", MSG_CHARGER_CONTROL, "garage", "current_ma"},
        {"charger.garage.connector", MSG_CHARGER_INFO, "garage", "connector"},
        {"charger.garage.setpoint.current_ma", MSG_CHARGER_SETPOINT, "garage", "current_ma"},
        {"charger.garage.applied.current_ma", MSG_CHARGER_STATE, "garage", "current_ma"},
        {"charger.garage.evse_state.C", MSG_CHARGER_STATE, "garage", "evse_state"},
        {"site.surplus_w", MSG_SITE_STATE, "villa", "surplus_w"},
        {"site.state.surplus_w", MSG_SITE_STATE, "villa", "surplus_w"},
        {"site.grid_meter.frozen", MSG_SITE_STATE, "villa", "grid_meter"},
        {"tariff.import.now_micro", MSG_TARIFF_STATE, "provider", "now_micro"},
        {"tariff.provider.now_micro", MSG_TARIFF_STATE, "provider", "now_micro"},
        {"grid.limit.eebus.consume_w", MSG_GRID_LIMIT, "eebus", "consume_w"},
        {"service.tariff-service.online", MSG_SERVICE_STATUS, "tariff-service", "online"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct site_name n = find(rows[i].name);
        ck_assert_int_eq(n.kind, NAME_FIELD);
        ck_assert_msg(n.msg == rows[i].msg, "%s", rows[i].name);
        ck_assert_str_eq(n.id, rows[i].id);
        ck_assert_str_eq(n.fields[n.nfields - 1]->name, rows[i].field);
    }
    ck_assert_int_eq(find("variable.two").kind, NAME_VARIABLE);
    ck_assert_int_eq(find("variable.two").item, 1);
    ck_assert_int_eq(find("time.weekday").kind, NAME_TIME);
    struct site_name a = find("meter.grid.current_phase_ma.l1");
    struct site_name b = find("meter.grid.current_phase_ma.l2");
    struct site_name c = find("meter.grid.state.current_phase_ma.l2");
    ck_assert(!site_name_same(&a, &b) && site_name_same(&b, &c));
}
END_TEST

START_TEST(wrong_names_say_what_is_wrong)
{
    static const struct {
        const char *name, *why;
    } rows[] = {
        {"power", "expected a class (meter, battery, charger, circuit, site, variable, time …), an "
                  "id and a field, got \"power\""},
        {"meter", "expected a class (meter, battery, charger, circuit, site, variable, time …), an "
                  "id and a field, got \"meter\""},
        {"meter.grid", "expected the name of a field at its end"},
        {"meter.grid.", "expected a name such as meter.grid.power_w, got \"meter.grid.\""},
        {"meter..power_w", "expected a name such as meter.grid.power_w, got \"meter..power_w\""},
        {"meter.gird.power_w", "meter gird is not under meters"},
        {"meter.grid.power", "meter has no field \"power\"; docs/mqtt.md lists them"},
        {"meter.grid.power_w.l1", "power_w: nothing may follow it, got .l1"},
        {"meter.grid.current_phase_ma", "current_phase_ma: expected .l1, .l2 or .l3 behind it"},
        {"meter.grid.current_phase_ma.l4", "current_phase_ma: expected .l1, .l2 or .l3 behind it"},
        {"meter.grid.current_phase_ma.each",
         "current_phase_ma: expected .l1, .l2 or .l3 behind it"},
        {"meter.grid.current_phase_ma.l1.l1", "current_phase_ma: nothing may follow it, got .l1"},
        {"charger.garage.evse_state",
         "evse_state: expected one of its words behind it, such as .A"},
        {"charger.garage.status", "status is no number"},
        {"charger.garage.faults", "faults is no number"},
        {"charger.garage.applied", "expected the name of a field at its end"},
        {"charger.garage.request.expires",
         "charger has no field \"expires\"; docs/mqtt.md lists them"},
        {"tariff.export.now_micro", "tariff export is not under tariffs"},
        {"grid.limit.EEBUS.consume_w", "expected an id behind grid."},
        {"time.hours", "there is no time.hours; did you mean time.hour"},
        {"time.zzzzz", "there is no time.zzzzz"},
        {"variable.three", "variable three is not under variables"},
        {"a.b.c.d.e.f.g.h", "expected a name such as meter.grid.power_w, got \"a.b.c.d.e.f.g.h\""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct site_name n;
        struct err_text why = {""};
        ck_assert_msg(site_name_find(&site, str_of(rows[i].name), -1, &n, &why) != ERR_OK, "%s",
                      rows[i].name);
        ck_assert_str_eq(why.s, rows[i].why);
    }
}
END_TEST

START_TEST(each_stands_for_one_phase)
{
    struct site_name n;
    struct err_text why;
    struct str name = str_of("meter.grid.current_phase_ma.each");
    for (int p = 0; p < PHASES; p++) {
        ck_assert_int_eq(site_name_find(&site, name, p, &n, &why), ERR_OK);
        ck_assert_int_eq(n.part, p);
    }
}
END_TEST

static void reads(const char *name, const void *body, bool known, double v)
{
    struct site_name n = find(name);
    struct expr_value x = site_name_read(&n, body);
    ck_assert_msg(x.known == known && (!known || x.v == v), "%s gave %d %g", name, x.known, x.v);
}
START_TEST(values_are_read_or_unknown)
{
    struct meter_state m = {.interval_ms = 1000, .power_w = SOME_I32(-250)};
    phase_put(&m.current_phase_ma, 1, 4000);
    m.import_wh = SOME_I64(5000000000);
    reads("meter.grid.power_w", &m, true, -250);
    reads("meter.grid.interval_ms", &m, true, 1000);
    reads("meter.grid.current_phase_ma.l2", &m, true, 4000);
    reads("meter.grid.current_phase_ma.l1", &m, false, 0);
    reads("meter.grid.import_wh", &m, true, 5e9);
    reads("meter.grid.export_wh", &m, false, 0);
    struct charger_state c = {.online = true, .evse_state = EVSE_STATE_C};
    c.applied.current_ma = SOME_I32(16000);
    reads("charger.garage.online", &c, true, 1);
    reads("charger.garage.evse_state.C", &c, true, 1);
    reads("charger.garage.evse_state.A", &c, true, 0);
    reads("charger.garage.applied.current_ma", &c, false, 0); /* the record is not there */
    c.applied_set = true;
    reads("charger.garage.applied.current_ma", &c, true, 16000);
    c.evse_state = EVSE_STATE_UNSET;
    reads("charger.garage.evse_state.A", &c, false, 0);
    struct site_state s = {.blind = SOME_BOOL(true)};
    reads("site.blind", &s, true, 1);
    reads("site.config_agreed", &s, false, 0);
}
END_TEST

/* Every number of every message can be named, or the list of what can't is complete. */
START_TEST(every_field_of_the_bus_has_a_name)
{
    int named = 0;
    for (int m = 0; m < MSG_COUNT; m++) {
        const struct message *msg = message_of((enum message_id)m);
        const char *plus = strchr(msg->path, '+');
        if (msg->writer == WRITER_INBOX || strstr(msg->path, "marker") || strchr(plus + 1, '+'))
            continue;
        for (int f = 0; f < msg->rec->nfields; f++) {
            const struct field *field = &msg->rec->fields[f];
            char name[160];
            struct buf b = buf_of(name, sizeof name);
            struct site_name n;
            struct err_text why;
            const char *id = "x";
            if (field->kind == KIND_STR || field->kind == KIND_LIST || field->kind == KIND_IDS ||
                field->kind == KIND_REC)
                continue;
            if (strncmp(msg->path, "meter/", 6) == 0)
                id = "grid";
            else if (strncmp(msg->path, "charger/", 8) == 0)
                id = "garage";
            else if (strncmp(msg->path, "tariff/", 7) == 0)
                id = "provider";
            else if (strncmp(msg->path, "output/", 7) && strncmp(msg->path, "forecast/", 9) &&
                     strncmp(msg->path, "plan/", 5) && strncmp(msg->path, "service/", 8) &&
                     strncmp(msg->path, "grid/", 5) && strncmp(msg->path, "site/", 5))
                continue; /* this site has none of them */
            for (const char *p = msg->path; *p; p++) {
                if (*p == '+' && strncmp(msg->path, "site/", 5) == 0)
                    p++;
                else if (*p == '+')
                    buf_addz(&b, id);
                else
                    buf_addf(&b, "%c", *p == '/' ? '.' : *p);
            }
            buf_addf(&b, ".%s%s%s", field->name, field->kind == KIND_PHASES ? ".l1" : "",
                     field->kind == KIND_ENUM ? "." : "");
            if (field->kind == KIND_ENUM)
                buf_addz(&b, field->en->texts[1]);
            enum err e = site_name_find(&site, str_of(name), -1, &n, &why);
            ck_assert_msg(e == ERR_OK, "%s: %s", name, why.s);
            ck_assert_msg(n.msg == (enum message_id)m && n.fields[0] == field, "%s", name);
            named++;
        }
    }
    ck_assert_int_gt(named, 100);
}
END_TEST

START_TEST(times_are_local)
{
    struct civil c = {.year = 2026, .month = 3, .day = 29, .hour = 3, .minute = 5, .weekday = 6};
    static const double want[SITE_TIME_COUNT] = {3, 5, 185, 7, 29, 3, 2026};
    for (int i = 0; i < SITE_TIME_COUNT; i++)
        ck_assert_double_eq(site_time_value((enum site_time)i, c), want[i]);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("names");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, names_lead_to_messages_and_fields);
    tcase_add_test(t, wrong_names_say_what_is_wrong);
    tcase_add_test(t, each_stands_for_one_phase);
    tcase_add_test(t, values_are_read_or_unknown);
    tcase_add_test(t, every_field_of_the_bus_has_a_name);
    tcase_add_test(t, times_are_local);
    return run_case(t, "names");
}
