/* SPDX-License-Identifier: Apache-2.0
 * The lists of cards outlive the gateway. The bus is the test's own. */
#include "services/ocpp-gateway/io/gateway.h"
#include <check.h>
#include <sys/stat.h>
#include "tests/unit/run.h"

static struct site site;
static struct site_users users[2];
static struct svc svc;
static struct gateway g;
static bus_msg_cb *deliver;
static char dir[64], path[96];
static int faults;

void bus_on(struct bus *b, enum message_id m, const char *id, bus_msg_cb *cb, void *user)
{
    UNUSED(b);
    ck_assert_int_eq(m, MSG_AUTHORISATION);
    ck_assert_ptr_null(id);
    ck_assert_ptr_eq(user, &g);
    deliver = cb;
}
void svc_fault(struct svc *s, const char *code, const char *device, const char *text)
{
    UNUSED(s);
    UNUSED(code);
    UNUSED(device);
    faults += text != NULL;
}
static void start(void)
{
    g = (struct gateway){.svc = &svc};
    ck_assert_int_eq(cards_configure(&g), ERR_OK);
    cards_load(&g);
    cards_subscribe(&g);
}
static void stop(void)
{
    free(g.cards.users);
}
static void setup(void)
{
    faults = 0;
    str_copyz(dir, sizeof dir, "/tmp/test_cards.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/cards.jsonl", dir);
    memset(users, 0, sizeof users);
    str_copyz(users[0].id, ID_CAP, "anna");
    str_copyz(users[1].id, ID_CAP, "ben");
    site = (struct site){.users = users, .users_n = 2};
    svc = (struct svc){.site = &site};
    str_copyz(svc.state_dir, sizeof svc.state_dir, dir);
    start();
}
static void teardown(void)
{
    stop();
    unlink(path);
    rmdir(dir);
}
static void tell(const char *id, const char *tag)
{
    struct authorisation l = {.v = 1, .ts = 1795168800000, .cards_n = 1};
    str_copyz(l.cards[0].tag, sizeof l.cards[0].tag, tag);
    l.cards[0].status = CARD_STATUS_ACCEPTED;
    struct bus_msg m = {.body = tag[0] ? &l : NULL};
    str_copyz(m.match.id, ID_CAP, id);
    deliver(&g, &m);
}
static bool accepted(const char *tag)
{
    const struct card_place at = {"garage", true};
    return cards_check(&g.cards, str_of(tag), &at, 1, (struct wall){0}).answer == CARD_ACCEPTED;
}

START_TEST(they_are_there_right_after_a_restart)
{
    tell("anna", "04a2");
    tell("ben", "04b3");
    stop();
    start();
    ck_assert(accepted("04A2"));
    ck_assert(accepted("04B3"));
    ck_assert(!accepted("04C4"));
    tell("ben", "");
    stop();
    start();
    ck_assert(accepted("04A2"));
    ck_assert(!accepted("04B3"));
}
END_TEST
START_TEST(who_left_the_site_file_is_forgotten)
{
    tell("anna", "04a2");
    tell("ben", "04b3");
    stop();
    site.users_n = 1;
    start();
    ck_assert(accepted("04A2"));
    ck_assert(!accepted("04B3"));
}
END_TEST
START_TEST(written_only_when_it_changed)
{
    tell("anna", "04a2");
    ck_assert_int_eq(unlink(path), 0);
    tell("anna", "04a2");
    ck_assert_int_ne(access(path, F_OK), 0);
    tell("anna", "04a3");
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST
static const char *const broken[] = {
    "",
    "\n\n",
    "anna",
    "anna {",
    "anna {}\n",
    "anna []\n",
    "{\"v\":1}\n",
    "anna {\"v\":9,\"ts\":1}\n",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa {}\n"};
START_TEST(a_broken_file_does_no_harm)
{
    stop();
    FILE *f = fopen(path, "we");
    fputs(broken[_i], f);
    fclose(f);
    start();
    ck_assert(!g.cards.users[0].told);
    tell("anna", "04a2");
    ck_assert(accepted("04a2"));
}
END_TEST
START_TEST(a_disk_that_is_full)
{
    str_copyz(svc.state_dir, sizeof svc.state_dir, "/nowhere");
    tell("anna", "04a2");
    ck_assert_int_eq(faults, 1);
    ck_assert(accepted("04a2"));
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("cards-file");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, they_are_there_right_after_a_restart);
    tcase_add_test(t, who_left_the_site_file_is_forgotten);
    tcase_add_test(t, written_only_when_it_changed);
    tcase_add_loop_test(t, a_broken_file_does_no_harm, 0, (int)COUNT_OF(broken));
    tcase_add_test(t, a_disk_that_is_full);
    return run_case(t, "cards-file");
}
