/* SPDX-License-Identifier: Apache-2.0 */
#include "services/wattbus/cli.h"

int cmd_check(struct cli *c)
{
    struct site *s = NULL;
    struct site_report rep;
    enum err e = site_load(c->argv[0], &s, &rep);
    fputs(rep.text, stdout);
    if (e == ERR_OK && !c->quiet)
        printf("%s: good (%d meters, %d inverters, %d batteries, %d chargers%s)\n", c->argv[0],
               s->meters_n, s->inverters_n, s->batteries_n, s->chargers_n,
               rep.warnings ? ", with warnings" : "");
    site_report_free(&rep);
    site_free(s);
    return e == ERR_OK ? 0 : 1;
}
