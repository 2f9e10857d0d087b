/* SPDX-License-Identifier: Apache-2.0
 * record.h -- a decision as JSON: what went into control_step and what came out. Pure.
 *
 * Snapshot, configuration and result are described by rows (record_rows.h), one for every member: a
 * member that is not listed does not compile. What is written is the difference to what was
 * written before, and to zero at the beginning, so that a line costs little and says what
 * happened. The state is kept as bytes with a fingerprint of its layout: exact, for the program
 * that wrote it. services/wattbus/replay reads it. */
#ifndef WATTBUS_RECORD_H
#define WATTBUS_RECORD_H
#include "services/surplus-controller/core/load.h"

enum rec_kind {
    REC_BOOL,
    REC_U8,
    REC_I16,
    REC_I32,
    REC_U32,
    REC_I64,
    REC_MONO,
    REC_ENUM, /* a number, or one of en's texts */
    REC_CODE, /* of a reason, by its name */
    REC_OPTB,
    REC_OPT32,
    REC_OPT64,
    REC_PHASE3, /* struct phases_i32 */
    REC_SUB,
    REC_ARR32, /* int32_t [n] */
    REC_PTR,   /* an array of another part; not written here */
};
struct rec_table;
struct rec_row {
    const char *name;
    enum rec_kind kind;
    uint32_t off;
    uint16_t n; /* REC_ARR32 */
    const struct rec_table *sub;
    const struct enum_desc *en;
};
struct rec_table {
    const char *name;
    const struct rec_row *rows;
    int n;
    size_t size;
};

/* A struct, or an array of them, of one kind of a line. */
struct rec_part {
    const char *name;
    const struct rec_table *table;
    void *items; /* the live ones */
    int n;
    bool many; /* an object keyed by index; else the object itself */
};
enum { REC_PARTS = 5, REC_BLOCKS = 5 };
/* Parts of configuration, snapshot and result; returns how many. */
int rec_config(const struct control_config *c, struct rec_part parts[REC_PARTS]);
int rec_snapshot(const struct control_config *c, const struct control_snapshot *in,
                 struct rec_part parts[REC_PARTS]);
int rec_result(const struct control_config *c, const struct control_out *out,
               struct rec_part parts[REC_PARTS]);
/* Bytes of a part's items. */
size_t rec_size(const struct rec_part *p);
/* Upper bound of what rec_write adds for these parts. */
size_t rec_text_max(const struct rec_part *parts, int n);
/* Writes "name":{…},… of what differs from `old[i]` (rec_size bytes each), then makes that equal.
 * Nothing differs: nothing. Returns whether something was written. */
bool rec_write(const struct rec_part *parts, int n, void *const *old, struct buf *b);

/* True when a member has the same value; what is unset has none. */
bool rec_same(const struct rec_row *r, const void *a, const void *b);
/* Its value as JSON; not of a SUB. */
void rec_value(const struct rec_row *r, const void *p, struct buf *b);

/* The state as blocks of bytes. */
struct rec_block {
    void *p;
    size_t size;
};
int rec_state(const struct control_state *s, const struct control_config *c,
              struct rec_block blocks[REC_BLOCKS]);
/* Its bytes as base64. Pointers are left out. */
void rec_state_write(const struct control_state *s, const struct control_config *c, struct buf *b);
/* The way back; the arrays of *s are the caller's and stay where they are. False: other lengths. */
bool rec_state_read(struct control_state *s, const struct control_config *c, struct str base64);
/* Of all rows and of the state's sizes: equal where bytes of a state mean the same. */
uint64_t rec_fingerprint(void);
/* Name of a reason's code. */
const char *rec_code_name(enum control_code code);
int rec_code_of(struct str name); /* -1: none */
#endif
