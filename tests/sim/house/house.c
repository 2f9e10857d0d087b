/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/house/house.h"

#include <string.h>

#include "tests/sim/house/clock.h"

enum { CURVE_FILE_MAX = 65536 };

void house_step(struct house *h)
{
    int64_t now_ms = clock_mono_ms();
    struct plant_input in = curve_at(&h->curve, (now_ms - h->start_ms) * h->options.speed);
    if (h->held[HOLD_PV])
        in.pv_w = h->hold_w[HOLD_PV];
    for (int k = 0; k < PHASES; k++)
        if (h->held[HOLD_L1 + k])
            in.load_w[k] = h->hold_w[HOLD_L1 + k];
    h->plant.input = in;
    h->plant.control = sunspec_control(&h->sunspec, &h->plant.config, now_ms);
    plant_step(&h->plant, now_ms - h->step_ms);
    h->step_ms = now_ms;
}

static void on_pilot(void *owner)
{
    house_step(owner);
}

static void refresh_meter(void *owner)
{
    struct house *h = owner;
    int64_t now_ms = clock_mono_ms();
    if (h->meter_fresh_ms && now_ms - h->meter_fresh_ms < h->options.meter_interval_ms)
        return;
    h->meter_fresh_ms = now_ms;
    if (h->options.meter == METER_KSEM)
        ksem_encode(&h->meter_image, &h->plant);
    else
        sdm630_encode(&h->meter_image, &h->plant);
}

static void refresh_inverter(void *owner)
{
    struct house *h = owner;
    sunspec_encode(&h->sunspec, &h->plant);
}

static uint8_t write_inverter(void *owner, uint16_t addr, uint16_t value)
{
    struct house *h = owner;
    return sunspec_write(&h->sunspec, addr, value, clock_mono_ms());
}

static void on_tick(uv_timer_t *t)
{
    struct house *h = t->data;
    house_step(h);
    int64_t age_ms = h->step_ms - h->start_ms;
    for (int32_t i = 0; i < h->options.n_chargers; i++) {
        int32_t plug_at_s = h->options.charger[i].box.plug_at_s;
        if (plug_at_s >= 0 && !h->plugged_at_start[i] && age_ms >= INT64_C(1000) * plug_at_s) {
            h->plugged_at_start[i] = true;
            box_plug(&h->box[i], true);
        }
        box_tick(&h->box[i]);
    }
}

static bool load_curve(struct house *h, char *error, size_t size)
{
    static char text[CURVE_FILE_MAX];
    const char *path = h->options.curve;
    if (!path[0]) {
        curve_demo(&h->curve);
        return true;
    }
    FILE *f = fopen(path, "r");
    size_t len = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f)
        fclose(f);
    text[len] = 0;
    int bad = len < sizeof text - 1 ? curve_parse(&h->curve, text) : 1;
    if (!f || bad)
        snprintf(error, size, "%s:%d: not a curve", path, bad);
    return f && !bad;
}

static bool start_servers(struct house *h, char *error, size_t size)
{
    if (h->options.meter == METER_KSEM)
        ksem_init(&h->meter_image);
    else
        sdm630_init(&h->meter_image);
    sunspec_init(&h->sunspec, &h->plant.config);
    h->meter.image = &h->meter_image;
    h->meter.ops = (struct modbus_ops){refresh_meter, NULL, NULL};
    h->inverter.image = &h->sunspec.img;
    h->inverter.ops = (struct modbus_ops){refresh_inverter, write_inverter, on_pilot};
    h->meter.owner = h->inverter.owner = h;
    h->meter.unit = h->inverter.unit = 1;
    h->meter_port = modbus_server_start(&h->meter, h->loop, h->options.meter_port);
    h->inverter_port = modbus_server_start(&h->inverter, h->loop, h->options.inverter_port);
    int worst = h->meter_port < h->inverter_port ? h->meter_port : h->inverter_port;
    if (worst < 0)
        snprintf(error, size, "cannot listen: %s", uv_strerror(worst));
    return worst >= 0;
}

static bool start_boxes(struct house *h, char *error, size_t size)
{
    struct lws_context *context = NULL;
    if (h->options.ocpp[0]) {
        if (!ocpp_url_parse(h->options.ocpp, &h->url)) {
            snprintf(error, size, "--ocpp: \"%s\" is not ws://host:port/path", h->options.ocpp);
            return false;
        }
        context = ocpp_link_context(h->loop);
        if (!context) {
            snprintf(error, size, "no WebSocket context");
            return false;
        }
    }
    for (int32_t i = 0; i < h->options.n_chargers; i++) {
        struct box *b = &h->box[i];
        b->config = h->options.charger[i].box;
        b->charger_config = &h->options.charger[i].charger;
        b->plant = &h->plant;
        b->index = i;
        b->changed = on_pilot;
        b->owner = h;
        b->link.context = context;
        b->link.url = &h->url;
        box_init(b, h->loop);
    }
    return true;
}

bool house_start(struct house *h, uv_loop_t *loop, char *error, size_t size)
{
    struct plant_config plant = options_plant(&h->options);
    h->loop = loop;
    h->start_ms = h->step_ms = clock_mono_ms();
    plant_init(&h->plant, &plant);
    if (!load_curve(h, error, size))
        return false;
    if (!start_servers(h, error, size) || !start_boxes(h, error, size))
        return false;
    house_step(h);
    uv_timer_init(loop, &h->tick);
    h->tick.data = h;
    return uv_timer_start(&h->tick, on_tick, STEP_MS, STEP_MS) == 0;
}
