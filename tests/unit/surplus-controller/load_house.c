/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/surplus-controller/load_house.h"

enum { VOLTS = 230 };

void loads_init(struct load_house *l, int cars, enum charge_mode mode, int32_t fuse_ma)
{
    house_unfence(&l->h);
    memset(l, 0, sizeof *l);
    house_init(&l->h, cars, mode, fuse_ma);
}
int loads_add(struct load_house *l, enum control_load_kind kind, int32_t power_w,
              enum load_mode mode)
{
    int k = l->h.c.loads_n++, i = l->h.c.chargers_n + k;
    bool follows = kind == CONTROL_LOAD_POWER, generator = kind == CONTROL_LOAD_GENERATOR;
    int32_t ma = generator ? 0 : load_ma(power_w, 1);
    assert(k < LOADS_MAX && i < CARS_MAX);
    l->conf[k] = (struct control_load_conf){
        .kind = kind,
        .power_w = power_w,
        .on_above_w = follows ? 1 : power_w,
        .off_below_w = follows ? 1 : power_w,
        .on_delay_ms = ON_DELAY_S * 1000,
        .off_delay_ms = OFF_DELAY_S * 1000,
        .block_max_ms = 7200000,
        .block_pause_ms = 7200000,
        .react_ms = 300000,
        .can_block = kind == CONTROL_LOAD_SG_READY,
        .can_force = kind == CONTROL_LOAD_SG_READY,
    };
    l->h.chargers[i] = (struct control_charger_conf){
        .phases = 1, .priority = 2, .min_ma = follows ? 1 : ma, .max_ma = ma};
    l->h.in[i] =
        (struct control_charger_in){.known = true, .online = true, .applied_ma = SOME_I32(0)};
    l->in[k].mode = mode;
    l->device[k].wants_w = power_w;
    return k;
}
void loads_start(struct load_house *l)
{
    l->h.c.loads = l->conf;
    l->h.s.loads = l->state;
    l->h.snap.loads = l->in;
    l->h.out.loads = l->out;
    house_start(&l->h);
}
struct control_decision *loads_decision(struct load_house *l, int k)
{
    return &l->h.decisions[l->h.c.chargers_n + k];
}
struct control_charger_conf *loads_taker(struct load_house *l, int k)
{
    return &l->h.chargers[l->h.c.chargers_n + k];
}
bool loads_runs(const struct load_house *l, int k)
{
    const struct control_load_decision *d = &l->out[k];
    return d->on.v || d->sg == SG_STATE_RECOMMENDED || d->sg == SG_STATE_FORCED;
}
const char *loads_why(struct load_house *l, int k)
{
    static struct reason r;
    control_reason_text(&loads_decision(l, k)->reason, "house", &r);
    return r.code;
}
static int32_t draws(const struct load_house *l, int k)
{
    const struct device *d = &l->device[k];
    const struct control_load_decision *o = &l->out[k];
    if (d->deaf)
        return d->w;
    if (l->conf[k].kind == CONTROL_LOAD_GENERATOR)
        return o->on.v ? -l->conf[k].power_w : 0;
    if (loads_runs(l, k))
        return o->power_w < d->wants_w ? o->power_w : d->wants_w;
    return o->sg == SG_STATE_NORMAL ? d->own_w : 0;
}
static void device_second(struct load_house *l, int k)
{
    struct house *h = &l->h;
    struct device *d = &l->device[k];
    struct control_charger_in *in = &h->in[h->c.chargers_n + k];
    d->w = draws(l, k);
    if (d->reports)
        l->in[k].runs = SOME_BOOL(d->w != 0);
    /* A contact knows nothing of less than all. */
    bool follows = l->conf[k].kind == CONTROL_LOAD_POWER;
    in->applied_ma = SOME_I32(!loads_runs(l, k) ? 0
                              : follows         ? loads_decision(l, k)->current_ma
                                                : loads_taker(l, k)->max_ma);
    in->meas = (struct control_reading){.at = {h->now.mono.ms + 1000},
                                        .rule = {1000, 60000},
                                        .power_w = {d->w, d->metered},
                                        .known = d->metered};
    load_as_charger(&l->in[k], loads_taker(l, k)->phases, in);
    uint8_t phases = loads_taker(l, k)->phases;
    int lanes = (phases & 1) + (phases >> 1 & 1) + (phases >> 2 & 1);
    for (int p = 0; p < PHASES; p++)
        h->load_ma[p] += phases >> p & 1 ? d->w * 1000 / VOLTS / lanes : 0;
}
void loads_second(struct load_house *l)
{
    memcpy(l->h.load_ma, l->others_ma, sizeof l->others_ma);
    for (int k = 0; k < l->h.c.loads_n; k++)
        device_second(l, k);
    house_second(&l->h);
}
void loads_run(struct load_house *l, int seconds)
{
    for (int i = 0; i < seconds; i++)
        loads_second(l);
}
int loads_seconds_until(struct load_house *l, int k, bool runs, int longest)
{
    int n = 0;
    for (; loads_runs(l, k) != runs && n < longest; n++)
        loads_second(l);
    return n;
}
void loads_house_w(struct load_house *l, int32_t w)
{
    for (int p = 0; p < PHASES; p++)
        l->others_ma[p] = (int32_t)((int64_t)w * 1000 / VOLTS / PHASES);
}
