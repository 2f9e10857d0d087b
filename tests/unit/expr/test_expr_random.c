/* SPDX-License-Identifier: Apache-2.0
 * Random trees, written with as few brackets as the rules of precedence allow, against an evaluator
 * that walks the tree: parser, program and evaluator must agree with it to the last bit. */
#include "libcommon/pure/expr.h"
#include "tests/unit/expr/test_expr.h"
#include <math.h>

enum { NODES = 40, VARS = 4, ROUNDS = 20000 };
struct node {
    int kind; /* index into kinds; -1: number; -2: variable */
    double v;
    int a, b, c;
};
struct tree {
    struct node n[NODES];
    int used;
    uint64_t seed;
};
enum form { INFIX, PREFIX, CALL, CHOICE };
/* Level: how tight; sides of the same level need brackets where the grammar groups otherwise. */
static const struct {
    const char *text;
    enum form form;
    int level, args;
    bool right; /* groups from the right */
} kinds[] = {
    {"?", CHOICE, 0, 3, true},     {" or ", INFIX, 1, 2, false}, {" && ", INFIX, 2, 2, false},
    {"not ", PREFIX, 3, 1, true},  {"<", INFIX, 4, 2, false},    {">=", INFIX, 4, 2, false},
    {" == ", INFIX, 4, 2, false},  {" + ", INFIX, 5, 2, false},  {" -", INFIX, 5, 2, false},
    {"* ", INFIX, 6, 2, false},    {"/", INFIX, 6, 2, false},    {" % ", INFIX, 6, 2, false},
    {"-", PREFIX, 7, 1, true},     {"!", PREFIX, 7, 1, true},    {"^", INFIX, 8, 2, true},
    {"min(", CALL, 9, 2, false},   {"max(", CALL, 9, 2, false},  {"default(", CALL, 9, 2, false},
    {"known(", CALL, 9, 1, false}, {"abs(", CALL, 9, 1, false}};

static uint32_t rnd(struct tree *t, uint32_t n)
{
    t->seed = t->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(t->seed >> 33) % n;
}
static int grow(struct tree *t, int depth)
{
    int i = t->used++;
    struct node *n = &t->n[i];
    *n = (struct node){.kind = -1 - (int)rnd(t, 2)};
    n->v = n->kind == -1 ? rnd(t, 7) : rnd(t, VARS);
    if (depth == 0 || t->used > NODES - 10 || rnd(t, 5) == 0)
        return i;
    int kind = (int)rnd(t, COUNT_OF(kinds));
    n->kind = kind;
    n->a = grow(t, depth - 1);
    if (kinds[kind].args > 1)
        t->n[i].b = grow(t, depth - 1);
    if (kinds[kind].args > 2)
        t->n[i].c = grow(t, depth - 1);
    return i;
}
static void put(const struct tree *t, int i, int least, struct buf *b)
{
    const struct node *n = &t->n[i];
    if (n->kind == -1 || n->kind == -2) {
        buf_addf(b, n->kind == -1 ? "%d" : "v%d", (int)n->v);
        return;
    }
    int level = kinds[n->kind].level;
    bool bracket = level < least;
    buf_addz(b, bracket ? "(" : "");
    switch (kinds[n->kind].form) {
    case INFIX: {
        /* comparisons do not chain on either side; the right side of ^ may carry a sign */
        bool right = kinds[n->kind].right;
        put(t, n->a, level == 4 || right ? level + 1 : level, b);
        buf_addz(b, kinds[n->kind].text);
        put(t, n->b, right ? 7 : level + 1, b);
        break;
    }
    case PREFIX:
        buf_addz(b, kinds[n->kind].text);
        put(t, n->a, level, b);
        break;
    case CALL:
        buf_addz(b, kinds[n->kind].text);
        put(t, n->a, 0, b);
        if (kinds[n->kind].args > 1) {
            buf_addz(b, ",");
            put(t, n->b, 0, b);
        }
        buf_addz(b, ")");
        break;
    case CHOICE:
        put(t, n->a, 1, b);
        buf_addz(b, "?");
        put(t, n->b, 0, b);
        buf_addz(b, ":");
        put(t, n->c, 0, b);
        break;
    }
    buf_addz(b, bracket ? ")" : "");
}
/* Unknown is NaN here: another representation, so that a mistake in one is none in the other. */
static double binary(char op, double a, double b)
{
    if (isnan(a) || isnan(b))
        return (double)NAN;
    double v = op == '<'   ? a < b
               : op == '>' ? a >= b
               : op == '=' ? a == b
               : op == '+' ? a + b
               : op == '-' ? a - b
               : op == '*' ? a * b
               : op == '/' ? a / b
               : op == '%' ? fmod(a, b)
               : op == '^' ? pow(a, b)
               : op == 'm' ? (a < b ? a : b)
                           : (a > b ? a : b);
    return isinf(v) ? (double)NAN : v;
}
static double walk(const struct tree *t, int i, const double *vars)
{
    const struct node *n = &t->n[i];
    if (n->kind == -1)
        return n->v;
    if (n->kind == -2)
        return vars[(int)n->v];
    const char *text = kinds[n->kind].text;
    double a = walk(t, n->a, vars);
    double b = kinds[n->kind].args > 1 ? walk(t, n->b, vars) : 0;
    switch (text[0] == ' ' ? text[1] : text[0]) {
    case '?': return isnan(a) ? a : a != 0 ? b : walk(t, n->c, vars);
    case 'o': return a > 0 || a < 0 || b > 0 || b < 0 ? 1 : isnan(a) || isnan(b) ? (double)NAN : 0;
    case '&': return a == 0 || b == 0 ? 0 : isnan(a) || isnan(b) ? (double)NAN : 1;
    case 'n':
    case '!': return isnan(a) ? a : a == 0;
    case 'k': return !isnan(a);
    case 'd': return isnan(a) ? b : a;
    case 'a': return a < 0 ? -a : a;
    case 'm': return binary(text[1] == 'i' ? 'm' : 'M', a, b);
    default: break;
    }
    return text[0] == '-' ? -a : binary(text[0] == ' ' ? text[1] : text[0], a, b);
}
static enum err resolve(void *user, struct str name, uint16_t *var, struct err_text *why)
{
    UNUSED(user);
    if (name.len != 2 || name.p[0] != 'v')
        return err_set(why, ERR_UNKNOWN, "no value \"%.*s\"", STR_ARG(name));
    *var = (uint16_t)(name.p[1] - '0');
    return ERR_OK;
}

START_TEST(agrees_with_a_walk_over_the_tree)
{
    struct tree t = {.seed = 1};
    int known = 0, unknown = 0;
    for (int round = 0; round < ROUNDS; round++) {
        char text[EXPR_TEXT_MAX + 200];
        struct buf b = buf_of(text, sizeof text);
        double vars[VARS] = {0, -1.25, 1e200, (double)NAN};
        struct expr_value values[VARS];
        struct expr e;
        struct err_text why;
        int col;
        t.used = 0;
        int root = grow(&t, 5);
        put(&t, root, 0, &b);
        for (int i = 0; i < VARS; i++)
            values[i] = isnan(vars[i]) ? (struct expr_value){0, false} : expr_known(vars[i]);
        if (b.len > EXPR_TEXT_MAX)
            continue;
        enum err err = expr_parse((struct str){text, b.len}, resolve, NULL, &e, &col, &why);
        ck_assert_msg(err == ERR_OK, "%s: column %d: %s", text, col, why.s);
        struct expr_value v = expr_eval(&e, values);
        double want = walk(&t, root, vars);
        ck_assert_msg(v.known == !isnan(want), "%s gave %d %g", text, v.known, v.v);
        ck_assert_msg(!v.known || v.v == want, "%s gave %.17g, not %.17g", text, v.v, want);
        known += v.known;
        unknown += !v.known;
    }
    ck_assert_int_gt(known, ROUNDS / 2);
    ck_assert_int_gt(unknown, ROUNDS / 20);
}
END_TEST

/* A text with one character lost, doubled or replaced: accepted or refused, with a place. */
START_TEST(broken_texts_are_refused_with_a_place)
{
    struct tree t = {.seed = 2};
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
        char text[EXPR_TEXT_MAX + 200] = "";
        struct buf b = buf_of(text, sizeof text);
        struct expr e;
        struct err_text why = {""};
        int col = 0;
        t.used = 0;
        put(&t, grow(&t, 4), 0, &b);
        size_t at = rnd(&t, (uint32_t)b.len), len = b.len;
        if (rnd(&t, 2))
            text[at] = " ()<>=&|!?:,.-^%$v1"[rnd(&t, 19)];
        else
            memmove(&text[at], &text[at + 1], --len - at);
        if (expr_parse((struct str){text, len}, resolve, NULL, &e, &col, &why) == ERR_OK)
            continue;
        refused++;
        ck_assert_msg(col >= 1 && (size_t)col <= len + 1 && why.s[0], "%.*s", (int)len, text);
    }
    ck_assert_int_gt(refused, ROUNDS / 4);
}
END_TEST

void test_expr_random(TCase *t)
{
    tcase_add_test(t, agrees_with_a_walk_over_the_tree);
    tcase_add_test(t, broken_texts_are_refused_with_a_place);
}
