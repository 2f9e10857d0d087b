/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/io/log.h"
#include <errno.h>
#include <sys/uio.h>

static enum log_level threshold(void)
{
    static int level = -1; /* read once; a race only reads it twice */
    if (level < 0) {
        const char *e = getenv("WATTBUS_LOG");
        level = !e                        ? LOG_LEVEL_INFO
                : strcmp(e, "error") == 0 ? LOG_LEVEL_ERROR
                : strcmp(e, "warn") == 0  ? LOG_LEVEL_WARN
                : strcmp(e, "debug") == 0 ? LOG_LEVEL_DEBUG
                                          : LOG_LEVEL_INFO;
    }
    return (enum log_level)level;
}

void log_line(enum log_level level, const char *fmt, ...)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    if (level > threshold())
        return;
    int saved = errno;
    char line[1024];
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    struct tm tm;
    gmtime_r(&t.tv_sec, &tm);
    size_t n = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%S", &tm);
    n += (size_t)snprintf(line + n, sizeof line - n, ".%03dZ %s ", (int)(t.tv_nsec / 1000000),
                          names[level]);
    va_list ap;
    va_start(ap, fmt);
    int m = vsnprintf(line + n, sizeof line - n, fmt, ap);
    va_end(ap);
    n += m < 0 ? 0 : (size_t)m;
    if (n > sizeof line - 1)
        n = sizeof line - 1;
    for (size_t i = 0; i < n; i++) /* one event is one line, whatever a device calls itself */
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = ' ';
    line[n] = '\n';
    ssize_t w = write(STDERR_FILENO, line, n + 1); /* one write: lines of threads don't mix */
    UNUSED(w);
    errno = saved;
}

bool log_fault(struct log_latch *l, bool bad, const char *what, const char *detail)
{
    bool changed = bad != l->on;
    if (bad && l->on)
        l->repeats++;
    else if (bad)
        log_warn("event=%s state=fault detail=\"%s\"", what, detail);
    else if (l->on)
        log_info("event=%s state=ok after_failures=%u", what, l->repeats + 1);
    if (!bad)
        l->repeats = 0;
    l->on = bad;
    return changed;
}
