/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/house/curve.h"

#include <string.h>

void curve_demo(struct curve *c)
{
    static const int32_t rows[][5] = {
        /* s, pv, L1, L2, L3 */
        {0, 8600, 320, 240, 140},  {20, 9000, 320, 240, 140},  {40, 9000, 320, 240, 140},
        {43, 1500, 320, 240, 140}, {57, 1500, 320, 240, 140},  {60, 8800, 320, 240, 140},
        {70, 9000, 320, 240, 140}, {71, 9000, 2320, 240, 140}, {79, 9000, 2320, 240, 140},
        {80, 9000, 320, 240, 140}, {90, 8600, 320, 240, 140},
    };
    c->n = sizeof rows / sizeof rows[0];
    for (size_t i = 0; i < c->n; i++)
        c->point[i] = (struct curve_point){INT64_C(1000) * rows[i][0],
                                           {rows[i][1], {rows[i][2], rows[i][3], rows[i][4]}}};
}

/* 1: a point, 0: nothing on this line, -1: not understood */
static int parse_line(const char *line, struct curve_point *out)
{
    long v[5] = {0};
    double seconds = 0;
    int used = 0;
    line += strspn(line, " \t\r");
    if (*line == 0 || *line == '\n' || *line == '#')
        return 0;
    if (sscanf(line, "%lf ,%ld ,%ld ,%ld ,%ld %n", &seconds, &v[1], &v[2], &v[3], &v[4], &used) !=
        5)
        return -1;
    if (!(seconds >= 0 && seconds < 1e7) || (line[used] && line[used] != '\n' && line[used] != '#'))
        return -1;
    for (int i = 1; i < 5; i++)
        if (v[i] < 0 || v[i] > 1000000)
            return -1;
    *out = (struct curve_point){(int64_t)(seconds * 1000),
                                {(int32_t)v[1], {(int32_t)v[2], (int32_t)v[3], (int32_t)v[4]}}};
    return 1;
}

int curve_parse(struct curve *c, const char *text)
{
    int number = 1;
    c->n = 0;
    for (; *text; number++) {
        char line[160];
        size_t len = strcspn(text, "\n");
        if (len >= sizeof line)
            return number;
        memcpy(line, text, len);
        line[len] = 0;
        struct curve_point pt;
        int got = parse_line(line, &pt);
        if (got < 0 || (got > 0 && c->n == CURVE_MAX))
            return number;
        if (got > 0 && c->n > 0 && pt.at_ms <= c->point[c->n - 1].at_ms)
            return number;
        if (got > 0)
            c->point[c->n++] = pt;
        text += len + (text[len] == '\n');
    }
    return c->n < 2 ? number : 0;
}

static int32_t between(int32_t a, int32_t b, int64_t part, int64_t whole)
{
    return a + (int32_t)((int64_t)(b - a) * part / whole);
}

struct plant_input curve_at(const struct curve *c, int64_t t_ms)
{
    t_ms %= c->point[c->n - 1].at_ms;
    size_t i = 1;
    while (i < c->n - 1 && c->point[i].at_ms <= t_ms)
        i++;
    const struct curve_point *a = &c->point[i - 1], *b = &c->point[i];
    int64_t whole = b->at_ms - a->at_ms, part = t_ms > a->at_ms ? t_ms - a->at_ms : 0;
    struct plant_input in = {between(a->input.pv_w, b->input.pv_w, part, whole), {0}};
    for (int k = 0; k < PHASES; k++)
        in.load_w[k] = between(a->input.load_w[k], b->input.load_w[k], part, whole);
    return in;
}
