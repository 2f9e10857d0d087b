/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/report/report.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

void tally_init(struct tally *t)
{
    memset(t, 0, sizeof *t);
    t->current_ma = t->max_ma = t->cloud_ma = t->after_ma = -1;
}

static int64_t number(const char *payload, const char *key, int64_t none)
{
    json_object *o = json_tokener_parse(payload), *v = NULL;
    int64_t value = none;
    if (json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, key, &v) &&
        (json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_boolean)))
        value = json_object_get_int64(v);
    json_object_put(o);
    return value;
}

/* Shade: less than half of the brightest sun seen. */
static void see_limit(struct tally *t, int64_t ma)
{
    bool shade = t->sun_w * 2 < t->top_sun_w;
    if (shade)
        t->cloud_ma = t->cloud_ma < 0 || ma < t->cloud_ma ? ma : t->cloud_ma;
    else if (t->cloud_ma < 0)
        t->max_ma = ma > t->max_ma ? ma : t->max_ma;
    else
        t->after_ma = ma > t->after_ma ? ma : t->after_ma;
}

static void setpoint(struct tally *t, const char *payload, int64_t now_ns)
{
    int64_t ma = number(payload, "current_ma", -1);
    t->setpoints++;
    if (ma < 0)
        return;
    bool changed = t->current_ma >= 0 && ma != t->current_ma;
    if (changed && t->last_was_grid && t->reactions < MAX_REACTIONS)
        t->reaction_us[t->reactions++] = (int32_t)((now_ns - t->last_input_ns) / 1000);
    t->current_ma = ma;
    see_limit(t, ma);
}

static void status(struct tally *t, const char *name, size_t len, const char *payload)
{
    int i = 0;
    if (len >= MAX_NAME)
        return;
    while (i < t->services &&
           (strlen(t->service[i].name) != len || memcmp(t->service[i].name, name, len) != 0))
        i++;
    if (i == MAX_SERVICES)
        return;
    if (i == t->services) {
        memcpy(t->service[i].name, name, len);
        t->services++;
    }
    t->service[i].online = number(payload, "online", 0) == 1;
}

void tally_message(struct tally *t, const char *path, const char *payload, int64_t now_ns)
{
    static const char *const heard[] = {"meter/", "inverter/", "battery/", "charger/"};
    const char *leaf = strrchr(path, '/');
    if (!leaf || !payload[0])
        return;
    if (strncmp(path, "service/", 8) == 0 && strcmp(leaf, "/status") == 0)
        status(t, path + 8, (size_t)(leaf - path - 8), payload);
    if (strcmp(leaf, "/setpoint") == 0) {
        if (strncmp(path, "charger/", 8) == 0)
            setpoint(t, payload, now_ns);
        else
            t->setpoints++;
    }
    if (strcmp(leaf, "/state") != 0 && !strstr(path, "/override/"))
        return;
    for (size_t i = 0; i < sizeof heard / sizeof heard[0]; i++) {
        if (strncmp(path, heard[i], strlen(heard[i])) != 0)
            continue;
        t->last_input_ns = now_ns;
        t->last_was_grid = strcmp(path, "meter/grid/state") == 0;
    }
}

int tally_online(const struct tally *t)
{
    int n = 0;
    for (int i = 0; i < t->services; i++)
        n += t->service[i].online;
    return n;
}

bool tally_followed_cloud(const struct tally *t)
{
    return t->max_ma > 0 && t->cloud_ma >= 0 && t->cloud_ma * 4 <= t->max_ma * 3 &&
           t->after_ma > t->cloud_ma;
}

static int by_value(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

double tally_reaction_ms(struct tally *t, int percent)
{
    if (t->reactions == 0)
        return -1;
    qsort(t->reaction_us, (size_t)t->reactions, sizeof t->reaction_us[0], by_value);
    return t->reaction_us[(t->reactions - 1) * percent / 100] / 1000.0;
}
