/* SPDX-License-Identifier: Apache-2.0
 * What one key alone can't tell. Each check says what is wrong at the line where it can be put
 * right. */
#include "libcommon/site/private.h"
#include <sys/stat.h>

#define ZONES "/usr/share/zoneinfo"

/* The node at a path such as "max_current" or "periods.2.days" (items count from 1); NULL: none. */
static const struct yml_node *descend(const struct yml_node *n, const char *path)
{
    struct str rest = str_of(path);
    while (n && rest.len) {
        char key[48];
        int32_t item;
        struct str word = str_word(&rest, '.');
        if (n->kind != YML_LIST) {
            n = str_copy(key, sizeof key, word) ? yml_find(n, key) : NULL;
            continue;
        }
        n = str_i32(word, &item) ? n->first : NULL;
        for (; n && item > 1; item--)
            n = n->next;
    }
    return n;
}

/* The node to point at, and the words in front of the message. */
static struct yml_node locate(const struct check *c, enum site_section sec, const char *id,
                              const char *key)
{
    const struct yml_node *n = c->root, *sub;
    c->r->where[0] = '\0';
    if (sec != SITE_SECTIONS) {
        const struct site_section_row *row = site_section_row(sec);
        sub = yml_find(n, row->name);
        n = sub ? sub : n;
        sub = id ? yml_find(n, id) : NULL;
        n = sub ? sub : n;
        if (id)
            snprintf(c->r->where, sizeof c->r->where, "%s.%s", row->one, id);
        else
            str_copyz(c->r->where, sizeof c->r->where, row->name);
    }
    sub = key ? descend(n, key) : NULL;
    if (sub)
        return *sub;
    return (struct yml_node){.key_line = n->key_line, .key_col = n->key_col};
}

PRINTF_LIKE(1, 0)
static struct err_text format(const char *fmt, va_list ap)
{
    struct err_text t;
    vsnprintf(t.s, sizeof t.s, fmt, ap);
    return t;
}

void check_error(const struct check *c, enum site_section sec, const char *id, const char *key,
                 const char *fmt, ...)
{
    struct yml_node at = locate(c, sec, id, key);
    va_list ap;
    va_start(ap, fmt);
    struct err_text t = format(fmt, ap);
    va_end(ap);
    yml_error(c->r, &at, "%s", t.s);
    c->r->where[0] = '\0';
}

void check_warning(const struct check *c, enum site_section sec, const char *id, const char *key,
                   const char *fmt, ...)
{
    struct yml_node at = locate(c, sec, id, key);
    va_list ap;
    va_start(ap, fmt);
    struct err_text t = format(fmt, ap);
    va_end(ap);
    yml_warning(c->r, &at, "%s", t.s);
    c->r->where[0] = '\0';
}

void check_text_error(const struct check *c, enum site_section sec, const char *id, const char *key,
                      int col, const char *fmt, ...)
{
    struct yml_node at = locate(c, sec, id, key);
    va_list ap;
    va_start(ap, fmt);
    struct err_text t = format(fmt, ap);
    va_end(ap);
    if (at.line)
        at.col += col - 1 + at.quoted;
    yml_error(c->r, &at, "%s: character %d: %s", key, col, t.s);
    c->r->where[0] = '\0';
}

struct unit_text amps(int32_t ma)
{
    return unit_format("mA", "", ma);
}

struct unit_text watts(int64_t w)
{
    return unit_format("W", "", w);
}

struct unit_text duration(int32_t ms)
{
    return unit_format("ms", "", ms);
}

static void check_timezone(const struct check *c)
{
    const char *zone = c->site->general.timezone;
    char path[128];
    struct stat st;
    if (stat(ZONES, &st) != 0) {
        check_warning(c, SITE_SECTIONS, NULL, "timezone",
                      "timezone can't be checked: there is no " ZONES " (package tzdata)");
        return;
    }
    snprintf(path, sizeof path, ZONES "/%s", zone);
    bool plain = zone[0] != '/' && zone[0] != '.' && !strstr(zone, "..");
    if (!plain || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        check_error(c, SITE_SECTIONS, NULL, "timezone",
                    "timezone: expected an IANA zone such as Europe/Berlin, got %s", zone);
}

static void check_general(const struct check *c)
{
    const struct general_conf *g = &c->site->general;
    if (!str_is_id(str_of(g->site)))
        check_error(c, SITE_SECTIONS, NULL, "site",
                    "site: expected an id of 1 to 32 of a-z, 0-9, _ and -, got %s", g->site);
    if (strlen(g->currency) != 3 || strspn(g->currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
        check_error(c, SITE_SECTIONS, NULL, "currency",
                    "currency: expected three capital letters such as EUR, got %s", g->currency);
    check_timezone(c);
}

static void check_control(const struct check *c)
{
    const struct control_conf *k = &c->site->control;
    if (k->lease_ms < 2 * (int64_t)k->refresh_ms)
        check_error(c, SITE_control, NULL, "lease",
                    "lease %s must be at least twice refresh %s, or one lost message ends it",
                    duration(k->lease_ms).s, duration(k->refresh_ms).s);
    for (int i = 0; i < c->site->chargers_n; i++) {
        const struct charger_conf *w = &c->site->chargers[i].conf;
        int64_t start_w = (int64_t)w->min_current_ma * w->phases * VOLTS / 1000;
        if (-(int64_t)k->grid_target_w < start_w)
            continue;
        check_warning(c, SITE_control, NULL, "grid_target",
                      "grid_target %s keeps back as much as charger %s needs to start (%s): its "
                      "solar modes will hardly ever charge",
                      watts(k->grid_target_w).s, c->site->chargers[i].id, watts(start_w).s);
        return;
    }
}

static void check_group(const struct check *c)
{
    enum { CHARGER_LEN_MAX = ID_CAP - 1 - 6 }; /* "group-<charger>" is an id too */
    const struct group_conf *g = &c->site->group;
    if (!g->leader[0] && !g->charger[0])
        return;
    if (!str_is_id(str_of(g->leader)))
        check_error(c, SITE_group, NULL, "leader",
                    "leader: expected the <site> of another wattbus, got %s",
                    g->leader[0] ? g->leader : "nothing");
    if (strcmp(g->leader, c->site->general.site) == 0 && !g->broker[0])
        check_error(c, SITE_group, NULL, "leader", "leader %s is this site itself", g->leader);
    if (!str_is_id(str_of(g->charger)) || strlen(g->charger) > CHARGER_LEN_MAX)
        check_error(c, SITE_group, NULL, "charger",
                    "charger: expected our id among the leader's chargers, at most %d characters, "
                    "got %s",
                    CHARGER_LEN_MAX, g->charger[0] ? g->charger : "nothing");
    for (int i = 0; i < c->site->circuits_n; i++)
        if (!c->site->circuits[i].conf.parent[0] && c->site->circuits[i].conf.phases == 1)
            check_error(c, SITE_group, NULL, "charger",
                        "a group needs three phases, circuit %s has one", c->site->circuits[i].id);
}

void site_check(const struct check *c)
{
    check_general(c);
    check_devices(c);
    check_circuits(c);
    check_chargers(c);
    check_vehicles(c);
    check_storage(c);
    check_users(c);
    check_loads(c);
    check_tariffs(c);
    check_expressions(c);
    check_rules(c);
    check_flows(c);
    check_control(c);
    check_group(c);
}
