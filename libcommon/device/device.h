/* SPDX-License-Identifier: Apache-2.0
 * device.h -- one device of the engine; shared by the engine's files, not for others. Loop thread
 * only.
 *
 * Life: FIND the SunSpec models (where the profile asks for them), read what never changes ONCE,
 * then RUN: the fast group every interval, the slow group every slow_ms between. A device that does
 * not answer goes on being asked; nothing is published for it until it does. A SunSpec device that
 * was silent is found anew, since it may have come back with another firmware. */
#ifndef WATTBUS_DEVICE_H
#define WATTBUS_DEVICE_H
#include "libcommon/device/command.h"
#include "libcommon/device/map.h"
#include "libcommon/io/bus.h"
#include "libcommon/io/log.h"
#include "libcommon/io/modbus_bus.h"
#include "libcommon/io/svc.h"

enum {
    DEVICE_SLOW_MIN_MS = 1000,
    DEVICE_SLOW_MAX_MS = 10000,
    DEVICE_ALIVE_MS = 250,  /* back to back: unchanged values are repeated so often */
    DEVICE_RETRY_MS = 1000, /* after a failure before RUN, and of a write */
    DEVICE_FAILS_MAX = 2,   /* polls in a row without an answer: the device is silent */
    DEVICE_FAULTS = 4,
};

/* What the site file says, the same for all classes. */
struct device_conf {
    enum device_class class;
    const char *id, *name, *profile;
    uint8_t unit;
    int32_t interval_ms, max_age_ms;
    struct wiring wiring;
    enum role role;
    bool control;
    int32_t box_lease_ms;
    struct opt_i32 fallback_w;
    struct opt_i32 max_power_w, capacity_wh, max_charge_w, max_discharge_w; /* override reports */
};

enum device_stage { DEVICE_FIND, DEVICE_ONCE, DEVICE_RUN };
enum device_fault {
    DEVICE_SILENT,
    DEVICE_STRANGE, /* answers, but not as the profile says */
    DEVICE_COUNTER,
    DEVICE_WRITE,
    DEVICE_TWO_WRITERS,
    DEVICE_FAULT_COUNT,
};

struct device {
    struct svc *svc;
    struct device_conf conf;
    char address[96];
    struct profile profile;
    struct modbus_job *read, *slow, *write;
    uv_timer_t timer; /* polls; retries before RUN */
    uv_timer_t command_timer;
    bool stopped;
    enum device_stage stage;
    struct sun_walk walk;
    struct layout layout;
    int gap[GROUP_COUNT];
    struct image image[GROUP_COUNT];
    struct readings readings;
    struct now fast_at, slow_at;
    bool known;      /* there is a fast reading to publish */
    bool slow_tried; /* the first state waits for the slow values */
    bool proven;     /* the fast group was read as planned; it may be repeated blindly */
    int fails;
    bool find_again; /* it was silent: a SunSpec device may come back as another one */
    int generation;  /* of the layout; a slow answer of an older one means nothing */
    int slow_generation;
    struct counter_guard import, export, yield;
    struct command command;
    struct order writing;
    struct mono write_after; /* pause after a failed write */
    struct {
        bool on;
        struct wall since;
        struct log_latch latch;
        char text[160];
    } fault[DEVICE_FAULT_COUNT];
};

/* device.c */
void device_init(struct device *d, struct svc *s, const struct device_conf *conf);
/* Attaches it to its bus and starts when the loop does. */
void device_start(struct device *d, struct modbus_bus *bus, const char *address);
void device_stop(struct device *d);
/* text NULL: it is over. */
void device_fault(struct device *d, enum device_fault f, const char *text);
int32_t device_slow_ms(const struct device *d);

/* device_publish.c */
void device_publish_info(struct device *d);
void device_publish_state(struct device *d, struct now now);

/* device_command.c */
void device_command_init(struct device *d);
void device_command_run(struct device *d); /* writes what is due, arms its timer */
void device_written(void *user, const struct modbus_result *r);
#endif
