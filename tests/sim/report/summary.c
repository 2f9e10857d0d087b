/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/report/report.h"

#include <inttypes.h>

struct summary summary_make(const struct tally *t, const struct house_truth *start,
                            const struct house_truth *end, double cpu_percent)
{
    struct summary s = {.charged_wh = end->charged_wh - start->charged_wh,
                        .import_wh = end->import_wh - start->import_wh,
                        .fuse_peak_ma = end->fuse_peak_ma,
                        .cpu_percent = cpu_percent,
                        .fuse_ok = end->fuse_ma > 0 && end->fuse_peak_ma <= end->fuse_ma,
                        .cloud = tally_followed_cloud(t)};
    s.from_surplus = s.charged_wh > 0 && s.import_wh * 5 <= s.charged_wh;
    s.pass = s.from_surplus && s.cloud && s.fuse_ok;
    return s;
}

static void print_json(const struct summary *s, struct tally *t, const struct proc *p, int n,
                       int seconds)
{
    int64_t total = 0;
    printf("{\"seconds\":%d,\"services_online\":%d,\"charged_wh\":%" PRId64
           ",\"grid_import_wh\":%" PRId64 ",\"setpoints\":%" PRId64 ",\"reactions\":%d",
           seconds, tally_online(t), s->charged_wh, s->import_wh, t->setpoints, t->reactions);
    printf(",\"reaction_ms_p50\":%.3f,\"reaction_ms_p99\":%.3f,\"pss_kib\":{",
           tally_reaction_ms(t, 50), tally_reaction_ms(t, 99));
    for (int i = 0; i < n; i++) {
        printf("\"%s\":%" PRId64 ",", p[i].name, p[i].pss_kib);
        total += p[i].pss_kib;
    }
    printf("\"total\":%" PRId64 "},\"cpu_percent\":%.2f,\"fuse_max_ma\":%" PRId64
           ",\"max_ma\":%" PRId64 ",\"cloud_ma\":%" PRId64,
           total, s->cpu_percent, s->fuse_peak_ma, t->max_ma, t->cloud_ma);
    printf(",\"fuse_ok\":%s,\"from_surplus\":%s,\"followed_cloud\":%s,\"pass\":%s}\n",
           s->fuse_ok ? "true" : "false", s->from_surplus ? "true" : "false",
           s->cloud ? "true" : "false", s->pass ? "true" : "false");
}

static void print_words(const struct summary *s, struct tally *t)
{
    printf("%d services online; %" PRId64 " Wh charged, %" PRId64 " Wh of it or more from the "
           "grid; reaction p50 %.1f ms\n",
           tally_online(t), s->charged_wh, s->import_wh, tally_reaction_ms(t, 50));
    printf("setpoint up to %" PRId64 " mA in the sun, down to %" PRId64 " mA under the cloud; "
           "fuse at most %" PRId64 " mA: %s\n",
           t->max_ma, t->cloud_ma, s->fuse_peak_ma,
           s->pass ? "as it should be" : "NOT as it should be");
}

void summary_print(const struct arguments *a, const struct summary *s, struct tally *t,
                   const struct proc *p, int n)
{
    if (a->json)
        print_json(s, t, p, n, a->seconds);
    else
        print_words(s, t);
}
