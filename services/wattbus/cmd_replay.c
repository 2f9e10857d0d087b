/* SPDX-License-Identifier: Apache-2.0
 * wattbus replay FILE: decisions in words, and where this program decides otherwise. */
#include "services/wattbus/cli.h"
#include "services/wattbus/replay.h"
#include <errno.h>
#include <sysexits.h>
#include <time.h>

enum { SHOWN_MAX = 200, EXPLAIN_MAX = 1 << 20 };

struct run {
    struct cli *cli;
    struct replay *r;
    int64_t from, to, explain; /* UTC ms */
    int charger;               /* -1: all */
    int64_t differences, differing;
    struct control_decision *told; /* what was printed last of each charger */
    int told_n;
    struct wall explained_at;
};

/* 2026-11-20T13:05:01Z, a space for the T, with fractions; or UTC ms. */
static bool time_of(const char *text, int64_t *ms)
{
    struct tm tm = {0};
    char *end;
    if (!text)
        return true;
    if (str_i64(str_of(text), ms))
        return *ms > 0;
    end = strptime(text, strchr(text, 'T') ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm);
    if (!end)
        return false;
    *ms = (int64_t)timegm(&tm) * 1000;
    if (*end == '.') {
        char *digits = end + 1;
        int scale = 100;
        for (end = digits; *end >= '0' && *end <= '9'; end++, scale /= 10)
            *ms += (*end - '0') * scale;
    }
    return strcmp(end, "Z") == 0 || *end == '\0';
}
static const char *clock_text(struct wall t)
{
    static char text[40];
    time_t s = (time_t)(t.ms / 1000);
    struct tm tm;
    size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime_r(&s, &tm));
    snprintf(text + n, sizeof text - n, ".%03dZ", (int)(t.ms % 1000));
    return text;
}

/* ---- what happened ---- */
static void tell_charger(const struct run *u, int i)
{
    const struct control_decision *d = &u->r->out.chargers[i];
    struct reason why;
    control_reason_text(&d->reason, replay_circuit(u->r, d->reason.circuit), &why);
    printf("%s  %-16s %5.1f A  %s\n", clock_text(u->r->now.wall), u->r->charger_ids[i],
           (double)d->current_ma / 1000, why.text);
}
static void tell(struct run *u)
{
    const struct replay *r = u->r;
    if (u->told_n != takers_n(&r->conf)) {
        free(u->told);
        u->told_n = takers_n(&r->conf);
        u->told = calloc((size_t)u->told_n + 1, sizeof *u->told);
        if (!u->told)
            abort();
        for (int i = 0; i < u->told_n; i++)
            u->told[i].current_ma = -1;
    }
    for (int i = 0; i < u->told_n; i++) {
        const struct control_decision *d = &r->out.chargers[i];
        bool same =
            d->current_ma == u->told[i].current_ma && d->reason.code == u->told[i].reason.code;
        if (same || (u->charger >= 0 && i != u->charger))
            continue;
        u->told[i] = *d;
        if (!u->cli->quiet)
            tell_charger(u, i);
    }
}
static void on_difference(void *user, const char *path, const char *recorded, const char *now)
{
    struct run *u = user;
    if (u->differences++ < SHOWN_MAX)
        printf("%s  differs: %s: recorded %s, now %s\n", clock_text(u->r->now.wall), path, recorded,
               now);
}
static int charger_named(const struct replay *r, const char *id)
{
    for (int i = 0; i < takers_n(&r->conf); i++)
        if (strcmp(r->charger_ids[i], id) == 0)
            return i;
    return -1;
}
static int explain(const struct run *u, const struct buf *text)
{
    if (!text->len)
        return cli_fail(EX_DATAERR, "no decision at or before that time");
    printf("decision of %s\n%.*s", clock_text(u->explained_at), (int)text->len, text->p);
    return 0;
}

/* ---- the file ---- */
/* False: the line was the last that is wanted. */
static bool after_line(struct run *u, struct buf *explained)
{
    const struct replay *r = u->r;
    if (!r->decisions || r->now.wall.ms > u->to)
        return r->now.wall.ms <= u->to;
    if (u->explain) {
        explained->len = 0;
        explained->cut = false;
        replay_explain(r, u->charger, explained);
        u->explained_at = r->now.wall;
        return true;
    }
    if (r->now.wall.ms < u->from)
        return true;
    tell(u);
    if (replay_compare(r, on_difference, u))
        u->differing++;
    return true;
}
static int run_file(struct run *u, FILE *f, struct buf *explained)
{
    char *line = NULL;
    size_t cap = 0;
    int rc = 0;
    int64_t number = 0;
    struct err_text why;
    for (ssize_t n; rc == 0 && (n = getline(&line, &cap, f)) > 0;) {
        bool whole = line[n - 1] == '\n';
        number++;
        if (!whole && number > 1)
            break; /* the controller was ended in the middle of it */
        if (!replay_line(u->r, (struct str){line, (size_t)n - whole}, &why))
            rc = cli_fail(EX_DATAERR, "%s:%" PRId64 ": %s", u->cli->argv[0], number, why.s);
        else if (u->r->decisions == 0 && u->cli->charger &&
                 (u->charger = charger_named(u->r, u->cli->charger)) < 0)
            rc = cli_fail(EX_USAGE, "charger %s is not in this recording", u->cli->charger);
        else if (!after_line(u, explained))
            break;
    }
    if (rc == 0 && !u->r->begun)
        rc = cli_fail(EX_DATAERR, "%s: no recording", u->cli->argv[0]);
    free(line);
    return rc;
}
static int report(const struct run *u)
{
    if (u->differences > SHOWN_MAX)
        printf("… and %" PRId64 " more\n", u->differences - SHOWN_MAX);
    printf("%" PRId64 " decisions, %" PRId64 " of them differ\n", u->r->decisions, u->differing);
    return u->differing ? 1 : 0;
}
int cmd_replay(struct cli *c)
{
    static char text[EXPLAIN_MAX];
    struct run u = {.cli = c, .to = INT64_MAX, .charger = -1};
    struct buf explained = buf_of(text, sizeof text);
    if (!time_of(c->from, &u.from) || !time_of(c->to, &u.to) || !time_of(c->explain, &u.explain))
        return cli_fail(EX_USAGE, "times: expected such as 2026-11-20T13:05:01Z, or UTC ms");
    if (u.explain)
        u.to = u.explain;
    FILE *f = fopen(c->argv[0], "re");
    if (!f)
        return cli_fail(EX_NOINPUT, "%s: %s", c->argv[0], strerror(errno));
    u.r = replay_new();
    int rc = run_file(&u, f, &explained);
    if (rc == 0)
        rc = u.explain ? explain(&u, &explained) : report(&u);
    fclose(f);
    free(u.told);
    replay_free(u.r);
    return rc;
}
