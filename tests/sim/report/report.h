/* SPDX-License-Identifier: Apache-2.0
 * demo-report: watches a running house for some seconds and sums it up. Fields of the summary:
 *
 *   seconds            length of the observation
 *   services_online    services whose status on the bus says online at the end
 *   charged_wh         into the car, by the simulated house's own books
 *   grid_import_wh     drawn from the grid meanwhile, by the same books
 *   setpoints          setpoint messages seen on the bus
 *   reactions          samples behind the next two
 *   reaction_ms_p50/99 arrival of a grid meter frame here -> arrival here of the changed charger
 *                      setpoint that it caused. Counted only where that frame was the last thing
 *                      the controller got before the change, so that it is the cause
 *   pss_kib            proportional set size per process at the end, and total (broker included,
 *                      simulated house not)
 *   cpu_percent        of one core, the same processes together, over the whole observation
 *   fuse_max_ma        highest current of any phase at the grid connection; fuse_ok: never above it
 *   max_ma, cloud_ma   highest setpoint under full sun, and lowest once the cloud had come
 *   from_surplus       less than a fifth of the charged energy was drawn from the grid
 *   followed_cloud     the setpoint fell by a quarter or more with the sun, and rose again after it
 *   pass               charged, from_surplus, followed_cloud and fuse_ok */
#ifndef DEMO_REPORT_H
#define DEMO_REPORT_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_object;

/* ---- house.c: the truth of sim-house, over its control socket ---- */
struct house_truth {
    int64_t charged_wh, import_wh, sun_w, fuse_ma, fuse_peak_ma;
};
/* False: not reachable or not understood. */
bool house_ask(int port, struct house_truth *out);

/* ---- proc.c: memory and time of processes, from /proc ---- */
enum { MAX_PROCS = 32, MAX_NAME = 40 };
struct proc {
    char name[MAX_NAME];
    int64_t pid, pss_kib, cpu_ticks;
};
/* Reads the files of dir: name of the file = name of the process, content = its pid. Processes
 * that are gone are left out, and so are the simulated house and this one. Returns how many, at
 * most MAX_PROCS. */
int proc_watched(const char *dir, struct proc out[MAX_PROCS]);
/* Percent of one core between two lists, by name; a process started again counts from its start. */
double proc_cpu_percent(const struct proc *from, int from_n, const struct proc *to, int to_n,
                        int64_t ms);

/* ---- tally.c: what went over the bus ---- */
enum { MAX_REACTIONS = 20000, MAX_SERVICES = 32 };
struct tally {
    int64_t sun_w, top_sun_w; /* kept up by the caller from the house's truth */
    int64_t setpoints;
    int64_t last_input_ns; /* arrival of the last thing that the controller hears */
    bool last_was_grid;
    int64_t current_ma;                 /* last setpoint, -1 before the first */
    int64_t max_ma, cloud_ma, after_ma; /* highest in the sun, lowest under the cloud, highest
                                           after it; -1: none yet */
    int32_t reaction_us[MAX_REACTIONS];
    int reactions;
    struct {
        char name[MAX_NAME];
        bool online;
    } service[MAX_SERVICES];
    int services;
};
void tally_init(struct tally *t);
/* Topic without wattbus/<site>/; now_ns: its arrival. */
void tally_message(struct tally *t, const char *path, const char *payload, int64_t now_ns);
int tally_online(const struct tally *t);
bool tally_followed_cloud(const struct tally *t);
/* Percentile of the reactions in ms; -1 without samples. Sorts them. */
double tally_reaction_ms(struct tally *t, int percent);

/* ---- observe.c ---- */
struct arguments {
    const char *broker, *user, *password_file, *pids;
    int control, seconds;
    bool json;
};
/* CLOCK_MONOTONIC */
int64_t report_now_ns(void);
/* Watches for a->seconds and fills both. False, after a message: no broker or no house. */
bool observe(const struct arguments *a, struct tally *t, struct house_truth *start,
             struct house_truth *end);

/* ---- summary.c ---- */
struct summary {
    int64_t charged_wh, import_wh, fuse_peak_ma;
    double cpu_percent;
    bool fuse_ok, from_surplus, cloud, pass;
};
struct summary summary_make(const struct tally *t, const struct house_truth *start,
                            const struct house_truth *end, double cpu_percent);
void summary_print(const struct arguments *a, const struct summary *s, struct tally *t,
                   const struct proc *p, int n);
#endif
