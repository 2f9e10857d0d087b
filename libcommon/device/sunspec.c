/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/device/sunspec.h"

static const uint16_t bases[] = {40000, 50000, 0};
enum { SUN_S = 0x5375, SUN_END = 0xFFFF };

void sun_walk_start(struct sun_walk *w)
{
    *w = (struct sun_walk){.note = ""};
}

uint16_t sun_walk_want(const struct sun_walk *w)
{
    return w->at ? (uint16_t)w->at : bases[w->base_i];
}

static enum sun_step finish(struct sun_walk *w, const char *note)
{
    w->note = note;
    return w->chain.n ? SUN_DONE : SUN_NONE;
}

static enum sun_step feed_base(struct sun_walk *w, const uint16_t *regs)
{
    if (regs && regs[0] == SUN_S && regs[1] == 0x6E53) {
        w->chain.base = bases[w->base_i];
        w->at = (uint32_t)w->chain.base + 2;
        return SUN_MORE;
    }
    w->base_i++;
    if (w->base_i < (int)COUNT_OF(bases))
        return SUN_MORE;
    w->base_i = 0;
    return SUN_NONE;
}

enum sun_step sun_walk_feed(struct sun_walk *w, const uint16_t *regs)
{
    if (!w->at)
        return feed_base(w, regs);
    if (!regs)
        return finish(w, "the model chain has no end marker");
    uint16_t id = regs[0], len = regs[1];
    if (id == SUN_END)
        return finish(w, "");
    if (len == 0)
        return finish(w, "a model of the chain has length 0");
    if (w->chain.n == SUN_MODELS_MAX)
        return finish(w, "the model chain does not end");
    uint32_t next = w->at + 2 + len;
    if (next > 0xFFFE)
        return finish(w, "the model chain runs past the last register");
    w->chain.models[w->chain.n++] = (struct sun_model){id, len, (uint16_t)w->at};
    w->at = next;
    return SUN_MORE;
}

/* ---- points ---- */
#define U16(m, h, name, off, sf, unit)                                                             \
    {                                                                                              \
        m, h, name, off, REG_TYPE_U16, REG_NAN_STANDARD, 0, sf, unit, 0, 0                         \
    }
#define S16(m, h, name, off, sf, unit)                                                             \
    {                                                                                              \
        m, h, name, off, REG_TYPE_S16, REG_NAN_STANDARD, 0, sf, unit, 0, 0                         \
    }
#define ACC(m, h, name, off, sf)                                                                   \
    {                                                                                              \
        m, h, name, off, REG_TYPE_U32, REG_NAN_ZERO, 0, sf, "Wh", 0, 0                             \
    }
#define F32(m, h, name, off, unit)                                                                 \
    {                                                                                              \
        m, h, name, off, REG_TYPE_F32, REG_NAN_STANDARD, 0, 0, unit, 0, 0                          \
    }
#define TXT(name, off, n)                                                                          \
    {                                                                                              \
        1, 1, name, off, REG_TYPE_STR, REG_NAN_NONE, n, 0, "", 0, 0                                \
    }
#define REP(name, off, type, nan, sf, unit)                                                        \
    {                                                                                              \
        160, 160, name, off, REG_TYPE_##type, nan, 0, sf, unit, 10, 20                             \
    }

static const struct sun_point points[] = {
    /* 1 common */
    TXT("Mn", 2, 16),
    TXT("Md", 18, 16),
    TXT("Opt", 34, 8),
    TXT("Vr", 42, 8),
    TXT("SN", 50, 16),
    /* 101..103 inverter, integers */
    U16(101, 103, "A", 2, 6, "A"),
    U16(101, 103, "AphA", 3, 6, "A"),
    U16(101, 103, "AphB", 4, 6, "A"),
    U16(101, 103, "AphC", 5, 6, "A"),
    U16(101, 103, "PhVphA", 10, 13, "V"),
    U16(101, 103, "PhVphB", 11, 13, "V"),
    U16(101, 103, "PhVphC", 12, 13, "V"),
    S16(101, 103, "W", 14, 15, "W"),
    U16(101, 103, "Hz", 16, 17, "Hz"),
    ACC(101, 103, "WH", 24, 26),
    U16(101, 103, "DCA", 27, 28, "A"),
    U16(101, 103, "DCV", 29, 30, "V"),
    S16(101, 103, "DCW", 31, 32, "W"),
    U16(101, 103, "St", 38, 0, ""),
    /* 111..113 inverter, floats */
    F32(111, 113, "A", 2, "A"),
    F32(111, 113, "AphA", 4, "A"),
    F32(111, 113, "AphB", 6, "A"),
    F32(111, 113, "AphC", 8, "A"),
    F32(111, 113, "PhVphA", 16, "V"),
    F32(111, 113, "PhVphB", 18, "V"),
    F32(111, 113, "PhVphC", 20, "V"),
    F32(111, 113, "W", 22, "W"),
    F32(111, 113, "Hz", 24, "Hz"),
    F32(111, 113, "WH", 32, "Wh"),
    F32(111, 113, "DCA", 34, "A"),
    F32(111, 113, "DCV", 36, "V"),
    F32(111, 113, "DCW", 38, "W"),
    U16(111, 113, "St", 48, 0, ""),
    /* 120 ratings, 121 settings, 122 status */
    U16(120, 120, "WRtg", 3, 4, "W"),
    U16(120, 120, "WHRtg", 19, 20, "Wh"),
    U16(120, 120, "MaxChaRte", 23, 24, "W"),
    U16(120, 120, "MaxDisChaRte", 25, 26, "W"),
    U16(121, 121, "WMax", 2, 22, "W"),
    {122, 122, "ActWh", 5, REG_TYPE_U64, REG_NAN_ZERO, 0, 0, "Wh", 0, 0},
    /* 123 immediate controls */
    U16(123, 123, "Conn", 4, 0, ""),
    U16(123, 123, "WMaxLimPct", 5, 23, "%"),
    U16(123, 123, "WMaxLimPct_WinTms", 6, 0, ""),
    U16(123, 123, "WMaxLimPct_RvrtTms", 7, 0, ""),
    U16(123, 123, "WMaxLim_Ena", 9, 0, ""),
    /* 124 storage */
    U16(124, 124, "WChaMax", 2, 18, "W"),
    U16(124, 124, "StorCtl_Mod", 5, 0, ""),
    U16(124, 124, "MinRsvPct", 7, 21, "%"),
    U16(124, 124, "ChaState", 8, 22, "%"),
    U16(124, 124, "ChaSt", 11, 0, ""),
    S16(124, 124, "OutWRte", 12, 25, "%"),
    S16(124, 124, "InWRte", 13, 25, "%"),
    U16(124, 124, "InOutWRte_RvrtTms", 15, 0, ""),
    U16(124, 124, "ChaGriSet", 17, 0, ""),
    /* 160 strings; module k starts at 10 + 20 (k - 1) */
    REP("DCA", 9, U16, REG_NAN_STANDARD, 2, "A"),
    REP("DCV", 10, U16, REG_NAN_STANDARD, 3, "V"),
    REP("DCW", 11, U16, REG_NAN_STANDARD, 4, "W"),
    REP("DCWH", 12, U32, REG_NAN_ZERO, 5, "Wh"),
    /* 201..204 meter, integers */
    S16(201, 204, "A", 2, 6, "A"),
    S16(201, 204, "AphA", 3, 6, "A"),
    S16(201, 204, "AphB", 4, 6, "A"),
    S16(201, 204, "AphC", 5, 6, "A"),
    S16(201, 204, "PhVphA", 8, 15, "V"),
    S16(201, 204, "PhVphB", 9, 15, "V"),
    S16(201, 204, "PhVphC", 10, 15, "V"),
    S16(201, 204, "Hz", 16, 17, "Hz"),
    S16(201, 204, "W", 18, 22, "W"),
    S16(201, 204, "WphA", 19, 22, "W"),
    S16(201, 204, "WphB", 20, 22, "W"),
    S16(201, 204, "WphC", 21, 22, "W"),
    ACC(201, 204, "TotWhExp", 38, 54),
    ACC(201, 204, "TotWhImp", 46, 54),
    /* 211..214 meter, floats */
    F32(211, 214, "A", 2, "A"),
    F32(211, 214, "AphA", 4, "A"),
    F32(211, 214, "AphB", 6, "A"),
    F32(211, 214, "AphC", 8, "A"),
    F32(211, 214, "PhVphA", 12, "V"),
    F32(211, 214, "PhVphB", 14, "V"),
    F32(211, 214, "PhVphC", 16, "V"),
    F32(211, 214, "Hz", 26, "Hz"),
    F32(211, 214, "W", 28, "W"),
    F32(211, 214, "WphA", 30, "W"),
    F32(211, 214, "WphB", 32, "W"),
    F32(211, 214, "WphC", 34, "W"),
    F32(211, 214, "TotWhExp", 60, "Wh"),
    F32(211, 214, "TotWhImp", 68, "Wh"),
    /* 802 battery */
    U16(802, 802, "WHRtg", 3, 53, "Wh"),
    U16(802, 802, "WChaRteMax", 4, 54, "W"),
    U16(802, 802, "WDisChaRteMax", 5, 54, "W"),
    U16(802, 802, "SoC", 11, 56, "%"),
    U16(802, 802, "SoH", 13, 58, "%"),
    U16(802, 802, "ChaSt", 16, 0, ""),
    U16(802, 802, "V", 34, 59, "V"),
    S16(802, 802, "A", 44, 61, "A"),
    S16(802, 802, "W", 47, 63, "W"),
};

const struct sun_point *sun_point_of(uint16_t model, struct str name)
{
    for (size_t i = 0; i < COUNT_OF(points); i++)
        if (model >= points[i].model_lo && model <= points[i].model_hi &&
            str_eq(name, points[i].name))
            return &points[i];
    return NULL;
}

static bool model_number(struct str s, uint16_t *out)
{
    int32_t v;
    if (!str_i32(s, &v) || v < 1 || v > 65534)
        return false;
    *out = (uint16_t)v;
    return true;
}

static enum err parse_models(struct str text, struct sun_ref *out, struct err_text *why)
{
    while (text.len) {
        struct str range = str_word(&text, ' '), rest = range;
        if (range.len == 0)
            continue;
        struct str lo = str_word(&rest, '-');
        if (out->n == COUNT_OF(out->lo))
            return err_set(why, ERR_FULL, "more than %zu ranges of models", COUNT_OF(out->lo));
        int i = out->n++;
        if (!model_number(lo, &out->lo[i]) ||
            !model_number(lo.len == range.len ? lo : rest, &out->hi[i]) || out->lo[i] > out->hi[i])
            return err_set(why, ERR_SYNTAX, "\"%.*s\" is no model or range of models",
                           STR_ARG(range));
    }
    return out->n ? ERR_OK : err_set(why, ERR_MISSING, "no model before the \":\"");
}

/* NAME, NAME[3] or NAME[*] */
static enum err parse_name(struct str text, struct sun_ref *out, struct err_text *why)
{
    struct str all = text, name = str_word(&text, '[');
    out->repeating = name.len < all.len;
    if (!str_copy(out->name, sizeof out->name, name) || name.len == 0)
        return err_set(why, ERR_SYNTAX, "\"%.*s\" is no point name", STR_ARG(all));
    if (!out->repeating || str_eq(text, "*]"))
        return ERR_OK;
    int32_t k;
    if (text.len < 2 || text.p[text.len - 1] != ']' ||
        !str_i32((struct str){text.p, text.len - 1}, &k) || k < 1 || k > 250)
        return err_set(why, ERR_SYNTAX, "\"%.*s\": expected [1], [2] … or [*]", STR_ARG(all));
    out->index = (uint8_t)k;
    return ERR_OK;
}

enum err sun_ref_parse(struct str text, struct sun_ref *out, struct err_text *why)
{
    *out = (struct sun_ref){0};
    text = str_trim(text);
    struct str whole = text, models = str_word(&text, ':');
    if (models.len == whole.len)
        return err_set(why, ERR_SYNTAX, "\"%.*s\": expected \"MODEL: POINT\"", STR_ARG(whole));
    enum err e = parse_models(str_trim(models), out, why);
    if (e == ERR_OK)
        e = parse_name(str_trim(text), out, why);
    for (int i = 0; e == ERR_OK && i < out->n; i++) {
        const struct sun_point *p = sun_point_of(out->lo[i], str_of(out->name));
        if (!p || p->model_hi < out->hi[i])
            return err_set(why, ERR_UNKNOWN, "model %u has no point \"%s\" that we know",
                           p ? p->model_hi + 1u : out->lo[i], out->name);
        if ((p->stride != 0) != out->repeating)
            return err_set(why, ERR_SYNTAX, "point \"%s\" of model %u %s", out->name, out->lo[i],
                           p->stride ? "repeats: write [1] or [*]" : "does not repeat");
    }
    return e;
}

/* ---- places ---- */
static bool ref_has(const struct sun_ref *r, uint16_t model)
{
    for (int i = 0; i < r->n; i++)
        if (model >= r->lo[i] && model <= r->hi[i])
            return true;
    return false;
}

static bool fits(const struct sun_model *m, uint32_t off, int count)
{
    return off + (uint32_t)count <= (uint32_t)m->len + 2;
}

static bool place(const struct sun_model *m, const struct sun_ref *ref, struct sun_place *out)
{
    const struct sun_point *p = sun_point_of(m->id, str_of(ref->name));
    if (!p)
        return false;
    struct reg_format f = {.type = p->type, .count = p->count};
    int count = reg_count(&f);
    *out = (struct sun_place){.point = p, .sf_addr = (uint16_t)(m->addr + p->sf)};
    if (p->sf && !fits(m, p->sf, 1))
        return false;
    if (!p->stride) {
        out->addr[out->n++] = (uint16_t)(m->addr + p->off);
        return fits(m, p->off, count);
    }
    int k = ref->index ? ref->index : 1, last = ref->index ? ref->index : SUN_REPEATS_MAX;
    for (; k <= last; k++) {
        uint32_t off = p->first + (uint32_t)p->stride * (uint32_t)(k - 1) + p->off;
        if (!fits(m, off, count))
            break;
        out->addr[out->n++] = (uint16_t)(m->addr + off);
    }
    return out->n > 0;
}

bool sun_locate(const struct sun_chain *c, const struct sun_ref *ref, struct sun_place *out)
{
    for (int i = 0; i < c->n; i++)
        if (ref_has(ref, c->models[i].id) && place(&c->models[i], ref, out))
            return true;
    return false;
}
