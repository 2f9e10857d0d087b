/* SPDX-License-Identifier: Apache-2.0
 * demo-report --broker HOST:PORT --user U --password-file F --control PORT --pids DIR --for S
 * [--json]: report.h says what comes out. Exit 0: the house did what it should. */
#include "tests/sim/report/report.h"

#include <stdlib.h>
#include <string.h>

static bool arguments_parse(struct arguments *a, int argc, char **argv)
{
    const char *control = "", *seconds = "";
    const struct {
        const char *name;
        const char **value;
    } rows[] = {{"--broker", &a->broker}, {"--user", &a->user},
                {"--pids", &a->pids},     {"--password-file", &a->password_file},
                {"--control", &control},  {"--for", &seconds}};
    const size_t n = sizeof rows / sizeof rows[0];
    for (int i = 1; i < argc; i++) {
        size_t k = 0;
        if (strcmp(argv[i], "--json") == 0) {
            a->json = true;
            continue;
        }
        while (k < n && strcmp(rows[k].name, argv[i]) != 0)
            k++;
        if (k == n || i + 1 == argc)
            return false;
        *rows[k].value = argv[++i];
    }
    a->control = (int)strtol(control, NULL, 10);
    a->seconds = (int)strtol(seconds, NULL, 10);
    return a->broker && a->user && a->pids && a->password_file && a->control > 0 && a->seconds > 0;
}

int main(int argc, char **argv)
{
    static struct tally t;
    struct arguments a = {0};
    struct proc before[MAX_PROCS], after[MAX_PROCS];
    struct house_truth start, end;
    if (!arguments_parse(&a, argc, argv)) {
        fprintf(stderr, "usage: demo-report --broker HOST:PORT --user U --password-file F "
                        "--control PORT --pids DIR --for S [--json]\n");
        return 64;
    }
    int before_n = proc_watched(a.pids, before);
    int64_t begin_ns = report_now_ns();
    if (!observe(&a, &t, &start, &end))
        return 1;
    int after_n = proc_watched(a.pids, after);
    int64_t ms = (report_now_ns() - begin_ns) / 1000000;
    struct summary s =
        summary_make(&t, &start, &end, proc_cpu_percent(before, before_n, after, after_n, ms));
    summary_print(&a, &s, &t, after, after_n);
    return s.pass ? 0 : 1;
}
