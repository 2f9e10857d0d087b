/* SPDX-License-Identifier: Apache-2.0
 * A house is recorded and replayed: the same decisions, also from the middle and over a change of
 * files; a changed constant or a damaged file is noticed. */
#include "services/surplus-controller/io/recorder.h"
#include "services/wattbus/replay.h"
#include "tests/unit/surplus-controller/fake_bus.h"
#include "tests/unit/run.h"

enum { CARS = 3 };
static struct svc svc;
static struct site site;
static struct site_circuits circuits[2];
static struct site_meters meters[1];
static struct site_batteries batteries[1];
static struct site_chargers chargers[CARS];
static struct brain *b;
static char dir[64];
static uint32_t seed;
static int32_t sun_ma, house_ma, draw_ma[CARS];

static int32_t draw(int32_t lo, int32_t hi)
{
    seed = seed * 1664525 + 1013904223;
    return lo + (int32_t)((seed >> 8) % (uint32_t)(hi - lo + 1));
}
static void make_site(void)
{
    memset(&site, 0, sizeof site);
    memset(circuits, 0, sizeof circuits);
    memset(chargers, 0, sizeof chargers);
    memset(batteries, 0, sizeof batteries);
    str_copyz(site.general.site, ID_CAP, "home");
    str_copyz(site.general.timezone, sizeof site.general.timezone, "Europe/Berlin");
    site.control = (struct control_conf){.grid_target_w = -100,
                                         .dead_band_w = 140,
                                         .mean_ms = 10000,
                                         .settling_ms = 10000,
                                         .follow_ms = 5000,
                                         .hold_ms = 60000,
                                         .restart_ms = 90000,
                                         .reduced_ms = 60000,
                                         .frozen_ms = 60000,
                                         .phase_check_ms = 900000,
                                         .phase_up_pm = 1070,
                                         .lease_ms = 15000,
                                         .refresh_ms = 5000,
                                         .imbalance = IMBALANCE_CARS,
                                         .max_imbalance_va = 4600,
                                         .grid_source = GRID_SOURCE_METER,
                                         .record = true,
                                         .record_mb = 16};
    circuits[0].conf = (struct circuit_conf){.phases = 3, .max_current_ma = 35000};
    str_copyz(circuits[0].id, ID_CAP, "main");
    circuits[1].conf = (struct circuit_conf){.phases = 3, .max_current_ma = 25000};
    str_copyz(circuits[1].id, ID_CAP, "garage");
    str_copyz(circuits[1].conf.parent, ID_CAP, "main");
    str_copyz(meters[0].id, ID_CAP, "grid");
    meters[0].conf.role = ROLE_GRID;
    meters[0].conf.position = POSITION_GRID;
    str_copyz(batteries[0].id, ID_CAP, "cellar");
    batteries[0].conf.role = ROLE_STORAGE_HOME;
    for (int i = 0; i < CARS; i++) {
        snprintf(chargers[i].id, ID_CAP, "box%d", i);
        chargers[i].conf =
            (struct charger_conf){.phases = 3,
                                  .rotation = ROTATION_L123,
                                  .min_current_ma = 6000,
                                  .max_current_ma = 16000,
                                  .fallback_ma = 6000,
                                  .priority = 1 + i % 2,
                                  .mode = i ? CHARGE_MODE_SOLAR_PURE : CHARGE_MODE_POWER,
                                  .phase_use = PHASE_USE_THREE,
                                  .switch_pause_ms = 180000,
                                  .interval_ms = 1000,
                                  .max_age_ms = 60000};
        str_copyz(chargers[i].conf.circuit, ID_CAP, i == CARS - 1 ? "garage" : "main");
    }
    site.circuits = circuits;
    site.meters = meters;
    site.batteries = batteries;
    site.chargers = chargers;
    site.circuits_n = 2;
    site.meters_n = site.batteries_n = 1;
    site.chargers_n = CARS;
}
static void boot(void)
{
    svc = (struct svc){
        .name = "surplus-controller", .site_path = "site.yaml", .boot = "me", .site = &site};
    str_copyz(svc.state_dir, sizeof svc.state_dir, dir);
    ck_assert_int_eq(uv_loop_init(&svc.loop), 0);
    b = brain_new(&svc);
    ck_assert_ptr_nonnull(b);
    fake_link(true);
}
static void close_handle(uv_handle_t *h, void *user)
{
    UNUSED(user);
    uv_close(h, NULL);
}
static void halt(void)
{
    ck_assert_int_eq(brain_finish(b, 0), 0);
    uv_walk(&svc.loop, close_handle, NULL);
    while (uv_run(&svc.loop, UV_RUN_DEFAULT))
        ;
    ck_assert_int_eq(uv_loop_close(&svc.loop), 0);
    brain_free(b);
    fake_forget();
}
static void setup(void)
{
    str_copyz(dir, sizeof dir, "/tmp/test_replay.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    fake_reset();
    make_site();
    seed = 1;
    sun_ma = 9000;
    house_ma = 2000;
    memset(draw_ma, 0, sizeof draw_ma);
}
static void teardown(void)
{
    fake_remove(dir);
}

/* ---- a lively house ---- */
static void car(int i)
{
    int32_t offer = b->out.chargers[i].current_ma, aim = offer;
    bool gone = draw(0, 400) == 0, online = draw(0, 300) != 0;
    draw_ma[i] += (aim - draw_ma[i]) / 2;
    struct charger_state c = {.v = 1,
                              .ts = fake.now.wall.ms,
                              .interval_ms = 1000,
                              .max_age_ms = 60000,
                              .online = online,
                              .evse_state = gone               ? EVSE_STATE_A
                                            : draw_ma[i] > 500 ? EVSE_STATE_C
                                                               : EVSE_STATE_B,
                              .applied_set = true};
    c.applied.current_ma = SOME_I32(offer);
    for (int p = 0; p < PHASES; p++)
        phase_put(&c.current_phase_ma, p, gone ? 0 : draw_ma[i]);
    fake_message(MSG_CHARGER_STATE, chargers[i].id, &c, false);
}
static void meter(void)
{
    struct meter_state m = {
        .v = 1, .ts = fake.now.wall.ms, .interval_ms = 1000, .max_age_ms = 10000};
    int32_t sum = house_ma - sun_ma;
    for (int i = 0; i < CARS; i++)
        sum += draw_ma[i];
    for (int p = 0; p < PHASES; p++) {
        phase_put(&m.current_phase_ma, p, sum + draw(-50, 50));
        phase_put(&m.voltage_phase_mv, p, 230000 + draw(-900, 900));
    }
    fake_message(MSG_METER_STATE, "grid", &m, false);
}
static void people(void)
{
    static const char *const fields[] = {"mode", "max_current", "priority"};
    int f = draw(0, 2);
    struct override o = {.clear = draw(0, 2) == 0,
                         .value = f == 0   ? draw(CHARGE_MODE_LOCK, CHARGE_MODE_SOLAR_PLUS)
                                  : f == 1 ? draw(0, 20000)
                                           : draw(1, 9)};
    fake_override(chargers[draw(0, CARS - 1)].id, fields[f], o, false);
}
static void operator(void)
{
    struct grid_limit l = {.v = 1,
                           .ts = fake.now.wall.ms,
                           .interval_ms = 1000,
                           .max_age_ms = 10000,
                           .active = draw(0, 1),
                           .consume_w = SOME_I32(draw(2000, 12000))};
    fake_message(MSG_GRID_LIMIT, "eebus", &l, false);
}
static void battery(void)
{
    struct battery_state s = {.v = 1,
                              .ts = fake.now.wall.ms,
                              .interval_ms = 2000,
                              .max_age_ms = 10000,
                              .power_w = SOME_I32(draw(-2000, 2000))};
    fake_message(MSG_BATTERY_STATE, "cellar", &s, false);
}
static void live(int seconds)
{
    for (int k = 0; k < seconds; k++) {
        fake_later(b, 1000);
        sun_ma = (k / 200 % 2 ? 2000 : 26000) + draw(-1500, 1500); /* long clouds */
        house_ma = draw(0, 60) ? house_ma : draw(500, 9000);
        for (int i = 0; i < CARS; i++)
            car(i);
        if (k % 2 && draw(0, 40))
            battery();
        if (draw(0, 30))
            meter();
        if (draw(0, 50) == 0)
            people();
        if (draw(0, 90) == 0)
            operator();
        fake.notes_n = 0;
    }
}

/* ---- replay ---- */
struct outcome {
    bool ok;
    int64_t decisions;
    int differences;
    struct err_text why;
    char first[160]; /* path of the first difference */
};
static void first_path(void *user, const char *path, const char *recorded, const char *now)
{
    struct outcome *o = user;
    ck_assert_str_ne(recorded, now);
    if (!o->first[0])
        str_copyz(o->first, sizeof o->first, path);
}
static char *read_file(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "re");
    ck_assert_msg(f != NULL, "%s", path);
    char *text = calloc(1, 8 << 20);
    ck_assert_ptr_nonnull(text);
    size_t n = fread(text, 1, (8 << 20) - 1, f);
    fclose(f);
    ck_assert(n > 1000 && text[n - 1] == '\n');
    return text;
}
static struct outcome replay(const char *text)
{
    struct outcome o = {.ok = true};
    struct replay *r = replay_new();
    struct str rest = str_of(text);
    while (rest.len && o.ok) {
        o.ok = replay_line(r, str_word(&rest, '\n'), &o.why);
        if (o.ok && r->decisions)
            o.differences += replay_compare(r, first_path, &o);
    }
    o.decisions = r->decisions;
    if (o.ok) {
        static char words[65536];
        struct buf w = buf_of(words, sizeof words - 1);
        replay_explain(r, -1, &w);
        words[w.len] = '\0';
        ck_assert_ptr_nonnull(strstr(words, "charger box1: "));
        ck_assert_ptr_nonnull(strstr(words, "circuit garage: "));
        ck_assert_ptr_nonnull(strstr(words, "why: "));
    }
    replay_free(r);
    return o;
}
/* The text with the first `from` replaced by `to`. */
static void change(char *text, const char *from, const char *to)
{
    static char rest[8 << 20];
    char *at = strstr(text, from);
    ck_assert_msg(at != NULL, "%s", from);
    str_copyz(rest, sizeof rest, at + strlen(from));
    memcpy(at, to, strlen(to));
    str_copyz(at + strlen(to), sizeof rest, rest);
}
static void same(const char *file, int64_t at_least)
{
    char *text = read_file(file);
    struct outcome o = replay(text);
    ck_assert_msg(o.ok, "%s: %s", file, o.why.s);
    ck_assert_msg(o.differences == 0, "%s: %d differences, first %s", file, o.differences, o.first);
    ck_assert_int_ge(o.decisions, at_least);
    free(text);
}

START_TEST(the_same_decisions)
{
    boot();
    live(1500);
    halt();
    same("decisions.jsonl", 1500);
}
END_TEST
START_TEST(from_the_middle)
{
    site.control.record = false;
    boot();
    live(700);
    recorder_on(b->recorder, fake.now, 500000);
    live(800);
    halt();
    char *text = read_file("decisions.jsonl");
    struct outcome o = replay(text);
    ck_assert_msg(o.ok, "%s", o.why.s);
    ck_assert_int_eq(o.differences, 0);
    ck_assert_int_ge(o.decisions, 500);
    free(text);
    char last[64]; /* it ended by itself */
    snprintf(last, sizeof last, "\"mono\":%" PRId64, fake.now.mono.ms);
    text = read_file("decisions.jsonl");
    ck_assert_ptr_null(strstr(text, last));
    free(text);
}
END_TEST
START_TEST(each_file_alone)
{
    site.control.record_mb = 1;
    boot();
    for (int k = 0; k < 12; k++)
        live(250);
    halt();
    same("decisions.1.jsonl", 200);
    same("decisions.jsonl", 20);
}
END_TEST
START_TEST(a_restart_is_a_new_file)
{
    boot();
    live(300);
    halt();
    fake.now.mono.ms += 60000;
    fake.now.wall.ms += 60000;
    boot();
    live(300);
    halt();
    same("decisions.1.jsonl", 300);
    same("decisions.jsonl", 300);
}
END_TEST
START_TEST(a_changed_constant_is_seen)
{
    static const char *const changes[][2] = {
        {"\"dead_band_w\":140", "\"dead_band_w\":10"},
        {"\"settling_ms\":10000", "\"settling_ms\":1000"},
        {"\"hold_ms\":60000", "\"hold_ms\":2000"},
        {"\"grid_target_w\":-100", "\"grid_target_w\":-900"},
        {"\"max_current_ma\":35000", "\"max_current_ma\":20000"},
        {"\"max_ma\":16000", "\"max_ma\":15000"},
    };
    boot();
    live(1500);
    halt();
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        char *text = read_file("decisions.jsonl");
        change(text, changes[i][0], changes[i][1]);
        struct outcome o = replay(text);
        ck_assert_msg(o.ok, "%s", o.why.s);
        ck_assert_msg(o.differences > 0, "%s", changes[i][1]);
        free(text);
    }
    char *text = read_file("decisions.jsonl"); /* one recorded decision that was another */
    change(strstr(text, "\"chargers_out\""), "\"fallback_ma\":", "\"fallback_ma\":1");
    struct outcome o = replay(text);
    ck_assert_int_ge(o.differences, 1);
    ck_assert_ptr_nonnull(strstr(o.first, "fallback_ma"));
    free(text);
}
END_TEST
START_TEST(what_is_damaged_is_refused)
{
    static const struct {
        const char *from, *to, *why;
    } rows[] = {
        {"\"layout\":\"", "\"layout\":\"x", "another core"},
        {"\"state\":\"", "\"state\":\"A", "damaged"},
        {"\"check\":\"", "\"check\":\"0", "damaged"},
        {"\"circuits_n\":2", "\"circuits_n\":0", "no such house"},
        {"\"circuits_n\":2", "\"circuits_n\":3", "damaged"},
        {"\"parent\":-1", "\"parent\":1", "damaged"},
        {"\"dead_band_w\":140", "\"dead_band_w\":\"a\"", "no value for dead_band_w"},
        {"\"circuits\":{\"0\"", "\"circuits\":{\"7\"", "no item 7"},
        {"{\"record\":1", "{\"recor\":1", "first line is missing"},
        {"\n{\"wall\":", "\n{\"wal\":", "wall and mono"},
        {"\n{\"wall\":", "\nwall\":", "JSON"},
    };
    boot();
    live(30);
    halt();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *text = read_file("decisions.jsonl");
        change(text, rows[i].from, rows[i].to);
        struct outcome o = replay(text);
        ck_assert_msg(!o.ok, "row %zu", i);
        ck_assert_msg(strstr(o.why.s, rows[i].why) != NULL, "row %zu: %s", i, o.why.s);
        free(text);
    }
}
END_TEST
START_TEST(no_room_is_no_harm)
{
    snprintf(svc.state_dir, sizeof svc.state_dir, "%s", dir);
    boot();
    str_copyz(svc.state_dir, sizeof svc.state_dir, "/nonexistent/wattbus");
    live(20);
    ck_assert_int_gt(fake.setpoints, 0);
    str_copyz(svc.state_dir, sizeof svc.state_dir, dir);
    halt();
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("replay");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, the_same_decisions);
    tcase_add_test(t, from_the_middle);
    tcase_add_test(t, each_file_alone);
    tcase_add_test(t, a_restart_is_a_new_file);
    tcase_add_test(t, a_changed_constant_is_seen);
    tcase_add_test(t, what_is_damaged_is_refused);
    tcase_add_test(t, no_room_is_no_harm);
    return run_case(t, "replay");
}
