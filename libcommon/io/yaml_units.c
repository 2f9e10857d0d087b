/* SPDX-License-Identifier: Apache-2.0
 * Numbers with units, as people write them in files. Decimal digits are scaled exactly: no floats,
 * so 0.3215 EUR/kWh is 321500 and nothing else. */
#include "libcommon/io/yaml.h"

/* The first word is the usual one. */
const struct unit_row unit_rows[] = {
    {"mA", "_ma", "a current", "16 A", {{"A", 1000}, {"mA", 1}}},
    {"W", "_w", "a power", "4200 W", {{"W", 1}, {"kW", 1000}, {"MW", 1000000}}},
    {"VA", "_va", "an apparent power", "4600 VA", {{"VA", 1}, {"kVA", 1000}}},
    {"Wh", "_wh", "an energy", "10 kWh", {{"kWh", 1000}, {"Wh", 1}, {"MWh", 1000000}}},
    {"ms", "_ms", "a time", "10 s", {{"s", 1000}, {"ms", 1}, {"min", 60000}, {"h", 3600000}}},
    {"permille", "_pm", "a percentage", "5 %", {{"%", 10}, {"‰", 1}}},
    {"micro/kWh", "_micro", "a price", "0.32 CUR/kWh", {{"CUR/kWh", 1000000}, {"ct/kWh", 10000}}},
    {"micro/month",
     "_micro",
     "a fee",
     "12.50 CUR/month",
     {{"CUR/month", 1000000}, {"ct/month", 10000}}},
};
const int unit_rows_n = COUNT_OF(unit_rows);

const struct unit_row *unit_row_of(const char *unit)
{
    for (int i = 0; i < unit_rows_n; i++)
        if (strcmp(unit_rows[i].unit, unit) == 0)
            return &unit_rows[i];
    return NULL;
}

/* The text with the currency in the place of CUR. */
static void put_currency(struct buf *b, const char *text, const char *currency)
{
    const char *cur = strstr(text, "CUR");
    if (!cur) {
        buf_addz(b, text);
        return;
    }
    buf_add(b, (struct str){text, (size_t)(cur - text)});
    buf_addz(b, currency);
    buf_addz(b, cur + 3);
}

static bool word_is(const char *word, const char *currency, struct str s)
{
    char full[24];
    struct buf b = buf_of(full, sizeof full);
    put_currency(&b, word, currency);
    return str_eq(s, full);
}

/* A decimal number at the front of *s: digits and how many of them stand behind the point. */
static bool take_decimal(struct str *s, int64_t *digits, int *decimals)
{
    bool neg = false, point = false, any = false;
    int64_t v = 0;
    int dec = 0;
    if (s->len && (s->p[0] == '-' || s->p[0] == '+')) {
        neg = s->p[0] == '-';
        *s = (struct str){s->p + 1, s->len - 1};
    }
    for (; s->len; *s = (struct str){s->p + 1, s->len - 1}) {
        char c = s->p[0];
        if (c == '.' && !point && any) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        if (v > (INT64_MAX - 9) / 10)
            return false;
        v = v * 10 + (c - '0');
        dec += point;
        any = true;
    }
    *digits = neg ? -v : v;
    *decimals = dec;
    return any && !(point && dec == 0);
}

/* digits * factor / 10^decimals when that is a whole number that fits. */
static bool scale(int64_t digits, int decimals, int64_t factor, int64_t *out)
{
    for (; decimals > 0 && digits % 10 == 0; decimals--)
        digits /= 10;
    for (; decimals > 0 && factor % 10 == 0; decimals--)
        factor /= 10;
    for (; decimals > 0; decimals--) {
        if (digits % 2 == 0 && factor % 5 == 0)
            digits /= 2, factor /= 5;
        else if (digits % 5 == 0 && factor % 2 == 0)
            digits /= 5, factor /= 2;
        else
            return false;
    }
    return !__builtin_mul_overflow(digits, factor, out);
}

bool unit_parse(const char *unit, const char *currency, struct str text, int64_t *out)
{
    const struct unit_row *row = unit_row_of(unit);
    if (!row)
        return str_i64(text, out) && !memchr(text.p, 'x', text.len) &&
               !memchr(text.p, 'X', text.len);
    struct str rest = str_trim(text);
    int64_t digits;
    int decimals;
    if (!take_decimal(&rest, &digits, &decimals))
        return false;
    rest = str_trim(rest);
    for (size_t i = 0; i < COUNT_OF(row->words) && row->words[i].word; i++)
        if (word_is(row->words[i].word, currency, rest))
            return scale(digits, decimals, row->words[i].factor, out);
    return false;
}

static void put_decimal(struct buf *b, int64_t v, int64_t factor)
{
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v, f = (uint64_t)factor;
    buf_addf(b, "%s%" PRIu64, v < 0 ? "-" : "", u / f);
    uint64_t frac = u % f;
    for (const char *sep = "."; frac && f % 10 == 0; sep = "") {
        f /= 10;
        buf_addf(b, "%s%" PRIu64, sep, frac / f);
        frac %= f;
    }
}

struct unit_text unit_format(const char *unit, const char *currency, int64_t v)
{
    struct unit_text t;
    struct buf b = buf_of(t.s, sizeof t.s);
    const struct unit_row *row = unit_row_of(unit);
    if (!row) {
        buf_addf(&b, "%" PRId64, v);
        return t;
    }
    const struct unit_word *best = &row->words[0];
    for (size_t i = 0; v != 0 && i < COUNT_OF(row->words) && row->words[i].word; i++) {
        const struct unit_word *w = &row->words[i];
        bool bigger = w->factor > best->factor || v % best->factor != 0;
        if (v % w->factor == 0 && bigger && w->factor > 1)
            best = w;
    }
    put_decimal(&b, v, best->factor);
    buf_addz(&b, " ");
    put_currency(&b, best->word, currency);
    return t;
}

struct unit_text unit_expected(const char *unit, const char *currency)
{
    struct unit_text t;
    struct buf b = buf_of(t.s, sizeof t.s);
    const struct unit_row *row = unit_row_of(unit);
    if (!row) {
        buf_addz(&b, "a whole number");
        return t;
    }
    buf_addf(&b, "%s such as ", row->noun);
    put_currency(&b, row->example, currency);
    return t;
}
