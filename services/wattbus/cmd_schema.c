/* SPDX-License-Identifier: Apache-2.0 */
#include "services/wattbus/cli.h"
#include "proto/schema.h"
#include <sysexits.h>

/* By the name of the message ("CHARGER_STATE") or of its struct ("charger_state"). */
static const struct message *find(const char *name)
{
    for (int i = 0; i < MSG_COUNT; i++) {
        const struct message *m = message_of((enum message_id)i);
        if (str_eq_nocase(str_of(name), str_of(m->name)))
            return m;
    }
    return NULL;
}

int cmd_schema(struct cli *c)
{
    if (c->argc == 0) {
        for (int i = 0; i < MSG_COUNT; i++) {
            const struct message *m = message_of((enum message_id)i);
            printf("%-20s %-22s %s\n", m->name, m->path, m->doc);
        }
        return 0;
    }
    const struct message *m = find(c->argv[0]);
    if (!m)
        return cli_fail(EX_USAGE, "no message %s; `wattbus schema` lists them", c->argv[0]);
    static char text[DOCUMENT_MAX];
    struct buf b = buf_of(text, sizeof text);
    schema_write(m, &b);
    assert(!b.cut);
    fputs(text, stdout);
    return 0;
}
