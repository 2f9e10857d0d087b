/* SPDX-License-Identifier: Apache-2.0 */
#include "services/wattbus/acl.h"
#include "services/wattbus/cli.h"

int cmd_acl(struct cli *c)
{
    struct site *s = cli_site(c->argv[0], false);
    if (!s)
        return 1;
    size_t cap = acl_size_max(s);
    char *text = malloc(cap);
    if (!text)
        abort();
    struct buf b = buf_of(text, cap);
    acl_write(s, &b);
    assert(!b.cut);
    fputs(text, stdout);
    free(text);
    site_free(s);
    return fflush(stdout) == 0 ? 0 : 1;
}
