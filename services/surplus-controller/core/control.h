/* SPDX-License-Identifier: Apache-2.0
 * control.h -- the one decision of the house: snapshot in, setpoints with reasons out. Pure.
 *
 * control_step runs on every grid-meter frame, charger change, limit or override. Its layers, each
 * of which can only tighten what the one before allows, are one file each:
 *   observe.c   what the meters and cars say
 *   frame.c     what of our orders the meters already show
 *   watch.c     who does not do what he was told
 *   envelope.c  what fuses, phase balance and the grid operator leave, per circuit and phase
 *   wish.c      what each charger may have by its mode, people, rules; blindness. load.c: loads
 *   solar.c     the surplus and what the solar modes make of it: start, hold, wait
 *   allocate.c  minimums by priority, then the rest, fair within a priority
 *   phases.c    one phase or three, and the way there
 *   shape.c     when it may move: settling, in-flight, dead band; decreases at once
 *   urgent.c    what acts at once: a choice that changed, a limit that was lifted
 *   reason.c    why, in words
 *
 * Units: mA per phase, W, mV, ms. Signs: grid + import, battery + charging, chargers + draw.
 *
 * Every member of configuration, snapshot and result has its row in record_rows.h as well, in the
 * same place; without it record.c does not compile. All arrays are the caller's; nothing is
 * allocated. Same state, snapshot, config and time give the same result. Phases are the grid's; a
 * mask has bit 0 for L1. */
#ifndef WATTBUS_CONTROL_H
#define WATTBUS_CONTROL_H
#include "libcommon/pure/sample.h"
#include "proto/proto.h"
#include "services/surplus-controller/core/load_reasons.h"

/* ---- configuration: fixed between two starts ---- */
struct control_circuit_conf {
    int16_t parent; /* index of the circuit above, always smaller than the own; -1: root */
    uint8_t phases; /* mask */
    bool metered;   /* snapshot.circuits[i] will have values */
    int32_t max_current_ma, reserve_ma;
    struct opt_i32 max_power_w;
};
struct control_charger_conf {
    int16_t circuit;
    uint8_t phases;   /* mask of the wired phases, rotation applied */
    uint8_t priority; /* 1 is served first */
    int32_t min_ma, max_ma, fallback_ma;
    bool can_switch;         /* its contacts close 1 or 3 phases by command ... */
    uint8_t one_phase;       /* ... and this one of the mask stays with 1 */
    int32_t switch_pause_ms; /* no current from the stop for a switch until charging goes on */
};
enum control_balance { BALANCE_OFF, BALANCE_CARS, BALANCE_ALL }; /* what counts for the limit */
/* Who takes of the same room and the same sun: the chargers, and after them the loads. Arrays of
 * chargers have an item for every taker; what only a load has is in the arrays of loads. */
struct control_config {
    const struct control_circuit_conf *circuits; /* [0] is the grid connection */
    const struct control_charger_conf *chargers; /* [chargers_n + loads_n], and so on */
    const struct control_load_conf *loads;       /* core/load.h; [loads_n] */
    int circuits_n, chargers_n, loads_n;
    bool has_grid_meter; /* false: none by configuration */
    bool has_battery;
    enum control_balance balance;
    int32_t imbalance_va;
    int32_t grid_target_w, dead_band_w;
    int32_t mean_ms, settling_ms, follow_ms, hold_ms, restart_ms, reduced_ms, frozen_ms;
    int32_t hold_max_ms;    /* a hold that the sun partly pays lasts longer, so long at most */
    int32_t room_wait_ms;   /* what was paused for lack of room stays paused for so long */
    int32_t margin_pm;      /* of a rating, kept free so that meter noise does not trip it */
    int32_t slice_ms;       /* a turn when the minimums of one priority do not all fit */
    int32_t probe_ms;       /* how often a trimmed car is asked whether it would take more */
    int32_t phase_check_ms; /* how often a car on one phase may be switched up to three ... */
    int32_t phase_up_pm;    /* ... when this share of the three-phase minimum is there */
};
/* Defaults of everything that the site file does not name; arrays and counts are left 0. */
struct control_config control_config_default(void);
static inline int takers_n(const struct control_config *c)
{
    return c->chargers_n + c->loads_n;
}

/* ---- reasons ---- */
/* code, name, limit, text. {0}..{2} are the parameters, {c} the circuit, {n} the rule; * marks mA
 * shown as A. */
#define CONTROL_REASONS(R)                                                                         \
    R(STARTING, "starting", BLIND, "Waiting for the first values of the house.", "", "", "")       \
    LOAD_REASONS(R)                                                                                \
    R(OFFLINE, "offline", DEVICE, "The wallbox does not answer.", "", "", "")                      \
    R(FAULT, "device_fault", DEVICE, "The wallbox reports a fault.", "", "", "")                   \
    R(NO_CAR, "no_car", NONE, "No car is connected.", "", "", "")                                  \
    R(LOCKED, "locked", MODE, "Charging is locked (mode lock).", "", "", "")                       \
    R(PAUSED, "paused", OVERRIDE, "Paused on request; resume it to go on.", "", "", "")            \
    R(MAX_ZERO, "max_current_low", OVERRIDE,                                                       \
      "Your maximum of {0*} A is below the {1*} A that a car needs.", "max_ma", "min_ma", "")      \
    R(NO_METER, "no_meter", MODE, "Solar charging needs a grid meter and none is configured.", "", \
      "", "")                                                                                      \
    R(FULL_POWER, "full_power", DEVICE, "Charging with the full {0*} A.", "current_ma", "", "")    \
    R(OVERRIDE_MAX, "max_current", OVERRIDE, "Limited to your maximum of {0*} A.", "max_ma", "",   \
      "")                                                                                          \
    R(TRIMMED, "trimmed", DEVICE,                                                                  \
      "The car takes only {0*} A; it is offered a little more, the rest goes to others.",          \
      "taken_ma", "", "")                                                                          \
    R(SURPLUS, "surplus", SURPLUS, "Charging from {0} W of solar surplus.", "surplus_w", "", "")   \
    R(WAIT_SURPLUS, "wait_surplus", SURPLUS,                                                       \
      "Waiting for the sun: {0} W of surplus, {1} W are needed to start.", "surplus_w",            \
      "needed_w", "")                                                                              \
    R(PLUS, "solar_plus", SURPLUS,                                                                 \
      "Charging with {0*} A; the sun gives {1} W, the grid the rest.", "current_ma", "surplus_w",  \
      "")                                                                                          \
    R(HOLD, "hold", SURPLUS,                                                                       \
      "Too little sun ({0} W of {1} W): only what it gives, at least the minimum; stops in {2} "   \
      "min unless the sun is back.",                                                               \
      "surplus_w", "needed_w", "left_min")                                                         \
    R(BATTERY, "battery_carries", SURPLUS,                                                         \
      "Too little sun ({0} W of {1} W): minimum power from the house battery.", "surplus_w",       \
      "needed_w", "")                                                                              \
    R(RESTART_WAIT, "restart_wait", DWELL,                                                         \
      "Stopped for lack of sun; may start again in {0} min with {1} W of surplus.", "left_min",    \
      "needed_w", "")                                                                              \
    R(CHOOSING, "choosing_phases", DWELL,                                                          \
      "Enough sun for one phase; starts soon, on three if there is more.", "", "", "")             \
    R(SWITCHING, "switching", DWELL, "Switching to {0} phase(s): charging goes on in {1} s.",      \
      "phases", "left_s", "")                                                                      \
    R(CIRCUIT, "circuit", CIRCUIT, "Limited to {0*} A by the fuse of {c}.", "current_ma", "", "")  \
    R(CIRCUIT_PAUSE, "circuit_pause", CIRCUIT,                                                     \
      "Paused: the fuse of {c} leaves {0*} A, the car needs {1*} A.", "available_ma", "needed_ma", \
      "")                                                                                          \
    R(GROUP, "group", SHARE,                                                                       \
      "Limited to {0*} A: the leader of this group shares the grid connection.", "current_ma", "", \
      "")                                                                                          \
    R(GROUP_PAUSE, "group_pause", SHARE,                                                           \
      "Paused: the leader of this group leaves {0*} A, the car needs {1*} A.", "available_ma",     \
      "needed_ma", "")                                                                             \
    R(GROUP_WAIT, "group_wait", BLIND, "Waiting for the leader of this group: nothing is raised.", \
      "", "", "")                                                                                  \
    R(ROOM_WAIT, "room_wait", DWELL,                                                               \
      "There was no room for the {1*} A that the car needs; it tries again in {0} s.", "left_s",   \
      "needed_ma", "")                                                                             \
    R(REDUCED, "reduced", CIRCUIT,                                                                 \
      "Reduced to {0*} A after an overload of {c}; for {1} min more.", "current_ma", "left_min",   \
      "")                                                                                          \
    R(TURN, "turn", SHARE, "Waiting for its turn: another car charges first.", "", "", "")         \
    R(SHARED, "shared", SHARE, "Sharing with other cars: {0*} A.", "current_ma", "", "")           \
    R(IMBALANCE, "imbalance", IMBALANCE, "Limited to {0*} A so that the phases stay balanced.",    \
      "current_ma", "", "")                                                                        \
    R(GRID_LIMIT, "grid_limit", GRID_OPERATOR,                                                     \
      "The grid operator limits charging: {0*} A of {1} W.", "current_ma", "limit_w", "")          \
    R(GRID_LIMIT_PAUSE, "grid_limit_pause", GRID_OPERATOR,                                         \
      "Paused: the grid operator allows {0} W, the car needs {1} W.", "limit_w", "needed_w", "")   \
    R(METER_SUSPECT, "meter_suspect", BLIND,                                                       \
      "The grid meter is late: nothing is raised until it answers.", "", "", "")                   \
    R(METER_MISSING, "meter_missing", BLIND,                                                       \
      "The grid meter does not answer: {0*} A until it is back.", "current_ma", "", "")            \
    R(METER_FROZEN, "meter_frozen", BLIND,                                                         \
      "The grid meter shows frozen values: {0*} A until it moves.", "current_ma", "", "")          \
    R(METER_STOP, "meter_stop", BLIND,                                                             \
      "Stopped: without a working grid meter the solar surplus is unknown.", "", "", "")           \
    R(BATTERY_UNKNOWN, "battery_unknown", BLIND,                                                   \
      "The house battery does not answer, so the solar surplus is unknown.", "", "", "")           \
    R(BATTERY_LATE, "battery_late", BLIND,                                                         \
      "The house battery is late: nothing is raised until it answers.", "", "", "")                \
    R(CONFIG, "config_differs", BLIND,                                                             \
      "The services run on different site files: nothing is raised.", "", "", "")                  \
    R(NOT_AUTHORISED, "not_authorised", AUTHORISATION, "Hold your card to the reader to charge.",  \
      "", "", "")                                                                                  \
    R(CARD_UNKNOWN, "card_unknown", AUTHORISATION, "This card is not known here.", "", "", "")     \
    R(CARD_ELSEWHERE, "card_elsewhere", AUTHORISATION,                                             \
      "This card is not accepted at this charger.", "", "", "")                                    \
    R(CARD_EXPIRED, "card_expired", AUTHORISATION, "This card has expired.", "", "", "")           \
    R(BUDGET_USED, "budget_used", AUTHORISATION,                                                   \
      "The budget of {0*} kWh is used up; the next begins in {1} h.", "budget_wh", "left_h", "")   \
    R(BUDGET_EMPTY, "budget_empty", AUTHORISATION,                                                 \
      "The budget of {0*} kWh is used up; top it up to go on.", "budget_wh", "", "")               \
    R(TIME_USED, "time_used", AUTHORISATION,                                                       \
      "The budget of {0} min of charging is used up; the next begins in {1} h.", "budget_min",     \
      "left_h", "")                                                                                \
    R(TIME_EMPTY, "time_empty", AUTHORISATION,                                                     \
      "The budget of {0} min of charging is used up; top it up to go on.", "budget_min", "", "")   \
    R(RULE, "rule", RULE, "Rule \"{n}\" allows {0*} A.", "current_ma", "", "")                     \
    R(RULE_PAUSE, "rule_pause", RULE, "Paused by rule \"{n}\".", "", "", "")                       \
    R(NO_RULE, "no_rule", RULE, "Paused: none of its rules applies now.", "", "", "")              \
    R(SETTLING, "settling", DWELL, "More is free; waiting for the car to follow first.", "", "",   \
      "")                                                                                          \
    R(TARGET_REACHED, "target_reached", MODE, "The state of charge that was wanted is reached.",   \
      "", "", "")                                                                                  \
    R(PLAN, "plan", MODE, "The plan gives {0*} A in this quarter hour.", "current_ma", "", "")
enum control_code {
#define R(id, name, limit, text, a, b, c) CONTROL_##id,
    CONTROL_REASONS(R)
#undef R
        CONTROL_CODES
};
struct control_reason {
    enum control_code code;
    int32_t p[3];
    int16_t circuit; /* index for {c} */
};
/* Fills the message's reason; `circuit` is the name for {c} or {n}. */
void control_reason_text(const struct control_reason *r, const char *circuit, struct reason *out);
enum limit control_reason_limit(enum control_code code);

/* ---- snapshot: what is known now ---- */
struct control_reading {
    struct mono at;       /* when it was measured, on our clock */
    struct age_rule rule; /* as declared by the sender */
    struct opt_i32 power_w;
    struct phases_i32 power_phase_w, current_ma, voltage_mv; /* currents signed like the power */
    bool known;                                              /* anything ever came */
};
enum control_contacts { CONTACTS_AUTO, CONTACTS_ONE, CONTACTS_THREE };
enum control_switching { SWITCHING_ALLOWED, SWITCHING_IDLE_ONLY, SWITCHING_NEVER }; /* of the car */
/* What rules, budgets and authorisation leave: a current per phase, 0 pauses. */
struct control_cap {
    struct opt_i32 current_ma; /* unset: no cap */
    enum control_code why;
    int32_t p[3]; /* parameters of that reason */
};
struct control_charger_in {
    bool known, online;
    enum evse_state state; /* unset counts as connected */
    struct control_reading meas;
    struct opt_i32 applied_ma; /* what the box has been told, by its bridge */
    /* What people, tables and plans chose; a change of any of these acts at once, without settling.
     */
    enum charge_mode mode; /* LOCK, POWER, SOLAR_PURE or SOLAR_PLUS; anything else counts as LOCK */
    bool paused;
    struct opt_i32 max_ma, min_ma; /* overrides */
    struct opt_i32 priority;
    enum control_contacts contacts; /* wish; AUTO in power mode means three */
    struct opt_i32 start_power_w;   /* solar_plus; unset: start_pm of the maximum, 0: the minimum */
    int32_t start_pm, solar_share_pm; /* solar_plus: starts at solar_share of the start power */
    bool use_battery;                 /* the house battery may serve this car */
    struct control_cap cap;
    /* What is known of wallbox and car. */
    struct opt_i32 contacts_closed; /* 1 or 3; unset: the box does not say, it is not switched */
    enum control_switching switching;
    struct opt_i32 switch_pause_ms; /* of this car, instead of the configured one */
};
/* This site is a charge-point group of another one, whose leader sets what all cars may draw. */
struct control_group {
    bool member, lost;     /* lost: the leader is silent, max_ma is the fallback */
    struct opt_i32 max_ma; /* per phase; unset: it has not spoken yet, nothing is raised */
};
/* What takers below a circuit may draw in all, where an expression says so; unset: as configured.
 */
struct control_circuit_in {
    struct phases_i32 current_ma;
    struct opt_i32 power_w;
};
struct control_snapshot {
    struct control_reading grid;
    const struct control_reading *circuits;    /* [circuits_n]; used where metered */
    const struct control_circuit_in *limits;   /* [circuits_n]; NULL: there is none */
    const struct control_charger_in *chargers; /* [takers_n] */
    const struct control_load_in *loads;       /* [loads_n] */
    struct opt_i32 battery_w;                  /* unset with has_battery: it is not known */
    bool battery_late;                         /* its value is suspect: nothing solar is raised */
    struct opt_i32 battery_can_w;              /* what it could deliver now, 0 at its minimum SoC */
    int32_t reserved_w;       /* of the sun: the batteries get it before solar cars do */
    int32_t curtailed_w;      /* sun behind a feed-in limit, which a car could have */
    struct opt_i32 consume_w; /* lowest active limit of the grid operator */
    bool config_agreed;       /* false: nothing is raised */
    struct control_group group;
};

/* ---- result ---- */
struct control_decision {
    bool send;           /* false: too little is known, no setpoint may go out */
    int32_t current_ma;  /* 0 or at least the minimum */
    int32_t fallback_ma; /* all of them together fit the fuses and the limit */
    uint8_t contacts;    /* 1 or 3: close so many; 0: leave them as they are */
    uint8_t switched_to; /* 1 or 3: seen closed in this step, as asked; for the log */
    uint8_t load;        /* mask of phases it counts with */
    bool load_detected;
    struct control_reason reason;
    bool overdraws; /* draws more than it was allowed: the car, or a box that does as it likes */
    bool ignores;   /* its bridge reports another limit than ours */
    struct opt_i64 next_mono_ms; /* earliest time of the next step by itself */
};
enum control_meter { METER_GOOD, METER_SUSPECT, METER_MISSING, METER_FROZEN, METER_NONE };
struct control_circuit_out {
    struct phases_i32 current_ma;   /* measured, or the sum of what is known below */
    struct phases_i32 available_ma; /* what loads may still draw; negative: overload */
};
/* What the chargers ask of the house batteries. */
struct control_battery_out {
    bool block_discharge; /* a car charges that may not be served by the battery ... */
    int32_t may_carry_w;  /* ... which may still deliver this, for everything else */
};
struct control_out {
    struct control_decision *chargers;    /* [takers_n] */
    struct control_load_decision *loads;  /* [loads_n] */
    struct control_circuit_out *circuits; /* [circuits_n] */
    enum control_meter meter;
    bool implausible; /* the meter's last frame was no possible value; it is not used */
    struct opt_i32 surplus_w;
    int32_t charger_w, load_w, imbalance_va;
    struct control_battery_out battery;
    struct mono next; /* run control_step again not later than this */
};

/* ---- state: zero it, then control_init ---- */
struct control_timer {
    bool on;
    struct mono since;
};
/* A switch of the contacts under way. */
struct control_change {
    uint8_t to;       /* 1 or 3; 0: none */
    bool asked, done; /* the box was asked; it has closed them */
    struct mono since;
};
/* An offer, and what the car drew of it. */
struct control_followed {
    int32_t offer_ma, draw_ma;
    struct control_timer went; /* it went along */
};
struct control_missing {
    int64_t mj;              /* energy that the sun did not give to the minimum, mJ */
    struct opt_i64 until_ms; /* counted until then, monotonic */
};
enum { PAST = 6, CONTROL_CHOICES = 12 };
struct control_charger_state {
    int32_t current_ma; /* setpoint in force */
    bool seen;          /* continued from what was applied */
    bool connected, drawing_known, certain, idle, wants, yield, probing, trimmed;
    bool solar, plus; /* its mode takes the sun; solar_plus: and the grid up to its start power */
    bool urgent;      /* a choice or a limit changed: no settling */
    int32_t choice[CONTROL_CHOICES]; /* what was chosen at the last step */
    uint8_t closed;                  /* phases of the closed contacts */
    uint8_t used;                    /* detected phases of the car, 0: not known yet */
    uint8_t load;                    /* what it is counted with */
    uint8_t lanes;                   /* number of phases in load */
    uint8_t priority, blind;
    enum charge_mode mode;
    uint32_t turn;
    int32_t min_ma, max_ma, fallback_ma;
    int32_t draw[PHASES];             /* measured now */
    int32_t under_ma;                 /* the car takes so much less than it is offered */
    struct control_followed followed; /* the last one it had time for */
    struct {
        struct mono at;
        int32_t ma[PHASES];
    } past[PAST];                     /* the last measurements, newest first */
    int32_t est[PHASES];              /* what of it the grid meter's last frame contains */
    int32_t from[PHASES], to[PHASES]; /* the last order and what it should lead to */
    int32_t ahead_ma[PHASES];         /* it draws, by a frame that the box's values lag behind */
    struct mono ahead_at;             /* that frame */
    struct mono order_at, flight_at, changed_at, meas_at, served_at, probe_at;
    struct mono mark_at; /* its draw when the grid meter last changed: to find a frozen meter */
    int32_t mark_ma;
    struct control_timer drawing, idle_since, slack, rest;
    struct control_timer over, deaf; /* draws more than allowed; is told something else */
    int32_t over_ma;                 /* so much more, while it could follow */
    bool overdraws, ignores;
    struct control_timer crowded;  /* paused since then for lack of room */
    struct control_timer learn;    /* one phase could charge; nobody knows how many the car uses */
    bool learnt;                   /* tried once since it was plugged in */
    struct control_timer short_of; /* solar_plus: its share of the start power is missing */
    struct control_timer choose;   /* before a start: one phase will do since then ... */
    bool choosing;                 /* ... and still does; during one step */
    struct control_timer quiet;    /* no current is offered and none flows */
    struct control_timer short_since; /* power mode: one phase has room, three have not */
    struct control_timer refused;     /* the box did not close what it was asked for */
    struct mono switched_at;
    uint8_t switched_to; /* in this step */
    /* survive a restart: saved by the io layer */
    struct control_change change;
    struct control_timer one_since; /* charging on one phase since, or since the last look */
    struct control_timer hold, stopped;
    struct control_missing missing; /* since the hold began */
    /* during one step */
    int32_t want_ma, got_ma, first_ma, claimed_ma;
    int32_t beyond_ma;    /* drawn beyond its offer, and taken out of the room */
    struct mono hold_end; /* if the sun stays as it is */
    int32_t floor_ma;     /* solar_plus: what it gets without sun */
    bool active;
    struct control_reason why;
};
struct control_circuit_state {
    struct mono frame_at;
    int32_t meter_ma[PHASES], house_ma[PHASES]; /* last frame; and without the chargers */
    int32_t base_ma[PHASES];                    /* reading when the last order was given */
    int32_t jump_ma[PHASES];                    /* from the frame before to the last one */
    int32_t meter_w, house_w;
    int32_t volt_mv;
    bool house_known, framed;
    int32_t reduced_ma[PHASES]; /* cap of all charging below it, after an overdraw */
    struct control_timer reduced[PHASES];
    bool unmetered;          /* a car below it does not say what it draws */
    uint8_t strikes[PHASES]; /* overdraws in a row, each soon after the cut for the one before */
    uint8_t blind;           /* enum control_meter */
    /* during one step */
    bool news;                                    /* framed, or one below it is */
    int32_t est[PHASES], cut[PHASES], to[PHASES]; /* of all chargers below it */
    int32_t cap[PHASES], room[PHASES];            /* for chargers; and what is still to be given */
    int32_t n[PHASES], share[PHASES];             /* takers, and what each of them may add */
    int32_t room_w, share_w, weight;
};
enum { MEAN_BUCKETS = 32 };
struct control_mean {
    int64_t sum[MEAN_BUCKETS];
    int32_t count[MEAN_BUCKETS];
    int64_t slot[MEAN_BUCKETS];
};
struct control_state {
    struct control_charger_state *chargers; /* [takers_n] */
    struct control_load_state *loads;       /* [loads_n] */
    struct control_circuit_state *circuits; /* [circuits_n] */
    int16_t *order;                         /* [takers_n] */
    struct mono started;
    bool begun; /* the first frame and the boxes came, or they were waited for long enough */
    uint32_t turns;
    /* grid meter */
    struct control_reading frame;
    bool new_frame, implausible;
    enum control_meter meter;
    struct mono same_since;     /* since when all its values are identical */
    struct mono lively_since;   /* they never stood still for long since then */
    struct control_timer moved; /* a car or setpoint moved since then */
    struct mono base_at;        /* when the last order was given */
    int32_t volt_mv;
    /* surplus */
    struct control_mean mean;
    struct control_timer sample, first_sample;
    struct opt_i32 surplus_w;  /* mean */
    int32_t basis_w, others_w; /* with dead band: for all cars; and what other modes take of it */
    bool basis_set, wanting_many;
    int32_t own_w, own_fall[2]; /* production less other loads; its last falls, W/s */
    struct mono own_at;
    struct opt_i32 fallback_limit, limit_was;
    bool fallback_done;
    /* during one step */
    uint8_t group_binds; /* phases where the leader's budget is tighter than our own fuse */
    int64_t budget_w, solar_w;
    int64_t
        granted_w; /* of solar_w: after a start, so that what runs goes on; a hold does anyway */
    /* Of the sun, by those of higher priority beyond their minimums: would take, are told. */
    int64_t claim_w, told_w;
    int64_t carried_w;    /* by the house battery, to the minimums of cars */
    int32_t tilt[PHASES]; /* what asymmetric cars may still add */
    int32_t est_sum[PHASES];
    struct mono next;
};
/* What a car on one or two phases may draw at most for the balance, mA; 0: no bound. */
int32_t control_lopsided_ma(const struct control_config *c);
/* The arrays must be set and zeroed. `now` starts the wait for the first values. */
void control_init(struct control_state *s, const struct control_config *c, struct now now);
void control_step(struct control_state *s, const struct control_snapshot *in,
                  const struct control_config *c, struct now now, struct control_out *out);
#endif
