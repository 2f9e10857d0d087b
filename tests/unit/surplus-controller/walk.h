/* SPDX-License-Identifier: Apache-2.0
 * walk.h -- a walk through the inputs of a pure core, what it answers written down. Step by step
 * one input takes another of its telling values (edges of ranges, unset), the answer is logged when
 * it changes, and the whole is compared with golden/NAME.txt. It shows every unmeant change, with
 * the inputs that led to it; what is right is said by the other tests. */
#ifndef WATTBUS_TEST_WALK_H
#define WATTBUS_TEST_WALK_H
#include <stdio.h>
#include "libcommon/pure/sample.h"

enum walk_kind { WALK_I32, WALK_OPT, WALK_BOOL, WALK_U8, WALK_ENUM, WALK_PHASES };
enum { WALK_UNSET = -2147483647, WALK_LINES = 16 };
struct walk_field {
    const char *name;
    enum walk_kind kind;
    void *at;
    const int32_t *values;
    int n;
};
/* Enums have the width of unsigned here. */
#define WALK_VALUES(...)                                                                           \
    (const int32_t[]){__VA_ARGS__}, (int)(sizeof((int32_t[]){__VA_ARGS__}) / sizeof(int32_t))
struct walk {
    FILE *to, *inputs; /* of the steps since the last line */
    char *text, *pending, was[WALK_LINES][512];
    size_t bytes, pending_bytes;
    uint32_t seed;
    bool wrote;
};
void walk_begin(struct walk *w);
/* A new walk in the same file. */
void walk_title(struct walk *w, uint32_t seed, const char *title);
/* lo .. hi */
int32_t walk_dice(struct walk *w, int32_t lo, int32_t hi);
/* One of the values, evenly. */
int32_t walk_pick(struct walk *w, const int32_t *values, int n);
/* One field takes one of its values, written down. */
void walk_change(struct walk *w, const struct walk_field *fields, int n);
void walk_note(struct walk *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Line number k of the answer; written, after the inputs that led to it, when it has changed. */
void walk_line(struct walk *w, int k, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The last line of a step: numbers that may drift; written only below another one. */
void walk_numbers(struct walk *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Ends it and compares; WATTBUS_GOLDEN=write makes the file anew: tests/run golden. */
void walk_end(struct walk *w, const char *name);
#endif
