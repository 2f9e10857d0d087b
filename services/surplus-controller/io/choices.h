/* SPDX-License-Identifier: Apache-2.0
 * choices.h -- from what people, tables, plans and cars say to the snapshot's choices
 * (core/choose), and what of it is shown in control. Loop thread only. */
#ifndef WATTBUS_CHOICES_H
#define WATTBUS_CHOICES_H
#include "services/surplus-controller/core/choose.h"
#include "services/surplus-controller/core/vehicle.h"
#include "services/surplus-controller/io/kept.h"

struct brain;
struct plan_io { /* of the planner; made when the first one comes */
    struct plan_state msg;
    struct mono at;
};
struct choice_io { /* of one charger */
    struct choose_settings people, site;
    enum control_switching switching; /* of the wallbox */
    struct week people_week, site_week;
    int parsed_rev;      /* of charger_io.rev that `people` is */
    char start_text[16]; /* start power in force, as it was said */
    char when_text[KEPT_TEXT];
    struct control_cap caps[CAPS];
    struct plan_io *plan;
    struct choose_state state;
    struct choose_out out;
    int32_t session_wh;
    struct opt_i32 box_soc_pm; /* the wallbox asked the car */
    int16_t vehicle;           /* index, NO_VEHICLE */
};
struct vehicle_io {
    const char *id;
    const struct vehicle_conf *conf;
    struct vehicle_soc soc;
    int16_t charger;           /* where it is plugged in, -1: nowhere */
    struct vehicle_state sent; /* last published */
    struct mono sent_at;       /* 0: not yet on this connection */
};
struct choices {
    struct zone zone;
    struct choice_io *v; /* [chargers_n] */
    struct vehicle_io *vehicles;
    int vehicles_n;
    bool claims_changed;
    struct vehicle_claim *claims; /* [chargers_n] */
    int16_t *given;
};

/* choices.c. ERR_UNKNOWN and the like: the site's time zone can't be read. */
enum err choices_configure(struct brain *b, struct err_text *why) MUST_CHECK;
void choices_free(struct brain *b);
void choices_subscribe(struct brain *b);
/* Fills the snapshot's choices; returns when they change by themselves (mono). */
int64_t choices_refresh(struct brain *b, struct now now);
void choices_fill(const struct brain *b, int i, struct now now, struct charger_control *c);
const char *vehicle_at(const struct brain *b, int i); /* id of the car at charger i, "" for none */
/* From the wallbox: session, card and cable. */
void choices_charger(struct brain *b, int i, const struct charger_state *s);
void choices_left(struct brain *b, int i); /* the cable is out */
/* Where users and budgets put what they leave of charger i. It stays until it is changed. */
struct control_cap *choices_cap(struct brain *b, int i, enum choose_cap cap);
/* ERR_OK when the override can be obeyed; text: of one that is a text. */
enum err choices_check(const struct brain *b, int i, const struct kept_override *o,
                       const char *text, struct now now, struct err_text *why) MUST_CHECK;

/* vehicles.c */
void vehicles_configure(struct brain *b);
void vehicles_subscribe(struct brain *b);
void vehicles_claim(struct brain *b);                       /* who stands where, anew */
int vehicle_index(const struct choices *c, const char *id); /* -1: none */
/* What is known of the car at charger i; false: none is known. */
bool vehicles_car(const struct brain *b, int i, struct choose_car *out);
int64_t vehicles_publish(struct brain *b, struct now now); /* returns when the next is due */
void vehicles_left(struct brain *b, int i);
void vehicles_again(struct brain *b); /* a new connection: everything is said again */
void vehicles_load(struct brain *b);
#endif
