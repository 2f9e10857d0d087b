/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/core/vehicle.h"

bool vehicle_parse_soc(struct str text, int32_t *soc_pm)
{
    text = str_trim(text);
    if (text.len && text.p[text.len - 1] == '%')
        text = str_trim((struct str){text.p, text.len - 1});
    double percent;
    if (!str_f64(text, &percent) || percent < 0 || percent > 100)
        return false;
    *soc_pm = (int32_t)round_i64(percent * 10);
    return true;
}
void vehicle_said(struct vehicle_soc *s, int32_t soc_pm, struct wall at, int32_t session_wh)
{
    *s = (struct vehicle_soc){SOME_I32(soc_pm), at, session_wh};
}
void vehicle_left(struct vehicle_soc *s)
{
    *s = (struct vehicle_soc){0};
}
struct opt_i32 vehicle_soc_now(const struct vehicle_soc *s, int32_t session_wh,
                               struct opt_i32 capacity_wh, int32_t efficiency_pm, bool *estimated)
{
    int64_t since_wh = max_i64(0, (int64_t)session_wh - s->session_wh);
    *estimated = false;
    if (!s->soc_pm.set || !capacity_wh.set || capacity_wh.v <= 0)
        return s->soc_pm;
    int64_t more_pm = since_wh * efficiency_pm / capacity_wh.v;
    *estimated = more_pm > 0;
    return SOME_I32(sat_i32(min_i64(1000, s->soc_pm.v + more_pm)));
}

static bool taken(const int16_t *out, int n, int16_t vehicle)
{
    for (int i = 0; i < n; i++)
        if (out[i] == vehicle)
            return true;
    return false;
}
void vehicle_assign(const struct vehicle_claim *claims, int n, int16_t *out)
{
    for (int i = 0; i < n; i++)
        out[i] = NO_VEHICLE;
    for (int strength = 0; strength < 3; strength++)
        for (int i = 0; i < n; i++) {
            int16_t v = strength == 0   ? claims[i].by_hand
                        : strength == 1 ? claims[i].by_tag
                                        : claims[i].usual;
            bool guest = claims[i].by_hand == GUEST;
            if (out[i] == NO_VEHICLE && !guest && v != NO_VEHICLE && !taken(out, n, v))
                out[i] = v;
        }
}
