/* SPDX-License-Identifier: Apache-2.0
 * Names for people. A field's name without its unit says it in most cases; the rest is a table. */
#include "proto/ha_private.h"

static const struct {
    const char *record, *field, *name; /* record NULL: in all of them */
} names[] = {
    {"charger_control", "active_mode", "Active mode"},
    {"charger_control", "active_source", "Mode decided by"},
    {"charger_control", "current_ma", "Charging limit"},
    {"charger_control", "limit", "Limited by"},
    {"charger_control", "max_current_ma", "Maximum current"},
    {"charger_control", "min_current_ma", "Minimum current"},
    {"charger_control", "mode_reason", "Reason of the mode"},
    {"charger_control", "phase_use", "Phases to use"},
    {"charger_control", "target_need_wh", "Target: still needed"},
    {"charger_control", "target_start", "Target: latest start"},
    {"charger_control", "week", "Week table"},
    {"charger_state", "online", "Connection"},
    {"circuit_state", "max_current_ma", "Rated current"},
    {"circuit_state", "max_power_w", "Rated power"},
    {"grid_limit", "active", "Limit in force"},
    {"grid_limit", "consume_w", "Consumption limit"},
    {"grid_limit", "produce_w", "Feed-in limit"},
    {"input_state", "on", "Contact"},
    {"load_control", "given_w", "Power given"},
    {"load_control", "max_power_w", "Maximum power"},
    {"load_control", "run", "Told to run"},
    {"load_control", "sg_order", "SG Ready order"},
    {"load_state", "controllable", "Under control"},
    {"load_state", "on", "Running"},
    {"load_state", "online", "Connection"},
    {"output_state", "on", "Contact"},
    {"plan_state", "energy_wh", "Planned energy"},
    {"service_status", "online", "Connection"},
    {"user_state", "budget_wh", "Energy budget"},
    {"user_state", "energy_wh", "Energy charged"},
    {"user_state", "used_wh", "Energy used"},
    {"user_state", "left_wh", "Energy left"},
    {"user_state", "left_min", "Minutes left"},
    {"user_state", "period", "Budget period"},
    {"user_state", "until", "Budget renewed"},
    {"budget_state", "budget_min", "Charging time budget"},
    {"budget_state", "budget_wh", "Energy budget"},
    {"budget_state", "left_min", "Minutes left"},
    {"budget_state", "left_wh", "Energy left"},
    {"budget_state", "until", "Renewed"},
    {"budget_state", "used_min", "Minutes used"},
    {"budget_state", "used_wh", "Energy used"},
    {NULL, "available_phase_ma", "Available current"},
    {NULL, "blind", "Grid meter lost"},
    {NULL, "config_agreed", "Configuration agreed"},
    {NULL, "evse_state", "Vehicle state"},
    {NULL, "export_wh", "Energy exported"},
    {NULL, "import_wh", "Energy imported"},
    {NULL, "limit_w", "Power limit"},
    {NULL, "now_micro", "Price"},
    {NULL, "pv_power_w", "PV power"},
    {NULL, "session_wh", "Session energy"},
    {NULL, "sg_state", "SG Ready state"},
    {NULL, "soc_pm", "State of charge"},
    {NULL, "yield_wh", "Energy produced"},
};

static bool drop_end(struct str *s, const char *end)
{
    size_t n = strlen(end);
    if (s->len <= n || memcmp(s->p + s->len - n, end, n) != 0)
        return false;
    s->len -= n;
    return true;
}

static void name_from_field(const char *field, struct buf *out)
{
    static const char *const units[] = {"_w",  "_va", "_ma", "_mv",    "_wh",
                                        "_mc", "_km", "_pm", "_milli", "_mhz"};
    struct str s = str_of(field);
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (drop_end(&s, units[i]))
            break;
    drop_end(&s, "_phase");
    for (bool first = true; s.len; first = false) {
        struct str word = str_word(&s, '_');
        bool abbreviation = str_eq(word, "pv");
        buf_addz(out, first ? "" : " ");
        for (size_t i = 0; i < word.len; i++) {
            char c = word.p[i];
            if ((abbreviation || (first && i == 0)) && c >= 'a' && c <= 'z')
                c = (char)(c - 'a' + 'A');
            buf_add(out, (struct str){&c, 1});
        }
    }
}

void ha_slot_name(enum message_id m, const struct ha_slot *s, struct buf *out)
{
    const char *record = message_of(m)->rec->name, *found = NULL;
    for (size_t i = 0; i < COUNT_OF(names) && !found; i++)
        if (strcmp(names[i].field, s->field->name) == 0 &&
            (!names[i].record || strcmp(names[i].record, record) == 0))
            found = names[i].name;
    if (found)
        buf_addz(out, found);
    else
        name_from_field(s->field->name, out);
    if (s->phase >= 0)
        buf_addf(out, " L%d", s->phase + 1);
}
