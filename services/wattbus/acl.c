/* SPDX-License-Identifier: Apache-2.0 */
#include "services/wattbus/acl.h"

static const char header[] =
    "# Access list of wattbus, made by `wattbus acl` from the site file. Don't edit: run it again\n"
    "# after each change of the site file and let the broker reload (SIGHUP).\n"
    "#\n"
    "# Each service is a user of its own name. Everybody reads the whole site; a service writes "
    "its\n"
    "# own life sign and what it alone owns, so that no other process can pose as a device, and\n"
    "# clears the inboxes that it obeys.\n"
    "#   home   people and automations (Home Assistant, Node-RED, wattbus set): reads everything,\n"
    "#          writes only the inboxes override/… and request\n"
    "#   watch  reads only (dashboards, wattbus watch)\n"
    "# The lists of cards (authorisation/…) are read by the controller and the OCPP gateway "
    "alone.\n"
    "# Nobody else gets in: the broker must not allow anonymous users.\n";

/* Sections whose items are devices with topics of their own. */
static const enum site_section devices[] = {SITE_meters, SITE_inverters, SITE_batteries,
                                            SITE_chargers, SITE_loads};

static void rule(struct buf *b, const char *access, const struct site *s, const char *path)
{
    buf_addf(b, "topic %s wattbus/%s/%s\n", access, s->general.site, path);
}

/* homeassistant/device/<site>_<class>_<id>__<service>/config */
static void discovery(struct buf *b, const struct site *s, const char *service, const char *cls,
                      const char *id)
{
    buf_addf(b, "topic write homeassistant/device/%s_%s_%s__%s/config\n", s->general.site, cls, id,
             service);
}

/* Cards are easily copied and PINs short: only who needs the lists may read them. */
static void secret_rules(struct buf *b, const struct site *s)
{
    rule(b, "deny", s, message_of(MSG_AUTHORISATION)->path);
}

static bool path_has_class(const char *path, const char *cls)
{
    size_t n = strlen(cls);
    return strncmp(path, cls, n) == 0 && path[n] == '/';
}

/* The path with its first + replaced by the id. */
static void device_rule(struct buf *b, const struct site *s, const char *path, const char *id)
{
    const char *plus = strchr(path, '+');
    buf_addf(b, "topic write wattbus/%s/%.*s%s%s\n", s->general.site, (int)(plus - path), path, id,
             plus + 1);
}

static void device_rules(struct buf *b, const struct site *s, const struct site_service *svc,
                         enum site_section sec, int i)
{
    const char *cls = site_section_row(sec)->one, *id = site_item_id(s, sec, i);
    for (int m = 0; m < MSG_COUNT; m++) {
        const struct message *msg = message_of((enum message_id)m);
        bool own = msg->writer == WRITER_OWNER || msg->writer == WRITER_INBOX;
        if (own && path_has_class(msg->path, cls))
            device_rule(b, s, msg->path, id);
    }
    if (svc->writer == WRITER_OWNER) /* discovery_rules has those of the controller */
        discovery(b, s, svc->name, cls, id);
}

static void owner_rules(struct buf *b, const struct site *s, const struct site_service *svc)
{
    for (size_t k = 0; k < COUNT_OF(devices); k++)
        for (int i = 0; i < site_items(s, devices[k]); i++)
            if (site_drives(s, svc, devices[k], i))
                device_rules(b, s, svc, devices[k], i);
}

/* Whole classes of messages that have one writer. */
static void writer_rules(struct buf *b, const struct site *s, enum writer w)
{
    for (int m = 0; m < MSG_COUNT; m++)
        if (message_of((enum message_id)m)->writer == w)
            rule(b, "write", s, message_of((enum message_id)m)->path);
}

static void inbox_rules(struct buf *b, const struct site *s)
{
    const char *last = "";
    for (int i = 0; i < override_rows_n; i++) {
        if (strcmp(override_rows[i].cls, last) == 0)
            continue;
        last = override_rows[i].cls;
        buf_addf(b, "topic write wattbus/%s/%s/+/override/#\n", s->general.site, last);
    }
    writer_rules(b, s, WRITER_INBOX);
}

/* What the controller and the tariff service show in Home Assistant. */
static void discovery_rules(struct buf *b, const struct site *s, const struct site_service *svc)
{
    static const enum site_section controlled[] = {
        SITE_circuits, SITE_meters,    SITE_inverters, SITE_batteries,
        SITE_chargers, SITE_variables, SITE_vehicles,  SITE_metering_points,
        SITE_users,    SITE_budgets,   SITE_loads};
    if (svc->writer == WRITER_CONTROLLER) {
        discovery(b, s, svc->name, "site", s->general.site);
        for (int i = 0; i < DERIVED_COUNT; i++) {
            device_rule(b, s, message_of(MSG_METER_INFO)->path, derived_rows[i].id);
            device_rule(b, s, message_of(MSG_METER_STATE)->path, derived_rows[i].id);
            discovery(b, s, svc->name, "meter", derived_rows[i].id);
        }
        for (size_t k = 0; k < COUNT_OF(controlled); k++)
            for (int i = 0; i < site_items(s, controlled[k]); i++)
                discovery(b, s, svc->name, site_section_row(controlled[k])->one,
                          site_item_id(s, controlled[k], i));
    }
    if (svc->writer == WRITER_TARIFF) {
        for (int kind = 1; kind < TARIFF_KIND_COUNT; kind++)
            discovery(b, s, svc->name, "tariff", enum_text(&tariff_kind_enum, kind));
        for (int i = 0; i < s->tariffs_n; i++)
            discovery(b, s, svc->name, "tariff", s->tariffs[i].id);
    }
}

static void service_rules(struct buf *b, const struct site *s, const struct site_service *svc)
{
    buf_addf(b, "\nuser %s\n", svc->name);
    rule(b, "read", s, "#");
    if (!svc->ocpp && svc->writer != WRITER_CONTROLLER)
        secret_rules(b, s);
    buf_addz(b, "topic read homeassistant/status\n");
    buf_addf(b, "topic write wattbus/%s/service/%s/#\n", s->general.site, svc->name);
    discovery(b, s, svc->name, "service", svc->name);
    if (svc->writer == WRITER_OWNER)
        owner_rules(b, s, svc);
    else
        writer_rules(b, s, svc->writer);
    if (svc->writer == WRITER_CONTROLLER) {
        owner_rules(b, s, svc); /* meters that it computes */
        inbox_rules(b, s);
    }
    discovery_rules(b, s, svc);
}

/* A group comes from its own broker user to write as the charger that it is here. */
static void group_rules(struct buf *b, const struct site *s, int i)
{
    const char *id = s->chargers[i].id;
    buf_addf(b, "\nuser group-%s\n", id);
    buf_addf(b, "topic read wattbus/%s/charger/%s/setpoint\n", s->general.site, id);
    buf_addf(b, "topic write wattbus/%s/charger/%s/info\n", s->general.site, id);
    buf_addf(b, "topic write wattbus/%s/charger/%s/state\n", s->general.site, id);
    buf_addf(b, "topic readwrite wattbus/%s/service/group-%s/#\n", s->general.site, id);
}

void acl_write(const struct site *s, struct buf *out)
{
    buf_addz(out, header);
    buf_addf(out, "# Site %s, configuration %s.\n", s->general.site, s->hash);
    for (int i = 0; i < site_services_n; i++)
        service_rules(out, s, &site_services[i]);
    for (int i = 0; i < s->chargers_n; i++)
        if (s->chargers[i].conf.group)
            group_rules(out, s, i);
    buf_addz(out, "\nuser home\n");
    rule(out, "read", s, "#");
    secret_rules(out, s);
    buf_addz(out, "topic read homeassistant/#\n");
    inbox_rules(out, s);
    buf_addz(out, "topic write homeassistant/status\n");
    buf_addz(out, "\nuser watch\n");
    rule(out, "read", s, "#");
    secret_rules(out, s);
}

size_t acl_size_max(const struct site *s)
{
    enum { LINE_MAX_ = 160, LINES_PER_ITEM = 12, FIXED = 32768 };
    size_t items = (size_t)(s->tariffs_n + s->circuits_n + s->variables_n + s->vehicles_n +
                            s->metering_points_n + s->users_n + s->budgets_n);
    for (size_t k = 0; k < COUNT_OF(devices); k++)
        items += (size_t)site_items(s, devices[k]);
    return FIXED + items * LINES_PER_ITEM * LINE_MAX_;
}
