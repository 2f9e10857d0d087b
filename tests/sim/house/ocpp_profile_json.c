/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "tests/sim/house/clock.h"
#include "tests/sim/house/ocpp_box.h"
#include "tests/sim/house/ocpp_time.h"

static const char *const kinds[] = {"Absolute", "Recurring", "Relative"};

const char *json_text(json_object *o, const char *key, const char *otherwise)
{
    json_object *v = NULL;
    if (o && json_object_is_type(o, json_type_object))
        json_object_object_get_ex(o, key, &v);
    return json_object_is_type(v, json_type_string) ? json_object_get_string(v) : otherwise;
}

static bool is_number(json_object *v)
{
    return json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_double);
}

int64_t json_int(json_object *o, const char *key, int64_t otherwise)
{
    json_object *v = NULL;
    if (o && json_object_is_type(o, json_type_object))
        json_object_object_get_ex(o, key, &v);
    return is_number(v) ? json_object_get_int64(v) : otherwise;
}

void json_put_text(json_object *o, const char *key, const char *value)
{
    json_object_object_add(o, key, json_object_new_string(value));
}

void json_put_int(json_object *o, const char *key, int64_t value)
{
    json_object_object_add(o, key, json_object_new_int64(value));
}

void json_put_bool(json_object *o, const char *key, bool value)
{
    json_object_object_add(o, key, json_object_new_boolean(value));
}

static bool read_time(json_object *o, const char *key, int64_t *out)
{
    const char *text = json_text(o, key, NULL);
    *out = 0;
    return !text || ocpp_time_parse(text, out);
}

static bool read_periods(json_object *schedule, struct profile *out)
{
    json_object *list = NULL, *limit = NULL;
    json_object_object_get_ex(schedule, "chargingSchedulePeriod", &list);
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    if (n < 1 || n > PERIODS_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        json_object *o = json_object_array_get_idx(list, i);
        int64_t start_s = json_int(o, "startPeriod", -1);
        if (!json_object_object_get_ex(o, "limit", &limit) || !is_number(limit))
            return false;
        double value = json_object_get_double(limit);
        if (!(value >= 0 && value < 1e6) || start_s < 0 || start_s > 31536000 ||
            (i == 0 && start_s != 0) || (i > 0 && start_s * 1000 <= out->period[i - 1].start_ms))
            return false;
        int64_t phases = json_int(o, "numberPhases", 0);
        if (phases < 0 || phases > 3)
            return false;
        out->period[i] =
            (struct profile_period){start_s * 1000, llround(value * 1000), (int32_t)phases};
    }
    out->n_periods = n;
    return true;
}

static int index_of(const char *text, const char *const *names, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    return -1;
}

bool profile_from_json(json_object *in, int32_t connector, struct profile *out)
{
    static const char *const purposes[] = {"ChargePointMaxProfile", "TxDefaultProfile",
                                           "TxProfile"};
    json_object *schedule = NULL;
    if (!json_object_is_type(in, json_type_object) ||
        !json_object_object_get_ex(in, "chargingSchedule", &schedule))
        return false;
    int purpose = index_of(json_text(in, "chargingProfilePurpose", ""), purposes, PURPOSES);
    int kind = index_of(json_text(in, "chargingProfileKind", ""), kinds, 3);
    const char *unit = json_text(schedule, "chargingRateUnit", "");
    int64_t id = json_int(in, "chargingProfileId", -1), stack = json_int(in, "stackLevel", -1);
    int64_t duration_s = json_int(schedule, "duration", 0);
    if (purpose < 0 || kind < 0 || id < 0 || id > INT32_MAX || stack < 0 ||
        stack > STACK_LEVEL_MAX || (strcmp(unit, "A") != 0 && strcmp(unit, "W") != 0) ||
        duration_s < 0 || duration_s > 31536000)
        return false;
    bool weekly = strcmp(json_text(in, "recurrencyKind", "Daily"), "Weekly") == 0;
    *out = (struct profile){
        .id = (int32_t)id,
        .stack = (int32_t)stack,
        .connector = connector,
        .tx_id = (int32_t)json_int(in, "transactionId", 0),
        .purpose = (enum profile_purpose)purpose,
        .kind = (enum profile_kind)kind,
        .recur_ms = INT64_C(86400000) * (weekly ? 7 : 1),
        .duration_ms = duration_s * 1000,
        .received_ms = clock_wall_ms(),
        .watts = unit[0] == 'W',
    };
    return read_time(in, "validFrom", &out->valid_from_ms) &&
           read_time(in, "validTo", &out->valid_to_ms) &&
           read_time(schedule, "startSchedule", &out->start_ms) && read_periods(schedule, out);
}

json_object *profile_to_json(const struct profile *p)
{
    json_object *o = json_object_new_object(), *list = json_object_new_array();
    json_put_int(o, "id", p->id);
    json_put_int(o, "connector", p->connector);
    json_put_int(o, "stack_level", p->stack);
    json_put_text(o, "purpose", profile_purpose_name(p->purpose));
    json_put_text(o, "kind", kinds[p->kind]);
    json_put_int(o, "transaction", p->tx_id);
    json_put_text(o, "unit", p->watts ? "mW" : "mA");
    json_put_int(o, "start_ms", p->start_ms);
    json_put_int(o, "duration_ms", p->duration_ms);
    for (size_t i = 0; i < p->n_periods; i++) {
        json_object *period = json_object_new_object();
        json_put_int(period, "start_ms", p->period[i].start_ms);
        json_put_int(period, "limit", p->period[i].limit);
        json_put_int(period, "phases", p->period[i].phases);
        json_object_array_add(list, period);
    }
    json_object_object_add(o, "periods", list);
    return o;
}

json_object *composite_schedule(const struct profile_store *s, const struct profile_site *site,
                                int64_t now_ms, int64_t seconds, bool watts)
{
    json_object *o = json_object_new_object(), *list = json_object_new_array();
    int64_t last = -1;
    json_put_int(o, "duration", seconds);
    json_put_text(o, "chargingRateUnit", watts ? "W" : "A");
    for (int64_t t = 0; t < seconds && json_object_array_length(list) < PERIODS_MAX; t++) {
        struct profile_limit now = profiles_effective(s, now_ms + t * 1000, site);
        int64_t limit = now.ma;
        if (watts)
            limit = limit * site->voltage_mv / 1000 * (now.phases ? now.phases : site->phases);
        if (limit == last)
            continue;
        last = limit;
        char text[32];
        snprintf(text, sizeof text, "%lld.%d", (long long)(limit / 1000),
                 (int)(limit % 1000 / 100));
        json_object *period = json_object_new_object();
        json_put_int(period, "startPeriod", t);
        json_object_object_add(period, "limit",
                               json_object_new_double_s((double)limit / 1000.0, text));
        json_object_array_add(list, period);
    }
    json_object_object_add(o, "chargingSchedulePeriod", list);
    return o;
}
