/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/device/layout.h"

ENUM_DEFINE(sequence, SEQUENCE, SEQUENCE_VALUES)
ENUM_DEFINE(variable, VARIABLE, VARIABLE_VALUES)

/* ---- points and steps of this device ---- */
static enum err add_point(struct layout *l, struct layout_point p, struct err_text *why)
{
    if (l->npoints == LAYOUT_POINTS_MAX)
        return err_set(why, ERR_FULL, "more than %d registers with a meaning", LAYOUT_POINTS_MAX);
    l->points[l->npoints++] = p;
    return ERR_OK;
}

static struct reg_format sun_format(const struct sun_point *p)
{
    return (struct reg_format){.type = p->type, .nan = p->nan, .count = p->count};
}

static enum err add_sunspec(struct layout *l, const struct profile_point *p,
                            const struct sun_chain *chain, struct err_text *why)
{
    struct sun_place at;
    for (int i = 0; i < p->nalts; i++) {
        if (!chain || !sun_locate(chain, &p->alts[i], &at))
            continue;
        for (int k = 0; k < at.n; k++) {
            struct layout_point lp = {.q = p->q,
                                      .group = p->group,
                                      .function = 3,
                                      .addr = at.addr[k],
                                      .minus = -1,
                                      .sf = at.point->sf ? at.sf_addr : -1,
                                      .fmt = sun_format(at.point),
                                      .factor = p->factor};
            enum err e = add_point(l, lp, why);
            if (e != ERR_OK)
                return e;
        }
        return ERR_OK;
    }
    return ERR_OK; /* this device does not have it */
}

static void add_steps(struct layout *l, const struct profile *p, int seq,
                      const struct sun_chain *chain)
{
    l->can[seq] = p->nsteps[seq] > 0;
    for (int i = 0; i < p->nsteps[seq]; i++) {
        const struct profile_step *s = &p->steps[seq][i];
        struct layout_step ls = {.p = s, .addr = s->address, .sf = -1, .fmt = s->fmt};
        struct sun_place at;
        if (s->sunspec && (!chain || !sun_locate(chain, &s->ref, &at))) {
            l->can[seq] = l->can[seq] && s->optional;
            continue;
        }
        if (s->sunspec) {
            ls.addr = at.addr[0];
            ls.sf = at.point->sf ? at.sf_addr : -1;
            ls.fmt = sun_format(at.point);
        }
        l->steps[seq][l->nsteps[seq]++] = ls;
    }
}

enum err layout_make(const struct profile *p, const struct sun_chain *chain, struct layout *out,
                     struct err_text *why)
{
    *out = (struct layout){0};
    for (int i = 0; i < p->npoints; i++) {
        const struct profile_point *pp = &p->points[i];
        enum err e;
        if (pp->nalts)
            e = add_sunspec(out, pp, chain, why);
        else
            e = add_point(out,
                          (struct layout_point){.q = pp->q,
                                                .group = pp->group,
                                                .function = pp->function,
                                                .addr = pp->address,
                                                .minus = pp->minus,
                                                .sf = -1,
                                                .fmt = pp->fmt,
                                                .factor = pp->factor},
                          why);
        if (e != ERR_OK)
            return e;
    }
    for (int s = 1; s < SEQUENCE_COUNT; s++)
        add_steps(out, p, s, chain);
    for (int i = 0; i < out->npoints; i++)
        if (out->points[i].group == GROUP_FAST)
            return ERR_OK;
    return err_set(why, ERR_MISSING, "the device has none of the profile's fast values");
}

/* ---- reads ---- */
struct range {
    uint8_t function;
    uint32_t lo, hi; /* hi: one past the end */
};
enum { RANGES_MAX = 3 * LAYOUT_POINTS_MAX + SEQUENCE_COUNT * PROFILE_STEPS_MAX };

static int before(const struct range *a, const struct range *b)
{
    if (a->function != b->function)
        return a->function < b->function;
    return a->lo < b->lo;
}

/* Insertion sort on the way in: there are few and they come nearly sorted. */
static void put_range(struct range *r, int *n, uint8_t function, uint32_t addr, int count)
{
    struct range x = {function, addr, addr + (uint32_t)count};
    int i = (*n)++;
    assert(i < RANGES_MAX);
    for (; i > 0 && before(&x, &r[i - 1]); i--)
        r[i] = r[i - 1];
    r[i] = x;
}

static int collect(const struct layout *l, enum group g, struct range *r)
{
    int n = 0;
    for (int i = 0; i < l->npoints; i++) {
        const struct layout_point *p = &l->points[i];
        if (p->group != g)
            continue;
        put_range(r, &n, p->function, p->addr, reg_count(&p->fmt));
        if (p->minus >= 0)
            put_range(r, &n, p->function, (uint32_t)p->minus, reg_count(&p->fmt));
        if (p->sf >= 0)
            put_range(r, &n, p->function, (uint32_t)p->sf, 1);
    }
    for (int s = 1; g == GROUP_ONCE && s < SEQUENCE_COUNT; s++)
        for (int i = 0; i < l->nsteps[s]; i++)
            if (l->steps[s][i].sf >= 0)
                put_range(r, &n, 3, (uint32_t)l->steps[s][i].sf, 1);
    return n;
}

static enum err put_span(struct image *out, const struct range *r, uint32_t *used)
{
    uint32_t count = r->hi - r->lo;
    if (count > 125)
        return ERR_RANGE;
    if (out->n == LAYOUT_SPANS_MAX || *used + count > LAYOUT_REGS_MAX)
        return ERR_FULL;
    out->spans[out->n++] = (struct span){.function = r->function,
                                         .addr = (uint16_t)r->lo,
                                         .count = (uint16_t)count,
                                         .off = (uint16_t)*used};
    *used += count;
    return ERR_OK;
}

enum err layout_spans(const struct layout *l, enum group g, int block, int gap, struct image *out)
{
    struct range r[RANGES_MAX];
    int n = collect(l, g, r);
    uint32_t used = 0;
    out->n = 0;
    memset(out->ok, 0, sizeof out->ok);
    for (int i = 0; i < n;) {
        struct range whole = r[i++];
        for (; i < n && r[i].function == whole.function; i++) {
            uint32_t hi = r[i].hi > whole.hi ? r[i].hi : whole.hi;
            bool overlaps = r[i].lo < whole.hi;
            bool near = r[i].lo <= whole.hi + (uint32_t)gap;
            if (!overlaps && (!near || hi - whole.lo > (uint32_t)block))
                break;
            whole.hi = hi;
        }
        if (whole.hi > 65536)
            return ERR_RANGE;
        enum err e = put_span(out, &whole, &used);
        if (e != ERR_OK)
            return e;
    }
    return ERR_OK;
}

/* ---- meaning ---- */
static const uint16_t *find(const struct image *im, uint8_t function, uint32_t addr, int count)
{
    for (int i = 0; i < im->n; i++) {
        const struct span *s = &im->spans[i];
        if (im->ok[i] && s->function == function && addr >= s->addr &&
            addr + (uint32_t)count <= (uint32_t)s->addr + s->count)
            return &im->regs[s->off + (addr - s->addr)];
    }
    return NULL;
}

static struct opt_f64 scale_at(const struct image *im, int32_t sf)
{
    if (sf < 0)
        return SOME_F64(1);
    const uint16_t *r = find(im, 3, (uint32_t)sf, 1);
    return r ? reg_scale_factor(*r) : (struct opt_f64){0};
}

static struct opt_f64 point_value(const struct layout_point *p, const struct image *im)
{
    int count = reg_count(&p->fmt);
    const uint16_t *r = find(im, p->function, p->addr, count);
    struct opt_f64 sf = scale_at(im, p->sf);
    if (!r || !sf.set)
        return (struct opt_f64){0};
    struct opt_f64 v = reg_number(&p->fmt, r);
    if (p->minus >= 0 && v.set) {
        const uint16_t *m = find(im, p->function, (uint32_t)p->minus, count);
        struct opt_f64 less = m ? reg_number(&p->fmt, m) : (struct opt_f64){0};
        v = less.set ? SOME_F64(v.v - less.v) : less;
    }
    return v.set ? SOME_F64(v.v * sf.v * p->factor) : v;
}

void layout_decode(const struct layout *l, enum group g, const struct image *im, struct readings *r)
{
    for (int i = 0; i < l->npoints; i++)
        if (l->points[i].group == g)
            r->num[l->points[i].q] = (struct opt_f64){0};
    for (int i = 0; i < l->npoints; i++) {
        const struct layout_point *p = &l->points[i];
        if (p->group != g)
            continue;
        if (p->fmt.type == REG_TYPE_STR) {
            const uint16_t *t = find(im, p->function, p->addr, p->fmt.count);
            char *out = r->text[p->q - QUANTITY_VENDOR];
            if (!t || !reg_text(t, p->fmt.count, out, LAYOUT_TEXT_CAP))
                out[0] = '\0';
            continue;
        }
        struct opt_f64 v = point_value(p, im);
        if (v.set)
            r->num[p->q] = SOME_F64(r->num[p->q].set ? r->num[p->q].v + v.v : v.v);
    }
}

/* ---- writes ---- */
enum err layout_write(const struct layout *l, enum sequence s, const struct image *once,
                      const struct opt_f64 vars[VARIABLE_COUNT],
                      struct write_op out[PROFILE_STEPS_MAX], int *n, struct err_text *why)
{
    *n = 0;
    if (!l->can[s])
        return err_set(why, ERR_MISSING, "the device has no %s", enum_text(&sequence_enum, (int)s));
    for (int i = 0; i < l->nsteps[s]; i++) {
        const struct layout_step *st = &l->steps[s][i];
        struct opt_f64 v = st->p->var ? vars[st->p->var] : SOME_F64(st->p->constant);
        struct opt_f64 sf = scale_at(once, st->sf);
        if (!v.set || !sf.set) {
            if (st->p->optional)
                continue;
            return err_set(why, ERR_MISSING, "%s is not known",
                           v.set ? "a scale factor" : enum_text(&variable_enum, (int)st->p->var));
        }
        struct write_op *op = &out[*n];
        *op = (struct write_op){.function = st->p->function,
                                .optional = st->p->optional,
                                .addr = st->addr,
                                .count = (uint16_t)reg_count(&st->fmt)};
        enum err e = reg_encode(&st->fmt, v.v * st->p->scale / sf.v, st->p->round, op->regs);
        if (e != ERR_OK)
            return err_set(why, e, "%g does not fit into register %u", v.v, st->addr);
        (*n)++;
    }
    return ERR_OK;
}
