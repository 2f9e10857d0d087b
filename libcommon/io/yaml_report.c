/* SPDX-License-Identifier: Apache-2.0
 * Messages about a file, and the search for the key that was meant. */
#include "libcommon/io/yaml.h"

void yml_report_init(struct yml_report *r, const char *file)
{
    *r = (struct yml_report){.file = file, .currency = "EUR"};
}

PRINTF_LIKE(4, 0)
static void add(struct yml_report *r, const struct yml_node *at, bool warning, const char *fmt,
                va_list ap)
{
    if (warning)
        r->warnings++;
    else
        r->errors++;
    if (r->n == YML_LINES_MAX)
        return;
    struct yml_line *l = &r->lines[r->n++];
    *l = (struct yml_line){.warning = warning};
    if (at) {
        bool value = at->line != 0;
        l->line = value ? at->line : at->key_line;
        l->col = value ? at->col : at->key_col;
    }
    struct buf b = buf_of(l->text, sizeof l->text);
    if (warning)
        buf_addz(&b, "warning: ");
    if (r->where[0])
        buf_addf(&b, "%s: ", r->where);
    char what[240];
    vsnprintf(what, sizeof what, fmt, ap);
    buf_addz(&b, what);
}

void yml_error(struct yml_report *r, const struct yml_node *at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(r, at, false, fmt, ap);
    va_end(ap);
}

void yml_warning(struct yml_report *r, const struct yml_node *at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(r, at, true, fmt, ap);
    va_end(ap);
}

static int by_position(const void *a, const void *b)
{
    const struct yml_line *const *x = a, *const *y = b;
    if ((*x)->line != (*y)->line)
        return (*x)->line < (*y)->line ? -1 : 1;
    if ((*x)->col != (*y)->col)
        return (*x)->col < (*y)->col ? -1 : 1;
    return *x < *y ? -1 : *x > *y; /* as they came */
}

char *yml_report_text(const struct yml_report *r)
{
    const struct yml_line *order[YML_LINES_MAX];
    for (int i = 0; i < r->n; i++)
        order[i] = &r->lines[i];
    qsort(order, (size_t)r->n, sizeof order[0], by_position);
    size_t cap = ((size_t)r->n + 1) * (sizeof r->lines[0].text + strlen(r->file) + 32) + 64;
    char *text = malloc(cap);
    if (!text)
        abort();
    text[0] = '\0';
    struct buf b = buf_of(text, cap);
    for (int i = 0; i < r->n; i++) {
        const struct yml_line *l = order[i];
        buf_addz(&b, r->file);
        if (l->line)
            buf_addf(&b, ":%d:%d", l->line, l->col);
        buf_addf(&b, ": %s\n", l->text);
    }
    int more = r->errors + r->warnings - r->n;
    if (more > 0)
        buf_addf(&b, "%s: and %d more\n", r->file, more);
    assert(!b.cut);
    return text;
}

/* ---- the key that was meant ---- */

/* Edits (insert, delete, change) between two short texts. */
static int distance(struct str a, struct str b)
{
    enum { MAX = 48 };
    int row[MAX + 1];
    if (a.len > MAX || b.len > MAX)
        return MAX;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= a.len; i++) {
        int diag = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= b.len; j++) {
            int change = diag + (a.p[i - 1] != b.p[j - 1]);
            diag = row[j];
            row[j] = min_i32(change, 1 + min_i32(row[j], row[j - 1]));
        }
    }
    return row[b.len];
}

static bool starts_with(struct str s, struct str head)
{
    return s.len >= head.len && memcmp(s.p, head.p, head.len) == 0;
}

const char *yml_nearest(struct str key, const char *const *known, int n)
{
    const char *best = NULL;
    int best_d = INT_MAX;
    for (int i = 0; i < n; i++) {
        struct str k = str_of(known[i]);
        int d = distance(key, k);
        /* max_current_ma is meant as max_current, interval_s as interval */
        if (starts_with(key, k) && key.len > k.len && key.p[k.len] == '_')
            d = 1;
        if (d < best_d)
            best = known[i], best_d = d;
    }
    return best_d <= 2 || (size_t)best_d * 3 <= key.len ? best : NULL;
}

void yml_check_keys(struct yml_report *r, const struct yml_node *map, const char *const *known,
                    int n)
{
    for (const struct yml_node *c = map->first; c; c = c->next) {
        bool found = false;
        for (int i = 0; i < n && !found; i++)
            found = str_eq(c->key, known[i]);
        if (found)
            continue;
        struct yml_node at = {.key_line = c->key_line, .key_col = c->key_col};
        const char *meant = yml_nearest(c->key, known, n);
        if (meant) {
            yml_error(r, &at, "unknown key \"%.40s\"; did you mean \"%s\"?", c->key.p, meant);
            continue;
        }
        char list[160];
        struct buf b = buf_of(list, sizeof list);
        for (int i = 0; i < n; i++)
            buf_addf(&b, "%s%s", i ? ", " : "", known[i]);
        yml_error(r, &at, "unknown key \"%.40s\"; known are %s%s", c->key.p, list,
                  b.cut ? " …" : "");
    }
}
