/* SPDX-License-Identifier: Apache-2.0
 * The bytes are the registers of a hostile SunSpec device: they are walked, laid out, read, decoded
 * and written with a profile that uses every kind of point. First byte: where they lie. */
#include "libcommon/device/map.h"
#include "tests/fuzz/fuzz.h"

static const char *const refs[] = {"101-103 111-113: W",    "101-103 111-113: WH",
                                   "160: DCW[*]",           "160: DCWH[2]",
                                   "201-204 211-214: WphA", "802: SoC",
                                   "124: OutWRte",          "122: ActWh"};

static void add_text(struct profile *p, enum quantity q, const char *ref)
{
    struct profile_point *pt = &p->points[p->npoints++];
    *pt = (struct profile_point){.q = q, .group = GROUP_ONCE, .factor = 1, .nalts = 1, .minus = -1};
    if (sun_ref_parse(str_of(ref), &pt->alts[0], NULL) != ERR_OK)
        abort();
}

static void profile_make(struct profile *p)
{
    *p = (struct profile){.sunspec = true};
    for (size_t i = 0; i < COUNT_OF(refs); i++) {
        add_text(p, (enum quantity)i, refs[i]);
        p->points[i].group = (enum group)(1 + i % 2);
    }
    add_text(p, QUANTITY_VENDOR, "1: Mn");
    /* Plain registers of every type, in both word orders. */
    for (int t = REG_TYPE_U16; t < REG_TYPE_STR; t++) {
        struct profile_point *pt = &p->points[p->npoints++];
        *pt = (struct profile_point){.q = (enum quantity)(QUANTITY_CURRENT_L1 + t),
                                     .group = GROUP_FAST,
                                     .factor = 0.1,
                                     .function = 3,
                                     .address = (uint16_t)(40000 + 4 * t),
                                     .minus = t % 3 ? -1 : 40100 + 4 * t,
                                     .fmt = {.type = (enum reg_type)t,
                                             .low_word_first = t % 2,
                                             .nan = (enum reg_nan)(t % 3)}};
    }
    p->nsteps[SEQUENCE_HOLD] = 1;
    p->steps[SEQUENCE_HOLD][0] =
        (struct profile_step){.sunspec = true, .function = 16, .scale = -1, .constant = 33.3};
    if (sun_ref_parse(str_of("124: OutWRte"), &p->steps[SEQUENCE_HOLD][0].ref, NULL) != ERR_OK)
        abort();
}

static uint16_t reg(const uint8_t *data, size_t len, uint16_t base, uint32_t addr, bool *there)
{
    size_t at = addr >= base ? 2 * (size_t)(addr - base) : len;
    *there = at + 1 < len;
    uint32_t v = *there ? (uint32_t)data[at] << 8 | data[at + 1] : 0;
    return (uint16_t)v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint16_t bases[] = {40000, 50000, 0};
    static struct profile p;
    static struct layout l;
    static struct image im;
    struct sun_walk w;
    struct readings r = {0};
    if (len == 0)
        return 0;
    uint16_t base = bases[data[0] % 3];
    data++;
    len--;
    sun_walk_start(&w);
    for (enum sun_step s = SUN_MORE; s == SUN_MORE;) {
        uint16_t want = sun_walk_want(&w), regs[2];
        bool a, b;
        regs[0] = reg(data, len, base, want, &a);
        regs[1] = reg(data, len, base, want + 1u, &b);
        s = sun_walk_feed(&w, a && b ? regs : NULL);
    }
    profile_make(&p);
    if (layout_make(&p, &w.chain, &l, NULL) != ERR_OK)
        return 0;
    for (int g = 1; g < GROUP_COUNT; g++) {
        if (layout_spans(&l, (enum group)g, 100, 10, &im) != ERR_OK)
            continue;
        for (int i = 0; i < im.n; i++) {
            im.ok[i] = true;
            for (uint32_t k = 0; k < im.spans[i].count; k++)
                im.regs[im.spans[i].off + k] =
                    reg(data, len, base, im.spans[i].addr + k, &im.ok[i]);
        }
        layout_decode(&l, (enum group)g, &im, &r);
    }
    struct opt_f64 vars[VARIABLE_COUNT] = {{0}};
    struct write_op ops[PROFILE_STEPS_MAX];
    struct err_text why;
    int n;
    enum err e = layout_write(&l, SEQUENCE_HOLD, &im, vars, ops, &n, &why);
    UNUSED(e);
    struct meter_state m = {0};
    struct inverter_state v = {0};
    struct battery_state b = {0};
    map_meter(&r, &(struct wiring){-1, 10000, ROTATION_L231}, &m);
    map_inverter(&r, &(struct wiring){1, 1, ROTATION_L312}, &v);
    map_battery(&r, &b);
    return 0;
}
