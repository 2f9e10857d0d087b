/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/io/brain.h"
#include <sysexits.h>

int main(int argc, char **argv)
{
    struct svc s;
    int code;
    if (svc_init(&s, "surplus-controller", argc, argv, &code) != ERR_OK)
        return code;
    struct brain *brain = brain_new(&s);
    if (!brain)
        code = EX_CONFIG;
    else
        code = s.check_only ? 0 : brain_finish(brain, svc_run(&s));
    svc_fini(&s);
    brain_free(brain);
    return code;
}
