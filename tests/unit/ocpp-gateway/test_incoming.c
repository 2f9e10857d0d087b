/* SPDX-License-Identifier: Apache-2.0
 * What the box calls us for: the answer, and what is on disk and on the bus before it. Bus and
 * journal are the test's own. */
#include "services/ocpp-gateway/io/gateway.h"
#include <check.h>
#include "tests/unit/run.h"

static struct site site;
static struct svc svc;
static struct gateway g;
static struct station station;
static struct connector connectors[2];
static struct peer peer, guest;
static struct card_user anna = {.id = "anna"};
static const struct now now = {{1000000}, {1795168800000}}; /* 2026-11-20T10:00:00Z */
static char reply[REPLY_MAX];
static struct buf out;
static struct complaint why;
static struct {
    int journal, sessions, infos, cleared;
    struct session_rec last;
} seen;

void journal_session(struct gateway *gw, const struct connector *c, const struct session_rec *r)
{
    UNUSED(gw);
    UNUSED(c);
    ck_assert_uint_eq(out.len, 0); /* on disk before the answer is even written */
    seen.journal++;
    seen.last = *r;
}
void journal_write(struct gateway *gw, const struct journal_line *j)
{
    UNUSED(gw);
    UNUSED(j);
    ck_assert_uint_eq(out.len, 0);
    seen.journal++;
}
int32_t journal_new_tx(struct gateway *gw)
{
    return gw->next_tx++;
}
void publish_session(struct gateway *gw, const struct connector *c, const struct session_rec *r,
                     struct now at)
{
    UNUSED(gw);
    UNUSED(c);
    UNUSED(r);
    UNUSED(at);
    seen.sessions++;
}
void publish_info(struct gateway *gw, struct station *s, struct now at)
{
    UNUSED(gw);
    UNUSED(s);
    UNUSED(at);
    seen.infos++;
}
void bus_clear(struct bus *b, enum message_id m, const char *id, const char *leaf)
{
    UNUSED(b);
    ck_assert_int_eq(m, MSG_CHARGER_SESSION);
    ck_assert_str_eq(id, "left");
    ck_assert_str_eq(leaf, "100");
    seen.cleared++;
}

static void setup(void)
{
    memset(&site, 0, sizeof site);
    memset(&seen, 0, sizeof seen);
    memset(connectors, 0, sizeof connectors);
    site.ocpp.heartbeat_ms = 300000;
    svc = (struct svc){.site = &site};
    g = (struct gateway){.svc = &svc,
                         .next_tx = 100,
                         .cards = {.users = &anna, .plain = site.ocpp.id_tags, .remote = "us"}};
    anna = (struct card_user){.id = "anna"};
    station = (struct station){.c = connectors, .n = 2, .remote_tag = "us"};
    for (int i = 0; i < 2; i++) {
        connectors[i].conf =
            (struct connector_conf){.number = i + 1, .max_age_ms = 60000, .meter = {.phases = 3}};
        str_copyz(connectors[i].conf.id, ID_CAP, i ? "right" : "left");
    }
    peer = (struct peer){.g = &g, .station = &station, .identity = "box"};
    guest = (struct peer){.g = &g, .identity = "stranger"};
}
static const char *say_as(struct peer *p, enum action a, const char *payload)
{
    json_object *o = json_tokener_parse(payload);
    out = buf_of(reply, sizeof reply);
    reply[0] = 0;
    why = (struct complaint){0};
    bool ok = incoming_call(p, a, o, now, &out, &why);
    json_object_put(o);
    return ok ? reply : call_error_text(why.code);
}
static void say(enum action a, const char *payload, const char *answer)
{
    ck_assert_str_eq(say_as(&peer, a, payload), answer);
}
#define ACCEPTED(tx) "{\"transactionId\":" tx ",\"idTagInfo\":{\"status\":\"Accepted\"}}"
#define INVALID(tx)  "{\"transactionId\":" tx ",\"idTagInfo\":{\"status\":\"Invalid\"}}"
#define START(conn, tag, wh, ts)                                                                   \
    "{\"connectorId\":" conn ",\"idTag\":\"" tag "\",\"meterStart\":" wh                           \
    ",\"timestamp\":\"2026-11-20T09:" ts "Z\"}"
#define STOP(tx, wh)                                                                               \
    "{\"transactionId\":" tx ",\"meterStop\":" wh                                                  \
    ",\"timestamp\":\"2026-11-20T09:59:00Z\",\"reason\":\"Remote\"}"

START_TEST(a_boot_is_accepted_and_kept)
{
    static const char boot[] = "{\"chargePointVendor\":\"V\",\"chargePointModel\":\"M\","
                               "\"chargeBoxSerialNumber\":\"S\"}";
    static const char answer[] =
        "{\"status\":\"Accepted\",\"currentTime\":\"2026-11-20T10:00:00Z\",\"interval\":300}";
    say(ACTION_BOOT_NOTIFICATION, boot, answer);
    ck_assert_str_eq(station.box.serial, "S");
    ck_assert_int_eq(seen.journal, 1);
    say(ACTION_BOOT_NOTIFICATION, boot, answer);
    ck_assert_int_eq(seen.journal, 1); /* nothing new: no wear */
    ck_assert_int_eq(seen.infos, 1);
}
END_TEST

START_TEST(simple_answers)
{
    say(ACTION_HEARTBEAT, "{}", "{\"currentTime\":\"2026-11-20T10:00:00Z\"}");
    say(ACTION_DATA_TRANSFER, "{\"vendorId\":\"x\"}", "{\"status\":\"UnknownVendorId\"}");
    say(ACTION_FIRMWARE_STATUS, "{\"status\":\"Idle\"}", "{}");
    say(ACTION_DIAGNOSTICS_STATUS, "{\"status\":\"Idle\"}", "{}");
    say(ACTION_STATUS_NOTIFICATION, "{\"connectorId\":0,\"status\":\"Faulted\"}", "{}");
    say(ACTION_METER_VALUES, "{\"connectorId\":9,\"meterValue\":[]}", "{}");
}
END_TEST

START_TEST(cards)
{
    static const char yes[] = "{\"idTagInfo\":{\"status\":\"Accepted\"}}";
    static const char no[] = "{\"idTagInfo\":{\"status\":\"Invalid\"}}";
    say(ACTION_AUTHORIZE, "{\"idTag\":\"any\"}", yes);
    say(ACTION_AUTHORIZE, "{\"idTag\":\"\"}", no);
    str_copyz(site.ocpp.id_tags[0], ID_CAP, "Card1");
    g.cards.plain_n = 1;
    say(ACTION_AUTHORIZE, "{\"idTag\":\"card1 \"}", yes);
    say(ACTION_AUTHORIZE, "{\"idTag\":\"any\"}", no);
    say(ACTION_AUTHORIZE, "{\"idTag\":\"us\"}", yes); /* our own remote start */
    say(ACTION_START_TRANSACTION, START("1", "any", "5", "00:00"), INVALID("100"));
    ck_assert_int_eq(seen.journal, 1); /* it happened all the same */
}
END_TEST

/* anna's card and one of hers that is blocked; a card is needed at the left connector. */
static void with_users(void)
{
    connectors[0].conf.card_needed = true;
    g.cards.users_n = 1;
    anna.told = true;
    anna.list.cards_n = 2;
    anna.list.cards[0] = (struct card_entry){"04a2", CARD_STATUS_ACCEPTED};
    anna.list.cards[1] = (struct card_entry){"04ff", CARD_STATUS_BLOCKED};
    anna.list.expires = SOME_I64(INT64_C(1798761600000)); /* 2027 */
}
#define ANNA(status)                                                                               \
    "\"idTagInfo\":{\"status\":\"" status                                                          \
    "\",\"parentIdTag\":\"anna\",\"expiryDate\":\"2027-01-01T00:00:00Z\"}}"
START_TEST(cards_of_users)
{
    with_users();
    say(ACTION_AUTHORIZE, "{\"idTag\":\"04A2\"}", "{" ANNA("Accepted"));
    say(ACTION_AUTHORIZE, "{\"idTag\":\"04FF\"}", "{" ANNA("Blocked"));
    say(ACTION_AUTHORIZE, "{\"idTag\":\"any\"}", "{\"idTagInfo\":{\"status\":\"Invalid\"}}");
    say(ACTION_START_TRANSACTION, START("1", "any", "5", "00:00"), INVALID("100"));
    say(ACTION_START_TRANSACTION, START("2", "any", "5", "00:00"), ACCEPTED("101"));
    say(ACTION_START_TRANSACTION, START("1", "04A2", "5", "10:00"),
        "{\"transactionId\":102," ANNA("Accepted"));
    say(ACTION_STOP_TRANSACTION,
        "{\"transactionId\":102,\"meterStop\":9,\"timestamp\":\"2026-11-20T09:59:00Z\","
        "\"idTag\":\"04A2\"}",
        "{" ANNA("Accepted"));
}
END_TEST

static void status(int number, const char *word)
{
    char text[128];
    snprintf(text, sizeof text, "{\"connectorId\":%d,\"errorCode\":\"NoError\",\"status\":\"%s\"}",
             number, word);
    say(ACTION_STATUS_NOTIFICATION, text, "{}");
}
/* Where a card was shown: 0 left, 1 right, -1 nowhere. */
static const struct {
    const char *left, *right;
    int at;
} readers[] = {{"Preparing", "Available", 0}, {"Available", "Preparing", 1},
               {"Charging", "Preparing", 1},  {"Preparing", "Preparing", -1},
               {"Charging", "Charging", -1},  {"Available", "Available", 0},
               {"Charging", "Available", -1}};
START_TEST(a_card_is_shown_at_a_connector)
{
    with_users();
    status(1, readers[_i].left);
    status(2, readers[_i].right);
    say_as(&peer, ACTION_AUTHORIZE, "{\"idTag\":\"stranger\"}"); /* refused ones too */
    for (int i = 0; i < 2; i++) {
        struct charger_state st;
        connector_state(&connectors[i], true, now, &st);
        ck_assert_str_eq(st.card, i == readers[_i].at ? "stranger" : "");
        ck_assert(st.card_at.set == (i == readers[_i].at));
    }
}
END_TEST
START_TEST(every_showing_has_its_own_time)
{
    station.n = 1;
    say_as(&peer, ACTION_AUTHORIZE, "{\"idTag\":\"A\"}");
    int64_t first = connectors[0].card_at_ms;
    ck_assert_int_eq(first, now.wall.ms);
    /* the transaction that follows is no second showing */
    say(ACTION_START_TRANSACTION, START("1", "A", "5", "00:00"), ACCEPTED("100"));
    ck_assert_int_eq(connectors[0].card_at_ms, first);
    say_as(&peer, ACTION_AUTHORIZE, "{\"idTag\":\"A\"}");
    ck_assert_int_eq(connectors[0].card_at_ms, first + 1);
    /* one that the box let start by itself is; our own remote start is not */
    say(ACTION_START_TRANSACTION, START("1", "B", "5", "10:00"), ACCEPTED("101"));
    ck_assert_str_eq(connectors[0].card, "B");
    say(ACTION_START_TRANSACTION, START("1", "US", "5", "20:00"), ACCEPTED("102"));
    ck_assert_str_eq(connectors[0].card, "B");
}
END_TEST

START_TEST(a_repeated_start_gets_its_id)
{
    say(ACTION_START_TRANSACTION, START("1", "A", "5", "00:00"), ACCEPTED("100"));
    say(ACTION_START_TRANSACTION, START("1", "A", "5", "00:00"), ACCEPTED("100"));
    ck_assert_int_eq(seen.journal, 1);
    ck_assert(connectors[0].limit.running);
    ck_assert_int_eq(connectors[0].limit.transaction, 100);
    say(ACTION_START_TRANSACTION, START("2", "A", "5", "00:00"), ACCEPTED("101"));
    say(ACTION_STOP_TRANSACTION, STOP("100", "50"), "{}");
    say(ACTION_START_TRANSACTION, START("1", "A", "5", "00:00"), ACCEPTED("100"));
    ck_assert(!connectors[0].limit.running);
}
END_TEST

START_TEST(a_start_ends_a_forgotten_session)
{
    say(ACTION_START_TRANSACTION, START("1", "A", "5", "00:00"), ACCEPTED("100"));
    say(ACTION_START_TRANSACTION, START("1", "A", "70", "30:00"), ACCEPTED("101"));
    struct session_rec *r = session_find(&connectors[0].sessions, 100);
    ck_assert(r->presumed);
    ck_assert_int_eq(r->meter_stop_wh.v, 70);
    ck_assert_int_eq(connectors[0].limit.transaction, 101);
    say(ACTION_STOP_TRANSACTION, STOP("100", "60"), "{}"); /* its stop was only late */
    ck_assert_int_eq(r->meter_stop_wh.v, 60);
    ck_assert(connectors[0].limit.running);
    ck_assert(!connectors[0].energy_wh.set); /* an old register moves nothing */
}
END_TEST

START_TEST(a_stop_counts_once)
{
    say(ACTION_START_TRANSACTION, START("1", "A", "5", "00:00"), ACCEPTED("100"));
    say(ACTION_STOP_TRANSACTION, STOP("100", "50"), "{}");
    ck_assert_int_eq(seen.last.meter_stop_wh.v, 50);
    ck_assert_str_eq(seen.last.reason, "Remote");
    ck_assert_int_eq(connectors[0].energy_wh.v, 50);
    int before = seen.journal;
    say(ACTION_STOP_TRANSACTION, STOP("100", "99"), "{}");
    ck_assert_int_eq(seen.journal, before);
}
END_TEST

static const struct {
    const char *stop;
    bool ends;
} odd_stops[] = {{STOP("-1", "50"), true},
                 {STOP("0", "50"), true},
                 {STOP("99", "50"), false},
                 {STOP("99999999999", "50"), false},
                 {STOP("-9", "50"), true}};
START_TEST(an_unknown_stop_is_accepted)
{
    say(ACTION_START_TRANSACTION, START("2", "A", "5", "00:00"), ACCEPTED("100"));
    say(ACTION_STOP_TRANSACTION, odd_stops[_i].stop, "{}");
    ck_assert_int_eq(connectors[1].limit.running, !odd_stops[_i].ends);
}
END_TEST

START_TEST(a_made_up_stop_of_two_is_nobodys)
{
    say(ACTION_START_TRANSACTION, START("1", "A", "5", "00:00"), ACCEPTED("100"));
    say(ACTION_START_TRANSACTION, START("2", "A", "5", "00:00"), ACCEPTED("101"));
    say(ACTION_STOP_TRANSACTION, STOP("-1", "50"), "{}");
    ck_assert(connectors[0].limit.running);
    ck_assert(connectors[1].limit.running);
}
END_TEST

START_TEST(a_connector_that_is_not_ours)
{
    say(ACTION_START_TRANSACTION, START("3", "A", "5", "00:00"), INVALID("100"));
    say(ACTION_START_TRANSACTION, START("1", "A", "5", "00:00"), ACCEPTED("101"));
    ck_assert_int_eq(seen.journal, 2); /* its id is never given out again */
}
END_TEST

START_TEST(available_without_stop)
{
    say(ACTION_START_TRANSACTION, START("1", "A", "5", "00:00"), ACCEPTED("100"));
    say(ACTION_STATUS_NOTIFICATION,
        "{\"connectorId\":1,\"errorCode\":\"NoError\",\"status\":\"Available\"}", "{}");
    ck_assert(!connectors[0].limit.running);
    ck_assert(seen.last.presumed);
    say(ACTION_STOP_TRANSACTION, STOP("100", "50"), "{}");
    ck_assert(!seen.last.presumed);
    ck_assert_int_eq(seen.last.meter_stop_wh.v, 50);
}
END_TEST

START_TEST(old_sessions_leave_the_bus)
{
    char start[128];
    for (int i = 0; i <= SESSIONS_KEPT; i++) {
        snprintf(start, sizeof start, START("1", "A", "5", "%02d:00"), i);
        say_as(&peer, ACTION_START_TRANSACTION, start);
    }
    ck_assert_int_eq(seen.cleared, 1); /* number 100 */
}
END_TEST

START_TEST(guests_are_kept_waiting)
{
    ck_assert_str_eq(
        say_as(&guest, ACTION_BOOT_NOTIFICATION, "{}"),
        "{\"status\":\"Pending\",\"currentTime\":\"2026-11-20T10:00:00Z\",\"interval\":60}");
    ck_assert_str_eq(say_as(&guest, ACTION_HEARTBEAT, "{}"),
                     "{\"currentTime\":\"2026-11-20T10:00:00Z\"}");
    for (int a = 0; a < ACTION_COUNT; a++)
        if (action_rules((enum action)a).from_box && a != ACTION_BOOT_NOTIFICATION &&
            a != ACTION_HEARTBEAT)
            ck_assert_str_eq(say_as(&guest, (enum action)a, "{}"), "SecurityError");
    ck_assert_int_eq(seen.journal + seen.sessions + seen.infos, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ocpp-incoming");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, a_boot_is_accepted_and_kept);
    tcase_add_test(t, simple_answers);
    tcase_add_test(t, cards);
    tcase_add_test(t, cards_of_users);
    tcase_add_loop_test(t, a_card_is_shown_at_a_connector, 0, (int)COUNT_OF(readers));
    tcase_add_test(t, every_showing_has_its_own_time);
    tcase_add_test(t, a_repeated_start_gets_its_id);
    tcase_add_test(t, a_start_ends_a_forgotten_session);
    tcase_add_test(t, a_stop_counts_once);
    tcase_add_loop_test(t, an_unknown_stop_is_accepted, 0, (int)COUNT_OF(odd_stops));
    tcase_add_test(t, a_made_up_stop_of_two_is_nobodys);
    tcase_add_test(t, a_connector_that_is_not_ours);
    tcase_add_test(t, available_without_stop);
    tcase_add_test(t, old_sessions_leave_the_bus);
    tcase_add_test(t, guests_are_kept_waiting);
    suite_add_tcase(s, t);
    return run_suite(s);
}
