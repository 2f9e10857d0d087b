/* SPDX-License-Identifier: Apache-2.0
 * flows_keep.c -- energies in files. A crash loses the last minutes of what is integrated, and
 * nothing of what devices count themselves. */
#include "services/surplus-controller/io/flows.h"

RECORD_DEFINE(kept_link, KEPT_LINK_ROWS, "energy of a link")
RECORD_DEFINE(kept_flows, KEPT_FLOWS_ROWS, "energies of the house")
RECORD_DEFINE(kept_item, KEPT_ITEM_ROWS, "energies of a device")
RECORD_DEFINE(kept_point, KEPT_POINT_ROWS, "quarters of a metering point")
static const char flows_file[] = "flows.jsonl", items_file[] = "flow_items.jsonl",
                  points_file[] = "metering_points.jsonl";
static_assert(FLOW_FROM * FLOW_TO == (int)KEPT_LINKS, "every link is kept");

static void item_name(const struct flow_source *s, char *out, size_t cap)
{
    snprintf(out, cap, "%s/%s", site_section_row(s->sec)->one, s->id);
}

/* ---- to the files ---- */
static struct kept_flows house_kept(const struct flows *f)
{
    const struct flow_state *s = &f->state;
    struct kept_flows k = {.day_start = s->day_start.ms,
                           .quarter = s->quarter,
                           .house = s->house,
                           .non_evse = s->non_evse};
    for (int a = 0; a < FLOW_FROM; a++)
        for (int b = 0; b < FLOW_TO; b++)
            k.links[k.links_n++] = (struct kept_link){a, b, s->day.v[a][b], s->ever.v[a][b]};
    return k;
}
static struct kept_item item_kept(const struct flows *f, int i)
{
    const struct flow_item *x = &f->state.items[i];
    const struct flow_source *s = &f->sources[i];
    struct kept_item k = {.plus = x->plus,
                          .minus = x->minus,
                          .plus_wh = x->plus_wh,
                          .minus_wh = x->minus_wh,
                          .quarter_plus_wh = x->quarter_plus_wh,
                          .quarter_minus_wh = x->quarter_minus_wh,
                          .gap = x->gap,
                          .from_pv = x->session[FROM_PV],
                          .from_battery = x->session[FROM_BATTERY],
                          .from_grid = x->session[FROM_GRID],
                          .from_unmeasured = x->session[FROM_UNMEASURED],
                          .session_start = s->session_start,
                          .transaction = s->transaction,
                          .plugged = s->plugged};
    item_name(s, k.id, sizeof k.id);
    return k;
}
void flows_save(struct flows *f)
{
    struct brain *b = f->brain;
    if (!f->dirty || !f->state.begun)
        return;
    struct kept_flows house = house_kept(f);
    struct kept_item *items = calloc((size_t)max_i32(1, f->conf.n), sizeof *items);
    if (!items)
        abort();
    for (int i = 0; i < f->conf.n; i++)
        items[i] = item_kept(f, i);
    memory_save_file(b, flows_file, &kept_flows_record, (const char *)&house, sizeof house, 1);
    memory_save_file(b, items_file, &kept_item_record, (const char *)items, sizeof *items,
                     f->conf.n);
    if (f->points_n)
        memory_save_file(b, points_file, &kept_point_record,
                         (const char *)f->points + offsetof(struct flow_point, kept),
                         sizeof f->points[0], f->points_n);
    free(items);
    f->dirty = false;
}

/* ---- from the files ---- */
static void load_house(void *user, const void *item)
{
    struct flow_state *s = &((struct flows *)user)->state;
    const struct kept_flows *k = item;
    s->day_start.ms = k->day_start;
    s->quarter = k->quarter;
    s->house = k->house;
    s->non_evse = k->non_evse;
    for (int i = 0; i < k->links_n; i++) {
        const struct kept_link *l = &k->links[i];
        s->day.v[l->from][l->to] = l->day;
        s->ever.v[l->from][l->to] = l->ever;
    }
}
static void load_item(void *user, const void *item)
{
    struct flows *f = user;
    const struct kept_item *k = item;
    char name[sizeof k->id];
    for (int i = 0; i < f->conf.n; i++) {
        struct flow_item *x = &f->state.items[i];
        struct flow_source *s = &f->sources[i];
        item_name(s, name, sizeof name);
        if (strcmp(name, k->id) != 0)
            continue;
        x->plus = k->plus;
        x->minus = k->minus;
        x->plus_wh = k->plus_wh;
        x->minus_wh = k->minus_wh;
        x->quarter_plus_wh = k->quarter_plus_wh;
        x->quarter_minus_wh = k->quarter_minus_wh;
        x->gap = k->gap;
        x->session[FROM_PV] = k->from_pv;
        x->session[FROM_BATTERY] = k->from_battery;
        x->session[FROM_GRID] = k->from_grid;
        x->session[FROM_UNMEASURED] = k->from_unmeasured;
        s->session_start = k->session_start;
        s->transaction = k->transaction;
        s->plugged = k->plugged;
    }
}
static void load_point(void *user, const void *item)
{
    struct flows *f = user;
    const struct kept_point *k = item;
    for (int i = 0; i < f->points_n; i++)
        if (strcmp(f->points[i].kept.id, k->id) == 0)
            f->points[i].kept = *k;
}
void flows_load(struct flows *f)
{
    static struct kept_point point; /* a day of quarters is large */
    struct kept_flows house;
    struct kept_item item;
    memory_load_file(f->brain, flows_file, &kept_flows_record, &house, load_house, f);
    memory_load_file(f->brain, items_file, &kept_item_record, &item, load_item, f);
    memory_load_file(f->brain, points_file, &kept_point_record, &point, load_point, f);
}
