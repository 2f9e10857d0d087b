/* SPDX-License-Identifier: Apache-2.0 */
#include "services/wattbus/cli.h"

/* name, arguments, how many of them, options, function, help */
const struct command cli_commands[] = {
    {"check", "SITE.yaml", 1, 1, OPT_QUIET, cmd_check,
     "check a site file as a whole; -q says nothing when it is good"},
    {"acl", "SITE.yaml", 1, 1, 0, cmd_acl, "write the broker's access list: one user per service"},
    {"schema", "[MESSAGE]", 0, 1, 0, cmd_schema,
     "print the JSON Schema of a message, or the names of all"},
    {"watch", "[--once]", 0, 0, OPT_BROKER | OPT_ONCE, cmd_watch,
     "show the house in the terminal; --once prints it and ends"},
    {"set", "TARGET FIELD VALUE [--until TIME]", 3, 3, OPT_BROKER | OPT_UNTIL, cmd_set,
     "override a setting, e.g. set charger/garage mode solar_pure --until 18:00\n"
     "      VALUE auto ends it; TIME: 18:00, '2 h', 2026-11-20T17:00:00Z or unplugged"},
    {"request", "TARGET ACTION [KEY [VALUE]]", 2, 4, OPT_BROKER | OPT_TAG, cmd_request,
     "ask for one action: request charger/garage unlock; --tag TAG for start, authorise"},
    {"health", "SERVICE", 1, 1, OPT_BROKER, cmd_health,
     "exit 0 when the service is alive on the bus, for health checks"},
    {"step", "--stdio", 0, 0, OPT_STDIO, cmd_step,
     "the controller's decisions for lines of JSON on stdin (docs/step.md)"},
    {"replay", "FILE [--from TIME] [--to TIME] [--charger ID] [--explain TIME]", 1, 1,
     OPT_QUIET | OPT_SPAN, cmd_replay,
     "run recorded decisions again and say what differs (exit 1); --explain says why\n"
     "      TIME: 2026-11-20T13:05:01Z, or UTC ms; -q: differences only"},
    {"sml", "FILE", 1, 1, 0, cmd_sml,
     "show what an electricity meter sends at its optical port: FILE is a recording, a serial\n"
     "      port with the reading head (9600 baud), or - for stdin"},
    {"docs", "configuration", 1, 1, 0, cmd_docs, "print docs/configuration.md"},
};
const int cli_commands_n = COUNT_OF(cli_commands);

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
