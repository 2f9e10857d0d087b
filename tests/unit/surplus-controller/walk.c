/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/surplus-controller/walk.h"
#include <check.h>
#include <stdarg.h>
#include <stdlib.h>

static FILE *text_file(char **text, size_t *bytes)
{
    FILE *f = open_memstream(text, bytes);
    ck_assert_ptr_nonnull(f);
    return f;
}
void walk_begin(struct walk *w)
{
    memset(w, 0, sizeof *w);
    w->to = text_file(&w->text, &w->bytes);
    w->inputs = text_file(&w->pending, &w->pending_bytes);
}
static void forget_inputs(struct walk *w)
{
    fclose(w->inputs);
    free(w->pending);
    w->inputs = text_file(&w->pending, &w->pending_bytes);
}
void walk_title(struct walk *w, uint32_t seed, const char *title)
{
    forget_inputs(w);
    fprintf(w->to, "%s# %s, walk %u\n", ftell(w->to) ? "\n" : "", title, seed);
    w->seed = seed * 2654435761u + 1;
    memset(w->was, 0, sizeof w->was);
}
int32_t walk_dice(struct walk *w, int32_t lo, int32_t hi)
{
    w->seed = w->seed * 1664525u + 1013904223u;
    return lo + (int32_t)((w->seed >> 8) % (uint32_t)(hi - lo + 1));
}
int32_t walk_pick(struct walk *w, const int32_t *values, int n)
{
    return values[walk_dice(w, 0, n - 1)];
}
static int32_t get(const struct walk_field *f)
{
    const struct opt_i32 *o = f->at;
    const struct phases_i32 *p = f->at;
    switch (f->kind) {
    case WALK_I32: return *(const int32_t *)f->at;
    case WALK_OPT: return o->set ? o->v : WALK_UNSET;
    case WALK_BOOL: return *(const bool *)f->at;
    case WALK_U8: return *(const uint8_t *)f->at;
    case WALK_ENUM: return (int32_t)(*(const unsigned *)f->at);
    case WALK_PHASES: return p->set ? p->v[0] : WALK_UNSET;
    }
    return WALK_UNSET;
}
static void set(const struct walk_field *f, int32_t v)
{
    struct opt_i32 *o = f->at;
    struct phases_i32 *p = f->at;
    switch (f->kind) {
    case WALK_I32: *(int32_t *)f->at = v; return;
    case WALK_OPT: *o = v == WALK_UNSET ? (struct opt_i32){0} : SOME_I32(v); return;
    case WALK_BOOL: *(bool *)f->at = v != 0; return;
    case WALK_U8: *(uint8_t *)f->at = (uint8_t)v; return;
    case WALK_ENUM: *(unsigned *)f->at = (unsigned)v; return;
    case WALK_PHASES:
        memset(p, 0, sizeof *p);
        for (int i = 0; i < PHASES && v != WALK_UNSET; i++)
            phase_put(p, i, v);
        return;
    }
}
void walk_change(struct walk *w, const struct walk_field *fields, int n)
{
    const struct walk_field *f = &fields[walk_dice(w, 0, n - 1)];
    int32_t v = walk_pick(w, f->values, f->n);
    for (int more = 0; more < 5 && v == get(f); more++) /* most want to change something */
        v = walk_pick(w, f->values, f->n);
    set(f, v);
    if (v == WALK_UNSET)
        walk_note(w, "%s unset", f->name);
    else
        walk_note(w, "%s %d", f->name, v);
}
void walk_note(struct walk *w, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs(ftell(w->inputs) ? ", " : "", w->inputs);
    vfprintf(w->inputs, fmt, ap);
    va_end(ap);
}
void walk_line(struct walk *w, int k, const char *fmt, ...)
{
    char is[sizeof w->was[0]];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(is, sizeof is, fmt, ap);
    va_end(ap);
    ck_assert(n >= 0 && (size_t)n < sizeof is && k < WALK_LINES);
    if (strcmp(is, w->was[k]) == 0)
        return;
    memcpy(w->was[k], is, sizeof is);
    if (!w->wrote) {
        fflush(w->inputs);
        fprintf(w->to, "%s\n", w->pending);
        forget_inputs(w);
    }
    w->wrote = true;
    fprintf(w->to, "  %s\n", is);
}
void walk_numbers(struct walk *w, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (w->wrote) {
        fputs("  ", w->to);
        vfprintf(w->to, fmt, ap);
        fputc('\n', w->to);
    }
    va_end(ap);
    w->wrote = false;
}

/* ---- the file ---- */
static void same_lines(const char *path, const char *is)
{
    static char want[4096], line[4096];
    FILE *f = fopen(path, "re");
    ck_assert_msg(f != NULL, "%s is missing", path);
    for (int n = 1; *is; n++) {
        int length = (int)strcspn(is, "\n");
        length += is[length] == '\n';
        snprintf(line, sizeof line, "%.*s", length, is);
        if (!fgets(want, sizeof want, f))
            want[0] = '\0';
        ck_assert_msg(strcmp(want, line) == 0, "%s:%d is\n%snow it is\n%s", path, n, want, line);
        is += length;
    }
    ck_assert_msg(!fgets(want, sizeof want, f), "%s goes on with %s", path, want);
    fclose(f);
}
void walk_end(struct walk *w, const char *name)
{
    char path[512];
    const char *root = getenv("WATTBUS_SOURCE"), *mode = getenv("WATTBUS_GOLDEN");
    fclose(w->to);
    fclose(w->inputs);
    free(w->pending);
    snprintf(path, sizeof path, "%s/tests/unit/surplus-controller/golden/%s.txt", root ? root : ".",
             name);
    if (mode && strcmp(mode, "write") == 0) {
        FILE *f = fopen(path, "we");
        ck_assert_ptr_nonnull(f);
        fputs(w->text, f);
        fclose(f);
    }
    same_lines(path, w->text);
    free(w->text);
}
