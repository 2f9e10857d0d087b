/* SPDX-License-Identifier: Apache-2.0
 * Energy flows: what derived meters are made of, and virtual metering points. */
#include "libcommon/site/private.h"

/* Ids of meters that the controller publishes itself. */
static void check_reserved(const struct check *c)
{
    for (int i = 0; i < c->site->meters_n; i++)
        if (strncmp(c->site->meters[i].id, DERIVED_PREFIX, sizeof DERIVED_PREFIX - 1) == 0)
            check_error(c, SITE_meters, c->site->meters[i].id, NULL,
                        "ids that begin with " DERIVED_PREFIX " belong to derived meters");
}

static void check_roles(const struct check *c)
{
    for (int i = 0; i < c->site->batteries_n; i++) {
        enum role role = c->site->batteries[i].conf.role;
        if (role != ROLE_STORAGE_HOME && role != ROLE_STORAGE_ALL)
            check_error(c, SITE_batteries, c->site->batteries[i].id, "role",
                        "role: expected storage_home or storage_all, got %s",
                        enum_text(&role_enum, (int)role));
    }
}

static void check_grid_sum(const struct check *c)
{
    bool grid = false, consumer = false, producer = c->site->inverters_n > 0;
    if (c->site->control.grid_source != GRID_SOURCE_SUM)
        return;
    for (int i = 0; i < c->site->meters_n; i++) {
        enum role role = c->site->meters[i].conf.role;
        grid = grid || role == ROLE_GRID;
        consumer = consumer || role == ROLE_CONSUMER;
        producer = producer || role == ROLE_PRODUCER;
    }
    const struct site_circuits *root = site_root(c->site);
    if (grid || (root && root->conf.meter[0]))
        check_error(c, SITE_control, NULL, "grid_source",
                    "grid_source sum is for houses without a meter at the grid connection");
    else if (!producer || !consumer)
        check_error(c, SITE_control, NULL, "grid_source",
                    "grid_source sum needs a producer (an inverter, or a meter with that role) and "
                    "a meter with role: consumer");
}

/* ---- metering points ---- */
static const enum site_section consuming[] = {SITE_meters, SITE_chargers};
static const enum site_section producing[] = {SITE_meters, SITE_inverters};

static void check_member(const struct check *c, const char *point, const char *list, int i,
                         const char *id, const enum site_section secs[2])
{
    char at[24];
    snprintf(at, sizeof at, "%s.%d", list, i + 1);
    int found = 0;
    for (int k = 0; k < 2; k++)
        found += site_find(c->site, secs[k], id) != NULL;
    if (found == 0)
        check_error(c, SITE_metering_points, point, at, "%s: %s is not under %s or %s", list, id,
                    site_section_row(secs[0])->name, site_section_row(secs[1])->name);
    if (found == 2)
        check_error(c, SITE_metering_points, point, at,
                    "%s: %s is under %s and under %s: give one of them another id", list, id,
                    site_section_row(secs[0])->name, site_section_row(secs[1])->name);
}
/* The point that consumes `id` before item k of point i, or NULL: nothing may be counted twice. */
static const char *consumed_by(const struct site *s, int i, int k, const char *id)
{
    for (int p = 0; p <= i; p++)
        for (int m = 0; m < (p < i ? s->metering_points[p].conf.consumers_n : k); m++)
            if (strcmp(s->metering_points[p].conf.consumers[m], id) == 0)
                return s->metering_points[p].id;
    return NULL;
}
static void check_point(const struct check *c, int i)
{
    const struct site_metering_points *p = &c->site->metering_points[i];
    char at[24];
    if (!p->conf.consumers_n)
        check_error(c, SITE_metering_points, p->id, NULL, "consumers is missing (who consumes)");
    for (int k = 0; k < p->conf.consumers_n; k++) {
        const char *id = p->conf.consumers[k], *other = consumed_by(c->site, i, k, id);
        check_member(c, p->id, "consumers", k, id, consuming);
        snprintf(at, sizeof at, "consumers.%d", k + 1);
        if (other)
            check_error(c, SITE_metering_points, p->id, at,
                        "consumers: %s is already counted in metering_point.%s", id, other);
    }
    for (int k = 0; k < p->conf.producers_n; k++) {
        check_member(c, p->id, "producers", k, p->conf.producers[k], producing);
        snprintf(at, sizeof at, "producers.%d", k + 1);
        for (int m = 0; m < k; m++)
            if (strcmp(p->conf.producers[m], p->conf.producers[k]) == 0)
                check_error(c, SITE_metering_points, p->id, at, "producers: %s is named twice",
                            p->conf.producers[k]);
    }
}

void check_flows(const struct check *c)
{
    check_reserved(c);
    check_roles(c);
    check_grid_sum(c);
    for (int i = 0; i < c->site->metering_points_n; i++)
        check_point(c, i);
}
