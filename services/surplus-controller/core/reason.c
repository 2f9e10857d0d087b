/* SPDX-License-Identifier: Apache-2.0
 * reason.c -- why a setpoint is what it is, for people and for programs. */
#include "services/surplus-controller/core/control.h"

static const struct {
    const char *name, *text;
    enum limit limit;
    const char *params[3];
} rows[] = {
#define R(id, name, limit, text, a, b, c) {name, text, LIMIT_##limit, {a, b, c}},
    CONTROL_REASONS(R)
#undef R
};

enum limit control_reason_limit(enum control_code code)
{
    return rows[code].limit;
}
static void add_amps(struct buf *b, int32_t ma)
{
    int32_t tenths = (ma + 50) / 100;
    buf_addi(b, tenths / 10);
    if (tenths % 10) {
        buf_addz(b, ".");
        buf_addi(b, tenths % 10);
    }
}
/* {0}: parameter 0; {0*}: mA shown as A; {c}: the circuit. */
static const char *add_slot(struct buf *b, const char *at, const struct control_reason *r,
                            const char *circuit)
{
    if (at[1] == 'c') {
        buf_addz(b, circuit && *circuit ? circuit : "the circuit");
        return at + 3;
    }
    int32_t v = r->p[at[1] - '0'];
    if (at[2] != '*') {
        buf_addi(b, v);
        return at + 3;
    }
    add_amps(b, v);
    return at + 4;
}
void control_reason_text(const struct control_reason *r, const char *circuit, struct reason *out)
{
    struct buf b = buf_of(out->text, sizeof out->text);
    bool named = false;
    memset(out, 0, sizeof *out);
    str_copyz(out->code, sizeof out->code, rows[r->code].name);
    for (const char *at = rows[r->code].text; *at;) {
        if (*at == '{') {
            named = named || at[1] == 'c';
            at = add_slot(&b, at, r, circuit);
        } else {
            buf_add(&b, (struct str){at, 1});
            at++;
        }
    }
    for (int i = 0; i < 3 && rows[r->code].params[i][0]; i++) {
        struct param *p = &out->params[out->params_n++];
        str_copyz(p->name, sizeof p->name, rows[r->code].params[i]);
        p->value = SOME_I64(r->p[i]);
    }
    if (named && circuit && *circuit) {
        struct param *p = &out->params[out->params_n++];
        str_copyz(p->name, sizeof p->name, "circuit");
        str_copyz(p->text, sizeof p->text, circuit);
    }
}
