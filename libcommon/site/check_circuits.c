/* SPDX-License-Identifier: Apache-2.0
 * The tree of fuses, and the proof that all fallbacks together fit it: when every lease has ended
 * at once no fuse may blow. */
#include "libcommon/site/private.h"

struct tree {
    int parent[CIRCUITS_MAX]; /* index, -1 for the root */
    int64_t sum_ma[CIRCUITS_MAX]
                  [PHASES]; /* fallbacks of chargers and loads below, per grid phase */
    int64_t sum_w[CIRCUITS_MAX];
};

static int circuit_index(const struct site *s, const char *id)
{
    const struct site_circuits *x = site_circuit(s, id);
    return x ? (int)(x - s->circuits) : -1;
}

static bool check_references(const struct check *c, struct tree *t)
{
    const struct site *s = c->site;
    const char *root = NULL;
    int before = c->r->errors;
    for (int i = 0; i < s->circuits_n; i++) {
        const struct site_circuits *x = &s->circuits[i];
        t->parent[i] = x->conf.parent[0] ? circuit_index(s, x->conf.parent) : -1;
        if (x->conf.parent[0] && t->parent[i] < 0)
            check_error(c, SITE_circuits, x->id, "parent", "parent %s is not under circuits",
                        x->conf.parent);
        if (x->conf.meter[0] && !site_meter(s, x->conf.meter))
            check_error(c, SITE_circuits, x->id, "meter", "meter %s is not under meters",
                        x->conf.meter);
        if (!x->conf.parent[0] && root)
            check_error(c, SITE_circuits, x->id, NULL,
                        "has no parent, but %s is already the grid connection", root);
        else if (!x->conf.parent[0])
            root = x->id;
    }
    return c->r->errors == before;
}

/* False when a circuit is above itself. With one root at most, no cycle means one root. */
static bool check_cycles(const struct check *c, const struct tree *t)
{
    for (int i = 0; i < c->site->circuits_n; i++) {
        int steps = 0, at = i;
        while (at >= 0 && steps++ <= c->site->circuits_n)
            at = t->parent[at];
        if (at < 0)
            continue;
        check_error(c, SITE_circuits, c->site->circuits[i].id, "parent",
                    "goes round in a circle: no circuit above it is the grid connection");
        return false;
    }
    return true;
}

static void check_fuse(const struct check *c, const struct tree *t, int i)
{
    const struct site_circuits *x = &c->site->circuits[i];
    if (x->conf.phases == 2)
        check_error(c, SITE_circuits, x->id, "phases", "phases: expected 1 or 3, got 2");
    if (x->conf.reserve_ma >= x->conf.max_current_ma)
        check_error(c, SITE_circuits, x->id, "reserve",
                    "reserve %s leaves nothing of max_current %s", amps(x->conf.reserve_ma).s,
                    amps(x->conf.max_current_ma).s);
    if (t->parent[i] < 0)
        return;
    const struct site_circuits *up = &c->site->circuits[t->parent[i]];
    if (x->conf.max_current_ma > up->conf.max_current_ma)
        check_warning(c, SITE_circuits, x->id, "max_current",
                      "max_current %s is above circuit %s (%s): the smallest fuse of the chain "
                      "counts",
                      amps(x->conf.max_current_ma).s, up->id, amps(up->conf.max_current_ma).s);
    if (x->conf.phases > up->conf.phases)
        check_error(c, SITE_circuits, x->id, "phases",
                    "has %" PRId32 " phases below circuit %s with %" PRId32, x->conf.phases, up->id,
                    up->conf.phases);
}

/* Grid phase (0..2) of terminal 1. */
static int first_phase(enum rotation r)
{
    return r == ROTATION_L231 ? 1 : r == ROTATION_L312 ? 2 : 0;
}

struct fallback {
    const char *circuit;
    int32_t phases, ma;
    enum rotation rotation;
};
static void add_fallback(const struct site *s, struct tree *t, struct fallback f)
{
    for (int at = circuit_index(s, f.circuit); at >= 0; at = t->parent[at]) {
        for (int k = 0; k < f.phases; k++)
            t->sum_ma[at][(first_phase(f.rotation) + k) % PHASES] += f.ma;
        t->sum_w[at] += (int64_t)f.ma * f.phases * VOLTS / 1000;
    }
}
static void add_fallbacks(const struct site *s, struct tree *t)
{
    for (int i = 0; i < s->chargers_n; i++) {
        const struct charger_conf *w = &s->chargers[i].conf;
        add_fallback(s, t, (struct fallback){w->circuit, w->phases, w->fallback_ma, w->rotation});
    }
    for (int i = 0; i < s->loads_n; i++) {
        const struct load_conf *w = &s->loads[i].conf;
        int32_t ma = sat_i32((int64_t)w->fallback_w * 1000 / (VOLTS * w->phases));
        if (w->kind != LOAD_KIND_GENERATOR)
            add_fallback(s, t, (struct fallback){w->circuit, w->phases, ma, w->rotation});
    }
}

static void check_fallbacks(const struct check *c, const struct tree *t, int i)
{
    const struct site_circuits *x = &c->site->circuits[i];
    int worst = 0;
    int64_t all = 0;
    for (int k = 0; k < PHASES; k++) {
        all += t->sum_ma[i][k];
        worst = t->sum_ma[i][k] > t->sum_ma[i][worst] ? k : worst;
    }
    /* A single-phase circuit has one conductor; whatever hangs on it adds up there. */
    int64_t ma = x->conf.phases == 1 ? all : t->sum_ma[i][worst];
    if (ma > x->conf.max_current_ma)
        check_error(
            c, SITE_circuits, x->id, "max_current",
            "the fallbacks of what hangs on it add up to %s on L%d, more than the fuse (%s)",
            amps(sat_i32(ma)).s, worst + 1, amps(x->conf.max_current_ma).s);
    else if (x->conf.current_limit[0] && ma > x->conf.current_fallback_ma)
        check_error(c, SITE_circuits, x->id, "current_limit",
                    "the fallbacks of what hangs on it add up to %s on L%d, more than "
                    "current_fallback (%s), which counts while current_limit is unknown",
                    amps(sat_i32(ma)).s, worst + 1, amps(x->conf.current_fallback_ma).s);
    if (x->conf.power_limit[0] && t->sum_w[i] > x->conf.power_fallback_w)
        check_error(
            c, SITE_circuits, x->id, "power_limit",
            "the fallbacks of what hangs on it add up to %s, more than power_fallback (%s), "
            "which counts while power_limit is unknown",
            watts(t->sum_w[i]).s, watts(x->conf.power_fallback_w).s);
    if (x->conf.max_power_w.set && t->sum_w[i] > x->conf.max_power_w.v)
        check_error(c, SITE_circuits, x->id, "max_power",
                    "the fallbacks of what hangs on it add up to %s, more than max_power %s",
                    watts(t->sum_w[i]).s, watts(x->conf.max_power_w.v).s);
}

void check_circuits(const struct check *c)
{
    const struct site *s = c->site;
    struct tree *t = calloc(1, sizeof *t);
    if (!t)
        abort();
    assert(s->circuits_n <= CIRCUITS_MAX);
    if (check_references(c, t) && check_cycles(c, t)) {
        add_fallbacks(s, t);
        for (int i = 0; i < s->circuits_n; i++) {
            check_fuse(c, t, i);
            check_fallbacks(c, t, i);
        }
    }
    free(t);
}
