/* SPDX-License-Identifier: Apache-2.0
 * One function per command of the control socket; the table at the end is the list. Each returns
 * NULL (done) or what was wrong. */
#include <string.h>

#include "tests/sim/house/clock.h"
#include "tests/sim/house/control_socket.h"

struct command {
    struct house *house;
    json_object *in, *out;
    bool *watch;
};

static const char *cmd_state(struct command *c)
{
    json_object *state = state_json(c->house);
    json_object_object_foreach(state, key, value)
    {
        json_object_object_add(c->out, key, json_object_get(value));
    }
    json_object_put(state);
    return NULL;
}

static const char *cmd_watch(struct command *c)
{
    json_object *on = NULL;
    *c->watch = !json_object_object_get_ex(c->in, "on", &on) || json_object_get_boolean(on);
    return NULL;
}

/* A number holds the value, null gives it back to the curve. */
static const char *hold(struct house *h, int what, json_object *value)
{
    h->held[what] = value != NULL;
    if (!value)
        return NULL;
    int64_t w = json_object_get_int64(value);
    bool number =
        json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);
    if (!number || w < 0 || w > 1000000) {
        h->held[what] = false;
        return "not a power in W";
    }
    h->hold_w[what] = (int32_t)w;
    return NULL;
}

static const char *set_load(struct house *h, json_object *list)
{
    const char *error = NULL;
    if (list &&
        (!json_object_is_type(list, json_type_array) || json_object_array_length(list) != PHASES))
        return "load_w wants [L1,L2,L3] or null";
    for (size_t k = 0; k < PHASES && !error; k++)
        error = hold(h, HOLD_L1 + (int)k, list ? json_object_array_get_idx(list, k) : NULL);
    return error;
}

static const char *set_battery(struct house *h, int64_t soc_permille)
{
    if (soc_permille < 0 || soc_permille > 1000 || !h->plant.config.battery.present)
        return "battery_soc_permille wants 0..1000 and a battery";
    h->plant.battery_uj = h->plant.config.battery.capacity_wh * (UJ_PER_WH / 1000) * soc_permille;
    return NULL;
}

static struct box *box_of(struct command *c, int64_t *n)
{
    *n = json_int(c->in, "charger", 0);
    return *n >= 1 && *n <= c->house->options.n_chargers ? &c->house->box[*n - 1] : NULL;
}

static const char *set_car(struct command *c, int64_t soc_permille)
{
    int64_t n;
    if (!box_of(c, &n) || soc_permille < 0 || soc_permille > 1000)
        return "car_soc_permille wants 0..1000 and charger";
    c->house->plant.charger[n - 1].stored_uj =
        c->house->plant.config.charger[n - 1].car.capacity_wh * (UJ_PER_WH / 1000) * soc_permille;
    return NULL;
}

static const char *cmd_set(struct command *c)
{
    json_object *value = NULL;
    const char *error = NULL;
    if (json_object_object_get_ex(c->in, "pv_w", &value))
        error = hold(c->house, HOLD_PV, value);
    if (!error && json_object_object_get_ex(c->in, "load_w", &value))
        error = set_load(c->house, value);
    if (!error && json_object_object_get_ex(c->in, "battery_soc_permille", &value))
        error = set_battery(c->house, json_object_get_int64(value));
    if (!error && json_object_object_get_ex(c->in, "car_soc_permille", &value))
        error = set_car(c, json_object_get_int64(value));
    if (error)
        return error;
    house_step(c->house);
    c->house->meter_fresh_ms = 0; /* the next read sees it */
    json_put_int(c->out, "mono_ns", clock_mono_ns());
    return NULL;
}

static const char *cmd_plug(struct command *c)
{
    int64_t n;
    struct box *b = box_of(c, &n);
    if (!b)
        return "charger wants 1..n";
    box_plug(b, strcmp(json_text(c->in, "cmd", ""), "plug") == 0);
    return NULL;
}

static const char *cmd_rfid(struct command *c)
{
    int64_t n;
    struct box *b = box_of(c, &n);
    const char *tag = json_text(c->in, "tag", "");
    if (!b || !tag[0] || strlen(tag) >= TAG_SIZE)
        return "wants charger 1..n and tag of 1..20 characters";
    box_rfid(b, tag);
    return NULL;
}

static struct modbus_server *server_of(struct command *c, const char *device)
{
    if (strcmp(device, "meter") == 0)
        return &c->house->meter;
    return strcmp(device, "inverter") == 0 ? &c->house->inverter : NULL;
}

static const char *cmd_fault(struct command *c)
{
    static const unsigned modbus = 1U << FAULT_NONE | 1U << FAULT_MUTE | 1U << FAULT_GARBAGE |
                                   1U << FAULT_SLOW | 1U << FAULT_FROZEN | 1U << FAULT_RESET;
    static const unsigned charger = 1U << FAULT_NONE | 1U << FAULT_MUTE | 1U << FAULT_OFFLINE |
                                    1U << FAULT_IGNORE | 1U << FAULT_REJECT | 1U << FAULT_RESET;
    const char *device = json_text(c->in, "device", "");
    struct fault f;
    int n = 0;
    int64_t ms = json_int(c->in, "ms", 0);
    struct modbus_server *s = server_of(c, device);
    bool box = sscanf(device, "charger%d", &n) == 1 && n >= 1 && n <= c->house->options.n_chargers;
    if (!s && !box)
        return "device wants meter, inverter or charger<n>";
    if (!fault_parse(json_text(c->in, "kind", ""), &f.kind) ||
        !((s ? modbus : charger) & 1U << f.kind) || ms < 0 || ms > 600000)
        return "this device does not know that fault";
    f.ms = (int32_t)ms;
    if (s)
        s->fault = f;
    else
        box_set_fault(&c->house->box[n - 1], f);
    return NULL;
}

/* Registers a value fills, high word first; 0: no such type. */
static int words_of(const char *type, json_object *value, uint16_t out[2])
{
    uint32_t bits = (uint32_t)((uint64_t)json_object_get_int64(value) & 0xFFFFFFFF);
    if (strcmp(type, "f32") == 0) {
        float f = (float)json_object_get_double(value);
        memcpy(&bits, &f, sizeof bits);
    }
    bool two = strcmp(type, "f32") == 0 || strcmp(type, "u32") == 0 || strcmp(type, "s32") == 0;
    bool one = strcmp(type, "u16") == 0 || strcmp(type, "s16") == 0;
    out[0] = (uint16_t)(two ? bits >> 16 : bits & 0xFFFF);
    out[1] = (uint16_t)(bits & 0xFFFF);
    return two ? 2 : one ? 1 : 0;
}

static const char *cmd_poke(struct command *c)
{
    struct modbus_server *s = server_of(c, json_text(c->in, "device", ""));
    int64_t addr = json_int(c->in, "addr", -1);
    json_object *value = NULL, *release = NULL;
    uint16_t words[2];
    if (!s)
        return "device wants meter or inverter";
    if (json_object_object_get_ex(c->in, "release", &release)) {
        image_release(s->image);
        json_put_int(c->out, "mono_ns", clock_mono_ns());
        return NULL;
    }
    if (!json_object_object_get_ex(c->in, "value", &value) || addr < 0 || addr > 65535)
        return "wants addr and value";
    int n = words_of(json_text(c->in, "type", "u16"), value, words);
    bool ok = n > 0;
    for (int i = 0; ok && i < n; i++)
        ok = image_force(s->image, (uint16_t)(addr + i), words[i]);
    json_put_int(c->out, "mono_ns", clock_mono_ns());
    return ok ? NULL : "no such register or type, or too many";
}

static const struct {
    const char *name;
    const char *(*run)(struct command *c);
} table[] = {
    {"state", cmd_state}, {"watch", cmd_watch}, {"set", cmd_set},     {"plug", cmd_plug},
    {"unplug", cmd_plug}, {"rfid", cmd_rfid},   {"fault", cmd_fault}, {"poke", cmd_poke},
};

json_object *control_command(struct house *h, json_object *request, bool *watch)
{
    struct command c = {h, request, json_object_new_object(), watch};
    const char *name = json_text(request, "cmd", ""), *error = "unknown cmd";
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(name, table[i].name) == 0)
            error = table[i].run(&c);
    json_put_bool(c.out, "ok", error == NULL);
    if (error)
        json_put_text(c.out, "error", error);
    return c.out;
}
