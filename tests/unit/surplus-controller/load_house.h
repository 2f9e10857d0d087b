/* SPDX-License-Identifier: Apache-2.0
 * load_house.h -- the small house with loads in it: contacts, rods, heat pumps, a generator. */
#ifndef WATTBUS_TEST_LOAD_HOUSE_H
#define WATTBUS_TEST_LOAD_HOUSE_H
#include "services/surplus-controller/core/load.h"
#include "tests/unit/surplus-controller/house.h"

enum { LOADS_MAX = 4, ON_DELAY_S = 60, OFF_DELAY_S = 300 };
struct device {
    bool metered;    /* the controller sees its own meter */
    bool reports;    /* it says whether it runs */
    bool deaf;       /* it does not obey */
    int32_t wants_w; /* draws at most this when it may; SG Ready: when it is encouraged */
    int32_t own_w;   /* SG Ready: draws this by itself in state normal */
    int32_t w;       /* now */
};
struct load_house {
    struct house h;
    struct control_load_conf conf[LOADS_MAX];
    struct control_load_in in[LOADS_MAX];
    struct control_load_state state[LOADS_MAX];
    struct control_load_decision out[LOADS_MAX];
    struct device device[LOADS_MAX];
    int32_t others_ma[PHASES]; /* the house without cars and loads; - is export */
};
/* A house as house_init makes it; then loads are added; then it is started. */
void loads_init(struct load_house *l, int cars, enum charge_mode mode, int32_t fuse_ma);
/* On one phase (L1), priority 2, online, obedient, without delays but the defaults above, no
 * shortest run or rest. Returns its number. */
int loads_add(struct load_house *l, enum control_load_kind kind, int32_t power_w,
              enum load_mode mode);
void loads_start(struct load_house *l);
void loads_second(struct load_house *l);
void loads_run(struct load_house *l, int seconds);
/* Seconds until load k runs, or rests; at most `longest`. */
int loads_seconds_until(struct load_house *l, int k, bool runs, int longest);
/* All three phases of the house without cars and loads draw this; - is export. */
void loads_house_w(struct load_house *l, int32_t w);
struct control_decision *loads_decision(struct load_house *l, int k);
struct control_charger_conf *loads_taker(struct load_house *l, int k);
bool loads_runs(const struct load_house *l, int k); /* told to run, in whichever way */
const char *loads_why(struct load_house *l, int k); /* code of its reason */
#endif
