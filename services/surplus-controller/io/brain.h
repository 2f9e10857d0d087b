/* SPDX-License-Identifier: Apache-2.0
 * brain.h -- the controller on the bus: what comes in, when to decide, what goes out. Loop thread
 * only. One struct; the files beside it each do one part of it. */
#ifndef WATTBUS_BRAIN_H
#define WATTBUS_BRAIN_H
#include "libcommon/io/bus.h"
#include "libcommon/io/svc.h"
#include "services/surplus-controller/core/control.h"
#include "services/surplus-controller/core/resume.h"
#include "services/surplus-controller/io/group.h"
#include "services/surplus-controller/io/formulas.h"
#include "services/surplus-controller/io/choices.h"
#include "services/surplus-controller/io/feedin.h"
#include "services/surplus-controller/io/kept.h"
#include "services/surplus-controller/io/users.h"
#include "services/surplus-controller/io/storage.h"

/* Age of a sender's values on our clock: by the difference of arrival and ts, less what the two
 * wall clocks are apart. */
struct clock_skew {
    int64_t least_ms; /* smallest difference seen */
    int64_t last_ms;  /* of the message before, which came then */
    struct mono last_at;
    bool set;
};
struct power_source { /* inverter or battery */
    const char *id;
    struct control_reading reading; /* of an inverter: PV */
    struct control_reading ac;      /* of an inverter */
    struct opt_i32 soc_pm;
    struct clock_skew skew;
};
struct charger_io {
    const char *id;
    const struct charger_conf *conf;
    struct clock_skew skew;
    struct kept_charger kept; /* overrides, dwell times and answers that outlive us */
    bool plugged;
    struct control_kept_charger as_kept; /* of it, what the core gave */
    struct mono sent_at, control_at;     /* 0: not yet on this connection */
    struct control_decision sent;        /* last setpoint */
    struct control_decision told;        /* last control message */
    int rev, rev_told;                   /* counts what people changed */
    bool told_overdraws, told_ignores;
};
struct limit_source {
    char id[ID_CAP];
    struct grid_limit limit;
    struct mono at;
};
struct peer { /* another service */
    char name[ID_CAP], hash[20];
    bool online;
};
enum { LIMITS_MAX = 16, PEERS_MAX = 32 };

struct flows; /* flows.h */
struct brain {
    struct svc *svc;
    uv_timer_t timer;
    struct control_config conf;
    struct control_state state;
    struct control_snapshot in;
    struct control_out out;
    struct control_circuit_conf *circuits;
    struct control_charger_conf *chargers;
    struct control_reading *circuit_readings;
    struct control_charger_in *charger_ins;
    const char **circuit_ids, **circuit_meters;
    const char *grid_meter; /* id, NULL: none configured */
    struct clock_skew grid_skew, *circuit_skews;
    struct charger_io *ios;
    struct power_source *inverters, *batteries;
    int inverters_n, batteries_n;
    struct limit_source limits[LIMITS_MAX];
    int limits_n;
    struct peer peers[PEERS_MAX];
    int peers_n;
    struct mono differ_since; /* site files differ; 0: they agree */
    int64_t seq;
    bool ready, refused;
    enum control_meter meter_told;
    bool implausible_told;
    struct wall started;
    struct mono site_at, circuits_at; /* last publication */
    bool save_due;
    struct group group;
    struct loads *loads; /* loads.h */
    struct kept_circuit *circuits_kept;
    struct control_kept_circuit *circuits_as_kept;
    struct formulas formulas;
    struct choices *choices;
    struct flows *flows;
    struct users_io *users;     /* NULL: no users, no budgets */
    struct storage_io *storage; /* NULL: no batteries */
    struct feedin_io *feedin;   /* NULL: no inverters */
    struct recorder *recorder;
};

struct brain *brain_new(struct svc *s); /* NULL: the reason is on stderr; the configuration */
/* After the loop has ended: writes down what is not yet; returns main's exit code, which is
 * EX_TEMPFAIL when another controller was here first. */
int brain_finish(struct brain *b, int exit_code);
void brain_free(struct brain *b); /* after svc_fini; NULL is fine */

/* setup.c */
/* Zeroed, at least one item, the caller's to free; without memory the service ends. */
void *brain_array(int n, size_t size);
enum err brain_configure(struct brain *b, struct err_text *why) MUST_CHECK;
void brain_release(struct brain *b);
/* inputs.c */
void inputs_subscribe(struct brain *b);
/* Fills what of the snapshot depends on time: limits, batteries, agreement. Returns when that
 * changes by itself. */
int64_t inputs_refresh(struct brain *b, struct now now);
/* When it was measured, on our monotonic clock. False: a stored message whose age is unknown or
 * too great; its values are not used. */
bool inputs_measured_at(struct clock_skew *k, const struct bus_msg *m, int64_t ts_ms,
                        int32_t max_age_ms, struct mono *at);
int charger_index(const struct brain *b, const char *id);
struct control_reading meter_reading(const struct meter_state *s, struct mono at);
/* commands.c */
void commands_subscribe(struct brain *b);
int64_t commands_refresh(struct brain *b, struct now now); /* ends what has ended */
void commands_unplugged(struct brain *b, int i);
bool commands_chosen(const struct brain *b, int i, const char *field); /* by a person */
/* What a card does: a choice until unplugged (refused like any other), pause or resume. */
void commands_choose(struct brain *b, int i, const char *field, int32_t value);
void commands_pause(struct brain *b, int i, bool pause);
/* Notes what became of a request, for control.results. */
void commands_answer(struct brain *b, int i, const char *id, const char *action, enum result result,
                     const char *text);
/* memory.c */
void memory_load(struct brain *b, struct now now);
void memory_track(struct brain *b, struct now now); /* notes changed dwell times */
void memory_save(struct brain *b);
/* A file with one record per line: items[n], each `stride` bytes after the one before. */
void memory_save_file(struct brain *b, const char *name, const struct record *r, const char *items,
                      size_t stride, int n);
/* Calls cb for each line, decoded into `item` (r->size bytes); what can't be read is logged. */
typedef void memory_line_cb(void *user, const void *item);
void memory_load_file(struct brain *b, const char *name, const struct record *r, void *item,
                      memory_line_cb *cb, void *user);
struct opt_i64 memory_wall_of(const struct control_timer *x, struct now now);
struct control_timer memory_timer_of(struct opt_i64 wall, struct now now);
/* Where a timer stands in the core's struct (control_timer) and in the file's (opt_i64). */
struct memory_time {
    size_t core, file;
};
void memory_write_times(const struct memory_time *times, size_t n, void *file, const void *core,
                        struct now now);
void memory_read_times(const struct memory_time *times, size_t n, void *core, const void *file,
                       struct now now);
/* outputs.c */
int64_t outputs_publish(struct brain *b, struct now now); /* returns when the next is due */
/* brain.c: decide now, or before the loop waits again. */
void brain_step(struct brain *b);
void brain_soon(struct brain *b);
#endif
