/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/device/quantity.h"

ENUM_DEFINE(group, GROUP, GROUP_VALUES)
ENUM_DEFINE(device_class, CLASS, CLASS_VALUES)

static const struct quantity_row rows[QUANTITY_COUNT] = {
#define Q(id, word, dim, group, classes, doc)                                                      \
    [QUANTITY_##id] = {word, DIM_##dim, GROUP_##group, classes, doc},
    QUANTITY_LIST(Q)
#undef Q
};

const struct quantity_row *quantity_of(enum quantity q)
{
    assert((unsigned)q < QUANTITY_COUNT);
    return &rows[q];
}

enum quantity quantity_from(enum device_class c, struct str word)
{
    char letter = enum_text(&device_class_enum, (int)c)[0];
    for (int q = 0; q < QUANTITY_COUNT; q++)
        if (str_eq(word, rows[q].word) && strchr(rows[q].classes, letter))
            return (enum quantity)q;
    return QUANTITY_COUNT;
}

static const struct {
    enum dimension dim;
    const char *word;
    double factor;
} units[] = {
    {DIM_POWER, "W", 1},       {DIM_POWER, "kW", 1e3},         {DIM_POWER, "mW", 1e-3},
    {DIM_CURRENT, "A", 1e3},   {DIM_CURRENT, "mA", 1},         {DIM_VOLTAGE, "V", 1e3},
    {DIM_VOLTAGE, "mV", 1},    {DIM_ENERGY, "Wh", 1},          {DIM_ENERGY, "kWh", 1e3},
    {DIM_ENERGY, "MWh", 1e6},  {DIM_ENERGY, "Ws", 1.0 / 3600}, {DIM_FREQUENCY, "Hz", 1e3},
    {DIM_FREQUENCY, "mHz", 1}, {DIM_SHARE, "%", 10},           {DIM_SHARE, "permille", 1},
};

bool unit_factor(enum dimension d, struct str unit, double *factor)
{
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (units[i].dim == d && str_eq(unit, units[i].word)) {
            *factor = units[i].factor;
            return true;
        }
    }
    *factor = 1;
    return (d == DIM_PLAIN || d == DIM_TEXT) && unit.len == 0;
}

const char *unit_words(enum dimension d)
{
    static const char *const words[] = {
        [DIM_PLAIN] = "no unit",       [DIM_TEXT] = "no unit",
        [DIM_POWER] = "W, kW or mW",   [DIM_CURRENT] = "A or mA",
        [DIM_VOLTAGE] = "V or mV",     [DIM_ENERGY] = "Wh, kWh, MWh or Ws",
        [DIM_FREQUENCY] = "Hz or mHz", [DIM_SHARE] = "% or permille",
    };
    return words[d];
}
