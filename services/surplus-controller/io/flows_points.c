/* SPDX-License-Identifier: Apache-2.0
 * flows_points.c -- virtual metering points: what of the site file they are made of, and the end of
 * each quarter. */
#include "services/surplus-controller/io/flows.h"

static int item_named(const struct flows *f, enum site_section sec, const char *id)
{
    for (int i = 0; i < f->conf.n; i++)
        if (f->sources[i].sec == sec && strcmp(f->sources[i].id, id) == 0)
            return i;
    return -1;
}
/* A checked site file names each consumer and producer in one of two sections. */
static int member(const struct flows *f, const char *id, enum site_section other)
{
    int i = item_named(f, SITE_meters, id);
    return i >= 0 ? i : item_named(f, other, id);
}
static int producer_of(struct flows *f, const char *id)
{
    int item = member(f, id, SITE_inverters), k = 0;
    while (k < f->producers_n && f->producers[k] != item)
        k++;
    if (item < 0)
        return -1;
    if (k == f->producers_n)
        f->producers[f->producers_n++] = item;
    return k;
}
void flows_place_points(struct flows *f)
{
    const struct site *s = f->brain->svc->site;
    size_t n = (size_t)max_i32(1, s->metering_points_n), m = (size_t)max_i32(1, f->conf.n);
    f->points = calloc(n, sizeof *f->points);
    f->shares = calloc(n, sizeof *f->shares);
    f->producers = calloc(m, sizeof *f->producers);
    f->produced_wh = calloc(m, sizeof *f->produced_wh);
    f->takes = calloc(n * m, sizeof *f->takes);
    if (!f->points || !f->shares || !f->producers || !f->produced_wh || !f->takes)
        abort();
    f->points_n = s->metering_points_n;
    for (int i = 0; i < f->points_n; i++) {
        const struct metering_point_conf *c = &s->metering_points[i].conf;
        f->points[i].site = &s->metering_points[i];
        str_copyz(f->points[i].kept.id, ID_CAP, s->metering_points[i].id);
        f->shares[i] =
            (struct metering_point){.priority = (uint8_t)c->priority, .share_pm = c->share_pm};
        for (int k = 0; k < c->producers_n; k++) {
            int p = producer_of(f, c->producers[k]);
            if (p >= 0)
                f->takes[p * f->points_n + i] = true;
        }
    }
}
/* A producer's production is its + direction; any other meter produces what it feeds in. */
static int64_t produced(const struct flows *f, int item)
{
    const struct flow_quarter *q = &f->state.items[item].closed;
    return f->parts[item] == FLOW_PRODUCER ? q->plus_wh : q->minus_wh;
}
static void note_quarter(struct flows *f, int i, struct quarter q)
{
    struct kept_point *k = &f->points[i].kept;
    /* After a clock that was set back: what comes again counts, what was there goes. */
    while (k->quarters_n && k->quarters[k->quarters_n - 1].start >= q.start)
        k->quarters_n--;
    if (k->quarters_n == MAX_QUARTERS)
        memmove(&k->quarters[0], &k->quarters[1], --k->quarters_n * sizeof k->quarters[0]);
    k->quarters[k->quarters_n++] = q;
    k->consumed_wh += q.consumed_wh;
    k->covered_wh += q.covered_wh;
}
void flows_close_quarter(struct flows *f)
{
    for (int k = 0; k < f->producers_n; k++)
        f->produced_wh[k] = produced(f, f->producers[k]);
    for (int i = 0; i < f->points_n; i++) {
        const struct metering_point_conf *c = &f->points[i].site->conf;
        f->shares[i].consumed_wh = 0;
        for (int k = 0; k < c->consumers_n; k++) {
            int item = member(f, c->consumers[k], SITE_chargers);
            f->shares[i].consumed_wh += item >= 0 ? f->state.items[item].closed.plus_wh : 0;
        }
    }
    (void)metering_share(f->shares, f->points_n, f->produced_wh, f->producers_n, f->takes);
    for (int i = 0; i < f->points_n; i++) {
        const struct metering_point_conf *c = &f->points[i].site->conf;
        struct quarter q = {.start = f->out.closed_start_ms,
                            .consumed_wh = f->shares[i].consumed_wh,
                            .covered_wh = f->shares[i].covered_wh,
                            .complete = true};
        for (int k = 0; k < c->consumers_n; k++) {
            int item = member(f, c->consumers[k], SITE_chargers);
            q.complete = q.complete && item >= 0 && f->state.items[item].closed.complete;
        }
        for (int k = 0; k < f->producers_n; k++)
            if (f->takes[k * f->points_n + i]) {
                q.produced_wh += f->produced_wh[k];
                q.complete = q.complete && f->state.items[f->producers[k]].closed.complete;
            }
        note_quarter(f, i, q);
    }
}
