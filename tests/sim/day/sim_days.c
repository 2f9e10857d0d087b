/* SPDX-License-Identifier: Apache-2.0
 * sim_days: random days, or the days of files. See usage(). Exit 0 only without a violation. */
#include <sys/wait.h>
#include "tests/sim/day/day.h"

struct totals {
    int64_t days, bad, solar_mwh, grid_mwh, hold_mwh, power_mwh, starts, changes, chargers;
};
struct args {
    int days, jobs, shrink_days;
    uint64_t seed;
    bool story, print;
    const char *files[64];
    int files_n;
};
static int usage(void)
{
    fputs(
        "sim_days [--days N] [--seed S] [--jobs J] [--shrink DAYS]   days of the seeds S, S+1 ...\n"
        "sim_days [--story] FILE...                       days of scenario files\n"
        "sim_days --print --seed S                        the day of a seed as a scenario\n",
        stderr);
    return 2;
}
static void add(struct totals *t, const struct totals *more)
{
    int64_t *to = &t->days;
    const int64_t *from = &more->days;
    for (size_t i = 0; i < sizeof *t / sizeof *to; i++)
        to[i] += from[i];
}
static void tell(const struct day *d, const struct day_result *r)
{
    for (int i = 0; i < DAY_PROPERTY_COUNT; i++)
        if (r->count[i])
            printf("%s: %s: %d times, first %s\n", d->name, day_property_text((enum day_property)i),
                   r->count[i], r->first[i]);
}
static void shrunken(const struct day *d, const struct day_result *r, int days)
{
    struct day_options o = {0};
    struct day *small = malloc(sizeof *small);
    int p = 0, first = 0;
    if (!small)
        abort();
    for (p = 1; p < DAY_PROPERTY_COUNT; p++)
        if (r->count[p] && (!r->count[first] || r->second[p] < r->second[first]))
            first = p;
    *small = *d;
    day_shrink(small, (enum day_property)first, &o, days);
    printf("# %s, shrunken; run it with: sim_days --story FILE\n",
           day_property_text((enum day_property)first));
    day_print(small, stdout);
    free(small);
}
/* One day; its violations are printed. */
static void play(const struct day *d, const struct args *a, struct totals *t)
{
    struct day_options o = {.story = a->story ? stdout : NULL};
    struct day_result r;
    if (a->story)
        printf("# %s\n", d->name);
    day_run(d, &o, &r);
    int bad = day_violations(&r) > 0;
    tell(d, &r);
    if (bad && a->shrink_days)
        shrunken(d, &r, a->shrink_days);
    fflush(stdout);
    add(t, &(struct totals){1, bad, r.solar_mwh, r.solar_grid_mwh, r.hold_mwh, r.power_mwh,
                            r.starts, r.changes, d->chargers_n});
}
static struct totals part(const struct args *a, int job)
{
    struct totals t = {0};
    struct day *d = malloc(sizeof *d);
    if (!d)
        abort();
    for (int i = job; i < a->days; i += a->jobs) {
        day_draw(a->seed + (uint64_t)i, d);
        play(d, a, &t);
    }
    free(d);
    return t;
}
static bool spread(const struct args *a, struct totals *all)
{
    int ends[2];
    bool fine = true;
    fflush(stdout);
    if (pipe(ends) != 0)
        return false;
    for (int job = 0; job < a->jobs; job++) {
        pid_t child = fork();
        if (child == 0) {
            struct totals t = part(a, job);
            bool sent = write(ends[1], &t, sizeof t) == sizeof t;
            fflush(stdout);
            _exit(sent ? 0 : 1);
        }
        fine = fine && child > 0;
    }
    close(ends[1]);
    for (struct totals t; read(ends[0], &t, sizeof t) == sizeof t;)
        add(all, &t);
    close(ends[0]);
    for (int job = 0, status; job < a->jobs; job++)
        fine = wait(&status) > 0 && status == 0 && fine;
    return fine;
}
static bool number(const char *text, int64_t lo, int64_t hi, int64_t *v)
{
    return text && str_i64(str_of(text), v) && *v >= lo && *v <= hi;
}
static bool parse(int argc, char **argv, struct args *a)
{
    *a = (struct args){.days = 200, .jobs = 1, .shrink_days = 100, .seed = 1};
    for (int i = 1; i < argc; i++) {
        int64_t v = 0;
        bool takes = strcmp(argv[i], "--days") == 0 || strcmp(argv[i], "--seed") == 0 ||
                     strcmp(argv[i], "--jobs") == 0 || strcmp(argv[i], "--shrink") == 0;
        if (takes && !number(i + 1 < argc ? argv[i + 1] : NULL, 0, 1000000000, &v))
            return false;
        if (strcmp(argv[i], "--days") == 0)
            a->days = (int)v;
        else if (strcmp(argv[i], "--seed") == 0)
            a->seed = (uint64_t)v;
        else if (strcmp(argv[i], "--jobs") == 0)
            a->jobs = (int)clamp_i32((int32_t)v, 1, 64);
        else if (strcmp(argv[i], "--shrink") == 0)
            a->shrink_days = (int)v;
        else if (strcmp(argv[i], "--story") == 0)
            a->story = true;
        else if (strcmp(argv[i], "--print") == 0)
            a->print = true;
        else if (argv[i][0] != '-' && a->files_n < (int)COUNT_OF(a->files))
            a->files[a->files_n++] = argv[i];
        else
            return false;
        i += takes;
    }
    return true;
}
int main(int argc, char **argv)
{
    struct args a;
    struct totals t = {0};
    bool fine = true;
    if (!parse(argc, argv, &a))
        return usage();
    if (a.print) {
        struct day *d = malloc(sizeof *d);
        if (!d)
            return 1;
        day_draw(a.seed, d);
        day_print(d, stdout);
        free(d);
        return 0;
    }
    a.shrink_days = a.files_n ? 0 : a.shrink_days;
    for (int i = 0; i < a.files_n; i++) {
        struct day *d = day_load(a.files[i]);
        fine = fine && d;
        if (d)
            play(d, &a, &t);
        free(d);
    }
    if (!a.files_n)
        fine = spread(&a, &t);
    printf(
        "%lld days, %lld chargers: solar %lld kWh (%lld kWh of it at the minimum, %lld Wh from the "
        "grid above it), other modes %lld kWh, %lld starts, %lld changes; %lld days violated\n",
        (long long)t.days, (long long)t.chargers, (long long)t.solar_mwh / 1000000,
        (long long)t.hold_mwh / 1000000, (long long)t.grid_mwh / 1000,
        (long long)t.power_mwh / 1000000, (long long)t.starts, (long long)t.changes,
        (long long)t.bad);
    return fine && t.bad == 0 ? 0 : 1;
}
