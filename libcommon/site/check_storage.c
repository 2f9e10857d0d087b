/* SPDX-License-Identifier: Apache-2.0
 * Batteries, the feed-in limit and where the grid meter sits: one regulator per plant, and nothing
 * that works against the cars unseen. */
#include "libcommon/site/private.h"

enum { DEEPEST_PM = 50, LEAST_SHARE_PM = 500 };

static struct unit_text percent(int32_t pm)
{
    return unit_format("permille", "", pm);
}

static const struct site_meters *grid_meter(const struct site *s)
{
    for (int i = 0; i < s->meters_n; i++)
        if (s->meters[i].conf.role == ROLE_GRID)
            return &s->meters[i];
    return NULL;
}

static void check_window(const struct check *c, const struct site_batteries *b)
{
    const struct battery_conf *k = &b->conf;
    if (k->min_soc_pm >= k->max_soc_pm)
        check_error(c, SITE_batteries, b->id, "min_soc", "min_soc %s is not below max_soc %s",
                    percent(k->min_soc_pm).s, percent(k->max_soc_pm).s);
    if (k->car_min_soc_pm.set && k->car_min_soc_pm.v < k->min_soc_pm)
        check_error(c, SITE_batteries, b->id, "car_min_soc", "car_min_soc %s is below min_soc %s",
                    percent(k->car_min_soc_pm.v).s, percent(k->min_soc_pm).s);
    if (k->first_until_soc_pm > k->max_soc_pm)
        check_error(c, SITE_batteries, b->id, "first_until_soc",
                    "first_until_soc %s is above max_soc %s: solar cars would wait for ever",
                    percent(k->first_until_soc_pm).s, percent(k->max_soc_pm).s);
}

static void check_ours(const struct check *c, const struct site_batteries *b)
{
    if (b->conf.min_soc_pm < DEEPEST_PM)
        check_error(c, SITE_batteries, b->id, "min_soc",
                    "min_soc: expected at least %s where wattbus regulates, got %s",
                    percent(DEEPEST_PM).s, percent(b->conf.min_soc_pm).s);
    if (!b->conf.control)
        check_error(c, SITE_batteries, b->id, "control",
                    "control: false, but regulated_by: wattbus");
    if (!grid_meter(c->site))
        check_error(c, SITE_batteries, b->id, "regulated_by",
                    "regulated_by: wattbus needs a meter with role: grid");
}

static bool solar_charger(const struct site *s)
{
    for (int i = 0; i < s->chargers_n; i++)
        if (s->chargers[i].conf.mode >= CHARGE_MODE_SOLAR_PURE)
            return true;
    return false;
}

static void check_batteries(const struct check *c)
{
    const struct site *s = c->site;
    const char *self = NULL;
    for (int i = 0; i < s->batteries_n; i++)
        if (s->batteries[i].conf.regulated_by == REGULATED_SELF)
            self = s->batteries[i].id;
    for (int i = 0; i < s->batteries_n; i++) {
        const struct site_batteries *b = &s->batteries[i];
        bool ours = b->conf.regulated_by == REGULATED_WATTBUS;
        check_window(c, b);
        if (ours)
            check_ours(c, b);
        if (ours && self)
            check_warning(c, SITE_batteries, b->id, "regulated_by",
                          "wattbus regulates it while battery %s regulates itself: two regulators "
                          "at one grid connection",
                          self);
        if (!b->conf.control && !ours && solar_charger(s))
            check_warning(c, SITE_batteries, b->id, "control",
                          "its discharge can't be blocked (control: false): solar modes may drain "
                          "it into a car");
    }
}

static void check_position(const struct check *c)
{
    const struct site *s = c->site;
    for (int i = 0; i < s->meters_n; i++) {
        const struct site_meters *m = &s->meters[i];
        if (m->conf.position != POSITION_HOUSE)
            continue;
        if (m->conf.role != ROLE_GRID)
            check_error(c, SITE_meters, m->id, "position",
                        "position: house is only for the meter with role: grid");
        if (s->inverters_n > 1)
            check_error(c, SITE_meters, m->id, "position",
                        "position: house works with one inverter, there are %d", s->inverters_n);
        if (s->inverters_n == 0)
            check_error(c, SITE_meters, m->id, "position",
                        "position: house needs the inverter to know the grid");
        for (int k = 0; k < s->batteries_n; k++)
            if (s->batteries[k].conf.regulated_by == REGULATED_WATTBUS)
                check_error(c, SITE_meters, m->id, "position",
                            "position: house is not for a battery that wattbus regulates (%s)",
                            s->batteries[k].id);
    }
}

/* The limit in W; negative: none. */
static int64_t feed_in_w(const struct feed_in_conf *f)
{
    int64_t w = f->limit_w.set ? f->limit_w.v : INT64_MAX;
    if (f->share_pm.set && f->peak_power_w.set)
        w = min_i64(w, (int64_t)f->peak_power_w.v * f->share_pm.v / 1000);
    return w == INT64_MAX ? -1 : w;
}

static void check_regulators(const struct check *c)
{
    const struct site *s = c->site;
    int ours = 0;
    for (int i = 0; i < s->inverters_n; i++)
        ours += s->inverters[i].conf.control;
    if (ours == 0) {
        check_error(c, SITE_feed_in, NULL, NULL,
                    s->inverters_n ? "every inverter has control: false, so none can be limited"
                                   : "there is no inverter that could be limited");
        return;
    }
    for (int i = 0; i < s->inverters_n; i++)
        if (!s->inverters[i].conf.control)
            check_warning(c, SITE_feed_in, NULL, NULL,
                          "inverter %s has control: false: it is measured and left alone; see that "
                          "it does not regulate the plant too",
                          s->inverters[i].id);
    if (!grid_meter(s))
        check_warning(c, SITE_feed_in, NULL, NULL,
                      "without a meter with role: grid every inverter is held at its share of the "
                      "limit all the time");
}

static void check_hidden(const struct check *c, int64_t limit_w)
{
    for (int i = 0; i < c->site->chargers_n; i++) {
        const struct charger_conf *w = &c->site->chargers[i].conf;
        int64_t start_w = (int64_t)w->min_current_ma * w->phases * VOLTS / 1000;
        if (limit_w >= start_w || w->mode < CHARGE_MODE_SOLAR_PURE)
            continue;
        check_warning(c, SITE_feed_in, NULL, c->site->feed_in.limit_w.set ? "limit" : "share",
                      "limit %s is below what charger %s needs to start (%s): %s", watts(limit_w).s,
                      c->site->chargers[i].id, watts(start_w).s,
                      c->site->feed_in.cars_first
                          ? "its sun behind the limit is an estimate"
                          : "with cars_first: false its solar modes hardly ever charge");
        return;
    }
}

static void check_feed_in(const struct check *c)
{
    const struct feed_in_conf *f = &c->site->feed_in;
    int64_t w = feed_in_w(f);
    if (f->share_pm.set && !f->peak_power_w.set)
        check_error(c, SITE_feed_in, NULL, "share", "share needs peak_power (kWp of the plant)");
    if (f->share_pm.set && f->limit_w.set)
        check_error(c, SITE_feed_in, NULL, "share", "limit and share are two limits: give one");
    if (w < 0)
        return;
    check_regulators(c);
    check_hidden(c, w);
    if (f->peak_power_w.set && c->site->batteries_n && c->site->inverters_n > 1 &&
        w * 1000 < (int64_t)f->peak_power_w.v * LEAST_SHARE_PM)
        check_warning(c, SITE_feed_in, NULL, f->limit_w.set ? "limit" : "share",
                      "limit %s is below 50 %% of peak_power %s; with a battery and further "
                      "inverters makers allow no less",
                      watts(w).s, watts(f->peak_power_w.v).s);
}

void check_storage(const struct check *c)
{
    check_batteries(c);
    check_position(c);
    check_feed_in(c);
}
