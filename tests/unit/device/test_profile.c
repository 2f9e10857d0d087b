/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/device/layout.h"
#include "libcommon/io/yaml.h"
#include "tests/unit/run.h"
#include <glob.h>

static char *parse(const char *text, enum device_class c, struct profile *p)
{
    static struct yml_report r;
    yml_report_init(&r, "p.yaml");
    struct yml_node *root = yml_parse(str_of(text), &r);
    bool ok = root && profile_parse(root, c, p, &r);
    yml_free(root);
    char *lines = yml_report_text(&r);
    ck_assert_int_eq(ok, lines[0] == '\0');
    return lines;
}

START_TEST(every_profile_of_the_tree_is_good)
{
    static const char *const classes[] = {"meter", "inverter", "battery"};
    int seen = 0;
    for (int c = CLASS_METER; c < CLASS_COUNT; c++) {
        char pattern[512];
        glob_t g;
        snprintf(pattern, sizeof pattern, "%s/deploy/profiles/%s/*.yaml", getenv("WATTBUS_SOURCE"),
                 classes[c - 1]);
        ck_assert_int_eq(glob(pattern, 0, NULL, &g), 0);
        for (size_t i = 0; i < g.gl_pathc; i++, seen++) {
            struct yml_report r;
            struct profile p;
            yml_report_init(&r, g.gl_pathv[i]);
            bool ok = profile_load(g.gl_pathv[i], (enum device_class)c, &p, &r);
            char *lines = yml_report_text(&r);
            ck_assert_msg(ok, "%s", lines);
            free(lines);
        }
        globfree(&g);
    }
    ck_assert_int_ge(seen, 5);
}
END_TEST

START_TEST(a_profile_means_what_it_says)
{
    static const char text[] = "class: meter\n"
                               "modbus: {function: 4, type: s32, words: low, block: 50, gap: 3}\n"
                               "points:\n"
                               "  power: {address: 0x28, scale: 0.1, unit: W}\n"
                               "  import: {address: 52, type: u64, words: high, function: 3,\n"
                               "           unit: kWh, nan: 0xFFFFFFFF, group: fast}\n"
                               "  power_l1: {address: 1, minus: 0x10, unit: kW, negate: true}\n"
                               "  serial: {address: 7, type: str, count: 8}\n";
    struct profile p;
    char *lines = parse(text, CLASS_METER, &p);
    ck_assert_str_eq(lines, "");
    free(lines);
    ck_assert_int_eq(p.npoints, 4);
    ck_assert_int_eq(p.modbus.block, 50);
    const struct profile_point *w = &p.points[0], *e = &p.points[1], *l1 = &p.points[2];
    ck_assert_uint_eq(w->address, 0x28);
    ck_assert_uint_eq(w->function, 4);
    ck_assert(w->fmt.low_word_first && w->fmt.type == REG_TYPE_S32);
    ck_assert_double_eq(w->factor, 0.1);
    ck_assert_int_eq(w->group, GROUP_FAST);
    ck_assert_int_eq(w->minus, -1);
    ck_assert_uint_eq(e->function, 3);
    ck_assert(!e->fmt.low_word_first && e->fmt.nan == REG_NAN_GIVEN);
    ck_assert_double_eq(e->factor, 1000);
    ck_assert_int_eq(e->group, GROUP_FAST);
    ck_assert_int_eq(l1->minus, 16);
    ck_assert_double_eq(l1->factor, -1000);
    ck_assert_int_eq(p.points[3].fmt.count, 8);
    ck_assert_int_eq(p.points[3].group, GROUP_ONCE);
}
END_TEST

#define HEAD "class: meter\npoints:\n"
/* text, class, the one line (its beginning) */
static const struct {
    const char *text;
    enum device_class c;
    const char *line;
} wrong[] = {
    {"points: {power: {address: 1, unit: W}}\n", CLASS_METER, "p.yaml:1:1: "},
    {"class: inverter\npoints: {power: {address: 1, unit: W}}\n", CLASS_METER,
     "p.yaml:1:8: class: expected meter, got inverter"},
    {"class: meter\n", CLASS_METER, "p.yaml:1:1: points: expected 1 to 48 values"},
    {"class: meter\npoints: {}\n", CLASS_METER, "p.yaml:2:9: points: expected"},
    {"class: meter\ncolour: red\npoints: {power: {address: 1, unit: W}}\n", CLASS_METER,
     "p.yaml:2:1: "},
    {HEAD "  soc: {address: 1, unit: \"%\"}\n", CLASS_METER,
     "p.yaml:3:3: points.soc: unknown value \"soc\" for a meter"},
    {HEAD "  power: {address: 1}\n", CLASS_METER,
     "p.yaml:3:10: points.power: unit: expected W, kW or mW, got none"},
    {HEAD "  power: {address: 1, unit: kWh}\n", CLASS_METER,
     "p.yaml:3:29: points.power: unit: expected W, kW or mW, got kWh"},
    {HEAD "  power: {unit: W}\n", CLASS_METER,
     "p.yaml:3:10: points.power: expected an address, or sunspec"},
    {HEAD "  power: {address: 1, sunspec: \"203: W\"}\n", CLASS_METER,
     "p.yaml:3:10: points.power: expected address or sunspec, not both"},
    {HEAD "  power: {address: 65536, unit: W}\n", CLASS_METER,
     "p.yaml:3:20: points.power: address: expected an address 0 to 65535, got 65536"},
    {HEAD "  power: {address: one, unit: W}\n", CLASS_METER,
     "p.yaml:3:20: points.power: address: expected an address"},
    {HEAD "  power: {address: 1, minus: -1, unit: W}\n", CLASS_METER,
     "p.yaml:3:30: points.power: minus: expected an address"},
    {HEAD "  power: {address: 1, unit: W, type: u33}\n", CLASS_METER, "p.yaml:3:38: points.power"},
    {HEAD "  power: {address: 1, unit: W, scale: ten}\n", CLASS_METER,
     "p.yaml:3:39: points.power: scale: expected a number other than 0, got ten"},
    {HEAD "  power: {address: 1, unit: W, nan: maybe}\n", CLASS_METER,
     "p.yaml:3:37: points.power: nan: expected standard, zero or a bit pattern"},
    {HEAD "  power: {address: 1, unit: W, function: 6}\n", CLASS_METER,
     "p.yaml:3:42: points.power"},
    {HEAD "  power: {address: 1, unit: W, type: str, count: 2}\n", CLASS_METER,
     "p.yaml:3:10: points.power: type: expected a number type, got str"},
    {HEAD "  serial: {address: 1, type: str}\n", CLASS_METER,
     "p.yaml:3:11: points.serial: count: a str needs"},
    {HEAD "  power: {sunspec: \"203: Watt\"}\n", CLASS_METER,
     "p.yaml:3:20: points.power: sunspec: model 203 has no point \"Watt\""},
    {HEAD "  power: {sunspec: \"203: Hz\"}\n", CLASS_METER,
     "p.yaml:3:20: points.power: sunspec: Hz is in Hz, but power is in W, kW or mW"},
    {HEAD "  serial: {sunspec: \"203: W\"}\n", CLASS_METER,
     "p.yaml:3:21: points.serial: sunspec: W is in W, but serial is in words"},
    {HEAD "  power: {address: 1, unit: W}\ncontrol: {limit: [{address: 1, value: 1}]}\n",
     CLASS_METER, "p.yaml:4:18: control.limit: unknown sequence \"limit\": expected none"},
    {"class: inverter\npoints: {power: {address: 1, unit: W}}\n"
     "control: {hold: [{address: 1, value: 1}]}\n",
     CLASS_INVERTER, "p.yaml:3:17: control.hold: unknown sequence \"hold\": expected limit or"},
    {"class: inverter\npoints: {power: {address: 1, unit: W}}\n"
     "control: {limit: [{address: 1, value: much}]}\n",
     CLASS_INVERTER, "p.yaml:3:39: control.limit: value: expected a number or one of limit_w"},
    {"class: inverter\npoints: {power: {address: 1, unit: W}}\n"
     "control: {limit: [{address: 1, value: 1, function: 7}]}\n",
     CLASS_INVERTER, "p.yaml:3:19: control.limit: function: expected 5, 6 or 16, got 7"},
    {"class: inverter\npoints: {power: {address: 1, unit: W}}\n"
     "control: {limit: [{address: 1, value: 1, function: 6, type: f32}]}\n",
     CLASS_INVERTER, "p.yaml:3:19: control.limit: function 6 writes one register"},
    {"class: inverter\npoints: {power: {address: 1, unit: W}}\ncontrol: {limit: []}\n",
     CLASS_INVERTER, "p.yaml:3:18: control.limit: expected a list of 1 to 8 writes"},
};

START_TEST(a_wrong_profile_gives_one_line)
{
    struct profile p;
    char *lines = parse(wrong[_i].text, wrong[_i].c, &p);
    ck_assert_msg(strncmp(lines, wrong[_i].line, strlen(wrong[_i].line)) == 0,
                  "row %d: want %s\n       got %s", _i, wrong[_i].line, lines);
    char *end = strchr(lines, '\n');
    ck_assert_msg(end && end[1] == '\0', "row %d: more than one line: %s", _i, lines);
    free(lines);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("profile");
    tcase_add_test(t, every_profile_of_the_tree_is_good);
    tcase_add_test(t, a_profile_means_what_it_says);
    tcase_add_loop_test(t, a_wrong_profile_gives_one_line, 0, (int)COUNT_OF(wrong));
    return run_case(t, "profile");
}
