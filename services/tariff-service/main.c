/* SPDX-License-Identifier: Apache-2.0 */
#include "services/tariff-service/io/prices.h"
#include <sysexits.h>

int main(int argc, char **argv)
{
    struct svc s;
    int code;
    if (svc_init(&s, "tariff-service", argc, argv, &code) != ERR_OK)
        return code;
    struct prices *prices = prices_new(&s);
    if (!prices)
        code = EX_CONFIG;
    else
        code = s.check_only ? 0 : svc_run(&s);
    svc_fini(&s);
    prices_free(prices);
    return code;
}
