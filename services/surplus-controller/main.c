/* SPDX-License-Identifier: Apache-2.0 */
#include "services/surplus-controller/io/brain.h"
#include "services/surplus-controller/io/recorder.h"
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
    else if (s.check_only)
        code = 0;
    else {
        recorder_signals(brain->recorder);
        code = brain_finish(brain, svc_run(&s));
    }
    svc_fini(&s);
    brain_free(brain);
    return code;
}
