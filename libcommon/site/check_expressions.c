/* SPDX-License-Identifier: Apache-2.0
 * Expressions in the site file: every name must be there, and none may depend on itself. */
#include "libcommon/site/names.h"
#include "libcommon/site/private.h"

enum err check_resolve(void *names, struct str name, uint16_t *var, struct err_text *why)
{
    struct check_names *n = names;
    struct site_name found;
    *var = 0; /* only checked, never evaluated */
    enum err e = site_name_find(n->site, name, n->each, &found, why);
    if (e != ERR_OK)
        return e;
    if (found.kind == NAME_VARIABLE && n->variables_done && !n->variables_done[found.item])
        n->waits = true;
    if (found.kind == NAME_FIELD && found.msg == MSG_METER_STATE && n->meters_done)
        for (int i = 0; i < n->site->meters_n; i++)
            if (strcmp(n->site->meters[i].id, found.id) == 0 && !n->meters_done[i])
                n->waits = true;
    return ERR_OK;
}
/* True when the text can be used, or is "". */
static bool check_text(const struct check *c, enum site_section sec, const char *id,
                       const char *key, const char *text, int each)
{
    struct check_names names = {.site = c->site, .each = each};
    struct err_text why;
    struct expr e;
    int col;
    if (!text[0] || expr_parse(str_of(text), check_resolve, &names, &e, &col, &why) == ERR_OK)
        return true;
    check_text_error(c, sec, id, key, col, "%s", why.s);
    return false;
}

/* ---- what depends on what ---- */
enum { TEXTS = 6 };
static int texts_of(const struct meter_conf *m, const char *texts[TEXTS])
{
    const char *all[TEXTS] = {m->expression,    m->expression_l1,     m->expression_l2,
                              m->expression_l3, m->expression_import, m->expression_export};
    memcpy(texts, all, sizeof all);
    return TEXTS;
}
static bool settled(struct check_names *n, const char *const *texts, int count)
{
    struct err_text why;
    struct expr e;
    int col;
    n->waits = false;
    for (int i = 0; i < count && !n->waits; i++)
        if (texts[i][0] && expr_parse(str_of(texts[i]), check_resolve, n, &e, &col, &why) != ERR_OK)
            return true; /* reported by check_text */
    return !n->waits;
}
/* What is left when everything is settled that stands on settled things goes round in a circle. */
static void check_circles(const struct check *c)
{
    const struct site *s = c->site;
    bool *variables = calloc((size_t)s->variables_n + (size_t)s->meters_n + 1, sizeof(bool));
    if (!variables)
        abort();
    bool *meters = variables + s->variables_n;
    struct check_names n = {
        .site = s, .each = -1, .variables_done = variables, .meters_done = meters};
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < s->variables_n; i++) {
            const char *text = s->variables[i].conf.expression;
            if (!variables[i] && settled(&n, &text, 1))
                variables[i] = more = true;
        }
        for (int i = 0; i < s->meters_n; i++) {
            const char *texts[TEXTS];
            if (!meters[i] && settled(&n, texts, texts_of(&s->meters[i].conf, texts)))
                meters[i] = more = true;
        }
    }
    for (int i = 0; i < s->variables_n; i++)
        if (!variables[i])
            check_error(c, SITE_variables, s->variables[i].id, "expression",
                        "expression: goes round in a circle");
    for (int i = 0; i < s->meters_n; i++)
        if (!meters[i])
            check_error(c, SITE_meters, s->meters[i].id, "expression",
                        "expression: goes round in a circle");
    free(variables);
}

/* ---- where they stand ---- */
static void check_meter(const struct check *c, const struct site_meters *m)
{
    static const char *const keys[TEXTS] = {"expression",        "expression_l1",
                                            "expression_l2",     "expression_l3",
                                            "expression_import", "expression_export"};
    const char *texts[TEXTS];
    texts_of(&m->conf, texts);
    for (int i = 0; i < TEXTS; i++) {
        check_text(c, SITE_meters, m->id, keys[i], texts[i], -1);
        if (texts[i][0] && !m->conf.expression[0])
            check_error(c, SITE_meters, m->id, keys[i], "%s needs expression", keys[i]);
    }
    if (m->conf.expression[0] && m->conf.bus[0])
        check_error(c, SITE_meters, m->id, "bus", "bus is not for a meter with an expression");
    if (m->conf.expression[0] && m->conf.profile[0])
        check_error(c, SITE_meters, m->id, "profile",
                    "profile is not for a meter with an expression");
}
void check_expressions(const struct check *c)
{
    const struct site *s = c->site;
    for (int i = 0; i < s->variables_n; i++)
        check_text(c, SITE_variables, s->variables[i].id, "expression",
                   s->variables[i].conf.expression, -1);
    for (int i = 0; i < s->meters_n; i++)
        check_meter(c, &s->meters[i]);
    for (int i = 0; i < s->circuits_n; i++) {
        const struct site_circuits *x = &s->circuits[i];
        check_text(c, SITE_circuits, x->id, "current_limit", x->conf.current_limit, 0);
        check_text(c, SITE_circuits, x->id, "power_limit", x->conf.power_limit, -1);
    }
    check_circles(c);
}
