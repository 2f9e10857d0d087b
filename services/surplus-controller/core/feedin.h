/* SPDX-License-Identifier: Apache-2.0
 * feedin.h -- how much each inverter may give so that the plant stays below its feed-in limit.
 * Pure.
 *
 * Regulated at the grid connection: what the inverters may give together is what is used here plus
 * the limit; it is divided in proportion to their rated AC power, and what one cannot give the
 * others may. Cuts are immediate, raises follow a mean. Without a working meter each gets its share
 * of the limit as if nothing were used here.
 *
 * Units: W, ms. Signs: grid + import, inverters + production (a hybrid that charges from the grid
 * is negative). Arrays are the caller's; nothing is allocated. Same state, input, configuration and
 * time give the same result. */
#ifndef WATTBUS_FEEDIN_H
#define WATTBUS_FEEDIN_H
#include "services/surplus-controller/core/control.h"

struct feedin_unit_conf {
    bool control; /* may be limited; else it is measured and left alone */
};
struct feedin_config {
    const struct feedin_unit_conf *units;
    int n;
    struct opt_i32 limit_w; /* of the plant; unset: none */
    int32_t margin_w;       /* stay below the limit by it */
    int32_t rise_ms;        /* mean before a raise */
    int32_t follow_ms;      /* time of an inverter to follow a cut */
    int32_t take_ms;        /* batteries get so long to take more; 0: they are not asked */
};
struct feedin_config feedin_config_default(void);

struct feedin_unit_in {
    struct opt_i32 power_w; /* AC; unset: it is silent */
    struct mono at;         /* when that was measured */
    struct opt_i32 max_w;   /* rated AC power */
};
struct feedin_in {
    const struct feedin_unit_in *units;
    enum control_meter meter;
    struct mono frame_at; /* of the grid meter's last frame */
    int32_t grid_w;
    bool begun, config_agreed;
    struct opt_i32 produce_w; /* the grid operator's limit at the grid connection */
    int32_t battery_room_w;   /* what batteries could take more now */
};

#define FEEDIN_REASONS(R)                                                                          \
    R(STARTING, "starting", BLIND, "Waiting for the first values of the house.", "", "", "")       \
    R(ALONE, "left_alone", DEVICE, "It is only measured: it can't be limited, or may not be.", "", \
      "", "")                                                                                      \
    R(FREE, "unlimited", NONE, "No feed-in limit is in force.", "", "", "")                        \
    R(PLANT, "feed_in", GRID_OPERATOR, "The plant may feed in {0} W; {1} W of AC power are left.", \
      "limit_w", "power_w", "")                                                                    \
    R(OPERATOR, "grid_limit", GRID_OPERATOR,                                                       \
      "The grid operator allows {0} W of feed-in; {1} W of AC power are left.", "limit_w",         \
      "power_w", "")                                                                               \
    R(BLIND, "blind", BLIND,                                                                       \
      "Without a working grid meter only the share of the {0} W of feed-in: {1} W.", "limit_w",    \
      "power_w", "")
enum feedin_code {
#define R(id, name, limit, text, a, b, c) FEEDIN_##id,
    FEEDIN_REASONS(R)
#undef R
        FEEDIN_CODES
};
struct feedin_reason {
    enum feedin_code code;
    int32_t p[3];
};
void feedin_reason_text(const struct feedin_reason *r, struct reason *out);
enum limit feedin_reason_limit(enum feedin_code code);

struct feedin_order {
    bool send;              /* false: it was never limited, or may not be */
    struct opt_i32 limit_w; /* unset: unlimited */
    struct opt_i32 fallback_w;
    bool curtailed; /* it would give more */
    struct feedin_reason reason;
};
struct feedin_out {
    struct feedin_order *units;  /* [n] */
    struct opt_i32 limit_w;      /* lowest limit at the grid connection */
    struct feedin_reason reason; /* of the plant */
    int32_t curtailed_w;         /* estimate of what the limit costs; 0: nothing is cut */
    struct mono next;
};

struct feedin_unit_state {
    bool bound; /* it gives all that it may */
    int32_t seen_w, limit_w;
    /* during one step */
    int32_t max_w, power_w, can_w;
};
struct feedin_state {
    struct feedin_unit_state *units; /* [n] */
    bool active;                     /* a limit was in force since the start */
    bool set;                        /* ppm is of a working meter */
    int32_t ppm;                     /* common share of the rated power, 0..1000000 */
    int32_t power_w;                 /* of those that we limit, at the last frame */
    int64_t mean_w;
    bool mean_set;
    struct mono frame_at, cut_at, calm_at, est_at;
    struct mono same_since; /* the grid meter shows the same value since then ... */
    int32_t same_w;
    struct opt_i32 moved_from_w; /* ... and the inverters gave so much at that time */
    bool frozen;
    struct opt_i32 limit_was;
    struct control_timer asked, refused; /* the batteries, to take more */
    int32_t known_w, avail_w;    /* what they have shown; estimate of what they would give */
    int32_t patience_ms;         /* before the estimate grows again */
    struct control_timer missed; /* when it was last too high */
    struct mono next;
};
void feedin_step(struct feedin_state *s, const struct feedin_in *in, const struct feedin_config *c,
                 struct now now, struct feedin_out *out);
#endif
