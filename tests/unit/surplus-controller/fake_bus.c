/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/surplus-controller/fake_bus.h"
#include "libcommon/io/discovery.h"
#include "proto/codec.h"
#include <dirent.h>

enum { SUBS_MAX = 64 };
struct fake fake;
static struct {
    enum message_id m;
    char cls[16];
    id_text id;
    bus_msg_cb *cb;
    void *user;
} subs[SUBS_MAX];
static int subs_n;
static bus_cb *ready_cb, *down_cb, *leader_ready;
static void *link_user;

void fake_reset(void)
{
    memset(&fake, 0, sizeof fake);
    subs_n = 0;
    fake.now = (struct now){{100000}, {1750000000000}};
}
void fake_link(bool up)
{
    fake.ready = up;
    if (up && leader_ready)
        leader_ready(link_user);
    if (up)
        ready_cb(link_user);
    else
        down_cb(link_user);
}
void bus_on(struct bus *b, enum message_id m, const char *id, bus_msg_cb *cb, void *user)
{
    UNUSED(b);
    assert(subs_n < SUBS_MAX);
    subs[subs_n].m = m;
    subs[subs_n].cls[0] = '\0';
    str_copyz(subs[subs_n].id, ID_CAP, id);
    subs[subs_n].cb = cb;
    subs[subs_n++].user = user;
}
void bus_on_override(struct bus *b, const char *cls, const char *id, bus_msg_cb *cb, void *user)
{
    bus_on(b, MSG_COUNT, id, cb, user);
    str_copyz(subs[subs_n - 1].cls, sizeof subs[0].cls, cls);
}
static char leader_bus;
enum err svc_link(struct svc *s, const struct svc_link *l, struct bus **out, struct err_text *why)
{
    UNUSED(s);
    UNUSED(why);
    str_copyz(fake.leader, sizeof fake.leader, l->site);
    *out = (struct bus *)(void *)&leader_bus;
    return ERR_OK;
}
void bus_on_link(struct bus *b, bus_cb *ready, bus_cb *down, void *user)
{
    if ((void *)b == &leader_bus) {
        leader_ready = ready;
        return;
    }
    ready_cb = ready;
    down_cb = down;
    link_user = user;
}
bool bus_is_ready(const struct bus *b)
{
    UNUSED(b);
    return fake.ready;
}
static struct note *note(const char *id)
{
    assert(fake.notes_n < NOTES_MAX);
    struct note *n = &fake.notes[fake.notes_n++];
    str_copyz(n->id, ID_CAP, id);
    return n;
}
static int derived_of(const char *id)
{
    int d = 0;
    while (d < DERIVED_COUNT && strcmp(derived_rows[d].id, id) != 0)
        d++;
    return d;
}
void bus_publish(struct bus *b, enum message_id m, const char *id, const char *leaf,
                 const void *body, enum bus_keep keep)
{
    UNUSED(b);
    UNUSED(leaf);
    bool setpoint = m == MSG_CHARGER_SETPOINT || m == MSG_BATTERY_SETPOINT ||
                    m == MSG_INVERTER_SETPOINT || m == MSG_LOAD_SETPOINT ||
                    m == MSG_OUTPUT_SETPOINT;
    assert((keep == BUS_ONCE) == setpoint);
    struct note *n = note(id);
    n->kind = NOTE_PUBLISH;
    n->msg = m;
    if (m == MSG_CHARGER_SETPOINT) {
        fake.setpoint = *(const struct charger_setpoint *)body;
        fake.setpoints++;
    } else if (m == MSG_LOAD_SETPOINT) {
        fake.load_setpoint = *(const struct load_setpoint *)body;
    } else if (m == MSG_LOAD_CONTROL) {
        fake.load_control = *(const struct load_control *)body;
    } else if (m == MSG_OUTPUT_SETPOINT) {
        int i = strcmp(id, "contact_a") == 0;
        fake.output_setpoints[i] = *(const struct output_setpoint *)body;
    } else if (m == MSG_CHARGER_CONTROL) {
        fake.control = *(const struct charger_control *)body;
    } else if (m == MSG_CHARGER_STATE) {
        fake.as_charger = *(const struct charger_state *)body;
    } else if (m == MSG_VARIABLE_STATE) {
        fake.variable = *(const struct variable_state *)body;
    } else if (m == MSG_METER_STATE) {
        int d = derived_of(id);
        if (d == DERIVED_COUNT)
            fake.meter = *(const struct meter_state *)body;
        else
            fake.derived[d] = *(const struct meter_state *)body;
        fake.derived_n += d == 0;
    } else if (m == MSG_BATTERY_SETPOINT) {
        fake.battery = *(const struct battery_setpoint *)body;
        fake.battery_setpoints++;
    } else if (m == MSG_INVERTER_SETPOINT) {
        fake.inverter = *(const struct inverter_setpoint *)body;
        fake.inverter_setpoints++;
    } else if (m == MSG_BATTERY_CONTROL) {
        fake.battery_control = *(const struct battery_control *)body;
    } else if (m == MSG_INVERTER_CONTROL) {
        fake.inverter_control = *(const struct inverter_control *)body;
    } else if (m == MSG_SITE_STATE) {
        fake.site = *(const struct site_state *)body;
    } else if (m == MSG_CIRCUIT_STATE) {
        fake.circuit = *(const struct circuit_state *)body;
    } else if (m == MSG_VEHICLE_STATE) {
        fake.vehicle = *(const struct vehicle_state *)body;
    } else if (m == MSG_METER_INFO) {
        fake.derived_info = *(const struct meter_info *)body;
    } else if (m == MSG_SITE_FLOWS) {
        fake.flows = *(const struct site_flows *)body;
        fake.flows_n++;
    } else if (m == MSG_CHARGER_FLOWS) {
        fake.charger_flows = *(const struct charger_flows *)body;
    } else if (m == MSG_METERING_POINT_STATE) {
        fake.point = *(const struct metering_point_state *)body;
    } else if (m == MSG_USER_STATE) {
        fake.user = *(const struct user_state *)body;
    } else if (m == MSG_BUDGET_STATE) {
        fake.budget = *(const struct budget_state *)body;
    } else if (m == MSG_AUTHORISATION) {
        fake.list = *(const struct authorisation *)body;
        fake.lists++;
    }
}
void bus_clear(struct bus *b, enum message_id m, const char *id, const char *leaf)
{
    UNUSED(b);
    UNUSED(leaf);
    struct note *n = note(id);
    n->kind = NOTE_CLEAR;
    n->msg = m;
}
void bus_clear_override(struct bus *b, int row, const char *id)
{
    UNUSED(b);
    struct note *n = note(id);
    n->kind = NOTE_CLEAR_OVERRIDE;
    n->row = row;
}
struct now svc_now(void)
{
    return fake.now;
}
void svc_own(struct svc *s, const char *id)
{
    UNUSED(s);
    assert(id[0]);
}
void svc_fault(struct svc *s, const char *code, const char *device, const char *text)
{
    UNUSED(s);
    UNUSED(device);
    if (!text)
        return;
    fake.faults++;
    str_copyz(fake.fault, sizeof fake.fault, code);
    str_copyz(fake.fault_text, sizeof fake.fault_text, text);
}
void svc_count(struct svc *s, const char *counter, int64_t add)
{
    UNUSED(s);
    assert(counter[0] && add > 0);
}
void discovery_allow(struct discovery *d, const char *cls, const char *field, uint32_t values)
{
    UNUSED(d);
    assert(cls[0] && field[0] && values);
}
static void deliver(const struct bus_msg *m)
{
    for (int i = 0; i < subs_n; i++)
        if (subs[i].m == m->match.msg && (!subs[i].id[0] || !strcmp(subs[i].id, m->match.id)))
            subs[i].cb(subs[i].user, m);
}
void fake_message(enum message_id m, const char *id, const void *body, bool retained)
{
    struct bus_msg msg = {.match = {.msg = m, .override = -1},
                          .topic = "",
                          .body = body,
                          .retained = retained,
                          .at = fake.now};
    str_copyz(msg.match.id, ID_CAP, id);
    deliver(&msg);
}
void fake_override_of(const char *cls, const char *id, const char *field, struct override o,
                      bool retained)
{
    struct bus_msg msg = {.match = {.msg = MSG_COUNT, .override = -1},
                          .topic = "",
                          .override = &o,
                          .retained = retained,
                          .at = fake.now};
    str_copyz(msg.match.id, ID_CAP, id);
    for (int i = 0; i < override_rows_n; i++)
        if (!strcmp(override_rows[i].cls, cls) && !strcmp(override_rows[i].field, field))
            msg.match.override = i;
    assert(msg.match.override >= 0);
    for (int i = 0; i < subs_n; i++)
        if (subs[i].m == MSG_COUNT && !strcmp(subs[i].cls, cls) && !strcmp(subs[i].id, id))
            subs[i].cb(subs[i].user, &msg);
}
void fake_override(const char *id, const char *field, struct override o, bool retained)
{
    fake_override_of("charger", id, field, o, retained);
}
bool fake_payload(const char *cls, const char *id, const char *field, const char *payload)
{
    struct override o;
    for (int i = 0; i < override_rows_n; i++)
        if (!strcmp(override_rows[i].cls, cls) && !strcmp(override_rows[i].field, field) &&
            override_decode(i, "", str_of(payload), &o, NULL) != ERR_OK)
            return false;
    fake_override_of(cls, id, field, o, false);
    return true;
}
void fake_remove(const char *dir)
{
    char path[512];
    DIR *d = opendir(dir);
    assert(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        unlink(path);
    }
    closedir(d);
    int rc = rmdir(dir);
    assert(rc == 0);
}
void fake_forget(void)
{
    subs_n = 0;
    leader_ready = NULL;
    fake.ready = false;
}
void fake_later(struct brain *b, int64_t ms)
{
    uv_run(&b->svc->loop, UV_RUN_NOWAIT); /* what wanted to happen soon */
    fake.now.mono.ms += ms;
    fake.now.wall.ms += ms;
    brain_step(b);
    if (b->save_due)
        memory_save(b);
}
