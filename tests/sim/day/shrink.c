/* SPDX-License-Identifier: Apache-2.0
 * shrink.c -- a day with less in it that is still violated in the same way: shorter, then without
 * items of its lists (halves, quarters ... single ones), then with defaults for what was drawn. */
#include "tests/sim/day/day.h"

enum { TAIL_S = 5, LEAD_S = 600 };

struct shrink {
    struct day *d;
    struct day *trial;
    enum day_property p;
    const struct day_options *o;
    struct day_result r;
    int64_t budget; /* seconds of wallboxes that may still be played */
};
/* Takes the trial over when it is sound and still violated. */
static bool keep(struct shrink *s)
{
    char wrong[200];
    struct day_result r;
    if (s->budget <= 0 || !day_sound(s->trial, wrong))
        return false;
    s->budget -= (int64_t)(s->trial->to - s->trial->from) * (2 + s->trial->chargers_n);
    day_run(s->trial, s->o, &r);
    if (!r.count[s->p])
        return false;
    *s->d = *s->trial;
    s->r = r;
    return true;
}
static bool shorter(struct shrink *s)
{
    bool any = false;
    *s->trial = *s->d;
    s->trial->calm = false;
    if (s->d->calm)
        any = keep(s);
    *s->trial = *s->d;
    s->trial->to = min_i32(s->d->to, s->r.second[s->p] + TAIL_S);
    if (s->trial->to < s->d->to && !s->d->calm)
        any = keep(s) || any;
    for (int lead = LEAD_S; s->r.second[s->p] - lead > s->d->from; lead *= 3) {
        *s->trial = *s->d;
        s->trial->from = s->r.second[s->p] - lead;
        if (keep(s))
            return true;
    }
    return any;
}
static void cut(struct day *d, const struct field *f, int from, int n)
{
    char *items = (char *)d + f->off;
    uint16_t *count = (uint16_t *)(void *)((char *)d + f->off2);
    size_t size = f->rec->size;
    memmove(items + size * (size_t)from, items + size * (size_t)(from + n),
            size * (size_t)(*count - from - n));
    *count = (uint16_t)(*count - n);
}
static int items(const struct day *d, const struct field *f)
{
    return *(const uint16_t *)(const void *)((const char *)d + f->off2);
}
static bool fewer(struct shrink *s, const struct field *f)
{
    bool any = false;
    for (int part = items(s->d, f); part >= 1; part = part > 1 ? (part + 1) / 2 : 0)
        for (int from = items(s->d, f) - part; from >= 0; from -= part) {
            if (from + part > items(s->d, f))
                continue;
            *s->trial = *s->d;
            cut(s->trial, f, from, part);
            any = keep(s) || any;
        }
    return any;
}
/* Numbers back to their defaults, one field of one item at a time. */
static bool plainer(struct shrink *s, const struct record *rec, size_t off)
{
    bool any = false;
    char *usual = calloc(1, rec->size);
    if (!usual)
        abort();
    day_item(rec, usual);
    for (int i = 0; i < rec->nfields; i++) {
        const struct field *f = &rec->fields[i];
        size_t size = f->kind == KIND_I32    ? sizeof(int32_t)
                      : f->kind == KIND_BOOL ? sizeof(bool)
                                             : 0;
        bool drawn = size && f->def && strcmp(f->unit, "clock") != 0 &&
                     memcmp((char *)s->d + off + f->off, usual + f->off, size) != 0;
        if (!drawn)
            continue;
        *s->trial = *s->d;
        memcpy((char *)s->trial + off + f->off, usual + f->off, size);
        any = keep(s) || any;
    }
    free(usual);
    return any;
}
void day_shrink(struct day *d, enum day_property p, const struct day_options *o, int days)
{
    struct shrink s = {.d = d, .trial = calloc(1, sizeof *d), .p = p, .o = o};
    s.budget = (int64_t)days * DAY_S * 3;
    if (!s.trial)
        abort();
    *s.trial = *d;
    bool again = keep(&s);
    while (again && s.budget > 0) {
        again = shorter(&s);
        for (int i = day_record.nfields - 1; i >= 0; i--) /* what refers before what is named */
            if (day_record.fields[i].kind == KIND_LIST)
                again = fewer(&s, &day_record.fields[i]) || again;
        again = plainer(&s, &day_record, 0) || again;
        for (int i = 0; i < day_record.nfields; i++) {
            const struct field *f = &day_record.fields[i];
            if (f->kind == KIND_REC)
                again = plainer(&s, f->rec, f->off) || again;
            for (int n = 0; f->kind == KIND_LIST && n < items(d, f); n++)
                again = plainer(&s, f->rec, f->off + f->rec->size * (size_t)n) || again;
        }
    }
    free(s.trial);
}
