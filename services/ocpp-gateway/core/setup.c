/* SPDX-License-Identifier: Apache-2.0 */
#include "services/ocpp-gateway/core/setup.h"

enum {
    TRIGGER_MS = 1000, /* a box that tells its status by itself has done so by then */
    BOOT_TRIGGER_MS = 5000,
    LEVEL_DEFAULT = 0,
    LEVEL_SANE = 100,
};

/* Tried in this order until the box takes one: boxes refuse the whole list for one measurand. */
static const struct {
    const char *csv;
    int n;
} wanted_data[WANTED_LISTS] = {
    {"Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC", 5},
    {"Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage", 4},
    {"Energy.Active.Import.Register,Power.Active.Import,Current.Import", 3},
    {"Energy.Active.Import.Register,Current.Import", 2},
};

/* By name: a full list may be longer than a message, or cut at GetConfigurationMaxKeys. */
static const char asked_keys[] =
    "ChargeProfileMaxStackLevel,ChargingScheduleAllowedChargingRateUnit,MeterValuesSampledData,"
    "MeterValuesSampledDataMaxLength,MeterValueSampleInterval";

void setup_restart(struct station *s)
{
    s->asked = s->configured = false;
    s->max_level = LEVEL_DEFAULT;
    s->data = s->interval = (struct wanted_key){0};
    s->data_max = 0;
    s->in_watts = false;
}

static bool lists(struct str csv, const char *word)
{
    while (csv.len > 0)
        if (str_eq_nocase(str_trim(str_word(&csv, ',')), str_of(word)))
            return true;
    return false;
}
static bool contains_all(const char *have, const char *want)
{
    struct str rest = str_of(want);
    while (rest.len > 0) {
        char word[48];
        str_copy(word, sizeof word, str_word(&rest, ','));
        if (!lists(str_of(have), word))
            return false;
    }
    return true;
}

/* "Current", "Power", "Current,Power", but also "A", "Amp", "W" and with semicolons. */
static bool watts_only(struct str value)
{
    bool watts = false;
    for (size_t i = 0; i < value.len; i++) {
        bool begins = i == 0 || strchr(",; ", value.p[i - 1]);
        if (begins && strchr("CcAa", value.p[i]))
            return false;
        watts = watts || (begins && strchr("PpWw", value.p[i]));
    }
    return watts;
}

static void note(struct wanted_key *k, struct str value, bool readonly)
{
    k->known = true;
    k->readonly = readonly;
    str_copy(k->value, sizeof k->value, value);
}

void station_key(struct station *s, struct str key, struct str value, bool readonly)
{
    int32_t v;
    bool number = str_i32(str_trim(value), &v);
    if (str_eq_nocase(key, str_of("ChargeProfileMaxStackLevel"))) {
        if (number && v >= 0)
            s->max_level = min_i32(v, LEVEL_SANE);
    } else if (str_eq_nocase(key, str_of("ChargingScheduleAllowedChargingRateUnit"))) {
        s->in_watts = watts_only(value);
    } else if (str_eq_nocase(key, str_of("MeterValuesSampledDataMaxLength"))) {
        if (number && v > 0)
            s->data_max = v;
    } else if (str_eq_nocase(key, str_of("MeterValuesSampledData"))) {
        note(&s->data, value, readonly);
    } else if (str_eq_nocase(key, str_of("MeterValueSampleInterval"))) {
        note(&s->interval, value, readonly);
    }
}

static bool all_quiet(const struct station *s)
{
    for (int i = 0; i < s->n; i++)
        if (!connector_quiet(&s->c[i]))
            return false;
    return s->n > 0;
}

static bool ask(struct outstanding *next, enum action a)
{
    next->purpose = FOR_SETUP;
    next->connector = -1;
    next->call = (struct call){.action = a};
    return true;
}
static bool change(struct outstanding *next, const char *key, const char *value)
{
    ask(next, ACTION_CHANGE_CONFIGURATION);
    str_copyz(next->call.key, sizeof next->call.key, key);
    str_copyz(next->call.value, sizeof next->call.value, value);
    return true;
}

bool setup_first(struct station *s, struct outstanding *next)
{
    if (!s->configured && !s->asked) {
        ask(next, ACTION_GET_CONFIGURATION);
        str_copyz(next->call.value, sizeof next->call.value, asked_keys);
        return true;
    }
    /* Clearing takes our own profiles too, so it waits until nothing can flow meanwhile. */
    if (!s->cleared && all_quiet(s))
        return ask(next, ACTION_CLEAR_CHARGING_PROFILE);
    return false;
}

static bool next_data(struct station *s, struct outstanding *next)
{
    struct wanted_key *k = &s->data;
    for (; !k->done && !k->readonly && k->attempt < WANTED_LISTS; k->attempt++) {
        if (s->data_max > 0 && wanted_data[k->attempt].n > s->data_max)
            continue;
        if (contains_all(k->value, wanted_data[k->attempt].csv))
            break;
        return change(next, "MeterValuesSampledData", wanted_data[k->attempt].csv);
    }
    k->done = true;
    return false;
}

static bool next_interval(struct station *s, struct outstanding *next)
{
    struct wanted_key *k = &s->interval;
    int32_t have, want = 0;
    for (int i = 0; i < s->n; i++) /* one key for the station: the shortest wish */
        want = i == 0 ? s->c[i].conf.interval_ms : min_i32(want, s->c[i].conf.interval_ms);
    want = max_i32(want / 1000, 1);
    bool same = str_i32(str_trim(str_of(k->value)), &have) && have == want;
    if (k->done || k->readonly || same || k->attempt > 0) {
        k->done = true;
        return false;
    }
    char text[12];
    struct buf b = buf_of(text, sizeof text);
    buf_addi(&b, want);
    return change(next, "MeterValueSampleInterval", text);
}

static bool next_trigger(struct station *s, struct mono now, struct outstanding *next)
{
    int64_t since_ms = mono_since_ms(now, s->connected);
    if (!s->box.vendor[0] && !s->boot_triggered && since_ms >= BOOT_TRIGGER_MS) {
        s->boot_triggered = true; /* it came back without a boot and we never knew what it is */
        ask(next, ACTION_TRIGGER_MESSAGE);
        str_copyz(next->call.key, sizeof next->call.key, "BootNotification");
        return true;
    }
    if (since_ms < TRIGGER_MS)
        return false;
    for (int i = 0; i < s->n; i++) {
        struct connector *c = &s->c[i];
        if (c->triggered || c->status.known)
            continue;
        c->triggered = true;
        ask(next, ACTION_TRIGGER_MESSAGE);
        next->call.connector = c->conf.number;
        str_copyz(next->call.key, sizeof next->call.key, "StatusNotification");
        return true;
    }
    return false;
}

bool setup_later(struct station *s, struct mono now, struct outstanding *next)
{
    return next_trigger(s, now, next) || next_data(s, next) || next_interval(s, next);
}

void setup_answered(struct station *s, const struct outstanding *out, enum outcome o, bool yes)
{
    switch (out->call.action) {
    case ACTION_GET_CONFIGURATION:
        s->asked = true; /* without an answer the defaults must do */
        s->configured = o == OUTCOME_RESULT;
        break;
    case ACTION_CLEAR_CHARGING_PROFILE:
        s->cleared = true; /* Unknown: there was nothing */
        for (int i = 0; i < s->n && o == OUTCOME_RESULT; i++)
            limit_cleared(&s->c[i].limit);
        break;
    case ACTION_CHANGE_CONFIGURATION: {
        struct wanted_key *k =
            strcmp(out->call.key, "MeterValuesSampledData") == 0 ? &s->data : &s->interval;
        k->attempt++;
        if (yes || o == OUTCOME_LOST) {
            k->done = true;
            str_copyz(k->value, sizeof k->value, out->call.value);
        }
        break;
    }
    default: break;
    }
}
