/* SPDX-License-Identifier: Apache-2.0
 * The table of the house. */
#include "tests/unit/wattbus-cli/test_cli.h"
#include "services/wattbus/watch_view.h"

#define TS   "\"v\":1,\"ts\":1000000,\"interval_ms\":1000,\"max_age_ms\":10000"
#define ROOT "wattbus/home/"

static const struct {
    const char *topic, *payload;
} messages[] = {
    {ROOT "meter/grid/state",
     "{" TS ",\"role\":\"grid\",\"power_w\":-1250,\"current_phase_ma\":[-1800,null,-1949]}"},
    {ROOT "battery/cellar/state",
     "{" TS ",\"status\":\"charging\",\"power_w\":2100,\"soc_pm\":625}"},
    {ROOT "charger/garage/state", "{" TS ",\"online\":true,\"evse_state\":\"C\",\"power_w\":6700,"
                                  "\"current_phase_ma\":[9800,9700,9800],\"session_wh\":3210}"},
    {ROOT "charger/garage/control",
     "{\"v\":1,\"ts\":1000000,\"mode\":\"solar_pure\",\"current_ma\":10000,"
     "\"reason\":{\"code\":\"surplus\",\"text\":\"6.7 kW carry 10 A\"}}"},
    {ROOT "service/meter-reader/status",
     "{" TS
     ",\"online\":true,\"boot\":\"a\",\"version\":\"0.1.0\",\"faults\":[{\"code\":\"modbus\","
     "\"device\":\"grid\",\"text\":\"no answer\"}]}"},
    {ROOT "service/ocpp-gateway/status", "{" TS ",\"online\":false,\"boot\":\"a\"}"},
};

static struct house house;
static char text[65536];

static void fill(void)
{
    house = (struct house){.site = "home"};
    for (size_t i = 0; i < COUNT_OF(messages); i++)
        ck_assert(house_take(&house, messages[i].topic, str_of(messages[i].payload)));
}

static void render(int64_t age_ms, bool colour)
{
    struct buf b = buf_of(text, sizeof text);
    watch_view(&house, (struct wall){1000000 + age_ms}, "12:00:00", colour, &b);
    ck_assert(!b.cut);
}

START_TEST(picture)
{
    fill();
    render(2000, false);
    ck_assert_str_eq(
        text, "wattbus home                                                            12:00:00\n"
              "\n"
              "METER           ROLE             POWER       L1       L2       L3     AGE\n"
              "grid            grid          -1.25 kW   -1.8 A        -   -1.9 A     2 s\n"
              "\n"
              "BATTERY         STATUS           POWER      SOC           CONTROL     AGE\n"
              "cellar          charging       2.10 kW     63 %                       2 s\n"
              "\n"
              "CHARGER       CAR               MODE    SET     L1     L2     L3     POWER   AGE\n"
              "garage        charging    solar_pure   10 A  9.8 A  9.7 A  9.8 A   6.70 kW   2 s\n"
              "  3.21 kWh in this session. 6.7 kW carry 10 A\n"
              "\n"
              "SERVICE                                  VERSION         SITE FILE     AGE\n"
              "meter-reader            online             0.1.0                       2 s\n"
              "  ! modbus grid: no answer\n"
              "ocpp-gateway            OFFLINE                                        2 s\n");
    house_free(&house);
}
END_TEST

START_TEST(old_values_are_marked)
{
    fill();
    render(3500, false);
    ck_assert_ptr_nonnull(strstr(text, "-1.9 A     3 s old\n"));
    render(11000, false);
    ck_assert_ptr_nonnull(
        strstr(text, "online             0.1.0                      11 s LOST\n"));
    ck_assert_ptr_nonnull(strstr(text, "garage        LOST "));
    render(11000, true);
    ck_assert_ptr_nonnull(strstr(text, "\033[31m11 s\033[0m"));
    house_free(&house);
}
END_TEST

START_TEST(nothing_is_wider_than_a_terminal)
{
    char payload[2000];
    fill();
    snprintf(payload, sizeof payload,
             "{" TS ",\"online\":true,\"boot\":\"a\",\"version\":\"12345678901234567890123\","
             "\"config_hash\":\"1234567890123456789\",\"faults\":[{\"code\":\"%.39s\",\"text\":"
             "\"%.50sääääääääääääääääääääääääääääääääääääääääääääääääääää\"}]}",
             "cccccccccccccccccccccccccccccccccccccccc",
             "tttttttttttttttttttttttttttttttttttttttttttttttttttt");
    ck_assert(house_take(&house, ROOT "service/a-name-of-thirty-two-characters-x/status",
                         str_of(payload)) == false); /* 33 characters are no id */
    ck_assert(
        house_take(&house, ROOT "service/a-name-of-thirty-two-characters/status", str_of(payload)));
    render(99999999, false);
    int cols = 0;
    for (const char *p = text; *p; p++) {
        cols = *p == '\n' ? 0 : cols + (((unsigned char)*p & 0xC0) != 0x80);
        ck_assert_int_le(cols, VIEW_COLUMNS);
    }
    house_free(&house);
}
END_TEST

START_TEST(terminal_controls_do_not_pass)
{
    house = (struct house){.site = "home"};
    /* U+009B is CSI to many terminals, and it is valid UTF-8. */
    ck_assert(house_take(&house, ROOT "service/x/status",
                         str_of("{" TS ",\"online\":true,\"boot\":\"a\",\"version\":\"\xC2\x9B"
                                "31mred\"}")));
    render(0, false);
    ck_assert_ptr_null(strstr(text, "\xC2\x9B"));
    ck_assert_ptr_nonnull(strstr(text, "31mred"));
    house_free(&house);
}
END_TEST

START_TEST(messages_come_and_go)
{
    fill();
    int n = house.n;
    ck_assert(!house_take(&house, ROOT "meter/grid/state", str_of("{broken")));
    ck_assert_int_eq(house.refused, 1);
    ck_assert_ptr_nonnull(house_find(&house, MSG_METER_STATE, "grid"));
    ck_assert(!house_take(&house, ROOT "meter/grid/unknown", str_of("{}")));
    ck_assert(!house_take(&house, "wattbus/other/meter/grid/state", str_of("{}")));
    ck_assert(house_take(&house, ROOT "meter/grid/state", str_of("")));
    ck_assert(!house_take(&house, ROOT "meter/grid/state", str_of("")));
    ck_assert_ptr_null(house_find(&house, MSG_METER_STATE, "grid"));
    ck_assert_int_eq(house.n, n - 1);
    house_free(&house);
}
END_TEST

START_TEST(empty_bus)
{
    house = (struct house){.site = "home"};
    render(0, false);
    ck_assert_ptr_nonnull(strstr(text, "nothing is on the bus for this site\n"));
}
END_TEST

TCase *view_case(void)
{
    TCase *t = tcase_create("view");
    tcase_add_test(t, picture);
    tcase_add_test(t, old_values_are_marked);
    tcase_add_test(t, nothing_is_wider_than_a_terminal);
    tcase_add_test(t, terminal_controls_do_not_pass);
    tcase_add_test(t, messages_come_and_go);
    tcase_add_test(t, empty_bus);
    return t;
}
