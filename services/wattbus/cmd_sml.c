/* SPDX-License-Identifier: Apache-2.0
 * cmd_sml.c -- what an electricity meter says at its optical port: from a file, a pipe, or the
 * serial port that the reading head is plugged into. */
#include "libcommon/telegram/obis.h"
#include "libcommon/telegram/sml.h"
#include "libcommon/telegram/sml_stream.h"
#include "services/wattbus/cli.h"
#include <errno.h>
#include <fcntl.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

/* Units of DLMS (IEC 62056-62) that German meters use. */
static const char *unit_text(uint8_t unit)
{
    static const struct {
        uint8_t unit;
        const char *text;
    } rows[] = {{8, "degrees"}, {27, "W"}, {28, "VA"}, {29, "var"}, {30, "Wh"},
                {32, "varh"},   {33, "A"}, {35, "V"},  {44, "Hz"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].unit == unit)
            return rows[i].text;
    return "";
}
static void put_octets(const uint8_t *p, size_t n)
{
    bool text = n > 0;
    for (size_t i = 0; i < n; i++)
        text = text && p[i] >= ' ' && p[i] < 127;
    for (size_t i = 0; i < n; i++)
        printf(text ? "%c" : i ? " %02x" : "%02x", p[i]);
}
static void put_entry(const struct sml_entry *e)
{
    char code[40];
    enum quantity q;
    snprintf(code, sizeof code, "%d-%d:%d.%d.%d*%d", e->obis[0], e->obis[1], e->obis[2], e->obis[3],
             e->obis[4], e->obis[5]);
    const char *name = obis_quantity(e->obis, &q) ? quantity_of(q)->word : "";
    printf("  %-22s %-12s ", code, name);
    if (e->kind == SML_NUMBER)
        printf("%.*f %s", e->scaler < 0 ? min_i32(-e->scaler, 9) : 0, sml_value(e),
               unit_text(e->unit));
    else if (e->kind == SML_OCTETS)
        put_octets(e->octets, e->octets_len);
    else
        printf("-");
    putchar('\n');
}
static void put(const struct sml_list *l)
{
    printf("server ");
    put_octets(l->server, l->server_len);
    putchar('\n');
    for (int i = 0; i < l->n; i++)
        put_entry(&l->entries[i]);
    if (l->left_out)
        printf("  and %d more\n", l->left_out);
    fflush(stdout);
}
/* As meters send: 9600 baud, 8N1, nothing interpreted. */
static bool serial(int fd)
{
    struct termios t;
    if (tcgetattr(fd, &t) != 0)
        return false;
    cfmakeraw(&t);
    t.c_cflag |= CLOCAL | CREAD;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    return cfsetspeed(&t, B9600) == 0 && tcsetattr(fd, TCSANOW, &t) == 0;
}
/* Until the end of it. How many telegrams it was. */
static int listen(int fd)
{
    static struct sml_stream s;
    static struct sml_list l;
    struct err_text why;
    uint8_t bytes[512];
    int good = 0;
    ssize_t n;
    while ((n = read(fd, bytes, sizeof bytes)) > 0 || (n < 0 && errno == EINTR))
        for (ssize_t i = 0; i < n; i++) {
            enum sml_found f = sml_stream_byte(&s, bytes[i], &why);
            if (f == SML_TELEGRAM && sml_decode(s.data, s.len, &l, &why) == ERR_OK) {
                put(&l);
                good++;
            } else if (f != SML_NOTHING) {
                fprintf(stderr, "%s\n", why.s);
            }
        }
    return good;
}
int cmd_sml(struct cli *c)
{
    const char *path = c->argv[0];
    bool in = strcmp(path, "-") == 0;
    int fd = in ? STDIN_FILENO : open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return cli_fail(EX_NOINPUT, "%s: %s", path, strerror(errno));
    if (isatty(fd) && !serial(fd))
        return cli_fail(EX_IOERR, "%s: can't be set to 9600 baud: %s", path, strerror(errno));
    int good = listen(fd);
    if (!in)
        close(fd);
    return good ? 0 : cli_fail(EX_DATAERR, "%s: no SML telegram in it", path);
}
