/* SPDX-License-Identifier: Apache-2.0
 * wattbus step: lines in, lines out; what is wrong is answered and changes nothing. */
#include "services/wattbus/step.h"
#include "tests/unit/wattbus-cli/test_cli.h"

#define HELLO                                                                                      \
    "{\"hello\":1,\"site\":{\"fuse_ma\":35000,\"grid_target_w\":0,\"battery\":null,"               \
    "\"chargers\":[{\"id\":\"cp1\",\"max_current_ma\":16000,\"min_current_ma\":6000,"              \
    "\"phases\":3,\"rotation\":\"L2L3L1\"}]}}"
static struct step_session *s;
static char text[STEP_ANSWER_MAX];

static bool line(const char *z)
{
    struct buf out = buf_of(text, sizeof text);
    return step_line(s, str_of(z), &out);
}
static bool frame(int second, const char *grid, const char *charger)
{
    char z[1024];
    snprintf(z, sizeof z,
             "{\"now_ms\":%d,\"grid\":%s,\"chargers\":[{\"id\":\"cp1\",\"online\":true,%s}]}",
             1000 * second, grid, charger);
    return line(z);
}
static bool says(const char *what)
{
    return strstr(text, what) != NULL;
}
#define QUIET "{\"age_ms\":300,\"p_w\":[100,100,100],\"i_ma\":[434,434,434]}"
#define CAR(mode)                                                                                  \
    "\"state\":\"B\",\"i_ma\":[0,0,0],\"p_w\":0,\"offered_ma\":0,\"phases_active\":3,\"mode\":"    \
    "\"" mode "\",\"solar_share\":0.5,\"start_power_w\":4140"

static void begin(void)
{
    s = step_new();
    ck_assert(line(HELLO));
    ck_assert(says("\"hello\":1") && says("\"name\":\"wattbus"));
}
static void end(void)
{
    step_free(s);
}
START_TEST(a_car_in_power_mode_gets_all)
{
    begin();
    ck_assert(frame(1, QUIET, CAR("power")));
    ck_assert(says("\"id\":\"cp1\",\"current_ma\":16000"));
    ck_assert(says("\"why\":\"Charging with the full 16 A.\""));
    ck_assert(frame(2, QUIET, CAR("lock")));
    ck_assert(says("\"current_ma\":0") && says("locked"));
    end();
}
END_TEST
START_TEST(a_missing_meter_is_seen)
{
    begin();
    ck_assert(frame(1, QUIET, CAR("power")));
    for (int k = 2; k < 20; k++)
        ck_assert(frame(k, "{\"age_ms\":9999,\"p_w\":null,\"i_ma\":null}", CAR("power")));
    ck_assert(says("does not answer"));
    end();
}
END_TEST
/* Terminal 1 of this box is on L2: its current is taken out of that phase. */
START_TEST(currents_are_turned_to_the_phases_of_the_grid)
{
    begin();
    const char *car = "\"state\":\"C\",\"i_ma\":[10000,0,0],\"p_w\":2300,\"offered_ma\":16000,"
                      "\"phases_active\":3,\"mode\":\"power\"";
    for (int k = 1; k < 30; k++)
        ck_assert(frame(k, "{\"age_ms\":0,\"p_w\":[0,9000,0],\"i_ma\":[0,39000,0]}", car));
    ck_assert(says("\"current_ma\":6000") || says("\"current_ma\":0"));
    end();
}
END_TEST
static const struct {
    const char *text, *why;
} bad[] = {
    {"", "not one JSON object"},
    {"{\"now_ms\":1", "not one JSON object"},
    {"{\"now_ms\":5000} x", "not one JSON object"},
    {"[1,2]", "expected a JSON object"},
    {"7 ", "expected a JSON object"},
    {"{}", "expected now_ms"},
    {"{\"now_ms\":\"soon\"}", "expected now_ms"},
    {"{\"now_ms\":1}", "now_ms goes back"},
    {"{\"now_ms\":-1}", "now_ms goes back"},
    {"{\"hello\":1}", "fuse_ma"},
    {"{\"hello\":1,\"site\":{\"fuse_ma\":35000,\"chargers\":[{}]}}", "site.chargers"},
    {"{\"hello\":1,\"site\":{\"fuse_ma\":35000,\"chargers\":[{\"id\":\"a\",\"min_current_ma\":9,"
     "\"max_current_ma\":8}]}}",
     "minimum <= maximum"},
};
START_TEST(a_line_that_cannot_be_used_is_answered)
{
    begin();
    ck_assert(frame(2, QUIET, CAR("power")));
    ck_assert(!line(bad[_i].text));
    ck_assert_msg(says(bad[_i].why) && says("\"set\":[]"), "%s: %s", bad[_i].text, text);
    end();
}
END_TEST
START_TEST(nothing_before_hello)
{
    s = step_new();
    ck_assert(!frame(1, QUIET, CAR("power")));
    ck_assert(says("hello first"));
    end();
}
END_TEST
/* Members of the wrong type count as not given. */
START_TEST(strange_members_do_no_harm)
{
    begin();
    ck_assert(frame(1, "[]", "\"state\":7,\"i_ma\":[1e300,\"x\",null],\"p_w\":{},\"mode\":\"?\""));
    ck_assert(frame(2, "{\"p_w\":[1e99,-1e99,0],\"i_ma\":3}", CAR("power")));
    ck_assert(line("{\"now_ms\":3000,\"chargers\":[7,null,{\"id\":\"other\"}]}"));
    end();
}
END_TEST

TCase *step_case(void)
{
    TCase *t = tcase_create("step");
    tcase_add_test(t, a_car_in_power_mode_gets_all);
    tcase_add_test(t, a_missing_meter_is_seen);
    tcase_add_test(t, currents_are_turned_to_the_phases_of_the_grid);
    tcase_add_loop_test(t, a_line_that_cannot_be_used_is_answered, 0, COUNT_OF(bad));
    tcase_add_test(t, nothing_before_hello);
    tcase_add_test(t, strange_members_do_no_harm);
    return t;
}
