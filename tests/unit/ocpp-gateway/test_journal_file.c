/* SPDX-License-Identifier: Apache-2.0
 * The journal on disk and the stations from the site: a gateway that dies and comes back. The
 * service's skeleton is the test's own. */
#include "libcommon/io/state.h"
#include "services/ocpp-gateway/io/gateway.h"
#include <check.h>
#include <fcntl.h>
#include "tests/unit/run.h"

static char dir[32];
static char secret_path[64];
static struct site_chargers chargers[3];
static struct site site;
static struct svc svc;
static const char *fault; /* of the journal */
static int owned;

struct now svc_now(void)
{
    return (struct now){{5000}, {1795168800000}};
}
void svc_own(struct svc *s, const char *id)
{
    ck_assert_ptr_eq(s, &svc);
    ck_assert_ptr_nonnull(id);
    owned++;
}
void svc_fault(struct svc *s, const char *code, const char *device, const char *text)
{
    ck_assert_ptr_eq(s, &svc);
    ck_assert_str_eq(code, "journal");
    ck_assert_str_eq(device, "");
    fault = text;
}

static void charger(int i, const char *id, const char *identity, int connector)
{
    chargers[i] = (struct site_chargers){0};
    str_copyz(chargers[i].id, ID_CAP, id);
    str_copyz(chargers[i].conf.ocpp, sizeof chargers[i].conf.ocpp, identity);
    chargers[i].conf.connector = connector;
    chargers[i].conf.phases = 3;
    chargers[i].conf.rotation = ROTATION_L231;
}
static void setup(void)
{
    str_copyz(dir, sizeof dir, "/tmp/wattbus-journal-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(secret_path, sizeof secret_path, "%s/secret", dir);
    memset(&site, 0, sizeof site);
    site.chargers = chargers;
    site.chargers_n = 3;
    charger(0, "left", "BOX", 1);
    charger(1, "other", "", 1); /* no OCPP */
    charger(2, "right", "box", 2);
    svc = (struct svc){.site = &site};
    str_copyz(svc.state_dir, sizeof svc.state_dir, dir);
    fault = NULL;
    owned = 0;
}
static void teardown(void)
{
    char cmd[64];
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    ck_assert_int_eq(system(cmd), 0);
}
static void load(struct gateway *g)
{
    *g = (struct gateway){.svc = &svc};
    ck_assert_int_eq(config_load(g), ERR_OK);
    ck_assert_int_eq(journal_load(g), ERR_OK);
}
static void unload(struct gateway *g)
{
    free(g->stations);
    free(g->connectors);
    free(g->peers);
}
static void append(const char *text) /* as a dying writer does: without a line end */
{
    char path[64];
    snprintf(path, sizeof path, "%s/journal", dir);
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}
static struct session_rec *begin(struct gateway *g, int connector)
{
    int32_t dropped;
    struct connector *c = &g->connectors[connector];
    struct session_start start = {
        .id_tag = str_of("TAG"), .stamp_ms = 1795168800000 + connector, .meter_start_wh = 7};
    struct session_rec *r =
        session_begin(&c->sessions, journal_new_tx(g), &start, svc_now().wall, &dropped);
    journal_session(g, c, r);
    return r;
}

START_TEST(connectors_of_one_identity_are_one_station)
{
    struct gateway g;
    load(&g);
    ck_assert_int_eq(g.stations_n, 1);
    ck_assert_int_eq(g.stations[0].n, 2);
    ck_assert_int_eq(owned, 2);
    ck_assert_str_eq(g.stations[0].c[1].conf.id, "right");
    ck_assert_int_eq(g.stations[0].c[1].conf.number, 2);
    ck_assert_int_eq(g.stations[0].c[1].conf.meter.shift, 1);
    ck_assert(!g.peers[0].locked);
    unload(&g);
}
END_TEST

static const struct {
    const char *content;
    int len;  /* -1: there is no file */
    int used; /* -1: refused */
} secrets[] = {{"s\0cret\n", 7, 6}, {"x", 1, 1}, {"x\n\n", 3, 2},
               {"\n", 1, -1},       {"", 0, -1}, {"", -1, -1}};
START_TEST(passwords_come_from_files)
{
    struct gateway g = {.svc = &svc};
    str_copyz(chargers[2].conf.password_file, sizeof chargers[2].conf.password_file, secret_path);
    if (secrets[_i].len >= 0) {
        int fd = open(secret_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        ck_assert_int_eq(write(fd, secrets[_i].content, (size_t)secrets[_i].len), secrets[_i].len);
        close(fd);
    }
    ck_assert_int_eq(config_load(&g) == ERR_OK, secrets[_i].used >= 0);
    ck_assert_int_eq(g.peers[0].locked, secrets[_i].used >= 0);
    if (secrets[_i].used >= 0) {
        ck_assert_uint_eq(g.peers[0].secret_len, (size_t)secrets[_i].used);
        ck_assert_mem_eq(g.peers[0].secret, secrets[_i].content, (size_t)secrets[_i].used);
    }
    unload(&g);
}
END_TEST

START_TEST(a_dead_gateway_comes_back)
{
    struct gateway g;
    load(&g);
    int32_t first = begin(&g, 0)->tx, second = begin(&g, 1)->tx;
    ck_assert_int_gt(first, 0);
    ck_assert_int_eq(second, first + 1);
    struct session_rec *r = session_running(&g.connectors[0].sessions);
    session_end(r, &(struct session_stop){.meter_stop_wh = SOME_I64(99)}, svc_now().wall);
    journal_session(&g, &g.connectors[0], r);
    g.connectors[1].limit.box[PURPOSE_TX_DEFAULT] = (struct limit_profile){.acked = true, .ma = 0};
    g.connectors[0].limit.phases = 1;
    journal_defaults(&g, svc_now());
    journal_write(
        &g, &(struct journal_line){.kind = JOURNAL_REQUEST, .charger = "left", .request = "r1"});
    journal_write(&g, &(struct journal_line){
                          .kind = JOURNAL_BOOT, .charger = "left", .box = {.vendor = "Vendor"}});
    unload(&g);
    append("session left 5 1 1 - - - A - "); /* half a line: it was never answered */

    for (int i = 0; i < 3; i++) { /* also after compacting */
        load(&g);
        ck_assert_int_eq(journal_new_tx(&g), second + 1);
        ck_assert_ptr_null(session_running(&g.connectors[0].sessions));
        ck_assert_int_eq(session_find(&g.connectors[0].sessions, first)->meter_stop_wh.v, 99);
        ck_assert_ptr_null(session_find(&g.connectors[0].sessions, 5));
        ck_assert_int_eq(session_running(&g.connectors[1].sessions)->tx, second);
        ck_assert(g.connectors[1].limit.running);
        ck_assert_int_eq(g.connectors[1].limit.transaction, second);
        ck_assert(g.connectors[1].limit.remembered.set);
        ck_assert_int_eq(g.connectors[1].limit.remembered.v, 0);
        ck_assert(!g.connectors[0].limit.remembered.set);
        ck_assert_int_eq(g.connectors[0].limit.phases, 1);
        ck_assert_int_eq(g.connectors[1].limit.phases, 0);
        ck_assert(!connector_request_new(&g.connectors[0], "r1"));
        ck_assert(connector_request_new(&g.connectors[1], "r1"));
        ck_assert_str_eq(g.stations[0].box.vendor, "Vendor");
        unload(&g);
    }
    ck_assert_ptr_null(fault);
}
END_TEST

START_TEST(a_lost_journal_gives_no_old_ids)
{
    struct gateway g;
    load(&g);
    ck_assert_int_gt(g.next_tx, 700000000); /* counted from the time */
    unload(&g);
}
END_TEST

START_TEST(chargers_that_left_the_site_are_forgotten)
{
    struct gateway g;
    load(&g);
    int32_t tx = begin(&g, 0)->tx;
    unload(&g);
    site.chargers_n = 0;
    load(&g);
    ck_assert_int_eq(g.connectors_n, 0);
    ck_assert_int_eq(journal_new_tx(&g), tx + 1); /* but not their ids */
    unload(&g);
}
END_TEST

START_TEST(a_full_disk_is_said_and_ends)
{
    struct gateway g;
    load(&g);
    str_copyz(svc.state_dir, sizeof svc.state_dir, "/nonexistent");
    begin(&g, 0);
    ck_assert_ptr_nonnull(fault);
    str_copyz(svc.state_dir, sizeof svc.state_dir, dir);
    begin(&g, 1);
    ck_assert_ptr_null(fault);
    unload(&g);
}
END_TEST

START_TEST(it_does_not_grow_for_ever)
{
    struct gateway g;
    load(&g);
    struct session_rec *r = begin(&g, 0);
    g.journal_lines = 5000;
    journal_session(&g, &g.connectors[0], r);
    ck_assert_int_eq(g.journal_lines, 0);
    unload(&g);
    load(&g);
    ck_assert_int_eq(session_running(&g.connectors[0].sessions)->tx, g.next_tx - 1);
    unload(&g);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ocpp-journal");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, connectors_of_one_identity_are_one_station);
    tcase_add_loop_test(t, passwords_come_from_files, 0, (int)COUNT_OF(secrets));
    tcase_add_test(t, a_dead_gateway_comes_back);
    tcase_add_test(t, a_lost_journal_gives_no_old_ids);
    tcase_add_test(t, chargers_that_left_the_site_are_forgotten);
    tcase_add_test(t, a_full_disk_is_said_and_ends);
    tcase_add_test(t, it_does_not_grow_for_ever);
    suite_add_tcase(s, t);
    return run_suite(s);
}
