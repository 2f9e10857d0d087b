/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/pure/field.h"

const struct field *record_field(const struct record *r, struct str name)
{
    for (int i = 0; i < r->nfields; i++)
        if (str_eq(name, r->fields[i].name))
            return &r->fields[i];
    return NULL;
}

int enum_from(const struct enum_desc *e, struct str text)
{
    for (int i = 1; i < e->n; i++)
        if (str_eq(text, e->texts[i]))
            return i;
    return 0;
}

const char *enum_text(const struct enum_desc *e, int v)
{
    return v > 0 && v < e->n ? e->texts[v] : "";
}
