/* SPDX-License-Identifier: Apache-2.0
 * record_state.c -- the state as bytes, and what makes bytes comparable. */
#include "services/surplus-controller/core/record.h"

enum { RAW = 3, TEXT = 4 }; /* of base64 */
static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The root first: it is written without its pointers. */
int rec_state(const struct control_state *s, const struct control_config *c,
              struct rec_block blocks[REC_BLOCKS])
{
    size_t n = (size_t)takers_n(c);
    blocks[0] = (struct rec_block){NULL, sizeof *s};
    blocks[1] = (struct rec_block){s->chargers, n * sizeof s->chargers[0]};
    blocks[2] = (struct rec_block){s->circuits, (size_t)c->circuits_n * sizeof s->circuits[0]};
    blocks[3] = (struct rec_block){s->order, n * sizeof s->order[0]};
    blocks[4] = (struct rec_block){s->loads, (size_t)c->loads_n * sizeof s->loads[0]};
    return 5;
}
static struct control_state without_pointers(const struct control_state *s)
{
    struct control_state copy;
    memcpy(&copy, s, sizeof copy);
    copy.chargers = NULL;
    copy.circuits = NULL;
    copy.order = NULL;
    copy.loads = NULL;
    return copy;
}

/* ---- base64, block after block without a seam ---- */
struct stream {
    struct buf *b;
    uint32_t bits;
    int n;
};
static void put(struct stream *t, uint8_t byte)
{
    t->bits = t->bits << 8 | byte;
    if (++t->n < RAW)
        return;
    char four[TEXT];
    for (int i = 0; i < TEXT; i++)
        four[i] = digits[t->bits >> (18 - 6 * i) & 63];
    buf_add(t->b, (struct str){four, TEXT});
    t->bits = 0;
    t->n = 0;
}
void rec_state_write(const struct control_state *s, const struct control_config *c, struct buf *b)
{
    struct rec_block blocks[REC_BLOCKS];
    struct control_state root = without_pointers(s);
    struct stream t = {.b = b};
    int n = rec_state(s, c, blocks);
    blocks[0].p = &root;
    for (int i = 0; i < n; i++)
        for (size_t k = 0; k < blocks[i].size; k++)
            put(&t, ((const uint8_t *)blocks[i].p)[k]);
    while (t.n)
        put(&t, 0);
}
static int digit(char c)
{
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}
bool rec_state_read(struct control_state *s, const struct control_config *c, struct str base64)
{
    struct rec_block blocks[REC_BLOCKS];
    struct control_state root;
    int n = rec_state(s, c, blocks);
    size_t want = 0, at = 0;
    blocks[0].p = &root;
    for (int i = 0; i < n; i++)
        want += blocks[i].size;
    if (base64.len != (want + RAW - 1) / RAW * TEXT)
        return false;
    for (int i = 0; i < n; i++)
        for (size_t k = 0; k < blocks[i].size; k++, at++) {
            uint32_t bits = 0;
            for (size_t d = 0; d < TEXT; d++) {
                int v = digit(base64.p[at / RAW * TEXT + d]);
                if (v < 0)
                    return false;
                bits = bits << 6 | (uint32_t)v;
            }
            ((uint8_t *)blocks[i].p)[k] = (uint8_t)(bits >> (16 - 8 * (at % RAW)));
        }
    root.chargers = s->chargers;
    root.circuits = s->circuits;
    root.order = s->order;
    root.loads = s->loads;
    memcpy(s, &root, sizeof root);
    return true;
}

/* ---- fingerprint ---- */
static uint64_t mix(uint64_t h, const void *p, size_t n)
{
    return h * 31 + str_hash((struct str){p, n});
}
static uint64_t mix_table(uint64_t h, const struct rec_table *t)
{
    h = mix(h, t->name, strlen(t->name));
    for (int i = 0; i < t->n; i++) {
        const struct rec_row *r = &t->rows[i];
        uint32_t v[] = {r->kind, r->off, r->n};
        h = mix(h, r->name, strlen(r->name));
        h = mix(h, v, sizeof v);
        if (r->sub)
            h = mix_table(h, r->sub);
    }
    return h;
}
uint64_t rec_fingerprint(void)
{
    static const struct control_config c = {0};
    static const struct control_snapshot in = {0};
    static const struct control_out out = {0};
    struct rec_part parts[REC_PARTS];
    size_t sizes[] = {sizeof(struct control_state),
                      sizeof(struct control_charger_state),
                      sizeof(struct control_circuit_state),
                      sizeof(struct control_load_state),
                      sizeof(void *),
                      CONTROL_CODES};
    uint64_t h = mix(0, sizes, sizeof sizes);
    for (int n = rec_config(&c, parts), i = 0; i < n; i++)
        h = mix_table(h, parts[i].table);
    for (int n = rec_snapshot(&c, &in, parts), i = 0; i < n; i++)
        h = mix_table(h, parts[i].table);
    for (int n = rec_result(&c, &out, parts), i = 0; i < n; i++)
        h = mix_table(h, parts[i].table);
    for (int i = 0; i < CONTROL_CODES; i++)
        h = mix(h, rec_code_name((enum control_code)i),
                strlen(rec_code_name((enum control_code)i)));
    return h;
}
