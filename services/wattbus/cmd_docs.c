/* SPDX-License-Identifier: Apache-2.0 */
#include "services/wattbus/cli.h"
#include "services/wattbus/docs.h"
#include <sysexits.h>

int cmd_docs(struct cli *c)
{
    static char text[CONFIGURATION_DOC_MAX];
    struct buf b = buf_of(text, sizeof text);
    if (strcmp(c->argv[0], "configuration") != 0)
        return cli_fail(EX_USAGE, "expected configuration, got %s", c->argv[0]);
    configuration_doc(&b);
    assert(!b.cut);
    fputs(text, stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}
