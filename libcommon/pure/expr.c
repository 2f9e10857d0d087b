/* SPDX-License-Identifier: Apache-2.0
 * The parser of expressions: recursive descent into a program for a stack. Depth, length and the
 * number of operations are bounded while it parses, so the evaluator needs no bounds of its own. */
#include "libcommon/pure/expr_code.h"

enum token {
    TOKEN_END,
    TOKEN_NUMBER,
    TOKEN_NAME, /* of a value or a function */
    TOKEN_BAD,
    /* operators of one character are that character */
    TOKEN_LE = 256,
    TOKEN_GE,
    TOKEN_EQ,
    TOKEN_NE,
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_NOT, /* the word; ! binds tighter */
};
struct parser {
    struct str text;
    expr_resolve *resolve;
    void *user;
    struct expr *out;
    int depth, stack; /* brackets; values on the stack at this point of the program */
    int *col;
    struct err_text *why;
    enum err err;
    /* the token in hand */
    int token; /* enum token or a character */
    size_t start, end;
    double number;
};

static const struct {
    const char *word;
    int token;
} words[] = {{"and", TOKEN_AND}, {"or", TOKEN_OR},  {"not", TOKEN_NOT}, {"<=", TOKEN_LE},
             {">=", TOKEN_GE},   {"==", TOKEN_EQ},  {"!=", TOKEN_NE},   {"&&", TOKEN_AND},
             {"||", TOKEN_OR},   {"<>", TOKEN_BAD}, {"**", TOKEN_BAD}};
static const struct {
    const char *word;
    double factor; /* to the unit of the bus */
} units[] = {{"A", 1e3},   {"mA", 1},  {"W", 1},     {"kW", 1e3},  {"MW", 1e6},    {"VA", 1},
             {"kVA", 1e3}, {"Wh", 1},  {"kWh", 1e3}, {"MWh", 1e6}, {"V", 1e3},     {"mV", 1},
             {"ms", 1},    {"s", 1e3}, {"min", 6e4}, {"h", 36e5},  {"ct/kWh", 1e4}};
static const struct function {
    const char *name;
    enum expr_code code;
    int lo, hi;
} functions[] = {
#define F(name, code, lo, hi, doc) {#name, EXPR_##code, lo, hi},
    EXPR_FUNCTIONS(F)
#undef F
};

/* ---- errors: the first one stays ---- */
PRINTF_LIKE(4, 5)
static bool fail(struct parser *p, enum err e, size_t at, const char *fmt, ...)
{
    if (p->err != ERR_OK)
        return false;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(p->why->s, sizeof p->why->s, fmt, ap);
    va_end(ap);
    *p->col = (int)at + 1;
    p->err = e;
    return false;
}
static bool unexpected(struct parser *p, const char *expected)
{
    if (p->token == TOKEN_END)
        return fail(p, ERR_SYNTAX, p->start, "expected %s, got the end", expected);
    int len = (int)(p->end - p->start < 40 ? p->end - p->start : 40);
    return fail(p, ERR_SYNTAX, p->start, "expected %s, got \"%.*s\"", expected, len,
                p->text.p + p->start);
}

/* ---- characters ---- */
static char peek(const struct parser *p, size_t at)
{
    return at < p->text.len ? p->text.p[at] : '\0';
}
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static bool in_name(char c)
{
    return is_letter(c) || is_digit(c) || c == '.';
}
static size_t skip_blanks(const struct parser *p, size_t at)
{
    while (peek(p, at) == ' ')
        at++;
    return at;
}
static struct str slice(const struct parser *p, size_t from, size_t to)
{
    return (struct str){p->text.p + from, to - from};
}

/* ---- numbers ---- */
/* "EUR/kWh" for any currency, and the words of the table; 0: no unit. */
static double unit_factor(struct str word)
{
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (str_eq(word, units[i].word))
            return units[i].factor;
    bool price = word.len == 7 && memcmp(word.p + 3, "/kWh", 4) == 0;
    for (size_t i = 0; price && i < 3; i++)
        price = word.p[i] >= 'A' && word.p[i] <= 'Z';
    return price ? 1e6 : 0;
}
/* The unit behind the number that ends at `at`; moves `at` behind it. */
static bool take_unit(struct parser *p, size_t *at, double *factor)
{
    size_t from = skip_blanks(p, *at), to = from;
    *factor = 1;
    while (is_letter(peek(p, to)) || (to > from && (peek(p, to) == '/' && peek(p, to + 1) == 'k')))
        to++;
    struct str word = slice(p, from, to);
    if (word.len == 0 || str_eq(word, "and") || str_eq(word, "or"))
        return true;
    *factor = unit_factor(word);
    *at = to;
    if (*factor == 0)
        return fail(p, ERR_SYNTAX, from,
                    "expected an operator or a unit such as A, kW, kWh, min or EUR/kWh, got "
                    "\"%.*s\"",
                    (int)(word.len < 40 ? word.len : 40), word.p);
    return true;
}
/* Digits are taken as a whole number and divided once, so that 0.29 EUR/kWh is 290000. */
static bool take_number(struct parser *p)
{
    size_t at = p->start;
    double digits = 0, scale = 1, factor;
    bool point = false;
    for (;; at++) {
        char c = peek(p, at);
        if (c == '.' && !point && is_digit(peek(p, at + 1))) {
            point = true;
            continue;
        }
        if (!is_digit(c))
            break;
        digits = digits * 10 + (c - '0');
        scale *= point ? 10 : 1;
    }
    p->end = at;
    if (peek(p, at) == '.')
        return fail(p, ERR_SYNTAX, at, "expected digits around one decimal point, got \".\"");
    if (at - p->start > 18)
        return fail(p, ERR_SYNTAX, p->start, "expected a number of at most 18 digits");
    if (!take_unit(p, &p->end, &factor))
        return false;
    p->token = TOKEN_NUMBER;
    p->number = digits * factor / scale;
    return true;
}

/* ---- tokens ---- */
static void take_name(struct parser *p)
{
    size_t at = p->start;
    /* - belongs to a name when it may be inside of an id; name_value cuts what was too much */
    while (in_name(peek(p, at)) || (peek(p, at) == '-' && in_name(peek(p, at + 1)) &&
                                    memchr(p->text.p + p->start, '.', at - p->start)))
        at++;
    p->end = at;
    p->token = TOKEN_NAME;
    struct str name = slice(p, p->start, at);
    for (size_t i = 0; i < 3; i++)
        if (str_eq(name, words[i].word))
            p->token = words[i].token;
    if (str_eq(name, "true") || str_eq(name, "false")) {
        p->token = TOKEN_NUMBER;
        p->number = str_eq(name, "true");
    }
}
/* One character, or what is printable of it. */
static bool bad_character(struct parser *p)
{
    char c = peek(p, p->start);
    if (c > ' ' && c < 127)
        return fail(p, ERR_SYNTAX, p->start, "expected an operator or a value, got \"%c\"%s", c,
                    c == '='   ? "; equality is =="
                    : c == '&' ? "; it is && or and"
                    : c == '|' ? "; it is || or or"
                               : "");
    return fail(p, ERR_SYNTAX, p->start, "expected an operator or a value, got byte 0x%02x",
                (unsigned)(unsigned char)c);
}
static bool next(struct parser *p)
{
    p->start = skip_blanks(p, p->end);
    char c = peek(p, p->start);
    p->end = p->start + 1;
    if (p->start >= p->text.len) {
        p->token = TOKEN_END;
        return true;
    }
    if (is_digit(c))
        return take_number(p);
    if (is_letter(c)) {
        take_name(p);
        return true;
    }
    for (size_t i = 3; i < COUNT_OF(words); i++)
        if (c == words[i].word[0] && peek(p, p->start + 1) == words[i].word[1]) {
            p->end++;
            p->token = words[i].token;
            return p->token != TOKEN_BAD || unexpected(p, c == '<' ? "!=" : "^");
        }
    p->token = c;
    return (c && strchr("+-*/%^<>!?:(),", c)) || bad_character(p);
}

/* ---- the program ---- */
static bool emit(struct parser *p, struct expr_op op)
{
    if (p->out->n == EXPR_OPS)
        return fail(p, ERR_FULL, p->start, "expected at most %d operations and values", EXPR_OPS);
    p->stack += 1 - op.n;
    if (p->stack > EXPR_DEPTH)
        return fail(p, ERR_FULL, p->start, "expected at most %d values before their operator",
                    EXPR_DEPTH);
    p->out->ops[p->out->n++] = op;
    return true;
}
static bool emit_code(struct parser *p, enum expr_code code, int n)
{
    return emit(p, (struct expr_op){.code = (uint8_t)code, .n = (uint8_t)n});
}

/* ---- grammar ---- */
static bool choice(struct parser *p);

static bool enter(struct parser *p)
{
    return ++p->depth <= EXPR_DEPTH ||
           fail(p, ERR_FULL, p->start, "expected at most %d brackets and signs in each other",
                EXPR_DEPTH);
}
static bool arguments(struct parser *p, const struct function *f, size_t at)
{
    int n = 0;
    do {
        if (!next(p) || (n == 0 && p->token == ')') || !choice(p))
            break;
        n++;
    } while (p->token == ',');
    if (p->err != ERR_OK)
        return false;
    if (p->token != ')')
        return unexpected(p, "an operator, a comma or )");
    if (n < f->lo || n > f->hi) {
        if (f->lo == f->hi)
            return fail(p, ERR_SYNTAX, at, "%s: expected %d value%s, got %d", f->name, f->lo,
                        f->lo == 1 ? "" : "s", n);
        return fail(p, ERR_SYNTAX, at, "%s: expected %d to %d values, got %d", f->name, f->lo,
                    f->hi, n);
    }
    return emit_code(p, f->code, n) && next(p);
}
static bool call(struct parser *p)
{
    struct str name = slice(p, p->start, p->end);
    size_t at = p->start;
    char known[120];
    struct buf b = buf_of(known, sizeof known);
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        buf_addf(&b, "%s%s", i ? ", " : "", functions[i].name);
        if (!str_eq(name, functions[i].name))
            continue;
        bool ok = next(p) && enter(p) && arguments(p, &functions[i], at);
        p->depth--;
        return ok;
    }
    return fail(p, ERR_UNKNOWN, at, "no function \"%.*s\"; there are %s",
                (int)(name.len < 40 ? name.len : 40), name.p, known);
}
/* Longest first: what follows a - may be part of an id, or the next operand. */
static bool value(struct parser *p)
{
    struct err_text first, other;
    uint16_t var = 0;
    size_t len = p->end - p->start;
    if (len > EXPR_NAME_MAX)
        return fail(p, ERR_SYNTAX, p->start, "expected a name of at most %d characters",
                    EXPR_NAME_MAX);
    enum err e = p->resolve(p->user, slice(p, p->start, p->end), &var, &first);
    enum err again = e;
    for (size_t cut = len; again != ERR_OK && cut > 0; cut--)
        if (p->text.p[p->start + cut - 1] == '-') {
            again = p->resolve(p->user, slice(p, p->start, p->start + cut - 1), &var, &other);
            p->end = again == ERR_OK ? p->start + cut - 1 : p->end;
        }
    if (again != ERR_OK)
        return fail(p, e, p->start, "%s", first.s);
    return emit(p, (struct expr_op){.code = EXPR_VAR, .var = var}) && next(p);
}
static bool primary(struct parser *p)
{
    if (p->token == TOKEN_NUMBER)
        return emit(p, (struct expr_op){.code = EXPR_NUMBER, .number = p->number}) && next(p);
    if (p->token == TOKEN_NAME)
        return peek(p, skip_blanks(p, p->end)) == '(' ? call(p) : value(p);
    if (p->token != '(')
        return unexpected(p, "a number, a name or (");
    if (!enter(p) || !next(p) || !choice(p))
        return false;
    p->depth--;
    return p->token == ')' ? next(p) : unexpected(p, "an operator or )");
}
static bool sign(struct parser *p);
static bool power(struct parser *p)
{
    if (!primary(p))
        return false;
    if (p->token != '^')
        return true;
    bool ok = enter(p) && next(p) && sign(p) && emit_code(p, EXPR_POW, 2);
    p->depth--;
    return ok;
}
static bool sign(struct parser *p)
{
    int op = p->token;
    if (op != '-' && op != '+' && op != '!')
        return power(p);
    bool ok = enter(p) && next(p) && sign(p);
    p->depth--;
    return ok && (op == '+' || emit_code(p, op == '-' ? EXPR_NEG : EXPR_NOT, 1));
}
/* Operators of two sides, loosest level first. */
enum level { LEVEL_OR, LEVEL_AND, LEVEL_NOT, LEVEL_COMPARE, LEVEL_SUM, LEVEL_PRODUCT, LEVEL_SIGN };
static const struct {
    int token;
    enum level level;
    enum expr_code code;
} operators[] = {
    {TOKEN_OR, LEVEL_OR, EXPR_OR},      {TOKEN_AND, LEVEL_AND, EXPR_AND},
    {'<', LEVEL_COMPARE, EXPR_LT},      {TOKEN_LE, LEVEL_COMPARE, EXPR_LE},
    {'>', LEVEL_COMPARE, EXPR_GT},      {TOKEN_GE, LEVEL_COMPARE, EXPR_GE},
    {TOKEN_EQ, LEVEL_COMPARE, EXPR_EQ}, {TOKEN_NE, LEVEL_COMPARE, EXPR_NE},
    {'+', LEVEL_SUM, EXPR_ADD},         {'-', LEVEL_SUM, EXPR_SUB},
    {'*', LEVEL_PRODUCT, EXPR_MUL},     {'/', LEVEL_PRODUCT, EXPR_DIV},
    {'%', LEVEL_PRODUCT, EXPR_MOD},
};
static int operator_of(const struct parser *p, enum level level)
{
    for (size_t i = 0; i < COUNT_OF(operators); i++)
        if (operators[i].token == p->token && operators[i].level == level)
            return (int)i;
    return -1;
}
static bool sides(struct parser *p, enum level level)
{
    if (level == LEVEL_SIGN)
        return sign(p);
    if (level == LEVEL_NOT && p->token == TOKEN_NOT) {
        bool ok = enter(p) && next(p) && sides(p, LEVEL_NOT) && emit_code(p, EXPR_NOT, 1);
        p->depth--;
        return ok;
    }
    if (!sides(p, level + 1))
        return false;
    for (int i; (i = operator_of(p, level)) >= 0;) {
        enum expr_code code = operators[i].code;
        if (!next(p) || !sides(p, level + 1) || !emit_code(p, code, 2))
            return false;
        if (level == LEVEL_COMPARE && operator_of(p, level) >= 0)
            return unexpected(p, "and or or between two comparisons");
    }
    return true;
}
static bool choice(struct parser *p)
{
    if (!sides(p, LEVEL_OR))
        return false;
    if (p->token != '?')
        return true;
    if (!enter(p) || !next(p) || !choice(p))
        return false;
    if (p->token != ':')
        return unexpected(p, "an operator or the : of ?:");
    bool ok = next(p) && choice(p) && emit_code(p, EXPR_SELECT, 3);
    p->depth--;
    return ok;
}
enum err expr_parse(struct str text, expr_resolve *resolve, void *user, struct expr *out, int *col,
                    struct err_text *why)
{
    struct parser p = {.text = text,
                       .resolve = resolve,
                       .user = user,
                       .out = out,
                       .col = col,
                       .why = why,
                       .err = ERR_OK};
    out->n = 0;
    if (text.len > EXPR_TEXT_MAX) {
        *col = EXPR_TEXT_MAX + 1;
        return err_set(why, ERR_FULL, "expected at most %d characters, got %zu", EXPR_TEXT_MAX,
                       text.len);
    }
    if (next(&p) && choice(&p) && p.token != TOKEN_END)
        unexpected(&p, "an operator or the end");
    return p.err;
}
