/* SPDX-License-Identifier: Apache-2.0
 * libyaml's events to a tree. The tree is bounded while it grows, so a hostile file costs at most
 * YML_NODES_MAX nodes. */
#include "libcommon/io/yaml.h"
#include <errno.h>
#include <yaml.h>

/* ---- tree ---- */
struct builder {
    yaml_parser_t parser;
    struct yml_report *r;
    int nodes, depth;
    bool failed;
};

static struct yml_node at_mark(const yaml_mark_t *m)
{
    return (struct yml_node){.line = (int)m->line + 1,
                             .col = (int)m->column + 1,
                             .key_line = (int)m->line + 1,
                             .key_col = (int)m->column + 1};
}

static void fail(struct builder *b, const yaml_mark_t *m, const char *what)
{
    struct yml_node at = at_mark(m);
    if (!b->failed)
        yml_error(b->r, &at, "%s", what);
    b->failed = true;
}

/* key and text are stored behind the node. */
static struct yml_node *node_new(struct builder *b, const yaml_mark_t *m, struct str key,
                                 struct str text)
{
    if (++b->nodes > YML_NODES_MAX) {
        fail(b, m, "the file has too many entries");
        return NULL;
    }
    struct yml_node *n = malloc(sizeof *n + key.len + text.len + 2);
    if (!n)
        abort();
    char *p = (char *)(n + 1);
    *n = at_mark(m);
    n->key = (struct str){p, key.len};
    str_copy(p, key.len + 1, key);
    n->text = (struct str){p + key.len + 1, text.len};
    str_copy(p + key.len + 1, text.len + 1, text);
    return n;
}

void yml_free(struct yml_node *root)
{
    if (!root)
        return;
    for (struct yml_node *c = root->first, *next; c; c = next) {
        next = c->next;
        yml_free(c); /* at most YML_DEPTH_MAX deep */
    }
    free(root);
}

static bool next_event(struct builder *b, yaml_event_t *e)
{
    if (b->failed)
        return false;
    if (yaml_parser_parse(&b->parser, e))
        return true;
    const yaml_parser_t *p = &b->parser;
    const yaml_mark_t *m =
        p->problem_mark.line || p->problem_mark.column ? &p->problem_mark : &p->mark;
    char what[200];
    snprintf(what, sizeof what, "is not YAML: %s%s%s", p->problem ? p->problem : "cannot be parsed",
             p->context ? ", " : "", p->context ? p->context : "");
    fail(b, m, what);
    return false;
}

/* What we do not take, although YAML has it: it would make positions and meaning hard to see. */
static bool refuse_fancy(struct builder *b, const yaml_event_t *e)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (e->type == YAML_SCALAR_EVENT)
        anchor = e->data.scalar.anchor, tag = e->data.scalar.tag;
    else if (e->type == YAML_MAPPING_START_EVENT)
        anchor = e->data.mapping_start.anchor, tag = e->data.mapping_start.tag;
    else if (e->type == YAML_SEQUENCE_START_EVENT)
        anchor = e->data.sequence_start.anchor, tag = e->data.sequence_start.tag;
    if (anchor || e->type == YAML_ALIAS_EVENT)
        fail(b, &e->start_mark, "anchors and aliases (& and *) are not accepted");
    else if (tag)
        fail(b, &e->start_mark, "tags (!) are not accepted");
    return b->failed;
}

static struct str scalar_of(const yaml_event_t *e)
{
    return (struct str){(const char *)e->data.scalar.value, e->data.scalar.length};
}

static struct yml_node *build(struct builder *b, const yaml_event_t *e, struct str key);

/* Reads the value that follows a key. */
static struct yml_node *build_member(struct builder *b, const struct yml_node *map,
                                     const yaml_event_t *k)
{
    if (k->type != YAML_SCALAR_EVENT) {
        fail(b, &k->start_mark, "a key must be a text");
        return NULL;
    }
    struct str key = scalar_of(k);
    for (const struct yml_node *c = map->first; c; c = c->next) {
        if (c->key.len == key.len && memcmp(c->key.p, key.p, key.len) == 0) {
            char what[120];
            snprintf(what, sizeof what, "key \"%.40s\" stands here twice; first in line %d",
                     c->key.p, c->key_line);
            fail(b, &k->start_mark, what);
            return NULL;
        }
    }
    yaml_event_t v;
    if (!next_event(b, &v))
        return NULL;
    struct yml_node *n = build(b, &v, key);
    yaml_event_delete(&v);
    if (n) {
        n->key_line = (int)k->start_mark.line + 1;
        n->key_col = (int)k->start_mark.column + 1;
    }
    return n;
}

static void build_children(struct builder *b, struct yml_node *parent)
{
    struct yml_node **tail = &parent->first;
    yaml_event_t e;
    while (next_event(b, &e)) {
        bool end = e.type == YAML_MAPPING_END_EVENT || e.type == YAML_SEQUENCE_END_EVENT;
        struct yml_node *n = NULL;
        if (!end && parent->n == YML_KEYS_MAX)
            fail(b, &e.start_mark, "too many entries in one map or list");
        else if (!end && !refuse_fancy(b, &e))
            n = parent->kind == YML_MAP ? build_member(b, parent, &e)
                                        : build(b, &e, (struct str){"", 0});
        yaml_event_delete(&e);
        if (end)
            return;
        if (n) {
            *tail = n;
            tail = &n->next;
            parent->n++;
        }
    }
}

static struct yml_node *build(struct builder *b, const yaml_event_t *e, struct str key)
{
    if (refuse_fancy(b, e))
        return NULL;
    struct str text = e->type == YAML_SCALAR_EVENT ? scalar_of(e) : (struct str){"", 0};
    struct yml_node *n = node_new(b, &e->start_mark, key, text);
    if (!n || e->type == YAML_SCALAR_EVENT) {
        if (n)
            n->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        return n;
    }
    n->kind = e->type == YAML_MAPPING_START_EVENT ? YML_MAP : YML_LIST;
    if (++b->depth > YML_DEPTH_MAX)
        fail(b, &e->start_mark, "is nested too deeply");
    else
        build_children(b, n);
    b->depth--;
    return n;
}

/* The one document of the stream. */
static struct yml_node *build_document(struct builder *b)
{
    struct yml_node *root = NULL;
    yaml_event_t e;
    for (bool end = false; !end && next_event(b, &e); yaml_event_delete(&e)) {
        end = e.type == YAML_STREAM_END_EVENT;
        if (e.type == YAML_STREAM_START_EVENT || e.type == YAML_DOCUMENT_START_EVENT ||
            e.type == YAML_DOCUMENT_END_EVENT || end)
            continue;
        if (root)
            fail(b, &e.start_mark, "a second document (---) is not accepted");
        else
            root = build(b, &e, (struct str){"", 0});
    }
    return root;
}

/* Tabs and bytes that are not text, before libyaml sees them: its own messages are obscure. */
static bool check_bytes(struct str bytes, struct yml_report *r)
{
    if (bytes.len >= 3 && memcmp(bytes.p, "\xEF\xBB\xBF", 3) == 0) {
        struct yml_node at = {.key_line = 1, .key_col = 1};
        yml_error(r, &at, "begins with a byte order mark; save it as plain UTF-8");
        return false;
    }
    for (int line = 1; bytes.len; line++) {
        struct str s = str_word(&bytes, '\n');
        if (s.len && s.p[s.len - 1] == '\r')
            s.len--;
        if (str_is_text(s))
            continue;
        size_t col = 0;
        while (col < s.len && (unsigned char)s.p[col] >= 0x20 && (unsigned char)s.p[col] < 0x7F)
            col++;
        struct yml_node at = {.key_line = line, .key_col = (int)col + 1};
        yml_error(r, &at, "%s",
                  col < s.len && s.p[col] == '\t' ? "there is a tab; use blanks"
                                                  : "is not UTF-8 text from here on");
        return false;
    }
    return true;
}

struct yml_node *yml_parse(struct str bytes, struct yml_report *r)
{
    if (bytes.len > YML_BYTES_MAX) {
        yml_error(r, NULL, "is larger than %d bytes", YML_BYTES_MAX);
        return NULL;
    }
    if (!check_bytes(bytes, r))
        return NULL;
    struct builder b = {.r = r};
    if (!yaml_parser_initialize(&b.parser))
        abort();
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)bytes.p, bytes.len);
    struct yml_node *root = build_document(&b);
    if (!root && !b.failed) { /* an empty file is an empty map */
        yaml_mark_t start = {0, 0, 0};
        root = node_new(&b, &start, (struct str){"", 0}, (struct str){"", 0});
        root->kind = YML_MAP;
    }
    yaml_parser_delete(&b.parser);
    if (!b.failed && root->kind != YML_MAP) {
        yml_error(r, root, "expected keys such as \"site: home\" at the top");
        b.failed = true;
    }
    if (b.failed) {
        yml_free(root);
        return NULL;
    }
    return root;
}

struct yml_node *yml_load(const char *path, struct yml_report *r, char hash[17])
{
    if (hash)
        hash[0] = '\0';
    FILE *f = fopen(path, "rbe");
    char *bytes = malloc(YML_BYTES_MAX + 1);
    if (!bytes)
        abort();
    size_t n = f ? fread(bytes, 1, YML_BYTES_MAX + 1, f) : 0;
    bool bad = !f || ferror(f);
    if (bad)
        yml_error(r, NULL, "cannot be read: %s", strerror(errno));
    if (f)
        fclose(f);
    struct yml_node *root = bad ? NULL : yml_parse((struct str){bytes, n}, r);
    if (!bad && hash)
        snprintf(hash, 17, "%016" PRIx64, str_hash((struct str){bytes, n}));
    free(bytes);
    return root;
}

const struct yml_node *yml_find(const struct yml_node *map, const char *key)
{
    if (map && map->kind == YML_MAP)
        for (const struct yml_node *c = map->first; c; c = c->next)
            if (str_eq(c->key, key))
                return c;
    return NULL;
}
