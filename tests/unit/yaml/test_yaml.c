/* SPDX-License-Identifier: Apache-2.0
 * Units, positions and limits of YAML files. */
#include "libcommon/io/yaml.h"
#include <check.h>
#include "tests/unit/run.h"

static const struct {
    const char *unit, *text;
    bool ok;
    int64_t want;
} units[] = {
    {"mA", "16 A", true, 16000},
    {"mA", "16A", true, 16000},
    {"mA", "6.5 A", true, 6500},
    {"mA", "800 mA", true, 800},
    {"mA", "0 A", true, 0},
    {"mA", "0", false, 0},
    {"mA", "16", false, 0},
    {"mA", "16 W", false, 0},
    {"mA", "16 a", false, 0},
    {"mA", "16,5 A", false, 0},
    {"mA", "0.0005 A", false, 0},
    {"mA", "1.50000 A", true, 1500},
    {"mA", "A", false, 0},
    {"mA", ". A", false, 0},
    {"mA", "1. A", false, 0},
    {"mA", "1.2.3 A", false, 0},
    {"mA", "--1 A", false, 0},
    {"mA", "1e3 A", false, 0},
    {"mA", "16 A A", false, 0},
    {"mA", "99999999999999999999 A", false, 0},
    {"mA", "9223372036854775 A", true, 9223372036854775000},
    {"mA", "9223372036854776 A", false, 0},
    {"W", "-100 W", true, -100},
    {"W", "4.2 kW", true, 4200},
    {"W", "0.03 MW", true, 30000},
    {"W", "0.5 W", false, 0},
    {"VA", "4.6 kVA", true, 4600},
    {"Wh", "10.2 kWh", true, 10200},
    {"Wh", "500 Wh", true, 500},
    {"ms", "250 ms", true, 250},
    {"ms", "0.25 s", true, 250},
    {"ms", "2 min", true, 120000},
    {"ms", "0.4 min", true, 24000},
    {"ms", "1.5 h", true, 5400000},
    {"ms", "2 m", false, 0},
    {"permille", "5 %", true, 50},
    {"permille", "12.5 %", true, 125},
    {"permille", "50 ‰", true, 50},
    {"permille", "0.55 %", false, 0},
    {"micro/kWh", "0.32 EUR/kWh", true, 320000},
    {"micro/kWh", "32 ct/kWh", true, 320000},
    {"micro/kWh", "-0.0786 EUR/kWh", true, -78600},
    {"micro/kWh", "0.32 CHF/kWh", false, 0},
    {"micro/kWh", "0.32 EUR", false, 0},
    {"micro/month", "12.50 EUR/month", true, 12500000},
    {"", "16", true, 16},
    {"", "-1", true, -1},
    {"", "0x10", false, 0},
    {"", "1.0", false, 0},
    {"", "", false, 0},
};

START_TEST(unit_table)
{
    int64_t v = 0;
    bool ok = unit_parse(units[_i].unit, "EUR", str_of(units[_i].text), &v);
    ck_assert_msg(ok == units[_i].ok, "%s as %s", units[_i].text, units[_i].unit);
    if (ok)
        ck_assert_int_eq(v, units[_i].want);
}
END_TEST

START_TEST(other_currency)
{
    int64_t v = 0;
    ck_assert(unit_parse("micro/kWh", "CHF", str_of("0.21 CHF/kWh"), &v) && v == 210000);
    ck_assert(!unit_parse("micro/kWh", "CHF", str_of("0.21 EUR/kWh"), &v));
    ck_assert_str_eq(unit_expected("micro/kWh", "CHF").s, "a price such as 0.32 CHF/kWh");
}
END_TEST

static const struct {
    const char *unit;
    int64_t v;
    const char *want;
} formats[] = {
    {"mA", 16000, "16 A"},
    {"mA", 6500, "6.5 A"},
    {"mA", 0, "0 A"},
    {"mA", -1, "-0.001 A"},
    {"W", 4200, "4200 W"},
    {"W", 100000, "100 kW"},
    {"ms", 86400000, "24 h"},
    {"ms", 10000, "10 s"},
    {"ms", 500, "0.5 s"},
    {"permille", 50, "5 %"},
    {"micro/kWh", 320000, "32 ct/kWh"},
    {"micro/kWh", 78600, "0.0786 EUR/kWh"},
    {"", -5, "-5"},
};

START_TEST(format_table)
{
    struct unit_text t = unit_format(formats[_i].unit, "EUR", formats[_i].v);
    ck_assert_str_eq(t.s, formats[_i].want);
    int64_t back = 1;
    ck_assert(unit_parse(formats[_i].unit, "EUR", str_of(t.s), &back));
    ck_assert_int_eq(back, formats[_i].v);
}
END_TEST

START_TEST(positions)
{
    struct yml_report r;
    yml_report_init(&r, "f");
    struct yml_node *root = yml_parse(str_of("a:\n  bc: 16 A # why\n  d: [x, 'y z']\n"), &r);
    ck_assert_ptr_nonnull(root);
    const struct yml_node *bc = yml_find(yml_find(root, "a"), "bc");
    ck_assert_ptr_nonnull(bc);
    ck_assert(bc->line == 2 && bc->col == 7 && bc->key_line == 2 && bc->key_col == 3);
    ck_assert(str_eq(bc->text, "16 A") && !bc->quoted);
    const struct yml_node *d = yml_find(yml_find(root, "a"), "d");
    ck_assert(d->kind == YML_LIST && d->n == 2 && d->first->next->quoted);
    ck_assert(d->first->next->line == 3 && d->first->next->col == 10);
    ck_assert_ptr_null(yml_find(root, "bc"));
    ck_assert_ptr_null(yml_find(bc, "x"));
    yml_free(root);
}
END_TEST

static const struct {
    const char *text, *message;
} refused[] = {
    {"\xEF\xBB\xBF"
     "a: 1\n",
     "f:1:1: begins with a byte order mark; save it as plain UTF-8\n"},
    {"a:\n\tb: 1\n", "f:2:1: there is a tab; use blanks\n"},
    {"a: \xff\n", "f:1:4: is not UTF-8 text from here on\n"},
    {"a: &x 1\nb: *x\n", "f:1:4: anchors and aliases (& and *) are not accepted\n"},
    {"a: *x\n", "f:1:4: anchors and aliases (& and *) are not accepted\n"},
    {"a: !!int 1\n", "f:1:4: tags (!) are not accepted\n"},
    {"a: 1\n---\nb: 1\n", "f:3:1: a second document (---) is not accepted\n"},
    {"a: 1\nb: 1\na: 2\n", "f:3:1: key \"a\" stands here twice; first in line 1\n"},
    {"- a\n- b\n", "f:1:1: expected keys such as \"site: home\" at the top\n"},
    {"? [a, b]\n: 1\n", "f:1:3: a key must be a text\n"},
    {"a: [[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]\n", "f:1:19: is nested too deeply\n"},
};

START_TEST(refusals)
{
    struct yml_report r;
    yml_report_init(&r, "f");
    struct yml_node *root = yml_parse(str_of(refused[_i].text), &r);
    ck_assert_ptr_null(root);
    char *text = yml_report_text(&r);
    ck_assert_str_eq(text, refused[_i].message);
    free(text);
}
END_TEST

START_TEST(syntax_error_has_a_position)
{
    struct yml_report r;
    yml_report_init(&r, "f");
    ck_assert_ptr_null(yml_parse(str_of("a: 1\nb: [1, 2\nc: 3\n"), &r));
    char *text = yml_report_text(&r);
    ck_assert_msg(strncmp(text, "f:3:", 4) == 0, "%s", text);
    free(text);
}
END_TEST

START_TEST(empty_is_a_map)
{
    struct yml_report r;
    yml_report_init(&r, "f");
    struct yml_node *root = yml_parse(str_of("# nothing\n"), &r);
    ck_assert(root && root->kind == YML_MAP && root->n == 0 && r.errors == 0);
    yml_free(root);
}
END_TEST

START_TEST(limits)
{
    struct yml_report r;
    size_t cap = YML_BYTES_MAX + 2;
    char *big = malloc(cap);
    ck_assert_ptr_nonnull(big);
    memset(big, 'a', cap);
    yml_report_init(&r, "f");
    ck_assert_ptr_null(yml_parse((struct str){big, cap}, &r));
    ck_assert_int_eq(r.lines[0].line, 0);
    struct buf b = buf_of(big, cap);
    buf_addz(&b, "a: [");
    for (int i = 0; i <= YML_KEYS_MAX; i++)
        buf_addz(&b, "1,");
    buf_addz(&b, "1]\n");
    yml_report_init(&r, "f");
    ck_assert_ptr_null(yml_parse((struct str){big, b.len}, &r));
    ck_assert_ptr_nonnull(strstr(r.lines[0].text, "too many entries in one"));
    b = buf_of(big, cap);
    buf_addz(&b, "a:\n");
    for (int i = 0; i < YML_NODES_MAX / YML_KEYS_MAX + 2; i++) {
        buf_addz(&b, " - [");
        for (int k = 0; k < YML_KEYS_MAX; k++)
            buf_addz(&b, "1,");
        buf_addz(&b, "]\n");
    }
    ck_assert(!b.cut);
    yml_report_init(&r, "f");
    ck_assert_ptr_null(yml_parse((struct str){big, b.len}, &r));
    ck_assert_ptr_nonnull(strstr(r.lines[0].text, "the file has too many"));
    free(big);
}
END_TEST

START_TEST(report_is_bounded_and_in_order)
{
    struct yml_report r;
    yml_report_init(&r, "f");
    for (int i = 60; i > 0; i--) {
        struct yml_node at = {.line = i, .col = 1};
        yml_error(&r, &at, "no %d", i);
    }
    char *text = yml_report_text(&r);
    ck_assert_msg(strncmp(text, "f:11:1: no 11\nf:12:1: no 12\n", 27) == 0, "%s", text);
    ck_assert_ptr_nonnull(strstr(text, "f: and 10 more\n"));
    ck_assert_int_eq(r.errors, 60);
    free(text);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("yaml");
    tcase_add_loop_test(t, unit_table, 0, COUNT_OF(units));
    tcase_add_loop_test(t, format_table, 0, COUNT_OF(formats));
    tcase_add_loop_test(t, refusals, 0, COUNT_OF(refused));
    tcase_add_test(t, other_currency);
    tcase_add_test(t, positions);
    tcase_add_test(t, syntax_error_has_a_position);
    tcase_add_test(t, empty_is_a_map);
    tcase_add_test(t, limits);
    tcase_add_test(t, report_is_bounded_and_in_order);
    Suite *s = suite_create("yaml");
    suite_add_tcase(s, t);
    return run_suite(s);
}
