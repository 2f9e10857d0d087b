/* SPDX-License-Identifier: Apache-2.0 */
#include "services/wattbus/cli.h"
#include <errno.h>
#include <getopt.h>
#include <sysexits.h>

struct now cli_now(void)
{
    struct timespec m, w;
    clock_gettime(CLOCK_MONOTONIC, &m);
    clock_gettime(CLOCK_REALTIME, &w);
    return (struct now){{(int64_t)m.tv_sec * 1000 + m.tv_nsec / 1000000},
                        {(int64_t)w.tv_sec * 1000 + w.tv_nsec / 1000000}};
}

int cli_fail(int code, const char *fmt, ...)
{
    va_list ap;
    fputs("wattbus: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return code;
}

struct site *cli_site(const char *path, bool quiet)
{
    struct site *s = NULL;
    struct site_report rep;
    enum err e = site_load(path, &s, &rep);
    if (e != ERR_OK || !quiet)
        fputs(rep.text, stderr);
    site_report_free(&rep);
    return e == ERR_OK ? s : NULL;
}

bool cli_target(const char *text, id_text cls, id_text id)
{
    struct str rest = str_of(text), a = str_word(&rest, '/');
    return str_is_id(a) && str_is_id(rest) && str_copy(cls, ID_CAP, a) &&
           str_copy(id, ID_CAP, rest);
}

/* ---- help ---- */
static void help(FILE *to)
{
    fputs("usage: wattbus COMMAND [OPTION…] [ARGUMENT…]\n\n", to);
    for (int i = 0; i < cli_commands_n; i++)
        fprintf(to, "  %s %s\n      %s\n", cli_commands[i].name, cli_commands[i].args,
                cli_commands[i].doc);
    fputs("\nOptions of the commands that talk to the broker:\n"
          "  -b HOST[:PORT]  broker (WATTBUS_BROKER, 127.0.0.1:1883)\n"
          "  -u USER         (WATTBUS_USER)\n"
          "  -P FILE         file with the password (WATTBUS_PASSWORD_FILE)\n"
          "  -S SITE         the <site> of the topics; default: that of the site file, else home\n"
          "  -c SITE.yaml    site file (WATTBUS_SITE)\n",
          to);
}

static int usage(const struct command *cmd)
{
    if (cmd)
        fprintf(stderr, "usage: wattbus %s %s\n", cmd->name, cmd->args);
    else
        help(stderr);
    return EX_USAGE;
}

/* ---- options ---- */
static bool set_broker(struct cli *c, const char *text)
{
    struct str rest = str_of(text), host = str_word(&rest, ':');
    int32_t port = 1883;
    if (host.len == 0 || !str_copy(c->host, sizeof c->host, host) ||
        (rest.len && (!str_i32(rest, &port) || port < 1 || port > 65535)))
        return false;
    c->port = port;
    return true;
}

static bool set_password(struct cli *c, const char *path)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    size_t n = fread(c->password, 1, sizeof c->password - 1, f);
    bool ok = !ferror(f);
    fclose(f);
    c->password[n] = '\0';
    c->password[strcspn(c->password, "\r\n")] = '\0';
    return ok;
}

/* The <site> of the topics from a site file; a file nobody named may be missing. */
static bool set_site_of(struct cli *c, const char *path, bool named)
{
    if (!named && access(path, R_OK) != 0)
        return true;
    struct site *s = cli_site(path, true);
    if (s)
        str_copyz(c->site, sizeof c->site, s->general.site);
    site_free(s);
    return s != NULL;
}

struct raw {
    const char *broker, *password_file, *site, *config;
};

static const char *env(const char *name)
{
    const char *v = getenv(name);
    return v && v[0] ? v : NULL;
}

static int connection(struct cli *c, const struct raw *r)
{
    const char *broker = r->broker ? r->broker : env("WATTBUS_BROKER");
    const char *file = r->password_file ? r->password_file : env("WATTBUS_PASSWORD_FILE");
    const char *config = r->config ? r->config : env("WATTBUS_SITE");
    if (!c->user)
        c->user = env("WATTBUS_USER");
    if (!set_broker(c, broker ? broker : "127.0.0.1"))
        return cli_fail(EX_USAGE, "broker: expected HOST or HOST:PORT, got %s", broker);
    if (file && !set_password(c, file))
        return cli_fail(EX_NOINPUT, "%s: cannot be read: %s", file, strerror(errno));
    str_copyz(c->site, sizeof c->site, "home");
    if (r->site && !str_is_id(str_of(r->site)))
        return cli_fail(EX_USAGE, "-S: expected an id of a-z, 0-9, _ and -, got %s", r->site);
    if (r->site)
        str_copyz(c->site, sizeof c->site, r->site);
    else if (!set_site_of(c, config ? config : "/etc/wattbus/site.yaml", config != NULL))
        return EX_CONFIG;
    return 0;
}

static unsigned take_option(struct cli *c, struct raw *r, int o)
{
    switch (o) {
    case 'q': c->quiet = true; return OPT_QUIET;
    case 'o': c->once = true; return OPT_ONCE;
    case 't': c->until = optarg; return OPT_UNTIL;
    case 'T': c->tag = optarg; return OPT_TAG;
    case 'i': return OPT_STDIO;
    case 'f': c->from = optarg; return OPT_SPAN;
    case 'e': c->to = optarg; return OPT_SPAN;
    case 'C': c->charger = optarg; return OPT_SPAN;
    case 'x': c->explain = optarg; return OPT_SPAN;
    case 'b': r->broker = optarg; return OPT_BROKER;
    case 'u': c->user = optarg; return OPT_BROKER;
    case 'P': r->password_file = optarg; return OPT_BROKER;
    case 'S': r->site = optarg; return OPT_BROKER;
    case 'c': r->config = optarg; return OPT_BROKER;
    default: return 0;
    }
}

static const struct command *find_command(const char *name)
{
    for (int i = 0; i < cli_commands_n; i++)
        if (name && strcmp(cli_commands[i].name, name) == 0)
            return &cli_commands[i];
    return NULL;
}

int cli_main(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"once", no_argument, NULL, 'o'},          {"until", required_argument, NULL, 't'},
        {"from", required_argument, NULL, 'f'},    {"to", required_argument, NULL, 'e'},
        {"charger", required_argument, NULL, 'C'}, {"explain", required_argument, NULL, 'x'},
        {"tag", required_argument, NULL, 'T'},     {"stdio", no_argument, NULL, 'i'},
        {"quiet", no_argument, NULL, 'q'},         {NULL, 0, NULL, 0},
    };
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        help(stdout);
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts("wattbus " WATTBUS_VERSION);
        return 0;
    }
    const struct command *cmd = find_command(argc > 1 ? argv[1] : NULL);
    if (!cmd)
        return usage(NULL);
    struct cli c = {0};
    struct raw raw = {0};
    for (int o; (o = getopt_long(argc - 1, argv + 1, "qb:u:P:S:c:", long_options, NULL)) != -1;)
        if (!(take_option(&c, &raw, o) & cmd->options))
            return usage(cmd);
    c.argc = argc - 1 - optind;
    c.argv = argv + 1 + optind;
    if (c.argc < cmd->min_args || c.argc > cmd->max_args)
        return usage(cmd);
    int rc = cmd->options & OPT_BROKER ? connection(&c, &raw) : 0;
    return rc ? rc : cmd->run(&c);
}
