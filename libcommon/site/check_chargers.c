/* SPDX-License-Identifier: Apache-2.0
 * Chargers: their identity, their limits and the fuses above them. */
#include "libcommon/pure/week.h"
#include "libcommon/site/private.h"

static void check_identity(const struct check *c, int i)
{
    const struct site_chargers *w = &c->site->chargers[i];
    if (w->conf.group && w->conf.ocpp[0])
        check_error(c, SITE_chargers, w->id, "group",
                    "a group is another wattbus site: it has no OCPP identity here");
    if (!w->conf.ocpp[0] && !w->conf.group) {
        check_error(c, SITE_chargers, w->id, NULL,
                    "ocpp is missing (OCPP identity of the charge point)");
        return;
    }
    if (w->conf.group)
        return;
    if (strpbrk(w->conf.ocpp, "/?#%+ "))
        check_error(c, SITE_chargers, w->id, "ocpp",
                    "ocpp: expected an identity without blanks and /?#%%+, got %s", w->conf.ocpp);
    for (int k = 0; k < i; k++) {
        const struct site_chargers *o = &c->site->chargers[k];
        if (o->conf.connector != w->conf.connector || strcmp(o->conf.ocpp, w->conf.ocpp) != 0)
            continue;
        check_error(c, SITE_chargers, w->id, "ocpp",
                    "connector %" PRId32 " of %s is already charger %s", w->conf.connector,
                    w->conf.ocpp, o->id);
        return;
    }
}

static void check_limits(const struct check *c, const struct site_chargers *w)
{
    const struct charger_conf *k = &w->conf;
    if (k->phases == 2)
        check_error(c, SITE_chargers, w->id, "phases", "phases: expected 1 or 3, got 2");
    if (k->min_current_ma > k->max_current_ma)
        check_error(c, SITE_chargers, w->id, "min_current",
                    "min_current %s is above max_current %s", amps(k->min_current_ma).s,
                    amps(k->max_current_ma).s);
    if (k->fallback_ma > 0 && k->fallback_ma < k->min_current_ma)
        check_error(c, SITE_chargers, w->id, "fallback",
                    "fallback %s is below min_current %s; take 0 A to pause",
                    amps(k->fallback_ma).s, amps(k->min_current_ma).s);
    if (k->fallback_ma > k->max_current_ma)
        check_error(c, SITE_chargers, w->id, "fallback", "fallback %s is above max_current %s",
                    amps(k->fallback_ma).s, amps(k->max_current_ma).s);
    if (k->max_age_ms < k->interval_ms)
        check_error(c, SITE_chargers, w->id, "max_age", "max_age %s is shorter than interval %s",
                    duration(k->max_age_ms).s, duration(k->interval_ms).s);
    if (k->box_lease_ms <= c->site->control.lease_ms)
        check_error(
            c, SITE_chargers, w->id, "box_lease",
            "box_lease %s must be longer than control.lease %s, or the box falls back while "
            "the controller lives",
            duration(k->box_lease_ms).s, duration(c->site->control.lease_ms).s);
}

static void check_week(const struct check *c, const struct site_chargers *w)
{
    struct week week;
    struct err_text why;
    bool there = w->conf.week[0] != '\0';
    if (there &&
        week_parse(str_of(w->conf.week), &charge_mode_enum, SITE_WEEK_MODES, &week, &why) != ERR_OK)
        check_error(c, SITE_chargers, w->id, "week", "week: %s", why.s);
    if (w->conf.mode == CHARGE_MODE_TIME && !there)
        check_error(c, SITE_chargers, w->id, "mode",
                    "mode time needs a table: week: mon-fri 08:00-12:00 lock; else solar_pure");
}

bool site_parse_start_power(const char *text, int32_t *pm, struct opt_i32 *power_w)
{
    int64_t v;
    bool min = !*text || strcmp(text, "min") == 0, max = strcmp(text, "max") == 0;
    *pm = max ? 1000 : 0;
    *power_w = (struct opt_i32){0};
    if (min || max)
        return true;
    if (unit_parse("permille", "", str_of(text), &v)) {
        *pm = clamp_i32(sat_i32(v), 0, 1000);
        return v > 0 && v <= 1000;
    }
    if (!unit_parse("W", "", str_of(text), &v) || v <= 0 || v > POWER_HI)
        return false;
    *power_w = SOME_I32((int32_t)v);
    return true;
}

static void check_solar_and_phases(const struct check *c, const struct site_chargers *w)
{
    const struct charger_conf *k = &w->conf;
    struct opt_i32 power_w;
    int32_t pm;
    if (!site_parse_start_power(k->start_power, &pm, &power_w))
        check_error(c, SITE_chargers, w->id, "start_power",
                    "start_power: expected min, max, a share such as 50 %% or a power such as 5.5 "
                    "kW, got %s",
                    k->start_power);
    if (k->phase_use != PHASE_USE_THREE && k->phases == 3 && !k->can_switch_phases)
        check_error(c, SITE_chargers, w->id, "phase_use",
                    "phase_use %s needs contacts that switch (can_switch_phases: true)",
                    enum_text(&phase_use_enum, (int)k->phase_use));
    if (k->can_switch_phases && k->phases != 3)
        check_error(c, SITE_chargers, w->id, "can_switch_phases",
                    "a wallbox on one phase has nothing to switch");
}

const struct site_circuits *smallest_fuse(const struct site *s, const char *circuit)
{
    const struct site_circuits *x = site_circuit(s, circuit), *small = x;
    for (int steps = 0; x && steps <= s->circuits_n; steps++) {
        if (x->conf.max_current_ma < small->conf.max_current_ma)
            small = x;
        x = x->conf.parent[0] ? site_circuit(s, x->conf.parent) : NULL;
    }
    return small;
}

static void check_circuit_of(const struct check *c, const struct site_chargers *w)
{
    const struct site_circuits *own = site_circuit(c->site, w->conf.circuit);
    if (!own) {
        check_error(c, SITE_chargers, w->id, "circuit", "circuit %s is not under circuits",
                    w->conf.circuit);
        return;
    }
    const struct site_circuits *small = smallest_fuse(c->site, w->conf.circuit);
    if (w->conf.max_current_ma > small->conf.max_current_ma)
        check_error(c, SITE_chargers, w->id, "max_current",
                    "max_current %s is above circuit \"%s\" (%s)", amps(w->conf.max_current_ma).s,
                    small->id, amps(small->conf.max_current_ma).s);
    if (w->conf.phases > own->conf.phases)
        check_error(c, SITE_chargers, w->id, "phases",
                    "has %" PRId32 " phases on circuit %s with %" PRId32, w->conf.phases, own->id,
                    own->conf.phases);
}

void check_chargers(const struct check *c)
{
    for (int i = 0; i < c->site->chargers_n; i++) {
        check_identity(c, i);
        check_limits(c, &c->site->chargers[i]);
        check_week(c, &c->site->chargers[i]);
        check_solar_and_phases(c, &c->site->chargers[i]);
        check_circuit_of(c, &c->site->chargers[i]);
    }
}
