/* SPDX-License-Identifier: Apache-2.0
 * cli.h -- what the subcommands of wattbus share: options, the broker, output. One thread, no loop:
 * a tool asks, waits and ends. */
#ifndef WATTBUS_CLI_H
#define WATTBUS_CLI_H
#include "libcommon/pure/clock.h"
#include "libcommon/site/site.h"
#include "proto/proto.h"

/* Options that a command takes, as bits. */
enum {
    OPT_QUIET = 1,  /* -q */
    OPT_ONCE = 2,   /* --once */
    OPT_UNTIL = 4,  /* --until */
    OPT_TAG = 8,    /* --tag */
    OPT_STDIO = 32, /* --stdio */
    OPT_SPAN = 64,  /* --from --to --charger --explain */
    OPT_BROKER = 16 /* -b -u -P -S -c */
};
struct cli {
    char host[96];
    int port;
    const char *user;   /* NULL: anonymous */
    char password[256]; /* "" for none */
    id_text site;
    bool quiet, once;
    const char *until, *tag; /* NULL: not given */
    const char *from, *to, *charger, *explain;
    int argc; /* what is left after the options */
    char **argv;
};
struct command {
    const char *name, *args;
    int min_args, max_args;
    unsigned options;
    int (*run)(struct cli *c); /* returns the exit code */
    const char *doc;
};
extern const struct command cli_commands[];
extern const int cli_commands_n;

/* Parses argv[1..] and runs the command; prints help where that fails. Returns the exit code. */
int cli_main(int argc, char **argv);
/* Both clocks, now. */
struct now cli_now(void);
/* "wattbus: " and the text on stderr; returns code. */
int cli_fail(int code, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The site at that path; its messages go to stderr (warnings too unless quiet). NULL: errors. */
struct site *cli_site(const char *path, bool quiet);
/* Splits "charger/garage"; false when it is no class and id. */
bool cli_target(const char *text, id_text cls, id_text id);

int cmd_acl(struct cli *c);
int cmd_check(struct cli *c);
int cmd_docs(struct cli *c);
int cmd_health(struct cli *c);
int cmd_replay(struct cli *c);
int cmd_sml(struct cli *c);
int cmd_request(struct cli *c);
int cmd_schema(struct cli *c);
int cmd_set(struct cli *c);
int cmd_step(struct cli *c);
int cmd_watch(struct cli *c);
#endif
