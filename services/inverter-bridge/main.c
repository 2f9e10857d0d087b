/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/device/engine.h"
#include <sysexits.h>

int main(int argc, char **argv)
{
    struct svc s;
    int code;
    if (svc_init(&s, "inverter-bridge", argc, argv, &code) != ERR_OK)
        return code;
    struct engine *engine = engine_new(&s);
    if (!engine)
        code = EX_CONFIG;
    else
        code = s.check_only ? 0 : svc_run(&s);
    engine_stop(engine);
    svc_fini(&s);
    engine_free(engine);
    return code;
}
