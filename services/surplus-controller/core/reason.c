/* SPDX-License-Identifier: Apache-2.0
 * reason.c -- why a setpoint is what it is, for people and for programs. */
#include "services/surplus-controller/core/reason.h"
#include "services/surplus-controller/core/control.h"

static const struct reason_row rows[] = {CONTROL_REASONS(REASON_ROW)};

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
/* {0}: parameter 0; {0*}: mA shown as A; {c}: the circuit; {n}: the name of a rule. */
static const char *add_slot(struct buf *b, const char *at, const int32_t p[3], const char *circuit)
{
    if (at[1] == 'c' || at[1] == 'n') {
        buf_addz(b, circuit && *circuit ? circuit : at[1] == 'c' ? "the circuit" : "?");
        return at + 3;
    }
    int32_t v = p[at[1] - '0'];
    if (at[2] != '*') {
        buf_addi(b, v);
        return at + 3;
    }
    add_amps(b, v);
    return at + 4;
}
void reason_fill(const struct reason_row *r, const int32_t p[3], const char *circuit,
                 struct reason *out)
{
    struct buf b = buf_of(out->text, sizeof out->text);
    const char *named = NULL; /* the parameter */
    memset(out, 0, sizeof *out);
    str_copyz(out->code, sizeof out->code, r->name);
    for (const char *at = r->text; *at;) {
        if (*at == '{') {
            named = at[1] == 'c' ? "circuit" : at[1] == 'n' ? "rule" : named;
            at = add_slot(&b, at, p, circuit);
        } else {
            buf_add(&b, (struct str){at, 1});
            at++;
        }
    }
    for (int i = 0; i < 3 && r->params[i][0]; i++) {
        struct param *q = &out->params[out->params_n++];
        str_copyz(q->name, sizeof q->name, r->params[i]);
        q->value = SOME_I64(p[i]);
    }
    if (named && circuit && *circuit) {
        struct param *q = &out->params[out->params_n++];
        str_copyz(q->name, sizeof q->name, named);
        str_copyz(q->text, sizeof q->text, circuit);
    }
}
void control_reason_text(const struct control_reason *r, const char *circuit, struct reason *out)
{
    reason_fill(&rows[r->code], r->p, circuit, out);
}
