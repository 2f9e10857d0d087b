/* SPDX-License-Identifier: Apache-2.0
 * meter-reader: what is only measured. The device engine under its name (DESIGN.md). */
#include "libcommon/device/engine.h"

int main(int argc, char **argv)
{
    return engine_main("meter-reader", argc, argv);
}
