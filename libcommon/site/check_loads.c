/* SPDX-License-Identifier: Apache-2.0
 * Loads: what their kind allows, how they are switched, and the fuses above them. */
#include "libcommon/site/private.h"

uint32_t site_load_modes(const struct load_conf *c)
{
    enum { OFF = 1u << LOAD_MODE_OFF, ON = 1u << LOAD_MODE_ON };
    enum { SOLAR = 1u << LOAD_MODE_SOLAR, NORMAL = 1u << LOAD_MODE_NORMAL };
    static const uint32_t of[LOAD_KIND_COUNT] = {
        [LOAD_KIND_SWITCHED] = OFF | ON | SOLAR,
        [LOAD_KIND_POWER] = OFF | ON | SOLAR,
        [LOAD_KIND_SG_READY] = OFF | ON | SOLAR | NORMAL,
        [LOAD_KIND_GENERATOR] = OFF | ON | NORMAL,
    };
    return of[c->kind];
}

static const char *kind_text(const struct load_conf *k)
{
    return enum_text(&load_kind_enum, (int)k->kind);
}

/* ---- outputs ---- */
static bool uses_output(const struct load_conf *k, const char *output)
{
    return output[0] && (strcmp(k->output, output) == 0 || strcmp(k->block_output, output) == 0);
}
static void check_output(const struct check *c, int i, const char *key, const char *output)
{
    const struct site_loads *w = &c->site->loads[i];
    if (!output[0])
        return;
    if (!str_is_id(str_of(output))) {
        check_error(c, SITE_loads, w->id, key,
                    "%s: expected an id of 1 to 32 of a-z, 0-9, _ and -, got %s", key, output);
        return;
    }
    for (int k = 0; k < i; k++)
        if (uses_output(&c->site->loads[k].conf, output)) {
            check_error(c, SITE_loads, w->id, key, "output %s switches load %s already", output,
                        c->site->loads[k].id);
            return;
        }
}
static void check_outputs(const struct check *c, int i)
{
    const struct site_loads *w = &c->site->loads[i];
    const struct load_conf *k = &w->conf;
    check_output(c, i, "output", k->output);
    check_output(c, i, "block_output", k->block_output);
    if (k->output[0] && k->kind == LOAD_KIND_POWER)
        check_error(c, SITE_loads, w->id, "output",
                    "an output can only switch: kind power needs a device of its own, or take kind "
                    "switched");
    if (k->block_output[0] && (k->kind != LOAD_KIND_SG_READY || !k->output[0]))
        check_error(c, SITE_loads, w->id, "block_output",
                    "block_output is for kind sg_ready that has an output");
    if (k->output[0] && strcmp(k->output, k->block_output) == 0)
        check_error(c, SITE_loads, w->id, "block_output",
                    "block_output must be another one than output");
}

/* ---- powers, modes, times ---- */
static void check_power(const struct check *c, const struct site_loads *w)
{
    const struct load_conf *k = &w->conf;
    bool follows = k->kind == LOAD_KIND_POWER;
    if (k->min_power_w > k->max_power_w)
        check_error(c, SITE_loads, w->id, "min_power", "min_power %s is above max_power %s",
                    watts(k->min_power_w).s, watts(k->max_power_w).s);
    else if (k->min_power_w && !follows)
        check_error(c, SITE_loads, w->id, "min_power",
                    "min_power is for kind power; kind %s runs with max_power or not at all",
                    kind_text(k));
    int32_t least = follows ? k->min_power_w : k->max_power_w;
    bool switches = k->kind == LOAD_KIND_SWITCHED || follows;
    if (k->fallback_w && !switches)
        check_error(c, SITE_loads, w->id, "fallback", "kind %s falls back to normal: take 0 W",
                    kind_text(k));
    else if (k->fallback_w > k->max_power_w || (k->fallback_w && k->fallback_w < least))
        check_error(c, SITE_loads, w->id, "fallback", "fallback %s: expected 0 W or %s to %s",
                    watts(k->fallback_w).s, watts(least).s, watts(k->max_power_w).s);
}
static void check_mode(const struct check *c, const struct site_loads *w)
{
    const struct load_conf *k = &w->conf;
    uint32_t modes = site_load_modes(k);
    if (k->mode && !(modes >> k->mode & 1))
        check_error(c, SITE_loads, w->id, "mode", "mode %s is not for kind %s",
                    enum_text(&load_mode_enum, (int)k->mode), kind_text(k));
    if (!(modes >> LOAD_MODE_SOLAR & 1) && (k->on_above_w.set || k->off_below_w.set))
        check_error(c, SITE_loads, w->id, k->on_above_w.set ? "on_above" : "off_below",
                    "kind %s does not run on surplus", kind_text(k));
    if (k->on_above_w.set && k->off_below_w.set && k->off_below_w.v > k->on_above_w.v)
        check_error(c, SITE_loads, w->id, "off_below",
                    "off_below %s is above on_above %s: it would stop as soon as it has started",
                    watts(k->off_below_w.v).s, watts(k->on_above_w.v).s);
    bool blocks = k->output[0] ? k->block_output[0] != '\0' : k->contacts == 2;
    if (k->kind == LOAD_KIND_SG_READY && !blocks)
        check_warning(c, SITE_loads, w->id, NULL,
                      "without a contact that blocks it, a limit of the grid operator can't reach "
                      "it while it runs by itself");
}

/* ---- circuit and meter ---- */
static void check_circuit_of(const struct check *c, const struct site_loads *w)
{
    const struct load_conf *k = &w->conf;
    const struct site_circuits *own = site_circuit(c->site, k->circuit);
    if (k->phases == 2)
        check_error(c, SITE_loads, w->id, "phases", "phases: expected 1 or 3, got 2");
    if (!own) {
        check_error(c, SITE_loads, w->id, "circuit", "circuit %s is not under circuits",
                    k->circuit);
        return;
    }
    const struct site_circuits *small = smallest_fuse(c->site, k->circuit);
    int32_t ma = sat_i32((int64_t)k->max_power_w * 1000 / (VOLTS * k->phases));
    if (ma > small->conf.max_current_ma)
        check_error(c, SITE_loads, w->id, "max_power",
                    "max_power %s is %s per phase, above circuit \"%s\" (%s)",
                    watts(k->max_power_w).s, amps(ma).s, small->id,
                    amps(small->conf.max_current_ma).s);
    if (k->phases > own->conf.phases)
        check_error(c, SITE_loads, w->id, "phases",
                    "has %" PRId32 " phases on circuit %s with %" PRId32, k->phases, own->id,
                    own->conf.phases);
}
static void check_meter_of(const struct check *c, int i)
{
    const struct site_loads *w = &c->site->loads[i];
    const struct site_meters *m = w->conf.meter[0] ? site_meter(c->site, w->conf.meter) : NULL;
    if (w->conf.meter[0] && !m)
        check_error(c, SITE_loads, w->id, "meter", "meter %s is not under meters", w->conf.meter);
    if (m && m->conf.role == ROLE_GRID)
        check_error(c, SITE_loads, w->id, "meter",
                    "meter %s is at the grid connection; a load needs one that measures it alone",
                    m->id);
    for (int k = 0; m && k < i; k++)
        if (strcmp(c->site->loads[k].conf.meter, m->id) == 0)
            check_error(c, SITE_loads, w->id, "meter", "meter %s measures load %s already", m->id,
                        c->site->loads[k].id);
}

void check_loads(const struct check *c)
{
    for (int i = 0; i < c->site->loads_n; i++) {
        const struct site_loads *w = &c->site->loads[i];
        check_outputs(c, i);
        check_power(c, w);
        check_mode(c, w);
        check_circuit_of(c, w);
        check_meter_of(c, i);
    }
}
