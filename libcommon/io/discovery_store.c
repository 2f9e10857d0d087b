/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/io/discovery_store.h"
#include "libcommon/io/state.h"

enum { FILE_MAX = 4 << 20, LINE_MAX_BYTES = 4096 };
static const char file_name[] = "discovery";

static struct discovery_device *find(struct discovery_book *k, const char *cls, const char *id)
{
    for (size_t i = 0; i < k->n; i++)
        if (strcmp(k->v[i].id, id) == 0 && strcmp(k->v[i].cls, cls) == 0)
            return &k->v[i];
    return NULL;
}

static struct discovery_device *find_or_add(struct discovery_book *k, const char *cls,
                                            const char *id)
{
    struct discovery_device *dev = find(k, cls, id);
    if (dev)
        return dev;
    if (k->n == k->cap) {
        k->cap = k->cap ? 2 * k->cap : 16;
        k->v = realloc(k->v, k->cap * sizeof *k->v);
        if (!k->v)
            abort();
    }
    dev = &k->v[k->n++];
    *dev = (struct discovery_device){.dirty = true};
    str_copyz(dev->cls, sizeof dev->cls, cls);
    str_copyz(dev->id, sizeof dev->id, id);
    return dev;
}

/* ---- messages ---- */
static enum message_id info_of(const char *cls)
{
    char path[48];
    snprintf(path, sizeof path, "%s/+/info", cls);
    for (int m = 0; m < MSG_COUNT; m++)
        if (strcmp(message_of((enum message_id)m)->path, path) == 0)
            return (enum message_id)m;
    return MSG_COUNT;
}

/* Copies a text field of the message, when it has one. True when that changed something. */
static bool take_text(enum message_id m, const char *body, const char *field, char *dst, size_t cap)
{
    const struct field *f = record_field(message_of(m)->rec, str_of(field));
    if (!f || f->kind != KIND_STR || strcmp(dst, body + f->off) == 0)
        return false;
    (void)str_copyz(dst, cap, body + f->off);
    return true;
}

static bool take_identity(struct ha_device *h, enum message_id m, const void *body)
{
    bool changed = take_text(m, body, "name", h->name, sizeof h->name);
    changed |= take_text(m, body, "vendor", h->vendor, sizeof h->vendor);
    changed |= take_text(m, body, "model", h->model, sizeof h->model);
    changed |= take_text(m, body, "serial", h->serial, sizeof h->serial);
    changed |= take_text(m, body, "firmware", h->firmware, sizeof h->firmware);
    changed |= take_text(m, body, "hardware", h->hardware, sizeof h->hardware);
    return changed;
}

static struct ha_shown *shown_of(struct ha_device *h, enum message_id m)
{
    for (int i = 0; i < h->shown_n; i++)
        if (h->shown[i].msg == m)
            return &h->shown[i];
    assert(h->shown_n < HA_MESSAGES);
    /* In the order of the contract, so that the document does not depend on who came first. */
    int at = h->shown_n++;
    for (; at > 0 && h->shown[at - 1].msg > m; at--)
        h->shown[at] = h->shown[at - 1];
    h->shown[at] = (struct ha_shown){.msg = m};
    return &h->shown[at];
}

/* True when who sends m also says what the device is: its owner does; who only controls it, or
 * works out where its energy comes from, does not. */
static bool is_of_owner(enum message_id m, const char *cls)
{
    enum message_id info = info_of(cls);
    return info == MSG_COUNT || message_of(m)->writer == message_of(info)->writer;
}

bool discovery_note(struct discovery_book *k, enum message_id m, const char *id, const void *body,
                    struct mono now)
{
    char cls[HA_CLASS_CAP];
    bool shown = ha_is_shown(m);
    if (!ha_class_of(m, cls) || (!shown && info_of(cls) != m))
        return false;
    struct discovery_device *dev = find_or_add(k, cls, id);
    if (!dev->first.ms)
        dev->first = now;
    bool changed = false;
    if (!shown || info_of(cls) == MSG_COUNT)
        changed = take_identity(&dev->ha, m, body);
    if (!shown) {
        changed |= !dev->has_info;
        dev->has_info = true;
    } else {
        struct ha_shown *s = shown_of(&dev->ha, m);
        uint64_t seen = s->seen | ha_seen(m, body);
        int32_t age = ha_max_age_ms(m, body);
        changed |= seen != s->seen || age != s->max_age_ms;
        s->seen = seen;
        s->max_age_ms = age;
    }
    dev->dirty |= changed;
    return changed;
}

/* The owner of a device says what it is; who only controls it does not. */
static bool describes(const struct discovery_device *dev)
{
    for (int i = 0; i < dev->ha.shown_n; i++)
        if (is_of_owner(dev->ha.shown[i].msg, dev->cls))
            return true;
    return false;
}

bool discovery_lacks_info(const struct discovery_device *dev)
{
    return !dev->has_info && describes(dev) && info_of(dev->cls) != MSG_COUNT;
}

struct ha_device discovery_view(const struct discovery_book *k, const struct discovery_device *dev)
{
    struct ha_device h = dev->ha;
    h.site = k->site;
    h.service = k->service;
    h.currency = k->currency;
    h.cls = dev->cls;
    h.id = dev->id;
    h.describes = describes(dev);
    return h;
}

/* ---- whose it is ---- */
static const struct site_service *service_named(const char *name)
{
    for (int i = 0; i < site_services_n; i++)
        if (strcmp(site_services[i].name, name) == 0)
            return &site_services[i];
    return NULL;
}

/* What is no item of the site file (the house, limits, services) is ours as long as it is seen. */
static bool is_ours(const struct discovery_book *k, const struct site *site, enum message_id m,
                    const char *cls, const char *id)
{
    const struct site_service *us = service_named(k->service);
    for (int i = 0; i < DERIVED_COUNT; i++) /* in no site file, and always there */
        if (strcmp(derived_rows[i].id, id) == 0 && strcmp(cls, "meter") == 0)
            return us && us->writer == WRITER_CONTROLLER;
    for (int sec = 0; sec < SITE_SECTIONS; sec++) {
        const struct site_section_row *row = site_section_row((enum site_section)sec);
        if (!row->map || strcmp(row->one, cls) != 0)
            continue;
        int i = site_items(site, (enum site_section)sec) - 1;
        while (i >= 0 && strcmp(site_item_id(site, (enum site_section)sec, i), id) != 0)
            i--;
        return i >= 0 && (message_of(m)->writer != WRITER_OWNER ||
                          (us && site_drives(site, us, (enum site_section)sec, i)));
    }
    return true;
}

static void add_gone(struct discovery_book *k, const char *cls, const char *id)
{
    for (size_t i = 0; i < k->gone_n; i++)
        if (strcmp(k->gone[i].cls, cls) == 0 && strcmp(k->gone[i].id, id) == 0)
            return;
    k->gone = realloc(k->gone, (k->gone_n + 1) * sizeof *k->gone);
    if (!k->gone)
        abort();
    struct discovery_gone *g = &k->gone[k->gone_n++];
    *g = (struct discovery_gone){0};
    str_copyz(g->cls, sizeof g->cls, cls);
    str_copyz(g->id, sizeof g->id, id);
}

/* ---- the file ---- */
static enum message_id message_named(struct str name)
{
    for (int m = 0; m < MSG_COUNT; m++)
        if (str_eq(name, message_of((enum message_id)m)->name))
            return (enum message_id)m;
    return MSG_COUNT;
}

static void load_identity(struct ha_device *h, struct str rest)
{
    (void)str_copy(h->name, sizeof h->name, str_word(&rest, '\t'));
    (void)str_copy(h->vendor, sizeof h->vendor, str_word(&rest, '\t'));
    (void)str_copy(h->model, sizeof h->model, str_word(&rest, '\t'));
    (void)str_copy(h->serial, sizeof h->serial, str_word(&rest, '\t'));
    (void)str_copy(h->firmware, sizeof h->firmware, str_word(&rest, '\t'));
    (void)str_copy(h->hardware, sizeof h->hardware, str_word(&rest, '\t'));
}

static void load_fields(struct ha_shown *s, struct str rest)
{
    int32_t age;
    if (str_i32(str_word(&rest, '\t'), &age) && age >= 0)
        s->max_age_ms = age;
    while (rest.len) {
        struct str word = str_word(&rest, '\t');
        char key[HA_KEY_CAP];
        for (int i = 0; i < HA_SLOTS && ha_key(s->msg, i, key); i++)
            if (str_eq(word, key))
                s->seen |= UINT64_C(1) << i;
    }
}

/* "gone\t<class>\t<id>", "<MESSAGE>\t<id>\t<max_age_ms>\t<key>…" and, for an info message or where
 * there is none, "identity\t<class>\t<id>\t<name>\t<vendor>…" */
static void load_line(struct discovery_book *k, struct str line, const struct site *site)
{
    struct str word = str_word(&line, '\t');
    bool gone = str_eq(word, "gone"), identity = str_eq(word, "identity");
    enum message_id m = message_named(word);
    char cls[HA_CLASS_CAP], id[ID_CAP];
    if (gone || identity)
        (void)str_copy(cls, sizeof cls, str_word(&line, '\t'));
    else if (m == MSG_COUNT || !ha_is_shown(m) || !ha_class_of(m, cls))
        return;
    struct str id_word = str_word(&line, '\t');
    if (!str_is_id(id_word) || !str_copy(id, sizeof id, id_word) || !str_is_id(str_of(cls)))
        return;
    if (gone) {
        add_gone(k, cls, id);
    } else if (identity) {
        struct discovery_device *dev = find(k, cls, id); /* its messages came before */
        if (dev) {
            dev->has_info = true;
            load_identity(&dev->ha, line);
        }
    } else if (is_ours(k, site, m, cls, id)) {
        load_fields(shown_of(&find_or_add(k, cls, id)->ha, m), line);
    } else {
        add_gone(k, cls, id);
    }
}

enum err discovery_load(struct discovery_book *k, const char *dir, const struct site *site)
{
    char *bytes;
    size_t len;
    enum err e = state_load(dir, file_name, FILE_MAX, &bytes, &len);
    if (e != ERR_OK)
        return e;
    struct str rest = {bytes, len};
    k->saved_hash = str_hash(rest);
    while (rest.len)
        load_line(k, str_word(&rest, '\n'), site);
    free(bytes);
    /* What has come back is not gone. */
    size_t n = 0;
    for (size_t i = 0; i < k->gone_n; i++)
        if (!find(k, k->gone[i].cls, k->gone[i].id))
            k->gone[n++] = k->gone[i];
    k->gone_n = n;
    return ERR_OK;
}

static void add_text(struct buf *b, const char *text)
{
    buf_addz(b, "\t");
    for (const char *c = text; *c; c++) /* a device may call itself anything */
        buf_add(b, *c == '\t' || *c == '\n' ? (struct str){" ", 1} : (struct str){c, 1});
}

static void save_device(const struct discovery_device *dev, struct buf *b)
{
    const struct ha_device *h = &dev->ha;
    for (int i = 0; i < h->shown_n; i++) {
        const struct ha_shown *s = &h->shown[i];
        char key[HA_KEY_CAP];
        buf_addf(b, "%s\t%s\t%d", message_of(s->msg)->name, dev->id, (int)s->max_age_ms);
        for (int j = 0; j < HA_SLOTS && ha_key(s->msg, j, key); j++)
            if (s->seen >> j & 1)
                buf_addf(b, "\t%s", key);
        buf_addz(b, "\n");
    }
    if (!dev->has_info && !h->name[0])
        return;
    buf_addf(b, "identity\t%s\t%s", dev->cls, dev->id);
    add_text(b, h->name);
    add_text(b, h->vendor);
    add_text(b, h->model);
    add_text(b, h->serial);
    add_text(b, h->firmware);
    add_text(b, h->hardware);
    buf_addz(b, "\n");
}

enum err discovery_save(struct discovery_book *k, const char *dir)
{
    size_t cap = (k->n + k->gone_n + 1) * LINE_MAX_BYTES;
    char *bytes = malloc(cap);
    if (!bytes)
        abort();
    struct buf b = buf_of(bytes, cap);
    for (size_t i = 0; i < k->n; i++)
        save_device(&k->v[i], &b);
    for (size_t i = 0; i < k->gone_n; i++)
        buf_addf(&b, "gone\t%s\t%s\n", k->gone[i].cls, k->gone[i].id);
    struct str text = {b.p, b.len};
    enum err e = ERR_OK;
    if (b.cut)
        e = ERR_FULL;
    else if (str_hash(text) != k->saved_hash) /* flash wears out */
        e = state_save(dir, file_name, text);
    if (e == ERR_OK)
        k->saved_hash = str_hash(text);
    free(bytes);
    return e;
}

void discovery_book_free(struct discovery_book *k)
{
    free(k->v);
    free(k->gone);
    *k = (struct discovery_book){0};
}
