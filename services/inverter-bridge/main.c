/* SPDX-License-Identifier: Apache-2.0
 * inverter-bridge: inverters and batteries: read, limit, control. The device engine under its name
 * (DESIGN.md). */
#include "libcommon/device/engine.h"

int main(int argc, char **argv)
{
    return engine_main("inverter-bridge", argc, argv);
}
