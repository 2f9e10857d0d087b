/* SPDX-License-Identifier: Apache-2.0
 * ocpp-gateway: wiring only. Decisions are in core/, messages in wire/, sockets and bus in io/. */
#include "services/ocpp-gateway/io/gateway.h"
#include <sysexits.h>

int main(int argc, char **argv)
{
    struct svc s;
    struct gateway *gateway = NULL;
    int code;
    if (svc_init(&s, "ocpp-gateway", argc, argv, &code) != ERR_OK)
        return code;
    if (gateway_new(&s, &gateway) != ERR_OK)
        code = EX_UNAVAILABLE;
    else
        code = s.check_only ? EX_OK : svc_run(&s);
    gateway_stop(gateway);
    svc_fini(&s);
    gateway_free(gateway);
    return code;
}
