/* SPDX-License-Identifier: Apache-2.0
 * Any text as a week table, a target time or a state of charge: refused with words, or something
 * that holds at every moment. The first byte says which. */
#include "services/surplus-controller/core/choose.h"
#include "services/surplus-controller/core/vehicle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct zone zone;
static void table(struct str text, struct err_text *why)
{
    struct week w;
    if (week_parse(text, &charge_mode_enum, CHOOSE_TABLE_MODES, &w, why) != ERR_OK) {
        assert(why->s[0]);
        return;
    }
    for (int64_t t = 1774700000000; t < 1774700000000 + 4 * INT64_C(86400000); t += 7919000) {
        int v = week_at(&w, &zone, (struct wall){t});
        struct opt_i64 next = week_next(&w, &zone, (struct wall){t});
        assert(v == 0 || (CHOOSE_TABLE_MODES >> v & 1));
        assert(!next.set || (next.v > t && week_at(&w, &zone, (struct wall){next.v}) != v));
    }
}
static void target(struct str text, struct err_text *why)
{
    struct target_state s = {0};
    struct target_out out;
    struct target_in in = {.plugged = true,
                           .energy_wh = SOME_I32(5000),
                           .efficiency_pm = 900,
                           .full_w = 3680,
                           .margin_ms = 600000};
    if (target_when_parse(text, &zone, &in.when, why) != ERR_OK) {
        assert(why->s[0]);
        return;
    }
    for (int64_t t = 1774700000000; t < 1774700000000 + 9 * INT64_C(86400000); t += 7919000) {
        target_step(&s, &in, &zone, (struct wall){t}, &out);
        assert(out.phase == TARGET_PAST || out.deadline.set);
    }
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err_text why = {""};
    if (size == 0)
        return 0;
    struct str text = {(const char *)data + 1, size - 1};
    int32_t pm = -1;
    if (zone_parse_rule(str_of("CET-1CEST,M3.5.0,M10.5.0/3"), &zone, &why) != ERR_OK)
        abort();
    switch (data[0] % 3) {
    case 0: table(text, &why); break;
    case 1: target(text, &why); break;
    default:
        if (vehicle_parse_soc(text, &pm))
            assert(pm >= 0 && pm <= 1000);
    }
    return 0;
}
