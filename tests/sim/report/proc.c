/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/report/report.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_text(const char *path, char *out, size_t size)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    size_t n = fread(out, 1, size - 1, f);
    fclose(f);
    out[n] = 0;
    return n > 0;
}

static bool measure(struct proc *p)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%" PRId64 "/smaps_rollup", p->pid);
    if (!read_text(path, text, sizeof text))
        return false;
    const char *pss = strstr(text, "\nPss:");
    p->pss_kib = pss ? strtoll(pss + 5, NULL, 10) : 0;
    snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", p->pid);
    if (!read_text(path, text, sizeof text))
        return false;
    /* the name in brackets may hold anything; fields 14 and 15 are user and system ticks */
    char *at = strrchr(text, ')');
    for (int field = 2; at && field < 14; field++)
        at = strchr(at + 1, ' ');
    if (!at)
        return false;
    char *end;
    int64_t user = strtoll(at, &end, 10);
    p->cpu_ticks = user + strtoll(end, NULL, 10);
    return true;
}

static int list(const char *dir, struct proc out[MAX_PROCS])
{
    int n = 0;
    DIR *d = opendir(dir);
    struct dirent *e;
    while (d && n < MAX_PROCS && (e = readdir(d))) {
        char path[512], text[32];
        struct proc *p = &out[n];
        if (e->d_name[0] == '.' || strlen(e->d_name) >= sizeof p->name)
            continue;
        *p = (struct proc){0};
        memcpy(p->name, e->d_name, strlen(e->d_name));
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (!read_text(path, text, sizeof text))
            continue;
        p->pid = strtoll(text, NULL, 10);
        n += measure(p);
    }
    if (d)
        closedir(d);
    return n;
}

/* The simulated house is no part of the footprint. */
int proc_watched(const char *dir, struct proc out[MAX_PROCS])
{
    int n = list(dir, out), kept = 0;
    for (int i = 0; i < n; i++)
        if (strcmp(out[i].name, "house") != 0 && strcmp(out[i].name, "report") != 0)
            out[kept++] = out[i];
    return kept;
}

double proc_cpu_percent(const struct proc *from, int from_n, const struct proc *to, int to_n,
                        int64_t ms)
{
    int64_t ticks = 0;
    for (int i = 0; i < to_n; i++) {
        ticks += to[i].cpu_ticks;
        for (int k = 0; k < from_n; k++)
            if (from[k].pid == to[i].pid)
                ticks -= from[k].cpu_ticks;
    }
    return 100.0 * 1000.0 * (double)ticks / (double)sysconf(_SC_CLK_TCK) / (double)ms;
}
