/* SPDX-License-Identifier: Apache-2.0
 * A charge-point group under its leader, and observe mode: both between the bus and the core. */
#include "tests/unit/surplus-controller/fake_bus.h"
#include <check.h>
#include "tests/unit/run.h"

static struct svc svc;
static struct site site;
static struct site_circuits circuits[1];
static struct site_chargers chargers[2];
static struct brain *b;
static char dir[64];

static void make_site(void)
{
    memset(&site, 0, sizeof site);
    str_copyz(site.general.site, ID_CAP, "hall");
    str_copyz(site.general.timezone, sizeof site.general.timezone, "Europe/Berlin");
    str_copyz(site.hash, sizeof site.hash, "abc");
    str_copyz(site.group.leader, ID_CAP, "park");
    str_copyz(site.group.charger, ID_CAP, "hall2");
    site.group.fallback_ma = 6000;
    site.control = (struct control_conf){
        .follow_ms = 5000, .lease_ms = 15000, .refresh_ms = 5000, .imbalance = IMBALANCE_OFF};
    circuits[0].conf = (struct circuit_conf){.phases = 3, .max_current_ma = 63000};
    str_copyz(site.general.timezone, sizeof site.general.timezone, "Europe/Berlin");
    str_copyz(circuits[0].id, ID_CAP, "main");
    for (int i = 0; i < 2; i++) {
        snprintf(chargers[i].id, ID_CAP, "cp%d", i + 1);
        chargers[i].conf = (struct charger_conf){.phases = 3,
                                                 .rotation = ROTATION_L123,
                                                 .min_current_ma = 6000,
                                                 .max_current_ma = 16000,
                                                 .fallback_ma = 6000,
                                                 .priority = 1,
                                                 .mode = CHARGE_MODE_POWER,
                                                 .max_age_ms = 60000};
        str_copyz(chargers[i].conf.circuit, ID_CAP, "main");
    }
    site.circuits = circuits;
    site.chargers = chargers;
    site.circuits_n = 1;
    site.chargers_n = 2;
}
static void boot(void)
{
    svc = (struct svc){
        .name = "surplus-controller", .site_path = "site.yaml", .boot = "me", .site = &site};
    str_copyz(svc.state_dir, sizeof svc.state_dir, dir);
    ck_assert_int_eq(uv_loop_init(&svc.loop), 0);
    b = brain_new(&svc);
    ck_assert_ptr_nonnull(b);
}
static void setup(void)
{
    str_copyz(dir, sizeof dir, "/tmp/test_group.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    fake_reset();
    make_site();
}
static void teardown(void)
{
    char command[128];
    ck_assert_int_eq(brain_finish(b, 0), 0);
    uv_close((uv_handle_t *)&b->timer, NULL);
    while (uv_run(&svc.loop, UV_RUN_DEFAULT))
        ;
    ck_assert_int_eq(uv_loop_close(&svc.loop), 0);
    brain_free(b);
    fake_forget();
    snprintf(command, sizeof command, "rm -r %s", dir);
    ck_assert_int_eq(system(command), 0);
}
static void car(const char *id, enum evse_state state, int32_t applied_ma, int32_t draws_ma)
{
    struct charger_state c = {.v = 1,
                              .ts = fake.now.wall.ms,
                              .interval_ms = 1000,
                              .max_age_ms = 60000,
                              .online = true,
                              .evse_state = state,
                              .applied_set = true};
    c.applied.lease = LEASE_LIVE;
    c.applied.current_ma = SOME_I32(applied_ma);
    for (int p = 0; p < PHASES; p++)
        phase_put(&c.current_phase_ma, p, draws_ma);
    fake_message(MSG_CHARGER_STATE, id, &c, false);
}
static void leader_grants(int32_t ma, int64_t seq)
{
    struct charger_setpoint sp = {
        .v = 1, .seq = seq, .valid_ms = 15000, .current_ma = ma, .fallback_ma = 7000};
    str_copyz(sp.boot, sizeof sp.boot, "leader");
    fake_message(MSG_CHARGER_SETPOINT, "hall2", &sp, false);
}
static int32_t together(void)
{
    return b->out.chargers[0].current_ma + b->out.chargers[1].current_ma;
}
/* Cars that do what they are told, for n seconds; the leader renews its grant of ma (-1: silent).
 */
static void seconds(int n, int32_t ma)
{
    for (int i = 0; i < n; i++) {
        fake_later(b, 1000);
        for (int k = 0; k < 2; k++)
            car(chargers[k].id, EVSE_STATE_C, b->out.chargers[k].current_ma,
                b->out.chargers[k].current_ma);
        if (ma >= 0 && i % 5 == 0)
            leader_grants(ma, fake.now.mono.ms);
    }
}

START_TEST(the_leaders_budget_holds_for_all_cars_together)
{
    boot();
    fake_link(true);
    ck_assert_str_eq(fake.leader, "park");
    car("cp1", EVSE_STATE_C, 0, 0);
    car("cp2", EVSE_STATE_C, 0, 0);
    leader_grants(20000, 1);
    seconds(60, 20000);
    ck_assert_int_le(together(), 20000);
    ck_assert_int_ge(together(), 19500);
    ck_assert_str_eq(fake.control.reason.code, "group");
    leader_grants(7000, fake.now.mono.ms + 1); /* at once: one of them pauses */
    ck_assert_int_le(together(), 7000);
    ck_assert_int_ge(together(), 6000);
    seconds(30, 40000);
    ck_assert_int_eq(together(), 32000);
}
END_TEST
START_TEST(the_group_looks_like_one_charger)
{
    boot();
    fake_link(true);
    car("cp1", EVSE_STATE_A, 0, 0);
    car("cp2", EVSE_STATE_A, 0, 0);
    leader_grants(32000, 1);
    fake_later(b, 11000);
    ck_assert_int_eq(fake.as_charger.evse_state, EVSE_STATE_A);
    car("cp1", EVSE_STATE_B, 0, 0);
    fake_later(b, 1000);
    ck_assert_int_eq(fake.as_charger.evse_state, EVSE_STATE_B);
    seconds(30, 32000);
    ck_assert_int_eq(fake.as_charger.evse_state, EVSE_STATE_C);
    ck_assert_int_eq(fake.as_charger.applied.current_ma.v, 32000);
    ck_assert_int_eq(fake.as_charger.current_phase_ma.v[2], 32000);
    ck_assert_str_eq(fake.as_charger.applied.boot, "leader");
    ck_assert_int_eq(fake.as_charger.applied.lease, LEASE_LIVE);
}
END_TEST
START_TEST(a_silent_leader_ends_in_the_fallback)
{
    boot();
    fake_link(true);
    car("cp1", EVSE_STATE_C, 0, 0);
    car("cp2", EVSE_STATE_C, 0, 0);
    leader_grants(30000, 1);
    seconds(40, 30000);
    ck_assert_int_ge(together(), 29000);
    seconds(8, -1);
    ck_assert_int_ge(together(), 29000); /* the lease holds */
    seconds(12, -1);
    ck_assert_int_le(together(), 7000);
    ck_assert_str_eq(fake.fault, "leader_silent");
    seconds(100, -1);
    ck_assert_int_le(together(), 7000);
}
END_TEST
START_TEST(a_restart_goes_on_and_raises_nothing_before_the_leader_speaks)
{
    boot();
    fake_link(true);
    car("cp1", EVSE_STATE_C, 9000, 9000);
    car("cp2", EVSE_STATE_C, 8000, 8000);
    seconds(12, -1);
    ck_assert_int_eq(b->out.chargers[0].current_ma, 9000);
    ck_assert_int_eq(b->out.chargers[1].current_ma, 8000);
    ck_assert_str_eq(fake.control.reason.code, "group_wait");
    seconds(10, -1); /* it never spoke: the fallback of the site file */
    ck_assert_int_eq(together(), 6000);
}
END_TEST
START_TEST(a_stored_grant_counts_for_nothing)
{
    boot();
    fake_link(true);
    car("cp1", EVSE_STATE_C, 6000, 6000);
    car("cp2", EVSE_STATE_B, 0, 0);
    struct charger_setpoint sp = {.v = 1, .seq = 9, .valid_ms = 15000, .current_ma = 60000};
    str_copyz(sp.boot, sizeof sp.boot, "leader");
    fake_message(MSG_CHARGER_SETPOINT, "hall2", &sp, true);
    fake_later(b, 11000);
    ck_assert_int_eq(together(), 6000);
}
END_TEST
START_TEST(observe_mode_says_everything_and_commands_nothing)
{
    site.group.leader[0] = '\0';
    site.control.observe = true;
    boot();
    fake_link(true);
    car("cp1", EVSE_STATE_C, 0, 0);
    car("cp2", EVSE_STATE_A, 0, 0);
    fake_later(b, 11000);
    seconds(30, -1);
    ck_assert_int_eq(b->out.chargers[0].current_ma, 16000);
    ck_assert_int_eq(fake.control.current_ma.v, b->out.chargers[1].current_ma);
    ck_assert_int_eq(fake.setpoints, 0);
}
END_TEST
int main(void)
{
    TCase *t = tcase_create("group");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_leaders_budget_holds_for_all_cars_together);
    tcase_add_test(t, the_group_looks_like_one_charger);
    tcase_add_test(t, a_silent_leader_ends_in_the_fallback);
    tcase_add_test(t, a_restart_goes_on_and_raises_nothing_before_the_leader_speaks);
    tcase_add_test(t, a_stored_grant_counts_for_nothing);
    tcase_add_test(t, observe_mode_says_everything_and_commands_nothing);
    return run_case(t, "group");
}
