/* SPDX-License-Identifier: Apache-2.0
 * Vehicles: where they stand and what they are recognised by. */
#include "libcommon/site/private.h"

static char tag_next(const char **s)
{
    while (**s && strchr(" :-", **s))
        (*s)++;
    char c = **s;
    *s += c != '\0';
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}
bool site_same_tag(const char *a, const char *b)
{
    char c;
    do {
        c = tag_next(&a);
        if (c != tag_next(&b))
            return false;
    } while (c);
    return true;
}

static void check_default(const struct check *c, int i)
{
    const struct site_vehicles *v = &c->site->vehicles[i];
    if (!v->conf.charger[0])
        return;
    if (!site_charger(c->site, v->conf.charger))
        check_error(c, SITE_vehicles, v->id, "charger", "charger %s is not under chargers",
                    v->conf.charger);
    for (int k = 0; k < i; k++)
        if (strcmp(c->site->vehicles[k].conf.charger, v->conf.charger) == 0)
            check_error(c, SITE_vehicles, v->id, "charger",
                        "charger %s is already that of vehicle %s; the other one is recognised by "
                        "tags or chosen (override/vehicle)",
                        v->conf.charger, c->site->vehicles[k].id);
}
static void check_tag(const struct check *c, int i, int n)
{
    const struct site_vehicles *v = &c->site->vehicles[i];
    char at[24];
    snprintf(at, sizeof at, "tags.%d", n + 1);
    for (int k = 0; k <= i; k++) {
        const struct site_vehicles *o = &c->site->vehicles[k];
        for (int m = 0; m < (k == i ? n : o->conf.tags_n); m++)
            if (site_same_tag(o->conf.tags[m], v->conf.tags[n])) {
                check_error(c, SITE_vehicles, v->id, at, "tag %s is already one of vehicle %s",
                            v->conf.tags[n], o->id);
                return;
            }
    }
}
void check_vehicles(const struct check *c)
{
    for (int i = 0; i < c->site->vehicles_n; i++) {
        check_default(c, i);
        for (int n = 0; n < c->site->vehicles[i].conf.tags_n; n++)
            check_tag(c, i, n);
    }
}
